/* SkyNomad: an hour of progress has a value, V, the dearer the tighter the deadline; spot in a zone is worth
 * V × (the part of its expected lifetime that is not lost to the restart) - its price - what moving there costs; the
 * job goes where that is most, if it is clearly more than where it runs.
 * arXiv 2601.06520 and its artifact (andylizf/skynomad-artifact, unified_cost_model_risk); NSDI'27.
 *
 * The published program knows one job. Here jobs share what was seen of zones; each has its own progress. */
#include "skynomad.h"

#include <string.h>

#define PROBE_TICKS   6
#define SEEN_WINDOW_S (12.0 * 3600)
#define RATE_WINDOW_S (10.0 * 3600)
#define MARGIN        1.2 /* of V over the cost of an hour of progress */
#define HISTORY       128
#define SLOTS         256 /* jobs whose progress is remembered; the latest of those that share a slot */
#define UNREACHABLE   1e300

/* A job's progress over the last hours, a sample every so many ticks. */
typedef struct job_memory {
    int64_t done_ns[HISTORY];       /* by number of the sample, modulo HISTORY; all ones, -1: not taken */
    int64_t latest;                 /* number of the latest sample */
    double usual_egress_usd_per_gb; /* between the pools that it may run on */
    uint32_t job;                   /* + 1; 0: nobody's */
    uint32_t homeless;              /* 1: it chose to idle, and since then has run nowhere */
    uint32_t idle_planned;
    uint32_t reserved;
} job_memory;

typedef struct nomad_memory {
    int64_t looked_ns; /* + 1, of the last look at all zones */
    job_memory jobs[SLOTS];
    skynomad_zone zones[]; /* by pool */
} nomad_memory;

typedef struct option {
    double value; /* USD per hour */
    uint32_t pool;
    uint16_t purchase, move;
} option;

/* The job, the moment, and what was worked out for them. */
typedef struct outlook {
    const model *m;
    nomad_memory *memory;
    const model_job *job;
    job_memory *progress;
    const model_class *c;
    const model_eligible *e;
    double now_s, elapsed_s, left_s, work_s, done_s, restart_h, tick_h;
    double checkpoint_gb;
    double value;          /* V, USD per hour of progress */
    uint32_t here, origin; /* pools; SKY_NONE */
    int knows_lifetimes;
} outlook;

size_t skynomad_memory_bytes(const model *m)
{
    return sizeof(nomad_memory) + model_pool_count(m) * sizeof(skynomad_zone);
}

int skynomad_memory_can_be(const model *m, const void *memory)
{
    const nomad_memory *n = memory;

    for (uint32_t i = 0; i < SLOTS; i++)
        if (n->jobs[i].latest < -1)
            return 0;
    for (uint32_t p = 0; p < model_pool_count(m); p++) {
        const skynomad_zone *z = &n->zones[p];

        if (z->runs > SKYNOMAD_RUNS || z->knots > SKYNOMAD_RUNS || z->risk_count > SKYNOMAD_RISKS ||
            z->told > m->array[MODEL_FORESIGHT].count + 1)
            return 0;
    }
    return 1;
}

/* ---- what it hears ----------------------------------------------------------------------------------------------- */

static void launched(const model_job *job, skynomad_zone *z, const sky_event *event, double now_s)
{
    if (z->open == SKYNOMAD_PROBE) {
        skynomad_end(z, now_s, 0);
        z->last_age_of = SKYNOMAD_NO_RUN;
    }
    if (event->kind == SKY_EVENT_INSTANCE_STARTED) {
        skynomad_start(z, now_s, SKYNOMAD_OURS);
        z->failed_now = z->close_next = 0;
        /* as published: a run that took over from on demand in its own zone ends as if we had ended it */
        z->spared = job->stopping != SKY_NONE && job->seen_pool == event->pool;
    } else {
        z->failed_now = 1;
        z->failures_now++;
    }
}

void skynomad_learn(const model *m, void *memory, const sky_event *event)
{
    nomad_memory *n = memory;
    skynomad_zone *z = event->pool != SKY_NONE ? &n->zones[event->pool] : NULL;
    double now_s = (double)event->time_ns / 1e9;
    const model_job *job;

    switch (event->kind) {
    case SKY_EVENT_INSTANCE_STARTED:
        n->jobs[event->job % SLOTS].homeless = n->jobs[event->job % SLOTS].idle_planned = 0;
        if (event->detail == SKY_SPOT)
            launched(model_job_at(m, event->job), z, event, now_s);
        return;
    case SKY_EVENT_LAUNCH_FAILED:
        if (event->detail == SKY_SPOT)
            launched(model_job_at(m, event->job), z, event, now_s);
        return;
    case SKY_EVENT_INSTANCE_RECLAIMED:
        skynomad_end(z, now_s, !z->spared);
        return;
    case SKY_EVENT_INSTANCE_STOPPED: /* left for another zone's spot, its run counts on; for on demand, it ends */
        job = model_job_at(m, event->job);
        z->close_next = event->detail == SKY_SPOT && job->instance != SKY_NONE && job->purchase != SKY_SPOT;
        return;
    case SKY_EVENT_PROBE_RESULT:
        z->next_probe_tick = event->time_ns / m->is.interval_ns + PROBE_TICKS;
        if (event->detail != 0)
            skynomad_start(z, now_s, SKYNOMAD_PROBE);
        else
            z->failures_now++;
        return;
    default:
        return;
    }
}

/* ---- progress ------------------------------------------------------------------------------------------------------ */

static int64_t ticks_a_sample(const model *m)
{
    return (int64_t)(RATE_WINDOW_S * 1e9) / m->is.interval_ns / (HISTORY - 2) + 1;
}

/* Price of a GB between regions: the mean over pairs of pools that differ in theirs. */
static double usual_egress_usd_per_gb(const outlook *o)
{
    int64_t sum = 0, pairs = 0;

    for (uint32_t i = 0; i < o->c->count; i++)
        for (uint32_t k = 0; k < o->c->count; k++) {
            uint32_t from = model_pools(o->m)[o->e[i].pool].region,
                     to = model_pools(o->m)[o->e[k].pool].region;

            if (from == to)
                continue;
            sum += model_egress_nusd_per_gb(o->m, from, to);
            pairs++;
        }
    return pairs > 0 ? (double)(sum / pairs) / 1e9 : 0;
}

static void remember_progress(outlook *o, uint32_t job)
{
    job_memory *p = o->progress;
    int64_t tick = (o->m->is.now_ns - o->job->submit_ns) / o->m->is.interval_ns, each = ticks_a_sample(o->m);
    int64_t sample = tick / each;

    if (p->job != job + 1) {
        memset(p, 0, sizeof *p);
        p->job = job + 1;
        memset(p->done_ns, 0xff, sizeof p->done_ns);
        p->latest = sample - 1;
        p->usual_egress_usd_per_gb = usual_egress_usd_per_gb(o);
    }
    if (tick % each != 0)
        return;
    for (int64_t i = p->latest + 1 > sample - HISTORY ? p->latest + 1 : sample - HISTORY + 1; i < sample; i++)
        p->done_ns[i % HISTORY] = -1;
    p->latest = sample;
    p->done_ns[sample % HISTORY] = o->job->done_ns;
}

/* Work that was done when a sample was taken; 0 if it was not. */
static double done_then_s(const job_memory *p, int64_t sample)
{
    int64_t done_ns = sample <= p->latest && sample > p->latest - HISTORY ? p->done_ns[sample % HISTORY] : -1;

    return done_ns > 0 ? (double)done_ns / 1e9 : 0;
}

/* Progress a second over the last hours, from 0 to 1. */
static double progress_rate(const outlook *o)
{
    double from_s = o->elapsed_s > RATE_WINDOW_S ? o->elapsed_s - RATE_WINDOW_S : 0, rate;
    int64_t each = ticks_a_sample(o->m), tick = (int64_t)(from_s * 1e9) / o->m->is.interval_ns;

    if (o->elapsed_s < o->tick_h * 3600)
        return o->done_s / o->elapsed_s;
    tick = tick > 0 ? tick - 1 : 0; /* as published: one tick more than the window holds */
    rate = (o->done_s - done_then_s(o->progress, tick / each)) / (o->elapsed_s - from_s);
    return rate < 0 ? 0 : rate > 1 ? 1 : rate;
}

/* The share of the work that is left which on demand will have to do, if spot goes on at the rate of late. */
static double share_on_demand(const outlook *o)
{
    double deadline = o->elapsed_s + o->left_s, rate, meet, ahead = o->done_s - o->elapsed_s;

    if (o->elapsed_s <= 0)
        return 0;
    if (ahead < 1e-6 && ahead > -1e-6)
        return 0.5;
    rate = progress_rate(o);
    if (rate - 1 < 1e-6 && rate - 1 > -1e-6)
        return 0;
    meet = (rate * o->elapsed_s - o->done_s + (o->work_s + 2 * o->restart_h * 3600 - deadline)) / (rate - 1);
    if (meet >= deadline)
        return 0;
    if (meet <= 0)
        return 1;
    meet = (deadline - meet) / o->left_s;
    return meet < 0 ? 0 : meet > 1 ? 1 : meet;
}

/* ---- the value of progress ------------------------------------------------------------------------------------------ */

static double price(const outlook *o, uint32_t i, sky_purchase purchase)
{
    return (double)model_job_price(o->m, &o->e[i], purchase) / 1e9;
}

/* How long spot in the pool really goes on from now; 0 if there is none. */
static double true_lifetime_h(const model *m, skynomad_zone *z, uint32_t pool)
{
    const model_foresight *f = m->array[MODEL_FORESIGHT].items;
    uint32_t count = m->array[MODEL_FORESIGHT].count;
    uint32_t at = z->told > 0 ? z->told - 1 : 0, end;

    while (at < count && f[at].pool != pool)
        at++;
    while (at + 1 < count && f[at + 1].pool == pool && f[at + 1].from_ns <= m->is.now_ns)
        at++;
    z->told = at + 1;
    if (at == count || !f[at].available)
        return 0;
    if (z->true_end_ns <= m->is.now_ns) {
        for (end = at; end < count && f[end].pool == pool && f[end].available; end++)
            z->true_end_ns = f[end].from_ns;
        if (end < count && f[end].pool == pool)
            z->true_end_ns = f[end].from_ns;
    }
    return (double)(z->true_end_ns - m->is.now_ns) / 3600e9;
}

static const skynomad_zone *zone_of(const outlook *o, uint32_t i)
{
    return &o->memory->zones[o->e[i].pool];
}

/* What each zone offers the job now. */
static void see_zones(const outlook *o)
{
    double left_h = o->left_s / 3600;

    for (uint32_t i = 0; i < o->c->count; i++) {
        const model_pool *pool = &model_pools(o->m)[o->e[i].pool];
        skynomad_zone *z = &o->memory->zones[o->e[i].pool];
        uint32_t sold = o->e[i].rule == 0 ? pool->purchases & pool->price_known : 0;

        z->spot_usd = sold & 1u << SKY_SPOT ? price(o, i, SKY_SPOT) : -1;
        z->on_demand_usd = sold & 1u << SKY_ON_DEMAND ? price(o, i, SKY_ON_DEMAND) : -1;
        z->life_h = !o->knows_lifetimes && left_h > 0 && left_h < z->expected_h ? left_h : z->expected_h;
    }
}

typedef struct offer {
    double price, seconds; /* of an hour of progress there; of progress that it may give */
} offer;

/* Spot zones by rising price of what they may be expected to give. */
static uint32_t list_offers(const outlook *o, offer *offers)
{
    double left_h = o->left_s / 3600;
    uint32_t count = 0;

    for (uint32_t i = 0; i < o->c->count && count < PLAN_MAX; i++) {
        const skynomad_zone *z = zone_of(o, i);
        double h = left_h > 0 && left_h < z->life_h ? left_h : z->life_h, seconds, cost;
        uint32_t at = count;

        if (z->spot_usd < 0 || h <= o->restart_h)
            continue;
        seconds = skynomad_availability(z, o->now_s, SEEN_WINDOW_S) * o->left_s * ((h - o->restart_h) / h);
        if (seconds <= 0)
            continue;
        cost = z->spot_usd * h / (h - o->restart_h > 1e-6 ? h - o->restart_h : 1e-6);
        for (; at > 0 && offers[at - 1].price > cost; at--)
            offers[at] = offers[at - 1];
        offers[at] = (offer){ cost, seconds };
        count++;
    }
    return count;
}

static double cheapest_on_demand(const outlook *o)
{
    double least = UNREACHABLE;

    for (uint32_t i = 0; i < o->c->count; i++)
        if (zone_of(o, i)->on_demand_usd >= 0 && zone_of(o, i)->on_demand_usd < least)
            least = zone_of(o, i)->on_demand_usd;
    return least;
}

/* What the work that is left will cost an hour, with a margin. */
static double value_of_progress(const outlook *o)
{
    offer offers[PLAN_MAX];
    double rest_s = o->work_s - o->done_s, on_demand_s, spot_s, taken_s = 0, cost, hours;
    double on_demand_usd = cheapest_on_demand(o);
    uint32_t count, used = 0;

    if (o->left_s <= 0)
        return UNREACHABLE;
    if (rest_s <= 0)
        return 0;
    on_demand_s = share_on_demand(o) * rest_s;
    cost = on_demand_s / 3600 * on_demand_usd;
    spot_s = rest_s - on_demand_s > 0 ? rest_s - on_demand_s : 0;
    count = list_offers(o, offers);
    for (uint32_t i = 0; i < count && taken_s < spot_s; i++, used++) {
        double s = offers[i].seconds < spot_s - taken_s ? offers[i].seconds : spot_s - taken_s;

        cost += s / 3600 * offers[i].price;
        taken_s += s;
    }
    if (taken_s < spot_s) {
        on_demand_s += spot_s - taken_s;
        cost += (spot_s - taken_s) / 3600 * on_demand_usd;
    }
    hours = rest_s / 3600 > 1e-6 ? rest_s / 3600 : 1e-6;
    used += on_demand_s > 0;
    cost /= hours;
    if (used > 1)
        cost += (used - 1) * o->checkpoint_gb * o->progress->usual_egress_usd_per_gb / hours;
    return MARGIN * cost;
}

/* ---- options --------------------------------------------------------------------------------------------------------- */

/* What it is worth to stay as it is. */
static double value_of_staying(const outlook *o)
{
    const model_eligible *here = model_eligible_at(o->m, o->job, o->here);
    double h = o->memory->zones[o->here].life_h;

    if (o->job->purchase != SKY_SPOT)
        return o->value - price(o, (uint32_t)(here - o->e), SKY_ON_DEMAND);
    return h <= 0 ? -UNREACHABLE : (o->value * h - price(o, (uint32_t)(here - o->e), SKY_SPOT) * h) / h;
}

static double egress_usd(const outlook *o, uint32_t pool)
{
    const model_pool *pools = model_pools(o->m);

    if (o->origin == SKY_NONE || o->origin == pool)
        return 0;
    return o->checkpoint_gb *
           (double)model_egress_nusd_per_gb(o->m, pools[o->origin].region, pools[pool].region) / 1e9;
}

/* Hours until work goes on there, after a launch. */
static double start_h(const outlook *o, uint32_t pool)
{
    return o->restart_h + (double)model_move_ns(o->m, o->job, pool) / 3600e9;
}

/* Of an hour of spot there; what comes to less than `least` before the move is paid is left at that. */
static double value_of_spot(const outlook *o, uint32_t i, double least)
{
    uint32_t pool = o->e[i].pool;
    double h = zone_of(o, i)->life_h, v;
    double useful = pool == o->here && o->job->purchase == SKY_SPOT ? h : h - start_h(o, pool);

    if (useful <= 0)
        return -UNREACHABLE;
    v = (o->value * useful - zone_of(o, i)->spot_usd * h) / h;
    return v < least ? v : v - egress_usd(o, pool) / (h > 1e-6 ? h : 1e-6);
}

static double value_of_on_demand(const outlook *o, uint32_t i, double least)
{
    double v = o->value - zone_of(o, i)->on_demand_usd;

    if (v >= least && o->origin != SKY_NONE && o->origin != o->e[i].pool)
        v -= start_h(o, o->e[i].pool) * o->value + egress_usd(o, o->e[i].pool);
    return v;
}

static uint32_t add_option(option *options, uint32_t count, option new)
{
    uint32_t at = count;

    if (count == PLAN_MAX && options[--at].value >= new.value)
        return count;
    for (; at > 0 && options[at - 1].value < new.value; at--)
        options[at] = options[at - 1];
    options[at] = new;
    return count < PLAN_MAX ? count + 1 : count;
}

/* By falling value; of equals idling first, then spot, then on demand. */
static uint32_t list_options(const outlook *o, double staying, option *options)
{
    double gate = staying + 0.5 + 0.0002 * o->checkpoint_gb + 0.05 * o->value;
    double least = o->here != SKY_NONE && gate > 0 ? gate : 0; /* of what is elsewhere */
    uint32_t count = add_option(options, 0, (option){ 0, SKY_NONE, 0, PLAN_STAY });

    for (uint32_t i = 0; i < o->c->count; i++) {
        double v = zone_of(o, i)->spot_usd < 0 ? -1
                                               : value_of_spot(o, i, o->e[i].pool == o->here ? 0 : least);

        if (v >= 0 && (o->here == SKY_NONE || o->e[i].pool == o->here || v > gate))
            count = add_option(options, count, (option){ v, o->e[i].pool, SKY_SPOT, PLAN_RUN });
    }
    for (uint32_t i = 0; i < o->c->count; i++) {
        double v = zone_of(o, i)->on_demand_usd < 0 ? -1 : value_of_on_demand(o, i, least);

        if (v >= 0 && (o->here == SKY_NONE || v > gate))
            count = add_option(options, count, (option){ v, o->e[i].pool, SKY_ON_DEMAND, PLAN_RUN });
    }
    return count;
}

static int64_t points(double value)
{
    return value > 1e9 ? INT64_MAX : value < -1e9 ? -INT64_MAX : -(int64_t)(value * 1e9);
}

static void decide(outlook *o, plan *p)
{
    option options[PLAN_MAX];
    double staying = o->here != SKY_NONE ? value_of_staying(o) : 0;
    uint32_t count = list_options(o, staying, options);

    o->progress->idle_planned = 0;
    for (uint32_t i = 0; i < count && options[i].value > staying; i++) {
        plan_candidate *c;

        if (options[i].move == PLAN_STAY) { /* better than what runs, which it does not stop all the same */
            o->progress->idle_planned = 1;
            plan_add(p, PLAN_STAY, SKY_NONE, SKY_ON_DEMAND, 0);
            return;
        }
        if (options[i].pool == o->here && options[i].purchase == o->job->purchase)
            continue;
        c = plan_add(p, PLAN_RUN, options[i].pool, (sky_purchase)options[i].purchase,
                     points(options[i].value));
        c->term[0] = -points(o->value);
        c->term[1] = -points(staying);
    }
}

/* Zones not seen lately, but for the one where the job runs and those that have just refused it. */
static void add_probes(outlook *o, plan *p)
{
    int64_t tick = o->m->is.now_ns / o->m->is.interval_ns;
    uint32_t primary = o->progress->idle_planned ? SKY_NONE : o->here;

    if (o->progress->idle_planned)
        o->progress->homeless = 1;
    o->progress->idle_planned = 0;
    for (uint32_t i = 0; i < o->c->count; i++) {
        skynomad_zone *z = &o->memory->zones[o->e[i].pool];

        if (z->open != SKYNOMAD_PROBE && o->e[i].pool != primary && !z->failed_now &&
            tick >= z->next_probe_tick && !o->knows_lifetimes && z->spot_usd >= 0)
            plan_add_probe(p, o->e[i].pool);
        z->failed_now = 0;
    }
}

/* 1: something is to be launched, and only then is it settled where the job runs. */
static uint32_t is_try(const plan *p)
{
    return p->count > 0 && p->candidate[0].move == PLAN_RUN;
}

static void look_at_zones(const model *m, nomad_memory *n, int knows_lifetimes, double now_s)
{
    double tick_h = (double)m->is.interval_ns / 3600e9;

    if (n->looked_ns == m->is.now_ns + 1)
        return;
    n->looked_ns = m->is.now_ns + 1;
    for (uint32_t pool = 0; pool < model_pool_count(m); pool++) {
        skynomad_zone *z = &n->zones[pool];

        if (z->close_next)
            skynomad_end(z, now_s, 0);
        z->close_next = 0;
        if (knows_lifetimes)
            z->expected_h = true_lifetime_h(m, z, pool);
        else
            skynomad_look(z, now_s, tick_h);
    }
}

void skynomad_place(const model *m, void *memory, uint32_t index, int knows_lifetimes, plan *p)
{
    const model_job *job = model_job_at(m, index);
    nomad_memory *n = memory;
    outlook o = { .m = m,
                  .memory = n,
                  .job = job,
                  .progress = &n->jobs[index % SLOTS],
                  .c = model_class_of(m, job),
                  .now_s = (double)m->is.now_ns / 1e9,
                  .elapsed_s = (double)(m->is.now_ns - job->submit_ns) / 1e9,
                  .left_s = job->deadline_ns == SKY_NEVER_NS
                                ? 1e9
                                : (double)(job->deadline_ns - m->is.now_ns) / 1e9,
                  .work_s = ((double)job->work_ns + job->work_fraction / 65536.0) / 1e9,
                  .done_s = (double)job->done_ns / 1e9,
                  .restart_h = (double)job->restart_ns / 3600e9,
                  .tick_h = (double)m->is.interval_ns / 3600e9,
                  .checkpoint_gb = (double)job->checkpoint_bytes / 1e9,
                  .here = job->instance != SKY_NONE ? job->pool : SKY_NONE };

    o.e = model_eligible_of(m, o.c);
    o.knows_lifetimes = knows_lifetimes;
    if (job->round > 0) { /* a launch succeeded, or all have failed: now probes */
        see_zones(&o);
        add_probes(&o, p);
        return;
    }
    look_at_zones(m, n, knows_lifetimes, o.now_s);
    remember_progress(&o, index);
    if (o.here != SKY_NONE)
        o.progress->homeless = 0;
    o.origin = o.here != SKY_NONE ? o.here : o.progress->homeless ? SKY_NONE : job->leader_pool;
    see_zones(&o);
    o.value = value_of_progress(&o);
    decide(&o, p);
    p->ask_again = is_try(p);
    if (!p->ask_again)
        add_probes(&o, p);
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    skynomad_place(m, memory, index, 0, p);
}

const strategy strategy_skynomad = {
    .info = {
        .name = "skynomad",
        .published = "unified_cost_model_risk",
        .about = "SkyNomad: the zone where an hour of progress, valued by the deadline, leaves most",
        .source = "arXiv 2601.06520 and its artifact, NSDI'27",
        .term = { "progress_value_nusd_per_h", "staying_value_nusd_per_h" },
    },
    .memory_bytes = skynomad_memory_bytes,
    .memory_can_be = skynomad_memory_can_be,
    .learn = skynomad_learn,
    .place = place,
};
