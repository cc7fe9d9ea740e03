/* Inside of services.h: what a region's logical process holds, and how its two sides speak to each other. */
#ifndef SKYTWIN_SERVICE_INSIDE_H
#define SKYTWIN_SERVICE_INSIDE_H

#include "services.h"

typedef enum service_event {
    SERVICE_NEXT,    /* subject = client here: its next user asks */
    SERVICE_ARRIVE,  /* subject = station here, other = population, a = call: a request is there */
    SERVICE_DONE,    /* subject = station here, other = first job of the batch, a = station.outages */
    SERVICE_ANSWER,  /* subject = client here, other = client_outcome, a = call */
    SERVICE_TIMEOUT, /* subject = client here, a = call */
    SERVICE_RETRY,   /* subject = client here, a = call */
    SERVICE_DUE,     /* subject = station here: a batch may start that isn't full */
    SERVICE_SCALE,   /* subject = station here */
    SERVICE_READY, /* subject = station here, other = replicas whose cold start is over, a = station.outages */
    SERVICE_OUTAGE, /* subject = station here, other = 1: it begins, 0: it is over */
    SERVICE_KINDS
} service_event;

typedef struct region {
    client *clients;
    station *stations;
    uint32_t client_count, station_count;
} region;

/* What all regions read. */
typedef struct service_shared {
    services_config config;
    uint32_t *population_local, *station_local; /* place in their regions */
    services_way *ways;                         /* [population × stations + station] */
} service_shared;

/* client.c. _begin schedules the first event; -1: no memory. Handlers of the events of their names. */
int client_begin(process_context *c, client *client);
void client_end(client *client);
process_handler client_next, client_answer, client_timeout, client_retry;
/* An attempt's answer is there, now. */
void client_take_answer(process_context *c, region *here, uint32_t local, client_outcome outcome,
                        uint64_t call);

/* station.c */
int station_begin(process_context *c, station *s);
void station_end(station *s);
process_handler station_arrive, station_done, station_due, station_scale, station_ready, station_outage;
/* A request is there, now. */
void station_take(process_context *c, region *here, uint32_t local, uint32_t population, uint64_t call);

static inline const services_way *service_way(const service_shared *shared, uint32_t population,
                                              uint32_t station)
{
    return &shared->ways[population * shared->config.station_count + station];
}
/* A way's delay for one message. counter: unlike that of any other message of this way. */
int64_t service_delay_ns(const service_shared *shared, uint32_t population, uint32_t station,
                         int64_t fixed_ns, int64_t now_ns, uint64_t counter);

#endif
