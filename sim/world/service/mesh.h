/* Who may call whom in the mesh, and what the call pays for it: identities, trust domains and certificates put together
 * with the sessions of mtls.h. */
#ifndef SKYTWIN_SERVICE_MESH_H
#define SKYTWIN_SERVICE_MESH_H

#include "client.h"

struct service_shared;

#define MESH_PLAIN (-1)

/* One that calls, or is called. */
typedef struct mesh_end {
    const mtls_config *mtls;
    const certificates_owner *owner;
    uint32_t trust_domain;
} mesh_end;

/* -1: no memory. */
int mesh_begin(struct service_shared *shared);

mesh_end mesh_population(const struct service_shared *shared, uint32_t population);
mesh_end mesh_station(const struct service_shared *shared, uint32_t station);
mesh_end mesh_gateway(const struct service_shared *shared, uint32_t gateway);

/* CLIENT_SERVED: it may call; CLIENT_REFUSED, CLIENT_EXPIRED. *certificates: numbers of both added up; MESH_PLAIN: they
 * speak without mTLS. */
client_outcome mesh_check(const struct service_shared *shared, const mesh_end *caller, const mesh_end *callee,
                          int64_t now_ns, int64_t *certificates);

/* What a call pays, now. */
typedef struct mesh_cost {
    int64_t handshake_ns, encryption_ns;
} mesh_cost;

/* Nothing for a call that will be refused. key, draw: of resumptions. */
mesh_cost mesh_call(const struct service_shared *shared, const mesh_end *caller, const mesh_end *callee,
                    mtls_session *session, int64_t round_trip_ns, int64_t now_ns, const random_key *key,
                    uint64_t draw);

#endif
