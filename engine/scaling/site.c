#include "scaling.h"

#include "siting.h"

#include <string.h>

/* 1: a node that may hold the class's tasks boots, or was ordered. */
static int is_one_coming(const model *m, uint32_t job_class)
{
    for (uint32_t i = 0; i < model_node_count(m); i++)
        if (model_nodes(m)[i].state == NODE_BOOTING &&
            siting_pool_suits(m, job_class, model_nodes(m)[i].pool))
            return 1;
    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++)
        for (int purchase = 0; model_scale_of(m, pool) != NULL && purchase < SKY_PURCHASE_COUNT; purchase++)
            if (model_scale_of(m, pool)->ordered[purchase] > 0 && siting_pool_suits(m, job_class, pool))
                return 1;
    return 0;
}

void scaling_site(const sky_engine *engine, uint32_t job, scaling_choice *choice)
{
    const model *m = &engine->model;
    const siting *s = engine->strategy->siting;
    const scaling_demand *d = scaling_demand_of(engine, job);
    siting_task t = siting_task_of(m, job, d != NULL ? d->count : 1);
    siting_score best = SITING_NOWHERE, second = SITING_NOWHERE, grow;

    if (d != NULL) /* as growing weighs all of its kind */
        t.run_ns = d->run_ns;
    grow = siting_of_best_growing(s, m, &t);
    memset(choice, 0, sizeof *choice);
    choice->node = choice->runner_up = SKY_NONE;
    for (uint32_t i = 0; i < model_node_count(m); i++) {
        const node *n = &model_nodes(m)[i];
        int64_t term[SKY_TERMS] = { 0 };
        siting_score score;

        if (n->state != NODE_UP || packing_index_is_masked(engine->packing, i) ||
            packing_index_score(engine->packing, m, i, model_node_view(m, i), t.job_class) == PACKING_NO_ROOM)
            continue; /* no room, or the gatekeeper or required terms forbid it */
        score = siting_of_node(s, m, engine->scratch->prepared, &t, model_node_view(m, i), term);
        choice->candidates += choice->candidates < UINT16_MAX;
        if (choice->node == SKY_NONE || siting_is_less(score, best) ||
            (!siting_is_less(best, score) && n->rank < model_nodes(m)[choice->node].rank)) {
            choice->runner_up = choice->node;
            second = best;
            choice->node = i;
            best = score;
            memcpy(choice->term, term, sizeof term);
        } else if (choice->runner_up == SKY_NONE || siting_is_less(score, second)) {
            choice->runner_up = i;
            second = score;
        }
    }
    if (siting_is_less(grow, best) && (m->is.settled_ns != m->is.now_ns + 1 || is_one_coming(m, t.job_class)))
        choice->node = SKY_NONE;
    choice->score = best.first;
    choice->runner_up_score = choice->runner_up != SKY_NONE ? second.first : 0;
}
