/* How fast logical processes are, as ratios to a bare heap measured in the same run:
 *   mm1    customers a second through an M/M/1 station, written as any model is: two events, two draws each;
 *   phold  events a second, 1,024 processes a thread, one event each, 10 % to another process, lookahead 10 % of the
 *          mean delay: on one thread, on two, and as many as there are cores.
 * Arguments: none. */
#include "bare_heap.h"

#include <inttypes.h>
#include <omp.h>

#include "kernel/draw.h"
#include "phold.h"

#define ROUNDS    5 /* best of */
#define CUSTOMERS 2000000
#define EACH      1024 /* processes a thread */

/* ---- the reference ------------------------------------------------------------------------------------------ */

static double million_bare_holds(void)
{
    const random_key key = { .seed = 1 };
    int64_t *steps = bench_need(malloc(BARE_STEPS * sizeof *steps)), end_ns;
    double best = INFINITY;

    for (uint64_t i = 0; i < BARE_STEPS; i++)
        steps[i] = draw_exponential_ns(&key, i, 1e12);
    for (int round = 0; round < ROUNDS; round++)
        best = fmin(best, bare_hold(steps, 1000, 1000000, &end_ns));
    free(steps);
    return 1 / best;
}

static windows *must_create(const windows_config *config)
{
    sky_error error;
    windows *w;

    if (windows_create(config, &w, &error) != SKY_OK) {
        fprintf(stderr, "bench_windows: %s\n", error.message);
        exit(3);
    }
    return w;
}

static void must_run(windows *w, int64_t end_ns)
{
    sky_error error;

    if (windows_run(w, end_ns, &error) != SKY_OK) {
        fprintf(stderr, "bench_windows: %s\n", error.message);
        exit(3);
    }
}

/* ---- M/M/1 ------------------------------------------------------------------------------------------------------ */

enum { ARRIVE, LEAVE };

typedef struct station {
    stream gap, service;
    uint64_t in_system, served;
    int64_t changed_ns, area_ns; /* of the number in system over time */
} station;

static void count_to_now(process_context *c, station *s)
{
    s->area_ns += (int64_t)s->in_system * (c->now_ns - s->changed_ns);
    s->changed_ns = c->now_ns;
}

static void serve(process_context *c, station *s)
{
    process_schedule(c, stream_exponential_ns(&s->service, 1000), LEAVE, 0, 0, 0);
}

static void arrive(process_context *c, void *state, const kernel_event *event)
{
    station *s = state;

    (void)event;
    count_to_now(c, s);
    if (s->in_system++ == 0)
        serve(c, s);
    process_schedule(c, stream_exponential_ns(&s->gap, 1250), ARRIVE, 0, 0, 0);
}

static void leave(process_context *c, void *state, const kernel_event *event)
{
    station *s = state;

    (void)event;
    count_to_now(c, s);
    s->served++;
    if (--s->in_system > 0)
        serve(c, s);
}

static void open_station(process_context *c, void *state)
{
    station *s = state;

    stream_init(&s->gap, &(random_key){ .seed = 1, .thing = c->self, .purpose = RANDOM_ARRIVAL });
    stream_init(&s->service, &(random_key){ .seed = 1, .thing = c->self, .purpose = RANDOM_WORK });
    process_schedule(c, 0, ARRIVE, 0, 0, 0);
}

static void bench_mm1(double holds)
{
    static process_handler *const handlers[] = { [ARRIVE] = arrive, [LEAVE] = leave };
    const process_model model = { .name = "station",
                                  .state_bytes = sizeof(station),
                                  .begin = open_station,
                                  .handlers = handlers,
                                  .kinds = 2 };
    const process_model *models[] = { &model };
    const windows_config config = { .processes = 1, .model = models, .lookahead_ns = 1, .threads = 1 };
    double best = 0, in_system = 0;

    for (int round = 0; round < ROUNDS; round++) {
        windows *w = must_create(&config);
        double start = bench_thread_s();
        const station *s = windows_state(w, 0);

        must_run(w, CUSTOMERS * INT64_C(1250));
        best = fmax(best, (double)s->served * 1e-6 / (bench_thread_s() - start));
        in_system = (double)s->area_ns / (double)s->changed_ns;
        windows_destroy(w);
    }
    if (fabs(in_system - 4) > 0.2) { /* rho / (1 - rho) */
        fprintf(stderr, "bench_windows: M/M/1 at load 0.8 has %g in system, expected 4\n", in_system);
        exit(1);
    }
    bench_report("M/M/1, customers through one process", best, "million/s", "bare heap's holds at 10^3",
                 holds);
}

/* ---- PHOLD ------------------------------------------------------------------------------------------------------- */

static double phold_million_events(int threads, int adaptive, uint64_t events)
{
    const uint32_t processes = EACH * (uint32_t)threads;
    const process_model **models = bench_need((void *)phold_models(processes));
    const phold p = { .seed = 1, .remote = UINT32_MAX / 10, .mean_ns = 0.9e6 };
    const windows_config config = { .processes = processes,
                                    .model = models,
                                    .shared = &p,
                                    .lookahead_ns = 100000,
                                    .threads = threads,
                                    .adaptive = adaptive };
    windows *w = must_create(&config);
    double start;

    must_run(w, 10000000); /* warm */
    start = bench_wall_s();
    must_run(w, 10000000 + (int64_t)(events / processes) * 1000000);
    start = bench_wall_s() - start;
    events = (uint64_t)((double)windows_count(w).events / ((double)(events / processes) + 10) *
                        (double)(events / processes));
    windows_destroy(w);
    free(models);
    return (double)events * 1e-6 / start;
}

static void bench_phold(double holds)
{
    int cores = omp_get_num_procs();
    double one = 0, two = 0, all = 0;

    for (int round = 0; round < ROUNDS; round++) {
        one = fmax(one, phold_million_events(1, 0, 2000000));
        if (cores >= 2)
            two = fmax(two, phold_million_events(2, 0, 4000000));
        if (cores > 2)
            all = fmax(all, phold_million_events(cores, 0, 2000000 * (uint64_t)cores));
    }
    bench_report("PHOLD, 1,024 processes, 1 thread", one, "million events/s", "bare heap's holds at 10^3",
                 holds);
    if (cores >= 2)
        bench_report("PHOLD, 2,048 processes, 2 threads", two, "million events/s", "1,024 on 1 thread", one);
    if (cores > 2)
        bench_report("PHOLD, 1,024 processes a core, all cores", all, "million events/s", "1,024 on 1 thread",
                     one);
}

int main(void)
{
    double holds = million_bare_holds();

    bench_mm1(holds);
    bench_phold(holds);
    return 0;
}
