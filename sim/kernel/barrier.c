#include "barrier.h"

#include <limits.h>
#include <linux/futex.h>
#include <omp.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS 2000 /* some 20 microseconds, about what it takes to wake a sleeper */

void barrier_init(barrier *b, unsigned threads)
{
    atomic_init(&b->arrived, 0);
    atomic_init(&b->round, 0);
    atomic_init(&b->sleepers, 0);
    b->spins = threads <= (unsigned)omp_get_num_procs() ? SPINS : 0;
}

static inline void pause_a_moment(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void sleep_until_round(barrier *b, unsigned round)
{
    atomic_fetch_add(&b->sleepers, 1);
    while (atomic_load(&b->round) == round)
        syscall(SYS_futex, &b->round, FUTEX_WAIT_PRIVATE, round, NULL, NULL, 0);
    atomic_fetch_sub(&b->sleepers, 1);
}

void barrier_wait(barrier *b, unsigned threads)
{
    unsigned round = atomic_load_explicit(&b->round, memory_order_relaxed);

    if (atomic_fetch_add_explicit(&b->arrived, 1, memory_order_acq_rel) + 1 == threads) {
        atomic_store_explicit(&b->arrived, 0, memory_order_relaxed);
        atomic_store(&b->round, round + 1);
        if (atomic_load(&b->sleepers) > 0)
            syscall(SYS_futex, &b->round, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
        return;
    }
    for (unsigned i = 0; i < b->spins; i++) {
        if (atomic_load_explicit(&b->round, memory_order_acquire) != round)
            return;
        pause_a_moment();
    }
    sleep_until_round(b, round);
}
