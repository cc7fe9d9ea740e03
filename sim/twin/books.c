/* The end of a run: what is still open is closed, and added up. */
#include "inside.h"

#include "../../engine/model/arith.h"

#include <stdio.h>
#include <stdlib.h>

#define PPM      1000000
#define SHORT_NS (10 * SKY_NS_PER_SECOND)

static sky_status close_jobs(twin *t)
{
    world *w = &t->world;
    record_summary *s = &w->summary;
    sky_status status = SKY_OK;

    for (size_t j = 0; j < w->job_count && status == SKY_OK; j++) {
        world_job *job = &w->jobs[j];

        if (job->instance != SKY_NONE) {
            uint32_t instance = job->instance;

            world_stop(w, instance, WORLD_END_RUN_OVER);
            status = twin_write_placement(t, instance, WORLD_END_RUN_OVER);
            if (status == SKY_OK)
                status = twin_take_transfers(t); /* what had moved of its checkpoint is billed */
        }
        if (job->running_at != SKY_NONE && status == SKY_OK) {
            status = twin_write_task(t, (uint32_t)j, WORLD_END_RUN_OVER);
            if (world_trains(job))
                world_stop_training(w, (uint32_t)j);
            world_end_run(w, (uint32_t)j, WORLD_END_RUN_OVER);
        }
        s->jobs++;
        s->done += job->row.state == 2;
        s->failed += job->row.state == 3;
        s->rejected += job->row.state == 4;
        if (job->row.deadline_ns != SKY_NEVER_NS && job->row.deadline_ns <= w->end_ns) {
            s->deadlines++;
            s->deadlines_met += job->row.deadline_met;
        }
        if (status == SKY_OK)
            status = twin_write_row(t, RECORD_JOBS, &job->row);
    }
    return status;
}

static int64_t share_ppm(sky_int128 part, sky_int128 whole)
{
    return whole > 0 ? (int64_t)(part * PPM / whole) : 0;
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Waits of the tasks that are done: their mean, and the least that 95 % of them do not exceed; and how much longer
 * than it ran each took, runs below 10 s counting as such (bounded slowdown [Feitelson et al., JSSPP 1997]). */
static sky_status measure_waits(twin *t)
{
    const world *w = &t->world;
    record_summary *s = &t->world.summary;
    int64_t *waits_ns = malloc((w->job_count + 1) * sizeof *waits_ns);
    sky_int128 sum_ns = 0, slowdowns_ppm = 0;
    size_t count = 0;

    if (waits_ns == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory for the waits");
        return SKY_ERROR_MEMORY;
    }
    for (size_t j = 0; j < w->job_count; j++) {
        const record_job_row *row = &w->jobs[j].row;
        int64_t bounded_ns = row->run_ns > SHORT_NS ? row->run_ns : SHORT_NS, slowdown_ppm;

        if (row->state != 2 || row->ready_ns == SKY_NEVER_NS)
            continue;
        waits_ns[count] = row->end_ns - row->ready_ns - row->run_ns;
        sum_ns += waits_ns[count++];
        slowdown_ppm = muldiv_i64(row->end_ns - row->ready_ns, PPM, bounded_ns);
        slowdowns_ppm += slowdown_ppm > PPM ? slowdown_ppm : PPM;
    }
    if (count > 0) {
        qsort(waits_ns, count, sizeof *waits_ns, compare_times);
        s->wait_mean_ns = (int64_t)(sum_ns / (sky_int128)count);
        s->wait_p95_ns = waits_ns[(count * 95 + 99) / 100 - 1];
        s->slowdown_mean_ppm = (int64_t)(slowdowns_ppm / (sky_int128)count);
    }
    free(waits_ns);
    world_accrue_use(&t->world);
    s->cpu_ppm = share_ppm(w->busy_mcpu_ns, w->nodes_mcpu_ns);
    s->gpu_ppm = share_ppm(w->busy_mgpu_ns, w->nodes_mgpu_ns);
    return SKY_OK;
}

/* What of a commitment was paid for and not used: its share of the time. */
static int64_t waste_of(const world_pool *pool, const record_cost_row *row)
{
    return pool->commitment_nusd > 0
               ? pool->commitment_nusd - muldiv_i64(pool->commitment_nusd, row->covered_us, row->machine_us)
               : 0;
}

static sky_status close_costs(twin *t)
{
    const scenario *sc = t->scenario;
    world *w = &t->world;
    record_summary *s = &w->summary;
    int64_t ugco2 = 0;
    sky_status status = SKY_OK;

    for (uint32_t p = 0; p < sc->pool_count; p++)
        for (uint32_t purchase = 0; purchase < SKY_PURCHASE_COUNT && status == SKY_OK; purchase++) {
            const world_pool *pool = &w->pools[p];
            record_cost_row row = { .provider = sc->regions[sc->pools[p].region].provider,
                                    .region = sc->pools[p].region,
                                    .pool = p,
                                    .purchase = purchase,
                                    .place = SKY_NONE,
                                    .stage = SKY_NONE,
                                    .compute_nusd = pool->compute_nusd[purchase],
                                    .machine_us = (int64_t)(pool->machine_ns[purchase] / RECORD_NS_PER_US) };

            if (purchase == SKY_SPOT)
                row.probe_nusd = pool->probe_nusd;
            if (purchase == SKY_ON_DEMAND)
                row.egress_nusd = pool->egress_nusd;
            if (purchase == SKY_ON_DEMAND) { /* whatever it was that drew it */
                row.energy_mj = pool->energy_mj;
                row.ugco2 = pool->ugco2;
                row.energy_nusd = pool->energy_nusd;
            }
            if (purchase == SKY_RESERVED) {
                row.covered_us = (int64_t)(pool->covered_ns / RECORD_NS_PER_US);
                row.waste_nusd = waste_of(pool, &row);
                s->waste_nusd += row.waste_nusd;
            }
            s->compute_nusd += row.compute_nusd;
            s->probe_nusd += row.probe_nusd;
            s->egress_nusd += row.egress_nusd;
            s->energy_nusd += row.energy_nusd;
            s->energy_mj += row.energy_mj;
            ugco2 += row.ugco2;
            if (purchase == SKY_SPOT)
                s->spot_us += row.machine_us;
            else
                s->on_demand_us += row.machine_us;
            if (row.compute_nusd != 0 || row.probe_nusd != 0 || row.egress_nusd != 0 || row.machine_us != 0 ||
                row.energy_mj != 0)
                status = twin_write_row(t, RECORD_COSTS, &row);
        }
    s->carbon_gco2 = (ugco2 + 500000) / 1000000;
    return status;
}

/* What moves by schedule or of datasets, the ports of private links, and storage: by region, of no pool. */
static sky_status close_region_costs(twin *t)
{
    const scenario *sc = t->scenario;
    world *w = &t->world;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; sc->network != NULL && i < sc->network->link_count; i++)
        w->network_nusd[sc->network->links[i].to] += network_port_nusd(&w->network, i, w->now_ns);
    for (uint32_t r = 0; r < sc->region_count && status == SKY_OK; r++) {
        record_cost_row row = { .provider = sc->regions[r].provider,
                                .region = r,
                                .pool = SKY_NONE,
                                .purchase = SKY_ON_DEMAND,
                                .place = SKY_NONE,
                                .stage = SKY_NONE,
                                .egress_nusd = w->network_nusd[r],
                                .storage_nusd = twin_storage_cost(t, r) };

        w->summary.egress_nusd += row.egress_nusd;
        w->summary.storage_nusd += row.storage_nusd;
        if (row.egress_nusd != 0 || row.storage_nusd != 0)
            status = twin_write_row(t, RECORD_COSTS, &row);
    }
    return status;
}

sky_status twin_close_books(twin *t)
{
    world *w = &t->world;
    record_summary *s = &w->summary;
    sky_status status;

    world_meter_all(w);
    status = close_jobs(t);
    world_accrue_nodes(w);
    world_accrue_ports(w);
    if (status == SKY_OK)
        status = twin_close_network(t);
    if (status == SKY_OK)
        status = twin_write_storage(t, 0);
    if (status == SKY_OK)
        status = twin_serve(t); /* what came after the last control point */
    if (status == SKY_OK)
        status = twin_stream(t, 0);
    if (status == SKY_OK && (t->scenario->node_count > 0 || t->scenario->has_fleet))
        status = world_measure_nodes(w, t->error);
    if (status == SKY_OK && (t->scenario->node_count > 0 || t->scenario->has_fleet))
        status = measure_waits(t);
    if (status == SKY_OK)
        status = close_costs(t);
    if (status == SKY_OK)
        status = close_region_costs(t);
    if (status == SKY_OK)
        status = twin_close_services(t);
    if (status == SKY_OK)
        status = twin_close_pipelines(t);
    if (status != SKY_OK)
        return status;
    s->cost_nusd = s->compute_nusd + s->probe_nusd + s->egress_nusd + s->energy_nusd + s->storage_nusd;
    twin_sum_storage(t);
    if (s->cost_nusd != w->cost_nusd) {
        snprintf(t->error->message, sizeof t->error->message,
                 "billing: pools add up to %lld nusd, the bill to %lld", (long long)s->cost_nusd,
                 (long long)w->cost_nusd);
        return SKY_ERROR_STATE;
    }
    s->final_tick_nusd = t->scenario->whole_ticks ? s->cost_nusd - s->egress_nusd - t->cost_before_tick_nusd
                                                  : 0;
    s->end_ns = w->now_ns;
    status = twin_write_row(t, RECORD_SUMMARY, s);
    for (int i = 0; i < RECORD_STREAM_COUNT && status == SKY_OK; i++)
        status = twin_flush(t, (record_stream)i);
    return status;
}
