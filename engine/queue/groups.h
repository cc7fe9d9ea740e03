/* The groups: which there are, and which group an entry belongs to. */
#ifndef SKYTWIN_QUEUE_GROUPS_H
#define SKYTWIN_QUEUE_GROUPS_H

#include "queue.h"

typedef struct queue_group {
    int64_t priority; /* 0 where the discipline does not tell groups apart by it */
    int64_t limit_ns; /* only tasks of a lower estimate may be tried; INT64_MAX: any */
    int64_t key;      /* of its best, at the round's time */
    uint32_t tenant, job_class, tasks, together, reserved;
    uint32_t root;    /* of its treap; SKY_NONE: empty */
    uint32_t best;    /* its first item below the limit (strict: its first); SKY_NONE */
    uint32_t limited; /* 1: it is on the list of groups with a limit */
} queue_group;

/* All-zero: empty. Groups are numbered in order of appearance and never go; found by hash, never walked by it. */
typedef struct queue_groups {
    queue_group *of;
    uint32_t *at; /* place in the tenant's heap; SKY_NONE */
    uint32_t count, capacity;
    uint32_t *buckets; /* group, or SKY_NONE; open addressing, at most half full */
    uint32_t bucket_count;
    uint32_t *limited; /* list of groups with a limit */
    uint32_t limited_count;
} queue_groups;

void queue_groups_free(queue_groups *g);
/* The group of such entries, made if there is none; SKY_NONE: no memory. */
uint32_t queue_groups_of(queue_groups *g, const queue_entry *entry, int by_priority);

#endif
