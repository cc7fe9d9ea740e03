/* Queues inside the engine: promises are kept, nobody waits beside room, and an engine that was saved and restored
 * at any moment orders what it would have ordered. On random workloads, under every discipline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "kernel/random.h"

#define SECOND  SKY_NS_PER_SECOND
#define NODES   10
#define CLASSES 4
#define TENANTS 3
#define TASKS   120

typedef struct task {
    int64_t submit_ns, run_ns, estimate_ns, priority;
    int64_t promised_ns; /* what it was first promised; -1: nothing */
    int64_t start_ns, end_ns;
    uint32_t job_class, tenant, gang;
    sky_together together;
} task;

typedef struct workload {
    const char *queue;
    sky_queue_options options;
    uint32_t gang;  /* at most */
    uint32_t over;  /* estimates are at most so many times the run time */
    uint32_t under; /* 1 of so many runs 3 times as long as estimated; 0: none */
    int close;      /* 1: some gangs must be together */
    uint64_t seed;
} workload;

typedef struct run {
    const workload *of;
    task tasks[TASKS];
    sky_engine *engine, *twin; /* twin: of snapshots, restored again and again; gets the same events */
    uint32_t arrived, ended;
    int64_t now_ns;
} run;

/* ---- an engine and its twin ---------------------------------------------------------------------------------------- */

static void tell(run *r, sky_event e)
{
    sky_error error = { "" };

    if (sky_engine_observe(r->engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
    if (sky_engine_observe(r->twin, &e, &error) != SKY_OK)
        fail_msg("the twin: %s", error.message);
}

static void tell_catalog(run *r)
{
    static const int64_t mcpu[CLASSES] = { 1000, 500, 2000, 4000 };
    static const int64_t memory[CLASSES] = { 1, 8, 2, 4 };

    tell(r, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    tell(r, (sky_event){ .kind = SKY_EVENT_REGION });
    for (uint32_t p = 0; p < 2; p++)
        tell(r, (sky_event){ .kind = SKY_EVENT_POOL, .pool = p, .detail = 1, .a = INT64_MAX, .c = 1 });
    for (uint32_t c = 0; c < CLASSES; c++) {
        tell(r, (sky_event){ .kind = SKY_EVENT_CLASS, .other = c });
        for (uint32_t p = 0; p < (c == 0 ? 1 : 2); p++) /* the first may not enter pool 1 */
            tell(r, (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = c, .pool = p, .a = 1, .b = 1000000 });
        tell(r, (sky_event){ .kind = SKY_EVENT_REQUEST, .other = c, .a = mcpu[c], .b = memory[c] });
        if (c >= 2)
            tell(r, (sky_event){ .kind = SKY_EVENT_ACCELERATE,
                                 .other = c,
                                 .a = c == 2 ? 1 : 3,
                                 .b = c == 2 ? 400 : 1000,
                                 .c = -1 });
    }
    tell(r, (sky_event){ .kind = SKY_EVENT_TENANT, .other = 1, .a = 2000000 });
    for (uint32_t i = 0; i < NODES; i++)
        tell(r, (sky_event){ .kind = SKY_EVENT_NODE,
                             .instance = i,
                             .pool = i % 2,
                             .a = i % 3 == 0 ? 8000 : 4000,
                             .b = 16,
                             .other = i % 3 == 0 ? 4 : 0,
                             .d = i });
}

static void save(const sky_engine *engine, unsigned char **bytes, size_t *size)
{
    sky_error error = { "" };

    if (sky_engine_snapshot(engine, bytes, size, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void renew_twin(run *r)
{
    unsigned char *bytes, *again;
    size_t size, size_again;
    sky_error error = { "" };

    save(r->engine, &bytes, &size);
    save(r->twin, &again, &size_again);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    sky_engine_destroy(r->twin);
    if (sky_engine_restore(again, size_again, &r->twin, &error) != SKY_OK)
        fail_msg("%s", error.message);
    free(bytes);
    free(again);
}

/* ---- rounds -------------------------------------------------------------------------------------------------------- */

static void note_promises(run *r)
{
    const reservations *promises = r->engine->reservations;

    for (uint32_t i = 0; promises != NULL && i < r->arrived; i++) {
        const reservation *part = reservations_part(promises, i, 0);

        if (r->tasks[i].start_ns < 0 && r->tasks[i].promised_ns < 0 && part != NULL)
            r->tasks[i].promised_ns = part->from_ns;
    }
}

static void expect_no_room_beside_who_waits(const run *r)
{
    const model *m = &r->engine->model;

    if (r->engine->reservations != NULL || r->of->options.strict)
        return;
    for (uint32_t i = 0; i < r->arrived; i++) {
        const task *t = &r->tasks[i];

        for (uint32_t n = 0; t->start_ns < 0 && t->gang == 1 && n < NODES; n++)
            assert_int_equal(
                packing_index_score(r->engine->packing, m, n, model_node_view(m, n), t->job_class),
                PACKING_NO_ROOM);
    }
}

static void expect_nothing_over_committed(const run *r)
{
    for (uint32_t i = 0; i < NODES; i++) {
        const node *n = &model_nodes(&r->engine->model)[i];

        assert_true(n->mcpu_left >= 0 && n->memory_left_bytes >= 0);
        for (uint32_t d = 0; d < n->devices; d++)
            assert_true(n->mgpu_left[d] <= NODE_DEVICE_MGPU);
    }
}

static void decide(run *r)
{
    const sky_action *actions, *same;
    size_t count, count_same;
    sky_error error = { "" };

    assert_int_equal(sky_engine_decide(r->engine, r->now_ns, &actions, &count, &error), SKY_OK);
    assert_int_equal(sky_engine_decide(r->twin, r->now_ns, &same, &count_same, &error), SKY_OK);
    assert_int_equal(count, count_same);
    if (count > 0)
        assert_memory_equal(actions, same, count * sizeof *actions);
    for (size_t i = 0; i < count; i++) {
        task *t = &r->tasks[actions[i].job];

        assert_int_equal(actions[i].kind, SKY_ACTION_PLACE);
        if (t->start_ns == r->now_ns) /* another part of a gang */
            continue;
        assert_true(t->start_ns < 0);
        t->start_ns = r->now_ns;
        t->end_ns = r->now_ns + t->run_ns;
        tell(r, (sky_event){ .time_ns = r->now_ns,
                             .kind = SKY_EVENT_TASK_STARTED,
                             .job = actions[i].job,
                             .instance = actions[i].instance,
                             .pool = actions[i].pool });
    }
    note_promises(r);
    expect_nothing_over_committed(r);
    expect_no_room_beside_who_waits(r);
}

static void make_tasks(run *r)
{
    const random_key key = { .seed = r->of->seed, .thing = 9 };
    int64_t submit_ns = 0;

    for (uint32_t i = 0; i < TASKS; i++) {
        uint64_t bits = random_u64(&key, i);
        int64_t run_s = 1 + (int64_t)(bits % 60);
        task *t = &r->tasks[i];

        submit_ns += (int64_t)(bits >> 8 & 0xff) % 3 * SECOND;
        *t = (task){ .submit_ns = submit_ns,
                     .run_ns = run_s * SECOND,
                     .estimate_ns = run_s * SECOND * (1 + (int64_t)((bits >> 16 & 0xff) % r->of->over)),
                     .priority = (int64_t)(bits >> 24 & 7) * 100000,
                     .promised_ns = -1,
                     .start_ns = -1,
                     .job_class = (uint32_t)(bits >> 28 & 0xff) % CLASSES,
                     .tenant = (uint32_t)(bits >> 36 & 0xff) % TENANTS,
                     .gang = 1 + (uint32_t)(bits >> 44 & 0xff) % r->of->gang };
        if (r->of->under > 0 && (bits >> 52 & 0xff) % r->of->under == 0)
            t->run_ns = 3 * t->estimate_ns;
        if (r->of->close && t->job_class % 2 == 0) /* of the others no node may hold a whole gang */
            t->together = (sky_together)(bits >> 60 & 3);
    }
}

static void arrive(run *r)
{
    const task *t = &r->tasks[r->arrived];

    tell(r, (sky_event){ .time_ns = r->now_ns,
                         .kind = SKY_EVENT_JOB_SUBMITTED,
                         .job = r->arrived,
                         .other = t->job_class,
                         .a = t->estimate_ns,
                         .b = SKY_NEVER_NS });
    tell(r, (sky_event){ .time_ns = r->now_ns,
                         .kind = SKY_EVENT_TASK,
                         .job = r->arrived,
                         .other = t->tenant,
                         .detail = (uint16_t)t->together,
                         .a = t->gang,
                         .b = t->priority });
    r->arrived++;
}

static void end(run *r, uint32_t job)
{
    const model_job *j = model_job_at(&r->engine->model, job);

    tell(r, (sky_event){ .time_ns = r->now_ns,
                         .kind = SKY_EVENT_JOB_DONE,
                         .job = job,
                         .instance = j->instance,
                         .a = r->tasks[job].run_ns });
    r->ended++;
}

static int64_t next_time(const run *r)
{
    int64_t next_ns = r->arrived < TASKS ? r->tasks[r->arrived].submit_ns : SKY_NEVER_NS;

    for (uint32_t i = 0; i < r->arrived; i++)
        if (r->tasks[i].start_ns >= 0 && r->tasks[i].end_ns > r->now_ns && r->tasks[i].end_ns < next_ns)
            next_ns = r->tasks[i].end_ns;
    return next_ns;
}

static void fail_who_waits(const run *r)
{
    for (uint32_t i = 0; i < r->arrived; i++)
        if (r->tasks[i].start_ns < 0)
            fail_msg("%s, seed %d: task %u of class %u, %u parts, together %d waits for ever", r->of->queue,
                     (int)r->of->seed, i, r->tasks[i].job_class, r->tasks[i].gang, (int)r->tasks[i].together);
}

static void simulate(run *r)
{
    while (r->ended < TASKS) {
        int64_t next_ns = r->arrived < TASKS && r->tasks[r->arrived].submit_ns == r->now_ns ? r->now_ns
                                                                                            : next_time(r);

        if (next_ns == SKY_NEVER_NS)
            fail_who_waits(r);
        r->now_ns = next_ns;
        for (uint32_t i = 0; i < r->arrived; i++)
            if (r->tasks[i].start_ns >= 0 && r->tasks[i].end_ns == r->now_ns)
                end(r, i);
        while (r->arrived < TASKS && r->tasks[r->arrived].submit_ns == r->now_ns)
            arrive(r);
        if (r->arrived % 3 == 0) /* between an event and its round, too */
            renew_twin(r);
        decide(r);
        if (r->arrived % 2 == 0)
            renew_twin(r);
    }
}

static run *simulate_workload(const workload *of)
{
    sky_engine_config config = { .strategy = "best-fit",
                                 .control_interval_ns = SECOND,
                                 .queue = of->queue,
                                 .queue_options = of->options };
    sky_error error = { "" };
    run *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->of = of;
    if (sky_engine_create(&config, &r->engine, &error) != SKY_OK ||
        sky_engine_create(&config, &r->twin, &error) != SKY_OK)
        fail_msg("%s", error.message);
    make_tasks(r);
    tell_catalog(r);
    simulate(r);
    return r;
}

static void finish(run *r)
{
    sky_engine_destroy(r->engine);
    sky_engine_destroy(r->twin);
    free(r);
}

/* ---- tests ------------------------------------------------------------------------------------------------------------ */

#define CASES (SKYTWIN_SANITIZED ? 3 : 20)

static void test_promises_are_kept(void **state)
{
    uint32_t promised = 0, at_place = 0;

    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++)
        for (uint32_t which = 0; which < 4; which++) {
            const workload of = { .queue = which < 2 ? "easy" : "conservative",
                                  .options = { .depth = which == 3 ? 4 : 0 },
                                  .gang = which % 2 == 0 ? 1 : 3,
                                  .over = 1 + (uint32_t)seed % 3,
                                  .seed = seed };
            run *r = simulate_workload(&of);

            for (uint32_t i = 0; i < TASKS; i++) {
                promised += r->tasks[i].promised_ns >= 0;
                at_place += r->tasks[i].promised_ns >= 0 && r->tasks[i].start_ns == r->tasks[i].promised_ns;
                if (r->tasks[i].promised_ns >= 0 && r->tasks[i].start_ns > r->tasks[i].promised_ns)
                    fail_msg("%s, seed %d: task %u was promised %.0f s, and started at %.0f s", of.queue,
                             (int)seed, i, (double)r->tasks[i].promised_ns / 1e9,
                             (double)r->tasks[i].start_ns / 1e9);
            }
            finish(r);
        }
    assert_true(promised > CASES * 100); /* else this shows nothing */
    assert_true(at_place > CASES * 10);
}

/* Who runs longer than estimated breaks promises; nobody is lost over it. */
static void test_all_end_where_estimates_are_too_short(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++)
        for (uint32_t which = 0; which < 2; which++) {
            const workload of = { .queue = which == 0 ? "easy" : "conservative",
                                  .gang = 3,
                                  .over = 2,
                                  .under = 5,
                                  .close = which == 0,
                                  .seed = seed };

            finish(simulate_workload(&of));
        }
}

static void test_every_discipline_goes_on_as_saved(void **state)
{
    const sky_queue_info *info;

    (void)state;
    for (size_t i = 0; (info = sky_queue_at(i)) != NULL; i++)
        for (uint64_t seed = 0; seed < CASES / 2 + 1; seed++) {
            const workload of = { .queue = info->name,
                                  .options = { .strict = seed % 4 == 3,
                                               .half_life_ns = (int64_t)(seed % 3) * 30 * SECOND,
                                               .age_weight = 1000,
                                               .size_weight = 500,
                                               .priority_weight = 2000,
                                               .fair_share_weight = 3000,
                                               .age_saturates_ns = 60 * SECOND },
                                  .gang = 2,
                                  .over = 2,
                                  .close = 1,
                                  .seed = seed };

            finish(simulate_workload(&of));
        }
}

static void test_an_unknown_queue_is_refused(void **state)
{
    sky_engine_config config = { .strategy = "best-fit", .control_interval_ns = SECOND, .queue = "fastest" };
    sky_engine *engine;
    sky_error error = { "" };

    (void)state;
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_ERROR_INPUT);
    assert_string_equal(error.message, "queue: found \"fastest\", expected one of the listed");
    config.queue = "fcfs";
    config.queue_options.half_life_ns = -1;
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_ERROR_INPUT);
    config.queue_options.half_life_ns = 0;
    config.strategy = "best-fit+fastest";
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_ERROR_INPUT);
    config.strategy = "best-fit+easy";
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    assert_string_equal(queue_discipline_about(engine->discipline)->name, "easy");
    sky_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promises_are_kept),
        cmocka_unit_test(test_all_end_where_estimates_are_too_short),
        cmocka_unit_test(test_every_discipline_goes_on_as_saved),
        cmocka_unit_test(test_an_unknown_queue_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
