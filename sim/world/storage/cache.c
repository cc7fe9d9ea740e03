#include "cache_policy.h"

#include "../../../engine/model/arith.h"

#include <assert.h>
#include <string.h>

static const cache_policy *const policies[] = { &cache_lru, &cache_lfu, &cache_sieve, &cache_w_tinylfu };

const cache_policy *cache_find_policy(const char *name)
{
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    return NULL;
}

const char *cache_policy_name(const cache_policy *policy)
{
    return policy->name;
}

static int is_sane(const cache_config *config)
{
    const cache_admission_terms *terms = config->admission;

    if (config->policy == NULL || config->block_bytes < 1 || config->capacity_bytes < config->block_bytes ||
        config->capacity_bytes / config->block_bytes > CACHE_MOST_BLOCKS ||
        config->history > CACHE_MOST_BLOCKS)
        return 0;
    return terms == NULL || (terms->stay_ns > 0 && storage_tier_is_sane(terms->tier));
}

sky_status cache_init(cache *c, const cache_config *config)
{
    uint32_t room;
    sky_status status;

    if (!is_sane(config))
        return SKY_ERROR_INPUT;
    room = (uint32_t)(config->capacity_bytes / config->block_bytes);
    *c = (cache){ .config = *config };
    status = cache_slots_init(&c->slots, room);
    if (status == SKY_OK && config->admission != NULL)
        status = cache_admission_init(&c->admission, config->admission, room);
    if (status == SKY_OK)
        status = config->policy->init(c);
    if (status != SKY_OK) {
        cache_slots_free(&c->slots);
        cache_admission_free(&c->admission);
    }
    return status;
}

void cache_free(cache *c)
{
    c->config.policy->free(c);
    cache_slots_free(&c->slots);
    cache_admission_free(&c->admission);
}

void cache_evict(cache *c, uint32_t slot)
{
    c->config.policy->remove(c, slot);
    c->bytes -= c->slots.slots[slot].bytes;
    c->counts.evicted++;
    if (c->config.admission != NULL)
        cache_admission_left(&c->admission, c->now_ns - c->slots.slots[slot].since_ns);
    cache_slots_release(&c->slots, slot);
}

/* Of an object that isn't there. */
static cache_outcome admit(cache *c, const cache_read *read, int64_t bytes)
{
    const cache_policy *policy = c->config.policy;
    uint32_t slot;

    if (bytes > c->config.capacity_bytes ||
        (c->config.admission != NULL &&
         !cache_admission_pays(&c->admission, read->object, bytes, read->saved_nusd)) ||
        !policy->make_room(c, read->object, bytes)) {
        c->counts.refused++;
        return CACHE_REFUSED;
    }
    slot = cache_slots_take(&c->slots, read->object, bytes, read->now_ns);
    c->bytes += bytes;
    c->counts.admitted++;
    policy->add(c, slot);
    return CACHE_ADMITTED;
}

cache_outcome cache_access(cache *c, const cache_read *read)
{
    const cache_policy *policy = c->config.policy;
    int64_t bytes = round_up_i64(read->bytes, c->config.block_bytes);
    uint32_t slot = cache_slots_find(&c->slots, read->object);

    c->now_ns = read->now_ns;
    c->counts.reads++;
    c->counts.read_bytes += read->bytes;
    if (policy->seen != NULL)
        policy->seen(c, read->object);
    if (c->config.admission != NULL)
        cache_admission_seen(&c->admission, read->now_ns, read->object);
    if (slot != SKY_NONE && c->slots.slots[slot].bytes != bytes) {
        cache_evict(c, slot);
        slot = SKY_NONE;
    }
    if (slot == SKY_NONE)
        return admit(c, read, bytes);
    c->counts.hits++;
    c->counts.hit_bytes += read->bytes;
    c->counts.saved_nusd += read->saved_nusd;
    policy->hit(c, slot);
    return CACHE_HIT;
}

int cache_holds(const cache *c, uint64_t object)
{
    return cache_slots_find(&c->slots, object) != SKY_NONE;
}

void cache_forget(cache *c, uint64_t object)
{
    uint32_t slot = cache_slots_find(&c->slots, object);

    if (slot != SKY_NONE)
        cache_evict(c, slot);
}

/* ---- checkpoints ---------------------------------------------------------------------------------------------------- */

void cache_held_state(cache *c, cache_list *list, state *s)
{
    cache_list_state(&c->slots, list, c->config.capacity_bytes - (state_restores(s) ? c->bytes : 0), s);
    c->bytes += state_restores(s) ? list->bytes : 0;
}

uint32_t cache_object_state(cache *c, uint32_t slot, state *s)
{
    slot = cache_slot_state(&c->slots, slot, c->config.capacity_bytes - c->bytes, s);
    if (state_restores(s) && slot != SKY_NONE)
        c->bytes += c->slots.slots[slot].bytes;
    return slot;
}

void cache_state(cache *c, state *s)
{
    assert(!state_restores(s) || c->slots.count == 0);
    state_part(s, c->config.policy->name);
    STATE_VALUE(s, c->now_ns);
    STATE_VALUE(s, c->counts);
    state_check_amounts(s, &c->now_ns, 1);
    state_check_amounts(s, &c->counts.reads, sizeof c->counts / sizeof c->counts.reads);
    c->config.policy->state(c, s);
    if (c->config.admission != NULL)
        cache_admission_state(&c->admission, s);
}
