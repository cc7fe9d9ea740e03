/* skytwin run: one run of a scenario under one strategy. */
#include "run.h"

#include "results.h"

#include <stdio.h>

command_exit run_print(const options *options, const simulation *s, sky_error *error)
{
    sky_status status;

    if (options->json)
        return command_exit_of(results_print_json(
            results_json(s->scenario.name, s->digest, s->results, s->result_count), error));
    printf("%s\n",
           s->scenario.title != NULL && s->scenario.title[0] != '\0' ? s->scenario.title : s->scenario.name);
    status = results_print_run(s->results, error);
    if (options->output != NULL)
        printf("The record is %s\n", options->output);
    return command_exit_of(status);
}

command_exit run_load(const options *options, simulation *s, const char **strategy, sky_error *error)
{
    command_exit code;

    *s = (simulation){ .result_count = 0 };
    *strategy = NULL;
    /* What is wrong with the command line is said before a scenario is read. */
    if (options->strategy != NULL && options_strategy(options->strategy, strategy, error) != SKY_OK)
        return COMMAND_INPUT;
    code = simulation_load(options, s, error);
    if (code != COMMAND_DONE)
        return code;
    if (*strategy == NULL && s->scenario.strategy_count > 0)
        code = command_exit_of(options_strategy(s->scenario.strategies[0], strategy, error));
    if (code == COMMAND_DONE && *strategy == NULL) {
        snprintf(error->message, sizeof error->message, "%s: names no strategies: expected --strategy",
                 options->arguments[0]);
        code = COMMAND_INPUT;
    }
    return code;
}

command_exit command_run(const options *options, sky_error *error)
{
    const char *strategy;
    simulation s;
    command_exit code = run_load(options, &s, &strategy, error);

    if (code == COMMAND_DONE)
        code = simulation_run(options, &strategy, 1, 1, &s, error);
    if (code == COMMAND_DONE)
        code = run_print(options, &s, error);
    simulation_free(&s);
    return code;
}
