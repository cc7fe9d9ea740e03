#include "plan.h"

#include "../model/arith.h"

#include <stdlib.h>
#include <string.h>

#define PPM          1000000
#define MOST_STEP    4096 /* of the local search: replicas at once */
#define MOST_UNEQUAL 2    /* up to which one is also tried against twice as many */

/* ---- a site ---------------------------------------------------------------------------------------------------------- */

int64_t serving_plan_capacity(const serving_problem *p, int64_t replicas)
{
    sky_int128 rate = (sky_int128)replicas * p->concurrency * p->target_ppm * SKY_NS_PER_SECOND / p->time_ns;

    return rate > INT64_MAX ? INT64_MAX : (int64_t)rate;
}

int64_t serving_plan_replicas_for(const serving_problem *p, int64_t rate)
{
    sky_int128 of_one = (sky_int128)p->concurrency * p->target_ppm * SKY_NS_PER_SECOND;

    return (int64_t)(((sky_int128)rate * p->time_ns + of_one - 1) / of_one);
}

/* Erlang's C by the recursion 1 / B(c) = 1 + c / a × 1 / B(c - 1). */
int64_t serving_plan_wait_ns(const serving_problem *p, int64_t servers, int64_t rate)
{
    double erlangs = (double)rate / PPM * (double)p->time_ns / (double)SKY_NS_PER_SECOND, inverse = 1;
    double rho = erlangs / (double)servers, waits;

    if (rate == 0 || rho >= 1)
        return 0;
    for (int64_t c = 1; c <= servers; c++) {
        inverse = 1 + (double)c / erlangs * inverse;
        if (inverse > 1e12) /* none waits that could be told from none */
            return 0;
    }
    waits = 1 / inverse / (1 - rho * (1 - 1 / inverse));
    return (int64_t)(waits * (double)p->time_ns / ((double)servers - erlangs) *
                         (1 + (double)p->scv_ppm / PPM) / 2 +
                     0.5);
}

/* ---- routes ---------------------------------------------------------------------------------------------------------- */

/* What a request costs on its way, in 10^-21 USD: what is waited, and egress. */
static sky_int128 way_cost(const serving_problem *p, uint32_t group, uint32_t site)
{
    size_t way = (size_t)group * p->sites + site;

    return (sky_int128)p->way_ns[way] * p->wait_nusd_per_hour + (sky_int128)p->way_nusd[way] * 3600 * 1000;
}

static int is_open(const serving_problem *p, uint32_t group, uint32_t site)
{
    return p->way_ns[(size_t)group * p->sites + site] >= 0;
}

typedef struct path_step {
    sky_int128 cost;
    uint32_t from;  /* site before; SKY_NONE: the group itself */
    uint32_t group; /* that goes from there to here instead */
    uint32_t known;
} path_step;

/* Cheapest way from a group to each site, where others make room by going elsewhere. */
static void find_paths(const serving_problem *p, const int64_t *flow, uint32_t group, path_step *steps)
{
    int changed = 1;

    for (uint32_t s = 0; s < p->sites; s++)
        steps[s] = (path_step){ .cost = is_open(p, group, s) ? way_cost(p, group, s) : 0,
                                .from = SKY_NONE,
                                .group = group,
                                .known = (uint32_t)is_open(p, group, s) };
    while (changed) {
        changed = 0;
        for (uint32_t s = 0; s < p->sites; s++)
            for (uint32_t g = 0; steps[s].known && g < p->groups; g++) {
                if (flow[(size_t)g * p->sites + s] == 0)
                    continue;
                for (uint32_t t = 0; t < p->sites; t++) {
                    sky_int128 cost;

                    if (t == s || !is_open(p, g, t))
                        continue;
                    cost = steps[s].cost + way_cost(p, g, t) - way_cost(p, g, s);
                    if (steps[t].known && cost >= steps[t].cost)
                        continue;
                    steps[t] = (path_step){ .cost = cost, .from = s, .group = g, .known = 1 };
                    changed = 1;
                }
            }
    }
}

/* Sends up to `rate` along the path that ends at a site. */
static int64_t augment(const serving_problem *p, int64_t *flow, int64_t *spare, const path_step *steps,
                       uint32_t end, int64_t rate)
{
    rate = rate < spare[end] ? rate : spare[end];
    for (uint32_t t = end; steps[t].from != SKY_NONE; t = steps[t].from) {
        int64_t there = flow[(size_t)steps[t].group * p->sites + steps[t].from];

        rate = rate < there ? rate : there;
    }
    spare[end] -= rate;
    for (uint32_t t = end;; t = steps[t].from) {
        flow[(size_t)steps[t].group * p->sites + t] += rate;
        if (steps[t].from == SKY_NONE)
            return rate;
        flow[(size_t)steps[t].group * p->sites + steps[t].from] -= rate;
    }
}

/* The open site of the cheapest way; SKY_NONE: none. */
static uint32_t nearest(const serving_problem *p, uint32_t group)
{
    uint32_t best = SKY_NONE;

    for (uint32_t s = 0; s < p->sites; s++)
        if (is_open(p, group, s) && p->most[s] > 0 &&
            (best == SKY_NONE || way_cost(p, group, s) < way_cost(p, group, best)))
            best = s;
    return best;
}

static void route_group(const serving_problem *p, serving_plan *plan, int64_t *spare, uint32_t group)
{
    int64_t left = p->rate[group];
    uint32_t first = nearest(p, group);

    /* What has room at the nearest site goes there: no detour is cheaper, as nobody gains by moving where room is. */
    if (first != SKY_NONE && spare[first] > 0) {
        int64_t rate = left < spare[first] ? left : spare[first];

        plan->flow[(size_t)group * p->sites + first] += rate;
        spare[first] -= rate;
        left -= rate;
    }
    while (left > 0) {
        path_step steps[SERVING_SITES_MOST];
        uint32_t best = SKY_NONE;

        find_paths(p, plan->flow, group, steps);
        for (uint32_t s = 0; s < p->sites; s++)
            if (steps[s].known && spare[s] > 0 && (best == SKY_NONE || steps[s].cost < steps[best].cost))
                best = s;
        if (best == SKY_NONE)
            break;
        left -= augment(p, plan->flow, spare, steps, best, left);
    }
    plan->unserved += left;
}

static int64_t per_hour(sky_int128 product, int64_t by)
{
    sky_int128 nusd = (product + by / 2) / by;

    return nusd > INT64_MAX ? INT64_MAX : (int64_t)nusd;
}

static void price(const serving_problem *p, serving_plan *plan)
{
    sky_int128 egress = 0, waiting = 0; /* in 10^-12 and 10^-15 of a nano-dollar */
    sky_int128 replicas = 0, over;

    for (uint32_t s = 0; s < p->sites; s++) {
        int64_t rate = 0, wait_ns;

        for (uint32_t g = 0; g < p->groups; g++)
            rate += plan->flow[(size_t)g * p->sites + s];
        wait_ns = serving_plan_wait_ns(p, plan->replicas[s] * p->concurrency, rate) + p->time_ns;
        for (uint32_t g = 0; g < p->groups; g++) {
            size_t way = (size_t)g * p->sites + s;

            egress += (sky_int128)plan->flow[way] * 3600 * p->way_nusd[way];
            waiting += (sky_int128)plan->flow[way] * (p->way_ns[way] + wait_ns);
        }
        replicas += (sky_int128)plan->replicas[s] * p->nusd_per_hour[s];
    }
    plan->replicas_nusd = per_hour(replicas, 1);
    plan->egress_nusd = per_hour(egress, INT64_C(1000000000000));
    plan->waiting_nusd = per_hour(waiting / 1000 * p->wait_nusd_per_hour, INT64_C(1000000000000));
    over = replicas + plan->egress_nusd - p->most_nusd_per_hour;
    plan->over_nusd = over > 0 ? per_hour(over, 1) : 0;
}

void serving_plan_routes(const serving_problem *p, serving_plan *plan)
{
    int64_t spare[SERVING_SITES_MOST];

    memset(plan->flow, 0, (size_t)p->groups * p->sites * sizeof *plan->flow);
    plan->unserved = 0;
    for (uint32_t s = 0; s < p->sites; s++)
        spare[s] = serving_plan_capacity(p, plan->replicas[s]);
    for (uint32_t g = 0; g < p->groups; g++)
        route_group(p, plan, spare, g);
    price(p, plan);
}

/* ---- replicas -------------------------------------------------------------------------------------------------------- */

int serving_plan_is_better(const serving_plan *a, const serving_plan *b)
{
    sky_int128 x = (sky_int128)a->replicas_nusd + a->egress_nusd + a->waiting_nusd;
    sky_int128 y = (sky_int128)b->replicas_nusd + b->egress_nusd + b->waiting_nusd;

    if (a->over_nusd != b->over_nusd)
        return a->over_nusd < b->over_nusd;
    if (a->unserved != b->unserved)
        return a->unserved < b->unserved;
    return x < y;
}

/* Two plans with room of their own: the best so far, and one that is tried. */
typedef struct search {
    const serving_problem *problem;
    serving_plan *best, trial;
} search;

static void copy_plan(const serving_problem *p, serving_plan *to, const serving_plan *from)
{
    int64_t *replicas = to->replicas, *flow = to->flow;

    memcpy(replicas, from->replicas, p->sites * sizeof *replicas);
    memcpy(flow, from->flow, (size_t)p->sites * p->groups * sizeof *flow);
    *to = *from;
    to->replicas = replicas;
    to->flow = flow;
}

/* Takes the trial if it is better. */
static int take(search *s)
{
    serving_plan_routes(s->problem, &s->trial);
    if (!serving_plan_is_better(&s->trial, s->best))
        return 0;
    copy_plan(s->problem, s->best, &s->trial);
    return 1;
}

/* So many replicas more here, and fewer there; 1: that is better. */
static int try_move(search *s, uint32_t here, int64_t more, uint32_t there, int64_t fewer)
{
    const serving_problem *p = s->problem;
    int64_t most = s->best->replicas[here] + more, least = s->best->replicas[there] - fewer;

    if (most > p->most[here] || least < p->least[there] || (here == there && more > 0 && fewer > 0))
        return 0;
    memcpy(s->trial.replicas, s->best->replicas, p->sites * sizeof *s->trial.replicas);
    s->trial.replicas[here] += more;
    s->trial.replicas[there] -= fewer;
    return take(s);
}

static void descend(search *s)
{
    uint32_t sites = s->problem->sites;
    int moved = 1;

    while (moved) {
        moved = 0;
        for (int64_t step = MOST_STEP; step > 0; step /= 2)
            for (uint32_t a = 0; a < sites; a++) {
                moved |= try_move(s, a, step, a, 0) || try_move(s, a, 0, a, step);
                for (uint32_t b = 0; b < sites; b++)
                    moved |= try_move(s, a, step, b, step) ||
                             (step <= MOST_UNEQUAL &&
                              (try_move(s, a, 2 * step, b, step) || try_move(s, a, step, b, 2 * step)));
            }
    }
}

static int64_t bounded(const serving_problem *p, uint32_t site, int64_t replicas)
{
    replicas = replicas < p->most[site] ? replicas : p->most[site];
    return replicas > p->least[site] ? replicas : p->least[site];
}

/* Everybody at the nearest site, or all at one. */
static void start_at(const serving_problem *p, int64_t *replicas, uint32_t all_at)
{
    for (uint32_t s = 0; s < p->sites; s++) {
        int64_t rate = 0;

        for (uint32_t g = 0; g < p->groups; g++)
            if (all_at == SKY_NONE ? nearest(p, g) == s : all_at == s)
                rate += p->rate[g];
        replicas[s] = bounded(p, s, serving_plan_replicas_for(p, rate));
    }
}

/* Places that single moves do not leave: without each of them in turn, the others have to do. */
static void leave_in_turn(search *s, serving_plan *plan)
{
    const serving_problem *p = s->problem;
    int64_t most[SERVING_SITES_MOST];
    serving_problem without = *p;

    without.most = most;
    for (uint32_t i = 0; i < p->sites; i++) {
        if (plan->replicas[i] == p->least[i])
            continue;
        memcpy(most, p->most, sizeof *most * p->sites);
        most[i] = p->least[i];
        copy_plan(p, s->best, plan);
        s->best->replicas[i] = p->least[i];
        serving_plan_routes(p, s->best);
        s->problem = &without;
        descend(s);
        s->problem = p;
        descend(s);
        if (serving_plan_is_better(s->best, plan))
            copy_plan(p, plan, s->best);
    }
}

sky_status serving_plan_solve(const serving_problem *p, serving_plan *plan, int thorough)
{
    size_t flows = (size_t)p->sites * p->groups;
    int64_t *room = malloc(2 * (p->sites + flows) * sizeof *room);
    serving_plan best;
    search s = { .problem = p, .best = &best };

    if (room == NULL)
        return SKY_ERROR_MEMORY;
    best = (serving_plan){ .replicas = room, .flow = room + p->sites };
    s.trial = (serving_plan){ .replicas = room + p->sites + flows, .flow = room + 2 * p->sites + flows };
    for (uint32_t i = 0; i < p->sites; i++)
        plan->replicas[i] = bounded(p, i, plan->replicas[i]);
    serving_plan_routes(p, plan);
    copy_plan(p, &best, plan);
    descend(&s);
    copy_plan(p, plan, &best);
    for (uint32_t start = 0; start <= p->sites && thorough; start++) {
        start_at(p, best.replicas, start < p->sites ? start : SKY_NONE);
        serving_plan_routes(p, &best);
        descend(&s);
        if (serving_plan_is_better(&best, plan))
            copy_plan(p, plan, &best);
    }
    if (thorough)
        leave_in_turn(&s, plan);
    free(room);
    return SKY_OK;
}
