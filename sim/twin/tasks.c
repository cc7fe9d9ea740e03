/* Tasks that share nodes: what happens to them and to their nodes, and the orders about them. */
#include "inside.h"

#include <stdlib.h>

static uint32_t control(const twin *t)
{
    return (uint32_t)t->scenario->region_count;
}

static sky_event task_fact(const twin *t, sky_event_kind kind, uint32_t job)
{
    sky_event e = twin_fact(t, kind);

    e.job = job;
    e.instance = t->world.jobs[job].node;
    e.pool = t->world.nodes[e.instance].pool;
    e.region = t->scenario->pools[e.pool].region;
    return e;
}

static uint32_t purchase_of(const world *w, uint32_t node)
{
    return w->machines[node].live ? w->machines[node].purchase : SKY_ON_DEMAND;
}

/* Where a task ran, up to now: a row a part. */
sky_status twin_write_task(twin *t, uint32_t job, world_end why)
{
    const world *w = &t->world;
    const world_job *j = &w->jobs[job];
    record_placement_row row = { .start_ns = j->run_start_ns,
                                 .end_ns = w->now_ns,
                                 .job = job,
                                 .instance = j->node,
                                 .pool = w->nodes[j->node].pool,
                                 .purchase = purchase_of(w, j->node),
                                 .end_reason = (uint32_t)why };
    sky_status status = twin_write_row(t, RECORD_PLACEMENTS, &row);

    for (uint32_t part = j->more_parts; part != SKY_NONE && status == SKY_OK; part = w->parts[part].next) {
        row.instance = w->parts[part].node;
        row.pool = w->nodes[row.instance].pool;
        row.purchase = purchase_of(w, row.instance);
        status = twin_write_row(t, RECORD_PLACEMENTS, &row);
    }
    return status;
}

/* ---- submission -------------------------------------------------------------------------------------------------- */

static sky_status tell_survival(twin *t, uint32_t job)
{
    const scenario_workload *load = t->world.jobs[job].workload;
    sky_event e = twin_fact(t, SKY_EVENT_TASK_SURVIVAL);

    if (load->checkpoint_interval_ns == 0 && load->checkpoint_ns == 0 && load->retries == 0)
        return SKY_OK;
    e.job = job;
    e.detail = (uint16_t)load->retries;
    e.a = load->checkpoint_interval_ns;
    e.b = load->checkpoint_ns;
    e.c = load->retry_ns;
    e.d = load->retry_most_ns;
    return twin_tell(t, &e);
}

static sky_status tell_stage(twin *t, uint32_t job)
{
    const world_job *j = &t->world.jobs[job];
    const scenario_stage *stage = world_stage_of(j);
    sky_event e = twin_fact(t, SKY_EVENT_TASK_MEMBER);
    sky_status status;

    if (stage == NULL)
        return SKY_OK;
    e.job = job;
    e.other = j->first + stage->first;
    e.detail = (uint16_t)j->workload->goes_on;
    e.a = stage->count;
    e.b = stage->at_once;
    status = twin_tell(t, &e);
    for (size_t i = 0; i < stage->after_count; i++) {
        const scenario_stage *before = &j->workload->stages[stage->after[i]];

        for (uint32_t k = 0; k < before->count && status == SKY_OK; k++) {
            e = twin_fact(t, SKY_EVENT_TASK_AFTER);
            e.job = job;
            e.other = j->first + before->first + k;
            status = twin_tell(t, &e);
        }
    }
    return status;
}

static sky_status tell_training(twin *t, uint32_t job)
{
    const world_job *j = &t->world.jobs[job];
    const world_training *training;
    sky_event e = twin_fact(t, SKY_EVENT_TRAINING);

    if (!world_trains(j))
        return SKY_OK;
    e.job = job;
    training = &t->world.trainings[j->training];
    e.a = training->usteps;
    e.b = training->weight_ppm;
    e.c = training->least_workers;
    e.d = training->most_workers;
    return twin_tell(t, &e);
}

/* What a task's submission leaves open, where there is anything to say. */
sky_status twin_tell_terms(twin *t, uint32_t job)
{
    const world_job *j = &t->world.jobs[job];
    sky_event e = twin_fact(t, SKY_EVENT_TASK);
    sky_status status = SKY_OK;

    e.job = job;
    e.other = j->row.tenant;
    e.detail = (uint16_t)j->workload->together;
    e.a = j->gang;
    e.b = j->priority;
    if (j->gang != 1 || j->row.tenant != 0 || j->priority != 0)
        status = twin_tell(t, &e);
    if (status == SKY_OK)
        status = tell_training(t, job);
    if (status == SKY_OK)
        status = tell_survival(t, job);
    return status == SKY_OK ? tell_stage(t, job) : status;
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* When a task that trains will end, if nothing changes: told anew whenever what it runs beside has changed. */
static sky_status foretell(twin *t, uint32_t index)
{
    world *w = &t->world;
    int64_t end_ns;

    if (index == SKY_NONE)
        return SKY_OK;
    world_settle_training(w, index);
    end_ns = world_training_end_ns(w, index);
    if (end_ns <= w->end_ns &&
        kernel_queue_push(&w->queue, end_ns, t->scenario->pools[w->nodes[w->jobs[index].node].pool].region,
                          WORLD_TASK_END, index, 0, w->trainings[w->jobs[index].training].foretold) != SKY_OK)
        return twin_out_of_events(t);
    return SKY_OK;
}

static sky_status run_ends(twin *t, uint32_t job, world_end why)
{
    sky_status status = twin_write_task(t, job, why);
    uint32_t partner = world_trains(&t->world.jobs[job]) ? world_stop_training(&t->world, job) : SKY_NONE;

    world_end_run(&t->world, job, why);
    world_leave_nodes(&t->world, job);
    return status == SKY_OK ? foretell(t, partner) : status;
}

sky_status twin_stop_task(twin *t, uint32_t index, world_end why, uint32_t order)
{
    sky_event e = task_fact(t, SKY_EVENT_TASK_STOPPED, index);
    sky_status status = run_ends(t, index, why);

    e.detail = why == WORLD_END_PREEMPTED ? SKY_STOP_PREEMPTED
               : why == WORLD_END_FAILED  ? SKY_STOP_FAILED
                                          : SKY_STOP_NODE_GONE;
    e.a = t->world.jobs[index].durable_ns;
    e.other = order;
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

static sky_status finish_task(twin *t, uint32_t index)
{
    world *w = &t->world;
    world_job *job = &w->jobs[index];
    sky_event e = task_fact(t, SKY_EVENT_JOB_DONE, index);
    sky_status status = run_ends(t, index, WORLD_END_DONE);

    w->pending--;
    w->pending_tasks--;
    w->done++;
    job->row.state = 2;
    job->row.end_ns = w->now_ns;
    job->row.deadline_met = w->now_ns <= job->row.deadline_ns;
    w->summary.completion_us += (w->now_ns - job->row.submit_ns) / RECORD_NS_PER_US;
    w->summary.last_done_ns = w->now_ns;
    e.a = job->row.done_ns;
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

/* 1: the run in which the event was foreseen is still under way. */
static int is_under_way(const twin *t, const kernel_event *event)
{
    const world_job *job = &t->world.jobs[event->subject];

    if (event->kind == WORLD_TASK_END && world_trains(job))
        return t->world.trainings[job->training].foretold == event->a;
    return job->running_at != SKY_NONE && job->row.launches == (uint32_t)event->a;
}

static sky_status end_task(twin *t, const kernel_event *event)
{
    const world_job *job = &t->world.jobs[event->subject];
    sky_status status;

    if (!is_under_way(t, event) || job->stopping)
        return SKY_OK;
    if (job->ends_as == WORLD_END_DONE)
        return finish_task(t, event->subject);
    if (job->ends_as == WORLD_END_FAILED)
        return twin_stop_task(t, event->subject, WORLD_END_FAILED, SKY_NONE);
    status = run_ends(t, event->subject, WORLD_END_TIME_LIMIT);
    return status == SKY_OK ? twin_give_up(t, event->subject, 3, SKY_FAILURE_TIME_LIMIT) : status;
}

static sky_status start_training(twin *t, uint32_t job)
{
    uint32_t partner = world_start_training(&t->world, job);
    sky_status status = foretell(t, job);

    return status == SKY_OK ? foretell(t, partner) : status;
}

static sky_status tell_started(twin *t, uint32_t job, uint32_t order)
{
    world *w = &t->world;
    sky_event e = task_fact(t, SKY_EVENT_TASK_STARTED, job);
    int64_t end_ns = SKY_NEVER_NS;
    sky_status status = SKY_OK;

    if (world_trains(&w->jobs[job]))
        status = start_training(t, job);
    else
        end_ns = world_start_run(w, job);
    if (status != SKY_OK)
        return status;
    if (end_ns != SKY_NEVER_NS && kernel_queue_push(&w->queue, end_ns, e.region, WORLD_TASK_END, job, 0,
                                                    w->jobs[job].row.launches) != SKY_OK)
        return twin_out_of_events(t);
    e.other = order;
    return twin_tell(t, &e);
}

static sky_status tell_refused(twin *t, uint32_t job, uint32_t pool, uint32_t order)
{
    sky_event e = twin_fact(t, SKY_EVENT_LAUNCH_FAILED);

    t->world.summary.failed_launches++;
    e.job = job;
    e.pool = pool;
    e.other = order;
    return twin_tell(t, &e);
}

sky_status twin_place(twin *t, const sky_action *a)
{
    world *w = &t->world;
    int refused_before = w->jobs[a->job].refused_decision == w->summary.decisions;
    world_placed placed;
    sky_status status;

    if (a->kind == SKY_ACTION_PLACE_HALF)
        world_take_half(w, a->job);
    status = world_place_part(w, a->job, a->instance, (uint32_t)a->devices, &placed, t->error);

    if (status != SKY_OK || placed == WORLD_PART || (placed == WORLD_REFUSED && refused_before))
        return status; /* the rest of its gang is still to come, or was refused with an earlier part */
    if (placed == WORLD_STARTED)
        return tell_started(t, a->job, a->order);
    if (placed == WORLD_REFUSED)
        return tell_refused(t, a->job, a->pool, a->order);
    w->awaited++;
    return kernel_queue_push(&w->queue, w->jobs[a->job].begin_ns, control(t), WORLD_TASK_BEGIN, a->job, 0,
                             a->order) == SKY_OK
               ? SKY_OK
               : twin_out_of_events(t);
}

static sky_status begin_task(twin *t, uint32_t job, uint32_t order)
{
    uint32_t pool = t->world.nodes[t->world.jobs[job].node].pool;
    world_placed placed;
    sky_status status = world_begin_task(&t->world, job, &placed, t->error);

    t->world.awaited--;
    if (status != SKY_OK)
        return status;
    return placed == WORLD_STARTED ? tell_started(t, job, order) : tell_refused(t, job, pool, order);
}

/* ---- preemption and retries -------------------------------------------------------------------------------------- */

sky_status twin_preempt(twin *t, const sky_action *a)
{
    world *w = &t->world;
    world_job *job = &w->jobs[a->job];
    int64_t leaves_ns;

    if (job->running_at == SKY_NONE || job->stopping)
        return SKY_OK; /* it has just ended */
    leaves_ns = world_order_to_leave(w, a->job);
    if (leaves_ns == 0)
        return twin_stop_task(t, a->job, WORLD_END_PREEMPTED, a->order);
    return kernel_queue_push(&w->queue, w->now_ns + leaves_ns, control(t), WORLD_TASK_LEFT, a->job, a->order,
                             job->row.launches) == SKY_OK
               ? SKY_OK
               : twin_out_of_events(t);
}

sky_status twin_retry(twin *t, const sky_action *a)
{
    world *w = &t->world;

    if (a->until_ns >= w->end_ns)
        return SKY_OK;
    w->awaited++;
    return kernel_queue_push(&w->queue, a->until_ns, control(t), WORLD_TASK_READY, a->job, 0, 0) == SKY_OK
               ? SKY_OK
               : twin_out_of_events(t);
}

static sky_status tell_ready(twin *t, uint32_t job)
{
    sky_event e = twin_fact(t, SKY_EVENT_TASK_READY);

    t->world.awaited--;
    e.job = job;
    return t->world.jobs[job].row.state >= 2 ? SKY_OK : twin_tell(t, &e);
}

/* The state is kept; where the job does not run (it has just ended), there is nothing to do. */
sky_status twin_pause(twin *t, const sky_action *a)
{
    world_job *job = &t->world.jobs[a->job];
    sky_event e = twin_fact(t, SKY_EVENT_TASK_PAUSED);
    sky_status status;

    if (job->running_at == SKY_NONE || job->stopping || !world_trains(job))
        return SKY_OK;
    status = run_ends(t, a->job, WORLD_END_MOVED);
    job->row.preemptions++;
    t->world.summary.preemptions++;
    e.job = a->job;
    e.other = a->order;
    e.a = t->world.trainings[job->training].done_usteps;
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

sky_event twin_node_fact(const twin *t, sky_event_kind kind, uint32_t node)
{
    sky_event e = twin_fact(t, kind);

    e.instance = node;
    e.pool = t->world.nodes[node].pool;
    e.region = t->scenario->pools[e.pool].region;
    return e;
}

static sky_status come_later(twin *t, int64_t in_ns, world_event_kind kind, uint32_t node)
{
    world *w = &t->world;
    uint32_t region = t->scenario->pools[w->nodes[node].pool].region;

    if (in_ns >= w->end_ns - w->now_ns)
        return SKY_OK;
    w->awaited += kind == WORLD_NODE_BACK;
    return kernel_queue_push(&w->queue, w->now_ns + in_ns, region, kind, node, 0, 0) == SKY_OK
               ? SKY_OK
               : twin_out_of_events(t);
}

/* All that runs on it is lost, back to the last checkpoint. */
sky_status twin_lose_node(twin *t, uint32_t node)
{
    world *w = &t->world;
    sky_event e = twin_node_fact(t, SKY_EVENT_NODE_GONE, node);
    uint32_t *jobs;
    size_t count;
    sky_status status;

    if (w->nodes[node].state != NODE_UP)
        return SKY_OK;
    status = world_tasks_on(w, node, &jobs, &count, t->error);
    if (status != SKY_OK)
        return status;
    status = world_node_is(w, node, NODE_ABSENT, t->error);
    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        w->jobs[jobs[i]].stopping = 0; /* a checkpoint that is being written is lost as well */
        status = twin_stop_task(t, jobs[i], WORLD_END_NODE_GONE, SKY_NONE);
    }
    free(jobs);
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

sky_status twin_regain_node(twin *t, uint32_t node)
{
    sky_event e = twin_node_fact(t, SKY_EVENT_NODE_REPAIRED, node);

    sky_status status;

    if (t->world.nodes[node].state != NODE_ABSENT)
        return SKY_OK;
    status = world_node_is(&t->world, node, NODE_UP, t->error);
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

static sky_status fail_node(twin *t, uint32_t node)
{
    sky_status status = twin_lose_node(t, node);

    t->world.node_broken[node] = 1;
    return status == SKY_OK ? come_later(t, world_node_repair_ns(&t->world, node), WORLD_NODE_BACK, node)
                            : status;
}

static sky_status repair_node(twin *t, uint32_t node)
{
    world *w = &t->world;
    sky_status status = SKY_OK;

    w->awaited--;
    w->node_failures[node]++;
    w->node_broken[node] = 0;
    if (!world_is_out(w, node)) /* else it comes back with its pool, or its rack */
        status = twin_regain_node(t, node);
    return status == SKY_OK ? come_later(t, world_node_lasts_ns(w, node), WORLD_NODE_FAIL, node) : status;
}

sky_status twin_task_event(twin *t, const kernel_event *event)
{
    switch (event->kind) {
    case WORLD_TASK_END:
        return end_task(t, event);
    case WORLD_TASK_LEFT:
        return is_under_way(t, event) ? twin_stop_task(t, event->subject, WORLD_END_PREEMPTED, event->other)
                                      : SKY_OK;
    case WORLD_TASK_BEGIN:
        return begin_task(t, event->subject, (uint32_t)event->a);
    case WORLD_TASK_READY:
        return tell_ready(t, event->subject);
    case WORLD_NODE_FAIL:
        return fail_node(t, event->subject);
    default:
        return repair_node(t, event->subject);
    }
}
