/* The life of tasks that share nodes, on random scenarios with preemption, failures, retries, nodes that fail, time
 * limits, arrays and stages, under every discipline: no work is made or lost unseen, nobody starts before its
 * predecessors have ended, no array exceeds its bound, and an engine that is saved and restored goes on identically.
 * In Debug builds the twin's own invariants are checked after every event as well. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/scenario_files.h"
#include "tests/validation.h"
#include "twin.h"
#include "tests/folder.h"

#define CASES (SKYTWIN_SANITIZED ? 4 : 24)

/* What a run wrote down. */
typedef struct rows {
    unsigned char *of[RECORD_STREAM_COUNT];
    size_t bytes[RECORD_STREAM_COUNT], count[RECORD_STREAM_COUNT];
} rows;

static sky_status keep(void *context, record_stream stream, const void *block, size_t count, sky_error *error)
{
    static const size_t size[RECORD_STREAM_COUNT] = {
        sizeof(sky_event),        sizeof(sky_action),           sizeof(record_series_row),
        sizeof(record_price_row), sizeof(record_placement_row), sizeof(record_job_row),
        sizeof(record_cost_row),  sizeof(record_summary),
    };
    rows *r = context;
    size_t bytes = count * size[stream];

    (void)error;
    r->of[stream] = realloc(r->of[stream], r->bytes[stream] + bytes);
    assert_non_null(r->of[stream]);
    memcpy(r->of[stream] + r->bytes[stream], block, bytes);
    r->bytes[stream] += bytes;
    r->count[stream] += count;
    return SKY_OK;
}

static void forget(rows *r)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        free(r->of[i]);
}

/* Variant i of the scenario: each switches other things on. */
static void load(unsigned i, scenario *s)
{
    char text[4096], path[256];
    sky_error error;

    snprintf(
        text, sizeof text,
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"lives\"; duration = \"2 d\"; control_interval = \"1 h\"; strategies = [\"best-fit\"];\n"
        "kill_at_estimate = %s; seed = %u;\n"
        "queue = { discipline = \"fcfs\"; preempt = %s; grace = \"%u s\"; priority_weight = 1000; };\n"
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = 3; node_mtbf = \"%u h\";\n"
        "            node_repair = \"1 h\"; },\n"
        "          { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; nodes = 2; } );\n"
        "classes = ( { name = \"large\"; request = { cpus = 9.0; }; mtbf = \"%u min\"; failure_shape = 0.8; "
        "},\n"
        "            { name = \"small\"; request = { cpus = 1.5; memory = \"4 GiB\"; }; },\n"
        "            { name = \"fast\"; request = { cpus = 1.0; accelerators = 1; share = 0.4; };\n"
        "              mtbf = \"90 min\"; } );\n"
        "workloads = (\n"
        "  { name = \"batch\"; class = \"small\"; arrival = \"poisson\"; rate = \"110 /d\"; array = 6; "
        "at_once = 2;\n"
        "    tenant = \"a\"; checkpoint_interval = \"11 min\"; checkpoint_time = \"20 s\"; restart = \"30 "
        "s\";\n"
        "    work = { distribution = \"lognormal\"; mean = \"25 min\"; sigma = 1.0; };\n"
        "    estimate_factor = 2.0; estimate_least = %s; on_failure = \"%s\"; },\n"
        "  { name = \"urgent\"; class = \"large\"; arrival = \"poisson\"; rate = \"50 /d\"; priority = 10;\n"
        "    tenant = \"b\"; retries = 3; retry_after = \"40 s\"; restart = \"1 min\";\n"
        "    work = { distribution = \"exponential\"; mean = \"40 min\"; }; },\n"
        "  { name = \"gangs\"; class = \"fast\"; arrival = \"poisson\"; rate = \"30 /d\"; gang = 3; priority "
        "= 5;\n"
        "    retries = 1; checkpoint_interval = \"5 min\";\n"
        "    work = { distribution = \"exponential\"; mean = \"50 min\"; }; },\n"
        "  { name = \"flow\"; class = \"small\"; arrival = \"poisson\"; rate = \"12 /d\"; priority = %d;\n"
        "    retries = 2; retry_after = \"10 s\"; on_failure = \"%s\"; work = { mean = \"12 min\"; };\n"
        "    stages = ( { name = \"last\"; after = [\"left\", \"right\"]; class = \"fast\"; },\n"
        "               { name = \"first\"; count = 2; },\n"
        "               { name = \"left\"; after = [\"first\"]; count = 5; at_once = 2; class = \"fast\";\n"
        "                 work_factor = 2.5; },\n"
        "               { name = \"right\"; after = [\"first\"]; class = \"large\"; } ); } );\n",
        i % 3 == 2 ? "true" : "false", i, i % 4 == 3 ? "false" : "true", i % 2 == 0 ? 0 : 30, 6 + i,
        45 + 20 * (i % 3), i % 3 == 2 ? "0.5" : "1.0", i % 2 == 0 ? "fail" : "go-on", (int)(i % 3) * 10 - 5,
        i % 4 < 2 ? "fail" : "go-on");
    assert_true(tiny_write(folder, "lives.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/lives.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static record_summary run(const scenario *s, const char *strategy, int64_t restart_ns, rows *r)
{
    twin_options options = { .strategy = strategy, .seed = s->seed, .restart_at_ns = restart_ns };
    twin_output output = { .context = r, .rows = keep };
    record_summary summary;
    sky_error error;

    memset(r, 0, sizeof *r);
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s: %s", strategy, error.message);
    return summary;
}

/* Submitted = done + left; what ran on nodes = done + lost + overhead, to the ns, by the placements too. */
static void check_conservation(const rows *r)
{
    const record_job_row *jobs = (const record_job_row *)r->of[RECORD_JOBS];
    const record_placement_row *placed = (const record_placement_row *)r->of[RECORD_PLACEMENTS];
    size_t count = r->count[RECORD_JOBS];
    int64_t *ran_ns = calloc(count, sizeof *ran_ns), *until_ns = calloc(count, sizeof *until_ns);

    assert_non_null(ran_ns);
    assert_non_null(until_ns);
    for (size_t i = 0; i < r->count[RECORD_PLACEMENTS]; i++) {
        uint32_t job = placed[i].job;

        if (placed[i].end_ns == until_ns[job] && until_ns[job] > placed[i].start_ns)
            continue; /* another part of the same gang */
        assert_true(placed[i].start_ns >= until_ns[job]);
        ran_ns[job] += placed[i].end_ns - placed[i].start_ns;
        until_ns[job] = placed[i].end_ns;
    }
    for (size_t j = 0; j < count; j++) {
        assert_true(jobs[j].done_ns >= 0 && jobs[j].done_ns <= jobs[j].work_ns && jobs[j].lost_ns >= 0);
        assert_int_equal(jobs[j].run_ns, jobs[j].done_ns + jobs[j].lost_ns + jobs[j].overhead_ns);
        assert_int_equal(jobs[j].run_ns, ran_ns[j]);
        assert_true((jobs[j].state == 2) ==
                    (jobs[j].done_ns == jobs[j].work_ns && jobs[j].end_ns != SKY_NEVER_NS));
        assert_true(jobs[j].state != 2 || jobs[j].launches == jobs[j].preemptions + jobs[j].failures + 1);
    }
    free(ran_ns);
    free(until_ns);
}

/* Says of each job its stage, by counting as the world numbers them. */
static const scenario_stage *stage_of(const scenario *s, const record_job_row *jobs, size_t j, size_t *first)
{
    const scenario_workload *w = &s->workloads[jobs[j].workload];
    size_t start = j, member;

    if (w->stage_count == 0)
        return NULL;
    while (start > 0 && jobs[start - 1].workload == jobs[j].workload &&
           jobs[start - 1].submit_ns == jobs[j].submit_ns && j - start + 1 < w->members)
        start--;
    member = j - start;
    *first = start;
    for (size_t i = 0; i < w->stage_count; i++)
        if (member >= w->stages[i].first && member < w->stages[i].first + w->stages[i].count)
            return &w->stages[i];
    fail_msg("job %zu is of no stage", j);
    return NULL;
}

static void check_precedence(const scenario *s, const rows *r)
{
    const record_job_row *jobs = (const record_job_row *)r->of[RECORD_JOBS];
    uint32_t pairs = 0;

    for (size_t j = 0; j < r->count[RECORD_JOBS]; j++) {
        size_t first = 0;
        const scenario_stage *stage = stage_of(s, jobs, j, &first);

        for (size_t i = 0; stage != NULL && i < stage->after_count && jobs[j].start_ns != SKY_NEVER_NS; i++) {
            const scenario_stage *before = &s->workloads[jobs[j].workload].stages[stage->after[i]];

            for (uint32_t k = 0; k < before->count; k++, pairs++) {
                const record_job_row *b = &jobs[first + before->first + k];

                assert_true(b->end_ns <= jobs[j].start_ns && b->end_ns <= jobs[j].ready_ns);
                assert_true(b->state == 2 || s->workloads[jobs[j].workload].goes_on);
            }
        }
    }
    assert_true(pairs > 20);
}

/* At any moment at most so many of a stage run: looked at where one starts. */
static void check_arrays(const scenario *s, const rows *r)
{
    const record_job_row *jobs = (const record_job_row *)r->of[RECORD_JOBS];
    const record_placement_row *placed = (const record_placement_row *)r->of[RECORD_PLACEMENTS];

    for (size_t i = 0; i < r->count[RECORD_PLACEMENTS]; i++) {
        size_t first = 0;
        const scenario_stage *stage = stage_of(s, jobs, placed[i].job, &first);
        uint32_t at_once = 0;

        if (stage == NULL || stage->at_once == 0)
            continue;
        for (size_t k = 0; k < r->count[RECORD_PLACEMENTS]; k++)
            at_once += placed[k].job >= first + stage->first &&
                       placed[k].job < first + stage->first + stage->count &&
                       placed[k].start_ns <= placed[i].start_ns && placed[k].end_ns > placed[i].start_ns;
        assert_true(at_once <= stage->at_once);
    }
}

static void test_nothing_is_lost_unseen(void **state)
{
    record_summary sum = { 0 };

    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        const char *queues[] = { "best-fit+fcfs",         "fgd+easy",
                                 "best-fit+conservative", "best-fit+fair-share",
                                 "best-fit+multifactor",  "best-fit+sjf" };
        record_summary summary;
        scenario s;
        rows r;

        load(i, &s);
        summary = run(&s, queues[i % 6], SKY_NEVER_NS, &r);
        check_conservation(&r);
        check_precedence(&s, &r);
        check_arrays(&s, &r);
        assert_int_equal(summary.jobs, r.count[RECORD_JOBS]);
        sum.preemptions += summary.preemptions;
        sum.retries += summary.retries;
        sum.failed += summary.failed;
        sum.lost_ns += summary.lost_ns;
        sum.done += summary.done;
        forget(&r);
        scenario_free(&s);
    }
    print_message("    %d preemptions, %d runs failed, %d jobs given up, %d done\n", (int)sum.preemptions,
                  (int)sum.retries, (int)sum.failed, (int)sum.done);
    assert_true(sum.preemptions > 20 * CASES && sum.retries > 20 * CASES && sum.failed > CASES &&
                sum.lost_ns > 0); /* else this shows nothing */
    validation_row("tasks with preemption, failures, retries, arrays and stages",
                   "on nodes = done + lost + overhead, for each task", "exact, in ns", "conservation");
}

static void test_a_restored_engine_goes_on_identically(void **state)
{
    const sky_queue_info *info;

    (void)state;
    for (unsigned i = 0; (info = sky_queue_at(i)) != NULL; i++) {
        char strategy[64];
        scenario s;
        rows whole, cut;

        load(i, &s);
        snprintf(strategy, sizeof strategy, "best-fit+%s", info->name);
        run(&s, strategy, SKY_NEVER_NS, &whole);
        for (int64_t hour = 5; hour < 40; hour += 11) {
            run(&s, strategy, hour * SKY_NS_PER_HOUR + 123 * SKY_NS_PER_SECOND, &cut);
            for (int k = 0; k < RECORD_STREAM_COUNT; k++) {
                assert_int_equal(whole.bytes[k], cut.bytes[k]);
                if (whole.bytes[k] > 0)
                    assert_memory_equal(whole.of[k], cut.of[k], whole.bytes[k]);
            }
            forget(&cut);
        }
        forget(&whole);
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
        cmocka_unit_test(test_nothing_is_lost_unseen),
        cmocka_unit_test(test_a_restored_engine_goes_on_identically),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
