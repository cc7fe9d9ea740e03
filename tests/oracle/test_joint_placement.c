/* scenarios/joint-placement.cfg: choosing region and node in one decision costs less than region first, node second.
 * Both strategies meet the same worlds, so costs are compared replication by replication: the 95 % interval of the mean
 * saving [Student 1908] must lie above 0. The same tasks are placed and done by both, so that the bill is all there is
 * to compare. */
#include "../validation.h"
#include "scenario.h"
#include "twin.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REPLICATIONS (SKYTWIN_SANITIZED ? 5 : 20)

static record_summary run(const scenario *s, const char *strategy, unsigned replication)
{
    twin_options options = { strategy, replication, s->seed, SKY_NEVER_NS };
    twin_output output = { 0 };
    record_summary summary;
    sky_error error;

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s: %s", strategy, error.message);
    return summary;
}

static void test_jointly_costs_less(void **state)
{
    double mean = 0, squares = 0, cost = 0, half;
    char measured[160];
    scenario s;
    sky_error error;

    (void)state;
    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/joint-placement.cfg", NULL, 0, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (unsigned r = 0; r < REPLICATIONS; r++) {
        record_summary joint = run(&s, "joint-cost", r), two_steps = run(&s, "region-first", r);
        double saved = (double)(two_steps.cost_nusd - joint.cost_nusd) / 1e9, step = saved - mean;

        assert_int_equal(joint.jobs, two_steps.jobs);
        assert_int_equal(joint.done, joint.jobs);
        assert_int_equal(two_steps.done, two_steps.jobs);
        mean += step / (r + 1);
        squares += step * (saved - mean);
        cost += (double)two_steps.cost_nusd / 1e9 / REPLICATIONS;
    }
    scenario_free(&s);
    half = gsl_cdf_tdist_Pinv(0.975, REPLICATIONS - 1) * sqrt(squares / (REPLICATIONS - 1) / REPLICATIONS);
    snprintf(measured, sizeof measured, "saves %.0f ± %.0f USD (95 %%) of %.0f USD", mean, half, cost);
    print_message("    %s\n", measured);
    validation_row("joint-placement.cfg: region and node jointly, against region first", "costs less",
                   measured, __FILE_NAME__);
    assert_true(mean - half > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_jointly_costs_less) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
