#include "shares.h"

#include "../govern/gate.h"
#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the problem --------------------------------------------------------------------------------------------------- */

static int64_t device_price(const model_pool *pool, uint32_t devices)
{
    uint32_t purchase = pool->purchases & pool->price_known & 1u << SKY_RESERVED ? SKY_RESERVED
                                                                                 : SKY_ON_DEMAND;

    return pool->price_nusd[purchase] / devices;
}

sky_status shares_types(const model *m, allocation_type **types, uint32_t *count)
{
    allocation_type *list = NULL;

    *count = 0;
    *types = NULL;
    for (uint32_t i = 0; i < model_node_count(m); i++) {
        const node *n = &model_nodes(m)[i];
        uint32_t k = 0;

        if (n->state != NODE_UP || n->mode != NODE_DEVICES || n->devices == 0)
            continue;
        while (k < *count && (list[k].pool != n->pool || list[k].model != n->model))
            k++;
        if (k == *count) {
            allocation_type *more = realloc(list, (k + 1u) * sizeof *list);

            if (more == NULL) {
                free(list);
                return SKY_ERROR_MEMORY;
            }
            list = more;
            list[(*count)++] = (allocation_type){ .pool = n->pool,
                                                  .model = n->model,
                                                  .device_nusd = device_price(&model_pools(m)[n->pool],
                                                                              n->devices) };
        }
        list[k].devices += n->devices;
        if (n->devices > list[k].node_devices)
            list[k].node_devices = n->devices;
    }
    *types = list;
    return SKY_OK;
}

static int may_run(const model *m, const model_job *job, const allocation_type *type)
{
    return (model_request_of(m, job->job_class)->ask.models >> type->model & 1) != 0 &&
           gate_check_class(m, job->job_class, type->pool) == 0;
}

int64_t shares_usteps(const model *m, const model_job *job, const allocation_type *type, uint32_t workers)
{
    if (workers > type->devices || !may_run(m, job, type))
        return 0;
    return training_usteps(m, job->job_class, type->model, workers, SKY_NONE, workers > type->node_devices);
}

static int64_t pair_usteps(const model *m, const model_job *job, const model_job *other,
                           const allocation_type *type)
{
    if (job->least_workers > type->devices || !may_run(m, job, type) || !may_run(m, other, type))
        return 0;
    return training_usteps(m, job->job_class, type->model, job->least_workers, other->job_class,
                           job->least_workers > type->node_devices);
}

/* A problem under construction; the policy sees it as const. */
typedef struct builder {
    const model *m;
    allocation_problem p;
    allocation_job *jobs;
    allocation_combination *combinations;
    int64_t *usteps;
    uint32_t capacity;
    int is_aware;
} builder;

static const model_job *job_of(const builder *b, uint32_t index)
{
    return model_job_at(b->m, b->jobs[index].job);
}

static int64_t shown(const builder *b, int64_t usteps)
{
    return b->is_aware || usteps == 0 ? usteps : 1000000;
}

static sky_status add_combination(builder *b, uint32_t first, uint32_t second, const int64_t *usteps)
{
    size_t row = (size_t)b->p.type_count * 2;

    if (b->p.combination_count == b->capacity) {
        uint32_t capacity = b->capacity < 64 ? 64 : b->capacity * 2;
        allocation_combination *c = realloc(b->combinations, capacity * sizeof *c);
        int64_t *u;

        if (c == NULL)
            return SKY_ERROR_MEMORY;
        b->combinations = c;
        u = realloc(b->usteps, capacity * row * sizeof *u);
        if (u == NULL)
            return SKY_ERROR_MEMORY;
        b->usteps = u;
        b->capacity = capacity;
    }
    b->combinations[b->p.combination_count] = (allocation_combination){ { first, second } };
    for (size_t i = 0; i < row; i++)
        b->usteps[b->p.combination_count * row + i] = shown(b, usteps[i]);
    b->p.combination_count++;
    return SKY_OK;
}

/* Two jobs are a combination where together they do more somewhere than either would alone in half of the time:
 * Gavel, section 3.1. */
static sky_status add_pair(builder *b, uint32_t first, uint32_t second, int64_t *usteps)
{
    const model_job *x = job_of(b, first), *y = job_of(b, second);
    int pays = 0;

    if (x->least_workers != y->least_workers)
        return SKY_OK;
    for (uint32_t k = 0; k < b->p.type_count; k++) {
        const allocation_type *type = &b->p.types[k];
        int64_t alone_x = shares_usteps(b->m, x, type, x->least_workers);
        int64_t alone_y = shares_usteps(b->m, y, type, y->least_workers);

        usteps[2 * k] = pair_usteps(b->m, x, y, type);
        usteps[2 * k + 1] = pair_usteps(b->m, y, x, type);
        if (alone_x == 0 || alone_y == 0 ||
            muldiv_i64(usteps[2 * k], ALLOCATION_PPM, alone_x) +
                    muldiv_i64(usteps[2 * k + 1], ALLOCATION_PPM, alone_y) <=
                ALLOCATION_PPM)
            usteps[2 * k] = usteps[2 * k + 1] = 0;
        pays |= usteps[2 * k] > 0 && usteps[2 * k + 1] > 0;
    }
    return pays ? add_combination(b, first, second, usteps) : SKY_OK;
}

static sky_status add_jobs(builder *b, int64_t *usteps)
{
    const uint32_t *trainees = b->m->array[MODEL_TRAINEES].items;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < b->p.job_count && status == SKY_OK; i++) {
        const model_job *j = model_job_at(b->m, trainees[i]);
        int64_t left = j->usteps - j->done_usteps, time = j->deadline_ns - b->m->is.now_ns;

        b->jobs[i] = (allocation_job){ .job = trainees[i],
                                       .job_class = j->job_class,
                                       .workers = j->least_workers,
                                       .weight_ppm = j->weight_ppm,
                                       .left_usteps = left > 0 ? left : 1,
                                       .left_ns = j->deadline_ns == SKY_NEVER_NS ? SKY_NEVER_NS
                                                  : time > 0                     ? time
                                                                                 : 1 };
        for (uint32_t k = 0; k < b->p.type_count; k++) {
            usteps[2 * k] = shares_usteps(b->m, j, &b->p.types[k], j->least_workers);
            usteps[2 * k + 1] = 0;
        }
        status = add_combination(b, i, SKY_NONE, usteps);
    }
    return status;
}

static sky_status build(builder *b, const allocation_policy *policy)
{
    uint32_t count = b->p.job_count;
    int64_t *usteps = calloc((size_t)b->p.type_count * 2 + 1, sizeof *usteps);
    sky_status status = SKY_ERROR_MEMORY;

    b->jobs = calloc(count + 1u, sizeof *b->jobs);
    if (usteps != NULL && b->jobs != NULL)
        status = add_jobs(b, usteps);
    for (uint32_t i = 0; policy->has_pairs && i < count; i++)
        for (uint32_t k = i + 1; k < count && status == SKY_OK; k++)
            status = add_pair(b, i, k, usteps);
    free(usteps);
    b->p.jobs = b->jobs;
    b->p.combinations = b->combinations;
    b->p.usteps = b->usteps;
    return status;
}

/* ---- allocating anew ------------------------------------------------------------------------------------------------- */

static int compare_shares(const void *a, const void *b)
{
    const model_share *x = a, *y = b;
    const uint32_t left[] = { x->job, x->partner, x->pool, x->model };
    const uint32_t right[] = { y->job, y->partner, y->pool, y->model };

    for (size_t i = 0; i < 4; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static int is_over(const model *m, uint32_t job)
{
    return job != SKY_NONE && model_job_at(m, job)->state == MODEL_JOB_ENDED;
}

/* Those with a past that get nothing now are kept, with no share, as long as their jobs are. */
static sky_status keep_past(model *m, model_share **shares, size_t *count)
{
    const model_share *old = m->array[MODEL_SHARES].items;
    size_t before = *count, at = 0;
    model_share *all = realloc(*shares, (before + m->array[MODEL_SHARES].count + 1) * sizeof *all);

    if (all == NULL)
        return SKY_ERROR_MEMORY;
    *shares = all;
    for (uint32_t i = 0; i < m->array[MODEL_SHARES].count; i++) { /* both are sorted */
        while (at < before && compare_shares(&all[at], &old[i]) < 0)
            at++;
        if (at < before && compare_shares(&all[at], &old[i]) == 0) {
            all[at].owed_ppm = old[i].owed_ppm;
            all[at].rounds = old[i].rounds;
        } else if (old[i].rounds > 0 && !is_over(m, old[i].job) && !is_over(m, old[i].partner)) {
            all[*count] = old[i];
            all[(*count)++].share_ppm = 0;
        }
    }
    return SKY_OK;
}

static sky_status store(model *m, const builder *b, const int64_t *share_ppm)
{
    const allocation_problem *p = &b->p;
    size_t places = (size_t)p->combination_count * p->type_count, count = 0;
    model_share *shares = calloc(places + 1, sizeof *shares);
    sky_status status;

    if (shares == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < places; i++) {
        const allocation_combination *c = &p->combinations[i / p->type_count];
        const allocation_type *type = &p->types[i % p->type_count];

        if (share_ppm[i] > 0)
            shares[count++] = (model_share){ .job = p->jobs[c->member[0]].job,
                                             .partner = c->member[1] != SKY_NONE ? p->jobs[c->member[1]].job
                                                                                 : SKY_NONE,
                                             .pool = type->pool,
                                             .model = type->model,
                                             .share_ppm = share_ppm[i] };
    }
    qsort(shares, count, sizeof *shares, compare_shares);
    status = keep_past(m, &shares, &count);
    qsort(shares, count, sizeof *shares, compare_shares);
    if (status == SKY_OK)
        status = model_reserve(m, MODEL_SHARES, (uint32_t)count);
    if (status == SKY_OK) {
        m->array[MODEL_SHARES].count = (uint32_t)count;
        memcpy(m->array[MODEL_SHARES].items, shares, count * sizeof *shares);
    }
    free(shares);
    return status;
}

static sky_status reallocate(sky_engine *engine, const allocation_type *types, uint32_t type_count)
{
    const allocation_policy *policy = engine->strategy->allocation;
    builder b = { .m = &engine->model,
                  .p = { .types = types,
                         .type_count = type_count,
                         .job_count = engine->model.array[MODEL_TRAINEES].count },
                  .is_aware = policy->is_aware };
    int64_t *share_ppm = NULL;
    sky_status status = build(&b, policy);

    if (status == SKY_OK)
        share_ppm = calloc((size_t)b.p.combination_count * type_count + 1, sizeof *share_ppm);
    if (status == SKY_OK && share_ppm == NULL)
        status = SKY_ERROR_MEMORY;
    if (status == SKY_OK) {
        status = policy->allocate(&b.p, engine->solver, share_ppm);
        if (status == SKY_ERROR_STATE) { /* no program is worth standing still for */
            allocation_equal_shares(&b.p, share_ppm);
            status = SKY_OK;
        }
    }
    if (status == SKY_OK)
        status = store(&engine->model, &b, share_ppm);
    free(share_ppm);
    free(b.jobs);
    free(b.combinations);
    free(b.usteps);
    return status;
}

/* ---- rounds ---------------------------------------------------------------------------------------------------------- */

sky_status shares_begin_round(sky_engine *engine, const allocation_type *types, uint32_t type_count,
                              sky_error *error)
{
    model *m = &engine->model;
    const allocation_policy *policy = engine->strategy->allocation;
    model_share *shares;

    if (policy->needs_solver && engine->solver == NULL) {
        snprintf(error->message, sizeof error->message,
                 "decide: strategy %s has no solver; see sky_engine_use_solver", engine->strategy->info.name);
        return SKY_ERROR_STATE;
    }
    if (m->is.reallocate || policy->every_round) {
        sky_status status = reallocate(engine, types, type_count);

        if (status != SKY_OK)
            return status;
        m->is.reallocate = 0;
    }
    shares = m->array[MODEL_SHARES].items;
    for (uint32_t i = 0; i < m->array[MODEL_SHARES].count; i++)
        shares[i].owed_ppm = add_sat_i64(shares[i].owed_ppm, shares[i].share_ppm);
    return SKY_OK;
}

/* A share and its place, as sorting knows no context. */
typedef struct turn_order {
    model_share share;
    uint32_t index, reserved;
} turn_order;

/* Owed by received, the largest first; without any received, before all others; then the larger share. */
static int compare_turns(const void *a, const void *b)
{
    const turn_order *x = a, *y = b;
    sky_int128 left = (sky_int128)x->share.owed_ppm * y->share.rounds;
    sky_int128 right = (sky_int128)y->share.owed_ppm * x->share.rounds;

    if ((x->share.rounds == 0) != (y->share.rounds == 0))
        return x->share.rounds == 0 ? -1 : 1;
    if (left != right)
        return left > right ? -1 : 1;
    if (x->share.share_ppm != y->share.share_ppm)
        return x->share.share_ppm > y->share.share_ppm ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

sky_status shares_order(const model *m, uint32_t *order)
{
    const model_share *shares = m->array[MODEL_SHARES].items;
    uint32_t count = m->array[MODEL_SHARES].count;
    turn_order *turns = malloc((count + 1u) * sizeof *turns);

    if (turns == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        turns[i] = (turn_order){ shares[i], i, 0 };
    qsort(turns, count, sizeof *turns, compare_turns);
    for (uint32_t i = 0; i < count; i++)
        order[i] = turns[i].index;
    free(turns);
    return SKY_OK;
}
