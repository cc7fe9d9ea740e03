/* An engine that goes on under another configuration in the middle of a run, and facts of the catalog that are told again:
 * the same ones change nothing, to the bit; others leave nothing behind that could not be. In Debug builds the twin's
 * invariants are checked after every event of it. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "scenario.h"
#include "solver/glpk.h"
#include "tests/cluster_files.h"
#include "tests/record_rows.h"
#include "twin.h"

static void load(const char *name, const char *duration, scenario *s)
{
    char path[256], set[64];
    const char *sets[] = { set };
    sky_error error;

    snprintf(path, sizeof path, SKYTWIN_SOURCE_DIR "/scenarios/%s.cfg", name);
    snprintf(set, sizeof set, "duration=%s", duration);
    if (scenario_load(path, sets, 1, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Nodes with accelerators, and tasks as they were recorded. */
static void load_cluster(scenario *s)
{
    static const char text[] =
        "name = \"cluster\"; strategies = [\"best-fit\"]; nodes = \"nodes.csv\"; tasks = \"tasks.csv\";\n"
        "order = \"recorded\"; unplaceable = \"wait\"; duration = \"150 min\"; control_interval = \"10 "
        "min\";\n";
    char folder[] = "/tmp/skytwin-reconfigure-XXXXXX", path[64], command[64];
    FILE *file;
    sky_error error;

    assert_non_null(mkdtemp(folder));
    assert_true(cluster_write(folder, 9, 130, "recorded"));
    snprintf(path, sizeof path, "%s/waiting.cfg", folder);
    file = fopen(path, "w");
    assert_true(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static record_summary run(const scenario *s, const twin_options *options, record_rows *r)
{
    twin_output output = { .context = r, .rows = record_rows_keep };
    record_summary summary;
    sky_error error;

    memset(r, 0, sizeof *r);
    if (twin_run(s, options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s, then %s: %s", options->strategy,
                 options->change != NULL ? options->change->strategy : "the same", error.message);
    return summary;
}

static int is_same(const record_rows *a, const record_rows *b)
{
    for (int k = 0; k < RECORD_STREAM_COUNT; k++)
        if (a->count[k] != b->count[k] ||
            (a->count[k] > 0 &&
             memcmp(a->of[k], b->of[k], a->count[k] * record_row_bytes((record_stream)k)) != 0))
            return 0;
    return 1;
}

/* ---- pairs of strategies and queues -------------------------------------------------------------------------------- */

/* Half-way from one to the other: it runs on, the same each time, and when all is restored after that. */
static void check_pair(const scenario *s, const char *from, const char *to)
{
    const twin_change change = { .at_ns = s->duration_ns / 2, .strategy = to };
    twin_options options = { .strategy = from,
                             .seed = s->seed,
                             .restart_at_ns = SKY_NEVER_NS,
                             .change = &change,
                             .solver = &solver_glpk };
    record_rows once, again, unbroken;
    record_summary summary = run(s, &options, &once);

    assert_true(summary.actions > 0);
    options.restart_at_ns = s->duration_ns * 3 / 4;
    run(s, &options, &again);
    if (!is_same(&once, &again))
        fail_msg("%s, then %s: another record when restored", from, to);
    options.change = NULL;
    options.restart_at_ns = SKY_NEVER_NS;
    run(s, &options, &unbroken);
    if (is_same(&once, &unbroken) != (strcmp(from, to) == 0))
        fail_msg("%s, then %s: as if nothing had changed, or had", from, to);
    record_rows_free(&once);
    record_rows_free(&again);
    record_rows_free(&unbroken);
}

/* Each to the next one, and to itself. */
static void check_pairs(scenario *s, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_pair(s, names[i], names[(i + 1) % count]);
        if (!SKYTWIN_SANITIZED)
            check_pair(s, names[i], names[i]);
    }
    scenario_free(s);
}

#define CHECK_PAIRS(s, ...)                                                                                  \
    check_pairs(s, (const char *const[]){ __VA_ARGS__ },                                                     \
                sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static void test_strategies_of_jobs(void **state)
{
    scenario s;

    (void)state;
    load("quickstart", "4 d", &s);
    CHECK_PAIRS(&s, "on-demand-cheapest", "spot-greedy", "horizon", "uniform-progress-availability",
                "skynomad");
}

static void test_queues_and_packings(void **state)
{
    scenario s;

    (void)state;
    load_cluster(&s);
    CHECK_PAIRS(&s, "best-fit+fcfs", "fgd+conservative", "best-fit+easy", "random+fair-share",
                "dot-product+multifactor");
}

/* Tasks that were given turns, in pairs on one device too, wait in a queue from then on; and the other way round. */
static void test_turns_and_queues(void **state)
{
    scenario s;

    (void)state;
    load("heterogeneous-training", "6 h", &s);
    CHECK_PAIRS(&s, "max-min", "best-fit+easy", "least-attained", "best-fit+drf", "makespan");
}

/* ---- configurations ------------------------------------------------------------------------------------------------ */

static sky_engine *engine_for(const scenario *s, const char *strategy, sky_engine_config *config)
{
    const twin_options options = { .strategy = strategy, .seed = s->seed, .solver = &solver_glpk };
    sky_engine *engine = NULL;
    sky_error error;

    *config = twin_engine_config(s, &options);
    assert_int_equal(sky_engine_create(config, &engine, &error), SKY_OK);
    return engine;
}

/* Tells so many of the recorded events, and asks where the record does. */
static void tell(sky_engine *engine, const record_rows *r, size_t first, size_t end)
{
    const sky_event *events = r->of[RECORD_EVENTS];
    const sky_action *actions;
    size_t count;
    sky_error error;

    for (size_t i = first; i < end; i++) {
        if (sky_engine_observe(engine, &events[i], &error) != SKY_OK)
            fail_msg("event %zu of %zu: %s", i, r->count[RECORD_EVENTS], error.message);
        if (events[i].kind == SKY_EVENT_DECIDE)
            assert_int_equal(sky_engine_decide(engine, events[i].time_ns, &actions, &count, &error), SKY_OK);
    }
}

static void assert_same_state(const sky_engine *a, const sky_engine *b)
{
    unsigned char *x, *y;
    size_t x_size, y_size;
    sky_error error;

    assert_int_equal(sky_engine_snapshot(a, &x, &x_size, &error), SKY_OK);
    assert_int_equal(sky_engine_snapshot(b, &y, &y_size, &error), SKY_OK);
    assert_int_equal(x_size, y_size);
    assert_memory_equal(x, y, x_size);
    free(x);
    free(y);
}

/* So many events, about half of all, of which the last asks for decisions. */
static size_t half_of(const record_rows *r)
{
    const sky_event *events = r->of[RECORD_EVENTS];
    size_t half = r->count[RECORD_EVENTS] / 2;

    while (events[half - 1].kind != SKY_EVENT_DECIDE)
        half++;
    return half;
}

static void test_impossible_changes_are_refused(void **state)
{
    scenario s;
    record_rows r;
    sky_engine_config config;
    sky_engine *engine, *other;
    sky_error error;

    (void)state;
    load("quickstart", "2 d", &s);
    engine = engine_for(&s, "spot-greedy", &config);
    run(&s, &(twin_options){ .strategy = "spot-greedy", .seed = s.seed, .restart_at_ns = SKY_NEVER_NS }, &r);
    tell(engine, &r, 0, half_of(&r));
    other = engine_for(&s, "spot-greedy", &config);
    tell(other, &r, 0, half_of(&r));
    config.strategy = "no such";
    assert_int_equal(sky_engine_reconfigure(engine, &config, &error), SKY_ERROR_INPUT);
    config.strategy = "optimal"; /* an oracle */
    assert_int_equal(sky_engine_reconfigure(engine, &config, &error), SKY_ERROR_INPUT);
    config.strategy = "spot-greedy";
    config.control_interval_ns = 0;
    assert_int_equal(sky_engine_reconfigure(engine, &config, &error), SKY_ERROR_INPUT);
    assert_same_state(engine, other);
    sky_engine_destroy(engine);
    sky_engine_destroy(other);
    record_rows_free(&r);
    scenario_free(&s);
}

/* ---- the catalog told again ------------------------------------------------------------------------------------------ */

/* What there is, not how it is at the moment. */
static int is_catalog(const sky_event *e)
{
    switch (e->kind) {
    case SKY_EVENT_NODE:
    case SKY_EVENT_NODE_MARKS:
    case SKY_EVENT_NODE_LINKS:
    case SKY_EVENT_NODE_MIG:
    case SKY_EVENT_NODE_POD:
    case SKY_EVENT_NODE_RACK:
    case SKY_EVENT_DATASET_FORBIDDEN:
    case SKY_EVENT_STORAGE_TIER:
    case SKY_EVENT_STORAGE_PRICE:
    case SKY_EVENT_CLASS_READS:
    case SKY_EVENT_SERVICE:
    case SKY_EVENT_PLACE:
    case SKY_EVENT_SERVICE_FORBIDDEN:
    case SKY_EVENT_POPULATION:
    case SKY_EVENT_PLACE_PRICE:
    case SKY_EVENT_STAGE:
    case SKY_EVENT_STREAM:
        return 1;
    default:
        return e->kind < SKY_EVENT_PRICE;
    }
}

/* All that the record begins with, told again in the middle: nothing of the engine is other than it was, and it goes on as
 * recorded. Of regions the carbon is no news where grids have moved. */
static size_t check_told_again(const char *name, const char *duration, const char *strategy)
{
    scenario s;
    record_rows r;
    sky_engine_config config;
    sky_engine *engine, *other;
    const sky_event *events;
    size_t half, told = 0;
    sky_error error;

    load(name, duration, &s);
    run(&s,
        &(twin_options){
            .strategy = strategy, .seed = s.seed, .restart_at_ns = SKY_NEVER_NS, .solver = &solver_glpk },
        &r);
    events = r.of[RECORD_EVENTS];
    half = half_of(&r);
    engine = engine_for(&s, strategy, &config);
    other = engine_for(&s, strategy, &config);
    tell(engine, &r, 0, half);
    tell(other, &r, 0, half);
    for (size_t i = 0; events[i].kind != SKY_EVENT_DECIDE; i++) {
        sky_event e = events[i];

        e.time_ns = events[half - 1].time_ns;
        if (!is_catalog(&e) || (e.kind == SKY_EVENT_REGION && s.grids != NULL))
            continue;
        if (sky_engine_observe(engine, &e, &error) != SKY_OK)
            fail_msg("%s: %s", name, error.message);
        told++;
    }
    assert_same_state(engine, other);
    assert_int_equal(sky_engine_reconfigure(engine, &config, &error), SKY_OK);
    assert_same_state(engine, other);
    tell(engine, &r, half, r.count[RECORD_EVENTS]);
    tell(other, &r, half, r.count[RECORD_EVENTS]);
    assert_same_state(engine, other);
    sky_engine_destroy(engine);
    sky_engine_destroy(other);
    record_rows_free(&r);
    scenario_free(&s);
    return told;
}

static void test_the_same_catalog_changes_nothing(void **state)
{
    (void)state;
    assert_true(check_told_again("quickstart", "4 d", "horizon") > 50);
    assert_true(check_told_again("batch-priorities", "4 h", "best-fit+easy") > 20);
    if (SKYTWIN_SANITIZED) /* some of them will do */
        return;
    assert_true(check_told_again("accelerators", "6 h", "fgd") > 20);
    assert_true(check_told_again("heterogeneous-training", "4 h", "max-min") > 50);
    assert_true(check_told_again("joint-placement", "12 h", "joint-cost") > 20);
    assert_true(check_told_again("zone-spread", "6 h", "best-fit") > 20);
    assert_true(check_told_again("streaming-pipeline", "1 h", "best-fit") > 5);
    assert_true(check_told_again("service-mesh", "10 min", "best-fit") > 5);
    assert_true(check_told_again("data-gravity", "12 h", "data-gravity") > 20);
}

/* Two regions, a pool that a class may enter. */
static sky_engine *small_engine(void)
{
    const sky_engine_config config = { .strategy = "spot-greedy", .control_interval_ns = SKY_NS_PER_SECOND };
    const sky_event facts[] = {
        { .kind = SKY_EVENT_PROVIDER, .other = 0 },
        { .kind = SKY_EVENT_REGION, .region = 0, .other = 0, .b = 400 },
        { .kind = SKY_EVENT_REGION, .region = 1, .other = 0, .b = 400 },
        { .kind = SKY_EVENT_POOL, .pool = 0, .region = 1, .other = 2, .detail = 3, .a = 10, .c = 1 },
        { .kind = SKY_EVENT_CLASS, .other = 0 },
        { .kind = SKY_EVENT_ELIGIBLE, .other = 0, .pool = 0, .a = 2, .b = 1000000 },
        { .kind = SKY_EVENT_CLASS, .other = 1 },
        { .kind = SKY_EVENT_ELIGIBLE, .other = 1, .pool = 0, .a = 1, .b = 1000000 },
        { .kind = SKY_EVENT_REQUEST, .other = 1, .a = 1000, .d = 7 },
        { .kind = SKY_EVENT_SCALE, .pool = 0, .a = 1, .b = 5 },
        { .kind = SKY_EVENT_SHAPE, .pool = 0, .a = 4000 },
        { .kind = SKY_EVENT_QUOTA, .other = 0, .region = 1, .a = 3 },
        { .kind = SKY_EVENT_TENANT, .other = 1, .a = 500000 },
        { .kind = SKY_EVENT_PRICE, .pool = 0, .detail = SKY_ON_DEMAND, .a = 1000 },
        { .kind = SKY_EVENT_JOB_SUBMITTED, .job = 0, .other = 0, .a = 1, .b = SKY_NEVER_NS },
        { .kind = SKY_EVENT_INSTANCE_STARTED, .job = 0, .instance = 0, .pool = 0, .detail = SKY_ON_DEMAND },
    };
    sky_engine *engine;
    sky_error error;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (sky_engine_observe(engine, &facts[i], &error) != SKY_OK)
            fail_msg("%s", error.message);
    return engine;
}

static sky_status retell(sky_engine *engine, sky_event e)
{
    sky_error error;

    return sky_engine_observe(engine, &e, &error);
}

static void test_other_numbers_count_from_then_on(void **state)
{
    sky_engine *engine = small_engine();
    const model *m = &engine->model;

    (void)state;
    assert_int_equal(model_pools(m)[0].in_use, 2);
    assert_int_equal(retell(engine, (sky_event){ .kind = SKY_EVENT_POOL,
                                                 .pool = 0,
                                                 .region = 1,
                                                 .other = 2,
                                                 .detail = 3,
                                                 .a = 20,
                                                 .b = 5,
                                                 .c = 2,
                                                 .d = 9 }),
                     SKY_OK);
    assert_int_equal(model_pools(m)[0].capacity, 20);
    assert_int_equal(model_pools(m)[0].boot_ns, 9);
    assert_int_equal(
        retell(engine, (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = 0, .pool = 0, .a = 3, .b = 500000 }),
        SKY_OK);
    assert_int_equal(model_eligible_of_class(m, 0, 0)->machines, 3);
    assert_int_equal(model_pools(m)[0].in_use, 3); /* as it will give back as many */
    assert_int_equal(((const model_class *)m->array[MODEL_CLASSES].items)[0].sure_ppm, 500000);
    assert_int_equal(retell(engine, (sky_event){ .kind = SKY_EVENT_REQUEST, .other = 1, .a = 1000, .d = 8 }),
                     SKY_OK);
    assert_int_equal(model_request_of(m, 1)->expected, 8);
    assert_int_equal(
        retell(engine, (sky_event){ .kind = SKY_EVENT_SCALE, .pool = 0, .a = 0, .b = 9, .c = 1 }), SKY_OK);
    assert_int_equal(model_scale_of(m, 0)->most, 9);
    assert_int_equal(retell(engine, (sky_event){ .kind = SKY_EVENT_QUOTA, .other = 0, .region = 1, .a = 4 }),
                     SKY_OK);
    assert_int_equal(((const model_quota *)m->array[MODEL_QUOTAS].items)[0].most, 4);
    assert_int_equal(m->array[MODEL_QUOTAS].count, 1);
    assert_int_equal(retell(engine, (sky_event){ .kind = SKY_EVENT_EGRESS, .region = 0, .other = 1, .a = 5 }),
                     SKY_OK);
    assert_int_equal(model_egress_nusd_per_gb(m, 0, 1), 5);
    assert_int_equal(
        retell(engine, (sky_event){ .kind = SKY_EVENT_FORBIDDEN, .other = 0, .region = 1, .detail = 3 }),
        SKY_OK);
    assert_int_equal(model_eligible_of_class(m, 0, 0)->rule, 3);
    assert_int_equal(((const model_class *)m->array[MODEL_CLASSES].items)[0].sure_ppm, 0);
    assert_int_equal(retell(engine, (sky_event){ .kind = SKY_EVENT_TENANT, .other = 1, .a = 700000 }),
                     SKY_OK);
    assert_int_equal(retell(engine, (sky_event){ .kind = SKY_EVENT_PROVIDER, .other = 0, .a = 30 }), SKY_OK);
    assert_int_equal(((const model_provider *)m->array[MODEL_PROVIDERS].items)[0].notice_ns, 30);
    sky_engine_destroy(engine);
}

static void test_other_things_are_refused(void **state)
{
    const sky_event facts[] = {
        { .kind = SKY_EVENT_PROVIDER, .other = 1 },
        { .kind = SKY_EVENT_REGION, .region = 2, .other = 0 },
        { .kind = SKY_EVENT_POOL, .pool = 1, .region = 1, .detail = 3, .c = 1 },
        { .kind = SKY_EVENT_POOL,
          .pool = 0,
          .region = 0,
          .other = 2,
          .detail = 3,
          .a = 10,
          .c = 1 }, /* another region */
        { .kind = SKY_EVENT_POOL, .pool = SKY_NONE, .region = 0 },
        { .kind = SKY_EVENT_CLASS, .other = 2 },
        { .kind = SKY_EVENT_ELIGIBLE, .other = 0, .pool = 1, .a = 1, .b = 1 },
        { .kind = SKY_EVENT_ELIGIBLE, .other = 0, .pool = 0, .a = 0, .b = 1 },
        { .kind = SKY_EVENT_REQUEST, .other = 0, .a = 1000 }, /* its jobs are none */
        { .kind = SKY_EVENT_REQUEST, .other = 1, .a = 2000, .d = 7 },
        { .kind = SKY_EVENT_ACCELERATE, .other = 1, .a = 1, .b = 1000 },
        { .kind = SKY_EVENT_GROUPS, .other = 1, .a = 1 },
        { .kind = SKY_EVENT_SPREAD, .other = 1, .a = 1, .b = 1 },
        { .kind = SKY_EVENT_SCALE, .pool = 1, .a = 0, .b = 1 },
        { .kind = SKY_EVENT_SHAPE, .pool = 0, .a = 8000 },
        { .kind = SKY_EVENT_QUOTA, .other = 0, .region = 0, .a = 3 },
        { .kind = SKY_EVENT_TENANT, .other = 9, .a = 1 },
        { .kind = SKY_EVENT_RATE, .other = 1, .a = 1, .b = 1 },
        { .kind = SKY_EVENT_POWER, .pool = 3 },
        { .kind = SKY_EVENT_DATA, .other = 0, .region = 0, .a = 1 },
    };
    sky_engine *engine = small_engine(), *other = small_engine();

    (void)state;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (retell(engine, facts[i]) != SKY_ERROR_INPUT)
            fail_msg("fact %zu was accepted", i);
    assert_same_state(engine, other);
    sky_engine_destroy(engine);
    sky_engine_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strategies_of_jobs),
        cmocka_unit_test(test_queues_and_packings),
        cmocka_unit_test(test_turns_and_queues),
        cmocka_unit_test(test_impossible_changes_are_refused),
        cmocka_unit_test(test_the_same_catalog_changes_nothing),
        cmocka_unit_test(test_other_numbers_count_from_then_on),
        cmocka_unit_test(test_other_things_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
