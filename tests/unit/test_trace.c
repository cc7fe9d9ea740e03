/* Trace readers: what is in a file comes out of it, to the nano-dollar and the nanosecond. */
#define _GNU_SOURCE 1 /* mkdtemp, memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/trace_files.h"

#define SPOT_FOLDER TRACE_DATA "/spot/gcp-h100"
#define JOBS_HOURS  TRACE_DATA "/batch/pai-100k.csv"
#define JOBS_SEC    TRACE_DATA "/batch/pai_1k.csv"
#define EGRESS      TRACE_DATA "/network/aws_egress_usd_per_gb.csv"
#define METADATA                                                                                             \
    "{\"metadata\": {\"gap_seconds\": 600, \"zone\": \"us-central1-a\", \"price_info\": "                    \
    "{\"region\": \"us-central1\", \"machine_type\": \"a3-highgpu-8g\", \"price\": 2.5, "                    \
    "\"on_demand_price\": 88.25}}, "

static void assert_change(const trace_change *c, int64_t at_s, int64_t nusd, int available)
{
    assert_int_equal(c->at_ns, at_s * SKY_NS_PER_SECOND);
    assert_int_equal(c->spot_nusd_per_hour, nusd);
    assert_int_equal(c->available, available);
    assert_int_equal(c->reserved, 0);
}

static void test_formats_are_found_by_name(void **state)
{
    size_t count = 0;
    const trace_format *const *formats = trace_formats(&count);

    (void)state;
    assert_true(count >= 6);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(trace_format_find(formats[i]->name), formats[i]);
        assert_true(strlen(formats[i]->about) > 0);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(formats[i]->name, formats[k]->name);
    }
    assert_null(trace_format_find("spot-jsonx"));
}

/* Samples that repeat are one change; a change of price alone, or of availability alone, is one as well. */
static void test_spot_json_keeps_changes_only(void **state)
{
    const char *path = trace_file("changes.json", METADATA "\"data\": [0, 0, 1, 1, 0, 0], "
                                                           "\"prices\": [1.5, 1.5, 1.5, 2, 2, 2]}");
    trace_set set = { 0 };

    (void)state;
    trace_read("spot-json", path, &set);
    assert_int_equal(set.market_count, 1);
    assert_string_equal(set.markets[0].zone, "us-central1-a");
    assert_string_equal(set.markets[0].region, "us-central1");
    assert_string_equal(set.markets[0].machine, "a3-highgpu-8g");
    assert_int_equal(set.markets[0].tick_ns, 600 * SKY_NS_PER_SECOND);
    assert_int_equal(set.markets[0].span_ns, 3600 * SKY_NS_PER_SECOND);
    assert_int_equal(set.markets[0].on_demand_nusd_per_hour, INT64_C(88250000000));
    assert_int_equal(set.markets[0].change_count, 4);
    assert_change(&set.markets[0].changes[0], 0, 1500000000, 1);
    assert_change(&set.markets[0].changes[1], 1200, 1500000000, 0);
    assert_change(&set.markets[0].changes[2], 1800, 2000000000, 0);
    assert_change(&set.markets[0].changes[3], 2400, 2000000000, 1);
    trace_set_free(&set);
    assert_int_equal(set.market_count, 0);
}

static void test_spot_json_of_the_other_polarity(void **state)
{
    const char *path = trace_file("polarity.json", METADATA "\"data\": [0, 1]}");
    trace_set set = { 0 };

    (void)state;
    trace_read("spot-json-available", path, &set);
    trace_read("spot-json", path, &set); /* appends */
    assert_int_equal(set.market_count, 2);
    for (int m = 0; m < 2; m++) { /* without prices, the metadata's */
        assert_int_equal(set.markets[m].change_count, 2);
        assert_change(&set.markets[m].changes[0], 0, 2500000000, m);
        assert_change(&set.markets[m].changes[1], 600, 2500000000, !m);
    }
    trace_set_free(&set);
}

/* Prices are rounded half away from zero to whole nano-dollars. */
static void test_prices_round_to_nano_dollars(void **state)
{
    const char *path = trace_file("round.json", METADATA "\"data\": [0, 0, 0, 0], \"prices\": "
                                                         "[18.979008, 0.0000000005, 0.1, 3]}");
    trace_set set = { 0 };

    (void)state;
    trace_read("spot-json", path, &set);
    assert_int_equal(set.markets[0].changes[0].spot_nusd_per_hour, INT64_C(18979008000));
    assert_int_equal(set.markets[0].changes[1].spot_nusd_per_hour, 1);
    assert_int_equal(set.markets[0].changes[2].spot_nusd_per_hour, 100000000);
    assert_int_equal(set.markets[0].changes[3].spot_nusd_per_hour, INT64_C(3000000000));
    trace_set_free(&set);
}

static void test_a_zone_folder_is_read_and_names_its_zone(void **state)
{
    trace_set set = { 0 };

    (void)state;
    assert_int_equal(mkdir(trace_path("us-west-2a"), 0700), 0);
    trace_file("us-west-2a/full.json", "{\"metadata\": {\"gap_seconds\": 300}, \"data\": [1]}");
    trace_read("spot-json", trace_path("us-west-2a"), &set);
    assert_string_equal(set.markets[0].zone, "us-west-2a");
    assert_string_equal(set.markets[0].region, "us-west-2");
    assert_string_equal(set.markets[0].machine, "");
    assert_int_equal(set.markets[0].on_demand_nusd_per_hour, 0);
    assert_int_equal(set.markets[0].span_ns, 300 * SKY_NS_PER_SECOND);
    assert_change(&set.markets[0].changes[0], 0, 0, 0);
    trace_set_free(&set);
}

static void test_price_csv_is_read_with_either_line_end(void **state)
{
    static const char *const texts[] = {
        "time_s,price_usd_per_hour,available\n0,1.25,1\n60,1.25,0\n180.5,2,1\n",
        "time_s,price_usd_per_hour,available\r\n0,1.25,1\r\n60,1.25,0\r\n180.5,2,1", /* no newline at the end */
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        trace_set set = { 0 };

        trace_read("price-csv", trace_file("eu-west-1b.csv", texts[i]), &set);
        assert_int_equal(set.market_count, 1);
        assert_string_equal(set.markets[0].zone, "eu-west-1b");
        assert_string_equal(set.markets[0].region, "eu-west-1");
        assert_int_equal(set.markets[0].tick_ns, 0);
        assert_int_equal(set.markets[0].change_count, 3);
        assert_change(&set.markets[0].changes[0], 0, 1250000000, 1);
        assert_change(&set.markets[0].changes[1], 60, 1250000000, 0);
        assert_int_equal(set.markets[0].changes[2].at_ns, INT64_C(180500000000));
        assert_true(set.markets[0].span_ns > set.markets[0].changes[2].at_ns);
        trace_set_free(&set);
    }
}

static void test_price_csv_without_availability_is_always_available(void **state)
{
    trace_set set = { 0 };

    (void)state;
    trace_read("price-csv", trace_file("p.csv", "price_usd_per_hour,time_s\n1,0\n1,5\n2,9\n"), &set);
    assert_int_equal(set.markets[0].change_count, 2); /* the second row changes nothing */
    assert_change(&set.markets[0].changes[0], 0, 1000000000, 1);
    assert_change(&set.markets[0].changes[1], 9, 2000000000, 1);
    trace_set_free(&set);
}

static void test_job_csv_takes_columns_in_any_order(void **state)
{
    const char *path = trace_file("jobs.csv",
                                  "id,cpus,length,arrival_time\na,2,0.5,3\nb,1,1,1\nc,0.25,2,3\n");
    trace_set set = { 0 };

    (void)state;
    trace_read("job-csv", path, &set);
    assert_int_equal(set.job_count, 3);
    assert_int_equal(set.jobs[0].submit_ns, SKY_NS_PER_HOUR); /* sorted by submission … */
    assert_int_equal(set.jobs[0].work_ns, SKY_NS_PER_HOUR);
    assert_int_equal(set.jobs[1].cpus_mcpu, 2000); /* … and ties as they stand in the file */
    assert_int_equal(set.jobs[1].work_ns, SKY_NS_PER_HOUR / 2);
    assert_int_equal(set.jobs[2].cpus_mcpu, 250);
    assert_int_equal(set.jobs[2].submit_ns, 3 * SKY_NS_PER_HOUR);
    trace_set_free(&set);
    trace_read("job-csv-seconds", path, &set);
    assert_int_equal(set.jobs[2].submit_ns, 3 * SKY_NS_PER_SECOND);
    trace_set_free(&set);
}

static void test_region_of_a_zone(void **state)
{
    static const char *const pairs[][2] = {
        { "us-central1-a", "us-central1" },
        { "us-west-2a", "us-west-2" },
        { "asia-south2-b", "asia-south2" },
        { "westeurope-1", "westeurope-1" },
        { "a", "a" },
        { "", "" },
    };
    char region[32], small[5];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        trace_region_of_zone(pairs[i][0], region, sizeof region);
        assert_string_equal(region, pairs[i][1]);
    }
    trace_region_of_zone("us-central1-a", small, sizeof small);
    assert_string_equal(small, "us-c");
}

static void test_egress_table(void **state)
{
    const char *path = trace_file("egress.csv", "from_region,to_region,price_usd_per_gb\n"
                                                "b,a,0.02\na,b,0.138\na,c,0\n");
    trace_egress table;
    sky_error error;

    (void)state;
    assert_int_equal(trace_egress_read(path, &table, &error), SKY_OK);
    assert_int_equal(table.row_count, 3);
    assert_int_equal(trace_egress_price(&table, "a", "b"), 138000000);
    assert_int_equal(trace_egress_price(&table, "b", "a"), 20000000);
    assert_int_equal(trace_egress_price(&table, "a", "c"), 0);
    assert_int_equal(trace_egress_price(&table, "c", "a"), -1);
    assert_int_equal(trace_egress_price(&table, "a", "a"), -1);
    trace_egress_free(&table);
}

/* ---- the internal form ---------------------------------------------------------------------------------- */

static void test_the_internal_form_comes_back_as_it_was(void **state)
{
    trace_set set = { 0 }, back = { 0 };
    sky_error error = { "" };

    (void)state;
    trace_read("spot-json", trace_file("one.json", METADATA "\"data\": [0, 1, 0], \"prices\": [1, 2, 3]}"),
               &set);
    trace_read("price-csv", trace_file("eu-west-1c.csv", "time_s,price_usd_per_hour\n0,1\n7,2\n"), &set);
    trace_read("job-csv", trace_file("j.csv", "arrival_time,length,cpus\n0,1,1\n0.1,2,16\n"), &set);
    if (trace_write(trace_path("set.h5"), &set, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_int_not_equal(access(trace_path("set.h5.incomplete"), F_OK), 0);
    trace_read("skytwin", trace_path("set.h5"), &back);
    assert_same_set(&set, &back);
    trace_set_free(&back);

    set.market_count = 0; /* jobs alone, and nothing at all */
    assert_int_equal(trace_write(trace_path("jobs.h5"), &set, &error), SKY_OK);
    trace_read("skytwin", trace_path("jobs.h5"), &back);
    assert_same_set(&set, &back);
    trace_set_free(&back);
    set.market_count = 2;
    trace_set_free(&set);
    assert_int_equal(trace_write(trace_path("jobs.h5"), &set, &error), SKY_OK); /* replaces */
    trace_read("skytwin", trace_path("jobs.h5"), &back);
    assert_int_equal(back.market_count + back.job_count, 0);
    trace_set_free(&back);
}

static void assert_seal_refuses(const char *path, long at, char byte, const char *found)
{
    trace_set back = { 0 };
    sky_error error = { "" };
    FILE *file = fopen(path, "r+");

    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte, file), (unsigned char)byte);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(trace_format_find("skytwin")->read(path, &back, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, found));
    assert_int_equal(back.job_count, 0);
    trace_set_free(&back);
}

static void test_other_versions_and_damage_are_refused(void **state)
{
    trace_set set = { 0 };
    sky_error error = { "" };

    (void)state;
    trace_read("job-csv", trace_file("j.csv", "arrival_time,length,cpus\n0,1,1\n"), &set);
    assert_int_equal(trace_write(trace_path("v.h5"), &set, &error), SKY_OK);
    assert_seal_refuses(trace_path("v.h5"), 600, '!', "found a damaged file");
    assert_seal_refuses(trace_path("v.h5"), 14, '1', "found a trace of another version of skytwin");
    assert_seal_refuses(trace_path("v.h5"), 0, 'S', "found another kind of file");
    trace_set_free(&set);
}

static void test_texts_come_back_shared_empty_or_missing(void **state)
{
    static char long_text[5000], labels[] = "a=b", empty[] = "", name[] = "n";
    trace_node nodes[200] = { { .name = name } };
    trace_task task = { .name = empty, .kind = long_text, .tasks = 1, .run_ns = SKY_NEVER_NS };
    trace_set set = { .nodes = nodes, .node_count = 200, .tasks = &task, .task_count = 1 };
    char names[200][8];

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    for (int i = 1; i < 200; i++) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        nodes[i] = (trace_node){ .name = names[i], .labels = i % 3 == 0 ? labels : NULL, .taints = empty };
    }
    assert_round_trip(&set);
}

static void test_the_internal_form_is_written_whole_or_not_at_all(void **state)
{
    trace_set set = { 0 };
    sky_error error = { "" };

    (void)state;
    assert_int_not_equal(trace_write(trace_path("no/such/folder/set.h5"), &set, &error), SKY_OK);
    assert_non_null(strstr(error.message, "no/such/folder/set.h5"));
    assert_null(strchr(error.message, '\n'));
}

/* ---- public traces -------------------------------------------------------------------------------------- */

static void test_public_spot_traces_are_read(void **state)
{
    trace_set set = { 0 };

    (void)state;
    if (trace_absent(SPOT_FOLDER))
        skip();
    trace_read("spot-json", SPOT_FOLDER "/us-central1-a", &set);
    assert_string_equal(set.markets[0].zone, "us-central1-a");
    assert_int_equal(set.markets[0].tick_ns, 600 * SKY_NS_PER_SECOND);
    assert_int_equal(set.markets[0].span_ns % set.markets[0].tick_ns, 0);
    assert_true(set.markets[0].span_ns >= 350 * SKY_NS_PER_HOUR);
    assert_true(set.markets[0].on_demand_nusd_per_hour > set.markets[0].changes[0].spot_nusd_per_hour);
    for (size_t i = 1; i < set.markets[0].change_count; i++) {
        const trace_change *c = &set.markets[0].changes[i];

        assert_true(c->at_ns > c[-1].at_ns);
        assert_true(c->available != c[-1].available || c->spot_nusd_per_hour != c[-1].spot_nusd_per_hour);
    }
    trace_set_free(&set);
}

static void test_public_job_traces_are_read(void **state)
{
    trace_set set = { 0 };

    (void)state;
    if (trace_absent(JOBS_HOURS) || trace_absent(JOBS_SEC))
        skip();
    trace_read("job-csv", JOBS_HOURS, &set);
    assert_int_equal(set.job_count, 99998);
    assert_int_equal(set.jobs[0].work_ns, INT64_C(91469000000000)); /* 25.408055… h */
    trace_set_free(&set);
    trace_read("job-csv-seconds", JOBS_SEC, &set);
    assert_int_equal(set.job_count, 1000);
    assert_int_equal(set.jobs[1].submit_ns, 68 * SKY_NS_PER_SECOND);
    trace_set_free(&set);
}

static void test_public_egress_table_is_read(void **state)
{
    trace_egress table;
    sky_error error;

    (void)state;
    if (trace_absent(EGRESS))
        skip();
    assert_int_equal(trace_egress_read(EGRESS, &table, &error), SKY_OK);
    assert_int_equal(trace_egress_price(&table, "ap-east-2", "us-east-2"), 80000000);
    trace_egress_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats_are_found_by_name),
        cmocka_unit_test(test_spot_json_keeps_changes_only),
        cmocka_unit_test(test_spot_json_of_the_other_polarity),
        cmocka_unit_test(test_prices_round_to_nano_dollars),
        cmocka_unit_test(test_a_zone_folder_is_read_and_names_its_zone),
        cmocka_unit_test(test_price_csv_is_read_with_either_line_end),
        cmocka_unit_test(test_price_csv_without_availability_is_always_available),
        cmocka_unit_test(test_job_csv_takes_columns_in_any_order),
        cmocka_unit_test(test_region_of_a_zone),
        cmocka_unit_test(test_egress_table),
        cmocka_unit_test(test_the_internal_form_comes_back_as_it_was),
        cmocka_unit_test(test_other_versions_and_damage_are_refused),
        cmocka_unit_test(test_texts_come_back_shared_empty_or_missing),
        cmocka_unit_test(test_the_internal_form_is_written_whole_or_not_at_all),
        cmocka_unit_test(test_public_spot_traces_are_read),
        cmocka_unit_test(test_public_job_traces_are_read),
        cmocka_unit_test(test_public_egress_table_is_read),
    };

    return cmocka_run_group_tests(tests, trace_make_folder, trace_remove_folder);
}
