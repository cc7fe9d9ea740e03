/* Training jobs through the whole loop: steps done are rate × time, shares received are shares allocated, devices are
 * never given twice, and the engine refuses facts that can't be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../solver/glpk.h"
#include "cluster/node.h"
#include "model/arith.h"
#include "twin.h"
#include "validation.h"
#include "tests/folder.h"

#define RESTART_NS (10 * SKY_NS_PER_SECOND)
#define ROUND_NS   (360 * SKY_NS_PER_SECOND)

/* ---- what a run wrote down --------------------------------------------------------------------------------------- */

typedef struct rows {
    unsigned char *bytes[RECORD_STREAM_COUNT];
    size_t size[RECORD_STREAM_COUNT];
} rows;

static sky_status keep(void *context, record_stream stream, const void *data, size_t count, sky_error *error)
{
    static const size_t size[RECORD_STREAM_COUNT] = {
        [RECORD_EVENTS] = sizeof(sky_event),
        [RECORD_ACTIONS] = sizeof(sky_action),
        [RECORD_PLACEMENTS] = sizeof(record_placement_row),
        [RECORD_JOBS] = sizeof(record_job_row),
    };
    rows *r = context;

    (void)error;
    if (size[stream] == 0)
        return SKY_OK;
    r->bytes[stream] = realloc(r->bytes[stream], r->size[stream] + count * size[stream]);
    assert_non_null(r->bytes[stream]);
    memcpy(r->bytes[stream] + r->size[stream], data, count * size[stream]);
    r->size[stream] += count * size[stream];
    return SKY_OK;
}

static void free_rows(rows *r)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        free(r->bytes[i]);
}

static record_summary run(const scenario *s, const char *strategy, rows *r)
{
    twin_options options = {
        .strategy = strategy, .seed = s->seed, .restart_at_ns = SKY_NEVER_NS, .solver = &solver_glpk
    };
    twin_output output = { .context = r, .rows = r != NULL ? keep : NULL };
    record_summary summary;
    sky_error error;

    if (r != NULL)
        memset(r, 0, sizeof *r);
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s: %s", strategy, error.message);
    return summary;
}

static void load_shipped(const char *const *sets, size_t count, scenario *s)
{
    sky_error error;

    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/heterogeneous-training.cfg", sets, count, s, &error) !=
        SKY_OK)
        fail_msg("%s", error.message);
}

/* ---- a small cluster --------------------------------------------------------------------------------------------- */

static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Two nodes, one device each, of two models; jobs are told as lines of a Gavel trace. */
static void load_small(const char *jobs, scenario *s)
{
    char path[128];
    sky_error error;

    write_file("nodes.csv",
               "sn,cpu_milli,memory_mib,gpu,model\nn-0,1000,1000,1,slow\nn-1,1000,1000,1,fast\n");
    write_file("rates.json",
               "{\"slow\": {\"('x', 1)\": {\"null\": 1.0, \"('x', 1)\": [0.5, 0.5], \"('y', 1)\": [1, 2]},"
               " \"('y', 1)\": {\"null\": 2.0, \"('x', 1)\": [1.5, 0.9]}},"
               " \"fast\": {\"('x', 1)\": {\"null\": 4.0}, \"('y', 1)\": {\"null\": 2.5}}}");
    write_file("jobs.trace", jobs);
    write_file("small.cfg",
               "name = \"small\"; strategies = [\"max-min\"]; nodes = \"nodes.csv\"; tasks = \"jobs.trace\";"
               "task_format = \"gavel-trace\"; throughputs = \"rates.json\"; order = \"recorded\";"
               "unplaceable = \"wait\"; restart = \"10 s\";\n"
               "prices = ( { accelerator = \"slow\"; price = \"1 USD/h\"; },"
               " { accelerator = \"fast\"; price = \"2 USD/h\"; } );\n");
    snprintf(path, sizeof path, "%s/small.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

#define JOB(kind, steps, at) kind "\ttrain\t\t-n\t0\t" steps "\t1\t1\t-1\t" at "\n"

static const record_job_row *job_row(const rows *r, size_t job)
{
    return (const record_job_row *)r->bytes[RECORD_JOBS] + job;
}

/* One job alone goes to the fast device, at 4 steps a second after 10 s: 4000 steps are done after 1010 s, whatever the
 * rounds, and have cost 1010 s at 2 USD an hour. */
static void test_one_job_ends_when_its_steps_are_done(void **state)
{
    scenario s;
    rows r;

    (void)state;
    load_small(JOB("x", "4000", "0"), &s);
    assert_int_equal(run(&s, "max-min", &r).done, 1);
    assert_int_equal(job_row(&r, 0)->end_ns, 1010 * SKY_NS_PER_SECOND);
    assert_int_equal(job_row(&r, 0)->launches, 1);
    assert_int_equal(job_row(&r, 0)->compute_nusd, muldiv_i64(2000000000, 1010, 3600));
    free_rows(&r);
    scenario_free(&s);
    load_small(JOB("x", "40", "0") JOB("x", "4000", "100"),
               &s); /* the second comes between rounds: at 360 s its turn */
    assert_int_equal(run(&s, "max-min", &r).done, 2);
    assert_int_equal(job_row(&r, 1)->end_ns, 1370 * SKY_NS_PER_SECOND);
    free_rows(&r);
    scenario_free(&s);
}

/* Two that share the slow device, x beside y at 1 and y beside x at 1.5 steps a second, are both faster so than by
 * turns; when y ends x has the device, half of it, to itself. */
static void test_a_partner_that_leaves_changes_the_rate(void **state)
{
    scenario s;
    rows r;

    (void)state;
    load_small(JOB("x", "1000", "0") JOB("y", "150", "0"), &s);
    s.nodes[1].devices = 0; /* only the slow one */
    assert_int_equal(run(&s, "max-min-pairs", &r).done, 2);
    /* y: 150 / 1.5 = 100 s after the restart; x: 100 steps by then, the other 900 at 1 a second */
    assert_int_equal(job_row(&r, 1)->end_ns, 110 * SKY_NS_PER_SECOND);
    assert_true(job_row(&r, 0)->end_ns >= 1010 * SKY_NS_PER_SECOND);
    free_rows(&r);
    scenario_free(&s);
}

/* ---- conservation ---------------------------------------------------------------------------------------------------- */

static int64_t rate_of(const scenario *s, const record_job_row *row, uint32_t model, uint32_t workers,
                       uint32_t spread)
{
    for (size_t k = 0; k < s->rate_count; k++)
        if (s->rates[k].job_class == row->job_class && s->rates[k].partner == SKY_NONE &&
            s->rates[k].model == model && s->rates[k].workers == workers)
            return spread ? s->rates[k].spread_usteps : s->rates[k].usteps;
    return 0;
}

/* Steps that a job's runs must have made, from its placements alone: those of jobs that never shared a device. */
static int64_t steps_of(const scenario *s, const rows *r, uint32_t job, const record_job_row *row)
{
    const record_placement_row *p = (const record_placement_row *)r->bytes[RECORD_PLACEMENTS];
    size_t count = r->size[RECORD_PLACEMENTS] / sizeof *p;
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t workers = 1, spread = 0;
        int64_t slowest = INT64_MAX;
        int64_t time = p[i].end_ns - p[i].start_ns - RESTART_NS;

        if (p[i].job != job)
            continue;
        while (i + workers < count && p[i + workers].job == job && p[i + workers].start_ns == p[i].start_ns)
            spread |= p[i + workers++].instance != p[i].instance;
        for (uint32_t part = 0; part < workers; part++) {
            int64_t rate = rate_of(s, row, s->nodes[p[i + part].instance].model, workers, spread);

            slowest = rate < slowest ? rate : slowest;
        }
        if (time > 0)
            sum += muldiv_floor_i64(slowest, time, SKY_NS_PER_SECOND);
        i += workers - 1;
    }
    return sum;
}

static void check_steps(const scenario *s, const char *strategy)
{
    rows r;

    run(s, strategy, &r);
    for (uint32_t job = 0; job < s->task_count; job++) {
        const record_job_row *row = job_row(&r, job);
        int64_t steps = steps_of(s, &r, job, row), due = s->tasks[job].usteps;

        assert_int_equal(row->state, 2);
        /* each look rounds down by less than one millionth of a step, each end up to the next ns */
        if (steps < due - 10000 || steps > due + 10000)
            fail_msg("%s, job %u: %lld of %lld millionths of a step", strategy, job, (long long)steps,
                     (long long)due);
    }
    free_rows(&r);
}

static void test_steps_are_rate_times_time(void **state)
{
    static const char *const elastic[] = { "elastic.most=4" };
    scenario s;

    (void)state;
    load_shipped(NULL, 0, &s);
    check_steps(&s, "max-min");
    check_steps(&s, "least-attained");
    check_steps(&s, "step-cost-deadlines");
    check_steps(&s, "best-fit");
    scenario_free(&s);
    load_shipped(elastic, 1, &s);
    check_steps(&s, "marginal-gain");
    scenario_free(&s);
    validation_row("steps of 80 training jobs, 5 strategies", "Σ rate × time of their runs",
                   "equal to 1e-2 steps", "conservation");
}

/* At no time is more of a device given than there is of it: orders replayed on empty nodes, which assert it. */
static void check_devices(const scenario *s, const char *strategy)
{
    uint32_t *held = calloc(s->node_count * NODE_DEVICES_MAX, sizeof *held);
    rows r;
    record_summary summary = run(s, strategy, &r);
    const record_placement_row *p = (const record_placement_row *)r.bytes[RECORD_PLACEMENTS];
    size_t count = r.size[RECORD_PLACEMENTS] / sizeof *p;

    assert_non_null(held);
    assert_int_equal(summary.failed_launches, 0);
    for (size_t i = 0; i < count;
         i++) { /* parts on a node at the start of each: twice its devices as halves at most */
        uint32_t parts = 0;

        for (size_t k = 0; k < count; k++)
            parts += p[k].instance == p[i].instance && p[k].start_ns <= p[i].start_ns &&
                     p[k].end_ns > p[i].start_ns;
        assert_true(parts <= s->nodes[p[i].instance].devices * (strstr(strategy, "pairs") != NULL ? 2 : 1));
    }
    free(held);
    free_rows(&r);
}

static void test_devices_are_given_once(void **state)
{
    scenario s;

    (void)state;
    load_shipped(NULL, 0, &s);
    check_devices(&s, "max-min");
    check_devices(&s, "max-min-pairs");
    check_devices(&s, "makespan-pairs");
    check_devices(&s, "marginal-gain");
    scenario_free(&s);
}

/* ---- shares received ---------------------------------------------------------------------------------------------------- */

/* Three endless jobs on two devices: after n rounds each has had its share of each type to about one round. The policy's
 * own words (term 0: share, 1: owed so far, 2: rounds had) are in its orders. */
static void test_time_received_converges_to_the_shares(void **state)
{
    int64_t received[3][2] = { { 0 } }, rounds = 1000;
    double share[3][2] = { { 0 } }, worst = 0;
    char text[64];
    scenario s;
    rows r;

    (void)state;
    load_small(JOB("x", "900000000", "0") JOB("y", "900000000", "0") JOB("y", "900000000", "0"), &s);
    s.duration_ns = rounds * ROUND_NS;
    run(&s, "max-min", &r);
    for (size_t i = 0; i < r.size[RECORD_ACTIONS] / sizeof(sky_action); i++) {
        const sky_action *a = (const sky_action *)r.bytes[RECORD_ACTIONS] + i;

        if (a->kind == SKY_ACTION_PLACE)
            share[a->job][s.nodes[a->instance].model] = (double)a->term[0] / 1e6;
    }
    for (size_t i = 0; i < r.size[RECORD_PLACEMENTS] / sizeof(record_placement_row); i++) {
        const record_placement_row *p = (const record_placement_row *)r.bytes[RECORD_PLACEMENTS] + i;

        received[p->job][s.nodes[p->instance].model] += p->end_ns - p->start_ns;
    }
    for (int job = 0; job < 3; job++)
        for (int model = 0; model < 2; model++) {
            double had = (double)received[job][model] / (double)ROUND_NS;
            double off = had - share[job][model] * (double)rounds;

            print_message("    job %d on model %d: share %.6f, had %.1f of %lld rounds\n", job, model,
                          share[job][model], had, (long long)rounds);
            worst = off > worst ? off : -off > worst ? -off : worst;
        }
    snprintf(text, sizeof text, "off by %.1f rounds of %lld", worst, (long long)rounds);
    validation_row("time that 3 jobs had on 2 accelerators", "their max-min shares, to 3 rounds", text,
                   "Gavel, OSDI'20, section 5");
    assert_true(worst <= 3);
    free_rows(&r);
    scenario_free(&s);
}

/* ---- facts that can't be -------------------------------------------------------------------------------------------------- */

static void expect_refusal(sky_engine *engine, sky_event event)
{
    sky_error error;

    assert_int_equal(sky_engine_observe(engine, &event, &error), SKY_ERROR_INPUT);
    assert_true(strlen(error.message) > 0);
}

static void tell(sky_engine *engine, sky_event event)
{
    sky_error error;

    if (sky_engine_observe(engine, &event, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void test_impossible_facts_are_refused(void **state)
{
    sky_engine_config config = { .strategy = "max-min", .control_interval_ns = 1 };
    const sky_event rate = { .kind = SKY_EVENT_RATE, .other = 0, .detail = 1, .a = 5, .b = 1, .c = 5 };
    const sky_event training = {
        .kind = SKY_EVENT_TRAINING, .job = 0, .a = 100, .b = 1000000, .c = 1, .d = 2
    };
    const sky_action *actions;
    size_t count;
    sky_event wrong;
    sky_engine *engine;
    sky_error error;

    (void)state;
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    tell(engine, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    tell(engine, (sky_event){ .kind = SKY_EVENT_REGION });
    tell(engine, (sky_event){ .kind = SKY_EVENT_POOL, .detail = 1, .a = 8, .c = 1 });
    tell(engine, (sky_event){ .kind = SKY_EVENT_CLASS });
    tell(engine, (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .a = 1, .b = 1000000 });
    expect_refusal(engine, rate); /* its class has no request yet */
    tell(engine, (sky_event){ .kind = SKY_EVENT_REQUEST });
    tell(engine, (sky_event){ .kind = SKY_EVENT_ACCELERATE, .a = 1, .b = 1000, .c = -1 });
    tell(engine, rate);
    expect_refusal(engine, rate); /* twice */
    wrong = rate, wrong.detail = 0;
    expect_refusal(engine, wrong); /* not in order */
    wrong = rate, wrong.detail = 64;
    expect_refusal(engine, wrong);
    wrong = rate, wrong.b = 0;
    expect_refusal(engine, wrong);
    wrong = rate, wrong.b = 2, wrong.a = -1;
    expect_refusal(engine, wrong);
    wrong = rate, wrong.kind = SKY_EVENT_PAIR_RATE, wrong.d = 7;
    expect_refusal(engine, wrong); /* no such partner */
    tell(engine, (sky_event){ .kind = SKY_EVENT_NODE, .detail = 1, .other = 1 });
    tell(engine, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED, .a = 100, .b = SKY_NEVER_NS });
    wrong = training, wrong.kind = SKY_EVENT_STEPS;
    expect_refusal(engine, wrong); /* it does not train */
    wrong = training, wrong.a = 0;
    expect_refusal(engine, wrong);
    wrong = training, wrong.b = 0;
    expect_refusal(engine, wrong);
    wrong = training, wrong.d = 0;
    expect_refusal(engine, wrong);
    tell(engine, training);
    expect_refusal(engine, training);
    wrong = training, wrong.kind = SKY_EVENT_STEPS, wrong.a = 101;
    expect_refusal(engine, wrong); /* more than there are */
    tell(engine, (sky_event){ .kind = SKY_EVENT_TICK });
    assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_ERROR_STATE);
    assert_non_null(strstr(error.message, "solver"));
    sky_engine_use_solver(engine, &solver_glpk);
    tell(engine, (sky_event){ .kind = SKY_EVENT_TICK });
    assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_OK);
    assert_int_equal(count, 1);
    assert_int_equal(actions[0].kind, SKY_ACTION_PLACE);
    sky_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_job_ends_when_its_steps_are_done),
        cmocka_unit_test(test_a_partner_that_leaves_changes_the_rate),
        cmocka_unit_test(test_steps_are_rate_times_time),
        cmocka_unit_test(test_devices_are_given_once),
        cmocka_unit_test(test_time_received_converges_to_the_shares),
        cmocka_unit_test(test_impossible_facts_are_refused),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
