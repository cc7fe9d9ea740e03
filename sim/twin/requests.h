/* Services in a run of the twin: shared by requests.c and serving.c only. */
#ifndef SKYTWIN_TWIN_REQUESTS_H
#define SKYTWIN_TWIN_REQUESTS_H

#include "../world/service/services.h"
#include "beside.h"

/* Of a population or a place, at the last row. */
typedef struct counted {
    int64_t served, failed, within, nusd, egress_nusd;
    int64_t came;               /* requests; at a place: attempts */
    sky_int128 busy_ns, can_ns; /* of its replicas: what they did, and could have done */
    int64_t up, ordered;        /* replicas, as last told */
} counted;

typedef struct twin_requests {
    services_config config;
    services *services;
    histogram *before; /* by population: responses at the last row */
    histogram since;   /* room for those since then */
    counted *populations, *places;
    int64_t *egress_nusd;         /* by place, so far */
    uint64_t *requests, *answers; /* by (population, place): billed so far */
    int64_t written_ns;
    client_config *users; /* where there is a network: populations, and their routes as they are now */
    client_route *routes;
    twin_beside beside;
} twin_requests;

/* ways.c: where there is a network. SKY_ERROR_MEMORY. */
sky_status twin_open_ways(twin *t);
/* Routes as the network is now; and of services that there are already, losses and outages. */
void twin_follow_network(twin *t);
/* In a checkpoint: routes, where there is a network. */
void twin_ways_state(twin *t, state *s);
/* serving.c: of one way. */
sky_status twin_tell_way(twin *t, uint32_t population, uint32_t place);

/* serving.c: what the engine hears once a control interval, before the counts go on: row as written down. */
sky_status twin_tell_asked(twin *t, const record_request_row *row);
sky_status twin_tell_served(twin *t, const record_request_row *row);

#endif
