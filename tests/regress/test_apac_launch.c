/* scenarios/apac-launch.cfg does what its paragraph in scenarios/README.md says: staying in us-east-1 is far from Asia, replicas
 * near all users break the ceiling of 50,000 USD a month, the engine's choice keeps to it and is nearer than staying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/validation.h"
#include "twin.h"

#define HOURS   (SKYTWIN_SANITIZED ? 12 : 72)
#define CEILING (50000.0 / 730 * HOURS)

static record_summary run(const char *serving)
{
    const char *const overrides[] = { SKYTWIN_SANITIZED ? "duration=12 h" : "duration=72 h" };
    char strategy[64];
    twin_options options = { strategy, 0, 1, SKY_NEVER_NS };
    twin_output output = { .context = NULL };
    record_summary summary;
    scenario s;
    sky_error error;

    snprintf(strategy, sizeof strategy, "on-demand-cheapest+%s", serving);
    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/apac-launch.cfg", overrides, 1, &s, &error) != SKY_OK ||
        twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    print_message("    %-12s %8.0f USD, median %.0f ms, within objective %.2f %%\n", serving,
                  (double)summary.cost_nusd * 1e-9, (double)summary.requests_p50_ns * 1e-6,
                  100 * (double)summary.requests_within /
                      (double)(summary.requests_served + summary.requests_failed));
    return summary;
}

static void test_near_enough_for_the_money(void **state)
{
    const record_summary stay = run("as-declared"), near = run("near-users"), chosen = run("latency-cost");
    char measured[96];

    (void)state;
    assert_int_equal(stay.requests_failed + near.requests_failed + chosen.requests_failed, 0);
    assert_true((double)near.cost_nusd * 1e-9 > CEILING);
    assert_true((double)chosen.cost_nusd * 1e-9 < CEILING);
    assert_true(near.requests_p50_ns < chosen.requests_p50_ns);
    assert_true(chosen.requests_p50_ns < stay.requests_p50_ns - 20 * INT64_C(1000000));
    assert_true(SKYTWIN_SANITIZED || chosen.requests_within > stay.requests_within);
    snprintf(measured, sizeof measured, "%.0f ms and %.0f USD a month, %.0f and %.0f, %.0f and %.0f",
             (double)stay.requests_p50_ns * 1e-6, (double)stay.cost_nusd * 1e-9 * 730 / HOURS,
             (double)near.requests_p50_ns * 1e-6, (double)near.cost_nusd * 1e-9 * 730 / HOURS,
             (double)chosen.requests_p50_ns * 1e-6, (double)chosen.cost_nusd * 1e-9 * 730 / HOURS);
    validation_row(
        "scenarios/apac-launch.cfg, three days: median response and cost, staying, near users, latency-cost",
        "latency-cost between them, below 50,000 USD a month", measured, __FILE_NAME__);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_near_enough_for_the_money) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
