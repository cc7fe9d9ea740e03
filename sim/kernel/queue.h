/* The event queue: pending events in the total order (time, logical process, sequence).
 *
 * A sequence number counts the events that were pushed for one logical process, so the order of two events
 * never depends on threads, nor on what other processes did. Few events lie in an implicit 4-ary heap. When
 * there are thousands, only the next ones do; the rest lie unsorted in buckets of time (buckets.h) until
 * their bucket comes up, so that push and pop cost the same at a million as at ten thousand. Which of the two
 * it is changes the speed, never the order. Nothing is cancelled in the queue: a stale event is recognised
 * by its receiver (its instance no longer lives, or a generation in `a` is no longer the present one).
 *
 * Memory: 40 bytes a pending event, 41 as measured at a million; what is kept in reserve costs address space alone
 * until it is touched. */
#ifndef SKYTWIN_KERNEL_QUEUE_H
#define SKYTWIN_KERNEL_QUEUE_H

#include <skytwin/engine.h>

#include "buckets.h"
#include "event.h"
#include "state.h"

typedef struct kernel_queue {
    kernel_event *heap; /* the next ones: none in a bucket is before any of these */
    size_t near, capacity;
    size_t count;       /* of all that is pending; heap[0] is the first of them */
    uint64_t *sequence; /* next one, by logical process */
    uint32_t processes;
    kernel_buckets far;
    size_t moves; /* pushes and pops since events were last spread over buckets */
} kernel_queue;

/* For logical processes 0 … processes-1. SKY_ERROR_MEMORY; SKY_ERROR_INPUT: none, or too many. */
sky_status kernel_queue_init(kernel_queue *q, uint32_t processes);
void kernel_queue_free(kernel_queue *q);
/* Drops what is pending and starts the sequences anew, as after init; keeps the memory. */
void kernel_queue_clear(kernel_queue *q);
/* Enqueues what happens at a process, caused by itself, under its next sequence number.
 * SKY_ERROR_MEMORY: the queue is as before. */
sky_status kernel_queue_push(kernel_queue *q, int64_t time_ns, uint32_t process, uint32_t kind,
                             uint32_t subject, uint32_t other, int64_t a);
/* Enqueues an event that has its order already, unlike that of any other pending one. SKY_ERROR_MEMORY. */
sky_status kernel_queue_put(kernel_queue *q, const kernel_event *event);
/* 1: *event is the first pending event; 0: there is none. Pop removes it. Neither needs memory. */
int kernel_queue_peek(const kernel_queue *q, kernel_event *event);
int kernel_queue_pop(kernel_queue *q, kernel_event *event);

/* Whether an event that was restored can be: what its kind is, and of what its subject and other are numbers. */
typedef int kernel_event_check(const void *context, const kernel_event *event);
/* Saves or restores what is pending, in its order, and the sequences. The queue that is restored was made for as many
 * processes; what was pending in it is dropped. `can_be` NULL: events of any kind can. */
void kernel_queue_state(kernel_queue *q, state *s, kernel_event_check *can_be, const void *context);

static inline size_t kernel_queue_size(const kernel_queue *q)
{
    return q->count;
}

/* Time of the first pending event; SKY_NEVER_NS: there is none. */
static inline int64_t kernel_queue_next_ns(const kernel_queue *q)
{
    return q->count > 0 ? q->heap[0].time_ns : SKY_NEVER_NS;
}

#endif
