#include "victims.h"

#include "../govern/gate.h"

#include <stdlib.h>

#define BLOCK       64
#define LONGEST_LOG 65536 /* of changed nodes, before views start anew; or as many as there are nodes */

/* A part of a task that runs. */
typedef struct runner {
    uint32_t job, node, devices;
    uint32_t next_on_node, next_of_job; /* SKY_NONE */
    uint32_t reserved;
} runner;

/* What making room on a node costs. */
typedef struct cost {
    int64_t priority;   /* of the highest victim; INT64_MAX: no room can be made */
    int64_t started_ns; /* of the victim that runs longest */
    uint32_t count;
    uint32_t rank; /* of the node */
} cost;

typedef struct view {
    uint32_t job_class, known; /* known: 0, it looks at all nodes when next asked */
    int64_t priority;
    size_t seen;    /* of the log */
    cost *of;       /* by node */
    uint32_t *best; /* node, by block */
    uint32_t nodes, capacity;
} view;

struct victims {
    runner *runners;
    uint32_t runner_count, runner_capacity, free_runner; /* free list over next_on_node */
    uint32_t *on_node, *of_job;                          /* lists; SKY_NONE */
    uint32_t node_capacity, job_capacity;
    model_list changed; /* log of nodes */
    view *views;
    uint32_t view_count, view_capacity;
    model_list taken;  /* runners, while a node is looked at */
    model_list chosen; /* jobs */
};

victims *victims_create(void)
{
    victims *v = calloc(1, sizeof *v);

    if (v != NULL)
        v->free_runner = SKY_NONE;
    return v;
}

void victims_free(victims *v)
{
    if (v == NULL)
        return;
    for (uint32_t i = 0; i < v->view_count; i++) {
        free(v->views[i].of);
        free(v->views[i].best);
    }
    free(v->views);
    free(v->runners);
    free(v->on_node);
    free(v->of_job);
    free(v->changed.of);
    free(v->taken.of);
    free(v->chosen.of);
    free(v);
}

/* Makes room for an index in a list of list heads. */
static int reach(uint32_t **heads, uint32_t *capacity, uint32_t index)
{
    uint32_t more = *capacity < 64 ? 64 : *capacity, *grown;

    if (index < *capacity)
        return 1;
    while (more <= index)
        more *= 2;
    grown = realloc(*heads, more * sizeof *grown);
    if (grown == NULL)
        return 0;
    for (uint32_t i = *capacity; i < more; i++)
        grown[i] = SKY_NONE;
    *heads = grown;
    *capacity = more;
    return 1;
}

static uint32_t new_runner(victims *v)
{
    uint32_t index = v->free_runner;

    if (index != SKY_NONE) {
        v->free_runner = v->runners[index].next_on_node;
        return index;
    }
    if (v->runner_count == v->runner_capacity) {
        uint32_t capacity = v->runner_capacity < 64 ? 64 : v->runner_capacity * 2;
        runner *runners = realloc(v->runners, capacity * sizeof *runners);

        if (runners == NULL)
            return SKY_NONE;
        v->runners = runners;
        v->runner_capacity = capacity;
    }
    return v->runner_count++;
}

/* ---- who runs where ---------------------------------------------------------------------------------------------- */

sky_status victims_node_changed(victims *v, uint32_t node)
{
    if (v->view_count == 0)
        return SKY_OK;
    if (v->changed.count >= LONGEST_LOG && v->changed.count >= v->node_capacity) {
        for (uint32_t i = 0; i < v->view_count; i++)
            v->views[i].known = 0;
        v->changed.count = 0;
    }
    return model_note(&v->changed, node);
}

sky_status victims_hear(victims *v, model *m)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; i < m->moved.count && status == SKY_OK; i++)
        status = victims_node_changed(v, m->moved.of[i]);
    m->moved.count = 0;
    return status;
}

/* 1: `a` is to leave before `b`. */
static int leaves_before(const model *m, uint32_t a, uint32_t b)
{
    const model_job *one = model_job_at(m, a), *other = model_job_at(m, b);

    if (one->priority != other->priority)
        return one->priority < other->priority;
    return one->started_ns != other->started_ns ? one->started_ns > other->started_ns : a > b;
}

static sky_status add_part(victims *v, const model *m, uint32_t job, uint32_t node, uint32_t devices)
{
    uint32_t *link, index;

    if (!reach(&v->on_node, &v->node_capacity, node) || (index = new_runner(v)) == SKY_NONE)
        return SKY_ERROR_MEMORY;
    link = &v->on_node[node];
    while (*link != SKY_NONE && leaves_before(m, v->runners[*link].job, job))
        link = &v->runners[*link].next_on_node;
    v->runners[index] = (runner){
        .job = job, .node = node, .devices = devices, .next_on_node = *link, .next_of_job = v->of_job[job]
    };
    *link = index;
    v->of_job[job] = index;
    return victims_node_changed(v, node);
}

sky_status victims_add(victims *v, const model *m, uint32_t job)
{
    const model_job *j = model_job_at(m, job);
    const model_part *parts = m->array[MODEL_PARTS].items;
    sky_status status;

    if (!reach(&v->of_job, &v->job_capacity, job))
        return SKY_ERROR_MEMORY;
    status = add_part(v, m, job, j->instance, j->devices);
    for (uint32_t i = j->more_parts; i != SKY_NONE && status == SKY_OK; i = parts[i].next)
        status = add_part(v, m, job, parts[i].node, parts[i].devices);
    return status;
}

sky_status victims_drop(victims *v, uint32_t job)
{
    sky_status status = SKY_OK;

    while (job < v->job_capacity && v->of_job[job] != SKY_NONE && status == SKY_OK) {
        uint32_t index = v->of_job[job], node = v->runners[index].node, *link = &v->on_node[node];

        while (*link != index)
            link = &v->runners[*link].next_on_node;
        *link = v->runners[index].next_on_node;
        v->of_job[job] = v->runners[index].next_of_job;
        v->runners[index].next_on_node = v->free_runner;
        v->free_runner = index;
        status = victims_node_changed(v, node);
    }
    return status;
}

/* ---- a node ------------------------------------------------------------------------------------------------------ */

static const node_request *request_of(const model *m, uint32_t job)
{
    return &model_request_of(m, model_job_at(m, job)->job_class)->ask;
}

static void give(const model *m, node_room *room, const runner *r)
{
    node_give(&room->is, room->chips, request_of(m, r->job), r->devices);
}

/* 1: it fits with the part on the node as well, and the part is back on it. */
static int spare(const model *m, node_room *room, const runner *r, const node_request *ask)
{
    node_take(&room->is, room->chips, request_of(m, r->job), r->devices);
    if (node_has_room(node_view_of(room), ask))
        return 1;
    give(m, room, r);
    return 0;
}

/* Parts of one gang lie side by side, and are spared together or not at all: `taken` then holds those that leave. */
static void spare_the_needless(victims *v, const model *m, node_room *room, const node_request *ask)
{
    size_t kept = v->taken.count, end = v->taken.count;

    while (end > 0) {
        size_t from = end - 1;
        uint32_t job = v->runners[v->taken.of[from]].job;
        int spared = 1;

        while (from > 0 && v->runners[v->taken.of[from - 1]].job == job)
            from--;
        for (size_t i = from; i < end && spared; i++)
            if (!spare(m, room, &v->runners[v->taken.of[i]], ask)) {
                spared = 0;
                while (i-- > from)
                    give(m, room, &v->runners[v->taken.of[i]]);
                break;
            }
        if (!spared)
            for (size_t i = end; i-- > from;)
                v->taken.of[--kept] = v->taken.of[i];
        end = from;
    }
    for (size_t i = kept; i < v->taken.count; i++)
        v->taken.of[i - kept] = v->taken.of[i];
    v->taken.count -= kept;
}

/* Fills `taken` with the runners that have to leave; 0: that would not do. */
static int make_room(victims *v, const model *m, uint32_t index, const node_request *ask, int64_t priority,
                     sky_status *status)
{
    node_room room;
    uint32_t next = index < v->node_capacity ? v->on_node[index] : SKY_NONE, last = SKY_NONE;

    node_copy(model_node_view(m, index), &room);
    v->taken.count = 0;
    for (; next != SKY_NONE; next = v->runners[next].next_on_node) {
        const runner *r = &v->runners[next];

        if (r->job != last &&
            (model_job_at(m, r->job)->priority >= priority || node_has_room(node_view_of(&room), ask)))
            break;
        last = r->job;
        give(m, &room, r);
        *status = model_note(&v->taken, next);
        if (*status != SKY_OK)
            return 0;
    }
    if (v->taken.count == 0 || !node_has_room(node_view_of(&room), ask))
        return 0;
    spare_the_needless(v, m, &room, ask);
    return 1;
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

static int is_cheaper(const cost *a, const cost *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    if (a->count != b->count)
        return a->count < b->count;
    return a->started_ns != b->started_ns ? a->started_ns > b->started_ns : a->rank < b->rank;
}

static sky_status look_at(victims *v, const model *m, const packing_index *index, view *w,
                          uint32_t node_index)
{
    const node *n = &model_nodes(m)[node_index];
    const node_request *ask = &model_request_of(m, w->job_class)->ask;
    cost *c = &w->of[node_index];
    sky_status status = SKY_OK;

    *c = (cost){ .priority = INT64_MAX, .started_ns = INT64_MAX, .rank = n->rank };
    if (!node_suits(n, ask) || packing_index_is_masked(index, node_index) ||
        gate_check_class(m, w->job_class, n->pool) != 0 ||
        !make_room(v, m, node_index, ask, w->priority, &status))
        return status;
    c->priority = INT64_MIN;
    for (size_t i = 0; i < v->taken.count; i++) {
        const model_job *j = model_job_at(m, v->runners[v->taken.of[i]].job);

        c->priority = j->priority > c->priority ? j->priority : c->priority;
        c->started_ns = j->started_ns < c->started_ns ? j->started_ns : c->started_ns;
        c->count++;
    }
    return SKY_OK;
}

static void judge_block(view *w, uint32_t block)
{
    uint32_t first = block * BLOCK, end = first + BLOCK < w->nodes ? first + BLOCK : w->nodes;

    w->best[block] = first;
    for (uint32_t i = first + 1; i < end; i++)
        if (is_cheaper(&w->of[i], &w->of[w->best[block]]))
            w->best[block] = i;
}

static sky_status look_at_all(victims *v, const model *m, const packing_index *index, view *w)
{
    uint32_t nodes = model_node_count(m), blocks = (nodes + BLOCK - 1) / BLOCK;
    sky_status status = SKY_OK;

    if (nodes > w->capacity) {
        cost *of = realloc(w->of, nodes * sizeof *of);
        uint32_t *best = of != NULL ? realloc(w->best, blocks * sizeof *best) : NULL;

        w->of = of != NULL ? of : w->of;
        w->best = best != NULL ? best : w->best;
        if (best == NULL)
            return SKY_ERROR_MEMORY;
        w->capacity = nodes;
    }
    w->nodes = nodes;
    for (uint32_t i = 0; i < nodes && status == SKY_OK; i++)
        status = look_at(v, m, index, w, i);
    for (uint32_t i = 0; i < blocks; i++)
        judge_block(w, i);
    w->known = 1;
    return status;
}

static sky_status bring_up_to_date(victims *v, const model *m, const packing_index *index, view *w)
{
    sky_status status = SKY_OK;

    if (!w->known || w->nodes != model_node_count(m))
        status = look_at_all(v, m, index, w);
    else
        for (size_t i = w->seen; i < v->changed.count && status == SKY_OK; i++) {
            status = look_at(v, m, index, w, v->changed.of[i]);
            judge_block(w, v->changed.of[i] / BLOCK);
        }
    w->seen = v->changed.count;
    return status;
}

static view *view_for(victims *v, uint32_t job_class, int64_t priority)
{
    for (uint32_t i = 0; i < v->view_count; i++)
        if (v->views[i].job_class == job_class && v->views[i].priority == priority)
            return &v->views[i];
    if (v->view_count == v->view_capacity) {
        uint32_t capacity = v->view_capacity < 4 ? 4 : v->view_capacity * 2;
        view *views = realloc(v->views, capacity * sizeof *views);

        if (views == NULL)
            return NULL;
        v->views = views;
        v->view_capacity = capacity;
    }
    v->views[v->view_count] = (view){ .job_class = job_class, .priority = priority };
    return &v->views[v->view_count++];
}

sky_status victims_choose(victims *v, model *m, const packing_index *index, uint32_t job, uint32_t *node)
{
    const model_job *j = model_job_at(m, job);
    view *w = view_for(v, j->job_class, j->priority);
    uint32_t best;

    *node = SKY_NONE;
    if (w == NULL || victims_hear(v, m) != SKY_OK || bring_up_to_date(v, m, index, w) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (w->nodes == 0)
        return SKY_OK;
    best = w->best[0];
    for (uint32_t i = 1; i < (w->nodes + BLOCK - 1) / BLOCK; i++)
        if (is_cheaper(&w->of[w->best[i]], &w->of[best]))
            best = w->best[i];
    if (w->of[best].priority != INT64_MAX)
        *node = best;
    return SKY_OK;
}

sky_status victims_on(victims *v, const model *m, uint32_t job, uint32_t node, const uint32_t **jobs,
                      uint32_t *count)
{
    sky_status status = SKY_OK;

    v->chosen.count = 0;
    make_room(v, m, node, request_of(m, job), model_job_at(m, job)->priority, &status);
    for (size_t i = 0; i < v->taken.count && status == SKY_OK; i++) {
        uint32_t victim = v->runners[v->taken.of[i]].job;

        if (v->chosen.count == 0 || v->chosen.of[v->chosen.count - 1] != victim)
            status = model_note(&v->chosen, victim);
    }
    *jobs = v->chosen.of;
    *count = (uint32_t)v->chosen.count;
    return status;
}
