/* MIG: NVIDIA's tables, the 19 ways to fill an A100, and where an instance is best put. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "accelerator/mig.h"

/* `nvidia-smi mig -lgipp`, as the guide prints it: the legal starts and the size in memory slices. */
static const struct placement_row {
    const char *name;
    unsigned starts, memory, most;
} a100[] = {
    { "1g.5gb", 0x7f, 1, 7 },  { "1g.5gb+me", 0x7f, 1, 1 }, { "1g.10gb", 0x55, 2, 4 },
    { "2g.10gb", 0x15, 2, 3 }, { "3g.20gb", 0x11, 4, 2 },   { "4g.20gb", 0x01, 4, 1 },
    { "7g.40gb", 0x01, 8, 1 },
};

/* The ways to fill an A100 with 1g, 2g, 3g, 4g and 7g instances so that none can be added, by compute slices
 * from left to right. By hand from the placements above: the left half takes 4, 3, 22, 211, 112 or 1111, the
 * right one 3, 21 or 111, or 7 takes all: 6 × 3 + 1 = 19. (The guide draws them, in "Profiles on A100".) */
static const char *const layouts[] = {
    "7",    "43",    "421",    "4111", "33",    "321",    "3111",  "223",    "2221",    "22111",
    "2113", "21121", "211111", "1123", "11221", "112111", "11113", "111121", "1111111",
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static void test_profiles_are_those_of_the_guide(void **state)
{
    const mig_gpu empty = { .model = MIG_A100_40GB };

    (void)state;
    for (uint32_t i = 0; i < MIG_PROFILES; i++) {
        uint32_t profile = mig_profile_find(MIG_A100_40GB, a100[i].name);

        assert_int_equal(profile, i);
        assert_int_equal(mig_placements(empty, profile), a100[i].starts);
        assert_int_equal(mig_profile_of(MIG_A100_40GB, profile)->memory, a100[i].memory);
    }
    assert_int_equal(mig_profile_find(MIG_A100_40GB, "3g.40gb"), MIG_NONE);
    assert_int_equal(mig_profile_find(MIG_H200_141GB, "3g.71gb"), MIG_3G);
    assert_int_equal(mig_profile_find(MIG_MODEL_COUNT, "3g.71gb"), MIG_NONE);
    assert_string_equal(mig_profile_name(MIG_B200_180GB, MIG_7G), "7g.180gb");
    assert_null(mig_profile_name(MIG_A100_40GB, MIG_PROFILES));
    assert_string_equal(mig_model_name(MIG_H100_80GB), "H100-80GB");
    assert_null(mig_model_name(MIG_MODEL_COUNT));
}

/* The guide's column "Number of Instances Available" follows from the placements. */
static void test_an_empty_gpu_holds_as_many_as_the_guide_says(void **state)
{
    (void)state;
    for (uint32_t model = 0; model < MIG_MODEL_COUNT; model++)
        for (uint32_t profile = 0; profile < MIG_PROFILES; profile++) {
            const mig_gpu empty = { .model = (uint8_t)model };

            assert_int_equal(mig_room(empty, profile), a100[profile].most);
            assert_int_equal(mig_profile_of(model, profile)->most, a100[profile].most);
        }
}

typedef struct found {
    int times[LAYOUTS];
    int other;
} found;

static void note_layout(found *f, const char *sizes)
{
    for (int i = 0; i < LAYOUTS; i++)
        if (strcmp(sizes, layouts[i]) == 0) {
            f->times[i]++;
            return;
        }
    f->other++;
}

/* All layouts, instances from left to right; a layout is full if none of these profiles fits any more. */
static void fill(mig_gpu gpu, uint32_t from, char *sizes, size_t length, found *f)
{
    static const uint32_t plain[] = { MIG_1G, MIG_2G, MIG_3G, MIG_4G, MIG_7G };
    int full = 1;

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        uint32_t starts = mig_placements(gpu, plain[i]);

        full = full && starts == 0;
        for (uint32_t start = from; start < MIG_MEMORY_SLICES; start++)
            if ((starts >> start & 1) != 0) {
                const mig_profile *p = mig_profile_of(gpu.model, plain[i]);

                sizes[length] = (char)('0' + p->compute);
                fill(mig_take(gpu, plain[i], start), start + p->memory, sizes, length + 1, f);
            }
    }
    sizes[length] = '\0';
    if (full)
        note_layout(f, sizes);
}

static void test_an_a100_is_filled_in_19_ways(void **state)
{
    found f = { { 0 }, 0 };
    char sizes[MIG_COMPUTE_SLICES + 1];

    (void)state;
    fill((mig_gpu){ .model = MIG_A100_40GB }, 0, sizes, 0, &f);
    assert_int_equal(LAYOUTS, 19);
    assert_int_equal(f.other, 0);
    for (int i = 0; i < LAYOUTS; i++)
        assert_int_equal(f.times[i], 1);
}

static void test_small_instances_go_where_they_hurt_least(void **state)
{
    mig_gpu gpu = { .model = MIG_H100_80GB };

    (void)state;
    assert_int_equal(mig_best_start(gpu, MIG_1G, NULL), 6); /* where only 1g can be */
    assert_int_equal(mig_best_start(gpu, MIG_3G, NULL), 4); /* leaves room for 4g */
    gpu = mig_take(gpu, MIG_4G, 0);
    assert_int_equal(mig_best_start(gpu, MIG_4G, NULL), MIG_NONE);
    assert_int_equal(mig_best_start(gpu, MIG_3G, NULL), 4);
}

static void test_the_demand_decides(void **state)
{
    const mig_gpu empty = { .model = MIG_A100_80GB };
    const mig_demand fours = { .weight = { [MIG_4G] = 1 } }, none = { .weight = { 0 } };

    (void)state;
    assert_int_equal(mig_best_start(empty, MIG_2G, &fours), 4); /* the left half stays whole */
    assert_int_equal(mig_best_start(empty, MIG_2G, &none), 0);  /* all alike: the lowest */
}

static void test_one_instance_has_the_media_engines(void **state)
{
    mig_gpu gpu = { .model = MIG_A100_80GB };

    (void)state;
    gpu = mig_take(gpu, MIG_1G_MEDIA, 3);
    assert_int_equal(mig_placements(gpu, MIG_1G_MEDIA), 0);
    assert_int_equal(mig_placements(gpu, MIG_1G), 0x77);
    gpu = mig_release(gpu, MIG_1G_MEDIA, 3);
    assert_int_equal(mig_placements(gpu, MIG_1G_MEDIA), 0x7f);
}

/* Two of 3g use all memory and leave one compute slice: nothing fits, as on the hardware. */
static void test_memory_can_run_out_before_compute(void **state)
{
    mig_gpu gpu = { .model = MIG_A100_80GB };

    (void)state;
    gpu = mig_take(mig_take(gpu, MIG_3G, 0), MIG_3G, 4);
    assert_int_equal(gpu.compute, 6);
    for (uint32_t profile = 0; profile < MIG_PROFILES; profile++)
        assert_int_equal(mig_placements(gpu, profile), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles_are_those_of_the_guide),
        cmocka_unit_test(test_an_empty_gpu_holds_as_many_as_the_guide_says),
        cmocka_unit_test(test_an_a100_is_filled_in_19_ways),
        cmocka_unit_test(test_small_instances_go_where_they_hurt_least),
        cmocka_unit_test(test_the_demand_decides),
        cmocka_unit_test(test_one_instance_has_the_media_engines),
        cmocka_unit_test(test_memory_can_run_out_before_compute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
