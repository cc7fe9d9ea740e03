/* Services that an outage meets, every request an event, against closed forms. Arrivals at a steady Poisson rate L, an
 * outage of D in a run of T, no retries, a time-out or none:
 *     failed share     of all requests (D + what was there when it began, rate × time in the system) / T
 *     recovery         none waits during the outage: what comes first after it is served at once, or when the replicas
 *                      have started; the first response after a cold start of C is that late
 *     failover         with a breaker: `breaker` failures, then one for each of its times, and all others are served
 *     brown-out        delays times the factor; a message lost with probability p waits 200 ms × (2^k - 1) with
 *                      probability p^k (1 - p): mean 200 ms × p / (1 - 2 p) each way     [RFC 6298, 5.5]
 * And the same bytes on any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "services in outages"
#include "estimate.h"
#include "services.h"

#define MS           INT64_C(1000000)
#define SECOND       (1000 * MS)
#define PER_S        100.0
#define REPLICATIONS 20
#define STATIONS     2
#define POPULATIONS  2

/* Two regions, a population and a station in each; 10 ms between them. */
typedef struct world_of_two {
    services_config config;
    client_config populations[POPULATIONS];
    station_config stations[STATIONS];
    client_route routes[POPULATIONS][STATIONS];
} world_of_two;

static void make(world_of_two *w)
{
    *w = (world_of_two){ .config = { .regions = 2,
                                     .populations = w->populations,
                                     .stations = w->stations,
                                     .population_count = POPULATIONS,
                                     .station_count = STATIONS,
                                     .seed = 11,
                                     .end_ns = 100 * SECOND,
                                     .threads = 1 } };
    for (uint32_t i = 0; i < 2; i++) {
        w->stations[i] = simple_station(duration_make(DURATION_FIXED, 20 * MS, 0), 1000);
        w->stations[i].region = i;
        w->populations[i] = simple_population(PER_S, w->routes[i]);
        w->populations[i].region = i;
        for (uint32_t s = 0; s < STATIONS; s++)
            w->routes[i][s] = (client_route){ .weight = 1,
                                              .there_ns = s == i ? MS : 10 * MS,
                                              .back_ns = s == i ? MS : 10 * MS };
    }
}

static void set_out(services *s, uint32_t station, int out)
{
    sky_error error;

    assert_int_equal(services_set_out(s, station, out, &error), SKY_OK);
}

static void check_conserved(const services *s)
{
    assert_true(services_are_conserved(s));
}

/* ---- an outage ------------------------------------------------------------------------------------------------------- */

/* Only its own station is asked, and by nobody else. */
static void ask_at_home(world_of_two *w)
{
    w->routes[0][1].weight = w->routes[1][0].weight = 0;
}

static void test_failed_share(void **state)
{
    world_of_two w;
    estimate failed_share_of_an_outage = { 0 };

    (void)state;
    make(&w);
    ask_at_home(&w);
    for (; w.config.replication < REPLICATIONS; w.config.replication++) {
        services *s = services_need(&w.config);
        const client *c;

        services_go(s, 40 * SECOND);
        check_conserved(s);
        set_out(s, 0, 1);
        services_go(s, 50 * SECOND);
        check_conserved(s);
        assert_int_equal(services_station(s, 0)->in_service + services_station(s, 0)->up, 0);
        set_out(s, 0, 0);
        services_go(s, 200 * SECOND);
        check_conserved(s);
        c = services_population(s, 0);
        assert_int_equal(c->in_flight, 0);
        assert_int_equal(c->failed, c->outcomes[CLIENT_UNREACHABLE]);
        assert_int_equal(services_population(s, 1)->failed, 0);
        estimate_add(&failed_share_of_an_outage, (double)c->failed / (double)c->arrived);
        services_destroy(s);
    }
    /* those that ask in the 10 s before the way there is over, and those in the 20 ms of service before */
    assert_estimate(&failed_share_of_an_outage, (10 + 0.020) / 100, 0.004);
}

/* Replicas start anew: who comes meanwhile waits for them, and nobody after that. */
static void test_recovery(void **state)
{
    world_of_two w;
    services *s;
    const client *c;
    uint64_t served;

    (void)state;
    make(&w);
    ask_at_home(&w);
    w.stations[0].scaling.cold_start_ns = 5 * SECOND;
    s = services_need(&w.config);
    services_go(s, 40 * SECOND);
    set_out(s, 0, 1);
    services_go(s, 50 * SECOND);
    set_out(s, 0, 0);
    c = services_population(s, 0);
    served = c->served;
    services_go(s, 55 * SECOND); /* the replicas are there, and answers come 21 ms later */
    assert_int_equal(c->served, served);
    assert_true(services_station(s, 0)->waiting_most > 400);
    services_go(s, 55 * SECOND + 21 * MS);
    assert_true(c->served >= served + services_station(s, 0)->waiting_most);
    assert_in_range(c->responses.max_ns, 5 * SECOND - 50 * MS, 5 * SECOND + 22 * MS);
    /* what is out costs nothing: 100 s less 10 */
    services_go(s, 100 * SECOND);
    assert_int_equal(services_station(s, 0)->replica_ns +
                         (sky_int128)services_station(s, 0)->ordered *
                             (100 * SECOND - services_station(s, 0)->changed_ns),
                     (sky_int128)1000 * 90 * SECOND);
    services_destroy(s);
}

/* Breakers take users to the other region: `breaker` failures and what was under way, then one try a breaker's time. */
static void test_failover(void **state)
{
    world_of_two w;
    services *s;
    const client *c;
    uint64_t in_flight;

    (void)state;
    make(&w);
    w.populations[0].breaker_failures = 5;
    w.populations[0].breaker_ns = SECOND;
    s = services_need(&w.config);
    services_go(s, 40 * SECOND);
    set_out(s, 0, 1);
    in_flight = services_population(s, 0)->in_flight;
    services_go(s, 50 * SECOND);
    set_out(s, 0, 0);
    services_go(s, 200 * SECOND);
    check_conserved(s);
    c = services_population(s, 0);
    /* in flight; up to 5 that ask before the breaker opens, and those within 2 ms of it; one a second */
    assert_in_range(c->failed, in_flight + 9, in_flight + 5 + 4 + 10);
    assert_in_range(services_station(s, 1)->served - services_population(s, 1)->served, 950, 1050);
    services_destroy(s);
}

/* ---- ways ------------------------------------------------------------------------------------------------------------ */

/* Who has a time-out learns by it, who has none is told; nothing arrives meanwhile. */
static void test_cut_way(void **state)
{
    world_of_two w;
    services *s;
    const client *c;
    uint64_t received, unreachable, timed_out;

    (void)state;
    make(&w);
    ask_at_home(&w);
    w.populations[1].timeout_ns = 500 * MS;
    s = services_need(&w.config);
    services_go(s, 40 * SECOND);
    received = services_station(s, 0)->received + services_station(s, 1)->received;
    for (uint32_t p = 0; p < POPULATIONS; p++)
        services_set_way(s, p, p, (services_way){ .cut = 1 });
    services_go(s, 50 * SECOND);
    check_conserved(s);
    /* what was under way: 1 ms of 100 a second */
    assert_in_range(services_station(s, 0)->received + services_station(s, 1)->received - received, 0, 6);
    for (uint32_t p = 0; p < POPULATIONS; p++)
        services_set_way(s, p, p, (services_way){ .cut = 0 });
    services_go(s, 200 * SECOND);
    check_conserved(s);
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        c = services_population(s, p);
        unreachable = c->outcomes[CLIENT_UNREACHABLE];
        timed_out = c->outcomes[CLIENT_TIMED_OUT];
        assert_int_equal(c->in_flight, 0);
        assert_int_equal(c->failed, p == 0 ? unreachable : timed_out);
        assert_int_equal(p == 0 ? timed_out : unreachable, 0);
        assert_in_range(c->failed, 900, 1100);
        assert_true(c->cut_off <= c->failed); /* the others' answers were lost */
    }
    services_destroy(s);
}

static void test_slow_and_lossy_way(void **state)
{
    world_of_two w;
    estimate mean_response_of_a_brown_out = { 0 };
    const double loss = 0.1, resent = 0.2 * loss / (1 - 2 * loss);

    (void)state;
    make(&w);
    w.routes[0][0].weight = 0;
    for (; w.config.replication < REPLICATIONS; w.config.replication++) {
        services *s = services_need(&w.config);
        const histogram *h = &services_population(s, 0)->responses;

        services_set_way(s, 0, 1, (services_way){ .slow_ppm = 2000000, .loss_ppb = 100000000 });
        services_go(s, 200 * SECOND);
        estimate_add(&mean_response_of_a_brown_out, (double)h->sum_ns / (double)h->count / 1e9);
        services_destroy(s);
    }
    assert_estimate(&mean_response_of_a_brown_out, 0.020 + 2 * (3 * 0.010 + resent), 0.002);
}

/* ---- threads --------------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static uint64_t run_on(world_of_two *w, int threads)
{
    uint64_t digest = 0;
    services *s;

    w->config.threads = threads;
    s = services_need(&w->config);
    for (int64_t t = 1; t <= 30; t++) {
        services_go(s, t * 4 * SECOND + 123456789);
        if (t % 5 == 0)
            set_out(s, 1, t % 10 == 5);
        services_set_way(
            s, 0, (uint32_t)t % 2,
            (services_way){ .cut = t % 7 == 0, .slow_ppm = t * 100000, .loss_ppb = t * 1000000 });
    }
    services_go(s, 400 * SECOND);
    check_conserved(s);
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        const client *c = services_population(s, p);

        for (int i = 0; i < CLIENT_OUTCOME_COUNT; i++)
            digest = mix(digest, c->outcomes[i]);
        digest = mix(digest, (uint64_t)c->responses.sum_ns);
        digest = mix(digest, c->late_answers);
    }
    services_destroy(s);
    return digest;
}

static void test_any_number_of_threads(void **state)
{
    world_of_two w;
    uint64_t expected;

    (void)state;
    make(&w);
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        w.populations[p].attempts = 3;
        w.populations[p].timeout_ns = 300 * MS;
        w.populations[p].pause_ns = 50 * MS;
        w.populations[p].breaker_failures = 4 * p;
        w.populations[p].breaker_ns = SECOND;
        w.stations[p].max_batch = 4;
        w.stations[p].max_wait_ns = 5 * MS;
        w.stations[p].memory_tokens = 2000;
        w.populations[p].tokens = 300;
        w.stations[p].scaling = (autoscaler_config){
            .least = 2, .most = 8, .interval_ns = SECOND, .cold_start_ns = 3 * SECOND, .target_ppm = 700000
        };
    }
    expected = run_on(&w, 1);
    assert_true(run_on(&w, 2) == expected);
    assert_true(run_on(&w, 0) == expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_share),       cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_failover),           cmocka_unit_test(test_cut_way),
        cmocka_unit_test(test_slow_and_lossy_way), cmocka_unit_test(test_any_number_of_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
