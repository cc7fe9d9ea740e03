#include "queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* More events than this in the heap are spread over buckets, if there were as many pushes and pops since that
 * was last done as events are pending: so it costs each a constant, also where nothing can be won (all at one
 * time). */
#define NEAR_MOST 512

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
    buckets_free(&q->far);
    memset(q, 0, sizeof *q);
}

void kernel_queue_clear(kernel_queue *q)
{
    q->near = q->count = q->moves = 0;
    buckets_clear(&q->far);
    memset(q->sequence, 0, q->processes * sizeof *q->sequence);
}

/* ---- the heap of the next events --------------------------------------------------------------------- */

static inline void sift_up(kernel_event *heap, size_t at, const kernel_event *event)
{
    for (; at > 0; at = (at - 1) / 4) {
        size_t parent = (at - 1) / 4;

        if (!kernel_event_before(event, &heap[parent]))
            break;
        heap[at] = heap[parent];
    }
    heap[at] = *event;
}

/* Puts an event at its place in the subheap below `at`, whose top is free. */
static inline void sift_down(kernel_event *heap, size_t count, size_t at, const kernel_event *event)
{
    for (;;) {
        size_t first = 4 * at + 1, least = first, end = first + 4 < count ? first + 4 : count;

        if (first >= count)
            break;
        for (size_t child = first + 1; child < end; child++)
            if (kernel_event_before(&heap[child], &heap[least]))
                least = child;
        if (!kernel_event_before(&heap[least], event))
            break;
        heap[at] = heap[least];
        at = least;
    }
    heap[at] = *event;
}

/* The heap has room for all that is pending, so that a bucket of any size can be taken without asking for
 * memory. While the events lie in buckets its pages are not touched: it costs address space. */
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

/* Takes the next bucket into the empty heap. */
static void refill(kernel_queue *q)
{
    q->near = buckets_take(&q->far, q->heap);
    for (size_t at = (q->near + 2) / 4; at-- > 0;) {
        kernel_event event = q->heap[at];

        sift_down(q->heap, q->near, at, &event);
    }
}

/* Moves the heap's events to buckets. Without memory for that they stay: slower, and right. */
static void spread(kernel_queue *q)
{
    q->moves = 0;
    if (buckets_reserve(&q->far, q->count) != SKY_OK)
        return;
    buckets_spread(&q->far, q->heap, q->near);
    refill(q);
}

/* ---- the queue ------------------------------------------------------------------------------------------ */

sky_status kernel_queue_put(kernel_queue *q, const kernel_event *event)
{
    if (q->count == q->capacity && grow(q) != SKY_OK)
        return SKY_ERROR_MEMORY;
    q->moves++;
    if (!buckets_is_near(&q->far, event->time_ns)) {
        sky_status status = buckets_add(&q->far, event);

        q->count += status == SKY_OK;
        return status;
    }
    q->count++;
    sift_up(q->heap, q->near++, event);
    if (q->near > NEAR_MOST && q->moves >= q->count)
        spread(q);
    return SKY_OK;
}

sky_status kernel_queue_push(kernel_queue *q, int64_t time_ns, uint32_t process, uint32_t kind,
                             uint32_t subject, uint32_t other, int64_t a)
{
    kernel_event event = {
        .time_ns = time_ns, .kind = kind, .subject = subject, .other = other, .to = process, .a = a
    };
    sky_status status;

    assert(process < q->processes && q->sequence[process] < KERNEL_MAX_SEQUENCE);
    event.order = kernel_event_order(process, q->sequence[process]);
    status = kernel_queue_put(q, &event);
    q->sequence[process] += status == SKY_OK;
    return status;
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

    if (q->count == 0)
        return 0;
    *event = q->heap[0];
    q->count--;
    q->moves++;
    last = q->heap[--q->near];
    if (q->near > 0)
        sift_down(q->heap, q->near, 0, &last);
    else
        refill(q); /* also when nothing is pending: then there are no buckets any more */
    return 1;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------ */

/* Takes all that is pending, in order. NULL: no memory, and nothing was taken. */
static kernel_event *take_all(kernel_queue *q, size_t *count)
{
    kernel_event *events = malloc((q->count + 1) * sizeof *events);

    *count = q->count;
    for (size_t i = 0; events != NULL && i < *count; i++)
        kernel_queue_pop(q, &events[i]);
    return events;
}

static int could_be(const kernel_queue *q, const kernel_event *event)
{
    uint32_t process = kernel_event_process(event);

    return process < q->processes && event->to < q->processes && event->time_ns >= 0 &&
           (event->order & (KERNEL_MAX_SEQUENCE - 1)) < q->sequence[process];
}

void kernel_queue_state(kernel_queue *q, state *s, kernel_event_check *can_be, const void *context)
{
    kernel_event *events = NULL;
    size_t count = 0, room = 0;

    if (state_restores(s))
        kernel_queue_clear(q);
    else if ((events = take_all(q, &count)) == NULL)
        state_no_memory(s);
    state_array(s, q->sequence, q->processes, sizeof *q->sequence);
    for (uint32_t i = 0; i < q->processes; i++)
        state_check(s, q->sequence[i] < KERNEL_MAX_SEQUENCE);
    state_list(s, &events, &count, &room, sizeof *events);
    for (size_t i = 0; i < count; i++) {
        state_check(s, could_be(q, &events[i]) && (can_be == NULL || can_be(context, &events[i])) &&
                           (i == 0 || kernel_event_before(&events[i - 1], &events[i])));
        if ((!state_restores(s) || state_is_sound(s)) && kernel_queue_put(q, &events[i]) != SKY_OK)
            state_no_memory(s);
    }
    free(events);
}
