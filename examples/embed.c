/* The scheduler core in a control loop of one's own: no simulator, no record, only skytwin/engine.h.
 * A made-up cloud has no spot machine in the cheap pool at first, and takes the other one back after 2 h.
 *     cc embed.c $(pkg-config --cflags --libs skytwin-engine) && ./a.out */
#include <skytwin/engine.h>

#include <stdio.h>
#include <stdlib.h>

#define CENT INT64_C(10000000) /* nano-dollars */

/* One provider, two regions with a pool each, a class of jobs that may run in both, and a job. */
static const sky_event catalog[] = {
    { .kind = SKY_EVENT_PROVIDER, .other = 0, .a = 120 * SKY_NS_PER_SECOND },
    { .kind = SKY_EVENT_REGION, .region = 0, .other = 0 },
    { .kind = SKY_EVENT_REGION, .region = 1, .other = 0 },
    { .kind = SKY_EVENT_POOL, .pool = 0, .region = 0, .detail = 3, .a = 8, .c = SKY_NS_PER_SECOND },
    { .kind = SKY_EVENT_POOL, .pool = 1, .region = 1, .detail = 3, .a = 8, .c = SKY_NS_PER_SECOND },
    { .kind = SKY_EVENT_CLASS, .other = 0 },
    { .kind = SKY_EVENT_ELIGIBLE, .other = 0, .pool = 0, .a = 1, .b = 1000000 },
    { .kind = SKY_EVENT_ELIGIBLE, .other = 0, .pool = 1, .a = 1, .b = 1000000 },
    { .kind = SKY_EVENT_PRICE, .pool = 0, .detail = SKY_ON_DEMAND, .a = 400 * CENT },
    { .kind = SKY_EVENT_PRICE, .pool = 0, .detail = SKY_SPOT, .a = 100 * CENT },
    { .kind = SKY_EVENT_PRICE, .pool = 1, .detail = SKY_ON_DEMAND, .a = 500 * CENT },
    { .kind = SKY_EVENT_PRICE, .pool = 1, .detail = SKY_SPOT, .a = 200 * CENT },
    { .kind = SKY_EVENT_JOB_SUBMITTED, .job = 0, .other = 0, .a = 5 * SKY_NS_PER_HOUR, .b = SKY_NEVER_NS },
};

static void expect_ok(sky_status status, const sky_error *error)
{
    if (status != SKY_OK) {
        fprintf(stderr, "embed: %s\n", error->message);
        exit(1);
    }
}

/* The cloud: does as ordered and says what came of it. */
static sky_event carry_out(const sky_action *order, int hour)
{
    sky_event answer = { .time_ns = order->time_ns, .job = order->job, .pool = order->pool };

    answer.detail = order->purchase;
    answer.instance = answer.other = order->order;
    answer.kind = order->pool == 0 && hour == 0 ? SKY_EVENT_LAUNCH_FAILED : SKY_EVENT_INSTANCE_STARTED;
    printf("%d h: %s in pool %u (%s): %s\n", hour, sky_action_kind_name(order->kind), order->pool,
           sky_reason_name(order->reason), sky_event_kind_name(answer.kind));
    return answer;
}

int main(void)
{
    const sky_engine_config config = { .strategy = "spot-greedy", .control_interval_ns = SKY_NS_PER_HOUR };
    sky_engine *engine;
    sky_event fact = { 0 };
    sky_error error = { "" };

    expect_ok(sky_engine_create(&config, &engine, &error), &error);
    for (size_t i = 0; i < sizeof catalog / sizeof *catalog; i++)
        expect_ok(sky_engine_observe(engine, &catalog[i], &error), &error);
    for (int hour = 0; hour < 4; hour++) {
        const sky_action *orders;
        size_t count;

        fact.time_ns = hour * SKY_NS_PER_HOUR;
        fact.kind = hour == 2 ? SKY_EVENT_INSTANCE_RECLAIMED : SKY_EVENT_TICK;
        expect_ok(sky_engine_observe(engine, &fact, &error), &error);
        do {
            expect_ok(sky_engine_decide(engine, fact.time_ns, &orders, &count, &error), &error);
            for (size_t i = 0; i < count; i++) {
                sky_event answer = carry_out(&orders[i], hour);

                if (answer.kind == SKY_EVENT_INSTANCE_STARTED)
                    fact.instance = answer.instance; /* the one that hour 2 reclaims */
                expect_ok(sky_engine_observe(engine, &answer, &error), &error);
            }
        } while (count > 0);
    }
    sky_engine_destroy(engine);
    return 0;
}
