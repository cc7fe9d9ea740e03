/* Datasets saved and restored. */
#include "data_inside.h"

#include <stdlib.h>

#define MOST_READS (INT64_C(1) << 59) /* their sums don't overflow */

/* ---- datasets and their copies -------------------------------------------------------------------------------------- */

static void set_state(data *d, uint32_t index, state *s)
{
    const data_set_config *c = &d->config->sets[index];
    data_set *set = &d->sets[index];
    uint32_t updates = c->updates_per_s > 0, saved = updates;

    STATE_VALUE(s, set->home);
    STATE_VALUE(s, set->objects);
    STATE_VALUE(s, set->updates);
    STATE_VALUE(s, set->updated);
    STATE_VALUE(s, saved);
    state_check(s, set->home < d->config->region_count && set->objects >= c->objects &&
                       set->objects <= set->room && saved == updates);
    state_check_amounts(s, &set->updates, 1);
    state_check_amounts(s, &set->updated, 1);
    if (updates && state_is_sound(s))
        demand_state(&set->arrivals, s);
}

/* Of a copy that there is none of nothing is kept. */
static void copy_state(data *d, uint32_t set, uint32_t region, state *s)
{
    data_copy *copy = data_copy_of(d, set, region);
    uint32_t tiers = d->config->tier_count[region], objects = d->sets[set].objects;

    if (!state_restores(s) && copy->state != DATA_COMING) {
        copy->fetch = copy->order = SKY_NONE;
        copy->takes_home = 0;
    }
    STATE_VALUE(s, copy->state);
    STATE_VALUE(s, copy->tier);
    STATE_VALUE(s, copy->fetch);
    STATE_VALUE(s, copy->order);
    STATE_VALUE(s, copy->takes_home);
    state_check(s, copy->state <= DATA_READY && copy->takes_home <= 1 &&
                       (tiers > 0 ? copy->tier < tiers : copy->tier == 0 && copy->state == DATA_NONE));
    if (state_restores(s) && state_is_sound(s))
        d->stored[region * d->config->set_count + set].tier = copy->tier;
    if (copy->state == DATA_NONE || !state_is_sound(s))
        return;
    if (data_make_room(d, set, region) != SKY_OK) {
        state_no_memory(s);
        return;
    }
    state_array(s, copy->names, objects, sizeof *copy->names);
    state_array(s, copy->versions, objects, sizeof *copy->versions);
    for (uint32_t o = 0; o < objects && state_is_sound(s); o++) {
        const storage_object *object = storage_find(&d->stores[region], copy->names[o]);

        state_check(s, object == NULL ||
                           (object->dataset == set && object->bytes == d->config->sets[set].object_bytes));
    }
}

/* What it has cost so far, whatever prices are now. */
static void bill_state(int64_t cost_nusd, int64_t *older_nusd, state *s)
{
    int64_t saved_nusd = cost_nusd;

    STATE_VALUE(s, saved_nusd);
    state_check_amounts(s, &saved_nusd, 1);
    if (state_restores(s) && state_is_sound(s))
        *older_nusd = add_sat_i64(*older_nusd, saved_nusd - cost_nusd);
}

static void copies_state(data *d, state *s)
{
    const data_config *c = d->config;
    size_t pairs = (size_t)c->set_count * c->region_count;

    for (uint32_t r = 0; r < c->region_count && state_is_sound(s); r++)
        if (c->tier_count[r] > 0)
            storage_state(&d->stores[r], s);
    for (uint32_t i = 0; i < c->set_count && state_is_sound(s); i++)
        for (uint32_t r = 0; r < c->region_count && state_is_sound(s); r++) {
            size_t pair = (size_t)i * c->region_count + r;

            copy_state(d, i, r, s);
            bill_state(data_cost(d, i, r), &d->older_nusd[pair], s);
            if (d->latency[pair] != NULL)
                histogram_state(d->latency[pair], s);
        }
    state_array(s, d->counts, pairs, sizeof *d->counts);
    for (size_t pair = 0; pair < pairs; pair++) {
        const data_counts *counts = &d->counts[pair];

        state_check_amounts(s, &counts->reads, sizeof *counts / sizeof counts->reads);
        state_check(s, (counts->reads | counts->hits | counts->local | counts->remote | counts->failed |
                        counts->under_way) <= MOST_READS);
    }
}

/* ---- readers and caches --------------------------------------------------------------------------------------------- */

static void reader_state(data *d, uint32_t index, state *s)
{
    const data_reader_config *c = &d->config->readers[index];
    data_reader *r = &d->readers[index];
    uint32_t pattern = c->pattern;

    STATE_VALUE(s, pattern);
    STATE_VALUE(s, r->drawn);
    STATE_VALUE(s, r->next);
    state_check(s, pattern == c->pattern && r->next < d->sets[c->set].objects);
    if (c->pattern != DATA_STREAM && state_is_sound(s))
        demand_state(&r->arrivals, s);
}

static void region_cache_state(data *d, uint32_t index, state *s)
{
    data_cache *c = &d->caches[index];

    cache_state(&c->cache, s);
    STATE_VALUE(s, c->usage);
    state_check(s, c->usage.byte_ns == 0 && c->usage.early_byte_ns == 0);
    state_check_amounts(s, &c->usage.writes, 4);
    if (state_is_sound(s))
        bill_state(data_cache_cost(d, c->config->region), &c->older_nusd, s);
    for (uint32_t i = 0; i < d->config->set_count && state_is_sound(s); i++)
        state_array(s, c->versions[i], d->sets[i].objects, sizeof *c->versions[i]);
}

/* ---- what is under way ---------------------------------------------------------------------------------------------- */

static int can_be_fetched(const data *d, const data_fetch *f)
{
    return d->ways.has_network && f->kind <= DATA_FETCH_JOB && f->set < d->config->set_count &&
           f->region < d->config->region_count && f->from < d->config->region_count &&
           d->config->tier_count[f->from] > 0 && f->object < d->sets[f->set].objects && f->bytes >= 1 &&
           f->start_ns <= d->now_ns &&
           (f->kind != DATA_FETCH_READ || d->latency[f->set * d->config->region_count + f->region] != NULL);
}

/* Of a place that is free nothing is kept. */
static void fetches_state(data *d, state *s)
{
    size_t count = state_count(s, d->fetch_count, sizeof *d->fetches);
    data_fetch *fetches = state_restores(s) ? calloc(count + 1, sizeof *fetches) : NULL;

    if (state_restores(s)) {
        free(d->fetches);
        d->fetches = fetches;
        d->fetch_count = d->fetch_room = fetches != NULL ? (uint32_t)count : 0;
        if (fetches == NULL || count >= SKY_NONE)
            state_no_memory(s);
    }
    for (uint32_t i = 0; i < count && state_is_sound(s); i++) {
        data_fetch *f = &d->fetches[i];

        if (!state_restores(s) && f->transfer == SKY_NONE)
            *f = (data_fetch){ .transfer = SKY_NONE };
        STATE_VALUE(s, *f);
        state_check_amounts(s, &f->start_ns, 3);
        state_check(s, f->transfer == SKY_NONE || can_be_fetched(d, f));
    }
}

/* What a copy that comes waits for is under way. */
static int comes(const data *d, uint32_t set, uint32_t region)
{
    const data_copy *copy = data_copy_of(d, set, region);
    const data_fetch *f = copy->fetch < d->fetch_count ? &d->fetches[copy->fetch] : NULL;

    return copy->state != DATA_COMING || (f != NULL && f->transfer != SKY_NONE &&
                                          f->kind == DATA_FETCH_COPY && f->set == set && f->region == region);
}

static void news_state(data *d, state *s)
{
    state_list32(s, &d->news, &d->news_count, &d->news_room, sizeof *d->news);
    for (uint32_t i = 0; i < d->news_count; i++)
        state_check(s, d->news[i].set < d->config->set_count && d->news[i].region < d->config->region_count &&
                           d->news[i].old_home < d->config->region_count);
}

typedef struct pending {
    const data *d;
    int is_bulk;
} pending;

static int is_event(const void *context, const kernel_event *e)
{
    const pending *p = context;
    const data_config *c = p->d->config;
    int is_readers = e->kind == DATA_READS || e->kind == DATA_FOLLOWS;
    uint32_t set;

    if (e->kind < DATA_READS || e->kind > DATA_SENT || e->time_ns < p->d->now_ns ||
        e->subject >= (is_readers ? c->reader_count : c->set_count))
        return 0;
    set = is_readers ? c->readers[e->subject].set : e->subject;
    return e->other < p->d->sets[set].objects && e->a >= 0 && e->a <= UINT32_MAX &&
           data_is_bulk(p->d, set) == p->is_bulk &&
           (e->kind != DATA_READS || c->readers[e->subject].pattern != DATA_STREAM) &&
           (e->kind != DATA_UPDATED || c->sets[set].updates_per_s > 0) &&
           (e->kind != DATA_GROWS || c->sets[set].grows_every_ns < p->d->end_ns);
}

static void events_state(data *d, state *s)
{
    pending small = { d, 0 }, bulk = { d, 1 };

    kernel_queue_state(&d->small, s, is_event, &small);
    kernel_queue_state(&d->bulk, s, is_event, &bulk);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------ */

void data_state(data *d, state *s)
{
    const data_config *c = d->config;

    state_part(s, "datasets");
    state_things(s, c->region_count);
    state_things(s, c->set_count);
    state_things(s, c->reader_count);
    state_things(s, c->cache_count);
    STATE_VALUE(s, d->now_ns);
    STATE_VALUE(s, d->messages);
    state_check_amounts(s, &d->now_ns, 1);
    state_check(s, d->messages < UINT64_C(1) << 52);
    for (uint32_t i = 0; i < c->set_count; i++)
        set_state(d, i, s);
    copies_state(d, s);
    state_array(s, d->price, (size_t)c->region_count * c->region_count, sizeof *d->price);
    for (size_t i = 0; i < (size_t)c->region_count * c->region_count; i++)
        state_check(s, d->price[i] >= 0);
    for (uint32_t i = 0; i < c->reader_count && state_is_sound(s); i++)
        reader_state(d, i, s);
    for (uint32_t i = 0; i < c->cache_count && state_is_sound(s); i++)
        region_cache_state(d, i, s);
    state_part(s, "data under way");
    fetches_state(d, s);
    for (uint32_t i = 0; i < c->set_count; i++)
        for (uint32_t r = 0; r < c->region_count; r++)
            state_check(s, comes(d, i, r));
    news_state(d, s);
    if (state_is_sound(s))
        events_state(d, s);
    state_check(s, state_is_sound(s) && data_check(d) == NULL);
}
