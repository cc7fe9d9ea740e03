#include "random.h"

#define ROUNDS 10

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = { counter[0], counter[1], counter[2], counter[3] };
    uint32_t k[2] = { key[0], key[1] };

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * c[0];
        uint64_t product1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = { (uint32_t)(product1 >> 32) ^ c[1] ^ k[0], (uint32_t)product1,
                             (uint32_t)(product0 >> 32) ^ c[3] ^ k[1], (uint32_t)product0 };

        for (int i = 0; i < 4; i++)
            c[i] = next[i];
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

void random_pair(const random_key *key, uint64_t count, uint64_t out[2])
{
    uint32_t purpose = key->purpose | (uint32_t)(count >> 32) << 8;
    uint32_t counter[4] = { (uint32_t)count, key->thing, purpose, key->replication };
    uint32_t philox_key[2] = { (uint32_t)key->seed, (uint32_t)(key->seed >> 32) };
    uint32_t words[4];

    random_philox(counter, philox_key, words);
    out[0] = (uint64_t)words[1] << 32 | words[0];
    out[1] = (uint64_t)words[3] << 32 | words[2];
}

uint64_t random_u64(const random_key *key, uint64_t count)
{
    uint64_t pair[2];

    random_pair(key, count, pair);
    return pair[0];
}
