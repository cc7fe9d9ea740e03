/* Checkpoints of the asking side. */
#include "inside.h"

#define WHOLE_PPM 1000000

int client_knows(const client *c, uint64_t name)
{
    uint32_t at = (uint32_t)name, generation = (uint32_t)(name >> 32);

    /* Not of a generation to come, which would be taken for its own then; generations go round. */
    return at < c->call_count &&
           (int32_t)(c->calls[at].generation - generation) >= (c->calls[at].attempts == 0);
}

/* ---- calls --------------------------------------------------------------------------------------------------------- */

static int call_can_be(const client *c, const client_call *call, int64_t now_ns)
{
    return call->start_ns >= 0 && call->start_ns <= call->attempt_ns && call->attempt_ns <= now_ns &&
           call->trace <= c->arrived && (call->station < c->station_count || call->station == STATION_NONE) &&
           (call->next < c->call_count || call->next == STATION_NONE);
}

/* In flight are those that are not free. */
static void check_calls(client *c, state *s, int64_t now_ns)
{
    uint32_t free_calls = 0;

    c->in_flight = 0;
    state_check(s, c->free_call < c->call_count || c->free_call == STATION_NONE);
    for (uint32_t i = 0; i < c->call_count; i++) {
        state_check(s, call_can_be(c, &c->calls[i], now_ns));
        c->in_flight += c->calls[i].attempts > 0;
    }
    for (uint32_t at = c->free_call; state_is_sound(s) && at != STATION_NONE; at = c->calls[at].next)
        state_check(s, c->calls[at].attempts == 0 && ++free_calls <= c->call_count);
    state_check(s, free_calls == c->call_count - c->in_flight &&
                       c->arrived == c->served + c->failed + c->in_flight);
}

/* ---- ways ---------------------------------------------------------------------------------------------------------- */

static void edge_state(edge *e, state *s)
{
    STATE_VALUE(s, e->calls);
    STATE_VALUE(s, e->retries);
    STATE_VALUE(s, e->outcomes);
    histogram_state(&e->times, s);
}

static void way_state(client_way *way, state *s, int64_t now_ns)
{
    uint32_t is_watched = way->edge != NULL;

    STATE_VALUE(s, way->sent);
    STATE_VALUE(s, way->open_until_ns);
    STATE_VALUE(s, way->failures);
    STATE_VALUE(s, way->endpoints);
    STATE_VALUE(s, way->as_of_ns);
    mtls_session_state(&way->session, s, now_ns);
    STATE_VALUE(s, is_watched);
    state_check(s, way->sent <= SERVICE_MOST && is_watched == (way->edge != NULL));
    if (way->edge != NULL)
        edge_state(way->edge, s);
}

static void places_state(client *c, state *s)
{
    int64_t share_ppm = 0;

    state_array(s, c->places, c->place_count, sizeof *c->places);
    for (uint32_t i = 0; i < c->place_count; i++) {
        const balance_place *p = &c->places[i];

        state_check(s, p->healthy_ppm >= 0 && p->healthy_ppm <= WHOLE_PPM && p->room_ppm >= 1 &&
                           p->room_ppm <= WHOLE_PPM && p->share_ppm >= 0 && p->share_ppm <= WHOLE_PPM);
        share_ppm += p->share_ppm;
    }
    state_check(s, c->place_count == 0 || share_ppm == WHOLE_PPM);
}

/* Where its requests go, once that came from outside; until then it follows from its routes. */
static void steering_state(client *c, state *s)
{
    size_t count = c->order_count;

    STATE_VALUE(s, c->steered);
    state_check(s, c->steered <= 1);
    if (!c->steered)
        return;
    state_array(s, c->weights, c->station_count, sizeof *c->weights);
    count = state_count(s, count, sizeof *c->order);
    state_check(s, count <= c->station_count);
    c->order_count = state_is_sound(s) ? (uint32_t)count : 0;
    state_bytes(s, c->order, c->order_count * sizeof *c->order);
    c->weight = 0;
    for (uint32_t i = 0; i < c->order_count; i++) {
        int can_be = c->order[i] < c->station_count && c->weights[c->order[i]] > 0 &&
                     c->weights[c->order[i]] <= SERVICE_MOST;

        state_check(s, can_be);
        c->weight += can_be ? c->weights[c->order[i]] : 0;
    }
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static void counts_state(client *c, state *s)
{
    uint64_t *const counts[] = { &c->sends,       &c->cut_off,         &c->arrived,      &c->served,
                                 &c->failed,      &c->retries,         &c->late_answers, &c->handshakes,
                                 &c->resumptions, &c->within_objective };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        STATE_VALUE(s, *counts[i]);
        state_check(s, *counts[i] <= SERVICE_MOST);
    }
    STATE_VALUE(s, c->outcomes);
}

void client_state(client *c, state *s, int64_t now_ns)
{
    demand_state(&c->arrivals, s);
    counts_state(c, s);
    state_list32(s, &c->calls, &c->call_count, &c->call_room, sizeof *c->calls);
    STATE_VALUE(s, c->free_call);
    if (state_restores(s))
        check_calls(c, s, now_ns);
    for (uint32_t i = 0; i < c->station_count; i++)
        way_state(&c->ways[i], s, now_ns);
    places_state(c, s);
    steering_state(c, s);
    STATE_VALUE(s, c->name);
    state_check(s, c->name.ready_ns >= 0 && c->name.ready_ns <= c->name.until_ns &&
                       c->name.until_ns <= SERVICE_LAST_NS);
    mtls_session_state(&c->gateway, s, now_ns);
    histogram_state(&c->responses, s);
}
