/* What it costs to place tasks on nodes: through the twin, through the bare engine, and against a plain program that
 * looks at every node for every task.
 *     openb runs     FGD's experiment, one run a packing, where ../shared/data/openb is at hand
 *     departures     a million tasks that come and go on 10,000 nodes, best-fit, through the twin
 *     placements     tasks placed on 10^3, 10^4 and 10^5 nodes, best-fit, through the bare engine
 *     with terms     the same, of a class that spreads evenly over 12 zones and stays off nodes of its own kind
 *     decision round one million tasks waiting on 100,000 full nodes: one task ends, who is next? */
#include "bench.h"
#include "engine/cluster/facts.h"
#include "scenario.h"
#include "twin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OPENB   SKYTWIN_SOURCE_DIR "/../shared/data/openb"
#define CLASSES 64

static void check(sky_status status, const sky_error *error)
{
    if (status == SKY_OK)
        return;
    fprintf(stderr, "bench_packing: %s\n", error->message);
    exit(3);
}

static uint32_t below(uint64_t *state, uint32_t bound)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % bound);
}

/* 64 shapes: of 1 to 16 cores and no device, a share, or 1 to 4 whole ones. */
static node_request request_of_class(uint32_t c)
{
    static const uint32_t mgpu[] = { 0, 250, 500, 1000 };
    uint32_t kind = c % 4;

    return (node_request){ .mcpu = 1000 * (1 + (c * 7) % 16),
                           .memory_bytes = (int64_t)(1 + (c * 5) % 32) << 30,
                           .models = UINT64_MAX,
                           .devices = kind == 0   ? 0
                                      : kind == 3 ? 1u << (c / 4) % 3
                                                  : 1,
                           .mgpu = mgpu[kind] };
}

static scenario_node node_at(uint32_t i)
{
    return (scenario_node){ .devices = i % 4 == 3 ? 0 : 8,
                            .mcpu = i % 4 == 3 ? 64000 : 96000,
                            .memory_bytes = (int64_t)512 << 30 };
}

/* ---- a plain program: best fit by looking at every node ------------------------------------------------------------ */

/* Seconds a task. */
static double plain_best_fit(uint32_t node_count, uint32_t tasks)
{
    node *nodes = calloc(node_count, sizeof *nodes);
    uint64_t random = 1;
    double start;

    for (uint32_t i = 0; i < node_count; i++) {
        scenario_node from = node_at(i);

        nodes[i] =
            (node){ .mcpu = from.mcpu, .memory_bytes = from.memory_bytes, .devices = (uint8_t)from.devices };
        node_empty(&nodes[i]);
    }
    start = bench_wall_s();
    for (uint32_t t = 0; t < tasks; t++) {
        node_request r = request_of_class(below(&random, CLASSES));
        uint32_t best = SKY_NONE;
        int64_t least = INT64_MAX;

        for (uint32_t i = 0; i < node_count; i++) {
            int64_t left = nodes[i].mcpu_left + 16 * (int64_t)nodes[i].mgpu_left_sum;

            if (left < least && node_suits(&nodes[i], &r) &&
                node_has_room((node_view){ &nodes[i], NULL }, &r)) {
                least = left;
                best = i;
            }
        }
        if (best != SKY_NONE)
            node_take(&nodes[best], NULL, &r, node_choose((node_view){ &nodes[best], NULL }, &r));
    }
    free(nodes);
    return (bench_wall_s() - start) / tasks;
}

/* ---- the bare engine ------------------------------------------------------------------------------------------------ */

static void observe(sky_engine *engine, sky_event e)
{
    sky_error error;

    check(sky_engine_observe(engine, &e, &error), &error);
}

#define ZONES 12

/* The classes' tasks spread over the zones and keep each other off their nodes: the most that terms can ask of the index. */
static void tell_terms(sky_engine *engine, uint32_t c)
{
    observe(engine, (sky_event){ .kind = SKY_EVENT_GROUPS, .other = c, .a = INT64_C(1) << c });
    observe(engine, (sky_event){ .kind = SKY_EVENT_ANTI_AFFINITY,
                                 .other = c,
                                 .detail = SKY_LEVEL_NODE,
                                 .a = INT64_C(1) << c });
    observe(
        engine,
        (sky_event){
            .kind = SKY_EVENT_SPREAD, .other = c, .detail = SKY_LEVEL_ZONE, .a = INT64_C(1) << c, .b = 1 });
}

static sky_engine *engine_with(uint32_t node_count, int with_terms)
{
    sky_engine_config config = { .strategy = "best-fit", .control_interval_ns = 1 };
    sky_engine *engine;
    sky_error error;

    check(sky_engine_create(&config, &engine, &error), &error);
    observe(engine, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    observe(engine, (sky_event){ .kind = SKY_EVENT_REGION });
    for (uint32_t p = 0; p < ZONES; p++)
        observe(engine,
                (sky_event){
                    .kind = SKY_EVENT_POOL, .pool = p, .other = p, .detail = 1, .a = INT64_MAX, .c = 1 });
    for (uint32_t c = 0; c < CLASSES; c++) {
        node_request r = request_of_class(c);

        observe(engine, (sky_event){ .kind = SKY_EVENT_CLASS, .other = c });
        for (uint32_t p = 0; p < ZONES; p++)
            observe(engine,
                    (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = c, .pool = p, .a = 1, .b = 1000000 });
        observe(
            engine,
            (sky_event){ .kind = SKY_EVENT_REQUEST, .other = c, .a = r.mcpu, .b = r.memory_bytes, .d = 1 });
        if (r.devices > 0)
            observe(engine,
                    (sky_event){
                        .kind = SKY_EVENT_ACCELERATE, .other = c, .a = r.devices, .b = r.mgpu, .c = -1 });
        if (with_terms)
            tell_terms(engine, c);
    }
    for (uint32_t i = 0; i < node_count; i++) {
        scenario_node n = node_at(i);

        observe(engine, (sky_event){ .kind = SKY_EVENT_NODE,
                                     .instance = i,
                                     .pool = i % ZONES,
                                     .other = n.devices,
                                     .a = n.mcpu,
                                     .b = n.memory_bytes,
                                     .d = i });
    }
    return engine;
}

static void submit(sky_engine *engine, uint32_t job, uint64_t *random)
{
    observe(engine, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED,
                                 .job = job,
                                 .other = below(random, CLASSES),
                                 .a = 1,
                                 .b = SKY_NEVER_NS });
}

static size_t decide(sky_engine *engine, const sky_action **actions)
{
    sky_error error;
    size_t count;

    check(sky_engine_decide(engine, 0, actions, &count, &error), &error);
    return count;
}

/* Two tasks a node, one at a time; seconds a task. */
static double placements(uint32_t node_count, int with_terms, uint32_t *placed)
{
    sky_engine *engine = engine_with(node_count, with_terms);
    uint64_t random = 1;
    const sky_action *actions;
    uint32_t tasks = 2 * node_count;
    double start;

    for (uint32_t c = 0; c < CLASSES * 8; c++, tasks--) { /* the index is built when a class is first met */
        submit(engine, c, &random);
        decide(engine, &actions);
    }
    tasks = 2 * node_count;
    start = bench_wall_s();
    *placed = 0;
    for (uint32_t t = 0; t < tasks; t++) {
        submit(engine, CLASSES * 8 + t, &random);
        *placed += (uint32_t)decide(engine, &actions);
    }
    start = bench_wall_s() - start;
    sky_engine_destroy(engine);
    return start / tasks;
}

static void decision_rounds(uint32_t node_count, uint32_t tasks)
{
    enum { ROUNDS = 50 };
    sky_engine *engine = engine_with(node_count, 0);
    const sky_action *actions;
    uint64_t random = 1;
    uint32_t *running = malloc(tasks * sizeof *running), count = 0;
    double start, first, worst = 0, sum = 0;
    size_t orders;

    for (uint32_t t = 0; t < tasks; t++)
        submit(engine, t, &random);
    start = bench_wall_s();
    orders = decide(engine, &actions);
    first = bench_wall_s() - start;
    for (size_t i = 0; i < orders; i++)
        running[count++] = actions[i].job;
    bench_report("first round: 1,000,000 waiting, 100,000 empty nodes, a placement",
                 1e6 * first / (double)orders, "us", NULL, 0);
    /* as many again, so that a million wait */
    for (uint32_t t = 0; t < orders; t++)
        submit(engine, tasks + t, &random);
    decide(engine, &actions);
    for (int r = 0; r < ROUNDS; r++) {
        double took;

        observe(engine,
                (sky_event){ .kind = SKY_EVENT_JOB_DONE, .job = running[below(&random, count)], .a = 1 });
        start = bench_wall_s();
        decide(engine, &actions);
        took = bench_wall_s() - start;
        sum += took;
        worst = took > worst ? took : worst;
        running[0] = running[--count];
        for (uint32_t i = 1; i < count && i < 2; i++)
            running[i] = running[count - i];
    }
    bench_report("decision round: 1,000,000 waiting, 100,000 full nodes", 1e3 * sum / ROUNDS, "ms", NULL, 0);
    bench_report("decision round: the worst", 1e3 * worst, "ms", NULL, 0);
    free(running);
    sky_engine_destroy(engine);
}

/* ---- the twin ------------------------------------------------------------------------------------------------------- */

static double run_once(const scenario *s, const char *strategy, record_summary *summary)
{
    twin_options options = {
        .strategy = strategy, .replication = 0, .seed = 1, .restart_at_ns = SKY_NEVER_NS
    };
    twin_output output = { .context = NULL };
    sky_error error;
    double start = bench_wall_s();

    check(twin_run(s, &options, &output, summary, &error), &error);
    return bench_wall_s() - start;
}

static void openb_runs(void)
{
    static const char *const packings[] = { "fgd",         "stranding-descent", "random",
                                            "dot-product", "gpu-clustering",    "gpu-packing",
                                            "best-fit" };
    static const char *const overrides[] = { "nodes=" OPENB "/openb_node_list_gpu_node.csv",
                                             "tasks=" OPENB "/openb_pod_list_default.csv" };
    scenario s;
    sky_error error;
    double plain;

    if (access(OPENB, R_OK) != 0) {
        printf("skipped: openb runs: ../shared/data/openb is not here\n");
        return;
    }
    check(scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/reference/shared-gpus.cfg", overrides, 2, &s, &error),
          &error);
    plain = plain_best_fit((uint32_t)s.node_count, 10000) * 10000;
    for (size_t i = 0; i < sizeof packings / sizeof packings[0]; i++) {
        record_summary summary;
        double best = 1e9;
        char name[80];

        for (int k = 0; k < 5; k++) {
            double took = run_once(&s, packings[i], &summary);

            best = took < best ? took : best;
        }
        snprintf(name, sizeof name, "openb run (%lld tasks), %s", (long long)summary.jobs, packings[i]);
        bench_report(name, best, "s", "plain best fit, 10,000 tasks", plain);
    }
    scenario_free(&s);
}

/* A scenario in memory: tasks that come one by one and run so long that most of the nodes are in use. */
static void make_departures(scenario *s, uint32_t node_count, uint32_t task_count)
{
    static scenario_provider provider = { .name = "p", .title = "p", .billing_increment_ns = 1 };
    static char *zone[] = { "z" };
    static scenario_region region = {
        .name = "r", .title = "r", .country = "", .zones = zone, .zone_count = 1
    };
    static scenario_machine machine = { .name = "p:m", .accelerator = "" };
    static scenario_pool pool = { .name = "pool", .capacity = INT64_MAX, .purchases = 1 };
    static scenario_eligible eligible = { 0, 1, 1000000 };
    static scenario_class classes[CLASSES];
    static scenario_workload load = { .name = "tasks",
                                      .arrival = ARRIVAL_TASKS,
                                      .count = INT64_MAX,
                                      .work_max_ns = INT64_MAX,
                                      .deadline_ns = SKY_NEVER_NS,
                                      .estimate_factor = 1,
                                      .estimate_least = 1,
                                      .members = 1 };
    static int64_t egress, window;
    uint64_t random = 1;

    *s = (scenario){ .name = "departures",
                     .seed = 1,
                     .duration_ns = SKY_NEVER_NS / 4,
                     .control_interval_ns = 24 * SKY_NS_PER_HOUR,
                     .providers = &provider,
                     .provider_count = 1,
                     .regions = &region,
                     .region_count = 1,
                     .machines = &machine,
                     .machine_count = 1,
                     .pools = &pool,
                     .pool_count = 1,
                     .classes = classes,
                     .class_count = CLASSES,
                     .workloads = &load,
                     .workload_count = 1,
                     .egress_nusd_per_gb = &egress,
                     .window_start_ns = &window,
                     .window_count = 1,
                     .nodes = calloc(node_count, sizeof *s->nodes),
                     .node_count = node_count,
                     .tasks = calloc(task_count, sizeof *s->tasks),
                     .task_count = task_count };
    for (uint32_t c = 0; c < CLASSES; c++)
        classes[c] = (scenario_class){ .name = "c",
                                       .eligible = &eligible,
                                       .eligible_count = 1,
                                       .is_task = 1,
                                       .request = request_of_class(c),
                                       .expected = 1 };
    for (uint32_t i = 0; i < node_count; i++)
        s->nodes[i] = node_at(i);
    for (uint32_t t = 0; t < task_count; t++) /* 40,000 at a time on 10,000 nodes */
        s->tasks[t] = (scenario_task){ .task_class = below(&random, CLASSES),
                                       .gang = 1,
                                       .place = t,
                                       .submit_ns = (int64_t)t * SKY_NS_PER_SECOND,
                                       .run_ns = (int64_t)(1 + below(&random, 8 * node_count)) *
                                                 SKY_NS_PER_SECOND };
}

static void departures(void)
{
    double plain = plain_best_fit(10000, 2000) * 1e6, took;
    record_summary summary;
    struct rusage usage;
    scenario s;

    make_departures(&s, 10000, 1000000);
    took = run_once(&s, "best-fit", &summary);
    getrusage(RUSAGE_SELF, &usage);
    bench_report("1,000,000 tasks come and go on 10,000 nodes, best-fit", took, "s",
                 "plain, without departures", plain);
    bench_report("1,000,000 tasks come and go: peak memory", (double)usage.ru_maxrss / 1024, "MiB", NULL, 0);
    free(s.nodes);
    free(s.tasks);
}

int main(void)
{
    openb_runs();
    departures();
    for (uint32_t nodes = 1000; nodes <= 100000; nodes *= 10) {
        uint32_t placed;
        char name[80];
        double plain = plain_best_fit(nodes, nodes > 10000 ? 500 : 2000);

        for (int with_terms = 0; with_terms < 2; with_terms++) {
            double took = placements(nodes, with_terms, &placed);

            snprintf(name, sizeof name, "a placement on %u nodes, best-fit, %s", nodes,
                     with_terms ? "zone spread, node anti-affinity" : "bare engine");
            bench_report(name, 1e6 * took, "us", "a look at every node", 1e6 * plain);
        }
    }
    decision_rounds(100000, 1000000);
    return 0;
}
