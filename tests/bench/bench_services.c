/* How many requests a second services simulate on one core, each of them as events, as a ratio to a bare heap measured
 * in the same run:
 *   M/M/c    8 servers at load 0.8, the population beside them: two events a request;
 *   region   the same behind 30 ms of latency each way, in another region: four;
 *   limits   the same with time-outs, retries and a queue limit: five.
 * And what the analytic path takes for a year of minutes. Arguments: none. */
#include "bare_heap.h"

#include "kernel/draw.h"
#include "world/service/analytic.h"
#include "world/service/services.h"

#define ROUNDS     5 /* best of */
#define REQUESTS   1500000
#define SERVERS    8
#define LOAD       0.8
#define SERVICE_NS 1000000

typedef struct variant {
    const char *name;
    int64_t latency_ns;
    int64_t timeout_ns;
} variant;

static double million_requests(const variant *v)
{
    const double per_s = LOAD * SERVERS * 1e9 / SERVICE_NS;
    const client_route route = { .weight = 1, .there_ns = v->latency_ns, .back_ns = v->latency_ns };
    const client_config population = { .load = { .per_s = per_s, .steady = 1 },
                                       .routes = &route,
                                       .attempts = 2,
                                       .timeout_ns = v->timeout_ns,
                                       .pause_ns = SERVICE_NS,
                                       .mtls = { .requests_per_connection = 1 } };
    const station_config station = { .region = v->latency_ns > 0,
                                     .time = duration_make(DURATION_EXPONENTIAL, SERVICE_NS, 0),
                                     .concurrency = 1,
                                     .max_batch = 1,
                                     .queue_limit = v->timeout_ns > 0 ? 1000 : STATION_NONE,
                                     .then = STATION_NONE,
                                     .scaling = { .least = SERVERS, .most = SERVERS } };
    const services_config config = { .regions = 2,
                                     .populations = &population,
                                     .stations = &station,
                                     .population_count = 1,
                                     .station_count = 1,
                                     .seed = 1,
                                     .end_ns = SKY_NEVER_NS,
                                     .threads = 1 };
    double start, served;
    sky_error error;
    services *s;

    if (services_create(&config, &s, &error) != SKY_OK) {
        fprintf(stderr, "bench_services: %s\n", error.message);
        exit(3);
    }
    start = bench_thread_s();
    if (services_run(s, (int64_t)(REQUESTS / per_s * 1e9), &error) != SKY_OK) {
        fprintf(stderr, "bench_services: %s\n", error.message);
        exit(3);
    }
    start = bench_thread_s() - start;
    served = (double)services_population(s, 0)->served;
    services_destroy(s);
    return served * 1e-6 / start;
}

static double year_s(void)
{
    const demand load = { .per_s = 4000, .swing = 0.6, .weekend = 0.7 };
    const duration service = duration_make(DURATION_LOGNORMAL, SERVICE_NS, 0.8);
    analytic_year *year = bench_need(calloc(1, sizeof *year));
    double start = bench_thread_s();

    analytic_run(&load, &service, SERVERS, 365 * 24 * SKY_NS_PER_HOUR, year);
    start = bench_thread_s() - start;
    if (year->responses.count + year->overload_requests != year->requests) {
        fprintf(stderr, "bench_services: the analytic path lost requests\n");
        exit(1);
    }
    free(year);
    return start;
}

int main(void)
{
    static const variant variants[] = { { "services, M/M/8 beside its users, requests", 0, 0 },
                                        { "services, M/M/8 in another region, requests", 30000000, 0 },
                                        { "services, the same with time-outs, requests", 30000000,
                                          500000000 } };
    double holds = bare_million_holds(ROUNDS);

    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        double best = 0;

        for (int round = 0; round < ROUNDS; round++)
            best = fmax(best, million_requests(&variants[v]));
        bench_report(variants[v].name, best, "million/s", "bare heap's holds at 10^3", holds);
    }
    bench_report("services, analytic path, a year", year_s(), "s", NULL, 0);
    return 0;
}
