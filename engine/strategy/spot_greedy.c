/* The cheapest spot that can be had, at once; on demand where there is no spot. Stays until preempted. */
#include "strategy.h"

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);

    (void)memory;
    if (job->state == MODEL_JOB_RUNNING && !job->notice)
        return;
    plan_add_spot(p, m, job);
    plan_add_on_demand(p, m, job);
}

const strategy strategy_spot_greedy = {
    .info = {
        .name = "spot-greedy",
        .about = "the cheapest spot there is, else on demand; stays until preempted",
        .source = "baseline",
        .term = { "compute_nusd", "egress_nusd" },
    },
    .place = place,
};
