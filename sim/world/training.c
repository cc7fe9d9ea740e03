/* Tasks that train: their progress is steps, at the rate that was measured for what they run on and beside whom. */
#include "world.h"

#include "../../engine/model/arith.h"
#include "../kernel/draw.h"

static int comes_before(const scenario_rate *a, const scenario_rate *b)
{
    if (a->job_class != b->job_class)
        return a->job_class < b->job_class;
    if (a->model != b->model)
        return a->model < b->model;
    if (a->workers != b->workers)
        return a->workers < b->workers;
    return a->partner + 1 < b->partner + 1; /* SKY_NONE, alone, first */
}

static const scenario_rate *find_rate(const scenario *s, const scenario_rate *key)
{
    size_t low = 0, high = s->rate_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (comes_before(&s->rates[middle], key))
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->rate_count && !comes_before(key, &s->rates[low]) ? &s->rates[low] : NULL;
}

static int is_spread(const world *w, const world_job *job)
{
    for (uint32_t part = job->more_parts; part != SKY_NONE; part = w->parts[part].next)
        if (w->parts[part].node != job->node)
            return 1;
    return 0;
}

/* The truth may be off what was measured, by a factor that a job has for good on a model. */
static int64_t with_noise(const world *w, const world_job *job, int64_t usteps, uint32_t model)
{
    random_key key = {
        .seed = w->seed, .replication = w->replication, .thing = job->row.job, .purpose = RANDOM_RATE_NOISE
    };

    if (w->scenario->rate_noise <= 0 || usteps == 0)
        return usteps;
    /* a draw in ms, so that it's the same for all C libraries: 10^12 is a factor of 1 */
    return muldiv_i64(usteps, draw_lognormal_ns(&key, model, 1e12, w->scenario->rate_noise),
                      INT64_C(1000000000000));
}

/* Millionths of a step per second that the job would make if all its workers were on that model. A pair that nobody
 * measured gets half of the rate alone. */
static int64_t rate_on(const world *w, const world_job *job, uint32_t model)
{
    scenario_rate key = {
        .job_class = job->row.job_class, .model = model, .workers = job->gang, .partner = SKY_NONE
    };
    const world_training *t = &w->trainings[job->training];
    const scenario_rate *rate;
    int64_t share = 1;

    if (t->partner != SKY_NONE)
        key.partner = w->jobs[t->partner].row.job_class;
    rate = find_rate(w->scenario, &key);
    if (rate == NULL && t->partner != SKY_NONE) {
        key.partner = SKY_NONE;
        share = 2;
        rate = find_rate(w->scenario, &key);
    }
    if (rate == NULL)
        return 0;
    return with_noise(w, job, (is_spread(w, job) ? rate->spread_usteps : rate->usteps) / share, model);
}

/* Workers wait for each other: the slowest model sets the pace. */
static int64_t rate_of(const world *w, const world_job *job)
{
    int64_t slowest = rate_on(w, job, w->nodes[job->node].model);

    for (uint32_t part = job->more_parts; part != SKY_NONE; part = w->parts[part].next) {
        int64_t rate = rate_on(w, job, w->nodes[w->parts[part].node].model);

        slowest = rate < slowest ? rate : slowest;
    }
    return slowest;
}

void world_settle_training(world *w, uint32_t index)
{
    const world_job *job = &w->jobs[index];
    world_training *t = &w->trainings[job->training];

    if (job->node == SKY_NONE || w->now_ns <= t->progress_ns)
        return;
    t->done_usteps = add_sat_i64(
        t->done_usteps, muldiv_floor_i64(t->rate_usteps, w->now_ns - t->progress_ns, SKY_NS_PER_SECOND));
    if (t->done_usteps > t->usteps)
        t->done_usteps = t->usteps;
    t->progress_ns = w->now_ns;
}

int64_t world_training_done_ns(const world *w, const world_job *job)
{
    const world_training *t = &w->trainings[job->training];

    return muldiv_floor_i64(job->row.work_ns, t->done_usteps, t->usteps);
}

int64_t world_training_end_ns(world *w, uint32_t index)
{
    const world_job *job = &w->jobs[index];
    world_training *t = &w->trainings[job->training];
    int64_t left = t->usteps - t->done_usteps, from_ns;

    t->foretold++;
    t->rate_usteps = rate_of(w, job);
    if (t->rate_usteps == 0)
        return SKY_NEVER_NS;
    from_ns = t->progress_ns > w->now_ns ? t->progress_ns : w->now_ns;
    return add_sat_i64(from_ns, muldiv_ceil_i64(left, SKY_NS_PER_SECOND, t->rate_usteps));
}

/* Whoever has the other half of the first of its devices. */
static uint32_t find_partner(const world *w, uint32_t index)
{
    const world_job *job = &w->jobs[index];

    if (job->share_mgpu == 0)
        return SKY_NONE;
    for (size_t i = 0; i < w->running_task_count; i++) {
        uint32_t other = w->running_tasks[i];
        const world_job *o = &w->jobs[other];

        if (other != index && world_trains(o) && o->share_mgpu > 0 && o->node == job->node &&
            (o->devices & job->devices) != 0)
            return other;
    }
    return SKY_NONE;
}

uint32_t world_start_training(world *w, uint32_t index)
{
    world_job *job = &w->jobs[index];
    world_training *t = &w->trainings[job->training];

    job->run_start_ns = w->now_ns;
    t->progress_ns = add_sat_i64(w->now_ns, world_setup_ns(job));
    job->ends_as = WORLD_END_DONE;
    t->partner = find_partner(w, index);
    if (t->partner != SKY_NONE)
        w->trainings[w->jobs[t->partner].training].partner = index;
    return t->partner;
}

static void bill(world *w, world_job *job)
{
    uint32_t pool = w->nodes[job->node].pool;
    sky_purchase purchase = w->scenario->pools[pool].purchases & 1u << SKY_RESERVED ? SKY_RESERVED
                                                                                    : SKY_ON_DEMAND;
    int64_t mgpu = (int64_t)job->gang * (job->share_mgpu > 0 ? job->share_mgpu : NODE_DEVICE_MGPU);
    int64_t device_nusd = world_price(w, pool, purchase) / w->nodes[job->node].devices;
    int64_t cost = muldiv_i64(device_nusd * mgpu / NODE_DEVICE_MGPU, w->now_ns - job->run_start_ns,
                              SKY_NS_PER_HOUR);

    job->row.compute_nusd += cost;
    w->summary.used_nusd += cost;
}

uint32_t world_stop_training(world *w, uint32_t index)
{
    world_job *job = &w->jobs[index];
    world_training *t = &w->trainings[job->training];
    uint32_t partner = t->partner;

    world_settle_training(w, index);
    bill(w, job);
    t->foretold++;
    if (partner != SKY_NONE) {
        world_settle_training(w, partner);
        w->trainings[w->jobs[partner].training].partner = t->partner = SKY_NONE;
    }
    return partner;
}
