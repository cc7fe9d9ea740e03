/* Nodes for the tasks that fit nowhere, as Kubernetes' cluster autoscaler and Karpenter order them: what waits is laid
 * on the nodes that are up with room, that boot, or were ordered; for what is left over, the node is ordered that
 * costs least for what it would hold, again and again.
 *
 * "Least" is the price of the node while it boots and its tasks run, and what its tasks pay to be in its region, over
 * what the same tasks would pay at best, each where it is cheapest on nodes that are full: the greedy rule of weighted
 * set cover [Chvatal, Math. Oper. Res. 4 (1979) 233]. Where the last tasks do not fill a large node it turns by itself
 * to a smaller one. */
#include "scaling.h"

#include "../govern/gate.h"
#include "siting.h"

#include <stdlib.h>

#define MOST_ORDERS 10000 /* in one go */

static const siting *siting_of(const sky_engine *engine)
{
    return engine->strategy->siting != NULL ? engine->strategy->siting : &siting_joint_cost;
}

static siting_task task_like(const scaling_demand *d)
{
    return (siting_task){
        .job_class = d->job_class, .from = d->from, .run_ns = d->run_ns, .bytes = d->bytes, .waiting = d->left
    };
}

static const node_request *ask_of(const model *m, const scaling_demand *d)
{
    return &model_request_of(m, d->job_class)->ask;
}

/* ---- nodes that there are, or will be -------------------------------------------------------------------------- */

static void take_many(node_room *n, const node_request *ask, int64_t count)
{
    for (; count > 0; count--)
        node_take(&n->is, n->chips, ask, node_choose(node_view_of(n), ask));
}

/* 1: required terms forbid the demand's tasks a node that is up, as things stand; of others nobody knows. */
static int is_forbidden(const model *m, const scaling_demand *d, uint32_t index)
{
    return m->terms != NULL && index != SKY_NONE && model_nodes(m)[index].state == NODE_UP &&
           terms_of(m->terms, d->job_class, index, &model_nodes(m)[index]) == TERMS_ILLEGAL;
}

/* How many of a demand the node is to hold: as many as there is room for, if they would not rather have a new one. */
static int64_t holds(const sky_engine *engine, const scaling_demand *d, node_view n, uint32_t index,
                     const siting_score *grow)
{
    const model *m = &engine->model;
    const node_request *ask = ask_of(m, d);
    siting_task t = task_like(d);
    int64_t term[SKY_TERMS] = { 0 };

    if (d->left == 0 || !node_has_room(n, ask) || !node_suits(n.is, ask) ||
        gate_check_class(m, d->job_class, n.is->pool) != 0 || is_forbidden(m, d, index))
        return 0;
    if (engine->strategy->siting != NULL &&
        siting_is_less(*grow,
                       siting_of_node(engine->strategy->siting, m, engine->scratch->prepared, &t, n, term)))
        return 0;
    return node_room_for(n, ask, d->left);
}

/* index: SKY_NONE of a node that is but ordered. */
static void lay_on(sky_engine *engine, node_view from, uint32_t index, const siting_score *grow)
{
    scaling_scratch *s = engine->scratch;
    node_room n;

    node_copy(from, &n);
    n.is.state = NODE_UP;
    for (uint32_t i = 0; i < s->demand_count; i++) {
        int64_t count = holds(engine, &s->demands[i], node_view_of(&n), index, &grow[i]);

        take_many(&n, ask_of(&engine->model, &s->demands[i]), count);
        s->demands[i].left -= count;
    }
}

static void lay_on_what_there_is(sky_engine *engine, const siting_score *grow)
{
    const model *m = &engine->model;

    for (uint32_t i = 0; i < model_node_count(m); i++) {
        const node *n = &model_nodes(m)[i];

        if ((n->state == NODE_UP && !packing_index_is_masked(engine->packing, i)) || n->state == NODE_BOOTING)
            lay_on(engine, model_node_view(m, i), i, grow);
    }
    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++)
        for (int purchase = 0; model_scale_of(m, pool) != NULL && purchase < SKY_PURCHASE_COUNT; purchase++)
            for (int64_t i = 0; i < model_scale_of(m, pool)->ordered[purchase]; i++) {
                node n = model_scale_of(m, pool)->shape;

                n.purchase = (uint32_t)purchase;
                lay_on(engine, (node_view){ &n, NULL }, SKY_NONE, grow);
            }
}

/* ---- nodes to order ---------------------------------------------------------------------------------------------- */

/* What a new node would hold, cost, and be worth. */
typedef struct filling {
    uint32_t pool;
    sky_purchase purchase;
    int64_t cost_nusd, worth_nusd;
} filling;

/* A strategy that chooses the region first has nothing to do with the others. */
static int is_open(const sky_engine *engine, const scaling_demand *d, uint32_t pool)
{
    const model *m = &engine->model;
    const siting *s = siting_of(engine);
    const siting_task t = task_like(d);
    int64_t term[SKY_TERMS] = { 0 };

    if (d->left == 0 || d->weight_nusd == 0 || !siting_pool_suits(m, d->job_class, pool))
        return 0;
    return !s->region_first || s->region(m, &t, model_pools(m)[pool].region, term) <= d->region_nusd;
}

/* Fills a node of the pool with what is left, the costliest first. Takes it from the demands where `take` is 1. */
static filling fill(sky_engine *engine, uint32_t pool, sky_purchase purchase, int take)
{
    model *m = &engine->model;
    scaling_scratch *s = engine->scratch;
    filling f = { .pool = pool, .purchase = purchase };
    node_room n = { .is = model_scale_of(m, pool)->shape };
    int64_t longest_ns = 0;

    for (uint32_t i = 0; i < s->demand_count; i++) {
        scaling_demand *d = &s->demands[i];
        const siting_task t = task_like(d);
        int64_t count;

        if (!is_open(engine, d, pool))
            continue;
        count = node_room_for(node_view_of(&n), ask_of(m, d), d->left);
        if (count == 0)
            continue;
        take_many(&n, ask_of(m, d), count);
        if (d->run_ns > longest_ns)
            longest_ns = d->run_ns;
        f.worth_nusd = add_sat_i64(f.worth_nusd, muldiv_i64(d->weight_nusd, count, 1));
        f.cost_nusd = add_sat_i64(f.cost_nusd,
                                  muldiv_i64(add_sat_i64(cost_egress_nusd(m, &t, model_pools(m)[pool].region),
                                                         cost_wait_nusd(m, pool)),
                                             count, 1));
        if (take)
            d->left -= count;
    }
    f.cost_nusd = add_sat_i64(f.cost_nusd, muldiv_i64(scaling_price_nusd(m, pool, purchase),
                                                      add_sat_i64(longest_ns, model_pools(m)[pool].boot_ns),
                                                      SKY_NS_PER_HOUR));
    return f;
}

static int is_better(const filling *a, const filling *b)
{
    sky_int128 x = (sky_int128)a->cost_nusd * b->worth_nusd, y = (sky_int128)b->cost_nusd * a->worth_nusd;

    if (a->worth_nusd == 0 || b->worth_nusd == 0)
        return a->worth_nusd > 0;
    return x != y ? x < y : a->worth_nusd > b->worth_nusd;
}

static filling best_filling(sky_engine *engine)
{
    const model *m = &engine->model;
    filling best = { .pool = SKY_NONE };

    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++)
        for (int purchase = 0; purchase < SKY_PURCHASE_COUNT; purchase++) {
            filling f;

            if (!scaling_may_grow(m, pool, (sky_purchase)purchase))
                continue;
            f = fill(engine, pool, (sky_purchase)purchase, 0);
            if (is_better(&f, &best))
                best = f;
        }
    return best;
}

/* ---- the policy -------------------------------------------------------------------------------------------------- */

/* What one task costs where it is cheapest, among as many of its kind as fill a node. At least a nano-dollar; 0: it
 * fits on no node that may be ordered. */
static int64_t weight_of(const sky_engine *engine, const scaling_demand *d)
{
    const model *m = &engine->model;
    siting_task t = task_like(d);
    siting_score best;

    t.waiting = INT64_MAX;
    best = siting_of_best_growing(&siting_joint_cost, m, &t);
    return best.first == INT64_MAX ? 0 : best.first < 1 ? 1 : best.first;
}

static int compare_weights(const void *a, const void *b)
{
    const scaling_demand *x = a, *y = b;

    if (x->weight_nusd != y->weight_nusd)
        return x->weight_nusd > y->weight_nusd ? -1 : 1;
    if (x->job_class != y->job_class)
        return x->job_class < y->job_class ? -1 : 1;
    return (x->from + 1u > y->from + 1u) - (x->from + 1u < y->from + 1u);
}

static sky_status grow(sky_engine *engine)
{
    const model *m = &engine->model;
    scaling_scratch *s = engine->scratch;
    siting_score *growing = malloc((s->demand_count + 1u) * sizeof *growing);
    sky_status status = growing != NULL ? SKY_OK : SKY_ERROR_MEMORY;

    for (uint32_t i = 0; i < s->demand_count && status == SKY_OK; i++) {
        s->demands[i].left = s->demands[i].count;
        s->demands[i].weight_nusd = weight_of(engine, &s->demands[i]);
    }
    if (s->demand_count > 1)
        qsort(s->demands, s->demand_count, sizeof *s->demands, compare_weights);
    for (uint32_t i = 0; i < s->demand_count && status == SKY_OK; i++) {
        const siting_task t = task_like(&s->demands[i]);

        growing[i] = siting_of_best_growing(siting_of(engine), m, &t);
        s->demands[i].region_nusd = growing[i].first;
    }
    if (status == SKY_OK)
        lay_on_what_there_is(engine, growing);
    free(growing);
    for (int orders = 0; orders < MOST_ORDERS && status == SKY_OK; orders++) {
        filling best = best_filling(engine);

        if (best.worth_nusd == 0)
            break;
        fill(engine, best.pool, best.purchase, 1);
        status = scaling_order(engine, best.pool, best.purchase, SKY_REASON_DEMAND);
    }
    return status;
}

const scaling_policy scaling_demand_policy = {
    .info = {
        .name = "demand",
        .about = "the cheapest nodes for the tasks that fit on none",
        .source = "as Kubernetes' cluster autoscaler and Karpenter do; greedy cover: Chvatal, Math. Oper. Res. 1979",
    },
    .grow = grow,
};
