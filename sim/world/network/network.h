/* The network in time: transfers between regions as flows over routes, their bills, and what is moved by
 * schedule. The world asks when something happens next, goes there, and takes the transfers that ended.
 *
 * A transfer's rate is the least of its share of each pipe on its way, max–min fair, and what TCP reaches there
 * over so many connections. It has arrived when its last byte has left: propagation, a few hundredths of a second,
 * is not added. It is billed when it ends, to that month; what has moved is billed where it is cut off, or
 * goes on another way. One that was planned (plans.h) is several transfers, one a path, that share its bytes. */
#ifndef SKYTWIN_NETWORK_NETWORK_H
#define SKYTWIN_NETWORK_NETWORK_H

#include "flows.h"
#include "plans.h"
#include "transfer_bill.h"

/* Whose transfer it is. */
typedef enum network_owner { NETWORK_SCHEDULED, NETWORK_JOB, NETWORK_DATA } network_owner;

typedef struct network_transfer {
    int64_t start_ns, end_ns; /* end_ns: once it has ended */
    int64_t bytes;
    int64_t moved_bytes, nusd;   /* as billed so far; all when it has ended */
    uint32_t from, to;           /* regions */
    uint32_t from_zone, to_zone; /* where these are one */
    uint32_t owner, subject; /* network_owner; scheduled: which of the scenario's; job, data: the caller's */
    uint32_t flow, way;      /* flow: SKY_NONE once it has ended */
    uint32_t kind;           /* link_kind, or LINK_KIND_COUNT: by way of relays */
    uint32_t plan_way; /* over the path of its plan, taken whenever that is open; SKY_NONE: not planned */
    uint32_t cut, reserved;     /* cut: 1: it ended before it had all */
    int64_t rent_nusd_per_hour; /* its share of the gateways of a plan */
} network_transfer;

/* A route that is or was in use, and the bundle of its flows. */
typedef struct network_way {
    topology_route route;
    int64_t rate;          /* by TCP, bytes per second */
    uint32_t bundle, next; /* next: of the same two regions */
} network_way;

/* What a private link's port costs now, and what it has cost beyond that: 0 but where its price has changed. */
typedef struct network_port {
    int64_t nusd_per_hour, older_nusd;
} network_port;

typedef struct network {
    const scenario *scenario;
    transfer_meter *meters; /* by provider: the caller's */
    topology topology;
    flows flows;
    network_way *ways;
    size_t way_count, way_room;
    uint32_t *first_way; /* [from × regions + to] */
    uint32_t nowhere;    /* bundle of flows that find no route: they wait */
    network_transfer *transfers;
    size_t transfer_count, transfer_room;
    plans *plans;          /* of the scenario's transfers */
    int64_t *scheduled_ns; /* when each of the scenario's starts next */
    network_port *ports;   /* of each private link */
    int64_t due_ns;        /* the least of them */
    uint32_t *ended;       /* transfers that ended and were not taken */
    size_t ended_count, ended_taken;
    sky_int128 *units; /* room for a figure of each pipe */
    /* Bytes of all transfers so far: that were to move, and of those that ended, that did not; so many did not have all. */
    sky_int128 sent_bytes, cut_bytes;
    uint64_t cut_count;
    uint32_t live;
} network;

/* Of a scenario with a section `network`. SKY_ERROR_INPUT: a transfer asks for what no plan can do.
 * SKY_ERROR_MEMORY. network_free frees what is there. */
sky_status network_init(network *n, const scenario *s, transfer_meter *meters, sky_error *error);
void network_free(network *n);

/* When something happens here next: a transfer ends or is due. SKY_NEVER_NS. */
int64_t network_next_ns(network *n);
/* Goes to a time not beyond network_next_ns: ends and starts what is due. SKY_ERROR_MEMORY. */
sky_status network_advance(network *n, int64_t now_ns);
/* 1: *ended is the next one that ended, in order, by itself or cut off. 0: no more. */
int network_take(network *n, uint32_t *ended);

/* Between two regions, not the same. bytes >= 1. SKY_ERROR_MEMORY. */
sky_status network_send(network *n, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                        network_owner owner, uint32_t subject, uint32_t *transfer);
/* Between two zones of a region, of a scenario where these are apart. */
sky_status network_send_between_zones(network *n, int64_t now_ns, uint32_t region, uint32_t from_zone,
                                      uint32_t to_zone, int64_t bytes, network_owner owner, uint32_t subject,
                                      uint32_t *transfer);
void network_cut(network *n, int64_t now_ns, uint32_t transfer);
/* How long it would still take at its rate now; SKY_NEVER_NS: it does not move. */
int64_t network_left_ns(network *n, int64_t now_ns, uint32_t transfer);

/* Faults. Link: of topology.links. Once all that change at an instant are set, transfers go on by the best routes that
 * are left, planned ones by their plans again where these are open, or wait. network_set_link does both for one link. */
void network_change_link(network *n, uint32_t link, int down, int64_t slow_ppm, int64_t more_loss_ppb);
sky_status network_reroute(network *n, int64_t now_ns);
sky_status network_set_link(network *n, int64_t now_ns, uint32_t link, int down, int64_t slow_ppm,
                            int64_t more_loss_ppb);
/* What is left of a pipe's capacity. */
void network_set_pipe(network *n, int64_t now_ns, uint32_t pipe, int64_t left_ppm);

/* Price per GB of a link of the topology now. */
int64_t network_link_price(const network *n, int64_t now_ns, uint32_t link);
/* Price per GB over the route that would be taken now. */
int64_t network_price(const network *n, int64_t now_ns, uint32_t from, uint32_t to);
/* Counts bytes of messages, too small each to be a transfer, over the route taken now; returns their price. 0: no way. */
int64_t network_bill(network *n, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes);
/* A private link's port up to a time; those of all. */
int64_t network_port_nusd(const network *n, uint32_t private_link, int64_t to_ns);
int64_t network_ports_nusd(const network *n, int64_t to_ns);
/* Whole bytes through each pipe so far; carried[topology.pipe_count]. */
void network_carried(network *n, int64_t now_ns, int64_t *carried);

/* 1: what was sent has arrived, is in flight or was cut off, and pipes carried what flows got. By the number of flows. To be
 * asked when all that ended was taken. */
int network_is_conserved(const network *n);

/* Notes how full the pipes are now: for the queues that messages meet. */
void network_measure(network *n);
/* One-way latency of a message over the route taken now: see latency.h. counter: the message's. Pure: any thread,
 * while nothing changes the network; counter below 2^55. SKY_NEVER_NS: no way. */
int64_t network_latency_ns(const network *n, const topology_route *route, uint64_t seed, uint32_t replication,
                           int64_t bytes, int64_t time_ns, uint64_t counter);

/* ---- checkpoints (network_state.c) ---- */
/* Saves or restores all but the meters. The one that is restored was just made, of a scenario with the same links. Of transfers
 * that ended and were taken only the numbers stay taken. */
void network_state(network *n, state *s);
/* Restored from a run of another scenario, it goes on with the capacities, routes and ports of its own from now on; what has
 * moved and was not billed yet is billed at its prices. Of the same scenario nothing changes. SKY_ERROR_MEMORY. */
sky_status network_follow_scenario(network *n, int64_t now_ns);

#endif
