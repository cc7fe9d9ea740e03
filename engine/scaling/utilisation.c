/* Target tracking: each pool by itself has as many nodes as bring its use to a target, as groups of machines are scaled
 * by their mean use in the clouds' own autoscalers. Use is what runs, and what waits and might run there: of cores or
 * of accelerators, whichever is more. */
#include "scaling.h"

#include "siting.h"

#define PPM            1000000
#define DEFAULT_TARGET 800000

/* Nodes that the tasks on the pool's nodes would fill, in ppm of a node. */
static int64_t filled_ppm(const model *m, uint32_t pool)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < model_node_count(m); i++) {
        const node *n = &model_nodes(m)[i];

        if (n->state == NODE_UP && n->pool == pool)
            sum += scaling_use_ppm(n);
    }
    return sum;
}

/* The same for tasks that wait and that no pool before this one has been counted with. */
static int64_t waiting_ppm(const sky_engine *engine, uint32_t pool)
{
    const model *m = &engine->model;
    int64_t sum = 0;

    for (uint32_t i = 0; i < engine->scratch->demand_count; i++) {
        scaling_demand *d = &engine->scratch->demands[i];
        const node_request *ask = &model_request_of(m, d->job_class)->ask;
        const node_view n = { &model_scale_of(m, pool)->shape, NULL };
        int64_t room;

        if (d->left == 0 || !siting_pool_suits(m, d->job_class, pool))
            continue;
        room = node_room_for(n, ask, d->left);
        sum += muldiv_ceil_i64(d->left, PPM, room);
        d->left = 0;
    }
    return sum;
}

static sky_status grow(sky_engine *engine)
{
    const model *m = &engine->model;
    int64_t target = m->is.scaling_options.target_ppm;
    sky_status status = SKY_OK;

    if (target == 0)
        target = DEFAULT_TARGET;
    for (uint32_t i = 0; i < engine->scratch->demand_count; i++)
        engine->scratch->demands[i].left = engine->scratch->demands[i].count;
    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++) {
        sky_purchase purchase = SKY_ON_DEMAND;
        int64_t wanted;

        if (!scaling_cheapest_purchase(m, pool, &purchase))
            continue;
        wanted = (filled_ppm(m, pool) + waiting_ppm(engine, pool) + target - 1) / target;
        while (status == SKY_OK && scaling_size(m, pool) < wanted &&
               scaling_cheapest_purchase(m, pool, &purchase))
            status = scaling_order(engine, pool, purchase, SKY_REASON_DEMAND);
    }
    return status;
}

const scaling_policy scaling_utilisation_policy = {
    .info = {
        .name = "utilisation",
        .about = "so many nodes that a target share of each pool is in use",
        .source = "target tracking, as of the clouds' own groups of machines",
    },
    .grow = grow,
};
