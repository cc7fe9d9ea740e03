/* The time at which the last job ends is least: maximise z such that rate(m, X) >= z × steps left of m.
 * Gavel, section 4.2. */
#include "../strategy/strategy.h"
#include "program.h"

#include <stdlib.h>

/* z is in shares of the longest job that runs alone at its best, so that it is neither huge nor tiny. */
static double longest_of(const allocation_problem *p)
{
    double longest = 0;

    for (uint32_t m = 0; m < p->job_count; m++) {
        double best = allocation_best_usteps(p, m);
        double time = best > 0 ? (double)p->jobs[m].left_usteps / best : 0;

        if (time > longest)
            longest = time;
    }
    return longest;
}

static sky_status state_and_solve(program *g, const sky_solver *solver, double *factor)
{
    const allocation_problem *p = g->problem;
    double longest = longest_of(p);
    uint32_t first = g->rows, z = program_add_column(g, 0, SKY_LP_NO_BOUND, 1);
    int any = 0;

    for (uint32_t m = 0; m < p->job_count; m++) {
        int fits = 0;

        for (uint32_t k = 0; k < p->type_count; k++)
            fits |= allocation_usteps(p, m, k, 0) > 0 && p->types[k].devices >= p->jobs[m].workers;
        factor[m] = longest / (double)p->jobs[m].left_usteps;
        program_add_row(g, fits ? 0 : -SKY_LP_NO_BOUND, SKY_LP_NO_BOUND);
        if (fits)
            program_put(g, first + m, z, -1);
        any |= fits;
    }
    if (!any)
        g->column_upper[z] = 0;
    program_put_rates(g, first, factor);
    return program_solve(g, solver);
}

static sky_status allocate(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm)
{
    double *factor = malloc((p->job_count + 1u) * sizeof *factor);
    sky_status status = SKY_ERROR_MEMORY;
    program g;

    program_init(&g, p);
    if (factor != NULL)
        status = state_and_solve(&g, solver, factor);
    if (status == SKY_OK)
        program_shares(&g, share_ppm);
    program_free(&g);
    free(factor);
    return status;
}

static const allocation_policy alone = {
    .allocate = allocate, .needs_solver = 1, .is_aware = 1, .every_round = 1
};
static const allocation_policy in_pairs = {
    .allocate = allocate, .needs_solver = 1, .is_aware = 1, .has_pairs = 1, .every_round = 1
};

const strategy strategy_makespan = {
    .info = { .name = "makespan",
              .about = "training: the last of the jobs there are ends as early as can be, by measured rates",
              .source = "Narayanan et al., OSDI 2020, section 4.2",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &alone,
};
const strategy strategy_makespan_pairs = {
    .info = { .name = "makespan-pairs",
              .about = "makespan, and two jobs may share the same devices",
              .source = "Narayanan et al., OSDI 2020, sections 3.1 and 4.2",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &in_pairs,
};
