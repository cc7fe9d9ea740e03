#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

/* A handler has nowhere else to leave its word: the one variable of the program that is not on a stack. */
static volatile sig_atomic_t requested;

static void request(int number)
{
    (void)number;
    requested = 1;
}

int interrupt_install(void)
{
    struct sigaction action = { .sa_handler = request, .sa_flags = SA_RESTART };

    sigemptyset(&action.sa_mask);
    return sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0;
}

int interrupt_requested(void)
{
    return requested != 0;
}
