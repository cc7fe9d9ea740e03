/* What `skytwin run` and `skytwin-mpi run` have in common: before the run, and after it. */
#ifndef SKYTWIN_RUN_H
#define SKYTWIN_RUN_H

#include "simulate.h"

/* Loads the scenario that options name. *strategy: the one that is asked for, or the scenario's first. To be freed whatever it
 * returns. */
command_exit run_load(const options *options, simulation *out, const char **strategy, sky_error *error);
/* To standard output, what came out. */
command_exit run_print(const options *options, const simulation *simulation, sky_error *error);

#endif
