/* The round that gives tasks their nodes: every task that waits and may find room now is tried, in order. */
#ifndef SKYTWIN_CLUSTER_ROUND_H
#define SKYTWIN_CLUSTER_ROUND_H

#include "../engine.h"

/* Adds SKY_ACTION_PLACE and, where tasks without room are dropped, SKY_ACTION_REJECT to the engine's actions, and
 * reserves the room. SKY_ERROR_MEMORY. */
sky_status round_place_tasks(sky_engine *engine, sky_error *error);

#endif
