/* Placement terms: which company a class's tasks seek or shun, how evenly they spread, and what they would rather have.
 *
 * A class belongs to groups (64 at most); a term names a set of groups, and a task matches it whose class belongs to all
 * of them. It looks at a level: the matching tasks on one node, in one rack, zone or region (a domain of that level) are
 * counted together. So much per term is kept up to date as tasks come and go: a count a domain.
 *
 *     affinity        required: the domain holds a task that matches all required affinities of the class; or none in
 *                     the whole cluster does, and the class's own tasks would. Else: weight points for each match.
 *     anti-affinity   required: the domain holds none that matches, nor one whose class requires so of this class's
 *                     tasks (symmetric). Else: weight points less for each match.
 *     spread          skew = matches in the domain, with this task if it matches, less those in the least filled domain
 *                     that has a node which suits the class (node_suits, whatever runs on it). Required: at most so
 *                     much. Else: weight points less for each task beyond.
 *     preference      weight points on nodes of one of the models, with all of the labels, of the pool, zone, region.
 *
 * Kubernetes 1.30, "Assigning Pods to Nodes" and "Pod Topology Spread Constraints" (nodeAffinityPolicy and
 * nodeTaintsPolicy Honor, no minDomains). It normalizes points over the nodes at hand; here they add to the packing's
 * score as they are, so that what a node is worth does not depend on the others.
 *
 * Derived from facts, and so in no snapshot. The index asks for points by node and by domain apart: what happens in a
 * zone then changes one number, not the score of each node in it. Racks are no sets of pools: what happens in one makes
 * points by node anew, for the classes that have terms at that level. */
#ifndef SKYTWIN_CLUSTER_TERMS_H
#define SKYTWIN_CLUSTER_TERMS_H

#include "node.h"

#define TERMS_ILLEGAL     INT32_MIN          /* a required term forbids it */
#define TERMS_POINTS_MOST INT32_C(500000000) /* points stop here, above and below 0 */
#define TERMS_WEIGHT_MOST 1000

typedef enum terms_kind { TERMS_PREFERENCE, TERMS_AFFINITY, TERMS_ANTI_AFFINITY, TERMS_SPREAD } terms_kind;

/* One term of a class, as it is told; no pointer, no padding: snapshot as bytes. */
typedef struct terms_term {
    uint64_t bits;  /* set of groups; of a preference: of models or labels */
    int64_t weight; /* 0: required */
    uint32_t job_class;
    uint16_t kind;          /* terms_kind */
    uint16_t level;         /* sky_level; of a preference: sky_preference */
    uint32_t region, place; /* of a preference: region; pool, or zone within the region */
    uint32_t skew;          /* of a spread: at most */
    uint32_t reserved;
} terms_term;

/* What there is to know of a class and of a pool. */
typedef struct terms_class {
    node_request ask;
    uint64_t groups;
} terms_class;
typedef struct terms_pool {
    uint32_t region, zone;
} terms_pool;

/* All but `context` is only looked at by terms_create. */
typedef struct terms_setup {
    const terms_term *terms; /* in rising order of classes */
    size_t term_count;
    const terms_class *classes;
    uint32_t class_count;
    const terms_pool *pools;
    uint32_t pool_count;
    /* 1: the class may enter the node's pool. */
    int (*gate)(const void *context, uint32_t job_class, const node *n);
    const void *context;
} terms_setup;

typedef struct terms terms;

/* NULL: no memory. */
terms *terms_create(const terms_setup *setup);
void terms_free(terms *t);

/* A node is new, or is not what it was; its rack changes while nothing runs on it. SKY_ERROR_MEMORY. */
sky_status terms_hear(terms *t, uint32_t index, const node *n);
/* A task of a class has come to a node that was heard of (sign = 1), or has left it (-1). SKY_ERROR_MEMORY: only
 * where it has come. */
sky_status terms_count(terms *t, uint32_t job_class, uint32_t index, int sign);

/* What a node is worth to a class beside its packing, as things stand: points, or TERMS_ILLEGAL. The first is what the
 * node itself decides, the second what its zone and region do; the third both. */
int32_t terms_of_node(const terms *t, uint32_t job_class, uint32_t index, const node *n);
/* For each of the domains into which the class's terms cut the cluster: points[terms_domain_count]. */
void terms_of_domains(const terms *t, uint32_t job_class, int32_t *points);
int32_t terms_of(const terms *t, uint32_t job_class, uint32_t index, const node *n);
/* 1: a task of the class might go to a node that comes to the pool now, and is empty. */
int terms_allow_new(const terms *t, uint32_t job_class, uint32_t pool);

/* Zones, if the class has terms at their level; else regions; else 1: the whole cluster. */
uint32_t terms_domain_count(const terms *t, uint32_t job_class);
/* By pool: its domain; NULL where there is one domain only. */
const uint32_t *terms_domain_of_pool(const terms *t, uint32_t job_class);
/* Rises when points by node may have changed for the class on nodes where nothing came or went: where the least filled
 * *node* of a spread changes, a group that is sought on nodes appears or disappears, or a rack that it looks at changes. */
uint64_t terms_version(const terms *t, uint32_t job_class);
/* 1: where tasks of the class may go depends on what runs elsewhere, by its own terms or by those of others. */
int terms_bind(const terms *t, uint32_t job_class);
/* The set of those classes, 64 a word. */
const uint64_t *terms_bound(const terms *t);
/* The index-th of the sets of classes (64 a word) that may find a legal place once a task of this class has been placed;
 * NULL: there are no more. */
const uint64_t *terms_helped(const terms *t, uint32_t job_class, uint32_t index);

#endif
