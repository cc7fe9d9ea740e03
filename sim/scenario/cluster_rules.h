/* The rules by which a cluster's tasks choose among its nodes, as its trace tells them (sim/trace/trace.h): labels,
 * taints, tolerations and node affinity become bit sets of nodes and of what classes ask for; whom a task is known to, seeks
 * and shuns becomes groups and terms (cluster/terms.h).
 *
 * Each different thing that tasks say of nodes is a bit of the nodes' labels: they meet it or they don't, as they stand. */
#ifndef SKYTWIN_SCENARIO_CLUSTER_RULES_H
#define SKYTWIN_SCENARIO_CLUSTER_RULES_H

#include "config.h"

#define RULES_MAX 64 /* of each kind of name, that a bit set holds */

typedef struct rules_text { /* a part of a longer text; at NULL: none */
    const char *at;
    size_t length;
} rules_text;

/* Texts that have been given a number, in the order in which they were met. */
typedef struct rules_names {
    rules_text name[RULES_MAX];
    size_t count;
} rules_names;

typedef struct rules {
    loader *l;
    const config_setting_t *root;
    rules_names wishes;    /* what tasks say of nodes: a bit of a node's labels each */
    rules_names taints;    /* of nodes, that keep tasks away: NoSchedule, NoExecute */
    rules_names shunned;   /* "~taint" each: nodes without it are preferred: PreferNoSchedule */
    rules_names selectors; /* "NAMESPACES REQUIREMENTS" of company: a group each */
    terms_term *terms;     /* room for those of one class */
} rules;

/* Once the scenario has its nodes: gives them their taints, and finds the groups. */
sky_status rules_load(rules *r, loader *l, const config_setting_t *root);
/* Adds to a class what the task asks of nodes and company. Its terms are good until the next call, and name no class. */
sky_status rules_of_task(rules *r, const trace_task *from, scenario_class *c);
/* After all tasks: gives the nodes their labels. */
void rules_mark_nodes(const rules *r);

/* The value of a key in "key=value,…"; at NULL: it isn't there. */
rules_text rules_value(const char *labels, const char *key);

#endif
