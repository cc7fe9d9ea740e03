#include "../trace/text.h"
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMON_KEYS "name title seed strategies replications"
#define WORLD_KEYS                                                                                           \
    COMMON_KEYS                                                                                              \
    " duration control_interval deadline_guard stop_at_deadline whole_ticks probe_bill catalog pools "       \
    "classes workloads unplaceable queue tenants kill_at_estimate network energy scaling serving quotas "    \
    "faults services services_path populations mesh storage pipelines "                                      \
    "streaming"
#define REPLAY_KEYS                                                                                          \
    COMMON_KEYS " traces trace_format zones windows ratio task_hours deadline_hours checkpoint_gb "          \
                "restart_hours egress"
#define CLUSTER_KEYS                                                                                         \
    COMMON_KEYS " nodes node_format tasks task_format order ratio unplaceable together duration queue "      \
                "throughputs elastic prices rate_noise restart control_interval "                            \
                "tenants kill_at_estimate"

static sky_status fail_strategy(loader *l, const config_setting_t *root, const char *name)
{
    size_t count = 0;
    const sky_strategy_info *const *list = sky_strategy_list(&count);
    const char *plus = strchr(name, '+');
    const sky_queue_info *queue;
    suggest_search search = suggest_for(name);
    char base[64];

    snprintf(base, sizeof base, "%.*s", plus != NULL ? (int)(plus - name) : 0, name);
    if (plus != NULL && sky_strategy_find(base) != NULL) { /* NAME+QUEUE: it is the queue that nobody knows */
        search = suggest_for(plus + 1);
        for (size_t i = 0; (queue = sky_queue_at(i)) != NULL; i++)
            suggest_offer(&search, queue->name, 0);
        return config_fail_near(l, root, "strategies", name,
                                "behind + a discipline that `skytwin list queues` names", &search);
    }
    for (size_t i = 0; i < count; i++)
        suggest_offer(&search, list[i]->name, 0);
    return config_fail_near(l, root, "strategies", name, "strategies that `skytwin list strategies` names",
                            &search);
}

sky_status load_fail_format(loader *l, const config_setting_t *at, const char *key, const char *name)
{
    size_t count = 0;
    const trace_format *const *list = trace_formats(&count);
    suggest_search search = suggest_for(name);

    for (size_t i = 0; i < count; i++)
        suggest_offer(&search, list[i]->name, 0);
    return config_fail_near(l, at, key, name, "a format that `skytwin list formats` names", &search);
}

static sky_status load_strategies(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    sky_status status = config_get_strings(l, root, "strategies", 1, &s->strategies, &s->strategy_count);

    for (size_t i = 0; status == SKY_OK && i < s->strategy_count; i++)
        if (sky_strategy_find(s->strategies[i]) == NULL)
            return fail_strategy(l, root, s->strategies[i]);
    for (size_t i = 0; status == SKY_OK && i < s->strategy_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(s->strategies[i], s->strategies[k]) == 0)
                return config_fail(l, root, "strategies", s->strategies[i], "each strategy once");
    if (status == SKY_OK && s->strategy_count == 0)
        return config_fail(l, root, "strategies", "none", "at least one");
    return status;
}

static sky_status load_common(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const char *name = NULL, *title = "";
    int64_t seed = 1, replications = 1;
    sky_status status = config_get_name(l, root, &name);

    if (status == SKY_OK)
        status = config_get_string(l, root, "title", 0, &title);
    if (status == SKY_OK)
        status = config_get_integer(l, root, "seed", 0, 0, INT64_MAX, &seed);
    if (status == SKY_OK)
        status = config_get_integer(l, root, "replications", 0, 1, 1000000, &replications);
    if (status == SKY_OK)
        status = load_strategies(l, root);
    if (status != SKY_OK)
        return status;
    s->seed = (uint64_t)seed;
    s->replications = (int)replications;
    s->name = config_strdup(l, name);
    s->title = config_strdup(l, title);
    return s->name != NULL && s->title != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_clock(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    sky_status status = config_get_quantity(l, root, "duration", UNIT_TIME, 1, &s->duration_ns);

    s->window_start_ns = config_alloc(l, 1, sizeof *s->window_start_ns); /* one window, from the start */
    s->window_label = config_alloc(l, 1, sizeof *s->window_label);
    if (s->window_start_ns == NULL || s->window_label == NULL)
        return SKY_ERROR_MEMORY;
    s->window_count = 1;
    s->control_interval_ns = 600 * SKY_NS_PER_SECOND;
    s->probe_bill_ns = 60 * SKY_NS_PER_SECOND;
    s->deadline_guard = 1;
    if (status == SKY_OK)
        status = config_get_quantity(l, root, "control_interval", UNIT_TIME, 0, &s->control_interval_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, root, "probe_bill", UNIT_TIME, 0, &s->probe_bill_ns);
    if (status == SKY_OK)
        status = config_get_flag(l, root, "deadline_guard", &s->deadline_guard);
    if (status == SKY_OK)
        status = config_get_flag(l, root, "stop_at_deadline", &s->stop_at_deadline);
    if (status == SKY_OK)
        status = config_get_flag(l, root, "whole_ticks", &s->whole_ticks);
    if (status == SKY_OK)
        status = config_get_choice(l, root, "unplaceable", 0, "wait drop", &s->drop_unplaceable);
    if (status == SKY_OK)
        status = config_get_flag(l, root, "kill_at_estimate", &s->kill_at_estimate);
    if (status == SKY_OK && s->duration_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, root, "duration", "less than a second", "a time of at least \"1 s\"");
    if (status == SKY_OK && s->control_interval_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, root, "control_interval", "less than a second", "a time of at least \"1 s\"");
    if (status == SKY_OK && s->duration_ns / s->control_interval_ns > 100000000)
        status = config_fail(l, root, "control_interval", "more than 100 million ticks", "a longer interval");
    return status;
}

#define MOST_EXPECTED 1e8

static void expect(scenario_class *c, double count)
{
    double sum = (double)c->expected + count;

    c->expected = sum < MOST_EXPECTED ? (int64_t)sum : (int64_t)MOST_EXPECTED;
}

/* How many tasks each class will bring, as far as its workloads tell. */
static void expect_tasks(scenario *s)
{
    double days = (double)s->duration_ns / (24.0 * (double)SKY_NS_PER_HOUR);

    for (size_t i = 0; i < s->workload_count; i++) {
        const scenario_workload *w = &s->workloads[i];
        double count = w->arrival == ARRIVAL_REPLAY ? (double)w->replay->job_count
                       : w->rate_per_day > 0        ? w->rate_per_day * days
                                                    : (double)w->count;

        if ((double)w->count < count)
            count = (double)w->count;
        for (size_t k = 0; k < w->stage_count; k++)
            expect(&s->classes[w->stages[k].job_class], count * w->stages[k].count);
        if (w->stage_count == 0)
            expect(&s->classes[w->job_class], count);
    }
}

static sky_status load_world(loader *l, const config_setting_t *root)
{
    sky_status status = config_check_keys(l, root, WORLD_KEYS);

    if (status == SKY_OK)
        status = load_common(l, root);
    if (status == SKY_OK)
        status = load_clock(l, root);
    if (status == SKY_OK)
        status = load_catalog(l, root);
    if (status == SKY_OK)
        status = load_pools(l, root);
    if (status == SKY_OK)
        status = load_workloads(l, root);
    if (status == SKY_OK)
        status = load_queue(l, root);
    if (status == SKY_OK)
        status = load_network(l, root);
    if (status == SKY_OK)
        status = load_services(l, root);
    if (status == SKY_OK)
        status = load_mesh(l, root);
    if (status == SKY_OK)
        status = load_storage(l, root);
    if (status == SKY_OK)
        status = load_serving(l, root);
    if (status == SKY_OK)
        status = load_pipelines(l, root);
    if (status == SKY_OK)
        status = load_scaling(l, root);
    if (status == SKY_OK)
        status = load_faults(l, root);
    if (status == SKY_OK)
        status = load_services_path(l, root);
    if (status == SKY_OK)
        expect_tasks(l->out);
    return status;
}

static sky_status load_traced(loader *l, const config_setting_t *root)
{
    sky_status status = config_check_keys(l, root, REPLAY_KEYS);

    if (status == SKY_OK)
        status = load_common(l, root);
    return status == SKY_OK ? load_replay(l, root) : status;
}

static sky_status load_packed(loader *l, const config_setting_t *root)
{
    sky_status status = config_check_keys(l, root, CLUSTER_KEYS);

    if (status == SKY_OK)
        status = load_common(l, root);
    if (status == SKY_OK)
        status = load_cluster(l, root);
    return status == SKY_OK ? load_queue(l, root) : status;
}

static sky_status load_all(loader *l, const char *path, const char *const *overrides, size_t count)
{
    sky_status status = config_read_sources(l, path, overrides, count);
    const config_setting_t *root = config_root_setting(&l->config);

    if (status != SKY_OK)
        return status;
    if (config_setting_length(root) == 0)
        return config_fail(l, root, NULL, "an empty scenario", "keys such as name, duration, pools");
    if (config_setting_get_member(root, "axes") != NULL)
        return config_fail(l, root, "axes", "a sweep", "a scenario; `skytwin sweep` runs sweeps");
    l->out->path = config_strdup(l, path);
    if (l->out->path == NULL)
        return SKY_ERROR_MEMORY;
    if (config_setting_get_member(root, "nodes") != NULL)
        return load_packed(l, root);
    return config_setting_get_member(root, "traces") != NULL ? load_traced(l, root) : load_world(l, root);
}

static sky_status load(loader *l, const char *path, const char *const *overrides, size_t count)
{
    sky_status status;

    memset(l->out, 0, sizeof *l->out);
    config_init(&l->config);
    status = load_all(l, path, overrides, count);
    config_destroy(&l->config);
    source_free(&l->source);
    l->out->owned = l->arena;
    if (status != SKY_OK) {
        text_one_line(l->error);
        scenario_free(l->out);
    }
    return status;
}

sky_status scenario_load(const char *path, const char *const *overrides, size_t override_count, scenario *out,
                         sky_error *error)
{
    loader l = { .out = out, .error = error };

    return load(&l, path, overrides, override_count);
}

sky_status scenario_load_text(const char *path, const scenario_source *text, size_t dropped,
                              const char *const *overrides, size_t override_count, scenario *out,
                              sky_error *error)
{
    loader l = { .again = text, .dropped = dropped, .out = out, .error = error };

    return load(&l, path, overrides, override_count);
}

void scenario_free(scenario *s)
{
    trace_set_free(&s->traces);
    for (size_t i = 0; i < s->workload_count; i++)
        if (s->workloads[i].replay != NULL)
            trace_set_free((trace_set *)s->workloads[i].replay);
    for (size_t i = 0; i < s->grid_trace_count; i++)
        trace_grid_free(&s->grid_traces[i]);
    config_free_arena(s->owned);
    memset(s, 0, sizeof *s);
}
