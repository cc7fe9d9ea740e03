#include "service_results.h"

#include "results.h"

#include <stdio.h>
#include <stdlib.h>

static double usd(int64_t nusd)
{
    return (double)nusd / 1e9;
}

static double percent(int64_t ppm)
{
    return (double)ppm / 1e4;
}

static double requests_of(const record_summary *s)
{
    return (double)s->requests_served + (double)s->requests_failed;
}

int service_results_has(const record_summary *s)
{
    return s->service_nusd > 0 || requests_of(s) > 0;
}

int service_results_json(json_t *run, const record_summary *s)
{
    double all = requests_of(s);

    return json_object_set_new(run, "services_path",
                               json_string(s->requests_analytic ? "analytic" : "events")) |
           json_object_set_new(run, "services_usd", json_real(usd(s->service_nusd))) |
           json_object_set_new(run, "requests_served", json_integer(s->requests_served)) |
           json_object_set_new(run, "requests_failed", json_integer(s->requests_failed)) |
           json_object_set_new(run, "response_p50_ms", json_real((double)s->requests_p50_ns / 1e6)) |
           json_object_set_new(run, "response_p99_ms", json_real((double)s->requests_p99_ns / 1e6)) |
           json_object_set_new(run, "within_objective_pct",
                               json_real(all > 0 ? 100 * (double)s->requests_within / all : 0)) |
           json_object_set_new(run, "error_budget_left_pct", json_real(percent(s->budget_left_ppm)));
}

void service_results_put(table *t, const record_summary *s)
{
    table_cell(t, "requests");
    table_cell(t, "%lld served, %lld failed%s", (long long)s->requests_served, (long long)s->requests_failed,
               s->requests_analytic ? " (analytic path)" : "");
    table_cell(t, "median response");
    table_time(t, (double)s->requests_p50_ns);
    table_cell(t, "99 %% response");
    table_time(t, (double)s->requests_p99_ns);
    table_cell(t, "within objective");
    table_share(t, (double)s->requests_within, requests_of(s));
    table_cell(t, "error budget left");
    table_cell(t, "%.1f %%", percent(s->budget_left_ppm));
    table_cell(t, "services");
    table_cell(t, "%.2f USD (of compute: replicas)", usd(s->service_nusd));
}

/* ---- strategies side by side -------------------------------------------------------------------------------- */

static void put_strategy(table *t, const runner_result *results, size_t runs)
{
    double served = 0, failed = 0, within = 0, p50 = 0, p99 = 0, budget = 0, cost = 0, n = (double)runs;

    for (size_t i = 0; i < runs; i++) {
        const record_summary *s = &results[i].summary;

        served += (double)s->requests_served / n;
        failed += (double)s->requests_failed / n;
        within += (double)s->requests_within / n;
        p50 += (double)s->requests_p50_ns / n;
        p99 += (double)s->requests_p99_ns / n;
        budget += percent(s->budget_left_ppm) / n;
        cost += usd(s->service_nusd) / n;
    }
    table_cell(t, "%s", results->strategy);
    table_cell(t, "%.0f", served + failed);
    table_share(t, failed, served + failed);
    table_time(t, p50);
    table_time(t, p99);
    table_share(t, within, served + failed);
    table_cell(t, "%.1f %%", budget);
    table_cell(t, "%.2f", cost);
}

sky_status service_results_print(const runner_result *results, size_t count, sky_error *error)
{
    static const table_column columns[] = { { "strategy", 1 },
                                            { "requests", 0 },
                                            { "failed", 0 },
                                            { "median", 0 },
                                            { "99 %", 0 },
                                            { "within objective", 0 },
                                            { "error budget left", 0 },
                                            { "replicas USD", 0 } };
    table t;
    int some = 0;

    for (size_t i = 0; i < count; i++)
        some |= service_results_has(&results[i].summary);
    if (!some)
        return SKY_OK;
    t = table_of(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0, runs; i < count; i += runs) {
        runs = results_of_strategy(&results[i], count - i);
        put_strategy(&t, &results[i], runs);
    }
    printf("\nRequests of users%s: response times of those served\n",
           results[0].summary.requests_analytic ? ", by the analytic path" : "");
    return table_finish(&t, "the table of services", error);
}

/* ---- one run ------------------------------------------------------------------------------------------------- */

static const char *name_of(const char *const *names, size_t count, uint32_t index)
{
    return index < count ? names[index] : "?";
}

static sky_status print_populations(const record_names *names, const record_request_row *rows, size_t count,
                                    sky_error *error)
{
    static const table_column columns[] = {
        { "population", 1 }, { "requests", 0 },         { "failed", 0 },           { "median", 0 },
        { "99 %", 0 },       { "within objective", 0 }, { "error budget left", 0 }
    };
    table t = table_of(columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < count; i++) {
        const record_request_row *row = &rows[i];
        double all = (double)row->served + (double)row->failed;

        if (row->population == SKY_NONE)
            continue;
        table_cell(&t, "%s", name_of(names->populations, names->population_count, row->population));
        table_cell(&t, "%.0f", all);
        table_share(&t, (double)row->failed, all);
        table_time(&t, (double)row->p50_ns);
        table_time(&t, (double)row->p99_ns);
        table_share(&t, (double)row->within, all);
        table_cell(&t, "%.1f %%", percent(row->budget_left_ppm));
    }
    return table_finish(&t, "the table of services", error);
}

static sky_status print_places(const record_names *names, const record_request_row *rows, size_t count,
                               sky_error *error)
{
    static const table_column columns[] = { { "place", 1 },  { "served", 0 },       { "turned away", 0 },
                                            { "in use", 0 }, { "replicas USD", 0 }, { "egress USD", 0 } };
    table t = table_of(columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < count; i++) {
        const record_request_row *row = &rows[i];

        if (row->place == SKY_NONE)
            continue;
        table_cell(&t, "%s", name_of(names->places, names->place_count, row->place));
        table_cell(&t, "%lld", (long long)row->served);
        table_cell(&t, "%lld", (long long)row->failed);
        table_cell(&t, "%.1f %%", percent(row->utilisation_ppm));
        table_cell(&t, "%.2f", usd(row->nusd));
        table_cell(&t, "%.2f", usd(row->egress_nusd));
    }
    return table_finish(&t, "the table of services", error);
}

sky_status service_results_print_run(record_file *file, size_t run, sky_error *error)
{
    const record_names *names = &record_about_of(file)->names;
    size_t count = record_run_info_of(file, run)->rows[RECORD_SERVICES];
    record_request_row *rows;
    sky_status status;

    if (count == 0)
        return SKY_OK;
    rows = calloc(count, sizeof *rows);
    if (rows == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for %zu rows of services", count);
        return SKY_ERROR_MEMORY;
    }
    status = record_read(file, run, RECORD_SERVICES, 0, count, rows, error);
    putchar('\n');
    if (status == SKY_OK)
        status = print_populations(names, rows, count, error);
    putchar('\n');
    if (status == SKY_OK)
        status = print_places(names, rows, count, error);
    free(rows);
    return status;
}
