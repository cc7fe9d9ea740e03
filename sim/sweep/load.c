/* A sweep file, read and checked. */
#include "inside.h"

#include "../trace/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_KEYS "name title scenario set strategies replications seed record design points axes where"
#define TRIES_MOST 1000 /* loads of the scenario that look for values which can't be */
#define SET_CHARS  512  /* of "path=value", as --set takes it */

/* ---- what the file and the command line say ----------------------------------------------------------------- */

static sky_status copy_sets(loader *l, const config_setting_t *root, const sweep_overrides *o, sweep *s)
{
    char **own = NULL;
    size_t count = 0;
    sky_status status = SKY_OK;

    if (config_setting_get_member(root, "set") != NULL &&
        config_setting_type(config_setting_get_member(root, "set")) == CONFIG_TYPE_STRING)
        return config_fail(l, root, "set", "one text", "texts in [ ], such as [ \"duration=3 d\" ]");
    status = config_get_strings(l, root, "set", 0, &own, &count);
    if (status != SKY_OK)
        return status;
    s->sets = config_alloc(l, count + o->set_count + 1, sizeof *s->sets);
    if (s->sets == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        s->sets[s->set_count++] = own[i];
    for (size_t i = 0; i < o->set_count; i++)
        if ((s->sets[s->set_count++] = config_strdup(l, o->sets[i])) == NULL)
            return SKY_ERROR_MEMORY;
    return SKY_OK;
}

static sky_status load_base(loader *l, const config_setting_t *root, sweep *s)
{
    const char *path = NULL;
    sky_status status = config_get_path(l, root, "scenario", 1, &path);

    if (status == SKY_OK)
        status = config_check_readable(l, root, "scenario", path);
    if (status != SKY_OK)
        return status;
    s->scenario_path = config_strdup(l, path);
    return s->scenario_path != NULL ? scenario_load(path, s->sets, s->set_count, &s->base, l->error)
                                    : SKY_ERROR_MEMORY;
}

static sky_status load_strategies(loader *l, const config_setting_t *root, const sweep_overrides *o, sweep *s)
{
    char **own = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, root, "strategies", 0, &own, &count);

    for (size_t i = 0; status == SKY_OK && i < count; i++) {
        if (sky_strategy_find(own[i]) == NULL)
            return config_fail(l, root, "strategies", own[i],
                               "strategies that `skytwin list strategies` names");
        for (size_t k = 0; k < i; k++)
            if (strcmp(own[i], own[k]) == 0)
                return config_fail(l, root, "strategies", own[i], "each strategy once");
    }
    if (status != SKY_OK)
        return status;
    if (o->strategies == NULL && own == NULL) {
        own = s->base.strategies;
        count = s->base.strategy_count;
    }
    s->strategy_count = o->strategies != NULL ? o->strategy_count : count;
    s->strategies = config_alloc(l, s->strategy_count + 1, sizeof *s->strategies);
    if (s->strategies == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < s->strategy_count; i++)
        if ((s->strategies[i] = config_strdup(l, o->strategies != NULL ? o->strategies[i] : own[i])) == NULL)
            return SKY_ERROR_MEMORY;
    return SKY_OK;
}

static sky_status load_numbers(loader *l, const config_setting_t *root, const sweep_overrides *o, sweep *s)
{
    int64_t replications = s->base.replications, seed = (int64_t)s->base.seed;
    sky_status status = config_get_integer(l, root, "replications", 0, 1, 1000000, &replications);

    if (status == SKY_OK)
        status = config_get_integer(l, root, "seed", 0, 0, INT64_MAX, &seed);
    s->replications = o->replications > 0 ? o->replications : (unsigned)replications;
    s->seed = o->seed_given ? o->seed : (uint64_t)seed;
    return status == SKY_OK ? config_get_choice(l, root, "record", 0, "summary full", &s->full) : status;
}

static sky_status load_names(loader *l, const config_setting_t *root, sweep *s)
{
    const char *name = NULL, *title = "";
    sky_status status;

    if (config_setting_get_member(root, "scenario") == NULL)
        return config_fail(l, root, "scenario", "nothing", "the path of the scenario that is swept");
    status = config_check_keys(l, root, SWEEP_KEYS);
    if (status == SKY_OK)
        status = config_get_name(l, root, &name);
    if (status == SKY_OK)
        status = config_get_string(l, root, "title", 0, &title);
    if (status != SKY_OK)
        return status;
    s->path = config_strdup(l, l->out->path);
    s->name = config_strdup(l, name);
    s->title = config_strdup(l, title);
    return s->path != NULL && s->name != NULL && s->title != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* The file, and behind it what makes this sweep another one than the file alone. */
static sky_status keep_text(loader *l, const sweep_overrides *o, sweep *s)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; i < o->set_count && status == SKY_OK; i++)
        status = source_append_override(&l->source, o->sets[i], l->error);
    s->text = status == SKY_OK ? config_strdup(l, l->source.text) : NULL;
    return status != SKY_OK ? status : s->text != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* ---- points --------------------------------------------------------------------------------------------------- */

static sky_status too_many(loader *l, const config_setting_t *root, const char *key, const char *what,
                           double count)
{
    char found[60], expected[60];

    snprintf(found, sizeof found, "%.0f %s", count, what);
    snprintf(expected, sizeof expected, "at most %d", SWEEP_POINTS_MAX);
    return config_fail(l, root, key, found, expected);
}

static sky_status count_points(loader *l, const config_setting_t *root, sweep *s)
{
    double count = 1;
    int64_t points = 0;

    if (s->design != SWEEP_GRID) {
        sky_status status = config_get_integer(l, root, "points", 1, 1, SWEEP_POINTS_MAX, &points);

        s->candidate_count = (size_t)points;
        return status;
    }
    if (config_setting_get_member(root, "points") != NULL)
        return config_fail(l, root, "points", "a number", "none: a grid has as many as its axes make");
    for (size_t a = 0; a < s->axis_count; a++)
        count *= (double)s->axes[a].value_count;
    s->candidate_count = (size_t)(count < 1e15 ? count : 1e15);
    return count <= SWEEP_POINTS_MAX ? SKY_OK : too_many(l, root, "axes", "points", count);
}

static sky_status keep_points(loader *l, const config_setting_t *root, sweep *s, double *numbers)
{
    s->point_count = s->candidate_count;
    if (s->condition_count == 0)
        return SKY_OK;
    s->kept = malloc(s->candidate_count * sizeof *s->kept);
    if (s->kept == NULL)
        return config_no_memory(l);
    s->point_count = 0;
    for (size_t i = 0; i < s->candidate_count; i++) {
        if (sweep_candidate(s, i, numbers) != SKY_OK)
            return config_no_memory(l);
        if (sweep_meets(s, numbers))
            s->kept[s->point_count++] = (uint32_t)i;
    }
    if (s->point_count > 0)
        return SKY_OK;
    return config_fail(l, root, "where", "conditions that no point meets", "at least one point");
}

/* ---- trying values ---------------------------------------------------------------------------------------------- */

static sky_status load_at(const sweep *s, const double *numbers, scenario *out, sky_error *error)
{
    const char **sets = calloc(s->set_count + s->axis_count, sizeof *sets);
    char *texts = calloc(s->axis_count, SET_CHARS);
    sky_status status = SKY_ERROR_MEMORY;

    if (sets != NULL && texts != NULL) {
        memcpy(sets, s->sets, s->set_count * sizeof *sets);
        for (size_t a = 0; a < s->axis_count; a++) {
            char *text = texts + a * SET_CHARS;
            int used = snprintf(text, SET_CHARS, "%.180s=", s->axes[a].key);

            sweep_value_text(&s->axes[a], numbers[a], text + used, (size_t)(SET_CHARS - used));
            sets[s->set_count + a] = text;
        }
        status = scenario_load(s->scenario_path, sets, s->set_count + s->axis_count, out, error);
    } else {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory for a point", s->path);
    }
    free(texts);
    free(sets);
    return status;
}

/* Which axis an error of the scenario is about: the one whose key it names, else the one that was tried. */
static size_t culprit_of(const sweep *s, const char *message, size_t tried)
{
    static const char set[] = "--set ";

    for (size_t a = 0; strncmp(message, set, sizeof set - 1) == 0 && a < s->axis_count; a++) {
        const char *path = message + sizeof set - 1;
        size_t length = strlen(s->axes[a].key);

        if (strncmp(path, s->axes[a].key, length) == 0 && path[length] == ':')
            return a;
    }
    return tried;
}

/* Loads the scenario with one value of one axis, and the others as at the first point. */
static sky_status try_value(loader *l, const sweep *s, size_t axis, double value, double *numbers)
{
    double first = numbers[axis];
    size_t culprit;
    scenario tried;
    char message[sizeof l->error->message], text[100];
    const char *file;
    unsigned line;
    sky_status status = SKY_OK;

    numbers[axis] = value;
    if (sweep_meets(s, numbers)) {
        status = load_at(s, numbers, &tried, l->error);
        if (status == SKY_OK)
            scenario_free(&tried);
    }
    culprit = status == SKY_ERROR_INPUT ? culprit_of(s, l->error->message, axis) : axis;
    sweep_value_text(&s->axes[culprit], numbers[culprit], text, sizeof text);
    numbers[axis] = first;
    if (status != SKY_ERROR_INPUT)
        return status;
    snprintf(message, sizeof message, "%s", l->error->message);
    source_place(&l->source, s->axes[culprit].line, &file, &line);
    snprintf(l->error->message, sizeof l->error->message, "%.120s:%u: axes[%zu], %.60s: %.300s", file, line,
             culprit, text, message);
    return status;
}

static sky_status try_values(loader *l, const sweep *s, double *numbers)
{
    size_t tries = 0;
    sky_status status = sweep_point(s, 0, numbers);

    for (size_t a = 0; a < s->axis_count && status == SKY_OK; a++) {
        const sweep_axis *axis = &s->axes[a];

        if (axis->value_count == 0) {
            status = try_value(l, s, a, axis->from, numbers);
            if (status == SKY_OK)
                status = try_value(l, s, a, axis->to, numbers);
        }
        for (size_t i = 0; i < axis->value_count && tries < TRIES_MOST && status == SKY_OK; i++, tries++)
            status = try_value(l, s, a, axis->numbers[i], numbers);
    }
    return status;
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static sky_status load_points(loader *l, const config_setting_t *root, sweep *s)
{
    int design = SWEEP_GRID;
    double *numbers = NULL;
    sky_status status = config_get_choice(l, root, "design", 0, "grid latin-hypercube sobol halton", &design);

    s->design = (sweep_design)design;
    if (status == SKY_OK)
        status = sweep_load_axes(l, root, s);
    if (status == SKY_OK)
        status = count_points(l, root, s);
    if (status == SKY_OK)
        status = sweep_load_conditions(l, root, s);
    if (status == SKY_OK && s->design != SWEEP_GRID)
        status = sweep_sequence_new(s, l->error, &s->sequence);
    if (status == SKY_OK && (numbers = config_alloc(l, s->axis_count, sizeof *numbers)) == NULL)
        status = SKY_ERROR_MEMORY;
    if (status == SKY_OK)
        status = keep_points(l, root, s, numbers);
    if (status == SKY_OK &&
        (double)s->point_count * (double)s->strategy_count * s->replications > SWEEP_POINTS_MAX)
        status = too_many(l, root, "replications", "runs",
                          (double)s->point_count * (double)s->strategy_count * s->replications);
    return status == SKY_OK ? try_values(l, s, numbers) : status;
}

static sky_status load_all(loader *l, const char *path, const sweep_overrides *o, sweep *s)
{
    const config_setting_t *root;
    sky_status status = config_read_sources(l, path, NULL, 0);

    if (status != SKY_OK)
        return status;
    root = config_root_setting(&l->config);
    l->out->path = config_strdup(l, path);
    if (l->out->path == NULL)
        return SKY_ERROR_MEMORY;
    status = load_names(l, root, s);
    if (status == SKY_OK)
        status = copy_sets(l, root, o, s);
    if (status == SKY_OK)
        status = load_base(l, root, s);
    if (status == SKY_OK)
        status = load_strategies(l, root, o, s);
    if (status == SKY_OK)
        status = load_numbers(l, root, o, s);
    if (status == SKY_OK)
        status = load_points(l, root, s);
    return status == SKY_OK ? keep_text(l, o, s) : status;
}

sky_status sweep_load(const char *path, const sweep_overrides *overrides, sweep *out, sky_error *error)
{
    scenario read = { .path = NULL }; /* of the loader's: where the text of the file goes */
    loader l = { .out = &read, .error = error };
    sky_status status;

    memset(out, 0, sizeof *out);
    config_init(&l.config);
    status = load_all(&l, path, overrides, out);
    config_destroy(&l.config);
    source_free(&l.source);
    out->owned = l.arena;
    if (status != SKY_OK) {
        text_one_line(error);
        sweep_free(out);
    }
    return status;
}

void sweep_free(sweep *s)
{
    sweep_sequence_free(s->sequence);
    free(s->kept);
    scenario_free(&s->base);
    config_free_arena(s->owned);
    memset(s, 0, sizeof *s);
}

sky_status sweep_load_point(const sweep *s, size_t point, scenario *out, sky_error *error)
{
    double *numbers = calloc(s->axis_count, sizeof *numbers);
    sky_status status = numbers != NULL ? sweep_point(s, point, numbers) : SKY_ERROR_MEMORY;
    char message[sizeof error->message];

    snprintf(error->message, sizeof error->message, "%.300s: out of memory for point %zu", s->path, point);
    if (status == SKY_OK)
        status = load_at(s, numbers, out, error);
    free(numbers);
    if (status == SKY_OK)
        return status;
    snprintf(message, sizeof message, "%s", error->message);
    snprintf(error->message, sizeof error->message, "%.150s: point %zu: %.320s", s->path, point, message);
    return status;
}
