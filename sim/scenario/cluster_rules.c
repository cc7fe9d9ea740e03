#include "cluster_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOFT_WEIGHT 100 /* of the taint PreferNoSchedule, which has none: as the strongest preference */

/* ---- texts ---------------------------------------------------------------------------------------------------------- */

static rules_text whole(const char *text)
{
    return (rules_text){ text, text != NULL ? strlen(text) : 0 };
}

static int same(rules_text a, rules_text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* Cuts the next part off `rest`. 0: there is none. */
static int next_part(rules_text *rest, char separator, rules_text *part)
{
    const char *end;

    if (rest->at == NULL)
        return 0;
    end = memchr(rest->at, separator, rest->length);
    *part = (rules_text){ rest->at, end != NULL ? (size_t)(end - rest->at) : rest->length };
    *rest = end != NULL ? (rules_text){ end + 1, rest->length - part->length - 1 } : (rules_text){ NULL, 0 };
    return 1;
}

/* What stands before the first of the separators; *rest: from there on. */
static rules_text head(rules_text text, const char *separators, rules_text *rest)
{
    size_t length = 0;

    while (length < text.length && strchr(separators, text.at[length]) == NULL)
        length++;
    *rest = (rules_text){ text.at + length, text.length - length };
    return (rules_text){ text.at, length };
}

/* The bit of a name, which is added if it is new; 0: there are too many. */
static uint64_t bit_of(rules_names *names, rules_text name)
{
    size_t i = 0;

    while (i < names->count && !same(names->name[i], name))
        i++;
    if (i == RULES_MAX)
        return 0;
    if (i == names->count)
        names->name[names->count++] = name;
    return UINT64_C(1) << i;
}

static rules_text value_of(rules_text labels, rules_text key)
{
    rules_text label, value;

    while (next_part(&labels, ',', &label))
        if (same(head(label, "=", &value), key) && value.length > 0)
            return (rules_text){ value.at + 1, value.length - 1 };
    return (rules_text){ NULL, 0 };
}

rules_text rules_value(const char *labels, const char *key)
{
    return value_of(whole(labels), whole(key));
}

/* Digits only, up to 7. */
static int number_of(rules_text text, int64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || i == 7)
            return 0;
        *number = *number * 10 + (text.at[i] - '0');
    }
    return text.length > 0;
}

/* ---- requirements --------------------------------------------------------------------------------------------------- */

/* Whole numbers, with a sign or without. 0: one is none. */
static int compare(rules_text a, rules_text b, int64_t *order)
{
    char text[2][24], *end[2];
    long long number[2];
    rules_text both[] = { a, b };

    for (int i = 0; i < 2; i++) {
        if (both[i].length == 0 || both[i].length >= sizeof text[i])
            return 0;
        memcpy(text[i], both[i].at, both[i].length);
        text[i][both[i].length] = '\0';
        number[i] = strtoll(text[i], &end[i], 10);
        if (*end[i] != '\0')
            return 0;
    }
    *order = (number[0] > number[1]) - (number[0] < number[1]);
    return 1;
}

/* Whether labels meet a requirement as in trace.h. name: of a node; at NULL: it is no node. */
static int meets_one(rules_text one, rules_text labels, rules_text name)
{
    int negated = one.length > 0 && *one.at == '!', found = 0;
    rules_text relation, key, has, value;
    int64_t order;

    if (negated)
        one = (rules_text){ one.at + 1, one.length - 1 };
    key = head(one, "=!<>", &relation);
    has = name.at != NULL && same(key, whole("metadata.name")) ? name : value_of(labels, key);
    if (relation.length == 0)
        return (has.at != NULL) != negated;
    value = (rules_text){ relation.at + 1, relation.length - 1 };
    if (*relation.at == '<' || *relation.at == '>')
        return has.at != NULL && compare(has, value, &order) && order == (*relation.at == '<' ? -1 : 1);
    if (*relation.at == '!')
        value = (rules_text){ value.at + 1, value.length - (value.length > 0) };
    for (rules_text any; next_part(&value, '|', &any);)
        found |= has.at != NULL && same(has, any);
    return found == (*relation.at == '=');
}

/* All of "requirement,…". */
static int meets_all(rules_text all, rules_text labels, rules_text name)
{
    for (rules_text one; next_part(&all, ',', &one);)
        if (!meets_one(one, labels, name))
            return 0;
    return 1;
}

/* ---- taints --------------------------------------------------------------------------------------------------------- */

/* "key=value:Effect" by "key=value:Effect", "key:Effect", "*:Effect", or any of them without the effect. */
static int tolerates(rules_text toleration, rules_text taint)
{
    rules_text effect, taint_effect, value;
    rules_text what = head(toleration, ":", &effect), taint_what = head(taint, ":", &taint_effect);
    rules_text key = head(what, "=", &value);

    if (effect.length > 0 && !same(effect, taint_effect))
        return 0;
    if (value.length > 0)
        return same(what, taint_what);
    return same(key, whole("*")) || same(key, head(taint_what, "=", &value));
}

static int tolerates_any(const char *tolerations, rules_text taint)
{
    rules_text rest = whole(tolerations), one;

    while (next_part(&rest, ',', &one))
        if (tolerates(one, taint))
            return 1;
    return 0;
}

static int is_soft(rules_text taint)
{
    rules_text effect;

    head(taint, ":", &effect);
    return same(effect, whole(":PreferNoSchedule"));
}

static sky_status load_taints(rules *r, const trace_node *from, scenario_node *to)
{
    rules_text rest = whole(from->taints), taint;

    while (next_part(&rest, ',', &taint)) {
        char *shunned = is_soft(taint) ? config_alloc(r->l, taint.length + 2, 1) : NULL;
        uint64_t bit;

        if (is_soft(taint) && shunned == NULL)
            return SKY_ERROR_MEMORY;
        if (shunned != NULL)
            snprintf(shunned, taint.length + 2, "~%.*s", (int)taint.length, taint.at);
        bit = shunned != NULL ? bit_of(&r->shunned, whole(shunned)) : bit_of(&r->taints, taint);
        if (bit == 0)
            return config_fail(r->l, r->root, "nodes", from->name, "at most 64 different taints");
        to->taints |= shunned != NULL ? 0 : bit;
    }
    return SKY_OK;
}

/* ---- what tasks say of nodes ---------------------------------------------------------------------------------------- */

static sky_status add_wish(rules *r, const trace_task *from, rules_text wish, uint64_t *bits)
{
    uint64_t bit = bit_of(&r->wishes, wish);

    *bits |= bit;
    return bit != 0 ? SKY_OK
                    : config_fail(r->l, r->root, "tasks", from->name,
                                  "at most 64 different labels, affinities and preferences of tasks");
}

static sky_status add_term(rules *r, const trace_task *from, scenario_class *c, const terms_term *term)
{
    if (c->term_count == RULES_MAX)
        return config_fail(r->l, r->root, "tasks", from->name, "at most 64 terms of a task");
    r->terms[c->term_count++] = *term;
    return SKY_OK;
}

static sky_status prefer(rules *r, const trace_task *from, scenario_class *c, rules_text wish, int64_t weight)
{
    terms_term term = { .kind = TERMS_PREFERENCE, .level = SKY_PREFER_LABELS, .weight = weight };
    sky_status status = add_wish(r, from, wish, &term.bits);

    return status == SKY_OK ? add_term(r, from, c, &term) : status;
}

static sky_status add_preferences(rules *r, const trace_task *from, scenario_class *c)
{
    rules_text rest = whole(from->preferences), one;
    sky_status status = SKY_OK;

    while (status == SKY_OK && next_part(&rest, ';', &one)) {
        rules_text wish, weight = head(one, " ", &wish);
        int64_t points = 0;

        if (!number_of(weight, &points) || points < 1 || points > TERMS_WEIGHT_MOST || wish.length < 2)
            return config_fail(r->l, r->root, "tasks", from->name,
                               "preferences with a weight from 1 to 1000");
        status = prefer(r, from, c, (rules_text){ wish.at + 1, wish.length - 1 }, points);
    }
    for (size_t i = 0; i < r->shunned.count && status == SKY_OK; i++) {
        rules_text name = r->shunned.name[i];

        if (!tolerates_any(from->tolerations, (rules_text){ name.at + 1, name.length - 1 }))
            status = prefer(r, from, c, name, SOFT_WEIGHT);
    }
    return status;
}

/* ---- company -------------------------------------------------------------------------------------------------------- */

/* Its place among the names; -1: it is none of them. */
static int choice_of(rules_text text, const char *const names[3])
{
    for (int i = 0; i < 3; i++)
        if (same(text, whole(names[i])))
            return i;
    return -1;
}

/* "KIND LEVEL WEIGHT SKEW NAMESPACES REQUIREMENTS". 0: it is none. */
static int read_company(rules_text text, terms_term *term, rules_text *selector)
{
    static const char *const kinds[] = { "affinity", "anti-affinity", "spread" };
    static const char *const levels[] = { "node", "zone", "region" };
    rules_text field[4] = { { NULL, 0 } };
    int64_t skew;
    int kind, level;

    for (int i = 0; i < 4; i++)
        if (!next_part(&text, ' ', &field[i]))
            return 0;
    kind = choice_of(field[0], kinds);
    level = choice_of(field[1], levels);
    *term = (terms_term){ .kind = (uint16_t)(TERMS_AFFINITY + kind), .level = (uint16_t)level };
    *selector = text;
    if (kind < 0 || level < 0 || !number_of(field[2], &term->weight) || !number_of(field[3], &skew))
        return 0;
    term->skew = (uint32_t)skew;
    return term->weight <= TERMS_WEIGHT_MOST && (skew > 0) == (term->kind == TERMS_SPREAD) &&
           text.at != NULL && memchr(text.at, ' ', text.length) != NULL;
}

/* Of all tasks, as each may belong to the groups of others. */
static sky_status find_groups(rules *r, const trace_task *from)
{
    rules_text rest = whole(from->company), one, selector;
    terms_term term;

    while (next_part(&rest, ';', &one)) {
        if (!read_company(one, &term, &selector))
            return config_fail(r->l, r->root, "tasks", from->name,
                               "company as KIND LEVEL WEIGHT SKEW NAMESPACES REQUIREMENTS");
        if (bit_of(&r->selectors, selector) == 0)
            return config_fail(r->l, r->root, "tasks", from->name,
                               "at most 64 different selectors of affinity and spread");
    }
    return SKY_OK;
}

static int belongs(const trace_task *task, rules_text selector)
{
    rules_text requirements, tenant = whole(task->tenant != NULL ? task->tenant : "default"), one;
    rules_text namespaces = head(selector, " ", &requirements);
    int found = same(namespaces, whole("*"));

    while (!found && next_part(&namespaces, '|', &one))
        found = same(one, tenant);
    requirements = (rules_text){ requirements.at + 1, requirements.length - 1 };
    return found && (same(requirements, whole("*")) ||
                     meets_all(requirements, whole(task->own_labels), (rules_text){ NULL, 0 }));
}

static sky_status add_company(rules *r, const trace_task *from, scenario_class *c)
{
    rules_text rest = whole(from->company), one, selector;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < r->selectors.count; i++)
        if (belongs(from, r->selectors.name[i]))
            c->groups |= UINT64_C(1) << i;
    while (status == SKY_OK && next_part(&rest, ';', &one)) {
        terms_term term;

        read_company(one, &term, &selector);
        term.bits = bit_of(&r->selectors, selector);
        status = add_term(r, from, c, &term);
    }
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

sky_status rules_load(rules *r, loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    sky_status status = SKY_OK;

    *r = (rules){ .l = l, .root = root, .terms = config_alloc(l, RULES_MAX, sizeof *r->terms) };
    if (r->terms == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < s->node_count && status == SKY_OK; i++)
        status = load_taints(r, &s->traces.nodes[i], &s->nodes[i]);
    for (size_t i = 0; i < s->traces.task_count && status == SKY_OK; i++)
        status = find_groups(r, &s->traces.tasks[i]);
    return status;
}

sky_status rules_of_task(rules *r, const trace_task *from, scenario_class *c)
{
    rules_text rest = whole(from->labels), label;
    sky_status status = SKY_OK;

    while (status == SKY_OK && next_part(&rest, ',', &label))
        status = add_wish(r, from, label, &c->request.labels);
    if (status == SKY_OK && from->affinity != NULL)
        status = add_wish(r, from, whole(from->affinity), &c->request.labels);
    for (size_t i = 0; i < r->taints.count; i++)
        if (tolerates_any(from->tolerations, r->taints.name[i]))
            c->request.tolerations |= UINT64_C(1) << i;
    c->terms = r->terms;
    if (status == SKY_OK)
        status = add_preferences(r, from, c);
    return status == SKY_OK ? add_company(r, from, c) : status;
}

/* One of "requirement,…;…"; or the node lacks the taint of "~taint". */
static int meets(const trace_node *node, rules_text wish)
{
    rules_text rest = whole(node->taints), one;

    if (wish.length > 0 && *wish.at == '~') {
        while (next_part(&rest, ',', &one))
            if (same(one, (rules_text){ wish.at + 1, wish.length - 1 }))
                return 0;
        return 1;
    }
    while (next_part(&wish, ';', &one))
        if (meets_all(one, whole(node->labels), whole(node->name)))
            return 1;
    return 0;
}

void rules_mark_nodes(const rules *r)
{
    scenario *s = r->l->out;

    for (size_t i = 0; i < s->node_count; i++)
        for (size_t k = 0; k < r->wishes.count; k++)
            if (meets(&s->traces.nodes[i], r->wishes.name[k]))
                s->nodes[i].labels |= UINT64_C(1) << k;
}
