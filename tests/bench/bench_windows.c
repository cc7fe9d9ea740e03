/* How fast logical processes are, as ratios to a bare heap measured in the same run:
 *   mm1    customers a second through an M/M/1 station, written as any model is: two events, two draws each;
 *   phold  events a second, 1,024 processes a thread, one event each, 10 % to another process, lookahead 10 % of the
 *          mean delay: on one thread, on two, and as many as there are cores; where threads are of no use, with and
 *          without adapting; and how the cost of an event grows with processes;
 *   window what a window costs on two threads in which next to nothing happens.
 * Arguments: none. */
#include "bare_heap.h"

#include <inttypes.h>
#include <omp.h>

#include "kernel/draw.h"
#include "phold.h"

#define ROUNDS    3 /* best of */
#define CUSTOMERS 2000000
#define EACH      1024 /* processes a thread */

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
        const station *s = windows_process(w, 0);

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

typedef struct load {
    uint32_t processes;
    int threads, adaptive;
    uint64_t events; /* about so many */
    profile *profile;
} load;

static double million_events(const load *l)
{
    const int64_t mean_ns = 1000000, warm_ns = 10 * mean_ns,
                  span_ns = (int64_t)(l->events / l->processes) * mean_ns;
    const process_model **models = bench_need((void *)phold_models(l->processes));
    const phold p = { .seed = 1, .remote = UINT32_MAX / 10, .mean_ns = 0.9 * (double)mean_ns };
    const windows_config config = { .processes = l->processes,
                                    .model = models,
                                    .shared = &p,
                                    .lookahead_ns = mean_ns / 10,
                                    .threads = l->threads,
                                    .adaptive = l->adaptive,
                                    .profile = l->profile };
    windows *w = must_create(&config);
    uint64_t events;
    double start;

    must_run(w, warm_ns);
    events = windows_count(w).events;
    start = bench_wall_s();
    must_run(w, warm_ns + span_ns);
    start = bench_wall_s() - start;
    events = windows_count(w).events - events;
    windows_destroy(w);
    free(models);
    return (double)events * 1e-6 / start;
}

static double best_of(const load *l)
{
    double best = 0;

    for (int round = 0; round < ROUNDS; round++)
        best = fmax(best, million_events(l));
    return best;
}

static void bench_threads(double one)
{
    int cores = omp_get_num_procs();

    for (int threads = 2; threads <= cores; threads *= 2) {
        load l = { .processes = EACH * (uint32_t)threads,
                   .threads = threads,
                   .events = 2000000 * (uint64_t)threads };
        char name[80];

        snprintf(name, sizeof name, "PHOLD, 1,024 processes a thread, %d threads", threads);
        bench_report(name, best_of(&l), "million events/s", "1,024 on 1 thread", one);
        l.adaptive = 1;
        snprintf(name, sizeof name, "PHOLD, the same, adaptive, %d threads", threads);
        bench_report(name, best_of(&l), "million events/s", "1,024 on 1 thread", one);
    }
}

/* Six events a window: nothing to share. */
static void bench_few(void)
{
    load l = { .processes = 64, .threads = 1, .events = 500000 };
    double one = best_of(&l);

    l.threads = 2;
    bench_report("PHOLD, 64 processes, 2 threads", best_of(&l), "million events/s", "1 thread", one);
    l.adaptive = 1;
    l.events = 4000000;
    bench_report("PHOLD, 64 processes, 2 threads, adaptive", best_of(&l), "million events/s", "1 thread",
                 one);
}

static void bench_growth(double one)
{
    double sizes[4], costs[4];
    profile p;

    for (int i = 0; i < 4; i++) {
        const load l = { .processes = 100 * (uint32_t)pow(10, i), .threads = 1, .events = 2000000 };

        sizes[i] = l.processes;
        costs[i] = 1 / best_of(&l);
    }
    bench_report("PHOLD, 100,000 processes, 1 thread", 1 / costs[3], "million events/s", "1,024 on 1 thread",
                 one);
    bench_report("PHOLD, growth of an event's cost with processes, 10^2 to 10^5",
                 bench_exponent(sizes, costs, 4), "exponent", NULL, 0);
    profile_begin(&p, 0, SKY_NEVER_NS);
    bench_report("PHOLD, with a profile", best_of(&(load){ EACH, 1, 0, 2000000, &p }), "million events/s",
                 "without one", one);
    profile_free(&p);
}

/* ---- windows ------------------------------------------------------------------------------------------------------- */

static void tick(process_context *c, void *state, const kernel_event *event)
{
    (void)state;
    (void)event;
    process_schedule(c, c->lookahead_ns, 0, 0, 0, 0);
}

static void start_ticking(process_context *c, void *state)
{
    (void)state;
    process_schedule(c, 0, 0, 0, 0, 0);
}

/* One event a process and window. */
static void bench_window(void)
{
    enum { WINDOWS = 200000 };
    static process_handler *const handlers[] = { tick };
    const process_model model = {
        .name = "clock", .state_bytes = 1, .begin = start_ticking, .handlers = handlers, .kinds = 1
    };
    const process_model *models[] = { &model, &model };
    windows_config config = { .processes = 2, .model = models, .lookahead_ns = 1000, .threads = 2 };
    double best = INFINITY;

    for (int round = 0; round < ROUNDS; round++) {
        windows *w = must_create(&config);
        double start = bench_wall_s();

        must_run(w, WINDOWS * config.lookahead_ns - 1);
        best = fmin(best, (bench_wall_s() - start) * 1e9 / WINDOWS);
        windows_destroy(w);
    }
    bench_report("a window on 2 threads with an event each", best, "ns", NULL, 0);
}

int main(void)
{
    double holds = bare_million_holds(ROUNDS), one;

    bench_mm1(holds);
    one = best_of(&(load){ .processes = EACH, .threads = 1, .events = 2000000 });
    bench_report("PHOLD, 1,024 processes, 1 thread", one, "million events/s", "bare heap's holds at 10^3",
                 holds);
    bench_threads(one);
    bench_few();
    bench_growth(one);
    if (omp_get_num_procs() >= 2)
        bench_window();
    return 0;
}
