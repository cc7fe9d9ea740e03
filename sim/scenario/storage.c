/* Section `storage`: tiers of storage in the regions, datasets and their copies, who reads them, and caches. */
#include "../world/storage/data.h"
#include "storage_tiers.h"

#include <stdio.h>
#include <string.h>

#define STORAGE_KEYS "tiers extra_tiers datasets readers caches jobs bulk replication tiering time_value"
#define DATASET_KEYS "name size objects home tier replicas growth updates lag lifecycle allowed_jurisdictions"
#define READER_KEYS  "name dataset region pattern exponent rate swing peak weekend after"
#define CACHE_KEYS   "region tier size policy admission stay prefetch history price"
#define KINDS        "memory nvme hot cool archive"
#define DAY_NS       (24 * SKY_NS_PER_HOUR)
#define PER_DAY      1000000 /* rates are in millionths a day */
#define MOST_THINGS  1000
#define MOST_RATE    1e6
#define MOST_CACHED  (1 << 24)

/* What is being read; all lives in the loader's arena. */
typedef struct reading {
    storage_catalog catalog;
    storage_tier **tiers; /* by region */
    uint32_t *tier_count;
    data_set_config *sets;
    data_reader_config *readers;
    data_cache_config *caches;
    data_job_config *jobs;
    data_config *out;
} reading;

/* ---- tiers ------------------------------------------------------------------------------------------------------- */

static sky_status tiers_of_region(loader *l, const config_setting_t *group, reading *r, size_t region)
{
    const scenario *s = l->out;
    const char *provider = s->providers[s->regions[region].provider].name;

    r->tiers[region] = config_alloc(l, DATA_MOST_TIERS, sizeof *r->tiers[region]);
    if (r->tiers[region] == NULL)
        return SKY_ERROR_MEMORY;
    for (int kind = 0; kind < STORAGE_KIND_COUNT; kind++) /* from near to far, else as they are listed */
        for (size_t i = 0; i < r->catalog.count; i++) {
            if (r->catalog.tiers[i].kind != (storage_kind)kind ||
                (*r->catalog.providers[i] != '\0' && strcmp(r->catalog.providers[i], provider) != 0))
                continue;
            if (r->tier_count[region] == DATA_MOST_TIERS)
                return config_fail(l, group, "tiers", "more than 8 of one provider", "8 at most in a region");
            r->tiers[region][r->tier_count[region]++] = r->catalog.tiers[i];
        }
    return SKY_OK;
}

static sky_status load_tiers(loader *l, const config_setting_t *group, reading *r)
{
    const config_setting_t *list = NULL, *extra = NULL;
    size_t regions = l->out->region_count, most = 0;
    sky_status status = config_get_list(l, group, "tiers", 0, &list);

    if (status == SKY_OK)
        status = config_get_list(l, group, "extra_tiers", 0, &extra);
    if (status != SKY_OK)
        return status;
    most = (list != NULL ? (size_t)config_setting_length(list) : 0) +
           (extra != NULL ? (size_t)config_setting_length(extra) : 0);
    status = storage_tiers_room(l, most, &r->catalog);
    if (status == SKY_OK && list != NULL)
        status = storage_tiers_load(l, list, &r->catalog);
    if (status == SKY_OK && extra != NULL)
        status = storage_tiers_change(l, extra, &r->catalog);
    if (status == SKY_OK && r->catalog.count == 0)
        status = config_fail(l, group, "tiers", "no tier of storage",
                             "@include \"catalog/storage.cfg\", or a list `extra_tiers`");
    r->tiers = config_alloc(l, regions + 1, sizeof *r->tiers);
    r->tier_count = config_alloc(l, regions + 1, sizeof *r->tier_count);
    if (status == SKY_OK && (r->tiers == NULL || r->tier_count == NULL))
        return SKY_ERROR_MEMORY;
    for (size_t region = 0; region < regions && status == SKY_OK; region++)
        status = tiers_of_region(l, group, r, region);
    return status;
}

/* By its name, or the first of a kind; the count: there is none. */
static uint32_t find_tier(const reading *r, uint32_t region, const char *name)
{
    static const char *const kinds[] = { "memory", "nvme", "hot", "cool", "archive" };

    for (uint32_t i = 0; i < r->tier_count[region]; i++)
        if (strcmp(r->tiers[region][i].name, name) == 0 || strcmp(kinds[r->tiers[region][i].kind], name) == 0)
            return i;
    return r->tier_count[region];
}

static sky_status get_tier(loader *l, const config_setting_t *group, const char *key, const char *usual,
                           const reading *r, data_place *place)
{
    const char *name = usual;
    char expected[160];
    sky_status status = config_get_string(l, group, key, 0, &name);

    if (status != SKY_OK)
        return status;
    place->tier = find_tier(r, place->region, name);
    if (place->tier < r->tier_count[place->region])
        return SKY_OK;
    snprintf(expected, sizeof expected, "a tier that %.60s has, by name or as one of " KINDS,
             l->out->regions[place->region].name);
    return config_fail(l, group, key, name, expected);
}

static sky_status get_region(loader *l, const config_setting_t *group, const char *key, uint32_t *region)
{
    const char *name = NULL;
    sky_status status = config_get_string(l, group, key, 1, &name);

    if (status != SKY_OK)
        return status;
    *region = (uint32_t)scenario_find_region(l->out, name);
    return *region < l->out->region_count ? SKY_OK : load_fail_region(l, group, key, name);
}

/* ---- datasets ----------------------------------------------------------------------------------------------------- */

/* A rule where the region has the tier; elsewhere it is left out. */
static void add_rule(const reading *r, storage_rule *rules, uint32_t *counts, uint32_t region,
                     int64_t after_ns, const char *to)
{
    uint32_t tier = strcmp(to, "delete") == 0 ? SKY_NONE : find_tier(r, region, to), *count = &counts[region];
    storage_rule *of_region = &rules[region * DATA_MOST_TIERS];

    if (tier == r->tier_count[region] || *count == DATA_MOST_TIERS ||
        (*count > 0 && tier <= of_region[*count - 1].tier))
        return;
    of_region[(*count)++] = (storage_rule){ .after_ns = after_ns, .tier = tier };
}

static sky_status load_lifecycle(loader *l, const config_setting_t *group, const reading *r,
                                 data_set_config *set)
{
    const config_setting_t *list = NULL;
    storage_rule *rules = config_alloc(l, l->out->region_count * DATA_MOST_TIERS + 1, sizeof *rules);
    uint32_t *counts = config_alloc(l, l->out->region_count + 1, sizeof *counts);
    int64_t before_ns = 0;
    sky_status status = config_get_list(l, group, "lifecycle", 0, &list);

    if (rules == NULL || counts == NULL)
        return SKY_ERROR_MEMORY;
    set->rules = rules;
    set->rule_count = counts;
    for (int i = 0; list != NULL && i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *rule = config_setting_get_elem(list, (unsigned)i);
        uint32_t known = counts[set->home.region];
        const char *to = NULL;
        int64_t after_ns = 0;

        status = config_check_keys(l, rule, "after to");
        if (status == SKY_OK)
            status = config_get_quantity(l, rule, "after", UNIT_TIME, 1, &after_ns);
        if (status == SKY_OK && after_ns <= before_ns)
            status = config_fail(l, rule, "after", "no later than the rule before", "rising times");
        if (status == SKY_OK)
            status = config_get_string(l, rule, "to", 1, &to);
        for (uint32_t region = 0; status == SKY_OK && region < l->out->region_count; region++)
            add_rule(r, rules, counts, region, after_ns, to);
        if (status == SKY_OK && counts[set->home.region] == known)
            status = config_fail(l, rule, "to", to,
                                 "a farther tier than before that the home's region has, or \"delete\"");
        before_ns = after_ns;
    }
    return status;
}

static sky_status load_replicas(loader *l, const config_setting_t *group, const reading *r,
                                data_set_config *set)
{
    const config_setting_t *list = NULL;
    data_place *replicas;
    sky_status status = config_get_list(l, group, "replicas", 0, &list);

    if (status != SKY_OK || list == NULL)
        return status;
    replicas = config_alloc(l, (size_t)config_setting_length(list) + 1, sizeof *replicas);
    if (replicas == NULL)
        return SKY_ERROR_MEMORY;
    set->replicas = replicas;
    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *replica = config_setting_get_elem(list, (unsigned)i);
        data_place *place = &replicas[set->replica_count];
        int again = 0;

        status = config_check_keys(l, replica, "region tier");
        if (status == SKY_OK)
            status = get_region(l, replica, "region", &place->region);
        if (status == SKY_OK)
            status = get_tier(l, replica, "tier", "hot", r, place);
        for (uint32_t k = 0; k < set->replica_count; k++)
            again |= set->replicas[k].region == place->region;
        if (status == SKY_OK && (again || place->region == set->home.region))
            status = config_fail(l, replica, "region", l->out->regions[place->region].name,
                                 "a region without a copy so far");
        if (status == SKY_OK && set->forbidden[place->region])
            status = config_fail(l, replica, "region", l->out->regions[place->region].name,
                                 "a region of an allowed jurisdiction");
        set->replica_count++;
    }
    return status;
}

/* What is written to it. */
static sky_status load_writes(loader *l, const config_setting_t *group, data_set_config *set)
{
    int64_t growth = 0, updates = 0;
    sky_status status = config_get_quantity(l, group, "growth", UNIT_RATE, 0, &growth);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "updates", UNIT_RATE, 0, &updates);
    if (status == SKY_OK && (growth > INT64_C(1000000) * PER_DAY || updates > INT64_C(100000000) * PER_DAY))
        status = config_fail(l, group, growth > INT64_C(1000000) * PER_DAY ? "growth" : "updates", "too many",
                             "at most 1 million new objects and 100 million updates a day");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "lag", UNIT_TIME, 0, &set->lag_ns);
    set->grows_every_ns = growth > 0 ? muldiv_i64(DAY_NS, PER_DAY, growth) : SKY_NEVER_NS;
    set->updates_per_s = (double)updates / ((double)PER_DAY * 86400);
    return status;
}

static sky_status load_size(loader *l, const config_setting_t *group, data_set_config *set)
{
    int64_t bytes = 0, objects = 1;
    sky_status status = config_get_quantity(l, group, "size", UNIT_BYTES, 1, &bytes);

    if (status == SKY_OK)
        status = config_get_integer(l, group, "objects", 0, 1, DATA_MOST_OBJECTS, &objects);
    if (status == SKY_OK && (bytes < objects || bytes > INT64_C(1000000000000000000)))
        status = config_fail(l, group, "size", "a size out of range", "from a byte an object to \"1000 PB\"");
    set->objects = (uint32_t)objects;
    set->object_bytes = bytes / objects;
    return status;
}

static sky_status load_dataset(loader *l, const config_setting_t *group, const reading *r,
                               data_set_config *set)
{
    unsigned char *closed;
    sky_status status = config_check_keys(l, group, DATASET_KEYS);

    if (status == SKY_OK)
        status = config_get_name(l, group, &set->name);
    for (uint32_t i = 0; status == SKY_OK && i < r->out->set_count; i++)
        if (strcmp(r->sets[i].name, set->name) == 0)
            status = config_fail(l, group, "name", set->name, "a name of its own");
    if (status == SKY_OK)
        status = load_size(l, group, set);
    if (status == SKY_OK)
        status = get_region(l, group, "home", &set->home.region);
    if (status == SKY_OK)
        status = get_tier(l, group, "tier", "hot", r, &set->home);
    if (status != SKY_OK)
        return status;
    status = load_closed_regions(l, group, &closed);
    set->forbidden = closed;
    if (status == SKY_OK && closed[set->home.region])
        status = config_fail(l, group, "home", l->out->regions[set->home.region].name,
                             "a region of an allowed jurisdiction");
    if (status == SKY_OK)
        status = load_replicas(l, group, r, set);
    if (status == SKY_OK)
        status = load_writes(l, group, set);
    if (status == SKY_OK)
        status = load_lifecycle(l, group, r, set);
    set->name = config_strdup(l, set->name != NULL ? set->name : "");
    return status == SKY_OK && set->name == NULL ? SKY_ERROR_MEMORY : status;
}

static sky_status find_set(loader *l, const config_setting_t *group, const reading *r, uint32_t *set)
{
    const char *name = NULL;
    suggest_search search;
    sky_status status = config_get_string(l, group, "dataset", 1, &name);

    if (status != SKY_OK)
        return status;
    search = suggest_for(name);
    for (*set = 0; *set < r->out->set_count; (*set)++) {
        if (strcmp(r->sets[*set].name, name) == 0)
            return SKY_OK;
        suggest_offer(&search, r->sets[*set].name, 0);
    }
    return config_fail_near(l, group, "dataset", name, "the name of one of `datasets`", &search);
}

/* ---- who reads ------------------------------------------------------------------------------------------------------ */

static sky_status load_rate(loader *l, const config_setting_t *group, demand *d)
{
    sky_status status = config_get_real(l, group, "rate", 1, 1e-6, MOST_RATE, &d->per_s);

    d->weekend = 1;
    if (status == SKY_OK)
        status = config_get_real(l, group, "swing", 0, 0, 1, &d->swing);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "peak", UNIT_TIME, 0, &d->peak_ns);
    if (status == SKY_OK && d->peak_ns >= DAY_NS)
        status = config_fail(l, group, "peak", "a day or more", "a time of day, UTC, such as \"14 h\"");
    if (status == SKY_OK)
        status = config_get_real(l, group, "weekend", 0, 0, 10, &d->weekend);
    d->steady = d->swing <= 0 && d->weekend >= 1 && d->weekend <= 1;
    return status;
}

static sky_status refuse_key(loader *l, const config_setting_t *group, const char *key, const char *found,
                             const char *expected)
{
    return config_setting_get_member(group, key) != NULL ? config_fail(l, group, key, found, expected)
                                                         : SKY_OK;
}

static sky_status load_reader(loader *l, const config_setting_t *group, const reading *r,
                              data_reader_config *reader)
{
    const char *name = NULL;
    int pattern = DATA_ZIPF;
    sky_status status = config_check_keys(l, group, READER_KEYS);

    reader->exponent = 0.9;
    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status == SKY_OK)
        status = find_set(l, group, r, &reader->set);
    if (status == SKY_OK)
        status = get_region(l, group, "region", &reader->region);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "pattern", 0, "zipf scan stream", &pattern);
    if (status == SKY_OK)
        status = config_get_real(l, group, "exponent", 0, 0, 5, &reader->exponent);
    if (status == SKY_OK && pattern != DATA_ZIPF)
        status = refuse_key(l, group, "exponent", "an exponent", "none, but of the pattern zipf");
    if (status == SKY_OK && pattern == DATA_STREAM)
        status = refuse_key(l, group, "rate", "a rate", "none: a stream comes as its dataset grows");
    if (status == SKY_OK && pattern == DATA_STREAM && r->sets[reader->set].grows_every_ns == SKY_NEVER_NS)
        status = config_fail(l, group, "pattern", "the stream of a dataset that does not grow",
                             "a dataset with `growth`");
    if (status == SKY_OK && pattern == DATA_STREAM)
        status = config_get_quantity(l, group, "after", UNIT_TIME, 0, &reader->after_ns);
    if (status == SKY_OK && pattern != DATA_STREAM)
        status = refuse_key(l, group, "after", "a time", "none, but of the pattern stream");
    if (status == SKY_OK && pattern != DATA_STREAM)
        status = load_rate(l, group, &reader->load);
    reader->pattern = (data_pattern)pattern;
    if (status != SKY_OK)
        return status;
    reader->name = config_strdup(l, name);
    return reader->name != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status find_class(loader *l, const config_setting_t *group, uint32_t *job_class)
{
    const char *name = NULL;
    suggest_search search;
    sky_status status = config_get_string(l, group, "class", 1, &name);

    if (status != SKY_OK)
        return status;
    search = suggest_for(name);
    for (*job_class = 0; *job_class < l->out->class_count; (*job_class)++) {
        if (strcmp(l->out->classes[*job_class].name, name) == 0)
            return SKY_OK;
        suggest_offer(&search, l->out->classes[*job_class].name, 0);
    }
    return config_fail_near(l, group, "class", name, "the name of one of `classes`", &search);
}

static sky_status load_job(loader *l, const config_setting_t *group, reading *r)
{
    data_job_config job = { 0 };
    uint32_t at = r->out->job_count;
    sky_status status = config_check_keys(l, group, "class dataset size hourly");

    if (status == SKY_OK)
        status = find_class(l, group, &job.job_class);
    if (status == SKY_OK)
        status = find_set(l, group, r, &job.set);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "size", UNIT_BYTES, 0, &job.bytes);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "hourly", UNIT_BYTES, 0, &job.hourly_bytes);
    if (status == SKY_OK && job.bytes + job.hourly_bytes == 0)
        status = config_fail(l, group, "size", "nothing", "a size that each start reads, or an hourly one");
    for (uint32_t i = 0; status == SKY_OK && i < r->out->job_count; i++)
        if (r->jobs[i].job_class == job.job_class && r->jobs[i].set == job.set)
            status = config_fail(l, group, "dataset", r->sets[job.set].name, "each dataset once for a class");
    if (status != SKY_OK)
        return status;
    for (; at > 0 && (r->jobs[at - 1].job_class > job.job_class ||
                      (r->jobs[at - 1].job_class == job.job_class && r->jobs[at - 1].set > job.set));
         at--)
        r->jobs[at] = r->jobs[at - 1];
    r->jobs[at] = job;
    r->out->job_count++;
    return SKY_OK;
}

/* ---- caches --------------------------------------------------------------------------------------------------------- */

static sky_status load_admission(loader *l, const config_setting_t *group, const reading *r,
                                 data_cache_config *c)
{
    cache_admission_terms *terms;
    int admission = 0;
    int64_t stay_ns = DAY_NS;
    sky_status status = config_get_choice(l, group, "admission", 0, "all cost", &admission);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "stay", UNIT_TIME, 0, &stay_ns);
    if (status == SKY_OK && stay_ns == 0)
        status = config_fail(l, group, "stay", "0", "a time above 0");
    if (status == SKY_OK && !admission)
        status = refuse_key(l, group, "stay", "a time", "none, but beside admission = \"cost\"");
    if (status != SKY_OK || !admission)
        return status;
    terms = config_alloc(l, 1, sizeof *terms);
    if (terms == NULL)
        return SKY_ERROR_MEMORY;
    *terms = (cache_admission_terms){ &r->tiers[c->region][c->tier], stay_ns };
    c->cache.admission = terms;
    return SKY_OK;
}

static sky_status load_cache_size(loader *l, const config_setting_t *group, const reading *r, cache_config *c)
{
    char expected[120];
    sky_status status = config_get_quantity(l, group, "size", UNIT_BYTES, 1, &c->capacity_bytes);

    c->block_bytes = INT64_MAX;
    for (uint32_t i = 0; i < r->out->set_count; i++)
        if (r->sets[i].object_bytes < c->block_bytes)
            c->block_bytes = r->sets[i].object_bytes;
    if (status != SKY_OK ||
        (c->capacity_bytes >= c->block_bytes && c->capacity_bytes / c->block_bytes <= MOST_CACHED))
        return status;
    snprintf(expected, sizeof expected, "room for 1 to %d of the smallest objects, of %lld bytes",
             MOST_CACHED, (long long)c->block_bytes);
    return config_fail(l, group, "size", "a size out of range", expected);
}

static sky_status load_cache(loader *l, const config_setting_t *group, const reading *r, data_cache_config *c)
{
    static const char *const policies[] = { "lru", "lfu", "sieve", "w-tinylfu" };
    data_place place = { 0 };
    int policy = 0;
    int64_t prefetch = 0, history = 0;
    sky_status status = config_check_keys(l, group, CACHE_KEYS);

    if (status == SKY_OK)
        status = get_region(l, group, "region", &place.region);
    for (uint32_t i = 0; status == SKY_OK && i < r->out->cache_count; i++)
        if (r->caches[i].region == place.region)
            status = config_fail(l, group, "region", l->out->regions[place.region].name,
                                 "one cache a region");
    if (status == SKY_OK)
        status = get_tier(l, group, "tier", "memory", r, &place);
    c->region = place.region;
    c->tier = place.tier;
    if (status == SKY_OK)
        status = load_cache_size(l, group, r, &c->cache);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "policy", 0, "lru lfu sieve w-tinylfu", &policy);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "prefetch", 0, 0, 1000, &prefetch);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "history", 0, 0, MOST_CACHED, &history);
    if (status == SKY_OK && policy != 1)
        status = refuse_key(l, group, "history", "a history", "none, but of the policy lfu");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price", UNIT_USD_PER_HOUR, 0, &c->nusd_per_hour);
    if (status == SKY_OK)
        status = load_admission(l, group, r, c);
    c->cache.policy = cache_find_policy(policies[policy]);
    c->cache.history = (uint32_t)history;
    c->prefetch = (uint32_t)prefetch;
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static sky_status get_things(loader *l, const config_setting_t *group, const char *key, int required,
                             const config_setting_t **list, size_t *count)
{
    sky_status status = config_get_list(l, group, key, required, list);

    *count = status == SKY_OK && *list != NULL ? (size_t)config_setting_length(*list) : 0;
    if (*count > MOST_THINGS)
        status = config_fail(l, group, key, "too many", "1000 at most");
    return status;
}

static sky_status load_lists(loader *l, const config_setting_t *group, reading *r)
{
    static const char *const keys[] = { "datasets", "readers", "caches", "jobs" };
    const config_setting_t *lists[] = { NULL, NULL, NULL, NULL };
    size_t counts[] = { 0, 0, 0, 0 };
    data_config *out = r->out;
    sky_status status = SKY_OK;

    for (int i = 0; i < 4 && status == SKY_OK; i++)
        status = get_things(l, group, keys[i], i == 0, &lists[i], &counts[i]);
    if (status == SKY_OK && counts[0] == 0)
        status = config_fail(l, group, "datasets", "an empty list", "at least one dataset");
    if (status != SKY_OK)
        return status;
    out->sets = r->sets = config_alloc(l, counts[0], sizeof *r->sets);
    out->readers = r->readers = config_alloc(l, counts[1] + 1, sizeof *r->readers);
    out->caches = r->caches = config_alloc(l, counts[2] + 1, sizeof *r->caches);
    out->jobs = r->jobs = config_alloc(l, counts[3] + 1, sizeof *r->jobs);
    if (r->sets == NULL || r->readers == NULL || r->caches == NULL || r->jobs == NULL)
        return SKY_ERROR_MEMORY;
    for (unsigned i = 0; i < counts[0] && status == SKY_OK; i++, out->set_count += status == SKY_OK)
        status = load_dataset(l, config_setting_get_elem(lists[0], i), r, &r->sets[out->set_count]);
    for (unsigned i = 0; i < counts[1] && status == SKY_OK; i++, out->reader_count += status == SKY_OK)
        status = load_reader(l, config_setting_get_elem(lists[1], i), r, &r->readers[out->reader_count]);
    for (unsigned i = 0; i < counts[2] && status == SKY_OK; i++, out->cache_count += status == SKY_OK)
        status = load_cache(l, config_setting_get_elem(lists[2], i), r, &r->caches[out->cache_count]);
    for (unsigned i = 0; i < counts[3] && status == SKY_OK; i++)
        status = load_job(l, config_setting_get_elem(lists[3], i), r);
    return status;
}

/* What the engine may do with all this. */
static sky_status load_options(loader *l, const config_setting_t *group, sky_data_options *o)
{
    int replication = SKY_REPLICATE_NEVER, tiering = SKY_TIERS_STAY;
    sky_status status = config_get_choice(l, group, "replication", 0, "none break-even", &replication);

    if (status == SKY_OK)
        status = config_get_choice(l, group, "tiering", 0, "none by-reads", &tiering);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "time_value", UNIT_USD_PER_HOUR, 0, &o->time_nusd_per_hour);
    o->replication = (uint32_t)replication;
    o->tiering = (uint32_t)tiering;
    return status;
}

sky_status load_storage(loader *l, const config_setting_t *root)
{
    const config_setting_t *group = NULL;
    reading r = { .out = NULL };
    sky_status status = config_get_group(l, root, "storage", 0, &group);

    if (status != SKY_OK || group == NULL)
        return status;
    r.out = config_alloc(l, 1, sizeof *r.out);
    if (r.out == NULL)
        return SKY_ERROR_MEMORY;
    status = config_check_keys(l, group, STORAGE_KEYS);
    if (status == SKY_OK)
        status = load_tiers(l, group, &r);
    r.out->region_count = (uint32_t)l->out->region_count;
    r.out->tiers = (const storage_tier *const *)r.tiers;
    r.out->tier_count = r.tier_count;
    r.out->bulk_bytes = INT64_C(16) << 20;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "bulk", UNIT_BYTES, 0, &r.out->bulk_bytes);
    if (status == SKY_OK)
        status = load_options(l, group, &l->out->data_options);
    if (status == SKY_OK)
        status = load_lists(l, group, &r);
    l->out->storage = r.out;
    return status;
}
