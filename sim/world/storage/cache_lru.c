/* The least recently read leaves. */
#include "cache_policy.h"

#include <stdlib.h>

static sky_status init(cache *c)
{
    cache_list *list = malloc(sizeof *list);

    if (list == NULL)
        return SKY_ERROR_MEMORY;
    *list = CACHE_LIST_EMPTY;
    c->policy_state = list;
    return SKY_OK;
}

static void lru_free(cache *c)
{
    free(c->policy_state);
}

static int make_room(cache *c, uint64_t object, int64_t bytes)
{
    const cache_list *list = c->policy_state;

    (void)object;
    while (!cache_fits(c, bytes))
        cache_evict(c, list->oldest);
    return 1;
}

static void add(cache *c, uint32_t slot)
{
    cache_list_add(&c->slots, c->policy_state, slot);
}

static void lru_remove(cache *c, uint32_t slot)
{
    cache_list_remove(&c->slots, c->policy_state, slot);
}

static void hit(cache *c, uint32_t slot)
{
    lru_remove(c, slot);
    add(c, slot);
}

static void lru_state(cache *c, state *s)
{
    cache_held_state(c, c->policy_state, s);
}

const cache_policy cache_lru = {
    .name = "lru",
    .init = init,
    .free = lru_free,
    .make_room = make_room,
    .add = add,
    .hit = hit,
    .remove = lru_remove,
    .state = lru_state,
};
