/* Power and carbon over time, of each strategy's first replication: mean power of each slice of time, and the carbon
 * so far. Nothing is drawn where no machine's power is known. */
#include "plot.h"

#include <stdlib.h>
#include <string.h>

#define NAME             "energy"
#define SLICES           288 /* of the time axis, at most */
#define STRATEGIES_SHOWN 8   /* as many colours as can be told apart */

typedef struct curve {
    const char *strategy;
    record_series_row *rows;
    size_t count;
} curve;

static void free_curves(curve *curves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(curves[i].rows);
}

static sky_status read_curves(const plot *plot, curve *curves, size_t *count, sky_error *error)
{
    sky_status status = SKY_OK;

    *count = 0;
    for (size_t i = 0; i < plot->run_count && *count < STRATEGIES_SHOWN && status == SKY_OK; i++) {
        const record_run_info *info = record_run_info_of(plot->file, plot->runs[i]);
        curve *c = &curves[*count];
        void *rows = NULL;

        if (!plot_is_first_of_strategy(plot, i) || info->summary.energy_mj == 0)
            continue;
        status = plot_read(plot, plot->runs[i], RECORD_SERIES, sizeof *c->rows, &rows, &c->count, error);
        c->strategy = info->strategy;
        c->rows = rows;
        *count += status == SKY_OK;
    }
    return status;
}

/* The last row not after a time; the first where there is none. */
static const record_series_row *row_at(const curve *c, int64_t time_ns, size_t *from)
{
    while (*from + 1 < c->count && c->rows[*from + 1].time_ns <= time_ns)
        (*from)++;
    return &c->rows[*from];
}

static void write_table(FILE *table, const curve *curves, size_t count, int64_t end_ns, plot_time unit)
{
    size_t at[STRATEGIES_SHOWN] = { 0 };
    const record_series_row *before[STRATEGIES_SHOWN];

    fprintf(table, "time_%s", unit.name);
    for (size_t i = 0; i < count; i++)
        fprintf(table, "\t%s\t%s", curves[i].strategy, curves[i].strategy);
    fprintf(table, "\n");
    for (size_t i = 0; i < count; i++)
        before[i] = &curves[i].rows[0];
    for (int64_t slice = 1; slice <= SLICES; slice++) {
        int64_t time_ns = end_ns / SLICES * slice;

        fprintf(table, "%.6f", plot_in(unit, time_ns));
        for (size_t i = 0; i < count; i++) {
            const record_series_row *now = row_at(&curves[i], time_ns, &at[i]);
            double seconds = (double)(now->time_ns - before[i]->time_ns) / 1e9;
            double watts = seconds > 0 ? (double)(now->energy_mj - before[i]->energy_mj) / 1000 / seconds : 0;

            fprintf(table, "\t%.6f\t%.6f", watts / 1000, (double)now->ugco2 / 1e9);
            before[i] = now;
        }
        fprintf(table, "\n");
    }
}

static sky_status draw(const plot *plot, const curve *curves, size_t count, sky_error *error)
{
    int64_t end_ns = 0;
    char title[200], count_text[24];
    plot_time unit;
    FILE *table;
    sky_status status = plot_table_open(plot, NAME, &table, error);

    if (status != SKY_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        if (curves[i].count > 0 && curves[i].rows[curves[i].count - 1].time_ns > end_ns)
            end_ns = curves[i].rows[curves[i].count - 1].time_ns;
    unit = plot_time_of(end_ns);
    write_table(table, curves, count, end_ns, unit);
    status = plot_table_close(plot, NAME, table, error);
    if (status != SKY_OK)
        return status;
    snprintf(title, sizeof title, "Power and carbon: %.100s", plot_scenario(plot));
    snprintf(count_text, sizeof count_text, "%zu", count);
    return plot_gnuplot(plot, NAME, NAME, title, (const char *const[PLOT_ARGUMENTS]){ count_text, unit.name },
                        error);
}

sky_status plot_energy(const plot *plot, sky_error *error)
{
    curve curves[STRATEGIES_SHOWN] = { { 0 } };
    size_t count;
    sky_status status = read_curves(plot, curves, &count, error);

    if (status == SKY_OK && count > 0)
        status = draw(plot, curves, count, error);
    free_curves(curves, count);
    return status;
}
