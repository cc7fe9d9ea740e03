/* Checkpoints of services: what populations, places, gateways and ways are in the middle of, and what is on its way between
 * them. */
#include "inside.h"

#include <stdlib.h>

#define UPPER    16
#define LOWER    UINT32_C(0xffff)
#define HALF_PPB 500000000

/* ---- events that can be -------------------------------------------------------------------------------------------- */

typedef struct event_rule {
    const services *all;
    uint64_t *starting; /* by station: replicas that events will bring */
} event_rule;

static int call_can_be(const services *all, uint32_t population, uint64_t name)
{
    return population < all->shared.config.population_count &&
           client_knows(service_client(all, population), name);
}

static int caller_can_be(const services_config *config, uint32_t caller)
{
    if (caller >= REQUEST_BY_GATEWAY(0))
        return caller - REQUEST_BY_GATEWAY(0) < config->gateway_count;
    return caller == 0 || caller - REQUEST_BY_STATION(0) < config->station_count;
}

/* At a station of this region; the others are. */
static int station_event_can_be(const event_rule *rule, station *at, const kernel_event *event)
{
    const services_config *config = &rule->all->shared.config;

    switch (event->kind) {
    case SERVICE_DONE:
        if (event->a < 0 || event->a > at->outages)
            return 0;
        return event->a < at->outages || station_claim_batch(at, event->other);
    case SERVICE_READY:
        if (event->a < 0 || event->a > at->outages)
            return 0;
        rule->starting[at->number] += event->a == at->outages ? event->other : 0;
        return 1;
    case SERVICE_SCALE:
        return at->config->scaling.interval_ns > 0 && at->config->scaling.target_ppm > 0;
    case SERVICE_OUTAGE:
        return event->other <= 1;
    case SERVICE_REPORT:
        return config->discovery.every_ns > 0;
    case SERVICE_REPLACE:
        return at->endpoint_born_ns != NULL;
    default: /* SERVICE_DUE */
        return 1;
    }
}

static int client_event_can_be(const event_rule *rule, const client *c, const kernel_event *event)
{
    switch (event->kind) {
    case SERVICE_NEXT:
        return 1;
    case SERVICE_HEAR:
        return event->other < rule->all->shared.config.station_count && event->a >= 0;
    case SERVICE_ANSWER:
        return event->other < CLIENT_OUTCOME_COUNT && client_knows(c, (uint64_t)event->a);
    default: /* SERVICE_TIMEOUT, SERVICE_RETRY */
        return client_knows(c, (uint64_t)event->a);
    }
}

static int event_can_be(const void *context, const kernel_event *event)
{
    const event_rule *rule = context;
    const services *all = rule->all;
    const region *here = windows_process(all->windows, event->to);
    uint32_t local = event->subject & LOWER, upper = event->subject >> UPPER;

    switch (event->kind) {
    case SERVICE_ARRIVE:
        return local < here->station_count && caller_can_be(&all->shared.config, upper) &&
               call_can_be(all, event->other, (uint64_t)event->a);
    case SERVICE_PASS:
        return local < here->gateway_count && upper < all->shared.config.station_count &&
               call_can_be(all, event->other, (uint64_t)event->a);
    case SERVICE_VIEW:
    case SERVICE_MARK:
        return 1;
    case SERVICE_NEXT:
    case SERVICE_ANSWER:
    case SERVICE_TIMEOUT:
    case SERVICE_RETRY:
    case SERVICE_HEAR:
        return event->subject < here->client_count &&
               client_event_can_be(rule, &here->clients[event->subject], event);
    default:
        return event->subject < here->station_count &&
               station_event_can_be(rule, &here->stations[event->subject], event);
    }
}

/* ---- the parts ----------------------------------------------------------------------------------------------------- */

static void ways_state(services *s, state *saved)
{
    size_t count = (size_t)s->shared.config.population_count * s->shared.config.station_count;

    state_part(saved, "ways of services");
    state_array(saved, s->shared.ways, count, sizeof *s->shared.ways);
    for (size_t i = 0; i < count; i++) {
        const services_way *way = &s->shared.ways[i];

        state_check(saved, way->slow_ppm >= 0 && way->slow_ppm <= SERVICE_MOST && way->loss_ppb >= 0 &&
                               way->loss_ppb <= HALF_PPB && way->cut <= 1);
    }
}

static int span_can_be(const services_config *config, const record_span_row *row)
{
    return row->population < config->population_count &&
           (row->place < config->station_count || row->place == SKY_NONE) && row->kind < RECORD_SPAN_COUNT &&
           row->outcome < CLIENT_OUTCOME_COUNT && row->region < config->regions && row->by_kind <= 2;
}

/* Notes are used up at the instant at which they come. */
static void region_state(const services *s, region *here, state *saved)
{
    here->notes = (request_notes){ 0 };
    STATE_VALUE(saved, here->resolver_is_down);
    state_check(saved, here->resolver_is_down <= 1);
    state_list(saved, &here->spans.rows, &here->spans.count, &here->spans.room, sizeof *here->spans.rows);
    for (size_t i = 0; i < here->spans.count; i++)
        state_check(saved, span_can_be(&s->shared.config, &here->spans.rows[i]));
}

/* Populations first: what others keep of their calls is checked against them. */
static void parts_state(services *s, state *saved)
{
    const services_config *config = &s->shared.config;

    state_part(saved, "populations");
    for (uint32_t p = 0; p < config->population_count; p++)
        client_state(service_client(s, p), saved, s->now_ns);
    state_part(saved, "places");
    for (uint32_t i = 0; i < config->station_count; i++)
        station_state(s, service_station(s, i), saved);
    state_part(saved, "gateways");
    for (uint32_t i = 0; i < config->gateway_count; i++)
        gateway_state(service_gateway(s, i), saved, config->station_count, s->now_ns);
    state_part(saved, "regions of services");
    for (uint32_t i = 0; i < config->regions; i++)
        region_state(s, windows_process(s->windows, i), saved);
    if (s->stationary != NULL)
        stationary_state(s->stationary, saved);
}

static void pending_state(services *s, state *saved)
{
    event_rule rule = { .all = s };

    if (!state_restores(saved)) {
        windows_state(s->windows, saved, NULL, NULL);
        return;
    }
    rule.starting = calloc(s->shared.config.station_count, sizeof *rule.starting);
    if (rule.starting == NULL) {
        state_no_memory(saved);
        return;
    }
    windows_state(s->windows, saved, event_can_be, &rule);
    for (uint32_t i = 0; i < s->shared.config.station_count; i++)
        station_settle(service_station(s, i), saved, rule.starting[i]);
    free(rule.starting);
}

void services_state(services *s, state *saved)
{
    sky_error error;

    state_part(saved, "services");
    STATE_VALUE(saved, s->now_ns);
    state_check(saved, s->now_ns >= 0 && s->now_ns <= SERVICE_LAST_NS);
    ways_state(s, saved);
    parts_state(s, saved);
    pending_state(s, saved);
    if (state_restores(saved) && state_is_sound(saved))
        state_check(saved, services_are_conserved(s) && services_refresh(s, &error) == SKY_OK);
}
