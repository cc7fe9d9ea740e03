/* What is seen on an edge of the service graph, from a caller to a place: calls by how they ended, and how long they
 * took. Kept where services_config asks for it. */
#ifndef SKYTWIN_SERVICE_EDGE_H
#define SKYTWIN_SERVICE_EDGE_H

#include "histogram.h"

#define EDGE_OUTCOMES 16 /* room for each client_outcome */

typedef struct edge {
    uint64_t calls, retries;
    uint64_t outcomes[EDGE_OUTCOMES];
    histogram times; /* of attempts that were served; whoever reads it empties it */
} edge;

#endif
