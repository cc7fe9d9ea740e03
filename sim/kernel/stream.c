#include "stream.h"

#include <string.h>

#define LN2       0x1.62e42fefa39efp-1
#define ROOT_HALF UINT64_C(0x3fe6a09e667f3bcd) /* bits of sqrt(1/2) */
#define MANTISSA  UINT64_C(0x000fffffffffffff)

/* With u = 2^e m, sqrt(1/2) <= m < sqrt(2):  ln u = e ln 2 + 2 atanh s,  s = (m - 1) / (m + 1). |s| < 0.1716, so
 * that eleven terms of atanh s = s + s^3/3 + s^5/5 + … leave less than 2e-17 of it. */
static inline double minus_log(double u)
{
    uint64_t bits, shifted;
    double m, s, s2, s4, odd, even, e;

    memcpy(&bits, &u, sizeof bits);
    shifted = bits - ROOT_HALF;
    e = (double)((int64_t)shifted >> 52);
    bits = (shifted & MANTISSA) + ROOT_HALF;
    memcpy(&m, &bits, sizeof m);
    s = (m - 1) / (m + 1);
    s2 = s * s;
    s4 = s2 * s2;
    even = 1 + s4 * (1 / 5.0 + s4 * (1 / 9.0 + s4 * (1 / 13.0 + s4 * (1 / 17.0 + s4 * (1 / 21.0)))));
    odd = 1 / 3.0 + s4 * (1 / 7.0 + s4 * (1 / 11.0 + s4 * (1 / 15.0 + s4 * (1 / 19.0))));
    return -(e * LN2 + 2 * s * (even + s2 * odd));
}

double stream_exponential_of(uint64_t bits)
{
    return minus_log(stream_uniform_of(bits));
}

void stream_init(stream *s, const random_key *key)
{
    memset(s, 0, sizeof *s);
    s->key = *key;
    s->at = STREAM_BLOCK;
}

void stream_refill(stream *s)
{
    uint64_t bits[STREAM_BLOCK];

    for (int i = 0; i < STREAM_BLOCK; i += 2)
        random_pair(&s->key, s->next++, &bits[i]);
    for (int i = 0; i < STREAM_BLOCK; i++)
        s->ready[i] = stream_exponential_of(bits[i]);
    s->at = 0;
}

void stream_state(stream *s, state *saved)
{
    STATE_VALUE(saved, s->next);
    STATE_VALUE(saved, s->at);
    state_check(saved, s->at <= STREAM_BLOCK && (s->at == STREAM_BLOCK || s->next >= STREAM_BLOCK / 2));
    if (state_restores(saved) && state_is_sound(saved) &&
        s->at < STREAM_BLOCK) { /* made again, from its key */
        uint32_t at = s->at;

        s->next -= STREAM_BLOCK / 2;
        stream_refill(s);
        s->at = at;
    }
}
