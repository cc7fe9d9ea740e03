#include "tcp.h"

#include <math.h>

#define CUBIC_C    0.4
#define CUBIC_BETA 0.7
#define MOST       1e13 /* bytes per second */

static double loss_of(const tcp_path *path)
{
    return (double)path->loss_ppb * 1e-9;
}

double tcp_reno_window(const tcp_path *path)
{
    return sqrt(1.5 / loss_of(path));
}

double tcp_cubic_window(const tcp_path *path)
{
    double rtt_s = (double)path->rtt_ns * 1e-9;
    double cubic = pow(CUBIC_C * (3 + CUBIC_BETA) / (4 * (1 - CUBIC_BETA)), 0.25) *
                   pow(rtt_s / loss_of(path), 0.75);

    return fmax(cubic, tcp_reno_window(path));
}

int64_t tcp_bytes_per_s(const tcp_path *path, uint32_t streams)
{
    double window = tcp_cubic_window(path) * (double)path->segment_bytes;
    double rate = fmin(window, (double)path->window_bytes) / ((double)path->rtt_ns * 1e-9) * streams;

    return rate < 1 ? 1 : rate > MOST ? (int64_t)MOST : (int64_t)rate;
}
