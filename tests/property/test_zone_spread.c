/* scenarios/zone-spread.cfg: what its README says of it, read off the placements; and on random variants of it the world
 * refuses nothing that the engine orders, as both count the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"
#include "twin.h"

#define FILE_NAME SKYTWIN_SOURCE_DIR "/scenarios/zone-spread.cfg"
#define MOST      4096
#define ZONES     3
#define CLASSES   4

typedef enum service { PACKED, SPREAD, CACHE, BATCH } service;

typedef struct rows {
    record_job_row jobs[MOST];
    record_placement_row placements[MOST];
    size_t job_count, placement_count;
} rows;

static sky_status keep(void *context, record_stream stream, const void *from, size_t count, sky_error *error)
{
    rows *r = context;

    (void)error;
    if (stream == RECORD_JOBS) {
        assert_true(r->job_count + count <= MOST);
        memcpy(r->jobs + r->job_count, from, count * sizeof *r->jobs);
        r->job_count += count;
    } else if (stream == RECORD_PLACEMENTS) {
        assert_true(r->placement_count + count <= MOST);
        memcpy(r->placements + r->placement_count, from, count * sizeof *r->placements);
        r->placement_count += count;
    }
    return SKY_OK;
}

static rows *run(scenario *s, const char *const *overrides, size_t count, record_summary *summary)
{
    twin_options options = { .strategy = "best-fit", .restart_at_ns = 6 * SKY_NS_PER_HOUR };
    rows *r = calloc(1, sizeof *r);
    const twin_output output = { .context = r, .rows = keep };
    sky_error error = { "" };

    assert_non_null(r);
    if (scenario_load(FILE_NAME, overrides, count, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    options.seed = s->seed;
    if (twin_run(s, &options, &output, summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return r;
}

static uint32_t most(const uint32_t *of, size_t count)
{
    uint32_t greatest = 0;

    for (size_t i = 0; i < count; i++)
        greatest = of[i] > greatest ? of[i] : greatest;
    return greatest;
}

static void test_a_zone_may_fail(void **state)
{
    uint32_t in_zone[CLASSES][ZONES] = { { 0 } }, on_node[CLASSES][64] = { { 0 } };
    record_summary summary;
    scenario s;
    rows *r = run(&s, NULL, 0, &summary);

    (void)state;
    for (size_t i = 0; i < r->placement_count; i++) {
        const record_placement_row *p = &r->placements[i];
        uint32_t c = r->jobs[p->job].job_class;

        in_zone[c][s.pools[p->pool].zone]++;
        on_node[c][p->instance]++;
        if (c == CACHE)
            assert_int_equal(s.pools[p->pool].labels, 1);
        if (c == SPREAD)
            assert_int_equal(s.pools[p->pool].labels, 0);
    }
    assert_int_equal(most(in_zone[PACKED], ZONES), 12);
    assert_int_equal(most(in_zone[SPREAD], ZONES), 4);
    assert_int_equal(most(on_node[SPREAD], 64), 1);
    assert_int_equal(most(in_zone[CACHE], ZONES), 1);
    assert_int_equal(summary.failed_launches, 0);
    assert_true(summary.done > 100);
    free(r);
    scenario_free(&s);
}

/* The world counts for itself, and would refuse what breaks a term. */
static void test_the_world_agrees(void **state)
{
    static const char *const variants[][3] = {
        { "seed=2", "workloads[3].rate=700 /d", "queue=conservative" },
        { "seed=3", "workloads[2].count=40", "classes[1].spread[0].max_skew=2" },
        { "seed=4", "workloads[3].gang=3", "classes[3].anti_affinity[0].level=zone" },
        { "seed=5", "workloads[3].rate=2000 /d", "queue=easy" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        record_summary summary;
        scenario s;
        rows *r = run(&s, variants[i], 3, &summary);

        assert_int_equal(summary.failed_launches, 0);
        assert_true(summary.placed > 20);
        free(r);
        scenario_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_zone_may_fail),
        cmocka_unit_test(test_the_world_agrees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
