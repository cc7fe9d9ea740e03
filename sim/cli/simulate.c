#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

command_exit simulation_load(const options *options, simulation *out, sky_error *error)
{
    *out = (simulation){ .result_count = 0 };
    return command_exit_of_named_file(
        scenario_load(options->arguments[0], options->sets, options->set_count, &out->scenario, error));
}

void simulation_free(simulation *simulation)
{
    free(simulation->results);
    scenario_free(&simulation->scenario);
}

/* ---- the record's catalog ----------------------------------------------------------------------------------- */

typedef struct names {
    const char **text; /* of all, one after the other */
    uint32_t *index;   /* region_provider, then pool_region */
    record_names record;
} names;

static sky_status names_of(const scenario *s, names *n, sky_error *error)
{
    const char **text;

    n->text = calloc(s->provider_count + s->region_count + s->pool_count + s->class_count +
                         s->workload_count + 1,
                     sizeof *n->text);
    n->index = calloc(s->region_count + s->pool_count + 1, sizeof *n->index);
    if (n->text == NULL || n->index == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the record's catalog");
        return SKY_ERROR_MEMORY;
    }
    text = n->text;
    n->record.providers = text;
    for (size_t i = 0; i < s->provider_count; i++)
        *text++ = s->providers[i].name;
    n->record.regions = text;
    for (size_t i = 0; i < s->region_count; i++) {
        *text++ = s->regions[i].name;
        n->index[i] = s->regions[i].provider;
    }
    n->record.pools = text;
    for (size_t i = 0; i < s->pool_count; i++) {
        *text++ = s->pools[i].name;
        n->index[s->region_count + i] = s->pools[i].region;
    }
    n->record.classes = text;
    for (size_t i = 0; i < s->class_count; i++)
        *text++ = s->classes[i].name;
    n->record.workloads = text;
    for (size_t i = 0; i < s->workload_count; i++)
        *text++ = s->workloads[i].name;
    n->record.region_provider = n->index;
    n->record.pool_region = n->index + s->region_count;
    n->record.provider_count = s->provider_count;
    n->record.region_count = s->region_count;
    n->record.pool_count = s->pool_count;
    n->record.class_count = s->class_count;
    n->record.workload_count = s->workload_count;
    return SKY_OK;
}

static command_exit open_record(const options *options, const scenario *s, record **out, sky_error *error)
{
    names n = { .text = NULL };
    record_about about = { .command_line = options->command_line,
                           .scenario_path = s->path,
                           .scenario_name = s->name,
                           .scenario_text = s->text,
                           .build_id = command_version() };
    struct stat found;
    sky_status status;

    if (stat(options->output, &found) == 0 && !S_ISREG(found.st_mode)) {
        snprintf(error->message, sizeof error->message, "%s: found %s, expected the name of a file to write",
                 options->output, S_ISDIR(found.st_mode) ? "a folder" : "something that is not a file");
        return COMMAND_INPUT;
    }
    status = names_of(s, &n, error);
    about.names = n.record;
    if (status == SKY_OK)
        status = record_create(options->output, &about, out, error);
    free(n.text);
    free(n.index);
    return command_exit_of(status);
}

/* ---- running ------------------------------------------------------------------------------------------------ */

/* The record goes with the runs: whole if they are, marked incomplete if not. */
static command_exit close_record(const options *options, record *record, sky_status runs, sky_error *error)
{
    char reason[sizeof error->message];

    if (runs == SKY_OK)
        return command_exit_of(record_finish(record, error));
    snprintf(reason, sizeof reason, "%s", error->message);
    record_abandon(record, reason);
    snprintf(error->message, sizeof error->message,
             "%.300s; what there is of the record is %.150s.incomplete", reason, options->output);
    return command_exit_of(runs);
}

command_exit simulation_run(const options *options, const char *const *strategies, size_t strategy_count,
                            unsigned replications, simulation *simulation, sky_error *error)
{
    runner_plan plan = { .scenario = &simulation->scenario,
                         .strategies = strategies,
                         .strategy_count = strategy_count,
                         .replications = replications,
                         .seed = options->seed_given ? options->seed : simulation->scenario.seed,
                         .threads = options->threads,
                         .show_progress = !options->json };
    command_exit code = COMMAND_DONE;
    sky_status status;

    simulation->result_count = strategy_count * replications;
    simulation->results = calloc(simulation->result_count, sizeof *simulation->results);
    if (simulation->results == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for %zu runs",
                 simulation->result_count);
        return COMMAND_OURS;
    }
    if (options->output != NULL)
        code = open_record(options, &simulation->scenario, &plan.record, error);
    if (code != COMMAND_DONE)
        return code;
    status = runner_run(&plan, simulation->results, error);
    if (status == SKY_OK)
        status = runner_digest(simulation->results, simulation->result_count, simulation->digest, error);
    return plan.record != NULL ? close_record(options, plan.record, status, error) : command_exit_of(status);
}
