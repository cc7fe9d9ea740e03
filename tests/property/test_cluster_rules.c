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

static sky_status load(const char *file, const char *format, scenario *s, sky_error *error)
{
    char text[1024];

    snprintf(
        text, sizeof text,
        "name = \"cluster\"; strategies = [\"best-fit\"]; order = \"recorded\"; unplaceable = \"wait\";\n"
        "nodes = \"%s\"; node_format = \"%s\"; tasks = \"%s\"; task_format = \"%s\";\n",
        file, format, file, format);
    return scenario_load(trace_file("cluster.cfg", text), NULL, 0, s, error);
}

static outcome *run(const char *file, const char *format)
{
    twin_options options = { .strategy = "best-fit" };
    outcome *o = calloc(1, sizeof *o);
    const twin_output output = { .context = o, .rows = keep };
    record_summary summary;
    sky_error error = { "" };

    assert_non_null(o);
    for (int i = 0; i < MOST; i++)
        o->node[i] = o->pool[i] = SKY_NONE;
    if (load(file, format, &o->s, &error) != SKY_OK ||
        twin_run(&o->s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(summary.failed_launches, 0); /* the world counts for itself */
    return o;
}

static outcome *replay(const char *items)
{
    char *text = malloc(strlen(items) + 64);

    assert_non_null(text);
    sprintf(text, "{\"kind\": \"List\", \"items\": [%s]}", items);
    trace_file("cluster.json", text);
    free(text);
    return run("cluster.json", "kubernetes-json");
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

/* The set of nodes that meet what a pod says of them, by their place. */
static uint32_t eligible(const outcome *o, const char *pod)
{
    const scenario *s = &o->s;
    uint32_t nodes = 0;

    for (size_t i = 0; i < s->task_count; i++)
        for (size_t n = 0; n < s->node_count && strcmp(s->traces.tasks[s->tasks[i].place].name, pod) == 0;
             n++) {
            uint64_t asked = s->classes[s->tasks[i].task_class].request.labels;

            nodes |= (uint32_t)((s->nodes[n].labels & asked) == asked) << n;
        }
    return nodes;
}

#define ONE(key, operator, values)                                                                           \
    "{\"key\": \"" key "\", \"operator\": \"" operator"\", \"values\": [" values "]}"
#define MUST(terms)                                                                                          \
    ", \"affinity\": {\"nodeAffinity\": {\"requiredDuringSchedulingIgnoredDuringExecution\": "               \
    "{\"nodeSelectorTerms\": [" terms "]}}}"
#define EXPRESSIONS(list) "{\"matchExpressions\": [" list "]}"

/* Nodes, from bit 0: ssd of 8, hdd of 16, and one that says neither. Kubernetes, "Assigning Pods to Nodes", Operators. */
static void test_required_node_affinity(void **state)
{
    static const struct {
        const char *must;
        uint32_t nodes;
    } cases[] = {
        { MUST(EXPRESSIONS(ONE("disk", "In", "\"hdd\""))), 2 },
        { MUST(EXPRESSIONS(ONE("disk", "In", "\"ssd\", \"hdd\", \"tape\""))), 3 },
        { MUST(EXPRESSIONS(ONE("disk", "NotIn", "\"ssd\""))), 6 },
        { MUST(EXPRESSIONS(ONE("disk", "NotIn", "\"ssd\", \"hdd\""))), 4 },
        { MUST(EXPRESSIONS(ONE("disk", "Exists", ""))), 3 },
        { MUST(EXPRESSIONS(ONE("disk", "DoesNotExist", ""))), 4 },
        { MUST(EXPRESSIONS(ONE("cores", "Gt", "\"8\""))), 2 },
        { MUST(EXPRESSIONS(ONE("cores", "Lt", "\"16\""))), 1 },
        { MUST(EXPRESSIONS(ONE("disk", "Gt", "\"1\""))), 0 },
        { MUST(EXPRESSIONS(ONE("disk", "Exists", "") "," ONE("cores", "Lt", "\"9\""))), 1 },
        { MUST(EXPRESSIONS(ONE("disk", "In", "\"ssd\"")) "," EXPRESSIONS(ONE("disk", "DoesNotExist", ""))),
          5 },
        { MUST("{\"matchFields\": [" ONE("metadata.name", "In", "\"n2\"") "]}"), 4 },
        { MUST("{\"matchFields\": [" ONE("metadata.name", "NotIn", "\"n2\"") "], \"matchExpressions\": [" ONE(
              "disk", "NotIn", "\"hdd\"") "]}"),
          1 },
        { MUST(EXPRESSIONS(ONE("disk", "Exists", ""))) ", \"nodeSelector\": {\"cores\": \"16\"}", 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char items[4096];
        outcome *o;
        uint32_t nodes;

        snprintf(items, sizeof items,
                 NODE("n0", "\"disk\": \"ssd\", \"cores\": \"8\"", "")
                     NODE("n1", "\"disk\": \"hdd\", \"cores\": \"16\"", "") NODE("n2", "", "")
                         POD("p", "", "01", "%s") END,
                 cases[i].must);
        o = replay(items);
        nodes = eligible(o, "p");
        assert_int_equal(nodes, cases[i].nodes);
        assert_int_equal(o->node[0] == SKY_NONE, nodes == 0);
        if (nodes != 0)
            assert_true(nodes >> o->node[0] & 1);
        end(o);
    }
}

#define LIKES(weight, key, value)                                                                            \
    "{\"weight\": " weight ", \"preference\": " EXPRESSIONS(ONE(key, "In", "\"" value "\"")) "}"
#define MAY(list)                                                                                            \
    ", \"affinity\": {\"nodeAffinity\": {\"preferredDuringSchedulingIgnoredDuringExecution\": [" list "]}}"

/* Weights add up; a taint that is only to be avoided counts against a node. */
static void test_preferences(void **state)
{
    outcome *o = replay(
        NODE("a", "\"disk\": \"ssd\"", "") NODE("b", "\"disk\": \"hdd\", \"net\": \"fast\"", "")
            POD("ssd", "", "01", MAY(LIKES("60", "disk", "ssd") "," LIKES("50", "disk", "hdd"))) POD(
                "hdd", "", "02",
                MAY(LIKES("60", "disk", "ssd") "," LIKES("50", "disk", "hdd") "," LIKES("50", "net", "fast")))
                END);

    (void)state;
    assert_string_equal(node_of(o, "ssd"), "a");
    assert_string_equal(node_of(o, "hdd"), "b");
    end(o);
    /* best fit would have put all of them where the first is */
    o = replay(NODE("a", "\"disk\": \"ssd\"", TAINT("k", "PreferNoSchedule")) NODE("b", "", "")
                   POD("first", "", "01", ", \"nodeSelector\": {\"disk\": \"ssd\"}") POD("shy", "", "02", "")
                       POD("bold", "", "03",
                           TOLERATIONS("{\"key\": \"k\", \"operator\": \"Exists\"}")
                               MAY(LIKES("1", "disk", "ssd"))) END);
    assert_string_equal(node_of(o, "first"), "a");
    assert_string_equal(node_of(o, "shy"), "b");
    assert_string_equal(node_of(o, "bold"), "a");
    end(o);
}

#define APP(app)    "\"app\": \"" app "\""
#define SELECT(app) "\"labelSelector\": {\"matchLabels\": {" APP(app) "}}"
#define COMPANY(kind, terms)                                                                                 \
    ", \"affinity\": {\"" kind "\": {\"requiredDuringSchedulingIgnoredDuringExecution\": [" terms "]}}"
#define BY_NODE   ", \"topologyKey\": \"kubernetes.io/hostname\""
#define BY_ZONE   ", \"topologyKey\": \"topology.kubernetes.io/zone\""
#define TWO_ZONES NODE("a1", ZONE("eu-1a"), "") NODE("a2", ZONE("eu-1a"), "") NODE("b1", ZONE("eu-1b"), "")
#define THREE(labels, more)                                                                                  \
    POD("p1", labels, "01", more) POD("p2", labels, "02", more) POD("p3", labels, "03", more)

static int zone_of(const outcome *o, const char *pod)
{
    return node_of(o, pod)[0];
}

/* By node, by zone; of other namespaces, or of other labels, nobody is shunned. */
static void test_anti_affinity(void **state)
{
    outcome *o = replay(TWO_ZONES THREE(APP("web"), COMPANY("podAntiAffinity", "{" SELECT("web") BY_NODE "}"))
                            END);

    (void)state;
    assert_string_not_equal(node_of(o, "p1"), node_of(o, "p2"));
    assert_string_not_equal(node_of(o, "p1"), node_of(o, "p3"));
    assert_string_not_equal(node_of(o, "p2"), node_of(o, "p3"));
    assert_true(*node_of(o, "p3") != '\0');
    end(o);
    o = replay(TWO_ZONES THREE(APP("web"), COMPANY("podAntiAffinity", "{" SELECT("web") BY_ZONE "}")) END);
    assert_int_not_equal(zone_of(o, "p1"), zone_of(o, "p2"));
    assert_true(*node_of(o, "p1") != '\0' && *node_of(o, "p2") != '\0');
    assert_string_equal(node_of(o, "p3"), "");
    end(o);
    o = replay(TWO_ZONES THREE(APP("web"), COMPANY("podAntiAffinity", "{" SELECT("web") BY_NODE
                                                   ", \"namespaces\": [\"other\"]}, "
                                                   "{" SELECT("db") BY_NODE "}")) END);
    assert_string_equal(node_of(o, "p1"), node_of(o, "p2"));
    assert_string_equal(node_of(o, "p1"), node_of(o, "p3"));
    end(o);
    /* symmetric: who is shunned stays away as well; all namespaces */
    o = replay(
        TWO_ZONES POD("shuns", "", "01",
                      COMPANY("podAntiAffinity", "{" SELECT("db") BY_ZONE ", \"namespaceSelector\": {}}"))
            POD("shunned", APP("db"), "02", "") POD("neither", APP("web"), "03", "") END);
    assert_int_not_equal(zone_of(o, "shuns"), zone_of(o, "shunned"));
    assert_string_equal(node_of(o, "shuns"), node_of(o, "neither"));
    end(o);
}

static void test_affinity(void **state)
{
    outcome *o = replay(TWO_ZONES POD("db", APP("db"), "01", ", \"nodeSelector\": {" ZONE("eu-1b") "}")
                            POD("web", "", "02", COMPANY("podAffinity", "{" SELECT("db") BY_ZONE "}"))
                                POD("alone", "", "03", COMPANY("podAffinity", "{" SELECT("none") BY_ZONE "}"))
                                    END);

    (void)state;
    assert_string_equal(node_of(o, "db"), "b1");
    assert_string_equal(node_of(o, "web"), "b1");
    assert_string_equal(node_of(o, "alone"), "");
    end(o);
}

#define SPREAD(when, more)                                                                                   \
    ", \"topologySpreadConstraints\": [{\"maxSkew\": 1, \"whenUnsatisfiable\": \"" when "\"" BY_ZONE more "}]"

static void test_spread(void **state)
{
    static const char *const specs[] = {
        SPREAD("DoNotSchedule", ", " SELECT("web")),
        SPREAD("ScheduleAnyway", ", " SELECT("web")),
        SPREAD("DoNotSchedule", ", \"labelSelector\": {}, \"matchLabelKeys\": [\"app\"]"),
        SPREAD("DoNotSchedule",
               ", \"labelSelector\": {\"matchExpressions\": [" ONE("app", "NotIn", "\"db\"") "]}"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        char items[8192];
        int a = 0, b = 0;
        outcome *o;

        snprintf(items, sizeof items,
                 TWO_ZONES POD("db", APP("db"), "00", "") THREE(APP("web"), "%s")
                     POD("p4", APP("web"), "04", "%s") END,
                 specs[i], specs[i], specs[i], specs[i]);
        o = replay(items);
        for (int k = 1; k <= 4; k++) {
            a += zone_of(o, (const char *[]){ "p1", "p2", "p3", "p4" }[k - 1]) == 'a';
            b += zone_of(o, (const char *[]){ "p1", "p2", "p3", "p4" }[k - 1]) == 'b';
        }
        assert_int_equal(a, 2);
        assert_int_equal(b, 2);
        end(o);
    }
}

/* Equal pods are of one class, others of another. */
static void test_classes(void **state)
{
    outcome *o = replay(TWO_ZONES THREE(APP("web"), "") POD("db", APP("db"), "04", "") END);

    (void)state;
    assert_int_equal(o->s.class_count, 1); /* nobody asks for labels of pods */
    assert_int_equal(o->s.classes[0].expected, 4);
    end(o);
    o = replay(TWO_ZONES THREE(APP("web"), SPREAD("DoNotSchedule", ", " SELECT("web")))
                   POD("db", APP("db"), "04", "") POD("web", APP("web"), "05", "") END);
    assert_int_equal(o->s.class_count, 3);
    assert_int_equal(o->s.classes[0].expected + o->s.classes[1].expected + o->s.classes[2].expected, 5);
    end(o);
}

/* The snapshot and its import are the same cluster. */
static void test_internal_form(void **state)
{
    outcome *o = replay(
        TWO_ZONES THREE(APP("web"), SPREAD("DoNotSchedule", ", " SELECT("web")))
            POD("db", APP("db"), "04", COMPANY("podAntiAffinity", "{" SELECT("web") BY_NODE "}")) POD(
                "far", "", "05", MUST(EXPRESSIONS(ONE("topology.kubernetes.io/zone", "NotIn", "\"eu-1a\""))))
                POD("wish", "", "06", MAY(LIKES("7", "topology.kubernetes.io/zone", "eu-1b"))) END);
    outcome *again;
    sky_error error = { "" };

    (void)state;
    assert_int_equal(trace_write(trace_path("cluster.h5"), &o->s.traces, &error), SKY_OK);
    again = run("cluster.h5", "skytwin");
    assert_memory_equal(o->node, again->node, sizeof o->node);
    assert_int_equal(o->s.class_count, again->s.class_count);
    assert_int_not_equal(o->node[5], SKY_NONE);
    end(again);
    end(o);
}

/* What no reader writes, but a file may hold. */
static void test_bad_texts(void **state)
{
    static char affinity[] = "disk=ssd";
    static const struct {
        const char *preferences, *company, *message;
    } cases[] = {
        { "0 disk=ssd", NULL, "found p, expected preferences with a weight from 1 to 1000" },
        { "disk=ssd", NULL, "found p, expected preferences with a weight from 1 to 1000" },
        { NULL, "friendship node 0 0 a b=c", "found p, expected company as KIND LEVEL" },
        { NULL, "affinity rack 0 0 a b=c", "found p, expected company as KIND LEVEL" },
        { NULL, "affinity node 0 1 a b=c", "found p, expected company as KIND LEVEL" },
        { NULL, "spread node 0 0 a b=c", "found p, expected company as KIND LEVEL" },
        { NULL, "spread node 0 1 a", "found p, expected company as KIND LEVEL" },
        { NULL, "spread node 99999999 1 a b=c", "found p, expected company as KIND LEVEL" },
    };
    outcome *o = replay(NODE("a", "", "") POD("p", "", "01", "") END);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trace_task *task = &o->s.traces.tasks[0], old = *task;
        sky_error error = { "" };
        scenario s;

        task->affinity = affinity;
        task->preferences = (char *)(uintptr_t)cases[i].preferences;
        task->company = (char *)(uintptr_t)cases[i].company;
        assert_int_equal(trace_write(trace_path("cluster.h5"), &o->s.traces, &error), SKY_OK);
        *task = old;
        assert_int_equal(load("cluster.h5", "skytwin", &s, &error), SKY_ERROR_INPUT);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("%s", error.message);
    }
    end(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_taints),
        cmocka_unit_test(test_required_node_affinity),
        cmocka_unit_test(test_preferences),
        cmocka_unit_test(test_anti_affinity),
        cmocka_unit_test(test_affinity),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_internal_form),
        cmocka_unit_test(test_bad_texts),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
