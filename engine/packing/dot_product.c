/* The node whose room points least the way of the request: 100 (1 - (cores left × cores + devices left × devices) / 2),
 * in parts of a node of 128 cores and 8 devices. Grandl et al., "Multi-resource packing for cluster schedulers",
 * SIGCOMM 2014, as Weng et al., ATC 2023, use it. */
#include "../strategy/strategy.h"

#define FULL_MCPU INT64_C(128000)
#define FULL_MGPU INT64_C(8000)

static int32_t score(const model *m, const void *prepared, const node *n, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    int64_t ratio = (FULL_MCPU / FULL_MGPU) * (FULL_MCPU / FULL_MGPU), whole = 2 * FULL_MCPU * FULL_MCPU;
    int64_t product = n->mcpu_left * ask->mcpu + ratio * n->mgpu_left_sum * node_request_mgpu(ask);

    (void)prepared;
    return (int32_t)(100 * (whole - product) / whole);
}

static const packing packing_dot_product = { .score = score, .devices = packing_tightest_devices };

const strategy strategy_dot_product = {
    .info = {
        .name = "dot-product",
        .about = "packing: the node whose room is least aligned with the request",
        .source = "Grandl et al., SIGCOMM 2014; Weng et al., ATC 2023",
        .term = { "score" },
    },
    .packing = &packing_dot_product,
};
