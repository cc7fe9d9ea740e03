#include "kubernetes_quantity.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EXPONENT 100000

__extension__ typedef unsigned __int128 wide;

/* mantissa * 10^exponent10 * 2^exponent2, and a little more where digits didn't fit. */
typedef struct decimal {
    uint64_t mantissa; /* below 10^19 */
    long exponent10;
    int exponent2;
    int more;
} decimal;

static const struct suffix {
    const char *text;
    long exponent10;
    int exponent2;
} suffixes[] = {
    { "", 0, 0 },    { "n", -9, 0 },  { "u", -6, 0 },  { "m", -3, 0 },  { "k", 3, 0 },   { "M", 6, 0 },
    { "G", 9, 0 },   { "T", 12, 0 },  { "P", 15, 0 },  { "E", 18, 0 },  { "Ki", 0, 10 }, { "Mi", 0, 20 },
    { "Gi", 0, 30 }, { "Ti", 0, 40 }, { "Pi", 0, 50 }, { "Ei", 0, 60 },
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Returns what stands behind the digits. */
static const char *read_digits(const char *at, int fraction, decimal *d)
{
    for (; is_digit(*at); at++) {
        if (d->mantissa < UINT64_C(1000000000000000000)) {
            d->mantissa = d->mantissa * 10 + (uint64_t)(*at - '0');
            d->exponent10 -= fraction;
        } else {
            d->more |= *at != '0';
            d->exponent10 += !fraction;
        }
    }
    return at;
}

static const char *read_number(const char *at, decimal *d)
{
    const char *whole, *fraction;

    if (*at == '+')
        at++;
    whole = at;
    at = read_digits(at, 0, d);
    if (*at != '.')
        return at > whole ? at : NULL;
    fraction = at + 1;
    at = read_digits(fraction, 1, d);
    return fraction - whole > 1 || at > fraction ? at : NULL;
}

static int read_suffix(const char *at, decimal *d)
{
    if ((*at == 'e' || *at == 'E') && at[1] != '\0' && strcmp(at, "Ei") != 0) {
        const char *digits = at + 1 + (at[1] == '+' || at[1] == '-');
        char *end;
        long exponent = strtol(at + 1, &end, 10);

        if (!is_digit(*digits) || *end != '\0' || exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT)
            return 0;
        d->exponent10 += exponent;
        return 1;
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcmp(at, suffixes[i].text) == 0) {
            d->exponent10 += suffixes[i].exponent10;
            d->exponent2 = suffixes[i].exponent2;
            return 1;
        }
    return 0;
}

static int64_t round_up(const decimal *d)
{
    wide value = (wide)d->mantissa << d->exponent2;
    int more = d->more;

    for (long e = d->exponent10; e > 0 && value > 0 && value <= INT64_MAX; e--)
        value *= 10;
    for (long e = d->exponent10; e < 0 && value > 0; e++) {
        more |= value % 10 != 0;
        value /= 10;
    }
    value += more != 0;
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

int kubernetes_quantity(const char *text, int thousandths, int64_t *out)
{
    decimal d = { .exponent10 = thousandths ? 3 : 0 };
    const char *suffix = read_number(text, &d);

    if (suffix == NULL || !read_suffix(suffix, &d))
        return 0;
    *out = round_up(&d);
    return 1;
}
