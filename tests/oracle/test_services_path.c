/* The two paths of a scenario's services: every request, and each place minute by minute as a queue. On the same scenario they
 * agree within the bounds that docs/services.md states; the analytic one gives the same answer always. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../tiny_run.h"
#include "tests/validation.h"

enum { NEAR, SPREAD, POPULATIONS };

static const char text[] =
    "@include \"catalog/catalog.cfg\"\n"
    "name = \"paths\"; duration = \"%s\"; control_interval = \"10 min\"; strategies = [ "
    "\"on-demand-cheapest\" ];\n"
    "services_path = \"%s\"; serving = \"target-tracking\";\n"
    "services = ( { name = \"s\"; time = { distribution = \"lognormal\"; mean = \"20 ms\"; shape = 0.6; };\n"
    "               cold_start = \"2 min\"; request_size = \"1 kB\"; answer_size = \"90 kB\"; places = (\n"
    "    { region = \"gcp:europe-west3\"; replicas = 6; least = 1; most = %d; price = \"1 USD/h\"; },\n"
    "    { region = \"aws:us-east-1\"; replicas = 6; least = 1; most = %d; price = \"0.7 USD/h\"; } ); } );\n"
    "populations = ( { name = \"near\"; region = \"gcp:europe-west3\"; service = \"s\"; rate = 140.0; swing "
    "= 0.6;\n"
    "                  peak = \"3 h\"; objective = \"60 ms\"; },\n"
    "                { name = \"spread\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 120.0; routing "
    "= \"weight\"; } );\n";

static record_summary run(const char *path, const char *duration, const char *serving, record_rows *kept)
{
    char all[4096], strategy[64];
    const twin_options options = { strategy, 0, 5, SKY_NEVER_NS };
    /* as declared, a place would scale by itself, which the analytic path does not know */
    int most = strcmp(serving, "as-declared") == 0 ? 6 : 40;

    snprintf(strategy, sizeof strategy, "on-demand-cheapest+%s", serving);
    snprintf(all, sizeof all, text, duration, path, most, most);
    return tiny_run(all, &options, kept);
}

static const record_request_row *row_of(const record_rows *kept, uint32_t population)
{
    const record_request_row *rows = kept->of[RECORD_SERVICES];

    for (size_t i = 0; i < kept->count[RECORD_SERVICES]; i++)
        if (rows[i].population == population)
            return &rows[i];
    fail_msg("population %u has no row", population);
    return NULL;
}

static double apart(int64_t a, int64_t b)
{
    return fabs((double)a / (double)b - 1);
}

/* Replicas as declared, then tracked by the engine: the same decisions but for what is drawn. */
static void test_the_paths_agree(void **state)
{
    static const char *const servings[] = { "as-declared", "target-tracking" };
    double worst_p50 = 0, worst_p99 = 0, worst_within = 0, worst_cost = 0;
    char measured[120];

    (void)state;
    for (int i = 0; i < 2; i++) {
        record_rows events = { 0 }, queues = { 0 };
        record_summary a = run("events", "6 h", servings[i], &events),
                       b = run("analytic", "6 h", servings[i], &queues);

        assert_int_equal(a.requests_analytic, 0);
        assert_int_equal(b.requests_analytic, 1);
        assert_true(apart(b.requests_served, a.requests_served) < 0.005);
        worst_cost = fmax(worst_cost, apart(b.cost_nusd, a.cost_nusd));
        for (uint32_t p = 0; p < POPULATIONS; p++) {
            const record_request_row *x = row_of(&events, p), *y = row_of(&queues, p);

            worst_p50 = fmax(worst_p50, apart(y->p50_ns, x->p50_ns));
            worst_p99 = fmax(worst_p99, apart(y->p99_ns, x->p99_ns));
            worst_within = fmax(worst_within, fabs((double)x->within / (double)x->served -
                                                   (double)y->within / (double)y->served));
        }
        record_rows_free(&events);
        record_rows_free(&queues);
    }
    snprintf(measured, sizeof measured,
             "median %.1f %%, 99th percentile %.1f %%, objective %.2f points, cost %.1f %%", 100 * worst_p50,
             100 * worst_p99, 100 * worst_within, 100 * worst_cost);
    print_message("    apart at most: %s\n", measured);
    validation_row("services by the analytic path, against every request: 6 h, two populations, two "
                   "policies, apart at most",
                   "median 2 %, 99th percentile 6 %, objective 1 point, cost 12 %", measured, __FILE_NAME__);
    assert_true(worst_p50 < 0.02);
    assert_true(worst_p99 < 0.06);
    assert_true(worst_within < 0.01);
    assert_true(worst_cost < 0.12); /* what ten minutes draw makes the engine order more */
}

/* No draw, hence no seed: the same rows, requests in whole numbers, sums that add up. */
static void test_the_analytic_path_repeats(void **state)
{
    record_rows a = { 0 }, b = { 0 };
    const record_summary x = run("analytic", "3 d", "latency-cost", &a),
                         y = run("analytic", "3 d", "latency-cost", &b);

    (void)state;
    assert_int_equal(x.cost_nusd, y.cost_nusd);
    for (int s = 0; s < RECORD_STREAM_COUNT; s++) {
        assert_int_equal(a.count[s], b.count[s]);
        if (a.count[s] > 0)
            assert_memory_equal(a.of[s], b.of[s], a.count[s] * record_row_bytes((record_stream)s));
    }
    assert_true(fabs((double)(x.requests_served + x.requests_failed) / (3 * 86400 * 260.0) - 1) < 1e-4);
    record_rows_free(&a);
    record_rows_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_paths_agree),
        cmocka_unit_test(test_the_analytic_path_repeats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
