/* What is not used is given back: first drained, so that no task comes any more, then released when it is empty or has
 * had its time. */
#include "scaling.h"

static sky_status order(sky_engine *engine, uint32_t index, sky_action_kind kind, sky_reason reason)
{
    node *n = (node *)engine->model.array[MODEL_NODES].items + index;
    sky_action *a = engine_order(engine, kind, reason, SKY_NONE);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->instance = index;
    a->pool = n->pool;
    a->purchase = (uint16_t)n->purchase;
    n->ordered = 1;
    return SKY_OK;
}

/* Nodes of the pool that may still go, beside those that drain already: what its least, and its commitment, leave. */
static int64_t spare_of(const model *m, uint32_t pool, sky_purchase purchase)
{
    const model_scale *s = model_scale_of(m, pool);
    int64_t spare, committed;

    spare = committed = 0;
    for (uint32_t i = 0; i < model_node_count(m); i++) {
        const node *n = &model_nodes(m)[i];

        if (n->pool != pool || (n->state != NODE_UP && n->state != NODE_BOOTING) || n->ordered)
            continue;
        spare++;
        committed += n->purchase == SKY_ON_DEMAND;
    }
    spare -= s->least;
    committed -= s->committed; /* one that is paid for anyhow may as well stay */
    return purchase == SKY_ON_DEMAND && committed < spare ? committed : spare;
}

static int is_unused(const model *m, const node *n)
{
    return n->state == NODE_UP && n->since_ns != SKY_NEVER_NS &&
           m->is.now_ns >= add_sat_i64(n->since_ns, m->is.scaling_options.idle_ns);
}

static int is_drained(const model *m, const node *n)
{
    return n->state == NODE_DRAINING &&
           (node_is_idle(n) || m->is.now_ns >= add_sat_i64(n->since_ns, m->is.scaling_options.drain_ns));
}

/* Who waits could not use it: at this instant the pool gets no other one in its place, which would go as well. */
static void order_none_now(model *m, const node *n)
{
    int64_t *until_ns = &((model_scale *)m->array[MODEL_SCALES].items + n->pool)->back_off_until[n->purchase];

    if (*until_ns <= m->is.now_ns)
        *until_ns = add_sat_i64(m->is.now_ns, 1);
}

sky_status scaling_shrink(sky_engine *engine)
{
    model *m = &engine->model;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < model_node_count(m) && status == SKY_OK; i++) {
        const node *n = &model_nodes(m)[i];

        if (n->ordered || model_scale_of(m, n->pool) == NULL)
            continue;
        if (is_drained(m, n)) {
            if (node_is_idle(n))
                order_none_now(m, n);
            status = order(engine, i, SKY_ACTION_RELEASE, SKY_REASON_DRAINED);
        } else if (is_unused(m, n) && spare_of(m, n->pool, (sky_purchase)n->purchase) > 0)
            status = order(engine, i, SKY_ACTION_DRAIN, SKY_REASON_UNUSED);
    }
    return status;
}
