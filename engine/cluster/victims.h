/* Preemption: which tasks have to leave a node so that one of higher priority finds room.
 *
 * Victims are tasks of a priority below the one's that finds no room, never of the same. On a node they are taken in
 * the order of the lowest priority, then of the latest start (who has run least loses least), then of the greatest
 * number, until there is room; then those that turn out not to be needed are spared, the last taken first
 * [Kubernetes, "Pod Priority and Preemption": reprieve]. Of the nodes the one is chosen
 *
 *     whose highest victim has the lowest priority,
 *     of those the one with the fewest victims, then the one whose longest-running victim started last,
 *     then the one of the least rank.
 *
 * None of this depends on what time it is, so it is kept: each class and priority that has asked has a view of all
 * nodes, in blocks of 64 with a best one each, and looks only at the nodes that have changed since it last asked.
 * An attempt costs O(changed nodes × tasks on a node + nodes / 64). A gang leaves as a whole; the count is of tasks
 * on this node. Nodes on which places are promised are left alone, so that promises hold.
 *
 * Derived from the model, and so in no snapshot. Memory: 24 bytes a part that runs; a view 24 bytes a node. */
#ifndef SKYTWIN_CLUSTER_VICTIMS_H
#define SKYTWIN_CLUSTER_VICTIMS_H

#include "../packing/index.h"

typedef struct victims victims;

victims *victims_create(void); /* NULL: no memory */
void victims_free(victims *v);
/* A task runs: from now on it may become a victim. SKY_ERROR_MEMORY. */
sky_status victims_add(victims *v, const model *m, uint32_t job);
/* It runs no more. SKY_ERROR_MEMORY. */
sky_status victims_drop(victims *v, uint32_t job);
/* A node has come, gone, got marks or is masked, or masked no more. SKY_ERROR_MEMORY. */
sky_status victims_node_changed(victims *v, uint32_t node);
/* Hears of where tasks came and went (model.moved), and empties the list. SKY_ERROR_MEMORY. */
sky_status victims_hear(victims *v, model *m);
/* The node on which the task, of one part, gets room: SKY_NONE, there is none. SKY_ERROR_MEMORY. */
sky_status victims_choose(victims *v, model *m, const packing_index *index, uint32_t job, uint32_t *node);
/* Who has to leave it, once each: *jobs points into `v` until the next call. SKY_ERROR_MEMORY. */
sky_status victims_on(victims *v, const model *m, uint32_t job, uint32_t node, const uint32_t **jobs,
                      uint32_t *count);

#endif
