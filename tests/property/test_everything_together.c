/* Everything that can meet, at once: random small scenarios with preemption, placement terms, backfilling, MIG instances,
 * TPU slices, pools that grow and shrink, arrays and stages, nodes that fail, outages and other faults. Whatever they do:
 * - work: on nodes = done + lost + overhead, of each task, to the ns; and money: the bill's rows add up to the total;
 * - no task is lost: each is done, was given up, or still waits or runs at the end;
 * - an engine that is restarted on the way changes nothing, and the recorded events give the recorded actions;
 * - when the engine has no more orders, no task waits for which it knows room (without promises, and sitings).
 * In Debug builds the twin's own invariants are checked after every event as well. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "kernel/random.h"
#include "scenario.h"
#include "tests/record_rows.h"
#include "tests/scenario_files.h"
#include "tests/validation.h"
#include "twin.h"
#include "tests/folder.h"

#define CASES (SKYTWIN_SANITIZED ? 8 : 120)

/* A machine with GPUs that can be cut and one that is a host of TPU pods, beside those of the tiny catalog. */
static const char machines_text[] =
    "catalog: { aws: {\n  @include \"catalog/aws.cfg\"\n };\n gcp: {\n  @include \"catalog/gcp.cfg\"\n };\n"
    "  x: { kind = \"cloud\"; spot_notice = \"30 s\"; billing_minimum = \"10 min\";\n"
    "    egress: { between_regions = \"0.01 USD/GB\"; internet = ( { price = \"0.05 USD/GB\"; } ); };\n"
    "    spot: { mean_available = \"3 h\"; mean_unavailable = \"1 h\"; };\n"
    "    regions = ( { name = \"r\"; jurisdictions = [\"X\"]; zones = [\"a\", \"b\"]; } );\n"
    "    machines = ( { name = \"gpu\"; cpus = 32; memory = \"256 GiB\"; accelerator = \"A100\"; "
    "accelerators "
    "= 4;\n"
    "      interconnect = \"2+2\"; mig_model = \"A100-40GB\";\n"
    "      prices = ( { region = \"r\"; on_demand = \"9 USD/h\"; spot = \"3 USD/h\"; } ); },\n"
    "    { name = \"tpu\"; cpus = 64; memory = \"1 TiB\"; accelerator = \"TPU v5e\"; accelerators = 8; tpu = "
    "true;\n"
    "      torus = \"v5e\"; prices = ( { region = \"r\"; on_demand = \"4 USD/h\"; } ); } ); }; };\n";

/* ---- scenarios --------------------------------------------------------------------------------------------------- */

typedef struct dice {
    random_key key;
    uint64_t thrown;
} dice;

static int throw(dice * d, int sides)
{
    return (int)(random_u64(&d->key, d->thrown++) % (uint64_t)sides);
}

static const char *pick(dice *d, const char *const *of, int count)
{
    return of[throw(d, count)];
}

#define PICK(d, ...)                                                                                         \
    pick(d, (const char *const[]){ __VA_ARGS__ },                                                            \
         (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)))

typedef struct text {
    char is[16384];
    size_t length;
} text;

__attribute__((format(printf, 2, 3))) static void put(text *t, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    t->length += (size_t)vsnprintf(t->is + t->length, sizeof t->is - t->length, format, arguments);
    va_end(arguments);
    assert_true(t->length < sizeof t->is);
}

static void put_pools(text *t, dice *d)
{
    put(t, "pools = (\n  { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; zones = %d; nodes = %d;\n",
        1 + throw(d, 3), 1 + throw(d, 2));
    put(t, "    node_mtbf = \"%d h\"; node_repair = \"%d min\"; labels = [\"disk\"]; },\n", 2 + throw(d, 20),
        10 + throw(d, 60));
    put(t,
        "  { machine = \"x:gpu\"; regions = [\"x:r\"]; zones = %d; nodes = 1; node_mtbf = \"%d h\"; %s },\n",
        1 + throw(d, 2), 2 + throw(d, 20), PICK(d, "mig = true;", "mig = true;", "labels = [\"disk\"];"));
    put(t,
        "  { machine = \"x:tpu\"; regions = [\"x:r\"]; pod = \"%s\"; pods = %d; node_mtbf = \"%d h\"; },\n",
        PICK(d, "4x4", "4x8", "8x8"), 1 + throw(d, 2), 2 + throw(d, 20));
    put(t, "  { machine = \"aws:m5\"; regions = [\"aws:eu-west-1\"]; nodes = { most = %d; least = %d; };\n",
        1 + throw(d, 5), throw(d, 2));
    put(t,
        "    boot = { distribution = \"exponential\"; mean = \"4 min\"; };\n    stock = { mean_available = "
        "\"5 h\"; mean_unavailable = \"1 h\"; }; },\n");
    put(t,
        "  { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; nodes = { most = %d; initial = 1; };\n",
        1 + throw(d, 3));
    put(t,
        "    purchases = [%s]; spot: { mean_available = \"2 h\"; mean_unavailable = \"30 min\"; }; }\n);\n",
        PICK(d, "\"spot\"", "\"on-demand\", \"spot\""));
}

static const char *term(dice *d)
{
    return PICK(d, "", "", "anti_affinity = ( { level = \"node\"; } );",
                "anti_affinity = ( { level = \"zone\"; weight = 30; } );",
                "spread = ( { level = \"zone\"; max_skew = 1; } );",
                "spread = ( { level = \"node\"; max_skew = 2; weight = 20; } );",
                "affinity = ( { level = \"region\"; groups = [\"others\"]; } );",
                "affinity = ( { level = \"node\"; groups = [\"others\"]; weight = 40; } );",
                "anti_affinity = ( { level = \"node\"; groups = [\"others\"]; } );",
                "prefer = ( { labels = [\"disk\"]; weight = 50; } );",
                "affinity = ( { level = \"zone\"; } ); spread = ( { level = \"node\"; } );");
}

static void put_classes(text *t, dice *d, int mig)
{
    put(t,
        "classes = (\n  { name = \"large\"; request = { cpus = 9.0; }; groups = [\"large\"]; mtbf = \"%d "
        "min\"; %s },\n",
        60 + throw(d, 200), term(d));
    put(t,
        "  { name = \"small\"; request = { cpus = 1.5; memory = \"4 GiB\"; %s}; groups = [\"others\"]; %s "
        "},\n",
        PICK(d, "", "", "labels = [\"disk\"]; "), term(d));
    if (mig)
        put(t,
            "  { name = \"fast\"; request = { cpus = 1.0; profile = \"%s\"; }; groups = [\"others\"]; %s "
            "},\n",
            PICK(d, "1g.5gb", "2g.10gb", "3g.20gb"), term(d));
    else
        put(t,
            "  { name = \"fast\"; request = { cpus = 1.0; accelerators = %s models = [\"A100\"]; };\n"
            "    groups = [\"others\"]; %s },\n",
            PICK(d, "1; share = 0.4;", "1;", "2; one_group = true;"), term(d));
    put(t, "  { name = \"slice\"; request = { cpus = 1.0; %s }; groups = [\"slices\"]; %s }\n);\n",
        PICK(d, "slice = \"2x2\";", "slice = \"4x4\";", "chips = 4;"), term(d));
}

static void put_life(text *t, dice *d)
{
    put(t,
        "    checkpoint = \"1 GB\"; checkpoint_interval = \"%d min\"; checkpoint_time = \"%d s\"; restart = "
        "\"%d s\";\n",
        1 + throw(d, 3) * 7, throw(d, 2) * 20, throw(d, 2) * 45);
    put(t, "    retries = %d; retry_after = \"%d s\"; on_failure = \"%s\"; priority = %d;\n", throw(d, 4),
        throw(d, 90), PICK(d, "fail", "go-on"), throw(d, 4) * 5 - 5);
    put(t, "    estimate_factor = %d.0; estimate_least = %s; tenant = \"%s\";\n", 1 + throw(d, 3),
        PICK(d, "1.0", "0.5"), PICK(d, "a", "b"));
    put(t, "    work = { distribution = \"%s\"; mean = \"%d min\"; }; },\n", PICK(d, "exponential", "fixed"),
        10 + throw(d, 60));
}

static void put_workloads(text *t, dice *d)
{
    put(t, "workloads = (\n");
    put(t,
        "  { name = \"batch\"; class = \"small\"; arrival = \"poisson\"; rate = \"%d /d\"; array = 4; "
        "at_once = %d;\n",
        40 + throw(d, 80), 1 + throw(d, 4));
    put_life(t, d);
    put(t, "  { name = \"urgent\"; class = \"large\"; arrival = \"poisson\"; rate = \"%d /d\";\n",
        20 + throw(d, 40));
    put_life(t, d);
    put(t,
        "  { name = \"gangs\"; class = \"%s\"; arrival = \"poisson\"; rate = \"%d /d\"; gang = %d; together "
        "= "
        "\"%s\";\n",
        PICK(d, "fast", "small", "large"), 15 + throw(d, 30), 2 + throw(d, 2),
        PICK(d, "anywhere", "anywhere", "region", "pool", "node"));
    put_life(t, d);
    put(t, "  { name = \"slices\"; class = \"slice\"; arrival = \"poisson\"; rate = \"%d /d\";\n",
        20 + throw(d, 60));
    put_life(t, d);
    put(t, "  { name = \"flow\"; class = \"small\"; arrival = \"poisson\"; rate = \"10 /d\";\n"
           "    stages = ( { name = \"last\"; after = [\"left\", \"right\"]; class = \"fast\"; },\n"
           "               { name = \"first\"; count = 2; },\n"
           "               { name = \"left\"; after = [\"first\"]; count = 5; at_once = 2; class = \"fast\"; "
           "},\n"
           "               { name = \"right\"; after = [\"first\"]; class = \"large\"; } );\n");
    put_life(t, d);
    t->length -= 2; /* the last comma */
    put(t, "\n);\n");
}

static void put_faults(text *t, dice *d)
{
    put(t, "faults = (\n");
    put(t, "  { kind = \"outage\"; target = \"%s\"; every = \"%d h\"; lasts = \"%d min\"; reach = %s; },\n",
        PICK(d, "aws", "aws:us-east-1", "aws:eu-west-1", "x:r", "gcp"), 3 + throw(d, 12), 10 + throw(d, 90),
        PICK(d, "1.0", "0.5"));
    put(t, "  { kind = \"outage\"; target = \"%s\"; every = \"%d h\"; lasts = \"%d min\"; },\n",
        PICK(d, "aws:us-east-1a", "x", "x:ra", "gcp"), 3 + throw(d, 12), 10 + throw(d, 90));
    put(t,
        "  { kind = \"price-shock\"; target = \"%s\"; factor = 2.5; every = \"5 h\"; lasts = \"1 h\"; },\n",
        PICK(d, "aws", "gcp"));
    put(t, "  { kind = \"quota-cut\"; target = \"%s\"; machines = 1; every = \"5 h\"; lasts = \"1 h\"; },\n",
        PICK(d, "aws:eu-west-1", "gcp"));
    put(t, "  { kind = \"%s every = \"7 h\"; lasts = \"%d min\"; } );\n",
        PICK(d, "control-plane\";", "stale-telemetry\"; target = \"gcp\";"), 5 + throw(d, 40));
}

static void load(unsigned i, scenario *s, char *strategy, size_t size)
{
    dice d = { .key = { .seed = i, .thing = 23 } };
    static text t;
    char path[256];
    sky_error error;

    t.length = 0;
    put(&t, "%s", machines_text);
    put(&t,
        "name = \"together\"; duration = \"20 h\"; control_interval = \"%d min\"; strategies = "
        "[\"best-fit\"];\n",
        5 + throw(&d, 40));
    put(&t, "seed = %u; kill_at_estimate = %s; unplaceable = \"%s\";\n", i,
        PICK(&d, "false", "false", "true"), PICK(&d, "wait", "wait", "wait", "wait", "drop"));
    put(&t,
        "queue = { discipline = \"fcfs\"; preempt = %s; grace = \"%d s\"; depth = %d; priority_weight = 10; "
        "};\n",
        PICK(&d, "true", "true", "false"), throw(&d, 2) * 30, throw(&d, 3) * 4);
    put(&t, "scaling = { idle = \"%d min\"; drain = \"%d min\"; drain_below = %s; back_off = \"1 min\"; };\n",
        throw(&d, 15), throw(&d, 20), PICK(&d, "0.0", "0.4"));
    put_pools(&t, &d);
    put_classes(&t, &d, strstr(t.is, "mig = true") != NULL);
    put_workloads(&t, &d);
    put_faults(&t, &d);
    snprintf(strategy, size, "%s+%s", PICK(&d, "best-fit", "fgd", "random", "dot-product", "joint-cost"),
             PICK(&d, "fcfs", "easy", "conservative", "conservative", "fair-share", "sjf", "multifactor"));
    assert_true(tiny_write(folder, "together.cfg", t.is, t.length));
    snprintf(path, sizeof path, "%s/together.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("case %u: %s", i, error.message);
}

static record_summary run(const scenario *s, unsigned i, const char *strategy, int64_t restart_ns,
                          record_rows *r)
{
    twin_options options = { .strategy = strategy, .seed = s->seed, .restart_at_ns = restart_ns };
    twin_output output = { .context = r, .rows = record_rows_keep };
    record_summary summary;
    sky_error error;

    memset(r, 0, sizeof *r);
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("case %u, %s: %s", i, strategy, error.message);
    return summary;
}

/* ---- what must hold ---------------------------------------------------------------------------------------------- */

static void check_work(const record_rows *r, const record_summary *summary)
{
    const record_job_row *jobs = r->of[RECORD_JOBS];
    int64_t done = 0;

    assert_int_equal(summary->jobs, r->count[RECORD_JOBS]);
    for (size_t j = 0; j < r->count[RECORD_JOBS]; j++) {
        assert_true(jobs[j].done_ns >= 0 && jobs[j].done_ns <= jobs[j].work_ns && jobs[j].lost_ns >= 0);
        assert_int_equal(jobs[j].run_ns, jobs[j].done_ns + jobs[j].lost_ns + jobs[j].overhead_ns);
        assert_true((jobs[j].state == 2) ==
                    (jobs[j].done_ns == jobs[j].work_ns && jobs[j].end_ns != SKY_NEVER_NS));
        done += jobs[j].state == 2;
    }
    assert_int_equal(done, summary->done);
}

static void check_bill(const record_rows *r, const record_summary *summary)
{
    const record_cost_row *rows = r->of[RECORD_COSTS];
    int64_t nusd = 0;

    for (size_t i = 0; i < r->count[RECORD_COSTS]; i++) {
        assert_true(rows[i].compute_nusd >= 0 && rows[i].egress_nusd >= 0);
        nusd += rows[i].compute_nusd + rows[i].egress_nusd + rows[i].probe_nusd;
    }
    assert_int_equal(nusd, summary->cost_nusd);
}

static void check_same(unsigned i, const char *strategy, const record_rows *a, const record_rows *b)
{
    for (int k = 0; k < RECORD_STREAM_COUNT; k++)
        if (a->count[k] != b->count[k] ||
            (a->count[k] > 0 &&
             memcmp(a->of[k], b->of[k], a->count[k] * record_row_bytes((record_stream)k)) != 0))
            fail_msg("case %u, %s: stream %d differs", i, strategy, k);
}

/* A node boots, or was ordered. */
static int is_one_coming(const model *m)
{
    for (uint32_t i = 0; i < model_node_count(m); i++)
        if (model_nodes(m)[i].state == NODE_BOOTING)
            return 1;
    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++)
        for (int purchase = 0; model_scale_of(m, pool) != NULL && purchase < SKY_PURCHASE_COUNT; purchase++)
            if (model_scale_of(m, pool)->ordered[purchase] > 0)
                return 1;
    return 0;
}

/* No single task waits in the queue though some node has room for it, and it may enter there. */
static void check_nobody_is_overlooked(sky_engine *engine, unsigned i, const char *strategy)
{
    model *m = &engine->model;
    queue_entry entry;

    if (engine->queue == NULL || engine->reservations != NULL ||
        (engine->strategy->siting != NULL && is_one_coming(m)))
        return; /* places are kept for others, or a node that comes is the better one */
    assert_int_equal(packing_index_hear(engine->packing, m), SKY_OK);
    for (uint32_t job = 0; job < m->array[MODEL_JOBS].count; job++) {
        if (!queue_find(engine->queue, job, &entry) || entry.tasks > 1)
            continue;
        for (uint32_t n = 0; n < model_node_count(m); n++)
            if (packing_index_score(engine->packing, m, n, model_node_view(m, n), entry.job_class) !=
                PACKING_NO_ROOM)
                fail_msg("case %u, %s: at %lld ns job %u waits, though node %u has room", i, strategy,
                         (long long)m->is.now_ns, job, n);
    }
}

static void replay(const scenario *s, unsigned i, const char *strategy, const record_rows *r)
{
    twin_options options = { .strategy = strategy, .seed = s->seed };
    sky_engine_config config = twin_engine_config(s, &options);
    const sky_event *events = r->of[RECORD_EVENTS];
    const sky_action *expected = r->of[RECORD_ACTIONS];
    sky_engine *engine = NULL;
    sky_error error;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    for (size_t e = 0; e < r->count[RECORD_EVENTS]; e++) {
        const sky_action *actions;
        size_t count;

        if (sky_engine_observe(engine, &events[e], &error) != SKY_OK)
            fail_msg("case %u: %s", i, error.message);
        if (events[e].kind != SKY_EVENT_DECIDE)
            continue;
        assert_int_equal(sky_engine_decide(engine, events[e].time_ns, &actions, &count, &error), SKY_OK);
        if (count > 0)
            assert_memory_equal(actions, expected, count * sizeof *actions);
        else
            check_nobody_is_overlooked(engine, i, strategy);
        expected += count;
    }
    assert_ptr_equal(expected, (const sky_action *)r->of[RECORD_ACTIONS] + r->count[RECORD_ACTIONS]);
    sky_engine_destroy(engine);
}

static void test_everything_together(void **state)
{
    const char *from = getenv("SKYTWIN_CASE"); /* to look at one: its number */
    unsigned first = from != NULL ? (unsigned)atoi(from) : 0, cases = from != NULL ? 1 : CASES;
    record_summary sum = { 0 };

    (void)state;
    for (unsigned i = first; i < first + cases; i++) {
        record_summary summary;
        record_rows whole, again;
        char strategy[64];
        scenario s;

        load(i, &s, strategy, sizeof strategy);
        summary = run(&s, i, strategy, SKY_NEVER_NS, &whole);
        check_work(&whole, &summary);
        check_bill(&whole, &summary);
        run(&s, i, strategy, (int64_t)(3 + i % 15) * SKY_NS_PER_HOUR + i * SKY_NS_PER_SECOND, &again);
        check_same(i, strategy, &whole, &again);
        replay(&s, i, strategy, &whole);
        sum.preemptions += summary.preemptions;
        sum.requeued += summary.requeued;
        sum.nodes_reclaimed += summary.nodes_reclaimed;
        sum.faults += summary.faults;
        sum.done += summary.done;
        sum.failed += summary.failed;
        record_rows_free(&whole);
        record_rows_free(&again);
        scenario_free(&s);
    }
    print_message(
        "    %d preemptions, %d sent back by nodes that went, %d nodes reclaimed, %d faults, %d done, %d "
        "given up\n",
        (int)sum.preemptions, (int)sum.requeued, (int)sum.nodes_reclaimed, (int)sum.faults, (int)sum.done,
        (int)sum.failed);
    if (from != NULL || SKYTWIN_SANITIZED) /* a few cases need not meet all there is */
        return;
    assert_true(sum.preemptions > cases && sum.requeued > cases && sum.nodes_reclaimed > cases &&
                sum.faults > 5 * cases && sum.done > 50 * cases && sum.failed > 0);
    validation_row("preemption, terms, promises, MIG, TPU, growing pools and faults at once",
                   "conservation, restart, replay, nobody overlooked", "exact, over random scenarios",
                   __FILE_NAME__);
}

/* ---- by hand ----------------------------------------------------------------------------------------------------- */

static record_summary run_text(const char *rest, const char *strategy, record_rows *r)
{
    static text t;
    char path[256];
    record_summary summary;
    scenario s;
    sky_error error;

    t.length = 0;
    put(&t,
        "%sname = \"hand\"; duration = \"2 d\"; strategies = [\"best-fit\"]; control_interval = \"10 "
        "min\";\n%s",
        machines_text, rest);
    assert_true(tiny_write(folder, "hand.cfg", t.is, t.length));
    snprintf(path, sizeof path, "%s/hand.cfg", folder);
    if (scenario_load(path, NULL, 0, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    summary = run(&s, 0, strategy, SKY_NEVER_NS, r);
    scenario_free(&s);
    return summary;
}

static int count_events(const record_rows *r, sky_event_kind kind)
{
    const sky_event *events = r->of[RECORD_EVENTS];
    int count = 0;

    for (size_t i = 0; i < r->count[RECORD_EVENTS]; i++)
        count += events[i].kind == kind;
    return count;
}

/* Node after node fails for good; the outages that come and go meanwhile bring none of them back. */
static void test_an_outage_repairs_nothing(void **state)
{
    record_rows r;

    (void)state;
    run_text(
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = 6; node_mtbf = \"2 h\";\n"
        "            node_repair = \"0 s\"; } );\n"
        "classes = ( { name = \"c\"; request = { cpus = 1; }; } );\n"
        "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"poisson\"; rate = \"20 /d\"; work = { mean "
        "= "
        "\"1 h\"; }; } );\n"
        "faults = ( { kind = \"outage\"; target = \"aws\"; at = \"20 h\"; lasts = \"1 h\"; } );\n",
        "best-fit", &r);
    assert_true(count_events(&r, SKY_EVENT_NODE_GONE) >= 6);
    assert_int_equal(count_events(&r, SKY_EVENT_NODE_REPAIRED), 0);
    record_rows_free(&r);
}

/* Replicas that may not share a node make their pool grow, though the first node has room left; where a new node would
 * be of no use to them, it does not. */
static void test_pools_grow_for_terms(void **state)
{
    static const char text[] =
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = { most = 4; initial = 1; "
        "}; } );\n"
        "scaling = { idle = \"1 h\"; };\n"
        "classes = ( { name = \"c\"; request = { cpus = 1; }; groups = [\"c\"]; anti_affinity = ( { level = "
        "\"%s\"; } ); } );\n"
        "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; count = 3; work = { mean = \"90 "
        "min\"; };\n"
        "                } );\n";
    static const char *const strategies[] = { "best-fit", "best-fit+easy", "joint-cost", "region-first" };
    char filled[1024];

    (void)state;
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        record_rows r;
        record_summary summary;

        snprintf(filled, sizeof filled, text, "node");
        summary = run_text(filled, strategies[i], &r);
        assert_int_equal(summary.done, 3);
        /* joint-cost weighs a node to be ordered as if it held them all: it orders one for each, and more by zone */
        assert_in_range(summary.nodes_grown, 2, 3);
        assert_int_equal(summary.last_done_ns, 90 * 60 * SKY_NS_PER_SECOND);
        record_rows_free(&r);
        snprintf(filled, sizeof filled, text, "zone");
        summary = run_text(filled, strategies[i], &r);
        assert_int_equal(summary.done, 3);
        if (strncmp(strategies[i], "best-fit", 8) == 0)
            assert_int_equal(summary.nodes_grown, 0);
        assert_int_equal(summary.last_done_ns, 3 * 90 * 60 * SKY_NS_PER_SECOND);
        record_rows_free(&r);
    }
}

static int make_world(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_outage_repairs_nothing),
        cmocka_unit_test(test_pools_grow_for_terms),
        cmocka_unit_test(test_everything_together),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
