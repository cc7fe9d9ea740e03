#include "market.h"

#include "../kernel/draw.h"

#include <math.h>
#include <string.h>

#define NS_PER_DAY (24.0 * 3600.0 * 1e9)
#define PRICE_STEP_NUSD INT64_C(100000) /* 1e-4 USD */

/* ---- replay ------------------------------------------------------------------------------------------------- */

static void show_change(market *m)
{
    const trace_market *t = m->pool->replay;

    m->spot_nusd_per_hour = t->changes[m->at].spot_nusd_per_hour;
    m->available = t->changes[m->at].available;
}

static void init_replay(market *m)
{
    const trace_market *t = m->pool->replay;
    size_t low = 0, high = t->change_count;

    while (low + 1 < high) { /* the last change at or before the window's start */
        size_t middle = (low + high) / 2;

        if (t->changes[middle].at_ns <= m->window_ns)
            low = middle;
        else
            high = middle;
    }
    m->at = low;
    show_change(m);
}

static int64_t next_replay_ns(const market *m)
{
    const trace_market *t = m->pool->replay;
    int64_t end_ns = t->span_ns - m->window_ns < m->end_ns ? t->span_ns - m->window_ns : m->end_ns;
    int64_t next_ns = m->at + 1 < t->change_count ? t->changes[m->at + 1].at_ns - m->window_ns : end_ns;

    if (m->at == t->change_count)
        return SKY_NEVER_NS;
    return next_ns < end_ns ? next_ns : end_ns;
}

static void advance_replay(market *m)
{
    const trace_market *t = m->pool->replay;

    if (m->at + 1 < t->change_count && t->changes[m->at + 1].at_ns - m->window_ns == next_replay_ns(m)) {
        m->at++;
        show_change(m);
    } else {
        m->at = t->change_count; /* nothing is known beyond: no spot */
        m->available = 0;
    }
}

/* ---- synthetic ---------------------------------------------------------------------------------------------- */

static void next_switch(market_switch *s)
{
    s->count++;
    if (s->up)
        s->next_ns += draw_weibull_ns(&s->up_key, s->count, s->mean_up_ns, s->shape);
    else
        s->next_ns += draw_exponential_ns(&s->down_key, s->count, s->mean_down_ns);
}

/* share: of the time that it is down. It starts in the stationary state, at the start of a period. */
static void init_switch(market_switch *s, random_key key, uint32_t up, uint32_t down, double share,
                        double mean_down_ns, double shape)
{
    random_key first = key;

    s->up = 1;
    s->next_ns = SKY_NEVER_NS;
    if (!(share > 0) || !(mean_down_ns > 0))
        return;
    s->up_key = s->down_key = key;
    s->up_key.purpose = up;
    s->down_key.purpose = down;
    s->mean_down_ns = mean_down_ns;
    s->mean_up_ns = mean_down_ns * (1 - share) / share;
    s->shape = shape;
    first.purpose = up == RANDOM_SHARED_ON_TIME ? RANDOM_SHARED_FIRST_STATE : RANDOM_FIRST_STATE;
    s->up = draw_uniform(&first, 0) >= share;
    s->next_ns = 0;
    next_switch(s);
}

static void set_price(market *m)
{
    int64_t most = m->pool->on_demand_nusd_per_hour;
    double price = (double)m->pool->spot_mean_nusd_per_hour * exp(m->log_price);
    int64_t rounded = (int64_t)nearbyint(fmin(price, 1e15) / (double)PRICE_STEP_NUSD) * PRICE_STEP_NUSD;

    if (most > 0 && rounded > most)
        rounded = most;
    if (rounded < most / 20)
        rounded = most / 20;
    m->spot_nusd_per_hour = rounded;
}

static void next_price(market *m)
{
    const scenario_spot_model *s = &m->pool->spot;
    double dt = (double)s->price_interval_ns / NS_PER_DAY;
    double k = log(2) / ((double)s->price_half_life_ns / NS_PER_DAY);
    double decay = exp(-k * dt), noise = s->price_volatility * sqrt((1 - decay * decay) / (2 * k));
    uint64_t n = ++m->price_count;

    m->log_price = m->log_price * decay + noise * draw_normal(&m->price_key, n);
    if (s->jumps_per_day > 0 && draw_uniform(&m->jump_key, n) < s->jumps_per_day * dt)
        m->log_price += s->jump_size * draw_normal(&m->jump_size_key, n);
    m->log_price = nearbyint(m->log_price * 1e9) / 1e9; /* forget libm's last bits each time */
    m->next_price_ns += s->price_interval_ns;
    set_price(m);
}

static void init_synthetic(market *m, uint32_t index, uint64_t seed, uint32_t replication)
{
    const scenario_spot_model *s = &m->pool->spot;
    random_key key = { .seed = seed, .replication = replication, .thing = index };
    random_key region = { .seed = seed, .replication = replication, .thing = m->pool->region };
    double down = (double)s->mean_unavailable_ns;
    double up_share = down > 0 ? (double)s->mean_available_ns / ((double)s->mean_available_ns + down) : 1;

    m->price_key = m->jump_key = m->jump_size_key = key;
    m->price_key.purpose = RANDOM_PRICE;
    m->jump_key.purpose = RANDOM_JUMP;
    m->jump_size_key.purpose = RANDOM_JUMP_SIZE;
    m->next_price_ns = s->price_interval_ns > 0 ? s->price_interval_ns : SKY_NEVER_NS;
    set_price(m);
    init_switch(&m->own, key, RANDOM_ON_TIME, RANDOM_OFF_TIME, 1 - pow(up_share, 1 - s->zone_correlation), down,
                s->lifetime_shape);
    init_switch(&m->common, region, RANDOM_SHARED_ON_TIME, RANDOM_SHARED_OFF_TIME,
                1 - pow(up_share, s->zone_correlation), down, s->lifetime_shape);
    m->available = m->own.up && m->common.up;
}

static void advance_synthetic(market *m)
{
    int64_t now_ns = market_next_ns(m);

    if (now_ns == m->end_ns) {
        m->available = 0;
        m->own.next_ns = m->common.next_ns = m->next_price_ns = SKY_NEVER_NS;
        return;
    }
    while (m->next_price_ns == now_ns)
        next_price(m);
    if (m->own.next_ns == now_ns) {
        m->own.up = !m->own.up;
        next_switch(&m->own);
    }
    if (m->common.next_ns == now_ns) {
        m->common.up = !m->common.up;
        next_switch(&m->common);
    }
    m->available = m->own.up && m->common.up;
}

/* ---- both ---------------------------------------------------------------------------------------------------- */

void market_init(market *m, const scenario_pool *pool, uint32_t index, uint64_t seed, uint32_t replication,
                 int64_t window_ns, int64_t end_ns)
{
    memset(m, 0, sizeof *m);
    m->pool = pool;
    m->window_ns = window_ns;
    m->end_ns = end_ns;
    if (pool->replay != NULL)
        init_replay(m);
    else
        init_synthetic(m, index, seed, replication);
}

int64_t market_next_ns(const market *m)
{
    int64_t next_ns = m->next_price_ns;

    if (m->pool->replay != NULL)
        return next_replay_ns(m);
    if (m->own.next_ns < next_ns)
        next_ns = m->own.next_ns;
    if (m->common.next_ns < next_ns)
        next_ns = m->common.next_ns;
    return next_ns == SKY_NEVER_NS || next_ns < m->end_ns ? next_ns : m->end_ns;
}

void market_advance(market *m)
{
    if (m->pool->replay != NULL)
        advance_replay(m);
    else
        advance_synthetic(m);
}
