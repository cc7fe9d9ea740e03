/* What the papers prove of fair shares, on random clusters: fair share converges to the weights; dominant resource
 * fairness leaves nobody with envy, and lying about one's demand does not pay. And a queue made anew from a
 * snapshot's entries and tenants decides as the one that was saved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include "kernel/random.h"
#include "queue/queue.h"

#define SECOND  SKY_NS_PER_SECOND
#define TENANTS 4

/* ---- dominant resource fairness ------------------------------------------------------------------------------------ */

typedef struct economy {
    queue_amounts capacity;
    queue_amounts demand[TENANTS]; /* of one task */
    int64_t weight_ppm[TENANTS];
} economy;

/* Demands small beside the cluster, so that one task more or less counts for little. */
static economy random_economy(uint32_t seed)
{
    const random_key key = { .seed = seed };
    economy e = { .capacity = { .of = { 1000000, 1000000, 1000000 } } };

    for (uint32_t t = 0; t < TENANTS; t++) {
        e.weight_ppm[t] = QUEUE_WEIGHT_ONE * (1 + (int64_t)(random_u64(&key, 100 + t) % 3));
        for (uint32_t i = 0; i < QUEUE_RESOURCE_COUNT; i++)
            e.demand[t].of[i] = 100 + (int64_t)(random_u64(&key, t * 8 + i) % 1000);
    }
    return e;
}

static int take(queue_amounts *left, const queue_amounts *amounts)
{
    for (int i = 0; i < QUEUE_RESOURCE_COUNT; i++)
        if (left->of[i] < amounts->of[i])
            return 0;
    for (int i = 0; i < QUEUE_RESOURCE_COUNT; i++)
        left->of[i] -= amounts->of[i];
    return 1;
}

/* Fills the cluster until somebody finds no room (all demand some of everything): tasks by tenant. */
static void fill(const economy *e, int64_t tasks[TENANTS])
{
    queue *q = queue_create(queue_discipline_find("drf"), NULL);
    queue_amounts left = e->capacity;
    queue_entry entry;
    uint32_t job = 0;

    queue_capacity(q, &e->capacity, 0);
    for (uint32_t t = 0; t < TENANTS; t++) {
        tasks[t] = 0;
        assert_int_equal(queue_weight(q, t, e->weight_ppm[t]), SKY_OK);
        entry = (queue_entry){ .job = job++, .job_class = t, .tenant = t, .tasks = 1 };
        assert_int_equal(queue_add(q, &entry), SKY_OK);
    }
    queue_begin_round(q, 0);
    while (queue_next(q, &entry) && take(&left, &e->demand[entry.tenant])) {
        tasks[entry.tenant]++;
        queue_remove(q, entry.job);
        assert_int_equal(queue_usage(q, entry.tenant, &e->demand[entry.tenant], 0), SKY_OK);
        entry.job = job++;
        assert_int_equal(queue_add(q, &entry), SKY_OK);
    }
    queue_free(q);
}

/* Tasks of the demand that a bundle is good for. */
static int64_t worth(const queue_amounts *demand, const queue_amounts *bundle, int64_t bundles)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < QUEUE_RESOURCE_COUNT; i++) {
        int64_t tasks = bundles * bundle->of[i] / demand->of[i];

        least = tasks < least ? tasks : least;
    }
    return least;
}

/* For its weight, nobody would rather have another's bundle: but for a task, as tasks are whole. */
static void test_drf_leaves_no_envy(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        economy e = random_economy(seed);
        int64_t tasks[TENANTS];

        fill(&e, tasks);
        for (uint32_t a = 0; a < TENANTS; a++)
            for (uint32_t b = 0; b < TENANTS; b++) {
                int64_t others = worth(&e.demand[a], &e.demand[b], tasks[b]) * e.weight_ppm[a] /
                                 e.weight_ppm[b];
                int64_t step = worth(&e.demand[a], &e.demand[b], 1) * e.weight_ppm[a] / e.weight_ppm[b];

                assert_true(others <= tasks[a] + step + 3);
            }
    }
}

static void test_drf_rewards_no_lie(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 400; seed++) {
        const random_key key = { .seed = seed, .thing = 1 };
        economy honest = random_economy(seed), lie = honest;
        uint32_t liar = seed % TENANTS;
        int64_t truly[TENANTS], falsely[TENANTS], gained;

        for (uint32_t i = 0; i < QUEUE_RESOURCE_COUNT; i++)
            if (random_u64(&key, i) % 2 == 0)
                lie.demand[liar].of[i] = 50 + (int64_t)(random_u64(&key, 8 + i) % 1500);
        fill(&honest, truly);
        fill(&lie, falsely);
        gained = worth(&honest.demand[liar], &lie.demand[liar], falsely[liar]) - truly[liar];
        /* What one task more for each would use of the fullest resource is left to the order of arrival. */
        assert_true(gained <= 2 + truly[liar] / 50);
    }
}

/* ---- fair share -------------------------------------------------------------------------------------------------------- */

#define SLOTS 20

typedef struct slots {
    int64_t ends_ns[SLOTS];
    uint32_t tenant[SLOTS]; /* SKY_NONE: free */
    int64_t used_ns[TENANTS];
} slots;

static void add_backlog(queue *q, uint32_t *job, uint32_t tenant)
{
    const queue_entry entry = { .job = *job, .tenant = tenant, .tasks = 1 };

    *job += 1;
    assert_int_equal(queue_add(q, &entry), SKY_OK);
}

static void end_what_is_over(queue *q, slots *s, int64_t now_ns)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        if (s->tenant[i] != SKY_NONE && s->ends_ns[i] <= now_ns) {
            assert_int_equal(queue_usage(q, s->tenant[i], &(queue_amounts){ .of = { -1 } }, now_ns), SKY_OK);
            s->tenant[i] = SKY_NONE;
        }
}

/* Each tenant's tasks are of another length; there is always one of each waiting. */
static void fill_slots(queue *q, slots *s, int64_t now_ns, uint32_t *job)
{
    queue_entry entry;

    queue_begin_round(q, now_ns);
    for (uint32_t i = 0; i < SLOTS; i++) {
        int64_t run_ns;

        if (s->tenant[i] != SKY_NONE)
            continue;
        assert_true(queue_next(q, &entry));
        queue_remove(q, entry.job);
        assert_int_equal(queue_usage(q, entry.tenant, &(queue_amounts){ .of = { 1 } }, now_ns), SKY_OK);
        run_ns = (7 + 30 * entry.tenant + entry.job % 11) * SECOND;
        s->tenant[i] = entry.tenant;
        s->ends_ns[i] = now_ns + run_ns;
        s->used_ns[entry.tenant] += run_ns;
        add_backlog(q, job, entry.tenant);
    }
}

/* Over time each has used the cluster as its weight says, however long its tasks, for any half-life. */
static void test_fair_share_converges_to_weights(void **state)
{
    static const int64_t half_lives_s[] = { 0, 600, 7200 };

    (void)state;
    for (size_t h = 0; h < 3; h++) {
        queue *q = queue_create(queue_discipline_find("fair-share"),
                                &(sky_queue_options){ .half_life_ns = half_lives_s[h] * SECOND });
        slots s = { .used_ns = { 0 } };
        int64_t total_ns = 0;
        uint32_t job = 0;

        queue_capacity(q, &(queue_amounts){ .of = { SLOTS } }, 0);
        for (uint32_t i = 0; i < SLOTS; i++)
            s.tenant[i] = SKY_NONE;
        for (uint32_t t = 0; t < TENANTS; t++) {
            assert_int_equal(queue_weight(q, t, (t + 1) * QUEUE_WEIGHT_ONE), SKY_OK); /* 10, 20, 30, 40 % */
            add_backlog(q, &job, t);
        }
        for (int64_t now_ns = 0; now_ns < 40000 * SECOND; now_ns += SECOND) {
            end_what_is_over(q, &s, now_ns);
            fill_slots(q, &s, now_ns, &job);
        }
        for (uint32_t t = 0; t < TENANTS; t++)
            total_ns += s.used_ns[t];
        for (uint32_t t = 0; t < TENANTS; t++) /* in per mille */
            assert_in_range(s.used_ns[t] * 1000 / total_ns, 100 * (t + 1) - 15, 100 * (t + 1) + 15);
        queue_free(q);
    }
}

/* ---- snapshots ----------------------------------------------------------------------------------------------------------- */

#define ENTRIES 500

static queue_entry random_entry(const random_key *key, uint32_t job)
{
    uint64_t bits = random_u64(key, job);

    return (queue_entry){ .job = job,
                          .submit_ns = (int64_t)(bits & 63) * SECOND,
                          .estimate_ns = (int64_t)(bits >> 8 & 31) * SECOND,
                          .priority = (int64_t)(bits >> 16 & 3) * 200000,
                          .tenant = (uint32_t)(bits >> 24) % TENANTS,
                          .job_class = (uint32_t)(bits >> 32) % 3,
                          .tasks = 1 + (uint32_t)(bits >> 40) % 3 };
}

static queue *make_queue(const queue_discipline *d)
{
    const sky_queue_options options = { .half_life_ns = 50 * SECOND,
                                        .age_weight = 3,
                                        .priority_weight = 2,
                                        .fair_share_weight = 5,
                                        .age_saturates_ns = 40 * SECOND };
    queue *q = queue_create(d, &options);

    queue_capacity(q, &(queue_amounts){ .of = { 1000, 1000 } }, 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(queue_class(q, i, &(queue_amounts){ .of = { i + 1, 3 - i } }), SKY_OK);
    return q;
}

/* Places some, finds no room for others, as a hash of the job says. */
static void hold_round(queue *q, int64_t now_ns, unsigned places)
{
    queue_entry entry;

    queue_begin_round(q, now_ns);
    for (unsigned i = 0; i < places && queue_next(q, &entry); i++)
        if (entry.job * 2654435761u >> 30 == 0) {
            queue_refused(q, &entry, entry.estimate_ns);
        } else {
            queue_remove(q, entry.job);
            assert_int_equal(queue_usage(q, entry.tenant, &(queue_amounts){ .of = { 1, 1 } }, now_ns),
                             SKY_OK);
        }
}

static queue *restored(const queue *saved, const queue_discipline *d)
{
    queue *q = make_queue(d);
    queue_entry entry;

    for (uint32_t job = ENTRIES; job-- > 0;)
        if (queue_find(saved, job, &entry))
            assert_int_equal(queue_add(q, &entry), SKY_OK);
    for (uint32_t t = 0; t < TENANTS; t++)
        if (queue_tenant_at(saved, t) != NULL)
            assert_int_equal(queue_restore_tenant(q, t, queue_tenant_at(saved, t)), SKY_OK);
    return q;
}

static void test_restored_queue_decides_the_same(void **state)
{
    const random_key key = { .seed = 5 };
    const queue_discipline *d;

    (void)state;
    for (size_t i = 0; (d = queue_discipline_at(i)) != NULL; i++) {
        queue *q = make_queue(d), *again;
        queue_entry a, b;

        for (uint32_t job = 0; job < ENTRIES; job++) {
            queue_entry entry = random_entry(&key, job);

            assert_int_equal(queue_add(q, &entry), SKY_OK);
        }
        for (int64_t t = 64; t < 80; t++)
            hold_round(q, t * SECOND, 10);
        again = restored(q, d);
        queue_freed(q, NULL);
        for (int64_t t = 80; queue_size(q) > 0; t++) {
            queue_begin_round(q, t * SECOND);
            queue_begin_round(again, t * SECOND);
            assert_int_equal(queue_next(q, &a), queue_next(again, &b));
            assert_memory_equal(&a, &b, sizeof a);
            hold_round(q, t * SECOND, 3);
            hold_round(again, t * SECOND, 3);
            queue_freed(q, NULL);
            queue_freed(again, NULL);
            queue_remove(q, a.job);
            queue_remove(again, a.job);
        }
        assert_int_equal(queue_size(again), 0);
        queue_free(q);
        queue_free(again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drf_leaves_no_envy),
        cmocka_unit_test(test_drf_rewards_no_lie),
        cmocka_unit_test(test_fair_share_converges_to_weights),
        cmocka_unit_test(test_restored_queue_decides_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
