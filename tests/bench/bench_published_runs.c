/* All published runs of experiment A, and each strategy's runs a second and core, held against a bare loop:
 * a program for Uniform Progress in one zone and nothing else, measured in the same run. */
#include "../regress/published_runs.h"
#include "bench.h"

#include <sys/resource.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/* Uniform Progress in the first zone of a scenario, tick by tick: no engine, no events, no record. */
static double bare_loop(const scenario *s, int window)
{
    const trace_market *m = s->pools[0].replay;
    double gap = (double)s->control_interval_ns, c0 = (double)s->workloads[0].work_mean_ns,
           r0 = (double)s->duration_ns;
    double d = (double)s->workloads[0].restart_ns, p = 0, overhead = 0, cost = 0;
    size_t at = 0;
    int on = 0; /* 1 spot, 2 on demand */

    for (double t = 0; p < c0 && t < r0; t += gap) {
        int64_t trace_ns = s->window_start_ns[window] + (int64_t)t;
        double left = r0 - t, lead = (t + 2 * d) * c0 / r0 - p, need = c0 - p + d;
        int was = on;

        while (at + 1 < m->change_count && m->changes[at + 1].at_ns <= trace_ns)
            at++;
        if (on == 1 && !m->changes[at].available)
            on = 0;
        if (on == 2 && m->changes[at].available && lead < 0)
            on = 0;
        if (on == 0 && m->changes[at].available)
            on = 1;
        if (on == 0 && (p < t * c0 / r0 || need >= left))
            on = 2;
        if (on != was && on != 0)
            overhead = d;
        if (on != 0) {
            double work = gap > overhead ? gap - overhead : 0;

            p += work;
            overhead = overhead > gap ? overhead - gap : 0;
            cost += on == 1 ? (double)m->changes[at].spot_nusd_per_hour
                            : (double)s->pools[0].on_demand_nusd_per_hour;
        }
    }
    return cost;
}

static void line(const char *name, double value, double reference)
{
    char what[96];

    snprintf(what, sizeof what, "a run of experiment A, %s", name);
    bench_report(what, value, "runs/s", "bare loop", reference);
}

static double rate_of(published_runs *runs, const char *strategy, int repeats)
{
    double busy = 0;
    int n = 0;

    for (size_t i = 0; i < runs->count; i++) {
        const published_run *run = &runs->run[runs->order[i]];
        double start;

        if (strcmp(run->strategy, strategy) != 0 || run->aggregate)
            continue;
        published_load(runs, run);
        start = bench_wall_s();
        for (int k = 0; k < repeats; k++, n++) {
            record_summary summary;

            published_run_again(runs, run, NULL, &summary);
        }
        busy += bench_wall_s() - start;
    }
    return n / busy;
}

static double rate_of_bare_loop(published_runs *runs)
{
    double busy = 0, sum = 0;
    int n = 0;

    for (size_t i = 0; i < runs->count; i++) {
        const published_run *run = &runs->run[runs->order[i]];
        double start;

        if (!run->single_zone)
            continue;
        published_load(runs, run);
        start = bench_wall_s();
        for (int k = 0; k < 20; k++, n++)
            sum += bare_loop(&runs->loaded, run->window);
        busy += bench_wall_s() - start;
    }
    return sum > 0 ? n / busy : 0;
}

/* Where the next scenario's rows start, in runs->order. */
static size_t next_group(const published_runs *runs, size_t from)
{
    char key[640], other[640];
    size_t to = from + 1;

    published_key(&runs->run[runs->order[from]], key, sizeof key);
    for (; to < runs->count; to++) {
        published_key(&runs->run[runs->order[to]], other, sizeof other);
        if (strcmp(key, other) != 0)
            break;
    }
    return to;
}

static void run_group(published_runs *mine, size_t from, size_t to, double *cost_usd)
{
    for (size_t i = from; i < to; i++) {
        size_t at = mine->order[i];
        record_summary summary;

        if (mine->run[at].aggregate)
            continue;
        published_run_again(mine, &mine->run[at], NULL, &summary);
        cost_usd[at] = published_comparable_cost(&mine->run[at], &summary);
    }
}

/* Every published row, the optimum and both SkyNomads included, as one pool of work: a scenario is read, and all runs
 * over it are made. Seconds; the worst difference to a published cost, as a share of it. */
static double all_runs(const published_runs *runs, double *worst)
{
    double start = bench_wall_s(), *cost_usd = calloc(runs->count, sizeof *cost_usd);
    size_t *group = calloc(runs->count + 1, sizeof *group), groups = 0;

    *worst = 0;
    if (cost_usd == NULL || group == NULL)
        exit(1);
    while (group[groups] < runs->count) {
        group[groups + 1] = next_group(runs, group[groups]);
        groups++;
    }
#pragma omp parallel
    {
        published_runs mine = *runs; /* the list is shared, the scenario at hand is each thread's own */

        memset(&mine.loaded, 0, sizeof mine.loaded);
        mine.loaded_key[0] = '\0';
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < groups; i++)
            run_group(&mine, group[i], group[i + 1], cost_usd);
        if (mine.loaded_key[0] != '\0')
            scenario_free(&mine.loaded);
    }
    for (size_t i = 0; i < runs->count; i++) {
        const published_run *row = &runs->run[i];
        double cost = row->aggregate ? published_aggregate_cost(runs, row, cost_usd) : cost_usd[i];
        double difference = (cost > row->cost_usd ? cost - row->cost_usd : row->cost_usd - cost) /
                            row->cost_usd;

        if (difference > *worst)
            *worst = difference;
    }
    free(cost_usd);
    free(group);
    return bench_wall_s() - start;
}

int main(void)
{
    static const char *const heuristics[] = { "uniform-progress", "uniform-progress-eager",
                                              "uniform-progress-availability",
                                              "uniform-progress-cost-ratio" };
    published_runs runs;
    struct rusage usage;
    double reference, took, worst;

    if (!published_runs_read(&runs)) {
        printf("skipped: ../shared/data/reference/skynomad_h100_runs.csv is not here\n");
        return 0;
    }
    reference = rate_of_bare_loop(&runs);
    line("bare loop, one zone", reference, reference);
    for (size_t i = 0; i < sizeof heuristics / sizeof heuristics[0]; i++) {
        const sky_strategy_info *info = sky_strategy_find(heuristics[i]);

        line(info->name, rate_of(&runs, info->published, 5), reference);
    }
    line("optimal (dynamic programme)", rate_of(&runs, "multi_region_oracle_dp", 1), reference);
    line("skynomad", rate_of(&runs, "unified_cost_model_risk", 5), reference);
    line("skynomad-true-lifetimes", rate_of(&runs, "unified_cost_model_oracle", 5), reference);
    took = all_runs(&runs, &worst);
    if (worst > 1e-3) {
        fprintf(stderr, "bench_published_runs: a cost differs by %g from what was published\n", worst);
        return 1;
    }
    bench_report("all published rows of experiment A, all cores", took, "s", "bare loop, one core",
                 (double)runs.count / reference);
    getrusage(RUSAGE_SELF, &usage);
    bench_report("all published rows of experiment A, peak memory", (double)usage.ru_maxrss / 1024, "MiB",
                 NULL, 0);
    published_runs_free(&runs);
    return 0;
}
