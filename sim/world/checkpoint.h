/* Parts of world_state: for the files of this folder that save and restore. */
#ifndef SKYTWIN_WORLD_CHECKPOINT_H
#define SKYTWIN_WORLD_CHECKPOINT_H

#include "world.h"

/* 1: a time from the start to now. */
static inline int world_has_been(const world *w, int64_t at_ns)
{
    return at_ns >= 0 && at_ns <= w->now_ns;
}

/* Jobs, those that share nodes, and the nodes. */
void world_tasks_state(world *w, state *s);
/* What moves over the network, and datasets. After the instances, which may wait for some of it. */
void world_moves_state(world *w, state *s);
/* What waits to happen. Last: what it is about is looked at. */
void world_pending_state(world *w, state *s);

#endif
