/* Inside of sky_engine: shared by engine.c, snapshot.c and cluster/round.c only. */
#ifndef SKYTWIN_ENGINE_INTERNAL_H
#define SKYTWIN_ENGINE_INTERNAL_H

#include "packing/index.h"
#include "strategy/strategy.h"

struct sky_engine {
    model model;
    const strategy *strategy;
    sky_action *actions; /* answer of the last decide */
    size_t action_count, action_capacity;
    /* Derived from the model, made when first needed, in no snapshot. */
    packing_index *packing;
    uint32_t
        *no_room; /* by class: the smallest gang that has found no room since room last came back; 0: none */
    uint32_t tried; /* of the tasks that wait: so many have been tried since then */
};

/* One more action, with what all actions have in common; NULL: no memory. */
sky_action *engine_order(sky_engine *engine, sky_action_kind kind, sky_reason reason, uint32_t job);

#endif
