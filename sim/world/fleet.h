/* Nodes that come and go. They stand behind the scenario's standing nodes in world.nodes; a node that has gone leaves
 * its place to a later one of its pool, of another generation.
 *
 * Billed from launch to release, boot included, at least the provider's minimum and by whole increments. A pool's
 * commitment is paid at the reserved price from the start to the end of the run; it covers nodes on demand, the first
 * launched first, which then cost nothing beside it, and always finds capacity. */
#ifndef SKYTWIN_WORLD_FLEET_H
#define SKYTWIN_WORLD_FLEET_H

#include "world.h"

typedef enum world_growth { WORLD_GROWTH_OK, WORLD_GROWTH_NO_CAPACITY, WORLD_GROWTH_QUOTA } world_growth;

/* Whether one more node would be had now. */
world_growth world_can_grow(const world *w, uint32_t pool, sky_purchase purchase);
/* Launches it: *index is its place, *ready_ns when it will have booted. Only after world_can_grow. SKY_ERROR_MEMORY. */
sky_status world_grow(world *w, uint32_t pool, sky_purchase purchase, uint32_t *index, int64_t *ready_ns,
                      sky_error *error);
/* Room for so many nodes, with those that stand. SKY_ERROR_MEMORY. */
sky_status world_reserve_nodes(world *w, uint32_t count, sky_error *error);
/* SKY_ERROR_MEMORY. */
sky_status world_node_ready(world *w, uint32_t index, sky_error *error);
/* Gives the machine back, and settles its bill. No task may run on it. SKY_ERROR_MEMORY. */
sky_status world_drop_node(world *w, uint32_t index, sky_error *error);

/* ---- money --------------------------------------------------------------------------------------------------- */
/* Bills all nodes, and the commitments, up to now. */
void world_accrue_fleet(world *w);
/* Around a change of a pool's spot price: at the old one up to now, then the new one counts. */
void world_accrue_fleet_spot(world *w, uint32_t pool);
void world_reprice_fleet(world *w, uint32_t pool, int64_t before_nusd);
/* All prices of the pool have changed. After all was accrued. */
void world_shock_fleet(world *w, uint32_t pool, const int64_t before_nusd[SKY_PURCHASE_COUNT]);

#endif
