#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t world_billing_increment(const world *w, uint32_t pool)
{
    const scenario *s = w->scenario;

    return s->whole_ticks ? s->control_interval_ns
                          : s->providers[s->regions[s->pools[pool].region].provider].billing_increment_ns;
}

int64_t world_billing_minimum(const world *w, uint32_t pool)
{
    const scenario *s = w->scenario;

    return s->whole_ticks ? s->control_interval_ns
                          : s->providers[s->regions[s->pools[pool].region].provider].billing_minimum_ns;
}

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "world: out of memory");
    return SKY_ERROR_MEMORY;
}

static sky_status start_markets(world *w, sky_error *error)
{
    const scenario *s = w->scenario;
    int64_t window_ns = s->window_count > 0 ? s->window_start_ns[w->replication % s->window_count] : 0;

    for (uint32_t p = 0; p < s->pool_count; p++) {
        world_pool *pool = &w->pools[p];
        int64_t next_ns;

        pool->first_spot = pool->free_node = SKY_NONE;
        pool->probed_ns = -1;
        if (!(s->pools[p].purchases & 1u << SKY_SPOT))
            continue;
        market_init(&pool->market, &s->pools[p], p, w->seed, w->replication, window_ns, w->end_ns);
        next_ns = market_next_ns(&pool->market);
        if (next_ns < w->end_ns &&
            kernel_queue_push(&w->queue, next_ns, s->pools[p].region, WORLD_MARKET, p, 0, 0) != SKY_OK)
            return no_memory(error);
    }
    return SKY_OK;
}

static sky_status start_stocks(world *w, sky_error *error)
{
    const scenario *s = w->scenario;

    for (uint32_t p = 0; p < s->pool_count; p++) {
        stock *stock = &w->pools[p].stock;

        stock_init(stock, &s->pools[p], p, w->seed, w->replication);
        if (stock->next_ns < w->end_ns &&
            kernel_queue_push(&w->queue, stock->next_ns, s->pools[p].region, WORLD_STOCK, p, 0, 0) != SKY_OK)
            return no_memory(error);
    }
    return SKY_OK;
}

static sky_status start_workloads(world *w, sky_error *error)
{
    const scenario *s = w->scenario;

    for (uint32_t i = 0; i < s->workload_count; i++) {
        int64_t at_ns;

        world_start_workload(w, i);
        at_ns = world_next_arrival(w, i);
        if (at_ns < w->end_ns &&
            kernel_queue_push(&w->queue, at_ns, (uint32_t)s->region_count, WORLD_ARRIVAL, i, 0, 0) != SKY_OK)
            return no_memory(error);
    }
    return SKY_OK;
}

sky_status world_init(world *w, const scenario *s, unsigned replication, uint64_t seed, sky_error *error)
{
    sky_status status;

    memset(w, 0, sizeof *w);
    w->scenario = s;
    w->seed = seed;
    w->replication = replication;
    w->end_ns = s->duration_ns;
    w->free_part = SKY_NONE;
    status = kernel_queue_init(&w->queue, (uint32_t)s->region_count + 1);
    if (status != SKY_OK)
        return no_memory(error);
    w->pools = calloc(s->pool_count > 0 ? s->pool_count : 1, sizeof *w->pools);
    w->workload_arrived = calloc(s->workload_count + 1, sizeof *w->workload_arrived);
    w->workload_sum = calloc(s->workload_count + 1, sizeof *w->workload_sum);
    w->meters = calloc(s->provider_count + 1, sizeof *w->meters);
    w->network_nusd = calloc(s->region_count + 1, sizeof *w->network_nusd);
    if (w->pools == NULL || w->workload_arrived == NULL || w->workload_sum == NULL || w->meters == NULL ||
        w->network_nusd == NULL)
        return no_memory(error);
    for (size_t i = 0; i < s->provider_count; i++)
        w->meters[i] = (transfer_meter){ .tiers = s->providers[i].internet_egress,
                                         .tier_count = s->providers[i].internet_egress_count };
    w->network_next_ns = SKY_NEVER_NS;
    if (s->network != NULL)
        status = network_init(&w->network, s, w->meters, error);
    if (status != SKY_OK)
        return status;
    w->quota_used = calloc(s->quota_count + 1, sizeof *w->quota_used);
    if (w->quota_used == NULL || world_start_faults(w) != SKY_OK || world_start_grids(w) != SKY_OK)
        return no_memory(error);
    status = start_markets(w, error);
    if (status == SKY_OK)
        status = start_stocks(w, error);
    if (status == SKY_OK && (s->node_count > 0 || s->has_fleet))
        status = world_start_nodes(w, error);
    if (status == SKY_OK && (s->node_count > 0 || s->has_fleet) && world_start_racks(w) != SKY_OK)
        status = no_memory(error);
    if (status == SKY_OK && s->node_count > 0)
        status = world_start_failures(w, error);
    if (status == SKY_OK && s->node_count > 0)
        status = world_start_terms(w, error);
    if (status == SKY_OK && s->task_ratio > 0)
        status = world_shuffle_tasks(w, error);
    if (status == SKY_OK)
        status = world_start_storage(w, error);
    if (status == SKY_OK)
        status = start_workloads(w, error);
    if (status == SKY_OK)
        status = world_watch_network(w, error);
    if (status == SKY_OK)
        status = world_watch_storage(w, error);
    /* the control plane's first look is at the very start */
    if (status == SKY_OK &&
        kernel_queue_push(&w->queue, 0, (uint32_t)s->region_count, WORLD_TICK, 0, 0, 0) != SKY_OK)
        status = no_memory(error);
    return status;
}

void world_free(world *w)
{
    free(w->faults);
    free(w->place_outages);
    free(w->racks);
    world_free_grids(w);
    kernel_queue_free(&w->queue);
    free(w->pools);
    free(w->instances);
    free(w->jobs);
    free(w->trainings);
    free(w->workload_arrived);
    free(w->workload_sum);
    free(w->meters);
    free(w->network_nusd);
    network_free(&w->network);
    data_free(&w->data);
    free(w->nodes);
    free(w->chips);
    free(w->node_left_ns);
    free(w->node_failures);
    free(w->node_broken);
    free(w->running_tasks);
    terms_free(w->terms);
    free(w->machines);
    free(w->quota_used);
    free(w->parts);
    free(w->task_list);
    memset(w, 0, sizeof *w);
}
