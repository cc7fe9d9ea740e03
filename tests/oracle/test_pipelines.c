/* Pipelines, every record an event, against closed forms:
 *     tandem     without limits: a sum of independent exponentials of rates mu_i - lambda    [Jackson 1957, Burke 1956]
 *     blocking   two stages with finite buffers, blocking after service: throughput of the Markov chain, solved here
 *     windows    of length W: latency uniform on (d + s, d + s + W), d the watermark's delay, s a service
 *     late       event times that come exponentially late, of mean m: (m / W) e^(-d/m) (1 - e^(-W/m))
 *     batches    that linger for L: the first waits L, the N that follow, N Poisson, L/2 on the mean
 *     line       of fixed time a record: M/D/1                                               [Pollaczek 1930]
 *     pressure   a chain goes as fast as its slowest stage, exactly */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "pipelines"
#include "estimate.h"
#include "pipelines.h"

#include <gsl/gsl_linalg.h>

#define MS           INT64_C(1000000)
#define SECOND       (1000 * MS)
#define REPLICATIONS 20

static duration exponential(double mean_ns)
{
    return duration_make(DURATION_EXPONENTIAL, mean_ns, 0);
}

static duration fixed(double mean_ns)
{
    return duration_make(DURATION_FIXED, mean_ns, 0);
}

/* ---- tandem --------------------------------------------------------------------------------------------------------- */

/* P(X + Y > t), exponentials of rates a and b. */
static double two_more(double a, double b, double t)
{
    return (b * exp(-a * t) - a * exp(-b * t)) / (b - a);
}

static double two_percentile(double a, double b, double share)
{
    double low = 0, high = 1000;

    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;

        if (two_more(a, b, middle) > 1 - share)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* In ms: 700 records a second, servers of 1 and 0.8 ms. */
static void test_tandem_is_jacksons(void **state)
{
    const pipeline_stage_config stages[2] = { simple_stage(PIPELINE_MAP, exponential(MS)),
                                              simple_stage(PIPELINE_MAP, exponential(0.8 * MS)) };
    const double a = 1 - 0.7, b = 1.25 - 0.7;
    estimate tandem_mean_latency = { 0 }, tandem_median_latency = { 0 }, tandem_p99_latency = { 0 };
    chain c;

    (void)state;
    chain_make(&c, simple_source(700, 0), stages, 2);
    for (; c.config.replication < REPLICATIONS; c.config.replication++) {
        pipelines *p = pipelines_need(&c.config);
        histogram *h = pipelines_measure(p, 3, 3 * SECOND, 90 * SECOND);

        estimate_add(&tandem_mean_latency, (double)h->sum_ns / (double)h->count / MS);
        estimate_add(&tandem_median_latency, (double)histogram_percentile(h, 500000) / MS);
        estimate_add(&tandem_p99_latency, (double)histogram_percentile(h, 990000) / MS);
        free(h);
        pipelines_destroy(p);
    }
    assert_estimate(&tandem_mean_latency, 1 / a + 1 / b, 0.15);
    assert_estimate(&tandem_median_latency, two_percentile(a, b, 0.5), 0.15);
    assert_estimate(&tandem_p99_latency, two_percentile(a, b, 0.99), 1);
}

/* ---- blocking after service ------------------------------------------------------------------------------------------ */

#define FIRST_MOST  4 /* records at the first stage: served, two in its buffer, one that the source has read */
#define SECOND_MOST 3 /* at the second: served, two in its buffer */
#define STATES      ((FIRST_MOST + 1) * (SECOND_MOST + 2))

/* n2 = SECOND_MOST + 1: the first stage's server is blocked, too. */
static size_t state_of(int n1, int n2)
{
    return (size_t)(n1 * (SECOND_MOST + 2) + n2);
}

static void add_rate(gsl_matrix *q, size_t from, size_t to, double rate)
{
    gsl_matrix_set(q, to, from, gsl_matrix_get(q, to, from) + rate);
    gsl_matrix_set(q, from, from, gsl_matrix_get(q, from, from) - rate);
}

/* Records a ms that get through. */
static double blocking_throughput(double lambda, double mu1, double mu2)
{
    gsl_matrix *q = gsl_matrix_calloc(STATES, STATES);
    gsl_vector *right = gsl_vector_calloc(STATES), *pi = gsl_vector_calloc(STATES);
    gsl_permutation *order = gsl_permutation_alloc(STATES);
    double through = 0;
    int sign;

    for (int n1 = 0; n1 <= FIRST_MOST; n1++)
        for (int n2 = 0; n2 <= SECOND_MOST + 1; n2++) {
            int blocked = n2 == SECOND_MOST + 1;

            if (n1 < FIRST_MOST)
                add_rate(q, state_of(n1, n2), state_of(n1 + 1, n2), lambda);
            if (n1 > 0 && n2 < SECOND_MOST)
                add_rate(q, state_of(n1, n2), state_of(n1 - 1, n2 + 1), mu1);
            if (n1 > 0 && n2 == SECOND_MOST)
                add_rate(q, state_of(n1, n2), state_of(n1, n2 + 1), mu1);
            if (n2 > 0 && (!blocked || n1 > 0))
                add_rate(q, state_of(n1, n2), state_of(n1 - blocked, n2 - 1), mu2);
            else if (blocked) /* can't be: the blocked record is one of n1 */
                add_rate(q, state_of(n1, n2), state_of(0, 0), 1);
        }
    for (size_t i = 0; i < STATES; i++)
        gsl_matrix_set(q, 0, i, 1);
    gsl_vector_set(right, 0, 1);
    gsl_linalg_LU_decomp(q, order, &sign);
    gsl_linalg_LU_solve(q, order, right, pi);
    for (int n1 = 0; n1 <= FIRST_MOST; n1++)
        for (int n2 = 1; n2 <= SECOND_MOST + 1; n2++)
            through += mu2 * gsl_vector_get(pi, state_of(n1, n2));
    gsl_matrix_free(q);
    gsl_vector_free(right);
    gsl_vector_free(pi);
    gsl_permutation_free(order);
    return through;
}

static void test_blocking_after_service(void **state)
{
    pipeline_stage_config stages[2] = { simple_stage(PIPELINE_MAP, exponential(MS)),
                                        simple_stage(PIPELINE_MAP, exponential(1.1 * MS)) };
    pipeline_stage_config source = simple_source(950, 0);
    estimate blocking_tandem_throughput = { 0 };
    chain c;

    (void)state;
    stages[0].buffer = stages[1].buffer = 2;
    source.buffer = 0;
    chain_make(&c, source, stages, 2);
    for (; c.config.replication < REPLICATIONS; c.config.replication++) {
        pipelines *p = pipelines_need(&c.config);
        uint64_t before;

        pipelines_go(p, SECOND);
        before = pipelines_stage(p, 3).taken;
        pipelines_go(p, 61 * SECOND);
        estimate_add(&blocking_tandem_throughput, (double)(pipelines_stage(p, 3).taken - before) / 60000);
        assert_true(pipelines_stage(p, 0).dropped > 0);
        pipelines_destroy(p);
    }
    assert_estimate(&blocking_tandem_throughput, blocking_throughput(0.95, 1, 1 / 1.1), 0.003);
}

/* ---- windows --------------------------------------------------------------------------------------------------------- */

/* In seconds; windows of 1 s, the watermark 200 ms behind, a service of 2 ms. */
static void measure_windows(int64_t slide_ns, estimate *mean, estimate *p90)
{
    pipeline_stage_config window = simple_stage(PIPELINE_WINDOW, fixed(2 * MS));
    pipeline_stage_config source = simple_source(40, 0);
    chain c;

    window.window_ns = SECOND;
    window.slide_ns = slide_ns;
    source.source.watermark_delay_ns = 200 * MS;
    chain_make(&c, source, &window, 1);
    for (; c.config.replication < REPLICATIONS; c.config.replication++) {
        pipelines *p = pipelines_need(&c.config);
        histogram *h = pipelines_measure(p, 2, 2 * SECOND, 1000 * SECOND);

        estimate_add(mean, (double)h->sum_ns / (double)h->count / 1e9);
        estimate_add(p90, (double)histogram_percentile(h, 900000) / 1e9);
        assert_true(pipelines_stage(p, 1).late == 0);
        assert_true(h->max_ns < 1250 * MS); /* and records before it in the queue */
        free(h);
        pipelines_destroy(p);
    }
}

static void test_windows_wait_for_their_end(void **state)
{
    estimate tumbling_window_latency = { 0 }, tumbling_window_p90 = { 0 };
    estimate sliding_window_latency = { 0 }, sliding_window_p90 = { 0 };

    (void)state;
    measure_windows(SECOND, &tumbling_window_latency, &tumbling_window_p90);
    assert_estimate(&tumbling_window_latency, 0.5 + 0.2 + 0.002, 0.01);
    assert_estimate(&tumbling_window_p90, 0.9 + 0.2 + 0.002, 0.01);
    measure_windows(SECOND / 5, &sliding_window_latency, &sliding_window_p90);
    assert_estimate(&sliding_window_latency, 0.5 + 0.2 + 0.002, 0.01);
    assert_estimate(&sliding_window_p90, 0.9 + 0.2 + 0.002, 0.01);
}

static void test_late_records(void **state)
{
    const double m = 0.15, d = 0.2, w = 1;
    pipeline_stage_config window = simple_stage(PIPELINE_WINDOW, fixed(0));
    pipeline_stage_config source = simple_source(500, 0);
    estimate late_share = { 0 };
    chain c;

    (void)state;
    window.window_ns = window.slide_ns = SECOND;
    source.source.watermark_delay_ns = 200 * MS;
    source.source.disorder = exponential(150 * MS);
    chain_make(&c, source, &window, 1);
    for (; c.config.replication < REPLICATIONS; c.config.replication++) {
        pipelines *p = pipelines_need(&c.config);
        pipeline_stage_count n;

        pipelines_go(p, 200 * SECOND);
        n = pipelines_stage(p, 1);
        assert_int_equal(n.late + n.folded, n.received);
        estimate_add(&late_share, (double)n.late / (double)n.received);
        pipelines_destroy(p);
    }
    assert_estimate(&late_share, m / w * exp(-d / m) * (1 - exp(-w / m)), 0.001);
}

/* Each of the 100 records a second with each of the ten, by window; and by key against the latest, once there is one. */
static void test_joins(void **state)
{
    chain c;
    pipelines *p;

    (void)state;
    chain_make(&c, simple_source(100, 1), (pipeline_stage_config[]){ simple_source(10, 1) }, 1);
    c.stages[2] = simple_stage(PIPELINE_JOIN, fixed(0));
    c.stages[2].window_ns = SECOND;
    c.stages[3] = simple_stage(PIPELINE_SINK, fixed(0));
    c.streams[0] = (pipeline_stream_config){ .from = 0, .to = 2, .by_key = 1 };
    c.streams[1] = (pipeline_stream_config){ .from = 1, .to = 2, .by_key = 1 };
    c.streams[2] = (pipeline_stream_config){ .from = 2, .to = 3, .by_key = 1 };
    c.config.stage_count = 4;
    c.config.stream_count = 3;
    p = pipelines_need(&c.config);
    pipelines_go(p, 11 * SECOND - 1);
    assert_int_equal(pipelines_stage(p, 3).taken, 99 * 9 + 9 * 1000); /* none at time 0 */
    pipelines_destroy(p);
    c.stages[2].window_ns = 0;
    p = pipelines_need(&c.config);
    pipelines_go(p, 11 * SECOND - 1);
    assert_int_equal(pipelines_stage(p, 2).filtered, 9); /* before the reference's first, at 100 ms */
    assert_int_equal(pipelines_stage(p, 3).taken, 1099 - 9);
    pipelines_destroy(p);
}

/* ---- streams ---------------------------------------------------------------------------------------------------------- */

static void test_batches_linger(void **state)
{
    const double rate = 0.4, linger = 20; /* a ms; ms */
    estimate lingering_batch_latency = { 0 }, full_batch_latency = { 0 };
    chain c;

    (void)state;
    chain_make(&c, simple_source(400, 0), NULL, 0);
    c.streams[0].record_bytes = 100;
    c.streams[0].header_bytes = 61;
    for (; c.config.replication < REPLICATIONS; c.config.replication++) {
        pipelines *p;
        histogram *h;
        pipeline_stream_count n;

        c.streams[0].batch_bytes = 1000000;
        c.streams[0].linger_ns = 20 * MS;
        p = pipelines_need(&c.config);
        h = pipelines_measure(p, 1, SECOND, 100 * SECOND);
        n = pipelines_stream(p, 0);
        estimate_add(&lingering_batch_latency, (double)h->sum_ns / (double)h->count / MS);
        assert_int_equal(n.bytes, (n.sent - n.batched) * 100 + n.batches * 61);
        free(h);
        pipelines_destroy(p);
        c.streams[0].batch_bytes = 1600; /* 16 records */
        c.streams[0].linger_ns = 10 * SECOND;
        p = pipelines_need(&c.config);
        h = pipelines_measure(p, 1, SECOND, 100 * SECOND);
        estimate_add(&full_batch_latency, (double)h->sum_ns / (double)h->count / MS);
        assert_int_equal(pipelines_stream(p, 0).batches, pipelines_stage(p, 0).taken / 16);
        free(h);
        pipelines_destroy(p);
    }
    assert_estimate(&lingering_batch_latency, linger * (1 + rate * linger / 2) / (1 + rate * linger), 0.1);
    assert_estimate(&full_batch_latency, 15 / 2. / rate, 0.1);
}

/* To another region: 1000 bytes at 1 MB/s, 30 ms away. */
static void test_line_is_md1(void **state)
{
    const double rho = 0.6;
    estimate line_latency = { 0 };
    chain c;

    (void)state;
    chain_make(&c, simple_source(600, 0), NULL, 0);
    c.streams[0].record_bytes = 1000;
    c.streams[0].bytes_per_s = 1000000;
    c.streams[0].latency_ns = 30 * MS;
    c.stages[1].region = 1;
    for (; c.config.replication < REPLICATIONS; c.config.replication++) {
        pipelines *p = pipelines_need(&c.config);
        histogram *h = pipelines_measure(p, 1, SECOND, 80 * SECOND);

        estimate_add(&line_latency, (double)h->sum_ns / (double)h->count / MS);
        free(h);
        pipelines_destroy(p);
    }
    assert_estimate(&line_latency, 30 + 1 + rho / 2 / (1 - rho), 0.02);
}

/* ---- back-pressure ---------------------------------------------------------------------------------------------------- */

/* 1000 a second come; the middle stage could do as many, the last 200. Across regions, too: a buffer of 16 and 5 ms each
 * way let 16 records pass in 10 ms, and a few: more than 200 a second. */
static void test_slowest_stage_sets_the_rate(void **state)
{
    (void)state;
    for (uint32_t apart = 0; apart < 2; apart++) {
        pipeline_stage_config stages[2] = { simple_stage(PIPELINE_MAP, fixed(MS)),
                                            simple_stage(PIPELINE_MAP, fixed(5 * MS)) };
        pipeline_stage_count first, before;
        chain c;
        pipelines *p;

        stages[0].buffer = stages[1].buffer = 16;
        chain_make(&c, simple_source(1000, 1), stages, 2);
        c.stages[2].region = c.stages[3].region = apart;
        c.streams[1].latency_ns = apart * 5 * MS;
        p = pipelines_need(&c.config);
        pipelines_go(p, 10 * SECOND);
        before = pipelines_stage(p, 1);
        assert_in_range(pipelines_stage(p, 3).taken, 1990, 2000);
        pipelines_go(p, 60 * SECOND);
        first = pipelines_stage(p, 1);
        assert_in_range(pipelines_stage(p, 3).taken, 11990, 12000);
        assert_in_range((first.busy_ns - before.busy_ns) / MS, 9990, 10010); /* a fifth of 50 s */
        assert_in_range((first.blocked_ns - before.blocked_ns) / MS, 39980, 40010);
        assert_in_range(pipelines_stage(p, 0).waiting, 60000 - 12000 - 70, 60000 - 12000);
        pipelines_destroy(p);
    }
}

/* Keys by Zipf's law: the records of a key are what the law says, at the task that owns it. */
static void test_skew(void **state)
{
    pipeline_stage_config stage = simple_stage(PIPELINE_MAP, fixed(3 * MS));
    pipeline_stage_config source = simple_source(1000, 0);
    double weight = 0, hot;
    pipeline_stage_count n;
    chain c;
    pipelines *p;

    (void)state;
    for (int i = 1; i <= 50; i++)
        weight += 1. / i;
    hot = 1 / weight; /* 22 % of 1000 a second go to one key: its task alone can do 333 */
    source.source.keys = 50;
    source.source.skew = 1;
    stage.tasks = stage.most = 50;
    chain_make(&c, source, &stage, 1);
    p = pipelines_need(&c.config);
    pipelines_go(p, 100 * SECOND);
    n = pipelines_stage(p, 1);
    assert_true(1000 * hot < 333);
    assert_true(n.waiting < 1000000);
    assert_in_range(n.busy_ns / MS, 295000, 305000);
    pipelines_destroy(p);
}

/* ---- scaling ---------------------------------------------------------------------------------------------------------- */

/* Half as many tasks as it takes; then enough. Nothing is lost on the way, and what it costs is what it had. */
static void test_scaling(void **state)
{
    pipeline_stage_config stages[2] = { simple_stage(PIPELINE_MAP, fixed(2 * MS)),
                                        simple_stage(PIPELINE_WINDOW, fixed(0)) };
    pipeline_stage_config source = simple_source(1000, 1);
    sky_error error;
    chain c;
    pipelines *p;

    (void)state;
    source.source.keys = 100;
    stages[0].most = stages[1].most = 4;
    stages[0].buffer = 50;
    stages[0].rescale_ns = SECOND;
    stages[0].nusd_per_hour = 3600;
    stages[1].window_ns = stages[1].slide_ns = SECOND;
    chain_make(&c, source, stages, 2);
    c.config.end_ns = 40 * SECOND;
    p = pipelines_need(&c.config);
    pipelines_go(p, 20 * SECOND);
    assert_in_range(pipelines_stage(p, 1).taken, 9990, 10000);
    assert_int_equal(pipelines_scale(p, 1, 4, &error), SKY_OK);
    assert_int_equal(pipelines_scale(p, 2, 3, &error), SKY_OK);
    pipelines_go(p, 25 * SECOND);
    assert_int_equal(pipelines_scale(p, 2, 1, &error), SKY_OK);
    pipelines_go(p, 60 * SECOND);
    assert_int_equal(pipelines_stage(p, 1).taken, 39999);
    assert_int_equal(pipelines_stage(p, 2).folded + pipelines_stage(p, 2).late, 39999);
    assert_int_equal(pipelines_stage(p, 2).late, 0);
    assert_int_equal(pipelines_stage_nusd(p, 1), 20 + 4 * 40);
    assert_int_equal(pipelines_scale(p, 1, 5, &error), SKY_ERROR_INPUT);
    pipelines_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tandem_is_jacksons),
        cmocka_unit_test(test_blocking_after_service),
        cmocka_unit_test(test_windows_wait_for_their_end),
        cmocka_unit_test(test_late_records),
        cmocka_unit_test(test_joins),
        cmocka_unit_test(test_batches_linger),
        cmocka_unit_test(test_line_is_md1),
        cmocka_unit_test(test_slowest_stage_sets_the_rate),
        cmocka_unit_test(test_skew),
        cmocka_unit_test(test_scaling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
