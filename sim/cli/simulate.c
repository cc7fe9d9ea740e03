#include "simulate.h"

#include "batch.h"
#include "record_scenario.h"

#include <stdio.h>
#include <stdlib.h>

command_exit simulation_load(const options *options, simulation *out, sky_error *error)
{
    *out = (simulation){ .result_count = 0 };
    if (options->checkpoint_every_ns > 0 && options->output == NULL) {
        snprintf(error->message, sizeof error->message,
                 "--checkpoint-every: found no record to keep checkpoints in, expected --output");
        return COMMAND_INPUT;
    }
    return command_exit_of_named_file(
        scenario_load(options->arguments[0], options->sets, options->set_count, &out->scenario, error));
}

void simulation_free(simulation *simulation)
{
    free(simulation->results);
    scenario_free(&simulation->scenario);
}

static command_exit open_record(const options *options, const batch_plan *plan, record **out,
                                sky_error *error)
{
    command_exit code = command_check_file(options->output, error);
    record_plan to_run = { .strategies = plan->strategies,
                           .strategy_count = plan->strategy_count,
                           .replications = plan->replications,
                           .seed = plan->seed,
                           .checkpoint_every_ns = plan->checkpoint_every_ns };

    return code == COMMAND_DONE
               ? command_exit_of(record_of_scenario(options->output, options->command_line, plan->scenario,
                                                    &to_run, NULL, out, error))
               : code;
}

/* ---- running ------------------------------------------------------------------------------------------------ */

command_exit simulation_close_record(const char *path, record *record, sky_status runs, sky_error *error)
{
    char reason[sizeof error->message];

    if (runs == SKY_OK)
        return command_exit_of(record_finish(record, error));
    snprintf(reason, sizeof reason, "%s", error->message);
    record_abandon(record, reason);
    snprintf(error->message, sizeof error->message,
             "%.300s; what there is of the record is %.150s" RECORD_SUFFIX, reason, path);
    return command_exit_of(runs);
}

/* Into the trace first: what is printed is there then, whatever happens. */
static command_exit show_profile(const options *options, const profile *p, sky_error *error)
{
    sky_status status = SKY_OK;

    if (options->profile_trace != NULL)
        status = profile_write_trace(p, twin_part_names, options->profile_trace, error);
    profile_print(p, twin_part_names, stderr);
    return status == SKY_OK ? COMMAND_DONE : command_exit_of_named_file(status);
}

command_exit simulation_run(const options *options, const char *const *strategies, size_t strategy_count,
                            unsigned replications, simulation *simulation, sky_error *error)
{
    const int first = simulation->ranks == NULL || simulation->ranks->rank == 0;
    batch_plan plan = { .scenario = &simulation->scenario,
                        .strategies = strategies,
                        .strategy_count = strategy_count,
                        .replications = replications,
                        .seed = options->seed_given ? options->seed : simulation->scenario.seed,
                        .checkpoint_every_ns = options->checkpoint_every_ns,
                        .threads = simulation->ranks != NULL ? 1 : options->threads,
                        .ranks = simulation->ranks,
                        .show_progress = first && !options->json };
    command_exit code = COMMAND_DONE;
    profile profile = { .current = PROFILE_OTHER };
    sky_status status;

    if (options->profile && first)
        plan.profile = &profile;
    simulation->result_count = strategy_count * replications;
    simulation->results = calloc(simulation->result_count, sizeof *simulation->results);
    if (simulation->results == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for %zu runs",
                 simulation->result_count);
        return COMMAND_OURS;
    }
    if (options->output != NULL && first)
        code = open_record(options, &plan, &plan.record, error);
    if (code != COMMAND_DONE)
        return code;
    status = batch_run(&plan, simulation->results, error);
    if (status == SKY_OK)
        status = runner_digest(simulation->results, simulation->result_count, simulation->digest, error);
    code = plan.record != NULL ? simulation_close_record(options->output, plan.record, status, error)
                               : command_exit_of(status);
    if (code == COMMAND_DONE && plan.profile != NULL)
        code = show_profile(options, &profile, error);
    profile_free(&profile);
    return code;
}
