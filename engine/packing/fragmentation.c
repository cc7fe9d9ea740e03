#include "fragmentation.h"

#include <stdlib.h>
#include <string.h>

#define COVERED_PERCENT 95

/* A shape of tasks: what tells apart those that fragment a node differently. */
typedef struct shape {
    int64_t mcpu, tasks;
    uint64_t models;
    uint32_t devices, mgpu, profiles;
} shape;

/* What is asked of devices: shares by rising size, then whole ones by rising number, then MIG instances. */
typedef struct device_demand {
    uint32_t devices, mgpu, profiles;
} device_demand;

/* weights[(model × (levels + 1) + level) × demands + d]: tasks that ask for demand d, may run on the model, and need
 * no more cores than the level-th smallest number of them (level 0: none). */
struct fragmentation {
    int64_t weight;
    int64_t asked_mcpu, asked_memory_kib,
        asked_mgpu; /* by the expected tasks with devices, all to one scale */
    uint32_t demands, shares, wholes, levels, models; /* shares, wholes: where these end among the demands */
    device_demand *demand;
    int64_t *level_mcpu; /* rising */
    int64_t *weights;
};

/* ---- the target workload --------------------------------------------------------------------------------------- */

/* By falling number of tasks, the larger first among equals: a total order. */
static int by_number(const void *a, const void *b)
{
    const shape *x = a, *y = b;

    if (x->tasks != y->tasks)
        return x->tasks > y->tasks ? -1 : 1;
    if (x->devices * x->mgpu != y->devices * y->mgpu)
        return x->devices * x->mgpu > y->devices * y->mgpu ? -1 : 1;
    if (x->mcpu != y->mcpu)
        return x->mcpu > y->mcpu ? -1 : 1;
    if (x->devices != y->devices)
        return x->devices > y->devices ? -1 : 1;
    if (x->models != y->models)
        return x->models < y->models ? -1 : 1;
    return x->profiles < y->profiles ? -1 : x->profiles > y->profiles;
}

static int is_same(const shape *s, const node_request *ask)
{
    return s->mcpu == ask->mcpu && s->devices == ask->devices &&
           (ask->devices == 0 ||
            (s->mgpu == ask->mgpu && s->models == ask->models && s->profiles == ask->profiles));
}

/* Classes that differ in memory or labels alone are one shape. Returns the number of shapes. */
static uint32_t gather_shapes(const model_request *requests, uint32_t classes, shape *shapes)
{
    uint32_t count = 0;

    for (uint32_t c = 0; c < classes; c++) {
        const model_request *r = &requests[c];
        uint32_t i = 0;

        if (!r->is_task || r->expected == 0 || node_asks_slice(&r->ask))
            continue;
        while (i < count && !is_same(&shapes[i], &r->ask))
            i++;
        if (i == count)
            shapes[count++] = (shape){ .mcpu = r->ask.mcpu,
                                       .devices = r->ask.devices,
                                       .mgpu = r->ask.devices > 0 ? r->ask.mgpu : 0,
                                       .models = r->ask.devices > 0 ? r->ask.models : 0,
                                       .profiles = r->ask.profiles };
        shapes[i].tasks += r->expected;
    }
    return count;
}

static uint32_t keep_most_frequent(shape *shapes, uint32_t count)
{
    int64_t all = 0, kept = 0;
    uint32_t i = 0;

    qsort(shapes, count, sizeof *shapes, by_number);
    for (uint32_t k = 0; k < count; k++)
        all += shapes[k].tasks;
    while (i < count && kept * 100 < all * COVERED_PERCENT)
        kept += shapes[i++].tasks;
    return i;
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static int demand_order(const device_demand *d)
{
    return d->profiles != 0 ? 2 : d->mgpu == NODE_DEVICE_MGPU;
}

static int is_demand(const device_demand *d, const shape *s)
{
    return d->devices == s->devices && d->mgpu == s->mgpu && d->profiles == s->profiles;
}

static int by_demand(const void *a, const void *b)
{
    const device_demand *x = a, *y = b;

    if (demand_order(x) != demand_order(y))
        return demand_order(x) - demand_order(y);
    if (x->mgpu != y->mgpu)
        return x->mgpu < y->mgpu ? -1 : 1;
    if (x->devices != y->devices)
        return x->devices < y->devices ? -1 : 1;
    return x->profiles < y->profiles ? -1 : x->profiles > y->profiles;
}

static int by_mcpu(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void list_demands(fragmentation *f, const shape *shapes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t d = 0, l = 0;

        if (shapes[i].devices == 0)
            continue;
        while (d < f->demands && !is_demand(&f->demand[d], &shapes[i]))
            d++;
        if (d == f->demands)
            f->demand[f->demands++] = (device_demand){ shapes[i].devices, shapes[i].mgpu,
                                                       shapes[i].profiles };
        while (l < f->levels && f->level_mcpu[l] != shapes[i].mcpu)
            l++;
        if (l == f->levels)
            f->level_mcpu[f->levels++] = shapes[i].mcpu;
    }
    qsort(f->demand, f->demands, sizeof *f->demand, by_demand);
    qsort(f->level_mcpu, f->levels, sizeof *f->level_mcpu, by_mcpu);
    while (f->shares < f->demands && demand_order(&f->demand[f->shares]) == 0)
        f->shares++;
    for (f->wholes = f->shares; f->wholes < f->demands && demand_order(&f->demand[f->wholes]) == 1;)
        f->wholes++;
}

static int64_t *weights_at(const fragmentation *f, uint32_t model_index, uint32_t level)
{
    return f->weights + ((size_t)model_index * (f->levels + 1) + level) * f->demands;
}

static void weigh(fragmentation *f, const shape *shapes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t d = 0;

        f->weight += shapes[i].tasks;
        if (shapes[i].devices == 0)
            continue;
        while (!is_demand(&f->demand[d], &shapes[i]))
            d++;
        for (uint32_t model_index = 0; model_index < f->models; model_index++)
            for (uint32_t level = 1; level <= f->levels; level++)
                if (shapes[i].models >> model_index & 1 && f->level_mcpu[level - 1] >= shapes[i].mcpu)
                    weights_at(f, model_index, level)[d] += shapes[i].tasks;
    }
}

/* What all expected tasks with devices ask for, scaled down together until it fits. */
static void sum_requests(fragmentation *f, const model_request *requests, uint32_t classes)
{
    sky_int128 mcpu = 0, memory = 0, mgpu = 0;

    for (uint32_t c = 0; c < classes; c++) {
        const model_request *r = &requests[c];

        if (!r->is_task || r->ask.devices == 0 || node_asks_slice(&r->ask))
            continue;
        mcpu += (sky_int128)r->expected * r->ask.mcpu;
        memory += (sky_int128)r->expected * r->ask.memory_bytes / 1024;
        mgpu += (sky_int128)r->expected * node_request_mgpu(&r->ask);
    }
    for (; mcpu > INT64_MAX || memory > INT64_MAX || mgpu > INT64_MAX; mgpu /= 2) {
        mcpu /= 2;
        memory /= 2;
    }
    f->asked_mcpu = (int64_t)mcpu;
    f->asked_memory_kib = (int64_t)memory;
    f->asked_mgpu = (int64_t)mgpu;
}

sky_status fragmentation_prepare(const model_request *requests, uint32_t class_count, fragmentation **out)
{
    uint32_t classes = class_count + 1, count;
    shape *shapes = calloc(classes, sizeof *shapes);
    fragmentation bound = { .models = NODE_MODELS_MAX }, *f = NULL;
    size_t head, weights;

    *out = NULL;
    if (shapes == NULL)
        return SKY_ERROR_MEMORY;
    count = keep_most_frequent(shapes, gather_shapes(requests, class_count, shapes));
    bound.demand = calloc(classes, sizeof *bound.demand);
    bound.level_mcpu = calloc(classes, sizeof *bound.level_mcpu);
    if (bound.demand != NULL && bound.level_mcpu != NULL) {
        list_demands(&bound, shapes, count);
        head = sizeof *f + bound.demands * sizeof *f->demand + bound.levels * sizeof *f->level_mcpu;
        weights = (size_t)bound.models * (bound.levels + 1) * bound.demands * sizeof *f->weights;
        f = calloc(1, head + weights);
    }
    if (f != NULL) {
        *f = bound;
        f->level_mcpu = (int64_t *)(f + 1);
        f->weights = f->level_mcpu + f->levels;
        f->demand = (device_demand *)((unsigned char *)f->weights + weights);
        memcpy(f->level_mcpu, bound.level_mcpu, f->levels * sizeof *f->level_mcpu);
        memcpy(f->demand, bound.demand, f->demands * sizeof *f->demand);
        weigh(f, shapes, count);
        sum_requests(f, requests, class_count);
    }
    free(bound.demand);
    free(bound.level_mcpu);
    free(shapes);
    *out = f;
    return f != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

int64_t fragmentation_weight(const fragmentation *f)
{
    return f->weight;
}

int64_t fragmentation_stranded(const fragmentation *f, const fragmentation_room *room)
{
    int64_t suffices = room->mgpu_left_sum;

    if (suffices > 0 && f->asked_mcpu > 0) {
        int64_t by_cores = muldiv_floor_i64(room->mcpu_left, f->asked_mgpu, f->asked_mcpu);

        suffices = by_cores < suffices ? by_cores : suffices;
    }
    if (suffices > 0 && f->asked_memory_kib > 0) {
        int64_t by_memory = muldiv_floor_i64(room->memory_left_bytes / 1024, f->asked_mgpu,
                                             f->asked_memory_kib);

        suffices = by_memory < suffices ? by_memory : suffices;
    }
    return room->mgpu_left_sum - suffices;
}

/* ---- a node's fragmentation ------------------------------------------------------------------------------------ */

fragmentation_room fragmentation_room_of(const node *n)
{
    fragmentation_room room = { .mcpu_left = n->mcpu_left,
                                .memory_left_bytes = n->memory_left_bytes,
                                .model = n->model,
                                .mode = n->mode,
                                .devices = n->devices,
                                .mgpu_left_sum = n->mgpu_left_sum };

    memcpy(room.mgpu_left, n->mgpu_left, sizeof room.mgpu_left);
    return room;
}

fragmentation_room fragmentation_room_after(const node *n, const node_request *ask, uint32_t devices)
{
    fragmentation_room room = fragmentation_room_of(n);

    room.mcpu_left -= ask->mcpu;
    room.memory_left_bytes -= ask->memory_bytes;
    if (ask->profiles != 0) {
        uint16_t *left = &room.mgpu_left[node_held_device(devices)];
        mig_gpu before = mig_unpack(*left);
        mig_gpu after = mig_take(before, node_profile(ask, before.model), node_held_start(devices));

        room.mgpu_left_sum -= mig_mgpu_left(before) - mig_mgpu_left(after);
        *left = mig_pack(after);
        return room;
    }
    room.mgpu_left_sum -= ask->devices * ask->mgpu;
    for (; devices != 0; devices &= devices - 1) {
        uint16_t *left = &room.mgpu_left[__builtin_ctz(devices)];

        *left = (uint16_t)(*left - ask->mgpu);
    }
    return room;
}

/* Rising, in place: there are few. */
static void sort_devices(uint16_t *left, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint16_t value = left[i];
        uint32_t k = i;

        for (; k > 0 && left[k - 1] > value; k--)
            left[k] = left[k - 1];
        left[k] = value;
    }
}

static uint32_t level_of(const fragmentation *f, int64_t mcpu_left)
{
    uint32_t low = 0, high = f->levels;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (f->level_mcpu[middle] <= mcpu_left)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Thousandths of a GPU that instances of a profile could take; their sizes are rounded up. */
static uint32_t usable_by(mig_gpu gpu, uint32_t profile)
{
    uint32_t left = mig_mgpu_left(gpu), usable = mig_room(gpu, profile) * mig_profile_mgpu(profile);

    return usable < left ? usable : left;
}

static int64_t fragmentation_of_mig(const fragmentation *f, const fragmentation_room *room)
{
    const int64_t *weights = weights_at(f, room->model, level_of(f, room->mcpu_left));
    int64_t usable = 0;

    for (uint32_t i = 0; i < room->devices; i++) {
        mig_gpu gpu = mig_unpack(room->mgpu_left[i]);

        for (uint32_t d = f->wholes; d < f->demands; d++) {
            const node_request ask = { .profiles = f->demand[d].profiles };
            uint32_t profile = node_profile(&ask, gpu.model);

            if (profile != MIG_NONE)
                usable += weights[d] * usable_by(gpu, profile);
        }
    }
    return f->weight * room->mgpu_left_sum - usable;
}

int64_t fragmentation_of(const fragmentation *f, const fragmentation_room *room)
{
    uint16_t left[NODE_DEVICES_MAX];
    uint32_t next = 0, usable_mgpu = room->mgpu_left_sum, whole;
    int64_t usable = 0;
    const int64_t *weights;

    if (usable_mgpu == 0 || room->model >= f->models)
        return 0;
    if (room->mode == NODE_MIG)
        return fragmentation_of_mig(f, room);
    memcpy(left, room->mgpu_left, sizeof left);
    sort_devices(left, room->devices);
    weights = weights_at(f, room->model, level_of(f, room->mcpu_left));
    for (uint32_t d = 0; d < f->shares; d++) { /* by rising share: fewer and fewer devices will do */
        while (next < room->devices && left[next] < f->demand[d].mgpu)
            usable_mgpu -= left[next++];
        usable += weights[d] * usable_mgpu;
    }
    while (next < room->devices && left[next] < NODE_DEVICE_MGPU)
        next++;
    whole = room->devices - next;
    for (uint32_t d = f->shares; d < f->wholes && f->demand[d].devices <= whole; d++)
        usable += weights[d] * whole * NODE_DEVICE_MGPU;
    return f->weight * room->mgpu_left_sum - usable;
}
