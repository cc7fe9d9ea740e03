#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the kernel of Linux: the least time after which TCP sends again (TCP_RTO_MIN), and how often it does at most
 * (tcp_retries2); doubled each time [RFC 6298, 5.5]. */
#define RESEND_NS   INT64_C(200000000)
#define MOST_RESENT 15
#define BILLION     1000000000

struct services {
    service_shared shared;
    windows *windows;
    int64_t now_ns; /* it has gone to */
};

/* ---- a region -------------------------------------------------------------------------------------------------------- */

static void region_end(process_context *c, void *state)
{
    region *here = state;

    (void)c;
    for (uint32_t i = 0; i < here->client_count; i++)
        client_end(&here->clients[i]);
    for (uint32_t i = 0; i < here->station_count; i++)
        station_end(&here->stations[i]);
    free(here->clients);
    free(here->stations);
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

static void region_begin(process_context *c, void *state)
{
    if (region_stations(c, state) != 0 || region_clients(c, state) != 0)
        process_fail(c, SKY_ERROR_MEMORY, "out of memory for services");
}

static process_handler *const handlers[SERVICE_KINDS] = {
    [SERVICE_NEXT] = client_next,      [SERVICE_ARRIVE] = station_arrive,  [SERVICE_DONE] = station_done,
    [SERVICE_ANSWER] = client_answer,  [SERVICE_TIMEOUT] = client_timeout, [SERVICE_RETRY] = client_retry,
    [SERVICE_DUE] = station_due,       [SERVICE_SCALE] = station_scale,    [SERVICE_READY] = station_ready,
    [SERVICE_OUTAGE] = station_outage,
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

/* ---- checks ---------------------------------------------------------------------------------------------------------- */

static sky_status wrong(sky_error *error, const char *what, uint32_t which, const char *found,
                        const char *expected)
{
    snprintf(error->message, sizeof error->message, "%s %u: found %s, expected %s", what, which, found,
             expected);
    return SKY_ERROR_INPUT;
}

static sky_status check_station(const services_config *config, uint32_t i, sky_error *error)
{
    const station_config *s = &config->stations[i];

    if (s->region >= config->regions)
        return wrong(error, "station", i, "a region that there is not", "one of the regions");
    if (s->concurrency == 0 || s->max_batch == 0)
        return wrong(error, "station", i, "concurrency or batches of 0", "at least 1");
    if (s->scaling.least == 0 || s->scaling.most < s->scaling.least)
        return wrong(error, "station", i, "no replicas, or more at least than at most", "1 or more");
    if (s->scaling.most > s->scaling.least && (s->scaling.interval_ns < 1 || s->scaling.target_ppm < 1))
        return wrong(error, "station", i, "an autoscaler without interval or target", "both above 0");
    if (s->then != STATION_NONE && s->then >= config->station_count)
        return wrong(error, "station", i, "a next station that there is not", "one of the stations");
    for (uint32_t at = s->then, steps = 0; at < config->station_count; at = config->stations[at].then)
        if (++steps > config->station_count)
            return wrong(error, "station", i, "stations that go on to each other in a circle",
                         "a last one, which answers");
    return SKY_OK;
}

static sky_status check_population(const services_config *config, uint32_t i, sky_error *error)
{
    const client_config *p = &config->populations[i];
    int has_place = 0;

    if (p->region >= config->regions)
        return wrong(error, "population", i, "a region that there is not", "one of the regions");
    if (p->attempts == 0 || (p->attempts > 1 && p->pause_ns < 1))
        return wrong(error, "population", i, "no attempts, or retries without a pause",
                     "at least 1 attempt, and 1 ns before the next");
    if (p->mtls.requests_per_connection == 0)
        return wrong(error, "population", i, "connections for 0 requests", "at least 1");
    for (uint32_t s = 0; s < config->station_count; s++)
        has_place |= p->routes[s].weight > 0;
    if (!has_place)
        return wrong(error, "population", i, "no station with a weight", "at least one");
    return SKY_OK;
}

/* *lookahead_ns: the least latency between two regions. */
static sky_status check_ways(const services_config *config, int64_t *lookahead_ns, sky_error *error)
{
    *lookahead_ns = SKY_NS_PER_HOUR;
    for (uint32_t p = 0; p < config->population_count; p++)
        for (uint32_t s = 0; s < config->station_count; s++) {
            const client_route *route = &config->populations[p].routes[s];

            if (config->populations[p].region == config->stations[s].region)
                continue;
            *lookahead_ns = route->there_ns < *lookahead_ns ? route->there_ns : *lookahead_ns;
            *lookahead_ns = route->back_ns < *lookahead_ns ? route->back_ns : *lookahead_ns;
            if (*lookahead_ns < 1)
                return wrong(error, "population", p, "a way to another region that takes no time",
                             "at least 1 ns");
        }
    for (uint32_t s = 0; s < config->station_count; s++) {
        const station_config *station = &config->stations[s];

        if (station->then == STATION_NONE || station->region == config->stations[station->then].region)
            continue;
        *lookahead_ns = station->then_ns < *lookahead_ns ? station->then_ns : *lookahead_ns;
        if (*lookahead_ns < 1)
            return wrong(error, "station", s, "a way to another region that takes no time", "at least 1 ns");
    }
    return SKY_OK;
}

static sky_status check(const services_config *config, int64_t *lookahead_ns, sky_error *error)
{
    sky_status status = SKY_OK;

    if (config->regions == 0 || config->station_count == 0 || config->station_count > SERVICES_MOST_STATIONS)
        return wrong(error, "services", 0, "no region, no station or too many", "some");
    for (uint32_t i = 0; i < config->station_count && status == SKY_OK; i++)
        status = check_station(config, i, error);
    for (uint32_t i = 0; i < config->population_count && status == SKY_OK; i++)
        status = check_population(config, i, error);
    return status == SKY_OK ? check_ways(config, lookahead_ns, error) : status;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

/* Numbers populations and stations within their regions, in order. */
static sky_status number(service_shared *shared)
{
    const services_config *config = &shared->config;
    uint32_t *next = calloc(2 * (size_t)config->regions, sizeof *next);

    shared->population_local = calloc(config->population_count + 1, sizeof *shared->population_local);
    shared->station_local = calloc(config->station_count, sizeof *shared->station_local);
    shared->ways = calloc((size_t)config->population_count * config->station_count + 1, sizeof *shared->ways);
    if (next == NULL || shared->population_local == NULL || shared->station_local == NULL ||
        shared->ways == NULL) {
        free(next);
        return SKY_ERROR_MEMORY;
    }
    for (uint32_t i = 0; i < config->population_count; i++)
        shared->population_local[i] = next[config->populations[i].region]++;
    for (uint32_t i = 0; i < config->station_count; i++)
        shared->station_local[i] = next[config->regions + config->stations[i].region]++;
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
                                    .adaptive = s->shared.config.threads == 0 };
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

sky_status services_create(const services_config *config, services **out, sky_error *error)
{
    int64_t lookahead_ns = 0;
    services *s;
    sky_status status = check(config, &lookahead_ns, error);

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
    windows_destroy(s->windows);
    free(s->shared.population_local);
    free(s->shared.station_local);
    free(s->shared.ways);
    free(s);
}

sky_status services_run(services *s, int64_t to_ns, sky_error *error)
{
    s->now_ns = to_ns;
    return windows_run(s->windows, to_ns, error);
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

const client *services_population(const services *s, uint32_t population)
{
    const region *here = windows_state(s->windows, s->shared.config.populations[population].region);

    return &here->clients[s->shared.population_local[population]];
}

const station *services_station(const services *s, uint32_t station)
{
    const region *here = windows_state(s->windows, s->shared.config.stations[station].region);

    return &here->stations[s->shared.station_local[station]];
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

        if (at->received !=
            at->served + at->full + at->refused + at->too_large + at->cut_off + at->waiting + at->in_service)
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
