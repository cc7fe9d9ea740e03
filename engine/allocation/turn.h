/* The round that gives tasks that train their turn: whole accelerators for one control interval, or half of each where
 * two jobs share them. Gavel, section 5.
 *
 * Turns go by priority (shares.h) while there are devices of the type; a job gets one turn a round. Who had the same
 * devices before goes on without a stop; all others are paused first, and then placed: on one node where the type has
 * one with room for all workers, the fullest such; else spread, over the emptiest. */
#ifndef SKYTWIN_ALLOCATION_TURN_H
#define SKYTWIN_ALLOCATION_TURN_H

#include "../engine.h"

/* Where a round begins (SKY_EVENT_TICK was observed): adds SKY_ACTION_PAUSE, _RESIZE, _PLACE and _PLACE_HALF to the
 * engine's actions, and gives back and reserves the room. SKY_ERROR_MEMORY; SKY_ERROR_STATE: no solver. */
sky_status turn_decide(sky_engine *engine, sky_error *error);

#endif
