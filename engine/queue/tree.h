/* Treaps over one array of items, ordered by (order, submit_ns, job), each knowing the least estimate of its subtree.
 * The shape follows from the items alone: the treap's priorities are hashes of the job indices. Expected depth
 * O(log size). [Seidel and Aragon, "Randomized search trees", Algorithmica 16 (1996)] */
#ifndef SKYTWIN_QUEUE_TREE_H
#define SKYTWIN_QUEUE_TREE_H

#include "queue.h"

typedef struct queue_item {
    queue_entry entry;
    int64_t order;             /* the discipline's, of the entry */
    int64_t least_estimate_ns; /* in its subtree */
    uint32_t left, right;      /* SKY_NONE */
    uint32_t group;
    uint32_t reserved;
} queue_item;

/* Both return the new root. */
uint32_t queue_tree_insert(queue_item *items, uint32_t root, uint32_t item);
uint32_t queue_tree_remove(queue_item *items, uint32_t root, uint32_t item);
/* The first in order whose estimate is below the limit; SKY_NONE: there is none. */
uint32_t queue_tree_first_shorter(const queue_item *items, uint32_t root, int64_t limit_ns);

#endif
