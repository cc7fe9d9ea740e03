/* The loop: events of the world, in order, to the engine; the engine's orders back to the world, until it
 * has no more; then the next instant. Everything that passes is written down on the way. */
#include "twin.h"

#include "../engine/model/arith.h"
#include "world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384  /* of each stream, handed over when full */
#define MAX_ROUNDS  100000 /* of orders and answers at one instant: more is a strategy that never settles */

typedef struct twin_block {
    unsigned char *bytes;
    size_t count, capacity, row_size;
} twin_block;

typedef struct twin {
    const scenario *scenario;
    const twin_options *options;
    const twin_output *output;
    world world;
    sky_engine *engine;
    twin_block block[RECORD_STREAM_COUNT];
    int64_t cost_before_tick_nusd; /* compute and probes, at the last control point */
    int64_t next_restart_ns;
    int over;
    sky_error *error;
} twin;

static const size_t row_size[RECORD_STREAM_COUNT] = {
    [RECORD_EVENTS] = sizeof(sky_event),
    [RECORD_ACTIONS] = sizeof(sky_action),
    [RECORD_SERIES] = sizeof(record_series_row),
    [RECORD_PRICES] = sizeof(record_price_row),
    [RECORD_PLACEMENTS] = sizeof(record_placement_row),
    [RECORD_JOBS] = sizeof(record_job_row),
    [RECORD_COSTS] = sizeof(record_cost_row),
    [RECORD_SUMMARY] = sizeof(record_summary),
};

/* ---- writing down ------------------------------------------------------------------------------------------- */

static sky_status flush(twin *t, record_stream stream)
{
    twin_block *b = &t->block[stream];
    size_t count = b->count;

    b->count = 0;
    if (count == 0)
        return SKY_OK;
    return t->output->rows(t->output->context, stream, b->bytes, count, t->error);
}

static sky_status write_row(twin *t, record_stream stream, const void *row)
{
    twin_block *b = &t->block[stream];

    if (t->output->rows == NULL)
        return SKY_OK;
    if (b->bytes == NULL) {
        b->row_size = row_size[stream];
        b->capacity = BLOCK_BYTES / b->row_size;
        b->bytes = malloc(b->capacity * b->row_size);
        if (b->bytes == NULL) {
            snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
            return SKY_ERROR_MEMORY;
        }
    }
    memcpy(b->bytes + b->count * b->row_size, row, b->row_size);
    return ++b->count == b->capacity ? flush(t, stream) : SKY_OK;
}

/* ---- telling the engine ------------------------------------------------------------------------------------- */

static sky_event fact(const twin *t, sky_event_kind kind)
{
    return (sky_event){ .time_ns = t->world.now_ns,
                        .kind = (uint16_t)kind,
                        .region = SKY_NONE,
                        .pool = SKY_NONE,
                        .job = SKY_NONE,
                        .instance = SKY_NONE,
                        .other = SKY_NONE };
}

static sky_status tell(twin *t, const sky_event *event)
{
    sky_status status = write_row(t, RECORD_EVENTS, event);

    t->world.summary.events++;
    return status == SKY_OK ? sky_engine_observe(t->engine, event, t->error) : status;
}

static sky_status tell_regions(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->provider_count && status == SKY_OK; i++) {
        sky_event e = fact(t, SKY_EVENT_PROVIDER);

        e.other = i;
        e.a = s->providers[i].spot_notice_ns;
        status = tell(t, &e);
    }
    for (uint32_t i = 0; i < s->region_count && status == SKY_OK; i++) {
        sky_event e = fact(t, SKY_EVENT_REGION);

        e.region = i;
        e.other = s->regions[i].provider;
        e.b = s->regions[i].carbon_gco2_per_mwh;
        status = tell(t, &e);
    }
    for (uint32_t from = 0; from < s->region_count; from++)
        for (uint32_t to = 0; to < s->region_count && status == SKY_OK; to++) {
            sky_event e = fact(t, SKY_EVENT_EGRESS);

            e.region = from;
            e.other = to;
            e.a = s->egress_nusd_per_gb[from * s->region_count + to];
            if (e.a > 0)
                status = tell(t, &e);
        }
    return status;
}

static sky_status tell_price(twin *t, uint32_t pool, sky_purchase purchase)
{
    sky_event e = fact(t, SKY_EVENT_PRICE);

    e.pool = pool;
    e.detail = (uint16_t)purchase;
    e.a = world_price(&t->world, pool, purchase);
    return tell(t, &e);
}

static sky_status tell_pools(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        sky_event e = fact(t, SKY_EVENT_POOL);

        e.pool = i;
        e.region = s->pools[i].region;
        e.other = s->pools[i].zone;
        e.detail = (uint16_t)s->pools[i].purchases;
        e.a = s->pools[i].capacity;
        e.b = world_billing_minimum(&t->world, i);
        e.c = world_billing_increment(&t->world, i);
        e.d = s->pools[i].boot_ns;
        status = tell(t, &e);
    }
    return status;
}

static sky_status tell_request(twin *t, uint32_t job_class)
{
    const scenario_class *c = &t->scenario->classes[job_class];
    sky_event e = fact(t, SKY_EVENT_REQUEST);
    sky_status status;

    e.other = job_class;
    e.a = c->request.mcpu;
    e.b = c->request.memory_bytes;
    e.c = c->request.disk_bytes;
    e.d = c->expected;
    status = tell(t, &e);
    if (status == SKY_OK && c->request.devices > 0) {
        e.kind = SKY_EVENT_ACCELERATE;
        e.a = c->request.devices;
        e.b = c->request.mgpu;
        e.c = (int64_t)c->request.models;
        e.d = 0;
        status = tell(t, &e);
    }
    if (status == SKY_OK && (c->request.labels | c->request.tolerations) != 0) {
        e.kind = SKY_EVENT_SELECT;
        e.a = (int64_t)c->request.labels;
        e.b = (int64_t)c->request.tolerations;
        e.c = e.d = 0;
        status = tell(t, &e);
    }
    return status;
}

static sky_status tell_classes(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->class_count && status == SKY_OK; i++) {
        sky_event e = fact(t, SKY_EVENT_CLASS);

        e.other = i;
        status = tell(t, &e);
        for (size_t k = 0; k < s->classes[i].eligible_count && status == SKY_OK; k++) {
            e.kind = SKY_EVENT_ELIGIBLE;
            e.pool = s->classes[i].eligible[k].pool;
            e.a = s->classes[i].eligible[k].machines;
            e.b = s->classes[i].eligible[k].speed_ppm;
            status = tell(t, &e);
        }
        if (status == SKY_OK && s->classes[i].is_task)
            status = tell_request(t, i);
        for (size_t k = 0; k < s->classes[i].forbidden_count && status == SKY_OK; k++) {
            e = fact(t, SKY_EVENT_FORBIDDEN);
            e.other = i;
            e.region = s->classes[i].forbidden_regions[k];
            e.detail = 1; /* rule 1: jurisdiction */
            status = tell(t, &e);
        }
    }
    return status;
}

static sky_status tell_nodes(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->node_count && status == SKY_OK; i++) {
        const node *n = &t->world.nodes[i];
        sky_event e = fact(t, SKY_EVENT_NODE);

        e.instance = i;
        e.pool = n->pool;
        e.region = s->pools[n->pool].region;
        e.detail = n->devices > 0 ? n->model : 0;
        e.other = n->devices;
        e.a = n->mcpu;
        e.b = n->memory_bytes;
        e.c = n->disk_bytes;
        e.d = n->rank;
        status = tell(t, &e);
        if (status == SKY_OK && (n->labels | n->taints) != 0) {
            e.kind = SKY_EVENT_NODE_MARKS;
            e.a = (int64_t)n->labels;
            e.b = (int64_t)n->taints;
            e.c = e.d = 0;
            status = tell(t, &e);
        }
    }
    return status;
}

static sky_status write_price(twin *t, uint32_t pool)
{
    const market *m = &t->world.pools[pool].market;
    record_price_row row = { .time_ns = t->world.now_ns,
                             .spot_nusd_per_hour = m->spot_nusd_per_hour,
                             .pool = pool,
                             .available = (uint32_t)m->available };

    return write_row(t, RECORD_PRICES, &row);
}

static sky_status tell_first_prices(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        for (int purchase = 0; purchase < SKY_PURCHASE_COUNT && status == SKY_OK; purchase++)
            if (s->pools[i].purchases & 1u << purchase)
                status = tell_price(t, i, (sky_purchase)purchase);
        if (status == SKY_OK && s->pools[i].purchases & 1u << SKY_SPOT)
            status = write_price(t, i);
    }
    return status;
}

/* Only to a strategy that is marked as an oracle: all that the markets will do. */
static sky_status tell_the_future(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        market m = t->world.pools[i].market;
        sky_event e = fact(t, SKY_EVENT_FORESIGHT);

        if (!(s->pools[i].purchases & 1u << SKY_SPOT))
            continue;
        if (s->pools[i].replay != NULL) /* all that was recorded, beyond the run's end too */
            market_init(&m, &s->pools[i], i, t->world.seed, t->world.replication, m.window_ns, SKY_NEVER_NS);
        e.pool = i;
        for (; status == SKY_OK && e.a != SKY_NEVER_NS; e.a = market_next_ns(&m), market_advance(&m)) {
            e.detail = (uint16_t)m.available;
            e.b = m.spot_nusd_per_hour;
            status = tell(t, &e);
        }
    }
    return status;
}

static sky_status tell_catalog(twin *t)
{
    sky_status status = tell_regions(t);

    if (status == SKY_OK)
        status = tell_pools(t);
    if (status == SKY_OK)
        status = tell_classes(t);
    if (status == SKY_OK)
        status = tell_first_prices(t);
    if (status == SKY_OK && sky_strategy_find(t->options->strategy)->oracle)
        status = tell_the_future(t);
    return status == SKY_OK ? tell_nodes(t) : status;
}

/* ---- what happens in the world ------------------------------------------------------------------------------ */

static sky_status write_placement(twin *t, uint32_t instance, world_end why)
{
    const world_instance *i = &t->world.instances[instance];
    record_placement_row row = { .start_ns = i->start_ns,
                                 .end_ns = t->world.now_ns,
                                 .job = i->job,
                                 .instance = instance,
                                 .pool = i->pool,
                                 .purchase = i->purchase,
                                 .end_reason = (uint32_t)why };

    return write_row(t, RECORD_PLACEMENTS, &row);
}

static sky_event instance_fact(const twin *t, sky_event_kind kind, uint32_t instance)
{
    const world_instance *i = &t->world.instances[instance];
    sky_event e = fact(t, kind);

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
    e = instance_fact(t, SKY_EVENT_JOB_DONE, instance);
    e.a = job->row.done_ns;
    status = write_placement(t, instance, WORLD_END_DONE);
    return status == SKY_OK ? tell(t, &e) : status;
}

static sky_event task_fact(const twin *t, sky_event_kind kind, uint32_t job)
{
    sky_event e = fact(t, kind);

    e.job = job;
    e.instance = t->world.jobs[job].node;
    e.pool = t->world.nodes[e.instance].pool;
    e.region = t->scenario->pools[e.pool].region;
    return e;
}

/* Where a task ran, up to now: a row a part. */
static sky_status write_task(twin *t, uint32_t job, world_end why)
{
    const world *w = &t->world;
    const world_job *j = &w->jobs[job];
    record_placement_row row = { .start_ns = j->row.start_ns,
                                 .end_ns = w->now_ns,
                                 .job = job,
                                 .instance = j->node,
                                 .pool = w->nodes[j->node].pool,
                                 .purchase = SKY_ON_DEMAND,
                                 .end_reason = (uint32_t)why };
    sky_status status = write_row(t, RECORD_PLACEMENTS, &row);

    for (uint32_t part = j->more_parts; part != SKY_NONE && status == SKY_OK; part = w->parts[part].next) {
        row.instance = w->parts[part].node;
        row.pool = w->nodes[row.instance].pool;
        status = write_row(t, RECORD_PLACEMENTS, &row);
    }
    return status;
}

static sky_status end_task(twin *t, uint32_t index)
{
    world *w = &t->world;
    world_job *job = &w->jobs[index];
    sky_event e = task_fact(t, SKY_EVENT_JOB_DONE, index);
    sky_status status = write_task(t, index, WORLD_END_DONE);

    world_remove_task(w, index);
    w->pending--;
    w->done++;
    job->row.state = 2;
    job->row.end_ns = w->now_ns;
    job->row.done_ns = job->row.work_ns;
    job->row.deadline_met = w->now_ns <= job->row.deadline_ns;
    e.a = job->row.done_ns;
    return status == SKY_OK ? tell(t, &e) : status;
}

static sky_status reclaim(twin *t, uint32_t instance)
{
    world *w = &t->world;
    const world_instance *i = &w->instances[instance];
    sky_event e;
    sky_status status;

    if (!i->live)
        return SKY_OK;
    if (world_done_ns(w, i, w->now_ns) == w->jobs[i->job].row.work_ns)
        return finish(t, instance); /* it ended at this very instant */
    world_stop(w, instance, WORLD_END_PREEMPTED);
    e = instance_fact(t, SKY_EVENT_INSTANCE_RECLAIMED, instance);
    e.a = w->jobs[i->job].durable_ns;
    status = write_placement(t, instance, WORLD_END_PREEMPTED);
    return status == SKY_OK ? tell(t, &e) : status;
}

static sky_status out_of_events(twin *t)
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
            status = reclaim(t, i);
            continue;
        }
        if (w->instances[i].noticed)
            continue;
        w->instances[i].noticed = 1;
        e = instance_fact(t, SKY_EVENT_PREEMPTION_NOTICE, i);
        e.a = w->now_ns + notice_ns;
        status = tell(t, &e);
        if (status == SKY_OK && kernel_queue_push(&w->queue, e.a, region, WORLD_RECLAIM, i, 0, 0) != SKY_OK)
            status = out_of_events(t);
    }
    return status;
}

static sky_status move_market(twin *t, uint32_t pool)
{
    world *w = &t->world;
    market *m = &w->pools[pool].market;
    int64_t before = m->spot_nusd_per_hour, next_ns;
    int was_available = m->available;
    sky_status status = SKY_OK;

    world_accrue_pool_spot(w, pool); /* at the old price, up to now */
    market_advance(m);
    for (uint32_t i = w->pools[pool].first_spot; i != SKY_NONE; i = w->instances[i].next_spot)
        w->rate_nusd_per_hour += (m->spot_nusd_per_hour - before) * w->instances[i].machines;
    if (was_available && !m->available)
        status = preempt_pool(t, pool);
    if (status == SKY_OK && m->spot_nusd_per_hour != before)
        status = tell_price(t, pool, SKY_SPOT);
    if (status == SKY_OK)
        status = write_price(t, pool);
    next_ns = market_next_ns(m);
    if (status == SKY_OK && next_ns < w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, t->scenario->pools[pool].region, WORLD_MARKET, pool, 0, 0) !=
            SKY_OK)
        status = out_of_events(t);
    return status;
}

/* The world gives a job up: at its deadline where the scenario says so, or because the engine rejects it. */
static sky_status give_up(twin *t, uint32_t index, uint32_t state)
{
    world *w = &t->world;
    world_job *job = &w->jobs[index];
    sky_event e = fact(t, SKY_EVENT_JOB_FAILED);
    sky_status status = SKY_OK;

    e.job = index;
    if (job->instance != SKY_NONE) {
        uint32_t instance = job->instance;

        world_stop(w, instance, WORLD_END_RUN_OVER);
        status = write_placement(t, instance, WORLD_END_RUN_OVER);
    }
    e.a = job->durable_ns;
    w->pending--;
    w->failed++;
    job->row.state = state;
    job->row.end_ns = w->now_ns;
    return status == SKY_OK ? tell(t, &e) : status;
}

static int is_hopeless(const twin *t, const world_job *job)
{
    return t->scenario->stop_at_deadline && job->row.deadline_ns != SKY_NEVER_NS &&
           add_sat_i64(job->row.work_ns, job->restart_ns) > job->row.deadline_ns - job->row.submit_ns;
}

/* What a task's submission leaves open, where there is anything to say. */
static sky_status tell_terms(twin *t, uint32_t job)
{
    const world_job *j = &t->world.jobs[job];
    sky_event e = fact(t, SKY_EVENT_TASK);

    if (j->gang == 1 && j->tenant == 0 && j->priority == 0)
        return SKY_OK;
    e.job = job;
    e.other = j->tenant;
    e.detail = (uint16_t)j->workload->together;
    e.a = j->gang;
    e.b = j->priority;
    return tell(t, &e);
}

static sky_status arrive(twin *t, uint32_t workload)
{
    world *w = &t->world;
    uint32_t control = (uint32_t)t->scenario->region_count, index;
    sky_event e = fact(t, SKY_EVENT_JOB_SUBMITTED);
    sky_status status = world_submit(w, workload, &index, t->error);
    int64_t next_ns;

    if (status != SKY_OK)
        return status;
    e.job = index;
    e.other = w->jobs[index].row.job_class;
    e.a = w->jobs[index].estimate_ns > 0 ? w->jobs[index].estimate_ns : 1;
    e.detail = w->jobs[index].workload->work_fraction;
    e.b = w->jobs[index].row.deadline_ns;
    e.c = w->jobs[index].checkpoint_bytes;
    e.d = w->jobs[index].restart_ns;
    status = tell(t, &e);
    if (status == SKY_OK && t->scenario->classes[e.other].is_task)
        status = tell_terms(t, index);
    if (status == SKY_OK && is_hopeless(t, &w->jobs[index])) {
        world_bill_quote(w, &w->jobs[index]);
        t->cost_before_tick_nusd = w->cost_nusd - w->egress_total_nusd;
        status = give_up(t, index, 3);
    }
    next_ns = world_next_arrival(w, workload);
    if (status == SKY_OK && next_ns < w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, control, WORLD_ARRIVAL, workload, 0, 0) != SKY_OK)
        status = out_of_events(t);
    return status;
}

static sky_status report_progress(twin *t)
{
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (uint32_t j = 0; j < w->job_count && status == SKY_OK; j++) {
        world_job *job = &w->jobs[j];

        if (job->row.state >= 2 || t->scenario->classes[job->row.job_class].is_task)
            continue;
        if (t->scenario->stop_at_deadline && w->now_ns >= job->row.deadline_ns) {
            status = give_up(t, j, 3);
        } else if (job->instance != SKY_NONE) {
            const world_instance *i = &w->instances[job->instance];
            sky_event e = instance_fact(t, SKY_EVENT_JOB_PROGRESS, job->instance);

            e.a = world_durable_ns(w, i, w->now_ns);
            e.b = i->run_ns > w->now_ns ? i->run_ns - w->now_ns : 0;
            status = tell(t, &e);
        }
    }
    return status;
}

static int all_over(const twin *t)
{
    const world *w = &t->world;

    /* tasks that wait while nothing runs and nothing comes would wait for ever */
    if (w->running > 0 || (w->pending > 0 && t->scenario->node_count == 0))
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
    sky_event e = fact(t, SKY_EVENT_TICK);
    record_series_row row;
    sky_status status;

    world_accrue_all(w);
    status = report_progress(t);
    if (status != SKY_OK)
        return status;
    t->over = all_over(t);
    if (t->over && w->now_ns > 0)
        return SKY_OK;
    t->cost_before_tick_nusd = w->cost_nusd - w->egress_total_nusd;
    row = (record_series_row){ .time_ns = w->now_ns,
                               .cost_rate_nusd_per_hour = w->rate_nusd_per_hour,
                               .cost_nusd = w->cost_nusd,
                               .running = w->running,
                               .pending = w->pending,
                               .done = w->done,
                               .failed = w->failed };
    status = write_row(t, RECORD_SERIES, &row);
    if (status == SKY_OK)
        status = tell(t, &e);
    if (status == SKY_OK && next_ns <= w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, (uint32_t)t->scenario->region_count, WORLD_TICK, 0, 0, 0) !=
            SKY_OK)
        status = out_of_events(t);
    if (t->output->progress != NULL)
        t->output->progress(t->output->context, w->now_ns, w->end_ns);
    if (status == SKY_OK && t->output->stop != NULL && t->output->stop(t->output->context)) {
        snprintf(t->error->message, sizeof t->error->message, "interrupted");
        status = SKY_ERROR_STOPPED;
    }
    return status;
}

static sky_status happen(twin *t, const kernel_event *event)
{
    switch (event->kind) {
    case WORLD_MARKET:
        return move_market(t, event->subject);
    case WORLD_FINISH:
        return finish(t, event->subject);
    case WORLD_RECLAIM:
        return reclaim(t, event->subject);
    case WORLD_ARRIVAL:
        return arrive(t, event->subject);
    case WORLD_TASK_END:
        return end_task(t, event->subject);
    default:
        return tick(t);
    }
}

/* ---- the engine's orders ------------------------------------------------------------------------------------- */

static const scenario_eligible *eligible_for(const twin *t, uint32_t job, uint32_t pool)
{
    const scenario_class *c = &t->scenario->classes[t->world.jobs[job].row.job_class];

    for (size_t i = 0; i < c->eligible_count; i++)
        if (c->eligible[i].pool == pool)
            return &c->eligible[i];
    return NULL;
}

static sky_status launch(twin *t, const sky_action *a)
{
    world *w = &t->world;
    const scenario_eligible *eligible = eligible_for(t, a->job, a->pool);
    uint32_t old = w->jobs[a->job].instance, instance;
    sky_event e = fact(t, SKY_EVENT_LAUNCH_FAILED);
    sky_status status = SKY_OK;

    if (eligible != NULL && world_can_launch(w, a->pool, (sky_purchase)a->purchase, eligible->machines)) {
        if (old != SKY_NONE) /* one instance a job: the old one stops first */
            status = write_placement(t, old, world_stop(w, old, WORLD_END_MOVED));
        if (status == SKY_OK)
            status = world_launch(w, a->job, a->pool, (sky_purchase)a->purchase, eligible, &instance,
                                  t->error);
        if (status != SKY_OK)
            return status;
        e.kind = SKY_EVENT_INSTANCE_STARTED;
        e.instance = instance;
    } else {
        w->summary.failed_launches++;
    }
    e.job = a->job;
    e.pool = a->pool;
    e.region = t->scenario->pools[a->pool].region;
    e.detail = a->purchase;
    e.other = a->order;
    return tell(t, &e);
}

static sky_status terminate(twin *t, const sky_action *a)
{
    world *w = &t->world;
    sky_event e = instance_fact(t, SKY_EVENT_INSTANCE_STOPPED, a->instance);
    sky_status status = SKY_OK;

    if (w->instances[a->instance].live) {
        world_end why = world_stop(w, a->instance, WORLD_END_MOVED);

        status = write_placement(t, a->instance, why);
    }
    e.a = w->jobs[a->job].durable_ns;
    e.other = a->order;
    return status == SKY_OK ? tell(t, &e) : status;
}

static sky_status probe(twin *t, const sky_action *a)
{
    world_pool *p = &t->world.pools[a->pool];
    sky_event e = fact(t, SKY_EVENT_PROBE_RESULT);

    e.job = a->job;
    e.pool = a->pool;
    e.region = t->scenario->pools[a->pool].region;
    e.detail = (uint16_t)world_can_launch(&t->world, a->pool, SKY_SPOT, 1);
    e.other = a->order;
    if (e.detail)
        p->probed_ns = t->world.now_ns;
    t->world.summary.probes++;
    return tell(t, &e);
}

static sky_status place(twin *t, const sky_action *a)
{
    world *w = &t->world;
    sky_event e = fact(t, SKY_EVENT_LAUNCH_FAILED);
    int refused_before = w->jobs[a->job].refused_decision == w->summary.decisions, placed;
    int64_t end_ns;
    sky_status status = world_place_part(w, a->job, a->instance, (uint32_t)a->devices, &placed, t->error);

    if (status != SKY_OK || placed == 1 || (placed == 0 && refused_before))
        return status; /* the rest of its gang is still to come, or was refused with an earlier part */
    if (placed == 2) {
        e = task_fact(t, SKY_EVENT_TASK_STARTED, a->job);
        end_ns = world_task_end_ns(w, a->job);
        if (end_ns != SKY_NEVER_NS &&
            kernel_queue_push(&w->queue, end_ns, e.region, WORLD_TASK_END, a->job, 0, 0) != SKY_OK)
            return out_of_events(t);
    } else {
        w->summary.failed_launches++;
        e.job = a->job;
        e.pool = a->pool;
    }
    e.other = a->order;
    return tell(t, &e);
}

static sky_status carry_out(twin *t, const sky_action *a)
{
    world *w = &t->world;
    sky_status status = write_row(t, RECORD_ACTIONS, a);

    t->world.summary.actions++;
    if (status != SKY_OK)
        return status;
    switch (a->kind) {
    case SKY_ACTION_LAUNCH:
        return launch(t, a);
    case SKY_ACTION_TERMINATE:
        return terminate(t, a);
    case SKY_ACTION_PROBE:
        return probe(t, a);
    case SKY_ACTION_PLACE:
        return place(t, a);
    case SKY_ACTION_REJECT:
        w->summary.dropped += a->reason == SKY_REASON_NO_ROOM;
        return give_up(t, a->job, 4);
    default:
        return SKY_OK;
    }
}

/* Destroys the engine and goes on with its snapshot: nothing may change. */
static sky_status restart_engine(twin *t)
{
    unsigned char *bytes;
    size_t size;
    sky_engine *engine;
    sky_status status = sky_engine_snapshot(t->engine, &bytes, &size, t->error);

    if (status != SKY_OK)
        return status;
    status = sky_engine_restore(bytes, size, &engine, t->error);
    free(bytes);
    if (status != SKY_OK)
        return status;
    sky_engine_destroy(t->engine);
    t->engine = engine;
    t->next_restart_ns = SKY_NEVER_NS;
    return SKY_OK;
}

static sky_status ask(twin *t)
{
    sky_status status = SKY_OK;

    if (t->world.now_ns >= t->next_restart_ns)
        status = restart_engine(t);
    for (int round = 0; status == SKY_OK; round++) {
        const sky_action *actions;
        sky_event mark = fact(t, SKY_EVENT_DECIDE);
        size_t count;

        if (round == MAX_ROUNDS) {
            snprintf(t->error->message, sizeof t->error->message, "strategy %s: does not settle at %lld ns",
                     t->options->strategy, (long long)t->world.now_ns);
            return SKY_ERROR_STATE;
        }
        status = tell(t, &mark);
        if (status == SKY_OK)
            status = sky_engine_decide(t->engine, t->world.now_ns, &actions, &count, t->error);
        if (status != SKY_OK || count == 0)
            break;
        t->world.summary.decisions++;
        for (size_t i = 0; i < count && status == SKY_OK; i++)
            status = carry_out(t, &actions[i]);
    }
    world_bill_probes(&t->world);
    return status;
}

/* ---- the run -------------------------------------------------------------------------------------------------- */

static sky_status run(twin *t)
{
    world *w = &t->world;
    sky_status status = tell_catalog(t);
    kernel_event event;

    while (status == SKY_OK && !t->over && kernel_queue_peek(&w->queue, &event) &&
           event.time_ns <= w->end_ns) {
        w->now_ns = event.time_ns;
        while (status == SKY_OK && kernel_queue_peek(&w->queue, &event) && event.time_ns == w->now_ns) {
            kernel_queue_pop(&w->queue, &event);
            status = happen(t, &event);
        }
        if (status == SKY_OK && !t->over)
            status = ask(t);
        if (status == SKY_OK && !t->over && w->running + w->pending == 0)
            t->over = all_over(t);
    }
    return status;
}

static sky_status close_jobs(twin *t)
{
    world *w = &t->world;
    record_summary *s = &w->summary;
    sky_status status = SKY_OK;

    for (size_t j = 0; j < w->job_count && status == SKY_OK; j++) {
        world_job *job = &w->jobs[j];

        if (job->instance != SKY_NONE) {
            uint32_t instance = job->instance;

            world_stop(w, instance, WORLD_END_RUN_OVER);
            status = write_placement(t, instance, WORLD_END_RUN_OVER);
        }
        if (job->parts > 0 && status == SKY_OK)
            status = write_task(t, (uint32_t)j, WORLD_END_RUN_OVER);
        s->jobs++;
        s->done += job->row.state == 2;
        s->failed += job->row.state == 3;
        s->rejected += job->row.state == 4;
        if (job->row.deadline_ns != SKY_NEVER_NS && job->row.deadline_ns <= w->end_ns) {
            s->deadlines++;
            s->deadlines_met += job->row.deadline_met;
        }
        if (status == SKY_OK)
            status = write_row(t, RECORD_JOBS, &job->row);
    }
    return status;
}

static sky_status close_costs(twin *t)
{
    const scenario *sc = t->scenario;
    world *w = &t->world;
    record_summary *s = &w->summary;
    sky_status status = SKY_OK;

    for (uint32_t p = 0; p < sc->pool_count; p++)
        for (uint32_t purchase = 0; purchase < SKY_PURCHASE_COUNT && status == SKY_OK; purchase++) {
            const world_pool *pool = &w->pools[p];
            record_cost_row row = { .provider = sc->regions[sc->pools[p].region].provider,
                                    .region = sc->pools[p].region,
                                    .pool = p,
                                    .purchase = purchase,
                                    .compute_nusd = pool->compute_nusd[purchase],
                                    .machine_ns = pool->machine_ns[purchase] };

            if (purchase == SKY_SPOT)
                row.probe_nusd = pool->probe_nusd;
            if (purchase == SKY_ON_DEMAND)
                row.egress_nusd = pool->egress_nusd;
            s->compute_nusd += row.compute_nusd;
            s->probe_nusd += row.probe_nusd;
            s->egress_nusd += row.egress_nusd;
            if (purchase == SKY_SPOT)
                s->spot_ns += row.machine_ns;
            else
                s->on_demand_ns += row.machine_ns;
            if (row.compute_nusd != 0 || row.probe_nusd != 0 || row.egress_nusd != 0 || row.machine_ns != 0)
                status = write_row(t, RECORD_COSTS, &row);
        }
    return status;
}

static sky_status close_books(twin *t)
{
    world *w = &t->world;
    record_summary *s = &w->summary;
    sky_status status = close_jobs(t);

    world_accrue_nodes(w);
    if (status == SKY_OK && t->scenario->node_count > 0)
        status = world_measure_nodes(w, t->error);
    if (status == SKY_OK)
        status = close_costs(t);
    if (status != SKY_OK)
        return status;
    s->cost_nusd = s->compute_nusd + s->probe_nusd + s->egress_nusd;
    if (s->cost_nusd != w->cost_nusd) {
        snprintf(t->error->message, sizeof t->error->message,
                 "billing: pools add up to %lld nusd, the bill to %lld", (long long)s->cost_nusd,
                 (long long)w->cost_nusd);
        return SKY_ERROR_STATE;
    }
    s->final_tick_nusd = t->scenario->whole_ticks ? s->cost_nusd - s->egress_nusd - t->cost_before_tick_nusd
                                                  : 0;
    s->end_ns = w->now_ns;
    status = write_row(t, RECORD_SUMMARY, s);
    for (int i = 0; i < RECORD_STREAM_COUNT && status == SKY_OK; i++)
        status = flush(t, (record_stream)i);
    return status;
}

sky_engine_config twin_engine_config(const scenario *s, const twin_options *options)
{
    return (sky_engine_config){ .strategy = options->strategy,
                                .control_interval_ns = s->control_interval_ns,
                                .probe_bill_ns = s->probe_bill_ns,
                                .deadline_guard = s->deadline_guard,
                                .drop_unplaceable = s->drop_unplaceable,
                                /* a stream of its own for each replication, away from the world's draws */
                                .seed = options->seed * UINT64_C(0x9e3779b97f4a7c15) + options->replication };
}

sky_status twin_run(const scenario *s, const twin_options *options, const twin_output *output,
                    record_summary *summary, sky_error *error)
{
    sky_engine_config config = twin_engine_config(s, options);
    twin t = { .scenario = s,
               .options = options,
               .output = output,
               .error = error,
               .next_restart_ns = options->restart_engine_at_ns };
    sky_status status;

    status = sky_engine_create(&config, &t.engine, error);
    if (status == SKY_OK)
        status = world_init(&t.world, s, options->replication, options->seed, error);
    if (status == SKY_OK)
        status = run(&t);
    if (status == SKY_OK)
        status = close_books(&t);
    *summary = t.world.summary;
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        free(t.block[i].bytes);
    world_free(&t.world);
    sky_engine_destroy(t.engine);
    return status;
}
