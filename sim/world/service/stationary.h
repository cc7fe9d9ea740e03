/* The analytic path of services: no request is an event. Step by step, none longer than a minute, each place is taken as a
 * queue G/G/c that has always been as it is now (analytic.h), and those who ask it get its distribution of response times:
 * counts, times, use and costs go where events would put them.
 *
 * A population's requests of a step are its rate × the step's length, whole, with what is left carried on; they go where it
 * routes: to the best place that is open, or by weight. A step that asks a place for more than its replicas can do has no
 * stationary answer: all requests there count as turned away. Response times are drawn at 128 points of a lattice of equal
 * shares (Kronecker's, shifted from step to step), so that the answer needs no random number. */
#ifndef SKYTWIN_SERVICE_STATIONARY_H
#define SKYTWIN_SERVICE_STATIONARY_H

#include "services.h"

typedef struct stationary stationary;

/* clients, stations: all there are, in their order; the pointers are copied. NULL: no memory. */
stationary *stationary_new(const services_config *config, client *const *clients, station *const *stations);
void stationary_free(stationary *s); /* NULL is allowed */
/* From a time to a later one: to the end of a minute at most. Replicas are those of its begin. */
void stationary_step(stationary *s, int64_t from_ns, int64_t to_ns);
/* Beside what clients and stations have. */
void stationary_state(stationary *s, state *saved);

#endif
