#include "node.h"

#include "../accelerator/interconnect.h"

#include <assert.h>
#include <string.h>

/* ---- making ------------------------------------------------------------------------------------------------------ */

void node_empty(node *n)
{
    n->mcpu_left = n->mcpu;
    n->memory_left_bytes = n->memory_bytes;
    n->disk_left_bytes = n->disk_bytes;
    n->state = NODE_UP;
    n->mode = NODE_DEVICES;
    n->mgpu_left_sum = n->devices * NODE_DEVICE_MGPU;
    n->free_devices = (uint16_t)((1u << n->devices) - 1);
    for (uint32_t i = 0; i < n->devices; i++)
        n->mgpu_left[i] = NODE_DEVICE_MGPU;
}

void node_set_mig(node *n, mig_model_id model)
{
    n->mode = NODE_MIG;
    for (uint32_t i = 0; i < n->devices; i++)
        n->mig[i] = mig_pack((mig_gpu){ .model = (uint8_t)model });
}

void node_set_pod(node *n, torus_pod pod, uint32_t first_word)
{
    assert(n->devices == 0);
    n->mode = NODE_POD;
    n->pod = (node_pod){ .is = pod, .first_word = first_word };
    n->mgpu_left_sum = torus_chips(pod.shape) * NODE_DEVICE_MGPU;
}

int64_t node_mgpu(const node *n)
{
    return (int64_t)(n->mode == NODE_POD ? torus_chips(n->pod.is.shape) : n->devices) * NODE_DEVICE_MGPU;
}

uint32_t node_mgpu_left(const node *n, uint32_t device)
{
    return n->mode == NODE_MIG ? mig_mgpu_left(mig_unpack(n->mig[device])) : n->mgpu_left[device];
}

static const uint64_t *chips_of(node_view n)
{
    return n.chips + n.is->pod.first_word;
}

void node_copy(node_view from, node_room *to)
{
    to->is = *from.is;
    if (from.is->mode == NODE_POD) {
        memcpy(to->chips, chips_of(from), torus_words(&from.is->pod.is) * sizeof to->chips[0]);
        to->is.pod.first_word = 0;
    }
}

/* ---- interconnect groups -------------------------------------------------------------------------------------- */

/* Takes the group that begins at the lowest of the starts off the set of them. */
static uint32_t next_group(const node *n, uint32_t *starts)
{
    uint32_t first = *starts & (0u - *starts), next;

    *starts &= *starts - 1;
    next = *starts != 0 ? *starts & (0u - *starts) : 1u << n->devices;
    return next - first;
}

/* Devices of a set that lie in one group, at most. */
static uint32_t most_in_a_group(const node *n, uint32_t devices)
{
    uint32_t most = devices != 0;

    for (uint32_t starts = n->group_starts; starts != 0;) {
        uint32_t here = (uint32_t)__builtin_popcount(next_group(n, &starts) & devices);

        most = here > most ? here : most;
    }
    return most;
}

uint32_t node_free_devices(const node *n, uint32_t count)
{
    uint64_t groups[INTERCONNECT_GROUPS_MAX];
    uint32_t found = 0, chosen = 0, left = n->free_devices;
    interconnect links;

    if ((uint32_t)__builtin_popcount(left) < count)
        return 0;
    if (n->group_starts == 0 || count < 2) {
        for (; count > 0; count--) {
            chosen |= left & (0u - left);
            left &= left - 1;
        }
        return chosen;
    }
    for (uint32_t starts = n->group_starts; starts != 0;)
        groups[found++] = next_group(n, &starts);
    interconnect_init(&links, n->devices, groups, found);
    return (uint32_t)interconnect_choose(&links, left, count);
}

/* ---- MIG ------------------------------------------------------------------------------------------------------- */

uint32_t node_mig_devices(const node *n, const node_request *r)
{
    uint32_t fitting = 0;

    for (uint32_t i = 0; i < n->devices; i++) {
        mig_gpu gpu = mig_unpack(n->mig[i]);
        uint32_t profile = node_profile(r, gpu.model);

        fitting |= (uint32_t)(profile != MIG_NONE && mig_placements(gpu, profile) != 0) << i;
    }
    return fitting;
}

uint32_t node_mig_instance(const node *n, const node_request *r, uint32_t device)
{
    mig_gpu gpu = mig_unpack(n->mig[device]);

    return 1u << device | mig_best_start(gpu, node_profile(r, gpu.model), NULL) << NODE_DEVICES_MAX;
}

/* The instance after which the least room is lost for all profiles together; of equals on the fuller device. */
static uint32_t choose_instance(const node *n, const node_request *r)
{
    uint32_t best = 0, best_left = 0;
    uint64_t least = UINT64_MAX;

    for (uint32_t rest = node_mig_devices(n, r); rest != 0; rest &= rest - 1) {
        uint32_t device = (uint32_t)__builtin_ctz(rest), held = node_mig_instance(n, r, device);
        mig_gpu gpu = mig_unpack(n->mig[device]);
        uint64_t lost = mig_room_for(gpu, NULL) -
                        mig_room_for(mig_take(gpu, node_profile(r, gpu.model), node_held_start(held)), NULL);

        if (lost < least || (lost == least && mig_mgpu_left(gpu) < best_left)) {
            least = lost;
            best_left = mig_mgpu_left(gpu);
            best = held;
        }
    }
    return best;
}

static int fits_instance(const node *n, const node_request *r, uint32_t held)
{
    mig_gpu gpu;

    if (n->mode != NODE_MIG || (held & -held & ((1u << n->devices) - 1)) == 0 ||
        __builtin_popcount(held & ((1u << NODE_DEVICES_MAX) - 1)) != 1)
        return 0;
    gpu = mig_unpack(n->mig[node_held_device(held)]);
    return node_profile(r, gpu.model) != MIG_NONE && node_held_start(held) < MIG_MEMORY_SLICES &&
           (mig_placements(gpu, node_profile(r, gpu.model)) >> node_held_start(held) & 1) != 0;
}

static uint32_t instances_that_fit(const node *n, const node_request *r)
{
    uint32_t count = 0;

    for (uint32_t i = 0; n->mode == NODE_MIG && i < n->devices; i++) {
        mig_gpu gpu = mig_unpack(n->mig[i]);

        if (node_profile(r, gpu.model) != MIG_NONE)
            count += mig_room(gpu, node_profile(r, gpu.model));
    }
    return count;
}

/* Replaces what is known of a GPU. */
static void set_gpu(node *n, uint32_t device, mig_gpu gpu)
{
    n->mgpu_left_sum -= mig_mgpu_left(mig_unpack(n->mig[device]));
    n->mgpu_left_sum += mig_mgpu_left(gpu);
    n->mig[device] = mig_pack(gpu);
    n->free_devices = (uint16_t)((n->free_devices & ~(1u << device)) | (uint32_t)(gpu.memory == 0) << device);
}

/* ---- pods ------------------------------------------------------------------------------------------------------ */

static int fits_slice(node_view n, const node_request *r, uint32_t held)
{
    const torus_pod *pod = &n.is->pod.is;
    torus_slice slice;

    return n.is->mode == NODE_POD && torus_slice_unpack(pod, r->slice, held, &slice) &&
           torus_slice_is_legal(pod, &slice) && torus_is_free(pod, chips_of(n), &slice);
}

static uint32_t choose_slice(node_view n, const node_request *r)
{
    torus_slice slice;
    int found = torus_find(&n.is->pod.is, chips_of(n), r->slice, &slice);

    assert(found);
    return torus_slice_pack(&n.is->pod.is, r->slice, &slice);
}

static torus_slice slice_of(const node *n, const node_request *r, uint32_t held)
{
    torus_slice slice = { 0 };
    int known = torus_slice_unpack(&n->pod.is, r->slice, held, &slice);

    assert(known);
    return slice;
}

/* One after the other, as they would be placed: how many there could be at best is a hard question. */
static int64_t slices_that_fit(node_view n, const node_request *r, int64_t most)
{
    node_room room;
    torus_slice slice;
    int64_t count = 0;

    if (n.is->mode != NODE_POD)
        return 0;
    node_copy(n, &room);
    for (; count < most && torus_find(&room.is.pod.is, room.chips, r->slice, &slice); count++)
        torus_take(&room.is.pod.is, room.chips, &slice);
    return count;
}

/* ---- room ------------------------------------------------------------------------------------------------------ */

/* 1: its accelerators are asked for in the mode in which they are, and it may have as many. */
static int mode_suits(const node *n, const node_request *r)
{
    if (node_asks_slice(r))
        return n->mode == NODE_POD && torus_shape_is_legal(&n->pod.is, r->slice);
    if (r->profiles != 0)
        return n->mode == NODE_MIG && n->devices > 0 &&
               node_profile(r, mig_unpack(n->mig[0]).model) != MIG_NONE;
    return n->mode == NODE_DEVICES && n->devices >= r->devices &&
           (!r->one_group || most_in_a_group(n, (1u << n->devices) - 1) >= r->devices);
}

int node_suits(const node *n, const node_request *r)
{
    if (n->state != NODE_UP || (n->labels & r->labels) != r->labels || (n->taints & ~r->tolerations) != 0)
        return 0;
    if (n->mcpu < r->mcpu || n->memory_bytes < r->memory_bytes || n->disk_bytes < r->disk_bytes)
        return 0;
    if (r->devices == 0)
        return n->mode != NODE_POD; /* its hosts are kept for slices */
    return n->model < NODE_MODELS_MAX && (r->models >> n->model & 1) != 0 && mode_suits(n, r);
}

uint32_t node_tightest_device(const node *n, uint32_t mgpu)
{
    uint32_t best = 0, least = NODE_DEVICE_MGPU + 1;

    for (uint32_t i = 0; i < n->devices; i++)
        if (n->mgpu_left[i] >= mgpu && n->mgpu_left[i] < least) {
            least = n->mgpu_left[i];
            best = 1u << i;
        }
    return best;
}

static int has_amounts(const node *n, const node_request *r)
{
    return n->mcpu_left >= r->mcpu && n->memory_left_bytes >= r->memory_bytes &&
           n->disk_left_bytes >= r->disk_bytes;
}

int node_has_room(node_view view, const node_request *r)
{
    const node *n = view.is;

    if (!has_amounts(n, r))
        return 0;
    if (r->devices == 0)
        return 1;
    if (node_asks_slice(r))
        return n->mode == NODE_POD && (int64_t)n->mgpu_left_sum >= node_request_mgpu(r) &&
               torus_has_room(&n->pod.is, chips_of(view), r->slice);
    if (r->profiles != 0)
        return n->mode == NODE_MIG && node_mig_devices(n, r) != 0;
    if (r->mgpu == NODE_DEVICE_MGPU)
        return (uint32_t)__builtin_popcount(n->free_devices) >= r->devices &&
               (!r->one_group || most_in_a_group(n, n->free_devices) >= r->devices);
    if (n->mgpu_left_sum < r->mgpu)
        return 0;
    for (uint32_t i = 0; i < n->devices; i++)
        if (n->mgpu_left[i] >= r->mgpu)
            return 1;
    return 0;
}

int node_fits_devices(node_view view, const node_request *r, uint32_t devices)
{
    const node *n = view.is;

    if (!has_amounts(n, r))
        return 0;
    if (node_asks_slice(r))
        return fits_slice(view, r, devices);
    if (r->profiles != 0)
        return fits_instance(n, r, devices);
    if ((uint32_t)__builtin_popcount(devices) != r->devices || devices >> n->devices != 0 ||
        (r->one_group && most_in_a_group(n, devices) < r->devices))
        return 0;
    for (; devices != 0; devices &= devices - 1)
        if (n->mgpu_left[__builtin_ctz(devices)] < r->mgpu)
            return 0;
    return 1;
}

static int64_t whole_that_fit(const node *n, const node_request *r)
{
    uint32_t count = 0;

    if (!r->one_group)
        return (uint32_t)__builtin_popcount(n->free_devices) / r->devices;
    if (r->devices == 1)
        return __builtin_popcount(n->free_devices);
    for (uint32_t starts = n->group_starts; starts != 0;)
        count += (uint32_t)__builtin_popcount(next_group(n, &starts) & n->free_devices) / r->devices;
    return count;
}

int64_t node_room_for(node_view view, const node_request *r, int64_t most)
{
    const node *n = view.is;
    int64_t devices = 0;

    if (r->mcpu > 0 && n->mcpu_left / r->mcpu < most)
        most = n->mcpu_left / r->mcpu;
    if (r->memory_bytes > 0 && n->memory_left_bytes / r->memory_bytes < most)
        most = n->memory_left_bytes / r->memory_bytes;
    if (r->disk_bytes > 0 && n->disk_left_bytes / r->disk_bytes < most)
        most = n->disk_left_bytes / r->disk_bytes;
    if (r->devices == 0)
        return most;
    if (node_asks_slice(r))
        devices = slices_that_fit(view, r, most);
    else if (r->profiles != 0)
        devices = instances_that_fit(n, r);
    else if (r->mgpu == NODE_DEVICE_MGPU)
        devices = whole_that_fit(n, r);
    else
        for (uint32_t i = 0; i < n->devices; i++)
            devices += n->mgpu_left[i] / r->mgpu;
    return devices < most ? devices : most;
}

uint32_t node_choose(node_view n, const node_request *r)
{
    if (r->devices == 0)
        return 0;
    if (node_asks_slice(r))
        return choose_slice(n, r);
    if (r->profiles != 0)
        return choose_instance(n.is, r);
    return r->mgpu < NODE_DEVICE_MGPU ? node_tightest_device(n.is, r->mgpu)
                                      : node_free_devices(n.is, r->devices);
}

/* ---- taking and giving ------------------------------------------------------------------------------------------ */

static void take_devices(node *n, const node_request *r, uint32_t devices)
{
    assert((uint32_t)__builtin_popcount(devices) == r->devices && devices >> n->devices == 0);
    n->mgpu_left_sum -= r->devices * r->mgpu;
    n->free_devices = (uint16_t)(n->free_devices & ~devices);
    for (; devices != 0; devices &= devices - 1) {
        uint16_t *left = &n->mgpu_left[__builtin_ctz(devices)];

        assert(*left >= r->mgpu);
        *left = (uint16_t)(*left - r->mgpu);
    }
}

static void give_devices(node *n, const node_request *r, uint32_t devices)
{
    n->mgpu_left_sum += r->devices * r->mgpu;
    for (; devices != 0; devices &= devices - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(devices);

        n->mgpu_left[i] = (uint16_t)(n->mgpu_left[i] + r->mgpu);
        assert(n->mgpu_left[i] <= NODE_DEVICE_MGPU);
        if (n->mgpu_left[i] == NODE_DEVICE_MGPU)
            n->free_devices = (uint16_t)(n->free_devices | 1u << i);
    }
}

static void take_instance(node *n, const node_request *r, uint32_t held)
{
    mig_gpu gpu = mig_unpack(n->mig[node_held_device(held)]);

    set_gpu(n, node_held_device(held), mig_take(gpu, node_profile(r, gpu.model), node_held_start(held)));
}

static void give_instance(node *n, const node_request *r, uint32_t held)
{
    mig_gpu gpu = mig_unpack(n->mig[node_held_device(held)]);

    set_gpu(n, node_held_device(held), mig_release(gpu, node_profile(r, gpu.model), node_held_start(held)));
}

void node_take(node *n, uint64_t *chips, const node_request *r, uint32_t devices)
{
    assert(has_amounts(n, r));
    n->mcpu_left -= r->mcpu;
    n->memory_left_bytes -= r->memory_bytes;
    n->disk_left_bytes -= r->disk_bytes;
    n->hosted[node_kind_of(r)]++;
    if (node_asks_slice(r)) {
        torus_slice slice = slice_of(n, r, devices);

        torus_take(&n->pod.is, chips + n->pod.first_word, &slice);
        n->mgpu_left_sum -= r->devices * r->mgpu;
    } else if (r->profiles != 0) {
        take_instance(n, r, devices);
    } else {
        take_devices(n, r, devices);
    }
}

void node_give(node *n, uint64_t *chips, const node_request *r, uint32_t devices)
{
    n->mcpu_left += r->mcpu;
    n->memory_left_bytes += r->memory_bytes;
    n->disk_left_bytes += r->disk_bytes;
    n->hosted[node_kind_of(r)]--;
    if (node_asks_slice(r)) {
        torus_slice slice = slice_of(n, r, devices);

        torus_release(&n->pod.is, chips + n->pod.first_word, &slice);
        n->mgpu_left_sum += r->devices * r->mgpu;
    } else if (r->profiles != 0) {
        give_instance(n, r, devices);
    } else {
        give_devices(n, r, devices);
    }
    assert(n->mcpu_left <= n->mcpu && n->memory_left_bytes <= n->memory_bytes);
}

static void cover_devices(node *n, const node_request *r, uint32_t devices)
{
    for (; devices != 0; devices &= devices - 1) {
        uint16_t *left = &n->mgpu_left[__builtin_ctz(devices)];

        *left = (uint16_t)(*left > r->mgpu ? *left - r->mgpu : 0);
    }
}

static int64_t less(int64_t left, int64_t taken)
{
    return left > taken ? left - taken : 0;
}

void node_cover(node *n, uint64_t *chips, const node_request *r, uint32_t devices)
{
    n->mcpu_left = less(n->mcpu_left, r->mcpu);
    n->memory_left_bytes = less(n->memory_left_bytes, r->memory_bytes);
    n->disk_left_bytes = less(n->disk_left_bytes, r->disk_bytes);
    if (node_asks_slice(r)) {
        torus_slice slice = slice_of(n, r, devices);

        torus_cover(&n->pod.is, chips + n->pod.first_word, &slice);
    } else if (r->profiles != 0) {
        uint32_t device = node_held_device(devices);
        mig_gpu gpu = mig_unpack(n->mig[device]);

        n->mig[device] = mig_pack(mig_cover(gpu, node_profile(r, gpu.model), node_held_start(devices)));
    } else {
        cover_devices(n, r, devices);
    }
}
