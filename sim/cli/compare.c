/* skytwin compare: strategies side by side, each with the same worlds. */
#include "results.h"
#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>

/* The scenario's own list, as a fresh array. */
static sky_status scenario_strategies(const scenario *s, const char ***names, size_t *count, sky_error *error)
{
    *count = s->strategy_count;
    *names = calloc(s->strategy_count + 1, sizeof **names);
    if (*names == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the list of strategies");
        return SKY_ERROR_MEMORY;
    }
    for (size_t i = 0; i < s->strategy_count; i++) {
        sky_status status = options_strategy(s->strategies[i], &(*names)[i], error);

        if (status != SKY_OK)
            return status;
    }
    if (s->strategy_count > 0)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%s: names no strategies: expected --strategies",
             s->path);
    return SKY_ERROR_INPUT;
}

static command_exit print(const options *options, const simulation *s, unsigned replications,
                          sky_error *error)
{
    sky_status status;

    if (options->json)
        return command_exit_of(results_print_json(
            results_json(s->scenario.name, s->digest, s->results, s->result_count), error));
    printf("%s, %u replication%s a strategy\n",
           s->scenario.title != NULL && s->scenario.title[0] != '\0' ? s->scenario.title : s->scenario.name,
           replications, replications == 1 ? "" : "s");
    status = results_print_comparison(s->results, s->result_count, error);
    if (options->output != NULL)
        printf("The record is %s\n", options->output);
    return command_exit_of(status);
}

command_exit command_compare(const options *options, sky_error *error)
{
    const char **strategies = NULL;
    size_t count = 0;
    unsigned replications;
    simulation s;
    command_exit code = COMMAND_DONE;

    /* What is wrong with the command line is said before a scenario is read. */
    if (options->strategies != NULL)
        code = command_exit_of(options_strategies(options->strategies, &strategies, &count, error));
    if (code == COMMAND_DONE)
        code = simulation_load(options, &s, error);
    if (code != COMMAND_DONE) {
        free(strategies);
        return code;
    }
    if (strategies == NULL)
        code = command_exit_of(scenario_strategies(&s.scenario, &strategies, &count, error));
    replications = (unsigned)(options->replications > 0 ? options->replications : s.scenario.replications);
    if (code == COMMAND_DONE)
        code = simulation_run(options, strategies, count, replications, &s, error);
    if (code == COMMAND_DONE)
        code = print(options, &s, replications, error);
    simulation_free(&s);
    free(strategies);
    return code;
}
