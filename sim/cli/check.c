/* skytwin check: reads a scenario as a run would, and says what is in it. */
#include "command.h"
#include "scenario.h"
#include "table.h"
#include "world/pipeline/pipelines.h"
#include "world/service/services.h"
#include "world/storage/data.h"

#include <stdio.h>

#define ENDLESS_DAYS (365.0 * 50) /* a scenario of files that names no duration has far more */

static double days(int64_t ns)
{
    return (double)ns / (24.0 * (double)SKY_NS_PER_HOUR);
}

static void count_pools(const scenario *s, size_t *spot, size_t *replayed)
{
    *spot = *replayed = 0;
    for (size_t i = 0; i < s->pool_count; i++) {
        *spot += (s->pools[i].purchases & 1u << SKY_SPOT) != 0;
        *replayed += s->pools[i].replay != NULL;
    }
}

/* Tasks that come from a file, with the nodes that they share. */
static void put_cluster(table *t, const scenario *s, int shuffled)
{
    table_cell(t, "tasks");
    table_cell(t, "%zu of %zu classes, %s", s->task_count, s->class_count,
               shuffled ? "one a second in random order" : "as recorded");
}

static void put_workload(table *t, const scenario *s, const scenario_workload *w)
{
    static const char *const arrivals[] = { [ARRIVAL_AT_START] = "at the start",
                                            [ARRIVAL_POISSON] = "Poisson",
                                            [ARRIVAL_DIURNAL] = "Poisson by time of day",
                                            [ARRIVAL_REPLAY] = "replayed" };

    if (w->arrival == ARRIVAL_TASKS || w->arrival == ARRIVAL_SHUFFLED) {
        put_cluster(t, s, w->arrival == ARRIVAL_SHUFFLED);
        return;
    }
    table_cell(t, "workload %s", w->name);
    if (w->arrival == ARRIVAL_REPLAY)
        table_cell(t, "%zu jobs of class %s, %s", w->replay->job_count, s->classes[w->job_class].name,
                   arrivals[w->arrival]);
    else if (w->arrival == ARRIVAL_AT_START)
        table_cell(t, "%lld jobs of class %s, %s", (long long)w->count, s->classes[w->job_class].name,
                   arrivals[w->arrival]);
    else
        table_cell(t, "%g jobs a day of class %s, %s", w->rate_per_day, s->classes[w->job_class].name,
                   arrivals[w->arrival]);
}

/* Those parts of a scenario that not all have. */
static void put_parts(table *t, const scenario *s)
{
    if (s->node_count > 0 || s->has_fleet) {
        table_cell(t, "nodes");
        table_cell(t, "%zu from the start%s; tasks wait by %s", s->node_count,
                   s->has_fleet ? ", others come and go" : "", s->queue != NULL ? s->queue : "fcfs");
    }
    if (s->tenant_count > 1) {
        table_cell(t, "tenants");
        table_cell(t, "%zu", s->tenant_count - 1);
    }
    if (s->network != NULL) {
        table_cell(t, "network");
        table_cell(t, "%zu private links, %zu transfers", s->network->link_count, s->network->transfer_count);
    }
    if (s->fault_count > 0) {
        table_cell(t, "faults");
        table_cell(t, "%zu", s->fault_count);
    }
}

static void put_dataset(table *t, const scenario *s, uint32_t set)
{
    const data_set_config *c = &s->storage->sets[set];

    table_cell(t, "dataset %s", c->name);
    table_cell(t, "%.6g GB in %u objects, home %s, %u more copies",
               (double)c->object_bytes * c->objects / 1e9, c->objects, s->regions[c->home.region].name,
               c->replica_count);
}

static void put_duration(table *t, const scenario *s)
{
    table_cell(t, "duration");
    if (days(s->duration_ns) > ENDLESS_DAYS)
        table_cell(t, "until all is done");
    else if (days(s->duration_ns) < 2)
        table_cell(t, "%.3g hours, looked at every %.3g minutes", days(s->duration_ns) * 24,
                   days(s->control_interval_ns) * 24 * 60);
    else
        table_cell(t, "%.3g days, looked at every %.3g minutes", days(s->duration_ns),
                   days(s->control_interval_ns) * 24 * 60);
}

static void put_population(table *t, const scenario *s, uint32_t population)
{
    const client_config *c = &s->services->populations[population];

    table_cell(t, "population %s", s->population_names[population]);
    table_cell(t, "%g requests a second from %s, %s", c->load.per_s, s->regions[c->region].name,
               s->services->analytic ? "by the analytic path" : "each simulated");
}

static void put_mesh(table *t, const scenario *s)
{
    const services_config *c = s->services;
    char sampled[40] = "no";

    if (c->discovery.every_ns == 0 && c->certificates.every_ns == 0 && c->gateway_count == 0 &&
        c->sample == 0 && !c->edges && !c->mtls_everywhere)
        return;
    if (c->sample > 0)
        snprintf(sampled, sizeof sampled, "one in %u", c->sample);
    table_cell(t, "mesh");
    table_cell(t, "%u gateways, mTLS %s, requests that leave spans: %s", c->gateway_count,
               c->mtls_everywhere ? "everywhere" : "between trust domains", sampled);
}

static void put_pipelines(table *t, const scenario *s)
{
    if (s->pipelines == NULL)
        return;
    table_cell(t, "pipelines");
    table_cell(t, "%u stages, %u streams, each record simulated", s->pipelines->stage_count,
               s->pipelines->stream_count);
}

static sky_status print(const scenario *s, sky_error *error)
{
    static const table_column columns[] = { { "", 1 }, { "", 1 } };
    table t = table_of(columns, 2);
    size_t spot, replayed;
    int printed;

    count_pools(s, &spot, &replayed);
    printf("%s: %s: all is well\n", s->path, s->name);
    put_duration(&t, s);
    table_cell(&t, "world");
    table_cell(&t, "%zu providers, %zu regions, %zu machine types", s->provider_count, s->region_count,
               s->machine_count);
    table_cell(&t, "pools");
    table_cell(&t, "%zu, %zu with a spot market, %zu of them replayed", s->pool_count, spot, replayed);
    for (size_t i = 0; i < s->workload_count; i++)
        put_workload(&t, s, &s->workloads[i]);
    put_parts(&t, s);
    for (uint32_t i = 0; i < s->population_count; i++)
        put_population(&t, s, i);
    if (s->services != NULL)
        put_mesh(&t, s);
    for (uint32_t i = 0; s->storage != NULL && i < s->storage->set_count; i++)
        put_dataset(&t, s, i);
    put_pipelines(&t, s);
    table_cell(&t, "strategies");
    table_cell(&t, "%zu, %d replication%s of each, over %zu window%s", s->strategy_count, s->replications,
               s->replications == 1 ? "" : "s", s->window_count, s->window_count == 1 ? "" : "s");
    printed = table_print(&t, stdout);
    table_free(&t);
    if (printed)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "out of memory for the table");
    return SKY_ERROR_MEMORY;
}

command_exit command_check(const options *options, sky_error *error)
{
    scenario s;
    sky_status status = scenario_load(options->arguments[0], options->sets, options->set_count, &s, error);

    if (status != SKY_OK)
        return command_exit_of_named_file(status);
    status = print(&s, error);
    scenario_free(&s);
    return command_exit_of(status);
}
