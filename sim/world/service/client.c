#include "inside.h"

#include <assert.h>
#include <stdlib.h>

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
    client->calls[client->call_count].generation = 0;
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

static void end_call(process_context *c, client *client, client_call *call, client_outcome outcome)
{
    int64_t response_ns = c->now_ns - call->start_ns;

    if (outcome == CLIENT_SERVED) {
        client->served++;
        client->within_objective += response_ns <= client->config->objective_ns;
        histogram_add(&client->responses, response_ns, 1);
    } else {
        client->failed++;
    }
    call->generation++;
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
                all -= client->config->routes[client->order[i]].weight;
    if (all == 0)
        return STATION_NONE;
    key.purpose = RANDOM_ROUTE;
    at = (int64_t)((sky_int128)(random_u64(&key, client->sends) >> 1) * all >> 63);
    for (uint32_t i = 0;; i++) {
        uint32_t station = client->order[i];

        if (is_open(client, station, now_ns))
            continue;
        at -= client->config->routes[station].weight;
        if (at < 0)
            return station;
    }
}

static uint32_t choose(client *client, int64_t now_ns)
{
    if (client->config->routing == CLIENT_BY_WEIGHT)
        return choose_by_weight(client, now_ns);
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

    client->outcomes[outcome]++;
    if (outcome == CLIENT_SERVED) {
        way->failures = 0;
        return;
    }
    way->failures += way->failures < UINT32_MAX;
    if (way->failures == client->config->breaker_failures)
        way->open_until_ns = now_ns + client->config->breaker_ns;
}

/* What mTLS costs this request on its way to a station, once it is there. */
static int64_t mtls_ns(const process_context *c, client *client, uint32_t station)
{
    const service_shared *shared = c->shared;
    const client_mtls *mtls = &client->config->mtls;
    const client_route *route = &client->config->routes[station];
    uint64_t sent = client->ways[station].sent++;
    random_key key = client->draws;
    int resumed;

    if (shared->config.stations[station].trust_domain == mtls->trust_domain || !mtls->has_identity)
        return 0;
    if (sent % mtls->requests_per_connection != 0)
        return mtls->per_request_ns;
    key.purpose = RANDOM_RESUMPTION;
    resumed = sent > 0 && (int64_t)stream_below_of((uint32_t)random_u64(&key, client->sends), WHOLE_PPM) <
                              mtls->resumed_ppm;
    client->handshakes++;
    client->resumptions += (uint64_t)resumed;
    return mtls->per_request_ns + mtls->round_trips * (route->there_ns + route->back_ns) +
           (resumed ? mtls->resumed_ns : mtls->full_ns);
}

/* ---- attempts ------------------------------------------------------------------------------------------------------ */

/* Tries again, if it may. */
static void fail_attempt(process_context *c, client *client, client_call *call, client_outcome outcome)
{
    const client_config *config = client->config;
    uint32_t tried = call->attempts;

    if (tried >= config->attempts || outcome == CLIENT_REFUSED || outcome == CLIENT_TOO_LARGE) {
        end_call(c, client, call, outcome);
        return;
    }
    client->retries++;
    call->generation++;
    process_schedule(c, config->pause_ns << (tried - 1 < 20 ? tried - 1 : 20), SERVICE_RETRY, client->local,
                     0, (int64_t)call_name(client, (uint32_t)(call - client->calls)));
}

static void attempt(process_context *c, region *here, client *client, uint32_t at)
{
    const service_shared *shared = c->shared;
    const client_config *config = client->config;
    client_call *call = &client->calls[at];
    uint32_t station = choose(client, c->now_ns), to;
    int64_t delay_ns;

    call->attempts++;
    call->generation++;
    call->station = station;
    if (station == STATION_NONE) {
        client->outcomes[CLIENT_NO_PLACE]++;
        fail_attempt(c, client, call, CLIENT_NO_PLACE);
        return;
    }
    note_try(client, station, c->now_ns);
    delay_ns = mtls_ns(c, client, station) + service_delay_ns(shared, client->number, station,
                                                              config->routes[station].there_ns, c->now_ns,
                                                              2 * client->sends);
    client->sends++;
    if (config->timeout_ns > 0)
        process_schedule(c, config->timeout_ns, SERVICE_TIMEOUT, client->local, 0,
                         (int64_t)call_name(client, at));
    if (service_way(shared, client->number, station)->cut) {
        client->cut_off++;
        if (config->timeout_ns == 0)
            process_schedule(c, delay_ns, SERVICE_ANSWER, client->local, CLIENT_UNREACHABLE,
                             (int64_t)call_name(client, at));
        return;
    }
    to = shared->config.stations[station].region;
    if (delay_ns == 0 && to == c->self)
        station_take(c, here, shared->station_local[station], client->number, call_name(client, at));
    else
        process_send(c, to, delay_ns, SERVICE_ARRIVE, shared->station_local[station], client->number,
                     (int64_t)call_name(client, at));
}

static void wait_for_next(process_context *c, client *client)
{
    int64_t end_ns = ((const service_shared *)c->shared)->config.end_ns;
    int64_t next_ns = demand_next_ns(&client->arrivals, end_ns);

    if (next_ns < end_ns)
        process_schedule(c, next_ns - c->now_ns, SERVICE_NEXT, client->local, 0, 0);
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
    client->calls[at].attempts = 0;
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
    note_outcome(client, call->station, outcome, c->now_ns);
    if (outcome == CLIENT_SERVED)
        end_call(c, client, call, outcome);
    else
        fail_attempt(c, client, call, outcome);
}

void client_answer(process_context *c, void *state, const kernel_event *event)
{
    client_take_answer(c, state, event->subject, (client_outcome)event->other, (uint64_t)event->a);
}

void client_timeout(process_context *c, void *state, const kernel_event *event)
{
    client *client = &((region *)state)->clients[event->subject];
    client_call *call = call_of(client, (uint64_t)event->a);

    if (call == NULL)
        return;
    note_outcome(client, call->station, CLIENT_TIMED_OUT, c->now_ns);
    fail_attempt(c, client, call, CLIENT_TIMED_OUT);
}

void client_retry(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;

    attempt(c, here, &here->clients[event->subject], (uint32_t)event->a);
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

static void order_stations(client *client, uint32_t stations)
{
    const client_config *config = client->config;

    for (uint32_t s = 0; s < stations; s++) {
        uint32_t at = client->order_count;

        if (config->routes[s].weight == 0)
            continue;
        for (; at > 0 && is_better(config, s, client->order[at - 1]); at--)
            client->order[at] = client->order[at - 1];
        client->order[at] = s;
        client->order_count++;
        client->weight += config->routes[s].weight;
    }
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
    client->ways = calloc(stations, sizeof *client->ways);
    client->order = calloc(stations, sizeof *client->order);
    if (client->ways == NULL || client->order == NULL)
        return -1;
    order_stations(client, stations);
    demand_start(&client->arrivals, &client->config->load, &client->draws);
    wait_for_next(c, client);
    return 0;
}

void client_end(client *client)
{
    free(client->calls);
    free(client->ways);
    free(client->order);
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
