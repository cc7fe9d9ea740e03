/* How the ranks of an MPI job meet (kernel/ranks.h). At the end of a window: one all-to-all of 48 bytes a pair, which tells
 * each when the next event of all is and how much it gets from whom; then what there is, from those who have any. To gather: the
 * same letters, then one all-gather.
 *
 * Every meeting begins with letters, whatever it is for. So a rank that fails by itself, anywhere, says so with the next
 * ones (peers_close), and the others, who may have met for something else, come back from there. */
#ifndef SKYTWIN_MPI_PEERS_H
#define SKYTWIN_MPI_PEERS_H

#include "kernel/ranks.h"

#include <mpi.h>

typedef struct peers peers;

/* All ranks of the communicator together. `rank_of`: by process, the same on all ranks; it stays the caller's. NULL: no
 * memory. */
peers *peers_create(MPI_Comm communicator, const uint32_t *rank_of);
void peers_destroy(peers *p); /* NULL is allowed */
/* For windows_config.ranks. */
const ranks *peers_ranks(const peers *p);
/* The run is over here, well or not; all ranks together, each once. Returns the rank that failed, the same everywhere; SKY_NONE:
 * none did. */
uint32_t peers_close(peers *p, int failed);

/* What this rank has handed over so far. */
typedef struct peers_statistics {
    uint64_t meetings, bytes;            /* at the ends of windows */
    uint64_t gatherings, gathered_bytes; /* its own share */
} peers_statistics;
peers_statistics peers_count(const peers *p);

#endif
