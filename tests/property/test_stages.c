/* Stages that wait for each other, drawn at random: on nodes without bound a submission ends at its critical path, and
 * on a single core one task runs at a time, none before those that it waits for, and none idles. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/random.h"
#include "scenario.h"
#include "tests/scenario_files.h"
#include "tests/validation.h"
#include "twin.h"
#include "tests/folder.h"

#define CASES      (SKYTWIN_SANITIZED ? 10 : 100)
#define MOST_TASKS 200

typedef struct jobs {
    record_job_row of[MOST_TASKS];
    size_t count;
} jobs;

static sky_status keep(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    jobs *j = context;

    (void)error;
    if (stream != RECORD_JOBS)
        return SKY_OK;
    assert_true(j->count + count <= MOST_TASKS);
    memcpy(j->of + j->count, rows, count * sizeof *j->of);
    j->count += count;
    return SKY_OK;
}

/* Up to 8 stages of up to 4 tasks, each after some of those before it; listed backwards, so that they have to be
 * sorted. */
static void load(uint64_t seed, const char *nodes, scenario *s)
{
    const random_key key = { .seed = seed, .thing = 4 };
    unsigned stages = 2 + (unsigned)(random_u64(&key, 0) % 7);
    char text[8192], path[256];
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"stages\"; duration = \"90 d\"; control_interval = \"90 d\"; strategies = [\"best-fit\"]; "
        "seed = %d;\n"
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = %s; } );\n"
        "classes = ( { name = \"task\"; request = { cpus = %s; }; } );\n"
        "workloads = ( { name = \"flow\"; class = \"task\"; arrival = \"start\";\n"
        "                work = { distribution = \"exponential\"; mean = \"1 h\"; }; stages = (\n",
        (int)seed, nodes, strcmp(nodes, "1") == 0 ? "16.0" : "1.0");
    sky_error error;

    for (unsigned i = stages; i-- > 0;) {
        uint64_t bits = random_u64(&key, i + 1);

        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s{ name = \"s%u\"; count = %u; work_factor = %u.5;",
            i + 1 < stages ? ",\n" : "", i, 1 + (unsigned)(bits >> 40 & 3), (unsigned)(bits >> 44 & 3));
        used += (size_t)snprintf(text + used, sizeof text - used, " after = [");
        for (unsigned k = 0, n = 0; k < i; k++)
            if (bits >> k & 1)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s\"s%u\"", n++ > 0 ? ", " : "",
                                         k);
        used += (size_t)snprintf(text + used, sizeof text - used, "]; }");
    }
    used += (size_t)snprintf(text + used, sizeof text - used, " ); } );\n");
    assert_true(tiny_write(folder, "stages.cfg", text, used));
    snprintf(path, sizeof path, "%s/stages.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void run(const scenario *s, jobs *j)
{
    twin_options options = { "best-fit", 0, s->seed, SKY_NEVER_NS };
    twin_output output = { .context = j, .rows = keep };
    record_summary summary;
    sky_error error;

    j->count = 0;
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(j->count, s->workloads[0].members);
    assert_int_equal(summary.done, s->workloads[0].members);
}

/* When each stage has ended at the earliest: stages stand in an order in which none waits for a later one. */
static int64_t critical_path_ns(const scenario_workload *w, const jobs *j)
{
    int64_t end_ns[16] = { 0 }, last_ns = 0;

    for (size_t i = 0; i < w->stage_count; i++) {
        const scenario_stage *stage = &w->stages[i];
        int64_t from_ns = 0;

        for (size_t k = 0; k < stage->after_count; k++)
            from_ns = end_ns[stage->after[k]] > from_ns ? end_ns[stage->after[k]] : from_ns;
        for (uint32_t t = stage->first; t < stage->first + stage->count; t++)
            end_ns[i] = from_ns + j->of[t].work_ns > end_ns[i] ? from_ns + j->of[t].work_ns : end_ns[i];
        last_ns = end_ns[i] > last_ns ? end_ns[i] : last_ns;
    }
    return last_ns;
}

static int64_t last_end_ns(const jobs *j)
{
    int64_t last_ns = 0;

    for (size_t i = 0; i < j->count; i++)
        last_ns = j->of[i].end_ns > last_ns ? j->of[i].end_ns : last_ns;
    return last_ns;
}

static void test_many_nodes_end_at_the_critical_path(void **state)
{
    static jobs j;

    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        scenario s;

        load(seed, "100", &s);
        run(&s, &j);
        assert_int_equal(last_end_ns(&j), critical_path_ns(&s.workloads[0], &j));
        scenario_free(&s);
    }
    validation_row("stages that wait for each other, on nodes without bound", "end = critical path",
                   "exact, in ns", "longest path");
}

static void test_one_node_runs_them_one_by_one(void **state)
{
    static jobs j;

    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        const scenario_workload *w;
        int64_t work_ns = 0;
        scenario s;

        load(seed, "1", &s);
        run(&s, &j);
        w = &s.workloads[0];
        for (size_t i = 0; i < w->stage_count; i++)
            for (uint32_t t = w->stages[i].first; t < w->stages[i].first + w->stages[i].count; t++)
                for (size_t k = 0; k < w->stages[i].after_count; k++) {
                    const scenario_stage *before = &w->stages[w->stages[i].after[k]];

                    for (uint32_t b = before->first; b < before->first + before->count; b++)
                        assert_true(j.of[b].end_ns <= j.of[t].start_ns);
                }
        for (size_t i = 0; i < j.count; i++)
            work_ns += j.of[i].work_ns;
        assert_int_equal(last_end_ns(&j), work_ns);
        scenario_free(&s);
    }
}

static int make_world(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_nodes_end_at_the_critical_path),
        cmocka_unit_test(test_one_node_runs_them_one_by_one),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
