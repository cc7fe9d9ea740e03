#include "lives.h"

#include "facts.h"

#include <stddef.h>

#define MAX_DOUBLING 62

static model_job *job_at(model *m, uint32_t job)
{
    return (model_job *)m->array[MODEL_JOBS].items + job;
}

static model_life *life_of(model *m, const model_job *job)
{
    return job->life == SKY_NONE ? NULL : (model_life *)m->array[MODEL_LIVES].items + job->life;
}

/* Makes the task's life, if it has none; NULL: no memory. */
static model_life *make_life(model *m, model_job *job)
{
    model_life *life;

    if (job->life != SKY_NONE)
        return life_of(m, job);
    life = model_append(m, MODEL_LIVES);
    if (life == NULL)
        return NULL;
    life->first = life->successors = SKY_NONE;
    job->life = m->array[MODEL_LIVES].count - 1;
    return life;
}

int64_t life_expected_run_ns(const model *m, const model_job *job)
{
    int64_t left_ns = job->work_ns - job->done_ns;
    const model_life *life;

    if (left_ns < 1) /* it has run longer than its owner thought */
        left_ns = 1;
    if (job->life == SKY_NONE)
        return add_sat_i64(left_ns, job->restart_ns);
    life = (const model_life *)m->array[MODEL_LIVES].items + job->life;
    return life_run_ns(left_ns, job->restart_ns, life->checkpoint_interval_ns, life->checkpoint_ns);
}

int64_t life_back_off_ns(const model_life *life)
{
    uint32_t doublings = life->failures > 0 ? life->failures - 1 : 0;

    if (doublings > MAX_DOUBLING || life->back_off_ns > life->back_off_most_ns >> doublings)
        return life->back_off_most_ns;
    return life->back_off_ns << doublings;
}

int life_is_unsettled(const model_job *job)
{
    return job->state == MODEL_JOB_WAITING && job->decided_ns < 0 && !(job->hold & MODEL_HOLD_STOPPING) &&
           (job->hold & (MODEL_HOLD_FAILED | MODEL_HOLD_SPENT | MODEL_HOLD_DOOMED)) != 0;
}

static sky_status may_go(model *m, uint32_t job, sky_error *error)
{
    return job_at(m, job)->hold == 0 ? task_submitted(m, job, error) : SKY_OK;
}

static sky_status unsettle(model *m, uint32_t job, sky_error *error)
{
    return model_note(&m->unsettled, job) == SKY_OK ? SKY_OK : model_no_memory(error);
}

/* ---- arrays and predecessors ------------------------------------------------------------------------------------- */

/* Members get to work in the order of their numbers. */
static sky_status admit(model *m, uint32_t first, sky_error *error)
{
    model_life *array = life_of(m, job_at(m, first));
    sky_status status = SKY_OK;

    while (status == SKY_OK && (array->at_once == 0 || array->admitted < array->at_once) &&
           array->next - first < array->members && array->next < m->array[MODEL_JOBS].count) {
        model_job *job = job_at(m, array->next);

        if (job->state != MODEL_JOB_ENDED &&
            !(job->hold & MODEL_HOLD_ARRAY)) /* it has not been told of yet */
            break;
        if (job->state != MODEL_JOB_ENDED) {
            job->hold &= (uint8_t)~MODEL_HOLD_ARRAY;
            array->admitted++;
            status = may_go(m, array->next, error);
        }
        array->next++;
    }
    return status;
}

static sky_status observe_member(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    model_life *life;
    int is_first = event->other == event->job;

    if (event->a < 1 || event->a > UINT32_MAX / 2 || event->b < 0 || event->b > event->a)
        return model_refuse(error, event, "expected members, and how many of them at once", event->a);
    if (event->other > event->job || event->job - event->other >= event->a)
        return model_refuse(error, event, "expected the first of its array", event->other);
    if (!is_first && (job_at(m, event->other)->life == SKY_NONE ||
                      life_of(m, job_at(m, event->other))->first != event->other))
        return model_refuse(error, event, "expected the first of its array before it", event->other);
    life = make_life(m, job);
    if (life == NULL)
        return model_no_memory(error);
    life->first = event->other;
    life->goes_on = event->detail != 0;
    if (is_first) {
        life->members = (uint32_t)event->a;
        life->at_once = (uint32_t)event->b;
        life->next = event->job;
    }
    job->hold |= MODEL_HOLD_ARRAY;
    return admit(m, life->first, error);
}

static sky_status observe_after(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    model_job *before = event->other < event->job ? job_at(m, event->other) : NULL;
    model_life *life;
    model_edge *edge;

    if (before == NULL || before->state == MODEL_JOB_ENDED || !model_is_task(m, before->job_class))
        return model_refuse(error, event, "expected a task of a lower number that has not ended",
                            event->other);
    if (make_life(m, job) == NULL || make_life(m, before) == NULL)
        return model_no_memory(error);
    edge = model_append(m, MODEL_EDGES);
    if (edge == NULL)
        return model_no_memory(error);
    life = life_of(m, before);
    *edge = (model_edge){ .successor = event->job, .next = life->successors };
    life->successors = m->array[MODEL_EDGES].count - 1;
    life_of(m, job)->predecessors++;
    job->hold |= MODEL_HOLD_PREDECESSORS;
    return SKY_OK;
}

static sky_status observe_survival(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    model_life *life;

    if (event->a < 0 || event->b < 0 || event->c < 0 || event->d < event->c)
        return model_refuse(error, event, "expected times of at least 0, and d of at least c", event->a);
    life = make_life(m, job);
    if (life == NULL)
        return model_no_memory(error);
    life->checkpoint_interval_ns = event->a;
    life->checkpoint_ns = event->b;
    life->retries_most = event->detail;
    life->back_off_ns = event->c;
    life->back_off_most_ns = event->d;
    return SKY_OK;
}

sky_status life_told(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    if (job->state != MODEL_JOB_WAITING || job->decided_ns >= 0 || job->leader_pool != SKY_NONE)
        return model_refuse(error, event, "expected right after the task was submitted", event->job);
    if (event->kind == SKY_EVENT_TASK_SURVIVAL)
        return observe_survival(m, event, job, error);
    if (event->kind == SKY_EVENT_TASK_MEMBER)
        return observe_member(m, event, job, error);
    return observe_after(m, event, job, error);
}

/* It will never start, unless it runs already: then it runs on. */
static sky_status doom(model *m, uint32_t job, sky_error *error)
{
    model_job *j = job_at(m, job);

    if (j->state != MODEL_JOB_WAITING || (j->hold & MODEL_HOLD_DOOMED))
        return SKY_OK;
    j->hold |= MODEL_HOLD_DOOMED;
    return unsettle(m, job, error);
}

static sky_status tell_successors(model *m, uint32_t edge, int dooms, sky_error *error)
{
    sky_status status = SKY_OK;

    for (uint32_t next; edge != SKY_NONE && status == SKY_OK; edge = next) {
        const model_edge *e = (const model_edge *)m->array[MODEL_EDGES].items + edge;
        uint32_t index = e->successor;
        model_job *job = job_at(m, index);

        next = e->next;
        if (dooms)
            status = doom(m, index, error);
        else if (--life_of(m, job)->predecessors == 0 && job->state == MODEL_JOB_WAITING) {
            job->hold &= (uint8_t)~MODEL_HOLD_PREDECESSORS;
            status = may_go(m, index, error);
        }
    }
    return status;
}

sky_status life_ended(model *m, uint32_t job, int failed, sky_error *error)
{
    model_job *j = job_at(m, job);
    const model_life *life = life_of(m, j);
    int dooms = life != NULL && failed && !life->goes_on;
    uint32_t first = life != NULL ? life->first : SKY_NONE;
    sky_status status;

    if (life == NULL)
        return SKY_OK;
    status = tell_successors(m, life->successors, dooms, error);
    if (first == SKY_NONE || status != SKY_OK)
        return status;
    if (!(j->hold & MODEL_HOLD_ARRAY))
        life_of(m, job_at(m, first))->admitted--;
    if (dooms && !(j->hold & MODEL_HOLD_DOOMED)) /* else who doomed it has doomed the others too */
        for (uint32_t i = first; i < first + life_of(m, job_at(m, first))->members &&
                                 i < m->array[MODEL_JOBS].count && status == SKY_OK;
             i++)
            status = doom(m, i, error);
    return status == SKY_OK ? admit(m, first, error) : status;
}

/* ---- runs that end before the task does -------------------------------------------------------------------------- */

sky_status life_stopped(model *m, const sky_event *event, sky_error *error)
{
    model_job *job = job_at(m, event->job);
    model_life *life = life_of(m, job);

    job->done_ns = event->a;
    job->hold &= (uint8_t)~MODEL_HOLD_STOPPING;
    if (event->detail == SKY_STOP_FAILED) {
        uint32_t most = life != NULL ? life->retries_most : 0;

        if (life != NULL)
            life->failures++;
        if (life == NULL || life->failures > most)
            job->hold |= MODEL_HOLD_SPENT;
        else if (life->back_off_ns > 0)
            job->hold |= MODEL_HOLD_FAILED;
    }
    return job->hold == 0 ? task_submitted(m, event->job, error) : unsettle(m, event->job, error);
}

sky_status life_ready(model *m, const sky_event *event, sky_error *error)
{
    model_job *job = job_at(m, event->job);

    if (!(job->hold & MODEL_HOLD_BACK_OFF))
        return model_refuse(error, event, "the task waits for no time to come", event->job);
    job->hold &= (uint8_t)~MODEL_HOLD_BACK_OFF;
    return may_go(m, event->job, error);
}
