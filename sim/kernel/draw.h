/* Random variates: one draw is one counter value (inverse distribution functions of GSL, no rejection), so
 * that the n-th draw is the n-th draw whatever came before.
 *
 * Times are rounded to whole milliseconds before they decide anything: the last bit of libm, which differs
 * between processors, then changes a time only if it straddles a rounding boundary (about one draw in 10^9
 * at hours' length). */
#ifndef SKYTWIN_KERNEL_DRAW_H
#define SKYTWIN_KERNEL_DRAW_H

#include "random.h"

/* Uniform in (0, 1), both ends left out: 53 bits and a half. */
double draw_uniform(const random_key *key, uint64_t count);
double draw_normal(const random_key *key, uint64_t count);
/* Times of the given mean, in ns, a multiple of a millisecond, at least one. shape 1 is exponential. */
int64_t draw_exponential_ns(const random_key *key, uint64_t count, double mean_ns);
int64_t draw_weibull_ns(const random_key *key, uint64_t count, double mean_ns, double shape);
int64_t draw_lognormal_ns(const random_key *key, uint64_t count, double mean_ns, double sigma);
/* alpha > 1 */
int64_t draw_pareto_ns(const random_key *key, uint64_t count, double mean_ns, double alpha);
/* Rounds a time to a whole millisecond, between one and 10^18 ns. */
int64_t draw_round_ns(double ns);

#endif
