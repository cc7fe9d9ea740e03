/* Overlay routes for one bulk transfer: over which relays, how much over each, and with how many gateway machines;
 * cheapest for a throughput asked for, or fastest below a price, as Skyplane plans them [Jain et al., "Skyplane:
 * Optimizing Transfer Cost and Throughput Using Cloud-Aware Overlays", NSDI 2023, section 5].
 *
 * Flows F[u,v] and machines N[v], whole numbers: what comes in goes out, but at the ends; a region's machines
 * bound what it sends and what it gets, and their connections what goes over each pair:
 *     sum over v of F[u,v] <= out[u] N[u],  sum over v of F[u,v] / rate[u,v] <= N[u],  the same of what comes in.
 * A transfer of B bytes at T bytes a second costs B / T x (sum F price + sum N machine). The cheapest has T given;
 * the fastest has the cost bound, which is linear in T too: B (sum F price + sum N machine) <= ceiling x T. Both are
 * mixed integer programs, solved exactly by GLPK. */
#ifndef SKYTWIN_NETWORK_OVERLAY_H
#define SKYTWIN_NETWORK_OVERLAY_H

#include <skytwin/engine.h>

#define OVERLAY_SITES 16
#define OVERLAY_PATHS (OVERLAY_SITES * OVERLAY_SITES)

typedef struct overlay_site {
    int64_t out_bytes_per_s, in_bytes_per_s; /* of one gateway machine */
    int64_t nusd_per_hour;                   /* of one */
    uint32_t machines, reserved;             /* at most */
} overlay_site;

typedef struct overlay_pair {
    int64_t bytes_per_s; /* between one machine at either end, with all its connections; 0: no link */
    int64_t nusd_per_gb;
} overlay_pair;

typedef struct overlay_problem {
    uint32_t site_count; /* at most OVERLAY_SITES */
    uint32_t from, to;   /* sites, not the same */
    int64_t bytes;       /* at least 1 */
    const overlay_site *site;
    const overlay_pair *pair; /* [from × site_count + to] */
} overlay_problem;

typedef struct overlay_path {
    int64_t bytes_per_s;
    uint32_t count; /* sites on it, its ends included */
    uint32_t sites[OVERLAY_SITES];
} overlay_path;

typedef struct overlay_plan {
    int64_t bytes_per_s; /* of all paths; 0: there is no plan */
    int64_t nusd;        /* of the whole transfer, machines included */
    uint32_t machines[OVERLAY_SITES];
    uint32_t path_count, reserved;
    overlay_path paths[OVERLAY_PATHS];
} overlay_plan;

/* plan->bytes_per_s is 0 where no plan reaches the goal, or none stays below the ceiling. Rates are rounded to whole
 * bytes per second, by some bytes. SKY_ERROR_MEMORY; SKY_ERROR_STATE: the solver gave up. */
sky_status overlay_cheapest(const overlay_problem *problem, int64_t goal_bytes_per_s, overlay_plan *plan,
                            sky_error *error);
sky_status overlay_fastest(const overlay_problem *problem, int64_t ceiling_nusd, overlay_plan *plan,
                           sky_error *error);

#endif
