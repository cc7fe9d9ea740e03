#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PROVIDER_KEYS                                                                                        \
    "title kind spot_notice billing_minimum billing_increment egress spot power regions machines"
#define REGION_KEYS "name title country jurisdictions latitude longitude zones carbon source date"
#define MACHINE_KEYS                                                                                         \
    "name cpus memory accelerator accelerators accelerator_memory tpu interconnect "                         \
    "mig_model torus prices source date"
#define SPOT_KEYS                                                                                            \
    "mean_available mean_unavailable lifetime_shape price_volatility price_half_life jumps_per_day "         \
    "jump_size "                                                                                             \
    "price_interval zone_correlation source date"
#define HOUR SKY_NS_PER_HOUR

size_t scenario_find_region(const scenario *s, const char *name)
{
    size_t i = 0;

    while (i < s->region_count && strcmp(s->regions[i].name, name) != 0)
        i++;
    return i;
}

size_t scenario_find_machine(const scenario *s, const char *name)
{
    size_t i = 0;

    while (i < s->machine_count && strcmp(s->machines[i].name, name) != 0)
        i++;
    return i;
}

size_t scenario_find_provider(const scenario *s, const char *name)
{
    size_t i = 0;

    while (i < s->provider_count && strcmp(s->providers[i].name, name) != 0)
        i++;
    return i;
}

sky_status load_fail_machine(loader *l, const config_setting_t *at, const char *key, const char *name)
{
    suggest_search search = suggest_for(name);

    for (size_t i = 0; i < l->out->machine_count; i++)
        suggest_offer(&search, l->out->machines[i].name, 0);
    return config_fail_near(l, at, key, name, "a machine of the catalog, such as \"aws:m5.4xlarge\"",
                            &search);
}

sky_status load_fail_region(loader *l, const config_setting_t *at, const char *key, const char *name)
{
    suggest_search search = suggest_for(name);

    for (size_t i = 0; i < l->out->region_count; i++)
        suggest_offer(&search, l->out->regions[i].name, 0);
    return config_fail_near(l, at, key, name, "a region of the catalog, such as \"aws:us-east-1\"", &search);
}

sky_status load_spot_model(loader *l, const config_setting_t *group, scenario_spot_model *m)
{
    sky_status status = config_check_keys(l, group, SPOT_KEYS);
    struct {
        const char *key;
        int64_t *to;
    } times[] = { { "mean_available", &m->mean_available_ns },
                  { "mean_unavailable", &m->mean_unavailable_ns },
                  { "price_half_life", &m->price_half_life_ns },
                  { "price_interval", &m->price_interval_ns } };
    struct {
        const char *key;
        double least, most, *to;
    } reals[] = { { "lifetime_shape", 0.1, 10, &m->lifetime_shape },
                  { "price_volatility", 0, 10, &m->price_volatility },
                  { "jumps_per_day", 0, 100, &m->jumps_per_day },
                  { "jump_size", 0, 5, &m->jump_size },
                  { "zone_correlation", 0, 1, &m->zone_correlation } };

    for (size_t i = 0; i < sizeof times / sizeof times[0] && status == SKY_OK; i++) {
        status = config_get_quantity(l, group, times[i].key, UNIT_TIME, 0, times[i].to);
        if (status == SKY_OK && *times[i].to < SKY_NS_PER_SECOND)
            status = config_fail(l, group, times[i].key, "less than a second", "a time of at least \"1 s\"");
    }
    for (size_t i = 0; i < sizeof reals / sizeof reals[0] && status == SKY_OK; i++)
        status = config_get_real(l, group, reals[i].key, 0, reals[i].least, reals[i].most, reals[i].to);
    return status;
}

static sky_status load_egress(loader *l, const config_setting_t *provider, scenario_provider *p)
{
    const config_setting_t *group, *tiers;
    sky_status status = config_get_group(l, provider, "egress", 1, &group);

    if (status == SKY_OK)
        status = config_check_keys(l, group, "between_regions between_zones internet source date");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "between_regions", UNIT_USD_PER_GB, 1,
                                     &p->egress_between_regions_nusd_per_gb);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "between_zones", UNIT_USD_PER_GB, 0,
                                     &p->between_zones_nusd_per_gb);
    if (status == SKY_OK)
        status = config_get_list(l, group, "internet", 1, &tiers);
    if (status != SKY_OK)
        return status;
    p->internet_egress_count = (size_t)config_setting_length(tiers);
    if (p->internet_egress_count == 0)
        return config_fail(l, group, "internet", "an empty list", "at least one tier { price = …; }");
    p->internet_egress = config_alloc(l, p->internet_egress_count, sizeof *p->internet_egress);
    if (p->internet_egress == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < p->internet_egress_count && status == SKY_OK; i++) {
        const config_setting_t *tier = config_setting_get_elem(tiers, (unsigned)i);
        int last = i + 1 == p->internet_egress_count;

        p->internet_egress[i].up_to_bytes = INT64_MAX;
        status = config_check_keys(l, tier, "up_to price");
        if (status == SKY_OK)
            status = config_get_quantity(l, tier, "price", UNIT_USD_PER_GB, 1,
                                         &p->internet_egress[i].nusd_per_gb);
        if (status == SKY_OK)
            status = config_get_quantity(l, tier, "up_to", UNIT_BYTES, !last,
                                         &p->internet_egress[i].up_to_bytes);
        if (status == SKY_OK && i > 0 &&
            p->internet_egress[i].up_to_bytes <= p->internet_egress[i - 1].up_to_bytes)
            status = config_fail(l, tier, "up_to", "no more than the tier before", "rising tiers");
        if (last)
            p->internet_egress[i].up_to_bytes = INT64_MAX;
    }
    return status;
}

static sky_status load_region(loader *l, const config_setting_t *group, uint32_t provider, scenario_region *r)
{
    const char *name = NULL, *title = "", *country = "";
    char full[128];
    sky_status status = config_check_keys(l, group, REGION_KEYS);

    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status == SKY_OK)
        status = config_get_string(l, group, "title", 0, &title);
    if (status == SKY_OK)
        status = config_get_string(l, group, "country", 0, &country);
    if (status == SKY_OK)
        status = config_get_strings(l, group, "jurisdictions", 1, &r->jurisdictions, &r->jurisdiction_count);
    if (status == SKY_OK)
        status = config_get_strings(l, group, "zones", 1, &r->zones, &r->zone_count);
    if (status == SKY_OK)
        status = config_get_real(l, group, "latitude", 0, -90, 90, &r->latitude);
    if (status == SKY_OK)
        status = config_get_real(l, group, "longitude", 0, -180, 180, &r->longitude);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "carbon", UNIT_CARBON, 0, &r->carbon_gco2_per_mwh);
    if (status != SKY_OK)
        return status;
    if (r->zone_count == 0)
        return config_fail(l, group, "zones", "none", "at least one zone");
    snprintf(full, sizeof full, "%.50s:%.70s", l->out->providers[provider].name, name);
    if (scenario_find_region(l->out, full) < l->out->region_count)
        return config_fail(l, group, "name", "a second region of that name", "a name of its own");
    r->provider = provider;
    r->name = config_strdup(l, full);
    r->title = config_strdup(l, title);
    r->country = config_strdup(l, country);
    return r->name != NULL && r->title != NULL && r->country != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_machine(loader *l, const config_setting_t *group, uint32_t provider,
                               scenario_machine *m)
{
    const char *name = NULL, *accelerator = "";
    char full[128];
    int64_t cpus = 0, accelerators = 0;
    sky_status status = config_check_keys(l, group, MACHINE_KEYS);

    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "cpus", 1, 1, 100000, &cpus);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "memory", UNIT_BYTES, 1, &m->memory_bytes);
    if (status == SKY_OK)
        status = config_get_string(l, group, "accelerator", 0, &accelerator);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "accelerators", 0, 0, 100000, &accelerators);
    if (status == SKY_OK)
        status = config_get_flag(l, group, "tpu", &m->accelerator_is_tpu);
    if (status != SKY_OK)
        return status;
    snprintf(full, sizeof full, "%.50s:%.70s", l->out->providers[provider].name, name);
    if (scenario_find_machine(l->out, full) < l->out->machine_count)
        return config_fail(l, group, "name", "a second machine of that name", "a name of its own");
    m->provider = provider;
    m->mcpu = cpus * 1000;
    m->accelerators = (int)accelerators;
    status = load_machine_accelerators(l, group, m);
    if (status != SKY_OK)
        return status;
    m->name = config_strdup(l, full);
    m->accelerator = config_strdup(l, accelerator);
    return m->name != NULL && m->accelerator != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_provider(loader *l, const config_setting_t *group, scenario_provider *p)
{
    const char *title = config_setting_name(group);
    int kind = 0;
    sky_status status = config_check_keys(l, group, PROVIDER_KEYS);

    p->billing_increment_ns = SKY_NS_PER_SECOND;
    p->name = config_strdup(l, config_setting_name(group));
    if (status == SKY_OK)
        status = config_get_string(l, group, "title", 0, &title);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "kind", 1, "cloud on-premises edge", &kind);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "spot_notice", UNIT_TIME, 0, &p->spot_notice_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "billing_minimum", UNIT_TIME, 0, &p->billing_minimum_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "billing_increment", UNIT_TIME, 0, &p->billing_increment_ns);
    if (status == SKY_OK && p->billing_increment_ns == 0)
        status = config_fail(l, group, "billing_increment", "0", "a time of at least \"1 ns\"");
    if (status == SKY_OK)
        status = load_egress(l, group, p);
    if (status == SKY_OK)
        status = load_power(l, group, p);
    p->kind = (provider_kind)kind;
    p->title = config_strdup(l, title);
    return status != SKY_OK ? status : p->name != NULL && p->title != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_regions_and_machines(loader *l, const config_setting_t *group, uint32_t provider)
{
    scenario *s = l->out;
    const config_setting_t *regions, *machines;
    sky_status status = config_get_list(l, group, "regions", 1, &regions);

    if (status == SKY_OK)
        status = config_get_list(l, group, "machines", 1, &machines);
    for (int i = 0; status == SKY_OK && i < config_setting_length(regions);
         i++, s->region_count += status == SKY_OK)
        status = load_region(l, config_setting_get_elem(regions, (unsigned)i), provider,
                             &s->regions[s->region_count]);
    for (int i = 0; status == SKY_OK && i < config_setting_length(machines);
         i++, s->machine_count += status == SKY_OK)
        status = load_machine(l, config_setting_get_elem(machines, (unsigned)i), provider,
                              &s->machines[s->machine_count]);
    return status;
}

/* ---- round-trip times ---------------------------------------------------------------------------------------- */

#define EARTH_KM         6371.0
#define FIBRE_KM_PER_S   200000.0
#define DETOUR           1.5 /* cables are longer than the great circle: assumed */
#define LEAST_RTT_MS     1.0
#define RADIANS(degrees) ((degrees)*0.017453292519943295)

/* By the great circle (haversine), where the catalog has no figure; to a tenth of a millisecond. */
static int64_t estimate_rtt_ns(const scenario_region *a, const scenario_region *b)
{
    double x = sin(RADIANS(a->latitude - b->latitude) / 2), y = sin(RADIANS(a->longitude - b->longitude) / 2);
    double h = x * x + cos(RADIANS(a->latitude)) * cos(RADIANS(b->latitude)) * y * y;
    double km = 2 * EARTH_KM * asin(sqrt(h < 1 ? h : 1));

    return llround((LEAST_RTT_MS + 2 * km * DETOUR / FIBRE_KM_PER_S * 1e3) * 10) * 100000;
}

static sky_status load_rtts(loader *l, const config_setting_t *links)
{
    scenario *s = l->out;
    size_t n = s->region_count;
    sky_status status = SKY_OK;

    s->rtt_ns = config_alloc(l, n * n + 1, sizeof *s->rtt_ns);
    if (s->rtt_ns == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++)
            if (from != to)
                s->rtt_ns[from * n + to] = estimate_rtt_ns(&s->regions[from], &s->regions[to]);
    for (int i = 0; links != NULL && i < config_setting_length(links) && status == SKY_OK; i++) {
        const config_setting_t *link = config_setting_get_elem(links, (unsigned)i);
        static const char *const ends[] = { "from", "to" };
        size_t end[2] = { 0, 0 };
        int64_t rtt_ns = 0;

        status = config_check_keys(l, link, "from to rtt source date");
        for (int e = 0; e < 2 && status == SKY_OK; e++) {
            const char *name = NULL;

            status = config_get_string(l, link, ends[e], 1, &name);
            if (status == SKY_OK && (end[e] = scenario_find_region(s, name)) == n)
                status = load_fail_region(l, link, ends[e], name);
        }
        if (status == SKY_OK)
            status = config_get_quantity(l, link, "rtt", UNIT_TIME, 1, &rtt_ns);
        if (status == SKY_OK && rtt_ns == 0)
            status = config_fail(l, link, "rtt", "0", "a round-trip time above 0");
        if (status == SKY_OK)
            s->rtt_ns[end[0] * n + end[1]] = s->rtt_ns[end[1] * n + end[0]] = rtt_ns;
    }
    return status;
}

static size_t count_in(const config_setting_t *catalog, const char *key)
{
    size_t count = 0;

    for (int i = 0; i < config_setting_length(catalog); i++) {
        const config_setting_t *provider = config_setting_get_elem(catalog, (unsigned)i);
        const config_setting_t *list = config_setting_is_group(provider)
                                           ? config_setting_get_member(provider, key)
                                           : NULL;

        if (list != NULL && config_setting_is_aggregate(list))
            count += (size_t)config_setting_length(list);
    }
    return count;
}

static sky_status fill_egress(loader *l)
{
    scenario *s = l->out;
    size_t n = s->region_count;

    s->egress_nusd_per_gb = config_alloc(l, n * n + 1, sizeof *s->egress_nusd_per_gb);
    if (s->egress_nusd_per_gb == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++) {
            const scenario_provider *p = &s->providers[s->regions[from].provider];

            if (from != to)
                s->egress_nusd_per_gb[from * n + to] = s->regions[from].provider == s->regions[to].provider
                                                           ? p->egress_between_regions_nusd_per_gb
                                                           : p->internet_egress[0].nusd_per_gb;
        }
    return SKY_OK;
}

sky_status load_catalog(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *catalog, *links = NULL;
    sky_status status = config_get_group(l, root, "catalog", 1, &catalog);

    if (status != SKY_OK)
        return status;
    s->providers = config_alloc(l, (size_t)config_setting_length(catalog) + 1, sizeof *s->providers);
    s->regions = config_alloc(l, count_in(catalog, "regions") + 1, sizeof *s->regions);
    s->machines = config_alloc(l, count_in(catalog, "machines") + 1, sizeof *s->machines);
    if (s->providers == NULL || s->regions == NULL || s->machines == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < config_setting_length(catalog) && status == SKY_OK; i++) {
        const config_setting_t *group = config_setting_get_elem(catalog, (unsigned)i);

        if (strcmp(config_setting_name(group), "links") == 0 ||
            strcmp(config_setting_name(group), "accelerator_power") == 0)
            continue;
        status = config_get_group(l, catalog, config_setting_name(group), 1, &group);
        if (status == SKY_OK)
            status = load_provider(l, group, &s->providers[s->provider_count]);
        if (status == SKY_OK)
            status = load_regions_and_machines(l, group, (uint32_t)s->provider_count++);
    }
    if (status == SKY_OK)
        status = config_get_list(l, catalog, "links", 0, &links);
    if (status == SKY_OK)
        status = load_rtts(l, links);
    if (status == SKY_OK)
        status = load_energy(l, root, catalog);
    return status == SKY_OK ? fill_egress(l) : status;
}
