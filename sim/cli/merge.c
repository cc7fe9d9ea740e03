/* skytwin merge: one record of the parts of a sweep. */
#include "command.h"
#include "sweep_parts.h"
#include "sweep_results.h"

#include <stdio.h>
#include <stdlib.h>

static sky_status open_all(const options *options, sweep_file **files, sky_error *error)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; i < options->argument_count && status == SKY_OK; i++)
        status = sweep_record_open(options->arguments[i], &files[i], error);
    return status;
}

static command_exit print(const options *options, sky_error *error)
{
    sweep_file *file;
    sky_status status = sweep_record_open(options->output, &file, error);

    if (status != SKY_OK)
        return COMMAND_OURS;
    status = sweep_results(file, options->json, error);
    sweep_record_close(file);
    return command_exit_of(status);
}

command_exit command_merge(const options *options, sky_error *error)
{
    size_t count = options->argument_count;
    sweep_file **files = calloc(count, sizeof *files);
    command_exit code;

    if (files == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for %zu parts", count);
        return COMMAND_OURS;
    }
    if (options->output == NULL) {
        snprintf(error->message, sizeof error->message, "merge: expected -o FILE.h5, where the record goes");
        code = COMMAND_INPUT;
    } else {
        code = command_check_file(options->output, error);
    }
    if (code == COMMAND_DONE)
        code = command_exit_of(open_all(options, files, error));
    if (code == COMMAND_DONE)
        code = command_exit_of(sweep_write_merged(options->output, files, options->arguments, count, error));
    if (code == COMMAND_DONE && options->json)
        code = print(options, error);
    else if (code == COMMAND_DONE)
        printf("%zu part%s merged into %s\n", count, count == 1 ? "" : "s", options->output);
    for (size_t i = 0; i < count; i++)
        sweep_record_close(files[i]);
    free(files);
    return code;
}
