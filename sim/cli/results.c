#include "results.h"

#include "pipeline_results.h"
#include "service_results.h"
#include "storage_results.h"
#include "table.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_COLUMNS 12
#define JSON_DIGITS  15 /* nano-dollars of sums up to a million dollars, and no noise behind them */

static double usd(int64_t nusd)
{
    return (double)nusd / 1e9;
}

static double hours(int64_t ns)
{
    return (double)ns / (double)SKY_NS_PER_HOUR;
}

static double hours_of_us(int64_t us)
{
    return (double)us * RECORD_NS_PER_US / (double)SKY_NS_PER_HOUR;
}

static double seconds(int64_t ns)
{
    return (double)ns / (double)SKY_NS_PER_SECOND;
}

static double ppm(int64_t parts)
{
    return (double)parts / 1e6;
}

static double mean_completion_h(const record_summary *s)
{
    return s->done > 0 ? hours_of_us(s->completion_us) / (double)s->done : 0;
}

static const char *oracle_mark(const char *strategy)
{
    const sky_strategy_info *info = sky_strategy_find(strategy);

    return info != NULL && info->oracle ? "*" : "";
}

/* ---- JSON --------------------------------------------------------------------------------------------------- */

/* Of runs whose nodes come and go. */
static int put_fleet(json_t *run, const record_summary *s)
{
    return json_object_set_new(run, "nodes_grown", json_integer(s->nodes_grown)) |
           json_object_set_new(run, "nodes_reclaimed", json_integer(s->nodes_reclaimed)) |
           json_object_set_new(run, "requeued", json_integer(s->requeued)) |
           json_object_set_new(run, "waste_usd", json_real(usd(s->waste_nusd)));
}

/* Of runs whose tasks share nodes. */
static int put_packing(json_t *run, const record_summary *s)
{
    double all = (double)s->mgpu;

    return json_object_set_new(run, "gpu_allocation_pct", json_real(100 * (double)s->mgpu_allocated / all)) |
           json_object_set_new(run, "fragmented_gpu_pct", json_real(100 * (double)s->mgpu_fragmented / all)) |
           json_object_set_new(run, "placed", json_integer(s->placed)) |
           json_object_set_new(run, "dropped", json_integer(s->dropped));
}

/* Of runs with nodes: how their tasks waited. */
static int put_tasks(json_t *run, const record_summary *s)
{
    return json_object_set_new(run, "mean_wait_s", json_real(seconds(s->wait_mean_ns))) |
           json_object_set_new(run, "p95_wait_s", json_real(seconds(s->wait_p95_ns))) |
           json_object_set_new(run, "mean_bounded_slowdown", json_real(ppm(s->slowdown_mean_ppm))) |
           json_object_set_new(run, "cpu_utilisation_pct", json_real(100 * ppm(s->cpu_ppm))) |
           json_object_set_new(run, "gpu_utilisation_pct", json_real(100 * ppm(s->gpu_ppm))) |
           json_object_set_new(run, "failed_runs", json_integer(s->retries)) |
           json_object_set_new(run, "lost_hours", json_real(hours(s->lost_ns)));
}

/* Of runs whose machines' power is known. */
static int put_energy(json_t *run, const record_summary *s)
{
    return json_object_set_new(run, "energy_kwh", json_real((double)s->energy_mj / 3.6e9)) |
           json_object_set_new(run, "carbon_kg", json_real((double)s->carbon_gco2 / 1000)) |
           json_object_set_new(run, "energy_usd", json_real(usd(s->energy_nusd)));
}

/* Of runs in which tasks that share nodes came to an end. */
static int put_completion(json_t *run, const record_summary *s)
{
    return json_object_set_new(run, "mean_completion_h", json_real(mean_completion_h(s))) |
           json_object_set_new(run, "makespan_h", json_real(hours(s->last_done_ns))) |
           json_object_set_new(run, "used_usd", json_real(usd(s->used_nusd)));
}

/* What a record does not hold, the window and the wall time, is left out of what is read from one. */
static json_t *run_json(const runner_result *result)
{
    const record_summary *s = &result->summary;
    json_t *run = json_pack(
        "{s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:I, s:f, s:f}",
        "strategy", result->strategy, "replication", (json_int_t)result->replication, "seed",
        (json_int_t)result->seed, "cost_usd", usd(s->cost_nusd), "final_tick_usd", usd(s->final_tick_nusd),
        "compute_usd", usd(s->compute_nusd), "probe_usd", usd(s->probe_nusd), "egress_usd",
        usd(s->egress_nusd), "deadline_met", s->deadlines_met == s->deadlines, "deadlines",
        (json_int_t)s->deadlines, "deadlines_met", (json_int_t)s->deadlines_met, "jobs", (json_int_t)s->jobs,
        "done", (json_int_t)s->done, "failed", (json_int_t)s->failed, "rejected", (json_int_t)s->rejected,
        "migrations", (json_int_t)s->migrations, "preemptions", (json_int_t)s->preemptions, "launches",
        (json_int_t)s->launches, "failed_launches", (json_int_t)s->failed_launches, "probes",
        (json_int_t)s->probes, "spot_hours", hours_of_us(s->spot_us), "on_demand_hours",
        hours_of_us(s->on_demand_us));

    int failed = 0;

    if (s->mgpu > 0)
        failed |= put_packing(run, s);
    if (s->nodes_grown > 0 || s->waste_nusd > 0)
        failed |= put_fleet(run, s);
    if (s->placed > 0)
        failed |= put_tasks(run, s);
    if (s->energy_mj > 0)
        failed |= put_energy(run, s);
    if (s->completion_us > 0)
        failed |= put_completion(run, s);
    if (service_results_has(s))
        failed |= service_results_json(run, s);
    if (storage_results_has(s))
        failed |= storage_results_json(run, s);
    if (pipeline_results_has(s))
        failed |= pipeline_results_json(run, s);
    if (result->window >= 0)
        failed |= json_object_set_new(run, "window", json_integer(result->window));
    if (result->wall_s >= 0)
        failed |= json_object_set_new(run, "wall_s", json_real(round(result->wall_s * 1e6) / 1e6));
    failed |= json_object_set_new(run, "digest", json_string(result->digest));
    if (!failed)
        return run;
    json_decref(run);
    return NULL;
}

json_t *results_json(const char *scenario, const char *digest, const runner_result *results, size_t count)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(runs, run_json(&results[i])) != 0) {
            json_decref(runs);
            return NULL;
        }
    return json_pack("{s:s, s:s, s:o}", "scenario", scenario, "digest", digest, "runs", runs);
}

sky_status results_print_json(json_t *object, sky_error *error)
{
    int failed;

    if (object == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the JSON");
        return SKY_ERROR_MEMORY;
    }
    failed = json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_DIGITS)) != 0;
    json_decref(object);
    putchar('\n');
    if (!failed)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "standard output: the JSON could not be written");
    return SKY_ERROR_IO;
}

/* ---- tables ------------------------------------------------------------------------------------------------- */

/* The replications of one strategy. */
typedef struct strategy_means {
    size_t runs;
    double cost_usd, half_width_usd; /* half width 0: one run */
    int64_t deadlines, deadlines_met;
    double done, jobs, preemptions, migrations;
    double given_up;                                              /* failed, or rejected */
    double wait_s, wait_p95_s, slowdown, cpu_pct, gpu_pct;        /* of tasks that share nodes */
    double allocated_pct, fragmented_pct;                         /* of devices, at the end */
    double failed_runs, nodes_grown, nodes_reclaimed, unused_usd; /* unused: commitments */
    double carbon_kg;                          /* below 0: the machines' power is not known */
    double completion_h, makespan_h, used_usd; /* of tasks that share nodes */
} strategy_means;

static sky_status means_of(const runner_result *results, size_t count, strategy_means *means,
                           sky_error *error)
{
    double *cost = calloc(count, sizeof *cost);
    double n = (double)count;

    if (cost == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the means of %zu runs", count);
        return SKY_ERROR_MEMORY;
    }
    *means = (strategy_means){ .runs = count };
    for (size_t i = 0; i < count; i++) {
        const record_summary *s = &results[i].summary;

        cost[i] = usd(s->cost_nusd);
        means->deadlines += s->deadlines;
        means->deadlines_met += s->deadlines_met;
        means->done += (double)s->done / n;
        means->jobs += (double)s->jobs / n;
        means->preemptions += (double)s->preemptions / n;
        means->migrations += (double)s->migrations / n;
        means->given_up += (double)(s->failed + s->rejected) / n;
        means->wait_s += seconds(s->wait_mean_ns) / n;
        means->wait_p95_s += seconds(s->wait_p95_ns) / n;
        means->slowdown += ppm(s->slowdown_mean_ppm) / n;
        means->cpu_pct += 100 * ppm(s->cpu_ppm) / n;
        means->gpu_pct += 100 * ppm(s->gpu_ppm) / n;
        means->allocated_pct += s->mgpu > 0 ? 100 * (double)s->mgpu_allocated / (double)s->mgpu / n : 0;
        means->fragmented_pct += s->mgpu > 0 ? 100 * (double)s->mgpu_fragmented / (double)s->mgpu / n : 0;
        means->failed_runs += (double)s->retries / n;
        means->nodes_grown += (double)s->nodes_grown / n;
        means->nodes_reclaimed += (double)s->nodes_reclaimed / n;
        means->unused_usd += usd(s->waste_nusd) / n;
        means->carbon_kg += s->energy_mj > 0 ? (double)s->carbon_gco2 / 1000 / n : -1;
        means->completion_h += mean_completion_h(s) / n;
        means->makespan_h += hours(s->last_done_ns) / n;
        means->used_usd += usd(s->used_nusd) / n;
    }
    means->cost_usd = gsl_stats_mean(cost, 1, count);
    if (count > 1)
        means->half_width_usd = gsl_cdf_tdist_Pinv(0.975, n - 1) * gsl_stats_sd(cost, 1, count) / sqrt(n);
    free(cost);
    return SKY_OK;
}

runner_result results_of_record(const record_file *file, size_t run)
{
    const record_run_info *info = record_run_info_of(file, run);
    runner_result result = { .strategy = info->strategy,
                             .replication = info->replication,
                             .seed = info->seed,
                             .window = -1,
                             .wall_s = -1,
                             .summary = info->summary };

    snprintf(result.digest, sizeof result.digest, "%s", info->digest);
    return result;
}

size_t results_of_strategy(const runner_result *results, size_t count)
{
    size_t n = 1;

    while (n < count && strcmp(results[n].strategy, results->strategy) == 0)
        n++;
    return n;
}

/* What the others are measured by: the cheapest of those that could run outside the twin; 0: there is none. */
static sky_status cheapest_usd(const runner_result *results, size_t count, double *cheapest, sky_error *error)
{
    strategy_means means;

    *cheapest = 0;
    for (size_t i = 0; i < count; i += means.runs) {
        sky_status status = means_of(&results[i], results_of_strategy(&results[i], count - i), &means, error);

        if (status != SKY_OK)
            return status;
        if (*oracle_mark(results[i].strategy) == '\0' && (*cheapest <= 0 || means.cost_usd < *cheapest))
            *cheapest = means.cost_usd;
    }
    return SKY_OK;
}

/* What a comparison has a column for: what is not the same nothing for all. */
typedef struct shown_columns {
    int cost, deadlines, given_up, migrations, carbon; /* carbon: the power of all is known */
    int tasks, waits, devices, failed_runs, fleet, unused;
    int filling; /* tasks come, and none leaves: how full the devices are in the end */
} shown_columns;

static shown_columns shown_of(const runner_result *results, size_t count)
{
    shown_columns shown = { .carbon = 1 };

    for (size_t i = 0; i < count; i++) {
        const record_summary *s = &results[i].summary;

        shown.cost |= s->cost_nusd > 0;
        shown.deadlines |= s->deadlines > 0;
        shown.given_up |= s->failed + s->rejected > 0;
        shown.migrations |= s->migrations > 0 || s->placed == 0;
        shown.carbon &= s->energy_mj > 0;
        shown.tasks |= s->placed > 0;
        shown.devices |= s->mgpu > 0 || s->gpu_ppm > 0;
        shown.failed_runs |= s->retries > 0;
        shown.fleet |= s->nodes_grown > 0;
        shown.unused |= s->waste_nusd > 0;
        shown.waits |= s->done > 0;
    }
    shown.filling = shown.devices && !shown.waits;
    return shown;
}

static void add_column(table_column *columns, size_t *count, int shown, const char *title)
{
    if (shown) {
        columns[*count] = (table_column){ title, *count == 0 };
        ++*count;
    }
}

static void put_deadlines(table *t, const strategy_means *m)
{
    if (m->deadlines > 0)
        table_cell(t, "%.1f %%", 100 * (double)m->deadlines_met / (double)m->deadlines);
    else
        table_cell(t, "-");
}

static void put_count(table *t, double count)
{
    table_cell(t, "%.6g", round(10 * count) / 10);
}

static void put_cost(table *t, const strategy_means *m, double cheapest)
{
    table_cell(t, "%.2f", m->cost_usd);
    if (m->runs > 1)
        table_cell(t, "%.2f", m->half_width_usd);
    else
        table_cell(t, "-");
    if (cheapest <= 0)
        table_cell(t, "-");
    else if (m->cost_usd == cheapest)
        table_cell(t, "cheapest");
    else
        table_cell(t, "%+.1f %%", 100 * (m->cost_usd / cheapest - 1));
}

static void put_strategy(table *t, const char *strategy, const strategy_means *m, double cheapest,
                         const shown_columns *shown)
{
    table_cell(t, "%s%s", strategy, oracle_mark(strategy));
    if (shown->cost)
        put_cost(t, m, cheapest);
    if (shown->deadlines)
        put_deadlines(t, m);
    table_cell(t, "%.5g of %.5g", m->done, m->jobs);
    if (shown->given_up)
        put_count(t, m->given_up);
    put_count(t, m->preemptions);
    if (shown->migrations)
        put_count(t, m->migrations);
    if (shown->carbon)
        table_cell(t, "%.1f", m->carbon_kg);
}

/* A time as people say it: 42 s, 3.1 min, 7.5 h. */
static void put_time(table *t, double seconds)
{
    if (seconds < 100)
        table_cell(t, "%.3g s", seconds);
    else if (seconds < 100 * 60)
        table_cell(t, "%.3g min", seconds / 60);
    else
        table_cell(t, "%.3g h", seconds / 3600);
}

static void put_tasks_of_strategy(table *t, const char *strategy, const strategy_means *m,
                                  const shown_columns *shown)
{
    table_cell(t, "%s%s", strategy, oracle_mark(strategy));
    if (shown->waits) {
        put_time(t, m->wait_s);
        put_time(t, m->wait_p95_s);
        table_cell(t, "%.1f", m->slowdown);
    }
    table_cell(t, "%.1f %%", m->cpu_pct);
    if (shown->devices)
        table_cell(t, "%.1f %%", m->gpu_pct);
    if (shown->filling) {
        table_cell(t, "%.1f %%", m->allocated_pct);
        table_cell(t, "%.1f %%", m->fragmented_pct);
    }
    if (shown->failed_runs)
        put_count(t, m->failed_runs);
    if (shown->fleet) {
        put_count(t, m->nodes_grown);
        put_count(t, m->nodes_reclaimed);
    }
    if (shown->unused)
        table_cell(t, "%.2f", m->unused_usd);
}

/* Of strategies whose tasks share nodes: how they waited, and what became of the nodes. */
static sky_status print_tasks(const runner_result *results, size_t count, const shown_columns *shown,
                              sky_error *error)
{
    table_column columns[MOST_COLUMNS];
    size_t column_count = 0;
    table t;
    strategy_means m;
    sky_status status = SKY_OK;

    add_column(columns, &column_count, 1, "strategy");
    add_column(columns, &column_count, shown->waits, "mean wait");
    add_column(columns, &column_count, shown->waits, "95 % wait");
    add_column(columns, &column_count, shown->waits, "slowdown");
    add_column(columns, &column_count, 1, "cores");
    add_column(columns, &column_count, shown->devices, "devices");
    add_column(columns, &column_count, shown->filling, "allocated at the end");
    add_column(columns, &column_count, shown->filling, "fragmented");
    add_column(columns, &column_count, shown->failed_runs, "runs failed");
    add_column(columns, &column_count, shown->fleet, "nodes launched");
    add_column(columns, &column_count, shown->fleet, "reclaimed");
    add_column(columns, &column_count, shown->unused, "unused commitments USD");
    t = table_of(columns, column_count);
    for (size_t i = 0; status == SKY_OK && i < count; i += m.runs) {
        status = means_of(&results[i], results_of_strategy(&results[i], count - i), &m, error);
        if (status == SKY_OK)
            put_tasks_of_strategy(&t, results[i].strategy, &m, shown);
    }
    if (status != SKY_OK) {
        table_free(&t);
        return status;
    }
    printf("\nTasks that share nodes: %sshare of %s in use\n",
           shown->waits ? "waits of those done, bounded slowdown, " : "",
           shown->devices ? "cores and devices" : "cores");
    return table_finish(&t, "the table", error);
}

static void put_training(table *t, const char *strategy, const strategy_means *m, const shown_columns *shown)
{
    table_cell(t, "%s%s", strategy, oracle_mark(strategy));
    table_cell(t, "%.2f", m->completion_h);
    table_cell(t, "%.2f", m->makespan_h);
    table_cell(t, "%.2f", m->used_usd);
    if (shown->deadlines)
        put_deadlines(t, m);
    table_cell(t, "%.5g of %.5g", m->done, m->jobs);
    put_count(t, m->preemptions);
}

/* Where tasks train, machines are paid for whatever they do: what differs is when jobs end, and what they used. */
static sky_status print_training(const runner_result *results, size_t count, const shown_columns *shown,
                                 sky_error *error)
{
    table_column columns[MOST_COLUMNS];
    size_t column_count = 0;
    table t;
    strategy_means means;
    sky_status status = SKY_OK;

    add_column(columns, &column_count, 1, "strategy");
    add_column(columns, &column_count, 1, "mean completion h");
    add_column(columns, &column_count, 1, "makespan h");
    add_column(columns, &column_count, 1, "used USD");
    add_column(columns, &column_count, shown->deadlines, "deadlines met");
    add_column(columns, &column_count, 1, "jobs done");
    add_column(columns, &column_count, 1, "pauses");
    t = table_of(columns, column_count);
    for (size_t i = 0; status == SKY_OK && i < count; i += means.runs) {
        status = means_of(&results[i], results_of_strategy(&results[i], count - i), &means, error);
        if (status == SKY_OK)
            put_training(&t, results[i].strategy, &means, shown);
    }
    if (status == SKY_OK)
        return table_finish(&t, "the table", error);
    table_free(&t);
    return status;
}

static int is_training(const runner_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (results[i].summary.used_nusd > 0)
            return 1;
    return 0;
}

static sky_status print_strategies(const runner_result *results, size_t count, const shown_columns *shown,
                                   sky_error *error)
{
    table_column columns[MOST_COLUMNS];
    size_t column_count = 0;
    table t;
    strategy_means means;
    double cheapest;
    sky_status status = cheapest_usd(results, count, &cheapest, error);

    add_column(columns, &column_count, 1, "strategy");
    add_column(columns, &column_count, shown->cost, "mean cost USD");
    add_column(columns, &column_count, shown->cost, "± 95 %");
    add_column(columns, &column_count, shown->cost, "vs cheapest");
    add_column(columns, &column_count, shown->deadlines, "deadlines met");
    add_column(columns, &column_count, 1, "jobs done");
    add_column(columns, &column_count, shown->given_up, "given up");
    add_column(columns, &column_count, 1, "preemptions");
    add_column(columns, &column_count, shown->migrations, "migrations");
    add_column(columns, &column_count, shown->carbon, "kg CO2");
    t = table_of(columns, column_count);
    for (size_t i = 0; status == SKY_OK && i < count; i += means.runs) {
        status = means_of(&results[i], results_of_strategy(&results[i], count - i), &means, error);
        if (status == SKY_OK)
            put_strategy(&t, results[i].strategy, &means, cheapest, shown);
    }
    if (status == SKY_OK)
        return table_finish(&t, "the table", error);
    table_free(&t);
    return status;
}

/* Two strategies of which neither is meant for what this scenario has may be one: it is said, not left to be wondered at. */
static void print_alike(const runner_result *results, size_t count)
{
    size_t runs = count > 0 ? results_of_strategy(results, count) : 1;

    for (size_t i = runs; i + runs <= count; i += runs)
        for (size_t k = 0; k < i; k += runs) {
            size_t same = 0;

            while (same < runs && results[i + same].digest[0] != '\0' &&
                   strcmp(results[i + same].digest, results[k + same].digest) == 0)
                same++;
            if (same < runs)
                continue;
            printf("%s decided in all as %s did\n", results[i].strategy, results[k].strategy);
            break;
        }
}

sky_status results_print_comparison(const runner_result *results, size_t count, sky_error *error)
{
    shown_columns shown = shown_of(results, count);
    sky_status status;
    int oracles = 0;

    if (is_training(results, count))
        return print_training(results, count, &shown, error);
    status = print_strategies(results, count, &shown, error);
    for (size_t i = 0; i < count; i++)
        oracles |= *oracle_mark(results[i].strategy) != '\0';
    if (status == SKY_OK && oracles)
        printf("* is told the future: a bound to measure by, not a strategy to run\n");
    if (status == SKY_OK && shown.tasks)
        status = print_tasks(results, count, &shown, error);
    if (status == SKY_OK)
        status = service_results_print(results, count, error);
    if (status == SKY_OK)
        status = storage_results_print(results, count, error);
    if (status == SKY_OK)
        status = pipeline_results_print(results, count, error);
    if (status == SKY_OK)
        print_alike(results, count);
    return status;
}

/* One row of what differs; numbers with their difference. */
static void put_difference(table *t, const char *key, const json_t *a, const json_t *b)
{
    double before = json_number_value(a), after = json_number_value(b);

    if (!json_is_number(b) || before == after || strcmp(key, "wall_s") == 0 || strcmp(key, "window") == 0)
        return;
    table_cell(t, "%s", key);
    table_cell(t, "%.10g", before);
    table_cell(t, "%.10g", after);
    table_cell(t, "%+.10g", after - before);
    if (before != 0)
        table_cell(t, "%+.1f %%", 100 * (after - before) / fabs(before));
    else
        table_cell(t, "-");
}

sky_status results_print_difference(const runner_result *a, const runner_result *b, sky_error *error)
{
    static const table_column columns[] = {
        { "", 1 }, { "record", 0 }, { "branch", 0 }, { "difference", 0 }, { "", 0 }
    };
    const runner_result both[] = { *a, *b };
    sky_status status = results_print_comparison(both, 2, error);
    json_t *before, *after, *value;
    const char *key;
    table t = table_of(columns, sizeof columns / sizeof *columns);

    if (status != SKY_OK)
        return status;
    if (strcmp(a->digest, b->digest) == 0) {
        printf("The branch did in all as the record did.\n");
        return SKY_OK;
    }
    before = run_json(a);
    after = run_json(b);
    json_object_foreach(after, key, value) put_difference(&t, key, json_object_get(before, key), value);
    t.out_of_memory |= before == NULL || after == NULL;
    json_decref(before);
    json_decref(after);
    if (t.cell_count == 0 && !t.out_of_memory) {
        printf("They come to the same in all, but not in the same way.\n");
        table_free(&t);
        return SKY_OK;
    }
    printf("\nWhat differs\n");
    return table_finish(&t, "the table", error);
}

static void put_run_of_tasks(table *t, const record_summary *s)
{
    table_cell(t, "mean wait");
    put_time(t, seconds(s->wait_mean_ns));
    table_cell(t, "95 %% wait");
    put_time(t, seconds(s->wait_p95_ns));
    table_cell(t, "mean slowdown");
    table_cell(t, "%.1f (bounded: runs below 10 s count as 10 s)", ppm(s->slowdown_mean_ppm));
    table_cell(t, "in use");
    table_cell(t, "%.1f %% of cores, %.1f %% of devices", 100 * ppm(s->cpu_ppm), 100 * ppm(s->gpu_ppm));
    table_cell(t, "runs failed");
    table_cell(t, "%lld, %.1f h of work lost", (long long)s->retries, hours(s->lost_ns));
}

sky_status results_print_run(const runner_result *result, sky_error *error)
{
    static const table_column columns[] = { { "", 1 }, { "", 1 } };
    const record_summary *s = &result->summary;
    table t = table_of(columns, 2);

    table_cell(&t, "strategy");
    table_cell(&t, "%s%s", result->strategy, *oracle_mark(result->strategy) ? " (is told the future)" : "");
    table_cell(&t, "cost");
    table_cell(&t, "%.2f USD (compute %.2f, egress %.2f, storage %.2f, probes %.2f, energy %.2f)",
               usd(s->cost_nusd), usd(s->compute_nusd), usd(s->egress_nusd), usd(s->storage_nusd),
               usd(s->probe_nusd), usd(s->energy_nusd));
    table_cell(&t, "deadlines met");
    if (s->deadlines > 0)
        table_cell(&t, "%lld of %lld", (long long)s->deadlines_met, (long long)s->deadlines);
    else
        table_cell(&t, "none set");
    table_cell(&t, "jobs");
    table_cell(&t, "%lld: %lld done, %lld failed, %lld rejected, %lld unfinished", (long long)s->jobs,
               (long long)s->done, (long long)s->failed, (long long)s->rejected,
               (long long)(s->jobs - s->done - s->failed - s->rejected));
    table_cell(&t, "machine hours");
    table_cell(&t, "%.1f spot, %.1f other", hours_of_us(s->spot_us), hours_of_us(s->on_demand_us));
    if (s->energy_mj > 0) {
        table_cell(&t, "energy");
        table_cell(&t, "%.1f kWh, %.1f kg CO2", (double)s->energy_mj / 3.6e9, (double)s->carbon_gco2 / 1000);
    }
    if (s->nodes_grown > 0 || s->waste_nusd > 0) {
        table_cell(&t, "nodes");
        table_cell(&t, "%lld launched, %lld reclaimed, %lld tasks waited again", (long long)s->nodes_grown,
                   (long long)s->nodes_reclaimed, (long long)s->requeued);
        table_cell(&t, "commitments not used");
        table_cell(&t, "%.2f USD", usd(s->waste_nusd));
    }
    table_cell(&t, "launches");
    table_cell(&t, "%lld, %lld more failed", (long long)s->launches, (long long)s->failed_launches);
    table_cell(&t, "preemptions");
    table_cell(&t, "%lld", (long long)s->preemptions);
    table_cell(&t, "migrations");
    table_cell(&t, "%lld", (long long)s->migrations);
    if (s->placed > 0)
        put_run_of_tasks(&t, s);
    if (service_results_has(s))
        service_results_put(&t, s);
    if (storage_results_has(s))
        storage_results_put(&t, s);
    if (pipeline_results_has(s))
        pipeline_results_put(&t, s);
    table_cell(&t, "probes");
    table_cell(&t, "%lld", (long long)s->probes);
    table_cell(&t, "ended");
    table_cell(&t, "after %.1f h, seed %llu, replication %u", hours(s->end_ns),
               (unsigned long long)result->seed, result->replication);
    table_cell(&t, "digest");
    table_cell(&t, "%s", result->digest);
    return table_finish(&t, "the table", error);
}
