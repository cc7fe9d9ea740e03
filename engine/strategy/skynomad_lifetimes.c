#include "skynomad.h"

#include <string.h>

#define LEAST_TAIL 1e-8
#define TIE_H      1e-9
#define LEAST_RISK 1e-6
#define RISK_KEPT  8.0
#define LEAST_END  1e-9 /* chance that a run ends within a tick, where it divides */

static double positive(double x)
{
    return x > 0 ? x : 0;
}

/* e^x for x <= 0 without libm, so that it has the same bits everywhere: 2^k times a Taylor series, of which
 * |r| <= ln 2 / 2 leaves less than 2^-57 behind the 13th power. */
static double exp_of(double x)
{
    static const double one_over_factorial[] = { 1.0,
                                                 1.0,
                                                 1.0 / 2,
                                                 1.0 / 6,
                                                 1.0 / 24,
                                                 1.0 / 120,
                                                 1.0 / 720,
                                                 1.0 / 5040,
                                                 1.0 / 40320,
                                                 1.0 / 362880,
                                                 1.0 / 3628800,
                                                 1.0 / 39916800,
                                                 1.0 / 479001600,
                                                 1.0 / 6227020800 };
    double ln2_high = 0x1.62e42fefap-1, ln2_low = 0x1.cf79abc9e3b39p-40, sum = 0, r;
    uint64_t bits;
    int k;

    if (x < -700)
        return 0;
    k = (int)(x * 0x1.71547652b82fep+0 - 0.5);
    r = x - k * ln2_high - k * ln2_low;
    for (int i = sizeof one_over_factorial / sizeof one_over_factorial[0] - 1; i >= 0; i--)
        sum = sum * r + one_over_factorial[i];
    bits = (uint64_t)(1023 + k) << 52;
    memcpy(&r, &bits, sizeof r);
    return sum * r;
}

/* ---- runs and the law of their lifetimes ------------------------------------------------------------------ */

static double lifetime_h(const skynomad_zone *z, uint32_t run)
{
    return positive((z->run_end_s[run] - z->run_start_s[run]) / 3600);
}

/* Nelson and Aalen's estimate: at each lifetime that ended in failure, failures over runs that came so far. */
static void estimate_hazard(skynomad_zone *z)
{
    z->knots = 0;
    for (uint32_t i = 0; i < z->runs; i++) {
        double life = lifetime_h(z, i);
        uint32_t at = z->knots;

        if (!z->run_failed[i])
            continue;
        while (at > 0 && z->knot_h[at - 1] >= life)
            at--;
        if (at < z->knots && z->knot_h[at] == life)
            continue;
        memmove(&z->knot_h[at + 1], &z->knot_h[at], (z->knots++ - at) * sizeof z->knot_h[0]);
        z->knot_h[at] = life;
    }
    for (uint32_t k = 0; k < z->knots; k++) {
        int failed = 0, came_so_far = 0;

        for (uint32_t i = 0; i < z->runs; i++) {
            double life = lifetime_h(z, i), apart = life - z->knot_h[k];

            failed += z->run_failed[i] && apart <= TIE_H && apart >= -TIE_H;
            came_so_far += apart >= -TIE_H;
        }
        z->step[k] = (double)failed / came_so_far;
    }
    z->survives_burst = 0;
    z->tail = z->knots > 0 && z->step[z->knots - 1] > LEAST_TAIL ? z->step[z->knots - 1] : LEAST_TAIL;
}

void skynomad_start(skynomad_zone *z, double now_s, skynomad_source source)
{
    z->open = source;
    z->open_since_s = now_s;
    z->last_age_of = source;
    z->last_age_h = 0;
}

void skynomad_end(skynomad_zone *z, double now_s, int failure)
{
    if (z->open != SKYNOMAD_NO_RUN) {
        if (z->runs == SKYNOMAD_RUNS) {
            z->runs--;
            memmove(z->run_start_s, z->run_start_s + 1, z->runs * sizeof z->run_start_s[0]);
            memmove(z->run_end_s, z->run_end_s + 1, z->runs * sizeof z->run_end_s[0]);
            memmove(z->run_failed, z->run_failed + 1, z->runs * sizeof z->run_failed[0]);
        }
        z->run_start_s[z->runs] = z->open_since_s;
        z->run_end_s[z->runs] = now_s;
        z->run_failed[z->runs++] = failure != 0;
        z->new_runs = 1;
    }
    z->open = SKYNOMAD_NO_RUN;
    z->failures_now += failure != 0;
}

/* Cumulative hazard up to an age. */
static double hazard(const skynomad_zone *z, double age_h)
{
    double sum = 0, last = 0;

    if (age_h <= 0)
        return 0;
    if (z->knots == 0)
        return age_h * z->tail;
    for (uint32_t k = 0; k < z->knots && z->knot_h[k] < age_h; k++) {
        sum += z->step[k];
        last = z->knot_h[k];
    }
    return age_h > last ? sum + (age_h - last) * z->tail : sum;
}

/* ---- bursts: failures against the risk there was -------------------------------------------------------------- */

/* The most failures for their risk, over the latest moments whose risk comes to at most 1; the shortest of equals. */
static double worst_ratio(const skynomad_zone *z)
{
    double risk = 0, failures = 0, best = 0;
    int chosen = 0;

    for (uint32_t back = 1; back <= z->risk_count; back++) {
        const skynomad_risk *r = &z->risks[z->risk_count - back];
        double ratio;

        risk += r->risk;
        failures += r->failures;
        if (back == 1 && risk <= LEAST_RISK && failures <= 0)
            continue;
        if (risk > 1 + TIE_H)
            return back == 1 ? failures / risk : best;
        ratio = risk > 0 ? failures / risk : failures > 0 ? failures / LEAST_RISK : 0;
        if (!chosen || ratio > best + TIE_H) {
            best = ratio;
            chosen = 1;
        }
    }
    return best;
}

static void drop_risks(skynomad_zone *z, uint32_t count)
{
    z->risk_count -= count;
    memmove(z->risks, z->risks + count, z->risk_count * sizeof z->risks[0]);
    z->risk_sum = 0;
    for (uint32_t i = 0; i < z->risk_count; i++)
        z->risk_sum += z->risks[i].risk;
}

static void remember_risk(skynomad_zone *z, double risk)
{
    uint32_t drop = z->risk_count == SKYNOMAD_RISKS;
    double total;

    if (drop > 0)
        drop_risks(z, drop);
    z->risks[z->risk_count++] = (skynomad_risk){ risk, z->failures_now };
    z->risk_sum += risk;
    for (total = z->risk_sum, drop = 0; drop < z->risk_count && total - z->risks[drop].risk >= RISK_KEPT;
         drop++)
        total -= z->risks[drop].risk;
    if (drop > 0)
        drop_risks(z, drop);
    z->burst = z->risk_sum < 1 ? 1 : worst_ratio(z);
    if (z->burst < 1)
        z->burst = 1;
}

static void work_out_survival(skynomad_zone *z, double burst)
{
    for (uint32_t k = 0; k < z->knots; k++)
        z->survives[k] = exp_of(-burst * z->step[k]);
    z->ends = 1 - exp_of(-burst * z->tail);
    z->survives_burst = burst;
}

/* Hours that a run here may be expected to last from now: the survival function, integrated; no further than to
 * the longest run that is of any interest. */
static double expected_life_h(skynomad_zone *z, double now_s, double tick_h)
{
    double t = z->open != SKYNOMAD_NO_RUN ? positive((now_s - z->open_since_s) / 3600) : 0;
    double burst = z->burst > 0 ? z->burst : 1, survives = 1, expected = 0, risk;

    if (z->survives_burst != burst)
        work_out_survival(z, burst);
    for (uint32_t k = 0; k < z->knots && expected < SKYNOMAD_LONGEST_RUN_H; k++) {
        if (z->knot_h[k] <= t + 1e-12)
            continue;
        expected += survives * (z->knot_h[k] - t);
        survives *= z->survives[k];
        t = z->knot_h[k];
    }
    risk = burst * z->tail > LEAST_END ? burst * z->tail : LEAST_END;
    expected += survives * tick_h / (z->ends > LEAST_END ? z->ends : risk);
    return expected < SKYNOMAD_LONGEST_RUN_H ? expected : SKYNOMAD_LONGEST_RUN_H;
}

void skynomad_look(skynomad_zone *z, double now_s, double tick_h)
{
    double age = (now_s - z->open_since_s) / 3600, before = 0, risk = 0;
    int is_open = z->open != SKYNOMAD_NO_RUN;

    if (z->new_runs || z->tail <= 0)
        estimate_hazard(z);
    z->new_runs = 0;
    if (is_open) {
        before = z->last_age_of == z->open ? z->last_age_h : positive(age - tick_h);
        risk = positive(hazard(z, age) - hazard(z, before));
        z->last_age_h = age;
    }
    z->last_age_of = z->open;
    if (risk <= 0 && (is_open || z->failures_now > 0)) {
        if (z->knots == 0)
            risk = z->tail * tick_h;
        else if (is_open && before >= z->knot_h[z->knots - 1])
            risk = z->tail * positive(age - before);
    }
    if (z->failures_now > 0 && risk <= 0)
        risk = z->tail * tick_h;
    if (risk > 0 || z->failures_now > 0)
        remember_risk(z, risk);
    z->failures_now = 0;
    z->expected_h = expected_life_h(z, now_s, tick_h);
}

/* ---- what was seen ------------------------------------------------------------------------------------------ */

static double overlap(double start, double end, double from)
{
    return positive(end - (start > from ? start : from));
}

double skynomad_availability(const skynomad_zone *z, double now_s, double window_s)
{
    double from = positive(now_s - window_s), seen = 0, span = window_s < now_s ? window_s : now_s;

    for (uint32_t i = 0; i < z->runs; i++)
        seen += overlap(z->run_start_s[i], z->run_end_s[i], from);
    if (z->open != SKYNOMAD_NO_RUN)
        seen += overlap(z->open_since_s, now_s, from);
    return span <= 0 ? 0 : seen < span ? seen / span : 1;
}
