#include "pace.h"

#define FIRST_PATIENCE 8
#define MOST_PATIENCE  1024
#define CHANGED        2 /* times as slow, or as fast */
#define REMEMBERED     8 /* trials, about */

void pace_begin(pace *p)
{
    *p = (pace){ .patience = FIRST_PATIENCE, .left = 1 };
}

int64_t pace_limit_ns(const pace *p)
{
    return p->trying ? (int64_t)(p->ns_a_event[!p->threaded] * PACE_TRIAL_EVENTS) - p->ns : INT64_MAX;
}

static void swap_over(pace *p, int trying)
{
    p->threaded = !p->threaded;
    p->trying = trying;
}

/* The other has been tried: which one is it to be? */
static void choose(pace *p)
{
    if (p->ns_a_event[p->threaded] < p->ns_a_event[!p->threaded]) {
        p->trying = 0;
        p->patience = FIRST_PATIENCE;
    } else {
        swap_over(p, 0);
        p->patience = p->patience < MOST_PATIENCE ? p->patience * 2 : MOST_PATIENCE;
    }
    p->left = p->patience;
    p->when_chosen = p->ns_a_event[p->threaded];
}

static int has_changed(const pace *p, double now)
{
    return p->left + FIRST_PATIENCE < p->patience &&
           (now > p->when_chosen * CHANGED || now < p->when_chosen / CHANGED);
}

void pace_note(pace *p, uint64_t events, int64_t took_ns)
{
    double last;

    p->events += events;
    p->ns += took_ns;
    if (p->events < PACE_TRIAL_EVENTS && pace_limit_ns(p) > 0)
        return;
    last = (double)p->ns / (double)(p->events > 0 ? p->events : 1);
    if (!p->trying &&
        p->ns_a_event[p->threaded] > 0) /* one trial may have waited for what else the machine does */
        last = p->ns_a_event[p->threaded] + (last - p->ns_a_event[p->threaded]) / REMEMBERED;
    p->ns_a_event[p->threaded] = last;
    p->events = 0;
    p->ns = 0;
    if (p->trying)
        choose(p);
    else if (--p->left == 0 || has_changed(p, p->ns_a_event[p->threaded]))
        swap_over(p, 1);
}
