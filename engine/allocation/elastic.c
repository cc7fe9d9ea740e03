#include "elastic.h"

#include "../model/arith.h"

#include <stdlib.h>
#include <string.h>

#define PPB INT64_C(1000000000)

static int64_t usteps_of(const elastic_problem *p, uint32_t job, uint32_t type, uint32_t workers)
{
    return p->usteps[((size_t)job * p->type_count + type) * (p->most + 1) + workers];
}

/* Its speed at the start is what gains are measured against. */
static void start(const elastic_problem *p, uint32_t job, int64_t *left, elastic_choice *choice)
{
    int64_t best = 0;

    *choice = (elastic_choice){ SKY_NONE, 0 };
    for (uint32_t k = 0; k < p->type_count; k++)
        if (p->least[job] <= left[k] && usteps_of(p, job, k, p->least[job]) > best) {
            best = usteps_of(p, job, k, p->least[job]);
            *choice = (elastic_choice){ k, p->least[job] };
        }
    if (choice->type != SKY_NONE)
        left[choice->type] -= choice->workers;
}

/* The best next number of workers for a job; its gain by extra worker, in parts of a thousand million of its speed at
 * the start; 0: none. */
static int64_t best_step(const elastic_problem *p, uint32_t job, const elastic_choice *now, int64_t left,
                         uint32_t *workers)
{
    int64_t speed = usteps_of(p, job, now->type, now->workers), best = 0;
    int64_t base = usteps_of(p, job, now->type, p->least[job]);

    for (uint32_t n = now->workers + 1; n <= p->most && n - now->workers <= left; n++) {
        int64_t more = usteps_of(p, job, now->type, n) - speed;
        int64_t gain = more > 0 ? muldiv_i64(more, PPB, base) / (n - now->workers) : 0;

        if (gain > best) {
            best = gain;
            *workers = n;
        }
    }
    return best;
}

static int give_more(const elastic_problem *p, int64_t *left, elastic_choice *choice)
{
    uint32_t best_job = SKY_NONE, best_workers = 0;
    int64_t best = 0;

    for (uint32_t job = 0; job < p->job_count; job++) {
        uint32_t workers = 0;
        int64_t gain;

        if (choice[job].type == SKY_NONE || left[choice[job].type] == 0)
            continue;
        gain = best_step(p, job, &choice[job], left[choice[job].type], &workers);
        if (gain > best) {
            best = gain;
            best_job = job;
            best_workers = workers;
        }
    }
    if (best_job == SKY_NONE)
        return 0;
    left[choice[best_job].type] -= best_workers - choice[best_job].workers;
    choice[best_job].workers = best_workers;
    return 1;
}

sky_status elastic_allocate(const elastic_problem *p, elastic_choice *choice)
{
    int64_t *left = malloc((p->type_count + 1u) * sizeof *left);

    if (left == NULL)
        return SKY_ERROR_MEMORY;
    memcpy(left, p->devices, p->type_count * sizeof *left);
    for (uint32_t job = 0; job < p->job_count; job++)
        start(p, job, left, &choice[job]);
    while (give_more(p, left, choice))
        ;
    free(left);
    return SKY_OK;
}
