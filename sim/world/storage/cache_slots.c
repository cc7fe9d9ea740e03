#include "cache_slots.h"

#include <stdlib.h>

sky_status cache_slots_init(cache_slots *s, uint32_t room)
{
    uint64_t cells = 2;

    while (cells < 2 * (uint64_t)room)
        cells *= 2;
    *s = (cache_slots){ .room = room, .cell_mask = cells - 1 };
    s->slots = calloc(room, sizeof *s->slots);
    s->cells = malloc(cells * sizeof *s->cells);
    if (s->slots == NULL || s->cells == NULL) {
        cache_slots_free(s);
        return SKY_ERROR_MEMORY;
    }
    for (uint64_t i = 0; i < cells; i++)
        s->cells[i] = (cache_cell){ .slot = SKY_NONE };
    for (uint32_t i = 0; i < room; i++)
        s->slots[i].older = i + 1 < room ? i + 1 : SKY_NONE;
    return SKY_OK;
}

void cache_slots_free(cache_slots *s)
{
    free(s->slots);
    free(s->cells);
    *s = (cache_slots){ 0 };
}

/* The object's cell, or the empty one where it would be. */
static uint64_t cell_of(const cache_slots *s, uint64_t object)
{
    uint64_t i = cache_mix(object) & s->cell_mask;

    while (s->cells[i].slot != SKY_NONE && s->cells[i].object != object)
        i = (i + 1) & s->cell_mask;
    return i;
}

uint32_t cache_slots_find(const cache_slots *s, uint64_t object)
{
    return s->cells[cell_of(s, object)].slot;
}

uint32_t cache_slots_take(cache_slots *s, uint64_t object, int64_t bytes, int64_t now_ns)
{
    uint32_t slot = s->free;

    s->free = s->slots[slot].older;
    s->count++;
    s->slots[slot] = (cache_slot){
        .object = object, .bytes = bytes, .since_ns = now_ns, .newer = SKY_NONE, .older = SKY_NONE
    };
    s->cells[cell_of(s, object)] = (cache_cell){ object, slot };
    return slot;
}

void cache_slots_release(cache_slots *s, uint32_t slot)
{
    uint64_t hole = cell_of(s, s->slots[slot].object);

    for (uint64_t i = (hole + 1) & s->cell_mask; s->cells[i].slot != SKY_NONE; i = (i + 1) & s->cell_mask) {
        uint64_t home = cache_mix(s->cells[i].object) & s->cell_mask;

        /* it may move back to the hole unless its home lies behind that */
        if (((i - home) & s->cell_mask) < ((i - hole) & s->cell_mask))
            continue;
        s->cells[hole] = s->cells[i];
        hole = i;
    }
    s->cells[hole].slot = SKY_NONE;
    s->slots[slot].older = s->free;
    s->free = slot;
    s->count--;
}

void cache_list_add(cache_slots *s, cache_list *list, uint32_t slot)
{
    cache_slot *x = &s->slots[slot];

    x->newer = SKY_NONE;
    x->older = list->newest;
    if (list->newest != SKY_NONE)
        s->slots[list->newest].newer = slot;
    else
        list->oldest = slot;
    list->newest = slot;
    list->bytes += x->bytes;
}

void cache_list_remove(cache_slots *s, cache_list *list, uint32_t slot)
{
    cache_slot *x = &s->slots[slot];

    if (x->newer != SKY_NONE)
        s->slots[x->newer].older = x->older;
    else
        list->newest = x->older;
    if (x->older != SKY_NONE)
        s->slots[x->older].newer = x->newer;
    else
        list->oldest = x->newer;
    list->bytes -= x->bytes;
}
