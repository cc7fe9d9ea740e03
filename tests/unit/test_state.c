/* What is saved comes back the same; what is not a checkpoint is refused, whatever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/state.h"

#include <stdlib.h>
#include <string.h>

typedef struct thing {
    int64_t count;
    uint32_t fixed[3];
    uint32_t *list, list_count, list_room;
    int64_t *far;
    size_t far_count, far_room;
} thing;

static void thing_state(thing *t, state *s)
{
    state_part(s, "thing");
    STATE_VALUE(s, t->count);
    state_array(s, t->fixed, 3, sizeof t->fixed[0]);
    state_list32(s, &t->list, &t->list_count, &t->list_room, sizeof *t->list);
    state_check_indices(s, t->list, t->list_count, sizeof *t->list, 100);
    state_part(s, "far");
    state_list(s, &t->far, &t->far_count, &t->far_room, sizeof *t->far);
}

static thing filled(void)
{
    thing t = { .count = -7, .fixed = { 1, 2, 3 }, .list_count = 2, .far_count = 1000 };

    t.list = calloc(2, sizeof *t.list);
    t.far = calloc(1000, sizeof *t.far);
    assert_true(t.list != NULL && t.far != NULL);
    t.list[0] = 99;
    t.list[1] = SKY_NONE;
    for (size_t i = 0; i < 1000; i++)
        t.far[i] = (int64_t)(i * i);
    return t;
}

static void free_thing(thing *t)
{
    free(t->list);
    free(t->far);
}

static unsigned char *save(thing *t, size_t *size)
{
    state *s = state_save();
    const unsigned char *saved;
    unsigned char *bytes;
    sky_error error = { "" };

    assert_non_null(s);
    assert_false(state_restores(s));
    thing_state(t, s);
    assert_int_equal(state_end(s, &error), SKY_OK);
    saved = state_saved(s, size);
    bytes = malloc(*size);
    assert_non_null(bytes);
    memcpy(bytes, saved, *size);
    state_free(s);
    return bytes;
}

static sky_status restore(thing *t, const unsigned char *bytes, size_t size, sky_error *error)
{
    state *s = state_restore(bytes, size);
    sky_status status;

    assert_non_null(s);
    assert_true(state_restores(s));
    thing_state(t, s);
    status = state_end(s, error);
    state_free(s);
    return status;
}

static void test_there_and_back(void **context)
{
    thing from = filled(), to = { .fixed = { 0 } };
    sky_error error = { "" };
    size_t size, again_size;
    unsigned char *bytes = save(&from, &size), *again;

    (void)context;
    assert_int_equal(restore(&to, bytes, size, &error), SKY_OK);
    assert_int_equal(to.count, -7);
    assert_memory_equal(to.fixed, from.fixed, sizeof to.fixed);
    assert_int_equal(to.list_count, 2);
    assert_true(to.list_room >= 2);
    assert_memory_equal(to.list, from.list, 2 * sizeof *to.list);
    assert_int_equal(to.far_count, 1000);
    assert_memory_equal(to.far, from.far, 1000 * sizeof *to.far);
    again = save(&to, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    free(bytes);
    free_thing(&from);
    free_thing(&to);
}

/* Every shorter one, and one byte more. */
static void test_other_lengths_are_refused(void **context)
{
    thing from = filled();
    size_t size;
    unsigned char *bytes = save(&from, &size), *longer = calloc(1, size + 1);

    (void)context;
    assert_non_null(longer);
    memcpy(longer, bytes, size);
    for (size_t cut = 0; cut < size + 2; cut += cut < 200 ? 1 : 97) {
        thing to = { .fixed = { 0 } };
        sky_error error = { "" };

        if (cut != size)
            assert_int_equal(restore(&to, longer, cut > size ? size + 1 : cut, &error), SKY_ERROR_INPUT);
        free_thing(&to);
    }
    free(longer);
    free(bytes);
    free_thing(&from);
}

static void test_what_can_not_be_is_refused(void **context)
{
    thing from = filled(), to = { .fixed = { 0 } };
    sky_error error = { "" };
    unsigned char *bytes;
    size_t size;

    (void)context;
    from.list[1] = 100; /* one beyond */
    bytes = save(&from, &size);
    assert_int_equal(restore(&to, bytes, size, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"thing\" holds what can't be"));
    bytes[0] ^= 1; /* another part */
    assert_int_equal(restore(&to, bytes, size, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "is not where it belongs"));
    free(bytes);
    free_thing(&from);
    free_thing(&to);
}

/* A count that promises more than all memory has. */
static void test_huge_counts_are_refused(void **context)
{
    thing from = filled(), to = { .fixed = { 0 } };
    sky_error error = { "" };
    size_t size, at = 24 + 8 + 8 + 12; /* of the list's */
    unsigned char *bytes = save(&from, &size);

    (void)context;
    memset(bytes + at, 0xff, 8);
    assert_int_equal(restore(&to, bytes, size, &error), SKY_ERROR_INPUT);
    memset(bytes + at, 0, 8);
    bytes[at + 7] = 0x20; /* times the size of an item it is 0 again */
    assert_int_equal(restore(&to, bytes, size, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "ends too early"));
    free(bytes);
    free_thing(&from);
    free_thing(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_other_lengths_are_refused),
        cmocka_unit_test(test_what_can_not_be_is_refused),
        cmocka_unit_test(test_huge_counts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
