/* How the ranks of an MPI job meet at the end of a window (kernel/ranks.h): one all-to-all of 48 bytes a pair, which tells
 * each when the next event of all is and how much it gets from whom; then what there is, from those who have any. */
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
/* Bytes that this rank has handed over so far, and how often it has met the others. */
uint64_t peers_bytes(const peers *p);
uint64_t peers_meetings(const peers *p);

#endif
