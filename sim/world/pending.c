/* What waits to happen, in a checkpoint. Of what comes again and again by itself (markets, stocks, grids, arrivals, faults)
 * one event waits, for when it comes next; what comes next follows from the state and from the scenario. Where a world is
 * restored into another scenario it may come at another time: then the event that waited is dropped, and another one put in.
 * So do those that were never put in, as they were beyond the end of a shorter run. */
#include "checkpoint.h"

#include <stdlib.h>
#include <string.h>

/* By thing: 1 once an event of it was seen that is due when it should be. */
typedef struct pending {
    world *world;
    unsigned char *markets, *stocks, *grids, *arrivals, *faults; /* by pool, pool, region, workload, fault */
    unsigned char *nodes;                                        /* that stand: their failure or repair */
    unsigned char *jobs; /* their beginning, or the end of their run */
    unsigned char tick, ask;
    size_t stale;
} pending;

static void free_pending(pending *p)
{
    free(p->markets);
    free(p->stocks);
    free(p->grids);
    free(p->arrivals);
    free(p->faults);
    free(p->nodes);
    free(p->jobs);
}

static sky_status make_pending(pending *p, world *w)
{
    const scenario *s = w->scenario;

    *p = (pending){ .world = w,
                    .markets = calloc(s->pool_count + 1, 1),
                    .stocks = calloc(s->pool_count + 1, 1),
                    .grids = calloc(s->region_count + 1, 1),
                    .arrivals = calloc(s->workload_count + 1, 1),
                    .faults = calloc(s->fault_count + 1, 1),
                    .nodes = calloc(s->node_count + 1, 1),
                    .jobs = calloc(w->job_count + 1, 1) };
    return p->markets != NULL && p->stocks != NULL && p->grids != NULL && p->arrivals != NULL &&
                   p->faults != NULL && p->nodes != NULL && p->jobs != NULL
               ? SKY_OK
               : SKY_ERROR_MEMORY;
}

/* ---- what comes again and again ---------------------------------------------------------------------------------- */

static unsigned char *seen_of(const pending *p, const kernel_event *event)
{
    const scenario *s = p->world->scenario;

    switch (event->kind) {
    case WORLD_MARKET:
        return event->subject < s->pool_count ? &p->markets[event->subject] : NULL;
    case WORLD_STOCK:
        return event->subject < s->pool_count ? &p->stocks[event->subject] : NULL;
    case WORLD_GRID:
        return event->subject < s->region_count ? &p->grids[event->subject] : NULL;
    case WORLD_ARRIVAL:
        return event->subject < s->workload_count ? &p->arrivals[event->subject] : NULL;
    case WORLD_FAULT:
        return event->subject < s->fault_count ? &p->faults[event->subject] : NULL;
    default:
        return NULL;
    }
}

/* When it comes next; SKY_NEVER_NS. What should have come before now comes now. */
static int64_t due_ns(const world *w, uint32_t kind, uint32_t subject)
{
    int64_t at_ns = SKY_NEVER_NS;

    switch (kind) {
    case WORLD_MARKET:
        if (w->pools[subject].market.pool != NULL)
            at_ns = market_next_ns(&w->pools[subject].market);
        break;
    case WORLD_STOCK:
        at_ns = w->pools[subject].stock.next_ns;
        break;
    case WORLD_GRID:
        if (w->grids != NULL && w->grids[subject].count > 0)
            at_ns = grid_next_ns(&w->grids[subject]);
        break;
    case WORLD_ARRIVAL:
        at_ns = world_next_arrival(w, subject);
        break;
    default:
        at_ns = w->faults[subject].next_ns;
    }
    return at_ns > w->now_ns ? at_ns : w->now_ns;
}

/* The one that is due. */
static int is_next(const pending *p, const kernel_event *event, unsigned char *seen)
{
    if (*seen || event->time_ns != due_ns(p->world, event->kind, event->subject))
        return 0;
    *seen = 1;
    return 1;
}

/* ---- what was put in when it became known ------------------------------------------------------------------------- */

static int is_run_of(const world *w, const kernel_event *event)
{
    const world_job *job = &w->jobs[event->subject];

    return world_trains(job) && event->kind == WORLD_TASK_END
               ? w->trainings[job->training].foretold == event->a
               : job->running_at != SKY_NONE && job->row.launches == (uint32_t)event->a;
}

static int task_event_can_be(pending *p, const kernel_event *event)
{
    const world *w = p->world;
    const world_job *job;
    unsigned char *seen;

    if (event->subject >= w->job_count)
        return 0;
    job = &w->jobs[event->subject];
    seen = &p->jobs[event->subject];
    switch (event->kind) {
    case WORLD_TASK_BEGIN: /* once */
        if (job->node == SKY_NONE || job->running_at != SKY_NONE || job->parts != job->gang || *seen)
            return 0;
        *seen = 1;
        return 1;
    case WORLD_TASK_END:
        if (!is_run_of(w, event))
            return 1; /* of a run that is over */
        *seen = 1;
        return job->running_at != SKY_NONE;
    default:
        return 1;
    }
}

static int other_event_can_be(pending *p, const kernel_event *event)
{
    const world *w = p->world;

    switch (event->kind) {
    case WORLD_FINISH:
    case WORLD_RECLAIM:
        return event->subject < w->instance_count;
    case WORLD_NODE_FAIL:
    case WORLD_NODE_BACK:
        if (event->subject >= w->scenario->node_count)
            return 0;
        p->nodes[event->subject] = 1;
        return 1;
    case WORLD_NODE_READY:
    case WORLD_NODE_RECLAIM:
        return event->subject < w->node_count;
    case WORLD_TELEMETRY:
        return event->subject < w->scenario->pool_count && event->other <= SKY_PURCHASE_COUNT &&
               event->a >= 0;
    case WORLD_NETWORK:
        return w->scenario->network != NULL && event->a == event->time_ns;
    case WORLD_STORAGE:
        return w->scenario->storage != NULL;
    case WORLD_TICK:
        p->tick = 1;
        return 1;
    case WORLD_ASK:
        p->ask = 1;
        return 1;
    default:
        return 0;
    }
}

static int can_be(const void *context, const kernel_event *event)
{
    pending *p = *(pending *const *)context;
    unsigned char *seen = seen_of(p, event);

    if (event->time_ns < p->world->now_ns)
        return 0;
    if (seen != NULL) {
        p->stale += !is_next(p, event, seen);
        return 1;
    }
    if (event->kind >= WORLD_TASK_END && event->kind <= WORLD_TASK_READY)
        return task_event_can_be(p, event);
    return other_event_can_be(p, event);
}

/* ---- what should wait --------------------------------------------------------------------------------------------- */

static sky_status drop_stale(pending *p)
{
    kernel_queue *q = &p->world->queue;
    const scenario *s = p->world->scenario;
    size_t count = 0;
    kernel_event *kept = malloc((kernel_queue_size(q) + 1) * sizeof *kept);
    sky_status status = SKY_OK;

    if (kept == NULL)
        return SKY_ERROR_MEMORY;
    memset(p->markets, 0, s->pool_count);
    memset(p->stocks, 0, s->pool_count);
    memset(p->grids, 0, s->region_count);
    memset(p->arrivals, 0, s->workload_count);
    memset(p->faults, 0, s->fault_count);
    while (kernel_queue_pop(q, &kept[count])) {
        unsigned char *seen = seen_of(p, &kept[count]);

        count += seen == NULL || is_next(p, &kept[count], seen);
    }
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = kernel_queue_put(q, &kept[i]);
    free(kept);
    return status;
}

static void push(world *w, int64_t at_ns, uint32_t process, world_event_kind kind, uint32_t subject,
                 int64_t a, state *s)
{
    if (kernel_queue_push(&w->queue, at_ns, process, kind, subject, 0, a) != SKY_OK)
        state_no_memory(s);
}

static void put_in(const pending *p, world_event_kind kind, const unsigned char *seen, size_t count, state *s)
{
    world *w = p->world;
    uint32_t control = (uint32_t)w->scenario->region_count;

    for (uint32_t i = 0; i < count; i++) {
        int64_t at_ns = seen[i] ? SKY_NEVER_NS : due_ns(w, kind, i);

        if (at_ns >= w->end_ns)
            continue;
        w->awaited += kind == WORLD_FAULT && w->faults[i].active;
        push(w, at_ns,
             kind == WORLD_MARKET || kind == WORLD_STOCK ? w->scenario->pools[i].region
             : kind == WORLD_GRID                        ? i
                                                         : control,
             kind, i, 0, s);
    }
}

/* Failures and repairs: of nodes that none waits for the next one is drawn anew from now, if there are to be any. */
static void put_in_nodes(const pending *p, state *s)
{
    world *w = p->world;

    for (uint32_t i = 0; i < w->scenario->node_count; i++) {
        int broken = w->node_broken[i];
        int64_t in_ns = broken ? world_node_repair_ns(w, i) : world_node_lasts_ns(w, i);

        if (p->nodes[i] || in_ns >= w->end_ns - w->now_ns)
            continue;
        w->awaited += (uint32_t)broken;
        push(w, w->now_ns + in_ns, w->scenario->pools[w->nodes[i].pool].region,
             broken ? WORLD_NODE_BACK : WORLD_NODE_FAIL, i, 0, s);
    }
}

/* Ends of runs that were beyond the end of a shorter run. */
static void put_in_runs(const pending *p, state *s)
{
    world *w = p->world;

    for (size_t i = 0; i < w->running_task_count; i++) {
        uint32_t index = w->running_tasks[i];
        world_job *job = &w->jobs[index];
        int64_t end_ns, a = job->row.launches;

        if (p->jobs[index] || job->stopping)
            continue;
        if (world_trains(job)) {
            world_settle_training(w, index);
            end_ns = world_training_end_ns(w, index);
            a = w->trainings[job->training].foretold;
        } else {
            end_ns = world_run_ends_ns(w, index);
        }
        if (end_ns <= w->end_ns)
            push(w, end_ns > w->now_ns ? end_ns : w->now_ns,
                 w->scenario->pools[w->nodes[job->node].pool].region, WORLD_TASK_END, index, a, s);
    }
}

static void put_in_all(const pending *p, int64_t end_before_ns, state *s)
{
    world *w = p->world;
    const scenario *of = w->scenario;
    uint32_t control = (uint32_t)of->region_count;

    put_in(p, WORLD_MARKET, p->markets, of->pool_count, s);
    put_in(p, WORLD_STOCK, p->stocks, of->pool_count, s);
    put_in(p, WORLD_GRID, p->grids, of->region_count, s);
    put_in(p, WORLD_ARRIVAL, p->arrivals, of->workload_count, s);
    put_in(p, WORLD_FAULT, p->faults, of->fault_count, s);
    put_in_nodes(p, s);
    if (w->end_ns <= end_before_ns)
        return;
    put_in_runs(p, s);
    if (!p->tick && w->now_ns + of->control_interval_ns <= w->end_ns)
        push(w, w->now_ns + of->control_interval_ns, control, WORLD_TICK, 0, 0, s);
    if (!p->ask && w->asks_ns > w->now_ns && w->asks_ns <= w->end_ns)
        push(w, w->asks_ns, control, WORLD_ASK, 0, 0, s);
}

void world_pending_state(world *w, state *s)
{
    pending p, *context = &p;
    int64_t end_before_ns = w->end_ns;

    state_part(s, "world: what waits");
    STATE_VALUE(s, end_before_ns);
    if (!state_restores(s)) {
        kernel_queue_state(&w->queue, s, NULL, NULL);
        return;
    }
    if (!state_is_sound(s)) /* then there is nothing that events could be about */
        return;
    if (make_pending(&p, w) != SKY_OK)
        state_no_memory(s);
    else
        kernel_queue_state(&w->queue, s, can_be, &context);
    if (state_is_sound(s) && p.stale > 0 && drop_stale(&p) != SKY_OK)
        state_no_memory(s);
    if (state_is_sound(s))
        put_in_all(&p, end_before_ns, s);
    free_pending(&p);
}
