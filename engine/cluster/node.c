#include "node.h"

#include <assert.h>

int node_suits(const node *n, const node_request *r)
{
    if (n->state != NODE_UP || (n->labels & r->labels) != r->labels || (n->taints & ~r->tolerations) != 0)
        return 0;
    if (n->mcpu < r->mcpu || n->memory_bytes < r->memory_bytes || n->disk_bytes < r->disk_bytes)
        return 0;
    if (r->devices == 0)
        return 1;
    return n->devices >= r->devices && n->model < NODE_MODELS_MAX && (r->models >> n->model & 1) != 0;
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

uint32_t node_first_free_devices(const node *n, uint32_t count)
{
    uint32_t chosen = 0, left = n->free_devices;

    if ((uint32_t)__builtin_popcount(left) < count)
        return 0;
    for (; count > 0; count--) {
        chosen |= left & (0u - left);
        left &= left - 1;
    }
    return chosen;
}

int node_has_room(const node *n, const node_request *r)
{
    if (n->mcpu_left < r->mcpu || n->memory_left_bytes < r->memory_bytes ||
        n->disk_left_bytes < r->disk_bytes)
        return 0;
    if (r->devices == 0)
        return 1;
    if (r->mgpu == NODE_DEVICE_MGPU)
        return (uint32_t)__builtin_popcount(n->free_devices) >= r->devices;
    if (n->mgpu_left_sum < r->mgpu)
        return 0;
    for (uint32_t i = 0; i < n->devices; i++)
        if (n->mgpu_left[i] >= r->mgpu)
            return 1;
    return 0;
}

int node_fits_devices(const node *n, const node_request *r, uint32_t devices)
{
    if (!node_has_room(n, r) || (uint32_t)__builtin_popcount(devices) != r->devices ||
        devices >> n->devices != 0)
        return 0;
    for (; devices != 0; devices &= devices - 1)
        if (n->mgpu_left[__builtin_ctz(devices)] < r->mgpu)
            return 0;
    return 1;
}

int64_t node_room_for(const node *n, const node_request *r)
{
    int64_t most = INT64_MAX, devices = 0;

    if (r->mcpu > 0)
        most = n->mcpu_left / r->mcpu;
    if (r->memory_bytes > 0 && n->memory_left_bytes / r->memory_bytes < most)
        most = n->memory_left_bytes / r->memory_bytes;
    if (r->disk_bytes > 0 && n->disk_left_bytes / r->disk_bytes < most)
        most = n->disk_left_bytes / r->disk_bytes;
    if (r->devices == 0)
        return most;
    if (r->mgpu == NODE_DEVICE_MGPU)
        devices = (uint32_t)__builtin_popcount(n->free_devices) / r->devices;
    else
        for (uint32_t i = 0; i < n->devices; i++)
            devices += n->mgpu_left[i] / r->mgpu;
    return devices < most ? devices : most;
}

void node_take(node *n, const node_request *r, uint32_t devices)
{
    assert(n->mcpu_left >= r->mcpu && n->memory_left_bytes >= r->memory_bytes &&
           n->disk_left_bytes >= r->disk_bytes);
    assert((uint32_t)__builtin_popcount(devices) == r->devices && devices >> n->devices == 0);
    n->mcpu_left -= r->mcpu;
    n->memory_left_bytes -= r->memory_bytes;
    n->disk_left_bytes -= r->disk_bytes;
    n->hosted[node_kind_of(r)]++;
    n->mgpu_left_sum -= r->devices * r->mgpu;
    n->free_devices &= ~devices;
    for (; devices != 0; devices &= devices - 1) {
        uint16_t *left = &n->mgpu_left[__builtin_ctz(devices)];

        assert(*left >= r->mgpu);
        *left = (uint16_t)(*left - r->mgpu);
    }
}

void node_give(node *n, const node_request *r, uint32_t devices)
{
    n->mcpu_left += r->mcpu;
    n->memory_left_bytes += r->memory_bytes;
    n->disk_left_bytes += r->disk_bytes;
    n->hosted[node_kind_of(r)]--;
    n->mgpu_left_sum += r->devices * r->mgpu;
    for (uint32_t rest = devices; rest != 0; rest &= rest - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(rest);

        n->mgpu_left[i] = (uint16_t)(n->mgpu_left[i] + r->mgpu);
        assert(n->mgpu_left[i] <= NODE_DEVICE_MGPU);
        if (n->mgpu_left[i] == NODE_DEVICE_MGPU)
            n->free_devices |= 1u << i;
    }
    assert(n->mcpu_left <= n->mcpu && n->memory_left_bytes <= n->memory_bytes);
}
