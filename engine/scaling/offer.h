/* Which nodes may be ordered now, and at what price. */
#ifndef SKYTWIN_SCALING_OFFER_H
#define SKYTWIN_SCALING_OFFER_H

#include "../model/model.h"

/* 1: one more node may be ordered: it is sold, below the pool's most and all quotas, and no back-off is on. */
int scaling_may_grow(const model *m, uint32_t pool, sky_purchase purchase);
/* Price per hour of one more node: nothing while the commitment is not used up. */
int64_t scaling_price_nusd(const model *m, uint32_t pool, sky_purchase purchase);
/* Booting, up, draining, or ordered. */
int64_t scaling_size(const model *m, uint32_t pool);
/* The cheapest that may be ordered in the pool; 0: there is none. */
int scaling_cheapest_purchase(const model *m, uint32_t pool, sky_purchase *purchase);

#endif
