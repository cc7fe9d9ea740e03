/* The network that bench_network_flows gives to both: 50 sites, each with a link out and one in, and 450 links
 * between them; and the way each flow takes. Header only. */
#ifndef SKYTWIN_TESTS_BENCH_NETWORK_H
#define SKYTWIN_TESTS_BENCH_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_SITES 50
#define BENCH_PEERS 9 /* of a site, in the backbone */
#define BENCH_LINKS (2 * BENCH_SITES + BENCH_PEERS * BENCH_SITES)
#define BENCH_HOPS  8

typedef struct bench_flow {
    uint32_t from, to;
    int64_t bytes;
    int64_t end_ns; /* to be found */
} bench_flow;

typedef struct bench_network {
    int64_t bytes_per_s[BENCH_LINKS];
    uint32_t route[BENCH_SITES][BENCH_SITES][BENCH_HOPS], hops[BENCH_SITES][BENCH_SITES];
    size_t flow_count;
    bench_flow *flows; /* all start at 0 */
} bench_network;

/* The other simulator: sets end_ns of each flow, returns the seconds that it took. */
double bench_simgrid(const bench_network *n, bench_flow *flows);

#endif
