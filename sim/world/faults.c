/* Faults: when they come and go, whom they meet, and what the world is like meanwhile. Two faults may meet the same
 * pool or link: what they do adds up. */
#include "fleet.h"
#include "service/services.h"
#include "world.h"

#include "../../engine/model/arith.h"
#include "../kernel/draw.h"

#include <stdlib.h>

static random_key key_of(const world *w, uint32_t fault, random_purpose purpose)
{
    return (random_key){ .seed = w->seed, .replication = w->replication, .thing = fault, .purpose = purpose };
}

int64_t world_fault_begins_ns(const world *w, uint32_t fault)
{
    const scenario_fault *f = &w->scenario->faults[fault];
    random_key key = key_of(w, fault, RANDOM_FAULT_GAP);

    if (f->every_ns == 0)
        return w->faults[fault].count == 0 ? f->at_ns : SKY_NEVER_NS;
    return add_sat_i64(w->now_ns,
                       draw_weibull_ns(&key, w->faults[fault].count, (double)f->every_ns, f->shape));
}

int64_t world_fault_ends_ns(const world *w, uint32_t fault)
{
    const scenario_fault *f = &w->scenario->faults[fault];
    random_key key = key_of(w, fault, RANDOM_FAULT_LENGTH);

    return add_sat_i64(
        w->now_ns, f->every_ns == 0 ? f->lasts_ns
                                    : draw_exponential_ns(&key, w->faults[fault].count, (double)f->lasts_ns));
}

sky_status world_start_faults(world *w)
{
    const scenario *s = w->scenario;

    w->faults = calloc(s->fault_count + 1, sizeof *w->faults);
    w->place_outages = calloc(s->place_count + 1, sizeof *w->place_outages);
    if (w->faults == NULL || w->place_outages == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t p = 0; p < s->pool_count; p++)
        w->pools[p].price_ppm = 1000000;
    for (uint32_t i = 0; i < s->fault_count; i++) {
        int64_t at_ns = world_fault_begins_ns(w, i);

        w->faults[i].next_ns = at_ns;
        if (at_ns < w->end_ns &&
            kernel_queue_push(&w->queue, at_ns, (uint32_t)s->region_count, WORLD_FAULT, i, 0, 0) != SKY_OK)
            return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

int64_t world_next_fault_ns(const world *w)
{
    int64_t next_ns = SKY_NEVER_NS;

    for (uint32_t i = 0; i < w->scenario->fault_count; i++)
        next_ns = w->faults[i].next_ns < next_ns ? w->faults[i].next_ns : next_ns;
    return next_ns;
}

/* A zone of a region is met as a whole, or not at all. */
static int meets_zone(const world *w, uint32_t fault, uint32_t region, uint32_t zone)
{
    const scenario_fault *f = &w->scenario->faults[fault];
    random_key key = key_of(w, fault, RANDOM_FAULT_REACH);
    uint64_t place = w->faults[fault].count << 24 | (uint64_t)region << 8 | (zone & 0xff);

    return f->reach >= 1 || draw_uniform(&key, place) < f->reach;
}

/* Whole regions alone: what is left of one still reaches the others. */
static int is_dark(const scenario *s, const scenario_fault *f, uint32_t region)
{
    return f->reach >= 1 && f->zone == SKY_NONE &&
           (f->at_region == region ||
            (f->provider != SKY_NONE && f->provider == s->regions[region].provider));
}

int world_fault_takes_region(const world *w, uint32_t fault, uint32_t region)
{
    const scenario_fault *f = &w->scenario->faults[fault];

    return (f->kind == FAULT_OUTAGE || f->kind == FAULT_DNS) && is_dark(w->scenario, f, region);
}

int world_region_is_out(const world *w, uint32_t region)
{
    for (uint32_t i = 0; i < w->scenario->fault_count; i++)
        if (w->faults[i].active && w->scenario->faults[i].kind == FAULT_OUTAGE &&
            is_dark(w->scenario, &w->scenario->faults[i], region))
            return 1;
    return 0;
}

int world_fault_meets(const world *w, uint32_t fault, uint32_t pool)
{
    const scenario_pool *p = &w->scenario->pools[pool];

    return meets_zone(w, fault, p->region, p->zone);
}

int world_fault_meets_place(const world *w, uint32_t fault, uint32_t place)
{
    return meets_zone(w, fault, w->scenario->services->stations[place].region,
                      w->scenario->place_zones[place]);
}

int64_t world_capacity(const world *w, uint32_t pool)
{
    int64_t capacity = w->scenario->pools[pool].capacity, room = world_rack_room(w, pool);

    if (w->pools[pool].outages > 0)
        return 0;
    if (room < w->scenario->pools[pool].scale.most && room < capacity)
        capacity = room;
    for (uint32_t i = 0; i < w->scenario->fault_count; i++) {
        const scenario_fault *f = &w->scenario->faults[i];

        if (!w->faults[i].active || f->kind != FAULT_QUOTA_CUT || f->machines >= capacity)
            continue;
        for (size_t k = 0; k < f->pool_count; k++)
            if (f->pools[k] == pool)
                capacity = f->machines;
    }
    return capacity;
}

void world_delay_decisions(world *w)
{
    w->decision_delay_ns = 0;
    for (uint32_t i = 0; i < w->scenario->fault_count; i++) {
        const scenario_fault *f = &w->scenario->faults[i];

        if (w->faults[i].active && f->kind == FAULT_CONTROL_PLANE && f->delay_ns > w->decision_delay_ns)
            w->decision_delay_ns = f->delay_ns;
    }
}

void world_delay_telemetry(world *w, uint32_t pool)
{
    int is_silent = 0;

    w->pools[pool].telemetry_age_ns = 0;
    for (uint32_t i = 0; i < w->scenario->fault_count; i++) {
        const scenario_fault *f = &w->scenario->faults[i];

        if (!w->faults[i].active || f->kind != FAULT_STALE_TELEMETRY)
            continue;
        for (size_t k = 0; k < f->pool_count; k++)
            if (f->pools[k] == pool) {
                is_silent |= f->delay_ns == 0;
                if (f->delay_ns > w->pools[pool].telemetry_age_ns)
                    w->pools[pool].telemetry_age_ns = f->delay_ns;
            }
    }
    if (is_silent)
        w->pools[pool].telemetry_age_ns = 0;
}

int64_t world_price_factor_ppm(const world *w, uint32_t pool)
{
    const scenario *s = w->scenario;
    int64_t ppm = 1000000;

    for (uint32_t i = 0; i < s->fault_count; i++)
        for (size_t k = 0; k < s->faults[i].pool_count; k++)
            if (w->faults[i].active && s->faults[i].kind == FAULT_PRICE_SHOCK &&
                s->faults[i].pools[k] == pool)
                ppm = muldiv_i64(ppm, s->faults[i].factor_ppm, 1000000);
    return ppm;
}

void world_shock_price(world *w, uint32_t pool)
{
    int64_t before[SKY_PURCHASE_COUNT];

    for (int purchase = 0; purchase < SKY_PURCHASE_COUNT; purchase++)
        before[purchase] = world_price(w, pool, (sky_purchase)purchase);
    w->pools[pool].price_ppm = world_price_factor_ppm(w, pool);
    world_reprice(w, pool, before);
}

void world_reprice(world *w, uint32_t pool, const int64_t *before)
{
    if (w->scenario->has_fleet)
        world_shock_fleet(w, pool, before);
    for (size_t i = 0; i < w->instance_count; i++) {
        const world_instance *instance = &w->instances[i];

        if (instance->live && instance->pool == pool)
            w->rate_nusd_per_hour += (world_price(w, pool, (sky_purchase)instance->purchase) -
                                      before[instance->purchase]) *
                                     instance->machines;
    }
}

/* ---- links --------------------------------------------------------------------------------------------------------- */

/* Is that zone out? */
static int takes_zone(const world *w, uint32_t fault, uint32_t region, uint32_t zone)
{
    const scenario_fault *f = &w->scenario->faults[fault];

    return (f->at_region == region ? f->zone == SKY_NONE || f->zone == zone
                                   : f->provider == w->scenario->regions[region].provider) &&
           meets_zone(w, fault, region, zone);
}

static int meets_link(const world *w, uint32_t fault, const topology_link *link)
{
    const scenario *s = w->scenario;
    const scenario_fault *f = &s->faults[fault];

    if (link->kind == LINK_BETWEEN_ZONES)
        return f->kind == FAULT_OUTAGE && (takes_zone(w, fault, link->from, link->from_zone) ||
                                           takes_zone(w, fault, link->from, link->to_zone));
    if (f->kind == FAULT_OUTAGE)
        return link->from != link->to && (is_dark(s, f, link->from) || is_dark(s, f, link->to));
    if (f->kind != FAULT_LINK_OUTAGE && f->kind != FAULT_BROWN_OUT)
        return 0;
    if (f->link != SKY_NONE)
        return link->private_link == f->link;
    return link->kind == LINK_PUBLIC && link->from != link->to &&
           (link->from == f->region || link->to == f->region);
}

sky_status world_fault_links(world *w, uint32_t fault)
{
    const scenario *s = w->scenario;
    int changed = 0;

    for (uint32_t l = 0; l < w->network.topology.link_count; l++) {
        const topology_link *link = &w->network.topology.links[l];
        int64_t slow_ppm = 0, loss_ppb = 0;
        int down = 0;

        if (!meets_link(w, fault, link))
            continue;
        for (uint32_t i = 0; i < s->fault_count; i++) {
            const scenario_fault *f = &s->faults[i];

            if (!w->faults[i].active || !meets_link(w, i, link))
                continue;
            down |= f->kind != FAULT_BROWN_OUT;
            slow_ppm += f->slow_ppm;
            loss_ppb += f->loss_ppb;
        }
        network_change_link(&w->network, l, down, slow_ppm, loss_ppb);
        changed = 1;
    }
    return changed ? network_reroute(&w->network, w->now_ns) : SKY_OK;
}

/* Users come over the Internet, to another region than their own. */
static int meets_way(const scenario_fault *f, uint32_t from, uint32_t to)
{
    return (f->kind == FAULT_LINK_OUTAGE || f->kind == FAULT_BROWN_OUT) && f->link == SKY_NONE &&
           from != to && (f->region == from || f->region == to);
}

services_way world_way(const world *w, uint32_t population, uint32_t place)
{
    const scenario *s = w->scenario;
    services_way way = { 0 };

    for (uint32_t i = 0; i < s->fault_count; i++) {
        const scenario_fault *f = &s->faults[i];

        if (!w->faults[i].active ||
            !meets_way(f, s->services->populations[population].region, s->services->stations[place].region))
            continue;
        way.cut |= f->kind == FAULT_LINK_OUTAGE;
        way.slow_ppm += f->slow_ppm;
        way.loss_ppb += f->loss_ppb;
    }
    way.loss_ppb = way.loss_ppb < 500000000 ? way.loss_ppb : 500000000;
    return way;
}

/* ---- checkpoints --------------------------------------------------------------------------------------------------- */

void world_faults_state(world *w, state *s)
{
    const scenario *of = w->scenario;

    state_part(s, "world: faults");
    state_array(s, w->faults, of->fault_count, sizeof *w->faults);
    for (uint32_t i = 0; i < of->fault_count; i++) {
        world_fault *f = &w->faults[i];
        const scenario_fault *is = &of->faults[i];

        state_check(s, f->active <= 1 && f->next_ns >= w->now_ns && f->count < INT64_MAX);
        /* one that is still to come for the only time comes when this scenario says, or has been missed */
        if (state_restores(s) && is->every_ns == 0 && f->count == 0 && !f->active)
            f->next_ns = is->at_ns >= w->now_ns ? is->at_ns : SKY_NEVER_NS;
    }
    state_array(s, w->place_outages, of->place_count, sizeof *w->place_outages);
    STATE_VALUE(s, w->deaf);
    STATE_VALUE(s, w->asks_ns);
    for (uint32_t p = 0; p < of->pool_count; p++) {
        STATE_VALUE(s, w->pools[p].outages);
        STATE_VALUE(s, w->pools[p].silences);
        if (!state_restores(s))
            continue;
        w->pools[p].price_ppm = world_price_factor_ppm(w, p);
        world_delay_telemetry(w, p);
    }
    if (state_restores(s))
        world_delay_decisions(w);
}
