/* Inside of sky_engine: shared by engine.c, config.c, reconfigure.c, snapshot.c, cluster/, scaling/ and serving/ only. */
#ifndef SKYTWIN_ENGINE_INTERNAL_H
#define SKYTWIN_ENGINE_INTERNAL_H

#include "cluster/victims.h"
#include "packing/index.h"
#include "queue/reservations.h"
#include "strategy/strategy.h"

typedef struct scaling_policy scaling_policy;
typedef struct serving_policy serving_policy;
typedef struct scaling_scratch scaling_scratch;

struct sky_engine {
    model model;
    const strategy *strategy;
    sky_action *actions; /* answer of the last decide */
    size_t action_count, action_capacity;
    const queue_discipline *discipline;
    const scaling_policy *scaling;
    const serving_policy *serving;
    /* Derived from the model, made by cluster/backlog.c when first needed, in no snapshot. */
    packing_index *packing;
    queue *queue; /* tasks that wait, but for those with a promise under conservative backfilling */
    reservations *reservations; /* NULL: without backfilling */
    victims *victims;           /* NULL: without preemption */
    const sky_solver *solver;   /* NULL: none */
    model_list promised;        /* nodes on which places were promised: masked in the packing's index */
    int put_away; /* 1: what is derived was there, and is made again before anything but facts of the catalog is heard */
    int bound_gang_waits;     /* 1: a gang that required terms bind was refused since the last placement */
    scaling_scratch *scratch; /* made by scaling/waiting.c when first needed, in no snapshot */
};

/* 1: the task trains, and gets its turn by the strategy's allocation: it waits in no queue. */
static inline int engine_gives_turns(const sky_engine *engine, const model_job *job)
{
    return engine->strategy->allocation != NULL && job->most_workers > 0;
}

/* The strategy remembers nothing, as at the first decision. SKY_ERROR_MEMORY. */
sky_status engine_forget(sky_engine *engine);

/* One more action, with what all actions have in common; NULL: no memory. */
sky_action *engine_order(sky_engine *engine, sky_action_kind kind, sky_reason reason, uint32_t job);

#endif
