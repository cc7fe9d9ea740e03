/* Snapshots of Kubernetes clusters, replayed: each pod lands where the rules of the snapshot let it, and nowhere else. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/trace_files.h"
#include "twin.h"

#define MOST 64

#define NODE(name, labels, taints)                                                                           \
    "{\"kind\": \"Node\", \"metadata\": {\"name\": \"" name "\", \"labels\": {" labels "}}, \"spec\": {"     \
    "\"taints\": [" taints "]}, \"status\": {\"allocatable\": {\"cpu\": \"8\", \"memory\": \"32Gi\"}}},"
#define ZONE(zone)         "\"topology.kubernetes.io/zone\": \"" zone "\""
#define REGION(region)     "\"topology.kubernetes.io/region\": \"" region "\""
#define TAINT(key, effect) "{\"key\": \"" key "\", \"value\": \"v\", \"effect\": \"" effect "\"}"
/* Pods come in the order of their seconds. */
#define POD(name, labels, second, more)                                                                      \
    "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"" name                                                   \
    "\", \"namespace\": \"shop\", \"labels\": {" labels                                                      \
    "}, \"creationTimestamp\": \"2025-03-01T00:00:" second "Z\"}, \"spec\": {\"containers\": [{"             \
    "\"resources\": {\"requests\": {\"cpu\": \"1\"}}}]" more "}},"
#define TOLERATIONS(list) ", \"tolerations\": [" list "]"
#define END               "{\"kind\": \"Service\"}"

typedef struct outcome {
    scenario s;
    uint32_t node[MOST], pool[MOST]; /* by place in the file; SKY_NONE: never placed */
} outcome;

static sky_status keep(void *context, record_stream stream, const void *from, size_t count, sky_error *error)
{
    const record_placement_row *rows = from;
    outcome *o = context;

    (void)error;
    for (size_t i = 0; stream == RECORD_PLACEMENTS && i < count; i++) {
        o->node[o->s.tasks[rows[i].job].place] = rows[i].instance;
        o->pool[o->s.tasks[rows[i].job].place] = rows[i].pool;
    }
    return SKY_OK;
}

static outcome *replay(const char *items)
{
    twin_options options = { .strategy = "best-fit" };
    outcome *o = calloc(1, sizeof *o);
    const twin_output output = { .context = o, .rows = keep };
    record_summary summary;
    sky_error error = { "" };
    char *text = malloc(strlen(items) + 64);

    assert_true(o != NULL && text != NULL);
    for (int i = 0; i < MOST; i++)
        o->node[i] = o->pool[i] = SKY_NONE;
    sprintf(text, "{\"kind\": \"List\", \"items\": [%s]}", items);
    trace_file("cluster.json", text);
    free(text);
    trace_file("cluster.cfg",
               "name = \"cluster\"; strategies = [\"best-fit\"]; order = \"recorded\";\n"
               "nodes = \"cluster.json\"; node_format = \"kubernetes-json\"; unplaceable = \"wait\";\n"
               "tasks = \"cluster.json\"; task_format = \"kubernetes-json\";\n");
    if (scenario_load(trace_path("cluster.cfg"), NULL, 0, &o->s, &error) != SKY_OK ||
        twin_run(&o->s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(summary.failed_launches, 0);
    return o;
}

static void end(outcome *o)
{
    scenario_free(&o->s);
    free(o);
}

/* The name of the node on which a pod ran; "" where it waited to the end. */
static const char *node_of(const outcome *o, const char *pod)
{
    for (size_t i = 0; i < o->s.traces.task_count; i++)
        if (strcmp(o->s.traces.tasks[i].name, pod) == 0)
            return o->node[i] != SKY_NONE ? o->s.traces.nodes[o->node[i]].name : "";
    fail_msg("no pod %s", pod);
    return NULL;
}

static const char *pool_of(const outcome *o, const char *pod)
{
    for (size_t i = 0; i < o->s.traces.task_count; i++)
        if (strcmp(o->s.traces.tasks[i].name, pod) == 0)
            return o->pool[i] != SKY_NONE ? o->s.pools[o->pool[i]].name : "";
    return "";
}

/* Zones and regions by label; a region that isn't told is in the zone's name; nodes that tell neither are apart. */
static void test_places(void **state)
{
    outcome *o = replay(
        NODE("a1", ZONE("eu-1a") "," REGION("eu-1"), "") NODE("b1", ZONE("eu-1b") "," REGION("eu-1"), "")
            NODE("a2", ZONE("eu-1a") "," REGION("eu-1"), "") NODE("u1", ZONE("us-central1-f"), "")
                NODE("x", "", "") POD("on-b", "", "01", ", \"nodeSelector\": {" ZONE("eu-1b") "}")
                    POD("on-u", "", "02", ", \"nodeSelector\": {" ZONE("us-central1-f") "}")
                        POD("nowhere", "", "03", ", \"nodeSelector\": {" ZONE("mars") "}") END);
    const scenario *s = &o->s;

    (void)state;
    assert_int_equal(s->region_count, 3);
    assert_string_equal(s->regions[0].name, "eu-1");
    assert_int_equal(s->regions[0].zone_count, 2);
    assert_string_equal(s->regions[0].zones[0], "a");
    assert_string_equal(s->regions[0].zones[1], "b");
    assert_string_equal(s->regions[1].name, "us-central1");
    assert_string_equal(s->regions[1].zones[0], "-f");
    assert_string_equal(s->regions[2].name, "cluster");
    assert_int_equal(s->pool_count, 4);
    assert_string_equal(s->pools[0].name, "eu-1a/no-accelerator");
    assert_int_equal(s->nodes[0].pool, s->nodes[2].pool);
    assert_string_equal(s->pools[3].name, "no-accelerator");
    assert_string_equal(node_of(o, "on-b"), "b1");
    assert_string_equal(pool_of(o, "on-b"), "eu-1b/no-accelerator");
    assert_string_equal(node_of(o, "on-u"), "u1");
    assert_string_equal(node_of(o, "nowhere"), "");
    end(o);
}

/* One node, tainted: who may go there. Kubernetes, "Taints and Tolerations". */
static void test_taints(void **state)
{
    outcome *o = replay(
        NODE("n", "", TAINT("k", "NoSchedule") "," TAINT("m", "NoExecute")) POD("none", "", "01", "") POD(
            "equal", "", "02",
            TOLERATIONS("{\"key\": \"k\", \"value\": \"v\", \"effect\": \"NoSchedule\"}, "
                        "{\"key\": \"m\", \"operator\": \"Equal\", \"value\": \"v\"}"))
            POD("other-value", "", "03",
                TOLERATIONS("{\"key\": \"k\", \"value\": \"w\"}, {\"key\": \"m\", \"value\": \"v\"}"))
                POD("one-only", "", "04", TOLERATIONS("{\"key\": \"k\", \"value\": \"v\"}")) POD(
                    "exists", "", "05",
                    TOLERATIONS("{\"key\": \"k\", \"operator\": \"Exists\"}, {\"key\": \"m\", "
                                "\"operator\": \"Exists\", \"effect\": \"NoExecute\"}"))
                    POD("other-effect", "", "06",
                        TOLERATIONS("{\"key\": \"k\", \"operator\": \"Exists\", \"effect\": \"NoExecute\"}, "
                                    "{\"key\": \"m\", \"operator\": \"Exists\"}"))
                        POD("all", "", "07", TOLERATIONS("{\"operator\": \"Exists\"}"))
                            POD("all-of-an-effect", "", "08",
                                TOLERATIONS("{\"operator\": \"Exists\", \"effect\": \"NoSchedule\"}")) END);

    (void)state;
    assert_string_equal(node_of(o, "none"), "");
    assert_string_equal(node_of(o, "equal"), "n");
    assert_string_equal(node_of(o, "other-value"), "");
    assert_string_equal(node_of(o, "one-only"), "");
    assert_string_equal(node_of(o, "exists"), "n");
    assert_string_equal(node_of(o, "other-effect"), "");
    assert_string_equal(node_of(o, "all"), "n");
    assert_string_equal(node_of(o, "all-of-an-effect"), "");
    end(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_taints),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
