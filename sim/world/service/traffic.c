#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Better than another for who takes the best only. */
static int is_better(const client_config *c, uint32_t place, uint32_t than)
{
    const client_route *a = &c->routes[place], *b = &c->routes[than];

    if (c->routing == CLIENT_LEAST_COST && a->nusd_per_million != b->nusd_per_million)
        return a->nusd_per_million < b->nusd_per_million;
    return a->there_ns + a->back_ns < b->there_ns + b->back_ns;
}

/* The part of a population's requests that goes to each place. */
static void share_out(const services_config *config, const client_config *c, double *share)
{
    uint32_t best = config->station_count;
    double weights = 0;

    for (uint32_t s = 0; s < config->station_count; s++) {
        share[s] = c->routing == CLIENT_BY_WEIGHT ? (double)c->routes[s].weight : 0;
        weights += share[s];
        if (c->routes[s].weight > 0 && (best == config->station_count || is_better(c, s, best)))
            best = s;
    }
    if (c->routing == CLIENT_BY_WEIGHT && weights > 0)
        for (uint32_t s = 0; s < config->station_count; s++)
            share[s] /= weights;
    else if (best < config->station_count)
        share[best] = 1;
}

/* Requests an hour at each place, and what regions say about them. */
static void add_up(const services_config *config, double *share, double *at, double *said)
{
    uint32_t regions = config->regions;

    for (uint32_t p = 0; p < config->population_count; p++) {
        const client_config *c = &config->populations[p];
        double per_hour = c->load.per_s * 3600;

        share_out(config, c, share);
        for (uint32_t s = 0; s < config->station_count; s++) {
            at[s] += share[s] * per_hour;
            said[c->region * regions + config->stations[s].region] += share[s] * per_hour * 2;
        }
    }
    for (uint32_t s = 0; s < config->station_count; s++) {
        uint32_t then = config->stations[s].then;

        if (then == STATION_NONE)
            continue;
        at[then] += at[s];
        said[config->stations[s].region * regions + config->stations[then].region] += at[s];
    }
}

static sky_status list(const services_config *config, const double *said, services_flow **flows,
                       size_t *flow_count)
{
    uint32_t regions = config->regions;

    *flow_count = 0;
    *flows = malloc(((size_t)regions * regions / 2 + 1) * sizeof **flows);
    if (*flows == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t a = 0; a < regions; a++)
        for (uint32_t b = a + 1; b < regions; b++) {
            double messages = said[a * regions + b] + said[b * regions + a];

            if (messages > 0)
                (*flows)[(*flow_count)++] = (services_flow){ a, b, (int64_t)messages };
        }
    return SKY_OK;
}

sky_status services_traffic(const services_config *config, int64_t *work, services_flow **flows,
                            size_t *flow_count, sky_error *error)
{
    size_t regions = config->regions;
    double *share = calloc(config->station_count, sizeof *share);
    double *at = calloc(config->station_count, sizeof *at);
    double *said = calloc(regions * regions, sizeof *said);
    sky_status status = SKY_ERROR_MEMORY;

    if (share != NULL && at != NULL && said != NULL) {
        memset(work, 0, regions * sizeof *work);
        add_up(config, share, at, said);
        for (uint32_t p = 0; p < config->population_count; p++)
            work[config->populations[p].region] += (int64_t)(config->populations[p].load.per_s * 3600 * 2);
        for (uint32_t s = 0; s < config->station_count; s++)
            work[config->stations[s].region] += (int64_t)(at[s] * 2);
        status = list(config, said, flows, flow_count);
    }
    free(share);
    free(at);
    free(said);
    if (status != SKY_OK)
        snprintf(error->message, sizeof error->message, "out of memory for services");
    return status;
}
