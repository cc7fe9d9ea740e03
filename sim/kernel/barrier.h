/* Inside of windows.h: threads wait for each other, some 10^5 times a second. Who waits spins as long as others may
 * well be there at once, and then sleeps: on a machine with other work, a thread that spins may hold the core that
 * the thread it waits for needs. (OpenMP's barrier spins for milliseconds, or not at all.) */
#ifndef SKYTWIN_KERNEL_BARRIER_H
#define SKYTWIN_KERNEL_BARRIER_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct barrier {
    _Alignas(128) atomic_uint arrived;
    _Alignas(128) atomic_uint round; /* counts the times that all were there */
    _Alignas(128) atomic_uint sleepers;
    unsigned spins; /* before it sleeps */
} barrier;

/* For about so many threads: where they are more than the cores, who waits sleeps at once. */
void barrier_init(barrier *b, unsigned threads);
/* Returns when that many threads have called it. What they wrote before, all see after. */
void barrier_wait(barrier *b, unsigned threads);

#endif
