#include "config.h"

#include <string.h>

#define TASK_KEYS                                                                                            \
    "tenant priority gang together estimate_factor estimate_least array at_once chain fan stages "           \
    "on_failure "                                                                                            \
    "checkpoint_time retries retry_after retry_longest"
#define WORKLOAD_KEYS                                                                                        \
    "name class arrival count rate diurnal_amplitude diurnal_peak file format time_scale work "              \
    "deadline_factor "                                                                                       \
    "deadline checkpoint checkpoint_interval restart " TASK_KEYS

static sky_status load_work(loader *l, const config_setting_t *group, scenario_workload *w)
{
    const config_setting_t *work;
    int kind = 0;
    sky_status status = config_get_group(l, group, "work", w->arrival != ARRIVAL_REPLAY, &work);

    w->work_max_ns = INT64_MAX;
    if (status != SKY_OK || work == NULL)
        return status;
    status = config_check_keys(l, work, "distribution mean sigma alpha max");
    if (status == SKY_OK)
        status = config_get_choice(l, work, "distribution", 0, "fixed exponential lognormal pareto", &kind);
    if (status == SKY_OK)
        status = config_get_quantity(l, work, "mean", UNIT_TIME, 1, &w->work_mean_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, work, "max", UNIT_TIME, 0, &w->work_max_ns);
    if (status == SKY_OK && kind == WORK_LOGNORMAL)
        status = config_get_real(l, work, "sigma", 1, 0, 10, &w->work_shape);
    if (status == SKY_OK && kind == WORK_PARETO)
        status = config_get_real(l, work, "alpha", 1, 1.01, 100, &w->work_shape);
    if (status == SKY_OK && w->work_mean_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, work, "mean", "less than a second", "a time of at least \"1 s\"");
    if (status == SKY_OK && w->work_max_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, work, "max", "less than a second", "a time of at least \"1 s\"");
    w->work = (work_kind)kind;
    return status;
}

static sky_status load_arrivals(loader *l, const config_setting_t *group, scenario_workload *w)
{
    int kind = 0;
    int64_t rate = 0;
    sky_status status = config_get_choice(l, group, "arrival", 1, "start poisson diurnal replay", &kind);

    w->arrival = (arrival_kind)kind;
    w->count = kind == ARRIVAL_AT_START ? 1 : INT64_MAX;
    w->replay_time_scale = 1;
    if (status == SKY_OK)
        status = config_get_integer(l, group, "count", 0, 0, INT64_C(100000000), &w->count);
    if (status == SKY_OK && (kind == ARRIVAL_POISSON || kind == ARRIVAL_DIURNAL)) {
        status = config_get_quantity(l, group, "rate", UNIT_RATE, 1, &rate);
        w->rate_per_day = (double)rate / 1e6;
        if (status == SKY_OK && rate == 0)
            status = config_fail(l, group, "rate", "0", "a rate above 0, such as \"4 /d\"");
        if (status == SKY_OK && w->rate_per_day > 1e8)
            status = config_fail(l, group, "rate", "too many", "at most 100 million jobs a day");
    }
    if (status == SKY_OK && kind == ARRIVAL_DIURNAL) {
        w->diurnal_amplitude = 0.5;
        status = config_get_real(l, group, "diurnal_amplitude", 0, 0, 0.99, &w->diurnal_amplitude);
        if (status == SKY_OK)
            status = config_get_quantity(l, group, "diurnal_peak", UNIT_TIME, 0, &w->diurnal_peak_ns);
    }
    return status;
}

/* Job traces are read into the scenario's own set, one a workload. */
static sky_status load_job_trace(loader *l, const config_setting_t *group, scenario_workload *w)
{
    const char *file = NULL, *format_name = "job-csv";
    const trace_format *format;
    trace_set *set;
    sky_status status = config_get_path(l, group, "file", 1, &file);

    if (status == SKY_OK)
        status = config_get_string(l, group, "format", 0, &format_name);
    if (status == SKY_OK)
        status = config_get_real(l, group, "time_scale", 0, 1e-9, 1e9, &w->replay_time_scale);
    if (status != SKY_OK)
        return status;
    format = trace_format_find(format_name);
    if (format == NULL)
        return load_fail_format(l, group, "format", format_name);
    set = config_alloc(l, 1, sizeof *set);
    if (set == NULL)
        return SKY_ERROR_MEMORY;
    w->replay = set;
    status = config_check_readable(l, group, "file", file);
    if (status != SKY_OK)
        return status;
    status = format->read(file, set, l->error);
    if (status == SKY_OK && set->job_count == 0)
        return config_fail(l, group, "file", "a trace without jobs", "at least one job");
    return status;
}

static sky_status fail_class(loader *l, const config_setting_t *group, const char *name)
{
    suggest_search search = suggest_for(name);

    for (size_t i = 0; i < l->out->class_count; i++)
        suggest_offer(&search, l->out->classes[i].name, 0);
    return config_fail_near(l, group, "class", name, "the name of one of `classes`", &search);
}

static sky_status load_tenant(loader *l, const config_setting_t *group, scenario_workload *w)
{
    scenario *s = l->out;
    const char *name = "";
    sky_status status = config_get_string(l, group, "tenant", 0, &name);

    while (status == SKY_OK && w->tenant < s->tenant_count && strcmp(s->tenants[w->tenant], name) != 0)
        w->tenant++;
    if (status == SKY_OK && w->tenant == s->tenant_count) {
        s->tenants[s->tenant_count] = config_strdup(l, name);
        if (s->tenants[s->tenant_count++] == NULL)
            status = SKY_ERROR_MEMORY;
    }
    return status;
}

/* Whether a task that fails is tried again, and when. */
static sky_status load_retries(loader *l, const config_setting_t *group, scenario_workload *w)
{
    int64_t retries = 0;
    sky_status status = config_get_integer(l, group, "retries", 0, 0, 65535, &retries);

    w->retry_ns = 30 * SKY_NS_PER_SECOND;
    w->retry_most_ns = SKY_NS_PER_HOUR;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "retry_after", UNIT_TIME, 0, &w->retry_ns);
    if (config_setting_get_member(group, "retry_longest") == NULL && w->retry_most_ns < w->retry_ns)
        w->retry_most_ns = w->retry_ns;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "retry_longest", UNIT_TIME, 0, &w->retry_most_ns);
    if (status == SKY_OK && w->retry_most_ns < w->retry_ns)
        status = config_fail(l, group, "retry_longest", "less than retry_after", "at least retry_after");
    w->retries = (uint32_t)retries;
    return status;
}

static sky_status load_estimates(loader *l, const config_setting_t *group, scenario_workload *w)
{
    sky_status status;

    w->estimate_factor = w->estimate_least = 1;
    status = config_get_real(l, group, "estimate_factor", 0, 1, 1000, &w->estimate_factor);
    return status == SKY_OK ? config_get_real(l, group, "estimate_least", 0, 0.001, 1, &w->estimate_least)
                            : status;
}

/* What only tasks that share nodes have. */
static sky_status load_terms(loader *l, const config_setting_t *group, scenario_workload *w)
{
    int64_t gang = 1;
    int together = 0;
    sky_status status = load_tenant(l, group, w);

    if (status == SKY_OK)
        status = config_get_integer(l, group, "priority", 0, INT32_MIN, INT32_MAX, &w->priority);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "gang", 0, 1, 1000000, &gang);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "together", 0, "anywhere region pool node", &together);
    if (status == SKY_OK)
        status = load_estimates(l, group, w);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "checkpoint_time", UNIT_TIME, 0, &w->checkpoint_ns);
    if (status == SKY_OK)
        status = load_retries(l, group, w);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "on_failure", 0, "fail go-on", &w->goes_on);
    w->gang = (uint32_t)gang;
    w->together = (sky_together)together;
    return status == SKY_OK ? load_stages(l, group, w) : status;
}

static int is_named(const char *names, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = names; (at = strstr(at, name)) != NULL; at += length)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return 1;
    return 0;
}

static sky_status refuse_terms(loader *l, const config_setting_t *group)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const char *key = config_setting_name(config_setting_get_elem(group, (unsigned)i));

        if (is_named(TASK_KEYS, key))
            return config_fail(l, group, key, "a workload whose class has machines of its own",
                               "a class with a request");
    }
    return SKY_OK;
}

static sky_status load_workload(loader *l, const config_setting_t *group, scenario_workload *w)
{
    const char *name = NULL, *class_name = NULL;
    size_t index = 0;
    sky_status status = config_check_keys(l, group, WORKLOAD_KEYS);

    w->deadline_ns = SKY_NEVER_NS;
    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status == SKY_OK)
        status = config_get_string(l, group, "class", 1, &class_name);
    if (status != SKY_OK)
        return status;
    while (index < l->out->class_count && strcmp(l->out->classes[index].name, class_name) != 0)
        index++;
    if (index == l->out->class_count)
        return fail_class(l, group, class_name);
    w->job_class = (uint32_t)index;
    w->name = config_strdup(l, name);
    if (w->name == NULL)
        return SKY_ERROR_MEMORY;
    w->estimate_factor = w->estimate_least = 1;
    w->members = 1;
    status = l->out->classes[w->job_class].is_task ? load_terms(l, group, w) : refuse_terms(l, group);
    if (status == SKY_OK)
        status = load_arrivals(l, group, w);
    if (status == SKY_OK)
        status = load_work(l, group, w);
    if (status == SKY_OK)
        status = config_get_real(l, group, "deadline_factor", 0, 1, 1e6, &w->deadline_factor);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "deadline", UNIT_TIME, 0, &w->deadline_ns);
    if (status == SKY_OK && w->deadline_factor > 0 && w->deadline_ns != SKY_NEVER_NS)
        status = config_fail(l, group, "deadline", "both deadline and deadline_factor", "one of them");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "checkpoint", UNIT_BYTES, 0, &w->checkpoint_bytes);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "checkpoint_interval", UNIT_TIME, 0,
                                     &w->checkpoint_interval_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "restart", UNIT_TIME, 0, &w->restart_ns);
    if (status == SKY_OK && w->arrival == ARRIVAL_REPLAY)
        status = load_job_trace(l, group, w);
    if (status == SKY_OK && w->checkpoint_ns > 0 && w->checkpoint_interval_ns == 0)
        status = config_fail(l, group, "checkpoint_time", "no checkpoint_interval", "one, above \"0 s\"");
    return status;
}

sky_status load_workloads(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *list;
    sky_status status = config_get_list(l, root, "workloads", !load_is_of_services(root), &list);
    int count = status == SKY_OK && list != NULL ? config_setting_length(list) : 0;

    if (status != SKY_OK)
        return status;
    if (list != NULL && count == 0)
        return config_fail(l, root, "workloads", "an empty list", "at least one workload");
    s->workloads = config_alloc(l, (size_t)count + 1, sizeof *s->workloads);
    s->tenants = config_alloc(l, (size_t)count + 1, sizeof *s->tenants);
    if (s->workloads == NULL || s->tenants == NULL)
        return SKY_ERROR_MEMORY;
    s->tenants[s->tenant_count++] = config_strdup(l, "");
    if (s->tenants[0] == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < count && status == SKY_OK; i++) {
        s->workload_count++; /* counted first: a job trace that failed half-way is freed too */
        status = load_workload(l, config_setting_get_elem(list, (unsigned)i), &s->workloads[i]);
    }
    return status;
}
