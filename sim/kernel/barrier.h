/* Inside of windows.h: threads wait for each other, some 10^5 times a second. Each counts its rounds in a place of its
 * own, beside what it has to tell the others, so that one line of the cache goes from each to each and no more. Who
 * waits spins as long as the others may well be there at once, and then sleeps: on a machine with other work, a
 * thread that spins may hold the core that the thread it waits for needs. (OpenMP's barrier spins for milliseconds, or
 * not at all.) */
#ifndef SKYTWIN_KERNEL_BARRIER_H
#define SKYTWIN_KERNEL_BARRIER_H

#include <stdatomic.h>

typedef struct barrier {
    atomic_uint sleepers;
    unsigned spins; /* before one sleeps */
} barrier;

/* For about so many threads: where they are more than the cores, who waits sleeps at once. */
void barrier_init(barrier *b, unsigned threads);
/* Sets one's own round, and wakes who sleeps for it. What was written before, who awaits it sees after. */
void barrier_arrive(barrier *b, atomic_uint *mine, unsigned round);
/* Returns when another's round is this one. */
void barrier_await(barrier *b, atomic_uint *other, unsigned round);

#endif
