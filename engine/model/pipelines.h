/* What the engine believes of pipelines: their stages, the streams between them, and what was measured. Included by
 * model.h. */
#ifndef SKYTWIN_MODEL_PIPELINES_H
#define SKYTWIN_MODEL_PIPELINES_H

#include <skytwin/engine.h>

typedef struct model model;

typedef struct model_stage {
    uint32_t region;
    uint32_t is_source;
    int64_t tasks, most;
    int64_t nusd_per_hour; /* of a task */
    int64_t told_ns;       /* when it was last measured */
    int64_t rate;          /* of a source: records that came into being, in millionths per second */
    int64_t time_ps;       /* useful time of a task for a record, in picoseconds; 0: never measured */
    int64_t results_ppm;   /* results a record */
    int64_t waiting;
    int64_t wanted;                      /* records that it is to take, in millionths per second */
    int64_t asked_ppm, asked_before_ppm; /* tasks that takes, at the last decision and the one before */
} model_stage;

typedef struct model_stream {
    uint32_t from, to; /* to > from */
} model_stream;

uint32_t model_stage_count(const model *m);
/* For whoever decides: wanted and asked are its. */
model_stage *model_stage_at(model *m, uint32_t stage);
uint32_t model_stream_count(const model *m);
const model_stream *model_stream_at(const model *m, uint32_t stream);

/* The events of pipelines. See model_observe. */
sky_status pipelines_observe(model *m, const sky_event *event, sky_error *error);

#endif
