/* Snapshots of a Kubernetes cluster. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trace_files.h"

#define LIST(items) "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [" items "]}"
#define POD(phase, name, time, spec)                                                                         \
    "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"" name "\", \"namespace\": \"team-a\", "                 \
    "\"creationTimestamp\": \"" time "\"}, \"spec\": {" spec "}, \"status\": {\"phase\": \"" phase "\"}}"
#define CPU(cpu) "{\"name\": \"c\", \"resources\": {\"requests\": {\"cpu\": \"" cpu "\"}}}"

static void test_nodes(void **state)
{
    const char *path = trace_file(
        "n.json",
        LIST("{\"kind\": \"Node\", \"metadata\": {\"name\": \"gpu-1\", \"labels\": {\"zone\": \"b\", "
             "\"arch\": "
             "\"amd64\", \"nvidia.com/gpu.product\": \"NVIDIA-H100-80GB-HBM3\", \"empty\": \"\"}}, \"spec\": "
             "{\"taints\": "
             "[{\"key\": \"nvidia.com/gpu\", \"value\": \"present\", \"effect\": \"NoSchedule\"}, {\"key\": "
             "\"dedicated\", \"effect\": \"NoExecute\"}]}, \"status\": {\"capacity\": {\"cpu\": \"999\"}, "
             "\"allocatable\": {\"cpu\": \"95500m\", \"memory\": \"1056384Ki\", \"ephemeral-storage\": "
             "\"47093746742\", \"nvidia.com/gpu\": \"8\", \"pods\": \"110\"}}},"
             "{\"kind\": \"Service\"},"
             "{\"kind\": \"Node\", \"metadata\": {\"name\": \"plain\"}, \"status\": {\"allocatable\": "
             "{\"cpu\": 4, "
             "\"memory\": \"16G\", \"nvidia.com/gpu\": \"0\"}}},"
             "{\"kind\": \"Node\", \"metadata\": {\"name\": \"tpu\"}, \"status\": {\"allocatable\": {"
             "\"google.com/tpu\": \"4\"}}}"));
    trace_set set = { 0 };

    (void)state;
    trace_read("kubernetes-json", path, &set);
    assert_int_equal(set.node_count, 3);
    assert_int_equal(set.task_count, 0);
    assert_text(set.nodes[0].name, "gpu-1");
    assert_text(set.nodes[0].accelerator, "NVIDIA-H100-80GB-HBM3");
    assert_text(set.nodes[0].labels, "arch=amd64,empty=,nvidia.com/gpu.product=NVIDIA-H100-80GB-HBM3,zone=b");
    assert_text(set.nodes[0].taints, "dedicated=:NoExecute,nvidia.com/gpu=present:NoSchedule");
    assert_int_equal(set.nodes[0].mcpu, 95500);
    assert_int_equal(set.nodes[0].memory_bytes, INT64_C(1056384) * 1024);
    assert_int_equal(set.nodes[0].disk_bytes, INT64_C(47093746742));
    assert_int_equal(set.nodes[0].accelerators, 8);
    assert_text(set.nodes[1].accelerator, NULL);
    assert_text(set.nodes[1].labels, NULL);
    assert_text(set.nodes[1].taints, NULL);
    assert_int_equal(set.nodes[1].mcpu, 4000);
    assert_int_equal(set.nodes[1].memory_bytes, INT64_C(16000000000));
    assert_text(set.nodes[2].accelerator, "google.com/tpu");
    assert_int_equal(set.nodes[2].accelerators, 4);
    assert_round_trip(&set);
    trace_set_free(&set);
}

static void test_pods(void **state)
{
    const char *path = trace_file(
        "p.json",
        LIST(POD("Running", "web", "2025-03-01T00:00:10Z",
                 "\"containers\": [{\"resources\": {\"requests\": {\"cpu\": \"250m\", \"memory\": "
                 "\"64Mi\"}}}, "
                 "{\"resources\": {}}, {\"resources\": {\"requests\": {\"cpu\": \"0.5\", "
                 "\"memory\": \"1G\", "
                 "\"ephemeral-storage\": \"2Gi\", \"nvidia.com/gpu\": \"2\"}}}], \"priority\": -10, "
                 "\"nodeSelector\": {\"zone\": \"b\", \"arch\": \"amd64\"}, \"tolerations\": ["
                 "{\"key\": \"nvidia.com/gpu\", \"operator\": \"Exists\", \"effect\": "
                 "\"NoSchedule\"}, "
                 "{\"key\": \"dedicated\", \"value\": \"ml\"}, "
                 "{\"operator\": \"Exists\", \"effect\": \"NoExecute\", \"tolerationSeconds\": "
                 "300}]") "," POD("Succeeded", "done", "2024-01-01T00:00:00Z",
                                  "") "," POD("Failed", "gone", "2024-01-01T00:00:00Z",
                                              "") "," POD("Pending", "bare", "2025-02-28T23:59:59Z",
                                                          "\"containers\": [{}]")));
    trace_set set = { 0 };

    (void)state;
    trace_read("kubernetes-json", path, &set);
    assert_int_equal(set.task_count, 2);
    assert_text(set.tasks[0].name, "web");
    assert_text(set.tasks[0].tenant, "team-a");
    assert_text(set.tasks[0].labels, "arch=amd64,zone=b");
    assert_text(set.tasks[0].tolerations, "*:NoExecute,dedicated=ml,nvidia.com/gpu:NoSchedule");
    assert_int_equal(set.tasks[0].submit_ns, 11 * SKY_NS_PER_SECOND);
    assert_int_equal(set.tasks[0].mcpu, 750);
    assert_int_equal(set.tasks[0].memory_bytes, 64 * 1048576 + 1000000000);
    assert_int_equal(set.tasks[0].disk_bytes, INT64_C(2) << 30);
    assert_int_equal(set.tasks[0].accelerators, 2);
    assert_int_equal(set.tasks[0].mgpu, 1000);
    assert_int_equal(set.tasks[0].priority, -10);
    assert_int_equal(set.tasks[0].tasks, 1);
    assert_int_equal(set.tasks[0].run_ns, SKY_NEVER_NS);
    assert_text(set.tasks[1].labels, NULL);
    assert_text(set.tasks[1].tolerations, NULL);
    assert_int_equal(set.tasks[1].submit_ns, 0);
    assert_int_equal(set.tasks[1].mcpu, 0);
    assert_int_equal(set.tasks[1].mgpu, 0);
    assert_round_trip(&set);
    trace_set_free(&set);
}

/* max(sum of containers and sidecars, each init container beside the sidecars before it) + overhead */
static void test_what_a_pod_asks_for(void **state)
{
    static const struct {
        const char *spec;
        int64_t mcpu;
    } cases[] = {
        { "\"containers\": [" CPU("1") ", " CPU("2") "]", 3000 },
        { "\"initContainers\": [" CPU("2") ", " CPU("2500m") "], \"containers\": [" CPU("1") ", " CPU(
              "2") "]",
          3000 },
        { "\"initContainers\": [" CPU("5") ", " CPU("2") "], \"containers\": [" CPU("1") "]", 5000 },
        { "\"initContainers\": [" CPU("5") "], \"containers\": [" CPU(
              "1") "], \"overhead\": {\"cpu\": \"120m\"}",
          5120 },
        { "\"initContainers\": [{\"restartPolicy\": \"Always\", \"resources\": {\"requests\": {\"cpu\": "
          "\"2\"}}}, " CPU("5") "], \"containers\": [" CPU("1") "]",
          7000 },
        { "\"initContainers\": [" CPU(
              "5") ", {\"restartPolicy\": \"Always\", \"resources\": {\"requests\": {\"cpu\": "
                   "\"2\"}}}], \"containers\": [" CPU("4") "]",
          6000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trace_set set = { 0 };
        char text[2048];

        snprintf(text, sizeof text, LIST(POD("Pending", "p", "2025-01-01T00:00:00Z", "%s")), cases[i].spec);
        trace_read("kubernetes-json", trace_file("q.json", text), &set);
        assert_int_equal(set.task_count, 1);
        assert_int_equal(set.tasks[0].mcpu, cases[i].mcpu);
        trace_set_free(&set);
    }
}

/* One meaning has one text: lists are sorted, and what says nothing is left out. */
static void test_rules(void **state)
{
    const char *path = trace_file(
        "r.json",
        "{\"items\": [{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\", \"namespace\": \"shop\", "
        "\"labels\": {\"tier\": "
        "\"front\", \"app\": \"web\"}, \"creationTimestamp\": \"2025-03-01T00:00:00Z\"}, \"spec\": "
        "{\"containers\": "
        "[{}], \"affinity\": {\"nodeAffinity\": {\"requiredDuringSchedulingIgnoredDuringExecution\": "
        "{\"nodeSelectorTerms\": [{\"matchExpressions\": [{\"key\": \"zone\", \"operator\": \"In\", "
        "\"values\": "
        "[\"b\", \"a\"]}, {\"key\": \"spot\", \"operator\": \"DoesNotExist\"}, {\"key\": \"cores\", "
        "\"operator\": \"Gt\", "
        "\"values\": [\"8\"]}]}, {\"matchFields\": [{\"key\": \"metadata.name\", \"operator\": \"In\", "
        "\"values\": "
        "[\"n-1\"]}]}]}, \"preferredDuringSchedulingIgnoredDuringExecution\": [{\"weight\": 5, "
        "\"preference\": "
        "{\"matchExpressions\": [{\"key\": \"disk\", \"operator\": \"NotIn\", \"values\": [\"hdd\"]}]}}, "
        "{\"weight\": 1, "
        "\"preference\": {}}]}, \"podAffinity\": {\"preferredDuringSchedulingIgnoredDuringExecution\": "
        "[{\"weight\": 50, "
        "\"podAffinityTerm\": {\"topologyKey\": \"topology.kubernetes.io/region\", \"namespaces\": "
        "[\"data\", \"cache\"], "
        "\"labelSelector\": {\"matchExpressions\": [{\"key\": \"app\", \"operator\": \"Exists\"}]}}}]}, "
        "\"podAntiAffinity\": {\"requiredDuringSchedulingIgnoredDuringExecution\": [{\"topologyKey\": "
        "\"kubernetes.io/hostname\", \"mismatchLabelKeys\": [\"tier\"], \"namespaceSelector\": {}, "
        "\"labelSelector\": "
        "{\"matchLabels\": {\"app\": \"web\"}}}]}}, \"topologySpreadConstraints\": [{\"maxSkew\": 2, "
        "\"whenUnsatisfiable\": \"ScheduleAnyway\", \"topologyKey\": \"topology.kubernetes.io/zone\", "
        "\"labelSelector\": "
        "{}}]}}]}");
    trace_set set = { 0 };

    (void)state;
    trace_read("kubernetes-json", path, &set);
    assert_text(set.tasks[0].own_labels, "app=web,tier=front");
    assert_text(set.tasks[0].affinity, "!spot,cores>8,zone=a|b;metadata.name=n-1");
    assert_text(set.tasks[0].preferences, "5 disk!=hdd");
    assert_text(set.tasks[0].company, "affinity region 50 0 cache|data app;anti-affinity node 0 0 * "
                                      "app=web,tier!=front;spread zone 100 2 shop *");
    assert_round_trip(&set);
    trace_set_free(&set);
}

#define OWNED(name, kind, node)                                                                              \
    "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"" name "\", \"ownerReferences\": [{\"kind\": \"" kind    \
    "\"}], \"creationTimestamp\": \"2025-03-01T00:00:00Z\"}, \"spec\": {" node                               \
    "\"containers\": [" CPU("250m") "]}}"
#define ON(node) "\"nodeName\": \"" node "\", "
#define MACHINE(name)                                                                                        \
    "{\"kind\": \"Node\", \"metadata\": {\"name\": \"" name "\"}, \"status\": {\"allocatable\": {\"cpu\": "  \
    "\"1\", \"memory\": \"1Gi\"}}}"

/* Daemons are part of their nodes, wherever these stand in the file; not of other nodes, and not before they run. */
static void test_daemons(void **state)
{
    const char *path = trace_file(
        "d.json",
        LIST(OWNED("a1", "DaemonSet", ON("a")) "," OWNED("a2", "DaemonSet", ON("a")) "," MACHINE("b") "," MACHINE("a") "," OWNED(
            "lost", "DaemonSet",
            ON("c")) "," OWNED("new", "DaemonSet",
                               "") "," OWNED("web", "ReplicaSet",
                                             ON("a")) "," OWNED("b1", "DaemonSet",
                                                                ON("b")) "," OWNED("b2", "DaemonSet",
                                                                                   ON("b")) "," OWNED("b3",
                                                                                                      "Daemon"
                                                                                                      "Set",
                                                                                                      ON("b")) "," OWNED("b4",
                                                                                                                         "DaemonSet",
                                                                                                                         ON("b")) "," OWNED("b5",
                                                                                                                                            "DaemonSet",
                                                                                                                                            ON("b"))));
    trace_set set = { 0 };

    (void)state;
    trace_read("kubernetes-json", path, &set);
    assert_text(set.nodes[0].name, "b");
    assert_int_equal(set.nodes[0].mcpu, 1); /* 0 would be untold */
    assert_int_equal(set.nodes[1].mcpu, 500);
    assert_int_equal(set.nodes[1].memory_bytes, 1 << 30);
    assert_int_equal(set.task_count, 3);
    assert_text(set.tasks[0].name, "lost");
    assert_text(set.tasks[1].name, "new");
    assert_text(set.tasks[2].name, "web");
    trace_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_pods),
        cmocka_unit_test(test_what_a_pod_asks_for),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_daemons),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
