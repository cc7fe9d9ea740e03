#include "plans.h"

#include "../../../engine/model/arith.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct sites {
    uint32_t count, region[OVERLAY_SITES];
    overlay_site site[OVERLAY_SITES];
    overlay_pair pair[OVERLAY_SITES * OVERLAY_SITES];
} sites;

static void add_site(sites *x, const scenario *s, uint32_t region)
{
    for (uint32_t i = 0; i < x->count; i++)
        if (x->region[i] == region)
            return;
    /* what a region sends is bounded pair by pair: the rates below are those of its one machine */
    x->site[x->count] = (overlay_site){ .out_bytes_per_s = INT64_MAX / 4,
                                        .in_bytes_per_s = INT64_MAX / 4,
                                        .nusd_per_hour = s->network->gateway_nusd_per_hour,
                                        .machines = 1 };
    x->region[x->count++] = region;
}

static int64_t rate_of(const topology *t, const scenario *s, uint32_t link)
{
    const topology_route route = { 1, { link } };
    int64_t rate = topology_tcp_rate(t, &route, s->network->streams, s->network->window_bytes);

    for (uint32_t i = 0; i < t->links[link].pipe_count; i++)
        if (t->pipes[t->links[link].pipes[i]].bytes_per_s < rate)
            rate = t->pipes[t->links[link].pipes[i]].bytes_per_s;
    return rate;
}

static void find_sites(sites *x, const topology *t, const scenario *s, const scenario_transfer *transfer)
{
    memset(x, 0, sizeof *x);
    add_site(x, s, transfer->from);
    add_site(x, s, transfer->to);
    for (size_t i = 0; i < s->network->relay_count; i++)
        add_site(x, s, s->network->relays[i]);
    for (uint32_t from = 0; from < x->count; from++)
        for (uint32_t to = 0; to < x->count; to++) {
            uint32_t link = from != to ? topology_best_link(t, x->region[from], x->region[to]) : SKY_NONE;

            if (link != SKY_NONE)
                x->pair[from * x->count + to] = (overlay_pair){ rate_of(t, s, link),
                                                                t->links[link].nusd_per_gb };
        }
}

static sky_status keep(plans *p, const topology *t, const sites *x, const overlay_plan *plan)
{
    p->paths = calloc(plan->path_count, sizeof *p->paths);
    if (p->paths == NULL)
        return SKY_ERROR_MEMORY;
    p->count = plan->path_count;
    p->bytes_per_s = plan->bytes_per_s;
    for (uint32_t i = 0; i < x->count; i++)
        p->rent_nusd_per_hour += plan->machines[i] * x->site[i].nusd_per_hour;
    for (uint32_t i = 0; i < p->count; i++) {
        const overlay_path *path = &plan->paths[i];

        p->paths[i].bytes_per_s = path->bytes_per_s;
        for (uint32_t k = 0; k + 1 < path->count; k++)
            p->paths[i].route.links[p->paths[i].route.count++] = topology_best_link(
                t, x->region[path->sites[k]], x->region[path->sites[k + 1]]);
    }
    return SKY_OK;
}

sky_status plans_make(plans *p, const topology *t, const scenario *s, uint32_t transfer, sky_error *error)
{
    const scenario_transfer *wanted = &s->network->transfers[transfer];
    overlay_problem problem = { .to = 1, .bytes = wanted->bytes };
    overlay_plan plan;
    sites x;
    sky_status status;

    memset(p, 0, sizeof *p);
    if (wanted->goal_bytes_per_s == 0 && wanted->most_nusd_per_gb == 0)
        return SKY_OK;
    find_sites(&x, t, s, wanted);
    problem.site_count = x.count;
    problem.site = x.site;
    problem.pair = x.pair;
    status = wanted->goal_bytes_per_s > 0
                 ? overlay_cheapest(&problem, wanted->goal_bytes_per_s, &plan, error)
                 : overlay_fastest(&problem, muldiv_i64(wanted->bytes, wanted->most_nusd_per_gb, 1000000000),
                                   &plan, error);
    if (status != SKY_OK)
        return status;
    if (plan.bytes_per_s > 0)
        return keep(p, t, &x, &plan);
    snprintf(error->message, sizeof error->message,
             "%.200s: network.transfers: %.100s: found no overlay %s, expected %s that its links can have",
             s->path, wanted->name, wanted->goal_bytes_per_s > 0 ? "so fast" : "so cheap",
             wanted->goal_bytes_per_s > 0 ? "a goal" : "a price");
    return SKY_ERROR_INPUT;
}

void plans_free(plans *p)
{
    free(p->paths);
    memset(p, 0, sizeof *p);
}
