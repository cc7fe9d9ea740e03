#include "fleet.h"

#include "../../engine/model/arith.h"
#include "../kernel/draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "world: out of memory for nodes that come and go");
    return SKY_ERROR_MEMORY;
}

/* ---- money ------------------------------------------------------------------------------------------------------- */

/* Bills a node up to a time: since its price last changed, price × time, less what has been billed of it. */
static void accrue(world *w, world_machine *v, uint32_t pool, int64_t to_ns)
{
    world_pool *p = &w->pools[pool];
    int64_t time_ns = to_ns - v->accrued_ns, due;

    if (time_ns <= 0)
        return;
    v->accrued_ns = to_ns;
    if (v->covered) {
        p->covered_ns += time_ns;
        return;
    }
    due = muldiv_i64(world_price(w, pool, (sky_purchase)v->purchase), to_ns - v->priced_ns, SKY_NS_PER_HOUR) -
          v->billed_nusd;
    v->billed_nusd += due;
    p->compute_nusd[v->purchase] += due;
    p->machine_ns[v->purchase] += time_ns;
    w->cost_nusd += due;
}

/* From now on it has another price. */
static void price_anew(world *w, world_machine *v)
{
    v->priced_ns = w->now_ns;
    v->billed_nusd = 0;
}

static int64_t rate_of(const world *w, const world_machine *v, uint32_t pool)
{
    return v->covered ? 0 : world_price(w, pool, (sky_purchase)v->purchase);
}

static void set_covered(world *w, world_machine *v, uint32_t pool, int covered)
{
    accrue(w, v, pool, w->now_ns);
    w->rate_nusd_per_hour -= rate_of(w, v, pool);
    w->pools[pool].covered += covered ? 1 : -1;
    v->covered = covered != 0;
    price_anew(w, v);
    w->rate_nusd_per_hour += rate_of(w, v, pool);
}

void world_accrue_fleet(world *w)
{
    const scenario *s = w->scenario;

    if (!s->has_fleet)
        return;
    for (uint32_t i = (uint32_t)s->node_count; i < w->node_count; i++)
        if (w->machines[i].live)
            accrue(w, &w->machines[i], w->nodes[i].pool, w->now_ns);
    for (uint32_t i = 0; i < s->pool_count; i++) {
        int64_t committed = s->pools[i].scale.committed;
        world_pool *p = &w->pools[i];
        int64_t time_ns = w->now_ns - p->commitment_ns;
        int64_t due = muldiv_i64(committed * s->pools[i].reserved_nusd_per_hour, time_ns, SKY_NS_PER_HOUR) +
                      p->commitment_before_nusd - p->commitment_nusd;

        if (s->pools[i].scale.most > 0)
            world_meter_idle(w, i, p->fleet, &p->idle_metered_ns);
        p->commitment_nusd += due;
        p->compute_nusd[SKY_RESERVED] += due;
        if (committed > 0)
            p->machine_ns[SKY_RESERVED] = p->commitment_before_ns + (sky_int128)committed * time_ns;
        w->cost_nusd += due;
    }
}

void world_reprice_fleet(world *w, uint32_t pool, int64_t before_nusd)
{
    if (world_price(w, pool, SKY_SPOT) == before_nusd)
        return;
    for (uint32_t i = (uint32_t)w->scenario->node_count; i < w->node_count; i++) {
        world_machine *v = &w->machines[i];

        if (!v->live || w->nodes[i].pool != pool || v->purchase != SKY_SPOT)
            continue;
        price_anew(w, v);
        w->rate_nusd_per_hour += world_price(w, pool, SKY_SPOT) - before_nusd;
    }
}

void world_shock_fleet(world *w, uint32_t pool, const int64_t before_nusd[SKY_PURCHASE_COUNT])
{
    for (uint32_t i = (uint32_t)w->scenario->node_count; i < w->node_count; i++) {
        world_machine *v = &w->machines[i];

        if (!v->live || w->nodes[i].pool != pool)
            continue;
        price_anew(w, v);
        if (!v->covered)
            w->rate_nusd_per_hour += world_price(w, pool, (sky_purchase)v->purchase) -
                                     before_nusd[v->purchase];
    }
}

void world_accrue_fleet_spot(world *w, uint32_t pool)
{
    for (uint32_t i = (uint32_t)w->scenario->node_count; i < w->node_count; i++)
        if (w->machines[i].live && w->nodes[i].pool == pool && w->machines[i].purchase == SKY_SPOT)
            accrue(w, &w->machines[i], pool, w->now_ns);
}

/* ---- growing ----------------------------------------------------------------------------------------------------- */

static int64_t quota_amount(const scenario *s, const scenario_quota *q, uint32_t pool)
{
    const scenario_machine *machine = &s->machines[s->pools[pool].machine];

    return q->counts == SKY_QUOTA_MACHINES ? 1
           : q->counts == SKY_QUOTA_MCPU   ? machine->mcpu
                                           : machine->accelerators;
}

static int counts_for(const scenario *s, const scenario_quota *q, uint32_t pool)
{
    uint32_t region = s->pools[pool].region;

    return q->provider == s->regions[region].provider && (q->region == SKY_NONE || q->region == region);
}

static void use_quotas(world *w, uint32_t pool, int64_t sign)
{
    const scenario *s = w->scenario;

    for (size_t i = 0; i < s->quota_count; i++)
        if (counts_for(s, &s->quotas[i], pool))
            w->quota_used[i] += sign * quota_amount(s, &s->quotas[i], pool);
}

world_growth world_can_grow(const world *w, uint32_t pool, sky_purchase purchase)
{
    const scenario *s = w->scenario;
    const scenario_pool *from = &s->pools[pool];
    const world_pool *p = &w->pools[pool];

    if (from->scale.most == 0 || purchase == SKY_RESERVED || !(from->purchases & 1u << purchase) ||
        p->fleet >= from->scale.most || p->fleet >= world_capacity(w, pool))
        return WORLD_GROWTH_NO_CAPACITY;
    for (size_t i = 0; i < s->quota_count; i++)
        if (counts_for(s, &s->quotas[i], pool) &&
            w->quota_used[i] + quota_amount(s, &s->quotas[i], pool) > s->quotas[i].most)
            return WORLD_GROWTH_QUOTA;
    if (purchase == SKY_SPOT)
        return p->market.available ? WORLD_GROWTH_OK : WORLD_GROWTH_NO_CAPACITY;
    return p->stock.up || p->covered < from->scale.committed ? WORLD_GROWTH_OK : WORLD_GROWTH_NO_CAPACITY;
}

static int64_t draw_boot(const world *w, uint32_t pool)
{
    const scenario_pool *p = &w->scenario->pools[pool];
    random_key key = {
        .seed = w->seed, .replication = w->replication, .thing = pool, .purpose = RANDOM_NODE_BOOT
    };
    uint64_t count = w->pools[pool].launched;
    double mean = (double)p->boot_ns;

    if (p->boot_ns == 0)
        return 0;
    switch (p->scale.boot) {
    case BOOT_EXPONENTIAL:
        return draw_exponential_ns(&key, count, mean);
    case BOOT_LOGNORMAL:
        return draw_lognormal_ns(&key, count, mean, p->scale.boot_shape);
    case BOOT_WEIBULL:
        return draw_weibull_ns(&key, count, mean, p->scale.boot_shape);
    default:
        return p->boot_ns;
    }
}

static int widen(void **items, uint32_t before, uint32_t after, size_t size)
{
    void *wider = realloc(*items, after * size);

    if (wider == NULL)
        return 0;
    memset((char *)wider + before * size, 0, (after - before) * size);
    *items = wider;
    return 1;
}

sky_status world_reserve_nodes(world *w, uint32_t count, sky_error *error)
{
    uint32_t before = w->node_capacity, after = before < 64 ? 64 : before;

    if (count <= before)
        return SKY_OK;
    while (after < count)
        after = after < UINT32_MAX / 2 ? 2 * after : count;
    if (!widen((void **)&w->nodes, before, after, sizeof *w->nodes) ||
        !widen((void **)&w->machines, before, after, sizeof *w->machines) ||
        !widen((void **)&w->node_left_ns, before, after, sizeof *w->node_left_ns) ||
        !widen((void **)&w->node_failures, before, after, sizeof *w->node_failures))
        return no_memory(error);
    w->node_capacity = after;
    return SKY_OK;
}

/* A place for one more node: one that has gone leaves its own to the next of its pool. */
static sky_status new_place(world *w, uint32_t pool, uint32_t *index, sky_error *error)
{
    *index = w->pools[pool].free_node;
    if (*index != SKY_NONE) {
        w->pools[pool].free_node = w->machines[*index].next_free;
        return SKY_OK;
    }
    if (world_reserve_nodes(w, w->node_count + 1, error) != SKY_OK)
        return SKY_ERROR_MEMORY;
    *index = w->node_count++;
    return SKY_OK;
}

sky_status world_grow(world *w, uint32_t pool, sky_purchase purchase, uint32_t *index, int64_t *ready_ns,
                      sky_error *error)
{
    const scenario *s = w->scenario;
    const scenario_node *shape = &s->pools[pool].scale.shape;
    world_pool *p = &w->pools[pool];
    world_machine *v;
    node *n;
    sky_status status = new_place(w, pool, index, error);

    if (status != SKY_OK)
        return status;
    v = &w->machines[*index];
    n = &w->nodes[*index];
    *v = (world_machine){ .launched_ns = w->now_ns,
                          .accrued_ns = w->now_ns,
                          .priced_ns = w->now_ns,
                          .purchase = purchase,
                          .live = 1,
                          .generation = v->generation + 1,
                          .rack = world_rack_with_room(w, pool) };
    if (v->rack != SKY_NONE)
        w->racks[v->rack].nodes++;
    world_make_node(shape, *index, 0, n);
    n->state = NODE_BOOTING;
    n->rack = v->rack + 1; /* SKY_NONE: 0 */
    *ready_ns = add_sat_i64(w->now_ns, draw_boot(w, pool));
    world_meter_idle(w, pool, p->fleet, &p->idle_metered_ns);
    p->launched++;
    p->fleet++;
    w->booting++;
    use_quotas(w, pool, 1);
    w->rate_nusd_per_hour += rate_of(w, v, pool);
    if (purchase == SKY_ON_DEMAND && p->covered < s->pools[pool].scale.committed)
        set_covered(w, v, pool, 1);
    return SKY_OK;
}

/* Among what tasks could use. */
static void count_up(world *w, const node *n, int64_t sign)
{
    world_accrue_use(w);
    w->nodes_mcpu += sign * n->mcpu;
    w->nodes_mgpu += sign * node_mgpu(n);
}

sky_status world_node_ready(world *w, uint32_t index, sky_error *error)
{
    w->booting--;
    w->up++;
    count_up(w, &w->nodes[index], 1);
    return world_node_is(w, index, NODE_UP, error);
}

/* ---- shrinking --------------------------------------------------------------------------------------------------- */

/* The commitment that has become free covers the node that was launched first of those on demand. */
static void cover_another(world *w, uint32_t pool)
{
    uint32_t first = SKY_NONE;

    for (uint32_t i = (uint32_t)w->scenario->node_count; i < w->node_count; i++) {
        const world_machine *v = &w->machines[i];

        if (v->live && w->nodes[i].pool == pool && v->purchase == SKY_ON_DEMAND && !v->covered &&
            (first == SKY_NONE || v->launched_ns < w->machines[first].launched_ns))
            first = i;
    }
    if (first != SKY_NONE)
        set_covered(w, &w->machines[first], pool, 1);
}

sky_status world_drop_node(world *w, uint32_t index, sky_error *error)
{
    world_machine *v = &w->machines[index];
    uint32_t pool = w->nodes[index].pool;
    int64_t used_ns = w->now_ns - v->launched_ns, billed_ns = used_ns;
    int was_covered = v->covered != 0;

    if (!was_covered && used_ns > 0) {
        billed_ns = round_up_i64(used_ns, world_billing_increment(w, pool));
        if (billed_ns < world_billing_minimum(w, pool))
            billed_ns = world_billing_minimum(w, pool);
    }
    accrue(w, v, pool, add_sat_i64(v->launched_ns, billed_ns));
    w->rate_nusd_per_hour -= rate_of(w, v, pool);
    w->booting -= w->nodes[index].state == NODE_BOOTING;
    if (w->nodes[index].state != NODE_BOOTING) {
        w->up--;
        count_up(w, &w->nodes[index], -1);
    }
    v->live = 0;
    if (v->rack != SKY_NONE)
        w->racks[v->rack].nodes--;
    world_meter_idle(w, pool, w->pools[pool].fleet, &w->pools[pool].idle_metered_ns);
    w->pools[pool].fleet--;
    use_quotas(w, pool, -1);
    v->next_free = w->pools[pool].free_node;
    w->pools[pool].free_node = index;
    if (was_covered) {
        w->pools[pool].covered--;
        cover_another(w, pool);
    }
    return world_node_is(w, index, NODE_ABSENT, error);
}
