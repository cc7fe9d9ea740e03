/* A solver of linear programs, as the engine wants it: some strategies decide by one. The engine brings none, so that
 * it needs no library; its caller passes one in sky_engine_config, as a table of functions.
 *
 *     maximise  c x   subject to   row_lower <= A x <= row_upper,   column_lower <= x <= column_upper
 *
 * A bound that is not there is -SKY_LP_NO_BOUND below or SKY_LP_NO_BOUND above. */
#ifndef SKYTWIN_SOLVER_H
#define SKYTWIN_SOLVER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKY_LP_NO_BOUND 1e300

typedef struct sky_lp {
    uint32_t rows, columns, entries;
    const double *objective, *column_lower, *column_upper; /* [columns] */
    const double *row_lower, *row_upper;                   /* [rows] */
    const uint32_t *entry_row, *entry_column;              /* [entries]: of A, each place at most once */
    const double *entry_value;
} sky_lp;

typedef enum sky_lp_result {
    SKY_LP_OPTIMAL,
    SKY_LP_INFEASIBLE,
    SKY_LP_UNBOUNDED,
    SKY_LP_FAILED, /* the solver gave up, or the program is not one */
} sky_lp_result;

typedef struct sky_solver {
    const char *name;
    void *context;
    /* Writes x into column[columns] and the rows' duals (the objective's gain by one more of row_upper) into
     * row_dual[rows]; both only where it returns SKY_LP_OPTIMAL. The same program gives the same answer, bit for
     * bit. Must not abort; may be called by several engines at once, each in its thread. */
    sky_lp_result (*solve)(void *context, const sky_lp *lp, double *column, double *row_dual);
} sky_solver;

#ifdef __cplusplus
}
#endif
#endif
