/* Between pipelines and the engine: what it is told of them, and what it orders. */
#include "pipelines.h"

static sky_status tell_tasks(twin *t, uint32_t stage, uint32_t order)
{
    sky_event e = twin_fact(t, SKY_EVENT_STAGE_TASKS);

    e.instance = stage;
    e.region = t->pipelines->config.stages[stage].region;
    e.a = pipelines_stage(t->pipelines->pipelines, stage).tasks;
    e.other = order;
    return twin_tell(t, &e);
}

sky_status twin_tell_pipelines(twin *t)
{
    const twin_pipelines *p = t->pipelines;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; p != NULL && i < p->config.stage_count && status == SKY_OK; i++) {
        const pipeline_stage_config *c = &p->config.stages[i];
        sky_event e = twin_fact(t, SKY_EVENT_STAGE);

        e.instance = i;
        e.region = c->region;
        e.detail = c->kind == PIPELINE_SOURCE;
        e.a = c->tasks;
        e.b = c->most;
        e.c = c->nusd_per_hour;
        status = twin_tell(t, &e);
    }
    for (uint32_t i = 0; p != NULL && i < p->config.stream_count && status == SKY_OK; i++) {
        sky_event e = twin_fact(t, SKY_EVENT_STREAM);

        e.instance = p->config.streams[i].from;
        e.other = p->config.streams[i].to;
        status = twin_tell(t, &e);
    }
    return status;
}

sky_status twin_tell_rates(twin *t, uint32_t stage)
{
    const twin_pipelines *p = t->pipelines;
    const pipeline_stage_count *last = &p->stages[stage].count;
    pipeline_stage_count now = pipelines_stage(p->pipelines, stage);
    sky_event e = twin_fact(t, SKY_EVENT_STAGE_RATES);

    e.instance = stage;
    e.region = p->config.stages[stage].region;
    e.a = (int64_t)(p->config.stages[stage].kind == PIPELINE_SOURCE
                        ? now.received + now.dropped - last->received - last->dropped
                        : now.taken - last->taken);
    e.b = (int64_t)(now.results - last->results);
    e.c = (int64_t)(now.busy_ns - last->busy_ns);
    e.d = now.waiting;
    return twin_tell(t, &e);
}

sky_status twin_scale_stage(twin *t, const sky_action *a)
{
    sky_status status = twin_run_pipelines(t);

    if (status == SKY_OK)
        status = pipelines_scale(t->pipelines->pipelines, a->instance, (uint32_t)a->devices, t->error);
    return status == SKY_OK ? tell_tasks(t, a->instance, a->order) : status;
}
