#include "cache_admission.h"

sky_status cache_admission_init(cache_admission *a, const cache_admission_terms *terms, uint32_t objects)
{
    /* as if counting had begun a stay ago: the first reads say little about rates */
    *a = (cache_admission){ .terms = *terms, .counting_ns = terms->stay_ns, .stay_ns = terms->stay_ns };
    return cache_sketch_init(&a->sketch, objects);
}

void cache_admission_free(cache_admission *a)
{
    cache_sketch_free(&a->sketch);
}

void cache_admission_seen(cache_admission *a, int64_t now_ns, uint64_t object)
{
    a->counting_ns = add_sat_i64(a->counting_ns, now_ns - a->since_ns);
    a->since_ns = now_ns;
    if (cache_sketch_add(&a->sketch, object))
        a->counting_ns = a->counting_ns / 2 > 0 ? a->counting_ns / 2
                                                : 1; /* half of the counts, half of the time */
}

void cache_admission_left(cache_admission *a, int64_t stayed_ns)
{
    a->stay_ns += stayed_ns / 16 - a->stay_ns / 16;
    if (a->stay_ns < 1)
        a->stay_ns = 1;
}

int cache_admission_pays(const cache_admission *a, uint64_t object, int64_t bytes, int64_t saved_nusd)
{
    int64_t before = (int64_t)cache_sketch_count(&a->sketch, object) - 1;
    int64_t saved;

    if (before < 0)
        before = 0; /* counts were halved just now */
    saved = muldiv_i64(muldiv_i64(before, saved_nusd, 1), a->stay_ns, a->counting_ns);
    return saved > add_sat_i64(storage_price_held(a->terms.tier, (sky_int128)bytes * a->stay_ns),
                               a->terms.tier->write_nusd);
}

void cache_admission_state(cache_admission *a, state *s)
{
    STATE_VALUE(s, a->counting_ns);
    STATE_VALUE(s, a->since_ns);
    STATE_VALUE(s, a->stay_ns);
    state_check_amounts(s, &a->since_ns, 1);
    state_check(s, a->counting_ns >= 1 && a->stay_ns >= 1);
    cache_sketch_state(&a->sketch, s);
}
