/* From task to task: credits, batches, and the line between two regions. */
#include "inside.h"

#define CREDIT_PART                                                                                          \
    4 /* credits go back when so great a part of a buffer is free: fewer messages, no deadlock */

static uint32_t address(const pipeline_stream *st, uint32_t lane)
{
    return st->number << PIPELINE_LANE_BITS | lane;
}

static pipeline_stage *sender(process_context *c, const pipeline_stream *st)
{
    return stage_of(c, st->config->from);
}

static pipeline_stage *receiver(process_context *c, const pipeline_stream *st)
{
    return stage_of(c, st->config->to);
}

/* ---- batches ------------------------------------------------------------------------------------------------------ */

/* Records of a batch that is full. */
static uint32_t full_batch(const pipeline_stream_config *config)
{
    int64_t records = UINT32_MAX;

    if (config->record_bytes > 0)
        records = (config->batch_bytes + config->record_bytes - 1) / config->record_bytes;
    return records < 1 ? 1 : records < UINT32_MAX ? (uint32_t)records : UINT32_MAX;
}

/* Sends so many records over the line, and the watermarks behind them, which have no size. */
static void ship_batch(process_context *c, pipeline_stream *st, uint32_t records)
{
    const pipeline_stream_config *config = st->config;
    const pipeline_shared *shared = c->shared;
    const random_key key = { .seed = shared->config.seed,
                             .replication = shared->config.replication,
                             .thing = UINT32_C(3) << 30 | st->number }; /* no way of a service, nor a link */
    int64_t bytes = records * config->record_bytes + config->header_bytes, arrive_ns;
    uint32_t region = receiver(c, st)->config->region;

    arrive_ns = st->free_ns > c->now_ns ? st->free_ns : c->now_ns;
    if (records > 0) {
        st->count.bytes += bytes;
        if (st->bytes_per_s > 0)
            arrive_ns += latency_serialisation_ns(bytes, st->bytes_per_s);
        st->free_ns = arrive_ns;
        if (config->jitter.mean_ns > 0)
            arrive_ns += latency_jitter_ns(&config->jitter, key, c->now_ns, st->count.batches);
        st->count.batches++;
    }
    arrive_ns += st->latency_ns;
    st->last_ns = arrive_ns > st->last_ns ? arrive_ns : st->last_ns;
    st->count.batched -= records;
    while (st->batch.count > 0 && (records > 0 || ring_at(&st->batch, 0)->kind == ENTRY_WATERMARK)) {
        pipeline_entry e = ring_pop(&st->batch);

        records -= e.kind == ENTRY_RECORD;
        process_send(c, region, st->last_ns - c->now_ns,
                     e.kind == ENTRY_WATERMARK ? PIPELINE_WATERMARK : PIPELINE_RECORD, address(st, e.lane),
                     e.key, e.event_ns);
    }
    st->batch_number++;
}

/* Sends what is there: one batch, or many where they were held back. */
static void ship(process_context *c, pipeline_stream *st)
{
    uint32_t most = full_batch(st->config);

    while (st->batch.count > 0 && !st->holds)
        ship_batch(c, st, st->count.batched < most ? st->count.batched : most);
}

void stream_send(process_context *c, pipeline_stream *st, uint32_t lane, pipeline_entry entry)
{
    const pipeline_stream_config *config = st->config;

    entry.kind = ENTRY_RECORD;
    entry.stream = st->number;
    entry.lane = lane;
    st->count.sent++;
    if (st->direct) {
        st->count.bytes += config->record_bytes;
        st->arrived++;
        stage_take(c, receiver(c, st), lane, entry);
        return;
    }
    if (ring_push(&st->batch, entry) != 0)
        pipeline_out_of_memory(c);
    st->count.batched++;
    if (st->count.batched * config->record_bytes >= config->batch_bytes)
        ship(c, st);
    else if (st->count.batched == 1)
        process_schedule(c, config->linger_ns, PIPELINE_LINGER, st->number, 0, (int64_t)st->batch_number);
}

void stream_linger(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stream *st = stream_of(c, event->subject);

    (void)state;
    if (st->batch_number == (uint64_t)event->a)
        ship(c, st);
}

/* To each task of the receiver, behind what was sent before. */
void stream_send_watermark(process_context *c, pipeline_stream *st, uint32_t task, int64_t time_ns)
{
    pipeline_stage *to = receiver(c, st);
    pipeline_entry mark = { .event_ns = time_ns, .key = task, .kind = ENTRY_WATERMARK, .stream = st->number };

    for (mark.lane = 0; mark.lane < to->tasks; mark.lane++)
        if (st->direct)
            stage_take(c, to, mark.lane, mark);
        else if (ring_push(&st->batch, mark) != 0)
            pipeline_out_of_memory(c);
    if (!st->direct && st->count.batched == 0)
        ship(c, st);
}

/* Those of a task, where there are enough. */
static void send_credits(process_context *c, pipeline_stream *st, uint32_t lane)
{
    if (st->holds || st->owed[lane] == 0 || st->owed[lane] * CREDIT_PART < receiver(c, st)->config->buffer)
        return;
    process_send(c, sender(c, st)->config->region, st->latency_ns, PIPELINE_CREDIT, address(st, lane), 0,
                 st->owed[lane]);
    st->owed[lane] = 0;
}

/* At its end that is here. */
void stream_open(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stream *st = stream_of(c, event->subject);

    (void)state;
    if (event->other == 0)
        ship(c, st);
    for (uint32_t lane = 0; event->other == 1 && lane < receiver(c, st)->config->most; lane++)
        send_credits(c, st, lane);
}

int stream_update(const pipeline_shared *shared, pipeline_stream *st)
{
    uint32_t held = st->holds;

    st->holds = !st->direct && (st->is_closed || shared->stages[st->config->from].is_out ||
                                shared->stages[st->config->to].is_out);
    return held && !st->holds;
}

/* ---- arrivals ------------------------------------------------------------------------------------------------------ */

void stream_record(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stream *st = stream_of(c, event->subject >> PIPELINE_LANE_BITS);
    pipeline_stage *to = receiver(c, st);
    pipeline_entry entry = { .event_ns = event->a,
                             .key = event->other,
                             .kind = ENTRY_RECORD,
                             .stream = st->number,
                             .lane = event->subject & PIPELINE_LANE_MASK };
    uint32_t task = entry.lane;

    (void)state;
    st->arrived++;
    if (st->config->by_key) /* the stage may have been scaled while it was under way */
        task = keys_owner(entry.key, to->tasks);
    else if (task >= to->tasks)
        task %= to->tasks;
    stage_take(c, to, task, entry);
}

void stream_watermark(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stream *st = stream_of(c, event->subject >> PIPELINE_LANE_BITS);
    pipeline_stage *to = receiver(c, st);
    pipeline_entry mark = { .event_ns = event->a,
                            .key = event->other,
                            .kind = ENTRY_WATERMARK,
                            .stream = st->number,
                            .lane = event->subject & PIPELINE_LANE_MASK };

    (void)state;
    if (mark.lane < to->tasks && mark.key < sender(c, st)->tasks)
        stage_take(c, to, mark.lane, mark);
}

/* ---- credits ------------------------------------------------------------------------------------------------------- */

uint32_t stream_lane(process_context *c, pipeline_stream *st, uint32_t key)
{
    uint32_t tasks = receiver(c, st)->tasks;

    if (tasks == 1)
        return 0;
    return st->config->by_key ? keys_owner(key, tasks) : st->turn++ % tasks;
}

void stream_wait(pipeline_stream *st, uint32_t lane, pipeline_stage *from, uint32_t task)
{
    from->task[task].next_blocked = PIPELINE_NONE;
    if (st->first_blocked[lane] == PIPELINE_NONE)
        st->first_blocked[lane] = task;
    else
        from->task[st->last_blocked[lane]].next_blocked = task;
    st->last_blocked[lane] = task;
}

int stream_reserve(pipeline_stream *st, uint32_t lane, pipeline_stage *from, uint32_t task)
{
    if (!st->limited)
        return 1;
    if (st->credits[lane] > 0) {
        st->credits[lane]--;
        return 1;
    }
    stream_wait(st, lane, from, task);
    return 0;
}

static void give(process_context *c, pipeline_stream *st, uint32_t lane, uint32_t places)
{
    pipeline_stage *from = sender(c, st);

    for (; places > 0 && !from->is_out && st->first_blocked[lane] != PIPELINE_NONE; places--) {
        uint32_t task = st->first_blocked[lane];

        st->first_blocked[lane] = from->task[task].next_blocked;
        task_unblock(c, from, task);
    }
    st->credits[lane] += places;
}

void stream_credit(process_context *c, void *state, const kernel_event *event)
{
    (void)state;
    give(c, stream_of(c, event->subject >> PIPELINE_LANE_BITS), event->subject & PIPELINE_LANE_MASK,
         (uint32_t)event->a);
}

void stream_wake(process_context *c, pipeline_stream *st)
{
    for (uint32_t lane = 0; st->limited && lane < receiver(c, st)->config->most; lane++) {
        uint32_t places = st->credits[lane];

        st->credits[lane] = 0;
        give(c, st, lane, places);
    }
}

void stream_free_place(process_context *c, pipeline_stream *st, uint32_t lane)
{
    if (!st->limited)
        return;
    if (st->direct) {
        give(c, st, lane, 1);
        return;
    }
    st->owed[lane]++;
    send_credits(c, st, lane);
}

/* ---- from beginning to end ----------------------------------------------------------------------------------------- */

int stream_begin(const pipeline_shared *shared, pipeline_stream *st)
{
    const pipeline_stage_config *from = &shared->config.stages[st->config->from];
    const pipeline_stage_config *to = &shared->config.stages[st->config->to];
    const pipeline_stream_config *config = st->config;

    st->latency_ns = config->latency_ns;
    st->bytes_per_s = config->bytes_per_s;
    st->limited = to->buffer != PIPELINE_UNLIMITED;
    st->direct = from->region == to->region && config->latency_ns == 0 && config->bytes_per_s == 0 &&
                 config->batch_bytes == 0 && config->jitter.mean_ns == 0;
    st->credits = malloc(to->most * sizeof *st->credits);
    st->first_blocked = malloc(to->most * sizeof *st->first_blocked);
    st->last_blocked = malloc(to->most * sizeof *st->last_blocked);
    st->owed = calloc(to->most, sizeof *st->owed);
    if (st->credits == NULL || st->first_blocked == NULL || st->last_blocked == NULL || st->owed == NULL)
        return -1;
    for (uint32_t lane = 0; lane < to->most; lane++) {
        st->credits[lane] = to->buffer;
        st->first_blocked[lane] = st->last_blocked[lane] = PIPELINE_NONE;
    }
    return 0;
}

void stream_end(pipeline_stream *st)
{
    free(st->credits);
    free(st->first_blocked);
    free(st->last_blocked);
    free(st->owed);
    free(st->batch.entries);
}
