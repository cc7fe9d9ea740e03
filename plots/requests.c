/* How long users waited over time: one picture a strategy (its first replication), a line a population, the median
 * and the 99th percentile of each control interval; and below, where any failed, the share that did. Nothing where no services were
 * simulated. */
#include "plot.h"

#include <stdlib.h>

#define POPULATIONS_SHOWN 7 /* as many colours as can be told apart */
#define NS_PER_MS         1e6

typedef struct request_picture {
    const plot *plot;
    const record_names *names;
    record_request_row *rows; /* in the order of time */
    size_t count;
    plot_time unit;
    int64_t end_ns;
} request_picture;

static void write_line(const request_picture *p, uint32_t population, FILE *table)
{
    fprintf(table, "\"%s\"\n", plot_name(p->names->populations, p->names->population_count, population));
    for (size_t i = 0; i < p->count; i++) {
        const record_request_row *r = &p->rows[i];

        if (r->population != population || r->served + r->failed == 0)
            continue;
        fprintf(table, "%.10g\t", plot_in(p->unit, r->time_ns));
        if (r->served > 0)
            fprintf(table, "%.6g\t%.6g", (double)r->p50_ns / NS_PER_MS, (double)r->p99_ns / NS_PER_MS);
        else
            fprintf(table, "NaN\tNaN"); /* lines break where nobody was served */
        fprintf(table, "\t%.6g\n", 100 * (double)r->failed / (double)(r->served + r->failed));
    }
    fprintf(table, "\n\n");
}

static int any_failed(const request_picture *p, size_t shown)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->rows[i].population < shown && p->rows[i].failed > 0)
            return 1;
    return 0;
}

static sky_status draw(const request_picture *p, const char *name, const char *title, sky_error *error)
{
    size_t shown = p->names->population_count < POPULATIONS_SHOWN ? p->names->population_count
                                                                  : POPULATIONS_SHOWN;
    char number[16], end[32];
    FILE *table;
    sky_status status = plot_table_open(p->plot, name, &table, error);

    if (status != SKY_OK)
        return status;
    fprintf(table, "# time in %s, median and 99 %% in ms, %% failed; a block a population, scenario %s\n",
            p->unit.name, plot_scenario(p->plot));
    for (uint32_t i = 0; i < shown; i++)
        write_line(p, i, table);
    status = plot_table_close(p->plot, name, table, error);
    snprintf(number, sizeof number, "%zu", shown);
    snprintf(end, sizeof end, "%.10g", plot_in(p->unit, p->end_ns));
    return status == SKY_OK && shown > 0
               ? plot_gnuplot(p->plot, "requests", name, title,
                              (const char *const[PLOT_ARGUMENTS]){ number, p->unit.name, end,
                                                                   any_failed(p, shown) ? "1" : "0" },
                              error)
               : status;
}

static sky_status plot_run(const plot *plot, size_t run, sky_error *error)
{
    const record_run_info *info = record_run_info_of(plot->file, run);
    request_picture p = { .plot = plot, .names = &record_about_of(plot->file)->names };
    char name[100], title[200];
    void *rows;
    sky_status status = plot_read(plot, run, RECORD_REQUESTS, sizeof *p.rows, &rows, &p.count, error);

    if (status != SKY_OK)
        return status;
    p.rows = rows;
    if (p.count > 0)
        p.end_ns = p.rows[p.count - 1].time_ns;
    p.unit = plot_time_of(p.end_ns);
    snprintf(name, sizeof name, "requests-%s", info->strategy);
    snprintf(title, sizeof title, "Response times: %s, %.100s, replication %u", info->strategy,
             plot_scenario(plot), info->replication);
    if (p.count > 0)
        status = draw(&p, name, title, error);
    free(rows);
    return status;
}

sky_status plot_requests(const plot *plot, sky_error *error)
{
    return plot_each_strategy(plot, RECORD_REQUESTS, plot_run, error);
}
