/* The queue against a plain sorted list, over random histories of pushes and pops; and that the order of
 * events does not depend on how the pushes of different processes are interleaved, that is, on threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/queue.h"
#include "kernel/random.h"

#define PROCESSES 5
#define MOST      400

typedef struct model { /* pending events, in no order */
    kernel_event events[MOST];
    size_t count;
    uint64_t sequence[PROCESSES];
} model;

static int before(const kernel_event *a, const kernel_event *b)
{
    uint64_t mask = KERNEL_MAX_SEQUENCE - 1;

    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns;
    if (kernel_event_process(a) != kernel_event_process(b))
        return kernel_event_process(a) < kernel_event_process(b);
    return (a->order & mask) < (b->order & mask);
}

static kernel_event model_pop(model *m)
{
    size_t first = 0;
    kernel_event event;

    for (size_t i = 1; i < m->count; i++)
        if (before(&m->events[i], &m->events[first]))
            first = i;
    event = m->events[first];
    m->events[first] = m->events[--m->count];
    return event;
}

static void push_both(kernel_queue *q, model *m, uint64_t bits)
{
    uint32_t process = (uint32_t)(bits >> 8 & 0xff) % PROCESSES;
    kernel_event e = { .time_ns = (int64_t)(bits % 50),
                       .to = process,
                       .kind = (uint32_t)(bits >> 16 & 7),
                       .subject = (uint32_t)(bits >> 20 & 0xfff),
                       .other = (uint32_t)(bits >> 32),
                       .a = (int64_t)bits };

    e.order = (uint64_t)process << 40 | m->sequence[process]++;
    m->events[m->count++] = e;
    assert_int_equal(kernel_queue_push(q, e.time_ns, process, e.kind, e.subject, e.other, e.a), SKY_OK);
}

static void pop_both(kernel_queue *q, model *m)
{
    kernel_event expected = model_pop(m), found;

    assert_true(kernel_queue_pop(q, &found));
    assert_memory_equal(&found, &expected, sizeof found);
    assert_int_equal(kernel_queue_size(q), m->count);
}

static void test_queue_is_a_sorted_list(void **state)
{
    (void)state;
    for (uint32_t history = 0; history < 60; history++) {
        const random_key key = { .seed = 7, .thing = history };
        unsigned pushes = 1 + history % 9; /* of 10 steps: queues that stay short, and that fill up */
        model m = { .count = 0 };
        kernel_queue q;

        assert_int_equal(kernel_queue_init(&q, PROCESSES), SKY_OK);
        for (uint64_t step = 0; step < 2000; step++) {
            uint64_t bits = random_u64(&key, step);

            if (m.count < MOST && (bits >> 48) % 10 < pushes)
                push_both(&q, &m, bits);
            else if (m.count > 0)
                pop_both(&q, &m);
        }
        while (m.count > 0)
            pop_both(&q, &m);
        kernel_queue_free(&q);
    }
}

/* Pushes each process's events 0, 1, 2 … in its own order, the processes in turns drawn from `key`. */
static void push_interleaved(kernel_queue *q, const random_key *key, unsigned each)
{
    const random_key times = { .seed = 99 };
    unsigned pushed[PROCESSES] = { 0 };

    for (uint64_t n = 0, left = PROCESSES * (uint64_t)each; left > 0; n++) {
        uint32_t process = (uint32_t)(random_u64(key, n) % PROCESSES);
        int64_t time_ns;

        if (pushed[process] == each)
            continue;
        time_ns = (int64_t)(random_u64(&times, (uint64_t)process << 20 | pushed[process]) % 30);
        assert_int_equal(kernel_queue_push(q, time_ns, process, 1, pushed[process]++, 0, 0), SKY_OK);
        left--;
    }
}

static void test_order_does_not_depend_on_interleaving(void **state)
{
    (void)state;
    for (uint32_t trial = 1; trial <= 20; trial++) {
        const random_key one = { .seed = 0 }, other = { .seed = trial };
        kernel_queue p, q;
        kernel_event a, b;

        assert_int_equal(kernel_queue_init(&p, PROCESSES), SKY_OK);
        assert_int_equal(kernel_queue_init(&q, PROCESSES), SKY_OK);
        push_interleaved(&p, &one, 200);
        push_interleaved(&q, &other, 200);
        assert_int_equal(kernel_queue_size(&p), kernel_queue_size(&q));
        while (kernel_queue_pop(&p, &a)) {
            assert_true(kernel_queue_pop(&q, &b));
            assert_memory_equal(&a, &b, sizeof a);
        }
        kernel_queue_free(&p);
        kernel_queue_free(&q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_is_a_sorted_list),
        cmocka_unit_test(test_order_does_not_depend_on_interleaving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
