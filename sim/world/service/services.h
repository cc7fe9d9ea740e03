/* Services at the level of the request: populations of users (client.h) ask replicas (station.h), as events of
 * logical processes, one a region, in windows no longer than the least latency between regions. Same bytes on any number
 * of threads.
 *
 * For loads that are too large, or spans too long, to simulate each request see analytic.h. */
#ifndef SKYTWIN_SERVICES_H
#define SKYTWIN_SERVICES_H

#include "../../kernel/windows.h"
#include "client.h"
#include "discovery.h"
#include "gateway.h"
#include "trace.h"

#define SERVICES_MOST_STATIONS 4096

/* All of it belongs to the caller, and lives as long as the services do. */
typedef struct services_config {
    uint32_t regions; /* at least 1 */
    const client_config *populations;
    const station_config *stations;
    uint32_t population_count, station_count;
    const gateway_config *gateways;
    uint32_t gateway_count;
    uint32_t mtls_everywhere; /* 1: mTLS is required within trust domains too */
    certificates_config certificates;
    discovery_config discovery;
    balance_config balance; /* of populations that route by locality; needs discovery */
    uint32_t sample;        /* one request in so many leaves spans; 0: none */
    uint32_t
        analytic; /* 1: by the analytic path, stationary.h; what it does not know, the caller leaves out */
    uint32_t reserved;
    uint32_t edges; /* 1: what passes between callers and places is kept by edge */
    uint64_t seed;
    uint32_t replication;
    int64_t end_ns; /* nobody asks from then on */
    int threads;    /* at most, as it pays; 0: one a core */
    /* Some regions are on others (windows.h; traffic.h for who gets which): all of them make the same calls, and after
     * services_run each knows all that can be asked here. NULL: all are here. */
    const ranks *ranks;
    int (*stop)(void *context); /* as in windows.h; NULL: goes on */
    void *stop_context;
} services_config;

typedef struct services services;

/* SKY_ERROR_INPUT: an impossible configuration, named. SKY_ERROR_MEMORY. */
sky_status services_create(const services_config *config, services **s, sky_error *error);
void services_destroy(services *s); /* NULL is allowed */

/* Goes on up to and at a time; may be called again with a later one. SKY_ERROR_MEMORY, SKY_ERROR_STOPPED. */
sky_status services_run(services *s, int64_t to_ns, sky_error *error);

/* How the way between a population and a station is, in both directions; all 0: as configured. */
typedef struct services_way {
    int64_t slow_ppm; /* of its propagation, what comes on top */
    int64_t
        loss_ppb; /* of its messages, at most half: each is sent again after 200 ms, then twice as long each time */
    uint32_t cut; /* 1: nothing gets through from now on; what is under way arrives */
    uint32_t reserved;
} services_way;

/* Faults, between two runs: they come after all that has happened up to and at the time that it has gone to. An outage
 * begins (out = 1) or ends; not twice in a row. SKY_ERROR_MEMORY. */
sky_status services_set_out(services *s, uint32_t station, int out, sky_error *error);
void services_set_way(services *s, uint32_t population, uint32_t station, services_way way);

/* A region's resolver of names does not answer, or does again; between two runs, as the above. */
void services_set_resolver(services *s, uint32_t region, int is_down);

/* Spans since the last call, region by region: hands them over, and forgets them. The status is the receiver's. */
typedef sky_status services_receiver(void *context, const record_span_row *rows, size_t count);
sky_status services_take_spans(services *s, services_receiver *receive, void *context);
/* An edge that a population or nobody watches: NULL. Between two runs; who reads `times` may empty it. */
edge *services_edge(services *s, uint32_t population, uint32_t station);
/* Between two runs: the configuration's routes have changed in their times or jitter, as links did. What is under way
 * arrives as it would have; the windows are as long as the ways now allow. SKY_ERROR_INPUT: as services_create. */
sky_status services_refresh(services *s, sky_error *error);
int services_is_cut(const services *s, uint32_t population, uint32_t station);

/* Orders, likewise. Replicas: `keep` at least and scaling.most at most; those added are ready after a cold start. None
 * while the station is out, or one while requests wait where none are ordered. SKY_ERROR_MEMORY. */
sky_status services_scale(services *s, uint32_t station, uint32_t replicas, sky_error *error);
/* The population's requests go by weights from now on; the first one clears all others. */
void services_route(services *s, uint32_t population, uint32_t station, int64_t weight);

/* As they are now. */
const client *services_population(const services *s, uint32_t population);
const station *services_station(const services *s, uint32_t station);
const gateway *services_gateway(const services *s, uint32_t gateway);
windows_statistics services_count(const services *s); /* of this rank */
/* 1: every request is served, failed, or somewhere. */
int services_are_conserved(const services *s);

/* Saves or restores them, between two runs; where all of them are here. Restored are those that were just made, of as many
 * populations, stations and gateways, on any number of threads, with routes as the configuration has them now. */
void services_state(services *s, state *saved);

#endif
