/* The event queue: its order, its sequences, its payload. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/queue.h"

static kernel_queue new_queue(uint32_t processes)
{
    kernel_queue q;

    assert_int_equal(kernel_queue_init(&q, processes), SKY_OK);
    return q;
}

static void push(kernel_queue *q, int64_t time_ns, uint32_t process, uint32_t subject)
{
    assert_int_equal(kernel_queue_push(q, time_ns, process, 7, subject, 0, 0), SKY_OK);
}

static void expect(kernel_queue *q, int64_t time_ns, uint32_t process, uint32_t subject)
{
    kernel_event event;

    assert_true(kernel_queue_pop(q, &event));
    assert_int_equal(event.time_ns, time_ns);
    assert_int_equal(kernel_event_process(&event), process);
    assert_int_equal(event.subject, subject);
}

static void test_refuses_no_process_and_too_many(void **state)
{
    kernel_queue q;

    (void)state;
    assert_int_equal(kernel_queue_init(&q, 0), SKY_ERROR_INPUT);
    kernel_queue_free(&q);
    assert_int_equal(kernel_queue_init(&q, KERNEL_MAX_PROCESSES + 1), SKY_ERROR_INPUT);
    kernel_queue_free(&q);
}

static void test_empty_queue_gives_nothing(void **state)
{
    kernel_queue q = new_queue(1);
    kernel_event event = { .kind = 99 };

    (void)state;
    assert_int_equal(kernel_queue_size(&q), 0);
    assert_false(kernel_queue_peek(&q, &event));
    assert_false(kernel_queue_pop(&q, &event));
    assert_int_equal(event.kind, 99);
    kernel_queue_free(&q);
}

static void test_orders_by_time_then_process_then_sequence(void **state)
{
    kernel_queue q = new_queue(3);

    (void)state;
    push(&q, 20, 0, 1);
    push(&q, 10, 2, 2);
    push(&q, 10, 1, 3);
    push(&q, 10, 1, 4);
    push(&q, -5, 2, 5); /* negative times order as numbers, not as bits */
    push(&q, 10, 0, 6);
    expect(&q, -5, 2, 5);
    expect(&q, 10, 0, 6);
    expect(&q, 10, 1, 3);
    expect(&q, 10, 1, 4);
    expect(&q, 10, 2, 2);
    expect(&q, 20, 0, 1);
    kernel_queue_free(&q);
}

static void test_extreme_times(void **state)
{
    kernel_queue q = new_queue(1);

    (void)state;
    push(&q, INT64_MAX, 0, 1);
    push(&q, INT64_MIN, 0, 2);
    push(&q, 0, 0, 3);
    expect(&q, INT64_MIN, 0, 2);
    expect(&q, 0, 0, 3);
    expect(&q, INT64_MAX, 0, 1);
    kernel_queue_free(&q);
}

/* What other processes push does not change the number that an event gets. */
static void test_sequence_is_the_process_s_own(void **state)
{
    kernel_queue alone = new_queue(2), busy = new_queue(2);
    kernel_event a, b;

    (void)state;
    push(&alone, 1, 1, 0);
    push(&alone, 2, 1, 0);
    for (uint32_t i = 0; i < 100; i++)
        push(&busy, 1000 + i, 0, 0);
    push(&busy, 1, 1, 0);
    push(&busy, 2, 1, 0);
    for (int i = 0; i < 2; i++) {
        assert_true(kernel_queue_pop(&alone, &a));
        assert_true(kernel_queue_pop(&busy, &b));
        assert_memory_equal(&a, &b, sizeof a);
    }
    kernel_queue_free(&alone);
    kernel_queue_free(&busy);
}

static void test_peek_shows_what_pop_takes_payload_and_all(void **state)
{
    kernel_queue q = new_queue(4);
    kernel_event seen, taken;

    (void)state;
    assert_int_equal(kernel_queue_push(&q, 5, 3, 11, 12, 13, INT64_MIN), SKY_OK);
    push(&q, 6, 0, 0);
    assert_true(kernel_queue_peek(&q, &seen));
    assert_int_equal(kernel_queue_size(&q), 2);
    assert_true(kernel_queue_pop(&q, &taken));
    assert_memory_equal(&seen, &taken, sizeof seen);
    assert_int_equal(taken.kind, 11);
    assert_int_equal(taken.subject, 12);
    assert_int_equal(taken.other, 13);
    assert_true(taken.a == INT64_MIN);
    assert_int_equal(taken.to, 3);
    assert_int_equal(kernel_queue_size(&q), 1);
    kernel_queue_free(&q);
}

static void test_clear_is_as_new(void **state)
{
    kernel_queue used = new_queue(2), fresh = new_queue(2);
    kernel_event a, b;

    (void)state;
    for (uint32_t i = 0; i < 500; i++)
        push(&used, i, i % 2, i);
    kernel_queue_clear(&used);
    assert_int_equal(kernel_queue_size(&used), 0);
    assert_false(kernel_queue_peek(&used, &a));
    push(&used, 9, 1, 3);
    push(&fresh, 9, 1, 3);
    assert_true(kernel_queue_pop(&used, &a));
    assert_true(kernel_queue_pop(&fresh, &b));
    assert_memory_equal(&a, &b, sizeof a);
    kernel_queue_free(&used);
    kernel_queue_free(&fresh);
}

static void test_grows(void **state)
{
    kernel_queue q = new_queue(1);
    const uint32_t n = 100000;

    (void)state;
    for (uint32_t i = 0; i < n; i++)
        push(&q, (int64_t)(n - i), 0, i);
    assert_int_equal(kernel_queue_size(&q), n);
    for (uint32_t i = 0; i < n; i++)
        expect(&q, (int64_t)i + 1, 0, n - 1 - i);
    assert_int_equal(kernel_queue_size(&q), 0);
    kernel_queue_free(&q);
    kernel_queue_free(&q); /* a second time does nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_no_process_and_too_many),
        cmocka_unit_test(test_empty_queue_gives_nothing),
        cmocka_unit_test(test_orders_by_time_then_process_then_sequence),
        cmocka_unit_test(test_extreme_times),
        cmocka_unit_test(test_sequence_is_the_process_s_own),
        cmocka_unit_test(test_peek_shows_what_pop_takes_payload_and_all),
        cmocka_unit_test(test_clear_is_as_new),
        cmocka_unit_test(test_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
