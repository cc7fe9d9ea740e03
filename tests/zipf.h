/* Independent reads of objects by Zipf's law: the object of rank i with probability in proportion to i^-exponent.
 * Header only. */
#ifndef SKYTWIN_TESTS_ZIPF_H
#define SKYTWIN_TESTS_ZIPF_H

#include "kernel/draw.h"

#include <math.h>
#include <stddef.h>

/* p[0 … count − 1], falling, of sum 1. */
static inline void zipf_fill(double *p, size_t count, double exponent)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += p[i] = pow((double)(i + 1), -exponent);
    for (size_t i = 0; i < count; i++)
        p[i] /= sum;
}

/* below[i]: probability of a rank up to i. */
static inline void zipf_cumulate(double *below, const double *p, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        below[i] = sum += p[i];
}

static inline size_t zipf_draw(const double *below, size_t count, const random_key *key, uint64_t read)
{
    double u = draw_uniform(key, read);
    size_t low = 0, high = count - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (u < below[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

#endif
