#include "stationary.h"

#include "analytic.h"

#include <math.h>
#include <stdlib.h>

#define POINTS       128
#define RATE_UNIT    1e6
#define NS_PER_S     1e9
#define REQUEST_UNIT INT64_C(1000000000000000) /* rate in 10^-6 a second × ns */
#define GOLDEN       0.6180339887498949        /* of the lattice */
#define SHIFT        0.7548776662466927 /* from step to step: the plastic number's inverse, and its square */
#define SHIFT_TOO    0.5698402909980532

/* A place in a step. */
typedef struct place_step {
    double per_s;
    analytic_answer answer;
    int is_over;
} place_step;

struct stationary {
    const services_config *config;
    client **clients;
    station **stations;
    int64_t *left;  /* by population: of a request, in REQUEST_UNIT */
    uint64_t *sent; /* [population × stations + station], in this step */
    place_step *places;
    uint64_t steps;
};

stationary *stationary_new(const services_config *config, client *const *clients, station *const *stations)
{
    size_t populations = config->population_count, places = config->station_count;
    stationary *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->config = config;
    s->clients = calloc(populations + 1, sizeof *s->clients);
    s->stations = calloc(places, sizeof *s->stations);
    s->left = calloc(populations + 1, sizeof *s->left);
    s->sent = calloc(populations * places + 1, sizeof *s->sent);
    s->places = calloc(places, sizeof *s->places);
    if (s->clients == NULL || s->stations == NULL || s->left == NULL || s->sent == NULL ||
        s->places == NULL) {
        stationary_free(s);
        return NULL;
    }
    for (size_t i = 0; i < populations; i++)
        s->clients[i] = clients[i];
    for (size_t i = 0; i < places; i++)
        s->stations[i] = stations[i];
    return s;
}

void stationary_free(stationary *s)
{
    if (s == NULL)
        return;
    free(s->clients);
    free(s->stations);
    free(s->left);
    free(s->sent);
    free(s->places);
    free(s);
}

/* ---- who asks whom --------------------------------------------------------------------------------------------------- */

/* Whole requests of this step, to the places that they go to. */
static void send(stationary *s, uint32_t population, int64_t from_ns, int64_t to_ns)
{
    client *c = s->clients[population];
    int64_t rate = from_ns < s->config->end_ns ? demand_rate(&c->config->load, from_ns) : 0, weight = 0;
    sky_int128 made = (sky_int128)rate * (to_ns - from_ns) + s->left[population];
    uint64_t requests = (uint64_t)(made / REQUEST_UNIT), gone = 0;
    uint64_t *sent = &s->sent[(size_t)population * s->config->station_count];
    int by_weight = c->steered || c->config->routing == CLIENT_BY_WEIGHT;

    s->left[population] = (int64_t)(made % REQUEST_UNIT);
    for (uint32_t i = 0; i < s->config->station_count; i++)
        sent[i] = 0;
    c->arrived += requests;
    for (uint32_t i = 0; i < c->order_count; i++) {
        uint32_t station = c->order[i];
        double share = by_weight ? (double)c->weights[station] / (double)c->weight : i == 0;
        uint64_t so_far;

        weight += by_weight ? c->weights[station] : 0;
        so_far = by_weight ? (uint64_t)((sky_int128)requests * weight / c->weight) : requests;
        sent[station] = so_far - gone;
        gone = so_far;
        s->places[station].per_s += share * (double)rate / RATE_UNIT;
    }
    if (c->order_count > 0)
        return;
    c->failed += requests;
    c->outcomes[CLIENT_NO_PLACE] += requests;
}

/* ---- what they meet --------------------------------------------------------------------------------------------------- */

static void solve(stationary *s, uint32_t place, int64_t span_ns)
{
    station *at = s->stations[place];
    place_step *step = &s->places[place];
    const analytic_queue q = { .per_s = step->per_s,
                               .gap_scv = 1,
                               .service = &at->config->time,
                               .servers = at->up * at->config->concurrency };

    step->is_over = 1;
    if (q.servers == 0)
        return;
    step->answer = analytic_solve(&q);
    step->is_over = step->answer.utilisation >= 1;
    at->busy_ns += (sky_int128)((step->is_over ? 1 : step->answer.utilisation) * q.servers * (double)span_ns);
}

static double fraction(double x)
{
    return x - floor(x);
}

/* So many requests answered, by the distribution of the place. */
static void serve(stationary *s, client *c, uint32_t place, uint64_t requests)
{
    const client_route *route = &c->config->routes[place];
    const station_config *config = s->stations[place]->config;
    const analytic_answer *a = &s->places[place].answer;
    double waits_ns = a->wait_probability > 0 ? a->wait_ns / a->wait_probability : 0;
    uint64_t put = 0;

    for (int i = 0; i < POINTS; i++) {
        uint64_t so_far = (uint64_t)((sky_int128)requests * (i + 1) / POINTS), times = so_far - put;
        double u = fraction((i + 0.5) / POINTS + SHIFT * (double)s->steps);
        double v = fraction(i * GOLDEN + SHIFT_TOO * (double)s->steps);
        int64_t time_ns = route->there_ns + route->back_ns + config->per_request_ns;

        put = so_far;
        if (times == 0)
            continue;
        time_ns += duration_ns(&config->time, -log1p(-u));
        if (v < a->wait_probability)
            time_ns += llround(-waits_ns * log1p(-v / a->wait_probability));
        histogram_add(&c->responses, time_ns, times);
        c->within_objective += time_ns <= c->config->objective_ns ? times : 0;
    }
    c->served += requests;
    c->outcomes[CLIENT_SERVED] += requests;
}

static void answer(stationary *s, uint32_t population, uint32_t place, uint64_t requests)
{
    client *c = s->clients[population];
    station *at = s->stations[place];

    c->sends += requests;
    c->ways[place].sent += requests;
    at->received += requests;
    if (s->places[place].is_over) {
        at->full += requests;
        c->failed += requests;
        c->outcomes[CLIENT_QUEUE_FULL] += requests;
        return;
    }
    at->served += requests;
    at->answered[population] += requests;
    serve(s, c, place, requests);
}

void stationary_step(stationary *s, int64_t from_ns, int64_t to_ns)
{
    uint32_t places = s->config->station_count;

    for (uint32_t i = 0; i < places; i++)
        s->places[i] = (place_step){ .per_s = 0 };
    for (uint32_t p = 0; p < s->config->population_count; p++)
        send(s, p, from_ns, to_ns);
    for (uint32_t i = 0; i < places; i++)
        solve(s, i, to_ns - from_ns);
    for (uint32_t p = 0; p < s->config->population_count; p++)
        for (uint32_t i = 0; i < places; i++)
            if (s->sent[(size_t)p * places + i] > 0)
                answer(s, p, i, s->sent[(size_t)p * places + i]);
    s->steps++;
}

void stationary_state(stationary *s, state *saved)
{
    state_part(saved, "analytic services");
    STATE_VALUE(saved, s->steps);
    state_array(saved, s->left, s->config->population_count, sizeof *s->left);
    for (uint32_t p = 0; p < s->config->population_count; p++)
        state_check(saved, s->left[p] >= 0 && s->left[p] < REQUEST_UNIT);
}
