/* How many replicas a service should have. Target tracking: as many as would bring utilisation to its target, by what
 * was measured over the last interval, as cloud providers' and Kubernetes' autoscalers do:
 *     desired = ceil(replicas × utilisation / target).
 * Predictive: that, and at least what the same hour of yesterday asked for, so that a cold start is over when the hour
 * begins; the first day it is target tracking alone. Out at once, in by one replica an interval. */
#ifndef SKYTWIN_SERVICE_AUTOSCALER_H
#define SKYTWIN_SERVICE_AUTOSCALER_H

#include "../../kernel/state.h"

#define AUTOSCALER_HOURS 24

typedef struct autoscaler_config {
    uint32_t least, most; /* replicas; equal: never scales */
    int64_t interval_ns;  /* at least 1 */
    int64_t target_ppm;   /* of the replicas' capacity, 1 … 1,000,000 */
    uint32_t predictive;
    int64_t cold_start_ns;
} autoscaler_config;

/* Zeroed at the start. */
typedef struct autoscaler {
    int64_t asked_ppm
        [2][AUTOSCALER_HOURS]; /* replicas' worth of work, greatest mean of an interval: yesterday, today */
    int64_t day;
} autoscaler;

/* At the end of an interval: so many replicas were up, and used to utilisation_ppm of what they can do together, more
 * than 1,000,000 where work waits. Returns the number that there should be. */
uint32_t autoscaler_desired(autoscaler *a, const autoscaler_config *config, int64_t now_ns, uint32_t replicas,
                            int64_t utilisation_ppm);

void autoscaler_state(autoscaler *a, state *s);

#endif
