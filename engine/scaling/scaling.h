/* Pools that grow and shrink: what the engine hears of them, when it orders a node, and when it gives one back.
 *
 *     facts.c     what is told: limits, shapes, quotas, nodes that boot, drain and go
 *     offer.c     what may be ordered now, and at what price
 *     cost.c      what a task costs here or there: one score for the region and for the node
 *     site.c      the node for a task, by that score
 *     waiting.c   the tasks that wait, counted by what they ask for
 *     demand.c    a policy: nodes for the tasks that fit nowhere
 *     utilisation.c  a policy: nodes for a share of the pool to be in use
 *     shrink.c    what both give back: nodes that are not used
 *
 * A new policy is a file and a line in table.c. Only what was told counts: the world's capacity, its stock-outs and
 * its markets are known by what orders came to. */
#ifndef SKYTWIN_SCALING_H
#define SKYTWIN_SCALING_H

#include "../engine.h"
#include "facts.h"
#include "offer.h"

/* Adds the order, and counts it. SKY_ERROR_MEMORY. */
sky_status scaling_order(sky_engine *engine, uint32_t pool, sky_purchase purchase, sky_reason reason);

/* ---- waiting.c --------------------------------------------------------------------------------------------- */

/* Tasks of one class that wait, and whose checkpoints lie in one region. */
typedef struct scaling_demand {
    uint32_t job_class, from; /* from: region; SKY_NONE: no checkpoint */
    int64_t count;            /* tasks, parts of gangs each */
    int64_t left;             /* of them, those that no node was found for; scratch */
    int64_t run_ns, bytes;    /* means of what is left to run, and of the checkpoints */
    int64_t weight_nusd; /* what one of them costs where it is cheapest, on a node that is full; scratch */
    int64_t region_nusd; /* where the region is chosen first: the score of the one that it chooses; scratch */
} scaling_demand;

/* Scratch of an engine: derived, and so in no snapshot. */
struct scaling_scratch {
    scaling_demand *demands; /* by class and region */
    uint32_t demand_count, demand_capacity;
    uint32_t *demand_of; /* [class × (regions + 1) + region + 1]; SKY_NONE */
    void *prepared;      /* of the siting */
};

/* Counts the tasks that wait. SKY_ERROR_MEMORY. */
sky_status scaling_count_waiting(sky_engine *engine);
/* What a job would be counted with; NULL: it does not wait. */
const scaling_demand *scaling_demand_of(const sky_engine *engine, uint32_t job);
void scaling_free(sky_engine *engine);

/* ---- site.c ------------------------------------------------------------------------------------------------ */

typedef struct scaling_choice {
    uint32_t node, runner_up; /* SKY_NONE: none has room, or a node to be ordered is the better choice */
    uint32_t candidates;
    int64_t score, runner_up_score;
    int64_t term[SKY_TERMS];
} scaling_choice;

/* The node for one more part of a task, by the strategy's siting, among all that are up. Costs O(nodes). After
 * scaling_count_waiting. */
void scaling_site(const sky_engine *engine, uint32_t job, scaling_choice *choice);

/* ---- the policies ------------------------------------------------------------------------------------------ */

struct scaling_policy {
    sky_scaling_info info;
    sky_status (*grow)(sky_engine *engine);
};

extern const scaling_policy *const scaling_table[];

/* NULL: there is none of that name. */
const scaling_policy *scaling_find(const char *name);
/* Adds SKY_ACTION_GROW, _DRAIN and _RELEASE to the engine's actions. SKY_ERROR_MEMORY. */
sky_status scaling_decide(sky_engine *engine);
/* The second half of it: what is not used is given back. */
sky_status scaling_shrink(sky_engine *engine);

#endif
