/* A strategy: one file, one constant table, pure functions.
 *
 * It sees a const model and its own memory; it returns a plan of scored candidates. The engine checks each
 * with the gatekeeper, commits it and writes the reason down: a strategy can't. */
#ifndef SKYTWIN_STRATEGY_H
#define SKYTWIN_STRATEGY_H

#include "../allocation/allocation.h"
#include "../packing/packing.h"
#include "../scaling/siting.h"

typedef struct strategy {
    sky_strategy_info info;
    /* Bytes of memory that it wants, given the catalog (called once, when the catalog is complete); all
     * zero at the start. NULL: it remembers nothing. No pointers may be kept in it. */
    size_t (*memory_bytes)(const model *m);
    /* Whether a memory from outside could be one: what it uses as an index is one. NULL: it uses nothing so. */
    int (*memory_can_be)(const model *m, const void *memory);
    /* Hears every event that is no catalog fact, after the model has. NULL: it learns nothing. */
    void (*learn)(const model *m, void *memory, const sky_event *event);
    /* What to do with a job that has machines of its own now; see plan. NULL: as on-demand-cheapest does. */
    void (*place)(const model *m, void *memory, uint32_t job, plan *p);
    /* Which node a task that shares nodes goes to. NULL: best-fit. */
    const packing *packing;
    /* Name of the queue discipline that is part of it, where the caller says no +QUEUE; NULL: none is. */
    const char *queue;
    /* How accelerators' time is shared among tasks that train, see allocation/turn.h. NULL: they wait and are packed
     * as other tasks are, and run to their end. */
    const allocation_policy *allocation;
    /* Where such a task goes at all, by money; its devices on the node are then the packing's. NULL: the packing
     * chooses among all nodes, and pools grow by siting_joint_cost. */
    const siting *siting;
} strategy;

extern const strategy *const strategy_table[];
extern const size_t strategy_table_count;
extern const strategy strategy_on_demand_cheapest;

/* ---- what most strategies need -------------------------------------------------------------------------- */

/* Appends a candidate; the plan keeps at most PLAN_MAX. */
plan_candidate *plan_add(plan *p, plan_move move, uint32_t pool, sky_purchase purchase, int64_t score);
void plan_add_probe(plan *p, uint32_t pool);
/* Keeps the PLAN_MAX best of any number of candidates, sorted, behind the first `fixed` ones. */
void plan_insert(plan *p, uint32_t fixed, plan_candidate c);
/* Sorts the candidates by score, then by pool, then by purchase: a total order. */
void plan_sort(plan *p);
/* Sum of `cost per unit of work` that a job pays there: nusd per hour of reference work. */
int64_t strategy_price_of_work(const model *m, const model_eligible *e, sky_purchase purchase);
/* On demand at the least price + egress for the work left, first in the plan's order. The price is paid while the
 * checkpoint moves, too, where that takes time; where there is no way for it, the pool is left out; so
 * it is where what the job reads can't be read. What that costs counts as egress. */
void plan_add_on_demand(plan *p, const model *m, const model_job *job);
/* All spot pools of the job by price of work + egress for the work left. */
void plan_add_spot(plan *p, const model *m, const model_job *job);
/* A class's home: the first pool, in catalog order, that it may enter and that sells both spot and on
 * demand; the first that it may enter if there is none such; SKY_NONE if it may enter none. */
uint32_t strategy_home_pool(const model *m, const model_class *c);
/* Time from now to its deadline (may be negative); SKY_NEVER_NS where there is none. */
int64_t strategy_time_left(const model *m, const model_job *job);

#endif
