/* The options of the command line: one table for all subcommands, so that an option means the same
 * everywhere and the help can't drift from what is accepted. */
#ifndef SKYTWIN_OPTIONS_H
#define SKYTWIN_OPTIONS_H

#include <skytwin/engine.h>

enum {
    OPTION_STRATEGY = 1u << 0,
    OPTION_STRATEGIES = 1u << 1,
    OPTION_REPLICATIONS = 1u << 2,
    OPTION_SEED = 1u << 3,
    OPTION_SET = 1u << 4,
    OPTION_OUTPUT = 1u << 5,
    OPTION_THREADS = 1u << 6,
    OPTION_JSON = 1u << 7,
    OPTION_RUN = 1u << 8,
    OPTION_VERIFY = 1u << 9,
    OPTION_SCENARIO = 1u << 10,
    OPTION_SHARD = 1u << 11,
    OPTION_PROFILE = 1u << 12,
    OPTION_CHECKPOINT_EVERY = 1u << 13,
    OPTION_AT = 1u << 14,
    OPTION_HELP = 1u << 15, /* every subcommand takes it */
};

typedef struct options {
    const char **arguments; /* what is not an option, in order */
    size_t argument_count;
    const char **sets; /* "path=value" */
    size_t set_count;
    const char *strategy, *strategies, *output, *scenario; /* NULL: not given */
    uint64_t seed;
    int seed_given;
    int replications;            /* 0: not given */
    int threads;                 /* 0: not given */
    int run;                     /* -1: not given */
    int64_t checkpoint_every_ns; /* 0: not given */
    int64_t at_ns;               /* -1: not given */
    int shard, shards;           /* --shard 1/8: 1 and 8; 0: not given */
    int json, verify, help, profile;
    const char *profile_trace; /* the file that --profile names; NULL: none */
    char *command_line;        /* as typed, for the record */
} options;

typedef struct option_about {
    unsigned bit;
    const char *name;     /* without the hyphens */
    char letter;          /* 0: none */
    const char *argument; /* "N"; "[=FILE]": may be left out; NULL: takes none */
    const char *about;
} option_about;

/* All options; *count is how many. */
const option_about *option_table(size_t *count);

/* Reads argv[1…]; argv[0] is the subcommand's name. `accepted`: OPTION_ bits.
 * SKY_ERROR_INPUT: unknown option (with a suggestion), missing or impossible value. SKY_ERROR_MEMORY. */
sky_status options_parse(unsigned accepted, int argc, char **argv, options *out, sky_error *error);
void options_free(options *options);

/* "a,b,c" into names, each checked to be a strategy (published names count); *count of them.
 * Free *names with free(); the strings point into the engine's table. */
sky_status options_strategies(const char *list, const char ***names, size_t *count, sky_error *error);
/* One name, checked likewise. */
sky_status options_strategy(const char *name, const char **found, sky_error *error);

#endif
