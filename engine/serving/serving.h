/* Services: how many replicas they have at each place, and which places their users ask.
 *
 *     table.c            the policies, and what all of them do: orders that the gatekeeper lets pass
 *     target_tracking.c  so many replicas that a target share of them is in use; predictive: and that yesterday asked for
 *     near_users.c       replicas at the nearest place of all users
 *     latency_cost.c     where and how many, and who asks whom, by what users wait and what it costs
 *     plan.c             what latency_cost decides by: an optimisation, without the model
 *     carry_out.c        from a plan to orders: replicas first, then routes, and places are left before they close
 *
 * A new policy is a file and a line in table.c. Only what was told counts. */
#ifndef SKYTWIN_SERVING_H
#define SKYTWIN_SERVING_H

#include "../engine.h"
#include "plan.h"

struct serving_policy {
    sky_serving_info info;
    sky_status (*decide)(sky_engine *engine); /* NULL: services see to themselves. SKY_ERROR_MEMORY */
};

/* NULL: there is none of that name. */
const serving_policy *serving_find(const char *name);
/* Adds SKY_ACTION_SCALE_SERVICE and _ROUTE to the engine's actions, once a control interval. SKY_ERROR_MEMORY. */
sky_status serving_decide(sky_engine *engine);

/* ---- for policies --------------------------------------------------------------------------------------------- */

int64_t serving_target_ppm(const model *m);
/* Requests a second that are to be expected of a population until the next decision, in millionths: as in the last
 * interval, or as in the same hours of yesterday where these saw more. */
int64_t serving_expected_rate(const model *m, uint32_t population);
/* Orders so many replicas, within the place's bounds, if they are others than now and the gatekeeper lets it pass.
 * plan: why, in money; NULL: not told. SKY_ERROR_MEMORY. */
sky_status serving_scale(sky_engine *engine, uint32_t place, int64_t replicas, sky_reason reason,
                         const serving_plan *plan);

/* One service as a problem (plan.h): places that it may be at, and populations that ask it. */
typedef struct serving_case {
    serving_problem problem;
    serving_plan plan;
    uint32_t *place, *population; /* by site, by group */
    int64_t *room;                /* owned */
} serving_case;

/* *ready: 0: it has no place or nobody asks it, or somebody is still to be measured, and the case is empty.
 * SKY_ERROR_MEMORY. Free the case in any event. */
sky_status serving_case_make(const model *m, uint32_t service, serving_case *c, int *ready);
void serving_case_free(serving_case *c);
/* Orders what the case's plan says. SKY_ERROR_MEMORY. */
sky_status serving_carry_out(sky_engine *engine, serving_case *c, sky_reason reason);

#endif
