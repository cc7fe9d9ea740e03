/* A binary heap of indices that knows where each of them is, so that any can move when its key changes. */
#ifndef SKYTWIN_QUEUE_HEAP_H
#define SKYTWIN_QUEUE_HEAP_H

#include <skytwin/engine.h>

typedef struct queue_heap {
    uint32_t *items;
    uint32_t count, capacity;
} queue_heap;

/* A strict total order of the items. */
typedef int (*queue_heap_before)(const void *context, uint32_t a, uint32_t b);

/* SKY_ERROR_MEMORY. After it `items` items fit, and nothing else here can fail. */
sky_status queue_heap_reserve(queue_heap *h, uint32_t items);
/* Puts an item where it belongs, in the heap already (its key may have changed either way) or not.
 * at[item]: its place, SKY_NONE if it is not in the heap. */
void queue_heap_place(queue_heap *h, uint32_t *at, uint32_t item, queue_heap_before before,
                      const void *context);
/* Takes it out, if it is in. */
void queue_heap_drop(queue_heap *h, uint32_t *at, uint32_t item, queue_heap_before before,
                     const void *context);
/* Every key may have changed: O(count). */
void queue_heap_rebuild(queue_heap *h, uint32_t *at, queue_heap_before before, const void *context);

#endif
