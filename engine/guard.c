#include "guard.h"

#include "data/reads.h"

#define PPM 1000000

static int on_demand_now(const model_job *job)
{
    return job->state == MODEL_JOB_RUNNING && job->purchase == SKY_ON_DEMAND && !job->notice;
}

/* From a launch there to the end. */
static int64_t time_there(const model *m, const model_job *job, const model_eligible *e)
{
    return add_sat_i64(reads_job_start_ns(m, job, e->pool, READS_AS_IT_IS),
                       muldiv_i64(job->work_ns - job->done_ns, PPM, e->speed_ppm));
}

/* The same, when its checkpoint lies in another pool. */
static int64_t time_from(const model *m, const model_job *job, uint32_t pool, const model_eligible *e)
{
    model_job moved = *job;

    moved.leader_pool = pool;
    return time_there(m, &moved, e);
}

static int meets_deadline(const model *m, const model_job *job, uint32_t pool)
{
    const model_eligible *e = model_eligible_at(m, job, pool);
    return time_there(m, job, e) <= strategy_time_left(m, job);
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

/* 1: a start takes longer in some regions than in others: ways are known, or it reads something. */
static int regions_differ(const model *m, const model_job *job)
{
    uint32_t count;

    return model_knows_links(m) || model_readings_of(m, job->job_class, &count) != NULL;
}

/* The same where regions differ: its checkpoint has to get there first, and what it reads. */
static int64_t time_with_move(const model *m, const model_job *job, const model_class *c)
{
    const model_eligible *e = model_eligible_of(m, c);
    int64_t least_ns = SKY_NEVER_NS;

    for (uint32_t i = 0; i < c->count; i++) {
        int64_t time_ns = model_is_sure(m, c, &e[i]) ? time_there(m, job, &e[i]) : SKY_NEVER_NS;

        if (time_ns < least_ns)
            least_ns = time_ns;
    }
    return least_ns;
}

/* Time that the work left takes on a machine that is sure to be had, its boot and the restart included. */
static int64_t time_needed(const model *m, const model_job *job, const model_class *c)
{
    int64_t work;

    if (regions_differ(m, job))
        return time_with_move(m, job, c);
    work = muldiv_i64(job->work_ns - job->done_ns, PPM, c->sure_ppm);
    return add_sat_i64(add_sat_i64(work, job->restart_ns), c->sure_boot_ns);
}

int guard_allows(const model *m, const model_job *job, uint32_t pool, sky_purchase purchase)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c), *there = model_eligible_at(m, job, pool);
    int64_t gap = m->is.interval_ns, left = strategy_time_left(m, job), least_ns = SKY_NEVER_NS;

    if (!m->is.deadline_guard || job->deadline_ns == SKY_NEVER_NS || c->sure_ppm == 0 ||
        !regions_differ(m, job))
        return 1;
    if (job->leader_pool != SKY_NONE &&
        model_pools(m)[job->leader_pool].region == model_pools(m)[pool].region)
        return 1;
    if (purchase == SKY_ON_DEMAND && model_is_sure(m, c, there) && time_there(m, job, there) <= left)
        return 1;
    for (uint32_t i = 0; i < c->count; i++) {
        int64_t time_ns = SKY_NEVER_NS;

        if (model_is_sure(m, c, &e[i]))
            time_ns = add_sat_i64(time_from(m, job, pool, &e[i]),
                                  reads_job_start_ns(m, job, pool, READS_AS_IT_IS));
        if (time_ns < least_ns)
            least_ns = time_ns;
    }
    return left > 0 && round_up_i64(least_ns, gap) < left / gap * gap;
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
        if (round_up_i64(time_needed(m, job, c), gap) < left)
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
