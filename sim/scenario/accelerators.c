/* Accelerators: how the catalog's are linked, cut and joined to pods, and what a request asks of them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_SIZE 256 /* of names in an error */

/* Adds a name to a list of them, as far as there is room. */
static void add_name(char *list, const char *name)
{
    size_t used = strlen(list);

    snprintf(list + used, LIST_SIZE - used, "%s%s", used > 0 ? " " : "", name);
}

/* ---- the catalog's machines ------------------------------------------------------------------------------------- */

/* "4+4" to the bit set of the devices with which a group begins; 0: it is no such list, or not of all devices. */
static uint32_t group_starts_of(const char *text, int devices)
{
    uint32_t starts = 0;
    long first = 0;

    for (const char *at = text;; at++) {
        char *end;
        long size = strtol(at, &end, 10);

        if (end == at || *at < '0' || *at > '9' || size < 1 || first + size > devices)
            return 0;
        starts |= 1u << first;
        first += size;
        at = end;
        if (*at != '+')
            return *at == '\0' && first == devices ? starts : 0;
    }
}

static sky_status load_interconnect(loader *l, const config_setting_t *group, scenario_machine *m)
{
    const char *text = NULL;
    sky_status status = config_get_string(l, group, "interconnect", 0, &text);

    if (status != SKY_OK || text == NULL)
        return status;
    m->group_starts = m->accelerators <= NODE_DEVICES_MAX ? group_starts_of(text, m->accelerators) : 0;
    return m->group_starts != 0
               ? SKY_OK
               : config_fail(l, group, "interconnect", text,
                             "sizes of groups that sum to the accelerators, \"8\" or \"4+4\"");
}

/* One of names, to its place + 1; 0: the key is absent. */
static sky_status load_name(loader *l, const config_setting_t *group, const char *key, const char *what,
                            const char *(*name_of)(uint32_t), int *out)
{
    const char *text = NULL, *name;
    char expected[LIST_SIZE] = "";
    suggest_search search;
    sky_status status = config_get_string(l, group, key, 0, &text);

    if (status != SKY_OK || text == NULL)
        return status;
    search = suggest_for(text);
    add_name(expected, what);
    for (uint32_t i = 0; (name = name_of(i)) != NULL; i++) {
        if (strcmp(name, text) == 0) {
            *out = (int)i + 1;
            return SKY_OK;
        }
        suggest_offer(&search, name, 0);
        add_name(expected, name);
    }
    return config_fail_near(l, group, key, text, expected, &search);
}

sky_status load_machine_accelerators(loader *l, const config_setting_t *group, scenario_machine *m)
{
    sky_status status = load_interconnect(l, group, m);

    if (status == SKY_OK)
        status = load_name(l, group, "mig_model", "one of:", mig_model_name, &m->mig_model);
    if (status == SKY_OK)
        status = load_name(l, group, "torus", "one of:", torus_type_name, &m->torus_type);
    if (status == SKY_OK && m->mig_model != 0 && m->accelerators == 0)
        return config_fail(l, group, "mig_model", "a machine without accelerators", "accelerators = NUMBER");
    if (status == SKY_OK && m->torus_type != 0 && !(m->accelerator_is_tpu && m->accelerators > 0))
        return config_fail(l, group, "torus", "a machine without TPUs", "tpu = true, and accelerators");
    return status;
}

/* ---- pools ------------------------------------------------------------------------------------------------------ */

/* "4x4" or "2x2x4". 0: it is neither. */
static int shape_of(const char *text, torus_shape *shape)
{
    int axis = 0;

    *shape = (torus_shape){ { 1, 1, 1 } };
    for (const char *at = text; axis < TORUS_AXES; at++) {
        char *end;
        long size = strtol(at, &end, 10);

        if (end == at || *at < '0' || *at > '9' || size < 1 || size > TORUS_AXIS_MAX)
            return 0;
        shape->sizes[axis++] = (uint16_t)size;
        at = end;
        if (*at != 'x')
            return *at == '\0' && axis > 1;
    }
    return 0;
}

static sky_status load_pod(loader *l, const config_setting_t *group, scenario_pool *p)
{
    const scenario_machine *m = &l->out->machines[p->machine];
    const char *text = NULL;
    torus_shape shape;
    int64_t hosts;
    sky_status status = config_get_string(l, group, "pod", 0, &text);

    if (status != SKY_OK || text == NULL)
        return status;
    if (m->torus_type == 0)
        return config_fail(l, group, "pod", m->name, "a machine of which the catalog names the torus");
    if (p->nodes > 0)
        return config_fail(l, group, "nodes", "both nodes and pod",
                           "pods = NUMBER: their hosts are the nodes");
    if (!shape_of(text, &shape) || !torus_pod_init(&p->pod, (uint32_t)m->torus_type - 1, shape))
        return config_fail(l, group, "pod", text,
                           m->torus_type - 1 == TORUS_V4 || m->torus_type - 1 == TORUS_V5P
                               ? "chips along three axes, multiples of 4, \"16x20x28\""
                               : "chips along two axes, of whole hosts of 2x4, at most \"16x16\"");
    hosts = torus_chips(shape) / (uint32_t)m->accelerators;
    if (hosts * m->accelerators != torus_chips(shape))
        return config_fail(l, group, "pod", text, "whole machines");
    p->pods = 1;
    status = config_get_integer(l, group, "pods", 0, 1, 10000, &p->pods);
    p->nodes = p->pods * hosts;
    return status;
}

sky_status load_pool_accelerators(loader *l, const config_setting_t *group, scenario_pool *p)
{
    const scenario_machine *m = &l->out->machines[p->machine];
    sky_status status = config_get_flag(l, group, "mig", &p->mig);
    char expected[LIST_SIZE] = "";

    add_name(expected, "a machine for which the catalog names one of:");
    for (uint32_t i = 0; i < MIG_MODEL_COUNT; i++)
        add_name(expected, mig_model_name(i));
    if (status == SKY_OK && p->mig && m->mig_model == 0)
        return config_fail(l, group, "mig", m->name, expected);
    if (status == SKY_OK && p->mig && p->nodes == 0 && p->scale.most == 0)
        return config_fail(l, group, "mig", "a pool without nodes", "nodes = NUMBER");
    if (status == SKY_OK && config_setting_get_member(group, "pods") != NULL &&
        config_setting_get_member(group, "pod") == NULL)
        return config_fail(l, group, "pods", "no pod", "pod = \"16x16\", the chips of one");
    return status == SKY_OK ? load_pod(l, group, p) : status;
}

void accelerators_of_node(const scenario *s, uint32_t pool, scenario_node *n)
{
    const scenario_pool *p = &s->pools[pool];
    const scenario_machine *m = &s->machines[p->machine];
    int64_t hosts;

    n->group_starts = m->group_starts;
    n->mig_model = p->mig ? (uint32_t)m->mig_model : 0;
    if (p->pods == 0)
        return;
    hosts = p->nodes / p->pods;
    n->pod = p->pod;
    n->devices = 0;
    n->mcpu *= hosts;
    n->memory_bytes *= hosts;
}

/* ---- requests ----------------------------------------------------------------------------------------------------- */

/* The profile of that name on each model that a pool's GPUs are in MIG mode of. */
static sky_status load_profile(loader *l, const config_setting_t *group, const char *name, node_request *r)
{
    const scenario *s = l->out;
    suggest_search search = suggest_for(name);
    int any = 0;

    for (size_t i = 0; i < s->node_count; i++) {
        uint32_t model = s->nodes[i].mig_model - 1, profile;

        if (s->nodes[i].mig_model == 0 || (i > 0 && s->nodes[i].pool == s->nodes[i - 1].pool))
            continue;
        any = 1;
        for (uint32_t k = 0; k < MIG_PROFILES; k++)
            suggest_offer(&search, mig_profile_name(model, k), 0);
        profile = mig_profile_find(model, name);
        if (profile == MIG_NONE)
            continue;
        r->profiles |= (profile + 1) << 4 * model;
        r->mgpu = mig_profile_mgpu(profile);
    }
    r->devices = 1;
    if (!any)
        return config_fail(l, group, "profile", name,
                           "a pool with mig = true, whose GPUs have such profiles");
    return r->profiles != 0
               ? SKY_OK
               : config_fail_near(l, group, "profile", name,
                                  "a MIG profile of the pools' GPUs, such as \"1g.10gb\"", &search);
}

/* Links of the shape's chips to others outside it, if it were not at an edge: the fewer, the more compact. */
static uint32_t surface_of(torus_shape shape)
{
    return 2u * ((uint32_t)shape.sizes[0] * shape.sizes[1] + (uint32_t)shape.sizes[1] * shape.sizes[2] +
                 (uint32_t)shape.sizes[0] * shape.sizes[2]);
}

/* "4x4"; NULL: no memory. */
static const char *name_of_shape(loader *l, torus_shape shape)
{
    char name[32];

    snprintf(name, sizeof name, shape.sizes[2] > 1 ? "%ux%ux%u" : "%ux%u", shape.sizes[0], shape.sizes[1],
             shape.sizes[2]);
    return config_strdup(l, name);
}

static const char *name_of_chips(loader *l, torus_shape shape)
{
    char name[32];

    snprintf(name, sizeof name, "%u", torus_chips(shape));
    return config_strdup(l, name);
}

/* What is looked for among the shapes that are legal in the pools' pods: the most compact of that name. */
typedef struct shape_search {
    const char *wanted;
    const char *(*name_of)(loader *l, torus_shape shape);
    suggest_search near;
    char names[LIST_SIZE];
    torus_shape found;
    uint32_t surface; /* UINT32_MAX: none found */
} shape_search;

static sky_status search_shapes(loader *l, const torus_pod *pod, shape_search *search)
{
    torus_shape shapes[TORUS_SHAPES_MAX];
    uint32_t count = torus_shapes(pod, shapes, TORUS_SHAPES_MAX);

    for (uint32_t i = 0; i < count; i++) {
        const char *name = search->name_of(l, shapes[i]);

        if (name == NULL)
            return SKY_ERROR_MEMORY;
        add_name(search->names, name);
        if (search->name_of == name_of_shape)
            suggest_offer(&search->near, name, 0);
        if (strcmp(search->wanted, name) == 0 && surface_of(shapes[i]) < search->surface) {
            search->surface = surface_of(shapes[i]);
            search->found = shapes[i];
        }
    }
    return SKY_OK;
}

/* A slice by its shape, or by its chips. */
static sky_status load_slice(loader *l, const config_setting_t *group, const char *key, const char *text,
                             node_request *r)
{
    const scenario *s = l->out;
    shape_search search = { .wanted = text,
                            .name_of = strcmp(key, "chips") == 0 ? name_of_chips : name_of_shape,
                            .near = suggest_for(text),
                            .names = "one that is legal in a pool's pod:",
                            .surface = UINT32_MAX };
    const torus_pod *last = NULL;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        const torus_pod *pod = &s->pools[i].pod;

        if (s->pools[i].pods == 0 || (last != NULL && memcmp(pod, last, sizeof *pod) == 0))
            continue;
        status = search_shapes(l, pod, &search);
        last = pod;
    }
    if (status != SKY_OK)
        return status;
    if (last == NULL)
        return config_fail(l, group, key, text, "a pool with pod = \"16x16\" to take slices of");
    if (search.surface == UINT32_MAX)
        return config_fail_near(l, group, key, text, search.names, &search.near);
    r->slice = search.found;
    r->devices = torus_chips(r->slice);
    r->mgpu = NODE_DEVICE_MGPU;
    return SKY_OK;
}

sky_status check_accelerator_models(loader *l, const config_setting_t *group, const node_request *r)
{
    const scenario *s = l->out;
    char expected[LIST_SIZE] = "some of those that have it:";

    if (r->profiles == 0 && !node_asks_slice(r))
        return SKY_OK;
    for (size_t i = 0; i < s->node_count; i++) {
        const scenario_node *n = &s->nodes[i];
        int has = r->profiles != 0 ? n->mig_model != 0 && node_profile(r, n->mig_model - 1) != MIG_NONE
                                   : torus_chips(n->pod.shape) > 0 && torus_shape_is_legal(&n->pod, r->slice);

        if (has && (r->models >> n->model & 1) != 0)
            return SKY_OK;
        if (has && strstr(expected, s->accelerators[n->model]) == NULL)
            add_name(expected, s->accelerators[n->model]);
    }
    return config_fail(
        l, group, "models",
        r->profiles != 0 ? "none in MIG mode with that profile" : "none in a pod with such slices", expected);
}

sky_status load_accelerator_request(loader *l, const config_setting_t *group, node_request *r)
{
    static const char *const keys[] = { "accelerators", "profile", "slice", "chips" };
    const char *profile = NULL, *slice = NULL;
    char chips_text[24];
    int64_t chips = 0;
    int told = 0, one_group = 0;
    sky_status status = config_get_string(l, group, "profile", 0, &profile);

    if (status == SKY_OK)
        status = config_get_string(l, group, "slice", 0, &slice);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "chips", 0, 1, TORUS_CHIPS_MAX, &chips);
    if (status == SKY_OK)
        status = config_get_flag(l, group, "one_group", &one_group);
    for (size_t i = 1; i < sizeof keys / sizeof keys[0]; i++)
        told += config_setting_get_member(group, keys[i]) != NULL;
    if (status != SKY_OK)
        return status;
    if (told > 1 || (told == 1 && r->devices > (profile != NULL)))
        return config_fail(l, group, NULL, "more than one of accelerators, profile, slice, chips",
                           "one of them (of a profile, accelerators = 1)");
    if (told == 1 && r->mgpu != 0 && r->mgpu != NODE_DEVICE_MGPU)
        return config_fail(l, group, "share", "a share of an instance or slice", "no share");
    if (one_group && (told == 1 || r->devices < 2))
        return config_fail(l, group, "one_group", "fewer than two whole accelerators",
                           "accelerators = 2 or more");
    r->one_group = (uint16_t)one_group;
    if (profile != NULL)
        return load_profile(l, group, profile, r);
    if (slice != NULL)
        return load_slice(l, group, "slice", slice, r);
    snprintf(chips_text, sizeof chips_text, "%lld", (long long)chips);
    return chips > 0 ? load_slice(l, group, "chips", chips_text, r) : SKY_OK;
}
