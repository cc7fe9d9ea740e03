/* Inside of the network: ways, and when something is due. */
#ifndef SKYTWIN_NETWORK_INSIDE_H
#define SKYTWIN_NETWORK_INSIDE_H

#include "network.h"

/* Those that a route passes, in its order. */
uint32_t network_pipes_of(const network *n, const topology_route *route, uint32_t pipes[2 * TOPOLOGY_HOPS]);
/* Another way between the ends of a route, which has a link at least. SKY_ERROR_MEMORY. */
sky_status network_add_way(network *n, const topology_route *route, int64_t rate);

static inline uint32_t network_bundle_of(const network *n, uint32_t way)
{
    return way == SKY_NONE ? n->nowhere : n->ways[way].bundle;
}

/* Brings due_ns up to date. */
void network_find_due(network *n);

#endif
