#include "storage_lifecycle.h"

sky_status storage_check_rules(const storage_dataset *dataset, size_t tier_count)
{
    for (size_t i = 0; i < dataset->rule_count; i++) {
        const storage_rule *rule = &dataset->rules[i];

        if (rule->after_ns < 1 || (rule->tier != SKY_NONE && rule->tier >= tier_count))
            return SKY_ERROR_INPUT;
        if (i > 0 && (rule->after_ns <= rule[-1].after_ns || rule->tier <= rule[-1].tier))
            return SKY_ERROR_INPUT; /* deletion, SKY_NONE, is beyond all tiers */
    }
    return SKY_OK;
}

const storage_rule *storage_rule_of(const storage *s, uint32_t slot)
{
    const storage_dataset *dataset = &s->datasets[s->objects[slot].dataset];

    for (size_t i = 0; i < dataset->rule_count; i++)
        if (dataset->rules[i].tier > s->objects[slot].tier)
            return &dataset->rules[i];
    return NULL;
}

/* ---- a binary heap, by (due_ns, slot) ----------------------------------------------------------------------------- */

static int is_before(const storage *s, uint32_t a, uint32_t b)
{
    const storage_object *x = &s->objects[a], *y = &s->objects[b];

    return x->due_ns != y->due_ns ? x->due_ns < y->due_ns : a < b;
}

static void put(storage *s, uint32_t place, uint32_t slot)
{
    s->due[place] = slot;
    s->objects[slot].place = place;
}

static void sift(storage *s, uint32_t place, uint32_t slot)
{
    while (place > 0 && is_before(s, slot, s->due[(place - 1) / 2])) {
        put(s, place, s->due[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (uint32_t child = 2 * place + 1; child < s->due_count; child = 2 * place + 1) {
        if (child + 1 < s->due_count && is_before(s, s->due[child + 1], s->due[child]))
            child++;
        if (!is_before(s, s->due[child], slot))
            break;
        put(s, place, s->due[child]);
        place = child;
    }
    put(s, place, slot);
}

void storage_unschedule(storage *s, uint32_t slot)
{
    uint32_t place = s->objects[slot].place;

    if (place == SKY_NONE)
        return;
    s->objects[slot].place = SKY_NONE;
    s->due_count--;
    if (place < s->due_count)
        sift(s, place, s->due[s->due_count]);
}

void storage_schedule(storage *s, uint32_t slot)
{
    storage_object *object = &s->objects[slot];
    const storage_rule *rule = storage_rule_of(s, slot);

    object->due_ns = rule != NULL ? add_sat_i64(object->touched_ns, rule->after_ns) : SKY_NEVER_NS;
    if (object->due_ns < s->now_ns)
        object->due_ns = s->now_ns; /* by a rule that is new since it was touched */
    if (object->due_ns == SKY_NEVER_NS)
        storage_unschedule(s, slot);
    else
        sift(s, object->place != SKY_NONE ? object->place : s->due_count++, slot);
}
