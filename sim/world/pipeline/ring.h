/* What waits at a task or in a batch, first come first served. Header only. */
#ifndef SKYTWIN_PIPELINE_RING_H
#define SKYTWIN_PIPELINE_RING_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RING_FIRST_ROOM 16

typedef enum entry_kind { ENTRY_RECORD, ENTRY_WATERMARK, ENTRY_RESULT } entry_kind;

typedef struct pipeline_entry {
    int64_t event_ns; /* of a watermark: its time */
    uint32_t key;     /* of a watermark: the task that it comes from */
    uint32_t kind;
    uint32_t stream; /* it came by; PIPELINE_NONE: made here */
    uint32_t
        lane; /* task whose credit it holds, or that a watermark is for; of a result: how many there are alike */
} pipeline_entry;

typedef struct pipeline_ring {
    pipeline_entry *entries;
    uint32_t first, count, room; /* room: a power of two, or 0 */
    uint32_t unused;
} pipeline_ring;

static inline pipeline_entry *ring_at(const pipeline_ring *r, uint32_t place)
{
    return &r->entries[(r->first + place) & (r->room - 1)];
}

/* -1: no memory. */
static inline int ring_push(pipeline_ring *r, pipeline_entry entry)
{
    if (r->count == r->room) {
        uint32_t room = r->room == 0 ? RING_FIRST_ROOM : 2 * r->room;
        pipeline_entry *entries = room > r->room ? malloc(room * sizeof *entries) : NULL;

        if (entries == NULL)
            return -1;
        for (uint32_t i = 0; i < r->count; i++)
            entries[i] = *ring_at(r, i);
        free(r->entries);
        r->entries = entries;
        r->first = 0;
        r->room = room;
    }
    r->count++;
    *ring_at(r, r->count - 1) = entry;
    return 0;
}

static inline pipeline_entry ring_pop(pipeline_ring *r)
{
    pipeline_entry entry = *ring_at(r, 0);

    r->first = (r->first + 1) & (r->room - 1);
    r->count--;
    return entry;
}

#endif
