/* The event queue pops in the same order whatever structure its events lie in: against a reference that sorts,
 * with ties, times as unkind as can be thought of, and sizes that go through the changes of structure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/queue.h"
#include "kernel/random.h"

#define MOST      20000 /* pending */
#define OPS       (SKYTWIN_SANITIZED ? 60000 : 100000)
#define PROCESSES 5

/* The times of the nth event, at `now_ns` or later. */
typedef int64_t times(uint64_t bits, int64_t now_ns, uint64_t n);

static int64_t later(int64_t now_ns, uint64_t delay_ns)
{
    uint64_t left_ns = (uint64_t)INT64_MAX - (uint64_t)now_ns;

    return delay_ns < left_ns ? (int64_t)((uint64_t)now_ns + delay_ns) : INT64_MAX;
}

static int64_t uniform(uint64_t bits, int64_t now_ns, uint64_t n)
{
    (void)n;
    return later(now_ns, bits >> 34);
}

static int64_t few_instants(uint64_t bits, int64_t now_ns, uint64_t n)
{
    (void)n;
    return later(now_ns, (bits >> 60) * 1000);
}

static int64_t one_instant(uint64_t bits, int64_t now_ns, uint64_t n)
{
    (void)bits;
    (void)n;
    return now_ns;
}

/* From nanoseconds to centuries. */
static int64_t all_scales(uint64_t bits, int64_t now_ns, uint64_t n)
{
    (void)n;
    return later(now_ns, (bits >> 2) >> (bits % 62));
}

/* Nearly all next, a few at the end of time. */
static int64_t outliers(uint64_t bits, int64_t now_ns, uint64_t n)
{
    return n % 100 == 0 ? INT64_MAX - (int64_t)(bits >> 62) : later(now_ns, bits >> 54);
}

/* A crowd that comes ever nearer to one instant. */
static int64_t crowd(uint64_t bits, int64_t now_ns, uint64_t n)
{
    (void)n;
    return later(now_ns, (bits >> 40) / (1 + (bits & 0xffff)));
}

/* Two distant camps in turns, the first pushed last. */
static int64_t camps(uint64_t bits, int64_t now_ns, uint64_t n)
{
    return later(now_ns, (bits >> 50) + (n / 5000 % 2 ? 0 : UINT64_C(1) << 50));
}

static int by_order(const void *a, const void *b)
{
    return kernel_event_before(a, b) ? -1 : 1;
}

/* The reference: an array, sorted when something is taken from it after something was added. */
typedef struct sorted {
    kernel_event *events; /* the first to come last */
    size_t count, fresh;  /* fresh: pushed since it was sorted, at the end */
    kernel_event *merged;
} sorted;

static void settle(sorted *s)
{
    size_t old = s->count - s->fresh, at = 0, i = 0, j = 0;

    if (s->fresh == 0)
        return;
    qsort(&s->events[old], s->fresh, sizeof *s->events, by_order);
    /* old: descending; fresh: ascending */
    j = s->count;
    while (i < old || j > old)
        s->merged[at++] = j == old || (i < old && kernel_event_before(&s->events[j - 1], &s->events[i]))
                              ? s->events[i++]
                              : s->events[--j];
    memcpy(s->events, s->merged, s->count * sizeof *s->events);
    s->fresh = 0;
}

static void push(kernel_queue *q, sorted *s, uint64_t *sequence, times *draw, uint64_t bits, int64_t now_ns,
                 uint64_t n)
{
    uint32_t process = (uint32_t)(bits % PROCESSES);
    kernel_event e = { .time_ns = draw(bits, now_ns, n),
                       .order = kernel_event_order(process, sequence[process]++),
                       .kind = 1,
                       .subject = (uint32_t)n,
                       .to = process,
                       .a = (int64_t)bits };

    s->events[s->count++] = e;
    s->fresh++;
    assert_int_equal(kernel_queue_push(q, e.time_ns, process, 1, (uint32_t)n, 0, e.a), SKY_OK);
}

static int64_t pop(kernel_queue *q, sorted *s)
{
    kernel_event seen, taken;

    settle(s);
    s->count--;
    assert_true(kernel_queue_next_ns(q) == s->events[s->count].time_ns);
    assert_true(kernel_queue_peek(q, &seen));
    assert_true(kernel_queue_pop(q, &taken));
    assert_memory_equal(&taken, &seen, sizeof taken);
    assert_memory_equal(&taken, &s->events[s->count], sizeof taken);
    return taken.time_ns;
}

/* Pushes and pops in bursts, growing to MOST and shrinking to none, twice, with a clear between. */
static void check(times *draw)
{
    const random_key key = { .seed = 9 };
    sorted s = { .events = malloc(MOST * sizeof *s.events), .merged = malloc(MOST * sizeof *s.merged) };
    uint64_t sequence[PROCESSES] = { 0 }, n = 0, in_buckets = 0;
    int64_t now_ns = -1000;
    kernel_queue q;

    assert_non_null(s.events);
    assert_non_null(s.merged);
    assert_int_equal(kernel_queue_init(&q, PROCESSES), SKY_OK);
    for (int life = 0; life < 2; life++) {
        for (uint64_t burst = 0; n < OPS * (uint64_t)(life + 1); burst++) {
            uint64_t bits = random_u64(&key, burst << 32), size = bits % 4000;
            int grows = burst % 40 < 20 ? bits >> 62 > 0 : bits >> 62 == 0;

            for (uint64_t i = 0; i < size; i++, n++)
                if (grows && s.count < MOST)
                    push(&q, &s, sequence, draw, random_u64(&key, n), now_ns, n);
                else if (s.count > 0)
                    now_ns = pop(&q, &s);
            assert_int_equal(kernel_queue_size(&q), s.count);
            in_buckets += q.far.buckets > 0;
        }
        if (life == 0) {
            kernel_queue_clear(&q);
            s.count = s.fresh = 0;
            memset(sequence, 0, sizeof sequence);
            now_ns = INT64_MIN / 2;
        }
    }
    while (s.count > 0)
        pop(&q, &s);
    assert_true(in_buckets > 0); /* both structures had their turn */
    assert_int_equal(kernel_queue_size(&q), 0);
    assert_true(kernel_queue_next_ns(&q) == SKY_NEVER_NS);
    kernel_queue_free(&q);
    free(s.events);
    free(s.merged);
}

static void test_pops_in_order(void **state)
{
    times *const *draw = *state;

    check(*draw);
}

int main(void)
{
    static times *all[] = { uniform, few_instants, one_instant, all_scales, outliers, crowd, camps };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_pops_in_order, &all[0]),
        cmocka_unit_test_prestate(test_pops_in_order, &all[1]),
        cmocka_unit_test_prestate(test_pops_in_order, &all[2]),
        cmocka_unit_test_prestate(test_pops_in_order, &all[3]),
        cmocka_unit_test_prestate(test_pops_in_order, &all[4]),
        cmocka_unit_test_prestate(test_pops_in_order, &all[5]),
        cmocka_unit_test_prestate(test_pops_in_order, &all[6]),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
