/* The shipped scenario: what it is there to show must stay so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../solver/glpk.h"
#include "twin.h"
#include "validation.h"

static record_summary run(const scenario *s, const char *strategy)
{
    twin_options options = {
        .strategy = strategy, .seed = s->seed, .restart_at_ns = SKY_NEVER_NS, .solver = &solver_glpk
    };
    twin_output output = { .context = NULL };
    record_summary summary;
    sky_error error;

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s: %s", strategy, error.message);
    assert_int_equal(summary.done, summary.jobs);
    return summary;
}

static void load(const char *const *sets, size_t count, scenario *s)
{
    sky_error error;

    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/heterogeneous-training.cfg", sets, count, s, &error) !=
        SKY_OK)
        fail_msg("%s", error.message);
}

static void test_who_knows_the_rates_does_better(void **state)
{
    scenario s;
    record_summary agnostic, fair, last, cheap, in_time;
    char text[64];

    (void)state;
    load(NULL, 0, &s);
    agnostic = run(&s, "least-attained");
    fair = run(&s, "max-min");
    last = run(&s, "makespan");
    cheap = run(&s, "step-cost");
    in_time = run(&s, "step-cost-deadlines");
    snprintf(text, sizeof text, "%.2f times shorter",
             (double)agnostic.completion_us / (double)fair.completion_us);
    print_message("    mean completion, max-min against least-attained: %s\n", text);
    validation_row("mean completion of the shipped training scenario, max-min against least-attained",
                   "shorter", text, "heterogeneous-training.cfg");
    assert_true(5 * fair.completion_us < 4 * agnostic.completion_us);
    assert_true(last.last_done_ns < fair.last_done_ns && last.last_done_ns < agnostic.last_done_ns);
    assert_true(cheap.used_nusd < fair.used_nusd && cheap.used_nusd < last.used_nusd);
    assert_true(in_time.deadlines_met >= cheap.deadlines_met && in_time.deadlines_met == in_time.deadlines);
    scenario_free(&s);
}

static void test_elastic_jobs_end_sooner(void **state)
{
    static const char *const sets[] = { "elastic.most=4" };
    scenario s;
    record_summary rigid, elastic;

    (void)state;
    load(NULL, 0, &s);
    rigid = run(&s, "marginal-gain");
    scenario_free(&s);
    load(sets, 1, &s);
    elastic = run(&s, "marginal-gain");
    scenario_free(&s);
    assert_true(elastic.completion_us < rigid.completion_us);
}

/* Rates that are not what was measured: all jobs are done all the same, and other bits come of it. */
static void test_true_rates_may_differ(void **state)
{
    scenario s;
    record_summary measured, noisy;

    (void)state;
    load(NULL, 0, &s);
    measured = run(&s, "max-min");
    s.rate_noise = 0.3;
    noisy = run(&s, "max-min");
    assert_true(noisy.completion_us != measured.completion_us);
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_knows_the_rates_does_better),
        cmocka_unit_test(test_elastic_jobs_end_sooner),
        cmocka_unit_test(test_true_rates_may_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
