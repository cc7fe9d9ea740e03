#include "retold.h"

#include "../allocation/training.h"
#include "../cluster/facts.h"
#include "../cluster/term_facts.h"
#include "../scaling/facts.h"
#include "power.h"

#include <string.h>

static sky_status refuse(sky_error *error, const sky_event *event, int64_t found)
{
    return model_refuse(error, event, "expected what there is already, with other numbers", found);
}

/* Decisions look at all there is. */
static void has_changed(model *m)
{
    m->is.freed = m->is.reallocate = m->is.scaling = m->is.serving = m->is.streaming = 1;
}

/* 1: it is other than it was. */
static int set(model *m, int64_t *number, int64_t is)
{
    if (*number == is)
        return 0;
    *number = is;
    has_changed(m);
    return 1;
}

/* ---- where jobs may be -------------------------------------------------------------------------------------------- */

static sky_status retell_provider(model *m, const sky_event *event, sky_error *error)
{
    model_provider *p = m->array[MODEL_PROVIDERS].items;

    if (event->other >= m->array[MODEL_PROVIDERS].count)
        return refuse(error, event, event->other);
    set(m, &p[event->other].notice_ns, event->a);
    set(m, &p[event->other].energy_billed, event->b);
    return SKY_OK;
}

static sky_status retell_region(model *m, const sky_event *event, sky_error *error)
{
    model_region *r = m->array[MODEL_REGIONS].items;

    if (event->region >= m->array[MODEL_REGIONS].count || r[event->region].provider != event->other ||
        r[event->region].jurisdiction != event->a)
        return refuse(error, event, event->region);
    set(m, &r[event->region].carbon_gco2_per_mwh, event->b);
    return SKY_OK;
}

static sky_status retell_pool(model *m, const sky_event *event, sky_error *error)
{
    model_pool *p = m->array[MODEL_POOLS].items;

    if (event->pool >= m->array[MODEL_POOLS].count)
        return refuse(error, event, event->pool);
    p += event->pool;
    if (p->region != event->region || p->zone != event->other || p->purchases != event->detail)
        return refuse(error, event, event->pool);
    if (event->a < 0 || event->b < 0 || event->c <= 0 || event->d < 0)
        return model_refuse(error, event, "capacity and billing times can't be negative", event->a);
    set(m, &p->billing_minimum_ns, event->b);
    set(m, &p->billing_increment_ns, event->c);
    if (set(m, &p->capacity, event->a) | set(m, &p->boot_ns, event->d))
        model_find_sure(m);
    return SKY_OK;
}

/* Machines that the class's jobs have there, of which each has another number from now on. */
static void recount(model *m, uint32_t job_class, uint32_t pool, int64_t more)
{
    const uint32_t *active = m->array[MODEL_ACTIVE].items;

    for (uint32_t i = 0; i < m->array[MODEL_ACTIVE].count; i++) {
        const model_job *j = model_job_at(m, active[i]);

        if (j->job_class == job_class && j->instance != SKY_NONE && j->pool == pool)
            ((model_pool *)m->array[MODEL_POOLS].items)[pool].in_use += more;
    }
}

static sky_status retell_eligible(model *m, const sky_event *event, sky_error *error)
{
    model_eligible *e = event->other < m->array[MODEL_CLASSES].count
                            ? (model_eligible *)model_eligible_of_class(m, event->other, event->pool)
                            : NULL;

    if (e == NULL)
        return refuse(error, event, event->other);
    if (event->a < 1 || event->a > MODEL_MAX_MACHINES || event->b < 1 || event->b > MODEL_MAX_SPEED_PPM)
        return model_refuse(error, event, "expected a number of machines, and a speed in ppm", event->a);
    recount(m, event->other, event->pool, event->a - e->machines);
    set(m, &e->machines, event->a);
    if (set(m, &e->speed_ppm, event->b))
        model_find_sure(m);
    return SKY_OK;
}

/* ---- what tasks ask for -------------------------------------------------------------------------------------------- */

static int asks_the_same(const node_request *ask, const sky_event *event)
{
    const uint16_t *sizes = ask->slice.sizes;

    switch (event->kind) {
    case SKY_EVENT_REQUEST:
        return ask->mcpu == event->a && ask->memory_bytes == event->b && ask->disk_bytes == event->c;
    case SKY_EVENT_ACCELERATE:
        return ask->profiles == 0 && !node_asks_slice(ask) && ask->devices == event->a &&
               ask->mgpu == event->b && ask->models == (uint64_t)event->c &&
               ask->one_group == (event->detail != 0);
    case SKY_EVENT_PROFILE:
        return ask->profiles == event->a && event->a != 0 && ask->models == (uint64_t)event->b;
    case SKY_EVENT_SLICE:
        return sizes[0] == event->a && sizes[1] == event->b && sizes[2] == event->c &&
               ask->models == (uint64_t)event->d;
    default:
        return ask->labels == (uint64_t)event->a && ask->tolerations == (uint64_t)event->b;
    }
}

static sky_status retell_request(model *m, const sky_event *event, sky_error *error)
{
    model_request *r = m->array[MODEL_REQUESTS].items;

    if (!model_is_task(m, event->other))
        return refuse(error, event, event->other);
    r += event->other;
    if (!asks_the_same(&r->ask, event))
        return model_refuse(error, event, "expected what the class's tasks ask for: they hold it", event->a);
    if (event->kind == SKY_EVENT_REQUEST && (event->d < 0 || event->d > FACTS_MOST_EXPECTED))
        return model_refuse(error, event, "expected a number of tasks", event->d);
    if (event->kind == SKY_EVENT_REQUEST)
        set(m, &r->expected, event->d);
    return SKY_OK;
}

static sky_status retell_term(const model *m, const sky_event *event, sky_error *error)
{
    const terms_term *is = m->array[MODEL_TERMS].items;
    terms_term told;

    if (!model_is_task(m, event->other))
        return refuse(error, event, event->other);
    if (event->kind == SKY_EVENT_GROUPS)
        return model_request_of(m, event->other)->groups == (uint64_t)event->a
                   ? SKY_OK
                   : refuse(error, event, event->a);
    told = term_of_event(event);
    for (uint32_t i = 0; i < m->array[MODEL_TERMS].count; i++)
        if (memcmp(&is[i], &told, sizeof told) == 0)
            return SKY_OK;
    return refuse(error, event, event->other);
}

static sky_status retell_rate(model *m, const sky_event *event, sky_error *error)
{
    int is_pair = event->kind == SKY_EVENT_PAIR_RATE;
    model_rate *rate = training_rate_at(m, event->other, event->detail, (uint32_t)event->b,
                                        is_pair ? (uint32_t)event->d : SKY_NONE);

    if (rate == NULL)
        return refuse(error, event, event->other);
    if (event->a < 0 || event->a > TRAINING_MOST_USTEPS || event->c < 0 || event->c > TRAINING_MOST_USTEPS)
        return model_refuse(error, event, "expected 0 to 10^15 millionths of a step per second", event->a);
    set(m, &rate->usteps, event->a);
    set(m, &rate->spread_usteps, event->c);
    return SKY_OK;
}

/* ---- pools that grow and shrink -------------------------------------------------------------------------------------- */

static int has_shape(const node *n, const sky_event *event)
{
    if (event->kind == SKY_EVENT_SHAPE_MARKS)
        return n->labels == (uint64_t)event->a && n->taints == (uint64_t)event->b;
    return n->mcpu == event->a && n->memory_bytes == event->b && n->disk_bytes == event->c &&
           n->devices == event->other && (n->devices == 0 || n->model == event->detail) &&
           n->group_starts == (event->d & 0xffff) &&
           event->d >> 16 == (n->mode == NODE_MIG ? mig_unpack(n->mig[0]).model + 1 : 0);
}

static sky_status retell_quota(model *m, const sky_event *event, sky_error *error)
{
    model_quota *q = m->array[MODEL_QUOTAS].items, *only = NULL;
    uint32_t found = 0;

    if (event->a < 0)
        return model_refuse(error, event, "expected what is counted, and how much of it", event->a);
    for (uint32_t i = 0; i < m->array[MODEL_QUOTAS].count; i++) {
        if (q[i].provider != event->other || q[i].region != event->region || q[i].counts != event->detail)
            continue;
        if (q[i].most == event->a)
            return SKY_OK;
        only = &q[i];
        found++;
    }
    if (found != 1)
        return refuse(error, event, found);
    set(m, &only->most, event->a);
    return SKY_OK;
}

/* ---- all of them ----------------------------------------------------------------------------------------------------- */

/* Kinds that are as well told a second time as the first, by who hears the first; here: did anything change? */
static sky_status overwrite(model *m, const sky_event *event, model_array_id id, uint32_t index,
                            sky_status (*observe)(model *, const sky_event *, sky_error *), sky_error *error)
{
    unsigned char before[sizeof(model_scale)];
    size_t size = model_item_size(id);
    const model_scalars is = m->is;
    sky_status status;

    if (index >= m->array[id].count)
        return refuse(error, event, index);
    memcpy(before, (unsigned char *)m->array[id].items + index * size, size);
    status = observe(m, event, error);
    m->is = is;
    if (status == SKY_OK && memcmp(before, (unsigned char *)m->array[id].items + index * size, size) != 0)
        has_changed(m);
    return status;
}

sky_status retold_observe(model *m, const sky_event *event, sky_error *error)
{
    switch (event->kind) {
    case SKY_EVENT_PROVIDER:
        return retell_provider(m, event, error);
    case SKY_EVENT_REGION:
        return retell_region(m, event, error);
    case SKY_EVENT_POOL:
        return retell_pool(m, event, error);
    case SKY_EVENT_CLASS:
        return event->other < m->array[MODEL_CLASSES].count ? SKY_OK : refuse(error, event, event->other);
    case SKY_EVENT_ELIGIBLE:
        return retell_eligible(m, event, error);
    case SKY_EVENT_REQUEST:
    case SKY_EVENT_ACCELERATE:
    case SKY_EVENT_SELECT:
    case SKY_EVENT_PROFILE:
    case SKY_EVENT_SLICE:
        return retell_request(m, event, error);
    case SKY_EVENT_GROUPS:
    case SKY_EVENT_PREFER:
    case SKY_EVENT_AFFINITY:
    case SKY_EVENT_ANTI_AFFINITY:
    case SKY_EVENT_SPREAD:
        return retell_term(m, event, error);
    case SKY_EVENT_RATE:
    case SKY_EVENT_PAIR_RATE:
        return retell_rate(m, event, error);
    case SKY_EVENT_SCALE:
        if (model_scale_of(m, event->pool) == NULL)
            return refuse(error, event, event->pool);
        return overwrite(m, event, MODEL_SCALES, event->pool, scaling_observe, error);
    case SKY_EVENT_SHAPE:
    case SKY_EVENT_SHAPE_MARKS:
        return model_scale_of(m, event->pool) != NULL &&
                       has_shape(&model_scale_of(m, event->pool)->shape, event)
                   ? SKY_OK
                   : refuse(error, event, event->pool);
    case SKY_EVENT_QUOTA:
        return retell_quota(m, event, error);
    case SKY_EVENT_DATA:
        return overwrite(m, event, MODEL_DATA, event->other, scaling_observe, error);
    case SKY_EVENT_TENANT:
        return overwrite(m, event, MODEL_TENANTS, event->other, tenant_observe, error);
    case SKY_EVENT_POWER:
        return overwrite(m, event, MODEL_POOLS, event->pool, power_observe, error);
    default:
        return model_refuse(error, event, "the catalog is complete once jobs have been submitted",
                            event->kind);
    }
}
