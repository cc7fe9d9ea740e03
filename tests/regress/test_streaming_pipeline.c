/* scenarios/streaming-pipeline.cfg does what its paragraph in scenarios/README.md says: who ships everything waits behind the
 * line in the crowd and loses records, who filters at the edge does neither, and moves a tenth; and the bill is what the rows say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/model/arith.h"
#include "scenario.h"
#include "tests/validation.h"
#include "twin.h"
#include "world/pipeline/pipelines.h"

#define SCENARIO    SKYTWIN_SOURCE_DIR "/scenarios/streaming-pipeline.cfg"
#define STAGES      6 /* of a pipeline */
#define PIPELINES   2
#define SECOND      INT64_C(1000000000)
#define NUSD_PER_GB 50000000 /* from an edge site: scenarios/catalog/edge.cfg */

enum { SHIP, FILTER };
enum { SENSORS, REFERENCE, FILTERS, AVERAGE, ENRICH, STORE };

typedef struct seen {
    record_pipeline_row whole[PIPELINES * STAGES]; /* stages, over the run */
    int64_t bytes[16], egress_nusd[16];            /* streams, likewise */
    record_pipeline_row sums[PIPELINES * STAGES];  /* of the rows of the intervals */
    int64_t most_blocked_ppm[PIPELINES * STAGES];
    int64_t worst_p99_ns[PIPELINES * STAGES];
    int64_t cost_nusd, cost_egress_nusd; /* rows `costs` of stages */
    uint64_t digest;
} seen;

static void look_at(seen *s, const record_pipeline_row *row)
{
    record_pipeline_row *sum = &s->sums[row->stage];

    sum->records_in += row->records_in;
    sum->records_out += row->records_out;
    sum->dropped += row->dropped;
    sum->late += row->late;
    sum->nusd += row->nusd;
    if (row->blocked_ppm > s->most_blocked_ppm[row->stage])
        s->most_blocked_ppm[row->stage] = row->blocked_ppm;
    if (row->p99_ns > s->worst_p99_ns[row->stage])
        s->worst_p99_ns[row->stage] = row->p99_ns;
}

static sky_status look(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    seen *s = context;
    const record_pipeline_row *row = rows;
    const record_cost_row *cost = rows;

    (void)error;
    for (size_t i = 0; stream == RECORD_COSTS && i < count; i++)
        if (cost[i].stage != SKY_NONE) {
            s->cost_nusd += cost[i].compute_nusd;
            s->cost_egress_nusd += cost[i].egress_nusd;
        }
    for (size_t i = 0; stream == RECORD_PIPELINES && i < count; i++) {
        const unsigned char *bytes = (const unsigned char *)&row[i];

        for (size_t b = 0; b < sizeof row[i]; b++)
            s->digest = (s->digest ^ bytes[b]) * UINT64_C(0x100000001b3); /* FNV-1a */
        if (row[i].stage != SKY_NONE)
            look_at(s, &row[i]);
    }
    for (size_t i = 0; stream == RECORD_PIPELINE_TOTALS && i < count; i++) {
        if (row[i].stage != SKY_NONE) {
            s->whole[row[i].stage] = row[i];
            continue;
        }
        s->bytes[row[i].stream] = row[i].bytes;
        s->egress_nusd[row[i].stream] = row[i].egress_nusd;
    }
    return SKY_OK;
}

static seen run_file(const char *path, const char *const *overrides, size_t count, uint64_t seed, int threads,
                     record_summary *summary)
{
    twin_options options = {
        .strategy = "on-demand-cheapest", .seed = seed, .restart_at_ns = SKY_NEVER_NS, .threads = threads
    };
    seen found = { .digest = 0 };
    twin_output output = { .context = &found, .rows = look };
    scenario s;
    sky_error error;

    if (scenario_load(path, overrides, count, &s, &error) != SKY_OK ||
        twin_run(&s, &options, &output, summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    return found;
}

static seen run(const char *const *overrides, size_t count, uint64_t seed, record_summary *summary)
{
    return run_file(SCENARIO, overrides, count, seed, 1, summary);
}

static void expect_bill(const seen *found, const record_summary *summary)
{
    int64_t nusd = 0, egress_nusd = 0;

    for (int i = 0; i < PIPELINES * STAGES; i++) {
        assert_int_equal(found->sums[i].records_in, found->whole[i].records_in);
        assert_int_equal(found->sums[i].records_out, found->whole[i].records_out);
        assert_int_equal(found->sums[i].dropped, found->whole[i].dropped);
        assert_int_equal(found->sums[i].nusd, found->whole[i].nusd);
        nusd += found->whole[i].nusd;
    }
    for (int i = 0; i < 10; i++)
        egress_nusd += found->egress_nusd[i];
    assert_int_equal(found->cost_nusd, nusd);
    assert_int_equal(found->cost_egress_nusd, egress_nusd);
    assert_int_equal(summary->pipeline_nusd, nusd);
    assert_int_equal(summary->cost_nusd, summary->compute_nusd + summary->egress_nusd);
}

static void test_filter_at_the_edge(void **state)
{
    const char *const early[] = { "pipelines[0].stages[0].crowds[0].from=3 min",
                                  "pipelines[0].stages[0].crowds[0].to=13 min",
                                  "pipelines[1].stages[0].crowds[0].from=3 min",
                                  "pipelines[1].stages[0].crowds[0].to=13 min", "duration=30 min" };
    int short_run = SKYTWIN_SANITIZED;
    record_summary summary;
    seen found = run(short_run ? early : NULL, short_run ? 5 : 0, 1, &summary);
    const record_pipeline_row *ship = found.whole, *filter = found.whole + STAGES;
    char measured[80];

    (void)state;
    print_message(
        "    p99 of the whole run: ship %.1f s, filter %.2f s; dropped %lld; egress %.3f and %.3f USD\n",
        (double)ship[STORE].p99_ns / SECOND, (double)filter[STORE].p99_ns / SECOND,
        (long long)ship[SENSORS].dropped, (double)found.egress_nusd[0] / 1e9,
        (double)found.egress_nusd[6] / 1e9);
    assert_true(ship[STORE].p99_ns > 200 * SECOND && ship[STORE].p99_ns < 230 * SECOND);
    assert_true(filter[STORE].p99_ns < 11 * SECOND); /* a window, what the watermark waits, and the way */
    assert_true(found.worst_p99_ns[STAGES + STORE] < 11 * SECOND);
    assert_true(ship[SENSORS].dropped > 500000);
    assert_int_equal(filter[SENSORS].dropped, 0);
    assert_true(found.most_blocked_ppm[SENSORS] > 990000);
    assert_true(found.most_blocked_ppm[STAGES + SENSORS] < 50000);
    assert_true(found.bytes[0] > (short_run ? 3 : 7) * found.bytes[6]);
    assert_in_range(found.egress_nusd[0], found.bytes[0] / 20 - 300, found.bytes[0] / 20 + 300);
    /* The line carries 500,000 bytes a second, of which headers take 61 in 16,061. */
    assert_true(found.bytes[0] <= summary.end_ns / SECOND * 500000);
    expect_bill(&found, &summary);
    snprintf(measured, sizeof measured, "%.0f s and %.1f s", (double)ship[STORE].p99_ns / SECOND,
             (double)filter[STORE].p99_ns / SECOND);
    validation_row("scenarios/streaming-pipeline.cfg: 99 % latency, shipped and filtered at the edge",
                   "above 200 s, below 11 s", measured, __FILE_NAME__);
}

/* Same seed, same bytes, on any number of threads; another seed, others. */
static void test_the_seed_decides(void **state)
{
    const char *const short_run[] = { "duration=10 min" };
    record_summary summary;
    seen a = run(short_run, 1, 1, &summary), b = run_file(SCENARIO, short_run, 1, 1, 4, &summary);
    seen c = run(short_run, 1, 2, &summary);

    (void)state;
    assert_true(a.digest == b.digest);
    assert_true(a.digest != c.digest);
}

/* With a network, streams between regions have the latency of its routes, which jitter, and what TCP reaches there; and its
 * prices. */
static void test_network(void **state)
{
    const char *const short_run[] = { "duration=10 min" };
    FILE *file = fopen("streaming-network.cfg", "w");
    record_summary summary;
    seen plain, wired;

    (void)state;
    assert_non_null(file);
    fprintf(file,
            "@include \"" SCENARIO "\"\nnetwork: { public = { loss = 0.0001; jitter = \"30 ms\"; }; };\n");
    fclose(file);
    plain = run(short_run, 1, 1, &summary);
    wired = run_file("streaming-network.cfg", short_run, 1, 1, 1, &summary);
    remove("streaming-network.cfg");
    expect_bill(&wired, &summary);
    assert_int_equal(wired.whole[SENSORS].records_in, plain.whole[SENSORS].records_in);
    assert_true(wired.whole[STORE].p50_ns > 0);
    assert_true(wired.digest != plain.digest);
    assert_in_range(wired.egress_nusd[0], wired.bytes[0] / 20 - 20, wired.bytes[0] / 20 + 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_at_the_edge),
        cmocka_unit_test(test_the_seed_decides),
        cmocka_unit_test(test_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
