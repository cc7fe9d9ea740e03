/* Where a task goes, when region and node are chosen by money: what a region costs it, what a node there costs it, and
 * what a new node would. A strategy that has a siting is asked for it whenever a task is placed and whenever a pool may
 * grow. All in nano-dollars for one task's whole run, lower is better. */
#ifndef SKYTWIN_SITING_H
#define SKYTWIN_SITING_H

#include "../model/model.h"

/* What is known of the task. */
typedef struct siting_task {
    uint32_t job_class;
    uint32_t from;   /* region in which its checkpoint lies; SKY_NONE */
    int64_t run_ns;  /* that it has still to run */
    int64_t bytes;   /* of its checkpoint */
    int64_t waiting; /* tasks like it that wait, itself included: they would share a new node */
} siting_task;

typedef struct siting {
    /* What it derives from the catalog, once; freed with free(). NULL: nothing. SKY_ERROR_MEMORY. */
    sky_status (*prepare)(const model *m, void **out);
    /* What it costs to be in the region at all. */
    int64_t (*region)(const model *m, const siting_task *t, uint32_t region, int64_t term[SKY_TERMS]);
    /* And on a node there that is up and has room, or will be. */
    int64_t (*node)(const model *m, const void *prepared, const siting_task *t, node_view n,
                    int64_t term[SKY_TERMS]);
    /* And on a node that the pool would be grown by. */
    int64_t (*grow)(const model *m, const siting_task *t, uint32_t pool, sky_purchase purchase,
                    int64_t term[SKY_TERMS]);
    int region_first; /* 1: the region is chosen first, by its own cost alone; 0: the sum decides */
} siting;

/* By region and node, or by their sum; compared in this order. */
typedef struct siting_score {
    int64_t first, second;
} siting_score;

static inline int siting_is_less(siting_score a, siting_score b)
{
    return a.first != b.first ? a.first < b.first : a.second < b.second;
}

#define SITING_NOWHERE ((siting_score){ INT64_MAX, INT64_MAX })

/* Term by term: room, egress, wait, packing. */
enum { SITING_ROOM, SITING_EGRESS, SITING_WAIT, SITING_PACKING };

extern const siting siting_joint_cost;   /* strategy/joint_cost.c */
extern const siting siting_region_first; /* strategy/region_first.c */

/* ---- cost.c ------------------------------------------------------------------------------------------------ */

siting_task siting_task_of(const model *m, uint32_t job, int64_t waiting);
siting_score siting_of_node(const siting *s, const model *m, const void *prepared, const siting_task *t,
                            node_view n, int64_t term[SKY_TERMS]);
siting_score siting_of_growing(const siting *s, const model *m, const siting_task *t, uint32_t pool,
                               sky_purchase purchase, int64_t term[SKY_TERMS]);
/* Over all that may be ordered now and would hold the task; SITING_NOWHERE. */
siting_score siting_of_best_growing(const siting *s, const model *m, const siting_task *t);
/* 1: a new node of the pool would hold a task of the class, which may enter. */
int siting_pool_suits(const model *m, uint32_t job_class, uint32_t pool);

/* What a start in the region sends there: the class's data, the checkpoint, and what it reads of datasets. */
int64_t cost_egress_nusd(const model *m, const siting_task *t, uint32_t region);
/* What the node's price comes to over the time by which the task lengthens its life; nothing where it is paid for
 * anyhow: it stands, or is committed, or its pool is at its least. */
int64_t cost_room_nusd(const model *m, const siting_task *t, const node *n);
/* A new node's price while it boots and the task runs, shared by as many of those that wait as it holds. */
int64_t cost_new_room_nusd(const model *m, const siting_task *t, uint32_t pool, sky_purchase purchase);
/* What it is worth not to wait while a node of the pool boots. */
int64_t cost_wait_nusd(const model *m, uint32_t pool);
/* Price × time of thousandths of accelerators. */
int64_t cost_of_mgpu_nusd(const model *m, const node *n, int64_t mgpu, int64_t time_ns);
/* Longest time that is counted with: tasks that never end don't cost more. */
#define COST_MOST_NS (30 * 24 * SKY_NS_PER_HOUR)

#endif
