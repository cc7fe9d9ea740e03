/* First come, first served: by time of submission. */
#include "discipline.h"

static int64_t submitted(const queue_entry *entry)
{
    return entry->submit_ns;
}

const queue_discipline queue_fcfs = {
    .info = { .name = "fcfs",
              .about = "in order of submission",
              .source =
                  "Feitelson and Rudolph, \"Parallel job scheduling: issues and approaches\", JSSPP 1995",
              .backfill = SKY_BACKFILL_NONE },
    .order = submitted,
};
