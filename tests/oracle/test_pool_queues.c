/* Tasks that share nodes, through the engine's queue and packing and the world's nodes, against queueing theory:
 *     M/M/c    mean wait = ErlangC(c, a) / (c mu - lambda)                            [Kleinrock 1975, 3.40]
 *     M/M/c/c  share of tasks dropped = ErlangB(c, a)                                 [Kleinrock 1975, 3.45]
 *     M/G/1    mean wait = lambda E[S^2] / (2 (1 - rho))                              [Pollaczek and Khinchine]
 * and Little's law on the run itself. A server is a part of a node: c of them are cores of one, or nodes. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ESTIMATE_OF "tasks that share nodes"
#include "estimate.h"
#include "scenario.h"
#include "tests/scenario_files.h"
#include "twin.h"
#include "tests/folder.h"

#define REPLICATIONS 20
#define MEAN_H       1.0 /* of a task's run */

typedef struct station {
    int nodes;
    double cpus;           /* of 16 that a task takes */
    double per_day;        /* arrivals */
    const char *work;      /* distribution, beside its mean */
    const char *otherwise; /* unplaceable */
    int days;
} station;

typedef struct observed {
    double wait_ns, waited, tasks, dropped, busy_ns;
    int64_t from_ns;
} observed;

static void load(const station *st, scenario *s)
{
    char text[2048], path[256];
    sky_error error;

    snprintf(
        text, sizeof text,
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"station\"; duration = \"%d d\"; control_interval = \"1000 d\"; strategies = "
        "[\"best-fit\"];\n"
        "unplaceable = \"%s\";\n"
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = %d; } );\n"
        "classes = ( { name = \"task\"; request = { cpus = %.6f; }; } );\n"
        "workloads = ( { name = \"tasks\"; class = \"task\"; arrival = \"poisson\"; rate = \"%.6f /d\";\n"
        "                work = { %s mean = \"%.6f h\"; }; } );\n",
        st->days, st->otherwise, st->nodes, st->cpus, st->per_day, st->work, MEAN_H);
    assert_true(tiny_write(folder, "station.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/station.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Tasks that came after the warm-up and, with or without success, are settled. */
static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    observed *o = context;
    const record_job_row *row = rows;

    (void)error;
    for (size_t i = 0; stream == RECORD_JOBS && i < count; i++) {
        if (row[i].submit_ns < o->from_ns || row[i].state == 0)
            continue;
        o->tasks++;
        o->dropped += row[i].state == 4;
        if (row[i].state == 4)
            continue;
        o->waited++;
        o->wait_ns += (double)(row[i].start_ns - row[i].submit_ns);
    }
    return SKY_OK;
}

static observed run(const scenario *s, unsigned replication)
{
    observed o = { .from_ns = s->duration_ns / 20 };
    twin_options options = {
        .strategy = "best-fit", .replication = replication, .seed = s->seed, .restart_at_ns = SKY_NEVER_NS
    };
    twin_output output = { .context = &o, .rows = look };
    record_summary summary;
    sky_error error;

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_true(o.tasks > 1000);
    return o;
}

static double erlang_b(int servers, double load)
{
    double b = 1;

    for (int k = 1; k <= servers; k++)
        b = load * b / (k + load * b);
    return b;
}

static double erlang_c(int servers, double load)
{
    double b = erlang_b(servers, load);

    return b / (1 - load / servers * (1 - b));
}

/* Mean waits, in mean run times. */
static estimate waits(const station *st)
{
    estimate e = { 0 };
    scenario s;

    load(st, &s);
    for (unsigned r = 0; r < REPLICATIONS; r++) {
        observed o = run(&s, r);

        estimate_add(&e, o.wait_ns / o.waited / (MEAN_H * (double)SKY_NS_PER_HOUR));
    }
    scenario_free(&s);
    return e;
}

static void test_tasks_wait_as_erlang_c_says(void **state)
{
    /* eight servers on one node, at 80 % load; and three nodes of one server each, at 70 % */
    const station cores = { 1, 2, 24 * 6.4, "distribution = \"exponential\";", "wait", 300 };
    const station nodes = { 3, 16, 24 * 2.1, "distribution = \"exponential\";", "wait", 600 };
    estimate mean_wait_of_m_m_8 = waits(&cores), mean_wait_of_m_m_3 = waits(&nodes);

    (void)state;
    assert_estimate(&mean_wait_of_m_m_8, erlang_c(8, 6.4) / (8 - 6.4), 0.03);
    assert_estimate(&mean_wait_of_m_m_3, erlang_c(3, 2.1) / (3 - 2.1), 0.05);
}

static void test_one_server_waits_as_pollaczek_and_khinchine_say(void **state)
{
    /* lognormal: E[S^2] = exp(sigma^2) E[S]^2 */
    const station lognormal = { 1, 16, 24 * 0.6, "distribution = \"lognormal\"; sigma = 1.0;", "wait", 1500 };
    const station constant = { 1, 16, 24 * 0.6, "distribution = \"fixed\";", "wait", 750 };
    estimate mean_wait_of_m_g_1 = waits(&lognormal), mean_wait_of_m_d_1 = waits(&constant);

    (void)state;
    assert_estimate(&mean_wait_of_m_g_1, 0.6 * exp(1.0) / (2 * (1 - 0.6)), 0.2);
    assert_estimate(&mean_wait_of_m_d_1, 0.6 / (2 * (1 - 0.6)), 0.03);
}

static void test_tasks_are_dropped_as_erlang_b_says(void **state)
{
    const station st = { 2, 4, 24 * 7, "distribution = \"exponential\";", "drop", 150 };
    estimate share_dropped_by_m_m_8_8 = { 0 };
    scenario s;

    (void)state;
    load(&st, &s);
    for (unsigned r = 0; r < REPLICATIONS; r++) {
        observed o = run(&s, r);

        estimate_add(&share_dropped_by_m_m_8_8, o.dropped / o.tasks);
    }
    scenario_free(&s);
    assert_estimate(&share_dropped_by_m_m_8_8, erlang_b(8, 7), 0.004);
}

static int make_world(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks_wait_as_erlang_c_says),
        cmocka_unit_test(test_one_server_waits_as_pollaczek_and_khinchine_say),
        cmocka_unit_test(test_tasks_are_dropped_as_erlang_b_says),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
