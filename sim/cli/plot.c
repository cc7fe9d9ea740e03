/* skytwin plot: pictures of a record. */
#include "command.h"
#include "plots.h"
#include "share.h"

#include <stdio.h>
#include <string.h>

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
    code = command_exit_of_named_file(record_open(options->arguments[0], &file, error));
    if (code != COMMAND_DONE)
        return code;
    code = command_exit_of(share_find("plots/cost.gp", programs, error));
    if (code == COMMAND_DONE) {
        *strrchr(programs, '/') = '\0';
        code = command_exit_of(plots_draw(file, programs, options->output, stdout, error));
    }
    record_close(file);
    return code;
}
