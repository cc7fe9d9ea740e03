#include "market.h"

#include "../kernel/draw.h"

#include <math.h>
#include <string.h>

#define NS_PER_DAY      (24.0 * 3600.0 * 1e9)
#define PRICE_STEP_NUSD INT64_C(100000) /* 1e-4 USD */

/* ---- replay -------------------------------------------------------------------------------------------- */

static void show_change(market *m)
{
    const trace_market *t = m->pool->replay;

    m->spot_nusd_per_hour = t->changes[m->at].spot_nusd_per_hour;
    m->available = t->changes[m->at].available;
}

/* The last change at or before a time of ours. */
static void find_change(market *m, int64_t now_ns)
{
    const trace_market *t = m->pool->replay;
    size_t low = 0, high = t->change_count;

    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;

        if (t->changes[middle].at_ns - m->window_ns <= now_ns)
            low = middle;
        else
            high = middle;
    }
    m->at = low;
    if (t->change_count > 0)
        show_change(m);
}

static void init_replay(market *m)
{
    const trace_market *t = m->pool->replay;

    if (t->span_ns - m->window_ns < m->end_ns)
        m->end_ns = t->span_ns - m->window_ns;
    find_change(m, 0);
}

static int64_t next_replay_ns(const market *m)
{
    const trace_market *t = m->pool->replay;

    return m->at + 1 < t->change_count ? t->changes[m->at + 1].at_ns - m->window_ns : SKY_NEVER_NS;
}

static void advance_replay(market *m)
{
    m->at++;
    show_change(m);
}

/* ---- synthetic: availability --------------------------------------------------------------------------- */

static void next_switch(market_switch *s)
{
    s->count++;
    if (s->up)
        s->next_ns += draw_weibull_ns(&s->up_key, s->count, s->mean_up_ns, s->shape);
    else
        s->next_ns += draw_exponential_ns(&s->down_key, s->count, s->mean_down_ns);
}

/* share: of the time that it is down. It starts stationary: in the state, and with the rest of the period,
 * that one who comes along at a random moment finds. */
static void init_switch(market_switch *s, random_key key, random_purpose up, random_purpose down,
                        random_purpose first, double share, double mean_down_ns, double shape)
{
    s->up = share < 1;
    s->next_ns = SKY_NEVER_NS;
    if (!(share > 0 && share < 1))
        return;
    s->up_key = s->down_key = key;
    s->up_key.purpose = up;
    s->down_key.purpose = down;
    s->mean_down_ns = mean_down_ns;
    s->mean_up_ns = mean_down_ns * (1 - share) / share;
    s->shape = shape;
    key.purpose = first;
    s->up = draw_uniform(&key, 0) >= share;
    if (s->up)
        s->next_ns = draw_weibull_rest_ns(&s->up_key, 0, s->mean_up_ns, shape);
    else
        s->next_ns = draw_exponential_ns(&s->down_key, 0, mean_down_ns);
}

static void pass_switch(market_switch *s, int64_t now_ns)
{
    if (s->next_ns != now_ns)
        return;
    s->up = !s->up;
    next_switch(s);
}

/* The formulas are in market.h. */
static void init_availability(market *m, random_key key, random_key region)
{
    const scenario_spot_model *s = &m->pool->spot;
    double cycle_ns = (double)s->mean_available_ns + (double)s->mean_unavailable_ns;
    double c = s->zone_correlation, down = 0, both, common, own, down_ns;

    if (s->mean_unavailable_ns > 0)
        down = (double)s->mean_unavailable_ns / cycle_ns;
    both = 2 * down / (1 + sqrt(1 - 4 * c * (1 - c) * down));
    common = down < 1 ? c * both : 1;
    own = (1 - c) * both;
    down_ns = cycle_ns * (common + own - 2 * common * own);
    init_switch(&m->own, key, RANDOM_ON_TIME, RANDOM_OFF_TIME, RANDOM_FIRST_STATE, own, down_ns,
                s->lifetime_shape);
    init_switch(&m->common, region, RANDOM_SHARED_ON_TIME, RANDOM_SHARED_OFF_TIME, RANDOM_SHARED_FIRST_STATE,
                common, down_ns, s->lifetime_shape);
    m->available = m->own.up && m->common.up;
}

/* ---- synthetic: price ---------------------------------------------------------------------------------- */

static void set_price(market *m)
{
    int64_t most = m->pool->on_demand_nusd_per_hour;
    double price = (double)m->pool->spot_mean_nusd_per_hour * exp(m->log_price - m->log_mean);
    int64_t rounded = (int64_t)nearbyint(fmin(price, 1e15) / (double)PRICE_STEP_NUSD) * PRICE_STEP_NUSD;

    if (most > 0 && rounded > most)
        rounded = most;
    if (rounded < most / 20)
        rounded = most / 20;
    m->spot_nusd_per_hour = rounded;
}

/* Each step forgets the last bits of libm, so that they can't add up. */
static double round_log(double x)
{
    return nearbyint(x * 1e9) / 1e9;
}

static void next_price(market *m)
{
    const scenario_spot_model *s = &m->pool->spot;
    uint64_t n = ++m->price_count;

    m->log_price = m->log_price * m->decay + m->noise * draw_normal(&m->price_key, n);
    if (m->jump_chance > 0 && draw_uniform(&m->jump_key, n) < m->jump_chance)
        m->log_price += s->jump_size * draw_normal(&m->jump_size_key, n);
    m->log_price = round_log(m->log_price);
    m->next_price_ns += s->price_interval_ns;
    set_price(m);
}

/* log E exp(X) of the stationary X = sum of decay^i (noise N + jump): sums over i of half a step's variance,
 * and of log(1 + p (exp(J^2 decay^2i / 2) - 1)). The latter's logarithm is taken as its argument less 1
 * (jumps are rare: the error is of order p^2), and the exponential as its series, so that i can be summed
 * out. */
static double log_mean_of_price(double rate, double noise, double chance, double jump_size)
{
    double half = jump_size * jump_size / 2, power = 1, sum = 0;

    for (int n = 1; n <= 200; n++) {
        power *= half / n;
        sum += power / -expm1(-2 * n * rate);
        if (power < 1e-15)
            break;
    }
    return noise * noise / 2 / -expm1(-2 * rate) + chance * sum;
}

static void init_price(market *m, random_key key)
{
    const scenario_spot_model *s = &m->pool->spot;
    double dt = (double)s->price_interval_ns / NS_PER_DAY;
    double k = log(2) / ((double)s->price_half_life_ns / NS_PER_DAY);
    double step_variance;

    m->price_key = m->jump_key = m->jump_size_key = key;
    m->price_key.purpose = RANDOM_PRICE;
    m->jump_key.purpose = RANDOM_JUMP;
    m->jump_size_key.purpose = RANDOM_JUMP_SIZE;
    m->next_price_ns = SKY_NEVER_NS;
    if (s->price_interval_ns > 0 && s->price_half_life_ns > 0) {
        m->decay = exp(-k * dt);
        m->noise = s->price_volatility * sqrt(-expm1(-2 * k * dt) / (2 * k));
        m->jump_chance = fmin(s->jumps_per_day * dt, 1);
        m->log_mean = log_mean_of_price(k * dt, m->noise, m->jump_chance, s->jump_size);
        step_variance = m->noise * m->noise + m->jump_chance * s->jump_size * s->jump_size;
        m->log_price = round_log(sqrt(step_variance / -expm1(-2 * k * dt)) * draw_normal(&m->price_key, 0));
        m->next_price_ns = s->price_interval_ns;
    }
    set_price(m);
}

/* ---- synthetic: both ----------------------------------------------------------------------------------- */

static void init_synthetic(market *m, uint32_t index, uint64_t seed, uint32_t replication)
{
    random_key key = { .seed = seed, .replication = replication, .thing = index };
    random_key region = { .seed = seed, .replication = replication, .thing = m->pool->region };

    init_price(m, key);
    init_availability(m, key, region);
}

static int64_t next_synthetic_ns(const market *m)
{
    int64_t next_ns = m->next_price_ns;

    if (m->own.next_ns < next_ns)
        next_ns = m->own.next_ns;
    if (m->common.next_ns < next_ns)
        next_ns = m->common.next_ns;
    return next_ns;
}

static void advance_synthetic(market *m, int64_t now_ns)
{
    if (m->next_price_ns == now_ns)
        next_price(m);
    pass_switch(&m->own, now_ns);
    pass_switch(&m->common, now_ns);
    m->available = m->own.up && m->common.up;
}

/* ---- the market ---------------------------------------------------------------------------------------- */

static void close_market(market *m)
{
    m->over = 1;
    m->available = 0;
}

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
    if (m->end_ns <= 0) /* the window starts where the trace knows nothing any more */
        close_market(m);
}

int64_t market_next_ns(const market *m)
{
    int64_t next_ns;

    if (m->over)
        return SKY_NEVER_NS;
    next_ns = m->pool->replay != NULL ? next_replay_ns(m) : next_synthetic_ns(m);
    return next_ns < m->end_ns ? next_ns : m->end_ns;
}

void market_advance(market *m)
{
    int64_t now_ns = market_next_ns(m);

    if (now_ns == SKY_NEVER_NS)
        return;
    if (now_ns == m->end_ns)
        close_market(m);
    else if (m->pool->replay != NULL)
        advance_replay(m);
    else
        advance_synthetic(m, now_ns);
}

/* ---- checkpoints --------------------------------------------------------------------------------------- */

typedef struct switch_moment {
    uint64_t count;
    int64_t next_ns, up;
} switch_moment;

typedef struct market_moment {
    uint64_t price_count;
    int64_t next_price_ns;
    double log_price;
    switch_moment own, common;
} market_moment;

static switch_moment moment_of(const market_switch *k)
{
    return (switch_moment){ .count = k->count, .next_ns = k->next_ns, .up = k->up };
}

/* Where the model has changed from one that never moves, or to one, it is as if it always had been the new one. */
static void set_switch(market_switch *k, const switch_moment *was, int64_t now_ns)
{
    if (k->next_ns == SKY_NEVER_NS)
        return;
    if (was->next_ns != SKY_NEVER_NS) {
        k->count = was->count;
        k->next_ns = was->next_ns;
        k->up = was->up != 0;
    }
    while (k->next_ns < now_ns)
        pass_switch(k, k->next_ns);
}

/* Likewise. */
static void set_price_walk(market *m, const market_moment *was, int64_t now_ns)
{
    if (m->next_price_ns == SKY_NEVER_NS)
        return;
    if (was->next_price_ns != SKY_NEVER_NS) {
        m->price_count = was->price_count;
        m->next_price_ns = was->next_price_ns;
        m->log_price = was->log_price;
        set_price(m);
    }
    while (m->next_price_ns < now_ns)
        next_price(m);
}

static void synthetic_state(market *m, int64_t now_ns, int is_synthetic, state *s)
{
    market_moment was = { .price_count = m->price_count,
                          .next_price_ns = m->next_price_ns,
                          .log_price = m->log_price,
                          .own = moment_of(&m->own),
                          .common = moment_of(&m->common) };

    state_array(s, &was, is_synthetic ? 1 : 0, sizeof was);
    if (!is_synthetic)
        return;
    state_check(s, was.next_price_ns >= now_ns && was.own.next_ns >= now_ns && was.common.next_ns >= now_ns);
    if (!state_restores(s) || !state_is_sound(s))
        return;
    set_price_walk(m, &was, now_ns);
    set_switch(&m->own, &was.own, now_ns);
    set_switch(&m->common, &was.common, now_ns);
    m->available = m->own.up && m->common.up;
}

void market_state(market *m, int64_t now_ns, state *s)
{
    synthetic_state(m, now_ns, m->pool != NULL && m->pool->replay == NULL, s);
    if (!state_restores(s) || m->pool == NULL)
        return;
    if (m->pool->replay != NULL)
        find_change(m, now_ns < m->end_ns ? now_ns : m->end_ns - 1);
    if (m->end_ns <= now_ns)
        close_market(m);
}
