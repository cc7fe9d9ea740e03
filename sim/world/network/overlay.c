#include "overlay.h"

#include "../../../engine/model/arith.h"

#include <assert.h>
#include <glpk.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The program counts in MB and dollars, so that its figures are near 1. */
#define MB        1e6
#define DOLLAR    1e9
#define MB_PER_GB 1000.0
#define HOUR_S    3600.0
#define ROW_TERMS (2 * OVERLAY_SITES + OVERLAY_SITES * OVERLAY_SITES + 2)

/* Columns: a flow a pair, then machines a site, then the throughput. */
typedef struct program {
    const overlay_problem *problem;
    glp_prob *lp;
    int throughput;
} program;

static int flow_of(const program *p, uint32_t from, uint32_t to)
{
    return (int)(from * p->problem->site_count + to) + 1;
}

static int machines_of(const program *p, uint32_t site)
{
    return (int)(p->problem->site_count * p->problem->site_count + site) + 1;
}

typedef struct row {
    int count, column[ROW_TERMS + 1];
    double factor[ROW_TERMS + 1];
} row;

static void add(row *r, int column, double factor)
{
    r->count++;
    r->column[r->count] = column;
    r->factor[r->count] = factor;
}

static void put(program *p, row *r, int type, double bound)
{
    int index = glp_add_rows(p->lp, 1);

    glp_set_row_bnds(p->lp, index, type, bound, bound);
    glp_set_mat_row(p->lp, index, r->count, r->column, r->factor);
    r->count = 0;
}

static const overlay_pair *pair_of(const program *p, uint32_t from, uint32_t to)
{
    return &p->problem->pair[from * p->problem->site_count + to];
}

static int is_usable(const program *p, uint32_t from, uint32_t to)
{
    return from != to && pair_of(p, from, to)->bytes_per_s > 0 && to != p->problem->from &&
           from != p->problem->to;
}

static void add_columns(program *p)
{
    const overlay_problem *x = p->problem;

    glp_add_cols(p->lp, (int)(x->site_count * x->site_count + x->site_count) + 1);
    for (uint32_t from = 0; from < x->site_count; from++)
        for (uint32_t to = 0; to < x->site_count; to++)
            glp_set_col_bnds(p->lp, flow_of(p, from, to), is_usable(p, from, to) ? GLP_LO : GLP_FX, 0, 0);
    for (uint32_t site = 0; site < x->site_count; site++) {
        uint32_t most = x->site[site].machines;

        glp_set_col_bnds(p->lp, machines_of(p, site), most > 0 ? GLP_DB : GLP_FX, 0, most);
        glp_set_col_kind(p->lp, machines_of(p, site), GLP_IV);
    }
    p->throughput = (int)(x->site_count * x->site_count + x->site_count) + 1;
    glp_set_col_bnds(p->lp, p->throughput, GLP_LO, 0, 0);
}

/* What one site sends (out = 1) or gets: bounded by its machines and their connections. */
static void bound_site(program *p, row *r, uint32_t site, int out)
{
    const overlay_site *s = &p->problem->site[site];

    for (uint32_t other = 0; other < p->problem->site_count; other++)
        if (out ? is_usable(p, site, other) : is_usable(p, other, site))
            add(r, out ? flow_of(p, site, other) : flow_of(p, other, site), 1);
    add(r, machines_of(p, site), -(double)(out ? s->out_bytes_per_s : s->in_bytes_per_s) / MB);
    put(p, r, GLP_UP, 0);
    for (uint32_t other = 0; other < p->problem->site_count; other++) {
        uint32_t from = out ? site : other, to = out ? other : site;

        if (is_usable(p, from, to))
            add(r, flow_of(p, from, to), MB / (double)pair_of(p, from, to)->bytes_per_s);
    }
    add(r, machines_of(p, site), -1);
    put(p, r, GLP_UP, 0);
}

static void add_rows(program *p, row *r)
{
    const overlay_problem *x = p->problem;

    for (uint32_t site = 0; site < x->site_count; site++) {
        /* what goes out less what comes in: the throughput at the start, minus it at the end */
        for (uint32_t other = 0; other < x->site_count; other++) {
            if (is_usable(p, site, other))
                add(r, flow_of(p, site, other), 1);
            if (is_usable(p, other, site))
                add(r, flow_of(p, other, site), -1);
        }
        if (site == x->from || site == x->to)
            add(r, p->throughput, site == x->from ? -1 : 1);
        put(p, r, GLP_FX, 0);
        bound_site(p, r, site, 1);
        bound_site(p, r, site, 0);
    }
}

/* Dollars per second of a column. */
static double cost_of(const program *p, uint32_t from, uint32_t to)
{
    return (double)pair_of(p, from, to)->nusd_per_gb / DOLLAR / MB_PER_GB;
}

static double machine_cost(const program *p, uint32_t site)
{
    return (double)p->problem->site[site].nusd_per_hour / DOLLAR / HOUR_S;
}

static void minimise_cost(program *p, double goal_mb)
{
    const overlay_problem *x = p->problem;

    glp_set_obj_dir(p->lp, GLP_MIN);
    for (uint32_t from = 0; from < x->site_count; from++) {
        for (uint32_t to = 0; to < x->site_count; to++)
            glp_set_obj_coef(p->lp, flow_of(p, from, to), cost_of(p, from, to));
        glp_set_obj_coef(p->lp, machines_of(p, from), machine_cost(p, from));
    }
    glp_set_col_bnds(p->lp, p->throughput, GLP_FX, goal_mb, goal_mb);
}

static void maximise_throughput(program *p, row *r, int64_t ceiling_nusd)
{
    const overlay_problem *x = p->problem;

    glp_set_obj_dir(p->lp, GLP_MAX);
    glp_set_obj_coef(p->lp, p->throughput, 1);
    for (uint32_t from = 0; from < x->site_count; from++) {
        for (uint32_t to = 0; to < x->site_count; to++)
            if (is_usable(p, from, to))
                add(r, flow_of(p, from, to), cost_of(p, from, to));
        add(r, machines_of(p, from), machine_cost(p, from));
    }
    add(r, p->throughput, -(double)ceiling_nusd / DOLLAR / ((double)x->bytes / MB));
    put(p, r, GLP_UP, 0);
}

/* ---- the plan ------------------------------------------------------------------------------------------------- */

/* Takes a path off the flows, from start to end, and with it the least flow on it. 0: there is none left. Each takes
 * a pair away, so there are no more paths than pairs. */
static int take_path(const overlay_problem *x, int64_t *flow, overlay_path *path)
{
    uint32_t before[OVERLAY_SITES], queue[OVERLAY_SITES], head = 0, tail = 0, n = x->site_count;

    memset(before, 0xff, sizeof before);
    queue[tail++] = x->from;
    before[x->from] = x->from;
    while (head < tail && before[x->to] == SKY_NONE) {
        uint32_t at = queue[head++];

        for (uint32_t next = 0; next < n; next++)
            if (flow[at * n + next] > 0 && before[next] == SKY_NONE) {
                before[next] = at;
                queue[tail++] = next;
            }
    }
    if (before[x->to] == SKY_NONE)
        return 0;
    path->count = 1;
    path->bytes_per_s = INT64_MAX;
    for (uint32_t at = x->to; at != x->from; at = before[at], path->count++)
        if (flow[before[at] * n + at] < path->bytes_per_s)
            path->bytes_per_s = flow[before[at] * n + at];
    for (uint32_t at = x->to, i = path->count; i > 0; at = before[at]) {
        path->sites[--i] = at;
        if (at != x->from)
            flow[before[at] * n + at] -= path->bytes_per_s;
    }
    return 1;
}

static void price(const overlay_problem *x, overlay_plan *plan)
{
    int64_t hours_ns = muldiv_i64(x->bytes, SKY_NS_PER_SECOND, plan->bytes_per_s);

    for (uint32_t i = 0; i < plan->path_count; i++) {
        const overlay_path *path = &plan->paths[i];
        int64_t bytes = muldiv_i64(x->bytes, path->bytes_per_s, plan->bytes_per_s);

        for (uint32_t k = 0; k + 1 < path->count; k++)
            plan->nusd += muldiv_i64(
                bytes, x->pair[path->sites[k] * x->site_count + path->sites[k + 1]].nusd_per_gb, 1000000000);
    }
    for (uint32_t site = 0; site < x->site_count; site++)
        plan->nusd += muldiv_i64(x->site[site].nusd_per_hour * plan->machines[site], hours_ns,
                                 SKY_NS_PER_HOUR);
}

static void read_plan(const program *p, overlay_plan *plan)
{
    const overlay_problem *x = p->problem;
    int64_t flow[OVERLAY_PATHS];
    overlay_path path;

    for (uint32_t from = 0; from < x->site_count; from++) {
        for (uint32_t to = 0; to < x->site_count; to++)
            flow[from * x->site_count + to] = llround(glp_mip_col_val(p->lp, flow_of(p, from, to)) * MB);
        plan->machines[from] = (uint32_t)lround(glp_mip_col_val(p->lp, machines_of(p, from)));
    }
    while (take_path(x, flow, &path)) {
        plan->paths[plan->path_count++] = path;
        plan->bytes_per_s += path.bytes_per_s;
    }
    if (plan->bytes_per_s > 0)
        price(x, plan);
}

static sky_status solve(program *p, overlay_plan *plan, sky_error *error)
{
    glp_iocp how;
    int failed, status;

    glp_init_iocp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.presolve = GLP_ON;
    failed = glp_intopt(p->lp, &how);
    if (failed == GLP_ENOPFS || failed == GLP_ENODFS)
        return SKY_OK; /* there is no plan */
    status = failed == 0 ? glp_mip_status(p->lp) : GLP_UNDEF;
    if (status == GLP_OPT)
        read_plan(p, plan);
    if (status == GLP_OPT || status == GLP_NOFEAS)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "overlay: the solver gave up (%d, %d)", failed, status);
    return SKY_ERROR_STATE;
}

static sky_status plan_by(const overlay_problem *problem, int64_t goal_bytes_per_s, int64_t ceiling_nusd,
                          overlay_plan *plan, sky_error *error)
{
    program p = { .problem = problem };
    row r = { .count = 0 };
    sky_status status;

    memset(plan, 0, sizeof *plan);
    glp_term_out(GLP_OFF);
    p.lp = glp_create_prob();
    add_columns(&p);
    add_rows(&p, &r);
    if (goal_bytes_per_s > 0)
        minimise_cost(&p, (double)goal_bytes_per_s / MB);
    else
        maximise_throughput(&p, &r, ceiling_nusd);
    status = solve(&p, plan, error);
    glp_delete_prob(p.lp);
    glp_free_env();
    return status;
}

sky_status overlay_cheapest(const overlay_problem *problem, int64_t goal_bytes_per_s, overlay_plan *plan,
                            sky_error *error)
{
    assert(goal_bytes_per_s > 0);
    return plan_by(problem, goal_bytes_per_s, 0, plan, error);
}

sky_status overlay_fastest(const overlay_problem *problem, int64_t ceiling_nusd, overlay_plan *plan,
                           sky_error *error)
{
    return plan_by(problem, 0, ceiling_nusd, plan, error);
}
