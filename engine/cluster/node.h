/* A node: a machine whose cores, memory, disk and accelerators tasks share; and what a task asks of it.
 *
 * Accelerators come in three modes, and tasks ask for one of them:
 *
 * NODE_DEVICES  up to 16 devices of 1000 thousandths (mgpu). A task takes `mgpu` of each of `devices` devices: whole
 *               ones (1000), or a share of one (devices = 1, mgpu < 1000). Where the node's interconnect groups are
 *               told, several whole devices come from the fewest groups (accelerator/interconnect.h).
 * NODE_MIG      up to 16 GPUs that are cut into instances of fixed profiles (accelerator/mig.h). A task takes one
 *               instance. In thousandths: compute slices.
 * NODE_POD      a TPU pod, all of its hosts as one node. A task takes a slice, a box of chips (accelerator/torus.h),
 *               and its cores, memory and disk are those of the whole slice. In thousandths: chips. Which chips are
 *               taken is too much for a node, and stands in an array beside the nodes: see node_view.
 *
 * What a task holds of the accelerators ("devices" wherever one is named that is placed) is 32 bits, 0 if nothing:
 * - devices: the bit set of them, 1 << device;
 * - an instance: the same, and from bit 16 on its first memory slice;
 * - a slice: as torus_slice_pack has it.
 *
 * No pointer, no padding: nodes are snapshot as bytes. */
#ifndef SKYTWIN_NODE_H
#define SKYTWIN_NODE_H

#include <skytwin/engine.h>

#include "../accelerator/mig.h"
#include "../accelerator/torus.h"

#define NODE_DEVICES_MAX 16
#define NODE_DEVICE_MGPU 1000
#define NODE_MODELS_MAX  64
#define NODE_NO_MODEL    255
#define NODE_CHIP_WORDS  (TORUS_CHIPS_MAX / 64)
#define NODE_MOST_RACKS  (1 << 24)
#define NODE_MOST        (INT64_C(1) << 50) /* of anything that a node has or a task asks for */

/* What one task of a class takes, and where it may run. */
typedef struct node_request {
    int64_t mcpu, memory_bytes, disk_bytes;
    uint64_t models;      /* bit set of accelerator models that will do; all ones: any */
    uint64_t labels;      /* bit set: the node must carry all of them */
    uint64_t tolerations; /* bit set: taints that the task bears */
    uint32_t devices;     /* of a slice: its chips */
    uint32_t mgpu;        /* of each device */
    uint32_t profiles;    /* of an instance: what it is on each mig_model_id, see node_profile; else 0 */
    torus_shape slice;    /* of a slice: as documented, not turned; else 0 */
    uint16_t one_group;   /* 1: whole devices of one interconnect group, or none */
    uint32_t reserved;
} node_request;

typedef enum node_state { NODE_ABSENT, NODE_UP, NODE_DRAINING, NODE_BOOTING } node_state;
typedef enum node_mode { NODE_DEVICES, NODE_MIG, NODE_POD } node_mode;

/* Three kinds of tasks: some packings keep them apart. */
typedef enum node_kind { NODE_KIND_PLAIN, NODE_KIND_SHARED, NODE_KIND_WHOLE, NODE_KIND_COUNT } node_kind;

typedef struct node_pod {
    torus_pod is;
    uint32_t first_word; /* of its bitmap of taken chips, among all pods' */
} node_pod;

typedef struct node {
    int64_t mcpu_left, memory_left_bytes, disk_left_bytes;
    int64_t mcpu, memory_bytes, disk_bytes; /* of the machine */
    uint64_t labels, taints;
    uint32_t pool;
    uint32_t rank;                    /* its place in the order in which ties go */
    uint32_t hosted[NODE_KIND_COUNT]; /* tasks on it, by kind */
    uint8_t state;                    /* node_state */
    uint8_t mode;                     /* node_mode */
    uint8_t devices;                  /* of a pod: 0 */
    uint8_t model;                    /* of its devices, below NODE_MODELS_MAX; or NODE_NO_MODEL */
    union {                           /* by mode; beyond what there is: 0 */
        uint16_t mgpu_left[NODE_DEVICES_MAX];
        uint16_t mig[NODE_DEVICES_MAX]; /* mig_pack */
        node_pod pod;
    };
    uint16_t free_devices; /* bit set: those of which nobody has anything */
    uint16_t
        group_starts; /* bit set: devices with which an interconnect group begins; 0: groups are not told */
    uint32_t mgpu_left_sum; /* of all devices or chips */
    uint32_t rack;          /* number + 1; 0: not told */
    uint32_t reserved;
    /* What only the engine keeps, of nodes that come and go. */
    int64_t
        since_ns; /* unused, booting or draining since then, or to be reclaimed then; SKY_NEVER_NS: in use */
    int64_t busy_until_ns; /* when all tasks on it will have ended, by their estimates; 0: it is empty */
    uint32_t purchase;     /* sky_purchase */
    uint32_t ordered;      /* 1: an order about it is not answered yet */
} node;

/* 1: no task is on it. */
static inline int node_is_idle(const node *n)
{
    return n->hosted[NODE_KIND_PLAIN] + n->hosted[NODE_KIND_SHARED] + n->hosted[NODE_KIND_WHOLE] == 0;
}

/* A node as it is, or as tight as promises make it. chips: bitmaps of taken chips of the pods that it is one of; any
 * pointer where it is no pod. */
typedef struct node_view {
    const node *is;
    const uint64_t *chips;
} node_view;

/* A copy of a node, with its own bitmap; of nodes that are no pods, the bitmap stays undefined. */
typedef struct node_room {
    node is;
    uint64_t chips[NODE_CHIP_WORDS];
} node_room;

/* Of an instance: the device, and the first memory slice. */
static inline uint32_t node_held_device(uint32_t devices)
{
    return (uint32_t)__builtin_ctz(devices & ((1u << NODE_DEVICES_MAX) - 1));
}
static inline uint32_t node_held_start(uint32_t devices)
{
    return devices >> NODE_DEVICES_MAX;
}

static inline node_kind node_kind_of(const node_request *r)
{
    return r->devices == 0              ? NODE_KIND_PLAIN
           : r->mgpu < NODE_DEVICE_MGPU ? NODE_KIND_SHARED
                                        : NODE_KIND_WHOLE;
}

/* Thousandths of accelerators that a task takes in all. */
static inline int64_t node_request_mgpu(const node_request *r)
{
    return (int64_t)r->devices * r->mgpu;
}

static inline int node_asks_slice(const node_request *r)
{
    return r->slice.sizes[0] != 0;
}

/* Four bits a MIG model: the profile of that name + 1, 0 if it has none. */
static inline uint32_t node_profile(const node_request *r, uint32_t mig_model)
{
    uint32_t profile = r->profiles >> 4 * mig_model & 15;

    return profile > 0 ? profile - 1 : MIG_NONE;
}

/* Makes a node empty whose machine, pool, rank, model and number of devices are set: all of it is left, whole. */
void node_empty(node *n);
/* The mode of an empty node's accelerators. A pod's bitmap starts at that word, and must be 0. */
void node_set_mig(node *n, mig_model_id model);
void node_set_pod(node *n, torus_pod pod, uint32_t first_word);
/* Thousandths of all of its accelerators, whatever is taken. */
int64_t node_mgpu(const node *n);
/* Of one device; not of a pod. */
uint32_t node_mgpu_left(const node *n, uint32_t device);
/* Copies it with its bitmap. */
void node_copy(node_view from, node_room *to);
static inline node_view node_view_of(const node_room *room)
{
    return (node_view){ &room->is, room->chips };
}

/* 1: the machine is of the right kind, whatever runs on it: model, mode, labels, taints, and large enough empty. */
int node_suits(const node *n, const node_request *r);
/* 1: there is room for one more task now. Only for a node that suits. */
int node_has_room(node_view n, const node_request *r);
/* How many more such tasks, up to `most`, there is room for now, alone: as many as node_choose finds places for. */
int64_t node_room_for(node_view n, const node_request *r, int64_t most);

/* 1: there is room, and `devices` is something that the task may take: legal, and free. */
int node_fits_devices(node_view n, const node_request *r, uint32_t devices);
/* Puts a task on `devices`, where there must be room. `chips`: as in node_view. */
void node_take(node *n, uint64_t *chips, const node_request *r, uint32_t devices);
/* The reverse. */
void node_give(node *n, uint64_t *chips, const node_request *r, uint32_t devices);
/* As node_take, where there may be no room: no amount falls below 0. Leaves free_devices and mgpu_left_sum alone. */
void node_cover(node *n, uint64_t *chips, const node_request *r, uint32_t devices);

/* What a task gets that has room: whole devices over the fewest interconnect groups, the lowest of equals; for a share
 * the tightest device; the instance, or the slice, that cuts up least. 0 where it asks for none. */
uint32_t node_choose(node_view n, const node_request *r);
/* The bit set of the device of least left, first of equals, that has room for a share; 0: none has. */
uint32_t node_tightest_device(const node *n, uint32_t mgpu);
/* The bit set of `count` wholly free devices, over the fewest groups; 0: there are fewer. */
uint32_t node_free_devices(const node *n, uint32_t count);
/* Devices on which the task's instance may be created: a bit set. */
uint32_t node_mig_devices(const node *n, const node_request *r);
/* The instance on one of them, at the start that leaves most room. */
uint32_t node_mig_instance(const node *n, const node_request *r, uint32_t device);

#endif
