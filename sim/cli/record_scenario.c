#include "record_scenario.h"

#include "world/pipeline/pipelines.h"

#include "command.h"
#include "world/network/topology.h"
#include "world/storage/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct names {
    const char **text; /* of all, one after the other */
    char **links;      /* made here */
    uint32_t *index;   /* region_provider, then pool_region */
    record_names record;
} names;

static void free_link_names(char **names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        free(names[i]);
    free(names);
}

/* What has a capacity in the scenario's network, in the topology's order. NULL: no memory. */
static char **link_names(const scenario *s, size_t *count)
{
    topology t = { .pipe_count = 0 };
    char **names = NULL, name[200];

    *count = 0;
    if (s->network == NULL || topology_init(&t, s) == SKY_OK)
        names = calloc(t.pipe_count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < t.pipe_count; i++) {
        topology_pipe_name(&t, s, (uint32_t)i, name, sizeof name);
        names[(*count)++] = strdup(name);
        if (names[i] == NULL) {
            free_link_names(names, i);
            names = NULL;
        }
    }
    topology_free(&t);
    return names;
}

static sky_status names_of(const scenario *s, names *n, sky_error *error)
{
    const char **text;

    n->links = link_names(s, &n->record.link_count);
    n->record.links = (const char *const *)n->links;
    n->text = calloc(s->provider_count + s->region_count + s->pool_count + s->class_count +
                         s->workload_count + (s->storage != NULL ? s->storage->set_count : 0) + 1,
                     sizeof *n->text);
    n->index = calloc(s->region_count + s->pool_count + 1, sizeof *n->index);
    if (n->text == NULL || n->index == NULL || n->links == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the record's catalog");
        return SKY_ERROR_MEMORY;
    }
    text = n->text;
    n->record.providers = text;
    for (size_t i = 0; i < s->provider_count; i++)
        *text++ = s->providers[i].name;
    n->record.regions = text;
    for (size_t i = 0; i < s->region_count; i++) {
        *text++ = s->regions[i].name;
        n->index[i] = s->regions[i].provider;
    }
    n->record.pools = text;
    for (size_t i = 0; i < s->pool_count; i++) {
        *text++ = s->pools[i].name;
        n->index[s->region_count + i] = s->pools[i].region;
    }
    n->record.classes = text;
    for (size_t i = 0; i < s->class_count; i++)
        *text++ = s->classes[i].name;
    n->record.workloads = text;
    for (size_t i = 0; i < s->workload_count; i++)
        *text++ = s->workloads[i].name;
    n->record.datasets = text;
    for (size_t i = 0; s->storage != NULL && i < s->storage->set_count; i++)
        *text++ = s->storage->sets[i].name;
    n->record.dataset_count = s->storage != NULL ? s->storage->set_count : 0;
    n->record.populations = (const char *const *)s->population_names;
    n->record.population_count = s->population_count;
    n->record.places = (const char *const *)s->place_names;
    n->record.place_count = s->place_count;
    n->record.gateways = (const char *const *)s->gateway_names;
    n->record.gateway_count = s->gateway_count;
    n->record.stages = (const char *const *)s->stage_names;
    n->record.stage_count = s->pipelines != NULL ? s->pipelines->stage_count : 0;
    n->record.streams = (const char *const *)s->stream_names;
    n->record.stream_count = s->pipelines != NULL ? s->pipelines->stream_count : 0;
    n->record.region_provider = n->index;
    n->record.pool_region = n->index + s->region_count;
    n->record.provider_count = s->provider_count;
    n->record.region_count = s->region_count;
    n->record.pool_count = s->pool_count;
    n->record.class_count = s->class_count;
    n->record.workload_count = s->workload_count;
    return SKY_OK;
}

static void free_names(names *n)
{
    free(n->text);
    free(n->index);
    free_link_names(n->links, n->record.link_count);
}

sky_status record_of_scenario(const char *path, const char *command_line, const scenario *s,
                              const record_plan *plan, const record_branch *branch, record **out,
                              sky_error *error)
{
    names n = { .text = NULL };
    record_about about = { .command_line = command_line,
                           .scenario_path = s->path,
                           .scenario_name = s->name,
                           .scenario_text = s->text.text,
                           .build_id = command_version(),
                           .scenario_files = s->text.files,
                           .scenario_file_count = s->text.file_count,
                           .scenario_places = s->text.places,
                           .scenario_line_count = s->text.line_count,
                           .scenario_inputs = s->inputs,
                           .plan = *plan };
    sky_status status = names_of(s, &n, error);

    about.names = n.record;
    if (branch != NULL)
        about.branch = *branch;
    if (status == SKY_OK)
        status = record_create(path, &about, out, error);
    free_names(&n);
    return status;
}

/* ---- two scenarios of the same things ---------------------------------------------------------------------------- */

static sky_status compare_names(const char *what, const char *const *a, size_t a_count, const char *const *b,
                                size_t b_count, sky_error *error)
{
    if (a_count != b_count) {
        snprintf(error->message, sizeof error->message, "found %zu %s, expected %zu as before", b_count, what,
                 a_count);
        return SKY_ERROR_INPUT;
    }
    for (size_t i = 0; a != NULL && i < a_count; i++)
        if (strcmp(a[i], b[i]) != 0) {
            snprintf(error->message, sizeof error->message, "found '%.100s' among the %s, expected '%.100s'",
                     b[i], what, a[i]);
            return SKY_ERROR_INPUT;
        }
    return SKY_OK;
}

static sky_status compare_counts(const scenario *a, const scenario *b, sky_error *error)
{
    const struct {
        const char *what;
        size_t before, now;
    } counts[] = {
        { "nodes", a->node_count, b->node_count },       { "tasks from files", a->task_count, b->task_count },
        { "tenants", a->tenant_count, b->tenant_count }, { "faults", a->fault_count, b->fault_count },
        { "quotas", a->quota_count, b->quota_count },
    };
    sky_status status = SKY_OK;

    for (size_t i = 0; status == SKY_OK && i < sizeof counts / sizeof *counts; i++)
        status = compare_names(counts[i].what, NULL, counts[i].before, NULL, counts[i].now, error);
    if (status != SKY_OK || a->control_interval_ns == b->control_interval_ns)
        return status;
    snprintf(error->message, sizeof error->message,
             "found a control interval of %g s, expected %g s as before",
             (double)b->control_interval_ns / (double)SKY_NS_PER_SECOND,
             (double)a->control_interval_ns / (double)SKY_NS_PER_SECOND);
    return SKY_ERROR_INPUT;
}

static sky_status compare_lists(const record_names *a, const record_names *b, sky_error *error)
{
    const struct {
        const char *what;
        const char *const *before;
        size_t before_count;
        const char *const *now;
        size_t now_count;
    } lists[] = {
        { "providers", a->providers, a->provider_count, b->providers, b->provider_count },
        { "regions", a->regions, a->region_count, b->regions, b->region_count },
        { "pools", a->pools, a->pool_count, b->pools, b->pool_count },
        { "classes", a->classes, a->class_count, b->classes, b->class_count },
        { "workloads", a->workloads, a->workload_count, b->workloads, b->workload_count },
        { "links", a->links, a->link_count, b->links, b->link_count },
        { "populations", a->populations, a->population_count, b->populations, b->population_count },
        { "places", a->places, a->place_count, b->places, b->place_count },
        { "gateways", a->gateways, a->gateway_count, b->gateways, b->gateway_count },
        { "datasets", a->datasets, a->dataset_count, b->datasets, b->dataset_count },
        { "stages", a->stages, a->stage_count, b->stages, b->stage_count },
        { "streams", a->streams, a->stream_count, b->streams, b->stream_count },
    };
    sky_status status = SKY_OK;

    for (size_t i = 0; status == SKY_OK && i < sizeof lists / sizeof *lists; i++)
        status = compare_names(lists[i].what, lists[i].before, lists[i].before_count, lists[i].now,
                               lists[i].now_count, error);
    return status;
}

sky_status record_scenarios_alike(const scenario *a, const scenario *b, sky_error *error)
{
    names before = { .text = NULL }, now = { .text = NULL };
    sky_status status = names_of(a, &before, error);

    if (status == SKY_OK)
        status = names_of(b, &now, error);
    if (status == SKY_OK)
        status = compare_lists(&before.record, &now.record, error);
    if (status == SKY_OK)
        status = compare_counts(a, b, error);
    free_names(&before);
    free_names(&now);
    return status;
}
