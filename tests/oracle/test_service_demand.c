/* Demand that follows the day, the week and crowds, against the integral of its rate: counts are Poisson. And the
 * autoscaler, and the analytic path over such days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "services, demand"
#include "estimate.h"
#include "services.h"
#include "world/service/analytic.h"

#define HOURS (24 * 7)

static const demand_crowd crowd = { .from_ns = 30 * SKY_NS_PER_HOUR,
                                    .to_ns = 32 * SKY_NS_PER_HOUR,
                                    .factor = 5 };
static const demand week = { .per_s = 0.05,
                             .swing = 0.8,
                             .peak_ns = 14 * SKY_NS_PER_HOUR,
                             .weekend = 0.5,
                             .crowds = &crowd,
                             .crowd_count = 1 };

/* Expected arrivals of an hour: swing's integral in closed form. */
static double expected_in(int hour)
{
    const double pi = acos(-1), per_hour = 3600 * week.per_s;
    double from = 2 * pi * (hour - 14) / 24, to = 2 * pi * (hour - 13) / 24;
    double n = per_hour * (1 + week.swing * (sin(to) - sin(from)) * 24 / (2 * pi));

    return n * (hour >= 24 * 5 ? week.weekend : 1) * (hour == 30 || hour == 31 ? crowd.factor : 1);
}

/* Chi-square over the hours of 30 weeks: each hour's count is Poisson of the expected mean. */
static void test_hours_of_the_week(void **state)
{
    enum { WEEKS = 30 };
    double chi_square = 0, low = gsl_cdf_chisq_Pinv(0.005, HOURS), high = gsl_cdf_chisq_Pinv(0.995, HOURS);
    int counts[HOURS] = { 0 };

    (void)state;
    for (uint32_t w = 0; w < WEEKS; w++) {
        const random_key key = { .seed = 8, .replication = w, .purpose = RANDOM_REQUEST };
        demand_arrivals a;

        demand_start(&a, &week, &key);
        for (int64_t ns; (ns = demand_next_ns(&a, HOURS * SKY_NS_PER_HOUR)) < HOURS * SKY_NS_PER_HOUR;)
            counts[ns / SKY_NS_PER_HOUR]++;
    }
    for (int h = 0; h < HOURS; h++) {
        double mean = WEEKS * expected_in(h);

        chi_square += (counts[h] - mean) * (counts[h] - mean) / mean;
    }
    print_message("    chi-square of %d hours %.1f, 99 %% from %.1f to %.1f\n", HOURS, chi_square, low, high);
    assert_true(chi_square > low && chi_square < high);
}

/* Gaps of steady demand: mean and variance of an exponential. */
/* Saved and restored at each arrival, the same ones come; and where the demand has become another, those of that one. */
static void test_arrivals_go_on(void **unused)
{
    static const demand other = { .per_s = 100, .weekend = 1, .steady = 1 }, none = { .steady = 1 };
    const random_key key = { .seed = 8, .purpose = RANDOM_REQUEST };
    demand_arrivals a, b, c, d;

    (void)unused;
    demand_start(&a, &week, &key);
    for (int64_t ns = 0; ns < HOURS * SKY_NS_PER_HOUR;) {
        state *saved = state_save();
        demand_arrivals *all[] = { &b, &c, &d };
        size_t size;

        demand_state(&a, saved);
        demand_start(&b, &week, &key);
        demand_start(&c, &other, &key);
        demand_start(&d, &none, &key);
        for (int i = 0; i < 3; i++) {
            state *s = state_restore(state_saved(saved, &size), 28);
            sky_error error = { "" };

            demand_state(all[i], s);
            assert_int_equal(state_end(s, &error), SKY_OK);
            state_free(s);
        }
        assert_int_equal(size, 28);
        state_free(saved);
        assert_true(demand_next_ns(&c, HOURS * SKY_NS_PER_HOUR) <= ns + SKY_NS_PER_SECOND);
        assert_true(demand_next_ns(&d, HOURS * SKY_NS_PER_HOUR) >= HOURS * SKY_NS_PER_HOUR);
        ns = demand_next_ns(&a, HOURS * SKY_NS_PER_HOUR);
        assert_int_equal(demand_next_ns(&b, HOURS * SKY_NS_PER_HOUR), ns);
    }
}

static void test_steady_demand_is_poisson(void **state)
{
    enum { GAPS = 20000, RUNS = 20 };
    const demand steady = { .per_s = 1e6, .steady = 1 };
    estimate mean_gap_in_microseconds = { 0 }, squared_gap_in_microseconds = { 0 };

    (void)state;
    for (uint32_t r = 0; r < RUNS; r++) {
        const random_key key = { .seed = 9, .replication = r, .purpose = RANDOM_REQUEST };
        demand_arrivals a;
        int64_t last_ns = 0;
        double sum = 0, squares = 0;

        demand_start(&a, &steady, &key);
        for (int i = 0; i < GAPS; i++) {
            int64_t ns = demand_next_ns(&a, SKY_NEVER_NS);
            double gap = (double)(ns - last_ns) * 1e-3;

            sum += gap;
            squares += gap * gap;
            last_ns = ns;
        }
        estimate_add(&mean_gap_in_microseconds, sum / GAPS);
        estimate_add(&squared_gap_in_microseconds, squares / GAPS);
    }
    assert_estimate(&mean_gap_in_microseconds, 1, 0.01);
    assert_estimate(&squared_gap_in_microseconds, 2, 0.05);
}

/* Steady load of 30 servers' worth at a target of 60 %: 50 replicas, after the first interval and the cold start. */
static void test_target_tracking(void **state)
{
    const client_route route = { .weight = 1 };
    const client_config population = simple_population(300, &route);
    station_config station = simple_station(duration_make(DURATION_EXPONENTIAL, 1e8, 0), 1);
    const services_config config = { .regions = 1,
                                     .populations = &population,
                                     .stations = &station,
                                     .population_count = 1,
                                     .station_count = 1,
                                     .seed = 2,
                                     .end_ns = SKY_NEVER_NS,
                                     .threads = 1 };
    services *s;

    (void)state;
    station.scaling = (autoscaler_config){ .least = 10,
                                           .most = 60,
                                           .interval_ns = 60 * SKY_NS_PER_SECOND,
                                           .target_ppm = 600000,
                                           .cold_start_ns = 30 * SKY_NS_PER_SECOND };
    s = services_need(&config);
    services_go(s, 89 * SKY_NS_PER_SECOND);
    assert_int_equal(services_station(s, 0)->up, 10);
    services_go(s, 91 * SKY_NS_PER_SECOND);
    assert_int_equal(services_station(s, 0)->up, 60); /* at once, by what waits */
    services_go(s, 1800 * SKY_NS_PER_SECOND);
    assert_in_range(services_station(s, 0)->up, 47, 54);
    services_destroy(s);
}

/* Two days alike, no noise: on the second, what is there was ordered before the hour begins. */
static void test_predicts_by_yesterday(void **state)
{
    autoscaler_config config = { .least = 1,
                                 .most = 100,
                                 .interval_ns = SKY_NS_PER_HOUR,
                                 .target_ppm = 500000,
                                 .cold_start_ns = 1,
                                 .predictive = 1 };
    autoscaler a = { 0 };
    uint32_t replicas = 1;

    (void)state;
    for (int hour = 0; hour < 48; hour++) {
        int64_t work = hour % 24 == 9 ? 20 : 1; /* replicas' worth, in the hour that ends */

        replicas = autoscaler_desired(&a, &config, (hour + 1) * SKY_NS_PER_HOUR, replicas,
                                      1000000 * work / replicas);
        if (hour == 8)
            assert_int_equal(replicas, 2); /* the first time it comes as a surprise */
        if (hour == 24 + 8)
            assert_in_range(replicas, 38, 40);
    }
}

/* Both ways over a day with a peak: the same number of requests, mean and p99, every request simulated against
 * minutes taken as stationary. */
static void test_analytic_day(void **state)
{
    const client_route route = { .weight = 1 };
    client_config population = simple_population(40, &route);
    station_config station = simple_station(duration_make(DURATION_EXPONENTIAL, 1e8, 0), 8);
    const int64_t span_ns = 24 * SKY_NS_PER_HOUR;
    services_config config = { .regions = 1,
                               .populations = &population,
                               .stations = &station,
                               .population_count = 1,
                               .station_count = 1,
                               .seed = 6,
                               .end_ns = span_ns,
                               .threads = 1 };
    analytic_year *year = calloc(1, sizeof *year);
    estimate requests = { 0 }, mean = { 0 }, p99 = { 0 };

    (void)state;
    assert_non_null(year);
    population.load.steady = 0;
    population.load.swing = 0.75;
    population.load.peak_ns = 15 * SKY_NS_PER_HOUR;
    analytic_run(&population.load, &station.time, 8, span_ns, year);
    assert_int_equal(year->overload_minutes, 0);
    assert_int_equal(year->responses.count, year->requests);
    for (; config.replication < 5; config.replication++) {
        services *s = services_need(&config);

        services_go(s, span_ns);
        estimate_add(&requests, (double)services_population(s, 0)->arrived);
        estimate_add(&mean, (double)histogram_mean(&services_population(s, 0)->responses) * 1e-6);
        estimate_add(&p99,
                     (double)histogram_percentile(&services_population(s, 0)->responses, 990000) * 1e-6);
        services_destroy(s);
    }
    print_message("    analytic p99 %g ms, simulated %g +- %.2g\n",
                  (double)histogram_percentile(&year->responses, 990000) * 1e-6, p99.mean,
                  estimate_half_width(&p99));
    assert_estimate(&requests, (double)year->requests, 10000);
    assert_true(fabs(mean.mean - (double)histogram_mean(&year->responses) * 1e-6) <
                estimate_half_width(&mean) + 0.01 * mean.mean);
    assert_true(fabs(p99.mean - (double)histogram_percentile(&year->responses, 990000) * 1e-6) <
                estimate_half_width(&p99) + 0.02 * p99.mean);
    free(year);
}

/* More than the servers can do has no stationary answer, and is told. */
static void test_analytic_overload(void **state)
{
    const demand load = { .per_s = 100, .swing = 0.5, .weekend = 1, .peak_ns = 12 * SKY_NS_PER_HOUR };
    const duration service = duration_make(DURATION_EXPONENTIAL, 1e8, 0);
    analytic_year *year = calloc(1, sizeof *year);

    (void)state;
    assert_non_null(year);
    analytic_run(&load, &service, 10, 24 * SKY_NS_PER_HOUR, year); /* over 100 a second: half of the day */
    assert_in_range(year->overload_minutes, 719, 721);
    assert_int_equal(year->responses.count + year->overload_requests, year->requests);
    free(year);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours_of_the_week),        cmocka_unit_test(test_arrivals_go_on),
        cmocka_unit_test(test_steady_demand_is_poisson), cmocka_unit_test(test_target_tracking),
        cmocka_unit_test(test_predicts_by_yesterday),    cmocka_unit_test(test_analytic_day),
        cmocka_unit_test(test_analytic_overload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
