/* A solver that passes on what GLPK answers, and proves that it is right: x keeps every bound, the duals keep theirs, and
 * both give the same objective, which by weak duality only an optimum can. Needs cmocka.h. */
#ifndef SKYTWIN_TESTS_CERTIFIED_SOLVER_H
#define SKYTWIN_TESTS_CERTIFIED_SOLVER_H

#include "../solver/glpk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct certificate {
    int solved;
    double worst_gap; /* of primal and dual objective, relative */
} certificate;

#define CERTIFIED_TOLERANCE 1e-6

/* What a bound contributes to the dual objective where its multiplier is y: a multiplier without a bound must be 0. */
static inline double certified_bound(double y, double lower, double upper)
{
    double bound = y > 0 ? upper : lower;

    if (fabs(y) < 1e-9)
        return 0;
    assert_true(fabs(bound) < SKY_LP_NO_BOUND || fabs(y) < CERTIFIED_TOLERANCE);
    return fabs(bound) < SKY_LP_NO_BOUND ? y * bound : 0;
}

static inline void certify(const sky_lp *lp, const double *x, const double *dual, certificate *c)
{
    double *row = calloc(lp->rows + 1u, sizeof *row), *reduced = calloc(lp->columns + 1u, sizeof *reduced);
    double primal = 0, bound = 0, scale, gap;

    assert_non_null(row);
    assert_non_null(reduced);
    memcpy(reduced, lp->objective, lp->columns * sizeof *reduced);
    for (uint32_t i = 0; i < lp->entries; i++) {
        row[lp->entry_row[i]] += lp->entry_value[i] * x[lp->entry_column[i]];
        reduced[lp->entry_column[i]] -= lp->entry_value[i] * dual[lp->entry_row[i]];
    }
    for (uint32_t i = 0; i < lp->rows; i++) {
        scale = CERTIFIED_TOLERANCE * (1 + fabs(row[i]));
        assert_true(row[i] >= lp->row_lower[i] - scale && row[i] <= lp->row_upper[i] + scale);
        bound += certified_bound(dual[i], lp->row_lower[i], lp->row_upper[i]);
    }
    for (uint32_t i = 0; i < lp->columns; i++) {
        assert_true(x[i] >= lp->column_lower[i] - CERTIFIED_TOLERANCE &&
                    x[i] <= lp->column_upper[i] + CERTIFIED_TOLERANCE);
        primal += lp->objective[i] * x[i];
        bound += certified_bound(reduced[i], lp->column_lower[i], lp->column_upper[i]);
    }
    gap = fabs(bound - primal) / (1 + fabs(primal));
    if (gap > CERTIFIED_TOLERANCE)
        fail_msg("primal %.12g, dual %.12g", primal, bound);
    c->worst_gap = gap > c->worst_gap ? gap : c->worst_gap;
    c->solved++;
    free(row);
    free(reduced);
}

static inline sky_lp_result certified_solve(void *context, const sky_lp *lp, double *column, double *row_dual)
{
    sky_lp_result result = solver_glpk.solve(solver_glpk.context, lp, column, row_dual);

    if (result == SKY_LP_OPTIMAL)
        certify(lp, column, row_dual, context);
    return result;
}

static inline sky_solver certified_solver(certificate *c)
{
    return (sky_solver){ .name = "certified", .context = c, .solve = certified_solve };
}

#endif
