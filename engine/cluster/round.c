#include "round.h"

#include "facts.h"

#include <stdlib.h>
#include <string.h>

static sky_status reject(sky_engine *engine, uint32_t job)
{
    model_job *j = (model_job *)engine->model.array[MODEL_JOBS].items + job;

    j->decided_ns = engine->model.is.now_ns;
    return engine_order(engine, SKY_ACTION_REJECT, SKY_REASON_NO_ROOM, job) != NULL ? SKY_OK
                                                                                    : SKY_ERROR_MEMORY;
}

static sky_status place(sky_engine *engine, uint32_t job, const packing_choice *choice, sky_error *error)
{
    model *m = &engine->model;
    uint32_t devices = packing_index_devices(engine->packing, m, job, choice->node);
    sky_action *a = engine_order(engine, SKY_ACTION_PLACE, SKY_REASON_STRATEGY, job);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->instance = choice->node;
    a->pool = model_nodes(m)[choice->node].pool;
    a->devices = devices;
    a->score = a->term[0] = choice->score;
    if (choice->runner_up != SKY_NONE) {
        a->runner_up_pool = model_nodes(m)[choice->runner_up].pool;
        a->runner_up_score = choice->runner_up_score;
    }
    return task_commit(m, job, choice->node, devices, error);
}

/* All parts of a gang within the bounds, or none: *placed. */
static sky_status place_gang(sky_engine *engine, uint32_t job, const packing_bounds *bounds, int *placed,
                             sky_error *error)
{
    model *m = &engine->model;
    size_t actions_before = engine->action_count;
    uint32_t parts = model_job_at(m, job)->gang, orders_before = m->is.next_order;
    sky_status status = SKY_OK;

    for (uint32_t part = 0; part < parts && status == SKY_OK; part++) {
        packing_choice choice;

        status = bounds == NULL ? packing_index_choose(engine->packing, m, job, &choice)
                                : packing_index_choose_within(engine->packing, m, job, bounds, &choice);
        if (status == SKY_OK && choice.node == SKY_NONE) {
            engine->action_count = actions_before; /* as if nothing had been said */
            m->is.next_order = orders_before;
            return task_withdraw(m, job, error);
        }
        if (status == SKY_OK)
            status = place(engine, job, &choice, error);
    }
    *placed = status == SKY_OK;
    return status;
}

/* The index-th of the places within one of which the gang must be. */
static packing_bounds place_of(uint32_t together, uint32_t index)
{
    packing_bounds bounds = { SKY_NONE, SKY_NONE, SKY_NONE };

    if (together == SKY_IN_ONE_REGION)
        bounds.region = index;
    else if (together == SKY_IN_ONE_POOL)
        bounds.pool = index;
    else
        bounds.node = index;
    return bounds;
}

/* A gang that must be together goes where its first part does best among the places with room for all of it. */
static sky_status place_close_gang(sky_engine *engine, uint32_t job, int *placed, sky_error *error)
{
    model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    uint32_t places = j->together == SKY_IN_ONE_REGION ? m->array[MODEL_REGIONS].count
                      : j->together == SKY_IN_ONE_POOL ? model_pool_count(m)
                                                       : model_node_count(m);
    packing_bounds best = { SKY_NONE, SKY_NONE, SKY_NONE };
    int32_t best_score = PACKING_NO_ROOM;

    for (uint32_t i = 0; i < places; i++) {
        packing_bounds bounds = place_of(j->together, i);
        packing_choice choice;

        if (packing_index_room_within(m, job, &bounds, j->gang) < j->gang)
            continue;
        if (packing_index_choose_within(engine->packing, m, job, &bounds, &choice) != SKY_OK)
            return SKY_ERROR_MEMORY;
        if (choice.score > best_score) {
            best_score = choice.score;
            best = bounds;
        }
    }
    return best_score == PACKING_NO_ROOM ? SKY_OK : place_gang(engine, job, &best, placed, error);
}

/* *waits: 1 if the task stays in the list. */
static sky_status try_task(sky_engine *engine, uint32_t job, int *waits, sky_error *error)
{
    model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    uint32_t *no_room = &engine->no_room[j->job_class];
    int is_close = j->gang > 1 && j->together != SKY_ANYWHERE, placed = 0;
    sky_status status;

    *waits = 0;
    if (j->state != MODEL_JOB_WAITING || j->decided_ns == m->is.now_ns)
        return SKY_OK;
    *waits = 1;
    if (!is_close && *no_room != 0 && j->gang >= *no_room)
        return SKY_OK;
    status = is_close ? place_close_gang(engine, job, &placed, error)
                      : place_gang(engine, job, NULL, &placed, error);
    *waits = status == SKY_OK && !placed && !m->is.drop_unplaceable;
    if (status != SKY_OK || placed)
        return status;
    if (m->is.drop_unplaceable)
        return reject(engine, job);
    if (!is_close && (*no_room == 0 || j->gang < *no_room))
        *no_room = j->gang;
    return SKY_OK;
}

static sky_status prepare(sky_engine *engine)
{
    uint32_t classes = engine->model.array[MODEL_CLASSES].count;

    if (engine->packing != NULL)
        return SKY_OK;
    engine->packing = packing_index_create(
        &engine->model, engine->strategy->packing != NULL ? engine->strategy->packing : &packing_best_fit);
    engine->no_room = calloc(classes + 1u, sizeof *engine->no_room);
    return engine->packing != NULL && engine->no_room != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

sky_status round_place_tasks(sky_engine *engine, sky_error *error)
{
    model *m = &engine->model;
    model_array *waiting = &m->array[MODEL_WAITING];
    uint32_t *list = waiting->items, kept = 0, first = engine->tried;
    sky_status status = SKY_OK;

    if (waiting->count == 0)
        return SKY_OK;
    status = prepare(engine);
    if (status == SKY_OK && m->freed) { /* room has come back: everyone is tried again */
        memset(engine->no_room, 0, m->array[MODEL_CLASSES].count * sizeof *engine->no_room);
        m->freed = 0;
        first = 0;
    }
    kept = first;
    for (uint32_t i = first; i < waiting->count; i++) {
        int waits = 1;

        if (status == SKY_OK)
            status = try_task(engine, list[i], &waits, error);
        if (waits)
            list[kept++] = list[i];
    }
    waiting->count = engine->tried = kept;
    return status;
}
