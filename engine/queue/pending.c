#include "../model/arith.h"
#include "discipline.h"
#include "groups.h"
#include "heap.h"
#include "tenants.h"
#include "tree.h"

#include <assert.h>
#include <stdlib.h>

typedef struct tenant_slot {
    queue_tenant is;
    queue_heap groups; /* those with a best item */
    int64_t rank;
    uint32_t group_count; /* those without a best item as well: so many fit into the heap */
    uint32_t known;       /* 1: it has been told of */
} tenant_slot;

/* Invariants: a group is in its tenant's heap if it has a best item, a tenant in `order` if its heap is not empty,
 * both in the places that their present keys give them. */
struct queue {
    const queue_discipline *discipline;
    queue_context context;
    queue_amounts *classes;
    queue_item *items;
    uint32_t item_count, item_capacity;
    uint32_t free_item; /* head of the free list, which goes over `left`; SKY_NONE */
    uint32_t *item_of;  /* by job; SKY_NONE: it does not wait */
    uint32_t job_capacity;
    uint32_t tenant_capacity;
    size_t size;
    queue_groups groups;
    tenant_slot *tenants;
    uint32_t *tenant_at; /* place in `order`; SKY_NONE */
    queue_heap order;    /* of tenants */
};

/* ---- making, and growing --------------------------------------------------------------------------------------- */

queue *queue_create(const queue_discipline *discipline, const sky_queue_options *options)
{
    queue *q = calloc(1, sizeof *q);

    if (q == NULL)
        return NULL;
    q->discipline = discipline;
    q->free_item = SKY_NONE;
    if (options != NULL)
        q->context.options = *options;
    return q;
}

void queue_free(queue *q)
{
    if (q == NULL)
        return;
    for (uint32_t i = 0; i < q->tenant_capacity; i++)
        free(q->tenants[i].groups.items);
    free(q->tenants);
    free(q->tenant_at);
    free(q->order.items);
    free(q->classes);
    free(q->items);
    free(q->item_of);
    queue_groups_free(&q->groups);
    free(q);
}

static uint32_t capacity_for(uint32_t capacity, uint32_t index)
{
    uint64_t more = capacity < 16 ? 16 : capacity;

    while (more <= index)
        more *= 2;
    return more < SKY_NONE ? (uint32_t)more : SKY_NONE;
}

/* Makes sure that there is such a tenant. */
static sky_status reserve_tenant(queue *q, uint32_t tenant)
{
    uint32_t capacity = capacity_for(q->tenant_capacity, tenant);
    tenant_slot *slots;
    uint32_t *at;

    if (tenant >= q->tenant_capacity) {
        if (queue_heap_reserve(&q->order, capacity) != SKY_OK)
            return SKY_ERROR_MEMORY;
        at = realloc(q->tenant_at, capacity * sizeof *at);
        if (at == NULL)
            return SKY_ERROR_MEMORY;
        q->tenant_at = at;
        slots = realloc(q->tenants, capacity * sizeof *slots);
        if (slots == NULL)
            return SKY_ERROR_MEMORY;
        q->tenants = slots;
        for (; q->tenant_capacity < capacity; q->tenant_capacity++) {
            slots[q->tenant_capacity] = (tenant_slot){ .is = { .weight_ppm = QUEUE_WEIGHT_ONE } };
            at[q->tenant_capacity] = SKY_NONE;
        }
    }
    q->tenants[tenant].known = 1;
    return SKY_OK;
}

static sky_status reserve_job(queue *q, uint32_t job)
{
    uint32_t capacity = capacity_for(q->job_capacity, job);
    uint32_t *item_of;

    if (job < q->job_capacity)
        return SKY_OK;
    item_of = realloc(q->item_of, capacity * sizeof *item_of);
    if (item_of == NULL)
        return SKY_ERROR_MEMORY;
    q->item_of = item_of;
    for (; q->job_capacity < capacity; q->job_capacity++)
        item_of[q->job_capacity] = SKY_NONE;
    return SKY_OK;
}

static sky_status reserve_item(queue *q)
{
    uint32_t capacity = capacity_for(q->item_capacity, q->item_count);
    queue_item *items;

    if (q->free_item != SKY_NONE || q->item_count < q->item_capacity)
        return SKY_OK;
    items = realloc(q->items, capacity * sizeof *items);
    if (items == NULL)
        return SKY_ERROR_MEMORY;
    q->items = items;
    q->item_capacity = capacity;
    return SKY_OK;
}

static uint32_t new_item(queue *q)
{
    uint32_t item = q->free_item;

    if (item == SKY_NONE)
        return q->item_count++;
    q->free_item = q->items[item].left;
    return item;
}

/* ---- order ----------------------------------------------------------------------------------------------------- */

/* Of two groups of one tenant. */
static int group_before(const void *context, uint32_t a, uint32_t b)
{
    const queue *q = context;
    const queue_group *first = &q->groups.of[a], *second = &q->groups.of[b];
    const queue_entry *one = &q->items[first->best].entry, *other = &q->items[second->best].entry;

    if (q->context.options.preempt && first->priority != second->priority)
        return first->priority > second->priority;
    if (first->key != second->key)
        return first->key < second->key;
    if (one->submit_ns != other->submit_ns)
        return one->submit_ns < other->submit_ns;
    return one->job < other->job;
}

static int64_t key_with_rank(const queue *q, const tenant_slot *tenant)
{
    return add_sat_i64(q->groups.of[tenant->groups.items[0]].key, tenant->rank);
}

static int tenant_before(const void *context, uint32_t a, uint32_t b)
{
    const queue *q = context;
    const tenant_slot *first = &q->tenants[a], *second = &q->tenants[b];
    uint32_t one = first->groups.items[0], other = second->groups.items[0];

    if (q->context.options.preempt && q->groups.of[one].priority != q->groups.of[other].priority)
        return q->groups.of[one].priority > q->groups.of[other].priority;
    if (q->discipline->rank_adds) {
        int64_t first_key = key_with_rank(q, first), second_key = key_with_rank(q, second);
        const queue_entry *x = &q->items[q->groups.of[one].best].entry;
        const queue_entry *y = &q->items[q->groups.of[other].best].entry;

        if (first_key != second_key)
            return first_key < second_key;
        return x->submit_ns != y->submit_ns ? x->submit_ns < y->submit_ns : x->job < y->job;
    }
    return first->rank != second->rank ? first->rank < second->rank : group_before(q, one, other);
}

static void place_tenant(queue *q, uint32_t tenant)
{
    if (q->tenants[tenant].groups.count > 0)
        queue_heap_place(&q->order, q->tenant_at, tenant, tenant_before, q);
    else
        queue_heap_drop(&q->order, q->tenant_at, tenant, tenant_before, q);
}

static void set_key(queue *q, queue_group *group)
{
    const queue_item *best = &q->items[group->best];

    group->key = q->discipline->key != NULL ? q->discipline->key(&q->context, &best->entry) : best->order;
}

/* After its items or its limit have changed. The heap must not be asked to compare it while it has no best. */
static void place_group(queue *q, uint32_t index)
{
    queue_group *group = &q->groups.of[index];
    queue_heap *heap = &q->tenants[group->tenant].groups;
    uint32_t best = queue_tree_first_shorter(q->items, group->root,
                                             q->context.options.strict ? INT64_MAX : group->limit_ns);

    if (best == SKY_NONE) {
        queue_heap_drop(heap, q->groups.at, index, group_before, q);
        group->best = SKY_NONE;
    } else {
        group->best = best;
        set_key(q, group);
        queue_heap_place(heap, q->groups.at, index, group_before, q);
    }
    place_tenant(q, group->tenant);
}

const queue_context *queue_context_of(const queue *q)
{
    return &q->context;
}

/* ---- tenants --------------------------------------------------------------------------------------------------- */

static void set_rank(queue *q, tenant_slot *tenant)
{
    if (q->discipline->rank != NULL)
        tenant->rank = q->discipline->rank(&q->context, &tenant->is);
}

/* Where ranks add to keys they stay as they are during a round, as a manager that computes priorities first. */
static void rank_tenant(queue *q, uint32_t tenant)
{
    if (q->discipline->rank_adds || q->discipline->rank == NULL)
        return;
    set_rank(q, &q->tenants[tenant]);
    place_tenant(q, tenant);
}

sky_status queue_class(queue *q, uint32_t job_class, const queue_amounts *amounts)
{
    queue_context *c = &q->context;
    uint32_t count = job_class + 1;

    if (job_class >= c->class_count) {
        queue_amounts *classes = realloc(q->classes, count * sizeof *classes);

        if (classes == NULL)
            return SKY_ERROR_MEMORY;
        for (; c->class_count < count; c->class_count++)
            classes[c->class_count] = (queue_amounts){ .of = { 0 } };
        c->classes = q->classes = classes;
    }
    q->classes[job_class] = *amounts;
    return SKY_OK;
}

void queue_capacity(queue *q, const queue_amounts *capacity, int64_t now_ns)
{
    for (uint32_t i = 0; i < q->tenant_capacity; i++)
        queue_tenant_accrue(&q->tenants[i].is, &q->context.capacity, q->context.options.half_life_ns, now_ns);
    q->context.capacity = *capacity;
}

sky_status queue_weight(queue *q, uint32_t tenant, int64_t weight_ppm)
{
    assert(weight_ppm > 0);
    if (reserve_tenant(q, tenant) != SKY_OK)
        return SKY_ERROR_MEMORY;
    q->tenants[tenant].is.weight_ppm = weight_ppm;
    rank_tenant(q, tenant);
    return SKY_OK;
}

const queue_tenant *queue_tenant_at(const queue *q, uint32_t tenant)
{
    return tenant < q->tenant_capacity && q->tenants[tenant].known ? &q->tenants[tenant].is : NULL;
}

uint32_t queue_tenant_count(const queue *q)
{
    uint32_t count = q->tenant_capacity;

    while (count > 0 && !q->tenants[count - 1].known)
        count--;
    return count;
}

sky_status queue_restore_tenant(queue *q, uint32_t tenant, const queue_tenant *saved)
{
    if (reserve_tenant(q, tenant) != SKY_OK)
        return SKY_ERROR_MEMORY;
    q->tenants[tenant].is = *saved;
    rank_tenant(q, tenant);
    return SKY_OK;
}

sky_status queue_usage(queue *q, uint32_t tenant, const queue_amounts *change, int64_t now_ns)
{
    queue_tenant *is;

    if (reserve_tenant(q, tenant) != SKY_OK)
        return SKY_ERROR_MEMORY;
    is = &q->tenants[tenant].is;
    queue_tenant_accrue(is, &q->context.capacity, q->context.options.half_life_ns, now_ns);
    for (int i = 0; i < QUEUE_RESOURCE_COUNT; i++) {
        is->held.of[i] += change->of[i];
        assert(is->held.of[i] >= 0);
    }
    rank_tenant(q, tenant);
    return SKY_OK;
}

/* ---- entries --------------------------------------------------------------------------------------------------- */

static sky_status reserve_entry(queue *q, const queue_entry *entry, uint32_t *group)
{
    uint32_t groups_before = q->groups.count;
    tenant_slot *tenant;

    if (reserve_tenant(q, entry->tenant) != SKY_OK || reserve_job(q, entry->job) != SKY_OK ||
        reserve_item(q) != SKY_OK)
        return SKY_ERROR_MEMORY;
    tenant = &q->tenants[entry->tenant];
    if (queue_heap_reserve(&tenant->groups, tenant->group_count + 1) != SKY_OK)
        return SKY_ERROR_MEMORY;
    *group = queue_groups_of(&q->groups, entry, q->discipline->by_priority || q->context.options.preempt);
    tenant->group_count += q->groups.count - groups_before;
    return *group != SKY_NONE ? SKY_OK : SKY_ERROR_MEMORY;
}

sky_status queue_add(queue *q, const queue_entry *entry)
{
    uint32_t group, item;

    assert(entry->tasks > 0 && entry->estimate_ns >= 0 && entry->estimate_ns < SKY_NEVER_NS);
    assert(entry->job != SKY_NONE);
    if (reserve_entry(q, entry, &group) != SKY_OK)
        return SKY_ERROR_MEMORY;
    assert(q->item_of[entry->job] == SKY_NONE);
    item = new_item(q);
    q->items[item] = (queue_item){ .entry = *entry, .order = q->discipline->order(entry), .group = group };
    q->item_of[entry->job] = item;
    q->groups.of[group].root = queue_tree_insert(q->items, q->groups.of[group].root, item);
    place_group(q, group);
    q->size++;
    return SKY_OK;
}

int queue_remove(queue *q, uint32_t job)
{
    uint32_t item, group;

    if (job >= q->job_capacity || q->item_of[job] == SKY_NONE)
        return 0;
    item = q->item_of[job];
    group = q->items[item].group;
    q->groups.of[group].root = queue_tree_remove(q->items, q->groups.of[group].root, item);
    place_group(q, group);
    q->item_of[job] = SKY_NONE;
    q->items[item].left = q->free_item;
    q->free_item = item;
    q->size--;
    return 1;
}

int queue_find(const queue *q, uint32_t job, queue_entry *entry)
{
    if (job >= q->job_capacity || q->item_of[job] == SKY_NONE)
        return 0;
    *entry = q->items[q->item_of[job]].entry;
    return 1;
}

size_t queue_size(const queue *q)
{
    return q->size;
}

uint32_t queue_slots(const queue *q)
{
    return q->item_count;
}

int queue_in_slot(const queue *q, uint32_t slot, queue_entry *entry)
{
    *entry = q->items[slot].entry;
    return q->item_of[entry->job] == slot;
}

/* ---- the round ------------------------------------------------------------------------------------------------- */

/* Time has passed: what tenants have used has faded. */
static void look_at_tenants(queue *q)
{
    queue_context *c = &q->context;

    c->weights = c->uses = 0;
    for (uint32_t i = 0; i < q->tenant_capacity; i++) {
        queue_tenant *is = &q->tenants[i].is;

        if (!q->tenants[i].known)
            continue;
        queue_tenant_look(is, &c->capacity, c->options.half_life_ns, c->now_ns);
        c->weights = add_sat_i64(c->weights, is->weight_ppm);
        c->uses = add_sat_i64(c->uses, queue_use(c, is));
    }
    for (uint32_t i = 0; i < q->tenant_capacity; i++)
        set_rank(q, &q->tenants[i]);
}

static void key_groups(queue *q)
{
    for (uint32_t i = 0; i < q->groups.count; i++)
        if (q->groups.of[i].best != SKY_NONE)
            set_key(q, &q->groups.of[i]);
    for (uint32_t i = 0; i < q->tenant_capacity; i++)
        queue_heap_rebuild(&q->tenants[i].groups, q->groups.at, group_before, q);
}

void queue_begin_round(queue *q, int64_t now_ns)
{
    assert(now_ns >= q->context.now_ns);
    q->context.now_ns = now_ns;
    if (q->discipline->rank != NULL)
        look_at_tenants(q);
    if (q->discipline->key != NULL)
        key_groups(q);
    if (q->discipline->rank != NULL || q->discipline->key != NULL)
        queue_heap_rebuild(&q->order, q->tenant_at, tenant_before, q);
}

int queue_next(const queue *q, queue_entry *entry)
{
    const queue_group *group;

    if (q->order.count == 0)
        return 0;
    group = &q->groups.of[q->tenants[q->order.items[0]].groups.items[0]];
    *entry = q->items[group->best].entry;
    return entry->estimate_ns < group->limit_ns; /* not so: strict, and it holds up all */
}

void queue_refused(queue *q, const queue_entry *entry, int64_t shorter_than_ns)
{
    uint32_t index = q->items[q->item_of[entry->job]].group;
    queue_group *group = &q->groups.of[index];

    if (shorter_than_ns < group->limit_ns)
        group->limit_ns = shorter_than_ns;
    if (!group->limited) {
        group->limited = 1;
        q->groups.limited[q->groups.limited_count++] = index;
    }
    place_group(q, index);
}

void queue_freed(queue *q, const uint64_t *classes)
{
    queue_groups *g = &q->groups;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < g->limited_count; i++) {
        uint32_t index = g->limited[i], job_class = g->of[index].job_class;

        if (classes != NULL && (classes[job_class / 64] >> job_class % 64 & 1) == 0) {
            g->limited[kept++] = index;
            continue;
        }
        g->of[index].limited = 0;
        g->of[index].limit_ns = INT64_MAX;
        place_group(q, index);
    }
    g->limited_count = kept;
}
