/* What is connected with what: one default link between each two regions (the provider's backbone within a
 * provider, else the public Internet) and the private links that were ordered; and the routes over them.
 *
 * A link is one way. Its bytes pass through pipes, which have the capacities: a private link has one of its own;
 * default links share their regions' ways out and in, one pair for the Internet and one for the backbone.
 * Traffic passes only through regions that relay it: with none, each route is one link. At a relay each
 * connection ends and another begins (as in an overlay), so that loss and distance count link by link.
 *
 * Where the scenario has zones apart, each two of a region are linked as well, over a way out and a way in of each; what
 * comes from or goes to another region does not pass these. */
#ifndef SKYTWIN_NETWORK_TOPOLOGY_H
#define SKYTWIN_NETWORK_TOPOLOGY_H

#include "../../kernel/state.h"
#include "../../scenario.h"

#define TOPOLOGY_HOPS 15 /* links of a route at most; of one that is found here, 4 */

typedef struct topology_link {
    uint32_t from, to;           /* regions */
    uint32_t from_zone, to_zone; /* where these are one */
    link_kind kind;
    uint32_t pipes[2], pipe_count;
    uint32_t private_link; /* of the scenario; SKY_NONE */
    int64_t rtt_ns;
    const scenario_line *line;
    uint32_t meter;        /* provider whose tiers hold (public); SKY_NONE: nusd_per_gb does */
    uint32_t down;         /* 1: carries nothing */
    int64_t nusd_per_gb;   /* of the first tier */
    int64_t slow_ppm;      /* what a brown-out adds to its delay */
    int64_t more_loss_ppb; /* and to its loss */
} topology_link;

typedef enum topology_pipe_kind {
    PIPE_PUBLIC_OUT,
    PIPE_PUBLIC_IN,
    PIPE_BACKBONE_OUT,
    PIPE_BACKBONE_IN,
    PIPE_PRIVATE,
    PIPE_PRIVATE_BACK,
    PIPE_ZONE_OUT,
    PIPE_ZONE_IN,
} topology_pipe_kind;

typedef struct topology_pipe {
    uint32_t kind;
    uint32_t of;   /* region; of private ones: the scenario's link */
    uint32_t zone; /* of zones: which of the region's */
    uint32_t reserved;
    int64_t bytes_per_s;
    int64_t left_ppm; /* of that, now */
    int64_t load_ppm; /* how full it was when last measured */
} topology_pipe;

typedef struct topology_route {
    uint32_t count; /* 0: there is none, or none is needed */
    uint32_t links[TOPOLOGY_HOPS];
} topology_route;

typedef struct topology {
    size_t region_count;
    topology_link *links; /* [from × regions + to], two for each private link, then those between zones */
    size_t link_count;
    topology_pipe *pipes;
    size_t pipe_count;
    unsigned char *relays; /* by region */
    uint32_t *zone_links;  /* by region: the first, of [from × zones + to]; NULL: zones are not apart */
    const scenario *scenario;
    network_routing routing;
} topology;

/* Of a scenario with a section `network`. SKY_ERROR_MEMORY: topology_free frees what is there. */
sky_status topology_init(topology *t, const scenario *s);
void topology_free(topology *t);

/* "aws:us-east-1 internet out", or the private link's name. */
void topology_pipe_name(const topology *t, const scenario *s, uint32_t pipe, char *out, size_t size);

/* The best route by the scenario's routing over the links that are up, among those of 4 links at
 * most; ties by the other measure, then by link. Pure: any thread. */
topology_route topology_find_route(const topology *t, uint32_t from, uint32_t to);

/* Between two zones of a region. */
topology_route topology_zone_route(const topology *t, uint32_t region, uint32_t from_zone, uint32_t to_zone);

/* The better of the parallel links between two regions; SKY_NONE: all are down. */
uint32_t topology_best_link(const topology *t, uint32_t from, uint32_t to);

/* Round trip of a link with its brown-out, and loss. */
int64_t topology_rtt_ns(const topology_link *link);
int64_t topology_loss_ppb(const topology_link *link);
/* Bytes per second that so many TCP connections can have over a route, by loss and distance. */
int64_t topology_tcp_rate(const topology *t, const topology_route *route, uint32_t streams,
                          int64_t window_bytes);

/* What faults have made of links and pipes, and how full these are, saved or restored. Routes follow from it. */
void topology_state(topology *t, state *s);

#endif
