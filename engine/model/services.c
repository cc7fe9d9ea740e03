#include "services.h"

#include "model.h"

#include <string.h>

#define PPM           1000000
#define DAY_NS        (MODEL_HOURS * SKY_NS_PER_HOUR)
#define MOST_PLACES   4096u
#define MOST_REPLICAS 100000
#define MOST_NUSD     INT64_C(1000000000000000)
#define MOST_BYTES    INT64_C(1000000000000)
#define MOST_REQUESTS INT64_C(1000000000000000)

enum { YESTERDAY, TODAY };

uint32_t model_place_count(const model *m)
{
    return m->array[MODEL_PLACES].count;
}

const model_service *model_service_at(const model *m, uint32_t service)
{
    return (const model_service *)m->array[MODEL_SERVICES].items + service;
}

static model_place *place_at(model *m, uint32_t place)
{
    return (model_place *)m->array[MODEL_PLACES].items + place;
}

const model_place *model_place_at(const model *m, uint32_t place)
{
    return (const model_place *)m->array[MODEL_PLACES].items + place;
}

const model_population *model_population_at(const model *m, uint32_t population)
{
    return (const model_population *)m->array[MODEL_POPULATIONS].items + population;
}

static model_way *way_at(model *m, uint32_t population, uint32_t place)
{
    return (model_way *)m->array[MODEL_WAYS].items + (size_t)population * model_place_count(m) + place;
}

const model_way *model_way_at(const model *m, uint32_t population, uint32_t place)
{
    return (const model_way *)m->array[MODEL_WAYS].items + (size_t)population * model_place_count(m) + place;
}

/* ---- seasons ------------------------------------------------------------------------------------------------------- */

/* Measured over an interval that has just ended: it counts for the hour in which it began. */
static void season_note(model_season *s, int64_t began_ns, int64_t value)
{
    int64_t day = began_ns / DAY_NS, hour = began_ns / SKY_NS_PER_HOUR % MODEL_HOURS;

    if (day != s->day) {
        memcpy(s->most[YESTERDAY], s->most[TODAY], sizeof s->most[TODAY]);
        memset(s->most[TODAY], 0, sizeof s->most[TODAY]);
        if (day != s->day + 1)
            memset(s->most[YESTERDAY], 0, sizeof s->most[YESTERDAY]);
        s->day = day;
    }
    if (value > s->most[TODAY][hour])
        s->most[TODAY][hour] = value;
}

int64_t model_season_most(const model_season *s, int64_t from_ns, int64_t to_ns)
{
    int64_t most = 0;

    for (int64_t hour = from_ns / SKY_NS_PER_HOUR; hour * SKY_NS_PER_HOUR < to_ns; hour++) {
        int64_t ago = s->day - hour / MODEL_HOURS; /* -1: tomorrow, of which today is the day before */
        int64_t known = ago < -1 || ago > 0 ? 0 : s->most[ago == 0 ? YESTERDAY : TODAY][hour % MODEL_HOURS];

        most = known > most ? known : most;
    }
    return most;
}

/* ---- what there is -------------------------------------------------------------------------------------------------- */

static sky_status observe_service(model *m, const sky_event *event, sky_error *error)
{
    model_service *s = m->array[MODEL_SERVICES].items;

    if (event->other > m->array[MODEL_SERVICES].count || event->other >= MOST_PLACES)
        return model_refuse(error, event, "services are declared in order", event->other);
    if (event->a < 1 || event->b < 0 || event->c < 1 || event->c > MOST_REPLICAS || event->d < 0)
        return model_refuse(error, event, "expected times, and requests that a replica works on at once",
                            event->a);
    if (event->other < m->array[MODEL_SERVICES].count)
        s += event->other;
    else
        s = model_append(m, MODEL_SERVICES);
    if (s == NULL)
        return model_no_memory(error);
    *s = (model_service){
        .time_ns = event->a, .scv_ppm = event->b, .concurrency = (uint32_t)event->c, .cold_start_ns = event->d
    };
    return SKY_OK;
}

static sky_status observe_place(model *m, const sky_event *event, sky_error *error)
{
    int is_new = event->instance == model_place_count(m);
    model_place *p;

    if (event->instance > model_place_count(m) || event->instance >= MOST_PLACES ||
        (is_new && m->array[MODEL_POPULATIONS].count > 0))
        return model_refuse(error, event, "places are declared in order, before populations",
                            event->instance);
    if (event->other >= m->array[MODEL_SERVICES].count || event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such service or region", event->other);
    if (event->a < 0 || event->b < 1 || event->b < event->a || event->b > MOST_REPLICAS)
        return model_refuse(error, event, "expected a least and a most number of replicas", event->b);
    if (event->c < 0 || event->c > MOST_BYTES || event->d < 0 || event->d > MOST_BYTES)
        return model_refuse(error, event, "expected sizes of a request and an answer", event->c);
    p = is_new ? model_append(m, MODEL_PLACES) : place_at(m, event->instance);
    if (p == NULL)
        return model_no_memory(error);
    if (!is_new && (p->service != event->other || p->region != event->region))
        return model_refuse(error, event, "expected the place's service and region", event->other);
    p->service = event->other;
    p->region = event->region;
    p->least = event->a;
    p->most = event->b;
    p->request_bytes = event->c;
    p->answer_bytes = event->d;
    return SKY_OK;
}

static sky_status observe_forbidden(model *m, const sky_event *event, sky_error *error)
{
    if (event->other >= m->array[MODEL_SERVICES].count || event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such service or region", event->other);
    if (event->detail == 0)
        return model_refuse(error, event, "a rule has a number above 0", 0);
    for (uint32_t i = 0; i < model_place_count(m); i++)
        if (place_at(m, i)->service == event->other && place_at(m, i)->region == event->region)
            place_at(m, i)->rule = event->detail;
    return SKY_OK;
}

static sky_status observe_population(model *m, const sky_event *event, sky_error *error)
{
    uint32_t places = model_place_count(m), ways = m->array[MODEL_WAYS].count;
    model_population *p = m->array[MODEL_POPULATIONS].items;

    if (event->other > m->array[MODEL_POPULATIONS].count)
        return model_refuse(error, event, "populations are declared in order", event->other);
    if (event->detail >= m->array[MODEL_SERVICES].count || event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such service or region", event->detail);
    if (event->a < 0 || event->b < 0 || event->b > PPM)
        return model_refuse(error, event, "expected an objective: a time, and a share", event->b);
    if (event->other < m->array[MODEL_POPULATIONS].count) {
        p += event->other;
        if (p->service != event->detail || p->region != event->region)
            return model_refuse(error, event, "expected the population's service and region", event->detail);
        p->objective_ns = event->a;
        p->objective_ppm = event->b;
        return SKY_OK;
    }
    if (model_reserve(m, MODEL_WAYS, ways + places) != SKY_OK)
        return model_no_memory(error);
    memset((model_way *)m->array[MODEL_WAYS].items + ways, 0, places * sizeof(model_way));
    m->array[MODEL_WAYS].count = ways + places;
    p = model_append(m, MODEL_POPULATIONS);
    if (p == NULL)
        return model_no_memory(error);
    *p = (model_population){
        .service = event->detail, .region = event->region, .objective_ns = event->a, .objective_ppm = event->b
    };
    return SKY_OK;
}

static int is_way(const model *m, const sky_event *event)
{
    return event->other < m->array[MODEL_POPULATIONS].count && event->instance < model_place_count(m) &&
           model_population_at(m, event->other)->service == model_place_at(m, event->instance)->service;
}

static sky_status observe_way(model *m, const sky_event *event, sky_error *error)
{
    model_way *w;

    if (!is_way(m, event))
        return model_refuse(error, event, "no such population, or no such place of its service",
                            event->other);
    if (event->a < 0 || event->detail > 1)
        return model_refuse(error, event, "expected a round-trip time", event->a);
    w = way_at(m, event->other, event->instance);
    w->told = 1;
    w->closed = event->detail;
    w->round_trip_ns = event->a;
    return SKY_OK;
}

/* ---- what is measured ------------------------------------------------------------------------------------------------ */

static sky_status observe_asked(model *m, const sky_event *event, sky_error *error)
{
    model_population *p;
    int64_t span_ns;

    if (event->other >= m->array[MODEL_POPULATIONS].count)
        return model_refuse(error, event, "no such population", event->other);
    if (event->a < 0 || event->a > MOST_REQUESTS || event->b < 0 || event->c < 0)
        return model_refuse(error, event, "expected a number of requests", event->a);
    p = (model_population *)m->array[MODEL_POPULATIONS].items + event->other;
    span_ns = event->time_ns - p->told_ns;
    if (span_ns > 0) {
        p->rate = muldiv_i64(event->a * PPM, SKY_NS_PER_SECOND, span_ns);
        season_note(&p->rates, p->told_ns, p->rate);
    }
    p->requests = event->a;
    p->failed = event->b;
    p->p99_ns = event->c;
    p->told_ns = event->time_ns;
    return SKY_OK;
}

static sky_status observe_served(model *m, const sky_event *event, sky_error *error)
{
    model_place *p;
    int64_t can, waiting;

    if (event->instance >= model_place_count(m))
        return model_refuse(error, event, "no such place", event->instance);
    if (event->a < 0 || event->b < 0 || event->c < 0 || event->d < 0 || event->d > MOST_REQUESTS)
        return model_refuse(error, event, "expected numbers of requests, and a share in use", event->d);
    p = place_at(m, event->instance);
    can = (int64_t)p->up * model_service_at(m, p->service)->concurrency;
    waiting = event->d > can ? event->d - can : 0;
    p->received = event->a;
    p->turned_away = event->b;
    p->utilisation_ppm = event->c;
    p->under_way = event->d;
    p->asked_before_ppm = p->asked_ppm;
    p->asked_ppm = muldiv_i64(p->utilisation_ppm, p->up, 1) +
                   muldiv_i64(waiting, PPM, model_service_at(m, p->service)->concurrency);
    if (event->time_ns > p->told_ns)
        season_note(&p->asked, p->told_ns, p->asked_ppm);
    p->told_ns = event->time_ns;
    return SKY_OK;
}

static sky_status observe_price(model *m, const sky_event *event, sky_error *error)
{
    if (event->instance >= model_place_count(m))
        return model_refuse(error, event, "no such place", event->instance);
    if (event->a < 0 || event->a > MOST_NUSD)
        return model_refuse(error, event, "expected a price per hour, at least 0", event->a);
    place_at(m, event->instance)->nusd_per_hour = event->a;
    return SKY_OK;
}

static sky_status observe_replicas(model *m, const sky_event *event, sky_error *error)
{
    model_place *p;

    if (event->instance >= model_place_count(m))
        return model_refuse(error, event, "no such place", event->instance);
    if (event->a < 0 || event->b < event->a || event->b > MOST_REPLICAS)
        return model_refuse(error, event, "expected replicas that work, and those with the ones that start",
                            event->b);
    p = place_at(m, event->instance);
    if (p->up != (uint32_t)event->a)
        m->is.serving = 1;
    p->up = (uint32_t)event->a;
    p->ordered = (uint32_t)event->b;
    return SKY_OK;
}

static sky_status observe_routed(model *m, const sky_event *event, sky_error *error)
{
    if (!is_way(m, event))
        return model_refuse(error, event, "no such population, or no such place of its service",
                            event->other);
    if (event->a < 0 || event->a > PPM)
        return model_refuse(error, event, "expected a weight", event->a);
    way_at(m, event->other, event->instance)->weight = event->a;
    return SKY_OK;
}

void services_govern(model *m, uint32_t place)
{
    place_at(m, place)->governed = 1;
}

sky_status services_observe(model *m, const sky_event *event, sky_error *error)
{
    switch (event->kind) {
    case SKY_EVENT_SERVICE:
        return observe_service(m, event, error);
    case SKY_EVENT_SERVICE_FORBIDDEN:
        return observe_forbidden(m, event, error);
    case SKY_EVENT_PLACE:
        return observe_place(m, event, error);
    case SKY_EVENT_PLACE_PRICE:
        return observe_price(m, event, error);
    case SKY_EVENT_POPULATION:
        return observe_population(m, event, error);
    case SKY_EVENT_POPULATION_WAY:
        return observe_way(m, event, error);
    case SKY_EVENT_ASKED:
        return observe_asked(m, event, error);
    case SKY_EVENT_SERVED:
        return observe_served(m, event, error);
    case SKY_EVENT_REPLICAS:
        return observe_replicas(m, event, error);
    default:
        return observe_routed(m, event, error);
    }
}
