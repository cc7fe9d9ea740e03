/* What callers know of a place: its endpoints (the addresses of its replicas) and how it is, as of its last report. A
 * place reports every so often, and the report takes its time to callers. In between, endpoints go: replicas are
 * replaced, each as a Poisson process, or scaled in. A call to one that is gone fails, and may be tried again.
 *
 * A view's age at a call is uniform between delay and delay + every, thus of calls to endpoints replaced at rate r the
 * share 1 - exp(-r delay) × (1 - exp(-r every)) / (r every) fails. */
#ifndef SKYTWIN_SERVICE_DISCOVERY_H
#define SKYTWIN_SERVICE_DISCOVERY_H

#include <stdint.h>

typedef struct discovery_config {
    int64_t every_ns; /* 0: callers know all at once */
    int64_t delay_ns; /* of the control plane; the way to the caller comes on top */
} discovery_config;

#endif
