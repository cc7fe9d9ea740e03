/* What happens to datasets between two calls happens in the order of time when the second comes: one call, or one for
 * each event, or any number, it is the same to the bit. And at every moment what must hold does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/random.h"
#include "data_world.h"

#define HOURS(h) ((h)*SKY_NS_PER_HOUR)
#define END_NS   HOURS(48)

static const data_place replicas[] = { { 1, 0 } };
static const storage_rule rules[REGIONS * DATA_MOST_TIERS] = {
    { HOURS(6), 1 },
    { HOURS(30), SKY_NONE },
    [DATA_MOST_TIERS] = { HOURS(6), 1 },
    { HOURS(30), SKY_NONE },
    [2 * DATA_MOST_TIERS] = { HOURS(6), 1 },
    { HOURS(30), SKY_NONE },
};
static const uint32_t rule_count[REGIONS] = { 2, 2, 2 };

static const data_set_config sets[] = {
    { .name = "a",
      .objects = 300,
      .object_bytes = 1000000,
      .home = { 0, 0 },
      .replicas = replicas,
      .replica_count = 1,
      .grows_every_ns = HOURS(1) / 7,
      .updates_per_s = 0.02,
      .lag_ns = HOURS(1) / 4,
      .forbidden = forbidden,
      .rules = rules,
      .rule_count = rule_count },
    { .name = "b",
      .objects = 50,
      .object_bytes = 3000000,
      .home = { 2, 1 },
      .grows_every_ns = SKY_NEVER_NS,
      .forbidden = not_in_2,
      .rules = no_rules,
      .rule_count = no_rule },
};
static const data_reader_config readers[] = {
    { .name = "zipf",
      .set = 0,
      .region = 1,
      .pattern = DATA_ZIPF,
      .exponent = 0.9,
      .load = { .per_s = 0.2, .swing = 0.5, .weekend = 1 } },
    { .name = "far",
      .set = 0,
      .region = 2,
      .pattern = DATA_ZIPF,
      .exponent = 0.7,
      .load = { .per_s = 0.1, .steady = 1 } },
    { .name = "scan", .set = 1, .region = 1, .pattern = DATA_SCAN, .load = { .per_s = 0.1, .steady = 1 } },
    { .name = "stream", .set = 0, .region = 2, .pattern = DATA_STREAM, .after_ns = HOURS(1) / 3 },
};
static const cache_admission_terms pays = { &tiers[0], HOURS(2) };
static const data_cache_config caches[] = {
    { .region = 1,
      .tier = 0,
      .prefetch = 2,
      .cache = { .policy = &cache_lru, .capacity_bytes = 40000000, .block_bytes = 1000000 } },
    { .region = 2,
      .tier = 0,
      .nusd_per_hour = 100000000,
      .cache = { .policy = &cache_w_tinylfu,
                 .capacity_bytes = 20000000,
                 .block_bytes = 1000000,
                 .admission = &pays } },
};
static const data_config config = { .region_count = REGIONS,
                                    .set_count = 2,
                                    .reader_count = 4,
                                    .cache_count = 2,
                                    .tiers = tiers_of,
                                    .tier_count = tier_count,
                                    .sets = sets,
                                    .readers = readers,
                                    .caches = caches,
                                    .bulk_bytes = INT64_MAX };

/* At certain hours something is ordered, and a job reads: the same in all runs. */
static void order(data *d, int hour)
{
    data_answer answer;
    data_job_read read;

    if (hour == 5) {
        assert_int_equal(data_replicate(d, 0, 0, (data_place){ 2, 0 }, 0, 1, &answer), SKY_OK);
        assert_int_equal(answer, DATA_DONE); /* there is no network to wait for */
    } else if (hour == 9) {
        assert_int_equal(data_replicate(d, 1, 2, (data_place){ 1, 0 }, 1, 2, &answer), SKY_OK);
        assert_int_equal(answer, DATA_DONE);
        assert_int_equal(d->sets[1].home, 1);
        assert_int_equal(data_copy_of(d, 1, 2)->state, DATA_NONE);
    } else if (hour == 17) {
        assert_int_equal(data_set_tier(d, 0, (data_place){ 1, 1 }, &answer), SKY_OK);
        assert_int_equal(answer, DATA_DONE);
    } else if (hour == 29) {
        assert_int_equal(data_evict(d, 0, 2, &answer), SKY_OK);
        assert_int_equal(answer, DATA_DONE);
    } else if (hour % 3 == 0) {
        assert_int_equal(data_read_for_job(d, 1, 0, 170000000, 0, &read), SKY_OK);
    }
}

/* steps: calls an hour; below 0: at times that are drawn. */
static void run(data *d, ways_seen *seen, int steps)
{
    const data_ways ways = ways_of(seen, 0);
    random_key key = { .seed = 77, .purpose = RANDOM_TASK };
    int64_t now_ns = 0;

    assert_int_equal(data_init(d, &config, &ways, END_NS), SKY_OK);
    for (int hour = 0; hour < 48; hour++) {
        order(d, hour);
        for (int i = 1; steps >= 0 && i <= steps; i++)
            assert_int_equal(data_advance(d, HOURS(hour) + HOURS(1) / steps * i), SKY_OK);
        for (uint64_t i = 0; steps < 0 && now_ns < HOURS(hour + 1); i++) {
            now_ns += 1 + (int64_t)(random_u64(&key, (uint64_t)hour << 20 | i) % (uint64_t)HOURS(1) / 40);
            now_ns = now_ns < HOURS(hour + 1) ? now_ns : HOURS(hour + 1);
            assert_int_equal(data_advance(d, now_ns), SKY_OK);
            assert_null(data_check(d));
        }
        assert_int_equal(data_advance(d, HOURS(hour + 1)), SKY_OK);
        data_look(d);
    }
    assert_null(data_check(d));
}

static void assert_same(const data *a, const data *b)
{
    assert_memory_equal(a->counts, b->counts, 2 * REGIONS * sizeof *a->counts);
    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t r = 0; r < REGIONS; r++) {
            const histogram *x = a->latency[s * REGIONS + r], *y = b->latency[s * REGIONS + r];

            assert_int_equal(data_cost(a, s, r), data_cost(b, s, r));
            assert_int_equal(data_cache_cost(a, r), data_cache_cost(b, r));
            assert_int_equal(x == NULL, y == NULL);
            if (x != NULL)
                assert_memory_equal(x, y, sizeof *x);
        }
    assert_int_equal(data_total_cost(a), data_total_cost(b));
}

static void test_one_call_or_many_is_the_same(void **state)
{
    static const int steps[] = { 3600, 7, -1 };
    ways_seen seen = { 0 };
    data once;

    (void)state;
    run(&once, &seen, 1);
    assert_true(once.counts[1].reads > 10000 && once.counts[1].hits > 1000 && once.counts[1].stale > 10);
    assert_true(once.counts[2].reads > 5000 && once.counts[2].remote > 1000 && once.counts[2].local > 1000);
    assert_true(once.counts[REGIONS + 1].hits > 1000);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ways_seen again_seen = { 0 };
        data again;

        run(&again, &again_seen, steps[i]);
        assert_same(&once, &again);
        assert_memory_equal(&seen, &again_seen, sizeof seen);
        data_free(&again);
    }
    data_free(&once);
}

/* What went over the ways is what was read from afar, prefetched, and sent to copies; and so is its price. */
static void test_bytes_that_moved_were_asked_for(void **state)
{
    ways_seen seen = { 0 };
    int64_t bytes = 0, nusd = 0;
    data d;

    (void)state;
    run(&d, &seen, 2);
    for (int i = 0; i < 2 * REGIONS; i++) {
        bytes += d.counts[i].remote_bytes + d.counts[i].prefetched_bytes + d.counts[i].sent_bytes;
        nusd += d.counts[i].egress_nusd;
    }
    assert_int_equal(bytes, seen.bytes);
    assert_int_equal(nusd, seen.nusd);
    data_free(&d);
}

/* ---- orders over a network ------------------------------------------------------------------------------------------ */

static const data_set_config large[] = { { .name = "l",
                                           .objects = 10,
                                           .object_bytes = GB,
                                           .home = { 0, 0 },
                                           .grows_every_ns = SKY_NEVER_NS,
                                           .forbidden = not_in_2,
                                           .rules = no_rules,
                                           .rule_count = no_rule },
                                         { .name = "m",
                                           .objects = 4,
                                           .object_bytes = GB,
                                           .home = { 0, 0 },
                                           .grows_every_ns = SKY_NEVER_NS,
                                           .forbidden = forbidden,
                                           .rules = no_rules,
                                           .rule_count = no_rule } };
static const data_config over_network = { .region_count = REGIONS,
                                          .set_count = 2,
                                          .tiers = tiers_of,
                                          .tier_count = tier_count,
                                          .sets = large,
                                          .bulk_bytes = 1 };

static data_answer replicate(data *d, uint32_t set, uint32_t from, uint32_t to, int takes_home,
                             uint32_t order)
{
    data_answer answer;

    assert_int_equal(data_replicate(d, set, from, (data_place){ to, 0 }, takes_home, order, &answer), SKY_OK);
    return answer;
}

static data_answer evict(data *d, uint32_t set, uint32_t region)
{
    data_answer answer;

    assert_int_equal(data_evict(d, set, region, &answer), SKY_OK);
    return answer;
}

static void arrive(data *d, ways_seen *seen, uint32_t flow, int cut)
{
    uint32_t job;

    assert_int_equal(
        data_arrived(d, d->now_ns, seen->flow_fetch[flow], cut, cut ? 7 : seen->flow_bytes[flow], 42, &job),
        SKY_OK);
    assert_int_equal(job, SKY_NONE);
}

static void test_orders_are_answered(void **state)
{
    ways_seen seen = { 0 };
    const data_ways ways = ways_of(&seen, 1);
    data d;

    (void)state;
    assert_int_equal(data_init(&d, &over_network, &ways, END_NS), SKY_OK);
    assert_int_equal(data_advance(&d, HOURS(1)), SKY_OK);
    assert_int_equal(replicate(&d, 0, 0, 2, 0, 1), DATA_FORBIDDEN);
    assert_int_equal(replicate(&d, 0, 1, 2, 0, 1), DATA_FORBIDDEN);
    assert_int_equal(replicate(&d, 1, 1, 2, 0, 1), DATA_NO_SOURCE);
    assert_int_equal(replicate(&d, 0, 0, 0, 0, 1), DATA_IS_SO);
    assert_int_equal(evict(&d, 0, 0), DATA_FORBIDDEN);
    assert_int_equal(evict(&d, 0, 1), DATA_IS_SO);
    assert_int_equal(replicate(&d, 0, 0, 1, 0, 9), DATA_BEGUN);
    assert_int_equal(replicate(&d, 0, 0, 1, 0, 10), DATA_IS_SO);
    assert_int_equal(seen.flow_bytes[0], 10 * GB);
    assert_int_equal(data_held_bytes(&d, 0, 1, STORAGE_HOT), 0);
    assert_null(data_check(&d));
    assert_int_equal(data_advance(&d, HOURS(2)), SKY_OK);
    arrive(&d, &seen, 0, 0);
    assert_int_equal(d.news_count, 1);
    assert_int_equal(d.news[0].order, 9);
    assert_int_equal(data_held_bytes(&d, 0, 1, STORAGE_HOT), 10 * GB);
    assert_null(data_check(&d));
    seen.no_way = 1;
    data_look(&d);
    assert_int_equal(replicate(&d, 1, 0, 2, 0, 11), DATA_NO_WAY);
    seen.no_way = 0;
    data_look(&d);
    /* the home moves to a copy that is there */
    assert_int_equal(replicate(&d, 0, 0, 1, 1, 12), DATA_DONE);
    assert_int_equal(d.sets[0].home, 1);
    assert_int_equal(data_held_bytes(&d, 0, 0, STORAGE_HOT), 0);
    assert_null(data_check(&d));
    data_free(&d);
}

/* A job's flow begins though there is no way yet, and ends when the network says so. */
static void test_a_job_waits_for_a_way(void **state)
{
    ways_seen seen = { .no_way = 1 };
    const data_ways ways = ways_of(&seen, 1);
    data_job_read read;
    uint32_t job;
    data d;

    (void)state;
    assert_int_equal(data_init(&d, &over_network, &ways, END_NS), SKY_OK);
    assert_int_equal(data_read_for_job(&d, 1, 2, GB, 7, &read), SKY_OK);
    assert_int_equal(read.from, 0);
    assert_int_equal(seen.flow_bytes[0], GB);
    assert_int_equal(data_arrived(&d, HOURS(1), seen.flow_fetch[0], 0, GB, 42, &job), SKY_OK);
    assert_int_equal(job, 7);
    assert_int_equal(d.counts[1 * REGIONS + 2].remote_bytes, GB);
    data_free(&d);
}

/* One that comes is evicted, and ordered anew before the first flow is known to be cut: that one changes nothing. */
static void test_a_copy_that_comes_is_evicted(void **state)
{
    ways_seen seen = { 0 };
    const data_ways ways = ways_of(&seen, 1);
    data d;

    (void)state;
    assert_int_equal(data_init(&d, &over_network, &ways, END_NS), SKY_OK);
    assert_int_equal(replicate(&d, 1, 0, 2, 0, 1), DATA_BEGUN);
    assert_int_equal(evict(&d, 1, 2), DATA_DONE);
    assert_int_equal(seen.cut[0], 1);
    assert_int_equal(replicate(&d, 1, 0, 2, 0, 2), DATA_BEGUN);
    arrive(&d, &seen, 0, 1);
    assert_int_equal(d.news_count, 0);
    assert_int_equal(data_copy_of(&d, 1, 2)->state, DATA_COMING);
    arrive(&d, &seen, 1, 0);
    assert_int_equal(d.news_count, 1);
    assert_int_equal(d.news[0].order, 2);
    assert_int_equal(data_copy_of(&d, 1, 2)->state, DATA_READY);
    assert_int_equal(data_held_bytes(&d, 1, 2, STORAGE_HOT), 4 * GB);
    assert_int_equal(d.counts[1 * REGIONS + 2].sent_bytes, 7 + 4 * GB);
    assert_null(data_check(&d));
    data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_call_or_many_is_the_same),
        cmocka_unit_test(test_bytes_that_moved_were_asked_for),
        cmocka_unit_test(test_orders_are_answered),
        cmocka_unit_test(test_a_job_waits_for_a_way),
        cmocka_unit_test(test_a_copy_that_comes_is_evicted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
