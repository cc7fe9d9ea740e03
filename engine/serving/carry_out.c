/* A service as a problem, and its plan as orders. Replicas that start are asked by nobody yet, and none goes while others
 * start that may be to take over; a place that closes is left by all first, and closes an interval later. */
#include "serving.h"

#include "../govern/gate.h"
#include "../model/arith.h"

#include <stdlib.h>
#include <string.h>

#define PPM         1000000
#define STRETCH_PPM 10000 /* so that no way is short by a rounding */
#define LEAST_ROUTE 20000 /* a route that changes by less, in millionths of a population, is left as it is */

/* ---- the problem --------------------------------------------------------------------------------------------------- */

static uint32_t find_members(const model *m, uint32_t service, serving_case *c)
{
    serving_problem *p = &c->problem;
    uint32_t measured = 1;

    for (uint32_t i = 0; i < model_place_count(m) && p->sites < SERVING_SITES_MOST; i++)
        if (model_place_at(m, i)->service == service)
            c->place[p->sites++] = i;
    for (uint32_t i = 0; i < m->array[MODEL_POPULATIONS].count; i++)
        if (model_population_at(m, i)->service == service) {
            c->population[p->groups++] = i;
            measured &= model_population_at(m, i)->told_ns > 0;
        }
    return measured && p->sites > 0 && p->groups > 0;
}

/* Egress of a million requests and their answers. */
static int64_t way_nusd(const model *m, const model_population *users, const model_place *place)
{
    int64_t there = model_egress_nusd_per_gb(m, users->region, place->region);
    int64_t back = model_egress_nusd_per_gb(m, place->region, users->region);

    return muldiv_i64(place->request_bytes, there, 1000) + muldiv_i64(place->answer_bytes, back, 1000);
}

static void fill(const model *m, serving_case *c, int64_t *at)
{
    serving_problem *p = &c->problem;
    size_t ways = (size_t)p->sites * p->groups;
    int64_t *price = at, *least = price + p->sites, *most = least + p->sites, *rate = most + p->sites;
    int64_t *way_ns = rate + p->groups, *nusd = way_ns + ways;

    c->plan = (serving_plan){ .flow = nusd + ways, .replicas = nusd + 2 * ways };
    for (uint32_t s = 0; s < p->sites; s++) {
        const model_place *place = model_place_at(m, c->place[s]);
        int allowed = gate_check_place(m, c->place[s]) == 0;

        price[s] = place->nusd_per_hour;
        least[s] = allowed ? place->least : 0;
        most[s] = allowed ? place->most : 0;
        c->plan.replicas[s] = place->ordered;
    }
    for (uint32_t g = 0; g < p->groups; g++) {
        int64_t expected = serving_expected_rate(m, c->population[g]);

        rate[g] = expected > 0 ? expected : 1; /* somebody may come, and is to know where to */
        for (uint32_t s = 0; s < p->sites; s++) {
            const model_way *way = model_way_at(m, c->population[g], c->place[s]);

            way_ns[(size_t)g * p->sites + s] = way->closed ? -1 : way->round_trip_ns;
            nusd[(size_t)g * p->sites + s] = way_nusd(m, model_population_at(m, c->population[g]),
                                                      model_place_at(m, c->place[s]));
        }
    }
    p->nusd_per_hour = price;
    p->least = least;
    p->most = most;
    p->rate = rate;
    p->way_ns = way_ns;
    p->way_nusd = nusd;
}

sky_status serving_case_make(const model *m, uint32_t service, serving_case *c, int *ready)
{
    const model_service *s = model_service_at(m, service);
    uint32_t populations = m->array[MODEL_POPULATIONS].count;
    serving_problem *p = &c->problem;

    *ready = 0;
    *c = (serving_case){ .problem = { .concurrency = s->concurrency,
                                      .time_ns = s->time_ns,
                                      .scv_ppm = s->scv_ppm,
                                      .target_ppm = serving_target_ppm(m),
                                      .most_nusd_per_hour = INT64_MAX } };
    c->place = malloc((model_place_count(m) + populations + 1) * sizeof *c->place);
    if (c->place == NULL)
        return SKY_ERROR_MEMORY;
    c->population = c->place + model_place_count(m);
    if (!find_members(m, service, c))
        return SKY_OK;
    c->room = calloc(4 * (size_t)p->sites + p->groups + 3 * (size_t)p->sites * p->groups, sizeof *c->room);
    if (c->room == NULL)
        return SKY_ERROR_MEMORY;
    fill(m, c, c->room);
    *ready = 1;
    return SKY_OK;
}

void serving_case_free(serving_case *c)
{
    free(c->place);
    free(c->room);
}

/* ---- orders --------------------------------------------------------------------------------------------------------- */

static int is_asked(const model *m, const serving_case *c, uint32_t site)
{
    for (uint32_t g = 0; g < c->problem.groups; g++)
        if (model_way_at(m, c->population[g], c->place[site])->weight > 0)
            return 1;
    return 0;
}

static sky_status route(sky_engine *engine, const serving_case *c, uint32_t group, uint32_t site,
                        int64_t weight, sky_reason reason)
{
    sky_action *a;

    if (weight > 0 && gate_check_place(&engine->model, c->place[site]) != 0)
        return SKY_OK;
    a = engine_order(engine, SKY_ACTION_ROUTE, reason, SKY_NONE);
    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->place = c->place[site];
    a->population = c->population[group];
    a->region = model_place_at(&engine->model, c->place[site])->region;
    a->devices = weight;
    return SKY_OK;
}

/* Where what is up is too little for its target, all of it is used alike, beyond that. 0: nothing is up. */
static int stretch(serving_case *c)
{
    serving_problem *p = &c->problem;
    sky_int128 rate = 0, can = 0;

    p->target_ppm = PPM;
    for (uint32_t g = 0; g < p->groups; g++)
        rate += p->rate[g];
    for (uint32_t s = 0; s < p->sites; s++)
        can += serving_plan_capacity(p, c->plan.replicas[s]);
    if (can == 0)
        return 0;
    p->target_ppm = (int64_t)(rate * PPM / can) + STRETCH_PPM;
    return 1;
}

static int64_t weight_of(const serving_case *c, uint32_t group, uint32_t site)
{
    return muldiv_i64(c->plan.flow[(size_t)group * c->problem.sites + site], PPM, c->problem.rate[group]);
}

static int64_t weight_now(const sky_engine *engine, const serving_case *c, uint32_t group, uint32_t site)
{
    return model_way_at(&engine->model, c->population[group], c->place[site])->weight;
}

/* 1: it has somewhere to go, and other than now. */
static int changes(const sky_engine *engine, const serving_case *c, uint32_t group)
{
    int64_t sum = 0;
    int changed = 0;

    for (uint32_t s = 0; s < c->problem.sites; s++) {
        int64_t now = weight_now(engine, c, group, s), weight = weight_of(c, group, s);

        sum += weight;
        changed |= weight - now > LEAST_ROUTE || now - weight > LEAST_ROUTE || (weight == 0) != (now == 0);
    }
    return changed && sum > 0;
}

/* Weights that rise first: at no time has it nowhere to go. */
static sky_status route_group(sky_engine *engine, const serving_case *c, uint32_t group, sky_reason reason)
{
    sky_status status = SKY_OK;

    if (!changes(engine, c, group))
        return SKY_OK;
    for (int falls = 0; falls < 2; falls++)
        for (uint32_t s = 0; s < c->problem.sites && status == SKY_OK; s++) {
            int64_t now = weight_now(engine, c, group, s), weight = weight_of(c, group, s);

            if (weight != now && (weight < now) == falls)
                status = route(engine, c, group, s, weight, reason);
        }
    return status;
}

/* 1: some place is to have more than work there now. */
static int grows(const model *m, const serving_case *c)
{
    for (uint32_t s = 0; s < c->problem.sites; s++)
        if (c->plan.replicas[s] > model_place_at(m, c->place[s])->up)
            return 1;
    return 0;
}

sky_status serving_carry_out(sky_engine *engine, serving_case *c, sky_reason reason)
{
    const model *m = &engine->model;
    int growing = grows(m, c);
    sky_status status = SKY_OK;

    for (uint32_t s = 0; s < c->problem.sites && status == SKY_OK; s++) {
        const model_place *place = model_place_at(m, c->place[s]);
        int64_t wanted = c->plan.replicas[s];

        if (growing && wanted < place->ordered)
            wanted = c->plan.replicas[s] = place->ordered;
        if (wanted == 0 && (is_asked(m, c, s) || (!place->governed && place->ordered > 0)))
            wanted = 1;
        status = serving_scale(engine, c->place[s], wanted, reason, &c->plan);
        if (c->plan.replicas[s] > place->up)
            c->plan.replicas[s] = place->up;
    }
    serving_plan_routes(&c->problem, &c->plan);
    if (c->plan.unserved > 0 && stretch(c))
        serving_plan_routes(&c->problem, &c->plan);
    for (uint32_t g = 0; g < c->problem.groups && status == SKY_OK; g++)
        status = route_group(engine, c, g, reason);
    return status;
}
