/* Certificates of workloads: short-lived, and renewed every so often, as in SPIFFE or a service mesh.
 *
 * An identity has its first certificate at 0, and renews it every `every_ns`, at a phase of its own. A renewal fails by
 * chance, or because the issuer is down; the next comes at the next time. A certificate is good for `lifetime_ns`: with
 * lifetime = m × every, m renewals that fail one after the other leave the identity without, until one succeeds, so that
 * the share of time without is failure^m.
 *
 * All of it is a function of the time, without state: caller and callee know each other's certificates in different
 * logical processes. */
#ifndef SKYTWIN_SERVICE_CERTIFICATES_H
#define SKYTWIN_SERVICE_CERTIFICATES_H

#include "../../kernel/random.h"

typedef struct certificates_outage {
    int64_t from_ns, to_ns;
} certificates_outage;

typedef struct certificates_config {
    int64_t every_ns;                   /* 0: certificates are good for ever */
    int64_t lifetime_ns;                /* at least every_ns */
    int64_t failure_ppm;                /* of renewals */
    const certificates_outage *outages; /* of the issuer */
    uint32_t outage_count;
} certificates_config;

/* Whose certificates. */
typedef struct certificates_owner {
    random_key draws;
    int64_t first_ns; /* its first renewal */
} certificates_owner;

certificates_owner certificates_of(const certificates_config *config, uint64_t seed, uint32_t replication,
                                   uint32_t identity);

/* The certificate at a time, by a number that rises with every renewal, from 0; -1: it has expired. */
int64_t certificates_at(const certificates_config *config, const certificates_owner *owner, int64_t now_ns);

#endif
