#include "engine.h"

#include "allocation/turn.h"
#include "cluster/backlog.h"
#include "cluster/round.h"
#include "config.h"
#include "data/copies.h"
#include "data/reads.h"
#include "govern/gate.h"
#include "guard.h"
#include "scaling/scaling.h"
#include "serving/serving.h"
#include "streaming/ds2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS 16 /* questions to a strategy about one job at one instant */

/* ---- create and destroy ----------------------------------------------------------------------------------- */

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "engine: out of memory");
    return SKY_ERROR_MEMORY;
}

const sky_strategy_info *const *sky_strategy_list(size_t *count)
{
    *count = strategy_table_count;
    return (const sky_strategy_info *const *)strategy_table; /* info is the first member */
}

sky_status sky_engine_create(const sky_engine_config *config, sky_engine **engine, sky_error *error)
{
    engine_setup setup;
    sky_engine *e;
    sky_status status = engine_read_config(config, &setup, error);

    if (status != SKY_OK)
        return status;
    e = calloc(1, sizeof *e);
    if (e == NULL)
        return no_memory(error);
    status = model_init(&e->model, error);
    engine_set_up(e, config, &setup);
    *engine = e;
    return status;
}

void sky_engine_use_solver(sky_engine *engine, const sky_solver *solver)
{
    engine->solver = solver;
}

void sky_engine_destroy(sky_engine *engine)
{
    if (engine == NULL)
        return;
    model_free(&engine->model);
    backlog_free(engine);
    scaling_free(engine);
    free(engine->actions);
    free(engine);
}

/* ---- observe ------------------------------------------------------------------------------------------------ */

/* A plan is over. If the strategy wants to be asked again, the next look at the job does. */
static void release_plan(model *m, model_job *job)
{
    plan *p;

    if (job->plan == SKY_NONE)
        return;
    p = (plan *)m->array[MODEL_PLANS].items + job->plan;
    if (p->ask_again && job->state != MODEL_JOB_ENDED) {
        job->decided_ns = -1;
        job->round++;
    }
    memset(p->candidate, 0, p->count * sizeof p->candidate[0]);
    memset(p->probe, 0, p->probe_count * sizeof p->probe[0]);
    memset(p, 0, offsetof(plan, probe));
    p->job = SKY_NONE;
    p->free_next = m->is.free_plan;
    m->is.free_plan = job->plan;
    job->plan = SKY_NONE;
}

sky_status engine_forget(sky_engine *engine)
{
    model *m = &engine->model;
    size_t bytes = engine->strategy->memory_bytes != NULL ? engine->strategy->memory_bytes(m) : 0;
    uint32_t words = (uint32_t)((bytes + 7) / 8);

    if (model_reserve(m, MODEL_MEMORY, words) != SKY_OK)
        return SKY_ERROR_MEMORY;
    m->array[MODEL_MEMORY].count = words;
    if (words > 0)
        memset(m->array[MODEL_MEMORY].items, 0, words * sizeof(uint64_t));
    return SKY_OK;
}

/* The strategy's memory is sized by the catalog, so it is set up when the catalog is complete: at the
 * first event that is no catalog fact. */
static sky_status complete_catalog(sky_engine *engine, sky_error *error)
{
    model_complete_catalog(&engine->model);
    return engine_forget(engine) == SKY_OK ? SKY_OK : no_memory(error);
}

static int is_about_a_node(const sky_event *event)
{
    return (event->kind >= SKY_EVENT_NODE && event->kind <= SKY_EVENT_NODE_POD) ||
           event->kind == SKY_EVENT_NODE_REPAIRED;
}

/* What follows from the catalog is put away when facts of it are told again, and made anew once they have been. */
static sky_status follow_catalog(sky_engine *engine, const sky_event *event, sky_error *error)
{
    sky_status status = event->kind < SKY_EVENT_PRICE ? backlog_put_away(engine) : backlog_come_back(engine);

    return status == SKY_OK ? SKY_OK : no_memory(error);
}

sky_status sky_engine_observe(sky_engine *engine, const sky_event *event, sky_error *error)
{
    model *m = &engine->model;
    backlog_before was;
    sky_status status = SKY_OK;

    if (!m->is.asked && event->kind >= SKY_EVENT_PRICE)
        status = complete_catalog(engine, error);
    else if (m->is.asked)
        status = follow_catalog(engine, event, error);
    if (status != SKY_OK)
        return status;
    was = backlog_look(engine, event);
    status = model_observe(m, event, error);
    if (status == SKY_OK && was.is_task && backlog_follow(engine, event, &was) != SKY_OK)
        status = no_memory(error);
    if (status == SKY_OK && engine->victims != NULL && is_about_a_node(event) &&
        victims_node_changed(engine->victims, event->instance) != SKY_OK)
        status = no_memory(error);
    if (status != SKY_OK)
        return status;
    if (event->kind == SKY_EVENT_INSTANCE_STARTED || event->kind == SKY_EVENT_INSTANCE_RECLAIMED ||
        event->kind == SKY_EVENT_JOB_DONE || event->kind == SKY_EVENT_JOB_FAILED)
        release_plan(m, (model_job *)m->array[MODEL_JOBS].items + event->job);
    if (engine->strategy->siting != NULL && event->kind == SKY_EVENT_PRICE)
        m->is.freed = 1; /* who waited for a cheaper node may find none now */
    if (engine->strategy->learn != NULL && event->kind >= SKY_EVENT_PRICE)
        engine->strategy->learn(m, m->array[MODEL_MEMORY].items, event);
    return SKY_OK;
}

/* ---- decide ------------------------------------------------------------------------------------------------- */

sky_action *engine_order(sky_engine *engine, sky_action_kind kind, sky_reason reason, uint32_t job)
{
    sky_action *a;

    if (engine->action_count == engine->action_capacity) {
        size_t capacity = engine->action_capacity < 16 ? 16 : engine->action_capacity * 2;
        sky_action *actions = realloc(engine->actions, capacity * sizeof *actions);

        if (actions == NULL)
            return NULL;
        engine->actions = actions;
        engine->action_capacity = capacity;
    }
    a = &engine->actions[engine->action_count++];
    memset(a, 0, sizeof *a);
    a->time_ns = engine->model.is.now_ns;
    a->order = engine->model.is.next_order++;
    a->kind = (uint16_t)kind;
    a->reason = (uint16_t)reason;
    a->job = job;
    a->place = a->population = SKY_NONE;
    a->instance = a->pool = a->runner_up_pool = SKY_NONE;
    a->dataset = a->region = a->from = a->tier = SKY_NONE;
    return a;
}

static sky_status order_stop(sky_engine *engine, model_job *job, uint32_t index, uint32_t instance,
                             sky_reason why)
{
    sky_action *a = engine_order(engine, SKY_ACTION_TERMINATE, why, index);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->instance = instance;
    a->pool = instance == job->instance ? job->pool : SKY_NONE;
    job->waiting_answers++;
    return SKY_OK;
}

static void explain(sky_action *a, const plan *p, uint32_t chosen)
{
    const plan_candidate *c = &p->candidate[chosen];

    a->pool = c->pool;
    a->purchase = c->purchase;
    a->score = c->score;
    a->candidates = (uint16_t)p->count;
    memcpy(a->term, c->term, sizeof a->term);
    if (chosen > 0 && p->candidate[chosen - 1].move == PLAN_RUN && a->reason == SKY_REASON_STRATEGY)
        a->reason = SKY_REASON_NEXT_BEST;
    if (chosen + 1 < p->count && p->candidate[chosen + 1].move == PLAN_RUN) {
        a->runner_up_pool = p->candidate[chosen + 1].pool;
        a->runner_up_purchase = p->candidate[chosen + 1].purchase;
        a->runner_up_score = p->candidate[chosen + 1].score;
    }
}

/* Orders what is missing in the pool's region of what the job reads; nothing, where not all can or may be there. */
static sky_status bring(sky_engine *engine, const model_job *job, uint32_t pool)
{
    const model *m = &engine->model;
    uint32_t region = model_pools(m)[pool].region, count;
    const model_reading *r = model_readings_of(m, job->job_class, &count);
    sky_status status = SKY_OK;

    if (gate_check(m, job, pool) != 0 || reads_bring_nusd(m, job->job_class, region, 0) == INT64_MAX)
        return SKY_OK;
    for (uint32_t i = 0; i < count && status == SKY_OK; i++)
        status = copies_bring(engine, r[i].dataset, region, SKY_REASON_WORK);
    return status;
}

/* Tries the plan's next candidate: at most one order is given, and its answer brings us back here. */
static sky_status carry_out(sky_engine *engine, model_job *job, uint32_t index)
{
    model *m = &engine->model;
    plan *p = (plan *)m->array[MODEL_PLANS].items + job->plan;
    sky_status status = SKY_OK;

    if (p->leave_first && job->instance != SKY_NONE) {
        p->leave_first = 0;
        return order_stop(engine, job, index, job->instance, SKY_REASON_REPLACED);
    }
    while (p->next < p->count) {
        uint32_t chosen = p->next++;
        const plan_candidate *c = &p->candidate[chosen];
        sky_action *a;

        if (c->move == PLAN_RUN && gate_check(m, job, c->pool) != 0)
            continue; /* what the gatekeeper forbids is no candidate, whatever the strategy says */
        if (c->move == PLAN_RUN && !job->guarded && !engine->strategy->info.oracle &&
            !guard_allows(m, job, c->pool, (sky_purchase)c->purchase))
            continue; /* from there it could not come back in time */
        if (c->move == PLAN_BRING) {
            status = bring(engine, job, c->pool);
            if (status != SKY_OK)
                return status;
            continue;
        }
        if (c->move == PLAN_IDLE && job->instance != SKY_NONE)
            status = order_stop(engine, job, index, job->instance, SKY_REASON_IDLE);
        if (c->move != PLAN_RUN || (job->instance != SKY_NONE && job->pool == c->pool &&
                                    job->purchase == c->purchase && !job->notice)) {
            release_plan(m, job);
            return status;
        }
        a = engine_order(engine, SKY_ACTION_LAUNCH, p->reason, index);
        if (a == NULL)
            return SKY_ERROR_MEMORY;
        explain(a, p, chosen);
        job->waiting_answers++;
        return SKY_OK;
    }
    if (p->count > 0)
        job->last_failed_ns = m->is.now_ns;
    release_plan(m, job);
    return SKY_OK;
}

static sky_status new_plan(model *m, model_job *job, uint32_t index)
{
    plan *p;

    if (m->is.free_plan == SKY_NONE) {
        if (model_append(m, MODEL_PLANS) == NULL)
            return SKY_ERROR_MEMORY;
        job->plan = m->array[MODEL_PLANS].count - 1;
        p = (plan *)m->array[MODEL_PLANS].items + job->plan;
    } else {
        job->plan = m->is.free_plan;
        p = (plan *)m->array[MODEL_PLANS].items + job->plan;
        m->is.free_plan = p->free_next;
    }
    p->job = index;
    p->free_next = SKY_NONE;
    p->reason = SKY_REASON_STRATEGY;
    return SKY_OK;
}

static sky_status order_probes(sky_engine *engine, model_job *job, uint32_t index)
{
    const plan *p = (const plan *)engine->model.array[MODEL_PLANS].items + job->plan;

    for (uint32_t i = 0; i < p->probe_count; i++) {
        sky_action *a;

        if (gate_check(&engine->model, job, p->probe[i]) != 0)
            continue;
        a = engine_order(engine, SKY_ACTION_PROBE, SKY_REASON_LEARN, index);
        if (a == NULL)
            return SKY_ERROR_MEMORY;
        a->pool = p->probe[i];
        a->purchase = SKY_SPOT;
        job->waiting_answers++;
    }
    return SKY_OK;
}

static sky_status order_plain(sky_engine *engine, sky_action_kind kind, sky_reason reason, uint32_t index,
                              uint32_t rule)
{
    sky_action *a = engine_order(engine, kind, reason, index);

    if (a == NULL)
        return SKY_ERROR_MEMORY;
    a->rule = (uint16_t)(rule < UINT16_MAX ? rule : UINT16_MAX);
    return SKY_OK;
}

/* Asks guard and strategy what to do with a job, and starts to do it. */
static sky_status think(sky_engine *engine, model_job *job, uint32_t index)
{
    model *m = &engine->model;
    sky_status status;
    uint32_t rule;
    plan *p;

    if (job->decided_ns < 0 && job->leader_pool == SKY_NONE && (rule = gate_check_any(m, job)) != 0) {
        job->decided_ns = m->is.now_ns;
        return order_plain(engine, SKY_ACTION_REJECT, SKY_REASON_RULE, index, rule);
    }
    if (!job->alerted && guard_is_lost(m, job)) {
        job->alerted = 1;
        status = order_plain(engine, SKY_ACTION_ALERT, SKY_REASON_LATE, index, 0);
        if (status != SKY_OK)
            return status;
    }
    status = new_plan(m, job, index);
    if (status != SKY_OK)
        return status;
    p = (plan *)m->array[MODEL_PLANS].items + job->plan;
    job->decided_ns = m->is.now_ns;
    if (job->instance != SKY_NONE)
        job->seen_pool = job->pool;
    if (!engine->strategy->info.oracle && guard_takes_over(m, job, p))
        p->reason = SKY_REASON_SAFETY_NET;
    else
        (engine->strategy->place != NULL ? engine->strategy->place : strategy_on_demand_cheapest.place)(
            m, m->array[MODEL_MEMORY].items, index, p);
    if (p->probe_count > 0) {
        status = order_probes(engine, job, index);
        if (status != SKY_OK)
            return status;
    }
    return carry_out(engine, job, index);
}

static sky_status look_at(sky_engine *engine, uint32_t index)
{
    model *m = &engine->model;
    model_job *job = (model_job *)m->array[MODEL_JOBS].items + index;
    sky_status status = SKY_OK;

    job->queued = 0;
    if (job->stopping != SKY_NONE && job->waiting_answers == 0)
        return order_stop(engine, job, index, job->stopping, SKY_REASON_REPLACED);
    if (job->state == MODEL_JOB_ENDED || job->waiting_answers > 0)
        return SKY_OK;
    if (job->plan != SKY_NONE)
        status = carry_out(engine, job, index);
    else if (job->decided_ns != m->is.now_ns && job->decided_ns >= 0)
        job->round = 0, job->decided_ns = -1;
    while (status == SKY_OK && job->decided_ns < 0 && job->plan == SKY_NONE && job->waiting_answers == 0 &&
           job->round < MAX_ROUNDS)
        status = think(engine, job, index);
    return status;
}

sky_status sky_engine_decide(sky_engine *engine, int64_t now_ns, const sky_action **actions, size_t *count,
                             sky_error *error)
{
    model *m = &engine->model;
    int64_t settled_ns;
    sky_status status = SKY_OK;

    *count = 0;
    *actions = NULL;
    if (now_ns < m->is.now_ns) {
        snprintf(error->message, sizeof error->message, "decide: time goes back");
        return SKY_ERROR_INPUT;
    }
    if (!m->is.asked) {
        status = complete_catalog(engine, error);
        if (status != SKY_OK)
            return status;
    }
    if (backlog_come_back(engine) != SKY_OK)
        return no_memory(error);
    m->is.now_ns = now_ns;
    settled_ns = m->is.settled_ns;
    engine->action_count = 0;
    for (uint32_t i = 0; i < m->array[MODEL_QUEUE].count && status == SKY_OK; i++)
        status = look_at(engine, ((const uint32_t *)m->array[MODEL_QUEUE].items)[i]);
    m->array[MODEL_QUEUE].count = 0;
    if (status == SKY_OK)
        status = copies_weigh(engine);
    if (status == SKY_OK && engine->strategy->allocation != NULL)
        status = turn_decide(engine, error);
    if (status == SKY_ERROR_STATE)
        return status;
    if (status == SKY_OK)
        status = round_place_tasks(engine, error);
    if (status == SKY_OK)
        status = scaling_decide(engine);
    if (status == SKY_OK)
        status = serving_decide(engine);
    if (status == SKY_OK)
        status = ds2_decide(engine);
    if (status == SKY_OK && settled_ns != m->is.settled_ns && m->is.settled_ns == now_ns + 1 &&
        engine->strategy->siting != NULL) {
        m->is.freed = 1; /* who waited for a new node is tried again: none is ordered */
        status = round_place_tasks(engine, error);
    }
    if (status != SKY_OK)
        return no_memory(error);
    *actions = engine->actions;
    *count = engine->action_count;
    return SKY_OK;
}
