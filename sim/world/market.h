/* The spot market of one pool: replayed from a trace, or synthetic.
 *
 * Synthetic price: the logarithm of the price over its mean is an Ornstein–Uhlenbeck process, sampled
 * exactly every price_interval dt:  x' = x e^{-k dt} + s sqrt((1 - e^{-2 k dt}) / 2k) N(0,1),
 * k = ln 2 / price_half_life, s = price_volatility; with probability jumps_per_day dt a jump N(0, jump_size)
 * is added. Prices are rounded to 1e-4 USD and kept between 5 % and 100 % of the on-demand price.
 *
 * Synthetic availability: a zone is up unless its own process or the region's common one is down. Own and
 * common process alternate up-times (Weibull, shape lifetime_shape) and down-times (exponential, mean
 * mean_unavailable). With u = mean_unavailable / (mean_available + mean_unavailable) and c =
 * zone_correlation, the common process is down the share 1 - (1-u)^c and the own one 1 - (1-u)^(1-c) of
 * the time, so that the zone is up the share (1-u)^c (1-u)^(1-c) = 1-u of it, as asked.
 *
 * No draw depends on what anybody does: all strategies under a seed meet the same market. */
#ifndef SKYTWIN_WORLD_MARKET_H
#define SKYTWIN_WORLD_MARKET_H

#include "../kernel/random.h"
#include "../scenario.h"

/* An alternating up and down process. */
typedef struct market_switch {
    random_key up_key, down_key;
    double mean_up_ns, mean_down_ns, shape; /* mean_up_ns 0: it never changes */
    uint64_t count;                         /* changes so far */
    int up;
    int64_t next_ns;
} market_switch;

typedef struct market {
    const scenario_pool *pool;
    int64_t spot_nusd_per_hour;
    int available;
    int64_t end_ns;                 /* unavailable from then on */
    /* replay */
    size_t at;                      /* change in force */
    int64_t window_ns;              /* trace time of our time 0 */
    /* synthetic */
    random_key price_key, jump_key, jump_size_key;
    uint64_t price_count;
    int64_t next_price_ns;
    double log_price;               /* of price / mean */
    market_switch own, common;
} market;

/* Sets the market up at time 0. */
void market_init(market *m, const scenario_pool *pool, uint32_t index, uint64_t seed, uint32_t replication,
                 int64_t window_ns, int64_t end_ns);
/* When it changes next; SKY_NEVER_NS: never. */
int64_t market_next_ns(const market *m);
/* Applies that change. */
void market_advance(market *m);

#endif
