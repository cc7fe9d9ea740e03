/* Zones as sites of the network: a transfer between two of a region takes bytes / capacity and costs bytes × price, zones
 * share their ways max–min fairly, what comes from a zone that is out waits for it; and nothing of this where the scenario
 * does not have zones apart. */
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
#include "tests/folder.h"

#define SECOND SKY_NS_PER_SECOND
#define GB     INT64_C(1000000000)

/* One job of 10 h, in zone a until that is out, with a checkpoint of 100 GB; users of two places. */
#define TEXT                                                                                                 \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"zones\"; seed = 4; duration = \"1 d\"; strategies = [\"on-demand-cheapest\"];\n"               \
    "control_interval = \"10 min\";\n"                                                                       \
    "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; zones = 2; } );\n"                     \
    "classes = ( { name = \"c\"; runs_on = ( { machine = \"aws:m5\"; } ); } );\n"                            \
    "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; count = 1; checkpoint = \"100 "       \
    "GB\";\n"                                                                                                \
    "  work = { distribution = \"fixed\"; mean = \"10 h\"; }; deadline = \"1 d\"; } );\n"                    \
    "services = (\n"                                                                                         \
    "  { name = \"spread\"; time = { distribution = \"fixed\"; mean = \"1 ms\"; };\n"                        \
    "    places = ( { region = \"aws:us-east-1\"; replicas = 9; } ); },\n"                                   \
    "  { name = \"zonal\"; time = { distribution = \"fixed\"; mean = \"1 ms\"; };\n"                         \
    "    places = ( { region = \"aws:us-east-1\"; zone = \"b\"; replicas = 9; } ); } );\n"                   \
    "populations = (\n"                                                                                      \
    "  { name = \"p\"; region = \"aws:us-east-1\"; service = \"spread\"; rate = 0.1; },\n"                   \
    "  { name = \"q\"; region = \"aws:us-east-1\"; service = \"zonal\"; rate = 0.1; } );\n"                  \
    "faults = ( { kind = \"outage\"; target = \"aws:us-east-1a\"; at = \"3 h\"; lasts = \"1 h\"; } );\n"     \
    "network: { streams = 64; %s };\n"

#define APART "zones: { capacity = \"8 Gbit/s\"; rtt = \"2 ms\"; within = \"0.4 ms\"; };"

static void run(const char *network, scenario *s, record_rows *rows, record_summary *summary)
{
    static const char *const priced[] = { "catalog.aws.egress.between_zones=0.02 USD/GB" };
    char text[8192], path[64];
    int size = snprintf(text, sizeof text, TEXT, network);
    twin_options options = { .strategy = "on-demand-cheapest", .seed = 3 };
    twin_output output = { .context = rows, .rows = record_rows_keep };
    sky_error error = { "" };

    assert_true(tiny_write(folder, "zones.cfg", text, (size_t)size));
    snprintf(path, sizeof path, "%s/zones.cfg", folder);
    if (scenario_load(path, priced, 1, s, &error) != SKY_OK ||
        twin_run(s, &options, &output, summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Of which the scenario's, by number; SKY_NONE: of the job's checkpoint. */
static const record_transfer_row *transfer_of(const record_rows *rows, uint32_t schedule)
{
    const record_transfer_row *r = rows->of[RECORD_TRANSFERS];

    for (size_t i = 0; i < rows->count[RECORD_TRANSFERS]; i++)
        if (r[i].schedule == schedule)
            return &r[i];
    fail_msg("no such transfer");
    return NULL;
}

/* 1 GB a second out of a zone and into one; b's way in is shared by two from 10 s on. */
static void test_transfers(void **state)
{
    scenario s;
    record_rows rows = { 0 };
    record_summary summary;
    const record_transfer_row *r;

    (void)state;
    run(APART "transfers = ("
              "{ name = \"x\"; from = \"aws:us-east-1a\"; to = \"aws:us-east-1b\"; size = \"100 GB\"; },"
              "{ name = \"y\"; from = \"aws:us-east-1c\"; to = \"aws:us-east-1b\"; size = \"100 GB\"; first "
              "= \"10 s\"; },"
              "{ name = \"z\"; from = \"aws:us-east-1a\"; to = \"aws:us-east-1c\"; size = \"1800 GB\"; first "
              "= \"2 h\"; }"
              ");",
        &s, &rows, &summary);
    r = transfer_of(&rows, 0); /* 10 + 90 / 0.5 */
    assert_int_equal(r->end_ns, 190 * SECOND);
    assert_int_equal(r->nusd, 100 * 20000000);
    assert_int_equal(r->kind, LINK_BETWEEN_ZONES);
    r = transfer_of(&rows, 1); /* 90 GB by then */
    assert_int_equal(r->end_ns, 200 * SECOND);
    r = transfer_of(&rows, 2); /* 1800 s */
    assert_int_equal(r->end_ns, 2 * SKY_NS_PER_HOUR + 1800 * SECOND);
    record_rows_free(&rows);
    scenario_free(&s);
}

/* Zone a goes out at 3 h and is back at 4 h: until then the checkpoint that lies there can't be read, and then it takes
 * 100 s and 2 USD. Where zones are not apart work goes on at once. */
static void test_checkpoints(void **state)
{
    record_rows apart = { 0 }, together = { 0 };
    record_summary summary, of_together;
    const record_transfer_row *r;
    const record_job_row *job;
    scenario s;

    (void)state;
    run(APART, &s, &apart, &summary);
    scenario_free(&s);
    run("", &s, &together, &of_together);
    r = transfer_of(&apart, SKY_NONE);
    assert_int_equal(r->start_ns, 3 * SKY_NS_PER_HOUR);
    assert_int_equal(r->end_ns, 4 * SKY_NS_PER_HOUR + 100 * SECOND);
    job = apart.of[RECORD_JOBS];
    assert_int_equal(job->end_ns, 11 * SKY_NS_PER_HOUR + 100 * SECOND);
    assert_int_equal(job->egress_nusd, 2 * GB);
    assert_int_equal(summary.egress_nusd, 2 * GB);
    job = together.of[RECORD_JOBS];
    assert_int_equal(together.count[RECORD_TRANSFERS], 0);
    assert_int_equal(job->end_ns, 10 * SKY_NS_PER_HOUR);
    record_rows_free(&apart);
    record_rows_free(&together);
    scenario_free(&s);
}

/* Users of the region: 0.2 ms each way where it answers in their zone, 1 ms where it stands in one. */
static void test_users(void **state)
{
    static const int64_t expected_ns[2][2] = { { 1000000, 1000000 }, { 1400000, 3000000 } };

    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        record_rows rows = { 0 };
        record_summary summary;
        const record_request_row *r;
        scenario s;

        run(apart ? APART : "", &s, &rows, &summary);
        r = rows.of[RECORD_REQUESTS];
        for (size_t i = 0; i < rows.count[RECORD_REQUESTS]; i++)
            if (r[i].population != SKY_NONE && r[i].served > 0) {
                int64_t wrong_ns = r[i].p50_ns - expected_ns[apart][r[i].population];

                assert_true(llabs(wrong_ns) * 100 < r[i].p50_ns);
            }
        record_rows_free(&rows);
        scenario_free(&s);
    }
}

static int make_world(void **state)
{
    return make_folder(state) == 0 && tiny_write_all(folder) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfers),
        cmocka_unit_test(test_checkpoints),
        cmocka_unit_test(test_users),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
