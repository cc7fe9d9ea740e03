#include "deal.h"

#include "interrupt.h"
#include "progress.h"

#include <mpi.h>
#include <time.h>

enum { TAG_ASK, TAG_LEAVE, TAG_UNIT };
#define NO_MORE (-1)
#define POLL_NS 1000000 /* a manager that waits within MPI would keep a core busy */

static int has_runs_to_come(const sweep_units *u, const unsigned char *done, size_t unit)
{
    uint64_t first = sweep_unit_run(u, unit);

    for (size_t i = 0; i < u->runs_each; i++)
        if (!(done[(first + i) / 8] >> (first + i) % 8 & 1))
            return 1;
    return 0;
}

/* Waits for a rank that asks or leaves; *tag is which. */
static int wait_for_rank(int *tag)
{
    const struct timespec pause = { .tv_nsec = POLL_NS };
    MPI_Status status;
    int there = 0;

    while (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status) == MPI_SUCCESS && !there)
        nanosleep(&pause, NULL);
    MPI_Recv(NULL, 0, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    *tag = status.MPI_TAG;
    return status.MPI_SOURCE;
}

static size_t next_unit(const sweep_units *u, const unsigned char *done, size_t unit)
{
    while (unit < u->count && !has_runs_to_come(u, done, unit))
        unit++;
    return unit;
}

void deal_units(const sweep_units *u, const unsigned char *done, int show_progress)
{
    size_t unit = 0, to_come = 0;
    progress progress;
    int workers;

    MPI_Comm_size(MPI_COMM_WORLD, &workers);
    for (size_t i = next_unit(u, done, 0); i < u->count; i = next_unit(u, done, i + 1))
        to_come++;
    progress_start(&progress, to_come * u->runs_each, show_progress);
    for (workers--; workers > 0;) {
        int tag, rank = wait_for_rank(&tag);
        int64_t answer = NO_MORE;

        if (tag == TAG_LEAVE) {
            workers--;
            continue;
        }
        unit = next_unit(u, done, unit);
        if (unit < u->count && !interrupt_requested())
            answer = (int64_t)unit++;
        workers -= answer == NO_MORE;
        MPI_Send(&answer, 1, MPI_INT64_T, rank, TAG_UNIT, MPI_COMM_WORLD);
        if (answer != NO_MORE)
            progress_add(&progress, (int64_t)u->runs_each * PROGRESS_WHOLE);
    }
    progress_end(&progress);
}

sky_status deal_next(void *context, size_t *unit, int *taken, sky_error *error)
{
    deal_worker *worker = context;
    int64_t answer;

    (void)error;
    MPI_Send(NULL, 0, MPI_BYTE, 0, TAG_ASK, MPI_COMM_WORLD);
    MPI_Recv(&answer, 1, MPI_INT64_T, 0, TAG_UNIT, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    *taken = answer != NO_MORE;
    *unit = *taken ? (size_t)answer : 0;
    worker->dismissed = !*taken;
    return SKY_OK;
}

void deal_leave(const deal_worker *worker)
{
    if (!worker->dismissed)
        MPI_Send(NULL, 0, MPI_BYTE, 0, TAG_LEAVE, MPI_COMM_WORLD);
}
