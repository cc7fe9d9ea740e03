/* Keys of records: ranks 0 … count - 1 by Zipf's law, and which task owns a key. */
#ifndef SKYTWIN_PIPELINE_KEYS_H
#define SKYTWIN_PIPELINE_KEYS_H

#include "../../kernel/random.h"
#include "../../kernel/stream.h"

typedef struct key_law {
    uint32_t *below; /* by rank: 2^32 × the chance of a lower rank, or of this; NULL: all keys alike */
    uint32_t count, unused;
} key_law;

/* -1: no memory. keys_free frees it. */
int keys_init(key_law *k, uint32_t count, double skew);
void keys_free(key_law *k);
/* By 32 uniform bits. */
uint32_t keys_draw(const key_law *k, uint32_t bits);

/* The bits of the key are mixed by those of [Steele et al., SplitMix, OOPSLA 2014], so that neighbours scatter. */
static inline uint32_t keys_owner(uint32_t key, uint32_t tasks)
{
    uint64_t z = (key + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return stream_below_of((uint32_t)(z >> 32), tasks);
}

#endif
