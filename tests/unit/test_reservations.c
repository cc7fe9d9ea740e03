/* Promises by hand: on one node or two, what is promised when, and who may pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include "queue/reservations.h"

#define SECOND SKY_NS_PER_SECOND

enum { CORE, BOTH_CORES, DEVICE, HALF_DEVICE, CLASSES };

static const node_request requests[CLASSES] = {
    [CORE] = { .mcpu = 1000 },
    [BOTH_CORES] = { .mcpu = 2000 },
    [DEVICE] = { .models = 1, .devices = 1, .mgpu = 1000 },
    [HALF_DEVICE] = { .models = 1, .devices = 1, .mgpu = 500 },
};

static reservations *make_reservations(void)
{
    reservations *r = reservations_create();

    assert_non_null(r);
    for (uint32_t i = 0; i < CLASSES; i++)
        assert_int_equal(reservations_class(r, i, &requests[i]), SKY_OK);
    return r;
}

static node make_node(uint32_t devices)
{
    node n = { .mcpu = 2000,
               .mcpu_left = 2000,
               .state = NODE_UP,
               .devices = (uint8_t)devices,
               .free_devices = (uint16_t)((1u << devices) - 1),
               .mgpu_left_sum = devices * 1000 };

    for (uint32_t i = 0; i < devices; i++)
        n.mgpu_left[i] = 1000;
    return n;
}

static void run(reservations *r, node *nodes, uint32_t job, uint32_t job_class, uint32_t index,
                uint32_t devices, int64_t until_s)
{
    const reservation part = { .from_ns = RESERVATIONS_RUNS,
                               .until_ns = until_s * SECOND,
                               .job = job,
                               .job_class = job_class,
                               .node = index,
                               .devices = devices };

    node_take(&nodes[index], NULL, &requests[job_class], devices);
    assert_int_equal(reservations_book(r, &part), SKY_OK);
}

/* In seconds; -1: never. */
static int64_t promise(reservations *r, const node *nodes, uint32_t count, uint32_t job, uint32_t job_class,
                       uint32_t tasks, int64_t for_s)
{
    const queue_entry entry = {
        .job = job, .job_class = job_class, .tasks = tasks, .estimate_ns = for_s * SECOND
    };
    int64_t start_ns;

    assert_int_equal(reservations_promise(r, (node_view){ nodes, NULL }, count, &entry, 0, &start_ns),
                     SKY_OK);
    return start_ns == SKY_NEVER_NS ? -1 : start_ns / SECOND;
}

static int may_start(const reservations *r, const node *nodes, uint32_t index, uint32_t job_class,
                     int64_t for_s)
{
    node_room scratch;

    return node_has_room(
        reservations_room(r, (node_view){ &nodes[index], NULL }, index, for_s * SECOND, &scratch),
        &requests[job_class]);
}

/* One core is busy until 10. Both are promised from then until 15: a task may use the other core until 10. */
static void test_who_may_pass(void **state)
{
    reservations *r = make_reservations();
    node n = make_node(0);

    (void)state;
    run(r, &n, 0, CORE, 0, 0, 10);
    assert_int_equal(promise(r, &n, 1, 1, BOTH_CORES, 1, 5), 10);
    assert_true(may_start(r, &n, 0, CORE, 10));
    assert_false(may_start(r, &n, 0, CORE, 11));
    assert_int_equal(promise(r, &n, 1, 2, CORE, 1, 10), 0);
    assert_int_equal(promise(r, &n, 1, 3, CORE, 1, 1), 15);
    reservations_drop(r, 1);
    assert_int_equal(promise(r, &n, 1, 4, CORE, 1, 5), 10);
    reservations_free(r);
}

/* Once an estimate is over, its end is a second away, always. */
static void test_a_task_past_its_estimate_ends_in_a_second(void **state)
{
    reservations *r = make_reservations();
    node n = make_node(0);

    (void)state;
    run(r, &n, 0, BOTH_CORES, 0, 0, 10);
    for (int64_t now_s = 8; now_s < 20; now_s += 3) {
        reservations_begin_round(r, now_s * SECOND);
        assert_int_equal(promise(r, &n, 1, 1, CORE, 1, 5), now_s < 10 ? 10 : now_s + 1);
        reservations_drop(r, 1);
    }
    reservations_free(r);
}

/* Places that were missed are moved to before now, by as much as was left of them: here that is nearly all the time there is,
 * and each looks for as much again while the other is still there. */
static void test_endless_estimates(void **state)
{
    const int64_t ever_s = SKY_NEVER_NS / SECOND - 1;
    reservations *r = make_reservations();
    node n = make_node(0);
    uint32_t jobs[2], lost_count;

    (void)state;
    run(r, &n, 0, BOTH_CORES, 0, 0, 10);
    for (uint32_t job = 1; job <= 2; job++)
        assert_int_equal(promise(r, &n, 1, job, CORE, 1, ever_s), 10);
    reservations_begin_round(r, 100 * SECOND);
    assert_int_equal(reservations_advance(r, (node_view){ &n, NULL }, 1, jobs, &lost_count), SKY_OK);
    assert_int_equal(lost_count, 0);
    for (uint32_t job = 1; job <= 2; job++)
        assert_int_equal(reservations_part(r, job, 0)->from_ns, 101 * SECOND);
    reservations_free(r);
}

/* Half of device 0 is in use until 10, half of device 1 until 20. A whole one is promised from 10: that is device 0,
 * and a half may go on, and past it, on device 1 alone. */
static void test_devices_are_promised_by_name(void **state)
{
    reservations *r = make_reservations();
    node n = make_node(2);
    node_room scratch;

    (void)state;
    run(r, &n, 0, HALF_DEVICE, 0, 1, 10);
    run(r, &n, 1, HALF_DEVICE, 0, 2, 20);
    assert_int_equal(promise(r, &n, 1, 2, DEVICE, 1, 100), 10);
    assert_int_equal(reservations_part(r, 2, 0)->devices, 1);
    assert_int_equal(
        node_tightest_device(reservations_room(r, (node_view){ &n, NULL }, 0, 50 * SECOND, &scratch).is, 500),
        2);
    assert_true(may_start(r, &n, 0, HALF_DEVICE, 10)); /* on either */
    run(r, &n, 3, HALF_DEVICE, 0, 2, 50);
    assert_false(may_start(r, &n, 0, HALF_DEVICE, 11));
    reservations_free(r);
}

/* Three parts: one core each is free from 5 on node 0 and from 10 on node 1, and one on node 1 now. */
static void test_a_gang_leaves_what_is_free_now(void **state)
{
    reservations *r = make_reservations();
    node nodes[] = { make_node(0), make_node(0) };
    int64_t start_ns;

    (void)state;
    run(r, nodes, 0, BOTH_CORES, 0, 0, 5);
    run(r, nodes, 1, CORE, 1, 0, 10);
    assert_int_equal(promise(r, nodes, 2, 2, CORE, 2, 100), 5); /* both on node 0 */
    assert_int_equal(reservations_part(r, 2, 0)->node, 0);
    assert_int_equal(reservations_part(r, 2, 1)->node, 0);
    assert_null(reservations_part(r, 2, 2));
    assert_true(may_start(r, nodes, 1, CORE, 1000));
    assert_int_equal(promise(r, nodes, 2, 3, CORE, 5, 1), -1);
    assert_int_equal(promise(r, nodes, 2, 4, CORE, 4, 1), 105);
    assert_int_equal(reservations_first(r, &start_ns), 2);
    assert_int_equal(start_ns, 5 * SECOND);
    reservations_free(r);
}

static void test_promises_move_up_when_a_task_ends_early(void **state)
{
    reservations *r = make_reservations();
    node n = make_node(0);
    uint32_t jobs[2], lost;
    int64_t start_ns;

    (void)state;
    run(r, &n, 0, BOTH_CORES, 0, 0, 10);
    assert_int_equal(promise(r, &n, 1, 1, BOTH_CORES, 1, 5), 10);
    assert_int_equal(promise(r, &n, 1, 2, CORE, 1, 5), 15);
    reservations_begin_round(r, 4 * SECOND);
    node_give(&n, NULL, &requests[BOTH_CORES], 0);
    reservations_drop(r, 0);
    assert_int_equal(reservations_advance(r, (node_view){ &n, NULL }, 1, jobs, &lost), SKY_OK);
    assert_int_equal(lost, 0);
    assert_int_equal(reservations_first(r, &start_ns), 1);
    assert_int_equal(start_ns, 4 * SECOND);
    assert_int_equal(reservations_part(r, 2, 0)->from_ns, 9 * SECOND);
    n.state = NODE_ABSENT;
    assert_int_equal(reservations_advance(r, (node_view){ &n, NULL }, 1, jobs, &lost), SKY_OK);
    assert_int_equal(lost, 2);
    assert_int_equal(jobs[0], 1);
    assert_int_equal(jobs[1], 2);
    assert_int_equal(reservations_count(r), 0);
    reservations_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_may_pass),
        cmocka_unit_test(test_a_task_past_its_estimate_ends_in_a_second),
        cmocka_unit_test(test_endless_estimates),
        cmocka_unit_test(test_devices_are_promised_by_name),
        cmocka_unit_test(test_a_gang_leaves_what_is_free_now),
        cmocka_unit_test(test_promises_move_up_when_a_task_ends_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
