/* What happens in the world: written down, and told to the engine. */
#include "inside.h"

#include "../../engine/model/arith.h"
#include "../world/fleet.h"

#include <stdio.h>

sky_status twin_write_placement(twin *t, uint32_t instance, world_end why)
{
    const world_instance *i = &t->world.instances[instance];
    record_placement_row row = { .start_ns = i->start_ns,
                                 .end_ns = t->world.now_ns,
                                 .job = i->job,
                                 .instance = instance,
                                 .pool = i->pool,
                                 .purchase = i->purchase,
                                 .end_reason = (uint32_t)why };

    return twin_write_row(t, RECORD_PLACEMENTS, &row);
}

sky_event twin_instance_fact(const twin *t, sky_event_kind kind, uint32_t instance)
{
    const world_instance *i = &t->world.instances[instance];
    sky_event e = twin_fact(t, kind);

    e.job = i->job;
    e.instance = instance;
    e.pool = i->pool;
    e.region = t->scenario->pools[i->pool].region;
    e.detail = (uint16_t)i->purchase;
    return e;
}

static sky_status finish(twin *t, uint32_t instance)
{
    world *w = &t->world;
    uint32_t index = w->instances[instance].job;
    world_job *job = &w->jobs[index];
    sky_event e;
    sky_status status;

    if (!w->instances[instance].live || job->instance != instance)
        return SKY_OK; /* stopped or preempted since */
    world_stop(w, instance, WORLD_END_DONE);
    w->pending--;
    w->done++;
    job->row.state = 2;
    job->row.end_ns = w->now_ns;
    job->row.deadline_met = w->now_ns <= job->row.deadline_ns;
    e = twin_instance_fact(t, SKY_EVENT_JOB_DONE, instance);
    e.a = job->row.done_ns;
    status = twin_write_placement(t, instance, WORLD_END_DONE);
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

sky_status twin_reclaim(twin *t, uint32_t instance, world_end why)
{
    world *w = &t->world;
    const world_instance *i = &w->instances[instance];
    sky_event e;
    sky_status status;

    if (!i->live)
        return SKY_OK;
    if (world_done_ns(w, i, w->now_ns) == w->jobs[i->job].row.work_ns)
        return finish(t, instance); /* it ended at this very instant */
    world_stop(w, instance, why);
    e = twin_instance_fact(t, SKY_EVENT_INSTANCE_RECLAIMED, instance);
    e.a = w->jobs[i->job].durable_ns;
    status = twin_write_placement(t, instance, why);
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

sky_status twin_out_of_events(twin *t)
{
    snprintf(t->error->message, sizeof t->error->message, "world: out of memory for events");
    return SKY_ERROR_MEMORY;
}

/* Spot capacity of a pool is gone: its instances get notice, or go at once where the provider gives none. */
static sky_status preempt_pool(twin *t, uint32_t pool)
{
    world *w = &t->world;
    uint32_t region = t->scenario->pools[pool].region;
    int64_t notice_ns = t->scenario->providers[t->scenario->regions[region].provider].spot_notice_ns;
    sky_status status = SKY_OK;

    for (uint32_t i = w->pools[pool].first_spot, next; i != SKY_NONE && status == SKY_OK; i = next) {
        sky_event e;

        next = w->instances[i].next_spot;
        if (notice_ns == 0) {
            status = twin_reclaim(t, i, WORLD_END_PREEMPTED);
            continue;
        }
        if (w->instances[i].noticed)
            continue;
        w->instances[i].noticed = 1;
        e = twin_instance_fact(t, SKY_EVENT_PREEMPTION_NOTICE, i);
        e.a = w->now_ns + notice_ns;
        status = twin_tell(t, &e);
        if (status == SKY_OK && kernel_queue_push(&w->queue, e.a, region, WORLD_RECLAIM, i, 0, 0) != SKY_OK)
            status = twin_out_of_events(t);
    }
    return status;
}

static sky_status move_market(twin *t, uint32_t pool)
{
    world *w = &t->world;
    market *m = &w->pools[pool].market;
    int64_t before = world_price(w, pool, SKY_SPOT), next_ns;
    int was_available = m->available;
    sky_status status = SKY_OK;

    world_accrue_pool_spot(w, pool); /* at the old price, up to now */
    world_accrue_fleet_spot(w, pool);
    market_advance(m);
    for (uint32_t i = w->pools[pool].first_spot; i != SKY_NONE; i = w->instances[i].next_spot)
        w->rate_nusd_per_hour += (world_price(w, pool, SKY_SPOT) - before) * w->instances[i].machines;
    world_reprice_fleet(w, pool, before);
    if (was_available && !m->available)
        status = preempt_pool(t, pool);
    if (status == SKY_OK && was_available && !m->available)
        status = twin_preempt_fleet(t, pool);
    if (status == SKY_OK && world_price(w, pool, SKY_SPOT) != before)
        status = twin_tell_price(t, pool, SKY_SPOT);
    if (status == SKY_OK)
        status = twin_write_price(t, pool);
    next_ns = market_next_ns(m);
    if (status == SKY_OK && next_ns < w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, t->scenario->pools[pool].region, WORLD_MARKET, pool, 0, 0) !=
            SKY_OK)
        status = twin_out_of_events(t);
    return status;
}

/* The world gives a job up: at its deadline where the scenario says so, or because the engine rejects it. */
sky_status twin_give_up(twin *t, uint32_t index, uint32_t state, sky_failure why)
{
    world *w = &t->world;
    world_job *job = &w->jobs[index];
    sky_event e = twin_fact(t, SKY_EVENT_JOB_FAILED);
    sky_status status = SKY_OK;

    e.job = index;
    e.detail = (uint16_t)why;
    if (job->instance != SKY_NONE) {
        uint32_t instance = job->instance;

        world_stop(w, instance, WORLD_END_RUN_OVER);
        status = twin_write_placement(t, instance, WORLD_END_RUN_OVER);
    }
    e.a = job->durable_ns;
    w->pending--;
    w->pending_tasks -= (uint32_t)t->scenario->classes[job->row.job_class].is_task;
    w->failed++;
    job->row.state = state;
    job->row.end_ns = w->now_ns;
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

static int is_hopeless(const twin *t, const world_job *job)
{
    return t->scenario->stop_at_deadline && job->row.deadline_ns != SKY_NEVER_NS &&
           add_sat_i64(job->row.work_ns, job->workload->restart_ns) >
               job->row.deadline_ns - job->row.submit_ns;
}

static sky_status tell_submitted(twin *t, uint32_t index)
{
    const world_job *job = &t->world.jobs[index];
    sky_event e = twin_fact(t, SKY_EVENT_JOB_SUBMITTED);
    sky_status status;

    e.job = index;
    e.other = job->row.job_class;
    e.a = job->estimate_ns > 0 ? job->estimate_ns : 1;
    e.detail = job->workload->work_fraction;
    e.b = job->row.deadline_ns;
    e.c = job->workload->checkpoint_bytes;
    e.d = job->workload->restart_ns;
    status = twin_tell(t, &e);
    return status == SKY_OK && t->scenario->classes[e.other].is_task ? twin_tell_terms(t, index) : status;
}

static sky_status arrive(twin *t, uint32_t workload)
{
    world *w = &t->world;
    uint32_t control = (uint32_t)t->scenario->region_count, first, count;
    sky_status status = world_submit(w, workload, &first, &count, t->error);
    int64_t next_ns;

    if (status != SKY_OK)
        return status;
    for (uint32_t i = first; i < first + count && status == SKY_OK; i++)
        status = tell_submitted(t, i);
    for (uint32_t i = first; i < first + count && status == SKY_OK; i++)
        if (is_hopeless(t, &w->jobs[i])) {
            world_bill_quote(w, &w->jobs[i]);
            t->cost_before_tick_nusd = w->cost_nusd - w->egress_total_nusd;
            status = twin_give_up(t, i, 3, SKY_FAILURE_GIVEN_UP);
        }
    next_ns = world_next_arrival(w, workload);
    if (status == SKY_OK && next_ns < w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, control, WORLD_ARRIVAL, workload, 0, 0) != SKY_OK)
        status = twin_out_of_events(t);
    return status;
}

static sky_status report_steps(twin *t, uint32_t index)
{
    sky_event e = twin_fact(t, SKY_EVENT_STEPS);

    if (t->world.jobs[index].node == SKY_NONE)
        return SKY_OK;
    world_settle_training(&t->world, index);
    e.job = index;
    e.a = t->world.trainings[t->world.jobs[index].training].done_usteps;
    return twin_tell(t, &e);
}

static sky_status report_progress(twin *t)
{
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (uint32_t j = w->first_open; j < w->job_count && status == SKY_OK; j++) {
        world_job *job = &w->jobs[j];

        if (job->row.state == 1)
            world_read_along(w, j);
        if (job->row.state == 1 && world_trains(job))
            status = report_steps(t, j);
        if (job->row.state >= 2 || t->scenario->classes[job->row.job_class].is_task)
            continue;
        if (t->scenario->stop_at_deadline && w->now_ns >= job->row.deadline_ns) {
            status = twin_give_up(t, j, 3, SKY_FAILURE_GIVEN_UP);
        } else if (job->instance != SKY_NONE) {
            const world_instance *i = &w->instances[job->instance];
            sky_event e = twin_instance_fact(t, SKY_EVENT_JOB_PROGRESS, job->instance);

            e.a = world_durable_ns(w, i, w->now_ns);
            e.b = world_start_left_ns(w, job->instance);
            status = twin_tell(t, &e);
        }
    }
    return status;
}

/* Counts whatever could lead to a turn: jobs that come, begin and end. */
static int64_t turns_so_far(const world *w)
{
    return (int64_t)w->job_count + w->summary.placed + w->done;
}

int twin_all_over(const twin *t)
{
    const world *w = &t->world;

    /* tasks that wait while nothing runs and nothing comes would wait for ever */
    if (w->running > 0 || w->pending > w->pending_tasks ||
        (w->pending > 0 && (w->awaited > 0 || t->scenario->has_fleet)))
        return 0;
    if (t->scenario->network != NULL && t->scenario->network->transfer_count > 0)
        return 0; /* data moves by schedule to the end */
    if (t->scenario->services != NULL || t->scenario->storage != NULL || t->scenario->pipelines != NULL)
        return 0; /* users ask, data is kept and records come to the end */
    /* but those that train wait for their next turn: only an interval in which none came, began or ended is the end */
    if (w->pending > 0 && t->scenario->rate_count > 0 && turns_so_far(w) != t->turns_before_tick)
        return 0;
    for (uint32_t i = 0; i < t->scenario->workload_count; i++)
        if (world_next_arrival(w, i) < w->end_ns)
            return 0;
    return 1;
}

static sky_status tick(twin *t)
{
    world *w = &t->world;
    int64_t next_ns = add_sat_i64(w->now_ns, t->scenario->control_interval_ns);
    sky_event e = twin_fact(t, SKY_EVENT_TICK);
    record_series_row row;
    sky_status status;

    t->tick_ns = w->now_ns;
    t->next_tick_ns = next_ns;
    world_accrue_all(w);
    status = report_progress(t);
    if (status == SKY_OK)
        status = twin_serve(t);
    if (status == SKY_OK)
        status = twin_write_storage(t, 1);
    if (status == SKY_OK)
        status = twin_stream(t, 1);
    if (status != SKY_OK)
        return status;
    t->over = w->pending == 0 && twin_all_over(t);
    if (t->over && w->now_ns > 0)
        return SKY_OK;
    t->turns_before_tick = turns_so_far(w);
    t->cost_before_tick_nusd = w->cost_nusd - w->egress_total_nusd;
    row = (record_series_row){ .time_ns = w->now_ns,
                               .cost_rate_nusd_per_hour = w->rate_nusd_per_hour + twin_service_rate(t) +
                                                          twin_pipeline_rate(t),
                               .cost_nusd = w->cost_nusd,
                               .energy_mj = w->energy_mj,
                               .ugco2 = w->ugco2,
                               .running = w->running,
                               .pending = w->pending,
                               .done = w->done,
                               .failed = w->failed,
                               .nodes_up = w->up,
                               .nodes_booting = w->booting };
    status = twin_write_row(t, RECORD_SERIES, &row);
    if (status == SKY_OK)
        status = twin_write_links(t);
    if (status == SKY_OK)
        status = twin_tell_links(t, 0);
    if (status == SKY_OK)
        status = twin_tell(t, &e);
    if (status == SKY_OK && next_ns <= w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, (uint32_t)t->scenario->region_count, WORLD_TICK, 0, 0, 0) !=
            SKY_OK)
        status = twin_out_of_events(t);
    if (t->output->progress != NULL)
        t->output->progress(t->output->context, w->now_ns, w->end_ns);
    if (status == SKY_OK && twin_all_ranks_stop(t))
        status = SKY_ERROR_STOPPED;
    return status;
}

static sky_status move_grid(twin *t, uint32_t region)
{
    world *w = &t->world;
    int64_t next_ns;
    sky_status status;

    grid_advance(&w->grids[region]);
    status = twin_tell_grid(t, region);
    next_ns = grid_next_ns(&w->grids[region]);
    if (status == SKY_OK && next_ns < w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, region, WORLD_GRID, region, 0, 0) != SKY_OK)
        status = twin_out_of_events(t);
    return status;
}

sky_status twin_happen(twin *t, const kernel_event *event)
{
    switch (event->kind) {
    case WORLD_MARKET:
        return move_market(t, event->subject);
    case WORLD_FINISH:
        return finish(t, event->subject);
    case WORLD_RECLAIM:
        return twin_reclaim(t, event->subject, WORLD_END_PREEMPTED);
    case WORLD_ARRIVAL:
        return arrive(t, event->subject);
    case WORLD_NETWORK:
        return event->a == t->world.network_next_ns ? twin_move_data(t) : SKY_OK;
    case WORLD_STORAGE:
        return SKY_OK; /* it has happened already, as the instant began */
    case WORLD_FAULT:
        return twin_fault(t, event->subject);
    case WORLD_GRID:
        return move_grid(t, event->subject);
    case WORLD_STOCK:
        return twin_move_stock(t, event->subject);
    case WORLD_ASK:
        return SKY_OK; /* at the end of the instant, as always */
    case WORLD_TELEMETRY:
        return twin_tell_old(t, event);
    case WORLD_NODE_READY:
        return twin_node_ready(t, event);
    case WORLD_NODE_RECLAIM:
        return twin_node_reclaim(t, event);
    case WORLD_TICK:
        return tick(t);
    default:
        return twin_task_event(t, event);
    }
}
