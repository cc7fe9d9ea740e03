/* Streams of variates: the logarithm, the distribution, and that a stream is its key's draws in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include "kernel/draw.h"
#include "kernel/stream.h"

#define DRAWS 20000

static const random_key key = { .seed = 20261124, .replication = 2, .thing = 3, .purpose = RANDOM_WORK };

static double relative_error(uint64_t bits)
{
    long double exact = -logl(((long double)(bits >> 12) + 0.5L) * 0x1p-52L);

    return (double)fabsl((stream_exponential_of(bits) - exact) / exact);
}

static void test_logarithm(void **state)
{
    (void)state;
    assert_true(relative_error(0) < 1e-15);          /* the smallest u: the largest variate */
    assert_true(relative_error(UINT64_MAX) < 1e-15); /* the largest u, next to 1 */
    assert_true(stream_exponential_of(0) < 36.8);
    assert_true(stream_exponential_of(UINT64_MAX) > 0);
    for (int shift = 0; shift < 52;
         shift++) { /* on both sides of each power of two, and of the roots between */
        uint64_t one = UINT64_C(1) << (63 - shift), root = (uint64_t)(sqrt(0.5) * (double)one);

        for (int64_t by = -2; by <= 2; by++) {
            assert_true(relative_error(one + (uint64_t)(by * 4096)) < 1e-15);
            assert_true(relative_error(root + (uint64_t)(by * 4096)) < 1e-15);
        }
    }
    for (uint64_t n = 0; n < 100000; n++)
        assert_true(relative_error(random_u64(&key, n)) < 1e-15);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov's distance from uniform, times sqrt(n): above 1.95 one time in a thousand. */
static double kolmogorov(double *u, int n)
{
    double worst = 0;

    qsort(u, (size_t)n, sizeof *u, by_value);
    for (int i = 0; i < n; i++)
        worst = fmax(worst, fmax(u[i] - (double)i / n, (i + 1.0) / n - u[i]));
    return worst * sqrt(n);
}

static void test_exponential(void **state)
{
    static double u[DRAWS];
    stream s;

    (void)state;
    stream_init(&s, &key);
    for (int i = 0; i < DRAWS; i++)
        u[i] = -expm1(-stream_exponential(&s));
    assert_true(kolmogorov(u, DRAWS) < 1.95);
}

/* The longest variates: P(more than x) = exp(-x). Half a million of them, 99.9 % of the time within 3.3 deviations. */
static void test_tail(void **state)
{
    const int draws = 500000;
    int count[10] = { 0 };
    stream s;

    (void)state;
    stream_init(&s, &key);
    for (int i = 0; i < draws; i++) {
        double x = stream_exponential(&s);

        for (int k = 0; k < 10; k++)
            count[k] += x > k;
    }
    for (int k = 1; k < 10; k++)
        assert_true(fabs(count[k] - draws * exp(-k)) < 3.3 * sqrt(draws * exp(-k)));
}

static void test_a_stream_is_its_key_s_draws(void **state)
{
    stream s;
    uint64_t pair[2];

    (void)state;
    stream_init(&s, &key);
    for (uint64_t n = 0; n < 1000; n++) {
        random_pair(&key, n, pair);
        assert_true(pair[0] == random_u64(&key, n));
        assert_true(stream_exponential(&s) == stream_exponential_of(pair[0]));
        if (n % 7 == 0) { /* a copy goes on as the original does */
            stream copy = s;

            assert_true(stream_exponential(&copy) == stream_exponential_of(pair[1]));
        }
        assert_true(stream_exponential(&s) == stream_exponential_of(pair[1]));
    }
}

static void test_times_are_rounded_to_the_nanosecond(void **state)
{
    stream a, b;

    (void)state;
    stream_init(&a, &key);
    stream_init(&b, &key);
    for (int i = 0; i < 1000; i++)
        assert_true(fabs((double)stream_exponential_ns(&a, 1000) - 1000 * stream_exponential(&b)) <= 0.5);
}

static void test_uniform_and_below(void **state)
{
    int count[6] = { 0 };

    (void)state;
    for (uint64_t n = 0; n < 60000; n++) {
        uint64_t bits = random_u64(&key, n);
        uint32_t below = stream_below_of((uint32_t)bits, 6);

        assert_true(stream_uniform_of(bits) == draw_uniform(&key, n));
        assert_true(below < 6);
        count[below]++;
    }
    for (int i = 0; i < 6; i++)
        assert_true(abs(count[i] - 10000) < 302); /* 3.3 deviations of the binomial */
    assert_int_equal(stream_below_of(UINT32_MAX, 1), 0);
    assert_int_equal(stream_below_of(UINT32_MAX, UINT32_MAX), UINT32_MAX - 1);
}

/* At every draw of two blocks. */
static void test_state(void **unused)
{
    stream s, copy, ahead;

    (void)unused;
    stream_init(&s, &key);
    for (int n = 0; n < 2 * STREAM_BLOCK + 2; n++) {
        state *saved = state_save(), *restored;
        const unsigned char *bytes;
        sky_error error = { "" };
        size_t size;

        stream_state(&s, saved);
        bytes = state_saved(saved, &size);
        assert_int_equal(size, 12);
        restored = state_restore(bytes, size);
        stream_init(&copy, &key);
        stream_state(&copy, restored);
        assert_int_equal(state_end(restored, &error), SKY_OK);
        state_free(restored);
        state_free(saved);
        ahead = s;
        for (int i = 0; i < STREAM_BLOCK + 1; i++)
            assert_true(stream_exponential(&copy) == stream_exponential(&ahead));
        stream_exponential(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logarithm),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_a_stream_is_its_key_s_draws),
        cmocka_unit_test(test_times_are_rounded_to_the_nanosecond),
        cmocka_unit_test(test_uniform_and_below),
        cmocka_unit_test(test_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
