/* The tasks that wait for room on shared nodes, and the order in which a scheduling round tries them.
 *
 *     queue_begin_round(q, now_ns);
 *     while (queue_next(q, &entry)) {
 *         ... look for room ...
 *         found:  queue_remove(q, entry.job); queue_usage(q, entry.tenant, &taken, now_ns);
 *         none:   queue_refused(q, &entry, 0);
 *     }
 *
 * Tasks of one tenant, class and gang (and priority, under multifactor and with preemption) form a group: when its first
 * finds no room, none of it does, and the group rests until queue_freed. A round therefore costs
 * O((placed + groups) log pending), however many wait. Each group is a treap in the discipline's order that also
 * knows the least estimate below each node, so that the next task *short enough* for backfilling is found in
 * O(log pending). Over the groups stand two levels of heaps: the groups of a tenant, and the tenants.
 *
 * The order is total: with preemption the priority, then the tenant's rank, key, time of submission, job. It is a function of the pending entries, of the
 * tenants and of the round's time alone; which groups rest is only ever a saving. So a snapshot holds the entries
 * and the tenants: a queue made by adding them, in any order, decides as the one that was saved.
 *
 * Memory: 80 bytes a pending task, 4 a job index up to the largest seen, 64 a group, 96 a tenant; arrays double, so
 * up to twice that is held. Groups and tenants stay once they were seen. */
#ifndef SKYTWIN_QUEUE_H
#define SKYTWIN_QUEUE_H

#include <skytwin/engine.h>

/* A task, or a gang of `tasks` equal ones that start together. */
typedef struct queue_entry {
    int64_t submit_ns;
    int64_t estimate_ns; /* of its run time, at least 0, below SKY_NEVER_NS */
    int64_t priority;    /* higher goes first, where the discipline looks at it */
    uint32_t job;
    uint32_t job_class;
    uint32_t tenant;
    uint32_t tasks;    /* at least 1 */
    uint32_t together; /* sky_together */
    uint32_t reserved;
} queue_entry;

/* What shares are counted in. */
typedef enum queue_resource {
    QUEUE_MCPU,
    QUEUE_MEMORY_BYTES,
    QUEUE_MGPU,
    QUEUE_RESOURCE_COUNT
} queue_resource;

typedef struct queue_amounts {
    int64_t of[QUEUE_RESOURCE_COUNT];
} queue_amounts;

#define QUEUE_SHARE_ONE                                                                                      \
    INT64_C(1000000000000) /* a share of the whole cluster: in parts of 10^12, rounded down */
#define QUEUE_WEIGHT_ONE INT64_C(1000000)

/* All that is remembered of a tenant; no pointer, no padding: snapshot as bytes. */
typedef struct queue_tenant {
    int64_t weight_ppm; /* its entitlement, relative to the others'; above 0 */
    queue_amounts held; /* by what runs now */
    int64_t average;    /* decayed mean of its dominant share, up to the last interval that is over */
    int64_t accrued;    /* share × part of the interval under way, up to since_ns */
    int64_t since_ns;
} queue_tenant;

typedef struct queue_discipline queue_discipline;

/* The disciplines, in listing order; NULL beyond the last. */
const queue_discipline *queue_discipline_at(size_t index);
/* NULL: there is none of that name. */
const queue_discipline *queue_discipline_find(const char *name);
const sky_queue_info *queue_discipline_about(const queue_discipline *discipline);

typedef struct queue queue;

/* NULL: no memory. `options` may be NULL: the defaults. */
queue *queue_create(const queue_discipline *discipline, const sky_queue_options *options);
void queue_free(queue *q);

/* What one task of a class takes; 0 until told. Before tasks of the class are added. SKY_ERROR_MEMORY. */
sky_status queue_class(queue *q, uint32_t job_class, const queue_amounts *amounts);
/* What the cluster has in all: the whole of which tenants have shares. Costs O(tenants): tell it once a round. */
void queue_capacity(queue *q, const queue_amounts *capacity, int64_t now_ns);
/* SKY_ERROR_MEMORY. A tenant that is not told of has weight 1. */
sky_status queue_weight(queue *q, uint32_t tenant, int64_t weight_ppm);
/* For snapshots: NULL if there is no such tenant. */
const queue_tenant *queue_tenant_at(const queue *q, uint32_t tenant);
/* One more than the last tenant that there is; 0: there is none. */
uint32_t queue_tenant_count(const queue *q);
sky_status queue_restore_tenant(queue *q, uint32_t tenant, const queue_tenant *saved);

/* A task waits from now on; it may not wait already. SKY_ERROR_MEMORY: the queue is as before. */
sky_status queue_add(queue *q, const queue_entry *entry);
/* It waits no more: it was started, promised a place, or cancelled. 0: it did not wait. */
int queue_remove(queue *q, uint32_t job);
/* 1: it waits, *entry is what was added. */
int queue_find(const queue *q, uint32_t job, queue_entry *entry);
size_t queue_size(const queue *q);
/* To look at all that wait, in no order that means anything: slots from 0 on, some of them empty (0). */
uint32_t queue_slots(const queue *q);
int queue_in_slot(const queue *q, uint32_t slot, queue_entry *entry);

/* Ranks and keys are those of this time until the next round begins. Time must not go back. */
void queue_begin_round(queue *q, int64_t now_ns);
/* 1: *entry is the first that may be tried now. It stays first until it is removed or refused. */
int queue_next(const queue *q, queue_entry *entry);
/* No task of the entry's group will be tried, in this round and later ones, whose estimate is not below
 * `shorter_than_ns`: 0 where there is no room at all; the entry's own estimate where there is, but a promise to
 * another task stands in its way, so that only a shorter one could pass. Until queue_freed. */
void queue_refused(queue *q, const queue_entry *entry, int64_t shorter_than_ns);
/* Room has come back, a promise was dropped or kept, or a node has come: those that rest may be tried again, if
 * their class is in the bit set `classes` (64 a word); NULL: all. */
void queue_freed(queue *q, const uint64_t *classes);
/* What a tenant holds has changed by `change`: up when a task starts, down when it ends. SKY_ERROR_MEMORY. */
sky_status queue_usage(queue *q, uint32_t tenant, const queue_amounts *change, int64_t now_ns);

#endif
