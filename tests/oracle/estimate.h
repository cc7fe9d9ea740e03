/* A mean over independent replications, and whether it is what theory says: within the 99 % interval
 * [Student 1908]. Seeds are fixed, so a test passes or fails for good; none was picked to pass. */
#ifndef SKYTWIN_TESTS_ESTIMATE_H
#define SKYTWIN_TESTS_ESTIMATE_H

#include "../validation.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#ifndef ESTIMATE_OF
#error "a test says of what part of the world its estimates are: #define ESTIMATE_OF before this"
#endif

typedef struct estimate {
    double mean, squares; /* squares: sum of squared deviations (Welford) */
    int n;
} estimate;

static inline void estimate_add(estimate *e, double x)
{
    double step = x - e->mean;

    e->mean += step / ++e->n;
    e->squares += step * (x - e->mean);
}

static inline double estimate_half_width(const estimate *e)
{
    return gsl_cdf_tdist_Qinv(0.005, e->n - 1) * sqrt(e->squares / (e->n - 1) / e->n);
}

/* What is estimated, as the validation table names it: the world's part, then the variable's name in words. */
static inline void estimate_row(const char *name, const char *expected, const char *found, const char *file)
{
    char what[160];

    snprintf(what, sizeof what, "%s: %s", ESTIMATE_OF, name);
    for (char *c = what; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    validation_row(what, expected, found, file);
}

/* Needs cmocka.h. The interval must also be narrow enough to mean something: at most `resolution` wide to
 * either side. */
#define assert_estimate(e, expected, resolution)                                                             \
    do {                                                                                                     \
        char expected_[32], found_[64];                                                                      \
        double half_ = estimate_half_width(e);                                                               \
        print_message("    %-34s expected %10.6g  found %10.6g  +- %.2g\n", #e, (double)(expected),          \
                      (e)->mean, half_);                                                                     \
        snprintf(expected_, sizeof expected_, "%.5g", (double)(expected));                                   \
        snprintf(found_, sizeof found_, "%.5g ± %.2g (99 %%)", (e)->mean, half_);                            \
        estimate_row(&#e[1], expected_, found_, __FILE_NAME__);                                              \
        if (!(fabs((e)->mean - (expected)) <= half_) || !(half_ <= (resolution)))                            \
            fail_msg("%s: found %g +- %g, expected %g (+- %g at most)", #e, (e)->mean, half_,                \
                     (double)(expected), (double)(resolution));                                              \
    } while (0)

#endif
