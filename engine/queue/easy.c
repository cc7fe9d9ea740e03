/* EASY backfilling: in order of submission; the first task that finds no room is promised the earliest place there
 * is, and others may pass it where they do not delay that. See reservations.h. Lifka, "The ANL/IBM SP scheduling
 * system", JSSPP 1995. */
#include "discipline.h"

static int64_t submitted(const queue_entry *entry)
{
    return entry->submit_ns;
}

const queue_discipline queue_easy = {
    .info = { .name = "easy",
              .about = "in order of submission, others pass the first if they do not delay it",
              .source = "Lifka, \"The ANL/IBM SP scheduling system\", JSSPP 1995",
              .backfill = SKY_BACKFILL_EASY },
    .order = submitted,
};
