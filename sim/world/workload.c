#include "world.h"

#include "../../engine/model/arith.h"
#include "../kernel/draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_NS (24.0 * 3600.0 * 1e9)
#define TWO_PI 6.283185307179586
/* The work of a task that never leaves: beyond the end of any run. */
#define ENDLESS_NS (SKY_NEVER_NS / 4)
#define MOST_JOBS  (INT64_C(1) << 40) /* of a workload: more than memory has */

static random_key key_of(const world *w, uint32_t workload, random_purpose purpose)
{
    return (
        random_key){ .seed = w->seed, .replication = w->replication, .thing = workload, .purpose = purpose };
}

/* Expected arrivals from 0 to t of a day-periodic Poisson process with rate r (1 + A cos(2 pi (t - peak))),
 * t in days. */
static double expected_arrivals(const scenario_workload *load, double t)
{
    double peak = (double)load->diurnal_peak_ns / DAY_NS, a = load->diurnal_amplitude;

    return load->rate_per_day * (t + a / TWO_PI * (sin(TWO_PI * (t - peak)) - sin(TWO_PI * -peak)));
}

/* Time at which that many arrivals are expected: the inverse, by bisection (it rises, as A < 1). */
static double time_of_arrivals(const scenario_workload *load, double arrivals)
{
    double middle = arrivals / load->rate_per_day, low = middle - 1, high = middle + 1;

    if (load->diurnal_amplitude <= 0)
        return middle;
    for (int i = 0; i < 60; i++) {
        middle = (low + high) / 2;
        if (expected_arrivals(load, middle) < arrivals)
            low = middle;
        else
            high = middle;
    }
    return middle;
}

/* The gap before arrival n, as a unit exponential in expected arrivals, in units of 2^-32 so that sums are
 * exact whatever the order. */
static int64_t unit_gap(const world *w, uint32_t workload, int64_t n)
{
    random_key key = key_of(w, workload, RANDOM_ARRIVAL);

    return llround(-log(draw_uniform(&key, (uint64_t)n)) * 0x1p32);
}

int64_t world_next_arrival(const world *w, uint32_t workload)
{
    const scenario_workload *load = &w->scenario->workloads[workload];
    int64_t n = w->workload_arrived[workload];

    if (n >= load->count)
        return SKY_NEVER_NS;
    switch (load->arrival) {
    case ARRIVAL_AT_START:
        return 0;
    case ARRIVAL_REPLAY:
        return (size_t)n < load->replay->job_count
                   ? draw_round_ns((double)load->replay->jobs[n].submit_ns * load->replay_time_scale)
                   : SKY_NEVER_NS;
    case ARRIVAL_TASKS:
        return (size_t)n < w->scenario->task_count ? w->scenario->tasks[n].submit_ns : SKY_NEVER_NS;
    case ARRIVAL_SHUFFLED:
        return n < w->task_list_count ? n * SKY_NS_PER_SECOND : SKY_NEVER_NS;
    default:
        return draw_round_ns(time_of_arrivals(load, (double)w->workload_sum[workload] * 0x1p-32) * DAY_NS);
    }
}

/* Arrivals that are expected up to now, in the unit of the gaps; 0 where they come by no rate. */
static int64_t expected_by_now(const world *w, uint32_t workload)
{
    const scenario_workload *load = &w->scenario->workloads[workload];

    return load->rate_per_day > 0 ? llround(expected_arrivals(load, (double)w->now_ns / DAY_NS) * 0x1p32) : 0;
}

/* Where the rate is another one from now on, the gap that is under way has as much left, in expected arrivals, as it had. */
void world_arrivals_state(world *w, state *s)
{
    size_t count = w->scenario->workload_count;

    state_part(s, "world: workloads");
    state_array(s, w->workload_arrived, count, sizeof *w->workload_arrived);
    for (uint32_t i = 0; i < count; i++) {
        int64_t now = expected_by_now(w, i), before = now;

        STATE_VALUE(s, w->workload_sum[i]);
        STATE_VALUE(s, before);
        state_check(s, w->workload_arrived[i] >= 0 && w->workload_arrived[i] <= MOST_JOBS &&
                           w->workload_sum[i] >= 0 && w->workload_sum[i] <= INT64_MAX / 2 && before >= 0);
        if (state_restores(s) && state_is_sound(s) && before != now)
            w->workload_sum[i] = w->workload_sum[i] - before + now;
    }
}

static int64_t draw_work(const world *w, uint32_t workload, int64_t n)
{
    const scenario_workload *load = &w->scenario->workloads[workload];
    random_key key = key_of(w, workload, RANDOM_WORK);
    double mean = (double)load->work_mean_ns;
    int64_t work;

    if (load->arrival == ARRIVAL_REPLAY)
        work = load->replay->jobs[n].work_ns;
    else if (load->work == WORK_EXPONENTIAL)
        work = draw_exponential_ns(&key, (uint64_t)n, mean);
    else if (load->work == WORK_LOGNORMAL)
        work = draw_lognormal_ns(&key, (uint64_t)n, mean, load->work_shape);
    else if (load->work == WORK_PARETO)
        work = draw_pareto_ns(&key, (uint64_t)n, mean, load->work_shape);
    else
        work = load->work_mean_ns;
    return work < load->work_max_ns ? work : load->work_max_ns;
}

static int64_t deadline_of(const world *w, const scenario_workload *load, int64_t work_ns)
{
    if (load->deadline_factor > 0)
        return add_sat_i64(w->now_ns, draw_round_ns(load->deadline_factor * (double)work_ns));
    return add_sat_i64(w->now_ns, load->deadline_ns);
}

/* What the owner says of a run time: from so many times it to so many, each as likely. */
static int64_t draw_estimate(const world *w, uint32_t workload, int64_t n, int64_t work_ns)
{
    const scenario_workload *load = &w->scenario->workloads[workload];
    double least = load->estimate_least, most = load->estimate_factor;
    random_key key = key_of(w, workload, RANDOM_ESTIMATE);

    if ((least == 1 && most == 1) || work_ns >= ENDLESS_NS)
        return work_ns;
    return draw_round_ns((double)work_ns * (least + (most - least) * draw_uniform(&key, (uint64_t)n)));
}

/* The scenario's task that comes n-th; NULL where the workload is no list of tasks. */
static const scenario_task *task_at(const world *w, const scenario_workload *load, int64_t n)
{
    if (load->arrival == ARRIVAL_TASKS)
        return &w->scenario->tasks[n];
    return load->arrival == ARRIVAL_SHUFFLED ? &w->scenario->tasks[w->task_list[n]] : NULL;
}

void world_start_workload(world *w, uint32_t workload)
{
    w->workload_sum[workload] = unit_gap(w, workload, 0);
}

const scenario_stage *world_stage_of(const world_job *job)
{
    return job->workload->stage_count > 0 ? &job->workload->stages[job->stage] : NULL;
}

sky_status world_reserve_jobs(world *w, size_t more, sky_error *error)
{
    size_t capacity = w->job_capacity < 64 ? 64 : w->job_capacity;
    world_job *jobs;

    if (w->job_count + more <= w->job_capacity)
        return SKY_OK;
    while (capacity < w->job_count + more)
        capacity *= 2;
    jobs = realloc(w->jobs, capacity * sizeof *jobs);
    if (jobs == NULL) {
        snprintf(error->message, sizeof error->message, "world: out of memory for %zu jobs", capacity);
        return SKY_ERROR_MEMORY;
    }
    w->jobs = jobs;
    w->job_capacity = capacity;
    return SKY_OK;
}

static sky_status reserve_training(world *w, sky_error *error)
{
    size_t capacity = w->training_capacity < 64 ? 64 : 2 * w->training_capacity;
    world_training *trainings;

    if (w->training_count < w->training_capacity)
        return SKY_OK;
    trainings = realloc(w->trainings, capacity * sizeof *trainings);
    if (trainings == NULL) {
        snprintf(error->message, sizeof error->message, "world: out of memory for %zu tasks that train",
                 capacity);
        return SKY_ERROR_MEMORY;
    }
    w->trainings = trainings;
    w->training_capacity = capacity;
    return SKY_OK;
}

/* The member-th task of a workload's n-th submission. */
static void submit(world *w, uint32_t workload, int64_t n, uint32_t member, uint32_t stage)
{
    const scenario_workload *load = &w->scenario->workloads[workload];
    const scenario_task *task = task_at(w, load, n);
    int64_t draw = n * load->members + member;
    int64_t work_ns = task == NULL                     ? draw_work(w, workload, draw)
                      : load->arrival == ARRIVAL_TASKS ? task->run_ns
                                                       : ENDLESS_NS;
    uint32_t index = (uint32_t)w->job_count++;
    world_job *job = &w->jobs[index];

    if (load->stage_count > 0 && load->stages[stage].work_factor != 1)
        work_ns = draw_round_ns((double)work_ns * load->stages[stage].work_factor);
    *job = (world_job){ .workload = load,
                        .node = SKY_NONE,
                        .more_parts = SKY_NONE,
                        .running_at = SKY_NONE,
                        .first = index - member,
                        .member = member,
                        .stage = stage,
                        .submission = n,
                        .refused_decision = -1,
                        .estimate_ns = task != NULL && task->estimate_ns != SKY_NEVER_NS
                                           ? task->estimate_ns
                                           : draw_estimate(w, workload, draw, work_ns),
                        .gang = task != NULL     ? task->gang
                                : load->gang > 0 ? load->gang
                                                 : 1,
                        .priority = task != NULL ? task->priority : load->priority,
                        .training = SKY_NONE,
                        .instance = SKY_NONE,
                        .leader_pool = SKY_NONE };
    job->row = (record_job_row){ .job = index,
                                 .job_class = task != NULL            ? task->task_class
                                              : load->stage_count > 0 ? load->stages[stage].job_class
                                                                      : load->job_class,
                                 .workload = workload,
                                 .submit_ns = w->now_ns,
                                 .start_ns = SKY_NEVER_NS,
                                 .end_ns = SKY_NEVER_NS,
                                 .ready_ns = SKY_NEVER_NS,
                                 .tenant = task != NULL ? task->tenant : load->tenant,
                                 .work_ns = work_ns };
    job->row.deadline_ns = deadline_of(w, load, work_ns);
    if (task != NULL && task->usteps > 0) {
        job->training = (uint32_t)w->training_count++;
        w->trainings[job->training] = (world_training){ .usteps = task->usteps,
                                                        .weight_ppm = task->weight_ppm,
                                                        .least_workers = task->gang,
                                                        .most_workers = task->most_workers,
                                                        .partner = SKY_NONE };
        job->row.deadline_ns = add_sat_i64(w->now_ns, task->deadline_ns);
    }
    w->pending++;
    w->pending_tasks += (uint32_t)w->scenario->classes[job->row.job_class].is_task;
}

sky_status world_submit(world *w, uint32_t workload, uint32_t *first, uint32_t *count, sky_error *error)
{
    const scenario_workload *load = &w->scenario->workloads[workload];
    int64_t n = w->workload_arrived[workload]++;
    uint32_t stage = 0;
    sky_status status;

    if (load->rate_per_day > 0)
        w->workload_sum[workload] += unit_gap(w, workload, n + 1);
    *count = load->members;
    status = world_reserve_jobs(w, *count, error);
    if (status == SKY_OK)
        status = reserve_training(w, error); /* a task of a list comes alone */
    if (status != SKY_OK)
        return status;
    *first = (uint32_t)w->job_count;
    for (uint32_t member = 0; member < *count; member++) {
        if (load->stage_count > 0 && member == load->stages[stage].first + load->stages[stage].count)
            stage++;
        submit(w, workload, n, member, stage);
    }
    return SKY_OK;
}
