/* The histogram of times: percentiles within 1 % of exact ones from 1 us to 1 h, merged exactly in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skytwin/engine.h>

#include "kernel/stream.h"
#include "world/service/duration.h"
#include "world/service/histogram.h"

#define VALUES 20000
#define PIECES 7

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static histogram *empty(void)
{
    histogram *h = calloc(1, sizeof *h);

    assert_non_null(h);
    return h;
}

static void draw(int64_t *values, const duration *d, uint64_t seed)
{
    const random_key key = { .seed = seed };
    stream s;

    stream_init(&s, &key);
    for (int i = 0; i < VALUES; i++)
        values[i] = duration_ns(d, stream_exponential(&s));
}

/* Against the sorted values themselves. */
static void test_percentiles(void **state)
{
    static const int64_t shares[] = { 1, 1000, 10000, 500000, 900000, 950000, 990000, 999000, 999990 };
    static const double means[] = { 1e3, 1e6, 3e9, 3.6e12 };
    int64_t *values = malloc(VALUES * sizeof *values);

    (void)state;
    assert_non_null(values);
    for (int m = 0; m < 4; m++)
        for (duration_kind kind = 0; kind < DURATION_KIND_COUNT; kind++) {
            const duration d = duration_make(kind, means[m], 0.7);
            histogram *h = empty();
            sky_int128 sum = 0;

            draw(values, &d, 1 + (uint64_t)m);
            for (int i = 0; i < VALUES; i++) {
                histogram_add(h, values[i], 1);
                sum += values[i];
            }
            qsort(values, VALUES, sizeof *values, by_time);
            for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
                int64_t exact = values[(VALUES * shares[s] + 999999) / 1000000 - 1];
                int64_t found = histogram_percentile(h, shares[s]);

                assert_true(llabs(found - exact) * 100 <= exact);
            }
            assert_int_equal(histogram_percentile(h, 1000000), values[VALUES - 1]);
            assert_int_equal(histogram_mean(h), (sum + VALUES / 2) / VALUES);
            free(h);
        }
    free(values);
}

/* Every bucket's ends, over all of int64: no gap, no overlap, no bucket wider than 1 %. */
static void test_buckets(void **state)
{
    (void)state;
    assert_int_equal(histogram_bucket(0), 0);
    assert_int_equal(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1);
    for (int power = 7; power < 63; power++)
        for (int64_t part = 0; part < HISTOGRAM_PARTS; part++) {
            int64_t width = INT64_C(1) << (power - 7), first = (INT64_C(1) << power) + part * width;

            assert_int_equal(histogram_bucket(first), histogram_bucket(first + (width - 1)));
            assert_int_equal(histogram_bucket(first), histogram_bucket(first - 1) + 1);
            assert_true(first / width > 100);
        }
}

static void test_merged_in_any_order(void **state)
{
    const duration d = duration_make(DURATION_LOGNORMAL, 1e6, 2);
    int64_t *values = malloc(VALUES * sizeof *values);
    histogram *whole = empty(), *there = empty(), *back = empty(), *pieces = calloc(PIECES, sizeof *pieces);

    (void)state;
    assert_non_null(values);
    assert_non_null(pieces);
    draw(values, &d, 9);
    for (int i = 0; i < VALUES; i++) {
        histogram_add(whole, values[i], 1);
        histogram_add(&pieces[values[i] % PIECES], values[i], 1);
    }
    for (int i = 0; i < PIECES; i++) {
        histogram_merge(there, &pieces[i]);
        histogram_merge(back, &pieces[PIECES - 1 - i]);
    }
    assert_memory_equal(there, whole, sizeof *whole);
    assert_memory_equal(back, whole, sizeof *whole);
    /* What is taken off again leaves the rest. */
    for (int i = 1; i < PIECES; i++)
        histogram_subtract(there, &pieces[i]);
    assert_memory_equal(there->counts, pieces[0].counts, sizeof there->counts);
    assert_true(there->sum_ns == pieces[0].sum_ns && there->count == pieces[0].count);
    assert_true(there->max_ns >= pieces[0].max_ns &&
                there->max_ns - pieces[0].max_ns < pieces[0].max_ns / 100);
    free(values);
    free(whole);
    free(there);
    free(back);
    free(pieces);
}

static void test_empty_and_many(void **state)
{
    histogram *h = empty();

    (void)state;
    assert_int_equal(histogram_percentile(h, 990000), 0);
    assert_int_equal(histogram_mean(h), 0);
    histogram_add(h, 5, 0);
    assert_int_equal(h->max_ns, 0);
    histogram_add(h, 100, UINT64_C(1) << 50);
    histogram_add(h, SKY_NS_PER_HOUR, UINT64_C(1) << 50);
    assert_int_equal(histogram_percentile(h, 500000), 100);
    assert_true(histogram_percentile(h, 500001) > SKY_NS_PER_HOUR / 100 * 99);
    assert_int_equal(histogram_mean(h), (SKY_NS_PER_HOUR + 100) / 2);
    free(h);
}

/* There and back; other bytes are refused, or count what they say. */
static void test_state(void **unused)
{
    histogram *h = empty(), *copy = empty();
    state *saved = state_save(), *s;
    unsigned char bytes[256];
    const unsigned char *from;
    sky_error error = { "" };
    size_t size;

    (void)unused;
    histogram_add(h, 0, 2);
    histogram_add(h, 123456789, 3);
    histogram_add(h, INT64_MAX, 1);
    histogram_add(copy, 77, 1);
    histogram_state(h, saved);
    from = state_saved(saved, &size);
    assert_true(size <= sizeof bytes);
    for (size_t at = 0; at <= size; at++) {
        uint64_t count = 0;

        memcpy(bytes, from, size);
        if (at < size)
            bytes[at] ^= 0x81;
        s = state_restore(bytes, size);
        histogram_state(copy, s);
        if (state_end(s, &error) == SKY_OK) {
            for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
                count += copy->counts[i];
            assert_true(count == copy->count);
            histogram_percentile(copy, 500000);
        }
        state_free(s);
    }
    assert_memory_equal(copy, h, sizeof *h);
    state_free(saved);
    free(h);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_merged_in_any_order),
        cmocka_unit_test(test_empty_and_many),
        cmocka_unit_test(test_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
