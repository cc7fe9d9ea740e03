/* skytwin: the command line. One table of subcommands; a new one is a new file and a new line here. */
#include "command.h"
#include "interrupt.h"
#include "suggest.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

static const command commands[] = {
    { "run", "SCENARIO", "run a scenario under one strategy",
      "A strategy is a name of `skytwin list strategies`. The record, an HDF5 file, is written as the run\n"
      "goes on: the scenario, every event and action, time series, jobs and costs.",
      OPTION_STRATEGY | OPTION_SEED | OPTION_SET | OPTION_OUTPUT | OPTION_CHECKPOINT_EVERY | OPTION_THREADS |
          OPTION_JSON | OPTION_PROFILE,
      1, 1, command_run },
    { "compare", "SCENARIO", "run a scenario under several strategies, side by side",
      "All strategies meet the same worlds. The numbers do not depend on --threads.",
      OPTION_STRATEGIES | OPTION_REPLICATIONS | OPTION_SEED | OPTION_SET | OPTION_OUTPUT |
          OPTION_CHECKPOINT_EVERY | OPTION_THREADS | OPTION_JSON,
      1, 1, command_compare },
    { "resume", "RECORD.h5", "go on with a record that was cut off",
      "With RECORD.h5.incomplete, in the folder where it was begun: runs that had ended are kept, the one "
      "under\n"
      "way goes on from its last checkpoint (--checkpoint-every), later ones are run. The record is what it "
      "would\n"
      "have been.",
      OPTION_THREADS | OPTION_JSON, 1, 1, command_resume },
    { "branch", "RECORD.h5", "what if: go on from the middle of a run in another world",
      "Of the first run, or of the one that --run names: until --at it is that run, and then one with what "
      "--set\n"
      "and --strategy change. From the last checkpoint before; without one, from the start.",
      OPTION_AT | OPTION_SET | OPTION_STRATEGY | OPTION_RUN | OPTION_OUTPUT | OPTION_CHECKPOINT_EVERY |
          OPTION_THREADS | OPTION_JSON,
      1, 1, command_branch },
    { "sweep", "SWEEP.cfg",
      "run a scenario at many points: grids, lists, ranges, designs over any of its keys",
      "Points, strategies and replications are one pool of work. What is finished is kept in FILE.h5.journal "
      "beside\n"
      "the record that -o names: after a kill, the same command goes on. --shard I/N does a part of it, for "
      "one of N\n"
      "machines; `skytwin merge` makes one record of them.",
      OPTION_STRATEGIES | OPTION_REPLICATIONS | OPTION_SEED | OPTION_SET | OPTION_OUTPUT | OPTION_THREADS |
          OPTION_SHARD | OPTION_JSON,
      1, 1, command_sweep },
    { "merge", "PART.h5…", "make one record of the parts of a sweep",
      "Parts are shards, or what ranks of skytwin-mpi wrote. The record has the same bytes as that of one "
      "machine.",
      OPTION_OUTPUT | OPTION_JSON, 1, SIZE_MAX, command_merge },
    { "show", "RECORD.h5", "print what a record holds", "", OPTION_JSON | OPTION_RUN | OPTION_VERIFY, 1, 1,
      command_show },
    { "traces", "RECORD.h5", "write a run's sampled requests as OpenTelemetry traces (OTLP, JSON)",
      "Of a scenario whose `mesh` says `sample`. To standard output, or into the file that -o names; of the\n"
      "first run, or of the one that --run names.",
      OPTION_OUTPUT | OPTION_RUN, 1, 1, command_traces },
    { "plot", "RECORD.h5", "draw a record as SVG and PNG, with gnuplot",
      "Into the folder that -o names: cost by strategy, where jobs ran over time, spot prices, power and "
      "carbon,\n"
      "what passed the links, how long users waited and what for, how datasets were read and what they cost; "
      "of a sweep, cost and deadlines met along each axis; each with the table it is "
      "drawn from.",
      OPTION_OUTPUT, 1, 1, command_plot },
    { "check", "SCENARIO", "read a scenario and say what is in it, or what is wrong with it", "", OPTION_SET,
      1, 1, command_check },
    { "import", "FORMAT FILE…", "turn traces into skytwin's own form",
      "A format is a name of `skytwin list formats`. All files go into the one that -o names.", OPTION_OUTPUT,
      2, SIZE_MAX, command_import },
    { "list", "WHAT", "list what there is",
      "WHAT is strategies, queues, scaling, serving, regions, machines, markets, links, tiers or formats.\n"
      "Regions, machines, markets, links and tiers of storage are those of the catalog, or of the file that "
      "--scenario names.",
      OPTION_SCENARIO | OPTION_JSON, 1, 1, command_list },
    { "help", "[COMMAND]", "print this, or more about one command", "", 0, 0, 1, command_help },
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

const command *command_table(size_t *count)
{
    *count = COMMAND_COUNT;
    return commands;
}

const command *command_find(const char *name, sky_error *error)
{
    suggest_search search = suggest_for(name);
    const char *close;

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
        suggest_offer(&search, commands[i].name, 0);
    }
    close = suggest_best(&search);
    if (close != NULL)
        snprintf(error->message, sizeof error->message, "unknown command '%.100s'; did you mean %s?", name,
                 close);
    else
        snprintf(error->message, sizeof error->message,
                 "unknown command '%.100s'; `skytwin help` names them all", name);
    return NULL;
}

static command_exit run_command(int argc, char **argv, sky_error *error)
{
    const command *command = command_find(argv[0], error);
    options options;
    command_exit code;

    if (command == NULL)
        return COMMAND_INPUT;
    code = command_exit_of(options_parse(command->options, argc, argv, &options, error));
    if (code != COMMAND_DONE) {
        /* the message stands */
    } else if (options.help) {
        code = command_exit_of(help_of_command(command, error));
    } else if (options.argument_count < command->arguments_least ||
               options.argument_count > command->arguments_most) {
        snprintf(error->message, sizeof error->message,
                 "%s: found %zu argument%s, expected: skytwin %s %s [OPTION…]", command->name,
                 options.argument_count, options.argument_count == 1 ? "" : "s", command->name,
                 command->usage);
        code = COMMAND_INPUT;
    } else {
        code = command->run(&options, error);
    }
    options_free(&options);
    return code;
}

static command_exit run_program(int argc, char **argv, sky_error *error)
{
    if (argc < 2) {
        snprintf(error->message, sizeof error->message, "expected a command; `skytwin help` names them all");
        return COMMAND_INPUT;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts(command_version());
        return COMMAND_DONE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        argv[1] = "help";
    return run_command(argc - 1, argv + 1, error);
}

int main(int argc, char **argv)
{
    sky_error error = { "" };
    command_exit code;

    /* On a full disk HDF5 can't close its file, and would crash when it tries again on exit. */
    H5dont_atexit();
    if (!interrupt_install()) {
        snprintf(error.message, sizeof error.message, "signal handlers could not be installed");
        code = COMMAND_OURS;
    } else {
        code = run_program(argc, argv, &error);
    }
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == COMMAND_DONE) {
        snprintf(error.message, sizeof error.message, "standard output could not be written");
        code = COMMAND_OURS;
    }
    if (code != COMMAND_DONE && error.message[0] != '\0')
        fprintf(stderr, "skytwin: %s\n", error.message);
    return (int)code;
}
