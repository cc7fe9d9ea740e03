/* Policies that allocate accelerators' time: closed forms on small cases, exhaustive search, and a proof by duality of
 * every program solved on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "certified_solver.h"
#include "strategy/strategy.h"
#include "allocation/elastic.h"
#include "validation.h"

extern const strategy strategy_max_min, strategy_max_min_pairs, strategy_makespan, strategy_makespan_pairs,
    strategy_step_cost, strategy_step_cost_pairs, strategy_step_cost_deadlines, strategy_least_attained,
    strategy_first_come_aware, strategy_step_cost_deadlines_pairs;

#define MAX_JOBS  24
#define MAX_TYPES 3
#define MAX_PAIRS (MAX_JOBS * MAX_JOBS / 2)
#define USTEPS    INT64_C(1000000)

typedef struct problem {
    allocation_problem p;
    allocation_type types[MAX_TYPES];
    allocation_job jobs[MAX_JOBS];
    allocation_combination combinations[MAX_JOBS + MAX_PAIRS];
    int64_t usteps[(MAX_JOBS + MAX_PAIRS) * MAX_TYPES * 2];
    int64_t share_ppm[(MAX_JOBS + MAX_PAIRS) * MAX_TYPES];
} problem;

static certificate proof;

static void start(problem *q, uint32_t jobs, uint32_t types)
{
    memset(q, 0, sizeof *q);
    q->p = (allocation_problem){ q->types, q->jobs, q->combinations, q->usteps, types, jobs, jobs };
    for (uint32_t i = 0; i < jobs; i++) {
        q->jobs[i] = (allocation_job){ .job = i,
                                       .workers = 1,
                                       .weight_ppm = 1000000,
                                       .left_usteps = 1000 * USTEPS,
                                       .left_ns = SKY_NEVER_NS };
        q->combinations[i] = (allocation_combination){ { i, SKY_NONE } };
    }
    for (uint32_t k = 0; k < types; k++)
        q->types[k] = (allocation_type){ .pool = k, .devices = 1, .node_devices = 1, .device_nusd = 1000000 };
}

static void set_rate(problem *q, uint32_t job, uint32_t type, double steps)
{
    q->usteps[(job * q->p.type_count + type) * 2] = (int64_t)(steps * 1e6);
}

static void set_pair(problem *q, uint32_t first, uint32_t second, uint32_t type, double steps, double other)
{
    uint32_t c = q->p.job_count;

    while (c < q->p.combination_count &&
           (q->combinations[c].member[0] != first || q->combinations[c].member[1] != second))
        c++;
    q->combinations[c] = (allocation_combination){ { first, second } };
    q->usteps[(c * q->p.type_count + type) * 2] = (int64_t)(steps * 1e6);
    q->usteps[(c * q->p.type_count + type) * 2 + 1] = (int64_t)(other * 1e6);
    if (c == q->p.combination_count)
        q->p.combination_count++;
}

static void allocate(problem *q, const strategy *s)
{
    sky_solver solver = certified_solver(&proof);

    assert_int_equal(s->allocation->allocate(&q->p, &solver, q->share_ppm), SKY_OK);
}

static double share(const problem *q, uint32_t combination, uint32_t type)
{
    return (double)q->share_ppm[combination * q->p.type_count + type] / 1e6;
}

static double normalised(const problem *q, uint32_t job)
{
    return allocation_rate(&q->p, q->share_ppm, job) / allocation_equal_usteps(&q->p, job) *
           q->jobs[job].workers / (double)q->jobs[job].weight_ppm * 1e6;
}

/* No job has more than all of its time, no type gives more than it has: to what rounding to ppm can do. */
static void assert_feasible(const problem *q)
{
    for (uint32_t m = 0; m < q->p.job_count; m++) {
        double sum = 0;

        for (uint32_t c = 0; c < q->p.combination_count; c++)
            for (uint32_t k = 0; k < q->p.type_count; k++)
                if (q->combinations[c].member[0] == m || q->combinations[c].member[1] == m)
                    sum += share(q, c, k);
        assert_true(sum <= 1 + 1e-4);
    }
    for (uint32_t k = 0; k < q->p.type_count; k++) {
        double sum = 0;

        for (uint32_t c = 0; c < q->p.combination_count; c++)
            sum += share(q, c, k) * q->jobs[q->combinations[c].member[0]].workers;
        assert_true(sum <= (double)q->types[k].devices + 1e-4 * MAX_JOBS);
    }
}

/* ---- closed forms ------------------------------------------------------------------------------------------------- */

/* One type of d devices, n jobs of one device: each gets d/n of the time, whatever its rate, by its weight. */
static void test_one_type_is_shared_by_weight(void **state)
{
    problem q;

    (void)state;
    start(&q, 3, 1);
    for (uint32_t m = 0; m < 3; m++)
        set_rate(&q, m, 0, 1 + m * 3.5);
    q.jobs[2].weight_ppm = 2000000;
    allocate(&q, &strategy_max_min);
    assert_float_equal(share(&q, 0, 0), 0.25, 1e-6);
    assert_float_equal(share(&q, 1, 0), 0.25, 1e-6);
    assert_float_equal(share(&q, 2, 0), 0.5, 1e-6);
}

/* Two types of one device. Job 0 makes 4 and 1 steps a second, job 1 makes 1 on both: equal shares of time would give
 * them 2.5 and 1. Job 1 can have no more than 1 whatever it gets; so it goes where that costs job 0 least, and water
 * filling gives job 0 all of the fast one: 4 / 2.5 = 1.6. */
static void test_water_filling_leaves_the_fast_to_who_gains(void **state)
{
    problem q;

    (void)state;
    start(&q, 2, 2);
    set_rate(&q, 0, 0, 4);
    set_rate(&q, 0, 1, 1);
    set_rate(&q, 1, 0, 1);
    set_rate(&q, 1, 1, 1);
    allocate(&q, &strategy_max_min);
    assert_float_equal(normalised(&q, 0), 1.6, 1e-5);
    assert_float_equal(normalised(&q, 1), 1.0, 1e-5);
    assert_float_equal(share(&q, 0, 0), 1, 1e-5);
    assert_float_equal(share(&q, 1, 1), 1, 1e-5);
}

/* A gang of two workers gets half of the time of one worker, as it takes twice the devices. */
static void test_gangs_pay_for_their_devices(void **state)
{
    problem q;

    (void)state;
    start(&q, 2, 1);
    q.types[0].devices = 2;
    set_rate(&q, 0, 0, 3);
    set_rate(&q, 1, 0, 5);
    q.jobs[1].workers = 2;
    allocate(&q, &strategy_max_min);
    /* x0 = 2 x1 where both bind: x0 + 2 x1 <= 2 gives x0 = 1, x1 = 1/2 */
    assert_float_equal(share(&q, 0, 0), 1, 1e-5);
    assert_float_equal(share(&q, 1, 0), 0.5, 1e-5);
}

/* Who knows no rates gives time alone, of each type in proportion to its devices. */
static void test_time_alone_is_shared_by_weight(void **state)
{
    problem q;

    (void)state;
    start(&q, 3, 2);
    for (uint32_t m = 0; m < 3; m++)
        for (uint32_t k = 0; k < 2; k++)
            set_rate(&q, m, k, 1 + 10 * m + k);
    q.types[1].devices = 2;
    q.jobs[2].weight_ppm = 4000000;
    q.jobs[0].workers = 2;
    q.types[0].devices = 2;
    allocate(&q, &strategy_least_attained);
    /* job 2: all of its time; left are 3 devices for 2 x / 2 + x: x = 1.5, so job 1 is full too, and 2 are left for 2 x0 */
    assert_float_equal((float)(share(&q, 0, 0) + share(&q, 0, 1)), 1, 1e-5);
    assert_float_equal(share(&q, 2, 0), 0.5, 1e-5);
    assert_float_equal(share(&q, 2, 1), 0.5, 1e-5);
    q.types[0].devices = q.types[1].devices = 1;
    q.jobs[2].weight_ppm = 1000000;
    q.jobs[0].workers = 1;
    allocate(&q, &strategy_least_attained);
    for (uint32_t m = 0; m < 3; m++) {
        assert_float_equal(share(&q, m, 0), 1.0 / 3, 1e-5);
        assert_float_equal(share(&q, m, 1), 1.0 / 3, 1e-5);
    }
    assert_feasible(&q);
}

/* One device, two jobs that need 1000 and 3000 steps at 1 step a second: done together after 4000 s, a quarter and three
 * quarters of the time each. */
static void test_makespan_shares_by_what_is_left(void **state)
{
    problem q;

    (void)state;
    start(&q, 2, 1);
    set_rate(&q, 0, 0, 1);
    set_rate(&q, 1, 0, 1);
    q.jobs[1].left_usteps = 3000 * USTEPS;
    allocate(&q, &strategy_makespan);
    assert_float_equal(share(&q, 0, 0), 0.25, 1e-6);
    assert_float_equal(share(&q, 1, 0), 0.75, 1e-6);
}

/* Two that share a device at 0.8 of their speed each, and only together: the makespan is 1000 / 0.8 s, not 2000. */
static void test_pairs_share_where_it_pays(void **state)
{
    problem q;

    (void)state;
    start(&q, 2, 1);
    set_rate(&q, 0, 0, 1);
    set_rate(&q, 1, 0, 1);
    set_pair(&q, 0, 1, 0, 0.8, 0.8);
    allocate(&q, &strategy_makespan_pairs);
    assert_float_equal(share(&q, 2, 0), 1, 1e-5);
    allocate(&q, &strategy_max_min_pairs);
    assert_float_equal(normalised(&q, 0), 0.8, 1e-5);
    assert_float_equal(normalised(&q, 1), 0.8, 1e-5);
}

/* Steps cost least where price / rate is least: 1/1 on the first type and 3/4 on the second for job 0, the reverse for
 * job 1. With a deadline that the cheap type misses (0.9 steps a second are needed, 0.5 is what it makes) the dear one
 * is used for as long as it takes: x + 0.5 (1 - x) = 0.9 gives 0.8. */
static void test_cost_by_step_and_deadlines(void **state)
{
    problem q;

    (void)state;
    start(&q, 2, 2);
    q.types[0].device_nusd = 1000000000;
    q.types[1].device_nusd = INT64_C(3000000000);
    set_rate(&q, 0, 0, 1);
    set_rate(&q, 0, 1, 4);
    set_rate(&q, 1, 0, 2);
    set_rate(&q, 1, 1, 1);
    allocate(&q, &strategy_step_cost);
    assert_float_equal(share(&q, 0, 1), 1, 1e-5);
    assert_float_equal(share(&q, 1, 0), 1, 1e-5);

    start(&q, 1, 2);
    q.types[0].device_nusd = 1000000000;
    q.types[1].device_nusd = INT64_C(10000000000);
    set_rate(&q, 0, 0, 0.5);
    set_rate(&q, 0, 1, 1);
    allocate(&q, &strategy_step_cost_deadlines);
    assert_float_equal(share(&q, 0, 0), 1, 1e-5);
    q.jobs[0].left_usteps = 900 * USTEPS;
    q.jobs[0].left_ns = 1000 * SKY_NS_PER_SECOND;
    allocate(&q, &strategy_step_cost_deadlines);
    assert_float_equal(share(&q, 0, 1), 0.8, 1e-5);
    assert_float_equal(share(&q, 0, 0), 0.2, 1e-5);
    q.jobs[0].left_usteps = 9000 * USTEPS; /* it can't be met: as fast as can be, and no failure */
    allocate(&q, &strategy_step_cost_deadlines);
    assert_float_equal(share(&q, 0, 1), 1, 1e-5);
}

/* ---- exhaustive search ---------------------------------------------------------------------------------------------- */

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((*random >> 33) % below);
}

/* The best worst-off of two jobs on two types of one device, over all divisions in steps of 1/n: job 0 has a of type 0
 * and b of type 1, job 1 as much of the rest as its own time allows, the better type first or the other. */
static double search_two(const problem *q, int n)
{
    double best = 0;

    for (int a = 0; a <= n; a++)
        for (int b = 0; b <= n - a; b++)
            for (int first = 0; first < 2; first++) {
                double left[2] = { 1 - (double)a / n, 1 - (double)b / n }, time = 1, rate = 0, mine, worst;

                mine = ((double)a / n * (double)q->usteps[0] + (double)b / n * (double)q->usteps[2]) /
                       allocation_equal_usteps(&q->p, 0);
                for (int i = 0; i < 2; i++) {
                    int k = first ^ i;
                    double used = left[k] < time ? left[k] : time;

                    rate += used * (double)q->usteps[4 + 2 * k];
                    time -= used;
                }
                rate /= allocation_equal_usteps(&q->p, 1);
                worst = mine < rate ? mine : rate;
                best = worst > best ? worst : best;
            }
    return best;
}

static void test_max_min_against_exhaustive_search(void **state)
{
    uint64_t random = 5;
    char text[64];
    double widest = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        problem q;
        double found, searched, worst;

        start(&q, 2, 2);
        for (uint32_t m = 0; m < 2; m++)
            for (uint32_t k = 0; k < 2; k++)
                set_rate(&q, m, k, 1 + draw(&random, 900) / 100.0);
        allocate(&q, &strategy_max_min);
        assert_feasible(&q);
        found = normalised(&q, 0) < normalised(&q, 1) ? normalised(&q, 0) : normalised(&q, 1);
        searched = search_two(&q, 200);
        worst = found - searched;
        assert_true(worst > -1e-5); /* no division is better */
        assert_true(worst < 0.02);  /* and it is one that can be, to the grid's width */
        widest = worst > widest ? worst : widest;
    }
    snprintf(text, sizeof text, "at least as good, by %.4f at most (grid of 1/200)", widest);
    validation_row("max-min shares, 100 random cases of 2 jobs and 2 types",
                   "no division has a better worst off", text, "exhaustive search");
}

/* ---- random problems: every program proved optimal -------------------------------------------------------------------- */

static void make_random(problem *q, uint64_t *random)
{
    uint32_t jobs = 1 + draw(random, MAX_JOBS), types = 1 + draw(random, MAX_TYPES);

    start(q, jobs, types);
    for (uint32_t k = 0; k < types; k++) {
        q->types[k].devices = 1 + draw(random, 8);
        q->types[k].device_nusd = 100000000 + draw(random, 30) * INT64_C(100000000);
    }
    for (uint32_t m = 0; m < jobs; m++) {
        allocation_job *j = &q->jobs[m];

        j->workers = 1u << draw(random, 4);
        j->weight_ppm = 500000 * (1 + draw(random, 4));
        j->left_usteps = (1 + draw(random, 100000)) * USTEPS;
        if (draw(random, 2))
            j->left_ns = (1 + draw(random, 100000)) * SKY_NS_PER_SECOND;
        for (uint32_t k = 0; k < types; k++)
            if (draw(random, 8))
                set_rate(q, m, k, (1 + draw(random, 20000)) / 100.0);
    }
    for (uint32_t m = 0; m < jobs; m++)
        for (uint32_t n = m + 1; n < jobs; n++)
            for (uint32_t k = 0; k < types && q->jobs[m].workers == q->jobs[n].workers; k++) {
                double x = (double)q->usteps[(m * types + k) * 2] / 1e6;
                double y = (double)q->usteps[(n * types + k) * 2] / 1e6;

                if (x > 0 && y > 0 && draw(random, 2))
                    set_pair(q, m, n, k, x * (0.5 + draw(random, 50) / 100.0),
                             y * (0.5 + draw(random, 50) / 100.0));
            }
}

static void test_every_program_is_solved_to_its_optimum(void **state)
{
    static const strategy *const policies[] = {
        &strategy_max_min,          &strategy_max_min_pairs,       &strategy_makespan,
        &strategy_makespan_pairs,   &strategy_step_cost,           &strategy_step_cost_pairs,

        &strategy_first_come_aware, &strategy_step_cost_deadlines, &strategy_step_cost_deadlines_pairs,
    };
    static problem q;
    uint64_t random = 11;
    char text[80];

    (void)state;
    proof = (certificate){ 0 };
    for (int i = 0; i < (SKYTWIN_SANITIZED ? 10 : 60); i++) {
        make_random(&q, &random);
        for (size_t k = 0; k < sizeof policies / sizeof policies[0]; k++) {
            uint32_t combinations = q.p.combination_count;

            if (!policies[k]->allocation->has_pairs)
                q.p.combination_count = q.p.job_count;
            allocate(&q, policies[k]);
            assert_feasible(&q);
            q.p.combination_count = combinations;
        }
    }
    snprintf(text, sizeof text, "%d programs, largest gap %.1e", proof.solved, proof.worst_gap);
    print_message("    %s\n", text);
    validation_row("allocation programs, random", "feasible, and equal to their duals to 1e-6", text,
                   "LP duality");
}

static sky_lp_result give_up(void *context, const sky_lp *lp, double *column, double *row_dual)
{
    (void)context;
    (void)lp;
    (void)column;
    (void)row_dual;
    return SKY_LP_FAILED;
}

static void test_a_solver_that_fails_is_told_of(void **state)
{
    const sky_solver broken = { .name = "broken", .solve = give_up };
    static problem q;
    uint64_t random = 3;

    (void)state;
    make_random(&q, &random);
    assert_int_equal(strategy_max_min.allocation->allocate(&q.p, &broken, q.share_ppm), SKY_ERROR_STATE);
    assert_int_equal(strategy_makespan.allocation->allocate(&q.p, &broken, q.share_ppm), SKY_ERROR_STATE);
    assert_int_equal(strategy_step_cost.allocation->allocate(&q.p, &broken, q.share_ppm), SKY_ERROR_STATE);
    allocation_equal_shares(&q.p, q.share_ppm);
    assert_feasible(&q);
}

/* ---- elastic jobs ------------------------------------------------------------------------------------------------------ */

#define ELASTIC_JOBS 4
#define ELASTIC_MOST 6

/* Sum of speeds, each against one worker's, of the best division of `left` devices among the jobs from `job` on. */
static double search_elastic(const double speed[][ELASTIC_MOST + 1], uint32_t job, uint32_t jobs,
                             uint32_t left)
{
    double best = 0;

    if (job == jobs)
        return 0;
    for (uint32_t n = 1; n <= ELASTIC_MOST && n + (jobs - job - 1) <= left; n++) {
        double sum = speed[job][n] / speed[job][1] + search_elastic(speed, job + 1, jobs, left - n);

        best = sum > best ? sum : best;
    }
    return best;
}

/* Speed-ups by Amdahl's law are concave: giving workers one by one where they gain most is the optimum. */
static void test_marginal_gain_is_optimal_for_concave_speeds(void **state)
{
    static const uint32_t least[ELASTIC_JOBS] = { 1, 1, 1, 1 };
    uint64_t random = 17;

    (void)state;
    for (int i = 0; i < 200; i++) {
        double speed[ELASTIC_JOBS][ELASTIC_MOST + 1] = { { 0 } }, sum = 0;
        int64_t usteps[ELASTIC_JOBS * (ELASTIC_MOST + 1)] = { 0 };
        int64_t devices = ELASTIC_JOBS + draw(&random, 16), left = devices;
        elastic_choice choice[ELASTIC_JOBS];
        const elastic_problem p = { 1, ELASTIC_JOBS, ELASTIC_MOST, &devices, least, usteps };

        for (uint32_t m = 0; m < ELASTIC_JOBS; m++) {
            double parallel = draw(&random, 1000) / 1000.0, one = 1 + draw(&random, 50);

            for (uint32_t n = 1; n <= ELASTIC_MOST; n++) {
                speed[m][n] = one / (1 - parallel + parallel / n);
                usteps[m * (ELASTIC_MOST + 1) + n] = (int64_t)(speed[m][n] * 1e6);
            }
        }
        assert_int_equal(elastic_allocate(&p, choice), SKY_OK);
        for (uint32_t m = 0; m < ELASTIC_JOBS; m++) {
            assert_int_equal(choice[m].type, 0);
            sum += speed[m][choice[m].workers] / speed[m][1];
            left -= choice[m].workers;
        }
        assert_true(left >= 0);
        assert_float_equal(sum, search_elastic(speed, 0, ELASTIC_JOBS, (uint32_t)devices), 1e-4);
    }
    validation_row("workers of 4 elastic jobs, 200 random cases", "the largest sum of speed-ups", "equal",
                   "exhaustive search");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_type_is_shared_by_weight),
        cmocka_unit_test(test_water_filling_leaves_the_fast_to_who_gains),
        cmocka_unit_test(test_gangs_pay_for_their_devices),
        cmocka_unit_test(test_time_alone_is_shared_by_weight),
        cmocka_unit_test(test_makespan_shares_by_what_is_left),
        cmocka_unit_test(test_pairs_share_where_it_pays),
        cmocka_unit_test(test_cost_by_step_and_deadlines),
        cmocka_unit_test(test_max_min_against_exhaustive_search),
        cmocka_unit_test(test_every_program_is_solved_to_its_optimum),
        cmocka_unit_test(test_a_solver_that_fails_is_told_of),
        cmocka_unit_test(test_marginal_gain_is_optimal_for_concave_speeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
