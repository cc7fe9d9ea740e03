/* What is seen of services between control points: spans of sampled requests, and calls from caller to callee; and what
 * gateways cost. */
#include "inside.h"

#include "../world/service/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_PER_GB 1000000000

enum { FROM_POPULATION, FROM_PLACE, FROM_GATEWAY };

typedef struct twin_mesh {
    const services_config *config;
    /* Up to the last row: of populations to places, and to their gateways; of places to those that they pass on to; of
     * gateways to places. */
    record_edge_row *to_places, *to_gateways, *onwards, *by_gateways;
    int64_t *gateway_nusd; /* billed so far */
} twin_mesh;

sky_status twin_open_mesh(twin *t, const services_config *config)
{
    size_t populations = config->population_count, places = config->station_count;
    twin_mesh *m = t->mesh = calloc(1, sizeof *m);

    if (m != NULL) {
        m->config = config;
        m->to_places = calloc(populations * places + 1, sizeof *m->to_places);
        m->to_gateways = calloc(populations + 1, sizeof *m->to_gateways);
        m->onwards = calloc(places + 1, sizeof *m->onwards);
        m->by_gateways = calloc(config->gateway_count * places + 1, sizeof *m->by_gateways);
        m->gateway_nusd = calloc(config->gateway_count + 1, sizeof *m->gateway_nusd);
    }
    if (m != NULL && m->to_places != NULL && m->to_gateways != NULL && m->onwards != NULL &&
        m->by_gateways != NULL && m->gateway_nusd != NULL)
        return SKY_OK;
    snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
    return SKY_ERROR_MEMORY;
}

void twin_free_mesh(twin *t)
{
    twin_mesh *m = t->mesh;

    if (m == NULL)
        return;
    free(m->to_places);
    free(m->to_gateways);
    free(m->onwards);
    free(m->by_gateways);
    free(m->gateway_nusd);
    free(m);
}

/* ---- edges --------------------------------------------------------------------------------------------------------- */

/* `now` has the counts since the start; its row has those since the last. */
static sky_status write_edge(twin *t, record_edge_row *last, const record_edge_row *now)
{
    record_edge_row row = *now;

    row.time_ns = t->world.now_ns;
    row.calls -= last->calls;
    row.served -= last->served;
    row.refused -= last->refused;
    row.expired -= last->expired;
    row.gone -= last->gone;
    row.turned_away -= last->turned_away;
    row.unreachable -= last->unreachable;
    row.timed_out -= last->timed_out;
    row.retries -= last->retries;
    row.full -= last->full;
    row.resumed -= last->resumed;
    row.bytes -= last->bytes;
    *last = *now;
    if (row.calls + row.served + row.refused + row.expired + row.gone + row.turned_away + row.unreachable +
            row.timed_out ==
        0)
        return SKY_OK;
    return twin_write_row(t, RECORD_EDGES, &row);
}

/* The last row's counts: what callers and callees are is the same in each. */
static void counts_state(record_edge_row *last, size_t count, state *s)
{
    for (size_t i = 0; i < count; i++, last++) {
        int64_t *const counts[] = { &last->calls,   &last->served,      &last->refused,     &last->expired,
                                    &last->gone,    &last->turned_away, &last->unreachable, &last->timed_out,
                                    &last->retries, &last->full,        &last->resumed,     &last->bytes };

        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            STATE_VALUE(s, *counts[k]);
            state_check(s, *counts[k] >= 0);
        }
    }
}

void twin_mesh_state(twin *t, state *s)
{
    twin_mesh *m = t->mesh;
    size_t populations = m->config->population_count, places = m->config->station_count;

    state_part(s, "rows of edges");
    counts_state(m->to_places, populations * places, s);
    counts_state(m->to_gateways, populations, s);
    counts_state(m->onwards, places, s);
    counts_state(m->by_gateways, m->config->gateway_count * places, s);
    for (uint32_t g = 0; g < m->config->gateway_count; g++) {
        STATE_VALUE(s, m->gateway_nusd[g]);
        state_check(s, m->gateway_nusd[g] >= 0);
    }
}

static void count_handshakes(record_edge_row *row, const mtls_session *session)
{
    row->full = (int64_t)session->full;
    row->resumed = (int64_t)session->resumed;
}

static sky_status write_to_place(twin *t, services *s, uint32_t population, uint32_t place)
{
    twin_mesh *m = t->mesh;
    const station_config *callee = &m->config->stations[place];
    edge *e = services_edge(s, population, place);
    const uint64_t *ended;
    record_edge_row now;

    if (e == NULL)
        return SKY_OK;
    ended = e->outcomes;
    now = (record_edge_row){ .calls = (int64_t)e->calls,
                             .served = (int64_t)ended[CLIENT_SERVED],
                             .refused = (int64_t)ended[CLIENT_REFUSED],
                             .expired = (int64_t)ended[CLIENT_EXPIRED],
                             .gone = (int64_t)ended[CLIENT_GONE],
                             .turned_away = (int64_t)(ended[CLIENT_QUEUE_FULL] + ended[CLIENT_GATEWAY_FULL] +
                                                      ended[CLIENT_TOO_LARGE]),
                             .unreachable = (int64_t)ended[CLIENT_UNREACHABLE],
                             .timed_out = (int64_t)ended[CLIENT_TIMED_OUT],
                             .retries = (int64_t)e->retries,
                             .p50_ns = histogram_percentile(&e->times, 500000),
                             .p99_ns = histogram_percentile(&e->times, 990000),
                             .caller_kind = FROM_POPULATION,
                             .caller = population,
                             .callee_kind = FROM_PLACE,
                             .callee = place };
    now.bytes = now.calls * callee->request_bytes + now.served * callee->answer_bytes;
    if (m->config->populations[population].gateway == 0)
        count_handshakes(&now, &services_population(s, population)->ways[place].session);
    if (e->times.count > 0)
        memset(&e->times, 0, sizeof e->times);
    return write_edge(t, &m->to_places[(size_t)population * m->config->station_count + place], &now);
}

static sky_status write_population(twin *t, services *s, uint32_t population)
{
    twin_mesh *m = t->mesh;
    const client *c = services_population(s, population);
    sky_status status = SKY_OK;
    record_edge_row now = { .calls = (int64_t)c->sends,
                            .caller_kind = FROM_POPULATION,
                            .caller = population,
                            .callee_kind = FROM_GATEWAY,
                            .callee = c->config->gateway - 1 };

    for (uint32_t place = 0; place < m->config->station_count && status == SKY_OK; place++)
        status = write_to_place(t, s, population, place);
    if (status != SKY_OK || c->config->gateway == 0)
        return status;
    for (uint32_t place = 0; place < m->config->station_count; place++)
        now.bytes += (int64_t)c->ways[place].sent * m->config->stations[place].request_bytes;
    count_handshakes(&now, &c->gateway);
    return write_edge(t, &m->to_gateways[population], &now);
}

static sky_status write_onwards(twin *t, services *s, uint32_t place)
{
    const services_config *config = t->mesh->config;
    const station *at = services_station(s, place);
    uint32_t next = config->stations[place].then;
    record_edge_row now = { .calls = (int64_t)at->served,
                            .caller_kind = FROM_PLACE,
                            .caller = place,
                            .callee_kind = FROM_PLACE,
                            .callee = next };

    if (next == STATION_NONE)
        return SKY_OK;
    now.bytes = now.calls * config->stations[next].request_bytes;
    count_handshakes(&now, &at->session);
    return write_edge(t, &t->mesh->onwards[place], &now);
}

static sky_status write_by_gateway(twin *t, services *s, uint32_t gateway, uint32_t place)
{
    const services_config *config = t->mesh->config;
    record_edge_row now = { .calls = (int64_t)services_gateway(s, gateway)->calls[place],
                            .caller_kind = FROM_GATEWAY,
                            .caller = gateway,
                            .callee_kind = FROM_PLACE,
                            .callee = place };

    now.bytes = now.calls * config->stations[place].request_bytes;
    count_handshakes(&now, &services_gateway(s, gateway)->sessions[place]);
    return write_edge(t, &t->mesh->by_gateways[(size_t)gateway * config->station_count + place], &now);
}

static sky_status write_edges(twin *t, services *s)
{
    const services_config *config = t->mesh->config;
    sky_status status = SKY_OK;

    for (uint32_t p = 0; p < config->population_count && status == SKY_OK; p++)
        status = write_population(t, s, p);
    for (uint32_t place = 0; place < config->station_count && status == SKY_OK; place++)
        status = write_onwards(t, s, place);
    for (uint32_t g = 0; g < config->gateway_count; g++)
        for (uint32_t place = 0; place < config->station_count && status == SKY_OK; place++)
            status = write_by_gateway(t, s, g, place);
    return status;
}

/* ---- money --------------------------------------------------------------------------------------------------------- */

/* Of a gateway so far: what it passed on, and the answers to those who use it. */
static int64_t gateway_cost_nusd(const twin *t, const services *s, uint32_t gateway)
{
    const services_config *config = t->mesh->config;
    const gateway_config *g = &config->gateways[gateway];
    const uint64_t *calls = services_gateway(s, gateway)->calls;
    int64_t bytes = 0;

    for (uint32_t place = 0; place < config->station_count; place++)
        bytes += (int64_t)calls[place] * config->stations[place].request_bytes;
    for (uint32_t p = 0; p < config->population_count; p++)
        for (uint32_t place = 0;
             config->populations[p].gateway == gateway + 1 && place < config->station_count; place++)
            bytes += (int64_t)services_station(s, place)->answered[p] * config->stations[place].answer_bytes;
    return (int64_t)services_gateway(s, gateway)->passed * g->nusd_per_request +
           muldiv_i64(bytes, g->nusd_per_gb, BYTES_PER_GB);
}

static void bill_gateways(twin *t, const services *s)
{
    for (uint32_t g = 0; g < t->mesh->config->gateway_count; g++) {
        int64_t now_nusd = gateway_cost_nusd(t, s, g);

        t->world.cost_nusd += now_nusd - t->mesh->gateway_nusd[g];
        t->world.egress_total_nusd += now_nusd - t->mesh->gateway_nusd[g];
        t->mesh->gateway_nusd[g] = now_nusd;
    }
}

int64_t twin_gateway_bills(const twin *t)
{
    int64_t nusd = 0;

    for (uint32_t g = 0; t->mesh != NULL && g < t->mesh->config->gateway_count; g++)
        nusd += t->mesh->gateway_nusd[g];
    return nusd;
}

sky_status twin_close_mesh(twin *t)
{
    sky_status status = SKY_OK;

    for (uint32_t g = 0; g < t->mesh->config->gateway_count && status == SKY_OK; g++) {
        uint32_t region = t->mesh->config->gateways[g].region;
        const record_cost_row cost = { .provider = t->scenario->regions[region].provider,
                                       .region = region,
                                       .pool = SKY_NONE,
                                       .purchase = SKY_ON_DEMAND,
                                       .egress_nusd = t->mesh->gateway_nusd[g],
                                       .place = SKY_NONE,
                                       .stage = SKY_NONE };

        t->world.summary.egress_nusd += cost.egress_nusd;
        status = twin_write_row(t, RECORD_COSTS, &cost);
    }
    return status;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static sky_status write_spans(void *context, const record_span_row *rows, size_t count)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = twin_write_row(context, RECORD_SPANS, &rows[i]);
    return status;
}

sky_status twin_write_mesh(twin *t, services *s)
{
    sky_status status = services_take_spans(s, write_spans, t);

    bill_gateways(t, s);
    return status == SKY_OK && t->mesh->config->edges ? write_edges(t, s) : status;
}
