/* What waits to happen: 40 bytes, without pointers, so that it can be copied between threads and written down. */
#ifndef SKYTWIN_KERNEL_EVENT_H
#define SKYTWIN_KERNEL_EVENT_H

#include <stdint.h>

#define KERNEL_MAX_PROCESSES (UINT32_C(1) << 24)
#define KERNEL_MAX_SEQUENCE  (UINT64_C(1) << 40) /* events that one process causes in its life: 10^12 */

typedef struct kernel_event {
    int64_t time_ns;
    uint64_t order; /* logical process that caused it (upper 24 bits), its sequence (lower 40) */
    uint32_t kind;
    uint32_t subject; /* by kind */
    uint32_t other;   /* by kind */
    uint32_t to;      /* logical process at which it happens */
    int64_t a;        /* by kind */
} kernel_event;

static inline uint64_t kernel_event_order(uint32_t process, uint64_t sequence)
{
    return (uint64_t)process << 40 | sequence;
}

/* The logical process that caused it. */
static inline uint32_t kernel_event_process(const kernel_event *event)
{
    return (uint32_t)(event->order >> 40);
}

/* The total order: (time, logical process, sequence). No two events are equal in it. Written so that the compiler
 * leaves one branch, which is nearly always the same; with `||` and `&&` a heap mispredicts every other one, and takes
 * twice as long. */
static inline int kernel_event_before(const kernel_event *a, const kernel_event *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

#endif
