/* skytwin resume: goes on with a record that was cut off, from the last checkpoint of the run that was under way. */
#include "go_on.h"
#include "results.h"
#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct resumption {
    char *path, *incomplete;
    record_file *found; /* closed before the record is written on */
    scenario before;    /* of a branch: until its change; else nothing */
    scenario scenario;
    twin_change change;
    char **strategies;
    record_plan plan;
    size_t done; /* runs */
    go_on_point point;
    runner_result *results;
} resumption;

static command_exit no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for the record's runs");
    return COMMAND_OURS;
}

/* ---- what there is --------------------------------------------------------------------------------------------- */

/* Both names of the record will do: its own, and the one that it still bears. */
static command_exit name_files(resumption *r, const char *name, sky_error *error)
{
    size_t length = strlen(name), suffix = strlen(RECORD_SUFFIX);

    r->path = strdup(name);
    r->incomplete = malloc(length + suffix + 1);
    if (r->path == NULL || r->incomplete == NULL)
        return no_memory(error);
    if (length > suffix && strcmp(name + length - suffix, RECORD_SUFFIX) == 0)
        r->path[length - suffix] = '\0';
    sprintf(r->incomplete, "%s" RECORD_SUFFIX, r->path);
    return COMMAND_DONE;
}

static command_exit open_found(resumption *r, sky_error *error)
{
    record_file *whole;

    if (access(r->incomplete, F_OK) != 0 && record_open(r->path, &whole, error) == SKY_OK) {
        record_close(whole);
        snprintf(error->message, sizeof error->message,
                 "%.200s: found a whole record, expected one that was cut off: %.200s", r->path,
                 r->incomplete);
        return COMMAND_INPUT;
    }
    return go_on_open(r->incomplete, &r->found, error);
}

/* The record's texts go when it is closed. */
static command_exit keep_plan(resumption *r, sky_error *error)
{
    const record_plan *plan = &record_about_of(r->found)->plan;

    r->plan = *plan;
    r->strategies = calloc(plan->strategy_count, sizeof *r->strategies);
    r->results = calloc(plan->strategy_count * plan->replications + 1, sizeof *r->results);
    if (r->strategies == NULL || r->results == NULL)
        return no_memory(error);
    for (size_t i = 0; i < plan->strategy_count; i++) {
        const char *known;
        sky_status status = options_strategy(plan->strategies[i], &known, error);

        if (status != SKY_OK)
            return command_exit_of(status);
        r->strategies[i] = strdup(known);
        if (r->strategies[i] == NULL)
            return no_memory(error);
    }
    r->plan.strategies = (const char *const *)r->strategies;
    return COMMAND_DONE;
}

/* Those that are complete and as planned stay. */
static command_exit take_done(resumption *r, sky_error *error)
{
    size_t planned = r->plan.strategy_count * r->plan.replications;

    for (r->done = 0; r->done < record_run_count(r->found) && record_run_info_of(r->found, r->done)->complete;
         r->done++) {
        const char *strategy = r->done < planned ? r->strategies[r->done / r->plan.replications] : "";
        runner_result *result = &r->results[r->done];

        if (strcmp(record_run_info_of(r->found, r->done)->strategy, strategy) != 0) {
            snprintf(error->message, sizeof error->message, "%.200s: found other runs than were planned",
                     r->incomplete);
            return COMMAND_INPUT;
        }
        *result = results_of_record(r->found, r->done);
        result->strategy = strategy;
    }
    return command_exit_of(record_verify(r->found, error));
}

static command_exit check_inputs(const resumption *r, sky_error *error)
{
    if (strcmp(record_about_of(r->found)->scenario_inputs, r->scenario.inputs) == 0)
        return COMMAND_DONE;
    snprintf(error->message, sizeof error->message,
             "%.200s: found other traces than the runs had read, expected digest %.32s", r->scenario.path,
             record_about_of(r->found)->scenario_inputs);
    return COMMAND_INPUT;
}

static command_exit load_scenarios(resumption *r, sky_error *error)
{
    const record_branch *branch = &record_about_of(r->found)->branch;
    command_exit code = go_on_scenario(r->found, 0, NULL, &r->scenario, error);

    if (code == COMMAND_DONE)
        code = check_inputs(r, error);
    if (code == COMMAND_DONE && branch->of != NULL)
        code = go_on_scenario(r->found, branch->set_count, NULL, &r->before, error);
    return code;
}

static command_exit take_stock(resumption *r, const char *name, sky_error *error)
{
    command_exit code = name_files(r, name, error);

    if (code == COMMAND_DONE)
        code = open_found(r, error);
    if (code == COMMAND_DONE)
        code = keep_plan(r, error);
    if (code == COMMAND_DONE)
        code = take_done(r, error);
    if (code == COMMAND_DONE)
        code = load_scenarios(r, error);
    return code != COMMAND_DONE ? code
                                : command_exit_of(go_on_find(r->found, r->done, INT64_MAX, &r->point, error));
}

/* ---- going on ---------------------------------------------------------------------------------------------------- */

static sky_status begin(void *context, record *record, record_run **out, sky_error *error)
{
    const resumption *r = context;

    return record_run_resume(record, &r->point.checkpoint, r->point.index, out, error);
}

/* A branch that has not come to its change yet begins as the run that it is one of. */
static void plan_change(resumption *r, const record_branch *branch, batch_plan *plan)
{
    if (branch->of == NULL || go_on_is_past(&r->point, branch->at_ns, r->scenario.control_interval_ns))
        return;
    r->change = (twin_change){ .at_ns = branch->at_ns,
                               .scenario = branch->set_count > 0 ? &r->scenario : NULL,
                               .strategy = r->strategies[0] };
    plan->scenario = &r->before;
    plan->change = &r->change;
}

static command_exit go_on(const options *options, resumption *r, sky_error *error)
{
    batch_origin origin = { .run = { r->point.bytes, r->point.size, r->point.digest },
                            .context = r,
                            .begin = begin };
    batch_plan plan = { .scenario = &r->scenario,
                        .strategies = r->plan.strategies,
                        .strategy_count = r->plan.strategy_count,
                        .replication = r->plan.replication,
                        .replications = r->plan.replications,
                        .seed = r->plan.seed,
                        .done = r->done,
                        .origin = r->point.digest != NULL ? &origin : NULL,
                        .checkpoint_every_ns = r->plan.checkpoint_every_ns,
                        .threads = options->threads,
                        .show_progress = !options->json };
    sky_status status;

    plan_change(r, &record_about_of(r->found)->branch, &plan);
    record_close(r->found);
    r->found = NULL;
    status = record_reopen(r->path, r->done, &plan.record, error);
    if (status != SKY_OK)
        return command_exit_of(status);
    status = batch_run(&plan, r->results, error);
    return simulation_close_record(r->path, plan.record, status, error);
}

static command_exit print(const options *options, const resumption *r, sky_error *error)
{
    size_t count = r->plan.strategy_count * r->plan.replications;
    char digest[RECORD_DIGEST_CHARS];
    sky_status status = runner_digest(r->results, count, digest, error);

    if (status != SKY_OK)
        return command_exit_of(status);
    if (options->json)
        return command_exit_of(
            results_print_json(results_json(r->scenario.name, digest, r->results, count), error));
    status = count == 1 ? results_print_run(r->results, error)
                        : results_print_comparison(r->results, count, error);
    printf("The record is %s\n", r->path);
    return command_exit_of(status);
}

static void tell(const resumption *r)
{
    size_t count = r->plan.strategy_count * r->plan.replications;

    printf("%zu of %zu run%s had ended; ", r->done, count, count == 1 ? "" : "s");
    if (r->done == count)
        printf("none is left\n");
    else if (r->point.digest != NULL)
        printf("run %zu goes on from %.1f h\n", r->done,
               (double)r->point.checkpoint.time_ns / (double)SKY_NS_PER_HOUR);
    else
        printf("run %zu has no checkpoint, and begins anew\n", r->done);
}

command_exit command_resume(const options *options, sky_error *error)
{
    resumption r = { .path = NULL };
    command_exit code = take_stock(&r, options->arguments[0], error);

    if (code == COMMAND_DONE && !options->json)
        tell(&r);
    if (code == COMMAND_DONE)
        code = go_on(options, &r, error);
    if (code == COMMAND_DONE)
        code = print(options, &r, error);
    record_close(r.found);
    go_on_free(&r.point);
    for (size_t i = 0; r.strategies != NULL && i < r.plan.strategy_count; i++)
        free(r.strategies[i]);
    free(r.strategies);
    free(r.results);
    scenario_free(&r.scenario);
    scenario_free(&r.before);
    free(r.path);
    free(r.incomplete);
    return code;
}
