/* Readers, caches and copies as they are in a run, against what theory says: LRU's hit rate by Che's approximation, and
 * read for read by a cache of its own; reads of a copy that lags behind Poisson updates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#define ESTIMATE_OF "Datasets"
#include "data_world.h"
#include "kernel/random.h"
#include "oracle/estimate.h"

#define OBJECTS 2000
#define ROOM    200
#define RATE    1.0 /* reads a second */
#define END_NS  (200000 * SKY_NS_PER_SECOND)

static const data_place copy_in_1[] = { { 1, 0 } };

/* ---- hit rates ----------------------------------------------------------------------------------------------------- */

static const data_set_config still = { .name = "d",
                                       .objects = OBJECTS,
                                       .object_bytes = 1000,
                                       .home = { 0, 0 },
                                       .grows_every_ns = SKY_NEVER_NS,
                                       .forbidden = forbidden,
                                       .rules = no_rules,
                                       .rule_count = no_rule };
static const data_reader_config zipf = { .name = "r",
                                         .set = 0,
                                         .region = 1,
                                         .pattern = DATA_ZIPF,
                                         .exponent = 0.8,
                                         .load = { .per_s = RATE, .steady = 1 } };
static const data_cache_config lru = {
    .region = 1,
    .tier = 0,
    .cache = { .policy = &cache_lru, .capacity_bytes = ROOM * 1000, .block_bytes = 1000 }
};
static const data_config cached = { .region_count = REGIONS,
                                    .set_count = 1,
                                    .reader_count = 1,
                                    .cache_count = 1,
                                    .tiers = tiers_of,
                                    .tier_count = tier_count,
                                    .sets = &still,
                                    .readers = &zipf,
                                    .caches = &lru,
                                    .bulk_bytes = INT64_MAX };

/* Hit rate of LRU with room for c objects: each stays T after its last read, and all that stay are c [Che, Tung and Wang,
 * IEEE JSAC 20(7), 2002]: sum (1 - exp(-p T)) = c, hit rate = sum p (1 - exp(-p T)). */
static double che_hit_rate(double exponent, int objects, double c)
{
    double p[OBJECTS], sum = 0, low = 0, high = 1e9, hit = 0;

    for (int i = 0; i < objects; i++)
        sum += p[i] = pow(i + 1, -exponent);
    for (int step = 0; step < 200; step++) {
        double t = (low + high) / 2, held = 0;

        for (int i = 0; i < objects; i++)
            held -= expm1(-p[i] / sum * t);
        *(held < c ? &low : &high) = t;
    }
    for (int i = 0; i < objects; i++)
        hit -= p[i] / sum * expm1(-p[i] / sum * low);
    return hit;
}

static void run(data *d, const data_config *config, uint64_t seed, int64_t until_ns)
{
    static ways_seen seen;
    data_ways ways = ways_of(&seen, 0);

    ways.seed = seed;
    assert_int_equal(data_init(d, config, &ways, END_NS), SKY_OK);
    assert_int_equal(data_advance(d, until_ns), SKY_OK);
    assert_null(data_check(d));
}

static void test_lru_hits_as_che_says(void **state)
{
    estimate LRU_hit_rate_of_a_reader = { 0 };

    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        data_counts warm;
        data d;

        run(&d, &cached, seed, END_NS / 10);
        warm = d.counts[1];
        assert_int_equal(data_advance(&d, END_NS), SKY_OK);
        estimate_add(&LRU_hit_rate_of_a_reader,
                     (double)(d.counts[1].hits - warm.hits) / (double)(d.counts[1].reads - warm.reads));
        data_free(&d);
    }
    assert_estimate(&LRU_hit_rate_of_a_reader, che_hit_rate(0.8, OBJECTS, ROOM), 0.002);
}

/* The objects that the reader draws, by its weights, into a cache of its own. */
static void test_hits_are_those_of_the_same_reads(void **state)
{
    static double below[OBJECTS];
    random_key key = { .seed = 3, .thing = 0, .purpose = RANDOM_DATA_OBJECT };
    int64_t hits = 0;
    double sum = 0;
    cache c;
    data d;

    (void)state;
    run(&d, &cached, 3, END_NS);
    assert_int_equal(cache_init(&c, &lru.cache), SKY_OK);
    for (int i = 0; i < OBJECTS; i++)
        below[i] = sum += floor(0x1p39 * pow(i + 1, -0.8) + 0.5) + 1;
    for (int64_t n = 0; n < d.counts[1].reads; n++) {
        double mark = floor((double)(random_u64(&key, (uint64_t)n) >> 11) * 0x1p-53 * sum);
        uint64_t rank = 0;
        cache_read read = { .bytes = 1000 };

        while (mark >= below[rank])
            rank++;
        read.object = OBJECTS - 1 - rank;
        hits += cache_access(&c, &read) == CACHE_HIT;
    }
    assert_int_equal(hits, d.counts[1].hits);
    cache_free(&c);
    data_free(&d);
}

/* ---- copies that lag ------------------------------------------------------------------------------------------------ */

#define LAG_S 900

/* Each object is updated once in 1800 s in the mean; a copy is sent the update 900 s later. A read of the copy is stale if
 * its object was updated in the last 900 s: 1 - exp(-rate × lag / objects). */
static void test_reads_are_stale_as_often_as_updates_are_late(void **state)
{
    const data_set_config set = { .name = "d",
                                  .objects = OBJECTS,
                                  .object_bytes = 1000,
                                  .home = { 0, 0 },
                                  .replicas = copy_in_1,
                                  .replica_count = 1,
                                  .grows_every_ns = SKY_NEVER_NS,
                                  .updates_per_s = OBJECTS / 1800.0,
                                  .lag_ns = LAG_S * SKY_NS_PER_SECOND,
                                  .forbidden = forbidden,
                                  .rules = no_rules,
                                  .rule_count = no_rule };
    const data_reader_config readers[] = {
        { .name = "copy",
          .set = 0,
          .region = 1,
          .pattern = DATA_ZIPF,
          .exponent = 0,
          .load = { .per_s = 0.5, .steady = 1 } },
        { .name = "home",
          .set = 0,
          .region = 0,
          .pattern = DATA_ZIPF,
          .exponent = 0,
          .load = { .per_s = 0.5, .steady = 1 } },
    };
    const data_config config = { .region_count = REGIONS,
                                 .set_count = 1,
                                 .reader_count = 2,
                                 .tiers = tiers_of,
                                 .tier_count = tier_count,
                                 .sets = &set,
                                 .readers = readers,
                                 .bulk_bytes = INT64_MAX };
    estimate stale_reads_of_a_copy = { 0 };

    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        data_counts warm;
        data d;

        run(&d, &config, seed, 2 * LAG_S * SKY_NS_PER_SECOND);
        warm = d.counts[1];
        assert_int_equal(data_advance(&d, END_NS), SKY_OK);
        assert_int_equal(d.counts[0].stale, 0); /* the home is never stale */
        estimate_add(&stale_reads_of_a_copy,
                     (double)(d.counts[1].stale - warm.stale) / (double)(d.counts[1].reads - warm.reads));
        data_free(&d);
    }
    assert_estimate(&stale_reads_of_a_copy, -expm1(-0.5), 0.004);
}

/* A cache without a copy beside it drops what is out of date as late: a hit is stale, a read of the home never. An object
 * of which the cache has a version is stale while an update is not yet known. */
static void test_caches_lag_too(void **state)
{
    const data_set_config set = { .name = "d",
                                  .objects = 1,
                                  .object_bytes = 1000,
                                  .home = { 0, 0 },
                                  .grows_every_ns = SKY_NEVER_NS,
                                  .updates_per_s = 1.0 / 1800,
                                  .lag_ns = LAG_S * SKY_NS_PER_SECOND,
                                  .forbidden = forbidden,
                                  .rules = no_rules,
                                  .rule_count = no_rule };
    data_config config = cached;
    data d;

    (void)state;
    config.sets = &set;
    run(&d, &config, 4, END_NS);
    assert_int_equal(d.counts[1].stale > 0, 1);
    assert_true(d.counts[1].stale <= d.counts[1].hits);
    assert_int_equal(d.counts[1].hits + d.counts[1].remote, d.counts[1].reads);
    /* each update is followed by one read of the home, at most: then the cache has it again */
    assert_true(d.counts[1].remote > 1 && d.counts[1].remote <= d.sets[0].updates + 1);
    data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lru_hits_as_che_says),
        cmocka_unit_test(test_hits_are_those_of_the_same_reads),
        cmocka_unit_test(test_reads_are_stale_as_often_as_updates_are_late),
        cmocka_unit_test(test_caches_lag_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
