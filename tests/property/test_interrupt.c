/* A run that is to stop stops soon, also where much happens between two control points: jobs, requests to services,
 * records in pipelines, beside each other or not. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "record.h"
#include "scenario.h"
#include "twin.h"

#define FOLDER SKYTWIN_SOURCE_DIR "/scenarios/"

typedef struct asked {
    atomic_int times, stop_at; /* by any thread of the run */
} asked;

static int is_over(void *context)
{
    asked *a = context;

    return atomic_fetch_add(&a->times, 1) + 1 >= atomic_load(&a->stop_at);
}

/* A whole run is one control interval; returns how often it was asked. */
static int run(const char *file, const char *duration, int threads, int stop_at, sky_status expected)
{
    char interval[64], length[64];
    const char *const overrides[] = { interval, length };
    asked a = { .stop_at = stop_at };
    twin_output output = { .context = &a, .stop = is_over };
    twin_options options = { .restart_at_ns = SKY_NEVER_NS, .threads = threads };
    record_summary summary;
    sky_error error = { "" };
    scenario s;

    snprintf(interval, sizeof interval, "control_interval=%s", duration);
    snprintf(length, sizeof length, "duration=%s", duration);
    if (scenario_load(file, overrides, 2, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    options.strategy = s.strategies[0];
    options.seed = s.seed;
    if (twin_run(&s, &options, &output, &summary, &error) != expected)
        fail_msg("%s, %d threads: %s", file, threads, error.message);
    assert_string_equal(error.message, expected == SKY_OK ? "" : "interrupted");
    scenario_free(&s);
    return atomic_load(&a.times);
}

/* How often several threads ask depends on how they meet: they are stopped early. */
static void check(const char *file, const char *duration)
{
    for (int threads = 1; threads <= 3; threads++) {
        int times = run(file, duration, threads, INT32_MAX, SKY_OK), step = threads == 1 ? times / 4 : 3;

        assert_in_range(times, 10, INT32_MAX);
        for (int stop_at = step; stop_at <= 3 * step; stop_at += step) /* each part may be told once more */
            assert_in_range(run(file, duration, threads, stop_at, SKY_ERROR_STOPPED), stop_at,
                            stop_at + 3 * threads);
    }
}

static void test_jobs(void **state)
{
    (void)state;
    check(FOLDER "quickstart.cfg", "10 d");
}

static void test_requests(void **state)
{
    (void)state;
    check(FOLDER "edge-inference-submillisecond.cfg", "10 min");
}

static void test_pipelines(void **state)
{
    (void)state;
    check(FOLDER "streaming-pipeline.cfg", "5 min");
}

/* As a user would: hours of work in one control interval. */
static void test_program(void **state)
{
    int status = system("timeout --preserve-status -k 60 -s INT 0.5 " SKYTWIN_BINARY " run " FOLDER
                        "edge-inference-submillisecond.cfg --set 'duration=300 d' --set "
                        "'control_interval=300 d' 2> /dev/null");

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_pipelines),
        cmocka_unit_test(test_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
