/* Where tasks may be, beside whether there is room: the pools that are open to their class, and its placement terms. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static int may_enter(const void *context, uint32_t job_class, const node *n)
{
    const scenario *s = context;
    const scenario_class *c = &s->classes[job_class];
    size_t low = 0, high = c->eligible_count;

    for (size_t i = 0; i < c->forbidden_count; i++)
        if (c->forbidden_regions[i] == s->pools[n->pool].region)
            return 0;
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (c->eligible[middle].pool < n->pool)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->eligible_count && c->eligible[low].pool == n->pool;
}

static terms *create(const scenario *s, const terms_term *all, size_t term_count)
{
    terms_class *classes = calloc(s->class_count + 1, sizeof *classes);
    terms_pool *pools = calloc(s->pool_count + 1, sizeof *pools);
    terms *made = NULL;

    for (size_t c = 0; classes != NULL && c < s->class_count; c++)
        classes[c] = (terms_class){ s->classes[c].request, s->classes[c].groups };
    for (size_t p = 0; pools != NULL && p < s->pool_count; p++)
        pools[p] = (terms_pool){ s->pools[p].region, s->pools[p].zone };
    if (classes != NULL && pools != NULL)
        made = terms_create(&(terms_setup){ .terms = all,
                                            .term_count = term_count,
                                            .classes = classes,
                                            .class_count = (uint32_t)s->class_count,
                                            .pools = pools,
                                            .pool_count = (uint32_t)s->pool_count,
                                            .gate = may_enter,
                                            .context = s });
    free(classes);
    free(pools);
    return made;
}

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "world: out of memory for placement terms");
    return SKY_ERROR_MEMORY;
}

sky_status world_start_terms(world *w, sky_error *error)
{
    const scenario *s = w->scenario;
    size_t count = 0, used = 0;
    terms_term *all;
    sky_status status = SKY_OK;

    for (size_t c = 0; c < s->class_count; c++)
        count += s->classes[c].term_count;
    if (count == 0)
        return SKY_OK;
    all = malloc(count * sizeof *all);
    for (size_t c = 0; all != NULL && c < s->class_count; c++)
        for (size_t i = 0; i < s->classes[c].term_count; i++)
            all[used++] = s->classes[c].terms[i];
    w->terms = all != NULL ? create(s, all, count) : NULL;
    free(all);
    for (uint32_t i = 0; w->terms != NULL && i < s->node_count && status == SKY_OK; i++)
        status = terms_hear(w->terms, i, &w->nodes[i]);
    return w->terms != NULL && status == SKY_OK ? SKY_OK : no_memory(error);
}

sky_status world_node_is(world *w, uint32_t node_index, node_state state, sky_error *error)
{
    w->nodes[node_index].state = (uint8_t)state;
    if (state ==
        NODE_ABSENT) /* its place may be another's before those that were leaving it would have left */
        w->node_left_ns[node_index] = 0;
    if (w->terms == NULL || terms_hear(w->terms, node_index, &w->nodes[node_index]) == SKY_OK)
        return SKY_OK;
    return no_memory(error);
}

int world_may_be_on(const world *w, uint32_t job_class, uint32_t node_index)
{
    const node *n = &w->nodes[node_index];

    return may_enter(w->scenario, job_class, n) &&
           (w->terms == NULL || terms_of(w->terms, job_class, node_index, n) != TERMS_ILLEGAL);
}
