#include "latency.h"

#include "../../../engine/model/arith.h"
#include "../../kernel/draw.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <skytwin/engine.h>

#define GRAIN_NS     100 /* as in draw.h: a draw is rounded before it decides anything */
#define LONGEST_NS   (3600.0 * 1e9)
#define PACKET_BYTES 1500
#define FULLEST_PPM  990000

static int64_t round_ns(double ns)
{
    return (int64_t)nearbyint(fmin(ns, LONGEST_NS) / GRAIN_NS) * GRAIN_NS;
}

static double link_state(const latency_jitter *jitter, random_key key, int64_t time_ns)
{
    uint64_t knot = (uint64_t)(time_ns / jitter->correlation_ns);
    double w = (double)(time_ns % jitter->correlation_ns) / (double)jitter->correlation_ns;

    key.purpose = RANDOM_LINK_STATE;
    return ((1 - w) * draw_normal(&key, knot) + w * draw_normal(&key, knot + 1)) /
           sqrt((1 - w) * (1 - w) + w * w);
}

int64_t latency_jitter_ns(const latency_jitter *jitter, random_key key, int64_t time_ns, uint64_t counter)
{
    double r = jitter->correlation, mean = (double)jitter->mean_ns, rest, z = 0;

    if (jitter->mean_ns == 0)
        return 0;
    if (r > 0)
        z = r * link_state(jitter, key, time_ns);
    key.purpose = RANDOM_LINK_JITTER;
    if (r < 1)
        z += sqrt(1 - r * r) * draw_normal(&key, counter);
    rest = gsl_cdf_ugaussian_Q(z); /* probability of more */
    if (jitter->tail == 0)
        return round_ns(-mean * log(rest));
    return round_ns(mean * (jitter->tail - 1) * (pow(rest, -1 / jitter->tail) - 1));
}

int64_t latency_serialisation_ns(int64_t bytes, int64_t bytes_per_s)
{
    return muldiv_ceil_i64(bytes, SKY_NS_PER_SECOND, bytes_per_s);
}

int64_t latency_queueing_ns(int64_t bytes_per_s, int64_t utilisation_ppm, random_key key, uint64_t counter)
{
    double rho = (double)(utilisation_ppm < FULLEST_PPM ? utilisation_ppm : FULLEST_PPM) * 1e-6, u;

    key.purpose = RANDOM_LINK_QUEUE;
    if (rho <= 0 || (u = draw_uniform(&key, counter)) >= rho)
        return 0;
    return round_ns(-log(u / rho) * (PACKET_BYTES * 1e9 / (double)bytes_per_s) / (1 - rho));
}
