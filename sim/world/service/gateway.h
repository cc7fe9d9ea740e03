/* Edge gateways: points of presence near users, where their connections end. Requests go on over connections that the
 * gateway keeps open to each place, so that the round trips of a user's handshake are those of the short way:
 *     saved per connection = round trips × (RTT of users and place - RTT of users and gateway).
 *
 * It passes so many requests a second, one after the other (M/D/1 under Poisson arrivals), and turns away those that
 * would wait too long. Answers pass it without waiting. */
#ifndef SKYTWIN_SERVICE_GATEWAY_H
#define SKYTWIN_SERVICE_GATEWAY_H

#include "mtls.h"

#define GATEWAY_MOST 4096

typedef struct gateway_config {
    uint32_t region; /* the logical process that it is part of */
    mtls_config mtls;
    int64_t per_request_ns; /* it takes for one; 0: none */
    int64_t most_wait_ns;
    int64_t nusd_per_request, nusd_per_gb; /* per_gb: of requests and answers */
} gateway_config;

typedef struct gateway {
    const gateway_config *config;
    uint32_t number;                          /* of all gateways */
    uint32_t local;                           /* of its region's */
    int64_t free_ns;                          /* when the last that it took will have passed */
    mtls_session *sessions;                   /* by station */
    uint64_t *calls;                          /* likewise: passed on */
    uint64_t received, passed, full, refused; /* refused: without identity, or an expired one */
} gateway;

#endif
