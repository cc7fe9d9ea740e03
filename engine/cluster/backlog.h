/* The tasks that wait for room: their queue, the places promised to them, and what each tenant holds. All of it is
 * derived from the model, and follows it event by event. */
#ifndef SKYTWIN_CLUSTER_BACKLOG_H
#define SKYTWIN_CLUSTER_BACKLOG_H

#include "../engine.h"

/* A task before an event about it was observed. */
typedef struct backlog_before {
    int is_task; /* 0: there is nothing to follow */
    int held;    /* 1: it held nodes */
    int64_t started_ns;
} backlog_before;

/* Makes what is derived, if it is not there: packing index, queue and promises. SKY_ERROR_MEMORY. */
sky_status backlog_prepare(sky_engine *engine);
void backlog_free(sky_engine *engine);
/* What is derived is put away, as a snapshot does, and made again, as restoring one does: nothing changes, but for what
 * was changed in between. SKY_ERROR_MEMORY. */
sky_status backlog_put_away(sky_engine *engine);
sky_status backlog_come_back(sky_engine *engine);
/* A task counts among what its tenant holds, as it waits in the queue and is not given turns; or it no longer does.
 * SKY_ERROR_MEMORY. */
sky_status backlog_use(sky_engine *engine, uint32_t job, int64_t sign);
/* Around each observation. SKY_ERROR_MEMORY. */
backlog_before backlog_look(const sky_engine *engine, const sky_event *event);
sky_status backlog_follow(sky_engine *engine, const sky_event *event, const backlog_before *was);
/* A task is ordered to leave its nodes: all that is booked on it goes. SKY_ERROR_MEMORY. */
sky_status backlog_evict(sky_engine *engine, uint32_t job, sky_error *error);
/* Those that arrived since the last round join the queue. SKY_ERROR_MEMORY. */
sky_status backlog_admit(sky_engine *engine);
sky_status backlog_add(sky_engine *engine, uint32_t job);
/* A task has been given all of its nodes. SKY_ERROR_MEMORY. */
sky_status backlog_started(sky_engine *engine, uint32_t job);
/* Promises have come or gone: which nodes are masked follows. SKY_ERROR_MEMORY. */
sky_status backlog_mask_promised(sky_engine *engine);
/* For a snapshot: new arrays in place of the model's own, freed with free(), where they are kept elsewhere.
 * SKY_ERROR_MEMORY. */
sky_status backlog_save(const sky_engine *engine, model_array *tenants, model_array *promises);

#endif
