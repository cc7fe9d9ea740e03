/* Which rank gets which logical process: so that ranks have about the same work, and little goes between them. A graph
 * partition, by METIS [Karypis and Kumar, SIAM J. Sci. Comput. 20 (1998) 359]. It decides on speed, never on an answer. */
#ifndef SKYTWIN_MPI_PARTITION_H
#define SKYTWIN_MPI_PARTITION_H

#include <skytwin/engine.h>

#include <stddef.h>

/* What two processes say to each other, both ways together. */
typedef struct partition_edge {
    uint32_t a, b;
    int64_t traffic; /* at least 0, in any unit */
} partition_edge;

/* Writes rank_of, by process. `work`: of each process, at least 0, in any unit; NULL: all the same. No rank is left
 * without a process while there are enough. SKY_ERROR_INPUT: an edge to a process that there is not, or a negative
 * number. SKY_ERROR_MEMORY. */
sky_status partition_make(uint32_t processes, const int64_t *work, const partition_edge *edges,
                          size_t edge_count, uint32_t ranks, uint32_t *rank_of, sky_error *error);
/* Of what is said in all, how much goes between ranks. */
int64_t partition_cut(const partition_edge *edges, size_t edge_count, const uint32_t *rank_of);

#endif
