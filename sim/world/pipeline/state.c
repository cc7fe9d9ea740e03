/* What pipelines are in the middle of, as bytes and back. What follows from the rest (how many tasks serve, how many records
 * wait at one) is not among them; what may have come from anywhere is checked against it. */
#include "inside.h"

#define LONG_AGO   (INT64_MIN / 2)
#define MOST_NS    (INT64_MAX / 2)
#define MOST_TOTAL ((sky_int128)1 << 120)

/* What is checked against. */
typedef struct bounds {
    const pipeline_shared *shared;
    const pipeline_stage *stage;
    uint32_t part;
    int64_t now_ns;
} bounds;

static void same_number(state *s, size_t here)
{
    state_check(s, state_count(s, here, 1) == here);
}

/* ---- entries -------------------------------------------------------------------------------------------------------- */

static int has_happened(const bounds *b, int64_t time_ns)
{
    return time_ns >= 0 && time_ns <= b->now_ns;
}

static int is_watermark_time(const bounds *b, int64_t time_ns)
{
    return time_ns >= LONG_AGO && time_ns <= b->now_ns;
}

/* By a stream into the stage, or made in it; mark: the entry is a watermark. */
static int came_by_a_way(const bounds *b, const pipeline_entry *e, int mark)
{
    const pipelines_config *config = &b->shared->config;

    if (b->stage->in_count == 0)
        return e->stream == PIPELINE_NONE;
    return e->stream < config->stream_count && config->streams[e->stream].to == b->stage->number &&
           e->lane < b->stage->config->most &&
           (!mark || e->key < config->stages[config->streams[e->stream].from].most);
}

static int can_be_queued(const bounds *b, const pipeline_entry *e)
{
    int mark = e->kind == ENTRY_WATERMARK;

    return (mark ? is_watermark_time(b, e->event_ns)
                 : e->kind == ENTRY_RECORD && has_happened(b, e->event_ns)) &&
           came_by_a_way(b, e, mark);
}

static int can_be_a_result(const bounds *b, const pipeline_entry *e)
{
    pipeline_kind kind = b->stage->config->kind;

    return (kind == PIPELINE_WINDOW || kind == PIPELINE_JOIN) && e->kind == ENTRY_RESULT &&
           e->stream == PIPELINE_NONE && e->lane > 0 && has_happened(b, e->event_ns);
}

static int can_be_served(const bounds *b, const pipeline_entry *e)
{
    return (e->kind == ENTRY_RECORD && can_be_queued(b, e)) || can_be_a_result(b, e);
}

/* b->stage: that they go to. */
static int can_be_shipped(const bounds *b, const pipeline_entry *e)
{
    return can_be_queued(b, e) && e->lane < b->stage->config->most;
}

typedef int entry_rule(const bounds *b, const pipeline_entry *e);

/* First come first, wherever its memory begins. Returns how many of them are records. */
static uint32_t ring_state(pipeline_ring *r, state *s, const bounds *b, entry_rule *can_be)
{
    size_t count = state_count(s, r->count, sizeof(pipeline_entry));
    uint32_t records = 0;

    for (size_t i = 0; i < count; i++) {
        pipeline_entry e = { .event_ns = 0 };

        if (!state_restores(s))
            e = *ring_at(r, (uint32_t)i);
        STATE_VALUE(s, e);
        state_check(s, can_be(b, &e));
        records += e.kind == ENTRY_RECORD;
        if (state_restores(s) && ring_push(r, e) != 0) {
            state_no_memory(s);
            break;
        }
    }
    return records;
}

/* ---- windows of event time -------------------------------------------------------------------------------------------- */

static int starts_earlier(const void *a, const void *b)
{
    int64_t x = ((const pane *)a)->start_ns, y = ((const pane *)b)->start_ns;

    return (x > y) - (x < y);
}

static void cells_state(pane *window, state *s, const bounds *b)
{
    size_t count = state_count(s, window->count, sizeof *window->cells);

    for (size_t i = 0; i < count && state_is_sound(s); i++) {
        pane_cell cell = { .key = 0 }, *there;

        if (!state_restores(s))
            cell = window->cells[i];
        STATE_VALUE(s, cell);
        state_check(s, has_happened(b, cell.event_ns));
        if (!state_restores(s))
            continue;
        there = pane_cell_of(window, cell.key);
        if (there == NULL) {
            state_no_memory(s);
            return;
        }
        state_check(s, window->count == i + 1); /* its key had no cell yet */
        *there = cell;
    }
}

/* In the order of their starts, which decides on nothing; their cells in the order in which they came, which does. */
static void panes_state(panes *p, state *s, const bounds *b)
{
    size_t count = state_count(s, p->count, sizeof(int64_t));

    if (p->count > 1)
        qsort(p->open, p->count, sizeof *p->open, starts_earlier);
    for (size_t i = 0; i < count && state_is_sound(s); i++) {
        int64_t start_ns = state_restores(s) ? 0 : p->open[i].start_ns;
        pane *window;

        STATE_VALUE(s, start_ns);
        state_check(s, start_ns >= -b->stage->config->window_ns && start_ns <= b->now_ns);
        window = state_restores(s) ? panes_open(p, start_ns) : &p->open[i];
        if (window == NULL) {
            state_no_memory(s);
            return;
        }
        state_check(s, p->count == (state_restores(s) ? i + 1 : count));
        cells_state(window, s, b);
    }
}

/* ---- stages ----------------------------------------------------------------------------------------------------------- */

/* What it is at. A task that serves is taken for one that runs until the event is found that ends it (can_happen), and one that
 * waits for room for one that waits behind itself until it is found in a line. */
static void work_state(pipeline_task *t, uint32_t number, state *s, const bounds *b)
{
    const pipeline_stage *stage = b->stage;
    uint32_t at_work = (uint32_t)t->state;

    STATE_VALUE(s, at_work);
    state_check(s, at_work <= TASK_HELD && at_work != TASK_RUNNING);
    if (at_work != TASK_IDLE) {
        STATE_VALUE(s, t->current);
        state_check(s, can_be_served(b, &t->current));
    }
    if (at_work == TASK_BLOCKED) {
        STATE_VALUE(s, t->copies);
        STATE_VALUE(s, t->at);
        STATE_VALUE(s, t->lane);
        state_check(s, t->copies > 0 && t->at < stage->out_count);
    }
    if (!state_restores(s))
        return;
    t->state = at_work == TASK_BUSY ? TASK_RUNNING : (task_state)at_work;
    t->next_blocked = number;
}

static void task_fields_state(pipeline_task *t, uint32_t number, state *s, const bounds *b)
{
    t->records = ring_state(&t->queue, s, b, can_be_queued);
    ring_state(&t->results, s, b, can_be_a_result);
    work_state(t, number, s, b);
    STATE_VALUE(s, t->watermark_ns);
    STATE_VALUE(s, t->forwarded_ns);
    state_check(s, is_watermark_time(b, t->watermark_ns) && is_watermark_time(b, t->forwarded_ns));
    state_array(s, t->heard_ns, b->stage->slots, sizeof *t->heard_ns);
    for (uint32_t i = 0; i < b->stage->slots; i++)
        state_check(s, is_watermark_time(b, t->heard_ns[i]));
    panes_state(&t->panes, s, b);
    stream_state(&t->times, s);
    STATE_VALUE(s, t->results_drawn);
    STATE_VALUE(s, t->samples_drawn);
}

static int is_a_total(sky_int128 value)
{
    return value >= 0 && value < MOST_TOTAL;
}

/* Its tasks have been restored: counts are what they say. */
static void add_up(pipeline_stage *stage, state *s)
{
    const pipeline_stage_count *n = &stage->count;
    uint64_t waiting = 0, serving = 0, holding = 0;

    stage->busy = stage->blocked = 0;
    for (uint32_t i = 0; i < stage->config->most; i++) {
        const pipeline_task *t = &stage->task[i];

        waiting += t->records;
        serving += (t->state == TASK_RUNNING || t->state == TASK_HELD) && t->current.kind == ENTRY_RECORD;
        stage->busy += t->state == TASK_RUNNING;
        if (t->state != TASK_BLOCKED)
            continue;
        stage->blocked++;
        holding += (uint64_t)t->copies * stage->out_count - t->at;
    }
    state_check(s, n->waiting == waiting && n->serving == serving && n->holding == holding);
    state_check(s, is_a_total(n->busy_ns) && is_a_total(n->blocked_ns) && is_a_total(n->task_ns) &&
                       is_a_total(n->waiting_ns));
}

static void stage_state(pipeline_stage *stage, state *s, const bounds *b)
{
    STATE_VALUE(s, stage->tasks);
    state_check(s, stage->tasks >= 1 && stage->tasks <= stage->config->most);
    STATE_VALUE(s, stage->turn);
    STATE_VALUE(s, stage->changed_ns);
    state_check(s, has_happened(b, stage->changed_ns));
    STATE_VALUE(s, stage->resume_ns);
    STATE_VALUE(s, stage->is_out);
    state_check(s, stage->is_out <= 1);
    STATE_VALUE(s, stage->count);
    if (stage->config->kind == PIPELINE_SOURCE) {
        demand_state(&stage->arrivals, s);
        stream_state(&stage->disorder, s);
        STATE_VALUE(s, stage->keys_drawn);
    }
    same_number(s, stage->config->most);
    for (uint32_t i = 0; i < stage->config->most && state_is_sound(s); i++)
        task_fields_state(&stage->task[i], i, s, b);
    if (stage->latency != NULL)
        histogram_state(stage->latency, s);
    if (state_restores(s) && state_is_sound(s))
        add_up(stage, s);
}

/* ---- streams ---------------------------------------------------------------------------------------------------------- */

/* Those that wait for a place at a task, in their order. */
static void line_state(const pipeline_shared *shared, pipeline_stream *st, uint32_t lane, state *s)
{
    pipeline_stage *from = &shared->stages[st->config->from];
    uint32_t task, waiting = 0;
    size_t count;

    for (task = st->first_blocked[lane]; task != PIPELINE_NONE; task = from->task[task].next_blocked)
        waiting++;
    count = state_count(s, waiting, sizeof task);
    task = st->first_blocked[lane];
    for (size_t i = 0; i < count; i++) {
        STATE_VALUE(s, task);
        if (!state_restores(s)) {
            task = from->task[task].next_blocked;
            continue;
        }
        state_check(s, task < from->config->most && from->task[task].state == TASK_BLOCKED &&
                           from->out[from->task[task].at] == st->number && from->task[task].lane == lane &&
                           from->task[task].next_blocked == task);
        if (!state_is_sound(s))
            return;
        stream_wait(st, lane, from, task);
    }
}

/* Only where it is another than the stream was made with. */
static void latest_line_state(pipeline_stream *st, state *s)
{
    uint32_t is_another = st->latency_ns != st->config->latency_ns ||
                          st->bytes_per_s != st->config->bytes_per_s;

    STATE_VALUE(s, is_another);
    state_check(s, is_another == 0 || (is_another == 1 && !st->direct));
    if (!is_another)
        return;
    STATE_VALUE(s, st->latency_ns);
    STATE_VALUE(s, st->bytes_per_s);
    state_check(s, st->latency_ns >= 1 && st->latency_ns <= MOST_NS && st->bytes_per_s >= 0);
}

static void lanes_state(pipeline_stream *st, state *s, const bounds *b)
{
    uint32_t buffer = b->stage->config->buffer;

    same_number(s, b->stage->config->most);
    for (uint32_t lane = 0; lane < b->stage->config->most && state_is_sound(s); lane++) {
        uint32_t lent = buffer - st->credits[lane];

        STATE_VALUE(s, lent);
        if (state_restores(s))
            st->credits[lane] = lent < buffer ? buffer - lent : 0;
        STATE_VALUE(s, st->owed[lane]);
        line_state(b->shared, st, lane, s);
    }
}

/* b->stage: that it goes to. */
static void stream_fields_state(pipeline_stream *st, state *s, const bounds *b)
{
    lanes_state(st, s, b);
    STATE_VALUE(s, st->turn);
    STATE_VALUE(s, st->batch_number);
    STATE_VALUE(s, st->free_ns);
    STATE_VALUE(s, st->last_ns);
    state_check(s, st->free_ns >= 0 && st->free_ns <= MOST_NS && st->last_ns >= 0 && st->last_ns <= MOST_NS);
    latest_line_state(st, s);
    STATE_VALUE(s, st->is_closed);
    state_check(s, st->is_closed == 0 || (st->is_closed == 1 && !st->direct));
    stream_update(b->shared, st);
    STATE_VALUE(s, st->count);
    STATE_VALUE(s, st->arrived);
    state_check(s, st->count.bytes >= 0 && st->count.bytes <= MOST_NS);
    state_check(s, ring_state(&st->batch, s, b, can_be_shipped) == st->count.batched);
}

/* ---- events ----------------------------------------------------------------------------------------------------------- */

static int is_at(const bounds *b, const pipeline_stage *stage, const kernel_event *e)
{
    return stage->part == b->part && stage->config->region == e->to;
}

static int can_happen_to_stage(const bounds *b, pipeline_stage *stage, const kernel_event *e)
{
    int is_source = stage->config->kind == PIPELINE_SOURCE;

    if (!is_at(b, stage, e))
        return 0;
    if (e->kind == PIPELINE_NEXT || e->kind == PIPELINE_MARK)
        return is_source;
    if (e->kind == PIPELINE_RESUME)
        return 1;
    if (e->other >= stage->config->most || stage->task[e->other].state != TASK_RUNNING)
        return 0;
    stage->task[e->other].state = TASK_BUSY; /* once */
    return 1;
}

static int can_happen_to_stream(const bounds *b, const pipeline_stream *st, const kernel_event *e)
{
    const pipeline_stage *from = &b->shared->stages[st->config->from],
                         *to = &b->shared->stages[st->config->to];
    uint32_t lane = e->subject & PIPELINE_LANE_MASK;

    if (e->kind == PIPELINE_LINGER)
        return is_at(b, from, e);
    if (e->kind == PIPELINE_OPEN)
        return e->other <= 1 && is_at(b, e->other == 0 ? from : to, e);
    if (lane >= to->config->most)
        return 0;
    if (e->kind == PIPELINE_CREDIT)
        return is_at(b, from, e) && e->a > 0 && e->a < PIPELINE_UNLIMITED;
    return is_at(b, to, e) &&
           (e->kind == PIPELINE_RECORD ? has_happened(b, e->a) : is_watermark_time(b, e->a));
}

static int can_happen(const void *context, const kernel_event *e)
{
    const bounds *b = context;
    int has_lane = e->kind != PIPELINE_LINGER && e->kind != PIPELINE_OPEN;
    uint32_t stream = has_lane ? e->subject >> PIPELINE_LANE_BITS : e->subject;

    if (e->time_ns < b->now_ns)
        return 0;
    switch ((pipeline_event)e->kind) {
    case PIPELINE_NEXT:
    case PIPELINE_MARK:
    case PIPELINE_DONE:
    case PIPELINE_RESUME:
        return e->subject < b->shared->config.stage_count &&
               can_happen_to_stage(b, &b->shared->stages[e->subject], e);
    case PIPELINE_RECORD:
    case PIPELINE_WATERMARK:
    case PIPELINE_CREDIT:
    case PIPELINE_LINGER:
    case PIPELINE_OPEN:
        return stream < b->shared->config.stream_count &&
               can_happen_to_stream(b, &b->shared->streams[stream], e);
    default:
        return 0;
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

/* Each task that serves will be done, each that waits does so in a line, and no record was made or lost. */
static void check_all(const pipelines *p, state *s)
{
    sky_error why;

    for (uint32_t i = 0; i < p->shared.config.stage_count; i++)
        for (uint32_t k = 0; k < p->shared.stages[i].config->most; k++) {
            const pipeline_task *t = &p->shared.stages[i].task[k];

            state_check(s, t->state != TASK_RUNNING && (t->state != TASK_BLOCKED || t->next_blocked != k));
        }
    state_check(s, pipelines_check(p, &why) == SKY_OK);
}

void pipelines_state(pipelines *p, state *s)
{
    const pipeline_shared *shared = &p->shared;
    bounds b = { .shared = shared };

    state_part(s, "stages");
    STATE_VALUE(s, p->now_ns);
    state_check(s, p->now_ns >= 0 && p->now_ns <= MOST_NS);
    b.now_ns = p->now_ns;
    same_number(s, shared->config.stage_count);
    for (uint32_t i = 0; i < shared->config.stage_count && state_is_sound(s); i++) {
        b.stage = &shared->stages[i];
        stage_state(&shared->stages[i], s, &b);
    }
    state_part(s, "streams");
    same_number(s, shared->config.stream_count);
    for (uint32_t i = 0; i < shared->config.stream_count && state_is_sound(s); i++) {
        b.stage = &shared->stages[shared->streams[i].config->to];
        stream_fields_state(&shared->streams[i], s, &b);
    }
    for (b.part = 0; b.part < p->part_count; b.part++) {
        windows_state(p->parts[b.part].windows, s, can_happen, &b);
        if (state_restores(s) && state_is_sound(s))
            part_set_lookahead(&p->parts[b.part]);
    }
    if (state_restores(s) && state_is_sound(s))
        check_all(p, s);
}
