/* An engine that goes on under another configuration, as after a snapshot that has it. */
#include "config.h"

#include "cluster/backlog.h"

#include <stdio.h>
#include <string.h>

/* What the configuration leaves to a change of it. */
static int is_the_same(const sky_engine *engine, const sky_engine_config *config, const engine_setup *setup)
{
    sky_engine other = *engine;

    engine_set_up(&other, config, setup);
    return other.strategy == engine->strategy && other.discipline == engine->discipline &&
           other.scaling == engine->scaling && other.serving == engine->serving &&
           memcmp(&other.model.is, &engine->model.is, sizeof other.model.is) == 0;
}

/* Tasks that train count among what their tenants hold where they wait in a queue; not where they are given turns. */
static sky_status count_trainees(sky_engine *engine, const strategy *before)
{
    const model *m = &engine->model;
    int64_t sign = (before->allocation != NULL) - (engine->strategy->allocation != NULL);
    sky_status status = SKY_OK;

    for (uint32_t i = 0; sign != 0 && i < m->array[MODEL_JOBS].count && status == SKY_OK; i++) {
        const model_job *j = model_job_at(m, i);

        if (j->most_workers > 0 && j->instance != SKY_NONE)
            status = backlog_use(engine, i, sign);
    }
    return status;
}

/* The memory is the new strategy's, and empty; shares of accelerators' time are allocated anew. */
static sky_status change_strategy(sky_engine *engine)
{
    model *m = &engine->model;

    m->array[MODEL_SHARES].count = 0;
    return m->is.asked ? engine_forget(engine) : SKY_OK;
}

static void look_at_all(model_scalars *is)
{
    is->freed = is->reallocate = is->scaling = is->serving = is->streaming = 1;
    is->settled_ns = 0;
}

static sky_status go_on(sky_engine *engine, const sky_engine_config *config, const engine_setup *setup)
{
    model *m = &engine->model;
    const strategy *before = engine->strategy;
    const queue_discipline *discipline = engine->discipline;
    int had_queue = engine->queue != NULL || engine->put_away;
    sky_status status = backlog_put_away(engine);

    if (status != SKY_OK)
        return status;
    engine_set_up(engine, config, setup);
    if (engine->discipline != discipline || m->is.drop_unplaceable)
        m->array[MODEL_PROMISES].count = 0; /* another queue makes its own */
    if (engine->strategy != before)
        status = change_strategy(engine);
    look_at_all(&m->is);
    if (status == SKY_OK)
        status = backlog_come_back(engine);
    return status == SKY_OK && had_queue ? count_trainees(engine, before) : status;
}

sky_status sky_engine_reconfigure(sky_engine *engine, const sky_engine_config *config, sky_error *error)
{
    engine_setup setup;
    sky_status status = engine_read_config(config, &setup, error);

    if (status != SKY_OK)
        return status;
    if (is_the_same(engine, config, &setup)) {
        engine->solver = config->solver;
        return SKY_OK;
    }
    if (setup.strategy->info.oracle && !engine->strategy->info.oracle && engine->model.is.asked) {
        snprintf(error->message, sizeof error->message,
                 "strategy: found \"%.64s\", expected one that need not be told the future from the start on",
                 config->strategy);
        return SKY_ERROR_INPUT;
    }
    status = go_on(engine, config, &setup);
    return status == SKY_OK ? SKY_OK : model_no_memory(error);
}
