#include "pipelines.h"

#include "model.h"

#define PPM              1000000
#define PS_PER_NS        1000
#define MOST_STAGES      4096u
#define MOST_STREAMS     4096u
#define MOST_TASKS       1024
#define MOST_NUSD        INT64_C(1000000000000000)
#define MOST_RECORDS     INT64_C(1000000000000)
#define MOST_RESULTS_PPM INT64_C(1000000000)
#define MOST_TIME_PS     INT64_C(1000000000000000) /* a record takes 1000 s at most */

uint32_t model_stage_count(const model *m)
{
    return m->array[MODEL_STAGES].count;
}

model_stage *model_stage_at(model *m, uint32_t stage)
{
    return (model_stage *)m->array[MODEL_STAGES].items + stage;
}

uint32_t model_stream_count(const model *m)
{
    return m->array[MODEL_STREAMS].count;
}

const model_stream *model_stream_at(const model *m, uint32_t stream)
{
    return (const model_stream *)m->array[MODEL_STREAMS].items + stream;
}

static sky_status observe_stage(model *m, const sky_event *event, sky_error *error)
{
    model_stage *s;

    if (event->instance > model_stage_count(m) || event->instance >= MOST_STAGES)
        return model_refuse(error, event, "stages are declared in order", event->instance);
    if (event->region >= m->array[MODEL_REGIONS].count || event->detail > 1)
        return model_refuse(error, event, "no such region", event->region);
    if (event->a < 1 || event->b < event->a || event->b > MOST_TASKS)
        return model_refuse(error, event, "expected tasks, and a most number of them", event->b);
    if (event->c < 0 || event->c > MOST_NUSD)
        return model_refuse(error, event, "expected a price per hour, at least 0", event->c);
    if (event->instance < model_stage_count(m)) {
        s = model_stage_at(m, event->instance);
        if (s->region != event->region || s->is_source != event->detail)
            return model_refuse(error, event, "expected the stage's region, and whether it is a source",
                                event->region);
        s->most = event->b; /* it keeps the tasks that it has */
        s->nusd_per_hour = event->c;
        return SKY_OK;
    }
    s = model_append(m, MODEL_STAGES);
    if (s == NULL)
        return model_no_memory(error);
    *s = (model_stage){ .region = event->region,
                        .is_source = event->detail,
                        .tasks = event->a,
                        .most = event->b,
                        .nusd_per_hour = event->c };
    return SKY_OK;
}

static sky_status observe_stream(model *m, const sky_event *event, sky_error *error)
{
    model_stream *s;

    if (event->other >= model_stage_count(m) || event->instance >= event->other ||
        model_stream_count(m) >= MOST_STREAMS)
        return model_refuse(error, event, "a stream goes from a stage to a later one", event->other);
    for (uint32_t i = 0; i < model_stream_count(m); i++)
        if (model_stream_at(m, i)->from == event->instance && model_stream_at(m, i)->to == event->other)
            return SKY_OK; /* told again */
    s = model_append(m, MODEL_STREAMS);
    if (s == NULL)
        return model_no_memory(error);
    *s = (model_stream){ .from = event->instance, .to = event->other };
    return SKY_OK;
}

/* Who took nothing in, or took no time, tells nothing of how fast it is. */
static sky_status observe_rates(model *m, const sky_event *event, sky_error *error)
{
    model_stage *s;
    int64_t span_ns, taken, time_ps, results_ppm;

    if (event->instance >= model_stage_count(m))
        return model_refuse(error, event, "no such stage", event->instance);
    if (event->a < 0 || event->a > MOST_RECORDS || event->b < 0 || event->b > MOST_RECORDS || event->c < 0 ||
        event->d < 0)
        return model_refuse(error, event, "expected numbers of records, and a time", event->a);
    s = model_stage_at(m, event->instance);
    span_ns = event->time_ns - s->told_ns;
    if (s->is_source && span_ns > 0)
        s->rate = muldiv_i64(event->a * PPM, SKY_NS_PER_SECOND, span_ns);
    taken = s->is_source ? event->b : event->a; /* what came to a source may wait there still */
    if (taken > 0) {
        time_ps = muldiv_i64(event->c, PS_PER_NS, taken);
        results_ppm = muldiv_i64(event->b, PPM, taken);
        s->results_ppm = results_ppm < MOST_RESULTS_PPM ? results_ppm : MOST_RESULTS_PPM;
        s->time_ps = time_ps < MOST_TIME_PS ? time_ps : MOST_TIME_PS;
    }
    s->waiting = event->d;
    s->told_ns = event->time_ns;
    return SKY_OK;
}

static sky_status observe_tasks(model *m, const sky_event *event, sky_error *error)
{
    if (event->instance >= model_stage_count(m))
        return model_refuse(error, event, "no such stage", event->instance);
    if (event->a < 1 || event->a > model_stage_at(m, event->instance)->most)
        return model_refuse(error, event, "expected a number of tasks that it may have", event->a);
    model_stage_at(m, event->instance)->tasks = event->a;
    return SKY_OK;
}

sky_status pipelines_observe(model *m, const sky_event *event, sky_error *error)
{
    switch (event->kind) {
    case SKY_EVENT_STAGE:
        return observe_stage(m, event, error);
    case SKY_EVENT_STREAM:
        return observe_stream(m, event, error);
    case SKY_EVENT_STAGE_RATES:
        return observe_rates(m, event, error);
    default:
        return observe_tasks(m, event, error);
    }
}
