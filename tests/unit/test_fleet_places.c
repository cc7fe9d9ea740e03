/* The place of a machine that has gone is the next one's: what was true of the old one is not of the new. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/scenario_files.h"
#include "world/fleet.h"
#include "world/world.h"

#define SECOND SKY_NS_PER_SECOND

/* Tasks that fill a machine, and have half a minute to leave it. */
static const char world_text[] =
    "@include \"catalog/catalog.cfg\"\n"
    "name = \"places\"; duration = \"1 d\"; strategies = [\"best-fit\"];\n"
    "queue = { discipline = \"fcfs\"; grace = \"30 s\"; };\n"
    "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = { most = 2; }; } );\n"
    "classes = ( { name = \"whole\"; request = { cpus = 16; }; } );\n"
    "workloads = ( { name = \"w\"; class = \"whole\"; arrival = \"start\"; count = 3; checkpoint_interval = "
    "\"5 min\";\n"
    "  checkpoint_time = \"20 s\"; work = { mean = \"1 h\"; }; } );\n";

static sky_error error;

static void load(scenario *s)
{
    char folder[] = "/tmp/skytwin-places-XXXXXX", path[64], command[64];

    assert_non_null(mkdtemp(folder));
    assert_true(tiny_write_all(folder) && tiny_write(folder, "run.cfg", world_text, sizeof world_text - 1));
    snprintf(path, sizeof path, "%s/run.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static uint32_t grow(world *w)
{
    int64_t ready_ns;
    uint32_t node;

    assert_int_equal(world_grow(w, 0, SKY_ON_DEMAND, &node, &ready_ns, &error), SKY_OK);
    assert_int_equal(world_node_ready(w, node, &error), SKY_OK);
    return node;
}

static world_placed place(world *w, uint32_t job, uint32_t node)
{
    world_placed placed;

    w->summary.decisions++;
    assert_int_equal(world_place_part(w, job, node, 0, &placed, &error), SKY_OK);
    return placed;
}

/* Its task is leaving when the machine goes; the new one's is not: nobody can have its place. */
static void test_nobody_leaves_a_new_machine(void **state)
{
    uint32_t node;
    scenario s;
    world w;

    (void)state;
    load(&s);
    assert_int_equal(world_init(&w, &s, 0, 1, &error), SKY_OK);
    for (int i = 0; i < 3; i++) {
        uint32_t job, count;

        assert_int_equal(world_submit(&w, 0, &job, &count, &error), SKY_OK);
        assert_int_equal(job, i);
    }
    node = grow(&w);
    assert_int_equal(place(&w, 0, node), WORLD_STARTED);
    w.now_ns = 600 * SECOND;
    assert_int_equal(world_order_to_leave(&w, 0), 20 * SECOND);
    w.now_ns += SECOND;
    world_leave_nodes(&w, 0);
    assert_int_equal(world_drop_node(&w, node, &error), SKY_OK);
    assert_int_equal(grow(&w), node);
    assert_int_equal(place(&w, 1, node), WORLD_STARTED);
    assert_int_equal(place(&w, 2, node), WORLD_REFUSED);
    world_free(&w);
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_leaves_a_new_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
