/* The asking side: users of one population in one region, and what stands between them and the answer: the name of the
 * service (names.h), which place they are routed to, a gateway (gateway.h), mTLS (mtls.h), time-outs, retries, circuit
 * breakers.
 *
 * A request is served, or fails; in between it is in flight, and at every instant
 *     arrived = served + failed + in flight.
 * A request that fails may be tried again, up to so many attempts in all, after a pause that doubles. The server
 * knows nothing of a time-out: it goes on, and the late answer is thrown away. Over a way that is cut nothing gets
 * through: who has a time-out learns by it, who has none is told when the request would have been there.
 *
 * A circuit breaker per population and place opens after so many failures in a row, and keeps requests away; when its
 * time is over one request tries, and closes it if it is served [Nygard, Release It!, 2007, 5.2]. */
#ifndef SKYTWIN_SERVICE_CLIENT_H
#define SKYTWIN_SERVICE_CLIENT_H

#include "../network/latency.h"
#include "balance.h"
#include "demand.h"
#include "edge.h"
#include "names.h"
#include "station.h"

typedef enum client_routing {
    CLIENT_LEAST_LATENCY,
    CLIENT_LEAST_COST,
    CLIENT_BY_WEIGHT,  /* at random */
    CLIENT_BY_LOCALITY /* nearest first, balance.h */
} client_routing;

/* From a population to a station. Ways of their own: jitter of two is independent. */
typedef struct client_route {
    int64_t weight;            /* 0: requests are not sent here (a station further on may answer from here) */
    int64_t there_ns, back_ns; /* propagation and serialisation; between regions at least 1 */
    latency_jitter jitter;     /* on top, each way */
    int64_t nusd_per_million;  /* requests; what routing by cost compares */
} client_route;

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
    mtls_config mtls;
    names_config names;
    uint32_t
        gateway; /* that they pass, counted from 1; 0: none. Ways begin there then, but for back_ns: to the users */
    int64_t gateway_ns;                  /* latency between users and gateway, each way */
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
    CLIENT_EXPIRED,     /* a certificate at either end */
    CLIENT_GONE,        /* the endpoint that it knew of */
    CLIENT_NO_NAME,     /* the resolver did not answer */
    CLIENT_GATEWAY_FULL,
    CLIENT_OUTCOME_COUNT
} client_outcome;

/* A request under way. */
typedef struct client_call {
    int64_t start_ns, attempt_ns;
    uint64_t trace;      /* from 1; 0: leaves no spans */
    uint32_t generation; /* of this place in the table: raised with every attempt, and when it is over */
    uint32_t attempts;   /* so far; 0: this place is free */
    uint32_t station, next;
} client_call;

typedef struct client_way {
    uint64_t sent;
    int64_t open_until_ns;
    uint32_t failures;  /* in a row */
    uint32_t endpoints; /* that it knows of, as of … */
    int64_t as_of_ns;
    mtls_session session;
    edge *edge; /* NULL: nobody looks */
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
    balance_place *places; /* in that order, where it routes by locality */
    uint32_t place_count;
    uint32_t station_count;
    uint32_t steered; /* 1: from outside, by weights: as configured no more */
    int64_t *weights; /* by station */
    int64_t weight;   /* of all of them */
    names_cache name;
    mtls_session gateway; /* with it */
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
