/* What an engine's configuration says, checked; for engine.c and reconfigure.c. */
#ifndef SKYTWIN_ENGINE_CONFIG_H
#define SKYTWIN_ENGINE_CONFIG_H

#include "engine.h"

/* Whom its names mean. */
typedef struct engine_setup {
    const strategy *strategy;
    uint32_t index; /* of the strategy */
    const queue_discipline *discipline;
    const scaling_policy *scaling;
    const serving_policy *serving;
} engine_setup;

/* SKY_ERROR_INPUT: see sky_engine_create. */
sky_status engine_read_config(const sky_engine_config *config, engine_setup *setup, sky_error *error);
void engine_set_up(sky_engine *engine, const sky_engine_config *config, const engine_setup *setup);

#endif
