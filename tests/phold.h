/* PHOLD, the usual load of parallel simulators [Fujimoto, "Performance of Time Warp Under Synthetic Workloads",
 * SCS 1990]: each event causes one more, `lookahead` and an exponential time later, at another process with a
 * given probability, else at the same. Each process keeps a digest of all that happened at it. Header only. */
#ifndef SKYTWIN_TESTS_PHOLD_H
#define SKYTWIN_TESTS_PHOLD_H

#include "kernel/stream.h"
#include "kernel/windows.h"

#include <stdlib.h>

typedef struct phold {
    uint64_t seed;
    uint32_t remote; /* of 2^32 */
    double mean_ns;  /* of the exponential part */
    int digests;     /* keep them */
} phold;

typedef struct phold_state {
    uint64_t digest, happened;
} phold_state;

static inline uint64_t phold_mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static inline void phold_next(process_context *c, phold_state *s)
{
    const phold *p = c->shared;
    const random_key key = { .seed = p->seed, .thing = c->self, .purpose = RANDOM_WORK };
    uint64_t bits[2];
    int64_t delay_ns;

    random_pair(&key, s->happened++, bits);
    delay_ns = c->lookahead_ns + (int64_t)(stream_exponential_of(bits[0]) * p->mean_ns);
    if ((uint32_t)bits[1] < p->remote)
        process_send(c, stream_below_of((uint32_t)(bits[1] >> 32), c->processes), delay_ns, 0, c->self, 0,
                     (int64_t)bits[1]);
    else
        process_schedule(c, delay_ns, 0, c->self, 0, (int64_t)bits[1]);
}

static inline void phold_happen(process_context *c, void *state, const kernel_event *event)
{
    const phold *p = c->shared;
    phold_state *s = state;

    if (p->digests) {
        s->digest = phold_mix(s->digest, (uint64_t)event->time_ns);
        s->digest = phold_mix(s->digest, event->order);
        s->digest = phold_mix(s->digest, (uint64_t)event->a);
    }
    phold_next(c, s);
}

static inline void phold_begin(process_context *c, void *state)
{
    phold_next(c, state);
}

static process_handler *const phold_handlers[] = { phold_happen };
static const process_model phold_model = { .name = "phold",
                                           .state_bytes = sizeof(phold_state),
                                           .begin = phold_begin,
                                           .handlers = phold_handlers,
                                           .kinds = 1 };

/* A list of `processes` times that model; free it with free(). */
static inline const process_model **phold_models(uint32_t processes)
{
    const process_model **models = malloc(processes * sizeof *models);

    for (uint32_t i = 0; models != NULL && i < processes; i++)
        models[i] = &phold_model;
    return models;
}

static inline uint64_t phold_digest(const windows *w, uint32_t processes)
{
    uint64_t digest = 0;

    for (uint32_t i = 0; i < processes; i++)
        digest = phold_mix(digest, ((const phold_state *)windows_process(w, i))->digest);
    return digest;
}

#endif
