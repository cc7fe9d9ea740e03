/* How many tasks stages of pipelines have: DS2 [Kalavri et al., "Three steps is all you need: fast, accurate, automatic
 * scaling decisions for distributed streaming dataflows", OSDI 2018, section 3].
 *
 * Each stage is told by its true rates: records that a task takes per second of useful time, waiting for input or for room
 * apart, and results per record. What sources bring is passed on from stage to stage by these:
 *     wanted(i) = rate of a source, or the sum over streams j > i of wanted(j) × results(j)
 *     tasks(i)  = ceil(wanted(i) × useful time a record / target)
 * so that one decision sets all stages right, however far a bottleneck has throttled those before and behind it. The paper's
 * target is 1; here some of each task is kept free. Out at once; in to what the decision before would have asked for too. */
#ifndef SKYTWIN_STREAMING_DS2_H
#define SKYTWIN_STREAMING_DS2_H

#include "../engine.h"

/* Adds SKY_ACTION_SCALE_STAGE to the engine's actions, once a control interval; nothing where no target is set.
 * SKY_ERROR_MEMORY. */
sky_status ds2_decide(sky_engine *engine);

#endif
