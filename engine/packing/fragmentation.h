/* Fragmentation: how much of a node's accelerators a workload like the one expected could not use.
 * Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent",
 * USENIX ATC 2023, section 3.
 *
 * The target workload is the expected shapes of tasks (cores, devices, thousandths, models; memory is left out) by
 * falling number, up to 95 % of the tasks. With weight w_m for shape m, a node's fragmentation is the sum of
 * w_m f_n(m), where f_n(m) is all that is left on its devices if m asks for none or can't run there, and else what
 * is left on those devices that have less left than m takes of one. Weights are whole numbers of tasks, so that all
 * of it is exact: in thousandths of a device times tasks.
 *
 * Ours, for GPUs in MIG mode: what is left of one counts in compute slices, and m could use of it
 * what instances of m could take that may be created there. What no profile can use, for want of memory slices side by
 * side, is therefore lost to all. Slices of
 * TPU pods are asked for by nobody else, and left out. */
#ifndef SKYTWIN_FRAGMENTATION_H
#define SKYTWIN_FRAGMENTATION_H

#include "../model/model.h"

typedef struct fragmentation fragmentation;

/* Of `count` classes and how many tasks each is expected to bring; one block of memory, for free(). SKY_ERROR_MEMORY. */
sky_status fragmentation_prepare(const model_request *requests, uint32_t count, fragmentation **out);
/* Sum of the weights: what f_n is multiplied by. 0: no task is expected. */
int64_t fragmentation_weight(const fragmentation *f);
/* What a node is like to a target workload. */
typedef struct fragmentation_room {
    int64_t mcpu_left, memory_left_bytes;
    uint32_t model, mode, devices, mgpu_left_sum;
    uint16_t mgpu_left[NODE_DEVICES_MAX]; /* NODE_MIG: mig_pack */
} fragmentation_room;
fragmentation_room fragmentation_room_of(const node *n);
/* The same, after a task has taken its `devices`. */
fragmentation_room fragmentation_room_after(const node *n, const node_request *ask, uint32_t devices);
/* Thousandths of devices that the node's cores, or its memory, won't suffice for, if tasks come that need as much of
 * them for a device as all expected tasks with devices do on the whole. */
int64_t fragmentation_stranded(const fragmentation *f, const fragmentation_room *room);
/* Fragmentation × weight; at most mgpu_left_sum × weight. */
int64_t fragmentation_of(const fragmentation *f, const fragmentation_room *room);

#endif
