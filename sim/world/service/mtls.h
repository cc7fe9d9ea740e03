/* Mutual TLS between a caller and whom it calls: who needs it, and what it costs.
 *
 * Between trust domains it is required, or everywhere; a caller without identity, or whose certificate has expired, is
 * refused. A connection takes so many requests, is closed when nobody used it for idle_ns, and when a certificate at
 * either end was renewed. A new one costs round trips and computation [RFC 8446, 2]: less computation where the session
 * is resumed. A ticket can be used for ticket_ns from the full handshake on, whatever was resumed with it since (the
 * total lifetime that RFC 8446, 4.6.1 recommends to limit), and not beyond a renewal; so that of connections that come as
 * a Poisson process of rate lambda the share 1 / (1 + lambda × ticket) shakes hands in full: one at the begin of each
 * cycle, of 1 + lambda × ticket on average. */
#ifndef SKYTWIN_SERVICE_MTLS_H
#define SKYTWIN_SERVICE_MTLS_H

#include "../../kernel/random.h"
#include "../../kernel/state.h"
#include "certificates.h"

/* Of a caller. */
typedef struct mtls_config {
    uint32_t has_identity, trust_domain;
    uint32_t requests_per_connection; /* at least 1, where it calls anyone */
    uint32_t round_trips;             /* before the first request of a connection */
    int64_t full_ns, resumed_ns;      /* computation, both sides */
    int64_t ticket_ns;                /* 0: tickets are as resumed_ppm says */
    int64_t resumed_ppm;              /* without ticket_ns: of the connections but the first */
    int64_t idle_ns;                  /* 0: connections stay open */
    int64_t per_request_ns;
} mtls_config;

/* Between a caller and one that it calls. Zeroed at the start. */
typedef struct mtls_session {
    uint64_t full, resumed; /* handshakes */
    int64_t full_at_ns, used_at_ns;
    int64_t certificates; /* of both ends, numbers added up */
    uint32_t requests;    /* on this connection */
    uint32_t unused;
} mtls_session;

/* A call now, that needs it: what the handshake takes, 0 without one. draw: of its resumption, where there is no
 * ticket_ns. */
int64_t mtls_handshake_ns(mtls_session *session, const mtls_config *config, int64_t round_trip_ns,
                          int64_t certificates, int64_t now_ns, const random_key *key, uint64_t draw);

void mtls_session_state(mtls_session *session, state *s, int64_t now_ns);

#endif
