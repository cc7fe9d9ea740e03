/* What must hold whatever happens, looked at after every event and every decision. In Debug builds only: there it costs
 * a look at each node, and at each task that runs; at the end of each instant also at each pool, region, place of a
 * service and flow of the network. */
#include "inside.h"

#if SKYTWIN_CHECK_INVARIANTS

#include "../../engine/engine.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sky_status broken(twin *t, uint32_t node, const char *what, int64_t found)
{
    snprintf(t->error->message, sizeof t->error->message,
             "twin: at %" PRId64 " ns node %" PRIu32 " %s (found %" PRId64 ")", t->world.now_ns, node, what,
             found);
    return SKY_ERROR_STATE;
}

/* Nothing is over-committed, and the sums over devices are what the devices say. */
static sky_status check_node(twin *t, uint32_t index)
{
    const node *n = &t->world.nodes[index];
    uint32_t sum = 0;

    if (n->mcpu_left < 0 || n->mcpu_left > n->mcpu)
        return broken(t, index, "has other than 0 to all of its cores left", n->mcpu_left);
    if (n->memory_left_bytes < 0 || n->memory_left_bytes > n->memory_bytes)
        return broken(t, index, "has other than 0 to all of its memory left", n->memory_left_bytes);
    if (n->disk_left_bytes < 0 || n->disk_left_bytes > n->disk_bytes)
        return broken(t, index, "has other than 0 to all of its disk left", n->disk_left_bytes);
    for (uint32_t i = 0; i < NODE_DEVICES_MAX && n->mode != NODE_POD; i++) {
        uint32_t left = n->mode == NODE_MIG && i < n->devices ? node_mgpu_left(n, i) : n->mgpu_left[i];

        sum += left;
        if (left > (i < n->devices ? NODE_DEVICE_MGPU : 0))
            return broken(t, index, "has more left of a device than there is", left);
    }
    if (n->mode == NODE_POD)
        sum = torus_free_chips(&n->pod.is, t->world.chips + n->pod.first_word) * NODE_DEVICE_MGPU;
    return sum == n->mgpu_left_sum ? SKY_OK : broken(t, index, "has devices that add up otherwise", sum);
}

/* A copy of all nodes, and of the pods' bitmaps. */
typedef struct all_nodes {
    node *is;
    uint64_t *chips;
    size_t words;
} all_nodes;

static sky_status copy_nodes(const twin *t, all_nodes *copy)
{
    const world *w = &t->world;
    size_t count = t->world.node_count;

    for (size_t i = 0; i < count; i++)
        if (w->nodes[i].mode == NODE_POD)
            copy->words = w->nodes[i].pod.first_word + torus_words(&w->nodes[i].pod.is);
    copy->is = malloc(count * sizeof *copy->is);
    copy->chips = malloc((copy->words + 1) * sizeof *copy->chips);
    if (copy->is == NULL || copy->chips == NULL)
        return SKY_ERROR_MEMORY;
    memcpy(copy->is, w->nodes, count * sizeof *copy->is);
    memcpy(copy->chips, w->chips, copy->words * sizeof *copy->chips);
    return SKY_OK;
}

/* Nothing is held twice: what a task gives back must have been taken, which node_give asserts. */
static void give_all_back(const twin *t, all_nodes *copy)
{
    const world *w = &t->world;

    for (size_t j = w->first_open; j < w->job_count; j++) {
        const world_job *job = &w->jobs[j];
        const node_request ask = world_request_of(w, job);

        if (job->node == SKY_NONE)
            continue;
        if (!job->waits)
            node_give(&copy->is[job->node], copy->chips, &ask, job->devices);
        for (uint32_t part = job->more_parts; part != SKY_NONE; part = w->parts[part].next)
            if (!w->parts[part].waits)
                node_give(&copy->is[w->parts[part].node], copy->chips, &ask, w->parts[part].devices);
    }
}

/* What the tasks that run hold is what nodes lack: nothing is held by nobody, nothing twice. */
static sky_status check_holdings(twin *t)
{
    all_nodes copy = { 0 };
    sky_status status = copy_nodes(t, &copy);

    world_pass_over_ended(&t->world);
    if (status == SKY_OK)
        give_all_back(t, &copy);
    for (uint32_t i = 0; i < t->world.node_count && status == SKY_OK; i++) {
        const node *n = &copy.is[i];

        if (n->mcpu_left != n->mcpu || n->memory_left_bytes != n->memory_bytes ||
            n->disk_left_bytes != n->disk_bytes || n->mgpu_left_sum != node_mgpu(n))
            status = broken(t, i, "lacks other than its tasks hold", n->mcpu - n->mcpu_left);
    }
    for (size_t i = 0; i < copy.words && status == SKY_OK; i++)
        if (copy.chips[i] != 0)
            status = broken(t, 0, "or another pod has chips taken that nobody holds", (int64_t)i);
    free(copy.is);
    free(copy.chips);
    return status;
}

/* Once all orders have been answered the engine believes what is: but of nodes that somebody is still leaving. */
static sky_status check_belief(twin *t, uint32_t index)
{
    const world *w = &t->world;
    const node *is = &w->nodes[index], *believed = &model_nodes(&t->engine->model)[index];

    if (w->node_left_ns[index] > w->now_ns)
        return SKY_OK;
    if (is->state != believed->state)
        return broken(t, index, "is up, or not, other than the engine believes", is->state);
    if (memcmp(is, believed, offsetof(node, since_ns)) != 0) /* what follows the engine alone keeps */
        return broken(t, index, "is other than the engine believes", is->mcpu_left);
    if (is->mode == NODE_POD &&
        memcmp(w->chips + is->pod.first_word, model_chips(&t->engine->model) + is->pod.first_word,
               torus_words(&is->pod.is) * sizeof *w->chips) != 0)
        return broken(t, index, "has other chips taken than the engine believes", is->mcpu_left);
    return SKY_OK;
}

static sky_status lost(twin *t, const char *what, int64_t total, int64_t parts)
{
    snprintf(t->error->message, sizeof t->error->message,
             "twin: at %" PRId64 " ns %s: found %" PRId64 ", expected the sum of all parts, %" PRId64,
             t->world.now_ns, what, total, parts);
    return SKY_ERROR_STATE;
}

/* Bytes that were sent have arrived, are on their way or were cut off; and links carried what flows got. */
static sky_status check_network(twin *t)
{
    const network *n = &t->world.network;

    if (t->scenario->network == NULL || network_is_conserved(n))
        return SKY_OK;
    return lost(t, "bytes of transfers", (int64_t)n->sent_bytes,
                (int64_t)(n->cut_bytes + flows_sent(&n->flows) / FLOWS_UNITS_PER_BYTE));
}

/* All that was billed to somebody is the bill, and all that pools drew is the energy. */
static sky_status check_books(twin *t)
{
    const world *w = &t->world;
    int64_t egress_nusd, nusd = twin_service_bills(t, &egress_nusd) - egress_nusd, mj = 0, ugco2 = 0;
    int64_t streams_nusd;

    nusd += twin_pipeline_bills(t, &streams_nusd) + w->storage_nusd;
    egress_nusd += streams_nusd;
    egress_nusd += w->ports_nusd + twin_gateway_bills(t);
    for (uint32_t r = 0; r < t->scenario->region_count; r++)
        egress_nusd += w->network_nusd[r];
    for (uint32_t i = 0; i < t->scenario->pool_count; i++) {
        const world_pool *p = &w->pools[i];

        for (int purchase = 0; purchase < SKY_PURCHASE_COUNT; purchase++)
            nusd += p->compute_nusd[purchase];
        nusd += p->probe_nusd + p->energy_nusd;
        egress_nusd += p->egress_nusd;
        mj += p->energy_mj;
        ugco2 += p->ugco2;
    }
    if (egress_nusd != w->egress_total_nusd)
        return lost(t, "nano-dollars of data", w->egress_total_nusd, egress_nusd);
    if (nusd + egress_nusd != w->cost_nusd)
        return lost(t, "nano-dollars", w->cost_nusd, nusd + egress_nusd);
    if (mj != w->energy_mj)
        return lost(t, "millijoules", w->energy_mj, mj);
    return ugco2 == w->ugco2 ? SKY_OK : lost(t, "micrograms of CO2", w->ugco2, ugco2);
}

/* Reads, bytes and money of datasets. What was billed so far is what rows have, and no more than is due by now. */
static sky_status check_storage(twin *t)
{
    const char *wrong;

    if (t->scenario->storage == NULL)
        return SKY_OK;
    wrong = data_check(&t->world.data);
    if (wrong == NULL && t->world.storage_nusd != twin_storage_rows(t))
        wrong = "storage is billed other than rows say";
    if (wrong == NULL && t->world.storage_nusd > data_total_cost(&t->world.data))
        wrong = "more is billed of storage than is due";
    if (wrong == NULL)
        return SKY_OK;
    snprintf(t->error->message, sizeof t->error->message, "twin: at %" PRId64 " ns: %s", t->world.now_ns,
             wrong);
    return SKY_ERROR_STATE;
}

sky_status twin_check(twin *t, int all_answered)
{
    sky_status status = all_answered ? check_network(t) : SKY_OK;

    if (status == SKY_OK && all_answered)
        status = check_books(t);
    if (status == SKY_OK && all_answered)
        status = check_storage(t);

    for (uint32_t i = 0; i < t->world.node_count && status == SKY_OK; i++) {
        status = check_node(t, i);
        if (status == SKY_OK && all_answered)
            status = check_belief(t, i);
    }
    return status == SKY_OK && all_answered && t->world.node_count > 0 ? check_holdings(t) : status;
}

#else

sky_status twin_check(twin *t, int all_answered)
{
    (void)t;
    (void)all_answered;
    return SKY_OK;
}

#endif
