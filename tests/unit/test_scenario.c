/* The scenario loader: what is written in the files is what the twin gets, in internal units. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/scenario_files.h"
#include "tests/folder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HOURS(n)     ((n)*SKY_NS_PER_HOUR)
#define SECONDS(n)   ((n)*SKY_NS_PER_SECOND)

static const char *path_of(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void load(const char *name, const char *const *overrides, size_t count, scenario *s)
{
    sky_error error = { "" };

    if (scenario_load(path_of(name), overrides, count, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void test_settings_and_catalog(void **state)
{
    scenario s;

    (void)state;
    load("tiny.cfg", NULL, 0, &s);
    assert_string_equal(s.name, "tiny");
    assert_string_equal(s.title, "A tiny world");
    assert_string_equal(s.path, path_of("tiny.cfg"));
    assert_int_equal(s.seed, 7);
    assert_int_equal(s.replications, 3);
    assert_int_equal(s.duration_ns, HOURS(72));
    assert_int_equal(s.control_interval_ns, SECONDS(600));
    assert_int_equal(s.probe_bill_ns, SECONDS(60));
    assert_int_equal(s.whole_ticks + s.stop_at_deadline, 0);
    assert_int_equal(s.strategy_count, 2);
    assert_string_equal(s.strategies[1], "spot-greedy");
    assert_int_equal(s.window_count, 1);
    assert_int_equal(s.window_start_ns[0], 0);

    assert_int_equal(s.provider_count, 2);
    assert_string_equal(s.providers[0].name, "aws");
    assert_int_equal(s.providers[0].kind, PROVIDER_CLOUD);
    assert_int_equal(s.providers[0].spot_notice_ns, SECONDS(120));
    assert_int_equal(s.providers[0].billing_minimum_ns, SECONDS(60));
    assert_int_equal(s.providers[0].internet_egress_count, 2);
    assert_int_equal(s.providers[0].internet_egress[0].up_to_bytes, INT64_C(10000000000000));
    assert_int_equal(s.providers[0].internet_egress[1].nusd_per_gb, 50000000);
    assert_int_equal(s.providers[0].internet_egress[1].up_to_bytes, INT64_MAX);
    assert_int_equal(s.region_count, 3);
    assert_string_equal(s.regions[0].name, "aws:us-east-1");
    assert_int_equal(s.regions[0].carbon_gco2_per_mwh, 379000);
    assert_int_equal(s.regions[0].zone_count, 3);
    assert_true(s.regions[0].longitude == -77.4);
    assert_string_equal(s.regions[1].jurisdictions[1], "IE");
    assert_int_equal(s.regions[2].provider, 1);
    assert_int_equal(s.machine_count, 2);
    assert_string_equal(s.machines[1].name, "gcp:n2");
    assert_int_equal(s.machines[0].memory_bytes, INT64_C(68719476736));
    assert_int_equal(s.machines[1].mcpu, 8000);
    assert_string_equal(s.machines[1].accelerator, "TPU v5e");
    assert_int_equal(s.machines[1].accelerators, 4);
    assert_int_equal(s.machines[1].accelerator_is_tpu, 1);
    scenario_free(&s);
}

static void test_egress_between_regions_and_providers(void **state)
{
    scenario s;

    (void)state;
    load("tiny.cfg", NULL, 0, &s);
    const int64_t expected[] = { 0, 20000000, 90000000, 20000000, 0, 90000000, 120000000, 120000000, 0 };
    assert_memory_equal(s.egress_nusd_per_gb, expected, sizeof expected);
    scenario_free(&s);
}

static void test_pools_are_the_first_zones_of_each_region(void **state)
{
    static const char *const names[] = { "aws:us-east-1a/m5", "aws:us-east-1b/m5", "gcp:europe-west3a/n2" };
    scenario s;

    (void)state;
    load("tiny.cfg", NULL, 0, &s);
    assert_int_equal(s.pool_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(s.pools[i].name, names[i]);
        assert_null(s.pools[i].replay);
    }
    assert_int_equal(s.pools[1].zone, 1);
    assert_int_equal(s.pools[1].purchases, 1 << SKY_ON_DEMAND | 1 << SKY_SPOT);
    assert_int_equal(s.pools[1].capacity, 40);
    assert_int_equal(s.pools[1].boot_ns, SECONDS(60));
    assert_int_equal(s.pools[1].on_demand_nusd_per_hour, 768000000);
    assert_int_equal(s.pools[1].spot_mean_nusd_per_hour, 290000000);
    assert_int_equal(s.pools[2].region, 2);
    assert_int_equal(s.pools[2].machine, 1);
    assert_int_equal(s.pools[2].purchases, 1 << SKY_ON_DEMAND);
    assert_int_equal(s.pools[2].capacity, INT64_MAX);
    /* the pool's own figure, then the provider's, then the default */
    assert_true(s.pools[0].spot.lifetime_shape == 1.5);
    assert_int_equal(s.pools[0].spot.mean_available_ns, HOURS(18));
    assert_true(s.pools[2].spot.mean_available_ns > 0 && s.pools[2].spot.price_interval_ns > 0);
    scenario_free(&s);
}

static void test_classes(void **state)
{
    scenario s;

    (void)state;
    load("tiny.cfg", NULL, 0, &s);
    assert_int_equal(s.class_count, 2);
    assert_int_equal(s.classes[0].eligible_count, 3); /* rising pools, whatever the order in runs_on */
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(s.classes[0].eligible[i].pool, i);
    assert_int_equal(s.classes[0].eligible[0].machines, 1);
    assert_int_equal(s.classes[0].eligible[0].speed_ppm, 1000000);
    assert_int_equal(s.classes[0].eligible[2].machines, 2);
    assert_int_equal(s.classes[0].eligible[2].speed_ppm, 500000);
    assert_int_equal(s.classes[0].forbidden_count, 0);
    assert_int_equal(s.classes[1].eligible_count, 1);
    assert_int_equal(s.classes[1].forbidden_count, 1); /* one jurisdiction in common is enough */
    assert_int_equal(s.classes[1].forbidden_regions[0], 0);
    scenario_free(&s);
}

static void test_workloads(void **state)
{
    scenario s;

    (void)state;
    load("tiny.cfg", NULL, 0, &s);
    assert_int_equal(s.workload_count, 2);
    const scenario_workload *train = &s.workloads[0], *batch = &s.workloads[1];
    assert_int_equal(train->arrival, ARRIVAL_POISSON);
    assert_true(train->rate_per_day == 4);
    assert_int_equal(train->count, 100);
    assert_int_equal(train->work, WORK_LOGNORMAL);
    assert_int_equal(train->work_mean_ns, HOURS(10));
    assert_int_equal(train->work_max_ns, HOURS(60));
    assert_true(train->work_shape == 1.0 && train->deadline_factor == 1.5);
    assert_int_equal(train->checkpoint_bytes, INT64_C(50000000000));
    assert_int_equal(train->checkpoint_interval_ns, SECONDS(600));
    assert_int_equal(train->restart_ns, SECONDS(720));
    assert_int_equal(batch->job_class, 1);
    assert_int_equal(batch->arrival, ARRIVAL_REPLAY);
    assert_int_equal(batch->deadline_ns, SKY_NEVER_NS);
    assert_non_null(batch->replay);
    assert_int_equal(batch->replay->job_count, 2);
    assert_int_equal(batch->replay->jobs[0].work_ns, SECONDS(5400));
    assert_true(batch->replay_time_scale == 1);
    scenario_free(&s);
}

static void test_the_text_is_all_that_was_read(void **state)
{
    static const char *const overrides[] = { "seed=8" };
    scenario s;
    const char *catalog, *aws, *seed, *set;

    (void)state;
    load("tiny.cfg", overrides, 1, &s);
    catalog = strstr(s.text.text, "\n# ---- include: ");
    aws = strstr(s.text.text, "Amazon Web Services");
    seed = strstr(s.text.text, "seed = 7;");
    set = strstr(s.text.text, "\n# --set seed=8\n");
    assert_true(catalog == NULL ? strncmp(s.text.text, "# ---- include: ", 16) == 0 : catalog < aws);
    assert_true(aws != NULL && seed != NULL && set != NULL && aws < seed && seed < set);
    assert_non_null(strstr(s.text.text, "catalog/aws.cfg"));
    scenario_free(&s);
}

/* From its text alone, as a record keeps it: the same overrides, or without the last, and errors at the same places. */
static void test_the_text_can_be_loaded_again(void **state)
{
    static const char *const overrides[] = { "seed=8", "duration=12 h" }, *const more[] = { "seed=9" },
                             *const bad[] = { "classes[0].runs_on[0].machine=none" };
    scenario first, again, other;
    sky_error error = { "" };

    (void)state;
    load("tiny.cfg", overrides, 2, &first);
    if (scenario_load_text(first.path, &first.text, 0, NULL, 0, &again, &error) != SKY_OK ||
        scenario_load_text(again.path, &again.text, 1, more, 1, &other, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_string_equal(again.text.text, first.text.text);
    assert_int_equal(again.text.line_count, first.text.line_count);
    assert_memory_equal(again.text.places, first.text.places, 2 * sizeof(uint32_t) * first.text.line_count);
    assert_int_equal(again.seed, 8);
    assert_int_equal(again.duration_ns, 12 * SKY_NS_PER_HOUR);
    assert_int_equal(strlen(first.inputs), 32); /* it replays jobs */
    assert_string_equal(again.inputs, first.inputs);
    assert_int_equal(other.seed, 9);
    assert_int_not_equal(other.duration_ns, again.duration_ns);
    assert_non_null(strstr(other.text.text, "\n# --set seed=8\n# --set seed=9\n"));
    scenario_free(&other);
    assert_int_equal(scenario_load_text(first.path, &first.text, 0, bad, 1, &other, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "--set classes[0].runs_on[0].machine"));
    scenario_free(&again);
    scenario_free(&first);
}

/* ---- --set ------------------------------------------------------------------------------------------------ */

static void test_overrides(void **state)
{
    static const char *const overrides[] = {
        "seed=99",
        "duration=12 h",              /* a string stays one, without quotes … */
        "control_interval=\"5 min\"", /* … or with */
        "stop_at_deadline=true",      /* known, but not in the file */
        "strategies=[\"spot-greedy\", \"optimal\"]",
        "workloads[0].count=5",
        "workloads[0].deadline_factor=2", /* an integer for a real */
        "workloads[0].work.sigma=0.5",
        "workloads[1].time_scale=0.25",
        "pools[1].capacity=3",
        "pools[0].spot.jumps_per_day=2",
        "catalog.aws.egress.between_regions=0.03 USD/GB",
        "seed=100", /* the last one wins */
    };
    scenario s;

    (void)state;
    load("tiny.cfg", overrides, COUNT(overrides), &s);
    assert_int_equal(s.seed, 100);
    assert_int_equal(s.duration_ns, HOURS(12));
    assert_int_equal(s.control_interval_ns, SECONDS(300));
    assert_int_equal(s.stop_at_deadline, 1);
    assert_int_equal(s.strategy_count, 2);
    assert_string_equal(s.strategies[0], "spot-greedy");
    assert_string_equal(s.strategies[1], "optimal");
    assert_int_equal(s.workloads[0].count, 5);
    assert_true(s.workloads[0].deadline_factor == 2 && s.workloads[0].work_shape == 0.5);
    assert_true(s.workloads[1].replay_time_scale == 0.25);
    assert_int_equal(s.pools[2].capacity, 3);
    assert_true(s.pools[0].spot.jumps_per_day == 2);
    assert_int_equal(s.egress_nusd_per_gb[1], 30000000);
    scenario_free(&s);
}

static void test_strategies_may_be_one_string(void **state)
{
    static const char *const overrides[] = { "strategies=optimal,spot-greedy" };
    scenario s;

    (void)state;
    load("tiny.cfg", overrides, 1, &s);
    assert_int_equal(s.strategy_count, 2);
    assert_string_equal(s.strategies[1], "spot-greedy");
    scenario_free(&s);
}

/* ---- traced markets ----------------------------------------------------------------------------------------- */

static void load_traced(const char *const *more, size_t count, scenario *s)
{
    char traces[300];
    const char *overrides[16];

    snprintf(traces, sizeof traces, "traces=%s/traces", folder);
    overrides[0] = traces;
    for (size_t i = 0; i < count; i++)
        overrides[1 + i] = more[i];
    load("traced.cfg", overrides, 1 + count, s);
}

static void test_traced_zones_are_pools_in_the_order_given(void **state)
{
    static const char *const overrides[] = { "zones=eu-y1-a,us-x1-b,us-x1-a" };
    scenario s;

    (void)state;
    load_traced(overrides, 1, &s);
    assert_int_equal(s.provider_count, 1);
    assert_int_equal(s.providers[0].spot_notice_ns, 0);
    assert_int_equal(s.region_count, 2);
    assert_string_equal(s.regions[0].name, "eu-y1");
    assert_string_equal(s.regions[1].name, "us-x1");
    assert_int_equal(s.regions[1].zone_count, 2);
    assert_int_equal(s.pool_count, 3);
    assert_int_equal(s.classes[0].eligible_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(s.pools[i].region, i > 0);
        assert_int_equal(s.pools[i].zone, i == 2);
        assert_int_equal(s.pools[i].capacity, INT64_MAX);
        assert_int_equal(s.pools[i].boot_ns, 0);
        assert_int_equal(s.pools[i].purchases, 1 << SKY_ON_DEMAND | 1 << SKY_SPOT);
        assert_int_equal(s.pools[i].on_demand_nusd_per_hour, INT64_C(1000000000) * (12 - (int)i));
        assert_ptr_equal(s.pools[i].replay, &s.traces.markets[i]);
        assert_int_equal(s.classes[0].eligible[i].pool, i);
        assert_int_equal(s.classes[0].eligible[i].machines, 1);
        assert_int_equal(s.classes[0].eligible[i].speed_ppm, 1000000);
    }
    assert_int_equal(s.pools[1].replay->changes[1].at_ns, SECONDS(1800));
    assert_int_equal(s.pools[1].replay->changes[1].available, 0);
    scenario_free(&s);
}

static void test_traced_job_and_clock(void **state)
{
    scenario s;

    (void)state;
    load_traced(NULL, 0, &s);
    assert_int_equal(s.control_interval_ns, SECONDS(600));
    assert_int_equal(s.duration_ns, HOURS(10));
    assert_int_equal(s.whole_ticks, 1);
    assert_int_equal(s.deadline_guard, 1);
    assert_int_equal(s.stop_at_deadline, 1);
    assert_int_equal(s.probe_bill_ns, SECONDS(60));
    assert_int_equal(s.replications, 3);
    assert_int_equal(s.workload_count, 1);
    assert_int_equal(s.workloads[0].arrival, ARRIVAL_AT_START);
    assert_int_equal(s.workloads[0].count, 1);
    assert_int_equal(s.workloads[0].deadline_ns, HOURS(10));
    assert_int_equal(s.workloads[0].work_mean_ns, INT64_C(30000000000000));
    assert_int_equal(s.workloads[0].checkpoint_bytes, INT64_C(50000000000));
    assert_int_equal(s.workloads[0].checkpoint_interval_ns, 0);
    assert_int_equal(s.workloads[0].restart_ns, SECONDS(720));
    assert_int_equal(s.egress_nusd_per_gb[0], 0);
    assert_int_equal(s.egress_nusd_per_gb[1], 20000000);
    assert_int_equal(s.egress_nusd_per_gb[2], 20000000);
    scenario_free(&s);
}

static void test_task_hours_overrides_the_ratio(void **state)
{
    static const char *const overrides[] = { "task_hours=6.5", "ratio=1.1" };
    scenario s;

    (void)state;
    load_traced(overrides, COUNT(overrides), &s);
    assert_int_equal(s.workloads[0].work_mean_ns, SECONDS(23400));
    assert_int_equal(s.workloads[0].work_fraction, 0);
    scenario_free(&s);
}

static void test_egress_from_a_table(void **state)
{
    char egress[300];
    const char *overrides[] = { egress };
    scenario s;

    (void)state;
    snprintf(egress, sizeof egress, "egress=%s/egress.csv", folder);
    load_traced(overrides, 1, &s);
    assert_int_equal(s.egress_nusd_per_gb[1], 50000000);
    assert_int_equal(s.egress_nusd_per_gb[2], 70000000);
    scenario_free(&s);
}

/* 2112 ticks, as the published traces have. */
static void write_long_trace(void)
{
    static char text[8192];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "{\"metadata\": {\"gap_seconds\": 600, \"price_info\": "
                                   "{\"on_demand_price\": 9}}, \"data\": [0");

    for (int i = 1; i < 2112; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, ",0");
    used += (size_t)snprintf(text + used, sizeof text - used, "]}");
    assert_true(tiny_write(folder, "traces/us-x1-a/full.json", text, used));
}

/* The published windows start at ceil(window × deadline hours × 3600 / 600) in floating point: the sixth comes
 * a tick late by it. 51.8333 h, as it is commonly cut, means 311 ticks. */
static void test_windows_start_as_published(void **state)
{
    static const int64_t ticks[] = { 0, 311, 622, 933, 1244, 1556 };
    static const char *const hours[] = { "deadline_hours=51.8333", "deadline_hours=51.833333333333336" };

    (void)state;
    write_long_trace();
    for (size_t h = 0; h < COUNT(hours); h++) {
        const char *overrides[] = { hours[h], "windows=0,1,2,3,4,5", "zones=us-x1-a" };
        scenario s;

        load_traced(overrides, COUNT(overrides), &s);
        assert_int_equal(s.duration_ns, 311 * SECONDS(600));
        assert_int_equal(s.window_count, COUNT(ticks));
        for (size_t i = 0; i < COUNT(ticks); i++) {
            assert_int_equal(s.window_label[i], i);
            assert_int_equal(s.window_start_ns[i], ticks[i] * SECONDS(600));
        }
        scenario_free(&s);
    }
    assert_true(tiny_write_trace(folder, "us-x1-a", "10.0", 600));
}

static void test_a_window_may_be_a_number(void **state)
{
    static const char *const overrides[] = { "windows=2" };
    scenario s;

    (void)state;
    load_traced(overrides, 1, &s);
    assert_int_equal(s.window_count, 1);
    assert_int_equal(s.window_label[0], 2);
    assert_int_equal(s.window_start_ns[0], HOURS(20));
    scenario_free(&s);
}

/* Of the work as a quotient, the fraction of a nanosecond is kept. */
static void test_work_is_exact(void **state)
{
    static const char *const overrides[] = { "ratio=1.1" };
    scenario s;
    double work = 10.0 / 1.1 * 3600 * 1e9;

    (void)state;
    load_traced(overrides, 1, &s);
    assert_int_equal(s.workloads[0].work_mean_ns, (int64_t)floor(work));
    assert_true(fabs((double)s.workloads[0].work_fraction / 65536 - (work - floor(work))) < 1e-4);
    scenario_free(&s);
}

/* ---- the scenarios that come along ---------------------------------------------------------------------------- */

static void test_shipped_scenarios_load(void **state)
{
    sky_error error = { "" };
    scenario s;

    (void)state;
    if (access(SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg", R_OK) == 0) {
        if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg", NULL, 0, &s, &error) != SKY_OK)
            fail_msg("%s", error.message);
        assert_true(s.region_count >= 24);
        assert_true(s.machine_count >= 30);
        assert_int_equal(s.duration_ns, HOURS(720));
        scenario_free(&s);
    } else {
        print_message("skipped: scenarios/quickstart.cfg is not here\n");
    }
    assert_int_equal(
        scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/reference/multi-region-spot.cfg", NULL, 0, &s, &error),
        SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "--set traces=DIR"));
}

static void test_reference_scenario_on_public_traces(void **state)
{
    static const char *const overrides[] = { "traces=" SKYTWIN_SOURCE_DIR "/../shared/data/spot/gcp-h100" };
    sky_error error = { "" };
    scenario s;

    (void)state;
    if (access(strchr(overrides[0], '/'), R_OK) != 0) {
        print_message("skipped: %s is not here\n", strchr(overrides[0], '/'));
        skip();
    }
    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/reference/multi-region-spot.cfg", overrides, 1, &s,
                      &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(s.pool_count, 6);
    assert_int_equal(s.window_count, 6);
    assert_string_equal(s.pools[5].replay->zone, "asia-south2-b");
    scenario_free(&s);
}

static int make_world(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_and_catalog),
        cmocka_unit_test(test_egress_between_regions_and_providers),
        cmocka_unit_test(test_pools_are_the_first_zones_of_each_region),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_workloads),
        cmocka_unit_test(test_the_text_is_all_that_was_read),
        cmocka_unit_test(test_the_text_can_be_loaded_again),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_strategies_may_be_one_string),
        cmocka_unit_test(test_traced_zones_are_pools_in_the_order_given),
        cmocka_unit_test(test_traced_job_and_clock),
        cmocka_unit_test(test_task_hours_overrides_the_ratio),
        cmocka_unit_test(test_egress_from_a_table),
        cmocka_unit_test(test_windows_start_as_published),
        cmocka_unit_test(test_a_window_may_be_a_number),
        cmocka_unit_test(test_work_is_exact),
        cmocka_unit_test(test_shipped_scenarios_load),
        cmocka_unit_test(test_reference_scenario_on_public_traces),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
