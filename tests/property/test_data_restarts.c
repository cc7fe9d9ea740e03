/* Runs over a network and with datasets that are saved, taken down, made anew and restored at some instant give the record of
 * the run that was not. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/whole_run.h"

#define HOUR SKY_NS_PER_HOUR

static record_summary run(const scenario *s, const char *strategy, int64_t restart_at_ns, char *digest)
{
    const twin_options options = { .strategy = strategy, .seed = s->seed, .restart_at_ns = restart_at_ns };

    return whole_run_digest(s, &options, digest);
}

static record_summary check(const char *path, const char *const *overrides, size_t count,
                            const char *strategy, const int64_t *restarts_ns, size_t restarts)
{
    char digest[RECORD_DIGEST_CHARS], same[RECORD_DIGEST_CHARS];
    scenario s;
    record_summary summary;
    sky_error error;

    if (scenario_load(path, overrides, count, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    summary = run(&s, strategy, SKY_NEVER_NS, digest);
    for (size_t i = 0; i < restarts && !(SKYTWIN_SANITIZED && i > 0); i++) {
        run(&s, strategy, restarts_ns[i], same);
        assert_string_equal(same, digest);
    }
    scenario_free(&s);
    return summary;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* While the nightly replication moves, and checkpoints of jobs; and when nothing does. */
static void test_replication_and_checkpoints_that_move(void **state)
{
    static const char *const short_one[] = { "duration=6 d" };
    const int64_t restarts_ns[] = { 73 * HOUR + HOUR / 12, 50 * HOUR, 97 * HOUR + HOUR / 6 };
    record_summary summary;

    (void)state;
    summary = check(SKYTWIN_SOURCE_DIR "/scenarios/public-vs-private-interconnect.cfg", short_one, 1,
                    "spot-greedy", restarts_ns, COUNT(restarts_ns));
    assert_true(summary.egress_nusd > 0);
}

/* 200 TB that are on their way to where the jobs are, and jobs that read 20 TB each. */
static void test_data_that_is_on_its_way(void **state)
{
    static const char *const short_one[] = { "duration=8 d", "workloads[0].rate=8 /d",
                                             "storage.datasets[0].objects=20000" };
    const int64_t restarts_ns[] = { 24 * HOUR, 49 * HOUR, 90 * HOUR, 150 * HOUR };
    record_summary summary;

    (void)state;
    summary = check(SKYTWIN_SOURCE_DIR "/scenarios/data-gravity.cfg", short_one, 3, "data-gravity",
                    restarts_ns, COUNT(restarts_ns));
    assert_true(summary.data_far_bytes > 0 && summary.storage_nusd > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replication_and_checkpoints_that_move),
        cmocka_unit_test(test_data_that_is_on_its_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
