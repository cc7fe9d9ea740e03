/* How long a service takes: a distribution in whole nanoseconds, as a function of one exponential variate of mean 1,
 * so that a draw is a draw whatever the distribution (stream.h), and rises with it, so that quantiles come for free.
 *
 * Exponential and fixed times have the same bits everywhere; pow and exp of the other two are the C library's, as in
 * draw.h. */
#ifndef SKYTWIN_SERVICE_DURATION_H
#define SKYTWIN_SERVICE_DURATION_H

#include <stdint.h>

typedef enum duration_kind {
    DURATION_FIXED,
    DURATION_EXPONENTIAL,
    DURATION_LOGNORMAL,
    DURATION_WEIBULL,
    DURATION_KIND_COUNT
} duration_kind;

typedef struct duration {
    duration_kind kind;
    double mean_ns;
    double shape; /* lognormal: sigma, standard deviation of the logarithm; Weibull: shape, 0.05 … 20 */
    double scale; /* lognormal: the median; Weibull: its scale */
} duration;

/* mean_ns: 0 … 10^15. */
duration duration_make(duration_kind kind, double mean_ns, double shape);
int64_t duration_special_ns(const duration *d, double exponential);

/* exponential: -log u; the time is the quantile at 1 - u. Up to 10^18 ns. */
static inline int64_t duration_ns(const duration *d, double exponential)
{
    if (d->kind == DURATION_EXPONENTIAL)
        return (int64_t)(exponential * d->mean_ns + 0.5);
    if (d->kind == DURATION_FIXED)
        return (int64_t)(d->mean_ns + 0.5);
    return duration_special_ns(d, exponential);
}

/* Squared coefficient of variation: variance / mean^2. */
double duration_scv(const duration *d);

#endif
