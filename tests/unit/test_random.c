/* Philox against the published vectors, and that each part of a key counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/random.h"

/* Random123, tests/kat_vectors, "philox4x32 10": counter, key, result. */
static void test_philox_gives_the_published_vectors(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], result[4];
    } vectors[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    uint32_t out[4];

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        random_philox(vectors[i].counter, vectors[i].key, out);
        assert_memory_equal(out, vectors[i].result, sizeof out);
    }
}

/* The draws that a seed gives are a promise: the same numbers in ten years. Count 0 of the zero key is the
 * published vector's first two words. */
static void test_a_key_s_draws_are_the_block_s_first_words(void **state)
{
    const random_key zero = { .seed = 0 };
    const random_key key = {
        .seed = 0x299f31d0a4093822, .replication = 0x03707344, .thing = 0x85a308d3, .purpose = 0x2e
    };

    (void)state;
    assert_true(random_u64(&zero, 0) == 0xe169c58d6627e8d5);
    assert_true(random_u64(&key, 0x0013198a243f6a88) == 0x94fdccebd16cfe09);
}

static void test_each_part_of_the_key_counts(void **state)
{
    const random_key base = { .seed = 42, .replication = 1, .thing = 2, .purpose = 3 };
    random_key keys[6] = { base, base, base, base, base, base };
    const uint64_t counts[4] = { 0, 1, UINT64_C(1) << 32, (UINT64_C(1) << 56) - 1 };
    uint64_t seen[24];
    size_t n = 0;

    (void)state;
    keys[1].seed ^= 1;
    keys[2].seed ^= UINT64_C(1) << 63;
    keys[3].replication ^= 1;
    keys[4].thing ^= 1;
    keys[5].purpose ^= 1;
    for (size_t k = 0; k < 6; k++)
        for (size_t c = 0; c < 4; c++)
            seen[n++] = random_u64(&keys[k], counts[c]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(seen[i] != seen[j]);
}

/* Each of the 64 bits is set in half of the draws: 5 standard deviations. */
static void test_bits_are_even(void **state)
{
    const random_key key = { .seed = 1, .purpose = RANDOM_WORK };
    const int n = 100000;
    int set[64] = { 0 };

    (void)state;
    for (int i = 0; i < n; i++) {
        uint64_t bits = random_u64(&key, (uint64_t)i);

        for (int b = 0; b < 64; b++)
            set[b] += (int)(bits >> b & 1);
    }
    for (int b = 0; b < 64; b++)
        assert_in_range(set[b], n / 2 - 791, n / 2 + 791);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_gives_the_published_vectors),
        cmocka_unit_test(test_a_key_s_draws_are_the_block_s_first_words),
        cmocka_unit_test(test_each_part_of_the_key_counts),
        cmocka_unit_test(test_bits_are_even),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
