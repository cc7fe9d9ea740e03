/* Couples a world with an engine: the loop of the design. One call is one run. */
#ifndef SKYTWIN_TWIN_H
#define SKYTWIN_TWIN_H

#include "../output/rows.h"
#include "kernel/profile.h"
#include "kernel/ranks.h"
#include "scenario.h"

/* From the first control point at or after a time on, the world is another one: of the same things, with other values. */
typedef struct twin_change {
    int64_t at_ns;
    const scenario *scenario; /* NULL: the same */
    const char *strategy;     /* NULL: the same */
} twin_change;

typedef struct twin_options {
    const char *strategy;
    unsigned replication; /* picks the window, and the random streams together with seed */
    uint64_t seed;
    /* At the end of the first instant at or after it all is saved, taken down, made anew and restored; SKY_NEVER_NS: never.
     * Changes no result. */
    int64_t restart_at_ns;
    int64_t
        checkpoint_every_ns; /* twin_output.checkpoint gets one at the first control point at or after each multiple; 0: none */
    const void *checkpoint; /* goes on from there, with the same scenario and options; NULL: from the start */
    size_t checkpoint_bytes;
    const twin_change *change; /* NULL: none */
    const sky_solver *solver;  /* for strategies that decide by linear programs; NULL: none */
    int threads; /* inside of the run: services and pipelines go on beside the rest, and in parallel. 0 or 1: all on one.
                  * Changes no result */
    /* Regions of services are dealt to these, each of which makes this run (kernel/ranks.h); then `threads` is 1, and
     * there are no checkpoints. NULL: to none */
    const ranks *ranks;
} twin_options;

/* Where the time of a run goes, as its profile counts it. */
typedef enum twin_part {
    TWIN_OTHER = PROFILE_OTHER, /* queue, books, the loop itself */
    TWIN_WORLD,                 /* what happens in the world */
    TWIN_ORDERS,                /* what the engine ordered is done in the world */
    TWIN_OBSERVE,               /* the engine hears an event */
    TWIN_DECIDE,                /* the engine decides */
    TWIN_RECORD,                /* rows are handed over: digested, packed, written */
    TWIN_SERVICES,  /* requests to services; where they have threads of their own, waiting for them */
    TWIN_PIPELINES, /* records of pipelines; likewise */
} twin_part;
extern const char *const twin_part_names[PROFILE_PARTS];

/* Where the run's rows go, in blocks, from the calling thread. Callbacks may be NULL. */
typedef struct twin_output {
    void *context;
    sky_status (*rows)(void *context, record_stream stream, const void *rows, size_t count, sky_error *error);
    /* Instead of rows(): each block, which malloc made, is the receiver's from then on, who frees it. */
    sky_status (*blocks)(void *context, record_stream stream, void *rows, size_t count, sky_error *error);
    /* All that the run is in the middle of. What has come to rows() until then is what is to be there when it goes on from this:
     * rows of a block that is not full are in the checkpoint, so that blocks are the same with and without. */
    sky_status (*checkpoint)(void *context, int64_t now_ns, const void *bytes, size_t size, sky_error *error);
    void (*progress)(void *context, int64_t now_ns, int64_t end_ns); /* at most once a control interval */
    /* Asked at every event, by whichever thread of the run; nonzero: end with SKY_ERROR_STOPPED, with all other ranks. */
    int (*stop)(void *context);
    profile *profile; /* begun by the caller; NULL: none is kept */
} twin_output;

/* How the run's engine is set up: what one needs beside its events to decide as it did. */
sky_engine_config twin_engine_config(const scenario *s, const twin_options *options);

/* Runs one replication of a scenario under one strategy to its end. The summary is also given to rows()
 * as RECORD_SUMMARY. Thread-safe: runs share only the read-only scenario. */
sky_status twin_run(const scenario *s, const twin_options *options, const twin_output *output,
                    record_summary *summary, sky_error *error);
#endif
