/* The engine on its own: facts in, orders out, no world behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <skytwin/engine.h>

#define HOUR SKY_NS_PER_HOUR
#define GAP  (600 * SKY_NS_PER_SECOND)

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

static void tell(sky_engine *engine, sky_event event)
{
    sky_error error = { "" };

    if (sky_engine_observe(engine, &event, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static sky_engine *new_engine(const char *strategy, int guard)
{
    sky_engine_config config = {
        .strategy = strategy, .control_interval_ns = GAP, .probe_bill_ns = 0, .deadline_guard = guard
    };
    sky_engine *engine = NULL;
    sky_error error;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    return engine;
}

/* Two regions with a pool each (pool 0 at 4 and 1 USD/h on demand and spot, pool 1 at 5 and 2), and one
 * class; region `forbidden` (or SKY_NONE) is closed to it. */
static void tell_catalog(sky_engine *engine, uint32_t forbidden)
{
    sky_event e = fact(SKY_EVENT_PROVIDER, 0);

    e.other = 0;
    tell(engine, e);
    for (uint32_t r = 0; r < 2; r++) {
        e = fact(SKY_EVENT_REGION, 0);
        e.region = r;
        e.other = 0;
        tell(engine, e);
    }
    for (uint32_t p = 0; p < 2; p++) {
        e = fact(SKY_EVENT_POOL, 0);
        e.pool = e.region = p;
        e.detail = 1u << SKY_ON_DEMAND | 1u << SKY_SPOT;
        e.a = INT64_MAX;
        e.c = SKY_NS_PER_SECOND;
        tell(engine, e);
    }
    e = fact(SKY_EVENT_CLASS, 0);
    e.other = 0;
    tell(engine, e);
    for (uint32_t p = 0; p < 2; p++) {
        e = fact(SKY_EVENT_ELIGIBLE, 0);
        e.other = 0;
        e.pool = p;
        e.a = 1;
        e.b = 1000000;
        tell(engine, e);
    }
    if (forbidden != SKY_NONE) {
        e = fact(SKY_EVENT_FORBIDDEN, 0);
        e.other = 0;
        e.region = forbidden;
        e.detail = 7;
        tell(engine, e);
    }
    for (uint32_t p = 0; p < 2; p++)
        for (uint16_t purchase = SKY_ON_DEMAND; purchase <= SKY_SPOT; purchase++) {
            e = fact(SKY_EVENT_PRICE, 0);
            e.pool = p;
            e.detail = purchase;
            e.a = (purchase == SKY_SPOT ? 1 + p : 4 + p) * INT64_C(1000000000);
            tell(engine, e);
        }
}

static void submit(sky_engine *engine, uint32_t job, int64_t now, int64_t work, int64_t deadline)
{
    sky_event e = fact(SKY_EVENT_JOB_SUBMITTED, now);

    e.job = job;
    e.other = 0;
    e.a = work;
    e.b = deadline;
    e.d = GAP;
    tell(engine, e);
}

static const sky_action *decide(sky_engine *engine, int64_t now, size_t expected)
{
    const sky_action *actions;
    size_t count;
    sky_error error;

    assert_int_equal(sky_engine_decide(engine, now, &actions, &count, &error), SKY_OK);
    assert_int_equal(count, expected);
    return actions;
}

static void answer(sky_engine *engine, const sky_action *a, sky_event_kind kind, uint32_t instance)
{
    sky_event e = fact(kind, a->time_ns);

    e.job = a->job;
    e.pool = a->pool;
    e.detail = a->purchase;
    e.instance = instance;
    e.other = a->order;
    tell(engine, e);
}

static void test_next_candidate_after_a_failed_launch(void **state)
{
    sky_engine *engine = new_engine("spot-greedy", 0);
    const sky_action *a;

    (void)state;
    tell_catalog(engine, SKY_NONE);
    submit(engine, 0, 0, 10 * HOUR, SKY_NEVER_NS);
    a = decide(engine, 0, 1);
    assert_int_equal(a->kind, SKY_ACTION_LAUNCH);
    assert_int_equal(a->pool, 0);
    assert_int_equal(a->purchase, SKY_SPOT);
    assert_int_equal(a->reason, SKY_REASON_STRATEGY);
    assert_int_equal(a->runner_up_pool, 1);
    assert_int_equal(a->score, 10 * INT64_C(1000000000)); /* 10 h at 1 USD */
    answer(engine, a, SKY_EVENT_LAUNCH_FAILED, SKY_NONE);
    a = decide(engine, 0, 1);
    assert_int_equal(a->pool, 1);
    assert_int_equal(a->reason, SKY_REASON_NEXT_BEST);
    answer(engine, a, SKY_EVENT_INSTANCE_STARTED, 0);
    decide(engine, 0, 0);
    sky_engine_destroy(engine);
}

static void test_gatekeeper_lets_no_forbidden_region_pass(void **state)
{
    size_t strategies;
    const sky_strategy_info *const *list = sky_strategy_list(&strategies);

    (void)state;
    for (size_t s = 0; s < strategies; s++) {
        sky_engine *engine = new_engine(list[s]->name, 1);

        tell_catalog(engine, 0);
        submit(engine, 0, 0, 10 * HOUR, 11 * HOUR);
        for (int round = 0; round < 10; round++) {
            const sky_action *actions;
            size_t count;
            sky_error error;

            assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_OK);
            for (size_t i = 0; i < count; i++) {
                sky_action a = actions[i];

                if (a.kind == SKY_ACTION_LAUNCH || a.kind == SKY_ACTION_PROBE)
                    assert_int_equal(a.pool, 1);
                if (a.kind == SKY_ACTION_LAUNCH)
                    answer(engine, &a, SKY_EVENT_LAUNCH_FAILED, SKY_NONE);
                if (a.kind == SKY_ACTION_PROBE)
                    answer(engine, &a, SKY_EVENT_PROBE_RESULT, SKY_NONE);
            }
        }
        sky_engine_destroy(engine);
    }
}

static void test_job_with_nowhere_to_go_is_rejected_with_the_rule(void **state)
{
    sky_engine *engine = new_engine("spot-greedy", 0);
    sky_event e = fact(SKY_EVENT_FORBIDDEN, 0);
    const sky_action *a;

    (void)state;
    tell_catalog(engine, 0);
    (void)e;
    sky_engine_destroy(engine);
    engine = new_engine("spot-greedy", 0);
    e = fact(SKY_EVENT_PROVIDER, 0);
    e.other = 0;
    tell(engine, e);
    e = fact(SKY_EVENT_REGION, 0);
    e.region = 0;
    e.other = 0;
    tell(engine, e);
    e = fact(SKY_EVENT_POOL, 0);
    e.pool = e.region = 0;
    e.detail = 1;
    e.a = 1;
    e.c = 1;
    tell(engine, e);
    e = fact(SKY_EVENT_CLASS, 0);
    e.other = 0;
    tell(engine, e);
    e = fact(SKY_EVENT_ELIGIBLE, 0);
    e.other = e.pool = 0;
    e.a = 1;
    e.b = 1000000;
    tell(engine, e);
    e = fact(SKY_EVENT_FORBIDDEN, 0);
    e.other = e.region = 0;
    e.detail = 9;
    tell(engine, e);
    submit(engine, 0, 0, HOUR, SKY_NEVER_NS);
    a = decide(engine, 0, 1);
    assert_int_equal(a->kind, SKY_ACTION_REJECT);
    assert_int_equal(a->rule, 9);
    decide(engine, 0, 0);
    sky_engine_destroy(engine);
}

static void test_guard_goes_on_demand_when_time_runs_out(void **state)
{
    sky_engine *engine = new_engine("uniform-progress-eager", 1);
    sky_event e;
    const sky_action *a;

    (void)state;
    tell_catalog(engine, SKY_NONE);
    submit(engine, 0, 0, 9 * GAP, 10 * GAP); /* 9 ticks of work and one of restart fill the 10 */
    a = decide(engine, 0, 1);
    assert_int_equal(a->purchase, SKY_ON_DEMAND);
    assert_int_equal(a->reason, SKY_REASON_SAFETY_NET);
    assert_int_equal(a->pool, 0); /* the cheapest */
    answer(engine, a, SKY_EVENT_INSTANCE_STARTED, 0);
    decide(engine, 0, 0);
    e = fact(SKY_EVENT_TICK, GAP);
    tell(engine, e);
    decide(engine, GAP, 0); /* and it stays there */
    sky_engine_destroy(engine);
}

static void test_snapshot_in_the_middle_of_a_plan_goes_on_identically(void **state)
{
    sky_engine *engine = new_engine("uniform-progress-availability", 1), *restored = NULL;
    unsigned char *bytes, *again;
    size_t size, size_again;
    const sky_action *a;
    sky_action first, second;
    sky_error error;

    (void)state;
    tell_catalog(engine, SKY_NONE);
    submit(engine, 0, 0, 10 * HOUR, 20 * HOUR);
    a = decide(engine, 0, 1);
    answer(engine, a, SKY_EVENT_LAUNCH_FAILED, SKY_NONE);
    assert_int_equal(sky_engine_snapshot(engine, &bytes, &size, &error), SKY_OK);
    assert_int_equal(sky_engine_restore(bytes, size, &restored, &error), SKY_OK);
    assert_int_equal(sky_engine_snapshot(restored, &again, &size_again, &error), SKY_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    first = *decide(engine, 0, 1);
    second = *decide(restored, 0, 1);
    assert_memory_equal(&first, &second, sizeof first);
    free(bytes);
    free(again);
    sky_engine_destroy(engine);
    sky_engine_destroy(restored);
}

static void test_damaged_snapshots_are_refused(void **state)
{
    sky_engine *engine = new_engine("uniform-progress", 1), *restored = NULL;
    unsigned char *bytes;
    size_t size;
    sky_error error;

    (void)state;
    tell_catalog(engine, SKY_NONE);
    submit(engine, 0, 0, 10 * HOUR, 20 * HOUR);
    assert_int_equal(sky_engine_snapshot(engine, &bytes, &size, &error), SKY_OK);
    for (size_t at = 0; at < size; at += 97) {
        bytes[at] ^= 0x20;
        assert_int_equal(sky_engine_restore(bytes, size, &restored, &error), SKY_ERROR_INPUT);
        bytes[at] ^= 0x20;
        assert_int_equal(sky_engine_restore(bytes, at, &restored, &error), SKY_ERROR_INPUT);
    }
    free(bytes);
    sky_engine_destroy(engine);
}

static void test_impossible_events_are_refused_and_change_nothing(void **state)
{
    sky_engine *engine = new_engine("spot-greedy", 0);
    sky_event bad[9];
    unsigned char *before, *after;
    size_t size, size_after;
    sky_error error;

    (void)state;
    tell_catalog(engine, SKY_NONE);
    submit(engine, 0, 5, HOUR, SKY_NEVER_NS);
    bad[0] = fact(SKY_EVENT_TICK, 4);  /* time goes back */
    bad[1] = fact(SKY_EVENT_PRICE, 5); /* of no pool */
    bad[2] = fact(SKY_EVENT_PRICE, 5);
    bad[2].pool = 0;
    bad[2].a = -1;
    bad[3] = fact(SKY_EVENT_JOB_DONE, 5); /* of no job */
    bad[4] = fact(SKY_EVENT_REGION, 5);   /* the catalog is closed */
    bad[4].region = 2;
    bad[4].other = 0;
    bad[5] = fact(999, 5);
    bad[6] = fact(SKY_EVENT_INSTANCE_STARTED, 5);
    bad[6].job = 0;
    bad[6].pool = 77;
    bad[7] = fact(SKY_EVENT_JOB_SUBMITTED, 5);
    bad[7].job = 3; /* out of order */
    bad[7].other = 0;
    bad[7].a = 1;
    bad[8] = fact(SKY_EVENT_PROBE_RESULT, 5);
    bad[8].pool = 2;
    assert_int_equal(sky_engine_snapshot(engine, &before, &size, &error), SKY_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error.message[0] = '\0';
        assert_int_equal(sky_engine_observe(engine, &bad[i], &error), SKY_ERROR_INPUT);
        assert_true(strlen(error.message) > 10);
    }
    assert_int_equal(sky_engine_snapshot(engine, &after, &size_after, &error), SKY_OK);
    assert_int_equal(size, size_after);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
    sky_engine_destroy(engine);
}

static void test_unknown_strategy_is_refused(void **state)
{
    sky_engine_config config = { .strategy = "no-such", .control_interval_ns = GAP };
    sky_engine *engine = NULL;
    sky_error error;

    (void)state;
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "no-such"));
    config.strategy = "spot-greedy";
    config.control_interval_ns = 0;
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_ERROR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_candidate_after_a_failed_launch),
        cmocka_unit_test(test_gatekeeper_lets_no_forbidden_region_pass),
        cmocka_unit_test(test_job_with_nowhere_to_go_is_rejected_with_the_rule),
        cmocka_unit_test(test_guard_goes_on_demand_when_time_runs_out),
        cmocka_unit_test(test_snapshot_in_the_middle_of_a_plan_goes_on_identically),
        cmocka_unit_test(test_damaged_snapshots_are_refused),
        cmocka_unit_test(test_impossible_events_are_refused_and_change_nothing),
        cmocka_unit_test(test_unknown_strategy_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
