#include "shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a handler calls ------------------------------------------------------------------------------- */

static void fail(shard *s, sky_status status, const char *message)
{
    if (s->status != SKY_OK)
        return;
    s->status = status;
    /* Failures before the run come in the order of processes. */
    s->failed_at = s->now != NULL ? *s->now
                                  : (kernel_event){ .time_ns = INT64_MIN,
                                                    .order = kernel_event_order(s->context.self, 0) };
    snprintf(s->message, sizeof s->message, "%s", message);
}

void process_fail(process_context *c, sky_status status, const char *message)
{
    shard *s = (shard *)c;
    const shard_process *p = &s->processes[c->self - s->first];
    char line[256];

    snprintf(line, sizeof line, "%s %u at %lld ns: %s", p->model->name, c->self, (long long)c->now_ns,
             message);
    fail(s, status, line);
}

static int64_t later(const process_context *c, int64_t delay_ns)
{
    return delay_ns < SKY_NEVER_NS - c->now_ns ? c->now_ns + delay_ns : SKY_NEVER_NS - 1;
}

static kernel_event make_event(process_context *c, uint32_t to, int64_t delay_ns, uint32_t kind,
                               uint32_t subject, uint32_t other, int64_t a)
{
    shard *s = (shard *)c;

    return (kernel_event){ .time_ns = later(c, delay_ns),
                           .order = kernel_event_order(c->self, s->processes[c->self - s->first].sequence++),
                           .kind = kind,
                           .subject = subject,
                           .other = other,
                           .to = to,
                           .a = a };
}

static void put(shard *s, const kernel_event *event)
{
    if (kernel_queue_put(&s->queue, event) != SKY_OK)
        process_fail(&s->context, SKY_ERROR_MEMORY, "out of memory for events");
}

void process_schedule(process_context *c, int64_t delay_ns, uint32_t kind, uint32_t subject, uint32_t other,
                      int64_t a)
{
    kernel_event event = make_event(c, c->self, delay_ns, kind, subject, other, a);

    if (delay_ns < 0) {
        process_fail(c, SKY_ERROR_STATE, "schedules an event in the past");
        return;
    }
    put((shard *)c, &event);
}

static void send_away(shard *s, const kernel_event *event, uint32_t receiver)
{
    shard_box *box = &s->boxes[s->turn * s->shards + receiver];

    if (box->count == box->capacity) {
        size_t capacity = box->capacity == 0 ? 64 : box->capacity * 2;
        kernel_event *events = realloc(box->events, capacity * sizeof *events);

        if (events == NULL) {
            process_fail(&s->context, SKY_ERROR_MEMORY, "out of memory for messages");
            return;
        }
        box->events = events;
        box->capacity = capacity;
    }
    box->events[box->count++] = *event;
    if (event->time_ns < s->sent_least_ns)
        s->sent_least_ns = event->time_ns;
}

void process_send(process_context *c, uint32_t to, int64_t delay_ns, uint32_t kind, uint32_t subject,
                  uint32_t other, int64_t a)
{
    shard *s = (shard *)c;
    kernel_event event;
    uint32_t receiver;

    if (to == c->self) {
        process_schedule(c, delay_ns, kind, subject, other, a);
        return;
    }
    if (to >= c->processes || delay_ns < c->lookahead_ns) {
        process_fail(c, SKY_ERROR_STATE,
                     to >= c->processes ? "sends to a process that there is not"
                                        : "sends a message that arrives before the lookahead is over");
        return;
    }
    event = make_event(c, to, delay_ns, kind, subject, other, a);
    receiver = s->shard_of[to];
    if (receiver == s->self)
        put(s, &event);
    else
        send_away(s, &event, receiver);
}

/* ---- what windows.c calls -------------------------------------------------------------------------------- */

/* Of the state of its i-th process. */
static size_t room_of(const shard *s, const process_model *const *model, uint32_t i)
{
    return (model[s->first + i]->state_bytes + 15) / 16 * 16;
}

/* Those that are here, or those that another rank has. */
static void begin_processes(shard *s, int here)
{
    for (uint32_t i = 0; i < s->count && s->status == SKY_OK; i++) {
        s->context.self = s->first + i;
        if ((s->shard_of[s->context.self] == s->self) == here && s->processes[i].model->begin != NULL)
            s->processes[i].model->begin(&s->context, s->processes[i].state);
    }
}

/* Of processes that another rank has: there they happen. */
static void forget_events(shard *s)
{
    kernel_queue_clear(&s->queue);
    for (uint32_t i = 0; i < 2 * s->shards; i++)
        s->boxes[i].count = 0;
    s->sent_least_ns = SKY_NEVER_NS;
}

void shard_begin(shard *s, const process_model *const *model)
{
    size_t bytes = 0;

    s->boxes = aligned_alloc(SHARD_ALIGN, 2 * s->shards * sizeof *s->boxes);
    s->processes = calloc(s->count, sizeof *s->processes);
    for (uint32_t i = 0; i < s->count; i++)
        bytes += room_of(s, model, i);
    bytes = (bytes / SHARD_ALIGN + 1) * SHARD_ALIGN;
    s->states = aligned_alloc(SHARD_ALIGN, bytes);
    s->sent_least_ns = SKY_NEVER_NS;
    if (s->boxes != NULL)
        memset(s->boxes, 0, 2 * s->shards * sizeof *s->boxes);
    if (s->boxes == NULL || s->processes == NULL || s->states == NULL ||
        kernel_queue_init(&s->queue, 1) != SKY_OK) {
        s->context.self = s->first;
        fail(s, SKY_ERROR_MEMORY, "out of memory for logical processes");
        return;
    }
    memset(s->states, 0, bytes);
    bytes = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        s->processes[i] = (shard_process){ .model = model[s->first + i], .state = s->states + bytes };
        bytes += room_of(s, model, i);
    }
    begin_processes(s, 0);
    forget_events(s);
    begin_processes(s, 1);
}

void shard_end(shard *s)
{
    for (uint32_t i = 0; s->processes != NULL && i < s->count; i++) {
        const shard_process *p = &s->processes[i];

        s->context.self = s->first + i;
        if (p->model != NULL && p->model->end != NULL)
            p->model->end(&s->context, p->state);
    }
    for (uint32_t i = 0; s->boxes != NULL && i < 2 * s->shards; i++)
        free(s->boxes[i].events);
    free(s->boxes);
    free(s->processes);
    free(s->states);
    kernel_queue_free(&s->queue);
    profile_free(&s->own_profile);
}

void shard_turn(shard *s)
{
    s->turn ^= 1;
    for (uint32_t i = 0; i < s->shards; i++)
        s->boxes[s->turn * s->shards + i].count = 0;
    s->sent_least_ns = SKY_NEVER_NS;
}

void shard_take(shard *s, const kernel_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(s, &events[i]);
}

void shard_fetch(shard *s, const shard *from)
{
    const shard_box *box = &from->boxes[(s->turn ^ 1) * s->shards + s->self];

    shard_take(s, box->events, box->count);
}

int64_t shard_next_ns(const shard *s)
{
    int64_t next_ns = kernel_queue_next_ns(&s->queue);

    return next_ns < s->sent_least_ns ? next_ns : s->sent_least_ns;
}

static void happen(shard *s, const kernel_event *event)
{
    const shard_process *p = &s->processes[event->to - s->first];

    s->context.now_ns = event->time_ns;
    s->context.self = event->to;
    s->messages += kernel_event_process(event) != event->to;
    if (event->kind >= p->model->kinds || p->model->handlers[event->kind] == NULL)
        process_fail(&s->context, SKY_ERROR_STATE, "gets an event of a kind that it has no handler for");
    else
        p->model->handlers[event->kind](&s->context, p->state, event);
}

uint64_t shard_advance(shard *s, int64_t before_ns, uint64_t most)
{
    kernel_event event;
    uint64_t events = 0;

    s->now = &event;
    while (events < most && s->status == SKY_OK && kernel_queue_next_ns(&s->queue) < before_ns) {
        uint32_t outer;

        kernel_queue_pop(&s->queue, &event);
        outer = profile_enter(s->profile,
                              event.kind + 1 < PROFILE_PARTS ? event.kind + 1 : PROFILE_PARTS - 1);
        happen(s, &event);
        profile_leave(s->profile, outer);
        events++;
    }
    s->now = NULL;
    s->events += events;
    return events;
}
