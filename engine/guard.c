#include "guard.h"

#define PPM 1000000

static int on_demand_now(const model_job *job)
{
    return job->state == MODEL_JOB_RUNNING && job->purchase == SKY_ON_DEMAND && !job->notice;
}

/* The current zone first: the checkpoint is there and the job knows it; then by price and egress. */
static void plan_guarded(const model *m, const model_job *job, plan *p)
{
    if (job->state == MODEL_JOB_RUNNING && (model_pools(m)[job->pool].purchases & 1u << SKY_ON_DEMAND))
        plan_add(p, PLAN_RUN, job->pool, SKY_ON_DEMAND, 0);
    plan_add_on_demand(p, m, job);
}

int guard_takes_over(const model *m, model_job *job, plan *p)
{
    int64_t gap = m->is.interval_ns, left, needed, speed;

    if (!m->is.deadline_guard || job->deadline_ns == SKY_NEVER_NS)
        return 0;
    if (!job->guarded) {
        speed = model_class_of(m, job)->fastest_on_demand_ppm;
        if (speed == 0)
            return 0;
        left = strategy_time_left(m, job);
        left = left <= 0 ? 0 : left / gap * gap;
        needed = muldiv_i64(job->work_ns - job->done_ns, PPM, speed);
        needed = round_up_i64(add_sat_i64(needed, job->restart_ns), gap);
        if (needed < left)
            return 0;
        job->guarded = 1;
    }
    if (!on_demand_now(job))
        plan_guarded(m, job, p);
    return 1;
}

int guard_is_lost(const model *m, const model_job *job)
{
    int64_t speed;

    if (job->deadline_ns == SKY_NEVER_NS)
        return 0;
    speed = model_class_of(m, job)->fastest_on_demand_ppm;
    return speed > 0 &&
           muldiv_floor_i64(job->work_ns - job->done_ns, PPM, speed) > strategy_time_left(m, job);
}
