/* A packing: which node, and which of its devices, a task gets. One file, one constant table.
 *
 * A packing gives each node that has room a score, an integer, higher is better; ties go to the node of the
 * least rank. The engine keeps the scores in an index (index.h) and asks again only for nodes that changed, so a
 * score may depend on the node and on the class, and on nothing else. */
#ifndef SKYTWIN_PACKING_H
#define SKYTWIN_PACKING_H

#include "../model/model.h"

#define PACKING_NO_ROOM INT32_MIN /* below every score */

typedef struct packing {
    /* What it derives from the catalog, once; freed with free(). *out may stay NULL. NULL: derives nothing.
     * SKY_ERROR_MEMORY. */
    sky_status (*prepare)(const model *m, void **out);
    /* Score of a node that has room for a task of the class. */
    int32_t (*score)(const model *m, const void *prepared, const node *n, uint32_t job_class);
    /* What the task gets of its devices (see node.h); only asked of classes that want devices or an instance of one.
     * Slices of pods are no packing's business: see packing_index_score. */
    uint32_t (*devices)(const model *m, const void *prepared, const node *n, uint32_t job,
                        uint32_t job_class);
    int at_random; /* 1: not the best node but any that has room, each as likely */
} packing;

/* What a strategy packs with that names no packing of its own. */
extern const packing packing_best_fit;
/* Ours. */
extern const packing packing_stranding_descent;

/* 64 random bits that depend on the run's seed, the job and the purpose alone (SplitMix64's mix: Steele et al.,
 * "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). */
uint64_t packing_random(const model *m, uint32_t job, uint32_t purpose);

/* As node_choose: the tightest device for a share, free ones over the fewest groups for whole devices, the instance
 * that leaves most room. */
uint32_t packing_tightest_devices(const model *m, const void *prepared, const node *n, uint32_t job,
                                  uint32_t job_class);

#endif
