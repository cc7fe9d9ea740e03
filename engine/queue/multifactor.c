/* Slurm's multifactor priority: a weighted sum of factors between 0 and 1, here in ppm and rounded down. Highest
 * first, then time of submission, then job, as in Slurm ("Multifactor Priority Plugin", "Classic Fairshare
 * Algorithm", slurm.schedmd.com):
 *
 *     age         time waited / age_saturates, at most 1
 *     size        the gang's dominant share of the cluster, at most 1
 *     priority    priority / highest_priority (its QOS), at least 0 and at most 1
 *     fair share  2^(-(use / share) / damping), use and share normalised to sum to 1 over tenants
 *
 * Ageing changes the order of two tasks only in that it ends: at the same time both gain alike, until the older has
 * gained all it can. Within a group all factors but age are equal (tasks of different priority are of different
 * groups), and of two ages the greater never has the lower factor: so a group is in order of submission at all times,
 * and only the groups' first tasks are weighed anew each round. That is exact, with no event at saturation. */
#include "../model/arith.h"
#include "discipline.h"
#include "halving.h"

#define PPM            INT64_C(1000000)
#define WEEK_NS        (7 * 24 * SKY_NS_PER_HOUR) /* PriorityMaxAge */
#define STEPS_FOR_ZERO 100000                     /* 2^(-x) rounds down to 0 ppm long before */

static int64_t submitted(const queue_entry *entry)
{
    return entry->submit_ns;
}

static int64_t clamp_ppm(int64_t value)
{
    return value < 0 ? 0 : value > PPM ? PPM : value;
}

static int64_t age_ppm(const queue_context *c, const queue_entry *entry)
{
    int64_t saturates_ns = c->options.age_saturates_ns > 0 ? c->options.age_saturates_ns : WEEK_NS;
    int64_t age_ns = c->now_ns - entry->submit_ns;

    return age_ns <= 0 ? 0 : clamp_ppm(muldiv_floor_i64(age_ns, PPM, saturates_ns));
}

static int64_t size_ppm(const queue_context *c, const queue_entry *entry)
{
    int64_t share;

    if (entry->job_class >= c->class_count)
        return 0;
    share = queue_dominant_share(&c->classes[entry->job_class], &c->capacity);
    return clamp_ppm(muldiv_floor_i64(share, entry->tasks, QUEUE_SHARE_ONE / PPM));
}

static int64_t priority_ppm(const queue_context *c, const queue_entry *entry)
{
    if (c->options.highest_priority <= 0 || entry->priority <= 0)
        return clamp_ppm(entry->priority);
    return clamp_ppm(muldiv_floor_i64(entry->priority, PPM, c->options.highest_priority));
}

static int64_t but_fair_share(const queue_context *c, const queue_entry *entry)
{
    return -(c->options.age_weight * age_ppm(c, entry) + c->options.size_weight * size_ppm(c, entry) +
             c->options.priority_weight * priority_ppm(c, entry));
}

static int64_t fair_share(const queue_context *c, const queue_tenant *tenant)
{
    int64_t damping = c->options.fair_share_damping > 0 ? c->options.fair_share_damping : 1;
    sky_int128 steps;

    if (c->uses == 0)
        return -c->options.fair_share_weight * PPM;
    steps = (sky_int128)queue_use(c, tenant) * c->weights * HALVING_STEPS /
            ((sky_int128)c->uses * tenant->weight_ppm);
    steps /= damping;
    return -c->options.fair_share_weight *
           halving_decay(PPM, steps < STEPS_FOR_ZERO ? (uint64_t)steps : STEPS_FOR_ZERO);
}

const queue_discipline queue_multifactor = {
    .info = { .name = "multifactor",
              .about = "Slurm's priority: age, size, quality of service and fair share, weighted",
              .source = "Slurm, \"Multifactor Priority Plugin\" and \"Classic Fairshare Algorithm\"",
              .backfill = SKY_BACKFILL_EASY },
    .order = submitted,
    .key = but_fair_share,
    .rank = fair_share,
    .rank_adds = 1,
    .by_priority = 1,
};
