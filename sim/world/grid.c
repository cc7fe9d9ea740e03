#include "grid.h"

#include "../kernel/draw.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_NS     SKY_NS_PER_HOUR
#define DAY_NS      (24 * HOUR_NS)
#define TWO_PI      6.283185307179586
#define CORRELATION 0.9 /* of the noise, from an hour to the next */

static sky_status reserve(grid *g, size_t count)
{
    g->steps = malloc((count + 1) * sizeof *g->steps);
    return g->steps != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static void add_step(grid *g, int64_t from_ns, int64_t gco2_per_mwh, int64_t nusd_per_mwh)
{
    const grid_step *last = g->count > 0 ? &g->steps[g->count - 1] : NULL;
    grid_step step = { .from_ns = from_ns, .gco2_per_mwh = gco2_per_mwh, .nusd_per_mwh = nusd_per_mwh };

    if (last != NULL) {
        if (last->gco2_per_mwh == gco2_per_mwh && last->nusd_per_mwh == nusd_per_mwh)
            return;
        step.gco2_before = last->gco2_before + (sky_int128)last->gco2_per_mwh * (from_ns - last->from_ns);
        step.nusd_before = last->nusd_before + (sky_int128)last->nusd_per_mwh * (from_ns - last->from_ns);
    }
    g->steps[g->count++] = step;
}

static sky_status replay(grid *g, const trace_grid *trace, int64_t end_ns)
{
    int64_t rounds = end_ns / trace->span_ns + 1;
    sky_status status = reserve(g, (size_t)rounds * trace->count);

    for (int64_t round = 0; status == SKY_OK && round < rounds; round++)
        for (size_t i = 0; i < trace->count; i++) {
            int64_t from_ns = round * trace->span_ns + trace->steps[i].from_ns;

            if (from_ns <= end_ns)
                add_step(g, from_ns, trace->steps[i].gco2_per_mwh, trace->steps[i].nusd_per_mwh);
        }
    return status;
}

/* One of the two values of an hour. */
typedef struct wave {
    double mean, swing, noise, x;
    int64_t least_ns; /* local time of day */
    random_key key;
} wave;

static int64_t wave_at(wave *w, int64_t hour, int64_t ahead_ns)
{
    double phase = TWO_PI * (double)((hour * HOUR_NS + ahead_ns - w->least_ns) % DAY_NS) / (double)DAY_NS;
    double value;

    if (w->noise > 0) {
        double n = w->noise * draw_normal(&w->key, (uint64_t)hour);

        w->x = hour == 0 ? n : CORRELATION * w->x + sqrt(1 - CORRELATION * CORRELATION) * n;
    }
    value = w->mean * (1 - w->swing * cos(phase) + w->x);
    return value > 0 ? llround(value) : 0;
}

static sky_status synthesize(grid *g, const scenario_grid *m, wave *carbon, wave *price, double longitude,
                             int64_t end_ns)
{
    int64_t hours = end_ns / HOUR_NS + 1, ahead_ns = llround(longitude / 360 * (double)DAY_NS);
    int is_flat = m->noise <= 0 && m->carbon_swing <= 0 && m->price_swing <= 0;
    sky_status status = reserve(g, is_flat ? 1 : (size_t)hours);

    if (status != SKY_OK)
        return status;
    if (is_flat)
        hours = 1;
    for (int64_t hour = 0; hour < hours; hour++) {
        int64_t gco2 = wave_at(carbon, hour, ahead_ns);

        add_step(g, hour * HOUR_NS, gco2, wave_at(price, hour, ahead_ns));
    }
    return SKY_OK;
}

sky_status grid_init(grid *g, const scenario_grid *m, uint32_t region, double longitude, uint64_t seed,
                     uint32_t replication, int64_t end_ns)
{
    random_key key = { .seed = seed, .replication = replication, .thing = region, .purpose = RANDOM_CARBON };
    wave carbon = { .mean = (double)m->gco2_per_mwh,
                    .swing = m->carbon_swing,
                    .noise = m->noise,
                    .least_ns = m->cleanest_ns,
                    .key = key };
    wave price = { .mean = (double)m->nusd_per_mwh,
                   .swing = m->price_swing,
                   .noise = m->noise,
                   .least_ns = m->cheapest_ns,
                   .key = key };

    *g = (grid){ 0 };
    price.key.purpose = RANDOM_ENERGY_PRICE;
    return m->replay != NULL ? replay(g, m->replay, end_ns)
                             : synthesize(g, m, &carbon, &price, longitude, end_ns);
}

void grid_free(grid *g)
{
    free(g->steps);
    *g = (grid){ 0 };
}

int64_t grid_next_ns(const grid *g)
{
    return g->now + 1 < g->count ? g->steps[g->now + 1].from_ns : SKY_NEVER_NS;
}

void grid_advance(grid *g)
{
    g->now += g->now + 1 < g->count;
}

void grid_go_to(grid *g, int64_t now_ns)
{
    while (grid_next_ns(g) <= now_ns)
        grid_advance(g);
}

void grid_integrals(const grid *g, int64_t to_ns, sky_int128 *gco2, sky_int128 *nusd)
{
    size_t low = 0, high = g->count;
    const grid_step *step = grid_now(g);

    if (to_ns < step->from_ns || to_ns > grid_next_ns(g)) { /* seldom: most ask about now */
        while (high - low > 1) {
            size_t middle = low + (high - low) / 2;

            if (g->steps[middle].from_ns <= to_ns)
                low = middle;
            else
                high = middle;
        }
        step = &g->steps[low];
    }
    *gco2 = step->gco2_before + (sky_int128)step->gco2_per_mwh * (to_ns - step->from_ns);
    *nusd = step->nusd_before + (sky_int128)step->nusd_per_mwh * (to_ns - step->from_ns);
}
