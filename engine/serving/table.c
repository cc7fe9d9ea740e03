/* The policies, in the order in which they are listed; and what all of them do. A new one is a file and a line here. */
#include "serving.h"

#include "../govern/gate.h"

#include <string.h>

#define DEFAULT_TARGET_PPM 700000

static const serving_policy as_declared = {
    .info = {
        .name = "as-declared",
        .about = "replicas, their own autoscaler and routes as the scenario has them",
        .source = "the scenario",
    },
};
extern const serving_policy serving_target_tracking;
extern const serving_policy serving_predictive;
extern const serving_policy serving_near_users;
extern const serving_policy serving_latency_cost;

static const serving_policy *const table[] = { &as_declared, &serving_target_tracking, &serving_predictive,
                                               &serving_near_users, &serving_latency_cost };

const serving_policy *serving_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->info.name, name) == 0)
            return table[i];
    return NULL;
}

const sky_serving_info *sky_serving_at(size_t index)
{
    return index < sizeof table / sizeof table[0] ? &table[index]->info : NULL;
}

const sky_serving_info *sky_serving_find(const char *name)
{
    const serving_policy *policy = serving_find(name);

    return policy != NULL ? &policy->info : NULL;
}

sky_status serving_decide(sky_engine *engine)
{
    model *m = &engine->model;
    int due = m->is.serving && model_place_count(m) > 0 && engine->serving->decide != NULL;

    m->is.serving = 0;
    return due ? engine->serving->decide(engine) : SKY_OK;
}

int64_t serving_target_ppm(const model *m)
{
    int64_t target_ppm = m->is.serving_options.target_ppm;

    return target_ppm > 0 ? target_ppm : DEFAULT_TARGET_PPM;
}

int64_t serving_expected_rate(const model *m, uint32_t population)
{
    const model_population *p = model_population_at(m, population);
    int64_t soon_ns = m->is.interval_ns + model_service_at(m, p->service)->cold_start_ns;
    int64_t yesterday = model_season_most(&p->rates, m->is.now_ns, m->is.now_ns + soon_ns);

    return yesterday > p->rate ? yesterday : p->rate;
}

sky_status serving_scale(sky_engine *engine, uint32_t place, int64_t replicas, sky_reason reason,
                         const serving_plan *plan)
{
    const model_place *p = model_place_at(&engine->model, place);
    sky_action *a;

    replicas = replicas < p->most ? replicas : p->most;
    replicas = replicas > p->least ? replicas : p->least;
    if (gate_check_place(&engine->model, place) != 0)
        replicas = 0; /* whatever a policy says */
    if (p->governed && replicas == p->ordered)
        return SKY_OK;
    a = engine_order(engine, SKY_ACTION_SCALE_SERVICE, reason, SKY_NONE);
    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->place = place;
    a->region = p->region;
    a->devices = replicas;
    a->rule = (uint16_t)gate_check_place(&engine->model, place);
    if (plan != NULL) {
        a->score = plan->replicas_nusd + plan->egress_nusd + plan->waiting_nusd;
        a->term[0] = plan->replicas_nusd;
        a->term[1] = plan->egress_nusd;
        a->term[2] = plan->waiting_nusd;
    }
    services_govern(&engine->model, place);
    return SKY_OK;
}
