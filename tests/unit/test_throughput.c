/* Gavel's table of measured throughputs. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trace_files.h"
#include "trace/throughput.h"

#define PUBLISHED TRACE_DATA "/throughput/gavel_throughputs.json"
#define A3C       "\"('A3C', 1)\""
#define LM        "\"('LM (batch size 5)', 2)\""

static void assert_rate(double found, double expected)
{
    if (found != expected)
        fail_msg("found %.17g, expected %.17g", found, expected);
}

static void test_a_small_table(void **state)
{
    const char *path = trace_file("t.json", "{\"k80\": {" A3C ": {\"null\": 4.5, " A3C ": [2, 2], " LM
                                            ": [3, 0.25]}, " LM ": {\"null\": 0, " A3C
                                            ": [0.25, 3]}}, \"v100\": {" LM ": {\"null\": 9}}}");
    throughput_table t;
    sky_error error = { "" };
    uint32_t a3c, lm;

    (void)state;
    if (throughput_read(path, &t, &error) != SKY_OK)
        fail_msg("%s", error.message);
    a3c = throughput_kind_of(&t, "A3C", 1);
    lm = throughput_kind_of(&t, "LM (batch size 5)", 2);
    assert_int_equal(t.device_count, 2);
    assert_int_equal(t.kind_count, 2);
    assert_int_equal(throughput_device(&t, "v100"), 1);
    assert_int_equal(throughput_device(&t, "p100"), THROUGHPUT_NONE);
    assert_int_equal(a3c, 0);
    assert_int_equal(lm, 1);
    assert_int_equal(throughput_kind_of(&t, "A3C", 2), THROUGHPUT_NONE);
    assert_rate(throughput_alone(&t, 0, a3c), 4.5);
    assert_rate(throughput_alone(&t, 0, lm), 0);
    assert_rate(throughput_alone(&t, 1, a3c), THROUGHPUT_UNKNOWN);
    assert_rate(throughput_alone(&t, 1, lm), 9);
    assert_rate(throughput_paired(&t, 0, a3c, lm), 3);
    assert_rate(throughput_paired(&t, 0, lm, a3c), 0.25);
    assert_rate(throughput_paired(&t, 0, a3c, a3c), 2);
    assert_rate(throughput_paired(&t, 0, lm, lm), THROUGHPUT_UNKNOWN);
    throughput_free(&t);
    throughput_free(&t); /* empty: harmless */
}

static void test_errors_name_the_place(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "t.json:1: found '[' or '{' expected near end of file, expected JSON" },
        { "[]", "t.json: top level: found no object, expected an object" },
        { "{}", "t.json: devices: found no kind of job, expected at least one" },
        { "{\"k80\": 1}", "t.json: k80: found 1, expected an object of kinds of job" },
        { "{\"k80\": {\"A3C\": {}}}", "t.json: k80: found A3C, expected a kind of job, as \"('A3C', 1)\"" },
        { "{\"k80\": {\"('', 1)\": {}}}",
          "t.json: k80: found ('', 1), expected a kind of job, as \"('A3C', 1)\"" },
        { "{\"k80\": {\"('A3C', 0)\": {}}}",
          "t.json: k80: found ('A3C', 0), expected a kind of job, as \"('A3C', 1)\"" },
        { "{\"k80\": {\"('A3C', 1) \": {}}}",
          "t.json: k80: found ('A3C', 1) , expected a kind of job, as \"('A3C', 1)\"" },
        { "{\"k80\": {" A3C ": 4}}",
          "t.json: k80.('A3C', 1): found 4, expected an object with the rate alone as \"null\"" },
        { "{\"k80\": {" A3C ": {}}}",
          "t.json: k80.('A3C', 1): found {}, expected an object with the rate alone as \"null\"" },
        { "{\"k80\": {" A3C ": {\"null\": -1}}}",
          "t.json: k80.('A3C', 1): found -1, expected steps per second from 0 to 1e+09" },
        { "{\"k80\": {" A3C ": {\"null\": \"4\"}}}",
          "t.json: k80.('A3C', 1): found \"4\", expected steps per second from 0 to 1e+09" },
        { "{\"k80\": {" A3C ": {\"null\": 4, " LM ": [1, 2]}}}",
          "t.json: k80.('A3C', 1): found ('LM (batch size 5)', 2), expected a kind of job that the table "
          "holds, or "
          "null" },
        { "{\"k80\": {" A3C ": {\"null\": 4, " A3C ": [1]}}}",
          "t.json: k80.('A3C', 1): found [1], expected two rates for a pair" },
        { "{\"k80\": {" A3C ": {\"null\": 4, " A3C ": [1, true]}}}",
          "t.json: k80.('A3C', 1): found true, expected steps per second from 0 to 1e+09" },
    };
    static const throughput_table empty;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        throughput_table t;
        sky_error error = { "" };

        assert_int_equal(throughput_read(trace_file("t.json", cases[i].text), &t, &error), SKY_ERROR_INPUT);
        assert_string_equal(error.message + strlen(trace_folder) + 1, cases[i].message);
        assert_memory_equal(&t, &empty, sizeof t);
    }
}

static void test_the_published_table(void **state)
{
    throughput_table t;
    sky_error error = { "" };
    uint32_t kind;
    size_t pairs = 0;

    (void)state;
    if (trace_absent(PUBLISHED))
        skip();
    if (throughput_read(PUBLISHED, &t, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_equal(t.device_count, 6);
    assert_int_equal(t.kind_count, 83);
    kind = throughput_kind_of(&t, "ResNet-18 (batch size 16)", 1);
    assert_rate(throughput_alone(&t, throughput_device(&t, "k80"), kind), 4.795294551566172);
    assert_rate(throughput_paired(&t, throughput_device(&t, "k80"), kind,
                                  throughput_kind_of(&t, "ResNet-50 (batch size 16)", 1)),
                2.4539953436775868);
    for (uint32_t a = 0; a < 83; a++)
        for (uint32_t b = 0; b < 83; b++)
            pairs += throughput_paired(&t, throughput_device(&t, "v100"), a, b) != THROUGHPUT_UNKNOWN;
    assert_int_equal(pairs, 1759);
    throughput_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_table),
        cmocka_unit_test(test_errors_name_the_place),
        cmocka_unit_test(test_the_published_table),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
