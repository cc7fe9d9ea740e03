/* Logical processes against a Jackson network: stations M/M/1 that pass customers on, over links with latency.
 * Stations are independent, as if each was M/M/1 alone at its own throughput [Jackson 1957; with links as servers
 * without queue, Baskett, Chandy, Muntz, Palacios 1975]:
 *     throughputs          l_i = g_i + sum_j l_j p_ji
 *     number in station i  rho_i / (1 - rho_i),  P(all empty) = prod (1 - rho_i)
 *     number on the links  sum l_j p_ji latency                                       [Little 1961]
 * and every customer is somewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ESTIMATE_OF "logical processes, Jackson network"
#include "estimate.h"
#include "kernel/stream.h"
#include "kernel/windows.h"

#define STATIONS     4
#define SERVICE_NS   1e6
#define LATENCY_NS   500000
#define WARM_UP_NS   (INT64_C(1000) * 1000000)
#define END_NS       (INT64_C(1000000) * (SKYTWIN_SANITIZED ? 6000 : 21000))
#define SAMPLE_NS    (INT64_C(5) * 1000000)
#define REPLICATIONS 100

enum { FROM_OUTSIDE, ARRIVE, LEAVE, KINDS };

/* Where customers come from, and go: the rest leaves the network. In units of a service. */
static const double arrivals[STATIONS] = { 0.3, 0.1, 0, 0.2 };
static const double routes[STATIONS][STATIONS] = {
    { 0, 0.5, 0.4, 0 }, { 0.1, 0, 0.6, 0 }, { 0.2, 0, 0, 0.5 }, { 0, 0.3, 0, 0 }
};

typedef struct station {
    stream gap, service;
    random_key route;
    uint64_t routed, entered, left, sent, received;
    int64_t here;
    int64_t changed_ns, area_ns; /* of `here` over time, from the end of the warm-up */
} station;

static void count_to_now(station *s, int64_t now_ns)
{
    int64_t from_ns = s->changed_ns < WARM_UP_NS ? WARM_UP_NS : s->changed_ns;

    if (now_ns > from_ns)
        s->area_ns += s->here * (now_ns - from_ns);
    s->changed_ns = now_ns;
}

static void serve(process_context *c, station *s)
{
    process_schedule(c, stream_exponential_ns(&s->service, SERVICE_NS), LEAVE, 0, 0, 0);
}

static void enter(process_context *c, station *s)
{
    count_to_now(s, c->now_ns);
    if (s->here++ == 0)
        serve(c, s);
}

static void arrive(process_context *c, void *state, const kernel_event *event)
{
    station *s = state;

    (void)event;
    s->received++;
    enter(c, s);
}

static void next_from_outside(process_context *c, station *s)
{
    if (arrivals[c->self] > 0)
        process_schedule(c, stream_exponential_ns(&s->gap, SERVICE_NS / arrivals[c->self]), FROM_OUTSIDE, 0,
                         0, 0);
}

static void from_outside(process_context *c, void *state, const kernel_event *event)
{
    station *s = state;

    (void)event;
    s->entered++;
    enter(c, s);
    next_from_outside(c, s);
}

static void leave(process_context *c, void *state, const kernel_event *event)
{
    station *s = state;
    double u = stream_uniform_of(random_u64(&s->route, s->routed++));
    uint32_t to = 0;

    (void)event;
    count_to_now(s, c->now_ns);
    if (--s->here > 0)
        serve(c, s);
    for (; to < STATIONS && u >= routes[c->self][to]; to++)
        u -= routes[c->self][to];
    if (to < STATIONS) {
        s->sent++;
        process_send(c, to, LATENCY_NS, ARRIVE, 0, 0, 0);
    } else {
        s->left++;
    }
}

static void begin(process_context *c, void *state)
{
    station *s = state;
    random_key key = { .seed = 11, .replication = *(const uint32_t *)c->shared, .thing = c->self };

    key.purpose = RANDOM_ARRIVAL;
    stream_init(&s->gap, &key);
    key.purpose = RANDOM_WORK;
    stream_init(&s->service, &key);
    key.purpose = RANDOM_TASK;
    s->route = key;
    next_from_outside(c, s);
}

/* The control process looks at the whole network now and then. */
typedef struct watch {
    double looks, empty, on_links;
} watch;

static int64_t look(void *context, windows *w, int64_t now_ns)
{
    watch *watched = context;
    int64_t here = 0, sent = 0, received = 0;

    for (uint32_t i = 0; i < STATIONS; i++) {
        const station *s = windows_process(w, i);

        here += s->here;
        sent += (int64_t)s->sent;
        received += (int64_t)s->received;
    }
    watched->looks++;
    watched->empty += here == 0;
    watched->on_links += (double)(sent - received);
    return now_ns + SAMPLE_NS;
}

typedef struct outcome {
    double here[STATIONS], empty, on_links;
} outcome;

static void check_conservation(const windows *w)
{
    uint64_t entered = 0, left = 0, sent = 0, received = 0;
    int64_t here = 0;

    for (uint32_t i = 0; i < STATIONS; i++) {
        const station *s = windows_process(w, i);

        assert_int_equal(s->here, s->entered + s->received - s->sent - s->left);
        entered += s->entered;
        left += s->left;
        sent += s->sent;
        received += s->received;
        here += s->here;
    }
    assert_int_equal(windows_count(w).messages, received);
    assert_true(sent >= received);
    assert_int_equal(entered, left + (uint64_t)here + (sent - received));
}

static outcome run(uint32_t replication, int threads)
{
    static process_handler *const handlers[KINDS] = { from_outside, arrive, leave };
    static const process_model model = { .name = "station",
                                         .state_bytes = sizeof(station),
                                         .begin = begin,
                                         .handlers = handlers,
                                         .kinds = KINDS };
    const process_model *models[STATIONS] = { &model, &model, &model, &model };
    watch watched = { 0 };
    const windows_config config = { .processes = STATIONS,
                                    .model = models,
                                    .shared = &replication,
                                    .lookahead_ns = LATENCY_NS,
                                    .threads = threads,
                                    .context = &watched,
                                    .control = look,
                                    .control_first_ns = WARM_UP_NS };
    outcome o = { 0 };
    sky_error error;
    windows *w;

    assert_int_equal(windows_create(&config, &w, &error), SKY_OK);
    assert_int_equal(windows_run(w, END_NS, &error), SKY_OK);
    check_conservation(w);
    for (uint32_t i = 0; i < STATIONS; i++) {
        station *s = windows_process(w, i);

        count_to_now(s, END_NS);
        o.here[i] = (double)s->area_ns / (END_NS - WARM_UP_NS);
    }
    o.empty = watched.empty / watched.looks;
    o.on_links = watched.on_links / watched.looks;
    windows_destroy(w);
    return o;
}

static void throughputs(double l[STATIONS])
{
    memcpy(l, arrivals, sizeof arrivals);
    for (int step = 0; step < 1000; step++)
        for (int i = 0; i < STATIONS; i++) {
            l[i] = arrivals[i];
            for (int j = 0; j < STATIONS; j++)
                l[i] += l[j] * routes[j][i];
        }
}

static void test_product_form(void **state)
{
    estimate number_in_station_1 = { 0 }, number_in_station_2 = { 0 }, number_in_station_3 = { 0 },
             number_in_station_4 = { 0 }, all_empty = { 0 }, number_on_links = { 0 };
    double l[STATIONS], empty = 1, on_links = 0;

    (void)state;
    throughputs(l);
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        outcome o = run(r, 1);

        estimate_add(&number_in_station_1, o.here[0]);
        estimate_add(&number_in_station_2, o.here[1]);
        estimate_add(&number_in_station_3, o.here[2]);
        estimate_add(&number_in_station_4, o.here[3]);
        estimate_add(&all_empty, o.empty);
        estimate_add(&number_on_links, o.on_links);
    }
    for (int i = 0; i < STATIONS; i++) {
        empty *= 1 - l[i];
        for (int j = 0; j < STATIONS; j++)
            on_links += l[i] * routes[i][j] * LATENCY_NS / SERVICE_NS;
    }
    assert_estimate(&number_in_station_1, l[0] / (1 - l[0]), 0.05);
    assert_estimate(&number_in_station_2, l[1] / (1 - l[1]), 0.05);
    assert_estimate(&number_in_station_3, l[2] / (1 - l[2]), 0.05);
    assert_estimate(&number_in_station_4, l[3] / (1 - l[3]), 0.05);
    assert_estimate(&all_empty, empty, 0.01);
    assert_estimate(&number_on_links, on_links, 0.02);
}

static void test_threads_change_nothing(void **state)
{
    outcome one = run(0, 1);

    (void)state;
    for (int threads = 2; threads <= STATIONS; threads++) {
        outcome more = run(0, threads);

        assert_memory_equal(&one, &more, sizeof one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_product_form),
        cmocka_unit_test(test_threads_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
