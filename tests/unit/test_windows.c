/* Logical processes: the rules that models live by, the control process, what comes of failures. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include "kernel/windows.h"

#define PROCESSES 6
#define LINK_NS   100

enum { TICK, MESSAGE, KINDS };

typedef struct state {
    int64_t ticks, messages, last_ns;
    uint32_t last_from;
} state;

/* What is to go wrong, and where. */
typedef struct trouble {
    uint32_t process;  /* that does it */
    int64_t at_tick;   /* 0: in begin; negative: never */
    int64_t delay_ns;  /* it sends a message with this delay */
    uint32_t kind, to; /* of this kind, to this process */
    sky_status status; /* not SKY_OK: it fails by itself */
} trouble;

static const trouble no_trouble = { .at_tick = -1 };

static void make_trouble(process_context *c, int64_t tick)
{
    const trouble *t = c->shared;

    if (t->at_tick != tick || t->process != c->self)
        return;
    if (t->status != SKY_OK)
        process_fail(c, t->status, "as it was told to");
    else
        process_send(c, t->to, t->delay_ns, t->kind, 0, 0, 0);
}

/* Each tells its right neighbour every 10 ns. */
static void tick(process_context *c, void *of, const kernel_event *event)
{
    state *s = of;

    assert_int_equal(event->to, c->self);
    assert_int_equal(event->time_ns, c->now_ns);
    s->ticks++;
    s->last_ns = c->now_ns;
    make_trouble(c, s->ticks);
    process_schedule(c, 10, TICK, 0, 0, 0);
    process_send(c, (c->self + 1) % c->processes, LINK_NS, MESSAGE, 7, 8, -9);
}

static void hear(process_context *c, void *of, const kernel_event *event)
{
    state *s = of;

    assert_int_equal(event->subject, 7);
    assert_int_equal(event->other, 8);
    assert_int_equal(event->a, -9);
    s->messages++;
    s->last_from = kernel_event_process(event);
    s->last_ns = c->now_ns;
}

static void begin(process_context *c, void *of)
{
    assert_int_equal(((state *)of)->ticks, 0);
    assert_int_equal(c->processes, PROCESSES);
    process_schedule(c, 10 * (c->self + 1), TICK, 0, 0, 0);
    make_trouble(c, 0);
}

static process_handler *const handlers[KINDS] = { tick, hear };
static const process_model model = {
    .name = "clock", .state_bytes = sizeof(state), .begin = begin, .handlers = handlers, .kinds = KINDS
};
static const process_model *const models[PROCESSES] = { &model, &model, &model, &model, &model, &model };

static windows_config config_of(const trouble *t, int threads)
{
    return (windows_config){
        .processes = PROCESSES, .model = models, .shared = t, .lookahead_ns = LINK_NS, .threads = threads
    };
}

static windows *create(const windows_config *config)
{
    sky_error error;
    windows *w;

    assert_int_equal(windows_create(config, &w, &error), SKY_OK);
    return w;
}

static void test_impossible_configurations(void **unused)
{
    windows_config good = config_of(&no_trouble, 1), bad[4];
    sky_error error;
    windows *w;

    (void)unused;
    for (int i = 0; i < 4; i++)
        bad[i] = good;
    bad[0].processes = 0;
    bad[1].processes = KERNEL_MAX_PROCESSES;
    bad[2].lookahead_ns = 0;
    bad[3].threads = -1;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(windows_create(&bad[i], &w, &error), SKY_ERROR_INPUT);
        assert_non_null(strstr(error.message, "expected"));
        assert_null(w);
    }
    windows_destroy(NULL);
}

static void test_events_happen_up_to_and_at_the_end(void **unused)
{
    (void)unused;
    for (int threads = 1; threads <= 3; threads++) {
        windows_config config = config_of(&no_trouble, threads);
        windows *w = create(&config);
        sky_error error;

        assert_int_equal(windows_run(w, 9, &error), SKY_OK);
        assert_int_equal(windows_count(w).events, 0);
        assert_int_equal(windows_run(w, 10, &error), SKY_OK);
        assert_int_equal(windows_count(w).events, 1);
        assert_int_equal(windows_run(w, 1000, &error), SKY_OK);
        for (uint32_t i = 0; i < PROCESSES; i++) {
            const state *s = windows_process(w, i);
            int64_t before = (i + PROCESSES - 1) % PROCESSES;

            assert_int_equal(s->ticks, 100 - i);
            assert_int_equal(s->messages, 90 - before);
            assert_int_equal(s->last_from, before);
            assert_int_equal(s->last_ns, 1000);
        }
        windows_destroy(w);
    }
}

static void expect_failure(const trouble *t, sky_status status, const char *message)
{
    for (int threads = 1; threads <= 6; threads++)
        for (int adaptive = 0; adaptive < 2; adaptive++) {
            windows_config config = config_of(t, threads);
            sky_error error = { "" };
            sky_status found;
            windows *w;

            config.adaptive = adaptive;
            found = windows_create(&config, &w, &error);
            if (found == SKY_OK) {
                found = windows_run(w, 10000, &error);
                assert_int_equal(windows_run(w, 20000, &error), found); /* it stays over */
            } else {
                assert_null(w);
            }
            assert_int_equal(found, status);
            assert_string_equal(error.message, message);
            if (w != NULL)
                windows_destroy(w);
        }
}

static void test_failures_are_the_same_on_any_number_of_threads(void **unused)
{
    (void)unused;
    expect_failure(
        &(trouble){ .process = 4, .at_tick = 3, .delay_ns = LINK_NS - 1, .kind = MESSAGE, .to = 1 },
        SKY_ERROR_STATE, "clock 4 at 70 ns: sends a message that arrives before the lookahead is over");
    expect_failure(&(trouble){ .process = 2, .at_tick = 5, .delay_ns = LINK_NS, .to = PROCESSES },
                   SKY_ERROR_STATE, "clock 2 at 70 ns: sends to a process that there is not");
    expect_failure(&(trouble){ .process = 0, .at_tick = 2, .delay_ns = 1000, .kind = KINDS, .to = 3 },
                   SKY_ERROR_STATE, "clock 3 at 1020 ns: gets an event of a kind that it has no handler for");
    expect_failure(&(trouble){ .process = 5, .at_tick = 1, .delay_ns = -1, .kind = TICK, .to = 5 },
                   SKY_ERROR_STATE, "clock 5 at 60 ns: schedules an event in the past");
    expect_failure(&(trouble){ .process = 1, .at_tick = 7, .status = SKY_ERROR_MEMORY }, SKY_ERROR_MEMORY,
                   "clock 1 at 80 ns: as it was told to");
    expect_failure(&(trouble){ .process = 3, .at_tick = 0, .status = SKY_ERROR_INPUT }, SKY_ERROR_INPUT,
                   "clock 3 at 0 ns: as it was told to");
}

/* ---- no memory -------------------------------------------------------------------------------------------- */

/* Each event causes two, one of them at another process. */
static void multiply(process_context *c, void *of, const kernel_event *event)
{
    (void)of;
    (void)event;
    process_schedule(c, LINK_NS, 0, 0, 0, 0);
    process_send(c, (c->self + 1) % c->processes, LINK_NS, 0, 0, 0, 0);
}

static void begin_multiplying(process_context *c, void *of)
{
    (void)of;
    process_schedule(c, 0, 0, 0, 0, 0);
}

/* In a child, under a limit of 100 MiB: exits with the status of the run. */
static void run_out_of_memory(int threads)
{
    static process_handler *const multiplies[] = { multiply };
    static const process_model rabbit = {
        .name = "rabbit", .begin = begin_multiplying, .handlers = multiplies, .kinds = 1
    };
    const process_model *rabbits[4] = { &rabbit, &rabbit, &rabbit, &rabbit };
    const windows_config config = {
        .processes = 4, .model = rabbits, .lookahead_ns = LINK_NS, .threads = threads
    };
    const struct rlimit limit = { 100 << 20, 100 << 20 };
    sky_error error;
    sky_status status;
    windows *w;

    mallopt(M_ARENA_MAX, 1);
    setrlimit(RLIMIT_AS, &limit);
    status = windows_create(&config, &w, &error);
    if (status == SKY_OK)
        status = windows_run(w, SKY_NEVER_NS - 1, &error);
    windows_destroy(w);
    _exit(strstr(error.message, "out of memory") != NULL ? (int)status : 99);
}

static void test_no_memory_ends_the_run(void **unused)
{
    (void)unused;
    if (SKYTWIN_SANITIZED) /* they need more address space than there would be */
        skip();
    for (int threads = 1; threads <= 4; threads++) {
        pid_t child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0)
            run_out_of_memory(threads);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), SKY_ERROR_MEMORY);
    }
}

/* ---- the control process --------------------------------------------------------------------------------- */

typedef struct control {
    int64_t acted[8];
    int count;
    int stop_after; /* times asked */
    int64_t ticks_seen;
} control;

static int64_t act(void *context, windows *w, int64_t now_ns)
{
    control *k = context;
    const state *s = windows_process(w, 0);

    k->acted[k->count++] = now_ns;
    assert_int_equal(s->ticks, now_ns / 10); /* all that happens at this time has, and no more */
    assert_int_equal(windows_send(w, 0, now_ns, MESSAGE, 7, 8, -9), SKY_OK);
    assert_int_equal(windows_send(w, 0, now_ns - 1, MESSAGE, 7, 8, -9), SKY_ERROR_INPUT);
    assert_int_equal(windows_send(w, PROCESSES, now_ns, MESSAGE, 7, 8, -9), SKY_ERROR_INPUT);
    windows_set_lookahead(w, now_ns % 2 ? 1 : 50);
    return k->count < 4 ? now_ns + 45 : SKY_NEVER_NS;
}

static void test_control_acts_after_its_instant(void **unused)
{
    (void)unused;
    for (int threads = 1; threads <= 4; threads++) {
        control k = { .count = 0 };
        windows_config config = config_of(&no_trouble, threads);
        sky_error error;
        const state *s;
        windows *w;

        config.context = &k;
        config.control = act;
        config.control_first_ns = 20;
        w = create(&config);
        assert_int_equal(windows_run(w, 110, &error), SKY_OK);
        assert_int_equal(k.count, 3); /* 20, 65, 110: also at the end */
        assert_int_equal(windows_run(w, 1000, &error), SKY_OK);
        assert_int_equal(k.count, 4);
        assert_int_equal(k.acted[3], 155);
        s = windows_process(w, 0);
        assert_int_equal(s->messages, 85 + 4);
        windows_destroy(w);
    }
}

static int64_t stand_still(void *context, windows *w, int64_t now_ns)
{
    (void)context;
    (void)w;
    return now_ns;
}

static void test_control_must_go_on(void **unused)
{
    windows_config config = config_of(&no_trouble, 1);
    sky_error error;
    windows *w;

    (void)unused;
    config.control = stand_still;
    config.control_first_ns = 30;
    w = create(&config);
    assert_int_equal(windows_run(w, 100, &error), SKY_ERROR_STATE);
    windows_destroy(w);
}

static int stop(void *context)
{
    control *k = context;

    return k->stop_after-- == 0;
}

static void test_a_stopped_run_goes_on(void **unused)
{
    (void)unused;
    for (int threads = 1; threads <= 3; threads++)
        for (int adaptive = 0; adaptive < 2; adaptive++) {
            control k = { .stop_after = 0 };
            windows_config config = config_of(&no_trouble, threads);
            sky_error error;
            windows *w;
            int stops = 0;

            config.adaptive = adaptive;
            config.context = &k;
            config.stop = stop;
            w = create(&config);
            while (windows_run(w, 1000, &error) == SKY_ERROR_STOPPED && ++stops < 100)
                k.stop_after = 3;
            assert_true(stops > 0 && stops < 100);
            for (uint32_t i = 0; i < PROCESSES; i++)
                assert_int_equal(((const state *)windows_process(w, i))->ticks, 100 - i);
            windows_destroy(w);
        }
}

/* ---- what a profile counts ------------------------------------------------------------------------------- */

static void test_profile_counts_events_by_kind(void **unused)
{
    (void)unused;
    for (int threads = 1; threads <= 3; threads++) {
        profile p;
        windows_config config = config_of(&no_trouble, threads);
        windows_statistics n;
        sky_error error;
        windows *w;

        profile_begin(&p, 0, SKY_NEVER_NS);
        config.profile = &p;
        w = create(&config);
        assert_int_equal(windows_run(w, 1000, &error), SKY_OK);
        n = windows_count(w);
        windows_destroy(w);
        assert_int_equal(p.count[1 + MESSAGE], n.messages);
        assert_int_equal(p.count[1 + TICK], n.events - n.messages);
        assert_true(p.ns[1 + TICK] > 0);
        assert_int_equal(p.span_count, 0);
        profile_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_no_memory_ends_the_run), /* first: a child has no use of OpenMP's threads of before */
        cmocka_unit_test(test_impossible_configurations),
        cmocka_unit_test(test_events_happen_up_to_and_at_the_end),
        cmocka_unit_test(test_failures_are_the_same_on_any_number_of_threads),
        cmocka_unit_test(test_control_acts_after_its_instant),
        cmocka_unit_test(test_control_must_go_on),
        cmocka_unit_test(test_a_stopped_run_goes_on),
        cmocka_unit_test(test_profile_counts_events_by_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
