#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the kernel of Linux: the least time after which TCP sends again (TCP_RTO_MIN), and how often it does at most
 * (tcp_retries2); doubled each time [RFC 6298, 5.5]. */
#define RESEND_NS   INT64_C(200000000)
#define MOST_RESENT 15
#define BILLION     1000000000

/* ---- a region -------------------------------------------------------------------------------------------------------- */

static void region_end(process_context *c, void *state)
{
    region *here = state;

    (void)c;
    for (uint32_t i = 0; i < here->client_count; i++)
        client_end(&here->clients[i]);
    for (uint32_t i = 0; i < here->station_count; i++)
        station_end(&here->stations[i]);
    for (uint32_t i = 0; i < here->gateway_count; i++)
        gateway_end(&here->gateways[i]);
    free(here->clients);
    free(here->stations);
    free(here->gateways);
    free(here->spans.rows);
}

static int region_stations(process_context *c, region *here)
{
    const services_config *config = &((const service_shared *)c->shared)->config;
    uint32_t count = 0;

    for (uint32_t i = 0; i < config->station_count; i++)
        count += config->stations[i].region == c->self;
    here->stations = calloc(count + 1, sizeof *here->stations);
    if (here->stations == NULL)
        return -1;
    for (uint32_t i = 0; i < config->station_count; i++) {
        station *s = &here->stations[here->station_count];

        if (config->stations[i].region != c->self)
            continue;
        *s = (station){ .config = &config->stations[i], .number = i, .local = here->station_count++ };
        if (station_begin(c, s) != 0)
            return -1;
    }
    return 0;
}

static int region_clients(process_context *c, region *here)
{
    const services_config *config = &((const service_shared *)c->shared)->config;
    uint32_t count = 0;

    for (uint32_t i = 0; i < config->population_count; i++)
        count += config->populations[i].region == c->self;
    here->clients = calloc(count + 1, sizeof *here->clients);
    if (here->clients == NULL)
        return -1;
    for (uint32_t i = 0; i < config->population_count; i++) {
        client *asker = &here->clients[here->client_count];

        if (config->populations[i].region != c->self)
            continue;
        asker->config = &config->populations[i];
        asker->number = i;
        asker->local = here->client_count++;
        if (client_begin(c, asker) != 0)
            return -1;
    }
    return 0;
}

static int region_gateways(process_context *c, region *here)
{
    const services_config *config = &((const service_shared *)c->shared)->config;
    uint32_t count = 0;

    for (uint32_t i = 0; i < config->gateway_count; i++)
        count += config->gateways[i].region == c->self;
    here->gateways = calloc(count + 1, sizeof *here->gateways);
    if (here->gateways == NULL)
        return -1;
    for (uint32_t i = 0; i < config->gateway_count; i++) {
        gateway *g = &here->gateways[here->gateway_count];

        if (config->gateways[i].region != c->self)
            continue;
        *g = (gateway){ .config = &config->gateways[i], .number = i, .local = here->gateway_count++ };
        if (gateway_begin(c, g) != 0)
            return -1;
    }
    return 0;
}

static void region_begin(process_context *c, void *state)
{
    if (region_stations(c, state) != 0 || region_gateways(c, state) != 0 || region_clients(c, state) != 0)
        process_fail(c, SKY_ERROR_MEMORY, "out of memory for services");
}

static process_handler *const handlers[SERVICE_KINDS] = {
    [SERVICE_NEXT] = client_next,       [SERVICE_ARRIVE] = station_arrive,
    [SERVICE_DONE] = station_done,      [SERVICE_ANSWER] = client_answer,
    [SERVICE_TIMEOUT] = client_timeout, [SERVICE_RETRY] = client_retry,
    [SERVICE_DUE] = station_due,        [SERVICE_SCALE] = station_scale,
    [SERVICE_READY] = station_ready,    [SERVICE_OUTAGE] = station_outage,
    [SERVICE_PASS] = gateway_pass,      [SERVICE_VIEW] = request_view,
    [SERVICE_MARK] = request_mark,      [SERVICE_REPORT] = discovery_report,
    [SERVICE_HEAR] = discovery_hear,    [SERVICE_REPLACE] = discovery_replace,
};

static const process_model region_model = { .name = "region",
                                            .state_bytes = sizeof(region),
                                            .begin = region_begin,
                                            .handlers = handlers,
                                            .kinds = SERVICE_KINDS,
                                            .end = region_end };

/* What a message loses by being lost, each time for longer. */
static int64_t resent_ns(random_key key, int64_t loss_ppb, uint64_t counter)
{
    int64_t waited_ns = 0;

    key.purpose = RANDOM_WAY_LOSS;
    for (unsigned tries = 0; tries < MOST_RESENT; tries++) {
        uint64_t draw = random_u64(&key, counter * MOST_RESENT + tries) >> 32;

        if ((int64_t)(draw * BILLION >> 32) >= loss_ppb)
            break;
        waited_ns += RESEND_NS << tries;
    }
    return waited_ns;
}

int64_t service_delay_ns(const service_shared *shared, uint32_t population, uint32_t station,
                         int64_t fixed_ns, int64_t now_ns, uint64_t counter)
{
    const latency_jitter *jitter = &shared->config.populations[population].routes[station].jitter;
    /* Half the things, so that no way has the jitter of a link of the network. */
    const random_key key = { .seed = shared->config.seed,
                             .replication = shared->config.replication,
                             .thing = UINT32_C(1) << 31 |
                                      (population * shared->config.station_count + station) };

    const services_way *way = service_way(shared, population, station);

    if (way->slow_ppm > 0)
        fixed_ns += muldiv_i64(fixed_ns, way->slow_ppm, 1000000);
    if (way->loss_ppb > 0)
        fixed_ns += resent_ns(key, way->loss_ppb, counter);
    return jitter->mean_ns == 0 ? fixed_ns : fixed_ns + latency_jitter_ns(jitter, key, now_ns, counter);
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

/* Numbers populations and stations within their regions, in order. */
static sky_status number(service_shared *shared)
{
    const services_config *config = &shared->config;
    uint32_t *next = calloc(3 * (size_t)config->regions, sizeof *next);

    shared->population_local = calloc(config->population_count + 1, sizeof *shared->population_local);
    shared->station_local = calloc(config->station_count, sizeof *shared->station_local);
    shared->gateway_local = calloc(config->gateway_count + 1, sizeof *shared->gateway_local);
    shared->ways = calloc((size_t)config->population_count * config->station_count + 1, sizeof *shared->ways);
    if (mesh_begin(shared) != 0 || next == NULL || shared->gateway_local == NULL ||
        shared->population_local == NULL || shared->station_local == NULL || shared->ways == NULL) {
        free(next);
        return SKY_ERROR_MEMORY;
    }
    for (uint32_t i = 0; i < config->population_count; i++)
        shared->population_local[i] = next[config->populations[i].region]++;
    for (uint32_t i = 0; i < config->station_count; i++)
        shared->station_local[i] = next[config->regions + config->stations[i].region]++;
    for (uint32_t i = 0; i < config->gateway_count; i++)
        shared->gateway_local[i] = next[2 * config->regions + config->gateways[i].region]++;
    free(next);
    return SKY_OK;
}

static sky_status begin(services *s, int64_t lookahead_ns, sky_error *error)
{
    const process_model **models = malloc(s->shared.config.regions * sizeof *models);
    const windows_config config = { .processes = s->shared.config.regions,
                                    .model = models,
                                    .shared = &s->shared,
                                    .lookahead_ns = lookahead_ns,
                                    .threads = s->shared.config.threads,
                                    .ranks = s->shared.config.ranks,
                                    .stop = s->shared.config.stop,
                                    .context = s->shared.config.stop_context,
                                    .adaptive = 1 };
    sky_status status;

    if (models == NULL || number(&s->shared) != SKY_OK) {
        free(models);
        snprintf(error->message, sizeof error->message, "out of memory for services");
        return SKY_ERROR_MEMORY;
    }
    for (uint32_t i = 0; i < s->shared.config.regions; i++)
        models[i] = &region_model;
    status = windows_create(&config, &s->windows, error);
    free(models);
    return status;
}

static sky_status begin_stationary(services *s, sky_error *error)
{
    const services_config *config = &s->shared.config;
    client **clients = calloc(config->population_count + 1, sizeof *clients);
    station **stations = calloc(config->station_count, sizeof *stations);

    if (clients != NULL && stations != NULL) {
        for (uint32_t p = 0; p < config->population_count; p++)
            clients[p] = service_client(s, p);
        for (uint32_t i = 0; i < config->station_count; i++)
            stations[i] = service_station(s, i);
        s->stationary = stationary_new(config, clients, stations);
    }
    free(clients);
    free(stations);
    if (s->stationary != NULL)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "out of memory for services");
    return SKY_ERROR_MEMORY;
}

sky_status services_create(const services_config *config, services **out, sky_error *error)
{
    int64_t lookahead_ns = 0;
    services *s;
    sky_status status = services_check(config, &lookahead_ns, error);

    *out = NULL;
    if (status != SKY_OK)
        return status;
    s = calloc(1, sizeof *s);
    if (s == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for services");
        return SKY_ERROR_MEMORY;
    }
    s->shared.config = *config;
    status = begin(s, lookahead_ns, error);
    if (status == SKY_OK && config->analytic)
        status = begin_stationary(s, error);
    if (status != SKY_OK) {
        services_destroy(s);
        return status;
    }
    *out = s;
    return SKY_OK;
}

void services_destroy(services *s)
{
    if (s == NULL)
        return;
    stationary_free(s->stationary);
    windows_destroy(s->windows);
    free(s->shared.population_local);
    free(s->shared.station_local);
    free(s->shared.gateway_local);
    free(s->shared.owners);
    free(s->shared.ways);
    free(s);
}

static sky_status run_events(services *s, int64_t to_ns, sky_error *error)
{
    uint64_t windows = windows_count(s->windows).windows;
    sky_status status = windows_run(s->windows, to_ns, error);

    if (status == SKY_OK && s->shared.config.ranks != NULL && windows_count(s->windows).windows > windows)
        status = figures_share(&s->shared, s->windows, error);
    return status;
}

sky_status services_run(services *s, int64_t to_ns, sky_error *error)
{
    sky_status status = SKY_OK;

    while (s->stationary != NULL && s->now_ns < to_ns && status == SKY_OK) {
        int64_t minute_ns = (s->now_ns / DEMAND_STEP_NS + 1) * DEMAND_STEP_NS;
        int64_t step_ns = minute_ns < to_ns ? minute_ns : to_ns;

        stationary_step(s->stationary, s->now_ns, step_ns);
        s->now_ns = step_ns;
        status = run_events(s, step_ns, error); /* replicas that have started */
    }
    s->now_ns = to_ns;
    return status == SKY_OK ? run_events(s, to_ns, error) : status;
}

sky_status services_set_out(services *s, uint32_t station, int out, sky_error *error)
{
    if (windows_send(s->windows, s->shared.config.stations[station].region, s->now_ns, SERVICE_OUTAGE,
                     s->shared.station_local[station], out != 0, 0) == SKY_OK)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "out of memory for services");
    return SKY_ERROR_MEMORY;
}

void services_set_way(services *s, uint32_t population, uint32_t station, services_way way)
{
    s->shared.ways[population * s->shared.config.station_count + station] = way;
}

void services_set_resolver(services *s, uint32_t region_number, int is_down)
{
    ((region *)windows_process(s->windows, region_number))->resolver_is_down = is_down != 0;
}

sky_status services_take_spans(services *s, services_receiver *receive, void *context)
{
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->shared.config.regions && status == SKY_OK; i++) {
        region *here = windows_process(s->windows, i);

        if (here->spans.count > 0)
            status = receive(context, here->spans.rows, here->spans.count);
        here->spans.count = 0;
    }
    return status;
}

edge *services_edge(services *s, uint32_t population, uint32_t station)
{
    return service_client(s, population)->ways[station].edge;
}

const gateway *services_gateway(const services *s, uint32_t gateway)
{
    return service_gateway(s, gateway);
}

sky_status services_refresh(services *s, sky_error *error)
{
    int64_t lookahead_ns = 0;
    sky_status status = services_check(&s->shared.config, &lookahead_ns, error);

    if (status != SKY_OK)
        return status;
    windows_set_lookahead(s->windows, lookahead_ns);
    for (uint32_t p = 0; p < s->shared.config.population_count; p++)
        client_reorder(service_client(s, p));
    return SKY_OK;
}

int services_is_cut(const services *s, uint32_t population, uint32_t station)
{
    return s->shared.ways[population * s->shared.config.station_count + station].cut != 0;
}

sky_status services_scale(services *s, uint32_t station_index, uint32_t replicas, sky_error *error)
{
    const station_config *config = &s->shared.config.stations[station_index];
    station *at = service_station(s, station_index);
    uint32_t more = station_order(at, s->now_ns,
                                  replicas < config->scaling.most ? replicas : config->scaling.most);

    if (more == 0 || windows_send(s->windows, config->region, s->now_ns + config->scaling.cold_start_ns,
                                  SERVICE_READY, at->local, more, at->outages) == SKY_OK)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "out of memory for services");
    return SKY_ERROR_MEMORY;
}

void services_route(services *s, uint32_t population, uint32_t station, int64_t weight)
{
    client_steer(service_client(s, population), station, weight);
}

const client *services_population(const services *s, uint32_t population)
{
    return service_client(s, population);
}

const station *services_station(const services *s, uint32_t station)
{
    return service_station(s, station);
}

int services_are_conserved(const services *s)
{
    const services_config *config = &s->shared.config;
    uint64_t sent = 0, received = 0;

    for (uint32_t p = 0; p < config->population_count; p++) {
        const client *c = services_population(s, p);
        uint64_t attempts = c->in_flight; /* each has one under way, or still to come */

        for (int i = 0; i < CLIENT_OUTCOME_COUNT; i++)
            attempts += c->outcomes[i];
        if (c->arrived != c->served + c->failed + c->in_flight || c->responses.count != c->served ||
            attempts != c->arrived + c->retries)
            return 0;
        sent += c->sends - c->cut_off;
    }
    for (uint32_t i = 0; i < config->station_count; i++) {
        const station *at = services_station(s, i);

        if (at->received != at->served + at->full + at->refused + at->too_large + at->cut_off + at->expired +
                                at->gone + at->waiting + at->in_service)
            return 0;
        received += at->received;
        if (config->stations[i].then != STATION_NONE)
            sent += at->served;
    }
    return received <= sent; /* the others are on their way */
}

windows_statistics services_count(const services *s)
{
    return windows_count(s->windows);
}
