/* Interconnect groups: which devices of a node reach one another over fast links, and which to give to a
 * job that needs several.
 *
 * A group is a set of devices, all linked to one another (an NVLink clique): one group of 8 on an HGX board
 * with NVSwitch, 2 groups of 4, 4 pairs with NVLink bridges, 8 groups of 1 without links. Groups are
 * disjoint and cover the node; sets of devices are bits 1 << device.
 *
 * Pure functions; no allocation. An interconnect has no padding and may be part of a snapshot. */
#ifndef SKYTWIN_INTERCONNECT_H
#define SKYTWIN_INTERCONNECT_H

#include <stdint.h>

#define INTERCONNECT_DEVICES_MAX 64
#define INTERCONNECT_GROUPS_MAX  16

typedef struct interconnect {
    uint64_t group[INTERCONNECT_GROUPS_MAX]; /* in rising order of their first device; the rest 0 */
    uint32_t groups;
    uint32_t devices; /* 0 to devices - 1 */
} interconnect;

/* Sets up a node of 1 to 64 devices from `count` groups; a device in none of them is a group of its own.
 * 1; or 0, and nothing is written: no devices or too many, a group that is empty, overlaps another or names
 * a device that there is not, or more than INTERCONNECT_GROUPS_MAX groups in all. */
int interconnect_init(interconnect *node, uint32_t devices, const uint64_t *groups, uint32_t count);

/* All devices of the node: what is free at first. Taking is free & ~chosen, releasing free | chosen. */
uint64_t interconnect_all(const interconnect *node);

/* How many groups a set of devices touches. */
uint32_t interconnect_span(const interconnect *node, uint64_t set);

/* n of the free devices that, in this order,
 * 1. touch the fewest groups (one, if any group has n free),
 * 2. leave the fewest devices free in the groups touched (best fit: the smallest group that suffices),
 * 3. are the lowest set, compared as a number.
 * Exact. 0: fewer than n are free, or n is 0. `free` holds devices of the node only. */
uint64_t interconnect_choose(const interconnect *node, uint64_t free, uint32_t n);

#endif
