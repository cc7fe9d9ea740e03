/* The work goes where its data is, and waits there for room: what is usually done, and what data-gravity is to be measured
 * by. Classes that read nothing, or may not be where their data is, go as with on-demand-cheapest. */
#include "../data/reads.h"
#include "strategy.h"

/* 1: there is a place with its data that it may enter. */
static int may_be_with_data(const model *m, uint32_t job_class)
{
    const model_class *c = (const model_class *)m->array[MODEL_CLASSES].items + job_class;
    const model_eligible *e = model_eligible_of(m, c);

    for (uint32_t i = 0; i < c->count; i++)
        if (e[i].rule == 0 && reads_are_here(m, job_class, model_pools(m)[e[i].pool].region))
            return 1;
    return 0;
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    uint32_t kept = 0;

    (void)memory;
    if (job->state == MODEL_JOB_RUNNING)
        return;
    plan_add_on_demand(p, m, job);
    if (!may_be_with_data(m, job->job_class))
        return;
    for (uint32_t i = 0; i < p->count; i++)
        if (reads_are_here(m, job->job_class, model_pools(m)[p->candidate[i].pool].region))
            p->candidate[kept++] = p->candidate[i];
    p->count = kept;
}

const strategy strategy_compute_to_data = {
    .info = {
        .name = "compute-to-data",
        .about = "on demand where its data is, and nowhere else: waits for room there",
        .source = "baseline",
        .term = { "compute_nusd", "egress_nusd" },
    },
    .place = place,
};
