/* The nodes that policy `demand` orders for tasks that wait, against the cheapest set of nodes that holds them, found by
 * exhaustive search over numbers of nodes by type and over packings. The rule is greedy: where it may not find the
 * cheapest set, by how much it misses is measured and bounded; where one type is sold, or tasks are all alike and fill
 * nodes, it must find it. */
#include "../validation.h"
#include "skytwin/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TYPES_MOST 3
#define TASKS_MOST 7
#define CASES      (SKYTWIN_SANITIZED ? 60 : 400)

typedef struct puzzle {
    int types, tasks;
    int64_t mcpu[TYPES_MOST], price[TYPES_MOST]; /* of a node */
    int64_t ask[TASKS_MOST];
} puzzle;

static uint64_t random_state;

static int64_t pick(int64_t least, int64_t most)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return least + (int64_t)((random_state >> 33) % (uint64_t)(most - least + 1));
}

/* ---- the greedy rule, through the engine ---------------------------------------------------------------------- */

static sky_event fact(sky_event_kind kind)
{
    return (sky_event){ .kind = (uint16_t)kind,
                        .region = SKY_NONE,
                        .pool = SKY_NONE,
                        .job = SKY_NONE,
                        .instance = SKY_NONE,
                        .other = SKY_NONE };
}

static void tell(sky_engine *engine, sky_event e)
{
    sky_error error;

    if (sky_engine_observe(engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void tell_pool(sky_engine *engine, const puzzle *p, int i)
{
    sky_event e = fact(SKY_EVENT_POOL);

    e.pool = (uint32_t)i;
    e.region = 0;
    e.other = 0;
    e.detail = 1u << SKY_ON_DEMAND;
    e.a = INT64_MAX;
    e.c = SKY_NS_PER_SECOND;
    tell(engine, e);
    e = fact(SKY_EVENT_SCALE);
    e.pool = (uint32_t)i;
    e.b = 100;
    tell(engine, e);
    e.kind = SKY_EVENT_SHAPE;
    e.other = 0;
    e.a = p->mcpu[i];
    e.b = e.c = INT64_C(1) << 40;
    tell(engine, e);
}

static void tell_catalog(sky_engine *engine, const puzzle *p)
{
    sky_event e = fact(SKY_EVENT_PROVIDER);

    e.other = 0;
    tell(engine, e);
    e = fact(SKY_EVENT_REGION);
    e.region = e.other = 0;
    tell(engine, e);
    for (int i = 0; i < p->types; i++)
        tell_pool(engine, p, i);
    for (int k = 0; k < p->tasks; k++) { /* a class a task */
        e = fact(SKY_EVENT_CLASS);
        e.other = (uint32_t)k;
        tell(engine, e);
        for (int i = 0; i < p->types; i++) {
            e.kind = SKY_EVENT_ELIGIBLE;
            e.pool = (uint32_t)i;
            e.a = 1;
            e.b = 1000000;
            tell(engine, e);
        }
        e = fact(SKY_EVENT_REQUEST);
        e.other = (uint32_t)k;
        e.a = p->ask[k];
        tell(engine, e);
    }
    for (int i = 0; i < p->types; i++) {
        e = fact(SKY_EVENT_PRICE);
        e.pool = (uint32_t)i;
        e.detail = SKY_ON_DEMAND;
        e.a = p->price[i];
        tell(engine, e);
    }
}

/* Orders, answered by nodes that boot, until there are no more: their price per hour. *placed: tasks that the queue and
 * the packing, which know nothing of the plan, then lay on them at once. */
static int64_t ordered_price(const puzzle *p, int *placed)
{
    const sky_engine_config config = { .strategy = "best-fit", .control_interval_ns = SKY_NS_PER_HOUR };
    const sky_action *actions;
    sky_engine *engine;
    sky_error error;
    size_t count;
    int64_t price = 0;
    uint32_t nodes = 0;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    tell_catalog(engine, p);
    for (int k = 0; k < p->tasks; k++) {
        sky_event e = fact(SKY_EVENT_JOB_SUBMITTED);

        e.job = e.other = (uint32_t)k;
        e.a = SKY_NS_PER_HOUR;
        e.b = SKY_NEVER_NS;
        tell(engine, e);
    }
    for (;;) {
        assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_OK);
        if (count == 0)
            break;
        for (size_t i = 0; i < count; i++) {
            sky_event e = fact(SKY_EVENT_NODE_BOOTING);

            assert_int_equal(actions[i].kind, SKY_ACTION_GROW);
            price += p->price[actions[i].pool];
            e.pool = actions[i].pool;
            e.detail = actions[i].purchase;
            e.instance = nodes;
            e.d = nodes++;
            e.other = actions[i].order;
            tell(engine, e);
        }
    }
    *placed = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        sky_event e = fact(SKY_EVENT_NODE_READY);

        e.instance = i;
        tell(engine, e);
    }
    assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_OK);
    for (size_t i = 0; i < count; i++)
        *placed += actions[i].kind == SKY_ACTION_PLACE;
    sky_engine_destroy(engine);
    return price;
}

/* ---- exhaustive search ------------------------------------------------------------------------------------------ */

/* Can the tasks from `task` on be laid on what is left of the nodes? */
static int can_hold(const puzzle *p, int task, int64_t *left, int nodes)
{
    if (task == p->tasks)
        return 1;
    for (int i = 0; i < nodes; i++) {
        int held;

        if (left[i] < p->ask[task])
            continue;
        left[i] -= p->ask[task];
        held = can_hold(p, task + 1, left, nodes);
        left[i] += p->ask[task];
        if (held)
            return 1;
    }
    return 0;
}

static void search(const puzzle *p, int type, int64_t *left, int nodes, int64_t price, int64_t *best)
{
    if (price >= *best)
        return;
    if (type == p->types) {
        if (can_hold(p, 0, left, nodes))
            *best = price;
        return;
    }
    for (int count = 0; nodes + count <= p->tasks; count++) {
        for (int i = 0; i < count; i++)
            left[nodes + i] = p->mcpu[type];
        search(p, type + 1, left, nodes + count, price + count * p->price[type], best);
    }
}

static int64_t cheapest_price(const puzzle *p)
{
    int64_t left[TASKS_MOST + 1], best = INT64_MAX;

    search(p, 0, left, 0, 0, &best);
    return best;
}

/* ---- the tests ----------------------------------------------------------------------------------------------------- */

static void test_one_type_and_tasks_alike(void **state)
{
    (void)state;
    random_state = 1;
    for (int c = 0; c < CASES; c++) {
        puzzle p = {
            .types = 1, .tasks = (int)pick(1, TASKS_MOST), .mcpu = { 8000 }, .price = { 800000000 }
        };
        int64_t ask = pick(1, 8) * 1000;
        int placed;

        for (int k = 0; k < p.tasks; k++)
            p.ask[k] = ask;
        assert_int_equal(ordered_price(&p, &placed), cheapest_price(&p));
        assert_int_equal(placed, p.tasks);
    }
}

/* Sizes of 4, 8 and 16 cores at prices about in proportion. */
static void test_three_types_and_tasks_of_all_sizes(void **state)
{
    double sum = 0, worst = 1;
    int found = 0, at_once = 0;
    char measured[128];

    (void)state;
    random_state = 2;
    for (int c = 0; c < CASES; c++) {
        puzzle p = { .types = 3, .tasks = (int)pick(1, TASKS_MOST), .mcpu = { 4000, 8000, 16000 } };
        int64_t greedy, best;
        double ratio;
        int placed;

        for (int i = 0; i < p.types; i++)
            p.price[i] = p.mcpu[i] * pick(42, 58) * 1000;
        for (int k = 0; k < p.tasks; k++)
            p.ask[k] = pick(1, 16) * 500;
        greedy = ordered_price(&p, &placed);
        best = cheapest_price(&p);
        assert_true(greedy >= best);
        ratio = (double)greedy / (double)best;
        sum += ratio;
        worst = ratio > worst ? ratio : worst;
        found += greedy == best;
        at_once += placed == p.tasks;
    }
    snprintf(measured, sizeof measured,
             "%.3f on the mean, %.2f at worst, %.0f %% cheapest, %.0f %% placed at once", sum / CASES, worst,
             100.0 * found / CASES, 100.0 * at_once / CASES);
    print_message("    %s\n", measured);
    validation_row("nodes ordered for tasks that wait, price over that of the cheapest set",
                   "1 (greedy: close to it)", measured, __FILE_NAME__);
    assert_true(sum / CASES < 1.05 && worst < 1.6 && at_once > CASES * 3 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_type_and_tasks_alike),
        cmocka_unit_test(test_three_types_and_tasks_of_all_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
