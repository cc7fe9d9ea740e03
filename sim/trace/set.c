#include "trace.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const trace_format trace_spot_json, trace_spot_json_available, trace_price_csv, trace_job_csv,
    trace_job_csv_seconds, trace_openb_nodes, trace_openb_tasks, trace_swf, trace_gavel,
    trace_kubernetes_json, trace_skytwin;

static const trace_format *const formats[] = {
    &trace_spot_json,       &trace_spot_json_available, &trace_price_csv,   &trace_job_csv,
    &trace_job_csv_seconds, &trace_openb_nodes,         &trace_openb_tasks, &trace_swf,
    &trace_gavel,           &trace_kubernetes_json,     &trace_skytwin,
};

const trace_format *const *trace_formats(size_t *count)
{
    *count = sizeof formats / sizeof formats[0];
    return formats;
}

const trace_format *trace_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

static void free_market(trace_market *m)
{
    free(m->zone);
    free(m->region);
    free(m->machine);
    free(m->changes);
}

static void free_node(trace_node *n)
{
    free(n->name);
    free(n->accelerator);
    free(n->labels);
    free(n->taints);
}

static void free_task(trace_task *t)
{
    free(t->name);
    free(t->tenant);
    free(t->accelerator_models);
    free(t->kind);
    free(t->labels);
    free(t->tolerations);
    free(t->own_labels);
    free(t->affinity);
    free(t->preferences);
    free(t->company);
}

void trace_set_free(trace_set *set)
{
    for (size_t i = 0; i < set->market_count; i++)
        free_market(&set->markets[i]);
    free(set->markets);
    free(set->jobs);
    for (size_t i = 0; i < set->node_count; i++)
        free_node(&set->nodes[i]);
    free(set->nodes);
    for (size_t i = 0; i < set->task_count; i++)
        free_task(&set->tasks[i]);
    free(set->tasks);
    memset(set, 0, sizeof *set);
}

void trace_tasks_from_zero(trace_set *set, size_t first)
{
    int64_t earliest_ns = INT64_MAX;

    for (size_t i = first; i < set->task_count; i++)
        if (set->tasks[i].submit_ns < earliest_ns)
            earliest_ns = set->tasks[i].submit_ns;
    for (size_t i = first; i < set->task_count; i++)
        set->tasks[i].submit_ns -= earliest_ns;
}

void trace_region_of_zone(const char *zone, char *out, size_t size)
{
    size_t length = strlen(zone);

    if (length > 2 && isalpha((unsigned char)zone[length - 1])) {
        length--;
        if (zone[length - 1] == '-')
            length--;
    }
    snprintf(out, size, "%.*s", (int)length, zone);
}
