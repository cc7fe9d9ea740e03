/* What goes wrong: carried out in the world, told to the engine as far as it can know, and written down. */
#include "inside.h"

#include "../world/service/services.h"

static sky_status tell_fault(twin *t, uint32_t fault, int begins)
{
    const scenario_fault *f = &t->scenario->faults[fault];
    sky_event e = twin_fact(t, SKY_EVENT_FAULT);

    e.detail = (uint16_t)f->kind;
    e.other = fault;
    e.a = begins;
    if (f->pool_count == 1)
        e.pool = f->pools[0];
    if (f->pool_count > 0)
        e.region = t->scenario->pools[f->pools[0]].region;
    else if (f->kind == FAULT_DNS && f->at_region != SKY_NONE)
        e.region = f->at_region;
    else if (f->place_count > 0)
        e.region = t->scenario->services->stations[f->places[0]].region;
    return twin_tell(t, &e);
}

sky_status twin_tell_capacity(twin *t, uint32_t pool)
{
    sky_event e = twin_fact(t, SKY_EVENT_CAPACITY);

    if (t->world.pools[pool].silences > 0)
        return twin_tell_later(t, pool, SKY_PURCHASE_COUNT, world_capacity(&t->world, pool));
    e.pool = pool;
    e.region = t->scenario->pools[pool].region;
    e.a = world_capacity(&t->world, pool);
    return twin_tell(t, &e);
}

sky_status twin_tell_later(twin *t, uint32_t pool, uint32_t what, int64_t value)
{
    world *w = &t->world;
    int64_t age_ns = w->pools[pool].telemetry_age_ns;

    if (age_ns == 0 || age_ns >= w->end_ns - w->now_ns)
        return SKY_OK;
    return kernel_queue_push(&w->queue, w->now_ns + age_ns, t->scenario->pools[pool].region, WORLD_TELEMETRY,
                             pool, what, value) == SKY_OK
               ? SKY_OK
               : twin_out_of_events(t);
}

sky_status twin_tell_old(twin *t, const kernel_event *event)
{
    int is_capacity = event->other == SKY_PURCHASE_COUNT;
    sky_event e = twin_fact(t, is_capacity ? SKY_EVENT_CAPACITY : SKY_EVENT_PRICE);

    if (t->world.pools[event->subject].silences == 0)
        return SKY_OK; /* all has been told as it is since */
    e.pool = event->subject;
    e.a = event->a;
    if (is_capacity)
        e.region = t->scenario->pools[e.pool].region;
    else
        e.detail = (uint16_t)event->other;
    return twin_tell(t, &e);
}

/* Of links, and of regions that are out with all of theirs. */
static sky_status change_links(twin *t, uint32_t fault)
{
    sky_status status;

    if (world_fault_links(&t->world, fault) != SKY_OK)
        return twin_out_of_events(t);
    if (t->scenario->storage != NULL)
        data_look(&t->world.data);
    status = twin_watch_network(t);
    return status == SKY_OK ? twin_tell_links(t, 1) : status;
}

/* ---- outages ------------------------------------------------------------------------------------------------------- */

static sky_status lose_instances(twin *t, uint32_t pool)
{
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < w->instance_count && status == SKY_OK; i++)
        if (w->instances[i].live && w->instances[i].pool == pool)
            status = twin_reclaim(t, i, WORLD_END_OUTAGE);
    return status;
}

static sky_status change_nodes(twin *t, uint32_t pool, int begins)
{
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (uint32_t n = 0; n < t->scenario->node_count && status == SKY_OK; n++)
        if (w->nodes[n].pool == pool && begins)
            status = twin_lose_node(t, n);
        else if (w->nodes[n].pool == pool && !w->node_broken[n] &&
                 !world_is_out(w, n)) /* else later, if ever */
            status = twin_regain_node(t, n);
    return status;
}

static sky_status change_outage(twin *t, uint32_t fault, int begins)
{
    const scenario_fault *f = &t->scenario->faults[fault];
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < f->pool_count && status == SKY_OK; i++) {
        uint32_t pool = f->pools[i];

        if (!world_fault_meets(w, fault, pool))
            continue;
        w->pools[pool].outages += begins ? 1 : -1;
        if (w->pools[pool].outages != (begins ? 1 : 0)) /* it was out, or still is */
            continue;
        if (begins)
            status = lose_instances(t, pool);
        if (status == SKY_OK && begins && t->scenario->has_fleet)
            status = twin_lose_fleet(t, pool);
        if (status == SKY_OK)
            status = change_nodes(t, pool, begins);
        if (status == SKY_OK)
            status = twin_tell_capacity(t, pool);
    }
    return status == SKY_OK ? change_links(t, fault) : status;
}

/* Nodes of the racks that have changed. */
static sky_status change_rack_nodes(twin *t, uint32_t pool, int begins)
{
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (uint32_t n = 0; n < w->node_count && status == SKY_OK; n++) {
        int stands = n < t->scenario->node_count;

        if (w->nodes[n].pool != pool || w->machines[n].rack == SKY_NONE ||
            !w->racks[w->machines[n].rack].changed)
            continue;
        if (begins && stands)
            status = twin_lose_node(t, n);
        else if (begins && w->machines[n].live)
            status = twin_lose_fleet_node(t, n);
        else if (stands && !w->node_broken[n] && !world_is_out(w, n))
            status = twin_regain_node(t, n);
    }
    return status;
}

static sky_status change_racks(twin *t, uint32_t fault, int begins)
{
    const scenario_fault *f = &t->scenario->faults[fault];
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < f->pool_count && status == SKY_OK; i++) {
        uint32_t pool = f->pools[i], first = w->pools[pool].first_rack;
        uint32_t end = first + scenario_racks(&t->scenario->pools[pool]);

        for (uint32_t r = first; r < end; r++) {
            w->racks[r].changed = 0;
            if (!world_fault_meets_rack(w, fault, r))
                continue;
            w->racks[r].outages += begins ? 1 : -1;
            w->racks[r].changed = w->racks[r].outages == (begins ? 1 : 0); /* else it was out, or still is */
        }
        status = change_rack_nodes(t, pool, begins);
        if (status == SKY_OK && t->scenario->pools[pool].scale.most > 0)
            status = twin_tell_capacity(t, pool);
    }
    return status;
}

/* ---- the others ---------------------------------------------------------------------------------------------------- */

static sky_status tell_prices(twin *t, uint32_t pool)
{
    sky_status status = SKY_OK;

    for (int purchase = 0; purchase < SKY_PURCHASE_COUNT && status == SKY_OK; purchase++)
        if (t->scenario->pools[pool].purchases & 1u << purchase)
            status = twin_tell_price(t, pool, (sky_purchase)purchase);
    if (status == SKY_OK && t->scenario->pools[pool].purchases & 1u << SKY_SPOT)
        status = twin_write_price(t, pool);
    return status;
}

static sky_status change_prices(twin *t, uint32_t fault)
{
    const scenario_fault *f = &t->scenario->faults[fault];
    sky_status status = SKY_OK;

    world_accrue_all(&t->world); /* at the old prices, up to now */
    for (size_t i = 0; i < f->pool_count && status == SKY_OK; i++) {
        world_shock_price(&t->world, f->pools[i]);
        status = tell_prices(t, f->pools[i]);
    }
    return status;
}

/* What was not told meanwhile is told when the silence ends. */
static sky_status change_silence(twin *t, uint32_t fault, int begins)
{
    const scenario_fault *f = &t->scenario->faults[fault];
    sky_status status = SKY_OK;

    for (size_t i = 0; i < f->pool_count && status == SKY_OK; i++) {
        uint32_t pool = f->pools[i];

        t->world.pools[pool].silences += begins ? 1 : -1;
        world_delay_telemetry(&t->world, pool);
        if (begins || t->world.pools[pool].silences > 0)
            continue;
        status = tell_prices(t, pool);
        if (status == SKY_OK)
            status = twin_tell_capacity(t, pool);
    }
    return status;
}

static sky_status change_capacities(twin *t, uint32_t fault)
{
    const scenario_fault *f = &t->scenario->faults[fault];
    sky_status status = SKY_OK;

    for (size_t i = 0; i < f->pool_count && status == SKY_OK; i++)
        status = twin_tell_capacity(t, f->pools[i]);
    return status;
}

/* ---- services ------------------------------------------------------------------------------------------------------- */

static sky_status change_places(twin *t, services *all, uint32_t fault, int begins)
{
    const scenario_fault *f = &t->scenario->faults[fault];
    int32_t *outages = t->world.place_outages;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < f->place_count && status == SKY_OK; i++) {
        uint32_t place = f->places[i];

        if (!world_fault_meets_place(&t->world, fault, place))
            continue;
        outages[place] += begins ? 1 : -1;
        if (outages[place] == (begins ? 1 : 0)) /* else it was out, or still is */
            status = services_set_out(all, place, begins, t->error);
    }
    return status;
}

/* Several faults may take a region's names: the resolver is there again when the last of them goes. */
static void change_resolvers(twin *t, services *all, uint32_t fault)
{
    for (uint32_t r = 0; r < t->scenario->region_count; r++) {
        int is_down = 0;

        if (!world_fault_takes_region(&t->world, fault, r))
            continue;
        for (uint32_t i = 0; i < t->scenario->fault_count; i++)
            is_down |= t->scenario->faults[i].kind == FAULT_DNS && t->world.faults[i].active &&
                       world_fault_takes_region(&t->world, i, r);
        services_set_resolver(all, r, is_down);
    }
}

/* After all requests up to now. */
static sky_status change_services(twin *t, uint32_t fault, int begins)
{
    services *all;
    sky_status status = twin_run_services(t, &all);

    if (status != SKY_OK || all == NULL)
        return status;
    for (uint32_t p = 0; p < t->scenario->population_count && t->scenario->network == NULL; p++)
        for (uint32_t s = 0; s < t->scenario->place_count; s++)
            services_set_way(all, p, s, world_way(&t->world, p, s));
    if (t->scenario->network != NULL)
        status = twin_change_ways(t);
    if (status != SKY_OK)
        return status;
    if (t->scenario->faults[fault].kind == FAULT_DNS)
        change_resolvers(t, all, fault);
    return change_places(t, all, fault, begins);
}

static sky_status change(twin *t, uint32_t fault, int begins)
{
    switch (t->scenario->faults[fault].kind) {
    case FAULT_OUTAGE:
        return change_outage(t, fault, begins);
    case FAULT_DNS:
        return SKY_OK; /* of services alone, below */
    case FAULT_RACK_OUTAGE:
        return change_racks(t, fault, begins);
    case FAULT_PRICE_SHOCK:
        return change_prices(t, fault);
    case FAULT_QUOTA_CUT:
        return change_capacities(t, fault);
    case FAULT_STALE_TELEMETRY:
        return change_silence(t, fault, begins);
    case FAULT_CONTROL_PLANE:
        if (t->scenario->faults[fault].delay_ns == 0)
            t->world.deaf += begins ? 1 : -1;
        world_delay_decisions(&t->world);
        return SKY_OK;
    default:
        return change_links(t, fault);
    }
}

sky_status twin_fault(twin *t, uint32_t fault)
{
    world *w = &t->world;
    int begins = !w->faults[fault].active;
    int64_t next_ns;
    sky_status status;

    w->faults[fault].active = (uint32_t)begins;
    w->summary.faults += begins;
    status = tell_fault(t, fault, begins);
    if (status == SKY_OK)
        status = twin_bill_services(t);
    if (status == SKY_OK)
        status = change(t, fault, begins);
    if (status == SKY_OK)
        status = change_services(t, fault, begins);
    if (status == SKY_OK)
        status = twin_change_pipelines(t);
    if (!begins)
        w->faults[fault].count++;
    next_ns = begins ? world_fault_ends_ns(w, fault) : world_fault_begins_ns(w, fault);
    if (!begins)
        w->awaited--;
    else if (next_ns < w->end_ns)
        w->awaited++; /* its end may let tasks run */
    w->faults[fault].next_ns = next_ns;
    if (status == SKY_OK && next_ns < w->end_ns &&
        kernel_queue_push(&w->queue, next_ns, (uint32_t)t->scenario->region_count, WORLD_FAULT, fault, 0,
                          0) != SKY_OK)
        status = twin_out_of_events(t);
    return status;
}
