/* Pools whose machines are nodes that tasks share, and classes that ask for a part of one. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- nodes -------------------------------------------------------------------------------------------------------- */

static sky_status find_model(loader *l, const config_setting_t *root, const char *name, uint32_t *model)
{
    scenario *s = l->out;
    size_t i = 0;

    while (i < s->accelerator_count && strcmp(s->accelerators[i], name) != 0)
        i++;
    if (i == NODE_MODELS_MAX)
        return config_fail(l, root, "pools", "more than 64 models of accelerators", "fewer");
    if (i == s->accelerator_count)
        s->accelerators[s->accelerator_count++] = config_strdup(l, name);
    *model = (uint32_t)i;
    return s->accelerators[i] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* A pod is one node. */
static int64_t nodes_of(const scenario_pool *p)
{
    return p->pods > 0 ? p->pods : p->nodes;
}

static sky_status add_nodes(loader *l, const config_setting_t *root, uint32_t pool)
{
    scenario *s = l->out;
    const scenario_machine *machine = &s->machines[s->pools[pool].machine];
    scenario_node n = { .pool = pool,
                        .devices = (uint32_t)machine->accelerators,
                        .mcpu = machine->mcpu,
                        .memory_bytes = machine->memory_bytes,
                        .labels = s->pools[pool].labels };
    sky_status status = SKY_OK;

    if (machine->accelerators > NODE_DEVICES_MAX)
        return config_fail(l, root, "pools", machine->name, "nodes with at most 16 accelerators");
    if (n.devices > 0)
        status = find_model(l, root, machine->accelerator, &n.model);
    accelerators_of_node(s, pool, &n);
    s->pools[pool].scale.shape = n;
    s->has_fleet |= s->pools[pool].scale.most > 0;
    for (int64_t i = 0; i < nodes_of(&s->pools[pool]) && status == SKY_OK; i++)
        s->nodes[s->node_count++] = n;
    return status;
}

sky_status load_nodes(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    int64_t count = 0;
    sky_status status = SKY_OK;

    for (size_t p = 0; p < s->pool_count; p++)
        count += nodes_of(&s->pools[p]);
    if (count > 16000000)
        return config_fail(l, root, "pools", "more than 16 million nodes", "fewer");
    s->nodes = config_alloc(l, (size_t)count + 1, sizeof *s->nodes);
    s->accelerators = config_alloc(l, NODE_MODELS_MAX, sizeof *s->accelerators);
    if (s->nodes == NULL || s->accelerators == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t p = 0; p < s->pool_count && status == SKY_OK; p++)
        if (s->pools[p].nodes > 0 || s->pools[p].scale.most > 0)
            status = add_nodes(l, root, p);
    return status;
}

/* ---- requests ------------------------------------------------------------------------------------------------------ */

sky_status load_models(loader *l, const config_setting_t *group, uint64_t *bits)
{
    const scenario *s = l->out;
    char **models = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, group, "models", 0, &models, &count);

    *bits = 0;
    if (status != SKY_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        size_t model = 0;

        while (model < s->accelerator_count && strcmp(s->accelerators[model], models[i]) != 0)
            model++;
        if (model == s->accelerator_count) {
            suggest_search search = suggest_for(models[i]);

            for (size_t k = 0; k < s->accelerator_count; k++)
                suggest_offer(&search, s->accelerators[k], 0);
            return config_fail_near(l, group, "models", models[i],
                                    "models of accelerators that the pools' nodes have", &search);
        }
        *bits |= UINT64_C(1) << model;
    }
    return SKY_OK;
}

static sky_status load_devices(loader *l, const config_setting_t *group, node_request *r)
{
    int64_t devices = 0;
    double share = 1;
    sky_status status = config_get_integer(l, group, "accelerators", 0, 0, NODE_DEVICES_MAX, &devices);

    if (status == SKY_OK)
        status = config_get_real(l, group, "share", 0, 0.001, 1, &share);
    if (status == SKY_OK && share < 1 && devices != 1)
        return config_fail(l, group, "share", "a share of other than one accelerator", "accelerators = 1");
    r->devices = (uint32_t)devices;
    r->mgpu = devices > 0 ? (uint32_t)lround(share * NODE_DEVICE_MGPU) : 0;
    r->models = UINT64_MAX;
    if (status == SKY_OK)
        status = load_accelerator_request(l, group, r);
    if (status == SKY_OK && r->devices > 0)
        status = load_models(l, group, &r->models);
    r->models = r->models != 0 ? r->models : UINT64_MAX;
    return status == SKY_OK ? check_accelerator_models(l, group, r) : status;
}

sky_status load_request(loader *l, const config_setting_t *group, scenario_class *c)
{
    const scenario *s = l->out;
    const config_setting_t *request;
    double cpus = 0;
    sky_status status = config_get_group(l, group, "request", 1, &request);

    c->is_task = 1;
    if (status == SKY_OK && config_setting_get_member(group, "runs_on") != NULL)
        return config_fail(l, group, "request", "both request and runs_on", "one of them");
    if (status == SKY_OK)
        status = config_check_keys(
            l, request, "cpus memory disk accelerators share models labels profile slice chips one_group");
    if (status == SKY_OK)
        status = config_get_real(l, request, "cpus", 1, 0, 100000, &cpus);
    c->request.mcpu = llround(cpus * 1000);
    if (status == SKY_OK)
        status = config_get_quantity(l, request, "memory", UNIT_BYTES, 0, &c->request.memory_bytes);
    if (status == SKY_OK)
        status = config_get_quantity(l, request, "disk", UNIT_BYTES, 0, &c->request.disk_bytes);
    if (status == SKY_OK)
        status = load_devices(l, request, &c->request);
    if (status == SKY_OK)
        status = load_name_set(l, request, "labels", &l->out->labels, "labels of `pools`",
                               &c->request.labels);
    c->failure_shape = 1;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "mtbf", UNIT_TIME, 0, &c->failure_ns);
    if (status == SKY_OK)
        status = config_get_real(l, group, "failure_shape", 0, 0.05, 20, &c->failure_shape);
    if (status != SKY_OK)
        return status;
    c->eligible = config_alloc(l, s->pool_count + 1, sizeof *c->eligible);
    if (c->eligible == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t p = 0; p < s->pool_count; p++)
        if (s->pools[p].nodes > 0 || s->pools[p].scale.most > 0)
            c->eligible[c->eligible_count++] = (scenario_eligible){ p, 1, 1000000 };
    if (c->eligible_count == 0)
        return config_fail(l, group, "request", "no pool with nodes",
                           "a pool with nodes = NUMBER in `pools`");
    return SKY_OK;
}
