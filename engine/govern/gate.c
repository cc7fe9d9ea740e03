#include "gate.h"

uint32_t gate_check_class(const model *m, uint32_t job_class, uint32_t pool)
{
    const model_eligible *e = model_eligible_of_class(m, job_class, pool);

    return e == NULL ? UINT32_MAX : e->rule;
}

uint32_t gate_check(const model *m, const model_job *job, uint32_t pool)
{
    return gate_check_class(m, job->job_class, pool);
}

uint32_t gate_check_data(const model *m, uint32_t dataset, uint32_t region)
{
    return model_copy_at(m, dataset, region)->rule;
}

uint32_t gate_check_place(const model *m, uint32_t place)
{
    return model_place_at(m, place)->rule;
}

uint32_t gate_check_any(const model *m, const model_job *job)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    uint32_t rule = UINT32_MAX;

    for (uint32_t i = 0; i < c->count; i++) {
        if (e[i].rule == 0)
            return 0;
        rule = e[i].rule;
    }
    return rule;
}
