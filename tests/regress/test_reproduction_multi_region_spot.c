/* Reproduction A: every published row over the H100 traces, of Uniform Progress, UP(S), UP(A), UP(AP), SkyNomad
 * with and without true lifetimes, and Optimal: cost to within 0.1 %, migrations exactly. Prints the table of
 * differences. */
#include "../validation.h"
#include "published_runs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLERANCE      0.001
#define PUBLISHED_ROWS 974

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
    int rows, within;
    int counted, migrations_agree; /* rows that say how many migrations there were; that we agree with */
    double worst;
} tally;

static void hold_against(tally *t, const published_run *run, double cost_usd)
{
    double difference = fabs(cost_usd - run->cost_usd) / run->cost_usd;

    t->rows++;
    if (difference > t->worst)
        t->worst = difference;
    if (difference <= TOLERANCE)
        t->within++;
    else
        print_message(
            "  differs: %-45s ratio %.2f window %d zones %s: published %.4f, ours %.4f (%+.3f %%)\n",
            run->strategy, run->ratio, run->window, run->zones, run->cost_usd, cost_usd,
            100 * (cost_usd / run->cost_usd - 1));
}

static void hold_migrations(tally *t, const published_run *run, int migrations)
{
    if (run->migrations < 0)
        return; /* not recorded */
    t->counted++;
    t->migrations_agree += migrations == run->migrations;
    if (migrations != run->migrations)
        print_message("  differs: %-45s ratio %.2f window %d zones %s: published %d migrations, ours %d\n",
                      run->strategy, run->ratio, run->window, run->zones, run->migrations, migrations);
}

/* Every row of the file that is a run, run again: its cost in the published terms, and its migrations. */
static void run_all_again(published_runs *runs, double *cost_usd, int *migrations)
{
    for (size_t i = 0; i < runs->count; i++) {
        size_t at = runs->order[i];
        record_summary ours;

        if (runs->run[at].aggregate)
            continue;
        published_run_again(runs, &runs->run[at], NULL, &ours);
        cost_usd[at] = published_comparable_cost(&runs->run[at], &ours);
        migrations[at] = (int)ours.migrations;
    }
}

static int report(const tally *t, const char *name)
{
    char what[120], measured[120];

    print_message("| %s | %d | %d | %.4f %% | %d of %d |\n", name, t->rows, t->within, 100 * t->worst,
                  t->migrations_agree, t->counted);
    snprintf(what, sizeof what, "cost of published runs, %s", name);
    snprintf(measured, sizeof measured, "%d of %d runs, worst difference %.4f %%", t->within, t->rows,
             100 * t->worst);
    validation_row(what, "each within 0.1 %", measured, "SkyNomad artifact, NSDI'27");
    return t->rows > 0 && t->within == t->rows && t->migrations_agree == t->counted;
}

static void test_every_published_row_is_reproduced(void **state)
{
    published_runs runs;
    tally means = { 0 };
    size_t rows = 0;
    double *cost_usd;
    int *migrations, all_agree = 1;

    (void)state;
    if (!published_runs_read(&runs)) {
        print_message("skipped: ../shared/data/reference/skynomad_h100_runs.csv is not here\n");
        skip();
    }
    cost_usd = calloc(runs.count, sizeof *cost_usd);
    migrations = calloc(runs.count, sizeof *migrations);
    assert_true(cost_usd != NULL && migrations != NULL);
    run_all_again(&runs, cost_usd, migrations);
    print_message("| strategy | rows | within 0.1 %% | worst | same migrations |\n|---|---|---|---|---|\n");
    for (size_t s = 0; s < sizeof reproduced / sizeof reproduced[0]; s++) {
        tally t = { 0 };

        for (size_t i = 0; i < runs.count; i++) {
            if (strcmp(runs.run[i].strategy, reproduced[s]) != 0 || runs.run[i].aggregate)
                continue;
            hold_against(&t, &runs.run[i], cost_usd[i]);
            hold_migrations(&t, &runs.run[i], migrations[i]);
        }
        all_agree &= report(&t, reproduced[s]);
        rows += (size_t)t.rows;
    }
    for (size_t i = 0; i < runs.count; i++)
        if (runs.run[i].aggregate)
            hold_against(&means, &runs.run[i], published_aggregate_cost(&runs, &runs.run[i], cost_usd));
    all_agree &= report(&means, "rc_cr_threshold, least and mean over zones");
    rows += (size_t)means.rows;
    print_message("%zu rows of %zu\n", rows, runs.count);
    assert_int_equal(rows, runs.count);
    assert_int_equal(rows, PUBLISHED_ROWS);
    free(cost_usd);
    free(migrations);
    published_runs_free(&runs);
    assert_true(all_agree);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_published_row_is_reproduced) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
