/* How tasks that share nodes wait: the queue's discipline, and the tenants' weights. */
#include "config.h"

#include <math.h>
#include <string.h>

#define QUEUE_KEYS                                                                                           \
    "discipline strict depth half_life age_weight size_weight priority_weight fair_share_weight "            \
    "age_saturates highest_priority fair_share_damping preempt grace"
#define MOST_WEIGHT INT64_C(1000000000000)

static sky_status load_discipline(loader *l, const config_setting_t *group, const char *key, int required)
{
    const char *name = "fcfs";
    const sky_queue_info *info;
    suggest_search search;
    sky_status status = config_get_string(l, group, key, required, &name);

    if (status != SKY_OK)
        return status;
    l->out->queue = config_strdup(l, name);
    if (l->out->queue == NULL)
        return SKY_ERROR_MEMORY;
    if (sky_queue_find(name) != NULL)
        return SKY_OK;
    search = suggest_for(name);
    for (size_t i = 0; (info = sky_queue_at(i)) != NULL; i++)
        suggest_offer(&search, info->name, 0);
    return config_fail_near(l, group, key, name, "a discipline that `skytwin list queues` names", &search);
}

static sky_status load_options(loader *l, const config_setting_t *group, sky_queue_options *o)
{
    const struct {
        const char *key;
        int64_t *to, most;
    } numbers[] = {
        { "age_weight", &o->age_weight, MOST_WEIGHT },
        { "size_weight", &o->size_weight, MOST_WEIGHT },
        { "priority_weight", &o->priority_weight, MOST_WEIGHT },
        { "fair_share_weight", &o->fair_share_weight, MOST_WEIGHT },
        { "highest_priority", &o->highest_priority, MOST_WEIGHT },
        { "fair_share_damping", &o->fair_share_damping, 1000000 },
    };
    int strict = 0, preempt = 0;
    int64_t depth = 0;
    sky_status status = config_get_flag(l, group, "strict", &strict);

    if (status == SKY_OK)
        status = config_get_flag(l, group, "preempt", &preempt);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "grace", UNIT_TIME, 0, &l->out->grace_ns);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "depth", 0, 0, 1000000000, &depth);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "half_life", UNIT_TIME, 0, &o->half_life_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "age_saturates", UNIT_TIME, 0, &o->age_saturates_ns);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == SKY_OK; i++)
        status = config_get_integer(l, group, numbers[i].key, 0, 0, numbers[i].most, numbers[i].to);
    o->strict = strict != 0;
    o->preempt = preempt != 0;
    o->depth = (uint32_t)depth;
    return status;
}

static sky_status load_tenant(loader *l, const config_setting_t *group)
{
    scenario *s = l->out;
    const char *name = NULL;
    double weight = 1;
    size_t i = 1;
    sky_status status = config_check_keys(l, group, "name weight");

    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status == SKY_OK)
        status = config_get_real(l, group, "weight", 1, 0.000001, 1000000, &weight);
    if (status != SKY_OK)
        return status;
    while (i < s->tenant_count && strcmp(s->tenants[i], name) != 0)
        i++;
    if (i >= s->tenant_count) {
        suggest_search search = suggest_for(name);

        for (i = 1; i < s->tenant_count; i++)
            suggest_offer(&search, s->tenants[i], 0);
        return config_fail_near(l, group, "name", name, "a tenant whom tasks or workloads name", &search);
    }
    if (s->tenant_weight_ppm[i] != 0)
        return config_fail(l, group, "name", name, "each tenant once");
    s->tenant_weight_ppm[i] = llround(weight * 1e6);
    return SKY_OK;
}

static sky_status load_tenants(loader *l, const config_setting_t *root)
{
    const config_setting_t *list;
    sky_status status = config_get_list(l, root, "tenants", 0, &list);

    l->out->tenant_weight_ppm = config_alloc(l, l->out->tenant_count + 1, sizeof(int64_t));
    if (l->out->tenant_weight_ppm == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; status == SKY_OK && list != NULL && i < config_setting_length(list); i++)
        status = load_tenant(l, config_setting_get_elem(list, (unsigned)i));
    return status;
}

sky_status load_queue(loader *l, const config_setting_t *root)
{
    const config_setting_t *queue = config_setting_get_member(root, "queue");
    sky_status status = load_tenants(l, root);

    if (status != SKY_OK)
        return status;
    if (queue == NULL || !config_setting_is_group(queue))
        return load_discipline(l, root, "queue", 0);
    status = config_check_keys(l, queue, QUEUE_KEYS);
    if (status == SKY_OK)
        status = load_discipline(l, queue, "discipline", 1);
    return status == SKY_OK ? load_options(l, queue, &l->out->queue_options) : status;
}
