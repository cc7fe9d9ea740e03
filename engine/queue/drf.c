/* Dominant resource fairness: the tenant goes first whose dominant share, the largest of its shares of cores, memory
 * and accelerators, is least for its weight; its tasks in order of submission. Ghodsi et al., "Dominant resource
 * fairness: fair allocation of multiple resource types", NSDI 2011, algorithm 1 and section 4.3 (weights). */
#include "../model/arith.h"
#include "discipline.h"

static int64_t submitted(const queue_entry *entry)
{
    return entry->submit_ns;
}

static int64_t dominant_share_for_weight(const queue_context *c, const queue_tenant *tenant)
{
    return muldiv_floor_i64(queue_dominant_share(&tenant->held, &c->capacity), QUEUE_WEIGHT_ONE,
                            tenant->weight_ppm);
}

const queue_discipline queue_drf = {
    .info = { .name = "drf",
              .about = "the tenant first whose dominant share is least for its weight",
              .source = "Ghodsi et al., \"Dominant resource fairness\", NSDI 2011, algorithm 1",
              .backfill = SKY_BACKFILL_NONE },
    .order = submitted,
    .rank = dominant_share_for_weight,
};
