/* Tasks that are preempted, or fail and are tried again, against closed forms:
 *     two classes of an M/M/1 queue with preemptive-resume priorities, mean wait of class k   [Kleinrock 1976, 3.39]
 *         (1/mu_k (1 - s_k) + sum_(i <= k) lambda_i E[S_i^2] / 2) / ((1 - s_(k-1)) (1 - s_k)) - 1/mu_k,
 *         s_k = load of the classes 1 to k
 *     time to complete a segment of length s after restarts of length R, with exponential failures of rate l
 *         e^(lR) (e^(ls) - 1) / l                       [Daly, Future Generation Computer Systems 22 (2006), section 3]
 *     and, as the first attempt pays its restart too, (e^(l (R + s)) - 1) / l for the first segment
 *     time to complete work W that survives on a node that is up for a mean of A and then down for a mean of B
 *         W (1 + B / A)                                                                      [alternating renewal] */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ESTIMATE_OF "lives of tasks"
#include "estimate.h"
#include "scenario.h"
#include "tests/scenario_files.h"
#include "twin.h"
#include "tests/folder.h"

#define REPLICATIONS 20
#define HOUR         ((double)SKY_NS_PER_HOUR)

/* Means over the tasks of a workload that came after the warm-up and are done. */
typedef struct observed {
    double wait_h, response_h, tasks;
    uint32_t workload;
    int64_t from_ns;
} observed;

static void load(const char *days, int nodes, const char *more, scenario *s)
{
    char text[4096], path[256];
    sky_error error;

    snprintf(
        text, sizeof text,
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"lives\"; duration = \"%s\"; control_interval = \"1000 d\"; strategies = [\"best-fit\"];\n"
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = %d; %s );\n",
        days, nodes, more);
    assert_true(tiny_write(folder, "lives.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/lives.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    observed *o = context;
    const record_job_row *row = rows;

    (void)error;
    for (size_t i = 0; stream == RECORD_JOBS && i < count; i++) {
        if (row[i].workload != o->workload || row[i].submit_ns < o->from_ns || row[i].state != 2)
            continue;
        o->tasks++;
        o->response_h += (double)(row[i].end_ns - row[i].submit_ns) / HOUR;
        o->wait_h += (double)(row[i].end_ns - row[i].submit_ns - row[i].run_ns) / HOUR;
    }
    return SKY_OK;
}

static observed run(const scenario *s, uint32_t workload, unsigned replication, int64_t from_ns)
{
    observed o = { .workload = workload, .from_ns = from_ns };
    twin_options options = {
        .strategy = "best-fit", .replication = replication, .seed = s->seed, .restart_at_ns = SKY_NEVER_NS
    };
    twin_output output = { .context = &o, .rows = look };
    record_summary summary;
    sky_error error;

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_true(o.tasks > 0);
    o.wait_h /= o.tasks;
    o.response_h /= o.tasks;
    return o;
}

static void test_priorities_wait_as_preemptive_resume_says(void **state)
{
    const double high = 0.3, low = 0.4, all = high + low; /* loads; service takes an hour, exponential */
    estimate mean_wait_of_the_high_priority = { 0 }, mean_wait_of_the_low_priority = { 0 };
    scenario s;

    (void)state;
    load("600 d", 1,
         "} ); queue = { discipline = \"fcfs\"; preempt = true; };\n"
         "classes = ( { name = \"whole\"; request = { cpus = 16.0; }; } );\n"
         "workloads = ( { name = \"high\"; class = \"whole\"; arrival = \"poisson\"; rate = \"7.2 /d\"; "
         "priority = 1;\n"
         "                work = { distribution = \"exponential\"; mean = \"1 h\"; }; },\n"
         "              { name = \"low\"; class = \"whole\"; arrival = \"poisson\"; rate = \"9.6 /d\";\n"
         "                work = { distribution = \"exponential\"; mean = \"1 h\"; }; }",
         &s);
    for (unsigned r = 0; r < REPLICATIONS; r++) {
        estimate_add(&mean_wait_of_the_high_priority, run(&s, 0, r, s.duration_ns / 20).wait_h);
        estimate_add(&mean_wait_of_the_low_priority, run(&s, 1, r, s.duration_ns / 20).wait_h);
    }
    scenario_free(&s);
    assert_estimate(&mean_wait_of_the_high_priority, ((1 - high) + high) / (1 - high) - 1, 0.03);
    assert_estimate(&mean_wait_of_the_low_priority, ((1 - all) + all) / ((1 - high) * (1 - all)) - 1, 0.3);
}

/* Mean of all tasks of each replication: each runs alone, as there are nodes enough. */
static estimate completion(const char *task)
{
    char more[1024];
    estimate e = { 0 };
    scenario s;

    snprintf(more, sizeof more,
             "} ); classes = ( { name = \"core\"; request = { cpus = 1.0; }; mtbf = \"1 h\"; } );\n"
             "workloads = ( { name = \"tasks\"; class = \"core\"; arrival = \"start\"; count = 800; retries "
             "= 65535;\n"
             "                retry_after = \"0 s\"; restart = \"2 min\"; %s }",
             task);
    load("400 d", 50, more, &s);
    for (unsigned r = 0; r < REPLICATIONS; r++)
        estimate_add(&e, run(&s, 0, r, 0).response_h);
    scenario_free(&s);
    return e;
}

static void test_failing_tasks_take_as_long_as_daly_says(void **state)
{
    const double rate = 1, restart = 2.0 / 60, interval = 0.5, checkpoint = 1.0 / 60; /* per hour, hours */
    estimate time_with_checkpoints = completion(
        "checkpoint_interval = \"30 min\"; checkpoint_time = \"1 min\";\n"
        "work = { mean = \"4 h\"; };");
    estimate time_without_checkpoints = completion(
        "checkpoint_interval = \"100 d\"; work = { mean = \"1 h\"; };");
    double first = (exp(rate * (restart + interval + checkpoint)) - 1) / rate;
    double middle = exp(rate * restart) * (exp(rate * (interval + checkpoint)) - 1) / rate;
    double last = exp(rate * restart) * (exp(rate * interval) - 1) / rate;

    (void)state;
    assert_estimate(&time_with_checkpoints, first + 6 * middle + last, 0.05);
    assert_estimate(&time_without_checkpoints, (exp(rate * (restart + 1)) - 1) / rate, 0.05);
}

static void test_nodes_that_fail_cost_the_time_they_are_down(void **state)
{
    estimate time_on_a_node_that_fails = { 0 };
    scenario s;

    (void)state;
    load("400 d", 1,
         "node_mtbf = \"5 h\"; node_repair = \"1 h\"; } );\n"
         "classes = ( { name = \"core\"; request = { cpus = 1.0; }; } );\n"
         "workloads = ( { name = \"tasks\"; class = \"core\"; arrival = \"start\"; work = { mean = \"500 "
         "h\"; }; }",
         &s);
    for (unsigned r = 0; r < 3 * REPLICATIONS; r++)
        estimate_add(&time_on_a_node_that_fails, run(&s, 0, r, 0).response_h);
    scenario_free(&s);
    assert_estimate(&time_on_a_node_that_fails, 500 * (1 + 1.0 / 5), 8);
}

static int make_world(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priorities_wait_as_preemptive_resume_says),
        cmocka_unit_test(test_failing_tasks_take_as_long_as_daly_says),
        cmocka_unit_test(test_nodes_that_fail_cost_the_time_they_are_down),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
