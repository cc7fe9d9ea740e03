/* Same scenario and seed: same bytes, whether the engine is stopped and restored on the way or not; and the
 * recorded events, told to a fresh engine, give the recorded actions, bit for bit. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include "../solver/glpk.h"
#include "../validation.h"
#include "record.h"
#include "scenario.h"
#include "tests/cluster_files.h"
#include "twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Everything that a run writes, stream by stream, in memory. */
typedef struct memory_record {
    unsigned char *bytes[RECORD_STREAM_COUNT];
    size_t size[RECORD_STREAM_COUNT];
    record_digest *digest;
} memory_record;

static const size_t row_size[RECORD_STREAM_COUNT] = {
    sizeof(sky_event),        sizeof(sky_action),           sizeof(record_series_row),
    sizeof(record_price_row), sizeof(record_placement_row), sizeof(record_job_row),
    sizeof(record_cost_row),  sizeof(record_transfer_row),  sizeof(record_link_row),
    sizeof(record_summary),
};

static sky_status keep(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    memory_record *r = context;
    size_t size = count * row_size[stream];

    (void)error;
    r->bytes[stream] = realloc(r->bytes[stream], r->size[stream] + size);
    assert_non_null(r->bytes[stream]);
    memcpy(r->bytes[stream] + r->size[stream], rows, size);
    r->size[stream] += size;
    record_digest_add(r->digest, stream, rows, size);
    return SKY_OK;
}

static void free_record(memory_record *r)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        free(r->bytes[i]);
    record_digest_free(r->digest);
}

static scenario *load(void)
{
    static const char *const overrides[] = { "duration=4 d" };
    scenario *s = calloc(1, sizeof *s);
    sky_error error;

    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg", overrides, 1, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return s;
}

/* A cluster whose tasks come shuffled and never leave, or as recorded. */
static scenario *load_cluster(const char *order)
{
    char folder[] = "/tmp/skytwin-cluster-XXXXXX", path[64], command[64];
    scenario *s = calloc(1, sizeof *s);
    sky_error error;

    assert_non_null(mkdtemp(folder));
    assert_true(cluster_write(folder, 30, 400, order));
    snprintf(path, sizeof path, "%s/cluster.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    return s;
}

static void run(const scenario *s, const char *strategy, int64_t restart_ns, memory_record *r)
{
    twin_options options = {
        .strategy = strategy, .seed = s->seed, .restart_at_ns = restart_ns, .solver = &solver_glpk
    };
    twin_output output = { .context = r, .rows = keep };
    record_summary summary;
    sky_error error;

    memset(r, 0, sizeof *r);
    r->digest = record_digest_new();
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s: %s", strategy, error.message);
    assert_true(summary.actions > 0);
}

static void assert_same(const memory_record *a, const memory_record *b)
{
    char text_a[RECORD_DIGEST_CHARS], text_b[RECORD_DIGEST_CHARS];

    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        assert_int_equal(a->size[i], b->size[i]);
        if (a->size[i] > 0)
            assert_memory_equal(a->bytes[i], b->bytes[i], a->size[i]);
    }
    record_digest_text(a->digest, text_a);
    record_digest_text(b->digest, text_b);
    assert_string_equal(text_a, text_b);
}

static void test_engine_restored_on_the_way_changes_nothing(void **state)
{
    scenario *s = load();
    size_t count;
    const sky_strategy_info *const *list = sky_strategy_list(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        memory_record whole, restored;

        if (list[i]->oracle)
            continue; /* its plans of a thousand jobs take long; covered by the reproduction */
        run(s, list[i]->name, SKY_NEVER_NS, &whole);
        run(s, list[i]->name, s->duration_ns / 2, &restored);
        assert_same(&whole, &restored);
        free_record(&whole);
        free_record(&restored);
    }
    scenario_free(s);
    free(s);
}

/* Tells a fresh engine the recorded events; at each mark it must decide what the record says. */
static void replay(const scenario *s, const char *strategy, const memory_record *r)
{
    twin_options options = { .strategy = strategy, .seed = s->seed, .solver = &solver_glpk };
    sky_engine_config config = twin_engine_config(s, &options);
    const sky_event *events = (const sky_event *)r->bytes[RECORD_EVENTS];
    const unsigned char *expected = r->bytes[RECORD_ACTIONS];
    const unsigned char *end = expected + r->size[RECORD_ACTIONS];
    sky_engine *engine = NULL;
    sky_error error;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    for (size_t i = 0; i < r->size[RECORD_EVENTS] / sizeof *events; i++) {
        const sky_action *actions;
        size_t count;

        assert_int_equal(sky_engine_observe(engine, &events[i], &error), SKY_OK);
        if (events[i].kind != SKY_EVENT_DECIDE)
            continue;
        assert_int_equal(sky_engine_decide(engine, events[i].time_ns, &actions, &count, &error), SKY_OK);
        assert_true(count * sizeof *actions <= (size_t)(end - expected));
        if (count > 0)
            assert_memory_equal(actions, expected, count * sizeof *actions);
        expected += count * sizeof *actions;
    }
    assert_ptr_equal(expected, end);
    sky_engine_destroy(engine);
}

static void test_recorded_events_give_the_recorded_actions(void **state)
{
    scenario *s = load();
    size_t count;
    const sky_strategy_info *const *list = sky_strategy_list(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        memory_record r;

        if (list[i]->oracle)
            continue;
        run(s, list[i]->name, SKY_NEVER_NS, &r);
        replay(s, list[i]->name, &r);
        free_record(&r);
    }
    validation_row("recorded events told to a fresh engine, every strategy",
                   "the recorded actions, bit for bit", "equal", "determinism");
    scenario_free(s);
    free(s);
}

/* Both properties, for tasks that share nodes, under every strategy. */
static void check_cluster(const char *order, int64_t restart_ns)
{
    scenario *s = load_cluster(order);
    size_t count;
    const sky_strategy_info *const *list = sky_strategy_list(&count);

    for (size_t i = 0; i < count; i++) {
        memory_record whole, restored;

        run(s, list[i]->name, SKY_NEVER_NS, &whole);
        run(s, list[i]->name, restart_ns, &restored);
        assert_same(&whole, &restored);
        replay(s, list[i]->name, &whole);
        free_record(&whole);
        free_record(&restored);
    }
    scenario_free(s);
    free(s);
}

static void test_clusters_are_as_deterministic(void **state)
{
    (void)state;
    check_cluster("shuffled", 100 * SKY_NS_PER_SECOND);
    check_cluster("recorded", 2 * SKY_NS_PER_HOUR);
}

/* The shipped scenario's jobs, under all policies; the engine is restored in the middle of rounds that go on. */
static void test_training_is_as_deterministic(void **state)
{
    const char *const elastic = "elastic.most=4";
    size_t count;
    const sky_strategy_info *const *list = sky_strategy_list(&count);
    sky_error error;
    scenario s[2];

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/heterogeneous-training.cfg", &elastic, k, &s[k],
                          &error) != SKY_OK)
            fail_msg("%s", error.message);
        s[k].duration_ns = 8 * SKY_NS_PER_HOUR;
        for (size_t i = 0; i < count; i++) {
            memory_record whole, restored;

            run(&s[k], list[i]->name, SKY_NEVER_NS, &whole);
            run(&s[k], list[i]->name, 4 * SKY_NS_PER_HOUR + 1, &restored);
            assert_same(&whole, &restored);
            replay(&s[k], list[i]->name, &whole);
            free_record(&whole);
            free_record(&restored);
        }
        scenario_free(&s[k]);
    }
}

static void test_another_seed_is_another_world(void **state)
{
    scenario *s = load();
    memory_record a, b;

    (void)state;
    run(s, "spot-greedy", SKY_NEVER_NS, &a);
    s->seed++;
    run(s, "spot-greedy", SKY_NEVER_NS, &b);
    assert_true(a.size[RECORD_PRICES] != b.size[RECORD_PRICES] ||
                memcmp(a.bytes[RECORD_PRICES], b.bytes[RECORD_PRICES], a.size[RECORD_PRICES]) != 0);
    free_record(&a);
    free_record(&b);
    scenario_free(s);
    free(s);
}

/* Common random numbers: prices and arrivals don't depend on what a strategy does. */
static void test_two_strategies_meet_the_same_world(void **state)
{
    scenario *s = load();
    memory_record a, b;

    (void)state;
    run(s, "on-demand-cheapest", SKY_NEVER_NS, &a);
    run(s, "spot-greedy", SKY_NEVER_NS, &b);
    assert_int_equal(a.size[RECORD_PRICES], b.size[RECORD_PRICES]);
    assert_memory_equal(a.bytes[RECORD_PRICES], b.bytes[RECORD_PRICES], a.size[RECORD_PRICES]);
    assert_int_equal(a.size[RECORD_JOBS], b.size[RECORD_JOBS]);
    for (size_t i = 0; i < a.size[RECORD_JOBS] / sizeof(record_job_row); i++) {
        const record_job_row *ja = (const record_job_row *)a.bytes[RECORD_JOBS] + i;
        const record_job_row *jb = (const record_job_row *)b.bytes[RECORD_JOBS] + i;

        assert_int_equal(ja->submit_ns, jb->submit_ns);
        assert_int_equal(ja->work_ns, jb->work_ns);
    }
    free_record(&a);
    free_record(&b);
    scenario_free(s);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_restored_on_the_way_changes_nothing),
        cmocka_unit_test(test_recorded_events_give_the_recorded_actions),
        cmocka_unit_test(test_clusters_are_as_deterministic),
        cmocka_unit_test(test_training_is_as_deterministic),
        cmocka_unit_test(test_another_seed_is_another_world),
        cmocka_unit_test(test_two_strategies_meet_the_same_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
