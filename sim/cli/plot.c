/* skytwin plot: pictures of a record. */
#include "command.h"
#include "plots.h"
#include "share.h"

#include <stdio.h>
#include <string.h>

static command_exit plot_a_sweep(const options *options, const char *programs, sky_error *error)
{
    sweep_file *file;
    command_exit code = command_exit_of_named_file(sweep_record_open(options->arguments[0], &file, error));

    if (code != COMMAND_DONE)
        return code;
    code = command_exit_of(plots_draw_sweep(file, programs, options->output, stdout, error));
    sweep_record_close(file);
    return code;
}

command_exit command_plot(const options *options, sky_error *error)
{
    char programs[SHARE_PATH];
    record_file *file;
    command_exit code;

    if (options->output == NULL) {
        snprintf(error->message, sizeof error->message,
                 "plot: expected -o DIR, the folder the pictures go to");
        return COMMAND_INPUT;
    }
    code = command_exit_of(share_find("plots/cost.gp", programs, error));
    if (code != COMMAND_DONE)
        return code;
    *strrchr(programs, '/') = '\0';
    if (sweep_record_is(options->arguments[0]))
        return plot_a_sweep(options, programs, error);
    code = command_exit_of_named_file(record_open(options->arguments[0], &file, error));
    if (code != COMMAND_DONE)
        return code;
    code = command_exit_of(plots_draw(file, programs, options->output, stdout, error));
    record_close(file);
    return code;
}
