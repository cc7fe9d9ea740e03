/* MIG: one GPU cut into instances of fixed profiles, each at one of a few legal places.
 *
 * A GPU has 8 memory slices (0 to 7) and 7 compute slices. An instance of a profile occupies `memory`
 * memory slices side by side from a start that the hardware allows, and `compute` compute slices. Memory
 * slices of instances never overlap; compute slices sum to at most 7; at most one instance holds the media
 * extensions ("+me"). A profile that takes 4 memory slices and 3 compute slices (3g) twice therefore leaves
 * a compute slice that nobody can use.
 *
 * Profiles and counts: NVIDIA Multi-Instance GPU User Guide, v580 (2025), "Supported MIG Profiles", tables
 * 6 to 9 (A100, H100, H200, B200), docs.nvidia.com/datacenter/tesla/mig-user-guide/. Placements: the same
 * guide, "Getting Started with MIG", output of `nvidia-smi mig -lgipp` on an A100-40GB; an H100 NVL is
 * reported to print the same. Read 2026-11-24 in stored copies. No placements were found in print for the
 * H100-80GB, H200 and B200: theirs are inferred from fractions and instance counts, which are equal. (The
 * A100 table prints 1/8 of the memory for 1g.10gb; its placements {0,2,4,6}:2 and its count of 4 say 2/8.)
 *
 * Pure functions on values; no allocation. A mig_gpu has no padding and may be part of a snapshot. */
#ifndef SKYTWIN_MIG_H
#define SKYTWIN_MIG_H

#include <stdint.h>

#define MIG_MEMORY_SLICES  8
#define MIG_COMPUTE_SLICES 7
#define MIG_PROFILES       7 /* each model has as many, in the order of mig_profile_id */
#define MIG_NONE           UINT32_MAX

typedef enum mig_model_id {
    MIG_A100_40GB,
    MIG_A100_80GB,
    MIG_H100_80GB,
    MIG_H200_141GB,
    MIG_B200_180GB,
    MIG_MODEL_COUNT
} mig_model_id;

/* By the fraction of the GPU: the names differ by model (on an A100-40GB, MIG_1G is "1g.5gb"). */
typedef enum mig_profile_id {
    MIG_1G,
    MIG_1G_MEDIA,         /* "+me": with the media engines */
    MIG_1G_DOUBLE_MEMORY, /* one compute slice with two memory slices */
    MIG_2G,
    MIG_3G,
    MIG_4G,
    MIG_7G,
} mig_profile_id;

typedef struct mig_profile {
    uint8_t starts;  /* set of legal first memory slices, bits 1 << slice */
    uint8_t memory;  /* memory slices */
    uint8_t compute; /* compute slices */
    uint8_t media;   /* 1: holds the media extensions */
    uint8_t most;    /* instances on one GPU, as the guide prints it */
} mig_profile;

/* 4 bytes. All zero but for the model: nothing placed. */
typedef struct mig_gpu {
    uint8_t model;   /* mig_model_id */
    uint8_t memory;  /* occupied memory slices, bits 1 << slice */
    uint8_t compute; /* compute slices in use: 0 to 7 */
    uint8_t media;   /* instances with media extensions: 0 or 1 */
} mig_gpu;

/* What is expected to be asked for next: weights, of any scale, by mig_profile_id. */
typedef struct mig_demand {
    uint32_t weight[MIG_PROFILES];
} mig_demand;

const char *mig_model_name(uint32_t model);                          /* "A100-40GB"; NULL if out of range */
const char *mig_profile_name(uint32_t model, uint32_t profile);      /* "3g.20gb"; NULL if out of range */
uint32_t mig_profile_find(uint32_t model, const char *name);         /* by that name; MIG_NONE */
const mig_profile *mig_profile_of(uint32_t model, uint32_t profile); /* both in range */

/* Starts at which an instance may be created now, bits 1 << slice; 0: it does not fit. */
uint32_t mig_placements(mig_gpu gpu, uint32_t profile);
/* How many instances of this profile alone could be added. */
uint32_t mig_room(mig_gpu gpu, uint32_t profile);
/* Σ weight × mig_room: what of the demand (NULL: one of each profile) is still placeable, each profile counted on its
 * own. */
uint64_t mig_room_for(mig_gpu gpu, const mig_demand *demand);

/* The start that leaves the largest mig_room_for the demand (NULL: one of each profile), that is, with the
 * least fragmentation as that demand sees it; ties to the lowest start. MIG_NONE: it does not fit. */
uint32_t mig_best_start(mig_gpu gpu, uint32_t profile, const mig_demand *demand);

/* Creates an instance at a start of mig_placements, or deletes one that was created there. The GPU returned
 * is the one changed; anything else is a bug of the caller, and asserted against as far as it shows. */
mig_gpu mig_take(mig_gpu gpu, uint32_t profile, uint32_t start);
mig_gpu mig_release(mig_gpu gpu, uint32_t profile, uint32_t start);
/* 1: an instance of the profile may have been created at this start, and is there for all that shows. */
int mig_holds(mig_gpu gpu, uint32_t profile, uint32_t start);
/* Creates an instance over whatever is there: what is promised twice, as somebody did not leave in time. */
mig_gpu mig_cover(mig_gpu gpu, uint32_t profile, uint32_t start);
/* What is occupied in either: where an instance finds room beside both, it finds room beside each. */
mig_gpu mig_union(mig_gpu a, mig_gpu b);

/* Thousandths of a GPU: its compute slices not in use, rounded down; and what an instance takes of them, rounded up. */
uint32_t mig_mgpu_left(mig_gpu gpu);
uint32_t mig_profile_mgpu(uint32_t profile);

/* A GPU in 15 bits, for arrays: memory slices from bit 0, compute from 8, media 11, model from 12. */
uint16_t mig_pack(mig_gpu gpu);
mig_gpu mig_unpack(uint16_t packed);

#endif
