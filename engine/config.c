#include "config.h"

#include "scaling/scaling.h"
#include "serving/serving.h"

#include <stdio.h>
#include <string.h>

#define MOST_WAIT_NUSD INT64_C(1000000000000000) /* a million dollars an hour */

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

sky_status engine_read_config(const sky_engine_config *config, engine_setup *setup, sky_error *error)
{
    const named named = find_strategy(config->strategy);
    sky_status status = check_config(config, named.strategy, error);

    setup->strategy = named.strategy;
    setup->index = named.index;
    if (status == SKY_OK)
        status = check_queue(config, named.queue, &setup->discipline, error);
    if (status == SKY_OK)
        status = check_serving(config, named.serving, &setup->serving, error);
    if (status == SKY_OK)
        status = check_scaling(config, &setup->scaling, error);
    return status == SKY_OK ? check_data(&config->data_options, error) : status;
}

void engine_set_up(sky_engine *engine, const sky_engine_config *config, const engine_setup *setup)
{
    model_scalars *is = &engine->model.is;

    engine->strategy = setup->strategy;
    engine->discipline = setup->discipline;
    engine->scaling = setup->scaling;
    engine->serving = setup->serving;
    engine->solver = config->solver;
    is->strategy = setup->index;
    is->queue_options = config->queue_options;
    is->scaling_options = config->scaling_options;
    is->data_options = config->data_options;
    is->serving_options = config->serving_options;
    is->streaming_target_ppm = config->streaming_target_ppm;
    is->interval_ns = config->control_interval_ns;
    is->probe_bill_ns = config->probe_bill_ns;
    is->deadline_guard = config->deadline_guard != 0;
    is->drop_unplaceable = config->drop_unplaceable != 0;
    is->seed = config->seed;
}
