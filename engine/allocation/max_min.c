#include "max_min.h"

#include "../strategy/strategy.h"
#include "program.h"

#include <stdlib.h>

/* Levels of the water filling: those below are exact. What is left is then given away for the largest sum. */
#define MAX_LEVELS 8
/* Of a dual, against the sum of all, which is 1: above it, a job is among the worst off in every optimum. */
#define IS_BINDING 1e-7
/* Levels that were reached are kept up to this, as no solver is exact. */
#define SLACK 1e-9

/* rate(m, X) × factor(m) is what a job has; 0: no type will do, and it counts for nothing. */
static double factor_of(const allocation_problem *p, uint32_t job)
{
    double equal = allocation_equal_usteps(p, job);
    const allocation_job *j = &p->jobs[job];

    for (uint32_t k = 0; k < p->type_count; k++)
        if (allocation_usteps(p, job, k, 0) > 0 && p->types[k].devices >= j->workers)
            return j->workers * (double)ALLOCATION_PPM / (double)j->weight_ppm / equal;
    return 0;
}

/* The rows `what it has - level >= 0` of all that are not held yet; those with a dual are held from now on. */
static uint32_t hold_worst_off(program *g, uint32_t first, uint32_t level, const double *factor)
{
    double reached = g->column[level];
    uint32_t held = 0;

    for (uint32_t m = 0; m < g->problem->job_count; m++) {
        double dual = g->row_dual[first + m];

        if (factor[m] <= 0 || g->row_lower[first + m] > 0 || (dual < IS_BINDING && dual > -IS_BINDING))
            continue;
        g->row_lower[first + m] = reached * (1 - SLACK);
        held++;
    }
    for (uint32_t i = 0; i < g->entries; i++) /* held rows no longer move with the level */
        if (g->entry_column[i] == level && g->entry_row[i] >= first && g->row_lower[g->entry_row[i]] > 0)
            g->entry_value[i] = 0;
    return held;
}

/* The rest of the time for the largest sum of what all have, none having less than it has reached. */
static sky_status give_the_rest(program *g, const sky_solver *solver, uint32_t first, uint32_t level,
                                const double *factor)
{
    double reached = g->column[level] * (1 - SLACK);

    for (uint32_t m = 0; m < g->problem->job_count; m++)
        if (factor[m] > 0 && g->row_lower[first + m] <= 0)
            g->row_lower[first + m] = reached;
    for (uint32_t i = 0; i < g->entries; i++)
        if (g->entry_column[i] == level)
            g->entry_value[i] = 0;
        else if (g->entry_row[i] >= first)
            g->objective[g->entry_column[i]] += g->entry_value[i];
    g->objective[level] = 0;
    g->column_upper[level] = 0;
    return program_solve(g, solver);
}

static sky_status fill(program *g, const sky_solver *solver, double *factor)
{
    const allocation_problem *p = g->problem;
    uint32_t first = g->rows, level, left = 0;
    sky_status status;

    level = program_add_column(g, 0, SKY_LP_NO_BOUND, 1);
    for (uint32_t m = 0; m < p->job_count; m++) {
        factor[m] = factor_of(p, m);
        program_add_row(g, factor[m] > 0 ? 0 : -SKY_LP_NO_BOUND, SKY_LP_NO_BOUND);
        left += factor[m] > 0;
        if (factor[m] > 0)
            program_put(g, first + m, level, -1);
    }
    program_put_rates(g, first, factor);
    if (left == 0)
        g->column_upper[level] = 0;
    status = program_solve(g, solver);
    for (int i = 1; i < MAX_LEVELS && status == SKY_OK && left > 0; i++) {
        uint32_t held = hold_worst_off(g, first, level, factor);

        if (held == 0 || held >= left)
            break;
        left -= held;
        status = program_solve(g, solver);
    }
    return status == SKY_OK ? give_the_rest(g, solver, first, level, factor) : status;
}

sky_status max_min_allocate(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm)
{
    double *factor = malloc((p->job_count + 1u) * sizeof *factor);
    sky_status status = SKY_ERROR_MEMORY;
    program g;

    program_init(&g, p);
    if (factor != NULL)
        status = fill(&g, solver, factor);
    if (status == SKY_OK)
        program_shares(&g, share_ppm);
    program_free(&g);
    free(factor);
    return status;
}

static const allocation_policy alone = { .allocate = max_min_allocate, .needs_solver = 1, .is_aware = 1 };
static const allocation_policy in_pairs = {
    .allocate = max_min_allocate, .needs_solver = 1, .is_aware = 1, .has_pairs = 1
};

const strategy strategy_max_min = {
    .info = { .name = "max-min",
              .about = "training: the worst off job gets the most progress for its weight, by measured rates",
              .source = "Narayanan et al., OSDI 2020, section 4.1",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &alone,
};
const strategy strategy_max_min_pairs = {
    .info = { .name = "max-min-pairs",
              .about = "max-min, and two jobs may share the same devices",
              .source = "Narayanan et al., OSDI 2020, sections 3.1 and 4.1",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &in_pairs,
};
