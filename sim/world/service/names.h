/* Names of services at the client, by DNS: the resolver of a region keeps an answer for its time to live
 * [RFC 1035, 3.2.1], and whoever asks while it is being looked up waits for that answer. Of lookups that come as a
 * Poisson process of rate lambda, the share 1 / (1 + lambda × (lookup + TTL)) asks on.
 *
 * While a region's resolver is down, names that are known go on until their time to live ends; others are not found,
 * once their time-out is over. */
#ifndef SKYTWIN_SERVICE_NAMES_H
#define SKYTWIN_SERVICE_NAMES_H

#include <stdint.h>

#define NAMES_NOT_FOUND (-1)

typedef struct names_config {
    int64_t ttl_ns;    /* 0: addresses are known */
    int64_t lookup_ns; /* of an answer that isn't known */
    int64_t timeout_ns;
} names_config;

/* Of one name. Zeroed at the start. */
typedef struct names_cache {
    uint64_t lookups, misses, failures;
    int64_t ready_ns, until_ns; /* the answer is there from … to */
} names_cache;

/* How long a lookup takes now; NAMES_NOT_FOUND: no answer comes. */
int64_t names_resolve_ns(names_cache *cache, const names_config *config, int64_t now_ns,
                         int resolver_is_down);

#endif
