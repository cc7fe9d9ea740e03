/* Inside of a sweep's loader. */
#ifndef SKYTWIN_SWEEP_INSIDE_H
#define SKYTWIN_SWEEP_INSIDE_H

#include "../scenario/config.h"
#include "sweep.h"

#define SWEEP_NUMBER 40 /* characters of a number as text */

struct sweep_condition {
    const sweep_axis *left, *right; /* right NULL: the number */
    double number;
    int comparison; /* place in "<= >= == != < >" */
    size_t left_axis, right_axis;
};

/* Numbers as unit_parse reads them: without exponent, 9 digits that count. */
void sweep_number_text(double number, char out[SWEEP_NUMBER]);
/* "12.5 /d" into a number and its unit, which is copied into `unit`. 0: it is none. */
int sweep_read_number(const char *text, double *number, char *unit, size_t unit_size);

sky_status sweep_load_axes(loader *l, const config_setting_t *root, sweep *s);
sky_status sweep_load_conditions(loader *l, const config_setting_t *root, sweep *s);
int sweep_meets(const sweep *s, const double *numbers);

/* Sequences of points in the unit cube [0, 1)^axes. */
sky_status sweep_sequence_new(const sweep *s, sky_error *error, sweep_sequence **out);
sky_status sweep_sequence_point(const sweep_sequence *q, size_t candidate, double *unit_cube);
void sweep_sequence_free(sweep_sequence *q);
/* The values of a candidate, before conditions; what meets them are the points. */
sky_status sweep_candidate(const sweep *s, size_t candidate, double *numbers);

#endif
