/* The scores of all nodes for each class of tasks, kept up to date lazily: a class that is asked for looks only at
 * the nodes that changed since it was last asked for.
 *
 * Scores lie in the order of the nodes' ranks, under two levels of maxima over blocks of 64, so that the best node,
 * the one of least rank among equals, is found in three short scans. Derived from the model and the packing, and so
 * in no snapshot: dropping it changes no decision. 4 bytes a class and rank, for classes that tasks came of.
 *
 * Placement terms (cluster/terms.h) that look at zones or regions change what all of their nodes are worth at once. So
 * such a class has maxima of its own for each zone, or region, and what that is worth is added when the best of each is
 * known: a placement costs O(domains) more, and no node is looked at again. Terms that look at nodes are part of the
 * node's score; where they change on nodes that did not (terms_version), the class looks at all nodes again. */
#ifndef SKYTWIN_PACKING_INDEX_H
#define SKYTWIN_PACKING_INDEX_H

#include "packing.h"

typedef struct packing_index packing_index;

/* NULL: no memory. The catalog must be complete. */
packing_index *packing_index_create(const model *m, const packing *p);
void packing_index_free(packing_index *index);

/* The best node for a class, and the next best; SKY_NONE: there is none. */
typedef struct packing_choice {
    uint32_t node, runner_up;
    int32_t score, runner_up_score;
} packing_choice;

/* Where a part of a gang may go, so that it is close enough to the others. */
typedef struct packing_bounds {
    uint32_t region, pool, node; /* SKY_NONE: any */
} packing_bounds;

/* The best node within bounds, by looking at each: for gangs, which come seldom. SKY_ERROR_MEMORY. */
sky_status packing_index_choose_within(packing_index *index, model *m, uint32_t job,
                                       const packing_bounds *bounds, packing_choice *choice);
/* Parts of a gang that there is room for within the bounds, counted up to `parts`, whatever terms say. index = NULL: masks
 * or not. */
int64_t packing_index_room_within(const packing_index *index, const model *m, uint32_t job,
                                  const packing_bounds *bounds, uint32_t parts);
/* Hears of the model's changes, as do its terms, and empties their list. Before each round: choosing hears of what has
 * changed since. SKY_ERROR_MEMORY. */
sky_status packing_index_hear(packing_index *index, model *m);
/* Hears of the model's changes. For a packing at_random, `job` tells the draw.
 * SKY_ERROR_MEMORY. */
sky_status packing_index_choose(packing_index *index, model *m, uint32_t job, packing_choice *choice);
/* The devices for the job on the chosen node, as it is or as tight as `n` says; 0 where it wants none. */
uint32_t packing_index_devices(const packing_index *index, const model *m, uint32_t job, node_view n);

/* A masked node is never chosen: promises stand on it, and the round looks at it itself. SKY_ERROR_MEMORY. */
sky_status packing_index_mask(packing_index *index, model *m, uint32_t node, int masked);
int packing_index_is_masked(const packing_index *index, uint32_t node);
/* Score of the node of that index for a class, as tight as `n` says, with the points of the class's terms;
 * PACKING_NO_ROOM: it has no room, or may not be entered. At random: 0. Of a pod, whatever the packing: how full it is
 * afterwards in percent, so that other pods stay whole; in it a slice lies where it cuts up least. */
int32_t packing_index_score(const packing_index *index, const model *m, uint32_t node_index, node_view n,
                            uint32_t job_class);

#endif
