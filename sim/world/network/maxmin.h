/* Max–min fair rates, kept up to date: no flow's rate can rise but at the cost of one that is not faster
 * [Bertsekas and Gallager, Data Networks, 2nd ed. 1992, section 6.5.2].
 *
 * Flows of one route and one cap have one rate: they are a bundle, and costs follow bundles. Each link has a
 * level, the rate of the flows that it holds back; a flow's rate is the least of its cap and its links' levels.
 * A link's level depends on lower levels alone, so a change is carried on in rising order of levels, from the
 * links where it happened to those whose level it really moves (as in Ramalingam and Reps, "An Incremental
 * Algorithm for a Generalization of the Shortest-Path Problem", J. Algorithms 21, 1996), and nowhere else.
 *
 * Rates are integers, in 2^-16 bytes per second. Progressive filling with whole rates: all rates rise together
 * from 0; a link freezes its flows at the first whole rate m at which one more for each flow that is not frozen
 * below m would pass its capacity. The levels so defined are unique, hence the same whatever came before. */
#ifndef SKYTWIN_NETWORK_MAXMIN_H
#define SKYTWIN_NETWORK_MAXMIN_H

#include "../../../engine/model/arith.h"
#include <skytwin/engine.h>

#define MAXMIN_RATE_SCALE 65536              /* a rate of 1 byte per second */
#define MAXMIN_MOST       (INT64_C(1) << 60) /* capacity: 1.7e13 bytes per second */
#define MAXMIN_FREE       INT64_MAX          /* level of a link that holds nothing back */

/* A bundle as seen from one of its links. */
typedef struct maxmin_entry {
    int64_t bound; /* its rate, were this link not there */
    uint32_t flows, bundle, hop, reserved;
} maxmin_entry;

typedef struct maxmin_link {
    int64_t capacity, level;
    int64_t next_level; /* what the entries make of it: where it differs, the link waits in `heap` */
    sky_int128 demand;  /* sum of flows × bound */
    int64_t flows;
    maxmin_entry *entries; /* of bundles that have flows, in no order */
    uint32_t count, room, bundles;
    uint32_t place; /* in the heap; SKY_NONE */
    uint32_t dirty, rises;
} maxmin_link;

typedef struct maxmin_bundle {
    int64_t least, second; /* of cap and levels; `least` is the rate of each flow */
    int64_t cap;
    uint32_t at; /* hop of the least level; SKY_NONE: the cap */
    uint32_t flows, first_hop, hops, changed, reserved;
} maxmin_bundle;

typedef struct maxmin_hop {
    uint32_t link, place; /* place: of its entry there */
} maxmin_hop;

typedef struct maxmin {
    maxmin_link *links;
    size_t link_count;
    maxmin_bundle *bundles;
    size_t bundle_count, bundle_room;
    maxmin_hop *hops;
    size_t hop_count, hop_room;
    uint32_t *heap, *dirty, *risen; /* links */
    size_t heap_count, dirty_count, risen_count;
    uint32_t *changed; /* bundles whose rate may have changed since maxmin_clear_changed */
    size_t changed_count;
} maxmin;

/* Links 0 … count-1, of the capacities given, each from 0 to MAXMIN_MOST. SKY_ERROR_MEMORY. */
sky_status maxmin_init(maxmin *m, const int64_t *capacity, size_t count);
void maxmin_free(maxmin *m);
/* A bundle without flows: the links, each once, and the most that a flow may have (0 … MAXMIN_MOST).
 * SKY_ERROR_MEMORY: nothing has changed. */
sky_status maxmin_add(maxmin *m, const uint32_t *links, size_t count, int64_t cap, uint32_t *bundle);
/* Changes wait for maxmin_settle. They take no memory and cannot fail. */
void maxmin_set_flows(maxmin *m, uint32_t bundle, uint32_t flows);
void maxmin_set_capacity(maxmin *m, uint32_t link, int64_t capacity);
/* Brings levels and rates up to date; `changed` gains the bundles concerned. */
void maxmin_settle(maxmin *m);
void maxmin_clear_changed(maxmin *m);

static inline int64_t maxmin_rate(const maxmin *m, uint32_t bundle)
{
    return m->bundles[bundle].least;
}

/* What one more flow over this link alone would get, once settled, were the others' other links to stay as they are. What
 * others gain and lose elsewhere by it is not followed up. */
int64_t maxmin_offer(const maxmin *m, uint32_t link);

/* What all flows of a link have together: at most its capacity. Exact once settled. */
int64_t maxmin_load(const maxmin *m, uint32_t link);

#endif
