/* Logical processes give the same answer on any number of threads: a digest of every event at every process, in
 * order, on 1 to 16 threads, on one by measurement or on all, and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "phold.h"

#define PROCESSES    200
#define LOOKAHEAD_NS 100000000
#define END_NS       (SKY_NS_PER_SECOND * (SKYTWIN_SANITIZED ? 10 : 50))

typedef struct world {
    uint64_t seed;
    double mean_ns;
    int64_t piece_ns; /* windows_run is called for this much at a time */
    int64_t end_ns;   /* 0: END_NS */
} world;

static windows_statistics run(const world *d, int threads, int adaptive, uint64_t *digest)
{
    const process_model **models = phold_models(PROCESSES);
    const phold p = { .seed = d->seed, .remote = UINT32_MAX / 4, .mean_ns = d->mean_ns, .digests = 1 };
    const windows_config config = { .processes = PROCESSES,
                                    .model = models,
                                    .shared = &p,
                                    .lookahead_ns = LOOKAHEAD_NS,
                                    .threads = threads,
                                    .adaptive = adaptive };
    windows_statistics n;
    sky_error error;
    windows *w;

    assert_non_null(models);
    assert_int_equal(windows_create(&config, &w, &error), SKY_OK);
    free(models);
    for (int64_t now_ns = 0; now_ns < (d->end_ns > 0 ? d->end_ns : END_NS); now_ns += d->piece_ns)
        assert_int_equal(windows_run(w, now_ns + d->piece_ns, &error), SKY_OK);
    *digest = phold_digest(w, PROCESSES);
    n = windows_count(w);
    windows_destroy(w);
    return n;
}

static void check(const world *d)
{
    static const int threads[] = { 2, 3, 4, 8, 16 };
    uint64_t expected, found;
    windows_statistics alone = run(d, 1, 0, &expected);

    assert_true(alone.events > PROCESSES);
    assert_true(alone.messages > alone.events / 8);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
        for (int adaptive = 0; adaptive < 2; adaptive++) {
            windows_statistics n = run(d, threads[i], adaptive, &found);

            assert_true(found == expected);
            assert_int_equal(n.events, alone.events);
            assert_int_equal(n.messages, alone.messages);
            assert_true(adaptive || n.windows_on_threads > 0);
        }
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    check(&(world){ .seed = 1, .mean_ns = 1e9, .piece_ns = END_NS });
}

/* All delays the same: whole generations of events at one instant, in order of sender and sequence alone. */
static void test_ties(void **state)
{
    (void)state;
    check(&(world){ .seed = 2, .mean_ns = 0, .piece_ns = END_NS / 5 });
}

static void test_runs_in_pieces_are_one_run(void **state)
{
    const world whole = { .seed = 3, .mean_ns = 1e9, .piece_ns = END_NS };
    const world pieces = { .seed = 3, .mean_ns = 1e9, .piece_ns = END_NS / 10 };
    uint64_t a, b;

    (void)state;
    run(&whole, 2, 1, &a);
    run(&pieces, 3, 0, &b);
    assert_true(a == b);
}

/* Long enough that both ways of running are tried, and changed between. */
static void test_changes_of_pace(void **state)
{
    const world d = {
        .seed = 6, .mean_ns = 1e9, .piece_ns = 400 * SKY_NS_PER_SECOND, .end_ns = 400 * SKY_NS_PER_SECOND
    };
    uint64_t expected, found;
    windows_statistics n;

    (void)state;
    run(&d, 1, 0, &expected);
    n = run(&d, 2, 1, &found);
    assert_true(found == expected);
    assert_true(n.events > 3 * 20000); /* trials of the pace */
    assert_true(n.windows_on_threads > 0);
    assert_true(n.windows_on_threads < n.windows);
}

/* The answer itself: the same in every build, on every machine, with every C library. */
static void test_is_what_it_was(void **state)
{
    uint64_t digest;
    windows_statistics n = run(
        &(world){
            .seed = 1, .mean_ns = 1e9, .piece_ns = 5 * SKY_NS_PER_SECOND, .end_ns = 5 * SKY_NS_PER_SECOND },
        2, 0, &digest);

    (void)state;
    assert_int_equal(n.events, 922);
    assert_true(digest == UINT64_C(0xd6e679fa2eaca88f));
}

static void test_another_seed_is_another_run(void **state)
{
    uint64_t a, b;

    (void)state;
    run(&(world){ .seed = 4, .mean_ns = 1e9, .piece_ns = END_NS }, 1, 0, &a);
    run(&(world){ .seed = 5, .mean_ns = 1e9, .piece_ns = END_NS }, 1, 0, &b);
    assert_true(a != b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_runs_in_pieces_are_one_run),
        cmocka_unit_test(test_changes_of_pace),
        cmocka_unit_test(test_is_what_it_was),
        cmocka_unit_test(test_another_seed_is_another_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
