/* What the engine hears of pools that grow and shrink; called by the model's own files, and by scaling/. */
#ifndef SKYTWIN_SCALING_FACTS_H
#define SKYTWIN_SCALING_FACTS_H

#include "../model/model.h"

/* SKY_EVENT_SCALE to _DATA, _NODE_BOOTING to _NODE_DRAINING. */
sky_status scaling_observe(model *m, const sky_event *event, sky_error *error);
/* SKY_EVENT_NODE_GONE, before the node's state follows. */
void scaling_node_gone(model *m, const node *n);
/* A task has been given all of its nodes. */
void scaling_task_started(model *m, uint32_t job);
/* A task has left the node. */
void scaling_task_left(model *m, node *n);
/* An order has been given, and counts against limits and quotas until it is answered. */
void scaling_count_order(model *m, uint32_t pool, sky_purchase purchase);
/* Share of the node's cores, or of its accelerators, that is in use, whichever is more. */
int64_t scaling_use_ppm(const node *n);
/* What a node of the pool takes of a quota that counts such things (sky_quota). */
int64_t scaling_quota_amount(const model_scale *s, uint32_t counts);

#endif
