/* Who has to leave for whom, on random workloads, looked at from outside: only tasks of lower priority leave, none that
 * need not, none of higher priority where lower would do on any node, and only where there was no room; and places
 * promised to tasks above whom there is nobody are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "kernel/random.h"
#include "tests/validation.h"

#define SECOND  SKY_NS_PER_SECOND
#define NODES   8
#define CLASSES 4
#define TASKS   150
#define LEVELS  4 /* priorities 0 to 3 */
#define CASES   (SKYTWIN_SANITIZED ? 4 : 40)
#define NOT_YET (-1)

typedef struct task {
    int64_t submit_ns, left_ns, start_ns, end_ns, promised_ns, priority;
    uint32_t job_class, node, devices, preempted;
} task;

typedef struct run {
    sky_engine *engine;
    task tasks[TASKS];
    node nodes[NODES]; /* as they are while the actions of a decision are carried out, one by one */
    uint32_t arrived, ended, preemptions, checked;
    int64_t now_ns;
} run;

static void tell(run *r, sky_event e)
{
    sky_error error = { "" };

    e.time_ns = r->now_ns;
    if (sky_engine_observe(r->engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void tell_catalog(run *r)
{
    static const int64_t mcpu[CLASSES] = { 1000, 3000, 2000, 8000 };
    static const int64_t memory[CLASSES] = { 1, 6, 2, 4 };

    tell(r, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    tell(r, (sky_event){ .kind = SKY_EVENT_REGION });
    tell(r, (sky_event){ .kind = SKY_EVENT_POOL, .detail = 1, .a = INT64_MAX, .c = 1 });
    for (uint32_t c = 0; c < CLASSES; c++) {
        tell(r, (sky_event){ .kind = SKY_EVENT_CLASS, .other = c });
        tell(r, (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = c, .a = 1, .b = 1000000 });
        tell(r, (sky_event){ .kind = SKY_EVENT_REQUEST, .other = c, .a = mcpu[c], .b = memory[c] });
        if (c == 2)
            tell(r, (sky_event){ .kind = SKY_EVENT_ACCELERATE, .other = c, .a = 1, .b = 400, .c = -1 });
    }
    for (uint32_t i = 0; i < NODES; i++)
        tell(r, (sky_event){ .kind = SKY_EVENT_NODE,
                             .instance = i,
                             .a = 8000,
                             .b = 16,
                             .other = i % 2 == 0 ? 2 : 0,
                             .d = NODES - i });
}

static const node_request *request_of(const run *r, uint32_t job)
{
    return &model_request_of(&r->engine->model, r->tasks[job].job_class)->ask;
}

static int has_room(const node *n, const node_request *ask)
{
    return node_suits(n, ask) && node_has_room((node_view){ n, NULL }, ask);
}

/* Would there be room on the node without any of its tasks of a priority below that, but `spared`? */
static int fits_without(const run *r, uint32_t index, const node_request *ask, int64_t below, uint32_t spared)
{
    node room = r->nodes[index];

    for (uint32_t i = 0; i < r->arrived; i++)
        if (r->tasks[i].start_ns != NOT_YET && r->tasks[i].end_ns > r->now_ns && r->tasks[i].node == index &&
            r->tasks[i].priority < below && i != spared)
            node_give(&room, NULL, request_of(r, i), r->tasks[i].devices);
    return has_room(&room, ask);
}

/* The victims have not left r->nodes yet. */
static void check_victims(run *r, const uint32_t *victims, uint32_t count, const sky_action *place)
{
    const node_request *ask = request_of(r, place->job);
    int64_t highest = INT64_MIN;
    node room = r->nodes[place->instance];

    for (uint32_t i = 0; i < NODES; i++)
        assert_true(!has_room(&r->nodes[i], ask));
    for (uint32_t v = 0; v < count; v++) {
        const task *t = &r->tasks[victims[v]];

        assert_int_equal(t->node, place->instance);
        assert_true(t->priority < r->tasks[place->job].priority);
        highest = t->priority > highest ? t->priority : highest;
        node_give(&room, NULL, request_of(r, victims[v]), t->devices);
    }
    assert_true(node_fits_devices((node_view){ &room, NULL }, ask, (uint32_t)place->devices));
    for (uint32_t v = 0; v < count; v++) { /* none leaves who need not */
        node_take(&room, NULL, request_of(r, victims[v]), r->tasks[victims[v]].devices);
        assert_true(!has_room(&room, ask));
        node_give(&room, NULL, request_of(r, victims[v]), r->tasks[victims[v]].devices);
    }
    for (uint32_t i = 0; i < NODES; i++) /* nowhere would tasks of lower priority have done */
        assert_true(!fits_without(r, i, ask, highest, SKY_NONE));
    r->checked++;
}

static void leave(run *r, uint32_t job)
{
    task *t = &r->tasks[job];

    node_give(&r->nodes[t->node], NULL, request_of(r, job), t->devices);
    t->left_ns = t->end_ns - r->now_ns;
    t->start_ns = t->end_ns = NOT_YET;
    t->preempted++;
    r->preemptions++;
    tell(r, (sky_event){ .kind = SKY_EVENT_TASK_STOPPED,
                         .job = job,
                         .instance = t->node,
                         .detail = SKY_STOP_PREEMPTED,
                         .a = model_job_at(&r->engine->model, job)->work_ns - t->left_ns });
}

static void start(run *r, const sky_action *a)
{
    task *t = &r->tasks[a->job];

    t->node = a->instance;
    t->devices = (uint32_t)a->devices;
    t->start_ns = r->now_ns;
    t->end_ns = r->now_ns + t->left_ns;
    node_take(&r->nodes[t->node], NULL, request_of(r, a->job), t->devices);
    tell(r, (sky_event){ .kind = SKY_EVENT_TASK_STARTED, .job = a->job, .instance = a->instance });
}

/* Carries the actions out: those who leave come right before the one for whom they do. */
static size_t decide(run *r, int look_at_victims)
{
    const sky_action *actions;
    uint32_t victims[TASKS], count = 0;
    size_t action_count;
    sky_error error = { "" };

    assert_int_equal(sky_engine_decide(r->engine, r->now_ns, &actions, &action_count, &error), SKY_OK);
    for (size_t i = 0; i < action_count; i++) {
        const sky_action *a = &actions[i];

        if (a->kind == SKY_ACTION_PREEMPT) {
            victims[count++] = a->job;
            continue;
        }
        assert_int_equal(a->kind, SKY_ACTION_PLACE);
        assert_true((count > 0) == (a->reason == SKY_REASON_PRIORITY));
        if (count > 0 && look_at_victims)
            check_victims(r, victims, count, a);
        for (; count > 0; count--)
            leave(r, victims[count - 1]);
        start(r, a);
    }
    assert_int_equal(count, 0);
    return action_count;
}

static void note_promises(run *r)
{
    for (uint32_t i = 0; r->engine->reservations != NULL && i < r->arrived; i++) {
        const reservation *part = reservations_part(r->engine->reservations, i, 0);

        if (r->tasks[i].start_ns == NOT_YET && r->tasks[i].promised_ns == NOT_YET && part != NULL &&
            r->tasks[i].preempted == 0)
            r->tasks[i].promised_ns = part->from_ns;
    }
}

/* crowded: most are of the highest priority, and so find nobody to take the place of. */
static void make_tasks(run *r, uint64_t seed, int crowded)
{
    const random_key key = { .seed = seed, .thing = 17 };
    int64_t submit_ns = 0;

    for (uint32_t i = 0; i < TASKS; i++) {
        uint64_t bits = random_u64(&key, i);

        submit_ns += (int64_t)(bits >> 8 & 3) * SECOND;
        r->tasks[i] = (task){ .submit_ns = submit_ns,
                              .left_ns = (1 + (int64_t)(bits >> 16 & 63)) * SECOND,
                              .start_ns = NOT_YET,
                              .end_ns = NOT_YET,
                              .promised_ns = NOT_YET,
                              .priority = crowded && bits >> 50 & 3 ? LEVELS - 1
                                                                    : (int64_t)(bits >> 32 & 0xff) % LEVELS,
                              .job_class = (uint32_t)(bits >> 40) % CLASSES };
    }
}

static void arrive(run *r)
{
    const task *t = &r->tasks[r->arrived];

    tell(r, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED,
                         .job = r->arrived,
                         .other = t->job_class,
                         .a = t->left_ns,
                         .b = SKY_NEVER_NS });
    tell(r, (sky_event){ .kind = SKY_EVENT_TASK, .job = r->arrived, .a = 1, .b = t->priority });
    r->arrived++;
}

static int64_t next_time(const run *r)
{
    int64_t next_ns = r->arrived < TASKS ? r->tasks[r->arrived].submit_ns : SKY_NEVER_NS;

    for (uint32_t i = 0; i < r->arrived; i++)
        if (r->tasks[i].start_ns != NOT_YET && r->tasks[i].end_ns > r->now_ns && r->tasks[i].end_ns < next_ns)
            next_ns = r->tasks[i].end_ns;
    return next_ns;
}

static void step(run *r, int look_at_victims)
{
    for (uint32_t i = 0; i < r->arrived; i++) {
        task *t = &r->tasks[i];

        if (t->start_ns == NOT_YET || t->end_ns != r->now_ns)
            continue;
        node_give(&r->nodes[t->node], NULL, request_of(r, i), t->devices);
        tell(r, (sky_event){ .kind = SKY_EVENT_JOB_DONE, .job = i, .instance = t->node, .a = t->left_ns });
        r->ended++;
    }
    while (r->arrived < TASKS && r->tasks[r->arrived].submit_ns == r->now_ns)
        arrive(r);
    while (decide(r, look_at_victims) > 0)
        note_promises(r);
    note_promises(r);
    assert_memory_equal(r->nodes, model_nodes(&r->engine->model), sizeof r->nodes);
}

static run *simulate(const char *queue, uint64_t seed, int look_at_victims)
{
    const sky_engine_config config = { .strategy = "best-fit",
                                       .control_interval_ns = SECOND,
                                       .queue = queue,
                                       .queue_options = { .preempt = 1 } };
    sky_error error = { "" };
    run *r = calloc(1, sizeof *r);

    assert_non_null(r);
    if (sky_engine_create(&config, &r->engine, &error) != SKY_OK)
        fail_msg("%s", error.message);
    tell_catalog(r);
    memcpy(r->nodes, model_nodes(&r->engine->model), sizeof r->nodes);
    make_tasks(r, seed, !look_at_victims);
    for (r->now_ns = r->tasks[0].submit_ns; r->ended < TASKS; r->now_ns = next_time(r)) {
        assert_true(r->now_ns != SKY_NEVER_NS); /* else somebody waits for ever */
        step(r, look_at_victims);
    }
    return r;
}

static void finish(run *r)
{
    sky_engine_destroy(r->engine);
    free(r);
}

/* ---- tests ------------------------------------------------------------------------------------------------------------ */

static void test_only_who_must_leaves(void **state)
{
    static const char *const queues[] = { "fcfs", "sjf", "fair-share" };
    uint32_t checked = 0;

    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        run *r = simulate(queues[seed % 3], seed, 1);

        checked += r->checked;
        finish(r);
    }
    assert_true(checked > 10 * CASES); /* else this shows nothing */
    validation_row("preemption: victims of lower priority only, none needless, none higher than must be",
                   "holds for each preemption", "exact, over random workloads",
                   "exhaustive search of the nodes");
}

static void test_promises_to_the_highest_are_kept(void **state)
{
    uint32_t promised = 0, preemptions = 0;

    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        run *r = simulate(seed % 2 == 0 ? "easy" : "conservative", seed, 0);

        preemptions += r->preemptions;
        for (uint32_t i = 0; i < TASKS; i++) {
            const task *t = &r->tasks[i];

            if (t->priority < LEVELS - 1 || t->promised_ns == NOT_YET)
                continue;
            promised++;
            assert_true(t->start_ns <= t->promised_ns && t->preempted == 0);
        }
        finish(r);
    }
    print_message("    %d promises, %d preemptions\n", (int)promised, (int)preemptions);
    assert_true(promised > 5 * CASES && preemptions > 5 * CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_who_must_leaves),
        cmocka_unit_test(test_promises_to_the_highest_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
