/* `services`: what answers requests, and where; `populations`: who makes them, when, and what they put up with. */
#include "config.h"
#include "demand.h"

#include "../world/service/services.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SERVICE_KEYS                                                                                         \
    "name time per_request per_token concurrency batch batch_wait queue memory_tokens trust_domain target "  \
    "scale_every predictive cold_start request_size answer_size allowed_jurisdictions places passes_to "     \
    "endpoint_life " MTLS_KEYS
#define PLACE_KEYS "region zone replicas least most price weight"
#define POPULATION_KEYS                                                                                      \
    "name region service rate swing peak weekend crowds routing access jitter attempts timeout pause "       \
    "breaker breaker_time tokens objective objective_share gateway trust_domain " MTLS_KEYS
#define MOST_REPLICAS 100000
#define MOST_BYTES    INT64_C(1000000000000)
#define WHOLE_PPM     1000000

/* While they are read. */
typedef struct reading {
    station_config *stations; /* of all services */
    int64_t *weights;         /* by station */
    client_config *populations;
} reading;

/* ---- services ------------------------------------------------------------------------------------------------------- */

static sky_status load_scaler(loader *l, const config_setting_t *group, autoscaler_config *a)
{
    int predictive = 0;
    sky_status status = config_get_share(l, group, "target", 0.01, &a->target_ppm);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "scale_every", UNIT_TIME, 0, &a->interval_ns);
    if (status == SKY_OK && a->interval_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, group, "scale_every", "less than a second", "a time of at least \"1 s\"");
    if (status == SKY_OK)
        status = config_get_flag(l, group, "predictive", &predictive);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "cold_start", UNIT_TIME, 0, &a->cold_start_ns);
    a->predictive = (uint32_t)predictive;
    return status;
}

/* What is the same at all places of a service. */
static sky_status load_service(loader *l, const config_setting_t *group, station_config *c)
{
    sky_status status = load_duration(l, group, "time", 1, &c->time);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "per_request", UNIT_TIME, 0, &c->per_request_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "per_token", UNIT_TIME, 0, &c->per_token_ns);
    if (status == SKY_OK)
        status = config_get_count(l, group, "concurrency", 1, 100000, &c->concurrency);
    if (status == SKY_OK)
        status = config_get_count(l, group, "batch", 1, 100000, &c->max_batch);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "batch_wait", UNIT_TIME, 0, &c->max_wait_ns);
    if (status == SKY_OK)
        status = config_get_count(l, group, "queue", 0, STATION_NONE - 1, &c->queue_limit);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "memory_tokens", 0, 1, INT64_C(1000000000), &c->memory_tokens);
    if (status == SKY_OK)
        status = config_get_count(l, group, "trust_domain", 0, 1000, &c->trust_domain);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "request_size", UNIT_BYTES, 0, &c->request_bytes);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "answer_size", UNIT_BYTES, 0, &c->answer_bytes);
    if (status == SKY_OK && (c->request_bytes > MOST_BYTES || c->answer_bytes > MOST_BYTES))
        status = config_fail(l, group, c->request_bytes > MOST_BYTES ? "request_size" : "answer_size",
                             "more than a terabyte", "at most \"1 TB\"");
    return status == SKY_OK ? load_scaler(l, group, &c->scaling) : status;
}

static sky_status get_region(loader *l, const config_setting_t *group, uint32_t *region)
{
    const char *name = NULL;
    size_t found;
    sky_status status = config_get_string(l, group, "region", 1, &name);

    if (status != SKY_OK)
        return status;
    found = scenario_find_region(l->out, name);
    *region = (uint32_t)found;
    return found < l->out->region_count ? SKY_OK : load_fail_region(l, group, "region", name);
}

/* Of a place; none: it is spread over all of its region's. */
static sky_status get_zone(loader *l, const config_setting_t *group, const scenario_region *region,
                           uint32_t *zone)
{
    const char *name = NULL;
    suggest_search search;
    sky_status status = config_get_string(l, group, "zone", 0, &name);

    *zone = SKY_NONE;
    if (status != SKY_OK || name == NULL)
        return status;
    search = suggest_for(name);
    for (uint32_t i = 0; i < region->zone_count; i++) {
        suggest_offer(&search, region->zones[i], 0);
        if (strcmp(region->zones[i], name) == 0)
            *zone = i;
    }
    return *zone != SKY_NONE ? SKY_OK
                             : config_fail_near(l, group, "zone", name, "a zone of the region", &search);
}

static sky_status load_place(loader *l, const config_setting_t *group, const char *service, reading *r)
{
    scenario *s = l->out;
    station_config *c = &r->stations[s->place_count];
    char name[200];
    sky_status status = config_check_keys(l, group, PLACE_KEYS);

    r->weights[s->place_count] = 1;
    s->place_service[s->place_count] = (uint32_t)s->service_count;
    if (status == SKY_OK)
        status = get_region(l, group, &c->region);
    if (status == SKY_OK)
        status = get_zone(l, group, &s->regions[c->region], &s->place_zones[s->place_count]);
    if (status == SKY_OK)
        status = config_get_count(l, group, "replicas", 0, MOST_REPLICAS, &c->scaling.least);
    if (status == SKY_OK && c->scaling.least > 0 && s->service[s->service_count].closed[c->region])
        status = config_fail(l, group, "region", s->regions[c->region].name,
                             "a region in the service's `allowed_jurisdictions`, or `replicas = 0`");
    c->keep = c->scaling.least;
    if (status == SKY_OK)
        status = config_get_count(l, group, "least", 0, c->scaling.least, &c->keep);
    c->scaling.most = c->scaling.least > 0 ? c->scaling.least : 1;
    if (status == SKY_OK)
        status = config_get_count(l, group, "most", c->scaling.most, MOST_REPLICAS, &c->scaling.most);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price", UNIT_USD_PER_HOUR, 0, &c->nusd_per_hour);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "weight", 0, 1, 1000000, &r->weights[s->place_count]);
    if (status != SKY_OK)
        return status;
    snprintf(name, sizeof name, "%.90s at %.90s", service, s->regions[c->region].name);
    s->place_names[s->place_count] = config_strdup(l, name);
    return s->place_names[s->place_count++] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_places(loader *l, const config_setting_t *group, reading *r)
{
    const config_setting_t *places = NULL;
    scenario_service *service = &l->out->service[l->out->service_count];
    const char *name = NULL;
    station_config like = { .concurrency = 1,
                            .max_batch = 1,
                            .queue_limit = STATION_NONE,
                            .then = STATION_NONE,
                            .scaling = {
                                .least = 1, .interval_ns = 60 * SKY_NS_PER_SECOND, .target_ppm = 700000 } };
    sky_status status = config_check_keys(l, group, SERVICE_KEYS);

    if (status == SKY_OK)
        status = config_get_string(l, group, "name", 1, &name);
    for (size_t i = 0; status == SKY_OK && i < l->out->service_count; i++)
        if (strcmp(l->out->service[i].name, name) == 0)
            status = config_fail(l, group, "name", name, "a name of its own");
    if (status == SKY_OK)
        status = load_service(l, group, &like);
    if (status == SKY_OK)
        status = load_closed_regions(l, group, &service->closed);
    if (status == SKY_OK)
        status = config_get_list(l, group, "places", 1, &places);
    if (status == SKY_OK && config_setting_length(places) == 0)
        status = config_fail(l, group, "places", "an empty list", "at least one place");
    for (int i = 0; status == SKY_OK && i < config_setting_length(places); i++) {
        r->stations[l->out->place_count] = like;
        status = load_place(l, config_setting_get_elem(places, (unsigned)i), name, r);
    }
    if (status != SKY_OK)
        return status;
    service->name = config_strdup(l, name);
    l->out->service_count++;
    return service->name != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* Room for what the lists have. */
static sky_status make_room(loader *l, const config_setting_t *services, const config_setting_t *populations,
                            reading *r)
{
    size_t places = 0, count = (size_t)config_setting_length(services);

    for (size_t i = 0; i < count; i++) {
        const config_setting_t *service = config_setting_get_elem(services, (unsigned)i);
        const config_setting_t *list = config_setting_get_member(service, "places");

        places += list != NULL ? (size_t)config_setting_length(list) : 0;
    }
    if (places > SERVICES_MOST_STATIONS)
        return config_fail(l, services, NULL, "too many places", "at most 4096, of all services");
    l->out->service = config_alloc(l, count + 1, sizeof *l->out->service);
    r->stations = config_alloc(l, places + 1, sizeof *r->stations);
    r->weights = config_alloc(l, places + 1, sizeof *r->weights);
    l->out->place_service = config_alloc(l, places + 1, sizeof *l->out->place_service);
    l->out->place_names = config_alloc(l, places + 1, sizeof *l->out->place_names);
    l->out->place_zones = config_alloc(l, places + 1, sizeof *l->out->place_zones);
    count = (size_t)config_setting_length(populations);
    r->populations = config_alloc(l, count + 1, sizeof *r->populations);
    l->out->population_names = config_alloc(l, count + 1, sizeof *l->out->population_names);
    l->out->population_service = config_alloc(l, count + 1, sizeof *l->out->population_service);
    return l->out->service != NULL && r->stations != NULL && r->weights != NULL &&
                   l->out->place_service != NULL && l->out->place_names != NULL &&
                   l->out->place_zones != NULL && r->populations != NULL &&
                   l->out->population_names != NULL && l->out->population_service != NULL
               ? SKY_OK
               : SKY_ERROR_MEMORY;
}

/* ---- populations ------------------------------------------------------------------------------------------------------- */

static sky_status load_patience(loader *l, const config_setting_t *group, client_config *c)
{
    sky_status status = config_get_count(l, group, "attempts", 1, 100, &c->attempts);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "timeout", UNIT_TIME, 0, &c->timeout_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "pause", UNIT_TIME, 0, &c->pause_ns);
    if (status == SKY_OK && c->pause_ns < 1)
        status = config_fail(l, group, "pause", "0", "a time above 0");
    if (status == SKY_OK)
        status = config_get_count(l, group, "breaker", 0, 1000000, &c->breaker_failures);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "breaker_time", UNIT_TIME, 0, &c->breaker_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "objective", UNIT_TIME, 0, &c->objective_ns);
    return status == SKY_OK ? config_get_share(l, group, "objective_share", 0, &c->objective_ppm) : status;
}

static sky_status find_service(loader *l, const config_setting_t *group, uint32_t *service)
{
    const char *name = NULL;
    suggest_search search;
    sky_status status = config_get_string(l, group, "service", 1, &name);

    if (status != SKY_OK)
        return status;
    search = suggest_for(name);
    for (*service = 0; *service < l->out->service_count; (*service)++) {
        if (strcmp(l->out->service[*service].name, name) == 0)
            return SKY_OK;
        suggest_offer(&search, l->out->service[*service].name, 0);
    }
    return config_fail_near(l, group, "service", name, "the name of one of `services`", &search);
}

/* Where zones are apart, users of a region come in by all of them: to a place in one they go on to it, one that is spread
 * answers where they are. */
static int64_t rtt_to(const scenario *s, uint32_t from, uint32_t to, uint32_t zone)
{
    if (from != to || s->network == NULL || !s->network->has_zones)
        return s->rtt_ns[from * s->region_count + to];
    return zone != SKY_NONE ? s->network->zone_rtt_ns : s->network->within_zone_rtt_ns;
}

/* To each place of its service: half the round trip of the catalog, and the users' own access line. */
static sky_status load_routes(loader *l, const config_setting_t *group, const reading *r, client_config *c)
{
    scenario *s = l->out;
    client_route *routes = config_alloc(l, s->place_count + 1, sizeof *routes);
    int64_t access_ns = 0, jitter_ns = 0;
    uint32_t service = 0;
    int open = 0;
    sky_status status = find_service(l, group, &service);

    if (routes == NULL)
        return SKY_ERROR_MEMORY;
    c->routes = routes;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "access", UNIT_TIME, 0, &access_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "jitter", UNIT_TIME, 0, &jitter_ns);
    for (size_t i = 0; status == SKY_OK && i < s->place_count; i++) {
        int64_t rtt_ns = rtt_to(s, c->region, r->stations[i].region, s->place_zones[i]);

        /* where there are no replicas nobody asks, until an engine opens the place */
        if (s->place_service[i] == service && r->stations[i].scaling.least > 0)
            routes[i].weight = r->weights[i];
        open |= routes[i].weight > 0;
        routes[i].there_ns = routes[i].back_ns = access_ns + rtt_ns / 2;
        routes[i].jitter.mean_ns = jitter_ns;
        routes[i].jitter.correlation_ns = 1;
        routes[i].nusd_per_million = r->stations[i].nusd_per_hour;
        if (r->stations[i].region != c->region && routes[i].there_ns < 1)
            status = config_fail(l, group, "region", "a region without distance to a place of a service",
                                 "a round-trip time in the catalog");
    }
    s->population_service[s->population_count] = service;
    if (status == SKY_OK && !open)
        status = config_fail(l, group, "service", s->service[service].name,
                             "a service that has replicas somewhere from the start");
    return status;
}

static sky_status load_population(loader *l, const config_setting_t *group, reading *r)
{
    scenario *s = l->out;
    client_config *c = &r->populations[s->population_count];
    const char *name = NULL;
    int routing = CLIENT_LEAST_LATENCY;
    sky_status status = config_check_keys(l, group, POPULATION_KEYS);

    *c = (client_config){ .attempts = 1,
                          .pause_ns = SKY_NS_PER_SECOND / 10,
                          .breaker_ns = 10 * SKY_NS_PER_SECOND,
                          .objective_ns = SKY_NS_PER_SECOND,
                          .objective_ppm = 990000,
                          .mtls = { .has_identity = 1, .round_trips = 2, .requests_per_connection = 100 } };
    if (status == SKY_OK)
        status = config_get_string(l, group, "name", 1, &name);
    if (status == SKY_OK)
        status = get_region(l, group, &c->region);
    if (status == SKY_OK)
        status = load_routes(l, group, r, c);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "routing", 0, "least-latency least-cost weight locality",
                                   &routing);
    if (status == SKY_OK)
        status = load_demand(l, group, &c->load);
    if (status == SKY_OK)
        status = load_patience(l, group, c);
    if (status == SKY_OK)
        status = load_mtls(l, group, &c->mtls);
    if (status == SKY_OK)
        status = config_get_real(l, group, "tokens", 0, 1, 1e9, &c->tokens);
    if (status != SKY_OK)
        return status;
    c->routing = (client_routing)routing;
    s->population_names[s->population_count] = config_strdup(l, name);
    return s->population_names[s->population_count++] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* What a request takes by itself, of the tokens that its users' have on average. */
static void measure_service(scenario *s, const reading *r, uint32_t service)
{
    const station_config *c = NULL;
    double rate = 0, tokens = 0, mean_ns, drawn_ns;

    for (size_t i = 0; i < s->place_count; i++)
        if (s->place_service[i] == service)
            c = &r->stations[i];
    for (size_t i = 0; i < s->population_count; i++)
        if (s->population_service[i] == service) {
            rate += r->populations[i].load.per_s;
            tokens += r->populations[i].load.per_s * r->populations[i].tokens;
        }
    drawn_ns = c->time.mean_ns;
    mean_ns = drawn_ns + (double)c->per_request_ns + (rate > 0 ? tokens / rate : 0) * (double)c->per_token_ns;
    s->service[service].time_ns = mean_ns >= 1 ? llround(mean_ns) : 1;
    if (mean_ns > 0)
        s->service[service].scv_ppm = llround(duration_scv(&c->time) * drawn_ns * drawn_ns / mean_ns /
                                              mean_ns * WHOLE_PPM);
}

sky_status load_services(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *services = NULL, *populations = NULL;
    services_config *out;
    reading r = { .stations = NULL };
    sky_status status = config_get_list(l, root, "services", 0, &services);

    if (status == SKY_OK)
        status = config_get_list(l, root, "populations", services != NULL, &populations);
    if (status == SKY_OK && services == NULL && populations != NULL)
        status = config_fail(l, root, "populations", "users of no service", "a list `services` beside it");
    if (status != SKY_OK || services == NULL)
        return status;
    status = make_room(l, services, populations, &r);
    for (int i = 0; status == SKY_OK && i < config_setting_length(services); i++)
        status = load_places(l, config_setting_get_elem(services, (unsigned)i), &r);
    if (status == SKY_OK && s->place_count == 0)
        status = config_fail(l, root, "services", "an empty list", "at least one service");
    for (int i = 0; status == SKY_OK && i < config_setting_length(populations); i++)
        status = load_population(l, config_setting_get_elem(populations, (unsigned)i), &r);
    if (status != SKY_OK)
        return status;
    for (size_t i = 0; i < s->service_count; i++)
        measure_service(s, &r, (uint32_t)i);
    out = config_alloc(l, 1, sizeof *out);
    if (out == NULL)
        return SKY_ERROR_MEMORY;
    *out = (services_config){ .regions = (uint32_t)s->region_count,
                              .populations = r.populations,
                              .stations = r.stations,
                              .population_count = (uint32_t)s->population_count,
                              .station_count = (uint32_t)s->place_count };
    s->services = out;
    return SKY_OK;
}
