#include "barrier.h"

#include <limits.h>
#include <linux/futex.h>
#include <omp.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS 2000 /* some 20 microseconds, about what it takes to wake a sleeper */

void barrier_init(barrier *b, unsigned threads)
{
    atomic_init(&b->sleepers, 0);
    b->spins = threads <= (unsigned)omp_get_num_procs() ? SPINS : 0;
}

/* Either this sees the sleeper, or the sleeper sees the round: both write before they read, in one total order. */
void barrier_arrive(barrier *b, atomic_uint *mine, unsigned round)
{
    atomic_store(mine, round);
    if (atomic_load(&b->sleepers) > 0)
        syscall(SYS_futex, mine, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static inline void pause_a_moment(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

void barrier_await(barrier *b, atomic_uint *other, unsigned round)
{
    unsigned seen;

    for (unsigned i = 0; i < b->spins; i++) {
        if (atomic_load_explicit(other, memory_order_acquire) == round)
            return;
        pause_a_moment();
    }
    atomic_fetch_add(&b->sleepers, 1);
    while ((seen = atomic_load(other)) != round)
        syscall(SYS_futex, other, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&b->sleepers, 1);
}
