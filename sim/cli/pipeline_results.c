#include "pipeline_results.h"

#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double usd(int64_t nusd)
{
    return (double)nusd / 1e9;
}

int pipeline_results_has(const record_summary *s)
{
    return s->pipeline_nusd > 0 || s->records_in > 0;
}

int pipeline_results_json(json_t *run, const record_summary *s)
{
    return json_object_set_new(run, "pipelines_usd", json_real(usd(s->pipeline_nusd))) |
           json_object_set_new(run, "records_in", json_integer(s->records_in)) |
           json_object_set_new(run, "records_out", json_integer(s->records_out)) |
           json_object_set_new(run, "records_dropped", json_integer(s->records_dropped)) |
           json_object_set_new(run, "records_late", json_integer(s->records_late)) |
           json_object_set_new(run, "records_p50_ms", json_real((double)s->records_p50_ns / 1e6)) |
           json_object_set_new(run, "records_p99_ms", json_real((double)s->records_p99_ns / 1e6));
}

void pipeline_results_put(table *t, const record_summary *s)
{
    table_cell(t, "records");
    table_cell(t, "%lld in, %lld out, %lld dropped, %lld late", (long long)s->records_in,
               (long long)s->records_out, (long long)s->records_dropped, (long long)s->records_late);
    table_cell(t, "median latency");
    table_time(t, (double)s->records_p50_ns);
    table_cell(t, "99 %% latency");
    table_time(t, (double)s->records_p99_ns);
    table_cell(t, "pipelines");
    table_cell(t, "%.2f USD (of compute: tasks)", usd(s->pipeline_nusd));
}

/* ---- strategies side by side -------------------------------------------------------------------------------- */

static void put_strategy(table *t, const runner_result *results, size_t runs)
{
    double in = 0, out = 0, dropped = 0, late = 0, p50 = 0, p99 = 0, cost = 0, n = (double)runs;

    for (size_t i = 0; i < runs; i++) {
        const record_summary *s = &results[i].summary;

        in += (double)s->records_in / n;
        out += (double)s->records_out / n;
        dropped += (double)s->records_dropped / n;
        late += (double)s->records_late / n;
        p50 += (double)s->records_p50_ns / n;
        p99 += (double)s->records_p99_ns / n;
        cost += usd(s->pipeline_nusd) / n;
    }
    table_cell(t, "%s", results->strategy);
    table_cell(t, "%.0f", in);
    table_cell(t, "%.0f", out);
    table_cell(t, "%.0f", dropped);
    table_cell(t, "%.0f", late);
    table_time(t, p50);
    table_time(t, p99);
    table_cell(t, "%.2f", cost);
}

sky_status pipeline_results_print(const runner_result *results, size_t count, sky_error *error)
{
    static const table_column columns[] = { { "strategy", 1 }, { "records in", 0 }, { "out", 0 },
                                            { "dropped", 0 },  { "late", 0 },       { "median", 0 },
                                            { "99 %", 0 },     { "tasks USD", 0 } };
    table t;
    int some = 0;

    for (size_t i = 0; i < count; i++)
        some |= pipeline_results_has(&results[i].summary);
    if (!some)
        return SKY_OK;
    t = table_of(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0, runs; i < count; i += runs) {
        runs = results_of_strategy(&results[i], count - i);
        put_strategy(&t, &results[i], runs);
    }
    printf("\nRecords of pipelines: latency from event time to the sink\n");
    return table_finish(&t, "the table of pipelines", error);
}

/* ---- one run ------------------------------------------------------------------------------------------------- */

static const char *name_of(const char *const *names, size_t count, uint32_t index)
{
    return index < count ? names[index] : "?";
}

static void put_stage(table *t, const record_names *names, const record_pipeline_row *row)
{
    table_cell(t, "%s", name_of(names->stages, names->stage_count, row->stage));
    table_cell(t, "%s", name_of(names->regions, names->region_count, row->region));
    table_cell(t, "%u", (unsigned)row->tasks);
    table_cell(t, "%lld", (long long)row->records_in);
    table_cell(t, "%lld", (long long)row->records_out);
    table_cell(t, "%lld", (long long)row->dropped);
    table_cell(t, "%lld", (long long)row->late);
    table_cell(t, "%.1f %%", (double)row->busy_ppm / 1e4);
    table_cell(t, "%.1f %%", (double)row->blocked_ppm / 1e4);
    if (row->max_ns > 0)
        table_time(t, (double)row->p50_ns);
    else
        table_cell(t, "-");
    if (row->max_ns > 0)
        table_time(t, (double)row->p99_ns);
    else
        table_cell(t, "-");
    table_cell(t, "%.2f", usd(row->nusd));
}

static sky_status print_stages(const record_names *names, const record_pipeline_row *rows, size_t count,
                               sky_error *error)
{
    static const table_column columns[] = { { "stage", 1 },  { "region", 1 }, { "tasks", 0 },
                                            { "in", 0 },     { "out", 0 },    { "dropped", 0 },
                                            { "late", 0 },   { "busy", 0 },   { "blocked", 0 },
                                            { "median", 0 }, { "99 %", 0 },   { "tasks USD", 0 } };
    table t = table_of(columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < count; i++)
        if (rows[i].stage != SKY_NONE)
            put_stage(&t, names, &rows[i]);
    return table_finish(&t, "the table of pipelines", error);
}

static sky_status print_streams(const record_names *names, const record_pipeline_row *rows, size_t count,
                                sky_error *error)
{
    static const table_column columns[] = { { "stream", 1 },  { "records", 0 },   { "under way", 0 },
                                            { "batches", 0 }, { "megabytes", 0 }, { "egress USD", 0 } };
    table t = table_of(columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].stream == SKY_NONE)
            continue;
        table_cell(&t, "%s", name_of(names->streams, names->stream_count, rows[i].stream));
        table_cell(&t, "%lld", (long long)rows[i].records_in);
        table_cell(&t, "%lld", (long long)rows[i].waiting);
        table_cell(&t, "%lld", (long long)rows[i].batches);
        table_cell(&t, "%.1f", (double)rows[i].bytes / 1e6);
        table_cell(&t, "%.2f", usd(rows[i].egress_nusd));
    }
    return table_finish(&t, "the table of pipelines", error);
}

/* "pipeline: stage": characters of the pipeline's name. */
static size_t pipeline_of(const char *name)
{
    const char *end = strstr(name, ": ");

    return end != NULL ? (size_t)(end - name) : strlen(name);
}

static const char *row_name(const record_names *names, const record_pipeline_row *row)
{
    return row->stage != SKY_NONE ? name_of(names->stages, names->stage_count, row->stage)
                                  : name_of(names->streams, names->stream_count, row->stream);
}

/* What a pipeline costs, its sinks' worst 99th percentile beside it. */
static void put_pipeline(table *t, const record_names *names, const record_pipeline_row *rows, size_t count,
                         size_t first, double span_ns)
{
    const char *name = row_name(names, &rows[first]);
    size_t length = pipeline_of(name);
    int64_t out = 0, dropped = 0, late = 0, p50_ns = 0, p99_ns = 0, nusd = 0, egress_nusd = 0;

    for (size_t i = 0; i < count; i++) {
        const record_pipeline_row *row = &rows[i];
        const char *other = row_name(names, row);

        if (pipeline_of(other) != length || strncmp(other, name, length) != 0)
            continue;
        nusd += row->nusd;
        egress_nusd += row->egress_nusd;
        dropped += row->dropped;
        late += row->late;
        if (row->max_ns == 0)
            continue;
        out += row->records_out;
        p50_ns = row->p50_ns > p50_ns ? row->p50_ns : p50_ns;
        p99_ns = row->p99_ns > p99_ns ? row->p99_ns : p99_ns;
    }
    table_cell(t, "%.*s", (int)length, name);
    table_cell(t, "%lld", (long long)out);
    table_cell(t, "%lld", (long long)dropped);
    table_cell(t, "%lld", (long long)late);
    table_time(t, (double)p50_ns);
    table_time(t, (double)p99_ns);
    table_cell(t, "%.2f", usd(nusd));
    table_cell(t, "%.2f", usd(egress_nusd));
    table_cell(t, "%.2f", usd(nusd + egress_nusd) * (double)SKY_NS_PER_MONTH / span_ns);
}

static sky_status print_pipelines(const record_names *names, const record_pipeline_row *rows, size_t count,
                                  sky_error *error)
{
    static const table_column columns[] = { { "pipeline", 1 },  { "delivered", 0 },  { "dropped", 0 },
                                            { "late", 0 },      { "median", 0 },     { "99 %", 0 },
                                            { "tasks USD", 0 }, { "egress USD", 0 }, { "USD a month", 0 } };
    table t = table_of(columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < count && rows[i].stage != SKY_NONE; i++) {
        const char *name = row_name(names, &rows[i]);
        size_t length = pipeline_of(name);

        if (i > 0 && pipeline_of(row_name(names, &rows[i - 1])) == length &&
            strncmp(row_name(names, &rows[i - 1]), name, length) == 0)
            continue;
        put_pipeline(&t, names, rows, count, i, (double)(rows[i].time_ns > 0 ? rows[i].time_ns : 1));
    }
    return table_finish(&t, "the table of pipelines", error);
}

sky_status pipeline_results_print_run(record_file *file, size_t run, sky_error *error)
{
    const record_names *names = &record_about_of(file)->names;
    size_t count = record_run_info_of(file, run)->rows[RECORD_PIPELINE_TOTALS];
    record_pipeline_row *rows;
    sky_status status;

    if (count == 0)
        return SKY_OK;
    rows = calloc(count, sizeof *rows);
    if (rows == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for %zu rows of pipelines", count);
        return SKY_ERROR_MEMORY;
    }
    status = record_read(file, run, RECORD_PIPELINE_TOTALS, 0, count, rows, error);
    putchar('\n');
    if (status == SKY_OK)
        status = print_pipelines(names, rows, count, error);
    putchar('\n');
    if (status == SKY_OK)
        status = print_stages(names, rows, count, error);
    putchar('\n');
    if (status == SKY_OK)
        status = print_streams(names, rows, count, error);
    free(rows);
    return status;
}
