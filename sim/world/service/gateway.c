#include "inside.h"

#include <stdlib.h>

static void turn_away(process_context *c, const request *r, client_outcome outcome)
{
    const service_shared *shared = c->shared;
    const client_config *asker = &shared->config.populations[r->population];

    process_send(c, asker->region, asker->gateway_ns, SERVICE_ANSWER, shared->population_local[r->population],
                 outcome, (int64_t)r->call);
}

static void leave_spans(process_context *c, region *here, const gateway *g, const request *r,
                        const int64_t until_ns[4])
{
    static const uint32_t kinds[4] = { RECORD_SPAN_GATEWAY, RECORD_SPAN_HANDSHAKE, RECORD_SPAN_ENCRYPTION,
                                       RECORD_SPAN_NETWORK };
    int64_t start_ns = c->now_ns;

    for (int i = 0; i < 4; i++) {
        trace_add(c, &here->spans, r->mark,
                  (record_span_row){ .start_ns = start_ns,
                                     .end_ns = until_ns[i],
                                     .population = r->population,
                                     .place = r->station,
                                     .kind = kinds[i],
                                     .region = g->config->region,
                                     .by_kind = 2,
                                     .by = g->number });
        start_ns = until_ns[i];
    }
}

/* On to its station, once those before it have passed. */
static void pass(process_context *c, region *here, gateway *g, request *r)
{
    const service_shared *shared = c->shared;
    const client_route *route = &shared->config.populations[r->population].routes[r->station];
    const mesh_end self = mesh_gateway(shared, g->number), station = mesh_station(shared, r->station);
    mesh_cost cost;
    int64_t until_ns[4];

    g->free_ns = (g->free_ns > c->now_ns ? g->free_ns : c->now_ns) + g->config->per_request_ns;
    cost = mesh_call(shared, &self, &station, &g->sessions[r->station], 2 * route->there_ns, c->now_ns,
                     &self.owner->draws, g->passed);
    g->passed++;
    g->calls[r->station]++;
    until_ns[0] = g->free_ns;
    until_ns[1] = until_ns[0] + cost.handshake_ns;
    until_ns[2] = until_ns[1] + cost.encryption_ns;
    until_ns[3] = until_ns[2] + route->there_ns;
    leave_spans(c, here, g, r, until_ns);
    r->caller = REQUEST_BY_GATEWAY(g->number);
    request_send(c, here, until_ns[3] - c->now_ns, r);
}

void gateway_pass(process_context *c, void *state, const kernel_event *event)
{
    const service_shared *shared = c->shared;
    region *here = state;
    uint32_t local, station;
    request r = request_of(here, event, &local, &station);
    gateway *g = &here->gateways[local];
    const mesh_end users = mesh_population(shared, r.population), self = mesh_gateway(shared, g->number);
    int64_t certificates;
    client_outcome outcome = mesh_check(shared, &users, &self, c->now_ns, &certificates);

    r.station = station;
    g->received++;
    if (outcome != CLIENT_SERVED) {
        g->refused++;
        turn_away(c, &r, outcome);
    } else if (g->free_ns - c->now_ns > g->config->most_wait_ns) {
        g->full++;
        turn_away(c, &r, CLIENT_GATEWAY_FULL);
    } else {
        pass(c, here, g, &r);
    }
}

int gateway_begin(process_context *c, gateway *g)
{
    uint32_t stations = ((const service_shared *)c->shared)->config.station_count;

    g->sessions = calloc(stations, sizeof *g->sessions);
    g->calls = calloc(stations, sizeof *g->calls);
    return g->sessions != NULL && g->calls != NULL ? 0 : -1;
}

void gateway_state(gateway *g, state *s, uint32_t stations, int64_t now_ns)
{
    uint64_t *const counts[] = { &g->received, &g->passed, &g->full, &g->refused };

    STATE_VALUE(s, g->free_ns);
    state_check(s, g->free_ns >= 0 && g->free_ns <= SERVICE_LAST_NS);
    for (uint32_t i = 0; i < stations; i++)
        mtls_session_state(&g->sessions[i], s, now_ns);
    state_array(s, g->calls, stations, sizeof *g->calls);
    for (uint32_t i = 0; i < stations; i++)
        state_check(s, g->calls[i] <= SERVICE_MOST);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        STATE_VALUE(s, *counts[i]);
        state_check(s, *counts[i] <= SERVICE_MOST);
    }
}

void gateway_end(gateway *g)
{
    free(g->sessions);
    free(g->calls);
}
