/* Inside of sky_engine: shared by engine.c and snapshot.c only. */
#ifndef SKYTWIN_ENGINE_INTERNAL_H
#define SKYTWIN_ENGINE_INTERNAL_H

#include "strategy/strategy.h"

struct sky_engine {
    model model;
    const strategy *strategy;
    sky_action *actions; /* answer of the last decide */
    size_t action_count, action_capacity;
};

#endif
