/* Nodes that come and go: launched, booted, drained, given back or reclaimed, and told of. */
#include "inside.h"

#include "../world/fleet.h"

#include <stdlib.h>

/* ---- growing ----------------------------------------------------------------------------------------------------- */

static sky_status launch(twin *t, uint32_t pool, sky_purchase purchase, uint32_t order, int boots)
{
    world *w = &t->world;
    uint32_t index;
    int64_t ready_ns;
    sky_event e;
    sky_status status = world_grow(w, pool, purchase, &index, &ready_ns, t->error);

    if (status != SKY_OK)
        return status;
    e = twin_node_fact(t, SKY_EVENT_NODE_BOOTING, index);
    e.detail = (uint16_t)purchase;
    e.other = order;
    e.d = w->nodes[index].rank;
    status = twin_tell(t, &e);
    if (status == SKY_OK)
        status = twin_tell_rack(t, index);
    if (status == SKY_OK && boots && ready_ns > w->now_ns)
        return kernel_queue_push(&w->queue, ready_ns, e.region, WORLD_NODE_READY, index, 0,
                                 w->machines[index].generation) == SKY_OK
                   ? SKY_OK
                   : twin_out_of_events(t);
    if (status != SKY_OK)
        return status;
    status = world_node_ready(w, index, t->error);
    e = twin_node_fact(t, SKY_EVENT_NODE_READY, index);
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

/* Those that are there from the start: on demand where that is sold. */
sky_status twin_start_fleet(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t pool = 0; pool < s->pool_count; pool++)
        for (int64_t i = 0; i < s->pools[pool].scale.initial && status == SKY_OK; i++)
            status = launch(t, pool,
                            s->pools[pool].purchases & 1u << SKY_ON_DEMAND ? SKY_ON_DEMAND : SKY_SPOT,
                            SKY_NONE, 0);
    return status;
}

sky_status twin_grow(twin *t, const sky_action *a)
{
    world_growth can = world_can_grow(&t->world, a->pool, (sky_purchase)a->purchase);
    sky_event e = twin_fact(t, SKY_EVENT_GROW_FAILED);

    if (can == WORLD_GROWTH_OK) {
        t->world.summary.nodes_grown++;
        return launch(t, a->pool, (sky_purchase)a->purchase, a->order, 1);
    }
    t->world.summary.failed_launches++;
    e.pool = a->pool;
    e.region = t->scenario->pools[a->pool].region;
    e.detail = a->purchase;
    e.other = a->order;
    e.a = can == WORLD_GROWTH_QUOTA;
    return twin_tell(t, &e);
}

sky_status twin_node_ready(twin *t, const kernel_event *event)
{
    world *w = &t->world;
    uint32_t index = event->subject;
    sky_event e;
    sky_status status;

    if (w->machines[index].generation != event->a || w->nodes[index].state != NODE_BOOTING)
        return SKY_OK; /* it has gone since, or will */
    status = world_node_ready(w, index, t->error);
    e = twin_node_fact(t, SKY_EVENT_NODE_READY, index);
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

sky_status twin_move_stock(twin *t, uint32_t pool)
{
    world *w = &t->world;
    stock *s = &w->pools[pool].stock;

    stock_advance(s);
    if (s->next_ns < w->end_ns && kernel_queue_push(&w->queue, s->next_ns, t->scenario->pools[pool].region,
                                                    WORLD_STOCK, pool, 0, 0) != SKY_OK)
        return twin_out_of_events(t);
    return SKY_OK;
}

/* ---- shrinking --------------------------------------------------------------------------------------------------- */

sky_status twin_drain(twin *t, const sky_action *a)
{
    sky_event e = twin_node_fact(t, SKY_EVENT_NODE_DRAINING, a->instance);
    sky_status status = SKY_OK;

    if (t->world.nodes[a->instance].state == NODE_UP)
        status = world_node_is(&t->world, a->instance, NODE_DRAINING, t->error);
    e.other = a->order;
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

/* in_peace: there was time for a last checkpoint. */
static sky_status stop(twin *t, uint32_t index, int in_peace)
{
    world_job *job = &t->world.jobs[index];

    if (in_peace && !job->stopping) {
        job->stopping = 1;
        job->stopped_ns = t->world.now_ns;
    } else if (!in_peace) {
        job->stopping = 0; /* a checkpoint that is being written is lost as well */
    }
    t->world.summary.requeued++;
    return twin_stop_task(t, index, WORLD_END_NODE_GONE, SKY_NONE);
}

/* The machine goes, and all tasks on it. */
static sky_status drop(twin *t, uint32_t index, uint32_t order, int reclaimed)
{
    world *w = &t->world;
    int noticed = w->machines[index].noticed != 0;
    sky_event e = twin_node_fact(t, SKY_EVENT_NODE_GONE, index);
    uint32_t *jobs;
    size_t count;
    sky_status status = world_tasks_on(w, index, &jobs, &count, t->error);

    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = stop(t, jobs[i],
                      !reclaimed || (noticed && world_notice_suffices(w, &w->jobs[jobs[i]], e.pool)));
    if (count > 0 || status == SKY_OK)
        free(jobs);
    if (status != SKY_OK)
        return status;
    status = world_drop_node(w, index, t->error);
    if (status != SKY_OK)
        return status;
    e.detail = (uint16_t)reclaimed;
    e.other = order;
    return twin_tell(t, &e);
}

sky_status twin_release(twin *t, const sky_action *a)
{
    if (a->instance >= t->world.node_count || !t->world.machines[a->instance].live)
        return SKY_OK; /* it was reclaimed at this very instant, and that told of */
    return drop(t, a->instance, a->order, 0);
}

sky_status twin_node_reclaim(twin *t, const kernel_event *event)
{
    const world_machine *v = &t->world.machines[event->subject];

    if (!v->live || v->generation != event->a)
        return SKY_OK;
    t->world.summary.nodes_reclaimed++;
    return drop(t, event->subject, SKY_NONE, 1);
}

static sky_status give_notice(twin *t, uint32_t index, int64_t notice_ns)
{
    world *w = &t->world;
    sky_event e = twin_node_fact(t, SKY_EVENT_NODE_NOTICE, index);
    sky_status status = SKY_OK;

    if (notice_ns == 0) {
        w->summary.nodes_reclaimed++;
        return drop(t, index, SKY_NONE, 1);
    }
    if (w->machines[index].noticed)
        return SKY_OK;
    if (w->nodes[index].state == NODE_BOOTING)
        status = world_node_ready(w, index, t->error); /* it will be of no use any more */
    w->machines[index].noticed = 1;
    if (status == SKY_OK)
        status = world_node_is(w, index, NODE_DRAINING, t->error);
    e.a = w->now_ns + notice_ns;
    if (status == SKY_OK)
        status = twin_tell(t, &e);
    if (status == SKY_OK && kernel_queue_push(&w->queue, e.a, e.region, WORLD_NODE_RECLAIM, index, 0,
                                              w->machines[index].generation) != SKY_OK)
        status = twin_out_of_events(t);
    return status;
}

sky_status twin_preempt_fleet(twin *t, uint32_t pool)
{
    world *w = &t->world;
    uint32_t region = t->scenario->pools[pool].region;
    int64_t notice_ns = t->scenario->providers[t->scenario->regions[region].provider].spot_notice_ns;
    sky_status status = SKY_OK;

    for (uint32_t i = (uint32_t)t->scenario->node_count; i < w->node_count && status == SKY_OK; i++)
        if (w->machines[i].live && w->nodes[i].pool == pool && w->machines[i].purchase == SKY_SPOT)
            status = give_notice(t, i, notice_ns);
    return status;
}

sky_status twin_lose_fleet_node(twin *t, uint32_t index)
{
    t->world.machines[index].noticed = 0; /* what is noticed goes no more in peace than the others */
    t->world.summary.nodes_reclaimed++;
    return drop(t, index, SKY_NONE, 1);
}

sky_status twin_lose_fleet(twin *t, uint32_t pool)
{
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (uint32_t i = (uint32_t)t->scenario->node_count; i < w->node_count && status == SKY_OK; i++)
        if (w->machines[i].live && w->nodes[i].pool == pool)
            status = twin_lose_fleet_node(t, i);
    return status;
}
