/* Inside of the event queue: the events that are not the next ones, unsorted in buckets of time of equal
 * width, and in a pile of those beyond the last bucket. When all buckets have been taken, what lies
 * beyond is spread over new ones, as wide as its own density asks for; an event is moved about twice in its
 * life, whatever their number. After the idea of the ladder queue [Tang, Goh, Thng, ACM TOMACS 15 (2005) 175].
 *
 * Events lie in chunks of a pool. Only add, and grow, ask for memory: the pool always keeps a chunk in reserve
 * for each bucket, which is what the spreading may need, so that taking never fails. */
#ifndef SKYTWIN_KERNEL_BUCKETS_H
#define SKYTWIN_KERNEL_BUCKETS_H

#include <skytwin/engine.h>

#include "event.h"

#define BUCKETS_CHUNK 32 /* events */

typedef struct buckets_chunk {
    kernel_event events[BUCKETS_CHUNK];
} buckets_chunk;

/* Events in chunks, the first chunk partly filled. */
typedef struct buckets_list {
    uint32_t first; /* chunk; SKY_NONE */
    uint32_t count; /* events */
} buckets_list;

typedef struct kernel_buckets {
    buckets_list *list;
    uint32_t buckets;  /* in use; 0: nothing is here, and everything is near */
    uint32_t capacity; /* of list */
    uint32_t cursor;   /* first bucket that has not been taken: what lies before it is near */
    unsigned shift;    /* a bucket is 2^shift ns wide */
    int64_t start_ns;  /* of bucket 0 */
    buckets_list beyond;
    int64_t beyond_least_ns;
    buckets_chunk *chunks;
    uint32_t *next; /* chunk of the same list, or free */
    uint32_t chunk_count, free_first, free_count;
} kernel_buckets;

void buckets_free(kernel_buckets *b);
/* Drops all events; none are in use then. */
void buckets_clear(kernel_buckets *b);

/* 1: an event of that time is near, and not to be added. */
static inline int buckets_is_near(const kernel_buckets *b, int64_t time_ns)
{
    return b->buckets == 0 || time_ns < b->start_ns ||
           ((uint64_t)time_ns - (uint64_t)b->start_ns) >> b->shift < b->cursor;
}

/* Makes room to spread that many events. SKY_ERROR_MEMORY: all is as before. */
sky_status buckets_reserve(kernel_buckets *b, size_t events);
/* Adds an event that is not near. SKY_ERROR_MEMORY: all is as before. */
sky_status buckets_add(kernel_buckets *b, const kernel_event *event);
/* Spreads these events together with all that are here over new buckets. After buckets_reserve of them all. */
void buckets_spread(kernel_buckets *b, const kernel_event *events, size_t count);
/* Takes the next bucket that is not empty: copies its events, in no order, to `events`, where there must be room
 * for all that are here; returns their number. 0: there are none left, and no buckets in use. */
size_t buckets_take(kernel_buckets *b, kernel_event *events);

#endif
