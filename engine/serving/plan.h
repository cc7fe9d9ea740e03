/* Where a service has replicas, and who asks which: an optimisation by itself.
 *
 * Groups of users ask sites. A site with n replicas is a queue G/G/c of c = n × concurrency servers, whose mean wait is
 *     Wq = C(c, a) / (c mu - lambda) × (1 + cs^2) / 2
 * for Poisson arrivals [Allen and Cunneen; Allen, Probability, Statistics and Queueing Theory, 1990, 5.2], C Erlang's.
 * A site takes no more than the target share of what its replicas can do.
 *
 * By Little's law, the users who wait at any time are the sum of rate × (way + wait + service); each hour that one waits
 * is worth wait_nusd_per_hour. What is least is that, plus replicas, plus egress, where these two stay within a limit.
 * Given the replicas, the routes are those of least way and egress that capacities allow: a transportation problem, solved
 * exactly by cheapest augmenting paths [Ahuja, Magnanti and Orlin, Network Flows, 1993, 9.7], group by group; where not all
 * can be served, the first groups are. The replicas are found by
 * local search: more, fewer or elsewhere, by powers of two, from several starts; small cases are held against all that
 * there are in test_serving_plan.
 *
 * Rates are in millionths of a request a second. */
#ifndef SKYTWIN_SERVING_PLAN_H
#define SKYTWIN_SERVING_PLAN_H

#include <skytwin/engine.h>

#define SERVING_SITES_MOST 64 /* of one service */

typedef struct serving_problem {
    uint32_t sites, groups;
    uint32_t concurrency, reserved; /* of a replica */
    int64_t time_ns, scv_ppm;       /* of a request on a replica */
    int64_t target_ppm;
    int64_t most_nusd_per_hour; /* INT64_MAX: no limit */
    int64_t wait_nusd_per_hour;
    const int64_t *nusd_per_hour, *least, *most; /* of replicas, by site */
    const int64_t *rate;                         /* by group */
    const int64_t *way_ns;   /* [group × sites + site], there and back; below 0: closed */
    const int64_t *way_nusd; /* likewise: egress of a million requests */
} serving_problem;

/* Arrays are the caller's. */
typedef struct serving_plan {
    int64_t *replicas;                                /* by site */
    int64_t *flow;                                    /* rates, [group × sites + site] */
    int64_t replicas_nusd, egress_nusd, waiting_nusd; /* per hour */
    int64_t over_nusd;                                /* beyond the limit */
    int64_t unserved;                                 /* rate that found no capacity */
} serving_plan;

/* The routes for the plan's replicas, and what it all comes to. */
void serving_plan_routes(const serving_problem *p, serving_plan *plan);
/* 1: a is better: less over the limit, then fewer unserved, then less to pay and to wait. */
int serving_plan_is_better(const serving_plan *a, const serving_plan *b);
/* Replicas and routes, from the plan's replicas; thorough: and from others. SKY_ERROR_MEMORY. */
sky_status serving_plan_solve(const serving_problem *p, serving_plan *plan, int thorough);
/* The most that so many replicas take. */
int64_t serving_plan_capacity(const serving_problem *p, int64_t replicas);
/* Replicas that a site needs for a rate. */
int64_t serving_plan_replicas_for(const serving_problem *p, int64_t rate);
/* Mean wait in the queue of so many servers, below saturation. */
int64_t serving_plan_wait_ns(const serving_problem *p, int64_t servers, int64_t rate);

#endif
