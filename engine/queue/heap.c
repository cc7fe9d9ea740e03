#include "heap.h"

#include <stdlib.h>

sky_status queue_heap_reserve(queue_heap *h, uint32_t items)
{
    uint32_t capacity = h->capacity < 4 ? 4 : h->capacity;
    uint32_t *grown;

    if (items <= h->capacity)
        return SKY_OK;
    while (capacity < items)
        capacity *= 2;
    grown = realloc(h->items, capacity * sizeof *grown);
    if (grown == NULL)
        return SKY_ERROR_MEMORY;
    h->items = grown;
    h->capacity = capacity;
    return SKY_OK;
}

static void put(queue_heap *h, uint32_t *at, uint32_t place, uint32_t item)
{
    h->items[place] = item;
    at[item] = place;
}

static void sift_down(queue_heap *h, uint32_t *at, uint32_t place, queue_heap_before before,
                      const void *context)
{
    uint32_t item = h->items[place];

    for (uint32_t child = 2 * place + 1; child < h->count; child = 2 * place + 1) {
        if (child + 1 < h->count && before(context, h->items[child + 1], h->items[child]))
            child++;
        if (!before(context, h->items[child], item))
            break;
        put(h, at, place, h->items[child]);
        place = child;
    }
    put(h, at, place, item);
}

static void sift_up(queue_heap *h, uint32_t *at, uint32_t place, queue_heap_before before,
                    const void *context)
{
    uint32_t item = h->items[place];

    for (; place > 0 && before(context, item, h->items[(place - 1) / 2]); place = (place - 1) / 2)
        put(h, at, place, h->items[(place - 1) / 2]);
    put(h, at, place, item);
}

void queue_heap_place(queue_heap *h, uint32_t *at, uint32_t item, queue_heap_before before,
                      const void *context)
{
    if (at[item] == SKY_NONE)
        put(h, at, h->count++, item);
    sift_up(h, at, at[item], before, context);
    sift_down(h, at, at[item], before, context);
}

void queue_heap_drop(queue_heap *h, uint32_t *at, uint32_t item, queue_heap_before before,
                     const void *context)
{
    uint32_t place = at[item], last;

    if (place == SKY_NONE)
        return;
    at[item] = SKY_NONE;
    last = h->items[--h->count];
    if (last == item)
        return;
    put(h, at, place, last);
    queue_heap_place(h, at, last, before, context);
}

void queue_heap_rebuild(queue_heap *h, uint32_t *at, queue_heap_before before, const void *context)
{
    for (uint32_t place = h->count / 2; place-- > 0;)
        sift_down(h, at, place, before, context);
}
