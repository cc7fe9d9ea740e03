/* The asking side: users of one population in one region, and what stands between them and the answer: which place
 * they are routed to, mTLS, time-outs, retries, circuit breakers.
 *
 * A request is served, or fails; in between it is in flight, and at every instant
 *     arrived = served + failed + in flight.
 * A request that fails may be tried again, up to so many attempts in all, after a pause that doubles. The server
 * knows nothing of a time-out: it goes on, and the late answer is thrown away. Over a way that is cut nothing gets
 * through: who has a time-out learns by it, who has none is told when the request would have been there.
 *
 * A circuit breaker per population and place opens after so many failures in a row, and keeps requests away; when its
 * time is over one request tries, and closes it if it is served [Nygard, Release It!, 2007, 5.2].
 *
 * Between trust domains mTLS is required: a new connection, every so many requests to a place, costs round trips and
 * computation, less of it where the session is resumed [RFC 8446, 2.2]; a caller without identity is refused there. */
#ifndef SKYTWIN_SERVICE_CLIENT_H
#define SKYTWIN_SERVICE_CLIENT_H

#include "../network/latency.h"
#include "demand.h"
#include "histogram.h"
#include "station.h"

typedef enum client_routing {
    CLIENT_LEAST_LATENCY,
    CLIENT_LEAST_COST,
    CLIENT_BY_WEIGHT /* at random */
} client_routing;

/* From a population to a station. Ways of their own: jitter of two is independent. */
typedef struct client_route {
    int64_t weight;            /* 0: requests are not sent here (a station further on may answer from here) */
    int64_t there_ns, back_ns; /* propagation and serialisation; between regions at least 1 */
    latency_jitter jitter;     /* on top, each way */
    int64_t nusd_per_million;  /* requests; what routing by cost compares */
} client_route;

typedef struct client_mtls {
    uint32_t has_identity, trust_domain;
    uint32_t requests_per_connection; /* at least 1 */
    uint32_t round_trips;             /* before the first request of a connection */
    int64_t full_ns, resumed_ns;      /* computation, both sides */
    int64_t resumed_ppm;              /* of the connections but a place's first */
    int64_t per_request_ns;
} client_mtls;

typedef struct client_config {
    uint32_t region; /* the logical process that it is part of */
    demand load;
    client_routing routing;
    const client_route *routes; /* by station, all that there are */
    uint32_t attempts;          /* at least 1 */
    int64_t timeout_ns;         /* of an attempt; 0: none */
    int64_t pause_ns;           /* before the second attempt, at least 1 where there is one */
    uint32_t breaker_failures;  /* 0: no breakers */
    int64_t breaker_ns;
    client_mtls mtls;
    double tokens;                       /* of a request, mean: geometric from 1; 0: none */
    int64_t objective_ns, objective_ppm; /* SLO: that share of all requests is served within that time */
} client_config;

typedef enum client_outcome {
    CLIENT_SERVED,
    CLIENT_QUEUE_FULL,
    CLIENT_REFUSED,   /* without identity */
    CLIENT_TOO_LARGE, /* more tokens than a replica has memory for */
    CLIENT_TIMED_OUT,
    CLIENT_NO_PLACE,    /* all circuit breakers were open */
    CLIENT_UNREACHABLE, /* an outage where it went, or of the way there */
    CLIENT_OUTCOME_COUNT
} client_outcome;

/* A request under way. */
typedef struct client_call {
    int64_t start_ns;
    uint32_t generation; /* of this place in the table: raised with every attempt, and when it is over */
    uint32_t attempts, station, next;
} client_call;

typedef struct client_way {
    uint64_t sent;
    int64_t open_until_ns;
    uint32_t failures, unused; /* in a row */
} client_way;

typedef struct client {
    const client_config *config;
    uint32_t number; /* of all populations */
    uint32_t local;  /* of its region's */
    demand_arrivals arrivals;
    random_key draws;
    uint64_t sends;   /* attempts that were sent */
    uint64_t cut_off; /* of them, those over a way that was cut */
    client_call *calls;
    uint32_t call_count, call_room, free_call, in_flight;
    client_way *ways; /* by station */
    uint32_t *order;  /* stations that it may ask, best first */
    uint32_t order_count;
    int64_t weight; /* of all of them */
    uint64_t arrived, served, failed;
    uint64_t outcomes[CLIENT_OUTCOME_COUNT]; /* of attempts */
    uint64_t retries, late_answers, handshakes, resumptions;
    uint64_t within_objective;
    histogram responses; /* of those served */
} client;

/* What is left of the error budget, in millionths of it: 1,000,000: all; below 0: overspent. Requests in flight do not
 * count. A perfect objective has no budget: 0 while it is kept, else the least there is. */
int64_t client_budget_left_ppm(const client *c);

#endif
