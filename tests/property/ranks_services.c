/* mpirun -n N ranks_services: a world of services, 64 regions dealt to N ranks by who asks whom, against the same on one
 * machine: every count and every bucket of every histogram, on each rank. Exits 1 where they differ.
 *   --bench    on stdout, how long it takes, and what the meetings of the ranks are like */
#include "world/service/traffic.h"

#include "mpi/partition.h"
#include "mpi/peers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGIONS      64
#define CONTINENTS   4 /* each with its regions; users ask within theirs, mostly */
#define SERVICES     20
#define PLACES       (SERVICES * CONTINENTS)
#define POPULATIONS  (REGIONS * 2)
#define MS           1000000
#define REMOTE_EVERY 8 /* populations that ask on another continent too */

static int rank, ranks_in_all;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "ranks_services: rank %d of %d: %s\n", rank, ranks_in_all, what);
    MPI_Abort(MPI_COMM_WORLD, 1);
    abort();
}

typedef struct earth {
    client_route routes[POPULATIONS][PLACES];
    client_config populations[POPULATIONS];
    station_config stations[PLACES];
    services_config config;
} earth;

/* Neighbours in numbers are on different continents. */
static uint32_t continent_of(uint32_t region)
{
    return region % CONTINENTS;
}

static void fill_places(earth *e)
{
    for (uint32_t s = 0; s < PLACES; s++)
        e->stations[s] = (station_config){ .region = s * 13 % REGIONS / CONTINENTS * CONTINENTS +
                                                     s / SERVICES,
                                           .time = duration_make(DURATION_EXPONENTIAL, (2 + s % 7) * MS, 0),
                                           .concurrency = 4,
                                           .max_batch = 1,
                                           .queue_limit = 1000,
                                           .then = STATION_NONE,
                                           .scaling = { .least = 3, .most = 3 } };
}

static void fill_population(earth *e, uint32_t p, double per_s)
{
    client_config *c = &e->populations[p];
    uint32_t service = p % SERVICES;

    *c = (client_config){
        .region = p % REGIONS,
        .load = { .per_s = per_s, .swing = 0.5, .weekend = 1, .peak_ns = p * SKY_NS_PER_HOUR },
        .routing = p % REMOTE_EVERY == 0 ? CLIENT_BY_WEIGHT : CLIENT_LEAST_LATENCY,
        .routes = e->routes[p],
        .attempts = 2,
        .timeout_ns = 900 * MS,
        .pause_ns = 10 * MS,
        .objective_ns = 100 * MS,
        .objective_ppm = 990000,
        .mtls = { .requests_per_connection = 1 }
    };
    for (uint32_t s = 0; s < PLACES; s++) {
        int near = continent_of(e->stations[s].region) == continent_of(c->region);
        int64_t way_ns = e->stations[s].region == c->region ? 0 : near ? 10 * MS : 80 * MS;

        e->routes[p][s] = (client_route){ .weight = s % SERVICES != service ? 0
                                                    : near                  ? 20
                                                                            : 1,
                                          .there_ns = way_ns,
                                          .back_ns = way_ns };
    }
}

static earth *make(double per_s, int64_t end_ns, const ranks *r)
{
    earth *e = calloc(1, sizeof *e);

    if (e == NULL)
        fail("out of memory");
    fill_places(e);
    for (uint32_t p = 0; p < POPULATIONS; p++)
        fill_population(e, p, per_s);
    e->config = (services_config){ .regions = REGIONS,
                                   .populations = e->populations,
                                   .stations = e->stations,
                                   .population_count = POPULATIONS,
                                   .station_count = PLACES,
                                   .seed = 5,
                                   .end_ns = end_ns,
                                   .threads = 1,
                                   .ranks = r };
    return e;
}

static void deal(const services_config *config, uint32_t *rank_of)
{
    int64_t work[REGIONS], cut, said = 0;
    services_flow *flows;
    partition_edge *edges;
    sky_error error;
    size_t count;

    if (services_traffic(config, work, &flows, &count, &error) != SKY_OK)
        fail(error.message);
    edges = malloc((count + 1) * sizeof *edges);
    if (edges == NULL)
        fail("out of memory");
    for (size_t i = 0; i < count; i++) {
        edges[i] = (partition_edge){ flows[i].a, flows[i].b, flows[i].messages };
        said += flows[i].messages;
    }
    if (partition_make(REGIONS, work, edges, count, (uint32_t)ranks_in_all, rank_of, &error) != SKY_OK)
        fail(error.message);
    cut = partition_cut(edges, count, rank_of);
    if (ranks_in_all <= CONTINENTS && cut * 10 > said)
        fail("the partition tears continents");
    if (rank == 0)
        printf("%d ranks: %.1f %% of what regions say goes between ranks\n", ranks_in_all,
               100 * (double)cut / (double)said);
    free(edges);
    free(flows);
}

static services *must_create(const services_config *config)
{
    services *s;
    sky_error error;

    if (services_create(config, &s, &error) != SKY_OK)
        fail(error.message);
    return s;
}

static void must_run(services *s, int64_t to_ns)
{
    sky_error error;

    if (services_run(s, to_ns, &error) != SKY_OK)
        fail(error.message);
    if (!services_are_conserved(s))
        fail("requests are lost");
}

/* ---- the same ------------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static uint64_t population_digest(const client *c)
{
    const uint64_t words[] = { c->arrived, c->served,  c->failed,           c->in_flight,
                               c->sends,   c->retries, c->within_objective, c->late_answers };
    uint64_t digest = 1;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        digest = mix(digest, words[i]);
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        digest = mix(digest, c->responses.counts[i]);
    return digest;
}

static uint64_t place_digest(const station *s)
{
    uint64_t digest = mix(mix(1, s->received), s->served);

    return mix(mix(digest, s->full), (uint64_t)s->busy_ns);
}

static void compare(const services *s, const services *alone)
{
    for (uint32_t p = 0; p < POPULATIONS; p++) {
        if (services_population(alone, p)->served < 10)
            fail("nobody is served");
        if (population_digest(services_population(s, p)) != population_digest(services_population(alone, p)))
            fail("a population met something else than on one machine");
    }
    for (uint32_t i = 0; i < PLACES; i++)
        if (place_digest(services_station(s, i)) != place_digest(services_station(alone, i)))
            fail("a place met something else than on one machine");
}

static void test(const peers *p)
{
    int64_t end_ns = 20 * SKY_NS_PER_SECOND;
    earth *dealt = make(20, end_ns, peers_ranks(p)), *whole = make(20, end_ns, NULL);
    services *s = must_create(&dealt->config), *alone = must_create(&whole->config);
    sky_error error;

    for (int out = 1; out >= 0; out--) { /* a place is out from 7 s to 14 s */
        must_run(s, (2 - out) * 7 * SKY_NS_PER_SECOND);
        must_run(alone, (2 - out) * 7 * SKY_NS_PER_SECOND);
        if (services_set_out(s, 3, out, &error) != SKY_OK ||
            services_set_out(alone, 3, out, &error) != SKY_OK)
            fail(error.message);
    }
    must_run(s, 2 * end_ns);
    must_run(alone, 2 * end_ns);
    compare(s, alone);
    services_destroy(s);
    services_destroy(alone);
    free(dealt);
    free(whole);
}

/* ---- how fast ----------------------------------------------------------------------------------------------------------- */

static void bench(const peers *p)
{
    static const double per_s[] = { 10, 100, 1000 };

    for (size_t i = 0; i < sizeof per_s / sizeof *per_s; i++) {
        int64_t end_ns = (int64_t)(3e6 / per_s[i] / POPULATIONS * 1e9);
        earth *e = make(per_s[i], end_ns, peers_ranks(p));
        services *s = must_create(&e->config);
        peers_statistics before = peers_count(p), now;
        uint64_t events;
        double time_s;

        MPI_Barrier(MPI_COMM_WORLD);
        time_s = MPI_Wtime();
        must_run(s, end_ns);
        time_s = MPI_Wtime() - time_s;
        now = peers_count(p);
        now.bytes -= before.bytes;
        now.meetings -= before.meetings;
        events = services_count(s).events;
        MPI_Allreduce(MPI_IN_PLACE, &events, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
        if (rank == 0)
            printf("%d ranks: %5.0f requests/s a population: %.2f million requests a second; a window has "
                   "%.0f events, "
                   "takes %.1f us, %.0f bytes from each\n",
                   ranks_in_all, per_s[i], per_s[i] * POPULATIONS * (double)end_ns * 1e-15 / time_s,
                   (double)events / (double)now.meetings, time_s * 1e6 / (double)now.meetings,
                   (double)now.bytes / (double)now.meetings);
        services_destroy(s);
        free(e);
    }
}

int main(int argc, char **argv)
{
    uint32_t rank_of[REGIONS];
    earth *e;
    peers *p;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_in_all);
    e = make(20, SKY_NS_PER_SECOND, NULL);
    deal(&e->config, rank_of);
    free(e);
    p = peers_create(MPI_COMM_WORLD, rank_of);
    if (p == NULL)
        fail("out of memory");
    if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
        bench(p);
    } else {
        test(p);
        if (rank == 0)
            printf("%d ranks: every count and every response time of one machine\n", ranks_in_all);
    }
    peers_destroy(p);
    MPI_Finalize();
    return 0;
}
