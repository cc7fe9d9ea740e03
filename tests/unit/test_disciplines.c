/* The disciplines' orders, by hand; and the queue of pending tasks against a plain list that is sorted anew at each
 * step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/random.h"
#include "queue/discipline.h"

#define SECOND SKY_NS_PER_SECOND

static queue *queue_named(const char *name, const queue_options *options)
{
    queue *q = queue_create(queue_discipline_find(name), options);

    assert_non_null(q);
    return q;
}

static void add_all(queue *q, const queue_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(queue_add(q, &entries[i]), SKY_OK);
}

/* Takes the tasks out one by one: they must come in this order. */
static void expect_order(queue *q, const uint32_t *jobs, size_t count)
{
    queue_entry entry;

    for (size_t i = 0; i < count; i++) {
        assert_true(queue_next(q, &entry));
        assert_int_equal(entry.job, jobs[i]);
        assert_true(queue_remove(q, entry.job));
    }
    assert_false(queue_next(q, &entry));
    assert_int_equal(queue_size(q), 0);
}

static const queue_entry four[] = {
    { .job = 0, .submit_ns = 3, .estimate_ns = 10, .tasks = 1, .job_class = 1, .tenant = 2 },
    { .job = 1, .submit_ns = 1, .estimate_ns = 30, .tasks = 1, .job_class = 1, .tenant = 2 },
    { .job = 2, .submit_ns = 2, .estimate_ns = 20, .tasks = 2, .job_class = 1, .tenant = 0 },
    { .job = 3, .submit_ns = 2, .estimate_ns = 10, .tasks = 1, .job_class = 0, .tenant = 0 },
};

static void test_fcfs(void **state)
{
    queue *q = queue_named("fcfs", NULL);

    (void)state;
    add_all(q, four, 4);
    queue_begin_round(q, 5);
    expect_order(q, (const uint32_t[]){ 1, 2, 3, 0 }, 4);
    queue_free(q);
}

static void test_sjf(void **state)
{
    queue *q = queue_named("sjf", NULL);

    (void)state;
    add_all(q, four, 4);
    queue_begin_round(q, 5);
    expect_order(q, (const uint32_t[]){ 3, 0, 2, 1 }, 4);
    queue_free(q);
}

static uint32_t next_job(const queue *q)
{
    queue_entry entry;

    return queue_next(q, &entry) ? entry.job : SKY_NONE;
}

static void test_a_group_without_room_rests_until_room_is_freed(void **state)
{
    queue *q = queue_named("fcfs", NULL);
    const uint64_t class_0 = 1, class_1 = 2;

    (void)state;
    add_all(q, four, 4);
    queue_begin_round(q, 5);
    queue_refused(q, &four[1], 0);
    assert_int_equal(next_job(q), 2); /* of the same class, but another tenant's, and a gang */
    queue_refused(q, &four[2], 0);
    queue_refused(q, &four[3], 0);
    assert_int_equal(next_job(q), SKY_NONE);
    queue_begin_round(q, 6);
    assert_int_equal(next_job(q), SKY_NONE);
    queue_freed(q, &class_0);
    assert_int_equal(next_job(q), 3);
    queue_freed(q, &class_1);
    assert_int_equal(next_job(q), 1);
    queue_free(q);
}

static void test_a_group_refused_for_a_promise_offers_shorter_tasks(void **state)
{
    queue *q = queue_named("fcfs", NULL);
    const queue_entry later = {
        .job = 9, .submit_ns = 9, .estimate_ns = 29, .tasks = 1, .job_class = 1, .tenant = 2
    };

    (void)state;
    add_all(q, four, 2);
    queue_begin_round(q, 9);
    queue_refused(q, &four[1], four[1].estimate_ns);
    assert_int_equal(next_job(q), 0);
    queue_refused(q, &four[0], four[0].estimate_ns);
    assert_int_equal(next_job(q), SKY_NONE);
    assert_int_equal(queue_add(q, &later), SKY_OK);
    assert_int_equal(next_job(q), SKY_NONE);
    queue_freed(q, NULL);
    assert_int_equal(next_job(q), 1);
    queue_free(q);
}

static void test_strict_head_holds_up_all(void **state)
{
    queue *q = queue_named("sjf", &(queue_options){ .strict = 1 });
    const queue_entry shorter = { .job = 9, .submit_ns = 9, .estimate_ns = 5, .tasks = 1, .job_class = 3 };

    (void)state;
    add_all(q, four, 4);
    queue_begin_round(q, 5);
    queue_refused(q, &four[3], 0);
    assert_int_equal(next_job(q), SKY_NONE);
    assert_int_equal(queue_add(q, &shorter), SKY_OK);
    assert_int_equal(next_job(q), 9); /* it is the head now */
    assert_true(queue_remove(q, 9));
    assert_int_equal(next_job(q), SKY_NONE);
    assert_true(queue_remove(q, 3)); /* cancelled */
    assert_int_equal(next_job(q), 0);
    queue_free(q);
}

/* ---- the queue as a list that is sorted each time ---------------------------------------------------------------- */

#define MOST    300
#define CLASSES 4
#define TENANTS 5

typedef struct list {
    queue_entry entries[MOST];
    int64_t limit_ns[TENANTS][CLASSES][3]; /* by tenant, class, gang less one */
    size_t count;
} list;

static int64_t *limit_of(list *l, const queue_entry *e)
{
    return &l->limit_ns[e->tenant][e->job_class][e->tasks - 1];
}

static void lift_limits(list *l)
{
    int64_t *limits = &l->limit_ns[0][0][0];

    for (size_t i = 0; i < sizeof l->limit_ns / sizeof *limits; i++)
        limits[i] = INT64_MAX;
}

static int sorts_before(const queue *q, const queue_discipline *d, const queue_entry *a, const queue_entry *b)
{
    const queue_context *c = queue_context_of(q);
    int64_t rank_a = d->rank ? d->rank(c, queue_tenant_at(q, a->tenant)) : 0;
    int64_t rank_b = d->rank ? d->rank(c, queue_tenant_at(q, b->tenant)) : 0;
    int64_t key_a = d->key ? d->key(c, a) : d->order(a), key_b = d->key ? d->key(c, b) : d->order(b);

    if (d->rank_adds) {
        key_a += rank_a;
        key_b += rank_b;
    } else if (rank_a != rank_b) {
        return rank_a < rank_b;
    }
    if (key_a != key_b)
        return key_a < key_b;
    return a->submit_ns != b->submit_ns ? a->submit_ns < b->submit_ns : a->job < b->job;
}

static uint32_t list_next(list *l, const queue *q, const queue_discipline *d, int strict)
{
    const queue_entry *best = NULL;

    for (size_t i = 0; i < l->count; i++) {
        const queue_entry *e = &l->entries[i];

        if ((strict || e->estimate_ns < *limit_of(l, e)) && (best == NULL || sorts_before(q, d, e, best)))
            best = e;
    }
    return best == NULL || best->estimate_ns >= *limit_of(l, best) ? SKY_NONE : best->job;
}

static void list_remove(list *l, uint32_t job)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->entries[i].job == job)
            l->entries[i] = l->entries[--l->count];
}

static queue_entry random_entry(uint64_t bits, uint32_t job, int64_t now_ns)
{
    return (queue_entry){ .job = job,
                          .submit_ns = now_ns - (int64_t)(bits % 4) * SECOND,
                          .estimate_ns = (int64_t)(bits >> 8 & 15) * SECOND,
                          .priority = (int64_t)(bits >> 16 & 3) * 250000,
                          .tenant = (uint32_t)(bits >> 20) % TENANTS,
                          .job_class = (uint32_t)(bits >> 28) % CLASSES,
                          .tasks = 1 + (uint32_t)(bits >> 36) % 3 };
}

static void set_up(queue *q)
{
    const queue_amounts capacity = { .of = { 64000, INT64_C(1) << 38, 16000 } };

    for (uint32_t i = 0; i < CLASSES; i++)
        assert_int_equal(queue_class(q, i, &(queue_amounts){ .of = { 500 * (i + 1), i << 28, 250 * i } }),
                         SKY_OK);
    for (uint32_t i = 0; i < TENANTS; i++)
        assert_int_equal(queue_weight(q, i, QUEUE_WEIGHT_ONE * (i + 1)), SKY_OK);
    queue_capacity(q, &capacity, 0);
}

/* One step of a random history, done to both. */
static void step_both(queue *q, list *l, uint64_t bits, uint32_t job, int64_t now_ns)
{
    unsigned what = bits >> 56 & 7;
    queue_entry entry;

    if (what < 3 && l->count < MOST) {
        entry = random_entry(bits, job, now_ns);
        l->entries[l->count++] = entry;
        assert_int_equal(queue_add(q, &entry), SKY_OK);
    } else if (what == 3 && l->count > 0) { /* cancelled */
        uint32_t gone = l->entries[bits % l->count].job;

        list_remove(l, gone);
        assert_true(queue_remove(q, gone));
        assert_false(queue_remove(q, gone));
    } else if (what == 4) {
        lift_limits(l);
        queue_freed(q, NULL);
    } else if (what == 5) {
        queue_begin_round(q, now_ns);
    } else if (queue_next(q, &entry) && what == 6) {
        int64_t shorter_ns = (bits & 1) != 0 ? 0 : entry.estimate_ns, *limit_ns = limit_of(l, &entry);

        *limit_ns = shorter_ns < *limit_ns ? shorter_ns : *limit_ns;
        queue_refused(q, &entry, shorter_ns);
    } else if (queue_next(q, &entry)) {
        list_remove(l, entry.job);
        assert_true(queue_remove(q, entry.job));
        assert_int_equal(queue_usage(q, entry.tenant, &queue_context_of(q)->classes[entry.job_class], now_ns),
                         SKY_OK);
        queue_begin_round(q, now_ns);
    }
}

static void expect_sorted_list(const queue_discipline *d, uint32_t history, int strict)
{
    const random_key key = { .seed = 11, .thing = history };
    const queue_options options = { .strict = strict,
                                    .half_life_ns = (history % 3) * 100 * SECOND,
                                    .age_weight = 1000,
                                    .size_weight = 700,
                                    .priority_weight = history % 2 * 900,
                                    .fair_share_weight = 2000,
                                    .age_saturates_ns = 40 * SECOND };
    queue *q = queue_create(d, &options);
    static list l;

    l.count = 0;
    lift_limits(&l);
    set_up(q);
    for (uint32_t step = 0; step < 1500; step++) {
        step_both(q, &l, random_u64(&key, step), step, step * (SECOND / 4));
        assert_int_equal(queue_size(q), l.count);
        assert_int_equal(next_job(q), list_next(&l, q, d, strict));
    }
    queue_free(q);
}

static void test_queue_is_a_list_sorted_each_time(void **state)
{
    const queue_discipline *d;

    (void)state;
    for (size_t i = 0; (d = queue_discipline_at(i)) != NULL; i++)
        for (uint32_t history = 0; history < 12; history++)
            expect_sorted_list(d, history, history % 4 == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fcfs),
        cmocka_unit_test(test_sjf),
        cmocka_unit_test(test_a_group_without_room_rests_until_room_is_freed),
        cmocka_unit_test(test_a_group_refused_for_a_promise_offers_shorter_tasks),
        cmocka_unit_test(test_strict_head_holds_up_all),
        cmocka_unit_test(test_queue_is_a_list_sorted_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
