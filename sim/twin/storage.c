/* Datasets: what the engine is told of them and orders, and what is written down. */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GB              1000000000
#define FORBIDDING_RULE 1 /* the scenario's jurisdictions */

typedef struct counted {
    data_counts counts;
    int64_t nusd;
} counted;

typedef struct twin_storage {
    counted *last;     /* [set × regions + region], at the last row */
    histogram *before; /* likewise; of those without readers never touched */
    histogram since;
    int64_t *cache_nusd; /* by region */
    int64_t written_ns;
} twin_storage;

static size_t pair_of(const twin *t, uint32_t set, uint32_t region)
{
    return (size_t)set * t->scenario->region_count + region;
}

sky_status twin_open_storage(twin *t)
{
    const data_config *c = t->scenario->storage;
    twin_storage *s;
    size_t pairs;

    if (c == NULL)
        return SKY_OK;
    pairs = (size_t)c->set_count * c->region_count;
    s = t->storage = calloc(1, sizeof *s);
    if (s != NULL) {
        s->last = calloc(pairs, sizeof *s->last);
        s->before = calloc(pairs, sizeof *s->before);
        s->cache_nusd = calloc(c->region_count, sizeof *s->cache_nusd);
        s->written_ns = -1;
    }
    if (s != NULL && s->last != NULL && s->before != NULL && s->cache_nusd != NULL)
        return SKY_OK;
    snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
    return SKY_ERROR_MEMORY;
}

void twin_free_storage(twin *t)
{
    if (t->storage == NULL)
        return;
    free(t->storage->last);
    free(t->storage->before);
    free(t->storage->cache_nusd);
    free(t->storage);
}

/* ---- what the engine is told ---------------------------------------------------------------------------------------- */

static sky_event set_fact(const twin *t, sky_event_kind kind, uint32_t set, uint32_t region)
{
    sky_event e = twin_fact(t, kind);

    e.instance = set;
    e.region = region;
    return e;
}

static int64_t per_gb(int64_t nusd, const storage_tier *tier)
{
    return muldiv_i64(nusd, GB, tier->priced_bytes);
}

static sky_status tell_tiers(twin *t, uint32_t region)
{
    const data_config *c = t->scenario->storage;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < c->tier_count[region] && status == SKY_OK; i++) {
        const storage_tier *tier = &c->tiers[region][i];
        sky_event e = twin_fact(t, SKY_EVENT_STORAGE_TIER);

        e.region = region;
        e.detail = (uint16_t)i;
        e.other = tier->kind;
        e.a = tier->latency_ns;
        e.b = tier->bytes_per_s;
        e.c = tier->retention_ns;
        e.d = tier->write_nusd;
        status = twin_tell(t, &e);
        e.kind = SKY_EVENT_STORAGE_PRICE;
        e.other = SKY_NONE;
        e.a = per_gb(tier->nusd_per_gb_month, tier);
        e.b = tier->read_nusd;
        e.c = per_gb(tier->retrieval_nusd_per_gb, tier);
        e.d = tier->move_nusd;
        if (status == SKY_OK)
            status = twin_tell(t, &e);
    }
    return status;
}

static int64_t held_bytes(const twin *t, uint32_t set, uint32_t region)
{
    int64_t bytes = 0;

    for (int kind = 0; kind < STORAGE_KIND_COUNT; kind++)
        bytes += data_held_bytes(&t->world.data, set, region, (storage_kind)kind);
    return bytes;
}

static sky_status tell_set(twin *t, uint32_t set)
{
    const data_set_config *c = &t->scenario->storage->sets[set];
    const data_set *s = &t->world.data.sets[set];
    sky_event e = set_fact(t, SKY_EVENT_DATASET, set, s->home);
    double hourly = c->updates_per_s * 3600;

    if (c->grows_every_ns < SKY_NEVER_NS)
        hourly += (double)SKY_NS_PER_HOUR / (double)c->grows_every_ns;
    e.detail = (uint16_t)data_copy_of(&t->world.data, set, s->home)->tier;
    e.a = held_bytes(t, set, s->home);
    e.b = s->updates;
    e.c = (int64_t)(hourly * (double)c->object_bytes + 0.5);
    e.d = s->objects;
    return twin_tell(t, &e);
}

/* order: that it answers, or SKY_NONE. */
static sky_status tell_copy(twin *t, uint32_t set, uint32_t region, uint32_t order)
{
    const data_copy *copy = data_copy_of(&t->world.data, set, region);
    sky_event e = set_fact(t, SKY_EVENT_REPLICA, set, region);

    e.detail = (uint16_t)copy->state;
    e.other = order;
    if (copy->state != DATA_NONE) {
        e.a = copy->state == DATA_READY ? held_bytes(t, set, region)
                                        : held_bytes(t, set, t->world.data.sets[set].home);
        e.b = region == t->world.data.sets[set].home ? 0 : t->scenario->storage->sets[set].lag_ns;
        e.c = copy->tier;
    }
    return twin_tell(t, &e);
}

static sky_status tell_class_reads(twin *t)
{
    const data_config *c = t->scenario->storage;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < c->job_count && status == SKY_OK; i++) {
        sky_event e = set_fact(t, SKY_EVENT_CLASS_READS, c->jobs[i].set, SKY_NONE);

        e.other = c->jobs[i].job_class;
        e.a = c->jobs[i].bytes;
        e.b = c->jobs[i].hourly_bytes;
        status = twin_tell(t, &e);
    }
    return status;
}

sky_status twin_tell_storage(twin *t)
{
    const data_config *c = t->scenario->storage;
    sky_status status = SKY_OK;

    if (c == NULL)
        return SKY_OK;
    for (uint32_t r = 0; r < c->region_count && status == SKY_OK; r++)
        status = tell_tiers(t, r);
    for (uint32_t s = 0; s < c->set_count && status == SKY_OK; s++) {
        status = tell_set(t, s);
        for (uint32_t r = 0; r < c->region_count && status == SKY_OK; r++) {
            sky_event e = set_fact(t, SKY_EVENT_DATASET_FORBIDDEN, s, r);

            e.detail = FORBIDDING_RULE;
            if (c->sets[s].forbidden[r])
                status = twin_tell(t, &e);
            if (status == SKY_OK && data_copy_of(&t->world.data, s, r)->state == DATA_READY &&
                r != t->world.data.sets[s].home)
                status = tell_copy(t, s, r, SKY_NONE);
        }
    }
    return status == SKY_OK ? tell_class_reads(t) : status;
}

/* The old home's copy goes once the new one is ready: in that order the engine hears of it. */
static sky_status tell_ready(twin *t, uint32_t set, uint32_t region, uint32_t old_home, uint32_t order)
{
    sky_status status = tell_copy(t, set, region, order);

    if (status != SKY_OK || t->world.data.sets[set].home == old_home)
        return status;
    status = tell_set(t, set);
    return status == SKY_OK ? tell_copy(t, set, old_home, SKY_NONE) : status;
}

static sky_status tell_failed(twin *t, uint32_t set, uint32_t region, sky_data_failure why, uint32_t order)
{
    sky_event e = set_fact(t, SKY_EVENT_DATA_FAILED, set, region);

    e.detail = (uint16_t)why;
    e.other = order;
    return twin_tell(t, &e);
}

sky_status twin_tell_copies(twin *t)
{
    data *d = &t->world.data;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < d->news_count && status == SKY_OK; i++) {
        const data_news n = d->news[i];

        status = n.cut ? tell_failed(t, n.set, n.region, SKY_DATA_CUT_OFF, n.order)
                       : tell_ready(t, n.set, n.region, n.old_home, n.order);
    }
    d->news_count = 0;
    return status;
}

/* ---- orders --------------------------------------------------------------------------------------------------------- */

static sky_data_failure failure_of(data_answer answer)
{
    switch (answer) {
    case DATA_NO_WAY:
        return SKY_DATA_NO_WAY;
    case DATA_FORBIDDEN:
        return SKY_DATA_FORBIDDEN;
    case DATA_NO_SOURCE:
        return SKY_DATA_NO_SOURCE;
    default:
        return SKY_DATA_IS_SO;
    }
}

sky_status twin_order_data(twin *t, const sky_action *a)
{
    data *d = &t->world.data;
    const data_place place = { a->region, a->tier };
    uint32_t old_home = d->sets[a->dataset].home;
    data_answer answer = DATA_FORBIDDEN;
    sky_status status;

    if (a->kind == SKY_ACTION_EVICT)
        status = data_evict(d, a->dataset, a->region, &answer);
    else if (a->kind == SKY_ACTION_SET_TIER)
        status = data_set_tier(d, a->dataset, place, &answer);
    else
        status = data_replicate(d, a->dataset, a->from, place, a->kind == SKY_ACTION_MOVE_DATA, a->order,
                                &answer);
    if (status != SKY_OK) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory for an order about data");
        return status;
    }
    if (answer == DATA_BEGUN)
        return tell_copy(t, a->dataset, a->region, a->order);
    return answer == DATA_DONE ? tell_ready(t, a->dataset, a->region, old_home, a->order)
                               : tell_failed(t, a->dataset, a->region, failure_of(answer), a->order);
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

static record_storage_row row_of(const twin *t, uint32_t set, uint32_t region, const counted *since,
                                 const counted *now)
{
    const data *d = &t->world.data;
    const data_counts *a = &since->counts, *b = &now->counts;
    const data_copy *copy = data_copy_of(d, set, region);

    return (record_storage_row){ .time_ns = t->world.now_ns,
                                 .memory_bytes = data_held_bytes(d, set, region, STORAGE_MEMORY),
                                 .nvme_bytes = data_held_bytes(d, set, region, STORAGE_NVME),
                                 .hot_bytes = data_held_bytes(d, set, region, STORAGE_HOT),
                                 .cool_bytes = data_held_bytes(d, set, region, STORAGE_COOL),
                                 .archive_bytes = data_held_bytes(d, set, region, STORAGE_ARCHIVE),
                                 .reads = b->reads - a->reads,
                                 .hits = b->hits - a->hits,
                                 .stale = b->stale - a->stale,
                                 .failed = b->failed - a->failed,
                                 .cache_bytes = b->cache_bytes - a->cache_bytes,
                                 .local_bytes = b->local_bytes - a->local_bytes,
                                 .far_bytes = b->remote_bytes - a->remote_bytes,
                                 .prefetched_bytes = b->prefetched_bytes - a->prefetched_bytes,
                                 .sent_bytes = b->sent_bytes - a->sent_bytes,
                                 .nusd = now->nusd - since->nusd,
                                 .egress_nusd = b->egress_nusd - a->egress_nusd,
                                 .dataset = set,
                                 .region = region,
                                 .state = copy->state + (d->sets[set].home == region),
                                 .tier = copy->state != DATA_NONE ? copy->tier : SKY_NONE };
}

static void add_latencies(twin *t, size_t pair, record_storage_row *row)
{
    twin_storage *s = t->storage;
    const histogram *now = t->world.data.latency[pair];

    if (now == NULL || now->count == s->before[pair].count)
        return;
    s->since = *now;
    histogram_subtract(&s->since, &s->before[pair]);
    s->before[pair] = *now;
    row->p50_ns = histogram_percentile(&s->since, 500000);
    row->p95_ns = histogram_percentile(&s->since, 950000);
    row->p99_ns = histogram_percentile(&s->since, 990000);
    row->max_ns = s->since.max_ns;
}

/* What copies gave there since the last row, as the engine hears it: what caches hit it does not. */
static sky_status tell_read(twin *t, uint32_t set, uint32_t region, const counted *since, const counted *now)
{
    const data_counts *a = &since->counts, *b = &now->counts;
    sky_event e = set_fact(t, SKY_EVENT_DATASET_READ, set, region);

    e.a = b->reads - a->reads - (b->hits - a->hits) + b->job_requests - a->job_requests;
    e.c = b->remote_bytes - a->remote_bytes;
    e.b = e.c + b->local_bytes - a->local_bytes;
    return e.a > 0 || e.b > 0 ? twin_tell(t, &e) : SKY_OK;
}

/* again: rows of this instant are there already, but more may have been counted. */
static sky_status write_pair(twin *t, uint32_t set, uint32_t region, int tells, int again)
{
    twin_storage *s = t->storage;
    size_t pair = pair_of(t, set, region);
    counted now = { t->world.data.counts[pair], data_cost(&t->world.data, set, region) };
    record_storage_row row = row_of(t, set, region, &s->last[pair], &now);
    int nothing = (row.state == 0 || again) && memcmp(&now, &s->last[pair], sizeof now) == 0;
    sky_status status = tells ? tell_read(t, set, region, &s->last[pair], &now) : SKY_OK;

    s->last[pair] = now;
    if (status != SKY_OK || nothing)
        return status;
    add_latencies(t, pair, &row);
    return twin_write_row(t, RECORD_STORAGE, &row);
}

static sky_status write_cache(twin *t, uint32_t region, int again)
{
    const data *d = &t->world.data;
    record_storage_row row = {
        .time_ns = t->world.now_ns, .dataset = SKY_NONE, .region = region, .tier = SKY_NONE
    };
    const data_cache *c;

    if (d->cache_at[region] == SKY_NONE || again)
        return SKY_OK;
    c = &d->caches[d->cache_at[region]];
    row.tier = c->config->tier;
    row.memory_bytes = c->cache.bytes; /* whatever it is made of: it is what the cache holds */
    row.nusd = data_cache_cost(d, region) - t->storage->cache_nusd[region];
    t->storage->cache_nusd[region] += row.nusd;
    return twin_write_row(t, RECORD_STORAGE, &row);
}

sky_status twin_write_storage(twin *t, int tells)
{
    const data_config *c = t->scenario->storage;
    int again = c != NULL && t->storage->written_ns == t->world.now_ns;
    sky_status status = SKY_OK;

    if (c == NULL)
        return SKY_OK;
    t->storage->written_ns = t->world.now_ns;
    world_accrue_storage(&t->world);
    for (uint32_t r = 0; r < c->region_count && status == SKY_OK; r++)
        status = write_cache(t, r, again);
    for (uint32_t s = 0; s < c->set_count && status == SKY_OK; s++) {
        int changes = c->sets[s].grows_every_ns < SKY_NEVER_NS || c->sets[s].updates_per_s > 0;

        if (tells && changes && t->world.now_ns > 0)
            status = tell_set(t, s);
        for (uint32_t r = 0; r < c->region_count && status == SKY_OK; r++)
            status = write_pair(t, s, r, tells, again);
    }
    data_look(&t->world.data);
    return status;
}

/* ---- the end -------------------------------------------------------------------------------------------------------- */

int64_t twin_storage_cost(const twin *t, uint32_t region)
{
    const data_config *c = t->scenario->storage;
    int64_t nusd;

    if (c == NULL)
        return 0;
    nusd = data_cache_cost(&t->world.data, region);
    for (uint32_t s = 0; s < c->set_count; s++)
        nusd += data_cost(&t->world.data, s, region);
    return nusd;
}

int64_t twin_storage_rows(const twin *t)
{
    const data_config *c = t->scenario->storage;
    int64_t nusd = 0;

    for (size_t pair = 0; pair < (size_t)c->set_count * c->region_count; pair++)
        nusd += t->storage->last[pair].nusd;
    for (uint32_t r = 0; r < c->region_count; r++)
        nusd += t->storage->cache_nusd[r];
    return nusd;
}

void twin_sum_storage(twin *t)
{
    const data_config *c = t->scenario->storage;
    record_summary *sum = &t->world.summary;

    if (c == NULL)
        return;
    memset(&t->storage->since, 0, sizeof t->storage->since);
    for (size_t pair = 0; pair < (size_t)c->set_count * c->region_count; pair++) {
        const data_counts *counts = &t->world.data.counts[pair];

        sum->data_reads += counts->reads;
        sum->data_hits += counts->hits;
        sum->data_stale += counts->stale;
        sum->data_failed += counts->failed;
        sum->data_far_bytes += counts->remote_bytes;
        sum->data_read_bytes += counts->remote_bytes + counts->local_bytes + counts->cache_bytes;
        if (t->world.data.latency[pair] != NULL)
            histogram_merge(&t->storage->since, t->world.data.latency[pair]);
    }
    sum->data_p50_ns = histogram_percentile(&t->storage->since, 500000);
    sum->data_p99_ns = histogram_percentile(&t->storage->since, 990000);
}

/* ---- checkpoints ---------------------------------------------------------------------------------------------------- */

void twin_storage_state(twin *t, state *s)
{
    const data_config *c = t->scenario->storage;
    size_t pairs;

    if (c == NULL)
        return;
    state_part(s, "storage as written");
    pairs = (size_t)c->set_count * c->region_count;
    state_array(s, t->storage->last, pairs, sizeof *t->storage->last);
    for (size_t pair = 0; pair < pairs; pair++) {
        const counted *last = &t->storage->last[pair];

        state_check_amounts(s, &last->counts.reads, sizeof *last / sizeof last->nusd);
        if (t->world.data.latency[pair] != NULL)
            histogram_state(&t->storage->before[pair], s);
    }
    state_array(s, t->storage->cache_nusd, c->region_count, sizeof *t->storage->cache_nusd);
    state_check_amounts(s, t->storage->cache_nusd, c->region_count);
    STATE_VALUE(s, t->storage->written_ns);
}
