#include "check.h"

#include "../accelerator/mig.h"
#include "../accelerator/torus.h"

#define MOST_TENANTS (1u << 20)

static uint32_t count_of(const model *m, model_array_id id)
{
    return m->array[id].count;
}

static int is_below_or_none(uint32_t index, uint32_t limit)
{
    return index < limit || index == SKY_NONE;
}

/* Each item of an array. */
#define EACH(m, type, item, id)                                                                              \
    const type *item = (const type *)(m)->array[id].items, *item##_end = item + count_of(m, id);             \
    item < item##_end;                                                                                       \
    item++

/* ---- the catalog ------------------------------------------------------------------------------------------------ */

static int regions_can_be(const model *m)
{
    uint32_t regions = count_of(m, MODEL_REGIONS), egress = count_of(m, MODEL_EGRESS);

    for (EACH(m, model_region, r, MODEL_REGIONS))
        if (r->provider >= count_of(m, MODEL_PROVIDERS))
            return 0;
    for (EACH(m, model_pool, p, MODEL_POOLS))
        if (p->region >= regions || p->purchases >> SKY_PURCHASE_COUNT != 0 ||
            p->price_known >> SKY_PURCHASE_COUNT != 0)
            return 0;
    for (EACH(m, model_quota, q, MODEL_QUOTAS))
        if (q->provider >= count_of(m, MODEL_PROVIDERS) || !is_below_or_none(q->region, regions))
            return 0;
    for (EACH(m, model_foresight, f, MODEL_FORESIGHT))
        if (f->pool >= count_of(m, MODEL_POOLS))
            return 0;
    return egress == 0 || egress == regions * regions;
}

static int profiles_can_be(const node_request *ask)
{
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t profile = node_profile(ask, i);

        if (profile != MIG_NONE && (i >= MIG_MODEL_COUNT || profile >= MIG_PROFILES))
            return 0;
    }
    return 1;
}

static int request_can_be(const node_request *ask)
{
    if (ask->mcpu < 0 || ask->memory_bytes < 0 || ask->disk_bytes < 0 || ask->mgpu > NODE_DEVICE_MGPU)
        return 0;
    if (node_asks_slice(ask)) {
        for (int axis = 0; axis < TORUS_AXES; axis++)
            if (ask->slice.sizes[axis] < 1 || ask->slice.sizes[axis] > TORUS_AXIS_MAX)
                return 0;
        return ask->devices == torus_chips(ask->slice);
    }
    return ask->devices <= NODE_DEVICES_MAX && (ask->devices == 0 || ask->mgpu > 0) && profiles_can_be(ask);
}

static int classes_can_be(const model *m)
{
    uint32_t classes = count_of(m, MODEL_CLASSES), pools = count_of(m, MODEL_POOLS);

    for (EACH(m, model_class, c, MODEL_CLASSES))
        if (c->first > count_of(m, MODEL_ELIGIBLE) || c->count > count_of(m, MODEL_ELIGIBLE) - c->first)
            return 0;
    for (EACH(m, model_eligible, e, MODEL_ELIGIBLE))
        if (e->pool >= pools || e->machines < 1 || e->speed_ppm < 1)
            return 0;
    for (EACH(m, model_request, r, MODEL_REQUESTS))
        if (!request_can_be(&r->ask))
            return 0;
    for (EACH(m, terms_term, t, MODEL_TERMS))
        if (t->job_class >= count_of(m, MODEL_REQUESTS) || t->kind > TERMS_SPREAD ||
            !is_below_or_none(t->region, count_of(m, MODEL_REGIONS)))
            return 0;
    for (EACH(m, model_rate, r, MODEL_RATES))
        if (r->job_class >= classes || r->model >= NODE_MODELS_MAX || r->workers == 0 ||
            !is_below_or_none(r->partner, classes))
            return 0;
    for (EACH(m, model_data, d, MODEL_DATA))
        if (!is_below_or_none(d->region, count_of(m, MODEL_REGIONS)))
            return 0;
    return count_of(m, MODEL_REQUESTS) <= classes && count_of(m, MODEL_DATA) <= classes &&
           count_of(m, MODEL_TENANTS) <= MOST_TENANTS;
}

static int data_can_be(const model *m)
{
    uint32_t regions = count_of(m, MODEL_REGIONS), sets = count_of(m, MODEL_DATASETS);
    uint32_t links = count_of(m, MODEL_LINKS), tiers = count_of(m, MODEL_TIERS);

    for (EACH(m, model_tier, t, MODEL_TIERS))
        if (t->told != 0 && (t->storage > SKY_STORAGE_ARCHIVE || t->bytes_per_s < 1))
            return 0;
    for (EACH(m, model_dataset, d, MODEL_DATASETS))
        if (d->home >= regions || d->objects < 1)
            return 0;
    for (EACH(m, model_copy, c, MODEL_COPIES))
        if (c->tier >= MODEL_TIERS_MOST)
            return 0;
    for (EACH(m, model_reading, r, MODEL_READINGS))
        if (r->job_class >= count_of(m, MODEL_CLASSES) || r->dataset >= sets)
            return 0;
    return (links == 0 || links == regions * regions) &&
           (tiers == 0 || tiers == regions * MODEL_TIERS_MOST) &&
           count_of(m, MODEL_COPIES) == (uint64_t)sets * regions &&
           count_of(m, MODEL_WEIGHTS) == (uint64_t)sets * regions;
}

static int services_can_be(const model *m)
{
    uint32_t services = count_of(m, MODEL_SERVICES), regions = count_of(m, MODEL_REGIONS);
    uint32_t stages = count_of(m, MODEL_STAGES);

    for (EACH(m, model_service, s, MODEL_SERVICES))
        if (s->concurrency < 1)
            return 0;
    for (EACH(m, model_place, p, MODEL_PLACES))
        if (p->service >= services || p->region >= regions)
            return 0;
    for (EACH(m, model_population, p, MODEL_POPULATIONS))
        if (p->service >= services || p->region >= regions)
            return 0;
    for (EACH(m, model_stage, s, MODEL_STAGES))
        if (s->region >= regions)
            return 0;
    for (EACH(m, model_stream, s, MODEL_STREAMS))
        if (s->from >= s->to || s->to >= stages)
            return 0;
    return count_of(m, MODEL_WAYS) == (uint64_t)count_of(m, MODEL_PLACES) * count_of(m, MODEL_POPULATIONS);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

static int pod_can_be(const model *m, const node *n)
{
    torus_pod pod;

    return n->devices == 0 && torus_pod_init(&pod, n->pod.is.type, n->pod.is.shape) &&
           pod.wraps == n->pod.is.wraps && n->pod.first_word <= count_of(m, MODEL_CHIPS) &&
           torus_words(&pod) <= count_of(m, MODEL_CHIPS) - n->pod.first_word &&
           n->mgpu_left_sum <= torus_chips(pod.shape) * NODE_DEVICE_MGPU;
}

static int devices_can_be(const node *n)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < n->devices; i++) {
        if (n->mode == NODE_MIG && mig_unpack(n->mig[i]).model >= MIG_MODEL_COUNT)
            return 0;
        if (n->mode == NODE_DEVICES && n->mgpu_left[i] > NODE_DEVICE_MGPU)
            return 0;
        left += node_mgpu_left(n, i);
    }
    return n->mgpu_left_sum == left && n->free_devices >> n->devices == 0;
}

static int node_can_be(const model *m, const node *n)
{
    if (n->pool >= count_of(m, MODEL_POOLS) || n->state > NODE_BOOTING || n->mode > NODE_POD ||
        n->devices > NODE_DEVICES_MAX || n->purchase >= SKY_PURCHASE_COUNT ||
        (n->model >= NODE_MODELS_MAX && n->model != NODE_NO_MODEL) || n->rack > NODE_MOST_RACKS ||
        n->group_starts >> n->devices != 0)
        return 0;
    return n->mode == NODE_POD ? pod_can_be(m, n) : devices_can_be(n);
}

static int nodes_can_be(const model *m)
{
    uint32_t scales = count_of(m, MODEL_SCALES);

    for (EACH(m, node, n, MODEL_NODES))
        if (!node_can_be(m, n))
            return 0;
    for (EACH(m, model_scale, s, MODEL_SCALES))
        if (s->most > 0 && !node_can_be(m, &s->shape))
            return 0;
    return scales == 0 || scales <= count_of(m, MODEL_POOLS);
}

/* 1: a task of the class may hold that on the node: legal, whether or not it is free. */
static int may_hold(const model *m, uint32_t job_class, uint32_t index, uint32_t held)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    uint32_t devices = held & ((1u << NODE_DEVICES_MAX) - 1);
    const node *n;
    torus_slice slice;

    if (index >= model_node_count(m))
        return 0;
    n = model_nodes(m) + index;
    if (node_asks_slice(ask))
        return n->mode == NODE_POD && torus_slice_unpack(&n->pod.is, ask->slice, held, &slice) &&
               torus_slice_is_legal(&n->pod.is, &slice);
    if (ask->profiles != 0)
        return n->mode == NODE_MIG && devices != 0 && (devices & (devices - 1)) == 0 &&
               devices >> n->devices == 0 && node_held_start(held) < MIG_MEMORY_SLICES &&
               node_profile(ask, mig_unpack(n->mig[node_held_device(held)]).model) != MIG_NONE;
    return held >> n->devices == 0 && (held == 0 || n->mode == NODE_DEVICES);
}

/* ---- jobs ------------------------------------------------------------------------------------------------------- */

static int links_of_job_can_be(const model *m, const model_job *j)
{
    uint32_t pools = count_of(m, MODEL_POOLS);

    return is_below_or_none(j->pool, pools) && is_below_or_none(j->leader_pool, pools) &&
           is_below_or_none(j->seen_pool, pools) && is_below_or_none(j->plan, count_of(m, MODEL_PLANS)) &&
           is_below_or_none(j->life, count_of(m, MODEL_LIVES)) &&
           is_below_or_none(j->partner, count_of(m, MODEL_JOBS)) &&
           is_below_or_none(j->more_parts, count_of(m, MODEL_PARTS));
}

static int job_can_be(const model *m, const model_job *j)
{
    if (j->job_class >= count_of(m, MODEL_CLASSES) || j->state > MODEL_JOB_ENDED ||
        j->purchase >= SKY_PURCHASE_COUNT || j->tenant >= MOST_TENANTS || j->gang < 1 ||
        j->share_mgpu > NODE_DEVICE_MGPU || !links_of_job_can_be(m, j))
        return 0;
    if (j->state == MODEL_JOB_RUNNING && (j->pool == SKY_NONE || j->instance == SKY_NONE))
        return 0;
    return !model_is_task(m, j->job_class) || j->instance == SKY_NONE ||
           may_hold(m, j->job_class, j->instance, j->devices);
}

/* Parts are each of one gang, or free: together no more than there are. */
static int gangs_can_be(const model *m)
{
    const model_part *parts = m->array[MODEL_PARTS].items;
    uint32_t left = count_of(m, MODEL_PARTS);

    for (EACH(m, model_part, part, MODEL_PARTS))
        if (!is_below_or_none(part->next, count_of(m, MODEL_PARTS)))
            return 0;
    for (EACH(m, model_job, j, MODEL_JOBS))
        for (uint32_t i = j->more_parts; i != SKY_NONE; i = parts[i].next)
            if (left-- == 0 || !model_is_task(m, j->job_class) ||
                !may_hold(m, j->job_class, parts[i].node, parts[i].devices))
                return 0;
    if (!is_below_or_none(m->is.free_part, count_of(m, MODEL_PARTS)))
        return 0;
    for (uint32_t i = m->is.free_part; i != SKY_NONE; i = parts[i].next)
        if (left-- == 0)
            return 0;
    return 1;
}

static int lives_can_be(const model *m)
{
    const model_job *jobs = m->array[MODEL_JOBS].items;
    const model_edge *edges = m->array[MODEL_EDGES].items;
    uint32_t left = count_of(m, MODEL_EDGES);

    for (EACH(m, model_edge, e, MODEL_EDGES))
        if (e->successor >= count_of(m, MODEL_JOBS) || jobs[e->successor].life == SKY_NONE ||
            !is_below_or_none(e->next, count_of(m, MODEL_EDGES)))
            return 0;
    for (EACH(m, model_life, life, MODEL_LIVES)) {
        if (!is_below_or_none(life->first, count_of(m, MODEL_JOBS)) ||
            !is_below_or_none(life->successors, count_of(m, MODEL_EDGES)) ||
            (life->first != SKY_NONE && jobs[life->first].life == SKY_NONE))
            return 0;
        for (uint32_t i = life->successors; i != SKY_NONE; i = edges[i].next)
            if (left-- == 0)
                return 0;
    }
    return 1;
}

static int lists_can_be(const model *m)
{
    const model_job *jobs = m->array[MODEL_JOBS].items;
    const uint32_t *active = m->array[MODEL_ACTIVE].items;
    uint32_t count = count_of(m, MODEL_JOBS);

    for (EACH(m, uint32_t, job, MODEL_QUEUE))
        if (*job >= count)
            return 0;
    for (EACH(m, uint32_t, job, MODEL_TRAINEES))
        if (*job >= count || !model_is_task(m, jobs[*job].job_class))
            return 0;
    for (uint32_t i = 0; i < count_of(m, MODEL_ACTIVE); i++)
        if (active[i] >= count || jobs[active[i]].active_index != i)
            return 0;
    for (EACH(m, model_job, j, MODEL_JOBS))
        if (j->state != MODEL_JOB_ENDED && !model_is_task(m, j->job_class) &&
            (j->active_index >= count_of(m, MODEL_ACTIVE) || active[j->active_index] != (uint32_t)(j - jobs)))
            return 0;
    for (EACH(m, model_share, s, MODEL_SHARES))
        if (s->job >= count || !is_below_or_none(s->partner, count) || s->pool >= count_of(m, MODEL_POOLS) ||
            s->model >= NODE_MODELS_MAX)
            return 0;
    for (EACH(m, reservation, r, MODEL_PROMISES))
        if (r->job >= count || r->job_class != jobs[r->job].job_class || !model_is_task(m, r->job_class) ||
            !may_hold(m, r->job_class, r->node, r->devices))
            return 0;
    return 1;
}

static int plan_can_be(const model *m, const plan *p)
{
    if (p->count > PLAN_MAX || p->probe_count > PLAN_MAX || p->next > p->count ||
        p->reason >= SKY_REASON_KIND_COUNT || !is_below_or_none(p->free_next, count_of(m, MODEL_PLANS)))
        return 0;
    for (uint32_t i = 0; i < p->probe_count; i++)
        if (p->probe[i] >= count_of(m, MODEL_POOLS))
            return 0;
    for (uint32_t i = 0; i < p->count; i++)
        if (!is_below_or_none(p->candidate[i].pool, count_of(m, MODEL_POOLS)) ||
            p->candidate[i].purchase >= SKY_PURCHASE_COUNT || p->candidate[i].move > PLAN_BRING ||
            (p->candidate[i].pool == SKY_NONE && p->candidate[i].move == PLAN_RUN))
            return 0;
    return 1;
}

static int plans_can_be(const model *m)
{
    const plan *plans = m->array[MODEL_PLANS].items;
    uint32_t left = count_of(m, MODEL_PLANS);

    for (EACH(m, plan, p, MODEL_PLANS))
        if (!plan_can_be(m, p))
            return 0;
    if (!is_below_or_none(m->is.free_plan, count_of(m, MODEL_PLANS)))
        return 0;
    for (uint32_t i = m->is.free_plan; i != SKY_NONE; i = plans[i].free_next)
        if (left-- == 0)
            return 0;
    return 1;
}

static int jobs_can_be(const model *m)
{
    for (EACH(m, model_job, j, MODEL_JOBS))
        if (!job_can_be(m, j))
            return 0;
    return gangs_can_be(m) && lives_can_be(m) && lists_can_be(m) && plans_can_be(m);
}

int model_can_be(const model *m)
{
    return regions_can_be(m) && classes_can_be(m) && data_can_be(m) && services_can_be(m) &&
           nodes_can_be(m) && jobs_can_be(m);
}
