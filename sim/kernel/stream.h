/* Random variates in great numbers: one after the other from a key, made by the block, and times in whole
 * nanoseconds. For what happens millions of times a second (requests, packets); draw.h is for the rest, whose
 * times are whole milliseconds.
 *
 * The logarithm is our own, of additions, multiplications and divisions alone, so that the same bits come out
 * with every C library. Bits 2n and 2n + 1 of a stream are the two halves of its key's draw n. */
#ifndef SKYTWIN_KERNEL_STREAM_H
#define SKYTWIN_KERNEL_STREAM_H

#include <stddef.h>

#include "random.h"
#include "state.h"

#define STREAM_BLOCK 32 /* variates */

/* -log u, u = stream_uniform_of(bits): an exponential variate of mean 1, of 64 uniform bits (the upper 52 count). Its relative
 * error is below 1e-15; it is at most 36.8. */
double stream_exponential_of(uint64_t bits);
/* Uniform strictly inside (0, 1), of 64 uniform bits; as draw_uniform. */
static inline double stream_uniform_of(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}
/* A whole number from 0 to below `bound`: wrong by less than bound / 2^32 of each chance. */
static inline uint32_t stream_below_of(uint32_t bits, uint32_t bound)
{
    return (uint32_t)((uint64_t)bits * bound >> 32);
}

/* Exponential variates of mean 1 of a key, in their order. 312 bytes. */
typedef struct stream {
    random_key key;
    uint64_t next; /* draw of the key */
    uint32_t at;
    double ready[STREAM_BLOCK];
} stream;

/* A copy of a stream goes on as the stream does. */
void stream_init(stream *s, const random_key *key);
void stream_refill(stream *s);
/* How far it has come, in 12 bytes; it was made with its key. */
void stream_state(stream *s, state *saved);

static inline double stream_exponential(stream *s)
{
    if (s->at == STREAM_BLOCK)
        stream_refill(s);
    return s->ready[s->at++];
}

/* Time of the given mean, below 2^57 ns, to the nearest nanosecond: 0 is possible. */
static inline int64_t stream_exponential_ns(stream *s, double mean_ns)
{
    return (int64_t)(stream_exponential(s) * mean_ns + 0.5);
}

#endif
