/* `services_path`: whether each request is an event, or services are solved as queues; and what the latter can't answer. */
#include "config.h"

#include "../world/service/services.h"

#include <stdio.h>
#include <string.h>

/* NULL: the analytic path knows all of it. */
static const char *place_beyond(const scenario *s, const station_config *c)
{
    int scales = s->serving == NULL || strcmp(s->serving, "as-declared") == 0;

    if (c->max_batch > 1)
        return "`batch`";
    if (c->memory_tokens > 0 || c->per_token_ns > 0)
        return "tokens (`memory_tokens`, `per_token`)";
    if (c->queue_limit != STATION_NONE)
        return "`queue`";
    if (c->then != STATION_NONE)
        return "`passes_to`";
    if (scales && c->scaling.least > 0 && c->scaling.most > c->scaling.least)
        return "an autoscaler of its own";
    return NULL;
}

static const char *users_beyond(const client_config *c, size_t places)
{
    if (c->attempts > 1 || c->timeout_ns > 0 || c->breaker_failures > 0)
        return "`attempts`, `timeout` or `breaker`";
    if (c->tokens > 0)
        return "`tokens`";
    if (c->gateway > 0)
        return "`gateway`";
    if (c->routing == CLIENT_BY_LOCALITY)
        return "routing by locality";
    for (size_t i = 0; i < places; i++)
        if (c->routes[i].jitter.mean_ns > 0)
            return "`jitter`";
    return NULL;
}

/* whose: a place's or population's name; NULL: the scenario's. */
static sky_status refuse(loader *l, const config_setting_t *root, const char *whose, const char *beyond)
{
    char found[300];

    if (whose != NULL)
        snprintf(found, sizeof found, "\"analytic\", where %.100s has %s", whose, beyond);
    else
        snprintf(found, sizeof found, "\"analytic\" beside %s", beyond);
    return config_fail(l, root, "services_path", found, "\"events\", or services and users without that");
}

sky_status load_services_path(loader *l, const config_setting_t *root)
{
    const scenario *s = l->out;
    services_config *config = s->services;
    const char *beyond = NULL;
    int path = 0;
    sky_status status = config_get_choice(l, root, "services_path", 0, "events analytic", &path);

    if (status != SKY_OK || path == 0)
        return status;
    if (config == NULL)
        return config_fail(l, root, "services_path", "\"analytic\"", "`services`, of which there are none");
    for (size_t i = 0; i < s->place_count; i++)
        if ((beyond = place_beyond(s, &config->stations[i])) != NULL)
            return refuse(l, root, s->place_names[i], beyond);
    for (size_t i = 0; i < s->population_count; i++)
        if ((beyond = users_beyond(&config->populations[i], s->place_count)) != NULL)
            return refuse(l, root, s->population_names[i], beyond);
    if (config_setting_get_member(root, "mesh") != NULL)
        return refuse(l, root, NULL, "a `mesh`");
    if (s->fault_count > 0)
        return refuse(l, root, NULL, "`faults`");
    if (s->network != NULL)
        return refuse(l, root, NULL, "a `network`");
    config->analytic = 1;
    return SKY_OK;
}
