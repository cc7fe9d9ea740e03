/* UP(AP): Uniform Progress that goes where spot is found most often for its price. Score = (successes /
 * samples, one half before the first) / spot price; it stays while its zone's score is at least 0.9 of the
 * best. Samples: launch tries, probes and heartbeats each hour, preemptions as failures. On demand in the
 * home zone. SkyNomad artifact (NSDI'27), multi_region_probe_cost_ratio. */
#include "uniform_progress.h"

#define PROBE_INTERVAL_NS (60 * 60 * SKY_NS_PER_SECOND)

typedef struct pool_memory {
    int64_t successes, samples;
    int64_t next_probe_ns;
} pool_memory;

static size_t memory_bytes(const model *m)
{
    return model_pool_count(m) * sizeof(pool_memory);
}

static void record(pool_memory *pool, int success)
{
    pool->samples++;
    pool->successes += success != 0;
}

static int64_t next_probe(const model *m)
{
    return m->is.now_ns + round_up_i64(PROBE_INTERVAL_NS - m->is.interval_ns / 2, m->is.interval_ns);
}

static void learn(const model *m, void *memory, const sky_event *event)
{
    pool_memory *pool = event->pool == SKY_NONE ? NULL : (pool_memory *)memory + event->pool;

    switch (event->kind) {
    case SKY_EVENT_INSTANCE_STARTED:
    case SKY_EVENT_LAUNCH_FAILED:
        if (event->detail != SKY_SPOT)
            return;
        record(pool, event->kind == SKY_EVENT_INSTANCE_STARTED);
        if (event->kind == SKY_EVENT_INSTANCE_STARTED)
            pool->next_probe_ns = next_probe(m);
        return;
    case SKY_EVENT_INSTANCE_RECLAIMED:
        if (event->detail == SKY_SPOT)
            record(pool, 0);
        return;
    case SKY_EVENT_PROBE_RESULT:
        record(pool, event->detail != 0);
        pool->next_probe_ns = next_probe(m);
        return;
    default: return;
    }
}

typedef struct ratio {
    sky_int128 successes, cost; /* samples × price; score = successes / cost */
} ratio;

static ratio ratio_of(const model *m, const pool_memory *pools, const model_eligible *e)
{
    int64_t price = strategy_price_of_work(m, e, SKY_SPOT);
    const pool_memory *pool = &pools[e->pool];

    if (pool->samples == 0)
        return (ratio){ 1, (sky_int128)2 * price };
    return (ratio){ pool->successes, (sky_int128)pool->samples * price };
}

/* a > b × tenths / 10, exactly */
static int is_better(ratio a, ratio b, int tenths)
{
    return 10 * a.successes * b.cost > tenths * b.successes * a.cost;
}

/* Highest score first, ties by pool. */
static void add_spot_by_ratio(const model *m, const model_job *job, const pool_memory *pools, plan *p)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    ratio kept[PLAN_MAX];

    for (uint32_t i = 0; i < c->count && p->count < PLAN_MAX; i++) {
        ratio r = ratio_of(m, pools, &e[i]);
        uint32_t at = p->count;
        plan_candidate *here;

        if (e[i].rule != 0 || !(model_pools(m)[e[i].pool].purchases & 1u << SKY_SPOT))
            continue;
        plan_add(p, PLAN_RUN, e[i].pool, SKY_SPOT, 0);
        for (; at > 0 && is_better(r, kept[at - 1], 10); at--) {
            kept[at] = kept[at - 1];
            p->candidate[at] = p->candidate[at - 1];
        }
        kept[at] = r;
        here = &p->candidate[at];
        *here = (plan_candidate){ .pool = e[i].pool, .purchase = SKY_SPOT, .move = PLAN_RUN,
                                  .term = { (int64_t)r.successes, (int64_t)r.cost } };
    }
}

static int stays(const model *m, const model_job *job, const pool_memory *pools, const plan *p)
{
    ratio best, mine;

    if (p->count == 0 || p->candidate[0].pool == job->pool)
        return 1;
    best = ratio_of(m, pools, model_eligible_at(m, job, p->candidate[0].pool));
    mine = ratio_of(m, pools, model_eligible_at(m, job, job->pool));
    /* mine >= 0.9 best  <=>  not (0.9 best > mine) */
    return !(9 * best.successes * mine.cost > 10 * mine.successes * best.cost);
}

static void add_probes(const model *m, const model_job *job, const pool_memory *pools, plan *p)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    uint32_t main = progress_now(job) == PROGRESS_SPOT ? job->pool : SKY_NONE;

    for (uint32_t i = 0; i < c->count; i++)
        if (e[i].rule == 0 && e[i].pool != main && m->is.now_ns >= pools[e[i].pool].next_probe_ns &&
            (model_pools(m)[e[i].pool].purchases & 1u << SKY_SPOT))
            plan_add_probe(p, e[i].pool);
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    pool_memory *pools = memory;
    uint32_t home = strategy_home_pool(m, model_class_of(m, job));
    int on_spot = progress_now(job) == PROGRESS_SPOT;
    progress_step step;

    if (job->round > 0) { /* where it runs is settled: now the probes */
        add_probes(m, job, pools, p);
        return;
    }
    if (on_spot && m->is.now_ns >= pools[job->pool].next_probe_ns) {
        record(&pools[job->pool], 1); /* heartbeat */
        pools[job->pool].next_probe_ns = next_probe(m);
    }
    step = progress_plan_any_region(m, job, p);
    if (home == SKY_NONE || (step.hold && !on_spot))
        return;
    p->ask_again = (uint32_t)(step.hold || step.seek_spot);
    if (p->ask_again)
        add_spot_by_ratio(m, job, pools, p);
    if (step.hold) {
        if (stays(m, job, pools, p))
            p->count = 0;
        else
            p->leave_first = 1;
    } else if (step.then_on_demand) {
        plan_add(p, PLAN_RUN, on_spot ? job->pool : home, SKY_ON_DEMAND, 0);
    }
}

const strategy strategy_uniform_progress_cost_ratio = {
    .info = {
        .name = "uniform-progress-cost-ratio",
        .published = "multi_region_probe_cost_ratio",
        .about = "UP(AP): Uniform Progress, the zone where spot is found most often for its price",
        .source = "SkyNomad artifact, NSDI'27",
        .term = { "successes", "samples_x_price_nusd" },
    },
    .memory_bytes = memory_bytes,
    .learn = learn,
    .place = place,
};
