/* Configurations of services that can't be. */
#include "inside.h"

#include <stdio.h>

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
    if (s->scaling.most == 0 || s->scaling.most < s->scaling.least)
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
    if (p->gateway > config->gateway_count)
        return wrong(error, "population", i, "a gateway that there is not", "one of the gateways");
    if (p->routing == CLIENT_BY_LOCALITY &&
        (config->discovery.every_ns < 1 || config->balance.overprovision_ppm < 1))
        return wrong(error, "population", i, "routing by locality without discovery or overprovisioning",
                     "both");
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

/* Ways to gateways, and from there. */
static sky_status check_gateways(const services_config *config, int64_t *lookahead_ns, sky_error *error)
{
    for (uint32_t i = 0; i < config->gateway_count; i++)
        if (config->gateways[i].region >= config->regions ||
            config->gateways[i].mtls.requests_per_connection == 0)
            return wrong(error, "gateway", i, "a region that there is not, or connections for 0 requests",
                         "one of the regions, and at least 1");
    for (uint32_t p = 0; p < config->population_count; p++) {
        const client_config *users = &config->populations[p];
        uint32_t at;

        if (users->gateway == 0)
            continue;
        at = config->gateways[users->gateway - 1].region;
        if (at != users->region && users->gateway_ns < *lookahead_ns)
            *lookahead_ns = users->gateway_ns;
        for (uint32_t s = 0; s < config->station_count; s++)
            if (at != config->stations[s].region && users->routes[s].there_ns < *lookahead_ns)
                *lookahead_ns = users->routes[s].there_ns;
        if (*lookahead_ns < 1)
            return wrong(error, "population", p, "a way by its gateway to another region that takes no time",
                         "at least 1 ns");
    }
    return SKY_OK;
}

static sky_status check_mesh(const services_config *config, sky_error *error)
{
    const certificates_config *c = &config->certificates;

    if (c->every_ns < 0 || c->lifetime_ns < c->every_ns)
        return wrong(error, "certificates", 0, "a lifetime that ends before the next renewal",
                     "at least the time between two");
    for (uint32_t i = 0; i < config->station_count; i++)
        if (config->stations[i].then != STATION_NONE &&
            config->stations[i].mtls.requests_per_connection == 0 && config->stations[i].mtls.has_identity)
            return wrong(error, "station", i, "connections for 0 requests", "at least 1");
    return SKY_OK;
}

sky_status services_check(const services_config *config, int64_t *lookahead_ns, sky_error *error)
{
    sky_status status = SKY_OK;

    if (config->regions == 0 || config->station_count == 0 || config->station_count > SERVICES_MOST_STATIONS)
        return wrong(error, "services", 0, "no region, no station or too many", "some");
    if (config->gateway_count > GATEWAY_MOST)
        return wrong(error, "services", 0, "too many gateways", "at most 4096");
    for (uint32_t i = 0; i < config->station_count && status == SKY_OK; i++)
        status = check_station(config, i, error);
    for (uint32_t i = 0; i < config->population_count && status == SKY_OK; i++)
        status = check_population(config, i, error);
    if (status == SKY_OK)
        status = check_mesh(config, error);
    if (status == SKY_OK)
        status = check_ways(config, lookahead_ns, error);
    return status == SKY_OK ? check_gateways(config, lookahead_ns, error) : status;
}
