/* Power and carbon: what machines draw, and the grids of the regions that they stand in. */
#include "config.h"

#include <math.h>
#include <string.h>

#define GRID_KEYS "regions file carbon carbon_swing cleanest price price_swing cheapest noise"
#define DAY_NS    (24 * SKY_NS_PER_HOUR)

/* ---- machines ------------------------------------------------------------------------------------------------------ */

sky_status load_power(loader *l, const config_setting_t *provider, scenario_provider *p)
{
    const config_setting_t *power = NULL;
    sky_status status = config_get_group(l, provider, "power", 0, &power);

    p->pue = 1;
    if (status != SKY_OK || power == NULL)
        return status;
    status = config_check_keys(l, power, "cpu_idle cpu_peak pue source date");
    if (status == SKY_OK)
        status = config_get_quantity(l, power, "cpu_idle", UNIT_POWER, 1, &p->cpu_idle_mw);
    if (status == SKY_OK)
        status = config_get_quantity(l, power, "cpu_peak", UNIT_POWER, 1, &p->cpu_peak_mw);
    if (status == SKY_OK)
        status = config_get_real(l, power, "pue", 1, 1, 10, &p->pue);
    if (status == SKY_OK && (p->cpu_peak_mw < p->cpu_idle_mw || p->cpu_peak_mw > INT64_C(1000000000)))
        status = config_fail(l, power, "cpu_peak", "less than cpu_idle, or over 1 MW",
                             "the power of a core in full use");
    return status;
}

/* Power of one accelerator of a model; both 0 where the catalog does not say. */
static sky_status find_accelerator(loader *l, const config_setting_t *list, const char *model,
                                   int64_t *idle_mw, int64_t *peak_mw)
{
    sky_status status = SKY_OK;

    for (int i = 0; list != NULL && i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *entry = config_setting_get_elem(list, (unsigned)i);
        const char *name = NULL;
        int64_t idle = 0, peak = 0;

        status = config_check_keys(l, entry, "model idle peak source date");
        if (status == SKY_OK)
            status = config_get_string(l, entry, "model", 1, &name);
        if (status == SKY_OK)
            status = config_get_quantity(l, entry, "idle", UNIT_POWER, 1, &idle);
        if (status == SKY_OK)
            status = config_get_quantity(l, entry, "peak", UNIT_POWER, 1, &peak);
        if (status == SKY_OK && (peak < idle || peak > INT64_C(1000000000)))
            status = config_fail(l, entry, "peak", "less than idle, or over 1 MW",
                                 "the power of an accelerator in full use");
        if (status == SKY_OK && strcmp(name, model) == 0) {
            *idle_mw = idle;
            *peak_mw = peak;
        }
    }
    return status;
}

static sky_status power_machines(loader *l, const config_setting_t *catalog)
{
    scenario *s = l->out;
    const config_setting_t *list = NULL;
    sky_status status = config_get_list(l, catalog, "accelerator_power", 0, &list);

    for (size_t i = 0; i < s->machine_count && status == SKY_OK; i++) {
        scenario_machine *m = &s->machines[i];
        const scenario_provider *p = &s->providers[m->provider];
        int64_t idle = 0, peak = 0;
        double cores = (double)m->mcpu / 1000;

        status = find_accelerator(l, list, m->accelerator, &idle, &peak);
        if (p->cpu_peak_mw == 0)
            continue;
        m->idle_mw = llround(p->pue * (cores * (double)p->cpu_idle_mw + m->accelerators * (double)idle));
        m->cores_mw = llround(p->pue * cores * (double)(p->cpu_peak_mw - p->cpu_idle_mw));
        m->accelerator_mw = llround(p->pue * (double)(peak - idle));
    }
    return status;
}

/* ---- grids --------------------------------------------------------------------------------------------------------- */

static sky_status load_time_of_day(loader *l, const config_setting_t *group, const char *key, int64_t *out)
{
    sky_status status = config_get_quantity(l, group, key, UNIT_TIME, 0, out);

    return status == SKY_OK && *out >= DAY_NS ? config_fail(l, group, key, "a day or more", "a time of day")
                                              : status;
}

static sky_status load_trace(loader *l, const config_setting_t *group, scenario_grid *grid)
{
    trace_grid *trace = &l->out->grid_traces[l->out->grid_trace_count];
    const char *path = NULL;
    sky_status status = config_get_path(l, group, "file", 1, &path);

    if (status == SKY_OK)
        status = config_check_readable(l, group, "file", path);
    if (status == SKY_OK)
        status = trace_grid_read(path, trace, l->error);
    if (status != SKY_OK)
        return status;
    l->out->grid_trace_count++;
    grid->replay = trace;
    return SKY_OK;
}

/* What an entry of `grids` says, over what the catalog says of the region. */
static sky_status load_grid(loader *l, const config_setting_t *group, scenario_grid *grid)
{
    sky_status status = config_get_quantity(l, group, "carbon", UNIT_CARBON, 0, &grid->gco2_per_mwh);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price", UNIT_USD_PER_MWH, 0, &grid->nusd_per_mwh);
    if (status == SKY_OK)
        status = config_get_real(l, group, "carbon_swing", 0, 0, 1, &grid->carbon_swing);
    if (status == SKY_OK)
        status = config_get_real(l, group, "price_swing", 0, 0, 1, &grid->price_swing);
    if (status == SKY_OK)
        status = config_get_real(l, group, "noise", 0, 0, 1, &grid->noise);
    if (status == SKY_OK)
        status = load_time_of_day(l, group, "cleanest", &grid->cleanest_ns);
    if (status == SKY_OK)
        status = load_time_of_day(l, group, "cheapest", &grid->cheapest_ns);
    if (status == SKY_OK && grid->nusd_per_mwh > INT64_C(100000000000000))
        status = config_fail(l, group, "price", "over 100000 USD/MWh", "a price of energy");
    if (status == SKY_OK && grid->gco2_per_mwh > 100000000)
        status = config_fail(l, group, "carbon", "over 100000 gCO2/kWh", "a carbon intensity");
    return status;
}

static sky_status load_grid_of_regions(loader *l, const config_setting_t *group)
{
    scenario *s = l->out;
    scenario_grid like = { 0 };
    char **regions = NULL;
    size_t count = 0;
    int has_file = config_setting_get_member(group, "file") != NULL;
    sky_status status = config_check_keys(l, group, GRID_KEYS);

    if (status == SKY_OK)
        status = config_get_strings(l, group, "regions", 0, &regions, &count);
    if (status == SKY_OK && has_file)
        status = load_trace(l, group, &like);
    for (size_t r = 0; r < s->region_count && status == SKY_OK && regions == NULL; r++) {
        s->grids[r].replay = like.replay;
        status = load_grid(l, group, &s->grids[r]);
    }
    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        size_t region = scenario_find_region(s, regions[i]);

        if (region == s->region_count)
            return load_fail_region(l, group, "regions", regions[i]);
        s->grids[region].replay = like.replay;
        status = load_grid(l, group, &s->grids[region]);
    }
    return status;
}

static sky_status load_billed(loader *l, const config_setting_t *energy)
{
    scenario *s = l->out;
    char **names = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, energy, "billed", 0, &names, &count);

    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        size_t provider = scenario_find_provider(s, names[i]);

        if (provider == s->provider_count) {
            suggest_search search = suggest_for(names[i]);

            for (size_t p = 0; p < s->provider_count; p++)
                suggest_offer(&search, s->providers[p].name, 0);
            return config_fail_near(l, energy, "billed", names[i], "providers of the catalog", &search);
        }
        s->providers[provider].energy_billed = 1;
    }
    return status;
}

sky_status load_energy(loader *l, const config_setting_t *root, const config_setting_t *catalog)
{
    scenario *s = l->out;
    const config_setting_t *energy = NULL, *grids = NULL;
    sky_status status = power_machines(l, catalog);

    s->grids = config_alloc(l, s->region_count + 1, sizeof *s->grids);
    if (s->grids == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t r = 0; r < s->region_count; r++)
        s->grids[r].gco2_per_mwh = s->regions[r].carbon_gco2_per_mwh;
    if (status == SKY_OK)
        status = config_get_group(l, root, "energy", 0, &energy);
    if (status != SKY_OK || energy == NULL)
        return status;
    status = config_check_keys(l, energy, "carbon_price billed grids");
    if (status == SKY_OK)
        status = config_get_quantity(l, energy, "carbon_price", UNIT_USD_PER_TON, 0, &s->carbon_nusd_per_ton);
    if (status == SKY_OK)
        status = load_billed(l, energy);
    if (status == SKY_OK)
        status = config_get_list(l, energy, "grids", 0, &grids);
    if (status != SKY_OK || grids == NULL)
        return status;
    s->grid_traces = config_alloc(l, (size_t)config_setting_length(grids) + 1, sizeof *s->grid_traces);
    if (s->grid_traces == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < config_setting_length(grids) && status == SKY_OK; i++)
        status = load_grid_of_regions(l, config_setting_get_elem(grids, (unsigned)i));
    return status;
}
