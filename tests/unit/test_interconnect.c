/* Devices of a node in interconnect groups: the choice of n free ones, against search over all subsets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include "accelerator/interconnect.h"
#include "kernel/random.h"

static interconnect node_of(uint32_t devices, const uint64_t *groups, uint32_t count)
{
    interconnect node;

    assert_true(interconnect_init(&node, devices, groups, count));
    return node;
}

static void test_one_group_is_filled_from_below(void **state)
{
    const uint64_t all8 = 0xff;
    interconnect hgx = node_of(8, &all8, 1);

    (void)state;
    assert_int_equal(interconnect_all(&hgx), 0xff);
    assert_int_equal(interconnect_choose(&hgx, 0xff, 8), 0xff);
    assert_int_equal(interconnect_choose(&hgx, 0xf6, 3), 0x16);
    assert_int_equal(interconnect_choose(&hgx, 0x03, 3), 0);
    assert_int_equal(interconnect_choose(&hgx, 0xff, 0), 0);
}

static void test_the_smallest_group_that_suffices(void **state)
{
    const uint64_t halves[] = { 0x0f, 0xf0 };
    interconnect node = node_of(8, halves, 2);

    (void)state;
    assert_int_equal(interconnect_choose(&node, 0x3f, 2), 0x30); /* 4 free below, 2 above: fits exactly */
    assert_int_equal(interconnect_choose(&node, 0x3f, 3), 0x07);
    assert_int_equal(interconnect_choose(&node, 0x3f, 5), 0x1f); /* needs both */
}

/* 5 devices of groups with 4, 3 and 2 free: two groups at least, and 3 + 2 leave none over. */
static void test_fewest_groups_then_least_left_over(void **state)
{
    const uint64_t groups[] = { 0x00f, 0x0f0, 0xf00 };
    interconnect node = node_of(12, groups, 3);

    (void)state;
    assert_int_equal(interconnect_choose(&node, 0x37f, 5), 0x370);
    assert_int_equal(interconnect_span(&node, 0x370), 2);
}

static void test_a_device_without_links_is_a_group(void **state)
{
    const uint64_t pair = 0x6; /* devices 1 and 2; 0 and 3 alone */
    interconnect node = node_of(4, &pair, 1);

    (void)state;
    assert_int_equal(node.groups, 3);
    assert_int_equal(interconnect_choose(&node, 0xf, 2), 0x6);
    assert_int_equal(interconnect_choose(&node, 0xf, 1), 0x1);
}

static void test_impossible_nodes_are_refused(void **state)
{
    const uint64_t overlapping[] = { 0x3, 0x6 }, outside[] = { 0x30 }, empty[] = { 0 };
    interconnect node = { .devices = 77 };

    (void)state;
    assert_false(interconnect_init(&node, 0, NULL, 0));
    assert_false(interconnect_init(&node, 65, NULL, 0));
    assert_false(interconnect_init(&node, 17, NULL, 0)); /* 17 groups */
    assert_false(interconnect_init(&node, 4, overlapping, 2));
    assert_false(interconnect_init(&node, 4, outside, 1));
    assert_false(interconnect_init(&node, 4, empty, 1));
    assert_int_equal(node.devices, 77);
    assert_true(interconnect_init(&node, 16, NULL, 0));
}

static void test_64_devices(void **state)
{
    const uint64_t halves[] = { UINT64_C(0xffffffff), UINT64_C(0xffffffff) << 32 };
    interconnect node = node_of(64, halves, 2);

    (void)state;
    assert_true(interconnect_choose(&node, UINT64_MAX, 64) == UINT64_MAX);
    assert_true(interconnect_choose(&node, UINT64_MAX << 1, 32) == halves[1]);
}

/* The contract's three criteria, as one number to make small. */
static uint64_t cost(const interconnect *node, uint64_t free, uint64_t chosen)
{
    uint32_t span = interconnect_span(node, chosen), left = 0;

    for (uint32_t g = 0; g < node->groups; g++)
        if ((node->group[g] & chosen) != 0)
            left += (uint32_t)__builtin_popcountll(node->group[g] & free & ~chosen);
    return (uint64_t)span << 32 | (uint64_t)left << 16 | chosen;
}

static uint64_t exhaustive(const interconnect *node, uint64_t free, uint32_t n)
{
    uint64_t best = 0;

    for (uint64_t set = free; set != 0; set = (set - 1) & free)
        if ((uint32_t)__builtin_popcountll(set) == n &&
            (best == 0 || cost(node, free, set) < cost(node, free, best)))
            best = set;
    return best;
}

/* A random partition of up to 16 devices into up to 6 named groups; some devices in none. */
static interconnect random_node(const random_key *key, uint64_t *count)
{
    uint64_t groups[6] = { 0 }, named[6];
    uint32_t devices = 1 + (uint32_t)(random_u64(key, (*count)++) % 16), size = 0;
    uint32_t most = 1 + (uint32_t)(random_u64(key, (*count)++) % 7);

    for (uint32_t d = 0; d < devices; d++) {
        uint64_t g = random_u64(key, (*count)++) % most;

        if (g < 6)
            groups[g] |= UINT64_C(1) << d;
    }
    for (uint32_t g = 0; g < 6; g++)
        if (groups[g] != 0)
            named[size++] = groups[g];
    return node_of(devices, named, size);
}

static void test_choice_is_that_of_search_over_all_subsets(void **state)
{
    const random_key key = { .seed = 11 };
    uint64_t count = 0;

    (void)state;
    for (int round = 0; round < 150; round++) {
        interconnect node = random_node(&key, &count);
        uint64_t free = random_u64(&key, count++) & interconnect_all(&node);

        free |= random_u64(&key, count++) & interconnect_all(&node);
        for (uint32_t n = 1; n <= node.devices + 1; n++)
            assert_int_equal(interconnect_choose(&node, free, n), exhaustive(&node, free, n));
    }
}

/* Every set of free devices of the nodes that are sold. */
static void test_usual_nodes_exhaustively(void **state)
{
    const uint64_t one[] = { 0xff }, halves[] = { 0x0f, 0xf0 }, pairs[] = { 0x03, 0x0c, 0x30, 0xc0 },
                   crossed[] = { 0x55, 0xaa };
    const interconnect nodes[] = { node_of(8, one, 1), node_of(8, halves, 2), node_of(8, pairs, 4),
                                   node_of(8, crossed, 2), node_of(8, NULL, 0) };

    (void)state;
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
        for (uint64_t free = 0; free < 256; free++)
            for (uint32_t n = 0; n <= 8; n++)
                assert_int_equal(interconnect_choose(&nodes[i], free, n), exhaustive(&nodes[i], free, n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_group_is_filled_from_below),
        cmocka_unit_test(test_the_smallest_group_that_suffices),
        cmocka_unit_test(test_fewest_groups_then_least_left_over),
        cmocka_unit_test(test_a_device_without_links_is_a_group),
        cmocka_unit_test(test_impossible_nodes_are_refused),
        cmocka_unit_test(test_64_devices),
        cmocka_unit_test(test_choice_is_that_of_search_over_all_subsets),
        cmocka_unit_test(test_usual_nodes_exhaustively),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
