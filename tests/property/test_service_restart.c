/* A run with services that is taken down in the middle, made anew and gone on with leaves the record of one that was not: mesh,
 * gateways, outages, ways that follow a network, orders of the engine. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/whole_run.h"

/* at_ns SKY_NEVER_NS: it is not taken down. */
static record_summary run(const scenario *s, const char *strategy, int threads, int64_t at_ns,
                          char digest[RECORD_DIGEST_CHARS])
{
    const twin_change change = { .at_ns = at_ns, .strategy = strategy };
    const twin_options options = { .strategy = strategy,
                                   .seed = s->seed,
                                   .restart_at_ns = SKY_NEVER_NS,
                                   .change = at_ns < SKY_NEVER_NS ? &change : NULL,
                                   .threads = threads };

    return whole_run_digest(s, &options, digest);
}

/* The last of its strategies; `parts`: at so many times. */
static void check(const char *path, const char *const *overrides, size_t count, int64_t faults, int parts)
{
    char expected[RECORD_DIGEST_CHARS], found[RECORD_DIGEST_CHARS];
    const char *strategy;
    record_summary summary;
    sky_error error;
    scenario s;

    if (scenario_load(path, overrides, count, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    strategy = s.strategies[s.strategy_count - 1];
    summary = run(&s, strategy, 0, SKY_NEVER_NS, expected);
    assert_true(summary.requests_served > 1000);
    assert_true(summary.faults >= faults);
    for (int i = 1; i <= parts; i++) {
        run(&s, strategy, i % 3, s.duration_ns / (parts + 1) * i, found);
        assert_string_equal(found, expected);
    }
    scenario_free(&s);
}

static void test_a_mesh(void **unused)
{
    static const char *const overrides[] = { "duration=12 min", "control_interval=1 min" };

    (void)unused;
    check(SKYTWIN_SOURCE_DIR "/scenarios/service-mesh.cfg", overrides, 2, 0, 2);
}

static void test_outages(void **unused)
{
    static const char *const overrides[] = { "duration=12 h", "faults[0].at=2 h", "faults[0].lasts=3 h",
                                             "faults[2].at=1 h", "faults[3].at=4 h" };

    (void)unused;
    check(SKYTWIN_SOURCE_DIR "/scenarios/region-outage.cfg", overrides, 5, 3, 4);
}

static void test_a_launch(void **unused)
{
    static const char *const overrides[] = { "duration=40 min", "control_interval=2 min" };

    (void)unused;
    check(SKYTWIN_SOURCE_DIR "/scenarios/apac-launch.cfg", overrides, 2, 0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mesh),
        cmocka_unit_test(test_outages),
        cmocka_unit_test(test_a_launch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
