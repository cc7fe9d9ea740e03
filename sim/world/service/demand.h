/* How many requests a population of users makes: a Poisson process whose rate follows the day, the week and crowds,
 *     rate(t) = mean × (1 + swing × cos(2 pi (t - peak) / 24 h)) × weekend(t) × crowds(t)
 * with the run beginning at midnight UTC on a Monday; the rate changes once a minute, to its value in the minute's
 * middle, rounded to a millionth of a request per second.
 *
 * Arrivals are unit exponentials carried through the integral of the rate [Cinlar, Introduction to Stochastic
 * Processes, 1975, section 4.7]: one draw each, none rejected, so that the n-th arrival depends on n draws alone. */
#ifndef SKYTWIN_SERVICE_DEMAND_H
#define SKYTWIN_SERVICE_DEMAND_H

#include "../../kernel/stream.h"

#define DEMAND_STEP_NS (INT64_C(60) * 1000000000)

typedef struct demand_crowd {
    int64_t from_ns, to_ns;
    double factor; /* of the rate meanwhile; at least 0 */
} demand_crowd;

typedef struct demand {
    double per_s;    /* mean of a weekday, 0 … 10^9 */
    double swing;    /* 0…1 */
    int64_t peak_ns; /* time of day, UTC */
    double weekend;  /* factor on Saturdays and Sundays, at least 0; 1: as other days */
    const demand_crowd *crowds;
    uint32_t crowd_count;
    uint32_t steady; /* 1: always per_s; the above do not count */
} demand;

/* In 10^-6 per second, of the minute that a time is in. */
int64_t demand_rate(const demand *d, int64_t time_ns);

/* Arrivals, one after the other. */
typedef struct demand_arrivals {
    const demand *demand;
    stream gaps;
    double mean_gap_ns; /* in this minute; 0: nobody comes */
    int64_t at_ns;      /* of the last arrival */
    int64_t step_end_ns;
} demand_arrivals;

void demand_start(demand_arrivals *a, const demand *d, const random_key *key);
void demand_step(demand_arrivals *a);
/* Time of the next arrival, not before that of the last; end_ns or later: there is none before end_ns, and the
 * arrivals are over. */
int64_t demand_next_ns(demand_arrivals *a, int64_t end_ns);
/* How far they have come. Those to come follow the demand that they were started with here. */
void demand_state(demand_arrivals *a, state *s);

#endif
