/* Groups are disjoint, so that only how many are free in each matters to the first two criteria.
 *
 * Let k be the fewest groups that hold n free devices together; they are the k with the most free. Among
 * all sets of k groups, take one that leaves the fewest free. What is left over is less than what any of
 * its groups has (or the others would do without that group, against k), so that the n lowest devices of
 * these groups touch each of them: no other choice within them is a lower number. */
#include "interconnect.h"

#include <assert.h>

_Static_assert(sizeof(interconnect) == 8 * INTERCONNECT_GROUPS_MAX + 8, "an interconnect has no padding");

static uint64_t first_devices(uint32_t devices)
{
    return devices == 64 ? UINT64_MAX : (UINT64_C(1) << devices) - 1;
}

static uint32_t count_devices(uint64_t set)
{
    return (uint32_t)__builtin_popcountll(set);
}

/* The n lowest devices of a set that has as many. */
static uint64_t lowest(uint64_t set, uint32_t n)
{
    uint64_t rest = set;

    while (n-- > 0)
        rest &= rest - 1;
    return set & ~rest;
}

/* Groups that are not empty, have no device in common, and name only devices of `all`. */
static int legal_groups(uint64_t all, const uint64_t *groups, uint32_t count)
{
    uint64_t seen = 0;

    for (uint32_t g = 0; g < count; seen |= groups[g++])
        if (groups[g] == 0 || (groups[g] & ~all) != 0 || (groups[g] & seen) != 0)
            return 0;
    return 1;
}

/* The group that holds a device; the device alone. */
static uint64_t group_of(uint64_t device, const uint64_t *groups, uint32_t count)
{
    for (uint32_t g = 0; g < count; g++)
        if ((groups[g] & device) != 0)
            return groups[g];
    return device;
}

int interconnect_init(interconnect *node, uint32_t devices, const uint64_t *groups, uint32_t count)
{
    interconnect made = { .devices = devices };

    if (devices < 1 || devices > INTERCONNECT_DEVICES_MAX ||
        !legal_groups(first_devices(devices), groups, count))
        return 0;
    for (uint64_t left = first_devices(devices); left != 0; left &= ~made.group[made.groups++]) {
        if (made.groups == INTERCONNECT_GROUPS_MAX)
            return 0;
        made.group[made.groups] = group_of(lowest(left, 1), groups, count);
    }
    *node = made;
    return 1;
}

uint64_t interconnect_all(const interconnect *node)
{
    return first_devices(node->devices);
}

uint32_t interconnect_span(const interconnect *node, uint64_t set)
{
    uint32_t span = 0;

    for (uint32_t g = 0; g < node->groups; g++)
        span += (node->group[g] & set) != 0;
    return span;
}

/* How many groups n devices need at least: those with the most free first. At least n are free. */
static uint32_t fewest_groups(const interconnect *node, uint64_t free, uint32_t n)
{
    uint32_t with[INTERCONNECT_DEVICES_MAX + 1] = { 0 }; /* groups by how many are free in them */
    uint32_t needed = 0, in_one = INTERCONNECT_DEVICES_MAX;

    for (uint32_t g = 0; g < node->groups; g++)
        with[count_devices(node->group[g] & free)]++;
    for (uint32_t held = 0; held < n; held += in_one, needed++) {
        while (with[in_one] == 0)
            in_one--;
        with[in_one]--;
    }
    return needed;
}

/* The free devices of a set of groups. */
static uint64_t free_in(const interconnect *node, uint64_t free, uint32_t groups)
{
    uint64_t set = 0;

    for (; groups != 0; groups &= groups - 1)
        set |= node->group[__builtin_ctz(groups)];
    return set & free;
}

/* The next larger number with as many bits set (Gosper; HAKMEM, item 175). */
static uint32_t next_combination(uint32_t groups)
{
    uint32_t low = groups & -groups, carried = groups + low;

    return carried | ((groups ^ carried) / low) >> 2;
}

uint64_t interconnect_choose(const interconnect *node, uint64_t free, uint32_t n)
{
    uint64_t best = 0;
    uint32_t best_held = UINT32_MAX;

    assert((free & ~interconnect_all(node)) == 0);
    if (n == 0 || count_devices(free) < n)
        return 0;
    for (uint32_t groups = (1u << fewest_groups(node, free, n)) - 1; groups < 1u << node->groups;
         groups = next_combination(groups)) {
        uint64_t held = free_in(node, free, groups), chosen;

        if (count_devices(held) < n || count_devices(held) > best_held)
            continue;
        chosen = lowest(held, n);
        if (count_devices(held) < best_held || chosen < best)
            best = chosen;
        best_held = count_devices(held);
    }
    return best;
}
