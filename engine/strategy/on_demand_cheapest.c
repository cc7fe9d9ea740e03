/* On demand, at once, where price and egress come to least, to the end: the bill that all others are held
 * against. */
#include "strategy.h"

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);

    (void)memory;
    if (job->state != MODEL_JOB_RUNNING)
        plan_add_on_demand(p, m, job);
}

const strategy strategy_on_demand_cheapest = {
    .info = {
        .name = "on-demand-cheapest",
        .about = "on demand at once, where price and egress come to least",
        .source = "baseline",
        .term = { "compute_nusd", "egress_nusd" },
    },
    .place = place,
};
