#include "facts.h"

#include "../allocation/training.h"
#include "lives.h"
#include "../scaling/facts.h"

#include <stdlib.h>

#define MAX_RANK    (1 << 24)
#define MAX_GANG    1000000
#define MAX_TENANTS (1u << 20)
#define MAX_WEIGHT  INT64_C(1000000000000)

/* ---- requests ----------------------------------------------------------------------------------------------- */

static model_request *request_at(model *m, uint32_t job_class)
{
    while (m->array[MODEL_REQUESTS].count <= job_class)
        if (model_append(m, MODEL_REQUESTS) == NULL)
            return NULL;
    return (model_request *)m->array[MODEL_REQUESTS].items + job_class;
}

static int amounts_are_sane(const sky_event *event)
{
    return event->a >= 0 && event->b >= 0 && event->c >= 0 && event->a <= NODE_MOST &&
           event->b <= NODE_MOST && event->c <= NODE_MOST;
}

static sky_status observe_devices(const sky_event *event, model_request *r, sky_error *error)
{
    if (event->a < 1 || event->a > NODE_DEVICES_MAX)
        return model_refuse(error, event, "expected 1 to 16 devices", event->a);
    if (event->b < 1 || event->b > NODE_DEVICE_MGPU || (event->b < NODE_DEVICE_MGPU && event->a != 1))
        return model_refuse(error, event, "expected 1000 thousandths of each, or less of one", event->b);
    r->ask.devices = (uint32_t)event->a;
    r->ask.mgpu = (uint32_t)event->b;
    r->ask.models = (uint64_t)event->c;
    r->ask.one_group = event->detail != 0;
    return SKY_OK;
}

/* The same part of the GPU on each model: then it is as many thousandths on each. */
static sky_status observe_profile(const sky_event *event, model_request *r, sky_error *error)
{
    const node_request named = { .profiles = (uint32_t)event->a };
    uint32_t mgpu = 0;

    for (uint32_t i = 0; i < 8; i++) {
        uint32_t profile = node_profile(&named, i);

        if (profile == MIG_NONE)
            continue;
        if (i >= MIG_MODEL_COUNT || profile >= MIG_PROFILES ||
            (mgpu != 0 && mig_profile_mgpu(profile) != mgpu))
            return model_refuse(error, event, "expected a profile of each MIG model, of equal compute slices",
                                event->a);
        mgpu = mig_profile_mgpu(profile);
    }
    if (mgpu == 0 || event->a < 0 || event->a > UINT32_MAX)
        return model_refuse(error, event, "expected a profile of at least one MIG model", event->a);
    r->ask.profiles = named.profiles;
    r->ask.devices = 1;
    r->ask.mgpu = mgpu;
    r->ask.models = (uint64_t)event->b;
    return SKY_OK;
}

static sky_status observe_slice(const sky_event *event, model_request *r, sky_error *error)
{
    const int64_t sizes[TORUS_AXES] = { event->a, event->b, event->c };
    torus_shape shape;

    for (int axis = 0; axis < TORUS_AXES; axis++) {
        if (sizes[axis] < 1 || sizes[axis] > TORUS_AXIS_MAX)
            return model_refuse(error, event, "expected 1 to 64 chips along each axis", sizes[axis]);
        shape.sizes[axis] = (uint16_t)sizes[axis];
    }
    r->ask.slice = shape;
    r->ask.devices = torus_chips(r->ask.slice);
    r->ask.mgpu = NODE_DEVICE_MGPU;
    r->ask.models = (uint64_t)event->d;
    return SKY_OK;
}

sky_status request_observe(model *m, const sky_event *event, sky_error *error)
{
    model_request *r;

    if (event->other >= m->array[MODEL_CLASSES].count)
        return model_refuse(error, event, "no such class", event->other);
    r = request_at(m, event->other);
    if (r == NULL)
        return model_no_memory(error);
    if (event->kind != SKY_EVENT_REQUEST && !r->is_task)
        return model_refuse(error, event, "expected the class's request first", event->other);
    if (event->kind != SKY_EVENT_REQUEST && event->kind != SKY_EVENT_SELECT && r->ask.devices > 0)
        return model_refuse(error, event, "what it asks of accelerators has been told", event->other);
    if (event->kind == SKY_EVENT_ACCELERATE)
        return observe_devices(event, r, error);
    if (event->kind == SKY_EVENT_PROFILE)
        return observe_profile(event, r, error);
    if (event->kind == SKY_EVENT_SLICE)
        return observe_slice(event, r, error);
    if (event->kind == SKY_EVENT_SELECT) {
        r->ask.labels = (uint64_t)event->a;
        r->ask.tolerations = (uint64_t)event->b;
        return SKY_OK;
    }
    if (!amounts_are_sane(event) || event->d < 0 || event->d > FACTS_MOST_EXPECTED)
        return model_refuse(error, event, "expected amounts of at least 0", event->a);
    r->is_task = 1;
    r->ask.mcpu = event->a;
    r->ask.memory_bytes = event->b;
    r->ask.disk_bytes = event->c;
    r->expected = event->d;
    return SKY_OK;
}

/* ---- nodes ---------------------------------------------------------------------------------------------------- */

sky_status model_all_is_new(model *m)
{
    for (uint32_t i = 0; i < m->array[MODEL_NODES].count; i++)
        if (model_note(&m->changed, i) != SKY_OK)
            return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < m->array[MODEL_JOBS].count; i++) {
        const model_job *j = model_job_at(m, i);

        if (j->state != MODEL_JOB_WAITING || !model_is_task(m, j->job_class))
            continue;
        if (life_is_unsettled(j) && model_note(&m->unsettled, i) != SKY_OK)
            return SKY_ERROR_MEMORY;
        if (j->hold == 0 && model_note(&m->arrived, i) != SKY_OK)
            return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

void facts_count_up(model *m, const node *n, int64_t sign)
{
    m->is.up.of[QUEUE_MCPU] += sign * n->mcpu;
    m->is.up.of[QUEUE_MEMORY_BYTES] += sign * n->memory_bytes;
    m->is.up.of[QUEUE_MGPU] += sign * node_mgpu(n);
}

static node *node_at(model *m, uint32_t index)
{
    return (node *)m->array[MODEL_NODES].items + index;
}

static uint64_t *chips_of(model *m)
{
    return m->array[MODEL_CHIPS].items;
}

/* 1: it is what was told of the node. */
static int is_told_again(const node *n, const sky_event *event)
{
    const torus_shape *pod = &n->pod.is.shape;

    switch (event->kind) {
    case SKY_EVENT_NODE:
        return n->pool == event->pool && n->rank == event->d && n->mcpu == event->a &&
               n->memory_bytes == event->b && n->disk_bytes == event->c && n->devices == event->other &&
               (n->devices == 0 || n->model == event->detail);
    case SKY_EVENT_NODE_MARKS:
        return n->labels == (uint64_t)event->a && n->taints == (uint64_t)event->b;
    case SKY_EVENT_NODE_LINKS:
        return n->group_starts == event->a;
    case SKY_EVENT_NODE_MIG:
        return n->mode == NODE_MIG && mig_unpack(n->mig[0]).model == event->detail;
    case SKY_EVENT_NODE_POD:
        return n->mode == NODE_POD && n->pod.is.type == event->detail && n->model == event->other &&
               pod->sizes[0] == event->a && pod->sizes[1] == event->b && pod->sizes[2] == event->c;
    case SKY_EVENT_NODE_RACK:
        return event->a >= 0 && n->rack == event->a + 1;
    default:
        return 0;
    }
}

static sky_status add_node(model *m, const sky_event *event, sky_error *error)
{
    node *n;

    if (event->instance > m->array[MODEL_NODES].count)
        return model_refuse(error, event, "nodes are declared in order", event->instance);
    if (event->instance < m->array[MODEL_NODES].count)
        return is_told_again(node_at(m, event->instance), event)
                   ? SKY_OK
                   : model_refuse(error, event, "expected the node as it was told, or a new one",
                                  event->instance);
    if (event->pool >= m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "no such pool", event->pool);
    if (!amounts_are_sane(event))
        return model_refuse(error, event, "expected amounts of at least 0", event->a);
    if (event->other > NODE_DEVICES_MAX || (event->other > 0 && event->detail >= NODE_MODELS_MAX))
        return model_refuse(error, event, "expected at most 16 devices of a model below 64", event->other);
    if (event->d < 0 || event->d >= MAX_RANK)
        return model_refuse(error, event, "expected a place in the order of nodes", event->d);
    n = model_append(m, MODEL_NODES);
    if (n == NULL)
        return model_no_memory(error);
    n->pool = event->pool;
    n->rank = (uint32_t)event->d;
    n->mcpu = event->a;
    n->memory_bytes = event->b;
    n->disk_bytes = event->c;
    n->devices = (uint8_t)event->other;
    n->model = event->other > 0 ? (uint8_t)event->detail : NODE_NO_MODEL;
    node_empty(n);
    facts_count_up(m, n, 1);
    m->is.freed = m->is.reallocate = 1;
    return model_note(&m->changed, event->instance) == SKY_OK ? SKY_OK : model_no_memory(error);
}

/* The pod's bitmap comes behind the others. */
static sky_status make_pod(model *m, const sky_event *event, node *n, sky_error *error)
{
    model_array *chips = &m->array[MODEL_CHIPS];
    uint32_t first_word = chips->count;
    torus_shape shape;
    torus_pod pod;

    if (event->a < 1 || event->b < 1 || event->c < 1 || event->a > TORUS_AXIS_MAX ||
        event->b > TORUS_AXIS_MAX || event->c > TORUS_AXIS_MAX)
        return model_refuse(error, event, "expected 1 to 64 chips along each axis", event->a);
    shape = (torus_shape){ { (uint16_t)event->a, (uint16_t)event->b, (uint16_t)event->c } };
    if (n->devices > 0 || event->other >= NODE_MODELS_MAX || !torus_pod_init(&pod, event->detail, shape))
        return model_refuse(error, event, "expected a node without devices, and a pod of a known type",
                            event->detail);
    for (uint32_t i = 0; i < torus_words(&pod); i++)
        if (model_append(m, MODEL_CHIPS) == NULL)
            return model_no_memory(error);
    facts_count_up(m, n, -1);
    n->model = (uint8_t)event->other;
    node_set_pod(n, pod, first_word);
    facts_count_up(m, n, 1);
    return SKY_OK;
}

static sky_status observe_accelerators(model *m, const sky_event *event, node *n, sky_error *error)
{
    if (n->state != NODE_UP || n->mode != NODE_DEVICES || n->hosted[NODE_KIND_PLAIN] > 0 ||
        n->mgpu_left_sum < n->devices * NODE_DEVICE_MGPU)
        return model_refuse(error, event, "expected right after the node was told", event->instance);
    if (event->kind == SKY_EVENT_NODE_POD)
        return make_pod(m, event, n, error);
    if (event->kind == SKY_EVENT_NODE_MIG) {
        if (n->devices == 0 || event->detail >= MIG_MODEL_COUNT)
            return model_refuse(error, event, "expected devices of a known MIG model", event->detail);
        node_set_mig(n, (mig_model_id)event->detail);
        return SKY_OK;
    }
    if ((event->a & 1) == 0 || event->a < 0 || event->a >> n->devices != 0)
        return model_refuse(error, event, "expected the first device of each group", event->a);
    n->group_starts = (uint16_t)event->a;
    return SKY_OK;
}

sky_status node_observe(model *m, const sky_event *event, sky_error *error)
{
    node *n;

    if (event->kind == SKY_EVENT_NODE)
        return add_node(m, event, error);
    if (event->instance >= m->array[MODEL_NODES].count)
        return model_refuse(error, event, "no such node", event->instance);
    n = node_at(m, event->instance);
    if (is_told_again(n, event))
        return SKY_OK;
    if (event->kind == SKY_EVENT_NODE_MARKS) {
        n->labels = (uint64_t)event->a;
        n->taints = (uint64_t)event->b;
    } else if (event->kind == SKY_EVENT_NODE_RACK) {
        if (event->a < 0 || event->a >= NODE_MOST_RACKS)
            return model_refuse(error, event, "expected the number of a rack", event->a);
        if (!node_is_idle(n))
            return model_refuse(error, event, "expected a node without tasks", event->instance);
        n->rack = (uint32_t)event->a + 1;
    } else if (event->kind == SKY_EVENT_NODE_REPAIRED) {
        if (n->state == NODE_ABSENT)
            facts_count_up(m, n, 1);
        n->state = NODE_UP;
    } else if (event->kind != SKY_EVENT_NODE_GONE) {
        sky_status status = observe_accelerators(m, event, n, error);

        if (status != SKY_OK)
            return status;
    } else if (n->state != NODE_ABSENT) {
        if (n->state != NODE_BOOTING)
            facts_count_up(m, n, -1);
        scaling_node_gone(m, n);
        n->state = NODE_ABSENT;
        n->ordered = 0;
    }
    m->is.freed = m->is.reallocate = 1; /* also where nodes go: places on them were promised */
    return model_note(&m->changed, event->instance) == SKY_OK ? SKY_OK : model_no_memory(error);
}

/* ---- tasks ---------------------------------------------------------------------------------------------------- */

sky_status tenant_observe(model *m, const sky_event *event, sky_error *error)
{
    if (event->other >= MAX_TENANTS)
        return model_refuse(error, event, "expected a tenant below 2^20", event->other);
    if (event->a < 1 || event->a > MAX_WEIGHT)
        return model_refuse(error, event, "expected a weight of 1 to 10^12 ppm", event->a);
    while (m->array[MODEL_TENANTS].count <= event->other) /* those in between are not known yet */
        if (model_append(m, MODEL_TENANTS) == NULL)
            return model_no_memory(error);
    ((queue_tenant *)m->array[MODEL_TENANTS].items)[event->other].weight_ppm = event->a;
    return SKY_OK;
}

sky_status task_submitted(model *m, uint32_t job, sky_error *error)
{
    m->is.scaling = 1;
    return model_note(&m->arrived, job) == SKY_OK ? SKY_OK : model_no_memory(error);
}

/* A part from the free list, or a new one; SKY_NONE: no memory. */
static uint32_t new_part(model *m)
{
    const model_part *parts = m->array[MODEL_PARTS].items;
    uint32_t index = m->is.free_part;

    if (index == SKY_NONE)
        return model_append(m, MODEL_PARTS) != NULL ? m->array[MODEL_PARTS].count - 1 : SKY_NONE;
    m->is.free_part = parts[index].next;
    return index;
}

static sky_status came_or_went(model *m, uint32_t job_class, uint32_t node, int sign)
{
    if (m->terms != NULL && terms_count(m->terms, job_class, node, sign) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (m->is.queue_options.preempt && model_note(&m->moved, node) != SKY_OK)
        return SKY_ERROR_MEMORY;
    return model_note(&m->changed, node);
}

/* What a task takes on each of its nodes. */
static node_request task_request(const model *m, const model_job *job)
{
    node_request ask = model_request_of(m, job->job_class)->ask;

    if (job->share_mgpu > 0)
        ask.mgpu = job->share_mgpu;
    return ask;
}

sky_status task_commit(model *m, uint32_t job, uint32_t node_index, uint32_t devices, sky_error *error)
{
    model_job *j = (model_job *)m->array[MODEL_JOBS].items + job;
    node *n = node_at(m, node_index);
    node_request ask;

    if (j->instance == SKY_NONE) {
        j->instance = node_index;
        j->pool = n->pool;
        j->devices = devices;
        j->state = MODEL_JOB_RUNNING;
        j->started_ns = m->is.now_ns;
        j->waiting_answers++;
    } else {
        uint32_t part = new_part(m);

        if (part == SKY_NONE)
            return model_no_memory(error);
        ((model_part *)m->array[MODEL_PARTS].items)[part] =
            (model_part){ .node = node_index, .devices = devices, .next = j->more_parts };
        j->more_parts = part;
    }
    ask = task_request(m, j);
    node_take(n, chips_of(m), &ask, devices);
    return came_or_went(m, j->job_class, node_index, 1) == SKY_OK ? SKY_OK : model_no_memory(error);
}

sky_status task_leave(model *m, model_job *job, sky_error *error)
{
    const node_request ask = task_request(m, job);
    sky_status status;

    if (job->instance == SKY_NONE)
        return SKY_OK;
    node_give(node_at(m, job->instance), chips_of(m), &ask, job->devices);
    scaling_task_left(m, node_at(m, job->instance));
    status = came_or_went(m, job->job_class, job->instance, -1);
    while (job->more_parts != SKY_NONE && status == SKY_OK) {
        model_part *part = (model_part *)m->array[MODEL_PARTS].items + job->more_parts;
        uint32_t next = part->next;

        node_give(node_at(m, part->node), chips_of(m), &ask, part->devices);
        scaling_task_left(m, node_at(m, part->node));
        status = came_or_went(m, job->job_class, part->node, -1);
        *part = (model_part){ .next = m->is.free_part };
        m->is.free_part = job->more_parts;
        job->more_parts = next;
    }
    job->instance = job->pool = SKY_NONE;
    job->devices = job->share_mgpu = 0;
    job->partner = SKY_NONE;
    job->started_ns = 0;
    job->state = MODEL_JOB_WAITING;
    return status == SKY_OK ? SKY_OK : model_no_memory(error);
}

/* Parts are freed in the reverse of the order in which they were taken, so the free list is what it was, but for
 * those behind it that are new. */
static void forget_new_parts(model *m, uint32_t parts_before)
{
    model_array *parts = &m->array[MODEL_PARTS];
    uint32_t *link = &m->is.free_part;

    if (parts->count == parts_before)
        return;
    while (*link < parts_before)
        link = &((model_part *)parts->items)[*link].next;
    *link = SKY_NONE;
    parts->count = parts_before;
}

sky_status task_withdraw(model *m, uint32_t job, uint32_t parts_before, sky_error *error)
{
    model_job *j = (model_job *)m->array[MODEL_JOBS].items + job;
    sky_status status;

    j->waiting_answers = 0;
    status = task_leave(m, j, error);
    forget_new_parts(m, parts_before);
    return status;
}

sky_status task_evict(model *m, uint32_t job, sky_error *error)
{
    model_job *j = (model_job *)m->array[MODEL_JOBS].items + job;

    j->hold |= MODEL_HOLD_STOPPING;
    j->waiting_answers = 1;
    m->is.freed = 1; /* more than is needed may have come back */
    return task_leave(m, j, error);
}

static sky_status observe_stopped(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    sky_status status;

    if (job->state != MODEL_JOB_RUNNING && !(job->hold & MODEL_HOLD_STOPPING))
        return model_refuse(error, event, "the task runs nowhere", event->job);
    if (event->a < 0 || event->detail == 0 || event->detail >= SKY_STOP_COUNT)
        return model_refuse(error, event, "expected why it stopped, and work of at least 0", event->a);
    m->is.freed = 1;
    job->waiting_answers = 0;
    status = task_leave(m, job, error);
    return status == SKY_OK ? life_stopped(m, event, error) : status;
}

static sky_status observe_terms(const sky_event *event, model_job *job, sky_error *error)
{
    if (job->state != MODEL_JOB_WAITING || job->decided_ns >= 0)
        return model_refuse(error, event, "expected right after the task was submitted", event->job);
    if (event->a < 1 || event->a > MAX_GANG)
        return model_refuse(error, event, "expected a gang of 1 to 1,000,000 parts", event->a);
    if (event->detail >= SKY_TOGETHER_COUNT)
        return model_refuse(error, event, "expected how close the parts must be", event->detail);
    if (event->other >= MAX_TENANTS)
        return model_refuse(error, event, "expected a tenant below 2^20", event->other);
    job->tenant = event->other;
    job->gang = (uint32_t)event->a;
    job->together = (uint8_t)event->detail;
    job->priority = event->b;
    return SKY_OK;
}

sky_status task_observe(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    sky_status status;

    switch (event->kind) {
    case SKY_EVENT_TASK:
        return observe_terms(event, job, error);
    case SKY_EVENT_TASK_STARTED:
        if (job->instance != event->instance)
            return model_refuse(error, event, "the task was not ordered to this node", event->instance);
        job->waiting_answers = 0;
        job->started_ns = event->time_ns;
        job->leader_pool = job->pool;
        return SKY_OK;
    case SKY_EVENT_TRAINING:
    case SKY_EVENT_TASK_PAUSED:
    case SKY_EVENT_STEPS:
        return training_observe(m, event, job, error);
    case SKY_EVENT_JOB_DONE:
    case SKY_EVENT_JOB_FAILED:
        m->is.reallocate |= job->most_workers > 0;
        job->done_ns = event->a;
        m->is.freed |= job->instance != SKY_NONE;
        status = task_leave(m, job, error);
        job->state = MODEL_JOB_ENDED;
        return status == SKY_OK ? life_ended(m, event->job, event->kind == SKY_EVENT_JOB_FAILED, error)
                                : status;
    case SKY_EVENT_TASK_STOPPED:
        return observe_stopped(m, event, job, error);
    case SKY_EVENT_TASK_READY:
        return life_ready(m, event, error);
    case SKY_EVENT_TASK_SURVIVAL:
    case SKY_EVENT_TASK_MEMBER:
    case SKY_EVENT_TASK_AFTER:
        return life_told(m, event, job, error);
    case SKY_EVENT_LAUNCH_FAILED: /* the node is not what we believed: the task waits again */
        job->waiting_answers = 0;
        job->last_failed_ns = event->time_ns;
        m->is.freed = 1;
        status = task_leave(m, job, error);
        return status == SKY_OK ? task_submitted(m, event->job, error) : status;
    default:
        return model_refuse(error, event, "no such thing happens to a task that shares a node", event->job);
    }
}
