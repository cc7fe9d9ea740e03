#include "world.h"

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

static void make_node(const scenario_node *from, uint32_t rank, uint32_t first_word, node *n)
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
    uint32_t count = (uint32_t)s->node_count, *rank = malloc(count * sizeof *rank), words = 0;
    random_key key = key_of(w, RANDOM_NODE_ORDER);

    for (uint32_t i = 0; i < count; i++)
        words += is_pod(&s->nodes[i]) ? torus_words(&s->nodes[i].pod) : 0;
    w->nodes = calloc(count, sizeof *w->nodes);
    w->chips = calloc(words + 1u, sizeof *w->chips);
    if (rank == NULL || w->nodes == NULL || w->chips == NULL) {
        free(rank);
        return no_memory(error);
    }
    w->free_part = SKY_NONE;
    shuffle(rank, count, &key);
    words = 0;
    for (uint32_t i = 0; i < count; i++) {
        make_node(&s->nodes[i], rank[i], words, &w->nodes[i]);
        words += is_pod(&s->nodes[i]) ? torus_words(&s->nodes[i].pod) : 0;
        w->summary.mgpu += node_mgpu(&w->nodes[i]);
    }
    free(rank);
    for (uint32_t i = 0; i < s->pool_count; i++)
        w->rate_nusd_per_hour += world_price(w, i, purchase_of(&s->pools[i])) * s->pools[i].nodes;
    return SKY_OK;
}

void world_accrue_nodes(world *w)
{
    if (w->scenario->node_count == 0)
        return;
    for (uint32_t i = 0; i < w->scenario->pool_count; i++) {
        const scenario_pool *from = &w->scenario->pools[i];
        sky_purchase purchase = purchase_of(from);
        int64_t time_ns = w->now_ns - w->pools[i].nodes_accrued_ns;
        int64_t cost = muldiv_i64(world_price(w, i, purchase) * from->nodes, time_ns, SKY_NS_PER_HOUR);

        if (from->nodes == 0)
            continue;
        w->pools[i].nodes_accrued_ns = w->now_ns;
        w->pools[i].compute_nusd[purchase] += cost;
        w->pools[i].machine_ns[purchase] += time_ns * from->nodes;
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

static const node_request *request_of_job(const world *w, const world_job *job)
{
    return &w->scenario->classes[job->row.job_class].request;
}

static void leave_nodes(world *w, world_job *job)
{
    const node_request *ask = request_of_job(w, job);

    if (job->node != SKY_NONE)
        node_give(&w->nodes[job->node], w->chips, ask, job->devices);
    while (job->more_parts != SKY_NONE) {
        world_part *part = &w->parts[job->more_parts];
        uint32_t next = part->next;

        node_give(&w->nodes[part->node], w->chips, ask, part->devices);
        *part = (world_part){ .next = w->free_part };
        w->free_part = job->more_parts;
        job->more_parts = next;
    }
    job->node = SKY_NONE;
    job->devices = job->parts = 0;
}

static sky_status add_part(world *w, world_job *job, uint32_t node_index, uint32_t devices, sky_error *error)
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
    w->parts[part] = (world_part){ .node = node_index, .devices = devices, .next = job->more_parts };
    job->more_parts = part;
    return SKY_OK;
}

static void start_task(world *w, world_job *job)
{
    job->row.state = 1;
    if (job->row.launches++ == 0)
        job->row.start_ns = w->now_ns;
    w->pending--;
    w->running++;
    w->summary.placed++;
}

sky_status world_place_part(world *w, uint32_t index, uint32_t node_index, uint32_t devices, int *placed,
                            sky_error *error)
{
    world_job *job = &w->jobs[index];
    const node_request *ask = request_of_job(w, job);
    node *n = node_index < w->scenario->node_count ? &w->nodes[node_index] : NULL;

    *placed = 0;
    if (n == NULL || job->parts == job->gang || job->refused_decision == w->summary.decisions ||
        !node_suits(n, ask) || !node_fits_devices((node_view){ n, w->chips }, ask, devices)) {
        if (job->parts < job->gang)
            leave_nodes(w, job);
        job->refused_decision = w->summary.decisions;
        return SKY_OK;
    }
    if (job->parts == 0) {
        job->node = node_index;
        job->devices = devices;
    } else if (add_part(w, job, node_index, devices, error) != SKY_OK) {
        return SKY_ERROR_MEMORY;
    }
    node_take(n, w->chips, ask, devices);
    *placed = 1 + (++job->parts == job->gang);
    if (*placed == 2)
        start_task(w, job);
    return SKY_OK;
}

int64_t world_task_end_ns(const world *w, uint32_t index)
{
    const world_job *job = &w->jobs[index];

    return job->row.work_ns < w->end_ns - w->now_ns ? w->now_ns + job->row.work_ns : SKY_NEVER_NS;
}

void world_remove_task(world *w, uint32_t index)
{
    leave_nodes(w, &w->jobs[index]);
    w->running--;
    w->pending++;
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
    w->summary.mgpu_allocated = w->summary.mgpu;
    for (size_t i = 0; i < s->node_count; i++) {
        fragmentation_room room = fragmentation_room_of(&w->nodes[i]);

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
