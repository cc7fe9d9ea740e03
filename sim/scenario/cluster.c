/* A cluster as it stands and the tasks that want to share its nodes, both from files: `nodes`, `tasks`. The nodes of a
 * zone whose accelerators are of a model make a pool; what tasks ask for makes classes. */
#include "cluster_rules.h"
#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNTOLD_BYTES (INT64_C(1) << 50) /* of memory or disk, where the file is silent: no bound */
#define ENDLESS_NS   (SKY_NEVER_NS / 4)
#define PLACES_MAX   256 /* regions, and zones of one */

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static sky_status read_file(loader *l, const config_setting_t *root, const char *key, const char *format_key,
                            const char *format_name, trace_set *set)
{
    const trace_format *format;
    const char *path = NULL;
    sky_status status = config_get_path(l, root, key, 1, &path);

    if (status == SKY_OK)
        status = config_get_string(l, root, format_key, 0, &format_name);
    if (status == SKY_OK && *path == '\0')
        return config_fail(l, root, key, "no file", "a file: --set nodes=FILE --set tasks=FILE");
    if (status == SKY_OK)
        status = config_check_readable(l, root, key, path);
    if (status != SKY_OK)
        return status;
    format = trace_format_find(format_name);
    return format == NULL ? load_fail_format(l, root, format_key, format_name)
                          : format->read(path, set, l->error);
}

/* The nodes of one file and the tasks of another; or of the same one, where a format holds both. */
static sky_status read_files(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    trace_set nodes = { 0 }, tasks = { 0 };
    sky_status status = read_file(l, root, "nodes", "node_format", "openb-nodes", &nodes);

    if (status == SKY_OK)
        status = read_file(l, root, "tasks", "task_format", "openb-tasks", &tasks);
    if (status == SKY_OK && nodes.node_count == 0)
        status = config_fail(l, root, "nodes", "no nodes", "a file that lists at least one");
    if (status == SKY_OK && tasks.task_count == 0)
        status = config_fail(l, root, "tasks", "no tasks", "a file that lists at least one");
    s->traces = (trace_set){ .nodes = nodes.nodes,
                             .node_count = nodes.node_count,
                             .tasks = tasks.tasks,
                             .task_count = tasks.task_count };
    nodes.nodes = NULL;
    nodes.node_count = 0;
    tasks.tasks = NULL;
    tasks.task_count = 0;
    trace_set_free(&nodes);
    trace_set_free(&tasks);
    return status;
}

/* ---- nodes and pools -------------------------------------------------------------------------------------------- */

static sky_status make_place(loader *l)
{
    scenario *s = l->out;

    s->providers = config_alloc(l, 1, sizeof *s->providers);
    s->regions = config_alloc(l, PLACES_MAX, sizeof *s->regions);
    s->machines = config_alloc(l, 1, sizeof *s->machines);
    s->pools = config_alloc(l, s->traces.node_count, sizeof *s->pools);
    s->accelerators = config_alloc(l, NODE_MODELS_MAX, sizeof *s->accelerators);
    s->nodes = config_alloc(l, s->traces.node_count, sizeof *s->nodes);
    if (s->providers == NULL || s->regions == NULL || s->machines == NULL || s->pools == NULL ||
        s->accelerators == NULL || s->nodes == NULL)
        return SKY_ERROR_MEMORY;
    s->provider_count = s->machine_count = 1;
    s->providers[0] = (scenario_provider){ .name = config_strdup(l, "cluster"),
                                           .title = config_strdup(l, "a cluster"),
                                           .kind = PROVIDER_ON_PREMISES,
                                           .billing_increment_ns = SKY_NS_PER_SECOND };
    s->machines[0] = (scenario_machine){ .name = config_strdup(l, "node"),
                                         .accelerator = config_strdup(l, "") };
    return s->machines[0].accelerator != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* Its number, which is new if none is of that name. */
static sky_status region_of(loader *l, const config_setting_t *root, const char *name, uint32_t *region)
{
    scenario *s = l->out;
    scenario_region *r;
    size_t i = 0;

    while (i < s->region_count && strcmp(s->regions[i].name, name) != 0)
        i++;
    *region = (uint32_t)i;
    if (i < s->region_count)
        return SKY_OK;
    if (i == PLACES_MAX)
        return config_fail(l, root, "nodes", "nodes in more than 256 regions", "fewer");
    r = &s->regions[s->region_count++];
    *r = (scenario_region){ .name = config_strdup(l, name),
                            .title = config_strdup(l, strcmp(name, "cluster") == 0 ? "a cluster" : name),
                            .country = config_strdup(l, ""),
                            .zones = config_alloc(l, PLACES_MAX, sizeof(char *)) };
    return r->name != NULL && r->country != NULL && r->zones != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status zone_of(loader *l, const config_setting_t *root, scenario_region *r, const char *name,
                          uint32_t *zone)
{
    size_t i = 0;

    while (i < r->zone_count && strcmp(r->zones[i], name) != 0)
        i++;
    *zone = (uint32_t)i;
    if (i < r->zone_count)
        return SKY_OK;
    if (i == PLACES_MAX)
        return config_fail(l, root, "nodes", "more than 256 zones of a region", "fewer");
    r->zones[r->zone_count++] = config_strdup(l, name);
    return r->zones[i] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* Where its labels say that a node is: region, zone within it, and what its pools' names begin with. A zone without a
 * region is in that of its name; a node that says neither is in the region and zone "cluster". */
static sky_status place_of(loader *l, const config_setting_t *root, const trace_node *from, scenario_pool *p,
                           char *prefix, size_t size)
{
    rules_text region_label = rules_value(from->labels, "topology.kubernetes.io/region");
    rules_text zone_label = rules_value(from->labels, "topology.kubernetes.io/zone");
    char region[128] = "cluster", zone[128] = "cluster";
    const char *within = zone;
    sky_status status;

    if (zone_label.length >= sizeof zone || region_label.length >= sizeof region)
        return config_fail(l, root, "nodes", from->name, "zones and regions of at most 127 letters");
    if (zone_label.length > 0)
        snprintf(zone, sizeof zone, "%.*s", (int)zone_label.length, zone_label.at);
    if (region_label.length > 0)
        snprintf(region, sizeof region, "%.*s", (int)region_label.length, region_label.at);
    else if (zone_label.length > 0)
        trace_region_of_zone(zone, region, sizeof region);
    if (zone_label.length == 0)
        memcpy(zone, region, sizeof zone);
    snprintf(prefix, size, "%s%s", zone, zone_label.length + region_label.length > 0 ? "/" : "");
    if (zone_label.length + region_label.length == 0)
        *prefix = '\0';
    if (strncmp(zone, region, strlen(region)) == 0 && zone[strlen(region)] != '\0')
        within += strlen(region);
    status = region_of(l, root, region, &p->region);
    return status == SKY_OK ? zone_of(l, root, &l->out->regions[p->region], within, &p->zone) : status;
}

/* The pool of a model in the node's zone, made when it is first met. */
static sky_status pool_of(loader *l, const config_setting_t *root, const trace_node *from, const char *model,
                          uint32_t *pool)
{
    scenario *s = l->out;
    scenario_pool new = { .capacity = INT64_MAX, .purchases = 1u << SKY_ON_DEMAND };
    char prefix[160], name[400];
    size_t i = 0;
    sky_status status = place_of(l, root, from, &new, prefix, sizeof prefix);

    if (status != SKY_OK)
        return status;
    snprintf(name, sizeof name, "%s%.200s", prefix, model);
    while (i < s->pool_count && (s->pools[i].region != new.region || s->pools[i].zone != new.zone ||
                                 strcmp(s->pools[i].name, name) != 0))
        i++;
    *pool = (uint32_t)i;
    if (i < s->pool_count)
        return SKY_OK;
    new.name = config_strdup(l, name);
    s->pools[s->pool_count++] = new;
    return new.name != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status model_of(loader *l, const config_setting_t *root, const char *name, uint32_t *model)
{
    scenario *s = l->out;
    size_t i = 0;

    while (i < s->accelerator_count && strcmp(s->accelerators[i], name) != 0)
        i++;
    *model = (uint32_t)i;
    if (i < s->accelerator_count)
        return SKY_OK;
    if (i == NODE_MODELS_MAX)
        return config_fail(l, root, "nodes", "more than 64 models of accelerators", "fewer");
    s->accelerators[i] = config_strdup(l, name);
    s->accelerator_count++;
    return s->accelerators[i] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status make_node(loader *l, const config_setting_t *root, const trace_node *from,
                            scenario_node *to)
{
    const char *model = from->accelerator != NULL ? from->accelerator : "accelerator";
    sky_status status;

    if (from->accelerators > NODE_DEVICES_MAX)
        return config_fail(l, root, "nodes", from->name, "nodes with at most 16 accelerators");
    *to = (scenario_node){ .mcpu = from->mcpu,
                           .memory_bytes = from->memory_bytes > 0 ? from->memory_bytes : UNTOLD_BYTES,
                           .disk_bytes = from->disk_bytes > 0 ? from->disk_bytes : UNTOLD_BYTES,
                           .devices = from->accelerators };
    if (to->devices == 0)
        return pool_of(l, root, from, "no-accelerator", &to->pool);
    status = model_of(l, root, model, &to->model);
    return status == SKY_OK ? pool_of(l, root, from, model, &to->pool) : status;
}

static sky_status make_nodes(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    sky_status status = make_place(l);

    for (size_t i = 0; i < s->traces.node_count && status == SKY_OK; i++)
        status = make_node(l, root, &s->traces.nodes[i], &s->nodes[s->node_count++]);
    s->egress_nusd_per_gb = config_alloc(l, s->region_count * s->region_count + 1, sizeof(int64_t));
    return status == SKY_OK && s->egress_nusd_per_gb == NULL ? SKY_ERROR_MEMORY : status;
}

/* ---- tasks and classes -------------------------------------------------------------------------------------------- */

/* Classes by what they ask for: an open table of class numbers + 1, twice as large as there are tasks. */
typedef struct class_table {
    uint32_t *slot;
    size_t mask;
} class_table;

static uint64_t stir(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;

        memcpy(&word, (const char *)bytes + i, 8);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash;
}

static size_t hash_of(const scenario_class *c)
{
    uint64_t hash = stir(UINT64_C(0xcbf29ce484222325) ^ ~c->kind, &c->request, sizeof c->request);

    hash = stir(hash, &c->groups, sizeof c->groups);
    return (size_t)stir(hash, c->terms, c->term_count * sizeof *c->terms);
}

static int is_same(const scenario_class *a, const scenario_class *b)
{
    return memcmp(&a->request, &b->request, sizeof a->request) == 0 && a->kind == b->kind &&
           a->groups == b->groups && a->term_count == b->term_count &&
           (a->term_count == 0 || memcmp(a->terms, b->terms, a->term_count * sizeof *a->terms) == 0);
}

static sky_status class_of(loader *l, class_table *table, const scenario_class *c, uint32_t *number)
{
    scenario *s = l->out;
    size_t at = hash_of(c) & table->mask;
    scenario_class *new = &s->classes[s->class_count];

    for (; table->slot[at] != 0; at = (at + 1) & table->mask) {
        *number = table->slot[at] - 1;
        if (is_same(&s->classes[*number], c))
            return SKY_OK;
    }
    *new = *c;
    new->terms = c->term_count > 0 ? config_alloc(l, c->term_count, sizeof *new->terms) : NULL;
    if (c->term_count > 0 && new->terms == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < c->term_count; i++)
        new->terms[i] = c->terms[i];
    *number = (uint32_t)s->class_count++;
    table->slot[at] = (uint32_t)s->class_count;
    return SKY_OK;
}

/* "A|B" to the bit set of models; a model that no node has sets no bit. */
static uint64_t models_of(const scenario *s, const char *names)
{
    uint64_t bits = 0;

    if (names == NULL || *names == '\0')
        return UINT64_MAX;
    for (size_t i = 0; i < s->accelerator_count; i++) {
        size_t length = strlen(s->accelerators[i]);

        for (const char *at = names; at != NULL; at = strchr(at, '|'), at += at != NULL)
            if (strncmp(at, s->accelerators[i], length) == 0 && (at[length] == '|' || at[length] == '\0'))
                bits |= UINT64_C(1) << i;
    }
    return bits;
}

/* Tenants by name: an open table of their numbers, twice as large as there are tasks. */
static sky_status tenant_of(loader *l, const char *name, class_table *table, uint32_t *tenant)
{
    scenario *s = l->out;
    size_t at = 0;

    *tenant = 0;
    if (name == NULL || *name == '\0')
        return SKY_OK;
    for (const char *c = name; *c != '\0'; c++)
        at = at * 31 + (unsigned char)*c;
    for (at &= table->mask; table->slot[at] != 0; at = (at + 1) & table->mask)
        if (strcmp(s->tenants[table->slot[at]], name) == 0) {
            *tenant = table->slot[at];
            return SKY_OK;
        }
    *tenant = table->slot[at] = (uint32_t)s->tenant_count;
    s->tenants[s->tenant_count] = config_strdup(l, name);
    return s->tenants[s->tenant_count++] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* What a task that trains has besides; its parts are workers, of a whole accelerator each. */
static sky_status make_training(loader *l, const config_setting_t *root, const training *t,
                                const trace_task *from, node_request *r, uint32_t *kind, scenario_task *to)
{
    sky_status status = training_kind(t, l, root, from, kind);

    if (status != SKY_OK)
        return status;
    if (r->devices != 1 || r->mgpu != NODE_DEVICE_MGPU)
        return config_fail(l, root, "tasks", from->name,
                           "tasks that train on whole accelerators, one a worker");
    r->models &= training_models(t, l->out, *kind);
    to->usteps = from->steps * 1000000;
    to->weight_ppm = from->weight_ppm > 0 ? from->weight_ppm : 1000000;
    to->deadline_ns = from->slo_ns > 0 ? from->slo_ns : SKY_NEVER_NS;
    return SKY_OK;
}

static sky_status make_task(loader *l, const config_setting_t *root, const training *t,
                            const trace_task *from, rules *rules, class_table *table, class_table *tenants,
                            scenario_task *to)
{
    scenario *s = l->out;
    sky_status status;
    scenario_class c = { .is_task = 1, .kind = SKY_NONE };
    node_request *r = &c.request;

    *r = (node_request){ .mcpu = from->mcpu,
                         .memory_bytes = from->memory_bytes,
                         .disk_bytes = from->disk_bytes,
                         .devices = from->accelerators,
                         .mgpu = from->accelerators > 0 ? from->mgpu : 0,
                         .models = from->accelerators > 0 ? models_of(s, from->accelerator_models)
                                                          : UINT64_MAX };
    if (from->accelerators > NODE_DEVICES_MAX)
        return config_fail(l, root, "tasks", from->name, "tasks with at most 16 accelerators");
    status = rules_of_task(rules, from, &c);
    *to = (scenario_task){ .gang = from->tasks,
                           .priority = from->priority,
                           .submit_ns = from->submit_ns,
                           .run_ns = from->run_ns,
                           .estimate_ns = from->estimate_ns != SKY_NEVER_NS ? from->estimate_ns
                                                                            : from->run_ns };
    if (status == SKY_OK && t->is_told)
        status = make_training(l, root, t, from, r, &c.kind, to);
    if (status != SKY_OK)
        return status;
    status = class_of(l, table, &c, &to->task_class);
    if (status != SKY_OK)
        return status;
    s->classes[to->task_class].expected += from->tasks;
    return tenant_of(l, from->tenant, tenants, &to->tenant);
}

/* A task and its place in the file. */
typedef struct named_task {
    const char *name;
    uint32_t place;
    uint32_t reserved;
} named_task;

static int by_name(const void *a, const void *b)
{
    const named_task *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : x->place < y->place ? -1 : x->place > y->place;
}

static named_task *names_of(loader *l)
{
    const trace_set *set = &l->out->traces;
    named_task *names = config_alloc(l, set->task_count, sizeof *names);

    for (size_t i = 0; names != NULL && i < set->task_count; i++)
        names[i] = (named_task){ set->tasks[i].name != NULL ? set->tasks[i].name : "", (uint32_t)i, 0 };
    if (names != NULL)
        qsort(names, set->task_count, sizeof *names, by_name);
    return names;
}

static int by_submission(const void *a, const void *b)
{
    const scenario_task *x = a, *y = b;

    if (x->submit_ns != y->submit_ns)
        return x->submit_ns < y->submit_ns ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static sky_status finish_classes(loader *l)
{
    scenario *s = l->out;

    for (size_t c = 0; c < s->class_count; c++) {
        scenario_class *class = &s->classes[c];
        char name[32];

        snprintf(name, sizeof name, "task-%zu", c);
        class->name = config_strdup(l, name);
        class->eligible = config_alloc(l, s->pool_count, sizeof *class->eligible);
        if (class->name == NULL || class->eligible == NULL)
            return SKY_ERROR_MEMORY;
        for (size_t i = 0; i < class->term_count; i++)
            class->terms[i].job_class = (uint32_t)c;
        for (uint32_t p = 0; p < s->pool_count; p++)
            class->eligible[class->eligible_count++] = (scenario_eligible){ p, 1, 1000000 };
    }
    return SKY_OK;
}

static sky_status make_tasks(loader *l, const config_setting_t *root, const training *t)
{
    scenario *s = l->out;
    size_t count = s->traces.task_count, slots = 16;
    class_table table = { NULL, 0 }, tenants = { NULL, 0 };
    rules rules;
    named_task *names = names_of(l);
    sky_status status = SKY_OK;

    while (slots < 2 * count)
        slots *= 2;
    table.slot = config_alloc(l, slots, sizeof *table.slot);
    tenants.slot = config_alloc(l, slots, sizeof *tenants.slot);
    table.mask = tenants.mask = slots - 1;
    s->tenants = config_alloc(l, count + 1, sizeof *s->tenants);
    s->classes = config_alloc(l, count, sizeof *s->classes);
    s->tasks = config_alloc(l, count, sizeof *s->tasks);
    if (names == NULL || table.slot == NULL || tenants.slot == NULL || s->tenants == NULL ||
        s->classes == NULL || s->tasks == NULL)
        return SKY_ERROR_MEMORY;
    s->tenants[s->tenant_count++] = config_strdup(l, "");
    status = rules_load(&rules, l, root);
    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        status = make_task(l, root, t, &s->traces.tasks[names[i].place], &rules, &table, &tenants,
                           &s->tasks[i]);
        s->tasks[i].place = names[i].place;
    }
    s->task_count = count;
    rules_mark_nodes(&rules);
    if (status == SKY_OK)
        status = finish_classes(l);
    return status == SKY_OK && t->is_told ? training_rates(t, l, root) : status;
}

/* ---- how tasks come ------------------------------------------------------------------------------------------------ */

/* Tasks that don't say how long they ran stay: then an hour after the last has come. */
static int64_t end_of_recorded(scenario *s)
{
    int64_t last_ns = 0;
    int all_told = 1;

    for (size_t i = 0; i < s->task_count; i++) {
        last_ns = s->tasks[i].submit_ns > last_ns ? s->tasks[i].submit_ns : last_ns;
        if (s->tasks[i].run_ns != SKY_NEVER_NS)
            continue;
        s->tasks[i].run_ns = s->tasks[i].estimate_ns = ENDLESS_NS;
        all_told = 0;
    }
    return all_told || last_ns > ENDLESS_NS - SKY_NS_PER_HOUR ? ENDLESS_NS : last_ns + SKY_NS_PER_HOUR;
}

static sky_status load_arrival(loader *l, const config_setting_t *root, const training *t)
{
    scenario *s = l->out;
    int shuffled = 0, drop = 0, together = 0;
    scenario_workload *w = config_alloc(l, 1, sizeof *w);
    sky_status status = config_get_choice(l, root, "order", 1, "recorded shuffled", &shuffled);

    if (w == NULL)
        return SKY_ERROR_MEMORY;
    if (status == SKY_OK)
        status = config_get_choice(l, root, "unplaceable", 1, "wait drop", &drop);
    if (status == SKY_OK)
        status = config_get_flag(l, root, "kill_at_estimate", &s->kill_at_estimate);
    if (status == SKY_OK)
        status = config_get_real(l, root, "ratio", shuffled, 0.001, 1000, &s->task_ratio);
    *w = (scenario_workload){ .name = config_strdup(l, "tasks"),
                              .arrival = shuffled ? ARRIVAL_SHUFFLED : ARRIVAL_TASKS,
                              .count = INT64_MAX,
                              .work_max_ns = INT64_MAX,
                              .deadline_ns = SKY_NEVER_NS,
                              .replay_time_scale = 1,
                              .estimate_factor = 1,
                              .estimate_least = 1,
                              .members = 1 };
    if (status == SKY_OK)
        status = config_get_choice(l, root, "together", 0, "anywhere region pool node", &together);
    w->together = (sky_together)together;
    s->workloads = w;
    s->workload_count = 1;
    s->drop_unplaceable = drop;
    s->duration_ns = shuffled ? ENDLESS_NS : end_of_recorded(s);
    s->control_interval_ns = t->is_told ? 360 * SKY_NS_PER_SECOND : 24 * SKY_NS_PER_HOUR;
    if (status == SKY_OK)
        status = config_get_quantity(l, root, "control_interval", UNIT_TIME, 0, &s->control_interval_ns);
    if (status == SKY_OK && s->control_interval_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, root, "control_interval", "less than a second", "a time of at least \"1 s\"");
    if (status == SKY_OK && t->is_told && shuffled)
        status = config_fail(l, root, "order", "shuffled, but tasks that train", "order = \"recorded\"");
    if (status == SKY_OK)
        status = config_get_quantity(l, root, "restart", UNIT_TIME, 0, &w->restart_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, root, "duration", UNIT_TIME, 0, &s->duration_ns);
    if (status == SKY_OK && s->duration_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, root, "duration", "less than a second", "a time of at least \"1 s\"");
    if (!shuffled)
        qsort(s->tasks, s->task_count, sizeof *s->tasks, by_submission);
    return status == SKY_OK && w->name == NULL ? SKY_ERROR_MEMORY : status;
}

sky_status load_cluster(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    training t = { .is_told = 0 };
    sky_status status = read_files(l, root);

    if (status == SKY_OK)
        status = make_nodes(l, root);
    if (status == SKY_OK)
        status = training_load(&t, l, root);
    if (status == SKY_OK)
        status = make_tasks(l, root, &t);
    s->window_count = 1;
    s->window_start_ns = config_alloc(l, 1, sizeof *s->window_start_ns);
    s->window_label = config_alloc(l, 1, sizeof *s->window_label);
    if (s->window_start_ns == NULL || s->window_label == NULL)
        status = SKY_ERROR_MEMORY;
    if (status == SKY_OK)
        status = load_arrival(l, root, &t);
    training_free(&t);
    return status;
}
