/* How fast the kernel's queue and the markets are, as ratios within one run:
 *   hold    the event queue against a bare 4-ary heap of (time, order) keys without payload or sequences, in
 *           the classic hold model: pop the first, push it back later by a draw [Jones, CACM 29 (1986) 300];
 *   mm1     customers a second through an M/M/1 station on the bare queue: two events and two draws each;
 *   market  nanoseconds a change of a replayed and of a synthetic spot market.
 * Arguments: none. */
#include "bare_heap.h"

#include <inttypes.h>
#include <unistd.h>

#include "kernel/draw.h"
#include "kernel/queue.h"
#include "kernel/stream.h"
#include "world/market.h"

#define ROUNDS 5 /* best of, alternating */

/* ---- hold -------------------------------------------------------------------------------------------- */

static double hold_queue(const int64_t *steps, size_t pending, size_t holds, int64_t *end_ns)
{
    kernel_queue q;
    kernel_event e;
    int failed = kernel_queue_init(&q, 1) != SKY_OK;
    double start;

    for (size_t i = 0; i < pending; i++)
        failed |= kernel_queue_push(&q, steps[i % BARE_STEPS], 0, 1, (uint32_t)i, 0, 0) != SKY_OK;
    start = bench_thread_s();
    for (size_t i = 0; i < holds && kernel_queue_pop(&q, &e); i++) {
        *end_ns = e.time_ns;
        failed |= kernel_queue_push(&q, e.time_ns + steps[i % BARE_STEPS], 0, e.kind, e.subject, 0, 0) !=
                  SKY_OK;
    }
    start = bench_thread_s() - start;
    kernel_queue_free(&q);
    if (failed)
        bench_need(NULL);
    return start;
}

/* Returns the bare heap's million holds a second at 10^3. */
static double bench_hold(void)
{
    static const size_t pendings[] = { 10, 1000, 3000, 10000, 100000, 1000000 };
    double sizes[8], costs[8], at_1000 = 0;
    size_t size_count = 0;
    const random_key key = { .seed = 1 };
    int64_t *steps = bench_need(malloc(BARE_STEPS * sizeof *steps));

    for (uint64_t i = 0; i < BARE_STEPS; i++)
        steps[i] = draw_exponential_ns(&key, i, 1e12);
    for (size_t p = 0; p < sizeof pendings / sizeof *pendings; p++) {
        const size_t holds = 1000000;
        double queue = INFINITY, bare = INFINITY;
        char name[80];

        for (int round = 0; round < ROUNDS; round++) {
            int64_t bare_end_ns = 0, queue_end_ns = 0;
            double b = bare_hold(steps, pendings[p], holds, &bare_end_ns);
            double q = hold_queue(steps, pendings[p], holds, &queue_end_ns);

            if (bare_end_ns != queue_end_ns) {
                fprintf(stderr, "bench_queue: the two ended at different times: one is wrong\n");
                exit(1);
            }
            bare = b < bare ? b : bare;
            queue = q < queue ? q : queue;
        }
        snprintf(name, sizeof name, "event queue, %zu pending", pendings[p]);
        bench_report(name, (double)holds * 1e-6 / queue, "million holds/s", "bare 4-ary heap",
                     (double)holds * 1e-6 / bare);
        if (pendings[p] == 1000)
            at_1000 = (double)holds * 1e-6 / bare;
        if (pendings[p] >= 1000) {
            sizes[size_count] = (double)pendings[p];
            costs[size_count++] = queue;
        }
    }
    bench_report("event queue, growth of the cost of a hold, 10^3 to 10^6",
                 bench_exponent(sizes, costs, size_count), "exponent", NULL, 0);
    free(steps);
    return at_1000;
}

static double resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void bench_memory(void)
{
    enum { EVENTS = 1000000 };
    const random_key key = { .seed = 2 };
    double before = resident_bytes();
    kernel_queue q;
    int failed = kernel_queue_init(&q, 1) != SKY_OK;

    for (uint64_t i = 0; i < EVENTS; i++)
        failed |= kernel_queue_push(&q, (int64_t)(random_u64(&key, i) >> 20), 0, 0, 0, 0, 0) != SKY_OK;
    if (failed)
        bench_need(NULL);
    bench_report("event queue, memory of a pending event at 10^6", (resident_bytes() - before) / EVENTS,
                 "bytes", "an event", sizeof(kernel_event));
    kernel_queue_free(&q);
}

/* ---- M/M/1 ------------------------------------------------------------------------------------------- */

static double million_customers(void)
{
    enum { ARRIVES, LEAVES, CUSTOMERS = 2000000 };
    stream gap, service;
    uint32_t begun = 0, waiting = 0;
    int busy = 0, failed;
    kernel_queue q;
    kernel_event e;
    double start = bench_thread_s();

    stream_init(&gap, &(random_key){ .seed = 1, .purpose = RANDOM_ARRIVAL });
    stream_init(&service, &(random_key){ .seed = 1, .purpose = RANDOM_WORK });
    failed = kernel_queue_init(&q, 2) != SKY_OK || kernel_queue_push(&q, 0, 0, ARRIVES, 0, 0, 0) != SKY_OK;
    while (!failed && begun < CUSTOMERS && kernel_queue_pop(&q, &e)) {
        if (e.kind == ARRIVES) {
            waiting++;
            failed |= kernel_queue_push(&q, e.time_ns + stream_exponential_ns(&gap, 1.25e12), 0, ARRIVES, 0,
                                        0, 0) != SKY_OK;
        } else {
            busy = 0;
        }
        if (!busy && waiting > 0) {
            busy = 1;
            waiting--;
            begun++;
            failed |= kernel_queue_push(&q, e.time_ns + stream_exponential_ns(&service, 1e12), 1, LEAVES, 0,
                                        0, 0) != SKY_OK;
        }
    }
    kernel_queue_free(&q);
    if (failed)
        bench_need(NULL);
    return CUSTOMERS * 1e-6 / (bench_thread_s() - start);
}

static void bench_mm1(double million_bare_holds)
{
    double best = 0;

    for (int round = 0; round < ROUNDS; round++)
        best = fmax(best, million_customers());
    bench_report("M/M/1, customers on the bare queue", best, "million/s", "bare heap's holds at 10^3",
                 million_bare_holds);
}

/* ---- markets ----------------------------------------------------------------------------------------- */

/* Nanoseconds a change, and of setting the market up, over `markets` of them. */
static void bench_market(const char *name, const scenario_pool *pool, uint32_t markets, int64_t end_ns)
{
    uint64_t changes = 0;
    int64_t sum = 0;
    char label[80];
    double begin = 0, all = bench_thread_s();

    for (uint32_t i = 0; i < markets; i++) {
        double start = bench_thread_s();
        market m;

        market_init(&m, pool, i, 1, 0, 0, end_ns);
        begin += bench_thread_s() - start;
        for (; market_next_ns(&m) != SKY_NEVER_NS; changes++) {
            market_advance(&m);
            sum += m.spot_nusd_per_hour + m.available;
        }
    }
    all = bench_thread_s() - all;
    if (changes == 0 || sum == 0) /* also so that no compiler leaves the work out */
        fprintf(stderr, "bench_queue: the %s market never changed\n", name);
    snprintf(label, sizeof label, "%s spot market, a change", name);
    bench_report(label, (all - begin) * 1e9 / (double)changes, "ns", NULL, 0);
    snprintf(label, sizeof label, "%s spot market, setting one up", name);
    bench_report(label, begin * 1e9 / markets, "ns", NULL, 0);
}

static void bench_markets(void)
{
    enum { CHANGES = 311 };
    const int64_t tick_ns = 600 * SKY_NS_PER_SECOND;
    trace_change changes[CHANGES];
    trace_market trace = { .span_ns = CHANGES * tick_ns, .changes = changes, .change_count = CHANGES };
    scenario_pool pool = {
        .on_demand_nusd_per_hour = INT64_C(10000000000),
        .spot_mean_nusd_per_hour = INT64_C(3000000000),
        .spot = { .mean_available_ns = 18 * SKY_NS_PER_HOUR,
                  .mean_unavailable_ns = 2 * SKY_NS_PER_HOUR,
                  .lifetime_shape = 0.8,
                  .price_volatility = 0.05,
                  .price_half_life_ns = 48 * SKY_NS_PER_HOUR,
                  .jumps_per_day = 0.1,
                  .jump_size = 0.2,
                  .price_interval_ns = tick_ns,
                  .zone_correlation = 0.5 },
    };

    for (int i = 0; i < CHANGES; i++)
        changes[i] =
            (trace_change){ .at_ns = i * tick_ns, .spot_nusd_per_hour = 1000 + i, .available = i % 5 > 0 };
    bench_market("synthetic", &pool, 500, 720 * SKY_NS_PER_HOUR);
    pool.replay = &trace;
    bench_market("replayed", &pool, 20000, SKY_NEVER_NS);
}

int main(void)
{
    bench_memory();
    bench_mm1(bench_hold());
    bench_markets();
    return 0;
}
