/* The Standard Workload Format. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "tests/trace_files.h"

static void test_jobs(void **state)
{
    const char *path = trace_file("a.swf", "; Version: 2.2\n;\n;   UnixStartTime: 747196800\n"
                                           "1 100 5 60 4 55 2048 8 120 4096 1 3 1 2 1 -1 -1 -1\n"
                                           "  2\t40.5 -1 -1 -1 -1 -1 2 -1 512 5 -1 -1 -1 -1 -1 -1 -1 \n"
                                           "3 200 0 0 1 -1 -1 -1 3600 -1 0 0 -1 -1 -1 -1 -1 -1\r\n"
                                           "4 200 0 9 1 -1 -1 -1 -1 -1 -1 12 -1 -1 -1 -1 -1 -1\n");
    trace_set set = { 0 };

    (void)state;
    trace_read("swf", path, &set);
    assert_int_equal(set.node_count, 0);
    assert_int_equal(set.task_count, 4);
    assert_text(set.tasks[0].name, "1");
    assert_text(set.tasks[0].tenant, "user-3");
    assert_int_equal(set.tasks[0].submit_ns, INT64_C(59500000000));
    assert_int_equal(set.tasks[0].run_ns, 60 * SKY_NS_PER_SECOND);
    assert_int_equal(set.tasks[0].estimate_ns, 120 * SKY_NS_PER_SECOND);
    assert_int_equal(set.tasks[0].tasks, 8);
    assert_int_equal(set.tasks[0].mcpu, 1000);
    assert_int_equal(set.tasks[0].memory_bytes, 2048 * 1024);
    assert_int_equal(set.tasks[0].accelerators, 0);
    assert_int_equal(set.tasks[0].status, 1);
    assert_text(set.tasks[1].tenant, NULL);
    assert_int_equal(set.tasks[1].submit_ns, 0);
    assert_int_equal(set.tasks[1].run_ns, SKY_NEVER_NS);
    assert_int_equal(set.tasks[1].estimate_ns, SKY_NEVER_NS);
    assert_int_equal(set.tasks[1].tasks, 2);
    assert_int_equal(set.tasks[1].memory_bytes, 512 * 1024);
    assert_int_equal(set.tasks[1].status, 5);
    assert_text(set.tasks[2].tenant, "user-0");
    assert_int_equal(set.tasks[2].run_ns, 0);
    assert_int_equal(set.tasks[2].tasks, 1);
    assert_int_equal(set.tasks[2].memory_bytes, 0);
    assert_int_equal(set.tasks[2].status, 0);
    assert_int_equal(set.tasks[3].status, 1); /* not told */
    assert_round_trip(&set);
    trace_set_free(&set);
}

/* Parts of a checkpointed job have lines of their own; a job without a size that never ran has no meaning. */
static void test_lines_that_are_no_job(void **state)
{
    const char *path = trace_file("b.swf", "1 0 0 9 2 -1 -1 2 -1 -1 1 1 1 1 1 1 -1 -1\n"
                                           "1 0 0 4 2 -1 -1 2 -1 -1 2 1 1 1 1 1 -1 -1\n"
                                           "1 0 9 5 2 -1 -1 2 -1 -1 3 1 1 1 1 1 -1 -1\n"
                                           "2 1 0 0 0 -1 -1 -1 -1 -1 5 1 1 1 1 1 -1 -1\n");
    trace_set set = { 0 };

    (void)state;
    trace_read("swf", path, &set);
    assert_int_equal(set.task_count, 1);
    assert_int_equal(set.tasks[0].run_ns, 9 * SKY_NS_PER_SECOND);
    assert_round_trip(&set);
    trace_set_free(&set);
}

static void test_nodes_of_the_header(void **state)
{
    static const struct {
        const char *header;
        size_t nodes;
        int64_t first_mcpu, last_mcpu;
    } cases[] = {
        { "; MaxProcs: 128\n; MaxNodes: 32\n", 32, 4000, 4000 },
        { "; MaxNodes: 3 (of which one is larger)\n; MaxProcs: 7\n", 3, 3000, 2000 },
        { ";MaxProcs: 16\n", 16, 1000, 1000 },
        { "; MaxNodes:\t5\n; MaxProcs: -1\n", 5, 1000, 1000 },
        { "; MaxProcs: 0\n; Note: MaxProcs: 12\n", 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trace_set set = { 0 };
        char text[256];

        snprintf(text, sizeof text, "%s1 0 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1", cases[i].header);
        trace_read("swf", trace_file("h.swf", text), &set);
        assert_int_equal(set.task_count, 1);
        assert_int_equal(set.node_count, cases[i].nodes);
        if (set.node_count > 0) {
            assert_text(set.nodes[0].name, "node-1");
            assert_int_equal(set.nodes[0].mcpu, cases[i].first_mcpu);
            assert_int_equal(set.nodes[set.node_count - 1].mcpu, cases[i].last_mcpu);
        }
        trace_set_free(&set);
    }
}

static void test_a_million_jobs_take_seconds(void **state)
{
    FILE *file = fopen(trace_path("big.swf"), "w");
    trace_set set = { 0 };
    time_t begin;

    (void)state;
    assert_non_null(file);
    for (int i = 1; i <= 1000000; i++)
        fprintf(file, "%d %d 1 %d 16 -1 1024 16 7200 -1 1 %d 1 1 1 1 -1 -1\n", i, i, i % 3600, i % 500);
    assert_int_equal(fclose(file), 0);
    begin = time(NULL);
    trace_read("swf", trace_path("big.swf"), &set);
    assert_int_equal(set.task_count, 1000000);
    assert_round_trip(&set);
    assert_true(time(NULL) - begin < 60); /* by far: sanitizers and busy machines have their part */
    trace_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_lines_that_are_no_job),
        cmocka_unit_test(test_nodes_of_the_header),
        cmocka_unit_test(test_a_million_jobs_take_seconds),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
