/* Fragmentation gradient descent: the node whose fragmentation grows least, or shrinks most. Weng et al., "Beware of
 * Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023, section 4. */
#include "../strategy/strategy.h"

#include "descent.h"

static int32_t score(const model *m, const void *prepared, const node *n, uint32_t job_class)
{
    uint32_t devices;

    return descent_score(m, prepared, fragmentation_of, n, job_class, &devices);
}

static uint32_t devices(const model *m, const void *prepared, const node *n, uint32_t job, uint32_t job_class)
{
    uint32_t best;

    (void)job;
    descent_score(m, prepared, fragmentation_of, n, job_class, &best);
    return best;
}

static const packing packing_fgd = { .prepare = descent_prepare, .score = score, .devices = devices };

const strategy strategy_fgd = {
    .info = {
        .name = "fgd",
        .about = "packing: fragmentation gradient descent, the node whose fragmentation grows least",
        .source = "Weng et al., ATC 2023, section 4",
        .term = { "score" },
    },
    .packing = &packing_fgd,
};
