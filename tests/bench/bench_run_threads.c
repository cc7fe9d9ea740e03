/* Threads inside of a run: how long shipped scenarios take on 2, 4 and as many as there are cores, held against one thread,
 * interleaved in the same run. Where threads are of no use, a run must not take longer for having them.
 * Arguments: none. */
#include "bench.h"

#include <omp.h>

#include "scenario.h"
#include "solver/glpk.h"
#include "twin.h"

#define ROUNDS 2 /* best of */

typedef struct shipped {
    const char *name, *strategy;
    const char *overrides[1];
    size_t override_count;
} shipped;

static const shipped all[] = {
    { "quickstart", NULL, { NULL }, 0 },
    { "batch-priorities", NULL, { NULL }, 0 },
    { "edge-inference-submillisecond", NULL, { NULL }, 0 },
    { "region-outage", NULL, { NULL }, 0 },
    { "service-mesh", NULL, { NULL }, 0 },
    { "streaming-pipeline", NULL, { NULL }, 0 },
    { "apac-launch", "on-demand-cheapest+near-users", { "duration=2 d" }, 1 },
};

static sky_status drop(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    (void)context;
    (void)stream;
    (void)rows;
    (void)count;
    (void)error;
    return SKY_OK;
}

static double run_s(const scenario *s, const char *strategy, int threads)
{
    const twin_options options = { .strategy = strategy != NULL ? strategy : s->strategies[0],
                                   .seed = s->seed,
                                   .restart_at_ns = SKY_NEVER_NS,
                                   .solver = &solver_glpk,
                                   .threads = threads };
    const twin_output output = { .rows = drop };
    record_summary summary;
    sky_error error;
    double start = bench_wall_s();

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK) {
        fprintf(stderr, "bench_run_threads: %s\n", error.message);
        exit(3);
    }
    return bench_wall_s() - start;
}

static void bench(const shipped *which)
{
    const int threads[] = { 1, 2, 4, omp_get_num_procs() };
    int count = threads[3] > 4 ? 4 : 3;
    double best[4] = { INFINITY, INFINITY, INFINITY, INFINITY };
    char path[512], name[96];
    sky_error error;
    scenario s;

    snprintf(path, sizeof path, SKYTWIN_SOURCE_DIR "/scenarios/%s.cfg", which->name);
    if (scenario_load(path, which->overrides, which->override_count, &s, &error) != SKY_OK) {
        fprintf(stderr, "bench_run_threads: %s\n", error.message);
        exit(3);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < count; i++)
            best[i] = fmin(best[i], run_s(&s, which->strategy, threads[i]));
    for (int i = 1; i < count; i++) {
        snprintf(name, sizeof name, "a run of %s, %d threads", which->name, threads[i]);
        bench_report(name, 1 / best[i], "runs/s", "one thread", 1 / best[0]);
    }
    scenario_free(&s);
}

int main(void)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        bench(&all[i]);
    return 0;
}
