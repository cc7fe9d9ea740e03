#include "term_facts.h"

#include <stdlib.h>

#define MAX_TERMS 64 /* of a class */
#define MAX_SKEW  1000000

static sky_status check_preference(const model *m, const sky_event *event, sky_error *error)
{
    if (event->detail >= SKY_PREFERENCE_COUNT)
        return model_refuse(error, event, "expected what is preferred", event->detail);
    if (event->d == 0)
        return model_refuse(error, event, "expected a weight of 1 to 1000", event->d);
    if (event->detail <= SKY_PREFER_LABELS && event->a == 0)
        return model_refuse(error, event, "expected models or labels", event->a);
    if (event->detail == SKY_PREFER_POOL && event->pool >= m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "no such pool", event->pool);
    if (event->detail >= SKY_PREFER_ZONE && event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such region", event->region);
    if (event->detail == SKY_PREFER_ZONE && (event->b < 0 || event->b > UINT32_MAX))
        return model_refuse(error, event, "expected a zone within the region", event->b);
    return SKY_OK;
}

static sky_status check_term(const model *m, const sky_event *event, sky_error *error)
{
    const model_array *all = &m->array[MODEL_TERMS];
    const terms_term *is = all->items;

    if (all->count > 0 && is[all->count - 1].job_class > event->other)
        return model_refuse(error, event, "terms come in rising order of classes", event->other);
    if (all->count >= MAX_TERMS && is[all->count - MAX_TERMS].job_class == event->other)
        return model_refuse(error, event, "expected at most 64 terms a class", event->other);
    if (event->d < 0 || event->d > TERMS_WEIGHT_MOST)
        return model_refuse(error, event, "expected a weight of at most 1000", event->d);
    if (event->kind == SKY_EVENT_PREFER)
        return check_preference(m, event, error);
    if (event->detail >= SKY_LEVEL_COUNT)
        return model_refuse(error, event, "expected a level: node, zone or region", event->detail);
    if (event->a == 0)
        return model_refuse(error, event, "expected at least one group", event->a);
    if (event->kind == SKY_EVENT_SPREAD && (event->b < 1 || event->b > MAX_SKEW))
        return model_refuse(error, event, "expected a skew of 1 to 1,000,000", event->b);
    return SKY_OK;
}

terms_term term_of_event(const sky_event *event)
{
    terms_term term = { .bits = (uint64_t)event->a,
                        .weight = event->d,
                        .job_class = event->other,
                        .kind = (uint16_t)(TERMS_PREFERENCE + (event->kind - SKY_EVENT_PREFER)),
                        .level = event->detail };

    if (event->kind == SKY_EVENT_SPREAD) {
        term.skew = (uint32_t)event->b;
    } else if (event->kind == SKY_EVENT_PREFER) {
        term.region = event->region;
        term.place = event->detail == SKY_PREFER_POOL ? event->pool : (uint32_t)event->b;
    }
    return term;
}

sky_status term_observe(model *m, const sky_event *event, sky_error *error)
{
    terms_term *term;
    sky_status status;

    if (!model_is_task(m, event->other))
        return model_refuse(error, event, "expected the class's request first", event->other);
    if (event->kind == SKY_EVENT_GROUPS) {
        ((model_request *)m->array[MODEL_REQUESTS].items)[event->other].groups = (uint64_t)event->a;
        return SKY_OK;
    }
    status = check_term(m, event, error);
    if (status != SKY_OK)
        return status;
    term = model_append(m, MODEL_TERMS);
    if (term == NULL)
        return model_no_memory(error);
    *term = term_of_event(event);
    return SKY_OK;
}

/* ---- what is derived ------------------------------------------------------------------------------------------- */

static terms *create(const model *m, int (*gate)(const void *context, uint32_t job_class, const node *n))
{
    uint32_t class_count = m->array[MODEL_REQUESTS].count, pool_count = model_pool_count(m);
    terms_class *classes = calloc(class_count + 1u, sizeof *classes);
    terms_pool *pools = calloc(pool_count + 1u, sizeof *pools);
    terms *made = NULL;

    for (uint32_t c = 0; classes != NULL && c < class_count; c++)
        classes[c] = (terms_class){ model_request_of(m, c)->ask, model_request_of(m, c)->groups };
    for (uint32_t p = 0; pools != NULL && p < pool_count; p++)
        pools[p] = (terms_pool){ model_pools(m)[p].region, model_pools(m)[p].zone };
    if (classes != NULL && pools != NULL)
        made = terms_create(&(terms_setup){ .terms = m->array[MODEL_TERMS].items,
                                            .term_count = m->array[MODEL_TERMS].count,
                                            .classes = classes,
                                            .class_count = class_count,
                                            .pools = pools,
                                            .pool_count = pool_count,
                                            .gate = gate,
                                            .context = m });
    free(classes);
    free(pools);
    return made;
}

static sky_status count_task(model *m, const model_job *j)
{
    const model_part *parts = m->array[MODEL_PARTS].items;
    sky_status status = terms_count(m->terms, j->job_class, j->instance, 1);

    for (uint32_t i = j->more_parts; i != SKY_NONE && status == SKY_OK; i = parts[i].next)
        status = terms_count(m->terms, j->job_class, parts[i].node, 1);
    return status;
}

sky_status model_make_terms(model *m, int (*gate)(const void *context, uint32_t job_class, const node *n))
{
    sky_status status = SKY_OK;

    if (m->terms != NULL || m->array[MODEL_TERMS].count == 0)
        return SKY_OK;
    m->terms = create(m, gate);
    if (m->terms == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < model_node_count(m) && status == SKY_OK; i++)
        status = terms_hear(m->terms, i, &model_nodes(m)[i]);
    for (uint32_t i = 0; i < m->array[MODEL_JOBS].count && status == SKY_OK; i++) {
        const model_job *j = model_job_at(m, i);

        if (j->instance != SKY_NONE && model_is_task(m, j->job_class))
            status = count_task(m, j);
    }
    return status;
}
