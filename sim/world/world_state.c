/* What a world is in the middle of.
 *
 * State, and so in the bytes: what has come, runs and waits; money, energy and counts so far; how far random processes have
 * been drawn, and what they draw next. Values, and so of the scenario that it is restored into: prices, capacities, quotas,
 * models of markets, stocks, faults and failures, rates, durations, what machines have and draw, what classes ask for. What
 * follows from both is made anew: what nodes have left and placement terms (tasks_state.c), prices and grids now, and what
 * should wait in the queue (pending.c). */
#include "world.h"
#include "checkpoint.h"

_Static_assert(sizeof(world_instance) == 104, "written as they lie: no padding");

#define MOST_MACHINES (INT64_C(1) << 20) /* of one instance: more than any class asks for */

/* ---- sums ------------------------------------------------------------------------------------------------------- */

static void sums_state(world *w, state *s)
{
    int64_t mgpu = w->summary.mgpu; /* of the nodes that stand */

    state_part(s, "world");
    STATE_VALUE(s, w->now_ns);
    state_check(s, w->now_ns >= 0 && w->now_ns <= w->end_ns);
    STATE_VALUE(s, w->first_open);
    STATE_VALUE(s, w->network_next_ns);
    STATE_VALUE(s, w->storage_next_ns);
    STATE_VALUE(s, w->storage_nusd);
    state_array(s, w->network_nusd, w->scenario->region_count, sizeof *w->network_nusd);
    STATE_VALUE(s, w->ports_nusd);
    STATE_VALUE(s, w->cost_nusd);
    STATE_VALUE(s, w->egress_total_nusd);
    STATE_VALUE(s, w->rate_nusd_per_hour);
    STATE_VALUE(s, w->energy_mj);
    STATE_VALUE(s, w->ugco2);
    STATE_VALUE(s, w->running);
    STATE_VALUE(s, w->pending);
    STATE_VALUE(s, w->done);
    STATE_VALUE(s, w->failed);
    STATE_VALUE(s, w->pending_tasks);
    STATE_VALUE(s, w->awaited);
    STATE_VALUE(s, w->nodes_mcpu_ns);
    STATE_VALUE(s, w->nodes_mgpu_ns);
    STATE_VALUE(s, w->busy_since_ns);
    STATE_VALUE(s, w->busy_mcpu_ns);
    STATE_VALUE(s, w->busy_mgpu_ns);
    state_check(s, world_has_been(w, w->busy_since_ns));
    state_array(s, w->quota_used, w->scenario->quota_count, sizeof *w->quota_used);
    STATE_VALUE(s, w->summary);
    w->summary.mgpu = mgpu;
}

/* ---- pools ------------------------------------------------------------------------------------------------------ */

/* Another commitment, or price of it, counts from now on. */
static void commitment_state(const world *w, world_pool *p, const scenario_pool *is, state *s)
{
    int64_t committed = is->scale.committed, nusd_per_hour = is->reserved_nusd_per_hour;

    STATE_VALUE(s, p->commitment_nusd);
    STATE_VALUE(s, p->commitment_ns);
    STATE_VALUE(s, p->commitment_before_nusd);
    STATE_VALUE(s, p->commitment_before_ns);
    STATE_VALUE(s, committed);
    STATE_VALUE(s, nusd_per_hour);
    state_check(s, world_has_been(w, p->commitment_ns));
    if (!state_restores(s) ||
        (committed == is->scale.committed && nusd_per_hour == is->reserved_nusd_per_hour))
        return;
    p->commitment_ns = w->now_ns;
    p->commitment_before_nusd = p->commitment_nusd;
    p->commitment_before_ns = p->machine_ns[SKY_RESERVED];
}

static void pool_state(world *w, uint32_t index, state *s)
{
    world_pool *p = &w->pools[index];

    market_state(&p->market, w->now_ns, s);
    stock_state(&p->stock, w->now_ns, s);
    STATE_VALUE(s, p->first_spot);
    STATE_VALUE(s, p->free_node);
    STATE_VALUE(s, p->launched);
    STATE_VALUE(s, p->compute_nusd);
    STATE_VALUE(s, p->machine_ns);
    STATE_VALUE(s, p->covered_ns);
    STATE_VALUE(s, p->probe_nusd);
    STATE_VALUE(s, p->egress_nusd);
    commitment_state(w, p, &w->scenario->pools[index], s);
    STATE_VALUE(s, p->energy_mj);
    STATE_VALUE(s, p->ugco2);
    STATE_VALUE(s, p->energy_nusd);
    STATE_VALUE(s, p->probed_ns);
    STATE_VALUE(s, p->nodes_accrued_ns);
    STATE_VALUE(s, p->idle_metered_ns);
    state_check(s, world_has_been(w, p->nodes_accrued_ns) && world_has_been(w, p->idle_metered_ns));
}

static void pools_state(world *w, state *s)
{
    size_t count = w->scenario->pool_count;

    state_part(s, "world: pools");
    state_things(s, count);
    for (uint32_t p = 0; p < count; p++)
        pool_state(w, p, s);
}

/* ---- instances -------------------------------------------------------------------------------------------------- */

static int instance_can_be(const world *w, const world_instance *i)
{
    if (i->job >= w->job_count || i->pool >= w->scenario->pool_count || i->purchase >= SKY_PURCHASE_COUNT ||
        i->live > 1)
        return 0;
    return !i->live || (i->machines >= 1 && i->machines <= MOST_MACHINES && i->speed_ppm >= 1 &&
                        world_has_been(w, i->start_ns) && world_has_been(w, i->accrued_ns) &&
                        world_has_been(w, i->metered_ns) && i->run_ns >= i->start_ns &&
                        i->base_done_ns >= 0 && i->base_done_ns <= w->jobs[i->job].row.work_ns);
}

/* Live ones on spot, of each pool once. What goes back where it came from is no circle. */
static void check_spot_lists(const world *w, state *s)
{
    size_t listed = 0, live = 0;

    for (size_t i = 0; i < w->instance_count; i++)
        live += w->instances[i].live && w->instances[i].purchase == SKY_SPOT;
    for (uint32_t p = 0; p < w->scenario->pool_count; p++)
        for (uint32_t i = w->pools[p].first_spot, before = SKY_NONE; i != SKY_NONE && state_is_sound(s);) {
            const world_instance *is = i < w->instance_count ? &w->instances[i] : NULL;

            state_check(s, is != NULL && is->live && is->purchase == SKY_SPOT && is->pool == p &&
                               is->previous_spot == before);
            if (!state_is_sound(s))
                return;
            before = i;
            i = is->next_spot;
            listed++;
        }
    state_check(s, listed == live);
}

static void take_instances_over(world *w, state *s)
{
    for (size_t i = 0; i < w->instance_count && state_is_sound(s); i++) {
        const world_instance *is = &w->instances[i];

        state_check(s, instance_can_be(w, is));
        if (!state_is_sound(s) || !is->live)
            continue;
        w->pools[is->pool].in_use += is->machines;
        w->pools[is->pool].live++;
    }
    if (state_is_sound(s))
        check_spot_lists(w, s);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

void world_state(world *w, state *s)
{
    sums_state(w, s);
    pools_state(w, s);
    world_faults_state(w, s);
    world_arrivals_state(w, s);
    state_part(s, "world: instances");
    state_list(s, &w->instances, &w->instance_count, &w->instance_capacity, sizeof *w->instances);
    world_tasks_state(w, s);
    if (state_restores(s))
        take_instances_over(w, s);
    world_moves_state(w, s);
    for (size_t r = 0; state_restores(s) && w->grids != NULL && r < w->scenario->region_count; r++)
        if (w->grids[r].count > 0)
            grid_go_to(&w->grids[r], w->now_ns);
    world_pending_state(w, s);
}
