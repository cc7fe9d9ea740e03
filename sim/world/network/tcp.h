/* What loss and distance leave of a TCP connection's throughput, in the long run. */
#ifndef SKYTWIN_NETWORK_TCP_H
#define SKYTWIN_NETWORK_TCP_H

#include <stdint.h>

typedef struct tcp_path {
    int64_t rtt_ns;        /* above 0 */
    int64_t loss_ppb;      /* packets lost in 10^9 */
    int64_t segment_bytes; /* MSS: 1460 on Ethernet */
    int64_t window_bytes;  /* the most that a connection has under way */
} tcp_path;

/* Mean windows, in segments, under a loss rate p: Reno's sqrt(3 / 2p) [Mathis, Semke, Mahdavi and Ott, CCR
 * 27(3), 1997, eq. 3], and CUBIC's [RFC 9438, section 5.1: equation 5 with beta = 0.7 and C = 0.4; on short
 * paths it is as fast as Reno, section 4.3]. Infinite without loss. */
double tcp_reno_window(const tcp_path *path);
double tcp_cubic_window(const tcp_path *path);

/* Bytes per second of `streams` parallel CUBIC connections that don't share their losses, rounded down; at
 * least 1. */
int64_t tcp_bytes_per_s(const tcp_path *path, uint32_t streams);

#endif
