#include "buckets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_EVENTS 128 /* aimed at: their heap fits the first-level cache */
#define SAMPLES       256
#define QUANTILE      8 /* a bucket is as wide as the density of the first eighth of the events asks for */
#define MIN_BUCKETS   64
#define MAX_BUCKETS   (UINT32_C(1) << 24)

void buckets_free(kernel_buckets *b)
{
    free(b->list);
    free(b->chunks);
    free(b->next);
    memset(b, 0, sizeof *b);
}

void buckets_clear(kernel_buckets *b)
{
    b->buckets = b->cursor = 0;
    b->beyond = (buckets_list){ .first = SKY_NONE };
    b->free_first = SKY_NONE;
    for (uint32_t i = b->chunk_count; i-- > 0;) {
        b->next[i] = b->free_first;
        b->free_first = i;
    }
    b->free_count = b->chunk_count;
}

/* ---- the pool ------------------------------------------------------------------------------------------ */

static sky_status grow_pool(kernel_buckets *b, size_t count)
{
    buckets_chunk *chunks;
    uint32_t *next;

    if (count >= SKY_NONE)
        return SKY_ERROR_MEMORY;
    next = realloc(b->next, count * sizeof *next);
    if (next == NULL)
        return SKY_ERROR_MEMORY;
    b->next = next;
    chunks = realloc(b->chunks, count * sizeof *chunks);
    if (chunks == NULL)
        return SKY_ERROR_MEMORY;
    b->chunks = chunks;
    for (size_t i = count; i-- > b->chunk_count;) {
        next[i] = b->free_first;
        b->free_first = (uint32_t)i;
    }
    b->free_count += (uint32_t)(count - b->chunk_count);
    b->chunk_count = (uint32_t)count;
    return SKY_OK;
}

static uint32_t buckets_for(size_t events)
{
    uint32_t buckets = MIN_BUCKETS;

    while (buckets < MAX_BUCKETS && buckets < events / BUCKET_EVENTS)
        buckets *= 2;
    return buckets;
}

sky_status buckets_reserve(kernel_buckets *b, size_t events)
{
    uint32_t buckets = buckets_for(events);
    size_t chunks;

    if (b->chunk_count == 0 && b->next == NULL)
        buckets_clear(b);
    if (buckets > b->capacity) {
        buckets_list *list = realloc(b->list, buckets * sizeof *list);

        if (list == NULL)
            return SKY_ERROR_MEMORY;
        b->list = list;
        b->capacity = buckets;
    }
    chunks = events / BUCKETS_CHUNK + b->capacity + 3;
    return chunks > b->chunk_count ? grow_pool(b, chunks) : SKY_OK;
}

static inline uint32_t take_chunk(kernel_buckets *b)
{
    uint32_t chunk = b->free_first;

    assert(chunk != SKY_NONE);
    b->free_first = b->next[chunk];
    b->free_count--;
    return chunk;
}

static inline void give_chunk(kernel_buckets *b, uint32_t chunk)
{
    b->next[chunk] = b->free_first;
    b->free_first = chunk;
    b->free_count++;
}

static inline void append(kernel_buckets *b, buckets_list *list, const kernel_event *event)
{
    uint32_t at = list->count++ % BUCKETS_CHUNK;

    if (at == 0) {
        uint32_t chunk = take_chunk(b);

        b->next[chunk] = list->first;
        list->first = chunk;
    }
    b->chunks[list->first].events[at] = *event;
}

static inline uint32_t filled(const buckets_list *list)
{
    return (list->count - 1) % BUCKETS_CHUNK + 1;
}

/* ---- adding and taking ----------------------------------------------------------------------------------- */

/* Into its bucket, or beyond. Needs a chunk at most. */
static inline void place(kernel_buckets *b, const kernel_event *event)
{
    uint64_t bucket = ((uint64_t)event->time_ns - (uint64_t)b->start_ns) >> b->shift;

    if (bucket < b->buckets) {
        append(b, &b->list[bucket], event);
        return;
    }
    append(b, &b->beyond, event);
    if (event->time_ns < b->beyond_least_ns)
        b->beyond_least_ns = event->time_ns;
}

sky_status buckets_add(kernel_buckets *b, const kernel_event *event)
{
    if (b->free_count <= b->capacity + 2 && grow_pool(b, b->chunk_count + b->chunk_count / 2 + 1) != SKY_OK)
        return SKY_ERROR_MEMORY;
    place(b, event);
    return SKY_OK;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Chooses start and width of the buckets from what lies beyond. */
static void measure(kernel_buckets *b, uint32_t buckets)
{
    uint32_t chunks = (b->beyond.count + BUCKETS_CHUNK - 1) / BUCKETS_CHUNK, step = chunks / SAMPLES + 1;
    int64_t sample[SAMPLES];
    size_t count = 0;
    uint32_t at = 0;
    uint64_t span_ns;

    for (uint32_t chunk = b->beyond.first; chunk != SKY_NONE && count < SAMPLES; chunk = b->next[chunk])
        if (at++ % step == 0) /* the first event of a chunk is always there */
            sample[count++] = b->chunks[chunk].events[0].time_ns;
    qsort(sample, count, sizeof *sample, by_time);
    b->start_ns = b->beyond_least_ns;
    span_ns = (uint64_t)sample[count / QUANTILE] - (uint64_t)b->start_ns;
    for (b->shift = 0; b->shift < 63 && span_ns >> b->shift >= buckets / QUANTILE; b->shift++)
        ;
    b->buckets = buckets;
    b->cursor = 0;
    for (uint32_t i = 0; i < buckets; i++)
        b->list[i] = (buckets_list){ .first = SKY_NONE };
}

/* Deals what lies beyond to new buckets, or back. */
static void spread(kernel_buckets *b)
{
    buckets_list old = b->beyond;
    uint32_t in_chunk = filled(&old), next, fit = buckets_for(old.count);

    measure(b, fit < b->capacity ? fit : b->capacity);
    b->beyond = (buckets_list){ .first = SKY_NONE };
    b->beyond_least_ns = INT64_MAX;
    for (uint32_t chunk = old.first; chunk != SKY_NONE; chunk = next) {
        for (uint32_t i = 0; i < in_chunk; i++)
            place(b, &b->chunks[chunk].events[i]);
        in_chunk = BUCKETS_CHUNK;
        next = b->next[chunk];
        give_chunk(b, chunk);
    }
}

void buckets_spread(kernel_buckets *b, const kernel_event *events, size_t count)
{
    for (uint32_t i = b->cursor; i < b->buckets; i++) {
        uint32_t in_chunk = filled(&b->list[i]), next;

        for (uint32_t chunk = b->list[i].first; chunk != SKY_NONE; chunk = next) {
            next = b->next[chunk];
            for (uint32_t k = 0; k < in_chunk; k++)
                append(b, &b->beyond, &b->chunks[chunk].events[k]);
            in_chunk = BUCKETS_CHUNK;
            give_chunk(b, chunk);
        }
    }
    for (size_t i = 0; i < count; i++)
        append(b, &b->beyond, &events[i]);
    b->beyond_least_ns = events[0].time_ns;
    for (size_t i = 1; i < count; i++)
        if (events[i].time_ns < b->beyond_least_ns)
            b->beyond_least_ns = events[i].time_ns;
    spread(b);
}

size_t buckets_take(kernel_buckets *b, kernel_event *events)
{
    buckets_list *list;
    size_t count = 0;
    uint32_t in_chunk, next;

    while (b->cursor < b->buckets && b->list[b->cursor].count == 0)
        b->cursor++;
    if (b->cursor == b->buckets) {
        if (b->beyond.count == 0) {
            b->buckets = b->cursor = 0;
            return 0;
        }
        spread(b); /* the least of them falls into bucket 0 */
    }
    list = &b->list[b->cursor++];
    in_chunk = filled(list);
    for (uint32_t chunk = list->first; chunk != SKY_NONE; chunk = next) {
        memcpy(&events[count], b->chunks[chunk].events, in_chunk * sizeof *events);
        count += in_chunk;
        in_chunk = BUCKETS_CHUNK;
        next = b->next[chunk];
        give_chunk(b, chunk);
    }
    *list = (buckets_list){ .first = SKY_NONE };
    return count;
}
