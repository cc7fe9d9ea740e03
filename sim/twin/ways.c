/* Ways between users and places over the scenario's network: their latency, jitter, loss and outages are those of the route
 * that traffic takes now. Where there is no network they stay as the catalog and the populations' own keys have them. */
#include "requests.h"

#include "../world/network/latency.h"

#include <stdlib.h>
#include <string.h>

#define HALF_PPB  500000000             /* the most that a message is lost with */
#define MOST_NS   (SKY_NEVER_NS / 1024) /* in a checkpoint */
#define MOST_TAIL 1e9

sky_status twin_open_ways(twin *t)
{
    twin_requests *r = t->requests;
    uint32_t populations = r->config.population_count, places = r->config.station_count;

    if (t->scenario->network == NULL)
        return SKY_OK;
    r->users = malloc((populations + 1) * sizeof *r->users);
    r->routes = malloc(((size_t)populations * places + 1) * sizeof *r->routes);
    if (r->users == NULL || r->routes == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t p = 0; p < populations; p++) {
        r->users[p] = r->config.populations[p];
        memcpy(r->routes + (size_t)p * places, r->users[p].routes, places * sizeof *r->routes);
        r->users[p].routes = r->routes + (size_t)p * places;
    }
    r->config.populations = r->users;
    return SKY_OK;
}

/* One direction of a way: the part that does not vary, and what adds to it. */
typedef struct direction {
    int64_t ns, loss_ppb;
    latency_jitter jitter;
    int is_closed;
} direction;

/* Over relays jitter adds up, and varies as on the link that has the most of it. */
static direction follow(const twin *t, uint32_t from, uint32_t to, int64_t bytes)
{
    const topology *map = &t->world.network.topology;
    const topology_route route = topology_find_route(map, from, to);
    direction d = { .is_closed = from != to && route.count == 0, .jitter.correlation_ns = 1 };
    int64_t most_ns = 0;

    for (uint32_t i = 0; i < route.count; i++) {
        const topology_link *link = &map->links[route.links[i]];
        const scenario_line *line = link->line;

        d.ns += topology_rtt_ns(link) / 2 + latency_serialisation_ns(bytes, line->bytes_per_s);
        d.loss_ppb += topology_loss_ppb(link);
        d.jitter.mean_ns += line->jitter_ns;
        if (line->jitter_ns <= most_ns)
            continue;
        most_ns = line->jitter_ns;
        d.jitter.tail = line->jitter_tail;
        d.jitter.correlation = line->jitter_correlation;
        d.jitter.correlation_ns = line->jitter_memory_ns;
    }
    return d;
}

/* What a way has beside the network: the users' own access line, or their way to a gateway. */
static int64_t beside_ns(const twin *t, uint32_t begins, uint32_t place_region, int64_t configured_ns)
{
    const scenario *s = t->scenario;

    return configured_ns - s->rtt_ns[begins * s->region_count + place_region] / 2;
}

static void follow_way(twin *t, uint32_t population, uint32_t place)
{
    twin_requests *r = t->requests;
    const client_config *users = &t->scenario->services->populations[population];
    const station_config *c = &r->config.stations[place];
    client_route *route = &r->routes[(size_t)population * r->config.station_count + place];
    uint32_t begins = users->gateway > 0 ? r->config.gateways[users->gateway - 1].region : users->region;
    const direction there = follow(t, begins, c->region, c->request_bytes);
    const direction back = follow(t, c->region, begins, c->answer_bytes);
    services_way way = { .cut = (uint32_t)(there.is_closed || back.is_closed) };

    if (r->services != NULL) { /* the way to a gateway is no link of the network's */
        way.loss_ppb = there.loss_ppb > back.loss_ppb ? there.loss_ppb : back.loss_ppb;
        way.loss_ppb = way.loss_ppb < HALF_PPB ? way.loss_ppb : HALF_PPB;
        services_set_way(r->services, population, place, way);
    }
    if (way.cut)
        return; /* what is under way arrives as it would have */
    route->there_ns = beside_ns(t, begins, c->region, users->routes[place].there_ns) + there.ns;
    route->back_ns = beside_ns(t, begins, c->region, users->routes[place].back_ns) + back.ns;
    if (begins != c->region)
        route->jitter = there.jitter;
}

void twin_follow_network(twin *t)
{
    for (uint32_t p = 0; p < t->scenario->population_count; p++)
        for (uint32_t s = 0; s < t->scenario->place_count; s++)
            follow_way(t, p, s);
}

/* Those that are cut are as they were before; the others follow from the network. */
void twin_ways_state(twin *t, state *s)
{
    const services_config *config = &t->requests->config;
    size_t ways = (size_t)config->population_count * config->station_count;

    state_part(s, "ways of users");
    for (size_t i = 0; i < ways; i++) {
        client_route *route = &t->requests->routes[i];
        latency_jitter *jitter = &route->jitter;

        STATE_VALUE(s, route->there_ns);
        STATE_VALUE(s, route->back_ns);
        STATE_VALUE(s, jitter->mean_ns);
        STATE_VALUE(s, jitter->tail);
        STATE_VALUE(s, jitter->correlation);
        STATE_VALUE(s, jitter->correlation_ns);
        state_check(s, route->there_ns >= 0 && route->there_ns <= MOST_NS && route->back_ns >= 0 &&
                           route->back_ns <= MOST_NS && jitter->mean_ns >= 0 && jitter->mean_ns <= MOST_NS);
        state_check(s, (jitter->tail == 0 || (jitter->tail > 1 && jitter->tail < MOST_TAIL)) &&
                           jitter->correlation >= 0 && jitter->correlation <= 1 &&
                           jitter->correlation_ns >= 1);
    }
}

sky_status twin_change_ways(twin *t)
{
    twin_requests *r = t->requests;
    sky_status status = SKY_OK;

    twin_follow_network(t);
    status = services_refresh(r->services, t->error);
    for (uint32_t p = 0; p < t->scenario->population_count; p++)
        for (uint32_t s = 0; s < t->scenario->place_count && status == SKY_OK; s++)
            if (t->scenario->place_service[s] == t->scenario->population_service[p])
                status = twin_tell_way(t, p, s);
    return status;
}
