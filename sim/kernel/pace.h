/* Inside of windows.h: one thread, or all of them? Measured, not modelled: it stays with what was faster, and
 * tries the other again after ever more trials while that keeps being slower, at once when the speed of what it
 * does has changed a lot. A trial is a stretch of some 10^4 events. It decides on speed, never on an answer. */
#ifndef SKYTWIN_KERNEL_PACE_H
#define SKYTWIN_KERNEL_PACE_H

#include <stdint.h>

#define PACE_TRIAL_EVENTS 20000

typedef struct pace {
    int threaded;         /* how to run now */
    int trying;           /* this trial looks whether the other is faster */
    double ns_a_event[2]; /* as measured lately, by threaded; 0: never */
    double when_chosen;   /* ns_a_event of what is done, when the other was last tried */
    uint64_t events;      /* of the trial so far */
    int64_t ns;
    uint32_t left, patience; /* trials until the other is tried: now, and at the next choice */
} pace;

void pace_begin(pace *p);
/* For how long at most to go on like this: a try is over when it has taken longer than the other way would have. */
int64_t pace_limit_ns(const pace *p);
/* What was done since the last call, as `threaded` said. */
void pace_note(pace *p, uint64_t events, int64_t took_ns);

#endif
