/* Tasks that train: how far they are, and how fast they go on which accelerators, as the engine was told. */
#ifndef SKYTWIN_ALLOCATION_TRAINING_H
#define SKYTWIN_ALLOCATION_TRAINING_H

#include "../model/model.h"

#define TRAINING_MOST_USTEPS INT64_C(1000000000000000) /* per second: a thousand million steps */

/* SKY_EVENT_RATE, _PAIR_RATE. */
sky_status training_observe_rate(model *m, const sky_event *event, sky_error *error);
/* SKY_EVENT_TRAINING, _TASK_PAUSED, _STEPS. */
sky_status training_observe(model *m, const sky_event *event, model_job *job, sky_error *error);

/* As told; NULL: nobody measured it. Alone: partner SKY_NONE. */
model_rate *training_rate_at(const model *m, uint32_t job_class, uint32_t on_model, uint32_t workers,
                             uint32_t partner);
/* Millionths of a step per second that tasks of a class make with so many workers on a model, all on one node or
 * spread, alone (partner SKY_NONE) or beside one of another class; 0: they can't, or nobody measured it. */
int64_t training_usteps(const model *m, uint32_t job_class, uint32_t on_model, uint32_t workers,
                        uint32_t partner, int is_spread);

#endif
