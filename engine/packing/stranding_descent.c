/* Ours: descent of fragmentation plus stranding.
 *
 * Fragmentation asks whether the next task could use what is left of a node's devices. It sees a lack of cores or
 * memory only when it is there: when not even one more task fits. But cores run out task by task: a node with room
 * for half of what its devices will attract is already half lost. So we add the devices that are stranded: those
 * beyond what the node's cores and memory suffice for, at the rates of the workload that is expected (see
 * fragmentation_stranded). Placing a task that needs many cores where cores are scarce then costs at once, and it
 * goes where they abound. No parameter. docs/packing.md has what it gains over FGD, and what was tried besides. */
#include "../strategy/strategy.h"

#include "descent.h"

static int64_t spoilt(const fragmentation *f, const fragmentation_room *room)
{
    return fragmentation_of(f, room) + fragmentation_weight(f) * fragmentation_stranded(f, room);
}

static int32_t score(const model *m, const void *prepared, const node *n, uint32_t job_class)
{
    uint32_t devices;

    return descent_score(m, prepared, spoilt, n, job_class, &devices);
}

static uint32_t devices(const model *m, const void *prepared, const node *n, uint32_t job, uint32_t job_class)
{
    uint32_t best;

    (void)job;
    descent_score(m, prepared, spoilt, n, job_class, &best);
    return best;
}

const packing packing_stranding_descent = { .prepare = descent_prepare, .score = score, .devices = devices };

const strategy strategy_stranding_descent = {
    .info = {
        .name = "stranding-descent",
        .about = "packing: ours, descent of fragmentation plus devices stranded for want of cores or memory",
        .source = "derived in its file; docs/packing.md",
        .term = { "score" },
    },
    .packing = &packing_stranding_descent,
};
