/* What a task keeps of windows of event time that have not ended: for each window and key how many records it had, of
 * either stream of a join, and the event time of one of them, drawn uniformly (a reservoir of one [Vitter 1985]). */
#ifndef SKYTWIN_PIPELINE_PANES_H
#define SKYTWIN_PIPELINE_PANES_H

#include <stdint.h>

#include "../../kernel/random.h"

typedef struct pane_cell {
    int64_t event_ns; /* of the one drawn, of the first stream */
    uint32_t key;
    uint32_t counts[2]; /* by stream */
    uint32_t unused;
} pane_cell;

typedef struct pane {
    int64_t start_ns;     /* of the window */
    pane_cell *cells;     /* in the order in which their keys came */
    uint32_t *slots;      /* by a hash of the key: cell + 1, or 0 */
    uint32_t count, room; /* of cells; slots are twice the room */
} pane;

typedef struct panes {
    pane *open;
    uint32_t count, room; /* room: panes that have memory */
} panes;

/* The pane of a window, opened where it wasn't; NULL: no memory. Valid until the next call. */
pane *panes_open(panes *p, int64_t start_ns);
/* The open one that starts first; NULL: none is open. */
pane *panes_first(panes *p);
/* Its memory is used again. */
void panes_close(panes *p, pane *closed);
void panes_free(panes *p);

/* The cell of a key, made where it wasn't; NULL: no memory. */
pane_cell *pane_cell_of(pane *w, uint32_t key);
/* One more record of a stream. draw: 64 uniform bits. */
void pane_count(pane_cell *cell, uint32_t stream, int64_t event_ns, uint64_t draw);

#endif
