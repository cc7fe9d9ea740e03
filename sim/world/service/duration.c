#include "duration.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define LONGEST_NS 1e18

duration duration_make(duration_kind kind, double mean_ns, double shape)
{
    duration d = { .kind = kind, .mean_ns = mean_ns, .shape = shape, .scale = mean_ns };

    if (kind == DURATION_LOGNORMAL)
        d.scale = mean_ns * exp(-shape * shape / 2);
    else if (kind == DURATION_WEIBULL)
        d.scale = mean_ns / tgamma(1 + 1 / shape);
    return d;
}

int64_t duration_special_ns(const duration *d, double exponential)
{
    double ns;

    if (d->kind == DURATION_WEIBULL)
        ns = d->scale * pow(exponential, 1 / d->shape);
    else
        ns = d->scale * exp(d->shape * gsl_cdf_ugaussian_Qinv(exp(-exponential)));
    return ns < LONGEST_NS ? (int64_t)(ns + 0.5) : (int64_t)LONGEST_NS;
}

double duration_scv(const duration *d)
{
    switch (d->kind) {
    case DURATION_EXPONENTIAL:
        return 1;
    case DURATION_LOGNORMAL:
        return expm1(d->shape * d->shape);
    case DURATION_WEIBULL:
        return tgamma(1 + 2 / d->shape) / pow(tgamma(1 + 1 / d->shape), 2) - 1;
    default:
        return 0;
    }
}
