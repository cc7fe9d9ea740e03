#include "world.h"

#include "../../engine/model/arith.h"
#include <stdio.h>
#include <stdlib.h>

#define PPM 1000000

/* How fast a job can write a checkpoint when it is told that its machine goes: local NVMe to object store,
 * a conservative figure. */
#define CHECKPOINT_BYTES_PER_S INT64_C(1000000000)

int world_can_launch(const world *w, uint32_t pool, sky_purchase purchase, int64_t machines)
{
    const scenario_pool *p = &w->scenario->pools[pool];

    if (!(p->purchases & 1u << purchase) || world_capacity(w, pool) - w->pools[pool].in_use < machines)
        return 0;
    return purchase != SKY_SPOT || w->pools[pool].market.available;
}

int64_t world_done_ns(const world *w, const world_instance *i, int64_t at_ns)
{
    const record_job_row *row = &w->jobs[i->job].row;
    int64_t done = i->base_done_ns;

    if (at_ns > i->run_ns)
        done = add_sat_i64(done, muldiv_floor_i64(at_ns - i->run_ns, i->speed_ppm, PPM));
    return done < row->work_ns ? done : row->work_ns;
}

int64_t world_durable_ns(const world *w, const world_instance *i, int64_t at_ns)
{
    const world_job *job = &w->jobs[i->job];
    int64_t interval = job->workload->checkpoint_interval_ns, done = world_done_ns(w, i, at_ns);

    if (interval == 0 || done == job->row.work_ns)
        return done;
    return i->base_done_ns + (done - i->base_done_ns) / interval * interval;
}

static sky_status new_instance(world *w, uint32_t *index, sky_error *error)
{
    if (w->instance_count == w->instance_capacity) {
        size_t capacity = w->instance_capacity < 64 ? 64 : w->instance_capacity * 2;
        world_instance *instances = realloc(w->instances, capacity * sizeof *instances);

        if (instances == NULL) {
            snprintf(error->message, sizeof error->message, "world: out of memory for %zu instances",
                     capacity);
            return SKY_ERROR_MEMORY;
        }
        w->instances = instances;
        w->instance_capacity = capacity;
    }
    *index = (uint32_t)w->instance_count++;
    return SKY_OK;
}

static void link_spot(world *w, uint32_t index)
{
    world_instance *i = &w->instances[index];
    world_pool *p = &w->pools[i->pool];

    i->previous_spot = SKY_NONE;
    i->next_spot = p->first_spot;
    if (p->first_spot != SKY_NONE)
        w->instances[p->first_spot].previous_spot = index;
    p->first_spot = index;
}

static void unlink_spot(world *w, uint32_t index)
{
    world_instance *i = &w->instances[index];

    if (i->previous_spot != SKY_NONE)
        w->instances[i->previous_spot].next_spot = i->next_spot;
    else
        w->pools[i->pool].first_spot = i->next_spot;
    if (i->next_spot != SKY_NONE)
        w->instances[i->next_spot].previous_spot = i->previous_spot;
}

sky_status world_expect_finish(world *w, uint32_t index, sky_error *error)
{
    const world_instance *i = &w->instances[index];
    const world_job *job = &w->jobs[i->job];
    int64_t work_ns = muldiv_ceil_i64(job->row.work_ns - job->durable_ns, PPM, i->speed_ppm);

    return kernel_queue_push(&w->queue, add_sat_i64(i->run_ns, work_ns), w->scenario->pools[i->pool].region,
                             WORLD_FINISH, index, 0, 0) == SKY_OK
               ? SKY_OK
               : (snprintf(error->message, sizeof error->message, "world: out of memory for events"),
                  SKY_ERROR_MEMORY);
}

sky_status world_launch(world *w, uint32_t job_index, uint32_t pool, sky_purchase purchase,
                        const scenario_eligible *eligible, uint32_t *instance, sky_error *error)
{
    world_job *job = &w->jobs[job_index];
    world_instance *i;
    sky_status status = new_instance(w, instance, error);

    if (status != SKY_OK)
        return status;
    i = &w->instances[*instance];
    *i = (world_instance){ .job = job_index,
                           .pool = pool,
                           .purchase = purchase,
                           .live = 1,
                           .next_spot = SKY_NONE,
                           .previous_spot = SKY_NONE,
                           .machines = eligible->machines,
                           .speed_ppm = eligible->speed_ppm,
                           .start_ns = w->now_ns,
                           .accrued_ns = w->now_ns,
                           .metered_ns = w->now_ns,
                           .base_done_ns = job->durable_ns };
    i->run_ns = add_sat_i64(w->now_ns,
                            add_sat_i64(w->scenario->pools[pool].boot_ns, job->workload->restart_ns));
    status = world_move_checkpoint(w, *instance, error);
    if (status == SKY_OK)
        status = world_read_data(w, *instance, error);
    if (status != SKY_OK)
        return status;
    if (job->leader_pool != SKY_NONE && job->leader_pool != pool) {
        job->row.migrations++; /* to another zone, of the same region too: as published runs count */
        w->summary.migrations++;
    }
    w->pools[pool].in_use += i->machines;
    w->pools[pool].live++;
    w->rate_nusd_per_hour += world_price(w, pool, purchase) * i->machines;
    if (purchase == SKY_SPOT)
        link_spot(w, *instance);
    if (job->row.launches++ == 0)
        job->row.start_ns = w->now_ns;
    w->summary.launches++;
    job->instance = *instance;
    if (i->transfer == SKY_NONE)
        job->leader_pool = pool;
    job->row.state = 1;
    w->pending--;
    w->running++;
    return !world_waits(i) ? world_expect_finish(w, *instance, error) : SKY_OK;
}

/* With enough notice the job writes a last checkpoint and loses nothing. */
int world_notice_suffices(const world *w, const world_job *job, uint32_t pool)
{
    uint32_t provider = w->scenario->regions[w->scenario->pools[pool].region].provider;
    int64_t notice_s = w->scenario->providers[provider].spot_notice_ns / SKY_NS_PER_SECOND;

    return notice_s > 0 && job->workload->checkpoint_bytes / CHECKPOINT_BYTES_PER_S < notice_s;
}

static void settle_progress(world *w, world_instance *i, world_end why)
{
    world_job *job = &w->jobs[i->job];
    int64_t done = world_done_ns(w, i, w->now_ns), durable = done;

    if (why == WORLD_END_OUTAGE || (why == WORLD_END_PREEMPTED && !world_notice_suffices(w, job, i->pool)))
        durable = world_durable_ns(w, i, w->now_ns);
    job->row.lost_ns += done - durable;
    job->row.done_ns = job->durable_ns = durable;
}

world_end world_stop(world *w, uint32_t index, world_end why)
{
    world_instance *i = &w->instances[index];
    world_job *job = &w->jobs[i->job];
    int64_t used_ns = w->now_ns - i->start_ns, billed_ns = 0;

    if (!i->live)
        return why;
    if (why == WORLD_END_MOVED && i->noticed)
        why = WORLD_END_PREEMPTED;
    world_read_along(w, i->job);
    settle_progress(w, i, why);
    world_cut_move(w, index);
    world_meter_instance(w, i);
    if (used_ns > 0) {
        int64_t minimum = world_billing_minimum(w, i->pool);

        billed_ns = round_up_i64(used_ns, world_billing_increment(w, i->pool));
        if (billed_ns < minimum)
            billed_ns = minimum;
    }
    world_accrue(w, i, add_sat_i64(i->start_ns, billed_ns));
    w->rate_nusd_per_hour -= world_price(w, i->pool, (sky_purchase)i->purchase) * i->machines;
    if (i->purchase == SKY_SPOT)
        unlink_spot(w, index);
    w->pools[i->pool].in_use -= i->machines;
    w->pools[i->pool].live--;
    i->live = 0;
    job->row.failures += why == WORLD_END_OUTAGE;
    if (why == WORLD_END_PREEMPTED) {
        job->row.preemptions++;
        w->summary.preemptions++;
    }
    if (job->instance == index) {
        job->instance = SKY_NONE;
        w->running--;
        w->pending++;
    }
    return why;
}
