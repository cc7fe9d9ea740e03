#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* A handler has nowhere else to leave its word: the one variable of the program that is not on a stack. */
static atomic_int requested; /* lock-free, and read by every thread that simulates */

static void request(int number)
{
    (void)number;
    atomic_store_explicit(&requested, 1, memory_order_relaxed);
}

int interrupt_install(void)
{
    struct sigaction action = { .sa_handler = request, .sa_flags = SA_RESTART };

    sigemptyset(&action.sa_mask);
    return sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0;
}

int interrupt_requested(void)
{
    return atomic_load_explicit(&requested, memory_order_relaxed);
}
