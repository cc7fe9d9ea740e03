/* scenarios/data-gravity.cfg: when the copy comes, as a closed form; what each strategy costs; and that not to know how many
 * jobs will come costs at most as much again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "record.h"
#include "twin.h"
#include "validation.h"

#define SCENARIO SKYTWIN_SOURCE_DIR "/scenarios/data-gravity.cfg"
#define USD      1e9

typedef struct seen {
    int64_t launches, copies;
    int64_t launches_before_copy; /* the first one that was ordered */
    int64_t bring_nusd;
    int64_t moves; /* of its home */
    record_digest *digest;
} seen;

static sky_status keep(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    seen *x = context;

    (void)error;
    for (size_t i = 0; stream == RECORD_ACTIONS && i < count; i++) {
        const sky_action *a = (const sky_action *)rows + i;

        if (a->kind == SKY_ACTION_REPLICATE && x->copies++ == 0) {
            x->launches_before_copy = x->launches;
            x->bring_nusd = a->score;
        }
        x->moves += a->kind == SKY_ACTION_MOVE_DATA;
        x->launches += a->kind == SKY_ACTION_LAUNCH;
    }
    if (x->digest != NULL)
        record_digest_add(x->digest, stream, rows, count * record_row_bytes(stream));
    return SKY_OK;
}

static double cost_of(const char *strategy, const char *const *overrides, size_t count, int64_t restart_ns,
                      seen *x)
{
    const twin_output output = { .context = x, .rows = keep };
    twin_options options = { .strategy = strategy, .seed = 1, .restart_at_ns = restart_ns };
    record_summary summary;
    sky_error error;
    scenario s;

    *x = (seen){ .digest = x->digest };
    if (scenario_load(SCENARIO, overrides, count, &s, &error) != SKY_OK ||
        twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    return (double)summary.cost_nusd / USD;
}

/* One job after the other: from afar each pays 400 USD for 20 TB, and reads them in 16,000 s over the line instead of 4000 s
 * from disks: 12,000 s of a machine at 7.8168 USD an hour and of time worth 20 USD. The copy costs 4000 USD, 200,000
 * requests, and 60 h of holding 200 TB at 0.01 USD/GB. */
static void test_the_copy_comes_with_the_tenth_job(void **state)
{
    static const char *const overrides[] = { "workloads[0].rate=\"0.2 /d\"", "duration=\"100 d\"" };
    const double regret = 400 + 12000.0 / 3600 * (7.8168 + 20), bring = 4000 + 200 * 0.0004;
    const double hold = 200000 * 0.01 * 60 / 730;
    int64_t expected = (int64_t)ceil((bring + hold) /
                                     regret); /* 8.45: nine that regret, and the tenth brings */
    char measured[80];
    seen x = { 0 };

    (void)state;
    (void)cost_of("data-gravity", overrides, 2, SKY_NEVER_NS, &x);
    assert_int_equal(x.copies, 1);
    assert_true(fabs((double)x.bring_nusd / USD / bring - 1) < 1e-3);
    assert_int_equal(x.launches_before_copy, expected);
    snprintf(measured, sizeof measured, "after %d jobs", (int)x.launches_before_copy);
    validation_row("data-gravity.cfg, jobs one after the other: 200 TB are brought",
                   "after (4000 + 164 USD) / 493 USD = 9 jobs", measured, "closed form");
}

static void test_what_each_strategy_costs(void **state)
{
    seen x = { 0 };
    double work = cost_of("compute-to-data", NULL, 0, SKY_NEVER_NS, &x),
           afar = cost_of("on-demand-cheapest", NULL, 0, SKY_NEVER_NS, &x),
           data = cost_of("data-to-compute", NULL, 0, SKY_NEVER_NS, &x), gravity;
    char measured[100];

    (void)state;
    assert_int_equal(x.copies, 1);
    gravity = cost_of("data-gravity", NULL, 0, SKY_NEVER_NS, &x);
    assert_int_equal(x.copies, 1);
    assert_true(data < gravity && gravity < afar && afar < work);
    assert_true(gravity < 1.1 * data);
    snprintf(measured, sizeof measured,
             "%.0f; %.0f from afar, %.0f with the data, %.0f where it was brought at once", gravity, afar,
             work, data);
    validation_row("data-gravity.cfg, 121 jobs: USD of data-gravity, which does not know how many will come",
                   "at most twice the best", measured, "scenario");
}

/* Six jobs: a copy would never have paid. */
static void test_few_jobs_bring_nothing(void **state)
{
    static const char *const overrides[] = { "workloads[0].rate=\"0.1 /d\"" };
    seen x = { 0 };
    double afar = cost_of("on-demand-cheapest", overrides, 1, SKY_NEVER_NS, &x), gravity, data;

    (void)state;
    gravity = cost_of("data-gravity", overrides, 1, SKY_NEVER_NS, &x);
    assert_int_equal(x.copies, 0);
    assert_true(gravity <= afar * (1 + 1e-9));
    data = cost_of("data-to-compute", overrides, 1, SKY_NEVER_NS, &x);
    assert_true(gravity < data);
}

/* Break-even for all that is read: the copy comes as under data-gravity, and then the home follows it, as nobody reads in
 * Ireland any more: that saves what is held there. */
static void test_the_home_follows(void **state)
{
    static const char *const overrides[] = { "storage.replication=\"break-even\"" };
    seen x = { 0 };
    double gravity = cost_of("data-gravity", NULL, 0, SKY_NEVER_NS, &x), followed;

    (void)state;
    followed = cost_of("on-demand-cheapest", overrides, 1, SKY_NEVER_NS, &x);
    assert_int_equal(x.copies, 1);
    assert_int_equal(x.moves, 1);
    assert_true(followed < gravity);
}

/* The engine's snapshot holds all that it has weighed: the same orders, and the same record, to the bit. */
static void test_a_restarted_engine_goes_on(void **state)
{
    static const char *const overrides[] = { "duration=\"12 d\"", "storage.replication=\"break-even\"",
                                             "storage.tiering=\"by-reads\"" };
    char digest[2][RECORD_DIGEST_CHARS];

    (void)state;
    for (int i = 0; i < 2; i++) {
        seen x = { .digest = record_digest_new() };

        (void)cost_of("data-gravity", overrides, 3, i == 0 ? SKY_NEVER_NS : 60 * SKY_NS_PER_HOUR, &x);
        record_digest_text(x.digest, digest[i]);
        record_digest_free(x.digest);
        assert_int_equal(x.copies, 1);
    }
    assert_string_equal(digest[0], digest[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_copy_comes_with_the_tenth_job),
        cmocka_unit_test(test_what_each_strategy_costs),
        cmocka_unit_test(test_few_jobs_bring_nothing),
        cmocka_unit_test(test_the_home_follows),
        cmocka_unit_test(test_a_restarted_engine_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
