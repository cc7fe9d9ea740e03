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

/* ---- checkpoints ---------------------------------------------------------------------------------------------------- */

uint32_t cache_slot_state(cache_slots *s, uint32_t slot, int64_t most_bytes, state *saved)
{
    cache_slot x = { .object = 0 };

    if (!state_restores(saved))
        x = s->slots[slot];
    STATE_VALUE(saved, x.object);
    STATE_VALUE(saved, x.bytes);
    STATE_VALUE(saved, x.since_ns);
    state_check_amounts(saved, &x.since_ns, 1);
    state_check(saved, x.bytes >= 0 && x.bytes <= most_bytes && s->count < s->room &&
                           cache_slots_find(s, x.object) == SKY_NONE);
    if (!state_restores(saved))
        return slot;
    return state_is_sound(saved) ? cache_slots_take(s, x.object, x.bytes, x.since_ns) : SKY_NONE;
}

static size_t length_of(const cache_slots *s, const cache_list *list)
{
    size_t length = 0;

    for (uint32_t slot = list->oldest; slot != SKY_NONE; slot = s->slots[slot].newer)
        length++;
    return length;
}

void cache_list_state(cache_slots *s, cache_list *list, int64_t most_bytes, state *saved)
{
    size_t count = state_count(saved, length_of(s, list), 3 * sizeof(int64_t) + sizeof(uint32_t));
    uint32_t next = list->oldest;

    for (size_t i = 0; i < count && state_is_sound(saved); i++) {
        int64_t left_bytes = most_bytes - list->bytes;
        uint32_t slot = cache_slot_state(s, next, left_bytes, saved), mark = 0;

        if (!state_restores(saved)) {
            mark = s->slots[slot].mark;
            next = s->slots[slot].newer;
        }
        STATE_VALUE(saved, mark);
        if (!state_restores(saved) || slot == SKY_NONE)
            continue;
        s->slots[slot].mark = mark;
        cache_list_add(s, list, slot);
    }
}
