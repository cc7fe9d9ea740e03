/* Random variates: one draw is one counter value (inverse distribution functions, no rejection), so that the
 * n-th draw is the n-th draw whatever came before.
 *
 * Times are rounded to whole milliseconds before they decide anything. The last bits of log, exp and pow
 * differ between C libraries; a time then differs only where the exact value lies that close to the middle
 * between two milliseconds. For a draw of some hours a unit in the last place is 2e-3 ns, so a disagreement
 * of a few such units shows in about one draw in 10^8 (of days: in 10^7). That is rare, not impossible:
 * equal bits are promised for the same C library, and all but certain for different ones.
 *
 * Arguments are the caller's to check: means positive and finite, shapes in the ranges given. */
#ifndef SKYTWIN_KERNEL_DRAW_H
#define SKYTWIN_KERNEL_DRAW_H

#include "random.h"

/* Uniform strictly inside (0, 1): the middles of 2^52 equal intervals, each exact; so is 1 - u. */
double draw_uniform(const random_key *key, uint64_t count);
/* Mean 0, variance 1. Not rounded: round what is made of it. */
double draw_normal(const random_key *key, uint64_t count);

/* Times of the given mean, in ns: a multiple of a millisecond, at least one. */
int64_t draw_exponential_ns(const random_key *key, uint64_t count, double mean_ns);
/* 0.05 <= shape <= 20; shape 1 is exponential. */
int64_t draw_weibull_ns(const random_key *key, uint64_t count, double mean_ns, double shape);
/* What is left, seen at a random moment, of such a Weibull time in progress: its density is
 * P(time > x) / mean [Cox, Renewal Theory, 1962, section 5.2]. */
int64_t draw_weibull_rest_ns(const random_key *key, uint64_t count, double mean_ns, double shape);
/* sigma: standard deviation of the logarithm. */
int64_t draw_lognormal_ns(const random_key *key, uint64_t count, double mean_ns, double sigma);
/* alpha > 1 */
int64_t draw_pareto_ns(const random_key *key, uint64_t count, double mean_ns, double alpha);
/* Rounds a time to a whole millisecond, between one and 10^18 ns. */
int64_t draw_round_ns(double ns);

/* A Poisson count, mean at most 10^15. Exact up to a mean of 500; above, Cornish and Fisher's expansion
 * about the normal, wrong by less than a hundredth of a count. */
int64_t draw_poisson(const random_key *key, uint64_t count, double mean);

#endif
