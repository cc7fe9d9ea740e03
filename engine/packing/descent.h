/* Packing by descent of a potential: the node, and the device, on which what a placement spoils grows least.
 * Score 100 sigmoid((before - after) / one device), cut to an integer: coarse on purpose, so that ties go to the
 * first nodes in the order and the last ones stay whole. Weng et al., USENIX ATC 2023, section 4. */
#ifndef SKYTWIN_DESCENT_H
#define SKYTWIN_DESCENT_H

#include "fragmentation.h"

/* What is spoilt of a node's devices, in thousandths times fragmentation_weight. */
typedef int64_t (*descent_potential)(const fragmentation *f, const fragmentation_room *room);

sky_status descent_prepare(const model *m, void **out);
/* The score of a node that has room, and the devices it comes from: for a share, or a MIG instance at the start that
 * leaves most room, the device that does best, the first of equals; whole devices are all alike. */
int32_t descent_score(const model *m, const fragmentation *f, descent_potential potential, const node *n,
                      uint32_t job_class, uint32_t *devices);

#endif
