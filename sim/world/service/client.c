#include "inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_PPM 1000000

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static uint32_t new_call(process_context *c, client *client)
{
    uint32_t at = client->free_call;

    if (at != STATION_NONE) {
        client->free_call = client->calls[at].next;
        return at;
    }
    if (client->call_count == client->call_room) {
        uint32_t room = client->call_room == 0 ? 64 : client->call_room * 2;
        client_call *calls = room > client->call_room ? realloc(client->calls, room * sizeof *calls) : NULL;

        if (calls == NULL) {
            process_fail(c, SKY_ERROR_MEMORY, "out of memory for requests");
            return STATION_NONE;
        }
        client->calls = calls;
        client->call_room = room;
    }
    client->calls[client->call_count] = (client_call){ .station = STATION_NONE, .next = STATION_NONE };
    return client->call_count++;
}

/* As a station and events keep it: place and generation. */
static uint64_t call_name(const client *client, uint32_t at)
{
    return (uint64_t)client->calls[at].generation << 32 | at;
}

/* NULL: that attempt is over already. */
static client_call *call_of(const client *client, uint64_t name)
{
    client_call *call = &client->calls[(uint32_t)name];

    return call->generation == (uint32_t)(name >> 32) ? call : NULL;
}

/* A span of a request as a whole, or an attempt, that is over now. */
static void leave_span(process_context *c, region *here, const client *client, const client_call *call,
                       record_span kind, client_outcome outcome)
{
    int is_attempt = kind == RECORD_SPAN_ATTEMPT;

    trace_add(c, &here->spans, trace_mark(call->trace, is_attempt ? call->attempts : 0),
              (record_span_row){ .start_ns = is_attempt ? call->attempt_ns : call->start_ns,
                                 .end_ns = c->now_ns,
                                 .population = client->number,
                                 .place = is_attempt ? call->station : SKY_NONE,
                                 .kind = kind,
                                 .outcome = outcome,
                                 .region = c->self,
                                 .by = client->number });
}

static void end_call(process_context *c, region *here, client *client, client_call *call,
                     client_outcome outcome)
{
    int64_t response_ns = c->now_ns - call->start_ns;

    if (outcome == CLIENT_SERVED) {
        client->served++;
        client->within_objective += response_ns <= client->config->objective_ns;
        histogram_add(&client->responses, response_ns, 1);
    } else {
        client->failed++;
    }
    if (call->trace != 0)
        leave_span(c, here, client, call, RECORD_SPAN_REQUEST, outcome);
    call->generation++;
    call->attempts = 0;
    call->next = client->free_call;
    client->free_call = (uint32_t)(call - client->calls);
    client->in_flight--;
    assert(client->arrived == client->served + client->failed + client->in_flight);
}

/* ---- where to ------------------------------------------------------------------------------------------------------ */

static int is_open(const client *client, uint32_t station, int64_t now_ns)
{
    const client_way *way = &client->ways[station];

    return client->config->breaker_failures > 0 && way->failures >= client->config->breaker_failures &&
           now_ns < way->open_until_ns;
}

/* By weight, among the places whose breakers let requests through. */
static uint32_t choose_by_weight(client *client, int64_t now_ns)
{
    random_key key = client->draws;
    int64_t all = client->weight, at;

    if (client->config->breaker_failures > 0)
        for (uint32_t i = 0; i < client->order_count; i++)
            if (is_open(client, client->order[i], now_ns))
                all -= client->weights[client->order[i]];
    if (all == 0)
        return STATION_NONE;
    key.purpose = RANDOM_ROUTE;
    at = (int64_t)((sky_int128)(random_u64(&key, client->sends) >> 1) * all >> 63);
    for (uint32_t i = 0;; i++) {
        uint32_t station = client->order[i];

        if (is_open(client, station, now_ns))
            continue;
        at -= client->weights[station];
        if (at < 0)
            return station;
    }
}

/* By the share of each place; where its breaker is open, the next one's. */
static uint32_t choose_by_locality(const client *client, int64_t now_ns)
{
    random_key key = client->draws;
    uint32_t first = 0;
    int64_t at;

    key.purpose = RANDOM_LOCALITY;
    at = stream_below_of((uint32_t)(random_u64(&key, client->sends) >> 32), WHOLE_PPM);
    while (at >= client->places[first].share_ppm)
        at -= client->places[first++].share_ppm;
    for (uint32_t i = 0; i < client->order_count; i++) {
        uint32_t station = client->order[(first + i) % client->order_count];

        if (!is_open(client, station, now_ns))
            return station;
    }
    return STATION_NONE;
}

static uint32_t choose(client *client, int64_t now_ns)
{
    if (client->config->routing == CLIENT_BY_WEIGHT || client->steered)
        return choose_by_weight(client, now_ns);
    if (client->places != NULL)
        return choose_by_locality(client, now_ns);
    for (uint32_t i = 0; i < client->order_count; i++)
        if (!is_open(client, client->order[i], now_ns))
            return client->order[i];
    return STATION_NONE;
}

/* A breaker whose time is over lets this request try, and others not before it has had as much time again. */
static void note_try(client *client, uint32_t station, int64_t now_ns)
{
    client_way *way = &client->ways[station];

    if (client->config->breaker_failures > 0 && way->failures >= client->config->breaker_failures)
        way->open_until_ns = now_ns + client->config->breaker_ns;
}

static void note_outcome(client *client, uint32_t station, client_outcome outcome, int64_t now_ns)
{
    client_way *way = &client->ways[station];

    if (outcome == CLIENT_SERVED) {
        way->failures = 0;
        return;
    }
    way->failures += way->failures < UINT32_MAX;
    if (way->failures == client->config->breaker_failures)
        way->open_until_ns = now_ns + client->config->breaker_ns;
}

/* ---- attempts ------------------------------------------------------------------------------------------------------ */

/* An attempt is over now. */
static void note_attempt(process_context *c, region *here, client *client, const client_call *call,
                         client_outcome outcome)
{
    edge *edge = call->station != STATION_NONE ? client->ways[call->station].edge : NULL;

    client->outcomes[outcome]++;
    if (call->station != STATION_NONE)
        note_outcome(client, call->station, outcome, c->now_ns);
    if (edge != NULL) {
        edge->outcomes[outcome]++;
        if (outcome == CLIENT_SERVED)
            histogram_add(&edge->times, c->now_ns - call->attempt_ns, 1);
    }
    if (call->trace != 0)
        leave_span(c, here, client, call, RECORD_SPAN_ATTEMPT, outcome);
}

/* Tries again, if it may. */
static void fail_attempt(process_context *c, region *here, client *client, client_call *call,
                         client_outcome outcome)
{
    const client_config *config = client->config;
    uint32_t tried = call->attempts;
    int64_t pause_ns;

    note_attempt(c, here, client, call, outcome);
    if (tried >= config->attempts || outcome == CLIENT_REFUSED || outcome == CLIENT_EXPIRED ||
        outcome == CLIENT_TOO_LARGE) {
        end_call(c, here, client, call, outcome);
        return;
    }
    client->retries++;
    if (call->station != STATION_NONE && client->ways[call->station].edge != NULL)
        client->ways[call->station].edge->retries++;
    call->generation++;
    pause_ns = config->pause_ns << (tried - 1 < 20 ? tried - 1 : 20);
    if (call->trace != 0)
        trace_add(c, &here->spans, trace_mark(call->trace, 0),
                  (record_span_row){ .start_ns = c->now_ns,
                                     .end_ns = c->now_ns + pause_ns,
                                     .population = client->number,
                                     .place = SKY_NONE,
                                     .kind = RECORD_SPAN_PAUSE,
                                     .region = c->self,
                                     .by = client->number });
    process_schedule(c, pause_ns, SERVICE_RETRY, client->local, 0,
                     (int64_t)call_name(client, (uint32_t)(call - client->calls)));
}

/* What a request pays to whom it goes first. */
static mesh_cost pay_mtls(const process_context *c, client *client, uint32_t station)
{
    const service_shared *shared = c->shared;
    const client_config *config = client->config;
    const client_route *route = &config->routes[station];
    mesh_end users, callee;
    mtls_session *session = config->gateway > 0 ? &client->gateway : &client->ways[station].session;
    int64_t round_trip_ns = config->gateway > 0 ? 2 * config->gateway_ns : route->there_ns + route->back_ns;
    uint64_t full = session->full, resumed = session->resumed;
    mesh_cost cost = { 0 };

    if (config->gateway == 0 &&
        service_is_plain(shared, config->mtls.trust_domain, shared->config.stations[station].trust_domain))
        return cost;
    users = mesh_population(shared, client->number);
    callee = config->gateway > 0 ? mesh_gateway(shared, config->gateway - 1) : mesh_station(shared, station);
    cost = mesh_call(shared, &users, &callee, session, round_trip_ns, c->now_ns, &client->draws,
                     client->sends);
    client->handshakes += session->full - full + session->resumed - resumed;
    client->resumptions += session->resumed - resumed;
    return cost;
}

static void leave_parts(process_context *c, region *here, const client *client, const client_call *call,
                        const int64_t parts_ns[4])
{
    static const uint32_t kinds[4] = { RECORD_SPAN_NAME, RECORD_SPAN_HANDSHAKE, RECORD_SPAN_ENCRYPTION,
                                       RECORD_SPAN_NETWORK };
    int64_t start_ns = c->now_ns;

    for (int i = 0; i < 4; i++) {
        trace_add(c, &here->spans, trace_mark(call->trace, call->attempts),
                  (record_span_row){ .start_ns = start_ns,
                                     .end_ns = start_ns + parts_ns[i],
                                     .population = client->number,
                                     .place = call->station,
                                     .kind = kinds[i],
                                     .region = c->self,
                                     .by = client->number });
        start_ns += parts_ns[i];
    }
}

/* Until it is there, from now on; name_ns: that the name takes. */
static int64_t depart_ns(process_context *c, region *here, client *client, const client_call *call,
                         int64_t name_ns)
{
    const client_config *config = client->config;
    int64_t there_ns = config->routes[call->station].there_ns;
    const mesh_cost cost = pay_mtls(c, client, call->station);
    int64_t way_ns = service_delay_ns(c->shared, client->number, call->station, there_ns, c->now_ns,
                                      2 * client->sends);

    client->ways[call->station].sent++;
    client->sends++;
    if (config->gateway > 0)
        way_ns += config->gateway_ns - there_ns; /* the rest of the way begins there */
    if (call->trace != 0)
        leave_parts(c, here, client, call,
                    (const int64_t[]){ name_ns, cost.handshake_ns, cost.encryption_ns, way_ns });
    return name_ns + cost.handshake_ns + cost.encryption_ns + way_ns;
}

static void send_request(process_context *c, region *here, client *client, uint32_t at, int64_t delay_ns)
{
    const service_shared *shared = c->shared;
    const client_call *call = &client->calls[at];
    const client_way *way = &client->ways[call->station];
    const request r = { .call = call_name(client, at),
                        .mark = trace_mark(call->trace, call->attempts),
                        .as_of_ns = way->as_of_ns,
                        .endpoints = shared->config.discovery.every_ns > 0 ? way->endpoints
                                                                           : REQUEST_ALL_KNOWN,
                        .population = client->number,
                        .station = call->station };

    if (way->edge != NULL)
        way->edge->calls++;
    if (service_way(shared, client->number, call->station)->cut) {
        client->cut_off++;
        if (client->config->timeout_ns == 0)
            process_schedule(c, delay_ns, SERVICE_ANSWER, client->local, CLIENT_UNREACHABLE, (int64_t)r.call);
    } else if (client->config->gateway > 0) {
        request_send_by(c, client->config->gateway - 1, delay_ns, &r);
    } else {
        request_send(c, here, delay_ns, &r);
    }
}

static void attempt(process_context *c, region *here, client *client, uint32_t at)
{
    const client_config *config = client->config;
    client_call *call = &client->calls[at];
    int64_t name_ns = 0;

    call->attempts++;
    call->generation++;
    call->attempt_ns = c->now_ns;
    call->station = STATION_NONE;
    if (config->names.ttl_ns > 0)
        name_ns = names_resolve_ns(&client->name, &config->names, c->now_ns, (int)here->resolver_is_down);
    if (name_ns == NAMES_NOT_FOUND) {
        process_schedule(c, config->names.timeout_ns, SERVICE_ANSWER, client->local, CLIENT_NO_NAME,
                         (int64_t)call_name(client, at));
        return;
    }
    call->station = choose(client, c->now_ns);
    if (call->station == STATION_NONE) {
        fail_attempt(c, here, client, call, CLIENT_NO_PLACE);
        return;
    }
    note_try(client, call->station, c->now_ns);
    if (config->timeout_ns > 0)
        process_schedule(c, config->timeout_ns, SERVICE_TIMEOUT, client->local, 0,
                         (int64_t)call_name(client, at));
    send_request(c, here, client, at, depart_ns(c, here, client, call, name_ns));
}

static void wait_for_next(process_context *c, client *client)
{
    int64_t end_ns = ((const service_shared *)c->shared)->config.end_ns;
    int64_t next_ns = demand_next_ns(&client->arrivals, end_ns);

    if (next_ns < end_ns)
        process_schedule(c, next_ns - c->now_ns, SERVICE_NEXT, client->local, 0, 0);
}

/* The request that has arrived, by its number. */
static int is_sampled(const process_context *c, const client *client)
{
    uint32_t one_in = ((const service_shared *)c->shared)->config.sample;
    random_key key = client->draws;

    if (one_in == 0)
        return 0;
    key.purpose = RANDOM_SAMPLE;
    return stream_below_of((uint32_t)(random_u64(&key, client->arrived) >> 32), one_in) == 0;
}

void client_next(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;
    client *client = &here->clients[event->subject];
    uint32_t at = new_call(c, client);

    if (at == STATION_NONE)
        return;
    client->arrived++;
    client->in_flight++;
    client->calls[at].start_ns = c->now_ns;
    client->calls[at].trace = is_sampled(c, client) ? client->arrived : 0;
    attempt(c, here, client, at);
    wait_for_next(c, client);
}

void client_take_answer(process_context *c, region *here, uint32_t local, client_outcome outcome,
                        uint64_t name)
{
    client *client = &here->clients[local];
    client_call *call = call_of(client, name);

    if (call == NULL) {
        client->late_answers++;
        return;
    }
    if (outcome == CLIENT_SERVED) {
        note_attempt(c, here, client, call, outcome);
        end_call(c, here, client, call, outcome);
    } else {
        fail_attempt(c, here, client, call, outcome);
    }
}

void client_answer(process_context *c, void *state, const kernel_event *event)
{
    client_take_answer(c, state, event->subject, (client_outcome)event->other, (uint64_t)event->a);
}

void client_timeout(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;
    client *client = &here->clients[event->subject];
    client_call *call = call_of(client, (uint64_t)event->a);

    if (call != NULL)
        fail_attempt(c, here, client, call, CLIENT_TIMED_OUT);
}

void client_retry(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;
    client *client = &here->clients[event->subject];

    if (call_of(client, (uint64_t)event->a) != NULL)
        attempt(c, here, client, (uint32_t)event->a);
}

/* ---- beginning and end ----------------------------------------------------------------------------------------------- */

/* Which of two stations a population asks first; ties by number. */
static int is_better(const client_config *config, uint32_t a, uint32_t b)
{
    const client_route *x = &config->routes[a], *y = &config->routes[b];
    int64_t first = x->there_ns + x->back_ns, second = y->there_ns + y->back_ns;

    if (config->routing == CLIENT_LEAST_COST) {
        first = x->nusd_per_million;
        second = y->nusd_per_million;
    }
    return first != second ? first < second : a < b;
}

static void order_stations(client *client)
{
    const client_config *config = client->config;

    client->order_count = 0;
    client->weight = 0;
    for (uint32_t s = 0; s < client->station_count; s++) {
        uint32_t at = client->order_count;

        if (client->weights[s] == 0)
            continue;
        for (; at > 0 && is_better(config, s, client->order[at - 1]); at--)
            client->order[at] = client->order[at - 1];
        client->order[at] = s;
        client->order_count++;
        client->weight += client->weights[s];
    }
}

/* What it knows of its ways at the start, and what is kept of them. */
static int begin_ways(const process_context *c, client *client)
{
    const services_config *config = &((const service_shared *)c->shared)->config;

    if (client->config->routing == CLIENT_BY_LOCALITY) {
        client->place_count = client->order_count;
        client->places = calloc(client->place_count, sizeof *client->places);
        if (client->places == NULL)
            return -1;
        for (uint32_t i = 0; i < client->order_count; i++)
            client->places[i] = (balance_place){ .healthy_ppm = WHOLE_PPM, .room_ppm = WHOLE_PPM };
        balance_share(client->places, client->order_count, &config->balance);
    }
    for (uint32_t i = 0; i < client->order_count; i++) {
        client_way *way = &client->ways[client->order[i]];

        way->endpoints = config->stations[client->order[i]].scaling.least;
        if (config->edges)
            way->edge = calloc(1, sizeof *way->edge);
        if (config->edges && way->edge == NULL)
            return -1;
    }
    return 0;
}

void client_reorder(client *client)
{
    if (client->places == NULL)
        order_stations(client);
}

void client_steer(client *client, uint32_t station, int64_t weight)
{
    if (!client->steered)
        memset(client->weights, 0, client->station_count * sizeof *client->weights);
    client->steered = 1;
    client->weights[station] = weight;
    order_stations(client);
}

int client_begin(process_context *c, client *client)
{
    const service_shared *shared = c->shared;
    uint32_t stations = shared->config.station_count;

    client->draws = (random_key){ .seed = shared->config.seed,
                                  .replication = shared->config.replication,
                                  .thing = client->number,
                                  .purpose = RANDOM_REQUEST };
    client->free_call = STATION_NONE;
    client->station_count = stations;
    client->ways = calloc(stations, sizeof *client->ways);
    client->order = calloc(stations, sizeof *client->order);
    client->weights = calloc(stations, sizeof *client->weights);
    if (client->ways == NULL || client->order == NULL || client->weights == NULL)
        return -1;
    for (uint32_t s = 0; s < stations; s++)
        client->weights[s] = client->config->routes[s].weight;
    order_stations(client);
    if (begin_ways(c, client) != 0)
        return -1;
    demand_start(&client->arrivals, &client->config->load, &client->draws);
    if (!shared->config.analytic)
        wait_for_next(c, client);
    return 0;
}

void client_end(client *client)
{
    for (uint32_t i = 0; client->ways != NULL && i < client->station_count; i++)
        free(client->ways[i].edge);
    free(client->places);
    free(client->calls);
    free(client->ways);
    free(client->order);
    free(client->weights);
}

int64_t client_budget_left_ppm(const client *c)
{
    uint64_t ended = c->served + c->failed, missed = ended - c->within_objective;
    sky_int128 budget = (sky_int128)ended *
                        (WHOLE_PPM - c->config->objective_ppm); /* in millionths of a request */

    if (budget == 0)
        return missed == 0 ? 0 : INT64_MIN;
    return (int64_t)(WHOLE_PPM - (sky_int128)missed * WHOLE_PPM * WHOLE_PPM / budget);
}
