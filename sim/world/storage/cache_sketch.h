/* How often objects were seen lately, in little memory: a count-min sketch [Cormode and Muthukrishnan, J.
 * Algorithms 55, 2005] with conservative update. Its counts are halved every `sample` sights, so that the past fades
 * [Einziger, Friedman and Manes, "TinyLFU", ACM Transactions on Storage 13(4), 2017], and before one would pass its
 * end, so that their proportions hold. Never less than the true count, but for halving; more, where objects
 * collide. */
#ifndef SKYTWIN_STORAGE_CACHE_SKETCH_H
#define SKYTWIN_STORAGE_CACHE_SKETCH_H

#include "../../kernel/state.h"

#define CACHE_SKETCH_ROWS 4

typedef struct cache_sketch {
    uint16_t *counts; /* rows of cell_mask + 1 */
    uint64_t cell_mask;
    uint64_t sample, seen;
} cache_sketch;

/* For so many objects that matter: four cells for each in a row, a sample of ten sights of each.
 * SKY_ERROR_MEMORY. */
sky_status cache_sketch_init(cache_sketch *s, uint32_t objects);
void cache_sketch_free(cache_sketch *s);
/* 1: counts were halved. */
int cache_sketch_add(cache_sketch *s, uint64_t object);
uint32_t cache_sketch_count(const cache_sketch *s, uint64_t object);
/* Saved or restored; made for as many objects. */
void cache_sketch_state(cache_sketch *s, state *saved);

#endif
