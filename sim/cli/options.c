#define _GNU_SOURCE 1 /* strsep */
#include "options.h"

#include "scenario/units.h"
#include "suggest.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const option_about table[] = {
    { OPTION_STRATEGY, "strategy", 0, "S", "the strategy to run (default: the scenario's first)" },
    { OPTION_STRATEGIES, "strategies", 0, "A,B,…", "the strategies to compare (default: the scenario's)" },
    { OPTION_REPLICATIONS, "replications", 0, "N", "runs of each strategy (default: the scenario's)" },
    { OPTION_SEED, "seed", 0, "N", "seed of all that is drawn at random (default: the scenario's)" },
    { OPTION_SET, "set", 0, "PATH=VALUE", "override a key of the scenario; may be given again" },
    { OPTION_OUTPUT, "output", 'o', "PATH", "where the result goes" },
    { OPTION_THREADS, "threads", 0, "N",
      "threads, for runs and inside of them (default: one a core); changes no result" },
    { OPTION_JSON, "json", 0, NULL, "print one JSON object instead of a table" },
    { OPTION_RUN, "run", 0, "N", "show the run of this number, from 0, in detail" },
    { OPTION_VERIFY, "verify", 0, NULL, "recompute the digests; exit 1 if one differs" },
    { OPTION_SCENARIO, "scenario", 0, "FILE", "what this scenario has, instead of the catalog" },
    { OPTION_SHARD, "shard", 0, "I/N", "do the part I of N of the sweep, I from 1 to N" },
    { OPTION_PROFILE, "profile", 0, "[=FILE.json]",
      "say on standard error where the time went; into FILE.json as a Chrome trace" },
    { OPTION_CHECKPOINT_EVERY, "checkpoint-every", 0, "TIME",
      "keep in the record what each run is in the middle of, every so often (\"7 d\")" },
    { OPTION_AT, "at", 0, "TIME", "when the branch begins, since the run's start (\"12 d\")" },
    { OPTION_HELP, "help", 'h', NULL, "print this" },
};
#define TABLE_COUNT (sizeof table / sizeof *table)
#define LONG_VALUE  256 /* above every letter: what getopt_long returns for table[i] is LONG_VALUE + i */

const option_about *option_table(size_t *count)
{
    *count = TABLE_COUNT;
    return table;
}

static sky_status whole_number(const char *name, const char *text, int64_t least, int64_t most,
                               int64_t *value, sky_error *error)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || number < least || number > most) {
        snprintf(error->message, sizeof error->message,
                 "--%s: found '%.100s', expected a whole number from %lld to %lld", name, text,
                 (long long)least, (long long)most);
        return SKY_ERROR_INPUT;
    }
    *value = number;
    return SKY_OK;
}

static sky_status small_number(const char *name, const char *text, int64_t least, int *value,
                               sky_error *error)
{
    int64_t number;
    sky_status status = whole_number(name, text, least, 1000000, &number, error);

    if (status == SKY_OK)
        *value = (int)number;
    return status;
}

static sky_status take_set(options *out, const char *text, sky_error *error)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text) {
        snprintf(error->message, sizeof error->message, "--set: found '%.100s', expected PATH=VALUE", text);
        return SKY_ERROR_INPUT;
    }
    out->sets[out->set_count++] = text;
    return SKY_OK;
}

static sky_status take_shard(options *out, const char *text, sky_error *error)
{
    char end;

    if (sscanf(text, "%9d/%9d%c", &out->shard, &out->shards, &end) == 2 && out->shard >= 1 &&
        out->shard <= out->shards && out->shards <= 1000000)
        return SKY_OK;
    snprintf(error->message, sizeof error->message,
             "--shard: found '%.100s', expected I/N, a part from 1 to N and how many there are", text);
    return SKY_ERROR_INPUT;
}

static sky_status time_of(const char *name, const char *text, int64_t least_ns, int64_t *ns, sky_error *error)
{
    const char *why = unit_parse(text, UNIT_TIME, ns);

    if (why == NULL && *ns >= least_ns)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "--%s: found '%.100s', expected %s%s", name, text,
             why != NULL ? why : unit_expected(UNIT_TIME), why != NULL || least_ns == 0 ? "" : ", above 0");
    return SKY_ERROR_INPUT;
}

static sky_status take(options *out, const option_about *option, const char *value, sky_error *error)
{
    int64_t number;
    sky_status status;

    switch (option->bit) {
    case OPTION_STRATEGY:
        out->strategy = value;
        return SKY_OK;
    case OPTION_STRATEGIES:
        out->strategies = value;
        return SKY_OK;
    case OPTION_OUTPUT:
        out->output = value;
        return SKY_OK;
    case OPTION_SCENARIO:
        out->scenario = value;
        return SKY_OK;
    case OPTION_JSON:
        out->json = 1;
        return SKY_OK;
    case OPTION_VERIFY:
        out->verify = 1;
        return SKY_OK;
    case OPTION_HELP:
        out->help = 1;
        return SKY_OK;
    case OPTION_PROFILE:
        out->profile = 1;
        out->profile_trace = value;
        return SKY_OK;
    case OPTION_SET:
        return take_set(out, value, error);
    case OPTION_SHARD:
        return take_shard(out, value, error);
    case OPTION_CHECKPOINT_EVERY:
        return time_of(option->name, value, 1, &out->checkpoint_every_ns, error);
    case OPTION_AT:
        return time_of(option->name, value, 0, &out->at_ns, error);
    case OPTION_REPLICATIONS:
        return small_number("replications", value, 1, &out->replications, error);
    case OPTION_THREADS:
        return small_number("threads", value, 1, &out->threads, error);
    case OPTION_RUN:
        return small_number("run", value, 0, &out->run, error);
    default:
        status = whole_number("seed", value, 0, INT64_MAX, &number, error);
        out->seed = status == SKY_OK ? (uint64_t)number : 0;
        out->seed_given = 1;
        return status;
    }
}

static int kind_of_argument(const option_about *option)
{
    if (option->argument == NULL)
        return no_argument;
    return option->argument[0] == '[' ? optional_argument : required_argument;
}

/* What getopt_long accepts, from the table. */
static void accept_options(unsigned accepted, struct option *longs, char *letters)
{
    *letters++ = ':'; /* tell a missing value from an unknown option */
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (!(table[i].bit & accepted))
            continue;
        *longs++ = (struct option){ .name = table[i].name,
                                    .val = LONG_VALUE + (int)i,
                                    .has_arg = kind_of_argument(&table[i]) };
        if (table[i].letter != 0) {
            *letters++ = table[i].letter;
            if (table[i].argument != NULL)
                *letters++ = ':';
        }
    }
    *longs = (struct option){ 0 };
    *letters = '\0';
}

static sky_status refuse(unsigned accepted, int code, const char *found, sky_error *error)
{
    suggest_search search = suggest_for(found);
    const char *close;
    int length = (int)strcspn(found, "=");

    if (code == ':') {
        snprintf(error->message, sizeof error->message, "%.100s: expected a value after it", found);
        return SKY_ERROR_INPUT;
    }
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (!(table[i].bit & accepted))
            continue;
        if (strncmp(found, "--", 2) == 0)
            suggest_offer(&search, table[i].name, 2);
        if (length > 2 && strlen(table[i].name) == (size_t)length - 2 && table[i].argument == NULL &&
            strncmp(found + 2, table[i].name, (size_t)length - 2) == 0) {
            snprintf(error->message, sizeof error->message, "%.100s: the option takes no value", found);
            return SKY_ERROR_INPUT;
        }
    }
    close = suggest_best(&search);
    snprintf(error->message, sizeof error->message, "unknown option '%.*s'%s%s%s",
             length < 100 ? length : 100, found, close != NULL ? "; did you mean --" : "",
             close != NULL ? close : "", close != NULL ? "?" : "");
    return SKY_ERROR_INPUT;
}

static sky_status read_all(unsigned accepted, int argc, char **argv, options *out, sky_error *error)
{
    struct option longs[TABLE_COUNT + 1];
    char letters[2 * TABLE_COUNT + 2];
    sky_status status = SKY_OK;
    int code;

    accept_options(accepted, longs, letters);
    optind = 0; /* glibc: start afresh */
    opterr = 0;
    while (status == SKY_OK && (code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        const option_about *option = NULL;

        if (code == ':' || code == '?') {
            char letter[3] = { '-', (char)optopt, '\0' };
            int is_letter = optopt > 0 && optopt < LONG_VALUE;

            return refuse(accepted, code, is_letter ? letter : argv[optind - 1], error);
        }
        if (code >= LONG_VALUE)
            option = &table[code - LONG_VALUE];
        for (size_t i = 0; option == NULL && i < TABLE_COUNT; i++)
            if (table[i].letter == code)
                option = &table[i];
        status = take(out, option, optarg, error);
    }
    while (optind < argc)
        out->arguments[out->argument_count++] = argv[optind++];
    return status;
}

static char *join(int argc, char **argv)
{
    static const char program[] = "skytwin";
    size_t size = sizeof program;
    char *text;

    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 3;
    text = malloc(size);
    if (text == NULL)
        return NULL;
    strcpy(text, program);
    for (int i = 0; i < argc; i++) {
        int quoted = argv[i][0] == '\0' || strpbrk(argv[i], " \t\"$&|;<>()*?[]") != NULL;

        strcat(text, quoted ? " '" : " ");
        strcat(text, argv[i]);
        strcat(text, quoted ? "'" : "");
    }
    return text;
}

sky_status options_parse(unsigned accepted, int argc, char **argv, options *out, sky_error *error)
{
    *out = (options){ .run = -1, .at_ns = -1 };
    out->arguments = calloc((size_t)argc + 1, sizeof *out->arguments);
    out->sets = calloc((size_t)argc + 1, sizeof *out->sets);
    out->command_line = join(argc, argv);
    if (out->arguments == NULL || out->sets == NULL || out->command_line == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the command line");
        return SKY_ERROR_MEMORY;
    }
    return read_all(accepted | OPTION_HELP, argc, argv, out, error);
}

void options_free(options *options)
{
    free(options->arguments);
    free(options->sets);
    free(options->command_line);
}

/* ---- strategies ------------------------------------------------------------------------------------------- */

/* Of NAME+QUEUE or NAME+SERVING, where there is such a NAME. */
static sky_status unknown_suffix(const char *queue, sky_error *error)
{
    suggest_search search = suggest_for(queue);
    const sky_queue_info *info;
    const sky_serving_info *serving;

    for (size_t i = 0; (info = sky_queue_at(i)) != NULL; i++)
        suggest_offer(&search, info->name, 0);
    for (size_t i = 0; (serving = sky_serving_at(i)) != NULL; i++)
        suggest_offer(&search, serving->name, 0);
    if (suggest_best(&search) != NULL)
        snprintf(error->message, sizeof error->message,
                 "unknown queue or serving policy '%.100s'; did you mean %s?", queue, suggest_best(&search));
    else
        snprintf(error->message, sizeof error->message,
                 "unknown queue or serving policy '%.100s'; `skytwin list queues` and `list serving` name "
                 "them all",
                 queue);
    return SKY_ERROR_INPUT;
}

static int is_known(const char *name, size_t length)
{
    char text[64];

    snprintf(text, sizeof text, "%.*s", (int)length, name);
    return sky_strategy_find(text) != NULL;
}

sky_status options_strategy(const char *name, const char **found, sky_error *error)
{
    const sky_strategy_info *info = sky_strategy_find(name);
    suggest_search search = suggest_for(name);
    const sky_strategy_info *const *all;
    const char *close, *plus = strchr(name, '+');
    size_t count;

    if (info == NULL && plus != NULL && is_known(name, (size_t)(plus - name)))
        return unknown_suffix(plus + 1, error);
    if (info != NULL) {
        *found = strchr(name, '+') != NULL ? name : info->name;
        return SKY_OK;
    }
    all = sky_strategy_list(&count);
    for (size_t i = 0; i < count; i++) {
        suggest_offer(&search, all[i]->name, 0);
        if (all[i]->published != NULL)
            suggest_offer(&search, all[i]->published, 0);
    }
    close = suggest_best(&search);
    if (close != NULL)
        snprintf(error->message, sizeof error->message, "unknown strategy '%.100s'; did you mean %s?", name,
                 close);
    else
        snprintf(error->message, sizeof error->message,
                 "unknown strategy '%.100s'; `skytwin list strategies` names them all", name);
    return SKY_ERROR_INPUT;
}

sky_status options_strategies(const char *list, const char ***names, size_t *count, sky_error *error)
{
    size_t length = strlen(list), most = 1;
    char *copy, *name;
    sky_status status = SKY_OK;

    for (const char *c = list; *c != '\0'; c++)
        most += *c == ',';
    *names = malloc(most * sizeof **names + length + 1); /* the names, and behind them their text */
    *count = 0;
    if (*names == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the list of strategies");
        return SKY_ERROR_MEMORY;
    }
    copy = (char *)(*names + most);
    memcpy(copy, list, length + 1);
    while (status == SKY_OK && (name = strsep(&copy, ",")) != NULL) {
        status = options_strategy(name, &(*names)[*count], error);
        for (size_t i = 0; status == SKY_OK && i < *count; i++)
            if (strcmp((*names)[i], (*names)[*count]) == 0) {
                snprintf(error->message, sizeof error->message, "--strategies: '%s' is named twice", name);
                status = SKY_ERROR_INPUT;
            }
        *count += status == SKY_OK;
    }
    return status;
}
