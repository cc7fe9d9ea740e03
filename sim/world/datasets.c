/* Datasets in the world: the ways that their bytes take, what jobs read, and the money. */
#include "world.h"

#include <stdio.h>

#define MESSAGES_OF_DATA (UINT64_C(1) << 54) /* counters of messages from there on */

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "world: out of memory for datasets");
    return SKY_ERROR_MEMORY;
}

static uint32_t control(const world *w)
{
    return (uint32_t)w->scenario->region_count;
}

/* ---- ways --------------------------------------------------------------------------------------------------------- */

static int64_t price(void *context, uint32_t from, uint32_t to)
{
    world *w = context;
    const scenario *s = w->scenario;
    uint32_t provider = s->regions[from].provider;

    if (world_region_is_out(w, from) || world_region_is_out(w, to))
        return SKY_NEVER_NS;
    if (s->network != NULL)
        return topology_find_route(&w->network.topology, from, to).count > 0
                   ? network_price(&w->network, w->now_ns, from, to)
                   : SKY_NEVER_NS;
    return provider == s->regions[to].provider ? s->egress_nusd_per_gb[from * s->region_count + to]
                                               : transfer_price(&w->meters[provider], w->now_ns);
}

/* There and back over the network; without one, the round trip of the catalog. */
static int64_t message_ns(const world *w, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                          uint64_t count)
{
    const scenario *s = w->scenario;
    topology_route there, back;

    if (s->network == NULL)
        return s->rtt_ns[from * s->region_count + to];
    there = topology_find_route(&w->network.topology, to, from);
    back = topology_find_route(&w->network.topology, from, to);
    if (there.count == 0 || back.count == 0)
        return SKY_NEVER_NS;
    count = MESSAGES_OF_DATA + 2 * count;
    return network_latency_ns(&w->network, &there, w->seed, w->replication, 0, now_ns, count) +
           network_latency_ns(&w->network, &back, w->seed, w->replication, bytes, now_ns, count + 1);
}

static int64_t fetch(void *context, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes, uint64_t count,
                     int64_t *nusd)
{
    world *w = context;
    int64_t ns = message_ns(w, now_ns, from, to, bytes, count);

    if (ns < SKY_NEVER_NS)
        *nusd = world_bill_data(w, now_ns, from, to, bytes);
    return ns;
}

static sky_status send(void *context, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                       uint32_t subject, uint32_t *transfer)
{
    world *w = context;

    return network_send(&w->network, now_ns, from, to, bytes, NETWORK_DATA, subject, transfer);
}

static void cut(void *context, int64_t now_ns, uint32_t transfer)
{
    world *w = context;

    network_cut(&w->network, now_ns, transfer);
}

/* ---- time --------------------------------------------------------------------------------------------------------- */

sky_status world_start_storage(world *w, sky_error *error)
{
    const data_ways ways = { .context = w,
                             .seed = w->seed,
                             .replication = w->replication,
                             .has_network = w->scenario->network != NULL,
                             .price = price,
                             .fetch = fetch,
                             .send = send,
                             .cut = cut };

    w->storage_next_ns = SKY_NEVER_NS;
    w->reading_job = SKY_NONE;
    if (w->scenario->storage == NULL)
        return SKY_OK;
    return data_init(&w->data, w->scenario->storage, &ways, w->end_ns) == SKY_OK ? SKY_OK : no_memory(error);
}

sky_status world_store(world *w, sky_error *error)
{
    if (w->scenario->storage == NULL)
        return SKY_OK;
    return data_advance(&w->data, w->now_ns) == SKY_OK ? SKY_OK : no_memory(error);
}

sky_status world_watch_storage(world *w, sky_error *error)
{
    int64_t next_ns;

    if (w->scenario->storage == NULL)
        return SKY_OK;
    next_ns = data_next_ns(&w->data);
    if (next_ns == w->storage_next_ns || next_ns > w->end_ns)
        return SKY_OK;
    w->storage_next_ns = next_ns;
    return kernel_queue_push(&w->queue, next_ns, control(w), WORLD_STORAGE, 0, 0, 0) == SKY_OK
               ? SKY_OK
               : no_memory(error);
}

void world_accrue_storage(world *w)
{
    int64_t nusd;

    if (w->scenario->storage == NULL)
        return;
    nusd = data_total_cost(&w->data) - w->storage_nusd;
    w->storage_nusd += nusd;
    w->cost_nusd += nusd;
}

/* ---- jobs --------------------------------------------------------------------------------------------------------- */

/* What a class reads; *count of them, side by side. */
static const data_job_config *reads_of(const world *w, uint32_t job_class, uint32_t *count)
{
    const data_config *c = w->scenario->storage;
    uint32_t first = 0;

    *count = 0;
    if (c == NULL)
        return NULL;
    while (first < c->job_count && c->jobs[first].job_class < job_class)
        first++;
    while (first + *count < c->job_count && c->jobs[first + *count].job_class == job_class)
        ++*count;
    return &c->jobs[first];
}

/* Reads what the job needs before its work; *ns: how long copies and messages take. *flows: under way. */
static sky_status read_at_start(world *w, uint32_t job, uint32_t pool, uint32_t subject, int64_t *ns,
                                uint32_t *flows, sky_error *error)
{
    uint32_t count;
    const data_job_config *reads = reads_of(w, w->jobs[job].row.job_class, &count);
    sky_status status = SKY_OK;

    *ns = 0;
    *flows = 0;
    w->reading_job = job;
    w->reading_pool = pool;
    for (uint32_t i = 0; i < count && status == SKY_OK; i++) {
        data_job_read read;

        status = data_read_for_job(&w->data, reads[i].set, w->scenario->pools[pool].region, reads[i].bytes,
                                   subject, &read);
        *ns = read.ns > *ns ? read.ns : *ns; /* side by side */
        *flows += read.fetch != SKY_NONE;
    }
    w->reading_job = SKY_NONE;
    w->jobs[job].read_until_ns = 0;
    return status == SKY_OK ? SKY_OK : no_memory(error);
}

sky_status world_read_data(world *w, uint32_t index, sky_error *error)
{
    world_instance *i = &w->instances[index];
    int64_t ns;
    sky_status status = read_at_start(w, i->job, i->pool, index, &ns, &i->reads, error);

    i->data_ns = add_sat_i64(w->now_ns, ns);
    if (i->reads > 0)
        i->run_ns = SKY_NEVER_NS;
    else if (i->transfer == SKY_NONE)
        world_may_run(w, index);
    return status;
}

sky_status world_read_for_task(world *w, uint32_t job, sky_error *error)
{
    uint32_t flows;

    return read_at_start(w, job, w->nodes[w->jobs[job].node].pool, SKY_NONE, &w->jobs[job].read_ns, &flows,
                         error);
}

int64_t world_data_left_ns(world *w, uint32_t instance)
{
    int64_t most_ns = 0;

    for (uint32_t i = 0; i < w->data.fetch_count; i++) {
        const data_fetch *f = &w->data.fetches[i];
        int64_t ns;

        if (f->transfer == SKY_NONE || f->kind != DATA_FETCH_JOB || f->subject != instance)
            continue;
        ns = network_left_ns(&w->network, w->now_ns, f->transfer);
        most_ns = ns > most_ns ? ns : most_ns;
    }
    return most_ns;
}

/* How long the job has worked in the run under way, and where; 0: it does not run. */
static int64_t worked_ns(const world *w, const world_job *job, uint32_t *pool)
{
    int64_t from_ns;

    if (job->instance != SKY_NONE) {
        *pool = w->instances[job->instance].pool;
        from_ns = w->instances[job->instance].run_ns;
    } else if (job->running_at != SKY_NONE) {
        *pool = w->nodes[job->node].pool;
        from_ns = add_sat_i64(job->run_start_ns, world_setup_ns(job));
    } else {
        return 0;
    }
    return w->now_ns > from_ns ? w->now_ns - from_ns : 0;
}

void world_read_along(world *w, uint32_t index)
{
    world_job *job = &w->jobs[index];
    uint32_t count, pool = 0;
    const data_job_config *reads = reads_of(w, job->row.job_class, &count);
    int64_t ns = count > 0 ? worked_ns(w, job, &pool) : 0;

    if (ns <= job->read_until_ns)
        return;
    w->reading_job = index;
    w->reading_pool = pool;
    for (uint32_t i = 0; i < count; i++) {
        int64_t bytes = muldiv_floor_i64(reads[i].hourly_bytes, ns, SKY_NS_PER_HOUR) -
                        muldiv_floor_i64(reads[i].hourly_bytes, job->read_until_ns, SKY_NS_PER_HOUR);
        data_job_read read;

        /* whole at once, whatever its size: nothing begins that would need memory */
        (void)data_read_for_job(&w->data, reads[i].set, w->scenario->pools[pool].region, bytes, SKY_NONE,
                                &read);
    }
    w->reading_job = SKY_NONE;
    job->read_until_ns = ns;
}
