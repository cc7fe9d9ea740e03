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
    default:
        return;
    }
}

/* IEEE division and multiplication are the same everywhere; the published runs decide on doubles, so that
 * 18 successes of 20 against 1.0 at the same price come out as they did there. */
static double score_of(const model *m, const pool_memory *pools, const model_eligible *e)
{
    const pool_memory *pool = &pools[e->pool];
    double rate = pool->samples == 0 ? 0.5 : (double)pool->successes / (double)pool->samples;
    double price = (double)strategy_price_of_work(m, e, SKY_SPOT) / 1e9;

    if (price <= 0)
        return rate > 0 ? 1e300 : 0;
    return rate / price;
}

/* Highest score first, ties by pool. */
static void add_spot_by_score(const model *m, const model_job *job, const pool_memory *pools, plan *p)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    double kept[PLAN_MAX];

    for (uint32_t i = 0; i < c->count && p->count < PLAN_MAX; i++) {
        double score = score_of(m, pools, &e[i]);
        uint32_t at = p->count;

        if (e[i].rule != 0 || !(model_pools(m)[e[i].pool].purchases & 1u << SKY_SPOT))
            continue;
        plan_add(p, PLAN_RUN, e[i].pool, SKY_SPOT, 0);
        for (; at > 0 && score > kept[at - 1]; at--) {
            kept[at] = kept[at - 1];
            p->candidate[at] = p->candidate[at - 1];
        }
        kept[at] = score;
        p->candidate[at] = (plan_candidate){ .pool = e[i].pool,
                                             .purchase = SKY_SPOT,
                                             .move = PLAN_RUN,
                                             .term = { pools[e[i].pool].successes,
                                                       pools[e[i].pool].samples } };
    }
}

/* It stays while its zone's score is at least 0.9 of the best. */
static int stays(const model *m, const model_job *job, const pool_memory *pools)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    double best = 0, mine = 0;

    for (uint32_t i = 0; i < c->count; i++) {
        double score = score_of(m, pools, &e[i]);

        if (e[i].rule != 0 || !(model_pools(m)[e[i].pool].purchases & 1u << SKY_SPOT))
            continue;
        if (score > best)
            best = score;
        if (e[i].pool == job->pool)
            mine = score;
    }
    return mine >= best * 0.9;
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
    step = progress_plan_any_region(m, job, 1, p);
    if (home == SKY_NONE || (step.hold && !on_spot))
        return;
    p->ask_again = (uint32_t)(step.hold || step.seek_spot);
    if (step.hold)
        p->leave_first = (uint32_t)!stays(m, job, pools);
    if (step.seek_spot || (step.hold && p->leave_first))
        add_spot_by_score(m, job, pools, p);
    if (step.then_on_demand)
        plan_add(p, PLAN_RUN, on_spot ? job->pool : home, SKY_ON_DEMAND, 0);
}

const strategy strategy_uniform_progress_cost_ratio = {
    .info = {
        .name = "uniform-progress-cost-ratio",
        .published = "multi_region_probe_cost_ratio",
        .about = "UP(AP): Uniform Progress, the zone where spot is found most often for its price",
        .source = "SkyNomad artifact, NSDI'27",
        .term = { "successes", "samples" },
    },
    .memory_bytes = memory_bytes,
    .learn = learn,
    .place = place,
};
