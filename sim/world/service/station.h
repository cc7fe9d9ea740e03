/* The serving side: replicas of a service at one place, with one queue in front of them, first come first served.
 *
 * A replica works on up to `concurrency` batches at once. A batch is up to `max_batch` requests: it starts when a replica
 * is free and it is full, or the first of it has waited for max_wait_ns. It takes
 *     a draw of `time` + per_request_ns × requests + per_token_ns × their tokens.
 * Where replicas have memory (the KV cache of a language model), a request holds memory for its tokens while it is
 * served, and starts only on a replica that has that much left.
 *
 * While it is out (an outage of where it stands) it has no replicas: what is there, and what comes, is answered that it
 * can't be reached. Afterwards it begins again with the least number of replicas, once they have started. */
#ifndef SKYTWIN_SERVICE_STATION_H
#define SKYTWIN_SERVICE_STATION_H

#include "../../../engine/model/arith.h"
#include "../../kernel/process.h"
#include "../../kernel/stream.h"
#include "autoscaler.h"
#include "duration.h"
#include "mtls.h"

#define STATION_NONE UINT32_MAX

typedef struct station_config {
    uint32_t region; /* the logical process that it is part of */
    duration time;
    int64_t per_request_ns, per_token_ns;
    uint32_t concurrency; /* at least 1 */
    uint32_t max_batch;   /* at least 1 */
    int64_t max_wait_ns;
    uint32_t queue_limit;  /* that may wait; STATION_NONE: any number */
    int64_t memory_tokens; /* of a replica; 0: no limit */
    uint32_t trust_domain;
    uint32_t then;    /* station that a served request goes on to, which then answers; STATION_NONE */
    int64_t then_ns;  /* latency on that way; between regions at least 1 */
    mtls_config mtls; /* as a caller on that way; its trust domain is the one above */
    int64_t
        endpoint_life_ns; /* mean, until another takes the place of a replica under an address of its own; 0: never */
    int64_t nusd_per_hour; /* of a replica, from when it is ordered */
    int64_t request_bytes, answer_bytes;
    autoscaler_config
        scaling; /* least 0: nobody is here until replicas are ordered, and it never scales by itself */
    uint32_t keep, reserved; /* keep: replicas that orders leave at least */
} station_config;

/* A request, here. */
typedef struct station_job {
    uint64_t call; /* the client's, given back with the answer */
    int64_t arrived_ns;
    int64_t started_ns;
    int64_t tokens;
    uint64_t mark;             /* trace.h */
    uint32_t population, next; /* next: in the queue, in the batch, or free */
    uint32_t replica;          /* of one in service */
    uint32_t live;             /* 1: waits, or is in service */
} station_job;

typedef struct station_replica {
    int64_t tokens; /* in use */
    uint32_t busy;  /* batches */
    uint32_t unused;
} station_replica;

typedef struct station {
    const station_config *config;
    uint32_t number; /* of all stations */
    uint32_t local;  /* of its region's */
    station_job *jobs;
    uint32_t job_count, job_room, free_job;
    uint32_t first, last, waiting, in_service; /* first, last: of the queue; counts of requests */
    station_replica *replicas;                 /* where they have memory, `most` of them */
    uint32_t up, ordered, busy; /* replicas that work; those and the ones that start; batches under way */
    uint32_t replicas_most, waiting_most;
    uint32_t governed;  /* 1: replicas are ordered from outside, its own autoscaler is off */
    uint32_t cancelled; /* of the replicas that start: as many will not be */
    int64_t due_ns;     /* when a batch that isn't full starts, as scheduled */
    stream times, token_draws;
    autoscaler scaler;
    uint32_t out, outages; /* out: 1 while it is; outages: so far, what was foretold before one is stale */
    uint64_t received, served, full, refused, too_large; /* refused: without identity */
    uint64_t cut_off;                                    /* by outages */
    uint64_t expired, gone;    /* of those received: by certificates; for an endpoint that is no more */
    int64_t *endpoint_born_ns; /* by replica, where endpoints are replaced */
    uint64_t replacements;
    sky_int128 reported_busy_ns; /* busy_ns at the last report */
    mtls_session session;        /* with the station that requests go on to */
    uint64_t batches, answers;
    uint64_t *answered; /* by population: requests that it answered, and did not turn away */
    int64_t changed_ns;
    sky_int128 busy_ns, replica_ns; /* up to changed_ns: of `busy` over time, of `ordered` over time */
    sky_int128 scaled_busy_ns;      /* busy_ns at the last scaling */
} station;

/* Up to a time not before its last event: batches under way, and replicas that there were, each over time. */
sky_int128 station_busy_ns(const station *s, int64_t now_ns);
sky_int128 station_replica_ns(const station *s, int64_t now_ns);
/* Utilisation of its replicas from the start to a time not before its last event, in millionths of what those that
 * it had could do. */
int64_t station_utilisation_ppm(const station *s, int64_t now_ns);
/* What its replicas cost up to a time not before its last event, rounded. */
int64_t station_cost_nusd(const station *s, int64_t now_ns);

#endif
