/* What one path does: TCP throughput under loss against RFC 9438's table and Mathis et al.; jitter's distribution
 * and correlation in time; queues against M/M/1; bills against the tiers summed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdlib.h>

#include <cmocka.h>
#include "validation.h"
#include "world/network/latency.h"
#include "world/network/tcp.h"
#include "world/network/transfer_bill.h"

#define MS 1000000

/* RFC 9438, section 5.1, round trip 0.1 s: mean windows in segments of Reno and of CUBIC with C = 0.4. */
static void test_windows_are_those_of_rfc_9438(void **state)
{
    static const struct {
        int64_t loss_ppb;
        double reno, cubic;
    } rows[] = { { 10000000, 12, 12 }, { 1000000, 39, 39 },  { 100000, 120, 187 }, { 10000, 387, 1054 },
                 { 1000, 1225, 5926 }, { 100, 3873, 33325 }, { 10, 12247, 187400 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const tcp_path path = { 100 * MS, rows[i].loss_ppb, 1460, INT64_C(1) << 40 };

        /* the table rounds; and takes 1.2 for the square root of 3/2 */
        assert_true(fabs(tcp_reno_window(&path) / rows[i].reno - 1) < 0.03);
        assert_true(fabs(tcp_cubic_window(&path) / rows[i].cubic - 1) < 0.03);
    }
    validation_row("CUBIC's mean window under loss from 1e-2 to 1e-8, 0.1 s", "12 … 187,400 segments",
                   "within 3 %", "RFC 9438, section 5.1, table");
}

/* Mathis et al. 1997, eq. 3: BW = MSS / RTT × sqrt(3/2) / sqrt(p). On short paths CUBIC is as fast as Reno. */
static void test_short_paths_follow_mathis(void **state)
{
    const tcp_path path = { 10 * MS, 1000000, 1460, INT64_C(1) << 40 };
    double expected = 1460 / 0.010 * sqrt(1.5) / sqrt(1e-3);

    (void)state;
    assert_true(fabs((double)tcp_bytes_per_s(&path, 1) / expected - 1) < 1e-6);
    assert_true(fabs((double)tcp_bytes_per_s(&path, 8) / (8 * expected) - 1) < 1e-6);
}

static void test_without_loss_the_window_is_the_bound(void **state)
{
    const tcp_path path = { 100 * MS, 0, 1460, 10000000 };

    (void)state;
    assert_int_equal(tcp_bytes_per_s(&path, 1), 100000000);
    assert_int_equal(tcp_bytes_per_s(&path, 4), 400000000);
}

/* ---- latency ------------------------------------------------------------------------------------------------------ */

/* Share of draws above x, for a Lomax of that mean and tail: (1 + x / (mean (tail - 1)))^-tail. The draws of one
 * instant share the link's state, so they are spread over time. */
static void test_jitter_has_its_tail(void **state)
{
    const latency_jitter pareto = { MS, 2.5, 0.7, 1250 * (int64_t)MS }, smooth = { MS, 0, 0, 1 };
    const random_key key = { .seed = 1 };
    const int draws = 20000;
    char measured[80];
    double worst = 0;

    (void)state;
    for (int64_t x = MS / 4; x <= 16 * MS; x *= 4) {
        double tail = pow(1 + (double)x / (1.5 * MS), -2.5), exponential = exp(-(double)x / MS);
        int above[2] = { 0, 0 };

        for (int i = 0; i < draws; i++) {
            int64_t at_ns = i * INT64_C(5000) * MS;

            above[0] += latency_jitter_ns(&pareto, key, at_ns, (uint64_t)i) > x;
            above[1] += latency_jitter_ns(&smooth, key, at_ns, (uint64_t)i) > x;
        }
        /* four standard deviations of a count */
        assert_true(fabs(above[0] - draws * tail) < 4 * sqrt(draws * tail * (1 - tail)) + 1);
        assert_true(fabs(above[1] - draws * exponential) < 4 * sqrt(draws * exponential) + 1);
        worst = fmax(worst, fabs(above[0] / (draws * tail) - 1));
    }
    snprintf(measured, sizeof measured, "within %.0f %% over 20,000 draws", worst * 100);
    validation_row("share of public jitter above 0.25, 1, 4 and 16 ms", "Pareto, mean 1 ms, shape 2.5",
                   measured, "closed form; the family: Zhang and He, SNPD 2007");
}

static double correlation(const latency_jitter *jitter, int64_t apart_ns)
{
    const random_key key = { .seed = 2 };
    const double median = 1.5 * MS * (pow(2, 1 / 2.5) - 1);
    int same = 0;
    const int pairs = 20000;

    /* of the signs around the median: 2/pi asin(r) for normals of correlation r */
    for (int i = 0; i < pairs; i++) {
        int64_t at_ns = i * INT64_C(10000) * MS;

        same += (latency_jitter_ns(jitter, key, at_ns, (uint64_t)(2 * i)) > (int64_t)median) ==
                (latency_jitter_ns(jitter, key, at_ns + apart_ns, (uint64_t)(2 * i + 1)) > (int64_t)median);
    }
    return sin(M_PI / 2 * (2.0 * same / pairs - 1));
}

/* Two messages of one moment have correlated quantiles (r^2); two of moments far apart have none. */
static void test_jitter_is_correlated_over_seconds(void **state)
{
    const latency_jitter jitter = { MS, 2.5, 0.7, 1250 * (int64_t)MS };

    (void)state;
    assert_true(fabs(correlation(&jitter, 0) - 0.49) < 0.04);
    assert_true(fabs(correlation(&jitter, 2 * jitter.correlation_ns)) < 0.04);
}

/* M/M/1: probability of waiting rho, mean wait rho / (1 - rho) × service. */
static void test_queues_wait_as_mm1(void **state)
{
    const int64_t bytes_per_s = 1500000; /* a packet a millisecond */
    const random_key key = { .seed = 3 };
    const int draws = 40000;
    double sum = 0;
    int waited = 0;

    (void)state;
    for (int i = 0; i < draws; i++) {
        int64_t wait_ns = latency_queueing_ns(bytes_per_s, 800000, key, (uint64_t)i);

        waited += wait_ns > 0;
        sum += (double)wait_ns;
    }
    assert_true(fabs((double)waited / draws - 0.8) < 0.006);
    assert_true(fabs(sum / draws / MS - 4) < 0.07);
    assert_int_equal(latency_queueing_ns(bytes_per_s, 0, key, 0), 0);
    assert_int_equal(latency_serialisation_ns(1500, 1500000), MS);
    assert_int_equal(latency_serialisation_ns(1, INT64_C(3000000000)), 1);
}

/* ---- bills -------------------------------------------------------------------------------------------------------- */

#define GB INT64_C(1000000000)

/* 25 TB in parts of any size, at 0.09 to 10 TB and 0.085 to 50 TB: 900 + 1275 USD; the next month begins anew. */
static void test_bills_split_at_tiers(void **state)
{
    const scenario_egress_tier tiers[] = { { 10000 * GB, 90000000 },
                                           { 50000 * GB, 85000000 },
                                           { INT64_MAX, 70000000 } };
    const int64_t parts[] = { 7000, 5000, 1, 12999 };
    transfer_meter meter = { .tiers = tiers, .tier_count = 3 };
    int64_t nusd = 0;

    (void)state;
    for (int i = 0; i < 4; i++)
        nusd += transfer_bill(&meter, i, parts[i] * GB);
    assert_int_equal(nusd, 2175 * GB);
    assert_int_equal(transfer_price(&meter, 4), 85000000);
    assert_int_equal(transfer_bill(&meter, SKY_NS_PER_MONTH, GB), 90000000);
    assert_int_equal(meter.bytes, 25001 * GB);
    assert_int_equal(meter.nusd, 2175 * GB + 90000000);
    /* one transfer over three tiers */
    assert_int_equal(transfer_bill(&meter, 2 * SKY_NS_PER_MONTH, 60000 * GB), (900 + 3400 + 700) * GB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_are_those_of_rfc_9438),
        cmocka_unit_test(test_short_paths_follow_mathis),
        cmocka_unit_test(test_without_loss_the_window_is_the_bound),
        cmocka_unit_test(test_jitter_has_its_tail),
        cmocka_unit_test(test_jitter_is_correlated_over_seconds),
        cmocka_unit_test(test_queues_wait_as_mm1),
        cmocka_unit_test(test_bills_split_at_tiers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
