/* Inside of windows.h: the logical processes of one thread, with one queue for all of them, and what they send to
 * those of other threads. Written by its own thread alone; at a barrier others read what is for them. Parts that
 * different threads write are a pair of cache lines apart (the processor fetches lines in pairs). */
#ifndef SKYTWIN_KERNEL_SHARD_H
#define SKYTWIN_KERNEL_SHARD_H

#include "process.h"
#include "profile.h"
#include "queue.h"
#include "ranks.h"

#define SHARD_ALIGN 128

/* Events of one window for another shard. There are two, used in turn: one is filled while the other is read. */
typedef struct shard_box {
    _Alignas(SHARD_ALIGN) kernel_event *events;
    size_t count, capacity;
} shard_box;

typedef struct shard_process {
    const process_model *model;
    void *state;
    uint64_t sequence; /* of the next event that it causes */
} shard_process;

typedef struct shard {
    _Alignas(SHARD_ALIGN) process_context context; /* first: handlers get its address */
    kernel_queue queue;
    shard_process *processes; /* first … first + count - 1; where ranks share them, those of others too */
    uint32_t first, count;
    uint32_t self;            /* in shard_of */
    uint32_t shards, turn;    /* turn: which of the two boxes is filled */
    const uint32_t *shard_of; /* by process: the shard, or the rank, that has it */
    shard_box *boxes;         /* by turn, receiving shard */
    int64_t sent_least_ns;    /* of what is in the boxes that are filled */
    unsigned char *states;
    sky_status status; /* of the first that failed here, and when */
    kernel_event failed_at;
    const kernel_event *now; /* the event that happens; NULL in begin */
    char message[256];
    uint64_t events, messages;
    profile *profile; /* NULL: none is kept */
    profile own_profile;
} shard;

/* Begins its processes, on the calling thread. Failures are in status. `model`: of all processes. */
void shard_begin(shard *s, const process_model *const *model);
void shard_end(shard *s);
/* Turns the boxes: what was sent can be fetched, and the next window has empty ones. */
void shard_turn(shard *s);
/* Takes what another has sent to it before the last turn. */
void shard_fetch(shard *s, const shard *from);
/* Takes events for it that come from another rank. */
void shard_take(shard *s, const kernel_event *events, size_t count);
/* Of one that has the processes of a rank: meets the others (ranks.h), gives them what it has sent, takes what they have
 * sent to it. Returns what all say. */
ranks_word shard_meet(shard *s, const ranks *r, int leave);
/* Time of the next event at it, or of what it has sent and nobody has fetched. */
int64_t shard_next_ns(const shard *s);
/* Lets events before a time happen, at most so many; returns how many did. */
uint64_t shard_advance(shard *s, int64_t before_ns, uint64_t most);

#endif
