/* Ours: move the data, move the work, or wait. All that may be done with a job that waits is weighed as one sum of money,
 *
 *     cost = compute + data + time + bring
 *
 * compute  price × time from launch to end: boot, the checkpoint's move, what is read at the start, work; on spot also the
 *          restarts to be expected in it, one a lifetime that was seen.
 * data     egress, retrieval and requests of what it reads, from the copy that serves the place, and of its checkpoint.
 * time     what it is worth to the company that the job ends earlier × the time until it does.
 * bring    what copies of all that it reads cost that are missing there, and to hold them while it runs.
 *
 * It starts where there is room now; or waits for room in a full pool, which others leave when their work is done; or for
 * spot to cost again what it costs in the mean; or has its data brought, and waits for that.
 *
 * A copy serves many jobs, none of which would pay for it. So each job that starts without leaves its regret: how much
 * less it would have cost with copies there. What is regretted counts toward the bringing, for who would wait for it; when
 * it covers all of it, copies are brought whoever waits: at most twice what an optimum pays that knows all jobs, but for
 * those that start while copies are on their way (rent or buy: Karlin, Manasse, Rudolph and Sleator, "Competitive snoopy
 * caching", Algorithmica 3, 1988). They go again by the rule of data/copies.h. */
#include "../data/reads.h"
#include "strategy.h"

#include <string.h>

#define PPM       1000000
#define DAY_NS    (24 * SKY_NS_PER_HOUR)
#define FIRST_RUN (12 * SKY_NS_PER_HOUR) /* lifetime of spot before any was seen: picked by hand */

/* What was seen of a pool's spot. */
typedef struct spot_memory {
    int64_t price_nusd, mean_nusd; /* per machine-hour; mean over seen_ns */
    int64_t since_ns, seen_ns;
    int64_t above_since_ns, above_ns, above_count; /* dearer than the mean: now, and times before */
    int64_t run_ns, preempted;                     /* of our instances */
} spot_memory;

static size_t memory_bytes(const model *m)
{
    return model_pool_count(m) * sizeof(spot_memory) +
           (size_t)m->array[MODEL_CLASSES].count * m->array[MODEL_REGIONS].count * sizeof(int64_t);
}

/* Of jobs of a class that started without copies in a region. */
static int64_t *regret_of(const model *m, void *memory, uint32_t job_class, uint32_t region)
{
    int64_t *all = (int64_t *)((spot_memory *)memory + model_pool_count(m));

    return all + (size_t)job_class * m->array[MODEL_REGIONS].count + region;
}

/* ---- what a place costs -------------------------------------------------------------------------------------------- */

/* A place, and how it is to be had. */
typedef struct offer {
    const model_eligible *at;
    sky_purchase purchase;
    int64_t nusd_per_hour;
    reads_from from;
    int64_t wait_ns;    /* until it is launched */
    int64_t bring_nusd; /* that are charged */
} offer;

/* Restarts to be expected on spot, in ppm. */
static int64_t restarts_ppm(const spot_memory *s, int64_t work_ns)
{
    int64_t life_ns = add_sat_i64(s->run_ns, FIRST_RUN) / (s->preempted + 1);

    return muldiv_i64(work_ns, PPM, life_ns > 0 ? life_ns : 1);
}

/* *total_ns: until its end. 0: it can't be. */
static int weigh(const model *m, const void *memory, const model_job *job, const offer *o, plan_candidate *c,
                 int64_t *total_ns)
{
    uint32_t region = model_pools(m)[o->at->pool].region;
    int64_t work_ns = muldiv_ceil_i64(job->work_ns - job->done_ns, PPM, o->at->speed_ppm);
    int64_t start_ns = reads_job_start_ns(m, job, o->at->pool, o->from);
    int64_t data = reads_nusd(m, job->job_class, region, job->work_ns - job->done_ns, o->from), run_ns, time;

    if (start_ns == INT64_MAX || data == INT64_MAX || o->bring_nusd == INT64_MAX ||
        o->wait_ns == SKY_NEVER_NS)
        return 0;
    run_ns = add_sat_i64(start_ns, work_ns);
    if (o->purchase == SKY_SPOT) {
        int64_t again_ppm = restarts_ppm((const spot_memory *)memory + o->at->pool, work_ns);

        run_ns = add_sat_i64(run_ns, muldiv_i64(start_ns, again_ppm, PPM));
        data = add_sat_i64(data,
                           muldiv_i64(reads_nusd(m, job->job_class, region, 0, o->from), again_ppm, PPM));
    }
    data = add_sat_i64(data, model_egress_nusd(m, job, o->at->pool));
    *total_ns = add_sat_i64(o->wait_ns, run_ns);
    time = muldiv_i64(*total_ns, m->is.data_options.time_nusd_per_hour, SKY_NS_PER_HOUR);
    *c = (plan_candidate){ .pool = o->at->pool, .purchase = (uint16_t)o->purchase, .move = PLAN_RUN };
    c->term[0] = muldiv_i64(muldiv_i64(o->nusd_per_hour, o->at->machines, 1), run_ns, SKY_NS_PER_HOUR);
    c->term[1] = data;
    c->term[2] = time;
    c->term[3] = o->bring_nusd;
    c->score = add_sat_i64(add_sat_i64(c->term[0], c->term[1]), add_sat_i64(c->term[2], c->term[3]));
    return 1;
}

static int is_sold(const model_pool *pool, int purchase)
{
    return (pool->purchases & pool->price_known & 1u << purchase) != 0;
}

/* ---- what it hears ------------------------------------------------------------------------------------------------- */

static void hear_price(spot_memory *s, int64_t now_ns, int64_t nusd)
{
    int64_t time_ns = now_ns - s->since_ns;

    if (s->seen_ns + time_ns > 0)
        s->mean_nusd =
            (int64_t)(((sky_int128)s->mean_nusd * s->seen_ns + (sky_int128)s->price_nusd * time_ns) /
                      (s->seen_ns + time_ns));
    else
        s->mean_nusd = nusd;
    s->seen_ns += time_ns;
    if (nusd <= s->mean_nusd && s->above_since_ns > 0) {
        s->above_ns += now_ns - (s->above_since_ns - 1);
        s->above_count++;
        s->above_since_ns = 0;
    } else if (nusd > s->mean_nusd && s->above_since_ns == 0) {
        s->above_since_ns = now_ns + 1;
    }
    s->price_nusd = nusd;
    s->since_ns = now_ns;
}

/* The least that the job would cost in a region with copies of all that it reads; INT64_MAX. */
static int64_t least_with_copies(const model *m, const void *memory, const model_job *job, uint32_t region)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    int64_t least = INT64_MAX, total_ns;

    for (uint32_t i = 0; i < c->count; i++)
        for (int purchase = 0; purchase < SKY_PURCHASE_COUNT; purchase++) {
            const model_pool *pool = &model_pools(m)[e[i].pool];
            plan_candidate at;

            if (e[i].rule == 0 && pool->region == region && is_sold(pool, purchase) &&
                weigh(m, memory, job,
                      &(offer){ &e[i], (sky_purchase)purchase, pool->price_nusd[purchase], READS_WITH_COPIES,
                                0, 0 },
                      &at, &total_ns) &&
                at.score < least)
                least = at.score;
        }
    return least;
}

/* It starts, from the beginning: how much less would it have cost with copies elsewhere? */
static void regret(const model *m, void *memory, const sky_event *event)
{
    model_job job = *model_job_at(m, event->job);
    int64_t total_ns;
    plan_candidate here;

    job.leader_pool = SKY_NONE; /* where it has just started */
    if (!weigh(m, memory, &job,
               &(offer){ model_eligible_at(m, &job, event->pool), (sky_purchase)event->detail,
                         model_pools(m)[event->pool].price_nusd[event->detail], READS_AS_IT_IS, 0, 0 },
               &here, &total_ns))
        return;
    for (uint32_t r = 0; r < m->array[MODEL_REGIONS].count; r++) {
        int64_t bring = reads_bring_nusd(m, job.job_class, r, 0), there;

        if (bring == 0 || bring == INT64_MAX)
            continue;
        there = least_with_copies(m, memory, &job, r);
        if (there < here.score) {
            int64_t *sum = regret_of(m, memory, job.job_class, r);

            *sum = add_sat_i64(*sum, here.score - there);
        }
    }
}

static void learn(const model *m, void *memory, const sky_event *event)
{
    spot_memory *s = (spot_memory *)memory;
    uint32_t count;

    switch (event->kind) {
    case SKY_EVENT_PRICE:
        if (event->detail == SKY_SPOT)
            hear_price(&s[event->pool], event->time_ns, event->a);
        return;
    case SKY_EVENT_JOB_PROGRESS:
        if (event->detail == SKY_SPOT && event->pool != SKY_NONE)
            s[event->pool].run_ns = add_sat_i64(s[event->pool].run_ns, m->is.interval_ns);
        return;
    case SKY_EVENT_INSTANCE_RECLAIMED:
        s[event->pool].preempted += event->detail == SKY_SPOT;
        return;
    case SKY_EVENT_INSTANCE_STARTED:
        if (!model_is_task(m, model_job_at(m, event->job)->job_class) &&
            model_readings_of(m, model_job_at(m, event->job)->job_class, &count) != NULL &&
            model_job_at(m, event->job)->done_ns == 0)
            regret(m, memory, event);
        return;
    default:
        return;
    }
}

/* ---- waiting --------------------------------------------------------------------------------------------------------- */

/* When a running job will leave its machines. */
static int64_t ends_in_ns(const model *m, const model_job *job)
{
    const model_eligible *e = model_eligible_at(m, job, job->pool);

    return add_sat_i64(muldiv_ceil_i64(job->work_ns - job->done_ns, PPM, e->speed_ppm),
                       job->overhead_left_ns);
}

/* Until a full pool has room: for those who wait since before, too. The next to leave is sought again and again, by the
 * time and then the number of the job. SKY_NEVER_NS: all that runs there is not enough. */
static int64_t room_in_ns(const model *m, uint32_t index, const model_eligible *e)
{
    const model_pool *pool = &model_pools(m)[e->pool];
    const uint32_t *active = m->array[MODEL_ACTIVE].items;
    uint32_t count = m->array[MODEL_ACTIVE].count, last = SKY_NONE;
    int64_t lacking = e->machines - (pool->capacity - pool->in_use), last_ns = -1;

    for (uint32_t i = 0; i < count; i++)
        if (active[i] < index && model_job_at(m, active[i])->state == MODEL_JOB_WAITING) {
            const model_eligible *other = model_eligible_at(m, model_job_at(m, active[i]), e->pool);

            lacking += other != NULL && other->rule == 0 ? other->machines : 0;
        }
    while (lacking > 0) {
        uint32_t next = SKY_NONE;
        int64_t next_ns = SKY_NEVER_NS;

        for (uint32_t i = 0; i < count; i++) {
            const model_job *job = model_job_at(m, active[i]);
            int64_t ns;

            if (job->state != MODEL_JOB_RUNNING || job->pool != e->pool)
                continue;
            ns = ends_in_ns(m, job);
            if ((ns > last_ns || (ns == last_ns && active[i] > last)) &&
                (ns < next_ns || (ns == next_ns && active[i] < next))) {
                next = active[i];
                next_ns = ns;
            }
        }
        if (next == SKY_NONE)
            return SKY_NEVER_NS;
        lacking -= model_eligible_at(m, model_job_at(m, next), e->pool)->machines;
        last = next;
        last_ns = next_ns;
    }
    return last_ns < 0 ? 0 : last_ns;
}

/* Until spot costs again what it does in the mean: as long as it was above before, in the mean, or as it is by now.
 * 0: it does not cost more, or has not been seen for a day. */
static int64_t cheaper_in_ns(const model *m, const spot_memory *s)
{
    int64_t lasts_ns;

    if (s->above_since_ns == 0 || s->seen_ns < DAY_NS)
        return 0;
    lasts_ns = m->is.now_ns - (s->above_since_ns - 1);
    if (s->above_count > 0 && s->above_ns / s->above_count > lasts_ns)
        lasts_ns = s->above_ns / s->above_count;
    return lasts_ns > m->is.interval_ns ? lasts_ns : m->is.interval_ns;
}

/* ---- what to do ------------------------------------------------------------------------------------------------------ */

/* A job that waits, and the best that can be done later. */
typedef struct question {
    const model *m;
    void *memory;
    const model_job *job;
    uint32_t index;
    plan_candidate later;     /* score INT64_MAX: nothing */
    plan_candidate regretted; /* where copies would have paid for themselves by now; likewise */
} question;

static int is_in_time(const question *q, int64_t total_ns)
{
    int64_t left_ns = strategy_time_left(q->m, q->job);

    return left_ns == SKY_NEVER_NS || add_sat_i64(total_ns, 2 * q->m->is.interval_ns) <= left_ns;
}

static void consider(question *q, const offer *o, plan_move move)
{
    plan_candidate c;
    int64_t total_ns;

    if (!weigh(q->m, q->memory, q->job, o, &c, &total_ns) || !is_in_time(q, total_ns) ||
        c.score >= q->later.score)
        return;
    q->later = c;
    q->later.move = (uint16_t)move;
}

/* Its data is brought to the region, or is on its way. */
static void consider_copies(question *q, offer o, int64_t room_ns)
{
    uint32_t region = model_pools(q->m)[o.at->pool].region;
    int64_t work_ns = muldiv_ceil_i64(q->job->work_ns - q->job->done_ns, PPM, o.at->speed_ppm);
    int64_t bring = reads_bring_nusd(q->m, q->job->job_class, region, work_ns);
    int64_t regretted = *regret_of(q->m, q->memory, q->job->job_class, region), total_ns;
    plan_candidate c;

    if (bring == INT64_MAX || room_ns == SKY_NEVER_NS)
        return;
    o.from = READS_WITH_COPIES;
    o.wait_ns = reads_bring_ns(q->m, q->job->job_class, region);
    if (o.wait_ns < room_ns)
        o.wait_ns = room_ns;
    o.bring_nusd = bring > regretted ? bring - regretted : 0;
    consider(q, &o, bring > 0 ? PLAN_BRING : PLAN_IDLE);
    if (bring > 0 && o.bring_nusd == 0 && weigh(q->m, q->memory, q->job, &o, &c, &total_ns) &&
        c.score < q->regretted.score)
        q->regretted = c;
}

static void consider_place(question *q, const model_eligible *e, sky_purchase purchase, plan *p)
{
    const model *m = q->m;
    const model_pool *pool = &model_pools(m)[e->pool];
    const spot_memory *spot = (const spot_memory *)q->memory + e->pool;
    offer o = { e, purchase, pool->price_nusd[purchase], READS_AS_IT_IS, 0, 0 };
    int64_t room_ns = pool->capacity - pool->in_use >= e->machines ? 0 : room_in_ns(m, q->index, e), total_ns;
    plan_candidate c;

    if (room_ns == 0 && weigh(m, q->memory, q->job, &o, &c, &total_ns))
        plan_insert(p, 0, c);
    if (!reads_are_here(m, q->job->job_class, pool->region))
        consider_copies(q, o, room_ns);
    o.wait_ns = room_ns;
    if (room_ns > 0)
        consider(q, &o, PLAN_IDLE);
    if (purchase == SKY_SPOT && room_ns == 0 && cheaper_in_ns(m, spot) > 0) {
        o.wait_ns = cheaper_in_ns(m, spot);
        o.nusd_per_hour = spot->mean_nusd;
        consider(q, &o, PLAN_IDLE);
    }
}

/* Before all else. */
static void bring(const question *q, plan_candidate c, plan *p)
{
    memmove(&p->candidate[1], &p->candidate[0], p->count * sizeof p->candidate[0]);
    p->candidate[0] = c;
    p->candidate[0].move = PLAN_BRING;
    p->count++;
    *regret_of(q->m, q->memory, q->job->job_class, model_pools(q->m)[c.pool].region) = 0;
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    question q = { m, memory, model_job_at(m, index), index, { .score = INT64_MAX }, { .score = INT64_MAX } };
    const model_class *c = model_class_of(m, q.job);
    const model_eligible *e = model_eligible_of(m, c);
    uint32_t kept = 0;

    if (q.job->state == MODEL_JOB_RUNNING && !q.job->notice)
        return;
    for (uint32_t i = 0; i < c->count; i++)
        for (int purchase = 0; e[i].rule == 0 && purchase < SKY_PURCHASE_COUNT; purchase++)
            if (is_sold(&model_pools(m)[e[i].pool], purchase))
                consider_place(&q, &e[i], (sky_purchase)purchase, p);
    while (kept < p->count && p->candidate[kept].score <= q.later.score)
        kept++;
    p->count = kept < PLAN_MAX - 2 ? kept : PLAN_MAX - 2;
    if (kept == 0 && q.later.move == PLAN_BRING)
        bring(&q, q.later, p);
    else if (q.regretted.score < INT64_MAX)
        bring(&q, q.regretted, p);
    if (q.later.score < INT64_MAX)
        plan_add(p, PLAN_IDLE, SKY_NONE, SKY_ON_DEMAND, q.later.score);
}

const strategy strategy_data_gravity = {
    .info = {
        .name = "data-gravity",
        .about = "ours: moves the data, moves the work, or waits for room or a price, whichever costs least",
        .source = "derived in its file; rent or buy: Karlin et al., Algorithmica 3, 1988",
        .term = { "compute_nusd", "data_nusd", "time_nusd", "bring_nusd" },
    },
    .memory_bytes = memory_bytes,
    .learn = learn,
    .place = place,
};
