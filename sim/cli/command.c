#include "command.h"

#include <stdio.h>
#include <sys/stat.h>

command_exit command_exit_of(sky_status status)
{
    switch (status) {
    case SKY_OK:
        return COMMAND_DONE;
    case SKY_ERROR_INPUT:
        return COMMAND_INPUT;
    case SKY_ERROR_STOPPED:
        return COMMAND_FOUND;
    default:
        return COMMAND_OURS;
    }
}

command_exit command_exit_of_named_file(sky_status status)
{
    return status == SKY_ERROR_IO ? COMMAND_INPUT : command_exit_of(status);
}

command_exit command_check_file(const char *path, sky_error *error)
{
    struct stat found;

    if (stat(path, &found) != 0 || S_ISREG(found.st_mode))
        return COMMAND_DONE;
    snprintf(error->message, sizeof error->message, "%s: found %s, expected the name of a file to write",
             path, S_ISDIR(found.st_mode) ? "a folder" : "something that is not a file");
    return COMMAND_INPUT;
}
