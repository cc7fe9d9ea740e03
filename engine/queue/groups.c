#include "groups.h"

#include <stdlib.h>

void queue_groups_free(queue_groups *g)
{
    free(g->of);
    free(g->at);
    free(g->buckets);
    free(g->limited);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint32_t bucket_of(const queue_groups *g, const queue_group *like)
{
    uint64_t hash = mix((uint64_t)like->tenant << 32 | like->job_class);

    hash = mix(hash ^ like->tasks ^ mix((uint64_t)like->priority));
    return (uint32_t)hash & (g->bucket_count - 1);
}

static int is_same(const queue_group *a, const queue_group *b)
{
    return a->tenant == b->tenant && a->job_class == b->job_class && a->tasks == b->tasks &&
           a->together == b->together && a->priority == b->priority;
}

/* The bucket that holds such a group, or the empty one where it would go. */
static uint32_t *find_bucket(queue_groups *g, const queue_group *like)
{
    uint32_t bucket = bucket_of(g, like);

    while (g->buckets[bucket] != SKY_NONE && !is_same(&g->of[g->buckets[bucket]], like))
        bucket = (bucket + 1) & (g->bucket_count - 1);
    return &g->buckets[bucket];
}

static int widen(uint32_t **items, uint32_t count)
{
    uint32_t *grown = realloc(*items, count * sizeof *grown);

    if (grown == NULL)
        return 0;
    *items = grown;
    return 1;
}

static sky_status grow(queue_groups *g)
{
    uint32_t capacity = g->capacity == 0 ? 16 : 2 * g->capacity;
    queue_group *of = realloc(g->of, capacity * sizeof *of);

    if (of == NULL)
        return SKY_ERROR_MEMORY;
    g->of = of;
    if (!widen(&g->at, capacity) || !widen(&g->limited, capacity) || !widen(&g->buckets, 2 * capacity))
        return SKY_ERROR_MEMORY;
    g->capacity = capacity;
    g->bucket_count = 2 * capacity;
    for (uint32_t i = 0; i < g->bucket_count; i++)
        g->buckets[i] = SKY_NONE;
    for (uint32_t i = 0; i < g->count; i++)
        *find_bucket(g, &g->of[i]) = i;
    return SKY_OK;
}

uint32_t queue_groups_of(queue_groups *g, const queue_entry *entry, int by_priority)
{
    queue_group like = { .priority = by_priority ? entry->priority : 0,
                         .limit_ns = INT64_MAX,
                         .tenant = entry->tenant,
                         .job_class = entry->job_class,
                         .tasks = entry->tasks,
                         .together = entry->together,
                         .root = SKY_NONE,
                         .best = SKY_NONE };
    uint32_t *bucket;

    if (g->count == g->capacity && grow(g) != SKY_OK)
        return SKY_NONE;
    bucket = find_bucket(g, &like);
    if (*bucket == SKY_NONE) {
        *bucket = g->count;
        g->at[g->count] = SKY_NONE;
        g->of[g->count++] = like;
    }
    return *bucket;
}
