#include "tree.h"

_Static_assert(sizeof(queue_item) == 80, "queue.h says what a pending task takes");

/* Bijective, so no two jobs have the same. (The finalizer of MurmurHash3.) */
static uint32_t treap_priority(const queue_item *item)
{
    uint32_t x = item->entry.job + 1;

    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

static int item_before(const queue_item *a, const queue_item *b)
{
    if (a->order != b->order)
        return a->order < b->order;
    if (a->entry.submit_ns != b->entry.submit_ns)
        return a->entry.submit_ns < b->entry.submit_ns;
    return a->entry.job < b->entry.job;
}

/* After its children have changed. */
static uint32_t refresh(queue_item *items, uint32_t at)
{
    queue_item *item = &items[at];
    int64_t least_ns = item->entry.estimate_ns;

    if (item->left != SKY_NONE && items[item->left].least_estimate_ns < least_ns)
        least_ns = items[item->left].least_estimate_ns;
    if (item->right != SKY_NONE && items[item->right].least_estimate_ns < least_ns)
        least_ns = items[item->right].least_estimate_ns;
    item->least_estimate_ns = least_ns;
    return at;
}

/* The items before the pivot, and those after it. */
static void split(queue_item *items, uint32_t root, uint32_t pivot, uint32_t *before, uint32_t *after)
{
    if (root == SKY_NONE) {
        *before = *after = SKY_NONE;
    } else if (item_before(&items[root], &items[pivot])) {
        split(items, items[root].right, pivot, &items[root].right, after);
        *before = refresh(items, root);
    } else {
        split(items, items[root].left, pivot, before, &items[root].left);
        *after = refresh(items, root);
    }
}

/* All of `before` are before all of `after`. */
static uint32_t merge(queue_item *items, uint32_t before, uint32_t after)
{
    if (before == SKY_NONE || after == SKY_NONE)
        return before == SKY_NONE ? after : before;
    if (treap_priority(&items[before]) > treap_priority(&items[after])) {
        items[before].right = merge(items, items[before].right, after);
        return refresh(items, before);
    }
    items[after].left = merge(items, before, items[after].left);
    return refresh(items, after);
}

uint32_t queue_tree_insert(queue_item *items, uint32_t root, uint32_t item)
{
    if (root == SKY_NONE || treap_priority(&items[item]) > treap_priority(&items[root])) {
        split(items, root, item, &items[item].left, &items[item].right);
        return refresh(items, item);
    }
    if (item_before(&items[item], &items[root]))
        items[root].left = queue_tree_insert(items, items[root].left, item);
    else
        items[root].right = queue_tree_insert(items, items[root].right, item);
    return refresh(items, root);
}

uint32_t queue_tree_remove(queue_item *items, uint32_t root, uint32_t item)
{
    if (root == item)
        return merge(items, items[item].left, items[item].right);
    if (item_before(&items[item], &items[root]))
        items[root].left = queue_tree_remove(items, items[root].left, item);
    else
        items[root].right = queue_tree_remove(items, items[root].right, item);
    return refresh(items, root);
}

uint32_t queue_tree_first_shorter(const queue_item *items, uint32_t root, int64_t limit_ns)
{
    while (root != SKY_NONE && items[root].least_estimate_ns < limit_ns) {
        uint32_t left = items[root].left;

        if (left != SKY_NONE && items[left].least_estimate_ns < limit_ns)
            root = left;
        else if (items[root].entry.estimate_ns < limit_ns)
            return root;
        else
            root = items[root].right;
    }
    return SKY_NONE;
}
