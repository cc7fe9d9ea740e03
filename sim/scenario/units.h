/* Quantities as people write them, to exact integers: "12 GB", "1.20 USD/h", "90 s", "4 /d". */
#ifndef SKYTWIN_UNITS_H
#define SKYTWIN_UNITS_H

#include <skytwin/engine.h>

typedef enum unit_kind {
    UNIT_TIME,            /* to ns: ns us ms s min h d */
    UNIT_BYTES,           /* to bytes: B kB MB GB TB PB KiB MiB GiB TiB */
    UNIT_USD_PER_HOUR,    /* to nano-dollars per hour */
    UNIT_USD_PER_GB,      /* to nano-dollars per 1e9 bytes */
    UNIT_CARBON,          /* gCO2/kWh to gCO2 per MWh */
    UNIT_BANDWIDTH,       /* to bytes per second, rounded: kbit/s Mbit/s Gbit/s Tbit/s */
    UNIT_POWER,           /* to milliwatts: W kW MW */
    UNIT_USD_PER_MWH,     /* to nano-dollars per MWh: USD/kWh USD/MWh */
    UNIT_USD_PER_TON,     /* to nano-dollars per tonne of CO2: USD/t */
    UNIT_RATE,            /* to millionths per day: /d /h */
    UNIT_USD_PER_REQUEST, /* to nano-dollars a request: USD/1000 */
} unit_kind;

/* Parses `text` (a decimal number of any length, blanks, a unit) exactly, rounding half up where the unit is
 * finer than the integer. 0: done; else why not, as a phrase for "expected …" (a constant string). */
const char *unit_parse(const char *text, unit_kind kind, int64_t *out);
/* "a time such as \"90 s\"" */
const char *unit_expected(unit_kind kind);

#endif
