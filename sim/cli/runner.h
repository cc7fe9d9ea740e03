/* A team of threads that works off runs, wherever they come from: those of a comparison (batch.h), the points of a
 * sweep (sweep_work.h). */
#ifndef SKYTWIN_RUNNER_H
#define SKYTWIN_RUNNER_H

#include "kernel/profile.h"
#include "kernel/ranks.h"
#include "record.h"
#include "scenario.h"
#include "twin.h"

/* Where a run goes on. */
typedef struct runner_origin {
    const void *checkpoint;
    size_t checkpoint_bytes;
    const record_digest *digest; /* of the rows that it had until then */
} runner_origin;

typedef struct runner_task {
    size_t index; /* the giver's number for it */
    const scenario *scenario;
    const char *strategy;
    unsigned replication;
    uint64_t seed;
    profile *profile; /* NULL: none is kept */
    const ranks
        *ranks; /* all of which make this run, and no other at the same time; NULL: this process alone does */
    int64_t checkpoint_every_ns;
    const twin_change *change;   /* NULL: none */
    const runner_origin *origin; /* NULL: it begins */
    void *place, *output;        /* the giver's own */
} runner_task;

typedef struct runner_result {
    const char *strategy;
    unsigned replication;
    uint64_t seed;
    int window;    /* as the user numbered it; -1: not known */
    double wall_s; /* negative: not known */
    record_summary summary;
    char digest[RECORD_DIGEST_CHARS];
} runner_result;

/* Where runs come from, and where what they give goes. Called by many threads at the same time. */
typedef struct runner_work {
    void *context;
    /* The next run; *taken is 0 where there is none left. */
    sky_status (*take)(void *context, runner_task *task, int *taken, sky_error *error);
    /* Rows of a run under way, in any stream but RECORD_SUMMARY: they are the receiver's, who frees them. NULL: nobody wants any. */
    sky_status (*rows)(void *context, runner_task *task, record_stream stream, void *rows, size_t count,
                       sky_error *error);
    /* What the run is in the middle of, after all rows that it has given so far. NULL: nobody wants it. */
    sky_status (*checkpoint)(void *context, runner_task *task, int64_t now_ns, const void *bytes, size_t size,
                             sky_error *error);
    /* The run is over, and all its rows were given. */
    sky_status (*end)(void *context, runner_task *task, const runner_result *result, sky_error *error);
    /* A run failed, and the others will stop: nobody may wait any longer. May be NULL. */
    void (*stop)(void *context);
} runner_work;

/* threads 0: one a core. As many runs at a time; what is left where there are fewer works inside of them. show_progress: where standard error is a terminal.
 * SKY_ERROR_STOPPED: interrupted. Else the first error of a run or of a callback. */
sky_status runner_run(const runner_work *work, size_t run_count, int threads, int show_progress,
                      sky_error *error);

/* One digest of many runs, in their order: the one that a record of them bears. */
sky_status runner_digest(const runner_result *results, size_t count, char text[RECORD_DIGEST_CHARS],
                         sky_error *error);

#endif
