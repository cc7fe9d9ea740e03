#include "storage.h"

#include "storage_lifecycle.h"

#include <stdlib.h>

static sky_status check(const storage *s)
{
    for (size_t i = 0; i < s->tier_count; i++)
        if (!storage_tier_is_sane(&s->tiers[i]))
            return SKY_ERROR_INPUT;
    for (size_t i = 0; i < s->dataset_count; i++) {
        const storage_dataset *d = &s->datasets[i];

        if (d->tier >= s->tier_count || d->grows_every_ns < 1 ||
            (d->grows_every_ns < SKY_NEVER_NS && d->grows_by_bytes < 1))
            return SKY_ERROR_INPUT;
        if (storage_check_rules(d, s->tier_count) != SKY_OK)
            return SKY_ERROR_INPUT;
    }
    return SKY_OK;
}

sky_status storage_init(storage *s, const storage_tier *tiers, size_t tier_count,
                        const storage_dataset *datasets, size_t dataset_count)
{
    *s = (storage){ .tiers = tiers,
                    .datasets = datasets,
                    .tier_count = tier_count,
                    .dataset_count = dataset_count,
                    .free = SKY_NONE };
    if (check(s) != SKY_OK)
        return SKY_ERROR_INPUT;
    s->holdings = calloc(tier_count * dataset_count + 1, sizeof *s->holdings);
    s->totals = calloc(dataset_count + 1, sizeof *s->totals);
    if (s->holdings == NULL || s->totals == NULL) {
        storage_free(s);
        return SKY_ERROR_MEMORY;
    }
    for (size_t i = 0; i < dataset_count; i++)
        s->totals[i].grows_ns = datasets[i].grows_every_ns;
    return SKY_OK;
}

void storage_free(storage *s)
{
    free(s->holdings);
    free(s->totals);
    free(s->objects);
    free(s->due);
    *s = (storage){ 0 };
}

/* ---- objects in their slots --------------------------------------------------------------------------------------- */

static uint64_t name_of(const storage *s, uint32_t slot)
{
    return (uint64_t)s->objects[slot].serial << 32 | slot;
}

/* SKY_NONE: there is none (any more). */
static uint32_t slot_of(const storage *s, uint64_t object)
{
    uint32_t slot = (uint32_t)object;

    if (slot >= s->object_count || s->objects[slot].serial % 2 == 0 ||
        s->objects[slot].serial != object >> 32)
        return SKY_NONE;
    return slot;
}

static sky_status make_slot(storage *s)
{
    if (s->object_count == s->object_room) {
        uint32_t room = s->object_room < 16 ? 16 : s->object_room * 2;
        storage_object *objects = realloc(s->objects, room * sizeof *objects);
        uint32_t *due;

        if (objects == NULL)
            return SKY_ERROR_MEMORY;
        s->objects = objects;
        due = realloc(s->due, room * sizeof *due);
        if (due == NULL)
            return SKY_ERROR_MEMORY;
        s->due = due;
        s->object_room = room;
    }
    s->objects[s->object_count] = (storage_object){ .place = SKY_NONE };
    s->free = s->object_count++;
    return SKY_OK;
}

/* ---- what a tier holds of a dataset ------------------------------------------------------------------------------- */

static storage_holding *holding_of(const storage *s, uint32_t dataset, uint32_t tier)
{
    return &s->holdings[dataset * s->tier_count + tier];
}

static storage_holding *settle(storage *s, uint32_t dataset, uint32_t tier)
{
    storage_holding *h = holding_of(s, dataset, tier);

    h->usage.byte_ns += (sky_int128)h->billed_bytes * (s->now_ns - h->since_ns);
    h->since_ns = s->now_ns;
    return h;
}

static storage_holding *enter(storage *s, storage_object *object, uint32_t tier)
{
    storage_holding *h = settle(s, object->dataset, tier);

    object->tier = tier;
    object->placed_ns = s->now_ns;
    h->objects++;
    h->bytes += object->bytes;
    h->billed_bytes += storage_billed_bytes(&s->tiers[tier], object->bytes);
    return h;
}

static storage_holding *leave(storage *s, const storage_object *object)
{
    const storage_tier *tier = &s->tiers[object->tier];
    storage_holding *h = settle(s, object->dataset, object->tier);
    int64_t billed_bytes = storage_billed_bytes(tier, object->bytes);
    int64_t lacking_ns = tier->retention_ns - (s->now_ns - object->placed_ns);

    if (lacking_ns > 0)
        h->usage.early_byte_ns += (sky_int128)billed_bytes * lacking_ns;
    h->objects--;
    h->bytes -= object->bytes;
    h->billed_bytes -= billed_bytes;
    return h;
}

static void move(storage *s, uint32_t slot, uint32_t tier)
{
    storage_object *object = &s->objects[slot];
    int nearer = tier < object->tier;
    storage_holding *from = leave(s, object), *to = enter(s, object, tier);

    from->usage.reads += nearer;
    from->usage.retrieved_bytes += nearer ? object->bytes : 0;
    to->usage.writes += nearer;
    to->usage.moves += !nearer;
}

/* ---- what happens ------------------------------------------------------------------------------------------------- */

static sky_status add_object(storage *s, uint32_t dataset, int64_t bytes, uint32_t *slot)
{
    storage_object *object;

    if (s->free == SKY_NONE && make_slot(s) != SKY_OK)
        return SKY_ERROR_MEMORY;
    *slot = s->free;
    object = &s->objects[*slot];
    s->free = object->place;
    *object = (storage_object){ .bytes = bytes,
                                .touched_ns = s->now_ns,
                                .dataset = dataset,
                                .place = SKY_NONE,
                                .serial = object->serial + 1 };
    enter(s, object, s->datasets[dataset].tier)->usage.writes++;
    s->totals[dataset].written_bytes += bytes;
    storage_schedule(s, *slot);
    return SKY_OK;
}

static void remove_object(storage *s, uint32_t slot)
{
    storage_object *object = &s->objects[slot];

    leave(s, object);
    s->totals[object->dataset].deleted_bytes += object->bytes;
    storage_unschedule(s, slot);
    object->serial++;
    object->place = s->free;
    s->free = slot;
}

static void follow_rule(storage *s, uint32_t slot)
{
    const storage_rule *rule = storage_rule_of(s, slot);

    if (rule->tier == SKY_NONE) {
        remove_object(s, slot);
        return;
    }
    move(s, slot, rule->tier);
    storage_schedule(s, slot);
}

/* The dataset that grows first. */
static uint32_t next_growth(const storage *s)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < s->dataset_count; i++)
        if (s->totals[i].grows_ns < s->totals[first].grows_ns)
            first = i;
    return first;
}

int64_t storage_next_ns(const storage *s)
{
    int64_t next_ns = s->dataset_count > 0 ? s->totals[next_growth(s)].grows_ns : SKY_NEVER_NS;

    return s->due_count > 0 && s->objects[s->due[0]].due_ns < next_ns ? s->objects[s->due[0]].due_ns
                                                                      : next_ns;
}

sky_status storage_advance(storage *s, int64_t now_ns)
{
    for (int64_t next_ns = storage_next_ns(s); next_ns <= now_ns && next_ns < SKY_NEVER_NS;
         next_ns = storage_next_ns(s)) {
        uint32_t dataset = next_growth(s), slot;

        s->now_ns = next_ns;
        if (s->totals[dataset].grows_ns > next_ns) {
            follow_rule(s, s->due[0]);
            continue;
        }
        if (add_object(s, dataset, s->datasets[dataset].grows_by_bytes, &slot) != SKY_OK)
            return SKY_ERROR_MEMORY;
        s->totals[dataset].grows_ns = add_sat_i64(next_ns, s->datasets[dataset].grows_every_ns);
    }
    s->now_ns = now_ns;
    return SKY_OK;
}

sky_status storage_write(storage *s, int64_t now_ns, uint32_t dataset, int64_t bytes, uint64_t *object)
{
    uint32_t slot;

    if (storage_advance(s, now_ns) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (dataset >= s->dataset_count || bytes < 1)
        return SKY_ERROR_INPUT;
    if (add_object(s, dataset, bytes, &slot) != SKY_OK)
        return SKY_ERROR_MEMORY;
    *object = name_of(s, slot);
    return SKY_OK;
}

sky_status storage_read(storage *s, int64_t now_ns, uint64_t object, int64_t bytes, int64_t *read_ns)
{
    sky_status status = storage_advance(s, now_ns);
    uint32_t slot = slot_of(s, object);
    storage_holding *h;

    if (status != SKY_OK)
        return status;
    if (slot == SKY_NONE || bytes < 1 || bytes > s->objects[slot].bytes)
        return SKY_ERROR_INPUT;
    h = holding_of(s, s->objects[slot].dataset, s->objects[slot].tier);
    h->usage.reads++;
    h->usage.retrieved_bytes += bytes;
    *read_ns = storage_tier_read_ns(&s->tiers[s->objects[slot].tier], bytes);
    s->objects[slot].touched_ns = now_ns;
    storage_schedule(s, slot);
    return SKY_OK;
}

sky_status storage_move(storage *s, int64_t now_ns, uint64_t object, uint32_t tier)
{
    sky_status status = storage_advance(s, now_ns);
    uint32_t slot = slot_of(s, object);

    if (status != SKY_OK)
        return status;
    if (slot == SKY_NONE || tier >= s->tier_count)
        return SKY_ERROR_INPUT;
    if (tier == s->objects[slot].tier)
        return SKY_OK;
    move(s, slot, tier);
    s->objects[slot].touched_ns = now_ns;
    storage_schedule(s, slot);
    return SKY_OK;
}

sky_status storage_delete(storage *s, int64_t now_ns, uint64_t object)
{
    sky_status status = storage_advance(s, now_ns);
    uint32_t slot = slot_of(s, object);

    if (status != SKY_OK)
        return status;
    if (slot == SKY_NONE)
        return SKY_ERROR_INPUT;
    remove_object(s, slot);
    return SKY_OK;
}

/* ---- what there is ------------------------------------------------------------------------------------------------ */

const storage_object *storage_find(const storage *s, uint64_t object)
{
    uint32_t slot = slot_of(s, object);

    return slot != SKY_NONE ? &s->objects[slot] : NULL;
}

storage_usage storage_usage_of(const storage *s, uint32_t dataset, uint32_t tier)
{
    const storage_holding *h = holding_of(s, dataset, tier);
    storage_usage usage = h->usage;

    usage.byte_ns += (sky_int128)h->billed_bytes * (s->now_ns - h->since_ns);
    return usage;
}

int64_t storage_held_bytes(const storage *s, uint32_t dataset)
{
    int64_t bytes = 0;

    for (uint32_t tier = 0; tier < s->tier_count; tier++)
        bytes += holding_of(s, dataset, tier)->bytes;
    return bytes;
}

int64_t storage_cost(const storage *s, uint32_t dataset)
{
    int64_t nusd = 0;

    for (uint32_t tier = 0; tier < s->tier_count; tier++) {
        const storage_usage usage = storage_usage_of(s, dataset, tier);
        const storage_bill bill = storage_bill_of(&s->tiers[tier], &usage);

        nusd = add_sat_i64(nusd, storage_bill_total(&bill));
    }
    return nusd;
}

/* ---- checkpoints ---------------------------------------------------------------------------------------------------- */

#define MOST_BYTE_NS ((sky_int128)1 << 120)

static void usage_state(storage *s, state *saved)
{
    size_t holdings = s->tier_count * s->dataset_count;

    state_things(saved, holdings);
    for (size_t i = 0; i < holdings; i++) {
        storage_holding *h = &s->holdings[i];

        STATE_VALUE(saved, h->usage);
        STATE_VALUE(saved, h->since_ns);
        state_check(saved, h->usage.byte_ns >= 0 && h->usage.byte_ns <= MOST_BYTE_NS &&
                               h->usage.early_byte_ns >= 0 && h->usage.early_byte_ns <= MOST_BYTE_NS &&
                               h->since_ns >= 0 && h->since_ns <= s->now_ns);
        state_check_amounts(saved, &h->usage.writes, 4);
        if (state_restores(saved))
            h->bytes = h->billed_bytes = h->objects = 0;
    }
    state_array(saved, s->totals, s->dataset_count, sizeof *s->totals);
    for (size_t i = 0; i < s->dataset_count; i++) {
        state_check_amounts(saved, &s->totals[i].written_bytes, 2);
        state_check(saved, s->totals[i].grows_ns >= s->now_ns);
    }
}

/* It takes its place in its tier, and waits for its rule. */
static void restore_object(storage *s, uint32_t slot, state *saved)
{
    storage_object *object = &s->objects[slot];
    storage_holding *h;
    int64_t billed_bytes;

    object->place = SKY_NONE;
    state_check_amounts(saved, &object->touched_ns, 1);
    state_check_amounts(saved, &object->placed_ns, 1);
    state_check(saved, object->bytes >= 1 && object->dataset < s->dataset_count &&
                           object->tier < s->tier_count && object->touched_ns <= s->now_ns &&
                           object->placed_ns <= s->now_ns);
    if (!state_is_sound(saved))
        return;
    h = holding_of(s, object->dataset, object->tier);
    billed_bytes = storage_billed_bytes(&s->tiers[object->tier], object->bytes);
    state_check(saved, billed_bytes <= INT64_MAX - h->billed_bytes);
    if (!state_is_sound(saved))
        return;
    h->objects++;
    h->bytes += object->bytes;
    h->billed_bytes += billed_bytes;
    storage_schedule(s, slot);
}

static void object_state(storage *s, uint32_t slot, state *saved)
{
    storage_object *object = &s->objects[slot];

    STATE_VALUE(saved, object->serial);
    if (object->serial % 2 == 0) {
        STATE_VALUE(saved, object->place); /* the next free one */
        return;
    }
    STATE_VALUE(saved, object->bytes);
    STATE_VALUE(saved, object->touched_ns);
    STATE_VALUE(saved, object->placed_ns);
    STATE_VALUE(saved, object->dataset);
    STATE_VALUE(saved, object->tier);
    if (state_restores(saved))
        restore_object(s, slot, saved);
}

/* Each free slot is in the list of them, once. */
static int has_all_free(const storage *s)
{
    uint32_t left = 0, slot = s->free;

    for (uint32_t i = 0; i < s->object_count; i++)
        left += s->objects[i].serial % 2 == 0;
    for (; left > 0 && slot < s->object_count && s->objects[slot].serial % 2 == 0; left--)
        slot = s->objects[slot].place;
    return left == 0 && slot == SKY_NONE;
}

static sky_status make_slots(storage *s, size_t count)
{
    storage_object *objects = calloc(count + 1, sizeof *objects);
    uint32_t *due = malloc((count + 1) * sizeof *due);

    if (objects == NULL || due == NULL || count >= SKY_NONE) {
        free(objects);
        free(due);
        return SKY_ERROR_MEMORY;
    }
    free(s->objects);
    free(s->due);
    s->objects = objects;
    s->due = due;
    s->due_count = 0;
    s->object_count = (uint32_t)count;
    s->object_room = (uint32_t)count + 1;
    return SKY_OK;
}

void storage_state(storage *s, state *saved)
{
    size_t count;

    STATE_VALUE(saved, s->now_ns);
    STATE_VALUE(saved, s->free);
    state_check_amounts(saved, &s->now_ns, 1);
    usage_state(s, saved);
    count = state_count(saved, s->object_count, 2 * sizeof(uint32_t));
    if (state_restores(saved) && make_slots(s, count) != SKY_OK)
        state_no_memory(saved);
    for (uint32_t slot = 0; slot < s->object_count && state_is_sound(saved); slot++)
        object_state(s, slot, saved);
    state_check(saved, has_all_free(s));
    for (uint32_t i = 0; i < s->dataset_count && state_is_sound(saved); i++)
        state_check(saved,
                    storage_held_bytes(s, i) == s->totals[i].written_bytes - s->totals[i].deleted_bytes);
}
