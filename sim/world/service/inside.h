/* Inside of services.h: what a region's logical process holds, and how its two sides speak to each other. */
#ifndef SKYTWIN_SERVICE_INSIDE_H
#define SKYTWIN_SERVICE_INSIDE_H

#include "mesh.h"
#include "request.h"
#include "services.h"
#include "stationary.h"

typedef enum service_event {
    SERVICE_NEXT, /* subject = client here: its next user asks */
    SERVICE_ARRIVE, /* subject = station here | caller << 16, other = population, a = call: a request is there */
    SERVICE_DONE,    /* subject = station here, other = first job of the batch, a = station.outages */
    SERVICE_ANSWER,  /* subject = client here, other = client_outcome, a = call */
    SERVICE_TIMEOUT, /* subject = client here, a = call */
    SERVICE_RETRY,   /* subject = client here, a = call */
    SERVICE_DUE,     /* subject = station here: a batch may start that isn't full */
    SERVICE_SCALE,   /* subject = station here */
    SERVICE_READY, /* subject = station here, other = replicas whose cold start is over, a = station.outages */
    SERVICE_OUTAGE, /* subject = station here, other = 1: it begins, 0: it is over */
    SERVICE_PASS,   /* subject = gateway here | station << 16, other = population, a = call */
    SERVICE_VIEW, /* right before such: other = endpoints of the station that its caller knows of, a = as of when */
    SERVICE_MARK,    /* right before such: a = mark of the spans that it leaves */
    SERVICE_REPORT,  /* subject = station here: its callers are to know how it is */
    SERVICE_HEAR,    /* subject = client here, other = station, a = its report */
    SERVICE_REPLACE, /* subject = station here: another endpoint takes the place of one */
    SERVICE_KINDS
} service_event;

typedef struct region {
    client *clients;
    station *stations;
    gateway *gateways;
    uint32_t client_count, station_count, gateway_count;
    uint32_t resolver_is_down;
    request_notes notes; /* of the request that arrives next */
    trace_log spans;
} region;

/* What all regions read. */
typedef struct service_shared {
    services_config config;
    uint32_t *population_local, *station_local, *gateway_local; /* place in their regions */
    certificates_owner *owners; /* of populations, then stations, then gateways */
    services_way *ways;         /* [population × stations + station] */
} service_shared;

struct services {
    service_shared shared;
    windows *windows;
    stationary *stationary; /* NULL: every request is an event */
    int64_t now_ns;         /* it has gone to */
};

static inline client *service_client(const services *s, uint32_t population)
{
    region *here = windows_process(s->windows, s->shared.config.populations[population].region);

    return &here->clients[s->shared.population_local[population]];
}

static inline station *service_station(const services *s, uint32_t station)
{
    region *here = windows_process(s->windows, s->shared.config.stations[station].region);

    return &here->stations[s->shared.station_local[station]];
}

/* services_check.c. SKY_ERROR_INPUT: an impossible configuration, named. *lookahead_ns: the least latency between
 * two regions. */
sky_status services_check(const services_config *config, int64_t *lookahead_ns, sky_error *error);

static inline gateway *service_gateway(const services *s, uint32_t gateway)
{
    region *here = windows_process(s->windows, s->shared.config.gateways[gateway].region);

    return &here->gateways[s->shared.gateway_local[gateway]];
}

/* mesh.h: two that speak without mTLS. */
static inline int service_is_plain(const service_shared *shared, uint32_t one_domain, uint32_t other_domain)
{
    return one_domain == other_domain && !shared->config.mtls_everywhere;
}

/* client.c. _begin schedules the first event; -1: no memory. Handlers of the events of their names. */
int client_begin(process_context *c, client *client);
void client_end(client *client);
process_handler client_next, client_answer, client_timeout, client_retry;
/* Its ways have changed: the best first again. Who routes by locality keeps the order that it began with. */
void client_reorder(client *client);
/* Its requests go by these weights from now on; the first clears all others. */
void client_steer(client *client, uint32_t station, int64_t weight);
/* An attempt's answer is there, now. */
void client_take_answer(process_context *c, region *here, uint32_t local, client_outcome outcome,
                        uint64_t call);

/* station.c */
int station_begin(process_context *c, station *s);
void station_end(station *s);
process_handler station_arrive, station_done, station_due, station_scale, station_ready, station_outage;
/* So many replicas from now on, as ordered; returns how many of them start, ready after a cold start. */
uint32_t station_order(station *s, int64_t now_ns, uint32_t replicas);
/* A request is there, now. */
void station_take(process_context *c, region *here, uint32_t local, const request *r);

/* client_state.c, station_state.c, gateway.c: checkpoints. What is restored comes to no other time, nor counts more, than
 * these. */
#define SERVICE_LAST_NS (SKY_NEVER_NS / 4)
#define SERVICE_MOST    (INT64_C(1) << 50)
void client_state(client *c, state *s, int64_t now_ns);
/* Whether a call of that name is, or has been, under way: an event that bears it harms nobody. */
int client_knows(const client *c, uint64_t name);
/* After all clients. */
void station_state(const services *all, station *s, state *saved);
/* Restoring: a batch under way, by its first job. 0: it can't be. */
int station_claim_batch(station *s, uint32_t first);
/* Restoring, when all batches are known; starting: replicas that events will bring. */
void station_settle(station *s, state *saved, uint64_t starting);
void gateway_state(gateway *g, state *s, uint32_t stations, int64_t now_ns);

/* gateway.c */
int gateway_begin(process_context *c, gateway *g);
void gateway_end(gateway *g);
process_handler gateway_pass;

/* discovery.c */
int discovery_begin(process_context *c, station *s);
void discovery_end(station *s);
process_handler discovery_report, discovery_hear, discovery_replace;
/* Whether a request, whose caller has looked, asks for an endpoint of this station that is no more. */
int discovery_is_gone(const process_context *c, const station *s, const request *r);

/* figures.c: where regions are dealt to ranks, all of these together, between windows: what each has come to know of its regions
 * becomes known to all. SKY_ERROR_MEMORY; SKY_ERROR_STATE: another rank has failed. */
sky_status figures_share(const service_shared *shared, const windows *w, sky_error *error);

static inline const services_way *service_way(const service_shared *shared, uint32_t population,
                                              uint32_t station)
{
    return &shared->ways[population * shared->config.station_count + station];
}
/* A way's delay for one message. counter: unlike that of any other message of this way. */
int64_t service_delay_ns(const service_shared *shared, uint32_t population, uint32_t station,
                         int64_t fixed_ns, int64_t now_ns, uint64_t counter);

#endif
