/* The digest depends on the bytes and on the stream they stand in, not on how they were cut nor on the order between
 * streams; and it stays what it is from version to version, or old records would no longer verify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

typedef char digest_text[RECORD_DIGEST_CHARS];

static record_digest *new_digest(void)
{
    record_digest *digest = record_digest_new();

    assert_non_null(digest);
    return digest;
}

static void test_cuts_and_order_between_streams_do_not_matter(void **state)
{
    record_digest *a = new_digest(), *b = new_digest();
    digest_text text_a, text_b;

    (void)state;
    record_digest_add(a, RECORD_JOBS, "abcdef", 6);
    record_digest_add(a, RECORD_COSTS, "xyz", 3);
    record_digest_add(b, RECORD_COSTS, "x", 1);
    record_digest_add(b, RECORD_JOBS, "abc", 3);
    record_digest_add(b, RECORD_COSTS, "yz", 2);
    record_digest_add(b, RECORD_JOBS, "", 0);
    record_digest_add(b, RECORD_JOBS, "def", 3);
    record_digest_text(a, text_a);
    record_digest_text(b, text_b);
    assert_string_equal(text_a, text_b);
    record_digest_free(a);
    record_digest_free(b);
}

static void test_streams_are_told_apart(void **state)
{
    record_digest *digest = new_digest();
    digest_text apart, together, exchanged;

    (void)state;
    record_digest_add(digest, RECORD_JOBS, "abcdef", 6);
    record_digest_add(digest, RECORD_COSTS, "xyz", 3);
    record_digest_text(digest, apart);
    record_digest_reset(digest);
    record_digest_add(digest, RECORD_JOBS, "abcdefxyz", 9);
    record_digest_text(digest, together);
    record_digest_reset(digest);
    record_digest_add(digest, RECORD_COSTS, "abcdef", 6);
    record_digest_add(digest, RECORD_JOBS, "xyz", 3);
    record_digest_text(digest, exchanged);
    assert_string_not_equal(apart, together);
    assert_string_not_equal(apart, exchanged);
    assert_string_not_equal(together, exchanged);
    record_digest_free(digest);
}

static void test_each_bit_counts(void **state)
{
    record_digest *digest = new_digest();
    unsigned char bytes[600] = { 0 };
    digest_text plain, changed;

    (void)state;
    record_digest_add(digest, RECORD_EVENTS, bytes, sizeof bytes);
    record_digest_text(digest, plain);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit += 13) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        record_digest_reset(digest);
        record_digest_add(digest, RECORD_EVENTS, bytes, sizeof bytes);
        record_digest_text(digest, changed);
        assert_string_not_equal(plain, changed);
        bytes[bit / 8] = 0;
    }
    record_digest_free(digest);
}

static void test_reset_forgets_and_text_can_be_asked_again(void **state)
{
    record_digest *digest = new_digest();
    digest_text empty, once, again;

    (void)state;
    record_digest_text(digest, empty);
    assert_int_equal(strlen(empty), RECORD_DIGEST_CHARS - 1);
    assert_int_equal(strspn(empty, "0123456789abcdef"), RECORD_DIGEST_CHARS - 1);
    record_digest_add(digest, RECORD_EVENTS, "a", 1);
    record_digest_text(digest, once);
    record_digest_text(digest, again);
    assert_string_equal(once, again);
    assert_string_not_equal(once, empty);
    record_digest_reset(digest);
    record_digest_text(digest, again);
    assert_string_equal(again, empty);
    record_digest_free(digest);
}

/* A record written long ago must verify: this value changes only with the schema's major version. */
static void test_value_is_that_of_schema_2(void **state)
{
    record_digest *digest = new_digest();
    digest_text text;

    (void)state;
    for (int s = 0; s < RECORD_STREAM_COUNT; s++)
        if (!record_stream_may_be_absent((record_stream)s))
            record_digest_add(digest, (record_stream)s, "skytwin", 7);
    record_digest_text(digest, text);
    assert_string_equal(text, "f9f3828f99b9babc4ee40575f6744c1e");
    record_digest_free(digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_and_order_between_streams_do_not_matter),
        cmocka_unit_test(test_streams_are_told_apart),
        cmocka_unit_test(test_each_bit_counts),
        cmocka_unit_test(test_reset_forgets_and_text_can_be_asked_again),
        cmocka_unit_test(test_value_is_that_of_schema_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
