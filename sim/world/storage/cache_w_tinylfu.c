/* W-TinyLFU: newcomers pass a small window, an LRU of 1 % of the space; who leaves it for the main part, a
 * segmented LRU, must have been seen more often of late than those together who would have to leave.
 * Einziger, Friedman and Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM Transactions on Storage
 * 13(4), 2017, section 4; objects of many sizes as in Einziger, Eytan, Friedman and Manes, "Lightweight Robust Size
 * Aware Cache Management", ACM Transactions on Storage 18(3), 2022 (aggregated victims).
 * Without their doorkeeper, which saves memory: counts here are of 16 bits, not 4. */
#include "cache_policy.h"
#include "cache_sketch.h"

#include "../../../engine/model/arith.h"

#include <stdlib.h>

#define WINDOW_PERCENT    1
#define PROTECTED_PERCENT 80 /* of the main part: those read again while they were in it */

enum { WINDOW, PROBATION, PROTECTED, SEGMENTS };

typedef struct w_tinylfu {
    cache_list segments[SEGMENTS];                     /* a slot's mark says in which it is */
    int64_t window_bytes, main_bytes, protected_bytes; /* at most */
    cache_sketch sketch;
} w_tinylfu;

static sky_status init(cache *c)
{
    w_tinylfu *w = calloc(1, sizeof *w);
    int64_t capacity = c->config.capacity_bytes;

    if (w == NULL || cache_sketch_init(&w->sketch, c->slots.room) != SKY_OK) {
        free(w);
        return SKY_ERROR_MEMORY;
    }
    for (int i = 0; i < SEGMENTS; i++)
        w->segments[i] = CACHE_LIST_EMPTY;
    w->window_bytes = round_up_i64(muldiv_i64(capacity, WINDOW_PERCENT, 100), c->config.block_bytes);
    if (w->window_bytes == 0)
        w->window_bytes = c->config.block_bytes;
    w->main_bytes = capacity - w->window_bytes;
    w->protected_bytes = muldiv_i64(w->main_bytes, PROTECTED_PERCENT, 100);
    c->policy_state = w;
    return SKY_OK;
}

static void w_tinylfu_free(cache *c)
{
    w_tinylfu *w = c->policy_state;

    cache_sketch_free(&w->sketch);
    free(w);
}

static void seen(cache *c, uint64_t object)
{
    w_tinylfu *w = c->policy_state;

    cache_sketch_add(&w->sketch, object);
}

static void enter(cache *c, uint32_t slot, uint32_t segment)
{
    w_tinylfu *w = c->policy_state;

    c->slots.slots[slot].mark = segment;
    cache_list_add(&c->slots, &w->segments[segment], slot);
}

static void leave(cache *c, uint32_t slot)
{
    w_tinylfu *w = c->policy_state;

    cache_list_remove(&c->slots, &w->segments[c->slots.slots[slot].mark], slot);
}

/* Who leaves the main part after this one, or first (SKY_NONE): by age, those on probation before the others. */
static uint32_t next_victim(const cache *c, uint32_t slot)
{
    const w_tinylfu *w = c->policy_state;

    if (slot == SKY_NONE)
        slot = w->segments[PROBATION].oldest;
    else if (c->slots.slots[slot].newer != SKY_NONE || c->slots.slots[slot].mark == PROTECTED)
        return c->slots.slots[slot].newer;
    else
        slot = SKY_NONE;
    return slot != SKY_NONE ? slot : w->segments[PROTECTED].oldest;
}

/* Room in the main part for an object, if it is seen more often than those together who have to leave for it. */
static int wins_room(cache *c, uint64_t object, int64_t bytes)
{
    const w_tinylfu *w = c->policy_state;
    int64_t held = w->segments[PROBATION].bytes + w->segments[PROTECTED].bytes;
    uint32_t count = cache_sketch_count(&w->sketch, object), against = 0;
    int64_t left = held;

    if (bytes > w->main_bytes)
        return 0;
    for (uint32_t victim = SKY_NONE; left + bytes > w->main_bytes;) {
        victim = next_victim(c, victim);
        against += cache_sketch_count(&w->sketch, c->slots.slots[victim].object);
        left -= c->slots.slots[victim].bytes;
        if (against >= count)
            return 0;
    }
    for (; held > left; held = w->segments[PROBATION].bytes + w->segments[PROTECTED].bytes)
        cache_evict(c, next_victim(c, SKY_NONE));
    return 1;
}

static int make_room(cache *c, uint64_t object, int64_t bytes)
{
    const w_tinylfu *w = c->policy_state;

    if (bytes > w->window_bytes)
        return wins_room(c, object, bytes);
    while (w->segments[WINDOW].bytes + bytes > w->window_bytes) {
        uint32_t candidate = w->segments[WINDOW].oldest;

        if (wins_room(c, c->slots.slots[candidate].object, c->slots.slots[candidate].bytes)) {
            leave(c, candidate);
            enter(c, candidate, PROBATION);
        } else {
            cache_evict(c, candidate);
        }
    }
    return 1;
}

static void add(cache *c, uint32_t slot)
{
    const w_tinylfu *w = c->policy_state;

    enter(c, slot, c->slots.slots[slot].bytes > w->window_bytes ? PROBATION : WINDOW);
}

static void hit(cache *c, uint32_t slot)
{
    const w_tinylfu *w = c->policy_state;

    leave(c, slot);
    enter(c, slot, c->slots.slots[slot].mark == WINDOW ? WINDOW : PROTECTED);
    while (w->segments[PROTECTED].bytes > w->protected_bytes) {
        uint32_t demoted = w->segments[PROTECTED].oldest;

        leave(c, demoted);
        enter(c, demoted, PROBATION);
    }
}

static void w_tinylfu_state(cache *c, state *s)
{
    w_tinylfu *w = c->policy_state;

    for (uint32_t i = 0; i < SEGMENTS; i++) {
        cache_held_state(c, &w->segments[i], s);
        for (uint32_t slot = w->segments[i].oldest; slot != SKY_NONE; slot = c->slots.slots[slot].newer)
            state_check(s, c->slots.slots[slot].mark == i);
    }
    cache_sketch_state(&w->sketch, s);
}

const cache_policy cache_w_tinylfu = {
    .name = "w-tinylfu",
    .init = init,
    .free = w_tinylfu_free,
    .seen = seen,
    .make_room = make_room,
    .add = add,
    .hit = hit,
    .remove = leave,
    .state = w_tinylfu_state,
};
