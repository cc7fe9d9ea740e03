#include "draw.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#define NS_PER_MS 1e6

int64_t draw_round_ns(double ns)
{
    double ms = nearbyint(ns / NS_PER_MS);

    if (!(ms >= 1))
        ms = 1;
    if (ms > 1e12)
        ms = 1e12;
    return (int64_t)ms * (int64_t)NS_PER_MS;
}

double draw_uniform(const random_key *key, uint64_t count)
{
    return ((double)(random_u64(key, count) >> 11) + 0.5) * 0x1p-53;
}

double draw_normal(const random_key *key, uint64_t count)
{
    return gsl_cdf_ugaussian_Pinv(draw_uniform(key, count));
}

int64_t draw_exponential_ns(const random_key *key, uint64_t count, double mean_ns)
{
    return draw_round_ns(gsl_cdf_exponential_Pinv(draw_uniform(key, count), mean_ns));
}

int64_t draw_weibull_ns(const random_key *key, uint64_t count, double mean_ns, double shape)
{
    double scale = mean_ns / gsl_sf_gamma(1 + 1 / shape);

    return draw_round_ns(gsl_cdf_weibull_Pinv(draw_uniform(key, count), scale, shape));
}

int64_t draw_lognormal_ns(const random_key *key, uint64_t count, double mean_ns, double sigma)
{
    double zeta = log(mean_ns) - sigma * sigma / 2;

    return draw_round_ns(gsl_cdf_lognormal_Pinv(draw_uniform(key, count), zeta, sigma));
}

int64_t draw_pareto_ns(const random_key *key, uint64_t count, double mean_ns, double alpha)
{
    double least = mean_ns * (alpha - 1) / alpha;

    return draw_round_ns(gsl_cdf_pareto_Pinv(draw_uniform(key, count), alpha, least));
}
