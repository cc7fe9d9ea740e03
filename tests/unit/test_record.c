/* The record: what is written is what is read, stream by stream; another's file, another version and altered rows
 * are refused; the digest depends on the bytes and their stream, not on how they were cut. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>

#include "record.h"

#define ROWS 5000 /* more than a block and a chunk */

static char folder[] = "/tmp/skytwin-record-XXXXXX", path[64];

static const char *const providers[] = { "aws", "gcp" },
                         *const regions[] = { "aws:us-east-1", "gcp:a-rather-long-name" },
                         *const pools[] = { "p" }, *const classes[] = { "c" }, *const workloads[] = { "w" };
static const uint32_t region_provider[] = { 0, 1 }, pool_region[] = { 1 };

static const record_about about = { .command_line = "skytwin run x",
                                    .scenario_path = "x.cfg",
                                    .scenario_name = "x",
                                    .scenario_text = "name = \"x\"; # ü\n",
                                    .build_id = "test",
                                    .names = { providers, 2, regions, region_provider, 2, pools, pool_region,
                                               1, classes, 1, workloads, 1 } };

/* Rows of a stream with every byte set by place, as far as that goes: fields of 32 bits stay whole numbers. */
static void *make_rows(record_stream stream, size_t count)
{
    static const size_t size[RECORD_STREAM_COUNT] = {
        sizeof(sky_event),        sizeof(sky_action),           sizeof(record_series_row),
        sizeof(record_price_row), sizeof(record_placement_row), sizeof(record_job_row),
        sizeof(record_cost_row),  sizeof(record_summary)
    };
    unsigned char *rows = malloc(count * size[stream]);

    assert_non_null(rows);
    for (size_t i = 0; i < count * size[stream]; i++)
        rows[i] = (unsigned char)(i * 7 + stream + i / 251);
    return rows;
}

static size_t bytes_of(record_stream stream)
{
    static const size_t size[RECORD_STREAM_COUNT] = {
        sizeof(sky_event),        sizeof(sky_action),           sizeof(record_series_row),
        sizeof(record_price_row), sizeof(record_placement_row), sizeof(record_job_row),
        sizeof(record_cost_row),  sizeof(record_summary)
    };

    return size[stream];
}

static record_summary make_summary(void)
{
    record_summary summary;
    void *rows = make_rows(RECORD_SUMMARY, 1);

    memcpy(&summary, rows, sizeof summary);
    free(rows);
    return summary;
}

/* A record of two runs; the digest of each is that of its rows. */
static void write_record(void)
{
    record *file;
    sky_error error;

    if (record_create(path, &about, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (unsigned r = 0; r < 2; r++) {
        record_digest *digest = record_digest_new();
        record_summary summary = make_summary();
        char text[RECORD_DIGEST_CHARS];
        record_run *run;

        assert_non_null(digest);
        assert_int_equal(record_run_begin(file, "best-fit", r, 42 + r, &run, &error), SKY_OK);
        for (int s = 0; s < RECORD_SUMMARY; s++) {
            unsigned char *rows = make_rows((record_stream)s, ROWS);

            for (size_t done = 0, part = 1; done < ROWS;
                 done += part, part = done + 3 * part < ROWS ? 3 * part : ROWS - done)
                assert_int_equal(record_append(run, (record_stream)s,
                                               rows + done * bytes_of((record_stream)s), part, &error),
                                 SKY_OK);
            record_digest_add(digest, (record_stream)s, rows, ROWS * bytes_of((record_stream)s));
            free(rows);
        }
        record_digest_add(digest, RECORD_SUMMARY, &summary, sizeof summary);
        record_digest_text(digest, text);
        assert_int_equal(record_run_end(run, &summary, text, &error), SKY_OK);
        record_digest_free(digest);
    }
    assert_int_equal(record_finish(file, &error), SKY_OK);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_what_is_written_is_read(void **state)
{
    record_file *file;
    sky_error error;

    (void)state;
    write_record();
    if (record_open(path, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_true(record_is_complete(file));
    assert_string_equal(record_about_of(file)->scenario_text, about.scenario_text);
    assert_string_equal(record_about_of(file)->names.regions[1], regions[1]);
    assert_int_equal(record_about_of(file)->names.region_provider[1], 1);
    assert_int_equal(record_run_count(file), 2);
    for (size_t r = 0; r < 2; r++) {
        const record_run_info *info = record_run_info_of(file, r);
        record_summary summary = make_summary();

        assert_string_equal(info->strategy, "best-fit");
        assert_int_equal(info->seed, 42 + r);
        assert_memory_equal(&info->summary, &summary, sizeof summary);
        for (int s = 0; s < RECORD_SUMMARY; s++) {
            void *expected = make_rows((record_stream)s, ROWS),
                 *found = malloc(ROWS * bytes_of((record_stream)s));

            assert_int_equal(info->rows[s], ROWS);
            assert_int_equal(record_read(file, r, (record_stream)s, 0, ROWS, found, &error), SKY_OK);
            assert_memory_equal(found, expected, ROWS * bytes_of((record_stream)s));
            free(expected);
            free(found);
        }
    }
    assert_int_equal(record_verify(file, &error), SKY_OK);
    record_close(file);
}

static void assert_refused(const char *part)
{
    record_file *file = NULL;
    sky_error error = { "" };

    assert_int_equal(record_open(path, &file, &error), SKY_ERROR_INPUT);
    if (strstr(error.message, part) == NULL)
        fail_msg("found \"%s\", expected \"%s\"", error.message, part);
}

static void put_attribute(const char *name, const char *value)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1),
          space = H5Screate(H5S_SCALAR), attribute;

    assert_true(file >= 0);
    H5Tset_size(type, strlen(value) + 1);
    H5Adelete(file, name);
    attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0 && H5Awrite(attribute, type, value) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(file);
}

static void test_other_files_are_refused(void **state)
{
    hid_t file;

    (void)state;
    write_record();
    put_attribute("schema_version", "99.0");
    assert_refused("99.0");
    write_record();
    put_attribute("schema", "something-else");
    assert_refused("expected a skytwin record");
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT); /* anybody's HDF5 */
    assert_true(file >= 0);
    H5Fclose(file);
    assert_refused("expected a skytwin record");
}

static void test_altered_row_is_found(void **state)
{
    record_file *file;
    sky_error error = { "" };
    int64_t value = 12345;
    hid_t h5, set, space, row;
    hsize_t start = 17, one = 1;

    (void)state;
    write_record();
    h5 = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    set = H5Dopen2(h5, "/runs/000001/series", H5P_DEFAULT);
    assert_true(set >= 0);
    space = H5Dget_space(set);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &one, NULL);
    row = H5Tcreate(H5T_COMPOUND, sizeof value);
    H5Tinsert(row, "cost_nusd", 0, H5T_NATIVE_INT64);
    {
        hid_t memory = H5Screate_simple(1, &one, NULL);

        assert_true(H5Dwrite(set, row, memory, space, H5P_DEFAULT, &value) >= 0);
        H5Sclose(memory);
    }
    H5Tclose(row);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(h5);
    assert_int_equal(record_open(path, &file, &error), SKY_OK);
    assert_int_equal(record_verify(file, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "run 1"));
    record_close(file);
}

static void test_every_dataset_says_its_units(void **state)
{
    static const char *const streams[] = { "events",     "actions", "series", "prices",
                                           "placements", "jobs",    "costs",  "summary" };
    hid_t file;

    (void)state;
    write_record();
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        char name[64];
        hid_t set;

        snprintf(name, sizeof name, "/runs/000000/%s", streams[i]);
        set = H5Dopen2(file, name, H5P_DEFAULT);
        assert_true(set >= 0);
        assert_true(H5Aexists(set, "units") > 0);
        H5Dclose(set);
    }
    H5Fclose(file);
}

static void test_digest_depends_on_bytes_and_stream(void **state)
{
    record_digest *a = record_digest_new(), *b = record_digest_new();
    char text_a[RECORD_DIGEST_CHARS], text_b[RECORD_DIGEST_CHARS];

    (void)state;
    record_digest_add(a, RECORD_JOBS, "abcdef", 6);
    record_digest_add(a, RECORD_COSTS, "xyz", 3);
    record_digest_add(b, RECORD_COSTS, "x", 1); /* another order between streams, other cuts */
    record_digest_add(b, RECORD_JOBS, "abc", 3);
    record_digest_add(b, RECORD_COSTS, "yz", 2);
    record_digest_add(b, RECORD_JOBS, "def", 3);
    record_digest_text(a, text_a);
    record_digest_text(b, text_b);
    assert_string_equal(text_a, text_b);
    record_digest_reset(b);
    record_digest_add(b, RECORD_JOBS, "abcdefxyz", 9); /* the same bytes in one stream */
    record_digest_text(b, text_b);
    assert_string_not_equal(text_a, text_b);
    record_digest_reset(b);
    record_digest_add(b, RECORD_COSTS, "abcdef", 6); /* streams exchanged */
    record_digest_add(b, RECORD_JOBS, "xyz", 3);
    record_digest_text(b, text_b);
    assert_string_not_equal(text_a, text_b);
    record_digest_free(a);
    record_digest_free(b);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/r.h5", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_written_is_read, remove_file),
        cmocka_unit_test_setup(test_other_files_are_refused, remove_file),
        cmocka_unit_test_setup(test_altered_row_is_found, remove_file),
        cmocka_unit_test_setup(test_every_dataset_says_its_units, remove_file),
        cmocka_unit_test(test_digest_depends_on_bytes_and_stream),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
