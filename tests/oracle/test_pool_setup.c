/* A pool of one node that is ordered when a task comes and given back as soon as it is empty: a queue whose server has
 * to be set up after each idle period.
 *     M/M/1 with set-up times: mean time in system = 1 / (mu - lambda) + (2 E[D] + lambda E[D^2]) / (2 (1 + lambda E[D]))
 * which for exponential set-up times is 1 / (mu - lambda) + E[D].   [Welch, Oper. Res. 12 (1964) 736; Doshi, Queueing
 * Systems 1 (1986) 29]
 * The boot delay is the set-up time; the autoscaler, the boot and the release run as in any scenario. And the share of
 * time that the node is paid for: rho + (1 - rho) lambda E[D] / (1 + lambda E[D]), by renewal. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ESTIMATE_OF "a pool of one node that boots when it is needed"
#include "estimate.h"
#include "scenario.h"
#include "tests/scenario_files.h"
#include "twin.h"
#include "tests/folder.h"

#define REPLICATIONS 20
#define DAYS         400
#define LAMBDA       0.6 /* tasks an hour; they run for an hour on the mean */
#define SETUP_H      0.5

typedef struct observed {
    double time_ns, tasks, paid_ns;
    int64_t from_ns;
} observed;

static void load(const char *boot, scenario *s)
{
    char text[2048], path[256];
    sky_error error;

    snprintf(
        text, sizeof text,
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"setup\"; duration = \"%d d\"; control_interval = \"1000 d\"; strategies = [\"best-fit\"];\n"
        "pools = ( { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; nodes = { most = 1; };\n"
        "            boot = { distribution = \"%s\"; mean = \"%.6f h\"; }; } );\n"
        "classes = ( { name = \"task\"; request = { cpus = 8; }; } );\n"
        "workloads = ( { name = \"tasks\"; class = \"task\"; arrival = \"poisson\"; rate = \"%.6f /h\";\n"
        "                work = { distribution = \"exponential\"; mean = \"1 h\"; }; } );\n"
        "scaling = { idle = \"0 s\"; };\n",
        DAYS, boot, SETUP_H, LAMBDA);
    assert_true(tiny_write(folder, "setup.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/setup.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    observed *o = context;

    (void)error;
    for (size_t i = 0; stream == RECORD_JOBS && i < count; i++) {
        const record_job_row *row = (const record_job_row *)rows + i;

        if (row->submit_ns < o->from_ns || row->state != 2)
            continue;
        o->tasks++;
        o->time_ns += (double)(row->end_ns - row->submit_ns);
    }
    for (size_t i = 0; stream == RECORD_COSTS && i < count; i++)
        o->paid_ns += 1000 * (double)((const record_cost_row *)rows + i)->machine_us;
    return SKY_OK;
}

static void simulate(const char *boot, estimate *time_h, estimate *paid)
{
    scenario s;

    load(boot, &s);
    for (unsigned r = 0; r < REPLICATIONS; r++) {
        observed o = { .from_ns = s.duration_ns / 20 };
        twin_options options = { "best-fit", r, s.seed, SKY_NEVER_NS };
        twin_output output = { .context = &o, .rows = look };
        record_summary summary;
        sky_error error;

        if (twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
            fail_msg("%s", error.message);
        estimate_add(time_h, o.time_ns / o.tasks / (double)SKY_NS_PER_HOUR);
        estimate_add(paid, o.paid_ns / (double)summary.end_ns);
    }
    scenario_free(&s);
}

static double paid_share(void)
{
    return LAMBDA + (1 - LAMBDA) * LAMBDA * SETUP_H / (1 + LAMBDA * SETUP_H);
}

static void test_exponential_boot(void **state)
{
    estimate time_in_system_exponential_boot = { 0 }, share_of_time_paid_exponential_boot = { 0 };

    (void)state;
    simulate("exponential", &time_in_system_exponential_boot, &share_of_time_paid_exponential_boot);
    assert_estimate(&time_in_system_exponential_boot, 1 / (1 - LAMBDA) + SETUP_H, 0.15);
    assert_estimate(&share_of_time_paid_exponential_boot, paid_share(), 0.02);
}

static void test_fixed_boot(void **state)
{
    estimate time_in_system_fixed_boot = { 0 }, share_of_time_paid_fixed_boot = { 0 };
    double residual = (2 * SETUP_H + LAMBDA * SETUP_H * SETUP_H) / (2 * (1 + LAMBDA * SETUP_H));

    (void)state;
    simulate("fixed", &time_in_system_fixed_boot, &share_of_time_paid_fixed_boot);
    assert_estimate(&time_in_system_fixed_boot, 1 / (1 - LAMBDA) + residual, 0.15);
    assert_estimate(&share_of_time_paid_fixed_boot, paid_share(), 0.02);
}

static int make_world(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential_boot),
        cmocka_unit_test(test_fixed_boot),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
