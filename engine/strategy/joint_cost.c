/* Ours: the choice of region and the choice of node are one decision, with one score in nano-dollars.
 *
 *     score = room + egress + wait + packing
 *
 * room     what the node's bill grows by. On a node that is there: its price over the time by which the task lengthens
 *          its life, so nothing where it is paid for anyhow (it stands, is committed, its pool is at its least) or
 *          where it will be busy longer than the task runs. On a node to be ordered: its price while it boots and the
 *          task runs, shared by as many of the tasks of that kind that wait as it holds; nothing while the commitment
 *          is not used up.
 * egress   what the start sends to the region: the class's data, and the checkpoint, from where they lie.
 * wait     what it is worth not to wait while a node boots; 0 on one that is up.
 * packing  what the placement spoils: the thousandths of accelerators more that the node's cores or memory no longer
 *          suffice for (as in stranding-descent), at the node's price of them, for as long as the task runs.
 *
 * A node that is there and a node to be ordered are weighed alike, in all regions at once: a task leaves an idle node
 * alone where bringing its data there costs more than a new node beside the data. */
#include "../packing/descent.h"
#include "strategy.h"

#include <string.h>

static int64_t region_cost(const model *m, const siting_task *t, uint32_t region, int64_t term[SKY_TERMS])
{
    memset(term, 0, SKY_TERMS * sizeof *term);
    term[SITING_EGRESS] = cost_egress_nusd(m, t, region);
    return term[SITING_EGRESS];
}

static int64_t stranded_more(const model *m, const fragmentation *f, node_view n, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    fragmentation_room before = fragmentation_room_of(n.is), after;

    after = fragmentation_room_after(n.is, ask, node_choose(n, ask));
    return fragmentation_stranded(f, &after) - fragmentation_stranded(f, &before);
}

static int64_t node_cost(const model *m, const void *prepared, const siting_task *t, node_view n,
                         int64_t term[SKY_TERMS])
{
    term[SITING_ROOM] = cost_room_nusd(m, t, n.is);
    if (n.is->devices > 0) /* slices of pods cut up nothing that cores could strand */
        term[SITING_PACKING] = cost_of_mgpu_nusd(m, n.is, stranded_more(m, prepared, n, t->job_class),
                                                 t->run_ns);
    return add_sat_i64(term[SITING_ROOM], term[SITING_PACKING]);
}

static int64_t growing_cost(const model *m, const siting_task *t, uint32_t pool, sky_purchase purchase,
                            int64_t term[SKY_TERMS])
{
    term[SITING_ROOM] = cost_new_room_nusd(m, t, pool, purchase);
    term[SITING_WAIT] = cost_wait_nusd(m, pool);
    return add_sat_i64(term[SITING_ROOM], term[SITING_WAIT]);
}

const siting siting_joint_cost = {
    .prepare = descent_prepare, .region = region_cost, .node = node_cost, .grow = growing_cost
};

const strategy strategy_joint_cost = {
    .info = {
        .name = "joint-cost",
        .about = "region and node in one decision: what room, egress, waiting and stranding cost together",
        .source = "derived in its file",
        .term = { "room", "egress", "wait", "packing" },
    },
    .packing = &packing_stranding_descent,
    .siting = &siting_joint_cost,
};
