#include "demand.h"

#include <math.h>

#define DAY_NS    (24 * INT64_C(3600000000000))
#define TWO_PI    6.283185307179586
#define FRIDAY    4 /* days since Monday */
#define MICRO     1e6
#define NS_PER_S  1e9
#define NEVER_END INT64_MAX

int64_t demand_rate(const demand *d, int64_t time_ns)
{
    int64_t middle_ns = time_ns - time_ns % DEMAND_STEP_NS + DEMAND_STEP_NS / 2;
    double rate = d->per_s;

    if (d->steady)
        return llround(rate * MICRO);
    rate *= 1 + d->swing * cos(TWO_PI * (double)((middle_ns - d->peak_ns) % DAY_NS) / (double)DAY_NS);
    if (middle_ns / DAY_NS % 7 > FRIDAY)
        rate *= d->weekend;
    for (uint32_t i = 0; i < d->crowd_count; i++)
        if (middle_ns >= d->crowds[i].from_ns && middle_ns < d->crowds[i].to_ns)
            rate *= d->crowds[i].factor;
    return llround(rate * MICRO);
}

static double mean_gap_ns(const demand *d, int64_t time_ns)
{
    int64_t rate = demand_rate(d, time_ns);

    return rate > 0 ? NS_PER_S * MICRO / (double)rate : 0;
}

/* Enters the minute that begins at step_end_ns. */
void demand_step(demand_arrivals *a)
{
    a->mean_gap_ns = mean_gap_ns(a->demand, a->step_end_ns);
    a->step_end_ns = a->demand->steady ? NEVER_END : a->step_end_ns + DEMAND_STEP_NS;
}

void demand_start(demand_arrivals *a, const demand *d, const random_key *key)
{
    *a = (demand_arrivals){ .demand = d };
    stream_init(&a->gaps, key);
    demand_step(a);
}

int64_t demand_next_ns(demand_arrivals *a, int64_t end_ns)
{
    double need = stream_exponential(&a->gaps);

    while (a->mean_gap_ns <= 0 || need * a->mean_gap_ns >= (double)(a->step_end_ns - a->at_ns)) {
        if (a->mean_gap_ns > 0)
            need -= (double)(a->step_end_ns - a->at_ns) / a->mean_gap_ns;
        a->at_ns = a->step_end_ns;
        if (a->at_ns >= end_ns)
            return a->at_ns;
        demand_step(a);
    }
    a->at_ns += (int64_t)(need * a->mean_gap_ns + 0.5);
    return a->at_ns;
}

void demand_state(demand_arrivals *a, state *s)
{
    stream_state(&a->gaps, s);
    STATE_VALUE(s, a->at_ns);
    STATE_VALUE(s, a->step_end_ns);
    state_check(s, a->at_ns == NEVER_END || (a->at_ns >= 0 && a->at_ns <= NEVER_END / 2));
    state_check(s, a->step_end_ns == NEVER_END ||
                       (a->step_end_ns >= DEMAND_STEP_NS && a->step_end_ns <= NEVER_END / 2));
    if (!state_restores(s) || !state_is_sound(s))
        return;
    if (a->demand->steady)
        a->step_end_ns = NEVER_END;
    else if (a->step_end_ns == NEVER_END && a->at_ns < NEVER_END) /* it was steady before */
        a->step_end_ns = a->at_ns - a->at_ns % DEMAND_STEP_NS + DEMAND_STEP_NS;
    a->mean_gap_ns = mean_gap_ns(a->demand, a->demand->steady ? 0 : a->step_end_ns - DEMAND_STEP_NS);
}
