/* Services with everything that they have, saved in the middle and gone on with in others, on another number of threads: to the
 * byte the run that was not. And what is no such state is refused, or harms nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services.h"

#define REGIONS     4
#define POPULATIONS 5
#define STATIONS    6
#define LAST        (STATIONS - 1) /* that station 2 passes requests on to */
#define MS          INT64_C(1000000)
#define STEP_NS     (70 * MS)
#define STEPS       36

typedef struct everything {
    client_route routes[POPULATIONS][STATIONS];
    client_config populations[POPULATIONS];
    station_config stations[STATIONS];
    gateway_config gateways[2];
    certificates_outage outage;
    services_config config;
} everything;

static const mtls_config mtls = { .has_identity = 1,
                                  .requests_per_connection = 10,
                                  .round_trips = 2,
                                  .full_ns = MS,
                                  .resumed_ns = MS / 5,
                                  .ticket_ns = 500 * MS,
                                  .idle_ns = 100 * MS,
                                  .per_request_ns = 20000 };

static void fill_populations(everything *e)
{
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        client_config *c = &e->populations[p];

        *c = simple_population(200 + 60 * p, e->routes[p]);
        c->load.steady = p != 1;
        c->region = p % REGIONS;
        c->routing = (client_routing)(p % 4);
        c->attempts = 4;
        c->timeout_ns = p == 4 ? 0 : 60 * MS;
        c->pause_ns = 5 * MS;
        c->breaker_failures = p == 2 ? 0 : 5;
        c->breaker_ns = 50 * MS;
        c->objective_ns = 50 * MS;
        c->tokens = 300;
        c->mtls = mtls;
        c->mtls.trust_domain = 1;
        c->names =
            (names_config){ .ttl_ns = p < 3 ? 200 * MS : 0, .lookup_ns = 3 * MS, .timeout_ns = 30 * MS };
        c->gateway = p < 3 ? p : 0;
        c->gateway_ns = 2 * MS;
        for (uint32_t s = 0; s < STATIONS; s++) {
            int beside = s % REGIONS == c->region && c->gateway == 0;

            e->routes[p][s] = (client_route){ .weight = s < LAST,
                                              .there_ns = beside ? 0 : (3 + s + p) * MS,
                                              .back_ns = beside ? 0 : (4 + s) * MS,
                                              .jitter = { .mean_ns = beside ? 0 : MS,
                                                          .tail = 2.5,
                                                          .correlation = 0.7,
                                                          .correlation_ns = 125 * MS },
                                              .nusd_per_million = 1000 * (5 - s) };
        }
    }
}

static void fill_stations(everything *e)
{
    for (uint32_t s = 0; s < STATIONS; s++) {
        e->stations[s] = simple_station(duration_make(DURATION_EXPONENTIAL, 6 * (double)MS, 0), 3);
        e->stations[s].region = s % REGIONS;
        e->stations[s].queue_limit = 30;
        e->stations[s].endpoint_life_ns = s % 2 * 400 * MS;
        e->stations[s].trust_domain = 2 + s;
        e->stations[s].mtls = mtls;
        e->stations[s].nusd_per_hour = 1000000000;
    }
    e->stations[0].scaling = (autoscaler_config){ .least = 2,
                                                  .most = 9,
                                                  .interval_ns = 130 * MS,
                                                  .target_ppm = 600000,
                                                  .predictive = 1,
                                                  .cold_start_ns = 100 * MS };
    e->stations[1].max_batch = 8;
    e->stations[1].max_wait_ns = 3 * MS;
    e->stations[1].per_request_ns = MS / 10;
    e->stations[2].then = LAST;
    e->stations[2].then_ns = 2 * MS;
    e->stations[3].scaling.most = 8;
    e->stations[3].scaling.interval_ns = 200 * MS;
    e->stations[3].scaling.target_ppm = 700000;
    e->stations[3].scaling.cold_start_ns = 90 * MS;
    e->stations[3].concurrency = 16;
    e->stations[3].memory_tokens = 2000;
    e->stations[3].per_token_ns = 10000;
}

static everything *make(uint32_t analytic)
{
    everything *e = calloc(1, sizeof *e);

    assert_non_null(e);
    fill_populations(e);
    fill_stations(e);
    e->gateways[0] =
        (gateway_config){ .region = 2, .mtls = mtls, .per_request_ns = MS, .most_wait_ns = 20 * MS };
    e->gateways[1] = e->gateways[0];
    e->gateways[1].region = 3;
    e->outage = (certificates_outage){ .from_ns = 700 * MS, .to_ns = 1400 * MS };
    e->config = (services_config){ .regions = REGIONS,
                                   .populations = e->populations,
                                   .stations = e->stations,
                                   .population_count = POPULATIONS,
                                   .station_count = STATIONS,
                                   .gateways = e->gateways,
                                   .gateway_count = 2,
                                   .certificates = { .every_ns = 200 * MS,
                                                     .lifetime_ns = 400 * MS,
                                                     .failure_ppm = 100000,
                                                     .outages = &e->outage,
                                                     .outage_count = 1 },
                                   .discovery = { .every_ns = 50 * MS, .delay_ns = 20 * MS },
                                   .balance = { .overprovision_ppm = 1400000, .threshold_ppm = 700000 },
                                   .analytic = analytic,
                                   .sample = 2,
                                   .edges = 1,
                                   .seed = 3,
                                   .end_ns = STEPS * STEP_NS };
    return e;
}

/* ---- a run, and what is done to it from outside ------------------------------------------------------------------ */

static sky_status forget(void *context, const record_span_row *rows, size_t count)
{
    (void)rows;
    *(size_t *)context += count;
    return SKY_OK;
}

static void need(sky_status status)
{
    assert_int_equal(status, SKY_OK);
}

/* Faults and orders, by the number of the step that begins. */
static void act(services *s, int step)
{
    sky_error error;
    size_t spans = 0;

    switch (step % 16) {
    case 2:
        services_set_way(s, 0, 0, (services_way){ .slow_ppm = 2000000, .loss_ppb = 300000000 });
        break;
    case 3:
        need(services_set_out(s, 1, 1, &error));
        break;
    case 4:
        need(services_scale(s, 3, 7, &error));
        break;
    case 5:
        services_set_way(s, 3, 2, (services_way){ .cut = 1 });
        need(services_take_spans(s, forget, &spans));
        memset(&services_edge(s, 1, 1)->times, 0, sizeof services_edge(s, 1, 1)->times);
        break;
    case 6:
        need(services_set_out(s, 1, 0, &error));
        break;
    case 8:
        services_set_resolver(s, 1, 1);
        break;
    case 9:
        need(services_scale(s, 3, 2, &error));
        break;
    case 10:
        services_set_resolver(s, 1, 0);
        break;
    case 12:
        services_set_way(s, 3, 2, (services_way){ .cut = 0 });
        if (step > 16)
            for (uint32_t i = 0; i < 4; i++)
                services_route(s, (uint32_t)step % 3 + 1, i, 3 + (int64_t)i * step);
        break;
    default:
        break;
    }
}

static state *save(services *s)
{
    state *saved = state_save();
    sky_error error;

    assert_non_null(saved);
    services_state(s, saved);
    assert_int_equal(state_end(saved, &error), SKY_OK);
    return saved;
}

static sky_status restore(services *s, const unsigned char *bytes, size_t size)
{
    state *saved = state_restore(bytes, size);
    sky_error error;
    sky_status status;

    assert_non_null(saved);
    services_state(s, saved);
    status = state_end(saved, &error);
    state_free(saved);
    return status;
}

static void assert_same(state *a, state *b)
{
    size_t size_a, size_b;
    const unsigned char *bytes_a = state_saved(a, &size_a), *bytes_b = state_saved(b, &size_b);

    assert_int_equal(size_a, size_b);
    assert_memory_equal(bytes_a, bytes_b, size_a);
}

/* The same ones, anew. */
static services *begin_again(everything *e, services *s, int threads)
{
    state *saved = save(s), *again;
    const unsigned char *bytes;
    size_t size;

    bytes = state_saved(saved, &size);
    services_destroy(s);
    e->config.threads = threads;
    s = services_need(&e->config);
    assert_int_equal(restore(s, bytes, size), SKY_OK);
    again = save(s);
    assert_same(again, saved);
    state_free(again);
    state_free(saved);
    return s;
}

static void go(services *s, int step, int64_t part)
{
    services_go(s, step * STEP_NS + part * STEP_NS / 4);
}

/* Restarted within every step, before and after what is done at its begin: right after an order it is still on its way. */
static void check(everything *e)
{
    services *whole, *broken;
    state *a, *b;

    e->config.threads = 1;
    whole = services_need(&e->config);
    broken = services_need(&e->config);
    for (int step = 0; step < STEPS + 10; step++) {
        act(whole, step);
        if (step % 3 == 0)
            broken = begin_again(e, broken, 1 + step % 2);
        act(broken, step);
        broken = begin_again(e, broken, 1 + (step + 1) % 2);
        go(broken, step, step % 5);
        go(whole, step, step % 5); /* analytic services count by the pieces that they are run in */
        broken = begin_again(e, broken, step % 6 == 0 ? 3 : 1);
        go(whole, step + 1, 0);
        go(broken, step + 1, 0);
    }
    a = save(whole);
    b = save(broken);
    assert_same(a, b);
    state_free(a);
    state_free(b);
    assert_true(services_population(whole, 0)->served > 200);
    if (!e->config.analytic) /* all of it had something to do */
        assert_true(services_population(whole, 0)->late_answers > 0 &&
                    services_population(whole, 1)->handshakes > 0 &&
                    services_population(whole, 1)->outcomes[CLIENT_NO_NAME] > 0 &&
                    services_population(whole, 3)->cut_off > 0 && services_population(whole, 3)->steered &&
                    services_gateway(whole, 0)->passed > 0 && services_station(whole, 0)->replicas_most > 2 &&
                    services_station(whole, 1)->cut_off > 0 && services_station(whole, 1)->gone > 0 &&
                    services_station(whole, 1)->batches < services_station(whole, 1)->served &&
                    services_station(whole, 3)->governed && services_station(whole, 2)->expired > 0);
    services_destroy(whole);
    services_destroy(broken);
}

static void test_goes_on_as_if_it_had_not_ended(void **unused)
{
    everything *e = make(0);

    (void)unused;
    check(e);
    free(e);
}

static void test_analytic_services_too(void **unused)
{
    everything *e = make(1);

    (void)unused;
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        e->populations[p].gateway = 0;
        e->populations[p].routing = (client_routing)(p % 3);
    }
    check(e);
    free(e);
}

/* ---- what is no state of services ----------------------------------------------------------------------------------- */

static void test_hostile_bytes(void **unused)
{
    everything *e = make(0);
    services *from = services_need(&e->config);
    uint32_t tries = SKYTWIN_SANITIZED ? 300 : 600, refused = 0, ran = 0;
    state *saved;
    const unsigned char *bytes;
    unsigned char *hostile;
    size_t size;

    (void)unused;
    for (int step = 0; step < 20; step++) {
        act(from, step);
        go(from, step + 1, 0);
    }
    act(from, 3);
    saved = save(from);
    bytes = state_saved(saved, &size);
    hostile = malloc(size);
    assert_non_null(hostile);
    for (uint32_t i = 0; i < tries; i++) {
        const random_key key = { .seed = 5 };
        uint64_t draw = random_u64(&key, i);
        services *s;
        sky_error error;

        e->config.threads = i % 16 == 0 ? 2 : 1;
        s = services_need(&e->config);
        memcpy(hostile, bytes, size);
        hostile[draw % size] ^= (unsigned char)(1 << (draw >> 60) % 8);
        if (restore(s, hostile, size) == SKY_OK) {
            services_run(s, 23 * STEP_NS, &error);
            ran++;
        } else {
            refused++;
        }
        services_destroy(s);
    }
    assert_true(refused > tries / 20 && ran > tries / 20);
    free(hostile);
    state_free(saved);
    services_destroy(from);
    free(e);
}

/* Of another number of things than there are. */
static void test_of_others(void **unused)
{
    everything *e = make(0);
    services *from = services_need(&e->config), *to;
    state *saved;
    const unsigned char *bytes;
    size_t size;

    (void)unused;
    services_go(from, 3 * STEP_NS);
    saved = save(from);
    bytes = state_saved(saved, &size);
    e->config.population_count--;
    to = services_need(&e->config);
    assert_int_equal(restore(to, bytes, size), SKY_ERROR_INPUT);
    services_destroy(to);
    e->config.population_count++;
    to = services_need(&e->config);
    assert_int_equal(restore(to, bytes, size - 1), SKY_ERROR_INPUT);
    services_destroy(to);
    state_free(saved);
    services_destroy(from);
    free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on_as_if_it_had_not_ended),
        cmocka_unit_test(test_analytic_services_too),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
