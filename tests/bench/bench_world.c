/* A large made-up world (synthetic_world.h): simulated seconds a second, where the time goes, and how the cost of a run
 * grows with regions, nodes, tasks and flows, one at a time.
 *
 *   bench_world [THREADS]     threads that runs may have; 1 if not told
 *
 * Times are of all threads on their processors, the kernel's part included. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/batch.h"
#include "scenario.h"
#include "twin.h"

#include "bench.h"
#include "synthetic_world.h"

static char folder[] = "/tmp/skytwin-bench-XXXXXX";
static sky_error error;
static int threads = 1;

static void need(sky_status status)
{
    if (status == SKY_OK)
        return;
    fprintf(stderr, "%s\n", error.message);
    exit(3);
}

/* Seconds of processor time that a run takes, the reading of its scenario left out. */
static double run_s(const synthetic_world *w, profile *profile, record_summary *summary)
{
    runner_result result;
    char path[64];
    double start_s;
    scenario s;

    snprintf(path, sizeof path, "%s/world.cfg", folder);
    if (!synthetic_write(path, w))
        need(SKY_ERROR_IO);
    need(scenario_load(path, NULL, 0, &s, &error));
    start_s = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID);
    need(batch_run(&(batch_plan){ .scenario = &s,
                                  .strategies = (const char *const *)s.strategies,
                                  .strategy_count = 1,
                                  .replications = 1,
                                  .seed = s.seed,
                                  .threads = threads,
                                  .profile = profile },
                   &result, &error));
    start_s = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID) - start_s;
    scenario_free(&s);
    unlink(path);
    *summary = result.summary;
    return start_s;
}

static void bench_whole(void)
{
    const synthetic_world w = { .regions = 64,
                                .nodes = 64000,
                                .tasks = 1000000,
                                .flows = 10000,
                                .services = 20,
                                .days = 1,
                                .task_hours = 0.5 };
    profile profile = { .current = 0 };
    record_summary summary;
    double seconds = run_s(&w, &profile, &summary), whole_ns = 0;
    char name[96];

    bench_report("world, 64 regions, 64,000 nodes, 1 M tasks, 10,000 flows, 20 services",
                 w.days * 86400 / seconds, "simulated s/s", NULL, 0);
    bench_report("the same, an event that the engine hears", seconds / (double)summary.events * 1e9, "ns",
                 NULL, 0);
    for (int part = 0; part < PROFILE_PARTS; part++)
        whole_ns += (double)profile.ns[part];
    for (int part = 0; part < PROFILE_PARTS; part++) {
        if (profile.ns[part] == 0)
            continue;
        snprintf(name, sizeof name, "the same, share of %s", twin_part_names[part]);
        bench_report(name, 100 * (double)profile.ns[part] / whole_ns, "%", NULL, 0);
    }
    profile_free(&profile);
}

/* Twice as much again and again of what `grows` points to, within `w`; the rest as it is. */
static void bench_growth(const char *what, synthetic_world *w, unsigned *grows)
{
    enum { STEPS = 4 };
    double size[STEPS], cost[STEPS];
    record_summary summary;
    char name[96];

    for (int i = 0; i < STEPS; i++) {
        size[i] = *grows;
        cost[i] = run_s(w, NULL, &summary);
        *grows *= 2;
    }
    snprintf(name, sizeof name, "growth of a run's cost with %s, %.0f to %.0f", what, size[0],
             size[STEPS - 1]);
    bench_report(name, bench_exponent(size, cost, STEPS), "exponent", NULL, 0);
    snprintf(name, sizeof name, "a run with %.0f %s", size[STEPS - 1], what);
    bench_report(name, cost[STEPS - 1], "s", NULL, 0);
}

int main(int count, char **words)
{
    const synthetic_world base = {
        .regions = 16, .nodes = 16000, .tasks = 50000, .flows = 500, .days = 1, .task_hours = 0.5
    };
    synthetic_world w;

    if (count > 1)
        threads = atoi(words[1]);
    if (threads < 1 || mkdtemp(folder) == NULL)
        return 3;
    bench_whole();
    w = base;
    bench_growth("regions", &w, &w.regions);
    w = base;
    bench_growth("nodes", &w, &w.nodes);
    w = base;
    bench_growth("tasks", &w, &w.tasks);
    w = base;
    bench_growth("flows", &w, &w.flows);
    return rmdir(folder) == 0 ? 0 : 3;
}
