#include "engine.h"

#include "allocation/turn.h"
#include "cluster/backlog.h"
#include "cluster/round.h"
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

#define MOST_WAIT_NUSD INT64_C(1000000000000000) /* a million dollars an hour */
#define MAX_ROUNDS     16                        /* questions to a strategy about one job at one instant */

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

static int is_name(const char *name, const char *text, size_t length)
{
    return name != NULL && strlen(name) == length && memcmp(name, text, length) == 0;
}

/* What a name says: "NAME", and what is to be beside it whatever the configuration has. */
typedef struct named {
    const strategy *strategy; /* NULL: none such */
    uint32_t index;
    const char *queue, *serving; /* NULL: nothing is said */
} named;

/* What stands behind a plus: a queue or a serving policy. 0: neither. */
static int read_suffix(const char *text, size_t length, named *n)
{
    char name[64];
    const sky_queue_info *queue;
    const sky_serving_info *serving;

    if (length >= sizeof name)
        return 0;
    memcpy(name, text, length);
    name[length] = '\0';
    queue = sky_queue_find(name);
    serving = sky_serving_find(name);
    if (queue != NULL && n->queue == NULL)
        n->queue = queue->name;
    else if (serving != NULL && n->serving == NULL)
        n->serving = serving->name;
    else
        return 0;
    return 1;
}

/* Up to the next plus. */
static size_t part_length(const char *text)
{
    const char *plus = strchr(text, '+');

    return plus != NULL ? (size_t)(plus - text) : strlen(text);
}

/* "NAME", "NAME+QUEUE", "NAME+SERVING" or "NAME+QUEUE+SERVING". */
static named find_strategy(const char *text)
{
    size_t length = part_length(text);
    named n = { .strategy = NULL };

    for (const char *at = text + length; *at == '+';) {
        size_t part = part_length(at + 1);

        if (!read_suffix(at + 1, part, &n))
            return n;
        at += 1 + part;
    }
    for (size_t i = 0; i < strategy_table_count && n.strategy == NULL; i++) {
        const sky_strategy_info *info = &strategy_table[i]->info;

        if (!is_name(info->name, text, length) && !is_name(info->published, text, length))
            continue;
        n.index = (uint32_t)i;
        n.strategy = strategy_table[i];
        if (n.queue == NULL)
            n.queue = n.strategy->queue;
    }
    return n;
}

const sky_strategy_info *sky_strategy_find(const char *name)
{
    const strategy *s = find_strategy(name).strategy;

    return s != NULL ? &s->info : NULL;
}

static int options_are_sane(const sky_queue_options *o)
{
    const int64_t weights[] = { o->age_weight, o->size_weight, o->priority_weight, o->fair_share_weight };

    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
        if (weights[i] < 0 || weights[i] > INT64_C(1000000000000))
            return 0;
    return o->strict <= 1 && o->preempt <= 1 && o->half_life_ns >= 0 && o->age_saturates_ns >= 0 &&
           o->highest_priority >= 0 && o->fair_share_damping >= 0;
}

static sky_status check_queue(const sky_engine_config *config, const char *named,
                              const queue_discipline **discipline, sky_error *error)
{
    const char *name = named != NULL ? named : config->queue != NULL ? config->queue : "fcfs";

    *discipline = queue_discipline_find(name);
    if (*discipline == NULL) {
        snprintf(error->message, sizeof error->message, "queue: found \"%.64s\", expected one of the listed",
                 name);
        return SKY_ERROR_INPUT;
    }
    if (!options_are_sane(&config->queue_options)) {
        snprintf(
            error->message, sizeof error->message,
            "queue: expected options of at least 0, weights of at most 10^12, strict and preempt of 0 or 1");
        return SKY_ERROR_INPUT;
    }
    return SKY_OK;
}

static sky_status check_scaling(const sky_engine_config *config, const scaling_policy **policy,
                                sky_error *error)
{
    const char *name = config->scaling != NULL ? config->scaling : "demand";
    const sky_scaling_options *o = &config->scaling_options;

    *policy = scaling_find(name);
    if (*policy == NULL) {
        snprintf(error->message, sizeof error->message,
                 "scaling: found \"%.64s\", expected one of the listed", name);
        return SKY_ERROR_INPUT;
    }
    if (o->idle_ns < 0 || o->drain_ns < 0 || o->back_off_ns < 0 || o->back_off_most_ns < 0 ||
        o->wait_nusd_per_hour < 0 || o->drain_below_ppm < 0 || o->drain_below_ppm > 1000000 ||
        o->target_ppm < 0 || o->target_ppm > 1000000) {
        snprintf(error->message, sizeof error->message,
                 "scaling: expected times and prices of at least 0, shares of at most 1,000,000 ppm");
        return SKY_ERROR_INPUT;
    }
    return SKY_OK;
}

static sky_status check_data(const sky_data_options *o, sky_error *error)
{
    if (o->replication <= SKY_REPLICATE_BREAK_EVEN && o->tiering <= SKY_TIERS_BY_READS &&
        o->time_nusd_per_hour >= 0)
        return SKY_OK;
    snprintf(error->message, sizeof error->message,
             "data: expected kinds of replication and tiering that there are, a value of time of at least 0");
    return SKY_ERROR_INPUT;
}

static sky_status check_serving(const sky_engine_config *config, const char *named,
                                const serving_policy **policy, sky_error *error)
{
    const char *name = named != NULL ? named : config->serving != NULL ? config->serving : "as-declared";
    const sky_serving_options *o = &config->serving_options;

    *policy = serving_find(name);
    if (*policy == NULL) {
        snprintf(error->message, sizeof error->message,
                 "serving: found \"%.64s\", expected one of the listed", name);
        return SKY_ERROR_INPUT;
    }
    if (o->target_ppm < 0 || o->target_ppm > 1000000 || o->most_nusd_per_hour < 0 ||
        o->wait_nusd_per_hour < 0 || o->wait_nusd_per_hour > MOST_WAIT_NUSD) {
        snprintf(error->message, sizeof error->message,
                 "serving: expected prices of at least 0, a target of at most 1,000,000 ppm");
        return SKY_ERROR_INPUT;
    }
    return SKY_OK;
}

static sky_status check_config(const sky_engine_config *config, const strategy *s, sky_error *error)
{
    if (config->streaming_target_ppm < 0 || config->streaming_target_ppm > 1000000) {
        snprintf(error->message, sizeof error->message,
                 "streaming: expected a target of at most 1,000,000 ppm");
        return SKY_ERROR_INPUT;
    }
    if (s == NULL) {
        snprintf(error->message, sizeof error->message,
                 "strategy: found \"%.64s\", expected one of the listed", config->strategy);
        return SKY_ERROR_INPUT;
    }
    if (config->control_interval_ns <= 0 || config->probe_bill_ns < 0) {
        snprintf(error->message, sizeof error->message,
                 "engine: expected a positive control interval and a probe bill of at least 0");
        return SKY_ERROR_INPUT;
    }
    return SKY_OK;
}

sky_status sky_engine_create(const sky_engine_config *config, sky_engine **engine, sky_error *error)
{
    const named named = find_strategy(config->strategy);
    const queue_discipline *discipline;
    const scaling_policy *scaling;
    const serving_policy *serving;
    sky_engine *e;
    sky_status status = check_config(config, named.strategy, error);

    if (status == SKY_OK)
        status = check_queue(config, named.queue, &discipline, error);
    if (status == SKY_OK)
        status = check_serving(config, named.serving, &serving, error);
    if (status == SKY_OK)
        status = check_scaling(config, &scaling, error);
    if (status == SKY_OK)
        status = check_data(&config->data_options, error);
    if (status != SKY_OK)
        return status;
    e = calloc(1, sizeof *e);
    if (e == NULL)
        return no_memory(error);
    status = model_init(&e->model, error);
    e->strategy = named.strategy;
    e->serving = serving;
    e->discipline = discipline;
    e->solver = config->solver;
    e->scaling = scaling;
    e->model.is.queue_options = config->queue_options;
    e->model.is.scaling_options = config->scaling_options;
    e->model.is.data_options = config->data_options;
    e->model.is.strategy = named.index;
    e->model.is.serving_options = config->serving_options;
    e->model.is.streaming_target_ppm = config->streaming_target_ppm;
    e->model.is.interval_ns = config->control_interval_ns;
    e->model.is.probe_bill_ns = config->probe_bill_ns;
    e->model.is.deadline_guard = config->deadline_guard != 0;
    e->model.is.drop_unplaceable = config->drop_unplaceable != 0;
    e->model.is.seed = config->seed;
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

/* The strategy's memory, in which there is nothing yet. */
static sky_status give_memory(sky_engine *engine, sky_error *error)
{
    model *m = &engine->model;
    size_t bytes = engine->strategy->memory_bytes != NULL ? engine->strategy->memory_bytes(m) : 0;
    uint32_t words = (uint32_t)((bytes + 7) / 8);

    m->array[MODEL_MEMORY].count = 0;
    if (words == 0)
        return SKY_OK;
    if (model_reserve(m, MODEL_MEMORY, words) != SKY_OK)
        return no_memory(error);
    m->array[MODEL_MEMORY].count = words;
    memset(m->array[MODEL_MEMORY].items, 0, words * sizeof(uint64_t));
    return SKY_OK;
}

/* That memory is sized by the catalog, so it is set up when the catalog is complete: at the first event that is no catalog
 * fact. */
static sky_status complete_catalog(sky_engine *engine, sky_error *error)
{
    model_complete_catalog(&engine->model);
    return give_memory(engine, error);
}

sky_status sky_engine_use_strategy(sky_engine *engine, const char *strategy, sky_error *error)
{
    const named named = find_strategy(strategy);
    const char *queue = queue_discipline_about(engine->discipline)->name;

    if (named.strategy == NULL) {
        snprintf(error->message, sizeof error->message,
                 "strategy: found \"%.64s\", expected one of the listed", strategy);
        return SKY_ERROR_INPUT;
    }
    if ((named.queue != NULL && strcmp(named.queue, queue) != 0) ||
        (named.serving != NULL && strcmp(named.serving, engine->serving->info.name) != 0)) {
        snprintf(error->message, sizeof error->message,
                 "strategy: found \"%.64s\" in the middle of a run, expected one with the run's queue (%s) "
                 "and serving (%s)",
                 strategy, queue, engine->serving->info.name);
        return SKY_ERROR_INPUT;
    }
    if (named.strategy == engine->strategy)
        return SKY_OK;
    engine->strategy = named.strategy;
    engine->model.is.strategy = named.index;
    return engine->model.is.asked ? give_memory(engine, error) : SKY_OK;
}

static int is_about_a_node(const sky_event *event)
{
    return (event->kind >= SKY_EVENT_NODE && event->kind <= SKY_EVENT_NODE_POD) ||
           event->kind == SKY_EVENT_NODE_REPAIRED;
}

sky_status sky_engine_observe(sky_engine *engine, const sky_event *event, sky_error *error)
{
    model *m = &engine->model;
    backlog_before was;
    sky_status status;

    if (!m->is.asked && event->kind >= SKY_EVENT_PRICE) {
        status = complete_catalog(engine, error);
        if (status != SKY_OK)
            return status;
    }
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
