/* Gangs: all parts or none, together where they must be, and never more on a node than it has. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"
#include "twin.h"

#define NODES 12
#define POOLS 4 /* two a region */

static uint64_t random_state = 99;

static uint32_t below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

/* ---- small clusters: a gang is placed if, and only if, there is a way ----------------------------------------------- */

typedef struct small_node {
    uint32_t pool, mcpu, devices;
    uint32_t mgpu[4];
} small_node;

static void tell(sky_engine *engine, sky_event e)
{
    sky_error error = { "" };

    if (sky_engine_observe(engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static sky_engine *make_engine(const small_node *nodes, uint32_t mcpu, uint32_t devices, uint32_t mgpu)
{
    sky_engine_config config = { .strategy = "best-fit", .control_interval_ns = 1 };
    sky_engine *engine;
    sky_error error;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    tell(engine, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    for (uint32_t r = 0; r < POOLS / 2; r++)
        tell(engine, (sky_event){ .kind = SKY_EVENT_REGION, .region = r });
    for (uint32_t p = 0; p < POOLS; p++)
        tell(engine,
             (sky_event){
                 .kind = SKY_EVENT_POOL, .pool = p, .region = p / 2, .detail = 1, .a = INT64_MAX, .c = 1 });
    for (uint32_t c = 0; c < 2; c++) {
        tell(engine, (sky_event){ .kind = SKY_EVENT_CLASS, .other = c });
        for (uint32_t p = 0; p < POOLS; p++)
            tell(engine,
                 (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = c, .pool = p, .a = 1, .b = 1000000 });
        tell(engine, (sky_event){ .kind = SKY_EVENT_REQUEST, .other = c, .a = mcpu });
        if (devices > 0)
            tell(engine,
                 (sky_event){ .kind = SKY_EVENT_ACCELERATE, .other = c, .a = devices, .b = mgpu, .c = -1 });
    }
    for (uint32_t i = 0; i < NODES; i++)
        tell(engine, (sky_event){ .kind = SKY_EVENT_NODE,
                                  .instance = i,
                                  .pool = nodes[i].pool,
                                  .other = nodes[i].devices,
                                  .a = nodes[i].mcpu,
                                  .d = i });
    return engine;
}

/* Most parts that a node takes, by trying them on one after the other in every order of devices: equal parts, so the
 * count is what matters. */
static uint32_t most_parts(const small_node *n, uint32_t mcpu, uint32_t devices, uint32_t mgpu)
{
    uint32_t by_cores = n->mcpu / mcpu, by_devices = 0;

    if (devices == 0)
        return by_cores;
    if (mgpu == 1000)
        by_devices = n->devices / devices;
    else
        for (uint32_t d = 0; d < n->devices; d++)
            by_devices += n->mgpu[d] / mgpu;
    return by_cores < by_devices ? by_cores : by_devices;
}

static int there_is_a_way(const small_node *nodes, uint32_t parts, sky_together together, uint32_t mcpu,
                          uint32_t devices, uint32_t mgpu)
{
    uint32_t everywhere = 0, pool[POOLS] = { 0 }, region[POOLS / 2] = { 0 };
    int one = 0;

    for (uint32_t i = 0; i < NODES; i++) {
        uint32_t most = most_parts(&nodes[i], mcpu, devices, mgpu);

        everywhere += most;
        pool[nodes[i].pool] += most;
        region[nodes[i].pool / 2] += most;
        one |= together == SKY_ON_ONE_NODE && most >= parts;
    }
    for (uint32_t p = 0; p < POOLS; p++)
        one |= (together == SKY_IN_ONE_POOL && pool[p] >= parts) ||
               (together == SKY_IN_ONE_REGION && region[p / 2] >= parts);
    return one || (together == SKY_ANYWHERE && everywhere >= parts);
}

static void check_actions(const small_node *nodes, const sky_action *actions, size_t count, uint32_t parts,
                          sky_together together, uint32_t mcpu)
{
    uint32_t used[NODES] = { 0 };

    assert_int_equal(count, parts);
    for (size_t i = 0; i < count; i++) {
        const small_node *n = &nodes[actions[i].instance], *first = &nodes[actions[0].instance];

        assert_int_equal(actions[i].kind, SKY_ACTION_PLACE);
        used[actions[i].instance] += mcpu;
        assert_true(used[actions[i].instance] <= n->mcpu);
        assert_true(together != SKY_ON_ONE_NODE || n == first);
        assert_true(together != SKY_IN_ONE_POOL || n->pool == first->pool);
        assert_true(together != SKY_IN_ONE_REGION || n->pool / 2 == first->pool / 2);
    }
}

static void test_a_gang_is_placed_if_and_only_if_there_is_a_way(void **state)
{
    int placed = 0, not_placed = 0;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        static const uint32_t shares[] = { 200, 300, 500, 1000 };
        uint32_t devices = below(3), mgpu = devices == 1 ? shares[below(4)] : 1000,
                 mcpu = 1000 * (1 + below(4));
        uint32_t parts = 1 + below(12);
        sky_together together = (sky_together)below(SKY_TOGETHER_COUNT);
        small_node nodes[NODES];
        sky_engine *engine;
        const sky_action *actions;
        size_t count;
        sky_error error;

        for (uint32_t i = 0; i < NODES; i++) {
            nodes[i] = (small_node){ .pool = below(POOLS), .mcpu = 1000 * below(9), .devices = below(4) };
            for (uint32_t d = 0; d < nodes[i].devices; d++)
                nodes[i].mgpu[d] = 1000;
        }
        engine = make_engine(nodes, mcpu, devices, mgpu);
        tell(engine, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED, .a = 1, .b = SKY_NEVER_NS });
        tell(engine, (sky_event){ .kind = SKY_EVENT_TASK, .a = parts, .detail = (uint16_t)together });
        assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_OK);
        if (there_is_a_way(nodes, parts, parts == 1 ? SKY_ANYWHERE : together, mcpu, devices, mgpu)) {
            check_actions(nodes, actions, count, parts, parts == 1 ? SKY_ANYWHERE : together, mcpu);
            placed++;
        } else {
            assert_int_equal(count, 0);
            not_placed++;
        }
        sky_engine_destroy(engine);
    }
    assert_true(placed > 500 && not_placed > 500);
}

/* ---- a run: what the record says of every part ------------------------------------------------------------------------ */

#define JOBS  600
#define PROCS 64

typedef struct part_row {
    int64_t start_ns, end_ns;
    uint32_t job, node;
} part_row;

typedef struct run_rows {
    part_row part[JOBS * PROCS];
    size_t parts;
    record_job_row job[JOBS];
    size_t jobs;
} run_rows;

static sky_status keep(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    run_rows *r = context;

    (void)error;
    for (size_t i = 0; i < count; i++) {
        if (stream == RECORD_PLACEMENTS) {
            const record_placement_row *row = (const record_placement_row *)rows + i;

            assert_true(r->parts < JOBS * PROCS);
            r->part[r->parts++] = (part_row){ row->start_ns, row->end_ns, row->job, row->instance };
        } else if (stream == RECORD_JOBS) {
            assert_true(r->jobs < JOBS);
            r->job[r->jobs++] = ((const record_job_row *)rows)[i];
        }
    }
    return SKY_OK;
}

/* Jobs of 1 to 40 processors, in the Standard Workload Format, on a machine of 64. */
static void load(scenario *s)
{
    char folder[] = "/tmp/skytwin-gangs-XXXXXX", path[64], command[64];
    sky_error error;
    FILE *file;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log.swf", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "; MaxNodes: 8\n; MaxProcs: %d\n", PROCS);
    for (int i = 0; i < JOBS; i++) {
        int run = 60 + (int)below(3600), procs = 1 + (int)below(40);

        fprintf(file, "%d %d -1 %d %d -1 -1 %d %d -1 1 %d -1 -1 -1 -1 -1 -1\n", i + 1, i * 700, run, procs,
                procs, run + (int)below(600), (int)below(5));
    }
    assert_int_equal(fclose(file), 0);
    snprintf(path, sizeof path, "%s/log.cfg", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "name = \"log\"; strategies = [\"best-fit\"]; nodes = \"log.swf\"; node_format = \"swf\";\n"
            "tasks = \"log.swf\"; task_format = \"swf\"; order = \"recorded\"; unplaceable = \"wait\";\n");
    assert_int_equal(fclose(file), 0);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void test_a_logged_machine_runs_whole_gangs(void **state)
{
    static run_rows rows;
    twin_options options = {
        .strategy = "best-fit", .replication = 0, .seed = 1, .restart_at_ns = SKY_NEVER_NS
    };
    twin_output output = { .context = &rows, .rows = keep };
    record_summary summary;
    sky_error error;
    scenario s;

    (void)state;
    load(&s);
    assert_int_equal(s.node_count, 8);
    assert_int_equal(s.task_count, JOBS);
    if (twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(summary.done, JOBS);
    for (size_t j = 0; j < rows.jobs; j++) {
        uint32_t parts = 0;

        for (size_t p = 0; p < rows.parts; p++)
            if (rows.part[p].job == j) {
                assert_int_equal(rows.part[p].start_ns, rows.job[j].start_ns);
                assert_int_equal(rows.part[p].end_ns, rows.job[j].end_ns);
                parts++;
            }
        assert_int_equal(parts, s.tasks[j].gang);
        assert_int_equal(rows.job[j].end_ns - rows.job[j].start_ns, s.tasks[j].run_ns);
    }
    for (size_t p = 0; p < rows.parts; p++) { /* at every start: what runs on that node */
        int on_it = 0;

        for (size_t q = 0; q < rows.parts; q++)
            on_it += rows.part[q].node == rows.part[p].node &&
                     rows.part[q].start_ns <= rows.part[p].start_ns &&
                     rows.part[q].end_ns > rows.part[p].start_ns;
        assert_in_range(on_it, 1, PROCS / 8);
    }
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gang_is_placed_if_and_only_if_there_is_a_way),
        cmocka_unit_test(test_a_logged_machine_runs_whole_gangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
