#include "units.h"

#include "../../engine/model/arith.h"

#include <ctype.h>
#include <string.h>

typedef struct unit_name {
    unit_kind kind;
    const char *name;
    int64_t factor;
} unit_name;

static const unit_name names[] = {
    { UNIT_TIME, "ns", 1 },
    { UNIT_TIME, "us", 1000 },
    { UNIT_TIME, "ms", 1000000 },
    { UNIT_TIME, "s", INT64_C(1000000000) },
    { UNIT_TIME, "min", INT64_C(60000000000) },
    { UNIT_TIME, "h", INT64_C(3600000000000) },
    { UNIT_TIME, "d", INT64_C(86400000000000) },
    { UNIT_BYTES, "B", 1 },
    { UNIT_BYTES, "kB", 1000 },
    { UNIT_BYTES, "MB", 1000000 },
    { UNIT_BYTES, "GB", 1000000000 },
    { UNIT_BYTES, "TB", INT64_C(1000000000000) },
    { UNIT_BYTES, "PB", INT64_C(1000000000000000) },
    { UNIT_BYTES, "KiB", 1024 },
    { UNIT_BYTES, "MiB", INT64_C(1) << 20 },
    { UNIT_BYTES, "GiB", INT64_C(1) << 30 },
    { UNIT_BYTES, "TiB", INT64_C(1) << 40 },
    { UNIT_USD_PER_HOUR, "USD/h", INT64_C(1000000000) },
    { UNIT_USD_PER_GB, "USD/GB", INT64_C(1000000000) },
    { UNIT_CARBON, "gCO2/kWh", 1000 },
    { UNIT_BANDWIDTH, "kbit/s", 125 },
    { UNIT_BANDWIDTH, "Mbit/s", 125000 },
    { UNIT_BANDWIDTH, "Gbit/s", 125000000 },
    { UNIT_BANDWIDTH, "Tbit/s", INT64_C(125000000000) },
    { UNIT_POWER, "W", 1000 },
    { UNIT_POWER, "kW", 1000000 },
    { UNIT_POWER, "MW", 1000000000 },
    { UNIT_USD_PER_MWH, "USD/kWh", INT64_C(1000000000000) },
    { UNIT_USD_PER_MWH, "USD/MWh", INT64_C(1000000000) },
    { UNIT_USD_PER_TON, "USD/t", INT64_C(1000000000) },
    { UNIT_RATE, "/d", 1000000 },
    { UNIT_RATE, "/h", 24000000 },
    { UNIT_USD_PER_REQUEST, "USD/1000", 1000000 },
};

const char *unit_expected(unit_kind kind)
{
    switch (kind) {
    case UNIT_TIME:
        return "a time with its unit (ns, us, ms, s, min, h, d), such as \"90 s\"";
    case UNIT_BYTES:
        return "a size with its unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), such as \"12 GB\"";
    case UNIT_USD_PER_HOUR:
        return "a price per hour, such as \"1.20 USD/h\"";
    case UNIT_USD_PER_GB:
        return "a price per GB, such as \"0.02 USD/GB\"";
    case UNIT_CARBON:
        return "a carbon intensity, such as \"379 gCO2/kWh\"";
    case UNIT_BANDWIDTH:
        return "a bandwidth with its unit (kbit/s, Mbit/s, Gbit/s, Tbit/s), such as \"10 Gbit/s\"";
    case UNIT_POWER:
        return "a power with its unit (W, kW, MW), such as \"3.5 W\"";
    case UNIT_USD_PER_MWH:
        return "a price of energy, such as \"0.20 USD/kWh\" or \"80 USD/MWh\"";
    case UNIT_USD_PER_TON:
        return "a price of carbon, such as \"100 USD/t\"";
    case UNIT_USD_PER_REQUEST:
        return "a price of a thousand requests, such as \"0.005 USD/1000\"";
    default:
        return "a rate, such as \"4 /d\"";
    }
}

/* digits [. digits] -> mantissa / 10^scale; NULL where there is no number or it is too long. */
static const char *parse_decimal(const char *text, sky_int128 *mantissa, int *scale)
{
    int digits = 0, point = 0;

    *mantissa = 0;
    *scale = 0;
    for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = 1;
            continue;
        }
        if (++digits > 20)
            return NULL;
        *mantissa = *mantissa * 10 + (*text - '0');
        *scale += point;
    }
    return digits > 0 ? text : NULL;
}

const char *unit_parse(const char *text, unit_kind kind, int64_t *out)
{
    sky_int128 mantissa, divisor = 1, value;
    int scale;

    while (isspace((unsigned char)*text))
        text++;
    if (*text == '-')
        return "a number that is not negative";
    text = parse_decimal(text, &mantissa, &scale);
    if (text == NULL)
        return unit_expected(kind);
    while (isspace((unsigned char)*text))
        text++;
    for (int i = 0; i < scale; i++)
        divisor *= 10;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].kind != kind || strcmp(names[i].name, text) != 0)
            continue;
        if (mantissa > ((sky_int128)1 << 100) / names[i].factor)
            return "a number that is not so large";
        value = (mantissa * names[i].factor + divisor / 2) / divisor;
        if (value > INT64_MAX / 4)
            return "a number that is not so large";
        *out = (int64_t)value;
        return NULL;
    }
    return unit_expected(kind);
}
