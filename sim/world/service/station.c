#include "inside.h"

#include <assert.h>
#include <stdlib.h>

#define WHOLE_PPM 1000000

/* ---- jobs ------------------------------------------------------------------------------------------------------ */

static uint32_t new_job(process_context *c, station *s)
{
    uint32_t job = s->free_job;

    if (job != STATION_NONE) {
        s->free_job = s->jobs[job].next;
        return job;
    }
    if (s->job_count == s->job_room) {
        uint32_t room = s->job_room == 0 ? 64 : s->job_room * 2;
        station_job *jobs = room > s->job_room ? realloc(s->jobs, room * sizeof *jobs) : NULL;

        if (jobs == NULL) {
            process_fail(c, SKY_ERROR_MEMORY, "out of memory for requests");
            return STATION_NONE;
        }
        s->jobs = jobs;
        s->job_room = room;
    }
    return s->job_count++;
}

static void free_job(station *s, uint32_t job)
{
    s->jobs[job].live = 0;
    s->jobs[job].next = s->free_job;
    s->free_job = job;
}

static uint32_t take_first(station *s)
{
    uint32_t job = s->first;

    s->first = s->jobs[job].next;
    s->jobs[job].next = STATION_NONE;
    s->waiting--;
    return job;
}

static void check(const station *s)
{
    assert(s->received == s->served + s->full + s->refused + s->too_large + s->cut_off + s->expired +
                              s->gone + s->waiting + s->in_service);
}

/* Integrals over time, before anything changes. */
static void count_to_now(station *s, int64_t now_ns)
{
    s->busy_ns += (sky_int128)s->busy * (now_ns - s->changed_ns);
    s->replica_ns += (sky_int128)s->ordered * (now_ns - s->changed_ns);
    s->changed_ns = now_ns;
}

/* ---- batches ------------------------------------------------------------------------------------------------------ */

/* *replica: one that can start a batch with so many tokens; where there is no memory to watch, any will do. */
static int find_replica(const station *s, int64_t tokens, uint32_t *replica)
{
    const station_config *config = s->config;

    *replica = 0;
    if (config->memory_tokens == 0)
        return s->busy < s->up * config->concurrency;
    for (uint32_t r = 0; r < s->up; r++)
        if (s->replicas[r].busy < config->concurrency &&
            s->replicas[r].tokens + tokens <= config->memory_tokens) {
            *replica = r;
            return 1;
        }
    return 0;
}

static void start_batch(process_context *c, station *s, uint32_t replica)
{
    const station_config *config = s->config;
    uint32_t first = take_first(s), last = first, requests = 1;
    int64_t tokens = s->jobs[first].tokens, time_ns;

    while (requests < config->max_batch && s->waiting > 0 &&
           (config->memory_tokens == 0 ||
            s->replicas[replica].tokens + tokens + s->jobs[s->first].tokens <= config->memory_tokens)) {
        uint32_t job = take_first(s);

        tokens += s->jobs[job].tokens;
        s->jobs[job].started_ns = c->now_ns;
        s->jobs[last].next = job;
        last = job;
        requests++;
    }
    s->jobs[first].replica = replica;
    s->jobs[first].started_ns = c->now_ns;
    s->busy++;
    s->in_service += requests;
    s->batches++;
    if (config->memory_tokens > 0) {
        s->replicas[replica].busy++;
        s->replicas[replica].tokens += tokens;
    }
    time_ns = duration_ns(&config->time, stream_exponential(&s->times)) + config->per_request_ns * requests +
              config->per_token_ns * tokens;
    process_schedule(c, time_ns, SERVICE_DONE, s->local, first, s->outages);
}

/* Starts all that can be. */
static void start(process_context *c, station *s)
{
    const station_config *config = s->config;
    uint32_t replica;

    while (s->waiting > 0 && find_replica(s, s->jobs[s->first].tokens, &replica)) {
        int64_t due_ns = s->jobs[s->first].arrived_ns + config->max_wait_ns;

        if (s->waiting < config->max_batch && due_ns > c->now_ns) {
            if (s->due_ns != due_ns)
                process_schedule(c, due_ns - c->now_ns, SERVICE_DUE, s->local, 0, 0);
            s->due_ns = due_ns;
            break;
        }
        start_batch(c, s, replica);
    }
    check(s);
}

/* ---- requests ------------------------------------------------------------------------------------------------------- */

/* A span of a request here. */
static void leave_span(process_context *c, region *here, const station *s, uint64_t mark, uint32_t population,
                       record_span kind, int64_t start_ns, int64_t end_ns)
{
    if (mark != 0)
        trace_add(c, &here->spans, mark,
                  (record_span_row){ .start_ns = start_ns,
                                     .end_ns = end_ns,
                                     .population = population,
                                     .place = s->number,
                                     .kind = kind,
                                     .region = c->self,
                                     .by_kind = 1,
                                     .by = s->number });
}

static void answer(process_context *c, region *here, station *s, uint32_t population, client_outcome outcome,
                   uint64_t call, uint64_t mark)
{
    const service_shared *shared = c->shared;
    const client_config *asker = &shared->config.populations[population];
    uint32_t local = shared->population_local[population];
    int64_t delay_ns = service_delay_ns(shared, population, s->number, asker->routes[s->number].back_ns,
                                        c->now_ns, 2 * s->answers++ + 1);

    if (service_way(shared, population, s->number)->cut) {
        if (asker->timeout_ns > 0)
            return; /* that will tell the caller */
        outcome = CLIENT_UNREACHABLE;
    }
    s->answered[population] += outcome == CLIENT_SERVED;
    leave_span(c, here, s, mark, population, RECORD_SPAN_ANSWER, c->now_ns, c->now_ns + delay_ns);
    if (delay_ns == 0 && asker->region == c->self)
        client_take_answer(c, here, local, outcome, call);
    else
        process_send(c, asker->region, delay_ns, SERVICE_ANSWER, local, outcome, (int64_t)call);
}

/* Tokens of a request: geometric from 1, by the mean of its population. */
static int64_t draw_tokens(station *s, const client_config *asker)
{
    const duration beyond_first = { .kind = DURATION_EXPONENTIAL, .mean_ns = asker->tokens - 1 };

    if (asker->tokens <= 1)
        return asker->tokens > 0;
    return 1 + duration_ns(&beyond_first, stream_exponential(&s->token_draws));
}

/* Whoever passes a request on must be allowed to. */
static client_outcome check_caller(const process_context *c, const station *s, const request *r)
{
    const service_shared *shared = c->shared;
    mesh_end self, caller;
    int64_t certificates;

    if (r->caller == 0 &&
        service_is_plain(shared, shared->config.populations[r->population].mtls.trust_domain,
                         s->config->trust_domain))
        return CLIENT_SERVED;
    self = mesh_station(shared, s->number);
    if (r->caller == 0)
        caller = mesh_population(shared, r->population);
    else if (r->caller >= REQUEST_BY_GATEWAY(0))
        caller = mesh_gateway(shared, r->caller - REQUEST_BY_GATEWAY(0));
    else
        caller = mesh_station(shared, r->caller - REQUEST_BY_STATION(0));
    return mesh_check(shared, &caller, &self, c->now_ns, &certificates);
}

/* CLIENT_SERVED: it may come in. */
static client_outcome admit(const process_context *c, station *s, const request *r, int64_t tokens)
{
    client_outcome identity;

    if (s->out) {
        s->cut_off++;
        return CLIENT_UNREACHABLE;
    }
    if (r->endpoints != REQUEST_ALL_KNOWN && discovery_is_gone(c, s, r)) {
        s->gone++;
        return CLIENT_GONE;
    }
    identity = check_caller(c, s, r);
    if (identity != CLIENT_SERVED) {
        s->refused += identity == CLIENT_REFUSED;
        s->expired += identity == CLIENT_EXPIRED;
        return identity;
    }
    if (s->config->memory_tokens > 0 && tokens > s->config->memory_tokens) {
        s->too_large++;
        return CLIENT_TOO_LARGE;
    }
    if (s->waiting >= s->config->queue_limit) {
        uint32_t replica;

        if (s->waiting > 0 || !find_replica(s, tokens, &replica)) {
            s->full++;
            return CLIENT_QUEUE_FULL;
        }
    }
    return CLIENT_SERVED;
}

void station_take(process_context *c, region *here, uint32_t local, const request *r)
{
    station *s = &here->stations[local];
    const client_config *asker = &((const service_shared *)c->shared)->config.populations[r->population];
    int64_t tokens = draw_tokens(s, asker);
    client_outcome outcome;
    uint32_t job;

    count_to_now(s, c->now_ns);
    s->received++;
    outcome = admit(c, s, r, tokens);
    if (outcome != CLIENT_SERVED) {
        answer(c, here, s, r->population, outcome, r->call, r->mark);
        return;
    }
    job = new_job(c, s);
    if (job == STATION_NONE)
        return;
    s->jobs[job] = (station_job){ .call = r->call,
                                  .arrived_ns = c->now_ns,
                                  .tokens = tokens,
                                  .mark = r->mark,
                                  .population = r->population,
                                  .next = STATION_NONE,
                                  .live = 1 };
    if (s->waiting++ == 0)
        s->first = job;
    else
        s->jobs[s->last].next = job;
    s->last = job;
    start(c, s);
    if (s->waiting > s->waiting_most)
        s->waiting_most = s->waiting;
}

/* To the next service. */
static void pass_on(process_context *c, region *here, station *s, const station_job *job)
{
    const service_shared *shared = c->shared;
    const station_config *config = s->config;
    const mesh_end self = mesh_station(shared, s->number), next = mesh_station(shared, config->then);
    const mesh_cost cost = mesh_call(shared, &self, &next, &s->session, 2 * config->then_ns, c->now_ns,
                                     &self.owner->draws, s->served);
    const request r = { .call = job->call,
                        .mark = job->mark,
                        .endpoints = REQUEST_ALL_KNOWN,
                        .population = job->population,
                        .caller = REQUEST_BY_STATION(s->number),
                        .station = config->then };
    int64_t handshake_ns = c->now_ns + cost.handshake_ns, sent_ns = handshake_ns + cost.encryption_ns;

    leave_span(c, here, s, job->mark, job->population, RECORD_SPAN_HANDSHAKE, c->now_ns, handshake_ns);
    leave_span(c, here, s, job->mark, job->population, RECORD_SPAN_ENCRYPTION, handshake_ns, sent_ns);
    leave_span(c, here, s, job->mark, job->population, RECORD_SPAN_NETWORK, sent_ns,
               sent_ns + config->then_ns);
    request_send(c, here, sent_ns + config->then_ns - c->now_ns, &r);
}

/* It is served here. */
static void hand_on(process_context *c, region *here, station *s, const station_job *job)
{
    leave_span(c, here, s, job->mark, job->population, RECORD_SPAN_QUEUE, job->arrived_ns, job->started_ns);
    leave_span(c, here, s, job->mark, job->population, RECORD_SPAN_SERVICE, job->started_ns, c->now_ns);
    if (s->config->then == STATION_NONE)
        answer(c, here, s, job->population, CLIENT_SERVED, job->call, job->mark);
    else
        pass_on(c, here, s, job);
}

void station_arrive(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;
    uint32_t local, caller;
    request r = request_of(here, event, &local, &caller);

    r.caller = caller;
    station_take(c, here, local, &r);
}

void station_done(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;
    station *s = &here->stations[event->subject];
    station_replica *replica;

    if (event->a != s->outages)
        return; /* it was cut off */
    replica = s->replicas != NULL ? &s->replicas[s->jobs[event->other].replica] : NULL;
    count_to_now(s, c->now_ns);
    s->busy--;
    if (replica != NULL)
        replica->busy--;
    for (uint32_t at = event->other; at != STATION_NONE;) {
        const station_job job = s->jobs[at];

        free_job(s, at);
        at = job.next;
        s->in_service--;
        s->served++;
        if (replica != NULL)
            replica->tokens -= job.tokens;
        hand_on(c, here, s, &job);
    }
    start(c, s);
}

void station_due(process_context *c, void *state, const kernel_event *event)
{
    station *s = &((region *)state)->stations[event->subject];

    count_to_now(s, c->now_ns);
    start(c, s);
}

/* ---- replicas ------------------------------------------------------------------------------------------------------ */

static void rescale(process_context *c, station *s)
{
    const autoscaler_config *scaling = &s->config->scaling;
    int64_t can_ns, waiting_ppm, used_ppm;
    uint32_t desired;

    can_ns = scaling->interval_ns * s->config->concurrency;
    used_ppm = (int64_t)((s->busy_ns - s->scaled_busy_ns) * WHOLE_PPM / ((sky_int128)can_ns * s->up));
    waiting_ppm = (int64_t)((sky_int128)s->waiting * WHOLE_PPM /
                            ((sky_int128)s->up * s->config->concurrency * s->config->max_batch));
    desired = autoscaler_desired(&s->scaler, scaling, c->now_ns, s->up, used_ppm + waiting_ppm);
    if (desired > s->ordered) {
        process_schedule(c, scaling->cold_start_ns, SERVICE_READY, s->local, desired - s->ordered,
                         s->outages);
        s->ordered = desired;
    } else if (desired < s->ordered && s->ordered == s->up) {
        s->up = s->ordered = desired; /* what these have begun they finish */
    }
    if (s->ordered > s->replicas_most)
        s->replicas_most = s->ordered;
}

void station_scale(process_context *c, void *state, const kernel_event *event)
{
    station *s = &((region *)state)->stations[event->subject];

    if (s->governed)
        return;
    count_to_now(s, c->now_ns);
    if (s->up > 0) /* else it is out, or all of its replicas still start */
        rescale(c, s);
    s->scaled_busy_ns = s->busy_ns;
    process_schedule(c, s->config->scaling.interval_ns, SERVICE_SCALE, s->local, 0, 0);
}

void station_ready(process_context *c, void *state, const kernel_event *event)
{
    station *s = &((region *)state)->stations[event->subject];
    uint32_t gone;

    if (event->a != s->outages)
        return; /* it was lost while it started */
    count_to_now(s, c->now_ns);
    gone = event->other < s->cancelled ? event->other : s->cancelled;
    s->cancelled -= gone;
    s->up += event->other - gone;
    start(c, s);
}

uint32_t station_order(station *s, int64_t now_ns, uint32_t replicas)
{
    uint32_t starting = s->ordered - s->up, more = 0;

    count_to_now(s, now_ns);
    s->governed = 1;
    if (s->out)
        return 0;
    if (replicas < s->config->keep || (replicas == 0 && s->waiting > 0))
        replicas = s->config->keep > 0 ? s->config->keep : 1;
    if (replicas > s->ordered) {
        more = replicas - s->ordered;
    } else {
        uint32_t fewer = s->ordered - replicas;

        s->cancelled += fewer < starting ? fewer : starting;
        s->up = s->up < replicas ? s->up : replicas; /* what the others have begun they finish */
    }
    s->ordered = replicas;
    if (s->ordered > s->replicas_most)
        s->replicas_most = s->ordered;
    return more;
}

/* ---- outages ------------------------------------------------------------------------------------------------------- */

/* All that waits or is in service is answered so, in the order of its places. */
static void cut_off(process_context *c, region *here, station *s)
{
    for (uint32_t i = 0; i < s->job_count; i++) {
        const station_job job = s->jobs[i];

        if (!job.live)
            continue;
        free_job(s, i);
        s->cut_off++;
        answer(c, here, s, job.population, CLIENT_UNREACHABLE, job.call, job.mark);
    }
    s->waiting = s->in_service = s->busy = 0;
    s->due_ns = -1;
    for (uint32_t r = 0; s->replicas != NULL && r < s->config->scaling.most; r++)
        s->replicas[r] = (station_replica){ 0 };
    check(s);
}

void station_outage(process_context *c, void *state, const kernel_event *event)
{
    region *here = state;
    station *s = &here->stations[event->subject];
    const autoscaler_config *scaling = &s->config->scaling;

    if (s->out == event->other)
        return;
    count_to_now(s, c->now_ns);
    s->out = event->other;
    if (s->out) {
        s->outages++;
        s->up = s->ordered = s->cancelled = 0;
        cut_off(c, here, s);
        return;
    }
    s->ordered = s->governed ? 0 : scaling->least; /* else somebody will order some */
    process_schedule(c, scaling->cold_start_ns, SERVICE_READY, s->local, s->ordered, s->outages);
}

int station_begin(process_context *c, station *s)
{
    const service_shared *shared = c->shared;
    const autoscaler_config *scaling = &s->config->scaling;
    random_key key = { .seed = shared->config.seed,
                       .replication = shared->config.replication,
                       .thing = s->number,
                       .purpose = RANDOM_SERVICE_TIME };

    stream_init(&s->times, &key);
    key.purpose = RANDOM_TOKENS;
    stream_init(&s->token_draws, &key);
    s->answered = calloc(shared->config.population_count + 1, sizeof *s->answered);
    if (s->answered == NULL)
        return -1;
    s->free_job = STATION_NONE;
    s->due_ns = -1;
    s->up = s->ordered = s->replicas_most = scaling->least;
    if (s->config->memory_tokens > 0) {
        s->replicas = calloc(scaling->most, sizeof *s->replicas);
        if (s->replicas == NULL)
            return -1;
    }
    if (scaling->most > scaling->least && scaling->least > 0 && !shared->config.analytic)
        process_schedule(c, scaling->interval_ns, SERVICE_SCALE, s->local, 0, 0);
    return discovery_begin(c, s);
}

void station_end(station *s)
{
    discovery_end(s);
    free(s->jobs);
    free(s->replicas);
    free(s->answered);
}

sky_int128 station_busy_ns(const station *s, int64_t now_ns)
{
    return s->busy_ns + (sky_int128)s->busy * (now_ns - s->changed_ns);
}

sky_int128 station_replica_ns(const station *s, int64_t now_ns)
{
    return s->replica_ns + (sky_int128)s->ordered * (now_ns - s->changed_ns);
}

int64_t station_utilisation_ppm(const station *s, int64_t now_ns)
{
    sky_int128 can_ns = station_replica_ns(s, now_ns) * s->config->concurrency;

    return can_ns > 0 ? (int64_t)((station_busy_ns(s, now_ns) * WHOLE_PPM + can_ns / 2) / can_ns) : 0;
}

int64_t station_cost_nusd(const station *s, int64_t now_ns)
{
    return (int64_t)((station_replica_ns(s, now_ns) * s->config->nusd_per_hour + SKY_NS_PER_HOUR / 2) /
                     SKY_NS_PER_HOUR);
}
