/* Checkpoints in a record, and records that are written on: what comes out is what an unbroken writer leaves; and where there
 * is no going on, nothing has changed. */
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

#include "record_files.h"
#include "record_same.h"
#include "tests/folder.h"

enum { STEPS = 3, STREAMS = 3, CHECKPOINT_BYTES = 1500000 };

static char whole[64], path[64], incomplete[80];

/* A run is STEPS steps: in each, every second of a few streams gets a block, and there is a checkpoint. Then comes what fills no
 * block. */
static void write_step(record_run *run, record_digest *digest, unsigned step)
{
    sky_error error;

    for (int s = step % 2; s < STREAMS; s += 2) {
        size_t rows = record_block_rows((record_stream)s);
        unsigned char *block = record_files_rows((record_stream)s, rows);

        block[0] = (unsigned char)step;
        if (record_append(run, (record_stream)s, block, rows, &error) != SKY_OK)
            fail_msg("%s", error.message);
        record_digest_add(digest, (record_stream)s, block, rows * record_row_bytes((record_stream)s));
        free(block);
    }
}

static unsigned char *checkpoint_bytes(unsigned step)
{
    unsigned char *bytes = malloc(CHECKPOINT_BYTES);

    assert_non_null(bytes);
    for (size_t i = 0; i < CHECKPOINT_BYTES; i++)
        bytes[i] = (unsigned char)(i / 1000 + step);
    return bytes;
}

static void write_checkpoint(record_run *run, unsigned step)
{
    unsigned char *bytes = checkpoint_bytes(step);
    sky_error error;

    if (record_checkpoint_append(run, 1000 * (int64_t)step, "test", bytes, CHECKPOINT_BYTES - step, &error) !=
        SKY_OK)
        fail_msg("%s", error.message);
    free(bytes);
}

static void write_rest(record_run *run, record_digest *digest)
{
    sky_error error;

    for (int s = 0; s <= STREAMS; s++) {
        unsigned char *rows = record_files_rows((record_stream)s, 10);

        assert_int_equal(record_append(run, (record_stream)s, rows, 10, &error), SKY_OK);
        record_digest_add(digest, (record_stream)s, rows, 10 * record_row_bytes((record_stream)s));
        free(rows);
    }
}

static void write_run(record *file, unsigned number, int checkpoints, unsigned steps, int ends)
{
    record_digest *digest = record_digest_new();
    record_run *run;
    sky_error error;

    assert_int_equal(record_run_begin(file, "best-fit", number, 42, &run, &error), SKY_OK);
    for (unsigned step = 0; step < steps; step++) {
        write_step(run, digest, step);
        if (checkpoints)
            write_checkpoint(run, step);
    }
    if (ends) {
        write_rest(run, digest);
        record_files_end_run(run, digest);
    }
    record_digest_free(digest);
}

static record *create(const char *name)
{
    record *file;
    sky_error error;

    if (record_create(name, &record_files_about, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return file;
}

static record_file *open_record(const char *name)
{
    record_file *file;
    sky_error error;

    if (record_open(name, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return file;
}

static void finish(record *file)
{
    sky_error error;

    if (record_finish(file, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

/* Two runs without checkpoints: what all others are compared with. */
static int write_whole(void **state)
{
    record *file;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(whole, sizeof whole, "%s/whole.h5", folder);
    snprintf(path, sizeof path, "%s/r.h5", folder);
    snprintf(incomplete, sizeof incomplete, "%s.incomplete", path);
    file = create(whole);
    write_run(file, 0, 0, STEPS, 1);
    write_run(file, 1, 0, STEPS, 1);
    finish(file);
    return 0;
}

/* One run that is whole, and one that stopped after so many steps and what a killed writer leaves behind them. */
static void write_stopped(unsigned steps)
{
    record *file = create(path);

    write_run(file, 0, 1, STEPS, 1);
    write_run(file, 1, 1, steps, 0);
    record_abandon(file, "stopped");
}

static void test_checkpoints_are_read_and_count_for_nothing(void **state)
{
    record *file = create(path);
    record_file *found;
    record_checkpoint c;
    sky_error error;

    (void)state;
    write_run(file, 0, 1, STEPS, 1);
    write_run(file, 1, 1, STEPS, 1);
    finish(file);
    assert_same_record(whole, path);
    found = open_record(path);
    assert_int_equal(record_verify(found, &error), SKY_OK);
    assert_int_equal(record_run_info_of(found, 1)->checkpoints, STEPS);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned char *bytes, *expected = checkpoint_bytes(i);
        size_t size;

        if (record_checkpoint_of(found, 1, i, &c, &error) != SKY_OK)
            fail_msg("%s", error.message);
        assert_int_equal(c.time_ns, 1000 * i);
        assert_string_equal(c.build_id, "test");
        assert_int_equal(c.rows[RECORD_EVENTS], (1 + i / 2) * record_block_rows(RECORD_EVENTS));
        assert_int_equal(c.rows[RECORD_ACTIONS], (1 + i) / 2 * record_block_rows(RECORD_ACTIONS));
        assert_in_range(c.stored_bytes, 1, CHECKPOINT_BYTES / 2);
        assert_int_equal(record_checkpoint_read(found, 1, i, &bytes, &size, &error), SKY_OK);
        assert_int_equal(size, CHECKPOINT_BYTES - i);
        assert_memory_equal(bytes, expected, size);
        free(bytes);
        free(expected);
    }
    assert_int_equal(record_checkpoint_of(found, 1, STEPS, &c, &error), SKY_ERROR_INPUT);
    record_close(found);
}

/* Goes on with the second run from a checkpoint, to the end. */
static void go_on(unsigned from)
{
    record_digest *digest = record_digest_new();
    record_file *found = open_record(incomplete);
    record_checkpoint c;
    record *file;
    record_run *run;
    sky_error error;

    assert_int_equal(record_checkpoint_of(found, 1, from, &c, &error), SKY_OK);
    assert_int_equal(record_replay(found, 1, c.rows, digest, NULL, &error), SKY_OK);
    record_close(found);
    if (record_reopen(path, 1, &file, &error) != SKY_OK ||
        record_run_resume(file, &c, from, &run, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (unsigned step = from + 1; step < STEPS; step++) {
        write_step(run, digest, step);
        write_checkpoint(run, step);
    }
    write_rest(run, digest);
    record_files_end_run(run, digest);
    record_digest_free(digest);
    finish(file);
}

static void test_goes_on_from_any_checkpoint(void **state)
{
    (void)state;
    for (unsigned steps = 1; steps <= STEPS; steps++)
        for (unsigned from = 0; from < steps; from++) {
            record_file *found;
            sky_error error;

            write_stopped(steps);
            go_on(from);
            assert_same_record(whole, path);
            found = open_record(path);
            assert_true(record_is_complete(found));
            assert_int_equal(record_verify(found, &error), SKY_OK);
            assert_int_equal(record_run_info_of(found, 1)->checkpoints, STEPS);
            record_close(found);
        }
}

/* Where there is no checkpoint, the run begins anew; those before it stay. */
static void test_run_begins_anew(void **state)
{
    record *file;
    sky_error error;

    (void)state;
    write_stopped(2);
    if (record_reopen(path, 1, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    write_run(file, 1, 0, STEPS, 1);
    finish(file);
    assert_same_record(whole, path);
}

static unsigned char *slurp(size_t *size)
{
    FILE *file = fopen(incomplete, "rb");
    unsigned char *bytes = malloc((size_t)64 << 20);

    assert_true(file != NULL && bytes != NULL);
    *size = fread(bytes, 1, (size_t)64 << 20, file);
    fclose(file);
    return bytes;
}

static void test_nothing_changes_before_it_goes_on(void **state)
{
    unsigned char *before, *after;
    size_t before_size, after_size;
    record *file;
    sky_error error;

    (void)state;
    write_stopped(2);
    before = slurp(&before_size);
    assert_int_equal(record_reopen(path, 1, &file, &error), SKY_OK);
    record_abandon(file, "could not go on");
    after = slurp(&after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
    free(before);
    free(after);
}

/* ---- what is not as it was written ------------------------------------------------------------------------------- */

static void damage(const char *attribute, const void *value, hid_t type, int bytes)
{
    hid_t file = H5Fopen(incomplete, H5F_ACC_RDWR, H5P_DEFAULT),
          set = H5Dopen2(file, "runs/000001/checkpoints/000001", H5P_DEFAULT);

    assert_true(set >= 0);
    if (bytes) {
        unsigned char *other = checkpoint_bytes(1);

        other[12345] ^= 4;
        assert_true(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, other) >= 0);
        free(other);
    } else {
        hid_t a = H5Aopen(set, attribute, H5P_DEFAULT);

        assert_true(a >= 0 && H5Awrite(a, type, value) >= 0);
        H5Aclose(a);
    }
    H5Dclose(set);
    H5Fclose(file);
}

static void assert_checkpoint_refused(const char *found_part)
{
    record_file *found = open_record(incomplete);
    unsigned char *bytes;
    size_t size;
    sky_error error = { "" };

    assert_int_equal(record_checkpoint_read(found, 1, 1, &bytes, &size, &error), SKY_ERROR_INPUT);
    if (strstr(error.message, found_part) == NULL)
        fail_msg("found \"%s\", expected \"%s\"", error.message, found_part);
    assert_int_equal(record_checkpoint_read(found, 1, 0, &bytes, &size, &error), SKY_OK);
    free(bytes);
    record_close(found);
}

static void test_damaged_checkpoint_is_refused(void **state)
{
    uint64_t rows[RECORD_SUMMARY] = { 0 }, late = UINT64_MAX;

    (void)state;
    write_stopped(2);
    damage(NULL, NULL, 0, 1);
    assert_checkpoint_refused("checkpoint 1 of run 1: found other bytes");
    write_stopped(2);
    damage("time_ns", &late, H5T_NATIVE_UINT64, 0);
    assert_checkpoint_refused("found a damaged one");
    rows[RECORD_EVENTS] = UINT64_MAX; /* more than there are */
    damage("rows", rows, H5T_NATIVE_UINT64, 0);
    write_stopped(2);
    damage("rows", rows, H5T_NATIVE_UINT64, 0);
    assert_checkpoint_refused("found rows missing");
    rows[RECORD_EVENTS] = 1; /* no whole block */
    damage("rows", rows, H5T_NATIVE_UINT64, 0);
    assert_checkpoint_refused("found rows missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoints_are_read_and_count_for_nothing),
        cmocka_unit_test(test_goes_on_from_any_checkpoint),
        cmocka_unit_test(test_run_begins_anew),
        cmocka_unit_test(test_nothing_changes_before_it_goes_on),
        cmocka_unit_test(test_damaged_checkpoint_is_refused),
    };

    return cmocka_run_group_tests(tests, write_whole, remove_folder);
}
