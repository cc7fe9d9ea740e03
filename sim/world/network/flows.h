/* Bulk transfers: flows that share links max–min fairly (maxmin.h), event by event. Flows of a bundle (one
 * route, one cap) are served alike, so a change costs by the bundles that it concerns, not by their flows.
 *
 * Times are whole ns. A flow ends at the first ns at which it has all its bytes; all that happens at one ns
 * happens before rates are shared anew. Between, bytes are exact: rate × time in units of 2^-16 · 10^-9 bytes,
 * in 128 bits, so that what a link carried is what its flows got, at every instant. */
#ifndef SKYTWIN_NETWORK_FLOWS_H
#define SKYTWIN_NETWORK_FLOWS_H

#include "../../kernel/state.h"
#include "maxmin.h"

#define FLOWS_UNITS_PER_BYTE   (MAXMIN_RATE_SCALE * SKY_NS_PER_SECOND)
#define FLOWS_MOST_BYTES_PER_S (MAXMIN_MOST / MAXMIN_RATE_SCALE) /* 17.6 TB per second */

typedef struct flow {
    sky_int128 end;   /* `served` of its bundle at which it has all */
    sky_int128 units; /* its size, what is left where it was moved */
    uint64_t sequence;
    uint32_t bundle;                /* SKY_NONE: free */
    uint32_t child, next, previous; /* pairing heap of a bundle's flows, by end; next: of the free ones */
    uint32_t subject, reserved;     /* the caller's */
} flow;

typedef struct flows_bundle {
    sky_int128 served;  /* to each flow since the bundle began */
    sky_int128 carried; /* of all flows together */
    int64_t since_ns;   /* up to when */
    int64_t rate;
    int64_t finish_ns; /* of its first flow, at this rate; SKY_NEVER_NS */
    uint32_t first, flows;
    uint32_t place, reserved; /* in the heap of bundles, by finish_ns */
} flows_bundle;

typedef struct flows {
    maxmin rates;
    flows_bundle *bundles;
    size_t bundle_room;
    uint32_t *heap; /* all bundles */
    flow *flows;
    size_t flow_count, flow_room;
    uint32_t free_flow;
    uint64_t started;
    int64_t now_ns;
    sky_int128 delivered; /* by flows that have left their bundles, in units */
    int stale;            /* something happened at now_ns that rates don't reflect yet */
} flows;

/* Links by capacity in bytes per second, 0 … FLOWS_MOST_BYTES_PER_S. SKY_ERROR_MEMORY. */
sky_status flows_init(flows *f, const int64_t *bytes_per_s, size_t links);
void flows_free(flows *f);
/* A bundle for flows over these links, each once, of at most `most_bytes_per_s` each. SKY_ERROR_MEMORY. */
sky_status flows_add_bundle(flows *f, const uint32_t *links, size_t count, int64_t most_bytes_per_s,
                            uint32_t *bundle);

/* Times given must not go back, nor pass flows_next_ns. */
/* *index: the flow's, until flows_take or flows_cancel gives it back. bytes >= 1. SKY_ERROR_MEMORY. */
sky_status flows_start(flows *f, int64_t now_ns, uint32_t bundle, int64_t bytes, uint32_t subject,
                       uint32_t *index);
/* It goes on over another bundle, with what it has. */
void flows_move(flows *f, int64_t now_ns, uint32_t index, uint32_t bundle);
/* Ends it early; returns the whole bytes it has got. */
int64_t flows_cancel(flows *f, int64_t now_ns, uint32_t index);
void flows_set_capacity(flows *f, int64_t now_ns, uint32_t link, int64_t bytes_per_s);

/* When the next flow ends; SKY_NEVER_NS. */
int64_t flows_next_ns(flows *f);
/* 1: a flow that ended by now_ns, which is forgotten; *subject is what its start gave. In the order of (time,
 * bundle, amount, start). 0: no more. */
int flows_take(flows *f, int64_t now_ns, uint32_t *index, uint32_t *subject);

/* Whole bytes that a flow has got. Of one that has been moved: since then. */
int64_t flows_got(flows *f, int64_t now_ns, uint32_t index);
/* What it still lacks, in units. */
sky_int128 flows_left(flows *f, int64_t now_ns, uint32_t index);
/* What each flow of a bundle gets, in 2^-16 bytes per second. */
int64_t flows_rate(flows *f, uint32_t bundle);
/* Units that flows which left their bundles had got, and all that the others are to get. By the number of flows. */
sky_int128 flows_sent(const flows *f);
/* 1: what bundles carried is what their flows got, to the unit. To be asked when all that has ended was taken. */
int flows_are_conserved(const flows *f);
/* Bytes per second of a link, rounded down. */
int64_t flows_link_rate(flows *f, uint32_t link);
/* What one more flow would get of a link: see maxmin_offer; bytes per second, rounded down. */
int64_t flows_offer(flows *f, uint32_t link);
/* The exact amounts carried so far, in units: by each link, and of a bundle. To be asked when what has ended by
 * now_ns has been taken. */
void flows_carried(const flows *f, int64_t now_ns, sky_int128 *by_link);
sky_int128 flows_bundle_carried(const flows *f, int64_t now_ns, uint32_t bundle);

/* Saves or restores all flows, and what links and bundles have carried. The one that is restored was made with the same links,
 * has the same bundles by now, and no flow yet; heaps, levels and rates follow from that, and are made again. */
void flows_state(flows *f, state *s);

#endif
