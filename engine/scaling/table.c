/* The policies, in the order in which they are listed; and what all of them do. A new one is a file and a line here. */
#include "scaling.h"

#include "../cluster/backlog.h"

#include <string.h>

extern const scaling_policy scaling_demand_policy;
extern const scaling_policy scaling_utilisation_policy;

const scaling_policy *const scaling_table[] = { &scaling_demand_policy, &scaling_utilisation_policy, NULL };

const scaling_policy *scaling_find(const char *name)
{
    for (size_t i = 0; scaling_table[i] != NULL; i++)
        if (strcmp(scaling_table[i]->info.name, name) == 0)
            return scaling_table[i];
    return NULL;
}

const sky_scaling_info *sky_scaling_at(size_t index)
{
    return index + 1 < sizeof scaling_table / sizeof scaling_table[0] ? &scaling_table[index]->info : NULL;
}

const sky_scaling_info *sky_scaling_find(const char *name)
{
    const scaling_policy *policy = scaling_find(name);

    return policy != NULL ? &policy->info : NULL;
}

static sky_status grow_to_least(sky_engine *engine)
{
    const model *m = &engine->model;
    sky_status status = SKY_OK;

    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++) {
        const model_scale *s = model_scale_of(m, pool);
        sky_purchase purchase = SKY_ON_DEMAND;

        while (s != NULL && status == SKY_OK && scaling_size(m, pool) < s->least &&
               scaling_cheapest_purchase(m, pool, &purchase))
            status = scaling_order(engine, pool, purchase, SKY_REASON_LEAST);
    }
    return status;
}

sky_status scaling_decide(sky_engine *engine)
{
    model *m = &engine->model;
    sky_status status;

    if (m->array[MODEL_SCALES].count == 0 || !m->is.scaling)
        return SKY_OK;
    status = backlog_prepare(engine);
    if (status == SKY_OK)
        status = grow_to_least(engine);
    if (status == SKY_OK)
        status = scaling_count_waiting(engine);
    if (status == SKY_OK && engine->scratch->demand_count > 0) {
        uint32_t orders = m->is.next_order;

        status = engine->scaling->grow(engine);
        if (m->is.next_order == orders)
            m->is.settled_ns = m->is.now_ns + 1;
    }
    if (status == SKY_OK)
        status = scaling_shrink(engine);
    m->is.scaling = 0;
    return status;
}
