/* What the engine hears of services: facts in their order, nothing impossible; and that it decides from what was measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skytwin/engine.h>

#define HOUR_NS SKY_NS_PER_HOUR
#define MS      INT64_C(1000000)

static sky_engine *engine_with(const char *strategy)
{
    const sky_engine_config config = { .strategy = strategy, .control_interval_ns = HOUR_NS };
    sky_engine *engine;
    sky_error error;

    if (sky_engine_create(&config, &engine, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return engine;
}

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

static void refuse(sky_engine *engine, sky_event e)
{
    sky_error error;

    assert_int_equal(sky_engine_observe(engine, &e, &error), SKY_ERROR_INPUT);
    assert_true(error.message[0] != '\0');
}

static sky_event service(void)
{
    sky_event e = fact(SKY_EVENT_SERVICE);

    e.other = 0;
    e.a = 100 * MS;
    e.b = 1000000;
    e.c = 1;
    return e;
}

static sky_event place(uint32_t number, int64_t least, int64_t most)
{
    sky_event e = fact(SKY_EVENT_PLACE);

    e.instance = number;
    e.other = 0;
    e.region = number;
    e.a = least;
    e.b = most;
    return e;
}

static sky_event of_place(sky_event_kind kind, uint32_t number, int64_t a, int64_t b)
{
    sky_event e = fact(kind);

    e.instance = number;
    e.a = a;
    e.b = b;
    return e;
}

static sky_event of_population(sky_event_kind kind, int64_t time_ns, int64_t a)
{
    sky_event e = fact(kind);

    e.time_ns = time_ns;
    e.other = 0;
    e.region = 0;
    e.a = a;
    return e;
}

/* Two regions, a service that may be in the first alone, and users in the second. */
static void tell_world(sky_engine *engine)
{
    sky_event e = fact(SKY_EVENT_PROVIDER);

    e.other = 0;
    tell(engine, e);
    e = fact(SKY_EVENT_REGION);
    e.other = 0;
    for (e.region = 0; e.region < 2; e.region++)
        tell(engine, e);
    tell(engine, service());
    tell(engine, place(0, 0, 50));
    tell(engine, place(1, 0, 50));
    e = fact(SKY_EVENT_SERVICE_FORBIDDEN);
    e.other = 0;
    e.region = 1;
    e.detail = 1;
    tell(engine, e);
    tell(engine, of_place(SKY_EVENT_PLACE_PRICE, 0, 1000000000, 0));
    tell(engine, of_place(SKY_EVENT_PLACE_PRICE, 1, 1000000000, 0));
    tell(engine, of_place(SKY_EVENT_REPLICAS, 0, 1, 1));
    e = of_population(SKY_EVENT_POPULATION, 0, 500 * MS);
    e.region = 1;
    e.b = 990000;
    tell(engine, e);
    for (uint32_t i = 0; i < 2; i++) {
        e = of_population(SKY_EVENT_POPULATION_WAY, 0, i == 0 ? 80 * MS : 2 * MS);
        e.instance = i;
        tell(engine, e);
    }
}

static void test_impossible_facts_are_refused(void **state)
{
    sky_engine *engine = engine_with("on-demand-cheapest");
    sky_event e;

    (void)state;
    tell_world(engine);
    e = service();
    e.other = 2;
    refuse(engine, e);                                         /* not the next one */
    refuse(engine, place(2, 0, 5));                            /* after populations */
    refuse(engine, of_place(SKY_EVENT_PLACE_PRICE, 0, -1, 0)); /* a price below 0 */
    refuse(engine, of_place(SKY_EVENT_REPLICAS, 0, 2, 1));     /* more that work than there are */
    refuse(engine, of_place(SKY_EVENT_SERVED, 7, 1, 0));       /* no such place */
    refuse(engine, of_population(SKY_EVENT_ASKED, 0, -1));     /* fewer than none */
    e = of_population(SKY_EVENT_ROUTED, 0, 2000000);
    e.instance = 0;
    refuse(engine, e); /* more than all */
    sky_engine_destroy(engine);
}

static size_t decide(sky_engine *engine, int64_t now_ns, const sky_action **actions)
{
    sky_event tick = fact(SKY_EVENT_TICK);
    sky_error error;
    size_t count;

    tick.time_ns = now_ns;
    tell(engine, tick);
    if (sky_engine_decide(engine, now_ns, actions, &count, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return count;
}

/* Nothing before a measurement; then what the load asks for: 10 a second of 100 ms each at 70 % are 1.43 replicas, and
 * nothing at the near place, which the rule forbids. */
static void test_decisions_follow_measurements(void **state)
{
    sky_engine *engine = engine_with("on-demand-cheapest+near-users");
    const sky_action *actions;
    size_t count;

    (void)state;
    tell_world(engine);
    assert_int_equal(decide(engine, 0, &actions), 0);
    tell(engine, of_population(SKY_EVENT_ASKED, HOUR_NS, 36000));
    count = decide(engine, HOUR_NS, &actions);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        if (actions[i].kind == SKY_ACTION_SCALE_SERVICE)
            assert_int_equal(actions[i].devices, actions[i].place == 0 ? 2 : 0);
        else
            assert_true(actions[i].kind == SKY_ACTION_ROUTE && actions[i].place == 0);
    }
    sky_engine_destroy(engine);
}

/* As declared: the engine leaves services to themselves. */
static void test_as_declared_orders_nothing(void **state)
{
    sky_engine *engine = engine_with("on-demand-cheapest");
    const sky_action *actions;

    (void)state;
    tell_world(engine);
    tell(engine, of_population(SKY_EVENT_ASKED, HOUR_NS, 36000));
    assert_int_equal(decide(engine, HOUR_NS, &actions), 0);
    sky_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_impossible_facts_are_refused),
        cmocka_unit_test(test_decisions_follow_measurements),
        cmocka_unit_test(test_as_declared_orders_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
