/* Between services and the engine: what it is told of them, and what it orders. */
#include "requests.h"

/* ---- facts --------------------------------------------------------------------------------------------------------- */

static sky_status tell_services(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t place = 0, service = 0; place < s->place_count && status == SKY_OK; place++) {
        const station_config *c = &s->services->stations[place];
        sky_event e = twin_fact(t, SKY_EVENT_SERVICE);

        if (s->place_service[place] != service)
            continue; /* told with its first place */
        e.other = service;
        e.a = s->service[service].time_ns;
        e.b = s->service[service].scv_ppm;
        e.c = c->concurrency;
        e.d = c->scaling.cold_start_ns;
        service++;
        status = twin_tell(t, &e);
    }
    return status;
}

static sky_status tell_replicas(twin *t, uint32_t place, uint32_t order)
{
    twin_requests *r = t->requests;
    const station *s = services_station(r->services, place);
    sky_event e = twin_fact(t, SKY_EVENT_REPLICAS);

    e.instance = place;
    e.region = s->config->region;
    e.other = order;
    e.a = r->places[place].up = s->up;
    e.b = r->places[place].ordered = s->ordered;
    return twin_tell(t, &e);
}

static sky_status tell_place(twin *t, uint32_t place)
{
    const station_config *c = &t->scenario->services->stations[place];
    sky_event e = twin_fact(t, SKY_EVENT_PLACE);
    sky_status status;

    e.instance = place;
    e.other = t->scenario->place_service[place];
    e.region = c->region;
    e.a = c->keep;
    e.b = c->scaling.most;
    e.c = c->request_bytes;
    e.d = c->answer_bytes;
    status = twin_tell(t, &e);
    e = twin_fact(t, SKY_EVENT_PLACE_PRICE);
    e.instance = place;
    e.a = c->nusd_per_hour;
    if (status == SKY_OK)
        status = twin_tell(t, &e);
    return status == SKY_OK ? tell_replicas(t, place, SKY_NONE) : status;
}

static sky_status tell_forbidden(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->service_count; i++)
        for (uint32_t r = 0; r < s->region_count && status == SKY_OK; r++) {
            sky_event e = twin_fact(t, SKY_EVENT_SERVICE_FORBIDDEN);

            if (!s->service[i].closed[r])
                continue;
            e.other = i;
            e.region = r;
            e.detail = 1; /* rule 1: jurisdiction */
            status = twin_tell(t, &e);
        }
    return status;
}

sky_status twin_tell_way(twin *t, uint32_t population, uint32_t place)
{
    const client_route *route = &t->requests->config.populations[population].routes[place];
    sky_event e = twin_fact(t, SKY_EVENT_POPULATION_WAY);

    e.other = population;
    e.instance = place;
    e.a = route->there_ns + route->back_ns + 2 * route->jitter.mean_ns;
    e.detail = (uint16_t)services_is_cut(t->requests->services, population, place);
    return twin_tell(t, &e);
}

static sky_status tell_population(twin *t, uint32_t population)
{
    const scenario *s = t->scenario;
    const client_config *c = &s->services->populations[population];
    sky_event e = twin_fact(t, SKY_EVENT_POPULATION);
    sky_status status;

    e.other = population;
    e.region = c->region;
    e.detail = (uint16_t)s->population_service[population];
    e.a = c->objective_ns;
    e.b = c->objective_ppm;
    status = twin_tell(t, &e);
    for (uint32_t place = 0; place < s->place_count && status == SKY_OK; place++)
        if (s->place_service[place] == s->population_service[population])
            status = twin_tell_way(t, population, place);
    return status;
}

sky_status twin_tell_services(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    if (t->requests == NULL)
        return SKY_OK;
    status = tell_services(t);
    for (uint32_t i = 0; i < s->place_count && status == SKY_OK; i++)
        status = tell_place(t, i);
    if (status == SKY_OK)
        status = tell_forbidden(t);
    for (uint32_t i = 0; i < s->population_count && status == SKY_OK; i++)
        status = tell_population(t, i);
    return status;
}

/* ---- what is measured ------------------------------------------------------------------------------------------------ */

sky_status twin_tell_asked(twin *t, const record_request_row *row)
{
    const client *c = services_population(t->requests->services, row->population);
    sky_event e = twin_fact(t, SKY_EVENT_ASKED);

    e.other = row->population;
    e.region = row->region;
    e.a = (int64_t)c->arrived - t->requests->populations[row->population].came;
    e.b = row->failed;
    e.c = row->p99_ns;
    return twin_tell(t, &e);
}

sky_status twin_tell_served(twin *t, const record_request_row *row)
{
    const counted *last = &t->requests->places[row->place];
    const station *s = services_station(t->requests->services, row->place);
    sky_event e = twin_fact(t, SKY_EVENT_SERVED);
    sky_status status = SKY_OK;

    if (s->up != last->up || s->ordered != last->ordered)
        status = tell_replicas(t, row->place, SKY_NONE);
    e.instance = row->place;
    e.region = row->region;
    e.a = (int64_t)s->received - last->came;
    e.b = row->failed;
    e.c = row->utilisation_ppm;
    e.d = s->waiting + s->in_service;
    return status == SKY_OK ? twin_tell(t, &e) : status;
}

/* ---- orders ---------------------------------------------------------------------------------------------------------- */

sky_status twin_scale_service(twin *t, const sky_action *a)
{
    services *all;
    sky_status status = twin_run_services(t, &all);

    if (status == SKY_OK)
        status = services_scale(all, a->place, (uint32_t)a->devices, t->error);
    return status == SKY_OK ? tell_replicas(t, a->place, a->order) : status;
}

sky_status twin_route(twin *t, const sky_action *a)
{
    services *all;
    sky_event e = twin_fact(t, SKY_EVENT_ROUTED);
    sky_status status = twin_run_services(t, &all);

    if (status != SKY_OK)
        return status;
    services_route(all, a->population, a->place, a->devices);
    e.instance = a->place;
    e.other = a->population;
    e.region = a->region;
    e.a = a->devices;
    e.b = a->order;
    return twin_tell(t, &e);
}
