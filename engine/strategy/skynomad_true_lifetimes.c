/* SkyNomad, told how long spot will last in each zone: what its own estimate of lifetimes costs it.
 * SkyNomad artifact (NSDI'27), unified_cost_model_oracle. */
#include "skynomad.h"

static void place(const model *m, void *memory, uint32_t index, plan *p)
{
    skynomad_place(m, memory, index, 1, p);
}

const strategy strategy_skynomad_true_lifetimes = {
    .info = {
        .name = "skynomad-true-lifetimes",
        .published = "unified_cost_model_oracle",
        .about = "SkyNomad, told how long spot will last in each zone",
        .source = "SkyNomad artifact, NSDI'27",
        .term = { "progress_value_nusd_per_h", "staying_value_nusd_per_h" },
        .oracle = 1,
    },
    .memory_bytes = skynomad_memory_bytes,
    .memory_can_be = skynomad_memory_can_be,
    .learn = skynomad_learn,
    .place = place,
};
