/* Tasks of a kind together: without devices, with a share of one, with whole ones. A node that hosts only the task's
 * kind scores 75, among others 50, idle 25, others alone 0; and up to 25 for what of 8 devices is in use.
 * Xiao et al., "Gandiva", OSDI 2018, as Weng et al., ATC 2023, use it. */
#include "../strategy/strategy.h"

#define FULL_MGPU 8000

static int32_t score(const model *m, const void *prepared, const node *n, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    uint32_t all = n->hosted[NODE_KIND_PLAIN] + n->hosted[NODE_KIND_SHARED] + n->hosted[NODE_KIND_WHOLE];
    uint32_t own = n->hosted[node_kind_of(ask)];
    int32_t company = own > 0 ? (own == all ? 75 : 50) : all == 0 ? 25 : 0;

    (void)prepared;
    if (ask->devices == 0)
        return 0;
    return company + 25 * (FULL_MGPU - (int32_t)n->mgpu_left_sum) / FULL_MGPU;
}

static const packing packing_gpu_clustering = { .score = score, .devices = packing_tightest_devices };

const strategy strategy_gpu_clustering = {
    .info = {
        .name = "gpu-clustering",
        .about = "packing: tasks of a kind (no GPU, a share, whole ones) together",
        .source = "Xiao et al., OSDI 2018; Weng et al., ATC 2023",
        .term = { "score" },
    },
    .packing = &packing_gpu_clustering,
};
