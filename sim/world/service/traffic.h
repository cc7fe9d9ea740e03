/* How much each region has to do, and what regions say to each other, as far as it can be told beforehand: for whoever deals
 * regions to ranks. An estimate, by mean rates, as if all places were up and had room: it decides on speed alone. */
#ifndef SKYTWIN_SERVICE_TRAFFIC_H
#define SKYTWIN_SERVICE_TRAFFIC_H

#include "services.h"

/* Both ways together, between two regions; a < b. In messages an hour. */
typedef struct services_flow {
    uint32_t a, b;
    int64_t messages;
} services_flow;

/* work: by region, in events an hour. *flows: what is said, each pair once, in rising order; freed with free().
 * SKY_ERROR_MEMORY. */
sky_status services_traffic(const services_config *config, int64_t *work, services_flow **flows,
                            size_t *flow_count, sky_error *error);

#endif
