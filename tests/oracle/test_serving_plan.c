/* What the serving policy latency-cost decides by: waits against closed forms, routes against all whole splits of the users,
 * replicas against all that there can be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/random.h"
#include "model/arith.h"
#include "serving/plan.h"
#include "tests/validation.h"

#define SITES    3
#define GROUPS   3
#define UNIT     1000000 /* a request a second */
#define MS       1000000
#define USD      INT64_C(1000000000)
#define CASES    400
#define MOST     4 /* replicas of a site */
#define PER_SITE 3 /* units that a replica takes */

/* ---- waits --------------------------------------------------------------------------------------------------------- */

static void test_waits_are_those_of_queues(void **state)
{
    serving_problem p = { .concurrency = 1, .time_ns = 100 * MS, .scv_ppm = 1000000 };

    (void)state;
    /* M/M/1 at load 0.8: rho / (mu - lambda) = 0.4 s. */
    assert_in_range(serving_plan_wait_ns(&p, 1, 8 * UNIT), 400 * MS - 1, 400 * MS + 1);
    /* M/M/2 at load 0.8: rho^2 / (1 - rho^2) services. */
    assert_in_range(serving_plan_wait_ns(&p, 2, 16 * UNIT), 177777776, 177777779);
    /* M/D/1: half of M/M/1. */
    p.scv_ppm = 0;
    assert_in_range(serving_plan_wait_ns(&p, 1, 8 * UNIT), 200 * MS - 1, 200 * MS + 1);
    assert_int_equal(serving_plan_wait_ns(&p, 4, 0), 0);
}

/* ---- a case at random ---------------------------------------------------------------------------------------------- */

typedef struct small_case {
    serving_problem problem;
    serving_plan plan;
    int64_t price[SITES], least[SITES], most[SITES], rate[GROUPS];
    int64_t way_ns[GROUPS * SITES], way_nusd[GROUPS * SITES];
    int64_t replicas[SITES], flow[GROUPS * SITES];
} small_case;

static int64_t below(const random_key *key, uint64_t *count, int64_t bound)
{
    return (int64_t)(random_u64(key, (*count)++) % (uint64_t)bound);
}

/* A replica takes 3 requests a second: 300 ms each, at a target of 90 %. */
static void make(small_case *c, unsigned number)
{
    const random_key key = { .seed = 7, .thing = number };
    uint64_t count = 0;

    memset(c, 0, sizeof *c);
    for (int s = 0; s < SITES; s++) {
        c->price[s] = USD + below(&key, &count, 3 * USD);
        c->most[s] = 1 + below(&key, &count, MOST);
    }
    for (int g = 0; g < GROUPS; g++)
        c->rate[g] = below(&key, &count, 6) * UNIT;
    for (int w = 0; w < GROUPS * SITES; w++) {
        c->way_ns[w] = below(&key, &count, 10) == 0 ? -1 : below(&key, &count, 300) * MS;
        c->way_nusd[w] = below(&key, &count, 50) * USD;
    }
    c->problem = (serving_problem){ .sites = SITES,
                                    .groups = GROUPS,
                                    .concurrency = 1,
                                    .time_ns = 300 * MS,
                                    .scv_ppm = below(&key, &count, 2000000),
                                    .target_ppm = 900000,
                                    .most_nusd_per_hour = number % 2
                                                              ? INT64_MAX
                                                              : 2 * USD + below(&key, &count, 12 * USD),
                                    .wait_nusd_per_hour = 1 + below(&key, &count, 40 * USD),
                                    .nusd_per_hour = c->price,
                                    .least = c->least,
                                    .most = c->most,
                                    .rate = c->rate,
                                    .way_ns = c->way_ns,
                                    .way_nusd = c->way_nusd };
    c->plan = (serving_plan){ .replicas = c->replicas, .flow = c->flow };
}

/* ---- routes -------------------------------------------------------------------------------------------------------- */

/* Whole units, all ways to split them: what is unserved, then what ways cost (by 10^9 ns × USD, and egress). */
typedef struct split_search {
    const small_case *c;
    int64_t room[SITES];
    sky_int128 best_cost;
    int64_t best_unserved;
} split_search;

static sky_int128 cost_of_unit(const small_case *c, int way)
{
    return (sky_int128)c->way_ns[way] * c->problem.wait_nusd_per_hour +
           (sky_int128)c->way_nusd[way] * 3600000;
}

static void split(split_search *s, int group, int64_t left, int site, int64_t unserved, sky_int128 cost)
{
    if (group == GROUPS) {
        if (unserved < s->best_unserved || (unserved == s->best_unserved && cost < s->best_cost)) {
            s->best_unserved = unserved;
            s->best_cost = cost;
        }
        return;
    }
    if (site == SITES) {
        split(s, group + 1, group + 1 < GROUPS ? s->c->rate[group + 1] / UNIT : 0, 0, unserved + left, cost);
        return;
    }
    split(s, group, left, site + 1, unserved, cost);
    for (int64_t units = 1;
         units <= left && units <= s->room[site] && s->c->way_ns[group * SITES + site] >= 0; units++) {
        s->room[site] -= units;
        split(s, group, left - units, site + 1, unserved,
              cost + units * cost_of_unit(s->c, group * SITES + site));
        s->room[site] += units;
    }
}

static void test_routes_are_the_cheapest(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        small_case c;
        split_search s = { .c = &c, .best_unserved = INT64_MAX };
        sky_int128 cost = 0;

        make(&c, i);
        for (int k = 0; k < SITES; k++) {
            c.replicas[k] = (int64_t)(i >> k) % 3;
            s.room[k] = PER_SITE * c.replicas[k];
        }
        serving_plan_routes(&c.problem, &c.plan);
        split(&s, 0, c.rate[0] / UNIT, 0, 0, 0);
        for (int w = 0; w < GROUPS * SITES; w++) {
            assert_true(c.flow[w] >= 0);
            cost += (sky_int128)(c.flow[w] / UNIT) * cost_of_unit(&c, w);
        }
        assert_int_equal(c.plan.unserved, s.best_unserved * UNIT);
        assert_true(cost == s.best_cost || c.plan.unserved > 0); /* then the first come are served first */
    }
}

/* ---- replicas ------------------------------------------------------------------------------------------------------ */

static void try_all(small_case *c, int site, serving_plan *best)
{
    if (site == SITES) {
        serving_plan_routes(&c->problem, &c->plan);
        if (best->replicas == NULL || serving_plan_is_better(&c->plan, best))
            *best = c->plan;
        return;
    }
    for (c->replicas[site] = 0; c->replicas[site] <= c->most[site]; c->replicas[site]++)
        try_all(c, site + 1, best);
}

static int64_t total(const serving_plan *plan)
{
    return plan->replicas_nusd + plan->egress_nusd + plan->waiting_nusd;
}

static void test_replicas_are_the_best_of_all(void **state)
{
    unsigned exact = 0;
    double worst = 0;
    char measured[80];

    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        serving_plan best = { .replicas = NULL };
        small_case c;

        make(&c, i);
        try_all(&c, 0, &best);
        memset(c.replicas, 0, sizeof c.replicas);
        assert_int_equal(serving_plan_solve(&c.problem, &c.plan, 1), SKY_OK);
        assert_true(!serving_plan_is_better(&c.plan, &best));
        for (int s = 0; s < SITES; s++)
            assert_in_range(c.replicas[s], 0, c.most[s]);
        if (!serving_plan_is_better(&best, &c.plan)) {
            exact++;
            continue;
        }
        assert_int_equal(c.plan.over_nusd, best.over_nusd);
        assert_int_equal(c.plan.unserved, best.unserved);
        worst = fmax(worst, (double)total(&c.plan) / (double)total(&best) - 1);
    }
    print_message("    %u of %d the best, others at most %.2f %% above it\n", exact, CASES, 100 * worst);
    snprintf(measured, sizeof measured, "%u of %d the best, others at most %.1f %% above", exact, CASES,
             100 * worst);
    validation_row("latency-cost: replicas of a service at 3 places, for 3 populations",
                   "the best of all (exhaustive)", measured, __FILE_NAME__);
    assert_true(exact >= CASES * 95 / 100);
    assert_true(worst < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_are_those_of_queues),
        cmocka_unit_test(test_routes_are_the_cheapest),
        cmocka_unit_test(test_replicas_are_the_best_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
