/* How long policies of allocation take for 100, 500 and 1000 jobs on three types, beside GLPK as glpsol would call it (its
 * defaults, presolver on) on the very same programs in the same run; and what a round costs with and without a program.
 * Arguments: none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glpk.h>

#include "../../solver/glpk.h"
#include "bench.h"
#include "kernel/random.h"
#include "strategy/strategy.h"

#define TYPES    3
#define MAX_JOBS 1000
#define DEVICES  4 /* a node */

extern const strategy strategy_max_min, strategy_makespan, strategy_step_cost_deadlines;

/* ---- programs ------------------------------------------------------------------------------------------------------- */

/* What was spent on the programs of one allocation, by us and by plain GLPK. */
typedef struct spent {
    double ours, plain;
    int programs;
} spent;

static void solve_plainly(const sky_lp *lp)
{
    glp_prob *p = glp_create_prob();
    glp_smcp how;
    int *row = bench_need(malloc((lp->entries + 1u) * sizeof *row));
    int *column = bench_need(malloc((lp->entries + 1u) * sizeof *column));
    double *value = bench_need(malloc((lp->entries + 1u) * sizeof *value));

    glp_term_out(GLP_OFF);
    glp_set_obj_dir(p, GLP_MAX);
    glp_add_rows(p, (int)lp->rows);
    glp_add_cols(p, (int)lp->columns);
    for (uint32_t i = 0; i < lp->rows; i++)
        glp_set_row_bnds(p, (int)i + 1, lp->row_upper[i] < SKY_LP_NO_BOUND ? GLP_UP : GLP_LO,
                         lp->row_lower[i], lp->row_upper[i]);
    for (uint32_t i = 0; i < lp->columns; i++) {
        glp_set_col_bnds(p, (int)i + 1,
                         lp->column_upper[i] >= SKY_LP_NO_BOUND      ? GLP_LO
                         : lp->column_lower[i] < lp->column_upper[i] ? GLP_DB
                                                                     : GLP_FX,
                         lp->column_lower[i], lp->column_upper[i]);
        glp_set_obj_coef(p, (int)i + 1, lp->objective[i]);
    }
    for (uint32_t i = 0; i < lp->entries; i++) {
        row[i + 1] = (int)lp->entry_row[i] + 1;
        column[i + 1] = (int)lp->entry_column[i] + 1;
        value[i + 1] = lp->entry_value[i];
    }
    glp_load_matrix(p, (int)lp->entries, row, column, value);
    glp_init_smcp(&how);
    how.presolve = GLP_ON;
    glp_simplex(p, &how);
    glp_delete_prob(p);
    free(row);
    free(column);
    free(value);
}

static sky_lp_result measured_solve(void *context, const sky_lp *lp, double *x, double *dual)
{
    spent *s = context;
    double start = bench_thread_s();
    sky_lp_result result = solver_glpk.solve(NULL, lp, x, dual);

    s->ours += bench_thread_s() - start;
    start = bench_thread_s();
    solve_plainly(lp);
    s->plain += bench_thread_s() - start;
    s->programs++;
    return result;
}

static void measure_policy(const strategy *policy, uint32_t jobs)
{
    static allocation_type types[TYPES];
    static allocation_job list[MAX_JOBS];
    static allocation_combination combinations[MAX_JOBS];
    static int64_t usteps[MAX_JOBS * TYPES * 2], share_ppm[MAX_JOBS * TYPES];
    const random_key key = { .seed = 7 };
    const allocation_problem p = { types, list, combinations, usteps, TYPES, jobs, jobs };
    spent s = { 0 };
    const sky_solver solver = { .name = "measured", .context = &s, .solve = measured_solve };
    char what[80];
    double start;

    for (uint32_t k = 0; k < TYPES; k++)
        types[k] = (allocation_type){
            .pool = k, .devices = jobs / 4, .node_devices = DEVICES, .device_nusd = 1 + k
        };
    for (uint32_t m = 0; m < jobs; m++) {
        list[m] = (allocation_job){ .job = m,
                                    .workers = random_u64(&key, 5 * m) % 4 == 0 ? 4 : 1,
                                    .weight_ppm = 1000000,
                                    .left_usteps = 1 + (int64_t)(random_u64(&key, 5 * m + 1) >> 24),
                                    .left_ns = 3600 * SKY_NS_PER_SECOND };
        combinations[m] = (allocation_combination){ { m, SKY_NONE } };
        for (uint32_t k = 0; k < TYPES; k++)
            usteps[(m * TYPES + k) * 2] = 1000000 + (int64_t)(random_u64(&key, 5 * m + 2 + k) >> 40);
    }
    start = bench_thread_s();
    if (policy->allocation->allocate(&p, &solver, share_ppm) != SKY_OK)
        abort();
    snprintf(what, sizeof what, "allocation %s, %u jobs, %d programs", policy->info.name, jobs, s.programs);
    bench_report(what, (bench_thread_s() - start - s.plain) * 1e3, "ms", "plain GLPK", s.plain * 1e3);
}

/* ---- rounds ----------------------------------------------------------------------------------------------------------- */

static void tell(sky_engine *engine, sky_event event)
{
    sky_error error;

    if (sky_engine_observe(engine, &event, &error) != SKY_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
}

static void answer(sky_engine *engine, const sky_action *a)
{
    sky_event e = {
        .time_ns = a->time_ns, .job = a->job, .instance = a->instance, .pool = a->pool, .other = a->order
    };

    e.kind = a->kind == SKY_ACTION_PAUSE ? SKY_EVENT_TASK_PAUSED : SKY_EVENT_TASK_STARTED;
    tell(engine, e);
}

/* One round: what was decided is answered as done. */
static double round_at(sky_engine *engine, int64_t now_ns, size_t *orders)
{
    const sky_action *actions;
    sky_error error;
    double start;

    tell(engine, (sky_event){ .time_ns = now_ns, .kind = SKY_EVENT_TICK });
    start = bench_thread_s();
    if (sky_engine_decide(engine, now_ns, &actions, orders, &error) != SKY_OK)
        abort();
    start = bench_thread_s() - start;
    for (size_t i = 0; i < *orders; i++)
        answer(engine, &actions[i]);
    return start;
}

static void measure_rounds(uint32_t jobs)
{
    const sky_engine_config config = { .strategy = "max-min",
                                       .control_interval_ns = 1,
                                       .solver = &solver_glpk };
    const random_key key = { .seed = 9 };
    sky_engine *engine;
    sky_error error;
    char what[80];
    double first, rest = 0;
    size_t orders, all = 0;

    if (sky_engine_create(&config, &engine, &error) != SKY_OK)
        abort();
    tell(engine, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    tell(engine, (sky_event){ .kind = SKY_EVENT_REGION });
    tell(engine, (sky_event){ .kind = SKY_EVENT_POOL, .detail = 1, .a = 1000000, .c = 1 });
    for (uint32_t c = 0; c < 20; c++) {
        tell(engine, (sky_event){ .kind = SKY_EVENT_CLASS, .other = c });
        tell(engine, (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = c, .a = 1, .b = 1000000 });
        tell(engine, (sky_event){ .kind = SKY_EVENT_REQUEST, .other = c });
        tell(engine, (sky_event){ .kind = SKY_EVENT_ACCELERATE, .other = c, .a = 1, .b = 1000, .c = -1 });
    }
    for (uint32_t c = 0; c < 20; c++)
        for (uint16_t k = 0; k < TYPES; k++)
            tell(engine, (sky_event){ .kind = SKY_EVENT_RATE,
                                      .other = c,
                                      .detail = k,
                                      .a = 1000000 + (int64_t)(random_u64(&key, c * TYPES + k) >> 40),
                                      .b = 1 });
    for (uint32_t i = 0; i < jobs / 8 / TYPES * TYPES; i++)
        tell(engine, (sky_event){ .kind = SKY_EVENT_NODE,
                                  .instance = i,
                                  .detail = (uint16_t)(i % TYPES),
                                  .other = DEVICES,
                                  .d = i });
    for (uint32_t j = 0; j < jobs; j++) {
        tell(engine,
             (sky_event){
                 .kind = SKY_EVENT_JOB_SUBMITTED, .job = j, .other = j % 20, .a = 1, .b = SKY_NEVER_NS });
        tell(engine,
             (sky_event){ .kind = SKY_EVENT_TRAINING, .job = j, .a = 1000000, .b = 1000000, .c = 1, .d = 1 });
    }
    first = round_at(engine, 0, &orders);
    for (int64_t n = 1; n <= 20; n++) {
        rest += round_at(engine, n, &orders);
        all += orders;
    }
    snprintf(what, sizeof what, "round of training, %u jobs, with programs", jobs);
    bench_report(what, first * 1e3, "ms", NULL, 0);
    snprintf(what, sizeof what, "round of training, %u jobs, %zu orders, without", jobs, all / 20);
    bench_report(what, rest / 20 * 1e3, "ms", "one with programs", first * 1e3);
    sky_engine_destroy(engine);
}

int main(void)
{
    static const uint32_t sizes[] = { 100, 500, 1000 };

    for (size_t i = 0; i < 3; i++) {
        measure_policy(&strategy_max_min, sizes[i]);
        measure_policy(&strategy_makespan, sizes[i]);
        measure_policy(&strategy_step_cost_deadlines, sizes[i]);
    }
    for (size_t i = 0; i < 3; i++)
        measure_rounds(sizes[i]);
    return 0;
}
