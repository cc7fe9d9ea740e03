#include "mig.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(mig_gpu) == 4, "a mig_gpu is snapshotted as bytes");

#define STARTS(set) ((uint8_t)(set))

/* `nvidia-smi mig -lgipp`: profile IDs 19, 20, 15, 14, 9, 5, 0. All models here share this geometry. */
static const mig_profile profiles[MIG_PROFILES] = {
    [MIG_1G] = { STARTS(0x7f), 1, 1, 0, 7 },               /* {0,1,2,3,4,5,6}:1 */
    [MIG_1G_MEDIA] = { STARTS(0x7f), 1, 1, 1, 1 },         /* {0,1,2,3,4,5,6}:1 */
    [MIG_1G_DOUBLE_MEMORY] = { STARTS(0x55), 2, 1, 0, 4 }, /* {0,2,4,6}:2 */
    [MIG_2G] = { STARTS(0x15), 2, 2, 0, 3 },               /* {0,2,4}:2 */
    [MIG_3G] = { STARTS(0x11), 4, 3, 0, 2 },               /* {0,4}:4 */
    [MIG_4G] = { STARTS(0x01), 4, 4, 0, 1 },               /* {0}:4 */
    [MIG_7G] = { STARTS(0x01), 8, 7, 0, 1 },               /* {0}:8 */
};

/* Arrays, not pointers: nothing to relocate. */
static const struct {
    char name[12];
    char profile[MIG_PROFILES][12];
} models[MIG_MODEL_COUNT] = {
    [MIG_A100_40GB] = { "A100-40GB",
                        { "1g.5gb", "1g.5gb+me", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb" } },
    [MIG_A100_80GB] = { "A100-80GB",
                        { "1g.10gb", "1g.10gb+me", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb" } },
    [MIG_H100_80GB] = { "H100-80GB",
                        { "1g.10gb", "1g.10gb+me", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb" } },
    [MIG_H200_141GB] = { "H200-141GB",
                         { "1g.18gb", "1g.18gb+me", "1g.35gb", "2g.35gb", "3g.71gb", "4g.71gb",
                           "7g.141gb" } },
    [MIG_B200_180GB] = { "B200-180GB",
                         { "1g.23gb", "1g.23gb+me", "1g.45gb", "2g.45gb", "3g.90gb", "4g.90gb",
                           "7g.180gb" } },
};

const char *mig_model_name(uint32_t model)
{
    return model < MIG_MODEL_COUNT ? models[model].name : NULL;
}

const char *mig_profile_name(uint32_t model, uint32_t profile)
{
    return model < MIG_MODEL_COUNT && profile < MIG_PROFILES ? models[model].profile[profile] : NULL;
}

uint32_t mig_profile_find(uint32_t model, const char *name)
{
    for (uint32_t profile = 0; model < MIG_MODEL_COUNT && profile < MIG_PROFILES; profile++)
        if (strcmp(models[model].profile[profile], name) == 0)
            return profile;
    return MIG_NONE;
}

const mig_profile *mig_profile_of(uint32_t model, uint32_t profile)
{
    assert(model < MIG_MODEL_COUNT && profile < MIG_PROFILES);
    return &profiles[profile];
}

/* The memory slices of an instance. */
static uint32_t span(const mig_profile *p, uint32_t start)
{
    return ((1u << p->memory) - 1) << start;
}

uint32_t mig_placements(mig_gpu gpu, uint32_t profile)
{
    const mig_profile *p = mig_profile_of(gpu.model, profile);
    uint32_t free = ~(uint32_t)gpu.memory & ((1u << MIG_MEMORY_SLICES) - 1);

    if (gpu.compute + p->compute > MIG_COMPUTE_SLICES || (p->media && gpu.media))
        return 0;
    for (uint32_t length = 1; length < p->memory; length *= 2) /* slices from which twice as many are free */
        free &= free >> length;
    return free & p->starts;
}

/* Instances of one profile, wherever they start, have no slice in common. */
uint32_t mig_room(mig_gpu gpu, uint32_t profile)
{
    const mig_profile *p = mig_profile_of(gpu.model, profile);
    uint32_t room = (uint32_t)__builtin_popcount(mig_placements(gpu, profile));
    uint32_t by_compute = (MIG_COMPUTE_SLICES - (uint32_t)gpu.compute) / p->compute;

    room = room < by_compute ? room : by_compute;
    return p->media && room > 1 ? 1 : room;
}

uint64_t mig_room_for(mig_gpu gpu, const mig_demand *demand)
{
    static const mig_demand one_of_each = { { 1, 1, 1, 1, 1, 1, 1 } };
    uint64_t room = 0;

    if (demand == NULL)
        demand = &one_of_each;
    for (uint32_t profile = 0; profile < MIG_PROFILES; profile++)
        room += (uint64_t)demand->weight[profile] * mig_room(gpu, profile);
    return room;
}

uint32_t mig_best_start(mig_gpu gpu, uint32_t profile, const mig_demand *demand)
{
    uint32_t starts = mig_placements(gpu, profile), best = MIG_NONE;
    uint64_t best_room = 0;

    for (uint32_t start = 0; start < MIG_MEMORY_SLICES; start++) {
        uint64_t room;

        if ((starts >> start & 1) == 0)
            continue;
        room = mig_room_for(mig_take(gpu, profile, start), demand);
        if (best == MIG_NONE || room > best_room) {
            best = start;
            best_room = room;
        }
    }
    return best;
}

mig_gpu mig_take(mig_gpu gpu, uint32_t profile, uint32_t start)
{
    const mig_profile *p = mig_profile_of(gpu.model, profile);

    assert(start < MIG_MEMORY_SLICES && (mig_placements(gpu, profile) >> start & 1) != 0);
    gpu.memory = (uint8_t)(gpu.memory | span(p, start));
    gpu.compute = (uint8_t)(gpu.compute + p->compute);
    gpu.media = (uint8_t)(gpu.media + p->media);
    return gpu;
}

mig_gpu mig_release(mig_gpu gpu, uint32_t profile, uint32_t start)
{
    const mig_profile *p = mig_profile_of(gpu.model, profile);

    assert(start < MIG_MEMORY_SLICES && (p->starts >> start & 1) != 0);
    assert((gpu.memory & span(p, start)) == span(p, start));
    assert(gpu.compute >= p->compute && gpu.media >= p->media);
    gpu.memory = (uint8_t)(gpu.memory & ~span(p, start));
    gpu.compute = (uint8_t)(gpu.compute - p->compute);
    gpu.media = (uint8_t)(gpu.media - p->media);
    return gpu;
}

int mig_holds(mig_gpu gpu, uint32_t profile, uint32_t start)
{
    const mig_profile *p = mig_profile_of(gpu.model, profile);

    return start < MIG_MEMORY_SLICES && (p->starts >> start & 1) != 0 &&
           (gpu.memory & span(p, start)) == span(p, start) && gpu.compute >= p->compute &&
           gpu.media >= p->media;
}

mig_gpu mig_cover(mig_gpu gpu, uint32_t profile, uint32_t start)
{
    const mig_profile *p = mig_profile_of(gpu.model, profile);
    uint32_t compute = (uint32_t)gpu.compute + p->compute;

    gpu.memory = (uint8_t)(gpu.memory | span(p, start));
    gpu.compute = (uint8_t)(compute < MIG_COMPUTE_SLICES ? compute : MIG_COMPUTE_SLICES);
    gpu.media = (uint8_t)(gpu.media | p->media);
    return gpu;
}

mig_gpu mig_union(mig_gpu a, mig_gpu b)
{
    a.memory = (uint8_t)(a.memory | b.memory);
    a.compute = a.compute > b.compute ? a.compute : b.compute;
    a.media = (uint8_t)(a.media | b.media);
    return a;
}

uint32_t mig_mgpu_left(mig_gpu gpu)
{
    return 1000u * (MIG_COMPUTE_SLICES - (uint32_t)gpu.compute) / MIG_COMPUTE_SLICES;
}

uint32_t mig_profile_mgpu(uint32_t profile)
{
    assert(profile < MIG_PROFILES);
    return (1000u * profiles[profile].compute + MIG_COMPUTE_SLICES - 1) / MIG_COMPUTE_SLICES;
}

uint16_t mig_pack(mig_gpu gpu)
{
    return (uint16_t)(gpu.memory | gpu.compute << 8 | gpu.media << 11 | gpu.model << 12);
}

mig_gpu mig_unpack(uint16_t packed)
{
    return (mig_gpu){ .model = (uint8_t)(packed >> 12 & 7),
                      .memory = (uint8_t)(packed & 0xff),
                      .compute = (uint8_t)(packed >> 8 & 7),
                      .media = (uint8_t)(packed >> 11 & 1) };
}
