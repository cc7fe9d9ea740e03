/* Pipelines of a run meet its faults: while the region of a stage is out nothing comes to the sink, and the stage costs nothing;
 * while a link is down a stream holds what it has, and afterwards all of it comes. On any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/whole_run.h"

#define MINUTES   60
#define MINUTE_NS (60 * SKY_NS_PER_SECOND)
#define NUSD      INT64_C(1000000000) /* a dollar */

enum { SOURCE, PARSE, SINK, STAGES };

/* A record each 100 ms: 600 a minute. */
static const char scenario_text[] =
    "@include \"" SKYTWIN_SOURCE_DIR "/scenarios/catalog/catalog.cfg\"\n"
    "name = \"pipeline-faults\"; title = \"t\"; seed = 1; duration = \"60 min\"; control_interval = \"1 "
    "min\";\n"
    "strategies = [ \"on-demand-cheapest\" ]; network: { };\n"
    "pipelines = ( { name = \"p\"; stages = (\n"
    "  { name = \"source\"; kind = \"source\"; region = \"aws:us-east-1\"; rate = 10.0; arrivals = "
    "\"steady\"; },\n"
    "  { name = \"parse\"; kind = \"map\"; region = \"gcp:europe-west3\"; price = \"1 USD/h\";\n"
    "    time = { distribution = \"fixed\"; mean = \"2 ms\"; }; buffer = 100000; },\n"
    "  { name = \"sink\"; kind = \"sink\"; region = \"aws:us-east-1\"; buffer = 100000; } );\n"
    "  streams = ( { from = \"source\"; to = \"parse\"; size = \"1 kB\"; },\n"
    "              { from = \"parse\"; to = \"sink\"; size = \"1 kB\"; } ); } );\n"
    "faults = ( { kind = \"outage\"; target = \"gcp:europe-west3\"; at = \"10.5 min\"; lasts = \"10 min\"; "
    "},\n"
    "  { kind = \"link-outage\"; target = \"aws:us-east-1\"; at = \"40.5 min\"; lasts = \"5 min\"; } );\n";

typedef struct seen {
    record_digest *digest;
    int64_t parsed[MINUTES + 1], stored[MINUTES + 1], p99_ns[MINUTES + 1];
    int64_t nusd, rate_out_nusd_per_hour, rate_nusd_per_hour;
} seen;

static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    seen *s = context;

    (void)error;
    record_digest_add(s->digest, stream, rows, count * record_row_bytes(stream));
    for (size_t i = 0; stream == RECORD_PIPELINES && i < count; i++) {
        const record_pipeline_row *row = (const record_pipeline_row *)rows + i;
        int64_t minute = row->time_ns / MINUTE_NS;

        if (row->stage == PARSE)
            s->parsed[minute] = row->records_out;
        if (row->stage == PARSE)
            s->nusd += row->nusd;
        if (row->stage == SINK)
            s->stored[minute] = row->records_in;
        if (row->stage == SINK)
            s->p99_ns[minute] = row->p99_ns;
    }
    for (size_t i = 0; stream == RECORD_SERIES && i < count; i++) {
        const record_series_row *row = (const record_series_row *)rows + i;

        if (row->time_ns == 15 * MINUTE_NS)
            s->rate_out_nusd_per_hour = row->cost_rate_nusd_per_hour;
        if (row->time_ns == 30 * MINUTE_NS)
            s->rate_nusd_per_hour = row->cost_rate_nusd_per_hour;
    }
    return SKY_OK;
}

static seen run(int threads, int64_t restart_ns, char digest[RECORD_DIGEST_CHARS])
{
    twin_options options = {
        .strategy = "on-demand-cheapest", .seed = 1, .restart_at_ns = restart_ns, .threads = threads
    };
    seen found = { .digest = record_digest_new() };
    twin_output output = { .context = &found, .rows = look };
    record_summary summary;

    assert_non_null(found.digest);
    summary = whole_run_of_text(scenario_text, &options, &output);
    assert_int_equal(summary.faults, 2);
    record_digest_text(found.digest, digest);
    record_digest_free(found.digest);
    return found;
}

/* Minute m's row is of the minute that ends then; but for what is under way, within three records of it. */
static void test_what_comes_when(void **state)
{
    char digest[RECORD_DIGEST_CHARS];
    seen s = run(1, SKY_NEVER_NS, digest);

    (void)state;
    assert_in_range(s.stored[10], 597, 603);
    assert_in_range(s.stored[11], 297, 303);
    for (int minute = 12; minute <= 20; minute++)
        assert_true(s.stored[minute] == 0 && s.parsed[minute] == 0);
    assert_in_range(s.stored[21], 6297, 6303); /* all of ten minutes, 2 ms each */
    assert_true(s.p99_ns[21] > 9 * MINUTE_NS);
    assert_in_range(s.stored[22], 597, 603);
    assert_true(s.p99_ns[23] < SKY_NS_PER_SECOND);
    for (int minute = 42; minute <= 45; minute++) /* over no Internet: nothing to it, nothing from it */
        assert_true(s.stored[minute] == 0 && s.parsed[minute] == 0);
    assert_in_range(s.stored[46], 3297, 3303);
    assert_in_range(s.nusd, NUSD * 50 / 60 - 100, NUSD * 50 / 60 + 100);
    assert_int_equal(s.rate_out_nusd_per_hour, 0);
    assert_int_equal(s.rate_nusd_per_hour, NUSD);
}

/* Restarted while the region is out, and while the way is closed. */
static void test_threads_and_restarts(void **state)
{
    char expected[RECORD_DIGEST_CHARS], found[RECORD_DIGEST_CHARS];

    (void)state;
    run(1, SKY_NEVER_NS, expected);
    run(2, 15 * MINUTE_NS, found);
    assert_string_equal(found, expected);
    run(4, 43 * MINUTE_NS, found);
    assert_string_equal(found, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_comes_when),
        cmocka_unit_test(test_threads_and_restarts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
