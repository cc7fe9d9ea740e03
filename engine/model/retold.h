/* Facts of the catalog that are told again once it is complete: a world that is otherwise from now on. What there is stays;
 * its numbers may change. Of each kind:
 *
 *     PROVIDER        notice, what is billed                     POWER, CARBON_PRICE   all
 *     REGION          carbon                                     SCALE                 all
 *     POOL            capacity, billing, boot                    QUOTA                 the most, where it is the only one of
 *                                                                                      its kind
 *     EGRESS          the price                                  DATA                  all
 *     ELIGIBLE        machines, speed                            TENANT                the weight
 *     FORBIDDEN       the rule; a region may become forbidden    RATE, PAIR_RATE       steps
 *     REQUEST         tasks to be expected
 *
 * CLASS says nothing that could change. What tasks ask for (REQUEST, ACCELERATE, SELECT, PROFILE, SLICE), placement terms
 * (GROUPS to SPREAD), shapes of nodes to come (SHAPE, SHAPE_MARKS) and nodes (NODE to NODE_RACK, but for the marks) may be told again as
 * they are: tasks hold what they asked for. Anything else is refused.
 *
 * Of what is told after the catalog, these may be told again at any time: SERVICE, POPULATION, STAGE and CLASS_READS with
 * other numbers, PLACE too; STREAM as it is. (Its tasks are those that a STAGE has, its replicas those that a PLACE has.) All others say how something is now: prices, links, grids,
 * capacities, datasets, copies, replicas, routes, tasks of stages, nodes that come and go. Told again, they are news. */
#ifndef SKYTWIN_MODEL_RETOLD_H
#define SKYTWIN_MODEL_RETOLD_H

#include "model.h"

/* One of the kinds before SKY_EVENT_PRICE. What it is equal to already changes nothing. */
sky_status retold_observe(model *m, const sky_event *event, sky_error *error);

#endif
