/* How many records a second pipelines simulate on one core, each of them as events, as a ratio to a bare heap measured in
 * the same run. A record passes a source, a stage of 8 tasks and a sink:
 *   beside   all in one region: two events a record;
 *   batches  the sink in another region, 30 ms away, behind batches: three;
 *   windows  the stage a windowed aggregate of 1000 keys: two, and the results. */
#include "bare_heap.h"

#include "kernel/draw.h"
#include "world/pipeline/pipelines.h"

#define ROUNDS     5 /* best of */
#define RECORDS    1000000
#define TASKS      8
#define LOAD       0.8
#define SERVICE_NS 1000000

typedef struct variant {
    const char *name;
    int64_t latency_ns;
    pipeline_kind kind;
} variant;

static double million_records(const variant *v)
{
    const double per_s = LOAD * TASKS * 1e9 / SERVICE_NS;
    const pipeline_stage_config stages[3] = {
        { .kind = PIPELINE_SOURCE,
          .tasks = 1,
          .most = 1,
          .buffer = PIPELINE_UNLIMITED,
          .source = { .load = { .per_s = per_s, .steady = 1 },
                      .keys = 1000,
                      .watermark_every_ns = 200000000 } },
        { .kind = v->kind,
          .tasks = TASKS,
          .most = TASKS,
          .buffer = 1000,
          .selectivity = 1,
          .window_ns = 1000000000,
          .slide_ns = 1000000000,
          .time = duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0) },
        { .kind = PIPELINE_SINK, .region = v->latency_ns > 0, .tasks = 1, .most = 1, .buffer = 10000 },
    };
    const pipeline_stream_config streams[2] = { { .from = 0, .to = 1, .by_key = 1 },
                                                { .from = 1,
                                                  .to = 2,
                                                  .latency_ns = v->latency_ns,
                                                  .record_bytes = 200,
                                                  .batch_bytes = v->latency_ns > 0 ? 16384 : 0,
                                                  .linger_ns = 5000000 } };
    const pipelines_config config = { .regions = 2,
                                      .stage_count = 3,
                                      .stream_count = 2,
                                      .stages = stages,
                                      .streams = streams,
                                      .seed = 1,
                                      .end_ns = SKY_NEVER_NS,
                                      .threads = 1 };
    double start, served;
    sky_error error;
    pipelines *p;

    if (pipelines_create(&config, &p, &error) != SKY_OK) {
        fprintf(stderr, "bench_pipelines: %s\n", error.message);
        exit(3);
    }
    start = bench_thread_s();
    if (pipelines_run(p, (int64_t)(RECORDS / per_s * 1e9), &error) != SKY_OK) {
        fprintf(stderr, "bench_pipelines: %s\n", error.message);
        exit(3);
    }
    start = bench_thread_s() - start;
    served = (double)pipelines_stage(p, 1).taken;
    pipelines_destroy(p);
    return served * 1e-6 / start;
}

int main(void)
{
    static const variant variants[] = {
        { "pipelines, source, 8 tasks and sink, records", 0, PIPELINE_MAP },
        { "pipelines, the sink in another region, records", 30000000, PIPELINE_MAP },
        { "pipelines, a windowed aggregate, records", 0, PIPELINE_WINDOW },
    };
    double holds = bare_million_holds(ROUNDS);

    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        double best = 0;

        for (int round = 0; round < ROUNDS; round++)
            best = fmax(best, million_records(&variants[v]));
        bench_report(variants[v].name, best, "million/s", "bare heap's holds at 10^3", holds);
    }
    return 0;
}
