#include "inside.h"

#include <stdlib.h>

#define WHOLE_PPM 1000000

/* A report in one number: replicas that work (20 bits), share of those that should (20 bits), and how they are used
 * (23 bits, in ppm). */
#define FIELD_BITS 20
#define FIELD      ((INT64_C(1) << FIELD_BITS) - 1)
#define MOST_LOAD  ((INT64_C(1) << 23) - 1)

/* ---- what a place says ------------------------------------------------------------------------------------------- */

/* Since the last report, with what waits. */
static int64_t load_ppm(const process_context *c, station *s)
{
    const discovery_config *discovery = &((const service_shared *)c->shared)->config.discovery;
    sky_int128 busy_ns = station_busy_ns(s, c->now_ns), can_ns, load;

    can_ns = (sky_int128)discovery->every_ns * s->up * s->config->concurrency;
    if (can_ns == 0)
        return MOST_LOAD;
    load = (busy_ns - s->reported_busy_ns) * WHOLE_PPM / can_ns +
           (sky_int128)s->waiting * WHOLE_PPM /
               ((sky_int128)s->up * s->config->concurrency * s->config->max_batch);
    s->reported_busy_ns = busy_ns;
    return load < MOST_LOAD ? (int64_t)load : MOST_LOAD;
}

void discovery_report(process_context *c, void *state, const kernel_event *event)
{
    const services_config *config = &((const service_shared *)c->shared)->config;
    station *s = &((region *)state)->stations[event->subject];
    int64_t healthy_ppm = s->ordered > 0 ? (int64_t)s->up * WHOLE_PPM / s->ordered : 0;
    int64_t report = s->up | healthy_ppm << FIELD_BITS | load_ppm(c, s) << 2 * FIELD_BITS;

    for (uint32_t p = 0; p < config->population_count; p++) {
        const client_route *route = &config->populations[p].routes[s->number];

        if (route->weight > 0)
            process_send(c, config->populations[p].region, config->discovery.delay_ns + route->back_ns,
                         SERVICE_HEAR, ((const service_shared *)c->shared)->population_local[p], s->number,
                         report);
    }
    process_schedule(c, config->discovery.every_ns, SERVICE_REPORT, s->local, 0, 0);
}

void discovery_hear(process_context *c, void *state, const kernel_event *event)
{
    const services_config *config = &((const service_shared *)c->shared)->config;
    client *client = &((region *)state)->clients[event->subject];
    client_way *way = &client->ways[event->other];

    way->endpoints = (uint32_t)(event->a & FIELD);
    way->as_of_ns = c->now_ns - config->discovery.delay_ns - client->config->routes[event->other].back_ns;
    if (client->places == NULL || client->steered) /* its shares are somebody else's */
        return;
    for (uint32_t i = 0; i < client->order_count; i++)
        if (client->order[i] == event->other)
            balance_hear(&client->places[i], &config->balance, event->a >> FIELD_BITS & FIELD,
                         event->a >> 2 * FIELD_BITS);
    balance_share(client->places, client->order_count, &config->balance);
}

/* ---- endpoints --------------------------------------------------------------------------------------------------- */

static random_key key_of(const process_context *c, const station *s, random_purpose purpose)
{
    const services_config *config = &((const service_shared *)c->shared)->config;

    return (random_key){
        .seed = config->seed, .replication = config->replication, .thing = s->number, .purpose = purpose
    };
}

static void wait_for_replacement(process_context *c, const station *s)
{
    const random_key key = key_of(c, s, RANDOM_ENDPOINT_REPLACEMENT);
    double mean_ns = (double)s->config->endpoint_life_ns / s->config->scaling.most;

    process_schedule(c,
                     (int64_t)(stream_exponential_of(random_u64(&key, 2 * s->replacements)) * mean_ns + 0.5),
                     SERVICE_REPLACE, s->local, 0, 0);
}

/* Of all that there may be; those that there are not do not mind. */
void discovery_replace(process_context *c, void *state, const kernel_event *event)
{
    station *s = &((region *)state)->stations[event->subject];
    const random_key key = key_of(c, s, RANDOM_ENDPOINT_REPLACEMENT);
    uint32_t bits = (uint32_t)(random_u64(&key, 2 * s->replacements + 1) >> 32);

    s->endpoint_born_ns[stream_below_of(bits, s->config->scaling.most)] = c->now_ns;
    s->replacements++;
    wait_for_replacement(c, s);
}

int discovery_is_gone(const process_context *c, const station *s, const request *r)
{
    const random_key key = key_of(c, s, RANDOM_ENDPOINT);
    uint32_t endpoint;

    endpoint = stream_below_of((uint32_t)(random_u64(&key, s->received) >> 32), r->endpoints);
    return r->endpoints == 0 || endpoint >= s->up ||
           (s->endpoint_born_ns != NULL && s->endpoint_born_ns[endpoint] > r->as_of_ns);
}

int discovery_begin(process_context *c, station *s)
{
    const services_config *config = &((const service_shared *)c->shared)->config;

    if (s->config->endpoint_life_ns > 0) {
        s->endpoint_born_ns = calloc(s->config->scaling.most, sizeof *s->endpoint_born_ns);
        if (s->endpoint_born_ns == NULL)
            return -1;
        wait_for_replacement(c, s);
    }
    if (config->discovery.every_ns > 0)
        process_schedule(c, config->discovery.every_ns, SERVICE_REPORT, s->local, 0, 0);
    return 0;
}

void discovery_end(station *s)
{
    free(s->endpoint_born_ns);
}
