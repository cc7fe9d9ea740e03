#include "fleet.h"

#include "../../engine/model/arith.h"
#include "../../engine/packing/fragmentation.h"

#include <stdio.h>
#include <stdlib.h>

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "world: out of memory for nodes and tasks");
    return SKY_ERROR_MEMORY;
}

static random_key key_of(const world *w, random_purpose purpose)
{
    return (random_key){ .seed = w->seed, .replication = w->replication, .thing = 0, .purpose = purpose };
}

/* Uniform below `bound`, by draw number `count` of a key (Lemire's multiplication; its bias is below 2^-32). */
static uint32_t draw_below(const random_key *key, uint64_t count, uint32_t bound)
{
    return (uint32_t)((random_u64(key, count) >> 32) * bound >> 32);
}

/* Fisher and Yates: any order of the numbers from 0, each as likely. */
static void shuffle(uint32_t *list, uint32_t count, const random_key *key)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = draw_below(key, i, i + 1);

        list[i] = list[k];
        list[k] = i;
    }
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

static sky_purchase purchase_of(const scenario_pool *p)
{
    return p->purchases & 1u << SKY_RESERVED ? SKY_RESERVED : SKY_ON_DEMAND;
}

static int is_pod(const scenario_node *from)
{
    return torus_chips(from->pod.shape) > 0;
}

void world_make_node(const scenario_node *from, uint32_t rank, uint32_t first_word, node *n)
{
    *n = (node){ .mcpu = from->mcpu,
                 .memory_bytes = from->memory_bytes,
                 .disk_bytes = from->disk_bytes,
                 .labels = from->labels,
                 .taints = from->taints,
                 .pool = from->pool,
                 .rank = rank,
                 .devices = (uint8_t)from->devices,
                 .model = from->devices > 0 || is_pod(from) ? (uint8_t)from->model : NODE_NO_MODEL };
    node_empty(n);
    n->group_starts = (uint16_t)from->group_starts;
    if (from->mig_model != 0)
        node_set_mig(n, (mig_model_id)(from->mig_model - 1));
    if (is_pod(from))
        node_set_pod(n, from->pod, first_word);
}

sky_status world_start_nodes(world *w, sky_error *error)
{
    const scenario *s = w->scenario;
    uint32_t count = (uint32_t)s->node_count, *rank = malloc((count + 1u) * sizeof *rank), words = 0;
    random_key key = key_of(w, RANDOM_NODE_ORDER);

    for (uint32_t i = 0; i < count; i++)
        words += is_pod(&s->nodes[i]) ? torus_words(&s->nodes[i].pod) : 0;
    w->nodes = calloc(count + 1u, sizeof *w->nodes);
    w->machines = calloc(count + 1u, sizeof *w->machines);
    w->chips = calloc(words + 1u, sizeof *w->chips);
    w->node_left_ns = calloc(count + 1u, sizeof *w->node_left_ns);
    w->node_failures = calloc(count + 1u, sizeof *w->node_failures);
    w->node_broken = calloc(count + 1u, sizeof *w->node_broken);
    if (rank == NULL || w->nodes == NULL || w->machines == NULL || w->chips == NULL ||
        w->node_left_ns == NULL || w->node_failures == NULL || w->node_broken == NULL) {
        free(rank);
        return no_memory(error);
    }
    w->node_count = w->node_capacity = count;
    shuffle(rank, count, &key);
    words = 0;
    for (uint32_t i = 0; i < count; i++) {
        world_make_node(&s->nodes[i], rank[i], words, &w->nodes[i]);
        words += is_pod(&s->nodes[i]) ? torus_words(&s->nodes[i].pod) : 0;
        w->summary.mgpu += node_mgpu(&w->nodes[i]);
        w->nodes_mcpu += s->nodes[i].mcpu;
        w->nodes_mgpu += node_mgpu(&w->nodes[i]);
    }
    free(rank);
    for (uint32_t i = 0; i < s->pool_count; i++)
        w->rate_nusd_per_hour += world_price(w, i, purchase_of(&s->pools[i])) * s->pools[i].nodes;
    return SKY_OK;
}

void world_accrue_nodes(world *w)
{
    world_accrue_fleet(w);
    if (w->scenario->node_count == 0)
        return;
    for (uint32_t i = 0; i < w->scenario->pool_count; i++) {
        const scenario_pool *from = &w->scenario->pools[i];
        sky_purchase purchase = purchase_of(from);
        int64_t time_ns = w->now_ns - w->pools[i].nodes_accrued_ns;
        int64_t cost = muldiv_i64(world_price(w, i, purchase) * from->nodes, time_ns, SKY_NS_PER_HOUR);

        if (from->nodes == 0)
            continue;
        world_meter_idle(w, i, from->nodes, &w->pools[i].idle_metered_ns);
        w->pools[i].nodes_accrued_ns = w->now_ns;
        w->pools[i].compute_nusd[purchase] += cost;
        w->pools[i].machine_ns[purchase] += (sky_int128)time_ns * from->nodes;
        w->cost_nusd += cost;
    }
}

/* ---- the tasks of a run ------------------------------------------------------------------------------------------ */

static const node_request *request_of(const scenario *s, uint32_t task)
{
    return &s->classes[s->tasks[task].task_class].request;
}

/* All of the file, in random order; then tasks drawn anew from all of it until the next one would ask for more than
 * the ratio (which that last look counts by one of its devices alone, as the published runs do); or, where the file
 * itself asks for more, without random ones. Weng et al., ATC 2023, section 6. */
static void fill_list(world *w, uint32_t capacity)
{
    const scenario *s = w->scenario;
    uint32_t count = (uint32_t)s->task_count;
    random_key order = key_of(w, RANDOM_TASK_ORDER), more = key_of(w, RANDOM_TASK);
    double bound = s->task_ratio * (double)w->summary.mgpu;
    int64_t asked = 0;
    uint64_t draws = 0;

    shuffle(w->task_list, count, &order);
    for (uint32_t i = 0; i < count; i++)
        asked += node_request_mgpu(request_of(s, i));
    while ((double)asked > bound && count > 0) {
        uint32_t gone = draw_below(&more, draws++, count);

        asked -= node_request_mgpu(request_of(s, w->task_list[gone]));
        for (count--; gone < count; gone++)
            w->task_list[gone] = w->task_list[gone + 1];
    }
    while (count < capacity && draws < UINT32_MAX) {
        uint32_t task = draw_below(&more, draws++, (uint32_t)s->task_count);

        if ((double)(asked + request_of(s, task)->mgpu) > bound)
            break;
        asked += node_request_mgpu(request_of(s, task));
        w->task_list[count++] = task;
    }
    w->task_list_count = count;
}

/* Tasks that ask for no device bring no end: at most so many for one of the file. */
#define MAX_REPEATS 1000

sky_status world_shuffle_tasks(world *w, sky_error *error)
{
    const scenario *s = w->scenario;
    size_t needed = s->task_count;
    int64_t asked = 0;

    for (size_t i = 0; i < s->task_count; i++)
        asked += node_request_mgpu(request_of(s, (uint32_t)i));
    if (asked > 0) { /* twice what the mean task leads to, and some */
        double times = 2 * s->task_ratio * (double)w->summary.mgpu / (double)asked + 2;

        needed += (size_t)((double)s->task_count * (times < MAX_REPEATS ? times : MAX_REPEATS));
    }
    w->task_list = malloc(needed * sizeof *w->task_list);
    if (w->task_list == NULL)
        return no_memory(error);
    fill_list(w, (uint32_t)needed);
    if (w->task_list_count * SKY_NS_PER_SECOND < w->end_ns)
        w->end_ns = w->task_list_count * SKY_NS_PER_SECOND;
    return SKY_OK;
}

/* ---- placing ------------------------------------------------------------------------------------------------------ */

node_request world_request_of(const world *w, const world_job *job)
{
    node_request ask = w->scenario->classes[job->row.job_class].request;

    if (job->share_mgpu > 0)
        ask.mgpu = job->share_mgpu;
    return ask;
}

void world_accrue_use(world *w)
{
    int64_t time_ns = w->now_ns - w->busy_since_ns;

    w->nodes_mcpu_ns += (sky_int128)w->nodes_mcpu * time_ns;
    w->nodes_mgpu_ns += (sky_int128)w->nodes_mgpu * time_ns;
    w->busy_mcpu_ns += (sky_int128)w->busy_mcpu * time_ns;
    w->busy_mgpu_ns += (sky_int128)w->busy_mgpu * time_ns;
    w->busy_since_ns = w->now_ns;
}

static sky_status take(world *w, const world_job *job, uint32_t node_index, uint32_t devices)
{
    const node_request ask = world_request_of(w, job);

    node_take(&w->nodes[node_index], w->chips, &ask, devices);
    world_accrue_use(w);
    w->busy_mcpu += ask.mcpu;
    w->busy_mgpu += node_request_mgpu(&ask);
    return w->terms != NULL ? terms_count(w->terms, job->row.job_class, node_index, 1) : SKY_OK;
}

static void give(world *w, const world_job *job, uint32_t node_index, uint32_t devices)
{
    const node_request ask = world_request_of(w, job);

    node_give(&w->nodes[node_index], w->chips, &ask, devices);
    world_accrue_use(w);
    w->busy_mcpu -= ask.mcpu;
    w->busy_mgpu -= node_request_mgpu(&ask);
    if (w->terms != NULL)
        (void)terms_count(w->terms, job->row.job_class, node_index, -1); /* leaving needs no memory */
}

void world_leave_nodes(world *w, uint32_t index)
{
    world_job *job = &w->jobs[index];

    if (job->node != SKY_NONE && !job->waits)
        give(w, job, job->node, job->devices);
    while (job->more_parts != SKY_NONE) {
        world_part *part = &w->parts[job->more_parts];
        uint32_t next = part->next;

        if (!part->waits)
            give(w, job, part->node, part->devices);
        *part = (world_part){ .next = w->free_part };
        w->free_part = job->more_parts;
        job->more_parts = next;
    }
    job->node = SKY_NONE;
    job->devices = job->parts = job->waits = job->share_mgpu = 0;
    if (world_trains(job))
        w->trainings[job->training].partner = SKY_NONE;
}

static sky_status add_part(world *w, world_job *job, const world_part *like, sky_error *error)
{
    uint32_t part = w->free_part;

    if (part == SKY_NONE && w->part_count == w->part_capacity) {
        size_t capacity = w->part_capacity < 64 ? 64 : w->part_capacity * 2;
        world_part *parts = realloc(w->parts, capacity * sizeof *parts);

        if (parts == NULL)
            return no_memory(error);
        w->parts = parts;
        w->part_capacity = capacity;
    }
    if (part == SKY_NONE)
        part = (uint32_t)w->part_count++;
    else
        w->free_part = w->parts[part].next;
    w->parts[part] = *like;
    w->parts[part].next = job->more_parts;
    job->more_parts = part;
    return SKY_OK;
}

static sky_status list_running(world *w, uint32_t index, sky_error *error)
{
    if (w->running_task_count == w->running_task_capacity) {
        size_t capacity = w->running_task_capacity < 64 ? 64 : w->running_task_capacity * 2;
        uint32_t *tasks = realloc(w->running_tasks, capacity * sizeof *tasks);

        if (tasks == NULL)
            return no_memory(error);
        w->running_tasks = tasks;
        w->running_task_capacity = capacity;
    }
    w->jobs[index].running_at = (uint32_t)w->running_task_count;
    w->running_tasks[w->running_task_count++] = index;
    return SKY_OK;
}

/* Since when it could have run: since the last of its predecessors ended. */
static int64_t ready_ns(const world *w, const world_job *job)
{
    const scenario_stage *stage = world_stage_of(job);
    int64_t at_ns = job->row.submit_ns;

    for (size_t i = 0; stage != NULL && i < stage->after_count; i++) {
        const scenario_stage *before = &job->workload->stages[stage->after[i]];

        for (uint32_t k = 0; k < before->count; k++) {
            int64_t end_ns = w->jobs[job->first + before->first + k].row.end_ns;

            at_ns = end_ns > at_ns ? end_ns : at_ns;
        }
    }
    return at_ns;
}

static sky_status start_task(world *w, uint32_t index, sky_error *error)
{
    world_job *job = &w->jobs[index];

    world_bill_task_egress(w, job, w->nodes[job->node].pool);
    job->row.state = 1;
    if (job->row.launches++ == 0) {
        job->row.start_ns = w->now_ns;
        job->row.ready_ns = ready_ns(w, job);
    }
    w->pending--;
    w->pending_tasks--;
    w->running++;
    w->summary.placed++;
    return world_read_for_task(w, index, error) == SKY_OK ? list_running(w, index, error) : SKY_ERROR_MEMORY;
}

/* 1: there is room; 0: there will be when those that leave the node have left; -1: there is none. */
static int find_place(const world *w, uint32_t node_index, const node_request *ask, uint32_t devices)
{
    const node *n = &w->nodes[node_index];

    if (!node_suits(n, ask))
        return -1;
    if (node_fits_devices((node_view){ n, w->chips }, ask, devices))
        return 1;
    return w->node_left_ns[node_index] > w->now_ns ? 0 : -1;
}

sky_status world_place_part(world *w, uint32_t index, uint32_t node_index, uint32_t devices,
                            world_placed *placed, sky_error *error)
{
    world_job *job = &w->jobs[index];
    const node_request ask = world_request_of(w, job);
    int place = node_index < w->node_count ? find_place(w, node_index, &ask, devices) : -1;

    *placed = WORLD_REFUSED;
    if (place < 0 || job->parts == job->gang || job->refused_decision == w->summary.decisions ||
        !world_may_be_on(w, job->row.job_class, node_index)) {
        if (job->parts < job->gang)
            world_leave_nodes(w, index);
        job->refused_decision = w->summary.decisions;
        return SKY_OK;
    }
    if (job->parts == 0) {
        job->node = node_index;
        job->devices = devices;
        job->waits = place == 0;
        job->begin_ns = w->now_ns;
    } else {
        const world_part part = { .node = node_index, .devices = devices, .waits = place == 0 };

        if (add_part(w, job, &part, error) != SKY_OK)
            return SKY_ERROR_MEMORY;
    }
    if (place == 1 && take(w, job, node_index, devices) != SKY_OK)
        return no_memory(error);
    if (place == 0 && w->node_left_ns[node_index] > job->begin_ns)
        job->begin_ns = w->node_left_ns[node_index];
    *placed = ++job->parts < job->gang    ? WORLD_PART
              : job->begin_ns > w->now_ns ? WORLD_BEGINS
                                          : WORLD_STARTED;
    return *placed == WORLD_STARTED ? start_task(w, index, error) : SKY_OK;
}

/* *fits: its node is still there, and has room if it has not been given any yet. */
static sky_status settle_part(world *w, const world_job *job, uint32_t node_index, uint32_t devices,
                              uint32_t *waits, int *fits)
{
    const node *n = &w->nodes[node_index];
    const node_request ask = world_request_of(w, job);
    int waited = *waits != 0;

    *fits = n->state == NODE_UP &&
            (!waited || (node_fits_devices((node_view){ n, w->chips }, &ask, devices) &&
                         world_may_be_on(w, job->row.job_class, node_index)));
    if (!*fits || !waited)
        return SKY_OK;
    *waits = 0;
    return take(w, job, node_index, devices);
}

sky_status world_begin_task(world *w, uint32_t index, world_placed *placed, sky_error *error)
{
    world_job *job = &w->jobs[index];
    int fits;
    sky_status status = settle_part(w, job, job->node, job->devices, &job->waits, &fits);

    for (uint32_t i = job->more_parts; i != SKY_NONE && fits && status == SKY_OK; i = w->parts[i].next)
        status = settle_part(w, job, w->parts[i].node, w->parts[i].devices, &w->parts[i].waits, &fits);
    if (status != SKY_OK)
        return no_memory(error);
    *placed = fits ? WORLD_STARTED : WORLD_REFUSED;
    if (fits)
        return start_task(w, index, error);
    world_leave_nodes(w, index);
    return SKY_OK;
}

void world_take_half(world *w, uint32_t index)
{
    if (w->jobs[index].parts == 0)
        w->jobs[index].share_mgpu = NODE_DEVICE_MGPU / 2;
}

int world_resize(world *w, uint32_t index, uint32_t workers)
{
    world_job *job = &w->jobs[index];

    if (job->parts > 0 || !world_trains(job) || workers < w->trainings[job->training].least_workers ||
        workers > w->trainings[job->training].most_workers)
        return 0;
    job->gang = workers;
    return 1;
}

/* ---- what is measured --------------------------------------------------------------------------------------------- */

/* Of a pod: all free chips but those of the largest free slice. */
static int64_t fragmented_chips(const world *w, const node *n)
{
    const uint64_t *taken = w->chips + n->pod.first_word;
    torus_slice largest;

    return torus_free_chips(&n->pod.is, taken) - torus_largest_free(&n->pod.is, taken, &largest);
}

sky_status world_measure_nodes(world *w, sky_error *error)
{
    const scenario *s = w->scenario;
    model_request *requests = calloc(s->class_count + 1, sizeof *requests);
    fragmentation *f = NULL;
    int64_t fragmented = 0, chips = 0;
    sky_status status = requests != NULL ? SKY_OK : SKY_ERROR_MEMORY;

    for (size_t c = 0; c < s->class_count && status == SKY_OK; c++)
        requests[c] = (model_request){ .ask = s->classes[c].request,
                                       .expected = s->classes[c].expected,
                                       .is_task = (uint32_t)s->classes[c].is_task };
    if (status == SKY_OK)
        status = fragmentation_prepare(requests, (uint32_t)s->class_count, &f);
    free(requests);
    if (status != SKY_OK)
        return no_memory(error);
    for (size_t i = s->node_count; i < w->node_count; i++)
        if (w->nodes[i].state != NODE_ABSENT)
            w->summary.mgpu += node_mgpu(&w->nodes[i]);
    w->summary.mgpu_allocated = w->summary.mgpu;
    for (size_t i = 0; i < w->node_count; i++) {
        fragmentation_room room = fragmentation_room_of(&w->nodes[i]);

        if (w->nodes[i].state == NODE_ABSENT)
            continue;
        w->summary.mgpu_allocated -= w->nodes[i].mgpu_left_sum;
        if (w->nodes[i].mode == NODE_POD)
            chips += fragmented_chips(w, &w->nodes[i]);
        else
            fragmented += fragmentation_of(f, &room);
    }
    if (fragmentation_weight(f) > 0)
        w->summary.mgpu_fragmented = (fragmented + fragmentation_weight(f) / 2) / fragmentation_weight(f);
    w->summary.mgpu_fragmented += chips * NODE_DEVICE_MGPU;
    free(f);
    return SKY_OK;
}
