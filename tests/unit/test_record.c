/* The record: what is written is what is read, stream by stream; another's file, another version and altered rows
 * are refused. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <hdf5.h>

#include "record_files.h"
#include "record_types.h"
#include "tests/folder.h"

#define ROWS RECORD_FILES_ROWS

static char path[64];

/* A record of two runs; the digest of each is that of its rows. */
static void write_record(void)
{
    record *file;
    sky_error error;

    if (record_create(path, &record_files_about, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (unsigned r = 0; r < 2; r++) {
        record_digest *digest = record_digest_new();
        record_run *run;

        assert_non_null(digest);
        assert_int_equal(record_run_begin(file, "best-fit", r, 42 + r, &run, &error), SKY_OK);
        record_files_write_rows(run, digest);
        record_files_end_run(run, digest);
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
    assert_string_equal(record_about_of(file)->scenario_text, record_files_about.scenario_text);
    assert_string_equal(record_about_of(file)->names.regions[1], record_regions[1]);
    assert_int_equal(record_about_of(file)->names.region_provider[1], 1);
    assert_int_equal(record_run_count(file), 2);
    for (size_t r = 0; r < 2; r++) {
        const record_run_info *info = record_run_info_of(file, r);
        record_summary summary = record_files_summary();

        assert_string_equal(info->strategy, "best-fit");
        assert_int_equal(info->seed, 42 + r);
        assert_memory_equal(&info->summary, &summary, sizeof summary);
        for (int s = 0; s < RECORD_SUMMARY; s++) {
            size_t size = record_row_bytes((record_stream)s);
            unsigned char *expected = record_files_rows((record_stream)s, ROWS), *found = malloc(ROWS * size);

            assert_non_null(found);

            assert_int_equal(info->rows[s], ROWS);
            assert_int_equal(record_read(file, r, (record_stream)s, 0, ROWS, found, &error), SKY_OK);
            assert_memory_equal(found, expected, ROWS * size);
            /* any part of it, across chunks */
            assert_int_equal(record_read(file, r, (record_stream)s, 500, 5000, found, &error), SKY_OK);
            assert_memory_equal(found, expected + 500 * size, 5000 * size);
            assert_int_equal(record_read(file, r, (record_stream)s, ROWS - 1, 2, found, &error),
                             SKY_ERROR_INPUT); /* beyond its end */
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

static void read_text(hid_t at, const char *name, char *text, size_t size)
{
    hid_t attribute = H5Aopen(at, name, H5P_DEFAULT), type;

    assert_true(attribute >= 0);
    type = H5Aget_type(attribute);
    assert_true(H5Tget_size(type) < size);
    memset(text, 0, size);
    assert_true(H5Aread(attribute, type, text) >= 0);
    H5Tclose(type);
    H5Aclose(attribute);
}

/* As a reader without our code finds it: each field of each dataset has its unit, by name. */
static void test_every_field_has_its_unit(void **state)
{
    char units[4096], word[128];
    hid_t file;

    (void)state;
    write_record();
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (int s = 0; s < RECORD_STREAM_COUNT; s++) {
        char name[64];
        hid_t set, type;

        snprintf(name, sizeof name, "/runs/000000/%s", record_stream_name((record_stream)s));
        set = H5Dopen2(file, name, H5P_DEFAULT);
        assert_true(set >= 0);
        read_text(set, "units", units, sizeof units);
        type = H5Dget_type(set);
        assert_true(H5Tget_nmembers(type) > 1);
        for (unsigned m = 0; m < (unsigned)H5Tget_nmembers(type); m++) {
            char *member = H5Tget_member_name(type, m);
            const char *at;

            snprintf(word, sizeof word, "%s: ", member);
            at = strstr(units, word);
            if (at == NULL || at[strlen(word)] == ';' || at[strlen(word)] == '\0')
                fail_msg("%s: field %s has no unit in \"%s\"", name, member, units);
            H5free_memory(member);
        }
        H5Tclose(type);
        H5Dclose(set);
    }
    H5Fclose(file);
}

static void test_header_says_schema_version_and_origin(void **state)
{
    static const char *const expected[][2] = {
        { "schema", "skytwin-record" },      { "schema_version", "5.1" },  { "build_id", "test" },
        { "command_line", "skytwin run x" }, { "scenario_path", "x.cfg" }, { "scenario_name", "x" },
        { "incomplete_reason", "" }
    };
    char text[512];
    hid_t file;

    (void)state;
    write_record();
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        read_text(file, expected[i][0], text, sizeof text);
        assert_string_equal(text, expected[i][1]);
    }
    read_text(file, "digest", text, sizeof text);
    assert_int_equal(strspn(text, "0123456789abcdef"), RECORD_DIGEST_CHARS - 1);
    H5Fclose(file);
}

static void test_abandoned_record_says_why(void **state)
{
    char incomplete[80], text[512];
    record_file *reading;
    record *file;
    record_run *run;
    record_digest *digest = record_digest_new();
    sky_error error;
    hid_t h5;

    (void)state;
    assert_non_null(digest);
    snprintf(incomplete, sizeof incomplete, "%s.incomplete", path);
    assert_int_equal(record_create(path, &record_files_about, &file, &error), SKY_OK);
    assert_int_equal(record_run_begin(file, "best-fit", 0, 42, &run, &error), SKY_OK);
    record_files_write_rows(run, digest); /* and no end of the run */
    record_digest_free(digest);
    record_abandon(file, "the reason");
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(record_open(incomplete, &reading, &error), SKY_OK);
    assert_false(record_is_complete(reading));
    assert_int_equal(record_run_count(reading), 1);
    assert_false(record_run_info_of(reading, 0)->complete);
    assert_int_equal(record_run_info_of(reading, 0)->rows[RECORD_EVENTS], ROWS);
    record_close(reading);
    h5 = H5Fopen(incomplete, H5F_ACC_RDONLY, H5P_DEFAULT);
    read_text(h5, "incomplete_reason", text, sizeof text);
    assert_string_equal(text, "the reason");
    H5Fclose(h5);
}

/* Space is reserved ahead of the rows: none is kept, neither by a whole record nor by an abandoned one. */
static void test_no_space_is_kept_beyond_the_end(void **state)
{
    char incomplete[80];
    struct stat whole, abandoned;
    record_digest *digest = record_digest_new();
    record_run *run;
    record *file;
    sky_error error;

    (void)state;
    assert_non_null(digest);
    write_record();
    assert_int_equal(stat(path, &whole), 0);
    snprintf(incomplete, sizeof incomplete, "%s.incomplete", path);
    assert_int_equal(record_create(path, &record_files_about, &file, &error), SKY_OK);
    assert_int_equal(record_run_begin(file, "best-fit", 0, 42, &run, &error), SKY_OK);
    record_files_write_rows(run, digest);
    record_digest_free(digest);
    record_abandon(file, "the reason");
    assert_int_equal(stat(incomplete, &abandoned), 0);
    assert_true(whole.st_blocks * 512 < whole.st_size + (1 << 20));
    assert_true(abandoned.st_blocks * 512 < abandoned.st_size + (1 << 20));
}

static void test_truncated_files_and_garbage_are_refused(void **state)
{
    FILE *out;
    long size;

    (void)state;
    write_record();
    out = fopen(path, "rb");
    assert_non_null(out);
    fseek(out, 0, SEEK_END);
    size = ftell(out);
    fclose(out);
    for (int eighths = 7; eighths >= 0; eighths--) {
        assert_int_equal(truncate(path, size * eighths / 8), 0);
        assert_refused("no HDF5 file, or a truncated one");
    }
    out = fopen(path, "wb");
    assert_non_null(out);
    for (unsigned i = 0; i < 100000; i++)
        fputc((int)(i * 2654435761u >> 24), out);
    fclose(out);
    assert_refused("no HDF5 file");
    unlink(path);
    assert_refused("can't be read: No such file");
}

/* As SCHEMA.md says that it can be kept: compressed by HDF5's own tool. */
static void test_repacked_record_is_read(void **state)
{
    char command[256];
    record_file *file;
    sky_error error;

    (void)state;
    if (system("command -v h5repack >/dev/null") != 0) {
        print_message("skipped: h5repack is not installed\n");
        skip();
    }
    write_record();
    snprintf(command, sizeof command, "h5repack -m 4096 -f SHUF -f GZIP=1 %s %s.small", path, path);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "%s.small", path);
    if (record_open(command, &file, &error) != SKY_OK || record_verify(file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_true(record_is_complete(file));
    record_close(file);
    unlink(command);
}

static int name_files(void **state)
{
    if (make_folder(state) != 0)
        return 1;
    snprintf(path, sizeof path, "%s/r.h5", folder);
    return 0;
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
        cmocka_unit_test_setup(test_every_field_has_its_unit, remove_file),
        cmocka_unit_test_setup(test_header_says_schema_version_and_origin, remove_file),
        cmocka_unit_test_setup(test_abandoned_record_says_why, remove_file),
        cmocka_unit_test_setup(test_no_space_is_kept_beyond_the_end, remove_file),
        cmocka_unit_test_setup(test_truncated_files_and_garbage_are_refused, remove_file),
        cmocka_unit_test_setup(test_repacked_record_is_read, remove_file),
    };

    return cmocka_run_group_tests(tests, name_files, remove_folder);
}
