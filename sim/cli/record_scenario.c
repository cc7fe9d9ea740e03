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

sky_status record_of_scenario(const char *path, const char *command_line, const scenario *s, record **out,
                              sky_error *error)
{
    names n = { .text = NULL };
    record_about about = { .command_line = command_line,
                           .scenario_path = s->path,
                           .scenario_name = s->name,
                           .scenario_text = s->text,
                           .build_id = command_version() };
    sky_status status = names_of(s, &n, error);

    about.names = n.record;
    if (status == SKY_OK)
        status = record_create(path, &about, out, error);
    free(n.text);
    free(n.index);
    free_link_names(n.links, n.record.link_count);
    return status;
}
