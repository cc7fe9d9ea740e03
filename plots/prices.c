/* Spot prices over time: a panel a machine type, a line a pool; the pools in which most was spent come first.
 * Every run of a replication meets the same markets, so one run's prices are those of all. */
#include "plot.h"

#include <stdlib.h>
#include <string.h>

#define NAME         "prices"
#define PANELS       6
#define LINES        7   /* of a panel: as many colours as can be told apart */
#define BUCKETS      400 /* of the time axis; of each, a line keeps the lowest and the highest price */
#define MACHINE_NAME 64

typedef struct price_line {
    size_t count, capacity;
    record_price_row *rows;
    int64_t machine_us; /* bought there, for the order */
    uint32_t pool;
} price_line;

typedef struct panel {
    char machine[MACHINE_NAME];
    price_line *lines[LINES];
    size_t line_count, pool_count;
} panel;

typedef struct prices {
    const record_names *names;
    price_line *lines;  /* of all pools */
    price_line **order; /* of those that have a market: most used first */
    size_t order_count;
    panel panels[PANELS];
    size_t panel_count;
    int64_t end_ns;
} prices;

/* ---- the markets ----------------------------------------------------------------------------------------------- */

static int keep(price_line *line, const record_price_row *row)
{
    if (line->count == line->capacity) {
        size_t capacity = line->capacity == 0 ? 64 : 2 * line->capacity;
        record_price_row *rows = realloc(line->rows, capacity * sizeof *rows);

        if (rows == NULL)
            return 0;
        line->rows = rows;
        line->capacity = capacity;
    }
    line->rows[line->count++] = *row;
    return 1;
}

static sky_status sort_prices(const plot *plot, size_t run, prices *p, sky_error *error)
{
    record_price_row *rows;
    void *read;
    size_t count;
    sky_status status = plot_read(plot, run, RECORD_PRICES, sizeof *rows, &read, &count, error);

    if (status != SKY_OK)
        return status;
    rows = read;
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        if (rows[i].pool < p->names->pool_count && !keep(&p->lines[rows[i].pool], &rows[i]))
            status = plot_no_memory("prices", error);
    free(rows);
    return status;
}

static sky_status add_use(const plot *plot, size_t run, prices *p, sky_error *error)
{
    record_cost_row *rows;
    void *read;
    size_t count;
    sky_status status = plot_read(plot, run, RECORD_COSTS, sizeof *rows, &read, &count, error);

    if (status != SKY_OK)
        return status;
    rows = read;
    for (size_t i = 0; i < count; i++)
        if (rows[i].pool < p->names->pool_count && rows[i].purchase == SKY_SPOT)
            p->lines[rows[i].pool].machine_us += rows[i].machine_us;
    free(rows);
    return status;
}

static int by_use(const void *a, const void *b)
{
    const price_line *x = *(price_line *const *)a, *y = *(price_line *const *)b;

    if (x->machine_us != y->machine_us)
        return x->machine_us > y->machine_us ? -1 : 1;
    return (x->pool > y->pool) - (x->pool < y->pool);
}

/* "aws:us-east-1a/m5.4xlarge" -> "m5.4xlarge"; "" where the name has no machine in it. */
static const char *machine_of(const char *pool)
{
    const char *slash = strrchr(pool, '/');

    return slash != NULL ? slash + 1 : "";
}

static panel *panel_of(prices *p, const char *machine)
{
    for (size_t i = 0; i < p->panel_count; i++)
        if (strncmp(p->panels[i].machine, machine, MACHINE_NAME - 1) == 0)
            return &p->panels[i];
    if (p->panel_count == PANELS)
        return NULL;
    snprintf(p->panels[p->panel_count].machine, MACHINE_NAME, "%s", machine);
    return &p->panels[p->panel_count++];
}

static void lay_out(prices *p)
{
    for (uint32_t i = 0; i < p->names->pool_count; i++) {
        p->lines[i].pool = i;
        if (p->lines[i].count > 0)
            p->order[p->order_count++] = &p->lines[i];
    }
    qsort(p->order, p->order_count, sizeof *p->order, by_use);
    for (size_t i = 0; i < p->order_count; i++) {
        panel *panel = panel_of(p, machine_of(p->names->pools[p->order[i]->pool]));

        if (panel == NULL)
            continue;
        panel->pool_count++;
        if (panel->line_count < LINES)
            panel->lines[panel->line_count++] = p->order[i];
    }
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static void write_point(FILE *table, plot_time unit, const record_price_row *row)
{
    fprintf(table, "%.9g\t%.9g\n", plot_in(unit, row->time_ns), (double)row->spot_nusd_per_hour / 1e9);
}

/* A line breaks where there is no capacity. Where rows are many, a bucket keeps its lowest and highest. */
static void write_line(FILE *table, const prices *p, const price_line *line, plot_time unit)
{
    int64_t bucket_ns = p->end_ns / BUCKETS + 1;
    int drawing = 0;
    size_t i = 0;

    if (!line->rows[0].available)
        fprintf(table, "0\tNaN\n"); /* a block must not begin with its gap, nor be empty */

    while (i < line->count) {
        const record_price_row *low = &line->rows[i], *high = low;
        int64_t bucket = low->time_ns / bucket_ns, until_ns = p->end_ns;
        size_t end = i;

        for (; end < line->count && line->rows[end].time_ns / bucket_ns == bucket &&
               line->rows[end].available == line->rows[i].available;
             end++) {
            low = line->rows[end].spot_nusd_per_hour < low->spot_nusd_per_hour ? &line->rows[end] : low;
            high = line->rows[end].spot_nusd_per_hour > high->spot_nusd_per_hour ? &line->rows[end] : high;
        }
        if (end < line->count)
            until_ns = line->rows[end].time_ns;
        if (line->rows[i].available) {
            record_price_row last = line->rows[end - 1];

            write_point(table, unit, low < high ? low : high);
            if (low != high)
                write_point(table, unit, low < high ? high : low);
            last.time_ns = until_ns; /* holds until the next */
            write_point(table, unit, &last);
        } else if (drawing) {
            putc('\n', table);
        }
        drawing = line->rows[i].available != 0;
        i = end;
    }
}

static void write_table(FILE *table, const prices *p, plot_time unit)
{
    fprintf(table, "# a block a pool: time in %s, spot price in USD an hour of a machine\n", unit.name);
    for (size_t i = 0; i < p->panel_count; i++)
        for (size_t k = 0; k < p->panels[i].line_count; k++) {
            const char *pool = p->names->pools[p->panels[i].lines[k]->pool];
            const char *slash = strrchr(pool, '/');

            fprintf(table, "\"%.*s\"\n", slash != NULL ? (int)(slash - pool) : (int)strlen(pool), pool);
            write_line(table, p, p->panels[i].lines[k], unit);
            fprintf(table, "\n\n");
        }
}

/* What the program needs to find its way: "TITLE|LINES;TITLE|LINES;…". */
static void describe(const prices *p, char *text, size_t size)
{
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < p->panel_count && length < size; i++) {
        const panel *panel = &p->panels[i];
        char more[64] = "";

        if (panel->line_count < panel->pool_count)
            snprintf(more, sizeof more, "%s(the %zu most used of %zu)", panel->machine[0] != '\0' ? " " : "",
                     panel->line_count, panel->pool_count);
        length += (size_t)snprintf(text + length, size - length, "%s%s%s|%zu", i > 0 ? ";" : "",
                                   panel->machine, more, panel->line_count);
    }
}

/* ---- the picture ----------------------------------------------------------------------------------------------- */

static sky_status draw(const plot *plot, prices *p, sky_error *error)
{
    const record_run_info *info = record_run_info_of(plot->file, plot->runs[0]);
    plot_time unit = plot_time_of(p->end_ns);
    char title[200], end[32], layout[PANELS * (MACHINE_NAME + 96)];
    FILE *table;
    sky_status status = plot_table_open(plot, NAME, &table, error);

    if (status != SKY_OK)
        return status;
    write_table(table, p, unit);
    status = plot_table_close(plot, NAME, table, error);
    if (status != SKY_OK)
        return status;
    snprintf(end, sizeof end, "%.9g", plot_in(unit, p->end_ns));
    describe(p, layout, sizeof layout);
    snprintf(title, sizeof title, "Spot prices: %.100s, replication %u (a gap: no capacity)",
             plot_scenario(plot), info->replication);
    return plot_gnuplot(plot, "prices", NAME, title,
                        (const char *const[PLOT_ARGUMENTS]){ layout, unit.name, end }, error);
}

static sky_status gather(const plot *plot, prices *p, sky_error *error)
{
    const record_run_info *shown = record_run_info_of(plot->file, plot->runs[0]);
    sky_status status = sort_prices(plot, plot->runs[0], p, error);

    p->end_ns = shown->summary.end_ns;
    for (size_t i = 0; i < plot->run_count && status == SKY_OK; i++)
        if (record_run_info_of(plot->file, plot->runs[i])->replication == shown->replication)
            status = add_use(plot, plot->runs[i], p, error);
    return status;
}

sky_status plot_prices(const plot *plot, sky_error *error)
{
    prices p = { .names = &record_about_of(plot->file)->names };
    sky_status status;

    p.lines = calloc(p.names->pool_count + 1, sizeof *p.lines);
    p.order = calloc(p.names->pool_count + 1, sizeof *p.order);
    status = p.lines != NULL && p.order != NULL ? gather(plot, &p, error) : plot_no_memory("prices", error);
    if (status == SKY_OK)
        lay_out(&p);
    if (status == SKY_OK && p.order_count > 0) /* no spot market: no picture */
        status = draw(plot, &p, error);
    for (size_t i = 0; p.lines != NULL && i < p.names->pool_count; i++)
        free(p.lines[i].rows);
    free(p.lines);
    free(p.order);
    return status;
}
