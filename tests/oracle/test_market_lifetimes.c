/* The synthetic spot market against what its header says of it: availability, lengths of up-times and
 * outages, outages shared by a region, and the price's stationary law. Replications are independent and
 * start stationary, so their means have no bias, and 99 % intervals are Student's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "synthetic spot market"
#include "estimate.h"
#include "world/market.h"

#define DAY          (24 * SKY_NS_PER_HOUR)
#define REPLICATIONS 400
#define SEED         11

static scenario_pool new_pool(uint32_t region)
{
    return (scenario_pool){ .region = region,
                            .spot_mean_nusd_per_hour = INT64_C(10000000000),
                            .spot = { .mean_available_ns = 18 * SKY_NS_PER_HOUR,
                                      .mean_unavailable_ns = 6 * SKY_NS_PER_HOUR,
                                      .lifetime_shape = 0.7 } };
}

/* Over one replication: of two zones of a region and one of another region. */
typedef struct observed {
    double up, twins_up, strangers_up; /* share of the time that zone 0; zones 0, 1; zones 0, 2 are up */
    double outages;                    /* of zone 0 */
    double common, own;                /* outages of the two processes behind zone 0 */
} observed;

static observed observe(const scenario_pool *pools, uint32_t replication, int64_t end_ns)
{
    observed o = { 0 };
    market m[3];

    for (uint32_t i = 0; i < 3; i++)
        market_init(&m[i], &pools[i], i, SEED, replication, 0, end_ns);
    for (int64_t now_ns = 0; now_ns < end_ns;) {
        int64_t next_ns = end_ns;
        double share;

        for (int i = 0; i < 3; i++)
            next_ns = market_next_ns(&m[i]) < next_ns ? market_next_ns(&m[i]) : next_ns;
        share = (double)(next_ns - now_ns) / (double)end_ns;
        o.up += share * m[0].available;
        o.twins_up += share * (m[0].available && m[1].available);
        o.strangers_up += share * (m[0].available && m[2].available);
        now_ns = next_ns;
        for (int i = 0; i < 3 && now_ns < end_ns; i++) {
            market before = m[i];

            if (market_next_ns(&m[i]) != now_ns)
                continue;
            market_advance(&m[i]);
            if (i == 0) {
                o.outages += before.available && !m[i].available;
                o.common += before.common.up && !m[i].common.up;
                o.own += before.own.up && !m[i].own.up;
            }
        }
    }
    return o;
}

static void check_availability(double c, double shape)
{
    const int64_t end_ns = 60 * DAY;
    scenario_pool pools[3] = { new_pool(0), new_pool(0), new_pool(1) };
    const double u = 0.25, s = 2 * u / (1 + sqrt(1 - 4 * c * (1 - c) * u)), q = c * s, p = (1 - c) * s;
    const double correlation = (1 - p) * q / u, a = 1 - u;
    estimate availability = { 0 }, outages_a_day = { 0 }, mean_up_h = { 0 }, mean_outage_h = { 0 };
    estimate share_in_common = { 0 }, both_up_same_region = { 0 }, both_up_other_region = { 0 };

    for (int i = 0; i < 3; i++) {
        pools[i].spot.zone_correlation = c;
        pools[i].spot.lifetime_shape = shape;
    }
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        observed o = observe(pools, r, end_ns);

        estimate_add(&availability, o.up);
        estimate_add(&outages_a_day, o.outages / 60);
        /* Ratios of means, as means: (x - ratio y) / E y is 0 on average if the ratio is right. */
        estimate_add(&mean_up_h, 18 + o.up * 60 * 24 / 60 - 18 * o.outages / 60);
        estimate_add(&mean_outage_h, 6 + (1 - o.up) * 60 * 24 / 60 - 6 * o.outages / 60);
        estimate_add(&share_in_common, c + (o.common - c * (o.common + o.own)) / 60);
        estimate_add(&both_up_same_region, o.twins_up);
        estimate_add(&both_up_other_region, o.strangers_up);
    }
    assert_estimate(&availability, a, 0.01);
    assert_estimate(&outages_a_day, 1, 0.03);
    assert_estimate(&mean_up_h, 18, 0.7);
    assert_estimate(&mean_outage_h, 6, 0.2);
    assert_estimate(&share_in_common, c, 0.03);
    assert_estimate(&both_up_same_region, a * a + correlation * a * u, 0.015);
    assert_estimate(&both_up_other_region, a * a, 0.015);
}

static void test_availability_of_zones_on_their_own(void **state)
{
    (void)state;
    check_availability(0, 0.7);
}

static void test_availability_of_zones_that_share_some_outages(void **state)
{
    (void)state;
    check_availability(0.4, 0.7);
}

static void test_availability_of_zones_that_share_all_outages(void **state)
{
    (void)state;
    check_availability(1, 2);
}

/* With nothing shared, an up-time is Weibull: its distribution function is uniform (mean 1/2, variance 1/12),
 * one after another. */
static void test_up_times_are_weibull(void **state)
{
    scenario_pool pool = new_pool(0);
    const double shape = pool.spot.lifetime_shape, scale = 18 / tgamma(1 + 1 / shape);
    estimate mean = { 0 }, square = { 0 };
    int64_t since_ns = -1;
    market m;

    (void)state;
    market_init(&m, &pool, 0, SEED, 0, 0, SKY_NEVER_NS);
    while (mean.n < 50000) {
        int64_t now_ns = market_next_ns(&m);

        market_advance(&m);
        if (m.available) {
            since_ns = now_ns;
        } else if (since_ns >= 0) {
            double f = gsl_cdf_weibull_P((double)(now_ns - since_ns) / (double)SKY_NS_PER_HOUR, scale, shape);

            estimate_add(&mean, f);
            estimate_add(&square, (f - 0.5) * (f - 0.5));
        }
    }
    assert_estimate(&mean, 0.5, 0.005);
    assert_estimate(&square, 1.0 / 12, 0.002);
}

/* Stationary X: mean 0, the variance of the header, half the covariance after a half-life; and a price whose
 * mean is the one asked for. */
static void check_price(double jumps_per_day, double jump_size)
{
    scenario_pool pool = new_pool(0);
    const double k = log(2) / 2, volatility = 0.3, dt = 1.0 / 24;
    const double variance = volatility * volatility / (2 * k) +
                            jumps_per_day * dt * jump_size * jump_size / (1 - exp(-2 * k * dt));
    estimate mean_log = { 0 }, variance_log = { 0 }, covariance_log = { 0 }, mean_price = { 0 };

    pool.spot.mean_unavailable_ns = 0;
    pool.spot.price_volatility = volatility;
    pool.spot.price_half_life_ns = 2 * DAY;
    pool.spot.price_interval_ns = SKY_NS_PER_HOUR;
    pool.spot.jumps_per_day = jumps_per_day;
    pool.spot.jump_size = jump_size;
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        enum { STEPS = 60 * 24, HALF_LIFE = 48 };
        double x[STEPS], sum = 0, squares = 0, products = 0, price = 0;
        market m;

        market_init(&m, &pool, 0, SEED, r, 0, SKY_NEVER_NS);
        for (int i = 0; i < STEPS; i++) {
            x[i] = m.log_price;
            sum += x[i];
            squares += x[i] * x[i];
            products += i >= HALF_LIFE ? x[i] * x[i - HALF_LIFE] : 0;
            price += (double)m.spot_nusd_per_hour / 1e10;
            assert_true(m.available);
            assert_int_equal(market_next_ns(&m), (i + 1) * SKY_NS_PER_HOUR);
            market_advance(&m);
        }
        estimate_add(&mean_log, sum / STEPS);
        estimate_add(&variance_log, squares / STEPS);
        estimate_add(&covariance_log, products / (STEPS - HALF_LIFE));
        estimate_add(&mean_price, price / STEPS);
    }
    assert_estimate(&mean_log, 0, 0.05);
    assert_estimate(&variance_log, variance, 0.1 * variance);
    assert_estimate(&covariance_log, variance / 2, 0.1 * variance);
    assert_estimate(&mean_price, 1, 0.03);
}

static void test_price_reverts_to_its_mean(void **state)
{
    (void)state;
    check_price(0, 0);
}

static void test_price_that_jumps_keeps_its_mean(void **state)
{
    (void)state;
    check_price(0.5, 0.4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_availability_of_zones_on_their_own),
        cmocka_unit_test(test_availability_of_zones_that_share_some_outages),
        cmocka_unit_test(test_availability_of_zones_that_share_all_outages),
        cmocka_unit_test(test_up_times_are_weibull),
        cmocka_unit_test(test_price_reverts_to_its_mean),
        cmocka_unit_test(test_price_that_jumps_keeps_its_mean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
