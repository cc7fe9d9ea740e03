/* Strategies × replications of one scenario, on a team of threads. What comes out does not depend on the team's size:
 * results stand in the plan's order, and the record is written run by run in that order, beside the runs
 * (record_writer.h): whichever has the turn hands its rows over. A run whose turn has not come keeps its rows in memory, all such runs together no more than
 * BATCH_LOOK_AHEAD_BYTES; beyond that it waits for its turn. */
#ifndef SKYTWIN_BATCH_H
#define SKYTWIN_BATCH_H

#include "record_writer.h"
#include "runner.h"

#define BATCH_LOOK_AHEAD_BYTES (256u << 20)

/* How a run that goes on comes into the record: as record_run_begin, but what it had is there already, or is copied. */
typedef struct batch_origin {
    runner_origin run;
    void *context;
    record_writer_beginner *begin;
} batch_origin;

typedef struct batch_plan {
    const scenario *scenario;
    const char *const *strategies;
    size_t strategy_count;
    unsigned replication, replications; /* the first, and how many from there on */
    uint64_t seed;
    size_t
        done; /* runs, from the first on, that the record has already: their results stand where they belong */
    const batch_origin *origin;  /* of the next run; NULL: it begins like all others */
    const twin_change *change;   /* of all runs; NULL: none */
    int64_t checkpoint_every_ns; /* into the record; 0: never */
    int threads;                 /* 0: one a core */
    const ranks
        *ranks;        /* all of which make these runs; then one thread does. NULL: this process alone does */
    record *record;    /* NULL: none is kept */
    profile *profile;  /* of the first run; NULL: none is kept */
    int show_progress; /* where standard error is a terminal */
} batch_plan;

/* Fills results[strategy * replications + replication].
 * SKY_ERROR_STOPPED: interrupted. Else the first error of a run or of the record. */
sky_status batch_run(const batch_plan *plan, runner_result *results, sky_error *error);

#endif
