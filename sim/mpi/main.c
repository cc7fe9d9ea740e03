/* skytwin-mpi: what skytwin does, over the ranks of an MPI job. A program of its own, so that skytwin neither needs MPI nor pays
 * for its start. */
#include "interrupt.h"
#include "job.h"

#include <hdf5.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    command_exit (*run)(const job *job, int argc, char **argv, sky_error *error);
} commands[] = { { "run", job_run }, { "sweep", job_sweep } };

command_exit job_agree(command_exit code)
{
    int mine = (int)code, worst;

    MPI_Allreduce(&mine, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return (command_exit)worst;
}

static command_exit help(const job *job)
{
    if (job->rank == 0)
        puts("skytwin-mpi: skytwin over the ranks of an MPI job.\n\n"
             "Usage: mpirun -n N skytwin-mpi run SCENARIO [OPTION…]\n"
             "       mpirun -n N skytwin-mpi sweep SWEEP.cfg -o FILE.h5 [OPTION…]\n\n"
             "  run    one run of a very large world: regions of its services are dealt to the ranks by who "
             "asks\n"
             "         whom, all else is the same on each. The digest is that of `skytwin run`; rank 0 keeps "
             "the\n"
             "         record and prints. --profile says also what the ranks hand over.\n"
             "  sweep  a sweep: rank 0 deals its points to the others. `skytwin merge` makes one file of the "
             "record.\n\n"
             "Options are those of `skytwin help run`, but for --threads, and of `skytwin help sweep`, but "
             "for "
             "--shard.");
    return COMMAND_DONE;
}

static command_exit run_command(const job *job, int argc, char **argv, sky_error *error)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (strcmp(name, "help") == 0)
        return help(job);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return help(job);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(job, argc - 1, argv + 1, error);
    snprintf(error->message, sizeof error->message,
             "found %s%.100s%s, expected run, sweep or help; `skytwin-mpi help` says more",
             argc > 1 ? "'" : "no command", name, argc > 1 ? "'" : "");
    return COMMAND_INPUT;
}

/* One message, of the first rank that has one and ends as badly as any. */
static command_exit end(const job *job, command_exit own, const sky_error *error)
{
    command_exit code = job_agree(own);
    int rank = own == code && error->message[0] != '\0' ? job->rank : job->count, first;

    MPI_Allreduce(&rank, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (code != COMMAND_DONE && first == job->rank)
        fprintf(stderr, "skytwin-mpi: rank %d: %s\n", job->rank, error->message);
    return code;
}

int main(int argc, char **argv)
{
    sky_error error = { "" };
    command_exit code = COMMAND_DONE;
    job job;
    int provided;

    H5dont_atexit();
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &job.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &job.count);
    if (!interrupt_install() || provided < MPI_THREAD_SERIALIZED) {
        snprintf(error.message, sizeof error.message,
                 "neither signal handlers nor an MPI for threads: expected both");
        code = COMMAND_OURS;
    }
    if (job_agree(code) == COMMAND_DONE)
        code = run_command(&job, argc, argv, &error);
    code = end(&job, code, &error);
    MPI_Finalize();
    return (int)code;
}
