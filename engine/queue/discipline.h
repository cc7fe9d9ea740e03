/* A discipline: one file, one constant table of pure functions. See queue.h. Lower goes first everywhere. */
#ifndef SKYTWIN_QUEUE_DISCIPLINE_H
#define SKYTWIN_QUEUE_DISCIPLINE_H

#include "queue.h"

/* What a discipline may look at. */
typedef struct queue_context {
    sky_queue_options options;
    int64_t now_ns; /* of the round */
    queue_amounts capacity;
    const queue_amounts *classes; /* [class_count] */
    uint32_t class_count;
    int64_t weights, uses; /* sums over tenants: of weight_ppm, and of queue_use when the round began */
} queue_context;

struct queue_discipline {
    sky_queue_info info;
    /* Order within a group; may not depend on time. */
    int64_t (*order)(const queue_entry *entry);
    /* Key of a group's first task among all groups, at the round's time. It must rise with `order` within a group.
     * NULL: the order. */
    int64_t (*key)(const queue_context *context, const queue_entry *entry);
    /* Of tenants. NULL: all are equal. */
    int64_t (*rank)(const queue_context *context, const queue_tenant *tenant);
    int rank_adds; /* 1: the rank is added to the key, and stays during a round; 0: it goes before the key, and follows
                      * what the tenant holds */
    int by_priority; /* 1: tasks of different priority are of different groups */
};

/* The largest of its shares of what the cluster has; 0 while it is not known what that is. */
int64_t queue_dominant_share(const queue_amounts *held, const queue_amounts *capacity);

/* What a tenant has of the cluster: its share now, and its decayed mean share so far. Tasks that start are felt at
 * once, as slots held are in LSF's dynamic user priority; each share below 2 × QUEUE_SHARE_ONE. */
int64_t queue_use(const queue_context *context, const queue_tenant *tenant);

/* What the disciplines of this queue look at. */
const queue_context *queue_context_of(const queue *q);

#endif
