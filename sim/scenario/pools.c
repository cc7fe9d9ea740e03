/* Pools (zone × machine type) and job classes (what may run where). */
#include "config.h"

#include <stdio.h>
#include <string.h>

#define POOL_KEYS                                                                                            \
    "machine regions zones purchases capacity boot spot nodes mig pod pods node_mtbf node_repair labels "    \
    "stock nodes_per_rack"
#define CLASS_KEYS                                                                                           \
    "name runs_on allowed_jurisdictions request mtbf failure_shape regions zones pools groups prefer "       \
    "affinity anti_affinity spread data"
#define MAX_POOLS 100000

/* Where a synthetic market's figures come from when neither provider nor pool gives them. */
static const scenario_spot_model default_spot = {
    .mean_available_ns = 12 * SKY_NS_PER_HOUR,
    .mean_unavailable_ns = 2 * SKY_NS_PER_HOUR,
    .lifetime_shape = 1,
    .price_volatility = 0.05,
    .price_half_life_ns = 48 * SKY_NS_PER_HOUR,
    .jumps_per_day = 0,
    .jump_size = 0.2,
    .price_interval_ns = 600 * SKY_NS_PER_SECOND,
    .zone_correlation = 0.5,
};

/* The catalog's group of a machine, "aws:m5.4xlarge". */
static const config_setting_t *machine_setting(const config_setting_t *root, const char *name)
{
    const config_setting_t *catalog = config_setting_get_member(root, "catalog"), *provider, *machines;
    const char *colon = strchr(name, ':');
    char provider_name[64];

    snprintf(provider_name, sizeof provider_name, "%.*s", colon != NULL ? (int)(colon - name) : 0, name);
    provider = config_setting_get_member(catalog, provider_name);
    machines = provider != NULL ? config_setting_get_member(provider, "machines") : NULL;
    for (int i = 0; machines != NULL && i < config_setting_length(machines); i++) {
        const config_setting_t *machine = config_setting_get_elem(machines, (unsigned)i);
        const char *own = NULL;

        if (config_setting_lookup_string(machine, "name", &own) && strcmp(own, colon + 1) == 0)
            return machine;
    }
    return NULL;
}

/* Fills the pool's prices from the machine's row for the region. */
static sky_status load_prices(loader *l, const config_setting_t *root, const config_setting_t *at,
                              scenario_pool *p)
{
    const scenario *s = l->out;
    const config_setting_t *machine = machine_setting(root, s->machines[p->machine].name), *prices = NULL;
    const char *region = strchr(s->regions[p->region].name, ':') + 1;
    char expected[200];
    sky_status status = config_get_list(l, machine, "prices", 1, &prices);

    for (int i = 0; status == SKY_OK && i < config_setting_length(prices); i++) {
        const config_setting_t *row = config_setting_get_elem(prices, (unsigned)i);
        const char *name = NULL;

        status = config_check_keys(l, row, "region on_demand spot reserved source date");
        if (status == SKY_OK)
            status = config_get_string(l, row, "region", 1, &name);
        if (status != SKY_OK || strcmp(name, region) != 0)
            continue;
        status = config_get_quantity(l, row, "on_demand", UNIT_USD_PER_HOUR, 1, &p->on_demand_nusd_per_hour);
        if (status == SKY_OK)
            status = config_get_quantity(l, row, "spot", UNIT_USD_PER_HOUR, 0, &p->spot_mean_nusd_per_hour);
        if (status == SKY_OK)
            status = config_get_quantity(l, row, "reserved", UNIT_USD_PER_HOUR, 0,
                                         &p->reserved_nusd_per_hour);
        if (status == SKY_OK && p->on_demand_nusd_per_hour > INT64_C(100000) * 1000000000)
            status = config_fail(l, row, "on_demand", "over 100000 USD/h", "a price per machine-hour");
        return status;
    }
    if (status != SKY_OK)
        return status;
    snprintf(expected, sizeof expected, "a region for which the catalog prices %.60s",
             s->machines[p->machine].name);
    return config_fail(l, at, "regions", s->regions[p->region].name, expected);
}

static sky_status load_purchases(loader *l, const config_setting_t *group, uint32_t *purchases)
{
    char **names = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, group, "purchases", 0, &names, &count);

    if (status != SKY_OK)
        return status;
    *purchases = names == NULL ? 1u << SKY_ON_DEMAND : 0;
    for (size_t i = 0; i < count; i++) {
        int found = 0;

        for (unsigned k = 0; k < SKY_PURCHASE_COUNT; k++)
            if (strcmp(names[i], sky_purchase_name(k)) == 0) {
                *purchases |= 1u << k;
                found = 1;
            }
        if (!found)
            return config_fail(l, group, "purchases", names[i], "some of: on-demand spot reserved");
    }
    return *purchases != 0 ? SKY_OK
                           : config_fail(l, group, "purchases", "none", "some of: on-demand spot reserved");
}

static sky_status add_pool(loader *l, const config_setting_t *root, const config_setting_t *group,
                           const scenario_pool *like, uint32_t region, uint32_t zone)
{
    scenario *s = l->out;
    scenario_pool *p = &s->pools[s->pool_count];
    const char *machine = strchr(s->machines[like->machine].name, ':') + 1;
    const config_setting_t *catalog = config_setting_get_member(root, "catalog"), *spot = NULL, *provider;
    char name[256];
    sky_status status;

    *p = *like;
    p->region = region;
    p->zone = zone;
    snprintf(name, sizeof name, "%.100s%.20s/%.100s", s->regions[region].name, s->regions[region].zones[zone],
             machine);
    p->name = config_strdup(l, name);
    if (p->name == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < s->pool_count; i++)
        if (strcmp(s->pools[i].name, name) == 0)
            return config_fail(l, group, "regions", name, "pools that are not declared twice");
    status = load_prices(l, root, group, p);
    if (status != SKY_OK)
        return status;
    if ((p->purchases & 1u << SKY_SPOT) && p->spot_mean_nusd_per_hour == 0)
        return config_fail(l, group, "purchases", "spot, for which the catalog has no price there",
                           "on-demand only");
    if ((p->purchases & 1u << SKY_RESERVED) && p->reserved_nusd_per_hour == 0)
        return config_fail(l, group, "purchases", "reserved, for which the catalog has no price there",
                           "on-demand only");
    p->spot = default_spot;
    provider = config_setting_get_member(catalog, s->providers[s->regions[region].provider].name);
    status = config_get_group(l, provider, "spot", 0, &spot);
    if (status == SKY_OK && spot != NULL)
        status = load_spot_model(l, spot, &p->spot);
    if (status == SKY_OK)
        status = config_get_group(l, group, "spot", 0, &spot);
    if (status == SKY_OK && spot != NULL)
        status = load_spot_model(l, spot, &p->spot);
    if (status == SKY_OK && p->scale.committed > 0 && p->reserved_nusd_per_hour == 0)
        return config_fail(l, group, "nodes",
                           "committed nodes, for which the catalog has no reserved price there", "none");
    s->pool_count += status == SKY_OK;
    return status;
}

/* How often the pool's nodes fail. */
static sky_status load_node_failures(loader *l, const config_setting_t *group, scenario_pool *p)
{
    sky_status status = config_get_quantity(l, group, "node_mtbf", UNIT_TIME, 0, &p->node_failure_ns);

    p->node_repair_ns = 4 * SKY_NS_PER_HOUR;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "node_repair", UNIT_TIME, 0, &p->node_repair_ns);
    if (status == SKY_OK && p->nodes == 0 && p->node_failure_ns > 0)
        status = config_fail(l, group, "node_mtbf", "a pool without nodes", "nodes = NUMBER");
    return status;
}

/* How many of them stand together. */
static sky_status load_racks(loader *l, const config_setting_t *group, scenario_pool *p)
{
    sky_status status = config_get_integer(l, group, "nodes_per_rack", 0, 1, 10000, &p->rack_nodes);

    if (status == SKY_OK && p->rack_nodes > 0 && ((p->nodes == 0 && p->scale.most == 0) || p->pods > 0))
        status = config_fail(l, group, "nodes_per_rack", "a pool without nodes, or of pods", "nodes");
    return status;
}

static sky_status load_pool_group(loader *l, const config_setting_t *root, const config_setting_t *group)
{
    scenario *s = l->out;
    scenario_pool like = { .capacity = INT64_MAX };
    const char *machine = NULL;
    char **regions = NULL;
    size_t region_count = 0, index;
    int64_t zones = 1;
    sky_status status = config_check_keys(l, group, POOL_KEYS);

    if (status == SKY_OK)
        status = config_get_string(l, group, "machine", 1, &machine);
    if (status == SKY_OK && (index = scenario_find_machine(s, machine)) == s->machine_count)
        return load_fail_machine(l, group, "machine", machine);
    if (status == SKY_OK)
        like.machine = (uint32_t)index;
    if (status == SKY_OK)
        status = config_get_strings(l, group, "regions", 1, &regions, &region_count);
    if (status == SKY_OK && region_count == 0)
        status = config_fail(l, group, "regions", "none", "at least one region");
    if (status == SKY_OK)
        status = config_get_integer(l, group, "zones", 0, 1, 1000, &zones);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "capacity", 0, 1, INT64_C(1000000000), &like.capacity);
    if (status == SKY_OK)
        status = load_purchases(l, group, &like.purchases);
    if (status == SKY_OK)
        status = load_pool_nodes(l, group, &like);
    if (status == SKY_OK)
        status = load_pool_accelerators(l, group, &like);
    if (status == SKY_OK)
        status = load_node_failures(l, group, &like);
    if (status == SKY_OK)
        status = load_racks(l, group, &like);
    if (status == SKY_OK)
        status = load_name_set(l, group, "labels", &s->labels, NULL, &like.labels);
    for (size_t r = 0; r < region_count && status == SKY_OK; r++) {
        size_t region = scenario_find_region(s, regions[r]);

        if (region == s->region_count)
            return load_fail_region(l, group, "regions", regions[r]);
        if (s->regions[region].provider != s->machines[like.machine].provider)
            return config_fail(l, group, "regions", regions[r], "regions of the machine's provider");
        for (uint32_t z = 0; z < (uint32_t)zones && z < s->regions[region].zone_count && status == SKY_OK;
             z++)
            status = add_pool(l, root, group, &like, (uint32_t)region, z);
    }
    return status;
}

/* ---- classes ---------------------------------------------------------------------------------------------- */

static sky_status load_runs_on(loader *l, const config_setting_t *group, scenario_class *c)
{
    scenario *s = l->out;
    const config_setting_t *list;
    scenario_eligible *by_pool; /* machines 0: not eligible */
    sky_status status = config_get_list(l, group, "runs_on", 1, &list);

    if (status != SKY_OK)
        return status;
    by_pool = config_alloc(l, s->pool_count + 1, sizeof *by_pool);
    c->eligible = config_alloc(l, s->pool_count + 1, sizeof *c->eligible);
    if (by_pool == NULL || c->eligible == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *entry = config_setting_get_elem(list, (unsigned)i);
        const char *machine = NULL;
        int64_t count = 1;
        double speed = 1;
        size_t index = 0;

        status = config_check_keys(l, entry, "machine count speed");
        if (status == SKY_OK)
            status = config_get_string(l, entry, "machine", 1, &machine);
        if (status == SKY_OK && (index = scenario_find_machine(s, machine)) == s->machine_count)
            return load_fail_machine(l, entry, "machine", machine);
        if (status == SKY_OK)
            status = config_get_integer(l, entry, "count", 0, 1, 1000000, &count);
        if (status == SKY_OK)
            status = config_get_real(l, entry, "speed", 0, 0.001, 1000, &speed);
        for (size_t p = 0; status == SKY_OK && p < s->pool_count; p++)
            if (s->pools[p].machine == index)
                by_pool[p] = (scenario_eligible){ (uint32_t)p, count, (int64_t)(speed * 1e6 + 0.5) };
    }
    for (size_t p = 0; p < s->pool_count; p++)
        if (by_pool[p].machines > 0)
            c->eligible[c->eligible_count++] = by_pool[p];
    if (status == SKY_OK && c->eligible_count == 0)
        status = config_fail(l, group, "runs_on", "machines of which there is no pool",
                             "at least one machine of `pools`");
    return status;
}

sky_status load_closed_regions(loader *l, const config_setting_t *group, unsigned char **closed)
{
    const scenario *s = l->out;
    char **allowed = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, group, "allowed_jurisdictions", 0, &allowed, &count);

    *closed = config_alloc(l, s->region_count + 1, sizeof **closed);
    if (*closed == NULL)
        return SKY_ERROR_MEMORY;
    if (status != SKY_OK || allowed == NULL)
        return status;
    for (size_t a = 0; a < count; a++) {
        int known = 0;

        for (size_t r = 0; r < s->region_count; r++)
            for (size_t j = 0; j < s->regions[r].jurisdiction_count; j++)
                known |= strcmp(allowed[a], s->regions[r].jurisdictions[j]) == 0;
        if (!known)
            return config_fail(l, group, "allowed_jurisdictions", allowed[a],
                               "jurisdictions of the catalog's regions");
    }
    for (size_t r = 0; r < s->region_count; r++) {
        int open = 0;

        for (size_t j = 0; j < s->regions[r].jurisdiction_count; j++)
            for (size_t a = 0; a < count; a++)
                open |= strcmp(s->regions[r].jurisdictions[j], allowed[a]) == 0;
        (*closed)[r] = !open;
    }
    return SKY_OK;
}

static sky_status load_jurisdictions(loader *l, const config_setting_t *group, scenario_class *c)
{
    unsigned char *closed;
    sky_status status = load_closed_regions(l, group, &closed);

    c->forbidden_regions = config_alloc(l, l->out->region_count + 1, sizeof *c->forbidden_regions);
    if (status == SKY_OK && c->forbidden_regions == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t r = 0; status == SKY_OK && r < l->out->region_count; r++)
        if (closed[r])
            c->forbidden_regions[c->forbidden_count++] = (uint32_t)r;
    return status;
}

static sky_status load_class(loader *l, const config_setting_t *group, scenario_class *c)
{
    const char *name = NULL;
    sky_status status = config_check_keys(l, group, CLASS_KEYS);

    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status != SKY_OK)
        return status;
    for (size_t i = 0; i < l->out->class_count; i++)
        if (strcmp(l->out->classes[i].name, name) == 0)
            return config_fail(l, group, "name", name, "a name of its own");
    c->name = config_strdup(l, name);
    if (c->name == NULL)
        return SKY_ERROR_MEMORY;
    if (config_setting_get_member(group, "request") != NULL) {
        status = load_request(l, group, c);
        if (status == SKY_OK)
            status = load_class_terms(l, group, c);
    } else if (config_setting_get_member(group, "mtbf") != NULL) {
        status = config_fail(l, group, "mtbf", "a class with runs_on", "a class with a request");
    } else {
        status = refuse_class_terms(l, group);
        if (status == SKY_OK)
            status = load_runs_on(l, group, c);
    }
    if (status == SKY_OK)
        status = load_data(l, group, c);
    return status == SKY_OK ? load_jurisdictions(l, group, c) : status;
}

int load_is_of_services(const config_setting_t *root)
{
    return (config_setting_get_member(root, "services") != NULL ||
            config_setting_get_member(root, "pipelines") != NULL) &&
           config_setting_get_member(root, "pools") == NULL &&
           config_setting_get_member(root, "classes") == NULL &&
           config_setting_get_member(root, "workloads") == NULL;
}

sky_status load_pools(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *pools, *classes;
    size_t most = 0;
    sky_status status;

    if (load_is_of_services(root))
        return SKY_OK; /* what runs elsewhere is not looked at */
    status = config_get_list(l, root, "pools", 1, &pools);
    if (status == SKY_OK)
        status = config_get_list(l, root, "classes", 1, &classes);
    if (status != SKY_OK)
        return status;
    for (size_t r = 0; r < s->region_count; r++)
        most += s->regions[r].zone_count;
    most *= (size_t)config_setting_length(pools);
    if (most > MAX_POOLS)
        return config_fail(l, root, "pools", "too many", "100000 pools at most");
    s->pools = config_alloc(l, most + 1, sizeof *s->pools);
    s->classes = config_alloc(l, (size_t)config_setting_length(classes) + 1, sizeof *s->classes);
    if (s->pools == NULL || s->classes == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < config_setting_length(pools) && status == SKY_OK; i++)
        status = load_pool_group(l, root, config_setting_get_elem(pools, (unsigned)i));
    if (status == SKY_OK)
        status = load_nodes(l, root);
    if (status == SKY_OK)
        status = load_class_groups(l, classes);
    for (int i = 0; i < config_setting_length(classes) && status == SKY_OK;
         i++, s->class_count += status == SKY_OK)
        status = load_class(l, config_setting_get_elem(classes, (unsigned)i), &s->classes[s->class_count]);
    if (status == SKY_OK && (s->pool_count == 0 || s->class_count == 0))
        status = config_fail(l, root, s->pool_count == 0 ? "pools" : "classes", "an empty list",
                             "at least one");
    return status;
}
