#include "inside.h"

#define UPPER 16
#define LOWER UINT32_C(0xffff)

static void send_notes(process_context *c, uint32_t to, int64_t delay_ns, const request *r)
{
    if (r->endpoints != REQUEST_ALL_KNOWN)
        process_send(c, to, delay_ns, SERVICE_VIEW, 0, r->endpoints, r->as_of_ns);
    if (r->mark != 0)
        process_send(c, to, delay_ns, SERVICE_MARK, 0, 0, (int64_t)r->mark);
}

void request_send(process_context *c, region *here, int64_t delay_ns, const request *r)
{
    const service_shared *shared = c->shared;
    uint32_t to = shared->config.stations[r->station].region, local = shared->station_local[r->station];

    if (delay_ns == 0 && to == c->self) {
        station_take(c, here, local, r);
        return;
    }
    send_notes(c, to, delay_ns, r);
    process_send(c, to, delay_ns, SERVICE_ARRIVE, local | r->caller << UPPER, r->population,
                 (int64_t)r->call);
}

void request_send_by(process_context *c, uint32_t gateway, int64_t delay_ns, const request *r)
{
    const service_shared *shared = c->shared;
    uint32_t to = shared->config.gateways[gateway].region;

    send_notes(c, to, delay_ns, r);
    process_send(c, to, delay_ns, SERVICE_PASS, shared->gateway_local[gateway] | r->station << UPPER,
                 r->population, (int64_t)r->call);
}

request request_of(region *here, const kernel_event *event, uint32_t *local, uint32_t *upper)
{
    const request r = { .call = (uint64_t)event->a,
                        .mark = here->notes.mark,
                        .as_of_ns = here->notes.as_of_ns,
                        .endpoints = here->notes.has_view ? here->notes.endpoints : REQUEST_ALL_KNOWN,
                        .population = event->other };

    *local = event->subject & LOWER;
    *upper = event->subject >> UPPER;
    if (r.mark != 0 || r.endpoints != REQUEST_ALL_KNOWN)
        here->notes = (request_notes){ 0 };
    return r;
}

void request_view(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;

    (void)c;
    here->notes.as_of_ns = event->a;
    here->notes.endpoints = event->other;
    here->notes.has_view = 1;
}

void request_mark(process_context *c, void *state, const kernel_event *event)
{
    (void)c;
    ((region *)state)->notes.mark = (uint64_t)event->a;
}
