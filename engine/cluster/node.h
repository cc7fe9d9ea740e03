/* A node: a machine whose cores, memory, disk and accelerators tasks share; and what a task asks of it.
 *
 * A device's capacity is 1000 thousandths (mgpu). A task takes `mgpu` of each of `devices` devices: whole ones
 * (1000), or a share of one (devices = 1, mgpu < 1000). No pointer, no padding: nodes are snapshot as bytes. */
#ifndef SKYTWIN_NODE_H
#define SKYTWIN_NODE_H

#include <skytwin/engine.h>

#define NODE_DEVICES_MAX 16
#define NODE_DEVICE_MGPU 1000
#define NODE_MODELS_MAX  64
#define NODE_NO_MODEL    255

/* What one task of a class takes, and where it may run. */
typedef struct node_request {
    int64_t mcpu, memory_bytes, disk_bytes;
    uint64_t models;      /* bit set of accelerator models that will do; all ones: any */
    uint64_t labels;      /* bit set: the node must carry all of them */
    uint64_t tolerations; /* bit set: taints that the task bears */
    uint32_t devices;
    uint32_t mgpu; /* of each device */
} node_request;

typedef enum node_state { NODE_ABSENT, NODE_UP, NODE_DRAINING } node_state;

/* Three kinds of tasks: some packings keep them apart. */
typedef enum node_kind { NODE_KIND_PLAIN, NODE_KIND_SHARED, NODE_KIND_WHOLE, NODE_KIND_COUNT } node_kind;

typedef struct node {
    int64_t mcpu_left, memory_left_bytes, disk_left_bytes;
    int64_t mcpu, memory_bytes, disk_bytes; /* of the machine */
    uint64_t labels, taints;
    uint32_t pool;
    uint32_t rank;                    /* its place in the order in which ties go */
    uint32_t hosted[NODE_KIND_COUNT]; /* tasks on it, by kind */
    uint16_t state;                   /* node_state */
    uint8_t devices;
    uint8_t model;                        /* of its devices, below NODE_MODELS_MAX; or NODE_NO_MODEL */
    uint16_t mgpu_left[NODE_DEVICES_MAX]; /* beyond `devices`: 0 */
    uint32_t free_devices;                /* bit set: those with all 1000 left */
    uint32_t mgpu_left_sum;
} node;

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

/* 1: the machine is of the right kind, whatever runs on it: model, labels, taints, and large enough empty. */
int node_suits(const node *n, const node_request *r);
/* 1: there is room for one more task now. Only for a node that suits. */
int node_has_room(const node *n, const node_request *r);
/* How many more such tasks there is room for now, alone; INT64_MAX if it asks for nothing. */
int64_t node_room_for(const node *n, const node_request *r);

/* 1: there is room, and the bit set is as many of the node's devices as are asked for, each with enough left. */
int node_fits_devices(const node *n, const node_request *r, uint32_t devices);
/* Puts a task on the devices of the bit set `devices` (0 where it asks for none), which must have room. */
void node_take(node *n, const node_request *r, uint32_t devices);
/* The reverse. */
void node_give(node *n, const node_request *r, uint32_t devices);
/* The bit set of the device of least left, first of equals, that has room for a share; 0: none has. */
uint32_t node_tightest_device(const node *n, uint32_t mgpu);
/* The bit set of the `count` lowest wholly free devices; 0: there are fewer. */
uint32_t node_first_free_devices(const node *n, uint32_t count);

#endif
