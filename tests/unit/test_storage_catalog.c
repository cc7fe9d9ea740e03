/* The catalog of storage: it loads, each figure means what it says, and broken ones say where. */
#define _GNU_SOURCE 1 /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scenario/storage_catalog.h"

static void test_the_catalog_loads(void **state)
{
    storage_catalog c;
    sky_error error;
    const storage_tier *t;

    (void)state;
    assert_int_equal(storage_catalog_load(SKYTWIN_SOURCE_DIR "/scenarios/catalog/storage.cfg", &c, &error),
                     SKY_OK);
    for (size_t i = 0; i < c.count; i++)
        assert_true(storage_tier_is_sane(&c.tiers[i]));
    t = storage_catalog_find(&c, "aws-s3-standard-ia");
    assert_non_null(t);
    assert_int_equal(t->kind, STORAGE_COOL);
    assert_int_equal(t->latency_ns, 100000000);
    assert_int_equal(t->bytes_per_s, 85000000);
    assert_int_equal(t->priced_bytes, INT64_C(1) << 30);
    assert_int_equal(t->nusd_per_gb_month, 12500000);
    assert_int_equal(t->retrieval_nusd_per_gb, 10000000);
    assert_int_equal(t->write_nusd, 10000);
    assert_int_equal(t->read_nusd, 1000);
    assert_int_equal(t->move_nusd, 10000);
    assert_int_equal(t->retention_ns, 720 * SKY_NS_PER_HOUR);
    assert_int_equal(t->least_bytes, 131072);
    assert_null(storage_catalog_find(&c, "tape"));
    storage_catalog_free(&c);
}

#define TIER(rest)                                                                                           \
    "tiers = ( { name = \"a\"; latency = \"1 ms\"; source = \"s\"; date = \"2024-10-01\"; " rest " } );"
#define WHOLE "kind = \"hot\"; throughput = \"1 Gbit/s\"; held = \"1 USD/GB\"; "

static void test_broken_catalogs_say_where(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        { "tier = ();", ":1: tier: found an unknown key" },
        { TIER(WHOLE "prize = 1;"), ":1: tiers[0].prize: found an unknown key" },
        { TIER("kind = \"warm\";"), ":1: tiers[0].kind: found \"warm\"" },
        { TIER("kind = \"hot\"; throughput = \"0 Gbit/s\";"), ":1: tiers[0].throughput: found 0" },
        { TIER("kind = \"hot\"; throughput = \"1 Gbit/s\";"), ":1: tiers[0].held: found nothing" },
        { TIER(WHOLE "gb = \"1 MB\";"), ":1: tiers[0].gb: found another size" },
        { TIER(WHOLE "write = \"1 USD/GB\";"), "a price of a thousand requests" },
        { TIER(WHOLE "retrieval = \"20000 USD/GB\";"), ":1: tiers[0].retrieval: found a price out of range" },
        { "tiers = (", ":1: found syntax error" },
    };
    char path[] = "/tmp/skytwin-storage-XXXXXX";
    storage_catalog c;
    sky_error error;
    int descriptor = mkstemp(path);

    (void)state;
    assert_true(descriptor >= 0);
    close(descriptor);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        fputs(cases[i].text, file);
        fclose(file);
        assert_int_equal(storage_catalog_load(path, &c, &error), SKY_ERROR_INPUT);
        if (strstr(error.message, cases[i].expected) == NULL)
            fail_msg("\"%s\", expected \"%s\"", error.message, cases[i].expected);
    }
    unlink(path);
    assert_int_equal(storage_catalog_load(path, &c, &error), SKY_ERROR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_catalog_loads),
        cmocka_unit_test(test_broken_catalogs_say_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
