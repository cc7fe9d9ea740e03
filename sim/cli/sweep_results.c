#include "sweep_results.h"

#include "results.h"
#include "table.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEST 3 /* of each measure */

static double cost_usd(const record_summary *s)
{
    return (double)s->cost_nusd / 1e9;
}

static double deadlines_met(const record_summary *s)
{
    return s->deadlines > 0 ? 100 * (double)s->deadlines_met / (double)s->deadlines : NAN;
}

static double jobs_done(const record_summary *s)
{
    return s->jobs > 0 ? 100 * (double)s->done / (double)s->jobs : NAN;
}

static double preemptions(const record_summary *s)
{
    return (double)s->preemptions;
}

static double migrations(const record_summary *s)
{
    return (double)s->migrations;
}

static double gpu_allocation(const record_summary *s)
{
    return s->mgpu > 0 ? 100 * (double)s->mgpu_allocated / (double)s->mgpu : NAN;
}

/* A new measure is a function and a line. */
static const struct measure {
    const char *name, *title;
    int more_is_better;
    double (*of)(const record_summary *s); /* NaN: it has none */
} measures[] = {
    { "cost_usd", "cost, USD", 0, cost_usd },
    { "deadlines_met_pct", "deadlines met, %", 1, deadlines_met },
    { "done_pct", "jobs done, %", 1, jobs_done },
    { "preemptions", "preemptions", 0, preemptions },
    { "migrations", "migrations", 0, migrations },
    { "gpu_allocation_pct", "GPUs allocated, %", 1, gpu_allocation },
};
#define MEASURES (sizeof measures / sizeof *measures)

/* The replications of one strategy at one point. */
typedef struct cell {
    uint64_t point;
    size_t strategy, first, count; /* rows */
    double mean[MEASURES], half_width[MEASURES];
} cell;

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for the results");
    return SKY_ERROR_MEMORY;
}

/* ---- means ---------------------------------------------------------------------------------------------------- */

static void measure_cell(const sweep_row *rows, cell *c)
{
    double n = (double)c->count;

    for (size_t m = 0; m < MEASURES; m++) {
        double sum = 0, squares = 0;

        for (size_t i = 0; i < c->count; i++)
            sum += measures[m].of(&rows[c->first + i].summary);
        c->mean[m] = sum / n;
        for (size_t i = 0; i < c->count; i++)
            squares += pow(measures[m].of(&rows[c->first + i].summary) - c->mean[m], 2);
        c->half_width[m] = c->count > 1 ? gsl_cdf_tdist_Pinv(0.975, n - 1) * sqrt(squares / (n - 1) / n)
                                        : NAN;
    }
}

/* Cells in the order of points and strategies; free with free(). NULL: no memory. */
static cell *cells_of(const sweep_file *file, size_t *count)
{
    const sweep_about *about = sweep_record_about(file);
    size_t rows_count;
    const sweep_row *rows = sweep_record_runs(file, &rows_count);
    cell *cells = calloc(rows_count + 1, sizeof *cells);

    *count = 0;
    for (size_t i = 0; cells != NULL && i < rows_count; i++) {
        uint64_t number = rows[i].run / about->replications;
        cell *c = &cells[*count];

        if (i == 0 || number != rows[i - 1].run / about->replications)
            *c = (cell){ .point = number / about->strategy_count,
                         .strategy = (size_t)(number % about->strategy_count),
                         .first = i };
        c->count++;
        if (i + 1 == rows_count || number != rows[i + 1].run / about->replications) {
            measure_cell(rows, c);
            (*count)++;
        }
    }
    return cells;
}

static void axis_text(const sweep_file *file, uint64_t point, size_t axis, char *out, size_t size)
{
    const sweep_axis_about *a = &sweep_record_about(file)->axes[axis];
    double number = sweep_record_point(file, point)[axis];

    if (a->text_count > 0)
        snprintf(out, size, "%s",
                 number >= 0 && number < (double)a->text_count ? a->texts[(size_t)number] : "?");
    else
        snprintf(out, size, "%.9g%s%s", number, a->unit[0] != '\0' ? " " : "", a->unit);
}

/* ---- the table ------------------------------------------------------------------------------------------------ */

static int is_oracle(const char *strategy)
{
    const sky_strategy_info *info = sky_strategy_find(strategy);

    return info != NULL && info->oracle;
}

static int is_better(const cell *a, const cell *b, size_t m)
{
    return measures[m].more_is_better ? a->mean[m] > b->mean[m] : a->mean[m] < b->mean[m];
}

/* Places of the best, in order. A measure that nobody has, or in which all are alike, has none. */
static size_t find_best(const sweep_file *file, const cell *cells, size_t count, size_t m, size_t best[BEST])
{
    const char *const *strategies = sweep_record_about(file)->strategies;
    size_t found = 0;
    double least = INFINITY, most = -INFINITY;

    for (size_t i = 0; i < count; i++) {
        size_t at = found;

        if (isnan(cells[i].mean[m]) || is_oracle(strategies[cells[i].strategy]))
            continue;
        least = fmin(least, cells[i].mean[m]);
        most = fmax(most, cells[i].mean[m]);
        while (at > 0 && is_better(&cells[i], &cells[best[at - 1]], m))
            at--;
        if (at == BEST)
            continue;
        found += found < BEST;
        memmove(&best[at + 1], &best[at], (found - at - 1) * sizeof *best);
        best[at] = i;
    }
    return least < most || m == 0 ? found : 0;
}

static void put_best(table *t, const sweep_file *file, const cell *c, size_t m, int first)
{
    const sweep_about *about = sweep_record_about(file);
    char text[128];

    table_cell(t, "%s", first ? measures[m].title : "");
    table_cell(t, "%.6g", round(c->mean[m] * 100) / 100);
    if (isnan(c->half_width[m]))
        table_cell(t, "-");
    else
        table_cell(t, "%.2f", c->half_width[m]);
    table_cell(t, "%s", about->strategies[c->strategy]);
    table_cell(t, "%llu", (unsigned long long)c->point);
    for (size_t a = 0; a < about->axis_count; a++) {
        axis_text(file, c->point, a, text, sizeof text);
        table_cell(t, "%s", text);
    }
}

sky_status sweep_results_print(const sweep_file *file, sky_error *error)
{
    const sweep_about *about = sweep_record_about(file);
    table_column *columns = calloc(5 + about->axis_count, sizeof *columns);
    size_t count, best[BEST + 1], found;
    cell *cells = cells_of(file, &count);
    table t;
    int printed;

    if (columns == NULL || cells == NULL) {
        free(columns);
        free(cells);
        return no_memory(error);
    }
    memcpy(columns,
           (const table_column[]){
               { "best by", 1 }, { "mean", 0 }, { "± 95 %", 0 }, { "strategy", 1 }, { "point", 0 } },
           5 * sizeof *columns);
    for (size_t a = 0; a < about->axis_count; a++)
        columns[5 + a] = (table_column){ about->axes[a].key, 0 };
    t = table_of(columns, 5 + about->axis_count);
    for (size_t m = 0; m < MEASURES; m++) {
        found = find_best(file, cells, count, m, best);
        for (size_t i = 0; i < found; i++)
            put_best(&t, file, &cells[best[i]], m, i == 0);
    }
    printed = table_print(&t, stdout);
    table_free(&t);
    free(cells);
    free(columns);
    return printed ? SKY_OK : no_memory(error);
}

/* ---- JSON --------------------------------------------------------------------------------------------------- */

static json_t *axes_json(const sweep_about *about)
{
    json_t *axes = json_array();

    for (size_t a = 0; a < about->axis_count; a++)
        json_array_append_new(
            axes, json_pack("{s:s, s:s}", "key", about->axes[a].key, "unit", about->axes[a].unit));
    return axes;
}

static json_t *cell_json(const sweep_file *file, const cell *c)
{
    const sweep_about *about = sweep_record_about(file);
    json_t *at = json_object(),
           *object = json_pack("{s:I, s:o, s:s, s:I}", "point", (json_int_t)c->point, "at", at, "strategy",
                               about->strategies[c->strategy], "runs", (json_int_t)c->count);

    for (size_t a = 0; a < about->axis_count; a++) {
        double number = sweep_record_point(file, c->point)[a];
        char text[128];

        axis_text(file, c->point, a, text, sizeof text);
        json_object_set_new(at, about->axes[a].key,
                            about->axes[a].text_count > 0 ? json_string(text) : json_real(number));
    }
    for (size_t m = 0; m < MEASURES; m++)
        if (!isnan(c->mean[m])) {
            json_t *measure = json_pack("{s:f}", "mean", c->mean[m]);

            if (!isnan(c->half_width[m]))
                json_object_set_new(measure, "half_width", json_real(c->half_width[m]));
            json_object_set_new(object, measures[m].name, measure);
        }
    return object;
}

sky_status sweep_results_json(const sweep_file *file, sky_error *error)
{
    const sweep_about *about = sweep_record_about(file);
    size_t count, run_count;
    cell *cells = cells_of(file, &count);
    json_t *list = json_array(), *object;

    sweep_record_runs(file, &run_count);
    object = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "sweep", about->name, "digest",
                       sweep_record_digest(file), "build", about->build_id, "part", about->part, "points",
                       (json_int_t)about->point_count, "runs", (json_int_t)run_count, "seed",
                       (json_int_t)about->seed, "axes", axes_json(about), "cells", list);
    for (size_t i = 0; cells != NULL && object != NULL && i < count; i++)
        if (json_array_append_new(list, cell_json(file, &cells[i])) != 0) {
            json_decref(object);
            object = NULL;
        }
    if (cells == NULL) {
        json_decref(object);
        return no_memory(error);
    }
    free(cells);
    return results_print_json(object, error);
}

sky_status sweep_results(const sweep_file *file, int json, sky_error *error)
{
    const sweep_about *about = sweep_record_about(file);
    size_t runs;

    if (json)
        return sweep_results_json(file, error);
    sweep_record_runs(file, &runs);
    printf("%s: %llu points × %zu strategies × %llu replications, %zu%s runs%s%s\n",
           about->title[0] != '\0' ? about->title : about->name, (unsigned long long)about->point_count,
           about->strategy_count, (unsigned long long)about->replications, runs,
           runs < sweep_run_count(about) ? " of these" : "", about->part[0] != '\0' ? ", part " : "",
           about->part);
    return sweep_results_print(file, error);
}
