/* Allocation of accelerators' time to training jobs: who gets which share of its time on which type of accelerator.
 * A policy is one file and one constant table; it states a linear program in the shares and has it solved.
 * Narayanan et al., "Heterogeneity-Aware Cluster Scheduling Policies for Deep Learning Workloads", OSDI 2020 ("Gavel"),
 * sections 3 and 4.
 *
 *   X[c, k]      share of time in which combination c (a job, or two jobs on the same devices) runs on type k
 *   T[m, c, k]   steps per second of job m in combination c on type k
 *   rate(m, X)   = sum over c that hold m, and over k, of T[m, c, k] X[c, k]
 *   0 <= X <= 1;  sum over c that hold m, over k, of X[c, k] <= 1;  sum over c of workers(c) X[c, k] <= devices(k) */
#ifndef SKYTWIN_ALLOCATION_H
#define SKYTWIN_ALLOCATION_H

#include <skytwin/engine.h>

#define ALLOCATION_PPM 1000000

typedef struct allocation_type {
    uint32_t pool, model;
    int64_t devices;
    int64_t node_devices; /* on one node at most */
    int64_t device_nusd;  /* an hour of one */
} allocation_type;

typedef struct allocation_job {
    uint32_t job, job_class;
    uint32_t workers; /* devices that it takes together */
    uint32_t reserved;
    int64_t weight_ppm;  /* above 0 */
    int64_t left_usteps; /* millionths of a step, above 0 */
    int64_t left_ns;     /* to its deadline, at least 1; SKY_NEVER_NS: there is none */
} allocation_job;

/* One job, or two that share the same devices, half each; both have as many workers. */
typedef struct allocation_combination {
    uint32_t member[2]; /* indices of jobs, rising; [1] SKY_NONE: alone */
} allocation_combination;

typedef struct allocation_problem {
    const allocation_type *types;
    const allocation_job *jobs;
    const allocation_combination *combinations; /* the first job_count are the jobs alone, in order */
    const int64_t *usteps; /* [(combination * type_count + type) * 2 + member], per second */
    uint32_t type_count, job_count, combination_count;
} allocation_problem;

typedef struct allocation_policy {
    /* Writes X, in ppm, into share_ppm[combination_count * type_count]. The problem has at least one job and one
     * type. SKY_ERROR_STATE: the solver failed. SKY_ERROR_MEMORY. */
    sky_status (*allocate)(const allocation_problem *p, const sky_solver *solver, int64_t *share_ppm);
    int needs_solver;
    int is_aware;    /* 0: it is shown rates of 1 on every type that a job fits */
    int has_pairs;   /* 1: jobs may share devices */
    int every_round; /* 1: the answer changes with time, not only with the jobs and nodes */
    int is_elastic;  /* 1: it chooses the number of workers as well, see elastic.h; no shares of time */
} allocation_policy;

static inline int64_t allocation_usteps(const allocation_problem *p, uint32_t combination, uint32_t type,
                                        uint32_t member)
{
    return p->usteps[((size_t)combination * p->type_count + type) * 2 + member];
}
static inline uint32_t allocation_workers(const allocation_problem *p, uint32_t combination)
{
    return p->jobs[p->combinations[combination].member[0]].workers;
}
/* Steps per second, in millionths, that a share of all types' time, each by its devices, gives a job alone: what
 * fairness is measured by. Gavel, section 4.1: throughput(m, X^equal). */
double allocation_equal_usteps(const allocation_problem *p, uint32_t job);
/* The most that it makes on any type alone; 0: none will do. */
double allocation_best_usteps(const allocation_problem *p, uint32_t job);
/* What shares give a job, in millionths of a step per second. */
double allocation_rate(const allocation_problem *p, const int64_t *share_ppm, uint32_t job);

/* All get the same share of each type's time, in proportion to its devices: where no program can be solved. */
void allocation_equal_shares(const allocation_problem *p, int64_t *share_ppm);

#endif
