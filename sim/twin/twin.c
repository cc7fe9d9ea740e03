/* The loop: events of the world, in order, to the engine; the engine's orders back to the world, until it
 * has no more; then the next instant. Everything that passes is written down on the way. */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS 100000 /* of orders and answers at one instant: more is a strategy that never settles */

const char *const twin_part_names[PROFILE_PARTS] = {
    [TWIN_OTHER] = "other",
    [TWIN_WORLD] = "world: events",
    [TWIN_ORDERS] = "world: orders",
    [TWIN_OBSERVE] = "engine: observe",
    [TWIN_DECIDE] = "engine: decide",
    [TWIN_RECORD] = "record",
    [TWIN_SERVICES] = "world: services",
    [TWIN_PIPELINES] = "world: pipelines",
};

static const size_t row_size[RECORD_STREAM_COUNT] = {
    [RECORD_EVENTS] = sizeof(sky_event),
    [RECORD_ACTIONS] = sizeof(sky_action),
    [RECORD_SERIES] = sizeof(record_series_row),
    [RECORD_PRICES] = sizeof(record_price_row),
    [RECORD_PLACEMENTS] = sizeof(record_placement_row),
    [RECORD_JOBS] = sizeof(record_job_row),
    [RECORD_COSTS] = sizeof(record_cost_row),
    [RECORD_TRANSFERS] = sizeof(record_transfer_row),
    [RECORD_LINKS] = sizeof(record_link_row),
    [RECORD_REQUESTS] = sizeof(record_request_row),
    [RECORD_SERVICES] = sizeof(record_request_row),
    [RECORD_SPANS] = sizeof(record_span_row),
    [RECORD_EDGES] = sizeof(record_edge_row),
    [RECORD_STORAGE] = sizeof(record_storage_row),
    [RECORD_PIPELINES] = sizeof(record_pipeline_row),
    [RECORD_PIPELINE_TOTALS] = sizeof(record_pipeline_row),
    [RECORD_SUMMARY] = sizeof(record_summary),
};

sky_status twin_flush(twin *t, record_stream stream)
{
    twin_block *b = &t->block[stream];
    size_t count = b->count;
    sky_status status;
    uint32_t outer;

    b->count = 0;
    if (count == 0)
        return SKY_OK;
    outer = profile_enter(t->output->profile, TWIN_RECORD);
    if (t->output->blocks != NULL) {
        status = t->output->blocks(t->output->context, stream, b->bytes, count, t->error);
        b->bytes = NULL;
    } else {
        status = t->output->rows(t->output->context, stream, b->bytes, count, t->error);
    }
    profile_leave(t->output->profile, outer);
    return status;
}

sky_status twin_make_block(twin *t, record_stream stream)
{
    twin_block *b = &t->block[stream];

    if (b->bytes != NULL)
        return SKY_OK;
    b->row_size = row_size[stream];
    b->capacity = RECORD_BLOCK_BYTES / b->row_size;
    b->bytes = malloc(b->capacity * b->row_size);
    if (b->bytes == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

sky_status twin_write_row(twin *t, record_stream stream, const void *row)
{
    twin_block *b = &t->block[stream];

    if (t->output->rows == NULL && t->output->blocks == NULL)
        return SKY_OK;
    if (b->bytes == NULL && twin_make_block(t, stream) != SKY_OK)
        return SKY_ERROR_MEMORY;
    memcpy(b->bytes + b->count * b->row_size, row, b->row_size);
    return ++b->count == b->capacity ? twin_flush(t, stream) : SKY_OK;
}

sky_event twin_fact(const twin *t, sky_event_kind kind)
{
    return (sky_event){ .time_ns = t->world.now_ns,
                        .kind = (uint16_t)kind,
                        .region = SKY_NONE,
                        .pool = SKY_NONE,
                        .job = SKY_NONE,
                        .instance = SKY_NONE,
                        .other = SKY_NONE };
}

/* Facts of a catalog that is listed, and told to nobody. */
static sky_status list_fact(twin *t, const sky_event *event)
{
    twin_facts *f = t->facts;

    if (f->count == f->room) {
        size_t room = f->room == 0 ? 256 : 2 * f->room;
        sky_event *more = realloc(f->events, room * sizeof *more);

        if (more == NULL) {
            snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
            return SKY_ERROR_MEMORY;
        }
        f->events = more;
        f->room = room;
    }
    f->events[f->count++] = *event;
    return SKY_OK;
}

sky_status twin_tell(twin *t, const sky_event *event)
{
    sky_status status;
    uint32_t outer;

    if (t->facts != NULL)
        return list_fact(t, event);
    status = twin_write_row(t, RECORD_EVENTS, event);
    t->world.summary.events++;
    if (status != SKY_OK)
        return status;
    outer = profile_enter(t->output->profile, TWIN_OBSERVE);
    status = sky_engine_observe(t->engine, event, t->error);
    profile_leave(t->output->profile, outer);
    return status;
}

static sky_status decide(twin *t, const sky_action **actions, size_t *count)
{
    uint32_t outer = profile_enter(t->output->profile, TWIN_DECIDE);
    sky_status status = sky_engine_decide(t->engine, t->world.now_ns, actions, count, t->error);

    profile_leave(t->output->profile, outer);
    return status;
}

static sky_status ask(twin *t)
{
    sky_status status = SKY_OK;

    for (int round = 0; status == SKY_OK; round++) {
        const sky_action *actions;
        sky_event mark = twin_fact(t, SKY_EVENT_DECIDE);
        uint32_t outer;
        size_t count;

        if (round == MAX_ROUNDS) {
            snprintf(t->error->message, sizeof t->error->message, "strategy %s: does not settle at %lld ns",
                     t->options->strategy, (long long)t->world.now_ns);
            return SKY_ERROR_STATE;
        }
        status = twin_tell(t, &mark);
        if (status == SKY_OK)
            status = decide(t, &actions, &count);
        if (status != SKY_OK || count == 0)
            break;
        t->world.summary.decisions++;
        outer = profile_enter(t->output->profile, TWIN_ORDERS);
        for (size_t i = 0; i < count && status == SKY_OK; i++)
            status = twin_carry_out(t, &actions[i]);
        profile_leave(t->output->profile, outer);
    }
    world_bill_probes(&t->world);
    return status;
}

/* A slow control plane decides so much after the first thing that it should have decided upon, by what it knows then. */
static sky_status ask_in_time(twin *t)
{
    world *w = &t->world;

    if (w->decision_delay_ns == 0 || w->asks_ns == w->now_ns)
        return ask(t);
    if (w->asks_ns > w->now_ns)
        return SKY_OK;
    w->asks_ns = add_sat_i64(w->now_ns, w->decision_delay_ns);
    if (w->asks_ns <= w->end_ns &&
        kernel_queue_push(&w->queue, w->asks_ns, (uint32_t)t->scenario->region_count, WORLD_ASK, 0, 0, 0) !=
            SKY_OK)
        return twin_out_of_events(t);
    return SKY_OK;
}

static int is_asked_to_stop(const twin *t)
{
    return t->output->stop != NULL && t->output->stop(t->output->context);
}

int twin_all_ranks_stop(const twin *t)
{
    const ranks *r = t->options->ranks;

    return r != NULL && r->agree(r->context, is_asked_to_stop(t) != 0);
}

static sky_status run(twin *t)
{
    world *w = &t->world;
    sky_status status = SKY_OK;
    kernel_event event;
    uint32_t outer;

    while (status == SKY_OK && !t->over && kernel_queue_peek(&w->queue, &event) &&
           event.time_ns <= w->end_ns) {
        w->now_ns = event.time_ns;
        status = world_store(w, t->error);
        while (status == SKY_OK && kernel_queue_peek(&w->queue, &event) && event.time_ns == w->now_ns) {
            kernel_queue_pop(&w->queue, &event);
            outer = profile_enter(t->output->profile, TWIN_WORLD);
            status = t->options->ranks == NULL && is_asked_to_stop(t) ? SKY_ERROR_STOPPED
                                                                      : twin_happen(t, &event);
            if (status == SKY_OK)
                status = twin_check(t, 0);
            profile_leave(t->output->profile, outer);
        }
        if (status == SKY_OK && !t->over && w->deaf == 0)
            status = ask_in_time(t);
        if (status == SKY_OK)
            status = twin_watch_network(t);
        if (status == SKY_OK)
            status = world_watch_storage(w, t->error);
        if (status == SKY_OK && !t->over)
            status = twin_check(t, 1);
        if (status == SKY_OK && !t->over && w->running == 0 && w->pending == w->pending_tasks)
            t->over = twin_all_over(t);
        if (status == SKY_OK && !t->over)
            status = twin_pass_instant(t);
        if (status == SKY_OK && !t->over) {
            twin_serve_ahead(t);
            twin_stream_ahead(t);
        }
    }
    if (!t->over)
        w->now_ns = w->end_ns; /* nothing more happens, but what runs is paid to the end */
    return status;
}

/* Rows of a run that was stopped are handed over like those of one that ended. */
static sky_status stopped(twin *t)
{
    sky_status status = SKY_OK;

    for (int i = 0; i < RECORD_STREAM_COUNT && status == SKY_OK; i++)
        status = twin_flush(t, (record_stream)i);
    if (status != SKY_OK)
        return status;
    snprintf(t->error->message, sizeof t->error->message, "interrupted");
    return SKY_ERROR_STOPPED;
}

sky_engine_config twin_engine_config(const scenario *s, const twin_options *options)
{
    return (sky_engine_config){ .strategy = options->strategy,
                                .control_interval_ns = s->control_interval_ns,
                                .probe_bill_ns = s->probe_bill_ns,
                                .deadline_guard = s->deadline_guard,
                                .drop_unplaceable = s->drop_unplaceable,
                                /* a stream of its own for each replication, away from the world's draws */
                                .seed = options->seed * UINT64_C(0x9e3779b97f4a7c15) + options->replication,
                                .queue = s->queue,
                                .queue_options = s->queue_options,
                                .serving = s->serving,
                                .serving_options = s->serving_options,
                                .streaming_target_ppm = s->streaming_target_ppm,
                                .scaling = s->scaling,
                                .scaling_options = s->scaling_options,
                                .data_options = s->data_options,
                                .solver = options->solver };
}

sky_status twin_open(twin *t)
{
    const twin_options *options = t->options;
    sky_engine_config config = twin_engine_config(t->scenario, options);
    sky_status status = sky_engine_create(&config, &t->engine, t->error);

    if (status == SKY_OK)
        status = world_init(&t->world, t->scenario, options->replication, options->seed, t->error);
    if (status == SKY_OK)
        status = twin_open_services(t);
    if (status == SKY_OK)
        status = twin_open_storage(t);
    if (status == SKY_OK)
        status = twin_open_pipelines(t);
    return status;
}

void twin_close(twin *t)
{
    free(t->carried_bytes);
    t->carried_bytes = NULL;
    free(t->ways);
    t->ways = NULL;
    twin_free_services(t);
    twin_free_storage(t);
    twin_free_pipelines(t);
    world_free(&t->world);
    sky_engine_destroy(t->engine);
    t->engine = NULL;
}

sky_status twin_run(const scenario *s, const twin_options *options, const twin_output *output,
                    record_summary *summary, sky_error *error)
{
    twin t = { .scenario = s, .now = *options, .options = &t.now, .output = output, .error = error };
    sky_status status = twin_open(&t);

    if (status == SKY_OK && options->checkpoint != NULL)
        status = twin_resume(&t, options->checkpoint, options->checkpoint_bytes);
    else if (status == SKY_OK)
        status = twin_tell_catalog(&t);
    twin_plan_checkpoints(&t);
    if (status == SKY_OK && options->checkpoint != NULL)
        status = twin_pass_change(&t); /* it was to come right after the checkpoint */
    if (status == SKY_OK)
        status = run(&t);
    if (status == SKY_OK)
        status = twin_close_books(&t);
    if (status == SKY_ERROR_STOPPED)
        status = stopped(&t);
    *summary = t.world.summary;
    twin_close(&t);
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        free(t.block[i].bytes);
    return status;
}
