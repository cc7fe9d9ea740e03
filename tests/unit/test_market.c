/* The spot market's state machine: replayed windows, their ends, and what a seed fixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "world/market.h"

#define HOUR SKY_NS_PER_HOUR

static trace_change changes[] = {
    { .at_ns = 0, .spot_nusd_per_hour = 100, .available = 1 },
    { .at_ns = 10, .spot_nusd_per_hour = 100, .available = 0 },
    { .at_ns = 20, .spot_nusd_per_hour = 300, .available = 1 },
    { .at_ns = 35, .spot_nusd_per_hour = 200, .available = 1 },
};
static const trace_market trace = { .span_ns = 50, .changes = changes, .change_count = 4 };
static const scenario_pool replayed = { .replay = &trace, .on_demand_nusd_per_hour = 1000 };

static market start(const scenario_pool *pool, int64_t window_ns, int64_t end_ns)
{
    market m;

    market_init(&m, pool, 0, 1, 0, window_ns, end_ns);
    return m;
}

static void expect_now(const market *m, int64_t price, int available, int64_t next_ns)
{
    assert_int_equal(m->spot_nusd_per_hour, price);
    assert_int_equal(m->available, available);
    assert_int_equal(market_next_ns(m), next_ns);
}

static void test_replays_a_trace_to_its_end(void **state)
{
    market m = start(&replayed, 0, SKY_NEVER_NS);

    (void)state;
    expect_now(&m, 100, 1, 10);
    market_advance(&m);
    expect_now(&m, 100, 0, 20);
    market_advance(&m);
    expect_now(&m, 300, 1, 35);
    market_advance(&m);
    expect_now(&m, 200, 1, 50);
    market_advance(&m);
    expect_now(&m, 200, 0, SKY_NEVER_NS);
    market_advance(&m); /* nothing is left to change */
    expect_now(&m, 200, 0, SKY_NEVER_NS);
}

static void test_window_starts_in_the_state_of_its_moment(void **state)
{
    static const struct {
        int64_t window_ns, price;
        int available;
        int64_t next_ns;
    } cases[] = {
        { 1, 100, 1, 9 },   { 9, 100, 1, 1 },  { 10, 100, 0, 10 }, { 19, 100, 0, 1 },
        { 20, 300, 1, 15 }, { 34, 300, 1, 1 }, { 35, 200, 1, 15 }, { 49, 200, 1, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        market m = start(&replayed, cases[i].window_ns, SKY_NEVER_NS);

        expect_now(&m, cases[i].price, cases[i].available, cases[i].next_ns);
    }
}

static void test_window_past_the_trace_has_no_spot(void **state)
{
    static const trace_market empty = { .span_ns = 0 };
    const scenario_pool nothing = { .replay = &empty };
    market m = start(&replayed, 50, SKY_NEVER_NS);

    (void)state;
    expect_now(&m, 200, 0, SKY_NEVER_NS);
    m = start(&replayed, 1000, 60);
    expect_now(&m, 200, 0, SKY_NEVER_NS);
    m = start(&nothing, 0, 60);
    expect_now(&m, 0, 0, SKY_NEVER_NS);
}

static void test_end_of_the_window_ends_spot(void **state)
{
    market m = start(&replayed, 5, 15); /* the change at 20 coincides with the end: the end wins */

    (void)state;
    expect_now(&m, 100, 1, 5);
    market_advance(&m);
    expect_now(&m, 100, 0, 15);
    market_advance(&m);
    expect_now(&m, 100, 0, SKY_NEVER_NS);
}

static void test_trace_without_changes_still_ends(void **state)
{
    static trace_change once[] = { { .at_ns = 0, .spot_nusd_per_hour = 7, .available = 1 } };
    static const trace_market flat = { .span_ns = 90, .changes = once, .change_count = 1 };
    const scenario_pool pool = { .replay = &flat };
    market m = start(&pool, 30, SKY_NEVER_NS);

    (void)state;
    expect_now(&m, 7, 1, 60);
    market_advance(&m);
    expect_now(&m, 7, 0, SKY_NEVER_NS);
}

/* ---- synthetic --------------------------------------------------------------------------------------- */

static scenario_pool synthetic(uint32_t region)
{
    return (scenario_pool){
        .region = region,
        .on_demand_nusd_per_hour = INT64_C(2000000000),
        .spot_mean_nusd_per_hour = INT64_C(700000000),
        .spot = { .mean_available_ns = 10 * HOUR,
                  .mean_unavailable_ns = 2 * HOUR,
                  .lifetime_shape = 0.8,
                  .price_volatility = 0.2,
                  .price_half_life_ns = 48 * HOUR,
                  .jumps_per_day = 0.5,
                  .jump_size = 0.3,
                  .price_interval_ns = HOUR / 6,
                  .zone_correlation = 0.5 },
    };
}

/* A number that sums up a market's path: times, prices and states in order. */
static uint64_t path(market *m)
{
    uint64_t sum = 0;

    for (int64_t now_ns = 0; now_ns != SKY_NEVER_NS; now_ns = market_next_ns(m), market_advance(m))
        sum = sum * UINT64_C(6364136223846793005) +
              ((uint64_t)now_ns ^ (uint64_t)m->spot_nusd_per_hour << 20 ^ (uint64_t)m->available);
    return sum;
}

static uint64_t path_of(uint32_t index, uint32_t region, uint64_t seed, uint32_t replication)
{
    scenario_pool pool = synthetic(region);
    market m;

    market_init(&m, &pool, index, seed, replication, 0, 720 * HOUR);
    return path(&m);
}

static void test_seed_replication_and_pool_fix_the_path(void **state)
{
    uint64_t base = path_of(3, 1, 8, 0);

    (void)state;
    assert_true(path_of(3, 1, 8, 0) == base);
    assert_true(path_of(3, 1, 9, 0) != base);
    assert_true(path_of(3, 1, 8, 1) != base);
    assert_true(path_of(4, 1, 8, 0) != base);
    assert_true(path_of(3, 2, 8, 0) != base); /* other common outages */
}

/* A copy goes its own way: looking ahead, as the offline optimum does, changes nothing. */
static void test_copy_looks_ahead_without_harm(void **state)
{
    scenario_pool pool = synthetic(0);
    market m = start(&pool, 0, 720 * HOUR), copy;
    uint64_t ahead;

    (void)state;
    for (int i = 0; i < 100; i++)
        market_advance(&m);
    copy = m;
    ahead = path(&copy);
    assert_true(path(&m) == ahead);
}

static void test_every_change_is_later_and_every_price_in_bounds(void **state)
{
    scenario_pool pool = synthetic(0);
    market m;
    int64_t now_ns = 0;
    int lowest = 0, highest = 0;

    (void)state;
    pool.spot.price_volatility = 3; /* so that both bounds bite */
    market_init(&m, &pool, 0, 1, 0, 0, 8760 * HOUR);
    while (now_ns != SKY_NEVER_NS) {
        int64_t price = m.spot_nusd_per_hour;

        assert_true(price >= 100000000 && price <= 2000000000 && price % 100000 == 0);
        lowest += price == 100000000;
        highest += price == 2000000000;
        assert_true(market_next_ns(&m) > now_ns);
        now_ns = market_next_ns(&m);
        market_advance(&m);
    }
    assert_true(lowest > 100 && highest > 100);
    assert_false(m.available);
}

/* All outages in common: the zones of a region go down and up at the same moments. */
static void test_fully_correlated_zones_move_as_one(void **state)
{
    scenario_pool pool = synthetic(5);
    market a, b;

    (void)state;
    pool.spot.zone_correlation = 1;
    pool.spot.price_interval_ns = 0;
    market_init(&a, &pool, 0, 1, 0, 0, 8760 * HOUR);
    market_init(&b, &pool, 1, 1, 0, 0, 8760 * HOUR);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(market_next_ns(&a), market_next_ns(&b));
        assert_int_equal(a.available, b.available);
        market_advance(&a);
        market_advance(&b);
    }
}

static void test_markets_that_stand_still(void **state)
{
    scenario_pool pool = synthetic(0);
    market m;

    (void)state;
    pool.spot.price_interval_ns = 0;
    pool.spot.mean_unavailable_ns = 0;
    m = start(&pool, 0, SKY_NEVER_NS);
    expect_now(&m, 700000000, 1, SKY_NEVER_NS);
    market_advance(&m);
    expect_now(&m, 700000000, 1, SKY_NEVER_NS);
    m = start(&pool, 0, HOUR);
    expect_now(&m, 700000000, 1, HOUR);
    pool.spot.mean_available_ns = 0;
    pool.spot.mean_unavailable_ns = HOUR;
    for (int c = 0; c <= 10; c++) {
        pool.spot.zone_correlation = c / 10.0;
        m = start(&pool, 0, SKY_NEVER_NS);
        assert_false(m.available);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replays_a_trace_to_its_end),
        cmocka_unit_test(test_window_starts_in_the_state_of_its_moment),
        cmocka_unit_test(test_window_past_the_trace_has_no_spot),
        cmocka_unit_test(test_end_of_the_window_ends_spot),
        cmocka_unit_test(test_trace_without_changes_still_ends),
        cmocka_unit_test(test_seed_replication_and_pool_fix_the_path),
        cmocka_unit_test(test_copy_looks_ahead_without_harm),
        cmocka_unit_test(test_every_change_is_later_and_every_price_in_bounds),
        cmocka_unit_test(test_fully_correlated_zones_move_as_one),
        cmocka_unit_test(test_markets_that_stand_still),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
