/* Checkpoints that move between regions, over the network where the scenario has one; else at once. */
#include "world.h"

#include "../../engine/model/arith.h"

#include <stdio.h>

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "world: out of memory for transfers");
    return SKY_ERROR_MEMORY;
}

/* Money for moving: of a job's checkpoint, else of the region that sends. */
static void bill(world *w, world_job *job, uint32_t pool, uint32_t region, int64_t nusd)
{
    if (job != NULL) {
        w->pools[pool].egress_nusd += nusd;
        job->row.egress_nusd += nusd;
    } else {
        w->network_nusd[region] += nusd;
    }
    w->cost_nusd += nusd;
    w->egress_total_nusd += nusd;
}

/* Counts bytes that move without a network, and returns their price. */
static int64_t price_at_once(world *w, int64_t now_ns, int64_t bytes, uint32_t from, uint32_t to)
{
    const scenario *s = w->scenario;
    uint32_t provider = s->regions[from].provider;

    return provider == s->regions[to].provider
               ? transfer_bill_flat(bytes, s->egress_nusd_per_gb[from * s->region_count + to])
               : transfer_bill(&w->meters[provider], now_ns, bytes);
}

static void bill_at_once(world *w, world_job *job, uint32_t pool, int64_t bytes, uint32_t from, uint32_t to)
{
    bill(w, job, pool, from, price_at_once(w, w->now_ns, bytes, from, to));
}

int64_t world_bill_data(world *w, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes)
{
    world_job *job = w->reading_job != SKY_NONE ? &w->jobs[w->reading_job] : NULL;
    int64_t nusd = w->scenario->network != NULL ? network_bill(&w->network, now_ns, from, to, bytes)
                                                : price_at_once(w, now_ns, bytes, from, to);

    bill(w, job, w->reading_pool, from, nusd);
    return nusd;
}

int64_t world_bill_messages(world *w, uint32_t from, uint32_t to, int64_t bytes)
{
    int64_t nusd = w->scenario->network != NULL ? network_bill(&w->network, w->now_ns, from, to, bytes)
                                                : price_at_once(w, w->now_ns, bytes, from, to);

    w->cost_nusd += nusd;
    w->egress_total_nusd += nusd;
    return nusd;
}

/* Zones of one region, where the scenario has them apart: a checkpoint lies in the zone where it was written. */
static int are_apart(const scenario *s, const scenario_pool *a, const scenario_pool *b)
{
    return s->network != NULL && s->network->has_zones && a->region == b->region && a->zone != b->zone;
}

void world_bill_task_egress(world *w, world_job *job, uint32_t to_pool)
{
    const scenario *s = w->scenario;
    const scenario_class *c = &s->classes[job->row.job_class];
    uint32_t to = s->pools[to_pool].region;

    if (job->leader_pool != SKY_NONE && s->pools[job->leader_pool].region != to &&
        job->workload->checkpoint_bytes > 0)
        bill_at_once(w, job, job->leader_pool, job->workload->checkpoint_bytes,
                     s->pools[job->leader_pool].region, to);
    else if (job->leader_pool != SKY_NONE && are_apart(s, &s->pools[job->leader_pool], &s->pools[to_pool]))
        bill(w, job, job->leader_pool, to,
             transfer_bill_flat(job->workload->checkpoint_bytes,
                                s->providers[s->regions[to].provider].between_zones_nusd_per_gb));
    job->leader_pool = to_pool;
    if (c->data_bytes > 0 &&
        c->data_region != to) /* it lies in a region, not in a pool: who fetches it is billed */
        bill_at_once(w, job, to_pool, c->data_bytes, c->data_region, to);
}

sky_status world_move_checkpoint(world *w, uint32_t index, sky_error *error)
{
    world_instance *i = &w->instances[index];
    world_job *job = &w->jobs[i->job];
    const scenario_pool *there, *here = &w->scenario->pools[i->pool];
    sky_status status;

    i->transfer = SKY_NONE;
    if (job->leader_pool == SKY_NONE)
        return SKY_OK;
    there = &w->scenario->pools[job->leader_pool];
    if (there->region == here->region && !are_apart(w->scenario, there, here))
        return SKY_OK;
    if (w->scenario->network == NULL) {
        bill_at_once(w, job, job->leader_pool, job->workload->checkpoint_bytes, there->region, here->region);
        return SKY_OK;
    }
    if (job->workload->checkpoint_bytes == 0)
        return SKY_OK;
    i->run_ns = SKY_NEVER_NS;
    status = there->region == here->region
                 ? network_send_between_zones(&w->network, w->now_ns, here->region, there->zone, here->zone,
                                              job->workload->checkpoint_bytes, NETWORK_JOB, index,
                                              &i->transfer)
                 : network_send(&w->network, w->now_ns, there->region, here->region,
                                job->workload->checkpoint_bytes, NETWORK_JOB, index, &i->transfer);
    return status == SKY_OK ? SKY_OK : no_memory(error);
}

void world_cut_move(world *w, uint32_t index)
{
    world_instance *i = &w->instances[index];

    if (i->reads > 0)
        data_cut_job(&w->data, index);
    i->reads = 0;
    if (i->transfer == SKY_NONE)
        return;
    network_cut(&w->network, w->now_ns, i->transfer);
    i->transfer = SKY_NONE;
}

void world_may_run(world *w, uint32_t index)
{
    world_instance *i = &w->instances[index];
    int64_t ready_ns = add_sat_i64(i->start_ns, w->scenario->pools[i->pool].boot_ns);

    ready_ns = i->data_ns > ready_ns ? i->data_ns : ready_ns; /* the machine boots meanwhile */
    i->run_ns = add_sat_i64(ready_ns > w->now_ns ? ready_ns : w->now_ns,
                            w->jobs[i->job].workload->restart_ns);
}

int64_t world_start_left_ns(world *w, uint32_t index)
{
    const world_instance *i = &w->instances[index];
    int64_t left_ns = i->reads > 0 ? world_data_left_ns(w, index) : 0, checkpoint_ns;

    if (!world_waits(i))
        return i->run_ns > w->now_ns ? i->run_ns - w->now_ns : 0;
    checkpoint_ns = i->transfer != SKY_NONE ? network_left_ns(&w->network, w->now_ns, i->transfer) : 0;
    left_ns = checkpoint_ns > left_ns ? checkpoint_ns : left_ns;
    return add_sat_i64(left_ns, w->jobs[i->job].workload->restart_ns);
}

sky_status world_network_goes_on(world *w, sky_error *error)
{
    return network_advance(&w->network, w->now_ns) == SKY_OK ? SKY_OK : no_memory(error);
}

/* Something that an instance waited for has arrived. */
static sky_status go_on(world *w, uint32_t instance, sky_error *error)
{
    if (world_waits(&w->instances[instance]))
        return SKY_OK;
    world_may_run(w, instance);
    return world_expect_finish(w, instance, error);
}

/* Of a dataset: billed to the job that reads it, else to the region that sends. */
static sky_status take_data(world *w, const network_transfer *t, sky_error *error)
{
    const data_fetch *f = &w->data.fetches[t->subject];
    const world_instance *i = f->kind == DATA_FETCH_JOB ? &w->instances[f->subject] : NULL;
    uint32_t instance;

    bill(w, i != NULL ? &w->jobs[i->job] : NULL, i != NULL ? i->pool : SKY_NONE, t->from, t->nusd);
    if (data_arrived(&w->data, w->now_ns, t->subject, (int)t->cut, t->moved_bytes, t->nusd, &instance) !=
        SKY_OK)
        return no_memory(error);
    if (instance == SKY_NONE || !w->instances[instance].live)
        return SKY_OK;
    w->instances[instance].reads--;
    return go_on(w, instance, error);
}

sky_status world_take_transfer(world *w, uint32_t *transfer, int *taken, sky_error *error)
{
    const network_transfer *t;
    world_instance *i;
    world_job *job;

    *taken = w->scenario->network != NULL && network_take(&w->network, transfer);
    if (!*taken)
        return SKY_OK;
    t = &w->network.transfers[*transfer];
    if (t->owner == NETWORK_SCHEDULED) {
        bill(w, NULL, SKY_NONE, t->from, t->nusd);
        return SKY_OK;
    }
    if (t->owner == NETWORK_DATA)
        return take_data(w, t, error);
    i = &w->instances[t->subject];
    job = &w->jobs[i->job];
    bill(w, job, job->leader_pool, t->from, t->nusd);
    if (t->cut || !i->live)
        return SKY_OK;
    i->transfer = SKY_NONE;
    job->leader_pool = i->pool;
    return go_on(w, t->subject, error);
}

sky_status world_watch_network(world *w, sky_error *error)
{
    int64_t next_ns;

    if (w->scenario->network == NULL)
        return SKY_OK;
    next_ns = network_next_ns(&w->network);
    if (next_ns == w->network_next_ns || next_ns > w->end_ns)
        return SKY_OK;
    w->network_next_ns = next_ns;
    return kernel_queue_push(&w->queue, next_ns, (uint32_t)w->scenario->region_count, WORLD_NETWORK, 0, 0,
                             next_ns) == SKY_OK
               ? SKY_OK
               : no_memory(error);
}

void world_accrue_ports(world *w)
{
    int64_t nusd;

    if (w->scenario->network == NULL)
        return;
    nusd = network_ports_nusd(&w->network, w->now_ns) - w->ports_nusd;
    w->ports_nusd += nusd;
    w->cost_nusd += nusd;
    w->egress_total_nusd += nusd;
}
