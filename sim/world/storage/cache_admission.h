/* Whether an object is worth its place in a cache: if what its reads are expected to save while it stays is more
 * than what the space costs for as long, and bringing it in.
 *
 *     reads per time × stay × saved per read  >  bytes × stay × price + what a write costs
 *
 * Its rate is estimated from how often it was seen since counting began: a Poisson process, seen at one of its own
 * events, had rate × time others before [Slivnyak–Mecke], so the read at hand does not count. The stay is what
 * stays of late were in the mean. Who is in is not weighed again: leaving is the policy's. */
#ifndef SKYTWIN_STORAGE_CACHE_ADMISSION_H
#define SKYTWIN_STORAGE_CACHE_ADMISSION_H

#include "cache_sketch.h"
#include "storage_tier.h"

typedef struct cache_admission_terms {
    const storage_tier *tier; /* where the cache lies: what space costs, and a write */
    int64_t stay_ns;          /* expected before any object has left; above 0 */
} cache_admission_terms;

typedef struct cache_admission {
    cache_admission_terms terms;
    cache_sketch sketch;
    int64_t counting_ns; /* how long what the sketch counts has taken, up to since_ns */
    int64_t since_ns;
    int64_t stay_ns;
} cache_admission;

/* SKY_ERROR_MEMORY. */
sky_status cache_admission_init(cache_admission *a, const cache_admission_terms *terms, uint32_t objects);
void cache_admission_free(cache_admission *a);

/* An object is read, held or not. */
void cache_admission_seen(cache_admission *a, int64_t now_ns, uint64_t object);
/* One leaves after so long. */
void cache_admission_left(cache_admission *a, int64_t stayed_ns);
/* After it was seen. 1: worth it. */
int cache_admission_pays(const cache_admission *a, uint64_t object, int64_t bytes, int64_t saved_nusd);

/* What it has seen, saved or restored; its terms are the configuration's. */
void cache_admission_state(cache_admission *a, state *s);

#endif
