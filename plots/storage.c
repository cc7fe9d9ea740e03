/* How much of datasets was read so far, by the way that the bytes took, and what keeping and moving them has cost: one
 * picture a strategy (its first replication). Nothing where there were no datasets. */
#include "plot.h"

#include <stdlib.h>

typedef struct storage_picture {
    const plot *plot;
    record_storage_row *rows; /* in the order of time */
    size_t count;
    plot_time unit;
    int64_t end_ns;
} storage_picture;

/* All rows so far, added up. */
typedef struct sums {
    int64_t cache_bytes, local_bytes, far_bytes, sent_bytes, nusd, egress_nusd;
} sums;

static void add(sums *s, const record_storage_row *r)
{
    s->cache_bytes += r->cache_bytes;
    s->local_bytes += r->local_bytes;
    s->far_bytes += r->far_bytes + r->prefetched_bytes;
    s->sent_bytes += r->sent_bytes;
    s->nusd += r->nusd;
    s->egress_nusd += r->egress_nusd;
}

static void write_lines(const storage_picture *p, FILE *table)
{
    sums s = { 0 };

    for (size_t i = 0; i < p->count; i++) {
        int64_t time_ns = p->rows[i].time_ns;

        add(&s, &p->rows[i]);
        if (i + 1 < p->count && p->rows[i + 1].time_ns == time_ns)
            continue;
        fprintf(table, "%.10g\t%.8g\t%.8g\t%.8g\t%.8g\t%.8g\t%.8g\n", plot_in(p->unit, time_ns),
                (double)s.cache_bytes / 1e9, (double)s.local_bytes / 1e9, (double)s.far_bytes / 1e9,
                (double)s.sent_bytes / 1e9, (double)s.nusd / 1e9, (double)s.egress_nusd / 1e9);
    }
}

static sky_status draw(const storage_picture *p, const char *name, const char *title, sky_error *error)
{
    char end[32];
    FILE *table;
    sky_status status = plot_table_open(p->plot, name, &table, error);

    if (status != SKY_OK)
        return status;
    fprintf(
        table,
        "# time in %s; GB so far from caches, from copies there, from other regions, to copies; USD so far of"
        " storage, of egress; scenario %s\n",
        p->unit.name, plot_scenario(p->plot));
    write_lines(p, table);
    status = plot_table_close(p->plot, name, table, error);
    snprintf(end, sizeof end, "%.10g", plot_in(p->unit, p->end_ns));
    return status == SKY_OK ? plot_gnuplot(p->plot, "storage", name, title,
                                           (const char *const[PLOT_ARGUMENTS]){ p->unit.name, end }, error)
                            : status;
}

static sky_status plot_run(const plot *plot, size_t run, sky_error *error)
{
    const record_run_info *info = record_run_info_of(plot->file, run);
    storage_picture p = { .plot = plot };
    char name[100], title[200];
    void *rows;
    sky_status status = plot_read(plot, run, RECORD_STORAGE, sizeof *p.rows, &rows, &p.count, error);

    if (status != SKY_OK)
        return status;
    p.rows = rows;
    if (p.count > 0)
        p.end_ns = p.rows[p.count - 1].time_ns;
    p.unit = plot_time_of(p.end_ns);
    snprintf(name, sizeof name, "storage-%s", info->strategy);
    snprintf(title, sizeof title, "Datasets: %s, %.100s, replication %u", info->strategy, plot_scenario(plot),
             info->replication);
    if (p.end_ns > 0)
        status = draw(&p, name, title, error);
    free(rows);
    return status;
}

sky_status plot_storage(const plot *plot, sky_error *error)
{
    return plot_each_strategy(plot, RECORD_STORAGE, plot_run, error);
}
