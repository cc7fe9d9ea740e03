/* Locality first: the nearest place takes all requests as long as it is well, and what it can't take spills over to the
 * next, as Envoy's priority levels do [Envoy, "Priority levels", docs/root/intro/arch_overview/upstream/load_balancing]:
 *     health(i) = min(1, overprovision × healthy(i) × room(i))
 *     share(i)  = min(1 - share(0) … share(i-1), health(i) / min(1, sum of health)).
 * room is ours, and 1 in Envoy: a place whose replicas are used beyond a threshold keeps, at each report, the share of
 * what it had that would bring it back to the threshold, so that the share that stays tends to threshold / load, with
 * load that of all requests at this place. */
#ifndef SKYTWIN_SERVICE_BALANCE_H
#define SKYTWIN_SERVICE_BALANCE_H

#include <stdint.h>

typedef struct balance_config {
    int64_t overprovision_ppm; /* Envoy: 1.4 */
    int64_t threshold_ppm;     /* of a place's utilisation; 0: load does not count */
} balance_config;

/* Of one place, by its last report. */
typedef struct balance_place {
    int64_t healthy_ppm; /* of its replicas */
    int64_t room_ppm;    /* 1 … 1,000,000 */
    int64_t share_ppm;   /* of the requests */
} balance_place;

/* A report of one place came. */
void balance_hear(balance_place *place, const balance_config *config, int64_t healthy_ppm, int64_t load_ppm);
/* Shares of all, nearest first; they add up to a million. Where none is well, all go to the first. */
void balance_share(balance_place *places, uint32_t count, const balance_config *config);

#endif
