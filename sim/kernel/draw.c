#include "draw.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define NS_PER_MS           1e6
#define LONGEST_MS          1e12
#define POISSON_EXACT_UP_TO 500.0
#define NEWTON_STEPS        500 /* some ten are usual */

int64_t draw_round_ns(double ns)
{
    double ms = nearbyint(ns / NS_PER_MS);

    if (!(ms >= 1))
        ms = 1;
    if (ms > LONGEST_MS)
        ms = LONGEST_MS;
    return (int64_t)ms * (int64_t)NS_PER_MS;
}

double draw_uniform(const random_key *key, uint64_t count)
{
    /* 52 bits, not 53: with 53 the half would be rounded away, and the largest value would be 1. */
    return ((double)(random_u64(key, count) >> 12) + 0.5) * 0x1p-52;
}

double draw_normal(const random_key *key, uint64_t count)
{
    return gsl_cdf_ugaussian_Pinv(draw_uniform(key, count));
}

int64_t draw_exponential_ns(const random_key *key, uint64_t count, double mean_ns)
{
    return draw_round_ns(gsl_cdf_exponential_Pinv(draw_uniform(key, count), mean_ns));
}

/* tgamma and not GSL's: it gives infinity where GSL's would call the error handler, that is, abort. */
static double weibull_scale(double mean_ns, double shape)
{
    return mean_ns / tgamma(1 + 1 / shape);
}

int64_t draw_weibull_ns(const random_key *key, uint64_t count, double mean_ns, double shape)
{
    return draw_round_ns(
        gsl_cdf_weibull_Pinv(draw_uniform(key, count), weibull_scale(mean_ns, shape), shape));
}

/* With P the regularised incomplete gamma function, the rest x of a Weibull time of unit scale has the
 * distribution P(1/shape, x^shape) and the density exp(-x^shape) / Gamma(1 + 1/shape). The density falls, so
 * Newton's iteration from 0 rises towards the root and never passes it: no need of GSL's inverse, which gives
 * up on some arguments. */
int64_t draw_weibull_rest_ns(const random_key *key, uint64_t count, double mean_ns, double shape)
{
    double u = draw_uniform(key, count), x = 0, step = u * tgamma(1 + 1 / shape);

    for (int i = 0; i < NEWTON_STEPS && step > x * 1e-13; i++) {
        double y;

        x += step;
        y = pow(x, shape);
        step = (u - gsl_cdf_gamma_P(y, 1 / shape, 1)) * exp(y) * tgamma(1 + 1 / shape);
    }
    return draw_round_ns(weibull_scale(mean_ns, shape) * x);
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

int64_t draw_poisson(const random_key *key, uint64_t count, double mean)
{
    double u = draw_uniform(key, count), chance, below, z;
    int64_t n = 0;

    if (mean > POISSON_EXACT_UP_TO) {
        z = gsl_cdf_ugaussian_Pinv(u);
        return (int64_t)floor(fmax(mean + sqrt(mean) * z + (z * z - 1) / 6 + 0.5, 0));
    }
    chance = exp(-mean);
    for (below = chance; below < u && chance > 0; below += chance)
        chance *= mean / (double)++n;
    return n;
}
