/* What a cache holds: slots of objects, found by object, and lists of slots in an order that the policy gives
 * them. Open addressing with linear probing, at most half full; who leaves is closed up after [Knuth, The Art of
 * Computer Programming 3, section 6.4, algorithm R], so that nothing decays. */
#ifndef SKYTWIN_STORAGE_CACHE_SLOTS_H
#define SKYTWIN_STORAGE_CACHE_SLOTS_H

#include "../../kernel/state.h"

typedef struct cache_slot {
    uint64_t object;
    int64_t bytes;
    int64_t since_ns;
    uint32_t newer, older; /* neighbours in its list; older: of the free ones, the next */
    uint32_t mark;         /* the policy's */
} cache_slot;

typedef struct cache_cell {
    uint64_t object;
    uint32_t slot; /* SKY_NONE: empty */
} cache_cell;

typedef struct cache_slots {
    cache_slot *slots;
    cache_cell *cells;
    uint64_t cell_mask;
    uint32_t count, room;
    uint32_t free;
} cache_slots;

/* Newest first, however the policy means that. */
typedef struct cache_list {
    uint32_t newest, oldest; /* SKY_NONE: empty */
    int64_t bytes;
} cache_list;

/* room: 1 … 2^30. SKY_ERROR_MEMORY leaves nothing to free. */
sky_status cache_slots_init(cache_slots *s, uint32_t room);
void cache_slots_free(cache_slots *s);

/* SKY_NONE: it isn't there. */
uint32_t cache_slots_find(const cache_slots *s, uint64_t object);
/* A slot for an object that has none; there must be room. */
uint32_t cache_slots_take(cache_slots *s, uint64_t object, int64_t bytes, int64_t now_ns);
void cache_slots_release(cache_slots *s, uint32_t slot);

#define CACHE_LIST_EMPTY ((cache_list){ SKY_NONE, SKY_NONE, 0 })

void cache_list_add(cache_slots *s, cache_list *list, uint32_t slot); /* as the newest */
void cache_list_remove(cache_slots *s, cache_list *list, uint32_t slot);

/* Saves a slot's object; or restores it into a free slot, which is returned: SKY_NONE: it could not be there. Of at most so
 * many bytes; its mark is the policy's to save. */
uint32_t cache_slot_state(cache_slots *s, uint32_t slot, int64_t most_bytes, state *saved);
/* A list with its slots and their marks, from the oldest to the newest; empty before it is restored. Together at most so many
 * bytes. Which slots they have makes no difference. */
void cache_list_state(cache_slots *s, cache_list *list, int64_t most_bytes, state *saved);

/* 64 bits to 64, one to one: the finaliser of splitmix64 [Steele, Lea and Flood, OOPSLA 2014]. */
static inline uint64_t cache_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

#endif
