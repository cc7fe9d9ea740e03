/* A deadline job over a folder of traced spot markets: experiment A of the SkyNomad artifact (NSDI'27), set
 * up as one scenario of the same world and engine as any other. A zone is a subfolder with full.json, a
 * window is a replication, the control interval is the traces' tick. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sky_status load_markets(loader *l, const config_setting_t *root, const char *folder, char **zones,
                               size_t count)
{
    const trace_format *format;
    const char *name = "spot-json";
    trace_set *set = &l->out->traces;
    sky_status status = config_get_string(l, root, "trace_format", 0, &name);

    if (status != SKY_OK)
        return status;
    format = trace_format_find(name);
    if (format == NULL)
        return load_fail_format(l, root, "trace_format", name);
    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        char path[4096];

        for (size_t k = 0; k < i; k++)
            if (strcmp(zones[i], zones[k]) == 0)
                return config_fail(l, root, "zones", zones[i], "each zone once");
        if (strchr(zones[i], '/') != NULL || strcmp(zones[i], "..") == 0)
            return config_fail(l, root, "zones", zones[i], "names of subfolders of `traces`");
        snprintf(path, sizeof path, "%.3000s/%.1000s", folder, zones[i]);
        config_take_input(l, path);
        status = format->read(path, set, l->error);
        if (status != SKY_OK)
            return status;
        if (set->market_count != i + 1)
            return config_fail(l, root, "zones", zones[i], "folders with one market each");
        if (set->markets[i].tick_ns <= 0 || set->markets[i].tick_ns != set->markets[0].tick_ns)
            return config_fail(l, root, "zones", zones[i], "traces that share one tick");
        if (set->markets[i].on_demand_nusd_per_hour <= 0)
            return config_fail(l, root, "zones", zones[i], "traces that give an on-demand price");
    }
    return status;
}

static sky_status make_regions(loader *l, char **zones, size_t count)
{
    scenario *s = l->out;

    s->providers = config_alloc(l, 1, sizeof *s->providers);
    s->regions = config_alloc(l, count, sizeof *s->regions);
    s->pools = config_alloc(l, count, sizeof *s->pools);
    s->machines = config_alloc(l, 1, sizeof *s->machines);
    s->classes = config_alloc(l, 1, sizeof *s->classes);
    if (s->providers == NULL || s->regions == NULL || s->pools == NULL || s->machines == NULL ||
        s->classes == NULL)
        return SKY_ERROR_MEMORY;
    s->provider_count = s->machine_count = s->class_count = 1;
    s->providers[0] = (scenario_provider){ .name = config_strdup(l, "traced"),
                                           .title = config_strdup(l, "traced markets"),
                                           .billing_increment_ns = s->traces.markets[0].tick_ns };
    s->machines[0] = (scenario_machine){ .name = config_strdup(l, "traced:machine"),
                                         .mcpu = 1000,
                                         .accelerator = config_strdup(l, "") };
    s->classes[0] = (scenario_class){ .name = config_strdup(l, "job"),
                                      .eligible = config_alloc(l, count, sizeof *s->classes[0].eligible) };
    if (s->classes[0].eligible == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        char name[128];
        uint32_t r = 0;

        trace_region_of_zone(zones[i], name, sizeof name);
        while (r < s->region_count && strcmp(s->regions[r].name, name) != 0)
            r++;
        if (r == s->region_count)
            s->regions[s->region_count++] = (scenario_region){ .name = config_strdup(l, name),
                                                               .title = config_strdup(l, name),
                                                               .country = config_strdup(l, ""),
                                                               .zones = config_alloc(l, count,
                                                                                     sizeof(char *)) };
        if (s->regions[r].name == NULL || s->regions[r].zones == NULL)
            return SKY_ERROR_MEMORY;
        s->pools[i] =
            (scenario_pool){ .name = config_strdup(l, zones[i]),
                             .region = r,
                             .zone = (uint32_t)s->regions[r].zone_count,
                             .capacity = INT64_MAX,
                             .purchases = 1u << SKY_ON_DEMAND | 1u << SKY_SPOT,
                             .on_demand_nusd_per_hour = s->traces.markets[i].on_demand_nusd_per_hour,
                             .spot_mean_nusd_per_hour = s->traces.markets[i].changes[0].spot_nusd_per_hour };
        s->regions[r].zones[s->regions[r].zone_count++] = s->pools[i].name;
        s->classes[0].eligible[s->classes[0].eligible_count++] = (scenario_eligible){ i, 1, 1000000 };
        if (s->pools[i].name == NULL)
            return SKY_ERROR_MEMORY;
    }
    s->pool_count = count;
    for (size_t i = 0; i < count; i++) /* only now: reading more traces moved the markets */
        s->pools[i].replay = &s->traces.markets[i];
    return SKY_OK;
}

static sky_status load_egress_prices(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    size_t n = s->region_count;
    const char *egress = "flat:0.02";
    trace_egress table = { 0 };
    int64_t flat = -1;
    sky_status status = config_get_string(l, root, "egress", 0, &egress);

    s->egress_nusd_per_gb = config_alloc(l, n * n, sizeof *s->egress_nusd_per_gb);
    if (status != SKY_OK || s->egress_nusd_per_gb == NULL)
        return status != SKY_OK ? status : SKY_ERROR_MEMORY;
    if (strncmp(egress, "flat:", 5) == 0) {
        char text[64];

        snprintf(text, sizeof text, "%.40s USD/GB", egress + 5);
        if (unit_parse(text, UNIT_USD_PER_GB, &flat) != NULL)
            return config_fail(l, root, "egress", egress,
                               "flat:PRICE in USD per GB, such as flat:0.02, or a CSV file");
    } else {
        status = config_get_path(l, root, "egress", 1, &egress);
        if (status == SKY_OK)
            status = config_check_readable(l, root, "egress", egress);
        if (status == SKY_OK)
            status = trace_egress_read(egress, &table, l->error);
    }
    for (size_t from = 0; from < n && status == SKY_OK; from++)
        for (size_t to = 0; to < n && status == SKY_OK; to++) {
            char pair[300];
            int64_t price = flat >= 0
                                ? flat
                                : trace_egress_price(&table, s->regions[from].name, s->regions[to].name);

            snprintf(pair, sizeof pair, "no price from %.100s to %.100s", s->regions[from].name,
                     s->regions[to].name);
            if (from != to && price < 0)
                status = config_fail(l, root, "egress", pair, "a row for every pair of regions");
            if (from != to)
                s->egress_nusd_per_gb[from * n + to] = price;
        }
    trace_egress_free(&table);
    return status;
}

static sky_status fail_window(loader *l, const config_setting_t *root, long label, const trace_market *m)
{
    char found[100];

    snprintf(found, sizeof found, "window %ld, beyond the %.2f h that the trace of %.40s spans", label,
             (double)m->span_ns / 3600e9, m->zone);
    return config_fail(l, root, "windows", found, "windows that lie within every zone's trace");
}

static sky_status load_windows(loader *l, const config_setting_t *root, double deadline_hours)
{
    scenario *s = l->out;
    int64_t tick_ns = s->control_interval_ns;
    char **labels = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, root, "windows", 1, &labels, &count);

    if (status != SKY_OK)
        return status;
    if (count == 0)
        return config_fail(l, root, "windows", "none", "numbers from 0, such as 0,1,2");
    s->window_start_ns = config_alloc(l, count, sizeof *s->window_start_ns);
    s->window_label = config_alloc(l, count, sizeof *s->window_label);
    if (s->window_start_ns == NULL || s->window_label == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        char *end;
        long label = strtol(labels[i], &end, 10);
        double start;

        if (*end != '\0' || end == labels[i] || label < 0 || label > 1000000)
            return config_fail(l, root, "windows", labels[i], "numbers from 0, such as 0,1,2");
        /* as published, in floating point: the sixth window starts a tick late by it */
        start = ceil((double)label * deadline_hours * 3600 / ((double)tick_ns / 1e9));
        if (start * (double)tick_ns >= 4e18)
            return config_fail(l, root, "windows", labels[i], "windows within every zone's trace");
        s->window_label[i] = (int)label;
        s->window_start_ns[i] = (int64_t)start * tick_ns;
        for (size_t m = 0; m < s->traces.market_count; m++)
            if (s->window_start_ns[i] > s->traces.markets[m].span_ns - s->duration_ns)
                return fail_window(l, root, label, &s->traces.markets[m]);
    }
    s->window_count = count;
    s->replications = (int)count;
    return SKY_OK;
}

/* Hours to ns, to a whole number of ticks where the user has cut the decimals off (51.8333 h is 311 ticks). */
static int64_t snap_hours(double hours, int64_t tick_ns)
{
    double ticks = hours * 3600e9 / (double)tick_ns, whole = nearbyint(ticks);

    if (whole >= 1 && fabs(ticks - whole) <= 1e-3)
        return (int64_t)whole * tick_ns;
    return llround(hours * 3600e9);
}

static sky_status load_job(loader *l, const config_setting_t *root, double deadline_hours)
{
    scenario *s = l->out;
    scenario_workload *w = config_alloc(l, 1, sizeof *w);
    double ratio = 1.2, checkpoint_gb = 50, restart_hours = 0.2, task_hours = 0, work;
    sky_status status;

    if (w == NULL)
        return SKY_ERROR_MEMORY;
    status = config_get_real(l, root, "ratio", 0, 1, 1000, &ratio);
    if (status == SKY_OK)
        status = config_get_real(l, root, "task_hours", 0, 1e-3, 1e5, &task_hours);
    if (status == SKY_OK)
        status = config_get_real(l, root, "checkpoint_gb", 0, 0, 1e6, &checkpoint_gb);
    if (status == SKY_OK)
        status = config_get_real(l, root, "restart_hours", 0, 0, 1000, &restart_hours);
    work = (task_hours > 0 ? task_hours : deadline_hours / ratio) * 3600 * 1e9;
    *w = (scenario_workload){ .name = config_strdup(l, "job"),
                              .arrival = ARRIVAL_AT_START,
                              .count = 1,
                              .work = WORK_FIXED,
                              .work_mean_ns = (int64_t)floor(work),
                              .work_max_ns = INT64_MAX,
                              .work_fraction = (uint16_t)((work - floor(work)) * 65536),
                              .deadline_ns = s->duration_ns,
                              .checkpoint_bytes = llround(checkpoint_gb * 1e9),
                              .restart_ns = llround(restart_hours * 3600e9),
                              .replay_time_scale = 1,
                              .estimate_factor = 1,
                              .estimate_least = 1,
                              .members = 1 };
    s->workloads = w;
    s->workload_count = 1;
    return status != SKY_OK ? status : w->name != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

sky_status load_replay(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const char *folder = "";
    char **zones = NULL;
    size_t count = 0;
    double deadline_hours = 51.833333333333336;
    sky_status status = config_get_path(l, root, "traces", 1, &folder);

    if (status == SKY_OK && *folder == '\0')
        return config_fail(l, root, "traces", "no folder", "the folder of the traces: --set traces=DIR");
    if (status == SKY_OK)
        status = config_check_readable(l, root, "traces", folder);
    if (status == SKY_OK)
        status = config_get_strings(l, root, "zones", 1, &zones, &count);
    if (status == SKY_OK && (count == 0 || count > 1000))
        return config_fail(l, root, "zones", count == 0 ? "none" : "over 1000", "subfolders of `traces`");
    if (status == SKY_OK)
        status = load_markets(l, root, folder, zones, count);
    if (status == SKY_OK)
        status = config_get_real(l, root, "deadline_hours", 0, 0.01, 1e5, &deadline_hours);
    if (status != SKY_OK)
        return status;
    s->control_interval_ns = s->traces.markets[0].tick_ns;
    s->duration_ns = snap_hours(deadline_hours, s->control_interval_ns);
    deadline_hours = (double)s->duration_ns / 3600e9;
    s->deadline_guard = s->stop_at_deadline = s->whole_ticks = 1;
    s->probe_bill_ns = 60 * SKY_NS_PER_SECOND;
    status = make_regions(l, zones, count);
    if (status == SKY_OK)
        status = load_egress_prices(l, root);
    if (status == SKY_OK)
        status = load_windows(l, root, deadline_hours);
    if (status == SKY_OK)
        status = load_job(l, root, deadline_hours);
    return status;
}
