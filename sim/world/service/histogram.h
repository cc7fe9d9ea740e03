/* Counts of times, by buckets that are a hundredth of a time wide at most: a log-linear histogram, as HdrHistogram has
 * made usual. Below 128 ns a bucket is a nanosecond; above, each power of two is cut into 128 equal buckets, so that a
 * bucket is at most 1/128 = 0.79 % of what lies in it wide, from 0 to 2^63 ns (292 years).
 *
 * All is counted in integers: histograms added to each other in any order are equal to the bit. 58 KiB each. */
#ifndef SKYTWIN_SERVICE_HISTOGRAM_H
#define SKYTWIN_SERVICE_HISTOGRAM_H

#include <stdint.h>

#include "../../../engine/model/arith.h"
#include "../../kernel/state.h"

#define HISTOGRAM_PARTS_LOG2 7
#define HISTOGRAM_PARTS      (1 << HISTOGRAM_PARTS_LOG2) /* buckets in each power of two */
#define HISTOGRAM_BUCKETS    (HISTOGRAM_PARTS * (64 - HISTOGRAM_PARTS_LOG2))

/* Zeroed, it is empty. */
typedef struct histogram {
    sky_int128 sum_ns;
    uint64_t count;
    int64_t max_ns; /* exactly; 0 where there is nothing */
    uint64_t counts[HISTOGRAM_BUCKETS];
} histogram;

static inline uint32_t histogram_bucket(int64_t ns)
{
    int above;

    if (ns < HISTOGRAM_PARTS)
        return (uint32_t)ns;
    above = 63 - HISTOGRAM_PARTS_LOG2 - __builtin_clzll((uint64_t)ns); /* powers of two over the first */
    return (uint32_t)((above << HISTOGRAM_PARTS_LOG2) + (int)(ns >> above));
}

/* So many times ns, at least 0. */
static inline void histogram_add(histogram *h, int64_t ns, uint64_t times)
{
    h->counts[histogram_bucket(ns)] += times;
    h->count += times;
    h->sum_ns += (sky_int128)ns * times;
    if (ns > h->max_ns && times > 0)
        h->max_ns = ns;
}

void histogram_merge(histogram *into, const histogram *from);
/* Takes off what was there at an earlier time: what was added since is left, exactly, but for max_ns, which is the end of
 * the last bucket in use, or the old maximum where that is less. */
void histogram_subtract(histogram *h, const histogram *earlier);

/* The least time that the given share of all, in millionths, does not exceed: the value of rank ceil(share × count),
 * within its bucket by its rank there, thus wrong by less than 1 %. 0 where there is nothing; 1,000,000: max_ns. */
int64_t histogram_percentile(const histogram *h, int64_t share_ppm);
/* Rounded to the nearest; 0 where there is nothing. */
int64_t histogram_mean(const histogram *h);

/* Of its buckets those that have something. */
void histogram_state(histogram *h, state *s);

#endif
