#include "scaling.h"

#include "siting.h"

#include <stdlib.h>
#include <string.h>

static sky_status make_scratch(sky_engine *engine)
{
    const model *m = &engine->model;
    size_t places = (size_t)m->array[MODEL_CLASSES].count * (m->array[MODEL_REGIONS].count + 1u);
    scaling_scratch *s;

    if (engine->scratch != NULL)
        return SKY_OK;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return SKY_ERROR_MEMORY;
    engine->scratch = s;
    s->demand_of = malloc(places * sizeof *s->demand_of);
    if (s->demand_of == NULL)
        return SKY_ERROR_MEMORY;
    memset(s->demand_of, 0xff, places * sizeof *s->demand_of);
    if (engine->strategy->siting != NULL && engine->strategy->siting->prepare != NULL)
        return engine->strategy->siting->prepare(m, &s->prepared);
    return SKY_OK;
}

void scaling_free(sky_engine *engine)
{
    scaling_scratch *s = engine->scratch;

    if (s == NULL)
        return;
    free(s->demands);
    free(s->demand_of);
    free(s->prepared);
    free(s);
}

static uint32_t *place_of(const sky_engine *engine, const siting_task *t)
{
    uint32_t regions = engine->model.array[MODEL_REGIONS].count;

    return &engine->scratch
                ->demand_of[t->job_class * (regions + 1u) + (t->from == SKY_NONE ? 0 : t->from + 1u)];
}

static sky_status count_task(sky_engine *engine, const siting_task *t, int64_t parts)
{
    scaling_scratch *s = engine->scratch;
    uint32_t *place = place_of(engine, t);
    scaling_demand *d;

    if (*place == SKY_NONE) {
        if (s->demand_count == s->demand_capacity) {
            uint32_t capacity = s->demand_capacity < 16 ? 16 : 2 * s->demand_capacity;
            scaling_demand *demands = realloc(s->demands, capacity * sizeof *demands);

            if (demands == NULL)
                return SKY_ERROR_MEMORY;
            s->demands = demands;
            s->demand_capacity = capacity;
        }
        *place = s->demand_count++;
        s->demands[*place] = (scaling_demand){ .job_class = t->job_class, .from = t->from };
    }
    d = &s->demands[*place];
    d->count += parts;
    d->run_ns = add_sat_i64(d->run_ns, muldiv_i64(t->run_ns, parts, 1));
    d->bytes = add_sat_i64(d->bytes, muldiv_i64(t->bytes, parts, 1));
    return SKY_OK;
}

static int compare_demands(const void *a, const void *b)
{
    const scaling_demand *x = a, *y = b;

    if (x->job_class != y->job_class)
        return x->job_class < y->job_class ? -1 : 1;
    return (x->from + 1u > y->from + 1u) - (x->from + 1u < y->from + 1u);
}

sky_status scaling_count_waiting(sky_engine *engine)
{
    const model *m = &engine->model;
    scaling_scratch *s;
    queue_entry entry;
    sky_status status = make_scratch(engine);

    if (status != SKY_OK)
        return status;
    s = engine->scratch;
    for (uint32_t i = 0; i < s->demand_count; i++) {
        const siting_task like = { .job_class = s->demands[i].job_class, .from = s->demands[i].from };

        *place_of(engine, &like) = SKY_NONE;
    }
    s->demand_count = 0;
    for (uint32_t slot = 0; slot < queue_slots(engine->queue) && status == SKY_OK; slot++)
        if (queue_in_slot(engine->queue, slot, &entry)) {
            const siting_task t = siting_task_of(m, entry.job, 1);

            status = count_task(engine, &t, entry.tasks);
        }
    for (uint32_t i = 0; engine->reservations != NULL && i < reservations_count(engine->reservations); i++) {
        uint32_t job = reservations_promised(engine->reservations, i);
        const siting_task t = siting_task_of(m, job, 1);

        if (status == SKY_OK &&
            !queue_find(engine->queue, job, &entry)) /* what it was promised may be far off */
            status = count_task(engine, &t, model_job_at(m, job)->gang);
    }
    if (s->demand_count > 1) /* slots have no order */
        qsort(s->demands, s->demand_count, sizeof *s->demands, compare_demands);
    for (uint32_t i = 0; i < s->demand_count; i++) {
        const siting_task like = { .job_class = s->demands[i].job_class, .from = s->demands[i].from };

        *place_of(engine, &like) = i;
        s->demands[i].run_ns /= s->demands[i].count;
        s->demands[i].bytes /= s->demands[i].count;
    }
    return status;
}

const scaling_demand *scaling_demand_of(const sky_engine *engine, uint32_t job)
{
    const siting_task t = siting_task_of(&engine->model, job, 1);
    uint32_t at = *place_of(engine, &t);

    return at != SKY_NONE ? &engine->scratch->demands[at] : NULL;
}
