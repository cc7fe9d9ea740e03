/* Stages scaled by the engine: so many tasks as DS2's closed form says, ceil(rate × results before × time / target), one
 * interval after the rate has changed, also behind a bottleneck that lets little of it through; it costs what those tasks do; and a
 * restart of the engine changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/whole_run.h"

#define MINUTES   90
#define NUSD      INT64_C(1000000000) /* a dollar */
#define MINUTE_NS (60 * SKY_NS_PER_SECOND)

enum { SOURCE, PARSE, COUNT, SINK, STAGES };

static const char scenario_text[] =
    "@include \"" SKYTWIN_SOURCE_DIR "/scenarios/catalog/catalog.cfg\"\n"
    "name = \"streaming-scaling\"; title = \"t\"; seed = 1; duration = \"90 min\"; control_interval = \"1 "
    "min\";\n"
    "strategies = [ \"on-demand-cheapest\" ]; streaming: { target = 0.8; };\n"
    "pipelines = ( { name = \"p\"; stages = (\n"
    "  { name = \"source\"; kind = \"source\"; region = \"aws:eu-central-1\"; rate = 400.0; arrivals = "
    "\"steady\";\n"
    "    keys = 1000; crowds = ( { from = \"30 min\"; to = \"60 min\"; factor = 4.0; } ); },\n"
    "  { name = \"parse\"; kind = \"map\"; region = \"aws:eu-central-1\"; most = 20; rescale = \"5 s\"; "
    "price = \"1 USD/h\";\n"
    "    selectivity = 0.5; time = { distribution = \"fixed\"; mean = \"4.9 ms\"; }; },\n"
    "  { name = \"count\"; kind = \"map\"; region = \"aws:eu-central-1\"; most = 20; rescale = \"5 s\"; "
    "price = \"1 USD/h\";\n"
    "    time = { distribution = \"fixed\"; mean = \"1.8 ms\"; }; },\n"
    "  { name = \"sink\"; kind = \"sink\"; region = \"aws:eu-central-1\"; } );\n"
    "  streams = ( { from = \"source\"; to = \"parse\"; size = \"1 kB\"; partition = \"turn\"; },\n"
    "              { from = \"parse\"; to = \"count\"; size = \"1 kB\"; partition = \"turn\"; },\n"
    "              { from = \"count\"; to = \"sink\"; size = \"1 kB\"; } ); } );\n";

typedef struct seen {
    record_digest *digest;
    uint32_t tasks[MINUTES + 2][STAGES]; /* while the interval that ended then went on */
    int64_t p99_ns[MINUTES + 2];
    int64_t nusd[STAGES];
    int64_t orders;
} seen;

static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    seen *s = context;
    const record_pipeline_row *row = rows;

    (void)error;
    record_digest_add(s->digest, stream, rows, count * record_row_bytes(stream));
    for (size_t i = 0; stream == RECORD_ACTIONS && i < count; i++)
        s->orders += ((const sky_action *)rows)[i].kind == SKY_ACTION_SCALE_STAGE;
    for (size_t i = 0; stream == RECORD_PIPELINES && i < count; i++) {
        int64_t minute = row[i].time_ns / MINUTE_NS;

        if (row[i].stage == SKY_NONE)
            continue;
        s->tasks[minute][row[i].stage] = row[i].tasks;
        s->nusd[row[i].stage] += row[i].nusd;
        if (row[i].stage == SINK)
            s->p99_ns[minute] = row[i].p99_ns;
    }
    return SKY_OK;
}

static seen run(int64_t restart_ns, char digest[RECORD_DIGEST_CHARS])
{
    twin_options options = { .strategy = "on-demand-cheapest", .seed = 1, .restart_at_ns = restart_ns };
    seen found = { .digest = record_digest_new() };
    twin_output output = { .context = &found, .rows = look };

    assert_non_null(found.digest);
    whole_run_of_text(scenario_text, &options, &output);
    record_digest_text(found.digest, digest);
    record_digest_free(found.digest);
    return found;
}

/* parse: 400 × 4.9 ms / 0.8 = 2.45, in the crowd 9.8; count: 200 × 1.8 ms / 0.8 = 0.45, in the crowd 1.8. Rows of a minute are
 * written before its orders are. */
static void test_tasks_are_those_of_the_closed_form(void **state)
{
    char digest[RECORD_DIGEST_CHARS];
    seen found = run(SKY_NEVER_NS, digest);
    int64_t task_minutes = 0;

    (void)state;
    assert_int_equal(found.tasks[1][PARSE], 1);
    for (int minute = 2; minute <= 30; minute++) {
        assert_int_equal(found.tasks[minute][PARSE], 3);
        assert_int_equal(found.tasks[minute][COUNT], 1);
    }
    assert_int_equal(found.tasks[31][PARSE], 3); /* the crowd's first minute has just been measured */
    for (int minute = 32; minute <= 60; minute++) {
        assert_int_equal(found.tasks[minute][PARSE], 10);
        assert_int_equal(found.tasks[minute][COUNT],
                         2); /* at once: though a third of the load had come through */
    }
    for (int minute = 63; minute <= MINUTES; minute++) {
        assert_int_equal(found.tasks[minute][PARSE], 3);
        assert_int_equal(found.tasks[minute][COUNT], 1);
    }
    for (int minute = 1; minute <= MINUTES; minute++)
        task_minutes += found.tasks[minute][PARSE];
    assert_in_range(found.nusd[PARSE], task_minutes * NUSD / 60 - 100, task_minutes * NUSD / 60 + 100);
    assert_true(found.p99_ns[31] > 10 * SKY_NS_PER_SECOND); /* 1600 a second, and three tasks do 600 */
    assert_true(found.p99_ns[58] < SKY_NS_PER_SECOND);
    assert_int_equal(found.orders, 5); /* 1 > 3, 3 > 10 and 1 > 2, and back */
}

static void test_restart_changes_nothing(void **state)
{
    char once[RECORD_DIGEST_CHARS], again[RECORD_DIGEST_CHARS];

    (void)state;
    run(SKY_NEVER_NS, once);
    run(31 * MINUTE_NS, again);
    assert_string_equal(once, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks_are_those_of_the_closed_form),
        cmocka_unit_test(test_restart_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
