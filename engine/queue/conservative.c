/* Conservative backfilling: in order of submission; every task that finds no room is promised a place, and others may
 * pass it where they delay none. See reservations.h. Mu'alem and Feitelson, "Utilization, predictability, workloads,
 * and user runtime estimates in scheduling the IBM SP2 with backfilling", IEEE TPDS 12 (2001), section 2. */
#include "discipline.h"

static int64_t submitted(const queue_entry *entry)
{
    return entry->submit_ns;
}

const queue_discipline queue_conservative = {
    .info = { .name = "conservative",
              .about = "in order of submission, others pass if they delay nobody",
              .source = "Mu'alem and Feitelson, IEEE TPDS 12 (2001), section 2",
              .backfill = SKY_BACKFILL_CONSERVATIVE },
    .order = submitted,
};
