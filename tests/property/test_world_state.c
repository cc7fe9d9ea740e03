/* A world that is saved, taken down and restored goes on as if it never had been: a run goes on from each of its checkpoints
 * with the same rows and the same further checkpoints, byte by byte. Bytes that were altered are refused, or do no harm. And a
 * world that is restored into another scenario of as many things goes by its values from then on. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"
#include "solver/glpk.h"
#include "tests/record_rows.h"
#include "twin.h"

#define HOUR_NS SKY_NS_PER_HOUR

/* Jobs on spot and on demand, tasks alone, in gangs and in stages on nodes that stand and on some that come and go, MIG and TPU,
 * preemption, promises, failures, faults, energy. */
static const char world_text[] =
    "name = \"all\"; duration = \"%s\"; control_interval = \"20 min\"; seed = 5; strategies = "
    "[\"best-fit\"];\n"
    "catalog: { x: { kind = \"cloud\"; spot_notice = \"120 s\"; billing_minimum = \"10 min\"; power: { "
    "cpu_idle = \"2 W\"; cpu_peak = \"8 W\"; pue = 1.2; };\n"
    "    egress: { between_regions = \"0.01 USD/GB\"; internet = ( { price = \"0.05 USD/GB\"; } ); };\n"
    "    spot: { mean_available = \"%s\"; mean_unavailable = \"1 h\"; };\n"
    "    regions = ( { name = \"r\"; jurisdictions = [\"X\"]; zones = [\"a\", \"b\"]; carbon = \"300 "
    "gCO2/kWh\"; longitude = 10.0; latitude = 1.0; },\n"
    "                { name = \"q\"; jurisdictions = [\"X\"]; zones = [\"a\"]; carbon = \"90 gCO2/kWh\"; "
    "longitude = 90.0; latitude = 1.0; } );\n"
    "    machines = ( { name = \"gpu\"; cpus = 32; memory = \"256 GiB\"; accelerator = \"A100\"; "
    "accelerators = 4;\n"
    "        interconnect = \"2+2\"; mig_model = \"A100-40GB\";\n"
    "        prices = ( { region = \"r\"; on_demand = \"9 USD/h\"; spot = \"3 USD/h\"; }, { region = \"q\"; "
    "on_demand = \"8 USD/h\"; } ); },\n"
    "      { name = \"cpu\"; cpus = 16; memory = \"64 GiB\";\n"
    "        prices = ( { region = \"r\"; on_demand = \"%s\"; spot = \"0.3 USD/h\"; }, { region = \"q\"; "
    "on_demand = \"0.8 USD/h\"; spot = \"0.4 USD/h\"; } ); },\n"
    "      { name = \"std\"; cpus = 16; memory = \"64 GiB\";\n"
    "        prices = ( { region = \"r\"; on_demand = \"0.7 USD/h\"; }, { region = \"q\"; on_demand = \"0.8 "
    "USD/h\"; spot = \"0.4 USD/h\"; reserved = \"%s\"; } ); },\n"
    "      { name = \"tpu\"; cpus = 64; memory = \"1 TiB\"; accelerator = \"TPU v5e\"; accelerators = 8; tpu "
    "= true; torus = \"v5e\";\n"
    "        prices = ( { region = \"r\"; on_demand = \"4 USD/h\"; } ); } ); }; };\n"
    "energy: { carbon_price = \"100 USD/t\"; billed = [\"x\"]; grids = ( { carbon_swing = 0.4; cleanest = "
    "\"13 h\"; noise = 0.1; price = \"90 USD/MWh\"; price_swing = 0.3; cheapest = \"13 h\"; } ); };\n"
    "queue = { discipline = \"fcfs\"; preempt = true; grace = \"30 s\"; };\n"
    "scaling = { idle = \"10 min\"; drain = \"15 min\"; back_off = \"1 min\"; };\n"
    "quotas = ( { provider = \"x\"; cpus = 200; } );\n"
    "pools = (\n"
    "  { machine = \"x:cpu\"; regions = [\"x:r\"]; zones = 2; purchases = [\"on-demand\", \"spot\"]; "
    "capacity = 6; boot = \"60 s\"; },\n"
    "  { machine = \"x:std\"; regions = [\"x:r\"]; nodes = 3; node_mtbf = \"9 h\"; node_repair = \"40 min\"; "
    "nodes_per_rack = 2; },\n"
    "  { machine = \"x:gpu\"; regions = [\"x:r\"]; nodes = 1; mig = true; },\n"
    "  { machine = \"x:tpu\"; regions = [\"x:r\"]; pod = \"4x8\"; pods = 1; node_mtbf = \"20 h\"; },\n"
    "  { machine = \"x:std\"; regions = [\"x:q\"]; purchases = [\"on-demand\", \"spot\"]; nodes = { most = "
    "4; initial = 1; committed = 1; };\n"
    "    boot = { distribution = \"exponential\"; mean = \"4 min\"; }; stock = { mean_available = \"5 h\"; "
    "mean_unavailable = \"1 h\"; }; } );\n"
    "classes = (\n"
    "  { name = \"own\"; runs_on = ( { machine = \"x:cpu\"; count = 2; } ); },\n"
    "  { name = \"large\"; request = { cpus = 9.0; }; groups = [\"large\"]; mtbf = \"4 h\"; spread = ( { "
    "level = \"node\"; max_skew = 2; } ); },\n"
    "  { name = \"small\"; request = { cpus = 1.5; memory = \"4 GiB\"; }; groups = [\"others\"]; "
    "anti_affinity = ( { level = \"node\"; groups = [\"large\"]; weight = 30; } ); },\n"
    "  { name = \"fast\"; request = { cpus = 1.0; profile = \"2g.10gb\"; }; },\n"
    "  { name = \"slice\"; request = { cpus = 1.0; slice = \"2x2\"; }; } );\n"
    "workloads = (\n"
    "  { name = \"jobs\"; class = \"own\"; arrival = \"diurnal\"; rate = \"%s\"; diurnal_amplitude = 0.5; "
    "work = { distribution = \"exponential\"; mean = \"2 h\"; };\n"
    "    deadline_factor = 3.0; checkpoint = \"5 GB\"; checkpoint_interval = \"10 min\"; restart = \"3 "
    "min\"; },\n"
    "  { name = \"urgent\"; class = \"large\"; arrival = \"poisson\"; rate = \"40 /d\"; priority = 5; work = "
    "{ distribution = \"exponential\"; mean = \"50 min\"; };\n"
    "    checkpoint_interval = \"7 min\"; checkpoint_time = \"20 s\"; restart = \"45 s\"; retries = 2; "
    "retry_after = \"90 s\"; estimate_factor = 2.0; },\n"
    "  { name = \"gangs\"; class = \"small\"; arrival = \"poisson\"; rate = \"30 /d\"; gang = 3; work = { "
    "mean = \"40 min\"; }; },\n"
    "  { name = \"array\"; class = \"small\"; arrival = \"poisson\"; rate = \"20 /d\"; array = 4; at_once = "
    "2; work = { distribution = \"exponential\"; mean = \"30 min\"; }; },\n"
    "  { name = \"mig\"; class = \"fast\"; arrival = \"poisson\"; rate = \"60 /d\"; work = { distribution = "
    "\"exponential\"; mean = \"1 h\"; }; },\n"
    "  { name = \"slices\"; class = \"slice\"; arrival = \"poisson\"; rate = \"60 /d\"; work = { "
    "distribution = \"exponential\"; mean = \"1 h\"; }; },\n"
    "  { name = \"flow\"; class = \"small\"; arrival = \"poisson\"; rate = \"8 /d\"; work = { mean = \"15 "
    "min\"; };\n"
    "    stages = ( { name = \"one\"; count = 2; }, { name = \"two\"; after = [\"one\"]; count = 3; class = "
    "\"fast\"; } ); } );\n"
    "faults = (\n"
    "  { kind = \"outage\"; target = \"x:ra\"; every = \"7 h\"; lasts = \"30 min\"; reach = 0.7; },\n"
    "  { kind = \"rack-outage\"; target = \"x:r\"; every = \"6 h\"; lasts = \"20 min\"; reach = 0.5; },\n"
    "  { kind = \"price-shock\"; target = \"x\"; factor = 2.5; every = \"5 h\"; lasts = \"1 h\"; },\n"
    "  { kind = \"quota-cut\"; target = \"x:q\"; machines = 1; every = \"5 h\"; lasts = \"1 h\"; },\n"
    "  { kind = \"stale-telemetry\"; target = \"x:q\"; age = \"20 min\"; every = \"7 h\"; lasts = \"30 "
    "min\"; },\n"
    "  { kind = \"control-plane\"; delay = \"3 min\"; every = \"9 h\"; lasts = \"20 min\"; },\n"
    "  { kind = \"outage\"; target = \"x:q\"; at = \"%s\"; lasts = \"1 h\"; } );\n";

typedef struct values {
    const char *duration, *available, *price, *reserved, *rate, *outage;
} values;

static const values usual = { "20 h", "3 h", "0.7 USD/h", "0.5 USD/h", "30 /d", "15 h" };

static void load(const values *v, scenario *s)
{
    char folder[] = "/tmp/skytwin-world-XXXXXX", path[64], command[64];
    FILE *file;
    sky_error error;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/all.cfg", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(
        fprintf(file, world_text, v->duration, v->available, v->price, v->reserved, v->rate, v->outage) > 0);
    assert_int_equal(fclose(file), 0);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* ---- checkpoints --------------------------------------------------------------------------------------------------- */

#define MOST_CHECKPOINTS 128

typedef struct checkpoint {
    int64_t now_ns;
    unsigned char *bytes;
    size_t size;
    size_t rows[RECORD_STREAM_COUNT]; /* that came before */
} checkpoint;

/* What comes of a run. */
typedef struct kept {
    record_rows rows;
    checkpoint checkpoints[MOST_CHECKPOINTS];
    size_t count;
    int ticks_left; /* then it is stopped; below 0: never */
} kept;

static sky_status keep_rows(void *context, record_stream stream, const void *rows, size_t count,
                            sky_error *error)
{
    return record_rows_keep(&((kept *)context)->rows, stream, rows, count, error);
}

static sky_status keep_checkpoint(void *context, int64_t now_ns, const void *bytes, size_t size,
                                  sky_error *error)
{
    kept *k = context;
    checkpoint *c = &k->checkpoints[k->count++];

    (void)error;
    assert_true(k->count <= MOST_CHECKPOINTS);
    c->now_ns = now_ns;
    c->bytes = malloc(size);
    c->size = size;
    assert_non_null(c->bytes);
    memcpy(c->bytes, bytes, size);
    memcpy(c->rows, k->rows.count, sizeof c->rows);
    return SKY_OK;
}

static int stop(void *context)
{
    kept *k = context;

    return k->ticks_left >= 0 && k->ticks_left-- == 0;
}

static sky_status run(const scenario *s, const twin_options *options, kept *k, int ticks, sky_error *error)
{
    twin_output output = { .context = k, .rows = keep_rows, .checkpoint = keep_checkpoint, .stop = stop };
    record_summary summary;

    memset(k, 0, sizeof *k);
    k->ticks_left = ticks;
    return twin_run(s, options, &output, &summary, error);
}

static void free_kept(kept *k)
{
    record_rows_free(&k->rows);
    for (size_t i = 0; i < k->count; i++)
        free(k->checkpoints[i].bytes);
}

static twin_options options_for(const scenario *s, const char *strategy)
{
    return (twin_options){ .strategy = strategy,
                           .seed = s->seed,
                           .restart_at_ns = SKY_NEVER_NS,
                           .checkpoint_every_ns = 100 * 60 * SKY_NS_PER_SECOND,
                           .solver = &solver_glpk };
}

static void must_run(const scenario *s, const twin_options *options, kept *k)
{
    sky_error error;

    if (run(s, options, k, -1, &error) != SKY_OK)
        fail_msg("%s: %s", options->strategy, error.message);
}

/* What comes from a checkpoint is what came after it: rows and checkpoints. */
static void check_goes_on(const scenario *s, const char *strategy, const kept *whole, size_t from)
{
    twin_options options = options_for(s, strategy);
    const checkpoint *c = &whole->checkpoints[from];
    static kept rest;

    options.checkpoint = c->bytes;
    options.checkpoint_bytes = c->size;
    must_run(s, &options, &rest);
    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        size_t size = record_row_bytes((record_stream)i);

        assert_int_equal(c->rows[i] + rest.rows.count[i], whole->rows.count[i]);
        if (rest.rows.count[i] > 0 && memcmp((const char *)whole->rows.of[i] + c->rows[i] * size,
                                             rest.rows.of[i], rest.rows.count[i] * size) != 0)
            fail_msg("%s from %lld ns: other rows of stream %d", strategy, (long long)c->now_ns, i);
    }
    assert_int_equal(rest.count, whole->count - from - 1);
    for (size_t i = 0; i < rest.count; i++) {
        const checkpoint *a = &rest.checkpoints[i], *b = &whole->checkpoints[from + 1 + i];

        assert_int_equal(a->size, b->size);
        if (memcmp(a->bytes, b->bytes, a->size) != 0)
            fail_msg("%s from %lld ns: another checkpoint at %lld ns", strategy, (long long)c->now_ns,
                     (long long)a->now_ns);
    }
    free_kept(&rest);
}

static void test_a_run_goes_on_from_each_checkpoint(void **state)
{
    static const char *const strategies[] = { "best-fit+fcfs", "spot-greedy+easy", "joint-cost" };
    static kept whole;
    scenario s;

    (void)state;
    load(&usual, &s);
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        twin_options options = options_for(&s, strategies[i]);

        must_run(&s, &options, &whole);
        assert_true(whole.count > 5);
        for (size_t k = 0; k < whole.count; k++)
            check_goes_on(&s, strategies[i], &whole, k);
        free_kept(&whole);
    }
    scenario_free(&s);
}

/* ---- altered bytes ------------------------------------------------------------------------------------------------- */

/* Where a part begins. */
static size_t part_at(const checkpoint *c, const char *name)
{
    const unsigned char *at = memmem(c->bytes, c->size, name, strlen(name) + 1);

    assert_non_null(at);
    return (size_t)(at - c->bytes);
}

/* Refused, or it goes on for a few control points, where the engine may find out that it can't be so. */
static void check_altered(const scenario *s, const checkpoint *c, size_t at, unsigned char with,
                          size_t *refused)
{
    twin_options options = options_for(s, "best-fit+fcfs");
    static kept k;
    sky_error error;
    sky_status status;

    options.checkpoint_every_ns = 0;
    options.checkpoint = c->bytes;
    options.checkpoint_bytes = c->size;
    c->bytes[at] ^= with;
    status = run(s, &options, &k, 3, &error);
    c->bytes[at] ^= with;
    *refused += status == SKY_ERROR_INPUT;
    assert_true(status == SKY_OK || status == SKY_ERROR_STOPPED || status == SKY_ERROR_INPUT ||
                status == SKY_ERROR_STATE);
    free_kept(&k);
}

static void test_altered_bytes_do_no_harm(void **state)
{
    const char *all = getenv("SKYTWIN_EVERY_BYTE");
    size_t step = all != NULL ? (size_t)atoi(all) : SKYTWIN_SANITIZED ? 97 : 23, refused = 0, tried = 0;
    static kept whole;
    scenario s;
    twin_options options;

    (void)state;
    load(&usual, &s);
    options = options_for(&s, "best-fit+fcfs");
    must_run(&s, &options, &whole);
    for (size_t i = 2; i < whole.count; i += 4) {
        const checkpoint *c = &whole.checkpoints[i];
        size_t end = part_at(c, "engine");

        for (size_t at = part_at(c, "world"); at < end; at += step, tried++)
            check_altered(&s, c, at, (unsigned char)(tried % 3 == 0 ? 0xffu : 1u << tried % 8), &refused);
    }
    print_message("    %zu of %zu altered bytes refused\n", refused, tried);
    assert_true(refused > tried / 5);
    free_kept(&whole);
    scenario_free(&s);
}

/* ---- other values -------------------------------------------------------------------------------------------------- */

#define CHANGE_NS (8 * HOUR_NS)

/* A run whose world has these values from CHANGE_NS on: the same run when it is restored later. */
static void run_changed(const scenario *s, const values *v, kept *k)
{
    scenario other;
    twin_change change = { .at_ns = CHANGE_NS, .scenario = &other };
    twin_options options = options_for(s, "best-fit+fcfs");
    static kept again;

    load(v, &other);
    options.change = &change;
    must_run(s, &options, k);
    options.restart_at_ns = 13 * HOUR_NS;
    must_run(s, &options, &again);
    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        assert_int_equal(k->rows.count[i], again.rows.count[i]);
        if (again.rows.count[i] > 0)
            assert_memory_equal(k->rows.of[i], again.rows.of[i],
                                again.rows.count[i] * record_row_bytes((record_stream)i));
    }
    free_kept(&again);
    scenario_free(&other);
}

/* Of a stream, but for the summary; of the events, what happened, not what was told of the catalog. */
static int is_same_stream(const kept *a, const kept *b, record_stream stream)
{
    return a->rows.count[stream] == b->rows.count[stream] &&
           (a->rows.count[stream] == 0 || memcmp(a->rows.of[stream], b->rows.of[stream],
                                                 a->rows.count[stream] * record_row_bytes(stream)) == 0);
}

static void must_be_as_if_always_so(const kept *changed, const values *v)
{
    static const record_stream streams[] = { RECORD_ACTIONS,    RECORD_SERIES, RECORD_PRICES,
                                             RECORD_PLACEMENTS, RECORD_JOBS,   RECORD_COSTS };
    static kept always;
    scenario s;
    twin_options options;

    load(v, &s);
    options = options_for(&s, "best-fit+fcfs");
    must_run(&s, &options, &always);
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        if (!is_same_stream(changed, &always, streams[i]))
            fail_msg("stream %d is other than if it had been so from the start", (int)streams[i]);
    free_kept(&always);
    scenario_free(&s);
}

/* An outage that is still to come comes at another time; a run goes on for longer. Neither makes a difference before: so both are
 * what they would have been from the start on. */
static void test_what_is_to_come_may_change(void **state)
{
    static kept changed;
    values v = usual;
    scenario s;

    (void)state;
    load(&usual, &s);
    v.outage = "12 h";
    run_changed(&s, &v, &changed);
    must_be_as_if_always_so(&changed, &v);
    free_kept(&changed);
    v.outage = usual.outage;
    v.duration = "30 h";
    run_changed(&s, &v, &changed);
    must_be_as_if_always_so(&changed, &v);
    free_kept(&changed);
    scenario_free(&s);
}

/* Rows that begin with their time, or events of a kind. */
static size_t count_rows(const kept *k, record_stream stream, int kind, int64_t from_ns, int64_t to_ns)
{
    size_t size = record_row_bytes(stream), count = 0;

    for (size_t i = 0; i < k->rows.count[stream]; i++) {
        const char *row = (const char *)k->rows.of[stream] + i * size;
        int64_t at_ns;

        memcpy(&at_ns, row, sizeof at_ns);
        count += at_ns >= from_ns && at_ns < to_ns && (kind == 0 || ((const sky_event *)row)->kind == kind);
    }
    return count;
}

static void must_be_the_same_before(const kept *changed, const kept *whole)
{
    size_t events = count_rows(whole, RECORD_EVENTS, 0, 0, CHANGE_NS);
    size_t series = count_rows(whole, RECORD_SERIES, 0, 0, CHANGE_NS + 1);

    assert_true(events > 100 && series == 25);
    assert_memory_equal(changed->rows.of[RECORD_EVENTS], whole->rows.of[RECORD_EVENTS],
                        events * sizeof(sky_event));
    assert_memory_equal(changed->rows.of[RECORD_SERIES], whole->rows.of[RECORD_SERIES],
                        series * sizeof(record_series_row));
}

static const record_series_row *series_at(const kept *k, size_t index)
{
    return (const record_series_row *)k->rows.of[RECORD_SERIES] + index;
}

static void test_values_count_from_then_on(void **state)
{
    static kept whole, changed;
    const int64_t end_ns = 20 * HOUR_NS;
    scenario s;
    twin_options options;
    values v = usual;

    (void)state;
    load(&usual, &s);
    options = options_for(&s, "best-fit+fcfs");
    must_run(&s, &options, &whole);
    v.rate = "90 /d"; /* three times as many jobs; the others come as before: about 150 a day */
    run_changed(&s, &v, &changed);
    must_be_the_same_before(&changed, &whole);
    assert_in_range(count_rows(&changed, RECORD_EVENTS, SKY_EVENT_JOB_SUBMITTED, CHANGE_NS, end_ns) -
                        count_rows(&whole, RECORD_EVENTS, SKY_EVENT_JOB_SUBMITTED, CHANGE_NS, end_ns),
                    15, 45); /* 30 are to be expected */
    free_kept(&changed);
    v = usual;
    v.available = "20 min"; /* of spot, instead of 3 h */
    run_changed(&s, &v, &changed);
    must_be_the_same_before(&changed, &whole);
    assert_true(count_rows(&changed, RECORD_PRICES, 0, CHANGE_NS, end_ns) >
                count_rows(&whole, RECORD_PRICES, 0, CHANGE_NS, end_ns) + 10);
    free_kept(&changed);
    v = usual;
    v.price = "7 USD/h"; /* on demand: what runs costs ten times as much from then on, what ran does not */
    run_changed(&s, &v, &changed);
    must_be_the_same_before(&changed, &whole);
    assert_true(series_at(&changed, 25)->cost_rate_nusd_per_hour >
                series_at(&whole, 25)->cost_rate_nusd_per_hour);
    assert_true(series_at(&changed, 25)->cost_nusd > series_at(&whole, 25)->cost_nusd);
    free_kept(&changed);
    v = usual;
    v.reserved = "3.5 USD/h"; /* of the machine that is committed: 20 minutes of 3 USD/h more */
    run_changed(&s, &v, &changed);
    must_be_the_same_before(&changed, &whole);
    assert_int_equal(series_at(&changed, 25)->cost_nusd - series_at(&whole, 25)->cost_nusd, 1000000000);
    free_kept(&changed);
    free_kept(&whole);
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_goes_on_from_each_checkpoint),
        cmocka_unit_test(test_altered_bytes_do_no_harm),
        cmocka_unit_test(test_what_is_to_come_may_change),
        cmocka_unit_test(test_values_count_from_then_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
