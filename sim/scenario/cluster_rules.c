#include "cluster_rules.h"

#include <string.h>

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
        uint64_t bit = is_soft(taint) ? 0 : bit_of(&r->taints, taint);

        if (bit == 0 && !is_soft(taint))
            return config_fail(r->l, r->root, "nodes", from->name, "at most 64 different taints");
        to->taints |= bit;
    }
    return SKY_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

sky_status rules_load(rules *r, loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    sky_status status = SKY_OK;

    *r = (rules){ .l = l, .root = root };
    for (size_t i = 0; i < s->node_count && status == SKY_OK; i++)
        status = load_taints(r, &s->traces.nodes[i], &s->nodes[i]);
    return status;
}

sky_status rules_of_task(rules *r, const trace_task *from, scenario_class *c)
{
    rules_text rest = whole(from->labels), label;

    while (next_part(&rest, ',', &label)) {
        uint64_t bit = bit_of(&r->wishes, label);

        if (bit == 0)
            return config_fail(r->l, r->root, "tasks", from->name, "at most 64 labels that tasks ask for");
        c->request.labels |= bit;
    }
    for (size_t i = 0; i < r->taints.count; i++)
        if (tolerates_any(from->tolerations, r->taints.name[i]))
            c->request.tolerations |= UINT64_C(1) << i;
    return SKY_OK;
}

void rules_mark_nodes(const rules *r)
{
    scenario *s = r->l->out;

    for (size_t i = 0; i < s->node_count; i++)
        for (size_t k = 0; k < r->wishes.count; k++) {
            rules_text value, key = head(r->wishes.name[k], "=", &value);
            rules_text has = value_of(whole(s->traces.nodes[i].labels), key);

            if (has.at != NULL && same(has, (rules_text){ value.at + 1, value.length - 1 }))
                s->nodes[i].labels |= UINT64_C(1) << k;
        }
}
