#include "world.h"

#include "../../engine/model/arith.h"

static int64_t usual_price(const world *w, uint32_t pool, sky_purchase purchase)
{
    const scenario_pool *p = &w->scenario->pools[pool];

    switch (purchase) {
    case SKY_SPOT:
        return w->pools[pool].market.spot_nusd_per_hour;
    case SKY_RESERVED:
        return p->reserved_nusd_per_hour;
    default:
        return p->on_demand_nusd_per_hour;
    }
}

int64_t world_price(const world *w, uint32_t pool, sky_purchase purchase)
{
    int64_t price = usual_price(w, pool, purchase), ppm = w->pools[pool].price_ppm;

    return ppm == 1000000 ? price : muldiv_i64(price, ppm, 1000000);
}

void world_accrue(world *w, world_instance *i, int64_t to_ns)
{
    world_pool *p = &w->pools[i->pool];
    int64_t time_ns = to_ns - i->accrued_ns, cost;

    if (time_ns <= 0)
        return;
    cost = muldiv_i64(world_price(w, i->pool, (sky_purchase)i->purchase) * i->machines, time_ns,
                      SKY_NS_PER_HOUR);
    i->accrued_ns = to_ns;
    p->compute_nusd[i->purchase] += cost;
    p->machine_ns[i->purchase] += (sky_int128)time_ns * i->machines;
    w->jobs[i->job].row.compute_nusd += cost;
    w->cost_nusd += cost;
}

void world_accrue_pool_spot(world *w, uint32_t pool)
{
    for (uint32_t i = w->pools[pool].first_spot; i != SKY_NONE; i = w->instances[i].next_spot)
        world_accrue(w, &w->instances[i], w->now_ns);
}

void world_pass_over_ended(world *w)
{
    while (w->first_open < w->job_count && w->jobs[w->first_open].row.state >= 2)
        w->first_open++;
}

void world_accrue_all(world *w)
{
    world_pass_over_ended(w);
    world_accrue_nodes(w);
    world_accrue_ports(w);
    world_meter_all(w);
    for (size_t j = w->first_open; j < w->job_count; j++)
        if (w->jobs[j].instance != SKY_NONE)
            world_accrue(w, &w->instances[w->jobs[j].instance], w->now_ns);
}

void world_bill_probes(world *w)
{
    for (uint32_t pool = 0; pool < w->scenario->pool_count; pool++) {
        world_pool *p = &w->pools[pool];
        int64_t cost;

        if (p->probed_ns != w->now_ns)
            continue;
        p->probed_ns = -1;
        if (p->live > 0)
            continue;
        cost = muldiv_i64(p->market.spot_nusd_per_hour, w->scenario->probe_bill_ns, SKY_NS_PER_HOUR);
        p->probe_nusd += cost;
        w->cost_nusd += cost;
    }
}

void world_bill_quote(world *w, world_job *job)
{
    const scenario_class *c = &w->scenario->classes[job->row.job_class];
    int64_t time_ns = add_sat_i64(job->row.work_ns, job->workload->restart_ns), least = INT64_MAX;
    uint32_t pool = 0;

    for (size_t i = 0; i < c->eligible_count; i++) {
        const scenario_pool *p = &w->scenario->pools[c->eligible[i].pool];
        int64_t cost = muldiv_i64(p->on_demand_nusd_per_hour * c->eligible[i].machines, time_ns,
                                  SKY_NS_PER_HOUR);

        if ((p->purchases & 1u << SKY_ON_DEMAND) && cost < least) {
            least = cost;
            pool = c->eligible[i].pool;
        }
    }
    if (least == INT64_MAX)
        return;
    w->pools[pool].compute_nusd[SKY_ON_DEMAND] += least;
    job->row.compute_nusd += least;
    w->cost_nusd += least;
}
