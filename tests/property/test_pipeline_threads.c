/* A pipeline with everything that there is, over four regions: the same answer on any number of threads and in pieces,
 * while stages are scaled and lines change on the way; no record is lost at any time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipelines.h"

#define MS      INT64_C(1000000)
#define STAGES  9
#define STREAMS 9
#define SPAN_NS (12000 * MS)
#define PIECES  16

typedef struct everything {
    pipeline_stage_config stages[STAGES];
    pipeline_stream_config streams[STREAMS];
    pipelines_config config;
} everything;

/* Two edge sites, each with a source and a filter; windows in a third region; a join with a reference, and two sinks. */
static void make(everything *e)
{
    static const uint32_t ends[STREAMS][2] = { { 0, 3 }, { 1, 4 }, { 3, 5 }, { 4, 5 }, { 5, 6 },
                                               { 2, 6 }, { 6, 7 }, { 5, 8 }, { 0, 5 } };
    static const uint32_t regions[STAGES] = { 0, 1, 3, 0, 1, 2, 3, 3, 2 };

    *e = (everything){ .config = { .regions = 4,
                                   .stage_count = STAGES,
                                   .stream_count = STREAMS,
                                   .stages = e->stages,
                                   .streams = e->streams,
                                   .seed = 3,
                                   .end_ns = SPAN_NS } };
    for (uint32_t i = 0; i < STAGES; i++) {
        pipeline_stage_config *s = &e->stages[i];

        *s = i < 3 ? simple_source(i < 2 ? 900 : 50, i == 1)
                   : simple_stage(PIPELINE_MAP, duration_make((duration_kind)(i % 4), 1.5 * (double)MS, 0.8));
        s->region = regions[i];
        s->tasks = i < 3 ? 1 : 2 + i % 2;
        s->most = i < 3 ? 2 : 5;
        s->buffer = i < 3 ? 300 : 24;
        s->rescale_ns = 50 * MS;
        s->source.keys = 200;
        s->source.skew = 0.9;
        s->source.watermark_delay_ns = 30 * MS;
        s->source.disorder = duration_make(DURATION_EXPONENTIAL, 100 * (double)MS, 0);
    }
    e->stages[3].selectivity = 0.4;
    e->stages[4].selectivity = 1.3;
    e->stages[5].kind = PIPELINE_WINDOW;
    e->stages[5].window_ns = 400 * MS;
    e->stages[5].slide_ns = 200 * MS;
    e->stages[6].kind = PIPELINE_JOIN;
    e->stages[6].window_ns = 200 * MS;
    e->stages[7].kind = e->stages[8].kind = PIPELINE_SINK;
    for (uint32_t i = 0; i < STREAMS; i++) {
        pipeline_stream_config *s = &e->streams[i];

        *s = (pipeline_stream_config){ .from = ends[i][0], .to = ends[i][1], .record_bytes = 200 };
        s->by_key = i > 1;
        if (regions[s->from] == regions[s->to])
            continue;
        s->latency_ns = (4 + i) * MS;
        s->bytes_per_s = 400000;
        s->batch_bytes = i % 2 == 0 ? 2000 : 0;
        s->linger_ns = 5 * MS;
        s->header_bytes = 61;
        s->latency_ns += i == 2 ? 36 * MS : 0; /* long, for so small a buffer */
        s->jitter =
            (latency_jitter){ .mean_ns = MS, .tail = 2.5, .correlation = 0.5, .correlation_ns = 1000 * MS };
    }
}

typedef struct outcome {
    pipeline_stage_count stages[STAGES];
    pipeline_stream_count streams[STREAMS];
    histogram latency[2];
    uint64_t events;
} outcome;

/* What is done on the way is the same: at each second piece. */
static outcome *simulate(int threads, int pieces)
{
    outcome *o = calloc(1, sizeof *o);
    everything e;
    sky_error error;
    pipelines *p;

    assert_non_null(o);
    make(&e);
    e.config.threads = threads;
    p = pipelines_need(&e.config);
    for (int i = 1; i <= PIECES; i++) {
        for (int k = 1; k <= pieces; k++)
            pipelines_go(p, SPAN_NS * (i - 1) / PIECES + SPAN_NS / PIECES * k / pieces);
        if (i % 2 == 0) {
            assert_int_equal(pipelines_scale(p, 3 + (uint32_t)i / 2 % 4, 1 + (uint32_t)i % 5, &error),
                             SKY_OK);
            assert_int_equal(pipelines_set_line(p, 2, (43 - i % 5) * MS, 300000, &error), SKY_OK);
        }
    }
    for (uint32_t i = 0; i < STAGES; i++)
        o->stages[i] = pipelines_stage(p, i);
    for (uint32_t i = 0; i < STREAMS; i++)
        o->streams[i] = pipelines_stream(p, i);
    o->latency[0] = *pipelines_latency(p, 7);
    o->latency[1] = *pipelines_latency(p, 8);
    o->events = pipelines_events(p).events;
    pipelines_destroy(p);
    return o;
}

static void test_any_number_of_threads(void **state)
{
    static const int threads[] = { 2, 3, 4, 16 };
    outcome *expected = simulate(1, 1), *found;

    (void)state;
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        found = simulate(threads[i], 1);
        assert_memory_equal(found, expected, sizeof *found);
        free(found);
    }
    found = simulate(1, 7);
    assert_memory_equal(found, expected, sizeof *found);
    free(found);
    free(expected);
}

/* It would prove nothing if some part did nothing. */
static void test_each_part_works(void **state)
{
    outcome *o = simulate(1, 1);

    (void)state;
    for (uint32_t i = 0; i < STAGES; i++)
        assert_true(o->stages[i].taken > 100);
    assert_true(o->stages[1].dropped > 0 || o->stages[0].dropped > 0);
    assert_true(o->stages[3].blocked_ns > 0);
    assert_true(o->stages[3].filtered > 0);
    assert_true(o->stages[5].late > 0);
    assert_true(o->streams[2].batches < o->streams[2].sent);
    assert_true(o->latency[0].count > 0 && o->latency[1].count > 0);
    free(o);
}

static void test_impossible_configurations(void **state)
{
    everything e;
    sky_error error;
    pipelines *p;

    (void)state;
    make(&e);
    e.streams[0].to = 0;
    assert_int_equal(pipelines_create(&e.config, &p, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "stream 0"));
    make(&e);
    e.streams[2].latency_ns = 0;
    assert_int_equal(pipelines_create(&e.config, &p, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "takes no time"));
    make(&e);
    e.streams[3].by_key = 0;
    assert_int_equal(pipelines_create(&e.config, &p, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "stage 5"));
    make(&e);
    e.stages[5].slide_ns = 300 * MS;
    assert_int_equal(pipelines_create(&e.config, &p, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "slide"));
    make(&e);
    e.stages[4].buffer = 0;
    assert_int_equal(pipelines_create(&e.config, &p, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "buffer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_each_part_works),
        cmocka_unit_test(test_impossible_configurations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
