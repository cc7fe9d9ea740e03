/* Which points a sweep has: grids by division, designs by sequences in the unit cube. */
#include "inside.h"

#include "../kernel/random.h"

#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_EVERY                                                                                           \
    1024 /* a quasi-random sequence only goes forward: so often its state is kept, to start from */

struct sweep_sequence {
    size_t count, axis_count;
    uint64_t seed;
    uint32_t **order; /* of a Latin hypercube: [axis][point], the part that the point falls into */
    gsl_qrng **state; /* of a quasi-random sequence: before point i × KEEP_EVERY */
    size_t state_count;
};

/* ---- sequences ------------------------------------------------------------------------------------------------ */

/* Fisher and Yates: every order is as likely as every other. */
static void shuffle(uint32_t *order, size_t count, const random_key *key)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t with = (size_t)(random_u64(key, i) % i);
        uint32_t swap = order[i - 1];

        order[i - 1] = order[with];
        order[with] = swap;
    }
}

static int make_hypercube(sweep_sequence *q)
{
    q->order = calloc(q->axis_count, sizeof *q->order);
    for (size_t a = 0; q->order != NULL && a < q->axis_count; a++) {
        random_key key = { .seed = q->seed, .thing = (uint32_t)a, .purpose = RANDOM_SWEEP_ORDER };

        q->order[a] = malloc(q->count * sizeof **q->order);
        if (q->order[a] == NULL)
            return 0;
        shuffle(q->order[a], q->count, &key);
    }
    return q->order != NULL;
}

static int make_quasi_random(sweep_sequence *q, const gsl_qrng_type *type, double *scratch)
{
    gsl_qrng *going = gsl_qrng_alloc(type, (unsigned)q->axis_count);
    size_t states = (q->count + KEEP_EVERY - 1) / KEEP_EVERY;

    q->state = calloc(states, sizeof *q->state);
    for (size_t i = 0; going != NULL && q->state != NULL && i < states; i++) {
        q->state[i] = gsl_qrng_clone(going);
        if (q->state[i] == NULL)
            break;
        q->state_count++;
        for (int k = 0; k < KEEP_EVERY && i + 1 < states; k++)
            gsl_qrng_get(going, scratch);
    }
    if (going != NULL)
        gsl_qrng_free(going);
    return q->state_count == states;
}

sky_status sweep_sequence_new(const sweep *s, sky_error *error, sweep_sequence **out)
{
    sweep_sequence *q = calloc(1, sizeof *q);
    double *scratch = calloc(s->axis_count, sizeof *scratch);
    int ok = q != NULL && scratch != NULL;

    if (ok) {
        q->count = s->candidate_count;
        q->axis_count = s->axis_count;
        q->seed = s->seed;
        ok = s->design == SWEEP_LATIN_HYPERCUBE
                 ? make_hypercube(q)
                 : make_quasi_random(q, s->design == SWEEP_SOBOL ? gsl_qrng_sobol : gsl_qrng_halton, scratch);
    }
    free(scratch);
    *out = q;
    if (ok)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%.300s: out of memory for the sweep's points", s->path);
    return SKY_ERROR_MEMORY;
}

sky_status sweep_sequence_point(const sweep_sequence *q, size_t candidate, double *cube)
{
    gsl_qrng *going;

    if (q->order != NULL) {
        for (size_t a = 0; a < q->axis_count; a++) {
            random_key key = { .seed = q->seed, .thing = (uint32_t)a, .purpose = RANDOM_SWEEP_WITHIN };
            double within = (double)(random_u64(&key, candidate) >> 11) * 0x1p-53;

            cube[a] = (q->order[a][candidate] + within) / (double)q->count;
        }
        return SKY_OK;
    }
    going = gsl_qrng_clone(q->state[candidate / KEEP_EVERY]);
    if (going == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i <= candidate % KEEP_EVERY; i++)
        gsl_qrng_get(going, cube);
    gsl_qrng_free(going);
    return SKY_OK;
}

void sweep_sequence_free(sweep_sequence *q)
{
    if (q == NULL)
        return;
    for (size_t a = 0; q->order != NULL && a < q->axis_count; a++)
        free(q->order[a]);
    free(q->order);
    for (size_t i = 0; i < q->state_count; i++)
        gsl_qrng_free(q->state[i]);
    free(q->state);
    free(q);
}

/* ---- values --------------------------------------------------------------------------------------------------- */

/* part: where on the axis, 0 … 1. Whole numbers are met equally often, the ends as well. */
static double value_at(const sweep_axis *axis, double part)
{
    char text[SWEEP_NUMBER];
    double value;

    if (axis->value_count > 0) {
        size_t place = (size_t)(part * (double)axis->value_count);

        return axis->numbers[place < axis->value_count ? place : axis->value_count - 1];
    }
    if (axis->whole) {
        double least = axis->from - (axis->logarithmic ? 0 : 0.5),
               most = axis->to + (axis->logarithmic ? 0 : 0.5);

        value = round(axis->logarithmic ? least * pow(most / least, part) : least + (most - least) * part);
        return value < axis->from ? axis->from : value > axis->to ? axis->to : value;
    }
    value = axis->logarithmic ? axis->from * pow(axis->to / axis->from, part)
                              : axis->from + (axis->to - axis->from) * part;
    sweep_number_text(value, text);
    return strtod(text, NULL);
}

sky_status sweep_candidate(const sweep *s, size_t candidate, double *numbers)
{
    sky_status status;

    if (s->design == SWEEP_GRID) { /* the last axis goes fastest */
        for (size_t a = s->axis_count; a-- > 0; candidate /= s->axes[a].value_count)
            numbers[a] = s->axes[a].numbers[candidate % s->axes[a].value_count];
        return SKY_OK;
    }
    status = sweep_sequence_point(s->sequence, candidate, numbers);
    for (size_t a = 0; status == SKY_OK && a < s->axis_count; a++)
        numbers[a] = value_at(&s->axes[a], numbers[a]);
    return status;
}

sky_status sweep_point(const sweep *s, size_t point, double *numbers)
{
    return sweep_candidate(s, s->kept != NULL ? s->kept[point] : point, numbers);
}
