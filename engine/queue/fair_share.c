/* Fair share: the tenant goes first that has had least for its weight, past use fading by half every half-life; its
 * tasks in order of submission. With nothing forgotten and nothing past (half-life 0) it is weighted max-min fairness
 * of what is held now. The past is a mean as in Kay and Lauder, "A fair share scheduler", CACM 31 (1988); use held now
 * counts beside it, so that a round does not give all its room to one tenant. See tenants.h. */
#include "../model/arith.h"
#include "discipline.h"

static int64_t submitted(const queue_entry *entry)
{
    return entry->submit_ns;
}

static int64_t use_for_weight(const queue_context *c, const queue_tenant *tenant)
{
    return muldiv_floor_i64(queue_use(c, tenant), QUEUE_WEIGHT_ONE, tenant->weight_ppm);
}

const queue_discipline queue_fair_share = {
    .info = { .name = "fair-share",
              .about = "the tenant first that has had least for its weight, past use fading",
              .source = "Kay and Lauder, \"A fair share scheduler\", CACM 31 (1988)",
              .backfill = SKY_BACKFILL_NONE },
    .order = submitted,
    .rank = use_for_weight,
};
