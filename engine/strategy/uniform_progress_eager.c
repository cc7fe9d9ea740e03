/* UP(S): Uniform Progress over many zones with eager failover. After a preemption the other regions are
 * tried first, by current spot price, as SkyPilot does: a region that has just taken capacity back is
 * likely to be short of it still. SkyNomad artifact (NSDI'27), multi_region_rc_cr_threshold_eager_failover. */
#include "uniform_progress.h"

/* By price, ties by pool; zones of the region that it was last seen running in come last. */
static void add_spot_by_price(const model *m, const model_job *job, plan *p)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    const model_pool *pools = model_pools(m);
    plan_candidate last[PLAN_MAX];
    uint32_t kept = 0, last_count = 0;

    for (uint32_t i = 0; i < c->count; i++)
        if (e[i].rule == 0 && (pools[e[i].pool].purchases & 1u << SKY_SPOT)) {
            int64_t price = strategy_price_of_work(m, &e[i], SKY_SPOT);

            plan_add(p, PLAN_RUN, e[i].pool, SKY_SPOT, price)->term[0] = price;
        }
    plan_sort(p);
    if (job->seen_pool == SKY_NONE)
        return;
    for (uint32_t i = 0; i < p->count; i++) {
        if (pools[p->candidate[i].pool].region == pools[job->seen_pool].region)
            last[last_count++] = p->candidate[i];
        else
            p->candidate[kept++] = p->candidate[i];
    }
    for (uint32_t i = 0; i < last_count; i++)
        p->candidate[kept++] = last[i];
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    progress_step step = progress_plan_any_region(m, job, 0, p);
    uint32_t home = progress_on_demand_pool(m, job);

    (void)memory;
    if (step.hold || home == SKY_NONE)
        return;
    if (step.seek_spot)
        add_spot_by_price(m, job, p);
    if (step.then_on_demand)
        plan_add(p, PLAN_RUN, home, SKY_ON_DEMAND, 0);
}

const strategy strategy_uniform_progress_eager = {
    .info = {
        .name = "uniform-progress-eager",
        .published = "multi_region_rc_cr_threshold_eager_failover",
        .about = "UP(S): Uniform Progress, cheapest spot first, the region that preempted it last",
        .source = "SkyNomad artifact, NSDI'27",
        .term = { "price_nusd_per_hour" },
    },
    .place = place,
};
