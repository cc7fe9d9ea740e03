/* Gavel's job traces. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trace_files.h"

static void test_jobs_of_both_versions(void **state)
{
    const char *path = trace_file(
        "g.trace", "ResNet-50 (batch size 64)\tpython3 main.py -b 64 "
                   "%s/x\timagenet\t--num\t1\t7931\t1\t1\t-1.000000\t50\n"
                   "LM (batch size 10)\tpython main.py\t--steps\t1\t73486\t4\t1.5\t2\t20.25\n");
    trace_set set = { 0 };

    (void)state;
    trace_read("gavel-trace", path, &set);
    assert_int_equal(set.task_count, 2);
    assert_text(set.tasks[0].name, "job-0");
    assert_text(set.tasks[0].kind, "ResNet-50 (batch size 64)");
    assert_text(set.tasks[0].tenant, NULL);
    assert_int_equal(set.tasks[0].steps, 7931);
    assert_int_equal(set.tasks[0].tasks, 1);
    assert_int_equal(set.tasks[0].accelerators, 1);
    assert_int_equal(set.tasks[0].mgpu, 1000);
    assert_int_equal(set.tasks[0].mcpu, 0);
    assert_int_equal(set.tasks[0].status, 1);
    assert_int_equal(set.tasks[0].submit_ns, INT64_C(29750000000));
    assert_int_equal(set.tasks[0].run_ns, SKY_NEVER_NS);
    assert_int_equal(set.tasks[0].estimate_ns, SKY_NEVER_NS);
    assert_text(set.tasks[1].name, "job-1");
    assert_text(set.tasks[1].kind, "LM (batch size 10)");
    assert_int_equal(set.tasks[1].steps, 73486);
    assert_int_equal(set.tasks[1].tasks, 4);
    assert_int_equal(set.tasks[1].submit_ns, 0);
    assert_round_trip(&set);
    trace_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_of_both_versions),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
