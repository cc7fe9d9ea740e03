/* How the engine serves services: a policy's name, or a group with its options. */
#include "config.h"

#include <math.h>

static sky_status load_policy(loader *l, const config_setting_t *group, const char *key, int required)
{
    const char *name = NULL;
    const sky_serving_info *info;
    suggest_search search;
    sky_status status = config_get_string(l, group, key, required, &name);

    if (status != SKY_OK || name == NULL)
        return status;
    l->out->serving = config_strdup(l, name);
    if (l->out->serving == NULL)
        return SKY_ERROR_MEMORY;
    if (sky_serving_find(name) != NULL)
        return SKY_OK;
    search = suggest_for(name);
    for (size_t i = 0; (info = sky_serving_at(i)) != NULL; i++)
        suggest_offer(&search, info->name, 0);
    return config_fail_near(l, group, key, name, "a policy that `skytwin list serving` names", &search);
}

sky_status load_serving(loader *l, const config_setting_t *root)
{
    const config_setting_t *serving = config_setting_get_member(root, "serving");
    sky_serving_options *o = &l->out->serving_options;
    double target = 0.7;
    sky_status status;

    if (serving == NULL || !config_setting_is_group(serving))
        return load_policy(l, root, "serving", 0);
    status = config_check_keys(l, serving, "policy target most wait_cost");
    if (status == SKY_OK)
        status = load_policy(l, serving, "policy", 0);
    if (status == SKY_OK)
        status = config_get_real(l, serving, "target", 0, 0.01, 1, &target);
    if (status == SKY_OK)
        status = config_get_quantity(l, serving, "most", UNIT_USD_PER_HOUR, 0, &o->most_nusd_per_hour);
    if (status == SKY_OK)
        status = config_get_quantity(l, serving, "wait_cost", UNIT_USD_PER_HOUR, 0, &o->wait_nusd_per_hour);
    o->target_ppm = llround(target * 1e6);
    return status;
}
