/* Whether a provider has machines of a pool to launch on demand: an alternating process of up-times and stock-outs,
 * both exponential, that starts stationary. No draw depends on what anybody does. */
#ifndef SKYTWIN_WORLD_STOCK_H
#define SKYTWIN_WORLD_STOCK_H

#include "../kernel/random.h"
#include "../kernel/state.h"
#include "../scenario.h"

typedef struct stock {
    random_key up_key, down_key;
    double mean_up_ns, mean_down_ns;
    uint64_t count;  /* changes so far */
    int64_t next_ns; /* SKY_NEVER_NS: it never changes */
    int up;
} stock;

/* mean_available: 0: never; mean_unavailable 0: always. */
void stock_init(stock *s, const scenario_pool *pool, uint32_t index, uint64_t seed, uint32_t replication);
/* Passes the change at next_ns. */
void stock_advance(stock *s);
/* What has been drawn so far, all changes up to a time passed. */
void stock_state(stock *k, int64_t now_ns, state *s);

#endif
