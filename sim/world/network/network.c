#include "network_inside.h"

#include "latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PPM 1000000

/* `room` things of `size` bytes for one more than `count`, grown by doubling. SKY_ERROR_MEMORY. */
static sky_status grow(void **things, size_t count, size_t *room, size_t size)
{
    size_t more = *room < 16 ? 16 : *room * 2;
    void *all;

    if (count < *room)
        return SKY_OK;
    all = realloc(*things, more * size);
    if (all == NULL)
        return SKY_ERROR_MEMORY;
    *things = all;
    *room = more;
    return SKY_OK;
}

static sky_status start_flows(network *n)
{
    int64_t *capacity = malloc((n->topology.pipe_count + 1) * sizeof *capacity);
    sky_status status;

    if (capacity == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < n->topology.pipe_count; i++)
        capacity[i] = n->topology.pipes[i].bytes_per_s;
    status = flows_init(&n->flows, capacity, n->topology.pipe_count);
    free(capacity);
    return status == SKY_OK ? flows_add_bundle(&n->flows, NULL, 0, 0, &n->nowhere) : status;
}

static sky_status make_plans(network *n, sky_error *error)
{
    size_t count = n->scenario->network->transfer_count;
    sky_status status = SKY_OK;

    n->plans = calloc(count + 1, sizeof *n->plans);
    if (n->plans == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < count && status == SKY_OK; i++)
        status = plans_make(&n->plans[i], &n->topology, n->scenario, i, error);
    return status;
}

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "network: out of memory");
    return SKY_ERROR_MEMORY;
}

void network_find_due(network *n)
{
    n->due_ns = SKY_NEVER_NS;
    for (size_t i = 0; i < n->scenario->network->transfer_count; i++)
        if (n->scheduled_ns[i] < n->due_ns)
            n->due_ns = n->scheduled_ns[i];
}

sky_status network_init(network *n, const scenario *s, transfer_meter *meters, sky_error *error)
{
    size_t pairs = s->region_count * s->region_count;
    sky_status status;

    memset(n, 0, sizeof *n);
    n->scenario = s;
    n->meters = meters;
    status = topology_init(&n->topology, s);
    if (status == SKY_OK)
        status = start_flows(n);
    n->first_way = malloc((pairs + 1) * sizeof *n->first_way);
    n->scheduled_ns = malloc((s->network->transfer_count + 1) * sizeof *n->scheduled_ns);
    n->ports = calloc(s->network->link_count + 1, sizeof *n->ports);
    n->units = malloc((n->topology.pipe_count + 1) * sizeof *n->units);
    if (status != SKY_OK || n->units == NULL || n->first_way == NULL || n->scheduled_ns == NULL ||
        n->ports == NULL)
        return no_memory(error);
    for (size_t i = 0; i < s->network->link_count; i++)
        n->ports[i].nusd_per_hour = s->network->links[i].port_nusd_per_hour;
    for (size_t i = 0; i < pairs; i++)
        n->first_way[i] = SKY_NONE;
    for (size_t i = 0; i < s->network->transfer_count; i++)
        n->scheduled_ns[i] = s->network->transfers[i].first_ns;
    network_find_due(n);
    status = make_plans(n, error);
    return status == SKY_ERROR_MEMORY ? no_memory(error) : status;
}

void network_free(network *n)
{
    for (size_t i = 0; n->plans != NULL && i < n->scenario->network->transfer_count; i++)
        plans_free(&n->plans[i]);
    free(n->plans);
    topology_free(&n->topology);
    flows_free(&n->flows);
    free(n->ways);
    free(n->first_way);
    free(n->transfers);
    free(n->scheduled_ns);
    free(n->ports);
    free(n->ended);
    free(n->units);
    memset(n, 0, sizeof *n);
}

/* ---- ways --------------------------------------------------------------------------------------------------- */

uint32_t network_pipes_of(const network *n, const topology_route *route, uint32_t pipes[2 * TOPOLOGY_HOPS])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < route->count; i++) {
        const topology_link *link = &n->topology.links[route->links[i]];

        for (uint32_t p = 0; p < link->pipe_count; p++)
            pipes[count++] = link->pipes[p];
    }
    return count;
}

/* First of the ways between the route's ends. */
static uint32_t *first_between(const network *n, const topology_route *route)
{
    const topology_link *links = n->topology.links;

    return &n->first_way[links[route->links[0]].from * n->topology.region_count +
                         links[route->links[route->count - 1]].to];
}

sky_status network_add_way(network *n, const topology_route *route, int64_t rate)
{
    uint32_t pipes[2 * TOPOLOGY_HOPS], count = network_pipes_of(n, route, pipes);
    uint32_t *first = first_between(n, route);
    network_way *way;
    sky_status status = grow((void **)&n->ways, n->way_count, &n->way_room, sizeof *n->ways);

    if (status != SKY_OK)
        return status;
    way = &n->ways[n->way_count];
    *way = (network_way){ .route = *route, .rate = rate, .next = *first };
    status = flows_add_bundle(&n->flows, pipes, count, rate, &way->bundle);
    if (status == SKY_OK)
        *first = (uint32_t)n->way_count++;
    return status;
}

static sky_status way_over(network *n, const topology_route *route, int64_t rate, uint32_t *found)
{
    const uint32_t *first = first_between(n, route);
    sky_status status;

    for (*found = *first; *found != SKY_NONE; *found = n->ways[*found].next) {
        const network_way *way = &n->ways[*found];

        if (way->rate == rate && way->route.count == route->count &&
            memcmp(way->route.links, route->links, route->count * sizeof route->links[0]) == 0)
            return SKY_OK;
    }
    status = network_add_way(n, route, rate);
    *found = *first;
    return status;
}

static int64_t tcp_rate(const network *n, const topology_route *route)
{
    return topology_tcp_rate(&n->topology, route, n->scenario->network->streams,
                             n->scenario->network->window_bytes);
}

/* The way between a transfer's ends as things are; SKY_NONE: no route is open. */
static sky_status find_way(network *n, const network_transfer *t, uint32_t *found)
{
    topology_route route = t->from == t->to
                               ? topology_zone_route(&n->topology, t->from, t->from_zone, t->to_zone)
                               : topology_find_route(&n->topology, t->from, t->to);

    *found = SKY_NONE;
    return route.count > 0 ? way_over(n, &route, tcp_rate(n, &route), found) : SKY_OK;
}

static uint32_t kind_of(const network *n, uint32_t way)
{
    if (way == SKY_NONE || n->ways[way].route.count != 1)
        return LINK_KIND_COUNT;
    return n->topology.links[n->ways[way].route.links[0]].kind;
}

/* Each link's sender pays. */
static int64_t bill_route(network *n, int64_t now_ns, const topology_route *route, int64_t bytes)
{
    int64_t nusd = 0;

    for (uint32_t i = 0; bytes > 0 && i < route->count; i++) {
        const topology_link *link = &n->topology.links[route->links[i]];

        nusd += link->meter != SKY_NONE ? transfer_bill(&n->meters[link->meter], now_ns, bytes)
                                        : transfer_bill_flat(bytes, link->nusd_per_gb);
    }
    return nusd;
}

/* Bills what moved up to `moved` bytes in all, over the way it took. */
static void bill(network *n, int64_t now_ns, network_transfer *t, int64_t moved)
{
    if (t->way != SKY_NONE)
        t->nusd += bill_route(n, now_ns, &n->ways[t->way].route, moved - t->moved_bytes);
    t->moved_bytes = moved;
}

int64_t network_bill(network *n, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes)
{
    topology_route route = topology_find_route(&n->topology, from, to);

    return bill_route(n, now_ns, &route, bytes);
}

/* ---- transfers ------------------------------------------------------------------------------------------------ */

static sky_status make_transfer_room(network *n)
{
    size_t room = n->transfer_room;
    uint32_t *ended;

    if (grow((void **)&n->transfers, n->transfer_count, &n->transfer_room, sizeof *n->transfers) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (n->transfer_room == room)
        return SKY_OK;
    ended = realloc(n->ended, n->transfer_room * sizeof *ended); /* each ends once: it never grows later */
    if (ended == NULL)
        return SKY_ERROR_MEMORY;
    n->ended = ended;
    return SKY_OK;
}

/* `like` has the ends, the size, the owner and the way. */
static sky_status start(network *n, int64_t now_ns, const network_transfer *like, uint32_t *transfer)
{
    network_transfer *t;
    sky_status status = make_transfer_room(n);

    if (status != SKY_OK)
        return status;
    *transfer = (uint32_t)n->transfer_count;
    t = &n->transfers[*transfer];
    *t = *like;
    t->start_ns = now_ns;
    t->end_ns = SKY_NEVER_NS;
    t->kind = kind_of(n, t->way);
    status = flows_start(&n->flows, now_ns, network_bundle_of(n, t->way), t->bytes, *transfer, &t->flow);
    if (status != SKY_OK)
        return status;
    n->transfer_count++;
    n->live++;
    n->sent_bytes += t->bytes;
    return SKY_OK;
}

sky_status network_send(network *n, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                        network_owner owner, uint32_t subject, uint32_t *transfer)
{
    network_transfer t = {
        .bytes = bytes, .from = from, .to = to, .owner = owner, .subject = subject, .plan_way = SKY_NONE
    };
    sky_status status = find_way(n, &t, &t.way);

    return status == SKY_OK ? start(n, now_ns, &t, transfer) : status;
}

sky_status network_send_between_zones(network *n, int64_t now_ns, uint32_t region, uint32_t from_zone,
                                      uint32_t to_zone, int64_t bytes, network_owner owner, uint32_t subject,
                                      uint32_t *transfer)
{
    network_transfer t = { .bytes = bytes,
                           .from = region,
                           .to = region,
                           .from_zone = from_zone,
                           .to_zone = to_zone,
                           .owner = owner,
                           .subject = subject,
                           .plan_way = SKY_NONE };
    sky_status status = find_way(n, &t, &t.way);

    return status == SKY_OK ? start(n, now_ns, &t, transfer) : status;
}

/* One transfer a path, with its share of the bytes. */
static sky_status send_planned(network *n, int64_t now_ns, uint32_t scheduled)
{
    const scenario_transfer *due = &n->scenario->network->transfers[scheduled];
    const plans *plan = &n->plans[scheduled];
    int64_t left = due->bytes;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < plan->count && status == SKY_OK; i++) {
        const plans_path *path = &plan->paths[i];
        int64_t bytes = i + 1 < plan->count
                            ? muldiv_floor_i64(due->bytes, path->bytes_per_s, plan->bytes_per_s)
                            : left;
        network_transfer t = { .bytes = bytes,
                               .from = due->from,
                               .to = due->to,
                               .owner = NETWORK_SCHEDULED,
                               .subject = scheduled,
                               .rent_nusd_per_hour = muldiv_i64(plan->rent_nusd_per_hour, path->bytes_per_s,
                                                                plan->bytes_per_s) };
        uint32_t transfer;

        if (bytes == 0)
            continue;
        left -= bytes;
        status = way_over(n, &path->route, path->bytes_per_s, &t.way);
        t.plan_way = t.way;
        if (status == SKY_OK)
            status = start(n, now_ns, &t, &transfer);
    }
    return status;
}

static void end(network *n, int64_t now_ns, uint32_t transfer, int64_t moved)
{
    network_transfer *t = &n->transfers[transfer];

    bill(n, now_ns, t, moved);
    t->nusd += muldiv_i64(t->rent_nusd_per_hour, now_ns - t->start_ns, SKY_NS_PER_HOUR);
    t->end_ns = now_ns;
    t->flow = SKY_NONE;
    t->cut = moved < t->bytes;
    n->cut_bytes += t->bytes - moved;
    n->cut_count += t->cut;
    n->ended[n->ended_count++] = transfer;
    n->live--;
}

/* Whole bytes so far, whatever ways it took. */
static int64_t moved_of(network *n, int64_t now_ns, uint32_t transfer)
{
    const network_transfer *t = &n->transfers[transfer];
    sky_int128 left = flows_left(&n->flows, now_ns, t->flow);

    return t->bytes - (int64_t)((left + FLOWS_UNITS_PER_BYTE - 1) / FLOWS_UNITS_PER_BYTE);
}

void network_cut(network *n, int64_t now_ns, uint32_t transfer)
{
    int64_t moved = moved_of(n, now_ns, transfer);

    flows_cancel(&n->flows, now_ns, n->transfers[transfer].flow);
    end(n, now_ns, transfer, moved);
}

int64_t network_left_ns(network *n, int64_t now_ns, uint32_t transfer)
{
    const network_transfer *t = &n->transfers[transfer];
    sky_int128 left = flows_left(&n->flows, now_ns, t->flow);
    int64_t rate = flows_rate(&n->flows, network_bundle_of(n, t->way));

    if (rate == 0 || left / rate >= SKY_NEVER_NS)
        return left == 0 ? 0 : SKY_NEVER_NS;
    return (int64_t)((left + rate - 1) / rate);
}

int64_t network_next_ns(network *n)
{
    int64_t next_ns = flows_next_ns(&n->flows);

    return n->due_ns < next_ns ? n->due_ns : next_ns;
}

sky_status network_advance(network *n, int64_t now_ns)
{
    uint32_t flow, transfer;
    sky_status status = SKY_OK;

    while (flows_take(&n->flows, now_ns, &flow, &transfer))
        end(n, now_ns, transfer, n->transfers[transfer].bytes);
    if (n->due_ns > now_ns)
        return SKY_OK;
    for (uint32_t i = 0; i < n->scenario->network->transfer_count && status == SKY_OK; i++) {
        const scenario_transfer *due = &n->scenario->network->transfers[i];

        if (n->scheduled_ns[i] > now_ns)
            continue;
        if (n->plans[i].count > 0)
            status = send_planned(n, now_ns, i);
        else if (due->from == due->to)
            status = network_send_between_zones(n, now_ns, due->from, due->from_zone, due->to_zone,
                                                due->bytes, NETWORK_SCHEDULED, i, &transfer);
        else
            status = network_send(n, now_ns, due->from, due->to, due->bytes, NETWORK_SCHEDULED, i, &transfer);
        n->scheduled_ns[i] = add_sat_i64(n->scheduled_ns[i], due->every_ns);
    }
    network_find_due(n);
    return status;
}

int network_take(network *n, uint32_t *ended)
{
    if (n->ended_taken == n->ended_count)
        return 0;
    *ended = n->ended[n->ended_taken++];
    return 1;
}

/* ---- faults --------------------------------------------------------------------------------------------------- */

static int is_open(const network *n, uint32_t way)
{
    for (uint32_t i = 0; way != SKY_NONE && i < n->ways[way].route.count; i++)
        if (n->topology.links[n->ways[way].route.links[i]].down)
            return 0;
    return way != SKY_NONE;
}

static sky_status reroute_one(network *n, int64_t now_ns, uint32_t transfer)
{
    network_transfer *t = &n->transfers[transfer];
    uint32_t way = t->plan_way;
    sky_status status = SKY_OK;

    if (!is_open(n, way))
        status = find_way(n, t, &way);
    if (status != SKY_OK || way == t->way)
        return status;
    bill(n, now_ns, t, moved_of(n, now_ns, transfer));
    flows_move(&n->flows, now_ns, t->flow, network_bundle_of(n, way));
    t->way = way;
    t->kind = kind_of(n, way);
    return SKY_OK;
}

void network_change_link(network *n, uint32_t link, int down, int64_t slow_ppm, int64_t more_loss_ppb)
{
    n->topology.links[link].down = down != 0;
    n->topology.links[link].slow_ppm = slow_ppm;
    n->topology.links[link].more_loss_ppb = more_loss_ppb;
}

sky_status network_reroute(network *n, int64_t now_ns)
{
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < n->transfer_count && status == SKY_OK; i++)
        if (n->transfers[i].flow != SKY_NONE)
            status = reroute_one(n, now_ns, i);
    return status;
}

sky_status network_set_link(network *n, int64_t now_ns, uint32_t link, int down, int64_t slow_ppm,
                            int64_t more_loss_ppb)
{
    network_change_link(n, link, down, slow_ppm, more_loss_ppb);
    return network_reroute(n, now_ns);
}

static int64_t capacity_now(const topology_pipe *pipe)
{
    return muldiv_i64(pipe->bytes_per_s, pipe->left_ppm, PPM);
}

void network_set_pipe(network *n, int64_t now_ns, uint32_t pipe, int64_t left_ppm)
{
    n->topology.pipes[pipe].left_ppm = left_ppm;
    flows_set_capacity(&n->flows, now_ns, pipe, capacity_now(&n->topology.pipes[pipe]));
}

sky_status network_follow_scenario(network *n, int64_t now_ns)
{
    for (uint32_t i = 0; i < n->scenario->network->link_count; i++) {
        int64_t before_nusd = network_port_nusd(n, i, now_ns);

        n->ports[i].nusd_per_hour = n->scenario->network->links[i].port_nusd_per_hour;
        n->ports[i].older_nusd += before_nusd - network_port_nusd(n, i, now_ns);
    }
    for (uint32_t i = 0; i < n->topology.pipe_count; i++)
        flows_set_capacity(&n->flows, now_ns, i, capacity_now(&n->topology.pipes[i]));
    return network_reroute(n, now_ns);
}

/* ---- what it costs, carries and takes --------------------------------------------------------------------------- */

int64_t network_link_price(const network *n, int64_t now_ns, uint32_t link)
{
    const topology_link *l = &n->topology.links[link];

    return l->meter != SKY_NONE ? transfer_price(&n->meters[l->meter], now_ns) : l->nusd_per_gb;
}

int64_t network_price(const network *n, int64_t now_ns, uint32_t from, uint32_t to)
{
    topology_route route = topology_find_route(&n->topology, from, to);
    int64_t price = 0;

    for (uint32_t i = 0; i < route.count; i++)
        price += network_link_price(n, now_ns, route.links[i]);
    return price;
}

int64_t network_port_nusd(const network *n, uint32_t private_link, int64_t to_ns)
{
    const network_port *port = &n->ports[private_link];

    return port->older_nusd + muldiv_i64(port->nusd_per_hour, to_ns, SKY_NS_PER_HOUR);
}

int64_t network_ports_nusd(const network *n, int64_t to_ns)
{
    int64_t nusd = 0;

    for (uint32_t i = 0; i < n->scenario->network->link_count; i++)
        nusd += network_port_nusd(n, i, to_ns);
    return nusd;
}

void network_carried(network *n, int64_t now_ns, int64_t *carried)
{
    flows_carried(&n->flows, now_ns, n->units);
    for (size_t i = 0; i < n->topology.pipe_count; i++)
        carried[i] = (int64_t)(n->units[i] / FLOWS_UNITS_PER_BYTE);
}

int network_is_conserved(const network *n)
{
    /* of what was cut off the part of a byte that had moved is nobody's */
    sky_int128 beyond = (n->sent_bytes - n->cut_bytes) * FLOWS_UNITS_PER_BYTE - flows_sent(&n->flows);

    return flows_are_conserved(&n->flows) && beyond <= 0 &&
           beyond > -(sky_int128)(n->cut_count + 1) * FLOWS_UNITS_PER_BYTE &&
           (beyond == 0 || n->cut_count > 0);
}

void network_measure(network *n)
{
    for (uint32_t i = 0; i < n->topology.pipe_count; i++)
        n->topology.pipes[i].load_ppm = muldiv_i64(flows_link_rate(&n->flows, i), PPM,
                                                   n->topology.pipes[i].bytes_per_s);
}

int64_t network_latency_ns(const network *n, const topology_route *route, uint64_t seed, uint32_t replication,
                           int64_t bytes, int64_t time_ns, uint64_t counter)
{
    int64_t latency_ns = 0;

    if (route->count == 0)
        return SKY_NEVER_NS;
    for (uint32_t i = 0; i < route->count; i++) {
        const topology_link *link = &n->topology.links[route->links[i]];
        const scenario_line *line = link->line;
        const latency_jitter jitter = { line->jitter_ns, line->jitter_tail, line->jitter_correlation,
                                        line->jitter_memory_ns };
        const random_key key = { .seed = seed, .replication = replication, .thing = route->links[i] };

        latency_ns += topology_rtt_ns(link) / 2 + latency_serialisation_ns(bytes, line->bytes_per_s) +
                      latency_jitter_ns(&jitter, key, time_ns, counter);
        for (uint32_t p = 0; p < link->pipe_count; p++)
            latency_ns += latency_queueing_ns(line->bytes_per_s, n->topology.pipes[link->pipes[p]].load_ppm,
                                              key, counter * 2 + p);
    }
    return latency_ns;
}
