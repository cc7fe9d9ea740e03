/* Any node that has room, each as likely; and any of its devices. The baseline of packing studies. */
#include "../strategy/strategy.h"

static uint32_t devices(const model *m, const void *prepared, const node *n, uint32_t job, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    uint32_t fitting = 0, skip;

    (void)prepared;
    if (ask->profiles != 0)
        fitting = node_mig_devices(n, ask);
    else if (ask->mgpu == NODE_DEVICE_MGPU)
        return node_free_devices(n, ask->devices);
    for (uint32_t i = 0; ask->profiles == 0 && i < n->devices; i++)
        if (n->mgpu_left[i] >= ask->mgpu)
            fitting |= 1u << i;
    for (skip = (uint32_t)(packing_random(m, job, 1) % (uint32_t)__builtin_popcount(fitting)); skip > 0;
         skip--)
        fitting &= fitting - 1;
    return ask->profiles != 0 ? node_mig_instance(n, ask, (uint32_t)__builtin_ctz(fitting))
                              : fitting & (0u - fitting);
}

static const packing packing_random_node = { .devices = devices, .at_random = 1 };

const strategy strategy_random = {
    .info = {
        .name = "random",
        .about = "packing: any node that has room, each as likely",
        .source = "baseline of Weng et al., ATC 2023",
        .term = { "score" },
    },
    .packing = &packing_random_node,
};
