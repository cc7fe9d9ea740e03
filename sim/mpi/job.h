/* The ranks of an MPI job, as a command sees them. */
#ifndef SKYTWIN_MPI_JOB_H
#define SKYTWIN_MPI_JOB_H

#include "command.h"

typedef struct job {
    int rank, count;
} job;

/* The worst of what all ranks say: they go on together or end together. */
command_exit job_agree(command_exit code);

/* The commands: all ranks together, each with the same arguments; argv[0] is the command's name. Where they fail, the ranks that know
 * why leave a message. */
command_exit job_run(const job *job, int argc, char **argv, sky_error *error);
command_exit job_sweep(const job *job, int argc, char **argv, sky_error *error);

#endif
