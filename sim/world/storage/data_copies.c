/* Copies: what is written at the home, how it reaches the others, and orders about them. */
#include "data_inside.h"

#include <stdlib.h>
#include <string.h>

#define BYTES_PER_GB 1000000000
#define TRY_AGAIN_NS (60 * SKY_NS_PER_SECOND) /* where there is no way to a copy */

sky_status data_make_room(data *d, uint32_t set, uint32_t region)
{
    data_copy *copy = data_copy_of(d, set, region);
    uint32_t room = d->sets[set].room;

    if (copy->names != NULL)
        return SKY_OK;
    copy->names = calloc(room + 1, sizeof *copy->names);
    copy->versions = calloc(room + 1, sizeof *copy->versions);
    return copy->names != NULL && copy->versions != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status make_copy(data *d, uint32_t set, uint32_t region, uint32_t tier)
{
    data_copy *copy = data_copy_of(d, set, region);
    uint32_t room = d->sets[set].room;

    if (data_make_room(d, set, region) != SKY_OK)
        return SKY_ERROR_MEMORY;
    memset(copy->names, 0, room * sizeof *copy->names);
    memset(copy->versions, 0, room * sizeof *copy->versions);
    copy->tier = tier;
    copy->fetch = copy->order = SKY_NONE;
    copy->takes_home = 0;
    d->stored[region * d->config->set_count + set].tier = tier;
    return SKY_OK;
}

static sky_status write_object(data *d, uint32_t set, uint32_t region, uint32_t object)
{
    data_copy *copy = data_copy_of(d, set, region);
    storage *store = &d->stores[region];
    sky_status status = storage_advance(store, d->now_ns);

    if (status == SKY_OK && storage_find(store, copy->names[object]) != NULL)
        status = storage_delete(store, d->now_ns, copy->names[object]);
    return status == SKY_OK
               ? storage_write(store, d->now_ns, set, d->config->sets[set].object_bytes, &copy->names[object])
               : status;
}

/* All that the copy has the version of. */
static sky_status write_all(data *d, uint32_t set, uint32_t region)
{
    data_copy *copy = data_copy_of(d, set, region);
    sky_status status = SKY_OK;

    copy->state = DATA_READY;
    for (uint32_t o = 0; o < d->sets[set].objects && status == SKY_OK; o++)
        if (copy->versions[o] > 0)
            status = write_object(d, set, region, o);
    return status;
}

/* They were there before: nobody pays for writing them. */
sky_status data_start_copies(data *d)
{
    sky_status status = SKY_OK;

    for (uint32_t s = 0; s < d->config->set_count; s++) {
        const data_set_config *c = &d->config->sets[s];

        d->sets[s].home = c->home.region;
        d->sets[s].objects = c->objects;
        for (uint32_t i = 0; i < c->replica_count + 1 && status == SKY_OK; i++) {
            data_place place = i == 0 ? c->home : c->replicas[i - 1];

            status = make_copy(d, s, place.region, place.tier);
            for (uint32_t o = 0; o < c->objects && status == SKY_OK; o++)
                data_copy_of(d, s, place.region)->versions[o] = 1;
            if (status == SKY_OK)
                status = write_all(d, s, place.region);
            d->stores[place.region]
                .holdings[s * d->config->tier_count[place.region] + place.tier]
                .usage.writes = 0;
        }
    }
    return status;
}

int data_copy_has(data *d, uint32_t set, uint32_t region, uint32_t object)
{
    const data_copy *copy = data_copy_of(d, set, region);

    return copy->state == DATA_READY && copy->versions[object] > 0 &&
           storage_find(&d->stores[region], copy->names[object]) != NULL;
}

/* Of a copy's nearest tier that holds some, or of the tier of the object. */
static int64_t retrieval_per_gb(const data *d, uint32_t set, uint32_t region, uint32_t object)
{
    const data_copy *copy = data_copy_of(d, set, region);
    const storage_object *o = object != SKY_NONE ? storage_find(&d->stores[region], copy->names[object])
                                                 : NULL;
    const storage_tier *tier = &d->config->tiers[region][o != NULL ? o->tier : copy->tier];

    return muldiv_i64(tier->retrieval_nusd_per_gb, BYTES_PER_GB, tier->priced_bytes);
}

uint32_t data_source(data *d, uint32_t set, uint32_t region, uint32_t object)
{
    uint32_t source = SKY_NONE;
    int64_t least_nusd = SKY_NEVER_NS;

    for (uint32_t i = 0; i <= d->config->region_count; i++) {
        uint32_t r = i == 0 ? region : i - 1; /* its own first */
        int64_t nusd;

        if (d->config->tier_count[r] == 0 ||
            (object == SKY_NONE ? data_copy_of(d, set, r)->state != DATA_READY
                                : !data_copy_has(d, set, r, object)))
            continue;
        if (r == region)
            return region;
        nusd = data_price(d, r, region);
        if (nusd == SKY_NEVER_NS)
            continue;
        nusd = add_sat_i64(nusd, retrieval_per_gb(d, set, r, object));
        if (nusd < least_nusd) {
            least_nusd = nusd;
            source = r;
        }
    }
    return source;
}

/* ---- what is written ---------------------------------------------------------------------------------------------- */

/* Whether anybody but the home would hear of it. */
static int has_others(const data *d, uint32_t set)
{
    for (uint32_t r = 0; r < d->config->region_count; r++)
        if (r != d->sets[set].home &&
            (data_copy_of(d, set, r)->state != DATA_NONE || d->cache_at[r] != SKY_NONE))
            return 1;
    return 0;
}

sky_status data_write_home(data *d, uint32_t set, uint32_t object)
{
    data_set *s = &d->sets[set];
    data_copy *home = data_copy_of(d, set, s->home);
    sky_status status = storage_advance(&d->stores[s->home], d->now_ns);

    if (status != SKY_OK || (home->versions[object] > 0 && !data_copy_has(d, set, s->home, object)))
        return status; /* a rule has deleted it: nobody updates what is gone */
    home->versions[object]++;
    s->updates++;
    status = write_object(d, set, s->home, object);
    data_drop_cached(d, set, s->home, object, home->versions[object]);
    if (status != SKY_OK || !has_others(d, set))
        return status;
    return data_push(d, add_sat_i64(d->now_ns, d->config->sets[set].lag_ns), DATA_SENT, set, set, object,
                     home->versions[object]);
}

sky_status data_written_arrived(data *d, const data_fetch *f)
{
    data_copy *copy = data_copy_of(d, f->set, f->region);

    if (copy->state == DATA_NONE || copy->versions[f->object] >= f->version)
        return SKY_OK;
    copy->versions[f->object] = f->version;
    return copy->state == DATA_READY ? write_object(d, f->set, f->region, f->object) : SKY_OK;
}

sky_status data_send_written(data *d, uint32_t set, uint32_t object, uint32_t version)
{
    sky_status status = SKY_OK;
    uint32_t home = d->sets[set].home, index;
    int there_is_no_way = 0;

    for (uint32_t r = 0; r < d->config->region_count && status == SKY_OK; r++) {
        const data_copy *copy = data_copy_of(d, set, r);
        const data_fetch f = { .bytes = d->config->sets[set].object_bytes,
                               .kind = DATA_FETCH_WRITTEN,
                               .set = set,
                               .region = r,
                               .from = home,
                               .object = object,
                               .version = version };
        int64_t nusd = 0;

        data_drop_cached(d, set, r, object, version);
        if (r == home || copy->state == DATA_NONE || copy->versions[object] >= version)
            continue;
        if (data_is_bulk(d, set)) {
            status = data_begin_fetch(d, &f, &index);
        } else if (data_fetch_at_once(d, set, home, r, f.bytes, &nusd) < SKY_NEVER_NS) {
            data_counts_of(d, set, r)->sent_bytes += f.bytes;
            status = data_written_arrived(d, &f);
        } else {
            there_is_no_way = 1;
        }
    }
    return status == SKY_OK && there_is_no_way
               ? data_push(d, d->now_ns + TRY_AGAIN_NS, DATA_SENT, set, set, object, version)
               : status;
}

/* ---- copies that come and go -------------------------------------------------------------------------------------- */

static sky_status drop_copy(data *d, uint32_t set, uint32_t region)
{
    data_copy *copy = data_copy_of(d, set, region);
    sky_status status = storage_advance(&d->stores[region], d->now_ns);

    for (uint32_t o = 0; o < d->sets[set].objects && status == SKY_OK; o++)
        if (copy->state == DATA_READY && storage_find(&d->stores[region], copy->names[o]) != NULL)
            status = storage_delete(&d->stores[region], d->now_ns, copy->names[o]);
    copy->state = DATA_NONE;
    copy->fetch = SKY_NONE;
    return status;
}

/* The new home gets at once what it lacks of the old one, which then is gone. */
static sky_status take_home(data *d, uint32_t set, uint32_t region)
{
    uint32_t old = d->sets[set].home;
    data_copy *from = data_copy_of(d, set, old), *to = data_copy_of(d, set, region);
    int64_t bytes = 0, nusd = 0;
    sky_status status = SKY_OK;

    to->takes_home = 0;
    if (old == region)
        return SKY_OK;
    for (uint32_t o = 0; o < d->sets[set].objects && status == SKY_OK; o++)
        if (to->versions[o] < from->versions[o] && data_copy_has(d, set, old, o)) {
            to->versions[o] = from->versions[o];
            bytes += d->config->sets[set].object_bytes;
            status = write_object(d, set, region, o);
        }
    if (bytes > 0 && data_fetch_at_once(d, set, old, region, bytes, &nusd) < SKY_NEVER_NS)
        data_counts_of(d, set, region)->sent_bytes += bytes;
    d->sets[set].home = region;
    return status == SKY_OK ? drop_copy(d, set, old) : status;
}

static sky_status tell_news(data *d, data_news news)
{
    if (d->news_count == d->news_room) {
        uint32_t room = d->news_room < 16 ? 16 : d->news_room * 2;
        data_news *grown = realloc(d->news, room * sizeof *grown);

        if (grown == NULL)
            return SKY_ERROR_MEMORY;
        d->news = grown;
        d->news_room = room;
    }
    d->news[d->news_count++] = news;
    return SKY_OK;
}

static sky_status finish_copy(data *d, uint32_t set, uint32_t region)
{
    data_copy *copy = data_copy_of(d, set, region);
    sky_status status = write_all(d, set, region);

    copy->fetch = SKY_NONE;
    return status == SKY_OK && copy->takes_home ? take_home(d, set, region) : status;
}

sky_status data_copy_arrived(data *d, const data_fetch *f, uint32_t fetch, int cut)
{
    data_copy *copy = data_copy_of(d, f->set, f->region);
    const data_news news = { f->set, f->region, copy->order, d->sets[f->set].home, cut };
    sky_status status = SKY_OK;

    if (copy->state != DATA_COMING || copy->fetch != fetch)
        return SKY_OK; /* it was evicted meanwhile, and that was answered */
    if (cut)
        copy->state = DATA_NONE;
    else
        status = finish_copy(d, f->set, f->region);
    return status == SKY_OK ? tell_news(d, news) : status;
}

/* The copy begins as what its source has now, which is read there. */
static sky_status read_source(data *d, uint32_t set, uint32_t from, uint32_t region, data_fetch *f)
{
    const data_copy *source = data_copy_of(d, set, from);
    data_copy *copy = data_copy_of(d, set, region);
    int64_t object_bytes = d->config->sets[set].object_bytes, ns;
    sky_status status = SKY_OK;

    for (uint32_t o = 0; o < d->sets[set].objects && status == SKY_OK; o++) {
        if (!data_copy_has(d, set, from, o))
            continue;
        copy->versions[o] = source->versions[o];
        f->bytes += object_bytes;
        status = storage_read(&d->stores[from], d->now_ns, source->names[o], object_bytes, &ns);
    }
    return status;
}

static data_answer may_replicate(const data *d, uint32_t set, uint32_t from, data_place to, int takes_home)
{
    const data_copy *copy = data_copy_of(d, set, to.region);

    if (to.tier >= d->config->tier_count[to.region] || d->config->sets[set].forbidden[to.region])
        return DATA_FORBIDDEN;
    if (copy->state != DATA_NONE)
        return takes_home && copy->state == DATA_READY && d->sets[set].home != to.region ? DATA_DONE
                                                                                         : DATA_IS_SO;
    if (data_copy_of(d, set, from)->state != DATA_READY)
        return DATA_NO_SOURCE;
    return data_price(d, from, to.region) == SKY_NEVER_NS ? DATA_NO_WAY : DATA_BEGUN;
}

sky_status data_replicate(data *d, uint32_t set, uint32_t from, data_place to, int takes_home, uint32_t order,
                          data_answer *answer)
{
    data_copy *copy = data_copy_of(d, set, to.region);
    data_fetch f = { .kind = DATA_FETCH_COPY, .set = set, .region = to.region, .from = from };
    int64_t nusd = 0;
    sky_status status;

    *answer = may_replicate(d, set, from, to, takes_home);
    if (*answer == DATA_DONE)
        return take_home(d, set, to.region);
    if (*answer != DATA_BEGUN)
        return SKY_OK;
    status = make_copy(d, set, to.region, to.tier);
    if (status == SKY_OK)
        status = read_source(d, set, from, to.region, &f);
    if (status != SKY_OK)
        return status;
    copy->state = DATA_COMING;
    copy->order = order;
    copy->takes_home = (uint32_t)takes_home;
    if (d->ways.has_network && f.bytes > 0)
        return data_begin_fetch(d, &f, &copy->fetch);
    if (f.bytes > 0)
        data_fetch_at_once(d, set, from, to.region, f.bytes, &nusd);
    data_counts_of(d, set, to.region)->sent_bytes += f.bytes;
    *answer = DATA_DONE;
    return finish_copy(d, set, to.region);
}

sky_status data_set_tier(data *d, uint32_t set, data_place place, data_answer *answer)
{
    data_copy *copy = data_copy_of(d, set, place.region);
    sky_status status = SKY_OK;

    *answer = place.tier >= d->config->tier_count[place.region] ? DATA_FORBIDDEN
              : copy->state != DATA_READY                       ? DATA_NO_SOURCE
                                                                : DATA_DONE;
    if (*answer != DATA_DONE)
        return SKY_OK;
    copy->tier = d->stored[place.region * d->config->set_count + set].tier = place.tier;
    for (uint32_t o = 0; o < d->sets[set].objects && status == SKY_OK; o++)
        if (data_copy_has(d, set, place.region, o))
            status = storage_move(&d->stores[place.region], d->now_ns, copy->names[o], place.tier);
    return status;
}

sky_status data_evict(data *d, uint32_t set, uint32_t region, data_answer *answer)
{
    data_copy *copy = data_copy_of(d, set, region);
    uint32_t coming = copy->state == DATA_COMING ? copy->fetch : SKY_NONE;
    sky_status status;

    *answer = region == d->sets[set].home ? DATA_FORBIDDEN
              : copy->state == DATA_NONE  ? DATA_IS_SO
                                          : DATA_DONE;
    if (*answer != DATA_DONE)
        return SKY_OK;
    status = drop_copy(d, set, region);
    if (coming != SKY_NONE)
        d->ways.cut(d->ways.context, d->now_ns, d->fetches[coming].transfer);
    return status;
}
