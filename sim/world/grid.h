/* The power grid of a region: how much carbon a MWh costs, and how much money, as steps over time.
 *
 * Replayed from a trace, which starts anew where it ends; or synthetic, a step an hour:
 *     value(h) = mean × max(0, 1 - swing × cos(2 pi (local time of h - least) / 24 h) + x(h)),
 *     x(h) = 0.9 x(h-1) + sqrt(1 - 0.9^2) × noise × N(0, 1),   x(0) = noise × N(0, 1)
 * with local solar time by the region's longitude (the run begins at midnight UTC), rounded to whole grams and
 * nano-dollars. Carbon and price have noise of their own.
 *
 * Integrals over time are exact integers, so that what is billed adds up however time is cut. */
#ifndef SKYTWIN_WORLD_GRID_H
#define SKYTWIN_WORLD_GRID_H

#include "../../engine/model/arith.h"
#include "../kernel/random.h"
#include "../scenario.h"

typedef struct grid_step {
    int64_t from_ns;
    int64_t gco2_per_mwh, nusd_per_mwh;  /* from then on */
    sky_int128 gco2_before, nusd_before; /* integral from 0 to from_ns, in ns × the above */
} grid_step;

typedef struct grid {
    grid_step *steps; /* the first is at 0 */
    size_t count;
    size_t now; /* the step in force */
} grid;

/* Steps up to end_ns. Freed with grid_free, also after a failure. SKY_ERROR_MEMORY. */
sky_status grid_init(grid *g, const scenario_grid *model, uint32_t region, double longitude, uint64_t seed,
                     uint32_t replication, int64_t end_ns);
void grid_free(grid *g);
/* When the next step is; SKY_NEVER_NS: none any more. */
int64_t grid_next_ns(const grid *g);
void grid_advance(grid *g);
/* Of one that has just been made: the step that is in force at the end of an instant. */
void grid_go_to(grid *g, int64_t now_ns);
static inline const grid_step *grid_now(const grid *g)
{
    return &g->steps[g->now];
}
/* Integrals from 0 to a time, in ns × gCO2 per MWh and ns × nano-dollars per MWh. */
void grid_integrals(const grid *g, int64_t to_ns, sky_int128 *gco2, sky_int128 *nusd);

#endif
