/* First devices in use, then free devices of nodes in use, then idle nodes.
 * Weng et al., "MLaaS in the wild", NSDI 2022, as Weng et al., ATC 2023, use it. */
#include "../strategy/strategy.h"

static int32_t at_least(int32_t score, int32_t least)
{
    return score > least ? score : least;
}

static int32_t score(const model *m, const void *prepared, const node *n, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    int32_t free = __builtin_popcount(n->free_devices);
    uint32_t chosen;

    (void)prepared;
    if (ask->devices == 0)
        return 0;
    if (free == n->devices)
        return at_least(33 - free, free);
    chosen = node_kind_of(ask) == NODE_KIND_WHOLE ? n->free_devices
                                                  : node_choose((node_view){ n, NULL }, ask);
    if (chosen & n->free_devices)
        return at_least(50 - (int32_t)ask->devices, 33);
    return at_least(100 - (int32_t)node_mgpu_left(n, (uint32_t)__builtin_ctz(chosen)) / 100, 50);
}

static const packing packing_gpu_packing = { .score = score, .devices = packing_tightest_devices };

const strategy strategy_gpu_packing = {
    .info = {
        .name = "gpu-packing",
        .about = "packing: devices in use first, then nodes in use, then idle nodes",
        .source = "Weng et al., NSDI 2022; Weng et al., ATC 2023",
        .term = { "score" },
    },
    .packing = &packing_gpu_packing,
};
