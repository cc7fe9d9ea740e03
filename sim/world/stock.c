#include "stock.h"

#include "../kernel/draw.h"

void stock_init(stock *s, const scenario_pool *pool, uint32_t index, uint64_t seed, uint32_t replication)
{
    random_key key = {
        .seed = seed, .replication = replication, .thing = index, .purpose = RANDOM_STOCK_FIRST
    };
    double up = (double)pool->scale.stock_available_ns, down = (double)pool->scale.stock_out_ns;

    *s = (stock){
        .up_key = key, .down_key = key, .mean_up_ns = up, .mean_down_ns = down, .next_ns = SKY_NEVER_NS
    };
    s->up_key.purpose = RANDOM_STOCK_UP;
    s->down_key.purpose = RANDOM_STOCK_OUT;
    s->up = pool->scale.stock_out_ns == 0 || draw_uniform(&key, 0) * (up + down) < up;
    if (pool->scale.stock_out_ns > 0)
        s->next_ns = s->up ? draw_exponential_ns(&s->up_key, 0, up)
                           : draw_exponential_ns(&s->down_key, 0, down);
}

void stock_advance(stock *s)
{
    s->up = !s->up;
    s->count++;
    s->next_ns += s->up ? draw_exponential_ns(&s->up_key, s->count, s->mean_up_ns)
                        : draw_exponential_ns(&s->down_key, s->count, s->mean_down_ns);
}

void stock_state(stock *k, int64_t now_ns, state *s)
{
    stock was = *k;

    STATE_VALUE(s, was.count);
    STATE_VALUE(s, was.next_ns);
    STATE_VALUE(s, was.up);
    state_check(s, was.next_ns >= now_ns && (was.up == 0 || was.up == 1));
    if (!state_restores(s) || !state_is_sound(s) || k->next_ns == SKY_NEVER_NS)
        return; /* one that never changes is as it was made */
    if (was.next_ns != SKY_NEVER_NS)
        *k = was;
    while (k->next_ns < now_ns) /* one that never changed until now: as if it always had */
        stock_advance(k);
}
