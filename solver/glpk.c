#include "glpk.h"

#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

/* GLPK's int indices count from 1. */
#define MOST_ENTRIES 500000000u

/* It would end the program where it runs out of memory or meets an error of its own: here it returns to solve(). */
static void come_back(void *escape)
{
    longjmp(*(jmp_buf *)escape, 1);
}

/* Not a word to the terminal, of errors neither. */
static int say_nothing(void *context, const char *text)
{
    (void)context;
    (void)text;
    return 1;
}

static int bounds_kind(double lower, double upper)
{
    int is_lower = lower > -SKY_LP_NO_BOUND, is_upper = upper < SKY_LP_NO_BOUND;

    if (is_lower && is_upper)
        return lower < upper ? GLP_DB : GLP_FX;
    return is_lower ? GLP_LO : is_upper ? GLP_UP : GLP_FR;
}

static int is_sane(const sky_lp *lp)
{
    if (lp->columns == 0 || lp->columns > MOST_ENTRIES || lp->rows > MOST_ENTRIES ||
        lp->entries > MOST_ENTRIES)
        return 0;
    for (uint32_t i = 0; i < lp->entries; i++)
        if (lp->entry_row[i] >= lp->rows || lp->entry_column[i] >= lp->columns ||
            !isfinite(lp->entry_value[i]))
            return 0;
    for (uint32_t i = 0; i < lp->columns; i++)
        if (!isfinite(lp->objective[i]) || !(lp->column_lower[i] <= lp->column_upper[i]))
            return 0;
    for (uint32_t i = 0; i < lp->rows; i++)
        if (!(lp->row_lower[i] <= lp->row_upper[i]))
            return 0;
    return 1;
}

static void load(glp_prob *p, const sky_lp *lp, int *row, int *column, double *value)
{
    glp_set_obj_dir(p, GLP_MAX);
    glp_add_cols(p, (int)lp->columns);
    for (uint32_t i = 0; i < lp->columns; i++) {
        glp_set_obj_coef(p, (int)i + 1, lp->objective[i]);
        glp_set_col_bnds(p, (int)i + 1, bounds_kind(lp->column_lower[i], lp->column_upper[i]),
                         lp->column_lower[i], lp->column_upper[i]);
    }
    if (lp->rows > 0)
        glp_add_rows(p, (int)lp->rows);
    for (uint32_t i = 0; i < lp->rows; i++)
        glp_set_row_bnds(p, (int)i + 1, bounds_kind(lp->row_lower[i], lp->row_upper[i]), lp->row_lower[i],
                         lp->row_upper[i]);
    for (uint32_t i = 0; i < lp->entries; i++) {
        row[i + 1] = (int)lp->entry_row[i] + 1;
        column[i + 1] = (int)lp->entry_column[i] + 1;
        value[i + 1] = lp->entry_value[i];
    }
    glp_load_matrix(p, (int)lp->entries, row, column, value);
}

static sky_lp_result result_of(glp_prob *p, int code)
{
    if (code == GLP_ENOPFS)
        return SKY_LP_INFEASIBLE;
    if (code == GLP_ENODFS)
        return SKY_LP_UNBOUNDED;
    if (code != 0)
        return SKY_LP_FAILED;
    switch (glp_get_status(p)) {
    case GLP_OPT:
        return SKY_LP_OPTIMAL;
    case GLP_NOFEAS:
        return SKY_LP_INFEASIBLE;
    case GLP_UNBND:
        return SKY_LP_UNBOUNDED;
    default:
        return SKY_LP_FAILED;
    }
}

/* From a basis close to the answer's; where that fails, once more from the plain one, dual first. */
static sky_lp_result run(glp_prob *p)
{
    glp_smcp how;
    sky_lp_result result;

    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    glp_scale_prob(p, GLP_SF_AUTO);
    glp_adv_basis(p, 0);
    result = result_of(p, glp_simplex(p, &how));
    if (result != SKY_LP_FAILED)
        return result;
    how.meth = GLP_DUALP;
    glp_std_basis(p);
    return result_of(p, glp_simplex(p, &how));
}

/* All that GLPK allocates goes with its environment. */
static sky_lp_result solve_in_environment(const sky_lp *lp, int *row, int *column, double *value, double *x,
                                          double *row_dual)
{
    jmp_buf escape;
    glp_prob *p;
    sky_lp_result result;

    if (setjmp(escape) != 0)
        return SKY_LP_FAILED;
    glp_error_hook(come_back, &escape);
    glp_term_hook(say_nothing, NULL);
    p = glp_create_prob();
    load(p, lp, row, column, value);
    result = run(p);
    for (uint32_t i = 0; i < lp->columns && result == SKY_LP_OPTIMAL; i++)
        x[i] = glp_get_col_prim(p, (int)i + 1);
    for (uint32_t i = 0; i < lp->rows && result == SKY_LP_OPTIMAL; i++)
        row_dual[i] = glp_get_row_dual(p, (int)i + 1);
    return result;
}

static sky_lp_result solve(void *context, const sky_lp *lp, double *x, double *row_dual)
{
    size_t size = (size_t)lp->entries + 1;
    int *row, *column;
    double *value;
    sky_lp_result result = SKY_LP_FAILED;

    (void)context;
    if (!is_sane(lp))
        return SKY_LP_FAILED;
    row = malloc(size * sizeof *row);
    column = malloc(size * sizeof *column);
    value = malloc(size * sizeof *value);
    if (row != NULL && column != NULL && value != NULL) {
        result = solve_in_environment(lp, row, column, value, x, row_dual);
        glp_error_hook(NULL, NULL);
        glp_free_env();
    }
    free(row);
    free(column);
    free(value);
    return result;
}

const sky_solver solver_glpk = { .name = "glpk", .solve = solve };
