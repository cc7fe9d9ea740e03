/* The most steps for the money, with and without the deadlines of jobs that have one. Gavel, section 4.2.
 *
 * The paper maximises the ratio of all progress to all cost, which any single best job attains while the others wait;
 * like the authors' own program we maximise the sum of progress for the money,
 *     sum over m, c, k of  e[m, c, k] X[c, k],   e = (least cost of a step of m anywhere alone) / (cost of one in c on k)
 * where two that share devices bear half their cost each: 1 is a job that runs where its steps are cheapest.
 * Deadlines: rate(m, X) >= steps left / time left. Where not all can be kept, what is lacking of the rates is least. */
#include "../strategy/strategy.h"
#include "program.h"

#include <stdlib.h>

/* A lacking rate weighs as much as so many jobs that run where they are cheapest. */
#define LATENESS 1000

/* Nano-dollars of a step of the member, times a constant. */
static double step_cost(const allocation_problem *p, uint32_t combination, uint32_t type, uint32_t member)
{
    double shared = p->combinations[combination].member[1] != SKY_NONE ? 0.5 : 1;

    return shared * allocation_workers(p, combination) * ((double)p->types[type].device_nusd + 1) /
           (double)allocation_usteps(p, combination, type, member);
}

static double least_step_cost(const allocation_problem *p, uint32_t job)
{
    double least = 0;

    for (uint32_t k = 0; k < p->type_count; k++)
        if (allocation_usteps(p, job, k, 0) > 0) {
            double cost = step_cost(p, job, k, 0);

            if (least <= 0 || cost < least)
                least = cost;
        }
    return least;
}

static void value_shares(program *g, double *least)
{
    const allocation_problem *p = g->problem;

    for (uint32_t m = 0; m < p->job_count; m++)
        least[m] = least_step_cost(p, m);
    for (uint32_t column = 0; column < g->share_count && !g->out_of_memory; column++) {
        const program_share *s = &g->shares[column];

        for (uint32_t i = 0; i < 2 && p->combinations[s->combination].member[i] != SKY_NONE; i++)
            g->objective[column] += least[p->combinations[s->combination].member[i]] /
                                    step_cost(p, s->combination, s->type, i);
    }
}

/* rate(m, X) / needed + lacking >= 1 for each job with a deadline. */
static void keep_deadlines(program *g, double *factor)
{
    const allocation_problem *p = g->problem;
    uint32_t first = g->rows;

    for (uint32_t m = 0; m < p->job_count; m++) {
        const allocation_job *j = &p->jobs[m];
        int has = j->left_ns != SKY_NEVER_NS;
        uint32_t row = program_add_row(g, has ? 1 : -SKY_LP_NO_BOUND, SKY_LP_NO_BOUND);

        factor[m] = has ? (double)j->left_ns / 1e9 / (double)j->left_usteps : 0;
        if (has)
            program_put(g, row, program_add_column(g, 0, 1, -LATENESS), 1);
    }
    program_put_rates(g, first, factor);
}

static sky_status allocate_either(const allocation_problem *p, const sky_solver *solver, int with_deadlines,
                                  int64_t *share_ppm)
{
    double *scratch = malloc((p->job_count + 1u) * sizeof *scratch);
    sky_status status = SKY_ERROR_MEMORY;
    program g;

    program_init(&g, p);
    if (scratch != NULL) {
        value_shares(&g, scratch);
        if (with_deadlines)
            keep_deadlines(&g, scratch);
        if (g.columns == 0) /* no job fits anywhere: nothing to decide, and a program wants a column */
            program_add_column(&g, 0, 0, 0);
        status = program_solve(&g, solver);
    }
    if (status == SKY_OK)
        program_shares(&g, share_ppm);
    program_free(&g);
    free(scratch);
    return status;
}

static sky_status allocate(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm)
{
    return allocate_either(p, solver, 0, share_ppm);
}

static sky_status allocate_in_time(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm)
{
    return allocate_either(p, solver, 1, share_ppm);
}

static const allocation_policy alone = { .allocate = allocate, .needs_solver = 1, .is_aware = 1 };
static const allocation_policy in_pairs = {
    .allocate = allocate, .needs_solver = 1, .is_aware = 1, .has_pairs = 1
};
static const allocation_policy in_time = {
    .allocate = allocate_in_time, .needs_solver = 1, .is_aware = 1, .every_round = 1
};
static const allocation_policy pairs_in_time = {
    .allocate = allocate_in_time, .needs_solver = 1, .is_aware = 1, .has_pairs = 1, .every_round = 1
};

const strategy strategy_step_cost = {
    .info = { .name = "step-cost",
              .about = "training: the most steps for the money, by measured rates and prices",
              .source = "Narayanan et al., OSDI 2020, section 4.2",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &alone,
};
const strategy strategy_step_cost_pairs = {
    .info = { .name = "step-cost-pairs",
              .about = "step-cost, and two jobs may share the same devices",
              .source = "Narayanan et al., OSDI 2020, sections 3.1 and 4.2",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &in_pairs,
};
const strategy strategy_step_cost_deadlines = {
    .info = { .name = "step-cost-deadlines",
              .about = "step-cost, but what keeps the deadlines first",
              .source = "Narayanan et al., OSDI 2020, section 4.2 (SLOs)",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &in_time,
};
const strategy strategy_step_cost_deadlines_pairs = {
    .info = { .name = "step-cost-deadlines-pairs",
              .about = "step-cost-deadlines, and two jobs may share the same devices",
              .source = "Narayanan et al., OSDI 2020, sections 3.1 and 4.2",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &pairs_in_time,
};
