/* How a benchmark measures, and says what it found: a line for people, and a line of tab-separated values in the
 * file that SKYTWIN_BENCH_OUT names, if it is set (scripts/bench makes build/bench.json of them). Header only.
 *
 * The reference is measured by the same program, on the same machine, at the same time: only the ratio to it means
 * anything elsewhere. */
#ifndef SKYTWIN_TESTS_BENCH_H
#define SKYTWIN_TESTS_BENCH_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <gsl/gsl_fit.h>

static inline double bench_clock_s(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Time that went by: for what runs on several threads, or waits. */
static inline double bench_wall_s(void)
{
    return bench_clock_s(CLOCK_MONOTONIC);
}

/* Time of the calling thread on its processor: for what one thread does. What else the machine does disturbs it
 * less. */
static inline double bench_thread_s(void)
{
    return bench_clock_s(CLOCK_THREAD_CPUTIME_ID);
}

static inline void *bench_need(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(3);
    }
    return memory;
}

/* name: what is measured, unique among all benchmarks; reference: what it is held against, in the same unit, or
 * NULL where there is nothing. */
static inline void bench_report(const char *name, double value, const char *unit, const char *reference,
                                double reference_value)
{
    const char *path = getenv("SKYTWIN_BENCH_OUT");
    FILE *file;

    printf("%-62s %12.4g %-22s", name, value, unit);
    if (reference != NULL)
        printf(" %9.3f of %s (%.4g)", value / reference_value, reference, reference_value);
    printf("\n");
    fflush(stdout);
    if (path == NULL)
        return;
    file = fopen(path, "a");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        exit(3);
    }
    fprintf(file, "%s\t%.4g\t%s\t", name, value, unit);
    if (reference != NULL)
        fprintf(file, "%s\t%.4g\t%.4g\n", reference, reference_value, value / reference_value);
    else
        fprintf(file, "\t\t\n");
    fclose(file);
}

/* How cost grows with size: the exponent of the power law that fits best, by least squares of logarithms. */
static inline double bench_exponent(const double *size, const double *cost, size_t count)
{
    double *x = bench_need(malloc(2 * count * sizeof *x)), *y = x + count;
    double c0, c1, c00, c01, c11, rest;

    for (size_t i = 0; i < count; i++) {
        x[i] = log(size[i]);
        y[i] = log(cost[i]);
    }
    gsl_fit_linear(x, 1, y, 1, count, &c0, &c1, &c00, &c01, &c11, &rest);
    free(x);
    return c1;
}

#endif
