#include "siting.h"

#include "../cluster/lives.h"
#include "../data/reads.h"
#include "../govern/gate.h"
#include "facts.h"
#include "offer.h"

#define BYTES_PER_GB 1000000000

static int64_t price_over(int64_t nusd_per_hour, int64_t time_ns)
{
    return muldiv_i64(nusd_per_hour, time_ns < COST_MOST_NS ? time_ns : COST_MOST_NS, SKY_NS_PER_HOUR);
}

siting_task siting_task_of(const model *m, uint32_t job, int64_t waiting)
{
    const model_job *j = model_job_at(m, job);
    int64_t left_ns = life_expected_run_ns(m, j);

    return (siting_task){ .job_class = j->job_class,
                          .from = j->leader_pool != SKY_NONE && j->checkpoint_bytes > 0
                                      ? model_pools(m)[j->leader_pool].region
                                      : SKY_NONE,
                          .run_ns = left_ns < 1              ? 1
                                    : left_ns < COST_MOST_NS ? left_ns
                                                             : COST_MOST_NS,
                          .bytes = j->leader_pool != SKY_NONE ? j->checkpoint_bytes : 0,
                          .waiting = waiting };
}

int siting_pool_suits(const model *m, uint32_t job_class, uint32_t pool)
{
    const model_scale *s = model_scale_of(m, pool);

    return s != NULL && gate_check_class(m, job_class, pool) == 0 &&
           node_suits(&s->shape, &model_request_of(m, job_class)->ask) &&
           (m->terms == NULL || terms_allow_new(m->terms, job_class, pool));
}

int64_t cost_egress_nusd(const model *m, const siting_task *t, uint32_t region)
{
    const model_data *data = m->array[MODEL_DATA].items;
    int64_t cost = 0;

    if (t->job_class < m->array[MODEL_DATA].count)
        cost = muldiv_i64(data[t->job_class].bytes,
                          model_egress_nusd_per_gb(m, data[t->job_class].region, region), BYTES_PER_GB);
    if (t->from != SKY_NONE)
        cost = add_sat_i64(cost,
                           muldiv_i64(t->bytes, model_egress_nusd_per_gb(m, t->from, region), BYTES_PER_GB));
    return add_sat_i64(cost, reads_nusd(m, t->job_class, region, t->run_ns, READS_AS_IT_IS));
}

/* It would be paid for without the task as well. */
static int is_paid_anyhow(const model *m, const node *n)
{
    const model_scale *s = model_scale_of(m, n->pool);

    return s == NULL || scaling_size(m, n->pool) <= s->least ||
           (n->purchase == SKY_ON_DEMAND && s->alive[SKY_ON_DEMAND] <= s->committed);
}

int64_t cost_room_nusd(const model *m, const siting_task *t, const node *n)
{
    int64_t now_ns = m->is.now_ns, free_ns = n->busy_until_ns > now_ns ? n->busy_until_ns - now_ns : 0;

    if (t->run_ns <= free_ns || is_paid_anyhow(m, n))
        return 0;
    return price_over(model_pools(m)[n->pool].price_nusd[n->purchase], t->run_ns - free_ns);
}

int64_t cost_new_room_nusd(const model *m, const siting_task *t, uint32_t pool, sky_purchase purchase)
{
    const node_view shape = { &model_scale_of(m, pool)->shape, NULL };
    int64_t holds = node_room_for(shape, &model_request_of(m, t->job_class)->ask, t->waiting);
    int64_t cost = price_over(scaling_price_nusd(m, pool, purchase),
                              add_sat_i64(t->run_ns, model_pools(m)[pool].boot_ns));

    return holds > 1 ? cost / holds : cost;
}

int64_t cost_wait_nusd(const model *m, uint32_t pool)
{
    return price_over(m->is.scaling_options.wait_nusd_per_hour, model_pools(m)[pool].boot_ns);
}

int64_t cost_of_mgpu_nusd(const model *m, const node *n, int64_t mgpu, int64_t time_ns)
{
    const model_pool *p = &model_pools(m)[n->pool];
    const model_scale *s = model_scale_of(m, n->pool);
    int64_t price = s != NULL                             ? p->price_nusd[n->purchase]
                    : p->price_known & 1u << SKY_RESERVED ? p->price_nusd[SKY_RESERVED]
                                                          : p->price_nusd[SKY_ON_DEMAND];

    return node_mgpu(n) > 0 ? muldiv_i64(price_over(price, time_ns), mgpu, node_mgpu(n)) : 0;
}

/* ---- scores ------------------------------------------------------------------------------------------------------ */

static siting_score joined(const siting *s, int64_t region, int64_t rest)
{
    if (s->region_first)
        return (siting_score){ region, rest };
    return (siting_score){ add_sat_i64(region, rest), 0 };
}

siting_score siting_of_node(const siting *s, const model *m, const void *prepared, const siting_task *t,
                            node_view n, int64_t term[SKY_TERMS])
{
    int64_t region = s->region(m, t, model_pools(m)[n.is->pool].region, term);

    return joined(s, region, s->node(m, prepared, t, n, term));
}

siting_score siting_of_growing(const siting *s, const model *m, const siting_task *t, uint32_t pool,
                               sky_purchase purchase, int64_t term[SKY_TERMS])
{
    int64_t region = s->region(m, t, model_pools(m)[pool].region, term);

    return joined(s, region, s->grow(m, t, pool, purchase, term));
}

siting_score siting_of_best_growing(const siting *s, const model *m, const siting_task *t)
{
    siting_score best = SITING_NOWHERE;
    int64_t term[SKY_TERMS] = { 0 };

    for (uint32_t pool = 0; pool < m->array[MODEL_SCALES].count; pool++)
        for (int purchase = 0; purchase < SKY_PURCHASE_COUNT; purchase++) {
            siting_score score;

            if (!scaling_may_grow(m, pool, (sky_purchase)purchase) ||
                !siting_pool_suits(m, t->job_class, pool))
                continue;
            score = siting_of_growing(s, m, t, pool, (sky_purchase)purchase, term);
            if (siting_is_less(score, best))
                best = score;
        }
    return best;
}
