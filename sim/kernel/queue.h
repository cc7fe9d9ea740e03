/* The event queue: pending events in the total order (time, logical process, sequence).
 *
 * A sequence number counts the events that were pushed for one logical process, so the order of two events
 * never depends on threads, nor on what other processes did. Implicit 4-ary heap, keys beside payload:
 * push and pop cost O(log n). Nothing is cancelled in the queue: a stale event is recognised by its
 * receiver (its instance no longer lives). */
#ifndef SKYTWIN_KERNEL_QUEUE_H
#define SKYTWIN_KERNEL_QUEUE_H

#include <skytwin/engine.h>

typedef struct kernel_event {
    int64_t time_ns;
    uint64_t order;   /* logical process (upper 24 bits), sequence (lower 40) */
    uint32_t kind;
    uint32_t subject; /* by kind */
    uint32_t other;   /* by kind */
    uint32_t reserved;
    int64_t a;        /* by kind */
} kernel_event;

typedef struct kernel_queue {
    kernel_event *heap;
    size_t count, capacity;
    uint64_t *sequence; /* next one, by logical process */
    uint32_t processes;
} kernel_queue;

#define KERNEL_MAX_PROCESSES (1u << 24)

/* For logical processes 0 … processes-1. SKY_ERROR_MEMORY; SKY_ERROR_INPUT: none, or too many. */
sky_status kernel_queue_init(kernel_queue *q, uint32_t processes);
void kernel_queue_free(kernel_queue *q);
/* SKY_ERROR_MEMORY. */
sky_status kernel_queue_push(kernel_queue *q, int64_t time_ns, uint32_t process, uint32_t kind, uint32_t subject,
                             uint32_t other, int64_t a);
/* 1: *event is the first pending event; 0: there is none. Pop removes it. */
int kernel_queue_peek(const kernel_queue *q, kernel_event *event);
int kernel_queue_pop(kernel_queue *q, kernel_event *event);

static inline uint32_t kernel_event_process(const kernel_event *event)
{
    return (uint32_t)(event->order >> 40);
}

#endif
