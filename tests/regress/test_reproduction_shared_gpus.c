/* Reproduction B: FGD's experiment (Weng et al., ATC 2023): six packings on five lists of tasks over 1,213 nodes, the
 * means of ten seeds each, against the published means; and our own packing against FGD, order of tasks by order of
 * tasks. Prints both tables. */
#include "../validation.h"
#include "scenario.h"
#include "twin.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA     SKYTWIN_SOURCE_DIR "/../shared/data"
#define NODES    DATA "/openb/openb_node_list_gpu_node.csv"
#define SCENARIO SKYTWIN_SOURCE_DIR "/scenarios/reference/shared-gpus.cfg"
#define SEEDS    10
#define OURS     "stranding-descent"

/* How far a mean of ten may be from the published mean of ten: their random streams can't be matched. */
typedef struct packing_case {
    const char *name, *published;
    double tolerance; /* points */
} packing_case;

static const packing_case packings[] = {
    { "random", "01-Random", 0.6 },
    { "dot-product", "02-DotProd", 0.6 },
    { "gpu-clustering", "03-GpuClustering", 0.9 },
    { "gpu-packing", "04-GpuPacking", 0.9 },
    { "best-fit", "05-BestFit", 0.3 },
    { "fgd", "06-FGD", 0.3 },
};
#define PACKINGS (sizeof packings / sizeof packings[0])

static const char *const lists[] = { "default", "gpuspec33", "multigpu50", "gpushare100", "cpu200" };
#define LISTS (sizeof lists / sizeof lists[0])

typedef struct outcome {
    double allocated_pct, fragmented_pct;
} outcome;

/* Mean over the published seeds; runs 0: there are none. */
static outcome published_mean(const char *list, const char *policy, int *runs)
{
    FILE *file = fopen(DATA "/reference/openb_policies_by_seed.csv", "r");
    char line[256], workload[64], name[64];
    outcome sum = { 0, 0 }, one;

    *runs = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%63[^,],%63[^,],%*d,%*d,%lf,%lf", workload, name, &one.allocated_pct,
                   &one.fragmented_pct) == 4 &&
            strcmp(workload, list) == 0 && strcmp(name, policy) == 0) {
            sum.allocated_pct += one.allocated_pct;
            sum.fragmented_pct += one.fragmented_pct;
            ++*runs;
        }
    if (file != NULL)
        fclose(file);
    return (outcome){ sum.allocated_pct / *runs, sum.fragmented_pct / *runs };
}

static void load(scenario *s, const char *list)
{
    char nodes[512], tasks[512];
    const char *overrides[] = { nodes, tasks };
    sky_error error;

    snprintf(nodes, sizeof nodes, "nodes=%s", NODES);
    snprintf(tasks, sizeof tasks, "tasks=%s/openb/openb_pod_list_%s.csv", DATA, list);
    if (scenario_load(SCENARIO, overrides, 2, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static outcome run(const scenario *s, const char *strategy, unsigned replication)
{
    twin_options options = {
        .strategy = strategy, .replication = replication, .seed = s->seed, .restart_at_ns = SKY_NEVER_NS
    };
    twin_output output = { .context = NULL };
    record_summary summary;
    sky_error error;

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s: %s", strategy, error.message);
    assert_int_equal(summary.placed + summary.dropped, summary.jobs);
    return (outcome){ 100 * (double)summary.mgpu_allocated / (double)summary.mgpu,
                      100 * (double)summary.mgpu_fragmented / (double)summary.mgpu };
}

static outcome mean_of_runs(const scenario *s, const char *strategy, double allocated_pct[SEEDS])
{
    outcome sum = { 0, 0 };

    for (unsigned r = 0; r < SEEDS; r++) {
        outcome one = run(s, strategy, r);

        allocated_pct[r] = one.allocated_pct;
        sum.allocated_pct += one.allocated_pct / SEEDS;
        sum.fragmented_pct += one.fragmented_pct / SEEDS;
    }
    return sum;
}

/* Differences by packing, over all lists. */
static double worst[PACKINGS];

static int compare_with_published(const scenario *s, const char *list, double fgd_pct[SEEDS])
{
    int all_within = 1;

    for (size_t p = 0; p < PACKINGS; p++) {
        int runs;
        outcome theirs = published_mean(list, packings[p].published, &runs);
        outcome ours = mean_of_runs(s, packings[p].name, fgd_pct); /* fgd is the last */
        double allocated = ours.allocated_pct - theirs.allocated_pct;
        double fragmented = ours.fragmented_pct - theirs.fragmented_pct;

        assert_int_equal(runs, 10);
        print_message("| %s | %s | %.2f / %.2f | %.2f / %.2f | %+.2f / %+.2f | %.1f |\n", list,
                      packings[p].name, theirs.allocated_pct, theirs.fragmented_pct, ours.allocated_pct,
                      ours.fragmented_pct, allocated, fragmented, packings[p].tolerance);
        worst[p] = fmax(worst[p], fmax(fabs(allocated), fabs(fragmented)));
        all_within &= fabs(allocated) <= packings[p].tolerance && fabs(fragmented) <= packings[p].tolerance;
    }
    return all_within;
}

/* Ours less FGD's on the same orders: mean and half width of its 95 % interval. */
static double gain_over_fgd(const scenario *s, const double fgd_pct[SEEDS], double gain[SEEDS],
                            double *half_width)
{
    double ours[SEEDS];

    mean_of_runs(s, OURS, ours);
    for (int r = 0; r < SEEDS; r++)
        gain[r] = ours[r] - fgd_pct[r];
    *half_width = gsl_cdf_tdist_Pinv(0.975, SEEDS - 1) * gsl_stats_sd(gain, 1, SEEDS) / sqrt(SEEDS);
    return gsl_stats_mean(gain, 1, SEEDS);
}

static void write_validation(double mean, double half_width)
{
    char what[120], expected[120], measured[120];

    for (size_t p = 0; p < PACKINGS; p++) {
        snprintf(what, sizeof what, "GPU allocation and fragmentation, packing %s, five task lists",
                 packings[p].name);
        snprintf(expected, sizeof expected, "published means within %.1f points", packings[p].tolerance);
        snprintf(measured, sizeof measured, "worst difference %.2f points", worst[p]);
        validation_row(what, expected, measured, "FGD, ATC'23");
    }
    snprintf(measured, sizeof measured, "%.2f ± %.2f points", mean, half_width);
    validation_row("GPU allocation of " OURS " less FGD's, mean of five task lists",
                   "above 0 by more than its 95 % interval", measured, "FGD, ATC'23");
}

static void test_published_means_are_reproduced_and_beaten(void **state)
{
    double gain[LISTS][SEEDS], mean_gain[SEEDS] = { 0 }, mean, half_width;
    char table[LISTS][160];
    int all_within = 1;

    (void)state;
    if (access(NODES, R_OK) != 0) {
        print_message("skipped: ../shared/data/openb is not here\n");
        skip();
    }
    print_message(
        "| tasks | packing | published: allocated / fragmented %% | ours | difference | tolerance |\n"
        "|---|---|---|---|---|---|\n");
    for (size_t l = 0; l < LISTS; l++) {
        double fgd_pct[SEEDS];
        scenario s;

        load(&s, lists[l]);
        all_within &= compare_with_published(&s, lists[l], fgd_pct);
        mean = gain_over_fgd(&s, fgd_pct, gain[l], &half_width);
        snprintf(table[l], sizeof table[l], "| %s | %+.2f ± %.2f |", lists[l], mean, half_width);
        for (int r = 0; r < SEEDS; r++)
            mean_gain[r] += gain[l][r] / LISTS;
        scenario_free(&s);
    }
    mean = gsl_stats_mean(mean_gain, 1, SEEDS);
    half_width = gsl_cdf_tdist_Pinv(0.975, SEEDS - 1) * gsl_stats_sd(mean_gain, 1, SEEDS) / sqrt(SEEDS);
    print_message("| tasks | points of GPU allocation that " OURS " gains over fgd |\n|---|---|\n");
    for (size_t l = 0; l < LISTS; l++)
        print_message("%s\n", table[l]);
    print_message("| mean of all | %+.2f ± %.2f |\n", mean, half_width);
    write_validation(mean, half_width);
    assert_true(all_within);
    assert_true(mean > half_width);
}

/* What a sanitizer can find, one run of each packing shows. */
static void test_each_packing_runs(void **state)
{
    scenario s;

    (void)state;
    if (access(NODES, R_OK) != 0) {
        print_message("skipped: ../shared/data/openb is not here\n");
        skip();
    }
    load(&s, lists[0]);
    for (size_t p = 0; p < PACKINGS; p++)
        run(&s, packings[p].name, 0);
    run(&s, OURS, 0);
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SKYTWIN_SANITIZED
            ? (struct CMUnitTest)cmocka_unit_test(test_each_packing_runs)
            : (struct CMUnitTest)cmocka_unit_test(test_published_means_are_reproduced_and_beaten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
