/* Readers: which object comes next, and how it is come by. */
#include "data_inside.h"

#include <math.h>
#include <stdlib.h>

#define WEIGHT_OF_FIRST 0x1p39 /* of Zipf's law: 2^24 of them fit into 64 bits */

/* ---- who reads what ------------------------------------------------------------------------------------------------ */

/* Weights are whole numbers, so that the last bits of pow, which differ between C libraries, hardly ever show. */
static sky_status weigh_ranks(data_reader *r, uint32_t count, double exponent)
{
    uint64_t sum = 0;

    r->below = malloc((count + 1) * sizeof *r->below);
    if (r->below == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        r->below[i] = sum += (uint64_t)llround(WEIGHT_OF_FIRST * pow((double)(i + 1), -exponent)) + 1;
    return SKY_OK;
}

sky_status data_start_readers(data *d)
{
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < d->config->reader_count && status == SKY_OK; i++) {
        const data_reader_config *c = &d->config->readers[i];
        histogram **latency = &d->latency[c->set * d->config->region_count + c->region];
        data_reader *r = &d->readers[i];
        random_key key = { d->ways.seed, d->ways.replication, i, RANDOM_DATA_READ };

        if (*latency == NULL)
            *latency = calloc(1, sizeof **latency);
        if (*latency == NULL)
            return SKY_ERROR_MEMORY;
        if (c->pattern == DATA_STREAM)
            continue;
        if (c->pattern == DATA_ZIPF)
            status = weigh_ranks(r, d->config->sets[c->set].objects, c->exponent);
        demand_start(&r->arrivals, &c->load, &key);
        if (status == SKY_OK)
            status = data_push(d, demand_next_ns(&r->arrivals, d->end_ns), DATA_READS, i, c->set, 0, 0);
    }
    return status;
}

static uint32_t draw_rank(data *d, uint32_t reader)
{
    data_reader *r = &d->readers[reader];
    random_key key = { d->ways.seed, d->ways.replication, reader, RANDOM_DATA_OBJECT };
    uint32_t low = 0, high = d->config->sets[d->config->readers[reader].set].objects - 1;
    uint64_t mark = (uint64_t)(((unsigned __int128)random_u64(&key, r->drawn++) * r->below[high]) >> 64);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (mark < r->below[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

sky_status data_read(data *d, uint32_t reader)
{
    const data_reader_config *c = &d->config->readers[reader];
    data_reader *r = &d->readers[reader];
    uint32_t objects = d->sets[c->set].objects, object, ahead = 0;
    sky_status status;

    if (c->pattern == DATA_ZIPF) {
        object = objects - 1 - draw_rank(d, reader);
    } else {
        object = r->next;
        r->next = object + 1 < objects ? object + 1 : 0;
        if (d->cache_at[c->region] != SKY_NONE)
            ahead = d->config->caches[d->cache_at[c->region]].prefetch;
    }
    status = data_read_object(d, c->set, c->region, object);
    for (uint32_t i = 1; i <= ahead && i < objects && status == SKY_OK; i++)
        status = data_prefetch(d, c->set, c->region, (object + i) % objects);
    return status == SKY_OK
               ? data_push(d, demand_next_ns(&r->arrivals, d->end_ns), DATA_READS, reader, c->set, 0, 0)
               : status;
}

sky_status data_tell_streams(data *d, uint32_t set, uint32_t object)
{
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < d->config->reader_count && status == SKY_OK; i++) {
        const data_reader_config *c = &d->config->readers[i];

        if (c->pattern != DATA_STREAM || c->set != set)
            continue;
        if (d->cache_at[c->region] != SKY_NONE && d->config->caches[d->cache_at[c->region]].prefetch > 0)
            status = data_prefetch(d, set, c->region, object);
        if (status == SKY_OK)
            status = data_push(d, add_sat_i64(d->now_ns, c->after_ns), DATA_FOLLOWS, i, set, object, 0);
    }
    return status;
}

/* ---- caches ------------------------------------------------------------------------------------------------------- */

static uint64_t cache_name(uint32_t set, uint32_t object)
{
    return (uint64_t)set << 32 | object;
}

/* NULL: the region has none. */
static data_cache *cache_of(data *d, uint32_t region)
{
    return d->cache_at[region] != SKY_NONE ? &d->caches[d->cache_at[region]] : NULL;
}

void data_drop_cached(data *d, uint32_t set, uint32_t region, uint32_t object, uint32_t version)
{
    data_cache *c = cache_of(d, region);

    if (c != NULL && c->versions[set][object] < version)
        cache_forget(&c->cache, cache_name(set, object));
}

/* What was fetched from a copy, or found: 1: the cache had it. */
static int ask_cache(data *d, uint32_t set, uint32_t region, uint32_t object, uint32_t version,
                     uint32_t source)
{
    data_cache *c = cache_of(d, region);
    int64_t bytes = d->config->sets[set].object_bytes;
    cache_read read = { .now_ns = d->now_ns, .object = cache_name(set, object), .bytes = bytes };
    cache_outcome outcome;

    if (c == NULL)
        return 0;
    if (source != SKY_NONE) {
        const storage_tier *tier = &d->config->tiers[source][data_copy_of(d, set, source)->tier];

        read.saved_nusd = tier->read_nusd +
                          muldiv_i64(bytes, tier->retrieval_nusd_per_gb, tier->priced_bytes) +
                          muldiv_i64(bytes, data_price(d, source, region), 1000000000);
    }
    outcome = cache_access(&c->cache, &read);
    c->usage.reads += outcome == CACHE_HIT;
    c->usage.retrieved_bytes += outcome == CACHE_HIT ? bytes : 0;
    c->usage.writes += outcome == CACHE_ADMITTED;
    if (outcome == CACHE_ADMITTED || (outcome == CACHE_HIT && version > c->versions[set][object]))
        c->versions[set][object] = version;
    return outcome == CACHE_HIT;
}

/* ---- a read ------------------------------------------------------------------------------------------------------- */

static void served(data *d, uint32_t set, uint32_t region, uint32_t object, uint32_t version, int64_t ns)
{
    const data_copy *home = data_copy_of(d, set, d->sets[set].home);

    data_counts_of(d, set, region)->stale += version < home->versions[object];
    histogram_add(d->latency[set * d->config->region_count + region], ns, 1);
}

/* From the copy of a region, into the cache; *ns: what the copy takes. */
static sky_status take_from(data *d, uint32_t set, uint32_t source, uint32_t object, int64_t *ns,
                            uint32_t *version)
{
    const data_copy *copy = data_copy_of(d, set, source);

    *version = copy->versions[object];
    return storage_read(&d->stores[source], d->now_ns, copy->names[object], d->config->sets[set].object_bytes,
                        ns);
}

static sky_status find_source(data *d, uint32_t set, uint32_t region, uint32_t object, uint32_t *source)
{
    sky_status status = SKY_OK;

    for (uint32_t r = 0; r < d->config->region_count && status == SKY_OK; r++)
        if (data_copy_of(d, set, r)->state == DATA_READY)
            status = storage_advance(&d->stores[r], d->now_ns);
    *source = data_source(d, set, region, object);
    return status;
}

static sky_status fetch_object(data *d, uint32_t set, uint32_t region, uint32_t object, uint32_t source)
{
    data_counts *counts = data_counts_of(d, set, region);
    data_fetch f = { .bytes = d->config->sets[set].object_bytes,
                     .kind = DATA_FETCH_READ,
                     .set = set,
                     .region = region,
                     .from = source,
                     .object = object };
    int64_t nusd = 0, ns;
    uint32_t index;
    sky_status status = take_from(d, set, source, object, &f.read_ns, &f.version);

    if (status != SKY_OK)
        return status;
    if (data_is_bulk(d, set)) {
        counts->under_way++;
        return data_begin_fetch(d, &f, &index);
    }
    ns = data_fetch_at_once(d, set, source, region, f.bytes, &nusd);
    if (ns == SKY_NEVER_NS) {
        counts->failed++;
        return SKY_OK;
    }
    counts->remote++;
    counts->remote_bytes += f.bytes;
    ask_cache(d, set, region, object, f.version, source);
    served(d, set, region, object, f.version, add_sat_i64(ns, f.read_ns));
    return SKY_OK;
}

static void hit_cache(data *d, uint32_t set, uint32_t region, uint32_t object)
{
    const data_cache *c = cache_of(d, region);
    data_counts *counts = data_counts_of(d, set, region);
    int64_t bytes = d->config->sets[set].object_bytes;

    ask_cache(d, set, region, object, 0, SKY_NONE);
    counts->hits++;
    counts->cache_bytes += bytes;
    served(d, set, region, object, c->versions[set][object],
           storage_tier_read_ns(&d->config->tiers[region][c->config->tier], bytes));
}

sky_status data_read_object(data *d, uint32_t set, uint32_t region, uint32_t object)
{
    data_counts *counts = data_counts_of(d, set, region);
    data_cache *c = cache_of(d, region);
    uint32_t source = SKY_NONE, version;
    int64_t ns;
    sky_status status;

    counts->reads++;
    if (c != NULL && cache_holds(&c->cache, cache_name(set, object))) {
        hit_cache(d, set, region, object);
        return SKY_OK;
    }
    status = find_source(d, set, region, object, &source);
    if (status != SKY_OK)
        return status;
    if (source == SKY_NONE) {
        counts->failed++;
        return SKY_OK;
    }
    if (source != region)
        return fetch_object(d, set, region, object, source);
    status = take_from(d, set, region, object, &ns, &version);
    if (status != SKY_OK)
        return status;
    counts->local++;
    counts->local_bytes += d->config->sets[set].object_bytes;
    ask_cache(d, set, region, object, version, source);
    served(d, set, region, object, version, ns);
    return SKY_OK;
}

sky_status data_prefetch(data *d, uint32_t set, uint32_t region, uint32_t object)
{
    data_fetch f = { .bytes = d->config->sets[set].object_bytes,
                     .kind = DATA_FETCH_PREFETCH,
                     .set = set,
                     .region = region,
                     .object = object };
    int64_t nusd = 0;
    uint32_t index;
    sky_status status;

    if (cache_holds(&cache_of(d, region)->cache, cache_name(set, object)))
        return SKY_OK;
    status = find_source(d, set, region, object, &f.from);
    if (status != SKY_OK || f.from == SKY_NONE)
        return status;
    status = take_from(d, set, f.from, object, &f.read_ns, &f.version);
    if (status == SKY_OK && f.from != region && data_is_bulk(d, set))
        return data_begin_fetch(d, &f, &index);
    if (f.from != region) {
        if (data_fetch_at_once(d, set, f.from, region, f.bytes, &nusd) == SKY_NEVER_NS)
            return status;
        data_counts_of(d, set, region)->prefetched_bytes += f.bytes;
    }
    ask_cache(d, set, region, object, f.version, f.from);
    return status;
}

void data_read_arrived(data *d, const data_fetch *f, int cut)
{
    data_counts *counts = data_counts_of(d, f->set, f->region);

    if (f->kind == DATA_FETCH_READ) {
        counts->under_way--;
        counts->failed += cut;
        counts->remote += !cut;
    }
    if (cut)
        return;
    ask_cache(d, f->set, f->region, f->object, f->version, f->from);
    if (f->kind == DATA_FETCH_READ)
        served(d, f->set, f->region, f->object, f->version, d->now_ns - f->start_ns + f->read_ns);
}

/* ---- jobs --------------------------------------------------------------------------------------------------------- */

/* Bytes of a copy, object by object from the first on, round and round; as long as there is any. */
static sky_status read_through(data *d, uint32_t set, uint32_t source, int64_t bytes, int64_t *ns)
{
    const data_copy *copy = data_copy_of(d, set, source);
    int64_t object_bytes = d->config->sets[set].object_bytes, left = bytes, slowest_ns = 0;
    uint32_t objects = d->sets[set].objects, missed = 0;
    sky_status status = SKY_OK;

    for (uint32_t o = 0; left > 0 && missed < objects && status == SKY_OK; o = (o + 1) % objects) {
        int64_t part = left < object_bytes ? left : object_bytes;

        missed++;
        if (!data_copy_has(d, set, source, o))
            continue;
        missed = 0;
        left -= part;
        status = storage_read(&d->stores[source], d->now_ns, copy->names[o], part, ns);
        slowest_ns = *ns > slowest_ns ? *ns : slowest_ns;
    }
    *ns = slowest_ns; /* the slowest object, and all others at the rate of one reader */
    if (bytes > object_bytes)
        *ns = add_sat_i64(slowest_ns, muldiv_ceil_i64(bytes - object_bytes, SKY_NS_PER_SECOND,
                                                      d->config->tiers[source][copy->tier].bytes_per_s));
    return status;
}

sky_status data_read_for_job(data *d, uint32_t set, uint32_t region, int64_t bytes, uint32_t subject,
                             data_job_read *read)
{
    data_counts *counts = data_counts_of(d, set, region);
    int is_flow = subject != SKY_NONE && d->ways.has_network && bytes >= d->config->bulk_bytes;
    data_fetch f = {
        .bytes = bytes, .kind = DATA_FETCH_JOB, .set = set, .region = region, .subject = subject
    };
    int64_t ns;
    sky_status status = find_source(d, set, region, SKY_NONE, &f.from);

    if (f.from == SKY_NONE && is_flow)
        f.from = d->sets[set].home; /* the flow waits for a way */
    *read = (data_job_read){ .from = f.from, .fetch = SKY_NONE };
    if (status != SKY_OK || f.from == SKY_NONE || bytes == 0)
        return status;
    status = read_through(d, set, f.from, bytes, &read->ns);
    if (status != SKY_OK)
        return status;
    counts->job_requests += muldiv_ceil_i64(bytes, 1, d->config->sets[set].object_bytes);
    if (f.from == region) {
        counts->local_bytes += bytes;
        return SKY_OK;
    }
    if (is_flow)
        return data_begin_fetch(d, &f, &read->fetch);
    ns = data_fetch_at_once(d, set, f.from, region, bytes, &read->nusd);
    counts->remote_bytes += bytes;
    read->ns = add_sat_i64(read->ns, ns);
    return SKY_OK;
}

void data_cut_job(data *d, uint32_t subject)
{
    for (uint32_t i = 0; i < d->fetch_count; i++)
        if (d->fetches[i].transfer != SKY_NONE && d->fetches[i].kind == DATA_FETCH_JOB &&
            d->fetches[i].subject == subject)
            d->ways.cut(d->ways.context, d->now_ns, d->fetches[i].transfer);
}
