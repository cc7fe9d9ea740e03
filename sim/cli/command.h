/* The subcommands of skytwin: one file each, one line each in the table of main.c. */
#ifndef SKYTWIN_COMMAND_H
#define SKYTWIN_COMMAND_H

#include "options.h"

/* What the process ends with. */
typedef enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_FOUND = 1, /* ran, and found something wrong; or was interrupted */
    COMMAND_INPUT = 2, /* bad input or use */
    COMMAND_OURS = 3,  /* our fault: memory, files that could not be written */
} command_exit;

typedef struct command {
    const char *name;
    const char *usage;  /* what follows the name */
    const char *about;  /* one line */
    const char *detail; /* a paragraph for `help NAME`; "" if the options say it all */
    unsigned options;   /* bits OPTION_… of what it takes */
    size_t arguments_least, arguments_most;
    /* Writes its result to standard output. Where it does not return COMMAND_DONE, main prints the message. */
    command_exit (*run)(const options *options, sky_error *error);
} command;

/* All subcommands, in the order of the help; *count is how many. */
const command *command_table(size_t *count);
/* NULL, with a message that suggests a name that is close, if there is none. */
const command *command_find(const char *name, sky_error *error);

command_exit command_run(const options *options, sky_error *error);
command_exit command_compare(const options *options, sky_error *error);
command_exit command_resume(const options *options, sky_error *error);
command_exit command_branch(const options *options, sky_error *error);
command_exit command_sweep(const options *options, sky_error *error);
command_exit command_merge(const options *options, sky_error *error);
command_exit command_show(const options *options, sky_error *error);
command_exit command_traces(const options *options, sky_error *error);
command_exit command_plot(const options *options, sky_error *error);
command_exit command_check(const options *options, sky_error *error);
command_exit command_import(const options *options, sky_error *error);
command_exit command_list(const options *options, sky_error *error);
command_exit command_help(const options *options, sky_error *error);

command_exit command_exit_of(sky_status status);
/* The same where the user named the file that could not be read or written: that is bad input. */
command_exit command_exit_of_named_file(sky_status status);

/* What -o names must be a file, or not there yet. */
command_exit command_check_file(const char *path, sky_error *error);

sky_status help_of_command(const command *command, sky_error *error);
const char *command_version(void); /* "skytwin 0.1 (build …)" */

#endif
