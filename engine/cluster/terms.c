#include "terms.h"

#include <stdlib.h>
#include <string.h>

/* Tasks counted by domain of a level: those that belong to all of `groups`, or those of classes that require to be away
 * from such tasks. */
typedef struct tally {
    uint64_t groups;
    uint32_t level; /* sky_level */
    uint32_t of_owners;
    int64_t total;
    uint32_t *count;   /* by domain */
    uint64_t *helps;   /* set of classes that wait for it to grow; NULL: none does */
    uint32_t watchers; /* list of rules that look at it node by node, or rack by rack; SKY_NONE */
    uint32_t reserved;
} tally;

typedef enum rule_kind { RULE_NEED, RULE_AVOID, RULE_POINTS, RULE_SPREAD } rule_kind;

/* What a class makes of a tally. */
typedef struct rule {
    int64_t weight; /* points a task; of a spread: 0 where it is required, else what each task beyond costs */
    uint32_t tally;
    uint32_t job_class;
    uint16_t kind; /* rule_kind */
    uint16_t self; /* 1: the class's own tasks count in the tally; of a need: they match all that it needs */
    uint32_t skew;
    uint32_t next_watcher;
    uint32_t least;           /* of a spread by node or rack: tasks on the least filled one */
    unsigned char *suits;     /* of a spread: by node, 1: it counts */
    uint32_t *suiting;        /* of a spread by rack, zone or region: nodes that count, by domain */
    uint32_t *filled;         /* of a spread by node: how many nodes that count hold so many tasks */
    uint32_t filled_capacity; /* length of `filled` */
    uint32_t suiting_nodes;   /* in all */
} rule;

/* What of a node decides whether it suits a class; the machine itself stays as it is. */
typedef struct heard_node {
    uint64_t labels, taints;
    uint32_t pool;
    uint32_t state; /* node_state */
    uint32_t rack, reserved;
} heard_node;

/* What a class is made of, as stretches of arrays. */
typedef struct class_terms {
    terms_class is;
    uint64_t version;
    uint32_t first_rule, node_rules, rules; /* those that look at nodes or racks come first */
    uint32_t first_term, terms;
    uint32_t first_in, in; /* of `counted`: tallies that its tasks count in */
    uint32_t level;        /* of its domains: SKY_LEVEL_NODE where there is one only */
    uint32_t reserved;
} class_terms;

struct terms {
    class_terms *classes;
    uint32_t class_count;
    tally *tallies;
    uint32_t tally_count;
    rule *rules;
    uint32_t rule_count;
    terms_term *terms;
    size_t term_count;
    uint32_t *counted;
    uint64_t *bound; /* set of classes */
    terms_pool *pools;
    uint32_t pool_count;
    uint32_t *domain_of_pool[SKY_LEVEL_COUNT]; /* of zones and regions */
    uint32_t *region_of_zone;
    uint32_t domains[SKY_LEVEL_COUNT]; /* of zones and regions: how many; of racks: room for */
    heard_node *nodes;
    uint32_t node_capacity;
    int (*gate)(const void *context, uint32_t job_class, const node *n);
    const void *context;
};

/* ---- making ---------------------------------------------------------------------------------------------------- */

void terms_free(terms *t)
{
    if (t == NULL)
        return;
    for (uint32_t i = 0; i < t->tally_count; i++) {
        free(t->tallies[i].count);
        free(t->tallies[i].helps);
    }
    for (uint32_t i = 0; i < t->rule_count; i++) {
        free(t->rules[i].suits);
        free(t->rules[i].suiting);
        free(t->rules[i].filled);
    }
    free(t->classes);
    free(t->tallies);
    free(t->rules);
    free(t->terms);
    free(t->counted);
    free(t->bound);
    free(t->pools);
    free(t->domain_of_pool[SKY_LEVEL_ZONE]);
    free(t->domain_of_pool[SKY_LEVEL_REGION]);
    free(t->region_of_zone);
    free(t->nodes);
    free(t);
}

/* Numbers zones in the order of the pools that are first in them. */
static void number_domains(terms *t)
{
    uint32_t *zone = t->domain_of_pool[SKY_LEVEL_ZONE], *region = t->domain_of_pool[SKY_LEVEL_REGION];

    for (uint32_t p = 0; p < t->pool_count; p++) {
        uint32_t other = 0;

        region[p] = t->pools[p].region;
        if (region[p] >= t->domains[SKY_LEVEL_REGION])
            t->domains[SKY_LEVEL_REGION] = region[p] + 1;
        while (other < p &&
               (t->pools[other].region != t->pools[p].region || t->pools[other].zone != t->pools[p].zone))
            other++;
        zone[p] = other < p ? zone[other] : t->domains[SKY_LEVEL_ZONE]++;
        t->region_of_zone[zone[p]] = region[p];
    }
}

static sky_status make_pools(terms *t, const terms_setup *setup)
{
    size_t count = setup->pool_count + 1u;

    t->pool_count = setup->pool_count;
    t->pools = malloc(count * sizeof *t->pools);
    t->domain_of_pool[SKY_LEVEL_ZONE] = malloc(count * sizeof(uint32_t));
    t->domain_of_pool[SKY_LEVEL_REGION] = malloc(count * sizeof(uint32_t));
    t->region_of_zone = malloc(count * sizeof(uint32_t));
    if (t->pools == NULL || t->domain_of_pool[SKY_LEVEL_ZONE] == NULL ||
        t->domain_of_pool[SKY_LEVEL_REGION] == NULL || t->region_of_zone == NULL)
        return SKY_ERROR_MEMORY;
    if (setup->pool_count > 0)
        memcpy(t->pools, setup->pools, setup->pool_count * sizeof *t->pools);
    number_domains(t);
    return SKY_OK;
}

/* Of levels that pools say nothing of. */
static int is_by_node(uint32_t level)
{
    return level == SKY_LEVEL_NODE || level == SKY_LEVEL_RACK;
}

/* Is it one of the class's terms that those whom it names must stay away from its tasks? */
static int shuns(const terms *t, uint32_t job_class, uint64_t groups, uint32_t level)
{
    const class_terms *c = &t->classes[job_class];

    for (uint32_t i = 0; i < c->terms; i++) {
        const terms_term *term = &t->terms[c->first_term + i];

        if (term->kind == TERMS_ANTI_AFFINITY && term->weight == 0 && term->bits == groups &&
            term->level == level)
            return 1;
    }
    return 0;
}

static int belongs_to(const terms *t, uint32_t job_class, uint64_t groups)
{
    return (groups & ~t->classes[job_class].is.groups) == 0;
}

static int counts_in(const terms *t, uint32_t job_class, const tally *y)
{
    return y->of_owners ? shuns(t, job_class, y->groups, y->level) : belongs_to(t, job_class, y->groups);
}

/* The tally of such tasks, made where there is none: there is room for two a term. */
static uint32_t tally_of(terms *t, uint64_t groups, uint32_t level, uint32_t of_owners)
{
    uint32_t i = 0;

    while (i < t->tally_count && (t->tallies[i].groups != groups || t->tallies[i].level != level ||
                                  t->tallies[i].of_owners != of_owners))
        i++;
    if (i == t->tally_count)
        t->tallies[t->tally_count++] =
            (tally){ .groups = groups, .level = level, .of_owners = of_owners, .watchers = SKY_NONE };
    return i;
}

/* All groups that the class's required affinities name: a task matches them all, or none of them (as in Kubernetes). */
static uint64_t needed_groups(const terms *t, uint32_t job_class)
{
    const class_terms *c = &t->classes[job_class];
    uint64_t groups = 0;

    for (uint32_t i = 0; i < c->terms; i++)
        if (t->terms[c->first_term + i].kind == TERMS_AFFINITY && t->terms[c->first_term + i].weight == 0)
            groups |= t->terms[c->first_term + i].bits;
    return groups;
}

static uint32_t tally_of_term(terms *t, const terms_term *term)
{
    int needs = term->kind == TERMS_AFFINITY && term->weight == 0;

    return tally_of(t, needs ? needed_groups(t, term->job_class) : term->bits, term->level, 0);
}

/* All tallies, and how many rules look at them at most. */
static size_t add_tallies(terms *t)
{
    size_t rules = t->term_count;

    for (size_t i = 0; i < t->term_count; i++) {
        const terms_term *term = &t->terms[i];

        if (term->kind == TERMS_PREFERENCE)
            continue;
        tally_of_term(t, term);
        if (term->kind == TERMS_ANTI_AFFINITY && term->weight == 0)
            tally_of(t, term->bits, term->level, 1);
    }
    for (uint32_t i = 0; i < t->tally_count; i++)
        for (uint32_t c = 0; c < t->class_count; c++)
            rules += t->tallies[i].of_owners && belongs_to(t, c, t->tallies[i].groups);
    return rules;
}

static rule *add_rule(terms *t, uint32_t job_class, rule_kind kind, uint32_t of_tally)
{
    rule *r = &t->rules[t->rule_count++];

    *r = (rule){ .job_class = job_class,
                 .kind = (uint16_t)kind,
                 .tally = of_tally,
                 .self = (uint16_t)counts_in(t, job_class, &t->tallies[of_tally]) };
    return r;
}

static void add_term(terms *t, const terms_term *term)
{
    static const rule_kind required[] = {
        [TERMS_AFFINITY] = RULE_NEED, [TERMS_ANTI_AFFINITY] = RULE_AVOID, [TERMS_SPREAD] = RULE_SPREAD
    };
    rule_kind kind = term->weight == 0 || term->kind == TERMS_SPREAD ? required[term->kind] : RULE_POINTS;
    rule *r = add_rule(t, term->job_class, kind, tally_of_term(t, term));

    r->weight = term->kind == TERMS_ANTI_AFFINITY ? -term->weight : term->weight;
    r->skew = term->skew;
}

/* Rules that look at nodes or racks first, each kind in the order in which they were told. */
static void sort_rules(terms *t, class_terms *c)
{
    for (uint32_t i = 0; i < c->rules; i++) {
        uint32_t at = c->first_rule + i;
        rule moved = t->rules[at];

        if (!is_by_node(t->tallies[moved.tally].level))
            continue;
        for (; at > c->first_rule + c->node_rules; at--)
            t->rules[at] = t->rules[at - 1];
        t->rules[at] = moved;
        c->node_rules++;
    }
}

static void make_rules_of(terms *t, uint32_t job_class)
{
    class_terms *c = &t->classes[job_class];

    c->first_rule = t->rule_count;
    for (uint32_t i = 0; i < c->terms; i++)
        if (t->terms[c->first_term + i].kind != TERMS_PREFERENCE)
            add_term(t, &t->terms[c->first_term + i]);
    for (uint32_t i = 0; i < t->tally_count; i++) /* those who shun the class's tasks */
        if (t->tallies[i].of_owners && belongs_to(t, job_class, t->tallies[i].groups))
            add_rule(t, job_class, RULE_AVOID, i);
    c->rules = t->rule_count - c->first_rule;
    sort_rules(t, c);
    c->level = SKY_LEVEL_NODE;
    for (uint32_t i = c->first_rule; i < t->rule_count; i++) {
        const rule *r = &t->rules[i];
        uint32_t level = t->tallies[r->tally].level;

        if (level == SKY_LEVEL_ZONE || (level == SKY_LEVEL_REGION && c->level == SKY_LEVEL_NODE))
            c->level = level;
        if (r->kind != RULE_POINTS && (r->kind != RULE_SPREAD || r->weight == 0))
            t->bound[job_class / 64] |= UINT64_C(1) << job_class % 64;
    }
}

static sky_status make_classes(terms *t, const terms_setup *setup)
{
    size_t first = 0;

    t->class_count = setup->class_count;
    t->term_count = setup->term_count;
    t->terms = malloc((setup->term_count + 1) * sizeof *t->terms);
    t->classes = calloc(setup->class_count + 1u, sizeof *t->classes);
    t->tallies = calloc(2 * setup->term_count + 1, sizeof *t->tallies);
    if (t->terms == NULL || t->classes == NULL || t->tallies == NULL)
        return SKY_ERROR_MEMORY;
    if (setup->term_count > 0)
        memcpy(t->terms, setup->terms, setup->term_count * sizeof *t->terms);
    for (uint32_t c = 0; c < setup->class_count; c++) {
        t->classes[c] = (class_terms){ .is = setup->classes[c], .first_term = (uint32_t)first };
        while (first < t->term_count && t->terms[first].job_class == c)
            first++;
        t->classes[c].terms = (uint32_t)first - t->classes[c].first_term;
    }
    t->rules = calloc(add_tallies(t) + 1, sizeof *t->rules);
    t->bound = calloc(setup->class_count / 64 + 1u, sizeof *t->bound);
    if (t->rules == NULL || t->bound == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t c = 0; c < setup->class_count; c++)
        make_rules_of(t, c);
    return SKY_OK;
}

static sky_status make_tallies(terms *t)
{
    size_t most = (size_t)t->class_count * t->tally_count + 1, used = 0;

    t->counted = malloc(most * sizeof *t->counted);
    if (t->counted == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t c = 0; c < t->class_count; c++) {
        t->classes[c].first_in = (uint32_t)used;
        for (uint32_t i = 0; i < t->tally_count; i++)
            if (counts_in(t, c, &t->tallies[i]))
                t->counted[used++] = i;
        t->classes[c].in = (uint32_t)used - t->classes[c].first_in;
    }
    for (uint32_t i = 0; i < t->tally_count; i++)
        if (!is_by_node(t->tallies[i].level)) {
            t->tallies[i].count = calloc(t->domains[t->tallies[i].level] + 1u, sizeof(uint32_t));
            if (t->tallies[i].count == NULL)
                return SKY_ERROR_MEMORY;
        }
    return SKY_OK;
}

static sky_status link_rules(terms *t)
{
    size_t words = t->class_count / 64 + 1;

    for (uint32_t i = 0; i < t->rule_count; i++) {
        rule *r = &t->rules[i];
        tally *y = &t->tallies[r->tally];

        if (y->level == SKY_LEVEL_RACK ||
            (y->level == SKY_LEVEL_NODE && (r->kind == RULE_NEED || r->kind == RULE_SPREAD))) {
            r->next_watcher = y->watchers;
            y->watchers = i;
        }
        if (r->kind == RULE_SPREAD && !is_by_node(y->level)) {
            r->suiting = calloc(t->domains[y->level] + 1u, sizeof *r->suiting);
            if (r->suiting == NULL)
                return SKY_ERROR_MEMORY;
        }
        if (r->kind != RULE_NEED && (r->kind != RULE_SPREAD || r->weight != 0))
            continue;
        if (y->helps == NULL)
            y->helps = calloc(words, sizeof *y->helps);
        if (y->helps == NULL)
            return SKY_ERROR_MEMORY;
        y->helps[r->job_class / 64] |= UINT64_C(1) << r->job_class % 64;
    }
    return SKY_OK;
}

terms *terms_create(const terms_setup *setup)
{
    terms *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->gate = setup->gate;
    t->context = setup->context;
    if (make_pools(t, setup) != SKY_OK || make_classes(t, setup) != SKY_OK || make_tallies(t) != SKY_OK ||
        link_rules(t) != SKY_OK) {
        terms_free(t);
        return NULL;
    }
    return t;
}

/* ---- nodes ----------------------------------------------------------------------------------------------------- */

static sky_status widen(void **items, size_t before, size_t after, size_t size)
{
    unsigned char *grown = realloc(*items, after * size);

    if (grown == NULL)
        return SKY_ERROR_MEMORY;
    memset(grown + before * size, 0, (after - before) * size);
    *items = grown;
    return SKY_OK;
}

static sky_status reserve_nodes(terms *t, uint32_t count)
{
    uint32_t before = t->node_capacity, after = before < 64 ? 64 : before;

    if (count <= before)
        return SKY_OK;
    while (after < count)
        after *= 2;
    for (uint32_t i = 0; i < t->tally_count; i++)
        if (t->tallies[i].level == SKY_LEVEL_NODE &&
            widen((void **)&t->tallies[i].count, before, after, sizeof(uint32_t)) != SKY_OK)
            return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < t->rule_count; i++)
        if (t->rules[i].kind == RULE_SPREAD && widen((void **)&t->rules[i].suits, before, after, 1) != SKY_OK)
            return SKY_ERROR_MEMORY;
    if (widen((void **)&t->nodes, before, after, sizeof *t->nodes) != SKY_OK)
        return SKY_ERROR_MEMORY;
    t->node_capacity = after;
    return SKY_OK;
}

/* Nodes whose racks are not told have the even domains. */
static uint32_t rack_domain(uint32_t index, uint32_t rack)
{
    return rack > 0 ? 2 * rack - 1 : 2 * index;
}

static sky_status reserve_racks(terms *t, uint32_t count)
{
    uint32_t before = t->domains[SKY_LEVEL_RACK], after = before < 64 ? 64 : before;

    if (count <= before)
        return SKY_OK;
    while (after < count)
        after *= 2;
    for (uint32_t i = 0; i < t->tally_count; i++)
        if (t->tallies[i].level == SKY_LEVEL_RACK &&
            widen((void **)&t->tallies[i].count, before, after, sizeof(uint32_t)) != SKY_OK)
            return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < t->rule_count; i++)
        if (t->rules[i].kind == RULE_SPREAD && t->tallies[t->rules[i].tally].level == SKY_LEVEL_RACK &&
            widen((void **)&t->rules[i].suiting, before, after, sizeof(uint32_t)) != SKY_OK)
            return SKY_ERROR_MEMORY;
    t->domains[SKY_LEVEL_RACK] = after;
    return SKY_OK;
}

static uint32_t domain_of(const terms *t, uint32_t level, uint32_t index)
{
    const heard_node *n = &t->nodes[index];

    return level == SKY_LEVEL_NODE   ? index
           : level == SKY_LEVEL_RACK ? rack_domain(index, n->rack)
                                     : t->domain_of_pool[level][n->pool];
}

/* Tasks in the least filled domain that counts, of a level but nodes. */
static uint32_t least_filled(const terms *t, const rule *r)
{
    const tally *y = &t->tallies[r->tally];
    uint32_t least = UINT32_MAX;

    for (uint32_t d = 0; d < t->domains[y->level]; d++)
        if (r->suiting[d] > 0 && y->count[d] < least)
            least = y->count[d];
    return least != UINT32_MAX ? least : 0;
}

/* A rack that the rule looks at has changed. */
static void look_at_racks(terms *t, rule *r)
{
    t->classes[r->job_class].version++;
    if (r->kind == RULE_SPREAD)
        r->least = least_filled(t, r);
}

/* Room in the histogram for nodes of so many tasks. */
static sky_status reserve_filled(rule *r, uint32_t count)
{
    uint32_t after = r->filled_capacity < 16 ? 16 : r->filled_capacity;

    if (count < r->filled_capacity)
        return SKY_OK;
    while (after <= count)
        after *= 2;
    if (widen((void **)&r->filled, r->filled_capacity, after, sizeof *r->filled) != SKY_OK)
        return SKY_ERROR_MEMORY;
    r->filled_capacity = after;
    return SKY_OK;
}

/* After the histogram has changed: which is the least? */
static void find_least(terms *t, rule *r)
{
    uint32_t least = 0;

    while (r->suiting_nodes > 0 && r->filled[least] == 0)
        least++;
    if (least != r->least)
        t->classes[r->job_class].version++;
    r->least = least;
}

static sky_status set_suits(terms *t, rule *r, uint32_t index, int suits)
{
    const tally *y = &t->tallies[r->tally];
    uint32_t change = suits ? 1 : UINT32_MAX, held = y->count[domain_of(t, y->level, index)];

    if (r->suits[index] == suits)
        return SKY_OK;
    if (y->level == SKY_LEVEL_NODE && reserve_filled(r, held) != SKY_OK)
        return SKY_ERROR_MEMORY;
    r->suits[index] = (unsigned char)suits;
    r->suiting_nodes += change;
    if (y->level == SKY_LEVEL_NODE) {
        r->filled[held] += change;
        find_least(t, r);
    } else {
        r->suiting[domain_of(t, y->level, index)] += change;
        if (y->level == SKY_LEVEL_RACK)
            look_at_racks(t, r);
    }
    return SKY_OK;
}

sky_status terms_hear(terms *t, uint32_t index, const node *n)
{
    const heard_node is = {
        .labels = n->labels, .taints = n->taints, .pool = n->pool, .state = n->state, .rack = n->rack
    };

    if (reserve_nodes(t, index + 1) != SKY_OK ||
        reserve_racks(t, rack_domain(index, n->rack) + 1) != SKY_OK ||
        reserve_racks(t, rack_domain(index, 0) + 1) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (memcmp(&t->nodes[index], &is, sizeof is) == 0)
        return SKY_OK;
    for (uint32_t i = 0; i < t->rule_count && t->nodes[index].rack != is.rack; i++)
        if (t->rules[i].kind == RULE_SPREAD &&
            set_suits(t, &t->rules[i], index, 0) != SKY_OK) /* where it was */
            return SKY_ERROR_MEMORY;
    t->nodes[index] = is;
    for (uint32_t i = 0; i < t->rule_count; i++) {
        rule *r = &t->rules[i];

        if (r->kind == RULE_SPREAD && set_suits(t, r, index,
                                                node_suits(n, &t->classes[r->job_class].is.ask) &&
                                                    t->gate(t->context, r->job_class, n)) != SKY_OK)
            return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

/* ---- tasks ----------------------------------------------------------------------------------------------------- */

/* One rule that looks at a tally node by node: a node's count went from `was` to `is`. */
static sky_status watch(terms *t, rule *r, uint32_t index, uint32_t was, uint32_t is, int appeared)
{
    if (t->tallies[r->tally].level == SKY_LEVEL_RACK) {
        look_at_racks(t, r);
        return SKY_OK;
    }
    if (r->kind == RULE_NEED) {
        t->classes[r->job_class].version += appeared != 0;
        return SKY_OK;
    }
    if (!r->suits[index])
        return SKY_OK;
    if (reserve_filled(r, is) != SKY_OK)
        return SKY_ERROR_MEMORY;
    r->filled[was]--;
    r->filled[is]++;
    if (is < r->least || r->filled[r->least] == 0)
        find_least(t, r);
    return SKY_OK;
}

sky_status terms_count(terms *t, uint32_t job_class, uint32_t index, int sign)
{
    const class_terms *c = &t->classes[job_class];
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < c->in && status == SKY_OK; i++) {
        tally *y = &t->tallies[t->counted[c->first_in + i]];
        uint32_t *count = &y->count[domain_of(t, y->level, index)], was = *count;
        int appeared = sign > 0 ? y->total == 0 : y->total == 1;

        *count += sign > 0 ? 1 : UINT32_MAX;
        y->total += sign;
        for (uint32_t k = y->watchers; k != SKY_NONE && status == SKY_OK; k = t->rules[k].next_watcher)
            status = watch(t, &t->rules[k], index, was, *count, appeared);
    }
    return status;
}

/* ---- what follows ---------------------------------------------------------------------------------------------- */

static int32_t clip(int64_t points)
{
    return points > TERMS_POINTS_MOST    ? TERMS_POINTS_MOST
           : points < -TERMS_POINTS_MOST ? -TERMS_POINTS_MOST
                                         : (int32_t)points;
}

/* Adds what a rule makes of a domain that holds so many. 0: it forbids it. */
static int apply(const rule *r, const tally *y, uint32_t count, uint32_t least, int64_t *points)
{
    int64_t beyond;

    switch (r->kind) {
    case RULE_NEED:
        return count > 0 || (y->total == 0 && r->self);
    case RULE_AVOID:
        return count == 0;
    case RULE_POINTS:
        *points += r->weight * count;
        return 1;
    default:
        beyond = (int64_t)count + r->self - least - r->skew;
        if (beyond <= 0)
            return 1;
        *points -= r->weight * beyond;
        return r->weight != 0;
    }
}

static int is_preferred(const terms *t, const terms_term *p, const node *n)
{
    switch (p->level) {
    case SKY_PREFER_MODELS:
        return n->devices > 0 && n->model < NODE_MODELS_MAX && (p->bits >> n->model & 1) != 0;
    case SKY_PREFER_LABELS:
        return (p->bits & ~n->labels) == 0;
    case SKY_PREFER_POOL:
        return n->pool == p->place;
    case SKY_PREFER_ZONE:
        return t->pools[n->pool].region == p->region && t->pools[n->pool].zone == p->place;
    default:
        return t->pools[n->pool].region == p->region;
    }
}

int32_t terms_of_node(const terms *t, uint32_t job_class, uint32_t index, const node *n)
{
    const class_terms *c = &t->classes[job_class];
    int64_t points = 0;

    for (uint32_t i = 0; i < c->node_rules; i++) {
        const rule *r = &t->rules[c->first_rule + i];
        const tally *y = &t->tallies[r->tally];

        if (!apply(r, y, y->count[domain_of(t, y->level, index)], r->least, &points))
            return TERMS_ILLEGAL;
    }
    for (uint32_t i = 0; i < c->terms; i++) {
        const terms_term *p = &t->terms[c->first_term + i];

        if (p->kind == TERMS_PREFERENCE && is_preferred(t, p, n))
            points += p->weight;
    }
    return clip(points);
}

void terms_of_domains(const terms *t, uint32_t job_class, int32_t *points)
{
    const class_terms *c = &t->classes[job_class];
    uint32_t domains = terms_domain_count(t, job_class);

    memset(points, 0, domains * sizeof *points);
    for (uint32_t i = c->node_rules; i < c->rules; i++) {
        const rule *r = &t->rules[c->first_rule + i];
        const tally *y = &t->tallies[r->tally];
        uint32_t least = r->kind == RULE_SPREAD ? least_filled(t, r) : 0;

        for (uint32_t d = 0; d < domains; d++) {
            uint32_t at = y->level == c->level ? d : t->region_of_zone[d];
            int64_t sum = points[d];

            if (points[d] != TERMS_ILLEGAL)
                points[d] = apply(r, y, y->count[at], least, &sum) ? clip(sum) : TERMS_ILLEGAL;
        }
    }
}

int32_t terms_of(const terms *t, uint32_t job_class, uint32_t index, const node *n)
{
    const class_terms *c = &t->classes[job_class];
    int32_t of_node = terms_of_node(t, job_class, index, n);
    int64_t points = 0;

    if (of_node == TERMS_ILLEGAL)
        return TERMS_ILLEGAL;
    for (uint32_t i = c->node_rules; i < c->rules; i++) {
        const rule *r = &t->rules[c->first_rule + i];
        const tally *y = &t->tallies[r->tally];
        uint32_t least = r->kind == RULE_SPREAD ? least_filled(t, r) : 0;

        if (!apply(r, y, y->count[domain_of(t, y->level, index)], least, &points))
            return TERMS_ILLEGAL;
        points = clip(points);
    }
    return of_node + (int32_t)points;
}

int terms_allow_new(const terms *t, uint32_t job_class, uint32_t pool)
{
    const class_terms *c = &t->classes[job_class];

    for (uint32_t i = 0; i < c->rules; i++) {
        const rule *r = &t->rules[c->first_rule + i];
        const tally *y = &t->tallies[r->tally];
        uint32_t count = i < c->node_rules ? 0 : y->count[t->domain_of_pool[y->level][pool]], least = count;
        int64_t points = 0;

        if (i >= c->node_rules && r->kind == RULE_SPREAD && least_filled(t, r) < count)
            least = least_filled(t, r);
        if (!apply(r, y, count, least, &points))
            return 0;
    }
    return 1;
}

uint32_t terms_domain_count(const terms *t, uint32_t job_class)
{
    uint32_t level = t->classes[job_class].level;

    return level == SKY_LEVEL_NODE ? 1 : t->domains[level];
}

const uint32_t *terms_domain_of_pool(const terms *t, uint32_t job_class)
{
    uint32_t level = t->classes[job_class].level;

    return level == SKY_LEVEL_NODE ? NULL : t->domain_of_pool[level];
}

uint64_t terms_version(const terms *t, uint32_t job_class)
{
    return t->classes[job_class].version;
}

int terms_bind(const terms *t, uint32_t job_class)
{
    return (t->bound[job_class / 64] >> job_class % 64 & 1) != 0;
}

const uint64_t *terms_bound(const terms *t)
{
    return t->bound;
}

const uint64_t *terms_helped(const terms *t, uint32_t job_class, uint32_t index)
{
    const class_terms *c = &t->classes[job_class];

    for (uint32_t i = 0; i < c->in; i++) {
        const tally *y = &t->tallies[t->counted[c->first_in + i]];

        if (y->helps != NULL && index-- == 0)
            return y->helps;
    }
    return NULL;
}
