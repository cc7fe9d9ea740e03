/* What jobs, tasks and their nodes are in the middle of. What nodes have left, and what placement terms count, follows from
 * who runs where: it is taken anew, by what classes ask for and machines have in the scenario that it is restored into. */
#include "checkpoint.h"
#include "fleet.h"

#include <stdlib.h>

/* Written as they lie: no padding. */
_Static_assert(sizeof(world_job) == sizeof(record_job_row) + 160, "a job has a hole");
_Static_assert(sizeof(world_training) == 64 && sizeof(world_machine) == 64, "a row has a hole");

/* ---- jobs ------------------------------------------------------------------------------------------------------- */

static int job_can_be(const world *w, uint32_t index)
{
    const scenario *s = w->scenario;
    const world_job *job = &w->jobs[index];
    const record_job_row *row = &job->row;
    int runs = job->running_at != SKY_NONE;

    if (row->job != index || row->job_class >= s->class_count || row->state > 4 || job->gang < 1 ||
        row->tenant >= (s->tenant_count > 0 ? s->tenant_count : 1))
        return 0;
    if (job->member >= job->workload->members || job->first != index - job->member ||
        job->workload->members > w->job_count - job->first ||
        (job->workload->stage_count > 0 && job->stage >= job->workload->stage_count) || job->submission < 0 ||
        job->submission >= w->workload_arrived[row->workload])
        return 0;
    if (!world_has_been(w, row->submit_ns) || row->work_ns < 0 || job->estimate_ns < 0 ||
        job->durable_ns < 0 || job->durable_ns > row->work_ns || job->read_ns < 0)
        return 0;
    if ((job->instance != SKY_NONE &&
         (job->instance >= w->instance_count || w->instances[job->instance].job != index ||
          !w->instances[job->instance].live)) ||
        (job->leader_pool != SKY_NONE && job->leader_pool >= s->pool_count) ||
        (job->training != SKY_NONE && job->training >= w->training_count))
        return 0;
    if (job->ends_as > WORLD_END_OUTAGE || job->stopping > 1 || job->waits > 1 ||
        (job->share_mgpu != 0 && job->share_mgpu != NODE_DEVICE_MGPU / 2))
        return 0;
    if ((job->node == SKY_NONE) != (job->parts == 0) || job->parts > job->gang)
        return 0;
    return !runs ||
           (job->running_at < w->running_task_count && w->running_tasks[job->running_at] == index &&
            job->parts == job->gang && !job->waits && world_has_been(w, job->run_start_ns) &&
            world_has_been(w, job->metered_ns) && (!job->stopping || world_has_been(w, job->stopped_ns)));
}

static void jobs_state(world *w, state *s)
{
    size_t count = state_count(s, w->job_count, sizeof(world_job));
    sky_error error;

    w->job_count = state_restores(s) ? 0 : count;
    if (state_restores(s) && world_reserve_jobs(w, count, &error) != SKY_OK)
        state_no_memory(s);
    for (size_t i = 0; i < count && state_is_sound(s); i++) {
        world_job job = { .training = SKY_NONE };

        if (!state_restores(s))
            job = w->jobs[i];
        job.workload = NULL;
        STATE_VALUE(s, job);
        if (!state_restores(s))
            continue;
        state_check(s, job.row.workload < w->scenario->workload_count);
        if (!state_is_sound(s))
            break;
        job.workload = &w->scenario->workloads[job.row.workload];
        w->jobs[w->job_count++] = job;
    }
    state_check(s, w->first_open <= w->job_count);
}

static int training_can_be(const world *w, const world_training *t)
{
    return t->usteps >= 1 && t->done_usteps >= 0 && t->done_usteps <= t->usteps && t->rate_usteps >= 0 &&
           t->progress_ns >= 0 &&
           (t->partner == SKY_NONE ||
            (t->partner < w->job_count && w->jobs[t->partner].training != SKY_NONE));
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

static uint32_t rack_count(const world *w)
{
    uint32_t last = (uint32_t)w->scenario->pool_count - 1;

    return w->racks != NULL ? w->pools[last].first_rack + scenario_racks(&w->scenario->pools[last]) : 0;
}

static int machine_can_be(const world *w, const world_machine *v, uint32_t index, uint32_t racks)
{
    int stands = index < w->scenario->node_count;

    return v->purchase < SKY_PURCHASE_COUNT && v->live <= !stands && v->covered <= 1 && v->noticed <= 1 &&
           world_has_been(w, v->launched_ns) && world_has_been(w, v->priced_ns) &&
           (v->next_free == SKY_NONE || v->next_free < w->node_count) &&
           (v->rack == SKY_NONE || v->rack < racks);
}

/* One that comes and goes is of its pool's shape. */
static void node_state_of(world *w, uint32_t index, uint32_t racks, state *s)
{
    node *n = &w->nodes[index];
    world_machine *v = &w->machines[index];
    uint32_t pool = n->pool, is = n->state;
    int stands = index < w->scenario->node_count;

    STATE_VALUE(s, pool);
    STATE_VALUE(s, is);
    STATE_VALUE(s, *v);
    if (!state_restores(s))
        return;
    state_check(s, is <= NODE_BOOTING && machine_can_be(w, v, index, racks) &&
                       (stands ? pool == n->pool
                               : pool < w->scenario->pool_count && w->scenario->pools[pool].scale.most > 0));
    if (!state_is_sound(s))
        return;
    if (!stands)
        world_make_node(&w->scenario->pools[pool].scale.shape, index, 0, n);
    n->state = (uint8_t)is;
    n->rack = v->rack + 1; /* SKY_NONE: 0 */
}

static void nodes_state(world *w, state *s)
{
    size_t stand = w->scenario->node_count, count;
    uint32_t racks = rack_count(w);
    sky_error error;

    state_part(s, "world: nodes");
    count = state_count(s, w->node_count, sizeof(world_machine));
    state_check(s, count >= stand && (count == stand || w->scenario->has_fleet) && count < SKY_NONE);
    if (state_restores(s) && state_is_sound(s)) {
        if (world_reserve_nodes(w, (uint32_t)count, &error) == SKY_OK)
            w->node_count = (uint32_t)count;
        else
            state_no_memory(s);
    }
    for (uint32_t i = 0; i < w->node_count && state_is_sound(s); i++)
        node_state_of(w, i, racks, s);
    if (!state_is_sound(s))
        return;
    state_bytes(s, w->node_left_ns, w->node_count * sizeof *w->node_left_ns);
    state_bytes(s, w->node_failures, w->node_count * sizeof *w->node_failures);
    state_array(s, w->node_broken, stand, sizeof *w->node_broken);
    state_array(s, w->racks, racks, sizeof *w->racks);
}

static void count_nodes(world *w)
{
    const scenario *s = w->scenario;

    w->up = w->booting = 0;
    for (uint32_t i = (uint32_t)s->node_count; i < w->node_count; i++) {
        const node *n = &w->nodes[i];

        if (!w->machines[i].live)
            continue;
        w->pools[n->pool].fleet++;
        w->pools[n->pool].covered += w->machines[i].covered;
        w->booting += n->state == NODE_BOOTING;
        if (n->state == NODE_BOOTING)
            continue;
        w->up++;
        w->nodes_mcpu += n->mcpu;
        w->nodes_mgpu += node_mgpu(n);
    }
}

/* Places that nodes have left: a pool's each once. */
static void check_free_nodes(const world *w, state *s)
{
    size_t listed = 0;

    for (uint32_t p = 0; p < w->scenario->pool_count; p++)
        for (uint32_t i = w->pools[p].free_node; i != SKY_NONE && state_is_sound(s);
             i = w->machines[i].next_free) {
            state_check(s, i < w->node_count && i >= w->scenario->node_count && !w->machines[i].live &&
                               w->nodes[i].pool == p && listed++ < w->node_count);
            if (!state_is_sound(s))
                return;
        }
}

/* ---- who runs where --------------------------------------------------------------------------------------------- */

/* A part is on its node, or waits for it. */
static void hold(world *w, const world_job *job, uint32_t index, uint32_t devices, uint32_t waits, state *s)
{
    const node_request ask = world_request_of(w, job);
    node *n = index < w->node_count ? &w->nodes[index] : NULL, up;

    state_check(s, n != NULL && waits <= 1);
    if (!state_is_sound(s) || waits)
        return;
    up = *n;
    up.state = NODE_UP; /* those that run stay where no others may come */
    state_check(s, node_suits(&up, &ask) && node_fits_devices((node_view){ &up, w->chips }, &ask, devices));
    if (!state_is_sound(s))
        return;
    node_take(n, w->chips, &ask, devices);
    w->busy_mcpu += ask.mcpu;
    w->busy_mgpu += node_request_mgpu(&ask);
    if (w->terms != NULL && terms_count(w->terms, job->row.job_class, index, 1) != SKY_OK)
        state_no_memory(s);
}

/* Each part is in one list, of a task or of those that are free, and once: no circle. */
static void see(const world *w, uint32_t part, unsigned char *seen, state *s)
{
    state_check(s, part < w->part_count && !seen[part]);
    if (state_is_sound(s))
        seen[part] = 1;
}

static void hold_all(world *w, unsigned char *seen, state *s)
{
    for (size_t i = 0; i < w->job_count && state_is_sound(s); i++) {
        const world_job *job = &w->jobs[i];
        uint32_t parts = job->node != SKY_NONE;

        if (job->node != SKY_NONE)
            hold(w, job, job->node, job->devices, job->waits, s);
        for (uint32_t k = job->more_parts; k != SKY_NONE && state_is_sound(s); k = w->parts[k].next) {
            see(w, k, seen, s);
            if (!state_is_sound(s))
                return;
            hold(w, job, w->parts[k].node, w->parts[k].devices, w->parts[k].waits, s);
            parts++;
        }
        state_check(s, parts == job->parts);
    }
    for (uint32_t k = w->free_part; k != SKY_NONE && state_is_sound(s); k = w->parts[k].next) {
        see(w, k, seen, s);
        if (!state_is_sound(s))
            return;
    }
}

static void take_tasks_over(world *w, state *s)
{
    unsigned char *seen = calloc(w->part_count + 1, 1);

    for (uint32_t i = 0; i < w->job_count && state_is_sound(s); i++)
        state_check(s, job_can_be(w, i));
    for (size_t i = 0; i < w->training_count; i++)
        state_check(s, training_can_be(w, &w->trainings[i]));
    for (size_t i = 0; i < w->running_task_count && state_is_sound(s); i++)
        state_check(s, w->running_tasks[i] < w->job_count && w->jobs[w->running_tasks[i]].running_at == i);
    for (uint32_t i = 0; i < w->node_count && w->terms != NULL && state_is_sound(s); i++)
        if (terms_hear(w->terms, i, &w->nodes[i]) != SKY_OK)
            state_no_memory(s);
    if (seen == NULL)
        state_no_memory(s);
    if (state_is_sound(s)) {
        count_nodes(w);
        check_free_nodes(w, s);
    }
    if (state_is_sound(s))
        hold_all(w, seen, s);
    free(seen);
}

void world_tasks_state(world *w, state *s)
{
    state_part(s, "world: jobs");
    jobs_state(w, s);
    state_list(s, &w->trainings, &w->training_count, &w->training_capacity, sizeof *w->trainings);
    state_list(s, &w->parts, &w->part_count, &w->part_capacity, sizeof *w->parts);
    STATE_VALUE(s, w->free_part);
    state_list(s, &w->running_tasks, &w->running_task_count, &w->running_task_capacity,
               sizeof *w->running_tasks);
    nodes_state(w, s);
    if (state_restores(s) && state_is_sound(s))
        take_tasks_over(w, s);
}
