/* Services between control points: every request is simulated, what users met is written down, and what it cost is
 * billed. */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_PPM 1000000
#define MOST_NS   ((sky_int128)1 << 100) /* of all replicas together, in a checkpoint */

static sky_status go_on(void *requests, int64_t to_ns, sky_error *error)
{
    return services_run(((twin_requests *)requests)->services, to_ns, error);
}

sky_status twin_open_services(twin *t)
{
    twin_requests *r;
    size_t ways;
    sky_status status;

    if (t->scenario->services == NULL)
        return SKY_OK;
    r = t->requests = calloc(1, sizeof *r);
    if (r != NULL) {
        r->config = *t->scenario->services;
        r->config.seed = t->options->seed;
        r->config.replication = t->options->replication;
        r->config.end_ns = t->world.end_ns;
        r->config.threads = t->options->threads > 1 ? t->options->threads : 1;
        r->config.ranks = t->options->ranks;
        r->config.stop = t->output->stop;
        r->config.stop_context = t->output->context;
        ways = (size_t)r->config.population_count * r->config.station_count;
        r->before = calloc(r->config.population_count + 1, sizeof *r->before);
        r->populations = calloc(r->config.population_count + 1, sizeof *r->populations);
        r->places = calloc(r->config.station_count, sizeof *r->places);
        r->egress_nusd = calloc(r->config.station_count, sizeof *r->egress_nusd);
        r->requests = calloc(ways + 1, sizeof *r->requests);
        r->answers = calloc(ways + 1, sizeof *r->answers);
    }
    if (r == NULL || r->before == NULL || r->populations == NULL || r->places == NULL ||
        r->egress_nusd == NULL || r->requests == NULL || r->answers == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    if (twin_open_mesh(t, &r->config) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (twin_open_ways(t) != SKY_OK) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    if (r->users != NULL)
        twin_follow_network(t);
    status = services_create(&r->config, &r->services, t->error);
    if (status == SKY_OK && r->users != NULL)
        twin_follow_network(t); /* and losses */
    r->beside.counts_as = TWIN_SERVICES;
    return status == SKY_OK ? twin_open_beside(t, &r->beside, go_on, r, r->config.threads) : status;
}

void twin_free_services(twin *t)
{
    twin_requests *r = t->requests;

    if (r == NULL)
        return;
    twin_free_beside(&r->beside);
    services_destroy(r->services);
    twin_free_mesh(t);
    free(r->users);
    free(r->routes);
    free(r->before);
    free(r->populations);
    free(r->places);
    free(r->egress_nusd);
    free(r->requests);
    free(r->answers);
    free(r);
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

static int can_have_counted(const counted *c)
{
    const int64_t counts[] = { c->served,      c->failed, c->within, c->nusd,
                               c->egress_nusd, c->came,   c->up,     c->ordered };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] < 0)
            return 0;
    return c->busy_ns >= 0 && c->busy_ns <= MOST_NS && c->can_ns >= 0 && c->can_ns <= MOST_NS;
}

static void counted_state(counted *all, size_t count, state *s)
{
    state_array(s, all, count, sizeof *all);
    for (size_t i = 0; i < count; i++)
        state_check(s, can_have_counted(&all[i]));
}

/* No more than there is to bill. */
static void check_billed(const twin_requests *r, state *s)
{
    for (uint32_t p = 0; p < r->config.population_count; p++)
        for (uint32_t i = 0; i < r->config.station_count; i++) {
            size_t way = (size_t)p * r->config.station_count + i;

            state_check(s, r->requests[way] <= services_population(r->services, p)->ways[i].sent &&
                               r->answers[way] <= services_station(r->services, i)->answered[p]);
        }
}

void twin_services_state(twin *t, state *s)
{
    twin_requests *r = t->requests;
    size_t populations, places;

    if (r == NULL)
        return;
    populations = r->config.population_count;
    places = r->config.station_count;
    state_part(s, "rows of requests");
    twin_beside_state(&r->beside, s);
    STATE_VALUE(s, r->written_ns);
    counted_state(r->populations, populations, s);
    counted_state(r->places, places, s);
    state_array(s, r->egress_nusd, places, sizeof *r->egress_nusd);
    for (size_t i = 0; i < places; i++)
        state_check(s, r->egress_nusd[i] >= 0);
    state_array(s, r->requests, populations * places, sizeof *r->requests);
    state_array(s, r->answers, populations * places, sizeof *r->answers);
    for (size_t p = 0; p < populations; p++)
        histogram_state(&r->before[p], s);
    twin_mesh_state(t, s);
    if (r->users != NULL)
        twin_ways_state(t, s);
    services_state(r->services, s);
    if (!state_restores(s) || !state_is_sound(s))
        return;
    check_billed(r, s);
    if (r->users != NULL) {
        twin_follow_network(t);
        state_check(s, services_refresh(r->services, t->error) == SKY_OK);
    }
}

/* ---- the bill ---------------------------------------------------------------------------------------------------- */

/* Bytes between a population and a place since they were last billed. */
static void bill_way(twin *t, uint32_t population, uint32_t place)
{
    twin_requests *r = t->requests;
    const station *s = services_station(r->services, place);
    size_t way = (size_t)population * r->config.station_count + place;
    uint64_t requests = services_population(r->services, population)->ways[place].sent;
    uint64_t answers = s->answered[population];
    uint32_t users = r->config.populations[population].region, there = s->config->region;

    if (users != there) {
        r->egress_nusd[place] += world_bill_messages(
            &t->world, users, there, (int64_t)(requests - r->requests[way]) * s->config->request_bytes);
        r->egress_nusd[place] += world_bill_messages(
            &t->world, there, users, (int64_t)(answers - r->answers[way]) * s->config->answer_bytes);
    }
    r->requests[way] = requests;
    r->answers[way] = answers;
}

static void bill_ways(twin *t)
{
    for (uint32_t p = 0; p < t->requests->config.population_count; p++)
        for (uint32_t s = 0; s < t->requests->config.station_count; s++)
            bill_way(t, p, s);
}

int64_t twin_service_rate(const twin *t)
{
    const twin_requests *r = t->requests;
    int64_t rate = 0;

    for (uint32_t s = 0; r != NULL && s < r->config.station_count; s++)
        rate += services_station(r->services, s)->ordered * r->config.stations[s].nusd_per_hour;
    return rate;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* What is the same whether since the last row, or since the start. */
static record_request_row population_row(const twin *t, uint32_t population, const counted *since,
                                         const histogram *responses)
{
    const client *c = services_population(t->requests->services, population);

    return (record_request_row){ .time_ns = t->world.now_ns,
                                 .served = (int64_t)c->served - since->served,
                                 .failed = (int64_t)c->failed - since->failed,
                                 .within = (int64_t)c->within_objective - since->within,
                                 .p50_ns = histogram_percentile(responses, 500000),
                                 .p95_ns = histogram_percentile(responses, 950000),
                                 .p99_ns = histogram_percentile(responses, 990000),
                                 .max_ns = responses->max_ns,
                                 .budget_left_ppm = client_budget_left_ppm(c),
                                 .population = population,
                                 .place = SKY_NONE,
                                 .region = c->config->region };
}

static sky_status write_population(twin *t, uint32_t population)
{
    twin_requests *r = t->requests;
    const client *c = services_population(r->services, population);
    record_request_row row;
    sky_status status;

    r->since = c->responses;
    histogram_subtract(&r->since, &r->before[population]);
    r->before[population] = c->responses;
    row = population_row(t, population, &r->populations[population], &r->since);
    status = twin_tell_asked(t, &row);
    r->populations[population].came = (int64_t)c->arrived;
    r->populations[population].served += row.served;
    r->populations[population].failed += row.failed;
    r->populations[population].within += row.within;
    return status == SKY_OK ? twin_write_row(t, RECORD_REQUESTS, &row) : status;
}

static counted count_place(const twin *t, uint32_t place)
{
    const station *s = services_station(t->requests->services, place);
    int64_t now_ns = t->world.now_ns;

    return (counted){ .came = (int64_t)s->received,
                      .up = t->requests->places[place].up,
                      .ordered = t->requests->places[place].ordered,
                      .served = (int64_t)s->served,
                      .failed = (int64_t)(s->full + s->refused + s->too_large + s->cut_off + s->expired +
                                          s->gone),
                      .nusd = station_cost_nusd(s, now_ns),
                      .egress_nusd = t->requests->egress_nusd[place],
                      .busy_ns = station_busy_ns(s, now_ns),
                      .can_ns = station_replica_ns(s, now_ns) * s->config->concurrency };
}

static record_request_row place_row(const twin *t, uint32_t place, const counted *since, const counted *now)
{
    const station *s = services_station(t->requests->services, place);
    sky_int128 can_ns = now->can_ns - since->can_ns;
    record_request_row row = { .time_ns = t->world.now_ns,
                               .served = now->served - since->served,
                               .failed = now->failed - since->failed,
                               .nusd = now->nusd - since->nusd,
                               .egress_nusd = now->egress_nusd - since->egress_nusd,
                               .population = SKY_NONE,
                               .place = place,
                               .region = s->config->region,
                               .replicas = s->ordered };

    if (can_ns > 0)
        row.utilisation_ppm = (int64_t)((now->busy_ns - since->busy_ns) * WHOLE_PPM / can_ns);
    return row;
}

static sky_status write_place(twin *t, uint32_t place)
{
    counted now = count_place(t, place), *last = &t->requests->places[place];
    record_request_row row = place_row(t, place, last, &now);
    sky_status status = twin_tell_served(t, &row);

    now.up = last->up;
    now.ordered = last->ordered;
    *last = now;
    t->world.cost_nusd += row.nusd;
    return status == SKY_OK ? twin_write_row(t, RECORD_REQUESTS, &row) : status;
}

/* Requests are neither lost nor made. */
static sky_status check(twin *t)
{
    if (services_are_conserved(t->requests->services))
        return SKY_OK;
    snprintf(t->error->message, sizeof t->error->message,
             "twin: at %lld ns requests are other than served, failed or under way",
             (long long)t->world.now_ns);
    return SKY_ERROR_STATE;
}

sky_status twin_run_services(twin *t, services **services)
{
    twin_requests *r = t->requests;
    sky_status status;

    *services = r != NULL ? r->services : NULL;
    if (r == NULL)
        return SKY_OK;
    status = twin_catch_up(t, &r->beside);
    return status == SKY_OK ? check(t) : status;
}

sky_status twin_bill_services(twin *t)
{
    services *all;
    sky_status status = twin_run_services(t, &all);

    if (status == SKY_OK && all != NULL)
        bill_ways(t);
    return status;
}

int64_t twin_service_bills(const twin *t, int64_t *egress_nusd)
{
    const twin_requests *r = t->requests;
    int64_t nusd = 0;

    *egress_nusd = 0;
    for (uint32_t s = 0; r != NULL && s < r->config.station_count; s++) {
        nusd += r->places[s].nusd + r->egress_nusd[s];
        *egress_nusd += r->egress_nusd[s];
    }
    return nusd;
}

void twin_serve_ahead(twin *t)
{
    if (t->requests != NULL)
        twin_go_ahead(t, &t->requests->beside);
}

sky_status twin_serve(twin *t)
{
    twin_requests *r = t->requests;
    sky_status status;

    if (r == NULL || t->world.now_ns == r->written_ns)
        return SKY_OK;
    r->written_ns = t->world.now_ns;
    status = twin_catch_up(t, &r->beside);
    if (status == SKY_OK)
        status = check(t);
    if (status != SKY_OK)
        return status;
    bill_ways(t);
    for (uint32_t p = 0; p < r->config.population_count && status == SKY_OK; p++)
        status = write_population(t, p);
    for (uint32_t s = 0; s < r->config.station_count && status == SKY_OK; s++)
        status = write_place(t, s);
    return status == SKY_OK ? twin_write_mesh(t, r->services) : status;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* Of all populations together: what their objectives allow to be missed, and what was. */
static int64_t budget_left_ppm(const twin_requests *r)
{
    sky_int128 allowed = 0, missed = 0; /* allowed: in millionths of a request */

    for (uint32_t p = 0; p < r->config.population_count; p++) {
        const client *c = services_population(r->services, p);

        allowed += (sky_int128)(c->served + c->failed) * (WHOLE_PPM - c->config->objective_ppm);
        missed += c->served + c->failed - c->within_objective;
    }
    if (allowed == 0)
        return missed == 0 ? 0 : INT64_MIN;
    return (int64_t)(WHOLE_PPM - missed * WHOLE_PPM * WHOLE_PPM / allowed);
}

static sky_status close_populations(twin *t)
{
    static const counted nothing = { 0 };
    twin_requests *r = t->requests;
    record_summary *sum = &t->world.summary;
    sky_status status = SKY_OK;

    memset(&r->since, 0, sizeof r->since);
    for (uint32_t p = 0; p < r->config.population_count && status == SKY_OK; p++) {
        const client *c = services_population(r->services, p);
        record_request_row row = population_row(t, p, &nothing, &c->responses);

        sum->requests_served += row.served;
        sum->requests_failed += row.failed;
        sum->requests_within += row.within;
        histogram_merge(&r->since, &c->responses);
        status = twin_write_row(t, RECORD_SERVICES, &row);
    }
    sum->requests_p50_ns = histogram_percentile(&r->since, 500000);
    sum->requests_p99_ns = histogram_percentile(&r->since, 990000);
    sum->budget_left_ppm = budget_left_ppm(r);
    sum->requests_analytic = r->config.analytic;
    return status;
}

sky_status twin_close_services(twin *t)
{
    static const counted nothing = { 0 };
    twin_requests *r = t->requests;
    record_summary *sum = &t->world.summary;
    sky_status status = r != NULL ? close_populations(t) : SKY_OK;

    for (uint32_t s = 0; r != NULL && s < r->config.station_count && status == SKY_OK; s++) {
        const counted now = count_place(t, s);
        record_request_row row = place_row(t, s, &nothing, &now);
        record_cost_row cost = { .provider = t->scenario->regions[row.region].provider,
                                 .region = row.region,
                                 .pool = SKY_NONE,
                                 .purchase = SKY_ON_DEMAND,
                                 .compute_nusd = row.nusd,
                                 .egress_nusd = row.egress_nusd,
                                 .machine_us = (int64_t)(now.can_ns / r->config.stations[s].concurrency /
                                                         RECORD_NS_PER_US),
                                 .place = s,
                                 .stage = SKY_NONE };

        sum->compute_nusd += cost.compute_nusd;
        sum->service_nusd += cost.compute_nusd;
        sum->egress_nusd += cost.egress_nusd;
        status = twin_write_row(t, RECORD_SERVICES, &row);
        if (status == SKY_OK)
            status = twin_write_row(t, RECORD_COSTS, &cost);
    }
    return r != NULL && status == SKY_OK ? twin_close_mesh(t) : status;
}
