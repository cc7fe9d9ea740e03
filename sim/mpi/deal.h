/* Rank 0 deals units of a sweep to the other ranks, one at a time to whoever asks. */
#ifndef SKYTWIN_MPI_DEAL_H
#define SKYTWIN_MPI_DEAL_H

#include "sweep_work.h"

/* The manager's part: deals the units that have runs to come, until every other rank has been told that there are no
 * more, or has left. An interrupt ends the dealing. */
void deal_units(const sweep_units *units, const unsigned char *done, int show_progress);

/* A worker's part: a dealer that asks rank 0. */
typedef struct deal_worker {
    int dismissed; /* it was told that there are no more */
} deal_worker;
sky_status deal_next(void *worker, size_t *unit, int *taken, sky_error *error);
/* To be called when the work is over, whatever its end. */
void deal_leave(const deal_worker *worker);

#endif
