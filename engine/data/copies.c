#include "copies.h"

#include "../govern/gate.h"
#include "work_function.h"

#include <string.h>

#define SLOWEST_NS                                                                                           \
    (60 * SKY_NS_PER_SECOND) /* to the first byte: slower tiers are for those who ask for them */

enum { AWAY, HERE };

/* A dataset in a region, being weighed. */
typedef struct weighing {
    const model *m;
    uint32_t dataset, region;
    const model_dataset *set;
    const model_copy *copy;
    int64_t time_ns; /* since the last control point */
} weighing;

/* ---- what things cost ------------------------------------------------------------------------------------------ */

static int64_t of_gb(int64_t bytes, int64_t nusd_per_gb)
{
    return muldiv_i64(bytes, nusd_per_gb, MODEL_BYTES_PER_GB);
}

static int64_t times(int64_t count, int64_t nusd)
{
    return muldiv_i64(count, nusd, 1);
}

static int64_t hold_nusd(const model_tier *tier, int64_t bytes, int64_t time_ns)
{
    return muldiv_i64(of_gb(bytes, tier->month_nusd), time_ns, SKY_NS_PER_MONTH);
}

static int64_t serve_nusd(const model_tier *tier, int64_t requests, int64_t bytes)
{
    return add_sat_i64(of_gb(bytes, tier->retrieval_nusd), times(requests, tier->read_nusd));
}

/* What leaving a tier costs now, of its minimum retention: all, of one where it is not. */
static int64_t early_nusd(const model *m, const model_copy *copy, const model_tier *tier, int is_there,
                          int64_t bytes)
{
    int64_t left_ns = is_there ? tier->retention_ns - (m->is.now_ns - copy->since_ns) : tier->retention_ns;

    return left_ns > 0 ? hold_nusd(tier, bytes, left_ns) : 0;
}

/* New copies are kept in the nearest tier that is no cache; SKY_NONE: the region has no storage. */
static uint32_t first_tier(const model *m, uint32_t region)
{
    uint32_t t = 0;

    while (model_tier_at(m, region, t) != NULL && model_tier_at(m, region, t)->storage < SKY_STORAGE_HOT)
        t++;
    if (model_tier_at(m, region, t) != NULL)
        return t;
    return t > 0 ? t - 1 : SKY_NONE;
}

int64_t copies_read_nusd(const model *m, uint32_t dataset, uint32_t from, uint32_t region, int64_t requests,
                         int64_t bytes)
{
    const model_tier *tier = model_tier_at(m, from, model_copy_at(m, dataset, from)->tier);

    if (model_transfer_ns(m, from, region, bytes) == SKY_NEVER_NS)
        return INT64_MAX;
    return add_sat_i64(of_gb(bytes, model_egress_nusd_per_gb(m, from, region)),
                       serve_nusd(tier, requests, bytes));
}

const model_tier *copies_tier(const model *m, uint32_t dataset, uint32_t region)
{
    const model_copy *copy = model_copy_at(m, dataset, region);
    uint32_t tier = copy->state != SKY_REPLICA_NONE ? copy->tier : first_tier(m, region);

    return tier != SKY_NONE ? model_tier_at(m, region, tier) : NULL;
}

int64_t copies_read_here_nusd(const model *m, uint32_t dataset, uint32_t region, int64_t requests,
                              int64_t bytes)
{
    const model_tier *tier = copies_tier(m, dataset, region);

    return tier != NULL ? serve_nusd(tier, requests, bytes) : INT64_MAX;
}

int64_t copies_bring_ns(const model *m, uint32_t dataset, uint32_t region)
{
    return model_transfer_ns(m, model_source(m, dataset, region), region,
                             model_dataset_at(m, dataset)->bytes);
}

int64_t copies_bring_nusd(const model *m, uint32_t dataset, uint32_t region)
{
    const model_dataset *set = model_dataset_at(m, dataset);
    uint32_t from = model_source(m, dataset, region), tier = first_tier(m, region);
    int64_t nusd;

    if (tier == SKY_NONE || gate_check_data(m, dataset, region) != 0)
        return INT64_MAX;
    nusd = copies_read_nusd(m, dataset, from, region, set->objects, set->bytes);
    return add_sat_i64(nusd, times(set->objects, model_tier_at(m, region, tier)->write_nusd));
}

int64_t copies_hold_nusd(const model *m, uint32_t dataset, uint32_t region, int64_t time_ns)
{
    const model_dataset *set = model_dataset_at(m, dataset);
    uint32_t tier = first_tier(m, region);
    int64_t written = muldiv_i64(set->written_bytes_per_hour, time_ns, SKY_NS_PER_HOUR);

    if (tier == SKY_NONE)
        return INT64_MAX;
    return add_sat_i64(hold_nusd(model_tier_at(m, region, tier), set->bytes, time_ns),
                       of_gb(written, model_egress_nusd_per_gb(m, set->home, region)));
}

/* ---- orders ---------------------------------------------------------------------------------------------------- */

static model_copy *copy_to_change(sky_engine *engine, uint32_t dataset, uint32_t region)
{
    model *m = &engine->model;

    return (model_copy *)m->array[MODEL_COPIES].items + (size_t)dataset * m->array[MODEL_REGIONS].count +
           region;
}

static sky_status order(sky_engine *engine, sky_action_kind kind, sky_reason why, uint32_t dataset,
                        uint32_t region, sky_action **out)
{
    *out = engine_order(engine, kind, why, SKY_NONE);
    if (*out == NULL)
        return SKY_ERROR_MEMORY;
    (*out)->dataset = dataset;
    (*out)->region = region;
    copy_to_change(engine, dataset, region)->ordered = 1;
    return SKY_OK;
}

sky_status copies_bring(sky_engine *engine, uint32_t dataset, uint32_t region, sky_reason why)
{
    const model *m = &engine->model;
    model_copy *copy = copy_to_change(engine, dataset, region);
    int64_t nusd = copies_bring_nusd(m, dataset, region);
    sky_action *a;
    sky_status status;

    if (copy->state != SKY_REPLICA_NONE || copy->ordered || nusd == INT64_MAX)
        return SKY_OK;
    status = order(engine, SKY_ACTION_REPLICATE, why, dataset, region, &a);
    if (status != SKY_OK)
        return status;
    copy->brought = 1;
    a->from = model_source(m, dataset, region);
    a->tier = first_tier(m, region);
    a->score = a->term[0] = nusd;
    a->term[1] = copies_hold_nusd(m, dataset, region, SKY_NS_PER_MONTH);
    return SKY_OK;
}

/* ---- copies ---------------------------------------------------------------------------------------------------- */

/* Of the last interval, away and here, and of moves. 0: a copy there is no question. */
static int presence_costs(const weighing *x, work_costs *c)
{
    const model *m = x->m;
    const model_copy *copy = x->copy;
    const model_tier *tier = copies_tier(m, x->dataset, x->region);
    uint32_t from;
    int64_t bring;

    if (tier == NULL)
        return 0;
    from = model_source_but(m, x->dataset, x->region, x->region);
    if (from == x->region)
        return 0; /* the home, and there is no other copy */
    bring = copies_read_nusd(m, x->dataset, from, x->region, x->set->objects, x->set->bytes);
    if (bring == INT64_MAX)
        return 0; /* there is no way now */
    memset(c, 0, sizeof *c);
    c->states = 2;
    c->step[AWAY] = copies_read_nusd(m, x->dataset, from, x->region, copy->requests, copy->read_bytes);
    c->step[HERE] = add_sat_i64(
        hold_nusd(tier, x->set->bytes, x->time_ns),
        add_sat_i64(of_gb(muldiv_i64(x->set->written_bytes_per_hour, x->time_ns, SKY_NS_PER_HOUR),
                          model_egress_nusd_per_gb(m, x->set->home, x->region)),
                    serve_nusd(tier, copy->requests, copy->read_bytes)));
    c->move[AWAY][HERE] = add_sat_i64(bring, times(x->set->objects, tier->write_nusd));
    c->move[HERE][AWAY] = early_nusd(m, copy, tier, copy->state != SKY_REPLICA_NONE, x->set->bytes);
    return 1;
}

/* The copy goes; the home's only where another is ready, which is the home then. c: NULL, or why. */
static sky_status give_up(sky_engine *engine, const weighing *x, sky_reason why, const work_costs *c)
{
    const model *m = x->m;
    int is_home = x->region == x->set->home;
    uint32_t next = model_source_but(m, x->dataset, x->region, x->region);
    sky_action *a;
    sky_status status;

    if (is_home && (next == x->region || model_copy_at(m, x->dataset, next)->ordered ||
                    gate_check_data(m, x->dataset, next) != 0))
        return SKY_OK;
    status = order(engine, is_home ? SKY_ACTION_MOVE_DATA : SKY_ACTION_EVICT, why, x->dataset,
                   is_home ? next : x->region, &a);
    if (status != SKY_OK)
        return status;
    if (is_home) {
        a->from = x->region;
        a->tier = model_copy_at(m, x->dataset, next)->tier;
    }
    a->rule = (uint16_t)x->copy->rule;
    if (c != NULL) {
        a->score = c->move[AWAY][HERE];
        a->term[0] = c->step[AWAY];
        a->term[1] = c->step[HERE];
    }
    return SKY_OK;
}

static sky_status weigh_presence(sky_engine *engine, const weighing *x, model_weight *w)
{
    const model *m = x->m;
    const model_copy *copy = x->copy;
    uint32_t here = copy->state != SKY_REPLICA_NONE || copy->ordered ? HERE : AWAY, chosen;
    work_costs c;

    if (copy->rule != 0 && copy->state == SKY_REPLICA_READY && !copy->ordered)
        return give_up(engine, x, SKY_REASON_RULE, NULL);
    if (here == AWAY && !w->presence_began && copy->requests == 0 && copy->read_bytes == 0)
        return SKY_OK; /* most regions: nobody reads there */
    if (copy->rule != 0 || (m->is.data_options.replication == SKY_REPLICATE_NEVER && !copy->brought) ||
        !presence_costs(x, &c))
        return SKY_OK;
    if (!w->presence_began)
        work_function_begin(w->presence_nusd, &c, here);
    w->presence_began = 1;
    work_function_step(w->presence_nusd, &c);
    chosen = work_function_choose(w->presence_nusd, &c, here);
    if (chosen == here || copy->ordered || copy->state == SKY_REPLICA_COMING)
        return SKY_OK;
    if (chosen == HERE)
        return m->is.data_options.replication == SKY_REPLICATE_NEVER
                   ? SKY_OK
                   : copies_bring(engine, x->dataset, x->region, SKY_REASON_READS);
    return give_up(engine, x, SKY_REASON_UNREAD, &c);
}

/* ---- tiers ----------------------------------------------------------------------------------------------------- */

/* Those before the first slow one: copies stay readable. */
static const model_tier *tier_to_weigh(const model *m, uint32_t region, uint32_t t)
{
    const model_tier *tier = t < WORK_STATES ? model_tier_at(m, region, t) : NULL;

    return tier != NULL && tier->latency_ns <= SLOWEST_NS ? tier : NULL;
}

static void tier_costs(const weighing *x, const model_weight *w, work_costs *c)
{
    const model *m = x->m;
    const model_tier *from, *to;
    int64_t bytes = x->set->bytes, objects = x->set->objects;

    memset(c, 0, sizeof *c);
    while ((from = tier_to_weigh(m, x->region, c->states)) != NULL) {
        int64_t leave = add_sat_i64(early_nusd(m, x->copy, from, x->copy->tier == c->states, bytes),
                                    of_gb(bytes, from->retrieval_nusd));

        for (uint32_t t = 0; (to = tier_to_weigh(m, x->region, t)) != NULL; t++)
            if (t != c->states)
                c->move[c->states][t] = add_sat_i64(leave, times(objects, to->move_nusd));
        c->step[c->states++] = add_sat_i64(hold_nusd(from, bytes, x->time_ns),
                                           serve_nusd(from, w->served_requests, w->served_bytes));
    }
}

static sky_status weigh_tier(sky_engine *engine, const weighing *x, model_weight *w)
{
    uint32_t chosen;
    work_costs c;
    sky_action *a;
    sky_status status;

    if (x->m->is.data_options.tiering == SKY_TIERS_STAY || x->copy->state != SKY_REPLICA_READY ||
        x->copy->ordered)
        return SKY_OK;
    tier_costs(x, w, &c);
    if (x->copy->tier >= c.states) /* somebody put it into a slow one */
        return SKY_OK;
    if (!w->tiers_began)
        work_function_begin(w->tier_nusd, &c, x->copy->tier);
    w->tiers_began = 1;
    work_function_step(w->tier_nusd, &c);
    chosen = work_function_choose(w->tier_nusd, &c, x->copy->tier);
    if (chosen == x->copy->tier)
        return SKY_OK;
    status = order(engine, SKY_ACTION_SET_TIER, SKY_REASON_TIER, x->dataset, x->region, &a);
    if (status == SKY_OK) {
        a->tier = chosen;
        a->score = c.move[x->copy->tier][chosen];
        a->term[0] = c.step[x->copy->tier];
        a->term[1] = c.step[chosen];
    }
    return status;
}

/* ---- at a control point ------------------------------------------------------------------------------------------ */

/* Whose copies served what was read. */
static void count_served(const model *m, uint32_t dataset, model_weight *weights)
{
    uint32_t regions = m->array[MODEL_REGIONS].count;

    for (uint32_t r = 0; r < regions; r++)
        weights[r].served_requests = weights[r].served_bytes = 0;
    for (uint32_t r = 0; r < regions; r++) {
        const model_copy *copy = model_copy_at(m, dataset, r);
        model_weight *w;

        if (copy->requests == 0 && copy->read_bytes == 0)
            continue;
        w = &weights[model_source(m, dataset, r)];
        w->served_requests = add_sat_i64(w->served_requests, copy->requests);
        w->served_bytes = add_sat_i64(w->served_bytes, copy->read_bytes);
    }
}

sky_status copies_weigh(sky_engine *engine)
{
    model *m = &engine->model;
    uint32_t regions = m->array[MODEL_REGIONS].count;
    int64_t time_ns = m->is.now_ns - m->is.weighed_ns;
    sky_status status = SKY_OK;

    if (!m->is.weigh_due || time_ns == 0)
        return SKY_OK;
    for (uint32_t d = 0; d < model_dataset_count(m) && status == SKY_OK; d++) {
        model_weight *w = (model_weight *)m->array[MODEL_WEIGHTS].items + (size_t)d * regions;

        count_served(m, d, w);
        for (uint32_t r = 0; r < regions && status == SKY_OK; r++) {
            model_copy *copy = copy_to_change(engine, d, r);
            const weighing x = { m, d, r, model_dataset_at(m, d), copy, time_ns };

            status = weigh_presence(engine, &x, &w[r]);
            if (status == SKY_OK)
                status = weigh_tier(engine, &x, &w[r]);
            copy->requests = copy->read_bytes = copy->far_bytes = 0;
        }
    }
    m->is.weighed_ns = m->is.now_ns;
    m->is.weigh_due = 0;
    return status;
}
