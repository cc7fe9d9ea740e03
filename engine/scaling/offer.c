#include "scaling.h"

int64_t scaling_size(const model *m, uint32_t pool)
{
    const model_scale *s = model_scale_of(m, pool);
    int64_t size = 0;

    for (int i = 0; i < SKY_PURCHASE_COUNT; i++)
        size += s->alive[i] + s->ordered[i];
    return size;
}

int64_t scaling_quota_amount(const model_scale *s, uint32_t counts)
{
    return counts == SKY_QUOTA_MACHINES ? 1 : counts == SKY_QUOTA_MCPU ? s->shape.mcpu : s->shape.devices;
}

static int is_within_quotas(const model *m, uint32_t pool)
{
    const model_scale *s = model_scale_of(m, pool);
    uint32_t region = model_pools(m)[pool].region;
    const model_quota *q = m->array[MODEL_QUOTAS].items;

    for (uint32_t i = 0; i < m->array[MODEL_QUOTAS].count; i++)
        if (q[i].provider == model_regions(m)[region].provider &&
            (q[i].region == SKY_NONE || q[i].region == region) &&
            q[i].used + scaling_quota_amount(s, q[i].counts) > q[i].most)
            return 0;
    return 1;
}

int scaling_may_grow(const model *m, uint32_t pool, sky_purchase purchase)
{
    const model_pool *p = &model_pools(m)[pool];
    const model_scale *s = model_scale_of(m, pool);

    return s != NULL && purchase != SKY_RESERVED && (p->purchases & p->price_known & 1u << purchase) &&
           m->is.now_ns >= s->back_off_until[purchase] && scaling_size(m, pool) < s->most &&
           is_within_quotas(m, pool);
}

int64_t scaling_price_nusd(const model *m, uint32_t pool, sky_purchase purchase)
{
    const model_scale *s = model_scale_of(m, pool);

    if (purchase == SKY_ON_DEMAND && s->alive[SKY_ON_DEMAND] + s->ordered[SKY_ON_DEMAND] < s->committed)
        return 0;
    return model_pools(m)[pool].price_nusd[purchase];
}

int scaling_cheapest_purchase(const model *m, uint32_t pool, sky_purchase *purchase)
{
    int found = 0;

    for (int i = 0; i < SKY_PURCHASE_COUNT; i++)
        if (scaling_may_grow(m, pool, (sky_purchase)i) &&
            (!found ||
             scaling_price_nusd(m, pool, (sky_purchase)i) < scaling_price_nusd(m, pool, *purchase))) {
            *purchase = (sky_purchase)i;
            found = 1;
        }
    return found;
}

sky_status scaling_order(sky_engine *engine, uint32_t pool, sky_purchase purchase, sky_reason reason)
{
    sky_action *a = engine_order(engine, SKY_ACTION_GROW, reason, SKY_NONE);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->pool = pool;
    a->purchase = (uint16_t)purchase;
    a->score = scaling_price_nusd(&engine->model, pool, purchase);
    scaling_count_order(&engine->model, pool, purchase);
    return SKY_OK;
}
