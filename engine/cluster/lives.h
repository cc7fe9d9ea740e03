/* What befalls a task beyond one run: it is stopped and goes on later, fails and is tried again, waits for its
 * predecessors and for its turn in its array. Called by facts.c and by the round alone. */
#ifndef SKYTWIN_CLUSTER_LIVES_H
#define SKYTWIN_CLUSTER_LIVES_H

#include "../model/model.h"

/* SKY_EVENT_TASK_SURVIVAL, _MEMBER, _AFTER: right after the task was submitted. */
sky_status life_told(model *m, const sky_event *event, model_job *job, sky_error *error);
/* SKY_EVENT_TASK_STOPPED, after the task has left its nodes. */
sky_status life_stopped(model *m, const sky_event *event, sky_error *error);
/* SKY_EVENT_TASK_READY. */
sky_status life_ready(model *m, const sky_event *event, sky_error *error);
/* It has ended: others may start, or have to be given up. */
sky_status life_ended(model *m, uint32_t job, int failed, sky_error *error);
/* How long it waits before it is tried again: back_off × 2^(failures - 1), at most back_off_most. */
int64_t life_back_off_ns(const model_life *life);
/* After a snapshot has been restored: whom orders are still to be given about. */
int life_is_unsettled(const model_job *job);

/* How long a run takes in which so much work is left: the restart, the work, and a checkpoint after each interval
 * of it but the last. */
static inline int64_t life_run_ns(int64_t left_ns, int64_t restart_ns, int64_t interval_ns,
                                  int64_t checkpoint_ns)
{
    int64_t written = interval_ns > 0 && left_ns > 0 ? (left_ns - 1) / interval_ns : 0;

    return add_sat_i64(add_sat_i64(restart_ns, left_ns), muldiv_floor_i64(written, checkpoint_ns, 1));
}
/* The same for a task that waits or runs, as far as its owner's estimate tells. */
int64_t life_expected_run_ns(const model *m, const model_job *job);

#endif
