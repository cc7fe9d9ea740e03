/* A mesh with everything that it has, over four regions: the same answer and the same spans on any number of threads and
 * in pieces; spans change nothing, and their parts add up to what the client measured; requests are conserved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services.h"

#define REGIONS     4
#define POPULATIONS 4
#define STATIONS    5
#define LAST        (STATIONS - 1) /* that station 2 passes requests on to */
#define MS          INT64_C(1000000)
#define SPAN_NS     (INT64_C(1000) * MS * (SKYTWIN_SANITIZED ? 2 : 6))

typedef struct mesh {
    client_route routes[POPULATIONS][STATIONS];
    client_config populations[POPULATIONS];
    station_config stations[STATIONS];
    gateway_config gateways[2];
    certificates_outage outage;
    services_config config;
} mesh;

typedef struct spans {
    record_span_row *rows;
    size_t count, room;
} spans;

static const mtls_config mtls = { .has_identity = 1,
                                  .requests_per_connection = 10,
                                  .round_trips = 2,
                                  .full_ns = MS,
                                  .resumed_ns = MS / 5,
                                  .ticket_ns = 500 * MS,
                                  .idle_ns = 100 * MS,
                                  .per_request_ns = 20000 };

static void fill_populations(mesh *m)
{
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        client_config *c = &m->populations[p];

        *c = simple_population(300 + 100 * p, m->routes[p]);
        c->region = p % REGIONS;
        c->routing = p % 2 == 0 ? CLIENT_BY_LOCALITY : CLIENT_BY_WEIGHT;
        c->attempts = 4;
        c->timeout_ns = 80 * MS;
        c->pause_ns = 5 * MS;
        c->objective_ns = 50 * MS;
        c->mtls = mtls;
        c->mtls.trust_domain = 1;
        c->names = (names_config){ .ttl_ns = 200 * MS, .lookup_ns = 3 * MS, .timeout_ns = 30 * MS };
        c->gateway = p < 3 ? p : 0;
        c->gateway_ns = 2 * MS;
        for (uint32_t s = 0; s < STATIONS; s++)
            m->routes[p][s] = (client_route){
                .weight = s < LAST,
                .there_ns = (3 + s + p) * MS,
                .back_ns = (4 + s) * MS,
                .jitter = { .mean_ns = MS, .tail = 2.5, .correlation = 0.7, .correlation_ns = 1250 * MS }
            };
    }
}

static mesh *make(void)
{
    mesh *m = calloc(1, sizeof *m);

    assert_non_null(m);
    fill_populations(m);
    for (uint32_t s = 0; s < STATIONS; s++) {
        m->stations[s] = simple_station(duration_make(DURATION_EXPONENTIAL, 6 * (double)MS, 0), 3);
        m->stations[s].region = s % REGIONS;
        m->stations[s].queue_limit = 30;
        m->stations[s].endpoint_life_ns = 400 * MS;
        m->stations[s].trust_domain = 2 + s;
        m->stations[s].mtls = mtls;
    }
    m->stations[2].then = LAST;
    m->stations[2].then_ns = 2 * MS;
    m->stations[0].scaling = (autoscaler_config){
        .least = 2, .most = 9, .interval_ns = 300 * MS, .target_ppm = 600000, .cold_start_ns = 100 * MS
    };
    m->gateways[0] =
        (gateway_config){ .region = 2, .mtls = mtls, .per_request_ns = MS, .most_wait_ns = 20 * MS };
    m->gateways[1] = m->gateways[0];
    m->gateways[1].region = 3;
    m->outage = (certificates_outage){ .from_ns = 700 * MS, .to_ns = 1400 * MS };
    m->config = (services_config){ .regions = REGIONS,
                                   .populations = m->populations,
                                   .stations = m->stations,
                                   .population_count = POPULATIONS,
                                   .station_count = STATIONS,
                                   .gateways = m->gateways,
                                   .gateway_count = 2,
                                   .certificates = { .every_ns = 200 * MS,
                                                     .lifetime_ns = 400 * MS,
                                                     .failure_ppm = 100000,
                                                     .outages = &m->outage,
                                                     .outage_count = 1 },
                                   .discovery = { .every_ns = 100 * MS, .delay_ns = 20 * MS },
                                   .balance = { .overprovision_ppm = 1400000, .threshold_ppm = 700000 },
                                   .sample = 1,
                                   .edges = 1,
                                   .seed = 3,
                                   .end_ns = SPAN_NS };
    return m;
}

static sky_status keep(void *context, const record_span_row *rows, size_t count)
{
    spans *all = context;

    if (all->count + count > all->room) {
        all->room = 2 * (all->count + count);
        all->rows = realloc(all->rows, all->room * sizeof *all->rows);
        assert_non_null(all->rows);
    }
    memcpy(&all->rows[all->count], rows, count * sizeof *rows);
    all->count += count;
    return SKY_OK;
}

/* By request, then attempt, then time; what contains others first. */
static int compare(const void *x, const void *y)
{
    const record_span_row *a = x, *b = y;
    const int64_t keys[][2] = { { a->population, b->population },
                                { a->trace, b->trace },
                                { a->attempt, b->attempt },
                                { a->kind > RECORD_SPAN_ATTEMPT, b->kind > RECORD_SPAN_ATTEMPT },
                                { a->start_ns, b->start_ns },
                                { a->end_ns, b->end_ns },
                                { a->kind, b->kind } };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}

static uint64_t mix(uint64_t digest, int64_t word)
{
    return (digest ^ (uint64_t)word) * UINT64_C(0x9e3779b97f4a7c15) >> 7 ^ digest << 11;
}

static uint64_t digest_of(const services *s)
{
    uint64_t digest = 1;

    for (uint32_t p = 0; p < POPULATIONS; p++) {
        const client *c = services_population(s, p);

        digest = mix(digest, (int64_t)c->served);
        digest = mix(digest, (int64_t)c->responses.sum_ns);
        digest = mix(digest, (int64_t)c->handshakes);
        digest = mix(digest, (int64_t)c->name.misses);
        for (int i = 0; i < CLIENT_OUTCOME_COUNT; i++)
            digest = mix(digest, (int64_t)c->outcomes[i]);
    }
    for (uint32_t i = 0; i < STATIONS; i++)
        digest = mix(digest, (int64_t)services_station(s, i)->busy_ns);
    return digest;
}

/* One run; its spans in order, where they are wanted. */
static uint64_t run(mesh *m, int threads, int pieces, spans *all)
{
    services *s;
    uint64_t digest;

    m->config.threads = threads;
    s = services_need(&m->config);
    for (int i = 1; i <= pieces; i++) {
        services_go(s, 2 * SPAN_NS * i / pieces);
        assert_true(services_are_conserved(s));
        if (all != NULL)
            assert_int_equal(services_take_spans(s, keep, all), SKY_OK);
    }
    for (uint32_t p = 0; p < POPULATIONS; p++)
        assert_int_equal(services_population(s, p)->in_flight, 0);
    digest = digest_of(s);
    services_destroy(s);
    if (all != NULL && all->count > 0)
        qsort(all->rows, all->count, sizeof *all->rows, compare);
    return digest;
}

static void test_any_number_of_threads(void **state)
{
    static const int threads[] = { 2, 4, 16, 0 };
    mesh *m = make();
    spans expected = { 0 };
    uint64_t digest = run(m, 1, 1, &expected);

    (void)state;
    assert_true(expected.count > 1000);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        spans found = { 0 };

        assert_true(run(m, threads[i], i == 1 ? 30 : 1, &found) == digest);
        assert_int_equal(found.count, expected.count);
        assert_memory_equal(found.rows, expected.rows, found.count * sizeof *found.rows);
        free(found.rows);
    }
    free(expected.rows);
    free(m);
}

/* Which requests leave spans is the same whatever else does, and that they do changes nothing. */
static void test_spans_change_nothing(void **state)
{
    mesh *m = make();
    spans all = { 0 }, some = { 0 };
    uint64_t digest = run(m, 1, 1, &all);
    size_t at = 0, traces = 0;

    (void)state;
    m->config.sample = 10;
    assert_true(run(m, 1, 1, &some) == digest);
    for (size_t i = 0; i < some.count; i++) {
        while (at < all.count && compare(&all.rows[at], &some.rows[i]) != 0)
            at++;
        assert_true(at < all.count);
        traces += some.rows[i].kind == RECORD_SPAN_REQUEST;
    }
    m->config.sample = 0;
    m->config.edges = 0;
    some.count = 0;
    assert_true(run(m, 1, 1, &some) == digest);
    assert_int_equal(some.count, 0);
    assert_in_range(traces, SPAN_NS / (INT64_C(1000) * MS) * 140, SPAN_NS / (INT64_C(1000) * MS) * 220);
    free(all.rows);
    free(some.rows);
    free(m);
}

/* Parts of an attempt that was answered: from its begin to its end, without gap. Returns the next row. */
static size_t check_attempt(const spans *all, size_t at, uint64_t *seen)
{
    const record_span_row *attempt = &all->rows[at];
    int64_t until_ns = attempt->start_ns;

    assert_int_equal(attempt->kind, RECORD_SPAN_ATTEMPT);
    for (at++; at < all->count && compare(&all->rows[at], attempt) > 0 &&
               all->rows[at].attempt == attempt->attempt && all->rows[at].trace == attempt->trace;
         at++) {
        const record_span_row *part = &all->rows[at];

        *seen |= UINT64_C(1) << part->kind;
        assert_true(part->start_ns >= attempt->start_ns && part->end_ns > part->start_ns);
        if (attempt->outcome == CLIENT_TIMED_OUT || attempt->outcome == CLIENT_NO_NAME)
            continue;
        if (attempt->outcome == CLIENT_SERVED)
            assert_int_equal(part->start_ns, until_ns);
        assert_true(part->end_ns <= attempt->end_ns);
        until_ns = part->end_ns;
    }
    if (attempt->outcome == CLIENT_SERVED)
        assert_int_equal(until_ns, attempt->end_ns);
    return at;
}

static void test_parts_add_up(void **state)
{
    mesh *m = make();
    spans all = { 0 };
    uint64_t seen = 0, outcomes = 0, traces = 0;

    (void)state;
    run(m, 1, 1, &all);
    for (size_t at = 0; at < all.count;) {
        const record_span_row *whole = &all.rows[at];
        int64_t parts_ns = 0;

        assert_int_equal(whole->attempt, 0);
        assert_int_equal(whole->kind, RECORD_SPAN_REQUEST);
        traces++;
        for (at++; at < all.count && all.rows[at].kind == RECORD_SPAN_PAUSE; at++)
            parts_ns += all.rows[at].end_ns - all.rows[at].start_ns;
        while (at < all.count && all.rows[at].trace == whole->trace &&
               all.rows[at].population == whole->population) {
            const record_span_row *attempt = &all.rows[at];

            parts_ns += attempt->end_ns - attempt->start_ns;
            outcomes |= UINT64_C(1) << attempt->outcome;
            assert_true(attempt->start_ns >= whole->start_ns && attempt->end_ns <= whole->end_ns);
            at = check_attempt(&all, at, &seen);
        }
        assert_int_equal(parts_ns, whole->end_ns - whole->start_ns);
    }
    for (int kind = RECORD_SPAN_NAME; kind < RECORD_SPAN_COUNT; kind++)
        assert_true(seen >> kind & 1);
    assert_true(outcomes >> CLIENT_TIMED_OUT & outcomes >> CLIENT_GONE & outcomes >> CLIENT_EXPIRED & 1);
    assert_true(traces > 1000);
    free(all.rows);
    free(m);
}

/* Edges see each attempt that was sent, once. */
static void test_edges_add_up(void **state)
{
    mesh *m = make();
    services *s;

    (void)state;
    m->config.threads = 1;
    s = services_need(&m->config);
    services_go(s, 2 * SPAN_NS);
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        const client *c = services_population(s, p);
        uint64_t calls = 0, served = 0, timed = 0;

        for (uint32_t i = 0; i < LAST; i++) {
            const edge *e = services_edge(s, p, i);
            uint64_t ended = 0;

            for (int outcome = 0; outcome < CLIENT_OUTCOME_COUNT; outcome++)
                ended += e->outcomes[outcome];
            assert_int_equal(ended, e->calls);
            calls += e->calls;
            served += e->outcomes[CLIENT_SERVED];
            timed += e->times.count;
        }
        assert_int_equal(calls, c->sends);
        assert_int_equal(served, c->served);
        assert_int_equal(timed, c->served);
        assert_true(services_edge(s, p, LAST) == NULL);
    }
    services_destroy(s);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_spans_change_nothing),
        cmocka_unit_test(test_parts_add_up),
        cmocka_unit_test(test_edges_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
