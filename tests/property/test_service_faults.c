/* Faults of a scenario reach its services at their own instants, between control points, and only those that they are
 * meant for: places in the region or zone that is out, ways over an Internet that is down. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../record_rows.h"
#include "../scenario_files.h"
#include "scenario.h"
#include "twin.h"
#include "world/service/services.h"
#include "tests/folder.h"

#define PER_S 20
#define SERVED                                                                                               \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"served\"; seed = 4; duration = \"1 h\"; strategies = [\"on-demand-cheapest\"];\n"              \
    "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; zones = 2; } );\n"                     \
    "classes = ( { name = \"c\"; runs_on = ( { machine = \"aws:m5\"; } ); } );\n"                            \
    "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; count = 1;\n"                         \
    "  work = { distribution = \"fixed\"; mean = \"10 min\"; }; deadline = \"1 h\"; } );\n"                  \
    "services = (\n"                                                                                         \
    "  { name = \"us\"; time = { mean = \"1 ms\"; }; places = ( { region = \"aws:us-east-1\"; } ); },\n"     \
    "  { name = \"zonal\"; time = { mean = \"1 ms\"; };\n"                                                   \
    "    places = ( { region = \"aws:us-east-1\"; zone = \"a\"; } ); },\n"                                   \
    "  { name = \"eu\"; time = { mean = \"1 ms\"; }; places = ( { region = \"gcp:europe-west3\"; } ); } "    \
    ");\n"                                                                                                   \
    "populations = (\n"                                                                                      \
    "  { name = \"at us\"; region = \"aws:us-east-1\"; service = \"us\"; rate = 20.0; },\n"                  \
    "  { name = \"at zonal\"; region = \"aws:us-east-1\"; service = \"zonal\"; rate = 20.0; },\n"            \
    "  { name = \"at eu\"; region = \"gcp:europe-west3\"; service = \"eu\"; rate = 20.0; },\n"               \
    "  { name = \"over the sea\"; region = \"gcp:europe-west3\"; service = \"us\"; rate = 20.0; } );\n"

enum { AT_US, AT_ZONAL, AT_EU, OVER_THE_SEA, POPULATIONS };

typedef struct counts {
    int64_t served[POPULATIONS], failed[POPULATIONS], p50_ns[POPULATIONS], turned_away;
} counts;

/* p50_ns: of the last row. */
static counts run_with(const char *faults, const char *interval, int64_t ttl_ns)
{
    char text[8192], path[64];
    const char *const overrides[] = { interval };
    twin_options options = { .strategy = "on-demand-cheapest", .seed = 3 };
    record_rows rows = { 0 };
    twin_output output = { .context = &rows, .rows = record_rows_keep };
    record_summary summary;
    sky_error error = { "" };
    const record_request_row *r;
    counts c = { 0 };
    scenario s;
    int size = snprintf(text, sizeof text, "%sfaults = ( %s );\n", SERVED, faults);

    assert_true(tiny_write(folder, "served.cfg", text, (size_t)size));
    snprintf(path, sizeof path, "%s/served.cfg", folder);
    if (scenario_load(path, overrides, 1, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (uint32_t p = 0; p < POPULATIONS; p++)
        ((client_config *)s.services->populations)[p].names =
            (names_config){ .ttl_ns = ttl_ns, .lookup_ns = 10000000, .timeout_ns = SKY_NS_PER_SECOND };
    if (twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    r = rows.of[RECORD_REQUESTS];
    for (size_t i = 0; i < rows.count[RECORD_REQUESTS]; i++) {
        if (r[i].population == SKY_NONE) {
            c.turned_away += r[i].failed;
            continue;
        }
        c.served[r[i].population] += r[i].served;
        c.failed[r[i].population] += r[i].failed;
        c.p50_ns[r[i].population] = r[i].p50_ns;
    }
    record_rows_free(&rows);
    scenario_free(&s);
    return c;
}

static counts run(const char *faults, const char *interval)
{
    return run_with(faults, interval, 0);
}

static void assert_about(int64_t found, double expected)
{
    assert_in_range(found, (uint64_t)(0.9 * expected), (uint64_t)(1.1 * expected));
}

/* Whatever the control interval is: 600.25 s at 20 a second, of the places there and of whoever asks them. */
static void test_outages_come_at_their_instants(void **state)
{
    static const char fault[] = "{ kind = \"outage\"; target = \"aws:us-east-1\"; at = \"1234.567 s\"; "
                                "lasts = \"600.25 s\"; }";
    counts coarse = run(fault, "control_interval=20 min"), fine = run(fault, "control_interval=1 min");

    (void)state;
    assert_memory_equal(coarse.served, fine.served, sizeof fine.served);
    assert_memory_equal(coarse.failed, fine.failed, sizeof fine.failed);
    assert_int_equal(fine.failed[AT_EU], 0);
    assert_about(fine.failed[AT_US], 600.25 * PER_S);
    assert_about(fine.failed[AT_ZONAL], 600.25 * PER_S);
    assert_about(fine.failed[OVER_THE_SEA], 600.25 * PER_S);
    assert_int_equal(fine.turned_away,
                     fine.failed[AT_US] + fine.failed[AT_ZONAL] + fine.failed[OVER_THE_SEA]);
    assert_about(fine.served[AT_US], (3600 - 600.25) * PER_S);
}

/* Two outages that overlap end when the later one does. */
static void test_outages_add_up(void **state)
{
    counts c = run(
        "{ kind = \"outage\"; target = \"aws:us-east-1\"; at = \"600 s\"; lasts = \"600 s\"; },"
        "{ kind = \"outage\"; target = \"us at aws:us-east-1\"; at = \"900 s\"; lasts = \"900 s\"; }",
        "control_interval=10 min");

    (void)state;
    assert_about(c.failed[AT_US], 1200 * PER_S);
    assert_about(c.failed[AT_ZONAL], 600 * PER_S);
}

/* A place that is spread over its region's zones goes on. */
static void test_zones(void **state)
{
    counts a = run("{ kind = \"outage\"; target = \"aws:us-east-1a\"; at = \"600 s\"; lasts = \"600 s\"; }",
                   "control_interval=10 min");
    counts b = run("{ kind = \"outage\"; target = \"aws:us-east-1b\"; at = \"600 s\"; lasts = \"600 s\"; }",
                   "control_interval=10 min");

    (void)state;
    assert_about(a.failed[AT_ZONAL], 600 * PER_S);
    assert_int_equal(a.failed[AT_US] + b.failed[AT_US] + b.failed[AT_ZONAL], 0);
}

static void test_ways(void **state)
{
    counts cut = run(
        "{ kind = \"link-outage\"; target = \"aws:us-east-1\"; at = \"600 s\"; lasts = \"600 s\"; }",
        "control_interval=10 min");
    counts slow = run("{ kind = \"brown-out\"; slow = 3.0; target = \"gcp:europe-west3\"; at = \"600 s\"; "
                      "lasts = \"3000 s\"; }",
                      "control_interval=10 min");

    (void)state;
    assert_about(cut.failed[OVER_THE_SEA], 600 * PER_S);
    assert_int_equal(cut.failed[AT_US] + cut.failed[AT_EU], 0);
    assert_int_equal(cut.turned_away, 0); /* nobody was there to */
    assert_int_equal(slow.failed[OVER_THE_SEA], 0);
    /* 3 × 92 ms, and the service */
    assert_in_range(slow.p50_ns[OVER_THE_SEA], 276000000, 282000000);
    assert_in_range(slow.p50_ns[AT_EU], 1, 2000000);
}

/* Names that are known go on for up to a minute; then nobody in the region finds a place, near or far. */
static void test_names(void **state)
{
    static const char fault[] =
        "{ kind = \"dns-failure\"; target = \"gcp\"; at = \"600 s\"; lasts = \"600 s\"; },"
        "{ kind = \"dns-failure\"; target = \"gcp:europe-west3\"; at = \"900 s\"; "
        "lasts = \"600 s\"; }";
    counts c = run_with(fault, "control_interval=10 min", 60 * SKY_NS_PER_SECOND);

    (void)state;
    assert_int_equal(c.failed[AT_US] + c.failed[AT_ZONAL], 0);
    assert_in_range(c.failed[AT_EU], (uint64_t)(0.95 * 840 * PER_S), (uint64_t)(1.05 * 900 * PER_S));
    assert_in_range(c.failed[OVER_THE_SEA], (uint64_t)(0.95 * 840 * PER_S), (uint64_t)(1.05 * 900 * PER_S));
    assert_int_equal(c.turned_away, 0);
}

static int make_world(void **state)
{
    return make_folder(state) == 0 && tiny_write_all(folder) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outages_come_at_their_instants),
        cmocka_unit_test(test_outages_add_up),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
