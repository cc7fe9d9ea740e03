/* The least often read leaves; of several, the one whose last read is longest ago. Counts of objects that left are
 * kept for `history` of them, the one that left first forgotten first: with none, newcomers begin at one, and what
 * was popular long ago stays (in-cache LFU); with all, this is perfect LFU, which tends to the best that a cache
 * can do for independent reads [Breslau et al., "Web caching and Zipf-like distributions", INFOCOM 1999]. */
#include "cache_policy.h"

#include <stdlib.h>
#include <string.h>

typedef struct lfu_rank {
    uint64_t read; /* number of its last read */
    uint32_t count, slot;
} lfu_rank;

typedef struct lfu {
    lfu_rank *heap; /* of all slots, the first to leave at the root; a slot's mark is its place */
    uint32_t size;
    uint64_t reads;
    cache_slots departed; /* mark: its count */
    cache_list departures;
} lfu;

static sky_status init(cache *c)
{
    lfu *l = calloc(1, sizeof *l);

    if (l == NULL)
        return SKY_ERROR_MEMORY;
    l->departures = CACHE_LIST_EMPTY;
    l->heap = calloc(c->slots.room, sizeof *l->heap);
    if (l->heap == NULL ||
        (c->config.history > 0 && cache_slots_init(&l->departed, c->config.history) != SKY_OK)) {
        free(l->heap);
        free(l);
        return SKY_ERROR_MEMORY;
    }
    c->policy_state = l;
    return SKY_OK;
}

static void lfu_free(cache *c)
{
    lfu *l = c->policy_state;

    cache_slots_free(&l->departed);
    free(l->heap);
    free(l);
}

/* ---- the heap ----------------------------------------------------------------------------------------------------- */

static int leaves_before(lfu_rank a, lfu_rank b)
{
    return a.count != b.count ? a.count < b.count : a.read < b.read;
}

static void put(cache *c, uint32_t place, lfu_rank rank)
{
    lfu *l = c->policy_state;

    l->heap[place] = rank;
    c->slots.slots[rank.slot].mark = place;
}

/* What belongs at about `place` goes where it belongs. */
static void sift(cache *c, uint32_t place, lfu_rank rank)
{
    const lfu *l = c->policy_state;

    while (place > 0 && leaves_before(rank, l->heap[(place - 1) / 2])) {
        put(c, place, l->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (uint32_t child = 2 * place + 1; child < l->size; child = 2 * place + 1) {
        if (child + 1 < l->size && leaves_before(l->heap[child + 1], l->heap[child]))
            child++;
        if (!leaves_before(l->heap[child], rank))
            break;
        put(c, place, l->heap[child]);
        place = child;
    }
    put(c, place, rank);
}

/* ---- the policy --------------------------------------------------------------------------------------------------- */

static int make_room(cache *c, uint64_t object, int64_t bytes)
{
    const lfu *l = c->policy_state;

    (void)object;
    while (!cache_fits(c, bytes))
        cache_evict(c, l->heap[0].slot);
    return 1;
}

/* Its count before it left, which is no longer kept; 0: not known. */
static uint32_t recall(lfu *l, uint64_t object)
{
    uint32_t slot = l->departed.room > 0 ? cache_slots_find(&l->departed, object) : SKY_NONE;
    uint32_t count;

    if (slot == SKY_NONE)
        return 0;
    count = l->departed.slots[slot].mark;
    cache_list_remove(&l->departed, &l->departures, slot);
    cache_slots_release(&l->departed, slot);
    return count;
}

static void remember(lfu *l, uint64_t object, uint32_t count)
{
    uint32_t slot;

    if (l->departed.room == 0)
        return;
    if (l->departed.count == l->departed.room) {
        slot = l->departures.oldest;
        cache_list_remove(&l->departed, &l->departures, slot);
        cache_slots_release(&l->departed, slot);
    }
    slot = cache_slots_take(&l->departed, object, 0, 0);
    l->departed.slots[slot].mark = count;
    cache_list_add(&l->departed, &l->departures, slot);
}

static void add(cache *c, uint32_t slot)
{
    lfu *l = c->policy_state;
    uint32_t count = recall(l, c->slots.slots[slot].object);

    sift(c, l->size++, (lfu_rank){ .read = l->reads++, .count = count + 1, .slot = slot });
}

static void hit(cache *c, uint32_t slot)
{
    lfu *l = c->policy_state;
    lfu_rank rank = l->heap[c->slots.slots[slot].mark];

    rank.count += rank.count < UINT32_MAX;
    rank.read = l->reads++;
    sift(c, c->slots.slots[slot].mark, rank);
}

static void lfu_remove(cache *c, uint32_t slot)
{
    lfu *l = c->policy_state;
    uint32_t place = c->slots.slots[slot].mark;

    remember(l, c->slots.slots[slot].object, l->heap[place].count);
    l->size--;
    if (place < l->size)
        sift(c, place, l->heap[l->size]);
}

/* ---- checkpoints ---------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const lfu_rank *x = a, *y = b;

    return leaves_before(*x, *y) ? -1 : leaves_before(*y, *x);
}

/* In the order in which they would leave: which is a heap too. */
static void ranks_state(cache *c, lfu_rank *sorted, state *s)
{
    lfu *l = c->policy_state;
    size_t size = state_count(s, l->size, 4 * sizeof(int64_t) + sizeof(uint32_t));

    for (size_t i = 0; i < size && state_is_sound(s); i++) {
        lfu_rank rank = { .slot = SKY_NONE };

        if (!state_restores(s))
            rank = sorted[i];
        rank.slot = cache_object_state(c, rank.slot, s);
        STATE_VALUE(s, rank.read);
        STATE_VALUE(s, rank.count);
        state_check(s, rank.read < l->reads && rank.count > 0);
        if (!state_restores(s) || rank.slot == SKY_NONE)
            continue;
        state_check(s, i == 0 || leaves_before(l->heap[i - 1], rank));
        put(c, l->size++, rank);
    }
}

static void lfu_state(cache *c, state *s)
{
    lfu *l = c->policy_state;
    lfu_rank *sorted = malloc((l->size + 1) * sizeof *sorted);

    if (sorted == NULL) {
        state_no_memory(s);
        return;
    }
    memcpy(sorted, l->heap, l->size * sizeof *sorted);
    qsort(sorted, l->size, sizeof *sorted, compare);
    STATE_VALUE(s, l->reads);
    ranks_state(c, sorted, s);
    cache_list_state(&l->departed, &l->departures, 0, s);
    for (uint32_t slot = l->departures.oldest; slot != SKY_NONE; slot = l->departed.slots[slot].newer)
        state_check(s, !cache_holds(c, l->departed.slots[slot].object));
    free(sorted);
}

const cache_policy cache_lfu = {
    .name = "lfu",
    .init = init,
    .free = lfu_free,
    .make_room = make_room,
    .add = add,
    .hit = hit,
    .remove = lfu_remove,
    .state = lfu_state,
};
