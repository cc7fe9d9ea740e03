#include "backlog.h"

#include "../govern/gate.h"
#include "facts.h"
#include "lives.h"
#include "term_facts.h"
#include "../scaling/facts.h"
#include "../scaling/scaling.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ---------------------------------------------------------------------------------------------------- */

static int may_enter(const void *context, uint32_t job_class, const node *n)
{
    return gate_check_class(context, job_class, n->pool) == 0;
}

static queue_amounts amounts_of(const node_request *ask, int64_t times)
{
    return (
        queue_amounts){ { ask->mcpu * times, ask->memory_bytes * times, node_request_mgpu(ask) * times } };
}

static sky_status tell_classes(sky_engine *engine)
{
    const model *m = &engine->model;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < m->array[MODEL_REQUESTS].count && status == SKY_OK; i++) {
        const node_request *ask = &model_request_of(m, i)->ask;
        queue_amounts amounts = amounts_of(ask, 1);

        status = queue_class(engine->queue, i, &amounts);
        if (status == SKY_OK && engine->reservations != NULL)
            status = reservations_class(engine->reservations, i, ask);
    }
    return status;
}

static sky_status restore_tenants(sky_engine *engine)
{
    const model_array *tenants = &engine->model.array[MODEL_TENANTS];
    const queue_tenant *is = tenants->items;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < tenants->count && status == SKY_OK; i++)
        if (is[i].weight_ppm > 0)
            status = queue_restore_tenant(engine->queue, i, &is[i]);
    return status;
}

static sky_status book_part(sky_engine *engine, uint32_t job, uint32_t node, uint32_t devices)
{
    const model_job *j = model_job_at(&engine->model, job);
    const reservation part = { .from_ns = RESERVATIONS_RUNS,
                               .until_ns = add_sat_i64(j->started_ns,
                                                       life_expected_run_ns(&engine->model, j)),
                               .job = job,
                               .job_class = j->job_class,
                               .node = node,
                               .devices = devices };

    return reservations_book(engine->reservations, &part);
}

static sky_status book_running(sky_engine *engine, uint32_t job)
{
    const model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    const model_part *parts = m->array[MODEL_PARTS].items;
    sky_status status = SKY_OK;

    if (j->share_mgpu >
        0) /* it was given a turn, and runs on under another strategy: its room is counted on by nobody */
        return SKY_OK;
    status = book_part(engine, job, j->instance, j->devices);
    for (uint32_t i = j->more_parts; i != SKY_NONE && status == SKY_OK; i = parts[i].next)
        status = book_part(engine, job, parts[i].node, parts[i].devices);
    return status;
}

static sky_status restore_bookings(sky_engine *engine)
{
    const model *m = &engine->model;
    const reservation *promises = m->array[MODEL_PROMISES].items;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < m->array[MODEL_PROMISES].count && status == SKY_OK; i++)
        status = reservations_book(engine->reservations, &promises[i]);
    for (uint32_t i = 0; i < m->array[MODEL_JOBS].count && status == SKY_OK; i++) {
        const model_job *j = model_job_at(m, i);

        if (j->state == MODEL_JOB_RUNNING && model_is_task(m, j->job_class) && !engine_gives_turns(engine, j))
            status = book_running(engine, i);
    }
    return status == SKY_OK ? backlog_mask_promised(engine) : status;
}

/* Who has been ordered to a node and has not answered is nobody's victim. */
static sky_status restore_victims(sky_engine *engine)
{
    const model *m = &engine->model;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < m->array[MODEL_JOBS].count && status == SKY_OK; i++) {
        const model_job *j = model_job_at(m, i);

        if (j->state == MODEL_JOB_RUNNING && j->waiting_answers == 0 && model_is_task(m, j->job_class) &&
            !engine_gives_turns(engine, j) && j->share_mgpu == 0)
            status = victims_add(engine->victims, m, i);
    }
    return status;
}

sky_status backlog_prepare(sky_engine *engine)
{
    const strategy *s = engine->strategy;
    sky_status status;

    if (engine->queue != NULL)
        return SKY_OK;
    if (model_make_terms(&engine->model, may_enter) != SKY_OK)
        return SKY_ERROR_MEMORY;
    engine->packing = packing_index_create(&engine->model,
                                           s->packing != NULL ? s->packing : &packing_best_fit);
    engine->queue = queue_create(engine->discipline, &engine->model.is.queue_options);
    if (engine->packing == NULL || engine->queue == NULL)
        return SKY_ERROR_MEMORY;
    if (queue_discipline_about(engine->discipline)->backfill != SKY_BACKFILL_NONE &&
        !engine->model.is.drop_unplaceable) {
        engine->reservations = reservations_create();
        if (engine->reservations == NULL)
            return SKY_ERROR_MEMORY;
        reservations_set_gate(engine->reservations, may_enter, &engine->model);
    }
    if (engine->model.is.queue_options.preempt) {
        engine->victims = victims_create();
        if (engine->victims == NULL)
            return SKY_ERROR_MEMORY;
    }
    queue_capacity(engine->queue, &engine->model.is.capacity, engine->model.is.now_ns);
    status = tell_classes(engine);
    if (status == SKY_OK)
        status = restore_tenants(engine);
    if (status == SKY_OK && engine->reservations != NULL)
        status = restore_bookings(engine);
    if (status == SKY_OK && engine->victims != NULL)
        status = restore_victims(engine);
    return status;
}

void backlog_free(sky_engine *engine)
{
    packing_index_free(engine->packing);
    queue_free(engine->queue);
    reservations_free(engine->reservations);
    victims_free(engine->victims);
    free(engine->promised.of);
}

static void replace(model_array *array, const model_array *with)
{
    if (with->items == array->items)
        return;
    free(array->items);
    *array = *with;
}

sky_status backlog_put_away(sky_engine *engine)
{
    model *m = &engine->model;
    model_array tenants = m->array[MODEL_TENANTS], promises = m->array[MODEL_PROMISES];
    sky_status status;

    if (engine->queue == NULL)
        return SKY_OK;
    status = backlog_save(engine, &tenants, &promises);
    replace(&m->array[MODEL_TENANTS], &tenants);
    replace(&m->array[MODEL_PROMISES], &promises);
    if (status != SKY_OK)
        return status;
    backlog_free(engine);
    engine->packing = NULL;
    engine->queue = NULL;
    engine->reservations = NULL;
    engine->victims = NULL;
    engine->promised = (model_list){ 0 };
    engine->bound_gang_waits = 0;
    scaling_free(engine);
    engine->scratch = NULL;
    terms_free(m->terms);
    m->terms = NULL;
    m->changed.count = m->moved.count = m->arrived.count = m->unsettled.count = 0;
    engine->put_away = 1;
    return SKY_OK;
}

sky_status backlog_come_back(sky_engine *engine)
{
    if (!engine->put_away)
        return SKY_OK;
    engine->put_away = 0;
    return model_all_is_new(&engine->model) == SKY_OK ? backlog_prepare(engine) : SKY_ERROR_MEMORY;
}

/* ---- following the model ----------------------------------------------------------------------------------------- */

sky_status backlog_use(sky_engine *engine, uint32_t job, int64_t sign)
{
    const model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    queue_amounts change = amounts_of(&model_request_of(m, j->job_class)->ask, sign * j->gang);

    return queue_usage(engine->queue, j->tenant, &change, m->is.now_ns);
}

sky_status backlog_started(sky_engine *engine, uint32_t job)
{
    sky_status status = backlog_use(engine, job, 1);

    scaling_task_started(&engine->model, job);
    if (status == SKY_OK && engine->reservations != NULL)
        status = book_running(engine, job);
    return status;
}

backlog_before backlog_look(const sky_engine *engine, const sky_event *event)
{
    const model *m = &engine->model;
    const model_job *j;

    if (engine->queue == NULL || event->job >= m->array[MODEL_JOBS].count ||
        (event->kind != SKY_EVENT_TASK_STARTED && event->kind != SKY_EVENT_JOB_DONE &&
         event->kind != SKY_EVENT_JOB_FAILED && event->kind != SKY_EVENT_LAUNCH_FAILED &&
         event->kind != SKY_EVENT_TASK_STOPPED))
        return (backlog_before){ 0 };
    j = model_job_at(m, event->job);
    return (backlog_before){ .is_task = model_is_task(m, j->job_class) && !engine_gives_turns(engine, j),
                             .held = j->instance != SKY_NONE,
                             .started_ns = j->started_ns };
}

/* It waited, and ends without having run. */
static sky_status leave_queue(sky_engine *engine, uint32_t job)
{
    queue_remove(engine->queue, job);
    if (engine->reservations == NULL || reservations_part(engine->reservations, job, 0) == NULL)
        return SKY_OK;
    reservations_drop(engine->reservations, job);
    engine->model.is.freed = 1; /* others can have its place */
    return backlog_mask_promised(engine);
}

/* It held nodes, and does not any more. */
static sky_status release(sky_engine *engine, uint32_t job)
{
    if (engine->victims != NULL && victims_drop(engine->victims, job) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (engine->reservations != NULL)
        reservations_drop(engine->reservations, job);
    return backlog_use(engine, job, -1);
}

sky_status backlog_follow(sky_engine *engine, const sky_event *event, const backlog_before *was)
{
    const model_job *j = model_job_at(&engine->model, event->job);

    if (event->kind == SKY_EVENT_TASK_STARTED) {
        if (engine->victims != NULL && victims_add(engine->victims, &engine->model, event->job) != SKY_OK)
            return SKY_ERROR_MEMORY;
        if (engine->reservations == NULL || j->started_ns == was->started_ns)
            return SKY_OK;
        reservations_drop(engine->reservations, event->job); /* it started later than it was ordered to */
        return book_running(engine, event->job);
    }
    if (!was->held)
        return leave_queue(engine, event->job);
    return release(engine, event->job);
}

sky_status backlog_evict(sky_engine *engine, uint32_t job, sky_error *error)
{
    sky_status status = task_evict(&engine->model, job, error);

    return status == SKY_OK ? release(engine, job) : status;
}

/* ---- who waits ------------------------------------------------------------------------------------------------- */

sky_status backlog_add(sky_engine *engine, uint32_t job)
{
    const model_job *j = model_job_at(&engine->model, job);
    int64_t run_ns = life_expected_run_ns(&engine->model, j);
    const queue_entry entry = { .submit_ns = j->submit_ns,
                                .estimate_ns = run_ns < SKY_NEVER_NS ? run_ns : SKY_NEVER_NS - 1,
                                .priority = j->priority,
                                .job = job,
                                .job_class = j->job_class,
                                .tenant = j->tenant,
                                .tasks = j->gang,
                                .together = j->together };

    return queue_add(engine->queue, &entry);
}

sky_status backlog_admit(sky_engine *engine)
{
    model *m = &engine->model;
    model_list *arrived = &m->arrived;
    size_t kept = 0;
    queue_entry there;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < arrived->count && status == SKY_OK; i++) {
        uint32_t job = arrived->of[i];
        const model_job *j = model_job_at(m, job);

        if (j->state != MODEL_JOB_WAITING || j->decided_ns >= 0 || j->hold != 0 ||
            engine_gives_turns(engine, j) || queue_find(engine->queue, job, &there))
            continue; /* it has ended, was rejected, may not be tried yet, waits in no queue, or came twice */
        if (j->last_failed_ns ==
            m->is.now_ns) /* its node was not what we believed: not at this instant again */
            arrived->of[kept++] = job;
        else if (engine->reservations == NULL ||
                 queue_discipline_about(engine->discipline)->backfill != SKY_BACKFILL_CONSERVATIVE ||
                 reservations_part(engine->reservations, job, 0) ==
                     NULL) /* else it was restored with its place */
            status = backlog_add(engine, job);
    }
    arrived->count = kept;
    return status;
}

static sky_status mask(sky_engine *engine, uint32_t node, int masked)
{
    if (engine->victims != NULL && victims_node_changed(engine->victims, node) != SKY_OK)
        return SKY_ERROR_MEMORY;
    return packing_index_mask(engine->packing, &engine->model, node, masked);
}

static sky_status mask_new(sky_engine *engine, uint32_t node)
{
    if (packing_index_is_masked(engine->packing, node))
        return SKY_OK;
    if (model_note(&engine->promised, node) != SKY_OK)
        return SKY_ERROR_MEMORY;
    return mask(engine, node, 1);
}

sky_status backlog_mask_promised(sky_engine *engine)
{
    const reservations *r = engine->reservations;
    size_t kept = 0;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < engine->promised.count && status == SKY_OK; i++) {
        uint32_t node = engine->promised.of[i];

        if (reservations_holds(r, node))
            engine->promised.of[kept++] = node;
        else
            status = mask(engine, node, 0);
    }
    engine->promised.count = kept;
    for (uint32_t i = 0; i < reservations_count(r); i++) {
        const reservation *part;

        for (uint32_t k = 0; (part = reservations_part(r, reservations_promised(r, i), k)) != NULL; k++)
            if (status == SKY_OK)
                status = mask_new(engine, part->node);
    }
    return status;
}

/* ---- snapshots --------------------------------------------------------------------------------------------------- */

static sky_status save_tenants(const sky_engine *engine, model_array *tenants)
{
    uint32_t count = queue_tenant_count(engine->queue);
    queue_tenant *is = calloc(count + 1u, sizeof *is);

    if (is == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const queue_tenant *tenant = queue_tenant_at(engine->queue, i);

        if (tenant != NULL) /* else it stays all 0: not known */
            is[i] = *tenant;
    }
    *tenants = (model_array){ .items = is, .count = count, .capacity = count };
    return SKY_OK;
}

static int compare_jobs(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static uint32_t count_parts(const reservations *r, uint32_t job)
{
    uint32_t count = 0;

    while (reservations_part(r, job, count) != NULL)
        count++;
    return count;
}

/* By job, so that the same state gives the same bytes; of each job in the order in which they are to be booked again:
 * a part that is booked goes before the others. */
static sky_status save_promises(const sky_engine *engine, model_array *promises)
{
    const reservations *r = engine->reservations;
    uint32_t jobs = reservations_count(r), count = 0;
    uint32_t *job = malloc((jobs + 1u) * sizeof *job);
    reservation *parts = NULL;

    for (uint32_t i = 0; job != NULL && i < jobs; i++) {
        job[i] = reservations_promised(r, i);
        count += count_parts(r, job[i]);
    }
    if (job != NULL)
        parts = calloc(count + 1u, sizeof *parts);
    if (parts == NULL) {
        free(job);
        return SKY_ERROR_MEMORY;
    }
    qsort(job, jobs, sizeof *job, compare_jobs);
    *promises = (model_array){ .items = parts, .count = count, .capacity = count };
    for (uint32_t i = 0; i < jobs; i++)
        for (uint32_t k = count_parts(r, job[i]); k > 0; k--)
            *parts++ = *reservations_part(r, job[i], k - 1);
    free(job);
    return SKY_OK;
}

sky_status backlog_save(const sky_engine *engine, model_array *tenants, model_array *promises)
{
    if (engine->queue == NULL)
        return SKY_OK;
    if (save_tenants(engine, tenants) != SKY_OK)
        return SKY_ERROR_MEMORY;
    return engine->reservations != NULL ? save_promises(engine, promises) : SKY_OK;
}
