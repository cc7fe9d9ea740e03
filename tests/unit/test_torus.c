/* TPU pods: the documented shapes, where they lie, wrap-around, and where a slice is best put. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "accelerator/torus.h"

#define WORDS_MAX (TORUS_CHIPS_MAX / 64)

#define SHAPE(x, y, z)          ((torus_shape){ { x, y, z } })
#define SLICE(a, b, c, x, y, z) (&(torus_slice){ { a, b, c }, { { x, y, z } } })

static torus_pod pod_of(uint32_t type, torus_shape shape)
{
    torus_pod pod;

    assert_true(torus_pod_init(&pod, type, shape));
    return pod;
}

static int same(const torus_slice *a, const torus_slice *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void test_pods(void **state)
{
    torus_pod v5p = pod_of(TORUS_V5P, SHAPE(16, 20, 28)), v5e = pod_of(TORUS_V5E, SHAPE(16, 16, 1));
    torus_pod part = pod_of(TORUS_V6E, SHAPE(8, 16, 1)), untouched = v5e;

    (void)state;
    assert_int_equal(torus_chips(v5p.shape), 8960);
    assert_int_equal(torus_words(&v5p), 140);
    assert_int_equal(v5p.wraps, 7);
    assert_int_equal(v5e.wraps, 3);
    assert_int_equal(part.wraps, 2);
    assert_string_equal(torus_type_name(TORUS_V5P), "v5p");
    assert_null(torus_type_name(TORUS_TYPE_COUNT));
    assert_false(torus_pod_init(&untouched, TORUS_TYPE_COUNT, SHAPE(4, 4, 4)));
    assert_false(torus_pod_init(&untouched, TORUS_V4, SHAPE(4, 4, 6))); /* half a cube */
    assert_false(torus_pod_init(&untouched, TORUS_V4, SHAPE(4, 0, 4)));
    assert_false(torus_pod_init(&untouched, TORUS_V4, SHAPE(4, 4, 68)));   /* an axis too long */
    assert_false(torus_pod_init(&untouched, TORUS_V4, SHAPE(32, 32, 16))); /* too many chips */
    assert_false(torus_pod_init(&untouched, TORUS_V5E, SHAPE(32, 16, 1)));
    assert_false(torus_pod_init(&untouched, TORUS_V5E, SHAPE(16, 16, 2)));
    assert_memory_equal(&untouched, &v5e, sizeof v5e);
}

/* docs/v5e and docs/v6e: the whole table. */
static void test_shapes_in_two_dimensions(void **state)
{
    const torus_shape table[] = { SHAPE(1, 1, 1), SHAPE(2, 2, 1), SHAPE(2, 4, 1),  SHAPE(4, 4, 1),
                                  SHAPE(4, 8, 1), SHAPE(8, 8, 1), SHAPE(8, 16, 1), SHAPE(16, 16, 1) };
    torus_pod v5e = pod_of(TORUS_V5E, SHAPE(16, 16, 1));
    torus_shape shapes[TORUS_SHAPES_MAX];

    (void)state;
    assert_int_equal(torus_shapes(&v5e, shapes, TORUS_SHAPES_MAX), 8);
    assert_memory_equal(shapes, table, sizeof table);
    assert_false(torus_shape_is_legal(&v5e, SHAPE(4, 2, 1)));
    assert_false(torus_shape_is_legal(&v5e, SHAPE(2, 8, 1)));
}

/* docs/v5p: each shape of the table; and that the largest job has 6,144 chips. */
static void test_shapes_in_three_dimensions(void **state)
{
    const torus_shape table[] = { SHAPE(2, 2, 1),   SHAPE(2, 2, 2),    SHAPE(2, 4, 4),   SHAPE(4, 4, 4),
                                  SHAPE(4, 4, 8),   SHAPE(4, 8, 8),    SHAPE(8, 8, 8),   SHAPE(8, 8, 16),
                                  SHAPE(8, 16, 16), SHAPE(16, 16, 16), SHAPE(16, 16, 24) };
    torus_pod v5p = pod_of(TORUS_V5P, SHAPE(16, 20, 28)), v4 = pod_of(TORUS_V4, SHAPE(16, 16, 16));
    torus_shape shapes[TORUS_SHAPES_MAX];
    uint32_t count = torus_shapes(&v5p, shapes, TORUS_SHAPES_MAX);

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_true(torus_shape_is_legal(&v5p, table[i]));
    assert_true(torus_chips(shapes[count - 1]) <= 6144);
    assert_false(torus_shape_is_legal(&v5p, SHAPE(16, 20, 28)));
    assert_false(torus_shape_is_legal(&v5p, SHAPE(1, 2, 2)));
    assert_false(torus_shape_is_legal(&v5p, SHAPE(8, 4, 4))); /* not as documented: smallest first */
    assert_false(torus_shape_is_legal(&v5p, SHAPE(4, 4, 6)));
    assert_false(torus_shape_is_legal(&v5p, SHAPE(0, 4, 4)));
    assert_false(torus_shape_is_legal(&v5p, SHAPE(4, 4, 32))); /* longer than the pod */
    assert_true(torus_shape_is_legal(&v4, SHAPE(12, 16, 16)));
    assert_int_equal(torus_shapes(&v4, shapes, 0), 4 + 20); /* 20 ways to choose 3 of 4 with repetition */
}

static void test_turns_keep_hosts_whole(void **state)
{
    torus_pod v4 = pod_of(TORUS_V4, SHAPE(8, 8, 8)), v5e = pod_of(TORUS_V5E, SHAPE(16, 16, 1));

    (void)state;
    assert_true(torus_slice_is_legal(&v4, SLICE(2, 4, 3, 2, 2, 1)));
    assert_false(torus_slice_is_legal(&v4, SLICE(2, 4, 3, 1, 2, 2)));
    assert_false(torus_slice_is_legal(&v4, SLICE(1, 4, 3, 2, 2, 1)));
    assert_true(torus_slice_is_legal(&v4, SLICE(4, 0, 2, 4, 4, 2)));
    assert_false(torus_slice_is_legal(&v4, SLICE(2, 0, 0, 4, 4, 2))); /* in two cubes */
    assert_true(torus_slice_is_legal(&v4, SLICE(4, 0, 4, 4, 8, 4)));
    assert_false(torus_slice_is_legal(&v4, SLICE(2, 0, 4, 4, 8, 4))); /* cuts cubes */
    assert_false(torus_slice_is_legal(&v4, SLICE(0, 0, 0, 0, 2, 2)));
    assert_false(torus_slice_is_legal(&v4, SLICE(8, 0, 0, 4, 4, 4)));
    assert_true(torus_slice_is_legal(&v5e, SLICE(2, 4, 0, 2, 4, 1)));
    assert_false(torus_slice_is_legal(&v5e, SLICE(2, 4, 0, 4, 2, 1)));
    assert_true(torus_slice_is_legal(&v5e, SLICE(8, 0, 0, 8, 16, 1)));
    assert_true(torus_slice_is_legal(&v5e, SLICE(0, 8, 0, 16, 8, 1)));
    assert_true(torus_slice_is_legal(&v5e, SLICE(3, 2, 0, 1, 1, 1)));
    assert_false(torus_slice_is_legal(&v5e, SLICE(3, 2, 0, 2, 2, 1)));
}

static void test_wrap_around(void **state)
{
    torus_pod v4 = pod_of(TORUS_V4, SHAPE(8, 12, 4)), v5e = pod_of(TORUS_V5E, SHAPE(16, 16, 1)),
              part = pod_of(TORUS_V5E, SHAPE(8, 16, 1));

    (void)state;
    assert_true(torus_slice_is_legal(&v4, SLICE(0, 8, 0, 4, 8, 4)));
    assert_false(torus_slice_is_legal(&v4, SLICE(4, 0, 0, 8, 4, 4))); /* the same chips as from 0 */
    assert_true(torus_slice_is_legal(&v5e, SLICE(14, 12, 0, 8, 8, 1)));
    assert_false(torus_slice_is_legal(&part, SLICE(6, 0, 0, 4, 4, 1)));
    assert_int_equal(torus_slice_rings(&v4, SLICE(0, 0, 0, 4, 8, 4)), 7);
    assert_int_equal(torus_slice_rings(&v4, SLICE(0, 0, 0, 2, 4, 4)), 0);
    assert_int_equal(torus_slice_rings(&v5e, SLICE(0, 0, 0, 8, 16, 1)), 2);
    assert_int_equal(torus_slice_rings(&v5e, SLICE(0, 0, 0, 8, 8, 1)), 0);
    assert_int_equal(torus_slice_rings(&v5e, SLICE(0, 0, 0, 16, 16, 1)), 3);
}

static void test_taken_chips_cross_the_edge(void **state)
{
    torus_pod v5e = pod_of(TORUS_V5E, SHAPE(16, 16, 1));
    uint64_t taken[4] = { 0 };

    (void)state;
    torus_take(&v5e, taken, SLICE(14, 12, 0, 4, 8, 1));
    assert_int_equal(taken[0], UINT64_C(0xc003c003c003c003)); /* rows 0 to 3 */
    assert_int_equal(taken[1], 0);
    assert_int_equal(taken[3], UINT64_C(0xc003c003c003c003)); /* rows 12 to 15 */
    assert_int_equal(torus_free_chips(&v5e, taken), 256 - 32);
    assert_int_equal(torus_open_links(&v5e, taken, SLICE(14, 12, 0, 4, 8, 1)), 24);
    torus_release(&v5e, taken, SLICE(14, 12, 0, 4, 8, 1));
    assert_int_equal(torus_free_chips(&v5e, taken), 256);
}

static void test_slices_lie_against_others(void **state)
{
    torus_pod v5e = pod_of(TORUS_V5E, SHAPE(16, 16, 1));
    uint64_t taken[4] = { 0 };
    torus_slice slice;

    (void)state;
    assert_true(torus_find(&v5e, taken, SHAPE(8, 8, 1), &slice));
    assert_true(same(&slice, SLICE(0, 0, 0, 8, 8, 1)));
    torus_take(&v5e, taken, &slice);
    assert_true(torus_find(&v5e, taken, SHAPE(8, 8, 1), &slice));
    assert_true(same(&slice, SLICE(8, 0, 0, 8, 8, 1))); /* touches the first on both sides: a ring */
    assert_int_equal(torus_open_links(&v5e, taken, &slice), 16);
}

/* A small slice goes into the cube that is in use already, and of those into the fullest. */
static void test_small_slices_break_no_cube(void **state)
{
    torus_pod v4 = pod_of(TORUS_V4, SHAPE(8, 8, 8));
    uint64_t taken[8] = { 0 };
    torus_slice slice;

    (void)state;
    torus_take(&v4, taken, SLICE(4, 0, 4, 2, 2, 1));
    torus_take(&v4, taken, SLICE(4, 4, 4, 2, 2, 2));
    assert_true(torus_find(&v4, taken, SHAPE(2, 2, 4), &slice));
    assert_true(same(&slice, SLICE(4, 6, 4, 2, 2, 4))); /* touches both, the first around the edge */
    torus_take(&v4, taken, &slice);
    assert_int_equal(torus_largest_free(&v4, taken, &slice), 256);
    assert_true(same(&slice, SLICE(0, 0, 0, 4, 8, 8)));
}

static void test_a_full_pod_has_nothing(void **state)
{
    torus_pod v5p = pod_of(TORUS_V5P, SHAPE(16, 16, 24));
    static uint64_t taken[WORDS_MAX];
    torus_slice slice;

    (void)state;
    assert_int_equal(torus_largest_free(&v5p, taken, &slice), 6144);
    assert_true(torus_find(&v5p, taken, SHAPE(16, 16, 24), &slice));
    torus_take(&v5p, taken, &slice);
    assert_int_equal(torus_free_chips(&v5p, taken), 0);
    assert_int_equal(torus_largest_free(&v5p, taken, &slice), 0);
    assert_false(torus_find(&v5p, taken, SHAPE(2, 2, 1), &slice));
}

/* The number of legal shapes stays within the limit for the pods with the most of them. */
static void test_shapes_fit_their_limit(void **state)
{
    (void)state;
    for (uint16_t x = 4; x <= TORUS_AXIS_MAX; x = (uint16_t)(x + 4))
        for (uint16_t y = x; y <= TORUS_AXIS_MAX; y = (uint16_t)(y + 4)) {
            int z = TORUS_CHIPS_MAX / x / y / 4 * 4;
            torus_pod pod;

            if (z < 4)
                continue;
            assert_true(torus_pod_init(&pod, TORUS_V5P, SHAPE(x, y, (uint16_t)(z < 64 ? z : 64))));
            assert_true(torus_shapes(&pod, NULL, 0) < TORUS_SHAPES_MAX);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pods),
        cmocka_unit_test(test_shapes_in_two_dimensions),
        cmocka_unit_test(test_shapes_in_three_dimensions),
        cmocka_unit_test(test_turns_keep_hosts_whole),
        cmocka_unit_test(test_wrap_around),
        cmocka_unit_test(test_taken_chips_cross_the_edge),
        cmocka_unit_test(test_slices_lie_against_others),
        cmocka_unit_test(test_small_slices_break_no_cube),
        cmocka_unit_test(test_a_full_pod_has_nothing),
        cmocka_unit_test(test_shapes_fit_their_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
