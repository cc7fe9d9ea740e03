/* Services with everything that they have, over four regions: the same answer on any number of threads and in pieces,
 * requests conserved on the way and at the end, and what each part is for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "services.h"

#define REGIONS     4
#define POPULATIONS 5
#define STATIONS    6
#define MS          1000000
#define SPAN_NS     (INT64_C(1000) * MS * (SKYTWIN_SANITIZED ? 5 : 20))

typedef struct everything {
    client_route routes[POPULATIONS][STATIONS];
    client_config populations[POPULATIONS];
    station_config stations[STATIONS];
    services_config config;
} everything;

static void fill_stations(everything *e)
{
    const duration kinds[] = { duration_make(DURATION_LOGNORMAL, 5 * MS, 1),
                               duration_make(DURATION_EXPONENTIAL, 2 * MS, 0),
                               duration_make(DURATION_FIXED, 4 * MS, 0),
                               duration_make(DURATION_WEIBULL, 3 * MS, 0.6) };

    for (uint32_t s = 0; s < STATIONS; s++) {
        e->stations[s] = simple_station(kinds[s % 4], 2 + s);
        e->stations[s].region = s % REGIONS;
        e->stations[s].queue_limit = 20;
        e->stations[s].nusd_per_hour = 1000000000;
    }
    e->stations[0].scaling = (autoscaler_config){ .least = 1,
                                                  .most = 30,
                                                  .interval_ns = 500 * MS,
                                                  .target_ppm = 600000,
                                                  .predictive = 1,
                                                  .cold_start_ns = 700 * MS };
    e->stations[1].max_batch = 8;
    e->stations[1].max_wait_ns = 3 * MS;
    e->stations[1].per_request_ns = MS / 10;
    e->stations[2].concurrency = 16;
    e->stations[2].memory_tokens = 2000;
    e->stations[2].per_token_ns = 10000;
    e->stations[3].then = 5; /* in another region; nobody asks 5 itself */
    e->stations[3].then_ns = 9 * MS;
    e->stations[4].trust_domain = 1;
}

static everything *make(void)
{
    everything *e = calloc(1, sizeof *e);

    assert_non_null(e);
    fill_stations(e);
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        client_config *c = &e->populations[p];

        *c = simple_population(400 + 100 * p, e->routes[p]);
        c->region = p % REGIONS;
        c->routing = (client_routing)(p % 3);
        c->attempts = 3;
        c->timeout_ns = 60 * MS;
        c->pause_ns = 10 * MS;
        c->breaker_failures = 5;
        c->breaker_ns = 200 * MS;
        c->tokens = 300;
        c->objective_ns = 30 * MS;
        c->objective_ppm = 900000;
        c->mtls = (mtls_config){ .has_identity = p != 2,
                                 .requests_per_connection = 10,
                                 .round_trips = 2,
                                 .full_ns = MS,
                                 .resumed_ns = MS / 5,
                                 .resumed_ppm = 700000,
                                 .per_request_ns = 20000 };
        for (uint32_t s = 0; s < STATIONS; s++) {
            int here = s % REGIONS == c->region;

            e->routes[p][s] = (client_route){
                .weight = s < 5 ? 1 + s : 0,
                .there_ns = here ? 0 : (4 + s + p) * MS,
                .back_ns = here ? 0 : (5 + s) * MS,
                .jitter = { .mean_ns = here ? 0 : MS,
                            .tail = 2.5,
                            .correlation = 0.7,
                            .correlation_ns = 1250 * MS },
                .nusd_per_million = 1000 * (5 - s),
            };
        }
    }
    e->config = (services_config){ .regions = REGIONS,
                                   .populations = e->populations,
                                   .stations = e->stations,
                                   .population_count = POPULATIONS,
                                   .station_count = STATIONS,
                                   .seed = 3,
                                   .end_ns = SPAN_NS };
    return e;
}

static uint64_t mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static uint64_t digest_of(const services *s)
{
    uint64_t digest = 0;

    for (uint32_t p = 0; p < POPULATIONS; p++) {
        const client *c = services_population(s, p);
        const uint64_t words[] = { c->arrived,     c->served,      c->failed,
                                   c->in_flight,   c->sends,       c->retries,
                                   c->handshakes,  c->resumptions, c->within_objective,
                                   c->late_answers };

        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            digest = mix(digest, words[i]);
        for (int i = 0; i < CLIENT_OUTCOME_COUNT; i++)
            digest = mix(digest, c->outcomes[i]);
        digest = mix(digest, (uint64_t)c->responses.sum_ns);
        for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
            digest = mix(digest, c->responses.counts[i]);
    }
    for (uint32_t i = 0; i < STATIONS; i++) {
        const station *at = services_station(s, i);
        const uint64_t words[] = { at->received,
                                   at->served,
                                   at->full,
                                   at->refused,
                                   at->batches,
                                   at->waiting,
                                   at->replicas_most,
                                   (uint64_t)at->busy_ns,
                                   at->up,
                                   (uint64_t)station_cost_nusd(at, SPAN_NS * 2) };

        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            digest = mix(digest, words[k]);
    }
    return digest;
}

/* What was sent is somewhere: on the way, or with a station. */
static void check_conserved(const services *s, int is_over)
{
    uint64_t sent = 0, received = 0, forwarded = services_station(s, 3)->served;

    for (uint32_t p = 0; p < POPULATIONS; p++) {
        const client *c = services_population(s, p);

        assert_int_equal(c->arrived, c->served + c->failed + c->in_flight);
        assert_int_equal(c->responses.count, c->served);
        assert_true(!is_over || c->in_flight == 0);
        sent += c->sends;
    }
    for (uint32_t i = 0; i < STATIONS; i++) {
        const station *at = services_station(s, i);

        assert_int_equal(at->received, at->served + at->full + at->refused + at->too_large + at->expired +
                                           at->gone + at->waiting + at->in_service);
        assert_true(!is_over || at->waiting + at->in_service == 0);
        received += at->received;
    }
    assert_true(received <= sent + forwarded);
    assert_true(!is_over || received == sent + forwarded);
}

static uint64_t run(everything *e, int threads, int pieces)
{
    const int64_t whole_ns = 2 * SPAN_NS;
    uint64_t digest;
    services *s;

    e->config.threads = threads;
    s = services_need(&e->config);
    for (int i = 1; i <= pieces; i++) {
        services_go(s, whole_ns * i / pieces);
        check_conserved(s, i == pieces);
    }
    digest = digest_of(s);
    services_destroy(s);
    return digest;
}

static void test_any_number_of_threads(void **state)
{
    everything *e = make();
    uint64_t expected = run(e, 1, 1);

    (void)state;
    assert_true(run(e, 2, 1) == expected);
    assert_true(run(e, 4, 1) == expected);
    assert_true(run(e, 0, 1) == expected);
    assert_true(run(e, 3, 50) == expected);
    e->config.seed++;
    assert_true(run(e, 1, 1) != expected);
    free(e);
}

/* Each part did something, and what it should. */
static void test_each_part(void **state)
{
    everything *e = make();
    uint64_t tried = 0, timed_out = 0, full = 0, late = 0;
    services *s;

    (void)state;
    e->config.threads = 1;
    s = services_need(&e->config);
    services_go(s, 2 * SPAN_NS);
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        const client *c = services_population(s, p);

        tried += c->retries;
        timed_out += c->outcomes[CLIENT_TIMED_OUT];
        full += c->outcomes[CLIENT_QUEUE_FULL];
        late += c->late_answers;
        assert_int_equal(c->outcomes[CLIENT_SERVED], c->served);
        assert_true(c->within_objective <= c->served);
        assert_true(c->responses.max_ns <= 3 * 60 * MS + 30 * MS); /* attempts and pauses */
    }
    assert_true(tried > 0 && timed_out > 0 && full > 0 && late > 0);
    /* Only population 2 has no identity, and only station 4 asks for one: one attempt each, refused for good. */
    assert_true(services_station(s, 4)->refused > 0);
    assert_in_range(services_population(s, 2)->outcomes[CLIENT_REFUSED],
                    services_station(s, 4)->refused - services_population(s, 2)->late_answers,
                    services_station(s, 4)->refused);
    assert_int_equal(services_population(s, 2)->handshakes, 0);
    assert_true(services_population(s, 1)->handshakes == 0 ||
                services_population(s, 1)->resumptions < services_population(s, 1)->handshakes);
    assert_true(services_station(s, 0)->replicas_most > 1);
    assert_true(services_station(s, 1)->batches < services_station(s, 1)->served);
    services_destroy(s);
    free(e);
}

/* The user at the edge has the answer within a millisecond, from the region not even the light does. */
static void test_edge_and_region(void **state)
{
    client_route routes[2] = { { .weight = 1, .there_ns = 150000, .back_ns = 150000 },
                               { .weight = 1, .there_ns = 12 * MS, .back_ns = 12 * MS } };
    client_config population = simple_population(2000, routes);
    station_config stations[2] = { simple_station(duration_make(DURATION_FIXED, 300000, 0), 2),
                                   simple_station(duration_make(DURATION_FIXED, 300000, 0), 2) };
    services_config config = { .regions = 3,
                               .populations = &population,
                               .stations = stations,
                               .population_count = 1,
                               .station_count = 2,
                               .seed = 1,
                               .end_ns = SPAN_NS,
                               .threads = 1 };

    (void)state;
    stations[0].region = 1;
    stations[1].region = 2;
    population.objective_ns = MS;
    population.objective_ppm = 990000;
    for (int at_edge = 0; at_edge < 2; at_edge++) {
        services *s;
        const client *c;

        routes[0].weight = at_edge;
        s = services_need(&config);
        services_go(s, 2 * SPAN_NS);
        c = services_population(s, 0);
        assert_int_equal(services_station(s, at_edge ? 0 : 1)->served, c->arrived);
        if (at_edge) {
            assert_in_range(histogram_percentile(&c->responses, 990000), 600000, MS);
            assert_true(client_budget_left_ppm(c) > 0);
        } else {
            assert_true(histogram_percentile(&c->responses, 10000) > 24 * MS);
            assert_int_equal(client_budget_left_ppm(c), -99 * 1000000); /* 100 % missed, 1 % allowed */
        }
        services_destroy(s);
    }
}

/* A place without room for anyone: the breaker keeps all but a few away, and lets one try each time it is over. */
static void test_circuit_breaker(void **state)
{
    const client_route route = { .weight = 1 };
    client_config population = simple_population(1000, &route);
    station_config station = simple_station(duration_make(DURATION_FIXED, 4 * (double)SPAN_NS, 0), 1);
    const services_config config = { .regions = 1,
                                     .populations = &population,
                                     .stations = &station,
                                     .population_count = 1,
                                     .station_count = 1,
                                     .seed = 1,
                                     .end_ns = SPAN_NS,
                                     .threads = 1 };
    services *s;
    const client *c;

    (void)state;
    station.queue_limit = 0; /* the first request never ends */
    population.breaker_failures = 3;
    population.breaker_ns = 1000 * MS;
    s = services_need(&config);
    services_go(s, 2 * SPAN_NS);
    c = services_population(s, 0);
    assert_in_range(c->outcomes[CLIENT_QUEUE_FULL], 3 + SPAN_NS / (1000 * MS) - 2, 3 + SPAN_NS / (1000 * MS));
    assert_int_equal(c->outcomes[CLIENT_NO_PLACE] + c->outcomes[CLIENT_QUEUE_FULL], c->failed);
    assert_int_equal(c->in_flight, 1);
    services_destroy(s);
}

/* mTLS, one connection a request: two round trips and the full handshake first, then resumed ones, each exactly. */
static void test_handshakes(void **state)
{
    const client_route route = { .weight = 1, .there_ns = 3 * MS, .back_ns = 2 * MS };
    client_config population = simple_population(1, &route);
    station_config station = simple_station(duration_make(DURATION_FIXED, MS, 0), 100);
    const services_config config = { .regions = 1,
                                     .populations = &population,
                                     .stations = &station,
                                     .population_count = 1,
                                     .station_count = 1,
                                     .seed = 1,
                                     .end_ns = SPAN_NS,
                                     .threads = 1 };
    services *s;
    const client *c;

    (void)state;
    station.trust_domain = 1;
    population.mtls = (mtls_config){ .has_identity = 1,
                                     .requests_per_connection = 1,
                                     .round_trips = 2,
                                     .full_ns = 4 * MS,
                                     .resumed_ns = MS,
                                     .resumed_ppm = 1000000 };
    s = services_need(&config);
    services_go(s, 2 * SPAN_NS);
    c = services_population(s, 0);
    assert_true(c->arrived > 1);
    assert_int_equal(c->handshakes, c->arrived);
    assert_int_equal(c->resumptions, c->arrived - 1);
    assert_int_equal(c->responses.max_ns, (2 * 5 + 4 + 5 + 1) * MS);
    assert_true(c->responses.sum_ns == (sky_int128)c->arrived * (2 * 5 + 1 + 5 + 1) * MS + 3 * MS);
    services_destroy(s);
}

static void test_impossible_configurations(void **state)
{
    everything *e = make();
    services *s;
    sky_error error;

    (void)state;
    e->stations[5].then = 3;
    assert_int_equal(services_create(&e->config, &s, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "circle"));
    e->stations[5].then = STATION_NONE;
    e->routes[1][0].there_ns = 0;
    assert_int_equal(services_create(&e->config, &s, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "population 1"));
    e->routes[1][0].there_ns = 1;
    e->stations[2].concurrency = 0;
    assert_int_equal(services_create(&e->config, &s, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "station 2"));
    free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_each_part),
        cmocka_unit_test(test_edge_and_region),
        cmocka_unit_test(test_circuit_breaker),
        cmocka_unit_test(test_handshakes),
        cmocka_unit_test(test_impossible_configurations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
