/* Copies of data: the rule against the offline optimum, found by trying all; the break-even against its closed form;
 * and, whatever is told, no copy where a rule forbids it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <skytwin/engine.h>
#include "../../engine/data/work_function.h"
#include "../../engine/model/arith.h"
#include "kernel/random.h"
#include "validation.h"

#define GB    INT64_C(1000000000)
#define USD   INT64_C(1000000000)
#define GAP   (600 * SKY_NS_PER_SECOND)
#define MONTH SKY_NS_PER_MONTH

static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
    const random_key key = { .seed = 5, .purpose = RANDOM_TASK };

    return (uint32_t)(random_u64(&key, drawn++) % below);
}

/* ---- the rule ---------------------------------------------------------------------------------------------------- */

#define STEPS 4096

typedef struct sequence {
    work_costs costs; /* moves */
    int64_t step[STEPS][WORK_STATES];
    uint32_t count;
} sequence;

/* The least that any way through the states costs, by trying all. */
static int64_t try_all(const sequence *s, uint32_t at, uint32_t state)
{
    int64_t least = INT64_MAX;

    if (at == s->count)
        return 0;
    for (uint32_t next = 0; next < s->costs.states; next++) {
        int64_t cost = s->costs.move[state][next] + s->step[at][next] + try_all(s, at + 1, next);

        least = cost < least ? cost : least;
    }
    return least;
}

/* What the rule pays, that starts in state 0; *optimum: the least, by the work function. */
static int64_t follow(const sequence *s, int64_t *optimum, uint32_t *moves)
{
    work_costs c = s->costs;
    int64_t w[WORK_STATES], paid = 0;
    uint32_t here = 0, next;

    *optimum = 0;
    *moves = 0;
    work_function_begin(w, &c, here);
    for (uint32_t i = 0; i < s->count; i++) {
        memcpy(c.step, s->step[i], sizeof c.step);
        paid += c.step[here];
        *optimum += work_function_step(w, &c);
        next = work_function_choose(w, &c, here);
        paid += c.move[here][next];
        *moves += next != here;
        here = next;
    }
    return paid;
}

static void test_the_work_function_is_the_optimum(void **state)
{
    static sequence s;

    (void)state;
    for (int round = 0; round < 200; round++) {
        int64_t optimum;
        uint32_t moves;

        s.costs.states = 2 + draw(2);
        s.count = s.costs.states == 2 ? 14 : 9;
        for (uint32_t i = 0; i < s.costs.states; i++)
            for (uint32_t k = 0; k < s.costs.states; k++)
                s.costs.move[i][k] = i == k ? 0 : 50 + draw(50); /* no way round is shorter */
        for (uint32_t i = 0; i < s.count; i++)
            for (uint32_t k = 0; k < s.costs.states; k++)
                s.step[i][k] = draw(3) ? draw(60) : 0;
        (void)follow(&s, &optimum, &moves);
        assert_int_equal(optimum, try_all(&s, 0, 0));
    }
}

/* Reads come and go; bringing costs 1000, holding about 1 a step, giving up nothing. */
static double ratio_of(sequence *s, int worst)
{
    int64_t optimum, paid;
    uint32_t moves, state = 0;
    int busy = 1;

    memset(s, 0, sizeof *s);
    s->costs.states = 2;
    s->costs.move[0][1] = 1000;
    s->count = STEPS;
    if (!worst) {
        for (uint32_t i = 0; i < s->count; i++) {
            busy = draw(400) == 0 ? !busy : busy;
            s->step[i][0] = busy ? draw(30) : 0;
            s->step[i][1] = 5 + draw(5);
        }
    } else { /* whoever knows the rule asks for what it has not */
        work_costs c = s->costs;
        int64_t w[2];

        work_function_begin(w, &c, 0);
        for (uint32_t i = 0; i < s->count; i++) {
            s->step[i][state] = 10;
            memcpy(c.step, s->step[i], sizeof c.step);
            work_function_step(w, &c);
            state = work_function_choose(w, &c, state);
        }
    }
    paid = follow(s, &optimum, &moves);
    assert_true(moves > 0);
    assert_true((double)paid <= (3 + 2 * 30.0 / 1000) * (double)optimum + 2000);
    return (double)paid / (double)optimum;
}

static void test_the_rule_pays_three_times_the_optimum_at_most(void **state)
{
    static sequence s;
    double random = 0, worst;
    char measured[80];

    (void)state;
    for (int round = 0; round < 100; round++) {
        double ratio = ratio_of(&s, 0);

        random = ratio > random ? ratio : random;
    }
    worst = ratio_of(&s, 1);
    assert_true(worst > 2.8 && random < worst); /* the bound is tight */
    snprintf(measured, sizeof measured, "%.2f on 100 random sequences, %.2f at the worst", random, worst);
    validation_row("copies come and go: cost over the offline optimum's", "3 at most", measured,
                   "Borodin, Linial and Saks, J. ACM 39(4), 1992");
}

static void test_tiers_pay_2n_less_1_times_the_optimum_at_most(void **state)
{
    static sequence s;

    (void)state;
    for (int round = 0; round < 100; round++) {
        int64_t optimum, paid;
        uint32_t moves;

        memset(&s, 0, sizeof s);
        s.costs.states = 3;
        s.count = STEPS;
        for (uint32_t i = 0; i < 3; i++)
            for (uint32_t k = 0; k < 3; k++)
                s.costs.move[i][k] = i == k ? 0 : 1000;
        for (uint32_t i = 0; i < s.count; i++)
            for (uint32_t k = 0; k < 3; k++)
                s.step[i][k] = draw(4) ? 0 : draw(20 + 10 * k);
        paid = follow(&s, &optimum, &moves);
        assert_true((double)paid <= 5.2 * (double)optimum + 3000);
    }
}

/* ---- the engine's copies ------------------------------------------------------------------------------------------- */

static sky_event fact(sky_event_kind kind, int64_t time_ns)
{
    return (sky_event){ .time_ns = time_ns,
                        .kind = (uint16_t)kind,
                        .region = SKY_NONE,
                        .pool = SKY_NONE,
                        .job = SKY_NONE,
                        .instance = SKY_NONE,
                        .other = SKY_NONE };
}

static void tell(sky_engine *engine, sky_event e)
{
    sky_error error = { "" };

    if (sky_engine_observe(engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

typedef struct world {
    sky_engine *engine;
    uint32_t regions, datasets, tiers;
    int64_t now_ns;
    sky_action orders[64];
    size_t count;
} world;

/* Hot storage at 0.023 USD a GB and month in all regions, cool at half that; 0.09 USD a GB between them. */
static void start(world *x, uint32_t regions, uint32_t tiers, sky_data_options options)
{
    sky_engine_config config = { .strategy = "on-demand-cheapest",
                                 .control_interval_ns = GAP,
                                 .data_options = options };
    sky_error error;
    sky_event e = fact(SKY_EVENT_PROVIDER, 0);

    memset(x, 0, sizeof *x);
    x->regions = regions;
    x->tiers = tiers;
    assert_int_equal(sky_engine_create(&config, &x->engine, &error), SKY_OK);
    e.other = 0;
    tell(x->engine, e);
    for (e = fact(SKY_EVENT_REGION, 0), e.region = 0; e.region < regions; e.region++) {
        e.other = 0;
        tell(x->engine, e);
    }
    for (uint32_t r = 0; r < regions; r++)
        for (uint32_t t = 0; t < tiers; t++) {
            e = fact(SKY_EVENT_STORAGE_TIER, 0);
            e.region = r;
            e.detail = (uint16_t)t;
            e.other = SKY_STORAGE_HOT + t;
            e.b = GB;
            tell(x->engine, e);
            e = fact(SKY_EVENT_STORAGE_PRICE, 0);
            e.region = r;
            e.detail = (uint16_t)t;
            e.a = t == 0 ? 23 * USD / 1000 : 11500 * USD / 1000000;
            e.c = t == 0 ? 0 : USD / 100;
            tell(x->engine, e);
        }
    for (uint32_t from = 0; from < regions; from++)
        for (uint32_t to = 0; to < regions; to++) {
            e = fact(SKY_EVENT_LINK, 0);
            e.region = from;
            e.other = to;
            e.b = GB;
            e.c = 9 * USD / 100;
            if (from != to)
                tell(x->engine, e);
        }
}

static void tell_dataset(world *x, uint32_t home, int64_t bytes)
{
    sky_event e = fact(SKY_EVENT_DATASET, x->now_ns);

    e.instance = x->datasets++;
    e.region = home;
    e.a = bytes;
    tell(x->engine, e);
}

static void tell_read(world *x, uint32_t dataset, uint32_t region, int64_t bytes)
{
    sky_event e = fact(SKY_EVENT_DATASET_READ, x->now_ns);

    e.instance = dataset;
    e.region = region;
    e.a = 1;
    e.b = bytes;
    tell(x->engine, e);
}

/* The control interval passes, and the engine gives its orders. */
static void pass(world *x)
{
    const sky_action *orders;
    sky_error error;

    tell(x->engine, fact(SKY_EVENT_TICK, x->now_ns));
    assert_int_equal(sky_engine_decide(x->engine, x->now_ns, &orders, &x->count, &error), SKY_OK);
    assert_true(x->count <= 64);
    if (x->count > 0)
        memcpy(x->orders, orders, x->count * sizeof *orders);
    x->now_ns += GAP;
}

static void answer(world *x, const sky_action *a, sky_replica state)
{
    sky_event e = fact(SKY_EVENT_REPLICA, x->now_ns);

    e.instance = a->dataset;
    e.region = a->region;
    e.detail = (uint16_t)state;
    e.other = a->order;
    e.a = state == SKY_REPLICA_NONE ? 0 : 1;
    e.c = state == SKY_REPLICA_NONE ? 0 : a->tier;
    tell(x->engine, e);
}

/* 1000 GB are 90 USD to bring, and 23 USD a month to hold; 6 GB are read every 10 minutes, 0.54 USD each time. */
static void test_a_copy_comes_and_goes_at_its_break_even(void **state)
{
    const sky_data_options options = { .replication = SKY_REPLICATE_BREAK_EVEN };
    const int64_t bring = 90 * USD, read = 54 * USD / 100, hold = muldiv_i64(23 * USD, GAP, MONTH);
    int64_t expected = (bring + read - hold - 1) / (read - hold), ticks = 0;
    world x;

    (void)state;
    start(&x, 2, 1, options);
    tell_dataset(&x, 0, 1000 * GB);
    pass(&x);
    assert_int_equal(x.count, 0);
    do {
        tell_read(&x, 0, 1, 6 * GB);
        pass(&x);
        ticks++;
    } while (x.count == 0);
    assert_int_equal(ticks, expected); /* 169 */
    assert_int_equal(x.orders[0].kind, SKY_ACTION_REPLICATE);
    assert_int_equal(x.orders[0].reason, SKY_REASON_READS);
    assert_int_equal(x.orders[0].from, 0);
    assert_int_equal(x.orders[0].region, 1);
    assert_int_equal(x.orders[0].score, bring);
    answer(&x, &x.orders[0], SKY_REPLICA_COMING);
    pass(&x);
    assert_int_equal(x.count, 0);
    answer(&x, &x.orders[0], SKY_REPLICA_READY);
    for (ticks = 0; x.count == 0; ticks++) /* nobody reads any more */
        pass(&x);
    /* the tick on which it was on its way counts; what reads had saved beyond the break-even does not */
    assert_int_equal(ticks + 1, (bring + hold - 1) / hold); /* 17,142: 2857 h */
    assert_int_equal(x.orders[0].kind, SKY_ACTION_EVICT);
    assert_int_equal(x.orders[0].reason, SKY_REASON_UNREAD);
    answer(&x, &x.orders[0], SKY_REPLICA_NONE);
    pass(&x);
    assert_int_equal(x.count, 0);
    sky_engine_destroy(x.engine);
    validation_row("a copy of 1000 GB at 0.09 USD/GB, 0.023 USD/GB/month, 36 GB read an hour: comes after",
                   "90 USD / (0.54 - 0.0053 USD) = 169 intervals", "169 intervals", "closed form");
}

/* Cool is half as dear to hold, and 0.01 USD a GB to read: from a read of 1.15 times the data a month on hot pays. */
static void test_tiers_follow_the_reads(void **state)
{
    const sky_data_options options = { .tiering = SKY_TIERS_BY_READS };
    world x;
    int ticks = 0;

    (void)state;
    start(&x, 1, 2, options);
    tell_dataset(&x, 0, 1000 * GB);
    for (; x.count == 0; ticks++)
        pass(&x);
    assert_int_equal(x.orders[0].kind, SKY_ACTION_SET_TIER);
    assert_int_equal(x.orders[0].tier, 1);
    /* to and fro costs 10 USD of retrieval, hot 11.5 USD a month more */
    assert_in_range(ticks, 10.0 / 11.5 * 4380, 10.0 / 11.5 * 4380 + 2);
    answer(&x, &x.orders[0], SKY_REPLICA_READY);
    for (ticks = 0, x.count = 0; x.count == 0; ticks++) {
        tell_read(&x, 0, 0, 5 * GB); /* 21.9 times the data a month */
        pass(&x);
    }
    assert_int_equal(x.orders[0].tier, 0);
    assert_in_range(ticks, 10 / (0.05 - 11.5 / 4380), 10 / (0.05 - 11.5 / 4380) + 2);
    sky_engine_destroy(x.engine);
}

static void answer_move(world *x, const sky_action *a, int64_t bytes)
{
    sky_event e = fact(SKY_EVENT_DATASET, x->now_ns);
    sky_action old = *a;

    answer(x, a, SKY_REPLICA_READY);
    e.instance = a->dataset;
    e.region = a->region;
    e.detail = (uint16_t)a->tier;
    e.a = bytes;
    tell(x->engine, e);
    old.region = a->from;
    old.order = SKY_NONE;
    answer(x, &old, SKY_REPLICA_NONE);
}

/* All is read elsewhere: a copy comes, and when holding 1000 GB at home has cost what bringing them back would, 90 USD, the
 * copy is the home. */
static void test_the_home_follows_its_readers(void **state)
{
    const sky_data_options options = { .replication = SKY_REPLICATE_BREAK_EVEN };
    int64_t hold = muldiv_i64(23 * USD, GAP, MONTH), ticks = 0;
    world x;

    (void)state;
    start(&x, 2, 1, options);
    tell_dataset(&x, 0, 1000 * GB);
    for (int i = 0; x.count == 0; i++) {
        tell_read(&x, 0, 1, 6 * GB);
        pass(&x);
    }
    answer(&x, &x.orders[0], SKY_REPLICA_READY);
    for (x.count = 0; x.count == 0; ticks++) {
        tell_read(&x, 0, 1, 6 * GB);
        pass(&x);
    }
    assert_int_equal(x.orders[0].kind, SKY_ACTION_MOVE_DATA);
    assert_int_equal(x.orders[0].from, 0);
    assert_int_equal(x.orders[0].region, 1);
    assert_int_equal(ticks, (90 * USD + hold - 1) / hold);
    answer_move(&x, &x.orders[0], 1000 * GB);
    for (int i = 0; i < 1000; i++) { /* the only copy stays */
        pass(&x);
        assert_int_equal(x.count, 0);
    }
    sky_engine_destroy(x.engine);
}

/* Whatever is told. A home stays where it is, where a rule comes later and there is no other copy. */
static void test_no_copy_enters_where_a_rule_forbids_it(void **state)
{
    const sky_data_options options = { .replication = SKY_REPLICATE_BREAK_EVEN,
                                       .tiering = SKY_TIERS_BY_READS };
    int64_t copies = 0, evicted = 0, moved = 0;

    (void)state;
    for (int round = 0; round < 40; round++) {
        int forbidden[4][8] = { { 0 } }, present[4][8] = { { 0 } };
        uint32_t home[4];
        world x;

        start(&x, 8, 2, options);
        for (uint32_t d = 0; d < 4; d++)
            tell_dataset(&x, home[d] = draw(8), (1 + draw(50)) * GB);
        for (int i = 0; i < 300; i++) {
            if (draw(10) == 0) {
                sky_event e = fact(SKY_EVENT_DATASET_FORBIDDEN, x.now_ns);

                e.instance = draw(4);
                e.region = draw(8);
                e.detail = 7;
                tell(x.engine, e);
                forbidden[e.instance][e.region] = 1;
            }
            for (uint32_t k = draw(6); k > 0; k--)
                tell_read(&x, draw(4), draw(8), draw(30) * GB);
            pass(&x);
            for (size_t k = 0; k < x.count; k++) {
                const sky_action *a = &x.orders[k];

                if (a->kind == SKY_ACTION_REPLICATE) {
                    assert_false(forbidden[a->dataset][a->region]);
                    present[a->dataset][a->region] = 1;
                    copies++;
                }
                evicted += a->kind == SKY_ACTION_EVICT && a->reason == SKY_REASON_RULE;
                if (a->kind == SKY_ACTION_EVICT)
                    present[a->dataset][a->region] = 0;
                if (a->kind == SKY_ACTION_MOVE_DATA) {
                    assert_false(forbidden[a->dataset][a->region]);
                    present[a->dataset][a->from] = 0;
                    home[a->dataset] = a->region;
                    moved++;
                    answer_move(&x, a, GB);
                    continue;
                }
                answer(&x, a, a->kind == SKY_ACTION_EVICT ? SKY_REPLICA_NONE : SKY_REPLICA_READY);
            }
        }
        pass(&x);
        for (size_t k = 0; k < x.count; k++) /* of rules that came last */
            if (x.orders[k].kind == SKY_ACTION_EVICT)
                present[x.orders[k].dataset][x.orders[k].region] = 0;
            else if (x.orders[k].kind == SKY_ACTION_MOVE_DATA)
                present[x.orders[k].dataset][x.orders[k].from] = 0;
        for (uint32_t d = 0; d < 4; d++)
            for (uint32_t r = 0; r < 8; r++)
                assert_false(forbidden[d][r] && present[d][r] && r != home[d]);
        sky_engine_destroy(x.engine);
    }
    assert_true(copies > 100 && evicted > 10 && moved > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_work_function_is_the_optimum),
        cmocka_unit_test(test_the_rule_pays_three_times_the_optimum_at_most),
        cmocka_unit_test(test_tiers_pay_2n_less_1_times_the_optimum_at_most),
        cmocka_unit_test(test_a_copy_comes_and_goes_at_its_break_even),
        cmocka_unit_test(test_tiers_follow_the_reads),
        cmocka_unit_test(test_the_home_follows_its_readers),
        cmocka_unit_test(test_no_copy_enters_where_a_rule_forbids_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
