#include "training.h"

#include "../cluster/facts.h"

#define MAX_WEIGHT  INT64_C(1000000000000)
#define MAX_WORKERS 1000000

/* ---- rates --------------------------------------------------------------------------------------------------------- */

static int compare_rates(const model_rate *a, const model_rate *b)
{
    if (a->job_class != b->job_class)
        return a->job_class < b->job_class ? -1 : 1;
    if (a->model != b->model)
        return a->model < b->model ? -1 : 1;
    if (a->workers != b->workers)
        return a->workers < b->workers ? -1 : 1;
    /* SKY_NONE + 1 is 0: alone comes first */
    return a->partner + 1 < b->partner + 1 ? -1 : a->partner + 1 > b->partner + 1;
}

sky_status training_observe_rate(model *m, const sky_event *event, sky_error *error)
{
    const model_array *rates = &m->array[MODEL_RATES];
    int is_pair = event->kind == SKY_EVENT_PAIR_RATE;
    model_rate rate = { .job_class = event->other,
                        .model = event->detail,
                        .workers = (uint32_t)event->b,
                        .partner = is_pair ? (uint32_t)event->d : SKY_NONE,
                        .usteps = event->a,
                        .spread_usteps = event->c };
    model_rate *added;

    if (!model_is_task(m, event->other) ||
        (is_pair && (event->d < 0 || event->d >= m->array[MODEL_CLASSES].count)))
        return model_refuse(error, event, "expected classes whose jobs are tasks", event->other);
    if (event->detail >= NODE_MODELS_MAX || event->b < 1 || event->b > MAX_WORKERS)
        return model_refuse(error, event, "expected a model below 64 and 1 to 1,000,000 workers", event->b);
    if (event->a < 0 || event->a > TRAINING_MOST_USTEPS || event->c < 0 || event->c > TRAINING_MOST_USTEPS)
        return model_refuse(error, event, "expected 0 to 10^15 millionths of a step per second", event->a);
    if (rates->count > 0 && compare_rates((const model_rate *)rates->items + rates->count - 1, &rate) >= 0)
        return model_refuse(error, event, "rates are told in rising order, each once", event->other);
    added = model_append(m, MODEL_RATES);
    if (added == NULL)
        return model_no_memory(error);
    *added = rate;
    return SKY_OK;
}

model_rate *training_rate_at(const model *m, uint32_t job_class, uint32_t on_model, uint32_t workers,
                             uint32_t partner)
{
    const model_rate key = {
        .job_class = job_class, .model = on_model, .workers = workers, .partner = partner
    };
    model_rate *rates = m->array[MODEL_RATES].items;
    uint32_t low = 0, high = m->array[MODEL_RATES].count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_rates(&rates[middle], &key);

        if (order == 0)
            return &rates[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int64_t training_usteps(const model *m, uint32_t job_class, uint32_t on_model, uint32_t workers,
                        uint32_t partner, int is_spread)
{
    const model_rate *rate = training_rate_at(m, job_class, on_model, workers, partner);

    if (rate == NULL)
        return 0;
    return is_spread ? rate->spread_usteps : rate->usteps;
}

/* ---- jobs ---------------------------------------------------------------------------------------------------------- */

static sky_status observe_terms(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    const node_request *ask = &model_request_of(m, job->job_class)->ask;
    uint32_t *trainee;

    if (job->state != MODEL_JOB_WAITING || job->decided_ns >= 0 || job->most_workers > 0)
        return model_refuse(error, event, "expected right after the task was submitted", event->job);
    if (ask->devices != 1 || ask->mgpu != NODE_DEVICE_MGPU || ask->profiles != 0 || node_asks_slice(ask))
        return model_refuse(error, event, "expected tasks of one whole device each", ask->devices);
    if (event->a < 1)
        return model_refuse(error, event, "expected something to do", event->a);
    if (event->b < 1 || event->b > MAX_WEIGHT)
        return model_refuse(error, event, "expected a weight of 1 to 10^12 ppm", event->b);
    if (event->c < 1 || event->d < event->c || event->d > MAX_WORKERS)
        return model_refuse(error, event, "expected 1 to 1,000,000 workers, at least and at most", event->c);
    trainee = model_append(m, MODEL_TRAINEES);
    if (trainee == NULL)
        return model_no_memory(error);
    *trainee = event->job;
    job->usteps = event->a;
    job->weight_ppm = event->b;
    job->least_workers = (uint32_t)event->c;
    job->most_workers = (uint32_t)event->d;
    m->is.reallocate = 1;
    return SKY_OK;
}

sky_status training_observe(model *m, const sky_event *event, model_job *job, sky_error *error)
{
    if (event->kind == SKY_EVENT_TRAINING)
        return observe_terms(m, event, job, error);
    if (job->most_workers == 0)
        return model_refuse(error, event, "the task does not train", event->job);
    if (event->a < 0 || event->a > job->usteps)
        return model_refuse(error, event, "expected no more steps than there are to do", event->a);
    job->done_usteps = event->a;
    if (event->kind == SKY_EVENT_TASK_PAUSED && job->waiting_answers > 0)
        job->waiting_answers--;
    return SKY_OK;
}
