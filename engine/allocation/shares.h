/* The shares of accelerators' time that jobs were given, and what has come of them round by round.
 *
 * A job is owed its share of each round and receives whole rounds: its turn comes by
 *     priority = owed / received
 * which for shares that stay is Gavel's share / (fraction of time received), section 5; and as both are sums since the
 * job began to be owed something, nothing is forgotten when shares are allocated anew. */
#ifndef SKYTWIN_ALLOCATION_SHARES_H
#define SKYTWIN_ALLOCATION_SHARES_H

#include "../engine.h"

/* The types of accelerators of the nodes that are up and whose devices are given whole: (pool, model). Freed with free(). SKY_ERROR_MEMORY. */
sky_status shares_types(const model *m, allocation_type **types, uint32_t *count);

/* Allocates anew where jobs or nodes came or went, or the policy says so each round; then every share is owed its part
 * of the coming round. SKY_ERROR_MEMORY; SKY_ERROR_STATE: there is no solver. */
sky_status shares_begin_round(sky_engine *engine, const allocation_type *types, uint32_t type_count,
                              sky_error *error);

/* Shares in the order in which they get their turn: indices of MODEL_SHARES, into order[count of shares]. */
sky_status shares_order(const model *m, uint32_t *order);

/* The rate at which a job would run alone on a type with so many workers; 0: it can't, or must not enter. */
int64_t shares_usteps(const model *m, const model_job *job, const allocation_type *type, uint32_t workers);

#endif
