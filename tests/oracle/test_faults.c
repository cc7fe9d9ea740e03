/* Faults: how long they last, and that the world is as they say while they do: nothing runs in what is out, prices are
 * those of the shock, quotas hold, no orders come from a control plane that is down, and nothing stale is told. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ESTIMATE_OF "faults"
#include "estimate.h"

#include "../record_rows.h"
#include "../scenario_files.h"
#include "scenario.h"
#include "twin.h"

#define SCENARIO SKYTWIN_SOURCE_DIR "/scenarios/region-outage.cfg"

/* Without customers, where only jobs are looked at. */
#define QUIET                                                                                                \
    "populations[0].rate=0.0", "populations[1].rate=0.0", "services[0].scale_every=1 d",                     \
        "services[1].scale_every=1 d"
static const char *const quiet[] = { QUIET };

static void load(const char *path, const char *const *overrides, size_t count, scenario *s)
{
    sky_error error = { "" };

    if (scenario_load(path, overrides, count, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void run(const scenario *s, const char *strategy, unsigned replication, int64_t restart_ns,
                record_rows *rows, record_summary *summary)
{
    twin_options options = {
        .strategy = strategy, .seed = 3, .replication = replication, .restart_at_ns = restart_ns
    };
    twin_output output = { .context = rows, .rows = record_rows_keep };
    sky_error error = { "" };

    if (twin_run(s, &options, &output, summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* ---- how long ------------------------------------------------------------------------------------------------------ */

/* An alternating renewal process is down the share E[down] / (E[up] + E[down]) of the time. */
static void test_share_of_time_down(void **state)
{
    static const char *const overrides[] = { "duration=300 d",
                                             "workloads[0].count=0",
                                             "workloads[1].rate=0.5 /d",
                                             "faults[5].every=20 h",
                                             "faults[5].shape=2.0",
                                             "faults[5].lasts=5 h",
                                             QUIET,
                                             "control_interval=6 h" };
    scenario s;
    estimate share_of_time_out = { 0 };

    (void)state;
    load(SCENARIO, overrides, sizeof overrides / sizeof overrides[0], &s);
    for (unsigned r = 0; r < (SKYTWIN_SANITIZED ? 5 : 30); r++) {
        record_rows rows = { 0 };
        record_summary summary;
        const sky_event *e;
        int64_t down_ns = 0, since_ns = 0, last_ns = 0;

        run(&s, "on-demand-cheapest", r, SKY_NEVER_NS, &rows, &summary);
        e = rows.of[RECORD_EVENTS];
        for (size_t i = 0; i < rows.count[RECORD_EVENTS]; i++) {
            if (e[i].kind != SKY_EVENT_FAULT || e[i].other != 5)
                continue;
            if (e[i].a == 1)
                since_ns = e[i].time_ns;
            else
                down_ns += e[i].time_ns - since_ns;
            if (e[i].a == 0)
                last_ns = e[i].time_ns;
        }
        if (last_ns > 0)
            estimate_add(&share_of_time_out, (double)down_ns / (double)last_ns);
        record_rows_free(&rows);
    }
    scenario_free(&s);
    assert_estimate(&share_of_time_out, 0.2, SKYTWIN_SANITIZED ? 0.05 : 0.02);
}

/* ---- what is true meanwhile ----------------------------------------------------------------------------------------- */

typedef struct seen {
    const scenario *s;
    unsigned char active[8];
    unsigned char out[64]; /* by pool, as told: capacity 0 */
    int64_t in_use[64], capacity[64];
    uint32_t pool_of[100000], live[100000];
    uint32_t outages, shocks, silenced;
} seen;

static int meets(const scenario_fault *f, uint32_t pool)
{
    for (size_t i = 0; i < f->pool_count; i++)
        if (f->pools[i] == pool)
            return 1;
    return 0;
}

static int under(const seen *x, fault_kind kind, uint32_t pool)
{
    for (size_t i = 0; i < x->s->fault_count; i++)
        if (x->active[i] && x->s->faults[i].kind == kind && meets(&x->s->faults[i], pool))
            return 1;
    return 0;
}

static void look_at(seen *x, const sky_event *e)
{
    switch (e->kind) {
    case SKY_EVENT_FAULT:
        x->active[e->other] = (unsigned char)e->a;
        break;
    case SKY_EVENT_CAPACITY:
        x->capacity[e->pool] = e->a;
        if (e->a == 0) {
            x->outages++;
            assert_int_equal(x->in_use[e->pool], 0); /* all that ran there is gone before anybody is told */
        }
        break;
    case SKY_EVENT_PRICE:
        assert_false(under(x, FAULT_STALE_TELEMETRY, e->pool));
        if (e->detail == SKY_ON_DEMAND) {
            int64_t usual = x->s->pools[e->pool].on_demand_nusd_per_hour;

            assert_int_equal(e->a, under(x, FAULT_PRICE_SHOCK, e->pool) ? 3 * usual : usual);
            x->shocks += e->a == 3 * usual;
        }
        break;
    case SKY_EVENT_INSTANCE_STARTED:
        x->pool_of[e->instance] = e->pool;
        x->live[e->instance] = 1;
        x->in_use[e->pool]++;
        assert_true(x->in_use[e->pool] <= x->capacity[e->pool] || under(x, FAULT_STALE_TELEMETRY, e->pool));
        break;
    case SKY_EVENT_JOB_DONE:
    case SKY_EVENT_INSTANCE_RECLAIMED:
    case SKY_EVENT_INSTANCE_STOPPED:
        x->in_use[x->pool_of[e->instance]] -= x->live[e->instance];
        x->live[e->instance] = 0;
        break;
    default:
        break;
    }
}

static void test_the_world_is_as_faults_say(void **state)
{
    static const char *const strategies[] = { "on-demand-cheapest", "spot-greedy", "horizon" };
    scenario s;

    (void)state;
    load(SCENARIO, quiet, sizeof quiet / sizeof quiet[0], &s);
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        seen *x = calloc(1, sizeof *x);
        record_rows rows = { 0 };
        record_summary summary;
        const sky_action *actions;

        assert_non_null(x);
        x->s = &s;
        for (size_t p = 0; p < s.pool_count; p++)
            x->capacity[p] = s.pools[p].capacity;
        run(&s, strategies[i], 0, SKY_NEVER_NS, &rows, &summary);
        for (size_t k = 0; k < rows.count[RECORD_EVENTS]; k++)
            look_at(x, (const sky_event *)rows.of[RECORD_EVENTS] + k);
        actions = rows.of[RECORD_ACTIONS];
        for (size_t k = 0; k < rows.count[RECORD_ACTIONS]; k++)
            assert_false(actions[k].time_ns >= s.faults[3].at_ns &&
                         actions[k].time_ns < s.faults[3].at_ns + s.faults[3].lasts_ns);
        assert_true(x->outages >= 2 && x->shocks >= 2);
        assert_true(summary.faults >= 5);
        record_rows_free(&rows);
        free(x);
    }
    scenario_free(&s);
}

/* One kind of machine that never changes its price but for the shock: what is billed is time × price. */
static void test_shocked_prices_are_billed(void **state)
{
    static const char *const overrides[] = { QUIET, "workloads[0].count=0", "workloads[1].count=60",
                                             "workloads[1].work.max=300 h", "workloads[1].work.mean=60 h" };
    scenario s;
    record_rows rows = { 0 };
    record_summary summary;
    const record_placement_row *p;
    double expected = 0;

    (void)state;
    load(SCENARIO, overrides, sizeof overrides / sizeof overrides[0], &s);
    run(&s, "on-demand-cheapest", 0, SKY_NEVER_NS, &rows, &summary);
    p = rows.of[RECORD_PLACEMENTS];
    for (size_t i = 0; i < rows.count[RECORD_PLACEMENTS]; i++) {
        const scenario_fault *shock = &s.faults[1];
        int64_t from_ns = p[i].start_ns > shock->at_ns ? p[i].start_ns : shock->at_ns;
        int64_t until_ns = p[i].end_ns < shock->at_ns + shock->lasts_ns ? p[i].end_ns
                                                                        : shock->at_ns + shock->lasts_ns;
        double hours = (double)(p[i].end_ns - p[i].start_ns) / 3.6e12, within = 0;

        if (meets(shock, p[i].pool) && until_ns > from_ns)
            within = (double)(until_ns - from_ns) / 3.6e12;
        expected += (hours + 2 * within) * (double)s.pools[p[i].pool].on_demand_nusd_per_hour;
    }
    assert_true(summary.compute_nusd > 0);
    assert_true(fabs(expected / (double)(summary.compute_nusd - summary.service_nusd) - 1) <
                1e-4); /* increments of a second, a minute at least */
    record_rows_free(&rows);
    scenario_free(&s);
}

static void test_a_restored_engine_comes_through_alike(void **state)
{
    scenario s;
    record_rows rows = { 0 }, again = { 0 };
    record_summary summary, summary_again;

    (void)state;
    load(SCENARIO, quiet, sizeof quiet / sizeof quiet[0], &s);
    run(&s, "horizon", 1, SKY_NEVER_NS, &rows, &summary);
    run(&s, "horizon", 1, s.faults[0].at_ns + SKY_NS_PER_HOUR, &again, &summary_again);
    assert_int_equal(rows.count[RECORD_ACTIONS], again.count[RECORD_ACTIONS]);
    assert_memory_equal(rows.of[RECORD_ACTIONS], again.of[RECORD_ACTIONS],
                        rows.count[RECORD_ACTIONS] * sizeof(sky_action));
    record_rows_free(&rows);
    record_rows_free(&again);
    scenario_free(&s);
}

/* ---- late ---------------------------------------------------------------------------------------------------------- */

#define LATE                                                                                                 \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"late\"; seed = 4; duration = \"10 d\"; strategies = [\"spot-greedy\"]; control_interval = "    \
    "\"6 h\";\n"                                                                                             \
    "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; purchases = [\"on-demand\", "          \
    "\"spot\"]; } );\n"                                                                                      \
    "classes = ( { name = \"c\"; runs_on = ( { machine = \"aws:m5\"; } ); } );\n"                            \
    "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"poisson\"; rate = \"20 /d\";\n"                \
    "  work = { distribution = \"exponential\"; mean = \"3 h\"; max = \"60 h\"; }; deadline = \"5 d\"; } "   \
    ");\n"                                                                                                   \
    "faults = ( { %s at = \"3 d\"; lasts = \"4 d\"; } );\n"

static void run_late(const char *fault, record_rows *rows)
{
    char folder[] = "/tmp/skytwin-faults-XXXXXX", path[64], command[80], text[4096];
    int size = snprintf(text, sizeof text, LATE, fault);
    record_summary summary;
    scenario s;

    assert_non_null(mkdtemp(folder));
    assert_true(tiny_write_all(folder) && tiny_write(folder, "late.cfg", text, (size_t)size));
    snprintf(path, sizeof path, "%s/late.cfg", folder);
    load(path, NULL, 0, &s);
    run(&s, "spot-greedy", 0, SKY_NEVER_NS, rows, &summary);
    assert_int_equal(summary.faults, 1);
    scenario_free(&s);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* Once in 7 minutes at most, and no later than that after a job was submitted. */
static void test_decisions_come_late(void **state)
{
    const int64_t day = 24 * SKY_NS_PER_HOUR, delay = 420 * SKY_NS_PER_SECOND;
    record_rows rows = { 0 };
    const sky_event *e;
    int64_t asked_ns = 3 * day, submitted_ns = SKY_NEVER_NS;
    uint32_t late = 0;

    (void)state;
    run_late("kind = \"control-plane\"; delay = \"7 min\";", &rows);
    e = rows.of[RECORD_EVENTS];
    for (size_t i = 0; i < rows.count[RECORD_EVENTS]; i++) {
        if (e[i].time_ns <= 3 * day || e[i].time_ns >= 7 * day)
            continue;
        if (e[i].kind == SKY_EVENT_JOB_SUBMITTED && submitted_ns == SKY_NEVER_NS)
            submitted_ns = e[i].time_ns;
        if (e[i].kind != SKY_EVENT_DECIDE || e[i].time_ns == asked_ns)
            continue;
        assert_true(e[i].time_ns >= asked_ns + delay);
        assert_true(submitted_ns == SKY_NEVER_NS || e[i].time_ns <= submitted_ns + delay);
        asked_ns = e[i].time_ns;
        submitted_ns = SKY_NEVER_NS;
        late++;
    }
    assert_true(late > 50);
    record_rows_free(&rows);
}

/* Prices that are told in the four days are those of an hour before. */
static void test_telemetry_of_an_age(void **state)
{
    const int64_t day = 24 * SKY_NS_PER_HOUR, age = SKY_NS_PER_HOUR;
    record_rows rows = { 0 };
    const sky_event *e;
    const record_price_row *p;
    uint32_t old = 0;

    (void)state;
    run_late("kind = \"stale-telemetry\"; target = \"aws\"; age = \"1 h\";", &rows);
    e = rows.of[RECORD_EVENTS];
    p = rows.of[RECORD_PRICES];
    for (size_t i = 0; i < rows.count[RECORD_EVENTS]; i++) {
        int64_t truth = -1;

        if (e[i].kind != SKY_EVENT_PRICE || e[i].detail != SKY_SPOT || e[i].time_ns <= 3 * day ||
            e[i].time_ns >= 7 * day)
            continue;
        for (size_t k = 0; k < rows.count[RECORD_PRICES]; k++)
            if (p[k].time_ns == e[i].time_ns - age)
                truth = p[k].spot_nusd_per_hour;
        assert_int_equal(e[i].a, truth);
        assert_true(e[i].time_ns >= 3 * day + age);
        old++;
    }
    assert_true(old > 50);
    record_rows_free(&rows);
}

/* ---- nodes --------------------------------------------------------------------------------------------------------- */

#define SHARED                                                                                               \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"shared\"; seed = 4; duration = \"20 d\"; strategies = [\"best-fit\"];\n"                       \
    "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; zones = 2; nodes = 4; } );\n"          \
    "classes = ( { name = \"small\"; request = { cpus = 3.0; memory = \"4 GiB\"; }; } );\n"                  \
    "workloads = ( { name = \"w\"; class = \"small\"; arrival = \"poisson\"; rate = \"30 /d\"; count = "     \
    "400;\n"                                                                                                 \
    "  work = { distribution = \"exponential\"; mean = \"9 h\"; max = \"60 h\"; };\n"                        \
    "  checkpoint_interval = \"1 h\"; restart = \"5 min\"; } );\n"                                           \
    "faults = ( { kind = \"outage\"; target = \"aws:us-east-1a\"; every = \"2 d\"; lasts = \"4 h\"; },\n"    \
    "           { kind = \"outage\"; target = \"aws\"; at = \"5 d\"; lasts = \"3 h\"; } );\n"

/* Tasks on nodes of a zone that is out go on elsewhere, or when it is back; none is lost, and none starts there. */
static void test_nodes_go_and_come_back_with_their_zone(void **state)
{
    char folder[] = "/tmp/skytwin-faults-XXXXXX", path[64], command[80];
    scenario s;
    record_rows rows = { 0 };
    record_summary summary;
    const sky_event *e;
    unsigned char gone[8] = { 0 };
    uint32_t outages = 0, moved = 0;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_true(tiny_write_all(folder) && tiny_write(folder, "shared.cfg", SHARED, sizeof SHARED - 1));
    snprintf(path, sizeof path, "%s/shared.cfg", folder);
    load(path, NULL, 0, &s);
    run(&s, "best-fit", 0, SKY_NEVER_NS, &rows, &summary);
    e = rows.of[RECORD_EVENTS];
    for (size_t i = 0; i < rows.count[RECORD_EVENTS]; i++) {
        if (e[i].kind == SKY_EVENT_NODE_GONE || e[i].kind == SKY_EVENT_NODE_REPAIRED) {
            assert_int_equal(gone[e[i].instance], e[i].kind == SKY_EVENT_NODE_REPAIRED);
            gone[e[i].instance] = e[i].kind == SKY_EVENT_NODE_GONE;
            outages += gone[e[i].instance];
        }
        if (e[i].kind == SKY_EVENT_TASK_STARTED)
            assert_false(gone[e[i].instance]);
        moved += e[i].kind == SKY_EVENT_TASK_STOPPED;
    }
    assert_true(outages > 20 && moved > 20);
    assert_int_equal(summary.done, summary.jobs);
    assert_int_equal(summary.jobs, 400);
    record_rows_free(&rows);
    scenario_free(&s);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* Requests from users in a region whose day swings by `swing` about its mean, in the hours from..to of a day. */
static double requests_between(double per_s, double swing, double peak_h, double from_h, double to_h)
{
    const double turn = 2 * 3.14159265358979323846 / 24;

    return 3600 * per_s *
           (to_h - from_h + swing / turn * (sin(turn * (to_h - peak_h)) - sin(turn * (from_h - peak_h))));
}

/* In the shipped scenario: whoever has one region loses what was asked in the outage's 14 hours from midnight on, Poisson;
 * who has two loses some dozens while breakers open, and keeps the error budget. */
static void test_customers_of_the_shipped_scenario(void **state)
{
    const double expected = requests_between(0.5, 0.6, 19, 0, 14);
    int64_t failed[2] = { 0 }, missed[2] = { 0 }, asked[2] = { 0 };
    record_rows rows = { 0 };
    record_summary summary;
    char text[32], measured[80];
    scenario s;

    (void)state;
    load(SCENARIO, NULL, 0, &s);
    run(&s, "on-demand-cheapest", 0, SKY_NEVER_NS, &rows, &summary);
    for (size_t i = 0; i < rows.count[RECORD_REQUESTS]; i++) {
        const record_request_row *r = (const record_request_row *)rows.of[RECORD_REQUESTS] + i;

        if (r->population == SKY_NONE)
            continue;
        failed[r->population] += r->failed;
        asked[r->population] += r->served + r->failed;
        missed[r->population] += r->served + r->failed - r->within;
    }
    record_rows_free(&rows);
    scenario_free(&s);
    assert_true(fabs((double)failed[1] - expected) < 2.58 * sqrt(expected)); /* 99 % */
    assert_true(failed[0] < 100);
    assert_true(missed[0] * 1000 < asked[0] / 10); /* nine tenths are left of the budget of 1 in 1000 */
    assert_true(missed[1] * 1000 > asked[1] * 10);
    snprintf(text, sizeof text, "%.0f ± %.0f (99 %%)", expected, 2.58 * sqrt(expected));
    snprintf(measured, sizeof measured, "%lld", (long long)failed[1]);
    validation_row("scenarios/region-outage.cfg: requests lost by customers of one region", text, measured,
                   "rate × 14 h");
}

/* The shipped scenario: everybody comes through, at a price; most work is lost by who has much in the region. */
static void test_shipped_scenario(void **state)
{
    scenario s;
    int64_t met = 0, deadlines = 0;
    char measured[80];

    (void)state;
    load(SCENARIO, quiet, sizeof quiet / sizeof quiet[0], &s);
    for (unsigned r = 0; r < (SKYTWIN_SANITIZED ? 1 : 5); r++) {
        record_summary cheap, horizon;
        record_rows rows = { 0 };
        int64_t lost_ns = 0;

        run(&s, "on-demand-cheapest", r, SKY_NEVER_NS, &rows, &cheap);
        for (size_t i = 0; i < rows.count[RECORD_JOBS]; i++)
            lost_ns += ((const record_job_row *)rows.of[RECORD_JOBS])[i].lost_ns;
        assert_true(lost_ns > 0); /* on demand nothing but an outage loses work */
        record_rows_free(&rows);
        run(&s, "horizon", r, SKY_NEVER_NS, &rows, &horizon);
        record_rows_free(&rows);
        assert_true(horizon.cost_nusd < cheap.cost_nusd / 2);
        met += horizon.deadlines_met;
        deadlines += horizon.deadlines;
    }
    assert_true(met * 100 >= deadlines * 99);
    snprintf(measured, sizeof measured, "%.1f %%", 100 * (double)met / (double)deadlines);
    validation_row("scenarios/region-outage.cfg: deadlines met by horizon",
                   "at least 99 %, at under half the cost on demand", measured, "scenario");
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share_of_time_down),
        cmocka_unit_test(test_the_world_is_as_faults_say),
        cmocka_unit_test(test_shocked_prices_are_billed),
        cmocka_unit_test(test_a_restored_engine_comes_through_alike),
        cmocka_unit_test(test_nodes_go_and_come_back_with_their_zone),
        cmocka_unit_test(test_decisions_come_late),
        cmocka_unit_test(test_telemetry_of_an_age),
        cmocka_unit_test(test_shipped_scenario),
        cmocka_unit_test(test_customers_of_the_shipped_scenario),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
