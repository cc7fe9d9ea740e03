/* Pipelines where a region is out, or a stream has no way: what waits, and for how long, to the nanosecond. Sources bring a record
 * each 10 ms, which takes 5 ms to the other region, 1 ms there, and 5 ms back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pipelines.h"

#define MS      INT64_C(1000000)
#define FROM_NS (10004 * MS)
#define TO_NS   (20004 * MS)
#define END_NS  (30000 * MS)

enum { SOURCE, MAP, SINK };

static void make(chain *c)
{
    pipeline_stage_config map = simple_stage(PIPELINE_MAP, duration_make(DURATION_FIXED, (double)MS, 0));

    map.region = 1;
    map.nusd_per_hour = 3600;
    chain_make(c, simple_source(100, 1), &map, 1);
    c->streams[0].latency_ns = c->streams[1].latency_ns = 5 * MS;
    c->streams[0].record_bytes = c->streams[1].record_bytes = 100;
}

static void set_region(pipelines *p, uint32_t region, int is_out)
{
    sky_error error;

    assert_int_equal(pipelines_set_out(p, region, is_out, &error), SKY_OK);
}

static void set_way(pipelines *p, uint32_t stream, int is_closed)
{
    sky_error error;

    assert_int_equal(pipelines_set_way(p, stream, is_closed, &error), SKY_OK);
}

/* Record j, made at 10 s + j × 10 ms, is held until 20.004 s, is there at 20.009 s, and done j ms later: for j = 1 … 1111, until the
 * queue has drained, latencies are 10.014 s - j × 9 ms. */
static int64_t sum_of_the_queue_ns(void)
{
    int64_t sum_ns = 0;

    for (int64_t j = 1; j <= 1111; j++)
        sum_ns += (10014 - 9 * j) * MS;
    return sum_ns;
}

/* The record of 10 s is under way as the region goes, waits there, and is served as it comes back. The last that is seen was
 * made at 29.98 s. */
static void test_a_region_that_is_out(void **state)
{
    const histogram *found;
    pipelines *p;
    chain c;

    (void)state;
    make(&c);
    p = pipelines_need(&c.config);
    pipelines_go(p, FROM_NS);
    set_region(p, 1, 1);
    pipelines_go(p, 15000 * MS);
    assert_int_equal(pipelines_stage(p, MAP).taken, 999);
    assert_int_equal(pipelines_stage(p, MAP).waiting, 1);
    assert_int_equal(pipelines_stream(p, 0).batched, 500);
    pipelines_go(p, TO_NS);
    set_region(p, 1, 0);
    pipelines_go(p, END_NS);
    found = pipelines_latency(p, SINK);
    assert_int_equal(found->count, 2998);
    assert_int_equal(found->max_ns, 10010 * MS);
    assert_int_equal((int64_t)found->sum_ns, sum_of_the_queue_ns() + 10010 * MS + (2998 - 1112) * 11 * MS);
    assert_int_equal(pipelines_stage_nusd(p, MAP), 20); /* of 30 s: nothing while it was out */
    pipelines_destroy(p);
}

/* As before, but that what is under way is served. */
static void test_a_stream_without_a_way(void **state)
{
    const histogram *found;
    pipelines *p;
    chain c;

    (void)state;
    make(&c);
    p = pipelines_need(&c.config);
    pipelines_go(p, FROM_NS);
    set_way(p, 0, 1);
    pipelines_go(p, TO_NS);
    assert_int_equal(pipelines_stage(p, MAP).taken, 1000);
    assert_int_equal(pipelines_stream(p, 0).batched, 1000);
    set_way(p, 0, 0);
    pipelines_go(p, END_NS);
    found = pipelines_latency(p, SINK);
    assert_int_equal(found->count, 2998);
    assert_int_equal(found->max_ns, 10005 * MS);
    assert_int_equal((int64_t)found->sum_ns, sum_of_the_queue_ns() + (2998 - 1111) * 11 * MS);
    assert_int_equal(pipelines_stage_nusd(p, MAP), 30);
    pipelines_destroy(p);
}

/* What was being served as the region went is there when it comes back, and so is what waits for a place. */
static void test_what_is_being_served(void **state)
{
    pipelines *p;
    chain c;

    (void)state;
    make(&c);
    p = pipelines_need(&c.config);
    pipelines_go(p, 10005 * MS + MS / 2);
    set_region(p, 1, 1);
    pipelines_go(p, TO_NS);
    assert_int_equal(pipelines_stage(p, MAP).serving, 1);
    assert_int_equal(pipelines_stage(p, MAP).taken, 999);
    set_region(p, 1, 0);
    pipelines_go(p, TO_NS);
    assert_int_equal(pipelines_stage(p, MAP).serving, 0);
    assert_int_equal(pipelines_stage(p, MAP).taken, 1000);
    pipelines_destroy(p);
}

/* A buffer of 50 and a source's of 100: that many wait, and one in the source's hands; but for up to a quarter of the buffer, which
 * may be on its way back. All others of the 1000 are dropped. Then all goes on, as soon as places have come back. */
static void test_back_pressure(void **state)
{
    uint64_t dropped, taken;
    pipelines *p;
    chain c;

    (void)state;
    make(&c);
    c.stages[SOURCE].buffer = 100;
    c.stages[MAP].buffer = 50;
    p = pipelines_need(&c.config);
    pipelines_go(p, FROM_NS);
    set_region(p, 1, 1);
    pipelines_go(p, TO_NS);
    dropped = pipelines_stage(p, SOURCE).dropped;
    taken = pipelines_stage(p, MAP).taken;
    assert_in_range(dropped, 1000 - 151, 1000 - 151 + 13);
    set_region(p, 1, 0);
    pipelines_go(p, TO_NS + 100 * MS);
    dropped = pipelines_stage(p, SOURCE).dropped;
    pipelines_go(p, END_NS);
    assert_int_equal(pipelines_stage(p, SOURCE).dropped, dropped);
    assert_in_range(pipelines_stage(p, MAP).taken, taken + 151 - 13 + 990, taken + 151 + 1000);
    pipelines_destroy(p);
}

/* What was held back goes in batches as ever: of ten records, one behind the other on the line. */
static void test_batches_that_were_held_back(void **state)
{
    pipeline_stream_count n;
    pipelines *p;
    chain c;

    (void)state;
    make(&c);
    c.streams[0].batch_bytes = 1000;
    c.streams[0].linger_ns = 1000 * MS;
    c.streams[0].header_bytes = 24;
    c.streams[0].bytes_per_s = 1024000; /* 1 ms a batch */
    p = pipelines_need(&c.config);
    pipelines_go(p, FROM_NS);
    set_way(p, 0, 1);
    pipelines_go(p, TO_NS);
    assert_int_equal(pipelines_stream(p, 0).batches, 100);
    set_way(p, 0, 0);
    pipelines_go(p, TO_NS + 105 * MS); /* the last of 100 comes then */
    n = pipelines_stream(p, 0);
    assert_int_equal(n.batches, 201); /* and one more was filled */
    assert_int_equal(n.bytes, 201 * 1024);
    assert_int_equal(n.arrived, 2000);
    pipelines_go(p, TO_NS + 106 * MS);
    assert_int_equal(pipelines_stream(p, 0).arrived, 2010);
    pipelines_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_region_that_is_out),        cmocka_unit_test(test_a_stream_without_a_way),
        cmocka_unit_test(test_what_is_being_served),        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_batches_that_were_held_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
