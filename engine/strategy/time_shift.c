/* Deferrable work waits for the hour, and goes to the place, where machines, energy and carbon cost least.
 *
 * Each region's hours are expected to be those of the day before (persistence, the usual baseline of grid forecasts); an
 * hour that was never seen, as the present one. For each place that a job may run, and each start from now to 24 h on
 * that leaves it time before its deadline,
 *
 *     cost = price × time + egress + power × (energy price where it is billed + carbon × what a tonne is worth)
 *
 * is summed over the run; the job starts now if that is least, and is looked at again otherwise. At each tick all jobs
 * that wait are planned anew, in the order of their submission, into the room that those that run and those before them
  * leave: a cheap hour is not promised to more jobs than it has machines, nor to more than three quarters of them, as others
 * will come that can't wait (a share picked by hand). Work without a deadline starts at once. Without a price of carbon, and with energy in the price, this is the cheapest place at once. Compare
 * Wiesner et al., "Let's wait awhile", Middleware 2021, and GAIA (Hanafy et al., ASPLOS 2024), whose forecasts are given.
 */
#include "../data/reads.h"
#include "strategy.h"

#include "../model/arith.h"

#include <string.h>

#define HOURS   24
#define HOUR_NS SKY_NS_PER_HOUR
#define PPM     1000000
#define SLOT_NS (HOUR_NS / 4)
#define PLANNED (4 * 96) /* slots for which room is kept: four days */

#define BOOKINGS 1024 /* by job, modulo this; of two jobs in one place the last can be taken back */

/* What is remembered of a region: its last 24 hours. */
typedef struct profile {
    int64_t hour;                     /* the last one filled, counted from 0 */
    int64_t first;                    /* the first one ever */
    int64_t gco2[HOURS], nusd[HOURS]; /* by hour of the day */
} profile;

/* Machines of a pool that are in use, or planned to be, in each slot from the present one on. */
typedef struct room {
    int64_t taken[PLANNED];
} room;

/* Room that a job was planned into since the last tick. */
typedef struct booking {
    int64_t pool, machines; /* machines 0: none */
    int64_t from, to;       /* slots, as in room.taken */
    int64_t job;
} booking;

/* The strategy's memory: this, a profile a region, a room a pool. */
typedef struct diary {
    int64_t is_current; /* 0: a tick has come, all is to be planned anew */
    int64_t from_slot;  /* of taken[0] */
    booking bookings[BOOKINGS];
} diary;

static size_t memory_bytes(const model *m)
{
    return sizeof(diary) + m->array[MODEL_REGIONS].count * sizeof(profile) +
           m->array[MODEL_POOLS].count * sizeof(room);
}

static profile *profile_of(void *memory, uint32_t region)
{
    return (profile *)((diary *)memory + 1) + region;
}

static room *room_of(const model *m, void *memory, uint32_t pool)
{
    return (room *)profile_of(memory, m->array[MODEL_REGIONS].count) + pool;
}

static int memory_can_be(const model *m, const void *memory)
{
    const diary *d = memory;
    const profile *profiles = (const profile *)(d + 1);

    if (d->from_slot < 0 || d->from_slot > m->is.now_ns / SLOT_NS)
        return 0;
    for (uint32_t i = 0; i < BOOKINGS; i++) {
        const booking *b = &d->bookings[i];

        if (b->machines != 0 && (b->machines < 0 || b->pool < 0 || b->pool >= model_pool_count(m) ||
                                 b->from < 0 || b->to >= PLANNED))
            return 0;
    }
    for (uint32_t r = 0; r < m->array[MODEL_REGIONS].count; r++)
        if (profiles[r].hour < -1 || profiles[r].hour > m->is.now_ns / HOUR_NS)
            return 0;
    return 1;
}

/* Up to the present hour nothing was told: it was as it is. */
static void fill(profile *p, const model_region *region, int64_t hour)
{
    if (p->hour == 0 && p->first == 0) /* all zero: new */
        *p = (profile){ .hour = hour - 1, .first = hour };
    if (p->hour < hour - HOURS)
        p->hour = hour - HOURS;
    while (p->hour < hour) {
        p->hour++;
        p->gco2[p->hour % HOURS] = region->carbon_gco2_per_mwh;
        p->nusd[p->hour % HOURS] = region->energy_nusd_per_mwh;
    }
}

static void learn(const model *m, void *memory, const sky_event *event)
{
    profile *p;
    int64_t hour = event->time_ns / HOUR_NS;

    if (event->kind == SKY_EVENT_TICK)
        ((diary *)memory)->is_current = 0;
    if (event->kind != SKY_EVENT_GRID)
        return;
    p = profile_of(memory, event->region);
    if (p->hour < hour - 1 && p->hour > 0) { /* what was in force until now fills the hours between */
        model_region was = { .carbon_gco2_per_mwh = p->gco2[p->hour % HOURS],
                             .energy_nusd_per_mwh = p->nusd[p->hour % HOURS] };

        fill(p, &was, hour - 1);
    }
    p->hour = p->hour >= hour && hour > 0 ? hour - 1 : p->hour; /* twice in an hour: the last counts */
    fill(p, &model_regions(m)[event->region], hour);
}

/* Integrals over the day to come, hour by hour from now; [0] = 0, [i] up to the i-th whole hour after now. The day after
 * is expected to be alike. */
typedef struct outlook {
    int64_t now_ns, first_ns; /* first_ns: up to the first whole hour */
    sky_int128 gco2[HOURS + 2], nusd[HOURS + 2];
} outlook;

static void look_ahead(const profile *p, int64_t now_ns, outlook *o)
{
    int64_t hour = now_ns / HOUR_NS;

    o->now_ns = now_ns;
    o->first_ns = (hour + 1) * HOUR_NS - now_ns;
    o->gco2[0] = o->nusd[0] = 0;
    for (int64_t i = 0; i <= HOURS; i++) {
        int64_t seen = hour + i - (i > 0 ? HOURS : 0); /* the same hour of the day before */
        int64_t use = (seen >= p->first && seen >= 0 ? hour + i : hour) % HOURS;
        int64_t length_ns = i == 0 ? o->first_ns : HOUR_NS;

        o->gco2[i + 1] = o->gco2[i] + (sky_int128)p->gco2[use] * length_ns;
        o->nusd[i + 1] = o->nusd[i] + (sky_int128)p->nusd[use] * length_ns;
    }
}

/* Integral from now to a time from now; the day from the first whole hour on repeats. */
static sky_int128 until(const outlook *o, const sky_int128 *of, int64_t after_ns)
{
    int64_t days, hour, rest_ns;

    if (after_ns <= o->first_ns)
        return of[1] / o->first_ns * after_ns;
    after_ns -= o->first_ns;
    days = after_ns / (HOURS * HOUR_NS);
    rest_ns = after_ns % (HOURS * HOUR_NS);
    hour = rest_ns / HOUR_NS;
    return of[1] + days * (of[HOURS + 1] - of[1]) + (of[hour + 1] - of[1]) +
           (of[hour + 2 > HOURS + 1 ? HOURS + 1 : hour + 2] - of[hour + 1]) / HOUR_NS * (rest_ns % HOUR_NS);
}

/* ---- room ---------------------------------------------------------------------------------------------------------- */

/* Slots from..to of the diary that a run from start_ns (from now) on touches. */
static void slots_of(const model *m, const diary *d, int64_t start_ns, int64_t time_ns, int64_t *from,
                     int64_t *to)
{
    int64_t begin_ns = add_sat_i64(m->is.now_ns, start_ns);

    *from = begin_ns / SLOT_NS - d->from_slot;
    *to = (add_sat_i64(begin_ns, time_ns) - 1) / SLOT_NS - d->from_slot;
    if (*to >= PLANNED)
        *to = PLANNED - 1;
}

static int has_room(const model *m, const room *r, const diary *d, const model_eligible *e, int64_t start_ns,
                    int64_t time_ns)
{
    int64_t capacity = model_pools(m)[e->pool].capacity, from, to;

    if (start_ns > 0)
        capacity -= capacity / 4;

    slots_of(m, d, start_ns, time_ns, &from, &to);
    for (int64_t i = from; i <= to; i++)
        if (capacity - r->taken[i] < e->machines)
            return 0;
    return 1;
}

static void change_room(const model *m, diary *d, const booking *b, int64_t sign)
{
    room *r = room_of(m, d, (uint32_t)b->pool);

    for (int64_t i = b->from; i <= b->to; i++)
        r->taken[i] += sign * b->machines;
}

static booking take_room(const model *m, diary *d, const model_eligible *e, int64_t start_ns, int64_t time_ns)
{
    booking b = { .pool = e->pool, .machines = e->machines };

    slots_of(m, d, start_ns, time_ns, &b.from, &b.to);
    change_room(m, d, &b, 1);
    return b;
}

static void book(const model *m, diary *d, uint32_t job, const model_eligible *e, int64_t start_ns,
                 int64_t time_ns)
{
    booking *b = &d->bookings[job % BOOKINGS];

    *b = take_room(m, d, e, start_ns, time_ns);
    b->job = job;
}

static void take_back(const model *m, diary *d, uint32_t job)
{
    booking *b = &d->bookings[job % BOOKINGS];

    if (b->machines > 0 && b->job == job)
        change_room(m, d, b, -1);
    b->machines = 0;
}

/* What runs holds its machines until its work is done. */
static void plan_anew(const model *m, void *memory)
{
    diary *d = memory;
    const uint32_t *active = m->array[MODEL_ACTIVE].items;

    *d = (diary){ .is_current = 1, .from_slot = m->is.now_ns / SLOT_NS };
    memset(room_of(m, memory, 0), 0, model_pool_count(m) * sizeof(room));
    for (uint32_t i = 0; i < m->array[MODEL_ACTIVE].count; i++) {
        const model_job *job = model_job_at(m, active[i]);
        const model_eligible *e;
        int64_t time_ns;

        if (job->state != MODEL_JOB_RUNNING || (e = model_eligible_at(m, job, job->pool)) == NULL)
            continue;
        time_ns = muldiv_ceil_i64(job->work_ns - job->done_ns, PPM, e->speed_ppm) + job->overhead_left_ns;
        take_room(m, d, e, 0, time_ns);
    }
}

/* ---- places and hours ---------------------------------------------------------------------------------------------- */

/* What one place offers. */
typedef struct offer {
    int64_t time_ns; /* from launch to the end, boot and restart included */
    int64_t compute_nusd, egress_nusd;
    int64_t power_mw;
    int billed;
} offer;

static plan_candidate candidate_at(const model *m, const offer *of, const outlook *o, int64_t start_ns)
{
    /* mW × ns = 1e-12 J, a MWh is 3.6e9 J; carbon in micrograms, as it is recorded */
    sky_int128 nusd = until(o, o->nusd, start_ns + of->time_ns) - until(o, o->nusd, start_ns);
    sky_int128 gco2 = until(o, o->gco2, start_ns + of->time_ns) - until(o, o->gco2, start_ns);
    int64_t ugco2 = (int64_t)(gco2 * of->power_mw / INT64_C(3600000000000000));
    int64_t energy_nusd = of->billed ? (int64_t)(nusd * of->power_mw / INT64_C(3600000000000000) / PPM) : 0;
    int64_t carbon_nusd = (int64_t)((sky_int128)ugco2 * m->is.carbon_nusd_per_ton / INT64_C(1000000000000));

    return (plan_candidate){
        .move = PLAN_RUN,
        .score = of->compute_nusd + of->egress_nusd + energy_nusd + carbon_nusd,
        .term = { of->compute_nusd, of->egress_nusd, energy_nusd, carbon_nusd },
    };
}

static offer offer_of(const model *m, const model_job *job, const model_eligible *e, sky_purchase purchase)
{
    const model_pool *pool = &model_pools(m)[e->pool];
    int64_t work_ns = muldiv_ceil_i64(job->work_ns - job->done_ns, PPM, e->speed_ppm);
    const model_provider *providers = m->array[MODEL_PROVIDERS].items;
    int64_t reads_ns = reads_start_ns(m, job->job_class, pool->region, READS_AS_IT_IS);
    int64_t paid_ns = add_sat_i64(work_ns, add_sat_i64(model_move_ns(m, job, e->pool), reads_ns));
    int64_t reads = reads_nusd(m, job->job_class, pool->region, job->work_ns - job->done_ns, READS_AS_IT_IS);
    int64_t start_ns = reads < INT64_MAX ? reads_job_start_ns(m, job, e->pool, READS_AS_IT_IS) : SKY_NEVER_NS;

    return (offer){ .time_ns = add_sat_i64(work_ns, start_ns),
                    .compute_nusd = muldiv_i64(model_job_price(m, e, purchase), paid_ns, HOUR_NS),
                    .egress_nusd = add_sat_i64(model_egress_nusd(m, job, e->pool), reads),
                    .power_mw = pool->peak_mw * e->machines,
                    .billed = providers[model_regions(m)[pool->region].provider].energy_billed != 0 };
}

/* The best of the starts that are not now. */
typedef struct later_start {
    const model_eligible *at;
    int64_t nusd, start_ns, time_ns;
} later_start;

static void weigh(const model *m, void *memory, const model_job *job, const model_eligible *e,
                  const offer *of, const outlook *o, later_start *best)
{
    const room *r = room_of(m, memory, e->pool);
    const model_class *c = model_class_of(m, job);
    int64_t slack_ns = strategy_time_left(m, job), sure_ns;

    if (slack_ns == SKY_NEVER_NS)
        return;
    /* it must be looked at again before it is too late, here or for the deadline guard, which counts on machines that are
     * never full */
    sure_ns = c->sure_ppm > 0 ? muldiv_ceil_i64(job->work_ns - job->done_ns, PPM, c->sure_ppm) +
                                    job->restart_ns + c->sure_boot_ns
                              : 0;
    slack_ns -= (of->time_ns > sure_ns ? of->time_ns : sure_ns) + 2 * m->is.interval_ns;

    for (int64_t start_ns = m->is.interval_ns; start_ns <= slack_ns && start_ns <= HOURS * HOUR_NS;
         start_ns += m->is.interval_ns) {
        int64_t nusd;

        if (!has_room(m, r, memory, e, start_ns, of->time_ns))
            continue;
        nusd = candidate_at(m, of, o, start_ns).score;
        if (nusd < best->nusd)
            *best = (later_start){ e, nusd, start_ns, of->time_ns };
    }
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    later_start later = { .nusd = INT64_MAX };
    uint32_t kept = 0;

    if (job->state == MODEL_JOB_RUNNING && !job->notice)
        return;
    if (!((diary *)memory)->is_current)
        plan_anew(m, memory);
    take_back(m, memory, index);
    for (uint32_t i = 0; i < c->count; i++) {
        const model_pool *pool = &model_pools(m)[e[i].pool];
        profile *seen = profile_of(memory, pool->region);
        outlook o;

        if (e[i].rule != 0)
            continue;
        fill(seen, &model_regions(m)[pool->region], m->is.now_ns / HOUR_NS);
        look_ahead(seen, m->is.now_ns, &o);
        for (int purchase = 0; purchase < SKY_PURCHASE_COUNT; purchase++) {
            offer of;
            plan_candidate now;

            if (!(pool->purchases & pool->price_known & 1u << purchase))
                continue;
            of = offer_of(m, job, &e[i], (sky_purchase)purchase);
            if (of.time_ns == INT64_MAX)
                continue; /* there is no way for its checkpoint, or what it reads */
            now = candidate_at(m, &of, &o, 0);
            now.pool = e[i].pool;
            now.purchase = (uint16_t)purchase;
            if (pool->capacity - pool->in_use >= e[i].machines &&
                has_room(m, room_of(m, memory, e[i].pool), memory, &e[i], 0, of.time_ns))
                plan_insert(p, 0, now);
            weigh(m, memory, job, &e[i], &of, &o, &later);
        }
    }
    while (kept < p->count && p->candidate[kept].score <= later.nusd)
        kept++;
    p->count = kept;
    if (kept > 0) {
        const model_eligible *at = model_eligible_at(m, job, p->candidate[0].pool);

        book(m, memory, index, at, 0, offer_of(m, job, at, (sky_purchase)p->candidate[0].purchase).time_ns);
    }
    if (later.at == NULL)
        return;
    plan_add(p, PLAN_IDLE, SKY_NONE, SKY_ON_DEMAND, later.nusd);
    if (kept == 0)
        book(m, memory, index, later.at, later.start_ns, later.time_ns);
}

const strategy strategy_time_shift = {
    .info = {
        .name = "time-shift",
        .about = "deferrable work waits for the hour and place where machines, energy and carbon cost least",
        .source = "Wiesner et al., Middleware 2021; hours expected as the day before",
        .term = { "compute_nusd", "egress_nusd", "energy_nusd", "carbon_nusd" },
    },
    .memory_bytes = memory_bytes,
    .memory_can_be = memory_can_be,
    .learn = learn,
    .place = place,
};
