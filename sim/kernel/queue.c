#include "queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

sky_status kernel_queue_init(kernel_queue *q, uint32_t processes)
{
    memset(q, 0, sizeof *q);
    if (processes == 0 || processes > KERNEL_MAX_PROCESSES)
        return SKY_ERROR_INPUT;
    q->sequence = calloc(processes, sizeof *q->sequence);
    q->processes = processes;
    return q->sequence != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

void kernel_queue_free(kernel_queue *q)
{
    free(q->heap);
    free(q->sequence);
    memset(q, 0, sizeof *q);
}

void kernel_queue_clear(kernel_queue *q)
{
    q->count = 0;
    memset(q->sequence, 0, q->processes * sizeof *q->sequence);
}

static inline int before(const kernel_event *a, const kernel_event *b)
{
    return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->order < b->order);
}

static sky_status grow(kernel_queue *q)
{
    size_t capacity = q->capacity < 64 ? 64 : q->capacity * 2;
    kernel_event *heap = realloc(q->heap, capacity * sizeof *heap);

    if (heap == NULL)
        return SKY_ERROR_MEMORY;
    q->heap = heap;
    q->capacity = capacity;
    return SKY_OK;
}

sky_status kernel_queue_push(kernel_queue *q, int64_t time_ns, uint32_t process, uint32_t kind,
                             uint32_t subject, uint32_t other, int64_t a)
{
    kernel_event event = { .time_ns = time_ns, .kind = kind, .subject = subject, .other = other, .a = a };
    size_t at;

    assert(process < q->processes && q->sequence[process] < KERNEL_MAX_SEQUENCE);
    if (q->count == q->capacity && grow(q) != SKY_OK)
        return SKY_ERROR_MEMORY;
    event.order = (uint64_t)process << 40 | q->sequence[process]++;
    for (at = q->count++; at > 0; at = (at - 1) / 4) {
        size_t parent = (at - 1) / 4;

        if (!before(&event, &q->heap[parent]))
            break;
        q->heap[at] = q->heap[parent];
    }
    q->heap[at] = event;
    return SKY_OK;
}

int kernel_queue_peek(const kernel_queue *q, kernel_event *event)
{
    if (q->count == 0)
        return 0;
    *event = q->heap[0];
    return 1;
}

int kernel_queue_pop(kernel_queue *q, kernel_event *event)
{
    kernel_event last;
    size_t at = 0;

    if (q->count == 0)
        return 0;
    *event = q->heap[0];
    last = q->heap[--q->count];
    for (;;) {
        size_t first = 4 * at + 1, least = first, end = first + 4 < q->count ? first + 4 : q->count;

        if (first >= q->count)
            break;
        for (size_t child = first + 1; child < end; child++)
            if (before(&q->heap[child], &q->heap[least]))
                least = child;
        if (!before(&q->heap[least], &last))
            break;
        q->heap[at] = q->heap[least];
        at = least;
    }
    q->heap[at] = last;
    return 1;
}
