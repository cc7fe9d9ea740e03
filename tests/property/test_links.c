/* The engine knows the ways between regions: the deadline guard leaves time for a checkpoint's move; and in the twin,
 * what it is told is what the network has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "twin.h"

#define LINE SKYTWIN_SOURCE_DIR "/scenarios/public-vs-private-interconnect.cfg"
#define HOUR SKY_NS_PER_HOUR
#define GAP  (600 * SKY_NS_PER_SECOND)
#define GB   INT64_C(1000000000)

static sky_engine *engine;

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

static void tell(sky_event e)
{
    sky_error error = { "" };

    if (sky_engine_observe(engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Spot in region 0, on demand in region 1, and a job of 20 h with 40 h and a checkpoint of 360 GB. */
static void tell_all(int64_t bytes_per_s)
{
    sky_event e = fact(SKY_EVENT_PROVIDER, 0);

    e.other = 0;
    tell(e);
    for (uint32_t r = 0; r < 2; r++) {
        e = fact(SKY_EVENT_REGION, 0);
        e.region = r;
        e.other = 0;
        tell(e);
    }
    for (uint32_t p = 0; p < 2; p++) {
        e = fact(SKY_EVENT_POOL, 0);
        e.pool = e.region = p;
        e.detail = p == 0 ? 1u << SKY_SPOT : 1u << SKY_ON_DEMAND;
        e.a = INT64_MAX;
        e.c = SKY_NS_PER_SECOND;
        tell(e);
    }
    e = fact(SKY_EVENT_CLASS, 0);
    e.other = 0;
    tell(e);
    for (uint32_t p = 0; p < 2; p++) {
        e = fact(SKY_EVENT_ELIGIBLE, 0);
        e.other = 0;
        e.pool = p;
        e.a = 1;
        e.b = 1000000;
        tell(e);
    }
    for (uint32_t p = 0; p < 2; p++) {
        e = fact(SKY_EVENT_PRICE, 0);
        e.pool = p;
        e.detail = p == 0 ? SKY_SPOT : SKY_ON_DEMAND;
        e.a = (p + 1) * GB;
        tell(e);
    }
    for (uint32_t r = 0; bytes_per_s > 0 && r < 2; r++) {
        e = fact(SKY_EVENT_LINK, 0);
        e.region = r;
        e.other = 1 - r;
        e.b = bytes_per_s;
        tell(e);
    }
    e = fact(SKY_EVENT_JOB_SUBMITTED, 0);
    e.job = 0;
    e.other = 0;
    e.a = 20 * HOUR;
    e.b = 40 * HOUR;
    e.c = 360 * GB;
    e.d = GAP;
    tell(e);
}

/* When the guard takes over a job that gets nowhere on spot. */
static int64_t guard_comes_ns(int64_t bytes_per_s)
{
    sky_engine_config config = { .strategy = "spot-greedy", .control_interval_ns = GAP, .deadline_guard = 1 };
    sky_error error;
    int64_t now_ns = 0;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    tell_all(bytes_per_s);
    for (;; now_ns += GAP) {
        const sky_action *a;
        size_t count;
        sky_event e = fact(SKY_EVENT_TICK, now_ns);

        tell(e);
        assert_int_equal(sky_engine_decide(engine, now_ns, &a, &count, &error), SKY_OK);
        if (count == 0)
            continue;
        assert_int_equal(a[0].kind, SKY_ACTION_LAUNCH);
        if (a[0].reason == SKY_REASON_SAFETY_NET)
            break;
        e = fact(SKY_EVENT_INSTANCE_STARTED, now_ns);
        e.job = 0;
        e.pool = a[0].pool;
        e.detail = a[0].purchase;
        e.instance = 0;
        e.other = a[0].order;
        tell(e);
    }
    sky_engine_destroy(engine);
    return now_ns;
}

/* 40 h less 20 h of work and 10 min of restart; over 10 MB/s the checkpoint takes 10 h more. */
static void test_the_guard_leaves_time_for_the_move(void **state)
{
    (void)state;
    assert_int_equal(guard_comes_ns(0), 20 * HOUR - GAP);
    assert_int_equal(guard_comes_ns(10000000), 10 * HOUR - GAP);
    assert_int_equal(guard_comes_ns(100 * GB), 20 * HOUR - 2 * GAP); /* 3.6 s: of the next interval */
}

/* ---- in the twin ------------------------------------------------------------------------------------------------- */

typedef struct seen {
    int64_t links, slow_links; /* told; of no more than 1 MB/s */
    int64_t moves;             /* checkpoints that moved */
} seen;

static sky_status keep(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    seen *x = context;

    (void)error;
    for (size_t i = 0; i < count; i++) {
        const sky_event *e = (const sky_event *)rows + i;
        const record_transfer_row *t = (const record_transfer_row *)rows + i;

        if (stream == RECORD_EVENTS && e->kind == SKY_EVENT_LINK) {
            x->links++;
            x->slow_links += e->b <= 1000000;
        }
        x->moves += stream == RECORD_TRANSFERS && t->job != SKY_NONE && t->moved_bytes == t->bytes;
    }
    return SKY_OK;
}

static record_summary simulate(const char *const *overrides, size_t count, const char *strategy, seen *x)
{
    const twin_output output = { .context = x, .rows = keep };
    twin_options options = { .strategy = strategy, .seed = 1, .restart_at_ns = SKY_NEVER_NS };
    record_summary summary;
    sky_error error;
    scenario s;

    memset(x, 0, sizeof *x);
    if (scenario_load(LINE, overrides, count, &s, &error) != SKY_OK ||
        twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    return summary;
}

/* Cheap spot in the cloud, sure machines on premises, 2 h away: each connection's window is a bound of its own, so that
 * moves don't slow each other. */
static void test_deadlines_hold_over_slow_links(void **state)
{
    static const char *const overrides[] = {
        "pools[0].purchases=[\"spot\"]",
        "pools[1].capacity=400",
        "workloads[0].deadline_factor=2.0",
        "network.streams=1",
        "network.window=\"16 KiB\"",
        "network.transfers[0].size=\"1 B\"",
        "workloads[0].work.mean=\"10 h\"",
        "workloads[0].work.sigma=0.01",
        "deadline_guard=true",
    };
    static const char *const strategies[] = { "spot-greedy", "uniform-progress", "skynomad", "horizon" };
    int64_t moves = 0;

    (void)state;
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        seen x;
        record_summary s = simulate(overrides, sizeof overrides / sizeof overrides[0], strategies[i], &x);

        assert_true(s.deadlines > 100);
        assert_int_equal(s.deadlines_met, s.deadlines);
        moves += x.moves;
    }
    assert_true(moves > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_guard_leaves_time_for_the_move),
        cmocka_unit_test(test_deadlines_hold_over_slow_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
