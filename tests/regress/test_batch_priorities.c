/* scenarios/batch-priorities.cfg does what its paragraph in scenarios/README.md says: preemption is there for those who
 * can't wait, at little cost to the others, and shares keep the small tenant from waiting behind the large one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/validation.h"
#include "twin.h"

#define WORKLOADS 6

typedef struct waits {
    double hours[WORKLOADS], tasks[WORKLOADS];
} waits;

static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    waits *w = context;
    const record_job_row *row = rows;

    (void)error;
    for (size_t i = 0; stream == RECORD_JOBS && i < count; i++)
        if (row[i].state == 2) {
            w->hours[row[i].workload] += (double)(row[i].end_ns - row[i].ready_ns - row[i].run_ns) /
                                         (double)SKY_NS_PER_HOUR;
            w->tasks[row[i].workload]++;
        }
    return SKY_OK;
}

/* Mean wait in hours of a workload's tasks. */
static double mean_wait_h(const char *strategy, const char *override, const char *workload,
                          record_summary *summary)
{
    const char *const overrides[] = { "duration=5 d", override };
    twin_options options = { strategy, 0, 11, SKY_NEVER_NS };
    waits w = { { 0 }, { 0 } };
    twin_output output = { .context = &w, .rows = look };
    scenario s;
    sky_error error;
    double mean = -1;

    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/batch-priorities.cfg", overrides, 2, &s, &error) !=
            SKY_OK ||
        twin_run(&s, &options, &output, summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(s.workload_count, WORKLOADS);
    for (size_t i = 0; i < WORKLOADS; i++)
        if (strcmp(s.workloads[i].name, workload) == 0)
            mean = w.hours[i] / w.tasks[i];
    scenario_free(&s);
    return mean;
}

static void test_what_is_urgent_does_not_wait(void **state)
{
    record_summary with, without;
    double urgent_h = mean_wait_h("best-fit+multifactor", "queue.preempt=true", "incidents", &with);
    double else_h = mean_wait_h("best-fit+multifactor", "queue.preempt=false", "incidents", &without);
    char found[96];

    (void)state;
    print_message("    incidents wait %.3f h with preemption (%d), %.3f h without\n", urgent_h,
                  (int)with.preemptions, else_h);
    assert_true(urgent_h >= 0 && urgent_h < else_h / 10);
    assert_true(with.preemptions > 100 && without.preemptions == 0);
    /* work is not what it costs: as many tasks are done, within 3 % */
    assert_true((double)with.done > 0.97 * (double)without.done);
    snprintf(found, sizeof found, "%.2f h, and %.2f h without preemption", urgent_h, else_h);
    validation_row("batch-priorities: mean wait of what is urgent", "less than a tenth with preemption",
                   found, "scenarios/batch-priorities.cfg");
}

static void test_shares_keep_the_small_tenant_from_waiting(void **state)
{
    record_summary summary;
    double shared_h = mean_wait_h("best-fit+fair-share", "seed=11", "exercises", &summary);
    double in_turn_h = mean_wait_h("best-fit+fcfs", "seed=11", "exercises", &summary);

    (void)state;
    print_message("    exercises wait %.3f h by fair shares, %.3f h in turn\n", shared_h, in_turn_h);
    assert_true(shared_h >= 0 && shared_h < in_turn_h / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_urgent_does_not_wait),
        cmocka_unit_test(test_shares_keep_the_small_tenant_from_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
