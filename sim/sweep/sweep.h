/* A sweep as loaded: a scenario, strategies, replications, and axes, each a key of the scenario with the values that
 * it takes. Points are numbered; the values of one are computed when they are asked for, and its scenario is loaded
 * when it is run, so that millions of them cost a few bytes each. Read-only once loaded. */
#ifndef SKYTWIN_SWEEP_H
#define SKYTWIN_SWEEP_H

#include "scenario.h"

#define SWEEP_POINTS_MAX 10000000 /* points, and runs of all points */
#define SWEEP_SOBOL_MAX  40       /* dimensions for which GSL has direction numbers (Bratley and Fox 1988) */

typedef enum sweep_design {
    SWEEP_GRID,            /* every combination of the axes' values */
    SWEEP_LATIN_HYPERCUBE, /* each axis cut in as many parts as there are points, each part met once (McKay 1979) */
    SWEEP_SOBOL,           /* low-discrepancy sequences */
    SWEEP_HALTON,
} sweep_design;

typedef struct sweep_axis {
    char *key;           /* a path as --set takes it */
    char *unit;          /* behind each number; "": none */
    const char **values; /* of a list: what stands behind the = of --set; NULL: of a range */
    double *numbers;     /* of a list, or the steps of a range: in `unit`; of texts: 0, 1, … */
    size_t value_count;  /* 0: all of a range */
    int is_text;
    double from, to; /* of a range; its ends belong to it */
    int logarithmic, whole;
    unsigned line; /* where it stands in the file, for errors */
} sweep_axis;

typedef struct sweep_condition sweep_condition;
typedef struct sweep_sequence sweep_sequence;

typedef struct sweep {
    char *path, *name, *title;
    char *text; /* the file as read, with what the command line overrides */
    char *scenario_path;
    const char **sets; /* "path=value", the same at all points */
    size_t set_count;
    scenario base; /* with these sets, and without any point's values */
    const char **strategies;
    size_t strategy_count;
    unsigned replications;
    uint64_t
        seed; /* of all runs: replication r meets the same world at every point and under every strategy */
    int full; /* 1: a record of each run as well */
    sweep_design design;
    sweep_axis *axes;
    size_t axis_count;
    sweep_condition *conditions;
    size_t condition_count;
    sweep_sequence *sequence; /* of the designs that are no grid */
    uint32_t *kept;           /* candidates that meet the conditions; NULL: all do */
    size_t candidate_count, point_count;
    void *owned;
} sweep;

/* What the command line says otherwise than the file. */
typedef struct sweep_overrides {
    const char *const *sets; /* after those of the file */
    size_t set_count;
    const char *const *strategies; /* NULL: the file's, or the scenario's */
    size_t strategy_count;
    unsigned replications; /* 0: the file's, or the scenario's */
    uint64_t seed;
    int seed_given;
} sweep_overrides;

/* Loads the scenario as well, and tries every value of every list and both ends of every range on it, so that what
 * is wrong is found before the first run. SKY_ERROR_INPUT with "file:line: key: found …, expected …". */
sky_status sweep_load(const char *path, const sweep_overrides *overrides, sweep *out, sky_error *error);
void sweep_free(sweep *s);

/* numbers[axis]: what each axis is at a point, to 9 digits. SKY_ERROR_MEMORY only. */
sky_status sweep_point(const sweep *s, size_t point, double *numbers);
/* As behind the = of --set. */
void sweep_value_text(const sweep_axis *axis, double number, char *out, size_t size);
/* The scenario of a point; errors name the point. Not to be called by two threads at a time. */
sky_status sweep_load_point(const sweep *s, size_t point, scenario *out, sky_error *error);

/* All points, those that will take longest first, as far as their keys tell: a function of the sweep alone, so that
 * machines that share its points agree on it. Free with free(). */
sky_status sweep_order(const sweep *s, uint32_t **order, sky_error *error);

#endif
