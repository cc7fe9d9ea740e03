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

/* Saved in its order, whatever lies where in memory; what comes out of the copy is what comes out of it. */
static void test_state_there_and_back(void **unused)
{
    kernel_queue q = new_queue(3), copy = new_queue(3);
    state *saved = state_save(), *again = state_save(), *s;
    const unsigned char *bytes, *again_bytes;
    sky_error error = { "" };
    size_t size, again_size;
    kernel_event a, b;

    (void)unused;
    for (uint32_t i = 0; i < 20000; i++)
        push(&q, (int64_t)(i * 2654435761u % 100003), i % 3, i);
    for (uint32_t i = 0; i < 5000; i++)
        kernel_queue_pop(&q, &a);
    kernel_queue_state(&q, saved, NULL, NULL);
    bytes = state_saved(saved, &size);
    push(&copy, 1, 1, 1);
    s = state_restore(bytes, size);
    kernel_queue_state(&copy, s, NULL, NULL);
    assert_int_equal(state_end(s, &error), SKY_OK);
    kernel_queue_state(&copy, again, NULL, NULL);
    again_bytes = state_saved(again, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again_bytes, bytes, size);
    for (uint32_t i = 0; i < 30000; i++) {
        int left = kernel_queue_pop(&q, &a);

        assert_int_equal(kernel_queue_pop(&copy, &b), left);
        if (left)
            assert_memory_equal(&a, &b, sizeof a);
        if (left && i < 20000) {
            push(&q, a.time_ns + a.subject % 977, a.subject % 3, a.subject);
            push(&copy, a.time_ns + a.subject % 977, a.subject % 3, a.subject);
        }
    }
    state_free(s);
    state_free(saved);
    state_free(again);
    kernel_queue_free(&q);
    kernel_queue_free(&copy);
}

static int is_seven(const void *context, const kernel_event *event)
{
    (void)context;
    return event->kind == 7;
}

/* Whatever byte is another one: it is refused, or still a queue in order. */
static void test_hostile_state(void **unused)
{
    kernel_queue q = new_queue(2);
    state *saved = state_save();
    const unsigned char *from;
    unsigned char bytes[1024];
    sky_error error = { "" };
    size_t size;

    (void)unused;
    for (uint32_t i = 0; i < 5; i++)
        push(&q, 10 * i, i % 2, i);
    kernel_queue_state(&q, saved, NULL, NULL);
    from = state_saved(saved, &size);
    assert_true(size <= sizeof bytes);
    for (size_t at = 0; at < size; at++) {
        kernel_queue copy = new_queue(2);
        kernel_event event;
        state *s;
        int64_t last_ns = 0;

        memcpy(bytes, from, size);
        bytes[at] ^= 0x81;
        s = state_restore(bytes, size);
        kernel_queue_state(&copy, s, is_seven, NULL);
        if (state_end(s, &error) == SKY_OK)
            while (kernel_queue_pop(&copy, &event)) {
                assert_true(event.time_ns >= last_ns && event.kind == 7 && event.to < 2);
                last_ns = event.time_ns;
            }
        state_free(s);
        kernel_queue_free(&copy);
    }
    state_free(saved);
    kernel_queue_free(&q);
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
        cmocka_unit_test(test_state_there_and_back),
        cmocka_unit_test(test_hostile_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
