/* Datasets in a run: a month's bill to the nano-dollar, by hand; what jobs read; rows of intervals, costs and the summary
 * add up; with a network the same bytes at the same prices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../tiny_run.h"
#include "tests/validation.h"

#define GB   INT64_C(1000000000)
#define MS   INT64_C(1000000)
#define HOME 0 /* aws:us-east-1 */

/* Prices of 10^9 bytes; an object of 1 GB takes 10 ms + 10 s. */
static const char text[] =
    "@include \"catalog/catalog.cfg\"\n"
    "name = \"bill\"; duration = \"730 h\"; control_interval = \"1 h\"; strategies = [ "
    "\"on-demand-cheapest\" ];\n"
    "pools = ( { machine = \"gcp:n2\"; regions = [ \"gcp:europe-west3\" ]; } );\n"
    "classes = ( { name = \"c\"; runs_on = ( { machine = \"gcp:n2\"; } ); } );\n"
    "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; work = { mean = \"1 h\"; }; } );\n"
    "storage = {\n"
    "  extra_tiers = ( { name = \"s\"; kind = \"hot\"; latency = \"10 ms\"; throughput = \"800 Mbit/s\";\n"
    "    held = \"0.02 USD/GB\"; retrieval = \"0.01 USD/GB\"; write = \"0.005 USD/1000\"; read = \"0.0004 "
    "USD/1000\"; } );\n"
    "  datasets = ( { name = \"d\"; size = \"10 GB\"; objects = 10; home = \"aws:us-east-1\"; growth = \"24 "
    "/d\"; } );\n";

static record_summary run(const char *more, record_rows *kept)
{
    const twin_options options = { "on-demand-cheapest", 0, 11, SKY_NEVER_NS };
    char all[4096];

    snprintf(all, sizeof all, "%s%s", text, more);
    return tiny_run(all, &options, kept);
}

static void check_sums(const record_rows *kept, const record_summary *s)
{
    const record_storage_row *rows = kept->of[RECORD_STORAGE];
    const record_cost_row *costs = kept->of[RECORD_COSTS];
    const record_series_row *series = kept->of[RECORD_SERIES];
    int64_t nusd = 0, reads = 0, bytes = 0, far_bytes = 0, cost_nusd = 0;

    for (size_t i = 0; i < kept->count[RECORD_STORAGE]; i++) {
        nusd += rows[i].nusd;
        reads += rows[i].reads;
        far_bytes += rows[i].far_bytes;
        bytes += rows[i].far_bytes + rows[i].local_bytes + rows[i].cache_bytes;
    }
    for (size_t i = 0; i < kept->count[RECORD_COSTS]; i++)
        cost_nusd += costs[i].storage_nusd;
    assert_int_equal(nusd, s->storage_nusd);
    assert_int_equal(cost_nusd, s->storage_nusd);
    assert_int_equal(reads, s->data_reads);
    assert_int_equal(bytes, s->data_read_bytes);
    assert_int_equal(far_bytes, s->data_far_bytes);
    assert_int_equal(s->cost_nusd,
                     s->compute_nusd + s->probe_nusd + s->egress_nusd + s->energy_nusd + s->storage_nusd);
    assert_int_equal(series[kept->count[RECORD_SERIES] - 1].cost_nusd, s->cost_nusd);
}

/* 10 GB all the month, and 1 GB more each hour, the last after 729: 10 × 730 + 729 × 730 / 2 = 273,385 GB-hours, of 730 a
 * month. Each new object is written once, and read at home and abroad. */
static void test_a_month_to_the_nano_dollar(void **state)
{
    record_rows kept = { 0 };
    record_summary s = run("readers = ( { name = \"near\"; dataset = \"d\"; region = \"aws:us-east-1\"; "
                           "pattern = \"stream\"; },\n"
                           "            { name = \"far\"; dataset = \"d\"; region = \"aws:eu-west-1\"; "
                           "pattern = \"stream\"; } );\n};\n",
                           &kept);

    (void)state;
    check_sums(&kept, &s);
    assert_int_equal(s.data_reads, 2 * 729);
    assert_int_equal(s.data_read_bytes, 2 * 729 * GB);
    assert_int_equal(s.data_far_bytes, 729 * GB);
    assert_int_equal(s.storage_nusd, INT64_C(20000000) * 273385 / 730 + /* held */
                                         729 * 5000 + 2 * 729 * 400 +   /* requests */
                                         2 * 729 * INT64_C(10000000));  /* retrieval */
    assert_int_equal(s.egress_nusd, 729 * INT64_C(20000000));
    validation_row("datasets: bill of a month, growing by 1 GB an hour, each object read twice",
                   "22.0742282 USD", "exact, to the nano-dollar", __FILE_NAME__);
    record_rows_free(&kept);
}

/* 1 GB is a flow there. The backbone has the price that regions of one provider have. */
static void test_a_network_bills_the_same_bytes(void **state)
{
    static const char readers[] = "readers = ( { name = \"far\"; dataset = \"d\"; region = "
                                  "\"aws:eu-west-1\"; pattern = \"stream\"; } );\n};\n";
    char with[512];
    record_rows a_rows = { 0 }, b_rows = { 0 };
    record_summary a = run(readers, &a_rows), b;
    const record_transfer_row *moved;

    (void)state;
    snprintf(with, sizeof with, "%snetwork: { };\n", readers);
    b = run(with, &b_rows);
    check_sums(&b_rows, &b);
    moved = b_rows.of[RECORD_TRANSFERS];
    assert_int_equal(b_rows.count[RECORD_TRANSFERS], 729);
    assert_int_equal(a.egress_nusd, b.egress_nusd);
    assert_int_equal(a.storage_nusd, b.storage_nusd);
    assert_int_equal(a.data_far_bytes, b.data_far_bytes);
    assert_int_equal(moved[0].start_ns, SKY_NS_PER_HOUR); /* when it was written, not when somebody looked */
    assert_int_equal(moved[0].dataset, 0);
    assert_true(b.data_p50_ns > a.data_p50_ns);
    record_rows_free(&a_rows);
    record_rows_free(&b_rows);
}

/* 3 GB at the start: 10 ms and 30 s of the copy, 92 ms there and back; 2 GB in each hour of work. At 0.09 USD/GB. */
static void test_a_job_reads(void **state)
{
    record_rows kept = { 0 };
    record_summary s = run(
        "jobs = ( { class = \"c\"; dataset = \"d\"; size = \"3 GB\"; hourly = \"2 GB\"; } );\n};\n", &kept);
    const record_job_row *job = kept.of[RECORD_JOBS];

    (void)state;
    check_sums(&kept, &s);
    assert_int_equal(job->end_ns, SKY_NS_PER_HOUR + 30 * SKY_NS_PER_SECOND + (10 + 92) * MS);
    assert_int_equal(s.data_far_bytes, 5 * GB);
    assert_int_equal(job->egress_nusd, 5 * INT64_C(90000000));
    assert_int_equal(s.egress_nusd, job->egress_nusd);
    record_rows_free(&kept);
}

/* Over a network the job waits for its flow: no sooner than the bytes can come. */
static void test_a_job_waits_for_its_data(void **state)
{
    record_rows kept = { 0 };
    record_summary s = run(
        "jobs = ( { class = \"c\"; dataset = \"d\"; size = \"100 GB\"; } );\n};\n"
        "network: { public: { capacity = \"100 Mbit/s\"; loss = 0.0; }; window = \"64 MB\"; };\n",
        &kept);
    const record_job_row *job = kept.of[RECORD_JOBS];
    const record_transfer_row *moved = kept.of[RECORD_TRANSFERS];

    (void)state;
    check_sums(&kept, &s);
    assert_int_equal(kept.count[RECORD_TRANSFERS], 1);
    assert_int_equal(moved->moved_bytes, 100 * GB);
    assert_int_equal(moved->end_ns, 8000 * SKY_NS_PER_SECOND); /* 100 GB at 12.5 MB/s */
    assert_int_equal(job->end_ns, 8000 * SKY_NS_PER_SECOND + SKY_NS_PER_HOUR);
    assert_int_equal(job->egress_nusd, 100 * INT64_C(90000000));
    record_rows_free(&kept);
}

/* 2 GB of cache of a tier of 0.02 USD a month, and a machine. */
static void test_a_cache_is_paid_whole(void **state)
{
    record_rows kept = { 0 };
    record_summary s = run("caches = ( { region = \"aws:eu-west-1\"; tier = \"s\"; size = \"2 GB\"; price = "
                           "\"0.01 USD/h\"; } );\n};\n",
                           &kept);

    (void)state;
    check_sums(&kept, &s);
    assert_int_equal(s.storage_nusd, INT64_C(20000000) * 273385 / 730 + 729 * 5000 + 2 * INT64_C(20000000) +
                                         730 * INT64_C(10000000));
    record_rows_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_month_to_the_nano_dollar),
        cmocka_unit_test(test_a_network_bills_the_same_bytes),
        cmocka_unit_test(test_a_job_reads),
        cmocka_unit_test(test_a_job_waits_for_its_data),
        cmocka_unit_test(test_a_cache_is_paid_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
