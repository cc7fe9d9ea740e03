/* What the engine is told of data and ways: kept, refused where it can't be, and in its snapshots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/model/model.h"
#include "../../engine/scaling/siting.h"

#define REGIONS 3
#define GB      INT64_C(1000000000)
#define USD     INT64_C(1000000000)

static sky_event fact(sky_event_kind kind)
{
    return (sky_event){ .kind = (uint16_t)kind,
                        .region = SKY_NONE,
                        .pool = SKY_NONE,
                        .job = SKY_NONE,
                        .instance = SKY_NONE,
                        .other = SKY_NONE };
}

static void tell_regions(sky_status (*tell)(void *, const sky_event *), void *to)
{
    sky_event e = fact(SKY_EVENT_PROVIDER);

    e.other = 0;
    assert_int_equal(tell(to, &e), SKY_OK);
    for (uint32_t r = 0; r < REGIONS; r++) {
        e = fact(SKY_EVENT_REGION);
        e.region = r;
        e.other = 0;
        assert_int_equal(tell(to, &e), SKY_OK);
    }
    e = fact(SKY_EVENT_CLASS);
    e.other = 0;
    assert_int_equal(tell(to, &e), SKY_OK);
}

static sky_event tier_fact(uint32_t region, uint32_t tier)
{
    sky_event e = fact(SKY_EVENT_STORAGE_TIER);

    e.region = region;
    e.detail = (uint16_t)tier;
    e.other = SKY_STORAGE_HOT;
    e.b = GB;
    return e;
}

static sky_event price_fact(uint32_t region, uint32_t tier, int64_t month, int64_t retrieval)
{
    sky_event e = fact(SKY_EVENT_STORAGE_PRICE);

    e.region = region;
    e.detail = (uint16_t)tier;
    e.a = month;
    e.c = retrieval;
    return e;
}

static sky_event dataset_fact(uint32_t dataset, uint32_t home, int64_t bytes)
{
    sky_event e = fact(SKY_EVENT_DATASET);

    e.instance = dataset;
    e.region = home;
    e.a = bytes;
    return e;
}

static sky_event replica_fact(uint32_t dataset, uint32_t region, sky_replica state)
{
    sky_event e = fact(SKY_EVENT_REPLICA);

    e.instance = dataset;
    e.region = region;
    e.detail = (uint16_t)state;
    e.a = state == SKY_REPLICA_NONE ? 0 : GB;
    return e;
}

static sky_event link_fact(uint32_t from, uint32_t to, int64_t bytes_per_s, int64_t nusd)
{
    sky_event e = fact(SKY_EVENT_LINK);

    e.region = from;
    e.other = to;
    e.a = 5000000;
    e.b = bytes_per_s;
    e.c = nusd;
    return e;
}

static sky_event reads_fact(uint32_t job_class, uint32_t dataset, int64_t bytes)
{
    sky_event e = fact(SKY_EVENT_CLASS_READS);

    e.other = job_class;
    e.instance = dataset;
    e.a = bytes;
    return e;
}

static sky_status tell_model(void *m, const sky_event *e)
{
    sky_error error;

    return model_observe(m, e, &error);
}

static sky_status tell_engine(void *engine, const sky_event *e)
{
    sky_error error;

    return sky_engine_observe(engine, e, &error);
}

static void tell_data(sky_status (*tell)(void *, const sky_event *), void *to)
{
    sky_event e;

    tell_regions(tell, to);
    for (uint32_t r = 0; r < REGIONS; r++) {
        e = tier_fact(r, 0);
        assert_int_equal(tell(to, &e), SKY_OK);
        e = price_fact(r, 0, USD / 50, r * USD / 100);
        assert_int_equal(tell(to, &e), SKY_OK);
    }
    e = dataset_fact(0, 0, 100 * GB);
    assert_int_equal(tell(to, &e), SKY_OK);
    e = reads_fact(0, 0, 7 * GB);
    assert_int_equal(tell(to, &e), SKY_OK);
    e = link_fact(0, 2, GB, USD / 10);
    assert_int_equal(tell(to, &e), SKY_OK);
    e = link_fact(1, 2, 0, USD / 50);
    assert_int_equal(tell(to, &e), SKY_OK);
}

static void test_facts_are_kept(void **state)
{
    model m;
    sky_error error;
    sky_event e;
    uint32_t count;

    (void)state;
    assert_int_equal(model_init(&m, &error), SKY_OK);
    tell_data(tell_model, &m);
    assert_int_equal(model_transfer_ns(&m, 0, 2, 5 * GB), 5 * SKY_NS_PER_SECOND + 5000000);
    assert_int_equal(model_transfer_ns(&m, 2, 2, 5 * GB), 0);
    assert_int_equal(model_transfer_ns(&m, 0, 1, 5 * GB), 0); /* nothing was told of that way */
    assert_int_equal(model_transfer_ns(&m, 1, 2, 5 * GB), SKY_NEVER_NS);
    assert_int_equal(model_egress_nusd_per_gb(&m, 0, 2), USD / 10);
    assert_int_equal(model_readings_of(&m, 0, &count)->start_bytes, 7 * GB);
    assert_int_equal(count, 1);
    assert_int_equal(model_source(&m, 0, 2), 0);
    e = replica_fact(0, 1, SKY_REPLICA_COMING);
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    assert_int_equal(model_source(&m, 0, 2), 0); /* it is not there yet */
    e = replica_fact(0, 1, SKY_REPLICA_READY);
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    assert_int_equal(model_source(&m, 0, 2), 1); /* 0.02 egress + 0.01 retrieval against 0.10 */
    assert_int_equal(model_source(&m, 0, 1), 1);
    e = dataset_fact(0, 1, 120 * GB); /* it has a new home */
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    e = replica_fact(0, 0, SKY_REPLICA_NONE);
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    assert_int_equal(model_source(&m, 0, 0), 1);
    assert_int_equal(model_dataset_at(&m, 0)->bytes, 120 * GB);
    model_free(&m);
}

/* Where nodes are shared, too, who reads goes where that costs least. */
static void test_siting_counts_reads(void **state)
{
    const siting_task t = { .job_class = 0, .from = SKY_NONE, .run_ns = SKY_NS_PER_HOUR };
    model m;
    sky_error error;
    sky_event e = replica_fact(0, 1, SKY_REPLICA_READY);

    (void)state;
    assert_int_equal(model_init(&m, &error), SKY_OK);
    tell_data(tell_model, &m);
    assert_int_equal(cost_egress_nusd(&m, &t, 0), 0);
    assert_int_equal(cost_egress_nusd(&m, &t, 2), 7 * USD / 10);
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    assert_int_equal(cost_egress_nusd(&m, &t, 1), 7 * USD / 100); /* retrieval */
    model_free(&m);
}

static void refuse(model *m, sky_event e)
{
    assert_int_equal(tell_model(m, &e), SKY_ERROR_INPUT);
}

static void test_what_cannot_be_is_refused(void **state)
{
    model m;
    sky_error error;
    sky_event e;

    (void)state;
    assert_int_equal(model_init(&m, &error), SKY_OK);
    tell_regions(tell_model, &m);
    refuse(&m, dataset_fact(0, 0, GB)); /* its tier was not told of */
    refuse(&m, price_fact(0, 0, 1, 1));
    refuse(&m, tier_fact(0, 1));
    refuse(&m, tier_fact(REGIONS, 0));
    e = tier_fact(0, 0);
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    refuse(&m, price_fact(0, 0, -1, 0));
    refuse(&m, dataset_fact(1, 0, GB));
    refuse(&m, dataset_fact(0, 0, -1));
    e = dataset_fact(0, 0, GB);
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    refuse(&m, dataset_fact(0, 1, GB)); /* no copy is there */
    refuse(&m, replica_fact(1, 0, SKY_REPLICA_READY));
    refuse(&m, replica_fact(0, 0, SKY_REPLICA_NONE));  /* its home */
    refuse(&m, replica_fact(0, 1, SKY_REPLICA_READY)); /* no tier there */
    refuse(&m, reads_fact(1, 0, GB));
    e = reads_fact(0, 0, GB);
    assert_int_equal(tell_model(&m, &e), SKY_OK);
    assert_int_equal(tell_model(&m, &e), SKY_OK); /* told again */
    assert_int_equal(m.array[MODEL_READINGS].count, 1);
    refuse(&m, link_fact(1, 1, GB, 0));
    refuse(&m, link_fact(0, 1, -1, 0));
    e = fact(SKY_EVENT_DATASET_FORBIDDEN);
    e.instance = 0;
    e.region = 1;
    refuse(&m, e); /* by no rule */
    e = fact(SKY_EVENT_DATASET_READ);
    e.instance = 0;
    e.region = 1;
    e.b = 1;
    e.c = 2;
    refuse(&m, e); /* more from afar than at all */
    model_free(&m);
}

static void test_snapshots_hold_it(void **state)
{
    sky_engine_config config = { .strategy = "on-demand-cheapest", .control_interval_ns = 1 };
    sky_engine *engine, *other;
    unsigned char *bytes, *again;
    size_t size, size_again;
    sky_error error;

    (void)state;
    config.data_options.replication = SKY_REPLICATE_BREAK_EVEN + 1u;
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_ERROR_INPUT);
    config.data_options.replication = SKY_REPLICATE_BREAK_EVEN;
    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    tell_data(tell_engine, engine);
    assert_int_equal(sky_engine_snapshot(engine, &bytes, &size, &error), SKY_OK);
    assert_int_equal(sky_engine_restore(bytes, size, &other, &error), SKY_OK);
    assert_int_equal(sky_engine_snapshot(other, &again, &size_again, &error), SKY_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    free(bytes);
    free(again);
    sky_engine_destroy(engine);
    sky_engine_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_are_kept),
        cmocka_unit_test(test_siting_counts_reads),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_snapshots_hold_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
