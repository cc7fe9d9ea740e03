/* Broken scenarios of tasks that train, and the one line that each earns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/folder.h"

static const char rates[] = "{\"v100\": {\"('x', 1)\": {\"null\": 1.0}, \"('y', 1)\": {\"null\": 0}}}";
static const char jobs[] = "x\ttrain\t\t-n\t0\t10\t1\t1\t-1\t0\n";
static const char nodes[] = "sn,cpu_milli,memory_mib,gpu,model\nn-0,1000,1000,2,V100\nn-1,1000,1000,4,V100\n"
                            "n-2,1000,1000,1,K80\n";
static const char top[] =
    "name = \"bad\"; strategies = [\"max-min\"]; nodes = \"nodes.csv\"; tasks = \"jobs.trace\";\n"
    "task_format = \"gavel-trace\"; order = \"recorded\"; unplaceable = \"wait\";\n";

typedef struct bad_case {
    const char *keys, *jobs, *rates, *message;
} bad_case;

#define WITH_RATES "throughputs = \"rates.json\";"

static const bad_case cases[] = {
    { "throughputs = \"none.json\";", NULL, NULL,
      "bad.cfg:3: throughputs: found none.json, expected a path that can be read (No such file or "
      "directory)" },
    { "elastic = { most = 4; };", NULL, NULL,
      "bad.cfg:3: elastic: found a key for tasks that train, expected `throughputs` as well" },
    { "restart = \"10 s\";", NULL, NULL,
      "bad.cfg:3: restart: found a key for tasks that train, expected `throughputs` as well" },
    { WITH_RATES, NULL, "[]", "rates.json" },
    { WITH_RATES, NULL, "{\"v100\": {\"('x', 1)\": {\"null\": -1}}}", "rates.json" },
    { WITH_RATES, "z\ttrain\t\t-n\t0\t10\t1\t1\t-1\t0\n", NULL,
      "bad.cfg:1: tasks: found z with 1 workers, expected kinds of job that the file of `throughputs` "
      "holds" },
    { WITH_RATES, "x\ttrain\t\t-n\t0\t10\t2\t1\t-1\t0\n", NULL,
      "bad.cfg:1: tasks: found x with 2 workers, expected kinds of job that the file of `throughputs` "
      "holds" },
    { WITH_RATES, "x\ttrain\t\t-n\t0\t9223372036854775807\t1\t1\t-1\t0\n", NULL,
      "bad.cfg:1: tasks: found job-0, expected at most 9,223,372,036 steps" },
    { WITH_RATES, "y\ttrain\t\t-n\t0\t10\t1\t1\t-1\t0\n", NULL,
      "bad.cfg:1: tasks: found task-0, expected tasks that some of the nodes' accelerators can train, within "
      "36 years" },
    { WITH_RATES " elastic = { mosst = 4; };", NULL, NULL,
      "bad.cfg:3: elastic.mosst: found an unknown key, expected a known key (did you mean \"most\"?)" },
    { WITH_RATES " elastic = { most = 65; };", NULL, NULL,
      "bad.cfg:3: elastic.most: found 65, expected a whole number from 1 to 64" },
    { WITH_RATES " elastic = { most = 4; parallel_fraction = 1.1; };", NULL, NULL,
      "bad.cfg:3: elastic.parallel_fraction: found 1.1, expected a number from 0 to 1" },
    { WITH_RATES " rate_noise = -1.0;", NULL, NULL,
      "bad.cfg:3: rate_noise: found -1, expected a number from 0 to 2" },
    { WITH_RATES " prices = ( { accelerator = \"K8\"; price = \"1 USD/h\"; } );", NULL, NULL,
      "bad.cfg:3: prices[0].accelerator: found K8, expected a model of the nodes' accelerators (did you mean "
      "\"K80\"?)" },
    { WITH_RATES " prices = ( { accelerator = \"V100\"; price = \"1 USD/h\"; } );", NULL, NULL,
      "bad.cfg:3: prices[0].accelerator: found V100, expected a model of which all nodes have as many" },
    { WITH_RATES " prices = ( { accelerator = \"K80\"; price = \"99999 USD/h\"; } );", NULL, NULL,
      "bad.cfg:3: prices[0].price: found over 10000 USD/h, expected the price of one accelerator an hour" },
    { WITH_RATES " control_interval = \"1 ms\";", NULL, NULL,
      "bad.cfg:3: control_interval: found less than a second, expected a time of at least \"1 s\"" },
};

static void write_file(const char *name, const char *text, const char *more)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%s%s", text, more) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Without the folder's name in it. */
static void strip(char *message)
{
    char here[64], *at;

    snprintf(here, sizeof here, "%s/", folder);
    while ((at = strstr(message, here)) != NULL)
        memmove(at, at + strlen(here), strlen(at + strlen(here)) + 1);
}

static void test_each_mistake_earns_its_line(void **state)
{
    size_t wrong = 0;
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/bad.cfg", folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bad_case *c = &cases[i];
        sky_error error = { "" };
        scenario s;

        write_file("nodes.csv", nodes, "");
        write_file("jobs.trace", c->jobs != NULL ? c->jobs : jobs, "");
        write_file("rates.json", c->rates != NULL ? c->rates : rates, "");
        write_file("bad.cfg", top, c->keys);
        assert_int_equal(scenario_load(path, NULL, 0, &s, &error), SKY_ERROR_INPUT);
        strip(error.message);
        if (strncmp(error.message, c->message, strlen(c->message)) != 0 ||
            (strncmp(c->message, "bad.cfg", 7) == 0 && strcmp(error.message, c->message) != 0)) {
            print_message("%zu\n  found    %s\n  expected %s\n", i, error.message, c->message);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_the_unbroken_one_is_taken(void **state)
{
    char path[128];
    sky_error error = { "" };
    scenario s;

    (void)state;
    snprintf(path, sizeof path, "%s/bad.cfg", folder);
    write_file("nodes.csv", nodes, "");
    write_file("jobs.trace", jobs, "");
    write_file("rates.json", rates, "");
    write_file("bad.cfg", top, WITH_RATES);
    assert_int_equal(scenario_load(path, NULL, 0, &s, &error), SKY_OK);
    assert_int_equal(s.rate_count, 1);
    assert_int_equal(s.rates[0].usteps, 1000000);
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_mistake_earns_its_line),
        cmocka_unit_test(test_the_unbroken_one_is_taken),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
