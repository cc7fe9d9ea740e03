/* Reproduction A: every published run of Uniform Progress, UP(S), UP(A), UP(AP) and Optimal over the H100
 * traces, run by run, to within 0.1 %. Prints the table of differences. */
#include "../validation.h"
#include "published_runs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLERANCE 0.001

static const char *const reproduced[] = {
    "rc_cr_threshold",
    "multi_region_rc_cr_threshold_eager_failover",
    "multi_region_availability_probe_simple",
    "multi_region_probe_cost_ratio",
    "unified_cost_model_risk",
    "unified_cost_model_oracle",
    "multi_region_oracle_dp",
};

typedef struct tally {
    int runs, within, migrations_agree;
    double worst;
} tally;

static void hold_against(tally *t, const published_run *run, const record_summary *ours)
{
    double cost = published_comparable_cost(run, ours);
    double difference = fabs(cost - run->cost_usd) / run->cost_usd;

    t->runs++;
    t->migrations_agree += ours->migrations == run->migrations;
    if (difference > t->worst)
        t->worst = difference;
    if (difference <= TOLERANCE)
        t->within++;
    else
        print_message(
            "  differs: %-45s ratio %.2f window %d zones %s: published %.4f, ours %.4f (%+.3f %%)\n",
            run->strategy, run->ratio, run->window, run->zones, run->cost_usd, cost,
            100 * (cost / run->cost_usd - 1));
}

static void test_published_runs_are_reproduced(void **state)
{
    published_runs runs;
    int all_within = 1;

    (void)state;
    if (!published_runs_read(&runs)) {
        print_message("skipped: ../shared/data/reference/skynomad_h100_runs.csv is not here\n");
        skip();
    }
    print_message("| strategy | runs | within 0.1 %% | worst | same migrations |\n|---|---|---|---|---|\n");
    for (size_t s = 0; s < sizeof reproduced / sizeof reproduced[0]; s++) {
        tally t = { 0 };
        char what[120], measured[120];

        for (size_t i = 0; i < runs.count; i++) {
            record_summary ours;

            if (strcmp(runs.run[i].strategy, reproduced[s]) != 0 || runs.run[i].aggregate)
                continue;
            published_run_again(&runs, &runs.run[i], NULL, &ours);
            hold_against(&t, &runs.run[i], &ours);
        }
        print_message("| %s | %d | %d | %.4f %% | %d |\n", reproduced[s], t.runs, t.within, 100 * t.worst,
                      t.migrations_agree);
        all_within &= t.runs > 0 && t.within == t.runs;
        snprintf(what, sizeof what, "cost of published runs, %s", reproduced[s]);
        snprintf(measured, sizeof measured, "%d of %d runs, worst difference %.4f %%", t.within, t.runs,
                 100 * t.worst);
        validation_row(what, "each within 0.1 %", measured, "SkyNomad artifact, NSDI'27");
    }
    published_runs_free(&runs);
    assert_true(all_within);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_published_runs_are_reproduced) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
