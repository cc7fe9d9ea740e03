#include "strategy.h"

#include "../data/reads.h"

#define PPM 1000000

plan_candidate *plan_add(plan *p, plan_move move, uint32_t pool, sky_purchase purchase, int64_t score)
{
    plan_candidate *c;

    if (p->count == PLAN_MAX) {
        p->overflow++;
        return &p->candidate[PLAN_MAX - 1];
    }
    c = &p->candidate[p->count++];
    *c = (plan_candidate){
        .pool = pool, .purchase = (uint16_t)purchase, .move = (uint16_t)move, .score = score
    };
    return c;
}

void plan_add_probe(plan *p, uint32_t pool)
{
    if (p->probe_count < PLAN_MAX)
        p->probe[p->probe_count++] = pool;
}

static int comes_before(const plan_candidate *a, const plan_candidate *b)
{
    if (a->score != b->score)
        return a->score < b->score;
    if (a->pool != b->pool)
        return a->pool < b->pool;
    return a->purchase < b->purchase;
}

void plan_sort(plan *p)
{
    for (uint32_t i = 1; i < p->count; i++) {
        plan_candidate c = p->candidate[i];
        uint32_t at = i;

        for (; at > 0 && comes_before(&c, &p->candidate[at - 1]); at--)
            p->candidate[at] = p->candidate[at - 1];
        p->candidate[at] = c;
    }
}

int64_t strategy_price_of_work(const model *m, const model_eligible *e, sky_purchase purchase)
{
    int64_t price = model_job_price(m, e, purchase);

    return e->speed_ppm == PPM ? price : muldiv_i64(price, PPM, e->speed_ppm);
}

uint32_t strategy_home_pool(const model *m, const model_class *c)
{
    const uint32_t both = 1u << SKY_SPOT | 1u << SKY_ON_DEMAND;
    const model_eligible *e = model_eligible_of(m, c);
    uint32_t home = SKY_NONE;

    for (uint32_t i = 0; i < c->count; i++) {
        if (e[i].rule != 0)
            continue;
        if ((model_pools(m)[e[i].pool].purchases & both) == both)
            return e[i].pool;
        if (home == SKY_NONE)
            home = e[i].pool;
    }
    return home;
}

int64_t strategy_time_left(const model *m, const model_job *job)
{
    return job->deadline_ns == SKY_NEVER_NS ? SKY_NEVER_NS : job->deadline_ns - m->is.now_ns;
}

void plan_insert(plan *p, uint32_t fixed, plan_candidate c)
{
    uint32_t at;

    if (p->count == PLAN_MAX) {
        p->overflow++;
        if (!comes_before(&c, &p->candidate[PLAN_MAX - 1]))
            return;
    } else {
        p->count++;
    }
    for (at = p->count - 1; at > fixed && comes_before(&c, &p->candidate[at - 1]); at--)
        p->candidate[at] = p->candidate[at - 1];
    p->candidate[at] = c;
}

static void plan_add_all(plan *p, const model *m, const model_job *job, sky_purchase purchase)
{
    const model_class *c = model_class_of(m, job);
    const model_eligible *e = model_eligible_of(m, c);
    const model_pool *pools = model_pools(m);
    int64_t left_ns = job->work_ns - job->done_ns;
    uint32_t fixed = p->count;

    for (uint32_t i = 0; i < c->count; i++) {
        const model_pool *pool = &pools[e[i].pool];
        int64_t compute, egress, reads, move_ns = model_move_ns(m, job, e[i].pool);

        if (e[i].rule != 0 || !(pool->purchases & pool->price_known & 1u << purchase))
            continue;
        move_ns = add_sat_i64(move_ns, reads_start_ns(m, job->job_class, pool->region, READS_AS_IT_IS));
        if (pool->capacity - pool->in_use < e[i].machines || move_ns == SKY_NEVER_NS)
            continue;
        compute = muldiv_i64(strategy_price_of_work(m, &e[i], purchase), left_ns, SKY_NS_PER_HOUR);
        compute = add_sat_i64(compute,
                              muldiv_i64(model_job_price(m, &e[i], purchase), move_ns, SKY_NS_PER_HOUR));
        reads = reads_nusd(m, job->job_class, pool->region, left_ns, READS_AS_IT_IS);
        egress = add_sat_i64(model_egress_nusd(m, job, e[i].pool), reads);
        if (reads == INT64_MAX)
            continue;
        plan_insert(p, fixed,
                    (plan_candidate){ .pool = e[i].pool,
                                      .purchase = (uint16_t)purchase,
                                      .move = PLAN_RUN,
                                      .score = add_sat_i64(compute, egress),
                                      .term = { compute, egress } });
    }
}

void plan_add_on_demand(plan *p, const model *m, const model_job *job)
{
    plan_add_all(p, m, job, SKY_ON_DEMAND);
}

void plan_add_spot(plan *p, const model *m, const model_job *job)
{
    plan_add_all(p, m, job, SKY_SPOT);
}
