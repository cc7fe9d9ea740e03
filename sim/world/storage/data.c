#include "data_inside.h"

#include <stdlib.h>

/* ---- life --------------------------------------------------------------------------------------------------------- */

static sky_status make_stores(data *d)
{
    const data_config *c = d->config;
    sky_status status = SKY_OK;

    for (uint32_t r = 0; r < c->region_count && status == SKY_OK; r++) {
        for (uint32_t i = 0; i < c->set_count; i++)
            d->stored[r * c->set_count + i] =
                (storage_dataset){ .name = c->sets[i].name,
                                   .grows_every_ns = SKY_NEVER_NS,
                                   .rules = &c->sets[i].rules[r * DATA_MOST_TIERS],
                                   .rule_count = c->sets[i].rule_count[r] };
        if (c->tier_count[r] > 0)
            status = storage_init(&d->stores[r], c->tiers[r], c->tier_count[r], &d->stored[r * c->set_count],
                                  c->set_count);
    }
    return status;
}

static sky_status make_caches(data *d)
{
    const data_config *c = d->config;

    for (uint32_t r = 0; r < c->region_count; r++)
        d->cache_at[r] = SKY_NONE;
    for (uint32_t i = 0; i < c->cache_count; i++) {
        data_cache *cache = &d->caches[i];

        cache->config = &c->caches[i];
        cache->versions = calloc(c->set_count + 1, sizeof *cache->versions);
        if (cache->versions == NULL || cache_init(&cache->cache, &cache->config->cache) != SKY_OK)
            return SKY_ERROR_MEMORY;
        d->cache_at[cache->config->region] = i;
        for (uint32_t s = 0; s < c->set_count; s++) {
            cache->versions[s] = calloc(d->sets[s].room + 1, sizeof *cache->versions[s]);
            if (cache->versions[s] == NULL)
                return SKY_ERROR_MEMORY;
        }
    }
    return SKY_OK;
}

static uint32_t objects_in_the_end(const data_set_config *set, int64_t end_ns)
{
    int64_t grown = set->grows_every_ns == SKY_NEVER_NS ? 0 : end_ns / set->grows_every_ns + 1;

    return grown < DATA_MOST_OBJECTS - set->objects ? set->objects + (uint32_t)grown : DATA_MOST_OBJECTS;
}

static sky_status make_room(data *d)
{
    const data_config *c = d->config;
    size_t pairs = (size_t)c->set_count * c->region_count;

    d->stores = calloc(c->region_count + 1, sizeof *d->stores);
    d->stored = calloc(pairs + 1, sizeof *d->stored);
    d->sets = calloc(c->set_count + 1, sizeof *d->sets);
    d->copies = calloc(pairs + 1, sizeof *d->copies);
    d->counts = calloc(pairs + 1, sizeof *d->counts);
    d->latency = calloc(pairs + 1, sizeof *d->latency);
    d->older_nusd = calloc(pairs + 1, sizeof *d->older_nusd);
    d->price = calloc((size_t)c->region_count * c->region_count + 1, sizeof *d->price);
    d->readers = calloc(c->reader_count + 1, sizeof *d->readers);
    d->caches = calloc(c->cache_count + 1, sizeof *d->caches);
    d->cache_at = calloc(c->region_count + 1, sizeof *d->cache_at);
    if (d->stores == NULL || d->stored == NULL || d->sets == NULL || d->copies == NULL || d->counts == NULL ||
        d->latency == NULL || d->older_nusd == NULL || d->price == NULL || d->readers == NULL ||
        d->caches == NULL || d->cache_at == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t s = 0; s < c->set_count; s++)
        d->sets[s].room = objects_in_the_end(&c->sets[s], d->end_ns);
    return kernel_queue_init(&d->small, c->reader_count + c->set_count + 1) == SKY_OK &&
                   kernel_queue_init(&d->bulk, c->reader_count + c->set_count + 1) == SKY_OK
               ? SKY_OK
               : SKY_ERROR_MEMORY;
}

/* What is written to each dataset. */
static sky_status start_writes(data *d)
{
    const data_config *c = d->config;
    sky_status status = SKY_OK;

    for (uint32_t s = 0; s < c->set_count && status == SKY_OK; s++) {
        data_set *set = &d->sets[s];
        random_key key = { d->ways.seed, d->ways.replication, s, RANDOM_DATA_UPDATE };

        if (c->sets[s].grows_every_ns < d->end_ns)
            status = data_push(d, c->sets[s].grows_every_ns, DATA_GROWS, s, s, 0, 0);
        if (c->sets[s].updates_per_s <= 0)
            continue;
        set->writes = (demand){ .per_s = c->sets[s].updates_per_s, .steady = 1 };
        demand_start(&set->arrivals, &set->writes, &key);
        if (status == SKY_OK)
            status = data_push(d, demand_next_ns(&set->arrivals, d->end_ns), DATA_UPDATED, s, s, 0, 0);
    }
    return status;
}

sky_status data_init(data *d, const data_config *config, const data_ways *ways, int64_t end_ns)
{
    sky_status status;

    *d = (data){ .config = config, .ways = *ways, .end_ns = end_ns };
    status = make_room(d);
    if (status == SKY_OK)
        status = make_stores(d);
    if (status == SKY_OK)
        status = make_caches(d);
    if (status == SKY_OK)
        status = data_start_copies(d);
    if (status == SKY_OK)
        status = start_writes(d);
    if (status == SKY_OK)
        status = data_start_readers(d);
    if (status == SKY_OK)
        data_look(d);
    return status;
}

static void free_caches(data *d)
{
    for (uint32_t i = 0; d->caches != NULL && i < d->config->cache_count; i++) {
        cache_free(&d->caches[i].cache);
        for (uint32_t s = 0; d->caches[i].versions != NULL && s < d->config->set_count; s++)
            free(d->caches[i].versions[s]);
        free(d->caches[i].versions);
    }
    free(d->caches);
}

void data_free(data *d)
{
    if (d->config == NULL)
        return;
    free_caches(d);
    for (uint32_t r = 0; d->stores != NULL && r < d->config->region_count; r++)
        storage_free(&d->stores[r]);
    for (size_t i = 0; i < (size_t)d->config->set_count * d->config->region_count; i++) {
        if (d->copies != NULL) {
            free(d->copies[i].names);
            free(d->copies[i].versions);
        }
        if (d->latency != NULL)
            free(d->latency[i]);
    }
    for (uint32_t i = 0; d->readers != NULL && i < d->config->reader_count; i++)
        free(d->readers[i].below);
    free(d->stores);
    free(d->stored);
    free(d->sets);
    free(d->copies);
    free(d->counts);
    free(d->latency);
    free(d->older_nusd);
    free(d->price);
    free(d->readers);
    free(d->cache_at);
    free(d->fetches);
    free(d->news);
    kernel_queue_free(&d->small);
    kernel_queue_free(&d->bulk);
    *d = (data){ 0 };
}

/* ---- time --------------------------------------------------------------------------------------------------------- */

sky_status data_push(data *d, int64_t time_ns, data_event_kind kind, uint32_t subject, uint32_t set,
                     uint32_t object, int64_t version)
{
    kernel_queue *queue = data_is_bulk(d, set) ? &d->bulk : &d->small;
    int is_readers = kind == DATA_READS || kind == DATA_FOLLOWS;

    if (time_ns >= d->end_ns)
        return SKY_OK;
    return kernel_queue_push(queue, time_ns, is_readers ? subject : d->config->reader_count + set, kind,
                             subject, object, version);
}

static sky_status grow(data *d, uint32_t s)
{
    data_set *set = &d->sets[s];
    uint32_t object = set->objects;
    sky_status status;

    if (object == set->room)
        return SKY_OK; /* it is full */
    set->objects++;
    status = data_write_home(d, s, object);
    if (status == SKY_OK)
        status = data_tell_streams(d, s, object);
    return status == SKY_OK
               ? data_push(d, d->now_ns + d->config->sets[s].grows_every_ns, DATA_GROWS, s, s, 0, 0)
               : status;
}

static sky_status update(data *d, uint32_t s)
{
    data_set *set = &d->sets[s];
    random_key key = { d->ways.seed, d->ways.replication, s, RANDOM_DATA_UPDATED };
    uint64_t bits = random_u64(&key, (uint64_t)set->updated++);
    sky_status status = data_write_home(d, s, stream_below_of((uint32_t)(bits >> 32), set->objects));

    return status == SKY_OK
               ? data_push(d, demand_next_ns(&set->arrivals, d->end_ns), DATA_UPDATED, s, s, 0, 0)
               : status;
}

static sky_status happen(data *d, const kernel_event *event)
{
    switch (event->kind) {
    case DATA_READS:
        return data_read(d, event->subject);
    case DATA_FOLLOWS:
        return data_read_object(d, d->config->readers[event->subject].set,
                                d->config->readers[event->subject].region, event->other);
    case DATA_GROWS:
        return grow(d, event->subject);
    case DATA_UPDATED:
        return update(d, event->subject);
    default:
        return data_send_written(d, event->subject, event->other, (uint32_t)event->a);
    }
}

int64_t data_next_ns(const data *d)
{
    return kernel_queue_next_ns(&d->bulk);
}

sky_status data_advance(data *d, int64_t now_ns)
{
    sky_status status = SKY_OK;
    kernel_event event;

    while (status == SKY_OK) {
        kernel_queue *first = kernel_queue_next_ns(&d->bulk) < kernel_queue_next_ns(&d->small) ? &d->bulk
                                                                                               : &d->small;

        if (kernel_queue_next_ns(first) > now_ns)
            break;
        kernel_queue_pop(first, &event);
        d->now_ns = event.time_ns;
        status = happen(d, &event);
    }
    d->now_ns = now_ns;
    for (uint32_t r = 0; r < d->config->region_count && status == SKY_OK; r++)
        if (d->config->tier_count[r] > 0)
            status = storage_advance(&d->stores[r], now_ns);
    return status;
}

void data_look(data *d)
{
    uint32_t n = d->config->region_count;

    for (uint32_t from = 0; from < n; from++)
        for (uint32_t to = 0; to < n; to++)
            d->price[from * n + to] = from == to ? 0 : d->ways.price(d->ways.context, from, to);
}

/* ---- what comes over the network ------------------------------------------------------------------------------------ */

int64_t data_fetch_at_once(data *d, uint32_t set, uint32_t from, uint32_t to, int64_t bytes, int64_t *nusd)
{
    int64_t ns = d->ways.fetch(d->ways.context, d->now_ns, from, to, bytes, d->messages++, nusd);

    if (ns < SKY_NEVER_NS)
        data_counts_of(d, set, to)->egress_nusd += *nusd;
    return ns;
}

sky_status data_begin_fetch(data *d, const data_fetch *like, uint32_t *index)
{
    data_fetch *f;

    for (*index = 0; *index < d->fetch_count && d->fetches[*index].transfer != SKY_NONE; ++*index)
        ;
    if (*index == d->fetch_room) {
        uint32_t room = d->fetch_room < 16 ? 16 : d->fetch_room * 2;
        data_fetch *fetches = realloc(d->fetches, room * sizeof *fetches);

        if (fetches == NULL)
            return SKY_ERROR_MEMORY;
        d->fetches = fetches;
        d->fetch_room = room;
    }
    d->fetch_count += *index == d->fetch_count;
    f = &d->fetches[*index];
    *f = *like;
    f->start_ns = d->now_ns;
    return d->ways.send(d->ways.context, d->now_ns, f->from, f->region, f->bytes, *index, &f->transfer);
}

sky_status data_arrived(data *d, int64_t now_ns, uint32_t fetch, int cut, int64_t moved_bytes, int64_t nusd,
                        uint32_t *job)
{
    data_fetch f = d->fetches[fetch];
    data_counts *counts = data_counts_of(d, f.set, f.region);

    d->now_ns = now_ns;
    d->fetches[fetch].transfer = SKY_NONE;
    counts->egress_nusd += nusd;
    *job = SKY_NONE;
    switch (f.kind) {
    case DATA_FETCH_WRITTEN:
        counts->sent_bytes += moved_bytes;
        return cut ? SKY_OK : data_written_arrived(d, &f);
    case DATA_FETCH_COPY:
        counts->sent_bytes += moved_bytes;
        return data_copy_arrived(d, &f, fetch, cut);
    case DATA_FETCH_JOB:
        counts->remote_bytes += moved_bytes;
        *job = cut ? SKY_NONE : f.subject;
        return SKY_OK;
    case DATA_FETCH_PREFETCH:
        counts->prefetched_bytes += moved_bytes;
        break;
    default:
        counts->remote_bytes += moved_bytes;
    }
    data_read_arrived(d, &f, cut);
    return SKY_OK;
}

/* ---- what there is ------------------------------------------------------------------------------------------------ */

int64_t data_held_bytes(const data *d, uint32_t set, uint32_t region, storage_kind kind)
{
    const data_config *c = d->config;
    int64_t bytes = 0;

    for (uint32_t t = 0; t < c->tier_count[region]; t++)
        if (c->tiers[region][t].kind == kind)
            bytes += d->stores[region].holdings[set * c->tier_count[region] + t].bytes;
    return bytes;
}

int64_t data_cost(const data *d, uint32_t set, uint32_t region)
{
    if (d->config->tier_count[region] == 0)
        return 0;
    return add_sat_i64(storage_cost(&d->stores[region], set),
                       d->older_nusd[set * d->config->region_count + region]);
}

int64_t data_cache_cost(const data *d, uint32_t region)
{
    const data_cache *c;
    const storage_tier *tier;
    storage_usage usage;
    storage_bill bill;

    if (d->cache_at[region] == SKY_NONE)
        return 0;
    c = &d->caches[d->cache_at[region]];
    tier = &d->config->tiers[region][c->config->tier];
    usage = c->usage;
    usage.byte_ns = (sky_int128)c->config->cache.capacity_bytes * d->now_ns;
    bill = storage_bill_of(tier, &usage);
    return add_sat_i64(add_sat_i64(storage_bill_total(&bill), c->older_nusd),
                       muldiv_floor_i64(c->config->nusd_per_hour, d->now_ns, SKY_NS_PER_HOUR));
}

int64_t data_total_cost(const data *d)
{
    int64_t nusd = 0;

    for (uint32_t r = 0; r < d->config->region_count; r++) {
        nusd = add_sat_i64(nusd, data_cache_cost(d, r));
        for (uint32_t s = 0; s < d->config->set_count; s++)
            nusd = add_sat_i64(nusd, data_cost(d, s, r));
    }
    return nusd;
}

static const char *check_copy(const data *d, uint32_t s, uint32_t r)
{
    const data_counts *c = data_counts_of(d, s, r);
    const storage_totals *totals = d->config->tier_count[r] > 0 ? &d->stores[r].totals[s] : NULL;

    if (c->reads != c->hits + c->local + c->remote + c->failed + c->under_way)
        return "reads are other than hits, reads of copies, failed ones and those under way";
    if (c->stale > c->reads - c->failed - c->under_way)
        return "more reads are stale than were served";
    if (totals != NULL &&
        storage_held_bytes(&d->stores[r], s) != totals->written_bytes - totals->deleted_bytes)
        return "a copy holds other bytes than were written and not deleted";
    if (data_copy_of(d, s, r)->state != DATA_READY && totals != NULL &&
        storage_held_bytes(&d->stores[r], s) != 0)
        return "bytes are held where there is no copy";
    return NULL;
}

const char *data_check(const data *d)
{
    const char *wrong = NULL;

    for (uint32_t s = 0; s < d->config->set_count && wrong == NULL; s++) {
        if (data_copy_of(d, s, d->sets[s].home)->state != DATA_READY)
            return "a dataset has no copy at its home";
        for (uint32_t r = 0; r < d->config->region_count && wrong == NULL; r++)
            wrong = check_copy(d, s, r);
    }
    for (uint32_t i = 0; i < d->config->cache_count && wrong == NULL; i++)
        if (d->caches[i].cache.bytes > d->config->caches[i].cache.capacity_bytes)
            wrong = "a cache holds more than fits";
    return wrong;
}
