/* Services, every request an event, against closed forms:
 *     M/M/1      response time exponential of rate mu - lambda                          [Kleinrock I, 1975, 3.2]
 *     M/M/c      P(response > t) by C(c, a)                                             [Gross, Harris, 1998, 2.3]
 *     M/G/1      wait = rho s (1 + cs^2) / 2 (1 - rho)                                  [Pollaczek 1930, Khinchin 1932]
 *     M/M/c/c    lost with probability B(c, a)                                          [Erlang 1917]
 *     tandem     the sum of two independent exponentials                                [Burke 1956, Jackson 1957]
 *     batches    M/M^b/1, a server takes up to b that wait: q(n) = C r^n waiting while it serves, with
 *                mu r^(b+1) - (lambda + mu) r + lambda = 0, 0 < r < 1                   [Bailey 1954; memoryless]
 *     memory     requests of k tokens each: M/M/c with c = memory / k
 * The analytic path is held against the same runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "services"
#include "estimate.h"
#include "services.h"
#include "world/service/analytic.h"

#define SERVICE_NS   1000000
#define PER_S        1e3 /* services of a server */
#define REPLICATIONS 20
#define WARM_UP      2000
#define REQUESTS     60000

typedef struct measured {
    estimate mean, p50, p99, lost;
} measured;

/* Load: of the servers' capacity. Times in units of a mean service. */
static measured measure(const station_config *stations, uint32_t station_count, double per_s, double tokens)
{
    const client_route routes[2] = { { .weight = 1 }, { .weight = 0 } };
    client_config population = simple_population(per_s, routes);
    services_config config = { .regions = 1,
                               .populations = &population,
                               .stations = stations,
                               .population_count = 1,
                               .station_count = station_count,
                               .seed = 5,
                               .end_ns = SKY_NEVER_NS,
                               .threads = 1 };
    measured m = { 0 };

    population.tokens = tokens;
    for (; config.replication < REPLICATIONS; config.replication++) {
        services *s = services_need(&config);
        double gap_ns = 1e9 / per_s;
        histogram *h = services_measure(s, (int64_t)(WARM_UP * gap_ns),
                                        (int64_t)((WARM_UP + REQUESTS) * gap_ns));
        const client *asker = services_population(s, 0);

        estimate_add(&m.mean, (double)h->sum_ns / (double)h->count / SERVICE_NS);
        estimate_add(&m.p50, (double)histogram_percentile(h, 500000) / SERVICE_NS);
        estimate_add(&m.p99, (double)histogram_percentile(h, 990000) / SERVICE_NS);
        estimate_add(&m.lost, (double)asker->failed / (double)asker->arrived);
        free(h);
        services_destroy(s);
    }
    return m;
}

static measured measure_one(duration time, uint32_t servers, double load)
{
    const station_config station = simple_station(time, servers);

    return measure(&station, 1, load * servers * PER_S, 0);
}

static void test_mm1(void **state)
{
    measured m = measure_one(duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0), 1, 0.7);
    const estimate MM1_mean_response = m.mean, MM1_median_response = m.p50, MM1_p99_response = m.p99;

    (void)state;
    assert_estimate(&MM1_mean_response, 1 / 0.3, 0.1);
    assert_estimate(&MM1_median_response, log(2) / 0.3, 0.1);
    assert_estimate(&MM1_p99_response, log(100) / 0.3, 0.6);
}

/* P(response > t), in units of a service. */
static double mmc_more(uint32_t c, double load, double t)
{
    double wait = analytic_erlang_c(c, c * load), left = c * (1 - load);

    return exp(-t) * (1 + wait * (1 - exp(-t * (left - 1))) / (left - 1));
}

static double mmc_percentile(uint32_t c, double load, double share)
{
    double low = 0, high = 1000;

    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;

        if (mmc_more(c, load, middle) > 1 - share)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void test_mmc(void **state)
{
    measured m = measure_one(duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0), 8, 0.85);
    const estimate MM8_mean_response = m.mean, MM8_median_response = m.p50, MM8_p99_response = m.p99;

    (void)state;
    assert_estimate(&MM8_mean_response, 1 + analytic_erlang_c(8, 6.8) / (8 * 0.15), 0.05);
    assert_estimate(&MM8_median_response, mmc_percentile(8, 0.85, 0.5), 0.05);
    assert_estimate(&MM8_p99_response, mmc_percentile(8, 0.85, 0.99), 0.2);
}

static double pollaczek_khinchin(double load, double scv)
{
    return 1 + load * (1 + scv) / 2 / (1 - load);
}

static void test_mg1(void **state)
{
    const duration lognormal = duration_make(DURATION_LOGNORMAL, SERVICE_NS, 0.8);
    const duration weibull = duration_make(DURATION_WEIBULL, SERVICE_NS, 0.7);
    const estimate MD1_mean_response = measure_one(duration_make(DURATION_FIXED, SERVICE_NS, 0), 1, 0.8).mean;
    const estimate MG1_lognormal_mean_response = measure_one(lognormal, 1, 0.6).mean;
    const estimate MG1_Weibull_mean_response = measure_one(weibull, 1, 0.6).mean;

    (void)state;
    assert_estimate(&MD1_mean_response, pollaczek_khinchin(0.8, 0), 0.1);
    assert_estimate(&MG1_lognormal_mean_response, pollaczek_khinchin(0.6, exp(0.64) - 1), 0.1);
    assert_estimate(&MG1_Weibull_mean_response, pollaczek_khinchin(0.6, duration_scv(&weibull)), 0.1);
}

static void test_loss(void **state)
{
    station_config station = simple_station(duration_make(DURATION_LOGNORMAL, SERVICE_NS, 1), 5);
    estimate Erlang_loss_of_5_servers;

    (void)state;
    station.queue_limit = 0;
    Erlang_loss_of_5_servers = measure(&station, 1, 4 * PER_S, 0).lost;
    assert_estimate(&Erlang_loss_of_5_servers, analytic_erlang_b(5, 4), 0.004);
}

/* Two stations in a row, of different load: response ~ Exp(0.5) + Exp(0.3), independent. */
static void test_tandem(void **state)
{
    station_config stations[2] = { simple_station(duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0), 1),
                                   simple_station(duration_make(DURATION_EXPONENTIAL, 1.25 * SERVICE_NS, 0),
                                                  1) };
    const double a = 1 - 0.5, b = 0.8 - 0.5;
    double low = 0, high = 100;
    measured m;
    estimate tandem_mean_response, tandem_p99_response;

    (void)state;
    stations[0].then = 1;
    m = measure(stations, 2, 0.5 * PER_S, 0);
    tandem_mean_response = m.mean;
    tandem_p99_response = m.p99;
    for (int i = 0; i < 100; i++) {
        double t = (low + high) / 2, more = (a * exp(-b * t) - b * exp(-a * t)) / (a - b);

        low = more > 0.01 ? t : low;
        high = more > 0.01 ? high : t;
    }
    assert_estimate(&tandem_mean_response, 1 / a + 1 / b, 0.1);
    assert_estimate(&tandem_p99_response, high, 0.6);
}

static void test_batches(void **state)
{
    const uint32_t most = 4;
    const double load = 2.4; /* of what a server does one by one */
    station_config station = simple_station(duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0), 1);
    double low = 0, high = 1 - 1e-6, r, c;
    estimate batches_of_4_mean_response;

    (void)state;
    station.max_batch = most;
    for (int i = 0; i < 100; i++) { /* the polynomial falls from lambda through 0 at r, and is 0 again at 1 */
        r = (low + high) / 2;
        if (pow(r, most + 1) - (load + 1) * r + load > 0)
            low = r;
        else
            high = r;
    }
    c = 1 / (1 / (1 - r) + 1 / load);
    batches_of_4_mean_response = measure(&station, 1, load * PER_S, 0).mean;
    assert_estimate(&batches_of_4_mean_response, c * r / ((1 - r) * (1 - r)) / load + 1, 0.05);
}

/* One token each, and 3 fit into each of 2 replicas, which could work on 100 at once. */
static void test_memory(void **state)
{
    station_config station = simple_station(duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0), 2);
    estimate memory_of_6_mean_response;

    (void)state;
    station.concurrency = 100;
    station.memory_tokens = 3;
    memory_of_6_mean_response = measure(&station, 1, 0.8 * 6 * PER_S, 1).mean;
    assert_estimate(&memory_of_6_mean_response, 1 + analytic_erlang_c(6, 4.8) / (6 * 0.2), 0.05);
}

/* ---- the analytic path ----------------------------------------------------------------------------------------------- */

/* Where the two agree: exactly for M/M/c, and else within the tolerances stated here, of the simulated value. */
static void check_agreement(duration time, uint32_t servers, double load, double mean_within,
                            double p99_within)
{
    const analytic_queue q = {
        .per_s = load * servers * PER_S, .gap_scv = 1, .service = &time, .servers = servers
    };
    analytic_answer answer = analytic_solve(&q);
    measured m = measure_one(time, servers, load);
    double mean = answer.response_ns / SERVICE_NS;
    double p99 = (double)analytic_percentile_ns(&q, &answer, 0.99) / SERVICE_NS;

    print_message(
        "    kind %d, %2u servers, load %.2f: mean %7.3f, simulated %7.3f; p99 %7.3f, simulated %7.3f\n",
        time.kind, servers, load, mean, m.mean.mean, p99, m.p99.mean);
    assert_true(fabs(mean - m.mean.mean) <= estimate_half_width(&m.mean) + mean_within * m.mean.mean);
    assert_true(fabs(p99 - m.p99.mean) <= estimate_half_width(&m.p99) + p99_within * m.p99.mean);
}

static void test_analytic_agrees(void **state)
{
    const duration exponential = duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0);
    const duration fixed = duration_make(DURATION_FIXED, SERVICE_NS, 0);
    const duration lognormal = duration_make(DURATION_LOGNORMAL, SERVICE_NS, 0.8);

    (void)state;
    check_agreement(exponential, 1, 0.6, 0, 0.005); /* p99: by 256 points of the service time */
    check_agreement(exponential, 8, 0.85, 0, 0.005);
    check_agreement(fixed, 1, 0.8, 0, 0.06);
    check_agreement(fixed, 8, 0.8, 0.02, 0.05);
    check_agreement(lognormal, 1, 0.7, 0, 0.08);
    check_agreement(lognormal, 8, 0.8, 0.02, 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mm1),    cmocka_unit_test(test_mmc),
        cmocka_unit_test(test_mg1),    cmocka_unit_test(test_loss),
        cmocka_unit_test(test_tandem), cmocka_unit_test(test_batches),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_analytic_agrees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
