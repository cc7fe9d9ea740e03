/* `mesh`: how services find, trust and balance each other, gateways at the edge, and what is seen of it; and the keys of
 * services and populations that belong to it. */
#include "config.h"

#include "../world/service/services.h"

#include <stdio.h>
#include <string.h>

#define MESH_KEYS        "mtls certificates discovery dns locality gateways sample edges"
#define GATEWAY_KEYS     "name region rate wait price_per_request price_per_gb trust_domain " MTLS_KEYS
#define MOST_EDGES       16384 /* each keeps times by bucket: 58 KiB */
#define MOST_CONNECTIONS 1000000000

/* While they are read. */
typedef struct reading {
    const config_setting_t *services, *populations;
    station_config *stations;
    client_config *clients;
    gateway_config *gateways;
} reading;

sky_status load_mtls(loader *l, const config_setting_t *group, mtls_config *m)
{
    int has_identity = (int)m->has_identity;
    sky_status status = config_get_flag(l, group, "identity", &has_identity);

    m->has_identity = (uint32_t)has_identity;
    if (status == SKY_OK)
        status = config_get_count(l, group, "trust_domain", 0, 1000, &m->trust_domain);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "handshake", UNIT_TIME, 0, &m->full_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "resumed", UNIT_TIME, 0, &m->resumed_ns);
    if (status == SKY_OK)
        status = config_get_share(l, group, "resumed_share", 0, &m->resumed_ppm);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "ticket", UNIT_TIME, 0, &m->ticket_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "idle", UNIT_TIME, 0, &m->idle_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "encryption", UNIT_TIME, 0, &m->per_request_ns);
    return status == SKY_OK ? config_get_count(l, group, "per_connection", 1, MOST_CONNECTIONS,
                                               &m->requests_per_connection)
                            : status;
}

/* ---- certificates, discovery, names, locality ----------------------------------------------------------------- */

static sky_status load_issuer_outages(loader *l, const config_setting_t *group, certificates_config *c)
{
    const config_setting_t *list = NULL;
    certificates_outage *outages;
    sky_status status = config_get_list(l, group, "outages", 0, &list);

    if (status != SKY_OK || list == NULL)
        return status;
    outages = config_alloc(l, (size_t)config_setting_length(list) + 1, sizeof *outages);
    if (outages == NULL)
        return SKY_ERROR_MEMORY;
    c->outages = outages;
    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *outage = config_setting_get_elem(list, (unsigned)i);
        certificates_outage *o = &outages[c->outage_count++];

        status = config_check_keys(l, outage, "from to");
        if (status == SKY_OK)
            status = config_get_quantity(l, outage, "from", UNIT_TIME, 1, &o->from_ns);
        if (status == SKY_OK)
            status = config_get_quantity(l, outage, "to", UNIT_TIME, 1, &o->to_ns);
        if (status == SKY_OK && o->to_ns <= o->from_ns)
            status = config_fail(l, outage, "to", "no later than `from`", "a later time");
    }
    return status;
}

static sky_status load_certificates(loader *l, const config_setting_t *mesh, certificates_config *c)
{
    const config_setting_t *group = NULL;
    sky_status status = config_get_group(l, mesh, "certificates", 0, &group);

    if (status != SKY_OK || group == NULL)
        return status;
    status = config_check_keys(l, group, "every lifetime failure outages");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "every", UNIT_TIME, 1, &c->every_ns);
    if (status == SKY_OK && (c->every_ns < SKY_NS_PER_SECOND || c->every_ns > 100000 * SKY_NS_PER_HOUR))
        status = config_fail(l, group, "every", "a time out of range", "a time from \"1 s\" to \"100000 h\"");
    c->lifetime_ns = 2 * c->every_ns;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "lifetime", UNIT_TIME, 0, &c->lifetime_ns);
    if (status == SKY_OK && c->lifetime_ns < c->every_ns)
        status = config_fail(l, group, "lifetime", "less than `every`",
                             "a time that lasts to the next renewal");
    if (status == SKY_OK)
        status = config_get_share(l, group, "failure", 0, &c->failure_ppm);
    return status == SKY_OK ? load_issuer_outages(l, group, c) : status;
}

static sky_status load_discovery(loader *l, const config_setting_t *mesh, discovery_config *d)
{
    const config_setting_t *group = NULL;
    sky_status status = config_get_group(l, mesh, "discovery", 0, &group);

    if (status != SKY_OK || group == NULL)
        return status;
    status = config_check_keys(l, group, "every delay");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "every", UNIT_TIME, 1, &d->every_ns);
    if (status == SKY_OK && d->every_ns < SKY_NS_PER_SECOND / 100)
        status = config_fail(l, group, "every", "less than 10 ms", "a time of at least \"10 ms\"");
    return status == SKY_OK ? config_get_quantity(l, group, "delay", UNIT_TIME, 0, &d->delay_ns) : status;
}

static sky_status load_names(loader *l, const config_setting_t *mesh, reading *r)
{
    const config_setting_t *group = NULL;
    names_config names = { .lookup_ns = SKY_NS_PER_SECOND / 50, .timeout_ns = 5 * SKY_NS_PER_SECOND };
    sky_status status = config_get_group(l, mesh, "dns", 0, &group);

    if (status != SKY_OK || group == NULL)
        return status;
    status = config_check_keys(l, group, "ttl lookup timeout");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "ttl", UNIT_TIME, 1, &names.ttl_ns);
    if (status == SKY_OK && names.ttl_ns < 1)
        status = config_fail(l, group, "ttl", "0", "a time above 0");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "lookup", UNIT_TIME, 0, &names.lookup_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "timeout", UNIT_TIME, 0, &names.timeout_ns);
    for (size_t p = 0; p < l->out->population_count; p++)
        r->clients[p].names = names;
    return status;
}

static sky_status load_locality(loader *l, const config_setting_t *mesh, balance_config *b)
{
    const config_setting_t *group = NULL;
    double factor = 1.4; /* Envoy's */
    sky_status status = config_get_group(l, mesh, "locality", 0, &group);

    if (status == SKY_OK && group != NULL)
        status = config_check_keys(l, group, "threshold overprovision");
    if (status == SKY_OK && group != NULL)
        status = config_get_share(l, group, "threshold", 0.01, &b->threshold_ppm);
    if (status == SKY_OK && group != NULL)
        status = config_get_real(l, group, "overprovision", 0, 1, 100, &factor);
    b->overprovision_ppm = (int64_t)(factor * 1e6 + 0.5);
    return status;
}

/* ---- gateways ------------------------------------------------------------------------------------------------------ */

static sky_status load_gateway(loader *l, const config_setting_t *group, gateway_config *g)
{
    scenario *s = l->out;
    const char *name = NULL, *region = NULL;
    double rate = 0;
    size_t found;
    sky_status status = config_check_keys(l, group, GATEWAY_KEYS);

    *g = (gateway_config){
        .most_wait_ns = SKY_NS_PER_SECOND,
        .mtls = { .has_identity = 1, .round_trips = 2, .requests_per_connection = MOST_CONNECTIONS }
    };
    if (status == SKY_OK)
        status = config_get_string(l, group, "name", 1, &name);
    for (size_t i = 0; status == SKY_OK && i < s->gateway_count; i++)
        if (strcmp(s->gateway_names[i], name) == 0)
            status = config_fail(l, group, "name", name, "a name of its own");
    if (status == SKY_OK)
        status = config_get_string(l, group, "region", 1, &region);
    if (status != SKY_OK)
        return status;
    found = scenario_find_region(s, region);
    g->region = (uint32_t)found;
    if (found == s->region_count)
        return load_fail_region(l, group, "region", region);
    status = config_get_real(l, group, "rate", 0, 0.001, 1e9, &rate);
    g->per_request_ns = rate > 0 ? (int64_t)(1e9 / rate + 0.5) : 0;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "wait", UNIT_TIME, 0, &g->most_wait_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price_per_request", UNIT_USD_PER_REQUEST, 0,
                                     &g->nusd_per_request);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price_per_gb", UNIT_USD_PER_GB, 0, &g->nusd_per_gb);
    if (status == SKY_OK)
        status = load_mtls(l, group, &g->mtls);
    if (status != SKY_OK)
        return status;
    s->gateway_names[s->gateway_count] = config_strdup(l, name);
    return s->gateway_names[s->gateway_count++] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_gateways(loader *l, const config_setting_t *mesh, reading *r)
{
    const config_setting_t *list = NULL;
    sky_status status = config_get_list(l, mesh, "gateways", 0, &list);
    size_t count;

    if (status != SKY_OK || list == NULL)
        return status;
    count = (size_t)config_setting_length(list);
    if (count > GATEWAY_MOST)
        return config_fail(l, mesh, "gateways", "too many gateways", "at most 4096");
    r->gateways = config_alloc(l, count + 1, sizeof *r->gateways);
    l->out->gateway_names = config_alloc(l, count + 1, sizeof *l->out->gateway_names);
    if (r->gateways == NULL || l->out->gateway_names == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = load_gateway(l, config_setting_get_elem(list, (unsigned)i), &r->gateways[i]);
    return status;
}

static int64_t half_trip_ns(const scenario *s, uint32_t from, uint32_t to)
{
    return s->rtt_ns[from * s->region_count + to] / 2;
}

/* Ways by a gateway: the users' own as far as that, and from there as the catalog's. */
static sky_status go_by_gateway(loader *l, const config_setting_t *group, client_config *c, uint32_t gateway,
                                const reading *r)
{
    const scenario *s = l->out;
    client_route *routes = config_alloc(l, s->place_count + 1, sizeof *routes);
    uint32_t at = r->gateways[gateway].region;
    int64_t access_ns = 0;
    sky_status status = config_get_quantity(l, group, "access", UNIT_TIME, 0, &access_ns);

    if (routes == NULL)
        return SKY_ERROR_MEMORY;
    memcpy(routes, c->routes, s->place_count * sizeof *routes);
    c->routes = routes;
    c->gateway = gateway + 1;
    c->gateway_ns = access_ns + half_trip_ns(s, c->region, at);
    if (status == SKY_OK && at != c->region && c->gateway_ns < 1)
        return config_fail(l, group, "gateway", "a gateway without distance to the region",
                           "a round-trip time in the catalog");
    for (size_t i = 0; i < s->place_count && status == SKY_OK; i++) {
        int64_t way_ns = half_trip_ns(s, at, r->stations[i].region);

        routes[i].there_ns = way_ns;
        routes[i].back_ns = way_ns + c->gateway_ns;
        if (at != r->stations[i].region && way_ns < 1)
            status = config_fail(l, group, "gateway", "a gateway without distance to a place of a service",
                                 "a round-trip time in the catalog");
    }
    return status;
}

static sky_status load_population_gateway(loader *l, const config_setting_t *group, client_config *c,
                                          const reading *r)
{
    const scenario *s = l->out;
    const char *name = NULL;
    suggest_search search;
    sky_status status = config_get_string(l, group, "gateway", 0, &name);

    if (status != SKY_OK || name == NULL)
        return status;
    search = suggest_for(name);
    for (uint32_t g = 0; g < s->gateway_count; g++) {
        if (strcmp(s->gateway_names[g], name) == 0)
            return go_by_gateway(l, group, c, g, r);
        suggest_offer(&search, s->gateway_names[g], 0);
    }
    return config_fail_near(l, group, "gateway", name, "the name of one of `mesh.gateways`", &search);
}

static sky_status load_populations(loader *l, reading *r, const services_config *config)
{
    sky_status status = SKY_OK;

    for (size_t p = 0; p < l->out->population_count && status == SKY_OK; p++) {
        const config_setting_t *group = config_setting_get_elem(r->populations, (unsigned)p);

        status = load_population_gateway(l, group, &r->clients[p], r);
        if (status == SKY_OK && r->clients[p].routing == CLIENT_BY_LOCALITY &&
            config->discovery.every_ns == 0)
            status = config_fail(l, group, "routing", "locality without `mesh.discovery`",
                                 "a `mesh` with it: that is how load and health are known");
    }
    return status;
}

/* ---- services that call services --------------------------------------------------------------------------------- */

/* Number of places of the service that a group is. */
static uint32_t places_of(const config_setting_t *service)
{
    return (uint32_t)config_setting_length(config_setting_get_member(service, "places"));
}

/* Each place goes on to the nearest of the other service's `count` places from `first` on. */
static sky_status pass_to(loader *l, const config_setting_t *group, uint32_t at, uint32_t first,
                          uint32_t count, reading *r)
{
    const scenario *s = l->out;
    station_config *c = &r->stations[at];

    c->then_ns = INT64_MAX;
    for (uint32_t i = first; i < first + count; i++) {
        int64_t way_ns = half_trip_ns(s, c->region, r->stations[i].region);

        if (way_ns >= c->then_ns)
            continue;
        c->then = i;
        c->then_ns = way_ns;
    }
    if (c->region != r->stations[c->then].region && c->then_ns < 1)
        return config_fail(l, group, "passes_to", "a place without distance to the next",
                           "a round-trip time in the catalog");
    return SKY_OK;
}

static sky_status load_passes_to(loader *l, const config_setting_t *group, uint32_t at, reading *r)
{
    const char *name = NULL, *other = NULL;
    uint32_t first = 0;
    suggest_search search;
    sky_status status = config_get_string(l, group, "passes_to", 0, &name);

    if (status != SKY_OK || name == NULL)
        return status;
    search = suggest_for(name);
    for (int i = 0; i < config_setting_length(r->services); i++) {
        const config_setting_t *service = config_setting_get_elem(r->services, (unsigned)i);

        if (config_setting_lookup_string(service, "name", &other) && strcmp(other, name) == 0 &&
            service != group)
            return pass_to(l, group, at, first, places_of(service), r);
        suggest_offer(&search, other, 0);
        first += places_of(service);
    }
    return config_fail_near(l, group, "passes_to", name, "the name of another one of `services`", &search);
}

static sky_status load_stations(loader *l, reading *r)
{
    uint32_t at = 0;
    sky_status status = SKY_OK;

    for (int i = 0; i < config_setting_length(r->services) && status == SKY_OK; i++) {
        const config_setting_t *group = config_setting_get_elem(r->services, (unsigned)i);
        mtls_config mtls = { .has_identity = 1,
                             .round_trips = 2,
                             .requests_per_connection = MOST_CONNECTIONS };
        int64_t life_ns = 0;

        status = load_mtls(l, group, &mtls);
        if (status == SKY_OK)
            status = config_get_quantity(l, group, "endpoint_life", UNIT_TIME, 0, &life_ns);
        for (uint32_t last = at + places_of(group); at < last && status == SKY_OK; at++) {
            r->stations[at].mtls = mtls;
            r->stations[at].endpoint_life_ns = life_ns;
            status = load_passes_to(l, group, at, r);
        }
    }
    for (uint32_t s = 0; s < l->out->place_count && status == SKY_OK; s++) {
        uint32_t steps = 0;

        for (uint32_t on = s; on != STATION_NONE && status == SKY_OK; on = r->stations[on].then)
            if (steps++ > l->out->place_count)
                status = config_fail(l, r->services, NULL, "services that pass on to each other in a circle",
                                     "a last one, which answers");
    }
    return status;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static sky_status load_seen(loader *l, const config_setting_t *mesh, services_config *out, const reading *r)
{
    int edges = 0;
    size_t count = 0;
    sky_status status = config_get_count(l, mesh, "sample", 1, 1000000000, &out->sample);

    if (status == SKY_OK)
        status = config_get_flag(l, mesh, "edges", &edges);
    out->edges = (uint32_t)edges;
    for (size_t p = 0; p < l->out->population_count; p++)
        for (size_t s = 0; s < l->out->place_count; s++)
            count += r->clients[p].routes[s].weight > 0;
    if (status == SKY_OK && edges && count > MOST_EDGES)
        return config_fail(l, mesh, "edges", "more ways from populations to places than are kept",
                           "at most 16384 of them");
    return status;
}

static sky_status load_keys(loader *l, const config_setting_t *mesh, services_config *out, reading *r)
{
    int everywhere = 0;
    sky_status status = config_check_keys(l, mesh, MESH_KEYS);

    if (status == SKY_OK)
        status = config_get_choice(l, mesh, "mtls", 0, "between-domains everywhere", &everywhere);
    out->mtls_everywhere = (uint32_t)everywhere;
    if (status == SKY_OK)
        status = load_certificates(l, mesh, &out->certificates);
    if (status == SKY_OK)
        status = load_discovery(l, mesh, &out->discovery);
    if (status == SKY_OK)
        status = load_names(l, mesh, r);
    if (status == SKY_OK)
        status = load_locality(l, mesh, &out->balance);
    if (status == SKY_OK)
        status = load_gateways(l, mesh, r);
    return status == SKY_OK ? load_seen(l, mesh, out, r) : status;
}

sky_status load_mesh(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *mesh = NULL;
    services_config *out = s->services;
    reading r = { .services = config_setting_get_member(root, "services"),
                  .populations = config_setting_get_member(root, "populations") };
    sky_status status = config_get_group(l, root, "mesh", 0, &mesh);

    if (status == SKY_OK && mesh != NULL && out == NULL)
        status = config_fail(l, root, "mesh", "a mesh of no services", "a list `services` beside it");
    if (status != SKY_OK || out == NULL)
        return status;
    r.stations = config_alloc(l, s->place_count + 1, sizeof *r.stations);
    r.clients = config_alloc(l, s->population_count + 1, sizeof *r.clients);
    if (r.stations == NULL || r.clients == NULL)
        return SKY_ERROR_MEMORY;
    memcpy(r.stations, out->stations, s->place_count * sizeof *r.stations);
    memcpy(r.clients, out->populations, s->population_count * sizeof *r.clients);
    if (mesh != NULL)
        status = load_keys(l, mesh, out, &r);
    if (status == SKY_OK)
        status = load_stations(l, &r);
    if (status == SKY_OK)
        status = load_populations(l, &r, out);
    out->stations = r.stations;
    out->populations = r.clients;
    out->gateways = r.gateways;
    out->gateway_count = (uint32_t)s->gateway_count;
    return status;
}
