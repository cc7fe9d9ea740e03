/* GLPK as the engine's solver: small programs whose answers are known, and all that can go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certified_solver.h"

#define NONE SKY_LP_NO_BOUND

/* maximise 3x + 5y, x <= 4, 2y <= 12, 3x + 2y <= 18: 36 at (2, 6), duals 0, 1.5, 1 [Hillier and Lieberman, Introduction
 * to Operations Research, section 3.1]. */
static const double objective[] = { 3, 5 }, zero[] = { 0, 0 }, none[] = { NONE, NONE };
static const double lower[] = { -NONE, -NONE, -NONE }, upper[] = { 4, 12, 18 };
static const uint32_t entry_row[] = { 0, 1, 2, 2 }, entry_column[] = { 0, 1, 0, 1 };
static const double entry_value[] = { 1, 2, 3, 2 };

static sky_lp textbook(void)
{
    return (sky_lp){ .rows = 3,
                     .columns = 2,
                     .entries = 4,
                     .objective = objective,
                     .column_lower = zero,
                     .column_upper = none,
                     .row_lower = lower,
                     .row_upper = upper,
                     .entry_row = entry_row,
                     .entry_column = entry_column,
                     .entry_value = entry_value };
}

static sky_lp_result solve(const sky_lp *lp, double x[2], double dual[3])
{
    return solver_glpk.solve(solver_glpk.context, lp, x, dual);
}

static void test_textbook_program(void **state)
{
    sky_lp lp = textbook();
    double x[2], dual[3];

    (void)state;
    assert_int_equal(solve(&lp, x, dual), SKY_LP_OPTIMAL);
    assert_float_equal(x[0], 2, 1e-9);
    assert_float_equal(x[1], 6, 1e-9);
    assert_float_equal(dual[0], 0, 1e-9);
    assert_float_equal(dual[1], 1.5, 1e-9);
    assert_float_equal(dual[2], 1, 1e-9);
}

static void test_programs_without_an_optimum(void **state)
{
    static const double at_least[] = { 5, -NONE, -NONE }, no_upper[] = { NONE, 12, NONE };
    sky_lp infeasible = textbook(), unbounded = textbook();
    double x[2], dual[3];

    (void)state;
    infeasible.row_lower = at_least; /* x >= 5, but also <= 4: not a row's bounds */
    assert_int_equal(solve(&infeasible, x, dual), SKY_LP_FAILED);
    static const double too_much[] = { -NONE, -NONE, 100 }, enough[] = { 4, 12, 200 };
    infeasible.row_lower = too_much;
    infeasible.row_upper = enough;
    assert_int_equal(solve(&infeasible, x, dual), SKY_LP_INFEASIBLE);
    unbounded.row_upper = no_upper;
    assert_int_equal(solve(&unbounded, x, dual), SKY_LP_UNBOUNDED);
}

/* What is no program fails; nothing ends the process, and the next one is solved as if nothing had been. */
static void test_malformed_programs_fail(void **state)
{
    static const uint32_t twice[] = { 0, 0, 2, 2 }, both[] = { 0, 0, 0, 1 }, beyond[] = { 0, 1, 2, 3 };
    static const double not_finite[] = { 1, NAN, 3, 2 }, endless[] = { INFINITY, 5 };
    sky_lp lp = textbook();
    double x[2], dual[3];

    (void)state;
    lp.entry_row = twice;
    lp.entry_column = both;
    assert_int_equal(solve(&lp, x, dual), SKY_LP_FAILED);
    lp = textbook();
    lp.entry_row = beyond;
    assert_int_equal(solve(&lp, x, dual), SKY_LP_FAILED);
    lp = textbook();
    lp.entry_value = not_finite;
    assert_int_equal(solve(&lp, x, dual), SKY_LP_FAILED);
    lp = textbook();
    lp.objective = endless;
    assert_int_equal(solve(&lp, x, dual), SKY_LP_FAILED);
    lp = textbook();
    lp.columns = 0;
    assert_int_equal(solve(&lp, x, dual), SKY_LP_FAILED);
    test_textbook_program(state);
}

/* maximise c x, A x <= b, 0 <= x <= 1, with what a simple rule makes up. */
#define WIDE 30
static void solve_made_up(uint32_t seed, double x[WIDE], double dual[WIDE])
{
    double c[WIDE], low[WIDE], high[WIDE], row_low[WIDE], row_high[WIDE], value[WIDE * WIDE];
    uint32_t row[WIDE * WIDE], column[WIDE * WIDE], state = seed * 2654435761u + 1;
    certificate proof = { 0 };
    sky_solver solver = certified_solver(&proof);
    sky_lp lp = { WIDE, WIDE, WIDE * WIDE, c, low, high, row_low, row_high, row, column, value };

    for (uint32_t i = 0; i < WIDE * WIDE; i++) {
        state = state * 1664525u + 1013904223u;
        row[i] = i / WIDE;
        column[i] = i % WIDE;
        value[i] = (state >> 24) / 64.0;
        c[i % WIDE] = value[i] + 1;
        low[i % WIDE] = 0;
        high[i % WIDE] = 1;
        row_low[i / WIDE] = -NONE;
        row_high[i / WIDE] = 3 + i / WIDE % 5;
    }
    assert_int_equal(solver.solve(solver.context, &lp, x, dual), SKY_LP_OPTIMAL);
    assert_int_equal(proof.solved, 1);
}

static void test_threads_get_the_same_bits(void **state)
{
    static double alone[32][WIDE], together[32][WIDE], dual[32][WIDE];

    (void)state;
    for (uint32_t i = 0; i < 32; i++)
        solve_made_up(i, alone[i], dual[i]);
#pragma omp parallel for num_threads(4) schedule(dynamic)
    for (uint32_t i = 0; i < 32; i++) {
        double mine[WIDE];

        solve_made_up(i, together[i], mine);
    }
    assert_memory_equal(alone, together, sizeof alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_textbook_program),
        cmocka_unit_test(test_programs_without_an_optimum),
        cmocka_unit_test(test_malformed_programs_fail),
        cmocka_unit_test(test_threads_get_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
