#include "guard.h"

#define PPM 1000000

static int on_demand_now(const model_job *job)
{
    return job->state == MODEL_JOB_RUNNING && job->purchase == SKY_ON_DEMAND && !job->notice;
}

static int meets_deadline(const model *m, const model_job *job, uint32_t pool)
{
    const model_eligible *e = model_eligible_at(m, job, pool);
    int64_t time_ns = add_sat_i64(job->restart_ns, model_pools(m)[pool].boot_ns);

    time_ns = add_sat_i64(time_ns, muldiv_i64(job->work_ns - job->done_ns, PPM, e->speed_ppm));
    return time_ns <= strategy_time_left(m, job);
}

/* The current zone first: the checkpoint is there and the job knows it; then by price and egress, those that
 * are too slow to meet the deadline behind those that aren't. */
static void plan_guarded(const model *m, const model_job *job, plan *p)
{
    plan_candidate late[PLAN_MAX];
    uint32_t kept = 0, late_count = 0;

    if (job->state == MODEL_JOB_RUNNING && (model_pools(m)[job->pool].purchases & 1u << SKY_ON_DEMAND))
        plan_add(p, PLAN_RUN, job->pool, SKY_ON_DEMAND, 0);
    plan_add_on_demand(p, m, job);
    for (uint32_t i = 0; i < p->count; i++) {
        if (meets_deadline(m, job, p->candidate[i].pool))
            p->candidate[kept++] = p->candidate[i];
        else
            late[late_count++] = p->candidate[i];
    }
    for (uint32_t i = 0; i < late_count; i++)
        p->candidate[kept++] = late[i];
}

/* Time that the work left takes on a machine that is sure to be had, its boot and the restart included. */
static int64_t time_needed(const model_job *job, const model_class *c)
{
    int64_t work = muldiv_i64(job->work_ns - job->done_ns, PPM, c->sure_ppm);

    return add_sat_i64(add_sat_i64(work, job->restart_ns), c->sure_boot_ns);
}

int guard_takes_over(const model *m, model_job *job, plan *p)
{
    const model_class *c = model_class_of(m, job);
    int64_t gap = m->is.interval_ns, left;

    if (!m->is.deadline_guard || job->deadline_ns == SKY_NEVER_NS)
        return 0;
    if (!job->guarded) {
        if (c->sure_ppm == 0)
            return 0;
        left = strategy_time_left(m, job);
        left = left <= 0 ? 0 : left / gap * gap;
        if (round_up_i64(time_needed(job, c), gap) < left)
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
    speed = model_class_of(m, job)->sure_ppm;
    return speed > 0 &&
           muldiv_floor_i64(job->work_ns - job->done_ns, PPM, speed) > strategy_time_left(m, job);
}
