/* The axes of a sweep file: lists, and ranges of numbers with or without a unit. */
#include "inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AXIS_KEYS "key values from to steps scale"

typedef struct number {
    double value;
    int whole;
    char unit[32];
} number;

void sweep_number_text(double value, char out[SWEEP_NUMBER])
{
    int decimals = value != 0 ? 8 - (int)floor(log10(fabs(value))) : 0;

    decimals = decimals < 0 ? 0 : decimals > 18 ? 18 : decimals;
    snprintf(out, SWEEP_NUMBER, "%.*f", decimals, value);
    if (strchr(out, '.') != NULL) {
        char *end = out + strlen(out);

        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            end[-1] = '\0';
    }
}

int sweep_read_number(const char *text, double *value, char *unit, size_t unit_size)
{
    char *end;

    *value = strtod(text, &end);
    if (end == text || !isfinite(*value))
        return 0;
    while (*end == ' ')
        end++;
    snprintf(unit, unit_size, "%s", end);
    return 1;
}

static int is_whole(const config_setting_t *s)
{
    return config_setting_type(s) == CONFIG_TYPE_INT || config_setting_type(s) == CONFIG_TYPE_INT64;
}

/* A bare number, or a text that holds a number and a unit. 0: neither. */
static int read_setting(const config_setting_t *s, number *n)
{
    *n = (number){ .whole = is_whole(s) };
    if (n->whole)
        n->value = (double)config_setting_get_int64(s);
    else if (config_setting_type(s) == CONFIG_TYPE_FLOAT)
        n->value = config_setting_get_float(s);
    else if (config_setting_type(s) == CONFIG_TYPE_STRING)
        return sweep_read_number(config_setting_get_string(s), &n->value, n->unit, sizeof n->unit) &&
               n->unit[0] != '\0';
    else
        return 0;
    return isfinite(n->value);
}

static sky_status fail_shown(loader *l, const config_setting_t *axis, const char *key, const char *expected)
{
    char found[100] = "nothing";

    if (config_setting_get_member(axis, key) != NULL)
        config_show(config_setting_get_member(axis, key), found, sizeof found);
    return config_fail(l, axis, key, found, expected);
}

/* ---- lists ---------------------------------------------------------------------------------------------------- */

/* What stands behind the = of --set; of lists within the list, [a, b]. 0: it can't be. */
static int value_text(const config_setting_t *s, char *out, size_t size)
{
    char part[100];
    size_t used;

    switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return snprintf(out, size, "%lld", config_setting_get_int64(s)) < (int)size;
    case CONFIG_TYPE_FLOAT:
        return snprintf(out, size, "%.17g", config_setting_get_float(s)) < (int)size;
    case CONFIG_TYPE_BOOL:
        return snprintf(out, size, "%s", config_setting_get_bool(s) ? "true" : "false") < (int)size;
    case CONFIG_TYPE_STRING:
        return snprintf(out, size, "%s", config_setting_get_string(s)) < (int)size;
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        break;
    default:
        return 0;
    }
    used = (size_t)snprintf(out, size, "[");
    for (int i = 0; i < config_setting_length(s); i++) {
        const config_setting_t *element = config_setting_get_elem(s, (unsigned)i);
        const char *quote = config_setting_type(element) == CONFIG_TYPE_STRING ? "\"" : "";

        if (config_setting_is_aggregate(element) || !value_text(element, part, sizeof part))
            return 0;
        used += (size_t)snprintf(out + used, size - used, "%s%s%s%s", i > 0 ? ", " : "", quote, part, quote);
        if (used + 2 > size)
            return 0;
    }
    snprintf(out + used, size - used, "]");
    return 1;
}

/* Numbers of one unit are an axis of numbers; all else is one of texts. */
static sky_status load_values(loader *l, const config_setting_t *group, sweep_axis *axis)
{
    const config_setting_t *list = config_setting_get_member(group, "values");
    int count = config_setting_is_aggregate(list) && !config_setting_is_group(list)
                    ? config_setting_length(list)
                    : 0;
    number n = { 0 };
    char text[300];

    if (count == 0)
        return config_fail(l, group, "values", "no values", "a list of at least one, such as [ 2, 4, 8 ]");
    axis->values = config_alloc(l, (size_t)count, sizeof *axis->values);
    axis->numbers = config_alloc(l, (size_t)count, sizeof *axis->numbers);
    axis->unit = config_strdup(l, read_setting(config_setting_get_elem(list, 0), &n) ? n.unit : "");
    if (axis->values == NULL || axis->numbers == NULL || axis->unit == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < count; i++) {
        const config_setting_t *value = config_setting_get_elem(list, (unsigned)i);

        if (!value_text(value, text, sizeof text) || (axis->values[i] = config_strdup(l, text)) == NULL)
            return fail_shown(l, group, "values", "numbers, texts, true or false, or lists of these");
        for (int k = 0; k < i; k++)
            if (strcmp(axis->values[k], text) == 0)
                return config_fail(l, group, "values", text, "each value once");
        axis->is_text |= !read_setting(value, &n) || strcmp(n.unit, axis->unit) != 0;
        axis->numbers[i] = n.value;
    }
    axis->value_count = (size_t)count;
    if (axis->is_text)
        axis->unit = config_strdup(l, "");
    for (int i = 0; axis->is_text && i < count; i++)
        axis->numbers[i] = i;
    return axis->unit != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* ---- ranges --------------------------------------------------------------------------------------------------- */

static double between(const sweep_axis *axis, double part)
{
    double value = axis->logarithmic ? axis->from * pow(axis->to / axis->from, part)
                                     : axis->from + (axis->to - axis->from) * part;
    char text[SWEEP_NUMBER];

    if (axis->whole)
        return round(value);
    sweep_number_text(value, text);
    return strtod(text, NULL);
}

/* A grid takes `steps` values of the range. Whole numbers may come out equal: each counts once. */
static sky_status make_steps(loader *l, const config_setting_t *group, sweep_axis *axis)
{
    int64_t steps = 0;
    sky_status status = config_get_integer(l, group, "steps", 1, 2, SWEEP_POINTS_MAX, &steps);

    if (status != SKY_OK)
        return status;
    axis->numbers = config_alloc(l, (size_t)steps, sizeof *axis->numbers);
    if (axis->numbers == NULL)
        return SKY_ERROR_MEMORY;
    for (int64_t i = 0; i < steps; i++) {
        double value = between(axis, (double)i / (double)(steps - 1));

        if (axis->value_count == 0 || axis->numbers[axis->value_count - 1] != value)
            axis->numbers[axis->value_count++] = value;
    }
    return SKY_OK;
}

static sky_status load_range(loader *l, const config_setting_t *group, const sweep *s, sweep_axis *axis)
{
    const config_setting_t *from = config_setting_get_member(group, "from"),
                           *to = config_setting_get_member(group, "to");
    number a, b;
    sky_status status;

    if (from == NULL || !read_setting(from, &a))
        return fail_shown(l, group, "from", "a number, or one with its unit, such as \"12 /d\"");
    if (to == NULL || !read_setting(to, &b))
        return fail_shown(l, group, "to", "a number, or one with its unit, such as \"12 /d\"");
    if (strcmp(a.unit, b.unit) != 0)
        return fail_shown(l, group, "to", "a number in the unit of `from`");
    if (b.value <= a.value)
        return fail_shown(l, group, "to", "more than `from`");
    status = config_get_choice(l, group, "scale", 0, "linear log", &axis->logarithmic);
    if (status == SKY_OK && axis->logarithmic && a.value <= 0)
        status = fail_shown(l, group, "from", "a number above 0 on a logarithmic scale");
    if (status != SKY_OK)
        return status;
    axis->from = a.value;
    axis->to = b.value;
    axis->whole = a.whole && b.whole;
    axis->unit = config_strdup(l, a.unit);
    if (axis->unit == NULL)
        return SKY_ERROR_MEMORY;
    if (s->design == SWEEP_GRID)
        return make_steps(l, group, axis);
    if (config_setting_get_member(group, "steps") != NULL)
        return fail_shown(l, group, "steps", "none: the design says how many points there are");
    return SKY_OK;
}

void sweep_value_text(const sweep_axis *axis, double value, char *out, size_t size)
{
    char text[SWEEP_NUMBER];

    for (size_t i = 0; axis->values != NULL && i < axis->value_count; i++)
        if (axis->numbers[i] == value) {
            snprintf(out, size, "%s", axis->values[i]);
            return;
        }
    sweep_number_text(value, text);
    snprintf(out, size, "%s%s%s%s", text,
             axis->whole || axis->unit[0] != '\0' || strchr(text, '.') ? "" : ".0",
             axis->unit[0] != '\0' ? " " : "", axis->unit);
}

/* ---- the list of axes ------------------------------------------------------------------------------------------- */

static sky_status load_axis(loader *l, const config_setting_t *group, sweep *s, size_t index)
{
    static const char *const own_keys[] = { "seed", "strategies", "replications", "name", "title" };
    sweep_axis *axis = &s->axes[index];
    const char *key = NULL;
    int has_values = config_setting_get_member(group, "values") != NULL;
    sky_status status = config_check_keys(l, group, AXIS_KEYS);

    if (status == SKY_OK)
        status = config_get_string(l, group, "key", 1, &key);
    if (status != SKY_OK)
        return status;
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        if (strcmp(key, own_keys[i]) == 0)
            return config_fail(l, group, "key", key,
                               "a key of the scenario that the sweep itself doesn't set");
    for (size_t i = 0; i < index; i++)
        if (strcmp(s->axes[i].key, key) == 0)
            return config_fail(l, group, "key", key, "each key on one axis");
    axis->key = config_strdup(l, key);
    axis->line = config_setting_source_line(group);
    if (axis->key == NULL)
        return SKY_ERROR_MEMORY;
    if (has_values &&
        (config_setting_get_member(group, "from") != NULL || config_setting_get_member(group, "to") != NULL ||
         config_setting_get_member(group, "steps") != NULL))
        return config_fail(l, group, "values", "both values and a range", "one of them");
    return has_values ? load_values(l, group, axis) : load_range(l, group, s, axis);
}

sky_status sweep_load_axes(loader *l, const config_setting_t *root, sweep *s)
{
    const config_setting_t *list = NULL;
    sky_status status = config_get_list(l, root, "axes", 1, &list);
    size_t count = status == SKY_OK ? (size_t)config_setting_length(list) : 0;

    if (status == SKY_OK && count == 0)
        return config_fail(l, root, "axes", "none", "at least one { key; values; }");
    if (status == SKY_OK && s->design == SWEEP_SOBOL && count > SWEEP_SOBOL_MAX) {
        char found[40];

        snprintf(found, sizeof found, "%zu axes", count);
        return config_fail(l, root, "axes", found, "at most 40 of a Sobol design (try \"latin-hypercube\")");
    }
    if (status != SKY_OK || (s->axes = config_alloc(l, count, sizeof *s->axes)) == NULL)
        return status != SKY_OK ? status : SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

        status = load_axis(l, group, s, i);
        s->axis_count += status == SKY_OK;
    }
    return status;
}
