/* What passed the links of the network over time: one picture a strategy (its first replication), a line each for
 * those that carried most. Nothing where no network was simulated. */
#include "plot.h"

#include <stdlib.h>
#include <string.h>

#define LINKS_SHOWN 7 /* as many colours as can be told apart */

typedef struct link_use {
    uint32_t link;
    int64_t bytes;
} link_use;

typedef struct link_picture {
    const plot *plot;
    const record_names *names;
    record_link_row *rows; /* in the order of time, then link */
    size_t count;
    int64_t interval_ns, end_ns;
    plot_time unit;
} link_picture;

static int by_bytes(const void *a, const void *b)
{
    const link_use *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return (x->link > y->link) - (x->link < y->link);
}

/* A row counts for the interval that it ends; between rows apart nothing passed. */
static void write_line(const link_picture *p, uint32_t link, FILE *table)
{
    int64_t zero_from_ns = 0;

    fprintf(table, "\"%s\"\n", plot_name(p->names->links, p->names->link_count, link));
    for (size_t i = 0; i < p->count; i++) {
        const record_link_row *r = &p->rows[i];
        int64_t from_ns = r->time_ns - p->interval_ns;

        if (r->link != link)
            continue;
        if (from_ns > zero_from_ns)
            fprintf(table, "%.10g\t0\n", plot_in(p->unit, zero_from_ns));
        fprintf(table, "%.10g\t%.6g\n", plot_in(p->unit, from_ns),
                (double)r->bytes * 8 / (double)p->interval_ns);
        zero_from_ns = r->time_ns;
    }
    fprintf(table, "%.10g\t0\n\n\n", plot_in(p->unit, zero_from_ns));
}

static sky_status draw(const link_picture *p, const char *name, const char *title, sky_error *error)
{
    size_t links = p->names->link_count, shown = 0;
    link_use *use = calloc(links + 1, sizeof *use);
    char number[16], end[32];
    FILE *table;
    sky_status status;

    if (use == NULL)
        return plot_no_memory("links", error);
    for (uint32_t i = 0; i < links; i++)
        use[i].link = i;
    for (size_t i = 0; i < p->count; i++)
        if (p->rows[i].link < links)
            use[p->rows[i].link].bytes += p->rows[i].bytes;
    qsort(use, links, sizeof *use, by_bytes);
    status = plot_table_open(p->plot, name, &table, error);
    if (status == SKY_OK) {
        fprintf(table, "# time in %s, Gbit/s; a block a link, scenario %s\n", p->unit.name,
                plot_scenario(p->plot));
        while (shown < links && shown < LINKS_SHOWN && use[shown].bytes > 0)
            write_line(p, use[shown++].link, table);
        status = plot_table_close(p->plot, name, table, error);
    }
    free(use);
    snprintf(number, sizeof number, "%zu", shown);
    snprintf(end, sizeof end, "%.10g", plot_in(p->unit, p->end_ns));
    return status == SKY_OK && shown > 0
               ? plot_gnuplot(p->plot, "links", name, title,
                              (const char *const[PLOT_ARGUMENTS]){ number, p->unit.name, end }, error)
               : status;
}

/* The control interval, from the first two rows of the series. */
static sky_status find_interval(link_picture *p, size_t run, sky_error *error)
{
    size_t count;
    void *rows;
    const record_series_row *series;
    sky_status status = plot_read(p->plot, run, RECORD_SERIES, sizeof *series, &rows, &count, error);

    if (status != SKY_OK)
        return status;
    series = rows;
    if (count > 1) {
        p->interval_ns = series[1].time_ns - series[0].time_ns;
        p->end_ns = series[count - 1].time_ns;
    }
    free(rows);
    return SKY_OK;
}

static sky_status plot_run(const plot *plot, size_t run, sky_error *error)
{
    const record_run_info *info = record_run_info_of(plot->file, run);
    link_picture p = { .plot = plot, .names = &record_about_of(plot->file)->names };
    char name[100], title[200];
    void *rows;
    sky_status status = plot_read(plot, run, RECORD_LINKS, sizeof *p.rows, &rows, &p.count, error);

    if (status != SKY_OK)
        return status;
    p.rows = rows;
    if (p.count > 0)
        status = find_interval(&p, run, error);
    p.unit = plot_time_of(p.end_ns);
    snprintf(name, sizeof name, "links-%s", info->strategy);
    snprintf(title, sizeof title, "What passed the links: %s, %.100s, replication %u", info->strategy,
             plot_scenario(plot), info->replication);
    if (status == SKY_OK && p.interval_ns > 0)
        status = draw(&p, name, title, error);
    free(rows);
    return status;
}

sky_status plot_links(const plot *plot, sky_error *error)
{
    return plot_each_strategy(plot, RECORD_LINKS, plot_run, error);
}
