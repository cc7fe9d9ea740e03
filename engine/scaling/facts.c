#include "facts.h"

#include "../cluster/facts.h"
#include "../cluster/lives.h"

#define MAX_NODES (1u << 24)
#define PPM       1000000

/* ---- limits, shapes, quotas -------------------------------------------------------------------------------------- */

/* The item of the index, in an array that has one for each thing once any was told of; NULL: no memory. */
static void *item_of(model *m, model_array_id id, uint32_t index)
{
    while (m->array[id].count <= index)
        if (model_append(m, id) == NULL)
            return NULL;
    return (char *)m->array[id].items + index * model_item_size(id);
}

static sky_status observe_scale(model *m, const sky_event *event, sky_error *error)
{
    model_scale *s;

    if (event->pool >= model_pool_count(m))
        return model_refuse(error, event, "no such pool", event->pool);
    if (event->a < 0 || event->b < 1 || event->b < event->a || event->b > MAX_NODES)
        return model_refuse(error, event, "expected a least and a most number of nodes", event->b);
    if (event->c < 0 || event->c > MAX_NODES)
        return model_refuse(error, event, "expected a number of committed nodes", event->c);
    s = item_of(m, MODEL_SCALES, event->pool);
    if (s == NULL)
        return model_no_memory(error);
    s->least = event->a;
    s->most = event->b;
    s->committed = event->c;
    return SKY_OK;
}

static sky_status observe_shape(model *m, const sky_event *event, sky_error *error)
{
    model_scale *s;

    if (model_scale_of(m, event->pool) == NULL)
        return model_refuse(error, event, "expected the pool's limits first", event->pool);
    if (event->a < 0 || event->b < 0 || event->c < 0 || event->a > NODE_MOST || event->b > NODE_MOST ||
        event->c > NODE_MOST)
        return model_refuse(error, event, "expected amounts of at least 0", event->a);
    if (event->other > NODE_DEVICES_MAX || (event->other > 0 && event->detail >= NODE_MODELS_MAX))
        return model_refuse(error, event, "expected at most 16 devices of a model below 64", event->other);
    if (event->d < 0 || event->d >> 16 > MIG_MODEL_COUNT || (event->d & 0xffff) >> event->other != 0)
        return model_refuse(error, event, "expected interconnect groups, and a model of MIG", event->d);
    s = item_of(m, MODEL_SCALES, event->pool);
    s->shape = (node){ .mcpu = event->a,
                       .memory_bytes = event->b,
                       .disk_bytes = event->c,
                       .pool = event->pool,
                       .devices = (uint8_t)event->other,
                       .model = event->other > 0 ? (uint8_t)event->detail : NODE_NO_MODEL };
    node_empty(&s->shape);
    s->shape.group_starts = (uint16_t)event->d;
    if (event->d >> 16 != 0)
        node_set_mig(&s->shape, (mig_model_id)((event->d >> 16) - 1));
    return SKY_OK;
}

static sky_status observe_marks(model *m, const sky_event *event, sky_error *error)
{
    model_scale *s;

    if (model_scale_of(m, event->pool) == NULL)
        return model_refuse(error, event, "expected the pool's limits first", event->pool);
    s = (model_scale *)m->array[MODEL_SCALES].items + event->pool;
    s->shape.labels = (uint64_t)event->a;
    s->shape.taints = (uint64_t)event->b;
    return SKY_OK;
}

static sky_status observe_quota(model *m, const sky_event *event, sky_error *error)
{
    model_quota *q;

    if (event->other >= m->array[MODEL_PROVIDERS].count ||
        (event->region != SKY_NONE && event->region >= m->array[MODEL_REGIONS].count))
        return model_refuse(error, event, "no such provider or region", event->other);
    if (event->detail >= SKY_QUOTA_COUNT || event->a < 0)
        return model_refuse(error, event, "expected what is counted, and how much of it", event->a);
    q = model_append(m, MODEL_QUOTAS);
    if (q == NULL)
        return model_no_memory(error);
    *q = (model_quota){
        .provider = event->other, .region = event->region, .counts = event->detail, .most = event->a
    };
    return SKY_OK;
}

static sky_status observe_data(model *m, const sky_event *event, sky_error *error)
{
    model_data *d;

    if (event->other >= m->array[MODEL_CLASSES].count || event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such class or region", event->other);
    if (event->a < 0)
        return model_refuse(error, event, "expected a size", event->a);
    d = item_of(m, MODEL_DATA, event->other);
    if (d == NULL)
        return model_no_memory(error);
    *d = (model_data){ .region = event->region, .bytes = event->a };
    return SKY_OK;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static void use_quotas(model *m, uint32_t pool, int64_t sign)
{
    const model_scale *s = model_scale_of(m, pool);
    uint32_t region = model_pools(m)[pool].region;
    model_quota *q = m->array[MODEL_QUOTAS].items;

    for (uint32_t i = 0; i < m->array[MODEL_QUOTAS].count; i++)
        if (q[i].provider == model_regions(m)[region].provider &&
            (q[i].region == SKY_NONE || q[i].region == region))
            q[i].used += sign * scaling_quota_amount(s, q[i].counts);
}

void scaling_count_order(model *m, uint32_t pool, sky_purchase purchase)
{
    model_scale *s = (model_scale *)m->array[MODEL_SCALES].items + pool;

    s->ordered[purchase]++;
    use_quotas(m, pool, 1);
}

int64_t scaling_use_ppm(const node *n)
{
    int64_t cores = n->mcpu > 0 ? (n->mcpu - n->mcpu_left) * PPM / n->mcpu : 0;
    int64_t all = node_mgpu(n), devices = all > 0 ? PPM - (int64_t)n->mgpu_left_sum * PPM / all : 0;

    return cores > devices ? cores : devices;
}

static int is_unused(const model *m, const node *n)
{
    return node_is_idle(n) || scaling_use_ppm(n) < m->is.scaling_options.drain_below_ppm;
}

/* Since when it is unused, as its tasks have changed. */
static void look_at_use(model *m, node *n)
{
    if (node_is_idle(n))
        n->busy_until_ns = 0;
    if (n->state != NODE_UP)
        return;
    if (!is_unused(m, n))
        n->since_ns = SKY_NEVER_NS;
    else if (n->since_ns == SKY_NEVER_NS)
        n->since_ns = m->is.now_ns;
}

static void occupy(model *m, node *n, int64_t until_ns)
{
    if (until_ns > n->busy_until_ns)
        n->busy_until_ns = until_ns;
    look_at_use(m, n);
}

void scaling_task_started(model *m, uint32_t job)
{
    const model_job *j = model_job_at(m, job);
    const model_part *parts = m->array[MODEL_PARTS].items;
    node *nodes = m->array[MODEL_NODES].items;
    int64_t until_ns = add_sat_i64(m->is.now_ns, life_expected_run_ns(m, j));

    if (m->array[MODEL_SCALES].count == 0)
        return;
    occupy(m, &nodes[j->instance], until_ns);
    for (uint32_t i = j->more_parts; i != SKY_NONE; i = parts[i].next)
        occupy(m, &nodes[parts[i].node], until_ns);
}

void scaling_task_left(model *m, node *n)
{
    if (m->array[MODEL_SCALES].count == 0)
        return;
    m->is.scaling = 1;
    look_at_use(m, n);
}

static sky_status observe_booting(model *m, const sky_event *event, sky_error *error)
{
    model_scale *s;
    node *n;

    if (model_scale_of(m, event->pool) == NULL || event->detail >= SKY_PURCHASE_COUNT)
        return model_refuse(error, event, "no such pool, or its nodes neither come nor go", event->pool);
    if (event->instance > model_node_count(m) || event->d < 0 || event->d >= MAX_NODES)
        return model_refuse(error, event, "nodes are declared in order, below 2^24", event->instance);
    if (event->instance < model_node_count(m) && (model_nodes(m)[event->instance].state != NODE_ABSENT ||
                                                  model_nodes(m)[event->instance].pool != event->pool))
        return model_refuse(error, event, "the node is there already, or was of another pool",
                            event->instance);
    if (event->instance == model_node_count(m) && model_append(m, MODEL_NODES) == NULL)
        return model_no_memory(error);
    s = (model_scale *)m->array[MODEL_SCALES].items + event->pool;
    n = (node *)m->array[MODEL_NODES].items + event->instance;
    *n = s->shape;
    n->rank = (uint32_t)event->d;
    n->state = NODE_BOOTING;
    n->purchase = event->detail;
    n->since_ns = event->time_ns;
    s->alive[event->detail]++;
    if (event->other == SKY_NONE) { /* nobody ordered it: it was there from the start */
        use_quotas(m, event->pool, 1);
    } else if (s->ordered[event->detail] > 0) {
        s->ordered[event->detail]--;
        s->back_off_ns[event->detail] = 0;
    }
    return model_note(&m->changed, event->instance) == SKY_OK ? SKY_OK : model_no_memory(error);
}

static sky_status observe_failure(model *m, const sky_event *event, sky_error *error)
{
    const sky_scaling_options *o = &m->is.scaling_options;
    model_scale *s;
    int64_t *back_off;

    if (model_scale_of(m, event->pool) == NULL || event->detail >= SKY_PURCHASE_COUNT)
        return model_refuse(error, event, "no such pool, or its nodes neither come nor go", event->pool);
    s = (model_scale *)m->array[MODEL_SCALES].items + event->pool;
    if (s->ordered[event->detail] == 0)
        return model_refuse(error, event, "no such node was ordered", event->pool);
    s->ordered[event->detail]--;
    use_quotas(m, event->pool, -1);
    back_off = &s->back_off_ns[event->detail];
    if (*back_off == 0)
        *back_off = o->back_off_ns;
    else if (2 * *back_off <= o->back_off_most_ns)
        *back_off *= 2;
    else if (*back_off < o->back_off_most_ns)
        *back_off = o->back_off_most_ns;
    s->back_off_until[event->detail] = add_sat_i64(event->time_ns, *back_off > 0 ? *back_off : 1);
    m->is.freed = 1; /* who waited for it may take what there is */
    return SKY_OK;
}

void scaling_node_gone(model *m, const node *n)
{
    model_scale *s;

    if (model_scale_of(m, n->pool) == NULL)
        return;
    s = (model_scale *)m->array[MODEL_SCALES].items + n->pool;
    s->alive[n->purchase]--;
    use_quotas(m, n->pool, -1);
    m->is.scaling = 1;
}

static sky_status observe_node(model *m, const sky_event *event, sky_error *error)
{
    node *n;

    if (event->instance >= model_node_count(m) || model_nodes(m)[event->instance].state == NODE_ABSENT)
        return model_refuse(error, event, "no such node", event->instance);
    n = (node *)m->array[MODEL_NODES].items + event->instance;
    if (event->kind == SKY_EVENT_NODE_READY) {
        if (n->state != NODE_BOOTING)
            return model_refuse(error, event, "the node was not booting", event->instance);
        n->state = NODE_UP;
        facts_count_up(m, n, 1);
    } else {
        if (n->state == NODE_BOOTING) /* told of as it goes: it never was of use */
            facts_count_up(m, n, 1);
        n->state = NODE_DRAINING;
        n->ordered = 0;
    }
    n->since_ns = event->kind == SKY_EVENT_NODE_NOTICE ? event->a : event->time_ns;
    m->is.freed = m->is.reallocate = 1; /* also where nodes go: places on them were promised */
    return model_note(&m->changed, event->instance) == SKY_OK ? SKY_OK : model_no_memory(error);
}

sky_status scaling_observe(model *m, const sky_event *event, sky_error *error)
{
    m->is.scaling = 1;
    switch (event->kind) {
    case SKY_EVENT_SCALE:
        return observe_scale(m, event, error);
    case SKY_EVENT_SHAPE:
        return observe_shape(m, event, error);
    case SKY_EVENT_SHAPE_MARKS:
        return observe_marks(m, event, error);
    case SKY_EVENT_QUOTA:
        return observe_quota(m, event, error);
    case SKY_EVENT_DATA:
        return observe_data(m, event, error);
    case SKY_EVENT_NODE_BOOTING:
        return observe_booting(m, event, error);
    case SKY_EVENT_GROW_FAILED:
        return observe_failure(m, event, error);
    default:
        return observe_node(m, event, error);
    }
}
