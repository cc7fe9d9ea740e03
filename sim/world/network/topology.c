#include "topology.h"

#include "../../../engine/model/arith.h"
#include "tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PPM           1000000
#define BILLION       1000000000
#define MOST_PPM      (INT64_C(1) << 40) /* of what faults may add up to */
#define SEGMENT_BYTES 1460
#define SEARCHED_HOPS 4

static void add_default_link(topology *t, const scenario *s, uint32_t from, uint32_t to)
{
    size_t at = from * s->region_count + to;
    topology_link *link = &t->links[at];
    uint32_t provider = s->regions[from].provider;
    int backbone = provider == s->regions[to].provider && s->providers[provider].kind == PROVIDER_CLOUD;

    *link = (topology_link){ .from = from,
                             .to = to,
                             .kind = backbone ? LINK_BACKBONE : LINK_PUBLIC,
                             .pipe_count = 2,
                             .private_link = SKY_NONE,
                             .rtt_ns = s->rtt_ns[at],
                             .nusd_per_gb = s->egress_nusd_per_gb[at],
                             .meter = backbone ? SKY_NONE : provider,
                             .down = from == to };
    link->line = &s->network->line[link->kind];
    link->pipes[0] = 4 * from + (backbone ? PIPE_BACKBONE_OUT : PIPE_PUBLIC_OUT);
    link->pipes[1] = 4 * to + (backbone ? PIPE_BACKBONE_IN : PIPE_PUBLIC_IN);
}

static void add_private_link(topology *t, const scenario *s, uint32_t index, int back)
{
    const scenario_link *l = &s->network->links[index];

    t->links[t->link_count++] = (topology_link){ .from = back ? l->to : l->from,
                                                 .to = back ? l->from : l->to,
                                                 .kind = LINK_PRIVATE,
                                                 .pipes = { (uint32_t)t->pipe_count },
                                                 .pipe_count = 1,
                                                 .private_link = index,
                                                 .rtt_ns = l->rtt_ns,
                                                 .line = &l->line,
                                                 .nusd_per_gb = back ? l->back.nusd_per_gb
                                                                     : l->there.nusd_per_gb,
                                                 .meter = SKY_NONE };
    t->pipes[t->pipe_count++] = (topology_pipe){ .kind = back ? PIPE_PRIVATE_BACK : PIPE_PRIVATE,
                                                 .of = index,
                                                 .bytes_per_s = l->line.bytes_per_s,
                                                 .left_ppm = PPM };
}

static void add_zones(topology *t, const scenario *s, uint32_t region)
{
    const scenario_network *n = s->network;
    uint32_t zones = (uint32_t)s->regions[region].zone_count, first = (uint32_t)t->pipe_count;

    for (uint32_t z = 0; z < zones; z++)
        for (uint32_t kind = PIPE_ZONE_OUT; kind <= PIPE_ZONE_IN; kind++)
            t->pipes[t->pipe_count++] = (topology_pipe){ .kind = kind,
                                                         .of = region,
                                                         .zone = z,
                                                         .bytes_per_s = n->zone_line.bytes_per_s,
                                                         .left_ppm = PPM };
    t->zone_links[region] = (uint32_t)t->link_count;
    for (uint32_t from = 0; from < zones; from++)
        for (uint32_t to = 0; to < zones; to++)
            t->links[t->link_count++] = (topology_link){
                .from = region,
                .to = region,
                .from_zone = from,
                .to_zone = to,
                .kind = LINK_BETWEEN_ZONES,
                .pipes = { first + 2 * from, first + 2 * to + 1 },
                .pipe_count = 2,
                .private_link = SKY_NONE,
                .rtt_ns = n->zone_rtt_ns,
                .line = &n->zone_line,
                .nusd_per_gb = s->providers[s->regions[region].provider].between_zones_nusd_per_gb,
                .meter = SKY_NONE,
                .down = from == to
            };
}

/* How many links and pipes there are between zones. */
static void count_zones(const scenario *s, size_t *links, size_t *pipes)
{
    *links = *pipes = 0;
    for (size_t r = 0; s->network->has_zones && r < s->region_count; r++) {
        *links += s->regions[r].zone_count * s->regions[r].zone_count;
        *pipes += 2 * s->regions[r].zone_count;
    }
}

sky_status topology_init(topology *t, const scenario *s)
{
    const scenario_network *n = s->network;
    size_t regions = s->region_count, zone_links, zone_pipes;

    memset(t, 0, sizeof *t);
    count_zones(s, &zone_links, &zone_pipes);
    t->scenario = s;
    t->region_count = regions;
    t->routing = n->routing;
    t->links = calloc(regions * regions + 2 * n->link_count + zone_links + 1, sizeof *t->links);
    t->pipes = calloc(4 * regions + 2 * n->link_count + zone_pipes + 1, sizeof *t->pipes);
    t->relays = calloc(regions + 1, 1);
    if (n->has_zones)
        t->zone_links = calloc(regions + 1, sizeof *t->zone_links);
    if (t->links == NULL || t->pipes == NULL || t->relays == NULL || (n->has_zones && t->zone_links == NULL))
        return SKY_ERROR_MEMORY;
    for (uint32_t r = 0; r < regions; r++)
        for (uint32_t kind = 0; kind < 4; kind++)
            t->pipes[t->pipe_count++] = (topology_pipe){
                .kind = kind,
                .of = r,
                .bytes_per_s = n->line[kind < PIPE_BACKBONE_OUT ? LINK_PUBLIC : LINK_BACKBONE].bytes_per_s,
                .left_ppm = PPM
            };
    for (uint32_t from = 0; from < regions; from++)
        for (uint32_t to = 0; to < regions; to++)
            add_default_link(t, s, from, to);
    t->link_count = regions * regions;
    for (uint32_t i = 0; i < n->link_count; i++) {
        add_private_link(t, s, i, 0);
        add_private_link(t, s, i, 1);
    }
    for (uint32_t r = 0; n->has_zones && r < regions; r++)
        add_zones(t, s, r);
    for (size_t i = 0; i < n->relay_count; i++)
        t->relays[n->relays[i]] = 1;
    return SKY_OK;
}

void topology_free(topology *t)
{
    free(t->links);
    free(t->pipes);
    free(t->relays);
    free(t->zone_links);
    memset(t, 0, sizeof *t);
}

void topology_pipe_name(const topology *t, const scenario *s, uint32_t pipe, char *out, size_t size)
{
    static const char *const kinds[] = { "internet out", "internet in", "backbone out", "backbone in", "",
                                         "back" };
    const topology_pipe *p = &t->pipes[pipe];
    const char *of;

    if (p->kind >= PIPE_ZONE_OUT) {
        snprintf(out, size, "%s%s %s", s->regions[p->of].name, s->regions[p->of].zones[p->zone],
                 p->kind == PIPE_ZONE_OUT ? "out" : "in");
        return;
    }
    of = p->kind < PIPE_PRIVATE ? s->regions[p->of].name : s->network->links[p->of].name;
    snprintf(out, size, "%s%s%s", of, p->kind != PIPE_PRIVATE ? " " : "", kinds[p->kind]);
}

/* ---- routes ------------------------------------------------------------------------------------------------- */

int64_t topology_rtt_ns(const topology_link *link)
{
    return add_sat_i64(link->rtt_ns, muldiv_i64(link->rtt_ns, link->slow_ppm, PPM));
}

int64_t topology_loss_ppb(const topology_link *link)
{
    int64_t loss = link->line->loss_ppb + link->more_loss_ppb;

    return loss < BILLION ? loss : BILLION;
}

typedef struct measure {
    int64_t first, second;
    uint32_t count;
} measure;

static measure add_link(const topology *t, measure m, const topology_link *link)
{
    int64_t rtt_ns = topology_rtt_ns(link);

    switch (t->routing) {
    case ROUTE_LEAST_COST:
        m.first += link->nusd_per_gb;
        m.second += rtt_ns;
        break;
    case ROUTE_PRIVATE_FIRST:
        m.first += link->kind == LINK_PUBLIC;
        m.second += rtt_ns;
        break;
    default:
        m.first += rtt_ns;
        m.second += link->nusd_per_gb;
    }
    m.count++;
    return m;
}

static int is_less(measure a, measure b)
{
    if (a.first != b.first)
        return a.first < b.first;
    return a.second != b.second ? a.second < b.second : a.count < b.count;
}

uint32_t topology_best_link(const topology *t, uint32_t from, uint32_t to)
{
    uint32_t best = SKY_NONE, index = from * (uint32_t)t->region_count + to;

    if (!t->links[index].down)
        best = index;
    for (uint32_t i = (uint32_t)(t->region_count * t->region_count); i < t->link_count; i++) {
        const measure none = { 0, 0, 0 };

        if (t->links[i].from != from || t->links[i].to != to || t->links[i].down)
            continue;
        if (best == SKY_NONE || is_less(add_link(t, none, &t->links[i]), add_link(t, none, &t->links[best])))
            best = i;
    }
    return best;
}

typedef struct search {
    const topology *topology;
    uint32_t to;
    topology_route route, best;
    measure least;
} search;

/* Depth first through the relays, cut where it is no better than what was found. */
static void extend(search *s, uint32_t at, measure m)
{
    const topology *t = s->topology;

    for (uint32_t next = 0; next < t->region_count; next++) {
        uint32_t link, seen = next == at;
        measure more;

        if ((next != s->to && (!t->relays[next] || s->route.count + 1 == SEARCHED_HOPS)))
            continue;
        for (uint32_t i = 0; i < s->route.count; i++)
            seen |= t->links[s->route.links[i]].from == next;
        if (seen || (link = topology_best_link(t, at, next)) == SKY_NONE)
            continue;
        more = add_link(t, m, &t->links[link]);
        if (s->best.count > 0 && !is_less(more, s->least))
            continue;
        s->route.links[s->route.count++] = link;
        if (next == s->to) {
            s->best = s->route;
            s->least = more;
        } else {
            extend(s, next, more);
        }
        s->route.count--;
    }
}

topology_route topology_find_route(const topology *t, uint32_t from, uint32_t to)
{
    search s = { .topology = t, .to = to };

    if (from != to)
        extend(&s, from, (measure){ 0, 0, 0 });
    return s.best;
}

topology_route topology_zone_route(const topology *t, uint32_t region, uint32_t from_zone, uint32_t to_zone)
{
    uint32_t zones = (uint32_t)t->scenario->regions[region].zone_count;
    topology_route route = { .count = 1, .links = { t->zone_links[region] + from_zone * zones + to_zone } };

    route.count = !t->links[route.links[0]].down;
    return route;
}

int64_t topology_tcp_rate(const topology *t, const topology_route *route, uint32_t streams,
                          int64_t window_bytes)
{
    int64_t least = INT64_MAX;

    for (uint32_t i = 0; i < route->count; i++) {
        const topology_link *link = &t->links[route->links[i]];
        tcp_path path = { .rtt_ns = topology_rtt_ns(link),
                          .loss_ppb = topology_loss_ppb(link),
                          .segment_bytes = SEGMENT_BYTES,
                          .window_bytes = window_bytes };
        int64_t rate = tcp_bytes_per_s(&path, streams);

        least = rate < least ? rate : least;
    }
    return least;
}

/* ---- checkpoints --------------------------------------------------------------------------------------------- */

void topology_state(topology *t, state *s)
{
    state_things(s, t->link_count);
    for (size_t i = 0; i < t->link_count; i++) {
        topology_link *link = &t->links[i];

        STATE_VALUE(s, link->down);
        STATE_VALUE(s, link->slow_ppm);
        STATE_VALUE(s, link->more_loss_ppb);
        state_check(s, link->down <= 1 && link->slow_ppm >= 0 && link->slow_ppm <= MOST_PPM &&
                           link->more_loss_ppb >= 0 && link->more_loss_ppb <= MOST_PPM);
    }
    state_things(s, t->pipe_count);
    for (size_t i = 0; i < t->pipe_count; i++) {
        STATE_VALUE(s, t->pipes[i].left_ppm);
        STATE_VALUE(s, t->pipes[i].load_ppm);
        state_check(s, t->pipes[i].left_ppm >= 0 && t->pipes[i].left_ppm <= MOST_PPM &&
                           t->pipes[i].load_ppm >= 0 && t->pipes[i].load_ppm <= MOST_PPM);
    }
}
