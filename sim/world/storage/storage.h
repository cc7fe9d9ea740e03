/* Datasets in tiers of storage: objects that are written, read, moved and deleted; growth; lifecycle rules; and what
 * all of it costs. Time passes from event to event: storage_next_ns says when the next one is.
 *
 * At every moment, of each dataset: bytes held = bytes written − bytes deleted, and its bill is the sum over tiers
 * of usage × price. Rules look at when an object was last read or written. A move to a farther tier costs the
 * request that the tier charges; to a nearer one, a read there and a write here. */
#ifndef SKYTWIN_STORAGE_STORAGE_H
#define SKYTWIN_STORAGE_STORAGE_H

#include "../../kernel/state.h"
#include "storage_tier.h"

/* Untouched for so long, an object goes to this tier; SKY_NONE: it is deleted. */
typedef struct storage_rule {
    int64_t after_ns;
    uint32_t tier;
} storage_rule;

typedef struct storage_dataset {
    const char *name;
    uint32_t tier;             /* where its objects are written */
    int64_t grows_by_bytes;    /* an object of so many … */
    int64_t grows_every_ns;    /* … each time; SKY_NEVER_NS: it does not grow */
    const storage_rule *rules; /* rising in time and tier, deletion last */
    size_t rule_count;
} storage_dataset;

typedef struct storage_object {
    int64_t bytes;
    int64_t touched_ns; /* read or written last */
    int64_t placed_ns;  /* in its tier since */
    int64_t due_ns;     /* its next rule; SKY_NEVER_NS */
    uint32_t dataset, tier;
    uint32_t place;  /* in the heap of those with a rule to come; SKY_NONE */
    uint32_t serial; /* how many had this slot before; odd: it is in use */
} storage_object;

/* Of a dataset in a tier. */
typedef struct storage_holding {
    storage_usage usage; /* byte_ns: up to since_ns */
    int64_t since_ns;
    int64_t bytes, billed_bytes;
    int64_t objects;
} storage_holding;

typedef struct storage_totals {
    int64_t written_bytes, deleted_bytes;
    int64_t grows_ns; /* when it will grow next */
} storage_totals;

typedef struct storage {
    const storage_tier *tiers; /* from near to far */
    const storage_dataset *datasets;
    size_t tier_count, dataset_count;
    storage_holding *holdings; /* [dataset × tiers + tier] */
    storage_totals *totals;    /* by dataset */
    storage_object *objects;
    uint32_t *due; /* heap of objects, by (due_ns, slot) */
    uint32_t due_count;
    uint32_t object_count, object_room; /* slots */
    uint32_t free;                      /* a free slot, the next in its `place`; SKY_NONE */
    int64_t now_ns;
} storage;

/* Refers to tiers and datasets, which the caller keeps. SKY_ERROR_INPUT: a figure out of range, rules that don't
 * rise. SKY_ERROR_MEMORY. Either leaves nothing to free. */
sky_status storage_init(storage *s, const storage_tier *tiers, size_t tier_count,
                        const storage_dataset *datasets, size_t dataset_count);
void storage_free(storage *s);

/* All below take a time that never goes back, up to which growth and rules happen first: in the order of time, then
 * growth before rules, then dataset or slot. SKY_ERROR_MEMORY. SKY_ERROR_INPUT: there is no such object (any more),
 * dataset or tier, or fewer bytes than 1 or than asked for. */
sky_status storage_advance(storage *s, int64_t now_ns);
/* *object: a name that is never used again. */
sky_status storage_write(storage *s, int64_t now_ns, uint32_t dataset, int64_t bytes, uint64_t *object);
/* *read_ns: how long it takes. */
sky_status storage_read(storage *s, int64_t now_ns, uint64_t object, int64_t bytes, int64_t *read_ns);
sky_status storage_move(storage *s, int64_t now_ns, uint64_t object, uint32_t tier);
sky_status storage_delete(storage *s, int64_t now_ns, uint64_t object);

/* When something happens by itself; SKY_NEVER_NS. */
int64_t storage_next_ns(const storage *s);
/* NULL: there is none (any more). */
const storage_object *storage_find(const storage *s, uint64_t object);
/* Up to now. */
storage_usage storage_usage_of(const storage *s, uint32_t dataset, uint32_t tier);
int64_t storage_held_bytes(const storage *s, uint32_t dataset);
int64_t storage_cost(const storage *s, uint32_t dataset);

/* Saves or restores objects and usage; made with as many datasets and tiers. What tiers hold, and when a rule comes, follow from
 * the objects and the rules: names of objects stay as they were. */
void storage_state(storage *s, state *saved);

#endif
