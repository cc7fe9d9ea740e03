/* Windows (windows.h) whose processes are dealt to several ranks, each a program with memory of its own: at the end of a
 * window they meet, say when their next events are, and hand over messages. The kernel knows no way to do so: sim/mpi
 * has one. Events keep their total order, so the answer is that of one rank. */
#ifndef SKYTWIN_KERNEL_RANKS_H
#define SKYTWIN_KERNEL_RANKS_H

#include "event.h"

#include <stddef.h>

/* What a rank says when all meet, or what all of them say together. No padding. */
typedef struct ranks_word {
    int64_t next_ns;   /* least: of the next event there, or of what is handed over */
    int64_t failed_ns; /* first in the order of events: what a process failed at; SKY_NEVER_NS: none did */
    uint64_t failed_order; /* likewise */
    uint32_t failed_rank;
    uint32_t leave; /* 1: (one of) them asks all to come back from windows_run */
} ranks_word;

/* What one rank has said. */
typedef struct ranks_part {
    const unsigned char *bytes;
    size_t size;
} ranks_part;

typedef struct ranks {
    uint32_t rank, count;    /* this one, 0 … count - 1 */
    const uint32_t *rank_of; /* by process: who has it; the same everywhere */
    void *context;
    /* All ranks call it together. By rank: out[i] are out_count[i] events for it. Replaces this rank's word by that of all
     * together; *in are the events for this rank, in any order, valid until the next meeting. Ends the program where
     * ranks are lost, or memory: the others could not go on. */
    void (*meet)(void *context, const kernel_event *const *out, const size_t *out_count, ranks_word *word,
                 const kernel_event **in, size_t *in_count);
    /* Likewise, between windows: what each has to say reaches all. By rank, valid until the next meeting of any kind. NULL: one has
     * failed; *word says which. */
    const ranks_part *(*gather)(void *context, const void *bytes, size_t size, ranks_word *word);
    /* Likewise: 1 where any of them asks to leave, or has failed. */
    uint32_t (*agree)(void *context, uint32_t leave);
} ranks;

/* Joins what one more says. */
static inline void ranks_join(ranks_word *all, const ranks_word *one)
{
    if (one->failed_ns < all->failed_ns ||
        (one->failed_ns == all->failed_ns && one->failed_order < all->failed_order)) {
        all->failed_ns = one->failed_ns;
        all->failed_order = one->failed_order;
        all->failed_rank = one->failed_rank;
    }
    all->next_ns = one->next_ns < all->next_ns ? one->next_ns : all->next_ns;
    all->leave |= one->leave;
}

#endif
