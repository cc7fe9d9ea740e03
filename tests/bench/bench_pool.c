/* What the pool of work costs: 1,000 tiny runs of the quickstart's world through `compare`'s pool and through a sweep's,
 * journal included, against the same runs made one after the other by twin_run. All on one thread, in its CPU time, so that
 * what else the machine does counts for little. */
#include "batch.h"
#include "bench.h"
#include "sweep_parts.h"
#include "sweep_work.h"
#include "twin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCENARIO SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg"
enum { RUNS = 1000, ROUNDS = 2 };

static void must(sky_status status, const sky_error *error)
{
    if (status == SKY_OK)
        return;
    fprintf(stderr, "bench_pool: %s\n", error->message);
    exit(1);
}

static double bare_s(const scenario *s)
{
    double start_s = bench_thread_s();

    for (unsigned r = 0; r < RUNS; r++) {
        twin_options options = {
            .strategy = "spot-greedy", .replication = r, .seed = s->seed, .restart_at_ns = SKY_NEVER_NS
        };
        record_summary summary;
        sky_error error;

        must(twin_run(s, &options, &(twin_output){ .context = NULL }, &summary, &error), &error);
    }
    return bench_thread_s() - start_s;
}

static double batch_s(const scenario *s)
{
    static runner_result results[RUNS];
    const char *const strategies[] = { "spot-greedy" };
    batch_plan plan = { .scenario = s,
                        .strategies = strategies,
                        .strategy_count = 1,
                        .replications = RUNS,
                        .seed = s->seed,
                        .threads = 1 };
    double start_s = bench_thread_s();
    sky_error error;

    must(batch_run(&plan, results, &error), &error);
    return bench_thread_s() - start_s;
}

/* So many points, so that there are RUNS of it. *load_s: what loading their scenarios takes. */
static double sweep_s(unsigned points, double *load_s)
{
    char path[] = "/tmp/skytwin-bench-XXXXXX", text[512];
    sweep_overrides none = { .sets = NULL };
    sweep s;
    sweep_about about;
    sweep_units units;
    sweep_shard all = { .count = 1 };
    uint32_t *order;
    sky_error error;
    double start_s;
    int file = mkstemp(path);
    sweep_work_plan plan = {
        .sweep = &s, .units = &units, .dealer = { &all, sweep_shard_next }, .threads = 1
    };
    int size = snprintf(
        text, sizeof text,
        "name = \"bench\"; scenario = \"%s\"; set = [\"duration=6 h\"]; strategies = "
        "[\"spot-greedy\"]; replications = %u;\naxes = ( { key = \"workloads[0].count\"; from = %s; "
        "to = 1000000; steps = %u; } );\n",
        SCENARIO, RUNS / points, points == 1 ? "999999" : "1000", points == 1 ? 2 : points);

    if (file < 0 || write(file, text, (size_t)size) != size)
        exit(1);
    must(sweep_load(path, &none, &s, &error), &error);
    if (points == 1)
        s.point_count = 1;
    must(sweep_about_of(&s, "", &about, &error), &error);
    must(sweep_order(&s, &order, &error), &error);
    units = sweep_units_of(&s, order, 1);
    all.unit_count = units.count;
    plan.run_count = RUNS;
    must(sweep_bits_new(&about, (unsigned char **)(uintptr_t)&plan.done, &error), &error);
    must(sweep_journal_open(path, &about, &plan.journal, &error), &error);
    *load_s = bench_thread_s();
    for (unsigned p = 0; p < points; p++) {
        scenario at;

        must(sweep_load_point(&s, p, &at, &error), &error);
        scenario_free(&at);
    }
    start_s = bench_thread_s();
    *load_s = start_s - *load_s;
    must(sweep_work_off(&plan, &error), &error);
    start_s = bench_thread_s() - start_s;
    sweep_journal_close(plan.journal, 1);
    free((void *)(uintptr_t)plan.done);
    free(order);
    sweep_about_free(&about);
    sweep_free(&s);
    close(file);
    unlink(path);
    return start_s;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

int main(void)
{
    static const char *const sets[] = { "duration=6 h", "workloads[0].count=1000000" };
    double bare = 1e9, batch = 1e9, one = 1e9, many = 1e9, load = 1e9, ignored;
    scenario s;
    sky_error error;

    must(scenario_load(SCENARIO, sets, 2, &s, &error), &error);
    for (int i = 0; i < ROUNDS; i++) {
        double load_s;

        bare = least(bare, bare_s(&s));
        batch = least(batch, batch_s(&s));
        one = least(one, sweep_s(1, &ignored));
        many = least(many, sweep_s(RUNS, &load_s));
        load = least(load, load_s);
    }
    bench_report("1,000 runs of a comparison", batch, "s", "the bare runs", bare);
    bench_report("1,000 runs of a sweep of one point", one, "s", "the bare runs", bare);
    bench_report("1,000 points of a sweep", many, "s", "the bare runs and loads", bare + load);
    bench_report("load of a point", 1e3 * load / RUNS, "ms", "a bare run", 1e3 * bare / RUNS);
    scenario_free(&s);
    return 0;
}
