/* Integer arithmetic that can't overflow on the way: money = price × time, progress = time × speed. */
#ifndef SKYTWIN_ARITH_H
#define SKYTWIN_ARITH_H

#include <stdint.h>

__extension__ typedef __int128 sky_int128;

/* a × b / c, rounded half away from zero; saturates at the ends of int64. c > 0. */
static inline int64_t muldiv_i64(int64_t a, int64_t b, int64_t c)
{
    sky_int128 product, half = c / 2, quotient;
    int64_t narrow;

    if (!__builtin_mul_overflow(a, b, &narrow) && c <= INT64_MAX / 4 && narrow <= INT64_MAX / 2 &&
        narrow >= INT64_MIN / 2)
        return (narrow >= 0 ? narrow + c / 2 : narrow - c / 2) / c; /* 128-bit division is slow */
    product = (sky_int128)a * b;
    quotient = (product >= 0 ? product + half : product - half) / c;
    if (quotient > INT64_MAX)
        return INT64_MAX;
    if (quotient < -INT64_MAX)
        return -INT64_MAX;
    return (int64_t)quotient;
}

/* a × b / c, rounded down, for a, b >= 0 and c > 0; saturates. */
static inline int64_t muldiv_floor_i64(int64_t a, int64_t b, int64_t c)
{
    int64_t narrow;
    sky_int128 quotient;

    if (!__builtin_mul_overflow(a, b, &narrow))
        return narrow / c;
    quotient = (sky_int128)a * b / c;
    return quotient > INT64_MAX ? INT64_MAX : (int64_t)quotient;
}

/* The same, rounded up. */
static inline int64_t muldiv_ceil_i64(int64_t a, int64_t b, int64_t c)
{
    sky_int128 quotient = ((sky_int128)a * b + c - 1) / c;

    return quotient > INT64_MAX ? INT64_MAX : (int64_t)quotient;
}

/* a + b, saturated: time and money beyond the end of int64 stay there. */
static inline int64_t add_sat_i64(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/* Smallest multiple of `step` that is at least `value`; value >= 0, step > 0; saturates. */
static inline int64_t round_up_i64(int64_t value, int64_t step)
{
    int64_t rest = value % step;

    return rest == 0 ? value : add_sat_i64(value, step - rest);
}

#endif
