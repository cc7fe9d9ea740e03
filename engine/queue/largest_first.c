/* The task, or gang, of the greatest dominant share of the cluster first. Packed by best fit this is best-fit
 * decreasing over all that waits: in one dimension it takes at most 11/9 of the least number of nodes, and 4 more.
 * Johnson et al., "Worst-case performance bounds for simple one-dimensional packing algorithms", SIAM Journal on
 * Computing 3 (1974). */
#include "../model/arith.h"
#include "discipline.h"

static int64_t submitted(const queue_entry *entry)
{
    return entry->submit_ns;
}

/* All of a group are of one size. Parts of a share: a gang may ask for more than the whole. */
static int64_t smallness(const queue_context *c, const queue_entry *entry)
{
    if (entry->job_class >= c->class_count)
        return 0;
    return -muldiv_floor_i64(queue_dominant_share(&c->classes[entry->job_class], &c->capacity), entry->tasks,
                             1);
}

const queue_discipline queue_largest_first = {
    .info = { .name = "largest-first",
              .about = "the greatest dominant share first; with best-fit: best-fit decreasing",
              .source = "Johnson et al., \"Worst-case performance bounds\", SIAM J. Comput. 3 (1974)",
              .backfill = SKY_BACKFILL_NONE },
    .order = submitted,
    .key = smallness,
};
