/* Inside of the reader of Kubernetes snapshots: shared by the files kubernetes_*.c only. */
#ifndef SKYTWIN_TRACE_KUBERNETES_H
#define SKYTWIN_TRACE_KUBERNETES_H

#include "json_file.h"

typedef struct snapshot {
    const char *path;
    sky_error *error;
    size_t item; /* the one that is being read */
    trace_set *set;
    trace_node **nodes; /* of this file, by name */
    size_t node_count;
} snapshot;

/* "file: items[N].KEY: found …, expected …" */
sky_status kubernetes_fail(const snapshot *s, const char *key, const json_t *found, const char *expected);
sky_status kubernetes_no_memory(const snapshot *s);

/* ---- kubernetes_words.c: words that are joined in rising order, so that one meaning has one text ---- */

typedef struct words {
    char **word;
    size_t count;
} words;

/* 0: no memory. */
int words_add(words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* NULL in *out where there are none. 0: no memory. */
int words_join(words *w, char separator, char **out);
void words_free(words *w);

/* A text of which a key or value of a label may be made; NULL: something else. `missing` stands for none. */
const char *words_text(const json_t *value, const char *missing);

/* Reads one of a list, and adds what it says. at: its JSON path within the item. */
typedef sky_status words_reader(const snapshot *s, const char *at, const json_t *one, words *w);
/* A list that may be absent, each with `add`. */
sky_status words_read_list(const snapshot *s, const char *at, const json_t *list, words_reader *add,
                           words *w);

/* "key=value" each, of an object that may be absent. */
sky_status words_read_labels(const snapshot *s, const char *at, json_t *labels, words *w);
/* "key=value,…" */
sky_status kubernetes_read_labels(const snapshot *s, const char *at, json_t *labels, char **out);
/* As trace.h has them. */
sky_status kubernetes_read_taints(const snapshot *s, const json_t *list, char **out);
sky_status kubernetes_read_tolerations(const snapshot *s, const json_t *list, char **out);

/* ---- kubernetes_rules.c ---- */

/* Of a pod whose tenant is known: node affinity, affinity to other pods, spread; as trace.h has them. */
sky_status kubernetes_read_rules(const snapshot *s, const json_t *item, trace_task *task);

#endif
