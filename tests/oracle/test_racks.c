/* Racks: the availability of a gang over racks that fail on their own, each up the share A = E[up] / (E[up] + E[down]) of
 * the time, whatever the distributions (alternating renewal); or all together. A gang that needs m of n racks runs
 *     sum over k >= m of C(n, k) A^k (1 - A)^(n - k)        [Barlow, Proschan, 1975, chapter 2]
 * of the time; where a fault comes to all racks at once and meets each with chance q, 1 - (1 - A) P(fewer than m are
 * spared). And nothing stands in a rack that is out. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ESTIMATE_OF "racks"
#include "estimate.h"
#include "tests/folder.h"

#include "../record_rows.h"
#include "../scenario_files.h"
#include "scenario.h"
#include "twin.h"

#define REPLICATIONS (SKYTWIN_SANITIZED ? 4 : 12)
#define RESOLUTION   (SKYTWIN_SANITIZED ? 0.06 : 0.02)
#define RACKS        3

/* Nodes of 16 cores, two a rack; each part of the gang takes one of them. */
#define TEXT                                                                                                 \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"racks\"; seed = 4; duration = \"%s\"; control_interval = \"6 h\"; strategies = "               \
    "[\"best-fit\"];\n"                                                                                      \
    "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes_per_rack = 2; nodes%s; } );\n"   \
    "classes = ( { name = \"part\"; request = { cpus = 16.0; }; %s } );\n"                                   \
    "workloads = ( { name = \"w\"; class = \"part\"; arrival = \"start\"; count = 1; gang = %d;\n"           \
    "  work = { distribution = \"fixed\"; mean = \"9000 d\"; }; } );\n"                                      \
    "faults = ( { kind = \"rack-outage\"; target = \"aws\"; %s } );\n"

static void load(const char *duration, const char *nodes, const char *terms, int gang, const char *fault,
                 scenario *s)
{
    char text[4096], path[64];
    int size = snprintf(text, sizeof text, TEXT, duration, nodes, terms, gang, fault);
    sky_error error = { "" };

    assert_true(tiny_write(folder, "racks.cfg", text, (size_t)size));
    snprintf(path, sizeof path, "%s/racks.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void run(const scenario *s, unsigned replication, record_rows *rows)
{
    twin_options options = { .strategy = "best-fit", .seed = 3, .replication = replication };
    twin_output output = { .context = rows, .rows = record_rows_keep };
    record_summary summary;
    sky_error error = { "" };

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Share of the time in which the gang ran. */
static estimate availability(int gang, const char *terms, const char *fault)
{
    estimate found = { 0 };
    scenario s;

    load("1000 d", " = 6", terms, gang, fault, &s);
    for (unsigned r = 0; r < REPLICATIONS; r++) {
        record_rows rows = { 0 };
        const record_job_row *job;

        run(&s, r, &rows);
        job = rows.of[RECORD_JOBS];
        assert_int_equal(rows.count[RECORD_JOBS], 1);
        estimate_add(&found, (double)job->run_ns / (double)s.duration_ns);
        record_rows_free(&rows);
    }
    scenario_free(&s);
    return found;
}

static double binomial_at_least(int least, double p)
{
    const double choose[RACKS + 1] = { 1, 3, 3, 1 };
    double sum = 0;

    for (int k = least; k <= RACKS; k++)
        sum += choose[k] * pow(p, k) * pow(1 - p, RACKS - k);
    return sum;
}

static void test_racks_that_fail_on_their_own(void **state)
{
    static const char exponential[] = "every = \"20 h\"; lasts = \"5 h\";";
    static const char weibull[] = "every = \"20 h\"; shape = 2.0; lasts = \"5 h\";";
    const estimate gang_of_all_3_racks = availability(6, "", exponential);
    const estimate gang_of_2_racks_of_3 = availability(4, "", exponential);
    const estimate gang_of_1_rack_of_3 = availability(2, "", exponential);
    const estimate gang_of_2_racks_of_3__Weibull = availability(4, "", weibull);

    (void)state;
    assert_estimate(&gang_of_all_3_racks, binomial_at_least(3, 0.8), RESOLUTION);
    assert_estimate(&gang_of_2_racks_of_3, binomial_at_least(2, 0.8), RESOLUTION);
    assert_estimate(&gang_of_1_rack_of_3, binomial_at_least(1, 0.8), RESOLUTION);
    assert_estimate(&gang_of_2_racks_of_3__Weibull, binomial_at_least(2, 0.8), RESOLUTION);
}

/* Parts that must be in racks of their own need as many of them as there are, whatever room there is in one. */
static void test_spread_over_racks(void **state)
{
    static const char apart[] = "groups = [\"g\"]; anti_affinity = ( { level = \"rack\"; } );";
    static const char even[] = "groups = [\"g\"]; spread = ( { level = \"rack\"; max_skew = 1; } );";
    static const char fault[] = "every = \"20 h\"; lasts = \"5 h\";";
    const estimate gang_of_2_in_racks_of_their_own = availability(2, apart, fault);
    const estimate gang_of_3_in_racks_of_their_own = availability(3, apart, fault);
    const estimate gang_of_4_spread_over_racks = availability(4, even, fault);

    (void)state;
    assert_estimate(&gang_of_2_in_racks_of_their_own, binomial_at_least(2, 0.8), RESOLUTION);
    assert_estimate(&gang_of_3_in_racks_of_their_own, binomial_at_least(3, 0.8), RESOLUTION);
    /* racks that are out have no node that counts: two that are up hold two each */
    assert_estimate(&gang_of_4_spread_over_racks, binomial_at_least(2, 0.8), RESOLUTION);
}

static void test_racks_that_fail_together(void **state)
{
    const estimate gang_when_all_fail_together = availability(
        2, "", "every = \"20 h\"; lasts = \"5 h\"; reach = 1.0;");
    const estimate gang_of_2_of_3_when_half_fail_together = availability(
        4, "", "every = \"20 h\"; lasts = \"5 h\"; reach = 0.5;");

    (void)state;
    assert_estimate(&gang_when_all_fail_together, 0.8, RESOLUTION);
    assert_estimate(&gang_of_2_of_3_when_half_fail_together, 0.8 + 0.2 * binomial_at_least(2, 0.5),
                    RESOLUTION);
}

/* By schedule, one rack: its two nodes go and come back, no others. */
static void test_one_rack_by_schedule(void **state)
{
    scenario s;
    record_rows rows = { 0 };
    const sky_event *e;
    uint32_t gone = 0, back = 0;

    (void)state;
    load("5 d", " = 6", "", 2, "rack = 1; at = \"2 d\"; lasts = \"1 d\"; ", &s);
    assert_int_equal(s.fault_count, 1);
    run(&s, 0, &rows);
    e = rows.of[RECORD_EVENTS];
    for (size_t i = 0; i < rows.count[RECORD_EVENTS]; i++) {
        if (e[i].kind != SKY_EVENT_NODE_GONE && e[i].kind != SKY_EVENT_NODE_REPAIRED)
            continue;
        assert_in_range(e[i].instance, 2, 3);
        gone += e[i].kind == SKY_EVENT_NODE_GONE && e[i].time_ns == s.faults[0].at_ns;
        back += e[i].kind == SKY_EVENT_NODE_REPAIRED &&
                e[i].time_ns == s.faults[0].at_ns + s.faults[0].lasts_ns;
    }
    assert_int_equal(gone, 2);
    assert_int_equal(back, 2);
    record_rows_free(&rows);
    scenario_free(&s);
}

/* Nodes that come and go: those of a rack that is out are lost, and others come in the racks that are left, no more than
 * those hold, which the engine is told. */
static void test_nodes_that_come_and_go(void **state)
{
    scenario s;
    record_rows rows = { 0 };
    const sky_event *e;
    int64_t standing = 0, capacity = INT64_MAX;
    uint32_t told = 0, lost = 0;

    (void)state;
    load("20 d", " = { least = 6; most = 6; }", "", 4, "every = \"20 h\"; lasts = \"5 h\";", &s);
    run(&s, 0, &rows);
    e = rows.of[RECORD_EVENTS];
    for (size_t i = 0; i < rows.count[RECORD_EVENTS]; i++) {
        standing += (e[i].kind == SKY_EVENT_NODE_BOOTING) - (e[i].kind == SKY_EVENT_NODE_GONE);
        lost += e[i].kind == SKY_EVENT_NODE_GONE;
        if (e[i].kind == SKY_EVENT_CAPACITY && e[i].time_ns > 0) {
            capacity = e[i].a;
            told += capacity < 6;
            assert_true(capacity >= 6 || capacity % 2 == 0);
        }
        assert_in_range(standing, 0, capacity < 6 ? capacity : 6);
    }
    assert_true(told > 10 && lost > 10);
    assert_int_equal(standing, capacity < 6 ? capacity : 6);
    record_rows_free(&rows);
    scenario_free(&s);
}

static int make_world(void **state)
{
    return make_folder(state) == 0 && tiny_write_all(folder) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_racks_that_fail_on_their_own), cmocka_unit_test(test_spread_over_racks),
        cmocka_unit_test(test_racks_that_fail_together),     cmocka_unit_test(test_one_rack_by_schedule),
        cmocka_unit_test(test_nodes_that_come_and_go),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
