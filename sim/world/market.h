/* The spot market of one pool: replayed from a trace, or synthetic.
 *
 * Replayed: the trace's state from `window_ns` on, in times relative to it; no spot once the trace ends.
 *
 * Synthetic price: spot_mean exp(X - log E exp X), so that its mean is spot_mean. X is an Ornstein-Uhlenbeck
 * process, sampled exactly every price_interval dt [Gillespie, Phys. Rev. E 54 (1996) 2084]:
 *     x' = x e^(-k dt) + s sqrt((1 - e^(-2 k dt)) / 2k) N(0,1)
 *     k = ln 2 / price_half_life,   s = price_volatility
 * and with probability jumps_per_day dt (at most 1) a jump N(0, jump_size) is added. It starts stationary:
 * the variance of X is s^2 / 2k + jumps_per_day dt jump_size^2 / (1 - e^(-2 k dt)). Prices are rounded to
 * 1e-4 USD, then kept between 5 % and 100 % of the on-demand price (which moves the mean where it bites).
 *
 * Synthetic availability: a zone is up unless its own process or the region's common one is down. Each
 * alternates up-times (Weibull, shape lifetime_shape) and down-times (exponential, mean d, the same for
 * both), and starts stationary. With u = mean_unavailable / (mean_available + mean_unavailable) and c =
 * zone_correlation, the common one is down the share q = c s of the time, the own one p = (1-c) s, where
 *     s = 2u / (1 + sqrt(1 - 4 c (1-c) u))     solves (1 - c s) (1 - (1-c) s) = 1 - u
 *     d = (mean_available + mean_unavailable) (p + q - 2pq)
 * so that, exactly: the zone is up the share 1-u of the time; its up-times last mean_available and its
 * outages mean_unavailable on the mean; a share c of all outages are the region's. The states of two zones
 * of a region are correlated by (1-p) q / u. With 0 < c < 1 the zone's up-times are the lesser of those of
 * two processes, no longer exactly Weibull. Zones meet the same common outages only where their pools have
 * the same model: it is the draws that they share.
 *
 * No draw depends on what anybody does: all strategies under a seed meet the same market. */
#ifndef SKYTWIN_WORLD_MARKET_H
#define SKYTWIN_WORLD_MARKET_H

#include "../kernel/random.h"
#include "../kernel/state.h"
#include "../scenario.h"

/* An alternating up and down process. */
typedef struct market_switch {
    random_key up_key, down_key;
    double mean_up_ns, mean_down_ns, shape;
    uint64_t count;  /* changes so far */
    int64_t next_ns; /* SKY_NEVER_NS: it never changes */
    int up;
} market_switch;

typedef struct market {
    const scenario_pool *pool;
    int64_t spot_nusd_per_hour;
    int available;
    int over;       /* end_ns has come */
    int64_t end_ns; /* unavailable from then on */
    /* replay */
    size_t at;         /* change in force */
    int64_t window_ns; /* trace time of our time 0 */
    /* synthetic */
    random_key price_key, jump_key, jump_size_key;
    uint64_t price_count;
    int64_t next_price_ns;
    double decay, noise, jump_chance; /* of a price step */
    double log_price;                 /* X */
    double log_mean;                  /* log E exp X */
    market_switch own, common;
} market;

/* Sets the market up at time 0. `index` is the pool's, the random streams' thing; `window_ns` is the trace's
 * time at our time 0 (replay only); from `end_ns` (SKY_NEVER_NS: never) on there is no spot. Allocates
 * nothing; a market is copied by assignment. Synthetic: 0.05 <= lifetime_shape <= 20, 0 <= zone_correlation
 * <= 1; a mean_unavailable of 0: always up, a mean_available of 0: never; a price_interval or price_half_life
 * of 0: a price that stays at its mean. */
void market_init(market *m, const scenario_pool *pool, uint32_t index, uint64_t seed, uint32_t replication,
                 int64_t window_ns, int64_t end_ns);
/* When it changes next; SKY_NEVER_NS: never. */
int64_t market_next_ns(const market *m);
/* Applies that change (none: does nothing). Several things may change at one time: it is one change. */
void market_advance(market *m);
/* What has been drawn of a market so far, all of whose changes up to a time were applied. Its price follows from that, and a
 * replayed market from the time alone: so the model that it is restored into, or the trace, counts from then on. */
void market_state(market *m, int64_t now_ns, state *s);

#endif
