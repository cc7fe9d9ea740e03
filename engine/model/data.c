#include "data.h"

#include "model.h"

#include <string.h>

#define MOST_BYTES INT64_C(1000000000000000000) /* an exabyte */
#define MOST_NUSD  INT64_C(1000000000000000)

uint32_t model_dataset_count(const model *m)
{
    return m->array[MODEL_DATASETS].count;
}

const model_dataset *model_dataset_at(const model *m, uint32_t dataset)
{
    return (const model_dataset *)m->array[MODEL_DATASETS].items + dataset;
}

static model_copy *copy_at(model *m, uint32_t dataset, uint32_t region)
{
    return (model_copy *)m->array[MODEL_COPIES].items + (size_t)dataset * m->array[MODEL_REGIONS].count +
           region;
}

const model_copy *model_copy_at(const model *m, uint32_t dataset, uint32_t region)
{
    return (const model_copy *)m->array[MODEL_COPIES].items +
           (size_t)dataset * m->array[MODEL_REGIONS].count + region;
}

const model_tier *model_tier_at(const model *m, uint32_t region, uint32_t tier)
{
    const model_tier *t = (const model_tier *)m->array[MODEL_TIERS].items + region * MODEL_TIERS_MOST + tier;

    return tier < MODEL_TIERS_MOST && m->array[MODEL_TIERS].count > 0 && t->told ? t : NULL;
}

int model_knows_links(const model *m)
{
    return m->array[MODEL_LINKS].count > 0;
}

int64_t model_transfer_ns(const model *m, uint32_t from, uint32_t to, int64_t bytes)
{
    const model_link *l = (const model_link *)m->array[MODEL_LINKS].items +
                          (size_t)from * m->array[MODEL_REGIONS].count + to;

    if (from == to || bytes == 0 || !model_knows_links(m) || !l->told)
        return 0;
    if (l->bytes_per_s == 0)
        return SKY_NEVER_NS;
    return add_sat_i64(l->latency_ns, muldiv_ceil_i64(bytes, SKY_NS_PER_SECOND, l->bytes_per_s));
}

uint32_t model_source(const model *m, uint32_t dataset, uint32_t region)
{
    return model_copy_at(m, dataset, region)->state == SKY_REPLICA_READY
               ? region
               : model_source_but(m, dataset, region, region);
}

uint32_t model_source_but(const model *m, uint32_t dataset, uint32_t region, uint32_t but)
{
    uint32_t source = model_dataset_at(m, dataset)->home;
    int64_t least = INT64_MAX;

    for (uint32_t from = 0; from < m->array[MODEL_REGIONS].count; from++) {
        const model_copy *copy = model_copy_at(m, dataset, from);
        const model_tier *tier = model_tier_at(m, from, copy->tier);
        int64_t nusd;

        if (copy->state != SKY_REPLICA_READY || from == but)
            continue;
        nusd = model_egress_nusd_per_gb(m, from, region) + (tier != NULL ? tier->retrieval_nusd : 0);
        if (nusd < least) {
            least = nusd;
            source = from;
        }
    }
    return source;
}

const model_reading *model_readings_of(const model *m, uint32_t job_class, uint32_t *count)
{
    const model_reading *all = m->array[MODEL_READINGS].items;
    uint32_t low = 0, high = m->array[MODEL_READINGS].count, end;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (all[middle].job_class < job_class)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < m->array[MODEL_READINGS].count && all[end].job_class == job_class;)
        end++;
    *count = end - low;
    return *count > 0 ? all + low : NULL;
}

static model_weight *weight_at(model *m, uint32_t dataset, uint32_t region)
{
    return (model_weight *)m->array[MODEL_WEIGHTS].items + (size_t)dataset * m->array[MODEL_REGIONS].count +
           region;
}

/* ---- facts -------------------------------------------------------------------------------------------------- */

/* As many zeroed items as that, the first time. */
static sky_status make_room(model *m, model_array_id id, uint32_t count)
{
    model_array *a = &m->array[id];

    if (a->count >= count)
        return SKY_OK;
    if (model_reserve(m, id, count) != SKY_OK)
        return SKY_ERROR_MEMORY;
    memset((unsigned char *)a->items + a->count * model_item_size(id), 0,
           (count - a->count) * model_item_size(id));
    a->count = count;
    return SKY_OK;
}

static sky_status observe_link(model *m, const sky_event *event, sky_error *error)
{
    uint32_t regions = m->array[MODEL_REGIONS].count;

    if (event->region >= regions || event->other >= regions || event->region == event->other)
        return model_refuse(error, event, "expected two regions", event->other);
    if (event->a < 0 || event->b < 0)
        return model_refuse(error, event, "expected a latency and a rate of at least 0", event->b);
    if (event->c < 0 || event->c > MOST_NUSD)
        return model_refuse(error, event, "expected a price per GB", event->c);
    if (make_room(m, MODEL_LINKS, regions * regions) != SKY_OK ||
        model_set_egress(m, event->region, event->other, event->c) != SKY_OK)
        return model_no_memory(error);
    ((model_link *)m->array[MODEL_LINKS].items)[(size_t)event->region * regions + event->other] =
        (model_link){ .told = 1, .latency_ns = event->a, .bytes_per_s = event->b };
    return SKY_OK;
}

static sky_status observe_tier(model *m, const sky_event *event, sky_error *error)
{
    uint32_t regions = m->array[MODEL_REGIONS].count;
    model_tier *tier;

    if (event->region >= regions || event->detail >= MODEL_TIERS_MOST)
        return model_refuse(error, event, "no such region, or more than 8 tiers", event->detail);
    if (make_room(m, MODEL_TIERS, regions * MODEL_TIERS_MOST) != SKY_OK)
        return model_no_memory(error);
    tier = (model_tier *)m->array[MODEL_TIERS].items + event->region * MODEL_TIERS_MOST + event->detail;
    if (event->kind == SKY_EVENT_STORAGE_TIER) {
        if (event->detail > 0 && !tier[-1].told)
            return model_refuse(error, event, "tiers are declared in order", event->detail);
        if (event->other >= SKY_STORAGE_COUNT)
            return model_refuse(error, event, "no such kind of storage", event->other);
        if (event->a < 0 || event->b < 1 || event->c < 0 || event->d < 0 || event->d > MOST_NUSD)
            return model_refuse(error, event, "expected times and prices of at least 0, a rate above",
                                event->b);
        tier->told = 1;
        tier->storage = event->other;
        tier->latency_ns = event->a;
        tier->bytes_per_s = event->b;
        tier->retention_ns = event->c;
        tier->write_nusd = event->d;
        return SKY_OK;
    }
    if (!tier->told)
        return model_refuse(error, event, "no such tier", event->detail);
    if (event->a < 0 || event->a > MOST_NUSD || event->b < 0 || event->b > MOST_NUSD || event->c < 0 ||
        event->c > MOST_NUSD || event->d < 0 || event->d > MOST_NUSD)
        return model_refuse(error, event, "expected prices of at least 0", event->a);
    tier->month_nusd = event->a;
    tier->read_nusd = event->b;
    tier->retrieval_nusd = event->c;
    tier->move_nusd = event->d;
    return SKY_OK;
}

static void set_copy(model_copy *copy, const sky_event *event, uint32_t state, uint32_t tier, int64_t bytes)
{
    if (copy->state != state || copy->tier != tier)
        copy->since_ns = event->time_ns;
    copy->state = state;
    copy->tier = tier;
    copy->bytes = bytes;
}

static sky_status observe_dataset(model *m, const sky_event *event, sky_error *error)
{
    uint32_t count = model_dataset_count(m), regions = m->array[MODEL_REGIONS].count;
    model_dataset *d;

    if (event->instance > count)
        return model_refuse(error, event, "datasets are declared in order", event->instance);
    if (event->region >= regions || model_tier_at(m, event->region, event->detail) == NULL)
        return model_refuse(error, event, "no such region, or tier of it", event->detail);
    if (event->a < 0 || event->a > MOST_BYTES || event->c < 0 || event->c > MOST_BYTES || event->d < 0)
        return model_refuse(error, event, "expected bytes and objects of at least 0", event->a);
    if (event->instance == count && (make_room(m, MODEL_COPIES, (count + 1) * regions) != SKY_OK ||
                                     make_room(m, MODEL_WEIGHTS, (count + 1) * regions) != SKY_OK ||
                                     model_append(m, MODEL_DATASETS) == NULL))
        return model_no_memory(error);
    if (event->instance < count &&
        model_copy_at(m, event->instance, event->region)->state != SKY_REPLICA_READY)
        return model_refuse(error, event, "expected a home with a copy that is ready", event->region);
    d = (model_dataset *)m->array[MODEL_DATASETS].items + event->instance;
    *d = (model_dataset){ .home = event->region,
                          .bytes = event->a,
                          .version = event->b,
                          .written_bytes_per_hour = event->c,
                          .objects = event->d > 0 ? event->d : 1 };
    set_copy(copy_at(m, event->instance, event->region), event, SKY_REPLICA_READY, event->detail, event->a);
    return SKY_OK;
}

/* Jobs that read it, and may wait for it, are looked at again. */
static sky_status wake_readers(model *m, uint32_t dataset)
{
    const uint32_t *active = m->array[MODEL_ACTIVE].items;

    for (uint32_t i = 0; i < m->array[MODEL_ACTIVE].count; i++) {
        uint32_t count;
        const model_reading *r = model_readings_of(m, model_job_at(m, active[i])->job_class, &count);

        for (uint32_t k = 0; k < count; k++)
            if (r[k].dataset == dataset && model_queue_job(m, active[i]) != SKY_OK)
                return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

static sky_status observe_replica(model *m, const sky_event *event, sky_error *error)
{
    model_copy *copy = copy_at(m, event->instance, event->region);

    if (event->detail >= SKY_REPLICA_COUNT)
        return model_refuse(error, event, "no such state of a copy", event->detail);
    if (event->region == model_dataset_at(m, event->instance)->home && event->detail != SKY_REPLICA_READY)
        return model_refuse(error, event, "the home's copy is ready", event->detail);
    if (event->detail != SKY_REPLICA_NONE && (event->c < 0 || event->c >= MODEL_TIERS_MOST ||
                                              model_tier_at(m, event->region, (uint32_t)event->c) == NULL))
        return model_refuse(error, event, "no such tier", event->c);
    if (event->a < 0 || event->a > MOST_BYTES || event->b < 0)
        return model_refuse(error, event, "expected bytes and a lag of at least 0", event->a);
    if (event->detail == SKY_REPLICA_NONE) {
        set_copy(copy, event, SKY_REPLICA_NONE, 0, 0);
        copy->brought = 0;
    }
    if (event->detail != SKY_REPLICA_NONE)
        set_copy(copy, event, event->detail, (uint32_t)event->c, event->a);
    copy->lag_ns = event->b;
    if (event->other != SKY_NONE)
        copy->ordered = 0;
    return wake_readers(m, event->instance) == SKY_OK ? SKY_OK : model_no_memory(error);
}

static sky_status observe_read(model *m, const sky_event *event, sky_error *error)
{
    model_copy *copy = copy_at(m, event->instance, event->region);

    if (event->a < 0 || event->b < 0 || event->c < 0 || event->c > event->b)
        return model_refuse(error, event, "expected requests and bytes of at least 0", event->b);
    copy->requests = add_sat_i64(copy->requests, event->a);
    copy->read_bytes = add_sat_i64(copy->read_bytes, event->b);
    copy->far_bytes = add_sat_i64(copy->far_bytes, event->c);
    return SKY_OK;
}

static sky_status observe_reading(model *m, const sky_event *event, sky_error *error)
{
    uint32_t count = m->array[MODEL_READINGS].count;
    model_reading *r = m->array[MODEL_READINGS].items;

    if (event->other >= m->array[MODEL_CLASSES].count)
        return model_refuse(error, event, "no such class", event->other);
    if (event->a < 0 || event->a > MOST_BYTES || event->b < 0 || event->b > MOST_BYTES)
        return model_refuse(error, event, "expected bytes of at least 0", event->a);
    for (uint32_t i = 0; i < count; i++)
        if (r[i].job_class == event->other && r[i].dataset == event->instance) {
            r[i] = (model_reading){ event->other, event->instance, event->a, event->b };
            return SKY_OK;
        }
    if (count > 0 && (r[count - 1].job_class > event->other ||
                      (r[count - 1].job_class == event->other && r[count - 1].dataset >= event->instance)))
        return model_refuse(error, event, "expected a rising order of classes and datasets", event->other);
    r = model_append(m, MODEL_READINGS);
    if (r == NULL)
        return model_no_memory(error);
    *r = (model_reading){ event->other, event->instance, event->a, event->b };
    return SKY_OK;
}

static sky_status observe_failed(model *m, const sky_event *event, sky_error *error)
{
    model_copy *copy = copy_at(m, event->instance, event->region);

    if (event->detail == 0 || event->detail >= SKY_DATA_FAILURE_COUNT)
        return model_refuse(error, event, "no such failure", event->detail);
    if (copy->state == SKY_REPLICA_COMING)
        set_copy(copy, event, SKY_REPLICA_NONE, 0, 0);
    weight_at(m, event->instance, event->region)->presence_began = 0; /* it has to be earned anew */
    copy->brought &= copy->state != SKY_REPLICA_NONE;
    copy->ordered = 0;
    return wake_readers(m, event->instance) == SKY_OK ? SKY_OK : model_no_memory(error);
}

sky_status data_observe(model *m, const sky_event *event, sky_error *error)
{
    switch (event->kind) {
    case SKY_EVENT_LINK:
        return observe_link(m, event, error);
    case SKY_EVENT_STORAGE_TIER:
    case SKY_EVENT_STORAGE_PRICE:
        return observe_tier(m, event, error);
    case SKY_EVENT_DATASET:
        return observe_dataset(m, event, error);
    default:
        break;
    }
    if (event->instance >= model_dataset_count(m))
        return model_refuse(error, event, "no such dataset", event->instance);
    if (event->kind == SKY_EVENT_CLASS_READS)
        return observe_reading(m, event, error);
    if (event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such region", event->region);
    switch (event->kind) {
    case SKY_EVENT_REPLICA:
        return observe_replica(m, event, error);
    case SKY_EVENT_DATASET_READ:
        return observe_read(m, event, error);
    case SKY_EVENT_DATA_FAILED:
        return observe_failed(m, event, error);
    default: /* SKY_EVENT_DATASET_FORBIDDEN */
        if (event->detail == 0)
            return model_refuse(error, event, "a rule has a number above 0", 0);
        copy_at(m, event->instance, event->region)->rule = event->detail;
        return SKY_OK;
    }
}
