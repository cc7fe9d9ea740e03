/* A part of the world that the rest meets at known times only (requests to services, between control points) goes on up to
 * the next such time on a thread of its own, while the rest goes on too. What it does depends on nothing that happens
 * meanwhile, so that the answer is the same with and without. */
#ifndef SKYTWIN_KERNEL_AHEAD_H
#define SKYTWIN_KERNEL_AHEAD_H

#include <skytwin/engine.h>

typedef struct ahead ahead;

/* Goes on up to and at a time: of the part. */
typedef sky_status ahead_go(void *part, int64_t to_ns, sky_error *error);

/* NULL: no memory, or no thread. */
ahead *ahead_new(ahead_go *go, void *part);
/* Waits for it. NULL is allowed. */
void ahead_free(ahead *a);
/* It goes on from here, at once. Not while it is under way. */
void ahead_start(ahead *a, int64_t to_ns);
/* 1: started, and not waited for since. */
int ahead_is_under_way(const ahead *a);
/* Waits for what was started, and returns what it returned: from here on the part is the caller's. */
sky_status ahead_wait(ahead *a, sky_error *error);

#endif
