/* Small services for tests: one population beside one station, and what was measured from the end of a warm-up on.
 * Header only; after cmocka.h. */
#ifndef SKYTWIN_TESTS_SERVICES_H
#define SKYTWIN_TESTS_SERVICES_H

#include "world/service/services.h"

#include <stdlib.h>

/* c servers, each a replica, without limits. */
static inline station_config simple_station(duration time, uint32_t servers)
{
    return (station_config){ .time = time,
                             .concurrency = 1,
                             .max_batch = 1,
                             .queue_limit = STATION_NONE,
                             .then = STATION_NONE,
                             .scaling = { .least = servers, .most = servers } };
}

static inline client_config simple_population(double per_s, const client_route *routes)
{
    return (client_config){ .load = { .per_s = per_s, .weekend = 1, .steady = 1 },
                            .routes = routes,
                            .attempts = 1,
                            .pause_ns = 1,
                            .mtls = { .requests_per_connection = 1 } };
}

static inline services *services_need(const services_config *config)
{
    services *s = NULL;
    sky_error error;

    if (services_create(config, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return s;
}

static inline void services_go(services *s, int64_t to_ns)
{
    sky_error error;

    if (services_run(s, to_ns, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Runs to the warm-up's end, then to the end; the responses in between, for free(). */
static inline histogram *services_measure(services *s, int64_t warm_ns, int64_t end_ns)
{
    histogram *found = malloc(sizeof *found), *before = malloc(sizeof *before);

    assert_non_null(found);
    assert_non_null(before);
    services_go(s, warm_ns);
    *before = services_population(s, 0)->responses;
    services_go(s, end_ns);
    *found = services_population(s, 0)->responses;
    histogram_subtract(found, before);
    free(before);
    return found;
}

#endif
