#include "panes.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16

pane *panes_open(panes *p, int64_t start_ns)
{
    for (uint32_t i = p->count; i-- > 0;)
        if (p->open[i].start_ns == start_ns)
            return &p->open[i];
    if (p->count == p->room) {
        uint32_t room = p->room == 0 ? 4 : 2 * p->room;
        pane *open = realloc(p->open, room * sizeof *open);

        if (open == NULL)
            return NULL;
        memset(open + p->room, 0, (room - p->room) * sizeof *open);
        p->open = open;
        p->room = room;
    }
    p->open[p->count].start_ns = start_ns;
    return &p->open[p->count++];
}

pane *panes_first(panes *p)
{
    pane *first = NULL;

    for (uint32_t i = 0; i < p->count; i++)
        if (first == NULL || p->open[i].start_ns < first->start_ns)
            first = &p->open[i];
    return first;
}

void panes_close(panes *p, pane *closed)
{
    pane last = p->open[--p->count];

    if (closed->room > 0)
        memset(closed->slots, 0, 2 * (size_t)closed->room * sizeof *closed->slots);
    closed->count = 0;
    p->open[p->count] = *closed;
    if (closed != &p->open[p->count])
        *closed = last;
}

void panes_free(panes *p)
{
    for (uint32_t i = 0; i < p->room; i++) {
        free(p->open[i].cells);
        free(p->open[i].slots);
    }
    free(p->open);
}

static uint32_t slot_of(const pane *w, uint32_t key)
{
    uint32_t mask = 2 * w->room - 1, slot = (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

    while (w->slots[slot] != 0 && w->cells[w->slots[slot] - 1].key != key)
        slot = (slot + 1) & mask;
    return slot;
}

static int grow(pane *w)
{
    uint32_t room = w->room == 0 ? FIRST_ROOM : 2 * w->room;
    pane_cell *cells = realloc(w->cells, room * sizeof *cells);
    uint32_t *slots;

    if (cells == NULL)
        return -1;
    w->cells = cells;
    slots = calloc(2 * (size_t)room, sizeof *slots);
    if (slots == NULL)
        return -1;
    free(w->slots);
    w->slots = slots;
    w->room = room;
    for (uint32_t i = 0; i < w->count; i++)
        slots[slot_of(w, w->cells[i].key)] = i + 1;
    return 0;
}

pane_cell *pane_cell_of(pane *w, uint32_t key)
{
    uint32_t slot;

    if (w->count == w->room && grow(w) != 0)
        return NULL;
    slot = slot_of(w, key);
    if (w->slots[slot] == 0) {
        w->cells[w->count] = (pane_cell){ .key = key };
        w->slots[slot] = ++w->count;
    }
    return &w->cells[w->slots[slot] - 1];
}

void pane_count(pane_cell *cell, uint32_t stream, int64_t event_ns, uint64_t draw)
{
    uint32_t count = ++cell->counts[stream];

    /* Wrong by less than count / 2^32 of each chance. */
    if (stream == 0 && (draw >> 32) * count >> 32 == 0)
        cell->event_ns = event_ns;
}
