/* Which points take longest: told from the names of their keys, without loading their scenarios. */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct point_cost {
    double cost;
    uint32_t point;
} point_cost;

/* Twice of it is about twice the work (1), or half of it (-1). */
static const struct {
    const char *key; /* the last name of the path */
    int power;
} known[] = {
    { "duration", 1 },          { "rate", 1 },           { "count", 1 }, { "zones", 1 }, { "nodes", 1 },
    { "task_hours", 1 },        { "deadline_hours", 1 }, { "ratio", 1 }, { "mean", 1 },  { "time_scale", -1 },
    { "control_interval", -1 },
};

static int power_of(const sweep_axis *axis)
{
    const char *dot = strrchr(axis->key, '.'), *name = dot != NULL ? dot + 1 : axis->key;

    for (size_t i = 0; !axis->is_text && i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].key, name) == 0)
            return known[i].power;
    return 0;
}

static int by_cost(const void *a, const void *b)
{
    const point_cost *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->point < y->point ? -1 : 1;
}

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for the order of the points");
    return SKY_ERROR_MEMORY;
}

static sky_status measure(const sweep *s, point_cost *costs, double *numbers)
{
    for (size_t p = 0; p < s->point_count; p++) {
        sky_status status = sweep_point(s, p, numbers);

        if (status != SKY_OK)
            return status;
        costs[p] = (point_cost){ 1, (uint32_t)p };
        for (size_t a = 0; a < s->axis_count; a++)
            if (power_of(&s->axes[a]) != 0 && numbers[a] > 0)
                costs[p].cost *= power_of(&s->axes[a]) > 0 ? numbers[a] : 1 / numbers[a];
    }
    return SKY_OK;
}

sky_status sweep_order(const sweep *s, uint32_t **order, sky_error *error)
{
    point_cost *costs = NULL;
    double *numbers = NULL;
    int told = 0;
    sky_status status = SKY_OK;

    *order = malloc((s->point_count + 1) * sizeof **order);
    if (*order == NULL)
        return no_memory(error);
    for (size_t p = 0; p < s->point_count; p++)
        (*order)[p] = (uint32_t)p;
    for (size_t a = 0; a < s->axis_count; a++)
        told |= power_of(&s->axes[a]) != 0;
    if (!told)
        return SKY_OK;
    costs = malloc((s->point_count + 1) * sizeof *costs);
    numbers = malloc(s->axis_count * sizeof *numbers);
    if (costs == NULL || numbers == NULL || (status = measure(s, costs, numbers)) != SKY_OK)
        status = no_memory(error);
    if (status == SKY_OK) {
        qsort(costs, s->point_count, sizeof *costs, by_cost);
        for (size_t p = 0; p < s->point_count; p++)
            (*order)[p] = costs[p].point;
    }
    free(numbers);
    free(costs);
    return status;
}
