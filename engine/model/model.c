#include "model.h"

#include "../allocation/training.h"
#include "../cluster/facts.h"
#include "../cluster/term_facts.h"
#include "power.h"
#include "retold.h"
#include "../scaling/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Limits that keep a hostile event from asking for all memory; far above any real catalog. */
#define MODEL_MAX_REGIONS    4096u
#define MODEL_MAX_ITEMS      (1u << 28)
#define MODEL_MAX_PRICE_NUSD INT64_C(1000000000000000) /* a million dollars an hour */

static const size_t item_size[MODEL_ARRAY_COUNT] = {
    [MODEL_PROVIDERS] = sizeof(model_provider),
    [MODEL_REGIONS] = sizeof(model_region),
    [MODEL_POOLS] = sizeof(model_pool),
    [MODEL_CLASSES] = sizeof(model_class),
    [MODEL_ELIGIBLE] = sizeof(model_eligible),
    [MODEL_EGRESS] = sizeof(int64_t),
    [MODEL_JOBS] = sizeof(model_job),
    [MODEL_ACTIVE] = sizeof(uint32_t),
    [MODEL_QUEUE] = sizeof(uint32_t),
    [MODEL_PLANS] = sizeof(plan),
    [MODEL_FORESIGHT] = sizeof(model_foresight),
    [MODEL_MEMORY] = 8,
    [MODEL_REQUESTS] = sizeof(model_request),
    [MODEL_NODES] = sizeof(node),
    [MODEL_CHIPS] = sizeof(uint64_t),
    [MODEL_PARTS] = sizeof(model_part),
    [MODEL_TENANTS] = sizeof(queue_tenant),
    [MODEL_PROMISES] = sizeof(reservation),
    [MODEL_TERMS] = sizeof(terms_term),
    [MODEL_LIVES] = sizeof(model_life),
    [MODEL_EDGES] = sizeof(model_edge),
    [MODEL_RATES] = sizeof(model_rate),
    [MODEL_TRAINEES] = sizeof(uint32_t),
    [MODEL_SHARES] = sizeof(model_share),
    [MODEL_SCALES] = sizeof(model_scale),
    [MODEL_QUOTAS] = sizeof(model_quota),
    [MODEL_DATA] = sizeof(model_data),
    [MODEL_LINKS] = sizeof(model_link),
    [MODEL_TIERS] = sizeof(model_tier),
    [MODEL_DATASETS] = sizeof(model_dataset),
    [MODEL_COPIES] = sizeof(model_copy),
    [MODEL_READINGS] = sizeof(model_reading),
    [MODEL_WEIGHTS] = sizeof(model_weight),
    [MODEL_SERVICES] = sizeof(model_service),
    [MODEL_PLACES] = sizeof(model_place),
    [MODEL_POPULATIONS] = sizeof(model_population),
    [MODEL_WAYS] = sizeof(model_way),
    [MODEL_STAGES] = sizeof(model_stage),
    [MODEL_STREAMS] = sizeof(model_stream),
};

_Static_assert(sizeof(model_class) == 4 * 4 + 2 * 8, "no padding");
_Static_assert(sizeof(model_provider) == 16 && sizeof(model_region) == 32, "no padding");
_Static_assert(sizeof(model_pool) == 4 * 4 + 7 * 8 + SKY_PURCHASE_COUNT * 8, "no padding");
_Static_assert(sizeof(model_eligible) == 24 && sizeof(model_foresight) == 24, "no padding");
_Static_assert(sizeof(model_job) == 20 * 4 + 16 * 8, "no padding");
_Static_assert(sizeof(plan_candidate) == 16 + SKY_TERMS * 8, "no padding");
_Static_assert(sizeof(plan) == 10 * 4 + PLAN_MAX * (4 + sizeof(plan_candidate)), "no padding");
_Static_assert(sizeof(sky_queue_options) == 4 * 4 + 8 * 8, "no padding");
_Static_assert(sizeof(model_life) == 4 * 8 + 10 * 4 && sizeof(model_edge) == 2 * 4, "no padding");
_Static_assert(sizeof(model_scalars) == 11 * 8 + 16 * 4 + 2 * sizeof(queue_amounts) +
                                            sizeof(sky_queue_options) + sizeof(sky_scaling_options) +
                                            sizeof(sky_data_options) + sizeof(sky_serving_options),
               "no padding");
_Static_assert(sizeof(queue_tenant) == 7 * 8 && sizeof(reservation) == 2 * 8 + 4 * 4, "no padding");
_Static_assert(sizeof(node_pod) == 12 && sizeof(node_request) == 6 * 8 + 3 * 4 + 4 * 2 + 4, "no padding");
_Static_assert(sizeof(model_request) == sizeof(node_request) + 2 * 8 + 8, "no padding");
_Static_assert(sizeof(model_rate) == 4 * 4 + 2 * 8 && sizeof(model_share) == 4 * 4 + 3 * 8, "no padding");
_Static_assert(sizeof(terms_term) == 2 * 8 + 2 * 4 + 4 * 4, "no padding");
_Static_assert(sizeof(node) == 8 * 8 + 5 * 4 + 4 + NODE_DEVICES_MAX * 2 + 2 * 2 + 4 + 2 * 4 + 2 * 8 + 2 * 4,
               "no padding");
_Static_assert(sizeof(model_scale) == sizeof(node) + (3 + 4 * SKY_PURCHASE_COUNT) * 8, "no padding");
_Static_assert(sizeof(model_quota) == 32 && sizeof(model_data) == 16, "no padding");
_Static_assert(sizeof(sky_scaling_options) == 7 * 8, "no padding");
_Static_assert(sizeof(model_link) == 24 && sizeof(model_tier) == 9 * 8 && sizeof(model_dataset) == 40,
               "no padding");
_Static_assert(sizeof(model_copy) == 6 * 4 + 6 * 8 && sizeof(model_weight) == 13 * 8 &&
                   sizeof(model_reading) == 24,
               "no padding");
_Static_assert(sizeof(sky_data_options) == 16 && sizeof(sky_serving_options) == 3 * 8, "no padding");
_Static_assert(sizeof(model_season) == (2 * MODEL_HOURS + 1) * 8 && sizeof(model_way) == 3 * 8, "no padding");
_Static_assert(sizeof(model_stage) == 2 * 4 + 11 * 8 && sizeof(model_stream) == 8, "no padding");
_Static_assert(sizeof(model_service) == 4 * 8 &&
                   sizeof(model_place) == 6 * 4 + 12 * 8 + sizeof(model_season) &&
                   sizeof(model_population) == 8 * 8 + sizeof(model_season),
               "no padding");

size_t model_item_size(model_array_id id)
{
    return item_size[id];
}

sky_status model_init(model *m, sky_error *error)
{
    (void)error;
    memset(m, 0, sizeof *m);
    m->is.free_plan = m->is.free_part = SKY_NONE;
    return SKY_OK;
}

void model_free(model *m)
{
    for (int id = 0; id < MODEL_ARRAY_COUNT; id++)
        free(m->array[id].items);
    free(m->changed.of);
    free(m->arrived.of);
    free(m->moved.of);
    terms_free(m->terms);
    free(m->unsettled.of);
    memset(m, 0, sizeof *m);
}

sky_status model_reserve(model *m, model_array_id id, uint32_t count)
{
    model_array *a = &m->array[id];
    uint32_t capacity;
    void *items;

    if (count <= a->capacity)
        return SKY_OK;
    if (count > MODEL_MAX_ITEMS)
        return SKY_ERROR_MEMORY;
    capacity = a->capacity < 8 ? 8 : a->capacity + a->capacity / 2;
    if (capacity < count)
        capacity = count;
    items = realloc(a->items, capacity * item_size[id]);
    if (items == NULL)
        return SKY_ERROR_MEMORY;
    a->items = items;
    a->capacity = capacity;
    return SKY_OK;
}

void *model_append(model *m, model_array_id id)
{
    model_array *a = &m->array[id];
    unsigned char *item;

    if (a->count == a->capacity && model_reserve(m, id, a->count + 1) != SKY_OK)
        return NULL;
    item = (unsigned char *)a->items + a->count * item_size[id];
    memset(item, 0, item_size[id]);
    a->count++;
    return item;
}

sky_status model_note(model_list *list, uint32_t thing)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity < 64 ? 64 : list->capacity * 2;
        uint32_t *of = realloc(list->of, capacity * sizeof *of);

        if (of == NULL)
            return SKY_ERROR_MEMORY;
        list->of = of;
        list->capacity = capacity;
    }
    list->of[list->count++] = thing;
    return SKY_OK;
}

/* ---- looking things up ---------------------------------------------------------------------------------- */

int64_t model_egress_nusd_per_gb(const model *m, uint32_t from_region, uint32_t to_region)
{
    const int64_t *egress = m->array[MODEL_EGRESS].items;

    if (from_region == to_region || egress == NULL)
        return 0;
    return egress[(size_t)from_region * m->array[MODEL_REGIONS].count + to_region];
}

int64_t model_egress_nusd(const model *m, const model_job *job, uint32_t to_pool)
{
    const model_pool *pools = model_pools(m);
    int64_t per_gb;

    if (job->leader_pool == SKY_NONE)
        return 0;
    per_gb = model_egress_nusd_per_gb(m, pools[job->leader_pool].region, pools[to_pool].region);
    return per_gb == 0 ? 0 : muldiv_i64(job->checkpoint_bytes, per_gb, 1000000000);
}

int64_t model_move_ns(const model *m, const model_job *job, uint32_t to_pool)
{
    const model_pool *pools = model_pools(m);

    if (job->leader_pool == SKY_NONE)
        return 0;
    return model_transfer_ns(m, pools[job->leader_pool].region, pools[to_pool].region, job->checkpoint_bytes);
}

int64_t model_start_ns(const model *m, const model_job *job, uint32_t pool)
{
    int64_t boot_ns = model_pools(m)[pool].boot_ns, move_ns = model_move_ns(m, job, pool);

    return add_sat_i64(job->restart_ns, move_ns > boot_ns ? move_ns : boot_ns);
}

const model_eligible *model_eligible_at(const model *m, const model_job *job, uint32_t pool)
{
    return model_eligible_of_class(m, job->job_class, pool);
}

const model_eligible *model_eligible_of_class(const model *m, uint32_t job_class, uint32_t pool)
{
    const model_class *c = (const model_class *)m->array[MODEL_CLASSES].items + job_class;
    const model_eligible *e = model_eligible_of(m, c);
    uint32_t low = 0, high = c->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (e[middle].pool < pool)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->count && e[low].pool == pool ? &e[low] : NULL;
}

int64_t model_job_price(const model *m, const model_eligible *e, sky_purchase purchase)
{
    return model_pools(m)[e->pool].price_nusd[purchase] * e->machines;
}

/* ---- facts ---------------------------------------------------------------------------------------------- */

sky_status model_set_egress(model *m, uint32_t from_region, uint32_t to_region, int64_t nusd_per_gb)
{
    uint32_t regions = m->array[MODEL_REGIONS].count;
    model_array *egress = &m->array[MODEL_EGRESS];

    if (egress->count == 0) {
        if (model_reserve(m, MODEL_EGRESS, regions * regions) != SKY_OK)
            return SKY_ERROR_MEMORY;
        egress->count = regions * regions;
        memset(egress->items, 0, egress->count * sizeof(int64_t));
    }
    ((int64_t *)egress->items)[(size_t)from_region * regions + to_region] = nusd_per_gb;
    return SKY_OK;
}

sky_status model_refuse(sky_error *error, const sky_event *event, const char *what, int64_t found)
{
    const char *kind = sky_event_kind_name(event->kind);

    snprintf(error->message, sizeof error->message, "event %s at %" PRId64 " ns: %s (found %" PRId64 ")",
             kind != NULL ? kind : "of unknown kind", event->time_ns, what, found);
    return SKY_ERROR_INPUT;
}

sky_status model_no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "engine: out of memory");
    return SKY_ERROR_MEMORY;
}

static sky_status observe_region(model *m, const sky_event *event, sky_error *error)
{
    model_region *region;

    if (event->region != m->array[MODEL_REGIONS].count || event->region >= MODEL_MAX_REGIONS)
        return model_refuse(error, event, "regions are declared in order, 4096 at most", event->region);
    if (event->other >= m->array[MODEL_PROVIDERS].count)
        return model_refuse(error, event, "no such provider", event->other);
    if (m->array[MODEL_EGRESS].count > 0)
        return model_refuse(error, event, "regions come before egress prices", event->region);
    region = model_append(m, MODEL_REGIONS);
    if (region == NULL)
        return model_no_memory(error);
    region->provider = event->other;
    region->jurisdiction = event->a;
    region->carbon_gco2_per_mwh = event->b;
    return SKY_OK;
}

static sky_status observe_pool(model *m, const sky_event *event, sky_error *error)
{
    model_pool *pool;

    if (event->pool != m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "pools are declared in order", event->pool);
    if (event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such region", event->region);
    if (event->detail == 0 || event->detail >= 1u << SKY_PURCHASE_COUNT)
        return model_refuse(error, event, "expected a set of purchase kinds", event->detail);
    if (event->a < 0 || event->b < 0 || event->c <= 0 || event->d < 0)
        return model_refuse(error, event, "capacity and billing times can't be negative", event->a);
    pool = model_append(m, MODEL_POOLS);
    if (pool == NULL)
        return model_no_memory(error);
    pool->region = event->region;
    pool->zone = event->other;
    pool->purchases = event->detail;
    pool->capacity = event->a;
    pool->billing_minimum_ns = event->b;
    pool->billing_increment_ns = event->c;
    pool->boot_ns = event->d;
    return SKY_OK;
}

static sky_status observe_capacity(model *m, const sky_event *event, sky_error *error)
{
    if (event->pool >= m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "no such pool", event->pool);
    if (event->a < 0)
        return model_refuse(error, event, "expected machines, at least 0", event->a);
    ((model_pool *)m->array[MODEL_POOLS].items)[event->pool].capacity = event->a;
    return SKY_OK;
}

static sky_status observe_egress(model *m, const sky_event *event, sky_error *error)
{
    uint32_t regions = m->array[MODEL_REGIONS].count;

    if (event->region >= regions || event->other >= regions)
        return model_refuse(error, event, "no such region",
                            event->region >= regions ? event->region : event->other);
    if (event->a < 0 || event->a > MODEL_MAX_PRICE_NUSD)
        return model_refuse(error, event, "expected a price per GB", event->a);
    return model_set_egress(m, event->region, event->other, event->a) == SKY_OK ? SKY_OK
                                                                                : model_no_memory(error);
}

static sky_status observe_class(model *m, const sky_event *event, sky_error *error)
{
    model_class *c;

    if (event->other != m->array[MODEL_CLASSES].count)
        return model_refuse(error, event, "classes are declared in order", event->other);
    c = model_append(m, MODEL_CLASSES);
    if (c == NULL)
        return model_no_memory(error);
    c->first = m->array[MODEL_ELIGIBLE].count;
    return SKY_OK;
}

static sky_status observe_eligible(model *m, const sky_event *event, sky_error *error)
{
    model_class *classes = m->array[MODEL_CLASSES].items;
    model_eligible *list = m->array[MODEL_ELIGIBLE].items;
    uint32_t count = m->array[MODEL_ELIGIBLE].count;
    model_eligible *e;

    if (event->other + 1 != m->array[MODEL_CLASSES].count)
        return model_refuse(error, event, "eligible pools follow their class", event->other);
    if (event->pool >= m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "no such pool", event->pool);
    if (classes[event->other].count > 0 && list[count - 1].pool >= event->pool)
        return model_refuse(error, event, "eligible pools come in rising order", event->pool);
    if (event->a < 1 || event->a > MODEL_MAX_MACHINES)
        return model_refuse(error, event, "expected a number of machines", event->a);
    if (event->b < 1 || event->b > MODEL_MAX_SPEED_PPM)
        return model_refuse(error, event, "expected a speed in ppm", event->b);
    e = model_append(m, MODEL_ELIGIBLE);
    if (e == NULL)
        return model_no_memory(error);
    e->pool = event->pool;
    e->machines = event->a;
    e->speed_ppm = event->b;
    ((model_class *)m->array[MODEL_CLASSES].items)[event->other].count++;
    return SKY_OK;
}

static sky_status observe_forbidden(model *m, const sky_event *event, sky_error *error)
{
    model_class *c;
    model_eligible *list = m->array[MODEL_ELIGIBLE].items;

    if (event->other >= m->array[MODEL_CLASSES].count)
        return model_refuse(error, event, "no such class", event->other);
    if (event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such region", event->region);
    if (event->detail == 0)
        return model_refuse(error, event, "a rule has a number above 0", 0);
    c = (model_class *)m->array[MODEL_CLASSES].items + event->other;
    for (uint32_t i = c->first; i < c->first + c->count; i++) {
        if (model_pools(m)[list[i].pool].region != event->region || list[i].rule == event->detail)
            continue;
        list[i].rule = event->detail;
        if (m->is.asked) /* from now on */
            model_find_sure(m);
    }
    return SKY_OK;
}

/* What a class can count on: a machine that is sold on demand without bound; c->bounded: with. */
int model_is_sure(const model *m, const model_class *c, const model_eligible *e)
{
    const model_pool *pool = &model_pools(m)[e->pool];

    return e->rule == 0 && (pool->purchases & 1u << SKY_ON_DEMAND) != 0 &&
           (pool->capacity == INT64_MAX || c->bounded);
}

static void find_sure_speed(const model *m, model_class *c)
{
    const model_eligible *e = model_eligible_of(m, c);

    for (uint32_t i = 0; i < c->count; i++) {
        const model_pool *pool = &model_pools(m)[e[i].pool];

        if (!model_is_sure(m, c, &e[i]))
            continue;
        if (e[i].speed_ppm > c->sure_ppm) {
            c->sure_ppm = e[i].speed_ppm;
            c->sure_boot_ns = pool->boot_ns;
        } else if (e[i].speed_ppm == c->sure_ppm && pool->boot_ns > c->sure_boot_ns) {
            c->sure_boot_ns = pool->boot_ns;
        }
    }
}

void model_complete_catalog(model *m)
{
    m->is.asked = 1;
    model_find_sure(m);
}

void model_find_sure(model *m)
{
    model_class *classes = m->array[MODEL_CLASSES].items;

    for (uint32_t i = 0; i < m->array[MODEL_CLASSES].count; i++) {
        classes[i].sure_ppm = classes[i].sure_boot_ns = classes[i].bounded = 0;
        find_sure_speed(m, &classes[i]);
        if (classes[i].sure_ppm > 0)
            continue;
        classes[i].bounded = 1;
        find_sure_speed(m, &classes[i]);
    }
}

static sky_status observe_price(model *m, const sky_event *event, sky_error *error)
{
    model_pool *pool;

    if (event->pool >= m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "no such pool", event->pool);
    if (event->detail >= SKY_PURCHASE_COUNT)
        return model_refuse(error, event, "no such purchase kind", event->detail);
    if (event->a < 0 || event->a > MODEL_MAX_PRICE_NUSD)
        return model_refuse(error, event, "expected a price per hour, at least 0", event->a);
    pool = (model_pool *)m->array[MODEL_POOLS].items + event->pool;
    pool->price_nusd[event->detail] = event->a;
    pool->price_known |= 1u << event->detail;
    return SKY_OK;
}

static sky_status observe_foresight(model *m, const sky_event *event, sky_error *error)
{
    model_foresight *f;

    if (event->pool >= m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "no such pool", event->pool);
    f = model_append(m, MODEL_FORESIGHT);
    if (f == NULL)
        return model_no_memory(error);
    f->from_ns = event->a;
    f->spot_nusd = event->b;
    f->pool = event->pool;
    f->available = event->detail;
    return SKY_OK;
}

sky_status model_queue_job(model *m, uint32_t job)
{
    model_job *j = (model_job *)m->array[MODEL_JOBS].items + job;
    uint32_t *slot;

    if (j->queued || j->state == MODEL_JOB_ENDED)
        return SKY_OK;
    slot = model_append(m, MODEL_QUEUE);
    if (slot == NULL)
        return SKY_ERROR_MEMORY;
    *slot = job;
    j->queued = 1;
    return SKY_OK;
}

/* Jobs with machines of their own are looked at every tick; tasks only when there is room. */
static sky_status activate(model *m, uint32_t job)
{
    uint32_t *active = model_append(m, MODEL_ACTIVE);

    if (active == NULL)
        return SKY_ERROR_MEMORY;
    *active = job;
    ((model_job *)m->array[MODEL_JOBS].items)[job].active_index = m->array[MODEL_ACTIVE].count - 1;
    return SKY_OK;
}

static sky_status observe_submitted(model *m, const sky_event *event, sky_error *error)
{
    model_job *job;

    if (event->job != m->array[MODEL_JOBS].count)
        return model_refuse(error, event, "jobs are declared in order", event->job);
    if (event->other >= m->array[MODEL_CLASSES].count)
        return model_refuse(error, event, "no such class", event->other);
    if (event->a <= 0 || event->c < 0 || event->d < 0)
        return model_refuse(error, event, "work must be positive, sizes and times not negative", event->a);
    job = model_append(m, MODEL_JOBS);
    if (job == NULL)
        return model_no_memory(error);
    job->job_class = event->other;
    job->state = MODEL_JOB_WAITING;
    job->pool = job->instance = job->leader_pool = job->stopping = job->plan = job->seen_pool = SKY_NONE;
    job->more_parts = job->life = job->partner = SKY_NONE;
    job->gang = 1;
    job->active_index = SKY_NONE;
    job->submit_ns = event->time_ns;
    job->work_ns = event->a;
    job->work_fraction = event->detail;
    job->deadline_ns = event->b;
    job->checkpoint_bytes = event->c;
    job->restart_ns = event->d;
    job->last_failed_ns = -1;
    job->decided_ns = -1;
    if (model_is_task(m, event->other))
        return task_submitted(m, event->job, error);
    return activate(m, event->job) == SKY_OK && model_queue_job(m, event->job) == SKY_OK
               ? SKY_OK
               : model_no_memory(error);
}

static void give_back_machines(model *m, const model_job *job)
{
    const model_eligible *e = model_eligible_at(m, job, job->pool);

    if (e != NULL)
        ((model_pool *)m->array[MODEL_POOLS].items)[job->pool].in_use -= e->machines;
}

static void leave_instance(model *m, model_job *job)
{
    if (job->instance == SKY_NONE)
        return;
    give_back_machines(m, job);
    job->instance = job->pool = SKY_NONE;
    job->state = MODEL_JOB_WAITING;
    job->overhead_left_ns = 0;
    job->notice = 0;
    job->notice_ns = 0;
}

static void end_job(model *m, uint32_t index)
{
    model_job *jobs = m->array[MODEL_JOBS].items;
    model_job *job = &jobs[index];
    uint32_t *active = m->array[MODEL_ACTIVE].items;
    uint32_t last = --m->array[MODEL_ACTIVE].count;

    leave_instance(m, job);
    job->state = MODEL_JOB_ENDED;
    active[job->active_index] = active[last];
    jobs[active[last]].active_index = job->active_index;
}

static sky_status observe_started(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    const model_eligible *e;

    if (event->pool >= m->array[MODEL_POOLS].count || event->detail >= SKY_PURCHASE_COUNT)
        return model_refuse(error, event, "no such pool or purchase kind", event->pool);
    e = model_eligible_at(m, job, event->pool);
    if (e == NULL)
        return model_refuse(error, event, "the job can't run on this pool", event->pool);
    if (job->instance != SKY_NONE) { /* the new one replaces the old, which is to be stopped */
        job->stopping = job->instance;
        give_back_machines(m, job);
    }
    ((model_pool *)m->array[MODEL_POOLS].items)[event->pool].in_use += e->machines;
    job->state = MODEL_JOB_RUNNING;
    job->instance = event->instance;
    job->pool = event->pool;
    job->purchase = (uint8_t)event->detail;
    job->overhead_left_ns = add_sat_i64(job->restart_ns, model_move_ns(m, job, event->pool));
    if (job->overhead_left_ns == job->restart_ns)
        job->leader_pool = event->pool;
    job->started_ns = event->time_ns;
    job->notice = 0;
    job->notice_ns = 0;
    return SKY_OK;
}

/* The checkpoint is where the job runs, once what is left of the start is the restart at most, or work was done. */
static void follow_checkpoint(model_job *job, int64_t done_ns, int64_t left_ns)
{
    if (job->pool != SKY_NONE && (left_ns <= job->restart_ns || done_ns > job->done_ns))
        job->leader_pool = job->pool;
    job->done_ns = done_ns;
}

static void answered(model_job *job)
{
    if (job->waiting_answers > 0)
        job->waiting_answers--;
}

/* Something has happened to the job that the strategy did not order. */
static void ask_anew(model_job *job)
{
    job->decided_ns = -1;
    job->round = 0;
}

static sky_status observe_job(model *m, const sky_event *event, sky_error *error)
{
    model_job *job;
    sky_status status = SKY_OK;

    if (event->job >= m->array[MODEL_JOBS].count)
        return model_refuse(error, event, "no such job", event->job);
    job = (model_job *)m->array[MODEL_JOBS].items + event->job;
    if (job->state == MODEL_JOB_ENDED && event->kind != SKY_EVENT_INSTANCE_STOPPED)
        return model_refuse(error, event, "the job has ended", event->job);
    if (model_is_task(m, job->job_class))
        return task_observe(m, event, job, error);
    switch (event->kind) {
    case SKY_EVENT_JOB_PROGRESS:
        follow_checkpoint(job, event->a, event->b);
        job->overhead_left_ns = event->b;
        return SKY_OK;
    case SKY_EVENT_JOB_DONE:
    case SKY_EVENT_JOB_FAILED:
        job->done_ns = event->a;
        end_job(m, event->job);
        return SKY_OK;
    case SKY_EVENT_INSTANCE_STARTED:
        status = observe_started(m, event, job, error);
        if (status == SKY_OK)
            answered(job);
        break;
    case SKY_EVENT_LAUNCH_FAILED:
        answered(job);
        break;
    case SKY_EVENT_PREEMPTION_NOTICE:
        if (job->instance == event->instance) {
            job->notice = 1;
            job->notice_ns = event->a;
            ask_anew(job);
        }
        break;
    case SKY_EVENT_INSTANCE_RECLAIMED:
        if (job->instance == event->instance) {
            follow_checkpoint(job, event->a, INT64_MAX);
            ask_anew(job);
            leave_instance(m, job);
        }
        break;
    case SKY_EVENT_INSTANCE_STOPPED:
        answered(job);
        if (job->stopping == event->instance) {
            job->stopping = SKY_NONE;
        } else if (job->instance == event->instance) {
            follow_checkpoint(job, event->a, INT64_MAX);
            leave_instance(m, job);
        }
        break; /* a plan that left it first goes on */
    default:
        break;
    }
    if (status == SKY_OK && model_queue_job(m, event->job) != SKY_OK)
        return model_no_memory(error);
    return status;
}

static sky_status observe_tick(model *m, sky_error *error)
{
    const uint32_t *active = m->array[MODEL_ACTIVE].items;

    m->is.turn_due = m->is.weigh_due = 1;
    for (uint32_t i = 0; i < m->array[MODEL_ACTIVE].count; i++)
        if (model_queue_job(m, active[i]) != SKY_OK)
            return model_no_memory(error);
    m->is.scaling = 1;
    m->is.serving = 1;
    m->is.streaming = 1;
    return SKY_OK;
}

sky_status model_observe(model *m, const sky_event *event, sky_error *error)
{
    if (event->time_ns < m->is.now_ns)
        return model_refuse(error, event, "time goes back", event->time_ns - m->is.now_ns);
    m->is.now_ns = event->time_ns;
    if (m->is.asked && event->kind >= SKY_EVENT_PROVIDER && event->kind < SKY_EVENT_PRICE &&
        event->kind != SKY_EVENT_EGRESS && event->kind != SKY_EVENT_FORBIDDEN &&
        event->kind != SKY_EVENT_CARBON_PRICE)
        return retold_observe(m, event, error);
    switch (event->kind) {
    case SKY_EVENT_PROVIDER: {
        model_provider *provider;

        if (event->other != m->array[MODEL_PROVIDERS].count)
            return model_refuse(error, event, "providers are declared in order", event->other);
        provider = model_append(m, MODEL_PROVIDERS);
        if (provider == NULL)
            return model_no_memory(error);
        provider->notice_ns = event->a;
        provider->energy_billed = event->b;
        return SKY_OK;
    }
    case SKY_EVENT_REGION:
        return observe_region(m, event, error);
    case SKY_EVENT_POOL:
        return observe_pool(m, event, error);
    case SKY_EVENT_EGRESS:
        return observe_egress(m, event, error);
    case SKY_EVENT_CLASS:
        return observe_class(m, event, error);
    case SKY_EVENT_ELIGIBLE:
        return observe_eligible(m, event, error);
    case SKY_EVENT_FORBIDDEN:
        return observe_forbidden(m, event, error);
    case SKY_EVENT_REQUEST:
    case SKY_EVENT_ACCELERATE:
    case SKY_EVENT_SELECT:
    case SKY_EVENT_PROFILE:
    case SKY_EVENT_SLICE:
        return request_observe(m, event, error);
    case SKY_EVENT_TENANT:
        return tenant_observe(m, event, error);
    case SKY_EVENT_GROUPS:
    case SKY_EVENT_PREFER:
    case SKY_EVENT_AFFINITY:
    case SKY_EVENT_ANTI_AFFINITY:
    case SKY_EVENT_SPREAD:
        return term_observe(m, event, error);
    case SKY_EVENT_RATE:
    case SKY_EVENT_PAIR_RATE:
        return training_observe_rate(m, event, error);
    case SKY_EVENT_SCALE:
    case SKY_EVENT_SHAPE:
    case SKY_EVENT_QUOTA:
    case SKY_EVENT_DATA:
    case SKY_EVENT_SHAPE_MARKS:
    case SKY_EVENT_NODE_BOOTING:
    case SKY_EVENT_NODE_READY:
    case SKY_EVENT_NODE_NOTICE:
    case SKY_EVENT_NODE_DRAINING:
    case SKY_EVENT_GROW_FAILED:
        return scaling_observe(m, event, error);
    case SKY_EVENT_NODE:
    case SKY_EVENT_NODE_MARKS:
    case SKY_EVENT_NODE_GONE:
    case SKY_EVENT_NODE_LINKS:
    case SKY_EVENT_NODE_MIG:
    case SKY_EVENT_NODE_POD:
    case SKY_EVENT_NODE_RACK:
    case SKY_EVENT_NODE_REPAIRED:
        return node_observe(m, event, error);
    case SKY_EVENT_POWER:
    case SKY_EVENT_CARBON_PRICE:
    case SKY_EVENT_GRID:
        return power_observe(m, event, error);
    case SKY_EVENT_PRICE:
        return observe_price(m, event, error);
    case SKY_EVENT_FORESIGHT:
        return observe_foresight(m, event, error);
    case SKY_EVENT_JOB_SUBMITTED:
        return observe_submitted(m, event, error);
    case SKY_EVENT_TICK:
        return observe_tick(m, error);
    case SKY_EVENT_CAPACITY:
        return observe_capacity(m, event, error);
    case SKY_EVENT_DATASET:
    case SKY_EVENT_DATASET_FORBIDDEN:
    case SKY_EVENT_STORAGE_TIER:
    case SKY_EVENT_STORAGE_PRICE:
    case SKY_EVENT_REPLICA:
    case SKY_EVENT_DATASET_READ:
    case SKY_EVENT_CLASS_READS:
    case SKY_EVENT_DATA_FAILED:
    case SKY_EVENT_LINK:
        return data_observe(m, event, error);
    case SKY_EVENT_SERVICE:
    case SKY_EVENT_SERVICE_FORBIDDEN:
    case SKY_EVENT_PLACE:
    case SKY_EVENT_PLACE_PRICE:
    case SKY_EVENT_POPULATION:
    case SKY_EVENT_POPULATION_WAY:
    case SKY_EVENT_ASKED:
    case SKY_EVENT_SERVED:
    case SKY_EVENT_REPLICAS:
    case SKY_EVENT_ROUTED:
        return services_observe(m, event, error);
    case SKY_EVENT_STAGE:
    case SKY_EVENT_STREAM:
    case SKY_EVENT_STAGE_RATES:
    case SKY_EVENT_STAGE_TASKS:
        return pipelines_observe(m, event, error);
    case SKY_EVENT_DECIDE:
    case SKY_EVENT_FAULT:
        return SKY_OK;
    case SKY_EVENT_PROBE_RESULT:
        if (event->pool >= m->array[MODEL_POOLS].count)
            return model_refuse(error, event, "no such pool", event->pool);
        if (event->job < m->array[MODEL_JOBS].count) {
            answered((model_job *)m->array[MODEL_JOBS].items + event->job);
            if (model_queue_job(m, event->job) != SKY_OK)
                return model_no_memory(error);
        }
        return SKY_OK;
    case SKY_EVENT_JOB_PROGRESS:
    case SKY_EVENT_JOB_DONE:
    case SKY_EVENT_JOB_FAILED:
    case SKY_EVENT_INSTANCE_STARTED:
    case SKY_EVENT_LAUNCH_FAILED:
    case SKY_EVENT_PREEMPTION_NOTICE:
    case SKY_EVENT_INSTANCE_RECLAIMED:
    case SKY_EVENT_INSTANCE_STOPPED:
    case SKY_EVENT_TASK:
    case SKY_EVENT_TASK_STARTED:
    case SKY_EVENT_TASK_STOPPED:
    case SKY_EVENT_TASK_READY:
    case SKY_EVENT_TASK_SURVIVAL:
    case SKY_EVENT_TASK_MEMBER:
    case SKY_EVENT_TASK_AFTER:
    case SKY_EVENT_TRAINING:
    case SKY_EVENT_TASK_PAUSED:
    case SKY_EVENT_STEPS:
        return observe_job(m, event, error);
    default:
        return model_refuse(error, event, "no such event kind", event->kind);
    }
}
