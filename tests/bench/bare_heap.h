/* The reference of the kernel's benchmarks: a bare implicit 4-ary heap of (time, order) keys, without payload, with
 * as little as can be asked of one; and the classic hold model, pop the first and push it back later by a draw
 * [Jones, CACM 29 (1986) 300]. Header only. */
#ifndef SKYTWIN_TESTS_BARE_HEAP_H
#define SKYTWIN_TESTS_BARE_HEAP_H

#include "bench.h"

#include "kernel/draw.h"

#include <stddef.h>
#include <stdint.h>

#define BARE_STEPS (1u << 16) /* increments, drawn beforehand */

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

static inline void bare_push(bare_heap *h, bare_key key)
{
    size_t at = h->count++;

    for (; at > 0 && bare_before(key, h->keys[(at - 1) / 4]); at = (at - 1) / 4)
        h->keys[at] = h->keys[(at - 1) / 4];
    h->keys[at] = key;
}

static inline bare_key bare_pop(bare_heap *h)
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

/* Seconds of the thread for so many holds; *end_ns: time of the last event taken. Not inlined, so that it's compiled
 * alike in all programs. */
__attribute__((noinline)) static double bare_hold(const int64_t *steps, size_t pending, size_t holds,
                                                  int64_t *end_ns)
{
    bare_heap h = { .keys = bench_need(malloc((pending + 1) * sizeof *h.keys)) };
    uint64_t order = 0;
    double start;

    for (; order < pending; order++)
        bare_push(&h, (bare_key){ steps[order % BARE_STEPS], order });
    start = bench_thread_s();
    for (size_t i = 0; i < holds; i++) {
        bare_key key = bare_pop(&h);

        *end_ns = key.time_ns;
        bare_push(&h, (bare_key){ key.time_ns + steps[i % BARE_STEPS], order++ });
    }
    start = bench_thread_s() - start;
    free(h.keys);
    return start;
}

/* The reference of whatever runs on events: million holds a second at 10^3 pending, the best of so many rounds. */
static inline double bare_million_holds(int rounds)
{
    const random_key key = { .seed = 1 };
    int64_t *steps = bench_need(malloc(BARE_STEPS * sizeof *steps)), end_ns;
    double best = INFINITY;

    for (uint64_t i = 0; i < BARE_STEPS; i++)
        steps[i] = draw_exponential_ns(&key, i, 1e12);
    for (int round = 0; round < rounds; round++)
        best = fmin(best, bare_hold(steps, 1000, 1000000, &end_ns));
    free(steps);
    return 1 / best;
}

#endif
