/* The network saved and restored. */
#include "network_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((sky_int128)1 << 80) /* of all transfers of a run */
#define MOST_NUSD  (INT64_C(1) << 62)

/* ---- ways: with them the bundles of flows are made again, in the same order --------------------------------------- */

/* From region to region, through no pipe twice. */
static int is_route(const network *n, const topology_route *route)
{
    uint32_t pipes[2 * TOPOLOGY_HOPS], count;

    if (route->count == 0 || route->count > TOPOLOGY_HOPS)
        return 0;
    for (uint32_t i = 0; i < route->count; i++)
        if (route->links[i] >= n->topology.link_count ||
            (i > 0 && n->topology.links[route->links[i]].from != n->topology.links[route->links[i - 1]].to))
            return 0;
    count = network_pipes_of(n, route, pipes);
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (pipes[i] == pipes[k])
                return 0;
    return 1;
}

static void ways_state(network *n, state *s)
{
    size_t count = state_count(s, n->way_count, sizeof(topology_route) + sizeof(int64_t));

    for (size_t i = 0; i < count && state_is_sound(s); i++) {
        topology_route route = { 0 };
        int64_t rate = 0;

        if (!state_restores(s)) {
            route = n->ways[i].route;
            rate = n->ways[i].rate;
        }
        STATE_VALUE(s, route);
        STATE_VALUE(s, rate);
        state_check(s, is_route(n, &route) && rate >= 0 && rate <= FLOWS_MOST_BYTES_PER_S);
        if (state_restores(s) && state_is_sound(s) && network_add_way(n, &route, rate) != SKY_OK)
            state_no_memory(s);
    }
}

/* ---- transfers: those under way, and those that ended and were not taken ------------------------------------------- */

static uint32_t zones_of(const network *n, uint32_t region)
{
    return (uint32_t)n->scenario->regions[region].zone_count;
}

static int has_ends(const network *n, const network_transfer *t)
{
    if (t->from >= n->topology.region_count || t->to >= n->topology.region_count)
        return 0;
    return t->from != t->to || (n->topology.zone_links != NULL && t->from_zone < zones_of(n, t->from) &&
                                t->to_zone < zones_of(n, t->from));
}

static int can_be(const network *n, const network_transfer *t)
{
    return has_ends(n, t) && t->bytes >= 1 && t->start_ns <= n->flows.now_ns && t->moved_bytes <= t->bytes &&
           t->owner <= NETWORK_DATA && t->kind <= LINK_BETWEEN_ZONES && t->cut <= 1 &&
           (t->owner != NETWORK_SCHEDULED || t->subject < n->scenario->network->transfer_count) &&
           (t->way == SKY_NONE || t->way < n->way_count) &&
           (t->plan_way == SKY_NONE || t->plan_way < n->way_count);
}

static void transfer_state(const network *n, network_transfer *t, state *s)
{
    STATE_VALUE(s, *t);
    state_check_amounts(s, (const int64_t[]){ t->start_ns, t->moved_bytes, t->nusd, t->rent_nusd_per_hour },
                        4);
    state_check(s, can_be(n, t));
}

/* Its flow is its own: the flow says so too. */
static int has_its_flow(const network *n, uint32_t transfer)
{
    const network_transfer *t = &n->transfers[transfer];

    return t->flow < n->flows.flow_count && n->flows.flows[t->flow].bundle == network_bundle_of(n, t->way) &&
           n->flows.flows[t->flow].subject == transfer;
}

static size_t flows_under_way(const network *n)
{
    size_t count = 0;

    for (size_t i = 0; i < n->flows.flow_count; i++)
        count += n->flows.flows[i].bundle != SKY_NONE;
    return count;
}

static void make_transfers(network *n, size_t count, state *s)
{
    network_transfer *transfers = malloc((count + 1) * sizeof *transfers);
    uint32_t *ended = malloc((count + 1) * sizeof *ended);

    if (transfers == NULL || ended == NULL) {
        free(transfers);
        free(ended);
        state_no_memory(s);
        return;
    }
    for (size_t i = 0; i < count; i++)
        transfers[i] = (network_transfer){ .flow = SKY_NONE, .way = SKY_NONE, .plan_way = SKY_NONE };
    free(n->transfers);
    free(n->ended);
    n->transfers = transfers;
    n->ended = ended;
    n->transfer_count = count;
    n->transfer_room = count + 1;
    n->live = 0;
}

static void ended_state(network *n, state *s)
{
    size_t waiting = n->ended_count - n->ended_taken;

    waiting = state_count(s, waiting, sizeof *n->ended + sizeof *n->transfers);
    state_check(s, waiting <= n->transfer_count - n->live);
    for (size_t i = 0; i < waiting && state_is_sound(s); i++) {
        uint32_t *index = &n->ended[n->ended_taken + i];

        STATE_VALUE(s, *index);
        state_check(s, *index < n->transfer_count && n->transfers[*index].flow == SKY_NONE);
        if (!state_is_sound(s))
            break;
        transfer_state(n, &n->transfers[*index], s);
        state_check(s, n->transfers[*index].flow == SKY_NONE);
    }
    n->ended_count = n->ended_taken + waiting;
}

static void transfers_state(network *n, state *s)
{
    size_t count = state_count(s, n->transfer_count, 1);

    if (state_restores(s))
        make_transfers(n, count, s);
    for (uint32_t i = 0; i < count && state_is_sound(s); i++) {
        network_transfer *t = &n->transfers[i];
        unsigned char is_live = t->flow != SKY_NONE;

        STATE_VALUE(s, is_live);
        state_check(s, is_live <= 1);
        if (!is_live)
            continue;
        transfer_state(n, t, s);
        state_check(s, state_is_sound(s) && has_its_flow(n, i));
        n->live += state_restores(s) != 0;
    }
    state_check(s, flows_under_way(n) == n->live);
    ended_state(n, s);
}

static void ports_state(network *n, state *s)
{
    size_t count = n->scenario->network->link_count;

    state_array(s, n->ports, count, sizeof *n->ports);
    for (size_t i = 0; i < count; i++) {
        state_check_amounts(s, &n->ports[i].nusd_per_hour, 1);
        state_check(s, n->ports[i].older_nusd > -MOST_NUSD && n->ports[i].older_nusd < MOST_NUSD);
    }
}

void network_state(network *n, state *s)
{
    state_part(s, "network");
    assert(!state_restores(s) || (n->way_count == 0 && n->transfer_count == 0));
    topology_state(&n->topology, s);
    ways_state(n, s);
    flows_state(&n->flows, s);
    state_part(s, "transfers");
    transfers_state(n, s);
    state_array(s, n->scheduled_ns, n->scenario->network->transfer_count, sizeof *n->scheduled_ns);
    for (size_t i = 0; i < n->scenario->network->transfer_count; i++)
        state_check(s, n->scheduled_ns[i] >= n->flows.now_ns);
    network_find_due(n);
    ports_state(n, s);
    STATE_VALUE(s, n->sent_bytes);
    STATE_VALUE(s, n->cut_bytes);
    STATE_VALUE(s, n->cut_count);
    state_check(s, n->cut_bytes >= 0 && n->cut_bytes <= n->sent_bytes && n->sent_bytes <= MOST_BYTES);
}
