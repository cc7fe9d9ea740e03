/* Placement terms of classes whose tasks share nodes: where they must be, what they prefer, which company they seek. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#define TERMS_MOST 64 /* of a class */

/* ---- names that bit sets stand for ---------------------------------------------------------------------------------- */

sky_status load_name_set(loader *l, const config_setting_t *group, const char *key, scenario_names *names,
                         const char *known, uint64_t *bits)
{
    char **list = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, group, key, 0, &list, &count);

    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        size_t n = 0;

        while (n < names->count && strcmp(names->name[n], list[i]) != 0)
            n++;
        if (n == names->count && known != NULL) {
            suggest_search search = suggest_for(list[i]);

            for (n = 0; n < names->count; n++)
                suggest_offer(&search, names->name[n], 0);
            return config_fail_near(l, group, key, list[i], known, &search);
        }
        if (n == SCENARIO_NAMES_MAX)
            return config_fail(l, group, key, "more than 64 different names", "64 at most in the scenario");
        if (n == names->count)
            names->name[names->count++] = list[i];
        *bits |= UINT64_C(1) << n;
    }
    return status;
}

/* ---- places --------------------------------------------------------------------------------------------------------- */

typedef enum place_kind { PLACE_POOLS, PLACE_ZONES, PLACE_REGIONS, PLACE_KINDS } place_kind;

static const char *const place_keys[PLACE_KINDS] = { "pools", "zones", "regions" };

static const char *name_of(const scenario *s, uint32_t pool, place_kind kind, char *buffer, size_t size)
{
    const scenario_pool *p = &s->pools[pool];
    const scenario_region *r = &s->regions[p->region];

    if (kind == PLACE_POOLS)
        return p->name;
    if (kind == PLACE_REGIONS)
        return r->name;
    snprintf(buffer, size, "%.100s%.20s", r->name, r->zones[p->zone]);
    return buffer;
}

/* A pool with nodes at the place of that name; the count of pools: there is none. */
static uint32_t pool_at(const scenario *s, place_kind kind, const char *name)
{
    char buffer[128];
    uint32_t p = 0;

    while (p < s->pool_count &&
           (s->pools[p].nodes == 0 || strcmp(name_of(s, p, kind, buffer, sizeof buffer), name) != 0))
        p++;
    return p;
}

static sky_status fail_place(loader *l, const config_setting_t *group, place_kind kind, const char *name)
{
    static const char *const expected[] = { "pools with nodes", "zones in which pools have nodes",
                                            "regions in which pools have nodes" };
    const scenario *s = l->out;
    char buffers[2][128];
    suggest_search search = suggest_for(name);
    int keep = 0; /* the search remembers the best name: not to be written over */

    for (uint32_t p = 0; p < s->pool_count; p++) {
        const char *offered = name_of(s, p, kind, buffers[keep], sizeof buffers[keep]);

        if (s->pools[p].nodes == 0)
            continue;
        suggest_offer(&search, offered, 0);
        if (search.best == buffers[keep])
            keep = 1 - keep;
    }
    return config_fail_near(l, group, place_keys[kind], name, expected[kind], &search);
}

/* Where its tasks must be: the other pools are not eligible. */
static sky_status keep_places(loader *l, const config_setting_t *group, scenario_class *c, place_kind kind)
{
    const scenario *s = l->out;
    char **names = NULL, buffer[128];
    size_t count = 0, kept = 0;
    sky_status status = config_get_strings(l, group, place_keys[kind], 0, &names, &count);

    if (status != SKY_OK || names == NULL)
        return status;
    for (size_t i = 0; i < count; i++)
        if (pool_at(s, kind, names[i]) == s->pool_count)
            return fail_place(l, group, kind, names[i]);
    for (size_t e = 0; e < c->eligible_count; e++) {
        const char *name = name_of(s, c->eligible[e].pool, kind, buffer, sizeof buffer);
        size_t i = 0;

        while (i < count && strcmp(names[i], name) != 0)
            i++;
        if (i < count)
            c->eligible[kept++] = c->eligible[e];
    }
    c->eligible_count = kept;
    return kept > 0 ? SKY_OK
                    : config_fail(l, group, place_keys[kind], "places that leave no pool to the class",
                                  "some that have pools, regions and zones in common");
}

/* ---- terms ---------------------------------------------------------------------------------------------------------- */

static sky_status add_term(loader *l, const config_setting_t *at, scenario_class *c, const terms_term *term)
{
    if (c->term_count == TERMS_MOST)
        return config_fail(l, at, NULL, "more than 64 terms of a class", "64 at most");
    if (c->terms == NULL)
        c->terms = config_alloc(l, TERMS_MOST, sizeof *c->terms);
    if (c->terms == NULL)
        return SKY_ERROR_MEMORY;
    c->terms[c->term_count] = *term;
    c->terms[c->term_count++].job_class = (uint32_t)(c - l->out->classes);
    return SKY_OK;
}

static sky_status load_weight(loader *l, const config_setting_t *group, int required, int64_t *weight)
{
    return config_get_integer(l, group, "weight", required, 1, TERMS_WEIGHT_MOST, weight);
}

static sky_status prefer_places(loader *l, const config_setting_t *group, scenario_class *c, place_kind kind,
                                int64_t weight)
{
    static const sky_preference preference[] = { SKY_PREFER_POOL, SKY_PREFER_ZONE, SKY_PREFER_REGION };
    const scenario *s = l->out;
    char **names = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, group, place_keys[kind], 0, &names, &count);

    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        uint32_t pool = pool_at(s, kind, names[i]);
        terms_term term = { .kind = TERMS_PREFERENCE, .level = (uint16_t)preference[kind], .weight = weight };

        if (pool == s->pool_count)
            return fail_place(l, group, kind, names[i]);
        term.region = s->pools[pool].region;
        term.place = kind == PLACE_POOLS ? pool : s->pools[pool].zone;
        status = add_term(l, group, c, &term);
    }
    return status;
}

static sky_status load_preference(loader *l, const config_setting_t *group, scenario_class *c)
{
    terms_term term = { .kind = TERMS_PREFERENCE, .level = SKY_PREFER_LABELS };
    sky_status status = config_check_keys(l, group, "models labels pools zones regions weight");

    if (status == SKY_OK)
        status = load_weight(l, group, 1, &term.weight);
    if (status == SKY_OK && config_setting_length(group) != 2)
        return config_fail(l, group, NULL, "other than one thing preferred",
                           "one of models labels pools zones regions, and its weight");
    for (int kind = 0; kind < PLACE_KINDS && status == SKY_OK; kind++)
        status = prefer_places(l, group, c, (place_kind)kind, term.weight);
    if (status == SKY_OK)
        status = load_name_set(l, group, "labels", &l->out->labels, "labels of `pools`", &term.bits);
    if (status == SKY_OK && config_setting_get_member(group, "models") != NULL) {
        term.level = SKY_PREFER_MODELS;
        status = load_models(l, group, &term.bits);
    }
    return status == SKY_OK && term.bits != 0 ? add_term(l, group, c, &term) : status;
}

static sky_status load_company(loader *l, const config_setting_t *group, scenario_class *c, terms_kind kind)
{
    terms_term term = { .kind = (uint16_t)kind };
    int64_t skew = 1;
    int level = 0;
    sky_status status = config_check_keys(
        l, group, kind == TERMS_SPREAD ? "groups level max_skew weight" : "groups level weight");

    if (status == SKY_OK)
        status = config_get_choice(l, group, "level", 1, "node zone region rack", &level);
    if (status == SKY_OK)
        status = load_name_set(l, group, "groups", &l->out->groups, "groups that classes belong to",
                               &term.bits);
    if (status == SKY_OK)
        status = load_weight(l, group, 0, &term.weight);
    if (status == SKY_OK && kind == TERMS_SPREAD)
        status = config_get_integer(l, group, "max_skew", 0, 1, 1000000, &skew);
    if (term.bits == 0)
        term.bits = c->groups;
    if (status == SKY_OK && term.bits == 0)
        return config_fail(l, group, "groups", "none, of a class without groups", "at least one group");
    term.level = (uint16_t)level;
    term.skew = kind == TERMS_SPREAD ? (uint32_t)skew : 0;
    return status == SKY_OK ? add_term(l, group, c, &term) : status;
}

sky_status load_class_groups(loader *l, const config_setting_t *classes)
{
    scenario *s = l->out;
    sky_status status = SKY_OK;

    for (int i = 0; i < config_setting_length(classes) && status == SKY_OK; i++)
        status = load_name_set(l, config_setting_get_elem(classes, (unsigned)i), "groups", &s->groups, NULL,
                               &s->classes[i].groups);
    return status;
}

sky_status load_class_terms(loader *l, const config_setting_t *group, scenario_class *c)
{
    static const struct {
        const char *key;
        terms_kind kind;
    } lists[] = { { "prefer", TERMS_PREFERENCE },
                  { "affinity", TERMS_AFFINITY },
                  { "anti_affinity", TERMS_ANTI_AFFINITY },
                  { "spread", TERMS_SPREAD } };
    sky_status status = SKY_OK;

    for (int kind = 0; kind < PLACE_KINDS && status == SKY_OK; kind++)
        status = keep_places(l, group, c, (place_kind)kind);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && status == SKY_OK; i++) {
        const config_setting_t *list;

        status = config_get_list(l, group, lists[i].key, 0, &list);
        for (int k = 0; status == SKY_OK && list != NULL && k < config_setting_length(list); k++) {
            const config_setting_t *one = config_setting_get_elem(list, (unsigned)k);

            status = lists[i].kind == TERMS_PREFERENCE ? load_preference(l, one, c)
                                                       : load_company(l, one, c, lists[i].kind);
        }
    }
    return status;
}

sky_status refuse_class_terms(loader *l, const config_setting_t *group)
{
    static const char *const keys[] = { "regions", "zones",    "pools",         "groups",
                                        "prefer",  "affinity", "anti_affinity", "spread" };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (config_setting_get_member(group, keys[i]) != NULL)
            return config_fail(l, group, keys[i], "a class that has machines of its own",
                               "a class with a request");
    return SKY_OK;
}
