/* Nodes and packings against their definitions: the published formulas written out plainly, and the index against a
 * look at every node. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/cluster/facts.h"
#include "engine/govern/gate.h"
#include "engine/packing/fragmentation.h"
#include "engine/packing/index.h"
#include "engine/strategy/strategy.h"

#define NODES   150
#define CLASSES 14
#define STEPS   3000

static uint64_t random_state;

static uint32_t below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

static void tell(model *m, sky_event e)
{
    sky_error error = { "" };

    if (model_observe(m, &e, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* A cluster of three models and nodes without devices, with classes of every kind. */
static void make_cluster(model *m, uint32_t nodes)
{
    static const int64_t share[] = { 100, 250, 470, 810, 1000 };
    sky_error error;
    uint32_t rank[NODES];

    random_state = 7;
    assert_int_equal(model_init(m, &error), SKY_OK);
    m->is.seed = 42;
    tell(m, (sky_event){ .kind = SKY_EVENT_PROVIDER });
    tell(m, (sky_event){ .kind = SKY_EVENT_REGION });
    tell(m, (sky_event){ .kind = SKY_EVENT_POOL, .detail = 1, .a = INT64_MAX, .c = 1 });
    for (uint32_t c = 0; c < CLASSES; c++) {
        tell(m, (sky_event){ .kind = SKY_EVENT_CLASS, .other = c });
        tell(m, (sky_event){ .kind = SKY_EVENT_ELIGIBLE, .other = c, .a = 1, .b = 1000000 });
        tell(m, (sky_event){ .kind = SKY_EVENT_REQUEST,
                             .other = c,
                             .a = 500 * (1 + below(20)),
                             .b = (int64_t)(1 + below(8)) << 30,
                             .d = 1 + below(50) });
        if (c % 5 != 0)
            tell(m, (sky_event){ .kind = SKY_EVENT_ACCELERATE,
                                 .other = c,
                                 .a = share[c % 5] == 1000 ? 1 << below(3) : 1,
                                 .b = share[c % 5],
                                 .c = below(4) == 0 ? (int64_t)(1 + below(7)) : -1 });
    }
    model_complete_catalog(m);
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t k = below(i + 1);

        rank[i] = rank[k];
        rank[k] = i;
    }
    for (uint32_t i = 0; i < nodes; i++)
        tell(m, (sky_event){ .kind = SKY_EVENT_NODE,
                             .instance = i,
                             .detail = (uint16_t)(i % 3),
                             .other = i % 7 == 0 ? 0 : 1u << i % 4,
                             .a = 8000 * (1 + below(12)),
                             .b = (int64_t)(16 + below(100)) << 30,
                             .d = rank[i] });
}

/* ---- fragmentation, as section 3 of the paper defines it ----------------------------------------------------------- */

typedef struct plain_shape {
    node_request ask;
    int64_t tasks;
} plain_shape;

static double plain_fragmentation(const plain_shape *shapes, size_t count, const node *n)
{
    double all = n->mgpu_left_sum, sum = 0, tasks = 0;

    for (size_t i = 0; i < count; i++) {
        const node_request *ask = &shapes[i].ask;
        double unusable = 0;
        uint32_t fitting = 0;

        for (uint32_t d = 0; d < n->devices; d++) {
            fitting += n->mgpu_left[d] >= ask->mgpu;
            unusable += n->mgpu_left[d] < ask->mgpu ? n->mgpu_left[d] : 0;
        }
        if (ask->devices == 0 || !(ask->models >> n->model & 1) || fitting < ask->devices ||
            n->mcpu_left < ask->mcpu)
            unusable = all;
        sum += (double)shapes[i].tasks * unusable;
        tasks += (double)shapes[i].tasks;
    }
    return sum / tasks;
}

static void test_fragmentation_is_what_it_is_defined_to_be(void **state)
{
    model m;
    plain_shape shapes[CLASSES];
    model_request requests[CLASSES];
    fragmentation *f;

    (void)state;
    make_cluster(&m, NODES);
    for (uint32_t c = 0; c < CLASSES; c++) {
        requests[c] = *model_request_of(&m, c);
        requests[c].expected = 10; /* equal numbers: 95 % of the tasks are all of the shapes */
        shapes[c] = (plain_shape){ requests[c].ask, 10 };
    }
    assert_int_equal(fragmentation_prepare(requests, CLASSES, &f), SKY_OK);
    assert_int_equal(fragmentation_weight(f), 10 * CLASSES);
    for (int step = 0; step < STEPS; step++) {
        node *n = (node *)m.array[MODEL_NODES].items + below(NODES);
        fragmentation_room room;

        n->mcpu_left = below((uint32_t)n->mcpu);
        n->mgpu_left_sum = 0;
        for (uint32_t d = 0; d < n->devices; d++)
            n->mgpu_left_sum += n->mgpu_left[d] = (uint16_t)(below(3) == 0 ? 1000 : below(101) * 10);
        room = fragmentation_room_of(n);
        if (n->devices > 0)
            assert_true(fabs((double)fragmentation_of(f, &room) / (double)fragmentation_weight(f) -
                             plain_fragmentation(shapes, CLASSES, n)) < 1e-6);
    }
    free(f);
    model_free(&m);
}

static void test_target_workload_is_the_most_frequent_95_percent(void **state)
{
    model_request requests[3] = { { .ask = { .mcpu = 1000 }, .expected = 94, .is_task = 1 },
                                  { .ask = { .mcpu = 2000 }, .expected = 3, .is_task = 1 },
                                  { .ask = { .mcpu = 3000 }, .expected = 3, .is_task = 1 } };
    fragmentation *f;

    (void)state;
    assert_int_equal(fragmentation_prepare(requests, 3, &f), SKY_OK);
    assert_int_equal(fragmentation_weight(f), 97);
    free(f);
    requests[0].expected = 95;
    requests[1].expected = 2;
    assert_int_equal(fragmentation_prepare(requests, 3, &f), SKY_OK);
    assert_int_equal(fragmentation_weight(f), 95);
    free(f);
}

/* ---- the index against a look at every node ----------------------------------------------------------------------- */

static uint32_t best_by_looking(const model *m, const packing *p, const void *prepared, uint32_t job_class,
                                int32_t *score)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    uint32_t best = SKY_NONE;

    for (uint32_t i = 0; i < model_node_count(m); i++) {
        const node *n = &model_nodes(m)[i];
        int32_t s;

        if (!node_suits(n, ask) || !node_has_room((node_view){ n, NULL }, ask))
            continue;
        s = p->at_random ? 0 : p->score(m, prepared, n, job_class);
        if (best == SKY_NONE || s > *score || (s == *score && n->rank < model_nodes(m)[best].rank)) {
            best = i;
            *score = s;
        }
    }
    return best;
}

static void submit(model *m, uint32_t job_class)
{
    tell(m, (sky_event){ .kind = SKY_EVENT_JOB_SUBMITTED,
                         .job = m->array[MODEL_JOBS].count,
                         .other = job_class,
                         .a = 1,
                         .b = SKY_NEVER_NS });
}

/* Tasks come and go, nodes come and go; whatever the index chooses is the best there is. */
static void check_packing(const strategy *s)
{
    model m;
    packing_index *index;
    void *prepared = NULL;
    uint32_t running[STEPS], count = 0, placed = 0;
    sky_error error;

    make_cluster(&m, NODES - 10);
    index = packing_index_create(&m, s->packing);
    assert_non_null(index);
    if (s->packing->prepare != NULL)
        assert_int_equal(s->packing->prepare(&m, &prepared), SKY_OK);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t job_class = below(step % 500 < 100 ? 2 : CLASSES), expected, job = m.array[MODEL_JOBS].count;
        int32_t score = 0;
        packing_choice choice;

        if (step % 300 == 299) /* a new node */
            tell(&m, (sky_event){ .kind = SKY_EVENT_NODE,
                                  .instance = model_node_count(&m),
                                  .other = 4,
                                  .a = 64000,
                                  .b = (int64_t)256 << 30,
                                  .d = model_node_count(&m) });
        for (uint32_t gone = count > 100 ? below(3) : 0; gone > 0; gone--) {
            uint32_t k = below(count);

            tell(&m, (sky_event){ .kind = SKY_EVENT_JOB_DONE, .job = running[k], .a = 1 });
            running[k] = running[--count];
        }
        submit(&m, job_class);
        assert_int_equal(packing_index_choose(index, &m, job, &choice), SKY_OK);
        expected = best_by_looking(&m, s->packing, prepared, job_class, &score);
        assert_int_equal(choice.node == SKY_NONE, expected == SKY_NONE);
        if (choice.node == SKY_NONE)
            continue;
        if (!s->packing->at_random)
            assert_int_equal(choice.node, expected);
        assert_int_equal(choice.score, score);
        assert_int_equal(task_commit(&m, job, choice.node,
                                     packing_index_devices(index, &m, job, model_node_view(&m, choice.node)),
                                     &error),
                         SKY_OK); /* which asserts that there is room */
        running[count++] = job;
        placed++;
    }
    assert_true(placed > STEPS / 2);
    free(prepared);
    packing_index_free(index);
    model_free(&m);
}

static void test_index_finds_the_best_node(void **state)
{
    (void)state;
    for (size_t i = 0; i < strategy_table_count; i++)
        if (strategy_table[i]->packing != NULL)
            check_packing(strategy_table[i]);
}

/* ---- scores, as the papers give them ------------------------------------------------------------------------------- */

static const strategy *find(const char *name)
{
    for (size_t i = 0; i < strategy_table_count; i++)
        if (strcmp(strategy_table[i]->info.name, name) == 0)
            return strategy_table[i];
    fail_msg("no strategy %s", name);
    return NULL;
}

static void test_fgd_scores_are_the_sigmoid_cut_to_an_integer(void **state)
{
    const strategy *s = find("fgd");
    model m;
    void *prepared;
    int seen[101] = { 0 };

    (void)state;
    make_cluster(&m, NODES);
    assert_int_equal(s->packing->prepare(&m, &prepared), SKY_OK);
    for (int step = 0; step < STEPS; step++) {
        node *n = (node *)m.array[MODEL_NODES].items + below(NODES);
        uint32_t c = below(CLASSES);
        const node_request *ask = &model_request_of(&m, c)->ask;
        double best = -1;

        n->mcpu_left = below((uint32_t)n->mcpu);
        for (uint32_t d = 0; d < n->devices; d++)
            n->mgpu_left[d] = (uint16_t)(below(3) == 0 ? 1000 : below(101) * 10);
        n->mgpu_left_sum = n->free_devices = 0;
        for (uint32_t d = 0; d < n->devices; d++) {
            n->mgpu_left_sum += n->mgpu_left[d];
            n->free_devices |= (uint16_t)((n->mgpu_left[d] == 1000) << d);
        }
        if (!node_suits(n, ask) || !node_has_room((node_view){ n, NULL }, ask))
            continue;
        for (uint32_t set = 0; set < 1u << n->devices; set++) { /* every choice of devices */
            fragmentation_room before = fragmentation_room_of(n), after;
            double gain, score;

            if (!node_fits_devices((node_view){ n, NULL }, ask, set))
                continue;
            after = fragmentation_room_after(n, ask, set);
            gain = (double)(fragmentation_of(prepared, &before) - fragmentation_of(prepared, &after)) /
                   (double)fragmentation_weight(prepared) / 1000;
            score = floor(100 / (1 + exp(-gain)));
            best = score > best ? score : best;
        }
        assert_int_equal(s->packing->score(&m, prepared, n, c), (int)best);
        seen[(int)best]++;
    }
    for (int k = 45; k <= 55; k++)
        assert_true(seen[k] > 0);
    free(prepared);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fragmentation_is_what_it_is_defined_to_be),
        cmocka_unit_test(test_target_workload_is_the_most_frequent_95_percent),
        cmocka_unit_test(test_index_finds_the_best_node),
        cmocka_unit_test(test_fgd_scores_are_the_sigmoid_cut_to_an_integer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
