#include "pace.h"

#define FIRST_PATIENCE 8
#define MOST_PATIENCE  1024
#define CHANGED        1.5 /* times as slow, or as fast */

void pace_begin(pace *p)
{
    *p = (pace){ .patience = FIRST_PATIENCE };
}

/* Goes on as it is for as many trials as its patience says. */
static void settle(pace *p)
{
    p->trying = 0;
    p->left = p->patience;
    p->when_chosen = p->ns_a_event[p->threaded];
}

static void swap_over(pace *p, int trying)
{
    p->threaded = !p->threaded;
    p->trying = trying;
}

void pace_note(pace *p, uint64_t events, int64_t took_ns)
{
    double now, before;

    p->events += events;
    p->ns += took_ns;
    if (p->events < PACE_TRIAL_EVENTS)
        return;
    now = (double)p->ns / (double)p->events;
    p->ns_a_event[p->threaded] = now;
    p->events = 0;
    p->ns = 0;
    if (p->trying) {
        before = p->ns_a_event[!p->threaded];
        if (now < before) {
            p->patience = FIRST_PATIENCE;
        } else {
            p->patience = p->patience < MOST_PATIENCE ? p->patience * 2 : MOST_PATIENCE;
            swap_over(p, 0);
        }
        settle(p);
        return;
    }
    if (p->left > 0 && now < p->when_chosen * CHANGED && now > p->when_chosen / CHANGED) {
        p->left--;
        return;
    }
    if (p->left > 0)
        p->patience = FIRST_PATIENCE;
    swap_over(p, 1);
}
