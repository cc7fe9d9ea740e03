/* A request on its way to a station or a gateway. What does not fit into its event goes before it, in events of their
 * own to the same process at the same time, so that nothing comes in between. */
#ifndef SKYTWIN_SERVICE_REQUEST_H
#define SKYTWIN_SERVICE_REQUEST_H

#include "../../kernel/process.h"

struct region;

#define REQUEST_ALL_KNOWN UINT32_MAX

/* Who passes a request on: 0, its population itself; or these. */
#define REQUEST_BY_STATION(s) ((s) + 1)
#define REQUEST_BY_GATEWAY(g) ((g) | 0x8000u)

typedef struct request {
    uint64_t call;      /* the client's, given back with the answer */
    uint64_t mark;      /* trace.h */
    int64_t as_of_ns;   /* its caller's view of the station's endpoints; */
    uint32_t endpoints; /* how many it knew of; REQUEST_ALL_KNOWN: without looking */
    uint32_t population, caller, station;
} request;

typedef struct request_notes {
    uint64_t mark;
    int64_t as_of_ns;
    uint32_t endpoints, has_view;
} request_notes;

/* To its station; at once where that is here and takes no time. */
void request_send(process_context *c, struct region *here, int64_t delay_ns, const request *r);
/* To a gateway. */
void request_send_by(process_context *c, uint32_t gateway, int64_t delay_ns, const request *r);
/* What an arrival's event and the notes before it say, which are used up; but for the caller or the station, in
 * `upper`: the subject's upper half. */
request request_of(struct region *here, const kernel_event *event, uint32_t *local, uint32_t *upper);
process_handler request_view, request_mark;

#endif
