/* Labels, taints and tolerations of a snapshot, as texts. */
#include "kubernetes.h"
#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"

sky_status kubernetes_fail(const snapshot *s, const char *key, const json_t *found, const char *expected)
{
    char full[200];

    snprintf(full, sizeof full, "items[%zu].%.170s", s->item, key);
    return json_file_fail_shown(s->error, s->path, full, found, expected);
}

sky_status kubernetes_no_memory(const snapshot *s)
{
    return json_file_no_memory(s->error, s->path);
}

/* ---- words ---------------------------------------------------------------------------------------------------- */

int words_add(words *w, const char *format, ...)
{
    char **word = text_grow((void **)&w->word, &w->count, sizeof *w->word);
    va_list arguments;
    int length;

    if (word == NULL)
        return 0;
    va_start(arguments, format);
    length = vasprintf(word, format, arguments);
    va_end(arguments);
    if (length < 0)
        *word = NULL;
    return length >= 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int words_join(words *w, char separator, char **out)
{
    size_t size = 0;
    char *at;

    if (w->count == 0)
        return 1;
    qsort(w->word, w->count, sizeof *w->word, by_text);
    for (size_t i = 0; i < w->count; i++)
        size += strlen(w->word[i]) + 1;
    *out = at = malloc(size);
    for (size_t i = 0; at != NULL && i < w->count; i++) {
        if (i > 0)
            *at++ = separator;
        at = stpcpy(at, w->word[i]);
    }
    return *out != NULL;
}

void words_free(words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->word[i]);
    free(w->word);
}

const char *words_text(const json_t *value, const char *missing)
{
    const char *text = value == NULL ? missing : json_string_value(value);

    return text != NULL && text[strspn(text, WORD)] == '\0' ? text : NULL;
}

sky_status words_read_list(const snapshot *s, const char *at, const json_t *list, words_reader *add, words *w)
{
    sky_status status = SKY_OK;
    char key[200];

    if (list != NULL && !json_is_array(list))
        return kubernetes_fail(s, at, list, "a list");
    for (size_t i = 0; status == SKY_OK && i < json_array_size(list); i++) {
        snprintf(key, sizeof key, "%.180s[%zu]", at, i);
        status = add(s, key, json_array_get(list, i), w);
    }
    return status;
}

/* Joins with commas and frees what was read, if all went well. */
static sky_status finish(const snapshot *s, sky_status status, words *w, char **out)
{
    if (status == SKY_OK && !words_join(w, ',', out))
        status = kubernetes_no_memory(s);
    words_free(w);
    return status;
}

/* ---- labels --------------------------------------------------------------------------------------------------- */

sky_status words_read_labels(const snapshot *s, const char *at, json_t *labels, words *w)
{
    const char *key;
    json_t *value;

    if (labels != NULL && !json_is_object(labels))
        return kubernetes_fail(s, at, labels, "an object of labels");
    json_object_foreach(labels, key, value)
    {
        const char *text = words_text(value, NULL);
        char full[200];

        snprintf(full, sizeof full, "%.90s.%.100s", at, key);
        if (*key == '\0' || key[strspn(key, WORD)] != '\0' || text == NULL)
            return kubernetes_fail(s, full, value, "a label of letters, digits and - _ . /");
        if (!words_add(w, "%s=%s", key, text))
            return kubernetes_no_memory(s);
    }
    return SKY_OK;
}

sky_status kubernetes_read_labels(const snapshot *s, const char *at, json_t *labels, char **out)
{
    words w = { 0 };

    return finish(s, words_read_labels(s, at, labels, &w), &w, out);
}

/* ---- taints --------------------------------------------------------------------------------------------------- */

static int is_effect(const char *text)
{
    return text != NULL && (strcmp(text, "NoSchedule") == 0 || strcmp(text, "PreferNoSchedule") == 0 ||
                            strcmp(text, "NoExecute") == 0);
}

static sky_status add_taint(const snapshot *s, const char *at, const json_t *taint, words *w)
{
    const char *key = words_text(json_object_get(taint, "key"), NULL);
    const char *value = words_text(json_object_get(taint, "value"), "");
    const char *effect = json_string_value(json_object_get(taint, "effect"));

    if (key == NULL || *key == '\0' || value == NULL || !is_effect(effect))
        return kubernetes_fail(s, at, taint, "a taint with key, value and effect");
    return words_add(w, "%s=%s:%s", key, value, effect) ? SKY_OK : kubernetes_no_memory(s);
}

sky_status kubernetes_read_taints(const snapshot *s, const json_t *list, char **out)
{
    words w = { 0 };

    return finish(s, words_read_list(s, "spec.taints", list, add_taint, &w), &w, out);
}

/* "key=value:Effect", or "key:Effect" where any value will do; no ":Effect": any effect; "*": any key.
 * For how long (tolerationSeconds) is not kept. */
static sky_status add_toleration(const snapshot *s, const char *at, const json_t *toleration, words *w)
{
    const char *key = words_text(json_object_get(toleration, "key"), "");
    const char *value = words_text(json_object_get(toleration, "value"), "");
    const char *relation = words_text(json_object_get(toleration, "operator"), "Equal");
    const char *effect = words_text(json_object_get(toleration, "effect"), "");
    int exists = relation != NULL && strcmp(relation, "Exists") == 0;

    if (!json_is_object(toleration) || key == NULL || value == NULL || effect == NULL ||
        (*effect != '\0' && !is_effect(effect)) || (exists && *value != '\0') ||
        (!exists && (*key == '\0' || relation == NULL || strcmp(relation, "Equal") != 0)))
        return kubernetes_fail(s, at, toleration,
                               "a toleration with key, operator Exists or Equal, value and effect");
    return words_add(w, "%s%s%s%s%s", *key != '\0' ? key : "*", exists ? "" : "=", value,
                     *effect != '\0' ? ":" : "", effect)
               ? SKY_OK
               : kubernetes_no_memory(s);
}

sky_status kubernetes_read_tolerations(const snapshot *s, const json_t *list, char **out)
{
    words w = { 0 };

    return finish(s, words_read_list(s, "spec.tolerations", list, add_toleration, &w), &w, out);
}
