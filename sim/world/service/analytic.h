/* Response times of a service without simulating requests: the fast path for runs of years.
 *
 * A service is G/G/c: c servers, first come first served, any number may wait. The probability of a wait is that of
 * M/M/c, its mean by Allen and Cunneen,
 *     Wq = C(c, a) / (c mu - lambda) × (ca^2 + cs^2) / 2      [Allen, Probability, Statistics and Queueing Theory,
 *                                                              1990, 5.2]
 * with C of Erlang, ca^2 and cs^2 the squared coefficients of variation of gaps and of services. Of those who wait, the
 * wait is taken as exponential. Exact for M/M/c, and in the mean for M/G/1; an approximation else, better the
 * heavier the load. A response is wait plus service, independent of each other.
 *
 * Load that changes is taken minute by minute as if each minute went on for ever: the pointwise stationary
 * approximation [Green and Kolesar, Management Science 37 (1991) 84], good where services are short against changes of
 * the load. A minute that asks for more than the servers can do has no stationary answer: it is told apart. */
#ifndef SKYTWIN_SERVICE_ANALYTIC_H
#define SKYTWIN_SERVICE_ANALYTIC_H

#include "demand.h"
#include "duration.h"
#include "histogram.h"

#define ANALYTIC_POINTS 256 /* of equal probability, that a service time is cut into */

typedef struct analytic_queue {
    double per_s; /* arrivals */
    double gap_scv;
    const duration *service;
    uint32_t servers;
} analytic_queue;

typedef struct analytic_answer {
    double utilisation; /* per server; 1 and more: no stationary answer, and the rest is 0 */
    double wait_probability;
    double wait_ns, response_ns; /* means */
} analytic_answer;

/* Probability that all of c servers are busy, offered a erlangs, a < c. */
double analytic_erlang_c(uint32_t servers, double erlangs);
/* Probability that a call is lost where none may wait. */
double analytic_erlang_b(uint32_t servers, double erlangs);

analytic_answer analytic_solve(const analytic_queue *q);
/* The response time that the share (0…1) does not exceed, of a stationary queue. */
int64_t analytic_percentile_ns(const analytic_queue *q, const analytic_answer *answer, double share);

typedef struct analytic_year {
    histogram responses; /* by number of requests */
    uint64_t requests;   /* expected, rounded a minute at a time */
    uint64_t overload_minutes;
    uint64_t overload_requests; /* of the requests: they are not among the responses */
} analytic_year;

/* Any span, from midnight on a Monday: Poisson arrivals at the rate of `load` to so many servers. Adds to *year. */
void analytic_run(const demand *load, const duration *service, uint32_t servers, int64_t span_ns,
                  analytic_year *year);

#endif
