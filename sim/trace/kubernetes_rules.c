/* Where a pod must or would rather be (core/v1: Affinity, TopologySpreadConstraint), as texts that trace.h describes.
 * What they can't say is refused: other topology keys, namespaces chosen by label, minDomains. */
#include "kubernetes.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRED  "requiredDuringSchedulingIgnoredDuringExecution"
#define PREFERRED "preferredDuringSchedulingIgnoredDuringExecution"

#define SOFT_WEIGHT 100 /* of what is preferred without a weight: as the strongest of those that have one */

/* ---- requirements --------------------------------------------------------------------------------------------- */

static sky_status add_value(const snapshot *s, const char *at, const json_t *value, words *w)
{
    const char *text = words_text(value, NULL);

    if (text == NULL)
        return kubernetes_fail(s, at, value, "a value of letters, digits and - _ . /");
    return words_add(w, "%s", text) ? SKY_OK : kubernetes_no_memory(s);
}

static int is_number(const char *text)
{
    char *rest;

    strtoll(text, &rest, 10);
    return *text != '\0' && *rest == '\0';
}

static const struct relation {
    const char *name, *before, *between;
    size_t least, most; /* values */
} relations[] = {
    { "In", "", "=", 1, SIZE_MAX }, { "NotIn", "", "!=", 1, SIZE_MAX },
    { "Exists", "", "", 0, 0 },     { "DoesNotExist", "!", "", 0, 0 },
    { "Gt", "", ">", 1, 1 },        { "Lt", "", "<", 1, 1 },
};

static const struct relation *relation_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof relations / sizeof relations[0]; i++)
        if (strcmp(relations[i].name, name) == 0)
            return &relations[i];
    return NULL;
}

/* "key=a|b", "key!=a|b", "key", "!key", "key>1", "key<1" */
static sky_status add_requirement(const snapshot *s, const char *at, const json_t *one, words *w)
{
    const char *key = words_text(json_object_get(one, "key"), NULL);
    const struct relation *is = relation_of(json_string_value(json_object_get(one, "operator")));
    const json_t *list = json_object_get(one, "values");
    words values = { 0 };
    char path[200], *joined = NULL;
    sky_status status;

    snprintf(path, sizeof path, "%.180s.values", at);
    status = words_read_list(s, path, list, add_value, &values);
    if (status == SKY_OK && (key == NULL || *key == '\0' || is == NULL || values.count < is->least ||
                             values.count > is->most || (is->most == 1 && !is_number(values.word[0]))))
        status = kubernetes_fail(s, at, one, "a requirement with key, operator and the values that it takes");
    if (status == SKY_OK &&
        (!words_join(&values, '|', &joined) ||
         !words_add(w, "%s%s%s%s", is->before, key, is->between, joined != NULL ? joined : "")))
        status = kubernetes_no_memory(s);
    free(joined);
    words_free(&values);
    return status;
}

/* Of a node's fields the API knows one, its name. */
static sky_status add_field(const snapshot *s, const char *at, const json_t *one, words *w)
{
    const char *key = json_string_value(json_object_get(one, "key"));

    if (key == NULL || strcmp(key, "metadata.name") != 0)
        return kubernetes_fail(s, at, one, "a requirement of metadata.name");
    return add_requirement(s, at, one, w);
}

/* ---- node affinity -------------------------------------------------------------------------------------------- */

/* "requirement,…"; NULL: there is none. */
static sky_status read_node_term(const snapshot *s, const char *at, const json_t *term, char **out)
{
    words w = { 0 };
    char path[200];
    sky_status status;

    *out = NULL;
    snprintf(path, sizeof path, "%.170s.matchExpressions", at);
    status = words_read_list(s, path, json_object_get(term, "matchExpressions"), add_requirement, &w);
    snprintf(path, sizeof path, "%.170s.matchFields", at);
    if (status == SKY_OK)
        status = words_read_list(s, path, json_object_get(term, "matchFields"), add_field, &w);
    if (status == SKY_OK && !words_join(&w, ',', out))
        status = kubernetes_no_memory(s);
    words_free(&w);
    return status;
}

static sky_status add_node_term(const snapshot *s, const char *at, const json_t *term, words *w)
{
    char *text;
    sky_status status = read_node_term(s, at, term, &text);

    if (status == SKY_OK && text == NULL)
        status = kubernetes_fail(s, at, term, "at least one requirement");
    else if (status == SKY_OK && !words_add(w, "%s", text))
        status = kubernetes_no_memory(s);
    free(text);
    return status;
}

static sky_status read_weight(const snapshot *s, const char *at, const json_t *one, int *weight)
{
    const json_t *value = json_object_get(one, "weight");
    json_int_t number = json_integer_value(value);
    char path[200];

    snprintf(path, sizeof path, "%.180s.weight", at);
    if (!json_is_integer(value) || number < 1 || number > 100)
        return kubernetes_fail(s, path, value, "a whole number from 1 to 100");
    *weight = (int)number;
    return SKY_OK;
}

/* One without requirements says nothing. */
static sky_status add_preference(const snapshot *s, const char *at, const json_t *one, words *w)
{
    char path[200], *text = NULL;
    int weight;
    sky_status status = read_weight(s, at, one, &weight);

    snprintf(path, sizeof path, "%.180s.preference", at);
    if (status == SKY_OK)
        status = read_node_term(s, path, json_object_get(one, "preference"), &text);
    if (text != NULL && !words_add(w, "%d %s", weight, text))
        status = kubernetes_no_memory(s);
    free(text);
    return status;
}

static sky_status read_node_affinity(const snapshot *s, const json_t *affinity, trace_task *task)
{
    static const char at[] = "spec.affinity.nodeAffinity." REQUIRED;
    const json_t *required = json_object_get(affinity, REQUIRED);
    const json_t *terms = json_object_get(required, "nodeSelectorTerms");
    words must = { 0 }, may = { 0 };
    sky_status status = SKY_OK;

    if (required != NULL && json_array_size(terms) == 0)
        return kubernetes_fail(s, at, required, "nodeSelectorTerms, at least one");
    status = words_read_list(s, "spec.affinity.nodeAffinity." REQUIRED ".nodeSelectorTerms", terms,
                             add_node_term, &must);
    if (status == SKY_OK)
        status = words_read_list(s, "spec.affinity.nodeAffinity." PREFERRED,
                                 json_object_get(affinity, PREFERRED), add_preference, &may);
    if (status == SKY_OK &&
        (!words_join(&must, ';', &task->affinity) || !words_join(&may, ';', &task->preferences)))
        status = kubernetes_no_memory(s);
    words_free(&must);
    words_free(&may);
    return status;
}

/* ---- company of other pods ------------------------------------------------------------------------------------ */

/* A pod that says whom it seeks or shuns. */
typedef struct pod {
    const snapshot *s;
    const json_t *labels;
    const char *namespace;
    words company;
} pod;

static const char *level_of(const json_t *key)
{
    static const char *const levels[][2] = { { "kubernetes.io/hostname", "node" },
                                             { "topology.kubernetes.io/zone", "zone" },
                                             { "topology.kubernetes.io/region", "region" } };
    const char *text = json_string_value(key);

    for (size_t i = 0; text != NULL && i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(levels[i][0], text) == 0)
            return levels[i][1];
    return NULL;
}

/* matchLabelKeys, mismatchLabelKeys: other pods have the same value as this one, or another. */
static sky_status add_own(const pod *p, const char *at, const json_t *term, const char *list,
                          const char *relation, words *w)
{
    const json_t *keys = json_object_get(term, list);
    char path[200];

    snprintf(path, sizeof path, "%.170s.%s", at, list);
    if (keys != NULL && !json_is_array(keys))
        return kubernetes_fail(p->s, path, keys, "a list");
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *key = words_text(json_array_get(keys, i), NULL);
        const char *value = key != NULL ? words_text(json_object_get(p->labels, key), NULL) : NULL;

        if (key == NULL)
            return kubernetes_fail(p->s, path, keys, "a list of keys");
        if (value != NULL && !words_add(w, "%s%s%s", key, relation, value))
            return kubernetes_no_memory(p->s);
    }
    return SKY_OK;
}

/* "requirement,…", or "*": any pod. */
static sky_status read_selector(const pod *p, const char *at, const json_t *term, char **out)
{
    const json_t *selector = json_object_get(term, "labelSelector");
    words w = { 0 };
    char path[200];
    sky_status status;

    snprintf(path, sizeof path, "%.160s.labelSelector", at);
    if (!json_is_object(selector))
        return kubernetes_fail(p->s, path, selector, "a selector: without one no pod matches");
    snprintf(path, sizeof path, "%.160s.labelSelector.matchLabels", at);
    status = words_read_labels(p->s, path, json_object_get(selector, "matchLabels"), &w);
    snprintf(path, sizeof path, "%.160s.labelSelector.matchExpressions", at);
    if (status == SKY_OK)
        status = words_read_list(p->s, path, json_object_get(selector, "matchExpressions"), add_requirement,
                                 &w);
    if (status == SKY_OK)
        status = add_own(p, at, term, "matchLabelKeys", "=", &w);
    if (status == SKY_OK)
        status = add_own(p, at, term, "mismatchLabelKeys", "!=", &w);
    if (status == SKY_OK && ((w.count == 0 && !words_add(&w, "*")) || !words_join(&w, ',', out)))
        status = kubernetes_no_memory(p->s);
    words_free(&w);
    return status;
}

/* "a|b", or "*": all; where the term names none, the pod's own. */
static sky_status read_namespaces(const pod *p, const char *at, const json_t *term, char **out)
{
    const json_t *chosen = json_object_get(term, "namespaceSelector");
    words w = { 0 };
    char path[200];
    sky_status status;

    snprintf(path, sizeof path, "%.170s.namespaceSelector", at);
    if (chosen != NULL && (!json_is_object(chosen) || json_object_size(chosen) > 0))
        return kubernetes_fail(p->s, path, chosen,
                               "none, or {}: snapshots don't have the namespaces' labels");
    snprintf(path, sizeof path, "%.170s.namespaces", at);
    status = chosen != NULL ? SKY_OK
                            : words_read_list(p->s, path, json_object_get(term, "namespaces"), add_value, &w);
    if (status == SKY_OK && ((w.count == 0 && !words_add(&w, "%s", chosen != NULL ? "*" : p->namespace)) ||
                             !words_join(&w, '|', out)))
        status = kubernetes_no_memory(p->s);
    words_free(&w);
    return status;
}

/* "KIND LEVEL WEIGHT SKEW NAMESPACES SELECTOR" */
static sky_status add_company(pod *p, const char *at, const json_t *term, const char *kind, int weight,
                              int skew)
{
    const json_t *key = json_object_get(term, "topologyKey");
    const char *level = level_of(key);
    char path[200], *selector = NULL, *namespaces = NULL;
    sky_status status = read_selector(p, at, term, &selector);

    snprintf(path, sizeof path, "%.170s.topologyKey", at);
    if (status == SKY_OK && level == NULL)
        status = kubernetes_fail(
            p->s, path, key,
            "kubernetes.io/hostname, topology.kubernetes.io/zone or topology.kubernetes.io/region");
    if (status == SKY_OK)
        status = read_namespaces(p, at, term, &namespaces);
    if (status == SKY_OK &&
        !words_add(&p->company, "%s %s %d %d %s %s", kind, level, weight, skew, namespaces, selector))
        status = kubernetes_no_memory(p->s);
    free(selector);
    free(namespaces);
    return status;
}

/* podAffinity or podAntiAffinity. */
static sky_status read_pod_affinity(pod *p, const char *name, const json_t *affinity, const char *kind)
{
    static const char *const lists[] = { REQUIRED, PREFERRED };
    sky_status status = SKY_OK;
    char path[200];

    for (int soft = 0; soft < 2; soft++) {
        const json_t *list = json_object_get(affinity, lists[soft]);

        snprintf(path, sizeof path, "spec.affinity.%s.%s", name, lists[soft]);
        if (list != NULL && !json_is_array(list))
            return kubernetes_fail(p->s, path, list, "a list");
        for (size_t i = 0; i < json_array_size(list) && status == SKY_OK; i++) {
            const json_t *one = json_array_get(list, i);
            int weight = 0;

            snprintf(path, sizeof path, "spec.affinity.%s.%s[%zu]", name, lists[soft], i);
            if (soft)
                status = read_weight(p->s, path, one, &weight);
            if (soft)
                snprintf(path, sizeof path, "spec.affinity.%s.%s[%zu].podAffinityTerm", name, lists[soft], i);
            if (status == SKY_OK)
                status = add_company(p, path, soft ? json_object_get(one, "podAffinityTerm") : one, kind,
                                     weight, 0);
        }
    }
    return status;
}

static sky_status add_spread(pod *p, const char *at, const json_t *one)
{
    const json_t *skew = json_object_get(one, "maxSkew"),
                 *else_what = json_object_get(one, "whenUnsatisfiable"),
                 *domains = json_object_get(one, "minDomains");
    const char *text = json_string_value(else_what);
    int soft = text != NULL && strcmp(text, "ScheduleAnyway") == 0;
    char path[200];

    snprintf(path, sizeof path, "%.170s.maxSkew", at);
    if (!json_is_integer(skew) || json_integer_value(skew) < 1 || json_integer_value(skew) > 1000000)
        return kubernetes_fail(p->s, path, skew, "a whole number from 1 to 1000000");
    snprintf(path, sizeof path, "%.170s.whenUnsatisfiable", at);
    if (text == NULL || (!soft && strcmp(text, "DoNotSchedule") != 0))
        return kubernetes_fail(p->s, path, else_what, "DoNotSchedule or ScheduleAnyway");
    snprintf(path, sizeof path, "%.170s.minDomains", at);
    if (domains != NULL && json_integer_value(domains) != 1)
        return kubernetes_fail(p->s, path, domains, "none, or 1");
    return add_company(p, at, one, "spread", soft ? SOFT_WEIGHT : 0, (int)json_integer_value(skew));
}

static sky_status read_spreads(pod *p, const json_t *list)
{
    sky_status status = SKY_OK;
    char path[64];

    if (list != NULL && !json_is_array(list))
        return kubernetes_fail(p->s, "spec.topologySpreadConstraints", list, "a list");
    for (size_t i = 0; i < json_array_size(list) && status == SKY_OK; i++) {
        snprintf(path, sizeof path, "spec.topologySpreadConstraints[%zu]", i);
        status = add_spread(p, path, json_array_get(list, i));
    }
    return status;
}

sky_status kubernetes_read_rules(const snapshot *s, const json_t *item, trace_task *task)
{
    const json_t *spec = json_object_get(item, "spec"), *affinity = json_object_get(spec, "affinity");
    json_t *labels = json_object_get(json_object_get(item, "metadata"), "labels");
    pod p = { .s = s, .labels = labels, .namespace = task->tenant != NULL ? task->tenant : "default" };
    sky_status status = kubernetes_read_labels(s, "metadata.labels", labels, &task->own_labels);

    if (status == SKY_OK && affinity != NULL && !json_is_object(affinity))
        return kubernetes_fail(s, "spec.affinity", affinity, "an object");
    if (status == SKY_OK)
        status = read_node_affinity(s, json_object_get(affinity, "nodeAffinity"), task);
    if (status == SKY_OK)
        status = read_pod_affinity(&p, "podAffinity", json_object_get(affinity, "podAffinity"), "affinity");
    if (status == SKY_OK)
        status = read_pod_affinity(&p, "podAntiAffinity", json_object_get(affinity, "podAntiAffinity"),
                                   "anti-affinity");
    if (status == SKY_OK)
        status = read_spreads(&p, json_object_get(spec, "topologySpreadConstraints"));
    if (status == SKY_OK && !words_join(&p.company, ';', &task->company))
        status = kubernetes_no_memory(s);
    words_free(&p.company);
    return status;
}
