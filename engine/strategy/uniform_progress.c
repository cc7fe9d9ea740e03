#include "uniform_progress.h"

/* A job without a deadline has no line to keep up with: it is never behind and nothing presses. */
static int has_line(const model_job *job)
{
    return job->deadline_ns != SKY_NEVER_NS && job->deadline_ns > job->submit_ns;
}

/* Sign of (t + lead) c0 / r0 - p: above 0 it would be behind the line `lead` from now. */
static int side_of_line(const model *m, const model_job *job, int64_t lead_ns)
{
    double c0 = ((double)job->work_ns + (double)job->work_fraction / 65536) / 1e9;
    double r0 = (double)(job->deadline_ns - job->submit_ns) / 1e9;
    double t = (double)(m->is.now_ns - job->submit_ns + lead_ns) / 1e9;
    double p = (double)job->done_ns / 1e9;
    double line = t * c0 / r0;

    return line > p ? 1 : line < p ? -1 : 0;
}

progress_state progress_now(const model_job *job)
{
    if (job->state != MODEL_JOB_RUNNING || job->notice)
        return PROGRESS_IDLE;
    return job->purchase == SKY_SPOT ? PROGRESS_SPOT : PROGRESS_ON_DEMAND;
}

static progress_state want(const model *m, const model_job *job, progress_state now, int has_spot, int strict)
{
    int64_t gap = m->is.interval_ns, d = job->restart_ns, left_work = job->work_ns - job->done_ns;
    int64_t left = strategy_time_left(m, job) / gap * gap, one, two;
    progress_state request = has_spot ? PROGRESS_SPOT : PROGRESS_IDLE;

    if (!has_line(job))
        return request;
    if (!has_spot && side_of_line(m, job, 0) > 0)
        request = PROGRESS_ON_DEMAND;
    if (now == PROGRESS_ON_DEMAND && (!has_spot || side_of_line(m, job, 2 * d) >= 0))
        request = PROGRESS_ON_DEMAND;
    one = round_up_i64(left_work + d, gap);
    two = round_up_i64(left_work + 2 * d, gap);
    if (now != PROGRESS_SPOT && (strict ? two > left : two >= left))
        request = PROGRESS_ON_DEMAND;
    if (one >= left) {
        int paid = now == PROGRESS_SPOT && job->overhead_left_ns == 0;

        request = paid || (d == 0 && has_spot) ? PROGRESS_SPOT : PROGRESS_ON_DEMAND;
    }
    return request;
}

progress_state progress_want(const model *m, const model_job *job, progress_state now, int has_spot)
{
    return want(m, job, now, has_spot, 0);
}

progress_state progress_want_any_region(const model *m, const model_job *job, progress_state now,
                                        int has_spot, int *gives_up_on_demand)
{
    progress_state request = want(m, job, now, has_spot, 1);
    int gives_up = now == PROGRESS_ON_DEMAND && has_spot && request == PROGRESS_ON_DEMAND && has_line(job) &&
                   side_of_line(m, job, 2 * job->restart_ns) < 0;

    if (gives_up_on_demand != NULL)
        *gives_up_on_demand = gives_up;
    return gives_up ? PROGRESS_SPOT : request;
}

progress_step progress_plan_any_region(const model *m, const model_job *job, int back_on_demand, plan *p)
{
    progress_state now = progress_now(job);
    int gives_up;
    progress_state request = progress_want_any_region(m, job, now, 1, &gives_up);
    progress_step step = { 0 };

    if (request == now && request != PROGRESS_IDLE) {
        step.hold = 1;
        return step;
    }
    p->leave_first = now != PROGRESS_IDLE;
    step.seek_spot = request == PROGRESS_SPOT;
    step.then_on_demand = request == PROGRESS_ON_DEMAND;
    if (step.seek_spot && (back_on_demand || !gives_up))
        step.then_on_demand = progress_want_any_region(m, job, PROGRESS_IDLE, 0, NULL) == PROGRESS_ON_DEMAND;
    return step;
}

uint32_t progress_on_demand_pool(const model *m, const model_job *job)
{
    return job->leader_pool != SKY_NONE ? job->leader_pool : strategy_home_pool(m, model_class_of(m, job));
}

/* One zone: the job's home, or the one it has run in. */
static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    uint32_t home = progress_on_demand_pool(m, job);
    progress_state now = progress_now(job), request = progress_want(m, job, now, 1);

    (void)memory;
    if (home == SKY_NONE || request == now)
        return;
    if (request == PROGRESS_SPOT) {
        plan_add(p, PLAN_RUN, home, SKY_SPOT, 0);
        request = progress_want(m, job, now, 0);
    }
    if (request == PROGRESS_ON_DEMAND && now != PROGRESS_ON_DEMAND)
        plan_add(p, PLAN_RUN, home, SKY_ON_DEMAND, 0);
}

const strategy strategy_uniform_progress = {
    .info = {
        .name = "uniform-progress",
        .published = "rc_cr_threshold",
        .about = "one zone: spot when there is any, on demand to stay on the deadline's straight line",
        .source = "Wu et al., Can't Be Late, NSDI 2024, section 4.2",
    },
    .place = place,
};
