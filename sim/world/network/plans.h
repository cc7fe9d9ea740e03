/* Overlay plans for the transfers of a scenario that ask for a throughput or set a price: made once, on the topology
 * as it is when all is up. Sites are the two ends and the relays; a region has one gateway machine, which its ways
 * out and in are, and the rate of a pair is what TCP reaches over the best link between the two. The same bits for the same GLPK. */
#ifndef SKYTWIN_NETWORK_PLANS_H
#define SKYTWIN_NETWORK_PLANS_H

#include "overlay.h"
#include "topology.h"

typedef struct plans_path {
    topology_route route;
    int64_t bytes_per_s;
} plans_path;

typedef struct plans {
    uint32_t count; /* 0: it goes the usual way */
    int64_t bytes_per_s;
    int64_t rent_nusd_per_hour; /* of all gateways */
    plans_path *paths;
} plans;

/* For one transfer. SKY_ERROR_INPUT: none reaches the goal, or stays below the price. SKY_ERROR_MEMORY. */
sky_status plans_make(plans *p, const topology *t, const scenario *s, uint32_t transfer, sky_error *error);
void plans_free(plans *p);

#endif
