/* Least attained service: every job as much time for its weight as any other, of each type in proportion to its devices,
 * as nobody knows which is better. The counterpart of max-min that knows of no rates: Gavel, section 7.1, as its
 * baseline ("LAS").
 *
 * A job of w workers and weight v gets min(1, level v / w) of the time; the level is the largest at which there are devices
 * for all, found by filling: jobs that reach the whole of their time leave the rest to the others. */
#include "../strategy/strategy.h"

#include <stdlib.h>
#include <string.h>

static int64_t all_devices(const allocation_problem *p)
{
    int64_t devices = 0;

    for (uint32_t k = 0; k < p->type_count; k++)
        devices += p->types[k].devices;
    return devices;
}

/* A job that would have more than all of its time at this level: it gets all of it. */
static int is_full(const allocation_job *j, double level)
{
    return level * (double)j->weight_ppm >= (double)j->workers * ALLOCATION_PPM;
}

/* Each pass takes the jobs out that are full at the level of the one before; levels only rise, so n passes do. */
static double find_level(const allocation_problem *p)
{
    double level = 0, before = -1;

    while (level > before) {
        double left = (double)all_devices(p), weight = 0;

        before = level;
        for (uint32_t m = 0; m < p->job_count; m++) {
            const allocation_job *j = &p->jobs[m];

            if (is_full(j, level))
                left -= j->workers;
            else
                weight += (double)j->weight_ppm / ALLOCATION_PPM;
        }
        if (weight > 0 && left > 0 && left / weight > level)
            level = left / weight;
    }
    return level;
}

static sky_status allocate(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm)
{
    double level = find_level(p);

    (void)solver;
    memset(share_ppm, 0, (size_t)p->combination_count * p->type_count * sizeof *share_ppm);
    for (uint32_t m = 0; m < p->job_count; m++) {
        const allocation_job *j = &p->jobs[m];
        double time = is_full(j, level)
                          ? 1
                          : level * (double)j->weight_ppm / ((double)j->workers * ALLOCATION_PPM);
        int64_t fits = 0;

        for (uint32_t k = 0; k < p->type_count; k++)
            if (allocation_usteps(p, m, k, 0) > 0 && p->types[k].devices >= j->workers)
                fits += p->types[k].devices;
        for (uint32_t k = 0; k < p->type_count; k++)
            if (allocation_usteps(p, m, k, 0) > 0 && p->types[k].devices >= j->workers)
                share_ppm[(size_t)m * p->type_count + k] =
                    (int64_t)(time * ALLOCATION_PPM * (double)p->types[k].devices / (double)fits + 0.5);
    }
    return SKY_OK;
}

static const allocation_policy policy = { .allocate = allocate };

const strategy strategy_least_attained = {
    .info = { .name = "least-attained",
              .about = "training: all jobs get as much time for their weight, whatever the accelerator",
              .source = "Narayanan et al., OSDI 2020, section 7.1 (LAS)",
              .term = { "share ppm", "owed ppm", "rounds received" } },
    .allocation = &policy,
};
