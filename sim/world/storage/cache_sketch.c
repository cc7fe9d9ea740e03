#include "cache_sketch.h"

#include "cache_slots.h"

#include <stdlib.h>

sky_status cache_sketch_init(cache_sketch *s, uint32_t objects)
{
    uint64_t cells = 8;

    while (cells < 4 * (uint64_t)objects)
        cells *= 2;
    *s = (cache_sketch){ .cell_mask = cells - 1, .sample = 10 * (uint64_t)objects };
    s->counts = calloc(cells, CACHE_SKETCH_ROWS * sizeof *s->counts);
    return s->counts != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

void cache_sketch_free(cache_sketch *s)
{
    free(s->counts);
    *s = (cache_sketch){ 0 };
}

/* One hash makes all: h1 + row × h2 [Kirsch and Mitzenmacher, Random Structures & Algorithms 33, 2008]. */
static uint16_t *cell_of(const cache_sketch *s, uint64_t hash, uint64_t row)
{
    uint64_t i = (hash + row * ((hash >> 32) | 1)) & s->cell_mask;

    return &s->counts[row * (s->cell_mask + 1) + i];
}

uint32_t cache_sketch_count(const cache_sketch *s, uint64_t object)
{
    uint64_t hash = cache_mix(object);
    uint32_t least = UINT16_MAX;

    for (uint64_t row = 0; row < CACHE_SKETCH_ROWS; row++) {
        uint16_t count = *cell_of(s, hash, row);

        least = count < least ? count : least;
    }
    return least;
}

int cache_sketch_add(cache_sketch *s, uint64_t object)
{
    uint64_t hash = cache_mix(object);
    uint32_t least = cache_sketch_count(s, object);

    for (uint64_t row = 0; row < CACHE_SKETCH_ROWS; row++) {
        uint16_t *count = cell_of(s, hash, row);

        if (*count == least)
            *count = (uint16_t)(least + 1);
    }
    if (++s->seen < s->sample && least + 1 < UINT16_MAX)
        return 0;
    s->seen /= 2;
    for (uint64_t i = 0; i < CACHE_SKETCH_ROWS * (s->cell_mask + 1); i++)
        s->counts[i] /= 2;
    return 1;
}

void cache_sketch_state(cache_sketch *s, state *saved)
{
    STATE_VALUE(saved, s->seen);
    state_array(saved, s->counts, CACHE_SKETCH_ROWS * (s->cell_mask + 1), sizeof *s->counts);
}
