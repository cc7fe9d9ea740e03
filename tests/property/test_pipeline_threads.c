/* A pipeline with everything that there is, over four regions, by itself and beside another: the same answer on any number of threads and in pieces,
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
#define BESIDE  2 /* that have nothing to do with each other, at most */
#define SPAN_NS (12000 * MS)
#define PIECES  16

typedef struct everything {
    pipeline_stage_config stages[BESIDE * STAGES];
    pipeline_stream_config streams[BESIDE * STREAMS];
    pipelines_config config;
} everything;

/* Another one just like it, of its own numbers. */
static void put_beside(everything *e)
{
    for (uint32_t i = 0; i < STAGES; i++)
        e->stages[STAGES + i] = e->stages[i];
    for (uint32_t i = 0; i < STREAMS; i++) {
        e->streams[STREAMS + i] = e->streams[i];
        e->streams[STREAMS + i].from += STAGES;
        e->streams[STREAMS + i].to += STAGES;
    }
    e->config.stage_count += STAGES;
    e->config.stream_count += STREAMS;
}

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
} outcome;

static void look(const pipelines *p, uint32_t which, outcome *o)
{
    for (uint32_t i = 0; i < STAGES; i++)
        o->stages[i] = pipelines_stage(p, which * STAGES + i);
    for (uint32_t i = 0; i < STREAMS; i++)
        o->streams[i] = pipelines_stream(p, which * STREAMS + i);
    o->latency[0] = *pipelines_latency(p, which * STAGES + 7);
    o->latency[1] = *pipelines_latency(p, which * STAGES + 8);
}

/* Of each; what is done on the way is the same: at each second piece, to the first. */
static outcome *simulate(int threads, int pieces, uint32_t beside)
{
    outcome *o = calloc(BESIDE, sizeof *o);
    everything e;
    sky_error error;
    pipelines *p;

    assert_non_null(o);
    make(&e);
    if (beside > 1)
        put_beside(&e);
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
    for (uint32_t i = 0; i < beside; i++)
        look(p, i, &o[i]);
    pipelines_destroy(p);
    return o;
}

static void check_threads(const int *threads, size_t count, uint32_t beside)
{
    outcome *expected = simulate(1, 1, beside), *found;

    for (size_t i = 0; i < count; i++) {
        found = simulate(threads[i], 1, beside);
        assert_memory_equal(found, expected, BESIDE * sizeof *found);
        free(found);
    }
    found = simulate(1, 7, beside);
    assert_memory_equal(found, expected, BESIDE * sizeof *found);
    free(found);
    free(expected);
}

static void test_any_number_of_threads(void **state)
{
    static const int threads[] = { 2, 3, 4, 16 };

    (void)state;
    check_threads(threads, 4, 1);
    check_threads(threads, 1, 2);
}

/* The first is what it is alone; the second has other numbers, and is another one. */
static void test_those_beside_each_other_do_not_meet(void **state)
{
    outcome *alone = simulate(1, 1, 1), *both = simulate(2, 1, 2);

    (void)state;
    assert_memory_equal(&both[0], &alone[0], sizeof *both);
    assert_true(both[1].stages[5].taken > 100 && both[1].stages[5].taken != both[0].stages[5].taken);
    free(alone);
    free(both);
}

/* It would prove nothing if some part did nothing. */
static void test_each_part_works(void **state)
{
    outcome *o = simulate(1, 1, 1);

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
        cmocka_unit_test(test_those_beside_each_other_do_not_meet),
        cmocka_unit_test(test_each_part_works),
        cmocka_unit_test(test_impossible_configurations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
