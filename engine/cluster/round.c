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

/* *waits: 1 if the task stays in the list. */
static sky_status try_task(sky_engine *engine, uint32_t job, int *waits, sky_error *error)
{
    model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    packing_choice choice;

    *waits = 0;
    if (j->state != MODEL_JOB_WAITING || j->decided_ns == m->is.now_ns)
        return SKY_OK;
    if (engine->no_room[j->job_class]) {
        *waits = 1;
        return SKY_OK;
    }
    if (packing_index_choose(engine->packing, m, job, &choice) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (choice.node != SKY_NONE)
        return place(engine, job, &choice, error);
    if (m->is.drop_unplaceable)
        return reject(engine, job);
    engine->no_room[j->job_class] = 1;
    *waits = 1;
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
