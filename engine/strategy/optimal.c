/* The offline optimum: least cost with the work done at the deadline, all prices and availability known.
 *
 * Dynamic programme over control intervals ("ticks") of SkyNomad's multi_region_oracle_dp (NSDI'27):
 * T = floor(deadline / gap) ticks of time, K = ceil(work / gap) ticks of work, H = ceil(restart / gap) ticks
 * of overhead on any launch or switch, on demand <-> spot in one zone included; moving the checkpoint is
 * paid on a launch away from the anchor, the zone that it ran in last. With
 *
 *     run(t, w, c, h)  = price(c, t) + (h > 0 ? value(t+1, w, c, h-1) : value(t+1, w+1, c, 0))
 *     launch(t, w, a)  = min over choices c of egress(a, c) + run(t, w, c, H)
 *     idle(t, w, a)    = min(idle(t+1, w, a), launch(t, w, a))
 *     value(t, w, c, h) = min(run(t, w, c, h), idle(t, w, zone of c))
 *
 * where a choice c is a zone on spot (if it is there through the whole tick) or on demand. Only the band of
 * w is visited from which K can still be reached: t - (T - K) <= w <= min(t, K).
 *
 * It is an oracle: it is told the future (SKY_EVENT_FORESIGHT), and marked so in every listing. */
#include "strategy.h"

#include <stdlib.h>
#include <string.h>

#define PPM          1000000
#define MAX_ZONES    100 /* a choice fits in a byte */
#define MAX_TICKS    4096
#define MAX_OVERHEAD 64
#define SLOTS        8 /* plans remembered at once; a job whose slot is taken is planned again */
#define UNREACHABLE  (INT64_MAX / 4)
#define STEP_IDLE    UINT16_MAX

typedef struct optimal_slot {
    uint32_t job; /* + 1; 0: empty */
    uint32_t ticks;
    int64_t from_ns;
    uint16_t step[MAX_TICKS]; /* 2 × pool + (1: on demand), or STEP_IDLE */
} optimal_slot;

typedef struct optimal_memory {
    optimal_slot slot[SLOTS];
} optimal_memory;

typedef struct optimal_dp {
    uint32_t zones, choices; /* choice = 2 × zone + (1: on demand) */
    int64_t ticks, work, overhead;
    uint32_t pool[MAX_ZONES];
    uint32_t group[MAX_ZONES]; /* of its region, dense */
    uint32_t groups;
    uint32_t start_anchor; /* zone, or `zones`: none */
    int64_t *price;        /* [tick][choice]; UNREACHABLE: not to be had */
    int64_t *egress;       /* [anchor, one more for none][group] */
    int64_t *idle[2];      /* [work][anchor], of this tick and the next */
    int64_t *value[2];     /* [work][choice][overhead] */
    uint8_t *idle_choice;  /* [tick][work][anchor]: 0 stay idle, else 1 + choice */
    uint8_t *stay;         /* [tick][work][choice][overhead]: 1 go on */
} optimal_dp;

static size_t memory_bytes(const model *m)
{
    (void)m;
    return sizeof(optimal_memory);
}

static int memory_can_be(const model *m, const void *memory)
{
    const optimal_memory *all = memory;

    for (uint32_t i = 0; i < SLOTS; i++) {
        const optimal_slot *slot = &all->slot[i];

        if (slot->ticks > MAX_TICKS || slot->from_ns > m->is.now_ns)
            return 0;
        for (uint32_t k = 0; k < slot->ticks; k++)
            if (slot->step[k] != STEP_IDLE && slot->step[k] / 2 >= model_pool_count(m))
                return 0;
    }
    return 1;
}

/* ---- setting up ------------------------------------------------------------------------------------------- */

static void choose_zones(const model *m, const model_job *job, optimal_dp *d)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    const model_pool *pools = model_pools(m);

    d->start_anchor = SKY_NONE;
    for (uint32_t i = 0; i < c->count && d->zones < MAX_ZONES; i++) {
        uint32_t group = d->groups;

        if (e[i].rule != 0 || e[i].speed_ppm != PPM)
            continue;
        for (uint32_t z = 0; z < d->zones; z++)
            if (pools[d->pool[z]].region == pools[e[i].pool].region)
                group = d->group[z];
        d->groups += group == d->groups;
        d->group[d->zones] = group;
        if (e[i].pool == job->leader_pool)
            d->start_anchor = d->zones;
        d->pool[d->zones++] = e[i].pool;
    }
    if (d->start_anchor == SKY_NONE)
        d->start_anchor = d->zones;
    d->choices = 2 * d->zones;
}

static int64_t tick_cost(const model *m, const model_job *job, uint32_t pool, int64_t nusd_per_hour)
{
    return muldiv_i64(nusd_per_hour * model_eligible_at(m, job, pool)->machines, m->is.interval_ns,
                      SKY_NS_PER_HOUR);
}

/* What is foreseen of a pool lies side by side, in rising time. */
static void fill_spot_prices(const model *m, const model_job *job, const optimal_dp *d, uint32_t zone)
{
    const model_foresight *f = m->array[MODEL_FORESIGHT].items;
    uint32_t count = m->array[MODEL_FORESIGHT].count, i = 0;

    while (i < count && f[i].pool != d->pool[zone])
        i++;
    for (int64_t t = 0; t < d->ticks; t++) {
        int64_t from_ns = m->is.now_ns + t * m->is.interval_ns;
        int64_t *price = &d->price[t * d->choices + 2 * zone];
        int there;

        while (i + 1 < count && f[i + 1].pool == d->pool[zone] && f[i + 1].from_ns <= from_ns)
            i++;
        there = i < count && f[i].pool == d->pool[zone] && f[i].from_ns <= from_ns && f[i].available;
        for (uint32_t k = i + 1;
             there && k < count && f[k].pool == d->pool[zone] && f[k].from_ns < from_ns + m->is.interval_ns;
             k++)
            there = (int)f[k].available;
        *price = there ? tick_cost(m, job, d->pool[zone], f[i].spot_nusd) : UNREACHABLE;
    }
}

static void fill_prices(const model *m, const model_job *job, const optimal_dp *d)
{
    const model_pool *pools = model_pools(m);

    for (uint32_t z = 0; z < d->zones; z++) {
        const model_pool *pool = &pools[d->pool[z]];
        int64_t on_demand = pool->purchases & 1u << SKY_ON_DEMAND
                                ? tick_cost(m, job, d->pool[z], pool->price_nusd[SKY_ON_DEMAND])
                                : UNREACHABLE;

        fill_spot_prices(m, job, d, z);
        for (int64_t t = 0; t < d->ticks; t++)
            d->price[t * d->choices + 2 * z + 1] = on_demand;
    }
    for (uint32_t a = 0; a <= d->zones; a++)
        for (uint32_t z = 0; z < d->zones; z++) {
            int64_t per_gb = a == d->zones ? 0
                                           : model_egress_nusd_per_gb(m, pools[d->pool[a]].region,
                                                                      pools[d->pool[z]].region);

            d->egress[a * d->groups + d->group[z]] = muldiv_i64(job->checkpoint_bytes, per_gb, 1000000000);
        }
}

static void free_dp(optimal_dp *d)
{
    free(d->price);
    free(d->egress);
    free(d->idle_choice);
    free(d->stay);
    for (int i = 0; i < 2; i++) {
        free(d->idle[i]);
        free(d->value[i]);
    }
}

static int allocate(optimal_dp *d)
{
    size_t works = (size_t)d->work + 2, ticks = (size_t)d->ticks + 1;
    size_t states = d->choices * (size_t)d->overhead;

    d->price = malloc(ticks * d->choices * sizeof *d->price);
    d->egress = malloc((d->zones + 1) * d->groups * sizeof *d->egress);
    d->idle_choice = calloc(ticks * works, d->zones + 1);
    d->stay = calloc(ticks * works, states);
    for (int i = 0; i < 2; i++) {
        d->idle[i] = malloc(works * (d->zones + 1) * sizeof *d->idle[i]);
        d->value[i] = malloc(works * states * sizeof *d->value[i]);
        if (d->idle[i] == NULL || d->value[i] == NULL)
            return 0;
    }
    return d->price != NULL && d->egress != NULL && d->idle_choice != NULL && d->stay != NULL;
}

/* ---- the recursion ---------------------------------------------------------------------------------------- */

/* State (choice, overhead): overhead ticks left are 0 … H-1 at a tick's end (H = 0 counts as 1). */
static size_t state_of(const optimal_dp *d, uint32_t choice, int64_t overhead)
{
    return choice * (size_t)d->overhead + (size_t)overhead;
}

/* Cost of this tick and of all that follows, running `choice` with `overhead` ticks still to pay. */
static int64_t run_cost(const optimal_dp *d, int64_t t, int64_t w, uint32_t choice, int64_t overhead, int now)
{
    int64_t price = d->price[t * d->choices + choice];
    size_t states = d->choices * (size_t)d->overhead;
    int64_t rest;

    if (price >= UNREACHABLE)
        return UNREACHABLE;
    if (overhead > 0)
        rest = d->value[!now][(size_t)w * states + state_of(d, choice, overhead - 1)];
    else
        rest = w + 1 >= d->work ? 0 : d->value[!now][(size_t)(w + 1) * states + state_of(d, choice, 0)];
    return rest >= UNREACHABLE ? UNREACHABLE : price + rest;
}

/* Best launch into each region: cost and choice. */
static void best_launches(const optimal_dp *d, int64_t t, int64_t w, int now, int64_t overhead, int64_t *cost,
                          uint8_t *choice)
{
    for (uint32_t g = 0; g < d->groups; g++)
        cost[g] = UNREACHABLE;
    for (uint32_t c = 0; c < d->choices; c++) {
        int64_t run = run_cost(d, t, w, c, overhead, now);
        uint32_t g = d->group[c / 2];

        if (run < cost[g]) {
            cost[g] = run;
            choice[g] = (uint8_t)(1 + c);
        }
    }
}

static void solve_cell(const optimal_dp *d, int64_t t, int64_t w, int64_t launch_overhead)
{
    int now = (int)(t & 1);
    size_t cell = (size_t)t * ((size_t)d->work + 2) + (size_t)w, states = d->choices * (size_t)d->overhead;
    int64_t cost[MAX_ZONES], *idle = &d->idle[now][(size_t)w * (d->zones + 1)];
    const int64_t *idle_next = &d->idle[!now][(size_t)w * (d->zones + 1)];
    uint8_t choice[MAX_ZONES], *idle_choice = &d->idle_choice[cell * (d->zones + 1)];

    best_launches(d, t, w, now, launch_overhead, cost, choice);
    for (uint32_t a = 0; a <= d->zones; a++) {
        const int64_t *egress = &d->egress[a * d->groups];

        idle[a] = idle_next[a];
        idle_choice[a] = 0;
        for (uint32_t g = 0; g < d->groups; g++)
            if (cost[g] + egress[g] < idle[a]) {
                idle[a] = cost[g] + egress[g];
                idle_choice[a] = choice[g];
            }
    }
    for (uint32_t c = 0; c < d->choices; c++)
        for (int64_t h = 0; h < d->overhead; h++) {
            int64_t run = run_cost(d, t, w, c, h, now);
            size_t s = state_of(d, c, h);

            d->stay[cell * states + s] = run < UNREACHABLE && run <= idle[c / 2];
            d->value[now][(size_t)w * states + s] = run <= idle[c / 2] ? run : idle[c / 2];
        }
}

static void solve(const optimal_dp *d, int64_t launch_overhead)
{
    size_t works = (size_t)d->work + 2;
    size_t states = d->choices * (size_t)d->overhead;

    for (int i = 0; i < 2; i++) { /* beyond the band nothing can be reached */
        for (size_t k = 0; k < works * (d->zones + 1); k++)
            d->idle[i][k] = UNREACHABLE;
        for (size_t k = 0; k < works * states; k++)
            d->value[i][k] = UNREACHABLE;
    }
    for (int64_t t = d->ticks - 1; t >= 0; t--) {
        int64_t low = t - (d->ticks - d->work), high = t < d->work - 1 ? t : d->work - 1;

        for (int64_t w = low > 0 ? low : 0; w <= high; w++)
            solve_cell(d, t, w, launch_overhead);
        /* what lies just under the band at this tick must not be read from two ticks later */
        if (low > 0) {
            for (size_t k = 0; k <= d->zones; k++)
                d->idle[t & 1][(size_t)(low - 1) * (d->zones + 1) + k] = UNREACHABLE;
            for (size_t k = 0; k < states; k++)
                d->value[t & 1][(size_t)(low - 1) * states + k] = UNREACHABLE;
        }
    }
}

/* Walks the choices from the start and writes a step a tick. */
static void trace_steps(const optimal_dp *d, int64_t launch_overhead, optimal_slot *slot)
{
    uint32_t anchor = d->start_anchor, choice = SKY_NONE;
    int64_t overhead = 0, w = 0;

    for (int64_t t = 0; t < d->ticks; t++) {
        size_t cell = (size_t)t * ((size_t)d->work + 2) + (size_t)w;

        slot->step[t] = STEP_IDLE;
        if (w >= d->work)
            continue;
        if (choice == SKY_NONE ||
            !d->stay[cell * d->choices * (size_t)d->overhead + state_of(d, choice, overhead)]) {
            uint8_t launch = d->idle_choice[cell * (d->zones + 1) + anchor];

            choice = launch == 0 ? SKY_NONE : launch - 1u;
            overhead = launch_overhead;
        }
        if (choice == SKY_NONE)
            continue;
        anchor = choice / 2;
        slot->step[t] = (uint16_t)(2 * d->pool[anchor] + (choice & 1));
        if (overhead > 0)
            overhead--;
        else
            w++;
    }
}

static void make_plan(const model *m, uint32_t index, optimal_slot *slot)
{
    const model_job *job = model_job_at(m, index);
    int64_t gap = m->is.interval_ns, left_ns = strategy_time_left(m, job), launch_overhead;
    optimal_dp d = { .zones = 0 };

    slot->job = index + 1;
    slot->from_ns = m->is.now_ns;
    slot->ticks = 0;
    choose_zones(m, job, &d);
    d.ticks = left_ns / gap;
    d.work = round_up_i64(job->work_ns - job->done_ns, gap) / gap;
    launch_overhead = round_up_i64(job->restart_ns, gap) / gap;
    d.overhead = launch_overhead > 0 ? launch_overhead : 1;
    if (d.zones == 0 || left_ns == SKY_NEVER_NS || d.ticks > MAX_TICKS || d.work > d.ticks ||
        launch_overhead > MAX_OVERHEAD)
        return; /* nothing to plan: place falls back */
    if (allocate(&d)) {
        fill_prices(m, job, &d);
        solve(&d, launch_overhead);
        trace_steps(&d, launch_overhead, slot);
        slot->ticks = (uint32_t)d.ticks;
    }
    free_dp(&d);
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    optimal_slot *slot = &((optimal_memory *)memory)->slot[index % SLOTS];
    int64_t tick;

    if (slot->job != index + 1) {
        if (job->state == MODEL_JOB_RUNNING && slot->job != 0 && job->purchase != SKY_SPOT)
            return; /* another job has taken the slot: what runs on demand runs on */
        make_plan(m, index, slot);
    }
    tick = (m->is.now_ns - slot->from_ns) / m->is.interval_ns;
    if (tick >= slot->ticks) { /* no plan, or past its end: no deadline can be lost any more */
        if (job->state != MODEL_JOB_RUNNING)
            plan_add_on_demand(p, m, job);
        return;
    }
    if (slot->step[tick] == STEP_IDLE)
        plan_add(p, PLAN_IDLE, SKY_NONE, SKY_ON_DEMAND, 0);
    else
        plan_add(p, PLAN_RUN, slot->step[tick] / 2, slot->step[tick] & 1 ? SKY_ON_DEMAND : SKY_SPOT, 0);
}

const strategy strategy_optimal = {
    .info = {
        .name = "optimal",
        .published = "multi_region_oracle_dp",
        .about = "the offline optimum by dynamic programming: it is shown the future",
        .source = "SkyNomad artifact, NSDI'27; recursion in engine/strategy/optimal.c",
        .oracle = 1,
    },
    .memory_bytes = memory_bytes,
    .memory_can_be = memory_can_be,
    .place = place,
};
