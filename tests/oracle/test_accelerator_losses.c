/* Tasks that take accelerators, or are turned away where none are left, through scenario, engine and world:
 *     of one kind, so that c of them fit: the share lost is ErlangB(c, a)              [Kleinrock 1975, 3.45]
 *     of many kinds, scenarios/accelerators.cfg: packings that look where they place lose fewer than a random one. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ESTIMATE_OF "tasks that take accelerators"
#include "estimate.h"
#include "scenario.h"
#include "twin.h"
#include "tests/folder.h"

/* Few and short with sanitizers, whose builds look at all tasks after every event. */
#define REPLICATIONS (SKYTWIN_SANITIZED ? 4 : 20)
#define DAYS         (SKYTWIN_SANITIZED ? 12 : 80)
#define RESOLUTION   (SKYTWIN_SANITIZED ? 0.2 : 0.02)

/* Tasks that came after the warm-up. */
typedef struct observed {
    double tasks, dropped;
    int64_t from_ns;
} observed;

static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    observed *o = context;
    const record_job_row *row = rows;

    (void)error;
    for (size_t i = 0; stream == RECORD_JOBS && i < count; i++)
        if (row[i].submit_ns >= o->from_ns) {
            o->tasks++;
            o->dropped += row[i].state == 4;
        }
    return SKY_OK;
}

static double share_lost(const scenario *s, const char *strategy, unsigned replication)
{
    observed o = { .from_ns = s->duration_ns / 20 };
    twin_options options = { strategy, replication, s->seed, SKY_NEVER_NS };
    twin_output output = { .context = &o, .rows = look };
    record_summary summary;
    sky_error error;

    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(summary.failed_launches, 0); /* the world agrees with the engine on what fits */
    assert_true(o.tasks > 1000);
    return o.dropped / o.tasks;
}

/* ---- one kind: Erlang's loss formula ----------------------------------------------------------------------------------- */

static estimate losses(const char *pool, const char *request, double load)
{
    estimate e = { 0 };
    char text[2048], path[256];
    FILE *file;
    scenario s;
    sky_error error;

    snprintf(
        text, sizeof text,
        "name = \"losses\"; duration = \"%d d\"; control_interval = \"1000 d\"; strategies = "
        "[\"best-fit\"];\n"
        "unplaceable = \"drop\";\n"
        "catalog: { x: { kind = \"on-premises\"; egress: { between_regions = \"0 USD/GB\"; internet = ( { "
        "price = \"0 USD/GB\"; } ); };\n"
        "  regions = ( { name = \"r\"; jurisdictions = [\"X\"]; zones = [\"a\"]; } );\n"
        "  machines = ( { name = \"gpu\"; cpus = 64; memory = \"1 TiB\"; accelerator = \"A100\"; "
        "accelerators = 8;\n"
        "                 interconnect = \"3+3+2\"; mig_model = \"A100-40GB\";\n"
        "                 prices = ( { region = \"r\"; on_demand = \"1 USD/h\"; } ); },\n"
        "               { name = \"tpu\"; cpus = 64; memory = \"1 TiB\"; accelerator = \"TPU v5e\"; "
        "accelerators = 8;\n"
        "                 tpu = true; torus = \"v5e\"; prices = ( { region = \"r\"; on_demand = \"1 USD/h\"; "
        "} ); } ); "
        "}; };\n"
        "pools = ( { regions = [\"x:r\"]; %s } );\n"
        "classes = ( { name = \"task\"; request = { cpus = 0.0; %s }; } );\n"
        "workloads = ( { name = \"tasks\"; class = \"task\"; arrival = \"poisson\"; rate = \"%.6f /d\";\n"
        "                work = { distribution = \"exponential\"; mean = \"1 h\"; }; } );\n",
        DAYS, pool, request, 24 * load);
    snprintf(path, sizeof path, "%s/losses.cfg", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    if (scenario_load(path, NULL, 0, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (unsigned r = 0; r < REPLICATIONS; r++)
        estimate_add(&e, share_lost(&s, "best-fit", r));
    scenario_free(&s);
    return e;
}

static double erlang_b(int servers, double load)
{
    double b = 1;

    for (int k = 1; k <= servers; k++)
        b = load * b / (k + load * b);
    return b;
}

static void test_tasks_of_one_kind_are_lost_as_erlang_b_says(void **state)
{
    const char *gpus = "machine = \"x:gpu\"; nodes = 2;";
    const char *mig = "machine = \"x:gpu\"; nodes = 1; mig = true;";
    const char *pods = "machine = \"x:tpu\"; pod = \"8x8\"; pods = 2;";
    estimate share_lost_of_GPU_pairs_in_one_group = losses(gpus, "accelerators = 2; one_group = true;", 5);
    estimate share_lost_of_GPU_pairs_anywhere = losses(gpus, "accelerators = 2;", 7);
    estimate share_lost_of_3g_instances = losses(mig, "profile = \"3g.20gb\";", 14);
    estimate share_lost_of_2g_instances = losses(mig, "profile = \"2g.10gb\";", 20);
    estimate share_lost_of_4x4_slices = losses(pods, "slice = \"4x4\";", 6);

    (void)state;
    assert_estimate(&share_lost_of_GPU_pairs_in_one_group, erlang_b(6, 5),
                    RESOLUTION); /* 1 a group, 3 groups a node */
    assert_estimate(&share_lost_of_GPU_pairs_anywhere, erlang_b(8, 7), RESOLUTION); /* 4 a node */
    assert_estimate(&share_lost_of_3g_instances, erlang_b(16, 14), RESOLUTION);     /* 2 a GPU */
    assert_estimate(&share_lost_of_2g_instances, erlang_b(24, 20), RESOLUTION);     /* 3 a GPU */
    assert_estimate(&share_lost_of_4x4_slices, erlang_b(8, 6), RESOLUTION);         /* 4 a pod */
}

/* ---- many kinds --------------------------------------------------------------------------------------------------------- */

static void test_packings_lose_fewer_than_a_random_one(void **state)
{
    static const char *const strategies[] = { "dot-product", "gpu-clustering", "gpu-packing", "best-fit" };
    scenario s;
    sky_error error;

    (void)state;
    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/accelerators.cfg", NULL, 0, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        estimate saved = { 0 };

        for (unsigned r = 0; r < REPLICATIONS / 2 + 2; r++)
            estimate_add(&saved, share_lost(&s, "random", r) - share_lost(&s, strategies[i], r));
        print_message("    %-16s turns %.2f %% +- %.2f %% fewer of all tasks away than random\n",
                      strategies[i], 100 * saved.mean, 100 * estimate_half_width(&saved));
        assert_true(saved.mean > estimate_half_width(&saved));
    }
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks_of_one_kind_are_lost_as_erlang_b_says),
        cmocka_unit_test(test_packings_lose_fewer_than_a_random_one),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
