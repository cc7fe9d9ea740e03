#include "program.h"

#include <stdlib.h>
#include <string.h>

/* ---- growing ---------------------------------------------------------------------------------------------------- */

static void grow(program *g, void *list, size_t item, uint32_t capacity)
{
    void **items = list, *larger = g->out_of_memory ? NULL : realloc(*items, capacity * item);

    if (larger == NULL)
        g->out_of_memory = 1;
    else
        *items = larger;
}

uint32_t program_add_column(program *g, double lower, double upper, double objective)
{
    if (g->columns == g->column_capacity) {
        g->column_capacity = g->column_capacity < 64 ? 64 : g->column_capacity * 2;
        grow(g, &g->objective, sizeof *g->objective, g->column_capacity);
        grow(g, &g->column_lower, sizeof *g->column_lower, g->column_capacity);
        grow(g, &g->column_upper, sizeof *g->column_upper, g->column_capacity);
    }
    if (!g->out_of_memory) {
        g->objective[g->columns] = objective;
        g->column_lower[g->columns] = lower;
        g->column_upper[g->columns] = upper;
    }
    return g->columns++;
}

uint32_t program_add_row(program *g, double lower, double upper)
{
    if (g->rows == g->row_capacity) {
        g->row_capacity = g->row_capacity < 64 ? 64 : g->row_capacity * 2;
        grow(g, &g->row_lower, sizeof *g->row_lower, g->row_capacity);
        grow(g, &g->row_upper, sizeof *g->row_upper, g->row_capacity);
    }
    if (!g->out_of_memory) {
        g->row_lower[g->rows] = lower;
        g->row_upper[g->rows] = upper;
    }
    return g->rows++;
}

void program_put(program *g, uint32_t row, uint32_t column, double value)
{
    if (g->entries == g->entry_capacity) {
        g->entry_capacity = g->entry_capacity < 256 ? 256 : g->entry_capacity * 2;
        grow(g, &g->entry_row, sizeof *g->entry_row, g->entry_capacity);
        grow(g, &g->entry_column, sizeof *g->entry_column, g->entry_capacity);
        grow(g, &g->entry_value, sizeof *g->entry_value, g->entry_capacity);
    }
    if (!g->out_of_memory) {
        g->entry_row[g->entries] = row;
        g->entry_column[g->entries] = column;
        g->entry_value[g->entries] = value;
    }
    g->entries++;
}

/* ---- what all policies have in common ----------------------------------------------------------------------------- */

static int does_work(const allocation_problem *p, uint32_t combination, uint32_t type)
{
    return allocation_usteps(p, combination, type, 0) > 0 &&
           (p->combinations[combination].member[1] == SKY_NONE ||
            allocation_usteps(p, combination, type, 1) > 0) &&
           allocation_workers(p, combination) <= p->types[type].devices;
}

void program_init(program *g, const allocation_problem *p)
{
    memset(g, 0, sizeof *g);
    g->problem = p;
    g->shares = malloc(((size_t)p->combination_count * p->type_count + 1) * sizeof *g->shares);
    g->out_of_memory = g->shares == NULL;
    for (uint32_t i = 0; i < p->job_count; i++)
        program_add_row(g, -SKY_LP_NO_BOUND, 1);
    for (uint32_t k = 0; k < p->type_count; k++)
        program_add_row(g, -SKY_LP_NO_BOUND, (double)p->types[k].devices);
    for (uint32_t c = 0; c < p->combination_count && !g->out_of_memory; c++)
        for (uint32_t k = 0; k < p->type_count; k++) {
            const uint32_t *member = p->combinations[c].member;
            uint32_t column;

            if (!does_work(p, c, k))
                continue;
            column = program_add_column(g, 0, 1, 0);
            g->shares[column] = (program_share){ c, k };
            program_put(g, member[0], column, 1);
            if (member[1] != SKY_NONE)
                program_put(g, member[1], column, 1);
            program_put(g, p->job_count + k, column, allocation_workers(p, c));
        }
    g->share_count = g->columns;
}

void program_put_rates(program *g, uint32_t first, const double *factor)
{
    const allocation_problem *p = g->problem;

    for (uint32_t column = 0; column < g->share_count && !g->out_of_memory; column++) {
        const program_share *s = &g->shares[column];

        for (uint32_t i = 0; i < 2 && p->combinations[s->combination].member[i] != SKY_NONE; i++) {
            uint32_t job = p->combinations[s->combination].member[i];

            program_put(g, first + job, column,
                        factor[job] * (double)allocation_usteps(p, s->combination, s->type, i));
        }
    }
}

/* ---- solving ------------------------------------------------------------------------------------------------------- */

sky_status program_solve(program *g, const sky_solver *solver)
{
    sky_lp lp;

    grow(g, &g->column, sizeof *g->column, g->columns + 1);
    grow(g, &g->row_dual, sizeof *g->row_dual, g->rows + 1);
    if (g->out_of_memory)
        return SKY_ERROR_MEMORY;
    lp = (sky_lp){ .rows = g->rows,
                   .columns = g->columns,
                   .entries = g->entries,
                   .objective = g->objective,
                   .column_lower = g->column_lower,
                   .column_upper = g->column_upper,
                   .row_lower = g->row_lower,
                   .row_upper = g->row_upper,
                   .entry_row = g->entry_row,
                   .entry_column = g->entry_column,
                   .entry_value = g->entry_value };
    return solver->solve(solver->context, &lp, g->column, g->row_dual) == SKY_LP_OPTIMAL ? SKY_OK
                                                                                         : SKY_ERROR_STATE;
}

void program_shares(const program *g, int64_t *share_ppm)
{
    const allocation_problem *p = g->problem;

    memset(share_ppm, 0, (size_t)p->combination_count * p->type_count * sizeof *share_ppm);
    for (uint32_t i = 0; i < g->share_count; i++) {
        double share = g->column[i] * ALLOCATION_PPM;

        if (share > 0)
            share_ppm[(size_t)g->shares[i].combination * p->type_count + g->shares[i].type] =
                share < ALLOCATION_PPM ? (int64_t)(share + 0.5) : ALLOCATION_PPM;
    }
}

void program_free(program *g)
{
    free(g->shares);
    free(g->objective);
    free(g->column_lower);
    free(g->column_upper);
    free(g->row_lower);
    free(g->row_upper);
    free(g->entry_row);
    free(g->entry_column);
    free(g->entry_value);
    free(g->column);
    free(g->row_dual);
}

/* ---- rates --------------------------------------------------------------------------------------------------------- */

double allocation_equal_usteps(const allocation_problem *p, uint32_t job)
{
    double devices = 0, sum = 0;

    for (uint32_t k = 0; k < p->type_count; k++) {
        devices += (double)p->types[k].devices;
        sum += (double)p->types[k].devices * (double)allocation_usteps(p, job, k, 0);
    }
    return devices > 0 ? sum / devices : 0;
}

double allocation_best_usteps(const allocation_problem *p, uint32_t job)
{
    int64_t best = 0;

    for (uint32_t k = 0; k < p->type_count; k++)
        if (allocation_usteps(p, job, k, 0) > best)
            best = allocation_usteps(p, job, k, 0);
    return (double)best;
}

double allocation_rate(const allocation_problem *p, const int64_t *share_ppm, uint32_t job)
{
    double rate = 0;

    for (uint32_t c = 0; c < p->combination_count; c++)
        for (uint32_t i = 0; i < 2; i++)
            for (uint32_t k = 0; k < p->type_count && p->combinations[c].member[i] == job; k++)
                rate += (double)share_ppm[(size_t)c * p->type_count + k] / ALLOCATION_PPM *
                        (double)allocation_usteps(p, c, k, i);
    return rate;
}

void allocation_equal_shares(const allocation_problem *p, int64_t *share_ppm)
{
    int64_t workers = 0, devices = 0;

    for (uint32_t i = 0; i < p->job_count; i++)
        workers += p->jobs[i].workers;
    for (uint32_t k = 0; k < p->type_count; k++)
        devices += p->types[k].devices;
    if (workers < devices)
        workers = devices;
    memset(share_ppm, 0, (size_t)p->combination_count * p->type_count * sizeof *share_ppm);
    for (uint32_t i = 0; i < p->job_count; i++)
        for (uint32_t k = 0; k < p->type_count; k++)
            if (does_work(p, i, k))
                share_ppm[(size_t)i * p->type_count + k] = ALLOCATION_PPM * p->types[k].devices / workers;
}
