/* Runs strategies × replications on a team of threads. What comes out does not depend on the team's size:
 * results stand in the plan's order, and the record is written run by run in that order, by whichever
 * thread has the turn. A run whose turn has not come keeps its rows packed in memory, all such runs together no
 * more than RUNNER_LOOK_AHEAD_BYTES; beyond that it waits for its turn. */
#ifndef SKYTWIN_RUNNER_H
#define SKYTWIN_RUNNER_H

#include "record.h"
#include "scenario.h"

#define RUNNER_LOOK_AHEAD_BYTES (32u << 20)

typedef struct runner_plan {
    const scenario *scenario;
    const char *const *strategies;
    size_t strategy_count;
    unsigned replications;
    uint64_t seed;
    int threads;       /* 0: one a core */
    record *record;    /* NULL: none is kept */
    int show_progress; /* where standard error is a terminal */
} runner_plan;

typedef struct runner_result {
    const char *strategy;
    unsigned replication;
    uint64_t seed;
    int window;    /* as the user numbered it; -1: not known */
    double wall_s; /* negative: not known */
    record_summary summary;
    char digest[RECORD_DIGEST_CHARS];
} runner_result;

/* Fills results[strategy * replications + replication].
 * SKY_ERROR_STOPPED: interrupted. Else the first error of a run or of the record. */
sky_status runner_run(const runner_plan *plan, runner_result *results, sky_error *error);

/* One digest of many runs, in their order: the one that a record of them bears. */
sky_status runner_digest(const runner_result *results, size_t count, char text[RECORD_DIGEST_CHARS],
                         sky_error *error);

#endif
