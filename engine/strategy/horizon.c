/* Horizon: our own strategy for deadline jobs over many spot markets.
 *
 * What it believes. A zone's up- and down-times are learnt from what its jobs have seen of it (launches that
 * worked or failed, reclaims, probes, running on), as Bayesian means over prior pseudo-spells. A spell that
 * has lasted x is likely to last on (decreasing hazard): with mean life c0 its remaining life follows a Lomax
 * law of shape 2, so that the expected time it still runs within a horizon H is
 *
 *     E[min(life, H)] = c H / (c + H),   c = c0 + age                                              (1)
 *
 * What a preemption costs beyond its restart. With work w left, the longest-lived zone would be preempted
 * m = w / c times; the slack bears k = (s - needed) / (d + half a tick) of them. One more is the one too many
 * with the Poisson probability of k, and then what is left, half of w in the mean, runs on demand:
 *
 *     ruin = (on demand - cheapest spot) w / 2 Poisson(k; m)                                       (2)
 *
 * per preemption, hence ruin / (d + half a tick) an hour of slack, capped at twice what an hour on demand
 * costs more, because so the slack could be kept as well.
 *
 * What a launch costs. In an hour of work of zone z, egress e, restart d and the risk of preemption within
 * the horizon spread over the expected run L:
 *
 *     ep(z) = (price L + e + P(death) ruin) / (L - d)                                              (2a)
 *
 * What waiting is worth. With slack s (time left - work left, less what the deadline guard needs), the best
 * price that the slack will still buy is the reservation price theta (McCall's search): zones in order of
 * ep, P(k) the probability that one of the first k is up within the slack, now unknown or down,
 *
 *     theta = ep(1) + sum over k of (ep(k+1) - ep(k)) P(k) + what the last step of slack is worth   (3)
 *
 * An idle job takes any spot at ep <= theta, cheapest first; a failed launch costs nothing and is a sample.
 * It goes on demand only when the slack is down to a reserve. A running job moves where
 *
 *     price now (L - d) > price there L + e + d v + (P(death there) - P(death here)) K             (4)
 *
 * v = theta - cheapest price being the value of an hour of slack and K = d (price + v) the price of a
 * preemption; and it gives an instance up to wait where price > theta by more than a restart is worth.
 * Doubles with + - * / only: the same bits on every processor.
 *
 * How the parameters were chosen and cross-validated: docs/horizon.md. */
#include "strategy.h"

#define PRIOR_LIFE   40.0 /* ticks of a spell that nothing is known of … */
#define PRIOR_OUTAGE 2.0
#define PRIOR_SPELLS 1.4    /* … and how many such spells the prior counts for */
#define UNKNOWN_AGE  17.0   /* age, in ticks, of a spell whose start was not seen */
#define OVERLAP      0.0625 /* share of the future's preemptions that open a chance */
#define FUTURE       0.15   /* share of the future's up-times that come as a chance in time */
#define RESERVE      4.8    /* restarts kept in hand before going on demand */
#define LAST_STEP    0.4    /* weight of the last step of slack */
#define DEATH        2.0    /* weight of the difference in the risk of preemption */
#define RUIN_CAP     2.0    /* hours on demand that an hour of slack is worth at most */
#define LEAST_RUN    1.25   /* restarts: no launch is counted for less */
#define MAX_ZONES    64

typedef struct zone_memory {
    double up_ticks, down_ticks; /* seen */
    double deaths, recoveries;
    double since, last; /* tick at which the spell began; of the last sample */
    int64_t state;      /* 0 never seen, 1 down, 2 up */
} zone_memory;

/* One zone as the job sees it now: hours and dollars. */
typedef struct zone_view {
    uint32_t pool;
    const zone_memory *memory;
    double spot, egress, effective; /* (2a) */
    double life, outage, age;       /* ticks */
    double start;                   /* hours until work goes on: the restart, and the checkpoint's move */
} zone_view;

typedef struct outlook {
    zone_view zone[MAX_ZONES]; /* by rising `effective` */
    uint32_t count;
    double gap, restart, work, slack; /* hours */
    double needed;                    /* least slack at which a launch still ends without the guard */
    double on_demand;                 /* least price of an hour of work, USD */
    double ruin, ruin_value;          /* (2): of a preemption, USD, and of an hour of slack, USD/h */
    double theta, value;              /* (3), and of an hour of slack */
} outlook;

static size_t memory_bytes(const model *m)
{
    return model_pool_count(m) * sizeof(zone_memory);
}

/* ---- belief ----------------------------------------------------------------------------------------------- */

static void sample(zone_memory *z, int up, double tick)
{
    int was_up = z->state == 2;
    double passed = tick - z->last;

    if (z->state == 0) {
        z->since = up ? tick - UNKNOWN_AGE : tick;
        *(up ? &z->up_ticks : &z->down_ticks) += 1;
    } else if (passed > 0 && up == was_up) {
        *(up ? &z->up_ticks : &z->down_ticks) += passed;
    } else if (passed > 0) { /* it changed somewhere in between */
        z->up_ticks += passed / 2;
        z->down_ticks += passed / 2;
        *(up ? &z->recoveries : &z->deaths) += 1;
        z->since = tick;
    }
    if (z->state == 0 || passed > 0)
        z->state = up ? 2 : 1;
    z->last = tick;
}

static void learn(const model *m, void *memory, const sky_event *event)
{
    double tick = (double)event->time_ns / (double)m->is.interval_ns;
    zone_memory *z;

    if (event->pool == SKY_NONE)
        return;
    z = (zone_memory *)memory + event->pool;
    switch (event->kind) {
    case SKY_EVENT_INSTANCE_STARTED:
    case SKY_EVENT_JOB_PROGRESS:
        if (event->detail == SKY_SPOT)
            sample(z, 1, tick);
        return;
    case SKY_EVENT_LAUNCH_FAILED:
    case SKY_EVENT_INSTANCE_RECLAIMED:
    case SKY_EVENT_PREEMPTION_NOTICE:
        if (event->detail == SKY_SPOT)
            sample(z, 0, tick);
        return;
    case SKY_EVENT_PROBE_RESULT:
        sample(z, event->detail != 0, tick);
        return;
    default:
        return;
    }
}

static double mean_life(const zone_memory *z)
{
    return (PRIOR_LIFE * PRIOR_SPELLS + z->up_ticks) / (PRIOR_SPELLS + z->deaths);
}

static double mean_outage(const zone_memory *z)
{
    return (PRIOR_OUTAGE * PRIOR_SPELLS + z->down_ticks) / (PRIOR_SPELLS + z->recoveries);
}

/* (1) */
static double expected_run(double c, double horizon)
{
    return c * horizon / (c + horizon);
}

/* ---- outlook ------------------------------------------------------------------------------------------------ */

static double usd(int64_t nusd)
{
    return (double)nusd / 1e9;
}

static double hours(int64_t ns)
{
    return (double)ns / 3600e9;
}

static void add_zone(outlook *o, zone_view z)
{
    uint32_t at;

    if (o->count == MAX_ZONES) {
        if (z.effective >= o->zone[MAX_ZONES - 1].effective)
            return;
        o->count--;
    }
    for (at = o->count++; at > 0 && o->zone[at - 1].effective > z.effective; at--)
        o->zone[at] = o->zone[at - 1];
    o->zone[at] = z;
}

/* Whether the job may use a pool's spot market, and keeps up with its deadline there. */
static int is_candidate(const model *m, const model_class *c, const model_eligible *e)
{
    const model_pool *pool = &model_pools(m)[e->pool];

    return e->rule == 0 && (pool->purchases & pool->price_known & 1u << SKY_SPOT) &&
           e->speed_ppm >= c->sure_ppm;
}

static double age_of(const model *m, const zone_memory *z)
{
    double tick = (double)m->is.now_ns / (double)m->is.interval_ns;

    return z->state == 2 ? tick - z->since : z->state == 1 ? 0 : UNKNOWN_AGE;
}

/* e^-m by (1 + m/64)^-64: no libm, the same bits everywhere. */
static double exp_minus(double m)
{
    double power = 1 + m / 64;

    for (int i = 0; i < 6; i++)
        power *= power;
    return 1 / power;
}

/* Poisson probability of k preemptions, between whole k linearly. */
static double poisson(double k, double m)
{
    double p = exp_minus(m), whole = 0;

    if (k >= 60)
        return 0;
    for (; whole + 1 <= k; whole += 1)
        p *= m / (whole + 1);
    return (1 - (k - whole)) * p + (k - whole) * p * m / (whole + 1);
}

/* (2) */
static void see_ruin(const model *m, const model_job *job, const zone_memory *memory, outlook *o)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    double longest = 0, cheapest = o->on_demand, each = o->restart + o->gap / 2 + 1e-9, bears, most;

    for (uint32_t i = 0; i < c->count; i++) {
        const zone_memory *z = &memory[e[i].pool];
        double life = (mean_life(z) + age_of(m, z)) * o->gap,
               spot = usd(strategy_price_of_work(m, &e[i], SKY_SPOT));

        if (!is_candidate(m, c, &e[i]) || spot >= o->on_demand)
            continue;
        if (life > longest)
            longest = life;
        if (spot < cheapest)
            cheapest = spot;
    }
    if (longest <= 0)
        return;
    bears = o->slack > o->needed ? (o->slack - o->needed) / each : 0;
    most = RUIN_CAP * (o->on_demand - cheapest);
    o->ruin_value = (o->on_demand - cheapest) * o->work / 2 * poisson(bears, o->work / longest) / each;
    if (o->ruin_value > most)
        o->ruin_value = most;
    o->ruin = o->ruin_value * o->restart;
}

static void see_zones(const model *m, const model_job *job, const zone_memory *memory, outlook *o)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);

    for (uint32_t i = 0; i < c->count; i++) {
        zone_view z = { .pool = e[i].pool, .memory = &memory[e[i].pool] };
        double run, life, horizon = o->work + o->restart;

        if (!is_candidate(m, c, &e[i]) || model_move_ns(m, job, e[i].pool) == SKY_NEVER_NS)
            continue;
        z.start = o->restart + hours(model_move_ns(m, job, e[i].pool));
        z.spot = usd(strategy_price_of_work(m, &e[i], SKY_SPOT));
        z.egress = usd(model_egress_nusd(m, job, e[i].pool));
        z.life = mean_life(z.memory);
        z.outage = mean_outage(z.memory);
        z.age = age_of(m, z.memory);
        life = (z.life + z.age) * o->gap;
        run = expected_run(life, horizon);
        if (run < LEAST_RUN * z.start)
            run = LEAST_RUN * z.start;
        if (run <= z.start)
            run = z.start + 1e-6;
        z.effective = job->state == MODEL_JOB_RUNNING && job->purchase == SKY_SPOT && job->pool == e[i].pool
                          ? z.spot
                          : (z.spot * run + z.egress + horizon / (life + horizon) * o->ruin) /
                                (run - z.start);
        add_zone(o, z);
    }
}

static void see_on_demand(const model *m, const model_job *job, outlook *o)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    double least = 1e300;

    o->on_demand = 1e300;
    for (uint32_t i = 0; i < c->count; i++) {
        const model_pool *pool = &model_pools(m)[e[i].pool];
        double price = usd(strategy_price_of_work(m, &e[i], SKY_ON_DEMAND));
        double start = o->restart + hours(model_move_ns(m, job, e[i].pool));
        double cost = price * (o->work + start) + usd(model_egress_nusd(m, job, e[i].pool));

        if (e[i].rule != 0 || !(pool->purchases & 1u << SKY_ON_DEMAND) || e[i].speed_ppm < c->sure_ppm ||
            pool->capacity - pool->in_use < e[i].machines || cost >= least)
            continue;
        least = cost;
        o->on_demand = price;
    }
}

/* (3): how likely a zone as cheap as the k-th or cheaper comes up within the slack, step by step. */
static void set_reservation_price(const model *m, const model_job *job, outlook *o)
{
    double tick = (double)m->is.now_ns / (double)m->is.interval_ns;
    double ticks_left = (o->work + o->slack) / o->gap;
    double s = (o->slack - o->needed - o->restart) / o->gap;
    double all_down = 1, rate = 0, none_ever = 1, worth = 0;

    if (s < 0)
        s = 0;
    o->theta = o->zone[0].effective;
    for (uint32_t k = 0; k < o->count; k++) {
        const zone_view *z = &o->zone[k];
        double waited = z->memory->state == 1 ? z->memory->last - z->memory->since + 1 : 0;
        double stays_down = (z->outage + waited) / (z->outage + waited + s),
               up = z->life / (z->life + z->outage);
        double chances, later, next, step;

        if (z->effective >= o->on_demand && k > 0)
            break;
        if (z->memory->state == 1 && tick - z->memory->last < 1.5)
            all_down *= stays_down;
        else if (job->state == MODEL_JOB_RUNNING && job->purchase == SKY_SPOT && job->pool == z->pool)
            all_down = 0;
        else
            all_down *= (1 - up) * stays_down;
        rate += 1 / (z->outage + waited + s);
        none_ever *= 1 - up;
        chances = FUTURE * (ticks_left * none_ever +
                            OVERLAP * ticks_left * o->restart / (z->life * o->gap + 1) / o->gap);
        later = chances / (chances + s + 1e-9);
        next = k + 1 < o->count ? o->zone[k + 1].effective : o->on_demand;
        if (next > o->on_demand)
            next = o->on_demand;
        step = next - z->effective;
        if (step <= 0)
            continue;
        o->theta += step * (all_down + (1 - all_down) * later);
        if (k + 1 == o->count || o->zone[k + 1].effective >= o->on_demand) {
            double sooner = (1 - all_down) * chances / ((chances + s + 1e-9) * (chances + s + 1e-9));

            worth = step * (all_down * rate + sooner / 2) * (o->work / o->gap);
        }
    }
    o->theta += LAST_STEP * worth;
    if (o->theta > o->on_demand)
        o->theta = o->on_demand;
    o->value = o->theta - o->zone[0].spot;
    if (o->value < o->ruin_value)
        o->value = o->ruin_value;
}

static void look(const model *m, const model_job *job, const zone_memory *memory, outlook *o)
{
    int64_t gap = m->is.interval_ns, left = strategy_time_left(m, job);

    o->gap = hours(gap);
    o->restart = hours(job->restart_ns + model_class_of(m, job)->sure_boot_ns);
    o->work = hours(job->work_ns - job->done_ns);
    o->slack = hours(left > 0 ? left / gap * gap : 0) - o->work;
    o->needed = o->gap + 2 * o->restart - 1e-9;
    see_on_demand(m, job, o);
    see_ruin(m, job, memory, o);
    see_zones(m, job, memory, o);
}

/* ---- decisions ----------------------------------------------------------------------------------------------- */

static plan_candidate *add(plan *p, plan_move move, uint32_t pool, const outlook *o, double score)
{
    plan_candidate *c = plan_add(p, move, pool, SKY_SPOT, (int64_t)(score * 1e9));

    c->term[0] = (int64_t)(o->theta * 1e9);
    c->term[1] = (int64_t)(o->value * 1e9);
    c->term[2] = (int64_t)(o->slack * 3600e9);
    return c;
}

/* 1: there is slack enough for its checkpoint to go there and back. */
static int can_start(const outlook *o, const zone_view *z)
{
    return o->slack >= o->needed + 2 * (z->start - o->restart);
}

/* (4), cheapest effective price first; then whether to stay. */
static void place_running(const model *m, const model_job *job, const zone_memory *memory, const outlook *o,
                          plan *p)
{
    const model_eligible *e = model_eligible_at(m, job, job->pool);
    int on_spot = job->purchase == SKY_SPOT;
    double price = usd(strategy_price_of_work(m, e, (sky_purchase)job->purchase)),
           horizon = o->work + o->restart;
    double tick = (double)m->is.now_ns / (double)m->is.interval_ns;
    double death = o->restart * (price + o->value);
    const zone_memory *mine = &memory[job->pool];
    double here = on_spot ? (mean_life(mine) + (mine->state == 2 ? tick - mine->since : 0)) * o->gap : 1e9;
    double run = expected_run(here, o->work);

    for (uint32_t k = 0; k < o->count; k++) {
        const zone_view *z = &o->zone[k];
        double c = (z->life + z->age) * o->gap, there = expected_run(c, horizon);
        double risk = horizon / (c + horizon) - there / (here + there);

        if ((z->pool == job->pool && on_spot) || z->spot >= price || !can_start(o, z))
            continue;
        if (price * (there - z->start) - z->spot * there - z->egress - z->start * o->value -
                risk * death * DEATH >
            0)
            add(p, PLAN_RUN, z->pool, o, z->effective);
    }
    if (on_spot && price > o->theta &&
        (price - o->theta) * run > death + usd(model_egress_nusd(m, job, job->pool)) &&
        o->slack - o->needed - o->restart > 0)
        add(p, PLAN_IDLE, SKY_NONE, o, o->theta);
    else
        add(p, PLAN_STAY, job->pool, o, price);
}

static void place_idle(const model *m, const model_job *job, const outlook *o, plan *p)
{
    int pressed = o->slack - o->needed - o->restart <= 0;

    if (o->count == 0 || o->on_demand <= o->zone[0].effective) /* cheap machines of one's own, say */
        plan_add_on_demand(p, m, job);
    for (uint32_t k = 0; k < o->count; k++)
        if (!can_start(o, &o->zone[k]))
            continue;
        else if (o->zone[k].effective <= o->theta + 1e-9 || (pressed && o->zone[k].effective < o->on_demand))
            add(p, PLAN_RUN, o->zone[k].pool, o, o->zone[k].effective);
    if (o->slack - o->gap < o->needed + RESERVE * o->restart || o->slack < o->needed)
        plan_add_on_demand(p, m, job);
    add(p, PLAN_IDLE, SKY_NONE, o, o->theta);
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    int runs = job->state == MODEL_JOB_RUNNING && !job->notice;
    outlook o = { .count = 0 };

    if (job->deadline_ns == SKY_NEVER_NS) { /* nothing presses, and nothing says what waiting costs */
        if (!runs) {
            plan_add_spot(p, m, job);
            plan_add_on_demand(p, m, job);
        }
        return;
    }
    look(m, job, memory, &o);
    if (o.count > 0)
        set_reservation_price(m, job, &o);
    if (runs)
        place_running(m, job, memory, &o, p);
    else
        place_idle(m, job, &o, p);
}

const strategy strategy_horizon = {
    .info = {
        .name = "horizon",
        .about = "ours: reservation price of spot from learnt up-times, egress, restarts and slack",
        .source = "derived in engine/strategy/horizon.c",
        .term = { "reservation_nusd_per_hour", "slack_nusd_per_hour", "slack_ns" },
    },
    .memory_bytes = memory_bytes,
    .learn = learn,
    .place = place,
};
