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

static queue *queue_named(const char *name, const sky_queue_options *options)
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
    queue *q = queue_named("sjf", &(sky_queue_options){ .strict = 1 });
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

/* Age and priority weigh the same; age saturates at 100 s. The older task is ahead until it has gained all it can. */
static void test_multifactor_ageing_ends(void **state)
{
    const sky_queue_options options = { .age_weight = 1,
                                        .priority_weight = 1,
                                        .age_saturates_ns = 100 * SECOND };
    const queue_entry older = { .job = 0, .tasks = 1 };
    const queue_entry better = { .job = 1, .submit_ns = 50 * SECOND, .priority = 400000, .tasks = 1 };
    queue *q = queue_named("multifactor", &options);

    (void)state;
    add_all(q, &older, 1);
    add_all(q, &better, 1);
    queue_begin_round(q, 60 * SECOND); /* 0.6 + 0 against 0.1 + 0.4 */
    assert_int_equal(next_job(q), 0);
    queue_begin_round(q, 100 * SECOND); /* 1 + 0 against 0.5 + 0.4 */
    assert_int_equal(next_job(q), 0);
    queue_begin_round(q, 110 * SECOND); /* 1 + 0 against 0.6 + 0.4: equal, so by submission */
    assert_int_equal(next_job(q), 0);
    queue_begin_round(q, 111 * SECOND); /* 1 + 0 against 0.61 + 0.4 */
    assert_int_equal(next_job(q), 1);
    queue_free(q);
}

static void test_multifactor_size(void **state)
{
    queue *q = queue_named("multifactor", &(sky_queue_options){ .size_weight = 1 });
    const queue_entry sizes[] = {
        { .job = 0, .tasks = 3, .job_class = 0 }, /* 3/10 of the cores */
        { .job = 1, .tasks = 1, .job_class = 1 }, /* 4/10 of the memory */
        { .job = 2, .tasks = 5, .job_class = 0 },
    };

    (void)state;
    assert_int_equal(queue_class(q, 0, &(queue_amounts){ .of = { 1000, 1 } }), SKY_OK);
    assert_int_equal(queue_class(q, 1, &(queue_amounts){ .of = { 1000, 40 } }), SKY_OK);
    queue_capacity(q, &(queue_amounts){ .of = { 10000, 100 } }, 0);
    add_all(q, sizes, 3);
    queue_begin_round(q, 0);
    expect_order(q, (const uint32_t[]){ 2, 1, 0 }, 3);
    queue_free(q);
}

/* Tenants of weights 1 and 3; all use is the second's, so its factor is 2^(-1 / (3/4)), that is 0.398 in steps of a 64th, the other's 1. */
static void test_multifactor_fair_share(void **state)
{
    const sky_queue_options options = { .priority_weight = 1, .fair_share_weight = 1 };
    queue_entry entries[] = { { .job = 0, .tasks = 1, .tenant = 1, .priority = 600000 },
                              { .job = 1, .tasks = 1, .tenant = 0 } };

    (void)state;
    for (int more = 0; more < 2; more++) {
        queue *q = queue_named("multifactor", &options);

        assert_int_equal(queue_weight(q, 1, 3 * QUEUE_WEIGHT_ONE), SKY_OK);
        assert_int_equal(queue_weight(q, 0, QUEUE_WEIGHT_ONE), SKY_OK);
        queue_capacity(q, &(queue_amounts){ .of = { 1000 } }, 0);
        assert_int_equal(queue_usage(q, 1, &(queue_amounts){ .of = { 500 } }, 0), SKY_OK);
        entries[0].priority += more * 10000;
        add_all(q, entries, 2);
        queue_begin_round(q, 0);
        assert_int_equal(next_job(q), more ? 0 : 1);
        queue_free(q);
    }
}

/* Once past use has halved, it is the other's turn: one had all of the cluster for a half-life, then the other. */
static void test_fair_share_halves(void **state)
{
    const int64_t half_life_ns = 6400 * SECOND;
    queue *q = queue_named("fair-share", &(sky_queue_options){ .half_life_ns = half_life_ns });
    const queue_amounts all = { .of = { 1000 } }, none = { .of = { -1000 } };
    int64_t average;

    (void)state;
    queue_capacity(q, &all, 0);
    assert_int_equal(queue_usage(q, 0, &all, 0), SKY_OK);
    assert_int_equal(queue_usage(q, 0, &none, half_life_ns), SKY_OK);
    assert_int_equal(queue_usage(q, 1, &all, half_life_ns), SKY_OK);
    queue_begin_round(q, half_life_ns);
    average = queue_tenant_at(q, 0)->average;
    assert_in_range(average, QUEUE_SHARE_ONE / 2 - 100, QUEUE_SHARE_ONE / 2 + 100);
    queue_begin_round(q, 2 * half_life_ns);
    assert_in_range(queue_tenant_at(q, 0)->average, average / 2 - 100, average / 2 + 100);
    assert_in_range(queue_tenant_at(q, 1)->average, average - 100, average + 100);
    queue_free(q);
}

/* How often it is asked changes nothing, down to the bit. */
static void test_use_does_not_depend_on_rounds(void **state)
{
    const sky_queue_options options = { .half_life_ns = 1000 * SECOND + 7 };
    queue *seldom = queue_named("fair-share", &options), *often = queue_named("fair-share", &options);
    const queue_amounts up = { .of = { 317 } }, down = { .of = { -317 } };
    queue *const both[] = { seldom, often };

    (void)state;
    for (int i = 0; i < 2; i++)
        queue_capacity(both[i], &(queue_amounts){ .of = { 1000 } }, 0);
    for (int64_t t = 1; t < 400; t++) {
        for (int i = 0; i < 2 && t % 23 == 0; i++)
            assert_int_equal(queue_usage(both[i], 3, t % 2 ? &up : &down, t * 40 * SECOND + 5), SKY_OK);
        queue_begin_round(often, t * 40 * SECOND + 9);
    }
    queue_begin_round(seldom, 399 * 40 * SECOND + 9);
    assert_memory_equal(queue_tenant_at(seldom, 3), queue_tenant_at(often, 3), sizeof(queue_tenant));
    queue_free(seldom);
    queue_free(often);
}

/* Ghodsi et al., section 4.1: 9 CPUs and 18 GB; A's tasks take <1, 4>, B's <3, 1>: three and two of them. The order is
 * that of their table 1. */
static void test_drf_worked_example(void **state)
{
    static const queue_amounts demand[] = { { .of = { 1000, 4 } }, { .of = { 3000, 1 } } };
    static const uint32_t order[] = { 1, 0, 0, 1, 0 };
    queue *q = queue_named("drf", NULL);
    queue_amounts left = { .of = { 9000, 18 } };
    uint32_t got[2] = { 0, 0 }, placed = 0;
    queue_entry entry;

    (void)state;
    queue_capacity(q, &left, 0);
    for (uint32_t job = 0; job < 20; job++) /* B came first */
        add_all(q, &(queue_entry){ .job = job, .tasks = 1, .tenant = 1 - job % 2, .job_class = 1 - job % 2 },
                1);
    queue_begin_round(q, 0);
    while (queue_next(q, &entry)) {
        const queue_amounts *d = &demand[entry.job_class];

        if (left.of[0] < d->of[0] || left.of[1] < d->of[1]) {
            queue_refused(q, &entry, 0);
            continue;
        }
        left.of[0] -= d->of[0];
        left.of[1] -= d->of[1];
        assert_in_range(placed, 0, 4);
        assert_int_equal(entry.tenant, order[placed++]);
        got[entry.tenant]++;
        queue_remove(q, entry.job);
        assert_int_equal(queue_usage(q, entry.tenant, d, 0), SKY_OK);
    }
    assert_int_equal(got[0], 3);
    assert_int_equal(got[1], 2);
    queue_free(q);
}

/* ---- the queue as a list that is sorted each time ---------------------------------------------------------------- */

#define MOST    300
#define CLASSES 4
#define TENANTS 5

typedef struct list {
    queue_entry entries[MOST];
    int64_t limit_ns[TENANTS][CLASSES][3][4]; /* by tenant, class, gang less one, priority */
    size_t count;
    int by_priority;
} list;

static int64_t *limit_of(list *l, const queue_entry *e)
{
    return &l->limit_ns[e->tenant][e->job_class][e->tasks - 1][l->by_priority ? e->priority / 250000 : 0];
}

static void lift_limits(list *l)
{
    int64_t *limits = &l->limit_ns[0][0][0][0];

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
    queue_begin_round(q, 0);
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
    const sky_queue_options options = { .strict = (uint32_t)strict,
                                        .half_life_ns = (history % 3) * 100 * SECOND,
                                        .age_weight = 1000,
                                        .size_weight = 700,
                                        .priority_weight = history % 2 * 900,
                                        .fair_share_weight = 2000,
                                        .age_saturates_ns = 40 * SECOND };
    queue *q = queue_create(d, &options);
    static list l;

    l.count = 0;
    l.by_priority = d->by_priority;
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
        cmocka_unit_test(test_multifactor_ageing_ends),
        cmocka_unit_test(test_multifactor_size),
        cmocka_unit_test(test_multifactor_fair_share),
        cmocka_unit_test(test_fair_share_halves),
        cmocka_unit_test(test_use_does_not_depend_on_rounds),
        cmocka_unit_test(test_drf_worked_example),
        cmocka_unit_test(test_queue_is_a_list_sorted_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
