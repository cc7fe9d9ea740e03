/* Services over a network: ways take their times from the links that traffic takes now, private or public, up or down, and
 * requests pay those links; the same on any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/record_rows.h"
#include "tests/scenario_files.h"
#include "twin.h"

#define MS INT64_C(1000000)

static const char text[] = "@include \"catalog/catalog.cfg\"\n"
                           "name = \"ways\"; duration = \"4 h\"; control_interval = \"10 min\"; strategies = "
                           "[ \"on-demand-cheapest\" ];\n"
                           "network: { public: { jitter = \"2 ms\"; loss = 0.0; };\n"
                           "  links = ( { name = \"line\"; from = \"gcp:europe-west3\"; to = "
                           "\"aws:us-east-1\"; rtt = \"60 ms\"; capacity = \"1 Gbit/s\";\n"
                           "              jitter = \"0 s\"; loss = 0.0; price = \"0.02 USD/GB\"; price_back "
                           "= \"0.02 USD/GB\"; } ); };\n"
                           "services = ( { name = \"s\"; time = { distribution = \"fixed\"; mean = \"1 ms\"; "
                           "}; answer_size = \"1 MB\"; places = (\n"
                           "    { region = \"aws:us-east-1\"; replicas = 4; } ); } );\n"
                           "populations = ( { name = \"p\"; region = \"gcp:europe-west3\"; service = \"s\"; "
                           "rate = 20.0; access = \"5 ms\"; } );\n"
                           "faults = ( { name = \"cut\"; kind = \"link-outage\"; target = \"line\"; at = \"1 "
                           "h\"; lasts = \"1 h\"; },\n"
                           "           { name = \"dark\"; kind = \"link-outage\"; target = "
                           "\"gcp:europe-west3\"; at = \"90 min\"; lasts = \"10 min\"; } );\n";

static record_summary run(int threads, record_rows *kept)
{
    char folder[] = "/tmp/skytwin-ways-XXXXXX", path[64];
    const twin_options options = {
        .strategy = "on-demand-cheapest", .seed = 2, .restart_at_ns = SKY_NEVER_NS, .threads = threads
    };
    const twin_output output = { .context = kept, .rows = record_rows_keep };
    record_summary summary;
    scenario s;
    sky_error error;
    char command[128];

    assert_non_null(mkdtemp(folder));
    assert_true(tiny_write_all(folder));
    assert_true(tiny_write(folder, "ways.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/ways.cfg", folder);
    if (scenario_load(path, NULL, 0, &s, &error) != SKY_OK ||
        twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    return summary;
}

/* Of the interval that ends then. */
static const record_request_row *at(const record_rows *kept, int64_t minutes)
{
    const record_request_row *rows = kept->of[RECORD_REQUESTS];

    for (size_t i = 0; i < kept->count[RECORD_REQUESTS]; i++)
        if (rows[i].place == SKY_NONE && rows[i].time_ns == minutes * 60 * SKY_NS_PER_SECOND)
            return &rows[i];
    fail_msg("no row at %lld min", (long long)minutes);
    return NULL;
}

/* Serialisation: 1 MB over 1 Gbit/s takes 8 ms, over the public 5 Gbit/s 1.6 ms. */
static void test_ways_follow_links(void **state)
{
    record_rows kept = { 0 };
    const record_request_row *line, *public, *dark, *again;

    (void)state;
    run(1, &kept);
    line = at(&kept, 30);
    public = at(&kept, 80);
    dark = at(&kept, 100);
    again = at(&kept, 200);
    /* 60 ms there and back, access twice 5, 1 of service, 8 of serialisation; no jitter */
    assert_in_range(line->p50_ns, 78 * MS, 80 * MS);
    assert_in_range(line->p99_ns, 78 * MS, 81 * MS);
    /* 92 ms by the catalog, access, service, 1.6 of serialisation, and jitter on the public way */
    assert_in_range(public->p50_ns, 104 * MS + MS, 104 * MS + 8 * MS);
    assert_true(public->p99_ns > public->p50_ns + 4 * MS);
    assert_int_equal(dark->served, 0);
    assert_true(dark->failed > 10000); /* there is no way at all */
    assert_in_range(again->p50_ns, 78 * MS, 80 * MS);
    record_rows_free(&kept);
}

/* Answers cost what the line asks, but for the hour on the public Internet of Amazon's. */
static void test_answers_pay_the_links_that_they_take(void **state)
{
    record_rows kept = { 0 };
    const record_cost_row *costs;
    int64_t egress = 0;
    double per_interval = 12000, public = 5 * per_interval, line = 18 * per_interval;

    (void)state;
    run(1, &kept);
    costs = kept.of[RECORD_COSTS];
    for (size_t i = 0; i < kept.count[RECORD_COSTS]; i++)
        egress += costs[i].place == 0 ? costs[i].egress_nusd : 0;
    /* an answer is 1 MB: 0.02 USD/GB, or 0.09; an interval in which the line fails counts by how it is at its end */
    assert_true((double)egress > 0.9 * (public * 90000 + line * 20000));
    assert_true((double)egress < 1.1 * (public * 90000 + line * 20000));
    record_rows_free(&kept);
}

static void test_threads_change_nothing(void **state)
{
    record_rows one = { 0 }, four = { 0 };

    (void)state;
    run(1, &one);
    run(4, &four);
    for (int s = 0; s < RECORD_STREAM_COUNT; s++) {
        assert_int_equal(one.count[s], four.count[s]);
        if (one.count[s] > 0)
            assert_memory_equal(one.of[s], four.of[s], one.count[s] * record_row_bytes((record_stream)s));
    }
    record_rows_free(&one);
    record_rows_free(&four);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_follow_links),
        cmocka_unit_test(test_answers_pay_the_links_that_they_take),
        cmocka_unit_test(test_threads_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
