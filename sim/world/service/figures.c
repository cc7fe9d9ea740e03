/* What ranks tell each other of their regions: all that is read of populations, places and gateways between two runs, and
 * no request under way. */
#include "../../kernel/state.h"
#include "inside.h"

#include <stdio.h>
#include <string.h>

/* Many of them are 0, and once they are not they stay so, or are set to 0 on all ranks: what is told is runs of those that are
 * not, up to an empty run at the end. stride: bytes from one to the next. */
static void counters(state *s, void *first, uint32_t count, size_t stride)
{
    static const uint64_t nothing;
    unsigned char *at = first;
    uint32_t run[2] = { 0, 0 };

    do {
        if (!state_restores(s)) {
            for (run[0] = run[1]; run[0] < count && memcmp(at + run[0] * stride, &nothing, 8) == 0;)
                run[0]++;
            for (run[1] = run[0]; run[1] < count && memcmp(at + run[1] * stride, &nothing, 8) != 0;)
                run[1]++;
        }
        STATE_VALUE(s, run);
        state_check(s, run[0] <= run[1] && run[1] <= count);
        if (stride == sizeof nothing && state_is_sound(s))
            state_bytes(s, at + run[0] * stride, (run[1] - run[0]) * stride);
        for (uint32_t i = run[0]; stride != sizeof nothing && i < run[1] && state_is_sound(s); i++)
            state_bytes(s, at + i * stride, sizeof nothing);
    } while (run[0] < run[1] && state_is_sound(s));
}

static void times(state *s, histogram *h)
{
    STATE_VALUE(s, h->sum_ns);
    STATE_VALUE(s, h->count);
    STATE_VALUE(s, h->max_ns);
    counters(s, h->counts, HISTOGRAM_BUCKETS, sizeof *h->counts);
}

static void handshakes(state *s, mtls_session *first, uint32_t count, size_t stride)
{
    counters(s, &first->full, count, stride);
    counters(s, &first->resumed, count, stride);
}

static void of_edge(state *s, edge *e)
{
    STATE_VALUE(s, e->calls);
    STATE_VALUE(s, e->retries);
    STATE_VALUE(s, e->outcomes);
    times(s, &e->times);
}

static void of_client(state *s, client *c)
{
    STATE_VALUE(s, c->sends);
    STATE_VALUE(s, c->cut_off);
    STATE_VALUE(s, c->in_flight);
    STATE_VALUE(s, c->arrived);
    STATE_VALUE(s, c->served);
    STATE_VALUE(s, c->failed);
    STATE_VALUE(s, c->outcomes);
    STATE_VALUE(s, c->retries);
    STATE_VALUE(s, c->late_answers);
    STATE_VALUE(s, c->within_objective);
    times(s, &c->responses);
    handshakes(s, &c->gateway, 1, sizeof c->gateway);
    counters(s, &c->ways->sent, c->station_count, sizeof *c->ways);
    handshakes(s, &c->ways->session, c->station_count, sizeof *c->ways);
    for (uint32_t i = 0; i < c->station_count; i++)
        if (c->ways[i].edge != NULL)
            of_edge(s, c->ways[i].edge);
}

static void of_station(state *s, station *at, uint32_t populations)
{
    STATE_VALUE(s, at->waiting);
    STATE_VALUE(s, at->in_service);
    STATE_VALUE(s, at->up);
    STATE_VALUE(s, at->ordered);
    STATE_VALUE(s, at->busy);
    STATE_VALUE(s, at->out);
    STATE_VALUE(s, at->received);
    STATE_VALUE(s, at->served);
    STATE_VALUE(s, at->full);
    STATE_VALUE(s, at->refused);
    STATE_VALUE(s, at->too_large);
    STATE_VALUE(s, at->cut_off);
    STATE_VALUE(s, at->expired);
    STATE_VALUE(s, at->gone);
    STATE_VALUE(s, at->changed_ns);
    STATE_VALUE(s, at->busy_ns);
    STATE_VALUE(s, at->replica_ns);
    handshakes(s, &at->session, 1, sizeof at->session);
    counters(s, at->answered, populations, sizeof *at->answered);
}

static void of_gateway(state *s, gateway *g, uint32_t stations)
{
    STATE_VALUE(s, g->received);
    STATE_VALUE(s, g->passed);
    STATE_VALUE(s, g->full);
    STATE_VALUE(s, g->refused);
    counters(s, g->calls, stations, sizeof *g->calls);
    handshakes(s, g->sessions, stations, sizeof *g->sessions);
}

static void of_region(state *s, region *here, const services_config *config)
{
    for (uint32_t i = 0; i < here->client_count; i++)
        of_client(s, &here->clients[i]);
    for (uint32_t i = 0; i < here->station_count; i++)
        of_station(s, &here->stations[i], config->population_count);
    for (uint32_t i = 0; i < here->gateway_count; i++)
        of_gateway(s, &here->gateways[i], config->station_count);
    state_list(s, &here->spans.rows, &here->spans.count, &here->spans.room, sizeof *here->spans.rows);
}

static void of_rank(state *s, const service_shared *shared, const windows *w, uint32_t rank)
{
    for (uint32_t i = 0; i < shared->config.regions; i++)
        if (shared->config.ranks->rank_of[i] == rank)
            of_region(s, windows_process(w, i), &shared->config);
}

/* What each has said. */
static sky_status take(const service_shared *shared, const windows *w, const ranks_part *parts)
{
    const ranks *r = shared->config.ranks;
    sky_status status = SKY_OK;
    sky_error error;

    for (uint32_t i = 0; i < r->count && status == SKY_OK; i++) {
        state *theirs = i != r->rank ? state_restore(parts[i].bytes, parts[i].size) : NULL;

        if (i == r->rank)
            continue;
        if (theirs == NULL)
            return SKY_ERROR_MEMORY;
        of_rank(theirs, shared, w, i);
        status = state_end(theirs, &error);
        state_free(theirs);
    }
    return status;
}

sky_status figures_share(const service_shared *shared, const windows *w, sky_error *error)
{
    const ranks *r = shared->config.ranks;
    state *mine = state_save();
    ranks_word word = { .next_ns = SKY_NEVER_NS, .failed_ns = SKY_NEVER_NS, .failed_rank = r->rank };
    const unsigned char *bytes = NULL;
    const ranks_part *parts;
    size_t size = 0;
    sky_status status = SKY_ERROR_MEMORY;

    if (mine != NULL) {
        of_rank(mine, shared, w, r->rank);
        status = state_end(mine, error);
        bytes = state_saved(mine, &size);
    }
    if (status != SKY_OK)
        word.failed_ns = INT64_MIN;
    parts = r->gather(r->context, bytes, size, &word);
    if (parts != NULL)
        status = take(shared, w, parts);
    else if (status == SKY_OK)
        status = SKY_ERROR_STATE;
    state_free(mine);
    if (parts == NULL && word.failed_rank != r->rank)
        snprintf(error->message, sizeof error->message, "services: rank %u failed", word.failed_rank);
    else if (status != SKY_OK)
        snprintf(error->message, sizeof error->message, "services: %s",
                 status == SKY_ERROR_MEMORY ? "out of memory for what ranks say"
                                            : "what ranks say can't be read");
    return status;
}
