/* A cache of objects of any size: what is read again is found in it, and what is not makes room by the cache's
 * policy. Each policy is a file of its own behind one table of functions (cache_policy.h).
 *
 * An object takes whole blocks, as on a disk; so capacity / block bounds how many fit, all memory is had at the
 * start, and an access allocates nothing. What happens depends on the accesses and on nothing else. */
#ifndef SKYTWIN_STORAGE_CACHE_H
#define SKYTWIN_STORAGE_CACHE_H

#include "cache_admission.h"
#include "cache_slots.h"

typedef struct cache_policy cache_policy;

extern const cache_policy cache_lru;   /* the least recently read leaves */
extern const cache_policy cache_lfu;   /* the least often read leaves */
extern const cache_policy cache_sieve; /* first in, first out, but for those read again */
extern const cache_policy
    cache_w_tinylfu; /* who comes must be read more often than who would have to leave */

/* By name: "lru", "lfu", "sieve", "w-tinylfu"; NULL: none. */
const cache_policy *cache_find_policy(const char *name);
const char *cache_policy_name(const cache_policy *policy);

#define CACHE_MOST_BLOCKS (UINT32_C(1) << 30)

typedef struct cache_config {
    const cache_policy *policy;
    int64_t capacity_bytes; /* at least a block, at most CACHE_MOST_BLOCKS of them */
    int64_t block_bytes;    /* at least 1 */
    uint32_t history;       /* lfu: of how many objects that left it keeps count; 0: it forgets at once */
    const cache_admission_terms *admission; /* NULL: who comes is let in, if the policy lets it */
} cache_config;

typedef struct cache_read {
    int64_t now_ns; /* never less than before; for the admission */
    uint64_t object;
    int64_t bytes;      /* at least 1 */
    int64_t saved_nusd; /* what a hit saves: requests, retrieval, transfer; for the admission */
} cache_read;

typedef enum cache_outcome {
    CACHE_HIT,
    CACHE_ADMITTED, /* it was not there, now it is */
    CACHE_REFUSED,  /* it was not there, nor is it now */
} cache_outcome;

/* reads = hits + admitted + refused; admitted = evicted + those held. */
typedef struct cache_counts {
    int64_t reads, hits, admitted, refused, evicted;
    int64_t read_bytes, hit_bytes; /* of the objects, not of their blocks */
    int64_t saved_nusd;
} cache_counts;

typedef struct cache {
    cache_config config;
    cache_slots slots;
    cache_admission admission;
    void *policy_state;
    int64_t bytes; /* taken, in whole blocks: at most the capacity */
    int64_t now_ns;
    cache_counts counts;
} cache;

/* SKY_ERROR_INPUT: a figure out of range. SKY_ERROR_MEMORY. Either leaves nothing to free. */
sky_status cache_init(cache *c, const cache_config *config);
void cache_free(cache *c);

/* An object of another size (in blocks) than it had is another version: the old one leaves. */
cache_outcome cache_access(cache *c, const cache_read *read);
/* Whether it is there. Changes nothing. */
int cache_holds(const cache *c, uint64_t object);
/* It is out of date: it leaves, if it is there. */
void cache_forget(cache *c, uint64_t object);

/* All that is in it and all that has been counted, saved; or restored into one that was just made, of the same policy. */
void cache_state(cache *c, state *s);

#endif
