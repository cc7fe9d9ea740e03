/* What tenants hold and have used.
 *
 * A tenant's share is its dominant share of the cluster: see queue_dominant_share. Its past use is the mean of that
 * share over time, each moment weighted by 2^(-age / half-life). Time is cut into intervals of a 64th of the
 * half-life, which start at multiples of that length; with r = 2^(-1/64), at the end of each
 *
 *     average = r × average + (1 - r) × (mean share during the interval)
 *
 * rounded down. So the average depends on when holdings changed, and on nothing else: not on how often, or when, it
 * was asked for. */
#ifndef SKYTWIN_QUEUE_TENANTS_H
#define SKYTWIN_QUEUE_TENANTS_H

#include "queue.h"

/* Brings the average up to the last interval that is over, and `accrued` up to now. */
void queue_tenant_accrue(queue_tenant *tenant, const queue_amounts *capacity, int64_t half_life_ns,
                         int64_t now_ns);
/* Brings the average alone up to date: what is accrued in the interval under way is left for later, so that looking
 * never rounds. */
void queue_tenant_look(queue_tenant *tenant, const queue_amounts *capacity, int64_t half_life_ns,
                       int64_t now_ns);

#endif
