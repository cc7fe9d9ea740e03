/* What `run` and `compare` have in common: runs of a scenario, kept in a record if one is asked for. */
#ifndef SKYTWIN_SIMULATE_H
#define SKYTWIN_SIMULATE_H

#include "command.h"
#include "runner.h"

typedef struct simulation {
    scenario scenario;
    const ranks *
        ranks; /* all of which make its runs; the first of them alone keeps a record. NULL: this process alone does */
    runner_result *results; /* NULL: nothing ran */
    size_t result_count;
    char digest[RECORD_DIGEST_CHARS]; /* of all runs */
} simulation;

/* Loads the scenario that options name. */
command_exit simulation_load(const options *options, simulation *out, sky_error *error);
/* Runs it. The record's file is opened before, so that a path that can't be written costs no run. */
command_exit simulation_run(const options *options, const char *const *strategies, size_t strategy_count,
                            unsigned replications, simulation *simulation, sky_error *error);
void simulation_free(simulation *simulation);

/* The record goes with the runs: whole if they are, marked incomplete if not. */
command_exit simulation_close_record(const char *path, record *record, sky_status runs, sky_error *error);

#endif
