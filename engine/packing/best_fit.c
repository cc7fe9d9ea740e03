/* The node on which least is left, half by cores and half by devices, in parts of a node of 128 cores and 8 devices:
 * 100 (1 - left cores / 2 - left devices / 2). Weng et al., ATC 2023. */
#include "../strategy/strategy.h"

#define FULL_MCPU INT64_C(128000)
#define FULL_MGPU INT64_C(8000)

static int32_t score(const model *m, const void *prepared, const node *n, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    int64_t whole = 2 * FULL_MCPU, left;

    (void)prepared;
    left = n->mcpu_left - ask->mcpu + FULL_MCPU / FULL_MGPU * (n->mgpu_left_sum - node_request_mgpu(ask));
    return (int32_t)(100 * (whole - left) / whole);
}

const packing packing_best_fit = { .score = score, .devices = packing_tightest_devices };

const strategy strategy_best_fit = {
    .info = {
        .name = "best-fit",
        .about = "packing: the node on which least is left",
        .source = "Weng et al., ATC 2023",
        .term = { "score" },
    },
    .packing = &packing_best_fit,
};

/* All that waits, the largest first: see queue/largest_first.c. */
const strategy strategy_best_fit_decreasing = {
    .info = {
        .name = "best-fit-decreasing",
        .about = "packing: best-fit, of all that waits the largest first",
        .source = "Johnson et al., SIAM J. Comput. 3 (1974)",
        .term = { "score" },
    },
    .packing = &packing_best_fit,
    .queue = "largest-first",
};
