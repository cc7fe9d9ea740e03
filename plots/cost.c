/* Cost by strategy: means over replications, stacked by what the money went for, and their spread. */
#include "plot.h"

#include <string.h>

#define NAME "cost"

typedef struct strategy_cost {
    size_t runs;
    double compute_usd, egress_usd, probe_usd, energy_usd, storage_usd, least_usd, most_usd;
} strategy_cost;

static strategy_cost cost_of(const plot *plot, const char *strategy)
{
    strategy_cost c = { 0 };

    for (size_t i = 0; i < plot->run_count; i++) {
        const record_run_info *info = record_run_info_of(plot->file, plot->runs[i]);
        double cost_usd = (double)info->summary.cost_nusd / 1e9;

        if (strcmp(info->strategy, strategy) != 0)
            continue;
        c.compute_usd += (double)info->summary.compute_nusd / 1e9;
        c.egress_usd += (double)info->summary.egress_nusd / 1e9;
        c.probe_usd += (double)info->summary.probe_nusd / 1e9;
        c.energy_usd += (double)info->summary.energy_nusd / 1e9;
        c.storage_usd += (double)info->summary.storage_nusd / 1e9;
        c.least_usd = c.runs == 0 || cost_usd < c.least_usd ? cost_usd : c.least_usd;
        c.most_usd = c.runs == 0 || cost_usd > c.most_usd ? cost_usd : c.most_usd;
        c.runs++;
    }
    c.compute_usd /= (double)c.runs;
    c.egress_usd /= (double)c.runs;
    c.probe_usd /= (double)c.runs;
    c.energy_usd /= (double)c.runs;
    c.storage_usd /= (double)c.runs;
    return c;
}

/* Block 0: a row a strategy. Block 1: a row a run. */
static size_t write_table(const plot *plot, FILE *table, size_t *most_runs)
{
    size_t rows = 0;

    *most_runs = 0;
    fprintf(table, "# "
                   "row\tstrategy\tcompute_usd\tegress_usd\tprobe_usd\tenergy_usd\tstorage_usd\tleast_"
                   "usd\tmost_usd\truns\n");
    for (size_t i = 0; i < plot->run_count; i++) {
        const char *strategy = record_run_info_of(plot->file, plot->runs[i])->strategy;
        const sky_strategy_info *known = sky_strategy_find(strategy);
        strategy_cost c;

        if (!plot_is_first_of_strategy(plot, i))
            continue;
        c = cost_of(plot, strategy);
        *most_runs = c.runs > *most_runs ? c.runs : *most_runs;
        fprintf(table, "%zu\t%s%s\t%.9f\t%.9f\t%.9f\t%.9f\t%.9f\t%.9f\t%.9f\t%zu\n", rows++, strategy,
                known != NULL && known->oracle ? "*" : "", c.compute_usd, c.egress_usd, c.probe_usd,
                c.energy_usd, c.storage_usd, c.least_usd, c.most_usd, c.runs);
    }
    fprintf(table, "\n\n# row\tcost_usd\tdeadlines_missed\treplication\n");
    for (size_t i = 0, row = 0; i < plot->run_count; i++) {
        const record_run_info *info = record_run_info_of(plot->file, plot->runs[i]);

        row += i > 0 && plot_is_first_of_strategy(plot, i);
        fprintf(table, "%zu\t%.9f\t%lld\t%u\n", row, (double)info->summary.cost_nusd / 1e9,
                (long long)(info->summary.deadlines - info->summary.deadlines_met), info->replication);
    }
    return rows;
}

/* A cluster from files has no prices: no picture is better than an empty one. */
static int costs_anything(const plot *plot)
{
    for (size_t i = 0; i < plot->run_count; i++)
        if (record_run_info_of(plot->file, plot->runs[i])->summary.cost_nusd > 0)
            return 1;
    return 0;
}

sky_status plot_cost(const plot *plot, sky_error *error)
{
    FILE *table;
    char title[200], rows_text[24], runs_text[24];
    size_t rows, runs;
    sky_status status;

    if (!costs_anything(plot))
        return SKY_OK;
    status = plot_table_open(plot, NAME, &table, error);
    if (status != SKY_OK)
        return status;
    rows = write_table(plot, table, &runs);
    status = plot_table_close(plot, NAME, table, error);
    if (status != SKY_OK)
        return status;
    snprintf(title, sizeof title, "Cost by strategy: %.100s, %zu replication%s", plot_scenario(plot), runs,
             runs == 1 ? "" : "s");
    snprintf(rows_text, sizeof rows_text, "%zu", rows);
    snprintf(runs_text, sizeof runs_text, "%zu", runs);
    return plot_gnuplot(plot, "cost", NAME, title,
                        (const char *const[PLOT_ARGUMENTS]){ rows_text, runs_text }, error);
}
