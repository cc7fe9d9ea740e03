/* Max-min fairness over training jobs: the policy, for its tests. */
#ifndef SKYTWIN_ALLOCATION_MAX_MIN_H
#define SKYTWIN_ALLOCATION_MAX_MIN_H

#include "allocation.h"

/* Gives all jobs the most of what the worst off has, then the others the most of what the worst off of them has, and
 * so on (water filling), where a job has
 *     rate(m, X) / rate(m, X^equal) × workers(m) / weight(m)        [Gavel, section 4.1] */
sky_status max_min_allocate(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm);

#endif
