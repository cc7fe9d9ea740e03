/* What the network offers to one more transfer, as its operator could measure it: propagation, throughput, price. */
#ifndef SKYTWIN_NETWORK_OFFER_H
#define SKYTWIN_NETWORK_OFFER_H

#include "network.h"

typedef struct network_offer {
    int64_t latency_ns; /* one way, without queues and jitter */
    int64_t
        bytes_per_s; /* the least of what its links offer (maxmin_offer) and TCP reaches; 0: there is no way */
    int64_t nusd_per_gb; /* at the tier that the month has reached */
} network_offer;

/* Over a route that topology_find_route gave. To be asked when what has ended by now_ns has been taken. */
network_offer network_offer_of(network *n, int64_t now_ns, const topology_route *route);

#endif
