/* How fast the kernel is, as ratios within one run:
 *   hold    the event queue against a bare 4-ary heap of (time, order) keys without payload or sequences, in
 *           the classic hold model: pop the first, push it back later by a draw [Jones, CACM 29 (1986) 300];
 *   mm1     customers a second through an M/M/1 station: two events and two draws each;
 *   market  nanoseconds a change of a replayed and of a synthetic spot market.
 * Arguments: none. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/draw.h"
#include "kernel/queue.h"
#include "world/market.h"

#define STEPS  (1u << 16) /* increments, drawn beforehand */
#define ROUNDS 3          /* best of, alternating */

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *need(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "bench_queue: out of memory\n");
        exit(3);
    }
    return memory;
}

/* ---- a bare heap: as little as can be asked of a 4-ary one ------------------------------------------- */

typedef struct bare_key {
    int64_t time_ns;
    uint64_t order;
} bare_key;

typedef struct bare_heap {
    bare_key *keys;
    size_t count;
} bare_heap;

static inline int bare_before(bare_key a, bare_key b)
{
    return a.time_ns < b.time_ns || (a.time_ns == b.time_ns && a.order < b.order);
}

static void bare_push(bare_heap *h, bare_key key)
{
    size_t at = h->count++;

    for (; at > 0 && bare_before(key, h->keys[(at - 1) / 4]); at = (at - 1) / 4)
        h->keys[at] = h->keys[(at - 1) / 4];
    h->keys[at] = key;
}

static bare_key bare_pop(bare_heap *h)
{
    bare_key top = h->keys[0], last = h->keys[--h->count];
    size_t at = 0;

    for (size_t first = 1; first < h->count; first = 4 * at + 1) {
        size_t least = first, end = first + 4 < h->count ? first + 4 : h->count;

        for (size_t child = first + 1; child < end; child++)
            if (bare_before(h->keys[child], h->keys[least]))
                least = child;
        if (!bare_before(h->keys[least], last))
            break;
        h->keys[at] = h->keys[least];
        at = least;
    }
    h->keys[at] = last;
    return top;
}

/* ---- hold -------------------------------------------------------------------------------------------- */

static double hold_bare(const int64_t *steps, size_t pending, size_t holds, int64_t *end_ns)
{
    bare_heap h = { .keys = need(malloc((pending + 1) * sizeof *h.keys)) };
    uint64_t order = 0;
    double start;

    for (; order < pending; order++)
        bare_push(&h, (bare_key){ steps[order % STEPS], order });
    start = seconds();
    for (size_t i = 0; i < holds; i++) {
        bare_key key = bare_pop(&h);

        *end_ns = key.time_ns;
        bare_push(&h, (bare_key){ key.time_ns + steps[i % STEPS], order++ });
    }
    start = seconds() - start;
    free(h.keys);
    return start;
}

static double hold_queue(const int64_t *steps, size_t pending, size_t holds, int64_t *end_ns)
{
    kernel_queue q;
    kernel_event e;
    int failed = kernel_queue_init(&q, 1) != SKY_OK;
    double start;

    for (size_t i = 0; i < pending; i++)
        failed |= kernel_queue_push(&q, steps[i % STEPS], 0, 1, (uint32_t)i, 0, 0) != SKY_OK;
    start = seconds();
    for (size_t i = 0; i < holds && kernel_queue_pop(&q, &e); i++) {
        *end_ns = e.time_ns;
        failed |= kernel_queue_push(&q, e.time_ns + steps[i % STEPS], 0, e.kind, e.subject, 0, 0) != SKY_OK;
    }
    start = seconds() - start;
    kernel_queue_free(&q);
    if (failed)
        need(NULL);
    return start;
}

static void bench_hold(void)
{
    static const size_t pendings[] = { 10, 1000, 10000, 100000, 1000000 };
    const random_key key = { .seed = 1 };
    int64_t *steps = need(malloc(STEPS * sizeof *steps));

    for (uint64_t i = 0; i < STEPS; i++)
        steps[i] = draw_exponential_ns(&key, i, 1e12);
    printf("%10s %14s %14s %8s\n", "pending", "queue ns/hold", "bare ns/hold", "ratio");
    for (size_t p = 0; p < sizeof pendings / sizeof *pendings; p++) {
        const size_t holds = 1000000;
        double queue = 1e9, bare = 1e9;

        for (int round = 0; round < ROUNDS; round++) {
            int64_t bare_end_ns = 0, queue_end_ns = 0;
            double b = hold_bare(steps, pendings[p], holds, &bare_end_ns);
            double q = hold_queue(steps, pendings[p], holds, &queue_end_ns);

            if (bare_end_ns != queue_end_ns) {
                fprintf(stderr, "bench_queue: the two ended at different times: one is wrong\n");
                exit(1);
            }
            bare = b < bare ? b : bare;
            queue = q < queue ? q : queue;
        }
        printf("%10zu %14.1f %14.1f %8.2f\n", pendings[p], queue * 1e9 / (double)holds,
               bare * 1e9 / (double)holds, queue / bare);
    }
    free(steps);
}

/* ---- M/M/1 ------------------------------------------------------------------------------------------- */

static void bench_mm1(void)
{
    enum { ARRIVES, LEAVES };
    const uint32_t customers = 2000000;
    const random_key gap = { .seed = 1, .purpose = RANDOM_ARRIVAL },
                     service = { .seed = 1, .purpose = RANDOM_WORK };
    uint32_t arrived = 0, begun = 0, waiting = 0;
    int busy = 0, failed;
    kernel_queue q;
    kernel_event e;
    double start = seconds();

    failed = kernel_queue_init(&q, 2) != SKY_OK || kernel_queue_push(&q, 0, 0, ARRIVES, 0, 0, 0) != SKY_OK;
    while (!failed && begun < customers && kernel_queue_pop(&q, &e)) {
        if (e.kind == ARRIVES) {
            waiting++;
            failed |= kernel_queue_push(&q, e.time_ns + draw_exponential_ns(&gap, arrived++, 1.25e12), 0,
                                        ARRIVES, 0, 0, 0) != SKY_OK;
        } else {
            busy = 0;
        }
        if (!busy && waiting > 0) {
            busy = 1;
            waiting--;
            failed |= kernel_queue_push(&q, e.time_ns + draw_exponential_ns(&service, begun++, 1e12), 1,
                                        LEAVES, 0, 0, 0) != SKY_OK;
        }
    }
    kernel_queue_free(&q);
    if (failed)
        need(NULL);
    printf("M/M/1: %.2f million customers a second\n", customers / (seconds() - start) * 1e-6);
}

/* ---- markets ----------------------------------------------------------------------------------------- */

/* Nanoseconds a change, and of setting the market up, over `markets` of them. */
static void bench_market(const char *name, const scenario_pool *pool, uint32_t markets, int64_t end_ns)
{
    uint64_t changes = 0;
    int64_t sum = 0;
    double begin = 0, all = seconds();

    for (uint32_t i = 0; i < markets; i++) {
        double start = seconds();
        market m;

        market_init(&m, pool, i, 1, 0, 0, end_ns);
        begin += seconds() - start;
        for (; market_next_ns(&m) != SKY_NEVER_NS; changes++) {
            market_advance(&m);
            sum += m.spot_nusd_per_hour + m.available;
        }
    }
    all = seconds() - all;
    printf("market, %-9s %7.1f ns a change, %7.1f ns to set up (%" PRIu64 " changes, sum %" PRId64 ")\n",
           name, (all - begin) * 1e9 / (double)changes, begin * 1e9 / markets, changes, sum);
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
    bench_hold();
    bench_mm1();
    bench_markets();
    return 0;
}
