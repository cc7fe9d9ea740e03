/* The engine's orders, carried out in the world, and answered. */
#include "../world/pipeline/pipelines.h"
#include "../world/service/services.h"
#include "inside.h"

#include <stdio.h>

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
    sky_event e = twin_fact(t, SKY_EVENT_LAUNCH_FAILED);
    sky_status status = SKY_OK;

    if (eligible != NULL && world_can_launch(w, a->pool, (sky_purchase)a->purchase, eligible->machines)) {
        if (old != SKY_NONE) /* one instance a job: the old one stops first */
            status = twin_write_placement(t, old, world_stop(w, old, WORLD_END_MOVED));
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
    return twin_tell(t, &e);
}

static sky_status terminate(twin *t, const sky_action *a)
{
    world *w = &t->world;
    sky_event e = twin_instance_fact(t, SKY_EVENT_INSTANCE_STOPPED, a->instance);
    sky_status status = SKY_OK;

    if (w->instances[a->instance].live) {
        world_end why = world_stop(w, a->instance, WORLD_END_MOVED);

        status = twin_write_placement(t, a->instance, why);
    }
    e.a = w->jobs[a->job].durable_ns;
    e.other = a->order;
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

static sky_status probe(twin *t, const sky_action *a)
{
    world_pool *p = &t->world.pools[a->pool];
    sky_event e = twin_fact(t, SKY_EVENT_PROBE_RESULT);

    e.job = a->job;
    e.pool = a->pool;
    e.region = t->scenario->pools[a->pool].region;
    e.detail = (uint16_t)world_can_launch(&t->world, a->pool, SKY_SPOT, 1);
    e.other = a->order;
    if (e.detail)
        p->probed_ns = t->world.now_ns;
    t->world.summary.probes++;
    return twin_tell(t, &e);
}

/* 1: what the order is about is there. An engine that was restored from a checkpoint of somebody else's might order
 * anything. */
static int is_about_what_there_is(const twin *t, const sky_action *a)
{
    const world *w = &t->world;
    const scenario *s = t->scenario;

    switch (a->kind) {
    case SKY_ACTION_LAUNCH:
        return a->job < w->job_count && a->pool < s->pool_count && a->purchase < SKY_PURCHASE_COUNT;
    case SKY_ACTION_TERMINATE:
        return a->job < w->job_count && a->instance < w->instance_count;
    case SKY_ACTION_PROBE:
        return a->pool < s->pool_count;
    case SKY_ACTION_GROW:
        return a->pool < s->pool_count && a->purchase < SKY_PURCHASE_COUNT && s->has_fleet;
    case SKY_ACTION_DRAIN:
    case SKY_ACTION_RELEASE:
        return a->instance < w->node_count;
    case SKY_ACTION_PLACE:
    case SKY_ACTION_PLACE_HALF:
        return a->job < w->job_count && a->instance < w->node_count && a->pool < s->pool_count;
    case SKY_ACTION_REPLICATE:
    case SKY_ACTION_MOVE_DATA:
    case SKY_ACTION_SET_TIER:
    case SKY_ACTION_EVICT:
        return s->storage != NULL && a->dataset < s->storage->set_count && a->region < s->region_count &&
               (a->from < s->region_count || a->from == SKY_NONE);
    case SKY_ACTION_SCALE_SERVICE:
        return s->services != NULL && a->place < s->services->station_count;
    case SKY_ACTION_ROUTE:
        return s->services != NULL && a->place < s->services->station_count &&
               a->population < s->services->population_count;
    case SKY_ACTION_SCALE_STAGE:
        return s->pipelines != NULL && a->instance < s->pipelines->stage_count;
    default: /* of a job */
        return a->job < w->job_count;
    }
}

sky_status twin_carry_out(twin *t, const sky_action *a)
{
    world *w = &t->world;
    sky_status status = twin_write_row(t, RECORD_ACTIONS, a);

    t->world.summary.actions++;
    if (status != SKY_OK)
        return status;
    if (!is_about_what_there_is(t, a)) {
        snprintf(t->error->message, sizeof t->error->message, "engine: order %u is about what there is not",
                 a->order);
        return SKY_ERROR_STATE;
    }
    switch (a->kind) {
    case SKY_ACTION_LAUNCH:
        return launch(t, a);
    case SKY_ACTION_TERMINATE:
        return terminate(t, a);
    case SKY_ACTION_PROBE:
        return probe(t, a);
    case SKY_ACTION_PLACE:
    case SKY_ACTION_PLACE_HALF:
        return twin_place(t, a);
    case SKY_ACTION_PAUSE:
        return twin_pause(t, a);
    case SKY_ACTION_RESIZE: /* one that can't be is met by the placement, which then fails */
        world_resize(w, a->job, (uint32_t)a->devices);
        return SKY_OK;
    case SKY_ACTION_PREEMPT:
        return twin_preempt(t, a);
    case SKY_ACTION_RETRY:
        return twin_retry(t, a);
    case SKY_ACTION_REJECT:
        w->summary.dropped += a->reason == SKY_REASON_NO_ROOM;
        if (a->reason == SKY_REASON_RETRIES)
            return twin_give_up(t, a->job, 3, SKY_FAILURE_RETRIES);
        if (a->reason == SKY_REASON_MEMBER)
            return twin_give_up(t, a->job, 3, SKY_FAILURE_MEMBER);
        return twin_give_up(t, a->job, 4, SKY_FAILURE_GIVEN_UP);
    case SKY_ACTION_REPLICATE:
    case SKY_ACTION_MOVE_DATA:
    case SKY_ACTION_SET_TIER:
    case SKY_ACTION_EVICT:
        return twin_order_data(t, a);
    case SKY_ACTION_GROW:
        return twin_grow(t, a);
    case SKY_ACTION_DRAIN:
        return twin_drain(t, a);
    case SKY_ACTION_RELEASE:
        return twin_release(t, a);
    case SKY_ACTION_SCALE_SERVICE:
        return twin_scale_service(t, a);
    case SKY_ACTION_SCALE_STAGE:
        return twin_scale_stage(t, a);
    case SKY_ACTION_ROUTE:
        return twin_route(t, a);
    default:
        return SKY_OK;
    }
}
