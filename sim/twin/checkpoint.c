/* Checkpoints: all that a run is in the middle of, saved at a control point; and a run that goes on from one, where it was
 * or in a world that is otherwise from then on. */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what there is ---------------------------------------------------------------------------------------------- */

static void block_state(twin *t, record_stream stream, state *s)
{
    twin_block *b = &t->block[stream];

    b->count = state_count(s, b->count, 1);
    if (b->count > 0 && state_restores(s) && twin_make_block(t, stream) != SKY_OK)
        state_no_memory(s);
    state_check(s, b->count == 0 || b->count < b->capacity);
    if (state_is_sound(s))
        state_bytes(s, b->bytes, b->count * b->row_size);
    else
        b->count = 0;
}

static void save_engine(twin *t, state *s)
{
    unsigned char *bytes = NULL;
    size_t size = 0;

    if (sky_engine_snapshot(t->engine, &bytes, &size, t->error) != SKY_OK)
        state_no_memory(s);
    size = state_count(s, size, 1);
    state_bytes(s, bytes, size);
    free(bytes);
}

static void restore_engine(twin *t, state *s)
{
    size_t size = state_count(s, 0, 1);
    unsigned char *bytes = malloc(size + 1);
    sky_engine *engine;
    sky_error error;

    if (bytes == NULL) {
        state_no_memory(s);
        return;
    }
    state_bytes(s, bytes, size);
    if (state_is_sound(s)) {
        sky_status status = sky_engine_restore(bytes, size, &engine, &error);

        if (status == SKY_OK) {
            sky_engine_destroy(t->engine);
            t->engine = engine;
            sky_engine_use_solver(engine, t->options->solver);
        } else if (status == SKY_ERROR_MEMORY) {
            state_no_memory(s);
        } else {
            state_check(s, 0);
        }
    }
    free(bytes);
}

/* One line a module. */
static void twin_state(twin *t, state *s)
{
    state_part(s, "twin");
    STATE_VALUE(s, t->cost_before_tick_nusd);
    STATE_VALUE(s, t->turns_before_tick);
    STATE_VALUE(s, t->next_tick_ns);
    STATE_VALUE(s, t->tick_ns);
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        block_state(t, (record_stream)i, s);
    world_state(&t->world, s);
    twin_network_state(t, s);
    twin_storage_state(t, s);
    twin_services_state(t, s);
    twin_pipelines_state(t, s);
    state_part(s, "engine");
    if (state_restores(s))
        restore_engine(t, s);
    else
        save_engine(t, s);
}

static sky_status save(twin *t, state **saved)
{
    sky_status status;

    *saved = state_save();
    if (*saved == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "checkpoint: out of memory");
        return SKY_ERROR_MEMORY;
    }
    twin_state(t, *saved);
    status = state_end(*saved, t->error);
    if (status != SKY_OK)
        state_free(*saved);
    return status;
}

sky_status twin_resume(twin *t, const void *bytes, size_t size)
{
    state *s = state_restore(bytes, size);
    sky_status status;

    if (s == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "checkpoint: out of memory");
        return SKY_ERROR_MEMORY;
    }
    twin_state(t, s);
    status = state_end(s, t->error);
    state_free(s);
    return status;
}

/* ---- another world from now on ---------------------------------------------------------------------------------- */

/* Facts that are of the moment: the world tells them when they change. */
static int is_of_the_moment(sky_event_kind kind)
{
    switch (kind) {
    case SKY_EVENT_PRICE:
    case SKY_EVENT_GRID:
    case SKY_EVENT_CAPACITY:
    case SKY_EVENT_LINK:
    case SKY_EVENT_FORESIGHT:
    case SKY_EVENT_NODE_BOOTING:
    case SKY_EVENT_NODE_READY:
    case SKY_EVENT_DATASET:
    case SKY_EVENT_REPLICA:
    case SKY_EVENT_REPLICAS:
    case SKY_EVENT_ROUTED:
    case SKY_EVENT_POPULATION_WAY:
    case SKY_EVENT_STAGE_TASKS:
        return 1;
    default:
        return 0;
    }
}

/* What the engine would be told before anything happens. */
static sky_status list_catalog(const twin *t, const scenario *s, twin_facts *facts)
{
    const twin_output nowhere = { .rows = NULL };
    twin aside = {
        .scenario = s, .options = t->options, .output = &nowhere, .error = t->error, .facts = facts
    };
    sky_status status = twin_open(&aside);

    if (status == SKY_OK)
        status = twin_tell_catalog(&aside);
    twin_close(&aside);
    return status;
}

static int is_about_the_same(const sky_event *a, const sky_event *b)
{
    return a->kind == b->kind && a->region == b->region && a->pool == b->pool && a->job == b->job &&
           a->instance == b->instance && a->other == b->other;
}

static sky_status refuse(twin *t, const sky_event *fact)
{
    snprintf(
        t->error->message, sizeof t->error->message,
        "change at %lld ns: found another number of things (%s), expected the same ones with other values",
        (long long)t->world.now_ns, fact != NULL ? sky_event_kind_name(fact->kind) : "at the end");
    return SKY_ERROR_INPUT;
}

/* Tells what is otherwise than it was told, as of now. */
static sky_status tell_changes(twin *t, const twin_facts *before, const twin_facts *now)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; status == SKY_OK && (i < before->count || i < now->count); i++) {
        sky_event e;

        if (i == before->count || i == now->count)
            return refuse(t, NULL);
        if (!is_about_the_same(&before->events[i], &now->events[i]))
            return refuse(t, &before->events[i]);
        if (memcmp(&before->events[i], &now->events[i], sizeof e) == 0 ||
            is_of_the_moment((sky_event_kind)now->events[i].kind))
            continue;
        e = now->events[i];
        e.time_ns = t->world.now_ns;
        status = twin_tell(t, &e);
    }
    return status;
}

/* The engine goes on under the strategy and the settings that there are now. */
static sky_status change_engine(twin *t)
{
    sky_engine_config config = twin_engine_config(t->scenario, t->options);

    return sky_engine_reconfigure(t->engine, &config, t->error);
}

/* By pool and purchase. NULL: no memory. */
static int64_t *list_prices(const twin *t)
{
    size_t pools = t->scenario->pool_count;
    int64_t *prices = malloc((pools * SKY_PURCHASE_COUNT + 1) * sizeof *prices);

    for (uint32_t i = 0; prices != NULL && i < pools * SKY_PURCHASE_COUNT; i++)
        prices[i] = world_price(&t->world, i / SKY_PURCHASE_COUNT, (sky_purchase)(i % SKY_PURCHASE_COUNT));
    return prices;
}

/* What runs costs from now on what it costs in this world. */
static sky_status change_prices(twin *t, const int64_t *before)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t p = 0; p < s->pool_count && status == SKY_OK; p++, before += SKY_PURCHASE_COUNT) {
        world_reprice(&t->world, p, before);
        for (int i = 0; i < SKY_PURCHASE_COUNT && status == SKY_OK; i++)
            if (s->pools[p].purchases & 1u << i && world_price(&t->world, p, (sky_purchase)i) != before[i])
                status = twin_tell_price(t, p, (sky_purchase)i);
    }
    return status;
}

/* By region: carbon and price of the grid; then by pool: machines that may be had, and that there are by the catalog. NULL: no
 * memory. */
static int64_t *list_grids_and_capacities(const twin *t)
{
    const scenario *s = t->scenario;
    const world *w = &t->world;
    int64_t *values = calloc(2 * (s->region_count + s->pool_count) + 1, sizeof *values), *at = values;

    for (uint32_t r = 0; values != NULL && r < s->region_count; r++, at += 2)
        if (w->grids != NULL && w->grids[r].count > 0) {
            at[0] = grid_now(&w->grids[r])->gco2_per_mwh;
            at[1] = grid_now(&w->grids[r])->nusd_per_mwh;
        }
    for (uint32_t p = 0; values != NULL && p < s->pool_count; p++, at += 2) {
        at[0] = world_capacity(w, p);
        at[1] = s->pools[p].capacity;
    }
    return values;
}

/* After the catalog: what of it is otherwise at the moment. */
static sky_status tell_grids_and_capacities(twin *t, const int64_t *before)
{
    const scenario *s = t->scenario;
    int64_t *values = list_grids_and_capacities(t), *at = values;
    sky_status status = SKY_OK;

    if (values == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    for (uint32_t r = 0; r < s->region_count; r++, at += 2, before += 2)
        if (memcmp(at, before, 2 * sizeof *at) != 0 && status == SKY_OK && t->world.grids != NULL &&
            t->world.grids[r].count > 0)
            status = twin_tell_grid(t, r);
    for (uint32_t p = 0; p < s->pool_count; p++, at += 2, before += 2)
        if (memcmp(at, before, 2 * sizeof *at) != 0 && status == SKY_OK &&
            (at[0] != at[1] || before[0] != before[1]))
            status = twin_tell_capacity(t, p);
    free(values);
    return status;
}

static sky_status make_anew(twin *t, const scenario *s, const char *strategy)
{
    state *saved;
    const unsigned char *bytes;
    size_t size;
    sky_status status = save(t, &saved);

    if (status != SKY_OK)
        return status;
    bytes = state_saved(saved, &size);
    twin_close(t);
    t->scenario = s;
    t->now.strategy = strategy;
    status = twin_open(t);
    if (status == SKY_OK)
        status = twin_resume(t, bytes, size);
    state_free(saved);
    return status;
}

/* Capacities, routes and ports are those of this world. */
static sky_status follow_network(twin *t)
{
    sky_status status = network_follow_scenario(&t->world.network, t->world.now_ns);

    if (status != SKY_OK) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return status;
    }
    if (t->scenario->storage != NULL)
        data_look(&t->world.data);
    status = twin_watch_network(t);
    return status == SKY_OK ? twin_tell_links(t, 1) : status;
}

/* What comes to the end of a run by itself (users, records, data, transfers) was made for its duration. */
static sky_status check_duration(const twin *t)
{
    const scenario *s = t->scenario, *next = t->options->change->scenario;
    int may_change = s->network == NULL && s->storage == NULL && s->services == NULL && s->pipelines == NULL;

    if (next == NULL || next->duration_ns == s->duration_ns ||
        (may_change && next->duration_ns > t->world.now_ns))
        return SKY_OK;
    snprintf(t->error->message, sizeof t->error->message,
             "change at %lld ns: found a duration of %lld ns, expected %s%lld ns", (long long)t->world.now_ns,
             (long long)next->duration_ns, may_change ? "one of more than " : "that of the run, ",
             (long long)(may_change ? t->world.now_ns : s->duration_ns));
    return SKY_ERROR_INPUT;
}

static sky_status change(twin *t)
{
    const twin_change *c = t->options->change;
    twin_facts before = { .count = 0 }, now = { .count = 0 };
    int64_t *prices, *values;
    sky_status status = check_duration(t);

    if (status != SKY_OK)
        return status;
    prices = list_prices(t);
    values = list_grids_and_capacities(t);
    if (prices == NULL || values == NULL) {
        free(prices);
        free(values);
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    if (c->scenario != NULL)
        status = list_catalog(t, t->scenario, &before);
    if (status == SKY_OK && c->scenario != NULL)
        status = list_catalog(t, c->scenario, &now);
    if (status == SKY_OK)
        status = make_anew(t, c->scenario != NULL ? c->scenario : t->scenario,
                           c->strategy != NULL ? c->strategy : t->now.strategy);
    if (status == SKY_OK && t->scenario->network != NULL)
        status = follow_network(t);
    if (status == SKY_OK)
        status = tell_changes(t, &before, &now);
    if (status == SKY_OK)
        status = change_engine(t);
    if (status == SKY_OK)
        status = change_prices(t, prices);
    if (status == SKY_OK)
        status = tell_grids_and_capacities(t, values);
    free(values);
    free(before.events);
    free(now.events);
    free(prices);
    return status;
}

/* ---- when ------------------------------------------------------------------------------------------------------- */

static int64_t next_checkpoint_ns(const twin *t)
{
    int64_t every_ns = t->options->checkpoint_every_ns;

    return every_ns > 0 && t->output->checkpoint != NULL
               ? add_sat_i64(t->world.now_ns - t->world.now_ns % every_ns, every_ns)
               : SKY_NEVER_NS;
}

void twin_plan_checkpoints(twin *t)
{
    const twin_change *c = t->options->change;

    t->checkpoint_ns = next_checkpoint_ns(t);
    t->restart_ns = t->options->restart_at_ns;
    t->change_ns = c != NULL && (c->scenario != NULL || c->strategy != NULL) ? c->at_ns : SKY_NEVER_NS;
}

static sky_status hand_over(twin *t)
{
    state *saved;
    size_t size;
    const unsigned char *bytes;
    sky_status status;

    t->checkpoint_ns = next_checkpoint_ns(t);
    status = save(t, &saved);
    if (status != SKY_OK)
        return status;
    bytes = state_saved(saved, &size);
    status = t->output->checkpoint(t->output->context, t->world.now_ns, bytes, size, t->error);
    state_free(saved);
    return status;
}

sky_status twin_pass_change(twin *t)
{
    if (t->tick_ns != t->world.now_ns || t->world.now_ns < t->change_ns)
        return SKY_OK;
    t->change_ns = SKY_NEVER_NS;
    return change(t);
}

sky_status twin_pass_instant(twin *t)
{
    int64_t now_ns = t->world.now_ns;
    sky_status status = SKY_OK;

    if (now_ns >= t->restart_ns) {
        t->restart_ns = SKY_NEVER_NS;
        status = make_anew(t, t->scenario, t->now.strategy);
    }
    if (status == SKY_OK && t->tick_ns == now_ns && now_ns >= t->checkpoint_ns)
        status = hand_over(t);
    return status == SKY_OK ? twin_pass_change(t) : status;
}
