/* Services and pipelines: parts of the world that the rest meets at known times only. They are caught up with at these;
 * where threads are to spare, they go ahead up to the next one, beside the rest and beside each other. */
#ifndef SKYTWIN_TWIN_BESIDE_H
#define SKYTWIN_TWIN_BESIDE_H

#include "../kernel/ahead.h"
#include "inside.h"

typedef struct twin_beside {
    ahead_go *go;
    void *part;
    twin_part counts_as; /* by the profile */
    ahead *ahead;        /* NULL: it goes on when it is asked for, in the calling thread */
    int64_t gone_to_ns;  /* it is there, or will be when it has been waited for */
    /* By the clock, lately, from one catching up to the next: what it took, and what the rest did; and when the last was over. */
    int64_t took_ns, rest_ns, since_ns;
} twin_beside;

/* Threads: that it may have, 1: it never goes ahead. SKY_ERROR_MEMORY. */
sky_status twin_open_beside(twin *t, twin_beside *b, ahead_go *go, void *part, int threads);
/* Waits for it; zeroed or opened. */
void twin_free_beside(twin_beside *b);
/* It comes up to now. SKY_ERROR_STATE: it has gone further; or what it returns. */
sky_status twin_catch_up(twin *t, twin_beside *b);
/* At the end of an instant: it goes ahead, where that pays. */
void twin_go_ahead(twin *t, twin_beside *b);
/* How far it is, after it has been waited for; what it has is for its module. At control points that is now. */
void twin_beside_state(twin_beside *b, state *s);

#endif
