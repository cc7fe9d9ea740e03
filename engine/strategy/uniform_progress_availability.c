/* UP(A): Uniform Progress that goes where spot was found most often of late. A zone's score is the mean of
 * its last five samples (one half before the first): launch tries, probes, preemptions (0), and a heartbeat
 * (1) every two hours where the job runs. One probe a tick at most, of a zone not probed for two hours, the
 * one with the fewest samples first.
 * SkyNomad artifact (NSDI'27), multi_region_availability_probe_simple. */
#include "uniform_progress.h"

#define SAMPLES           5
#define PROBE_INTERVAL_NS (120 * 60 * SKY_NS_PER_SECOND)

typedef struct pool_memory {
    uint32_t count; /* samples kept, at most SAMPLES */
    uint32_t bits;  /* the last in bit 0 */
    int64_t next_probe_ns;
    int64_t next_heartbeat_ns;
} pool_memory;

static size_t memory_bytes(const model *m)
{
    return model_pool_count(m) * sizeof(pool_memory);
}

static void record(pool_memory *pool, int success)
{
    pool->bits = (pool->bits << 1 | (uint32_t)success) & ((1u << SAMPLES) - 1);
    pool->count += pool->count < SAMPLES;
}

static void learn(const model *m, void *memory, const sky_event *event)
{
    pool_memory *pool = event->pool == SKY_NONE ? NULL : (pool_memory *)memory + event->pool;
    int64_t interval = round_up_i64(PROBE_INTERVAL_NS - m->is.interval_ns / 2, m->is.interval_ns);

    switch (event->kind) {
    case SKY_EVENT_INSTANCE_STARTED:
    case SKY_EVENT_LAUNCH_FAILED:
        if (event->detail != SKY_SPOT)
            return;
        record(pool, event->kind == SKY_EVENT_INSTANCE_STARTED);
        if (event->kind == SKY_EVENT_INSTANCE_STARTED)
            pool->next_heartbeat_ns = event->time_ns + interval;
        return;
    case SKY_EVENT_INSTANCE_RECLAIMED:
        if (event->detail == SKY_SPOT)
            record(pool, 0);
        return;
    case SKY_EVENT_PROBE_RESULT:
        record(pool, event->detail != 0);
        pool->next_probe_ns = event->time_ns + interval;
        return;
    default:
        return;
    }
}

/* Mean of the samples as a fraction of 60, which 1…5 and 2 divide. */
static int64_t score_of(const pool_memory *pool)
{
    if (pool->count == 0)
        return 30;
    return __builtin_popcount(pool->bits) * 60 / (int64_t)pool->count;
}

static void add_spot_by_score(const model *m, const model_job *job, const pool_memory *pools, plan *p)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);

    for (uint32_t i = 0; i < c->count; i++)
        if (e[i].rule == 0 && (model_pools(m)[e[i].pool].purchases & 1u << SKY_SPOT))
            plan_add(p, PLAN_RUN, e[i].pool, SKY_SPOT, -score_of(&pools[e[i].pool]))->term[0] = score_of(
                &pools[e[i].pool]);
    plan_sort(p);
}

static int is_another_better(const model *m, const model_job *job, const pool_memory *pools)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    int64_t mine = score_of(&pools[job->pool]);

    for (uint32_t i = 0; i < c->count; i++)
        if (e[i].rule == 0 && (model_pools(m)[e[i].pool].purchases & 1u << SKY_SPOT) &&
            score_of(&pools[e[i].pool]) > mine)
            return 1;
    return 0;
}

static void add_probe(const model *m, const model_job *job, const pool_memory *pools, plan *p)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    uint32_t best = SKY_NONE;

    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t pool = e[i].pool;

        if (e[i].rule != 0 || pool == job->pool || m->is.now_ns < pools[pool].next_probe_ns ||
            !(model_pools(m)[pool].purchases & 1u << SKY_SPOT))
            continue;
        if (best == SKY_NONE || pools[pool].count < pools[best].count)
            best = pool;
    }
    if (best != SKY_NONE)
        plan_add_probe(p, best);
}

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    const model_job *job = model_job_at(m, index);
    pool_memory *pools = memory;
    uint32_t home = progress_on_demand_pool(m, job);
    int on_spot = progress_now(job) == PROGRESS_SPOT;
    progress_step step;

    if (job->round > 0) { /* where it runs is settled: now one probe */
        if (on_spot)
            add_probe(m, job, pools, p);
        return;
    }
    if (on_spot && m->is.now_ns >= pools[job->pool].next_heartbeat_ns) {
        record(&pools[job->pool], 1);
        pools[job->pool].next_heartbeat_ns =
            m->is.now_ns + round_up_i64(PROBE_INTERVAL_NS - m->is.interval_ns / 2, m->is.interval_ns);
    }
    step = progress_plan_any_region(m, job, 0, p);
    if (home == SKY_NONE || (step.hold && !on_spot))
        return;
    if (step.hold) {
        p->ask_again = 1;
        p->leave_first = (uint32_t)is_another_better(m, job, pools);
        if (p->leave_first)
            add_spot_by_score(m, job, pools, p);
        return;
    }
    p->ask_again = (uint32_t)step.seek_spot;
    if (step.seek_spot)
        add_spot_by_score(m, job, pools, p);
    if (step.then_on_demand)
        plan_add(p, PLAN_RUN, home, SKY_ON_DEMAND, 0);
}

const strategy strategy_uniform_progress_availability = {
    .info = {
        .name = "uniform-progress-availability",
        .published = "multi_region_availability_probe_simple",
        .about = "UP(A): Uniform Progress, the zone where spot was found most often of late",
        .source = "SkyNomad artifact, NSDI'27",
        .term = { "found_of_60" },
    },
    .memory_bytes = memory_bytes,
    .learn = learn,
    .place = place,
};
