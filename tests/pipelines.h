/* Small pipelines for tests: stages one after the other, without limits, in one region. Header only; after cmocka.h. */
#ifndef SKYTWIN_TESTS_PIPELINES_H
#define SKYTWIN_TESTS_PIPELINES_H

#include "world/pipeline/pipelines.h"

#include <stdlib.h>

#define CHAIN_MOST 8

typedef struct chain {
    pipeline_stage_config stages[CHAIN_MOST];
    pipeline_stream_config streams[CHAIN_MOST];
    pipelines_config config;
} chain;

static inline pipeline_stage_config simple_stage(pipeline_kind kind, duration time)
{
    return (pipeline_stage_config){
        .kind = kind, .tasks = 1, .most = 1, .time = time, .buffer = PIPELINE_UNLIMITED, .selectivity = 1
    };
}

static inline pipeline_stage_config simple_source(double per_s, uint32_t steady)
{
    pipeline_stage_config s = simple_stage(PIPELINE_SOURCE, duration_make(DURATION_FIXED, 0, 0));

    s.source = (pipeline_source_config){ .load = { .per_s = per_s, .weekend = 1, .steady = 1 },
                                         .steady = steady,
                                         .keys = 1,
                                         .watermark_every_ns = 100000000 };
    return s;
}

/* A source, the stages given, and a sink that takes no time. */
static inline void chain_make(chain *c, pipeline_stage_config source, const pipeline_stage_config *stages,
                              uint32_t count)
{
    *c = (chain){ .stages[0] = source };
    for (uint32_t i = 0; i < count; i++)
        c->stages[i + 1] = stages[i];
    c->stages[count + 1] = simple_stage(PIPELINE_SINK, duration_make(DURATION_FIXED, 0, 0));
    for (uint32_t i = 0; i <= count; i++)
        c->streams[i] = (pipeline_stream_config){ .from = i, .to = i + 1, .by_key = 1 };
    c->config = (pipelines_config){ .regions = 2,
                                    .stage_count = count + 2,
                                    .stream_count = count + 1,
                                    .stages = c->stages,
                                    .streams = c->streams,
                                    .seed = 7,
                                    .end_ns = SKY_NEVER_NS,
                                    .threads = 1 };
}

static inline pipelines *pipelines_need(const pipelines_config *config)
{
    pipelines *p = NULL;
    sky_error error;

    if (pipelines_create(config, &p, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return p;
}

/* Runs on, and nothing is lost. */
static inline void pipelines_go(pipelines *p, int64_t to_ns)
{
    sky_error error;

    if (pipelines_run(p, to_ns, &error) != SKY_OK || pipelines_check(p, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Runs to the warm-up's end, then to the end; what the sink saw in between, for free(). */
static inline histogram *pipelines_measure(pipelines *p, uint32_t sink, int64_t warm_ns, int64_t end_ns)
{
    histogram *found = malloc(sizeof *found), *before = malloc(sizeof *before);

    assert_non_null(found);
    assert_non_null(before);
    pipelines_go(p, warm_ns);
    *before = *pipelines_latency(p, sink);
    pipelines_go(p, end_ns);
    *found = *pipelines_latency(p, sink);
    histogram_subtract(found, before);
    free(before);
    return found;
}

#endif
