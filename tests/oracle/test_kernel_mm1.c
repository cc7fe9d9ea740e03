/* The kernel (queue, streams, draws) against the M/M/1 queue: the simplest closed form that needs all three.
 *     wait in the queue  Wq = rho / (mu - lambda)        [Kleinrock, Queueing Systems I, 1975, 3.2]
 *     P(no wait) = 1 - rho,   P(wait > t) = rho exp(-(mu - lambda) t) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "M/M/1 on the bare kernel"
#include "estimate.h"
#include "kernel/draw.h"
#include "kernel/queue.h"

#define SERVICE_NS   1e12 /* 1000 s: the rounding to milliseconds is a millionth */
#define WARM_UP      5000
#define CUSTOMERS    100000
#define REPLICATIONS 30

enum { SOURCE, SERVER, PROCESSES };
enum { ARRIVES = 1, LEAVES };

typedef struct station {
    kernel_queue queue;
    random_key gap, service;
    double gap_ns;
    int64_t *arrived_ns;     /* by customer */
    uint32_t arrived, begun; /* customers so far */
    double wait, no_wait, long_wait, counted;
    int64_t long_ns;
} station;

static void push(station *s, int64_t time_ns, uint32_t process, uint32_t kind)
{
    assert_int_equal(kernel_queue_push(&s->queue, time_ns, process, kind, 0, 0, 0), SKY_OK);
}

static void begin_service(station *s, int64_t now_ns)
{
    uint32_t customer = s->begun++;
    int64_t wait_ns = now_ns - s->arrived_ns[customer];

    push(s, now_ns + draw_exponential_ns(&s->service, customer, SERVICE_NS), SERVER, LEAVES);
    if (customer < WARM_UP)
        return;
    s->counted++;
    s->wait += (double)wait_ns / SERVICE_NS;
    s->no_wait += wait_ns == 0;
    s->long_wait += wait_ns > s->long_ns;
}

static void arrive(station *s, int64_t now_ns)
{
    uint32_t customer = s->arrived++;

    s->arrived_ns[customer] = now_ns;
    if (s->arrived < WARM_UP + CUSTOMERS)
        push(s, now_ns + draw_exponential_ns(&s->gap, s->arrived, s->gap_ns), SOURCE, ARRIVES);
}

static void run(station *s)
{
    kernel_event event;
    int busy = 0;

    push(s, draw_exponential_ns(&s->gap, 0, s->gap_ns), SOURCE, ARRIVES);
    while (kernel_queue_pop(&s->queue, &event)) {
        if (event.kind == ARRIVES)
            arrive(s, event.time_ns);
        else
            busy = 0;
        if (!busy && s->begun < s->arrived) {
            busy = 1;
            begin_service(s, event.time_ns);
        }
    }
    assert_int_equal(s->begun, WARM_UP + CUSTOMERS);
}

static void check_load(double rho, double resolution)
{
    estimate wait = { 0 }, no_wait = { 0 }, long_wait = { 0 };
    int64_t *arrived_ns = calloc(WARM_UP + CUSTOMERS, sizeof *arrived_ns);

    assert_non_null(arrived_ns);
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        station s = { .gap = { .seed = 3, .replication = r, .thing = SOURCE, .purpose = RANDOM_ARRIVAL },
                      .service = { .seed = 3, .replication = r, .thing = SERVER, .purpose = RANDOM_WORK },
                      .gap_ns = SERVICE_NS / rho,
                      .arrived_ns = arrived_ns,
                      .long_ns = (int64_t)(2 * SERVICE_NS / (1 - rho)) };

        assert_int_equal(kernel_queue_init(&s.queue, PROCESSES), SKY_OK);
        run(&s);
        kernel_queue_free(&s.queue);
        estimate_add(&wait, s.wait / s.counted);
        estimate_add(&no_wait, s.no_wait / s.counted);
        estimate_add(&long_wait, s.long_wait / s.counted);
    }
    free(arrived_ns);
    assert_estimate(&wait, rho / (1 - rho), resolution);
    assert_estimate(&no_wait, 1 - rho, 0.01);
    assert_estimate(&long_wait, rho * exp(-2), 0.01);
}

static void test_half_loaded(void **state)
{
    (void)state;
    check_load(0.5, 0.02);
}

static void test_heavily_loaded(void **state)
{
    (void)state;
    check_load(0.85, 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_loaded),
        cmocka_unit_test(test_heavily_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
