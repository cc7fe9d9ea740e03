#include "reservations.h"

#include "../model/arith.h"
#include "heap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct booking {
    reservation is;
    uint32_t next_on_node, next_of_job; /* SKY_NONE */
} booking;

/* The bookings of a node, and notes of a search. */
typedef struct books {
    int64_t change_ns;          /* search: when its places change next */
    int64_t since_ns;           /* search: when they last rose */
    uint32_t running, promised; /* lists by until_ns and by from_ns; SKY_NONE */
    uint32_t places;            /* search: tasks that could run there from the time looked at */
    uint32_t reserved;
} books;

struct reservations {
    int64_t now_ns;
    node_request *classes;
    uint32_t class_count;
    booking *bookings;
    uint32_t booking_count, booking_capacity;
    uint32_t free_booking; /* free list over next_on_node */
    books *nodes;
    uint32_t *node_at; /* place of a node in `search` */
    uint32_t node_count;
    uint32_t *of_job;     /* first booking; SKY_NONE */
    uint32_t *promise_at; /* place of a job in `promises` */
    uint32_t job_count;
    queue_heap promises; /* jobs */
    queue_heap search;   /* nodes */
    reservations_gate *gate;
    const void *gate_context;
};

/* ---- making, and growing --------------------------------------------------------------------------------------- */

reservations *reservations_create(void)
{
    reservations *r = calloc(1, sizeof *r);

    if (r != NULL)
        r->free_booking = SKY_NONE;
    return r;
}

void reservations_free(reservations *r)
{
    if (r == NULL)
        return;
    free(r->classes);
    free(r->bookings);
    free(r->nodes);
    free(r->node_at);
    free(r->of_job);
    free(r->promise_at);
    free(r->promises.items);
    free(r->search.items);
    free(r);
}

static int widen(void **items, size_t count, size_t size)
{
    void *grown = realloc(*items, count * size);

    if (grown == NULL)
        return 0;
    *items = grown;
    return 1;
}

static uint32_t capacity_for(uint32_t index)
{
    uint32_t capacity = 16;

    assert(index < UINT32_C(1) << 31);
    while (capacity <= index)
        capacity *= 2;
    return capacity;
}

sky_status reservations_class(reservations *r, uint32_t job_class, const node_request *request)
{
    if (job_class >= r->class_count) {
        if (!widen((void **)&r->classes, job_class + 1u, sizeof *r->classes))
            return SKY_ERROR_MEMORY;
        memset(r->classes + r->class_count, 0, (job_class + 1u - r->class_count) * sizeof *r->classes);
        r->class_count = job_class + 1;
    }
    r->classes[job_class] = *request;
    return SKY_OK;
}

void reservations_set_gate(reservations *r, reservations_gate *gate, const void *context)
{
    r->gate = gate;
    r->gate_context = context;
}

static sky_status reserve_nodes(reservations *r, uint32_t count)
{
    uint32_t capacity = capacity_for(count);

    if (count <= r->node_count)
        return SKY_OK;
    if (!widen((void **)&r->nodes, capacity, sizeof *r->nodes) ||
        !widen((void **)&r->node_at, capacity, sizeof *r->node_at) ||
        queue_heap_reserve(&r->search, capacity) != SKY_OK)
        return SKY_ERROR_MEMORY;
    for (; r->node_count < capacity; r->node_count++)
        r->nodes[r->node_count] = (books){ .running = SKY_NONE, .promised = SKY_NONE };
    return SKY_OK;
}

static sky_status reserve_job(reservations *r, uint32_t job)
{
    uint32_t capacity = capacity_for(job);

    if (job < r->job_count)
        return SKY_OK;
    if (!widen((void **)&r->of_job, capacity, sizeof *r->of_job) ||
        !widen((void **)&r->promise_at, capacity, sizeof *r->promise_at))
        return SKY_ERROR_MEMORY;
    for (; r->job_count < capacity; r->job_count++)
        r->of_job[r->job_count] = r->promise_at[r->job_count] = SKY_NONE;
    return SKY_OK;
}

static sky_status reserve_booking(reservations *r)
{
    uint32_t capacity = capacity_for(r->booking_count);

    if (r->free_booking != SKY_NONE || r->booking_count < r->booking_capacity)
        return SKY_OK;
    if (!widen((void **)&r->bookings, capacity, sizeof *r->bookings))
        return SKY_ERROR_MEMORY;
    r->booking_capacity = capacity;
    return SKY_OK;
}

void reservations_begin_round(reservations *r, int64_t now_ns)
{
    assert(now_ns >= r->now_ns);
    r->now_ns = now_ns;
}

/* ---- bookings -------------------------------------------------------------------------------------------------- */

static const booking *at(const reservations *r, uint32_t index)
{
    return index == SKY_NONE ? NULL : &r->bookings[index];
}

static int64_t end_of(const reservations *r, const booking *b)
{
    int64_t soonest_ns = add_sat_i64(r->now_ns, RESERVATIONS_OVERRUN_NS);

    return b->is.from_ns != RESERVATIONS_RUNS || b->is.until_ns > soonest_ns ? b->is.until_ns : soonest_ns;
}

static uint32_t *list_of(reservations *r, const reservation *part)
{
    books *node = &r->nodes[part->node];

    return part->from_ns == RESERVATIONS_RUNS ? &node->running : &node->promised;
}

/* Running tasks lie by end, promises by start. */
static void link_on_node(reservations *r, uint32_t index)
{
    booking *b = &r->bookings[index];
    uint32_t *link = list_of(r, &b->is);

    for (; *link != SKY_NONE; link = &r->bookings[*link].next_on_node) {
        const reservation *other = &r->bookings[*link].is;

        if (b->is.from_ns == RESERVATIONS_RUNS ? other->until_ns >= b->is.until_ns
                                               : other->from_ns >= b->is.from_ns)
            break;
    }
    b->next_on_node = *link;
    *link = index;
}

static void unlink_from_node(reservations *r, uint32_t index)
{
    uint32_t *link = list_of(r, &r->bookings[index].is);

    while (*link != index)
        link = &r->bookings[*link].next_on_node;
    *link = r->bookings[index].next_on_node;
}

static int promise_before(const void *context, uint32_t a, uint32_t b)
{
    const reservations *r = context;
    int64_t start_a = r->bookings[r->of_job[a]].is.from_ns, start_b = r->bookings[r->of_job[b]].is.from_ns;

    return start_a != start_b ? start_a < start_b : a < b;
}

sky_status reservations_book(reservations *r, const reservation *part)
{
    uint32_t index;
    booking *b;

    if (reserve_nodes(r, part->node + 1) != SKY_OK || reserve_job(r, part->job) != SKY_OK ||
        reserve_booking(r) != SKY_OK || queue_heap_reserve(&r->promises, r->promises.count + 1) != SKY_OK)
        return SKY_ERROR_MEMORY;
    index = r->free_booking != SKY_NONE ? r->free_booking : r->booking_count++;
    b = &r->bookings[index];
    if (index == r->free_booking)
        r->free_booking = b->next_on_node;
    *b = (booking){ .is = *part, .next_of_job = r->of_job[part->job] };
    r->of_job[part->job] = index;
    link_on_node(r, index);
    if (part->from_ns != RESERVATIONS_RUNS)
        queue_heap_place(&r->promises, r->promise_at, part->job, promise_before, r);
    return SKY_OK;
}

void reservations_drop(reservations *r, uint32_t job)
{
    if (job >= r->job_count)
        return;
    queue_heap_drop(&r->promises, r->promise_at, job, promise_before, r);
    while (r->of_job[job] != SKY_NONE) {
        uint32_t index = r->of_job[job];

        unlink_from_node(r, index);
        r->of_job[job] = r->bookings[index].next_of_job;
        r->bookings[index].next_on_node = r->free_booking;
        r->free_booking = index;
    }
}

const reservation *reservations_part(const reservations *r, uint32_t job, uint32_t index)
{
    const booking *b = job < r->job_count ? at(r, r->of_job[job]) : NULL;

    for (; b != NULL && index > 0; index--)
        b = at(r, b->next_of_job);
    return b != NULL ? &b->is : NULL;
}

uint32_t reservations_first(const reservations *r, int64_t *start_ns)
{
    if (r->promises.count == 0)
        return SKY_NONE;
    *start_ns = r->bookings[r->of_job[r->promises.items[0]]].is.from_ns;
    return r->promises.items[0];
}

uint32_t reservations_count(const reservations *r)
{
    return r->promises.count;
}

uint32_t reservations_promised(const reservations *r, uint32_t index)
{
    return r->promises.items[index];
}

int reservations_holds(const reservations *r, uint32_t node)
{
    return node < r->node_count && r->nodes[node].promised != SKY_NONE;
}

/* ---- room ------------------------------------------------------------------------------------------------------ */

static void give_back(const reservations *r, node_room *room, const reservation *part)
{
    node_give(&room->is, room->chips, &r->classes[part->job_class], part->devices);
}

/* At a moment, not before now. Its sums over devices are left for sum_devices. */
static void room_at(const reservations *r, node_view n, const books *node_books, int64_t at_ns,
                    node_room *room)
{
    node_copy(n, room);
    for (const booking *b = at(r, node_books->running); b != NULL && end_of(r, b) <= at_ns;
         b = at(r, b->next_on_node))
        give_back(r, room, &b->is);
    for (const booking *b = at(r, node_books->promised); b != NULL && b->is.from_ns <= at_ns;
         b = at(r, b->next_on_node))
        if (b->is.until_ns > at_ns) /* room that should have come back by then may not have: never below 0 */
            node_cover(&room->is, room->chips, &r->classes[b->is.job_class], b->is.devices);
}

static int64_t lower(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void keep_lower(node_room *low, const node_room *other)
{
    node *n = &low->is;

    n->mcpu_left = lower(n->mcpu_left, other->is.mcpu_left);
    n->memory_left_bytes = lower(n->memory_left_bytes, other->is.memory_left_bytes);
    n->disk_left_bytes = lower(n->disk_left_bytes, other->is.disk_left_bytes);
    if (n->mode == NODE_POD)
        for (uint32_t i = 0; i < torus_words(&n->pod.is); i++)
            low->chips[i] |= other->chips[i];
    else if (n->mode == NODE_MIG)
        for (uint32_t i = 0; i < n->devices; i++)
            n->mig[i] = mig_pack(mig_union(mig_unpack(n->mig[i]), mig_unpack(other->is.mig[i])));
    else
        for (uint32_t i = 0; i < n->devices; i++)
            n->mgpu_left[i] = (uint16_t)lower(n->mgpu_left[i], other->is.mgpu_left[i]);
}

static void sum_devices(node_room *room)
{
    node *n = &room->is;

    n->free_devices = 0;
    n->mgpu_left_sum = n->mode == NODE_POD ? torus_free_chips(&n->pod.is, room->chips) * NODE_DEVICE_MGPU : 0;
    for (uint32_t i = 0; i < n->devices; i++) {
        int is_free = n->mode == NODE_MIG ? mig_unpack(n->mig[i]).memory == 0
                                          : n->mgpu_left[i] == NODE_DEVICE_MGPU;

        n->mgpu_left_sum += node_mgpu_left(n, i);
        n->free_devices = (uint16_t)(n->free_devices | (uint32_t)is_free << i);
    }
}

/* A span's tightest moments are its start and the starts of promises in it. A task stays on its devices, so the least
 * of each device over the span is what it can have. */
static void room_during(const reservations *r, node_view n, const books *node_books, int64_t from_ns,
                        int64_t for_ns, node_room *low)
{
    int64_t until_ns = add_sat_i64(from_ns, for_ns);
    node_room moment;

    room_at(r, n, node_books, from_ns, low);
    for (const booking *b = at(r, node_books->promised); b != NULL && b->is.from_ns < until_ns;
         b = at(r, b->next_on_node))
        if (b->is.from_ns > from_ns) {
            room_at(r, n, node_books, b->is.from_ns, &moment);
            keep_lower(low, &moment);
        }
    sum_devices(low);
}

node_view reservations_room(const reservations *r, node_view n, uint32_t index, int64_t for_ns,
                            node_room *scratch)
{
    if (!reservations_holds(r, index))
        return n;
    room_during(r, n, &r->nodes[index], r->now_ns, for_ns, scratch);
    return node_view_of(scratch);
}

/* ---- the earliest place ---------------------------------------------------------------------------------------- */

typedef struct quest {
    node_view nodes; /* the first of them */
    const node_request *ask;
    uint32_t node_count;
    uint32_t job_class;
    uint32_t tasks;
    int64_t for_ns;
} quest;

static int is_open(const reservations *r, const quest *q, uint32_t index)
{
    const node *n = &q->nodes.is[index];

    return node_suits(n, q->ask) && (r->gate == NULL || r->gate(r->gate_context, q->job_class, n));
}

static node_view node_of(const quest *q, uint32_t index)
{
    return (node_view){ &q->nodes.is[index], q->nodes.chips };
}

static uint32_t places_in(const node_room *room, const quest *q)
{
    return (uint32_t)node_room_for(node_view_of(room), q->ask, q->tasks);
}

static uint32_t places_at(const reservations *r, const quest *q, uint32_t index, int64_t at_ns)
{
    node_room low;

    room_during(r, node_of(q, index), &r->nodes[index], at_ns, q->for_ns, &low);
    return places_in(&low, q);
}

/* When a node's places may change next: something ends, or the task would run into a promise from then on. */
static int64_t next_change(const reservations *r, const quest *q, uint32_t index, int64_t after_ns)
{
    const booking *b = at(r, r->nodes[index].running);
    int64_t next_ns;

    while (b != NULL && end_of(r, b) <= after_ns)
        b = at(r, b->next_on_node);
    next_ns = b != NULL ? end_of(r, b) : SKY_NEVER_NS;
    for (b = at(r, r->nodes[index].promised); b != NULL; b = at(r, b->next_on_node)) {
        int64_t start_ns = b->is.from_ns; /* a long one that was missed may have been moved to long ago */

        if (b->is.until_ns > after_ns && b->is.until_ns < next_ns)
            next_ns = b->is.until_ns;
        if (start_ns > after_ns && start_ns - q->for_ns + 1 > after_ns && start_ns - q->for_ns + 1 < next_ns)
            next_ns = start_ns - q->for_ns + 1;
    }
    return next_ns;
}

/* On a node without promises room only grows. */
static int64_t earliest_as_tasks_end(const reservations *r, const quest *q, uint32_t index, int64_t before_ns)
{
    node_room room;
    int64_t at_ns = r->now_ns;

    node_copy(node_of(q, index), &room);
    for (const booking *b = at(r, r->nodes[index].running); !node_has_room(node_view_of(&room), q->ask);
         b = at(r, b->next_on_node)) {
        if (b == NULL || end_of(r, b) >= before_ns)
            return before_ns;
        at_ns = end_of(r, b);
        give_back(r, &room, &b->is);
    }
    return at_ns;
}

static int64_t earliest_between_promises(const reservations *r, const quest *q, uint32_t index,
                                         int64_t before_ns)
{
    for (int64_t t = r->now_ns; t < before_ns; t = next_change(r, q, index, t))
        if (places_at(r, q, index, t) > 0)
            return t;
    return before_ns;
}

/* For a single task: when, or SKY_NEVER_NS; and where. */
static int64_t find_node(const reservations *r, const quest *q, int tried, uint32_t *where)
{
    int64_t best_ns = SKY_NEVER_NS;

    for (uint32_t i = 0; i < q->node_count && best_ns > r->now_ns; i++) {
        const books *b = &r->nodes[i];
        int is_promised = b->promised != SKY_NONE;
        int64_t at_ns;

        if (tried && !is_promised && (b->running == SKY_NONE || end_of(r, at(r, b->running)) >= best_ns))
            continue;
        if (!is_open(r, q, i))
            continue;
        at_ns = is_promised ? earliest_between_promises(r, q, i, best_ns)
                            : earliest_as_tasks_end(r, q, i, best_ns);
        if (at_ns < best_ns) {
            best_ns = at_ns;
            *where = i;
        }
    }
    return best_ns;
}

static int changes_before(const void *context, uint32_t a, uint32_t b)
{
    const reservations *r = context;

    return r->nodes[a].change_ns != r->nodes[b].change_ns ? r->nodes[a].change_ns < r->nodes[b].change_ns
                                                          : a < b;
}

static int rose_after(const void *context, uint32_t a, uint32_t b)
{
    const reservations *r = context;

    return r->nodes[a].since_ns != r->nodes[b].since_ns ? r->nodes[a].since_ns > r->nodes[b].since_ns : a > b;
}

/* On a node without promises places only rise: straight to the end at which they do. */
static void look_as_tasks_end(const reservations *r, const quest *q, uint32_t index, int64_t at_ns)
{
    books *found = &r->nodes[index];
    node_room room;
    const booking *b = at(r, found->running);

    node_copy(node_of(q, index), &room);
    for (; b != NULL && end_of(r, b) <= at_ns; b = at(r, b->next_on_node))
        give_back(r, &room, &b->is);
    found->places = places_in(&room, q);
    found->change_ns = SKY_NEVER_NS;
    for (; b != NULL && found->places < q->tasks && found->change_ns == SKY_NEVER_NS;
         b = at(r, b->next_on_node)) {
        give_back(r, &room, &b->is);
        if (places_in(&room, q) > found->places)
            found->change_ns = end_of(r, b);
    }
}

/* Brings a node to a time, and says by how much its places changed. */
static int64_t look_at(const reservations *r, const quest *q, uint32_t index, int64_t at_ns)
{
    books *found = &r->nodes[index];
    uint32_t before = found->places;

    if (found->promised == SKY_NONE) {
        look_as_tasks_end(r, q, index, at_ns);
    } else {
        found->places = places_at(r, q, index, at_ns);
        found->change_ns = next_change(r, q, index, at_ns);
    }
    if (found->places > before)
        found->since_ns = at_ns;
    return (int64_t)found->places - before;
}

/* How many have room now; fills the search with the nodes that may yet change. */
static int64_t begin_sweep(reservations *r, const quest *q)
{
    int64_t total = 0;

    r->search.count = 0;
    for (uint32_t i = 0; i < q->node_count; i++) {
        r->nodes[i].places = 0;
        r->node_at[i] = SKY_NONE;
        if (!is_open(r, q, i))
            continue;
        total += look_at(r, q, i, r->now_ns);
        if (r->nodes[i].change_ns != SKY_NEVER_NS) {
            r->node_at[i] = r->search.count;
            r->search.items[r->search.count++] = i;
        }
    }
    queue_heap_rebuild(&r->search, r->node_at, changes_before, r);
    return total;
}

/* For a gang: goes from change to change until there are enough places at once. */
static int64_t sweep(reservations *r, const quest *q)
{
    int64_t total = begin_sweep(r, q), at_ns = r->now_ns;

    while (total < q->tasks && r->search.count > 0) {
        at_ns = r->nodes[r->search.items[0]].change_ns;
        while (r->search.count > 0 && r->nodes[r->search.items[0]].change_ns == at_ns) {
            uint32_t first = r->search.items[0];

            total += look_at(r, q, first, at_ns);
            if (r->nodes[first].change_ns == SKY_NEVER_NS)
                queue_heap_drop(&r->search, r->node_at, first, changes_before, r);
            else
                queue_heap_place(&r->search, r->node_at, first, changes_before, r);
        }
    }
    return total >= q->tasks ? at_ns : SKY_NEVER_NS;
}

/* ---- promises -------------------------------------------------------------------------------------------------- */

/* Books so many parts on a node; they fit. */
static sky_status book_parts(reservations *r, const quest *q, const queue_entry *entry, uint32_t index,
                             int64_t start_ns, uint32_t parts)
{
    reservation part = { .from_ns = start_ns,
                         .until_ns = add_sat_i64(start_ns, q->for_ns),
                         .job = entry->job,
                         .job_class = entry->job_class,
                         .node = index };
    node_room low;

    room_during(r, node_of(q, index), &r->nodes[index], start_ns, q->for_ns, &low);
    for (; parts > 0; parts--) {
        part.devices = node_choose(node_view_of(&low), q->ask);
        node_take(&low.is, low.chips, q->ask, part.devices);
        if (reservations_book(r, &part) != SKY_OK)
            return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

static sky_status book_gang(reservations *r, const quest *q, const queue_entry *entry, int64_t start_ns)
{
    uint32_t left = q->tasks;
    sky_status status = SKY_OK;

    r->search.count = 0;
    for (uint32_t i = 0; i < q->node_count; i++)
        if (r->nodes[i].places > 0) {
            r->node_at[i] = r->search.count;
            r->search.items[r->search.count++] = i;
        }
    queue_heap_rebuild(&r->search, r->node_at, rose_after, r);
    while (left > 0 && status == SKY_OK) {
        uint32_t latest = r->search.items[0];
        uint32_t parts = r->nodes[latest].places < left ? r->nodes[latest].places : left;

        status = book_parts(r, q, entry, latest, start_ns, parts);
        queue_heap_drop(&r->search, r->node_at, latest, rose_after, r);
        left -= parts;
    }
    return status;
}

sky_status reservations_promise(reservations *r, node_view nodes, uint32_t node_count,
                                const queue_entry *entry, int tried, int64_t *start_ns)
{
    quest q = { .nodes = nodes,
                .ask = &r->classes[entry->job_class],
                .node_count = node_count,
                .job_class = entry->job_class,
                .tasks = entry->tasks,
                .for_ns = entry->estimate_ns > 0 ? entry->estimate_ns : 1 };
    uint32_t where = SKY_NONE;
    sky_status status;

    assert(entry->job_class < r->class_count);
    if (reserve_nodes(r, node_count) != SKY_OK)
        return SKY_ERROR_MEMORY;
    *start_ns = q.tasks == 1 ? find_node(r, &q, tried, &where) : sweep(r, &q);
    if (*start_ns == SKY_NEVER_NS)
        return SKY_OK;
    status = q.tasks == 1 ? book_parts(r, &q, entry, where, *start_ns, 1)
                          : book_gang(r, &q, entry, *start_ns);
    if (status != SKY_OK)
        reservations_drop(r, entry->job);
    return status;
}

/* What was promised to a job, as an entry. */
static queue_entry promised_entry(const reservations *r, uint32_t job)
{
    const booking *b = at(r, r->of_job[job]);
    queue_entry entry = { .job = job,
                          .job_class = b->is.job_class,
                          .estimate_ns = b->is.until_ns - b->is.from_ns };

    for (; b != NULL; b = at(r, b->next_of_job))
        entry.tasks++;
    return entry;
}

/* The start has passed, and no round was held then: until it is promised another place it holds up nobody. */
static void forgo_missed_place(reservations *r, uint32_t job)
{
    for (uint32_t index = r->of_job[job]; index != SKY_NONE; index = r->bookings[index].next_of_job) {
        reservation *part = &r->bookings[index].is;
        int64_t late_ns = part->until_ns - r->now_ns;

        if (part->from_ns >= r->now_ns || late_ns <= 0)
            continue;
        unlink_from_node(r, index);
        part->from_ns -= late_ns;
        part->until_ns -= late_ns;
        link_on_node(r, index);
    }
}

sky_status reservations_advance(reservations *r, node_view nodes, uint32_t node_count, uint32_t *jobs,
                                uint32_t *lost_count)
{
    uint32_t count = r->promises.count;
    sky_status status = SKY_OK;

    *lost_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        jobs[i] = r->promises.items[0];
        queue_heap_drop(&r->promises, r->promise_at, jobs[i], promise_before, r);
    }
    for (uint32_t i = 0; i < count; i++)
        forgo_missed_place(r, jobs[i]);
    for (uint32_t i = 0; i < count; i++) /* those not yet looked at keep their places meanwhile */
        queue_heap_place(&r->promises, r->promise_at, jobs[i], promise_before, r);
    for (uint32_t i = 0; i < count && status == SKY_OK; i++) {
        queue_entry entry = promised_entry(r, jobs[i]);
        int64_t start_ns = SKY_NEVER_NS;

        reservations_drop(r, entry.job);
        status = reservations_promise(r, nodes, node_count, &entry, 0, &start_ns);
        if (status != SKY_OK || start_ns == SKY_NEVER_NS)
            jobs[(*lost_count)++] = entry.job;
    }
    return status;
}
