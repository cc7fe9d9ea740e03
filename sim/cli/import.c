/* skytwin import: public traces into the one internal form. */
#include "command.h"
#include "suggest.h"
#include "trace/trace.h"

#include <stdio.h>

static const trace_format *format_of(const char *name, sky_error *error)
{
    const trace_format *format = trace_format_find(name);
    suggest_search search = suggest_for(name);
    const trace_format *const *all;
    const char *close;
    size_t count;

    if (format != NULL)
        return format;
    all = trace_formats(&count);
    for (size_t i = 0; i < count; i++)
        suggest_offer(&search, all[i]->name, 0);
    close = suggest_best(&search);
    if (close != NULL)
        snprintf(error->message, sizeof error->message, "unknown format '%.100s'; did you mean %s?", name,
                 close);
    else
        snprintf(error->message, sizeof error->message,
                 "unknown format '%.100s'; `skytwin list formats` names them all", name);
    return NULL;
}

static void print(const char *path, const trace_set *set)
{
    printf("%s: %zu market%s, %zu job%s, %zu node%s, %zu task%s\n", path, set->market_count,
           set->market_count == 1 ? "" : "s", set->job_count, set->job_count == 1 ? "" : "s", set->node_count,
           set->node_count == 1 ? "" : "s", set->task_count, set->task_count == 1 ? "" : "s");
    for (size_t i = 0; i < set->market_count; i++) {
        const trace_market *m = &set->markets[i];

        printf("  %s%s%s: %.1f days, %zu changes\n", m->zone, m->machine[0] != '\0' ? " " : "", m->machine,
               (double)m->span_ns / (24.0 * (double)SKY_NS_PER_HOUR), m->change_count);
    }
}

command_exit command_import(const options *options, sky_error *error)
{
    trace_set set = { .market_count = 0 };
    const trace_format *format = format_of(options->arguments[0], error);
    command_exit code = COMMAND_DONE;

    if (format == NULL)
        return COMMAND_INPUT;
    if (options->output == NULL) {
        snprintf(error->message, sizeof error->message, "import: expected -o FILE.h5, where the traces go");
        return COMMAND_INPUT;
    }
    for (size_t i = 1; i < options->argument_count && code == COMMAND_DONE; i++)
        code = command_exit_of_named_file(format->read(options->arguments[i], &set, error));
    if (code == COMMAND_DONE)
        code = command_exit_of_named_file(trace_write(options->output, &set, error));
    if (code == COMMAND_DONE)
        print(options->output, &set);
    trace_set_free(&set);
    return code;
}
