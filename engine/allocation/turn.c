#include "turn.h"

#include "../cluster/facts.h"
#include "elastic.h"
#include "shares.h"
#include "training.h"

#include <stdlib.h>
#include <string.h>

/* A turn that was given: a job, or two that share their devices, on a type. */
typedef struct turn {
    uint32_t job, partner;
    uint32_t type, workers;
    uint32_t share; /* of MODEL_SHARES; SKY_NONE: of an elastic job */
    uint32_t goes_on;
} turn;

typedef struct turn_spot {
    uint32_t node, device; /* device: bit */
} turn_spot;

typedef struct turn_round {
    sky_engine *engine;
    allocation_type *types;
    uint32_t type_count;
    int64_t *left; /* devices, by type */
    turn *turns;
    uint32_t turn_count;
    uint32_t *turn_of; /* by place among the trainees: its turn, or SKY_NONE */
    turn_spot *spots;
    size_t spot_capacity;
} turn_round;

static model_job *job_at(turn_round *r, uint32_t job)
{
    return (model_job *)r->engine->model.array[MODEL_JOBS].items + job;
}

static uint32_t trainee_count(const turn_round *r)
{
    return r->engine->model.array[MODEL_TRAINEES].count;
}

/* Place of a job among the trainees, which are in rising order. */
static uint32_t place_of(const turn_round *r, uint32_t job)
{
    const uint32_t *trainees = r->engine->model.array[MODEL_TRAINEES].items;
    uint32_t low = 0, high = trainee_count(r);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (trainees[middle] < job)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void forget_ended(model *m)
{
    uint32_t *trainees = m->array[MODEL_TRAINEES].items, kept = 0;

    for (uint32_t i = 0; i < m->array[MODEL_TRAINEES].count; i++)
        if (model_job_at(m, trainees[i])->state != MODEL_JOB_ENDED)
            trainees[kept++] = trainees[i];
    m->array[MODEL_TRAINEES].count = kept;
}

/* ---- how many devices there are -------------------------------------------------------------------------------------- */

static uint32_t type_of(const turn_round *r, uint32_t node_index)
{
    const node *n = &model_nodes(&r->engine->model)[node_index];
    uint32_t k = 0;

    while (k < r->type_count &&
           (n->mode != NODE_DEVICES || r->types[k].pool != n->pool || r->types[k].model != n->model))
        k++;
    return k;
}

/* Whether the devices that a job holds come free when it pauses: of two that share them, only the first counts. */
static int frees_devices(const model *m, const model_job *j, uint32_t job)
{
    return j->partner == SKY_NONE || model_job_at(m, j->partner)->partner != job || job < j->partner;
}

static void count_devices(turn_round *r)
{
    const model *m = &r->engine->model;
    const uint32_t *trainees = m->array[MODEL_TRAINEES].items;

    for (uint32_t i = 0; i < model_node_count(m); i++) {
        uint32_t k = type_of(r, i);

        if (model_nodes(m)[i].state == NODE_UP && k < r->type_count)
            r->left[k] += __builtin_popcount(model_nodes(m)[i].free_devices);
    }
    for (uint32_t i = 0; i < trainee_count(r); i++) {
        const model_job *j = model_job_at(m, trainees[i]);

        if (j->instance != SKY_NONE && j->waiting_answers == 0 && frees_devices(m, j, trainees[i])) {
            uint32_t k = type_of(r, j->instance);

            if (k < r->type_count)
                r->left[k] += j->gang;
        }
    }
}

/* ---- whose turn it is -------------------------------------------------------------------------------------------------- */

/* Without an answer to what was last ordered for it, a job is left alone. */
static int may_have_turn(turn_round *r, uint32_t job)
{
    return job == SKY_NONE ||
           (job_at(r, job)->waiting_answers == 0 && r->turn_of[place_of(r, job)] == SKY_NONE);
}

static void give_turn(turn_round *r, const turn *t)
{
    r->turn_of[place_of(r, t->job)] = r->turn_count;
    if (t->partner != SKY_NONE)
        r->turn_of[place_of(r, t->partner)] = r->turn_count;
    r->turns[r->turn_count++] = *t;
    r->left[t->type] -= t->workers;
}

static sky_status give_turns_by_share(turn_round *r, sky_error *error)
{
    model *m = &r->engine->model;
    const model_share *shares;
    uint32_t *order;
    sky_status status = shares_begin_round(r->engine, r->types, r->type_count, error);

    if (status != SKY_OK)
        return status;
    shares = m->array[MODEL_SHARES].items;
    order = malloc((m->array[MODEL_SHARES].count + 1u) * sizeof *order);
    status = order != NULL ? shares_order(m, order) : SKY_ERROR_MEMORY;
    for (uint32_t i = 0; status == SKY_OK && i < m->array[MODEL_SHARES].count; i++) {
        const model_share *s = &shares[order[i]];
        turn t = { .job = s->job,
                   .partner = s->partner,
                   .workers = model_job_at(m, s->job)->least_workers,
                   .share = order[i] };

        if (s->share_ppm == 0 || !may_have_turn(r, s->job) || !may_have_turn(r, s->partner))
            continue;
        while (t.type < r->type_count &&
               (r->types[t.type].pool != s->pool || r->types[t.type].model != s->model))
            t.type++;
        if (t.type < r->type_count && r->left[t.type] >= t.workers)
            give_turn(r, &t);
    }
    free(order);
    return status;
}

/* usteps[(job × types + type) × (most + 1) + workers] of all trainees. */
static sky_status elastic_usteps(const turn_round *r, uint32_t most, int64_t **usteps)
{
    const model *m = &r->engine->model;
    const uint32_t *trainees = m->array[MODEL_TRAINEES].items;
    int64_t *at = *usteps = malloc((size_t)trainee_count(r) * r->type_count * (most + 1u) * sizeof *at + 1);

    if (at == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < trainee_count(r); i++)
        for (uint32_t k = 0; k < r->type_count; k++)
            for (uint32_t n = 0; n <= most; n++) {
                const model_job *j = model_job_at(m, trainees[i]);

                *at++ = n < j->least_workers || n > j->most_workers || j->waiting_answers > 0
                            ? 0
                            : shares_usteps(m, j, &r->types[k], n);
            }
    return SKY_OK;
}

static sky_status give_turns_by_gain(turn_round *r)
{
    const model *m = &r->engine->model;
    const uint32_t *trainees = m->array[MODEL_TRAINEES].items;
    uint32_t count = trainee_count(r), most = 0;
    uint32_t *least = malloc((count + 1u) * sizeof *least);
    elastic_choice *choice = malloc((count + 1u) * sizeof *choice);
    int64_t *usteps = NULL;
    sky_status status = least != NULL && choice != NULL ? SKY_OK : SKY_ERROR_MEMORY;

    for (uint32_t i = 0; i < count && status == SKY_OK; i++) {
        const model_job *j = model_job_at(m, trainees[i]);

        least[i] = j->least_workers;
        most = j->most_workers > most ? j->most_workers : most;
    }
    if (status == SKY_OK)
        status = elastic_usteps(r, most, &usteps);
    if (status == SKY_OK) {
        const elastic_problem p = { .type_count = r->type_count,
                                    .job_count = count,
                                    .most = most,
                                    .devices = r->left,
                                    .least = least,
                                    .usteps = usteps };

        status = elastic_allocate(&p, choice);
    }
    for (uint32_t i = 0; i < count && status == SKY_OK; i++) {
        const turn t = { .job = trainees[i],
                         .partner = SKY_NONE,
                         .type = choice[i].type,
                         .workers = choice[i].workers,
                         .share = SKY_NONE };

        if (choice[i].type != SKY_NONE)
            give_turn(r, &t);
    }
    free(usteps);
    free(choice);
    free(least);
    return status;
}

/* ---- carrying it out ----------------------------------------------------------------------------------------------------- */

static int goes_on(turn_round *r, const turn *t)
{
    const model_job *j = job_at(r, t->job);

    return j->instance != SKY_NONE && type_of(r, j->instance) == t->type && j->gang == t->workers &&
           j->partner == t->partner && (t->partner == SKY_NONE || job_at(r, t->partner)->partner == t->job);
}

static sky_status pause_others(turn_round *r, sky_error *error)
{
    model *m = &r->engine->model;
    const uint32_t *trainees = m->array[MODEL_TRAINEES].items;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < r->turn_count; i++)
        r->turns[i].goes_on = (uint32_t)goes_on(r, &r->turns[i]);
    for (uint32_t i = 0; i < trainee_count(r) && status == SKY_OK; i++) {
        model_job *j = job_at(r, trainees[i]);
        sky_action *a;

        if (j->instance == SKY_NONE || j->waiting_answers > 0 ||
            (r->turn_of[i] != SKY_NONE && r->turns[r->turn_of[i]].goes_on))
            continue;
        a = engine_order(r->engine, SKY_ACTION_PAUSE, SKY_REASON_NOT_ITS_TURN, trainees[i]);
        if (a == NULL)
            return SKY_ERROR_MEMORY;
        a->instance = j->instance;
        a->pool = j->pool;
        m->is.freed = 1; /* tasks that do not train may take what is left */
        status = task_leave(m, j, error);
        j->waiting_answers++;
    }
    return status;
}

/* How many of a pair's, or a job's, workers a node takes, up to `most`; each of a device of its own. */
static int64_t workers_on(const turn_round *r, uint32_t node_index, const node_request *ask, uint32_t type,
                          int64_t most)
{
    const model *m = &r->engine->model;

    return type_of(r, node_index) == type && node_suits(&model_nodes(m)[node_index], ask)
               ? node_room_for(model_node_view(m, node_index), ask, most)
               : 0;
}

/* What the job, or both of a pair, take on each device together. */
static node_request request_of(turn_round *r, const turn *t)
{
    const model *m = &r->engine->model;
    node_request ask = model_request_of(m, job_at(r, t->job)->job_class)->ask;

    if (t->partner != SKY_NONE) {
        const node_request *other = &model_request_of(m, job_at(r, t->partner)->job_class)->ask;

        ask.mcpu += other->mcpu;
        ask.memory_bytes += other->memory_bytes;
        ask.disk_bytes += other->disk_bytes;
        ask.models &= other->models;
        ask.labels |= other->labels;
        ask.tolerations &= other->tolerations;
    }
    return ask;
}

static uint32_t best_node(const turn_round *r, const node_request *ask, uint32_t type, int64_t wanted)
{
    uint32_t best = SKY_NONE;
    int64_t best_room = 0;

    for (uint32_t i = 0; i < model_node_count(&r->engine->model); i++) {
        int64_t room = workers_on(r, i, ask, type, NODE_DEVICES_MAX);
        int enough = room >= wanted, best_enough = best_room >= wanted;

        if (room > 0 && (best == SKY_NONE || enough > best_enough ||
                         (enough == best_enough && (enough ? room < best_room : room > best_room)))) {
            best = i;
            best_room = room;
        }
    }
    return best;
}

static sky_status place_part(turn_round *r, const turn *t, uint32_t job, const turn_spot *spot,
                             sky_error *error)
{
    model *m = &r->engine->model;
    model_job *j = job_at(r, job);
    sky_reason reason = t->share != SKY_NONE ? SKY_REASON_SHARE : SKY_REASON_GAIN;
    sky_action *a = engine_order(r->engine, t->partner != SKY_NONE ? SKY_ACTION_PLACE_HALF : SKY_ACTION_PLACE,
                                 reason, job);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->instance = spot->node;
    a->pool = model_nodes(m)[spot->node].pool;
    a->devices = spot->device;
    if (t->share != SKY_NONE) {
        const model_share *s = (const model_share *)m->array[MODEL_SHARES].items + t->share;

        a->term[0] = s->share_ppm;
        a->term[1] = s->owed_ppm;
        a->term[2] = s->rounds;
        a->score = s->rounds * ALLOCATION_PPM - s->owed_ppm;
    }
    j->share_mgpu = t->partner != SKY_NONE ? NODE_DEVICE_MGPU / 2 : 0;
    j->partner = t->partner == SKY_NONE ? SKY_NONE : t->partner == job ? t->job : t->partner;
    return task_commit(m, job, spot->node, spot->device, error);
}

static sky_status resize(turn_round *r, uint32_t job, uint32_t workers)
{
    model_job *j = job_at(r, job);
    sky_action *a;

    if (j->gang == workers)
        return SKY_OK;
    a = engine_order(r->engine, SKY_ACTION_RESIZE, SKY_REASON_GAIN, job);
    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->devices = j->gang = workers;
    return SKY_OK;
}

/* Whether a job that is spread over nodes makes any progress there. */
static int may_spread(turn_round *r, const turn *t, uint32_t job)
{
    const model_job *j = job_at(r, job);
    uint32_t partner = t->partner == SKY_NONE ? SKY_NONE
                                              : job_at(r, t->partner == job ? t->job : t->partner)->job_class;

    return training_usteps(&r->engine->model, j->job_class, r->types[t->type].model, t->workers, partner, 1) >
           0;
}

/* Takes a device for each worker. *found 0: what was counted is not there, as cores or memory are short, or no node has
 * room for all and they may not be spread. */
static sky_status find_spots(turn_round *r, const turn *t, int *found)
{
    const node_request ask = request_of(r, t);
    model *m = &r->engine->model;
    uint32_t count = 0;

    *found = 0;
    if (r->spot_capacity < t->workers) {
        turn_spot *more = realloc(r->spots, t->workers * sizeof *more);

        if (more == NULL)
            return SKY_ERROR_MEMORY;
        r->spots = more;
        r->spot_capacity = t->workers;
    }
    while (count < t->workers) {
        uint32_t best = best_node(r, &ask, t->type, t->workers - count);
        int64_t room = best != SKY_NONE ? workers_on(r, best, &ask, t->type, t->workers - count) : 0;
        node *n;

        if (best == SKY_NONE)
            break;
        n = (node *)m->array[MODEL_NODES].items + best;
        for (; count < t->workers && room > 0; room--) {
            uint32_t device = node_choose(model_node_view(m, best), &ask);

            r->spots[count++] = (turn_spot){ best, device };
            node_take(n, NULL, &ask, device);
        }
    }
    for (uint32_t i = 0; i < count; i++) /* as it was: what is really taken is, job by job */
        node_give((node *)m->array[MODEL_NODES].items + r->spots[i].node, NULL, &ask, r->spots[i].device);
    *found = count == t->workers;
    if (*found && r->spots[0].node != r->spots[count - 1].node)
        *found = may_spread(r, t, t->job) && (t->partner == SKY_NONE || may_spread(r, t, t->partner));
    return SKY_OK;
}

static sky_status place(turn_round *r, const turn *t, sky_error *error)
{
    int found;
    sky_status status = find_spots(r, t, &found);

    if (status != SKY_OK || !found)
        return status;
    status = resize(r, t->job, t->workers);
    if (status == SKY_OK && t->partner != SKY_NONE)
        status = resize(r, t->partner, t->workers);
    for (uint32_t i = 0; i < t->workers && status == SKY_OK; i++)
        status = place_part(r, t, t->job, &r->spots[i], error);
    for (uint32_t i = 0; i < t->workers && status == SKY_OK && t->partner != SKY_NONE; i++)
        status = place_part(r, t, t->partner, &r->spots[i], error);
    if (status == SKY_OK && t->share != SKY_NONE)
        ((model_share *)r->engine->model.array[MODEL_SHARES].items)[t->share].rounds++;
    return status;
}

/* The largest first, so that they find whole nodes. */
static int compare_sizes(const void *a, const void *b)
{
    const turn *x = a, *y = b;

    if (x->workers != y->workers)
        return x->workers > y->workers ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

static sky_status carry_out(turn_round *r, sky_error *error)
{
    sky_status status = pause_others(r, error);

    qsort(r->turns, r->turn_count, sizeof *r->turns, compare_sizes);
    for (uint32_t i = 0; i < r->turn_count && status == SKY_OK; i++) {
        const turn *t = &r->turns[i];

        if (!t->goes_on)
            status = place(r, t, error);
        else if (t->share != SKY_NONE)
            ((model_share *)r->engine->model.array[MODEL_SHARES].items)[t->share].rounds++;
    }
    return status;
}

static sky_status prepare(turn_round *r)
{
    sky_status status = shares_types(&r->engine->model, &r->types, &r->type_count);

    if (status != SKY_OK)
        return status;
    r->left = calloc(r->type_count + 1u, sizeof *r->left);
    r->turns = calloc(trainee_count(r), sizeof *r->turns);
    r->turn_of = malloc(trainee_count(r) * sizeof *r->turn_of);
    if (r->left == NULL || r->turns == NULL || r->turn_of == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < trainee_count(r); i++)
        r->turn_of[i] = SKY_NONE;
    count_devices(r);
    return SKY_OK;
}

sky_status turn_decide(sky_engine *engine, sky_error *error)
{
    model *m = &engine->model;
    turn_round r = { .engine = engine };
    sky_status status;

    if (!m->is.turn_due)
        return SKY_OK;
    m->is.turn_due = 0;
    forget_ended(m);
    if (m->array[MODEL_TRAINEES].count == 0) {
        m->array[MODEL_SHARES].count = 0;
        return SKY_OK;
    }
    status = prepare(&r);
    if (status == SKY_OK && r.type_count > 0)
        status = engine->strategy->allocation->is_elastic ? give_turns_by_gain(&r)
                                                          : give_turns_by_share(&r, error);
    if (status == SKY_OK)
        status = carry_out(&r, error);
    free(r.types);
    free(r.left);
    free(r.turns);
    free(r.turn_of);
    free(r.spots);
    return status;
}
