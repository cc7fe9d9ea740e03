/* The command line, driven as a user would: exit codes, messages, the shape of the JSON. */
#define _GNU_SOURCE 1 /* mkdtemp, WEXITSTATUS */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define QUICKSTART   SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg"
#define SHORT        " " QUICKSTART " --set 'duration=2 d'"
#define OUTPUT_BYTES (1 << 20)

static char folder[] = "/tmp/skytwin-cli-XXXXXX";

typedef struct answer {
    int code;
    char out[OUTPUT_BYTES], err[4096];
} answer;

static void read_back(const char *name, char *text, size_t size)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Runs `skytwin ARGUMENTS` in the test's folder, through the shell; a redirection among them wins. */
static answer *run(const char *arguments)
{
    static answer a;
    char line[4096];
    int state;

    assert_in_range(snprintf(line, sizeof line, "cd %s && " SKYTWIN_BINARY " >out 2>err </dev/null %s",
                             folder, arguments),
                    1, sizeof line - 1);
    state = system(line);
    assert_true(WIFEXITED(state));
    a.code = WEXITSTATUS(state);
    read_back("out", a.out, sizeof a.out);
    read_back("err", a.err, sizeof a.err);
    return &a;
}

static int has_file(const char *name)
{
    char path[128];
    struct stat found;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &found) == 0 && found.st_size > 0;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char line[64];

    (void)state;
    snprintf(line, sizeof line, "rm -rf %s", folder);
    return system(line);
}

/* ---- what is refused ------------------------------------------------------------------------------------- */

static const struct refusal {
    const char *arguments;
    int code;
    const char *message; /* a part of it */
} refusals[] = {
    { "", 2, "expected a command" },
    { "comapre x.cfg", 2, "unknown command 'comapre'; did you mean compare?" },
    { "zzzzzz", 2, "unknown command 'zzzzzz'" },
    { "help nothing", 2, "unknown command 'nothing'" },
    { "run", 2, "run: found 0 arguments, expected: skytwin run SCENARIO" },
    { "run a b", 2, "found 2 arguments" },
    { "run nowhere.cfg", 2, "nowhere.cfg" },
    { "run nowhere.cfg --sed 1", 2, "unknown option '--sed'; did you mean --seed?" },
    { "run nowhere.cfg --strategies a", 2, "did you mean --strategy?" },
    { "run nowhere.cfg -q", 2, "unknown option '-q'" },
    { "run nowhere.cfg --seed", 2, "--seed: expected a value after it" },
    { "run nowhere.cfg -o", 2, "-o: expected a value after it" },
    { "run nowhere.cfg --seed x", 2, "--seed: found 'x', expected a whole number" },
    { "run nowhere.cfg --seed -1", 2, "--seed: found '-1'" },
    { "run nowhere.cfg --seed 99999999999999999999", 2, "--seed: found '99999999999999999999'" },
    { "run nowhere.cfg --threads 0", 2, "--threads: found '0', expected a whole number from 1" },
    { "run nowhere.cfg --set novalue", 2, "--set: found 'novalue', expected PATH=VALUE" },
    { "run nowhere.cfg --set =3", 2, "--set: found '=3'" },
    { "run nowhere.cfg --json=1", 2, "the option takes no value" },
    { "run nowhere.cfg --verify", 2, "unknown option '--verify'" },
    { "run nowhere.cfg --strategy spot-gredy", 2,
      "unknown strategy 'spot-gredy'; did you mean spot-greedy?" },
    { "run nowhere.cfg --strategy best-fit+esay", 2,
      "unknown queue or serving policy 'esay'; did you mean easy?" },
    { "run nowhere.cfg --strategy zzz+easy", 2, "unknown strategy 'zzz+easy'" },
    { "check " SKYTWIN_SOURCE_DIR "/scenarios/sweeps/quickstart.cfg", 2,
      "axes: found a sweep, expected a scenario; `skytwin sweep` runs sweeps" },
    { "sweep " QUICKSTART " -o y.h5", 2, "scenario: found nothing, expected the path of the scenario" },
    { "compare nowhere.cfg --strategies spot-greedy,zzz", 2, "unknown strategy 'zzz'" },
    { "compare nowhere.cfg --strategies spot-greedy,", 2, "unknown strategy ''" },
    { "compare nowhere.cfg --strategies spot-greedy,spot-greedy", 2, "named twice" },
    { "compare nowhere.cfg --replications 0", 2, "--replications: found '0'" },
    { "check nowhere.cfg", 2, "nowhere.cfg" },
    { "check", 2, "expected: skytwin check SCENARIO" },
    { "show nowhere.h5", 2, "nowhere.h5" },
    { "show /dev/null", 2, "/dev/null" },
    { "plot nowhere.h5", 2, "expected -o DIR" },
    { "plot nowhere.h5 -o pictures", 2, "nowhere.h5" },
    { "import spot-json", 2, "import: found 1 argument" },
    { "import spot-jsn x -o y.h5", 2, "unknown format 'spot-jsn'; did you mean spot-json?" },
    { "import spot-json x", 2, "import: expected -o FILE.h5" },
    { "import job-csv nowhere.csv -o y.h5", 2, "nowhere.csv" },
    { "list", 2, "list: found 0 arguments" },
    { "list stratgies", 2, "did you mean strategies?" },
    { "list zzz", 2,
      "expected strategies, queues, scaling, serving, regions, machines, markets, links, tiers or formats" },
    { "list regions --scenario nowhere.cfg", 2, "nowhere.cfg" },
    { "list strategies >/dev/full", 3, "standard output" },
    { "list strategies --json >/dev/full", 3, "standard output" },
};

static void test_refusals_say_what_is_wrong_in_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        answer *a = run(refusals[i].arguments);
        const char *newline;

        if (a->code != refusals[i].code || strstr(a->err, refusals[i].message) == NULL)
            fail_msg("skytwin %s: ended with %d, said %s", refusals[i].arguments, a->code, a->err);
        assert_int_equal(strncmp(a->err, "skytwin: ", 9), 0);
        newline = strchr(a->err, '\n');
        assert_non_null(newline);
        assert_int_equal(newline[1], '\0');
        assert_string_equal(a->out, "");
    }
}

/* ---- what it says of itself ------------------------------------------------------------------------------ */

static void test_help_names_every_command_and_option(void **state)
{
    static const char *const commands[] = { "run",   "compare", "show", "plot",
                                            "check", "import",  "list", "help" };
    answer *a = run("help");
    char arguments[64];

    (void)state;
    assert_int_equal(a->code, 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        assert_non_null(strstr(a->out, commands[i]));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        snprintf(arguments, sizeof arguments, "help %s", commands[i]);
        a = run(arguments);
        assert_int_equal(a->code, 0);
        assert_non_null(strstr(a->out, "Usage: skytwin "));
        snprintf(arguments, sizeof arguments, "%s --help", commands[i]);
        a = run(arguments);
        assert_int_equal(a->code, 0);
        assert_non_null(strstr(a->out, "Usage: skytwin "));
    }
    a = run("run -h");
    assert_non_null(strstr(a->out, "--strategy S"));
    assert_non_null(strstr(a->out, "-o, --output PATH"));
    assert_null(strstr(a->out, "--replications"));
}

static void test_version(void **state)
{
    answer *a = run("--version");

    (void)state;
    assert_int_equal(a->code, 0);
    assert_int_equal(strncmp(a->out, "skytwin ", 8), 0);
    assert_non_null(strstr(a->out, "(build "));
}

static json_t *run_for_json(const char *arguments)
{
    answer *a = run(arguments);
    json_error_t error;
    json_t *object;

    if (a->code != 0)
        fail_msg("skytwin %s: ended with %d, said %s", arguments, a->code, a->err);
    assert_string_equal(a->err, ""); /* no bar where there is no terminal */
    object = json_loads(a->out, 0, &error);
    if (object == NULL)
        fail_msg("skytwin %s: line %d: %s", arguments, error.line, error.text);
    return object;
}

static void test_lists_agree_with_their_json(void **state)
{
    static const struct {
        const char *name;
        size_t least;
    } lists[] = { { "strategies", 7 }, { "regions", 24 }, { "machines", 30 },
                  { "markets", 30 },   { "links", 40 },   { "formats", 4 } };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char arguments[64];
        json_t *object, *rows;
        size_t lines = 0, count;
        answer *a;

        snprintf(arguments, sizeof arguments, "list %s --json", lists[i].name);
        object = run_for_json(arguments);
        rows = json_object_get(object, lists[i].name);
        assert_true(json_is_array(rows));
        count = json_array_size(rows);
        assert_true(count >= lists[i].least);
        snprintf(arguments, sizeof arguments, "list %s", lists[i].name);
        a = run(arguments);
        for (const char *c = a->out; *c != '\0'; c++)
            lines += *c == '\n';
        assert_int_equal(lines,
                         count + 1 + (strstr(a->out, "\n* ") != NULL)); /* title, and what the star means */
        json_decref(object);
    }
}

static void test_oracles_are_marked_and_only_they(void **state)
{
    json_t *object = run_for_json("list strategies --json"), *row;
    answer *a = run("list strategies");
    size_t i, oracles = 0;

    (void)state;
    json_array_foreach(json_object_get(object, "strategies"), i, row)
    {
        char marked[80];

        snprintf(marked, sizeof marked, "\n%s* ", json_string_value(json_object_get(row, "name")));
        assert_int_equal(strstr(a->out, marked) != NULL, json_is_true(json_object_get(row, "oracle")));
        oracles += json_is_true(json_object_get(row, "oracle"));
    }
    assert_true(oracles >= 1);
    json_decref(object);
}

/* ---- runs ------------------------------------------------------------------------------------------------- */

static double number(const json_t *run, const char *key)
{
    const json_t *value = json_object_get(run, key);

    if (!json_is_number(value))
        fail_msg("%s: is not a number", key);
    return json_number_value(value);
}

static void check_run(const json_t *run)
{
    static const char *const whole[] = { "replication", "seed",     "deadlines", "deadlines_met",
                                         "jobs",        "done",     "failed",    "migrations",
                                         "preemptions", "launches", "probes",    "window" };
    static const char *const real[] = { "cost_usd",   "final_tick_usd", "compute_usd",     "probe_usd",
                                        "egress_usd", "spot_hours",     "on_demand_hours", "wall_s" };

    assert_true(json_is_string(json_object_get(run, "strategy")));
    assert_int_equal(strlen(json_string_value(json_object_get(run, "digest"))), 32);
    assert_true(json_is_boolean(json_object_get(run, "deadline_met")));
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        assert_true(json_is_integer(json_object_get(run, whole[i])));
    for (size_t i = 0; i < sizeof real / sizeof *real; i++)
        assert_true(number(run, real[i]) >= 0);
    assert_int_equal(json_is_true(json_object_get(run, "deadline_met")),
                     number(run, "deadlines") == number(run, "deadlines_met"));
    assert_true(number(run, "done") <= number(run, "jobs"));
    assert_true(fabs(number(run, "cost_usd") - number(run, "compute_usd") - number(run, "probe_usd") -
                     number(run, "egress_usd")) < 1e-6);
    assert_true(number(run, "cost_usd") > 0);
}

static void test_run_gives_one_run(void **state)
{
    json_t *object = run_for_json("run" SHORT " --strategy spot-greedy --seed 5 --json");
    const json_t *runs = json_object_get(object, "runs"), *only = json_array_get(runs, 0);

    (void)state;
    assert_string_equal(json_string_value(json_object_get(object, "scenario")), "quickstart");
    assert_int_equal(json_array_size(runs), 1);
    check_run(only);
    assert_int_equal(number(only, "seed"), 5);
    assert_string_equal(json_string_value(json_object_get(only, "strategy")), "spot-greedy");
    json_decref(object);
}

static void test_compare_gives_runs_in_the_order_asked_for(void **state)
{
    static const char *const names[] = { "spot-greedy", "on-demand-cheapest" };
    json_t *object = run_for_json("compare" SHORT
                                  " --strategies spot-greedy,on-demand-cheapest --replications 3 --json");
    json_t *runs = json_object_get(object, "runs"), *one;
    size_t i;

    (void)state;
    assert_int_equal(json_array_size(runs), 6);
    json_array_foreach(runs, i, one)
    {
        check_run(one);
        assert_string_equal(json_string_value(json_object_get(one, "strategy")), names[i / 3]);
        assert_int_equal(number(one, "replication"), i % 3);
    }
    assert_true(number(json_array_get(runs, 3), "spot_hours") == 0);
    json_decref(object);
}

static void test_published_names_are_understood(void **state)
{
    json_t *object = run_for_json("run" SHORT " --strategy rc_cr_threshold --json");

    (void)state;
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(json_object_get(object, "runs"), 0), "strategy")),
        "uniform-progress");
    json_decref(object);
}

static char *digest_of(const char *arguments)
{
    json_t *object = run_for_json(arguments);
    char *digest = strdup(json_string_value(json_object_get(object, "digest")));

    assert_int_equal(strlen(digest), 32);
    json_decref(object);
    return digest;
}

static void test_digest_depends_on_the_seed_alone(void **state)
{
#define COMPARE "compare" SHORT " --strategies spot-greedy,uniform-progress --replications 3 --json"
    char *one = digest_of(COMPARE " --threads 1");
    char *four = digest_of(COMPARE " --threads 4");
    char *recorded = digest_of(COMPARE " --threads 2 -o digest.h5");
    char *other = digest_of(COMPARE " --seed 99");
    char *shown;

    (void)state;
    shown = digest_of("show digest.h5 --json");
    assert_string_equal(one, four);
    assert_string_equal(one, recorded);
    assert_string_equal(one, shown);
    assert_string_not_equal(one, other);
    free(one);
    free(four);
    free(recorded);
    free(other);
    free(shown);
}

/* It says where the time went, and changes nothing of the answer. */
static void test_profile(void **state)
{
    char *plain = digest_of("run" SHORT " --json"),
         *profiled = digest_of("run" SHORT " --json --profile=p.json 2>profile");
    char path[128];
    answer *a;
    json_t *trace;

    (void)state;
    assert_string_equal(plain, profiled);
    free(plain);
    free(profiled);
    snprintf(path, sizeof path, "%s/p.json", folder);
    trace = json_load_file(path, 0, NULL);
    assert_non_null(trace);
    assert_true(json_is_array(json_object_get(trace, "traceEvents")));
    assert_true(json_integer_value(json_object_get(
                    json_object_get(json_object_get(trace, "otherData"), "engine: decide"), "times")) > 0);
    json_decref(trace);
    a = run("run" SHORT " --profile");
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->err, "engine: decide"));
    assert_null(strstr(a->out, "engine: decide"));
    a = run("run" SHORT " --profile=nowhere/p.json");
    assert_int_equal(a->code, 2);
    assert_non_null(strstr(a->err, "nowhere/p.json: cannot write the profile"));
}

static void test_tables_name_what_ran(void **state)
{
    answer *a = run("compare" SHORT " --strategies spot-greedy,on-demand-cheapest --replications 2");

    (void)state;
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "spot-greedy"));
    assert_non_null(strstr(a->out, "mean cost USD"));
    assert_non_null(strstr(a->out, "cheapest"));
    a = run("check" SHORT);
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "quickstart: all is well"));
}

static void test_comparisons_have_no_column_that_says_nothing(void **state)
{
    answer *a = run("compare" SHORT " --strategies spot-greedy");

    (void)state;
    assert_non_null(strstr(a->out, "deadlines met"));
    assert_non_null(strstr(a->out, "migrations"));
    assert_null(strstr(a->out, "mean wait"));
    a = run("compare " SKYTWIN_SOURCE_DIR "/scenarios/zone-spread.cfg");
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "mean wait"));
    assert_non_null(strstr(a->out, "cores"));
    assert_null(strstr(a->out, "deadlines met"));
    assert_null(strstr(a->out, "migrations"));
    assert_null(strstr(a->out, "devices"));
    assert_null(strstr(a->out, "nodes launched"));
    assert_null(strstr(a->out, "decided in all"));
    a = run("compare " SKYTWIN_SOURCE_DIR "/scenarios/zone-spread.cfg --strategies best-fit,random,horizon");
    assert_non_null(strstr(a->out, "\nhorizon decided in all as best-fit did\n"));
    assert_null(strstr(a->out, "random decided"));
    a = run("compare " SKYTWIN_SOURCE_DIR
            "/scenarios/joint-placement.cfg --replications 1 --set 'duration=2 d'");
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "nodes launched"));
}

/* Nothing there costs anything: no picture of costs is better than an empty one. */
static void test_a_cluster_from_files_is_checked_and_drawn(void **state)
{
    static const char scenario[] = SKYTWIN_SOURCE_DIR "/scenarios/heterogeneous-training.cfg";
    char arguments[256];
    answer *a;

    (void)state;
    snprintf(arguments, sizeof arguments, "check %s", scenario);
    a = run(arguments);
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "until all is done"));
    assert_non_null(strstr(a->out, "80 of 14 classes, as recorded"));
    snprintf(arguments, sizeof arguments, "compare %s --strategies first-come -o cluster.h5", scenario);
    assert_int_equal(run(arguments)->code, 0);
    a = run("plot cluster.h5 -o cluster");
    assert_int_equal(a->code, 0);
    assert_string_equal(a->err, "");
    assert_true(has_file("cluster/timeline-first-come.svg"));
    assert_false(has_file("cluster/cost.svg"));
}

/* Files of one kind in one import; imports of several kinds are joined by another. */
static void test_import_says_what_came_in(void **state)
{
    (void)state;
    write_file("nodes.csv", "sn,cpu_milli,memory_mib,gpu,model\nn,1,1,0,\n");
    write_file("tasks.csv", "name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,1,1,0,0\nb,1,1,1,500\n");
    assert_string_equal(run("import openb-nodes nodes.csv -o nodes.h5")->out,
                        "nodes.h5: 0 markets, 0 jobs, 1 node, 0 tasks\n");
    assert_string_equal(run("import openb-tasks tasks.csv tasks.csv -o tasks.h5")->out,
                        "tasks.h5: 0 markets, 0 jobs, 0 nodes, 4 tasks\n");
    assert_string_equal(run("import skytwin nodes.h5 tasks.h5 -o all.h5")->out,
                        "all.h5: 0 markets, 0 jobs, 1 node, 4 tasks\n");
}

/* ---- records ---------------------------------------------------------------------------------------------- */

static void test_record_is_shown_verified_and_drawn(void **state)
{
    answer *a = run("compare" SHORT " --strategies spot-greedy,on-demand-cheapest -o shown.h5");

    (void)state;
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "The record is shown.h5"));
    assert_false(has_file("shown.h5.incomplete"));
    a = run("show shown.h5 --verify");
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "state     complete"));
    assert_non_null(strstr(a->out, "verified"));
    a = run("show shown.h5 --run 1");
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "on-demand-cheapest"));
    a = run("show shown.h5 --run 2");
    assert_int_equal(a->code, 2);
    assert_non_null(strstr(a->err, "--run: found 2"));
    a = run("plot shown.h5 -o pictures");
    assert_int_equal(a->code, 0);
    assert_true(has_file("pictures/cost.svg"));
    assert_true(has_file("pictures/cost.png"));
    assert_true(has_file("pictures/prices.svg"));
    assert_true(has_file("pictures/timeline-spot-greedy.png"));
    a = run("plot shown.h5 -o shown.h5");
    assert_int_equal(a->code, 2);
}

static void test_paths_that_cannot_be_written_cost_no_run(void **state)
{
    static const char *const paths[] = { "nowhere/x.h5", ".", "/dev/null/x.h5" };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char arguments[512];
        time_t before = time(NULL);
        answer *a;

        /* Hundreds of runs: if they came first, this would take minutes. */
        snprintf(arguments, sizeof arguments, "compare " QUICKSTART " --replications 1000 -o %s", paths[i]);
        a = run(arguments);
        assert_int_equal(a->code, 2);
        assert_non_null(strstr(a->err, paths[i]));
        assert_true(time(NULL) - before < 20);
    }
}

static void test_interruption_leaves_a_marked_record(void **state)
{
    answer *a;

    (void)state;
    /* The shell's `timeout` sends what Ctrl-C would. */
    a = run("--version; timeout -s INT --preserve-status 1 " SKYTWIN_BINARY " compare " QUICKSTART
            " --replications 100000 -o cut.h5 >out 2>err");
    assert_int_equal(a->code, 1);
    assert_non_null(strstr(a->err, "interrupted"));
    assert_non_null(strstr(a->err, "cut.h5.incomplete"));
    assert_true(has_file("cut.h5.incomplete"));
    assert_false(has_file("cut.h5"));
    a = run("show cut.h5.incomplete");
    assert_int_equal(a->code, 0);
    assert_non_null(strstr(a->out, "state     incomplete"));
    a = run("show cut.h5.incomplete --verify");
    assert_int_equal(a->code, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals_say_what_is_wrong_in_one_line),
        cmocka_unit_test(test_help_names_every_command_and_option),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_lists_agree_with_their_json),
        cmocka_unit_test(test_oracles_are_marked_and_only_they),
        cmocka_unit_test(test_run_gives_one_run),
        cmocka_unit_test(test_compare_gives_runs_in_the_order_asked_for),
        cmocka_unit_test(test_published_names_are_understood),
        cmocka_unit_test(test_digest_depends_on_the_seed_alone),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_tables_name_what_ran),
        cmocka_unit_test(test_comparisons_have_no_column_that_says_nothing),
        cmocka_unit_test(test_a_cluster_from_files_is_checked_and_drawn),
        cmocka_unit_test(test_import_says_what_came_in),
        cmocka_unit_test(test_record_is_shown_verified_and_drawn),
        cmocka_unit_test(test_paths_that_cannot_be_written_cost_no_run),
        cmocka_unit_test(test_interruption_leaves_a_marked_record),
    };

    return cmocka_run_group_tests_name("cli", tests, make_folder, remove_folder);
}
