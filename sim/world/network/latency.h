/* One-way latency of one message over one link: propagation + serialisation + queueing + jitter.
 *
 * Jitter is what cross traffic adds. On the public Internet it is heavy-tailed and correlated over seconds:
 * Pareto fits measured delays best, and delays are correlated within some 1.25 s [Zhang and He, "Statistical
 * Modeling and Correlation Analysis of End-to-End Delay in Wide Area Networks", SNPD 2007]. On provisioned
 * lines the exponential fits [Sukhov et al., arXiv:1003.0190]. Here the link has a state z(t), normal at every
 * t, interpolated between independent normals every `correlation_ns`; a message's jitter is the quantile of its
 * distribution at Phi(r z(t) + sqrt(1 - r^2) e), e normal and its own: so the distribution holds exactly
 * whatever the correlation. Of Pareto's mean and shape no general value is published: those of the scenario are
 * assumed, and say so.
 *
 * All functions are pure: they allocate nothing and may be called by any thread. */
#ifndef SKYTWIN_NETWORK_LATENCY_H
#define SKYTWIN_NETWORK_LATENCY_H

#include "../../kernel/random.h"

typedef struct latency_jitter {
    int64_t mean_ns;        /* 0: none */
    double tail;            /* shape of the Pareto distribution (Lomax: from 0), above 1; 0: exponential */
    double correlation;     /* r, 0…1: share of the link's state in a message's quantile */
    int64_t correlation_ns; /* at least 1 */
} latency_jitter;

/* key: seed, replication and the link (`thing`); the purpose is set here. counter: the message's, below 2^56.
 * Rounded to 100 ns. */
int64_t latency_jitter_ns(const latency_jitter *jitter, random_key key, int64_t time_ns, uint64_t counter);

/* Time on the wire, rounded up. */
int64_t latency_serialisation_ns(int64_t bytes, int64_t bytes_per_s);

/* Wait behind packets of 1500 bytes on a link used to utilisation_ppm (990,000 at most: bulk transfers that
 * fill a link keep to their share of it): that of M/M/1, 0 with probability 1 - rho, else exponential of mean service / (1 - rho). */
int64_t latency_queueing_ns(int64_t bytes_per_s, int64_t utilisation_ppm, random_key key, uint64_t counter);

#endif
