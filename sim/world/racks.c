/* Racks: nodes of a pool that stand together, and go together. */
#include "../kernel/draw.h"
#include "world.h"

#include <stdlib.h>

sky_status world_start_racks(world *w)
{
    const scenario *s = w->scenario;
    uint32_t count = 0, at = 0;

    for (uint32_t p = 0; p < s->pool_count; p++) {
        w->pools[p].first_rack = count;
        count += scenario_racks(&s->pools[p]);
    }
    w->racks = calloc(count + 1u, sizeof *w->racks);
    if (w->racks == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t n = 0; n < s->node_count; n++) {
        uint32_t pool = s->nodes[n].pool;
        int64_t size = s->pools[pool].rack_nodes;

        at = n > 0 && s->nodes[n - 1].pool == pool ? at + 1 : 0; /* a pool's nodes follow each other */
        w->machines[n].rack = size > 0 ? w->pools[pool].first_rack + (uint32_t)(at / size) : SKY_NONE;
        w->nodes[n].rack = w->machines[n].rack + 1; /* SKY_NONE: 0 */
    }
    return SKY_OK;
}

uint32_t world_rack_with_room(const world *w, uint32_t pool)
{
    const scenario_pool *p = &w->scenario->pools[pool];

    for (uint32_t r = w->pools[pool].first_rack, end = r + scenario_racks(p); r < end; r++)
        if (w->racks[r].outages == 0 && w->racks[r].nodes < p->rack_nodes)
            return r;
    return SKY_NONE;
}

int64_t world_rack_room(const world *w, uint32_t pool)
{
    const scenario_pool *p = &w->scenario->pools[pool];
    int64_t room = 0;

    if (p->rack_nodes == 0)
        return INT64_MAX;
    for (uint32_t r = w->pools[pool].first_rack, end = r + scenario_racks(p); r < end; r++)
        room += w->racks[r].outages == 0 ? p->rack_nodes : 0;
    return room;
}

int world_fault_meets_rack(const world *w, uint32_t fault, uint32_t rack)
{
    const scenario_fault *f = &w->scenario->faults[fault];
    const random_key key = {
        .seed = w->seed, .replication = w->replication, .thing = fault, .purpose = RANDOM_RACK_REACH
    };

    if (f->rack != SKY_NONE)
        return rack == w->pools[f->pools[0]].first_rack + f->rack;
    return f->reach >= 1 || draw_uniform(&key, w->faults[fault].count << 32 | rack) < f->reach;
}

int world_is_out(const world *w, uint32_t node)
{
    uint32_t rack = w->machines[node].rack;

    return w->pools[w->nodes[node].pool].outages > 0 || (rack != SKY_NONE && w->racks[rack].outages > 0);
}
