/* First come, first served, as a program: the earlier of M jobs counts more,
 *     maximise  sum over m of (M - m) × rate(m, X) / rate(m, best type)        [Gavel, section 4.2]
 * and its counterpart that knows of no rates: jobs fill the devices in the order in which they came, and stay
 * where they are as long as the others do. */
#include "../strategy/strategy.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

static sky_status allocate_aware(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm)
{
    sky_status status;
    program g;

    program_init(&g, p);
    for (uint32_t column = 0; column < g.share_count && !g.out_of_memory; column++) {
        uint32_t job = p->combinations[g.shares[column].combination].member[0];

        g.objective[column] = (double)(p->job_count - job) *
                              (double)allocation_usteps(p, job, g.shares[column].type, 0) /
                              allocation_best_usteps(p, job);
    }
    if (g.columns == 0)
        program_add_column(&g, 0, 0, 0);
    status = program_solve(&g, solver);
    if (status == SKY_OK)
        program_shares(&g, share_ppm);
    program_free(&g);
    return status;
}

/* Each on the type with the most devices left, as nobody knows which is better. */
static sky_status allocate(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm)
{
    int64_t *left = malloc((p->type_count + 1u) * sizeof *left);

    (void)solver;
    if (left == NULL)
        return SKY_ERROR_MEMORY;
    memset(share_ppm, 0, (size_t)p->combination_count * p->type_count * sizeof *share_ppm);
    for (uint32_t k = 0; k < p->type_count; k++)
        left[k] = p->types[k].devices;
    for (uint32_t m = 0; m < p->job_count; m++) {
        uint32_t best = SKY_NONE;

        for (uint32_t k = 0; k < p->type_count; k++)
            if (allocation_usteps(p, m, k, 0) > 0 && left[k] >= p->jobs[m].workers &&
                (best == SKY_NONE || left[k] > left[best]))
                best = k;
        if (best == SKY_NONE)
            continue;
        left[best] -= p->jobs[m].workers;
        share_ppm[(size_t)m * p->type_count + best] = ALLOCATION_PPM;
    }
    free(left);
    return SKY_OK;
}

static const allocation_policy agnostic = { .allocate = allocate };
static const allocation_policy aware = { .allocate = allocate_aware, .needs_solver = 1, .is_aware = 1 };

const strategy strategy_first_come = {
    .info = { .name = "first-come",
              .about = "training: in order of arrival, on whatever accelerators are free",
              .source = "Narayanan et al., OSDI 2020, section 7.1 (FIFO)",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &agnostic,
};
const strategy strategy_first_come_aware = {
    .info = { .name = "first-come-aware",
              .about = "training: in order of arrival, by measured rates",
              .source = "Narayanan et al., OSDI 2020, section 4.2 (FIFO)",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &aware,
};
