/* Shortest job first: by estimated run time. Least mean wait of all orders on one machine if the estimates are
 * right; long tasks may wait for ever. Smith, "Various optimizers for single-stage production", Naval Research
 * Logistics Quarterly 3 (1956). */
#include "discipline.h"

static int64_t estimated(const queue_entry *entry)
{
    return entry->estimate_ns;
}

const queue_discipline queue_sjf = {
    .info = { .name = "sjf",
              .about = "the shortest estimated run time first",
              .source = "Smith, \"Various optimizers for single-stage production\", NRLQ 3 (1956)",
              .backfill = SKY_BACKFILL_NONE },
    .order = estimated,
};
