/* Placement terms against their definitions, written out as sums over all running tasks: on random small clusters every
 * placement is legal, and at the best node by the documented score; nobody waits beside a legal place; and an engine
 * that was saved and restored at any moment orders what it would have ordered. Then Kubernetes' documented examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/packing/packing.h"
#include "kernel/random.h"

#define REGIONS 3
#define POOLS   8
#define NODES   24
#define RACKS   6
#define CLASSES 6
#define TERMS   4
#define TASKS   150
#define SECOND  SKY_NS_PER_SECOND
#define CASES   (SKYTWIN_SANITIZED ? 12 : 120)

typedef struct term {
    sky_event_kind kind;
    uint32_t level; /* sky_level or sky_preference */
    uint64_t bits;
    int64_t weight;
    int64_t skew;
    uint32_t region, place;
} term;

typedef struct class
{
    int64_t mcpu;
    uint64_t groups, labels;
    term terms[TERMS];
    uint32_t term_count;
} class;

typedef struct task {
    uint32_t job_class, gang;
    int64_t end_ns; /* -1: not started */
} task;

typedef struct part {
    uint32_t job, node;
} part;

typedef struct run {
    const char *strategy;
    uint64_t seed, draws;
    class classes[CLASSES];
    uint32_t class_count;
    uint32_t pool_region[POOLS], pool_zone[POOLS];
    node nodes[NODES]; /* as the test knows them */
    uint32_t node_count;
    task tasks[TASKS];
    uint32_t task_count;
    part parts[TASKS * 4]; /* what runs */
    uint32_t part_count;
    sky_engine *engine, *twin;
    int64_t now_ns;
    uint32_t placed, bound; /* placements; of those, of classes with required terms */
} run;

static uint32_t below(run *r, uint32_t bound)
{
    const random_key key = { .seed = r->seed, .thing = 31 };

    return (uint32_t)(random_u64(&key, r->draws++) % bound);
}

/* ---- the definitions ---------------------------------------------------------------------------------------------- */

static uint32_t domain_of(const run *r, uint32_t level, uint32_t index)
{
    uint32_t pool = r->nodes[index].pool;

    if (level == SKY_LEVEL_RACK)
        return r->nodes[index].rack > 0 ? NODES + r->nodes[index].rack : index;
    return level == SKY_LEVEL_NODE   ? index
           : level == SKY_LEVEL_ZONE ? r->pool_region[pool] * 100 + r->pool_zone[pool]
                                     : r->pool_region[pool];
}

static int is_in(const class *c, uint64_t groups)
{
    return (groups & ~c->groups) == 0;
}

static const class *class_of(const run *r, const part *p)
{
    return &r->classes[r->tasks[p->job].job_class];
}

/* Running tasks that belong to all the groups, in the domain of that node. */
static int64_t matches(const run *r, uint64_t groups, uint32_t level, uint32_t index)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < r->part_count; i++)
        count += is_in(class_of(r, &r->parts[i]), groups) &&
                 domain_of(r, level, r->parts[i].node) == domain_of(r, level, index);
    return count;
}

static node_request ask_of(const class *c)
{
    return (node_request){ .mcpu = c->mcpu, .labels = c->labels, .models = UINT64_MAX };
}

static int suits(const run *r, const class *c, uint32_t index)
{
    node_request ask = ask_of(c);

    return node_suits(&r->nodes[index], &ask);
}

static int64_t skew_at(const run *r, const class *c, const term *t, uint32_t index)
{
    int64_t least = INT64_MAX;

    for (uint32_t n = 0; n < r->node_count; n++)
        if (suits(r, c, n) && matches(r, t->bits, t->level, n) < least)
            least = matches(r, t->bits, t->level, n);
    return matches(r, t->bits, t->level, index) + is_in(c, t->bits) - (least == INT64_MAX ? 0 : least);
}

static uint64_t all_needed(const class *c)
{
    uint64_t groups = 0;

    for (uint32_t i = 0; i < c->term_count; i++)
        if (c->terms[i].kind == SKY_EVENT_AFFINITY && c->terms[i].weight == 0)
            groups |= c->terms[i].bits;
    return groups;
}

static int has_company(const run *r, const class *c, const term *t, uint32_t index)
{
    uint64_t needed = all_needed(c);
    int anywhere = 0;

    for (uint32_t i = 0; i < r->part_count; i++)
        anywhere |= is_in(class_of(r, &r->parts[i]), needed);
    return matches(r, needed, t->level, index) > 0 || (!anywhere && is_in(c, needed));
}

static int is_shunned(const run *r, const class *c, uint32_t index)
{
    for (uint32_t i = 0; i < r->part_count; i++) {
        const class *other = class_of(r, &r->parts[i]);

        for (uint32_t k = 0; k < other->term_count; k++) {
            const term *t = &other->terms[k];

            if (t->kind == SKY_EVENT_ANTI_AFFINITY && t->weight == 0 && is_in(c, t->bits) &&
                domain_of(r, t->level, r->parts[i].node) == domain_of(r, t->level, index))
                return 1;
        }
    }
    return 0;
}

static int is_legal(const run *r, const class *c, uint32_t index)
{
    node_request ask = ask_of(c);

    if (!suits(r, c, index) || !node_has_room((node_view){ &r->nodes[index], NULL }, &ask) ||
        is_shunned(r, c, index))
        return 0;
    for (uint32_t i = 0; i < c->term_count; i++) {
        const term *t = &c->terms[i];

        if (t->weight > 0 || t->kind == SKY_EVENT_PREFER)
            continue;
        if ((t->kind == SKY_EVENT_AFFINITY && !has_company(r, c, t, index)) ||
            (t->kind == SKY_EVENT_ANTI_AFFINITY && matches(r, t->bits, t->level, index) > 0) ||
            (t->kind == SKY_EVENT_SPREAD && skew_at(r, c, t, index) > t->skew))
            return 0;
    }
    return 1;
}

static int is_preferred(const run *r, const term *t, const node *n)
{
    if (t->level == SKY_PREFER_LABELS)
        return (n->labels & t->bits) == t->bits;
    if (t->level == SKY_PREFER_POOL)
        return n->pool == t->place;
    return r->pool_region[n->pool] == t->region &&
           (t->level == SKY_PREFER_REGION || r->pool_zone[n->pool] == t->place);
}

static int64_t points_at(const run *r, const class *c, uint32_t index)
{
    int64_t points = 0;

    for (uint32_t i = 0; i < c->term_count; i++) {
        const term *t = &c->terms[i];

        if (t->kind == SKY_EVENT_PREFER && is_preferred(r, t, &r->nodes[index]))
            points += t->weight;
        else if (t->kind == SKY_EVENT_AFFINITY)
            points += t->weight * matches(r, t->bits, t->level, index);
        else if (t->kind == SKY_EVENT_ANTI_AFFINITY)
            points -= t->weight * matches(r, t->bits, t->level, index);
        else if (t->kind == SKY_EVENT_SPREAD && skew_at(r, c, t, index) > t->skew)
            points -= t->weight * (skew_at(r, c, t, index) - t->skew);
    }
    return points;
}

/* SKY_NONE: there is no legal node. */
static uint32_t best_node(const run *r, uint32_t job_class, int64_t *score)
{
    const class *c = &r->classes[job_class];
    uint32_t best = SKY_NONE;

    for (uint32_t i = 0; i < r->node_count; i++) {
        int64_t s;

        if (!is_legal(r, c, i))
            continue;
        s = packing_best_fit.score(&r->engine->model, NULL, &r->nodes[i], job_class) + points_at(r, c, i);
        if (best == SKY_NONE || s > *score || (s == *score && r->nodes[i].rank < r->nodes[best].rank)) {
            best = i;
            *score = s;
        }
    }
    return best;
}

/* ---- an engine and its twin ---------------------------------------------------------------------------------------- */

static void tell(run *r, sky_event e)
{
    sky_error error = { "" };

    e.time_ns = r->now_ns;
    if (sky_engine_observe(r->engine, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
    if (sky_engine_observe(r->twin, &e, &error) != SKY_OK)
        fail_msg("the twin: %s", error.message);
}

static void add_node(run *r, uint32_t pool, int64_t mcpu, uint64_t labels)
{
    uint32_t index = r->node_count++;

    r->nodes[index] = (node){ .mcpu = mcpu,
                              .mcpu_left = mcpu,
                              .pool = pool,
                              .rank = NODES - 1 - index,
                              .labels = labels,
                              .state = NODE_UP,
                              .model = NODE_NO_MODEL };
    tell(r, (sky_event){
                .kind = SKY_EVENT_NODE, .instance = index, .pool = pool, .a = mcpu, .d = NODES - 1 - index });
    if (labels != 0)
        tell(r, (sky_event){ .kind = SKY_EVENT_NODE_MARKS, .instance = index, .a = (int64_t)labels });
}

static void put_into_rack(run *r, uint32_t index, uint32_t rack)
{
    r->nodes[index].rack = rack + 1;
    tell(r, (sky_event){ .kind = SKY_EVENT_NODE_RACK, .instance = index, .a = rack });
}

static void tell_class(run *r, uint32_t job_class)
{
    const class *c = &r->classes[job_class];

    tell(r, (sky_event){ .kind = SKY_EVENT_CLASS, .other = job_class });
    for (uint32_t p = 0; p < POOLS; p++)
        tell(r,
             (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = job_class, .pool = p, .a = 1, .b = 1000000 });
    tell(r, (sky_event){ .kind = SKY_EVENT_REQUEST, .other = job_class, .a = c->mcpu });
    tell(r, (sky_event){ .kind = SKY_EVENT_SELECT, .other = job_class, .a = (int64_t)c->labels });
    tell(r, (sky_event){ .kind = SKY_EVENT_GROUPS, .other = job_class, .a = (int64_t)c->groups });
    for (uint32_t i = 0; i < c->term_count; i++) {
        const term *t = &c->terms[i];

        tell(r, (sky_event){ .kind = (uint16_t)t->kind,
                             .other = job_class,
                             .detail = (uint16_t)t->level,
                             .region = t->region,
                             .pool = t->place,
                             .a = (int64_t)t->bits,
                             .b = t->kind == SKY_EVENT_SPREAD ? t->skew : t->place,
                             .d = t->weight });
    }
}

static void start(run *r, const char *queue)
{
    sky_engine_config config = { .strategy = r->strategy, .control_interval_ns = SECOND, .queue = queue };
    sky_error error = { "" };

    if (sky_engine_create(&config, &r->engine, &error) != SKY_OK ||
        sky_engine_create(&config, &r->twin, &error) != SKY_OK)
        fail_msg("%s", error.message);
    tell(r, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    for (uint32_t i = 0; i < REGIONS; i++)
        tell(r, (sky_event){ .kind = SKY_EVENT_REGION, .region = i });
    for (uint32_t p = 0; p < POOLS; p++)
        tell(r, (sky_event){ .kind = SKY_EVENT_POOL,
                             .pool = p,
                             .region = r->pool_region[p],
                             .other = r->pool_zone[p],
                             .detail = 1,
                             .a = INT64_MAX,
                             .c = 1 });
    for (uint32_t c = 0; c < r->class_count; c++)
        tell_class(r, c);
}

static void finish(run *r)
{
    sky_engine_destroy(r->engine);
    sky_engine_destroy(r->twin);
    free(r);
}

static void renew_twin(run *r)
{
    unsigned char *bytes, *again;
    size_t size, size_again;
    sky_error error = { "" };

    assert_int_equal(sky_engine_snapshot(r->engine, &bytes, &size, &error), SKY_OK);
    assert_int_equal(sky_engine_snapshot(r->twin, &again, &size_again, &error), SKY_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    sky_engine_destroy(r->twin);
    if (sky_engine_restore(bytes, size, &r->twin, &error) != SKY_OK)
        fail_msg("%s", error.message);
    free(bytes);
    free(again);
}

/* ---- rounds --------------------------------------------------------------------------------------------------------- */

static int is_bound(const class *c)
{
    for (uint32_t i = 0; i < c->term_count; i++)
        if (c->terms[i].kind != SKY_EVENT_PREFER && c->terms[i].weight == 0)
            return 1;
    return 0;
}

static void check_placement(run *r, const sky_action *a, int best_too)
{
    uint32_t job_class = r->tasks[a->job].job_class;
    const class *c = &r->classes[job_class];
    node_request ask = ask_of(c);
    int64_t score = 0;

    assert_int_equal(a->kind, SKY_ACTION_PLACE);
    if (!is_legal(r, c, a->instance))
        fail_msg("seed %d: task %u of class %u may not be on node %u", (int)r->seed, a->job, job_class,
                 a->instance);
    if (best_too) {
        assert_int_equal(a->instance, best_node(r, job_class, &score));
        assert_int_equal(a->score, score);
    }
    node_take(&r->nodes[a->instance], NULL, &ask, 0);
    r->parts[r->part_count++] = (part){ a->job, a->instance };
    r->placed++;
    r->bound += (uint32_t)is_bound(c);
}

static size_t decide(run *r, int best_too)
{
    const sky_action *actions, *same;
    size_t count, count_same;
    sky_error error = { "" };

    assert_int_equal(sky_engine_decide(r->engine, r->now_ns, &actions, &count, &error), SKY_OK);
    assert_int_equal(sky_engine_decide(r->twin, r->now_ns, &same, &count_same, &error), SKY_OK);
    assert_int_equal(count, count_same);
    if (count > 0)
        assert_memory_equal(actions, same, count * sizeof *actions);
    for (size_t i = 0; i < count; i++)
        check_placement(r, &actions[i], best_too);
    for (size_t i = 0; i < count; i++) {
        task *t = &r->tasks[actions[i].job];

        if (t->end_ns >= 0)
            continue;
        t->end_ns = r->now_ns + (1 + (int64_t)below(r, 40)) * SECOND;
        tell(r, (sky_event){
                    .kind = SKY_EVENT_TASK_STARTED, .job = actions[i].job, .instance = actions[i].instance });
    }
    return count;
}

static void expect_nobody_waits_beside_a_place(const run *r)
{
    int64_t score;

    for (uint32_t i = 0; i < r->task_count; i++)
        if (r->tasks[i].end_ns < 0 && r->tasks[i].gang == 1 &&
            best_node(r, r->tasks[i].job_class, &score) != SKY_NONE)
            fail_msg("seed %d: task %u of class %u waits beside a legal place", (int)r->seed, i,
                     r->tasks[i].job_class);
}

static void submit(run *r, uint32_t job_class, uint32_t gang)
{
    uint32_t job = r->task_count++;

    r->tasks[job] = (task){ .job_class = job_class, .gang = gang, .end_ns = -1 };
    tell(r, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED,
                         .job = job,
                         .other = job_class,
                         .a = 40 * SECOND,
                         .b = SKY_NEVER_NS });
    tell(r, (sky_event){ .kind = SKY_EVENT_TASK, .job = job, .a = gang });
}

static void end_task(run *r, uint32_t job)
{
    node_request ask = ask_of(&r->classes[r->tasks[job].job_class]);

    tell(r, (sky_event){ .kind = SKY_EVENT_JOB_DONE, .job = job, .a = 1 });
    for (uint32_t i = 0; i < r->part_count;)
        if (r->parts[i].job == job) {
            node_give(&r->nodes[r->parts[i].node], NULL, &ask, 0);
            r->parts[i] = r->parts[--r->part_count];
        } else {
            i++;
        }
    r->tasks[job].end_ns = INT64_MAX;
}

/* A node without tasks goes, or one changes its labels. */
static void change_a_node(run *r)
{
    uint32_t index = below(r, r->node_count);
    node *n = &r->nodes[index];

    if (n->state == NODE_UP && n->mcpu_left == n->mcpu) {
        n->state = NODE_ABSENT;
        tell(r, (sky_event){ .kind = SKY_EVENT_NODE_GONE, .instance = index });
    } else {
        n->labels = below(r, 4);
        tell(r, (sky_event){ .kind = SKY_EVENT_NODE_MARKS, .instance = index, .a = (int64_t)n->labels });
    }
}

/* A node without tasks goes to another rack. */
static void move_a_node(run *r)
{
    uint32_t index = below(r, r->node_count);

    if (r->nodes[index].mcpu_left == r->nodes[index].mcpu)
        put_into_rack(r, index, below(r, RACKS));
}

/* ---- random clusters -------------------------------------------------------------------------------------------------- */

static term random_term(run *r)
{
    static const sky_event_kind kinds[] = { SKY_EVENT_PREFER, SKY_EVENT_AFFINITY, SKY_EVENT_ANTI_AFFINITY,
                                            SKY_EVENT_SPREAD };
    term t = { .kind = kinds[below(r, 4)], .level = below(r, SKY_LEVEL_COUNT) };

    t.bits = UINT64_C(1) << below(r, 4) | (below(r, 4) == 0 ? UINT64_C(1) << below(r, 4) : 0);
    t.weight = below(r, 2) == 0 ? 0 : 1 + below(r, 60);
    t.skew = 1 + below(r, 3);
    if (t.kind == SKY_EVENT_PREFER) {
        t.level = SKY_PREFER_LABELS + below(r, 4);
        t.weight += t.weight == 0;
        t.place = t.level == SKY_PREFER_POOL ? below(r, POOLS) : below(r, 3);
        t.region = below(r, REGIONS);
    }
    return t;
}

static run *random_run(uint64_t seed, const char *strategy)
{
    run *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->seed = seed;
    r->strategy = strategy;
    for (uint32_t p = 0; p < POOLS; p++) {
        r->pool_region[p] = p % REGIONS;
        r->pool_zone[p] = below(r, 3);
    }
    r->class_count = CLASSES;
    for (uint32_t c = 0; c < CLASSES; c++) {
        class *of = &r->classes[c];

        of->mcpu = 500 * (1 + below(r, 6));
        of->groups = below(r, 16);
        of->labels = below(r, 4) == 0 ? 1 : 0;
        of->term_count = c == 0 ? 0 : below(r, TERMS + 1);
        for (uint32_t i = 0; i < of->term_count; i++)
            of->terms[i] = random_term(r);
    }
    return r;
}

static void simulate(run *r, const char *queue, uint32_t gang, int best_too)
{
    start(r, queue);
    for (uint32_t i = 0; i < NODES - 6; i++) {
        add_node(r, below(r, POOLS), 1000 * (2 + below(r, 8)), below(r, 4));
        if (below(r, 4) > 0)
            put_into_rack(r, i, below(r, RACKS));
    }
    while (r->task_count < TASKS) {
        r->now_ns += (int64_t)below(r, 4) * SECOND;
        for (uint32_t i = 0; i < r->task_count; i++)
            if (r->tasks[i].end_ns >= 0 && r->tasks[i].end_ns <= r->now_ns)
                end_task(r, i);
        for (uint32_t i = 1 + below(r, 4); i > 0 && r->task_count < TASKS; i--)
            submit(r, below(r, CLASSES), 1 + below(r, gang));
        if (below(r, 12) == 0)
            change_a_node(r);
        if (below(r, 12) == 0)
            move_a_node(r);
        if (r->node_count < NODES && below(r, 20) == 0)
            add_node(r, below(r, POOLS), 8000, below(r, 4));
        if (below(r, 3) == 0) /* between an event and its round, too */
            renew_twin(r);
        decide(r, best_too);
        assert_int_equal(decide(r, best_too), 0);
        if (best_too)
            expect_nobody_waits_beside_a_place(r);
        if (below(r, 2) == 0)
            renew_twin(r);
    }
}

static void test_every_task_goes_to_the_best_legal_node(void **state)
{
    uint32_t placed = 0, bound = 0;

    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        run *r = random_run(seed, "best-fit");

        simulate(r, "fcfs", seed % 2 == 0 ? 1 : 4, 1);
        placed += r->placed;
        bound += r->bound;
        finish(r);
    }
    assert_true(placed > CASES * 50 && bound > CASES * 10); /* else this shows nothing */
}

/* Under backfilling, and at random, who goes where is not the best node; it is legal all the same. */
static void test_promises_and_chance_respect_terms(void **state)
{
    static const char *const queues[] = { "easy", "conservative", "fcfs", "conservative" };
    uint32_t bound = 0;

    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        run *r = random_run(1000 + seed, seed % 4 < 2 ? "best-fit" : "random");

        simulate(r, queues[seed % 4], seed % 3 == 0 ? 3 : 1, 0);
        bound += r->bound;
        finish(r);
    }
    assert_true(bound > CASES * 10);
}

/* ---- documented examples -------------------------------------------------------------------------------------------- */

/* A cluster by hand: zones 0 and up of region 0, one pool a zone, and nodes of 100 cores in the zones given. */
static run *example(uint32_t class_count, const class *classes, uint32_t node_count, const uint32_t *zones)
{
    run *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->strategy = "best-fit";
    for (uint32_t p = 0; p < POOLS; p++)
        r->pool_zone[p] = p;
    r->class_count = class_count;
    memcpy(r->classes, classes, class_count * sizeof *classes);
    start(r, "fcfs");
    for (uint32_t i = 0; i < node_count; i++)
        add_node(r, zones[i], 100000, 0);
    return r;
}

/* Submits one, and says to which node it went; SKY_NONE: it waits. */
static uint32_t place_one(run *r, uint32_t job_class)
{
    uint32_t before = r->part_count;

    submit(r, job_class, 1);
    decide(r, 1);
    return r->part_count > before ? r->parts[r->part_count - 1].node : SKY_NONE;
}

#define CACHE 1u
#define WEB   2u
#define ANTI_BY_NODE(groups)                                                                                 \
    {                                                                                                        \
        .kind = SKY_EVENT_ANTI_AFFINITY, .level = SKY_LEVEL_NODE, .bits = groups                             \
    }
#define WITH_BY_NODE(groups)                                                                                 \
    {                                                                                                        \
        .kind = SKY_EVENT_AFFINITY, .level = SKY_LEVEL_NODE, .bits = groups                                  \
    }
#define SPREAD(by, at_most)                                                                                  \
    {                                                                                                        \
        .kind = SKY_EVENT_SPREAD, .level = by, .bits = WEB, .skew = at_most                                  \
    }

/* "Assigning Pods to Nodes", the redis-cache and web-store example: three caches, each on a node of its own; three web
 * servers, each beside a cache and away from the others. */
static void test_a_cache_beside_each_web_server(void **state)
{
    static const class classes[] = {
        { .mcpu = 1000, .groups = CACHE, .terms = { ANTI_BY_NODE(CACHE) }, .term_count = 1 },
        { .mcpu = 1000, .groups = WEB, .terms = { ANTI_BY_NODE(WEB), WITH_BY_NODE(CACHE) }, .term_count = 2 },
    };
    static const uint32_t zones[] = { 0, 0, 0, 0 };
    run *r = example(2, classes, 4, zones);
    uint32_t caches = 0, servers = 0;

    (void)state;
    assert_int_equal(place_one(r, 1), SKY_NONE); /* it waits for a cache */
    submit(r, 0, 1);
    assert_int_equal(decide(r, 0), 2); /* and goes with it, in the same round */
    assert_int_equal(r->parts[0].node, r->parts[1].node);
    for (int i = 0; i < 2; i++) {
        caches |= 1u << place_one(r, 0);
        servers |= 1u << place_one(r, 1);
    }
    assert_int_equal(caches, servers);
    assert_int_equal(__builtin_popcount(caches), 2);
    assert_int_equal(place_one(r, 1), SKY_NONE); /* no cache is left without one */
    finish(r);
}

static void mark(run *r, uint32_t index, uint64_t labels)
{
    r->nodes[index].labels = labels;
    tell(r, (sky_event){ .kind = SKY_EVENT_NODE_MARKS, .instance = index, .a = (int64_t)labels });
}

/* A task of class 0 goes to the node that carries its label. */
static void put(run *r, uint32_t node)
{
    mark(r, node, 1);
    assert_int_equal(place_one(r, 0), node);
    mark(r, node, 0);
}

static const class spread_classes[] = {
    { .mcpu = 10000, .groups = WEB, .labels = 1 },
    { .mcpu = 10000, .groups = WEB, .terms = { SPREAD(SKY_LEVEL_ZONE, 1) }, .term_count = 1 },
    { .mcpu = 10000,
      .groups = WEB,
      .terms = { SPREAD(SKY_LEVEL_ZONE, 1), SPREAD(SKY_LEVEL_NODE, 1) },
      .term_count = 2 },
};

/* "Pod Topology Spread Constraints": zone A has a pod on each of its two nodes, zone B one on the first of its two. With
 * maxSkew 1 by zone the next goes to zone B; with maxSkew 1 by node as well, to its second node. */
static void test_spread_as_documented(void **state)
{
    static const uint32_t zones[] = { 0, 0, 1, 1 };

    (void)state;
    for (uint32_t job_class = 1; job_class < 3; job_class++) {
        run *r = example(3, spread_classes, 4, zones);

        for (uint32_t i = 0; i < 3; i++)
            put(r, i);
        assert_int_equal(place_one(r, job_class), job_class == 1 ? 2 : 3); /* best fit: the fuller node */
        finish(r);
    }
}

/* The same page, constraints at odds: zone A with 2 and 1 pods on its nodes, zone B with 2 on its one. By zone only zone B
 * would do, by node only the second node of zone A: the pod waits. */
static void test_constraints_at_odds_as_documented(void **state)
{
    static const uint32_t zones[] = { 0, 0, 1 }, at[] = { 0, 0, 1, 2, 2 };
    run *r = example(3, spread_classes, 3, zones);

    (void)state;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
        put(r, at[i]);
    assert_int_equal(place_one(r, 2), SKY_NONE);
    submit(r, 1, 1);
    assert_int_equal(decide(r, 1), 2); /* zone B is even with zone A then, and the other goes as well */
    assert_int_equal(r->parts[5].node, 2);
    assert_int_equal(r->parts[6].node, 1);
    finish(r);
}

/* Points add to the packing's: a preference of more than all that packing can say moves a task, a small one does not. */
static void test_points_weigh_against_packing(void **state)
{
    static const uint32_t zones[] = { 0, 1 };

    (void)state;
    for (uint32_t strong = 0; strong < 2; strong++) {
        class classes[] = { { .mcpu = 60000, .labels = 1 },
                            { .mcpu = 1000,
                              .terms = { { .kind = SKY_EVENT_PREFER,
                                           .level = SKY_PREFER_ZONE,
                                           .place = 1,
                                           .weight = strong ? 100 : 10 } },
                              .term_count = 1 } };
        run *r = example(2, classes, 2, zones);

        put(r, 0);
        assert_int_equal(place_one(r, 1), strong ? 1 : 0);
        finish(r);
    }
}

static void expect_refused(sky_event e, const char *what)
{
    run *r = example(1, &(class){ .mcpu = 1 }, 0, NULL);
    sky_error error = { "" };

    assert_int_equal(sky_engine_observe(r->engine, &e, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, what));
    finish(r);
}

static void test_impossible_terms_are_refused(void **state)
{
    (void)state;
    expect_refused((sky_event){ .kind = SKY_EVENT_AFFINITY, .other = 9, .a = 1 }, "request first");
    expect_refused((sky_event){ .kind = SKY_EVENT_AFFINITY, .detail = SKY_LEVEL_COUNT, .a = 1 }, "a level");
    expect_refused((sky_event){ .kind = SKY_EVENT_NODE_RACK, .instance = 99, .a = 1 }, "no such node");
    expect_refused((sky_event){ .kind = SKY_EVENT_ANTI_AFFINITY }, "at least one group");
    expect_refused((sky_event){ .kind = SKY_EVENT_SPREAD, .a = 1 }, "a skew");
    expect_refused((sky_event){ .kind = SKY_EVENT_SPREAD, .a = 1, .b = 1, .d = 1001 }, "a weight");
    expect_refused((sky_event){ .kind = SKY_EVENT_PREFER, .detail = 9, .d = 1 }, "what is preferred");
    expect_refused((sky_event){ .kind = SKY_EVENT_PREFER, .detail = SKY_PREFER_MODELS, .a = 1 }, "a weight");
    expect_refused((sky_event){ .kind = SKY_EVENT_PREFER, .detail = SKY_PREFER_LABELS, .d = 1 }, "labels");
    expect_refused((sky_event){ .kind = SKY_EVENT_PREFER, .detail = SKY_PREFER_POOL, .pool = 99, .d = 1 },
                   "no such pool");
    expect_refused((sky_event){ .kind = SKY_EVENT_PREFER, .detail = SKY_PREFER_ZONE, .region = 99, .d = 1 },
                   "no such region");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_task_goes_to_the_best_legal_node),
        cmocka_unit_test(test_promises_and_chance_respect_terms),
        cmocka_unit_test(test_a_cache_beside_each_web_server),
        cmocka_unit_test(test_spread_as_documented),
        cmocka_unit_test(test_constraints_at_odds_as_documented),
        cmocka_unit_test(test_points_weigh_against_packing),
        cmocka_unit_test(test_impossible_terms_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
