#include "ds2.h"

#include "../model/arith.h"

#define PPM      1000000
#define PS_PER_S INT64_C(1000000000000)
#define MOST     INT64_C(1000000000000000) /* 10^9 records a second */

static int64_t first_wanted(const model_stage *s)
{
    if (!s->is_source)
        return 0;
    return s->rate < MOST ? s->rate : MOST;
}

/* Streams go to later stages, so that all of a stage's have been seen when it is its turn. */
static void pass_on(model *m, uint32_t stage)
{
    const model_stage *s = model_stage_at(m, stage);
    int64_t results = muldiv_i64(s->wanted, s->results_ppm, PPM);

    for (uint32_t i = 0; i < model_stream_count(m); i++)
        if (model_stream_at(m, i)->from == stage) {
            model_stage *to = model_stage_at(m, model_stream_at(m, i)->to);

            to->wanted = results < MOST - to->wanted ? to->wanted + results : MOST;
        }
}

static sky_status scale(sky_engine *engine, uint32_t stage)
{
    model_stage *s = model_stage_at(&engine->model, stage);
    int64_t target_ppm = engine->model.is.streaming_target_ppm, asked_ppm, tasks;
    sky_action *a;

    if (s->time_ps == 0)
        return SKY_OK; /* it takes no time, or has taken nothing yet */
    s->asked_before_ppm = s->asked_ppm;
    s->asked_ppm = muldiv_i64(s->wanted, s->time_ps, PS_PER_S);
    asked_ppm = s->asked_ppm > s->asked_before_ppm ? s->asked_ppm : s->asked_before_ppm;
    tasks = asked_ppm / target_ppm + (asked_ppm % target_ppm > 0);
    tasks = tasks < 1 ? 1 : tasks > s->most ? s->most : tasks;
    if (tasks == s->tasks)
        return SKY_OK;
    a = engine_order(engine, SKY_ACTION_SCALE_STAGE, SKY_REASON_SOURCES, SKY_NONE);
    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->instance = stage;
    a->region = s->region;
    a->devices = tasks;
    a->score = asked_ppm;
    a->term[0] = s->wanted;
    a->term[1] = s->time_ps;
    return SKY_OK;
}

sky_status ds2_decide(sky_engine *engine)
{
    model *m = &engine->model;
    int due = m->is.streaming && m->is.streaming_target_ppm > 0;
    sky_status status = SKY_OK;

    m->is.streaming = 0;
    if (!due)
        return SKY_OK;
    for (uint32_t i = 0; i < model_stage_count(m); i++)
        model_stage_at(m, i)->wanted = first_wanted(model_stage_at(m, i));
    for (uint32_t i = 0; i < model_stage_count(m) && status == SKY_OK; i++) {
        pass_on(m, i);
        status = scale(engine, i);
    }
    return status;
}
