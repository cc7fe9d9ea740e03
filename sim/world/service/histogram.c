#include "histogram.h"

#define WHOLE_PPM 1000000

void histogram_merge(histogram *into, const histogram *from)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
}

/* A bucket's least time, and how many nanoseconds it is wide. */
static int64_t bucket_start(uint32_t bucket, int64_t *width)
{
    uint32_t above = bucket >> HISTOGRAM_PARTS_LOG2;

    above -= above > 0;
    *width = INT64_C(1) << above;
    return (int64_t)(bucket - (above << HISTOGRAM_PARTS_LOG2)) << above;
}

void histogram_subtract(histogram *h, const histogram *earlier)
{
    int64_t end_ns = 0, width;

    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        h->counts[i] -= earlier->counts[i];
        if (h->counts[i] > 0) {
            end_ns = bucket_start(i, &width);
            end_ns += width - 1;
        }
    }
    h->count -= earlier->count;
    h->sum_ns -= earlier->sum_ns;
    if (end_ns < h->max_ns)
        h->max_ns = end_ns;
}

int64_t histogram_percentile(const histogram *h, int64_t share_ppm)
{
    uint64_t rank = (uint64_t)(((sky_int128)h->count * share_ppm + WHOLE_PPM - 1) / WHOLE_PPM);
    uint32_t bucket = 0;
    int64_t start, width, ns;

    if (h->count == 0 || rank >= h->count)
        return h->max_ns;
    rank += rank == 0;
    for (; rank > h->counts[bucket]; bucket++)
        rank -= h->counts[bucket];
    start = bucket_start(bucket, &width);
    /* The n-th of k in a bucket lies at (n - 1/2) / k of it, as if they were spread evenly. */
    ns = start + (int64_t)((sky_int128)width * (2 * rank - 1) / (2 * (sky_int128)h->counts[bucket]));
    return ns < h->max_ns ? ns : h->max_ns;
}

int64_t histogram_mean(const histogram *h)
{
    return h->count > 0 ? (int64_t)((h->sum_ns + h->count / 2) / h->count) : 0;
}
