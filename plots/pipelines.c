/* Pipelines over time: one picture a strategy (its first replication): above the 99th percentile of latency at each sink in
 * each control interval, in the middle what share of its tasks' time each stage was blocked, below how many records waited
 * at it. Nothing where there are no pipelines. */
#include "plot.h"

#include <stdlib.h>

#define SHOWN     7 /* as many colours as can be told apart */
#define NS_PER_S  1e9
#define PERCENT   1e4 /* ppm */
#define LEAST_PPM 1000
#define LEAST     100 /* records that wait */

typedef struct pipeline_picture {
    const plot *plot;
    const record_names *names;
    record_pipeline_row *rows; /* in the order of time */
    size_t count;
    plot_time unit;
    int64_t end_ns;
    unsigned char *is_sink, *was_blocked, *had_queue; /* by stage: whether it has a line */
    size_t sinks, blocked, queues;
} pipeline_picture;

/* So many stages at most have a line in each of the three, the first of them. */
static void choose(pipeline_picture *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const record_pipeline_row *row = &p->rows[i];

        if (row->stage >= p->names->stage_count)
            continue;
        p->is_sink[row->stage] |= row->max_ns > 0;
        p->was_blocked[row->stage] |= row->blocked_ppm >= LEAST_PPM;
        p->had_queue[row->stage] |= row->waiting >= LEAST;
    }
    for (size_t s = 0; s < p->names->stage_count; s++) {
        p->sinks += p->is_sink[s] &= p->sinks < SHOWN;
        p->blocked += p->was_blocked[s] &= p->blocked < SHOWN;
        p->queues += p->had_queue[s] &= p->queues < SHOWN;
    }
}

typedef double value_of(const record_pipeline_row *row);

static double latency_s(const record_pipeline_row *row)
{
    return (double)row->p99_ns / NS_PER_S;
}

static double blocked_percent(const record_pipeline_row *row)
{
    return (double)row->blocked_ppm / PERCENT;
}

static double waiting(const record_pipeline_row *row)
{
    return (double)row->waiting;
}

static void write_lines(const pipeline_picture *p, const unsigned char *has_line, value_of *value,
                        FILE *table)
{
    for (uint32_t s = 0; s < p->names->stage_count; s++) {
        if (!has_line[s])
            continue;
        fprintf(table, "\"%s\"\n", plot_name(p->names->stages, p->names->stage_count, s));
        for (size_t i = 0; i < p->count; i++)
            if (p->rows[i].stage == s && (value != latency_s || p->rows[i].max_ns > 0))
                fprintf(table, "%.10g\t%.6g\n", plot_in(p->unit, p->rows[i].time_ns), value(&p->rows[i]));
        fprintf(table, "\n\n");
    }
}

static sky_status draw(pipeline_picture *p, const char *name, const char *title, sky_error *error)
{
    char lines[64], end[32];
    FILE *table;
    sky_status status = plot_table_open(p->plot, name, &table, error);

    if (status != SKY_OK)
        return status;
    choose(p);
    fprintf(table,
            "# time in %s; a block a sink: s; then a block a stage: %% blocked; then: records waiting\n",
            p->unit.name);
    write_lines(p, p->is_sink, latency_s, table);
    write_lines(p, p->was_blocked, blocked_percent, table);
    write_lines(p, p->had_queue, waiting, table);
    status = plot_table_close(p->plot, name, table, error);
    snprintf(lines, sizeof lines, "%zu %zu %zu", p->sinks, p->blocked, p->queues);
    snprintf(end, sizeof end, "%.10g", plot_in(p->unit, p->end_ns));
    return status == SKY_OK && p->sinks > 0
               ? plot_gnuplot(p->plot, "pipelines", name, title,
                              (const char *const[PLOT_ARGUMENTS]){ lines, p->unit.name, end }, error)
               : status;
}

static sky_status plot_run(const plot *plot, size_t run, sky_error *error)
{
    const record_run_info *info = record_run_info_of(plot->file, run);
    const record_names *names = &record_about_of(plot->file)->names;
    pipeline_picture p = { .plot = plot, .names = names };
    unsigned char *marks = calloc(names->stage_count + 1, 3);
    char name[100], title[200];
    void *rows;
    sky_status status = marks != NULL ? SKY_OK : plot_no_memory("stages of pipelines", error);

    if (status == SKY_OK)
        status = plot_read(plot, run, RECORD_PIPELINES, sizeof *p.rows, &rows, &p.count, error);
    if (status != SKY_OK) {
        free(marks);
        return status;
    }
    p.is_sink = marks;
    p.was_blocked = marks + names->stage_count;
    p.had_queue = p.was_blocked + names->stage_count;
    p.rows = rows;
    if (p.count > 0)
        p.end_ns = p.rows[p.count - 1].time_ns;
    p.unit = plot_time_of(p.end_ns);
    snprintf(name, sizeof name, "pipelines-%s", info->strategy);
    snprintf(title, sizeof title, "Pipelines: %s, %.100s, replication %u", info->strategy,
             plot_scenario(plot), info->replication);
    if (p.count > 0)
        status = draw(&p, name, title, error);
    free(rows);
    free(marks);
    return status;
}

sky_status plot_pipelines(const plot *plot, sky_error *error)
{
    return plot_each_strategy(plot, RECORD_PIPELINES, plot_run, error);
}
