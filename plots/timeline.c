/* Where jobs ran over time, one picture a strategy (its first replication): few jobs as bars in the rows of
 * the pools they ran in, many as running jobs by region and by purchase. */
#include "plot.h"

#include <stdlib.h>
#include <string.h>

#define FEW_PLACEMENTS 600
#define FEW_JOBS       24
#define FEW_POOLS      24
#define SLICES         320 /* of the time axis */
#define REGIONS_SHOWN  7   /* by name; the others together: as many colours as can be told apart */

typedef struct timeline {
    const plot *plot;
    const record_names *names;
    record_placement_row *rows;
    size_t count;
    int64_t end_ns;
    plot_time unit;
} timeline;

/* ---- few jobs: bars ------------------------------------------------------------------------------------------- */

/* *used[i] = 1 where something ran in pool i; returns how many pools that are. */
static uint32_t pools_used(const timeline *t, uint32_t *row)
{
    uint32_t used = 0;

    for (size_t p = 0; p < t->names->pool_count; p++)
        row[p] = SKY_NONE;
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].pool < t->names->pool_count)
            row[t->rows[i].pool] = 0;
    for (size_t p = 0; p < t->names->pool_count; p++)
        if (row[p] != SKY_NONE)
            row[p] = used++;
    return used;
}

static size_t jobs_placed(const timeline *t)
{
    uint32_t most = 0;
    size_t jobs = 0;
    unsigned char *seen;

    for (size_t i = 0; i < t->count; i++)
        most = t->rows[i].job > most ? t->rows[i].job : most;
    seen = calloc((size_t)most + 1, 1);
    if (seen == NULL)
        return SIZE_MAX; /* too many to be few */
    for (size_t i = 0; i < t->count; i++) {
        jobs += !seen[t->rows[i].job];
        seen[t->rows[i].job] = 1;
    }
    free(seen);
    return jobs;
}

static int by_pool_and_start(const void *a, const void *b)
{
    const record_placement_row *x = a, *y = b;

    if (x->pool != y->pool)
        return x->pool < y->pool ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return (x->job > y->job) - (x->job < y->job);
}

/* The first lane of the pool's row that is free at the start of bar i. */
static uint32_t free_lane(const timeline *t, const uint32_t *lane, size_t first, size_t i)
{
    uint32_t candidate = 0;

    for (size_t k = first; k < i; k++)
        if (t->rows[k].end_ns > t->rows[i].start_ns && lane[k] == candidate) {
            candidate++;
            k = first - 1; /* look again from the start, for the next lane */
        }
    return candidate;
}

/* Jobs that run at a time in one pool stand one above the other in its row. */
static void write_pool(const timeline *t, FILE *table, uint32_t row, size_t first, size_t end, uint32_t *lane)
{
    uint32_t lanes = 1;

    for (size_t i = first; i < end; i++) {
        lane[i] = free_lane(t, lane, first, i);
        lanes = lane[i] + 1 > lanes ? lane[i] + 1 : lanes;
    }
    for (size_t i = first; i < end; i++) {
        const record_placement_row *r = &t->rows[i];
        double top = row - 0.4 + 0.8 * lane[i] / lanes, bottom = row - 0.4 + 0.8 * (lane[i] + 1) / lanes;

        fprintf(table, "%.9g\t%.9g\t%.4f\t%.4f\t%u\t%u\t%u\n", plot_in(t->unit, r->start_ns),
                plot_in(t->unit, r->end_ns), top, bottom, r->purchase, r->end_reason, r->job);
    }
}

static sky_status write_bars(const timeline *t, FILE *table, const uint32_t *row, sky_error *error)
{
    uint32_t *lane = calloc(t->count + 1, sizeof *lane);

    if (lane == NULL)
        return plot_no_memory("the bars of the timeline", error);
    qsort(t->rows, t->count, sizeof *t->rows, by_pool_and_start);
    fprintf(table, "# row\tpool\n");
    for (uint32_t p = 0; p < t->names->pool_count; p++)
        if (row[p] != SKY_NONE)
            fprintf(table, "%u\t%s\n", row[p], t->names->pools[p]);
    fprintf(table,
            "\n\n# start\tend (%s)\ttop\tbottom\tpurchase (0 on demand, 1 spot, 2 reserved)\t"
            "end (0 done, 1 preempted, 2 moved, 3 run ended)\tjob\n",
            t->unit.name);
    for (size_t i = 0, next; i < t->count; i = next) {
        next = i;
        while (next < t->count && t->rows[next].pool == t->rows[i].pool)
            next++;
        if (t->rows[i].pool < t->names->pool_count)
            write_pool(t, table, row[t->rows[i].pool], i, next, lane);
    }
    free(lane);
    return SKY_OK;
}

/* ---- many jobs: areas ----------------------------------------------------------------------------------------- */

/* Adds what the bar covers of each slice, in jobs: a job that runs through half of a slice counts a half. */
static void add_bar(const timeline *t, const record_placement_row *r, double *slices, size_t stride)
{
    double width = (double)t->end_ns / SLICES;
    double start = (double)r->start_ns / width, end = (double)r->end_ns / width;

    for (int i = (int)start; i < SLICES && i < end; i++) {
        double from = start > i ? start : i, to = end < i + 1 ? end : i + 1;

        slices[(size_t)i * stride] += to - from;
    }
}

/* shown[0…] = the regions with most running time, in falling order; returns how many there are to show. */
static size_t busiest_regions(const timeline *t, uint32_t shown[REGIONS_SHOWN], double *busy)
{
    size_t count = 0;

    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].pool < t->names->pool_count)
            busy[t->names->pool_region[t->rows[i].pool]] += (double)(t->rows[i].end_ns - t->rows[i].start_ns);
    for (; count < REGIONS_SHOWN; count++) {
        uint32_t best = SKY_NONE;

        for (uint32_t r = 0; r < t->names->region_count; r++)
            if (busy[r] > 0 && (best == SKY_NONE || busy[r] > busy[best]))
                best = r;
        if (best == SKY_NONE)
            break;
        shown[count] = best;
        busy[best] = -1;
    }
    return count;
}

#define AREAS (REGIONS_SHOWN + 1 + SKY_PURCHASE_COUNT) /* regions, the other regions, purchases */

static void write_areas(const timeline *t, FILE *table, const uint32_t *shown, size_t count, double *slices)
{
    for (size_t i = 0; i < t->count; i++) {
        const record_placement_row *r = &t->rows[i];
        size_t area = REGIONS_SHOWN;

        if (r->pool >= t->names->pool_count || r->purchase >= SKY_PURCHASE_COUNT)
            continue;
        for (size_t k = 0; k < count; k++)
            if (shown[k] == t->names->pool_region[r->pool])
                area = k;
        add_bar(t, r, slices + area, AREAS);
        add_bar(t, r, slices + REGIONS_SHOWN + 1 + r->purchase, AREAS);
    }
    fprintf(table, "# running jobs, mean over each slice of time\ntime_%s", t->unit.name);
    for (size_t k = 0; k < REGIONS_SHOWN; k++)
        fprintf(table, "\t%s", k < count ? t->names->regions[shown[k]] : "-");
    fprintf(table, "\tother regions\ton demand\tspot\treserved\n");
    for (size_t s = 0; s < SLICES; s++) {
        fprintf(table, "%.9g", plot_in(t->unit, t->end_ns) * ((double)s + 0.5) / SLICES);
        for (size_t k = 0; k < AREAS; k++)
            fprintf(table, "\t%.6g", slices[s * AREAS + k]);
        putc('\n', table);
    }
}

static sky_status write_running(const timeline *t, FILE *table, size_t *shown_count, sky_error *error)
{
    uint32_t shown[REGIONS_SHOWN];
    double *slices = calloc((size_t)SLICES * AREAS, sizeof *slices);
    double *busy = calloc(t->names->region_count + 1, sizeof *busy);
    sky_status status = SKY_OK;

    if (slices == NULL || busy == NULL) {
        status = plot_no_memory("the areas of the timeline", error);
    } else {
        *shown_count = busiest_regions(t, shown, busy);
        write_areas(t, table, shown, *shown_count, slices);
    }
    free(slices);
    free(busy);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------------------------ */

static sky_status draw(const timeline *t, const char *name, const char *title, sky_error *error)
{
    uint32_t *row = calloc(t->names->pool_count + 1, sizeof *row), pools;
    char number[24];
    const char *program = "timeline";
    size_t shown = 0;
    FILE *table;
    sky_status status;

    if (row == NULL)
        return plot_no_memory("the rows of the timeline", error);
    pools = pools_used(t, row);
    status = plot_table_open(t->plot, name, &table, error);
    if (status != SKY_OK) {
        free(row);
        return status;
    }
    if (t->count <= FEW_PLACEMENTS && pools <= FEW_POOLS && jobs_placed(t) <= FEW_JOBS) {
        status = write_bars(t, table, row, error);
        snprintf(number, sizeof number, "%u", pools);
    } else {
        program = "running";
        status = write_running(t, table, &shown, error);
        snprintf(number, sizeof number, "%zu", shown);
    }
    free(row);
    if (status == SKY_OK)
        status = plot_table_close(t->plot, name, table, error);
    else
        fclose(table);
    return status == SKY_OK ? plot_gnuplot(t->plot, program, name, title,
                                           (const char *const[PLOT_ARGUMENTS]){ number, t->unit.name }, error)
                            : status;
}

static sky_status plot_timeline(const plot *plot, size_t run, sky_error *error)
{
    const record_run_info *info = record_run_info_of(plot->file, run);
    timeline t = { .plot = plot, .names = &record_about_of(plot->file)->names };
    char name[100], title[200];
    void *rows;
    sky_status status = plot_read(plot, run, RECORD_PLACEMENTS, sizeof(record_placement_row), &rows, &t.count,
                                  error);

    if (status != SKY_OK)
        return status;
    t.rows = rows;
    for (size_t i = 0; i < t.count; i++)
        t.end_ns = t.rows[i].end_ns > t.end_ns ? t.rows[i].end_ns : t.end_ns;
    t.unit = plot_time_of(t.end_ns);
    snprintf(name, sizeof name, "timeline-%s", info->strategy);
    snprintf(title, sizeof title, "Where jobs ran: %s, %.100s, replication %u", info->strategy,
             plot_scenario(plot), info->replication);
    if (t.count > 0) /* nothing ran: there is nothing to see */
        status = draw(&t, name, title, error);
    free(rows);
    return status;
}

sky_status plot_timelines(const plot *plot, sky_error *error)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; i < plot->run_count && status == SKY_OK; i++)
        if (plot_is_first_of_strategy(plot, i))
            status = plot_timeline(plot, plot->runs[i], error);
    return status;
}
