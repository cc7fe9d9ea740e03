/* Pipelines of a run: shared by pipelines.c and streaming.c only. */
#ifndef SKYTWIN_TWIN_PIPELINES_H
#define SKYTWIN_TWIN_PIPELINES_H

#include "beside.h"

#include "../world/pipeline/pipelines.h"

/* At the last row. */
typedef struct stage_mark {
    pipeline_stage_count count;
    int64_t nusd, reserved;
} stage_mark;

typedef struct stream_mark {
    pipeline_stream_count count;
    int64_t egress_nusd;
} stream_mark;

typedef struct twin_pipelines {
    pipelines_config config;
    pipelines *pipelines;
    pipeline_stream_config *streams; /* with the lines of the network */
    stage_mark *stages;
    stream_mark *marks;
    int64_t *egress_nusd; /* by stream, so far */
    histogram **before;   /* by stage, of sinks: latencies at the last row */
    histogram since;      /* room for those since then */
    int64_t written_ns;
    twin_beside beside;
} twin_pipelines;

/* Records up to now. */
sky_status twin_run_pipelines(twin *t);
/* How fast a stage was since its last row. */
sky_status twin_tell_rates(twin *t, uint32_t stage);

#endif
