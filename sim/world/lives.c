/* Runs of tasks on nodes: how far they get, and what ends them before the work is done. */
#include "world.h"

#include "../../engine/cluster/lives.h"
#include "../kernel/draw.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_RUNS (1u << 20) /* of one task, that have draws of their own */

/* ---- a run ------------------------------------------------------------------------------------------------------- */

/* What a run has come to: work done since the task's first start, how much of it a loss of the run would leave, and
 * the time that was no work. */
typedef struct progress {
    int64_t done_ns, durable_ns, overhead_ns;
} progress;

/* The restart; then intervals of work, each followed by the time that its checkpoint takes. */
static progress progress_at(const world_job *job, int64_t at_ns)
{
    int64_t interval_ns = job->workload->checkpoint_interval_ns, ran_ns = at_ns - job->run_start_ns;
    int64_t left_ns = job->row.work_ns - job->durable_ns, since_ns = ran_ns - world_setup_ns(job), done_ns,
            cycles;

    if (since_ns <= 0)
        return (progress){ job->durable_ns, job->durable_ns, ran_ns };
    if (interval_ns == 0) {
        done_ns = since_ns < left_ns ? since_ns : left_ns;
        return (progress){ job->durable_ns + done_ns, job->durable_ns + done_ns, ran_ns - done_ns };
    }
    cycles = since_ns / add_sat_i64(interval_ns, job->workload->checkpoint_ns);
    done_ns = since_ns - cycles * add_sat_i64(interval_ns, job->workload->checkpoint_ns);
    done_ns = cycles * interval_ns + (done_ns < interval_ns ? done_ns : interval_ns);
    done_ns = done_ns < left_ns ? done_ns : left_ns;
    cycles = cycles * interval_ns < done_ns ? cycles * interval_ns : done_ns;
    return (progress){ job->durable_ns + done_ns, job->durable_ns + cycles, ran_ns - done_ns };
}

/* Of a task that trains, whose steps have been settled: its state is always kept. */
static progress trained(const world *w, const world_job *job, int64_t at_ns)
{
    int64_t ran_ns = at_ns - job->run_start_ns, done_ns = world_training_done_ns(w, job);

    return (progress){ done_ns, done_ns, ran_ns < world_setup_ns(job) ? ran_ns : world_setup_ns(job) };
}

/* Renewed at each start: a run that goes on has the age of the run, not of the task. */
static int64_t fails_after_ns(const world *w, const world_job *job)
{
    const scenario_class *c = &w->scenario->classes[job->row.job_class];
    random_key key = { .seed = w->seed,
                       .replication = w->replication,
                       .thing = job->row.workload,
                       .purpose = RANDOM_TASK_FAILURE };
    uint64_t task = (uint64_t)job->submission * job->workload->members + job->member;

    if (c->failure_ns == 0)
        return SKY_NEVER_NS;
    return draw_weibull_ns(&key, task * MOST_RUNS + job->row.launches % MOST_RUNS, (double)c->failure_ns,
                           c->failure_shape);
}

static int64_t run_ns_of(const world_job *job, int64_t work_ns)
{
    int64_t left_ns = work_ns - job->durable_ns;

    return life_run_ns(left_ns > 1 ? left_ns : 1, world_setup_ns(job), job->workload->checkpoint_interval_ns,
                       job->workload->checkpoint_ns);
}

/* From its start; *ends_as: world_end. */
static int64_t run_length_ns(const world *w, const world_job *job, uint8_t *ends_as)
{
    int64_t run_ns = job->row.work_ns > job->durable_ns ? run_ns_of(job, job->row.work_ns)
                                                        : world_setup_ns(job);
    int64_t fails_ns = fails_after_ns(w, job);

    *ends_as = WORLD_END_DONE;
    if (w->scenario->kill_at_estimate && run_ns_of(job, job->estimate_ns) < run_ns) {
        run_ns = run_ns_of(job, job->estimate_ns);
        *ends_as = WORLD_END_TIME_LIMIT;
    }
    if (fails_ns < run_ns) {
        run_ns = fails_ns;
        *ends_as = WORLD_END_FAILED;
    }
    return run_ns;
}

int64_t world_start_run(world *w, uint32_t index)
{
    world_job *job = &w->jobs[index];
    int64_t run_ns = run_length_ns(w, job, &job->ends_as);

    job->run_start_ns = job->metered_ns = w->now_ns;
    return run_ns < w->end_ns - w->now_ns ? w->now_ns + run_ns : SKY_NEVER_NS;
}

int64_t world_run_ends_ns(const world *w, uint32_t index)
{
    const world_job *job = &w->jobs[index];
    uint8_t ends_as;

    return add_sat_i64(job->run_start_ns, run_length_ns(w, job, &ends_as));
}

int64_t world_order_to_leave(world *w, uint32_t index)
{
    world_job *job = &w->jobs[index];
    int64_t leaves_ns = job->workload->checkpoint_ns;

    if (w->scenario->grace_ns == 0 || leaves_ns > w->scenario->grace_ns)
        return 0;
    job->stopping = 1;
    job->stopped_ns = w->now_ns;
    for (uint32_t part = job->more_parts, node = job->node;; part = w->parts[part].next) {
        if (w->node_left_ns[node] < w->now_ns + leaves_ns)
            w->node_left_ns[node] = w->now_ns + leaves_ns;
        if (part == SKY_NONE)
            break;
        node = w->parts[part].node;
    }
    return leaves_ns;
}

static int survives(const world_job *job, world_end why)
{
    return why == WORLD_END_DONE || why == WORLD_END_RUN_OVER ||
           ((why == WORLD_END_PREEMPTED || why == WORLD_END_NODE_GONE) && job->stopping);
}

void world_end_run(world *w, uint32_t index, world_end why)
{
    world_job *job = &w->jobs[index];
    int64_t until_ns = job->stopping ? job->stopped_ns : w->now_ns;
    progress p = world_trains(job) ? trained(w, job, until_ns) : progress_at(job, until_ns);
    uint32_t last = w->running_tasks[--w->running_task_count];

    world_meter_task(w, job);
    world_read_along(w, index);
    if (survives(job, why))
        p.durable_ns = p.done_ns;
    job->row.lost_ns += p.done_ns - p.durable_ns;
    w->summary.lost_ns += p.done_ns - p.durable_ns;
    job->row.run_ns += w->now_ns - job->run_start_ns;
    job->row.overhead_ns += p.overhead_ns + w->now_ns - until_ns;
    job->row.done_ns = job->durable_ns = p.durable_ns;
    if (why == WORLD_END_PREEMPTED) {
        job->row.preemptions++;
        w->summary.preemptions++;
    } else if (why == WORLD_END_FAILED || why == WORLD_END_NODE_GONE) {
        job->row.failures++;
        w->summary.retries++;
    }
    job->stopping = 0;
    w->running_tasks[job->running_at] = last;
    w->jobs[last].running_at = job->running_at;
    job->running_at = SKY_NONE;
    w->running--;
    w->pending++;
    w->pending_tasks++;
}

/* ---- nodes that fail --------------------------------------------------------------------------------------------- */

static int64_t draw_for_node(const world *w, uint32_t node, random_purpose purpose, int64_t mean_ns)
{
    const random_key key = {
        .seed = w->seed, .replication = w->replication, .thing = node, .purpose = purpose
    };

    return mean_ns > 0 ? draw_exponential_ns(&key, w->node_failures[node], (double)mean_ns) : SKY_NEVER_NS;
}

int64_t world_node_lasts_ns(const world *w, uint32_t node)
{
    return draw_for_node(w, node, RANDOM_NODE_FAILURE,
                         w->scenario->pools[w->nodes[node].pool].node_failure_ns);
}

int64_t world_node_repair_ns(const world *w, uint32_t node)
{
    return draw_for_node(w, node, RANDOM_NODE_REPAIR, w->scenario->pools[w->nodes[node].pool].node_repair_ns);
}

sky_status world_start_failures(world *w, sky_error *error)
{
    for (uint32_t i = 0; i < w->scenario->node_count; i++) {
        int64_t at_ns = world_node_lasts_ns(w, i);

        if (at_ns < w->end_ns &&
            kernel_queue_push(&w->queue, at_ns, w->scenario->pools[w->nodes[i].pool].region, WORLD_NODE_FAIL,
                              i, 0, 0) != SKY_OK) {
            snprintf(error->message, sizeof error->message, "world: out of memory for events");
            return SKY_ERROR_MEMORY;
        }
    }
    return SKY_OK;
}

static int is_on(const world *w, const world_job *job, uint32_t node)
{
    uint32_t part = job->more_parts;

    if (job->node == node)
        return 1;
    while (part != SKY_NONE && w->parts[part].node != node)
        part = w->parts[part].next;
    return part != SKY_NONE;
}

static int compare_jobs(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

sky_status world_tasks_on(const world *w, uint32_t node, uint32_t **jobs, size_t *count, sky_error *error)
{
    *count = 0;
    *jobs = malloc((w->running_task_count + 1) * sizeof **jobs);
    if (*jobs == NULL) {
        snprintf(error->message, sizeof error->message, "world: out of memory for the tasks on a node");
        return SKY_ERROR_MEMORY;
    }
    for (size_t i = 0; i < w->running_task_count; i++)
        if (is_on(w, &w->jobs[w->running_tasks[i]], node))
            (*jobs)[(*count)++] = w->running_tasks[i];
    qsort(*jobs, *count, sizeof **jobs, compare_jobs);
    return SKY_OK;
}
