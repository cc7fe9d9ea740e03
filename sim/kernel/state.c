#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_CHARS 24 /* of a name, cut to it, filled with zeros */

struct state {
    unsigned char *bytes; /* saved; NULL where it restores */
    const unsigned char *from;
    size_t size, room, at;
    char part[PART_CHARS];
    int restores;
    sky_status status;
    const char *why; /* of SKY_ERROR_INPUT */
};

static state *make(void)
{
    return calloc(1, sizeof(state));
}

state *state_save(void)
{
    return make();
}

state *state_restore(const void *bytes, size_t size)
{
    state *s = make();

    if (s != NULL) {
        s->from = bytes;
        s->size = size;
        s->restores = 1;
    }
    return s;
}

void state_free(state *s)
{
    if (s == NULL)
        return;
    free(s->bytes);
    free(s);
}

int state_restores(const state *s)
{
    return s->restores;
}

int state_is_sound(const state *s)
{
    return s->status == SKY_OK;
}

static void refuse(state *s, const char *why)
{
    if (s->status != SKY_OK)
        return;
    s->status = SKY_ERROR_INPUT;
    s->why = why;
}

void state_no_memory(state *s)
{
    if (s->status == SKY_OK)
        s->status = SKY_ERROR_MEMORY;
}

void state_check(state *s, int holds)
{
    if (s->restores && !holds)
        refuse(s, "holds what can't be");
}

void state_check_indices(state *s, const uint32_t *first, size_t count, size_t stride, size_t limit)
{
    const unsigned char *at = (const unsigned char *)first;

    for (size_t i = 0; i < count; i++) {
        uint32_t index;

        memcpy(&index, at + i * stride, sizeof index);
        state_check(s, index < limit || index == SKY_NONE);
    }
}

void state_check_amounts(state *s, const int64_t *first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        state_check(s, first[i] >= 0 && first[i] <= INT64_C(1) << 62);
}

static void save(state *s, const void *bytes, size_t size)
{
    if (s->status != SKY_OK)
        return;
    if (size > s->room - s->size) {
        size_t room = s->size + size + s->room / 2 + 4096;
        unsigned char *more = realloc(s->bytes, room);

        if (more == NULL) {
            state_no_memory(s);
            return;
        }
        s->bytes = more;
        s->room = room;
    }
    memcpy(s->bytes + s->size, bytes, size);
    s->size += size;
}

static void restore(state *s, void *bytes, size_t size)
{
    if (size > s->size - s->at)
        refuse(s, "ends too early");
    if (s->status != SKY_OK) {
        memset(bytes, 0, size);
        return;
    }
    memcpy(bytes, s->from + s->at, size);
    s->at += size;
}

void state_bytes(state *s, void *bytes, size_t size)
{
    if (size == 0)
        return;
    if (s->restores)
        restore(s, bytes, size);
    else
        save(s, bytes, size);
}

void state_part(state *s, const char *name)
{
    char part[PART_CHARS] = "", found[PART_CHARS];

    snprintf(part, sizeof part, "%s", name);
    memcpy(found, part, sizeof found);
    state_bytes(s, found, sizeof found);
    if (s->status != SKY_OK)
        return;
    memcpy(s->part, part, sizeof s->part);
    if (memcmp(found, part, sizeof part) != 0)
        refuse(s, "is not where it belongs");
}

size_t state_count(state *s, size_t count, size_t item_size)
{
    uint64_t saved = count;

    STATE_VALUE(s, saved);
    if (s->restores && saved > (s->size - s->at) / item_size)
        refuse(s, "ends too early");
    return s->status == SKY_OK ? (size_t)saved : s->restores ? 0 : count;
}

static void expect_things(state *s, size_t count, size_t item_size)
{
    if (state_count(s, count, item_size) != count)
        refuse(s, "is of another number of things than the scenario's");
}

void state_things(state *s, size_t count)
{
    expect_things(s, count, 1);
}

void state_array(state *s, void *items, size_t count, size_t item_size)
{
    expect_things(s, count, item_size);
    state_bytes(s, items, count * item_size);
}

/* Restores a list of so many items into memory for `room` of them, or more. Returns the room. */
static size_t restore_items(state *s, void *items, size_t count, size_t room, size_t item_size)
{
    void *old, *more;

    memcpy(&old, items, sizeof old);
    if (count > room) {
        more = realloc(old, count * item_size); /* count is bounded by the bytes that there are */
        if (more == NULL) {
            state_no_memory(s);
            return room;
        }
        memcpy(items, &more, sizeof more);
        old = more;
        room = count;
    }
    state_bytes(s, old, count * item_size);
    return room;
}

void state_list(state *s, void *items, size_t *count, size_t *room, size_t item_size)
{
    size_t saved = state_count(s, *count, item_size);
    void *from;

    if (s->restores) {
        *room = restore_items(s, items, saved, *room, item_size);
        *count = s->status == SKY_OK ? saved : 0;
        return;
    }
    memcpy(&from, items, sizeof from);
    state_bytes(s, from, saved * item_size);
}

void state_list32(state *s, void *items, uint32_t *count, uint32_t *room, size_t item_size)
{
    size_t count_here = *count, room_here = *room;

    state_list(s, items, &count_here, &room_here, item_size);
    if (count_here > SKY_NONE - 1u) {
        refuse(s, "has too many things");
        count_here = 0;
    }
    *count = (uint32_t)count_here;
    *room = room_here < SKY_NONE ? (uint32_t)room_here : SKY_NONE - 1u;
}

sky_status state_end(state *s, sky_error *error)
{
    if (s->restores && s->at < s->size)
        refuse(s, "has more than belongs to it");
    if (s->status == SKY_ERROR_MEMORY)
        snprintf(error->message, sizeof error->message, "checkpoint: out of memory");
    else if (s->status != SKY_OK)
        snprintf(error->message, sizeof error->message, "checkpoint: its part \"%s\" %s", s->part, s->why);
    return s->status;
}

const unsigned char *state_saved(const state *s, size_t *size)
{
    *size = s->size;
    return s->bytes;
}
