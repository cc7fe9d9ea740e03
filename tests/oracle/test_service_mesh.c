/* The mesh between services, every request an event, against closed forms:
 *     tickets       share of full handshakes 1 / (1 + lambda × ticket)             [renewal-reward; Ross, Stochastic
 *                                                                                   Processes, 1996, 3.6]
 *     certificates  without one: failure^m of the time, lifetime = m renewals      [independent renewals]
 *     discovery     1 - exp(-r delay) (1 - exp(-r every)) / (r every)              [age uniform, lives exponential]
 *     names         share of misses 1 / (1 + lambda × (lookup + TTL))              [renewal-reward]
 *     idle          share of new connections exp(-lambda × idle)                   [exponential gaps]
 *     gateway       wait rho / 2 (1 - rho) services                                [M/D/1: Pollaczek, Khinchin]
 *     locality      stays: threshold / load; Envoy's documented tables
 * and exactly, where nothing is random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "service mesh"
#include "estimate.h"
#include "services.h"

#define MS           INT64_C(1000000)
#define S            (1000 * MS)
#define REPLICATIONS 20
#define WARM_NS      (2 * S)
#define SPAN_NS      ((SKYTWIN_SANITIZED ? 20 : 60) * S)

/* One population, at most two stations and a gateway, all of which a test changes before it runs. */
typedef struct mesh {
    client_route routes[2];
    client_config population;
    station_config stations[2];
    gateway_config gateway;
    services_config config;
} mesh;

static void mesh_make(mesh *m, double per_s)
{
    const duration time = duration_make(DURATION_FIXED, MS, 0);

    *m = (mesh){ .routes = { { .weight = 1 }, { .weight = 0 } } };
    m->population = simple_population(per_s, m->routes);
    m->population.mtls = (mtls_config){ .has_identity = 1, .requests_per_connection = 1 };
    for (int s = 0; s < 2; s++)
        m->stations[s] = simple_station(time, 1000);
    m->gateway.mtls = m->population.mtls;
    m->config = (services_config){ .regions = 3,
                                   .populations = &m->population,
                                   .stations = m->stations,
                                   .population_count = 1,
                                   .station_count = 1,
                                   .gateways = &m->gateway,
                                   .seed = 7,
                                   .end_ns = SKY_NEVER_NS,
                                   .threads = 1 };
}

typedef double mesh_count(const services *s);

/* Of what is counted, the share that `of` is of `all`, from the warm-up on, over replications. */
static estimate share(mesh *m, mesh_count *of, mesh_count *all)
{
    estimate e = { 0 };

    for (m->config.replication = 0; m->config.replication < REPLICATIONS; m->config.replication++) {
        services *s = services_need(&m->config);
        double before, before_all;

        services_go(s, WARM_NS);
        before = of(s);
        before_all = all(s);
        services_go(s, WARM_NS + SPAN_NS);
        assert_true(services_are_conserved(s));
        estimate_add(&e, (of(s) - before) / (all(s) - before_all));
        services_destroy(s);
    }
    return e;
}

static double count_handshakes(const services *s)
{
    return (double)services_population(s, 0)->handshakes;
}

static double count_full(const services *s)
{
    return count_handshakes(s) - (double)services_population(s, 0)->resumptions;
}

static double count_arrived(const services *s)
{
    return (double)services_population(s, 0)->arrived;
}

static void test_tickets(void **state)
{
    mesh m;
    estimate share_of_full_handshakes;

    (void)state;
    mesh_make(&m, 1000);
    m.stations[0].trust_domain = 1;
    m.population.mtls.ticket_ns = 2 * MS;
    share_of_full_handshakes = share(&m, count_full, count_handshakes);
    assert_estimate(&share_of_full_handshakes, 1 / (1 + 1000 * 0.002), 0.002);
}

/* ---- certificates ------------------------------------------------------------------------------------------------ */

static double count_expired(const services *s)
{
    return (double)services_station(s, 0)->expired;
}

static void test_renewals_that_fail(void **state)
{
    mesh m;
    estimate share_refused_as_expired;

    (void)state;
    mesh_make(&m, 1000);
    m.stations[0].trust_domain = 1;
    m.config.certificates =
        (certificates_config){ .every_ns = 20 * MS, .lifetime_ns = 60 * MS, .failure_ppm = 500000 };
    share_refused_as_expired = share(&m, count_expired, count_arrived);
    /* Either end without one, each an eighth of the time. */
    assert_estimate(&share_refused_as_expired, 1 - pow(1 - pow(0.5, 3), 2), 0.015);
}

/* Each renewal at either end drops the sessions between them: as many full handshakes, and all others resumed. */
static void test_renewals_drop_sessions(void **state)
{
    services *s;
    mesh m;

    (void)state;
    mesh_make(&m, 1000);
    m.stations[0].trust_domain = 1;
    m.population.mtls.ticket_ns = SKY_NS_PER_HOUR;
    m.config.certificates = (certificates_config){ .every_ns = S, .lifetime_ns = 2 * S };
    s = services_need(&m.config);
    services_go(s, SPAN_NS);
    assert_in_range((uint64_t)count_full(s), 2 * SPAN_NS / S - 1, 2 * SPAN_NS / S + 1);
    assert_int_equal(services_population(s, 0)->failed, 0);
    services_destroy(s);
}

/* An issuer that is down for three renewals' time: whoever renewed before it is without a certificate from the end of
 * its life to the first renewal after. */
static void test_issuer_outage(void **state)
{
    const certificates_outage outage = { .from_ns = S, .to_ns = 4 * S };
    const certificates_config config = {
        .every_ns = S, .lifetime_ns = 2 * S, .outages = &outage, .outage_count = 1
    };

    (void)state;
    for (uint32_t identity = 0; identity < 100; identity++) {
        const certificates_owner owner = certificates_of(&config, 1, 0, identity);
        int64_t without_ms = 0, before = 0;

        for (int64_t t = 0; t < 10 * S; t += MS) {
            int64_t number = certificates_at(&config, &owner, t);

            without_ms += number < 0;
            assert_true(number < 0 || number >= before);
            before = number < 0 ? before : number;
        }
        assert_in_range(without_ms, 1999, 2001);
        assert_true(certificates_at(&config, &owner, 5 * S) >= 0);
    }
}

/* ---- discovery and names ----------------------------------------------------------------------------------------- */

static double count_gone(const services *s)
{
    return (double)services_population(s, 0)->outcomes[CLIENT_GONE];
}

static void test_stale_endpoints(void **state)
{
    const double r = 5, delay = 0.05, every = 0.1;
    mesh m;
    estimate share_sent_to_endpoints_that_are_gone;

    (void)state;
    mesh_make(&m, 1000);
    m.stations[0].scaling.least = m.stations[0].scaling.most = 20;
    m.stations[0].endpoint_life_ns = (int64_t)(S / r);
    m.config.discovery = (discovery_config){ .every_ns = (int64_t)(every * S),
                                             .delay_ns = (int64_t)(delay * S) };
    share_sent_to_endpoints_that_are_gone = share(&m, count_gone, count_arrived);
    assert_estimate(&share_sent_to_endpoints_that_are_gone,
                    1 - exp(-r * delay) * (1 - exp(-r * every)) / (r * every), 0.005);
}

/* With so many attempts nearly all are served in the end. */
static void test_retries_find_another(void **state)
{
    services *s;
    mesh m;

    (void)state;
    mesh_make(&m, 1000);
    m.stations[0].scaling.least = m.stations[0].scaling.most = 20;
    m.stations[0].endpoint_life_ns = S / 5;
    m.config.discovery = (discovery_config){ .every_ns = S / 10, .delay_ns = S / 20 };
    m.population.attempts = 20;
    m.population.pause_ns = 1;
    s = services_need(&m.config);
    services_go(s, SPAN_NS);
    assert_true(count_gone(s) > 0.3 * count_arrived(s));
    assert_true((double)services_population(s, 0)->failed < 1e-4 * count_arrived(s));
    services_destroy(s);
}

static double count_lookups(const services *s)
{
    return (double)services_population(s, 0)->name.lookups;
}

static double count_misses(const services *s)
{
    return (double)services_population(s, 0)->name.misses;
}

static void test_names(void **state)
{
    mesh m;
    estimate share_of_lookups_that_miss;

    (void)state;
    mesh_make(&m, 1000);
    m.population.names = (names_config){ .ttl_ns = 3 * MS, .lookup_ns = MS };
    share_of_lookups_that_miss = share(&m, count_misses, count_lookups);
    assert_estimate(&share_of_lookups_that_miss, 1 / (1 + 1000 * 0.004), 0.002);
}

/* A resolver that is down harms nobody until the name's time to live ends, and then everybody. */
static void test_resolver_down(void **state)
{
    uint64_t arrived, served;
    const client *c;
    services *s;
    mesh m;

    (void)state;
    mesh_make(&m, 1000);
    m.population.names = (names_config){ .ttl_ns = 10 * S, .lookup_ns = 20 * MS, .timeout_ns = 100 * MS };
    s = services_need(&m.config);
    c = services_population(s, 0);
    services_go(s, 5 * S);
    services_set_resolver(s, 0, 1);
    services_go(s, c->name.until_ns - 1);
    assert_int_equal(c->failed, 0);
    arrived = c->arrived;
    services_go(s, 15 * S);
    assert_int_equal(c->name.failures, c->arrived - arrived);
    services_set_resolver(s, 0, 0);
    services_go(s, 16 * S);
    served = c->served;
    services_go(s, 17 * S);
    assert_int_equal(c->outcomes[CLIENT_NO_NAME], c->name.failures);
    assert_true(c->served > served && c->name.misses == 2);
    services_destroy(s);
}

/* ---- locality ------------------------------------------------------------------------------------------------------ */

/* Envoy, "Priority levels": percent of healthy endpoints of P0, P1, P2, and the percent of the load that each has. */
static void test_shares_as_envoy_documents(void **state)
{
    static const int64_t rows[][6] = {
        { 100, 100, 100, 100, 0, 0 }, { 72, 72, 100, 100, 0, 0 },  { 71, 71, 100, 99, 1, 0 },
        { 50, 50, 100, 70, 30, 0 },   { 25, 100, 100, 35, 65, 0 }, { 25, 25, 100, 35, 35, 30 },
        { 25, 25, 20, 36, 36, 28 },
    };
    const balance_config config = { .overprovision_ppm = 1400000 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        balance_place places[3];
        int64_t all = 0;

        for (int p = 0; p < 3; p++)
            places[p] = (balance_place){ .healthy_ppm = rows[i][p] * 10000, .room_ppm = 1000000 };
        balance_share(places, 3, &config);
        for (int p = 0; p < 3; p++) {
            all += places[p].share_ppm;
            assert_true(llabs(places[p].share_ppm - rows[i][3 + p] * 10000) <
                        10000); /* Envoy's are whole percent */
        }
        assert_int_equal(all, 1000000);
    }
}

static double count_near(const services *s)
{
    return (double)services_population(s, 0)->ways[0].sent;
}

/* Half more than the near place can do: threshold / load of it stays. */
static void test_spill_over(void **state)
{
    const double servers = 64, load = 1.5, threshold = 0.6;
    mesh m;
    estimate share_that_stays_near;

    (void)state;
    mesh_make(&m, load * servers * 1000 / 16);
    for (int i = 0; i < 2; i++) {
        m.stations[i].time = duration_make(DURATION_EXPONENTIAL, 16 * MS, 0);
        m.routes[i] = (client_route){ .weight = 1, .there_ns = i * 10 * MS, .back_ns = i * 10 * MS };
    }
    m.stations[0].scaling.least = m.stations[0].scaling.most = (uint32_t)servers;
    m.stations[1].region = 1;
    m.config.station_count = 2;
    m.population.routing = CLIENT_BY_LOCALITY;
    m.config.discovery.every_ns = S / 2;
    m.config.balance = (balance_config){ .overprovision_ppm = 1400000,
                                         .threshold_ppm = (int64_t)(threshold * 1000000) };
    share_that_stays_near = share(&m, count_near, count_arrived);
    assert_estimate(&share_that_stays_near, threshold / load, 0.005);
}

/* ---- gateways ------------------------------------------------------------------------------------------------------ */

/* A connection a request. All of a response is known, and what the gateway saves: two round trips, of the way that its
 * users' handshake is spared. */
static void test_gateway_saves_round_trips(void **state)
{
    int64_t means_ns[2];

    (void)state;
    for (uint32_t by_gateway = 0; by_gateway < 2; by_gateway++) {
        const client *c;
        services *s;
        mesh m;

        mesh_make(&m, 100);
        m.stations[0].trust_domain = 1;
        m.stations[0].region = 2;
        m.gateway.region = 1;
        m.gateway.mtls.trust_domain = 1;
        m.population.mtls.round_trips = 2;
        m.population.mtls.full_ns = 3 * MS;
        m.population.gateway = by_gateway;
        m.population.gateway_ns = 5 * MS;
        m.routes[0].there_ns = by_gateway ? 35 * MS : 40 * MS;
        m.routes[0].back_ns = 40 * MS;
        m.config.gateway_count = 1;
        m.config.end_ns = SPAN_NS;
        s = services_need(&m.config);
        services_go(s, SPAN_NS + S);
        c = services_population(s, 0);
        assert_int_equal(c->served, c->arrived);
        assert_int_equal(services_gateway(s, 0)->passed, by_gateway ? c->arrived : 0);
        means_ns[by_gateway] = histogram_mean(&c->responses);
        services_destroy(s);
    }
    assert_int_equal(means_ns[0], (2 * 80 + 3 + 80 + 1) * MS);
    assert_int_equal(means_ns[0] - means_ns[1], 2 * (80 - 10) * MS);
}

static double count_gateway_handshakes(const services *s)
{
    return (double)services_gateway(s, 0)->sessions[0].full;
}

static double count_passed(const services *s)
{
    return (double)services_gateway(s, 0)->passed;
}

static void test_gateway_connections_that_go_cold(void **state)
{
    mesh m;
    estimate share_of_requests_on_new_connections;

    (void)state;
    mesh_make(&m, 1000);
    m.stations[0].trust_domain = 1;
    m.population.gateway = 1;
    m.gateway.mtls.requests_per_connection = 1000000;
    m.gateway.mtls.idle_ns = 2 * MS;
    m.config.gateway_count = 1;
    share_of_requests_on_new_connections = share(&m, count_gateway_handshakes, count_passed);
    assert_estimate(&share_of_requests_on_new_connections, exp(-1000 * 0.002), 0.002);
}

static void test_gateway_queue(void **state)
{
    const double load = 0.7;
    estimate MD1_mean_response_of_a_gateway = { 0 };
    mesh m;

    (void)state;
    mesh_make(&m, load * 1000);
    m.population.gateway = 1;
    m.gateway.per_request_ns = MS;
    m.gateway.most_wait_ns = SKY_NS_PER_HOUR;
    m.config.gateway_count = 1;
    for (; m.config.replication < REPLICATIONS; m.config.replication++) {
        services *s = services_need(&m.config);
        histogram *h = services_measure(s, WARM_NS, WARM_NS + SPAN_NS);

        estimate_add(&MD1_mean_response_of_a_gateway, (double)h->sum_ns / (double)h->count / (double)MS);
        free(h);
        services_destroy(s);
    }
    /* Wait, gateway, and a service that never waits. */
    assert_estimate(&MD1_mean_response_of_a_gateway, load / 2 / (1 - load) + 1 + 1, 0.05);
}

/* What would wait too long is turned away, and all that came is somewhere. */
static void test_gateway_turns_away(void **state)
{
    const gateway *g;
    const client *c;
    services *s;
    mesh m;

    (void)state;
    mesh_make(&m, 2000);
    m.population.gateway = 1;
    m.gateway.per_request_ns = MS;
    m.gateway.most_wait_ns = 5 * MS;
    m.config.gateway_count = 1;
    m.config.end_ns = SPAN_NS;
    s = services_need(&m.config);
    services_go(s, SPAN_NS + S);
    g = services_gateway(s, 0);
    c = services_population(s, 0);
    assert_int_equal(g->received, c->arrived);
    assert_int_equal(g->received, g->passed + g->full + g->refused);
    assert_int_equal(c->outcomes[CLIENT_GATEWAY_FULL], g->full);
    assert_int_equal(c->served, g->passed);
    assert_in_range(g->passed, SPAN_NS / MS * 98 / 100, SPAN_NS / MS + 6); /* all that it can */
    assert_true(c->responses.max_ns <= (5 + 1 + 1) * MS);
    services_destroy(s);
}

/* ---- from station to station ------------------------------------------------------------------------------------- */

static services *run_tandem(mesh *m, uint32_t has_identity)
{
    services *s;

    mesh_make(m, 10);
    m->config.station_count = 2;
    m->config.end_ns = SPAN_NS;
    m->stations[0].then = 1;
    m->stations[0].then_ns = 4 * MS;
    m->stations[0].mtls = (mtls_config){ .has_identity = has_identity,
                                         .requests_per_connection = 1,
                                         .round_trips = 2,
                                         .full_ns = 3 * MS,
                                         .resumed_ns = MS,
                                         .ticket_ns = SKY_NS_PER_HOUR,
                                         .per_request_ns = MS / 2 };
    m->stations[1].trust_domain = 1;
    s = services_need(&m->config);
    services_go(s, SPAN_NS + S);
    assert_true(services_are_conserved(s));
    return s;
}

static void test_stations_pay_too(void **state)
{
    const client *c;
    services *s;
    mesh m;

    (void)state;
    s = run_tandem(&m, 1);
    c = services_population(s, 0);
    assert_int_equal(c->served, c->arrived);
    /* Two services, the way, two round trips, a resumed session and the request itself; the first session in full. */
    assert_true(c->responses.sum_ns == (sky_int128)c->arrived * (1 + 1 + 4 + 2 * 8 + 1) * MS +
                                           (sky_int128)c->arrived * MS / 2 + 2 * MS);
    services_destroy(s);
    s = run_tandem(&m, 0);
    c = services_population(s, 0);
    assert_int_equal(c->failed, c->arrived);
    assert_int_equal(c->outcomes[CLIENT_REFUSED], c->arrived);
    assert_int_equal(services_station(s, 1)->refused, c->arrived);
    services_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_renewals_that_fail),
        cmocka_unit_test(test_renewals_drop_sessions),
        cmocka_unit_test(test_issuer_outage),
        cmocka_unit_test(test_stale_endpoints),
        cmocka_unit_test(test_retries_find_another),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_resolver_down),
        cmocka_unit_test(test_shares_as_envoy_documents),
        cmocka_unit_test(test_spill_over),
        cmocka_unit_test(test_gateway_saves_round_trips),
        cmocka_unit_test(test_gateway_connections_that_go_cold),
        cmocka_unit_test(test_gateway_queue),
        cmocka_unit_test(test_gateway_turns_away),
        cmocka_unit_test(test_stations_pay_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
