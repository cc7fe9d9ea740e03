#include "round.h"

#include "backlog.h"
#include "facts.h"
#include "lives.h"

#include "../scaling/scaling.h"

#include <stdlib.h>
#include <string.h>

static sky_status reject(sky_engine *engine, uint32_t job, sky_reason reason)
{
    model_job *j = (model_job *)engine->model.array[MODEL_JOBS].items + job;

    j->decided_ns = engine->model.is.now_ns;
    queue_remove(engine->queue, job);
    return engine_order(engine, SKY_ACTION_REJECT, reason, job) != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* ---- orders about tasks that are not to be placed now ------------------------------------------------------------ */

static int compare_jobs(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static sky_status settle_task(sky_engine *engine, uint32_t job)
{
    model *m = &engine->model;
    model_job *j = (model_job *)m->array[MODEL_JOBS].items + job;
    sky_action *a;

    if (j->hold & (MODEL_HOLD_DOOMED | MODEL_HOLD_SPENT))
        return reject(engine, job, j->hold & MODEL_HOLD_SPENT ? SKY_REASON_RETRIES : SKY_REASON_MEMBER);
    a = engine_order(engine, SKY_ACTION_RETRY, SKY_REASON_RETRIES, job);
    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->until_ns = add_sat_i64(m->is.now_ns,
                              life_back_off_ns((const model_life *)m->array[MODEL_LIVES].items + j->life));
    j->hold ^= MODEL_HOLD_FAILED | MODEL_HOLD_BACK_OFF;
    return SKY_OK;
}

/* In the order of their numbers, whatever the order in which they were heard of. */
static sky_status settle(sky_engine *engine)
{
    model_list *list = &engine->model.unsettled;
    sky_status status = SKY_OK;

    if (list->count == 0)
        return SKY_OK;
    qsort(list->of, list->count, sizeof *list->of, compare_jobs);
    for (size_t i = 0; i < list->count && status == SKY_OK; i++)
        if (life_is_unsettled(model_job_at(&engine->model, list->of[i])))
            status = settle_task(engine, list->of[i]);
    list->count = 0;
    return status;
}

/* ---- placing ----------------------------------------------------------------------------------------------------- */

static sky_status place(sky_engine *engine, uint32_t job, const packing_choice *choice, uint32_t devices,
                        sky_reason reason, sky_error *error)
{
    model *m = &engine->model;
    sky_action *a = engine_order(engine, SKY_ACTION_PLACE, reason, job);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->instance = choice->node;
    a->pool = model_nodes(m)[choice->node].pool;
    a->devices = devices;
    a->score = a->term[0] = choice->score;
    if (choice->runner_up != SKY_NONE) {
        a->runner_up_pool = model_nodes(m)[choice->runner_up].pool;
        a->runner_up_score = choice->runner_up_score;
    }
    return task_commit(m, job, choice->node, devices, error);
}

/* The best of the nodes on which places were promised where the task would be gone by then, or beside them: a task
 * that may run there leaves the others to longer ones. */
static void choose_promised(sky_engine *engine, uint32_t job, packing_choice *choice)
{
    const model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    int64_t run_ns = life_expected_run_ns(m, j);

    *choice = (packing_choice){ SKY_NONE, SKY_NONE, PACKING_NO_ROOM, PACKING_NO_ROOM };
    for (size_t i = 0; i < engine->promised.count; i++) {
        uint32_t index = engine->promised.of[i];
        node_view n = model_node_view(m, index);
        node_room scratch;
        int32_t score;

        if (!node_has_room(n, &model_request_of(m, j->job_class)->ask))
            continue;
        n = reservations_room(engine->reservations, n, index, run_ns, &scratch);
        score = packing_index_score(engine->packing, m, index, n, j->job_class);
        if (score != PACKING_NO_ROOM && engine->strategy->packing != NULL &&
            engine->strategy->packing->at_random)
            score = (int32_t)(packing_random(m, job, index + 1) >> 33);
        if (score > choice->score || (score == choice->score && score != PACKING_NO_ROOM &&
                                      n.is->rank < model_nodes(m)[choice->node].rank)) {
            choice->node = index;
            choice->score = score;
        }
    }
}

static uint32_t devices_of(const sky_engine *engine, uint32_t job, uint32_t index)
{
    const model *m = &engine->model;
    node_view n = model_node_view(m, index);
    node_room scratch;

    if (engine->reservations != NULL)
        n = reservations_room(engine->reservations, n, index, life_expected_run_ns(m, model_job_at(m, job)),
                              &scratch);
    return packing_index_devices(engine->packing, m, job, n);
}

/* By the strategy's siting: what it says of the place goes into the order. */
static sky_status place_sited(sky_engine *engine, uint32_t job, int *found, sky_error *error)
{
    model *m = &engine->model;
    scaling_choice site;
    packing_choice choice;
    sky_action *a;
    sky_status status = packing_index_hear(engine->packing, m);

    if (status != SKY_OK)
        return status;
    scaling_site(engine, job, &site);
    *found = site.node != SKY_NONE;
    if (!*found)
        return SKY_OK;
    choice = (packing_choice){ site.node, site.runner_up, 0, 0 };
    status = place(engine, job, &choice, devices_of(engine, job, site.node), SKY_REASON_STRATEGY, error);
    if (status != SKY_OK)
        return status;
    a = &engine->actions[engine->action_count - 1];
    a->purchase = (uint16_t)model_nodes(m)[site.node].purchase;
    a->candidates = (uint16_t)site.candidates;
    a->score = site.score;
    a->runner_up_score = site.runner_up_score;
    memcpy(a->term, site.term, sizeof a->term);
    return SKY_OK;
}

static sky_status choose(sky_engine *engine, uint32_t job, const packing_bounds *bounds,
                         packing_choice *choice)
{
    model *m = &engine->model;

    if (bounds != NULL)
        return packing_index_choose_within(engine->packing, m, job, bounds, choice);
    if (engine->promised.count > 0) {
        choose_promised(engine, job, choice);
        if (choice->node != SKY_NONE)
            return SKY_OK;
    }
    return packing_index_choose(engine->packing, m, job, choice);
}

static sky_status place_part(sky_engine *engine, uint32_t job, const packing_bounds *bounds, int *found,
                             sky_error *error)
{
    packing_choice choice;
    sky_status status;

    if (bounds == NULL && engine->strategy->siting != NULL)
        return place_sited(engine, job, found, error);
    status = choose(engine, job, bounds, &choice);
    *found = status == SKY_OK && choice.node != SKY_NONE;
    return *found
               ? place(engine, job, &choice, devices_of(engine, job, choice.node), SKY_REASON_STRATEGY, error)
               : status;
}

/* What stood before a gang's first part was placed. */
typedef struct before_gang {
    size_t actions;
    uint32_t orders, parts;
} before_gang;

static before_gang look_back(const sky_engine *engine)
{
    return (before_gang){ .actions = engine->action_count,
                          .orders = engine->model.is.next_order,
                          .parts = engine->model.array[MODEL_PARTS].count };
}

/* Takes back what was ordered for a gang that did not find room for all of its parts, as if nothing had been said. */
static sky_status take_back(sky_engine *engine, uint32_t job, const before_gang *before, sky_error *error)
{
    engine->action_count = before->actions;
    engine->model.is.next_order = before->orders;
    return task_withdraw(&engine->model, job, before->parts, error);
}

/* All parts of a gang within the bounds, or none: *placed. */
static sky_status place_gang(sky_engine *engine, uint32_t job, const packing_bounds *bounds, int *placed,
                             sky_error *error)
{
    model *m = &engine->model;
    const before_gang before = look_back(engine);
    uint32_t parts = model_job_at(m, job)->gang;
    sky_status status = SKY_OK;

    for (uint32_t part = 0; part < parts && status == SKY_OK; part++) {
        int found;

        status = place_part(engine, job, bounds, &found, error);
        if (status == SKY_OK && !found)
            return take_back(engine, job, &before, error);
    }
    *placed = status == SKY_OK;
    return status;
}

/* The index-th of the places within one of which the gang must be. */
static packing_bounds place_of(uint32_t together, uint32_t index)
{
    packing_bounds bounds = { SKY_NONE, SKY_NONE, SKY_NONE };

    if (together == SKY_IN_ONE_REGION)
        bounds.region = index;
    else if (together == SKY_IN_ONE_POOL)
        bounds.pool = index;
    else
        bounds.node = index;
    return bounds;
}

/* A place for a close gang, and how well its first part does there. */
typedef struct close_place {
    packing_bounds bounds;
    uint32_t index;
    int32_t score;
} close_place;

static int goes_before(const close_place *a, const close_place *b)
{
    return a->score != b->score ? a->score > b->score : a->index < b->index;
}

/* The best place with room for all of the gang of those that come after `tried`; score PACKING_NO_ROOM: there is none. */
static sky_status next_place(sky_engine *engine, uint32_t job, const close_place *tried, close_place *best)
{
    model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    uint32_t places = j->together == SKY_IN_ONE_REGION ? m->array[MODEL_REGIONS].count
                      : j->together == SKY_IN_ONE_POOL ? model_pool_count(m)
                                                       : model_node_count(m);

    *best = (close_place){ .index = SKY_NONE, .score = PACKING_NO_ROOM };
    for (uint32_t i = 0; i < places; i++) {
        close_place place = { .bounds = place_of(j->together, i), .index = i };
        packing_choice choice;

        if (packing_index_room_within(engine->packing, m, job, &place.bounds, j->gang) < j->gang)
            continue;
        if (packing_index_choose_within(engine->packing, m, job, &place.bounds, &choice) != SKY_OK)
            return SKY_ERROR_MEMORY;
        place.score = choice.score;
        if (choice.node != SKY_NONE && goes_before(tried, &place) && goes_before(&place, best))
            *best = place;
    }
    return SKY_OK;
}

/* A gang that must be together goes where its first part does best among the places with room for all of it; if its
 * terms let no more of it go there, to the next best. */
static sky_status place_close_gang(sky_engine *engine, uint32_t job, int *placed, sky_error *error)
{
    close_place tried = { .score = INT32_MAX }, best;
    sky_status status = next_place(engine, job, &tried, &best);

    while (status == SKY_OK && best.score != PACKING_NO_ROOM) {
        status = place_gang(engine, job, &best.bounds, placed, error);
        if (status != SKY_OK || *placed || engine->model.terms == NULL)
            return status;
        tried = best;
        status = next_place(engine, job, &tried, &best);
    }
    return status;
}

/* ---- promises ---------------------------------------------------------------------------------------------------- */

static sky_backfilling backfilling(const sky_engine *engine)
{
    return engine->reservations != NULL ? queue_discipline_about(engine->discipline)->backfill
                                        : SKY_BACKFILL_NONE;
}

/* A gang that must be close together is promised nothing, nor is a task that required terms bind: what runs elsewhere by
 * then, nobody knows. It goes when it fits. */
static int may_promise(const sky_engine *engine, const queue_entry *entry)
{
    uint32_t held, depth = engine->model.is.queue_options.depth;

    if (backfilling(engine) == SKY_BACKFILL_NONE || (entry->tasks > 1 && entry->together != SKY_ANYWHERE) ||
        (engine->model.terms != NULL && terms_bind(engine->model.terms, entry->job_class)))
        return 0;
    held = reservations_count(engine->reservations);
    return backfilling(engine) == SKY_BACKFILL_EASY ? held == 0 : depth == 0 || held < depth;
}

static sky_status promise(sky_engine *engine, const queue_entry *entry, int tried, int64_t *start_ns)
{
    const model *m = &engine->model;
    sky_status status = reservations_promise(engine->reservations, model_node_view(m, 0), model_node_count(m),
                                             entry, tried, start_ns);

    return status == SKY_OK && *start_ns != SKY_NEVER_NS ? backlog_mask_promised(engine) : status;
}

/* Is there room, but for what was promised to others? */
static int has_room_beside_promises(const sky_engine *engine, uint32_t job)
{
    const model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    const packing_bounds anywhere = { SKY_NONE, SKY_NONE, SKY_NONE };

    if (engine->promised.count == 0 || (j->gang > 1 && j->together != SKY_ANYWHERE))
        return 0;
    if (j->gang > 1)
        return packing_index_room_within(NULL, m, job, &anywhere, j->gang) >= j->gang;
    for (size_t i = 0; i < engine->promised.count; i++) {
        uint32_t index = engine->promised.of[i];

        if (packing_index_score(engine->packing, m, index, model_node_view(m, index), j->job_class) !=
            PACKING_NO_ROOM)
            return 1;
    }
    return 0;
}

/* At the promised places, if they are what they were thought to be: *placed. */
static sky_status place_as_promised(sky_engine *engine, uint32_t job, int *placed, sky_error *error)
{
    model *m = &engine->model;
    const model_job *j = model_job_at(m, job);
    const node_request *ask = &model_request_of(m, j->job_class)->ask;
    const before_gang before = look_back(engine);
    const reservation *part;

    for (uint32_t i = 0; (part = reservations_part(engine->reservations, job, i)) != NULL; i++) {
        node_view n = model_node_view(m, part->node);
        packing_choice choice = { part->node, SKY_NONE,
                                  packing_index_score(engine->packing, m, part->node, n, j->job_class),
                                  PACKING_NO_ROOM };
        sky_status status;

        if (choice.score == PACKING_NO_ROOM || !node_fits_devices(n, ask, part->devices))
            return take_back(engine, job, &before, error);
        status = place(engine, job, &choice, part->devices, SKY_REASON_PROMISED, error);
        if (status != SKY_OK)
            return status;
    }
    *placed = 1;
    reservations_drop(engine->reservations, job);
    return backlog_started(engine, job);
}

/* Its place is not free, as somebody runs longer than estimated, or the node is not what it was. */
static sky_status promise_anew(sky_engine *engine, uint32_t job)
{
    const model_job *j = model_job_at(&engine->model, job);
    const queue_entry entry = { .job = job,
                                .job_class = j->job_class,
                                .estimate_ns = life_expected_run_ns(&engine->model, j),
                                .tasks = j->gang };
    int64_t start_ns;
    sky_status status;

    reservations_drop(engine->reservations, job);
    status = promise(engine, &entry, 0, &start_ns);
    return status == SKY_OK && start_ns == SKY_NEVER_NS ? backlog_add(engine, job) : status;
}

static sky_status keep_promises(sky_engine *engine, sky_error *error)
{
    int kept = 0;
    int64_t start_ns;
    uint32_t job;
    sky_status status = SKY_OK;

    while (status == SKY_OK && (job = reservations_first(engine->reservations, &start_ns)) != SKY_NONE &&
           start_ns <= engine->model.is.now_ns) {
        int placed = 0;

        status = place_as_promised(engine, job, &placed, error);
        kept |= placed;
        if (status == SKY_OK && !placed)
            status = promise_anew(engine, job);
    }
    if (status != SKY_OK || !kept)
        return status;
    queue_freed(engine->queue, NULL); /* there may be promises to give again */
    return backlog_mask_promised(engine);
}

static sky_status advance_promises(sky_engine *engine)
{
    const model *m = &engine->model;
    uint32_t lost = 0, *jobs = malloc((reservations_count(engine->reservations) + 1u) * sizeof *jobs);
    sky_status status = SKY_ERROR_MEMORY;

    if (jobs != NULL)
        status = reservations_advance(engine->reservations, model_node_view(m, 0), model_node_count(m), jobs,
                                      &lost);
    for (uint32_t i = 0; i < lost && status == SKY_OK; i++)
        status = backlog_add(engine, jobs[i]);
    free(jobs);
    return status;
}

/* Room has come back, or nodes came or went: everyone is tried again, and places may be earlier than promised. */
static sky_status hear_of_room(sky_engine *engine)
{
    sky_status status = SKY_OK;
    int64_t start_ns;

    engine->model.is.freed = 0;
    queue_freed(engine->queue, NULL);
    if (backfilling(engine) == SKY_BACKFILL_NONE)
        return SKY_OK;
    if (backfilling(engine) == SKY_BACKFILL_CONSERVATIVE)
        status = advance_promises(engine);
    else if (reservations_count(engine->reservations) > 0)
        reservations_drop(engine->reservations, reservations_first(engine->reservations, &start_ns));
    return status == SKY_OK ? backlog_mask_promised(engine) : status;
}

/* ---- the round --------------------------------------------------------------------------------------------------- */

static sky_status find_room(sky_engine *engine, const queue_entry *entry, int *placed, sky_error *error)
{
    return entry->tasks > 1 && entry->together != SKY_ANYWHERE
               ? place_close_gang(engine, entry->job, placed, error)
               : place_gang(engine, entry->job, NULL, placed, error);
}

/* No node has room for it now. */
static sky_status let_wait(sky_engine *engine, const queue_entry *entry)
{
    sky_status status = SKY_OK;
    queue_entry still;

    if (engine->model.is.drop_unplaceable)
        return reject(engine, entry->job, SKY_REASON_NO_ROOM);
    if (may_promise(engine, entry)) {
        int64_t start_ns;

        status = promise(engine, entry, 1, &start_ns);
        if (status == SKY_OK && start_ns != SKY_NEVER_NS && backfilling(engine) == SKY_BACKFILL_CONSERVATIVE)
            queue_remove(engine->queue, entry->job);
    }
    if (entry->tasks > 1 && engine->model.terms != NULL && terms_bind(engine->model.terms, entry->job_class))
        engine->bound_gang_waits = 1;
    if (status == SKY_OK && queue_find(engine->queue, entry->job, &still))
        queue_refused(engine->queue, entry,
                      has_room_beside_promises(engine, entry->job) ? entry->estimate_ns : 0);
    return status;
}

/* ---- preemption -------------------------------------------------------------------------------------------------- */

/* Promises made to tasks of lower priority do not stand in a task's way: *revoked, how many there were. */
static sky_status revoke_promises(sky_engine *engine, int64_t priority, uint32_t *revoked)
{
    const model *m = &engine->model;
    reservations *r = engine->reservations;
    uint32_t count = r != NULL ? reservations_count(r) : 0, *jobs;
    sky_status status = SKY_OK;

    *revoked = 0;
    if (count == 0)
        return SKY_OK;
    jobs = malloc(count * sizeof *jobs);
    if (jobs == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        if (model_job_at(m, reservations_promised(r, i))->priority < priority)
            jobs[(*revoked)++] = reservations_promised(r, i);
    for (uint32_t i = 0; i < *revoked && status == SKY_OK; i++) {
        reservations_drop(r, jobs[i]);
        if (backfilling(engine) == SKY_BACKFILL_CONSERVATIVE)
            status = backlog_add(engine, jobs[i]);
    }
    free(jobs);
    if (status != SKY_OK || *revoked == 0)
        return status;
    queue_freed(engine->queue, NULL);
    return backlog_mask_promised(engine);
}

static sky_status order_to_leave(sky_engine *engine, uint32_t victim, uint32_t preemptor, sky_error *error)
{
    const model_job *j = model_job_at(&engine->model, victim);
    sky_action *a = engine_order(engine, SKY_ACTION_PREEMPT, SKY_REASON_PRIORITY, victim);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->instance = j->instance;
    a->pool = j->pool;
    a->term[0] = model_job_at(&engine->model, preemptor)->priority;
    a->term[1] = preemptor;
    return backlog_evict(engine, victim, error);
}

/* Others leave a node, and the task gets it. */
static sky_status take_room(sky_engine *engine, uint32_t job, uint32_t where, sky_error *error)
{
    model *m = &engine->model;
    packing_choice choice = { where, SKY_NONE, 0, PACKING_NO_ROOM };
    const uint32_t *list;
    uint32_t count;
    sky_status status = victims_on(engine->victims, m, job, where, &list, &count);

    for (uint32_t i = 0; i < count && status == SKY_OK; i++)
        status = order_to_leave(engine, list[i], job, error);
    if (status != SKY_OK)
        return status;
    choice.score = packing_index_score(engine->packing, m, where, model_node_view(m, where),
                                       model_job_at(m, job)->job_class);
    return place(engine, job, &choice, devices_of(engine, job, where), SKY_REASON_PRIORITY, error);
}

/* Gangs, and tasks that required terms bind, wait until there is room: they are victims, but have none. */
static sky_status preempt(sky_engine *engine, const queue_entry *entry, int *placed, sky_error *error)
{
    uint32_t revoked, where = SKY_NONE;
    sky_status status;

    if (engine->victims == NULL)
        return SKY_OK;
    status = revoke_promises(engine, model_job_at(&engine->model, entry->job)->priority, &revoked);
    if (status == SKY_OK && revoked > 0)
        status = find_room(engine, entry, placed, error);
    if (status != SKY_OK || *placed || entry->tasks > 1 ||
        (engine->model.terms != NULL && terms_bind(engine->model.terms, entry->job_class)))
        return status;
    status = victims_choose(engine->victims, &engine->model, engine->packing, entry->job, &where);
    if (status != SKY_OK || where == SKY_NONE)
        return status;
    *placed = 1;
    return take_room(engine, entry->job, where, error);
}

/* Those that wait for company, or for others to even out a spread, may find a place now that the task is there. A gang
 * goes part by part, each to its best node: it may fail where other scores would have led it elsewhere, so any change
 * may help it. */
static void wake_helped(sky_engine *engine, uint32_t job_class)
{
    const uint64_t *helped;

    if (engine->model.terms == NULL)
        return;
    if (engine->bound_gang_waits)
        queue_freed(engine->queue, terms_bound(engine->model.terms));
    engine->bound_gang_waits = 0;
    for (uint32_t i = 0; (helped = terms_helped(engine->model.terms, job_class, i)) != NULL; i++)
        queue_freed(engine->queue, helped);
}

static sky_status try_task(sky_engine *engine, const queue_entry *entry, sky_error *error)
{
    int placed = 0;
    sky_status status = find_room(engine, entry, &placed, error);

    if (status == SKY_OK && !placed)
        status = preempt(engine, entry, &placed, error);
    if (status != SKY_OK)
        return status;
    if (!placed)
        return let_wait(engine, entry);
    queue_remove(engine->queue, entry->job);
    wake_helped(engine, entry->job_class);
    return backlog_started(engine, entry->job);
}

static int nothing_to_do(const sky_engine *engine)
{
    const model *m = &engine->model;
    int64_t start_ns;

    if (m->arrived.count > 0 || m->unsettled.count > 0)
        return 0;
    if (engine->queue == NULL)
        return 1;
    if (m->is.freed && (queue_size(engine->queue) > 0 ||
                        (engine->reservations != NULL && reservations_count(engine->reservations) > 0)))
        return 0;
    return backfilling(engine) != SKY_BACKFILL_CONSERVATIVE ||
           reservations_first(engine->reservations, &start_ns) == SKY_NONE || start_ns > m->is.now_ns;
}

sky_status round_place_tasks(sky_engine *engine, sky_error *error)
{
    model *m = &engine->model;
    queue_entry entry;
    sky_status status;

    if (nothing_to_do(engine))
        return SKY_OK;
    status = backlog_prepare(engine);
    if (status != SKY_OK)
        return status;
    if (memcmp(&m->is.capacity, &m->is.up, sizeof m->is.up) != 0) {
        m->is.capacity = m->is.up;
        queue_capacity(engine->queue, &m->is.capacity, m->is.now_ns);
    }
    queue_begin_round(engine->queue, m->is.now_ns);
    if (engine->reservations != NULL)
        reservations_begin_round(engine->reservations, m->is.now_ns);
    status = packing_index_hear(engine->packing, m);
    if (status == SKY_OK && engine->victims != NULL)
        status = victims_hear(engine->victims, m);
    if (status == SKY_OK)
        status = settle(engine);
    if (status == SKY_OK)
        status = backlog_admit(engine);
    if (status == SKY_OK && m->is.freed)
        status = hear_of_room(engine);
    if (status == SKY_OK && backfilling(engine) == SKY_BACKFILL_CONSERVATIVE)
        status = keep_promises(engine, error);
    if (status == SKY_OK && engine->strategy->siting != NULL)
        status = scaling_count_waiting(engine);
    while (status == SKY_OK && queue_next(engine->queue, &entry))
        status = try_task(engine, &entry, error);
    return status;
}
