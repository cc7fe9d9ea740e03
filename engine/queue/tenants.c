#include "tenants.h"

#include "../model/arith.h"
#include "discipline.h"
#include "halving.h"

int64_t queue_dominant_share(const queue_amounts *held, const queue_amounts *capacity)
{
    int64_t most = 0;

    for (int i = 0; i < QUEUE_RESOURCE_COUNT; i++)
        if (capacity->of[i] > 0) {
            int64_t share = muldiv_floor_i64(held->of[i], QUEUE_SHARE_ONE, capacity->of[i]);

            most = share > most ? share : most;
        }
    return most;
}

int64_t queue_use(const queue_context *context, const queue_tenant *tenant)
{
    return tenant->average + queue_dominant_share(&tenant->held, &context->capacity);
}

static int64_t interval_of(int64_t half_life_ns)
{
    return half_life_ns < HALVING_STEPS ? 1 : half_life_ns / HALVING_STEPS;
}

/* The average after one more interval of that mean share. */
static int64_t after_interval(int64_t average, int64_t mean)
{
    return halving_decay(average, 1) + mean - halving_decay(mean, 1);
}

/* Up to the start of the interval that holds `now_ns`. */
static void finish_intervals(queue_tenant *tenant, int64_t share, int64_t interval_ns, int64_t now_ns)
{
    int64_t over = now_ns / interval_ns - tenant->since_ns / interval_ns, last = -1;
    int64_t left_ns = interval_ns - tenant->since_ns % interval_ns;

    if (over <= 0)
        return;
    tenant->accrued += muldiv_floor_i64(share, left_ns, interval_ns);
    tenant->average = after_interval(tenant->average, tenant->accrued);
    tenant->accrued = 0;
    for (; over > 1 && tenant->average != last; over--) { /* once it stands still, it stays */
        last = tenant->average;
        tenant->average = after_interval(last, share);
    }
    tenant->since_ns = now_ns - now_ns % interval_ns;
}

void queue_tenant_look(queue_tenant *tenant, const queue_amounts *capacity, int64_t half_life_ns,
                       int64_t now_ns)
{
    if (half_life_ns > 0)
        finish_intervals(tenant, queue_dominant_share(&tenant->held, capacity), interval_of(half_life_ns),
                         now_ns);
}

void queue_tenant_accrue(queue_tenant *tenant, const queue_amounts *capacity, int64_t half_life_ns,
                         int64_t now_ns)
{
    int64_t share = queue_dominant_share(&tenant->held, capacity), interval_ns = interval_of(half_life_ns);

    if (half_life_ns <= 0)
        return;
    finish_intervals(tenant, share, interval_ns, now_ns);
    tenant->accrued += muldiv_floor_i64(share, now_ns - tenant->since_ns, interval_ns);
    tenant->since_ns = now_ns;
}
