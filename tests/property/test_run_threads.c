/* Inside a run services and pipelines go on beside the rest of the world, on threads: its record is the same, byte by byte, for any
 * number of them, faults between control points included. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../scenario_files.h"
#include "tests/whole_run.h"

/* Restarted in the middle where it has threads. */
static record_summary run(const scenario *s, int threads, char digest[RECORD_DIGEST_CHARS])
{
    twin_options options = { .strategy = s->strategies[0],
                             .seed = s->seed,
                             .restart_at_ns = threads > 0 ? s->duration_ns / 2 : SKY_NEVER_NS,
                             .threads = threads };

    return whole_run_digest(s, &options, digest);
}

static void check(const char *path, const char *const *overrides, size_t count, int64_t faults)
{
    static const int threads[] = { 2, 16, 3, 8, 1 };
    const size_t runs = SKYTWIN_SANITIZED ? 2 : sizeof threads / sizeof *threads;
    char expected[RECORD_DIGEST_CHARS], found[RECORD_DIGEST_CHARS];
    record_summary summary;
    sky_error error;
    scenario s;

    if (scenario_load(path, overrides, count, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    summary = run(&s, 0, expected);
    assert_true(summary.requests_served + summary.records_out > 1000);
    assert_true(summary.faults >= faults);
    assert_int_equal(summary.end_ns, s.duration_ns); /* users ask, and are paid for, to the end */
    for (size_t i = 0; i < runs; i++) {
        run(&s, threads[i], found);
        assert_string_equal(found, expected);
    }
    scenario_free(&s);
}

static void test_an_edge_site(void **state)
{
    static const char *const overrides[] = { SKYTWIN_SANITIZED ? "duration=20 min" : "duration=2 h" };

    (void)state;
    check(SKYTWIN_SOURCE_DIR "/scenarios/edge-inference-submillisecond.cfg", overrides, 1, 0);
}

static void test_pipelines(void **state)
{
    static const char *const overrides[] = { SKYTWIN_SANITIZED ? "duration=3 min" : "duration=10 min" };

    (void)state;
    check(SKYTWIN_SOURCE_DIR "/scenarios/streaming-pipeline.cfg", overrides, 1, 0);
}

/* A scenario of this test's own. */
static void check_text(const char *text, size_t length, int64_t faults)
{
    char folder[] = "/tmp/skytwin-run-threads-XXXXXX", path[64], command[80];

    assert_non_null(mkdtemp(folder));
    assert_true(tiny_write_all(folder) && tiny_write(folder, "t.cfg", text, length));
    snprintf(path, sizeof path, "%s/t.cfg", folder);
    check(path, NULL, 0, faults);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* Outages come and go at instants that are no control points. */
static void test_faults_between_control_points(void **state)
{
    static const char text[] =
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"t\"; seed = 4; duration = \"1 h\"; control_interval = \"7 min\";\n"
        "strategies = [\"on-demand-cheapest\"];\n"
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; } );\n"
        "classes = ( { name = \"c\"; runs_on = ( { machine = \"aws:m5\"; } ); } );\n"
        "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"poisson\"; rate = \"400/d\";\n"
        "  work = { mean = \"10 min\"; }; deadline = \"1 h\"; } );\n"
        "services = ( { name = \"s\"; time = { mean = \"9 ms\"; };\n"
        "  places = ( { region = \"aws:us-east-1\"; }, { region = \"gcp:europe-west3\"; },\n"
        "             { region = \"aws:eu-west-1\"; } ); } );\n"
        "populations = ( { name = \"a\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 30.0; },\n"
        "  { name = \"b\"; region = \"gcp:europe-west3\"; service = \"s\"; rate = 20.0; },\n"
        "  { name = \"c\"; region = \"aws:eu-west-1\"; service = \"s\"; rate = 50.0; } );\n"
        "faults = ( { kind = \"outage\"; target = \"aws:us-east-1\"; every = \"11 min\"; lasts = \"3 min\"; "
        "} );\n";

    (void)state;
    check_text(text, sizeof text - 1, 2);
}

/* Services and pipelines beside each other, both scaled by an engine that is slow at times, so that its orders come between control
 * points, and at others not asked at all. */
static void test_orders_between_control_points(void **state)
{
    static const char text[] =
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"t\"; seed = 4; duration = \"1 h\"; control_interval = \"7 min\";\n"
        "strategies = [\"on-demand-cheapest+near-users\"];\n"
        "streaming: { target = 0.8; };\n"
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; } );\n"
        "classes = ( { name = \"c\"; runs_on = ( { machine = \"aws:m5\"; } ); } );\n"
        "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"poisson\"; rate = \"400/d\";\n"
        "  work = { mean = \"10 min\"; }; deadline = \"1 h\"; } );\n"
        "services = ( { name = \"s\"; time = { mean = \"400 ms\"; }; cold_start = \"10 s\";\n"
        "  places = ( { region = \"aws:us-east-1\"; replicas = 4; least = 0; most = 40; },\n"
        "             { region = \"gcp:europe-west3\"; replicas = 0; most = 40; } ); } );\n"
        "populations = ( { name = \"a\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 4.0; },\n"
        "  { name = \"b\"; region = \"gcp:europe-west3\"; service = \"s\"; rate = 8.0; } );\n"
        "pipelines = ( { name = \"p\"; stages = (\n"
        "  { name = \"source\"; kind = \"source\"; region = \"aws:us-east-1\"; rate = 40.0; keys = 100;\n"
        "    crowds = ( { from = \"30 min\"; to = \"60 min\"; factor = 4.0; } ); },\n"
        "  { name = \"parse\"; kind = \"map\"; region = \"aws:us-east-1\"; most = 20; rescale = \"5 s\";\n"
        "    time = { mean = \"45 ms\"; }; },\n"
        "  { name = \"sink\"; kind = \"sink\"; region = \"gcp:europe-west3\"; } );\n"
        "  streams = ( { from = \"source\"; to = \"parse\"; size = \"1 kB\"; partition = \"turn\"; },\n"
        "    { from = \"parse\"; to = \"sink\"; size = \"1 kB\"; } ); } );\n"
        "faults = ( { kind = \"control-plane\"; at = \"20 min\"; lasts = \"25 min\"; delay = \"90 s\"; },\n"
        "  { kind = \"control-plane\"; at = \"55 min\"; lasts = \"11 min\"; } );\n";

    (void)state;
    check_text(text, sizeof text - 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_edge_site),
        cmocka_unit_test(test_pipelines),
        cmocka_unit_test(test_faults_between_control_points),
        cmocka_unit_test(test_orders_between_control_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
