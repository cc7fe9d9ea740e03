/* Where a service has replicas, how many, and who asks which: so that what its users wait, at a price, and what it costs
 * are least together (plan.h), within a limit of cost. The limit holds on average: what quiet hours leave of it is for those
 * in which some requests would find no capacity else. Several services share it by the cost of what they would have without
 * one. */
#include "serving.h"

#include "../model/arith.h"

#include <stdlib.h>
#include <string.h>

#define WORTH_MOVING_PPM  20000
#define DEFAULT_WAIT_NUSD (10 * INT64_C(1000000000))

static sky_status prepare(sky_engine *engine, uint32_t service, serving_case *c, int *ready)
{
    const sky_serving_options *o = &engine->model.is.serving_options;
    sky_status status = serving_case_make(&engine->model, service, c, ready);

    c->problem.wait_nusd_per_hour = o->wait_nusd_per_hour > 0 ? o->wait_nusd_per_hour : DEFAULT_WAIT_NUSD;
    return status;
}

static int64_t cost_of(const serving_plan *plan)
{
    return add_sat_i64(plan->replicas_nusd, plan->egress_nusd);
}

/* What services may cost per hour until the next decision. What they cost since the last one is what was ordered then, and
 * the egress that was planned. */
static int64_t allowance(model *m)
{
    int64_t most_nusd = m->is.serving_options.most_nusd_per_hour, rate_nusd = m->is.requests_nusd_per_hour;

    if (most_nusd == 0)
        return INT64_MAX;
    for (uint32_t i = 0; i < model_place_count(m); i++)
        rate_nusd = add_sat_i64(
            rate_nusd, muldiv_i64(model_place_at(m, i)->ordered, model_place_at(m, i)->nusd_per_hour, 1));
    if (m->is.saved_ns == 0)
        m->is.saved_ns = m->is.now_ns; /* what was before is not its doing */
    m->is.saved_nusd = add_sat_i64(
        m->is.saved_nusd, muldiv_i64(most_nusd - rate_nusd, m->is.now_ns - m->is.saved_ns, SKY_NS_PER_HOUR));
    m->is.saved_ns = m->is.now_ns;
    /* Places that take over from others cost beyond the limit: that is paid back over a day. */
    if (m->is.saved_nusd < 0)
        most_nusd = add_sat_i64(most_nusd, m->is.saved_nusd / MODEL_HOURS);
    else
        most_nusd = add_sat_i64(most_nusd, muldiv_i64(m->is.saved_nusd, SKY_NS_PER_HOUR, m->is.interval_ns));
    return most_nusd > 0 ? most_nusd : 0;
}

static sky_int128 total_of(const serving_plan *plan)
{
    return (sky_int128)plan->replicas_nusd + plan->egress_nusd + plan->waiting_nusd;
}

/* What there is stays, where it is enough, and no other plan is better by a share that is worth moving for. */
static sky_status solve(serving_case *c, int thorough)
{
    int64_t present[SERVING_SITES_MOST];
    sky_int128 total;
    sky_status status;
    int enough;

    memcpy(present, c->plan.replicas, c->problem.sites * sizeof *present);
    serving_plan_routes(&c->problem, &c->plan);
    total = total_of(&c->plan);
    enough = c->plan.over_nusd == 0 && c->plan.unserved == 0;
    status = serving_plan_solve(&c->problem, &c->plan, thorough || !enough);
    if (status != SKY_OK || !enough || total - total_of(&c->plan) > total * WORTH_MOVING_PPM / 1000000)
        return status;
    memcpy(c->plan.replicas, present, c->problem.sites * sizeof *present);
    serving_plan_routes(&c->problem, &c->plan);
    return SKY_OK;
}

/* One service within a limit; and within all that has been saved, where that would leave requests unserved. */
static sky_status solve_within(serving_case *c, int64_t usual_nusd, int64_t most_nusd, int thorough)
{
    sky_status status;

    c->problem.most_nusd_per_hour = usual_nusd < most_nusd ? usual_nusd : most_nusd;
    status = solve(c, thorough);
    if (status != SKY_OK || c->plan.unserved == 0 || most_nusd <= usual_nusd)
        return status;
    c->problem.most_nusd_per_hour = most_nusd;
    return solve(c, thorough);
}

/* Of a limit for all services, what one may have of it. */
static int64_t share(int64_t limit_nusd, const serving_plan *plan, int64_t sum_nusd)
{
    return limit_nusd == INT64_MAX ? limit_nusd : muldiv_floor_i64(cost_of(plan), limit_nusd, sum_nusd);
}

/* Other ways to do it are looked for once an hour, and whenever what there is does not do. */
static int begins_an_hour(const model *m)
{
    return m->is.now_ns / SKY_NS_PER_HOUR != (m->is.now_ns - m->is.interval_ns) / SKY_NS_PER_HOUR;
}

static sky_status solve_all(sky_engine *engine, serving_case *cases, int *ready, uint32_t services)
{
    int64_t most_nusd = allowance(&engine->model),
            usual_nusd = engine->model.is.serving_options.most_nusd_per_hour;
    int64_t sum_nusd = 0;
    int thorough = begins_an_hour(&engine->model);
    sky_status status = SKY_OK;

    if (usual_nusd == 0)
        usual_nusd = INT64_MAX;
    for (uint32_t s = 0; s < services && status == SKY_OK; s++) {
        status = prepare(engine, s, &cases[s], &ready[s]);
        if (status == SKY_OK && ready[s])
            status = services == 1 ? solve_within(&cases[s], usual_nusd, most_nusd, thorough)
                                   : solve(&cases[s], thorough);
        if (ready[s])
            sum_nusd = add_sat_i64(sum_nusd, cost_of(&cases[s].plan));
    }
    for (uint32_t s = 0; s < services && services > 1 && sum_nusd > usual_nusd && status == SKY_OK; s++)
        if (ready[s])
            status = solve_within(&cases[s], share(usual_nusd, &cases[s].plan, sum_nusd),
                                  share(most_nusd, &cases[s].plan, sum_nusd), thorough);
    return status;
}

static sky_status decide(sky_engine *engine)
{
    uint32_t services = engine->model.array[MODEL_SERVICES].count;
    serving_case *cases = calloc(services + 1, sizeof *cases);
    int *ready = calloc(services + 1, sizeof *ready);
    sky_status status = cases != NULL && ready != NULL ? SKY_OK : SKY_ERROR_MEMORY;

    if (status == SKY_OK)
        status = solve_all(engine, cases, ready, services);
    engine->model.is.requests_nusd_per_hour = 0;
    for (uint32_t s = 0; s < services && status == SKY_OK; s++) {
        if (!ready[s])
            continue;
        engine->model.is.requests_nusd_per_hour = add_sat_i64(engine->model.is.requests_nusd_per_hour,
                                                              cases[s].plan.egress_nusd);
        status = serving_carry_out(engine, &cases[s], SKY_REASON_USERS_WAIT);
    }
    for (uint32_t s = 0; cases != NULL && s < services; s++)
        serving_case_free(&cases[s]);
    free(cases);
    free(ready);
    return status;
}

const serving_policy serving_latency_cost = {
    .info = {
        .name = "latency-cost",
        .about = "replicas and routes by what users wait, at a price, and what it costs, within a limit",
        .source = "Allen-Cunneen waits, Little's law, transportation problem; see engine/serving/plan.h",
    },
    .decide = decide,
};
