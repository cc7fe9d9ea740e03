/* A snapshot of a Kubernetes cluster: `kubectl get nodes,pods -A -o json`, a List of Node and Pod (core/v1,
 * kubernetes.io/docs/reference/kubernetes-api). Nodes offer what is allocatable; pods ask for what the scheduler
 * counts: the sum of their containers, or what an init container needs where that is more (sidecars run on beside
 * the others), and the overhead. Pods that have ended (Succeeded, Failed) and items of other kinds are passed
 * over; a namespace is a tenant. What a DaemonSet runs on a node of the file is no task: the node offers so much less. */
#include "kubernetes.h"
#include "kubernetes_quantity.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_AMOUNT  (INT64_MAX / 4)
#define MAX_DEVICES 100000

enum { MCPU, MEMORY, DISK, DEVICES, AMOUNTS };
typedef struct amounts {
    int64_t of[AMOUNTS];
} amounts;

static const struct resource {
    const char *name;
    int amount;
} resources[] = {
    { "cpu", MCPU },
    { "memory", MEMORY },
    { "ephemeral-storage", DISK },
    { "nvidia.com/gpu", DEVICES },
    { "amd.com/gpu", DEVICES },
    { "google.com/tpu", DEVICES },
};

/* Labels that name a node's accelerator, the first that is there. */
static const char *const model_labels[] = {
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "amd.com/gpu.product-name",
};

/* ---- amounts -------------------------------------------------------------------------------------------------- */

static int64_t add_up(int64_t a, int64_t b)
{
    return a < MAX_AMOUNT - b ? a + b : MAX_AMOUNT;
}

static void add_amounts(amounts *to, const amounts *more)
{
    for (int i = 0; i < AMOUNTS; i++)
        to->of[i] = add_up(to->of[i], more->of[i]);
}

static int read_quantity(const json_t *value, int thousandths, int64_t *out)
{
    char number[32];

    if (!json_is_integer(value))
        return json_is_string(value) && kubernetes_quantity(json_string_value(value), thousandths, out);
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    return kubernetes_quantity(number, thousandths, out);
}

/* Adds what the list names; of nothing where there is no list. */
static sky_status read_amounts(const snapshot *s, const char *at, const json_t *list, amounts *to)
{
    if (list != NULL && !json_is_object(list))
        return kubernetes_fail(s, at, list, "an object of quantities");
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        const json_t *value = json_object_get(list, resources[i].name);
        int64_t *amount = &to->of[resources[i].amount], quantity = 0;
        char key[140];

        if (value == NULL)
            continue;
        snprintf(key, sizeof key, "%s.%s", at, resources[i].name);
        if (!read_quantity(value, resources[i].amount == MCPU, &quantity))
            return kubernetes_fail(s, key, value, "a quantity of at least 0, as \"500m\" or \"1.5Gi\"");
        *amount = add_up(*amount, quantity < MAX_AMOUNT ? quantity : MAX_AMOUNT);
        if (resources[i].amount == DEVICES && *amount > MAX_DEVICES)
            return kubernetes_fail(s, key, value, "at most 100000 devices");
    }
    return SKY_OK;
}

static sky_status read_container(const snapshot *s, const char *list, size_t i, const json_t *container,
                                 amounts *to)
{
    const json_t *needs = json_object_get(container, "resources");
    char key[80];

    *to = (amounts){ 0 };
    snprintf(key, sizeof key, "spec.%s[%zu].resources.requests", list, i);
    if (!json_is_object(container) || (needs != NULL && !json_is_object(needs)))
        return kubernetes_fail(s, key, container, "a container");
    return read_amounts(s, key, json_object_get(needs, "requests"), to);
}

/* Containers that run one after the other, except sidecars (restartPolicy Always), which run on: `peak` is what
 * they need at most at a time, `total` what stays. KEP-753, "Resources calculation". */
static sky_status read_init_containers(const snapshot *s, const json_t *spec, amounts *peak, amounts *total)
{
    const json_t *list = json_object_get(spec, "initContainers");
    sky_status status = SKY_OK;

    if (list != NULL && !json_is_array(list))
        return kubernetes_fail(s, "spec.initContainers", list, "a list of containers");
    for (size_t i = 0; status == SKY_OK && i < json_array_size(list); i++) {
        const json_t *container = json_array_get(list, i);
        const char *policy = json_string_value(json_object_get(container, "restartPolicy"));
        amounts now;

        status = read_container(s, "initContainers", i, container, &now);
        add_amounts(&now, total);
        if (policy != NULL && strcmp(policy, "Always") == 0)
            *total = now;
        for (int k = 0; k < AMOUNTS; k++)
            peak->of[k] = now.of[k] > peak->of[k] ? now.of[k] : peak->of[k];
    }
    return status;
}

static sky_status read_requests(const snapshot *s, const json_t *spec, amounts *out)
{
    const json_t *list = json_object_get(spec, "containers");
    amounts peak = { 0 }, total = { 0 }, one;
    sky_status status = read_init_containers(s, spec, &peak, &total);

    if (status == SKY_OK && (!json_is_array(list) || json_array_size(list) == 0))
        return kubernetes_fail(s, "spec.containers", list, "a list of containers");
    for (size_t i = 0; status == SKY_OK && i < json_array_size(list); i++) {
        status = read_container(s, "containers", i, json_array_get(list, i), &one);
        add_amounts(&total, &one);
    }
    for (int k = 0; k < AMOUNTS; k++)
        out->of[k] = total.of[k] > peak.of[k] ? total.of[k] : peak.of[k];
    return status == SKY_OK ? read_amounts(s, "spec.overhead", json_object_get(spec, "overhead"), out)
                            : status;
}

/* ---- nodes and pods ------------------------------------------------------------------------------------------- */

static sky_status read_text(const snapshot *s, const char *key, const json_t *value, char **out)
{
    const char *text = json_string_value(value);

    if (text == NULL || *text == '\0')
        return kubernetes_fail(s, key, value, "a name");
    *out = strdup(text);
    return *out != NULL ? SKY_OK : kubernetes_no_memory(s);
}

/* The label's model; where there is none, the resource's name. */
static sky_status read_model(const snapshot *s, const json_t *labels, const json_t *allocatable,
                             trace_node *node)
{
    const char *model = NULL;

    for (size_t i = 0; model == NULL && i < sizeof model_labels / sizeof model_labels[0]; i++)
        model = json_string_value(json_object_get(labels, model_labels[i]));
    for (size_t i = 0; model == NULL && i < sizeof resources / sizeof resources[0]; i++)
        if (resources[i].amount == DEVICES && json_object_get(allocatable, resources[i].name) != NULL)
            model = resources[i].name;
    if (node->accelerators > 0)
        node->accelerator = strdup(model);
    return node->accelerators == 0 || node->accelerator != NULL ? SKY_OK : kubernetes_no_memory(s);
}

static sky_status read_node(const snapshot *s, const json_t *item)
{
    const json_t *metadata = json_object_get(item, "metadata");
    const json_t *allocatable = json_object_get(json_object_get(item, "status"), "allocatable");
    json_t *labels = json_object_get(metadata, "labels");
    trace_node *node = text_grow((void **)&s->set->nodes, &s->set->node_count, sizeof *node);
    amounts has = { 0 };
    sky_status status = node != NULL
                            ? read_text(s, "metadata.name", json_object_get(metadata, "name"), &node->name)
                            : kubernetes_no_memory(s);

    if (status == SKY_OK && allocatable == NULL)
        return kubernetes_fail(s, "status.allocatable", allocatable, "an object of quantities");
    if (status == SKY_OK)
        status = read_amounts(s, "status.allocatable", allocatable, &has);
    if (status == SKY_OK)
        status = kubernetes_read_labels(s, "metadata.labels", labels, &node->labels);
    if (status == SKY_OK)
        status = kubernetes_read_taints(s, json_object_get(json_object_get(item, "spec"), "taints"),
                                        &node->taints);
    if (status != SKY_OK)
        return status;
    node->mcpu = has.of[MCPU];
    node->memory_bytes = has.of[MEMORY];
    node->disk_bytes = has.of[DISK];
    node->accelerators = (uint32_t)has.of[DEVICES];
    return read_model(s, labels, allocatable, node);
}

/* RFC 3339 in UTC, whole seconds, as the API server writes it. */
static sky_status read_time(const snapshot *s, const char *key, const json_t *value, int64_t *out_ns)
{
    static const char format[] = "%Y-%m-%dT%H:%M:%SZ";
    const char *text = json_string_value(value), *end;
    char again[32] = "";
    struct tm broken = { 0 };
    time_t seconds = 0;

    end = text != NULL ? strptime(text, format, &broken) : NULL;
    if (end != NULL && *end == '\0') {
        seconds = timegm(&broken);
        strftime(again, sizeof again, format, gmtime_r(&seconds, &broken));
    }
    if (text == NULL || strcmp(again, text) != 0 || seconds < 0 || seconds > INT64_C(4000000000))
        return kubernetes_fail(s, key, value, "a time, as 2025-01-31T12:00:00Z");
    *out_ns = (int64_t)seconds * SKY_NS_PER_SECOND;
    return SKY_OK;
}

static sky_status read_priority(const snapshot *s, const json_t *value, int64_t *out)
{
    *out = json_integer_value(value);
    if (value != NULL && (!json_is_integer(value) || *out < INT32_MIN || *out > INT32_MAX))
        return kubernetes_fail(s, "spec.priority", value, "a whole number of 32 bits");
    return SKY_OK;
}

static sky_status read_identity(const snapshot *s, const json_t *metadata, trace_task *task)
{
    const json_t *namespace = json_object_get(metadata, "namespace");
    sky_status status = read_text(s, "metadata.name", json_object_get(metadata, "name"), &task->name);

    if (status == SKY_OK && namespace != NULL)
        status = read_text(s, "metadata.namespace", namespace, &task->tenant);
    return status == SKY_OK ? read_time(s, "metadata.creationTimestamp",
                                        json_object_get(metadata, "creationTimestamp"), &task->submit_ns)
                            : status;
}

static sky_status read_spec(const snapshot *s, const json_t *spec, trace_task *task)
{
    amounts needs = { 0 };
    sky_status status = read_requests(s, spec, &needs);

    if (status == SKY_OK)
        status = read_priority(s, json_object_get(spec, "priority"), &task->priority);
    if (status == SKY_OK)
        status = kubernetes_read_labels(s, "spec.nodeSelector", json_object_get(spec, "nodeSelector"),
                                        &task->labels);
    if (status == SKY_OK)
        status = kubernetes_read_tolerations(s, json_object_get(spec, "tolerations"), &task->tolerations);
    if (status == SKY_OK && needs.of[DEVICES] > MAX_DEVICES)
        return kubernetes_fail(s, "spec.containers", json_object_get(spec, "containers"),
                               "at most 100000 devices");
    task->mcpu = needs.of[MCPU];
    task->memory_bytes = needs.of[MEMORY];
    task->disk_bytes = needs.of[DISK];
    task->accelerators = (uint32_t)needs.of[DEVICES];
    task->mgpu = task->accelerators > 0 ? 1000 : 0;
    return status;
}

/* ---- daemons -------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(trace_node *const *)a)->name, (*(trace_node *const *)b)->name);
}

static sky_status index_nodes(snapshot *s, size_t first)
{
    s->node_count = s->set->node_count - first;
    s->nodes = malloc((s->node_count + 1) * sizeof(trace_node *));
    if (s->nodes == NULL)
        return kubernetes_no_memory(s);
    for (size_t i = 0; i < s->node_count; i++)
        s->nodes[i] = &s->set->nodes[first + i];
    qsort(s->nodes, s->node_count, sizeof(trace_node *), by_name);
    return SKY_OK;
}

/* Where a pod of a DaemonSet runs; NULL: it is none, does not run, or the file lists no such node. */
static trace_node *daemon_node(const snapshot *s, const json_t *item)
{
    const json_t *owners = json_object_get(json_object_get(item, "metadata"), "ownerReferences");
    const char *name = json_string_value(json_object_get(json_object_get(item, "spec"), "nodeName"));
    trace_node node = { .name = (char *)(uintptr_t)name };
    const trace_node *key = &node;
    trace_node **found;
    int is_daemon = 0;

    for (size_t i = 0; i < json_array_size(owners); i++) {
        const char *kind = json_string_value(json_object_get(json_array_get(owners, i), "kind"));

        is_daemon |= kind != NULL && strcmp(kind, "DaemonSet") == 0;
    }
    if (!is_daemon || name == NULL)
        return NULL;
    found = bsearch(&key, s->nodes, s->node_count, sizeof(trace_node *), by_name);
    return found != NULL ? *found : NULL;
}

/* Never to 0, which would be untold, unless it is that already. */
static int64_t less(int64_t offered, int64_t taken)
{
    return offered > taken ? offered - taken : offered > 0;
}

/* Takes the daemon off what the node offers. Its devices, if any, are not: they are seen, not used. */
static sky_status read_daemon(const snapshot *s, const json_t *item, trace_node *node)
{
    amounts takes = { 0 };
    sky_status status = read_requests(s, json_object_get(item, "spec"), &takes);

    if (status != SKY_OK)
        return status;
    node->mcpu = less(node->mcpu, takes.of[MCPU]);
    node->memory_bytes = less(node->memory_bytes, takes.of[MEMORY]);
    node->disk_bytes = less(node->disk_bytes, takes.of[DISK]);
    return SKY_OK;
}

/* ---- items ---------------------------------------------------------------------------------------------------- */

static sky_status read_pod(const snapshot *s, const json_t *item)
{
    const char *phase = json_string_value(json_object_get(json_object_get(item, "status"), "phase"));
    trace_node *daemon_on = daemon_node(s, item);
    trace_task *task;
    sky_status status;

    if (phase != NULL && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0))
        return SKY_OK;
    if (daemon_on != NULL)
        return read_daemon(s, item, daemon_on);
    task = text_grow((void **)&s->set->tasks, &s->set->task_count, sizeof *task);
    if (task == NULL)
        return kubernetes_no_memory(s);
    task->run_ns = task->estimate_ns = SKY_NEVER_NS;
    task->tasks = task->status = 1;
    status = read_identity(s, json_object_get(item, "metadata"), task);
    if (status == SKY_OK)
        status = read_spec(s, json_object_get(item, "spec"), task);
    return status == SKY_OK ? kubernetes_read_rules(s, item, task) : status;
}

/* Those of one kind. */
static sky_status read_items(snapshot *s, const json_t *items, const char *kind,
                             sky_status (*read)(const snapshot *s, const json_t *item))
{
    sky_status status = SKY_OK;

    for (s->item = 0; s->item < json_array_size(items) && status == SKY_OK; s->item++) {
        const json_t *item = json_array_get(items, s->item), *found = json_object_get(item, "kind");
        const char *text = json_string_value(found);

        if (text == NULL)
            return kubernetes_fail(s, "kind", found, "Node or Pod");
        if (strcmp(text, kind) == 0)
            status = read(s, item);
    }
    return status;
}

static sky_status read_kubernetes(const char *path, trace_set *set, sky_error *error)
{
    snapshot s = { .path = path, .error = error, .set = set };
    size_t first_task = set->task_count, first_node = set->node_count;
    json_t *root;
    const json_t *items;
    sky_status status = json_file_load(path, &root, error);

    if (status != SKY_OK)
        return status;
    items = json_object_get(root, "items");
    if (json_array_size(items) == 0)
        status = json_file_fail_shown(error, path, "items", items, "a list of nodes and pods");
    if (status == SKY_OK)
        status = read_items(&s, items, "Node", read_node);
    if (status == SKY_OK)
        status = index_nodes(&s, first_node);
    if (status == SKY_OK)
        status = read_items(&s, items, "Pod", read_pod);
    free(s.nodes);
    json_decref(root);
    trace_tasks_from_zero(set, first_task);
    return status;
}

const trace_format trace_kubernetes_json = {
    .name = "kubernetes-json",
    .about = "a cluster's nodes and pods, as `kubectl get nodes,pods -A -o json` shows them",
    .read = read_kubernetes,
};
