/* Inside of the caches: what a policy is. */
#ifndef SKYTWIN_STORAGE_CACHE_POLICY_H
#define SKYTWIN_STORAGE_CACHE_POLICY_H

#include "cache.h"

struct cache_policy {
    const char *name;
    /* Makes c->policy_state. SKY_ERROR_MEMORY leaves nothing to free. */
    sky_status (*init)(cache *c);
    void (*free)(cache *c);
    /* Any object is read, held or not; NULL: the policy does not care. */
    void (*seen)(cache *c, uint64_t object);
    /* An object of so many bytes (in blocks), not held: evicts until it fits, or refuses (0). */
    int (*make_room)(cache *c, uint64_t object, int64_t bytes);
    /* It fits, and has a slot now. */
    void (*add)(cache *c, uint32_t slot);
    void (*hit)(cache *c, uint32_t slot);
    /* It leaves, by the policy's own eviction or because it is out of date. */
    void (*remove)(cache *c, uint32_t slot);
    /* Saves what is held, in an order that depends on nothing but what has happened; or restores it into an empty cache. */
    void (*state)(cache *c, state *s);
};

void cache_evict(cache *c, uint32_t slot);

/* A list of what is held; one object that is. Restored, they are held from then on. */
void cache_held_state(cache *c, cache_list *list, state *s);
uint32_t cache_object_state(cache *c, uint32_t slot, state *s);

static inline int cache_fits(const cache *c, int64_t bytes)
{
    return bytes <= c->config.capacity_bytes - c->bytes;
}

#endif
