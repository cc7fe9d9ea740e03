/* Services that the engine serves: what its policies promise, seen in the rows of a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../tiny_run.h"

enum { FRANKFURT, IRELAND, VIRGINIA, PLACES };

#define PPM 1000000

static const char text[] =
    "@include \"catalog/catalog.cfg\"\n"
    "name = \"serving\"; duration = \"6 h\"; control_interval = \"5 min\"; strategies = [ "
    "\"on-demand-cheapest\" ];\n"
    "serving: { target = 0.6; most = \"12 USD/h\"; wait_cost = \"50 USD/h\"; };\n"
    "services = ( { name = \"s\"; time = { distribution = \"lognormal\"; mean = \"200 ms\"; shape = 0.5; };\n"
    "               cold_start = \"1 min\"; request_size = \"1 kB\"; answer_size = \"50 kB\"; %s places = (\n"
    "    { region = \"gcp:europe-west3\"; replicas = 8; least = 0; most = 40; price = \"1 USD/h\"; },\n"
    "    { region = \"aws:eu-west-1\"; replicas = 0; most = 40; price = \"0.8 USD/h\"; },\n"
    "    { region = \"aws:us-east-1\"; replicas = 0; most = 40; price = \"0.7 USD/h\"; } ); } );\n"
    "populations = ( { name = \"p\"; region = \"gcp:europe-west3\"; service = \"s\"; rate = 12.0; swing = "
    "0.8; peak = \"3 h\"; },\n"
    "                { name = \"q\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 10.0; swing = 0.8; "
    "peak = \"5 h\"; } );\n";

static record_summary run(const char *strategy, const char *service_keys, int64_t restart_ns,
                          record_rows *kept)
{
    const twin_options options = { strategy, 0, 3, restart_ns };
    char all[4096];

    snprintf(all, sizeof all, text, service_keys);
    return tiny_run(all, &options, kept);
}

static int64_t served_at(const record_rows *kept, uint32_t place)
{
    const record_request_row *rows = kept->of[RECORD_SERVICES];

    for (size_t i = 0; i < kept->count[RECORD_SERVICES]; i++)
        if (rows[i].place == place)
            return rows[i].served;
    return -1;
}

/* Use of the replicas in the intervals of the second half, weighed by time. */
static double later_use(const record_rows *kept, uint32_t place)
{
    const record_request_row *rows = kept->of[RECORD_REQUESTS];
    double sum = 0, count = 0;

    for (size_t i = 0; i < kept->count[RECORD_REQUESTS]; i++)
        if (rows[i].place == place && rows[i].time_ns > 3 * SKY_NS_PER_HOUR) {
            sum += (double)rows[i].utilisation_ppm / PPM;
            count++;
        }
    return sum / count;
}

static void test_tracking_keeps_to_its_target(void **state)
{
    record_rows kept = { 0 };
    record_summary summary = run("on-demand-cheapest+target-tracking", "", SKY_NEVER_NS, &kept);
    double use = later_use(&kept, FRANKFURT);

    (void)state;
    print_message("    use %.3f\n", use);
    assert_true(use > 0.48 && use < 0.66); /* below, by whole replicas and as load falls */
    assert_int_equal(served_at(&kept, IRELAND) + served_at(&kept, VIRGINIA), 0);
    assert_true(summary.actions > 2);
    record_rows_free(&kept);
}

/* Everybody is served from where he is, and a place whose users have another one closes. */
static void test_near_users_are_served_at_home(void **state)
{
    record_rows kept = { 0 };
    record_summary summary = run("on-demand-cheapest+near-users", "", SKY_NEVER_NS, &kept);

    (void)state;
    assert_true(served_at(&kept, VIRGINIA) > summary.requests_served * 3 / 10);
    assert_int_equal(served_at(&kept, IRELAND), 0);
    assert_true(summary.requests_p50_ns < 220 * INT64_C(1000000)); /* nobody is abroad */
    assert_int_equal(summary.requests_failed, 0);
    record_rows_free(&kept);
}

static void test_the_limit_is_kept(void **state)
{
    record_rows kept = { 0 };
    record_summary summary = run("on-demand-cheapest+latency-cost", "", SKY_NEVER_NS, &kept);

    (void)state;
    print_message("    %.2f USD of %.2f\n", (double)summary.cost_nusd * 1e-9, 6 * 12.0);
    assert_true(summary.cost_nusd <= 6 * 12 * INT64_C(1000000000));
    assert_true(served_at(&kept, VIRGINIA) > 0);
    record_rows_free(&kept);
}

/* No replicas and no routes where the service may not be, whatever the policy; users there ask abroad. */
static void test_jurisdictions_bind_services(void **state)
{
    static const char *const policies[] = { "near-users", "latency-cost", "target-tracking", "predictive" };

    (void)state;
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        record_rows kept = { 0 };
        const sky_action *actions;
        char strategy[64];

        snprintf(strategy, sizeof strategy, "on-demand-cheapest+%s", policies[p]);
        run(strategy, "allowed_jurisdictions = [ \"EU\" ];", SKY_NEVER_NS, &kept);
        actions = kept.of[RECORD_ACTIONS];
        for (size_t i = 0; i < kept.count[RECORD_ACTIONS]; i++)
            if (actions[i].place == VIRGINIA)
                assert_int_equal(actions[i].devices, 0);
        assert_int_equal(served_at(&kept, VIRGINIA), 0);
        assert_true(served_at(&kept, FRANKFURT) + served_at(&kept, IRELAND) > 0);
        record_rows_free(&kept);
    }
}

/* An engine that goes on from a snapshot decides as it would have. */
static void test_snapshots_keep_services(void **state)
{
    static const char *const policies[] = { "predictive", "near-users", "latency-cost" };

    (void)state;
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        record_rows whole = { 0 }, resumed = { 0 };
        char strategy[64];

        snprintf(strategy, sizeof strategy, "on-demand-cheapest+%s", policies[p]);
        run(strategy, "", SKY_NEVER_NS, &whole);
        run(strategy, "", 2 * SKY_NS_PER_HOUR, &resumed);
        for (int s = 0; s < RECORD_STREAM_COUNT; s++) {
            assert_int_equal(whole.count[s], resumed.count[s]);
            if (whole.count[s] > 0)
                assert_memory_equal(whole.of[s], resumed.of[s],
                                    whole.count[s] * record_row_bytes((record_stream)s));
        }
        record_rows_free(&whole);
        record_rows_free(&resumed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracking_keeps_to_its_target),
        cmocka_unit_test(test_near_users_are_served_at_home),
        cmocka_unit_test(test_the_limit_is_kept),
        cmocka_unit_test(test_jurisdictions_bind_services),
        cmocka_unit_test(test_snapshots_keep_services),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
