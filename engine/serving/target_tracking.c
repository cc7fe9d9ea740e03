/* Each place by itself has as many replicas as bring their use to its target, as cloud providers' and Kubernetes'
 * autoscalers do:
 *     desired = ceil(replicas × use / target),
 * what waits counted as use. Out at once; in to what the interval before would have asked for as well. Predictive: and at
 * least what the same hours of yesterday asked for, so that a cold start is over when the hour begins; the first day it is
 * target tracking alone. */
#include "serving.h"

static int64_t replicas_for(const model *m, int64_t asked_ppm)
{
    int64_t target_ppm = serving_target_ppm(m);

    return (asked_ppm + target_ppm - 1) / target_ppm;
}

static sky_status track(sky_engine *engine, uint32_t place, int predicts)
{
    const model *m = &engine->model;
    const model_place *p = model_place_at(m, place);
    int64_t soon_ns = m->is.interval_ns + model_service_at(m, p->service)->cold_start_ns;
    int64_t asked_ppm = p->asked_ppm > p->asked_before_ppm ? p->asked_ppm : p->asked_before_ppm;
    int64_t yesterday_ppm = model_season_most(&p->asked, m->is.now_ns, m->is.now_ns + soon_ns);
    int by_season = predicts && yesterday_ppm > asked_ppm;

    if (p->told_ns == 0)
        return SKY_OK; /* nothing has been measured yet */
    return serving_scale(engine, place, replicas_for(m, by_season ? yesterday_ppm : asked_ppm),
                         by_season ? SKY_REASON_SEASON : SKY_REASON_LOAD, NULL);
}

static sky_status track_all(sky_engine *engine, int predicts)
{
    sky_status status = SKY_OK;

    for (uint32_t place = 0; place < model_place_count(&engine->model) && status == SKY_OK; place++)
        status = track(engine, place, predicts);
    return status;
}

static sky_status decide(sky_engine *engine)
{
    return track_all(engine, 0);
}

static sky_status decide_ahead(sky_engine *engine)
{
    return track_all(engine, 1);
}

const serving_policy serving_target_tracking = {
    .info = {
        .name = "target-tracking",
        .about = "at each place so many replicas that a target share of them is in use",
        .source = "target tracking, as of the clouds' and Kubernetes' autoscalers",
    },
    .decide = decide,
};

const serving_policy serving_predictive = {
    .info = {
        .name = "predictive",
        .about = "target tracking, and ahead of what the same hours of yesterday asked for",
        .source = "predictive scaling, as of the clouds' autoscalers",
    },
    .decide = decide_ahead,
};
