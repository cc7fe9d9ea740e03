/* skytwin help: written from the tables of commands and options. */
#include "command.h"
#include "table.h"

#include <stdio.h>

static sky_status out_of_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for the table");
    return SKY_ERROR_MEMORY;
}

static command_exit help_of_all(sky_error *error)
{
    static const table_column columns[] = { { "Commands", 1 }, { "", 1 } };
    table t = table_of(columns, 2);
    size_t count;
    const command *all = command_table(&count);
    int printed;

    printf("skytwin: a digital twin of a multi-cloud. Runs the production scheduler against simulated or\n"
           "replayed markets, and tells what each strategy would have cost.\n\n"
           "Usage: skytwin COMMAND [ARGUMENT…] [OPTION…]\n\n");
    for (size_t i = 0; i < count; i++) {
        table_cell(&t, "  %s %s", all[i].name, all[i].usage);
        table_cell(&t, "%s", all[i].about);
    }
    printed = table_print(&t, stdout);
    table_free(&t);
    printf("\n`skytwin help COMMAND` says more; `skytwin --version` which version this is.\n"
           "Exit status: 0 done, 1 ran and found something wrong or was interrupted, 2 bad input or use, 3 "
           "our fault.\n");
    return command_exit_of(printed ? SKY_OK : out_of_memory(error));
}

static void put_option(table *t, const option_about *option)
{
    char letter[5] = "";

    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    table_cell(t, "  %4s--%s%s%s", letter, option->name,
               option->argument != NULL && option->argument[0] != '[' ? " " : "",
               option->argument != NULL ? option->argument : "");
    table_cell(t, "%s", option->about);
}

sky_status help_of_command(const command *command, sky_error *error)
{
    static const table_column columns[] = { { "Options", 1 }, { "", 1 } };
    table t = table_of(columns, 2);
    size_t count;
    const option_about *all = option_table(&count);
    int printed;

    printf("Usage: skytwin %s %s%s\n\n", command->name, command->usage,
           command->options != 0 ? " [OPTION…]" : "");
    printf("skytwin %s: %s.\n%s%s\n", command->name, command->about, command->detail,
           command->detail[0] != '\0' ? "\n" : "");
    for (size_t i = 0; i < count; i++)
        if (all[i].bit & (command->options | OPTION_HELP))
            put_option(&t, &all[i]);
    printed = table_print(&t, stdout);
    table_free(&t);
    return printed ? SKY_OK : out_of_memory(error);
}

command_exit command_help(const options *options, sky_error *error)
{
    const command *command;

    if (options->argument_count == 0)
        return help_of_all(error);
    command = command_find(options->arguments[0], error);
    if (command == NULL)
        return COMMAND_INPUT;
    return command_exit_of(help_of_command(command, error));
}
