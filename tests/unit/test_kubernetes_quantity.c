/* Kubernetes' quantities, to the unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trace/kubernetes_quantity.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void test_values(void **state)
{
    static const struct {
        const char *text;
        int64_t units, thousandths;
    } cases[] = {
        { "0", 0, 0 },
        { "1", 1, 1000 },
        { "+2", 2, 2000 },
        { "007", 7, 7000 },
        { "1.5", 2, 1500 },
        { "1.", 1, 1000 },
        { ".5", 1, 500 },
        { "100m", 1, 100 },
        { "1000m", 1, 1000 },
        { "1001m", 2, 1001 },
        { "0.1m", 1, 1 },
        { "1500000u", 2, 1500 },
        { "1u", 1, 1 },
        { "1n", 1, 1 },
        { "2000000000n", 2, 2000 },
        { "1k", 1000, 1000000 },
        { "1G", 1000000000, INT64_C(1000000000000) },
        { "1.5G", 1500000000, INT64_C(1500000000000) },
        { "2T", INT64_C(2000000000000), INT64_C(2000000000000000) },
        { "3P", INT64_C(3000000000000000), INT64_C(3000000000000000000) },
        { "1E", INT64_C(1000000000000000000), INT64_MAX },
        { "9E", INT64_C(9000000000000000000), INT64_MAX },
        { "10E", INT64_MAX, INT64_MAX },
        { "1Ki", 1024, 1024000 },
        { "0.5Ki", 512, 512000 },
        { "1.0001Ki", 1025, 1024103 },
        { "128Mi", 134217728, INT64_C(134217728000) },
        { "1.5Gi", 1610612736, INT64_C(1610612736000) },
        { "1Ti", INT64_C(1) << 40, (INT64_C(1) << 40) * 1000 },
        { "1Pi", INT64_C(1) << 50, (INT64_C(1) << 50) * 1000 },
        { "7Ei", INT64_C(7) << 60, INT64_MAX },
        { "8Ei", INT64_MAX, INT64_MAX },
        { "129e6", 129000000, INT64_C(129000000000) },
        { "2E3", 2000, 2000000 },
        { "2e+3", 2000, 2000000 },
        { "5e-1", 1, 500 },
        { "1e-100", 1, 1 },
        { "0e99999", 0, 0 },
        { "1e99999", INT64_MAX, INT64_MAX },
        { "9223372036854775807", INT64_MAX, INT64_MAX },
        { "99999999999999999999999999", INT64_MAX, INT64_MAX },
        { "1.0000000000000000000000000001", 2, 1001 },
        { "0.0000000000000000000000000001", 1, 1 },
        { "1.0000000000000000000000000000", 1, 1000 },
        { "16777216000m", 16777216, INT64_C(16777216000) },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t units = -1, thousandths = -1;

        assert_true(kubernetes_quantity(cases[i].text, 0, &units));
        assert_true(kubernetes_quantity(cases[i].text, 1, &thousandths));
        if (units != cases[i].units || thousandths != cases[i].thousandths)
            fail_msg("%s: found %lld and %lld thousandths", cases[i].text, (long long)units,
                     (long long)thousandths);
    }
}

static void test_what_is_no_quantity(void **state)
{
    static const char *const cases[] = {
        "",     " ",    ".",   "+",    "-1",   "1 ",  " 1",    "1K",        "1ki",
        "1mi",  "1KiB", "1e",  "1e+",  "1e1k", "e3",  "Mi",    "1.2.3",     "1,5",
        "0x10", "inf",  "nan", "1e 3", "1Eii", "++1", "1e1.5", "1e9999999", "1e99999999999999999999"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t out = 42;

        if (kubernetes_quantity(cases[i], 0, &out))
            fail_msg("\"%s\" is taken for %lld", cases[i], (long long)out);
        assert_int_equal(out, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_is_no_quantity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
