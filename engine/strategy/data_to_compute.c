/* The data goes where the work costs least, whatever that costs: a copy of all that a job reads is brought to the region of
 * its cheapest machine before it starts. The other end from compute-to-data. */
#include "../data/reads.h"
#include "strategy.h"

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);

    (void)memory;
    if (job->state == MODEL_JOB_RUNNING)
        return;
    for (uint32_t i = 0; i < c->count; i++) {
        const model_pool *pool = &model_pools(m)[e[i].pool];
        int64_t price = strategy_price_of_work(m, &e[i], SKY_ON_DEMAND);

        if (e[i].rule != 0 || !(pool->purchases & pool->price_known & 1u << SKY_ON_DEMAND) ||
            pool->capacity - pool->in_use < e[i].machines ||
            reads_bring_nusd(m, job->job_class, pool->region, 0) == INT64_MAX)
            continue;
        plan_insert(
            p, 0,
            (plan_candidate){ .pool = e[i].pool,
                              .purchase = SKY_ON_DEMAND,
                              .move = reads_are_here(m, job->job_class, pool->region) ? PLAN_RUN : PLAN_BRING,
                              .score = price,
                              .term = { price } });
    }
    for (uint32_t i = 0; i < p->count; i++)
        if (p->candidate[i].move == PLAN_BRING) { /* and then it waits */
            p->count = i + 1;
            plan_add(p, PLAN_IDLE, SKY_NONE, SKY_ON_DEMAND, p->candidate[i].score);
        }
}

const strategy strategy_data_to_compute = {
    .info = {
        .name = "data-to-compute",
        .about = "on demand at the least price of work, after a copy of its data was brought there",
        .source = "baseline",
        .term = { "compute_nusd_per_hour" },
    },
    .place = place,
};
