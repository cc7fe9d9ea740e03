/* Submissions of several tasks: arrays, and stages that start when others have ended. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#define MOST_STAGES  1000
#define MOST_MEMBERS 1000000
#define MOST_EDGES   INT64_C(4000000)

static sky_status new_stages(loader *l, scenario_workload *w, size_t count)
{
    w->stages = config_alloc(l, count, sizeof *w->stages);
    if (w->stages == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        w->stages[i] =
            (scenario_stage){ .name = "", .job_class = w->job_class, .count = 1, .work_factor = 1 };
    w->stage_count = count;
    return SKY_OK;
}

static sky_status follow(loader *l, scenario_stage *stage, uint32_t before)
{
    stage->after = config_alloc(l, 1, sizeof *stage->after);
    if (stage->after == NULL)
        return SKY_ERROR_MEMORY;
    stage->after[0] = before;
    stage->after_count = 1;
    return SKY_OK;
}

/* One after the other; each of the sizes given. */
static sky_status make_chain(loader *l, scenario_workload *w, size_t stages)
{
    sky_status status = new_stages(l, w, stages);

    for (uint32_t i = 1; i < stages && status == SKY_OK; i++)
        status = follow(l, &w->stages[i], i - 1);
    return status;
}

/* ---- a list of stages -------------------------------------------------------------------------------------------- */

static sky_status load_stage_class(loader *l, const config_setting_t *group, scenario_stage *stage)
{
    const scenario *s = l->out;
    const char *name = s->classes[stage->job_class].name;
    uint32_t i = 0;
    sky_status status = config_get_string(l, group, "class", 0, &name);

    if (status != SKY_OK)
        return status;
    while (i < s->class_count && strcmp(s->classes[i].name, name) != 0)
        i++;
    if (i == s->class_count || !s->classes[i].is_task) {
        suggest_search search = suggest_for(name);

        for (size_t k = 0; k < s->class_count; k++)
            if (s->classes[k].is_task)
                suggest_offer(&search, s->classes[k].name, 0);
        return config_fail_near(l, group, "class", name, "the name of one of `classes` with a request",
                                &search);
    }
    stage->job_class = i;
    return SKY_OK;
}

static sky_status load_stage(loader *l, const config_setting_t *group, scenario_stage *stage)
{
    const char *name = NULL;
    int64_t count = 1, at_once = 0;
    sky_status status = config_check_keys(l, group, "name class count at_once after work_factor");

    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "count", 0, 1, MOST_MEMBERS, &count);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "at_once", 0, 0, count, &at_once);
    if (status == SKY_OK)
        status = config_get_real(l, group, "work_factor", 0, 1e-6, 1e6, &stage->work_factor);
    if (status == SKY_OK)
        status = load_stage_class(l, group, stage);
    if (status != SKY_OK)
        return status;
    stage->count = (uint32_t)count;
    stage->at_once = (uint32_t)at_once;
    stage->name = config_strdup(l, name);
    return stage->name != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static size_t find_stage(const scenario_workload *w, const char *name, size_t count)
{
    size_t i = 0;

    while (i < count && strcmp(w->stages[i].name, name) != 0)
        i++;
    return i;
}

static sky_status load_after(loader *l, const config_setting_t *group, scenario_workload *w,
                             scenario_stage *stage)
{
    char **names = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, group, "after", 0, &names, &count);

    if (status != SKY_OK || count == 0)
        return status;
    stage->after = config_alloc(l, count, sizeof *stage->after);
    if (stage->after == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        size_t before = find_stage(w, names[i], w->stage_count);

        if (before == w->stage_count) {
            suggest_search search = suggest_for(names[i]);

            for (size_t k = 0; k < w->stage_count; k++)
                suggest_offer(&search, w->stages[k].name, 0);
            return config_fail_near(l, group, "after", names[i], "names of stages of the same workload",
                                    &search);
        }
        for (size_t k = 0; k < i; k++)
            if (stage->after[k] == before)
                return config_fail(l, group, "after", names[i], "each stage once");
        stage->after[i] = (uint32_t)before;
    }
    stage->after_count = count;
    return SKY_OK;
}

/* 1: all stages before it have their places already. */
static int may_come(const scenario_stage *stage, const uint32_t *place)
{
    for (size_t i = 0; i < stage->after_count; i++)
        if (place[stage->after[i]] == SKY_NONE)
            return 0;
    return 1;
}

/* Puts each stage behind those that it waits for, else in the order of the list; refuses cycles. */
static sky_status sort_stages(loader *l, const config_setting_t *list, scenario_workload *w)
{
    scenario_stage *sorted = config_alloc(l, w->stage_count, sizeof *sorted);
    uint32_t *place = config_alloc(l, w->stage_count, sizeof *place);

    if (sorted == NULL || place == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < w->stage_count; i++)
        place[i] = SKY_NONE;
    for (uint32_t n = 0; n < w->stage_count; n++) {
        size_t i = 0, stuck = 0;

        while (i < w->stage_count && (place[i] != SKY_NONE || !may_come(&w->stages[i], place)))
            i++;
        if (i == w->stage_count) {
            while (place[stuck] != SKY_NONE)
                stuck++;
            return config_fail(l, config_setting_get_elem(list, (unsigned)stuck), "after",
                               w->stages[stuck].name, "stages that do not wait for each other in a circle");
        }
        place[i] = n;
        sorted[n] = w->stages[i];
    }
    for (size_t i = 0; i < w->stage_count; i++)
        for (size_t k = 0; k < sorted[i].after_count; k++)
            sorted[i].after[k] = place[sorted[i].after[k]];
    w->stages = sorted;
    return SKY_OK;
}

static sky_status load_list(loader *l, const config_setting_t *list, scenario_workload *w)
{
    int count = config_setting_length(list);
    sky_status status;

    if (count < 1 || count > MOST_STAGES)
        return config_fail(l, list, NULL, count < 1 ? "an empty list" : "more than 1000 stages",
                           "1 to 1000 stages");
    status = new_stages(l, w, (size_t)count);
    for (int i = 0; i < count && status == SKY_OK; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

        status = load_stage(l, group, &w->stages[i]);
        if (status == SKY_OK && find_stage(w, w->stages[i].name, (size_t)i) < (size_t)i)
            return config_fail(l, group, "name", w->stages[i].name, "a name of its own for each stage");
    }
    for (int i = 0; i < count && status == SKY_OK; i++)
        status = load_after(l, config_setting_get_elem(list, (unsigned)i), w, &w->stages[i]);
    return status == SKY_OK ? sort_stages(l, list, w) : status;
}

/* ---- what a workload says ---------------------------------------------------------------------------------------- */

/* Numbers the tasks, and counts who waits for whom. */
static sky_status number_tasks(loader *l, const config_setting_t *group, const char *key,
                               scenario_workload *w)
{
    int64_t members = 0, edges = 0;

    for (size_t i = 0; i < w->stage_count; i++) {
        w->stages[i].first = (uint32_t)members;
        members += w->stages[i].count;
        for (size_t k = 0; k < w->stages[i].after_count; k++)
            edges += (int64_t)w->stages[i].count * w->stages[w->stages[i].after[k]].count;
        if (members > MOST_MEMBERS)
            return config_fail(l, group, key, "more than a million tasks", "fewer in one submission");
        if (edges > MOST_EDGES)
            return config_fail(l, group, key, "more than 4 million pairs of tasks that wait for each other",
                               "fewer, such as a stage of one task between two large ones");
    }
    w->members = (uint32_t)members;
    return SKY_OK;
}

static sky_status load_array(loader *l, const config_setting_t *group, int64_t count, scenario_workload *w)
{
    int64_t at_once = 0;
    sky_status status = config_get_integer(l, group, "at_once", 0, 0, count, &at_once);

    if (status == SKY_OK)
        status = new_stages(l, w, 1);
    if (status != SKY_OK)
        return status;
    w->stages[0].count = (uint32_t)count;
    w->stages[0].at_once = (uint32_t)at_once;
    return SKY_OK;
}

static sky_status load_form(loader *l, const config_setting_t *group, const char *form, scenario_workload *w)
{
    const config_setting_t *list = NULL;
    int64_t count = 1;
    sky_status status;

    if (strcmp(form, "stages") == 0) {
        status = config_get_list(l, group, "stages", 1, &list);
        return status == SKY_OK ? load_list(l, list, w) : status;
    }
    status = config_get_integer(l, group, form, 1, 1, strcmp(form, "chain") == 0 ? MOST_STAGES : MOST_MEMBERS,
                                &count);
    if (status != SKY_OK)
        return status;
    if (strcmp(form, "array") == 0)
        return load_array(l, group, count, w);
    status = make_chain(l, w, strcmp(form, "chain") == 0 ? (size_t)count : 3);
    if (status == SKY_OK && strcmp(form, "fan") == 0)
        w->stages[1].count = (uint32_t)count;
    return status;
}

sky_status load_stages(loader *l, const config_setting_t *group, scenario_workload *w)
{
    static const char *const forms[] = { "array", "chain", "fan", "stages" };
    const char *form = NULL;
    sky_status status;

    w->members = 1;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (config_setting_get_member(group, forms[i]) == NULL)
            continue;
        if (form != NULL)
            return config_fail(l, group, forms[i], form, "one of array, chain, fan and stages");
        form = forms[i];
    }
    if (config_setting_get_member(group, "at_once") != NULL && (form == NULL || strcmp(form, "array") != 0))
        return config_fail(l, group, "at_once", "a workload without array",
                           "an array, or stages with at_once");
    if (form == NULL)
        return SKY_OK;
    status = load_form(l, group, form, w);
    return status == SKY_OK ? number_tasks(l, group, form, w) : status;
}
