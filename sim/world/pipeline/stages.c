/* Tasks: a queue, a server, and what it holds while the next stage has no room. */
#include "inside.h"

#include <assert.h>

#define LONG_AGO (INT64_MIN / 2)

void stage_count_to(pipeline_stage *s, int64_t now_ns)
{
    int64_t time_ns = now_ns - s->changed_ns;

    if (time_ns == 0)
        return;
    if (!s->is_out) {
        s->count.busy_ns += (sky_int128)s->busy * time_ns;
        s->count.blocked_ns += (sky_int128)s->blocked * time_ns;
        s->count.task_ns += (sky_int128)s->tasks * time_ns;
    }
    s->count.waiting_ns += (sky_int128)s->count.waiting * time_ns;
    s->changed_ns = now_ns;
}

static void check(const pipeline_stage *s)
{
    assert(s->count.received == s->count.taken + s->count.waiting + s->count.serving);
    assert(s->count.results * s->out_count == s->count.sent + s->count.holding);
}

/* ---- watermarks -------------------------------------------------------------------------------------------------- */

static int64_t least_heard_ns(process_context *c, const pipeline_stage *s, const pipeline_task *t)
{
    int64_t least_ns = INT64_MAX;

    for (uint32_t i = 0; i < s->in_count; i++) {
        const pipeline_stream *st = stream_of(c, s->in[i]);
        uint32_t tasks = stage_of(c, st->config->from)->tasks;

        for (uint32_t from = 0; from < tasks; from++)
            if (t->heard_ns[st->slot + from] < least_ns)
                least_ns = t->heard_ns[st->slot + from];
    }
    return least_ns;
}

static void hear(process_context *c, pipeline_stage *s, pipeline_task *t, const pipeline_entry *mark)
{
    int64_t time_ns = mark->event_ns;

    if (mark->stream != PIPELINE_NONE) {
        int64_t *heard_ns = &t->heard_ns[stream_of(c, mark->stream)->slot + mark->key];

        if (time_ns <= *heard_ns)
            return;
        *heard_ns = time_ns;
        time_ns = least_heard_ns(c, s, t);
    }
    if (time_ns <= t->watermark_ns)
        return;
    t->watermark_ns = time_ns;
    operator_watermark(c, s, t);
}

static void forward(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    t->forwarded_ns = t->watermark_ns;
    for (uint32_t i = 0; i < s->out_count; i++)
        stream_send_watermark(c, stream_of(c, s->out[i]), (uint32_t)(t - s->task), t->forwarded_ns);
}

/* ---- serving ------------------------------------------------------------------------------------------------------ */

/* Sends the results that are left. 0: the task is blocked. */
static int emit(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    for (; t->copies > 0; t->copies--) {
        for (; t->at < s->out_count; t->at++) {
            pipeline_stream *st = stream_of(c, s->out[t->at]);

            t->lane = stream_lane(c, st, t->current.key);
            if (!stream_reserve(st, t->lane, s, (uint32_t)(t - s->task))) {
                t->state = TASK_BLOCKED;
                stage_count_to(s, c->now_ns);
                s->blocked++;
                return 0;
            }
            s->count.sent++;
            s->count.holding--;
            stream_send(c, st, t->lane, t->current);
        }
        t->at = 0;
    }
    return 1;
}

/* What it has is served. 0: the task is blocked. */
static int finish(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    if (t->current.kind == ENTRY_RECORD) {
        s->count.serving--;
        s->count.taken++;
    }
    t->copies = operator_apply(c, s, t);
    s->count.results += t->copies;
    s->count.holding += t->copies * s->out_count;
    t->at = 0;
    return emit(c, s, t);
}

/* Takes up what is next. 0: there is nothing, or the stage stands still. */
static int take_up(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    while (c->now_ns >= s->resume_ns && !s->is_out) {
        if (t->results.count > 0) {
            pipeline_entry *first = ring_at(&t->results, 0);

            t->current = *first;
            if (--first->lane == 0)
                ring_pop(&t->results);
            return 1;
        }
        if (t->forwarded_ns < t->watermark_ns)
            forward(c, s, t);
        if (t->queue.count == 0)
            return 0;
        t->current = ring_pop(&t->queue);
        if (t->current.kind == ENTRY_WATERMARK) {
            hear(c, s, t, &t->current);
            continue;
        }
        stage_count_to(s, c->now_ns);
        t->records--;
        s->count.waiting--;
        s->count.serving++;
        if (t->current.stream != PIPELINE_NONE)
            stream_free_place(c, stream_of(c, t->current.stream), t->current.lane);
        return 1;
    }
    return 0;
}

/* Serves all that takes no time, until it is blocked, busy, or has nothing. */
static void go_on(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    int64_t time_ns = 0;

    do {
        if (!take_up(c, s, t)) {
            t->state = TASK_IDLE;
            break;
        }
        time_ns = duration_ns(&s->config->time, stream_exponential(&t->times));
    } while (time_ns == 0 && finish(c, s, t));
    if (time_ns > 0 && t->state == TASK_RUNNING) {
        t->state = TASK_BUSY;
        stage_count_to(s, c->now_ns);
        s->busy++;
        process_schedule(c, time_ns, PIPELINE_DONE, s->number, (uint32_t)(t - s->task), 0);
    }
    check(s);
}

void task_go(process_context *c, pipeline_stage *s, uint32_t task)
{
    pipeline_task *t = &s->task[task];

    if (t->state != TASK_IDLE)
        return;
    t->state = TASK_RUNNING;
    go_on(c, s, t);
}

void task_unblock(process_context *c, pipeline_stage *s, uint32_t task)
{
    pipeline_task *t = &s->task[task];

    assert(t->state == TASK_BLOCKED);
    t->state = TASK_RUNNING;
    stage_count_to(s, c->now_ns);
    s->blocked--;
    s->count.sent++;
    s->count.holding--;
    stream_send(c, stream_of(c, s->out[t->at]), t->lane, t->current);
    t->at++;
    if (emit(c, s, t))
        go_on(c, s, t);
}

void stage_done(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stage *s = stage_of(c, event->subject);
    pipeline_task *t = &s->task[event->other];

    (void)state;
    stage_count_to(s, c->now_ns);
    s->busy--;
    t->state = s->is_out ? TASK_HELD : TASK_RUNNING;
    if (t->state == TASK_RUNNING && finish(c, s, t))
        go_on(c, s, t);
}

void stage_resume(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stage *s = stage_of(c, event->subject);

    (void)state;
    if (s->is_out)
        return; /* scaled meanwhile */
    for (uint32_t i = 0; i < s->out_count; i++)
        stream_wake(c, stream_of(c, s->out[i]));
    for (uint32_t task = 0; task < s->config->most; task++) {
        pipeline_task *t = &s->task[task];

        if (t->state != TASK_HELD) {
            task_go(c, s, task);
            continue;
        }
        t->state = TASK_RUNNING;
        if (finish(c, s, t))
            go_on(c, s, t);
    }
}

void stage_take(process_context *c, pipeline_stage *s, uint32_t task, pipeline_entry entry)
{
    pipeline_task *t = &s->task[task];

    if (entry.kind == ENTRY_RECORD) {
        stage_count_to(s, c->now_ns);
        s->count.received++;
        s->count.waiting++;
        t->records++;
    } else if (t->queue.count > 0) {
        pipeline_entry *last = ring_at(&t->queue, t->queue.count - 1);

        if (last->kind == ENTRY_WATERMARK && last->stream == entry.stream && last->key == entry.key) {
            last->event_ns = entry.event_ns;
            return;
        }
    }
    if (ring_push(&t->queue, entry) != 0)
        pipeline_out_of_memory(c);
    task_go(c, s, task);
}

/* ---- from beginning to end ---------------------------------------------------------------------------------------- */

int stage_begin(const pipeline_shared *shared, pipeline_stage *s)
{
    random_key key = { .seed = shared->config.seed, .replication = shared->config.replication };

    s->task = calloc(s->config->most, sizeof *s->task);
    if (s->task == NULL)
        return -1;
    for (uint32_t task = 0; task < s->config->most; task++) {
        pipeline_task *t = &s->task[task];

        key.thing = s->number << PIPELINE_LANE_BITS | task;
        key.purpose = RANDOM_PIPELINE_SERVICE;
        stream_init(&t->times, &key);
        key.purpose = RANDOM_PIPELINE_RESULTS;
        t->results_key = key;
        key.purpose = RANDOM_PIPELINE_SAMPLE;
        t->sample_key = key;
        t->watermark_ns = t->forwarded_ns = LONG_AGO;
        t->heard_ns = malloc((s->slots + 1) * sizeof *t->heard_ns);
        if (t->heard_ns == NULL)
            return -1;
        for (uint32_t i = 0; i < s->slots; i++)
            t->heard_ns[i] = LONG_AGO;
    }
    if (s->config->kind == PIPELINE_SINK && (s->latency = calloc(1, sizeof *s->latency)) == NULL)
        return -1;
    return s->config->kind == PIPELINE_SOURCE
               ? keys_init(&s->keys, s->config->source.keys, s->config->source.skew)
               : 0;
}

void stage_end(pipeline_stage *s)
{
    for (uint32_t task = 0; s->task != NULL && task < s->config->most; task++) {
        pipeline_task *t = &s->task[task];

        free(t->queue.entries);
        free(t->results.entries);
        free(t->heard_ns);
        panes_free(&t->panes);
    }
    free(s->task);
    free(s->in);
    free(s->out);
    free(s->latency);
    keys_free(&s->keys);
}
