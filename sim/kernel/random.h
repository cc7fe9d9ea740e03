/* Random numbers by counter: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3",
 * SC'11). A draw depends on (seed, replication, thing, purpose, count) and on nothing else: not on the
 * order in which things happen, nor on threads, nor on what a strategy did. */
#ifndef SKYTWIN_KERNEL_RANDOM_H
#define SKYTWIN_KERNEL_RANDOM_H

#include <stdint.h>

/* What a draw is for. Append only: a number here, at most 255, is part of what a seed means. */
typedef enum random_purpose {
    RANDOM_ARRIVAL = 1,
    RANDOM_WORK,
    RANDOM_PRICE,
    RANDOM_JUMP,
    RANDOM_JUMP_SIZE,
    RANDOM_ON_TIME,
    RANDOM_OFF_TIME,
    RANDOM_SHARED_ON_TIME,
    RANDOM_SHARED_OFF_TIME,
    RANDOM_FIRST_STATE,
    RANDOM_SHARED_FIRST_STATE,
    RANDOM_TASK_ORDER,
    RANDOM_TASK,
    RANDOM_NODE_ORDER,
    RANDOM_ESTIMATE,
    RANDOM_TASK_FAILURE = 20,
    RANDOM_NODE_FAILURE,
    RANDOM_NODE_REPAIR,
    RANDOM_LINK_STATE = 50,
    RANDOM_LINK_JITTER,
    RANDOM_LINK_QUEUE,
    RANDOM_REQUEST = 70,
    RANDOM_SERVICE_TIME,
    RANDOM_TOKENS,
    RANDOM_ROUTE,
    RANDOM_RESUMPTION,
    RANDOM_CERTIFICATE = 83,
    RANDOM_ENDPOINT,             /* which one a call goes to */
    RANDOM_ENDPOINT_REPLACEMENT, /* when, and which */
    RANDOM_LOCALITY,
    RANDOM_SAMPLE, /* requests that leave spans */
    RANDOM_TRACE,  /* their ids */
    RANDOM_DATA_READ = 90,
    RANDOM_DATA_OBJECT,
    RANDOM_DATA_UPDATE,
    RANDOM_DATA_UPDATED,
    RANDOM_CARBON = 100,
    RANDOM_ENERGY_PRICE,
    RANDOM_FAULT_GAP = 110,
    RANDOM_FAULT_LENGTH,
    RANDOM_FAULT_REACH,
    RANDOM_WAY_LOSS, /* of messages, by brown-outs */
    RANDOM_RACK_REACH,
    RANDOM_SWEEP_ORDER = 120,
    RANDOM_SWEEP_WITHIN,
    RANDOM_PIPELINE_ARRIVAL = 130,
    RANDOM_PIPELINE_KEY,
    RANDOM_PIPELINE_DISORDER,
    RANDOM_PIPELINE_SERVICE,
    RANDOM_PIPELINE_RESULTS, /* how many a record has */
    RANDOM_PIPELINE_SAMPLE,  /* whose event time a window's result bears */
    RANDOM_RATE_NOISE = 40,
    RANDOM_STOCK_UP = 30,
    RANDOM_STOCK_OUT,
    RANDOM_STOCK_FIRST,
    RANDOM_NODE_BOOT,
} random_purpose;

typedef struct random_key {
    uint64_t seed;
    uint32_t replication;
    uint32_t thing;   /* index of the pool, workload, region … */
    uint32_t purpose; /* random_purpose */
} random_key;

/* The bare block cipher: 128 bits of counter and 64 of key to 128 bits. */
void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 64 uniform bits: draw number `count` of a key; count < 2^56. */
uint64_t random_u64(const random_key *key, uint64_t count);
/* The same draw in full, 128 uniform bits: out[0] is what random_u64 gives. */
void random_pair(const random_key *key, uint64_t count, uint64_t out[2]);

#endif
