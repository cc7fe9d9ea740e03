/* Energy and carbon: integrals that add up however time is cut, what a run draws against what its placements say, and
 * work that waits for the best hour that there is. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../record_rows.h"
#include "../validation.h"
#include "scenario.h"
#include "twin.h"
#include "world/grid.h"

#include <math.h>

#define DAY_NS (24 * SKY_NS_PER_HOUR)

static const random_key draws = { .seed = 12, .thing = 3 };
static uint64_t drawn;

static int64_t below(int64_t bound)
{
    return (int64_t)(random_u64(&draws, drawn++) % (uint64_t)bound);
}

/* ---- grids --------------------------------------------------------------------------------------------------------- */

static void test_integrals_are_sums_of_steps(void **state)
{
    const scenario_grid model = { .gco2_per_mwh = 300000,
                                  .nusd_per_mwh = 90000000000,
                                  .carbon_swing = 0.5,
                                  .price_swing = 0.8,
                                  .cleanest_ns = 13 * SKY_NS_PER_HOUR,
                                  .cheapest_ns = 3 * SKY_NS_PER_HOUR,
                                  .noise = 0.2 };
    grid g;

    (void)state;
    assert_int_equal(grid_init(&g, &model, 0, 30, 5, 1, 30 * DAY_NS), SKY_OK);
    for (int i = 0; i < 1000; i++) {
        int64_t to_ns = below(30 * DAY_NS);
        sky_int128 gco2 = 0, nusd = 0, found_gco2, found_nusd;

        for (size_t k = 0; k < g.count && g.steps[k].from_ns < to_ns; k++) {
            int64_t end_ns = k + 1 < g.count && g.steps[k + 1].from_ns < to_ns ? g.steps[k + 1].from_ns
                                                                               : to_ns;

            gco2 += (sky_int128)g.steps[k].gco2_per_mwh * (end_ns - g.steps[k].from_ns);
            nusd += (sky_int128)g.steps[k].nusd_per_mwh * (end_ns - g.steps[k].from_ns);
        }
        while (grid_next_ns(&g) < (int64_t)i * 30 * DAY_NS / 1000)
            grid_advance(&g); /* the answer must not depend on where it stands */
        grid_integrals(&g, to_ns, &found_gco2, &found_nusd);
        assert_true(gco2 == found_gco2 && nusd == found_nusd);
    }
    grid_free(&g);
}

/* The mean over whole days is the mean asked for; the least is at the hour asked for, by local solar time. */
static void test_synthetic_day(void **state)
{
    const scenario_grid model = { .gco2_per_mwh = 400000,
                                  .carbon_swing = 0.4,
                                  .cleanest_ns = 13 * SKY_NS_PER_HOUR };
    grid g;
    sky_int128 gco2, nusd;
    size_t least = 0;

    (void)state;
    assert_int_equal(grid_init(&g, &model, 0, 45, 5, 0, 10 * DAY_NS),
                     SKY_OK); /* 45 degrees east: 3 h ahead */
    for (size_t i = 0; i < 24; i++)
        if (g.steps[i].gco2_per_mwh < g.steps[least].gco2_per_mwh)
            least = i;
    assert_int_equal(g.steps[least].from_ns / SKY_NS_PER_HOUR, 10);
    assert_int_equal(g.steps[least].gco2_per_mwh, 240000);
    grid_integrals(&g, 10 * DAY_NS, &gco2, &nusd);
    assert_in_range((int64_t)(gco2 / (10 * DAY_NS)), 399999, 400001);
    grid_free(&g);
}

/* ---- a run's meters ------------------------------------------------------------------------------------------------ */

static void load(const char *path, const char *const *overrides, size_t count, scenario *s)
{
    sky_error error = { "" };

    if (scenario_load(path, overrides, count, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void run_all(const scenario *s, const char *strategy, uint64_t seed, record_rows *rows,
                    record_summary *summary)
{
    twin_options options = { .strategy = strategy, .seed = seed, .restart_at_ns = SKY_NEVER_NS };
    twin_output output = { .context = rows, .rows = record_rows_keep };
    sky_error error = { "" };

    if (twin_run(s, &options, &output, summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* In micrograms, by floating point and from the placements alone. */
static double carbon_of(const scenario *s, const grid *grids, const record_placement_row *p, double machines)
{
    const scenario_machine *m = &s->machines[s->pools[p->pool].machine];
    double power_mw = machines * (double)(m->idle_mw + m->cores_mw + m->accelerators * m->accelerator_mw);
    sky_int128 from, to, nusd;

    grid_integrals(&grids[s->pools[p->pool].region], p->start_ns, &from, &nusd);
    grid_integrals(&grids[s->pools[p->pool].region], p->end_ns, &to, &nusd);
    return power_mw * (double)(to - from) / 3.6e15;
}

static void test_meters_agree_with_placements(void **state)
{
    static const char *const overrides[] = { "duration=6 d" };
    scenario s;
    record_rows rows = { 0 };
    record_summary summary;
    const record_placement_row *p;
    const record_job_row *jobs;
    const record_cost_row *costs;
    double *ugco2;
    int64_t mj = 0, carbon = 0, jobs_mj = 0, jobs_carbon = 0, energy_nusd = 0, cost_nusd = 0;
    grid *grids;

    (void)state;
    load(SKYTWIN_SOURCE_DIR "/scenarios/carbon-and-price-shifting.cfg", overrides, 1, &s);
    run_all(&s, "on-demand-cheapest", 3, &rows, &summary);
    grids = calloc(s.region_count, sizeof *grids);
    ugco2 = calloc(rows.count[RECORD_JOBS] + 1, sizeof *ugco2);
    assert_non_null(grids);
    assert_non_null(ugco2);
    for (uint32_t r = 0; r < s.region_count; r++)
        assert_int_equal(grid_init(&grids[r], &s.grids[r], r, s.regions[r].longitude, 3, 0, s.duration_ns),
                         SKY_OK);
    p = rows.of[RECORD_PLACEMENTS];
    for (size_t i = 0; i < rows.count[RECORD_PLACEMENTS]; i++)
        ugco2[p[i].job] += carbon_of(&s, grids, &p[i], 1);
    jobs = rows.of[RECORD_JOBS];
    for (size_t i = 0; i < rows.count[RECORD_JOBS]; i++) {
        assert_true(fabs(ugco2[i] - (double)jobs[i].ugco2) < 2 + 1e-9 * ugco2[i]);
        jobs_mj += jobs[i].energy_mj;
        jobs_carbon += jobs[i].ugco2;
        energy_nusd += jobs[i].energy_nusd;
    }
    costs = rows.of[RECORD_COSTS];
    for (size_t i = 0; i < rows.count[RECORD_COSTS]; i++) {
        mj += costs[i].energy_mj;
        carbon += costs[i].ugco2;
        cost_nusd += costs[i].compute_nusd + costs[i].egress_nusd + costs[i].probe_nusd +
                     costs[i].energy_nusd;
    }
    assert_true(mj > 0 && energy_nusd > 0);
    assert_int_equal(mj, jobs_mj);
    assert_int_equal(mj, summary.energy_mj);
    assert_int_equal(carbon, jobs_carbon);
    assert_int_equal((carbon + 500000) / 1000000, summary.carbon_gco2);
    assert_int_equal(energy_nusd, summary.energy_nusd);
    assert_int_equal(cost_nusd, summary.cost_nusd);
    for (size_t r = 0; r < s.region_count; r++)
        grid_free(&grids[r]);
    free(grids);
    free(ugco2);
    record_rows_free(&rows);
    scenario_free(&s);
    validation_row("energy and carbon of each job", "integral of its power × the grid's intensity",
                   "equal to 2 micrograms; sums exact", "conservation");
}

/* ---- time-shift ---------------------------------------------------------------------------------------------------- */

static double carbon_from(const grid *g, double power_mw, int64_t start_ns, int64_t time_ns)
{
    sky_int128 from, to, nusd;

    grid_integrals(g, start_ns, &from, &nusd);
    grid_integrals(g, start_ns + time_ns, &to, &nusd);
    return power_mw * (double)(to - from) / 3.6e15;
}

/* One machine type in one place, days alike: from the second day on the strategy knows all there is to know, and each
 * job must do as well as the best start on a whole hour within the next day, found by trying each. */
static void test_jobs_wait_for_the_best_hour(void **state)
{
    static const char *const overrides[] = {
        "seed=5",
        "duration=8 d",
        "deadline_guard=true",
        "energy.grids[0].noise=0.0",
        "energy.grids[1].noise=0.0",
        "workloads[0].deadline=40 h",
        "workloads[0].count=60",
        "workloads[1].count=0",
        "pools[1].capacity=1000",
        "workloads[0].restart=0 s",
    };
    scenario s;
    record_rows rows = { 0 };
    record_summary summary;
    const record_job_row *jobs;
    const record_placement_row *p;
    uint32_t home, judged = 0, waited = 0;
    double power_mw;
    grid g;

    (void)state;
    load(SKYTWIN_SOURCE_DIR "/scenarios/carbon-and-price-shifting.cfg", overrides,
         sizeof overrides / sizeof overrides[0], &s);
    run_all(&s, "time-shift", 5, &rows, &summary);
    assert_int_equal(summary.done, summary.jobs);
    assert_int_equal(summary.deadlines_met, summary.jobs);
    jobs = rows.of[RECORD_JOBS];
    p = rows.of[RECORD_PLACEMENTS];
    home = s.pools[p[0].pool].region; /* the own site: cheapest at any hour */
    power_mw = (double)(s.machines[s.pools[p[0].pool].machine].idle_mw +
                        s.machines[s.pools[p[0].pool].machine].cores_mw);
    assert_int_equal(grid_init(&g, &s.grids[home], home, s.regions[home].longitude, 5, 0, s.duration_ns),
                     SKY_OK);
    for (size_t i = 0; i < rows.count[RECORD_PLACEMENTS]; i++) {
        const record_job_row *job = &jobs[p[i].job];
        int64_t time_ns = p[i].end_ns - p[i].start_ns,
                first_ns = round_up_i64(job->submit_ns, SKY_NS_PER_HOUR);
        double found = carbon_from(&g, power_mw, p[i].start_ns, time_ns), best = found * 10;

        assert_int_equal(s.pools[p[i].pool].region, home);
        for (int64_t h = 0; h < 24; h++) {
            double there = carbon_from(&g, power_mw, first_ns + h * SKY_NS_PER_HOUR, time_ns);

            if (first_ns + h * SKY_NS_PER_HOUR + time_ns < job->deadline_ns - 2 * s.control_interval_ns)
                best = there < best ? there : best;
        }
        if (job->submit_ns < DAY_NS)
            continue;
        judged++;
        waited += p[i].start_ns - job->submit_ns > SKY_NS_PER_HOUR;
        if (found > best * 1.02) /* hours on which price and carbon differ in their least by a little */
            fail_msg("job %u: %.3f g from %.2f h on, %.3f g at best", job->job, found / 1e6,
                     (double)p[i].start_ns / 3.6e12, best / 1e6);
    }
    assert_true(judged > 20 && waited > judged / 2);
    grid_free(&g);
    record_rows_free(&rows);
    scenario_free(&s);
}

/* The scenario as it is shipped: no dearer, and far less carbon. */
static void test_shipped_scenario_saves_carbon(void **state)
{
    scenario s;
    double saved = 0, dearer = 0;
    char measured[80];
    int replications = SKYTWIN_SANITIZED ? 2 : 8;

    (void)state;
    load(SKYTWIN_SOURCE_DIR "/scenarios/carbon-and-price-shifting.cfg", NULL, 0, &s);
    for (int i = 0; i < replications; i++) {
        record_rows rows = { 0 };
        record_summary now, shifted;

        run_all(&s, "on-demand-cheapest", (uint64_t)i, &rows, &now);
        record_rows_free(&rows);
        run_all(&s, "time-shift", (uint64_t)i, &rows, &shifted);
        record_rows_free(&rows);
        assert_int_equal(now.done, now.jobs);
        assert_int_equal(shifted.done, shifted.jobs);
        assert_int_equal(shifted.deadlines_met, shifted.deadlines);
        saved += 1 - (double)shifted.carbon_gco2 / (double)now.carbon_gco2;
        dearer += (double)shifted.cost_nusd / (double)now.cost_nusd - 1;
    }
    saved *= 100.0 / replications;
    dearer *= 100.0 / replications;
    scenario_free(&s);
    assert_true(saved > 20);
    assert_true(dearer < 5);
    snprintf(measured, sizeof measured, "%.0f %% less carbon, the bill %+.1f %%", saved, dearer);
    validation_row("time-shift in scenarios/carbon-and-price-shifting.cfg, against starting at once",
                   "over 20 % less carbon, the bill at most 5 % higher, no deadline missed", measured,
                   "scenario");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integrals_are_sums_of_steps),
        cmocka_unit_test(test_synthetic_day),
        cmocka_unit_test(test_meters_agree_with_placements),
        cmocka_unit_test(test_jobs_wait_for_the_best_hour),
        cmocka_unit_test(test_shipped_scenario_saves_carbon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
