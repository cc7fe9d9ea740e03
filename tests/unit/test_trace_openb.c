/* openb-nodes and openb-tasks. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trace_files.h"

#define NODES      "sn,cpu_milli,memory_mib,gpu,model\n"
#define TASKS      "name,cpu_milli,memory_mib,num_gpu,gpu_milli"
#define TASKS_FULL TASKS ",gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"

static void test_nodes(void **state)
{
    trace_set set = { 0 };

    (void)state;
    trace_read("openb-nodes", trace_file("n.csv", NODES "a,32000,262144,0,\r\nb,96000,1,8,V100M32\n"), &set);
    assert_int_equal(set.node_count, 2);
    assert_text(set.nodes[0].name, "a");
    assert_text(set.nodes[0].accelerator, NULL);
    assert_text(set.nodes[0].labels, NULL);
    assert_text(set.nodes[0].taints, NULL);
    assert_int_equal(set.nodes[0].mcpu, 32000);
    assert_int_equal(set.nodes[0].memory_bytes, INT64_C(262144) << 20);
    assert_int_equal(set.nodes[0].disk_bytes, 0);
    assert_int_equal(set.nodes[0].accelerators, 0);
    assert_text(set.nodes[1].accelerator, "V100M32");
    assert_int_equal(set.nodes[1].accelerators, 8);
    assert_round_trip(&set);
    trace_set_free(&set);
    assert_int_equal(set.node_count, 0);
}

static void test_tasks(void **state)
{
    const char *path = trace_file("t.csv", TASKS_FULL "a,12000,16384,1,460,,LS,Running,100,500,130.5\n"
                                                      "b,1,2,8,2000,V100M16|V100M32,BE,Failed,40,50,\n"
                                                      "c,1,2,0,0,nan,LS,Pending,60,nan,60\n");
    trace_set set = { 0 };

    (void)state;
    trace_read("openb-tasks", path, &set);
    assert_int_equal(set.task_count, 3);
    assert_text(set.tasks[0].name, "a");
    assert_text(set.tasks[0].tenant, NULL);
    assert_text(set.tasks[0].accelerator_models, NULL);
    assert_int_equal(set.tasks[0].mcpu, 12000);
    assert_int_equal(set.tasks[0].memory_bytes, INT64_C(16384) << 20);
    assert_int_equal(set.tasks[0].accelerators, 1);
    assert_int_equal(set.tasks[0].mgpu, 460);
    assert_int_equal(set.tasks[0].tasks, 1);
    assert_int_equal(set.tasks[0].status, 1);
    assert_int_equal(set.tasks[0].submit_ns, 60 * SKY_NS_PER_SECOND);
    assert_int_equal(set.tasks[0].run_ns, INT64_C(369500000000));
    assert_int_equal(set.tasks[0].estimate_ns, SKY_NEVER_NS);
    assert_text(set.tasks[1].accelerator_models, "V100M16|V100M32");
    assert_int_equal(set.tasks[1].accelerators, 8);
    assert_int_equal(set.tasks[1].mgpu, 1000);
    assert_int_equal(set.tasks[1].status, 0);
    assert_int_equal(set.tasks[1].submit_ns, 0); /* the earliest, not the first */
    assert_int_equal(set.tasks[1].run_ns, SKY_NEVER_NS);
    assert_text(set.tasks[2].accelerator_models, NULL);
    assert_int_equal(set.tasks[2].mgpu, 0);
    assert_int_equal(set.tasks[2].run_ns, SKY_NEVER_NS);
    assert_round_trip(&set);
    trace_set_free(&set);
}

static void test_tasks_without_times(void **state)
{
    trace_set set = { 0 };

    (void)state;
    trace_read("openb-tasks", trace_file("t.csv", TASKS_FULL "a,1,1,0,0,,,,7000,,\n"), &set);
    trace_read("openb-tasks", trace_file("u.csv", TASKS "\nb,1,1,1,1\n"), &set); /* appends */
    assert_int_equal(set.task_count, 2);
    assert_int_equal(set.tasks[0].submit_ns, 0);
    assert_int_equal(set.tasks[1].submit_ns, 0);
    assert_int_equal(set.tasks[1].mgpu, 1);
    assert_round_trip(&set);
    trace_set_free(&set);
}

/* ---- the published lists ------------------------------------------------------------------------------------ */

static void test_published_nodes(void **state)
{
    static const struct {
        const char *path;
        size_t nodes;
    } lists[] = { { TRACE_DATA "/openb/openb_node_list_gpu_node.csv", 1213 },
                  { TRACE_DATA "/openb/openb_node_list_all_node.csv", 1523 } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        trace_set set = { 0 };
        uint64_t devices = 0;

        if (trace_absent(lists[i].path))
            skip();
        trace_read("openb-nodes", lists[i].path, &set);
        for (size_t k = 0; k < set.node_count; k++)
            devices += set.nodes[k].accelerators;
        assert_int_equal(set.node_count, lists[i].nodes);
        assert_int_equal(devices, 6212);
        trace_set_free(&set);
    }
}

static void test_published_tasks(void **state)
{
    static const struct {
        const char *path;
        size_t tasks;
        int64_t mgpu;
    } lists[] = { { TRACE_DATA "/openb/openb_pod_list_default.csv", 8152, 6086800 },
                  { TRACE_DATA "/openb/openb_pod_list_cpu200.csv", 8832, 6086800 },
                  { TRACE_DATA "/openb/openb_pod_list_gpushare100.csv", 8152, 3952670 },
                  { TRACE_DATA "/openb/openb_pod_list_gpuspec33.csv", 8152, 6086800 },
                  { TRACE_DATA "/openb/openb_pod_list_multigpu50.csv", 9061, 11358800 } };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        trace_set set = { 0 };
        int64_t mgpu = 0;

        if (trace_absent(lists[i].path))
            skip();
        trace_read("openb-tasks", lists[i].path, &set);
        for (size_t k = 0; k < set.task_count; k++)
            mgpu += (int64_t)set.tasks[k].accelerators * set.tasks[k].mgpu;
        assert_int_equal(set.task_count, lists[i].tasks);
        assert_int_equal(mgpu, lists[i].mgpu);
        assert_round_trip(&set);
        trace_set_free(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_tasks),
        cmocka_unit_test(test_tasks_without_times),
        cmocka_unit_test(test_published_nodes),
        cmocka_unit_test(test_published_tasks),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
