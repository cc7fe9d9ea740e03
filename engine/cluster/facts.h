/* What the engine hears of nodes and of the tasks that share them; called by model_observe alone. */
#ifndef SKYTWIN_CLUSTER_FACTS_H
#define SKYTWIN_CLUSTER_FACTS_H

#include "../model/model.h"

#define FACTS_MOST_EXPECTED INT64_C(1000000000) /* tasks of a class */

/* Catalog: SKY_EVENT_REQUEST, _ACCELERATE, _SELECT, _PROFILE, _SLICE. */
sky_status request_observe(model *m, const sky_event *event, sky_error *error);
/* Catalog: SKY_EVENT_TENANT. */
sky_status tenant_observe(model *m, const sky_event *event, sky_error *error);
/* SKY_EVENT_NODE and what follows of nodes. */
sky_status node_observe(model *m, const sky_event *event, sky_error *error);
/* A job of a class with a request waits for room from now on: it has been submitted, or may go on. */
sky_status task_submitted(model *m, uint32_t job, sky_error *error);
/* Everything else about such a job. */
sky_status task_observe(model *m, const sky_event *event, model_job *job, sky_error *error);

/* A node's machine counts, or counts no more, among what is up. */
void facts_count_up(model *m, const node *n, int64_t sign);

/* After a snapshot has been restored: what is derived must look at all nodes, and at all tasks that wait. */
sky_status model_all_is_new(model *m);

/* Reserves room for a task, or one more part of a gang, that the engine has ordered to be placed. */
sky_status task_commit(model *m, uint32_t job, uint32_t node, uint32_t devices, sky_error *error);
/* Gives back the room of a task that leaves all of its nodes; it waits. */
sky_status task_leave(model *m, model_job *job, sky_error *error);
/* Gives all of it back, as if it had never been: the gang found room for some of its parts only. `parts_before`: the
 * count of MODEL_PARTS before the first. */
sky_status task_withdraw(model *m, uint32_t job, uint32_t parts_before, sky_error *error);

/* Takes a task off its nodes, which it has been ordered to leave. */
sky_status task_evict(model *m, uint32_t job, sky_error *error);

#endif
