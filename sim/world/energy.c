/* Energy, carbon and what energy costs. Power is constant between two readings of a meter, so each reading is the
 * difference of a function of time alone, rounded down once at either end: sums do not depend on when meters are
 * read.
 *
 * A machine's power grows linearly with use from idle to peak (Fan, Weber and Barroso, "Power provisioning for a
 * warehouse-sized computer", ISCA 2007): cores and accelerators each by the share of them that is taken. A job that has
 * machines of its own is charged all of their power; a task that shares a node, what it adds to the node's idle
 * power, which is the pool's. */
#include "world.h"

#include "../../engine/model/arith.h"

#include <stdlib.h>

typedef struct reading {
    int64_t mj, ugco2, nusd;
} reading;

/* From 0 to a time: mW × ns = 1e-12 J; a MWh is 3.6e9 J. */
static reading read_until(const world *w, uint32_t region, int64_t power_mw, int64_t to_ns)
{
    sky_int128 gco2, nusd, mj = (sky_int128)power_mw * to_ns / INT64_C(1000000000);

    grid_integrals(&w->grids[region], to_ns, &gco2, &nusd);
    return (reading){ .mj = (int64_t)mj,
                      .ugco2 = (int64_t)(power_mw * gco2 / INT64_C(3600000000000000)),
                      .nusd = (int64_t)(power_mw * nusd / INT64_C(3600000000000000) / 1000000) };
}

void world_read_meter(world *w, uint32_t pool_index, int64_t power_mw, int64_t *since_ns, record_job_row *job)
{
    const scenario *s = w->scenario;
    world_pool *pool = &w->pools[pool_index];
    uint32_t region = s->pools[pool_index].region;
    reading from, to;

    if (w->grids == NULL || power_mw == 0 || *since_ns == w->now_ns) {
        *since_ns = w->now_ns;
        return;
    }
    from = read_until(w, region, power_mw, *since_ns);
    to = read_until(w, region, power_mw, w->now_ns);
    *since_ns = w->now_ns;
    pool->energy_mj += to.mj - from.mj;
    pool->ugco2 += to.ugco2 - from.ugco2;
    w->energy_mj += to.mj - from.mj;
    w->ugco2 += to.ugco2 - from.ugco2;
    if (job != NULL) {
        job->energy_mj += to.mj - from.mj;
        job->ugco2 += to.ugco2 - from.ugco2;
    }
    if (!s->providers[s->regions[region].provider].energy_billed)
        return;
    pool->energy_nusd += to.nusd - from.nusd;
    w->cost_nusd += to.nusd - from.nusd;
    if (job != NULL)
        job->energy_nusd += to.nusd - from.nusd;
}

static const scenario_machine *machine_of(const world *w, uint32_t pool)
{
    return &w->scenario->machines[w->scenario->pools[pool].machine];
}

void world_meter_instance(world *w, world_instance *i)
{
    const scenario_machine *m = machine_of(w, i->pool);
    int64_t power_mw = m->idle_mw + m->cores_mw + m->accelerators * m->accelerator_mw;

    world_read_meter(w, i->pool, i->machines * power_mw, &i->metered_ns, &w->jobs[i->job].row);
}

static void meter_part(world *w, world_job *job, uint32_t node_index, int64_t *since_ns)
{
    const node_request ask = world_request_of(w, job);
    const node *n = &w->nodes[node_index];
    const scenario_machine *m = machine_of(w, n->pool);
    int64_t power_mw = node_request_mgpu(&ask) * m->accelerator_mw / NODE_DEVICE_MGPU;

    if (n->mcpu > 0)
        power_mw += muldiv_floor_i64(m->cores_mw, ask.mcpu, n->mcpu);
    world_read_meter(w, n->pool, power_mw, since_ns, &job->row);
}

void world_meter_task(world *w, world_job *job)
{
    int64_t since_ns = job->metered_ns;

    if (w->grids == NULL)
        return;
    meter_part(w, job, job->node, &job->metered_ns);
    for (uint32_t part = job->more_parts; part != SKY_NONE; part = w->parts[part].next) {
        int64_t part_since_ns = since_ns;

        meter_part(w, job, w->parts[part].node, &part_since_ns);
    }
}

void world_meter_idle(world *w, uint32_t pool, int64_t machines, int64_t *since_ns)
{
    world_read_meter(w, pool, machines * machine_of(w, pool)->idle_mw, since_ns, NULL);
}

void world_meter_all(world *w)
{
    if (w->grids == NULL)
        return;
    for (size_t i = 0; i < w->running_task_count; i++)
        world_meter_task(w, &w->jobs[w->running_tasks[i]]);
    for (size_t j = w->first_open; j < w->job_count; j++)
        if (w->jobs[j].instance != SKY_NONE)
            world_meter_instance(w, &w->instances[w->jobs[j].instance]);
}

/* ---- grids --------------------------------------------------------------------------------------------------------- */

static int anything_draws_power(const scenario *s)
{
    for (size_t i = 0; i < s->pool_count && s->grids != NULL; i++)
        if (s->machines[s->pools[i].machine].idle_mw > 0)
            return 1;
    return 0;
}

sky_status world_start_grids(world *w)
{
    const scenario *s = w->scenario;

    if (!anything_draws_power(s))
        return SKY_OK;
    w->grids = calloc(s->region_count, sizeof *w->grids);
    if (w->grids == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t p = 0; p < s->pool_count; p++) {
        uint32_t region = s->pools[p].region;
        int64_t next_ns;

        if (w->grids[region].count > 0)
            continue;
        if (grid_init(&w->grids[region], &s->grids[region], region, s->regions[region].longitude, w->seed,
                      w->replication, w->end_ns) != SKY_OK)
            return SKY_ERROR_MEMORY;
        next_ns = grid_next_ns(&w->grids[region]);
        if (next_ns < w->end_ns &&
            kernel_queue_push(&w->queue, next_ns, region, WORLD_GRID, region, 0, 0) != SKY_OK)
            return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

void world_free_grids(world *w)
{
    for (size_t r = 0; w->grids != NULL && r < w->scenario->region_count; r++)
        grid_free(&w->grids[r]);
    free(w->grids);
}
