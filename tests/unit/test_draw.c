/* Distributions: each draw against its distribution function (Kolmogorov and Smirnov), and the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include "kernel/draw.h"

#define DRAWS   20000
#define MEAN_NS 3.6e12
#define MS      INT64_C(1000000)

static const random_key key = { .seed = 20240607, .replication = 1, .thing = 5, .purpose = RANDOM_WORK };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The largest distance of the sample's distribution from uniform, given u_i = F(x_i), times sqrt(n): above
 * 1.95 one time in a thousand [Kolmogorov 1933]. */
static double kolmogorov(double *u, int n)
{
    double worst = 0;

    qsort(u, (size_t)n, sizeof *u, by_value);
    for (int i = 0; i < n; i++)
        worst = fmax(worst, fmax(u[i] - (double)i / n, (i + 1.0) / n - u[i]));
    return worst * sqrt(n);
}

static double weibull_scale(double shape)
{
    return MEAN_NS / tgamma(1 + 1 / shape);
}

static void test_uniform(void **state)
{
    double u[DRAWS];

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        u[i] = draw_uniform(&key, (uint64_t)i);
        assert_true(u[i] > 0 && u[i] < 1);
        assert_true(1 - (1 - u[i]) == u[i]);
    }
    assert_true(kolmogorov(u, DRAWS) < 1.95);
}

static void test_normal(void **state)
{
    double u[DRAWS];

    (void)state;
    for (int i = 0; i < DRAWS; i++)
        u[i] = gsl_cdf_ugaussian_P(draw_normal(&key, (uint64_t)i));
    assert_true(kolmogorov(u, DRAWS) < 1.95);
}

static void test_exponential(void **state)
{
    double u[DRAWS];

    (void)state;
    for (int i = 0; i < DRAWS; i++)
        u[i] = gsl_cdf_exponential_P((double)draw_exponential_ns(&key, (uint64_t)i, MEAN_NS), MEAN_NS);
    assert_true(kolmogorov(u, DRAWS) < 1.95);
}

/* Not below shape 0.4: there the rounding to a millisecond moves a share of the draws that can be seen. */
static void test_weibull_has_the_mean_asked_for(void **state)
{
    static const double shapes[] = { 0.5, 0.8, 1, 2.5, 20 };
    double u[DRAWS];

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (int i = 0; i < DRAWS; i++)
            u[i] = gsl_cdf_weibull_P((double)draw_weibull_ns(&key, (uint64_t)i, MEAN_NS, shapes[s]),
                                     weibull_scale(shapes[s]), shapes[s]);
        assert_true(kolmogorov(u, DRAWS) < 1.95);
    }
}

/* At shape 1 nothing is remembered: the rest is distributed as the whole. At any shape its mean is
 * (mean / 2) (1 + squared coefficient of variation) [Cox 1962, 5.2]. */
static void test_weibull_rest(void **state)
{
    static const double shapes[] = { 0.5, 0.8, 1, 2.5, 20 };
    double u[DRAWS];

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        double shape = shapes[s], g1 = tgamma(1 + 1 / shape), sum = 0, squares = 0, mean, error;

        for (int i = 0; i < DRAWS; i++) {
            double x = (double)draw_weibull_rest_ns(&key, (uint64_t)i, MEAN_NS, shape);

            u[i] = shape == 1 ? gsl_cdf_exponential_P(x, MEAN_NS)
                              : gsl_cdf_gamma_P(pow(x / weibull_scale(shape), shape), 1 / shape, 1);
            sum += x / MEAN_NS;
            squares += x / MEAN_NS * x / MEAN_NS;
        }
        assert_true(kolmogorov(u, DRAWS) < 1.95);
        mean = sum / DRAWS;
        error = sqrt((squares / DRAWS - mean * mean) / DRAWS);
        assert_true(fabs(mean - tgamma(1 + 2 / shape) / (2 * g1 * g1)) < 3.3 * error);
    }
}

static void test_lognormal_and_pareto(void **state)
{
    const double sigma = 1.2, alpha = 1.8;
    double u[DRAWS];

    (void)state;
    for (int i = 0; i < DRAWS; i++)
        u[i] = gsl_cdf_lognormal_P((double)draw_lognormal_ns(&key, (uint64_t)i, MEAN_NS, sigma),
                                   log(MEAN_NS) - sigma * sigma / 2, sigma);
    assert_true(kolmogorov(u, DRAWS) < 1.95);
    for (int i = 0; i < DRAWS; i++)
        u[i] = gsl_cdf_pareto_P((double)draw_pareto_ns(&key, (uint64_t)i, MEAN_NS, alpha), alpha,
                                MEAN_NS * (alpha - 1) / alpha);
    assert_true(kolmogorov(u, DRAWS) < 1.95);
}

/* Exactly the least n with P(N <= n) >= u, up to where the sum is exact. */
static void test_poisson_inverts_its_distribution(void **state)
{
    static const double means[] = { 0.01, 0.7, 12, 480 };

    (void)state;
    for (size_t m = 0; m < sizeof means / sizeof *means; m++)
        for (uint64_t i = 0; i < 5000; i++) {
            double u = draw_uniform(&key, i);
            int64_t n = draw_poisson(&key, i, means[m]);

            assert_true(n >= 0 && gsl_cdf_poisson_P((unsigned)n, means[m]) >= u * (1 - 1e-9));
            assert_true(n == 0 || gsl_cdf_poisson_P((unsigned)n - 1, means[m]) < u * (1 + 1e-9));
        }
}

static void test_poisson_of_large_means(void **state)
{
    static const double means[] = { 501, 20000 };
    int64_t off = 0;

    (void)state;
    for (size_t m = 0; m < sizeof means / sizeof *means; m++)
        for (uint64_t i = 0; i < 2000; i++) {
            double u = draw_uniform(&key, i);
            int64_t n = draw_poisson(&key, i, means[m]);

            off += gsl_cdf_poisson_P((unsigned)n, means[m]) < u ||
                   gsl_cdf_poisson_P((unsigned)n - 1, means[m]) >= u;
        }
    assert_in_range(off, 0, 40); /* a hundredth of a count: one draw in a hundred falls on the other side */
}

static void test_times_are_whole_milliseconds(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(draw_exponential_ns(&key, i, 5e9) % MS, 0);
        assert_int_equal(draw_weibull_ns(&key, i, 5e9, 0.7) % MS, 0);
        assert_true(draw_exponential_ns(&key, i, 1.0) == MS); /* never no time at all */
    }
    assert_true(draw_round_ns(1.4999e6) == MS && draw_round_ns(1.6e6) == 2 * MS);
    assert_true(draw_round_ns(-3) == MS && draw_round_ns((double)NAN) == MS);
    assert_true(draw_round_ns((double)INFINITY) == INT64_C(1000000000000000000));
}

/* The ends of the ranges end, and abort nothing. */
static void test_extreme_shapes(void **state)
{
    static const double shapes[] = { 0.05, 0.1, 10, 20 };

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (uint64_t i = 0; i < 500; i++) {
            assert_true(draw_weibull_ns(&key, i, MEAN_NS, shapes[s]) >= MS);
            assert_true(draw_weibull_rest_ns(&key, i, MEAN_NS, shapes[s]) >= MS);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_weibull_has_the_mean_asked_for),
        cmocka_unit_test(test_weibull_rest),
        cmocka_unit_test(test_lognormal_and_pareto),
        cmocka_unit_test(test_poisson_inverts_its_distribution),
        cmocka_unit_test(test_poisson_of_large_means),
        cmocka_unit_test(test_times_are_whole_milliseconds),
        cmocka_unit_test(test_extreme_shapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
