/* Pools whose nodes come and go: their limits, how nodes boot, quotas, and when they are scaled. */
#include "config.h"

#include <math.h>
#include <string.h>

#define NODES_MOST 1000000

/* ---- pools ------------------------------------------------------------------------------------------------------- */

static sky_status load_boot(loader *l, const config_setting_t *group, scenario_pool *p)
{
    const config_setting_t *boot = config_setting_get_member(group, "boot");
    int kind = BOOT_FIXED;
    sky_status status;

    if (boot == NULL || !config_setting_is_group(boot))
        return config_get_quantity(l, group, "boot", UNIT_TIME, 0, &p->boot_ns);
    status = config_check_keys(l, boot, "distribution mean sigma shape");
    if (status == SKY_OK && p->scale.most == 0)
        return config_fail(l, group, "boot", "a distribution",
                           "a time, as the pool's nodes do not come and go");
    if (status == SKY_OK)
        status = config_get_choice(l, boot, "distribution", 0, "fixed exponential lognormal weibull", &kind);
    if (status == SKY_OK)
        status = config_get_quantity(l, boot, "mean", UNIT_TIME, 1, &p->boot_ns);
    if (status == SKY_OK && kind == BOOT_LOGNORMAL)
        status = config_get_real(l, boot, "sigma", 1, 0, 5, &p->scale.boot_shape);
    if (status == SKY_OK && kind == BOOT_WEIBULL)
        status = config_get_real(l, boot, "shape", 1, 0.05, 20, &p->scale.boot_shape);
    p->scale.boot = (boot_kind)kind;
    return status;
}

static sky_status load_stock(loader *l, const config_setting_t *group, scenario_scale *scale)
{
    const config_setting_t *stock;
    sky_status status = config_get_group(l, group, "stock", 0, &stock);

    if (status != SKY_OK || stock == NULL)
        return status;
    if (scale->most == 0)
        return config_fail(l, group, "stock", "stock-outs", "none, as the pool's nodes do not come and go");
    status = config_check_keys(l, stock, "mean_available mean_unavailable");
    if (status == SKY_OK)
        status = config_get_quantity(l, stock, "mean_available", UNIT_TIME, 1, &scale->stock_available_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, stock, "mean_unavailable", UNIT_TIME, 1, &scale->stock_out_ns);
    if (status == SKY_OK && scale->stock_available_ns == 0)
        return config_fail(l, stock, "mean_available", "0", "a time above 0");
    return status;
}

static sky_status load_limits(loader *l, const config_setting_t *nodes, scenario_scale *scale)
{
    sky_status status = config_check_keys(l, nodes, "initial least most committed");

    if (status == SKY_OK)
        status = config_get_integer(l, nodes, "most", 1, 1, NODES_MOST, &scale->most);
    if (status == SKY_OK)
        status = config_get_integer(l, nodes, "least", 0, 0, scale->most, &scale->least);
    scale->initial = scale->least;
    if (status == SKY_OK)
        status = config_get_integer(l, nodes, "initial", 0, scale->least, scale->most, &scale->initial);
    if (status == SKY_OK)
        status = config_get_integer(l, nodes, "committed", 0, 0, scale->most, &scale->committed);
    return status;
}

sky_status load_pool_nodes(loader *l, const config_setting_t *group, scenario_pool *p)
{
    const config_setting_t *nodes = config_setting_get_member(group, "nodes");
    sky_status status;

    if (nodes == NULL || !config_setting_is_group(nodes))
        status = config_get_integer(l, group, "nodes", 0, 1, 10000000, &p->nodes);
    else if (!(p->purchases & (1u << SKY_ON_DEMAND | 1u << SKY_SPOT)))
        return config_fail(l, group, "purchases", "only reserved",
                           "on-demand or spot, and `committed` for what is reserved");
    else if (config_setting_get_member(group, "pod") != NULL)
        return config_fail(l, group, "nodes", "nodes that come and go",
                           "none: a pod's hosts stand from the start");
    else
        status = load_limits(l, nodes, &p->scale);
    if (status == SKY_OK)
        status = load_boot(l, group, p);
    return status == SKY_OK ? load_stock(l, group, &p->scale) : status;
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

sky_status load_data(loader *l, const config_setting_t *group, scenario_class *c)
{
    const config_setting_t *data;
    const char *region = NULL;
    size_t index;
    sky_status status = config_get_group(l, group, "data", 0, &data);

    if (status != SKY_OK || data == NULL)
        return status;
    if (!c->is_task)
        return config_fail(l, group, "data", "the data of jobs with machines of their own",
                           "a class with a request");
    status = config_check_keys(l, data, "region size");
    if (status == SKY_OK)
        status = config_get_string(l, data, "region", 1, &region);
    if (status == SKY_OK)
        status = config_get_quantity(l, data, "size", UNIT_BYTES, 1, &c->data_bytes);
    if (status != SKY_OK)
        return status;
    index = scenario_find_region(l->out, region);
    if (index == l->out->region_count)
        return load_fail_region(l, data, "region", region);
    c->data_region = (uint32_t)index;
    return SKY_OK;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

static sky_status load_quota(loader *l, const config_setting_t *group)
{
    static const char *const keys[SKY_QUOTA_COUNT] = { "machines", "cpus", "accelerators" };
    scenario *s = l->out;
    scenario_quota q = { .region = SKY_NONE };
    const char *provider = NULL, *region = NULL;
    size_t index = 0;
    sky_status status = config_check_keys(l, group, "provider region machines cpus accelerators");

    if (status == SKY_OK)
        status = config_get_string(l, group, "region", 0, &region);
    if (status == SKY_OK && region != NULL) {
        index = scenario_find_region(s, region);
        if (index == s->region_count)
            return load_fail_region(l, group, "region", region);
        q.region = (uint32_t)index;
        q.provider = s->regions[index].provider;
    } else if (status == SKY_OK) {
        status = config_get_string(l, group, "provider", 1, &provider);
        if (status == SKY_OK && (index = scenario_find_provider(s, provider)) == s->provider_count)
            return config_fail(l, group, "provider", provider, "a provider of the catalog");
        q.provider = (uint32_t)index;
    }
    for (int i = 0; i < SKY_QUOTA_COUNT && status == SKY_OK; i++) {
        if (config_setting_get_member(group, keys[i]) == NULL)
            continue;
        status = config_get_integer(l, group, keys[i], 1, 0, INT64_C(1000000000), &q.most);
        q.counts = (sky_quota)i;
        if (q.counts == SKY_QUOTA_MCPU)
            q.most *= 1000;
        s->quotas[s->quota_count++] = q;
    }
    return status;
}

static sky_status load_quotas(loader *l, const config_setting_t *root)
{
    const config_setting_t *list;
    sky_status status = config_get_list(l, root, "quotas", 0, &list);

    if (status != SKY_OK || list == NULL)
        return status;
    l->out->quotas = config_alloc(l, (size_t)config_setting_length(list) * SKY_QUOTA_COUNT + 1,
                                  sizeof *l->out->quotas);
    if (l->out->quotas == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++)
        status = load_quota(l, config_setting_get_elem(list, (unsigned)i));
    return status;
}

static sky_status load_policy(loader *l, const config_setting_t *group)
{
    const char *name = "demand";
    const sky_scaling_info *info;
    suggest_search search;
    sky_status status = config_get_string(l, group, "policy", 0, &name);

    if (status != SKY_OK)
        return status;
    l->out->scaling = config_strdup(l, name);
    if (l->out->scaling == NULL)
        return SKY_ERROR_MEMORY;
    if (sky_scaling_find(name) != NULL)
        return SKY_OK;
    search = suggest_for(name);
    for (size_t i = 0; (info = sky_scaling_at(i)) != NULL; i++)
        suggest_offer(&search, info->name, 0);
    return config_fail_near(l, group, "policy", name, "a policy that `skytwin list scaling` names", &search);
}

sky_status load_scaling(loader *l, const config_setting_t *root)
{
    sky_scaling_options *o = &l->out->scaling_options;
    const config_setting_t *group;
    double below = 0, target = 0.8;
    sky_status status = load_quotas(l, root);

    *o = (sky_scaling_options){ .idle_ns = 600 * SKY_NS_PER_SECOND,
                                .drain_ns = SKY_NS_PER_HOUR,
                                .back_off_ns = 300 * SKY_NS_PER_SECOND,
                                .back_off_most_ns = SKY_NS_PER_HOUR };
    if (status == SKY_OK)
        status = config_get_group(l, root, "scaling", 0, &group);
    if (status != SKY_OK || group == NULL)
        return status;
    status = config_check_keys(l, group,
                               "policy idle drain back_off back_off_most wait_cost drain_below target");
    if (status == SKY_OK)
        status = load_policy(l, group);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "idle", UNIT_TIME, 0, &o->idle_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "drain", UNIT_TIME, 0, &o->drain_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "back_off", UNIT_TIME, 0, &o->back_off_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "back_off_most", UNIT_TIME, 0, &o->back_off_most_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "wait_cost", UNIT_USD_PER_HOUR, 0, &o->wait_nusd_per_hour);
    if (status == SKY_OK)
        status = config_get_real(l, group, "drain_below", 0, 0, 1, &below);
    if (status == SKY_OK)
        status = config_get_real(l, group, "target", 0, 0.01, 1, &target);
    o->drain_below_ppm = llround(below * 1e6);
    o->target_ppm = llround(target * 1e6);
    return status;
}
