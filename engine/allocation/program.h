/* The linear program that all policies have in common: a column for each share X[c, k] that does some work, a row a
 * job (its time adds up to 1 at most), a row a type (its devices do). Policies add rows and columns of their own. */
#ifndef SKYTWIN_ALLOCATION_PROGRAM_H
#define SKYTWIN_ALLOCATION_PROGRAM_H

#include "allocation.h"

typedef struct program_share {
    uint32_t combination, type;
} program_share;

typedef struct program {
    const allocation_problem *problem;
    program_share *shares; /* of the first share_count columns */
    uint32_t share_count;
    uint32_t rows, columns, entries;
    uint32_t row_capacity, column_capacity, entry_capacity;
    double *objective, *column_lower, *column_upper, *row_lower, *row_upper;
    uint32_t *entry_row, *entry_column;
    double *entry_value;
    double *column, *row_dual; /* the answer */
    int out_of_memory;         /* told by program_solve */
} program;

void program_init(program *g, const allocation_problem *p);
void program_free(program *g);
/* Its number. */
uint32_t program_add_column(program *g, double lower, double upper, double objective);
uint32_t program_add_row(program *g, double lower, double upper);
void program_put(program *g, uint32_t row, uint32_t column, double value);
/* rate(m, X) × factor[m] into row first + m, for each job. Each place once: before it, the rows must be without shares. */
void program_put_rates(program *g, uint32_t first, const double *factor);
/* SKY_ERROR_STATE: there is no optimum, or it was not found. SKY_ERROR_MEMORY. */
sky_status program_solve(program *g, const sky_solver *solver);
/* The shares of the answer, rounded to ppm. */
void program_shares(const program *g, int64_t *share_ppm);

#endif
