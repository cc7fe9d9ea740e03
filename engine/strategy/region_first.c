/* The choice of region first, then that of the node: what joint-cost is to be measured by.
 *
 * The region is the one with the least price of the room that a task takes (its share of a node, at the cheapest price
 * in the region) plus what its start sends there. Inside, a node that is up goes before one to be ordered: the node on
 * which least is left (best-fit), or the cheapest new one. Only where a region has no room and may not grow does the
 * next one get its turn. */
#include "strategy.h"

#include <string.h>

#define BEST_FIT_MOST 100 /* its scores go up to this */

/* Share of the shape that the task takes: of cores or accelerators, whichever is more. */
static int64_t share_of_price(const node *shape, const node_request *ask, int64_t price)
{
    int64_t cores = shape->mcpu > 0 ? muldiv_i64(price, ask->mcpu, shape->mcpu) : 0;
    int64_t devices = node_mgpu(shape) > 0 ? muldiv_i64(price, node_request_mgpu(ask), node_mgpu(shape)) : 0;

    return cores > devices ? cores : devices;
}

static int64_t least_price(const model_pool *p)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < SKY_PURCHASE_COUNT; i++)
        if ((p->purchases & p->price_known & 1u << i) && p->price_nusd[i] < least)
            least = p->price_nusd[i];
    return least;
}

static int64_t region_cost(const model *m, const siting_task *t, uint32_t region, int64_t term[SKY_TERMS])
{
    const node_request *ask = &model_request_of(m, t->job_class)->ask;
    int64_t least = INT64_MAX;

    memset(term, 0, SKY_TERMS * sizeof *term);
    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++) {
        int64_t price;

        if (model_pools(m)[pool].region != region || !siting_pool_suits(m, t->job_class, pool))
            continue;
        price = least_price(&model_pools(m)[pool]);
        if (price < INT64_MAX)
            price = share_of_price(&model_scale_of(m, pool)->shape, ask, price);
        if (price < least)
            least = price;
    }
    if (least == INT64_MAX)
        return INT64_MAX; /* only standing nodes, if any: the last to be looked at */
    term[SITING_ROOM] = muldiv_i64(least, t->run_ns, SKY_NS_PER_HOUR);
    term[SITING_EGRESS] = cost_egress_nusd(m, t, region);
    return add_sat_i64(term[SITING_ROOM], term[SITING_EGRESS]);
}

static int64_t node_rank(const model *m, const void *prepared, const siting_task *t, node_view n,
                         int64_t term[SKY_TERMS])
{
    (void)prepared;
    term[SITING_PACKING] = BEST_FIT_MOST - packing_best_fit.score(m, NULL, n.is, t->job_class);
    return term[SITING_PACKING] - INT64_MAX; /* before all nodes that would have to be ordered */
}

static int64_t growing_cost(const model *m, const siting_task *t, uint32_t pool, sky_purchase purchase,
                            int64_t term[SKY_TERMS])
{
    term[SITING_ROOM] = cost_new_room_nusd(m, t, pool, purchase);
    return term[SITING_ROOM];
}

const siting siting_region_first = {
    .region = region_cost, .node = node_rank, .grow = growing_cost, .region_first = 1
};

const strategy strategy_region_first = {
    .info = {
        .name = "region-first",
        .about = "the region by price and egress, then the node in it by best-fit",
        .source = "the usual two steps; see its file",
        .term = { "room", "egress", "wait", "packing" },
    },
    .siting = &siting_region_first,
};
