/* Caches of every policy, storage and datasets that are saved, destroyed, made anew and restored go on as those that were not,
 * read for read; bills go on where prices change; and whatever the bytes say, they are refused or do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data_world.h"
#include "kernel/random.h"
#include "saved_state.h"

#define SECOND SKY_NS_PER_SECOND
#define DAY    (24 * SKY_NS_PER_HOUR)

static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
    const random_key key = { .seed = 9, .purpose = RANDOM_TASK };

    return (uint32_t)(random_u64(&key, drawn++) % below);
}

/* ---- caches --------------------------------------------------------------------------------------------------------- */

static void of_cache(void *thing, state *s)
{
    cache_state(thing, s);
}

static void restore_cache(const cache *unbroken, cache *c, const cache_config *config)
{
    size_t size, again_size;
    unsigned char *bytes = save_state(of_cache, c, &size), *again;
    sky_error error = { "" };

    cache_free(c);
    assert_int_equal(cache_init(c, config), SKY_OK);
    if (restore_state(of_cache, c, bytes, size, &error) != SKY_OK)
        fail_msg("%s: %s", cache_policy_name(config->policy), error.message);
    assert_int_equal(c->bytes, unbroken->bytes);
    again = save_state(of_cache, c, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    free(bytes);
}

static void same_hits(const cache_config *config)
{
    cache a, b;

    assert_int_equal(cache_init(&a, config), SKY_OK);
    assert_int_equal(cache_init(&b, config), SKY_OK);
    for (int i = 0; i < 20000; i++) {
        uint64_t object = draw(3) ? draw(40) * draw(8) : draw(1000);
        cache_read read = { .now_ns = i * SECOND,
                            .object = object,
                            .bytes = 1 + (int64_t)(object * 37 % 60),
                            .saved_nusd = (int64_t)draw(1000) };

        if (draw(20) == 0) {
            cache_forget(&a, object);
            cache_forget(&b, object);
        }
        assert_int_equal(cache_access(&a, &read), cache_access(&b, &read));
        if (draw(300) == 0)
            restore_cache(&a, &b, config);
    }
    assert_memory_equal(&a.counts, &b.counts, sizeof a.counts);
    assert_true(a.counts.hits > 500 && a.counts.evicted > 100);
    cache_free(&a);
    cache_free(&b);
}

static void test_caches_hit_the_same(void **context)
{
    const cache_admission_terms terms = { .tier = &tiers[0], .stay_ns = 1000 * SECOND };
    const cache_config configs[] = {
        { .policy = &cache_lru, .capacity_bytes = 2000, .block_bytes = 10 },
        { .policy = &cache_lru, .capacity_bytes = 2000, .block_bytes = 10, .admission = &terms },
        { .policy = &cache_lfu, .capacity_bytes = 2000, .block_bytes = 10 },
        { .policy = &cache_lfu, .capacity_bytes = 2000, .block_bytes = 10, .history = 100 },
        { .policy = &cache_sieve, .capacity_bytes = 2000, .block_bytes = 10 },
        { .policy = &cache_w_tinylfu, .capacity_bytes = 2000, .block_bytes = 10 },
        { .policy = &cache_w_tinylfu, .capacity_bytes = 2000, .block_bytes = 10, .admission = &terms },
    };

    (void)context;
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++)
        same_hits(&configs[i]);
}

/* ---- datasets: small ones and bulk ones, that grow and are updated, with copies that come and go ----------------------- */

#define SETS       3
#define MOST_FLOWS 4096

static const storage_rule rules[REGIONS * DATA_MOST_TIERS] = {
    [0] = { .after_ns = DAY, .tier = 1 },
    [1] = { .after_ns = 3 * DAY, .tier = SKY_NONE },
    [DATA_MOST_TIERS] = { .after_ns = 2 * DAY, .tier = 1 },
};
static const uint32_t rule_count[REGIONS] = { 2, 1, 0 };
static const data_place replicas[] = { { 1, 1 } };

static const data_set_config sets[SETS] = {
    { .name = "small",
      .objects = 60,
      .object_bytes = 1000,
      .home = { 0, 0 },
      .replicas = replicas,
      .replica_count = 1,
      .grows_every_ns = 4000 * SECOND,
      .updates_per_s = 0.001,
      .lag_ns = 600 * SECOND,
      .forbidden = forbidden,
      .rules = rules,
      .rule_count = rule_count },
    { .name = "bulk",
      .objects = 30,
      .object_bytes = 2 * GB,
      .home = { 1, 0 },
      .grows_every_ns = 9000 * SECOND,
      .updates_per_s = 0.0005,
      .lag_ns = 100 * SECOND,
      .forbidden = not_in_2,
      .rules = no_rules,
      .rule_count = no_rule },
    { .name = "still",
      .objects = 40,
      .object_bytes = 100,
      .home = { 2, 1 },
      .grows_every_ns = SKY_NEVER_NS,
      .forbidden = forbidden,
      .rules = rules,
      .rule_count = rule_count },
};

static const data_reader_config readers[] = {
    { .name = "z",
      .set = 0,
      .region = 1,
      .pattern = DATA_ZIPF,
      .exponent = 0.9,
      .load = { .per_s = 0.01, .steady = 1 } },
    { .name = "day",
      .set = 1,
      .region = 0,
      .pattern = DATA_ZIPF,
      .exponent = 0.5,
      .load = { .per_s = 0.002, .swing = 0.5, .weekend = 1 } },
    { .name = "scan", .set = 2, .region = 0, .pattern = DATA_SCAN, .load = { .per_s = 0.01, .steady = 1 } },
    { .name = "stream", .set = 1, .region = 2, .pattern = DATA_STREAM, .after_ns = 50 * SECOND },
    { .name = "s", .set = 0, .region = 2, .pattern = DATA_STREAM, .after_ns = 5 * SECOND },
};

static data_cache_config caches[] = {
    { .region = 0, .tier = 0, .cache = { .capacity_bytes = 12 * GB, .block_bytes = GB / 10 }, .prefetch = 2 },
    { .region = 1,
      .tier = 0,
      .cache = { .capacity_bytes = 30000, .block_bytes = 1000 },
      .nusd_per_hour = 1000000 },
    { .region = 2, .tier = 1, .cache = { .capacity_bytes = 9 * GB, .block_bytes = GB / 10 }, .prefetch = 1 },
};

static const data_config world = { .region_count = REGIONS,
                                   .set_count = SETS,
                                   .reader_count = sizeof readers / sizeof readers[0],
                                   .cache_count = 3,
                                   .tiers = tiers_of,
                                   .tier_count = tier_count,
                                   .sets = sets,
                                   .readers = readers,
                                   .caches = caches,
                                   .bulk_bytes = GB };

/* A gigabyte takes 4 s, whatever else is under way. */
typedef struct store {
    ways_seen seen;
    struct {
        int64_t end_ns, bytes;
        uint32_t fetch;
        int is_cut, is_over;
    } flows[MOST_FLOWS];
    uint32_t flow_count, first;
    data data;
} store;

static sky_status store_send(void *context, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                             uint32_t fetch, uint32_t *transfer)
{
    store *x = context;

    (void)from;
    (void)to;
    assert_true(x->flow_count < MOST_FLOWS);
    *transfer = x->flow_count++;
    x->flows[*transfer].end_ns = now_ns + bytes / GB * 4 * SECOND + SECOND;
    x->flows[*transfer].bytes = bytes;
    x->flows[*transfer].fetch = fetch;
    return SKY_OK;
}

static void store_cut(void *context, int64_t now_ns, uint32_t transfer)
{
    store *x = context;

    x->flows[transfer].is_cut = 1;
    x->flows[transfer].end_ns = now_ns;
}

#define END_NS (14 * DAY)

static void make_data(store *x, const data_config *config)
{
    data_ways ways = ways_of(&x->seen, 1);

    ways.context = x;
    ways.send = store_send;
    ways.cut = store_cut;
    assert_int_equal(data_init(&x->data, config, &ways, END_NS), SKY_OK);
}

/* What ended up to a time, in the order of time, and what began before it. */
static void go_to(store *x, int64_t now_ns)
{
    for (;;) {
        int64_t next_ns = data_next_ns(&x->data);
        uint32_t next = SKY_NONE, job;

        while (x->first < x->flow_count && x->flows[x->first].is_over)
            x->first++;
        for (uint32_t i = x->first; i < x->flow_count; i++)
            if (!x->flows[i].is_over && (next == SKY_NONE || x->flows[i].end_ns < x->flows[next].end_ns))
                next = i;
        if (next != SKY_NONE && x->flows[next].end_ns <= next_ns && x->flows[next].end_ns <= now_ns) {
            int64_t end_ns = x->flows[next].end_ns > x->data.now_ns ? x->flows[next].end_ns : x->data.now_ns;
            int is_cut = x->flows[next].is_cut;

            assert_int_equal(data_advance(&x->data, end_ns), SKY_OK);
            x->flows[next].is_over = 1;
            assert_int_equal(data_arrived(&x->data, end_ns, x->flows[next].fetch, is_cut,
                                          is_cut ? 0 : x->flows[next].bytes, 77, &job),
                             SKY_OK);
        } else if (next_ns <= now_ns) {
            assert_int_equal(data_advance(&x->data, next_ns), SKY_OK);
        } else {
            break;
        }
    }
    assert_int_equal(data_advance(&x->data, now_ns), SKY_OK);
}

typedef struct happening {
    uint32_t what, set, region, tier, subject, objects;
} happening;

static happening draw_happening(void)
{
    return (happening){ .what = draw(9),
                        .set = draw(SETS),
                        .region = draw(REGIONS),
                        .tier = draw(2),
                        .subject = draw(4),
                        .objects = draw(5) };
}

/* What it can be known by. */
static int64_t happen(store *x, const happening *h)
{
    data *d = &x->data;
    data_answer answer = DATA_DONE;
    data_job_read read = { .ns = 0 };

    switch (h->what) {
    case 0:
    case 1:
        assert_int_equal(data_replicate(d, h->set, d->sets[h->set].home, (data_place){ h->region, h->tier },
                                        h->what == 1, h->subject, &answer),
                         SKY_OK);
        return (int64_t)answer;
    case 2:
        assert_int_equal(data_set_tier(d, h->set, (data_place){ h->region, h->tier }, &answer), SKY_OK);
        return (int64_t)answer;
    case 3:
        assert_int_equal(data_evict(d, h->set, h->region, &answer), SKY_OK);
        return (int64_t)answer;
    case 4:
        assert_int_equal(data_read_for_job(d, h->set, h->region, 1 + h->objects * sets[h->set].object_bytes,
                                           h->subject, &read),
                         SKY_OK);
        return read.ns + read.nusd + read.fetch;
    case 5:
        data_cut_job(d, h->subject);
        return 0;
    case 6:
        x->seen.no_way = !x->seen.no_way;
        data_look(d);
        return 0;
    case 7:
        d->news_count = 0;
        return 0;
    default:
        return data_held_bytes(d, h->set, h->region, STORAGE_HOT);
    }
}

static void of_data(void *thing, state *s)
{
    data_state(thing, s);
}

static void check_same(const store *a, const store *b)
{
    const data *x = &a->data, *y = &b->data;
    size_t pairs = SETS * REGIONS;

    assert_null(data_check(x));
    assert_null(data_check(y));
    assert_memory_equal(x->counts, y->counts, pairs * sizeof *x->counts);
    assert_int_equal(data_total_cost(x), data_total_cost(y));
    assert_int_equal(x->news_count, y->news_count);
    assert_int_equal(a->flow_count, b->flow_count);
    for (size_t i = 0; i < pairs; i++)
        if (x->latency[i] != NULL)
            assert_memory_equal(x->latency[i], y->latency[i], sizeof *x->latency[i]);
}

static void restore_data(store *unbroken, store *x, const data_config *config)
{
    size_t size, again_size;
    unsigned char *bytes = save_state(of_data, &x->data, &size), *again;
    sky_error error = { "" };

    data_free(&x->data);
    make_data(x, config);
    if (restore_state(of_data, &x->data, bytes, size, &error) != SKY_OK)
        fail_msg("%s", error.message);
    again = save_state(of_data, &x->data, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    /* nor does it show that it has been restored before, or not */
    again = save_state(of_data, &unbroken->data, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    free(bytes);
}

static void same_reads(const cache_policy *policy)
{
    store *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    int64_t now_ns = 0, reads = 0, hits = 0;

    assert_true(a != NULL && b != NULL);
    for (int i = 0; i < 3; i++)
        caches[i].cache.policy = policy;
    make_data(a, &world);
    make_data(b, &world);
    while (now_ns < END_NS) {
        happening h = draw_happening();

        now_ns += 1 + (int64_t)draw(SKYTWIN_SANITIZED ? 20000 : 6000) * SECOND;
        go_to(a, now_ns);
        go_to(b, now_ns);
        assert_int_equal(happen(a, &h), happen(b, &h));
        check_same(a, b);
        if (draw(12) == 0)
            restore_data(a, b, &world);
    }
    for (int i = 0; i < SETS * REGIONS; i++) {
        reads += a->data.counts[i].reads;
        hits += a->data.counts[i].hits;
    }
    assert_true(reads > 1000 && hits > 100 && a->flow_count > 100);
    data_free(&a->data);
    data_free(&b->data);
    free(a);
    free(b);
}

static void test_reads_and_bills_are_the_same(void **context)
{
    (void)context;
    same_reads(&cache_lru);
    same_reads(&cache_lfu);
    same_reads(&cache_sieve);
    same_reads(&cache_w_tinylfu);
}

/* Half of the time at one price, and half at twice that. */
static void test_prices_change_from_now_on(void **context)
{
    storage_tier dearer[2] = { tiers[0], tiers[1] };
    const storage_tier *const dearer_of[REGIONS] = { dearer, dearer, dearer };
    data_config now = world, later;
    store *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    unsigned char *bytes;
    size_t size;
    int64_t before_nusd;
    sky_error error;

    (void)context;
    assert_true(a != NULL && b != NULL);
    now.sets = &sets[2];
    now.set_count = 1;
    now.reader_count = now.cache_count = 0;
    later = now;
    later.tiers = dearer_of;
    dearer[1].nusd_per_gb_month *= 2;
    make_data(a, &now);
    make_data(b, &later);
    a->data.stores[2].holdings[1].billed_bytes = 1000 * GB; /* so that it shows */
    a->data.stores[2].holdings[1].usage.byte_ns = (sky_int128)1000 * GB * SKY_NS_PER_MONTH;
    before_nusd = data_cost(&a->data, 0, 2);
    assert_int_equal(before_nusd, 1000 * INT64_C(10000000));
    bytes = save_state(of_data, &a->data, &size);
    assert_int_equal(restore_state(of_data, &b->data, bytes, size, &error), SKY_OK);
    assert_int_equal(data_cost(&b->data, 0, 2), before_nusd);
    b->data.stores[2].holdings[1].usage.byte_ns += (sky_int128)1000 * GB * SKY_NS_PER_MONTH;
    assert_int_equal(data_cost(&b->data, 0, 2), 3 * before_nusd);
    free(bytes);
    data_free(&a->data);
    data_free(&b->data);
    free(a);
    free(b);
}

/* ---- bytes from anywhere -------------------------------------------------------------------------------------------- */

/* Restores them, and if they could be of such a run, goes on for a while. */
static int try(const store *from, const unsigned char *bytes, size_t size)
{
    store *x = malloc(sizeof *x);
    sky_error error = { "" };
    sky_status status;

    assert_non_null(x);
    *x = *from;
    make_data(x, &world);
    status = restore_state(of_data, &x->data, bytes, size, &error);
    assert_true(status == SKY_OK || status == SKY_ERROR_INPUT);
    for (uint32_t i = 0; i < 2 && status == SKY_OK; i++) {
        int64_t next_ns = data_next_ns(&x->data);

        if (next_ns < 2 * END_NS)
            (void)data_advance(&x->data, next_ns + SECOND);
    }
    data_free(&x->data);
    free(x);
    return status == SKY_OK;
}

static void test_whatever_the_bytes_are(void **context)
{
    store *x = calloc(1, sizeof *x);
    int64_t now_ns = 0;
    unsigned char *bytes;
    size_t size, tried = 0, taken = 0, step;

    (void)context;
    assert_non_null(x);
    for (int i = 0; i < 3; i++)
        caches[i].cache.policy = i == 0 ? &cache_lfu : i == 1 ? &cache_sieve : &cache_lru;
    make_data(x, &world);
    for (int i = 0; i < 30; i++) {
        happening h = draw_happening();

        go_to(x, now_ns += (1 + draw(5000)) * SECOND);
        happen(x, &h);
    }
    bytes = save_state(of_data, &x->data, &size);
    assert_true(try(x, bytes, size));
    step = size / (SKYTWIN_SANITIZED ? 700 : 3000) + 1;
    for (size_t i = 0; i < size; i += step) {
        unsigned char was = bytes[i];

        bytes[i] ^= (unsigned char)(1u << i % 8);
        taken += (size_t)try(x, bytes, size);
        bytes[i] = (unsigned char)(was + 255 - 2 * (i % 2));
        taken += (size_t)try(x, bytes, size);
        bytes[i] = was;
        tried += 2;
    }
    for (size_t cut = 0; cut < size; cut += size / 50 + 1)
        assert_false(try(x, bytes, cut));
    assert_true(taken < tried * 9 / 10);
    free(bytes);
    data_free(&x->data);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caches_hit_the_same),
        cmocka_unit_test(test_reads_and_bills_are_the_same),
        cmocka_unit_test(test_prices_change_from_now_on),
        cmocka_unit_test(test_whatever_the_bytes_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
