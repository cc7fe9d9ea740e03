/* Best-fit decreasing over a batch: within its proven bound of the least number of nodes, against an exhaustive search
 * for small batches and known optima for large ones; and better than best fit in the order of arrival. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skytwin/engine.h>

#include "kernel/random.h"

/* A node is cut into so many units, which is as fine as best fit's score of 0 to 100 can tell. */
#define UNITS     50
#define UNIT_MCPU (128000 / UNITS)
#define MOST      4000

typedef struct batch {
    uint32_t units[MOST]; /* of each task */
    uint32_t count;
} batch;

static const random_key draws = { .seed = 4, .thing = 1 };
static uint64_t drawn;

static uint32_t below(uint32_t bound)
{
    return (uint32_t)(random_u64(&draws, drawn++) % bound);
}

/* ---- the engine --------------------------------------------------------------------------------------------------- */

static void tell(sky_engine *engine, sky_event e)
{
    sky_error error = { "" };

    if (sky_engine_observe(engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static sky_engine *make_engine(const char *strategy, uint32_t nodes)
{
    sky_engine_config config = { .strategy = strategy, .control_interval_ns = 1 };
    sky_engine *engine;
    sky_error error = { "" };

    if (sky_engine_create(&config, &engine, &error) != SKY_OK)
        fail_msg("%s", error.message);
    tell(engine, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    tell(engine, (sky_event){ .kind = SKY_EVENT_REGION });
    tell(engine, (sky_event){ .kind = SKY_EVENT_POOL, .detail = 1, .a = INT64_MAX, .c = 1 });
    for (uint32_t c = 0; c < UNITS; c++) { /* class c asks for c + 1 units */
        tell(engine, (sky_event){ .kind = SKY_EVENT_CLASS, .other = c });
        tell(engine, (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = c, .a = 1, .b = 1000000 });
        tell(engine, (sky_event){ .kind = SKY_EVENT_REQUEST, .other = c, .a = (c + 1) * UNIT_MCPU });
    }
    for (uint32_t i = 0; i < nodes; i++)
        tell(engine, (sky_event){ .kind = SKY_EVENT_NODE, .instance = i, .a = UNITS * UNIT_MCPU, .d = i });
    return engine;
}

/* Nodes that the batch is spread over; all of it is placed at once. */
static uint32_t nodes_used(const char *strategy, const batch *b)
{
    sky_engine *engine = make_engine(strategy, b->count);
    unsigned char *used = calloc(b->count, 1);
    const sky_action *actions;
    size_t count;
    uint32_t nodes = 0;
    sky_error error = { "" };

    assert_non_null(used);
    for (uint32_t i = 0; i < b->count; i++)
        tell(engine, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED,
                                  .job = i,
                                  .other = b->units[i] - 1,
                                  .a = SKY_NS_PER_HOUR,
                                  .b = SKY_NEVER_NS });
    assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_OK);
    assert_int_equal(count, b->count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(actions[i].kind, SKY_ACTION_PLACE);
        nodes += !used[actions[i].instance];
        used[actions[i].instance] = 1;
    }
    free(used);
    sky_engine_destroy(engine);
    return nodes;
}

/* ---- the optimum ---------------------------------------------------------------------------------------------------- */

/* Can tasks from `next` on go into so many nodes with that much left? By trying all ways; of nodes alike, one. */
static int fits(const batch *b, uint32_t next, uint32_t *left, uint32_t nodes)
{
    if (next == b->count)
        return 1;
    for (uint32_t n = 0; n < nodes; n++) {
        int tried = left[n] < b->units[next];

        for (uint32_t k = 0; k < n; k++)
            tried |= left[k] == left[n];
        if (tried)
            continue;
        left[n] -= b->units[next];
        if (fits(b, next + 1, left, nodes))
            return 1;
        left[n] += b->units[next];
    }
    return 0;
}

static uint32_t least_nodes(const batch *b)
{
    for (uint32_t nodes = 1;; nodes++) {
        uint32_t left[16];

        for (uint32_t n = 0; n < nodes; n++)
            left[n] = UNITS;
        if (fits(b, 0, left, nodes))
            return nodes;
    }
}

/* ---- tests ---------------------------------------------------------------------------------------------------------- */

static void test_small_batches_against_all_ways_to_pack_them(void **state)
{
    uint32_t least = 0, decreasing = 0, arriving = 0;

    (void)state;
    for (int i = 0; i < (SKYTWIN_SANITIZED ? 30 : 400); i++) {
        batch b = { .count = 6 + below(5) };
        uint32_t optimum, used;

        for (uint32_t k = 0; k < b.count; k++)
            b.units[k] = 5 + below(30);
        optimum = least_nodes(&b);
        used = nodes_used("best-fit-decreasing", &b);
        assert_in_range(used, optimum, optimum * 11 / 9 + 4);
        least += optimum;
        decreasing += used;
        arriving += nodes_used("best-fit", &b);
    }
    assert_true((decreasing - least) * 100 < least * 2); /* on the mean within 2 % of the optimum */
    assert_true(decreasing < arriving);
}

/* Nodes cut to pieces at random: they are the optimum. */
static void test_large_batches_within_eleven_ninths(void **state)
{
    (void)state;
    for (int i = 0; i < (SKYTWIN_SANITIZED ? 2 : 20); i++) {
        uint32_t optimum = 100 + below(200), used;
        batch *b = calloc(1, sizeof *b);

        assert_non_null(b);
        for (uint32_t n = 0; n < optimum; n++)
            for (uint32_t left = UNITS, piece; left > 0; left -= piece) {
                piece = 4 + below(20);
                piece = left < 8 || piece > left ? left : piece;
                b->units[b->count++] = piece;
            }
        for (uint32_t k = b->count; k > 1; k--) {
            uint32_t other = below(k), units = b->units[k - 1];

            b->units[k - 1] = b->units[other];
            b->units[other] = units;
        }
        used = nodes_used("best-fit-decreasing", b);
        assert_in_range(used, optimum, optimum * 11 / 9 + 4);
        assert_true(used <= nodes_used("best-fit", b));
        free(b);
    }
}

/* A gang counts as all of its parts. */
static void test_gangs_go_by_all_they_ask_for(void **state)
{
    sky_engine *engine = make_engine("best-fit+largest-first", 4);
    const sky_action *actions;
    size_t count;
    sky_error error = { "" };

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        tell(engine, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED,
                                  .job = i,
                                  .other = i == 0 ? 19 : 9,
                                  .a = SKY_NS_PER_HOUR,
                                  .b = SKY_NEVER_NS });
        tell(engine, (sky_event){ .kind = SKY_EVENT_TASK, .job = i, .a = i == 0 ? 1 : 3 });
    }
    assert_int_equal(sky_engine_decide(engine, 0, &actions, &count, &error), SKY_OK);
    assert_int_equal(count, 4);
    assert_int_equal(actions[0].job, 1); /* 3 parts of 10 units before 1 of 20 */
    assert_int_equal(actions[3].job, 0);
    sky_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_batches_against_all_ways_to_pack_them),
        cmocka_unit_test(test_large_batches_within_eleven_ninths),
        cmocka_unit_test(test_gangs_go_by_all_they_ask_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
