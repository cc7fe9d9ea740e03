/* One thread or all: what is measured to be faster is kept, and the other is tried ever less often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/pace.h"

/* Goes on for as many trials at that speed; returns the share of the time spent in the slower way. */
static double run(pace *p, int trials, int64_t ns_alone, int64_t ns_threaded)
{
    double slow_ns = 0, all_ns = 0;

    for (int i = 0; i < trials; i++) {
        int64_t took_ns = PACE_TRIAL_EVENTS * (p->threaded ? ns_threaded : ns_alone);

        if (took_ns > pace_limit_ns(p)) {
            uint64_t events = (uint64_t)(pace_limit_ns(p) / (p->threaded ? ns_threaded : ns_alone)) + 1;

            took_ns = (int64_t)events * (p->threaded ? ns_threaded : ns_alone);
            slow_ns += (double)took_ns;
            pace_note(p, events, took_ns);
        } else {
            if (p->threaded == (ns_threaded > ns_alone))
                slow_ns += (double)took_ns;
            pace_note(p, PACE_TRIAL_EVENTS, took_ns);
        }
        all_ns += (double)took_ns;
    }
    return slow_ns / all_ns;
}

static void test_keeps_the_faster(void **state)
{
    pace p;

    (void)state;
    pace_begin(&p);
    assert_false(p.threaded);
    assert_true(run(&p, 1000, 100, 55) < 0.01);
    assert_true(p.threaded);
    pace_begin(&p);
    run(&p, 20, 100, 1000);
    assert_true(run(&p, 2000, 100, 1000) < 0.01); /* also where the other is ten times as slow */
}

static void test_notices_a_change(void **state)
{
    pace p;

    (void)state;
    pace_begin(&p);
    run(&p, 300, 100, 60);
    assert_true(p.threaded);
    run(&p, 20, 100, 400); /* the other cores are taken */
    assert_false(p.threaded);
    run(&p, 2000, 100, 60); /* and free again: found at the next try */
    assert_true(p.threaded);
}

/* One trial in eight waits for what else the machine does. */
static void test_does_not_mind_a_stray_trial(void **state)
{
    uint32_t tries = 0;
    pace p;

    (void)state;
    pace_begin(&p);
    run(&p, 40, 100, 300);
    for (int i = 0; i < 800; i++) {
        tries += (uint32_t)p.trying;
        run(&p, 1, i % 8 == 0 ? 350 : 100, 300);
    }
    assert_in_range(tries, 1, 10);
}

static void test_a_trial_is_what_adds_up_to_it(void **state)
{
    pace p;

    (void)state;
    pace_begin(&p);
    for (int i = 0; i < 9; i++)
        pace_note(&p, PACE_TRIAL_EVENTS / 10, 1000);
    assert_false(p.trying);
    pace_note(&p, PACE_TRIAL_EVENTS / 10, 1000);
    assert_true(p.trying);
    assert_true(p.threaded);
    assert_int_equal(pace_limit_ns(&p), 10000);
    pace_note(&p, 0, 20000); /* over time, and nothing done: that is slower */
    assert_false(p.trying);
    assert_false(p.threaded);
    assert_true(pace_limit_ns(&p) > 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_the_faster),
        cmocka_unit_test(test_notices_a_change),
        cmocka_unit_test(test_does_not_mind_a_stray_trial),
        cmocka_unit_test(test_a_trial_is_what_adds_up_to_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
