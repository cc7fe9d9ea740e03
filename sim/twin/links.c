/* What the engine is told of the ways between regions: at the start, at control points where it has changed by more
 * than a tenth, and at once where a fault comes or goes. Only of regions that have pools or data. */
#include "inside.h"

#include "../world/network/offer.h"

#include <stdio.h>
#include <stdlib.h>

/* From a region to another; [from × regions + to]. */
struct twin_way {
    topology_route route;
    network_offer told;
};

static int is_used(const twin *t, uint32_t region)
{
    const data_config *data = t->scenario->storage;

    for (size_t i = 0; i < t->scenario->pool_count; i++)
        if (t->scenario->pools[i].region == region)
            return 1;
    for (uint32_t i = 0; data != NULL && i < data->set_count; i++)
        if (data_copy_of(&t->world.data, i, region)->state != DATA_NONE)
            return 1;
    for (uint32_t i = 0; data != NULL && i < data->reader_count; i++)
        if (data->readers[i].region == region)
            return 1;
    return 0;
}

/* By more than a tenth of what was told. */
static int has_moved(int64_t told, int64_t now)
{
    int64_t difference = now > told ? now - told : told - now;

    return difference > told / 10;
}

static sky_status tell_link(twin *t, uint32_t from, uint32_t to, struct twin_way *way, int anew)
{
    network_offer now = network_offer_of(&t->world.network, t->world.now_ns, &way->route);
    sky_event e = twin_fact(t, SKY_EVENT_LINK);

    if (!anew && now.nusd_per_gb == way->told.nusd_per_gb &&
        !has_moved(way->told.latency_ns, now.latency_ns) &&
        !has_moved(way->told.bytes_per_s, now.bytes_per_s))
        return SKY_OK;
    way->told = now;
    e.region = from;
    e.other = to;
    e.a = now.latency_ns;
    e.b = now.bytes_per_s;
    e.c = now.nusd_per_gb;
    return twin_tell(t, &e);
}

static sky_status tell_links(twin *t, int routes_too, int anew)
{
    uint32_t regions = (uint32_t)t->scenario->region_count;
    sky_status status = SKY_OK;

    for (uint32_t from = 0; from < regions; from++)
        for (uint32_t to = 0; is_used(t, from) && to < regions && status == SKY_OK; to++) {
            struct twin_way *way = &t->ways[from * regions + to];

            if (from == to || !is_used(t, to))
                continue;
            if (routes_too)
                way->route = topology_find_route(&t->world.network.topology, from, to);
            status = tell_link(t, from, to, way, anew);
        }
    return status;
}

static size_t pairs_of(const twin *t)
{
    return t->scenario->region_count * t->scenario->region_count;
}

sky_status twin_tell_first_links(twin *t)
{
    if (t->scenario->network == NULL)
        return SKY_OK;
    t->ways = calloc(pairs_of(t) + 1, sizeof *t->ways);
    if (t->ways == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    return tell_links(t, 1, 1);
}

sky_status twin_tell_links(twin *t, int routes_changed)
{
    return t->ways != NULL ? tell_links(t, routes_changed, 0) : SKY_OK;
}

void twin_links_state(twin *t, state *s)
{
    if (t->ways == NULL)
        t->ways = calloc(pairs_of(t) + 1, sizeof *t->ways);
    if (t->ways == NULL) {
        state_no_memory(s);
        return;
    }
    state_part(s, "ways as told");
    state_array(s, t->ways, pairs_of(t), sizeof *t->ways);
    for (size_t i = 0; i < pairs_of(t) && state_is_sound(s); i++) {
        const topology_route *route = &t->ways[i].route;

        state_check(s, route->count <= TOPOLOGY_HOPS);
        for (uint32_t k = 0; state_is_sound(s) && k < route->count; k++)
            state_check(s, route->links[k] < t->world.network.topology.link_count);
    }
}
