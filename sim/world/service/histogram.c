#include "histogram.h"

#include <string.h>

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

static size_t buckets_in_use(const histogram *h)
{
    size_t used = 0;

    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        used += h->counts[i] > 0;
    return used;
}

void histogram_state(histogram *h, state *s)
{
    int restores = state_restores(s);
    uint64_t left, times = 0;
    uint32_t bucket = 0;
    size_t used;

    STATE_VALUE(s, h->sum_ns);
    STATE_VALUE(s, h->count);
    STATE_VALUE(s, h->max_ns);
    state_check(s, h->max_ns >= 0 && h->count <= UINT64_MAX / 4 && h->sum_ns >= 0 &&
                       h->sum_ns <= (sky_int128)h->max_ns * h->count);
    used = state_count(s, restores ? 0 : buckets_in_use(h), sizeof bucket + sizeof times);
    left = h->count;
    if (restores)
        memset(h->counts, 0, sizeof h->counts);
    for (size_t i = 0; i < used; i++, bucket++) {
        uint32_t least = bucket;

        while (!restores && h->counts[bucket] == 0)
            bucket++;
        times = restores ? 0 : h->counts[bucket];
        STATE_VALUE(s, bucket);
        STATE_VALUE(s, times);
        state_check(s, bucket >= least && bucket < HISTOGRAM_BUCKETS && times > 0 && times <= left);
        if (!state_is_sound(s))
            return;
        h->counts[bucket] = times;
        left -= times;
    }
    state_check(s, left == 0);
}
