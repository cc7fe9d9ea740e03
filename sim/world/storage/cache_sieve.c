/* SIEVE: first in, first out, but those that were read again are passed over once, where they lie.
 * Zhang, Yang, Yue, Vigfusson and Rashmi, "SIEVE is Simpler than LRU", NSDI 2024, algorithm 1.
 * The hand goes from the oldest to the newest and round; who is behind it has been sifted. */
#include "cache_policy.h"

#include <stdlib.h>

typedef struct sieve {
    cache_list queue;
    uint32_t hand; /* SKY_NONE: at the oldest */
} sieve;

static sky_status init(cache *c)
{
    sieve *s = malloc(sizeof *s);

    if (s == NULL)
        return SKY_ERROR_MEMORY;
    *s = (sieve){ .queue = CACHE_LIST_EMPTY, .hand = SKY_NONE };
    c->policy_state = s;
    return SKY_OK;
}

static void sieve_free(cache *c)
{
    free(c->policy_state);
}

static void evict_one(cache *c)
{
    sieve *s = c->policy_state;
    cache_slot *slots = c->slots.slots;
    uint32_t slot = s->hand != SKY_NONE ? s->hand : s->queue.oldest;

    while (slots[slot].mark) { /* read again since the hand was here */
        slots[slot].mark = 0;
        slot = slots[slot].newer != SKY_NONE ? slots[slot].newer : s->queue.oldest;
    }
    s->hand = slot; /* whose removal moves it on */
    cache_evict(c, slot);
}

static int make_room(cache *c, uint64_t object, int64_t bytes)
{
    (void)object;
    while (!cache_fits(c, bytes))
        evict_one(c);
    return 1;
}

static void add(cache *c, uint32_t slot)
{
    sieve *s = c->policy_state;

    cache_list_add(&c->slots, &s->queue, slot);
}

static void hit(cache *c, uint32_t slot)
{
    c->slots.slots[slot].mark = 1;
}

static void sieve_remove(cache *c, uint32_t slot)
{
    sieve *s = c->policy_state;

    if (s->hand == slot)
        s->hand = c->slots.slots[slot].newer;
    cache_list_remove(&c->slots, &s->queue, slot);
}

/* How many of the queue are older than the one at the hand; SKY_NONE: it is at the oldest. */
static uint32_t place_of_hand(const cache *c)
{
    const sieve *x = c->policy_state;
    uint32_t place = 0;

    if (x->hand == SKY_NONE)
        return SKY_NONE;
    for (uint32_t slot = x->queue.oldest; slot != x->hand; slot = c->slots.slots[slot].newer)
        place++;
    return place;
}

static void sieve_state(cache *c, state *s)
{
    sieve *x = c->policy_state;
    uint32_t place = place_of_hand(c);

    cache_held_state(c, &x->queue, s);
    STATE_VALUE(s, place);
    state_check(s, place < c->slots.count || place == SKY_NONE);
    if (!state_restores(s) || !state_is_sound(s) || place == SKY_NONE)
        return;
    for (x->hand = x->queue.oldest; place > 0; place--)
        x->hand = c->slots.slots[x->hand].newer;
}

const cache_policy cache_sieve = {
    .name = "sieve",
    .init = init,
    .free = sieve_free,
    .make_room = make_room,
    .add = add,
    .hit = hit,
    .remove = sieve_remove,
    .state = sieve_state,
};
