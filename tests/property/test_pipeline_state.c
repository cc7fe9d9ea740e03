/* Pipelines that are saved, destroyed, made anew on another number of threads and restored go on as those that nothing
 * happened to: random ones, at random times, scaled and with other lines on the way. What can't be is refused, or harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/random.h"
#include "pipelines.h"
#include "saved_state.h"

#define MS        INT64_C(1000000)
#define MOST      20 /* stages, and streams */
#define PIPELINES (SKYTWIN_SANITIZED ? 6 : 24)
#define STEPS     24
#define STEP_NS   (170 * MS)
#define FLIPS     (SKYTWIN_SANITIZED ? 1500 : 12000)

typedef struct dice {
    random_key key;
    uint64_t thrown;
} dice;

typedef struct plan {
    pipeline_stage_config stages[MOST];
    pipeline_stream_config streams[2 * MOST];
    pipelines_config config;
    uint32_t sources;
} plan;

/* 0 … below - 1 */
static uint32_t throw_dice(dice *d, uint32_t below)
{
    return stream_below_of((uint32_t)random_u64(&d->key, d->thrown++), below);
}

static uint32_t is_without(const plan *p, uint32_t stage)
{
    for (uint32_t i = 0; i < p->config.stream_count; i++)
        if (p->streams[i].from == stage)
            return 0;
    return 1;
}

static void add_stream(plan *p, dice *d, uint32_t from, uint32_t to)
{
    pipeline_stream_config *s = &p->streams[p->config.stream_count++];

    *s = (pipeline_stream_config){ .from = from, .to = to, .by_key = 1, .record_bytes = 200 };
    if (p->stages[to].kind == PIPELINE_MAP || p->stages[to].kind == PIPELINE_SINK)
        s->by_key = throw_dice(d, 2);
    if (p->stages[from].region == p->stages[to].region && throw_dice(d, 3) > 0)
        return;
    s->latency_ns = (2 + throw_dice(d, 30)) * MS;
    s->bytes_per_s = throw_dice(d, 2) * 300000;
    s->batch_bytes = throw_dice(d, 2) * 2000;
    s->linger_ns = 5 * MS;
    s->header_bytes = 61;
    if (throw_dice(d, 2) > 0)
        s->jitter =
            (latency_jitter){ .mean_ns = MS, .tail = 2.5, .correlation = 0.5, .correlation_ns = 1000 * MS };
}

static void add_stage(plan *p, dice *d, pipeline_kind kind)
{
    uint32_t number = p->config.stage_count++;
    pipeline_stage_config *s = &p->stages[number];
    double mean_ns = (0.2 + 0.5 * throw_dice(d, 8)) * (double)MS;

    *s = kind == PIPELINE_SOURCE ? simple_source(100 + 100 * throw_dice(d, 4), throw_dice(d, 2))
                                 : simple_stage(kind, duration_make((duration_kind)throw_dice(d, 4),
                                                                    throw_dice(d, 5) > 0 ? mean_ns : 0, 0.8));
    s->region = throw_dice(d, p->config.regions);
    s->most = 1 + throw_dice(d, 4);
    s->tasks = 1 + throw_dice(d, s->most);
    s->buffer = throw_dice(d, 4) > 0 ? 4 + throw_dice(d, 30) : PIPELINE_UNLIMITED;
    s->rescale_ns = throw_dice(d, 3) * 200 * MS;
    s->selectivity = 0.25 * throw_dice(d, 7);
    s->nusd_per_hour = 1000000;
    if (kind == PIPELINE_WINDOW)
        s->slide_ns = (1 + throw_dice(d, 4)) * 100 * MS;
    if (kind == PIPELINE_WINDOW || (kind == PIPELINE_JOIN && throw_dice(d, 2) > 0))
        s->window_ns = s->slide_ns > 0 ? s->slide_ns * (1 + throw_dice(d, 3)) : 300 * MS;
    if (kind != PIPELINE_SOURCE)
        return;
    s->source.keys = 1 + throw_dice(d, 60);
    s->source.skew = 0.4 * throw_dice(d, 4);
    s->source.watermark_delay_ns = 30 * MS;
    s->source.disorder = duration_make(DURATION_EXPONENTIAL, 30.0 * throw_dice(d, 4) * (double)MS, 0);
    s->source.load.steady = throw_dice(d, 2);
}

/* Sources; maps, windows and joins of what came before; and sinks, so that some have nothing to do with the others. */
static void make(plan *p, uint32_t number)
{
    dice d = { .key = { .seed = 5, .thing = number } };
    uint32_t others;

    *p = (plan){ .config = { .stages = p->stages, .streams = p->streams, .seed = number, .threads = 1 } };
    p->config.regions = 1 + throw_dice(&d, 4);
    p->config.end_ns = STEPS * STEP_NS * 3 / 4;
    p->sources = 1 + throw_dice(&d, 3);
    others = 1 + throw_dice(&d, 5);
    for (uint32_t i = 0; i < p->sources; i++)
        add_stage(p, &d, PIPELINE_SOURCE);
    for (uint32_t i = 0; i < others; i++) {
        static const pipeline_kind kinds[] = { PIPELINE_MAP, PIPELINE_WINDOW, PIPELINE_JOIN };
        pipeline_kind kind = kinds[throw_dice(&d, 3)];
        uint32_t there = p->config.stage_count;

        add_stage(p, &d, kind);
        for (uint32_t k = 0; k < (kind == PIPELINE_JOIN ? 2 : 1 + throw_dice(&d, 2)); k++)
            add_stream(p, &d, throw_dice(&d, there), there);
    }
    others = p->config.stage_count;
    for (uint32_t i = 0; i < others; i++) {
        if (!is_without(p, i))
            continue;
        if (p->config.stage_count == others || throw_dice(&d, 2) > 0)
            add_stage(p, &d, PIPELINE_SINK);
        add_stream(p, &d, i, p->config.stage_count - 1);
    }
}

static void state_of(void *p, state *s)
{
    pipelines_state(p, s);
}

/* What there was when it was saved, of each thing that there can be. */
typedef struct met {
    uint64_t waiting, serving, holding, batched, under_way, late, folded;
} met;

static void look(const plan *plan, const pipelines *p, met *m)
{
    for (uint32_t i = 0; i < plan->config.stage_count; i++) {
        pipeline_stage_count n = pipelines_stage(p, i);

        m->waiting += n.waiting;
        m->serving += n.serving;
        m->holding += n.holding;
        m->late += n.late;
        m->folded += n.folded;
    }
    for (uint32_t i = 0; i < plan->config.stream_count; i++) {
        pipeline_stream_count n = pipelines_stream(p, i);

        m->batched += n.batched;
        m->under_way += n.sent - n.arrived - n.batched;
    }
}

/* Saved, and made anew from that; saved again that is the same. */
static pipelines *exchange(plan *plan, pipelines *p, int threads)
{
    size_t size, again_size;
    unsigned char *bytes = save_state(state_of, p, &size), *again;
    sky_error error = { "" };
    pipelines *copy;

    pipelines_destroy(p);
    plan->config.threads = threads;
    copy = pipelines_need(&plan->config);
    if (restore_state(state_of, copy, bytes, size, &error) != SKY_OK)
        fail_msg("%s", error.message);
    again = save_state(state_of, copy, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    free(bytes);
    return copy;
}

/* Scales a stage, changes a line, takes a region or a way, or gives them back. */
static void disturb(const plan *plan, pipelines *p, dice *d)
{
    uint32_t stage = throw_dice(d, plan->config.stage_count),
             stream = throw_dice(d, plan->config.stream_count);
    uint32_t tasks = 1 + throw_dice(d, plan->stages[stage].most);
    int64_t latency_ns = (2 + throw_dice(d, 30)) * MS;
    sky_error error;

    assert_int_equal(pipelines_scale(p, stage, tasks, &error), SKY_OK);
    assert_int_equal(pipelines_set_out(p, throw_dice(d, plan->config.regions), throw_dice(d, 3) == 0, &error),
                     SKY_OK);
    if (plan->stages[plan->streams[stream].from].region == plan->stages[plan->streams[stream].to].region)
        return;
    assert_int_equal(pipelines_set_line(p, stream, latency_ns, 200000, &error), SKY_OK);
    assert_int_equal(pipelines_set_way(p, stream, throw_dice(d, 3) == 0, &error), SKY_OK);
}

/* All that it is in the end. breaks: goes on from a checkpoint now and then. */
static unsigned char *simulate(uint32_t number, int breaks, size_t *size, met *m)
{
    dice what = { .key = { .seed = 6, .thing = number } }, when = { .key = { .seed = 7, .thing = number } };
    unsigned char *bytes;
    pipelines *p;
    plan plan;

    make(&plan, number);
    p = pipelines_need(&plan.config);
    for (int i = 0; i < STEPS; i++) {
        pipelines_go(p, i * STEP_NS + throw_dice(&what, 100) * MS);
        if (throw_dice(&what, 3) == 0)
            disturb(&plan, p, &what);
        if (!breaks || throw_dice(&when, 2) > 0)
            continue;
        look(&plan, p, m);
        p = exchange(&plan, p, 1 + (int)throw_dice(&when, 4));
    }
    pipelines_go(p, STEPS * STEP_NS);
    bytes = save_state(state_of, p, size);
    pipelines_destroy(p);
    return bytes;
}

static void test_goes_on_as_if_nothing_had_happened(void **state)
{
    met m = { .waiting = 0 };

    (void)state;
    for (uint32_t i = 0; i < PIPELINES; i++) {
        size_t expected_size, found_size;
        unsigned char *expected = simulate(i, 0, &expected_size, &m),
                      *found = simulate(i, 1, &found_size, &m);

        assert_int_equal(found_size, expected_size);
        assert_memory_equal(found, expected, expected_size);
        free(found);
        free(expected);
    }
    assert_true(m.waiting > 0 && m.serving > 0 && m.holding > 0 && m.batched > 0 && m.under_way > 0 &&
                m.late > 0 && m.folded > 0);
}

/* Other bytes: refused, or pipelines that run on, well or with an error. */
static void test_hostile_bytes(void **state)
{
    dice d = { .key = { .seed = 8 } };
    uint32_t refused = 0;

    (void)state;
    for (uint32_t number = 0; number < 4; number++) {
        unsigned char *bytes;
        pipelines *p;
        size_t size;
        plan plan;

        make(&plan, number);
        p = pipelines_need(&plan.config);
        pipelines_go(p, 1000 * MS);
        bytes = save_state(state_of, p, &size);
        pipelines_destroy(p);
        for (uint32_t i = 0; i < FLIPS / 4; i++) {
            size_t at = throw_dice(&d, (uint32_t)size);
            unsigned char change = (unsigned char)(1 + throw_dice(&d, 255));
            sky_error error = { "" };

            bytes[at] ^= change;
            p = pipelines_need(&plan.config);
            if (restore_state(state_of, p, bytes, size, &error) == SKY_OK)
                pipelines_run(p, 1050 * MS, &error);
            else
                refused++;
            pipelines_destroy(p);
            bytes[at] ^= change;
        }
        free(bytes);
    }
    assert_true(refused > FLIPS / 4);
}

/* Of other pipelines. */
static void test_other_pipelines_are_refused(void **state)
{
    sky_error error = { "" };
    unsigned char *bytes;
    pipelines *p;
    size_t size;
    plan plan;

    (void)state;
    make(&plan, 1);
    p = pipelines_need(&plan.config);
    bytes = save_state(state_of, p, &size);
    pipelines_destroy(p);
    plan.stages[0].most++;
    p = pipelines_need(&plan.config);
    assert_int_equal(restore_state(state_of, p, bytes, size, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"stages\""));
    pipelines_destroy(p);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on_as_if_nothing_had_happened),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_other_pipelines_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
