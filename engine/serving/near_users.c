/* Everybody asks the nearest place that may have replicas, and each such place has as many as bring their use to the
 * target, whatever that costs. */
#include "serving.h"

static uint32_t nearest(const serving_problem *p, uint32_t group)
{
    uint32_t best = SKY_NONE;

    for (uint32_t s = 0; s < p->sites; s++) {
        int64_t way_ns = p->way_ns[(size_t)group * p->sites + s];

        if (way_ns >= 0 && p->most[s] > 0 &&
            (best == SKY_NONE || way_ns < p->way_ns[(size_t)group * p->sites + best]))
            best = s;
    }
    return best;
}

static sky_status serve(sky_engine *engine, uint32_t service)
{
    serving_case c;
    int ready;
    sky_status status = serving_case_make(&engine->model, service, &c, &ready);

    c.problem.wait_nusd_per_hour = SKY_NS_PER_HOUR; /* ways count by their time alone */
    for (uint32_t s = 0; ready && s < c.problem.sites; s++) {
        int64_t rate = 0;

        for (uint32_t g = 0; g < c.problem.groups; g++)
            if (nearest(&c.problem, g) == s)
                rate += c.problem.rate[g];
        c.plan.replicas[s] = serving_plan_replicas_for(&c.problem, rate);
    }
    if (ready)
        status = serving_carry_out(engine, &c, SKY_REASON_NEAR);
    serving_case_free(&c);
    return status;
}

static sky_status decide(sky_engine *engine)
{
    sky_status status = SKY_OK;

    for (uint32_t s = 0; s < engine->model.array[MODEL_SERVICES].count && status == SKY_OK; s++)
        status = serve(engine, s);
    return status;
}

const serving_policy serving_near_users = {
    .info = {
        .name = "near-users",
        .about = "replicas at the nearest place of all users, as many as are in use to the target",
        .source = "a baseline: the least latency that places allow",
    },
    .decide = decide,
};
