/* Quantities as people write them: exact integers, or a phrase that says what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scenario/units.h"

typedef struct good_case {
    const char *text;
    unit_kind kind;
    int64_t value;
} good_case;

static const good_case good[] = {
    { "0 s", UNIT_TIME, 0 },
    { "1 ns", UNIT_TIME, 1 },
    { "1.5 us", UNIT_TIME, 1500 },
    { "68 ms", UNIT_TIME, 68000000 },
    { "90 s", UNIT_TIME, 90 * SKY_NS_PER_SECOND },
    { "90s", UNIT_TIME, 90 * SKY_NS_PER_SECOND },
    { "  90   s", UNIT_TIME, 90 * SKY_NS_PER_SECOND },
    { "10 min", UNIT_TIME, 600 * SKY_NS_PER_SECOND },
    { "0.2 h", UNIT_TIME, 720 * SKY_NS_PER_SECOND },
    { "30 d", UNIT_TIME, 720 * SKY_NS_PER_HOUR },
    { ".5 h", UNIT_TIME, 1800 * SKY_NS_PER_SECOND },
    { "0.1 ns", UNIT_TIME, 0 },
    { "0.5 ns", UNIT_TIME, 1 },
    { "0.49999999999999999 ns", UNIT_TIME, 0 }, /* a double would call it a half */
    { "1 B", UNIT_BYTES, 1 },
    { "12 GB", UNIT_BYTES, INT64_C(12000000000) },
    { "64 GiB", UNIT_BYTES, INT64_C(68719476736) },
    { "1.1 TB", UNIT_BYTES, INT64_C(1100000000000) },
    { "2 PB", UNIT_BYTES, INT64_C(2000000000000000) },
    { "1.20 USD/h", UNIT_USD_PER_HOUR, 1200000000 },
    { "0.3 USD/h", UNIT_USD_PER_HOUR, 300000000 },
    { "87.831681034 USD/h", UNIT_USD_PER_HOUR, INT64_C(87831681034) },
    { "0.0000000005 USD/h", UNIT_USD_PER_HOUR, 1 },
    { "0.02 USD/GB", UNIT_USD_PER_GB, 20000000 },
    { "0 USD/GB", UNIT_USD_PER_GB, 0 },
    { "379 gCO2/kWh", UNIT_CARBON, 379000 },
    { "4 /d", UNIT_RATE, 4000000 },
    { "0.5 /h", UNIT_RATE, 12000000 },
    { "0.0004 USD/1000", UNIT_USD_PER_REQUEST, 400 },
};

static void test_quantities_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = -1;
        const char *why = unit_parse(good[i].text, good[i].kind, &value);

        if (why != NULL || value != good[i].value)
            fail_msg("\"%s\": got %lld (%s), expected %lld", good[i].text, (long long)value,
                     why != NULL ? why : "no error", (long long)good[i].value);
    }
}

typedef struct bad_case {
    const char *text;
    unit_kind kind;
    const char *part; /* of the phrase */
} bad_case;

static const bad_case bad[] = {
    { "", UNIT_TIME, "a time" },
    { "s", UNIT_TIME, "a time" },
    { "90", UNIT_TIME, "a time" },
    { "90 S", UNIT_TIME, "a time" },
    { "90 seconds", UNIT_TIME, "a time" },
    { "90 GB", UNIT_TIME, "a time" },
    { "90 s 3", UNIT_TIME, "a time" },
    { "1 h 30 min", UNIT_TIME, "a time" },
    { "1,5 h", UNIT_TIME, "a time" },
    { "1.5.2 h", UNIT_TIME, "a time" },
    { "1e3 s", UNIT_TIME, "a time" },
    { "0x10 s", UNIT_TIME, "a time" },
    { ". s", UNIT_TIME, "a time" },
    { "nan s", UNIT_TIME, "a time" },
    { "inf s", UNIT_TIME, "a time" },
    { "-1 s", UNIT_TIME, "not negative" },
    { "-0.001 USD/h", UNIT_USD_PER_HOUR, "not negative" },
    { "99999999999999 d", UNIT_TIME, "not so large" },
    { "99999999999999999999 PB", UNIT_BYTES, "not so large" },
    { "999999999999999999999999999999999999999999 s", UNIT_TIME, "a time" },
    { "9999999999999999 USD/h", UNIT_USD_PER_HOUR, "not so large" },
    { "1.20 EUR/h", UNIT_USD_PER_HOUR, "a price per hour" },
    { "1.20 USD", UNIT_USD_PER_HOUR, "a price per hour" },
    { "0.02 USD/GiB", UNIT_USD_PER_GB, "a price per GB" },
    { "12 Gb", UNIT_BYTES, "a size" },
    { "379 g", UNIT_CARBON, "a carbon intensity" },
    { "4", UNIT_RATE, "a rate" },
    { "4 /w", UNIT_RATE, "a rate" },
    { "4 USD", UNIT_USD_PER_REQUEST, "a price of a thousand requests" },
};

static void test_what_is_no_quantity_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = -77;
        const char *why = unit_parse(bad[i].text, bad[i].kind, &value);

        if (why == NULL || strstr(why, bad[i].part) == NULL)
            fail_msg("\"%s\": got \"%s\", expected \"… %s …\"", bad[i].text, why != NULL ? why : "no error",
                     bad[i].part);
        assert_int_equal(value, -77); /* untouched */
    }
}

/* Every whole number of nano-dollars below a dollar comes back as it was written. */
static void test_every_nano_dollar_is_kept(void **state)
{
    (void)state;
    for (int64_t nusd = 1; nusd < 1000000000; nusd += 999983) {
        char text[64];
        int64_t value;

        assert_true(snprintf(text, sizeof text, "0.%09lld USD/h", (long long)nusd) > 0);
        assert_null(unit_parse(text, UNIT_USD_PER_HOUR, &value));
        assert_int_equal(value, nusd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantities_are_exact),
        cmocka_unit_test(test_what_is_no_quantity_is_refused),
        cmocka_unit_test(test_every_nano_dollar_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
