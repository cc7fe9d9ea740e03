/* Services between control points: every request is simulated, and what users met is written down. */
#include "inside.h"

#include "../world/service/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a population or a place, at the last row. */
typedef struct counted {
    int64_t served, failed, within, nusd;
} counted;

typedef struct twin_requests {
    services_config config;
    services *services;
    histogram *before; /* by population: responses at the last row */
    histogram since;   /* room for those since then */
    counted *populations, *places;
    int64_t written_ns;
} twin_requests;

sky_status twin_open_services(twin *t)
{
    twin_requests *r;

    if (t->scenario->services == NULL)
        return SKY_OK;
    r = t->requests = calloc(1, sizeof *r);
    if (r != NULL) {
        r->config = *t->scenario->services;
        r->config.seed = t->options->seed;
        r->config.replication = t->options->replication;
        r->config.end_ns = t->world.end_ns;
        r->config.threads = 1; /* runs share the cores */
        r->before = calloc(r->config.population_count + 1, sizeof *r->before);
        r->populations = calloc(r->config.population_count + 1, sizeof *r->populations);
        r->places = calloc(r->config.station_count, sizeof *r->places);
    }
    if (r == NULL || r->before == NULL || r->populations == NULL || r->places == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    return services_create(&r->config, &r->services, t->error);
}

void twin_free_services(twin *t)
{
    twin_requests *r = t->requests;

    if (r == NULL)
        return;
    services_destroy(r->services);
    free(r->before);
    free(r->populations);
    free(r->places);
    free(r);
}

static sky_status write_population(twin *t, uint32_t population)
{
    twin_requests *r = t->requests;
    const client *c = services_population(r->services, population);
    counted now = { .served = (int64_t)c->served,
                    .failed = (int64_t)c->failed,
                    .within = (int64_t)c->within_objective };
    counted *last = &r->populations[population];
    record_request_row row = { .time_ns = t->world.now_ns,
                               .served = now.served - last->served,
                               .failed = now.failed - last->failed,
                               .within = now.within - last->within,
                               .population = population,
                               .place = SKY_NONE,
                               .region = c->config->region };

    r->since = c->responses;
    histogram_subtract(&r->since, &r->before[population]);
    r->before[population] = c->responses;
    *last = now;
    row.p50_ns = histogram_percentile(&r->since, 500000);
    row.p95_ns = histogram_percentile(&r->since, 950000);
    row.p99_ns = histogram_percentile(&r->since, 990000);
    row.max_ns = r->since.max_ns;
    return twin_write_row(t, RECORD_REQUESTS, &row);
}

static sky_status write_place(twin *t, uint32_t place)
{
    twin_requests *r = t->requests;
    const station *s = services_station(r->services, place);
    counted now = { .served = (int64_t)s->served,
                    .failed = (int64_t)(s->full + s->refused + s->too_large),
                    .nusd = station_cost_nusd(s, t->world.now_ns) };
    counted *last = &r->places[place];
    record_request_row row = { .time_ns = t->world.now_ns,
                               .served = now.served - last->served,
                               .failed = now.failed - last->failed,
                               .nusd = now.nusd - last->nusd,
                               .population = SKY_NONE,
                               .place = place,
                               .region = s->config->region,
                               .replicas = s->ordered };

    *last = now;
    return twin_write_row(t, RECORD_REQUESTS, &row);
}

sky_status twin_serve(twin *t)
{
    twin_requests *r = t->requests;
    sky_status status;

    if (r == NULL || t->world.now_ns == r->written_ns)
        return SKY_OK;
    r->written_ns = t->world.now_ns;
    status = services_run(r->services, t->world.now_ns, t->error);
    for (uint32_t p = 0; p < r->config.population_count && status == SKY_OK; p++)
        status = write_population(t, p);
    for (uint32_t s = 0; s < r->config.station_count && status == SKY_OK; s++)
        status = write_place(t, s);
    return status;
}
