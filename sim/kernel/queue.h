/* The event queue: pending events in the total order (time, logical process, sequence).
 *
 * A sequence number counts the events that were pushed for one logical process, so the order of two events
 * never depends on threads, nor on what other processes did. Push and pop cost O(log n): today an implicit
 * 4-ary heap, keys beside payload; callers go through the functions alone, so that another structure can
 * take its place. Nothing is cancelled in the queue: a stale event is recognised by its receiver (its
 * instance no longer lives, or a generation in `a` is no longer the present one). */
#ifndef SKYTWIN_KERNEL_QUEUE_H
#define SKYTWIN_KERNEL_QUEUE_H

#include <skytwin/engine.h>

typedef struct kernel_event {
    int64_t time_ns;
    uint64_t order; /* logical process (upper 24 bits), sequence (lower 40) */
    uint32_t kind;
    uint32_t subject; /* by kind */
    uint32_t other;   /* by kind */
    uint32_t reserved;
    int64_t a; /* by kind */
} kernel_event;

typedef struct kernel_queue {
    kernel_event *heap;
    size_t count, capacity;
    uint64_t *sequence; /* next one, by logical process */
    uint32_t processes;
} kernel_queue;

#define KERNEL_MAX_PROCESSES (UINT32_C(1) << 24)
#define KERNEL_MAX_SEQUENCE  (UINT64_C(1) << 40) /* events of one process in a queue's life: 10^12 */

/* For logical processes 0 … processes-1. SKY_ERROR_MEMORY; SKY_ERROR_INPUT: none, or too many. */
sky_status kernel_queue_init(kernel_queue *q, uint32_t processes);
void kernel_queue_free(kernel_queue *q);
/* Drops what is pending and starts the sequences anew, as after init; keeps the memory. */
void kernel_queue_clear(kernel_queue *q);
/* Enqueues under the process's next sequence number. SKY_ERROR_MEMORY: the queue is as before. */
sky_status kernel_queue_push(kernel_queue *q, int64_t time_ns, uint32_t process, uint32_t kind,
                             uint32_t subject, uint32_t other, int64_t a);
/* 1: *event is the first pending event; 0: there is none. Pop removes it. */
int kernel_queue_peek(const kernel_queue *q, kernel_event *event);
int kernel_queue_pop(kernel_queue *q, kernel_event *event);

static inline size_t kernel_queue_size(const kernel_queue *q)
{
    return q->count;
}

static inline uint32_t kernel_event_process(const kernel_event *event)
{
    return (uint32_t)(event->order >> 40);
}

#endif
